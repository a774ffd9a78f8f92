/* SPDX-License-Identifier: Apache-2.0 */
/* The table of field types, by name. A new type is its file plus two lines here. */
#include "type/internal.h"
#include "type/type.h"

extern const struct type type_document_number;

/* In order of name: type_find() searches by halves, and type_at() promises the order. */
const struct type *const type_table[] = {
    &type_document_number,
};
const size_t type_table_count = COUNT_OF(type_table);
