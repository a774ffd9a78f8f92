/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes one segment file of several parts (deltas, segments), leaving out what is dead.
 *
 * Every part gives its entries, its keys and its list by number in the segment's order, so
 * everything is a merge of sorted streams written front to back: entries first (which decides the
 * new numbers, kept in `origin` and `remap`), then keys and ranges with their entry numbers
 * translated. Only a delta, which is small, is sorted. Memory: 8 bytes an entry for `origin`, 4 for
 * `remap`, the bucket directory, and what the names builder needs; ten million entries fit in 150
 * MB.
 *
 * The file is written under a name that open does not look at, made durable, then renamed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "index/internal.h"

struct sorted_key {
    uint64_t hash;
    uint32_t entry;
    uint8_t field;
};
struct source {
    const struct delta *delta; /* or */
    struct segment *segment;
    uint32_t *remap;
    uint32_t count;          /* entries */
    uint32_t *order;         /* delta: entries in segment order */
    uint32_t *by_number;     /* delta: the front ones by number */
    struct sorted_key *keys; /* delta: in order of hash */
    uint32_t key_count, front_count, dated_count;
    uint32_t at;     /* cursor of the merge at hand */
    uint32_t bucket; /* segment's keys: bucket of slot `at` */
};
struct origin {
    uint32_t entry;
    uint16_t source, class_row;
};
struct class_map { /* (definition, class) -> number in this file */
    struct segment_class *rows;
    uint32_t count;
    uint32_t *table; /* open addressing, row + 1 */
};
enum { CLASS_TABLE = 1 << 18 };

struct writer {
    struct segment_plan *plan;
    struct source sources[MERGE_MAX];
    size_t source_count;
    struct origin *origins;
    struct class_map classes;
    struct segment_meta meta;
    uint64_t number_max, born_max;
    struct segment_bucket *buckets; /* `start`: how many keys the one before has */
    uint64_t kept_keys[MERGE_MAX];
    int fd;
    struct buf out;         /* not yet written */
    struct bit_writer bits; /* into `out` */
    uint64_t written;       /* bytes in the file */
    struct buf sums;
    enum err failed;
};

static enum err no_memory(void)
{
    return err_set(ERR_MEMORY, "out of memory merging the index");
}

/* ---- the file ---- */

static void write_out(struct writer *w, bool is_all)
{
    size_t size = is_all ? w->out.len : w->out.len - w->out.len % BLOCK_SIZE;
    for (size_t at = 0; at < size; at += BLOCK_SIZE) {
        size_t len = size - at < BLOCK_SIZE ? size - at : BLOCK_SIZE;
        buf_add_u64(&w->sums,
                    segment_block_sum(w->out.ptr + at, len, (w->written + at) / BLOCK_SIZE));
    }
    if (!w->failed)
        w->failed = w->out.failed ? w->out.failed : io_write(w->fd, str_of(w->out.ptr, size));
    w->written += size;
    memmove(w->out.ptr, w->out.ptr + size, w->out.len - size);
    w->out.len -= size;
}

static inline void flush_if_full(struct writer *w)
{
    if (w->out.len >= IO_CHUNK_MAX)
        write_out(w, false);
}

static void add_number(struct writer *w, uint64_t value, unsigned width)
{
    char *to = buf_reserve(&w->out, sizeof value);
    if (!to)
        return;
    memcpy(to, &value, sizeof value);
    w->out.len += width;
    flush_if_full(w);
}

static void add_bits(struct writer *w, uint64_t value, unsigned bits)
{
    bits_add(&w->bits, value, bits);
    flush_if_full(w);
}

/* To a multiple of 8 bytes from the section's beginning, which is one of the file. */
static void end_bits(struct writer *w)
{
    bits_end(&w->bits);
    while ((w->written + w->out.len) % 8)
        buf_add_u8(&w->out, 0);
}

static void begin_section(struct writer *w, enum segment_section section)
{
    while ((w->written + w->out.len) % 8)
        buf_add_u8(&w->out, 0);
    w->meta.at[section] = w->written + w->out.len;
}

static void end_section(struct writer *w, enum segment_section section)
{
    w->meta.size[section] = w->written + w->out.len - w->meta.at[section];
    buf_add_u64(&w->out, 0);
    flush_if_full(w);
}

/* ---- entries, as sources give them ---- */

