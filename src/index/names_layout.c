/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_layout: lays out a section of what a builder has collected (names_internal.h draws
 * it). Words are put in order of their skeletons, entries in their own by counting: a million
 * persons take under a second, ten million some ten, and 300 MB while building.
 */
#include <stdlib.h>

#include "index/names_build.h"

struct layout {
    struct names_builder *builder;
    struct buf *out;
    size_t start;
    struct names_header header;
    uint32_t *ids;   /* of the section, by the builder's */
    uint32_t *order; /* the builder's ids as they are laid out */
    uint32_t form_count;
    struct near_form *forms;
    uint32_t *word_at;
    struct buf words;
    uint32_t *entry_at, *packed, *post_at, *posts;
    uint8_t *signs;
};

static void array_begin(struct layout *layout, struct names_array *array, size_t count,
                        unsigned width)
{
    while ((layout->out->len - layout->start) % 8 && !layout->out->failed)
        buf_add_u8(layout->out, 0);
    *array = (struct names_array){layout->out->len - layout->start, count, width};
}

static void array_end(struct layout *layout)
{
    for (size_t i = 0; i < PACKED_ROOM; i++)
        buf_add_u8(layout->out, 0);
}

static void bytes_put(struct layout *layout, struct names_array *array, const void *bytes,
                      size_t size)
{
    array_begin(layout, array, size, 8);
    if (size > 0)
        buf_add(layout->out, str_of(bytes, size));
    array_end(layout);
}

static void array_put(struct layout *layout, struct names_array *array, const uint32_t *items,
                      size_t count)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = items[i] > largest ? items[i] : largest;
    array_begin(layout, array, count, packed_width(largest));
    packed_put(layout->out, items, count, packed_width(largest));
    array_end(layout);
}

/* Counts in at[i + 1] become starts in at[i]. */
static void counts_to_starts(uint32_t *at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        at[i + 1] += at[i];
}

static uint32_t packed_moved(const struct layout *layout, struct pair pair)
{
    return (pair.packed & ~(uint32_t)PACKED_ID_MASK) | layout->ids[pair.packed & PACKED_ID_MASK];
}

/* Packed words by entry, in the order they were added. */
static enum err order_by_entry(struct layout *layout, uint32_t entry_count)
{
    const struct names_builder *builder = layout->builder;
    layout->entry_at = calloc((size_t)entry_count + 2, sizeof *layout->entry_at);
    layout->packed = calloc(builder->pair_count + 1, sizeof *layout->packed);
    if (!layout->entry_at || !layout->packed)
        return err_set(ERR_MEMORY, "out of memory for the names of %u entries", entry_count);
    uint32_t *next =
        layout->entry_at + 1; /* shifted by one: after filling, next[i] is the start of i + 1 */
    for (size_t i = 0; i < builder->pair_count; i++) {
        ensure(builder->pairs[i].entry < entry_count);
        if (builder->pairs[i].entry + 1 < entry_count)
            next[builder->pairs[i].entry + 1]++;
    }
    for (uint32_t i = 1; i < entry_count; i++)
        next[i] += next[i - 1];
    for (size_t i = 0; i < builder->pair_count; i++)
        layout->packed[next[builder->pairs[i].entry]++] = packed_moved(layout, builder->pairs[i]);
    return OK;
}

/* Where the words of an entry lie that are not `id`. */
static void signs_of(const struct layout *layout, uint32_t entry, uint32_t id, uint8_t ret[SIGNS])
{
    uint32_t others[SIGNS];
    size_t count = 0, times = 0;
    memset(ret, STRETCH_NONE, SIGNS);
    for (uint32_t i = layout->entry_at[entry]; i < layout->entry_at[entry + 1]; i++) {
        uint32_t other = layout->packed[i] & PACKED_ID_MASK;
        bool is_new = other != id;
        times += other == id;
        for (size_t k = 0; k < count; k++)
            is_new = is_new && others[k] != other;
        if (is_new && count < SIGNS) {
            ret[count] = stretch_of(other, layout->form_count);
            others[count++] = other;
        } else if (is_new || times > 1) {
            memset(ret, STRETCH_MANY, SIGNS);
            return;
        }
    }
}

