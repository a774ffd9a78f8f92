/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reader for three packings. Members of a gzip file and frames of a zstd file that follow each
 * other are read as one stream, as the tools that write them expect. The input block is ours; out
 * goes to the caller, so nothing is copied twice.
 */
#include "codec/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { BLOCK = 256 << 10, RATIO_MAX = 1000, RATIO_FREE = 64 << 20, WINDOW_LOG_MAX = 27 };

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct stream {
    int fd;
    enum packing packing;
    bool is_eof;        /* of the descriptor */
    bool is_frame_open; /* inside a member or frame: the end may not come here */
    uint64_t in_bytes, out_bytes;
    size_t at, len; /* unread part of block */
    z_stream zip;
    ZSTD_DStream *zstd;
    char block[BLOCK];
};

static enum err fill(struct stream *s)
{
    if (s->at < s->len || s->is_eof)
        return OK;
    ssize_t got;
    do {
        got = read(s->fd, s->block, sizeof s->block);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_errno("cannot read the input");
    s->at = 0;
    s->len = (size_t)got;
    s->in_bytes += (uint64_t)got;
    s->is_eof = got == 0;
    return OK;
}

/* A short first read (a pipe) is completed so that the mark of the packing is seen whole. */
static enum err fill_first(struct stream *s)
{
    while (s->len < 4 && !s->is_eof) {
        ssize_t got = read(s->fd, s->block + s->len, sizeof s->block - s->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno("cannot read the input");
        s->len += (size_t)got;
        s->in_bytes += (uint64_t)got;
        s->is_eof = got == 0;
    }
    return OK;
}

static enum err start(struct stream *s)
{
    TRY(fill_first(s));
    const unsigned char *b = (const unsigned char *)s->block;
    if (s->len >= 3 && b[0] == 0x1F && b[1] == 0x8B && b[2] == 8) {
        s->packing = PACKING_GZIP;
        if (inflateInit2(&s->zip, 15 + 16) != Z_OK)
            return err_set(ERR_MEMORY, "out of memory for unpacking gzip");
    } else if (s->len >= 4 && b[0] == 0x28 && b[1] == 0xB5 && b[2] == 0x2F && b[3] == 0xFD) {
        s->packing = PACKING_ZSTD;
        s->zstd = ZSTD_createDStream();
        if (!s->zstd ||
            ZSTD_isError(ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
            return err_set(ERR_MEMORY, "out of memory for unpacking zstd");
    }
    return OK;
}

enum err stream_open(int fd, struct stream **ret)
{
    struct stream *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(ERR_MEMORY, "out of memory for an input stream");
    s->fd = fd;
    enum err code = start(s);
    if (code) {
        stream_close(s);
        return code;
    }
    *ret = s;
    return OK;
}

static enum err inflate_some(struct stream *s, char *out, size_t size, size_t *used)
{
    if (!s->is_frame_open && s->out_bytes && inflateReset(&s->zip) != Z_OK)
        return err_set(ERR_INTERNAL, "cannot restart gzip");
    s->is_frame_open = true;
    s->zip.next_in = (unsigned char *)s->block + s->at;
    s->zip.avail_in = (unsigned)(s->len - s->at);
    s->zip.next_out = (unsigned char *)out;
    s->zip.avail_out = (unsigned)size;
    int result = inflate(&s->zip, Z_NO_FLUSH);
    s->at = s->len - s->zip.avail_in;
    *used = size - s->zip.avail_out;
    if (result == Z_STREAM_END)
        s->is_frame_open = false;
    else if (result != Z_OK && result != Z_BUF_ERROR)
        return err_set(ERR_SYNTAX, "the gzip packing is damaged near byte %llu: %s",
                       (unsigned long long)(s->in_bytes - (s->len - s->at)),
                       s->zip.msg ? s->zip.msg : "unexpected data");
    return OK;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written through the buffer made of it */
static enum err unzstd_some(struct stream *s, char *out, size_t size, size_t *used)
{
    ZSTD_inBuffer in = {s->block, s->len, s->at};
    ZSTD_outBuffer to = {out, size, 0};
    size_t result = ZSTD_decompressStream(s->zstd, &to, &in);
    s->at = in.pos;
    *used = to.pos;
    if (ZSTD_isError(result))
        return err_set(ERR_SYNTAX, "the zstd packing is damaged near byte %llu: %s",
                       (unsigned long long)(s->in_bytes - (s->len - s->at)),
                       ZSTD_getErrorName(result));
    s->is_frame_open = result != 0;
    return OK;
}

static enum err unpack(struct stream *s, char *out, size_t size, size_t *ret_len)
{
    size_t used = 0;
    while (used == 0) {
        TRY(fill(s));
        bool is_dry = s->at == s->len && s->is_eof;
        if (is_dry && !s->is_frame_open)
            break;
        size_t before = s->at;
        TRY(s->packing == PACKING_GZIP ? inflate_some(s, out, size, &used)
                                       : unzstd_some(s, out, size, &used));
        if (is_dry && used == 0 && s->at == before)
            return err_set(ERR_SYNTAX, "the packed input ends in the middle, after %llu bytes",
                           (unsigned long long)s->in_bytes);
    }
    s->out_bytes += used;
    if (s->out_bytes > RATIO_FREE && s->out_bytes / RATIO_MAX > s->in_bytes)
        return err_set(ERR_LIMIT, "the packed input grows more than %d-fold: refused", RATIO_MAX);
    *ret_len = used;
    return OK;
}

enum err stream_read(struct stream *s, char *out, size_t size, size_t *ret_len)
{
    ensure(size > 0);
    if (size > (1u << 30))
        size = 1u << 30;
    if (s->packing != PACKING_NONE)
        return unpack(s, out, size, ret_len);
    TRY(fill(s));
    size_t len = s->len - s->at;
    len = len < size ? len : size;
    memcpy(out, s->block + s->at, len);
    s->at += len;
    *ret_len = len;
    return OK;
}

const char *stream_packing(const struct stream *s)
{
    return s->packing == PACKING_GZIP ? "gzip" : s->packing == PACKING_ZSTD ? "zstd" : "none";
}

uint64_t stream_consumed(const struct stream *s)
{
    return s->in_bytes - (s->len - s->at);
}

void stream_close(struct stream *s)
{
    if (!s)
        return;
    if (s->packing == PACKING_GZIP)
        inflateEnd(&s->zip);
    ZSTD_freeDStream(s->zstd);
    free(s);
}
