/* SPDX-License-Identifier: Apache-2.0 */
/*
 * domain: a host name. Normal form: A-labels in small letters without final dot (IDNA 2008 through
 * UTS #46); printed in the readable form with the A-labels beside it, because "аpple.example" with
 * a Cyrillic а reads like another name. Look-alikes meet in the SKELETON key. PARTIAL is the
 * registrable name as far as it can be told without a list of public suffixes: the last two labels,
 * or three where the last but one is short (co.uk, com.br).
 */
#include "text/idna.h"
#include "type/defang.h"
#include "type/internal.h"

extern const struct type type_domain;

enum { RAW_MAX = 600 };

struct detail {
    str shown; /* readable form */
};

static bool is_number(str label)
{
    return label.len > 0 && str_count_digits(label) == label.len;
}

static str last_label(str name)
{
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] != '.')
        at--;
    return str_from(name, at);
}

static const char *check(str ascii)
{
    if (str_find(ascii, '.') == ascii.len)
        return "has no dot";
    if (is_number(last_label(ascii)))
        return "ends in a number; an address is not a name";
    return NULL;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    char ascii[DOMAIN_TEXT_MAX], shown[DOMAIN_TEXT_MAX];
    (void)context;
    TRY(type_begin(&type_domain, input, RAW_MAX, ret));
    str text = defang_undo(ret->raw, arena);
    size_t len = idna_to_ascii(text, ascii);
    const char *why = len ? check(str_of(ascii, len)) : "is no valid host name";
    if (why) {
        err_set(ERR_BAD_VALUE, "domain '%.*s' %s", STR(type_head(ret->raw, 100)), why);
        return err_hint("%s", type_domain.help);
    }
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    size_t shown_len = idna_to_unicode(str_of(ascii, len), shown);
    TRY(type_keep(arena, shown_len ? str_of(shown, shown_len) : str_of(ascii, len),
                  &detail->shown));
    ret->detail = detail;
    if (idna_mixes_scripts(detail->shown))
        ret->note = S("mixes letters of different scripts: may imitate another name");
    return type_keep(arena, str_of(ascii, len), &ret->norm);
}

static void print(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    buf_add(out, detail->shown);
    if (!str_eq(detail->shown, value->norm))
        buf_printf(out, " (%.*s)", STR(value->norm));
}

/* From the n-th dot counted from the end. */
static str last_labels(str name, unsigned labels)
{
    size_t at = name.len;
    while (at > 0) {
        if (name.ptr[at - 1] == '.' && --labels == 0)
            return str_from(name, at);
        at--;
    }
    return name;
}

static str registrable(str name)
{
    str two = last_labels(name, 2);
    return str_find(two, '.') <= 3 ? last_labels(name, 3) : two;
}

static str skeleton(const struct value *value, char out[DOMAIN_TEXT_MAX])
{
    const struct detail *detail = value->detail;
    return str_of(out, idna_skeleton(detail->shown, out));
}

static void keys(const struct value *value, struct key_sink *sink)
{
    char look[DOMAIN_TEXT_MAX];
    str alike = skeleton(value, look);
    type_keys_exact(value, sink);
    if (alike.len)
        type_add_key(sink, KEY_SKELETON, str_c(type_domain.name), alike);
    type_add_key(sink, KEY_PARTIAL, str_c(type_domain.name), registrable(value->norm));
}

static bool is_below(str name, str parent)
{
    return name.len > parent.len && str_ends(name, parent) &&
           name.ptr[name.len - parent.len - 1] == '.';
}

/* Levels: 0 same, 1 looks alike, 2 one below the other, 3 same registrable name, 4 different. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    char a[DOMAIN_TEXT_MAX], b[DOMAIN_TEXT_MAX];
    str x = asked->norm, y = held->norm;
    if (str_eq(x, y))
        comparison_set(ret, AGREE_SAME, 0, 1, "same name");
    else if (str_eq(skeleton(asked, a), skeleton(held, b)))
        comparison_set(ret, AGREE_CLOSE, 1, .9, "looks like %.*s", STR(type_head(y, 80)));
    else if (is_below(x, y) || is_below(y, x))
        comparison_set(ret, AGREE_CLOSE, 2, .8, "one is below the other");
    else if (str_eq(registrable(x), registrable(y)))
        comparison_set(ret, AGREE_FAR, 3, .6, "same domain %.*s, other host", STR(registrable(x)));
    else
        comparison_set(ret, AGREE_DIFFERENT, 4, 0, "other name");
}

static void redact(const struct value *value, struct buf *out)
{
    buf_printf(out, "***.%.*s", STR(last_label(value->norm)));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    static const char *const ends[] = {"example", "example.com", "example.net", "example.org"};
    (void)hint;
    sample_characters(random, "abcdefghiklmnoprstuvw", 5 + random_below(random, 6), out);
    buf_printf(out, "-%u.%s", (unsigned)random_below(random, 100),
               ends[random_below(random, COUNT_OF(ends))]);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    size_t digits = str_count_digits(line);
    if (line.len < 4 || line.len > 253 || str_find(line, ' ') < line.len ||
        str_find(line, '@') < line.len || str_find(line, '/') < line.len || digits * 2 > line.len)
        return 0;
    bool is_defanged = str_has(line, S("[.]"));
    str end = last_label(line);
    unsigned confidence = is_defanged ? 95 : end.len >= 2 && end.len <= 6 ? 80 : 60;
    return type_read(&type_domain, context, line, arena, out, max, confidence);
}

const struct type type_domain = {
    .name = "domain",
    .title = "Domain name",
    .help = "a host name (example.org), international names and defanged forms (example[.]org) too",
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
};
