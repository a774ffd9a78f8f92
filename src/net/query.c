/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what a request says: headers by name, query parameters, percent-encoding. */
#include "net/http.h"

const struct http_header *http_header_find(const struct http_request *request, str name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (str_eq_nocase(request->headers[i].name, name))
            return &request->headers[i];
    return NULL;
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool http_percent_decode(str text, bool is_plus_blank, struct arena *arena, str *ret)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; out && i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && is_plus_blank) {
            c = ' ';
        }
        if ((unsigned char)c < 0x20 || c == 0x7F)
            return false;
        out[len++] = c;
    }
    if (!out || !utf8_is_valid(str_of(out, len)))
        return false;
    *ret = str_of(out, len);
    return true;
}

bool http_query_get(struct http_exchange *exchange, str name, str *ret)
{
    str rest = exchange->request.query;
    str pair;
    while (str_split(&rest, '&', &pair)) {
        size_t equals = str_find(pair, '=');
        str key;
        str value;
        if (!http_percent_decode(str_slice(pair, 0, equals), true, &exchange->arena, &key) ||
            !str_eq(key, name))
            continue;
        if (!http_percent_decode(str_from(pair, equals + 1), true, &exchange->arena, &value))
            continue;
        *ret = value;
        return true;
    }
    return false;
}
