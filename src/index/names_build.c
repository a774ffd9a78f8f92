/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_build: collects words and entries, then lays a section out (names_internal.h draws
 * it).
 *
 * Words are told apart by script and native form in an open table of ids. Entries come in any
 * order as (entry, packed word) pairs, 8 bytes each, and are put in order by counting at the end:
 * a million persons take under a second, ten million some ten, and 300 MB while building.
 */
#include <stdlib.h>

#include "index/names_internal.h"

struct pair {
    uint32_t entry, packed;
};
struct names_builder {
    uint8_t *words; /* encoded, one after the other */
    size_t words_len, words_size;
    uint32_t *word_at; /* by id */
    uint32_t word_count, word_size;
    uint32_t *table; /* id + 1 by hash; power of two */
    uint32_t table_size;
    struct pair *pairs;
    size_t pair_count, pair_size;
    const struct names_section *copied; /* ids of the section copied from, as ours + 1 */
    uint32_t *copied_ids;
};

enum err names_builder_new(struct names_builder **ret)
{
    struct names_builder *builder = calloc(1, sizeof *builder);
    if (!builder)
        return err_set(ERR_MEMORY, "out of memory for a names section");
    *ret = builder;
    return OK;
}

void names_builder_free(struct names_builder *builder)
{
    if (!builder)
        return;
    free(builder->words);
    free(builder->word_at);
    free(builder->table);
    free(builder->pairs);
    free(builder->copied_ids);
    free(builder);
}

/* Room for `more` elements; growth by half again. */
static enum err grow(void **array, size_t *size, size_t count, size_t more, size_t element)
{
    if (count + more <= *size)
        return OK;
    size_t wanted = *size + *size / 2 + more + 64;
    void *grown = realloc(*array, wanted * element);
    if (!grown)
        return err_set(ERR_MEMORY, "out of memory for %zu items of a names section", wanted);
    *array = grown;
    *size = wanted;
    return OK;
}

static enum err pair_add(struct names_builder *builder, uint32_t entry, uint32_t packed)
{
    TRY(grow((void **)&builder->pairs, &builder->pair_size, builder->pair_count, 1,
             sizeof *builder->pairs));
    builder->pairs[builder->pair_count++] = (struct pair){entry, packed};
    return OK;
}

/* ---- the table of words ---- */

static uint32_t bytes_key(const uint8_t *bytes)
{
    return names_exact_key(bytes[0], str_of((const char *)bytes + 3, bytes[2]));
}

static bool is_same_word(const uint8_t *a, const uint8_t *b)
{
    return a[0] == b[0] && a[2] == b[2] && memcmp(a + 3, b + 3, a[2]) == 0;
}

static enum err table_grow(struct names_builder *builder)
{
    uint32_t size = builder->table_size ? builder->table_size * 2 : 1024;
    uint32_t *table = calloc(size, sizeof *table);
    if (!table)
        return err_set(ERR_MEMORY, "out of memory for a table of %u name words", size);
    for (uint32_t id = 0; id < builder->word_count; id++) {
        uint32_t at = bytes_key(builder->words + builder->word_at[id]) & (size - 1);
        while (table[at])
            at = (at + 1) & (size - 1);
        table[at] = id + 1;
    }
    free(builder->table);
    builder->table = table;
    builder->table_size = size;
    return OK;
}

static enum err word_append(struct names_builder *builder, const uint8_t *bytes, size_t size)
{
    if (builder->word_count >= PACKED_ID_MASK || builder->words_len + size > UINT32_MAX)
        return err_set(ERR_LIMIT, "more than %u different name words", builder->word_count);
    TRY(grow((void **)&builder->words, &builder->words_size, builder->words_len, size, 1));
    size_t at_size = builder->word_size;
    TRY(grow((void **)&builder->word_at, &at_size, builder->word_count, 1,
             sizeof *builder->word_at));
    builder->word_size = (uint32_t)at_size;
    memcpy(builder->words + builder->words_len, bytes, size);
    builder->word_at[builder->word_count++] = (uint32_t)builder->words_len;
    builder->words_len += size;
    return OK;
}

