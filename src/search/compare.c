/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One candidate: its record is read, its values are compared with what was asked, and the result
 * explained.
 *
 * The index knows hashes; what decides is the stored value. A value confirms a key when it makes
 * the same key itself, so a document number confirms the number inside a stored machine-readable
 * zone, a network the address in it. Fields the actor may not read are passed over before anything
 * else: they neither confirm nor count nor explain. A field that is searched blind can confirm, and
 * the hit then says nothing but where to ask.
 *
 * Definitions with an `evidence` block are scored in bits. Others answer by key: agreement and
 * contradiction of the rest is said in words; a contradicting country lowers the hit to "possible".
 * Where the definition says that a number is unique only beside that country (`unique`), the
 * record is another issuer's: one of the similar numbers, shown apart. Of a hundred million
 * documents one innocent in twenty has a namesake of that kind.
 */
#include "base/said.h"

#include "codec/json.h"
#include "search/internal.h"

enum { WHY_MAX = 32 };
#define NAME_POSSIBLE \
    0.85 /* similarity from which a name alone is worth showing where nothing is scored */

extern const struct type type_country;

struct comparing {
    struct search *search;
    const struct candidate *candidate;
    struct record record;
    struct view view;
    bool is_similar;
};
struct outcome {
    enum band band;
    struct evidence evidence; /* bits, probability, namesakes */
    bool is_veiled;           /* something that was weighed is shown masked */
    bool has_evidence;
    bool is_blind; /* only blind fields led here */
    bool is_other; /* the same number, of another issuer */
    struct why why[WHY_MAX];
    size_t why_count;
};

/* ---- reading ---- */

static enum err read_record(struct comparing *c, bool *ret_is_there)
{
    struct arena *arena = c->search->plan->arena;
    const struct search_engine *engine = c->search->plan->engine;
    struct stored stored;
    struct node *body = NULL;
    *ret_is_there = false;
    enum err code = store_read(engine->store, c->candidate->number, arena, &stored);
    if (code == ERR_NOT_FOUND || code == ERR_GONE ||
        (!code && (stored.is_erased || stored.body.len == 0))) {
        err_clear();
        return OK;
    }
    TRY(code);
    const struct definition *definition = catalog_find(engine->catalog, stored.definition);
    if (!definition)
        return OK;
    TRY(json_parse(stored.body, arena, &body));
    TRY(record_read(engine->catalog, definition, body, arena, &c->record));
    c->record.id = stored.id;
    c->record.version = stored.version;
    c->record.seq = stored.seq;
    c->record.state = stored.state;
    c->record.entered_us = stored.entered_us;
    c->record.updated_us = stored.time_us;
    code = policy_open(engine->catalog, c->search->plan->actor, &c->record, arena, &c->view);
    if (code == ERR_NOT_FOUND) {
        err_clear();
        return OK;
    }
    *ret_is_there = code == OK;
    return code;
}

static enum field_access access_to(const struct comparing *c, const struct field *field)
{
    return policy_field_access(c->search->plan->engine->catalog, c->search->plan->actor,
                               c->record.definition, field);
}

/* ---- confirming a key ---- */

struct confirmer {
    struct key_sink sink;
    const struct key *asked;
    bool is_same;
};

static void match_key(struct key_sink *sink, const struct key *key)
{
    struct confirmer *confirmer = (struct confirmer *)sink;
    const struct key *asked = confirmer->asked;
    if (!str_eq(key->space, asked->space))
        return;
    if (key->kind == KEY_EXACT && asked->kind == KEY_EXACT)
        confirmer->is_same |= str_eq(key->text, asked->text);
    if (key->kind == KEY_RANGE) {
        str to = asked->kind == KEY_RANGE ? asked->to : asked->text;
        confirmer->is_same |=
            str_compare(key->text, to) <= 0 && str_compare(key->to, asked->text) >= 0;
    }
}

static bool confirms(const struct value *held, const struct set_value *asked)
{
    for (size_t i = 0; held->type->keys && i < asked->key_count; i++) {
        struct confirmer confirmer = {.sink = {.add = match_key}, .asked = &asked->keys[i]};
        held->type->keys(held, &confirmer.sink);
        struct comparison comparison = {.agreement = AGREE_SAME};
        if (confirmer.is_same && held->type == asked->query.value.type && held->type->compare)
            held->type->compare(&asked->query.value, held, &comparison);
        if (confirmer.is_same && comparison.agreement != AGREE_DIFFERENT)
            return true;
    }
    return false;
}

