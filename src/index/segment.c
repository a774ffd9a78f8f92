/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment: one immutable, mapped file with the entries, keys, ranges and names of many records.
 *
 *   0       "BUREAUSG" format u32, block size u32, zeros up to 64
 *   64      sections, each from a multiple of 8, followed by at least 8 bytes
 *             classes    for each class number here: definition's name and digest, the policy class
 *             as bytes
 *             numbers    record number of each entry       columns of a few bits each where
 *             class      class number of each entry        entries come in the order of their
 *             born       sequence number of each entry     numbers: see segment_columns.c
 *             days       birth date of the first front_count entries, int32, INT32_MIN unknown
 *             by_number  those entries in order of record number, entry_bits each
 *             slots      in order of hash, packed: low bits of the hash, entry, field
 *             buckets    for each value of the hash's top bits its first slot u32 and a filter of
 *             its keys u32; one more at the end
 *             ranges     by space and lower end; an implicit tree, see segment_ranges.c
 *             texts      ends of ranges
 *             deaths     entries of other segments that changes in this one ended
 *             spaces     how many exact keys a keyspace has
 *             names      see names.h
 *   footer  a sum of every block of BLOCK_SIZE bytes before it, struct segment_meta field by field
 *   end-16  length of the footer u32, format u32, sum of the footer u64
 *
 * Entries come in three groups: dated ones by birth date (so that "born between" is a range of
 * numbers), undated ones with names, all others. The last two are in order of record number, so
 * most records are found by binary search without a list.
 *
 * A key is the top 48 bits of SipHash-2-4, under a key of this node, over its kind, space and text:
 * the file tells nothing to who has no values to try, nothing at all without the key file. A probe
 * for what is not there - nearly all are - reads one bucket, whose filter says so nine times in ten
 * and more; else its four to eight slots: two lines of cache.
 *
 * A segment of 33 million keys and more keeps 42 bits of each: of 160 million keys, 25 bits are the
 * bucket's number, 17 stand in the slot beside 27 of the entry and 4 of the field, which makes 6
 * bytes, and 1.7 for the bucket. One probe in 27,000 for what is not there then meets another's
 * hash and reads a record for nothing; no answer changes, since every hit is confirmed on the
 * record. Smaller segments keep all 48, so that those merged of them do not lose more than size
 * demands.
 *
 * Sizes, footer and positions are checked at open, a block's sum when it is first touched (and by
 * the scrubber); what does not agree is ERR_DAMAGED from then on, never a no-hit. Deaths lie
 * beside, in memory: pages of u32 that readers load without locks.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "index/internal.h"

enum { BLOCK_UNSEEN, BLOCK_GOOD, BLOCK_BAD };
enum { SEGMENT_FORMAT = 3, HEADER_SIZE = 64, TAIL_SIZE = 16, META_MAX = 1024 };

/* ---- header, footer ---- */

void segment_header_write(struct buf *out)
{
    buf_add(out, S("BUREAUSG"));
    buf_add_u32(out, SEGMENT_FORMAT);
    buf_add_u32(out, BLOCK_SIZE);
    while (out->len % HEADER_SIZE)
        buf_add_u8(out, 0);
}

static void meta_write(const struct segment_meta *meta, struct buf *out)
{
    const uint64_t wide[] = {meta->id,     meta->first_seq,   meta->last_seq,
                             meta->key_id, meta->number_base, meta->born_base};
    const uint32_t counts[] = {meta->entry_count, meta->dated_count, meta->front_count,
                               meta->key_count,   meta->range_count, meta->death_count,
                               meta->space_count, meta->class_count};
    const uint8_t widths[] = {meta->number_bits, meta->class_bits, meta->born_bits,
                              meta->entry_bits,  meta->hash_bits,  meta->field_bits,
                              meta->bucket_bits};
    for (size_t i = 0; i < COUNT_OF(wide); i++)
        buf_add_u64(out, wide[i]);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        buf_add_u32(out, counts[i]);
    for (size_t i = 0; i < COUNT_OF(widths); i++)
        buf_add_u8(out, widths[i]);
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        buf_add_u64(out, meta->at[i]);
        buf_add_u64(out, meta->size[i]);
    }
}

