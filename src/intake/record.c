/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row becomes records: mapped to a body, checked value by value, its faults put in the sender's
 * terms, and - when nothing stands against it - compared with what is held and handed on. The
 * canonical text is written straight into the group that will be committed, so an accepted row
 * costs no copy; one that changes nothing is taken off again.
 */
#include <stdio.h>

#include "codec/json.h"
#include "intake/import.h"

enum { DROP_ROUNDS_MAX = 8, REVIEW_DAYS = 5 * 365 };

struct candidate {                /* a record in the making */
    const struct map_record *map; /* NULL for bodies */
    const struct definition *definition;
    struct node *body, *fields;
    struct record record;
    str ref;
};

void import_fault(struct import *import, enum reason reason, str column, str path, str value,
                  str words, str suggestion)
{
    struct row_faults *faults = &import->faults;
    if (faults->count < ROW_FAULTS_MAX)
        faults->items[faults->count++] =
            (struct row_fault){reason, column, path, value, words, suggestion, false};
}

/* ---- the body ---- */

static unsigned review_days(const struct import *import, const struct definition *definition)
{
    unsigned days = REVIEW_DAYS;
    for (size_t i = 0; i < definition->retain_count; i++)
        if (definition->retains[i].first_days < days)
            days = definition->retains[i].first_days;
    unsigned stated = import->mapping->review_days;
    return stated && stated < days ? stated : days;
}

static struct node *shallow_copy(struct arena *arena, const struct node *map)
{
    struct node *copy = node_map(arena);
    node_each(child, map)
    {
        struct node *twin = arena_new(arena, struct node);
        if (!copy || !twin)
            return NULL;
        *twin = *child;
        node_put(copy, child->key, twin);
    }
    return copy;
}

/*
 * The content itself is the reference of a record that has none: the same line twice is the same
 * record.
 */
static str content_ref(struct import *import, const struct node *fields)
{
    struct buf text = {0};
    json_write(&text, fields);
    str ref = arena_printf(&import->arena, "c-%016llx%016llx",
                           (unsigned long long)hash64(buf_str(&text), 1),
                           (unsigned long long)hash64(buf_str(&text), 2));
    buf_release(&text);
    return ref;
}

static struct node *make_envelope(struct import *import, const struct candidate *c)
{
    struct arena *arena = &import->arena;
    const struct intake_request *request = import->request;
    struct node *map = shallow_copy(arena, import->mapping->envelope);
    char day[16];
    if (!map)
        return NULL;
    if (!node_get(map, S("owner")))
        node_put_text(arena, map, S("owner"), import->owner);
    if (request->unit.len && !node_get(map, S("unit")))
        node_put_text(arena, map, S("unit"), request->unit);
    node_put_text(arena, map, S("ref"), c->ref);
    int32_t review = day_number(import->today) + (int32_t)review_days(import, c->definition);
    node_put_text(arena, map, S("review_on"),
                  arena_str(arena, str_c(day_format(day_of_number(review), day))));
    evaluate_envelope(&import->evaluator, &import->row, c->map, map);
    return map;
}

static enum err make_body(struct import *import, struct candidate *c)
{
    struct arena *arena = &import->arena;
    c->definition = c->map->definition;
    c->fields = evaluate_fields(&import->evaluator, &import->row, c->map);
    c->ref = c->map->id_count ? evaluate_id(&import->evaluator, &import->row, c->map) : STR_EMPTY;
    if (!c->fields)
        return err_set(ERR_LIMIT, "row %llu needs too much memory",
                       (unsigned long long)import->row.number);
    bool is_template = import->mapping->file == NULL;
    if (!c->ref.len && c->map->id_count && !is_template)
        import_fault(import, REASON_NO_ID, STR_EMPTY, STR_EMPTY, STR_EMPTY,
                     S("the record's reference is empty"), STR_EMPTY);
    if (!c->ref.len)
        c->ref = content_ref(import, c->fields);
    struct node *envelope = make_envelope(import, c);
    c->body = node_map(arena);
    node_put(c->body, S("envelope"), envelope);
    node_put(c->body, S("fields"), c->fields);
    return c->body && envelope ? OK
                               : err_set(ERR_LIMIT, "row %llu needs too much memory",
                                         (unsigned long long)import->row.number);
}