static enum err word_intern(struct names_builder *builder, const uint8_t *bytes, uint32_t *ret_id)
{
    if (builder->word_count * 2 >= builder->table_size)
        TRY(table_grow(builder));
    uint32_t mask = builder->table_size - 1, at = bytes_key(bytes) & mask;
    for (; builder->table[at]; at = (at + 1) & mask) {
        uint32_t id = builder->table[at] - 1;
        if (is_same_word(builder->words + builder->word_at[id], bytes)) {
            *ret_id = id;
            return OK;
        }
    }
    TRY(word_append(builder, bytes, names_encoded_size(bytes)));
    builder->table[at] = builder->word_count;
    *ret_id = builder->word_count - 1;
    return OK;
}

enum err names_builder_add(struct names_builder *builder, uint32_t entry, const struct value *value)
{
    const struct name *name = value->detail;
    for (size_t i = 0; name && i < name->count; i++) {
        uint8_t bytes[ENCODED_MAX];
        uint32_t id;
        names_encode(&name->tokens[i], bytes);
        TRY(word_intern(builder, bytes, &id));
        TRY(pair_add(builder, entry, packed_word(id, name->tokens[i].role, i == 0)));
    }
    return OK;
}

enum err names_builder_word(struct names_builder *builder, const struct name_token *token)
{
    uint8_t bytes[ENCODED_MAX];
    uint32_t id;
    names_encode(token, bytes);
    return word_intern(builder, bytes, &id);
}

static enum err copied_id(struct names_builder *builder, const struct names_section *from,
                          uint32_t id, uint32_t *ret_id)
{
    if (builder->copied != from) {
        free(builder->copied_ids);
        builder->copied = NULL;
        builder->copied_ids =
            calloc((size_t)section_word_count(from) + 1, sizeof *builder->copied_ids);
        if (!builder->copied_ids)
            return err_set(ERR_MEMORY, "out of memory for %u name words", section_word_count(from));
        builder->copied = from;
    }
    if (id >= section_word_count(from))
        return err_set(ERR_DAMAGED, "a segment's entry has name word %u of %u", id,
                       section_word_count(from));
    if (builder->copied_ids[id] == 0) {
        struct word word;
        if (!section_word(from, id, &word))
            return err_set(ERR_DAMAGED, "name word %u of a segment is not readable", id);
        TRY(word_intern(builder, section_bytes(from, id), ret_id));
        builder->copied_ids[id] = *ret_id + 1;
    }
    *ret_id = builder->copied_ids[id] - 1;
    return OK;
}

enum err names_builder_copy(struct names_builder *builder, uint32_t entry,
                            const struct names_section *from, uint32_t from_entry)
{
    const uint32_t *packed;
    size_t count = section_entry(from, from_entry, &packed);
    for (size_t i = 0; i < count; i++) {
        uint32_t id = 0;
        TRY(copied_id(builder, from, packed[i] & PACKED_ID_MASK, &id));
        TRY(pair_add(builder, entry, (packed[i] & ~(uint32_t)PACKED_ID_MASK) | id));
    }
    return OK;
}

enum err names_builder_copy_live(struct names_builder *builder, uint32_t entry,
                                 const struct names_live *from, uint32_t from_entry)
{
    uint32_t packed[ENTRY_WORD_MAX];
    size_t count = live_entry(from, from_entry, packed);
    for (size_t i = 0; i < count; i++) {
        uint32_t id;
        TRY(word_intern(builder, live_bytes(from, packed[i] & PACKED_ID_MASK), &id));
        TRY(pair_add(builder, entry, (packed[i] & ~(uint32_t)PACKED_ID_MASK) | id));
    }
    return OK;
}

/* ---- laying out ---- */

struct layout {
    struct names_builder *builder;
    struct buf *out;
    size_t start;
    struct names_header header;
    uint32_t *entry_at, *packed, *post_at, *posts;
};

static void array_put(struct layout *layout, struct names_array *array, const void *items,
                      size_t count, size_t element)
{
    while ((layout->out->len - layout->start) % 8 && !layout->out->failed)
        buf_add_u8(layout->out, 0);
    array->at = layout->out->len - layout->start;
    array->count = count;
    buf_add(layout->out, str_of(items, count * element));
}