struct row {
    uint64_t number, born;
    int32_t day;
    unsigned group; /* 0 dated, 1 undated with names, 2 others */
    struct segment_class class;
};

static unsigned group_of(const struct delta_entry *entry)
{
    return entry->day != NO_DAY ? 0 : entry->has_names ? 1 : 2;
}

static struct row row_of(const struct source *source, uint32_t entry)
{
    if (source->delta) {
        const struct delta_entry *e = delta_entry(source->delta, entry);
        return (
            struct row){e->number, e->born, e->day, group_of(e), {e->definition, e->class_number}};
    }
    const struct segment *s = source->segment;
    struct row row = {.number = column_get(&s->numbers, entry),
                      .born = column_get(&s->born, entry),
                      .day = NO_DAY,
                      .group = entry < s->meta.dated_count   ? 0
                               : entry < s->meta.front_count ? 1
                                                             : 2};
    if (row.group == 0)
        row.day = s->days[entry];
    uint64_t class = column_get(&s->classes, entry);
    if (class < s->meta.class_count)
        row.class = s->class_rows[class];
    return row;
}

static int row_order(const struct row *a, const struct row *b)
{
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    return a->number != b->number ? (a->number < b->number ? -1 : 1) : 0;
}

static bool is_dead(const struct source *source, uint32_t entry, uint64_t seq)
{
    uint64_t died = source->delta ? atomic_load_explicit(&delta_entry(source->delta, entry)->died,
                                                         memory_order_acquire)
                                  : segment_died(source->segment, entry);
    return died && died <= seq;
}

/* ---- preparing sources ---- */

static int compare_entries(const void *a, const void *b, void *context)
{
    struct row left = row_of(context, *(const uint32_t *)a);
    struct row right = row_of(context, *(const uint32_t *)b);
    int order = row_order(&left, &right);
    return order ? order
                 : (*(const uint32_t *)a > *(const uint32_t *)b) -
                       (*(const uint32_t *)a < *(const uint32_t *)b);
}

static int compare_numbers(const void *a, const void *b, void *context)
{
    const struct source *source = context;
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    uint64_t x = delta_entry(source->delta, left)->number;
    uint64_t y = delta_entry(source->delta, right)->number;
    return x != y ? (x > y) - (x < y) : compare_entries(a, b, context);
}

static int compare_keys(const void *a, const void *b)
{
    const struct sorted_key *x = a;
    const struct sorted_key *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->entry != y->entry ? (x->entry > y->entry) - (x->entry < y->entry)
                                : x->field - y->field;
}

static enum err prepare_delta(struct source *source)
{
    const struct delta *delta = source->delta;
    source->count = delta->count;
    source->order = calloc(source->count + 1, sizeof *source->order);
    source->by_number = calloc(source->count + 1, sizeof *source->by_number);
    source->keys = calloc(delta->node_count, sizeof *source->keys);
    if (!source->order || !source->by_number || !source->keys)
        return no_memory();
    for (uint32_t i = 0; i < source->count; i++) {
        unsigned group = group_of(delta_entry(delta, i));
        source->order[i] = i;
        source->dated_count += group == 0;
        if (group < 2)
            source->by_number[source->front_count++] = i;
    }
    qsort_r(source->order, source->count, sizeof *source->order, compare_entries, source);
    qsort_r(source->by_number, source->front_count, sizeof *source->by_number, compare_numbers,
            source);
    for (uint32_t i = 1; i < delta->node_count; i++) {
        const struct delta_node *node = delta_node(delta, i);
        if (!node->is_number)
            source->keys[source->key_count++] =
                (struct sorted_key){node->hash, node->entry, node->field};
    }
    qsort(source->keys, source->key_count, sizeof *source->keys, compare_keys);
    return OK;
}

/* Everything is read once from front to back: all its blocks are checked before. */
static enum err prepare_segment(struct source *source)
{
    struct segment *segment = source->segment;
    source->count = segment->meta.entry_count;
    source->key_count = segment->meta.key_count;
    source->front_count = segment->meta.front_count;
    source->dated_count = segment->meta.dated_count;
    return segment_check(segment, segment->map, segment->body_size);
}

