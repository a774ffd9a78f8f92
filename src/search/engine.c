/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is worked out once, because a search for nothing - nearly all of them - takes half a
 * microsecond in all: meanings by name, which databases an actor may search, and the rows "no hit"
 * of an answer as they are printed. All of it follows from the immutable catalog and lives as long
 * as the engine.
 */
#include <stdlib.h>

#include "search/internal.h"

#define DAY_US 86400000000ll

struct allowance {
    str role;
    purpose_set purposes;
    uint16_t purpose;
    bool may_administer, is_limited, is_nobody; /* a system that named no officer */
    struct definition_set given, suspended;
    struct databases databases;
    struct arena arena; /* of the prepared rows */
};

static void allowance_free(struct allowance *allowance)
{
    if (!allowance)
        return;
    arena_release(&allowance->arena);
    free(allowance);
}

struct day engine_today(struct search_engine *engine, int64_t now_us)
{
    uint64_t number = (uint64_t)(now_us / DAY_US);
    uint64_t held = atomic_load_explicit(&engine->today, memory_order_relaxed);
    if (held >> 32 != number || number == 0) {
        struct day day = day_of_number((int32_t)number);
        held = number << 32 | (uint64_t)day.year << 16 | (uint64_t)day.month << 8 | day.day;
        atomic_store_explicit(&engine->today, held, memory_order_relaxed);
    }
    return (struct day){(int32_t)(held >> 16 & 0xFFFF), (uint8_t)(held >> 8), (uint8_t)held};
}

/* ---- meanings ---- */

static size_t meaning_place(const struct search_engine *engine, str name)
{
    size_t at = hash64(name, 0) % MEANING_TABLE;
    while (engine->meaning_at[at] && !str_eq(engine->meanings[engine->meaning_at[at]].name, name))
        at = (at + 1) % MEANING_TABLE;
    return at;
}

uint16_t engine_meaning(const struct search_engine *engine, str name)
{
    uint16_t number = engine->meaning_at[meaning_place(engine, name)];
    return number ? number : meaning_number(engine->catalog, name); /* by another of its names */
}

static void learn_meanings(struct search_engine *engine)
{
    for (unsigned i = 1; i < MEANING_MAX; i++) {
        uint16_t number = (uint16_t)i;
        str name = meaning_name(engine->catalog, number);
        if (name.len == 0)
            continue;
        struct meaning *meaning = &engine->meanings[number];
        meaning->name = name;
        meaning->type = meaning_type(engine->catalog, number, &meaning->list);
        engine->meaning_at[meaning_place(engine, name)] = number;
    }
}

/* ---- what may be searched ---- */

static bool is_same_actor(const struct allowance *allowance, const struct actor *actor)
{
    return allowance->purpose == actor->purpose && allowance->purposes == actor->purposes &&
           allowance->may_administer == actor->may_administer &&
           allowance->is_limited == actor->is_limited &&
           allowance->is_nobody == (actor->is_integrating && !actor->on_behalf_of.len) &&
           (!actor->is_limited ||
            memcmp(&allowance->given, &actor->databases, sizeof allowance->given) == 0) &&
           memcmp(&allowance->suspended, &actor->suspended, sizeof allowance->suspended) == 0 &&
           str_eq(allowance->role, actor->role);
}

/* Without them the answer is printed row by row. */
static void prepare_no_hits(const struct search_engine *engine, struct allowance *allowance)
{
    struct databases *databases = &allowance->databases;
    str *all = arena_array(&allowance->arena, str, LANGUAGE_COUNT);
    for (unsigned language = 0; all && language < LANGUAGE_COUNT; language++) {
        struct buf rows = {0};
        for (size_t i = 0; i < databases->count; i++) {
            buf_add(&rows, i ? S(",") : STR_EMPTY);
            buf_add(&rows,
                    engine->no_hits[databases->items[i]->number * LANGUAGE_COUNT + language]);
        }
        all[language] = arena_str(&allowance->arena, buf_str(&rows));
        bool is_whole = !rows.failed && all[language].len == rows.len;
        buf_release(&rows);
        if (!is_whole)
            return;
    }
    databases->no_hits = all;
}

