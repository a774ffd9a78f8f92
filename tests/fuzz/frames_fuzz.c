/* SPDX-License-Identifier: Apache-2.0 */
/* What a parser child that was taken over could send: rows, trees, items cut out of JSON. */
#include "codec/items.h"
#include "intake/child.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cut_items(str text, enum items_kind kind)
{
    struct items *items = NULL;
    struct item item;
    bool has = true;
    if (items_new(kind, S("a.b"), &items))
        return;
    for (size_t at = 0; at <= text.len; at += 13) {
        ensure(items_feed(items, str_slice(text, at, 13)) == OK);
        if (at + 13 > text.len)
            items_finish(items);
        for (has = true; has && items_next(items, &item, &has) == OK && has;)
            ensure(item.text.len <= text.len);
    }
    items_free(items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct child_row row;
    struct arena arena = {0};
    struct child_tree tree;
    str payload = str_of((const char *)data, size);
    if (child_row_read(payload, &row) == OK)
        for (size_t i = 0; i < row.count; i++)
            ensure(utf8_is_valid(row.cells[i]));
    if (child_tree_read(payload, &arena, &tree) == OK)
        ensure(tree.tree != NULL);
    cut_items(payload, ITEMS_LINES);
    cut_items(payload, ITEMS_ARRAY);
    arena_release(&arena);
    return 0;
}
