/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url: a web address, defanged or not, brought to one form after RFC 3986 section 6: scheme and
 * host in small letters, host as A-labels, default port and fragment dropped, dot segments
 * resolved, percent-encoding of plain characters undone and the rest written in capitals. Paths and
 * queries keep their case. User names and passwords before the host are dropped from the normal
 * form: they are a trick to show another host.
 *
 * Its host is a part with its own meaning (domain, ip or onion), so that an address meets every
 * indicator for its host.
 */
#include <stdio.h>

#include "type/defang.h"
#include "type/internal.h"

extern const struct type type_url;

enum { RAW_MAX = 4096, SCHEME_MAX = 12 };

struct detail {
    struct value host; /* of type domain, ip or onion */
    str meaning;
};

struct pieces { /* slices of the refanged text */
    str scheme, user, host, port, path, query;
    bool has_scheme, has_query;
};

static bool is_scheme(str text)
{
    if (text.len == 0 || text.len > SCHEME_MAX || !is_alnum(text.ptr[0]) || is_digit(text.ptr[0]))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!is_alnum(text.ptr[i]) && !strchr("+-.", text.ptr[i]))
            return false;
    return true;
}

static size_t find_any(str text, const char *marks)
{
    size_t at = 0;
    while (at < text.len && !strchr(marks, text.ptr[at]))
        at++;
    return at;
}

static size_t find_text(str text, str part)
{
    for (size_t at = 0; at + part.len <= text.len; at++)
        if (memcmp(text.ptr + at, part.ptr, part.len) == 0)
            return at;
    return text.len;
}

static void cut_authority(str authority, struct pieces *ret)
{
    size_t at = authority.len;
    while (at > 0 && authority.ptr[at - 1] != '@')
        at--;
    ret->user = at ? str_slice(authority, 0, at - 1) : STR_EMPTY;
    str rest = str_from(authority, at);
    size_t close = rest.len && rest.ptr[0] == '[' ? str_find(rest, ']') : 0;
    size_t colon = close + str_find(str_from(rest, close), ':');
    ret->host = str_slice(rest, 0, colon);
    ret->port = str_from(rest, colon + 1);
}

static void cut(str text, struct pieces *ret)
{
    *ret = (struct pieces){0};
    size_t mark = find_text(text, S("://"));
    ret->has_scheme =
        mark < find_any(text, "/?#@") + 1 && is_scheme(str_slice(text, 0, mark)) && mark < text.len;
    ret->scheme = ret->has_scheme ? str_slice(text, 0, mark) : S("http");
    str rest = ret->has_scheme ? str_from(text, mark + 3) : text;
    rest = str_slice(rest, 0, str_find(rest, '#'));
    size_t end = find_any(rest, "/?");
    cut_authority(str_slice(rest, 0, end), ret);
    rest = str_from(rest, end);
    size_t query = str_find(rest, '?');
    ret->path = str_slice(rest, 0, query);
    ret->has_query = query < rest.len;
    ret->query = str_from(rest, query + 1);
}

/* ---- host ---- */

static bool try_host(const struct type_context *context, str type_name, str meaning, str host,
                     struct arena *arena, struct detail *ret)
{
    const struct type *type = type_find(type_name);
    if (!type || type_parse_text(type, context, host, arena, &ret->host) != OK) {
        err_clear();
        return false;
    }
    ret->meaning = meaning;
    return true;
}

static bool read_host(const struct type_context *context, str host, struct arena *arena,
                      struct detail *ret)
{
    bool is_bracketed = host.len && host.ptr[0] == '[';
    bool ends_in_digit = host.len && is_digit(host.ptr[host.len - 1]);
    if (is_bracketed || ends_in_digit) /* no name ends in a number */
        return try_host(context, S("ip"), S("ip"), host, arena, ret);
    if (host.len > 6 && str_eq_nocase(str_from(host, host.len - 6), S(".onion")))
        return try_host(context, S("onion"), S("onion"), host, arena, ret);
    return try_host(context, S("domain"), S("domain"), host, arena, ret);
}

