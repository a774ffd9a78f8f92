/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search: query -> candidates -> compared, explained, opened, audited hits, over all databases at
 * once.
 *
 *   struct search_request r = {.text = S("L898902C3"), ...};
 *   struct search_plan *plan;
 *   TRY(search_plan(engine, &actor, &r, arena, &plan)); // what was understood
 *   TRY(search_run(plan, &answer));                     // may read the store
 *
 * search_plan never blocks. search_run blocks on the store only when there are candidates;
 * search_is_light() says whether a plan needs exact keys alone, so that a network loop may run it
 * in place. The audit entry is the caller's next step (search_audit_entry fills it): no answer
 * leaves before it is durable.
 */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H

#include "audit/audit.h"
#include "index/index.h"

enum verdict {
    VERDICT_NOTHING_FOUND,
    VERDICT_MATCH,
    VERDICT_POSSIBLE,
    VERDICT_READ_AGAIN,
    VERDICT_NO_ANSWER
};
const char *verdict_word(enum verdict verdict); /* "nothing-found" ... */
enum database_result { RESULT_NO_HIT, RESULT_HIT, RESULT_TOO_MANY, RESULT_NO_ANSWER };
const char *database_result_word(enum database_result result);
enum similar { SIMILAR_AUTO, SIMILAR_YES, SIMILAR_NO };
enum band { BAND_NONE, BAND_POSSIBLE, BAND_HIT };

struct query_value {  /* one (meaning, value) asked */
    uint16_t meaning; /* 0: any field of the value's type */
    struct value value;
};
struct search_reading { /* one way to understand the line of text: a chip */
    struct reading reading;
    struct query_value *values;
    size_t count;
    bool is_on;
};
struct search_request {
    str text;                     /* one line, or two/three MRZ lines; "" when only fields */
    const struct node *fields;    /* map meaning -> text (or list of texts) */
    const struct node *databases; /* list of names; NULL: all the actor may search */
    const struct node *off;       /* list of reading types switched off */
    enum similar similar;
    uint32_t limit, offset; /* hits per answer; default 5, at most 100 */
    str id; /* client's query id: a repeat gives the same answer and one audit entry */
};

/* "Checked, not this person": who said so, when. */
struct search_cleared {
    int64_t time_us;
    str country, unit;
};
struct why { /* one line of the explanation: a bar of evidence */
    str meaning;
    str asked, held; /* printed values, through the view: what the actor may not see is not here */
    enum agreement agreement;
    double bits; /* 0 for definitions without evidence block */
    str words;
};
struct hit {
    struct view view;
    enum band band;
    double bits;
    double namesakes;   /* expected by chance; < 0: does not apply */
    double probability; /* calibrated, 0..1; < 0: none */
    const struct why *why;
    size_t why_count;
    bool is_similar; /* a "similar number", shown apart */
    double expected_by_chance;
    const struct search_cleared *cleared; /* this document's holder is another; NULL: not said */
};
struct database_answer {
    const struct definition *definition;
    enum database_result result;
    uint32_t hit_count;
    str reason; /* for TOO MANY (what would narrow it) and NO ANSWER */
};
struct search_answer {
    enum verdict verdict;
    const struct search_reading *readings;
    size_t reading_count;
    const struct database_answer *databases;
    size_t database_count;
    const struct hit *hits; /* best first */
    size_t hit_count, total_count;
    const struct hit *similar;
    size_t similar_count;
    str similar_reason; /* not all are there: why, and what would narrow it */
    str advice;   /* READ AGAIN: which character, which line; what to add where there is too much */
    str repaired; /* the text as it may have been meant: a misread character, another keyboard */
    str keyboard; /* the layout under which it was typed, where that is what explains it */
    str receipt;  /* the caller's, from the audit log, before printing */
    uint64_t feed_seq;
    int64_t as_of_us;
    uint32_t took_us; /* the caller's, who knows when the request came */
    bool is_proven;
    bool is_brief;          /* the caller's, before printing: the short form, for weak lines */
    const str *no_hits;     /* the engine's: rows that are printed over and over */
    const str *all_no_hits; /* and those of all databases asked, by language; may be NULL */
};

struct search_engine;
struct search_plan;
enum err search_open(const struct catalog *catalog, struct store *store, struct index *index,
                     struct policy_classes *classes, struct search_engine **ret) MUST_USE;
void search_close(struct search_engine *engine);
/*
 * Asked for a hit that was found by more than the number of a document, when a document was
 * presented: has its holder been found not to be the one of this alert? A hit so lowered is at most
 * "possible", and says who checked. Wired by cmd, before the first search.
 */
typedef bool search_is_cleared(void *context, struct record_id alert, str document_number,
                               str issuer, struct arena *arena, struct search_cleared *ret);
void search_on_cleared(struct search_engine *engine, search_is_cleared *is_cleared, void *context);

/*
 * Rarity of names comes from a frozen table (learn.c): the shipped one, until another was learned,
 * looked at and taken into service. Files in DIR: names.tsv serves, names-candidate.tsv waits.
 */
struct frequencies;
typedef enum err learn_progress(void *context, uint64_t done, uint64_t total);
/* At opening: DIR/names.tsv, when it is there. After ERR_DAMAGED, ERR_VERSION the shipped one
 * serves. */
enum err search_load_frequencies(struct search_engine *engine, const char *directory) MUST_USE;
const struct frequencies *search_frequencies(const struct search_engine *engine);
/* Counts the names of all records into a candidate; about 15 microseconds a record. */
enum err search_learn(struct search_engine *engine, const char *directory, learn_progress *progress,
                      void *context) MUST_USE;