static enum err prepare(struct writer *w)
{
    struct segment_plan *plan = w->plan;
    for (size_t i = 0; i < plan->part_count; i++) {
        struct source *source = &w->sources[w->source_count++];
        struct part *part = plan->parts[i];
        if (part->is_delta)
            source->delta = (const struct delta *)part;
        else
            source->segment = (struct segment *)part;
        TRY(source->delta ? prepare_delta(source) : prepare_segment(source));
        source->remap = plan->remap[i] = malloc((source->count + 1u) * sizeof *source->remap);
        if (!source->remap)
            return no_memory();
        memset(source->remap, 0xFF, source->count * sizeof *source->remap);
        uint64_t first = source->delta ? source->delta->first_seq : source->segment->meta.first_seq;
        uint64_t last = source->delta ? source->delta->last_seq : source->segment->meta.last_seq;
        if (i == 0 || first < w->meta.first_seq)
            w->meta.first_seq = first;
        if (last > w->meta.last_seq)
            w->meta.last_seq = last;
    }
    return OK;
}

/* ---- entries ---- */

static enum err class_row(struct class_map *map, struct segment_class class, uint16_t *ret)
{
    uint32_t wanted = (uint32_t) class.definition << 16 | class.class_number;
    uint32_t at = (uint32_t)(hash_mix(wanted, 1) % CLASS_TABLE);
    for (; map->table[at]; at = (at + 1) % CLASS_TABLE) {
        struct segment_class held = map->rows[map->table[at] - 1];
        if (((uint32_t)held.definition << 16 | held.class_number) == wanted) {
            *ret = (uint16_t)(map->table[at] - 1);
            return OK;
        }
    }
    if (map->count > UINT16_MAX)
        return err_set(ERR_LIMIT, "a segment holds at most %d policy classes", UINT16_MAX + 1);
    map->rows[map->count] = class;
    map->table[at] = ++map->count;
    *ret = (uint16_t)(map->count - 1);
    return OK;
}

/* The next living entry of a source; false at its end. */
static bool next_entry(const struct writer *w, struct source *source, uint32_t *ret)
{
    for (; source->at < source->count; source->at++) {
        uint32_t entry = source->order ? source->order[source->at] : source->at;
        if (is_dead(source, entry, w->plan->seq))
            continue;
        *ret = entry;
        return true;
    }
    return false;
}

static struct source *lowest_entry(struct writer *w, struct row *rows, const bool *has)
{
    struct source *best = NULL;
    for (size_t i = 0; i < w->source_count; i++)
        if (has[i] && (!best || row_order(&rows[i], &rows[best - w->sources]) < 0))
            best = &w->sources[i];
    return best;
}

static enum err take_row(struct writer *w, struct source *source, uint32_t entry,
                         const struct row *row)
{
    uint32_t number = w->meta.entry_count++;
    struct origin *origin = &w->origins[number];
    *origin = (struct origin){.entry = entry, .source = (uint16_t)(source - w->sources)};
    source->remap[entry] = number;
    if (number == 0 || row->number < w->meta.number_base)
        w->meta.number_base = row->number;
    if (number == 0 || row->born < w->meta.born_base)
        w->meta.born_base = row->born;
    w->number_max = row->number > w->number_max ? row->number : w->number_max;
    w->born_max = row->born > w->born_max ? row->born : w->born_max;
    w->meta.dated_count += row->group == 0;
    w->meta.front_count += row->group < 2;
    return class_row(&w->classes, row->class, &origin->class_row);
}

static enum err merge_entries(struct writer *w)
{
    uint64_t total = 0;
    struct row rows[MERGE_MAX];
    uint32_t entries[MERGE_MAX];
    bool has[MERGE_MAX] = {false};
    for (size_t i = 0; i < w->source_count; i++)
        total += w->sources[i].count;
    if (total >= NO_ENTRY)
        return err_set(ERR_LIMIT, "a segment holds fewer than %u entries", NO_ENTRY);
    w->origins = malloc((total + 1) * sizeof *w->origins);
    w->classes.rows = malloc((UINT16_MAX + 1) * sizeof *w->classes.rows);
    w->classes.table = calloc(CLASS_TABLE, sizeof *w->classes.table);
    if (!w->origins || !w->classes.rows || !w->classes.table)
        return no_memory();
    for (size_t i = 0; i < w->source_count; i++)
        if ((has[i] = next_entry(w, &w->sources[i], &entries[i])))
            rows[i] = row_of(&w->sources[i], entries[i]);
    for (struct source *source; (source = lowest_entry(w, rows, has));) {
        size_t i = (size_t)(source - w->sources);
        TRY(take_row(w, source, entries[i], &rows[i]));
        source->at++;
        if ((has[i] = next_entry(w, source, &entries[i])))
            rows[i] = row_of(source, entries[i]);
    }
    return OK;
}

