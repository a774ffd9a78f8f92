/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an import says of itself, for an office that can act on it: the sender's own row numbers and
 * columns, every fault counted, the first thousand told in full. The tree is what the interface
 * answers and the command prints.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "intake/import.h"

static const char *const words[] = {
#define REASON_WORD(code, word, meaning) [(code)] = (word),
    REASON_TABLE(REASON_WORD)
#undef REASON_WORD
};

const char *reason_word(enum reason reason)
{
    return words[reason];
}

void report_init(struct report *report)
{
    report->arena.max_bytes = 256u << 20;
    report->annotated_fd = -1;
    report->refused = node_list(&report->arena);
    report->unmapped_columns = node_list(&report->arena);
    report->missing_columns = node_list(&report->arena);
    report->encodings = node_list(&report->arena);
}

void report_reset(struct report *report)
{
    struct node *encodings = report->encodings;
    free(report->known_paths);
    struct report empty = {.arena = report->arena,
                           .annotated_fd = -1,
                           .annotated = report->annotated,
                           .has_annotated_heading = report->has_annotated_heading};
    *report = empty;
    report_init(report);
    report->encodings = encodings;
}

void report_release(struct report *report)
{
    free(report->known_paths);
    buf_release(&report->annotated);
    arena_release(&report->arena);
}

/* ---- faults ---- */

static str keep(struct report *report, str text)
{
    if (text.len > 200) {
        size_t end = 200;
        while (end && ((unsigned char)text.ptr[end] & 0xC0) == 0x80)
            end--;
        text.len = end;
    }
    return arena_str(&report->arena, text);
}

static void put(struct report *report, struct node *map, const char *key, str text)
{
    if (text.len)
        node_put_text(&report->arena, map, str_c(key), keep(report, text));
}

static void keep_fault(struct import *import, const struct row_fault *fault)
{
    struct report *report = &import->report;
    struct node *map = node_map(&report->arena);
    if (!map)
        return;
    node_put_number(&report->arena, map, S("row"), (int64_t)import->row.number);
    if (import->row.line)
        node_put_number(&report->arena, map, S("line"), (int64_t)import->row.line);
    put(report, map, "column", fault->column);
    put(report, map, "path", fault->path);
    put(report, map, "value", fault->value);
    node_put_text(&report->arena, map, S("reason"), str_c(reason_word(fault->reason)));
    put(report, map, "detail", fault->words);
    put(report, map, "suggestion", fault->suggestion);
    node_put_text(&report->arena, map, S("effect"),
                  fault->is_dropped ? S("value left out") : S("row refused"));
    node_add(report->refused, map);
}

void report_row(struct import *import)
{
    struct report *report = &import->report;
    const struct row_faults *faults = &import->faults;
    for (size_t i = 0; i < faults->count; i++) {
        report->reason_counts[faults->items[i].reason]++;
        if (report->refused->count < FAULTS_KEPT)
            keep_fault(import, &faults->items[i]);
    }
    report->refused_rows += faults->is_refused;
    report->dropped_rows += faults->count && !faults->is_refused;
}

/* ---- codes and columns nobody mapped ---- */

void report_code(struct import *import, const struct code_table *table, const struct take *take,
                 str value)
{
    struct report *report = &import->report;
    if (table->unmapped == UNMAPPED_REFUSE)
        import_fault(import, REASON_UNMAPPED, take->from_count ? take->from[0]->name : STR_EMPTY,
                     take->key, value, S("the format knows no counterpart for this code"),
                     STR_EMPTY);
    uint64_t hash = hash_mix(hash64(value, 5), hash64(table->name, 6));
    for (size_t i = 0; i < report->code_count; i++)
        if (report->codes[i].hash == hash) {
            report->codes[i].count++;
            return;
        }
    if (report->code_count == CODES_KEPT) {
        report->codes_cut++;
        return;
    }
    str column = take->from_count ? take->from[0]->name : take->key;
    report->codes[report->code_count++] =
        (struct unmapped_code){arena_str(&report->arena, table->name),
                               arena_str(&report->arena, column), keep(report, value), 1, hash};
}