static enum err make_postings(struct layout *layout, uint32_t entry_count)
{
    uint32_t word_count = layout->form_count;
    layout->post_at = calloc((size_t)word_count + 2, sizeof *layout->post_at);
    layout->posts = calloc(layout->builder->pair_count + 1, sizeof *layout->posts);
    layout->signs = calloc(layout->builder->pair_count + 1, SIGNS);
    uint32_t *last =
        calloc((size_t)word_count + 1, sizeof *last); /* entry + 1 that bore the word last */
    uint32_t *next = calloc((size_t)word_count + 1, sizeof *next);
    bool is_short = !layout->post_at || !layout->posts || !layout->signs || !last || !next;
    for (int pass = 0; pass < 2 && !is_short; pass++) {
        if (pass == 1) {
            counts_to_starts(layout->post_at, word_count);
            memcpy(next, layout->post_at, word_count * sizeof *next);
            memset(last, 0, word_count * sizeof *last);
        }
        for (uint32_t entry = 0; entry < entry_count; entry++) {
            for (uint32_t i = layout->entry_at[entry]; i < layout->entry_at[entry + 1]; i++) {
                uint32_t id = layout->packed[i] & PACKED_ID_MASK;
                if (last[id] == entry + 1)
                    continue;
                last[id] = entry + 1;
                if (pass == 0) {
                    layout->post_at[id + 1]++;
                } else {
                    signs_of(layout, entry, id, layout->signs + (size_t)next[id] * SIGNS);
                    layout->posts[next[id]++] = entry;
                }
            }
        }
    }
    free(last);
    free(next);
    return is_short
               ? err_set(ERR_MEMORY, "out of memory for the postings of %u name words", word_count)
               : OK;
}

/* Twice over all words: count the keys per bucket, then fill. */
static enum err make_directory(struct layout *layout, enum names_directory directory)
{
    const struct names_builder *builder = layout->builder;
    unsigned bits = 4;
    uint64_t wanted = (uint64_t)builder->word_count * (directory == NAMES_NEAR ? 16 : 2);
    while (bits < 28 && (1ull << bits) < wanted)
        bits++;
    size_t bucket_count = (size_t)1 << bits;
    uint32_t *at = calloc(bucket_count + 1, sizeof *at), *next = NULL, *ids = NULL;
    bool is_short = !at;
    for (int pass = 0; pass < 2 && !is_short; pass++) {
        if (pass == 1) {
            counts_to_starts(at, bucket_count);
            next = malloc(bucket_count * sizeof *next);
            ids = calloc((size_t)at[bucket_count] + 1, sizeof *ids);
            is_short = !next || !ids;
            if (!is_short)
                memcpy(next, at, bucket_count * sizeof *next);
        }
        for (uint32_t i = 0; i < builder->word_count && !is_short; i++) {
            struct word word;
            uint32_t keys[KEY_MAX];
            builder_word(builder, layout->order[i], &word);
            size_t key_count = names_keys(&word, directory, keys);
            for (size_t k = 0; k < key_count; k++) {
                uint32_t bucket = names_bucket(keys[k], bits);
                if (pass == 0)
                    at[bucket + 1]++;
                else
                    ids[next[bucket]++] = layout->ids[layout->order[i]];
            }
        }
    }
    if (!is_short) {
        array_put(layout, &layout->header.bucket_at[directory], at, bucket_count + 1);
        array_put(layout, &layout->header.ids[directory], ids, at[bucket_count]);
    }
    free(at);
    free(next);
    free(ids);
    return is_short ? err_set(ERR_MEMORY, "out of memory for a directory of name words") : OK;
}

/* ---- words ---- */

struct place { /* of a word: what it is ordered by */
    uint32_t skeleton, id;
};

