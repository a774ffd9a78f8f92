/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate: what waits for a second person before it is made. A member under pre-approval, a database
 * with four eyes, a screen that was set off: the change becomes a record (system/proposal.yaml)
 * with its contents attached, and is made exactly as it was entered once everybody whose word it
 * needs has given it - or refused with a coded reason. A proposal that is decided is erased in the
 * transaction that applies it, and leaves a decision (system/decision.yaml) without contents.
 *
 *   gate_propose(gate, &draft, arena, &id);                        // what policy_needs() says
 *   gate_read(gate, number, arena, &proposal);
 *   bits = gate_may_give(catalog, &actor, is_of_hub, &proposal);
 *   gate_decide(gate, &proposal, &decision, changes, count, results)    all or none
 *
 * What waits, and what was decided in the last 60 days, is a view in memory of those records,
 * filled at opening, kept true by the store's hook. Any thread.
 *
 * gate_volume: how much each owner enters, record by record, against what is usual for it, for the
 * screens that a definition declares; from the feed as well.
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "codec/node.h"
#include "policy/policy.h"
#include "store/store.h"

struct gate;
enum err gate_open(const struct catalog *catalog, struct store *store, struct gate **ret) MUST_USE;
void gate_close(struct gate *gate); /* after the store: its hook calls */
void gate_follow(struct gate *gate, uint64_t first_seq, uint64_t last_seq);
/* Is this definition written through gate only? */
bool gate_keeps(const struct definition *definition);

enum gate_kind {
    GATE_CREATE,
    GATE_CORRECT,
    GATE_STATE,
    GATE_DELETE,
    GATE_IMPORT,
    GATE_UNDO,
    GATE_KIND_COUNT
};
const char *gate_kind_word(enum gate_kind kind);
const char *gate_need_word(unsigned need); /* of one bit of enum approval_need */

/* A change that is to wait. record_check() and policy were asked before. */
struct gate_draft {
    enum gate_kind kind;
    str database; /* name of the definition; of an import its format */
    str owner, record, reason;
    uint32_t version;
    str state;
    unsigned needs;         /* enum approval_need */
    const struct node *why; /* list of words of the screens; NULL: none */
    str body;               /* as it is to be committed; of an import, its request */
    const struct hash *attachments;
    size_t attachment_count;
    str officer, unit;
};
enum err gate_propose(struct gate *gate, const struct gate_draft *draft, struct arena *arena,
                      struct record_id *ret) MUST_USE;

/* ---- what waits, and what became of it ---- */

struct gate_proposal {
    struct record_id id;
    uint32_t version_of_its_own;
    enum gate_kind kind;
    str owner, database, record, reason, state, officer, unit;
    uint32_t version;
    unsigned needs, given;
    int64_t proposed_us;
    const struct node *why, *approvals; /* lists */
    str body;                           /* empty once it is decided */
    struct hash attachments[STORE_ATTACHMENTS_MAX];
    size_t attachment_count;
    bool is_decided;
    str outcome, refusal, words, decided_by;
    int64_t decided_us;
};
/* ERR_NOT_FOUND: there is none of this number, or it was decided long ago. */
enum err gate_read(struct gate *gate, uint64_t number, struct arena *arena,
                   struct gate_proposal *ret) MUST_USE;
/* Newest first; decided ones or those that wait; without bodies. visit: false: leave it out. */
typedef bool gate_filter(void *context, const struct gate_proposal *proposal);
enum err gate_list(struct gate *gate, bool is_decided, size_t max, gate_filter *filter,
                   void *context, struct arena *arena, struct gate_proposal **ret,
                   size_t *ret_count) MUST_USE;

/*
 * Which of the needs this actor can meet: four eyes and screens a second officer of the owner who
 * could have written it, screens the hub's as well, pre-approval the hub's; nobody his own.
 */
unsigned gate_may_give(const struct catalog *catalog, const struct actor *actor, bool is_of_hub,
                       const struct gate_proposal *proposal);
/* Its writer, those who keep the owner's records, and who can give his word on it. */
bool gate_may_see(const struct catalog *catalog, const struct actor *actor, bool is_of_hub,
                  const struct gate_proposal *proposal);

/* Some of the needs are met, others are left. */
enum err gate_approve_in_part(struct gate *gate, const struct gate_proposal *proposal,
                              unsigned given, str officer, struct arena *arena) MUST_USE;
enum gate_outcome { GATE_APPLIED, GATE_REFUSED, GATE_WITHDRAWN };
struct gate_decision {
    enum gate_outcome outcome;
    unsigned given; /* needs met by this officer; with those before: all, when applied */
    str refusal, words, officer;
};
enum { GATE_CHANGES_MAX = 2 };
/*
 * All or none: the changes, the decision, the end of the proposal. results: of `changes`.
 * ERR_STALE, ERR_CONFLICT...: of a change that can no longer be made; the proposal waits on.
 */
enum err gate_decide(struct gate *gate, const struct gate_proposal *proposal,
                     const struct gate_decision *decision, const struct change *changes,
                     size_t count, struct arena *arena, struct committed *results) MUST_USE;

/* ---- screens of single records ---- */

/*
 * Would this new record be one too many today, or one too many of a kind? Adds what was found to
 * `why`; true: it must wait.
 */
bool gate_volume_holds(struct gate *gate, const struct record *record, struct arena *arena,
                       struct node *why);

#endif
