/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames and trees as bytes. A node is: kind, then a block of text, or a count and children (of a
 * map: key before each).
 */
#include "intake/frame.h"

size_t frame_begin(struct buf *out, enum frame_kind kind)
{
    size_t start = out->len;
    buf_add_u8(out, (uint8_t)kind);
    buf_add_u32(out, 0);
    return start;
}

void frame_end(struct buf *out, size_t start)
{
    if (out->failed)
        return;
    size_t len = out->len - start - FRAME_HEAD;
    for (unsigned i = 0; i < 4; i++)
        out->ptr[start + 1 + i] = (char)(unsigned char)(len >> (8 * i));
}

/*
 * NOLINTBEGIN(misc-no-recursion): trees come from parsers that bound their depth; reading counts it
 */
void frame_put_tree(struct buf *out, const struct node *node)
{
    buf_add_u8(out, (uint8_t)node->kind);
    if (node->kind != NODE_LIST && node->kind != NODE_MAP) {
        buf_add_block(out, node->text);
        return;
    }
    buf_add_varint(out, node->count);
    node_each(child, node)
    {
        if (node->kind == NODE_MAP)
            buf_add_block(out, child->key);
        frame_put_tree(out, child);
    }
}

static struct node *bad(const char *what)
{
    err_set(ERR_DAMAGED, "the parser sent %s", what);
    return NULL;
}

static struct node *get_tree(struct cursor *cursor, struct arena *arena, unsigned depth)
{
    uint8_t kind = cursor_u8(cursor);
    if (depth > FRAME_DEPTH_MAX || kind > NODE_MAP)
        return bad("a tree that is none");
    struct node *node = arena_new(arena, struct node);
    if (!node)
        return NULL;
    node->kind = (enum node_kind)kind;
    if (kind != NODE_LIST && kind != NODE_MAP) {
        node->text = cursor_block(cursor);
        return cursor->is_bad || !utf8_is_valid(node->text) ? bad("a value that is not text")
                                                            : node;
    }
    uint64_t count = cursor_varint(cursor);
    if (count > cursor_left(cursor))
        return bad("a count larger than its frame");
    for (uint64_t i = 0; i < count; i++) {
        str key = kind == NODE_MAP ? cursor_block(cursor) : STR_EMPTY;
        if (cursor->is_bad || !utf8_is_valid(key))
            return bad("a key that is not text");
        struct node *child = get_tree(cursor, arena, depth + 1);
        if (!child)
            return NULL;
        node_put(node, key, child);
    }
    return node;
}
/* NOLINTEND(misc-no-recursion) */

struct node *frame_get_tree(struct cursor *cursor, struct arena *arena)
{
    return get_tree(cursor, arena, 0);
}
