/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy classes: a table that only grows. A class is found by its key, the facts as bytes in one
 * order; owners use few combinations, so a node has hundreds of classes for millions of records,
 * and the same few are met again and again.
 *
 *   key      definition number, state, confidentiality, ceiling, sensitive, test, purposes (u64),
 *            owner, allow[], deny[]
 *   written  the same with names for what is numbered by position in a file, for segments
 *
 * Readers of a class take no lock: the class is complete before its number is published, and never
 * changes. The hash table of numbers is guarded by a read-write lock; interning a known class takes
 * the read side only.
 */
#include "policy/class.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SLOT_COUNT = 1 << 17, SLOT_MASK = SLOT_COUNT - 1, AUDIENCE_MAX = 250, WRITTEN_VERSION = 1 };

struct class_entry {
    str key;
    struct facts facts;
};

struct policy_classes {
    const struct catalog *catalog;
    struct scope_cache *scopes;
    pthread_rwlock_t lock;        /* over slots and arena */
    struct arena arena;           /* keys, facts */
    struct class_entry **entries; /* POLICY_CLASS_MAX */
    uint16_t *slots;              /* number + 1; 0: free */
    atomic_uint count;
};

enum err policy_classes_new(const struct catalog *catalog, struct policy_classes **ret)
{
    struct policy_classes *classes = calloc(1, sizeof *classes);
    if (classes) {
        classes->catalog = catalog;
        classes->entries = calloc(POLICY_CLASS_MAX, sizeof(struct class_entry *));
        classes->slots = calloc(SLOT_COUNT, sizeof *classes->slots);
        classes->scopes = scope_cache_new();
        pthread_rwlock_init(&classes->lock, NULL);
    }
    if (!classes || !classes->entries || !classes->slots || !classes->scopes) {
        policy_classes_free(classes);
        return err_set(ERR_MEMORY, "out of memory for the table of policy classes");
    }
    *ret = classes;
    return OK;
}

void policy_classes_free(struct policy_classes *classes)
{
    if (!classes)
        return;
    scope_cache_free(classes->scopes);
    pthread_rwlock_destroy(&classes->lock);
    arena_release(&classes->arena);
    free(classes->entries);
    free(classes->slots);
    free(classes);
}

size_t policy_class_count(const struct policy_classes *classes)
{
    return atomic_load_explicit(&classes->count, memory_order_acquire);
}

const struct facts *class_facts(const struct policy_classes *classes, uint16_t number)
{
    ensure(number < policy_class_count(classes));
    return &classes->entries[number]->facts;
}

const struct catalog *class_catalog(const struct policy_classes *classes)
{
    return classes->catalog;
}

struct scope_cache *class_scopes(const struct policy_classes *classes)
{
    return classes->scopes;
}

/* ---- keys ---- */

static int compare_strs(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

/* Sorted and without doubles: the order in which an owner wrote them makes no other class. */
static void write_audience(struct buf *out, const str *list, size_t count)
{
    str sorted[AUDIENCE_MAX];
    size_t kept = 0;
    ensure(count <= AUDIENCE_MAX);
    if (count)
        memcpy(sorted, list, count * sizeof sorted[0]);
    qsort(sorted, count, sizeof sorted[0], compare_strs);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !str_eq(sorted[kept - 1], sorted[i]))
            sorted[kept++] = sorted[i];
    buf_add_varint(out, kept);
    for (size_t i = 0; i < kept; i++)
        buf_add_block(out, sorted[i]);
}

static void write_small_facts(struct buf *out, const struct facts *facts)
{
    buf_add_u8(out, (uint8_t)facts->state);
    buf_add_u8(out, (uint8_t)facts->confidentiality);
    buf_add_u8(out, (uint8_t)facts->ceiling);
    buf_add_u8(out, (uint8_t)facts->sensitive);
    buf_add_u8(out, facts->is_test);
}

static void write_lists(struct buf *out, const struct facts *facts)
{
    buf_add_block(out, facts->owner);
    write_audience(out, facts->allow, facts->allow_count);
    write_audience(out, facts->deny, facts->deny_count);
}

static void write_key(struct buf *out, const struct facts *facts)
{
    ensure(facts->definition != NULL);
    buf_add_u16(out, facts->definition->number);
    write_small_facts(out, facts);
    buf_add_u64(out, facts->purposes);
    write_lists(out, facts);
}

/* ---- interning ---- */

/* Number of the class with this key, or -1. Under the lock. */
static int find(const struct policy_classes *classes, str key, uint64_t hash)
{
    for (size_t at = hash & SLOT_MASK; classes->slots[at]; at = (at + 1) & SLOT_MASK) {
        unsigned number = classes->slots[at] - 1u;
        if (str_eq(classes->entries[number]->key, key))
            return (int)number;
    }
    return -1;
}

static const str *keep_list(struct arena *arena, const str *list, size_t count)
{
    str *copy = arena_array(arena, str, count);
    for (size_t i = 0; copy && i < count; i++)
        copy[i] = arena_str(arena, list[i]);
    return copy;
}