static enum err make_allowance(struct search_engine *engine, const struct actor *actor,
                               struct allowance **ret)
{
    const struct catalog *catalog = engine->catalog;
    struct allowance *allowance = calloc(1, sizeof *allowance + actor->role.len);
    enum err code = OK;
    if (!allowance)
        return err_set(ERR_MEMORY, "out of memory for a search");
    char *role = (char *)(allowance + 1);
    memcpy(role, actor->role.ptr, actor->role.len);
    allowance->role = str_of(role, actor->role.len);
    allowance->purposes = actor->purposes;
    allowance->purpose = actor->purpose;
    allowance->may_administer = actor->may_administer;
    allowance->is_limited = actor->is_limited;
    allowance->is_nobody = actor->is_integrating && !actor->on_behalf_of.len;
    allowance->given = actor->databases;
    allowance->suspended = actor->suspended;
    for (size_t i = 0; i < catalog->count; i++) {
        const struct definition *definition = catalog->definitions[i];
        if (!definition_is_data(definition))
            continue;
        enum err denied = policy_allow(catalog, actor, POLICY_SEARCH, definition, STR_EMPTY);
        code = denied ? denied : code;
        if (!denied)
            databases_add(&allowance->databases, definition);
    }
    if (allowance->databases.count == 0) {
        allowance_free(allowance);
        return code ? code : err_set(ERR_MISSING, "there are no databases to search");
    }
    prepare_no_hits(engine, allowance);
    *ret = allowance;
    return OK;
}

void databases_add(struct databases *databases, const struct definition *definition)
{
    if (bit_is_set(databases->bits, definition->number))
        return;
    databases->items[databases->count++] = definition;
    bit_set(databases->bits, definition->number);
}

/*
 * What policy_allow() says of a search depends on role, purposes, rights and databases: a handful
 * of answers for a whole node, kept in a few places that are filled once and never changed. With
 * all places taken by others, the answer is made anew in the arena.
 */
enum err engine_databases(struct search_engine *engine, const struct actor *actor,
                          struct arena *arena, const struct databases **ret)
{
    uint64_t hash = hash64(actor->role, actor->purposes ^ (uint64_t)actor->purpose << 48);
    struct allowance *made = NULL;
    for (size_t i = 0; i < 4; i++) {
        _Atomic(struct allowance *) *place = &engine->allowances[(hash + i) % ALLOWANCE_MAX];
        struct allowance *held = atomic_load_explicit(place, memory_order_acquire);
        if (!held && !made)
            TRY(make_allowance(engine, actor, &made));
        if (!held && atomic_compare_exchange_strong(place, &held, made)) {
            *ret = &made->databases;
            return OK;
        }
        if (held && is_same_actor(held, actor)) {
            allowance_free(made);
            *ret = &held->databases;
            return OK;
        }
    }
    if (!made)
        TRY(make_allowance(engine, actor, &made));
    struct databases *copy = arena_new(arena, struct databases);
    if (copy) {
        *copy = made->databases;
        copy->no_hits = NULL;
    }
    allowance_free(made);
    *ret = copy;
    return copy ? OK : ERR_LIMIT;
}

/* ---- opening ---- */

static void learn_databases(struct search_engine *engine)
{
    const struct catalog *catalog = engine->catalog;
    for (size_t i = 0; i < catalog->count; i++)
        for (size_t k = 0; k < catalog->definitions[i]->all_count; k++) {
            const struct field *field = catalog->definitions[i]->all[k];
            if (field->type && field->type->is_fuzzy && field->meaning_number)
                bit_set(engine->fuzzy, (unsigned)i);
        }
}

static enum err print_no_hits(struct search_engine *engine)
{
    const struct catalog *catalog = engine->catalog;
    struct buf row = {0};
    engine->no_hits = arena_array(&engine->arena, str, catalog->count * LANGUAGE_COUNT + 1);
    if (!engine->no_hits)
        return ERR_LIMIT;
    for (size_t i = 0; i < catalog->count; i++)
        for (unsigned language = 0; language < LANGUAGE_COUNT; language++) {
            const struct database_answer none = {.definition = catalog->definitions[i]};
            buf_clear(&row);
            print_database(engine->catalog, &none, language, &row);
            engine->no_hits[i * LANGUAGE_COUNT + language] =
                arena_str(&engine->arena, buf_str(&row));
        }
    buf_release(&row);
    return OK;
}

enum err search_open(const struct catalog *catalog, struct store *store, struct index *index,
                     struct policy_classes *classes, struct search_engine **ret)
{
    struct search_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return err_set(ERR_MEMORY, "out of memory for the search engine");
    engine->catalog = catalog;
    engine->store = store;
    engine->index = index;
    engine->classes = classes;
    engine->context = catalog_context(catalog, NULL);
    atomic_store(&engine->rarity, rarity_shipped());
    learn_databases(engine);
    learn_meanings(engine);
    engine->document_meaning = meaning_number(catalog, S("document-number"));
    engine->issuer_meaning = meaning_number(catalog, S("issuer"));
    enum err code = print_no_hits(engine);
    if (code)
        search_close(engine);
    else
        *ret = engine;
    return code;
}

void search_close(struct search_engine *engine)
{
    if (!engine)
        return;
    for (size_t i = 0; i < ALLOWANCE_MAX; i++)
        allowance_free(atomic_load(&engine->allowances[i]));
    search_forget_tables(engine);
    numbers_close(engine);
    arena_release(&engine->arena);
    free(engine);
}
