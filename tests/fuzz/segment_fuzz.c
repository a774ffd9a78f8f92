/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment file that somebody altered and whose sums agree all the same. The input is a list of changes (offset u32, byte)
 * to a good file made at the start; the sums are worked out anew, so that what is read is the content and not the
 * checks before it. Then it is opened, asked by keys, ranges and numbers, and merged.
 */
#include "../unit/index_fixture.h"

enum { EDIT = 5, TAIL = 16, QUESTIONS = 40 };

static struct index world;
static char good_path[400];
static char *good;
static size_t good_len;

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void make_world(void)
{
    must(fixture_setup(NULL) == 0);
    struct index *index = index_of_feed(DELTA_ENTRY_MAX);
    for (unsigned i = 1; i <= 60; i++) {
        char body[500];
        snprintf(
            body, sizeof body,
            "{\"envelope\":{\"owner\":\"UTO\",\"ref\":\"r-%u\",\"purposes\":[\"search\"],"
            "\"review_on\":\"2027-01-01\"},\"fields\":{\"number\":[\"F%06u\",\"G%05u0 - G%05u9\"],"
            "\"tag\":\"TAG%05u\"%s}}",
            i, i % 20, i, i + 3, i, i % 2 ? ",\"born\":[\"1970-05-06\",\"1971-05-06\"]" : "");
        feed_add(CHANGE_PUT, STATE_ACTIVE, i, 1, body);
    }
    index_follow(index, 1, feed.seq);
    must(index_merge(index) == OK);
    memcpy(world.key, index->key, sizeof world.key);
    world.key_id = index->key_id;
    world.catalog = catalog;
    snprintf(good_path, sizeof good_path, "%s/fuzzed.seg", home);
    for (size_t i = 0; i < index->set->count; i++)
        if (!index->set->parts[i]->is_delta)
            must(io_read_file(((struct segment *)index->set->parts[i])->path, 1 << 24, &good,
                              &good_len) == OK);
    index_close(index);
    pthread_cond_init(&world.work, NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    make_world();
    return 0;
}

/* Sums of blocks and footer over the altered bytes. */
static void make_sums(char *bytes, size_t len)
{
    uint32_t footer_size;
    memcpy(&footer_size, bytes + len - TAIL, sizeof footer_size);
    if (footer_size > len - TAIL)
        return;
    size_t body = len - TAIL - footer_size, blocks = (body + BLOCK_SIZE - 1) / BLOCK_SIZE;
    for (size_t i = 0; i < blocks && (i + 1) * 8 <= footer_size; i++) {
        size_t left = body - i * BLOCK_SIZE;
        uint64_t sum =
            segment_block_sum(bytes + i * BLOCK_SIZE, left < BLOCK_SIZE ? left : BLOCK_SIZE, i);
        memcpy(bytes + body + i * 8, &sum, sizeof sum);
    }
    uint64_t sum = hash64(str_of(bytes + body, footer_size), 1);
    memcpy(bytes + len - 8, &sum, sizeof sum);
}

static bool nothing_stays(const void *context, uint64_t part)
{
    (void)context, (void)part;
    return false;
}

static void ask(struct segment *segment)
{
    struct index_set set = {.refs = 1, .count = 1, .parts = {&segment->part}};
    struct index_snapshot snapshot = {&world, &set, UINT64_MAX};
    for (unsigned i = 0; i < QUESTIONS; i++) {
        char text[16];
        uint64_t found[8], number = 0;
        uint32_t entries[ENTRY_DATES_MAX];
        size_t count = 0;
        snprintf(text, sizeof text, "F%06u", i);
        (void)numbers_of(&snapshot, KEY_EXACT, text, found);
        snprintf(text, sizeof text, "G%05u5", i);
        (void)numbers_of(&snapshot, KEY_RANGE, text, found);
        snprintf(text, sizeof text, "r-%u", i);
        if (index_find_ref(&snapshot, S("paper"), S("UTO"), str_c(text), &number) ||
            segment_by_number(segment, i, entries, &count))
            err_clear();
    }
    (void)index_space_count(&snapshot, S("document-number"));
}

static void merge(struct segment *segment)
{
    uint32_t entries = 0;
    char path[420];
    snprintf(path, sizeof path, "%s.merged", good_path);
    struct segment_plan plan = {.parts = {&segment->part},
                                .part_count = 1,
                                .id = 99,
                                .seq = UINT64_MAX,
                                .key_id = world.key_id,
                                .catalog = catalog,
                                .is_staying = nothing_stays};
    if (segment_write(&plan, path, &entries))
        err_clear();
    segment_plan_release(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment *segment = NULL;
    char *bytes = malloc(good_len);
    must(bytes != NULL);
    memcpy(bytes, good, good_len);
    for (size_t at = 0; at + EDIT <= size; at += EDIT) {
        uint32_t offset;
        memcpy(&offset, data + at, sizeof offset);
        bytes[offset % good_len] = (char)data[at + 4];
    }
    make_sums(bytes, good_len);
    FILE *file = fopen(good_path, "w");
    must(file && fwrite(bytes, 1, good_len, file) == good_len);
    fclose(file);
    free(bytes);
    if (segment_open(good_path, catalog, NULL, world.key_id, &segment)) {
        err_clear();
        return 0;
    }
    ask(segment);
    merge(segment);
    part_unref(&segment->part);
    return 0;
}
