/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment with any bytes changed, body and figures alike, and all sums made right again - as no
 * accident would: it is refused, or every read of it stays within it and says "damaged" or an entry
 * it has. The input is changes, four bytes each: where (three), what.
 */
#include <stdint.h>

#include "../unit/index_fixture.h"

enum { TAIL = 16, RECORDS = 300 };

static char *whole;
static size_t whole_size, body_size;
static uint64_t key_id;
static char changed_path[200];

static void make_segment(struct index *index)
{
    for (unsigned i = 1; i <= RECORDS; i++) {
        char body[600];
        snprintf(body, sizeof body,
                 "{\"envelope\":{\"owner\":\"UTO\",\"ref\":\"r-%u\",\"purposes\":[\"search\"],"
                 "\"review_on\":\"2027-01-01\"},\"fields\":{\"number\":[\"B%06u\",\"E%06u0 - "
                 "E%06u9\"]%s}}",
                 i, i * 7, i, i,
                 i % 3 ? "" : ",\"called\":[\"Ana Petrov\"],\"born\":[\"1970-05-06\"]");
        feed_add(CHANGE_PUT, STATE_ACTIVE, i, 1, body);
    }
    index_follow(index, 1, feed.seq);
    ensure(index_merge(index) == OK);
    key_id = index->key_id;
}

static void clear_up(void)
{
    (void)fixture_teardown(NULL);
    free(whole);
}

static void setup(void)
{
    char path[400] = "";
    ensure(fixture_setup(NULL) == 0 && atexit(clear_up) == 0);
    wipe_directory();
    struct index *index = index_of_feed(DELTA_ENTRY_MAX);
    make_segment(index);
    struct index_snapshot *snapshot = index_snapshot_open(index);
    uint64_t found[8];
    ensure(numbers_of(snapshot, KEY_EXACT, "B000007", found) == 1);
    index_snapshot_close(snapshot);
    index_close(index);
    DIR *listing = opendir(directory);
    for (struct dirent *entry; (entry = readdir(listing));)
        if (str_ends(str_c(entry->d_name), S(".seg")))
            snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
    closedir(listing);
    ensure(io_read_file(path, 1 << 24, &whole, &whole_size) == OK);
    uint32_t footer;
    memcpy(&footer, whole + whole_size - TAIL, sizeof footer);
    body_size = whole_size - TAIL - footer;
    snprintf(changed_path, sizeof changed_path, "%s/changed", home);
}

static void make_sums_right(char *bytes)
{
    char *footer = bytes + body_size, *tail = bytes + whole_size - TAIL;
    for (size_t at = 0, block = 0; at < body_size; at += BLOCK_SIZE, block++) {
        size_t len = body_size - at < BLOCK_SIZE ? body_size - at : BLOCK_SIZE;
        uint64_t sum = segment_block_sum(bytes + at, len, block);
        memcpy(footer + block * sizeof sum, &sum, sizeof sum);
    }
    uint32_t format;
    memcpy(&format, tail + 4, sizeof format);
    uint64_t sum = hash64(str_of(footer, (size_t)(tail - footer)), format);
    memcpy(tail + 8, &sum, sizeof sum);
}

static enum err visit_range(void *context, uint32_t entry, uint8_t field)
{
    (void)context, (void)entry, (void)field;
    return OK;
}

static void read_entry(struct segment *segment, uint32_t entry)
{
    const struct column *const columns[] = {&segment->numbers, &segment->classes, &segment->born};
    for (size_t i = 0; entry < segment->meta.entry_count && i < COUNT_OF(columns); i++)
        if (column_check(segment, columns[i], entry) == OK)
            (void)column_get(columns[i], entry);
}

static void read_all(struct segment *segment)
{
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t hash = hash_mix(i, 5) >> (64 - HASH_BITS);
        uint32_t from, to;
        segment_prefetch_bucket(segment, hash);
        if (segment_find(segment, hash, &from, &to) == OK)
            for (; from < to; from++)
                read_entry(segment, segment_slot(segment, from).entry);
        uint32_t entries[ENTRY_DATES_MAX];
        size_t count;
        if (i < RECORDS && segment_by_number(segment, i, entries, &count) == OK && count)
            read_entry(segment, entries[0]);
        read_entry(segment, (uint32_t)i);
    }
    uint64_t space = segment->meta.range_count &&
                             segment_check(segment, segment->ranges, sizeof *segment->ranges) == OK
                         ? segment->ranges[0].space
                         : 0;
    if (segment_ranges(segment, space, S("E0000100"), S("E0000500"), visit_range, NULL))
        err_clear();
    while (segment_scrub(segment, 8))
        continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment *segment = NULL;
    if (!whole)
        setup();
    char *bytes = malloc(whole_size);
    ensure(bytes);
    memcpy(bytes, whole, whole_size);
    bool is_changed = size >= 4;
    for (; size >= 4; data += 4, size -= 4) {
        size_t at = (size_t)(data[0] | data[1] << 8 | data[2] << 16) % (whole_size - TAIL);
        bytes[at] = (char)data[3];
    }
    make_sums_right(bytes);
    ensure(io_replace(changed_path, str_of(bytes, whole_size)) == OK);
    enum err code = segment_open(changed_path, catalog, NULL, key_id, &segment);
    ensure(is_changed || code == OK);
    ensure(code == OK || code == ERR_DAMAGED || code == ERR_VERSION || code == ERR_MEMORY);
    if (!code)
        read_all(segment);
    segment_free(segment);
    err_clear();
    free(bytes);
    return 0;
}
