/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bech32 and bech32m (BIP 173, BIP 350): human part, "1", 5-bit groups, six groups of a BCH
 * checksum that finds any four wrong characters; and the related 40-bit checksum of Bitcoin Cash.
 */
#include "type/address_codes.h"

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

enum { CHECKSUM_LEN = 6, CASH_CHECKSUM_LEN = 8 };
static const uint32_t final_one = 1, final_m = 0x2bc830a3;

static uint32_t polymod(uint32_t state, unsigned value)
{
    static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                         0x2a1462b3};
    unsigned top = state >> 25;
    state = (state & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        state ^= top >> i & 1 ? generator[i] : 0;
    return state;
}

static uint32_t polymod_human(str human)
{
    uint32_t state = 1;
    for (size_t i = 0; i < human.len; i++)
        state = polymod(state, (unsigned char)human.ptr[i] >> 5);
    state = polymod(state, 0);
    for (size_t i = 0; i < human.len; i++)
        state = polymod(state, human.ptr[i] & 31);
    return state;
}

static bool group_of(char c, unsigned char *ret)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    if (!at)
        return false;
    *ret = (unsigned char)(at - alphabet);
    return true;
}

bool bech32_is_alphabet(str text)
{
    unsigned char group;
    for (size_t i = 0; i < text.len; i++)
        if (!group_of(text.ptr[i], &group))
            return false;
    return text.len > 0;
}

enum bech32_kind bech32_decode(str text, size_t *ret_human_len,
                               unsigned char groups[BECH32_TEXT_MAX], size_t *ret_count)
{
    size_t human_len = text.len;
    while (human_len > 0 && text.ptr[human_len - 1] != '1')
        human_len--;
    if (human_len < 2 || text.len > BECH32_TEXT_MAX || text.len - human_len < CHECKSUM_LEN)
        return BECH32_BAD;
    str human = str_slice(text, 0, human_len - 1), data = str_from(text, human_len);
    uint32_t state = polymod_human(human);
    for (size_t i = 0; i < data.len; i++) {
        if (!group_of(data.ptr[i], &groups[i]))
            return BECH32_BAD;
        state = polymod(state, groups[i]);
    }
    *ret_human_len = human.len;
    *ret_count = data.len - CHECKSUM_LEN;
    return state == final_one ? BECH32_ONE : state == final_m ? BECH32_M : BECH32_BAD;
}

void bech32_encode(str human, const unsigned char *groups, size_t count, enum bech32_kind kind,
                   struct buf *out)
{
    uint32_t state = polymod_human(human);
    buf_add(out, human);
    buf_add_char(out, '1');
    for (size_t i = 0; i < count; i++) {
        state = polymod(state, groups[i]);
        buf_add_char(out, alphabet[groups[i] & 31]);
    }
    for (int i = 0; i < CHECKSUM_LEN; i++)
        state = polymod(state, 0);
    state ^= kind == BECH32_M ? final_m : final_one;
    for (int i = CHECKSUM_LEN - 1; i >= 0; i--)
        buf_add_char(out, alphabet[state >> (5 * i) & 31]);
}

bool bech32_to_bytes(const unsigned char *groups, size_t count, unsigned char *out, size_t *ret_len)
{
    unsigned value = 0, bits = 0;
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        value = (value << 5 | groups[i]) & 0xfff;
        bits += 5;
        if (bits < 8)
            continue;
        bits -= 8;
        out[len++] = (unsigned char)(value >> bits);
    }
    *ret_len = len;
    return bits < 5 && (value & ((1u << bits) - 1)) == 0;
}

static uint64_t cash_polymod(uint64_t state, unsigned value)
{
    static const uint64_t generator[] = {0x98f2bc8e61, 0x79b76d99e2, 0xf33e5fb3c4, 0xae2eabe2a8,
                                         0x1e4f43e470};
    unsigned top = (unsigned)(state >> 35);
    state = (state & 0x07ffffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        state ^= top >> i & 1 ? generator[i] : 0;
    return state;
}

bool cash_address_is_ok(str prefix, str payload)
{
    uint64_t state = 1;
    unsigned char group;
    for (size_t i = 0; i < prefix.len; i++)
        state = cash_polymod(state, prefix.ptr[i] & 31);
    state = cash_polymod(state, 0);
    for (size_t i = 0; i < payload.len; i++) {
        if (!group_of(payload.ptr[i], &group))
            return false;
        state = cash_polymod(state, group);
    }
    return payload.len > CASH_CHECKSUM_LEN && state == 1;
}