static int place_order(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->skeleton != b->skeleton)
        return a->skeleton < b->skeleton ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static size_t forms_of(const struct word *word, struct near_form ret[NAME_READING_MAX])
{
    size_t count = word->reading_count;
    bool is_short = true;
    ret[0] = (struct near_form){0};
    for (size_t i = 0; i < word->reading_count; i++)
        is_short &= near_form_make(word->readings[i], word->sounds[i], &ret[i]);
    if (!is_short)
        count = 1;
    for (size_t i = 0; i < count; i++)
        ret[i].kind =
            (uint8_t)(word->script | (i == 0 ? FORM_FIRST : 0) | (is_short ? 0 : FORM_LONG) |
                      (i == 0 ? (count - 1) << FORM_MORE_SHIFT : 0));
    return count;
}

static enum err words_order(struct layout *layout)
{
    const struct names_builder *builder = layout->builder;
    struct place *places = calloc((size_t)builder->word_count + 1, sizeof *places);
    layout->ids = calloc((size_t)builder->word_count + 1, sizeof *layout->ids);
    layout->order = calloc((size_t)builder->word_count + 1, sizeof *layout->order);
    bool is_short = !places || !layout->ids || !layout->order;
    for (uint32_t id = 0; id < builder->word_count && !is_short; id++) {
        struct word word;
        uint32_t skeletons[SKELETON_MAX];
        builder_word(builder, id, &word);
        skeletons_of(word.readings[0], skeletons);
        places[id] = (struct place){skeletons[0], id};
    }
    if (!is_short && builder->word_count > 0)
        qsort(places, builder->word_count, sizeof *places, place_order);
    for (uint32_t i = 0; i < builder->word_count && !is_short; i++) {
        struct near_form forms[NAME_READING_MAX];
        struct word word;
        layout->order[i] = places[i].id;
        layout->ids[places[i].id] = layout->form_count;
        builder_word(builder, places[i].id, &word);
        layout->form_count += (uint32_t)forms_of(&word, forms);
    }
    free(places);
    return is_short ? err_set(ERR_MEMORY, "out of memory for %u name words", builder->word_count)
                    : OK;
}

static enum err words_lay(struct layout *layout)
{
    const struct names_builder *builder = layout->builder;
    layout->forms = calloc((size_t)layout->form_count + 1, sizeof *layout->forms);
    layout->word_at = calloc((size_t)layout->form_count + 1, sizeof *layout->word_at);
    layout->words.max = UINT32_MAX;
    if (!layout->forms || !layout->word_at)
        return err_set(ERR_MEMORY, "out of memory for %u name forms", layout->form_count);
    for (uint32_t i = 0; i < builder->word_count; i++) {
        uint32_t id = layout->ids[layout->order[i]];
        struct near_form forms[NAME_READING_MAX];
        struct word word;
        builder_word(builder, layout->order[i], &word);
        size_t count = forms_of(&word, forms);
        memcpy(&layout->forms[id], forms, count * sizeof *forms);
        if (forms[0].kind & FORM_LONG) {
            const uint8_t *bytes = builder->words + builder->word_at[layout->order[i]];
            buf_add(&layout->words, str_of((const char *)bytes, names_encoded_size(bytes)));
        } else if (!str_eq(word.native, word.readings[0])) {
            buf_add(&layout->words, word.native);
        }
        for (size_t k = 1; k <= count; k++)
            layout->word_at[id + k] = (uint32_t)layout->words.len;
    }
    if (layout->words.failed)
        return err_set(layout->words.failed, "native forms of %u name words do not fit",
                       builder->word_count);
    return OK;
}

/* ---- entries ---- */

/* Ends of a group's entries, counted in words. */
static void group_ends_put(const struct layout *layout, uint32_t first, uint32_t entry_count,
                           struct buf *out)
{
    const uint32_t *at = layout->entry_at;
    uint16_t ends[GROUP];
    uint8_t narrow[GROUP];
    for (uint32_t i = 0; i < GROUP; i++) {
        uint32_t end = first + i + 1 < entry_count ? first + i + 1 : entry_count;
        uint32_t words = at[end] - at[first];
        ends[i] = (uint16_t)(words < UINT16_MAX ? words : UINT16_MAX);
        narrow[i] = (uint8_t)words;
    }
    bool is_wide = ends[GROUP - 1] >= GROUP_WIDE;
    if (is_wide)
        narrow[0] = GROUP_WIDE;
    buf_add(out, str_of((const char *)narrow, sizeof narrow));
    if (is_wide)
        buf_add(out, str_of((const char *)ends, sizeof ends));
}

