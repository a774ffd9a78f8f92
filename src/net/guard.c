/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be refused in a request head before llhttp sees it: llhttp, also in strict mode, lets
 * folded headers, HTTP/0.9 and some control characters through (measured over a table of malformed
 * requests, tests/cases/http-requests.txt). The guard looks at whole lines as they arrive, so
 * that rubbish is answered at once and not at the deadline; nothing is looked at twice.
 *
 * Grammar held here (RFC 9112, sections 2.2, 3, 5): lines end in CRLF, no bare CR or LF; the
 * request
 * line is METHOD SP target SP HTTP/1.0|1.1 in printable ASCII; a field line does not start
 * with a blank, has a colon right after its name; no control characters but tab in values.
 * Where llhttp checks the same, two answers must agree before a request is believed.
 */
#include "net/internal.h"

/* RFC 9110 5.6.2 and 5.5; looked up, for every byte of every head comes by here. */
static const bool is_token[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true,  ['#'] = true,
    ['$'] = true,         ['%'] = true,         ['&'] = true,         ['\''] = true, ['*'] = true,
    ['+'] = true,         ['-'] = true,         ['.'] = true,         ['^'] = true,  ['_'] = true,
    ['`'] = true,         ['|'] = true,         ['~'] = true,
};
static const bool is_control[256] = {
    [0 ... 8] = true, [10 ... 0x1F] = true, [0x7F] = true}; /* a tab is none here */

static int bad(const char **ret_reason, const char *reason)
{
    *ret_reason = reason;
    return 400;
}

static int check_request_line(str line, const char **ret_reason)
{
    size_t method = 0;
    while (method < line.len && is_upper(line.ptr[method]))
        method++;
    if (method == 0 || method > 16 || method == line.len || line.ptr[method] != ' ')
        return bad(ret_reason, "the request line does not start with a method and one blank");
    str rest = str_from(line, method + 1);
    size_t target = 0;
    while (target < rest.len && rest.ptr[target] > 0x20 && rest.ptr[target] < 0x7F)
        target++;
    if (target == 0 || target == rest.len || rest.ptr[target] != ' ')
        return bad(ret_reason, "the request line has no target and version of printable ASCII");
    str version = str_from(rest, target + 1);
    if (str_eq(version, S("HTTP/1.1")) || str_eq(version, S("HTTP/1.0")))
        return GUARD_OK;
    if (version.len == 8 && str_starts(version, S("HTTP/")) && is_digit(version.ptr[5])) {
        *ret_reason = "only HTTP/1.1 and HTTP/1.0 are spoken here";
        return 505;
    }
    return bad(ret_reason, "the request line does not end with HTTP/1.1");
}

static int check_field_line(str line, const char **ret_reason)
{
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return bad(ret_reason, "a header is folded over two lines");
    size_t name = 0;
    while (name < line.len && is_token[(unsigned char)line.ptr[name]])
        name++;
    if (name == 0 || name == line.len || line.ptr[name] != ':')
        return bad(ret_reason, "a header is not of the form name: value");
    unsigned char all = 0;
    for (size_t i = name + 1; i < line.len; i++) {
        if (is_control[(unsigned char)line.ptr[i]])
            return bad(ret_reason, "a header's value holds a control character");
        all |= (unsigned char)line.ptr[i];
    }
    if (all >= 0x80 && !utf8_is_valid(str_from(line, name)))
        return bad(ret_reason, "a header's value is not UTF-8");
    return GUARD_OK;
}

/* A line that has not ended yet can already be hopeless: wrong first bytes are answered at once. */
static int check_start(str part, const char **ret_reason)
{
    for (size_t i = 0; i < part.len && i < 16 && part.ptr[i] != ' '; i++)
        if (!is_upper(part.ptr[i]) && part.ptr[i] != '\r')
            return bad(ret_reason, "this is not the start of an HTTP request");
    return GUARD_MORE;
}

int guard_head(str bytes, size_t *scanned, size_t *ret_head_len, const char **ret_reason)
{
    for (;;) {
        str rest = str_from(bytes, *scanned);
        const char *end = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;
        if (!end)
            return *scanned == 0 ? check_start(rest, ret_reason) : GUARD_MORE;
        size_t len = (size_t)(end - rest.ptr);
        if (len == 0 || rest.ptr[len - 1] != '\r')
            return bad(ret_reason, "a line ends in a bare line feed");
        str line = str_slice(rest, 0, len - 1);
        bool is_first = *scanned == 0;
        if (!is_first && line.len == 0) {
            *ret_head_len = *scanned + len + 1;
            return GUARD_OK;
        }
        int status =
            is_first ? check_request_line(line, ret_reason) : check_field_line(line, ret_reason);
        if (status != GUARD_OK)
            return status;
        *scanned += len + 1;
    }
}