/* The end of a file after its body: sums of blocks, meta, tail. `out` holds the sums already. */
void segment_footer_end(const struct segment_meta *meta, struct buf *out)
{
    meta_write(meta, out);
    uint64_t sum = hash64(buf_str(out), SEGMENT_FORMAT);
    buf_add_u32(out, (uint32_t)out->len);
    buf_add_u32(out, SEGMENT_FORMAT);
    buf_add_u64(out, sum);
}

static void meta_read(struct cursor *c, struct segment_meta *meta)
{
    uint64_t *const wide[] = {&meta->id,     &meta->first_seq,   &meta->last_seq,
                              &meta->key_id, &meta->number_base, &meta->born_base};
    uint32_t *const counts[] = {&meta->entry_count, &meta->dated_count, &meta->front_count,
                                &meta->key_count,   &meta->range_count, &meta->death_count,
                                &meta->space_count, &meta->class_count};
    uint8_t *const widths[] = {&meta->number_bits, &meta->class_bits, &meta->born_bits,
                               &meta->entry_bits,  &meta->hash_bits,  &meta->field_bits,
                               &meta->bucket_bits};
    for (size_t i = 0; i < COUNT_OF(wide); i++)
        *wide[i] = cursor_u64(c);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        *counts[i] = cursor_u32(c);
    for (size_t i = 0; i < COUNT_OF(widths); i++)
        *widths[i] = cursor_u8(c);
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        meta->at[i] = cursor_u64(c);
        meta->size[i] = cursor_u64(c);
    }
}

/* ---- checking ---- */

static enum err damaged(const struct segment *segment, const char *what)
{
    return err_set(ERR_DAMAGED, "index file %s is damaged: %s", segment->path, what);
}

uint64_t segment_block_sum(const void *bytes, size_t size, size_t block)
{
    return hash64(str_of(bytes, size), 0x5EC7 + block);
}

static bool block_is_good(struct segment *segment, size_t block)
{
    size_t from = block * BLOCK_SIZE;
    size_t left = segment->body_size - from;
    size_t size = left < BLOCK_SIZE ? left : BLOCK_SIZE;
    bool is_good =
        segment_block_sum(segment->map + from, size, block) == segment->block_sums[block];
    atomic_store_explicit(&segment->block_state[block], is_good ? BLOCK_GOOD : BLOCK_BAD,
                          memory_order_relaxed);
    return is_good;
}

enum err segment_check(struct segment *segment, const void *at, size_t size)
{
    size_t from = (size_t)((const unsigned char *)at - segment->map);
    size_t last = (from + (size ? size - 1 : 0)) / BLOCK_SIZE;
    for (size_t block = from / BLOCK_SIZE; block <= last && block < segment->block_count; block++) {
        uint8_t state = atomic_load_explicit(&segment->block_state[block], memory_order_relaxed);
        if (state == BLOCK_GOOD || (state == BLOCK_UNSEEN && block_is_good(segment, block)))
            continue;
        return damaged(segment, "a block does not agree with its sum");
    }
    return OK;
}

static enum err check_packed(struct segment *segment, const struct column *column)
{
    return segment_check(segment, column->at, (size_t)(column->runs - column->at));
}

/* Names are read all over the place: their section is checked whole, once. */
enum err segment_check_names(struct segment *segment)
{
    uint8_t state = atomic_load_explicit(&segment->names_state, memory_order_acquire);
    if (state == BLOCK_UNSEEN) {
        const struct segment_meta *meta = &segment->meta;
        bool is_bad = segment_check(segment, segment->map + meta->at[SECTION_NAMES],
                                    meta->size[SECTION_NAMES]) ||
                      segment_check(segment, segment->days,
                                    (size_t)meta->front_count * sizeof *segment->days) ||
                      check_packed(segment, &segment->classes) ||
                      check_packed(segment, &segment->born) ||
                      check_packed(segment, &segment->numbers);
        state = is_bad ? BLOCK_BAD : BLOCK_GOOD;
        atomic_store_explicit(&segment->names_state, state, memory_order_release);
    }
    return state == BLOCK_GOOD ? OK : damaged(segment, "the names do not agree with their sums");
}

