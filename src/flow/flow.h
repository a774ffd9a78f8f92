/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow: work between two offices under a clock. A ticket is a record whose definition has a
 * `life:`; one function changes its state, its timers are a view of the records: made anew at
 * open, kept true by the store's hook, so that they survive whatever the process does not.
 *
 *   struct flow *flow;
 *   TRY(flow_open(catalog, store, &flow));     // store_set_hook(... flow_follow ...): wired by cmd
 *   flow_on_told(flow, alarm, context);        // whoever rings, prints, calls
 *   TRY(flow_start(flow));                     // a thread of its own; tests call flow_tick()
 *   TRY(flow_ask(flow, &actor, &question, &arena, &ticket));
 *   TRY(flow_move(flow, &actor, &request, &arena, &ticket));
 *
 * A ticket is seen by the desk and the national bureau of the asker and of the owner, by auditors
 * of these countries, and by the hub once it was escalated there. To all others every call answers
 * as if there were none. Any thread may call; a call that changes waits for the disk.
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "crypto/node_key.h"
#include "model/life.h"
#include "store/store.h"

struct flow;

enum err flow_open(const struct catalog *catalog, struct store *store, struct flow **ret) MUST_USE;
/* Stopped before the store is closed, closed after it: the hook is called to the end. */
void flow_close(struct flow *flow);
/* The store's hook: takes up what concerns tickets, offices and clearances. */
void flow_follow(struct flow *flow, uint64_t first_seq, uint64_t last_seq);

/* Is this definition written through flow only? */
bool flow_keeps(const struct definition *definition);

/* What an actor is to a ticket; bits. */
enum { FLOW_ASKER = 1, FLOW_OWNER = 2, FLOW_HUB = 4, FLOW_AUDITOR = 8 };

struct flow_party {
    str country, unit;
};

struct flow_brief {
    struct record_id id;
    uint32_t version;
    uint64_t news; /* grows with every change an onlooker should know of */
    const struct definition *definition;
    const struct life_state *state;
    unsigned sides; /* of the actor who looks */
    struct flow_party asker, owner;
    struct record_id subject;
    const struct definition *database; /* of the subject; NULL: no longer known */
    int64_t opened_us, since_us;
    const struct life_clock *clock; /* NULL: none runs */
    const struct code *profile;
    int64_t due_us; /* 0: it has run out as often as something is done about it */
    unsigned level;
    bool is_late, is_open, is_test, is_alarm, is_yours;
    const struct life_state *waiting; /* for a second officer; NULL */
    int64_t order;                    /* with id.number: the place in a list */
};

struct flow_step {
    uint32_t version;
    int64_t time_us;
    str what; /* move, second-eyes, clock */
    const struct life_state *state;
    struct flow_party party;
    str officer; /* empty for the other side */
    str step;    /* of clock: ask-again ... */
};

struct flow_limit {
    int64_t since_us, limit_us, until_us; /* limit 0: none is known */
    str source;
    bool is_over;
};

struct flow_clearance {
    int64_t time_us;
    struct flow_party by;
    bool has_document;
    struct day until; /* month 0: none */
};

struct flow_ticket {
    struct flow_brief brief;
    struct record record;
    str receipt;             /* what it was opened with */
    struct flow_limit limit; /* since 0: none */
    struct flow_party waiting_by;
    int64_t waiting_us;
    const struct node *waiting_fields; /* what the first officer gave, for those of his country */
    const struct life_move *moves[LIFE_MOVE_MAX];
    size_t move_count;
    struct flow_step *history;
    size_t history_count;
    struct flow_clearance *clearances;
    size_t clearance_count;
    str slip; /* of the move just made, when it noted a document; told once */
};

/* ---- asking and moving ---- */