/* A line of bureau-ndjson. */
static enum err take_body(struct import *import, struct candidate *c)
{
    struct arena *arena = &import->arena;
    const struct node *tree = import->row.tree;
    str name = node_get_text(tree, S("database"));
    c->definition = catalog_find(import->node->catalog, name);
    if (!c->definition) {
        import_fault(import, REASON_UNKNOWN_CODE, S("database"), S("database"), name,
                     S("there is no such database"), STR_EMPTY);
        return OK;
    }
    const struct node *envelope = node_get(tree, S("envelope")),
                      *fields = node_get(tree, S("fields"));
    struct node *head = shallow_copy(arena, envelope);
    c->fields = shallow_copy(arena, fields);
    c->body = node_map(arena);
    if (!head || !c->fields || !c->body)
        return err_set(ERR_LIMIT, "row %llu needs too much memory",
                       (unsigned long long)import->row.number);
    str owner = node_get_text(head, S("owner"));
    if (import->owner.len && !str_eq(owner, import->owner))
        import_fault(import, REASON_OWNER, S("envelope.owner"), S("envelope.owner"), owner,
                     S("the record belongs to another owner than this import"), STR_EMPTY);
    c->ref = node_get_text(head, S("ref"));
    if (!c->ref.len) {
        c->ref = content_ref(import, c->fields);
        node_put_text(arena, head, S("ref"), c->ref);
    }
    node_put(c->body, S("envelope"), head);
    node_put(c->body, S("fields"), c->fields);
    return OK;
}

/* ---- faults ---- */

/* "documents[2].number" without the numbers. */
static const struct field *field_of(const struct definition *definition, str path,
                                    struct arena *arena)
{
    char *out = arena_alloc(arena, path.len + 1);
    size_t len = 0;
    for (size_t i = 0; out && i < path.len; i++) {
        if (path.ptr[i] == '[')
            while (i < path.len && path.ptr[i] != ']')
                i++;
        else
            out[len++] = path.ptr[i];
    }
    return out ? definition_field(definition, str_of(out, len)) : NULL;
}

static enum reason reason_of(enum err code)
{
    return code == ERR_MISSING   ? REASON_MISSING
           : code == ERR_UNKNOWN ? REASON_UNKNOWN_CODE
           : code == ERR_LIMIT   ? REASON_LIMIT
                                 : REASON_BAD_VALUE;
}

/* "documents[2].number" -> the entry, or the part of it when `wants_part`. */
static struct node *find_node(struct node *fields, str path, bool wants_part)
{
    size_t end = 0;
    while (end < path.len && path.ptr[end] != '[' && path.ptr[end] != '.')
        end++;
    struct node *node = fields->first;
    while (node && !str_eq(node->key, str_slice(path, 0, end)))
        node = node->next;
    uint64_t row = 1;
    size_t close = str_find(path, ']'), dot = str_find(path, '.');
    if (end < path.len && path.ptr[end] == '[' &&
        !str_to_u64(str_slice(path, end + 1, close - end - 1), 2000, &row))
        return NULL;
    if (node && node->kind == NODE_LIST)
        for (node = node->first; node && row > 1; row--)
            node = node->next;
    if (!node || !wants_part || dot == path.len)
        return node;
    for (node = node->first; node && !str_eq(node->key, str_from(path, dot + 1));)
        node = node->next;
    return node;
}

/* Several takes may fill one list: the one that made the entry at fault, else the field's first. */
static const struct take *take_of(const struct import *import, const struct candidate *c, str path)
{
    if (!c->map)
        return NULL;
    const struct node *entry = c->fields ? find_node(c->fields, path, false) : NULL;
    for (const struct origin *o = import->evaluator.origins; entry && o; o = o->next)
        if (o->entry == entry)
            return o->take;
    return mapping_take_of(c->map, path);
}

static str column_of(const struct import *import, const struct candidate *c, str path,
                     struct arena *arena)
{
    return c->map ? mapping_column_of(import->mapping, take_of(import, c, path), path, arena)
                  : path;
}

