/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding. UTF-8 does not go through ICU: it is checked and copied, with the incomplete tail of a
 * chunk kept for the next. Everything else is ucnv to UTF-16 and on to UTF-8, chunk by chunk; ICU
 * keeps the state between chunks.
 *
 * Repair works on runs of non-ASCII characters: a run is put right when each of its characters
 * stands for one byte of the code page and these bytes are UTF-8. "Ã¼" is; "Ä" alone is not, and
 * stays.
 */
#include "text/encoding.h"

#include <stdlib.h>
#include <unicode/ucnv.h>

enum { TAIL_MAX = 4, UNITS = 4096, RUN_MAX = 4096 };

struct decoder {
    bool is_utf8, is_started;
    enum encoding_doubled doubled;
    UConverter *from, *to;
    char tail[TAIL_MAX];
    size_t tail_len;
    struct buf pending; /* decoded, waiting for a line end before repair */
    uint64_t bad, repaired;
};

enum err decoder_open(const char *name, enum encoding_doubled doubled, struct decoder **ret)
{
    struct decoder *d = calloc(1, sizeof *d);
    if (!d)
        return err_set(ERR_MEMORY, "out of memory for decoding");
    d->doubled = doubled;
    UErrorCode status = U_ZERO_ERROR;
    d->is_utf8 = ucnv_compareNames(name, "utf-8") == 0 || ucnv_compareNames(name, "us-ascii") == 0;
    if (!d->is_utf8) {
        d->from = ucnv_open(name, &status);
        d->to = U_SUCCESS(status) ? ucnv_open("utf-8", &status) : NULL;
        if (U_FAILURE(status)) {
            decoder_close(d);
            return err_set(ERR_UNKNOWN, "no encoding \"%s\" is known here", name);
        }
    }
    *ret = d;
    return OK;
}

void decoder_close(struct decoder *d)
{
    if (!d)
        return;
    ucnv_close(d->from);
    ucnv_close(d->to);
    buf_release(&d->pending);
    free(d);
}

uint64_t decoder_bad_count(const struct decoder *d)
{
    return d->bad;
}

uint64_t decoder_repaired_count(const struct decoder *d)
{
    return d->repaired;
}

/* Length of the sequence a lead byte announces; 1 for what cannot lead. */
static size_t sequence_length(unsigned char lead)
{
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
}

static void copy_broken(struct decoder *d, str s, bool is_last, struct buf *out)
{
    for (size_t i = 0; i < s.len;) {
        size_t len = (unsigned char)s.ptr[i] < 0x80 || (unsigned char)s.ptr[i] > 0xF4
                         ? 1
                         : sequence_length((unsigned char)s.ptr[i]);
        if (i + len > s.len && !is_last) {
            d->tail_len = s.len - i;
            memcpy(d->tail, s.ptr + i, d->tail_len);
            return;
        }
        str one = str_slice(s, i, len);
        if (one.len == len && utf8_is_valid(one)) {
            buf_add(out, one);
            i += len;
        } else {
            buf_add(out, S("\xEF\xBF\xBD"));
            d->bad++;
            i++;
        }
    }
}

/* How many bytes at the end belong to a character that is not whole yet. */
static size_t incomplete_tail(str s)
{
    for (size_t back = 1; back <= 3 && back <= s.len; back++) {
        unsigned char c = (unsigned char)s.ptr[s.len - back];
        if ((c & 0xC0) == 0x80)
            continue;
        return c >= 0xC2 && sequence_length(c) > back ? back : 0;
    }
    return 0;
}

static void copy_utf8(struct decoder *d, str bytes, bool is_last, struct buf *out)
{
    size_t tail = is_last ? 0 : incomplete_tail(bytes);
    str whole = str_slice(bytes, 0, bytes.len - tail);
    if (d->tail_len == 0 && utf8_is_valid(whole)) {
        buf_add(out, whole);
        d->tail_len = tail;
        memcpy(d->tail, bytes.ptr + whole.len, tail);
        return;
    }
    struct buf joined = {0};
    buf_add(&joined, str_of(d->tail, d->tail_len));
    buf_add(&joined, bytes);
    d->tail_len = 0;
    if (joined.failed)
        out->failed = joined.failed;
    else
        copy_broken(d, buf_str(&joined), is_last, out);
    buf_release(&joined);
}

static void count_bad(struct decoder *d, str decoded)
{
    for (const char *p = decoded.ptr, *end = p + decoded.len;
         (p = memchr(p, 0xEF, (size_t)(end - p))) != NULL; p++)
        if (end - p >= 3 && (unsigned char)p[1] == 0xBF && (unsigned char)p[2] == 0xBD)
            d->bad++;
}

static enum err copy_icu(struct decoder *d, str bytes, bool is_last, struct buf *out)
{
    const char *in = bytes.ptr, *in_end = bytes.ptr + bytes.len;
    UChar units[UNITS];
    UErrorCode status;
    do {
        UChar *unit = units;
        status = U_ZERO_ERROR;
        ucnv_toUnicode(d->from, &unit, units + UNITS, &in, in_end, NULL, is_last, &status);
        if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR)
            return err_set(ERR_SYNTAX, "cannot decode the text: %s", u_errorName(status));
        const UChar *from = units;
        size_t before = out->len;
        for (UErrorCode inner = U_BUFFER_OVERFLOW_ERROR; inner == U_BUFFER_OVERFLOW_ERROR;) {
            inner = U_ZERO_ERROR;
            char *to = buf_reserve(out, UNITS * 3 + 16);
            if (!to)
                return err_set(ERR_LIMIT, "decoded text needs too much memory");
            char *at = to;
            ucnv_fromUnicode(d->to, &at, to + (size_t)UNITS * 3 + 16, &from, unit, NULL,
                             is_last && status != U_BUFFER_OVERFLOW_ERROR, &inner);
            if (U_FAILURE(inner) && inner != U_BUFFER_OVERFLOW_ERROR)
                return err_set(ERR_SYNTAX, "cannot decode the text: %s", u_errorName(inner));
            out->len += (size_t)(at - to);
        }
        count_bad(d, str_of(out->ptr + before, out->len - before));
    } while (status == U_BUFFER_OVERFLOW_ERROR);
    return OK;
}

