/* SPDX-License-Identifier: Apache-2.0 */
/* XML: any bytes, handed over in steps; trees are framed as the parser child does, and read back the same. */
#include "codec/xml.h"
#include "intake/child.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct feeder {
    str text;
    size_t at;
};

static enum err feed(void *context, char *out, size_t size, size_t *ret_len)
{
    struct feeder *feeder = context;
    str piece = str_slice(feeder->text, feeder->at, size < 61 ? size : 61);
    memcpy(out, piece.ptr, piece.len);
    feeder->at += piece.len;
    *ret_len = piece.len;
    return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const str paths[] = {{"L/I", 3}, {"L/G/I", 5}, {"L", 1}};
    struct feeder feeder = {str_of((const char *)data, size), 0};
    struct arena arena = {0};
    struct xml *xml = NULL;
    bool has = true;
    if (xml_open(feed, &feeder, paths, COUNT_OF(paths), &xml))
        return 0;
    for (struct xml_item item; has && xml_next(xml, &arena, &item, &has) == OK && has;) {
        struct buf out = {0};
        frame_put_tree(&out, item.node);
        struct cursor cursor = cursor_of(buf_str(&out));
        const struct node *back = frame_get_tree(&cursor, &arena);
        ensure(!back || node_equal(back, item.node));
        buf_release(&out);
    }
    xml_close(xml);
    arena_release(&arena);
    return 0;
}
