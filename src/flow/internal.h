/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this module share. A ticket has two forms:
 *
 *   progress   the block "flow" of its body: all that is true of it; read and written whole
 *   entry      what memory holds of it: enough to find, order and time it without reading it
 *
 *   body   {"envelope":{...},"fields":{...},"flow":{...}}
 *
 * Entries stand in one array that only grows; shelves (one per country and another for what is
 * closed) and the heap of timers name them by place. All of it under one lock, which nobody holds
 * while the store is read or written.
 */
#ifndef FLOW_INTERNAL_H
#define FLOW_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "flow/flow.h"

enum { NO_PLACE = UINT32_MAX };
/* The shelves of an entry: of its asker's country, its owner's if that is another, the hub. */
enum { SHELF_ASKER, SHELF_OWNER, SHELF_HUB, SHELF_COUNT };

/* ---- progress.c: the durable form ---- */

struct progress {
    uint8_t state;
    int64_t at_us[LIFE_STATE_MAX]; /* when each was first reached; 0: not yet */
    int64_t since_us;              /* in this state */
    struct flow_party asker, owner;
    struct record_id subject;
    str database, receipt;
    bool is_test, is_hub, is_false;
    uint32_t moved;   /* the version of the last move: what an officer must have seen */
    unsigned level;   /* how often the clock of this state has run out */
    int64_t clock_us; /* it runs from here; 0: none */
    str profile;
    int64_t held_us;            /* since when, for the limit; 0: not */
    unsigned late[PARTY_COUNT]; /* clocks run out, by whose */
    bool is_limit_told;
    /* the last step */
    str what, officer, step;
    unsigned tells; /* bits: parties who are told of it */
    struct flow_party by;
    /* a move that waits for a second officer */
    uint8_t waiting_to;
    str officers[LIFE_STATE_MAX]; /* who moved it there, of states that a move stands `apart:` of */
    str waiting_officer;
    struct flow_party waiting_by;
    int64_t waiting_us;
    const struct node *waiting_fields;
};
enum err progress_read(const struct life *life, const struct node *node, struct arena *arena,
                       struct progress *ret) MUST_USE;
void progress_write(const struct life *life, const struct progress *progress, struct buf *out);
/* Into another state at `now`: the only place where a state changes. */
void progress_enter(const struct life *life, struct progress *progress, uint8_t state,
                    int64_t now_us);
const struct code *progress_profile(const struct life *life, const struct progress *progress);
/* 0: no clock runs, or it has done all it does. */
int64_t progress_due(const struct life *life, const struct progress *progress);
int64_t progress_limit(const struct life *life, const struct progress *progress,
                       struct flow_limit *ret);

/* ---- entries ---- */

struct entry {
    uint64_t number, subject;
    uint32_t subject_home;
    uint32_t version;
    uint64_t news;
    int64_t opened_us, since_us, due_us, limit_us, alarm_us; /* 0: none */
    int64_t wake_us;   /* the next of these; INT64_MAX: none */
    int64_t answer_us; /* how long the first answer took; 0: none yet */
    uint32_t asker_country, asker_unit, owner_country, owner_unit, database; /* of names */
    uint32_t shelf_at[SHELF_COUNT]; /* place in each; NO_PLACE: not there */
    uint32_t heap_at;               /* NO_PLACE: no timer */
    uint16_t definition;
    uint16_t profile; /* number in the list plus 1; 0: none */
    uint8_t state, level, answer, waiting_to;
    bool is_test, is_hub, is_false, is_open, is_late, is_outcome, is_gone, is_request;
    bool is_rung; /* since it came into this state, or the node started */
};

/* names.c: texts that come again and again, as numbers */
struct names {
    struct arena arena;
    str *items;
    uint32_t *slots;
    uint32_t count, max, slot_count;
};
enum err names_put(struct names *names, str text, uint32_t *ret) MUST_USE;
uint32_t names_find(const struct names *names, str text); /* NO_PLACE */
static inline str names_get(const struct names *names, uint32_t number)
{
    return number < names->count ? names->items[number] : STR_EMPTY;
}
void names_release(struct names *names);

