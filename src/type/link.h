/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a value of type link points at, for those who show a record with the way to others.
 *
 * A record is named by its id (4D2KX9A-1F) or by its owner's reference, database:OWNER/REFERENCE -
 * which a sender knows before any node has numbered the record.
 */
#ifndef TYPE_LINK_H
#define TYPE_LINK_H

#include "type/type.h"

/* The id or reference; empty: only a name is known. */
str link_target(const struct value *value);

struct reference {
    str database, owner, ref;
};
/* "database:OWNER/REFERENCE"; false when the text is none. Parts point into the text. */
bool reference_parse(str text, struct reference *ret);

#endif
