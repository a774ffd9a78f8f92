/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle: the name of an account on a platform.
 *
 *   {platform: telegram, name: night_owl}   "telegram:night_owl"   "@night_owl"
 *   "https://t.me/night_owl"
 *
 * Normal form "telegram/night_owl", or the name alone when the platform is not said; small letters.
 * The key is the name alone, so that the same name on another platform is found too; the comparison
 * says which it is. People keep their names.
 */
#include "type/internal.h"

extern const struct type type_handle;

enum { RAW_MAX = 400, NAME_MAX_BYTES = 128 };

struct detail {
    str name;
    const struct code *platform; /* NULL: not said */
};

static const struct code *platform_of(const struct type_context *context, str text)
{
    const struct code_list *list =
        context->codes ? codes_list(context->codes, S("platforms")) : NULL;
    return list && text.len ? code_find(list, text) : NULL;
}

/* "https://www.t.me/night_owl?x" -> host "t.me", first path segment. */
static bool cut_address(str text, str *ret_host, str *ret_name)
{
    static const str heads[] = {STR_INIT("https://"), STR_INIT("http://"), STR_INIT("www."),
                                STR_INIT("m.")};
    bool has_scheme = false;
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        if (str_eq_nocase(str_slice(text, 0, heads[i].len), heads[i])) {
            text = str_from(text, heads[i].len);
            has_scheme |= i < 2;
        }
    size_t slash = str_find(text, '/');
    *ret_host = str_slice(text, 0, slash);
    str rest = str_from(text, slash + 1);
    rest = str_slice(rest, 0, str_find(rest, '?'));
    *ret_name = str_slice(rest, 0, str_find(rest, '/'));
    return ret_name->len && (has_scheme || str_find(*ret_host, '.') < ret_host->len);
}

/* "facebook.com" is known as facebook: the label before the last, when the whole is no alias. */
static const struct code *platform_of_host(const struct type_context *context, str host)
{
    const struct code *platform = platform_of(context, host);
    size_t end = host.len;
    while (end > 0 && host.ptr[end - 1] != '.')
        end--;
    if (platform || end < 2)
        return platform;
    str name = str_slice(host, 0, end - 1);
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] != '.')
        at--;
    return platform_of(context, str_from(name, at));
}

/* Finds what says the platform; what is left is the name. */
static void cut(const struct type_context *context, str text, struct detail *ret)
{
    str host, name;
    size_t mark = str_find(text, ':');
    if (cut_address(text, &host, &name)) {
        const struct code *platform = platform_of_host(context, host);
        if (platform) {
            *ret = (struct detail){name, platform};
            return;
        }
    }
    mark = mark < text.len ? mark : str_find(text, '/');
    const struct code *platform = platform_of(context, str_slice(text, 0, mark));
    bool has_platform = platform && mark < text.len;
    ret->platform = has_platform ? platform : NULL;
    ret->name = str_trim(has_platform ? str_from(text, mark + 1) : text);
}

static const char *check_name(str name)
{
    if (name.len == 0)
        return "has no name";
    if (name.len > NAME_MAX_BYTES)
        return "is longer than 128 bytes";
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] <= ' ' || strchr("<>\"", name.ptr[i]))
            return "holds a blank or a sign that no account name has";
    return NULL;
}

static str lowered(str name, struct arena *arena)
{
    char *out = arena_alloc(arena, name.len);
    for (size_t i = 0; out && i < name.len; i++)
        out[i] = to_lower(name.ptr[i]);
    return out ? str_of(out, name.len) : STR_EMPTY;
}

static enum err finish(struct detail *detail, struct arena *arena, struct value *ret)
{
    if (detail->name.len && detail->name.ptr[0] == '@')
        detail->name = str_from(detail->name, 1);
    const char *why = check_name(detail->name);
    if (why) {
        err_set(ERR_BAD_VALUE, "handle '%.*s' %s", STR(type_head(ret->raw, 100)), why);
        return err_hint("%s", type_handle.help);
    }
    detail->name = lowered(detail->name, arena);
    ret->detail = detail;
    ret->norm = detail->platform ? arena_printf(arena, "%.*s/%.*s", STR(detail->platform->code),
                                                STR(detail->name))
                                 : detail->name;
    return ret->norm.len ? OK : err_last()->code;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    if (input && input->kind == NODE_MAP) {
        str platform = node_get_text(input, S("platform"));
        TRY(type_begin_text(&type_handle, input, node_get_text(input, S("name")), RAW_MAX, ret));
        *detail = (struct detail){ret->raw, platform_of(context, platform)};
        if (platform.len && !detail->platform) {
            err_set(ERR_BAD_VALUE, "platform '%.*s' is not in the list of platforms",
                    STR(type_head(platform, 100)));
            return err_hint("write other, and the platform's name in a remark");
        }
    } else {
        TRY(type_begin(&type_handle, input, RAW_MAX, ret));
        cut(context, ret->raw, detail);
    }
    return finish(detail, arena, ret);
}

