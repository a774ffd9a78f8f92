/* SPDX-License-Identifier: Apache-2.0 */
/* index/names_build: what is collected for a section. Internal to names_build.c, names_layout.c. */
#ifndef INDEX_NAMES_BUILD_H
#define INDEX_NAMES_BUILD_H

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

/* The word of a builder's id. */
static inline void builder_word(const struct names_builder *builder, uint32_t id, struct word *ret)
{
    uint32_t at = builder->word_at[id];
    ensure(names_decode(builder->words + at, builder->words_len - at, ret));
}

#endif
