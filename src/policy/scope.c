/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scopes: one byte per class, for one kind of actor. All officers with the same role, country,
 * unit, purpose and rights share one, so a busy post opens its scope with one lookup. The cache has
 * a fixed number of places, each kept by the actor that used it last; a scope in use outlives its
 * place. A scope made before a class was interned answers for it by evaluating; the next opening
 * extends the bytes.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "policy/class.h"

enum { PLACE_COUNT = 1024, KEY_MAX_BYTES = 512 };

struct scope {
    struct policy_scope public;
    struct scope *self; /* callers hold it as const */
    struct policy_classes *classes;
    struct actor actor; /* texts lie in key */
    uint8_t *bytes;
    size_t key_len;
    atomic_uint ref_count;
    char key[KEY_MAX_BYTES];
};

struct scope_cache {
    pthread_mutex_t lock;
    struct scope *places[PLACE_COUNT];
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

static bool add_text(char key[KEY_MAX_BYTES], size_t *len, str text, str *ret_copy)
{
    if (text.len > UINT8_MAX || *len + text.len + 1 > KEY_MAX_BYTES)
        return false;
    key[(*len)++] = (char)(unsigned char)text.len;
    if (text.len)
        memcpy(key + *len, text.ptr, text.len);
    *ret_copy = str_of(key + *len, text.len);
    *len += text.len;
    return true;
}

/* Everything of an actor that decide() looks at; the copy's texts lie in key. */
static bool make_key(const struct actor *actor, char key[KEY_MAX_BYTES], size_t *ret_len,
                     struct actor *copy)
{
    size_t len = 0;
    *copy = (struct actor){.purpose = actor->purpose,
                           .may_write = actor->may_write,
                           .may_administer = actor->may_administer};
    key[len++] = (char)(actor->may_write | actor->may_administer << 1);
    key[len++] = (char)(actor->purpose & 0xFF);
    key[len++] = (char)(actor->purpose >> 8);
    *ret_len = 0;
    if (!add_text(key, &len, actor->role, &copy->role) ||
        !add_text(key, &len, actor->country, &copy->country) ||
        !add_text(key, &len, actor->unit, &copy->unit))
        return false;
    *ret_len = len;
    return true;
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
    if (!scope || !bytes || !make_key(actor, scope->key, &scope->key_len, &scope->actor)) {
        free(scope);
        free(bytes);
        return NULL;
    }
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

/* The scope at a place when it is of this actor. Under the lock. */
static struct scope *scope_at(const struct scope_cache *cache, size_t place, str key)
{
    struct scope *scope = cache->places[place];
    return scope && str_eq(str_of(scope->key, scope->key_len), key) ? scope : NULL;
}

static const struct policy_scope *scope_ref(struct scope *scope)
{
    atomic_fetch_add_explicit(&scope->ref_count, 1, memory_order_relaxed);
    return &scope->public;
}

enum err policy_scope_open(struct policy_classes *classes, const struct actor *actor,
                           const struct policy_scope **ret)
{
    struct scope_cache *cache = class_scopes(classes);
    char key[KEY_MAX_BYTES];
    size_t len;
    size_t count = policy_class_count(classes);
    struct actor copy;
    if (!make_key(actor, key, &len, &copy))
        return err_set(ERR_LIMIT, "role, country and unit of officer %.*s are too long",
                       STR(actor->officer));
    size_t place = hash64(str_of(key, len), 0) % PLACE_COUNT;
    pthread_mutex_lock(&cache->lock);
    struct scope *scope = scope_at(cache, place, str_of(key, len));
    if (!scope || scope->public.count < count) {
        struct scope *fresh = scope_new(classes, actor, count, scope);
        if (fresh) {
            scope_unref(cache->places[place]);
            cache->places[place] = fresh;
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