static void write_classes(struct writer *w)
{
    begin_section(w, SECTION_CLASSES);
    struct buf bytes = {0};
    w->meta.class_count = w->classes.count;
    for (uint32_t i = 0; i < w->classes.count; i++) {
        const struct definition *definition =
            w->plan->catalog->definitions[w->classes.rows[i].definition];
        buf_clear(&bytes);
        policy_class_write(w->plan->classes, w->classes.rows[i].class_number, &bytes);
        buf_add_block(&w->out, definition->name);
        buf_add_u64(&w->out, definition_digest(definition));
        buf_add_block(&w->out, buf_str(&bytes));
    }
    buf_release(&bytes);
    end_section(w, SECTION_CLASSES);
}

enum row_part { ROW_NUMBER, ROW_CLASS, ROW_BORN, ROW_DAY };

static uint64_t row_part(const struct writer *w, uint32_t i, enum row_part part)
{
    const struct origin *origin = &w->origins[i];
    if (part == ROW_CLASS)
        return origin->class_row;
    struct row row = row_of(&w->sources[origin->source], origin->entry);
    return part == ROW_NUMBER ? row.number : part == ROW_BORN ? row.born : (uint32_t)row.day;
}

/* See segment_columns.c: the first `packed` rows, then runs of the others. */
static enum err write_column(struct writer *w, enum segment_section section, enum row_part part,
                             const struct column *shape)
{
    struct buf heads = {.max = (size_t)1 << 30};
    uint64_t values[COLUMN_RUN], unit = 0;
    enum err code = OK;
    begin_section(w, section);
    for (uint32_t i = 0; i < shape->packed; i++)
        add_bits(w, row_part(w, i, part) - shape->base, shape->bits);
    end_bits(w);
    for (uint32_t i = shape->packed; !code && i < w->meta.entry_count; i += COLUMN_RUN) {
        uint32_t left = w->meta.entry_count - i;
        size_t count = left < COLUMN_RUN ? left : COLUMN_RUN;
        for (uint32_t k = 0; k < count; k++)
            values[k] = row_part(w, i + k, part);
        code = column_add_run(&w->out, &heads, &unit, values, count);
        flush_if_full(w);
    }
    buf_add(&w->out, buf_str(&heads));
    if (!code)
        code = heads.failed;
    buf_release(&heads);
    end_section(w, section);
    return code;
}

static enum err write_columns(struct writer *w)
{
    struct segment_meta *m = &w->meta;
    m->number_bits = bits_of(w->number_max - m->number_base);
    m->born_bits = bits_of(w->born_max - m->born_base);
    m->class_bits = bits_of(w->classes.count - 1);
    m->entry_bits = bits_of(m->entry_count - 1);
    if (m->number_bits > COLUMN_BITS_MAX || m->born_bits > COLUMN_BITS_MAX)
        return err_set(ERR_LIMIT, "the index counts no further than 2 to the %d", COLUMN_BITS_MAX);
    const struct column numbers = {.base = m->number_base,
                                   .packed = m->front_count,
                                   .bits = m->number_bits};
    const struct column classes = {.packed = m->entry_count, .bits = m->class_bits};
    const struct column born = {.base = m->born_base,
                                .packed = m->front_count,
                                .bits = m->born_bits};
    TRY(write_column(w, SECTION_NUMBERS, ROW_NUMBER, &numbers));
    TRY(write_column(w, SECTION_CLASS, ROW_CLASS, &classes));
    TRY(write_column(w, SECTION_BORN, ROW_BORN, &born));
    begin_section(w, SECTION_DAYS);
    for (uint32_t i = 0; i < m->front_count; i++)
        add_number(w, row_part(w, i, ROW_DAY), sizeof(int32_t));
    end_section(w, SECTION_DAYS);
    return OK;
}

/*
 * The sources' lists by number, merged: the next living entry of a source in that order, as its new
 * number.
 */
static bool next_by_number(struct source *source, uint32_t *ret, uint64_t *ret_number)
{
    for (; source->at < source->front_count; source->at++) {
        uint32_t entry = source->by_number
                             ? source->by_number[source->at]
                             : (uint32_t)column_get(&source->segment->by_number, source->at);
        if (source->remap[entry] == NO_ENTRY)
            continue;
        *ret = source->remap[entry];
        *ret_number = row_of(source, entry).number;
        return true;
    }
    return false;
}