static void add_name(struct report *report, struct node *list, size_t table,
                     const struct mapping *mapping, str name)
{
    if (list->count >= CODES_KEPT)
        return;
    str full = table ? arena_printf(&report->arena, "%.*s.%.*s", STR(mapping->tables[table].name),
                                    STR(name))
                     : arena_str(&report->arena, name);
    node_add(list, node_text(&report->arena, full));
}

static bool is_new_path(struct report *report, str path)
{
    uint64_t hash = hash64(path, 9);
    for (size_t i = 0; i < report->known_count; i++)
        if (report->known_paths[i] == hash)
            return false;
    if (report->known_count == report->known_max) {
        size_t max = report->known_max ? report->known_max * 2 : 256;
        uint64_t *more = max <= 1 << 16 ? realloc(report->known_paths, max * sizeof *more) : NULL;
        if (!more)
            return false;
        report->known_paths = more;
        report->known_max = max;
    }
    report->known_paths[report->known_count++] = hash;
    return true;
}

/* Leaves that hold something. */
/* NOLINTNEXTLINE(misc-no-recursion): trees are bounded by their parsers */
static void look_at_tree(struct import *import, const struct node *node, struct buf *path)
{
    struct report *report = &import->report;
    if (node->kind == NODE_LIST) {
        node_each(child, node) look_at_tree(import, child, path);
        return;
    }
    size_t len = path->len;
    if (node->kind == NODE_MAP) {
        node_each(child, node)
        {
            if (len)
                buf_add_char(path, '.');
            buf_add(path, child->key);
            look_at_tree(import, child, path);
            path->len = len;
        }
        return;
    }
    if (node->kind == NODE_NULL || str_trim(node_as_text(node)).len == 0)
        return;
    str name = buf_str(path);
    if (str_ends(name, S(".#text")))
        name = str_slice(name, 0, name.len - 6);
    if (is_new_path(report, name) && !mapping_knows(import->mapping, 0, name))
        add_name(report, report->unmapped_columns, 0, import->mapping, name);
}

static void look_at_heading(struct import *import)
{
    const struct mapping *mapping = import->mapping;
    struct report *report = &import->report;
    for (size_t t = 0; t < mapping->table_count; t++)
        for (size_t i = 0; i < mapping->tables[t].column_count; i++)
            if (mapping->tables[t].columns[i].len &&
                !mapping_knows(mapping, t, mapping->tables[t].columns[i]))
                add_name(report, report->unmapped_columns, t, mapping,
                         mapping->tables[t].columns[i]);
    for (const struct ref *ref = mapping->refs; ref; ref = ref->next)
        if (ref->kind == REF_CELL && ref->column < 0 && mapping->tables[ref->table].column_count &&
            is_new_path(report, ref->name))
            add_name(report, report->missing_columns, ref->table, mapping, ref->name);
}

void report_columns(struct import *import)
{
    if (import->mapping->is_bodies)
        return;
    if (import->row.tree) {
        struct buf path = {.max = 4096};
        look_at_tree(import, import->row.tree, &path);
        buf_release(&path);
    } else if (import->report.rows == 1) {
        look_at_heading(import);
    }
}

/* ---- the report ---- */

double report_quality(const struct report *report)
{
    if (!report->rows)
        return 0;
    double clean =
        (double)(report->rows - report->refused_rows) - 0.5 * (double)report->dropped_rows;
    double score = 100.0 * clean / (double)report->rows;
    return score < 0 ? 0 : score;
}

static void put_tally(struct arena *arena, struct node *map, const struct tally *tally,
                      bool is_snapshot)
{
    node_put_number(arena, map, S("new"), (int64_t)tally->created);
    node_put_number(arena, map, S("changed"), (int64_t)tally->changed);
    node_put_number(arena, map, S("same"), (int64_t)(tally->same + tally->renewed));
    if (tally->renewed)
        node_put_number(arena, map, S("renewed"), (int64_t)tally->renewed);
    if (is_snapshot)
        node_put_number(arena, map, S("gone"), (int64_t)tally->gone);
    node_put_number(arena, map, S("refused"), (int64_t)tally->refused);
}

