/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keyed permutation of numbers of any even width up to 64 bits. No library of ours has a block
 * cipher so narrow that is not out of date; a Feistel network over a keyed hash is the oldest
 * construction with a proof (Luby and Rackoff 1988, Patarin 2004).
 *
 *   left, right  ->  right, left ^ siphash(key; round, right)      as often as there are rounds
 */
#include "crypto/crypto.h"

static uint32_t round_of(const unsigned char key[16], unsigned round, uint32_t half, uint32_t mask)
{
    const unsigned char text[8] = {(unsigned char)round,
                                   (unsigned char)half,
                                   (unsigned char)(half >> 8),
                                   (unsigned char)(half >> 16),
                                   (unsigned char)(half >> 24),
                                   0,
                                   0,
                                   0};
    return (uint32_t)keyed_hash64(key, str_of((const char *)text, sizeof text)) & mask;
}

static uint32_t mask_of(unsigned half_bits)
{
    ensure(half_bits > 0 && half_bits <= 32);
    return UINT32_MAX >> (32 - half_bits);
}

uint64_t number_permute(const unsigned char key[16], unsigned half_bits, unsigned rounds,
                        uint64_t value)
{
    uint32_t mask = mask_of(half_bits);
    uint32_t left = (uint32_t)(value >> half_bits) & mask;
    uint32_t right = (uint32_t)value & mask;
    for (unsigned i = 0; i < rounds; i++) {
        uint32_t next = left ^ round_of(key, i, right, mask);
        left = right;
        right = next;
    }
    return (uint64_t)left << half_bits | right;
}

uint64_t number_restore(const unsigned char key[16], unsigned half_bits, unsigned rounds,
                        uint64_t value)
{
    uint32_t mask = mask_of(half_bits);
    uint32_t left = (uint32_t)(value >> half_bits) & mask;
    uint32_t right = (uint32_t)value & mask;
    for (unsigned i = rounds; i-- > 0;) {
        uint32_t next = right ^ round_of(key, i, left, mask);
        right = left;
        left = next;
    }
    return (uint64_t)left << half_bits | right;
}
