/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parser child and its parent say to each other. A frame is: kind (1 byte), length (4,
 * little endian), payload. The parent believes nothing: lengths, counts, depth and UTF-8 are
 * checked on its side.
 *
 *   parent -> child   descriptor 0: one JSON text, the job (see child.c); descriptor 3: the input
 *   child -> parent   descriptor 1: INFO, then HEADER if there is one, rows with PROGRESS between
 *                     them, END; or ERROR
 */
#ifndef INTAKE_FRAME_H
#define INTAKE_FRAME_H

#include "codec/node.h"

enum frame_kind {
    FRAME_INFO = 'I',     /* JSON: encoding, reasons, separator, packing, preview */
    FRAME_HEADER = 'H',   /* a ROW whose cells are column names */
    FRAME_ROW = 'R',      /* number, line, flags, cell count, cells: for tables */
    FRAME_TREE = 'T',     /* number, line, flags, name, tree: for JSON and XML */
    FRAME_PROGRESS = 'P', /* varint: bytes of the input read */
    FRAME_ERROR = 'E',    /* JSON: code, message, line */
    FRAME_END = 'Z',      /* varints: rows, undecodable bytes, repaired runs */
    FRAME_PICTURE = 'J',  /* JPEG */
    FRAME_THUMB = 'S',    /* JPEG */
};
enum { FRAME_MAX = 48 << 20, FRAME_DEPTH_MAX = 40, FRAME_HEAD = 5 };
enum row_flag { ROW_BROKEN_QUOTES = 1, ROW_TOO_LONG = 2, ROW_BAD_BYTES = 4, ROW_NOT_PARSED = 8 };

/* Writing: begin, add the payload to out, end. */
size_t frame_begin(struct buf *out, enum frame_kind kind);
void frame_end(struct buf *out, size_t start);
void frame_put_tree(struct buf *out, const struct node *node);

/* Reading a tree back into the arena; NULL when it is not one (err is set). */
struct node *frame_get_tree(struct cursor *cursor, struct arena *arena);

#endif