static void print(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    buf_printf(out, "@%.*s", STR(detail->name));
    if (detail->platform)
        buf_printf(out, " (%.*s)", STR(code_name(detail->platform, LANGUAGE_EN)));
}

/* Case, dots, underscores and confusable characters do not make another person. */
static size_t skeleton(str name, char out[NAME_MAX_BYTES])
{
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++)
        if (!strchr("._-", name.ptr[i]))
            out[len++] = skeleton_character(to_upper(name.ptr[i]));
    return len;
}

static void keys(const struct value *value, struct key_sink *sink)
{
    const struct detail *detail = value->detail;
    char text[NAME_MAX_BYTES];
    type_add_key(sink, KEY_EXACT, str_c(type_handle.name), detail->name);
    size_t len = skeleton(detail->name, text);
    if (len)
        type_add_key(sink, KEY_SKELETON, str_c(type_handle.name), str_of(text, len));
}

/* Levels: 0 same, 1 platform not said, 2 nearly the same name, 3 other platform, 4 different. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct detail *a = asked->detail, *b = held->detail;
    char x[NAME_MAX_BYTES], y[NAME_MAX_BYTES];
    bool is_known = a->platform && b->platform, is_other = is_known && a->platform != b->platform;
    bool is_name = str_eq(a->name, b->name);
    str alike = str_of(x, skeleton(a->name, x));
    bool is_alike = alike.len && str_eq(alike, str_of(y, skeleton(b->name, y)));
    if (is_name && is_known && !is_other)
        comparison_set(ret, AGREE_SAME, 0, 1, "same account");
    else if (is_name && !is_known)
        comparison_set(ret, AGREE_SAME, 1, .9, "same name, platform not stated");
    else if (is_alike && !is_other)
        comparison_set(ret, AGREE_CLOSE, 2, .8, "nearly the same name");
    else if (is_name || is_alike)
        comparison_set(ret, AGREE_FAR, 3, .6, "same name on another platform");
    else
        comparison_set(ret, AGREE_DIFFERENT, 4, 0, "other name");
}

static void redact(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    if (detail->platform)
        buf_printf(out, "%.*s/", STR(detail->platform->code));
    buf_add(out, S("***"));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    static const char *const firsts[] = {"night", "silver", "lucky", "north", "ghost", "red"};
    static const char *const seconds[] = {"owl", "fox", "trader", "wolf", "rider", "king"};
    if (hint.len)
        buf_printf(out, "%.*s:", STR(hint));
    buf_printf(out, "%s_%s%u", firsts[random_below(random, COUNT_OF(firsts))],
               seconds[random_below(random, COUNT_OF(seconds))],
               (unsigned)random_below(random, 10000));
}

/* Unmarked, only what looks like a name and nothing else is offered. */
static bool is_plain(str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_alnum(name.ptr[i]) && !strchr("._-", name.ptr[i]))
            return false;
    return !is_digit(name.ptr[0]);
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    bool has_letter = str_count_digits(line) < line.len;
    if (line.len < 3 || line.len > 120 || !has_letter || str_find(line, ' ') < line.len)
        return 0;
    bool is_marked = line.ptr[0] == '@' && str_find(str_from(line, 1), '@') == line.len - 1;
    size_t count = type_read(&type_handle, context, line, arena, out, max, is_marked ? 85 : 8);
    const struct detail *detail = count ? out[0].value.detail : NULL;
    if (detail && detail->platform)
        out[0].confidence = 88;
    else if (detail && !is_marked && !is_plain(detail->name))
        return 0;
    return count;
}

static const char *const maps[] = {"platform", "name", NULL};

const struct type type_handle = {
    .name = "handle",
    .title = "Handle",
    .help = "an account name with or without its platform: telegram:night_owl, @night_owl, "
            "https://t.me/night_owl",
    .maps = maps,
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
};
