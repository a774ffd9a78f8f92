/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link: what joins a record to another.
 *
 *   {kind: accomplice, to: 4D2KX9A-1F, evaluation: B2}   a record, and how it was graded
 *   {kind: owned-by, to: "person:UTO/S-12"}              a record, by its owner's reference
 *   {kind: member-of, name: "The Harbour Crew"}          one of whom there is no record
 *   "4D2KX9A-1F"                                         a record, related somehow
 *
 * The key is the id or reference, so that the other end finds its way back. A membership is an
 * assertion:
 * without evaluation the note says so.
 */
#include "type/link.h"

#include "type/internal.h"

extern const struct type type_link;

enum { RAW_MAX = 200, HOME_LENGTH = 7, NUMBER_LENGTH_MAX = 13, OWNER_MAX = 16 };

struct detail {
    const struct code *kind; /* NULL: related */
    str to;                  /* record id in capitals, or reference; or empty */
    str name;                /* when there is no record */
    char source, information;
};

static enum err bad(const char *why, str text)
{
    err_set(ERR_BAD_VALUE, "link: %s '%.*s'", why, STR(type_head(text, 80)));
    return err_hint("%s", type_link.help);
}

/* Crockford's base 32 without I L O U: home, dash, number. */
static bool is_record_id(str text)
{
    if (text.len < HOME_LENGTH + 2 || text.len > HOME_LENGTH + 1 + NUMBER_LENGTH_MAX ||
        text.ptr[HOME_LENGTH] != '-')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (i != HOME_LENGTH && (!is_alnum(text.ptr[i]) || strchr("ILOU", text.ptr[i])))
            return false;
    return true;
}

static bool is_name(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_lower(text.ptr[i]) && !is_digit(text.ptr[i]) && text.ptr[i] != '-')
            return false;
    return text.len > 0;
}

bool reference_parse(str text, struct reference *ret)
{
    size_t colon = str_find(text, ':'), slash = str_find(text, '/');
    if (colon >= slash || slash >= text.len || slash - colon - 1 > OWNER_MAX)
        return false;
    struct reference found = {.database = str_slice(text, 0, colon),
                              .owner = str_slice(text, colon + 1, slash - colon - 1),
                              .ref = str_from(text, slash + 1)};
    for (size_t i = 0; i < found.owner.len; i++)
        if (!is_alnum(found.owner.ptr[i]) && found.owner.ptr[i] != '-')
            return false;
    if (!is_name(found.database) || !found.owner.len || !found.ref.len)
        return false;
    *ret = found;
    return true;
}

str link_target(const struct value *value)
{
    const struct detail *detail = value->detail;
    return value->type == &type_link && detail ? detail->to : STR_EMPTY;
}

static str upper(str text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.len);
    for (size_t i = 0; out && i < text.len; i++)
        out[i] = to_upper(text.ptr[i]);
    return out ? str_of(out, text.len) : STR_EMPTY;
}

/* Ids in capitals, references as they are. */
static str read_target(str text, struct arena *arena)
{
    struct reference reference;
    return reference_parse(text, &reference) ? text : upper(text, arena);
}

static enum err read_kind(const struct type_context *context, str text, struct detail *ret)
{
    const struct code_list *list =
        context->codes ? codes_list(context->codes, S("link-kinds")) : NULL;
    ret->kind = list && text.len ? code_find(list, text) : NULL;
    return text.len && !ret->kind ? bad("this kind is not in the list link-kinds:", text) : OK;
}

/* "B2": source A B C X, information 1 to 4. */
static enum err read_evaluation(str text, struct detail *ret)
{
    if (!text.len)
        return OK;
    if (text.len != 2 || !strchr("ABCX", to_upper(text.ptr[0])) || text.ptr[1] < '1' ||
        text.ptr[1] > '4')
        return bad("an evaluation is a letter A, B, C, X and a digit 1 to 4, not", text);
    ret->source = to_upper(text.ptr[0]);
    ret->information = text.ptr[1];
    return OK;
}

static enum err read_map(const struct type_context *context, const struct node *input,
                         struct arena *arena, struct value *ret, struct detail *detail)
{
    str to = str_trim(node_get_text(input, S("to")));
    detail->name = str_trim(node_get_text(input, S("name")));
    TRY(type_begin_text(&type_link, input, to.len ? to : detail->name, RAW_MAX, ret));
    detail->to = read_target(to, arena);
    if (detail->name.len > RAW_MAX)
        return bad("the name is longer than 200 bytes:", detail->name);
    TRY(read_kind(context, str_trim(node_get_text(input, S("kind"))), detail));
    return read_evaluation(str_trim(node_get_text(input, S("evaluation"))), detail);
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    if (input && input->kind == NODE_MAP) {
        TRY(read_map(context, input, arena, ret, detail));
    } else {
        TRY(type_begin(&type_link, input, RAW_MAX, ret));
        detail->to = read_target(ret->raw, arena);
    }
    struct reference reference;
    if (detail->to.len && !is_record_id(detail->to) && !reference_parse(detail->to, &reference))
        return bad("this is no record's id or reference:", detail->to);
    if (!detail->source)
        ret->note = S("not evaluated");
    str kind = detail->kind ? detail->kind->code : S("related");
    ret->detail = detail;
    ret->norm = arena_printf(arena, "%.*s:%.*s", STR(kind),
                             STR(detail->to.len ? detail->to : detail->name));
    return ret->norm.len ? OK : err_last()->code;
}

static void print(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    buf_add(out, detail->kind ? code_name(detail->kind, LANGUAGE_EN) : S("Related"));
    buf_add_char(out, ' ');
    buf_add(out, detail->name.len ? detail->name : detail->to);
    if (detail->name.len && detail->to.len)
        buf_printf(out, " (%.*s)", STR(detail->to));
    if (detail->source)
        buf_printf(out, ", %c%c", detail->source, detail->information);
}

static void keys(const struct value *value, struct key_sink *sink)
{
    const struct detail *detail = value->detail;
    type_add_key(sink, KEY_EXACT, str_c(type_link.name),
                 detail->to.len ? detail->to : detail->name);
}

/* Levels: 0 same, 1 same target of another kind, 2 different. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct detail *a = asked->detail, *b = held->detail;
    if (str_eq(asked->norm, held->norm))
        comparison_set(ret, AGREE_SAME, 0, 1, "same link");
    else if (a->to.len ? str_eq(a->to, b->to) : !b->to.len && str_eq(a->name, b->name))
        comparison_set(ret, AGREE_CLOSE, 1, .8, "linked in another way");
    else
        comparison_set(ret, AGREE_DIFFERENT, 2, 0, "linked to another");
}

static void redact(const struct value *value, struct buf *out)
{
    (void)value;
    buf_add(out, S("a linked record"));
}

static void sample(struct random *random, str hint, struct buf *out)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    if (hint.len) {
        buf_add(out, hint);
        return;
    }
    for (size_t i = 0; i < HOME_LENGTH + 5; i++)
        buf_add_char(out, i == HOME_LENGTH ? '-' : letters[random_below(random, 32)]);
}

static const char *const maps[] = {"kind", "to", "name", "evaluation", NULL};

const struct type type_link = {
    .name = "link",
    .title = "Link",
    .help = "another record by its id (4D2KX9A-1F) or reference (database:OWNER/REFERENCE), "
            "with the kind of link and the evaluation (B2); or a name when there is no record",
    .maps = maps,
    .is_key = true,
    .parse = parse,
    .print = print,
    .keys = keys,
    .compare = compare,
    .redact = redact,
    .sample = sample,
};