struct shelf { /* places of entries, in no order */
    uint32_t *items;
    size_t count, max;
    uint64_t news; /* of the newest change on it */
};
struct shelves { /* of one country */
    struct shelf open, closed;
};

struct flow_teller {
    flow_tell *tell;
    void *context;
};

struct flow {
    const struct catalog *catalog;
    struct store *store;
    uint32_t home;
    pthread_rwlock_t lock;
    struct names names;
    struct entry *entries;
    uint32_t count, max;
    uint32_t *slots; /* number -> place + 1 */
    uint32_t slot_count;
    struct shelves *shelves; /* by number of the country's name */
    uint32_t shelf_count;
    struct shelves hub;
    uint32_t *heap;
    uint32_t heap_count, heap_max;
    uint64_t news, first_news;
    _Atomic uint64_t followed; /* changes taken up, and told of */
    /* offices, clearances: office.c, clearance.c */
    struct holding *offices, *webhooks, *mailboxes;
    struct clearances *clearances;
    struct desks *desks;   /* handover.c */
    struct causes *causes; /* raise.c */
    struct scores *scores; /* score.c */
    /* slip.c */
    struct node_key key;
    char key_name[64];
    bool has_key;
    struct flow_teller teller; /* tell NULL: nobody listens */
    flow_do *doing;
    flow_did *did;
    flow_look *look;
    void *doing_context;
    /* the thread */
    pthread_t thread;
    pthread_mutex_t mutex; /* of the three below */
    pthread_cond_t changed;
    bool is_started, is_stopping, is_hurried;
    _Atomic uint64_t fired, failed;
};

/* view.c: memory kept true. Takes the lock itself. */
enum err view_take(struct flow *flow, const struct stored *stored, bool is_told) MUST_USE;
/* What it tells is told again; of no ticket, nothing. */
enum err view_tell(struct flow *flow, const struct stored *stored,
                   const struct flow_teller *teller) MUST_USE;
enum err view_fill(struct flow *flow) MUST_USE;                    /* at open, of all records */
struct entry *view_find(const struct flow *flow, uint64_t number); /* NULL; lock held */
const struct definition *view_definition(const struct flow *flow, const struct entry *entry);
void view_free(struct flow *flow);

/* heap.c: by wake_us; lock held for writing */
enum err heap_reserve(struct flow *flow) MUST_USE; /* room for one more */
void heap_set(struct flow *flow, uint32_t place);  /* after wake_us changed */
void entry_wake(struct flow *flow, struct entry *entry);

/* list.c */
/* An actor, in the numbers of this module. Lock held, as long as it is used. */
struct onlooker {
    uint32_t country, unit;
    bool is_bureau, is_desk, is_auditor, is_hub, is_protection;
};
struct onlooker onlooker_of(const struct flow *flow, const struct actor *actor);
/* What they are to it; 0: it does not exist for them. */
unsigned entry_sides(const struct onlooker *onlooker, const struct entry *entry);
/* Its texts live as long as the flow. Lock held. */
void entry_brief(const struct flow *flow, const struct entry *entry, unsigned sides,
                 struct flow_brief *ret);
/* The shelves of one of its three places. */
struct shelves *entry_shelves(struct flow *flow, const struct entry *entry, int which);

/* ticket.c: one ticket in full, before and after a change */
struct ticket {
    struct stored stored;
    struct record record;
    const struct node *body;
    const struct definition *definition;
    const struct life *life;
    const struct node *source; /* what raised it, while it is opened */
    struct progress progress;
};
enum err ticket_load(struct flow *flow, uint64_t number, struct arena *arena,
                     struct ticket *ret) MUST_USE;
enum err ticket_parse(struct flow *flow, const struct stored *stored, struct arena *arena,
                      struct ticket *ret) MUST_USE;
