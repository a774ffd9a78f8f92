/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One person recorded twice. Every record is asked for by its own values, in an ordinary search of
 * the actor's: what that would show him, and nothing else, can be a duplicate. Of two records of
 * one owner the pair is told at the one with the lower number.
 */
#include "codec/json.h"
#include "search/internal.h"

enum { PAGE = 100, ARENA_MAX = 64 << 20 };

struct looking {
    struct search_engine *engine;
    const struct actor *actor;
    const struct duplicates *wanted;
    struct arena arena;
    uint64_t after, page_count, done, total;
};

const struct node *search_fields_of(const struct record *record, struct arena *arena)
{
    struct node *query = node_map(arena);
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = record->values[i].field;
        const struct value *value = &record->values[i].value;
        if (!field->meaning.len || !value->type || !value->raw.len ||
            !(value->type->is_key || value->type->is_fuzzy || value->type->compare))
            continue;
        /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
        struct node *list = (struct node *)(uintptr_t)node_get(query, field->meaning);
        if (!list)
            list = node_put(query, field->meaning, node_list(arena));
        node_add(list, node_text(arena, value->raw));
    }
    return query && query->count ? query : NULL;
}

static bool is_wanted(const struct looking *looking, struct record_id record, str owner,
                      const struct hit *hit)
{
    if (hit->band < looking->wanted->least || hit->view.id.number == record.number)
        return false;
    if (str_eq(hit->view.owner, owner))
        return hit->view.id.number > record.number;
    return looking->wanted->is_across;
}

static enum err ask_for(struct looking *looking, struct record_id id, str owner,
                        const struct node *fields)
{
    struct node *databases = node_list(&looking->arena);
    node_add(databases, node_text(&looking->arena, looking->wanted->definition->name));
    struct search_request request = {.fields = fields,
                                     .databases = databases,
                                     .similar = SIMILAR_NO,
                                     .limit = LIMIT_MAX};
    struct search_plan *plan;
    struct search_answer answer;
    enum err code = search_plan(looking->engine, looking->actor, &request, &looking->arena, &plan);
    if (code == ERR_MISSING || code == ERR_BAD_VALUE) { /* nothing in it leads a search */
        err_clear();
        return OK;
    }
    TRY(code);
    TRY(search_run(plan, &answer));
    struct hit *kept = arena_array(&looking->arena, struct hit, answer.hit_count + 1);
    size_t count = 0;
    if (!kept)
        return ERR_LIMIT;
    for (size_t i = 0; i < answer.hit_count; i++)
        if (is_wanted(looking, id, owner, &answer.hits[i]))
            kept[count++] = answer.hits[i];
    answer.hits = kept;
    answer.hit_count = answer.total_count = count;
    return count ? looking->wanted->found(looking->wanted->context, id, plan, &answer) : OK;
}

static enum err look_at(void *context, const struct stored *stored)
{
    struct looking *looking = context;
    struct node *body = NULL;
    struct record record;
    looking->after = stored->id.number;
    looking->page_count++;
    if (stored->is_erased || stored->body.len == 0 || stored->state != STATE_ACTIVE)
        return OK;
    arena_reset(&looking->arena);
    TRY(json_parse(stored->body, &looking->arena, &body));
    TRY(record_read(looking->engine->catalog, looking->wanted->definition, body, &looking->arena,
                    &record));
    const struct node *fields = search_fields_of(&record, &looking->arena);
    return fields ? ask_for(looking, stored->id, record.envelope.owner, fields) : OK;
}

static enum err look_at_all(struct looking *looking)
{
    const struct duplicates *wanted = looking->wanted;
    struct store *store = looking->engine->store;
    TRY(store_count(store, wanted->definition->name, wanted->owner, &looking->total));
    do {
        looking->page_count = 0;
        TRY(store_list(store, wanted->definition->name, wanted->owner, looking->after, PAGE,
                       look_at, looking));
        looking->done += looking->page_count;
        TRY(wanted->progress(wanted->context, looking->done, looking->total));
    } while (looking->page_count == PAGE);
    return OK;
}

enum err search_duplicates(struct search_engine *engine, const struct actor *actor,
                           const struct duplicates *wanted)
{
    struct looking looking = {.engine = engine,
                              .actor = actor,
                              .wanted = wanted,
                              .arena = {.max_bytes = ARENA_MAX}};
    enum err code = look_at_all(&looking);
    arena_release(&looking.arena);
    return code;
}
