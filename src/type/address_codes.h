/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The encodings of wallet addresses: base58 with a checksum, bech32 and its kin. Not for other
 * modules.
 */
#ifndef TYPE_ADDRESS_CODES_H
#define TYPE_ADDRESS_CODES_H

#include "base/base.h"

enum { BASE58_BYTES_MAX = 96, BECH32_TEXT_MAX = 120 };

extern const char base58_bitcoin[]; /* alphabet of Bitcoin and nearly all others */
extern const char base58_ripple[];

/* Bytes of a base58 number, leading zeros kept; false: a foreign character or too long. */
bool base58_decode(str text, const char *alphabet, unsigned char out[BASE58_BYTES_MAX],
                   size_t *ret_len);
void base58_encode(const unsigned char *bytes, size_t len, struct buf *out);
/* Whether the last four bytes are the head of the double SHA-256 of those before. */
bool base58_check_is_ok(const unsigned char *bytes, size_t len);
void base58_check_make(const unsigned char *payload, size_t len, unsigned char out[4]);
/* Monero's form: blocks of 8 bytes in 11 characters, Keccak head as checksum. */
bool base58_blocks_decode(str text, unsigned char out[BASE58_BYTES_MAX], size_t *ret_len);

enum bech32_kind { BECH32_BAD, BECH32_ONE, BECH32_M };
/*
 * BIP 173 and 350 on lower-case text: checks the checksum; human part and 5-bit groups (without
 * checksum) are given.
 */
enum bech32_kind bech32_decode(str text, size_t *ret_human_len,
                               unsigned char groups[BECH32_TEXT_MAX], size_t *ret_count);
/* Appends human part, "1", groups and checksum. */
void bech32_encode(str human, const unsigned char *groups, size_t count, enum bech32_kind kind,
                   struct buf *out);
bool bech32_is_alphabet(str text);
/*
 * 5-bit groups to bytes; false when the padding is not zero or too long. Count of bytes in
 * *ret_len.
 */
bool bech32_to_bytes(const unsigned char *groups, size_t count, unsigned char *out,
                     size_t *ret_len);
/* The 40-bit checksum of Bitcoin Cash addresses (prefix:payload, lower case). */
bool cash_address_is_ok(str prefix, str payload);

#endif
