/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one catalogue opens that another did not. Declarations are not read for it: policy itself is
 * asked, under each of the two, role by role and purpose by purpose, what it would show, allow and
 * let be searched before there is any record, so that a widening is found whichever line of which
 * file made it. What policy does not decide is compared by itself: retention, links, what can be
 * found by, whose a record may be, procedures. Where it cannot be told, it counts as wider.
 */
#include <stdlib.h>

#include "model/life.h"
#include "rights/internal.h"

enum { DIFFERENCES_MAX = 2000, TEXT_MAX = 8 << 10 };

struct comparing {
    const struct catalog *before, *after;
    struct arena *arena;
    struct rights_difference *items;
    size_t count;
    bool is_full;
    const struct definition *old, *new; /* the pair at hand */
};

static void add(struct comparing *comparing, const char *what, str role, bool is_wider, str before,
                str after)
{
    if (comparing->count == DIFFERENCES_MAX) {
        comparing->is_full = true;
        return;
    }
    const struct definition *about = comparing->new ? comparing->new : comparing->old;
    comparing->items[comparing->count++] = (struct rights_difference){
        .definition = about ? about->name : STR_EMPTY,
        .what = what,
        .role = role,
        .before = before,
        .after = after,
        .is_wider = is_wider,
        .is_of_program = about && str_eq(about->kind, S("system")),
    };
}

static str kept(struct comparing *comparing, struct buf *text)
{
    str copy = arena_str(comparing->arena, buf_str(text));
    buf_release(text);
    return copy;
}

/* ---- what a role sees ---- */

struct asker {
    const struct catalog *catalog;
    const struct definition *definition;
    struct actor actor;
    bool is_known; /* role and purpose are, there */
};

static struct asker asker_of(const struct catalog *catalog, const struct definition *definition,
                             str role, str purpose)
{
    struct asker asker = {.catalog = catalog,
                          .definition = definition,
                          .actor = {.officer = S("anyone"),
                                    .country = S("UTO"),
                                    .unit = S("UTO/any"),
                                    .role = role,
                                    .purposes = ~(purpose_set)0}};
    const struct code_list *roles = codes_list(catalog->codes, S("audiences"));
    asker.is_known =
        roles && code_get(roles, role) && purpose_find(catalog, purpose, &asker.actor.purpose);
    return asker;
}

static const struct {
    enum confidentiality confidentiality;
    unsigned sensitive;
    str owner;
} classes[] = {{CONF_OFFICIAL, 0, {"", 0}},
               {CONF_RESTRICTED, 0, {"", 0}},
               {CONF_CONFIDENTIAL, 0, {"", 0}},
               {CONF_OFFICIAL, SENSITIVE_VICTIM, {"", 0}},
               {CONF_CONFIDENTIAL, SENSITIVE_VICTIM, {"", 0}},
               {CONF_OFFICIAL, 0, {"UTO", 3}},
               {CONF_CONFIDENTIAL, SENSITIVE_VICTIM, {"UTO", 3}}};

static enum disclosure seen(const struct asker *asker, size_t class)
{
    if (!asker->is_known)
        return DISCLOSE_NONE;
    return policy_foresee(asker->catalog, &asker->actor, asker->definition, classes[class].owner,
                          classes[class].confidentiality, classes[class].sensitive);
}

static const struct {
    enum policy_action action;
    const char *word;
} actions[] = {{POLICY_SEARCH, "search"},
               {POLICY_READ, "read"},
               {POLICY_WRITE, "write"},
               {POLICY_IMPORT, "import"},
               {POLICY_FEED, "feed"}};

static bool allowed(struct asker asker, size_t action)
{
    asker.actor.may_write = true;
    return asker.is_known && policy_allow(asker.catalog, &asker.actor, actions[action].action,
                                          asker.definition, asker.actor.country) == OK;
}

/* What became of one role, over all purposes. */
struct change_of_role {
    enum disclosure before, after; /* of the widest step, or of the narrowest if there is none */
    bool is_wider, is_narrower;
    struct buf purposes;
    uint64_t fields_wider[FIELD_MAX / 64], fields_narrower[FIELD_MAX / 64];
    bool actions_wider[COUNT_OF(actions)], actions_narrower[COUNT_OF(actions)];
};

