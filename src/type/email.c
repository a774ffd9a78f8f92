/* SPDX-License-Identifier: Apache-2.0 */
/*
 * email: local part, @, domain. Domains go to their ASCII form in small letters through the type
 * `domain`; the local part too is folded to small letters, since no provider of weight tells them
 * apart. Defanged forms (a[at]b[.]org) and mailto: are understood. The skeleton key drops what is
 * after '+' and the dots of the local part: the same mailbox at many providers.
 */
#include "type/internal.h"

extern const struct type type_email;

enum { LOCAL_MAX = 64, ADDRESS_MAX = 254, RAW_MAX = 400 };

static const struct {
    str from;
    char to;
} defanged[] = {
    {STR_INIT("[at]"), '@'},  {STR_INIT("(at)"), '@'},  {STR_INIT(" at "), '@'},
    {STR_INIT("[@]"), '@'},   {STR_INIT("[dot]"), '.'}, {STR_INIT("(dot)"), '.'},
    {STR_INIT(" dot "), '.'}, {STR_INIT("[.]"), '.'},   {STR_INIT("(.)"), '.'},
    {STR_INIT("{at}"), '@'},  {STR_INIT("{dot}"), '.'},
};

/* Undoes what keeps people from clicking; "Name <a@b.org>" gives what is between the signs. */
static void refang(str text, struct buf *out)
{
    size_t open = str_find(text, '<');
    if (open < text.len && str_ends(text, S(">")))
        text = str_slice(text, open + 1, text.len - open - 2);
    if (text.len > 7 && str_eq_nocase(str_slice(text, 0, 7), S("mailto:")))
        text = str_from(text, 7);
    for (size_t at = 0; at < text.len;) {
        size_t i = 0;
        while (i < COUNT_OF(defanged) &&
               !str_eq_nocase(str_slice(text, at, defanged[i].from.len), defanged[i].from))
            i++;
        bool is_defanged = i < COUNT_OF(defanged);
        buf_add_char(out, is_defanged ? defanged[i].to : text.ptr[at]);
        at += is_defanged ? defanged[i].from.len : 1;
    }
}

/* RFC 5321 dot-string, and any UTF-8 as RFC 6531 allows; no blanks, no quotes. */
static bool is_local(str local)
{
    if (local.len == 0 || local.len > LOCAL_MAX || local.ptr[0] == '.' ||
        local.ptr[local.len - 1] == '.')
        return false;
    for (size_t i = 0; i < local.len; i++) {
        unsigned char c = (unsigned char)local.ptr[i];
        bool is_atom = c >= 128 || is_alnum((char)c) || strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL;
        if (!is_atom || (c == '.' && i && local.ptr[i - 1] == '.'))
            return false;
    }
    return true;
}

static bool is_ascii_domain(str domain)
{
    bool has_dot = false;
    for (size_t i = 0; i < domain.len; i++) {
        char c = domain.ptr[i];
        bool is_edge = i == 0 || i + 1 == domain.len;
        if (!is_alnum(c) && (is_edge || (c != '.' && c != '-')))
            return false;
        has_dot |= c == '.';
    }
    return has_dot;
}

/* Through the type `domain` where the program has it: international names become their A-labels. */
static bool normal_domain(const struct type_context *context, str domain, struct arena *arena,
                          str *ret)
{
    const struct type *type = type_find(S("domain"));
    struct value value;
    if (domain.len == 0 || domain.len > ADDRESS_MAX)
        return false;
    if (!type) {
        *ret = domain;
        return is_ascii_domain(domain);
    }
    if (type_parse_text(type, context, domain, arena, &value) != OK) {
        err_clear();
        return false;
    }
    *ret = value.norm;
    return true;
}

