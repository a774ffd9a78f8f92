/* SPDX-License-Identifier: Apache-2.0 */
/* Marks are put around the conversions of a format before it is printed: no value is looked at. */
#include "base/said.h"

#include <stdio.h>
#include <string.h>

bool said_is_mark(char c)
{
    return c >= SAID_VALUE && c <= SAID_NEXT;
}

/* The length of a conversion, from its % to its letter. */
static size_t conversion(const char *at)
{
    size_t flags = 1 + strspn(at + 1, ".*0123456789lz");
    return at[flags] ? flags + 1 : flags;
}

const char *said_format(const char *format, char room[SAID_FORMAT_MAX])
{
    size_t len = 0;
    for (const char *at = format; *at;) {
        bool is_value = at[0] == '%' && at[1] != '%';
        size_t count = is_value ? conversion(at) : at[0] == '%' ? 2 : 1;
        if (len + count + 3 > SAID_FORMAT_MAX)
            return format;
        if (is_value)
            room[len++] = SAID_VALUE;
        memcpy(room + len, at, count);
        len += count;
        at += count;
        if (is_value)
            room[len++] = SAID_END;
    }
    room[len] = '\0';
    return room;
}

void said_add(struct buf *out, const char *format, ...)
{
    char room[SAID_FORMAT_MAX];
    va_list arguments;
    va_list again;
    const char *const marked = said_format(format, room);
    va_start(arguments, format);
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, marked, arguments);
    va_end(arguments);
    char *place = len > 0 ? buf_reserve(out, (size_t)len + 1) : NULL;
    if (place) {
        vsnprintf(place, (size_t)len + 1, marked, again);
        out->len += (size_t)len;
    }
    va_end(again);
}

void said_begin(struct buf *out)
{
    if (out->len)
        buf_add(out, S("; "));
}

void said_error(const struct err_info *info, struct buf *out)
{
    str text = str_c(info->message);
    size_t from = 0;
    for (size_t i = 0; info->say.format && i < info->say.count; i++) {
        size_t at = info->say.values[i].at, len = info->say.values[i].len;
        buf_add(out, str_slice(text, from, at - from));
        buf_add_char(out, SAID_VALUE);
        buf_add(out, str_slice(text, at, len));
        buf_add_char(out, SAID_END);
        from = at + len;
    }
    buf_add(out, str_from(text, from));
}

const char *said_code(const char *list, str code, str title, char room[SAID_TITLE_MAX])
{
    int len = snprintf(room, SAID_TITLE_MAX, "%c%s:%.*s%c%.*s", SAID_CODE, list, STR(code),
                       SAID_CODE, STR(title));
    if (len >= SAID_TITLE_MAX) /* not in the middle of a letter */
        snprintf(room, SAID_TITLE_MAX, "%.60s", list);
    return room;
}

void said_plain(str text, struct buf *out)
{
    size_t from = 0;
    for (size_t at = 0; at < text.len; at++) {
        if (!said_is_mark(text.ptr[at]))
            continue;
        buf_add(out, str_slice(text, from, at - from));
        if (text.ptr[at] == SAID_NEXT)
            buf_add(out, S(", "));
        if (text.ptr[at] == SAID_CODE)
            at += str_find(str_from(text, at + 1), SAID_CODE) + 1;
        from = at + 1;
    }
    if (from < text.len)
        buf_add(out, str_from(text, from));
}

size_t said_end(str text, size_t at)
{
    size_t depth = 0;
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        depth += c == SAID_VALUE;
        if (c == SAID_END && depth && --depth == 0)
            return at;
    }
    return text.len;
}

size_t said_sentence_end(str text, size_t at)
{
    for (; at < text.len; at++) {
        if (text.ptr[at] == SAID_VALUE)
            at = said_end(text, at);
        else if (text.ptr[at] == ';' && at + 1 < text.len && text.ptr[at + 1] == ' ')
            return at;
    }
    return text.len;
}

void said_sentence(str text, struct buf *out)
{
    unsigned number = 0;
    for (size_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == SAID_VALUE) {
            buf_printf(out, "{%u}", ++number);
            at = said_end(text, at);
        } else if (!said_is_mark(c)) {
            buf_add_char(out, c);
        }
    }
}