/* ---- explaining ---- */

static str print_value(const struct value *value, struct arena *arena)
{
    struct buf text = {.max = 4096};
    value->type->print(value, &text);
    str result = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return result;
}

/* What the view shows of a value: its text or the redacted form; NULL where it shows nothing. */
static const struct view_item *item_in_view(const struct comparing *c,
                                            const struct field_value *held)
{
    for (size_t i = 0; i < c->view.count; i++) {
        const struct view_item *item = &c->view.items[i];
        if (item->field == held->field && item->row == held->row &&
            (item->is_masked || item->value == &held->value))
            return item;
    }
    return NULL;
}

/* Whether the view shows, unmasked, the value that was compared. */
static bool is_in_clear(const struct comparing *c, const struct why *why)
{
    for (size_t i = 0; i < c->view.count; i++) {
        const struct view_item *item = &c->view.items[i];
        if (!item->is_masked && str_eq(item->field->meaning, why->meaning) &&
            str_eq(item->text, why->held))
            return true;
    }
    return false;
}

static void explain(const struct comparing *c, struct outcome *outcome,
                    const struct query_value *asked, const struct field_value *held,
                    const struct comparison *comparison, const char *words)
{
    struct arena *arena = c->search->plan->arena;
    const struct view_item *item = item_in_view(c, held);
    if (outcome->why_count == WHY_MAX || !item)
        return;
    outcome->why[outcome->why_count++] = (struct why){
        .meaning = held->field->meaning,
        .asked = print_value(&asked->value, arena),
        .held = item->text,
        .agreement = comparison->agreement,
        .words = item->is_masked ? STR_EMPTY /* words may quote what is masked */
                                 : arena_str(arena, str_c(words)),
    };
}

/* ---- definitions that answer by key ---- */

static const struct field_value *
best_of_meaning(const struct comparing *c, const struct query_value *asked, struct comparison *ret)
{
    const struct field_value *best = NULL;
    for (size_t i = 0; i < c->record.count; i++) {
        const struct field_value *held = &c->record.values[i];
        struct comparison comparison = {0};
        if (held->field->meaning_number != asked->meaning ||
            held->value.type != asked->value.type || !held->value.type->compare ||
            access_to(c, held->field) != FIELD_OPEN)
            continue;
        held->value.type->compare(&asked->value, &held->value, &comparison);
        if (best && comparison.agreement >= ret->agreement)
            continue;
        best = held;
        *ret = comparison;
    }
    return best;
}

static const struct field_value *confirmed_by(const struct comparing *c,
                                              const struct set_value *asked,
                                              enum field_access *ret_access)
{
    const struct field_value *best = NULL;
    for (size_t i = 0; i < c->record.count; i++) {
        const struct field_value *held = &c->record.values[i];
        if (!held->field->meaning_number)
            continue;
        enum field_access access = access_to(c, held->field);
        if (access == FIELD_CLOSED || !confirms(&held->value, asked))
            continue;
        bool is_better =
            !best || access > *ret_access ||
            (access == *ret_access && held->field->meaning_number == asked->query.meaning);
        if (!is_better)
            continue;
        best = held;
        *ret_access = access;
    }
    return best;
}

struct confirmed {
    const struct field_value *held[VALUE_MAX]; /* by the set's value; NULL: not confirmed */
    size_t count, open_count;
    bool is_as_asked; /* at least one in a field of the very meaning, or asked without one */
};

static void confirm_set(const struct comparing *c, const struct query_set *set,
                        struct confirmed *ret)
{
    *ret = (struct confirmed){0};
    for (size_t i = 0; i < set->count; i++) {
        enum field_access access = FIELD_CLOSED;
        const struct set_value *asked = &set->values[i];
        ret->held[i] = asked->key_count ? confirmed_by(c, asked, &access) : NULL;
        if (!ret->held[i])
            continue;
        ret->count++;
        ret->open_count += access == FIELD_OPEN;
        ret->is_as_asked |=
            !asked->query.meaning || ret->held[i]->field->meaning_number == asked->query.meaning;
    }
}

