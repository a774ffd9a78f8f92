/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event: something that happened - {kind, date, place, country, text}; at least one of kind, date,
 * place. Its parts carry the meanings event-kind, event-date, event-place and event-country, so
 * that an event is found by any of them.
 */
#include "type/date.h"
#include "type/internal.h"

extern const struct type type_event;

enum { TEXT_MAX = 2000 };

enum part { PART_KIND, PART_DATE, PART_PLACE, PART_COUNTRY, PART_COUNT };

struct detail {
    struct value parts[PART_COUNT]; /* type NULL: not said */
    str text;
};

static const struct {
    const char *key, *type, *list, *meaning;
} part_table[PART_COUNT] = {
    [PART_KIND] = {"kind", "code", "event-kinds", "event-kind"},
    [PART_DATE] = {"date", "date", NULL, "event-date"},
    [PART_PLACE] = {"place", "place", NULL, "event-place"},
    [PART_COUNTRY] = {"country", "country", NULL, "event-country"},
};

static enum err read_part(const struct type_context *context, enum part part,
                          const struct node *node, struct arena *arena, struct detail *ret)
{
    struct type_context own = *context;
    const struct type *type = type_find(str_c(part_table[part].type));
    ensure(type != NULL);
    if (!node || (node_is_scalar(node) && !str_trim(node_as_text(node)).len))
        return OK;
    if (part_table[part].list)
        own.list = context->codes ? codes_list(context->codes, str_c(part_table[part].list)) : NULL;
    enum err code = type->parse(&own, node, arena, &ret->parts[part]);
    if (code)
        (void)err_field("%s", part_table[part].key);
    return code;
}

/* "theft, 2026-03-14, Port Galini": whichever of the parts are said. */
static str joined(const struct detail *detail, bool is_norm, struct arena *arena)
{
    struct buf out = {.max = 1 << 16};
    str text = STR_EMPTY;
    for (size_t i = 0; i < PART_COUNT; i++) {
        const struct value *part = &detail->parts[i];
        if (!part->type)
            continue;
        if (out.len)
            buf_add(&out, is_norm ? S(" | ") : S(", "));
        if (is_norm)
            buf_add(&out, part->norm);
        else
            part->type->print(part, &out);
    }
    if (!out.failed)
        text = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return text;
}

static enum err parse_map(const struct type_context *context, const struct node *input,
                          struct arena *arena, struct value *ret, struct detail *detail)
{
    for (enum part part = 0; part < PART_COUNT; part++)
        TRY(read_part(context, part, node_get(input, str_c(part_table[part].key)), arena, detail));
    detail->text = str_trim(node_get_text(input, S("text")));
    if (detail->text.len > TEXT_MAX)
        return err_set(ERR_BAD_VALUE, "event: the text is longer than %d bytes", TEXT_MAX);
    ret->norm = joined(detail, true, arena);
    str shown = joined(detail, false, arena);
    if (!ret->norm.len) {
        err_set(ERR_BAD_VALUE, "event: neither kind nor date nor place is said");
        return err_hint("%s", type_event.help);
    }
    ret->raw =
        detail->text.len ? arena_printf(arena, "%.*s: %.*s", STR(shown), STR(detail->text)) : shown;
    return ret->raw.len ? OK : err_last()->code;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct detail *detail = arena_new(arena, struct detail);
    if (!detail)
        return err_last()->code;
    *ret = (struct value){.type = &type_event,
                          .input = input,
                          .note = STR_EMPTY,
                          .repair = STR_EMPTY,
                          .detail = detail};
    if (input && input->kind == NODE_MAP)
        return parse_map(context, input, arena, ret, detail);
    TRY(type_begin(&type_event, input, 200, ret));
    ret->detail = detail;
    TRY(read_part(context, PART_KIND, input, arena, detail)); /* a text alone is the kind */
    ret->norm = joined(detail, true, arena);
    return ret->norm.len ? OK : err_last()->code;
}

static void print(const struct value *value, struct buf *out)
{
    buf_add(out, value->raw);
}

static void parts(const struct value *value, struct arena *arena, struct part_sink *sink)
{
    const struct detail *detail = value->detail;
    (void)arena;
    for (size_t i = 0; i < PART_COUNT; i++)
        if (detail->parts[i].type)
            sink->add(sink, str_c(part_table[i].meaning), &detail->parts[i]);
}

/* The worst of the parts that both sides say. */
static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    const struct detail *a = asked->detail, *b = held->detail;
    struct comparison worst = {.agreement = AGREE_SAME, .similarity = 1};
    unsigned compared = 0;
    for (size_t i = 0; i < PART_COUNT; i++) {
        struct comparison part;
        if (!a->parts[i].type || !b->parts[i].type)
            continue;
        a->parts[i].type->compare(&a->parts[i], &b->parts[i], &part);
        compared++;
        if (part.similarity < worst.similarity)
            worst = part;
    }
    if (compared == 0)
        comparison_set(ret, AGREE_UNKNOWN, 4, 0, "nothing to compare");
    else if (worst.similarity >= 1)
        comparison_set(ret, AGREE_SAME, 0, 1, "same event");
    else
        *ret = worst;
}

static void redact(const struct value *value, struct buf *out)
{
    const struct detail *detail = value->detail;
    const struct value *kind = &detail->parts[PART_KIND];
    if (kind->type)
        kind->type->print(kind, out);
    else
        buf_add(out, S("an event"));
}

/* The kind alone: a text is read as that. */
static void sample(struct random *random, str hint, struct buf *out)
{
    static const char *const kinds[] = {"theft", "robbery", "smuggling", "piracy"};
    buf_add(out, hint.len ? hint : str_c(kinds[random_below(random, COUNT_OF(kinds))]));
}

static const char *const maps[] = {"kind", "date", "place", "country", "text", NULL};

const struct type type_event = {
    .name = "event",
    .title = "Event",
    .help =
        "what happened: its kind, date, place, country, and a text; at least one of the first four",
    .maps = maps,
    .parse = parse,
    .print = print,
    .compare = compare,
    .redact = redact,
    .parts = parts,
    .sample = sample,
};