static enum err parse_parts(const struct type_context *context, str text, struct arena *arena,
                            struct value *ret)
{
    size_t at = text.len;
    str domain;
    while (at > 0 && text.ptr[at - 1] != '@')
        at--;
    str local = at ? str_slice(text, 0, at - 1) : STR_EMPTY;
    if (!is_local(local) ||
        !normal_domain(context, arena_str(arena, str_from(text, at)), arena, &domain)) {
        err_set(ERR_BAD_VALUE, "'%.*s' is not an e-mail address", STR(ret->raw));
        return err_hint("%s", type_email.help);
    }
    str whole = arena_printf(arena, "%.*s@%.*s", STR(local), STR(domain));
    char *lower = arena_alloc(arena, whole.len);
    if (!lower || whole.len == 0)
        return err_last()->code;
    for (size_t i = 0; i < whole.len; i++)
        lower[i] = to_lower(whole.ptr[i]);
    ret->norm = str_of(lower, whole.len);
    return OK;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct buf text = {.max = RAW_MAX};
    TRY(type_begin(&type_email, input, RAW_MAX, ret));
    refang(ret->raw, &text);
    enum err code =
        text.failed ? text.failed : parse_parts(context, str_trim(buf_str(&text)), arena, ret);
    buf_release(&text);
    return code;
}

struct mailbox {
    char text[LOCAL_MAX + ADDRESS_MAX + 2];
    size_t len;
};

/* Local part without dots and without what follows '+'. */
static str mailbox_of(str norm, struct mailbox *out)
{
    size_t at = str_find(norm, '@');
    str local = str_slice(norm, 0, at), rest = str_slice(str_from(norm, at), 0, ADDRESS_MAX + 1);
    local = str_slice(local, 0, str_find(local, '+'));
    out->len = 0;
    for (size_t i = 0; i < local.len; i++)
        if (local.ptr[i] != '.')
            out->text[out->len++] = local.ptr[i];
    memcpy(out->text + out->len, rest.ptr, rest.len);
    out->len += rest.len;
    return str_of(out->text, out->len);
}

static void keys(const struct value *value, struct key_sink *sink)
{
    struct mailbox mailbox;
    type_keys_exact(value, sink);
    type_add_key(sink, KEY_SKELETON, str_c(value->type->name), mailbox_of(value->norm, &mailbox));
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    struct mailbox a, b;
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same address");
    else if (str_eq(mailbox_of(asked->norm, &a), mailbox_of(held->norm, &b)))
        comparison_set(ret, AGREE_CLOSE, 1, 0.95, "differs only in dots or in what follows +");
    else
        type_compare_identifier(asked, held, ret);
}

/* First character and domain. */
static void redact(const struct value *value, struct buf *out)
{
    size_t at = str_find(value->norm, '@'), first = 0;
    (void)utf8_next(value->norm, &first);
    buf_add(out, str_slice(value->norm, 0, first));
    buf_add(out, S("***"));
    buf_add(out, str_from(value->norm, at));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    static const char *const domains[] = {"example.org", "example.com", "example.net",
                                          "mail.example"};
    for (size_t i = 0; i < hint.len && i < 24; i++)
        if (is_alnum(hint.ptr[i]))
            buf_add_char(out, to_lower(hint.ptr[i]));
    if (hint.len == 0)
        sample_characters(random, "abcdefghijklmnoprstuvwz", 5 + random_below(random, 4), out);
    sample_digits(random, 2 + random_below(random, 3), out);
    buf_printf(out, "@%s", domains[random_below(random, COUNT_OF(domains))]);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    bool is_plain = str_find(line, '@') > 0 && str_find(line, '@') < line.len;
    return type_read(&type_email, context, line, arena, out, max, is_plain ? 97 : 70);
}

const struct type type_email = {
    .name = "email",
    .title = "E-mail address",
    .help = "name@domain; defanged forms such as name[at]domain[.]org are understood",
    .is_key = true,
    .parse = parse,
    .print = type_print_norm,
    .keys = keys,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
    .alphabet = STR_INIT("abcdefghijklmnopqrstuvwxyz0123456789.-_@"),
};
