/* SPDX-License-Identifier: Apache-2.0 */
/* See defang.h. One pass; longer marks stand before shorter ones that begin like them. */
#include "type/defang.h"

#include "type/internal.h"

static const struct {
    str from, to;
} marks[] = {
    {STR_INIT("[://]"), STR_INIT("://")}, {STR_INIT("[:]//"), STR_INIT("://")},
    {STR_INIT("[dot]"), STR_INIT(".")},   {STR_INIT("(dot)"), STR_INIT(".")},
    {STR_INIT("{dot}"), STR_INIT(".")},   {STR_INIT("[.]"), STR_INIT(".")},
    {STR_INIT("(.)"), STR_INIT(".")},     {STR_INIT("{.}"), STR_INIT(".")},
    {STR_INIT("[:]"), STR_INIT(":")},     {STR_INIT("[/]"), STR_INIT("/")},
    {STR_INIT("\\."), STR_INIT(".")},
};

static const struct {
    str from, to;
} schemes[] = {
    {STR_INIT("hxxps"), STR_INIT("https")}, {STR_INIT("hxxp"), STR_INIT("http")},
    {STR_INIT("h**ps"), STR_INIT("https")}, {STR_INIT("h**p"), STR_INIT("http")},
    {STR_INIT("htxps"), STR_INIT("https")}, {STR_INIT("htxp"), STR_INIT("http")},
    {STR_INIT("fxp"), STR_INIT("ftp")},
};

static void add(char *out, size_t *len, str s)
{
    memcpy(out + *len, s.ptr, s.len); /* no mark grows */
    *len += s.len;
}

static size_t undo_scheme(str text, char *out, size_t *len)
{
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        str head = str_slice(text, 0, schemes[i].from.len);
        char next = text.len > head.len ? text.ptr[head.len] : 'x';
        if (str_eq_nocase(head, schemes[i].from) && (next == ':' || next == '[')) {
            add(out, len, schemes[i].to);
            return head.len;
        }
    }
    return 0;
}

static bool is_blank_at(str text, size_t at)
{
    return text.ptr[at] == ' ' || (text.ptr[at] >= '\t' && text.ptr[at] <= '\r');
}

str defang_undo(str text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (!out)
        return STR_EMPTY;
    for (size_t at = undo_scheme(text, out, &len); at < text.len;) {
        size_t i = 0;
        while (i < COUNT_OF(marks) &&
               !str_eq_nocase(str_slice(text, at, marks[i].from.len), marks[i].from))
            i++;
        if (i < COUNT_OF(marks))
            add(out, &len, marks[i].to);
        else if (!is_blank_at(text, at))
            out[len++] = text.ptr[at];
        at += i < COUNT_OF(marks) ? marks[i].from.len : 1;
    }
    return str_of(out, len);
}