/* What the program keeps of fields for itself: profile, held_us, is_false. */
void ticket_derive(struct ticket *ticket);
/* The bytes to store. */
enum err ticket_write(struct flow *flow, const struct ticket *ticket, struct buf *out) MUST_USE;
/* The change that stores them; `out` must live until it is committed. */
struct change ticket_change(const struct ticket *ticket, const struct buf *out, str actor);
enum err ticket_show(struct flow *flow, const struct actor *actor, unsigned sides, uint64_t number,
                     struct arena *arena, struct flow_ticket *ret) MUST_USE;

/* move.c */
bool move_is_open_to(const struct life_move *move, const struct actor *actor, unsigned sides);
/* Opens a ticket that nobody asked for; `source`: what its opening move takes values from. */
enum err move_raise(struct flow *flow, const struct flow_question *question,
                    const struct node *source, struct arena *arena) MUST_USE;
/* Into the state in which what raised it is over; OK when it cannot go there from where it is. */
enum err move_over(struct flow *flow, uint64_t number) MUST_USE;
/* Does the node make this move as soon as the ticket is in this state? */
bool move_is_nodes(const struct life *life, const struct life_move *move, uint8_t state);
/* Moves that the node makes by itself, until there is none. */
enum err move_by_node(struct flow *flow, uint64_t number) MUST_USE;

/* handover.c: the last handover of each desk */
enum err desks_open(struct flow *flow) MUST_USE;
void desks_free(struct flow *flow);
enum err desks_take(struct flow *flow, const struct stored *stored) MUST_USE;

/* raise.c: what offices must know of, from records of other parts of the node */
struct causes;
enum err causes_open(struct flow *flow) MUST_USE;
void causes_free(struct flow *flow);
enum err causes_take(struct flow *flow, const struct stored *stored) MUST_USE;
void causes_raise(struct flow *flow); /* what waits; commits */

/* score.c: what an entry adds to the scorecard, or no more; lock held for writing */
enum err scores_open(struct flow *flow) MUST_USE;
void scores_free(struct flow *flow);
enum err score_entry(struct flow *flow, const struct entry *entry, bool is_less) MUST_USE;

/* achieved.c: false: there is nothing to be changed */
bool achieved_make(struct flow *flow, struct record_id subject, struct arena *arena,
                   struct change *ret);

/* told.c: what a version of a ticket tells whom; the same when it is read again */
void tell_version(struct flow *flow, const struct stored *stored,
                  const struct definition *definition, const struct progress *progress,
                  const struct flow_teller *teller);
/* It rings, or rings again. */
void tell_alarm(struct flow *flow, const struct entry *entry, bool is_again, int64_t now_us);
/* The officer of a step; empty: nobody is named. */
str office_person(struct flow *flow, str unit, enum life_step step, struct arena *arena);

/* held.c: views of a few thousand records each; `lock` for reading while items are looked at */
enum { HELD_MAX = 100000 };
struct held { /* the head of every item */
    uint64_t number;
    uint32_t version;
    int64_t time_us;
    str owner;
    struct arena arena;
};
/* fields live as long as the item */
typedef enum err read_held(struct flow *flow, const struct node *fields, struct held *ret);
struct holding {
    pthread_rwlock_t lock;
    const char *definition;
    size_t item_size;
    read_held *read;
    bool is_filling;
    struct held **items;
    size_t count, max;
};
enum err holding_open(struct flow *flow, const char *definition, size_t item_size, read_held *read,
                      struct holding **ret) MUST_USE;
void holding_free(struct holding *holding);
/* A stored version of this definition; others are passed over. */
enum err holding_take(struct flow *flow, struct holding *holding,
                      const struct stored *stored) MUST_USE;
/* A text, or a list of them. */
enum err held_texts(const struct node *node, struct arena *arena, const str **ret,
                    size_t *ret_count) MUST_USE;

/* office.c, clearance.c */
enum err offices_open(struct flow *flow) MUST_USE;
enum err clearances_open(struct flow *flow) MUST_USE;
void clearances_free(struct flow *flow);
/* A stored version of theirs; others are passed over. */
enum err clearances_take(struct flow *flow, const struct stored *stored) MUST_USE;
struct slip {
    struct flow_party by;
    struct record_id alert;
    str issuer, number; /* canonical; empty: no document was given */
    struct day until;
};
/* The record that notes it, ready to be committed with the move, and what a slip says of it. */
enum err clearance_make(struct flow *flow, const struct ticket *ticket, const struct actor *actor,
                        const struct node *given, struct arena *arena, struct change *ret,
                        struct slip *ret_slip) MUST_USE;
