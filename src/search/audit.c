/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the audit log keeps of a search: who, why, what was asked as understood, where, and what was
 * shown.
 */
#include "codec/json.h"
#include "search/internal.h"

/* The name a value goes under: its meaning's, or its type's where it has none. */
static str asked_as(const struct search_plan *plan, const struct query_value *value)
{
    return value->meaning ? meaning_name(plan->engine->catalog, value->meaning)
                          : str_c(value->value.type->name);
}

/* The values from `first` on that go under its name: one text, or a list of them. */
static void write_alike(const struct search_plan *plan, const struct query_set *set, size_t first,
                        struct buf *out)
{
    struct buf text = {.max = 4096};
    str name = asked_as(plan, &set->values[first].query);
    json_write_text(out, name);
    buf_add(out, S(":["));
    for (size_t i = first; i < set->count; i++) {
        const struct query_value *value = &set->values[i].query;
        if (!str_eq(asked_as(plan, value), name))
            continue;
        buf_clear(&text);
        value->value.type->print(&value->value, &text);
        buf_add(out, i > first ? S(",") : STR_EMPTY);
        json_write_text(out, buf_str(&text));
    }
    buf_add_char(out, ']');
    buf_release(&text);
}

static bool is_told_before(const struct search_plan *plan, const struct query_set *set, size_t at)
{
    str name = asked_as(plan, &set->values[at].query);
    for (size_t i = 0; i < at; i++)
        if (str_eq(asked_as(plan, &set->values[i].query), name))
            return true;
    return false;
}

static void write_values(const struct search_plan *plan, const struct query_set *set,
                         struct buf *out)
{
    bool is_first = true;
    buf_add_char(out, '{');
    for (size_t i = 0; i < set->count; i++) {
        if (is_told_before(plan, set, i))
            continue;
        buf_add(out, is_first ? STR_EMPTY : S(","));
        write_alike(plan, set, i, out);
        is_first = false;
    }
    buf_add_char(out, '}');
}

/*
 * A card's number is printed by its type without the digits that are not kept, so it does not reach
 * the log either.
 */
static str query_as_understood(const struct search_plan *plan)
{
    struct buf out = {.max = 64 << 10};
    buf_add_char(&out, '[');
    for (size_t i = 0; i < plan->set_count; i++) {
        buf_add(&out, i ? S(",") : STR_EMPTY);
        write_values(plan, &plan->sets[i], &out);
    }
    buf_add_char(&out, ']');
    str result = out.failed ? STR_EMPTY : arena_str(plan->arena, buf_str(&out));
    buf_release(&out);
    return result;
}

static str databases_asked(const struct search_plan *plan, struct arena *arena)
{
    struct buf out = {.max = 64 << 10};
    if (plan->is_all_databases)
        return S("*");
    for (size_t i = 0; i < plan->databases->count; i++)
        buf_printf(&out, "%s%.*s", i ? "," : "", STR(plan->databases->items[i]->name));
    str result = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return result;
}

static size_t add_shown(const struct hit *hits, size_t count, struct audit_shown *shown)
{
    for (size_t i = 0; i < count; i++)
        shown[i] =
            (struct audit_shown){hits[i].view.id, hits[i].view.version, hits[i].view.disclosure};
    return count;
}

enum err search_audit_entry(const struct search_plan *plan, const struct search_answer *answer,
                            struct arena *arena, struct audit_entry *ret)
{
    size_t count = answer->hit_count + answer->similar_count;
    size_t shown = 0;
    struct audit_shown *list = count ? arena_array(arena, struct audit_shown, count) : NULL;
    if (count && !list)
        return ERR_LIMIT;
    if (list) {
        shown = add_shown(answer->hits, answer->hit_count, list);
        shown += add_shown(answer->similar, answer->similar_count, list + shown);
    }
    str query = query_as_understood(plan);
    if (query.len == 0)
        return err_set(ERR_LIMIT, "the question is too long for the audit log");
    *ret = (struct audit_entry){
        .kind = AUDIT_SEARCH,
        .time_us = answer->as_of_us,
        .actor = plan->actor,
        .purpose = purpose_code(plan->engine->catalog, plan->actor->purpose),
        .databases = databases_asked(plan, arena),
        .query = query,
        .verdict = str_c(verdict_word(answer->verdict)),
        .catalog = plan->engine->catalog->hash,
        .took_us = answer->took_us,
        .shown = list,
        .shown_count = shown,
    };
    return OK;
}
