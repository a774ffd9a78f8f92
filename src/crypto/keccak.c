/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keccak-256 with the original padding byte 0x01, as Ethereum addresses use it (EIP-55). Neither
 * OpenSSL 3.0 nor libsodium offers it: their SHA3-256 pads with 0x06. Permutation and constants:
 * FIPS 202, section 3.2; rate 136 bytes.
 */
#include "crypto/crypto.h"

static uint64_t rotate(uint64_t x, unsigned by)
{
    return by ? x << by | x >> (64 - by) : x;
}

/* Round constants come from the LFSR of FIPS 202, algorithm 5. */
static uint64_t round_constant(unsigned round)
{
    uint64_t constant = 0;
    for (unsigned j = 0; j <= 6; j++) {
        unsigned t = j + 7 * round;
        unsigned r = 1;
        for (unsigned i = 0; i < t % 255; i++)
            r = r << 1 ^ (r & 0x80 ? 0x171 : 0);
        if (r & 1)
            constant |= 1ull << ((1u << j) - 1);
    }
    return constant;
}

static void theta(uint64_t a[25])
{
    uint64_t c[5];
    for (unsigned x = 0; x < 5; x++)
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (unsigned i = 0; i < 25; i++)
        a[i] ^= c[(i + 4) % 5] ^ rotate(c[(i + 1) % 5], 1);
}

static void rho_pi(uint64_t a[25])
{
    uint64_t carried = a[1];
    unsigned x = 1;
    unsigned y = 0;
    for (unsigned t = 0; t < 24; t++) {
        unsigned next = (2 * x + 3 * y) % 5;
        x = y;
        y = next;
        uint64_t held = a[x + 5 * y];
        a[x + 5 * y] = rotate(carried, (t + 1) * (t + 2) / 2 % 64);
        carried = held;
    }
}

static void permute(uint64_t a[25])
{
    for (unsigned round = 0; round < 24; round++) {
        theta(a);
        rho_pi(a);
        for (unsigned y = 0; y < 25; y += 5) {
            uint64_t row[5];
            memcpy(row, a + y, sizeof row);
            for (unsigned x = 0; x < 5; x++)
                a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
        }
        a[0] ^= round_constant(round);
    }
}

void keccak256(str data, unsigned char out[32])
{
    enum { RATE = 136 };
    uint64_t state[25] = {0};
    for (bool is_last = false; !is_last;) {
        unsigned char block[RATE] = {0};
        size_t take = data.len < RATE ? data.len : RATE;
        if (take)
            memcpy(block, data.ptr, take);
        is_last = data.len < RATE;
        if (is_last) {
            block[take] ^= 0x01;
            block[RATE - 1] ^= 0x80;
        }
        data = str_from(data, take);
        for (unsigned i = 0; i < RATE / 8; i++) {
            uint64_t word;
            memcpy(&word, block + (size_t)8 * i, 8);
            state[i] ^= word;
        }
        permute(state);
    }
    memcpy(out, state, 32);
}