/* ---- normal form ---- */

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool is_unreserved(unsigned char c)
{
    return c < 128 && (is_alnum((char)c) || strchr("-._~", c));
}

static void add_encoded(struct buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        int high = i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
        int low = i + 2 < text.len ? hex_digit(text.ptr[i + 2]) : -1;
        if (c == '%' && high >= 0 && low >= 0) {
            unsigned char decoded = (unsigned char)(high * 16 + low);
            if (is_unreserved(decoded))
                buf_add_char(out, (char)decoded);
            else
                buf_printf(out, "%%%02X", decoded);
            i += 2;
        } else if (c <= ' ' || c >= 0x7F || strchr("\"<>\\^`{|}", c) || c == '%') {
            buf_printf(out, "%%%02X", c);
        } else {
            buf_add_char(out, (char)c);
        }
    }
}

/* RFC 3986, 5.2.4, segment by segment; out begins at `start`. */
static void add_path(struct buf *out, str path)
{
    size_t start = out->len;
    bool ends_open = true;
    str segment;
    if (path.len && path.ptr[0] == '/')
        path = str_from(path, 1);
    while (str_split(&path, '/', &segment)) {
        ends_open = false;
        if (str_eq(segment, S(".."))) {
            while (out->len > start && out->ptr[--out->len] != '/')
                continue;
            ends_open = true;
        } else if (str_eq(segment, S("."))) {
            ends_open = true;
        } else {
            buf_add_char(out, '/');
            add_encoded(out, segment);
        }
    }
    if (ends_open || out->len == start)
        buf_add_char(out, '/');
}

static bool is_default_port(str scheme, str port)
{
    static const char *const defaults[][2] = {
        {"http", "80"}, {"https", "443"}, {"ftp", "21"}, {"ws", "80"}, {"wss", "443"}};
    for (size_t i = 0; i < COUNT_OF(defaults); i++)
        if (str_eq_nocase(scheme, str_c(defaults[i][0])) && str_eq_c(port, defaults[i][1]))
            return true;
    return false;
}

static void add_all(struct buf *out, const struct pieces *pieces, const struct detail *detail)
{
    bool is_v6 = str_eq(detail->meaning, S("ip")) &&
                 str_find(detail->host.norm, ':') < detail->host.norm.len;
    for (size_t i = 0; i < pieces->scheme.len; i++)
        buf_add_char(out, to_lower(pieces->scheme.ptr[i]));
    buf_printf(out, is_v6 ? "://[%.*s]" : "://%.*s", STR(detail->host.norm));
    if (pieces->port.len && !is_default_port(pieces->scheme, pieces->port))
        buf_printf(out, ":%.*s", STR(pieces->port));
    add_path(out, pieces->path);
    if (pieces->has_query) {
        buf_add_char(out, '?');
        add_encoded(out, pieces->query);
    }
}

static const char *read_url(const struct type_context *context, str text, struct arena *arena,
                            struct pieces *pieces, struct detail *detail)
{
    uint64_t port;
    cut(text, pieces);
    if (!pieces->has_scheme && !pieces->path.len && !pieces->has_query)
        return "has neither a scheme (https://) nor a path: it is a domain name";
    if (!read_host(context, pieces->host, arena, detail))
        return "has no valid host";
    if (detail->host.norm.len && str_find(detail->host.norm, '/') < detail->host.norm.len)
        return "has a network for a host";
    if (pieces->port.len && !str_to_u64(pieces->port, 65535, &port))
        return "has no valid port";
    return NULL;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct pieces pieces;
    struct buf out = {.max = (size_t)4 * RAW_MAX};
    TRY(type_begin(&type_url, input, RAW_MAX, ret));
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    str text = defang_undo(ret->raw, arena);
    const char *why = read_url(context, text, arena, &pieces, detail);
    if (why) {
        err_set(ERR_BAD_VALUE, "web address '%.*s' %s", STR(type_head(ret->raw, 120)), why);
        return err_hint("%s", type_url.help);
    }
    add_all(&out, &pieces, detail);
    enum err code = out.failed ? out.failed : type_keep(arena, buf_str(&out), &ret->norm);
    buf_release(&out);
    ret->detail = detail;
    if (pieces.user.len)
        ret->note = S("what stands before @ is not the host; it was left out");
    else if (!pieces.has_scheme)
        ret->note = S("without scheme, read as http");
    return code;
}

