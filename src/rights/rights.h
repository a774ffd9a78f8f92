/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rights: of the persons in the records. What they ask becomes a ticket (tickets/subject-*.yaml,
 * carried by src/flow); this module keeps who they are apart from it, does what its moves say they
 * do, and writes the answer. It holds records back - while a request is examined, and when the hub
 * has been told, sealed, that a person has protection - and writes what a data-protection officer
 * signs: the record of processing with what changed in it.
 *
 *   TRY(rights_open(&node, &rights));        // store_set_guard, flow_on_effect: wired by cmd
 *   TRY(rights_open_request(rights, &actor, &opening, &arena, &ticket));
 *   TRY(flow_move(...));                     // a move with `does:` comes back to rights_do()
 *
 * Any thread may call. What is in memory is a view of system/hold.yaml: who is held back.
 */
#ifndef RIGHTS_RIGHTS_H
#define RIGHTS_RIGHTS_H

#include "audit/audit.h"
#include "flow/flow.h"
#include "identity/identity.h"
#include "keep/keep.h"
#include "policy/policy.h"

struct rights;
struct rights_node { /* opened before, closed after */
    const char *directory;
    const struct catalog *catalog;
    struct store *store;
    struct flow *flow;
    struct keep *keep;
    struct audit *audit;
    struct identity *identity;
};
enum err rights_open(const struct rights_node *node, struct rights **ret) MUST_USE;
void rights_close(struct rights *rights); /* after the store: its hook and guard call */
void rights_follow(struct rights *rights, uint64_t first_seq, uint64_t last_seq);
enum state rights_guard(void *context, uint64_t number, enum state wanted);
enum err rights_do(void *context, struct flow_effect *effect, struct arena *arena) MUST_USE;
void rights_did(void *context, const struct flow_effect *effect);
/* A correction of what is under four eyes is confirmed by a second officer: flow_on_look(). */
enum err rights_look(void *context, const struct flow_effect *effect, struct arena *arena,
                     bool *ret_is_two) MUST_USE;

/* ---- what is held back ---- */

enum rights_why { HELD_FOR_REQUEST, HELD_BY_HUB, HELD_WHYS };
struct rights_hold {
    bool is_held[HELD_WHYS];
    int64_t since_us; /* of the earliest */
};
const char *rights_why_word(enum rights_why why); /* "request", "hub" */
/* false: by nobody. */
bool rights_held(struct rights *rights, struct record_id id, struct rights_hold *ret);
/* ERR_CONFLICT, in words its owner may read, when the record is held. */
enum err rights_check_free(struct rights *rights, struct record_id id) MUST_USE;

/* ---- requests of persons ---- */

struct rights_opening {
    const struct definition *kind;
    const struct node *applicant; /* {name, birth_date, contact, language, note}: sealed apart */
    const struct node *fields;
};
/* As flow_ask(): ERR_DENIED for who may not open one; the ticket is durable. */
enum err rights_open_request(struct rights *rights, const struct actor *actor,
                             const struct rights_opening *opening, struct arena *arena,
                             struct flow_ticket *ret) MUST_USE;
/*
 * Who asked, for data-protection officers of the country that received it; NULL for all others,
 * and when its time is over.
 */
const struct node *rights_applicant(struct rights *rights, const struct actor *actor,
                                    const struct flow_ticket *ticket, struct arena *arena);
/* The records a request is about; at most RIGHTS_RECORDS_MAX. */
enum { RIGHTS_RECORDS_MAX = 16 };
size_t rights_about(const struct flow_ticket *ticket, struct record_id ret[RIGHTS_RECORDS_MAX]);

/* ---- protection objections ---- */

/*
 * A member tells the hub that the person of a record has protection in its country. Who says so,
 * and what, is sealed to the hub's readers (role `hub`, of the hub's country); the record of it
 * belongs to the hub. *ret_as is who is entered in the log in place of the officer. ERR_NOT_FOUND:
 * for this actor there is no such record, or the node has no hub.
 */
enum err rights_object(struct rights *rights, const struct actor *actor, struct record_id id,
                       str statement, struct arena *arena, struct record_id *ret,
                       struct actor *ret_as) MUST_USE;
struct rights_objection {
    struct record_id id, record;
    uint32_t version;
    str country, unit, officer, statement; /* empty: can no longer be opened */
    int64_t made_us, decided_us;           /* decided 0: it waits */
    str outcome, decided_by, reason;
    str lifting_by; /* who has asked to lift what needs two officers for that */
};
/* For the hub's readers; ERR_DENIED for all others. Those that wait first, then newest first. */
enum err rights_objections(struct rights *rights, const struct actor *actor, struct arena *arena,
                           struct rights_objection **ret, size_t *ret_count) MUST_USE;
/*
 * suspended: the record is held back, by the hub; lifted: no longer, unless another objection holds
 * it; set-aside: nothing came of it. Each from what waits or from suspended. Where the record is
 * under four eyes, lifting takes two officers: after the first it is suspended yet.
 */