static void explain_key(const struct comparing *c, const struct set_value *asked,
                        const struct field_value *held, struct outcome *outcome)
{
    struct comparison comparison = {.agreement = AGREE_SAME, .words = "same"};
    if (held->value.type == asked->query.value.type && held->value.type->compare)
        held->value.type->compare(&asked->query.value, &held->value, &comparison);
    bool is_other = asked->query.meaning && held->field->meaning_number != asked->query.meaning;
    struct buf words = {.max = sizeof comparison.words + SAID_TITLE_MAX + 32};
    buf_add(&words, str_c(comparison.words));
    if (is_other) {
        char code[SAID_TITLE_MAX];
        str meaning = held->field->meaning;
        said_begin(&words);
        said_add(&words, "held as %s", said_code("meanings", meaning, meaning, code));
    }
    buf_add_char(&words, '\0');
    explain(c, outcome, &asked->query, held, &comparison, words.failed ? "" : words.ptr);
    buf_release(&words);
}

/* The country held that contradicts the asked one; NULL: there is none. */
static const struct field *explain_context(const struct comparing *c, const struct set_value *asked,
                                           struct outcome *outcome)
{
    struct comparison comparison = {0};
    const struct field_value *held =
        asked->query.meaning ? best_of_meaning(c, &asked->query, &comparison) : NULL;
    if (!held)
        return NULL;
    explain(c, outcome, &asked->query, held, &comparison, comparison.words);
    return comparison.agreement == AGREE_DIFFERENT && held->value.type == &type_country
               ? held->field
               : NULL;
}

static bool has_field(const struct unique *unique, const struct field *field)
{
    for (size_t i = 0; i < unique->count; i++)
        if (unique->fields[i] == field)
            return true;
    return false;
}

bool definition_pairs(const struct definition *definition, const struct field *number,
                      const struct field *country)
{
    for (size_t i = 0; i < definition->unique_count; i++)
        if (has_field(&definition->uniques[i], number) &&
            has_field(&definition->uniques[i], country))
            return true;
    return false;
}

/* The number was confirmed, and `country` of the same record is not as asked. */
static bool is_of_another(const struct comparing *c, const struct query_set *set,
                          const struct confirmed *confirmed, const struct field *country)
{
    for (size_t i = 0; i < set->count; i++)
        if (confirmed->held[i] &&
            definition_pairs(c->record.definition, confirmed->held[i]->field, country))
            return true;
    return false;
}

/* The best likeness between an asked name and any held one that may be read. */
static double name_likeness(const struct comparing *c, const struct query_set *set,
                            struct outcome *outcome)
{
    double best = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct value *asked = &set->values[i].query.value;
        for (size_t k = 0; asked->type->is_fuzzy && k < c->record.count; k++) {
            const struct field_value *held = &c->record.values[k];
            struct comparison comparison = {0};
            if (held->value.type != asked->type || !held->field->meaning_number ||
                access_to(c, held->field) != FIELD_OPEN)
                continue;
            asked->type->compare(asked, &held->value, &comparison);
            if (comparison.similarity < NAME_POSSIBLE || comparison.similarity <= best)
                continue;
            best = comparison.similarity;
            explain(c, outcome, &set->values[i].query, held, &comparison, comparison.words);
        }
    }
    return best;
}

static void judge_by_key(const struct comparing *c, const struct query_set *set,
                         const struct confirmed *confirmed, struct outcome *outcome)
{
    bool is_contradicted = false;
    for (size_t i = 0; i < set->count; i++)
        if (confirmed->held[i])
            explain_key(c, &set->values[i], confirmed->held[i], outcome);
    bool is_named = confirmed->count == 0 && name_likeness(c, set, outcome) > 0;
    if (confirmed->count == 0 && !is_named)
        return;
    for (size_t i = 0; i < set->count; i++)
        if (!confirmed->held[i] && !set->values[i].query.value.type->is_fuzzy) {
            const struct field *other = explain_context(c, &set->values[i], outcome);
            is_contradicted |= other != NULL;
            outcome->is_other |= other && is_of_another(c, set, confirmed, other);
        }
    outcome->band =
        is_named || is_contradicted || !confirmed->is_as_asked ? BAND_POSSIBLE : BAND_HIT;
}

/* ---- definitions that are scored ---- */

struct open_fields {
    const struct comparing *comparing;
};

static bool is_field_open(const void *context, const struct field *field)
{
    const struct open_fields *open = context;
    return access_to(open->comparing, field) == FIELD_OPEN;
}

/*
 * What was asked without a meaning takes the meaning of the field that confirmed it, or the
 * definition's first of its type.
 */
static uint16_t meaning_here(const struct comparing *c, const struct set_value *asked,
                             const struct field_value *held)
{
    const struct definition *definition = c->record.definition;
    if (held)
        return held->field->meaning_number;
    for (size_t i = 0; asked->query.meaning == 0 && i < definition->all_count; i++)
        if (definition->all[i]->type == asked->query.value.type &&
            definition->all[i]->meaning_number)
            return definition->all[i]->meaning_number;
    return asked->query.meaning;
}

