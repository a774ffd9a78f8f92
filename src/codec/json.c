/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON. The writer is ours because answers are printed straight from the tree, without a
 * second tree in between; reading is in json_parse.c.
 */
#include "codec/json.h"

/*
 * Bytes to look at twice: controls, what ends or escapes a text, what a page would read as markup,
 * and 0xE2, with which U+2028 and U+2029 begin. Nearly all this program says goes through here.
 */
static const bool is_special[256] = {
    [0 ... 0x1F] = true, ['"'] = true, ['\\'] = true, ['<'] = true,
    ['>'] = true,        ['&'] = true, [0x7F] = true, [0xE2] = true,
};

void json_write_text(struct buf *out, str text)
{
    static const char hex[] = "0123456789abcdef";
    buf_add_char(out, '"');
    size_t clean = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (!is_special[c])
            continue;
        bool is_separator = c == 0xE2 && i + 2 < text.len &&
                            (unsigned char)text.ptr[i + 1] == 0x80 &&
                            ((unsigned char)text.ptr[i + 2] | 1) == 0xA9;
        if (c == 0xE2 && !is_separator)
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

/* level < 0: compact. NOLINTBEGIN(misc-no-recursion): trees are bounded by their parsers */
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