enum err rights_decide(struct rights *rights, const struct actor *actor, struct record_id id,
                       str outcome, str reason, struct arena *arena,
                       struct rights_objection *ret) MUST_USE;

/* By day, country, kind of unit (role) and purpose; no person, no minute. */
struct rights_shown {
    str day, country, role, purpose;
    uint64_t count;
};
enum err rights_shown(struct audit *audit, struct record_id id, struct arena *arena,
                      struct rights_shown **ret, size_t *ret_count) MUST_USE;

/*
 * Everything there is to a request, for the officer that prepares its decision: a tree that is
 * printed as one file. Of each record what this actor may see of it.
 */
enum err rights_evidence(struct rights *rights, const struct actor *actor,
                         const struct flow_ticket *ticket, struct arena *arena,
                         struct node **ret) MUST_USE;
/*
 * What the person is told, in plain words of a language: {title, parts: [{heading, lines}]}.
 * ERR_CONFLICT while nothing is decided. The same for what is not confirmed and for what is not
 * held.
 */
enum err rights_answer(struct rights *rights, const struct flow_ticket *ticket,
                       enum language language, struct arena *arena, struct node **ret) MUST_USE;

/* ---- what data protection signs: the catalogue ---- */

/* One thing that differs between two catalogues. */
struct rights_difference {
    str definition;
    const char *what; /* disclosure, action, fields, purpose, retention, link, new-database ... */
    str role;         /* of disclosure, action, fields */
    str before, after;
    bool is_wider;      /* opens something: it waits until it is signed */
    bool is_of_program; /* of system/: it comes with the program and does not wait */
};
/* ERR_LIMIT: there are more than anyone reads; what is there is given all the same. */
enum err rights_compare(const struct catalog *before, const struct catalog *after,
                        struct arena *arena, struct rights_difference **ret,
                        size_t *ret_count) MUST_USE;
/*
 * The catalogue that serves: that of `home` as far as it opens nothing that the last signed one did
 * not, its definitions in their signed form otherwise (docs/decisions/signed-catalogue.md). The
 * first one is signed by set-up. Called before anything else is opened.
 */
enum err rights_catalog_load(struct store *store, const char *directory, const char *home,
                             struct catalog **ret) MUST_USE;
struct rights_signature {
    unsigned version; /* 1.. */
    str hash;         /* of the catalogue, in hex */
    str by;           /* an officer, or "set-up" */
    int64_t at_us;
};
enum err rights_signed(struct store *store, struct arena *arena,
                       struct rights_signature *ret) MUST_USE;
/* The catalogue as it was signed; free it. ERR_NOT_FOUND. */
enum err rights_signed_load(struct store *store, const char *directory, unsigned version,
                            struct catalog **ret) MUST_USE;
/*
 * Signs what lies in `home` now, whose hash the officer has seen (ERR_STALE: it has changed since).
 * It serves from the next start on.
 */
enum err rights_sign(struct store *store, const char *home, str hash, str by, struct arena *arena,
                     struct rights_signature *ret) MUST_USE;

/*
 * The record of processing and the impact assessment, made of definitions, policy, identity,
 * retention and links; with what differs from the signed version `since` (0: the last). Records are
 * counted of this owner (empty: of all).
 */
enum err rights_processing(struct rights *rights, unsigned since, str owner, enum language language,
                           struct arena *arena, struct node **ret) MUST_USE;
/* The same, for people to read. */
enum rights_form { FORM_MARKDOWN, FORM_HTML };
void rights_processing_print(struct rights *rights, const struct node *processing,
                             enum language language, enum rights_form form, struct buf *out);
/* How much waits for a signature, and whether what is signed serves already. */
struct rights_waiting {
    size_t wider;
    bool is_served; /* false: it serves from the next start on */
};
enum err rights_waiting(struct rights *rights, struct rights_waiting *ret) MUST_USE;

/* ---- the transparency report ---- */

/*
 * Figures of whole months, of one country (empty: all), that point at nobody: rounded down to
 * fives, and not told below five. Counts of the log are added by whoever has them.
 */
struct rights_report;
enum err rights_report_new(struct rights *rights, struct day from, struct day to, str country,
                           enum language language, struct arena *arena,
                           struct rights_report **ret) MUST_USE;
/* The period, as it was rounded to months: "2026-01-01" to "2026-12-31". */
void rights_report_period(const struct rights_report *report, str *ret_from, str *ret_to);
/* list: the code list `key` is of; NULL: the report's own words. */
void rights_report_add(struct rights_report *report, const char *section, const char *list, str key,
                       uint64_t count);
/* {title, from, to, sections: [{section, title, rows: [{key, title, count | few}]}]} */
enum err rights_report_finish(struct rights_report *report, struct node **ret) MUST_USE;
void rights_report_print(const struct node *tree, enum language language, bool is_html,
                         struct buf *out); /* else CSV */

#endif
