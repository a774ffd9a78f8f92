/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When each record is due: four bytes by record number, so that a day's sweep over ten million
 * records reads 40 MB of memory and no body. Numbers are dense; definition and owner are one small
 * number between them ("group"), because a node has thousands of such pairs and millions of
 * records.
 *
 *   DIR/due   "bureau due 1\n" | seq | groups: count, then definition, owner, late of each |
 *             count of records, then 4 bytes each | SHA-256 over all before
 *
 * The file is written whole, at the end of a sweep and when the node closes; what came after its
 * sequence is read from the feed at the next opening. One that is damaged, from another version, or
 * ahead of the store is left aside and the table built from all records.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "keep/internal.h"

#define MAGIC S("bureau due 1\n")

enum { FIRST_ITEMS = 4096, FIRST_GROUPS = 64, NUMBER_MAX = 1 << 30 };
#define FILE_MAX ((size_t)NUMBER_MAX * sizeof(struct due))

void due_release(struct due_table *table)
{
    free(table->items);
    free(table->groups);
    free(table->slots);
    arena_release(&table->arena);
    *table = (struct due_table){0};
}

static enum err make_room(struct due_table *table, uint64_t number)
{
    uint64_t max = table->max ? table->max : FIRST_ITEMS;
    if (number < table->max)
        return OK;
    if (number >= NUMBER_MAX)
        return err_set(ERR_LIMIT, "record %llu is beyond the %d whose review dates are kept",
                       (unsigned long long)number, NUMBER_MAX);
    while (max <= number)
        max += max / 2;
    struct due *items = realloc(table->items, max * sizeof *items);
    if (!items)
        return err_set(ERR_MEMORY, "out of memory for the review dates of %llu records",
                       (unsigned long long)max);
    memset(items + table->max, 0, (max - table->max) * sizeof *items);
    table->items = items;
    table->max = max;
    return OK;
}

enum err due_set(struct due_table *table, uint64_t number, struct due due)
{
    TRY(make_room(table, number));
    table->items[number] = due;
    if (number >= table->count)
        table->count = number + 1;
    table->is_changed = true;
    return OK;
}

/* ---- groups ---- */

static uint32_t slot_of(const struct due_table *table, str definition, str owner)
{
    return (uint32_t)hash64(owner, hash64(definition, 71)) & (table->slot_count - 1);
}

static bool is_group(const struct due_table *table, uint32_t number, str definition, str owner)
{
    const struct group *group = &table->groups[number];
    return str_eq(group->owner, owner) && str_eq(group->definition, definition);
}

static void link_group(struct due_table *table, uint32_t number)
{
    const struct group *group = &table->groups[number];
    uint32_t slot = slot_of(table, group->definition, group->owner);
    while (table->slots[slot])
        slot = (slot + 1) & (table->slot_count - 1);
    table->slots[slot] = number;
}

static enum err grow_groups(struct due_table *table)
{
    uint32_t max = table->group_max ? table->group_max * 2 : FIRST_GROUPS;
    struct group *groups = realloc(table->groups, max * sizeof *groups);
    if (groups)
        table->groups = groups;
    uint32_t *slots = calloc((size_t)max * 2, sizeof *slots);
    if (!groups || !slots) {
        free(slots);
        return err_set(ERR_MEMORY, "out of memory for %u kinds of records", max);
    }
    free(table->slots);
    table->slots = slots;
    table->slot_count = max * 2;
    table->group_max = max;
    if (!table->group_count)
        table->groups[table->group_count++] = (struct group){.definition = STR_EMPTY};
    for (uint32_t i = 1; i < table->group_count; i++)
        link_group(table, i);
    return OK;
}

/* The longest time of reminding the definition has: too early is better than too late. */
static unsigned remind_days(const struct definition *definition)
{
    unsigned days = 0;
    for (size_t i = 0; definition && i < definition->retain_count; i++)
        if (definition->retains[i].remind_days > days)
            days = definition->retains[i].remind_days;
    return days;
}

static enum err add_group(struct due_table *table, const struct catalog *catalog, str definition,
                          str owner)
{
    if (table->group_count == table->group_max)
        TRY(grow_groups(table));
    if (table->group_count > GROUP_MAX)
        return err_set(ERR_LIMIT, "more than %d pairs of definition and owner", GROUP_MAX);
    const struct definition *known = catalog_find(catalog, definition);
    struct group group = {.definition = arena_str(&table->arena, definition),
                          .owner = arena_str(&table->arena, owner),
                          .remind_days = remind_days(known),
                          .known = known,
                          .is_system = known && str_eq(known->kind, S("system")),
                          .is_lasting = known && known->is_lasting};
    table->groups[table->group_count++] = group;
    link_group(table, table->group_count - 1);
    return OK;
}

