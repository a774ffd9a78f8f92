/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `life:` block of a definition: which states a thing passes through, who may move it and with
 * what, which clocks run meanwhile and what happens when one runs out. Declared here, parsed by
 * life.c, carried out by src/flow; nothing in the program knows a state's name.
 *
 *   life:
 *     states: {asked: {}, done: {answer: confirmed}, over: {end: yes}}
 *     moves:
 *       - {to: asked, who: asker, requires: [why]}               # no `from`: opens
 *       - {from: asked, to: done, who: {owner: [investigator]}, tells: [asker]}
 *       - {from: done, to: over, who: asker}
 *     clocks:
 *       reply: {in: [asked], profile: routine, for: owner, then: [ask-again, deputy, head, hub]}
 *
 * A life may be that of a person's request about what is held of them (`request:`): it has no
 * record at first, its moves do something to the records it comes to be about (`does:`), and some
 * are made by another officer than the one who led there (`apart:`).
 */
#ifndef MODEL_LIFE_H
#define MODEL_LIFE_H

#include "model/model.h"

enum { LIFE_STATE_MAX = 32, LIFE_MOVE_MAX = 64, LIFE_CLOCK_MAX = 8, LIFE_STEP_MAX = 8 };
enum { LIFE_NONE = 255, LIFE_FIELDS_MAX = 32 };

/* Who is who: the one who asks, the one whose record it is, the hub, and the node by itself. */
enum party { PARTY_ASKER, PARTY_OWNER, PARTY_HUB, PARTY_NODE, PARTY_COUNT };
/* What reaching a state says to whoever counts. */
enum life_answer { ANSWER_NONE, ANSWER_CONFIRMED, ANSWER_NOT_CONFIRMED, ANSWER_REFUSED };
/* What is done when a clock has run out. */
enum life_step { STEP_ASK_AGAIN, STEP_DEPUTY, STEP_HEAD, STEP_HUB, STEP_COUNT };

/* What a move of a person's request does to the records it is about; src/rights carries it out. */
enum life_effect {
    DOES_NOTHING,
    DOES_ASSIGN,   /* the records named become its subject, their owner the one who decides */
    DOES_BLOCK,    /* they are held, and shown to those who decide only */
    DOES_RELEASE,  /* a block ends */
    DOES_DISCLOSE, /* and they are told to the person */
    DOES_DELETE,   /* they are deleted, with certificates */
    DOES_CORRECT,  /* the corrected body is their new version */
};

struct life_state {
    str name;
    str title[LANGUAGE_COUNT];
    enum life_answer answer;
    bool is_end;
    bool is_alarm; /* sounds until the state is left */
    uint8_t clock; /* place in life->clocks, or LIFE_NONE */
};

enum life_set_kind { SET_TEXT, SET_NOW, SET_OFFICER, SET_UNIT, SET_SOURCE };
struct life_set {
    const struct field *field;
    enum life_set_kind kind;
    str text; /* of SET_TEXT; of SET_SOURCE: the name in what raised it */
};

struct life_who {
    bool may;
    const str *roles;  /* of codes/audiences.csv */
    size_t role_count; /* 0: every role */
};

struct life_move {
    uint32_t from; /* bit = state; 0: the move that opens */
    uint8_t to;
    str title[LANGUAGE_COUNT];
    struct life_who who[PARTY_COUNT];
    const struct field *const *requires, *const *takes; /* must, may be given with it */
    size_t require_count, take_count;
    const struct life_set *sets;
    size_t set_count;
    bool tells[PARTY_COUNT];
    bool is_four_eyes; /* asked for by one officer, made by another */
    bool is_clearance; /* may note that it was another person */
    enum life_effect effect;
    uint8_t apart; /* not by the officer who moved it into this state; or LIFE_NONE */
};

struct life_clock {
    str name;
    str title[LANGUAGE_COUNT];
    uint32_t in; /* bit = state; it runs from entering the first of them until leaving the last */
    const struct code *profile;          /* NULL: the field says it */
    const struct field *profile_field;   /* a code of the same list */
    const struct code *again;            /* once it has run out; NULL: the same */
    enum party side;                     /* whose clock it is */
    enum life_step steps[LIFE_STEP_MAX]; /* the n-th time it runs out */
    size_t step_count;
};

