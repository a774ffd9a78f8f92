/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that flag a search for an auditor.
 *
 * Off shift: the officer stands on the duty roster of some office, within a month of the search,
 * and at its time on none. Who stands on no roster has no shift to be off.
 *
 * One value for many countries: somebody is asked about from everywhere - a person with many
 * friends, or one who is hunted through other people's databases. Only values that identify count
 * (meanings of pivot fields), as hashes under a key of this process; a table of fixed size in
 * which the older of two gives way. After a start it begins anew.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "crypto/crypto.h"
#include "review/internal.h"

enum { SHIFTS_MAX = 100000, NEAR_DAYS = 31, WITHIN_DAYS = 7 };
#define DAY_US     86400000000ll
#define REFRESH_US 60000000
#define OFFICE     "office"

/* ---- rosters ---- */

struct roster_reading {
    struct rules *rules;
    struct arena arena; /* of one record */
};

static enum err add_shift(struct rules *rules, const struct node *row)
{
    struct shift shift = {.officer = arena_str(&rules->arena, node_get_text(row, S("officer")))};
    if (!clock_parse(node_get_text(row, S("from")), &shift.from_us) ||
        !clock_parse(node_get_text(row, S("until")), &shift.until_us))
        return OK;
    if (rules->shift_count == SHIFTS_MAX)
        return err_set(ERR_LIMIT, "the rosters have more than %d rows", SHIFTS_MAX);
    if (rules->shift_count == rules->shift_max) {
        size_t max = rules->shift_max ? rules->shift_max * 2 : 64;
        struct shift *grown = realloc(rules->shifts, max * sizeof *grown);
        if (!grown)
            return err_set(ERR_MEMORY, "out of memory for rosters");
        rules->shifts = grown;
        rules->shift_max = max;
    }
    rules->shifts[rules->shift_count++] = shift;
    return OK;
}

static enum err read_office(void *context, const struct stored *stored)
{
    struct roster_reading *reading = context;
    struct node *body = NULL;
    if (stored->is_erased || stored->body.len == 0 || stored->state != STATE_ACTIVE)
        return OK;
    arena_reset(&reading->arena);
    TRY(json_parse(stored->body, &reading->arena, &body));
    node_each(row, node_get(node_get(body, S("fields")), S("duty")))
        TRY(add_shift(reading->rules, row));
    return OK;
}

enum err rules_refresh(struct rules *rules)
{
    struct roster_reading reading = {.rules = rules};
    int64_t now = clock_monotonic_us();
    if (rules->shifts_read_us && now - rules->shifts_read_us < REFRESH_US)
        return OK;
    rules->shifts_read_us = now;
    rules->shift_count = 0;
    arena_reset(&rules->arena);
    enum err code = store_each(rules->store, S(OFFICE), read_office, &reading);
    arena_release(&reading.arena);
    return code;
}

bool rules_is_off_shift(const struct rules *rules, str officer, int64_t time_us)
{
    bool is_on_roster = false;
    for (size_t i = 0; i < rules->shift_count; i++) {
        const struct shift *shift = &rules->shifts[i];
        if (!str_eq(shift->officer, officer))
            continue;
        if (time_us >= shift->from_us && time_us < shift->until_us)
            return false;
        is_on_roster |= time_us > shift->from_us - NEAR_DAYS * DAY_US &&
                        time_us < shift->until_us + NEAR_DAYS * DAY_US;
    }
    return is_on_roster;
}

/* ---- values ---- */

/* A meaning of a pivot field of some definition: what identifies one thing. */
static bool identifies(const struct catalog *catalog, str meaning)
{
    for (size_t i = 0; i < catalog->count; i++)
        for (size_t k = 0; k < catalog->definitions[i]->all_count; k++) {
            const struct field *field = catalog->definitions[i]->all[k];
            if (field->is_pivot && str_eq(field->meaning, meaning))
                return true;
        }
    return false;
}

/* Counts the country in; true once, when it makes the number full. */
static bool count_country(struct asked_value *value, uint32_t country)
{
    for (uint8_t i = 0; i < value->count; i++)
        if (value->countries[i] == country)
            return false;
    if (value->count < REVIEW_COUNTRIES)
        value->countries[value->count++] = country;
    bool is_new = value->count == REVIEW_COUNTRIES && !value->is_flagged;
    value->is_flagged |= is_new;
    return is_new;
}

static bool ask(struct rules *rules, str meaning, str text, str country, uint32_t day)
{
    uint64_t hash = keyed_hash64(rules->key, text) ^ hash64(meaning, 3);
    struct asked_value *value = &rules->values[hash % VALUES_KEPT];
    if (value->hash != hash || day > value->day + WITHIN_DAYS)
        *value = (struct asked_value){.hash = hash, .day = day};
    return count_country(value, (uint32_t)hash64(country, 1));
}

bool rules_is_asked_by_many(struct rules *rules, const struct node *query, str country,
                            int64_t time_us)
{
    bool is_many = false;
    if (!query || query->kind != NODE_LIST || country.len == 0)
        return false;
    node_each(set, query)
    {
        node_each(values, set)
        {
            if (!identifies(rules->catalog, values->key))
                continue;
            node_each(value, values) is_many |=
                ask(rules, values->key, node_as_text(value), country, (uint32_t)(time_us / DAY_US));
        }
    }
    return is_many;
}

enum err rules_open(struct rules *rules, const struct catalog *catalog, struct store *store)
{
    rules->catalog = catalog;
    rules->store = store;
    rules->arena.max_bytes = 64u << 20;
    random_bytes(rules->key, sizeof rules->key);
    rules->values = calloc(VALUES_KEPT, sizeof *rules->values);
    return rules->values ? OK : err_set(ERR_MEMORY, "out of memory for the rules of review");
}

void rules_release(struct rules *rules)
{
    wipe(rules->key, sizeof rules->key);
    free(rules->values);
    free(rules->shifts);
    arena_release(&rules->arena);
}