struct flow_question {
    const struct definition *kind;
    const struct definition *database; /* of the subject; NULL: a request about no record yet */
    struct record_id subject;
    struct flow_party owner;
    bool is_test;
    /*
     * Of the search that showed the subject; whether it did the caller has checked. Of a person's
     * request: what the caller keeps of the person apart.
     */
    str receipt;
    const struct node *fields;
};
struct flow_request {
    struct record_id id;
    uint32_t version; /* the one the officer saw */
    str to;
    const struct node *fields;    /* NULL: none */
    const struct node *clearance; /* {consent, document, issuer, until}; NULL: none */
};
/*
 * ERR_DENIED for who may not; ERR_BAD_VALUE, ERR_MISSING ... with the field for what is wrong with
 * fields. Answers when the ticket is durable, and sent where the node can do that by itself. The
 * same desk asking the same of the same receipt again is shown the ticket it has opened.
 */
enum err flow_ask(struct flow *flow, const struct actor *actor,
                  const struct flow_question *question, struct arena *arena,
                  struct flow_ticket *ret) MUST_USE;
/*
 * ERR_NOT_FOUND for who is no party; ERR_STALE when an officer has moved it since the version
 * named (a clock that ran out since is no hindrance); ERR_CONFLICT when no such move leads from
 * here; ERR_DENIED when it is another's, or the second pair of eyes is the first one's.
 */
enum err flow_move(struct flow *flow, const struct actor *actor, const struct flow_request *request,
                   struct arena *arena, struct flow_ticket *ret) MUST_USE;
enum err flow_read(struct flow *flow, const struct actor *actor, struct record_id id,
                   struct arena *arena, struct flow_ticket *ret) MUST_USE;

/* ---- what moves do beside (`does:`) ---- */

enum { FLOW_CHANGES_MAX = 96 };
struct flow_effect {
    enum life_effect effect;
    const struct life *life;
    struct record_id ticket;
    const struct record *record; /* the ticket as the move leaves it */
    const struct actor *actor;
    struct flow_party asker;
    str receipt;
    /* Of the ticket, to be set anew by an effect that assigns it. */
    struct flow_party owner;
    struct record_id subject;
    str database;
    bool is_test;
    /* What is committed with the ticket, all or nothing; bodies live in the arena. */
    struct change changes[FLOW_CHANGES_MAX];
    size_t change_count;
};
/*
 * Called on the moving thread before the move is committed; an error keeps it from being made. A
 * move of the node's own is tried again with the clock. Without one no such move is made.
 */
typedef enum err flow_do(void *context, struct flow_effect *effect, struct arena *arena);
/* Called when it is durable. */
typedef void flow_did(void *context, const struct flow_effect *effect);
void flow_on_effect(struct flow *flow, flow_do *doing, flow_did *did, void *context);
/*
 * Asked of an officer's move that has an effect, or leads to where the node's own move has one,
 * with that effect: must a second officer confirm it, as if it were declared with `four_eyes:`? An
 * error keeps the move from being made. The context is flow_on_effect()'s.
 */
typedef enum err flow_look(void *context, const struct flow_effect *effect, struct arena *arena,
                           bool *ret_is_two);
void flow_on_look(struct flow *flow, flow_look *look);

/* ---- lists ---- */

enum flow_which { FLOW_WHICH_OPEN, FLOW_WHICH_CLOSED, FLOW_WHICH_ALL };
enum { FLOW_LIST_MAX = 200 };
struct flow_filter {
    const struct definition *kind; /* NULL: all */
    bool is_request;               /* requests of persons only */
    str state, desk;               /* empty: all */
    unsigned sides;                /* 0: all */
    enum flow_which which;
    size_t max;
    int64_t after_order; /* go on behind this place; INT64_MIN: from the start */
    uint64_t after_number;
};
/* Most urgent first. Cost: the tickets of the actor's country. */
enum err flow_list(struct flow *flow, const struct actor *actor, const struct flow_filter *filter,
                   struct arena *arena, struct flow_brief **ret, size_t *ret_count,
                   bool *ret_more) MUST_USE;
/*
 * The highest `news` of the tickets this actor sees. *looked holds what was there at the last look
 * (0: none); while nothing came to their country's tickets since, 0 is given and it costs nothing.
 */
uint64_t flow_news(struct flow *flow, const struct actor *actor, uint64_t *looked);

struct flow_figures {
    str country;
    uint64_t asked, open, answered, confirmed, not_confirmed, refused, late, outcomes, wrong;
    int64_t median_answer_us; /* 0: none */
};
/*
 * Of the tickets the actor sees that were opened in [from, to), without test records; by owner or
 * by asker.
 */