bool segment_scrub(struct segment *segment, size_t blocks)
{
    for (size_t block = 0; block < segment->block_count; block++) {
        if (atomic_load_explicit(&segment->block_state[block], memory_order_relaxed) !=
            BLOCK_UNSEEN)
            continue;
        if (blocks-- == 0)
            return true;
        block_is_good(segment, block);
    }
    return false;
}

/* ---- opening ---- */

static unsigned slot_bits(const struct segment_meta *m)
{
    return (unsigned)(m->hash_bits - m->bucket_bits) + m->entry_bits + m->field_bits;
}

/* What each section's size must be at least, from the counts; columns see to theirs. */
static bool sections_fit(const struct segment *segment)
{
    const struct segment_meta *m = &segment->meta;
    const uint64_t least[SECTION_COUNT] = {
        [SECTION_DAYS] = (uint64_t)m->front_count * sizeof *segment->days,
        [SECTION_SLOTS] = ((uint64_t)m->key_count * slot_bits(m) + 7) / 8,
        [SECTION_BUCKETS] = (((uint64_t)1 << m->bucket_bits) + 1) * sizeof *segment->buckets,
        [SECTION_RANGES] = (uint64_t)m->range_count * sizeof *segment->ranges,
        [SECTION_DEATHS] = (uint64_t)m->death_count * sizeof *segment->deaths,
        [SECTION_SPACES] = (uint64_t)m->space_count * sizeof *segment->spaces,
    };
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        uint64_t end = 0;
        if (__builtin_add_overflow(m->at[i], m->size[i], &end) || m->at[i] % 8 ||
            m->at[i] < HEADER_SIZE || end + 8 > segment->body_size || m->size[i] < least[i])
            return false;
    }
    return true;
}

static bool widths_fit(const struct segment_meta *m)
{
    return m->number_bits <= COLUMN_BITS_MAX && m->class_bits <= 16 &&
           m->born_bits <= COLUMN_BITS_MAX && m->entry_bits <= 32 && m->field_bits <= 8 &&
           m->hash_bits <= HASH_BITS && m->bucket_bits <= 32 && m->bucket_bits <= m->hash_bits &&
           m->dated_count <= m->front_count && m->front_count <= m->entry_count;
}

static enum err read_footer(struct segment *segment)
{
    str file = str_of((const char *)segment->map, segment->map_size);
    struct buf header = {0};
    segment_header_write(&header);
    bool is_ours = file.len >= HEADER_SIZE + TAIL_SIZE && str_starts(file, S("BUREAUSG"));
    bool is_same = is_ours && str_starts(file, buf_str(&header));
    buf_release(&header);
    if (!is_ours)
        return damaged(segment, "it does not begin as an index file");
    if (!is_same)
        return err_set(ERR_VERSION, "index file %s has another format", segment->path);
    struct cursor tail = cursor_of(str_from(file, file.len - TAIL_SIZE));
    uint32_t footer_size = cursor_u32(&tail);
    (void)cursor_u32(&tail);
    uint64_t sum = cursor_u64(&tail);
    if (footer_size > file.len - HEADER_SIZE - TAIL_SIZE)
        return damaged(segment, "the footer is longer than the file");
    segment->body_size = file.len - TAIL_SIZE - footer_size;
    str footer = str_slice(file, segment->body_size, footer_size);
    segment->block_count = (segment->body_size + BLOCK_SIZE - 1) / BLOCK_SIZE;
    if (hash64(footer, SEGMENT_FORMAT) != sum || segment->body_size % 8 ||
        footer.len < segment->block_count * sizeof(uint64_t))
        return damaged(segment, "the footer does not agree with its sum");
    segment->block_sums = (const uint64_t *)(const void *)footer.ptr;
    struct cursor c = cursor_of(str_from(footer, segment->block_count * sizeof(uint64_t)));
    meta_read(&c, &segment->meta);
    if (c.is_bad || cursor_left(&c) || !widths_fit(&segment->meta) || !sections_fit(segment))
        return damaged(segment, "the footer's figures do not fit the file");
    return OK;
}

/*
 * What the entries were made with: a definition's searchable fields, their order and types. Others
 * may come and go; when this changes, what lies in the index is no longer what records would give,
 * and it is rebuilt.
 */
