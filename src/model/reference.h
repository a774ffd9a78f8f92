/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is generated from definitions for people: the manual page of a database and the empty
 * national template that an office fills in. Columns of a template are what intake reads;
 * docs/definitions.md says the same in words.
 */
#ifndef MODEL_REFERENCE_H
#define MODEL_REFERENCE_H

#include "model/model.h"

/* A manual page, Markdown: fields, rules, who sees what, retention, examples. */
void model_reference(const struct catalog *catalog, const struct definition *definition,
                     struct buf *out);

/* The field types: what definitions write after `type:`. */
void model_reference_types(struct buf *out);

/*
 * A column of the national CSV template: "@ref" for envelope keys, "number", "documents[2].number"
 * for a field of the second group, several values of a list in one cell separated by "|".
 */
struct template_column {
    str name;
    str help;    /* what goes there, one line */
    str example; /* from the definition's first example that has it */
    bool is_required;
    const struct field *field; /* NULL: an envelope key */
    uint16_t row;              /* of a group, 0.. */
};
enum err catalog_template(const struct catalog *catalog, const struct definition *definition,
                          struct arena *arena, struct template_column **ret,
                          size_t *ret_count) MUST_USE;
/* The template as a file: comment lines ("# ...") on each column, then the heading row. */
enum err catalog_template_csv(const struct catalog *catalog, const struct definition *definition,
                              struct buf *out) MUST_USE;

#endif