enum err flow_figures(struct flow *flow, const struct actor *actor, enum party by, int64_t from_us,
                      int64_t to_us, struct arena *arena, struct flow_figures **ret,
                      size_t *ret_count) MUST_USE;

struct flow_score { /* of the tickets of one owner opened in one month, whoever asked */
    int year, month;
    struct flow_figures figures; /* the median to within a fifth */
};
/*
 * The scorecard of the months of [from, to], newest first: the hub's is of all owners, a country's
 * of itself. Cost: its rows; no ticket is looked at.
 */
enum err flow_scorecard(struct flow *flow, const struct actor *actor, int64_t from_us,
                        int64_t to_us, struct arena *arena, struct flow_score **ret,
                        size_t *ret_count) MUST_USE;

/* Every ticket, whoever may see it: for figures that tell of none. */
struct flow_counted {
    const struct definition *definition;
    const struct record *record;
    const struct life_state *state;
    struct flow_party asker, owner;
    int64_t opened_us;
    unsigned late[PARTY_COUNT]; /* clocks run out, by whose */
    bool is_test, is_false;
    const int64_t *at_us; /* by state: when it was first reached; 0: not */
};
typedef enum err flow_visit(void *context, const struct flow_counted *ticket);
enum err flow_each(struct flow *flow, flow_visit *visit, void *context) MUST_USE;

/* ---- who is told ---- */

/* Holds nothing of a person: offices, ids of tickets, words of definitions. */
struct flow_told {
    struct record_id id;
    uint64_t seq; /* of the change it tells of, from which it can be told again; 0: of none */
    str kind;     /* the definition's name */
    str what;     /* told: it was moved; alarm; clock: it ran out; limit: time held is over */
    str state, step, profile;
    struct flow_party to;
    str person; /* officer, for deputy and head; empty: the desk */
    unsigned level;
    int64_t due_us, time_us;
    bool is_again; /* an alarm that has rung before */
};
typedef void flow_tell(void *context, const struct flow_told *told);
/*
 * Called when the change is durable, on the store's publishing thread, and for alarms on the one
 * that ticked; must not wait. Set before flow_start.
 */
void flow_on_told(struct flow *flow, flow_tell *tell, void *context);

/*
 * What rings outside: a command of the operator's, with the facts in its environment (docs/API.md,
 * "Alarms"); the webhooks of system/webhook.yaml, signed by the node's key; letters to the
 * mailboxes of system/mailbox.yaml. All are tried again for a day, after a restart too: what was
 * not taken is noted in the store, and what it said is read again from the change that it tells of.
 * They hold nothing of a person.
 */
struct flow_alarms;
struct flow_alarm_options {
    const char *command; /* an absolute path; NULL: none */
    const char *mail;    /* the file that names the mail server, of mode 0600; NULL: none */
    struct signing_key key;
};
enum err flow_alarms_start(struct flow *flow, const struct flow_alarm_options *options,
                           struct flow_alarms **ret) MUST_USE;
void flow_alarms_stop(struct flow_alarms *alarms); /* after flow_stop */
struct flow_alarm_stats {
    uint64_t delivered, failed, given_up, waiting;
};
void flow_alarm_stats(struct flow_alarms *alarms, struct flow_alarm_stats *ret);

/* ---- time ---- */

/* Runs what is due at `now`; gives when to come back (INT64_MAX: nothing waits). */
int64_t flow_tick(struct flow *flow, int64_t now_us);
enum err flow_start(struct flow *flow) MUST_USE;
void flow_stop(struct flow *flow);
struct flow_stats {
    uint64_t tickets, open, timers, fired, failed;
};
void flow_stats(struct flow *flow, struct flow_stats *ret);

/* ---- offices ---- */

struct flow_office {
    struct record_id record;
    str unit, country, title, telephone, hours, deputy, head;
    const str *languages;
    size_t language_count;
    str duty_officer, duty_telephone;
    bool is_bureau;        /* takes what is for the country and no unit of it */
    int64_t duty_until_us; /* 0: nobody is known to be on duty */
};
/* Empty unit: all; empty country: of all. By unit. */
enum err flow_offices(struct flow *flow, str unit, str country, struct arena *arena,
                      struct flow_office **ret, size_t *ret_count) MUST_USE;

