/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing output with a maximum, and bounds-checked binary reading; both keep their first failure.
 */
#include "base/buf.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST = 256, BUF_DEFAULT_MAX = 64 << 20 };

char *buf_grow(struct buf *buf, size_t size)
{
    if (buf->failed)
        return NULL;
    size_t max = buf->max ? buf->max : BUF_DEFAULT_MAX;
    if (size > max || buf->len > max - size) {
        buf->failed = err_set(ERR_LIMIT, "output is limited to %zu bytes", max);
        return NULL;
    }
    size_t want = buf->size ? buf->size * 2 : BUF_FIRST;
    if (want < buf->len + size)
        want = buf->len + size;
    if (want > max)
        want = max; /* memory at hand is never more than may be used */
    char *grown = realloc(buf->ptr, want);
    if (!grown) {
        buf->failed = err_set(ERR_MEMORY, "out of memory for %zu bytes", want);
        return NULL;
    }
    buf->ptr = grown;
    buf->size = want;
    return buf->ptr + buf->len;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *place = len >= 0 ? buf_reserve(buf, (size_t)len + 1) : NULL;
    if (place) {
        vsnprintf(place, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

void buf_add_u8(struct buf *buf, uint8_t value)
{
    buf_add_char(buf, (char)value);
}

static void add_little(struct buf *buf, uint64_t value, size_t size)
{
    char *place = buf_reserve(buf, size);
    if (!place)
        return;
    uint64_t little = htole64(value);
    memcpy(place, &little, size);
    buf->len += size;
}

void buf_add_u16(struct buf *buf, uint16_t value)
{
    add_little(buf, value, 2);
}

void buf_add_u32(struct buf *buf, uint32_t value)
{
    add_little(buf, value, 4);
}

void buf_add_u64(struct buf *buf, uint64_t value)
{
    add_little(buf, value, 8);
}

void buf_add_varint(struct buf *buf, uint64_t value)
{
    while (value >= 0x80) {
        buf_add_u8(buf, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    buf_add_u8(buf, (uint8_t)value);
}

void buf_add_block(struct buf *buf, str s)
{
    buf_add_varint(buf, s.len);
    buf_add(buf, s);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = OK;
}

void buf_release(struct buf *buf)
{
    if (!buf)
        return;
    free(buf->ptr);
    *buf = (struct buf){.max = buf->max};
}

str cursor_bytes(struct cursor *c, size_t len)
{
    if (c->is_bad || cursor_left(c) < len) {
        c->is_bad = true;
        return STR_EMPTY;
    }
    str s = str_of((const char *)c->at, len);
    c->at += len;
    return s;
}

static uint64_t little(struct cursor *c, size_t size)
{
    str s = cursor_bytes(c, size);
    uint64_t value = 0;
    memcpy(&value, s.ptr, s.len);
    return le64toh(value);
}

uint8_t cursor_u8(struct cursor *c)
{
    return (uint8_t)little(c, 1);
}

uint16_t cursor_u16(struct cursor *c)
{
    return (uint16_t)little(c, 2);
}

uint32_t cursor_u32(struct cursor *c)
{
    return (uint32_t)little(c, 4);
}

uint64_t cursor_u64(struct cursor *c)
{
    return little(c, 8);
}

uint64_t cursor_varint(struct cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = cursor_u8(c);
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return c->is_bad ? 0 : value;
    }
    c->is_bad = true;
    return 0;
}

str cursor_block(struct cursor *c)
{
    uint64_t len = cursor_varint(c);
    return cursor_bytes(c, len);
}