static void add_fault(struct import *import, const struct candidate *c, const struct fault *fault)
{
    struct arena *arena = &import->arena;
    enum reason reason = reason_of(fault->code);
    str suggestion = fault->hint;
    const struct field *field = field_of(c->definition, fault->path, arena);
    if (field && field->type && !import->mapping->is_tree) {
        struct type_context context = catalog_context(import->node->catalog, field);
        if (!slip_before(field->type, fault->value, arena, &reason, &suggestion) &&
            slip_zero_lost(field->type, &context, fault->value, arena, &suggestion))
            reason = REASON_ZERO_LOST;
    }
    str column = column_of(import, c, fault->path, arena);
    import_fault(import, reason, column, fault->path, fault->value, fault->reason, suggestion);
}

/* Leaves a value out where the mapping says that its fault shall not cost the whole row. */
static bool drop_value(const struct import *import, struct candidate *c, struct row_fault *fault)
{
    const struct take *take = take_of(import, c, fault->path);
    if (!take || str_starts(fault->path, S("envelope.")))
        return false;
    size_t dot = str_find(fault->path, '.');
    bool is_part = false;
    for (const struct take *part = dot < fault->path.len ? take->parts : NULL; part && !is_part;
         part = part->next)
        is_part = part->is_dropped_on_fault && str_eq(part->key, str_from(fault->path, dot + 1));
    if (!is_part && !take->is_dropped_on_fault)
        return false;
    struct node *node = find_node(c->fields, fault->path, is_part);
    if (!node || node->kind == NODE_NULL)
        return false;
    *node = (struct node){.kind = NODE_NULL, .key = node->key, .next = node->next};
    fault->is_dropped = true;
    return true;
}

/* Values that parse but carry the marks of a spreadsheet. */
static void find_slips(struct import *import, const struct candidate *c)
{
    struct arena *arena = &import->arena;
    for (size_t i = 0; i < c->record.count; i++) {
        const struct field_value *v = &c->record.values[i];
        enum reason reason = REASON_DAY_MONTH;
        str suggestion, text = node_as_text(v->value.input);
        struct type_context context;
        bool is_slip = slip_before(v->value.type, text, arena, &reason, &suggestion);
        if (!is_slip && slip_ambiguous(&v->value, arena, &suggestion)) {
            is_slip = true;
        } else if (!is_slip && v->value.check == CHECK_FAILED) {
            context = catalog_context(import->node->catalog, v->field);
            is_slip = slip_zero_lost(v->value.type, &context, text, arena, &suggestion);
            reason = REASON_ZERO_LOST;
        }
        if (!is_slip)
            continue;
        str path = v->field->parent
                       ? arena_printf(arena, "%.*s[%u].%.*s", STR(v->field->parent->path),
                                      v->row + 1u, STR(v->field->name))
                       : v->field->path;
        str column = column_of(import, c, path, arena);
        import_fault(import, reason, column, path, text,
                     reason == REASON_DAY_MONTH ? S("day and month may be either way round")
                                                : S("the value shows a spreadsheet's damage"),
                     suggestion);
    }
}

/* Checks; leaves out what may be left out and checks again, until nothing more changes. */
static void check(struct import *import, struct candidate *c)
{
    for (unsigned round = 0; round < DROP_ROUNDS_MAX; round++) {
        struct faults faults;
        size_t first = import->faults.count;
        bool is_good = record_check(import->node->catalog, c->definition, c->body, &import->arena,
                                    &c->record, &faults) == OK;
        for (size_t i = 0; i < faults.count && i < faults.max; i++)
            add_fault(import, c, &faults.items[i]);
        if (is_good && !import->mapping->is_tree)
            find_slips(import, c);
        err_clear();
        bool is_dropped = false;
        for (size_t i = first; i < import->faults.count; i++)
            is_dropped = drop_value(import, c, &import->faults.items[i]) || is_dropped;
        bool has_kept = false;
        for (size_t i = first; i < import->faults.count; i++)
            has_kept = has_kept || !import->faults.items[i].is_dropped;
        if (has_kept || !is_dropped)
            break;
    }
}