static enum err judge_by_evidence(struct comparing *c, const struct query_set *set,
                                  const struct confirmed *confirmed, struct outcome *outcome)
{
    struct query_value asked[VALUE_MAX];
    size_t count = 0;
    struct open_fields open = {c};
    struct evidence_context context = c->search->evidence;
    context.is_open = is_field_open;
    context.context = &open;
    context.frequency.near = c->search->near[set - c->search->plan->sets].items;
    context.frequency.near_count = c->search->near[set - c->search->plan->sets].count;
    for (size_t i = 0; i < set->count; i++) {
        uint16_t meaning = meaning_here(c, &set->values[i], confirmed->held[i]);
        if (meaning)
            asked[count++] = (struct query_value){meaning, set->values[i].query.value};
    }
    TRY(evidence_score(&context, c->record.definition, asked, count, c->record.values,
                       c->record.count, c->search->plan->arena, &outcome->evidence));
    outcome->has_evidence = true;
    outcome->band = outcome->evidence.band;
    if (confirmed->count) /* the number decides, unless everything else speaks against it */
        outcome->band =
            outcome->evidence.bits > 0 && confirmed->is_as_asked ? BAND_HIT : BAND_POSSIBLE;
    for (size_t i = 0; i < outcome->evidence.why_count && outcome->why_count < WHY_MAX; i++) {
        struct why *why = &outcome->why[outcome->why_count++];
        *why = outcome->evidence.why[i];
        if (c->view.disclosure == DISCLOSE_FULL || is_in_clear(c, why))
            continue;
        why->held = why->words = STR_EMPTY;
        outcome->is_veiled = true;
    }
    return OK;
}

/* ---- near misses ---- */

static bool is_range(const struct set_value *asked)
{
    return asked->keys[0].kind == KEY_RANGE; /* one that has keys */
}

/* A number that is not the asked one, of an issuer who is not the asked one, is nobody's. */
static bool is_of_other_country(const struct comparing *c, const struct query_set *set,
                                const struct field *number)
{
    for (size_t i = 0; i < set->count; i++) {
        struct comparison comparison = {0};
        const struct query_value *asked = &set->values[i].query;
        const struct field_value *held = asked->meaning && asked->value.type == &type_country
                                             ? best_of_meaning(c, asked, &comparison)
                                             : NULL;
        if (held && comparison.agreement == AGREE_DIFFERENT &&
            definition_pairs(c->record.definition, number, held->field))
            return true;
    }
    return false;
}

/* The held value nearest to an asked one of the same type, in an open field. */
static void judge_similar(const struct comparing *c, const struct query_set *set,
                          struct outcome *outcome)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct value *asked = &set->values[i].query.value;
        for (size_t k = 0; set->values[i].key_count && k < c->record.count; k++) {
            const struct field_value *held = &c->record.values[k];
            struct comparison comparison = {0};
            if (held->value.type != asked->type || !held->field->meaning_number ||
                !asked->type->compare || access_to(c, held->field) != FIELD_OPEN)
                continue;
            asked->type->compare(asked, &held->value, &comparison);
            bool is_near = comparison.agreement == AGREE_CLOSE ||
                           comparison.agreement == AGREE_FAR ||
                           (comparison.agreement == AGREE_SAME && is_range(&set->values[i]));
            if (!is_near)
                continue;
            if (is_of_other_country(c, set, held->field))
                continue;
            explain(c, outcome, &set->values[i].query, held, &comparison, comparison.words);
            outcome->band = BAND_POSSIBLE;
        }
    }
}

/* Wildcards and partial numbers: what may be read and fits. */
static void judge_wild(const struct comparing *c, struct outcome *outcome)
{
    for (size_t k = 0; k < c->record.count && outcome->why_count < 4; k++) {
        const struct field_value *held = &c->record.values[k];
        if (!held->value.type->is_key || !held->field->meaning_number ||
            access_to(c, held->field) != FIELD_OPEN || !similar_fits(c->search, &held->value))
            continue;
        const struct comparison comparison = {.agreement = AGREE_CLOSE};
        struct value asked = held->value;
        struct query_value query = {held->field->meaning_number, asked};
        explain(c, outcome, &query, held, &comparison, "fits what is known of the number");
        if (outcome->why_count)
            outcome->why[outcome->why_count - 1].asked = c->search->plan->request->text;
        outcome->band = BAND_POSSIBLE;
    }
}