uint64_t definition_digest(const struct definition *definition)
{
    uint64_t digest = hash64(definition->name, KEYS_VERSION);
    for (size_t i = 0; i < definition->all_count; i++) {
        const struct field *field = definition->all[i];
        digest = hash64(field->path, digest);
        digest = hash64(field->type ? str_c(field->type->name) : S("group"), digest);
        digest = hash64(field->meaning, digest);
        digest = hash_mix(digest, field == definition->order_by);
    }
    return hash_mix(digest, NAME_TABLES_VERSION);
}

static enum err read_class(struct segment *segment, const struct catalog *catalog,
                           struct policy_classes *classes, struct cursor *c,
                           struct segment_class *ret)
{
    str name = cursor_block(c);
    uint64_t digest = cursor_u64(c);
    str bytes = cursor_block(c);
    if (c->is_bad)
        return damaged(segment, "the table of classes ends early");
    const struct definition *definition = catalog_find(catalog, name);
    if (!definition || definition_digest(definition) != digest)
        return err_set(ERR_VERSION, "index file %s was made with another definition of %.*s",
                       segment->path, STR(name));
    ret->definition = definition->number;
    return policy_class_read(classes, bytes, &ret->class_number);
}

static enum err read_classes(struct segment *segment, const struct catalog *catalog,
                             struct policy_classes *classes)
{
    const struct segment_meta *meta = &segment->meta;
    const unsigned char *at = segment->map + meta->at[SECTION_CLASSES];
    TRY(segment_check(segment, at, meta->size[SECTION_CLASSES]));
    struct cursor c = cursor_of(str_of((const char *)at, meta->size[SECTION_CLASSES]));
    if (meta->class_count > UINT16_MAX + 1u || (meta->entry_count && !meta->class_count))
        return damaged(segment, "the number of classes is not possible");
    segment->class_rows = calloc(meta->class_count + 1, sizeof *segment->class_rows);
    if (!segment->class_rows)
        return err_set(ERR_MEMORY, "out of memory for %u policy classes", meta->class_count);
    for (uint32_t i = 0; i < meta->class_count; i++)
        TRY(read_class(segment, catalog, classes, &c, &segment->class_rows[i]));
    return OK;
}

static bool open_column(const struct segment *segment, enum segment_section section,
                        struct column shape, uint32_t rows, struct column *ret)
{
    const struct segment_meta *m = &segment->meta;
    *ret = shape;
    return column_open(ret, segment->map + m->at[section], m->size[section], rows);
}

static enum err set_views(struct segment *segment)
{
    const struct segment_meta *m = &segment->meta;
    uint32_t front = m->front_count, all = m->entry_count;
    bool fits =
        open_column(segment, SECTION_NUMBERS,
                    (struct column){.base = m->number_base,
                                    .packed = front,
                                    .bits = m->number_bits},
                    all, &segment->numbers) &&
        open_column(segment, SECTION_CLASS, (struct column){.packed = all, .bits = m->class_bits},
                    all, &segment->classes) &&
        open_column(segment, SECTION_BORN,
                    (struct column){.base = m->born_base, .packed = front, .bits = m->born_bits},
                    all, &segment->born) &&
        open_column(segment, SECTION_BY_NUMBER,
                    (struct column){.packed = front, .bits = m->entry_bits}, front,
                    &segment->by_number);
    if (!fits)
        return damaged(segment, "a column is longer than its section");
    segment->days = (const void *)(segment->map + m->at[SECTION_DAYS]);
    segment->slots = segment->map + m->at[SECTION_SLOTS];
    segment->texts = segment->map + m->at[SECTION_TEXTS];
    segment->ranges = (const void *)(segment->map + m->at[SECTION_RANGES]);
    segment->deaths = (const void *)(segment->map + m->at[SECTION_DEATHS]);
    segment->spaces = (const void *)(segment->map + m->at[SECTION_SPACES]);
    segment->slot_bits = slot_bits(m);
    segment->low_bits = (unsigned)(m->hash_bits - m->bucket_bits);
    segment->part.id = m->id;
    return OK;
}