/* Defanged: nobody shall open it by clicking on a hit. */
static void print(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    size_t mark = find_text(value->norm, S("://"));
    str scheme = str_slice(value->norm, 0, mark), rest = str_from(value->norm, mark + 3);
    if (str_starts(scheme, S("http")))
        buf_printf(out, "hxxp%.*s://", STR(str_from(scheme, 4)));
    else
        buf_printf(out, "%.*s://", STR(scheme));
    size_t host = detail->host.norm.len;
    for (size_t i = 0; i < rest.len; i++)
        if (i < host && rest.ptr[i] == '.')
            buf_add(out, S("[.]"));
        else
            buf_add_char(out, rest.ptr[i]);
}

static str without_query(str norm)
{
    return str_slice(norm, 0, str_find(norm, '?'));
}

static str without_scheme(str norm)
{
    return str_from(norm, find_text(norm, S("://")));
}

/* Levels: 0 same, 1 other scheme, 2 other query, 3 same host, 4 different. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct detail *a = asked->detail, *b = held->detail;
    str x = without_scheme(asked->norm), y = without_scheme(held->norm);
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same address");
    else if (str_eq(x, y))
        comparison_set(ret, AGREE_CLOSE, 1, .95, "same address, other scheme");
    else if (str_eq(without_query(x), without_query(y)))
        comparison_set(ret, AGREE_CLOSE, 2, .8, "same page, other parameters");
    else if (a->host.type == b->host.type && str_eq(a->host.norm, b->host.norm))
        comparison_set(ret, AGREE_FAR, 3, .5, "same host, other page");
    else
        comparison_set(ret, AGREE_DIFFERENT, 4, 0, "other address");
}

static void keys(const struct value *value, struct key_sink *sink)
{
    str rest = without_scheme(value->norm);
    type_add_key(sink, KEY_EXACT, str_c(type_url.name), value->norm);
    type_add_key(sink, KEY_SKELETON, str_c(type_url.name), without_query(rest));
}

static void parts(const struct value *value, struct arena *arena, struct part_sink *sink)
{
    const struct detail *detail = value->detail;
    (void)arena;
    sink->add(sink, detail->meaning, &detail->host);
}

static void redact(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    buf_add(out, S("***://"));
    if (detail->host.type->redact)
        detail->host.type->redact(&detail->host, out);
    buf_add(out, S("/***"));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    (void)hint;
    buf_add(out, random_below(random, 3) ? S("https://") : S("http://"));
    sample_characters(random, "abcdefghiklmnoprstuvw", 6 + random_below(random, 5), out);
    buf_add(out, S(".example/"));
    sample_characters(random, "abcdefghijkmnpqrstuvwxyz0123456789", 5 + random_below(random, 8),
                      out);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len < 5 || line.len > RAW_MAX || str_find(line, '\n') < line.len)
        return 0;
    bool has_scheme = find_text(line, S("//")) < line.len;
    if (!has_scheme && (str_find(line, ' ') < line.len || find_any(line, "/?") == line.len))
        return 0;
    return type_read(&type_url, context, line, arena, out, max, has_scheme ? 99 : 70);
}

const struct type type_url = {
    .name = "url",
    .title = "Web address",
    .help = "a web address with scheme or path (https://example.org/login), defanged forms "
            "(hxxps://example[.]org) too",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
    .parts = parts,
};
