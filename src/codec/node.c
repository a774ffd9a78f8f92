/* SPDX-License-Identifier: Apache-2.0 */
/* The tree every format is read into. Children are a linked list: trees are walked, not searched */
#include "codec/node.h"

#include <stdio.h>

static struct node *node_new(struct arena *arena, enum node_kind kind)
{
    struct node *node = arena_new(arena, struct node);
    if (node)
        node->kind = kind;
    return node;
}

struct node *node_map(struct arena *arena)
{
    return node_new(arena, NODE_MAP);
}

struct node *node_list(struct arena *arena)
{
    return node_new(arena, NODE_LIST);
}

static struct node *scalar(struct arena *arena, enum node_kind kind, str text)
{
    struct node *node = node_new(arena, kind);
    if (node)
        node->text = text;
    return node;
}

struct node *node_text(struct arena *arena, str text)
{
    return scalar(arena, NODE_TEXT, text);
}

struct node *node_number(struct arena *arena, int64_t value)
{
    return scalar(arena, NODE_NUMBER, arena_printf(arena, "%lld", (long long)value));
}

struct node *node_real(struct arena *arena, double value, int decimals)
{
    if (!(value > -1e15 && value < 1e15)) /* no infinities or NaN in JSON */
        return node_new(arena, NODE_NULL);
    return scalar(arena, NODE_NUMBER, arena_printf(arena, "%.*f", decimals, value));
}

struct node *node_bool(struct arena *arena, bool value)
{
    return scalar(arena, NODE_BOOL, value ? S("true") : S("false"));
}

struct node *node_add(struct node *list, struct node *child)
{
    if (!list || !child)
        return child;
    ensure(list->kind == NODE_LIST || list->kind == NODE_MAP);
    child->next = NULL;
    if (list->last)
        list->last->next = child;
    else
        list->first = child;
    list->last = child;
    list->count++;
    return child;
}

struct node *node_put(struct node *map, str key, struct node *child)
{
    if (child)
        child->key = key;
    return node_add(map, child);
}

void node_put_text(struct arena *arena, struct node *map, str key, str text)
{
    node_put(map, key, node_text(arena, text));
}

void node_put_number(struct arena *arena, struct node *map, str key, int64_t value)
{
    node_put(map, key, node_number(arena, value));
}

void node_put_bool(struct arena *arena, struct node *map, str key, bool value)
{
    node_put(map, key, node_bool(arena, value));
}

const struct node *node_get(const struct node *map, str key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    node_each(child, map) if (str_eq(child->key, key)) return child;
    return NULL;
}

bool node_is_scalar(const struct node *node)
{
    return node &&
           (node->kind == NODE_TEXT || node->kind == NODE_NUMBER || node->kind == NODE_BOOL);
}

str node_as_text(const struct node *node)
{
    return node_is_scalar(node) ? node->text : STR_EMPTY;
}

str node_get_text(const struct node *map, str key)
{
    return node_as_text(node_get(map, key));
}

bool node_as_bool(const struct node *node, bool otherwise)
{
    str text = node_as_text(node);
    if (str_eq(text, S("true")) || str_eq(text, S("yes")))
        return true;
    if (str_eq(text, S("false")) || str_eq(text, S("no")))
        return false;
    return otherwise;
}

/* Depth is bounded by the parsers (32), so these two recurse. NOLINTBEGIN(misc-no-recursion) */
struct node *node_copy(struct arena *arena, const struct node *node)
{
    if (!node)
        return NULL;
    struct node *copy = node_new(arena, node->kind);
    if (!copy)
        return NULL;
    copy->line = node->line;
    copy->column = node->column;
    copy->text = arena_str(arena, node->text);
    node_each(child, node)
    {
        struct node *twin = node_copy(arena, child);
        node_put(copy, node->kind == NODE_MAP ? arena_str(arena, child->key) : STR_EMPTY, twin);
    }
    return copy;
}

bool node_equal(const struct node *a, const struct node *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || a->count != b->count || !str_eq(a->text, b->text))
        return false;
    const struct node *other = b->first;
    for (const struct node *child = a->first; child; child = child->next, other = other->next)
        if (!str_eq(child->key, other->key) || !node_equal(child, other))
            return false;
    return true;
}
/* NOLINTEND(misc-no-recursion) */