static void write_by_number(struct writer *w)
{
    uint32_t entries[MERGE_MAX];
    uint64_t numbers[MERGE_MAX];
    bool has[MERGE_MAX] = {false};
    begin_section(w, SECTION_BY_NUMBER);
    for (size_t i = 0; i < w->source_count; i++) {
        w->sources[i].at = 0;
        has[i] = next_by_number(&w->sources[i], &entries[i], &numbers[i]);
    }
    for (;;) {
        size_t best = MERGE_MAX;
        for (size_t i = 0; i < w->source_count; i++)
            if (has[i] && (best == MERGE_MAX || numbers[i] < numbers[best]))
                best = i;
        if (best == MERGE_MAX)
            break;
        add_bits(w, entries[best], w->meta.entry_bits);
        w->sources[best].at++;
        has[best] = next_by_number(&w->sources[best], &entries[best], &numbers[best]);
    }
    end_bits(w);
    end_section(w, SECTION_BY_NUMBER);
}

/* ---- keys ---- */

/* The next living key of a source: as many bits of its hash as are kept, its new entry number. */
static bool next_key(const struct writer *w, struct source *source, struct sorted_key *ret)
{
    uint64_t kept = ~(((uint64_t)1 << (HASH_BITS - w->meta.hash_bits)) - 1);
    const struct segment *segment = source->segment;
    for (; source->at < source->key_count; source->at++) {
        struct sorted_key key;
        if (segment) {
            while (segment->buckets[source->bucket + 1].start <= source->at)
                source->bucket++;
            struct slot slot = segment_slot(segment, source->at);
            key = (struct sorted_key){(uint64_t)source->bucket
                                              << (HASH_BITS - segment->meta.bucket_bits) |
                                          slot.hash << (HASH_BITS - segment->meta.hash_bits),
                                      slot.entry, slot.field};
        } else {
            key = source->keys[source->at];
        }
        if (key.entry >= source->count || source->remap[key.entry] == NO_ENTRY)
            continue;
        key.entry = source->remap[key.entry];
        key.hash &= kept;
        *ret = key;
        return true;
    }
    return false;
}

static void add_slot(struct writer *w, const struct sorted_key *key)
{
    struct segment_meta *m = &w->meta;
    uint64_t bucket = key->hash >> (HASH_BITS - m->bucket_bits);
    w->buckets[bucket + 1].start++;
    w->buckets[bucket].filter |= segment_filter(key->hash);
    m->key_count++;
    unsigned low = (unsigned)(m->hash_bits - m->bucket_bits);
    bits_add(&w->bits, key->hash >> (HASH_BITS - m->hash_bits) & (((uint64_t)1 << low) - 1), low);
    bits_add(&w->bits, (uint64_t)key->field << m->entry_bits | key->entry,
             m->entry_bits + (unsigned)m->field_bits);
    flush_if_full(w);
}

/* Bits for the highest field of any key, and of the hash as many as every source still has. */
static void measure_keys(struct writer *w, uint64_t total)
{
    uint8_t field = 0;
    w->meta.hash_bits = total < w->plan->large_keys ? HASH_BITS : LARGE_HASH_BITS;
    for (size_t i = 0; i < w->source_count; i++) {
        const struct source *source = &w->sources[i];
        const struct segment_meta *held = source->segment ? &source->segment->meta : NULL;
        if (held && held->hash_bits < w->meta.hash_bits)
            w->meta.hash_bits = held->hash_bits;
        if (held)
            field |= (uint8_t)((1u << held->field_bits) - 1);
        for (uint32_t k = 0; !held && k < source->key_count; k++)
            field |= source->keys[k].field;
    }
    w->meta.field_bits = bits_of(field);
}

/* 4 to 8 keys a bucket, were none dropped. */
static enum err make_buckets(struct writer *w)
{
    uint64_t total = 0;
    for (size_t i = 0; i < w->source_count; i++) {
        w->sources[i].at = w->sources[i].bucket = 0;
        total += w->sources[i].key_count;
    }
    if (total >= UINT32_MAX)
        return err_set(ERR_LIMIT, "a segment holds fewer than %u keys", UINT32_MAX);
    while (w->meta.bucket_bits < 28 && total >> (w->meta.bucket_bits + 3))
        w->meta.bucket_bits++;
    measure_keys(w, total);
    w->buckets = calloc(((size_t)1 << w->meta.bucket_bits) + 2, sizeof *w->buckets);
    return w->buckets ? OK : no_memory();
}

