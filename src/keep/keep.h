/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep: data leave when their time is over. Every record has a review date; its owner is told
 * ahead, extends it with a reason, or it is deleted when that day has passed, with a certificate.
 *
 *   struct keep *keep;
 *   TRY(keep_open(directory, catalog, store, &keep));  // store_set_hook(... keep_follow ...)
 *   TRY(keep_restore(keep, &count));                   // before anything is answered
 *   TRY(keep_start(keep));                             // a thread of its own; tests: keep_sweep()
 *
 *   DIR/due        when each record is due, 4 bytes a record: a view of the feed, deleted and built
 *                  again at will (due.c)
 *   DIR/deletions  what was ever deleted, 16 bytes a deletion, nothing of its contents: kept apart
 *                  from backups, so that a restored one deletes it all again (deleted.c)
 *
 * A certificate is a signed note (crypto/note.h) that names record, definition, owner, the hash of
 * the last version, time and reason, and no value of it; a record of system/certificate.yaml under
 * the reference of the deleted record's id.
 */
#ifndef KEEP_KEEP_H
#define KEEP_KEEP_H

#include "crypto/node_key.h"
#include "store/store.h"

struct keep;

enum err keep_open(const char *directory, const struct catalog *catalog, struct store *store,
                   struct keep **ret) MUST_USE;
void keep_close(struct keep *keep); /* after the store: its hook calls */
/* The store's hook. What was erased is on the durable list when it returns. */
void keep_follow(struct keep *keep, uint64_t first_seq, uint64_t last_seq);
/*
 * Deletes what the durable list says was deleted and the store still has: it is older than the
 * list, a backup. Tells how many.
 */
enum err keep_restore(struct keep *keep, uint64_t *ret_count) MUST_USE;

/* ---- the sweep ---- */

enum { KEEP_STEP = 32 }; /* records deleted together, and told of together */
/* Records deleted by themselves, once that is durable; on the sweeping thread. */
typedef void keep_erased(void *context, const struct record_id *ids, size_t count,
                         const char *reason);
/* The end of a sweep that deleted something: what keeps copies lets go of them. */
typedef void keep_swept(void *context);
void keep_on_erased(struct keep *keep, keep_erased *erased, keep_swept *swept, void *context);

/*
 * Is this record held back by a matter that is open? Then it is not deleted with its day, it stays
 * as it is until that is decided. Any thread; it may not call back.
 */
typedef bool keep_holds(void *context, uint64_t number);
void keep_on_hold(struct keep *keep, keep_holds *holds, void *context);
/* Has the day of this record passed? */
bool keep_is_over(struct keep *keep, uint64_t number);
void keep_hurry(struct keep *keep); /* a sweep now: what held such a record back is decided */

struct keep_figures {
    uint64_t reminded, deleted, failed;
    uint64_t held; /* left, because they are held back */
};
/*
 * Reminds and deletes as of the day `today`: a record is deleted when its review date lies before
 * it. Cost: 4 bytes read a record held, and what is due.
 */
enum err keep_sweep(struct keep *keep, struct day today, struct keep_figures *ret) MUST_USE;
enum err keep_start(struct keep *keep) MUST_USE; /* sweeps at once, and whenever a day begins */
void keep_stop(struct keep *keep);

/*
 * The clock is not believed when it is so many days later than at the last sweep, over a restart;
 * while the node runs, a day later than the time it has run. Then nothing is swept (guard.c).
 */
enum { KEEP_GAP_DAYS = 7 };
/* Sweeps, if the clock is believed; else returns OK with *ret_is_held, and does nothing. */
enum err keep_look(struct keep *keep, struct day today, struct keep_figures *ret,
                   bool *ret_is_held) MUST_USE;
/* Does nothing happen for that? And since which day. */
bool keep_is_held(struct keep *keep, struct day *ret_swept);
/* Somebody at the machine says that the clock is right. ERR_BAD_VALUE: it says another day. */
enum err keep_confirm(struct keep *keep, struct day day) MUST_USE;

/* ---- what is due ---- */

struct keep_due {
    struct record_id id;
    const struct definition *definition; /* NULL: no longer known */
    str owner;
    struct day due; /* it is deleted when this day has passed */
    bool is_achieved, is_reminded;
};
enum { KEEP_LIST_MAX = 200 };
struct keep_filter {
    str owner;                           /* empty: all */
    const struct definition *definition; /* NULL: all police data and tickets */
    struct day until;
    int32_t after_day; /* go on behind this place; 0, 0: from the start */
    uint64_t after_number;
    size_t max;
};
struct keep_list {
    struct keep_due *items; /* by day, then number */
    size_t count;
    uint64_t total; /* that fit the filter, wherever the list begins */
    bool has_more;
};
enum err keep_list(struct keep *keep, const struct keep_filter *filter, struct arena *arena,
                   struct keep_list *ret) MUST_USE;

/* ---- extension ---- */

struct keep_extension {
    struct day until;
    str reason, by;
};
/*
 * The canonical body of `held`, its review put off: ERR_MISSING without a reason, ERR_BAD_VALUE for
 * a day that is not later, or later than the definition allows from today. Pure.
 */
enum err keep_extend(const struct catalog *catalog, const struct record *held,
                     const struct keep_extension *extension, struct arena *arena,
                     struct buf *out) MUST_USE;

/* ---- certificates ---- */

/*
 * The change that enters a certificate for the deletion of `record`, its latest version, made now;
 * to be committed together with that deletion.
 */
enum err keep_certify(struct keep *keep, const struct stored *record, str reason, str by,
                      struct arena *arena, struct change *ret) MUST_USE;
const struct definition *keep_certificate_definition(const struct keep *keep);
struct keep_certificate {
    struct record_id record;
    str database, reason, note;
    int64_t deleted_us;
};
/* Reads a stored certificate; ERR_GONE when its own time was over. */
enum err keep_read_certificate(const struct keep *keep, const struct stored *stored,
                               struct arena *arena, struct keep_certificate *ret) MUST_USE;
void keep_key(const struct keep *keep, struct buf *out); /* one line "name+id+key" */
/* Without a node. The report says what is certified; ERR_DENIED, ERR_SYNTAX. */
enum err keep_check_certificate(str note, str key, struct buf *report) MUST_USE;

#endif