static void compare_seen(const struct asker *old, const struct asker *new, str purpose,
                         struct change_of_role *change)
{
    bool is_here = false;
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        enum disclosure before = seen(old, i), after = seen(new, i);
        bool is_wider = after > before;
        change->is_narrower |= after < before;
        is_here |= after != before;
        if ((is_wider && (!change->is_wider || after - before > change->after - change->before)) ||
            (after < before && !change->is_wider)) {
            change->before = before;
            change->after = after;
        }
        change->is_wider |= is_wider;
    }
    if (is_here)
        buf_printf(&change->purposes, "%s%.*s", change->purposes.len ? ", " : "", STR(purpose));
}

static enum field_access access_of(const struct asker *asker, const struct field *field)
{
    return asker->is_known
               ? policy_field_access(asker->catalog, &asker->actor, asker->definition, field)
               : FIELD_CLOSED;
}

static void compare_fields_of(const struct asker *old, const struct asker *new,
                              struct change_of_role *change)
{
    for (size_t i = 0; i < new->definition->all_count; i++) {
        const struct field *field = new->definition->all[i];
        const struct field *was = definition_field(old->definition, field->path);
        if (!field->type || !was)
            continue;
        enum field_access before = access_of(old, was), after = access_of(new, field);
        if (after > before)
            change->fields_wider[i / 64] |= (uint64_t)1 << i % 64;
        else if (after < before)
            change->fields_narrower[i / 64] |= (uint64_t)1 << i % 64;
    }
}

static void tell_fields(struct comparing *comparing, str role, const uint64_t *bits, bool is_wider)
{
    struct buf names = {.max = TEXT_MAX};
    for (size_t i = 0; i < comparing->new->all_count; i++)
        if (bits[i / 64] >> i % 64 & 1)
            buf_printf(&names, "%s%.*s", names.len ? ", " : "", STR(comparing->new->all[i]->path));
    if (names.len)
        add(comparing, "fields", role, is_wider, is_wider ? STR_EMPTY : buf_str(&names),
            is_wider ? kept(comparing, &names) : STR_EMPTY);
    if (!is_wider && names.len)
        comparing->items[comparing->count - 1].before =
            arena_str(comparing->arena, buf_str(&names));
    buf_release(&names);
}

static void tell_role(struct comparing *comparing, str role, struct change_of_role *change)
{
    if (change->is_wider || change->is_narrower) {
        str words[] = {str_c(disclosure_word(change->before)),
                       str_c(disclosure_word(change->after))};
        str purposes = kept(comparing, &change->purposes);
        add(comparing, "disclosure", role, change->is_wider, words[0],
            arena_printf(comparing->arena, "%.*s: %.*s", STR(words[1]), STR(purposes)));
    }
    tell_fields(comparing, role, change->fields_wider, true);
    tell_fields(comparing, role, change->fields_narrower, false);
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (change->actions_wider[i] || change->actions_narrower[i])
            add(comparing, "action", role, change->actions_wider[i],
                change->actions_wider[i] ? STR_EMPTY : str_c(actions[i].word),
                change->actions_wider[i] ? str_c(actions[i].word) : STR_EMPTY);
    buf_release(&change->purposes);
}

static void compare_role(struct comparing *comparing, str role)
{
    const struct code_list *purposes = comparing->after->purposes;
    struct change_of_role change = {.purposes = {.max = TEXT_MAX}};
    for (size_t i = 0; i < purposes->count; i++) {
        str purpose = purposes->codes[i].code;
        struct asker old = asker_of(comparing->before, comparing->old, role, purpose);
        struct asker new = asker_of(comparing->after, comparing->new, role, purpose);
        compare_seen(&old, &new, purpose, &change);
        compare_fields_of(&old, &new, &change);
        for (size_t k = 0; k < COUNT_OF(actions); k++) {
            bool before = allowed(old, k), after = allowed(new, k);
            change.actions_wider[k] |= after && !before;
            change.actions_narrower[k] |= before && !after;
        }
    }
    err_clear();
    tell_role(comparing, role, &change);
}

