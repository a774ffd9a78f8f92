/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names: the fuzzy part of a segment. Internal to the index module: segments (merge) build
 * and hold a names section, the delta a live one; the snapshot hands all its parts to
 * names_search().
 *
 * A segment numbers its entries in order of birth date (unknown dates last), so "born between" is
 * a range of entry numbers and of every posting list. A section knows nothing of records: it maps
 * tokens to entry numbers.
 */
#ifndef INDEX_NAMES_H
#define INDEX_NAMES_H

#include "index/index.h"
#include "text/name.h"

/* ---- building an immutable section ---- */
struct names_builder;
struct names_section; /* an opened, mapped section: views into the bytes, no copy */

enum err names_builder_new(struct names_builder **ret) MUST_USE;
void names_builder_free(struct names_builder *builder);
/* One name of an entry (a value of a fuzzy type); an entry may have many. Entries may come in any
 * order. */
enum err names_builder_add(struct names_builder *builder, uint32_t entry,
                           const struct value *value) MUST_USE;
/* A word that no entry bears. */
enum err names_builder_word(struct names_builder *builder, const struct name_token *token) MUST_USE;
/* All names of an entry of another section, for merging without the store. */
enum err names_builder_copy(struct names_builder *builder, uint32_t entry,
                            const struct names_section *from, uint32_t from_entry) MUST_USE;
/* Appends the section's bytes (8-byte aligned start is the caller's duty); entry_count fixes the
 * packed columns. */
enum err names_builder_finish(struct names_builder *builder, uint32_t entry_count,
                              struct buf *out) MUST_USE;

enum err names_section_open(str bytes, uint32_t entry_count,
                            struct names_section **ret) MUST_USE; /* ERR_DAMAGED */
void names_section_close(struct names_section *section);

/* ---- the live part of the delta: one writer, many readers, no locks ---- */
struct names_live;
enum err names_live_new(uint32_t entry_max, struct names_live **ret) MUST_USE;
void names_live_free(struct names_live *live);
enum err names_live_add(struct names_live *live, uint32_t entry,
                        const struct value *value) MUST_USE;
enum err names_builder_copy_live(struct names_builder *builder, uint32_t entry,
                                 const struct names_live *from, uint32_t from_entry) MUST_USE;

/* ---- searching ---- */
struct names_part {
    const struct names_section *section; /* or */
    const struct names_live *live;
    uint32_t entry_count; /* published length */
    /*
     * Birth date of each entry, days since 1970; INT32_MIN: unknown. Sorted in a section, not in
     * live.
     */
    const int32_t *born;
    bool (*is_visible)(const void *context,
                       uint32_t entry); /* alive in the snapshot, class open, database asked */
    const void *context;
};
struct names_hit {
    uint32_t part, entry;
    float score; /* bits, packed-column estimate: names and birth date */
};
struct names_result {
    struct names_hit *items; /* best first, at most max */
    size_t count;
    bool is_proven, is_cut;
    uint64_t examined;
    const struct name_rarity *near; /* of the asked words */
    size_t near_count;
};
enum err names_search(const struct names_part *parts, size_t part_count,
                      const struct name_query *query, struct date_window born, size_t max,
                      struct arena *arena, struct names_result *ret) MUST_USE;

#endif