static enum err write_keys(struct writer *w)
{
    struct sorted_key keys[MERGE_MAX];
    bool has[MERGE_MAX] = {false};
    TRY(make_buckets(w));
    begin_section(w, SECTION_SLOTS);
    for (size_t i = 0; i < w->source_count; i++)
        has[i] = next_key(w, &w->sources[i], &keys[i]);
    for (;;) {
        size_t best = MERGE_MAX;
        for (size_t i = 0; i < w->source_count; i++)
            if (has[i] && (best == MERGE_MAX || keys[i].hash < keys[best].hash))
                best = i;
        if (best == MERGE_MAX)
            break;
        add_slot(w, &keys[best]);
        w->kept_keys[best]++;
        w->sources[best].at++;
        has[best] = next_key(w, &w->sources[best], &keys[best]);
    }
    end_bits(w);
    end_section(w, SECTION_SLOTS);
    begin_section(w, SECTION_BUCKETS);
    uint32_t start = 0;
    for (size_t i = 0; i <= (size_t)1 << w->meta.bucket_bits; i++) {
        add_number(w, start += w->buckets[i].start, sizeof start);
        add_number(w, w->buckets[i].filter, sizeof w->buckets[i].filter);
    }
    end_section(w, SECTION_BUCKETS);
    return OK;
}

/* ---- deaths, spaces, names ---- */

static void add_death(struct writer *w, uint64_t part, uint32_t entry)
{
    if (part == NO_PART || !w->plan->is_staying(w->plan->context, part))
        return;
    add_number(w, part, sizeof part);
    add_number(w, entry, sizeof part);
    w->meta.death_count++;
}

static void write_deaths(struct writer *w)
{
    begin_section(w, SECTION_DEATHS);
    for (size_t i = 0; i < w->source_count; i++) {
        const struct source *source = &w->sources[i];
        for (size_t k = 0; source->delta && k < source->delta->death_count; k++)
            add_death(w, source->delta->deaths[k].part, source->delta->deaths[k].entry);
        for (size_t k = 0; source->segment && k < source->segment->meta.death_count; k++)
            add_death(w, source->segment->deaths[k].part, source->segment->deaths[k].entry);
    }
    end_section(w, SECTION_DEATHS);
}

static void count_space(struct segment_space *all, size_t *count, uint64_t space, uint64_t value)
{
    size_t i = 0;
    while (i < *count && all[i].space != space)
        i++;
    if (i == DELTA_SPACE_MAX)
        return;
    if (i == *count)
        all[(*count)++] = (struct segment_space){space, 0};
    all[i].count += value;
}

/*
 * A dropped key no longer tells its space: counts shrink in the proportion in which the source's
 * keys were kept.
 */
static void write_spaces(struct writer *w)
{
    struct segment_space all[DELTA_SPACE_MAX];
    size_t count = 0;
    for (size_t i = 0; i < w->source_count; i++) {
        const struct source *source = &w->sources[i];
        double kept = source->key_count ? (double)w->kept_keys[i] / source->key_count : 1;
        for (uint32_t k = 0; source->delta && k < source->delta->space_count; k++)
            count_space(all, &count, source->delta->spaces[k].space,
                        (uint64_t)((double)source->delta->spaces[k].count * kept + 0.5));
        for (uint32_t k = 0; source->segment && k < source->segment->meta.space_count; k++)
            count_space(all, &count, source->segment->spaces[k].space,
                        (uint64_t)((double)source->segment->spaces[k].count * kept + 0.5));
    }
    begin_section(w, SECTION_SPACES);
    w->meta.space_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        add_number(w, all[i].space, sizeof(uint64_t));
        add_number(w, all[i].count, sizeof(uint64_t));
    }
    end_section(w, SECTION_SPACES);
}

static bool has_names(const struct source *source)
{
    return source->delta ? atomic_load(&source->delta->names) != NULL
                         : source->segment->names != NULL;
}

