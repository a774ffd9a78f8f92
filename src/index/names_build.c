/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_build: collects words and entries; names_layout.c makes a section of them.
 *
 * Words are told apart by script and native form in an open table of ids. Entries come in any
 * order as (entry, packed word) pairs, 8 bytes each, and are put in order by counting at the end:
 * a million persons take under a second, ten million some ten, and 300 MB while building.
 */
#include "index/names_build.h"

#include <stdlib.h>

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
        uint8_t bytes[ENCODED_MAX];
        names_encode_word(&word, bytes);
        TRY(word_intern(builder, bytes, ret_id));
        builder->copied_ids[id] = *ret_id + 1;
    }
    *ret_id = builder->copied_ids[id] - 1;
    return OK;
}

enum err names_builder_copy(struct names_builder *builder, uint32_t entry,
                            const struct names_section *from, uint32_t from_entry)
{
    uint32_t packed[ENTRY_WORD_MAX];
    size_t count = section_entry(from, from_entry, packed);
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