enum err due_group(struct due_table *table, const struct catalog *catalog, str definition,
                   str owner, uint32_t *ret)
{
    uint32_t last = table->last_group; /* an import brings thousands of one pair */
    if (last && is_group(table, last, definition, owner)) {
        *ret = last;
        return OK;
    }
    uint32_t slot = table->slot_count ? slot_of(table, definition, owner) : 0;
    while (table->slot_count && table->slots[slot]) {
        if (is_group(table, table->slots[slot], definition, owner)) {
            *ret = table->last_group = table->slots[slot];
            return OK;
        }
        slot = (slot + 1) & (table->slot_count - 1);
    }
    TRY(add_group(table, catalog, definition, owner));
    *ret = table->last_group = table->group_count - 1;
    return OK;
}

/* ---- the file ---- */

static enum err damaged(const char *path)
{
    return err_set(ERR_DAMAGED, "%s does not hold what was written", path);
}

static enum err read_groups(struct due_table *table, const struct catalog *catalog,
                            struct cursor *cursor)
{
    uint32_t count = cursor_u32(cursor);
    for (uint32_t i = 1; i < count && !cursor->is_bad; i++) {
        str definition = cursor_block(cursor);
        str owner = cursor_block(cursor);
        uint64_t late = cursor_varint(cursor);
        uint32_t number = 0;
        TRY(due_group(table, catalog, definition, owner, &number));
        if (number != i)
            return err_set(ERR_DAMAGED, "a pair of definition and owner stands there twice");
        table->groups[i].late = late;
    }
    return OK;
}

static enum err read_table(struct due_table *table, const struct catalog *catalog, const char *path,
                           str text)
{
    struct hash hash;
    if (text.len < MAGIC.len + HASH_SIZE || !str_starts(text, MAGIC))
        return err_set(ERR_VERSION, "%s is not of this version", path);
    str body = str_slice(text, 0, text.len - HASH_SIZE);
    sha256(body, &hash);
    if (memcmp(hash.bytes, body.ptr + body.len, HASH_SIZE) != 0)
        return damaged(path);
    struct cursor cursor = cursor_of(str_from(body, MAGIC.len));
    table->seq = cursor_u64(&cursor);
    TRY(read_groups(table, catalog, &cursor));
    uint64_t count = cursor_u64(&cursor);
    if (cursor.is_bad || count > NUMBER_MAX || cursor_left(&cursor) != count * sizeof(struct due))
        return damaged(path);
    if (count)
        TRY(make_room(table, count - 1));
    if (count)
        memcpy(table->items, cursor.at, count * sizeof(struct due));
    table->count = count;
    for (uint64_t i = 0; i < count; i++)
        if (table->items[i].group >= table->group_count && table->items[i].day)
            return damaged(path);
    table->is_changed = false;
    return OK;
}

enum err due_load(struct due_table *table, const struct catalog *catalog, const char *path)
{
    char *text = NULL;
    size_t len = 0;
    TRY(io_read_file(path, FILE_MAX, &text, &len));
    enum err code = read_table(table, catalog, path, str_of(text, len));
    free(text);
    return code;
}

enum err due_save(struct due_table *table, const char *path)
{
    struct buf out = {.max = FILE_MAX};
    struct hash hash;
    if (!table->is_changed)
        return OK;
    buf_add(&out, MAGIC);
    buf_add_u64(&out, table->seq);
    buf_add_u32(&out, table->group_count);
    for (uint32_t i = 1; i < table->group_count; i++) {
        buf_add_block(&out, table->groups[i].definition);
        buf_add_block(&out, table->groups[i].owner);
        buf_add_varint(&out, table->groups[i].late);
    }
    buf_add_u64(&out, table->count);
    buf_add(&out, str_of((const char *)table->items, table->count * sizeof *table->items));
    sha256(buf_str(&out), &hash);
    buf_add(&out, str_of((const char *)hash.bytes, HASH_SIZE));
    enum err code = out.failed ? out.failed : io_replace(path, buf_str(&out));
    buf_release(&out);
    table->is_changed = table->is_changed && code;
    return code;
}
