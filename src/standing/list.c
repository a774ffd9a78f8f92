/* SPDX-License-Identifier: Apache-2.0 */
/* What an officer sees of standing queries: his own with what they met, his country's for the
 * national bureau, without. */
#include "standing/internal.h"

static bool is_bureau(const struct actor *actor)
{
    return str_eq(actor->role, S("national-bureau")) && actor->country.len;
}

static bool is_own(const struct query *query, const struct actor *actor)
{
    return str_eq(query->officer, actor->officer) && str_eq(query->country, actor->country);
}

/* Newest first: what was asked last, and what waits, is what is looked for. */
static size_t choose(const struct table *table, const struct actor *actor, uint64_t *ret)
{
    size_t count = 0;
    for (uint32_t i = table->count; i-- > 0 && count < STANDING_LIST_MAX;) {
        const struct query *query = &table->queries[i];
        if (query->is_there &&
            (is_own(query, actor) || (is_bureau(actor) && str_eq(query->country, actor->country))))
            ret[count++] = query->number;
    }
    return count;
}

static enum err add_mets(struct standing *standing, struct standing_query *query,
                         struct arena *arena)
{
    const struct table *table = &standing->table;
    uint32_t home = store_home(standing->store);
    query->met = arena_array(arena, struct standing_met, STANDING_MET_MAX);
    if (!query->met)
        return err_last()->code;
    for (size_t i = table->met_count; i-- > 0 && query->met_count < STANDING_MET_MAX;)
        if (table->mets[i].query == query->id.number)
            query->met[query->met_count++] = (struct standing_met){table->mets[i].number,
                                                                   {home, table->mets[i].record},
                                                                   table->mets[i].time_us};
    return OK;
}

enum err standing_list(struct standing *standing, const struct actor *actor, struct arena *arena,
                       struct standing_query **ret, size_t *ret_count)
{
    uint64_t *numbers = arena_array(arena, uint64_t, STANDING_LIST_MAX);
    struct standing_query *queries = arena_array(arena, struct standing_query, STANDING_LIST_MAX);
    if (!numbers || !queries)
        return err_last()->code;
    pthread_mutex_lock(&standing->lock);
    size_t count = choose(&standing->table, actor, numbers);
    pthread_mutex_unlock(&standing->lock);
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        struct stored stored;
        struct standing_query *query = &queries[filled];
        TRY(store_read(standing->store, numbers[i], arena, &stored));
        if (standing_read(standing, &stored, arena, query) != OK)
            continue; /* it has ended meanwhile */
        query->is_own =
            str_eq(query->officer, actor->officer) && str_eq(stored.owner, actor->country);
        pthread_mutex_lock(&standing->lock);
        enum err code = query->is_own ? add_mets(standing, query, arena) : OK;
        pthread_mutex_unlock(&standing->lock);
        TRY(code);
        filled++;
    }
    *ret = queries;
    *ret_count = filled;
    return OK;
}

uint64_t standing_news(struct standing *standing, const struct actor *actor, uint64_t after)
{
    const struct table *table = &standing->table;
    uint64_t news = 0;
    pthread_mutex_lock(&standing->lock);
    for (size_t i = table->met_count; i-- > 0 && table->mets[i].number > after && !news;) {
        uint32_t owner = table->mets[i].owner;
        if (owner < table->count && is_own(&table->queries[owner], actor))
            news = table->mets[i].number;
    }
    pthread_mutex_unlock(&standing->lock);
    return news;
}

void standing_stats(struct standing *standing, struct standing_stats *ret)
{
    pthread_mutex_lock(&standing->lock);
    *ret = (struct standing_stats){.keys = standing->table.key_count,
                                   .hits = standing->table.met_count,
                                   .seq = standing->seq};
    for (uint32_t i = 0; i < standing->table.count; i++)
        ret->queries += standing->table.queries[i].is_there;
    pthread_mutex_unlock(&standing->lock);
}
