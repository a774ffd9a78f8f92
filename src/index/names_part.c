/* SPDX-License-Identifier: Apache-2.0 */
/* index/names_part: one face for a section and a live part. */
#include "index/names_internal.h"

enum { PROBE_MAX = 64 };

bool part_word(const struct names_part *part, uint32_t id, struct word *ret)
{
    return part->section ? section_word(part->section, id, ret) : live_word(part->live, id, ret);
}

size_t part_forms(const struct names_part *part, uint32_t id,
                  struct near_form buffer[NAME_READING_MAX], const struct near_form **ret)
{
    struct word word;
    if (part->section)
        return section_forms(part->section, id, ret);
    if (!live_word(part->live, id, &word))
        return 0;
    for (size_t i = 0; i < word.reading_count; i++) {
        if (!near_form_make(word.readings[i], word.sounds[i], &buffer[i]))
            return 0;
        buffer[i].kind = (uint8_t)(word.script | (i == 0 ? FORM_FIRST : 0));
    }
    *ret = buffer;
    return word.reading_count;
}

uint32_t part_frequency(const struct names_part *part, uint32_t id)
{
    return part->section ? section_frequency(part->section, id) : live_frequency(part->live, id);
}

size_t part_probe(const struct names_part *part, enum names_directory directory, uint32_t key,
                  uint32_t *ret, size_t max)
{
    return part->section ? section_probe(part->section, directory, key, ret, max)
                         : live_probe(part->live, directory, key, ret, max);
}

void part_prefetch_bucket(const struct names_part *part, enum names_directory directory,
                          uint32_t key, bool is_near)
{
    if (part->section)
        section_prefetch_bucket(part->section, directory, key, is_near);
}

uint32_t part_word_count(const struct names_part *part)
{
    return part->section ? section_word_count(part->section) : live_word_count(part->live);
}

struct posts part_postings(const struct names_part *part, uint32_t id, struct arena *arena)
{
    struct posts posts = {0};
    if (part->section)
        return section_postings(part->section, id);
    posts.count = live_postings(part->live, id, arena, &posts.items);
    return posts;
}

size_t part_entry(const struct names_part *part, uint32_t entry, uint32_t ret[ENTRY_WORD_MAX])
{
    return part->section ? section_entry(part->section, entry, ret)
                         : live_entry(part->live, entry, ret);
}

bool part_find(const struct names_part *part, enum name_script script, str native, uint32_t *ret_id)
{
    uint32_t ids[PROBE_MAX];
    size_t count = part_probe(part, NAMES_EXACT, names_exact_key(script, native), ids, PROBE_MAX);
    for (size_t i = 0; i < count; i++) {
        struct word word;
        if (part_word(part, ids[i], &word) && word.script == script &&
            str_eq(word.native, native)) {
            *ret_id = ids[i];
            return true;
        }
    }
    return false;
}