/* JSON: facts of the serving table and of the candidate, and the largest changes. */
enum err search_show_learned(const struct search_engine *engine, const char *directory,
                             struct buf *out) MUST_USE;
enum err search_use_learned(struct search_engine *engine, const char *directory) MUST_USE;
/* Removes both files; the shipped table serves. */
enum err search_forget_learned(struct search_engine *engine, const char *directory) MUST_USE;
/*
 * What the request's line of text could be, without the reading types it switches off: reads no
 * record, needs no purpose. Numbers without a country are read as those of the actor's.
 */
enum err search_recognise(const struct search_engine *engine, const struct actor *actor,
                          const struct search_request *request, struct arena *arena,
                          const struct search_reading **ret, size_t *ret_count) MUST_USE;
/*
 * The text as it may have been meant, "" when nothing explains it: check digits that do not agree
 * must agree in it. *ret_keyboard is the layout it was typed under, where that is the reason.
 */
str search_repair(const struct search_engine *engine, str text,
                  const struct search_reading *readings, size_t count, struct arena *arena,
                  str *ret_keyboard);
/*
 * ERR_DENIED, ERR_UNKNOWN (a database, a meaning), ERR_BAD_VALUE (a field), ERR_MISSING (nothing to
 * search by), ERR_LIMIT. The plan and its answer live in the arena; actor and request must outlive
 * them.
 */
enum err search_plan(struct search_engine *engine, const struct actor *actor,
                     const struct search_request *request, struct arena *arena,
                     struct search_plan **ret) MUST_USE;
bool search_is_light(const struct search_plan *plan);
/*
 * Asks memory for what the plan will look up, and waits for nothing: for who makes several plans
 * before the first is run.
 */
void search_prefetch(struct search_engine *engine, struct search_plan *plan);
/*
 * Fails only for want of memory: a database that cannot be asked is a NO ANSWER within the answer.
 */
enum err search_run(struct search_plan *plan, struct search_answer *ret) MUST_USE;
/*
 * Why is this record in the answer, or not in it? For a record that the actor may see in full:
 * ERR_NOT_FOUND otherwise, as for one that does not exist. The answer, to be audited as any other,
 * shows that record alone; its verdict is what the whole search would have said.
 */
enum why_not {
    WHY_SHOWN,       /* it is in the answer */
    WHY_NOT_ASKED,   /* its database was not */
    WHY_NOT_CURRENT, /* suspended, cancelled, ended: shown to its keepers only */
    WHY_NOTHING,     /* nothing that was asked is held by it */
    WHY_WEAK,        /* compared: the evidence is below what is shown */
    WHY_NOT_LED,     /* strong enough, but no key and no sound of a name led to it */
    WHY_CROWDED,     /* strong enough, but more and better ones fill the limit */
};
const char *why_not_word(enum why_not why);
struct search_why {
    enum why_not why;
    bool by_key, by_name;           /* which way it was reached */
    uint32_t place;                 /* among the hits, 1: first; 0: not there */
    bool is_scored;                 /* the bits of the hit, and these, mean something */
    double possible_from, hit_from; /* bits that are asked of a candidate here */
    struct hit hit;                 /* as compared, whatever band */
};
enum err search_why(struct search_plan *plan, struct record_id record,
                    struct search_answer *ret_answer, struct search_why *ret) MUST_USE;
/* A record's own values as the fields of a search: meaning -> list of texts; NULL: it has none. */
const struct node *search_fields_of(const struct record *record, struct arena *arena);
/*
 * One person recorded twice: every record of a database and an owner (empty: of all) is asked for
 * as a search of the actor's, and what is called at least `least` is told, each pair of one owner's
 * records once. The answer handed over holds the record's hits alone, for the audit entry; it lives
 * until found() returns. Any of the two may end it. About as long as that many searches take.
 */
struct duplicates {
    const struct definition *definition;
    str owner;
    enum band least;
    bool is_across; /* others' records, too, as far as the actor may see them */
    enum err (*progress)(void *context, uint64_t done, uint64_t total);
    enum err (*found)(void *context, struct record_id record, const struct search_plan *plan,
                      const struct search_answer *answer);
    void *context;
};
enum err search_duplicates(struct search_engine *engine, const struct actor *actor,
                           const struct duplicates *wanted) MUST_USE;
/* Fails for want of memory: then the answer must not leave. */
enum err search_audit_entry(const struct search_plan *plan, const struct search_answer *answer,
                            struct arena *arena, struct audit_entry *ret) MUST_USE;

/* JSON as docs/API.md has it; the same for api, commands and batches. */
void search_answer_print(const struct catalog *catalog, const struct search_answer *answer,
                         enum language language, struct buf *out);
/* "name": the text in English; beside it for another language "name_said", from said_json(). */
void search_said_print(const struct catalog *catalog, str name, str text, enum language language,
                       struct buf *out);
void search_readings_print(const struct catalog *catalog, const struct search_reading *readings,
                           size_t count, enum language language,
                           struct buf *out); /* the list after "understood": */
void search_hit_print(const struct catalog *catalog, const struct hit *hit, enum language language,
                      struct buf *out); /* an item of a list of hits */
/* The members of a hit that come from its view, without braces: for a record shown by its id. */
void search_view_print(const struct catalog *catalog, const struct view *view,
                       enum language language, struct buf *out);

#endif
