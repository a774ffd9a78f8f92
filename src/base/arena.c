/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one request: a chain of blocks, the newest first; each twice the last until 1 MiB. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

enum { FIRST_BLOCK = 4096, BLOCK_MAX = 1 << 20, KEEP_MAX = 64 << 10, DEFAULT_MAX = 64 << 20 };

struct arena_block {
    struct arena_block *older;
    size_t size;
    _Alignas(16) char data[];
};

static bool add_block(struct arena *arena, size_t need)
{
    size_t max = arena->max_bytes ? arena->max_bytes : DEFAULT_MAX;
    size_t size = arena->block ? arena->block->size * 2 : FIRST_BLOCK;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    if (size < need)
        size = need;
    if (arena->total_bytes + size > max) {
        err_set(ERR_LIMIT, "memory for one request is limited to %zu bytes", max);
        return false;
    }
    struct arena_block *block = malloc(sizeof *block + size);
    if (!block) {
        err_set(ERR_MEMORY, "out of memory for %zu bytes", size);
        return false;
    }
    block->older = arena->block;
    block->size = size;
    arena->block = block;
    arena->used_bytes = 0;
    arena->total_bytes += size;
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t need = (size + 15) & ~(size_t)15;
    if (need < size) {
        err_set(ERR_LIMIT, "a size of %zu bytes overflows", size);
        return NULL;
    }
    if (!arena->block || arena->block->size - arena->used_bytes < need)
        if (!add_block(arena, need))
            return NULL;
    void *place = arena->block->data + arena->used_bytes;
    arena->used_bytes += need;
    return memset(place, 0, need);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) {
        err_set(ERR_LIMIT, "%zu items of %zu bytes overflow", count, size);
        return NULL;
    }
    return arena_alloc(arena, total);
}

str arena_str(struct arena *arena, str s)
{
    char *copy = arena_alloc(arena, s.len + 1);
    if (!copy)
        return STR_EMPTY;
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return str_of(copy, s.len);
}

str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len >= 0 ? arena_alloc(arena, (size_t)len + 1) : NULL;
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text ? str_of(text, (size_t)len) : STR_EMPTY;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *block = arena->block;
    if (!block)
        return;
    /*
     * Kept is the largest that is not too large: rows and requests of one kind then need no malloc
     * at all.
     */
    while (block->older && block->size > KEEP_MAX) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    for (struct arena_block *older = block->older; older;) {
        struct arena_block *next = older->older;
        free(older);
        older = next;
    }
    block->older = NULL;
    arena->block = block;
    arena->used_bytes = 0;
    arena->total_bytes = block->size;
}

void arena_release(struct arena *arena)
{
    if (!arena)
        return;
    for (struct arena_block *block = arena->block; block;) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    *arena = (struct arena){.max_bytes = arena->max_bytes};
}
