/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many records an owner enters one by one: counts of the last 30 days for each definition, and
 * of today which values the declared field took. A day that is many times the usual one, or new
 * records that nearly all say the same of a field, wait for a second person. In memory; at an
 * opening counted anew from the end of the feed.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "gate/internal.h"

enum { VOLUMES_MAX = 100000 };

static uint64_t key_of(str definition, str owner)
{
    return hash_mix(hash64(definition, 21), hash64(owner, 22));
}

static struct volume *volume_of(struct volumes *volumes, uint64_t key)
{
    for (size_t i = 0; i < volumes->count; i++)
        if (volumes->items[i]->key == key)
            return volumes->items[i];
    return NULL;
}

static enum err volume_make(struct volumes *volumes, uint64_t key, struct volume **ret)
{
    if (volumes->count == VOLUMES_MAX)
        return err_set(ERR_LIMIT, "more than %d owners and databases", VOLUMES_MAX);
    if (volumes->count == volumes->max) {
        size_t max = volumes->max ? volumes->max * 2 : 64;
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): a table of pointers */
        struct volume **grown = realloc(volumes->items, max * sizeof *grown);
        if (!grown)
            return err_set(ERR_MEMORY, "out of memory for volumes");
        volumes->items = grown;
        volumes->max = max;
    }
    *ret = calloc(1, sizeof **ret);
    if (!*ret)
        return err_set(ERR_MEMORY, "out of memory for volumes");
    (*ret)->key = key;
    volumes->items[volumes->count++] = *ret;
    return OK;
}

void volumes_release(struct volumes *volumes)
{
    for (size_t i = 0; i < volumes->count; i++)
        free(volumes->items[i]);
    free(volumes->items);
}

/* A clock set back leaves the day as it is. */
static void turn_to(struct volume *volume, int32_t day)
{
    int32_t days = day - volume->today;
    if (days <= 0)
        return;
    if (days > VOLUME_DAYS)
        memset(volume->counts, 0, sizeof volume->counts);
    else
        memmove(volume->counts + days, volume->counts,
                (size_t)(VOLUME_DAYS + 1 - days) * sizeof volume->counts[0]);
    for (int32_t i = 0; i < days && i <= VOLUME_DAYS; i++)
        volume->counts[i] = 0;
    memset(volume->values, 0, sizeof volume->values);
    volume->today = day;
}

/* How often the value came today; 0 also when the table is full of others. */
static uint32_t *count_of(struct volume *volume, uint64_t hash, bool is_adding)
{
    hash = hash ? hash : 1;
    size_t at = hash % VALUES_MAX;
    for (size_t i = 0; i < VALUES_MAX; i++, at = (at + 1) % VALUES_MAX) {
        struct volume_value *value = &volume->values[at];
        if (!value->hash && is_adding)
            value->hash = hash;
        if (value->hash == hash)
            return &value->count;
        if (!value->hash)
            return NULL;
    }
    return NULL;
}

static uint64_t hash_of(const struct field_value *value)
{
    return hash64(value->value.norm, 23);
}

static int32_t day_of(int64_t time_us)
{
    return (int32_t)(time_us / 86400000000ll);
}

/* What is the owner's own - its country, its currency - is nothing unusual. */
static bool is_of_burst(const struct record *record, const struct field_value *value)
{
    return value->field == record->definition->screen.burst &&
           !str_eq(value->value.norm, record->envelope.owner);
}

static void count_values(struct volume *volume, const struct record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        uint32_t *count = is_of_burst(record, &record->values[i])
                              ? count_of(volume, hash_of(&record->values[i]), true)
                              : NULL;
        if (count)
            ++*count;
    }
}

enum err volumes_add(struct volumes *volumes, const struct catalog *catalog,
                     const struct stored *change)
{
    const struct definition *definition = catalog_find(catalog, change->definition);
    bool is_screened = definition && definition_is_data(definition) &&
                       (definition->screen.volume || definition->screen.burst);
    if (!is_screened)
        return OK;
    uint64_t key = key_of(change->definition, change->owner);
    struct volume *volume = volume_of(volumes, key);
    if (!volume)
        TRY(volume_make(volumes, key, &volume));
    int32_t day = day_of(change->time_us);
    turn_to(volume, day);
    if (volume->today - day > VOLUME_DAYS)
        return OK;
    volume->counts[volume->today - day]++;
    if (!definition->screen.burst || day != volume->today || !change->body.len)
        return OK;
    struct arena arena = {0};
    struct node *body = NULL;
    struct record record;
    enum err code = json_parse(change->body, &arena, &body);
    if (!code)
        code = record_read(catalog, definition, body, &arena, &record);
    if (!code)
        count_values(volume, &record);
    arena_release(&arena);
    return code;
}

/* ---- asking ---- */

/* Of the days on which anything was entered; 0: there were none. */
static double usual_of(const struct volume *volume)
{
    uint64_t sum = 0;
    unsigned days = 0;
    for (size_t i = 1; i <= VOLUME_DAYS; i++) {
        sum += volume->counts[i];
        days += volume->counts[i] > 0;
    }
    return days ? (double)sum / days : 0;
}

static void say(struct node *why, struct arena *arena, str words)
{
    node_add(why, node_text(arena, words));
}

static bool is_too_many(const struct volume *volume, const struct screen *screen,
                        struct arena *arena, struct node *why)
{
    double usual = usual_of(volume);
    uint32_t today = volume->counts[0] + 1;
    if (!screen->volume || usual <= 0 || today < screen->least || today <= usual * screen->volume)
        return false;
    say(why, arena,
        arena_printf(arena,
                     "%u new records today; %.0f a day are usual, and %u times as many the "
                     "bound",
                     today, usual, screen->volume));
    return true;
}

static bool is_burst(struct volume *volume, const struct record *record, struct arena *arena,
                     struct node *why)
{
    const struct screen *screen = &record->definition->screen;
    uint32_t today = volume->counts[0] + 1;
    for (size_t i = 0; i < record->count && screen->burst && today >= screen->least; i++) {
        if (!is_of_burst(record, &record->values[i]))
            continue;
        const uint32_t *count = count_of(volume, hash_of(&record->values[i]), false);
        uint32_t same = (count ? *count : 0) + 1;
        if ((uint64_t)same * 100 <= (uint64_t)today * screen->burst_share)
            continue;
        say(why, arena,
            arena_printf(arena,
                         "%u of %u new records today have %.*s %.*s; %u percent are the "
                         "bound",
                         same, today, STR(screen->burst->path),
                         STR(str_slice(record->values[i].value.norm, 0, 40)), screen->burst_share));
        return true;
    }
    return false;
}

bool gate_volume_holds(struct gate *gate, const struct record *record, struct arena *arena,
                       struct node *why)
{
    bool does_hold = false;
    const struct definition *definition = record->definition;
    pthread_mutex_lock(&gate->lock);
    struct volume *volume =
        volume_of(&gate->volumes, key_of(definition->name, record->envelope.owner));
    if (volume) {
        turn_to(volume, day_of(clock_now_us()));
        does_hold = is_too_many(volume, &definition->screen, arena, why);
        does_hold |= is_burst(volume, record, arena, why);
    }
    pthread_mutex_unlock(&gate->lock);
    return does_hold;
}
