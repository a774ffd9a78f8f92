/* SPDX-License-Identifier: Apache-2.0 */
/* The field type `name`: what a value's detail holds, for index and evidence. The words
 * themselves are text/name.h's. */
#ifndef TYPE_NAME_H
#define TYPE_NAME_H

#include "text/name.h"
#include "type/type.h"

extern const struct type type_name;

/* The parsed name of a value of this type. */
static inline const struct name *name_of(const struct value *value)
{
    return value->detail;
}

#endif
