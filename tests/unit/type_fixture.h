/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of types read their tables with. */
#ifndef TESTS_TYPE_FIXTURE_H
#define TESTS_TYPE_FIXTURE_H

#include "base/base.h"

#include "test.h"

/* A cell of a table, with \n where a line ends. */
static inline str unescape(str text, struct arena *arena)
{
    char *copy = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    assert_non_null(copy);
    for (size_t i = 0; i < text.len; i++) {
        bool is_line_end = text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == 'n';
        copy[len++] = is_line_end ? '\n' : text.ptr[i];
        i += is_line_end;
    }
    return str_of(copy, len);
}

#endif
