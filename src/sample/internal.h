/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the generator: cultures (names, words), the world (persons and what is theirs),
 * filling, damaging.
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
str culture_country(const struct culture *culture, struct random *random);
void culture_name(const struct culture *culture, bool is_female, struct random *random,
                  struct arena *arena, struct sample_name *ret);
/* A word for a meaning; empty when none was written for it. */
str words_pick(const struct cultures *cultures, str meaning, struct random *random,
               struct arena *arena);

/* ---- world.c ---- */

struct world {
    const struct catalog *catalog;
    const struct cultures *cultures;
    const struct sample_options *options;
};
struct person {
    uint64_t number;
    uint64_t ring; /* 0: none */
    const struct culture *culture;
    bool is_female, is_test;
    str country; /* alpha-3 */
    struct day born;
    struct sample_name name;
};

void world_person(const struct world *world, uint64_t number, struct arena *arena,
                  struct person *ret);
/*
 * The randomness from which the k-th thing of a meaning that a person has is made: the same
 * wherever it is asked for. Things that may be shared come, for members of rings, sometimes from
 * the ring.
 */
struct random world_stream(const struct world *world, const struct person *person, str meaning,
                           unsigned k, bool may_share);
double random_zipf(struct random *random, size_t count); /* 0 .. count-1, small ones often */
str pick_country(const struct world *world, struct random *random);

/* ---- fill.c ---- */

/*
 * A body for the definition around a person; different `attempt`, different choices, same things of
 * the person.
 */
struct node *fill_body(const struct world *world, const struct definition *definition,
                       const struct person *person, uint64_t record, unsigned attempt,
                       struct arena *arena);
/* A value for a field; NULL when there is nothing to say. */
struct node *fill_value(const struct world *world, const struct field *field,
                        const struct person *person, unsigned row, struct random *random,
                        struct arena *arena);

/* ---- damage.c ---- */

/* One line of the truth file about a record, or nothing. */
bool damage_line(const struct world *world, const struct record *record,
                 const struct person *person, uint64_t number, struct arena *arena,
                 struct buf *out);

/* ---- picture.c ---- */

/* A grey silhouette of nobody as JPEG; same random state, same bytes. */
enum err picture_draw(struct random *random, struct buf *out) MUST_USE;

#endif
