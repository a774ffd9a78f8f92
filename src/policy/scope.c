/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scopes: one byte per class, for one kind of actor. All officers with the same role, country,
 * unit, purpose, rights and databases share one, so a busy post opens its scope with one lookup.
 * The cache has a fixed number of places in sets of eight, so that a few posts never fight for one;
 * a scope in use outlives its place. A scope made before a class was interned answers for it by
 * evaluating; the next opening extends the bytes.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "policy/class.h"

enum { PLACE_COUNT = 8192, WAYS = 8, TEXT_MAX = 168, KEY_MAX_BYTES = 4 * TEXT_MAX };

struct scope {
    struct policy_scope public;
    struct scope *self; /* callers hold it as const */
    struct policy_classes *classes;
    struct actor actor; /* texts lie in key */
    uint8_t *bytes;
    atomic_uint ref_count;
    char key[KEY_MAX_BYTES];
};

struct scope_cache {
    pthread_mutex_t lock;
    struct scope *places[PLACE_COUNT]; /* sets of WAYS */
    unsigned turn;                     /* which way gives way next */
};

struct scope_cache *scope_cache_new(void)
{
    struct scope_cache *cache = calloc(1, sizeof *cache);
    if (cache)
        pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

static void scope_unref(struct scope *scope)
{
    if (!scope || atomic_fetch_sub_explicit(&scope->ref_count, 1, memory_order_acq_rel) != 1)
        return;
    free(scope->bytes);
    free(scope);
}

void scope_cache_free(struct scope_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < PLACE_COUNT; i++)
        scope_unref(cache->places[i]);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* ---- keys ---- */

static str add_text(char key[KEY_MAX_BYTES], size_t *len, str text)
{
    char *place = key + *len;
    if (text.len)
        memcpy(place, text.ptr, text.len);
    *len += text.len;
    return str_of(place, text.len);
}

static bool is_too_long(const struct actor *actor)
{
    return actor->role.len > TEXT_MAX || actor->country.len > TEXT_MAX ||
           actor->unit.len > TEXT_MAX || actor->break_glass_of.len > TEXT_MAX;
}

/* Everything of an actor that decide() looks at; the copy's texts lie in key. */
static void copy_actor(const struct actor *actor, char key[KEY_MAX_BYTES], struct actor *copy)
{
    size_t len = 0;
    *copy = (struct actor){.purpose = actor->purpose,
                           .may_write = actor->may_write,
                           .may_administer = actor->may_administer,
                           .is_limited = actor->is_limited,
                           .databases = actor->databases,
                           .suspended = actor->suspended,
                           .is_break_glass = actor->is_break_glass,
                           .role = add_text(key, &len, actor->role)};
    copy->country = add_text(key, &len, actor->country);
    copy->unit = add_text(key, &len, actor->unit);
    copy->break_glass_of = add_text(key, &len, actor->break_glass_of);
}

static bool is_same_set(const struct definition_set *a, const struct definition_set *b)
{
    return memcmp(a->bits, b->bits, sizeof a->bits) == 0;
}

static bool is_same_actor(const struct actor *a, const struct actor *b)
{
    return a->purpose == b->purpose && a->may_write == b->may_write &&
           a->may_administer == b->may_administer && str_eq(a->unit, b->unit) &&
           str_eq(a->role, b->role) && str_eq(a->country, b->country) &&
           a->is_limited == b->is_limited && a->is_break_glass == b->is_break_glass &&
           str_eq(a->break_glass_of, b->break_glass_of) &&
           is_same_set(&a->suspended, &b->suspended) &&
           (!a->is_limited || is_same_set(&a->databases, &b->databases));
}

static size_t place_of(const struct actor *actor)
{
    uint64_t rights = (uint64_t)actor->may_write | (uint64_t)actor->may_administer << 1;
    uint64_t hash = hash64(actor->role, (uint64_t)actor->purpose << 2 | rights);
    if (actor->is_limited)
        hash = hash64(str_of((const char *)actor->databases.bits, sizeof actor->databases), hash);
    hash = hash64(actor->break_glass_of, hash + actor->is_break_glass);
    return hash64(actor->unit, hash64(actor->country, hash)) % (PLACE_COUNT / WAYS) * WAYS;
}

/* ---- evaluating ---- */

static enum disclosure evaluate(const struct scope *scope, uint16_t number)
{
    return decide(class_catalog(scope->classes), &scope->actor,
                  class_facts(scope->classes, number));
}

enum disclosure policy_scope_evaluate(const struct policy_scope *scope, uint16_t class_number)
{
    return evaluate((const struct scope *)(const void *)scope, class_number);
}

/* A scope over `count` classes; what `older`, a scope of the same actor, knows is copied. */
static struct scope *scope_new(struct policy_classes *classes, const struct actor *actor,
                               size_t count, const struct scope *older)
{
    struct scope *scope = calloc(1, sizeof *scope);
    uint8_t *bytes = calloc(count + 1, 1);
    if (!scope || !bytes) {
        free(scope);
        free(bytes);
        return NULL;
    }
    copy_actor(actor, scope->key, &scope->actor);
    scope->self = scope;
    scope->classes = classes;
    scope->bytes = bytes;
    scope->public = (struct policy_scope){bytes, count};
    atomic_init(&scope->ref_count, 1);
    size_t known = older ? older->public.count : 0;
    if (known)
        memcpy(bytes, older->bytes, known);
    for (size_t i = known; i < count; i++)
        bytes[i] = (uint8_t)evaluate(scope, (uint16_t)i);
    return scope;
}

static const struct policy_scope *scope_ref(struct scope *scope)
{
    atomic_fetch_add_explicit(&scope->ref_count, 1, memory_order_relaxed);
    return &scope->public;
}

/* The actor's place in his set: his own, else a free one, else the next in turn. Under the lock. */
static struct scope **find_place(struct scope_cache *cache, const struct actor *actor)
{
    struct scope **set = &cache->places[place_of(actor)];
    struct scope **otherwise = NULL;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i] && is_same_actor(&set[i]->actor, actor))
            return &set[i];
        if (!set[i] && !otherwise)
            otherwise = &set[i];
    }
    return otherwise ? otherwise : &set[cache->turn++ % WAYS];
}

enum err policy_scope_open(struct policy_classes *classes, const struct actor *actor,
                           const struct policy_scope **ret)
{
    struct scope_cache *cache = class_scopes(classes);
    size_t count = policy_class_count(classes);
    if (is_too_long(actor))
        return err_set(ERR_LIMIT, "role, country and unit of officer %.*s are too long",
                       STR(actor->officer));
    pthread_mutex_lock(&cache->lock);
    struct scope **place = find_place(cache, actor);
    struct scope *scope = *place && is_same_actor(&(*place)->actor, actor) ? *place : NULL;
    if (!scope || scope->public.count < count) {
        struct scope *fresh = scope_new(classes, actor, count, scope);
        if (fresh) {
            scope_unref(*place);
            *place = fresh;
        }
        scope = fresh;
    }
    if (scope)
        *ret = scope_ref(scope);
    pthread_mutex_unlock(&cache->lock);
    return scope ? OK : err_set(ERR_MEMORY, "out of memory for a policy scope");
}

void policy_scope_close(const struct policy_scope *scope)
{
    if (scope)
        scope_unref(((const struct scope *)(const void *)scope)->self);
}