static struct node *records_node(const struct import *import, struct arena *arena)
{
    struct node *map = node_map(arena);
    const struct catalog *catalog = import->node->catalog;
    for (size_t i = 0; i < catalog->count; i++) {
        const struct tally *t = &import->tallies[i];
        if (!(t->accepted | t->refused | t->gone | t->created))
            continue;
        struct node *one = node_map(arena);
        put_tally(arena, one, t, import->mapping->feed == FEED_SNAPSHOT);
        node_put(map, catalog->definitions[i]->name, one);
    }
    return map;
}

static struct node *codes_node(const struct report *report, struct arena *arena)
{
    struct node *list = node_list(arena);
    for (size_t i = 0; i < report->code_count; i++) {
        struct node *map = node_map(arena);
        node_put_text(arena, map, S("table"), arena_str(arena, report->codes[i].table));
        node_put_text(arena, map, S("column"), arena_str(arena, report->codes[i].column));
        node_put_text(arena, map, S("value"), arena_str(arena, report->codes[i].value));
        node_put_number(arena, map, S("count"), (int64_t)report->codes[i].count);
        node_add(list, map);
    }
    return list;
}

static struct node *reasons_node(const struct report *report, struct arena *arena)
{
    struct node *map = node_map(arena);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (report->reason_counts[i])
            node_put_number(arena, map, str_c(words[i]), (int64_t)report->reason_counts[i]);
    return map;
}

static void put_notes(const struct import *import, struct node *map, struct arena *arena)
{
    const struct report *report = &import->report;
    struct node *unmapped = node_map(arena);
    node_put(unmapped, S("columns"), node_copy(arena, report->unmapped_columns));
    node_put(unmapped, S("codes"), codes_node(report, arena));
    if (report->codes_cut)
        node_put_number(arena, unmapped, S("more"), (int64_t)report->codes_cut);
    node_put(map, S("unmapped"), unmapped);
    if (report->missing_columns->count)
        node_put(map, S("missing_columns"), node_copy(arena, report->missing_columns));
    if (report->orphans)
        node_put_number(arena, map, S("unjoined"), (int64_t)report->orphans);
    if (report->bad_bytes)
        node_put_number(arena, map, S("undecodable_bytes"), (int64_t)report->bad_bytes);
    if (report->repaired)
        node_put_number(arena, map, S("repaired_encoding"), (int64_t)report->repaired);
    node_put(map, S("files"), node_copy(arena, report->encodings));
}

struct node *report_node(struct import *import, const char *state, struct arena *arena)
{
    const struct report *report = &import->report;
    struct node *map = node_map(arena);
    node_put_text(arena, map, S("format"), arena_str(arena, import->mapping->name));
    node_put_text(arena, map, S("state"), str_c(state));
    node_put_bool(arena, map, S("dry_run"), import->request->is_dry_run);
    if (import->batch)
        node_put_text(arena, map, S("batch"),
                      intake_batch_name(import->node, import->batch, arena));
    if (import->is_resumed)
        node_put_bool(arena, map, S("resumed"), import->is_resumed);
    if (import->owner.len)
        node_put_text(arena, map, S("owner"), arena_str(arena, import->owner));
    node_put_number(arena, map, S("rows"), (int64_t)report->rows);
    node_put(map, S("records"), records_node(import, arena));
    node_put_number(arena, map, S("refused_rows"), (int64_t)report->refused_rows);
    node_put_number(arena, map, S("rows_with_values_left_out"), (int64_t)report->dropped_rows);
    node_put_number(arena, map, S("rows_of_no_record"), (int64_t)report->unused_rows);
    node_put(map, S("quality"), node_real(arena, report_quality(report), 1));
    node_put(map, S("reasons"), reasons_node(report, arena));
    put_notes(import, map, arena);
    node_put(map, S("faults"), node_copy(arena, report->refused));
    return map;
}