static bool is_faulty(const struct import *import, size_t first)
{
    for (size_t i = first; i < import->faults.count; i++)
        if (!import->faults.items[i].is_dropped)
            return true;
    return false;
}

/* ---- accepted ---- */

static void count_filled(struct import *import, const struct record *record)
{
    size_t at = 0;
    for (const struct expectation *e = import->mapping->expectations; e; e = e->next, at++) {
        if (e->kind != EXPECT_FILLED || e->definition != record->definition)
            continue;
        bool has = false;
        for (size_t i = 0; i < record->count && !has; i++)
            has =
                record->values[i].field == e->field || record->values[i].field->parent == e->field;
        import->filled[at] += has;
    }
}

static void count_verdict(struct tally *tally, enum verdict verdict, uint32_t version)
{
    bool is_new = verdict == VERDICT_NEW || (verdict == VERDICT_APPLIED && version == 1);
    tally->accepted++;
    tally->created += is_new;
    tally->changed += verdict == VERDICT_CHANGED || (verdict == VERDICT_APPLIED && !is_new);
    tally->renewed += verdict == VERDICT_RENEWED;
    tally->same += verdict == VERDICT_SAME;
}

static struct change change_of(const struct import *import, const struct candidate *c,
                               const struct present *present)
{
    return (struct change){
        .kind = CHANGE_PUT,
        .number = present->number,
        .expect_version = present->version,
        .definition = c->definition->name,
        .definition_version = c->definition->version,
        .owner = c->record.envelope.owner,
        .state = STATE_ACTIVE,
        .batch = import->batch,
        .actor = import->request->actor,
    };
}

/* A correction by import keeps what is fixed like one by hand. */
static enum err check_against_held(struct import *import, struct candidate *c,
                                   const struct present *present)
{
    struct node *body = NULL;
    struct record held;
    struct faults faults = {0};
    if (present->verdict != VERDICT_CHANGED || !c->definition->has_fixed)
        return OK;
    TRY(json_parse(present->body, &import->arena, &body));
    TRY(record_read(import->node->catalog, c->definition, body, &import->arena, &held));
    if (record_check_fixed(&held, &c->record, &import->arena, &faults))
        err_clear();
    for (size_t i = 0; i < faults.count && i < faults.max; i++)
        import_fault(import, REASON_FIXED, STR_EMPTY, faults.items[i].path, STR_EMPTY,
                     faults.items[i].reason, faults.items[i].hint);
    return OK;
}

/* Another record of the owner with the values that are to be unique; refused naming it. */
static enum err check_unique(struct import *import, struct candidate *c,
                             const struct present *present)
{
    struct same same;
    bool is_written = present->verdict == VERDICT_NEW || present->verdict == VERDICT_CHANGED;
    if (!is_written || c->definition->unique_count == 0)
        return OK;
    c->record.id.number = present->number;
    TRY(search_same(&(struct same_node){import->node->catalog, import->node->store},
                    import->snapshot, &c->record, &import->arena, &same));
    if (!same.id.number)
        return OK;
    char id[RECORD_ID_TEXT];
    import_fault(import, REASON_DUPLICATE, STR_EMPTY, same.path, STR_EMPTY,
                 arena_printf(&import->arena, "%.*s holds this already, as record %s",
                              STR(c->record.envelope.owner), record_id_format(same.id, id)),
                 STR_EMPTY);
    return OK;
}

