/* SPDX-License-Identifier: Apache-2.0 */
/*
 * review: reads the audit log once, entry by entry as it grows, and keeps what people look at
 * afterwards:
 *
 *   statistics   how many by day, country, purpose, kind and verdict; no person, no unit, no value.
 *                DIR/statistics.tsv; it stays when the entries' contents are gone
 *   samples      a share of all searches, drawn by a keyed hash that nobody outside can foresee: a
 *                supervisor of the searching country confirms the purpose
 *   flags        searches off shift; an officer's own name or family; one value asked for by
 *                several countries within a week; an owner told again and again of hits on one
 *                record: for the auditors
 *
 * Samples and flags are records (system/review.yaml) that name the entry, not what was asked.
 *
 *   TRY(review_open(catalog, store, audit, identity, directory, REVIEW_SHARE, &review));
 *   TRY(review_follow(review, 10000));     // now and then, and before an answer is given from it
 *
 * Any thread; one mutex. Following costs 10 to 20 microseconds an entry.
 */
#ifndef REVIEW_REVIEW_H
#define REVIEW_REVIEW_H

#include "audit/audit.h"
#include "flow/flow.h"
#include "identity/identity.h"
#include "store/store.h"

struct review;
enum {
    REVIEW_SHARE = 10, /* of 10,000 searches, unless stated */
    /* an owner is told so often of one person within 30 days: is he followed by it? */
    REVIEW_NOTIFICATIONS = 5,
    REVIEW_COUNTRIES = 4, /* so many ask for one value within seven days: flagged */
};
enum review_why {
    REVIEW_SAMPLE,
    REVIEW_OFF_SHIFT,
    REVIEW_MANY_COUNTRIES,
    REVIEW_MANY_NOTIFICATIONS,
    REVIEW_OWN_NAME,
    REVIEW_WHYS
};
const char *review_why_word(enum review_why why);

enum err review_open(const struct catalog *catalog, struct store *store, struct audit *audit,
                     struct identity *identity, const char *directory, unsigned share,
                     struct review **ret) MUST_USE;
void review_close(struct review *review);
/* Takes up at most `max` entries that it has not seen; *ret_left (or NULL): how many are left. */
enum err review_follow(struct review *review, uint64_t max, uint64_t *ret_left) MUST_USE;

/*
 * Tells owners silently of hits that the searching countries let them know of (notify.c), of the
 * hours before `now_us`, at most `max` entries. Now and then; blocks for the disk.
 */
enum err review_notify(struct review *review, struct flow *flow, int64_t now_us,
                       uint64_t max) MUST_USE;

/* ---- statistics ---- */

struct review_count {
    str day, country, purpose, kind, verdict; /* verdict of searches only */
    uint64_t count;
};
typedef void review_visit(void *context, const struct review_count *count);
/* In the order of the days; days as "2026-11-22", both included; country empty: all. */
enum err review_statistics(struct review *review, str from, str until, str country,
                           review_visit *visit, void *context) MUST_USE;

/* ---- samples and flags that wait for somebody ---- */

struct review_item {
    struct record_id id;
    uint64_t entry;
    enum review_why why;
    str officer, unit, country;
    int64_t asked_us;
};
/* Oldest first, at most `max`; country empty: all; `whys`: bits. Texts in the arena. */
enum err review_waiting(struct review *review, str country, unsigned whys, size_t max,
                        struct arena *arena, struct review_item **ret, size_t *ret_count) MUST_USE;
/* ERR_NOT_FOUND: nothing of this number waits. */
enum err review_find(struct review *review, uint64_t number, struct arena *arena,
                     struct review_item *ret) MUST_USE;
/* Durable when it returns. The caller has asked who may. */
enum err review_decide(struct review *review, uint64_t number, bool is_confirmed, str reason,
                       str reviewer) MUST_USE;

#endif
