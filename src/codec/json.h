/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259) <-> node trees, and a streaming writer for answers. Duplicate keys, bad UTF-8 and
 * NUL are refused.
 */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "codec/node.h"

/* Default nesting limit 32. ERR_SYNTAX with line and column, ERR_LIMIT. */
enum err json_parse(str text, struct arena *arena, struct node **ret) MUST_USE;
/* Compact, keys in tree order: same tree, same bytes. */
void json_write(struct buf *out, const struct node *node);
void json_write_pretty(struct buf *out, const struct node *node);
/* "text" with quotes and escapes; also < > & U+2028/9 escaped, so that it may stand in a page. */
void json_write_text(struct buf *out, str text);

#endif