static enum err map_file(struct segment *segment)
{
    int fd = -1;
    struct stat stat;
    TRY(io_open(segment->path, O_RDONLY, &fd));
    enum err code = fstat(fd, &stat) < 0 ? err_errno("cannot size %s", segment->path) : OK;
    if (!code && stat.st_size < HEADER_SIZE + TAIL_SIZE)
        code = damaged(segment, "it is too short");
    if (!code) {
        segment->map_size = (size_t)stat.st_size;
        void *map = mmap(NULL, segment->map_size, PROT_READ, MAP_SHARED, fd, 0);
        segment->mapping = map == MAP_FAILED ? NULL : map;
        segment->map = segment->mapping;
        if (!segment->map)
            code = err_errno("cannot map %s", segment->path);
    }
    (void)close(fd);
    return code;
}

/* A cold file is asked for at once: page by page a quarter of a gigabyte took twenty seconds. */
static void read_ahead(const unsigned char *from, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    size_t before = (uintptr_t)from % page;
    (void)madvise((void *)(uintptr_t)(from - before), size + before, MADV_WILLNEED);
}

/* Whole pages of the mapped file that will not be read again; they stay in the file. */
static void forget_pages(const unsigned char *from, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    size_t before = (page - (uintptr_t)from % page) % page;
    if (size > before + page)
        (void)madvise((void *)(uintptr_t)(from + before), (size - before) / page * page,
                      MADV_DONTNEED);
}

/*
 * The buckets are read by every probe and nearly nothing else is, so they are checked and copied
 * once, into memory of large pages: in a mapped file each probe would wait for the page tables
 * first. 1 to 2 bytes a key; the pages read for it are given back.
 */