static enum err add(struct policy_classes *classes, str key, uint64_t hash,
                    const struct facts *facts, uint16_t *ret)
{
    unsigned number = atomic_load_explicit(&classes->count, memory_order_relaxed);
    if (number == POLICY_CLASS_MAX)
        return err_set(ERR_LIMIT,
                       "more than %d combinations of owner, audience, purposes and handling",
                       POLICY_CLASS_MAX);
    struct class_entry *entry = arena_new(&classes->arena, struct class_entry);
    if (!entry)
        return err_last()->code;
    entry->key = arena_str(&classes->arena, key);
    entry->facts = *facts;
    entry->facts.owner = arena_str(&classes->arena, facts->owner);
    entry->facts.allow = keep_list(&classes->arena, facts->allow, facts->allow_count);
    entry->facts.deny = keep_list(&classes->arena, facts->deny, facts->deny_count);
    if (entry->key.len != key.len || !entry->facts.allow || !entry->facts.deny)
        return err_last()->code;
    size_t at = hash & SLOT_MASK;
    while (classes->slots[at])
        at = (at + 1) & SLOT_MASK;
    classes->slots[at] = (uint16_t)(number + 1);
    classes->entries[number] = entry;
    atomic_store_explicit(&classes->count, number + 1, memory_order_release);
    *ret = (uint16_t)number;
    return OK;
}

static enum err intern(struct policy_classes *classes, const struct facts *facts, uint16_t *ret)
{
    struct buf key = {0};
    write_key(&key, facts);
    if (key.failed) {
        buf_release(&key);
        return err_set(ERR_MEMORY, "out of memory for a policy class");
    }
    uint64_t hash = hash64(buf_str(&key), 0);
    enum err code = OK;
    pthread_rwlock_rdlock(&classes->lock);
    int found = find(classes, buf_str(&key), hash);
    pthread_rwlock_unlock(&classes->lock);
    if (found < 0) {
        pthread_rwlock_wrlock(&classes->lock);
        found = find(classes, buf_str(&key), hash);
        if (found < 0)
            code = add(classes, buf_str(&key), hash, facts, ret);
        pthread_rwlock_unlock(&classes->lock);
    }
    if (found >= 0)
        *ret = (uint16_t)found;
    buf_release(&key);
    return code;
}

enum err policy_class_of(struct policy_classes *classes, const struct record *record, uint16_t *ret)
{
    struct facts facts = facts_of(record);
    return intern(classes, &facts, ret);
}

/* ---- on disk ---- */

void policy_class_write(const struct policy_classes *classes, uint16_t number, struct buf *out)
{
    const struct facts *facts = class_facts(classes, number);
    buf_add_u8(out, WRITTEN_VERSION);
    buf_add_block(out, facts->definition->name);
    write_small_facts(out, facts);
    buf_add_varint(out, (uint64_t)__builtin_popcountll(facts->purposes));
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (facts->purposes >> i & 1)
            buf_add_block(out, purpose_code(classes->catalog, (uint16_t)i));
    write_lists(out, facts);
}

static enum err damaged(void)
{
    return err_set(ERR_DAMAGED, "a policy class in a file cannot be read");
}

static enum err read_audience(struct cursor *cursor, struct arena *arena, const str **ret_list,
                              size_t *ret_count)
{
    uint64_t count = cursor_varint(cursor);
    str *list = count <= AUDIENCE_MAX ? arena_array(arena, str, count) : NULL;
    if (!list)
        return damaged();
    for (size_t i = 0; i < count; i++)
        list[i] = cursor_block(cursor);
    *ret_list = list;
    *ret_count = count;
    return OK;
}

/* Codes this node no longer has open nothing, so they are left out. */
static enum err read_purposes(struct cursor *cursor, const struct catalog *catalog,
                              purpose_set *ret)
{
    uint64_t count = cursor_varint(cursor);
    if (count > PURPOSE_MAX)
        return damaged();
    for (uint64_t i = 0; i < count; i++) {
        uint16_t number = 0;
        if (purpose_find(catalog, cursor_block(cursor), &number))
            *ret |= (purpose_set)1 << number;
    }
    return OK;
}

static enum err read_facts(const struct catalog *catalog, struct cursor *cursor,
                           struct arena *arena, struct facts *facts)
{
    if (cursor_u8(cursor) != WRITTEN_VERSION)
        return damaged();
    str name = cursor_block(cursor);
    facts->definition = catalog_find(catalog, name);
    facts->state = (enum state)cursor_u8(cursor);
    facts->confidentiality = (enum confidentiality)cursor_u8(cursor);
    facts->ceiling = (enum disclosure)cursor_u8(cursor);
    facts->sensitive = cursor_u8(cursor);
    facts->is_test = cursor_u8(cursor) != 0;
    TRY(read_purposes(cursor, catalog, &facts->purposes));
    facts->owner = cursor_block(cursor);
    TRY(read_audience(cursor, arena, &facts->allow, &facts->allow_count));
    TRY(read_audience(cursor, arena, &facts->deny, &facts->deny_count));
    if (cursor->is_bad || cursor_left(cursor) || facts->state >= STATE_COUNT ||
        facts->confidentiality > CONF_CONFIDENTIAL || facts->ceiling > DISCLOSE_FULL)
        return damaged();
    if (!facts->definition)
        return err_set(ERR_UNKNOWN, "there is no definition \"%.*s\" here", STR(name));
    return OK;
}

enum err policy_class_read(struct policy_classes *classes, str bytes, uint16_t *ret)
{
    struct arena arena = {0};
    struct cursor cursor = cursor_of(bytes);
    struct facts facts = {0};
    enum err code = read_facts(classes->catalog, &cursor, &arena, &facts);
    if (code == OK)
        code = intern(classes, &facts, ret);
    arena_release(&arena);
    return code;
}
