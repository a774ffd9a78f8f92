/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One item after the other out of a long JSON text: the lines of an NDJSON file, or the elements of
 * an array somewhere inside one big document ("_embedded.notices"), without ever holding the
 * document. Push text in, pull items out; an item is a slice of JSON for json_parse(), valid until
 * the next call.
 */
#ifndef CODEC_ITEMS_H
#define CODEC_ITEMS_H

#include "base/base.h"

struct items;
enum { ITEM_MAX = 16 << 20, ITEM_DEPTH_MAX = 32 };
enum items_kind { ITEMS_LINES, ITEMS_ARRAY };
struct item {
    str text;
    uint64_t number, line; /* from 1; line where the item starts */
};
/* path: keys down to the array, joined by dots; empty: the document itself is the array. */
enum err items_new(enum items_kind kind, str path, struct items **ret) MUST_USE;
void items_free(struct items *items);
enum err items_feed(struct items *items, str text) MUST_USE; /* copied */
void items_finish(struct items *items);
/*
 * *ret_has false: feed more, or the end after items_finish(). ERR_SYNTAX with the line where the
 * text stops being JSON; ERR_LIMIT for an item larger than ITEM_MAX; ERR_NOT_FOUND at the end when
 * there was no such array.
 */
enum err items_next(struct items *items, struct item *ret, bool *ret_has) MUST_USE;

#endif
