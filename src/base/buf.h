/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buf is growing output. Appending never needs a check at each call: the first failure (maximum
 * reached, out of memory) is kept in `failed`, later appends do nothing, and buf_finish() or the
 * user asks once at the end.
 *
 *   struct buf out = {.max = 1 << 20};
 *   buf_add(&out, S("hello ")); buf_printf(&out, "%d", 3);
 *   if (out.failed) return out.failed;   ...   buf_release(&out);
 *
 * A cursor reads binary with bounds: after a read past the end `is_bad` stays true and reads give
 * 0.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/assert.h"
#include "base/err.h"
#include "base/str.h"

struct buf {
    char *ptr;
    size_t len;
    size_t size;
    size_t max; /* bytes; 0: 64 MiB; stated before the first byte */
    enum err failed;
};

/* buf_reserve() when the memory at hand is too small, or something failed before. */
char *buf_grow(struct buf *buf, size_t size) MUST_USE;
/*
 * Makes room for `size` more bytes and returns where they go, or NULL; add what was used to
 * buf->len. In the header, like the two below: an answer is made of a hundred short pieces.
 */
MUST_USE static inline char *buf_reserve(struct buf *buf, size_t size)
{
    if (buf->failed || size > buf->size - buf->len)
        return buf_grow(buf, size);
    return buf->ptr + buf->len;
}
static inline void buf_add(struct buf *buf, str s)
{
    char *place = s.len ? buf_reserve(buf, s.len) : NULL;
    if (!place)
        return;
    memcpy(place, s.ptr, s.len);
    buf->len += s.len;
}
static inline void buf_add_char(struct buf *buf, char c)
{
    char *place = buf_reserve(buf, 1);
    if (!place)
        return;
    *place = c;
    buf->len++;
}
void buf_printf(struct buf *buf, const char *format, ...) PRINTF(2, 3);
void buf_add_u8(struct buf *buf, uint8_t value);
void buf_add_u16(struct buf *buf, uint16_t value); /* little endian, as all numbers in our files */
void buf_add_u32(struct buf *buf, uint32_t value);
void buf_add_u64(struct buf *buf, uint64_t value);
void buf_add_varint(struct buf *buf, uint64_t value); /* LEB128 */
void buf_add_block(struct buf *buf, str s);           /* varint length, then the bytes */
void buf_clear(struct buf *buf);                      /* keeps the memory */
void buf_release(struct buf *buf);
static inline str buf_str(const struct buf *buf)
{
    return str_of(buf->ptr ? buf->ptr : "", buf->len);
}

struct cursor {
    const unsigned char *at, *end;
    bool is_bad;
};
static inline struct cursor cursor_of(str s)
{
    return (struct cursor){(const unsigned char *)s.ptr, (const unsigned char *)s.ptr + s.len,
                           false};
}
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
uint64_t cursor_varint(struct cursor *c);
str cursor_bytes(struct cursor *c, size_t len);
str cursor_block(struct cursor *c);
static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

#endif