static void compare_roles(struct comparing *comparing)
{
    const struct code_list *roles = codes_list(comparing->after->codes, S("audiences"));
    for (size_t i = 0; roles && i < roles->count; i++)
        if (!str_eq(roles->codes[i].code, S("system")))
            compare_role(comparing, roles->codes[i].code);
}

/* ---- what policy does not decide ---- */

static str purposes_text(struct comparing *comparing, const struct catalog *catalog,
                         purpose_set purposes)
{
    struct buf text = {.max = TEXT_MAX};
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (purposes >> i & 1)
            buf_printf(&text, "%s%.*s", text.len ? ", " : "",
                       STR(purpose_code(catalog, (uint16_t)i)));
    return kept(comparing, &text);
}

static bool has_purpose_called(const struct catalog *catalog, const struct definition *definition,
                               str code)
{
    uint16_t number;
    return purpose_find(catalog, code, &number) && definition->purposes >> number & 1;
}

static void compare_purposes(struct comparing *comparing)
{
    bool is_wider = false, is_narrower = false;
    for (uint16_t i = 0; i < PURPOSE_MAX; i++) {
        str now = purpose_code(comparing->after, i), then = purpose_code(comparing->before, i);
        is_wider |= comparing->new->purposes >> i & 1 &&
                    !has_purpose_called(comparing->before, comparing->old, now);
        is_narrower |= comparing->old->purposes >> i & 1 &&
                       !has_purpose_called(comparing->after, comparing->new, then);
    }
    if (is_wider || is_narrower)
        add(comparing, "purpose", STR_EMPTY, is_wider,
            purposes_text(comparing, comparing->before, comparing->old->purposes),
            purposes_text(comparing, comparing->after, comparing->new->purposes));
}

static unsigned longest(const struct definition *definition)
{
    unsigned days = 0;
    for (size_t i = 0; i < definition->retain_count; i++)
        if (definition->retains[i].first_days > days)
            days = definition->retains[i].first_days;
    return days;
}

/* Each under the same condition as before; NULL `when`: always. */
static bool are_conditions_same(const struct comparing *comparing)
{
    const struct node *one = node_get(comparing->old->source, S("retain"));
    const struct node *other = node_get(comparing->new->source, S("retain"));
    if (comparing->old->retain_count != comparing->new->retain_count)
        return false;
    if (!one || !other || one->kind != NODE_LIST || other->kind != NODE_LIST)
        return !one == !other && (!one || one->kind == other->kind);
    const struct node *a = one->first, *b = other->first;
    for (; a && b; a = a->next, b = b->next) {
        const struct node *when = node_get(a, S("when")), *then = node_get(b, S("when"));
        if (!when != !then || (when && !node_equal(when, then)))
            return false;
    }
    return true;
}

static void compare_retention(struct comparing *comparing)
{
    const struct definition *old = comparing->old, *new = comparing->new;
    bool is_same = are_conditions_same(comparing);
    bool is_wider = !is_same || new->achieved_days > old->achieved_days ||
                    (old->achieved && !new->achieved) || (new->is_lasting && !old->is_lasting);
    bool is_other = is_wider || new->achieved_days != old->achieved_days;
    for (size_t i = 0; is_same && i < new->retain_count; i++) {
        is_wider |= new->retains[i].first_days > old->retains[i].first_days;
        is_other |= new->retains[i].first_days != old->retains[i].first_days;
    }
    if (is_wider || is_other)
        add(comparing, "retention", STR_EMPTY, is_wider,
            arena_printf(comparing->arena, "%u days", longest(old)),
            arena_printf(comparing->arena, "%u days", longest(new)));
}

static void compare_field(struct comparing *comparing, const struct field *field)
{
    const struct field *was = definition_field(comparing->old, field->path);
    if (!was)
        add(comparing, "new-field", STR_EMPTY, false, STR_EMPTY, field->path);
    if (field->is_pivot && (!was || !was->is_pivot))
        add(comparing, "link", STR_EMPTY, true, STR_EMPTY, field->path);
    if (was && field->meaning.len && !str_eq(field->meaning, was->meaning))
        add(comparing, "found-by", STR_EMPTY, true, was->meaning, field->meaning);
    if (was && was->type != field->type)
        add(comparing, "type", STR_EMPTY, true, field->path,
            str_c(field->type ? field->type->name : ""));
}

