/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's end of a parser child. The child is this program run again; it gets one input and
 * one job and can do nothing but read the one and answer on its output. A child that dies, hangs up
 * early or talks nonsense is an error with its reason, never an end of data.
 *
 *   struct child *child;
 *   TRY(child_open(fd, job_json, &child));
 *   while (!(code = child_next(child, &frame)) && frame.kind != FRAME_END) ...
 *   child_close(child);
 */
#ifndef INTAKE_CHILD_H
#define INTAKE_CHILD_H

#include "intake/frame.h"

struct child;
struct child_frame {
    enum frame_kind kind;
    str payload; /* valid until the next call */
};
/* The input is read from its start; it stays the caller's. job: at most 32 KiB of JSON. */
enum err child_open(int input_fd, str job, struct child **ret) MUST_USE;
/* FRAME_ERROR is turned into an error here. After FRAME_END nothing may follow. */
enum err child_next(struct child *child, struct child_frame *ret) MUST_USE;
void child_close(struct child *child); /* kills it when it still runs */

/* A row of a table. Cells point into the frame. */
enum { CHILD_CELLS_MAX = 1024 };
struct child_row {
    uint64_t number, line;
    unsigned flags; /* enum row_flag */
    size_t count;
    str cells[CHILD_CELLS_MAX];
};
enum err child_row_read(str payload, struct child_row *ret) MUST_USE;
struct child_tree {
    uint64_t number, line;
    unsigned flags;
    str name; /* element name of XML, else empty; for a row that could not be parsed: why */
    const struct node *tree;
};
enum err child_tree_read(str payload, struct arena *arena, struct child_tree *ret) MUST_USE;

/* The child's parts (child side). */
enum err child_rows(const struct node *job, int input_fd, struct buf *out) MUST_USE;
enum err child_photo(int input_fd, struct buf *out) MUST_USE;
/* Writes what waits in out to the parent and empties it; called by the parts when out has grown. */
enum err child_flush(struct buf *out) MUST_USE;

#endif