/* ---- what the node itself tells an office ---- */

struct flow_hit { /* a silent one: no person, no unit, no minute */
    struct record_id record;
    const struct definition *database;
    struct flow_party owner; /* of the record */
    str country, purpose, day;
    bool is_test;
};
/*
 * Opens a ticket of the owner's office, unless one of the same record, country, purpose and day is
 * there; none where no kind of ticket is declared for that. Waits for the disk. *ret_days: on how
 * many days within `within_us` its owner was told of this record, this one included.
 */
enum err flow_notify(struct flow *flow, const struct flow_hit *hit, int64_t within_us,
                     unsigned *ret_days) MUST_USE;

/* ---- a desk handed over ---- */

enum { FLOW_DESK_MAX = 1000 };
struct flow_handed { /* an open ticket of a desk */
    struct flow_brief brief;
    str taker;                /* who has it in hand; empty: nobody in particular */
    bool is_urgent, is_since; /* urgent: not left without a taker; since: the last handover */
};
struct flow_handover {
    struct record_id id; /* number 0: none */
    uint32_t version;
    str left_by, taken_by, note, taken_note, digest;
    int64_t left_us, taken_us; /* taken 0: nobody has taken over yet */
};
struct flow_desk {
    struct flow_party desk;
    struct flow_handed *tickets; /* most urgent first */
    size_t count;
    bool has_more;
    str digest; /* of the list: its tickets, and which of them are urgent */
    struct flow_handover last;
};
/* The actor's own desk. ERR_DENIED for who works at none. */
enum err flow_desk_list(struct flow *flow, const struct actor *actor, struct arena *arena,
                        struct flow_desk *ret) MUST_USE;
struct flow_taker {
    struct record_id ticket;
    str officer; /* of the desk: the caller has looked */
};
struct flow_signature {
    struct record_id id; /* the handover taken over; number 0: this officer leaves */
    uint32_t version;    /* of it */
    str digest, note;    /* digest: of the list that was seen, in a handover its own */
    const struct flow_taker *takers;
    size_t taker_count;
};
/*
 * Signs, as the leaving or the coming officer. ERR_CONFLICT names the urgent tickets that nobody
 * takes; ERR_STALE when the list is another than the one seen.
 */
enum err flow_hand_over(struct flow *flow, const struct actor *actor,
                        const struct flow_signature *signature, struct arena *arena,
                        struct flow_desk *ret) MUST_USE;
/* Who of the actor's desk has this ticket in hand; empty: nobody in particular. */
str flow_taker(struct flow *flow, const struct actor *actor, uint64_t number, struct arena *arena);

/* ---- not this person ---- */

/* The key that signs clearance slips; before the first move. Without one there are no slips. */
void flow_sign_with(struct flow *flow, const struct node_key *key);
void flow_slip_key(const struct flow *flow, struct buf *out); /* what a verifier needs, one line */
struct flow_slip {
    bool is_good;     /* signed by the key, unchanged */
    bool is_over;     /* the document has ended */
    bool is_asked;    /* a document was presented with it: */
    bool is_document; /* it is the one of the slip */
    struct flow_party by;
    int64_t issued_us;
    struct day until;
    struct record_id alert;
};
/*
 * Is this slip good, for this document? key: of another node ("name+id+base64"); empty: this
 * node's. A document takes a tenth of a second. ERR_SYNTAX when it is no slip.
 */
enum err flow_check_slip(const struct flow *flow, str slip, str key, str document, str issuer,
                         struct arena *arena, struct flow_slip *ret) MUST_USE;
/*
 * Has the holder of this document been found not to be the one of this alert? Compares keyed
 * hashes bound to the alert: a document cleared of one says nothing about another.
 */
bool flow_is_cleared(struct flow *flow, struct record_id alert, str document_norm, str issuer,
                     struct flow_clearance *ret, struct arena *arena);

#endif
