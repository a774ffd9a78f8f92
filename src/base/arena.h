/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena holds all memory of one request, batch or test; it goes in one call. Blocks grow by
 * doubling up to a maximum in all; reaching it makes arena_alloc return NULL with ERR_LIMIT set.
 * Not for sharing between threads.
 *
 *   struct arena arena = {0};            // ready to use; the default maximum is 64 MiB
 *   char *p = arena_alloc(&arena, 100);  // zeroed, aligned to 16
 *   arena_release(&arena);               // or arena_reset(): keeps at most 64 KiB for the next
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/assert.h"
#include "base/str.h"

struct arena_block;
struct arena {
    struct arena_block *block; /* newest first */
    size_t used_bytes;         /* of the newest block */
    size_t total_bytes;        /* of all blocks */
    size_t max_bytes;          /* 0: 64 MiB */
};

/*
 * Zeroed memory aligned to 16 bytes; NULL with ERR_LIMIT when the maximum is reached. size 0 gives
 * a valid pointer.
 */
void *arena_alloc(struct arena *arena, size_t size) MUST_USE;
void *arena_alloc_array(struct arena *arena, size_t count, size_t size) MUST_USE;
#define arena_new(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))
/* Copies; the copy is also NUL-terminated (not counted). On ERR_LIMIT gives the empty str. */
str arena_str(struct arena *arena, str s);
str arena_printf(struct arena *arena, const char *format, ...) PRINTF(2, 3);
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);

#endif
