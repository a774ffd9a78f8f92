/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_memo: which words of a section a word asked for may be, from one search to the next.
 *
 * Names are made of few words: of those asked in a day's searches, or in one list of passengers,
 * half have been asked before. What is found for one depends on nothing but the word and the
 * section's dictionary, which never changes: not on who asks, and not on what he may see. Each
 * thread has a memo of its own, at most twelve megabytes, and forgets all of it when that is full.
 * It knows words by two keyed hashes, not by their letters.
 */
#ifndef INDEX_NAMES_MEMO_H
#define INDEX_NAMES_MEMO_H

#include "index/names_candidates.h"

/* Room of the thread for one search's candidates; what is in it is anybody's. */
enum {
    FOUND_MAX = 1 << 15, /* words near enough to one unit */
    PROBE_MAX = 1 << 15, /* ids looked at per bucket */
    SEEN_MAX = 3 << 14,  /* words compared with one unit in one part */
};
struct names_room {
    uint32_t probe[PROBE_MAX], ids[SEEN_MAX];
    struct candidate found[FOUND_MAX];
};

struct memo_key {
    uint64_t section, word, again; /* the section's number; the word's hashes */
};
struct memo_found {
    const struct candidate *items;
    size_t count;
};
struct names_memo;
/* The thread's; ERR_MEMORY. */
enum err names_memo(struct names_memo **ret) MUST_USE;
struct names_room *memo_room(struct names_memo *memo);
struct memo_key memo_key_of(const struct names_memo *memo, uint64_t section,
                            const struct unit *unit);
/* False: not known. What is found stays until the next memo_keep(). */
bool memo_find(const struct names_memo *memo, const struct memo_key *key, struct memo_found *ret);
void memo_keep(struct names_memo *memo, const struct memo_key *key, struct memo_found found);

#endif
