/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key split on paper among n people, of whom m restore it and fewer learn nothing (Shamir's
 * scheme over GF(2^8), by libgfshare). A share is 45 bytes, printed as nine lines of eight letters
 * of Crockford's base 32 and two that check the line:
 *
 *   byte  0       1    6     7   8      9        41       45
 *         version set  need  of  index  of key   checksum
 *
 *   1  04ZK-9QWM-7T      the line's number, 40 bits, 10 bits of check
 *
 * so that a slip of the pen is found in its line. The checksum covers what comes before it; that a
 * share was not exchanged for another is shown by its commitment, the hash of its first 41 bytes.
 */
#ifndef CRYPTO_SHARE_H
#define CRYPTO_SHARE_H

#include "crypto/crypto.h"

enum {
    SHARE_OF_MAX = 20,
    SHARE_NEED_MIN = 2,
    SHARE_SET_SIZE = 5,
    SHARE_LINES = 9,
    SHARE_LINE_TEXT = 13, /* "04ZK-9QWM-7T" and its NUL */
    SHARE_SET_TEXT = 9
};
struct key_share {
    unsigned char set[SHARE_SET_SIZE]; /* drawn for each splitting */
    uint8_t need, of, index;           /* index: 1..of */
    unsigned char part[KEY_SIZE];
};

/* ERR_BAD_VALUE: not 2 <= need <= of <= 20. ret: `of` shares, of a new set. Wipe them. */
enum err share_split(const struct secret_key *key, unsigned need, unsigned of,
                     struct key_share *ret) MUST_USE;
/*
 * ERR_DENIED: too few, or not all of one set, or one twice; the words are the same for all of
 * these. What comes out is the key only if the shares were good: compare it with what is known.
 */
enum err share_combine(const struct key_share *shares, size_t count,
                       struct secret_key *ret) MUST_USE;
void share_commit(const struct key_share *share, struct hash *ret);
void share_set_text(const unsigned char set[SHARE_SET_SIZE], char ret[SHARE_SET_TEXT]);

void share_print(const struct key_share *share, char ret[SHARE_LINES][SHARE_LINE_TEXT]);
/*
 * Nine lines, with or without their numbers, dashes and blanks as they come. ERR_SYNTAX or
 * ERR_BAD_VALUE names the line that was mistyped, and never what stands in it.
 */
enum err share_parse(str text, struct key_share *ret) MUST_USE;
/* One line as it is typed, 0..8: the same errors. */
enum err share_check_line(str text, size_t line) MUST_USE;

#endif
