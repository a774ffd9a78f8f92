/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the generator: cultures (names, words), places, the world (persons and what is
 * theirs), filling, links, damaging, pictures, things to try.
 */
#ifndef SAMPLE_INTERNAL_H
#define SAMPLE_INTERNAL_H

#include "sample/sample.h"

/* ---- cultures.c ---- */

enum { NAME_ROLES = 3 }; /* family, given, patronymic */
struct sample_name {
    str native, latin;                                     /* whole, in the order of its culture */
    str native_parts[NAME_ROLES], latin_parts[NAME_ROLES]; /* empty where there is none */
};
struct culture;
struct cultures;

/* Reads codes/sample/{cultures,names,words}.csv under home; all memory is the arena's. */
enum err cultures_load(const char *home, struct arena *arena, struct cultures **ret) MUST_USE;
const struct culture *culture_pick(const struct cultures *cultures, struct random *random);
str culture_code(const struct culture *culture);
str culture_country(const struct culture *culture, struct random *random);
str culture_language(const struct culture *culture, struct random *random);
/* "Cyrillic": the letters that the things to try show with this culture; empty: with another */
str culture_letters(const struct culture *culture);
void culture_name(const struct culture *culture, bool is_female, struct random *random,
                  struct arena *arena, struct sample_name *ret);
/* A word for a meaning; empty when none was written for it. */
str words_pick(const struct cultures *cultures, str meaning, struct random *random,
               struct arena *arena);

/* Small tables: comments, a heading, rows of cells without quotes. */
struct table {
    const char *file;
    str rest;
    uint32_t line;
    bool saw_heading;
};
enum err table_open(const char *home, const char *name, struct arena *arena,
                    struct table *ret) MUST_USE;
/* The next row's cells; false at the end. A row with too few cells has empty ones. */
bool table_row(struct table *table, str *cells, size_t count);

/* ---- places.c ---- */

struct places;
/* Reads codes/sample/{places,streets}.csv: for a country its cities, for a culture its streets. */
enum err places_load(const char *home, struct arena *arena, struct places **ret) MUST_USE;
/* The largest cities most often; empty when the list has none of the country. */
str place_pick(const struct places *places, str country, struct random *random);
str street_pick(const struct places *places, str culture, struct random *random);

/* ---- world.c ---- */

struct world {
    const struct catalog *catalog;
    const struct cultures *cultures;
    const struct places *places;
    const struct sample_options *options;
    const struct definition *persons; /* the one whose records are the persons; NULL: none */
};
enum { RING_SIZE = 12 };
struct person {
    uint64_t number;
    uint64_t ring; /* 0: none */
    unsigned ring_place;
    const struct culture *culture;
    bool is_female, is_test;
    str country; /* alpha-3 */
    struct day born;
    struct sample_name name;
};

/* Of the catalog: the definition that has a name and is ordered by birth. */
const struct definition *world_find_persons(const struct catalog *catalog);
void world_person(const struct world *world, uint64_t number, struct arena *arena,
                  struct person *ret);
/* The k-th other member of the person's ring, the leader first; false when there is none. */
bool world_mate(const struct world *world, const struct person *person, unsigned k,
                struct arena *arena, struct person *ret);
/* Has the person this kind of thing in common with the ring? */
bool world_shares(const struct world *world, const struct person *person, str meaning);
/*
 * The randomness from which the k-th thing of a meaning that a person has is made: the same
 * wherever it is asked for. The first of those that may be shared comes, for members of rings,
 * sometimes from the ring.
 */
struct random world_stream(const struct world *world, const struct person *person, str meaning,
                           unsigned k, bool may_share);
double random_zipf(struct random *random, size_t count); /* 0 .. count-1, small ones often */
str pick_country(const struct world *world, struct random *random);

/*
 * Which person a record is about, and which record of a definition is about a person (false: none).
 * Records go round the persons, evenly.
 */
bool world_is_sampled(const struct definition *definition);
uint64_t world_count(const struct world *world, const struct definition *definition);
uint64_t world_person_of(const struct world *world, const struct definition *definition,
                         uint64_t record);
bool world_record_of(const struct world *world, const struct definition *definition,
                     uint64_t person, uint64_t *ret);
str world_ref(uint64_t record, struct arena *arena); /* "S-0000012" */

/* ---- fill.c ---- */

bool is_type(const struct field *field, const char *name);
bool means(const struct field *field, const char *meaning);
/*
 * A body for the definition around a person; different `attempt`, different choices, same things of
 * the person.
 */
struct node *fill_body(const struct world *world, const struct definition *definition,
                       const struct person *person, uint64_t record, unsigned attempt,
                       struct arena *arena);
/* A machine-readable passport of the person, both lines in one. */
str fill_zone(const struct world *world, const struct person *person, struct arena *arena);

/* ---- envelope.c ---- */

struct node *fill_envelope(const struct world *world, const struct definition *definition,
                           const struct person *person, uint64_t record, const struct node *fields,
                           struct random *random, struct arena *arena);

/* ---- links.c ---- */

/*
 * Who the row-th relative or associate in a record is: in a person's record the others of the ring,
 * in a thing's the person itself and then those. False: nobody we know.
 */
bool link_relative(const struct world *world, const struct definition *definition,
                   const struct person *person, unsigned row, struct arena *arena,
                   struct person *ret);
/* The links that stand by themselves in a record; an empty list where there are none. */
struct node *link_list(const struct world *world, const struct definition *definition,
                       const struct person *person, struct arena *arena);
/* The link in a row that names somebody else too; NULL: none. */
struct node *link_in_row(const struct world *world, const struct definition *definition,
                         const struct field *field, const struct person *person, unsigned row,
                         struct arena *arena);

/* ---- damage.c ---- */

/* One line of the truth file about a record, or nothing. */
bool damage_line(const struct world *world, const struct record *record,
                 const struct person *person, uint64_t number, struct arena *arena,
                 struct buf *out);

/* ---- picture.c ---- */

/* A drawn face of nobody as JPEG; same random state, same bytes. */
enum err picture_draw(struct random *random, bool is_female, struct buf *out) MUST_USE;

/* ---- tries.c ---- */

enum { TRIES_MAX = 40 };
struct tries {
    struct arena arena;
    str lines[TRIES_MAX]; /* by place in the list of what is wanted; empty: not found yet */
    unsigned left;
};
void tries_begin(const struct world *world, struct tries *tries);
void tries_end(struct tries *tries);
/* Takes from a record what is still wanted. */
void tries_look(struct tries *tries, const struct world *world, const struct record *record,
                const struct person *person, bool has_picture, struct arena *arena);
/* title <TAB> text <TAB> database <TAB> owner/reference, a line each */
void tries_print(const struct tries *tries, struct buf *out);

#endif