/* A limit that the law of one side's country sets, counted from a moment that a field holds. */
struct life_limit {
    str title[LANGUAGE_COUNT], say[LANGUAGE_COUNT]; /* say: when it is over */
    const struct field *since;
    const struct code_list *list; /* by country: `after`, `source`; no row, no limit */
    enum party side;
    uint32_t met; /* states after which it does not count any more */
};

/*
 * Found, arrested, returned: what the record was entered for is done. The field's code says so in a
 * column of its list; only of a ticket whose owner has confirmed that the record is current.
 */
struct life_achieved {
    const struct field *field;
    str column;     /* "yes" there */
    uint32_t after; /* states of which one must have been passed; 0: none */
};

/* What a person may ask about what is held of them. */
enum life_right { RIGHT_TO_ACCESS, RIGHT_TO_CORRECTION, RIGHT_TO_DELETION, RIGHT_COUNT };
struct life_request {
    enum life_right right;
    const struct field *about;          /* ids of the records */
    const struct field *some;           /* those of them that are deleted; NULL, or empty: all */
    const struct field *proposal;       /* the corrected fields, as JSON; NULL: none */
    const struct field *left_out;       /* titles or paths of fields the person is not told; NULL */
    const struct field *const *because; /* codes that say why not, as the person is told */
    size_t because_count;
    const struct rule *withheld; /* when it holds the answer neither confirms nor denies */
};

/*
 * A ticket that the node itself opens, because an office must know of something: access taken in an
 * emergency, reviews that come, a silent hit. There is nobody who asks.
 */
enum life_cause { CAUSE_EMERGENCY, CAUSE_REVIEW, CAUSE_HIT, CAUSE_CREDENTIAL, CAUSE_COUNT };
struct life_raised {
    enum life_cause by;
    uint8_t over; /* the node moves it there when what raised it is over; LIFE_NONE */
};

struct life {
    const struct life_state *states;
    size_t state_count;
    const struct life_move *moves; /* the first opens */
    size_t move_count;
    const struct life_clock *clocks;
    size_t clock_count;
    const struct code_list *profiles;     /* codes/clocks.csv */
    const struct life_limit *limit;       /* NULL: none */
    const struct rule *is_false;          /* NULL: none; when it holds the alert was wrong */
    const struct life_achieved *achieved; /* NULL: none; when it holds, so does `achieved_on` */
    const struct life_request *request;   /* NULL: it is between offices alone */
    const struct life_raised *raised;     /* NULL: an officer opens it */
    uint32_t apart;                       /* states of which it is kept who led there */
};

const char *party_word(enum party party);           /* "asker" ... */
const char *life_step_word(enum life_step step);    /* "ask-again" ... */
const char *life_cause_word(enum life_cause cause); /* "emergency" ... */
bool life_has_answers(const struct life *life);     /* does its owner confirm anything? */
const char *life_answer_word(enum life_answer answer);
const char *life_right_word(enum life_right right); /* "access" ... */
const char *life_effect_word(enum life_effect effect);
bool life_step_parse(str word, enum life_step *ret);
uint8_t life_state_find(const struct life *life, str name); /* LIFE_NONE */
/* "90s", "10min", "12h", "3d"; false for anything else, and for nothing. */
bool life_period(str text, int64_t *ret_us);
/* How long a clock of this profile runs; 0 when the profile has none. */
int64_t life_profile_us(const struct life *life, const struct code *profile);
/* How often an alarm sounds again; 0: once only. */
int64_t life_alarm_us(const struct life *life, const struct code *profile);
bool life_is_false(const struct life *life, const struct record *record);
/* passed: bit = state */
bool life_is_achieved(const struct life *life, const struct record *record, uint32_t passed);
/* Of a request: does its answer neither confirm nor deny that something is held? */
bool life_is_withheld(const struct life *life, const struct record *record);
/* In words, for the manual page. */
void life_describe(const struct life *life, struct buf *out);

#endif