static enum err copy_buckets(struct segment *segment)
{
    enum { LARGE_PAGE = 2 << 20 };
    const unsigned char *from = segment->map + segment->meta.at[SECTION_BUCKETS];
    size_t size = segment->meta.size[SECTION_BUCKETS];
    read_ahead(from, size);
    TRY(segment_check(segment, from, size));
    bool is_large = size >= LARGE_PAGE;
    size_t room = is_large ? (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE : size + 64;
    segment->bucket_copy = is_large ? aligned_alloc(LARGE_PAGE, room) : malloc(room);
    if (!segment->bucket_copy)
        return err_set(ERR_MEMORY, "out of memory for index file %s", segment->path);
    if (is_large)
        (void)madvise(segment->bucket_copy, room, MADV_HUGEPAGE); /* small ones will do as well */
    memcpy(segment->bucket_copy, from, size);
    forget_pages(from, size);
    segment->buckets = segment->bucket_copy;
    return OK;
}

static enum err open_parts(struct segment *segment, const struct catalog *catalog,
                           struct policy_classes *classes, uint64_t key_id)
{
    TRY(map_file(segment));
    TRY(read_footer(segment));
    if (segment->meta.key_id != key_id)
        return err_set(ERR_VERSION, "index file %s was made with another key", segment->path);
    size_t pages = segment->meta.entry_count / DEAD_PAGE + 1;
    segment->block_state = calloc(segment->block_count + 1, 1);
    segment->dead_pages = calloc(pages, sizeof *segment->dead_pages);
    if (!segment->block_state || !segment->dead_pages)
        return err_set(ERR_MEMORY, "out of memory for index file %s", segment->path);
    TRY(set_views(segment));
    TRY(copy_buckets(segment));
    TRY(read_classes(segment, catalog, classes));
    const struct segment_meta *meta = &segment->meta;
    TRY(segment_check(segment, segment->deaths, meta->size[SECTION_DEATHS]));
    TRY(segment_check(segment, segment->spaces, meta->size[SECTION_SPACES]));
    if (meta->size[SECTION_NAMES] == 0)
        return OK;
    str names =
        str_of((const char *)segment->map + meta->at[SECTION_NAMES], meta->size[SECTION_NAMES]);
    return names_section_open(names, meta->front_count, &segment->names);
}

enum err segment_open(const char *path, const struct catalog *catalog,
                      struct policy_classes *classes, uint64_t key_id, struct segment **ret)
{
    struct segment *segment = calloc(1, sizeof *segment);
    char *copy = strdup(path);
    if (!segment || !copy) {
        free(segment);
        free(copy);
        return err_set(ERR_MEMORY, "out of memory opening %s", path);
    }
    segment->part.refs = 1;
    segment->path = copy;
    enum err code = open_parts(segment, catalog, classes, key_id);
    if (code)
        segment_free(segment);
    else
        *ret = segment;
    return code;
}

void segment_free(struct segment *segment)
{
    if (!segment)
        return;
    names_section_close(segment->names);
    size_t pages = segment->meta.entry_count / DEAD_PAGE + 1;
    for (size_t i = 0; segment->dead_pages && i < pages; i++)
        free(segment->dead_pages[i]);
    free(segment->dead_pages);
    free(segment->block_state);
    free(segment->class_rows);
    free(segment->bucket_copy);
    if (segment->mapping)
        munmap(segment->mapping, segment->map_size);
    if (segment->is_obsolete && io_remove(segment->path))
        err_clear(); /* tried again when the directory is next opened */
    free(segment->path);
    free(segment);
}

/* ---- keys ---- */

static uint64_t bucket_of(const struct segment *segment, uint64_t hash)
{
    return hash >> (HASH_BITS - segment->meta.bucket_bits);
}

void segment_prefetch_bucket(const struct segment *segment, uint64_t hash)
{
    __builtin_prefetch(&segment->buckets[bucket_of(segment, hash)]);
}

static const unsigned char *slot_bytes(const struct segment *segment, uint32_t slot)
{
    return segment->slots + (uint64_t)slot * segment->slot_bits / 8;
}

void segment_prefetch_slots(const struct segment *segment, uint64_t hash)
{
    const struct segment_bucket *bucket = &segment->buckets[bucket_of(segment, hash)];
    uint32_t filter = segment_filter(hash);
    if ((bucket->filter & filter) != filter)
        return;
    const unsigned char *at = slot_bytes(segment, bucket->start);
    __builtin_prefetch(at);
    __builtin_prefetch(at + 64);
}

static inline uint64_t low_bits_at(const struct segment *segment, uint32_t slot)
{
    return bits_get(segment->slots, (uint64_t)slot * segment->slot_bits, segment->low_bits);
}

struct slot segment_slot(const struct segment *segment, uint32_t slot)
{
    const struct segment_meta *m = &segment->meta;
    uint64_t at = (uint64_t)slot * segment->slot_bits + segment->low_bits;
    uint64_t rest = bits_get(segment->slots, at, m->entry_bits + (unsigned)m->field_bits);
    return (struct slot){.hash = low_bits_at(segment, slot),
                         .entry = (uint32_t)(rest & (((uint64_t)1 << m->entry_bits) - 1)),
                         .field = (uint8_t)(rest >> m->entry_bits)};
}

/*
 * First slot in [low, high) whose hash is at least `low_bits`: buckets are short, but a value
 * thousands share is not.
 */
static uint32_t first_at_least(const struct segment *segment, uint32_t low, uint32_t high,
                               uint64_t low_bits)
{
    while (high - low > 16) {
        uint32_t middle = low + (high - low) / 2;
        if (low_bits_at(segment, middle) < low_bits)
            low = middle + 1;
        else
            high = middle;
    }
    while (low < high && low_bits_at(segment, low) < low_bits)
        low++;
    return low;
}

enum err segment_find(struct segment *segment, uint64_t hash, uint32_t *ret_from, uint32_t *ret_to)
{
    const struct segment_bucket *bucket = segment->buckets + bucket_of(segment, hash);
    uint32_t filter = segment_filter(hash);
    *ret_from = *ret_to = 0;
    if ((bucket->filter & filter) != filter)
        return OK;
    uint32_t from = bucket[0].start;
    uint32_t to = bucket[1].start;
    if (from >= to)
        return OK;
    if (to > segment->meta.key_count)
        return damaged(segment, "a bucket ends after the last key");
    TRY(segment_check(segment, slot_bytes(segment, from),
                      (size_t)(slot_bytes(segment, to) - slot_bytes(segment, from)) + 8));
    uint64_t low_bits =
        hash >> (HASH_BITS - segment->meta.hash_bits) & (((uint64_t)1 << segment->low_bits) - 1);
    from = first_at_least(segment, from, to, low_bits);
    uint32_t end = from;
    while (end < to && low_bits_at(segment, end) == low_bits)
        end++;
    *ret_from = from;
    *ret_to = end;
    return OK;
}

/* ---- records and deaths ---- */

static enum err row_number(struct segment *segment, uint32_t entry, uint64_t *ret)
{
    if (entry >= segment->meta.entry_count)
        return damaged(segment, "an entry number is too high");
    TRY(column_check(segment, &segment->numbers, entry));
    *ret = column_get(&segment->numbers, entry);
    return OK;
}

static enum err row_at(struct segment *segment, bool is_listed, uint32_t row, uint32_t *ret_entry)
{
    *ret_entry = row;
    if (!is_listed)
        return OK;
    TRY(column_check(segment, &segment->by_number, row));
    *ret_entry = (uint32_t)column_get(&segment->by_number, row);
    return OK;
}

struct rows { /* [low, high): entries themselves, or places of the list by_number */
    uint32_t low, high;
    bool is_listed;
};

static enum err row_at_number(struct segment *segment, const struct rows *rows, uint32_t row,
                              uint32_t *ret_entry, uint64_t *ret_number)
{
    TRY(row_at(segment, rows->is_listed, row, ret_entry));
    return row_number(segment, *ret_entry, ret_number);
}

static enum err find_rows(struct segment *segment, uint64_t number, struct rows rows,
                          uint32_t *ret_entries, size_t *count)
{
    uint32_t end = rows.high;
    uint32_t entry = 0;
    uint64_t held = 0;
    while (rows.low < rows.high) {
        uint32_t middle = rows.low + (rows.high - rows.low) / 2;
        TRY(row_at_number(segment, &rows, middle, &entry, &held));
        if (held < number)
            rows.low = middle + 1;
        else
            rows.high = middle;
    }
    for (; rows.low < end && *count < ENTRY_DATES_MAX; rows.low++) {
        TRY(row_at_number(segment, &rows, rows.low, &entry, &held));
        if (held != number)
            break;
        ret_entries[(*count)++] = entry;
    }
    return OK;
}

enum err segment_by_number(struct segment *segment, uint64_t number, uint32_t *ret_entries,
                           size_t *ret_count)
{
    const struct segment_meta *meta = &segment->meta;
    const struct rows front = {0, meta->front_count, true};
    const struct rows rest = {meta->front_count, meta->entry_count, false};
    *ret_count = 0;
    TRY(find_rows(segment, number, front, ret_entries, ret_count));
    return find_rows(segment, number, rest, ret_entries, ret_count);
}

enum err segment_kill(struct segment *segment, uint32_t entry, uint64_t seq)
{
    ensure(entry < segment->meta.entry_count && seq > segment->meta.last_seq);
    _Atomic(_Atomic uint32_t *) *place = &segment->dead_pages[entry / DEAD_PAGE];
    _Atomic uint32_t *page = atomic_load_explicit(place, memory_order_relaxed);
    if (!page) {
        page = calloc(DEAD_PAGE, sizeof *page);
        if (!page)
            return err_set(ERR_MEMORY, "out of memory for ended index entries");
        atomic_store_explicit(place, page, memory_order_release);
    }
    if (atomic_load_explicit(&page[entry % DEAD_PAGE], memory_order_relaxed))
        return OK;
    uint64_t after = seq - segment->meta.last_seq;
    atomic_store_explicit(&page[entry % DEAD_PAGE],
                          after > UINT32_MAX ? UINT32_MAX : (uint32_t)after, memory_order_release);
    atomic_fetch_add_explicit(&segment->dead_count, 1, memory_order_relaxed);
    return OK;
}

uint64_t segment_died(const struct segment *segment, uint32_t entry)
{
    const _Atomic uint32_t *page =
        atomic_load_explicit(&segment->dead_pages[entry / DEAD_PAGE], memory_order_acquire);
    uint32_t after =
        page ? atomic_load_explicit(&page[entry % DEAD_PAGE], memory_order_acquire) : 0;
    return after ? segment->meta.last_seq + after : 0;
}
