/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feed cursors: a sequence number sealed for one officer, so that nobody reads from a cursor how
 * many
 * changes there were that he may not see, nor makes one up.
 *
 *   32 hex digits:  8 bytes tag | 8 bytes seq xor pad
 *   tag = keyed(key, officer, seq)   pad = keyed(key, tag)      (a synthetic-IV construction)
 */
#include <stdio.h>

#include "api/internal.h"

enum { HALF = 8 };

static void tag_of(const struct api *api, str officer, uint64_t seq, unsigned char tag[HALF])
{
    unsigned char input[128];
    size_t len = officer.len < 100 ? officer.len : 100;
    memcpy(input, &seq, sizeof seq);
    memcpy(input + sizeof seq, officer.ptr, len);
    struct hash hash;
    keyed_hash(&api->cursor_key, str_of((const char *)input, sizeof seq + len), &hash);
    memcpy(tag, hash.bytes, HALF);
}

static uint64_t pad_of(const struct api *api, const unsigned char tag[HALF])
{
    struct hash hash;
    uint64_t pad;
    keyed_hash(&api->cursor_key, str_of((const char *)tag, HALF), &hash);
    memcpy(&pad, hash.bytes, sizeof pad);
    return pad;
}

str cursor_seal(const struct api *api, str officer, uint64_t seq, struct arena *arena)
{
    unsigned char bytes[2 * HALF];
    char text[4 * HALF + 1];
    tag_of(api, officer, seq, bytes);
    uint64_t hidden = seq ^ pad_of(api, bytes);
    memcpy(bytes + HALF, &hidden, sizeof hidden);
    hex_encode(bytes, sizeof bytes, text);
    return arena_str(arena, str_c(text));
}

enum err cursor_open(const struct api *api, str officer, str cursor, uint64_t *ret_seq)
{
    unsigned char bytes[2 * HALF];
    unsigned char tag[HALF];
    if (cursor.len != sizeof bytes * 2 || !hex_decode(cursor, bytes, sizeof bytes))
        return err_set(ERR_BAD_VALUE, "%.*s is not a cursor of this feed", STR(cursor));
    uint64_t seq;
    memcpy(&seq, bytes + HALF, sizeof seq);
    seq ^= pad_of(api, bytes);
    tag_of(api, officer, seq, tag);
    if (!equal_constant_time(tag, bytes, HALF))
        return err_set(ERR_BAD_VALUE, "%.*s is not a cursor of this officer's feed", STR(cursor));
    *ret_seq = seq;
    return OK;
}
