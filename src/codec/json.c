/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON through jansson into our tree, and back out by a small writer. jansson checks grammar, UTF-8, duplicate keys
 * and depth; numbers are asked for as integers first, so that 64-bit ids survive. The writer is ours because answers are
 * printed straight from the tree, without a second tree in between.
 */
#include "codec/json.h"

#include <jansson.h>
#include <stdio.h>

enum { DEPTH_MAX = 32 };

/* NOLINTBEGIN(misc-no-recursion): bounded by DEPTH_MAX */
static struct node *convert(json_t *json, struct arena *arena, unsigned depth)
{
    if (depth > DEPTH_MAX) {
        err_set(ERR_LIMIT, "JSON is nested deeper than %d levels", DEPTH_MAX);
        return NULL;
    }
    switch (json_typeof(json)) {
    case JSON_OBJECT: {
        struct node *map = node_map(arena);
        for (void *at = json_object_iter(json); at && map; at = json_object_iter_next(json, at)) {
            struct node *child = convert(json_object_iter_value(at), arena, depth + 1);
            if (!child)
                return NULL;
            node_put(map, arena_str(arena, str_c(json_object_iter_key(at))), child);
        }
        return map;
    }
    case JSON_ARRAY: {
        struct node *list = node_list(arena);
        for (size_t i = 0; i < json_array_size(json) && list; i++)
            if (!node_add(list, convert(json_array_get(json, i), arena, depth + 1)))
                return NULL;
        return list;
    }
    case JSON_STRING:
        return node_text(arena, arena_str(arena, str_of(json_string_value(json),
                                                        json_string_length(json))));
    case JSON_INTEGER: return node_number(arena, json_integer_value(json));
    case JSON_REAL: {
        struct node *node = node_number(arena, 0);
        if (node)
            node->text = arena_printf(arena, "%.17g", json_real_value(json));
        return node;
    }
    case JSON_TRUE: return node_bool(arena, true);
    case JSON_FALSE: return node_bool(arena, false);
    default: break;
    }
    struct node *null = node_text(arena, STR_EMPTY);
    if (null)
        null->kind = NODE_NULL;
    return null;
}

enum err json_parse(str text, struct arena *arena, struct node **ret)
{
    json_error_t error;
    json_t *json = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!json)
        return err_at(ERR_SYNTAX, NULL, (uint32_t)(error.line > 0 ? error.line : 1),
                      (uint32_t)(error.column > 0 ? error.column : 1), "not well-formed JSON: %s",
                      error.text);
    err_clear();
    struct node *node = convert(json, arena, 0);
    json_decref(json);
    if (!node)
        return err_last()->code ? err_last()->code
                                : err_set(ERR_LIMIT, "JSON needs too much memory");
    *ret = node;
    return OK;
}

void json_write_text(struct buf *out, str text)
{
    static const char hex[] = "0123456789abcdef";
    buf_add_char(out, '"');
    size_t clean = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_separator = c == 0xE2 && i + 2 < text.len &&
                            (unsigned char)text.ptr[i + 1] == 0x80 &&
                            ((unsigned char)text.ptr[i + 2] | 1) == 0xA9;
        if (c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0x7F &&
            !is_separator)
            continue;
        buf_add(out, str_slice(text, clean, i - clean));
        if (is_separator) {
            buf_add(out, text.ptr[i + 2] & 1 ? S("\\u2029") : S("\\u2028"));
            i += 2;
        } else if (c == '"' || c == '\\') {
            buf_add_char(out, '\\');
            buf_add_char(out, (char)c);
        } else if (c == '\n') {
            buf_add(out, S("\\n"));
        } else {
            const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            buf_add(out, str_of(escape, sizeof escape));
        }
        clean = i + 1;
    }
    buf_add(out, str_from(text, clean));
    buf_add_char(out, '"');
}

static void indent(struct buf *out, int level)
{
    if (level < 0)
        return;
    buf_add_char(out, '\n');
    for (int i = 0; i < level; i++)
        buf_add(out, S("  "));
}

/* level < 0: compact */
static void write_node(struct buf *out, const struct node *node, int level)
{
    int inner = level < 0 ? -1 : level + 1;
    switch (node ? node->kind : NODE_NULL) {
    case NODE_NULL: buf_add(out, S("null")); return;
    case NODE_BOOL:
    case NODE_NUMBER: buf_add(out, node->text); return;
    case NODE_TEXT: json_write_text(out, node->text); return;
    case NODE_LIST:
    case NODE_MAP: break;
    }
    bool is_map = node->kind == NODE_MAP;
    buf_add_char(out, is_map ? '{' : '[');
    node_each(child, node)
    {
        if (child != node->first)
            buf_add_char(out, ',');
        indent(out, inner);
        if (is_map) {
            json_write_text(out, child->key);
            buf_add(out, level < 0 ? S(":") : S(": "));
        }
        write_node(out, child, inner);
    }
    if (node->first)
        indent(out, level);
    buf_add_char(out, is_map ? '}' : ']');
}
/* NOLINTEND(misc-no-recursion) */

void json_write(struct buf *out, const struct node *node)
{
    write_node(out, node, -1);
}

void json_write_pretty(struct buf *out, const struct node *node)
{
    write_node(out, node, 0);
}