/* Counts in at[i + 1] become starts in at[i]. */
static void counts_to_starts(uint32_t *at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        at[i + 1] += at[i];
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
        layout->packed[next[builder->pairs[i].entry]++] = builder->pairs[i].packed;
    return OK;
}

static enum err make_postings(struct layout *layout, uint32_t entry_count)
{
    uint32_t word_count = layout->builder->word_count;
    layout->post_at = calloc((size_t)word_count + 2, sizeof *layout->post_at);
    layout->posts = calloc(layout->builder->pair_count + 1, sizeof *layout->posts);
    uint32_t *last =
        calloc((size_t)word_count + 1, sizeof *last); /* entry + 1 that bore the word last */
    uint32_t *next = calloc((size_t)word_count + 1, sizeof *next);
    bool is_short = !layout->post_at || !layout->posts || !last || !next;
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
                if (pass == 0)
                    layout->post_at[id + 1]++;
                else
                    layout->posts[next[id]++] = entry;
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
        for (uint32_t id = 0; id < builder->word_count && !is_short; id++) {
            struct word word;
            uint32_t keys[KEY_MAX];
            ensure(names_decode(builder->words + builder->word_at[id], ENCODED_MAX, &word));
            size_t key_count = names_keys(&word, directory, keys);
            for (size_t k = 0; k < key_count; k++) {
                uint32_t bucket = names_bucket(keys[k], bits);
                if (pass == 0)
                    at[bucket + 1]++;
                else
                    ids[next[bucket]++] = id;
            }
        }
    }
    if (!is_short) {
        array_put(layout, &layout->header.bucket_at[directory], at, bucket_count + 1, sizeof *at);
        array_put(layout, &layout->header.ids[directory], ids, at[bucket_count], sizeof *ids);
    }
    free(at);
    free(next);
    free(ids);
    return is_short ? err_set(ERR_MEMORY, "out of memory for a directory of name words") : OK;
}

static enum err layout_make(struct layout *layout, uint32_t entry_count)
{
    struct names_builder *builder = layout->builder;
    struct names_header *header = &layout->header;
    /* Decoding looks at up to ENCODED_MAX bytes from a word's start: room behind the last one. */
    TRY(grow((void **)&builder->words, &builder->words_size, builder->words_len, ENCODED_MAX, 1));
    memset(builder->words + builder->words_len, 0, ENCODED_MAX);
    size_t at_size = builder->word_size;
    TRY(grow((void **)&builder->word_at, &at_size, builder->word_count, 1,
             sizeof *builder->word_at));
    builder->word_size = (uint32_t)at_size;
    builder->word_at[builder->word_count] = (uint32_t)builder->words_len;
    array_put(layout, &header->word_at, builder->word_at, (size_t)builder->word_count + 1, 4);
    array_put(layout, &header->words, builder->words, builder->words_len, 1);
    TRY(order_by_entry(layout, entry_count));
    TRY(make_postings(layout, entry_count));
    array_put(layout, &header->post_at, layout->post_at, (size_t)builder->word_count + 1, 4);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the layout owns it */
    array_put(layout, &header->posts, layout->posts, layout->post_at[builder->word_count], 4);
    array_put(layout, &header->entry_at, layout->entry_at, (size_t)entry_count + 1, 4);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the layout owns it */
    array_put(layout, &header->packed, layout->packed, builder->pair_count, 4);
    for (enum names_directory d = NAMES_EXACT; d < NAMES_DIRECTORY_COUNT; d++)
        TRY(make_directory(layout, d));
    return OK;
}

enum err names_builder_finish(struct names_builder *builder, uint32_t entry_count, struct buf *out)
{
    struct layout layout = {.builder = builder, .out = out, .start = out->len};
    buf_add(out, str_of((const char *)&layout.header, sizeof layout.header));
    enum err err = layout_make(&layout, entry_count);
    free(layout.entry_at);
    free(layout.packed);
    free(layout.post_at);
    free(layout.posts);
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