/* ---- all of it ---- */

static enum err judge_set(struct comparing *c, uint32_t number, struct outcome *outcome)
{
    const struct query_set *set = &c->search->plan->sets[number];
    struct confirmed confirmed;
    *outcome = (struct outcome){0};
    if (c->is_similar) {
        judge_similar(c, set, outcome);
        return OK;
    }
    confirm_set(c, set, &confirmed);
    outcome->is_blind = confirmed.count > 0 && confirmed.open_count == 0;
    bool is_named = c->candidate->is_by_name && set->has_names;
    if (confirmed.count == 0 && !is_named)
        return OK;
    if (c->record.definition->has_evidence)
        return judge_by_evidence(c, set, &confirmed, outcome);
    judge_by_key(c, set, &confirmed, outcome);
    return OK;
}

static bool is_better(const struct outcome *a, const struct outcome *b)
{
    if (a->band != b->band)
        return a->band > b->band;
    if (a->is_other != b->is_other)
        return b->is_other;
    if (a->band == BAND_NONE && (a->why_count == 0 || b->why_count == 0))
        return a->why_count > b->why_count; /* what says something */
    return a->evidence.bits > b->evidence.bits;
}

/* A hit-only view tells that there is a match and whom to ask; nothing of how good or why. */
static void close_view(struct view *view)
{
    *view = (struct view){.disclosure = DISCLOSE_HIT_ONLY,
                          .id = view->id,
                          .definition = view->definition,
                          .owner = view->owner,
                          .unit = view->unit,
                          .state = view->state,
                          .is_test = view->is_test};
}

static enum err fill_hit(const struct comparing *c, const struct outcome *outcome, struct hit *ret)
{
    *ret = (struct hit){.view = c->view,
                        .band = outcome->band,
                        .namesakes = -1,
                        .probability = -1,
                        .is_similar = c->is_similar || outcome->is_other};
    if (outcome->is_blind)
        close_view(&ret->view);
    if (ret->view.disclosure == DISCLOSE_HIT_ONLY)
        return OK;
    if (outcome->has_evidence && !outcome->is_veiled) {
        ret->bits = outcome->evidence.bits;
        ret->namesakes = outcome->evidence.namesakes;
        ret->probability = outcome->evidence.probability;
    }
    struct why *why = arena_array(c->search->plan->arena, struct why, outcome->why_count + 1);
    if (!why)
        return ERR_LIMIT;
    if (outcome->why_count)
        memcpy(why, outcome->why, outcome->why_count * sizeof *why);
    ret->why = why;
    ret->why_count = outcome->why_count;
    return OK;
}

/* Of all sets that led here the best outcome. */
static enum err compare_sets(struct comparing *c, struct outcome *best)
{
    struct outcome outcome;
    *best = (struct outcome){0};
    if (c->is_similar && c->candidate->sets == 0)
        judge_wild(c, best);
    for (uint32_t set = 0; set < c->search->plan->set_count; set++) {
        if (!(c->candidate->sets >> set & 1))
            continue;
        TRY(judge_set(c, set, &outcome));
        if (is_better(&outcome, best))
            *best = outcome;
    }
    return OK;
}

static enum err compare(struct search *search, const struct candidate *candidate, bool is_similar,
                        enum band least, struct hit *ret, bool *ret_is_hit)
{
    struct comparing *c =
        arena_new(search->plan->arena, struct comparing); /* the view keeps the record */
    struct outcome best;
    *ret_is_hit = false;
    if (!c)
        return ERR_LIMIT;
    c->search = search;
    c->candidate = candidate;
    c->is_similar = is_similar;
    bool is_there = false;
    TRY(read_record(c, &is_there));
    if (!is_there)
        return OK;
    TRY(compare_sets(c, &best));
    *ret_is_hit = best.band >= least && !(is_similar && c->view.disclosure < DISCLOSE_MASKED);
    if (!*ret_is_hit)
        return OK;
    TRY(fill_hit(c, &best, ret));
    hit_lower(search, candidate, ret);
    return OK;
}

enum err compare_candidate(struct search *search, const struct candidate *candidate,
                           bool is_similar, struct hit *ret, bool *ret_is_hit)
{
    return compare(search, candidate, is_similar, BAND_POSSIBLE, ret, ret_is_hit);
}

enum err compare_anyhow(struct search *search, const struct candidate *candidate, struct hit *ret,
                        bool *ret_is_there)
{
    return compare(search, candidate, false, BAND_NONE, ret, ret_is_there);
}
