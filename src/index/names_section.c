/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_section: an opened section: views into mapped bytes. Opening checks the header and
 * that every array lies inside; starts and ids inside the arrays are checked where they are used,
 * so that a damaged file gives fewer candidates or ERR_DAMAGED, never a read outside.
 */
#include <stdlib.h>

#include "index/names_internal.h"

struct view32 {
    const uint32_t *items;
    size_t count;
};
struct names_section {
    const uint8_t *words;
    size_t words_len;
    struct view32 word_at, post_at, posts, entry_at, packed;
    struct view32 bucket_at[NAMES_DIRECTORY_COUNT], ids[NAMES_DIRECTORY_COUNT];
    unsigned bits[NAMES_DIRECTORY_COUNT];
};

static bool view_open(str bytes, const struct names_array *array, struct view32 *ret)
{
    if (array->at % 8 || array->at > bytes.len || array->count > (bytes.len - array->at) / 4)
        return false;
    ret->items = (const void *)(bytes.ptr + array->at);
    ret->count = array->count;
    return true;
}

static bool directory_open(str bytes, const struct names_header *header,
                           enum names_directory directory, struct names_section *section)
{
    struct view32 *bucket_at = &section->bucket_at[directory];
    if (!view_open(bytes, &header->bucket_at[directory], bucket_at) ||
        !view_open(bytes, &header->ids[directory], &section->ids[directory]))
        return false;
    size_t buckets = bucket_at->count ? bucket_at->count - 1 : 0;
    if (buckets < 2 || (buckets & (buckets - 1)) || buckets > 1u << 28)
        return false;
    section->bits[directory] = (unsigned)__builtin_ctzll(buckets);
    return true;
}

static bool section_views(str bytes, const struct names_header *header,
                          struct names_section *section)
{
    const struct names_array *words = &header->words;
    if (words->at > bytes.len || words->count > bytes.len - words->at)
        return false;
    section->words = (const uint8_t *)bytes.ptr + words->at;
    section->words_len = words->count;
    bool is_good = view_open(bytes, &header->word_at, &section->word_at) &&
                   view_open(bytes, &header->post_at, &section->post_at) &&
                   view_open(bytes, &header->posts, &section->posts) &&
                   view_open(bytes, &header->entry_at, &section->entry_at) &&
                   view_open(bytes, &header->packed, &section->packed);
    for (enum names_directory d = NAMES_EXACT; d < NAMES_DIRECTORY_COUNT && is_good; d++)
        is_good = directory_open(bytes, header, d, section);
    return is_good && section->word_at.count > 0 &&
           section->post_at.count == section->word_at.count &&
           section->entry_at.count == (size_t)header->entry_count + 1;
}

enum err names_section_open(str bytes, uint32_t entry_count, struct names_section **ret)
{
    struct names_header header;
    if (bytes.len < sizeof header)
        return err_set(ERR_DAMAGED, "names section of %zu bytes is too short", bytes.len);
    memcpy(&header, bytes.ptr, sizeof header);
    if (header.magic != NAMES_MAGIC || header.size != bytes.len ||
        header.entry_count != entry_count)
        return err_set(ERR_DAMAGED, "names section's header does not fit its %zu bytes", bytes.len);
    if (header.tables_version != NAME_TABLES_VERSION)
        return err_set(ERR_VERSION,
                       "names section was made with name tables %u, this program has %d",
                       header.tables_version, NAME_TABLES_VERSION);
    struct names_section *section = calloc(1, sizeof *section);
    if (!section)
        return err_set(ERR_MEMORY, "out of memory for a names section");
    if (!section_views(bytes, &header, section)) {
        free(section);
        return err_set(ERR_DAMAGED, "names section's arrays do not lie inside its %zu bytes",
                       bytes.len);
    }
    *ret = section;
    return OK;
}

void names_section_close(struct names_section *section)
{
    free(section);
}

/* Elements at[i] .. at[i + 1] of items. */
static size_t run_of(const struct view32 *at, const struct view32 *items, size_t i,
                     const uint32_t **ret)
{
    if (i + 1 >= at->count)
        return 0;
    uint32_t from = at->items[i], to = at->items[i + 1];
    if (from > to || to > items->count)
        return 0;
    *ret = items->items + from;
    return to - from;
}

uint32_t section_word_count(const struct names_section *section)
{
    return (uint32_t)section->word_at.count - 1;
}

bool section_word(const struct names_section *section, uint32_t id, struct word *ret)
{
    if (id >= section_word_count(section))
        return false;
    uint32_t from = section->word_at.items[id], to = section->word_at.items[id + 1];
    return from < to && to <= section->words_len &&
           names_decode(section->words + from, to - from, ret);
}

const uint8_t *section_bytes(const struct names_section *section, uint32_t id)
{
    return section->words + section->word_at.items[id];
}

uint32_t section_frequency(const struct names_section *section, uint32_t id)
{
    const uint32_t *posts;
    return (uint32_t)run_of(&section->post_at, &section->posts, id, &posts);
}

size_t section_probe(const struct names_section *section, enum names_directory directory,
                     uint32_t key, uint32_t *ret, size_t max)
{
    const uint32_t *ids = NULL;
    size_t count = run_of(&section->bucket_at[directory], &section->ids[directory],
                          names_bucket(key, section->bits[directory]), &ids);
    if (count > max)
        count = max;
    if (count > 0)
        memcpy(ret, ids, count * sizeof *ids);
    return count;
}

size_t section_postings(const struct names_section *section, uint32_t id, const uint32_t **ret)
{
    return run_of(&section->post_at, &section->posts, id, ret);
}

size_t section_entry(const struct names_section *section, uint32_t entry, const uint32_t **ret)
{
    size_t count = run_of(&section->entry_at, &section->packed, entry, ret);
    return count < ENTRY_WORD_MAX ? count : ENTRY_WORD_MAX;
}

void section_prefetch_word(const struct names_section *section, uint32_t id, bool is_near)
{
    if (id >= section_word_count(section))
        return;
    if (!is_near)
        __builtin_prefetch(&section->word_at.items[id]);
    else if (section->word_at.items[id] < section->words_len)
        __builtin_prefetch(section->words + section->word_at.items[id]);
}

void section_prefetch_entry(const struct names_section *section, uint32_t entry, bool is_near)
{
    if (entry + 1 >= section->entry_at.count)
        return;
    if (!is_near)
        __builtin_prefetch(&section->entry_at.items[entry]);
    else if (section->entry_at.items[entry] < section->packed.count)
        __builtin_prefetch(&section->packed.items[section->entry_at.items[entry]]);
}

void section_prefetch_bucket(const struct names_section *section, enum names_directory directory,
                             uint32_t key, bool is_near)
{
    const struct view32 *at = &section->bucket_at[directory], *ids = &section->ids[directory];
    uint32_t bucket = names_bucket(key, section->bits[directory]);
    if (!is_near)
        __builtin_prefetch(&at->items[bucket]);
    else if (at->items[bucket] < ids->count)
        __builtin_prefetch(&ids->items[at->items[bucket]]);
}