static enum err copy_names(struct writer *w, struct names_builder *builder)
{
    for (uint32_t i = 0; i < w->meta.front_count; i++) {
        const struct origin *origin = &w->origins[i];
        const struct source *source = &w->sources[origin->source];
        if (!has_names(source) ||
            (source->delta && !delta_entry(source->delta, origin->entry)->has_names))
            continue;
        TRY(source->delta ? names_builder_copy_live(builder, i, atomic_load(&source->delta->names),
                                                    origin->entry)
                          : names_builder_copy(builder, i, source->segment->names, origin->entry));
    }
    return OK;
}

static enum err write_names(struct writer *w)
{
    bool is_wanted = false;
    struct names_builder *builder = NULL;
    struct buf bytes = {.max = (size_t)16 << 30};
    enum err code = OK;
    for (size_t i = 0; i < w->source_count; i++)
        is_wanted |= has_names(&w->sources[i]);
    begin_section(w, SECTION_NAMES);
    if (is_wanted) {
        code = names_builder_new(&builder);
        if (!code)
            code = copy_names(w, builder);
        if (!code)
            code = names_builder_finish(builder, w->meta.front_count, &bytes);
        names_builder_free(builder);
    }
    for (size_t at = 0; !code && at < bytes.len; at += IO_CHUNK_MAX) {
        buf_add(&w->out, str_slice(buf_str(&bytes), at, IO_CHUNK_MAX));
        flush_if_full(w);
    }
    buf_release(&bytes);
    end_section(w, SECTION_NAMES);
    return code;
}

/* ---- all of it ---- */

static enum err write_ranges(struct writer *w)
{
    struct buf ranges = {.max = (size_t)4 << 30};
    struct buf texts = {.max = UINT32_MAX};
    enum err code = segment_write_ranges(w->plan, &w->meta, &ranges, &texts);
    begin_section(w, SECTION_RANGES);
    buf_add(&w->out, buf_str(&ranges));
    end_section(w, SECTION_RANGES);
    begin_section(w, SECTION_TEXTS);
    buf_add(&w->out, buf_str(&texts));
    end_section(w, SECTION_TEXTS);
    buf_release(&ranges);
    buf_release(&texts);
    return code;
}

static enum err write_sections(struct writer *w)
{
    w->out.max = (size_t)8 << 30;
    w->sums.max = (size_t)1 << 30;
    w->bits.out = &w->out;
    segment_header_write(&w->out);
    write_classes(w);
    TRY(write_columns(w));
    write_by_number(w);
    TRY(write_keys(w));
    TRY(write_ranges(w));
    write_deaths(w);
    write_spaces(w);
    return write_names(w);
}

static enum err write_footer(struct writer *w)
{
    while ((w->written + w->out.len) % 8)
        buf_add_u8(&w->out, 0);
    write_out(w, true);
    segment_footer_end(&w->meta, &w->sums);
    if (!w->failed)
        w->failed = w->sums.failed ? w->sums.failed : io_write(w->fd, buf_str(&w->sums));
    return w->failed ? w->failed : io_sync(w->fd);
}

static enum err write_file(struct writer *w, const char *path)
{
    char temporary[4096];
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    TRY(io_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, &w->fd));
    enum err code = write_sections(w);
    if (!code)
        code = write_footer(w);
    (void)close(w->fd);
    if (!code)
        code = io_rename(temporary, path);
    if (!code)
        return OK;
    struct err_info kept = *err_last();
    if (io_remove(temporary))
        err_clear();
    err_restore(&kept);
    return code;
}

static void release(struct writer *w)
{
    for (size_t i = 0; i < w->source_count; i++) {
        free(w->sources[i].order);
        free(w->sources[i].by_number);
        free(w->sources[i].keys);
    }
    free(w->origins);
    free(w->classes.rows);
    free(w->classes.table);
    free(w->buckets);
    buf_release(&w->out);
    buf_release(&w->sums);
    free(w);
}

enum err segment_write(struct segment_plan *plan, const char *path, uint32_t *ret_entries)
{
    struct writer *w = calloc(1, sizeof *w);
    if (!w)
        return no_memory();
    w->plan = plan;
    w->meta.id = plan->id;
    w->meta.key_id = plan->key_id;
    enum err code = prepare(w);
    if (!code)
        code = merge_entries(w);
    if (!code && w->meta.entry_count)
        code = write_file(w, path);
    if (!code)
        *ret_entries = w->meta.entry_count;
    release(w);
    return code;
}

void segment_plan_release(struct segment_plan *plan)
{
    for (size_t i = 0; i < plan->part_count; i++)
        free(plan->remap[i]);
}
