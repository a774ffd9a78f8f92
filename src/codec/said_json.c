/* SPDX-License-Identifier: Apache-2.0 */
/* Values within values are few and shallow: a level too deep is printed as the text it is. */
#include "codec/said_json.h"

#include <stdbool.h>

#include "base/said.h"

#include "codec/json.h"

enum { DEPTH_MAX = 4 };

struct printer {
    const struct said_titles *titles;
    struct buf *out;
    int depth;
};

static bool has_sentence(str text)
{
    return str_find(text, SAID_VALUE) < text.len || str_find(text, SAID_PHRASE) < text.len;
}

/* Of a value that is a code, in the language of the answer. */
static str title_of(const struct printer *p, str value)
{
    if (!p->titles || !value.len || value.ptr[0] != SAID_CODE)
        return STR_EMPTY;
    str code = str_from(value, 1);
    code = str_slice(code, 0, str_find(code, SAID_CODE));
    size_t colon = str_find(code, ':');
    if (colon == code.len)
        return STR_EMPTY;
    return p->titles->title(p->titles->context, str_slice(code, 0, colon),
                            str_from(code, colon + 1));
}

static void print_plain(struct printer *p, str text)
{
    struct buf plain = {.max = 4096};
    said_plain(text, &plain);
    json_write_text(p->out, buf_str(&plain));
    buf_release(&plain);
}

/* Of the value that begins at `at`: the text between its marks. */
static str value_at(str text, size_t at, size_t *ret_end)
{
    *ret_end = said_end(text, at);
    return str_slice(text, at + 1, *ret_end - at - 1);
}

/* Where the next item of a list begins: outside all values within. */
static size_t item_end(str value, size_t at)
{
    for (; at < value.len; at++) {
        if (value.ptr[at] == SAID_VALUE)
            at = said_end(value, at);
        else if (value.ptr[at] == SAID_NEXT)
            return at;
    }
    return value.len;
}

static void print_sentence(struct printer *p, str text);

/* NOLINTNEXTLINE(misc-no-recursion): no deeper than DEPTH_MAX */
static void print_item(struct printer *p, str value)
{
    str title = title_of(p, value);
    if (title.len) {
        json_write_text(p->out, title);
    } else if (has_sentence(value) && p->depth < DEPTH_MAX) {
        print_sentence(p, value);
    } else {
        print_plain(p, value);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void print_value(struct printer *p, str value)
{
    size_t end = item_end(value, 0);
    if (end == value.len) {
        print_item(p, value);
        return;
    }
    buf_add_char(p->out, '[');
    for (size_t at = 0; at <= value.len; at = end + 1) {
        buf_add(p->out, at ? S(",") : STR_EMPTY);
        end = item_end(value, at);
        print_item(p, str_slice(value, at, end - at));
    }
    buf_add_char(p->out, ']');
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void print_sentence(struct printer *p, str text)
{
    struct buf sentence = {.max = 4096};
    said_sentence(text, &sentence);
    buf_add(p->out, S("{\"say\":"));
    json_write_text(p->out, buf_str(&sentence));
    buf_release(&sentence);
    size_t count = 0;
    p->depth++;
    for (size_t at = 0; at < text.len; at++) {
        if (text.ptr[at] != SAID_VALUE)
            continue;
        buf_add(p->out, count++ ? S(",") : S(",\"with\":["));
        print_value(p, value_at(text, at, &at));
    }
    p->depth--;
    buf_add(p->out, count ? S("]}") : S("}"));
}

void said_json(str text, const struct said_titles *titles, struct buf *out)
{
    struct printer p = {.titles = titles, .out = out};
    size_t end = 0;
    buf_add_char(out, '[');
    for (size_t at = 0; at < text.len; at = end + 2) {
        buf_add(out, at ? S(",") : STR_EMPTY);
        end = said_sentence_end(text, at);
        print_sentence(&p, str_slice(text, at, end - at));
    }
    buf_add_char(out, ']');
}