/* The names of eight entries side by side. */
static enum err groups_put(struct layout *layout, uint32_t entry_count)
{
    const uint32_t *at = layout->entry_at;
    size_t group_count = ((size_t)entry_count + GROUP - 1) / GROUP;
    unsigned id_bits = packed_width(layout->form_count), width = id_bits + WORD_MARK_BITS;
    uint32_t *group_at = calloc(group_count + 1, sizeof *group_at);
    struct buf bytes = {.max = UINT32_MAX};
    if (!group_at)
        return err_set(ERR_MEMORY, "out of memory for the names of %u entries", entry_count);
    for (uint32_t i = 0; i < layout->builder->pair_count; i++) {
        uint32_t marks = layout->packed[i] >> PACKED_ROLE_SHIFT;
        layout->packed[i] = (layout->packed[i] & PACKED_ID_MASK) | marks << id_bits;
    }
    for (size_t g = 0; g < group_count; g++) {
        uint32_t first = (uint32_t)g * GROUP;
        uint32_t end = first + GROUP < entry_count ? first + GROUP : entry_count;
        group_ends_put(layout, first, entry_count, &bytes);
        packed_put(&bytes, layout->packed + at[first], at[end] - at[first], width);
        group_at[g + 1] = (uint32_t)bytes.len;
    }
    layout->header.entry_width = width;
    array_put(layout, &layout->header.group_at, group_at, group_count + 1);
    bytes_put(layout, &layout->header.groups, bytes.ptr, bytes.len);
    enum err err =
        bytes.failed ? err_set(bytes.failed, "names of %u entries do not fit", entry_count) : OK;
    free(group_at);
    buf_release(&bytes);
    return err;
}

static enum err layout_make(struct layout *layout, uint32_t entry_count)
{
    struct names_header *header = &layout->header;
    TRY(words_order(layout));
    size_t forms = layout->form_count;
    TRY(words_lay(layout));
    bytes_put(layout, &header->forms, layout->forms, forms * sizeof *layout->forms);
    array_put(layout, &header->word_at, layout->word_at, forms + 1);
    bytes_put(layout, &header->words, layout->words.ptr, layout->words.len);
    TRY(order_by_entry(layout, entry_count));
    TRY(make_postings(layout, entry_count));
    array_put(layout, &header->post_at, layout->post_at, forms + 1);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the layout owns it */
    array_put(layout, &header->posts, layout->posts, layout->post_at[forms]);
    bytes_put(layout, &header->signs, layout->signs, (size_t)layout->post_at[forms] * SIGNS);
    TRY(groups_put(layout, entry_count));
    for (enum names_directory d = NAMES_EXACT; d < NAMES_DIRECTORY_COUNT; d++)
        TRY(make_directory(layout, d));
    return OK;
}

enum err names_builder_finish(struct names_builder *builder, uint32_t entry_count, struct buf *out)
{
    struct layout layout = {.builder = builder, .out = out, .start = out->len};
    buf_add(out, str_of((const char *)&layout.header, sizeof layout.header));
    enum err err = layout_make(&layout, entry_count);
    free(layout.ids);
    free(layout.order);
    free(layout.forms);
    free(layout.word_at);
    buf_release(&layout.words);
    free(layout.entry_at);
    free(layout.packed);
    free(layout.post_at);
    free(layout.posts);
    free(layout.signs);
    if (err)
        return err;
    if (out->failed)
        return err_set(out->failed, "names section of %u entries does not fit", entry_count);
    layout.header.magic = NAMES_MAGIC;
    layout.header.tables_version = NAME_TABLES_VERSION;
    layout.header.entry_count = entry_count;
    layout.header.size = out->len - layout.start;
    memcpy(out->ptr + layout.start, &layout.header, sizeof layout.header);
    return OK;
}
