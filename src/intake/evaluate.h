/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row of a source becomes bodies: the takes of a mapping applied. Says what had no code; never
 * guesses.
 */
#ifndef INTAKE_EVALUATE_H
#define INTAKE_EVALUATE_H

#include "intake/mapping.h"

struct joined { /* a row of a joined table */
    const str *cells;
    size_t count;
    const struct joined *next;
};
struct row {
    uint64_t number, line;
    unsigned flags;
    const str *cells; /* a table's row */
    size_t count;
    const struct node *tree; /* or a tree */
    str name;                /* of an XML element */
    const struct joined *joined[MAPPING_TABLES_MAX];
    const str *pieces[MAPPING_EXPLODES_MAX]; /* made when first asked for */
    size_t piece_count[MAPPING_EXPLODES_MAX];
    bool is_exploded[MAPPING_EXPLODES_MAX];
};

/* Which of several takes of one key an entry of a list came from. */
struct origin {
    const struct node *entry;
    const struct take *take;
    const struct origin *next;
};

enum { EVALUATE_DEPTH_MAX = 6 };
struct evaluator {
    const struct mapping *mapping;
    struct arena *arena; /* of the row */
    struct pattern_match matches[EVALUATE_DEPTH_MAX];
    /* A code without counterpart; `is_refused` when the row may not go on with it. */
    void (*unmapped)(void *context, const struct code_table *table, const struct take *take,
                     str value);
    void *context;
    const struct origin *origins; /* of the fields made last */
    enum err failed;              /* a pattern that ran into its limit */
};

/* Is this row one of these records? */
bool evaluate_when(struct evaluator *e, struct row *row, const struct condition *when);
/* The fields of the body; NULL only when memory ran out. */
struct node *evaluate_fields(struct evaluator *e, struct row *row, const struct map_record *record);
/* Adds the envelope's mapped keys to map, replacing constant ones. */
void evaluate_envelope(struct evaluator *e, struct row *row, const struct map_record *record,
                       struct node *map);
/* The owner's reference; empty when a part of it is missing. */
str evaluate_id(struct evaluator *e, struct row *row, const struct map_record *record);
void evaluator_release(struct evaluator *e);

#endif