static void drop_mark(struct decoder *d, struct buf *out, size_t start)
{
    if (d->is_started || out->len - start < 3)
        return;
    d->is_started = true;
    if (memcmp(out->ptr + start, "\xEF\xBB\xBF", 3) != 0)
        return;
    memmove(out->ptr + start, out->ptr + start + 3, out->len - start - 3);
    out->len -= 3;
}

static enum err decode(struct decoder *d, str bytes, bool is_last, struct buf *out)
{
    size_t start = out->len;
    if (d->is_utf8)
        copy_utf8(d, bytes, is_last, out);
    else
        TRY(copy_icu(d, bytes, is_last, out));
    if (out->failed)
        return err_set(out->failed, "decoded text needs too much memory");
    drop_mark(d, out, start);
    return OK;
}

enum err decoder_feed(struct decoder *d, str bytes, bool is_last, struct buf *out)
{
    if (d->doubled == DOUBLED_NONE)
        return decode(d, bytes, is_last, out);
    TRY(decode(d, bytes, is_last, &d->pending));
    size_t whole = d->pending.len; /* up to the last ASCII character: a run must not be cut */
    while (!is_last && whole && (unsigned char)d->pending.ptr[whole - 1] >= 0x80)
        whole--;
    d->repaired += encoding_repair(str_of(d->pending.ptr, whole), d->doubled, out);
    if (whole)
        memmove(d->pending.ptr, d->pending.ptr + whole, d->pending.len - whole);
    d->pending.len -= whole;
    return out->failed ? err_set(out->failed, "decoded text needs too much memory") : OK;
}

/* The upper halves of the two code pages; 0 where a byte means nothing and stands for itself. */
static const uint16_t upper_1252[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020,
                                        0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
                                        0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D,
                                        0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
                                        0x0153, 0,      0x017E, 0x0178};
static const uint16_t upper_1251[64] = {
    0x0402, 0x0403, 0x201A, 0x0453, 0x201E, 0x2026, 0x2020, 0x2021, 0x20AC, 0x2030, 0x0409,
    0x2039, 0x040A, 0x040C, 0x040B, 0x040F, 0x0452, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0,      0x2122, 0x0459, 0x203A, 0x045A, 0x045C, 0x045B, 0x045F, 0x00A0,
    0x040E, 0x045E, 0x0408, 0x00A4, 0x0490, 0x00A6, 0x00A7, 0x0401, 0x00A9, 0x0404, 0x00AB,
    0x00AC, 0x00AD, 0x00AE, 0x0407, 0x00B0, 0x00B1, 0x0406, 0x0456, 0x0491, 0x00B5, 0x00B6,
    0x00B7, 0x0451, 0x2116, 0x0454, 0x00BB, 0x0458, 0x0405, 0x0455, 0x0457};

/* The byte a character stands for in the code page, or 0. */
static unsigned char byte_of(uint32_t cp, enum encoding_doubled doubled)
{
    if (doubled == DOUBLED_1252) {
        if (cp >= 0xA0 && cp <= 0xFF)
            return (unsigned char)cp;
        for (unsigned i = 0; i < COUNT_OF(upper_1252); i++)
            if (upper_1252[i] == cp || (!upper_1252[i] && cp == 0x80 + i))
                return (unsigned char)(0x80 + i);
        return 0;
    }
    if (cp >= 0x0410 && cp <= 0x044F)
        return (unsigned char)(0xC0 + (cp - 0x0410));
    for (unsigned i = 0; i < COUNT_OF(upper_1251); i++)
        if (upper_1251[i] == cp || (!upper_1251[i] && cp == 0x80 + i))
            return (unsigned char)(0x80 + i);
    return 0;
}

static bool repair_run(str run, enum encoding_doubled doubled, struct buf *out)
{
    char bytes[RUN_MAX];
    size_t len = 0;
    for (size_t at = 0; at < run.len && len < RUN_MAX;) {
        unsigned char byte = byte_of(utf8_next(run, &at), doubled);
        if (!byte)
            return false;
        bytes[len++] = (char)byte;
    }
    if (len < 2 || len == RUN_MAX || !utf8_is_valid(str_of(bytes, len)))
        return false;
    buf_add(out, str_of(bytes, len));
    return true;
}

size_t encoding_repair(str text, enum encoding_doubled doubled, struct buf *out)
{
    size_t repaired = 0;
    for (size_t at = 0; at < text.len;) {
        size_t from = at;
        while (at < text.len && (unsigned char)text.ptr[at] < 0x80)
            at++;
        buf_add(out, str_slice(text, from, at - from));
        from = at;
        while (at < text.len && (unsigned char)text.ptr[at] >= 0x80)
            at++;
        str run = str_slice(text, from, at - from);
        if (run.len == 0)
            break;
        if (repair_run(run, doubled, out))
            repaired++;
        else
            buf_add(out, run);
    }
    return repaired;
}