/* slip.c; *ret empty when this node has no key */
enum err slip_make(struct flow *flow, const struct slip *slip, struct arena *arena,
                   str *ret) MUST_USE;
enum err clearances_of(struct flow *flow, struct record_id alert, struct arena *arena,
                       struct flow_clearance **ret, size_t *ret_count) MUST_USE;

/* address.c: where to tell; each visit under a lock, quick */
enum alarm_channel { CHANNEL_COMMAND, CHANNEL_WEBHOOK, CHANNEL_MAIL, CHANNEL_COUNT };
struct address {
    struct held held;
    enum alarm_channel channel;
    str unit, officer, target;
    bool is_hub;
    const str *words;
    size_t word_count;
};
enum err addresses_open(struct flow *flow) MUST_USE;
typedef void visit_address(void *context, const struct address *address,
                           const struct flow_told *told);
void addresses_for(struct flow *flow, const struct flow_told *told, visit_address *visit,
                   void *context);

/* carrier.c: things to deliver, each until it is taken; one thread */
struct carrier;
struct parcel { /* made by parcel_new; the carrier frees it */
    struct parcel *next;
    struct arena arena;
    uint64_t address; /* parcels to one that does not answer wait together */
    uint64_t seq;     /* of the change that it tells of; 0: of the moment */
    char id[40];
    int64_t next_us; /* monotonic */
    int64_t time_us; /* of what it tells: after a day it is given up */
    unsigned tries;
    str target, body;
    char **environment; /* of a command */
};
typedef enum err deliver_parcel(void *context, const struct parcel *parcel);
/* Something was delivered, given up, or a minute has passed. On the carrier's thread. */
typedef void carrier_settled(void *context);
struct carrying {
    const char *name; /* of the thread */
    deliver_parcel *deliver;
    carrier_settled *settled; /* NULL: nobody */
    void *context;
};
struct parcel *parcel_new(void);
void parcel_free(struct parcel *parcel);
enum err carrier_start(const struct carrying *carrying, struct carrier **ret) MUST_USE;
void carrier_halt(struct carrier *carrier); /* ends its thread; what is left stays to be listed */
void carrier_free(struct carrier *carrier); /* what is left is dropped */
/* false: it is full, and the parcel not taken. */
bool carrier_take(struct carrier *carrier, struct parcel *parcel);
bool carrier_has_room(struct carrier *carrier); /* for half of what it holds at most */
typedef void visit_parcel(void *context, const struct parcel *parcel);
void carrier_each(struct carrier *carrier, visit_parcel *visit, void *context);
void carrier_stats(struct carrier *carrier, struct flow_alarm_stats *add);

/* ring.c, post.c, letter.c: one parcel by each channel */
enum err ring_fill(struct parcel *parcel, const struct flow_told *told) MUST_USE;
enum err ring_deliver(const char *command, const struct parcel *parcel) MUST_USE;
enum err post_fill(struct parcel *parcel, const struct flow_told *told) MUST_USE;
enum err post_deliver(const struct signing_key *key, const struct parcel *parcel) MUST_USE;
struct letter_server { /* who carries letters; texts live in arena */
    struct arena arena;
    str url, from, user, password;
    bool is_there;
};
/* A file of 0600: {server: smtps://..., from: ..., user: ..., password: ...} */
enum err letter_server_read(const char *path, struct letter_server *ret) MUST_USE;
void letter_server_release(struct letter_server *server);
enum err letter_fill(struct parcel *parcel, const struct flow_told *told) MUST_USE;
enum err letter_deliver(const struct letter_server *server, const struct parcel *parcel) MUST_USE;

/* tick.c */
void flow_hurry(struct flow *flow); /* the thread looks again */

#endif
