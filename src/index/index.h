/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index: from a query value to the few entries worth comparing. A view of the feed: can be deleted
 * and rebuilt, knows up to which sequence it is true.
 *
 * Immutable memory-mapped segments (DIR/index/NNNN.seg) plus one append-only delta in memory with a
 * published length; the delta is rebuilt at open from the feed after the newest segment. Entries
 * carry policy class, born and died sequence numbers, compared with the reader's snapshot; readers
 * take no lock and copy nothing. A background merge turns delta and segments into one new segment
 * and drops the dead.
 *
 *   struct index_snapshot *snapshot = index_snapshot_open(index);           // counts, cheap
 *   index_probe(snapshot, scope, KEY_EXACT, S("document-number"), S("L898902C3"), &hits);
 *   ... hits.items[i].number -> record number to read ...
 *   index_snapshot_close(snapshot);
 */
#ifndef INDEX_INDEX_H
#define INDEX_INDEX_H

#include "policy/policy.h"
#include "store/store.h"
#include "text/name.h"

struct index;
struct index_snapshot;

/* DIR/index; replays the store's feed after the newest segment. */
enum err index_open(const char *directory, struct store *store, const struct catalog *catalog,
                    struct policy_classes *classes, struct index **ret) MUST_USE;
void index_close(struct index *index);
/*
 * Takes up changes first..last from the store; wired as store hook, so a change is findable before
 * it is acknowledged.
 */
void index_follow(void *context, uint64_t first_seq, uint64_t last_seq);
/*
 * What a record will add to the index, worked out by whoever is about to commit it and handed along
 * with the change (struct change, `prepared`): following the feed then takes a third of the time.
 * *ret NULL: a record of this kind has to be read when its turn comes. Any thread; in the arena.
 */
struct index_prepared;
enum err index_prepare(struct index *index, const struct record *record, struct arena *arena,
                       const struct index_prepared **ret) MUST_USE;
uint64_t index_seq(struct index *index);
enum err index_merge(struct index *index) MUST_USE; /* now, in this thread; readers go on */
/*
 * Called on the merging thread when what was erased has gone from index and store, for those who
 * keep something about records elsewhere; wired by cmd (audit). It may commit, not merge. Setting
 * waits for a call under way; NULL: none.
 */
typedef enum err index_erased(void *context);
void index_set_erased_hook(struct index *index, index_erased *hook, void *context);
enum err index_rebuild(struct index *index) MUST_USE; /* from the feed, from nothing */
void index_report(struct index *index,
                  struct buf *out); /* JSON: segments, entries, keys, bytes, seq */

struct index_snapshot *index_snapshot_open(struct index *index);
void index_snapshot_close(struct index_snapshot *snapshot);
uint64_t index_snapshot_seq(const struct index_snapshot *snapshot);
/* For a scope over the entries of this snapshot. */
struct policy_classes *index_snapshot_classes(const struct index_snapshot *snapshot);

/*
 * One entry that a key led to. Entries of class none to the scope and dead ones are gone already;
 * collisions of hashes are the caller's, who compares the stored value.
 */
struct index_hit {
    uint64_t number;     /* record number */
    uint16_t definition; /* catalog number */
    uint16_t meaning;    /* of the field the key came from */
    uint16_t field;      /* field number */
    uint8_t disclosure;  /* enum disclosure for this scope */
    uint8_t kind;        /* enum key_kind that led here */
};
enum { INDEX_HIT_MAX = 1000 };
struct index_hits {
    struct index_hit *items; /* from the arena */
    size_t count;
    bool is_cut; /* more than max: the answer is TOO MANY */
};
/*
 * All entries for a key, by record number; at most max. Databases: bit set by definition number,
 * NULL: all.
 */
enum err index_probe(const struct index_snapshot *snapshot, const struct policy_scope *scope,
                     const uint64_t *databases, enum key_kind kind, str space, str text,
                     struct arena *arena, size_t max, struct index_hits *ret) MUST_USE;
/*
 * index_probe in steps, for callers who have other work to do while memory is fetched: the hash,
 * a prefetch that waits for nothing, then the probe.
 */
uint64_t index_key_hash(const struct index_snapshot *snapshot, enum key_kind kind, str space,
                        str text);
void index_prefetch(const struct index_snapshot *snapshot, uint64_t hash);
enum err index_probe_hash(const struct index_snapshot *snapshot, const struct policy_scope *scope,
                          const uint64_t *databases, enum key_kind kind, uint64_t hash,
                          struct arena *arena, size_t max, struct index_hits *ret) MUST_USE;
/* Many exact probes at once with prefetch: for similar numbers and batches. ret[i].count tells. */
struct index_key {
    str space, text;
};
enum err index_probe_many(const struct index_snapshot *snapshot, const struct policy_scope *scope,
                          const uint64_t *databases, enum key_kind kind,
                          const struct index_key *keys, size_t count, struct arena *arena,
                          size_t max, struct index_hits *ret) MUST_USE;
/*
 * Entries with a range (KEY_RANGE) that meets [from, to]; index_probe with KEY_RANGE asks for
 * [text, text].
 */
enum err index_probe_range(const struct index_snapshot *snapshot, const struct policy_scope *scope,
                           const uint64_t *databases, str space, str from, str to,
                           struct arena *arena, size_t max, struct index_hits *ret) MUST_USE;
/* How many exact keys a keyspace holds, about: for "expected by chance". */
uint64_t index_space_count(const struct index_snapshot *snapshot, str space_name);
/* Record number by the owner's reference (envelope.ref); 0: none. Confirm by reading. */
enum err index_find_ref(const struct index_snapshot *snapshot, str definition, str owner, str ref,
                        uint64_t *ret_number) MUST_USE;

/*
 * Names: fuzzy candidates for a set of tokens. See index/names.h for the layout and text/name.h for
 * tokens.
 */
struct date_window { /* of birth, in days; from > to: unknown */
    int32_t from, to;
};
struct name_candidate {
    uint64_t number;
    uint16_t definition;
    uint8_t disclosure;
    float score; /* packed-column score, for keeping the best */
};
struct name_candidates {
    struct name_candidate *items; /* best first */
    size_t count;
    bool is_proven; /* no unseen entry can reach the threshold */
    bool is_cut;    /* a work limit came first */
    uint64_t examined;
    const struct name_rarity *near; /* of the asked words: for struct name_frequency */
    size_t near_count;
};
enum err index_names(const struct index_snapshot *snapshot, const struct policy_scope *scope,
                     const uint64_t *databases, const struct name_query *query,
                     struct date_window born, size_t max, struct arena *arena,
                     struct name_candidates *ret) MUST_USE;
/*
 * A frozen table of name frequencies (text/frequency.h) with a dictionary of its words, in which
 * the words near an asked one are found and counted: scores rest on this and never on what the
 * index holds. Building takes about 5 microseconds a word. Immutable; any thread.
 */
struct frequencies;
struct rarity;
enum err rarity_new(const struct frequencies *frequencies, struct rarity **ret) MUST_USE;
void rarity_free(struct rarity *rarity); /* the table stays the caller's */
const struct rarity *rarity_shipped(void);
const struct frequencies *rarity_frequencies(const struct rarity *rarity);

/* Entries that carry a name, about. */
uint64_t index_name_count(const struct index_snapshot *snapshot);
#endif