static void compare_fields(struct comparing *comparing)
{
    for (size_t i = 0; i < comparing->new->all_count; i++)
        compare_field(comparing, comparing->new->all[i]);
    for (size_t i = 0; i < comparing->old->all_count; i++)
        if (!definition_field(comparing->new, comparing->old->all[i]->path))
            add(comparing, "field-gone", STR_EMPTY, false, comparing->old->all[i]->path, STR_EMPTY);
}

static void write_states(const struct life *life, uint32_t bits, struct buf *out)
{
    for (size_t i = 0; i < life->state_count; i++)
        if (bits >> i & 1)
            buf_printf(out, "%.*s ", STR(life->states[i].name));
}

/* Who may move what to where and with what effect: what a procedure opens. */
static str procedure_of(struct comparing *comparing, const struct life *life)
{
    struct buf out = {.max = 64 << 10};
    for (size_t i = 0; life && i < life->move_count; i++) {
        const struct life_move *move = &life->moves[i];
        write_states(life, move->from, &out);
        buf_printf(&out, "> %.*s %d %d %s", STR(life->states[move->to].name), move->is_four_eyes,
                   move->apart != LIFE_NONE, life_effect_word(move->effect));
        for (int party = 0; party < PARTY_COUNT; party++)
            for (size_t k = 0; move->who[party].may && k <= move->who[party].role_count; k++)
                buf_printf(&out, " %s:%.*s", party_word((enum party)party),
                           k < move->who[party].role_count ? (int)move->who[party].roles[k].len : 1,
                           k < move->who[party].role_count ? move->who[party].roles[k].ptr : ";");
        buf_add_char(&out, '\n');
    }
    return kept(comparing, &out);
}

static void compare_rest(struct comparing *comparing)
{
    const struct definition *old = comparing->old, *new = comparing->new;
    if (!str_eq(old->owner, new->owner))
        add(comparing, "owner", STR_EMPTY, str_eq(new->owner, S("any")), old->owner, new->owner);
    if (old->is_local != new->is_local)
        add(comparing, "scope", STR_EMPTY, old->is_local, S(""), S(""));
    if (!str_eq(procedure_of(comparing, old->life), procedure_of(comparing, new->life)))
        add(comparing, "procedure", STR_EMPTY, true, STR_EMPTY, STR_EMPTY);
    if (!str_eq(old->kind, new->kind))
        add(comparing, "kind", STR_EMPTY, true, old->kind, new->kind);
}

static void compare_pair(struct comparing *comparing)
{
    size_t before = comparing->count;
    compare_roles(comparing);
    compare_purposes(comparing);
    compare_retention(comparing);
    compare_fields(comparing);
    compare_rest(comparing);
    if (comparing->count == before && !node_equal(comparing->old->source, comparing->new->source))
        add(comparing, "wording", STR_EMPTY, false, STR_EMPTY, STR_EMPTY);
}

enum err rights_compare(const struct catalog *before, const struct catalog *after,
                        struct arena *arena, struct rights_difference **ret, size_t *ret_count)
{
    struct comparing comparing = {.before = before, .after = after, .arena = arena};
    comparing.items = arena_array(arena, struct rights_difference, DIFFERENCES_MAX);
    if (!comparing.items)
        return err_last()->code;
    for (size_t i = 0; i < after->count; i++) {
        comparing.new = after->definitions[i];
        comparing.old = catalog_find(before, comparing.new->name);
        if (comparing.old)
            compare_pair(&comparing);
        else
            add(&comparing, "new-database", STR_EMPTY, true, STR_EMPTY,
                purposes_text(&comparing, after, comparing.new->purposes));
    }
    comparing.new = NULL;
    for (size_t i = 0; i < before->count; i++) {
        comparing.old = before->definitions[i];
        if (!catalog_find(after, comparing.old->name))
            add(&comparing, "database-gone", STR_EMPTY, false, STR_EMPTY, STR_EMPTY);
    }
    *ret = comparing.items;
    *ret_count = comparing.count;
    return comparing.is_full ? err_set(ERR_LIMIT, "more than %d differences", DIFFERENCES_MAX) : OK;
}