static enum err accept(struct import *import, struct candidate *c, size_t first)
{
    struct group *group = &import->groups[import->group_at];
    size_t start = group->bodies.len;
    TRY(record_canonical(import->node->catalog, &c->record, &group->bodies));
    str body = str_from(buf_str(&group->bodies), start);
    if (import->is_applying && !import->batch)
        TRY(batch_begin(import, c->record.envelope.owner));
    struct present present = {.verdict = VERDICT_NEW};
    TRY(compare_present(import, &c->record, body, &present));
    TRY(check_against_held(import, c, &present));
    TRY(check_unique(import, c, &present));
    if (is_faulty(import, first)) {
        group->bodies.len = start;
        return OK;
    }
    if (present.number && !numbers_add(&import->numbers, present.number))
        return err_set(ERR_MEMORY, "out of memory for the numbers of records");
    count_verdict(&import->tallies[c->definition->number], present.verdict, present.version);
    count_filled(import, &c->record);
    if (present.verdict == VERDICT_NEW)
        screen_new(import, &c->record);
    bool is_written = present.verdict != VERDICT_SAME && present.verdict != VERDICT_APPLIED;
    if (!import->is_applying || !is_written) {
        group->bodies.len = start;
        return OK;
    }
    struct change change = change_of(import, c, &present);
    const struct index_prepared *prepared = NULL;
    TRY(index_prepare(import->node->index, &c->record, &group->beside, &prepared));
    change.prepared = prepared;
    struct hash *attachments = NULL;
    change.attachment_count =
        attachments_of(import->node->store, &c->record, &group->beside, &attachments);
    change.attachments = attachments;
    struct pending pending = {.row = import->row.number,
                              .line = import->row.line,
                              .definition = c->definition,
                              .body_at = start,
                              .body_len = body.len,
                              .is_new = present.number == 0};
    return group_add(import, &change, &pending);
}

/* The same reference, or the same unique values, twice in one file: the first counts. */
static enum err is_repeated(struct import *import, const struct candidate *c, bool *ret)
{
    bool has_failed = false;
    uint64_t hashes[SAME_HASH_MAX];
    size_t count = search_same_hashes(&c->record, hashes);
    for (size_t i = 0; i < count && !has_failed; i++)
        *ret |= !seen_add(&import->seen, hashes[i], &has_failed);
    return has_failed ? err_set(ERR_LIMIT, "more than %d references in one file", SEEN_MAX) : OK;
}

/* A refused row still says that the owner has this record: a snapshot must not withdraw it. */
static enum err spare(struct import *import, const struct candidate *c)
{
    if (import->mapping->feed != FEED_SNAPSHOT || !c->ref.len)
        return OK;
    struct record known = {.definition = c->definition,
                           .envelope = {.owner = import->owner, .ref = c->ref}};
    struct present present = {.verdict = VERDICT_NEW};
    TRY(compare_present(import, &known, STR_EMPTY, &present));
    return !present.number || numbers_add(&import->numbers, present.number)
               ? OK
               : err_set(ERR_MEMORY, "out of memory for the numbers of records");
}

/* `first`: the faults from here on are this record's; a row may hold several records. */
static enum err process(struct import *import, struct candidate *c, size_t first)
{
    bool is_twice = false;
    if (c->body && !is_faulty(import, first))
        check(import, c);
    if (import->evaluator.failed)
        return import->evaluator.failed;
    if (c->body && !is_faulty(import, first))
        TRY(is_repeated(import, c, &is_twice));
    if (is_twice)
        import_fault(import, REASON_DUPLICATE, STR_EMPTY, S("envelope.ref"), c->ref,
                     S("the same record came earlier in this file"), STR_EMPTY);
    if (c->body && !is_faulty(import, first))
        TRY(accept(import, c, first));
    if (c->body && !is_faulty(import, first))
        return OK;
    import->faults.is_refused = true;
    if (!c->definition)
        return OK;
    import->tallies[c->definition->number].refused++;
    return spare(import, c);
}

static enum err map_row(struct import *import)
{
    bool is_used = false;
    for (const struct map_record *map = import->mapping->records; map; map = map->next) {
        if (!evaluate_when(&import->evaluator, &import->row, map->when))
            continue;
        struct candidate c = {.map = map};
        size_t first = import->faults.count;
        is_used = true;
        TRY(make_body(import, &c));
        TRY(process(import, &c, first));
    }
    import->report.unused_rows += !is_used;
    return OK;
}

enum err import_row(struct import *import)
{
    import->report.rows++;
    import->evaluator.arena = &import->arena;
    if (import->faults.count) {
        import->faults.is_refused = true;
    } else if (import->mapping->is_bodies) {
        struct candidate c = {.map = NULL};
        TRY(take_body(import, &c));
        TRY(process(import, &c, 0));
    } else {
        TRY(map_row(import));
    }
    report_columns(import);
    report_row(import);
    TRY(annotate_row(import));
    return import->report.rows % 512 ? OK : import_progress(import, false);
}
