/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base58: a number in 58 digits that are hard to mistake (no 0, O, I, l). Quadratic, on at most 96
 * bytes.
 */
#include "crypto/crypto.h"
#include "type/address_codes.h"

const char base58_bitcoin[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const char base58_ripple[] = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/* The number's digit values; false on a foreign character. */
static bool digit_of(char c, const char *alphabet, unsigned *ret)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    if (!at)
        return false;
    *ret = (unsigned)(at - alphabet);
    return true;
}

/* number (big endian, len bytes) = number * 58 + digit; false: it does not fit. */
static bool push_digit(unsigned char *number, size_t len, unsigned digit)
{
    unsigned carry = digit;
    for (size_t i = len; i-- > 0;) {
        carry += number[i] * 58u;
        number[i] = (unsigned char)carry;
        carry >>= 8;
    }
    return carry == 0;
}

bool base58_decode(str text, const char *alphabet, unsigned char out[BASE58_BYTES_MAX],
                   size_t *ret_len)
{
    unsigned char number[BASE58_BYTES_MAX] = {0};
    size_t zeros = 0, start = 0;
    unsigned digit;
    for (size_t i = 0; i < text.len; i++)
        if (!digit_of(text.ptr[i], alphabet, &digit) || !push_digit(number, sizeof number, digit))
            return false;
    while (zeros < text.len && text.ptr[zeros] == alphabet[0])
        zeros++;
    while (start < sizeof number && number[start] == 0)
        start++;
    size_t len = zeros + sizeof number - start;
    if (len > BASE58_BYTES_MAX)
        return false;
    memset(out, 0, zeros);
    memcpy(out + zeros, number + start, sizeof number - start);
    *ret_len = len;
    return true;
}

void base58_encode(const unsigned char *bytes, size_t len, struct buf *out)
{
    char digits[BASE58_BYTES_MAX * 2];
    size_t count = 0, zeros = 0;
    ensure(len <= BASE58_BYTES_MAX);
    while (zeros < len && bytes[zeros] == 0)
        zeros++;
    for (size_t i = zeros; i < len; i++) {
        unsigned carry = bytes[i];
        for (size_t k = 0; k < count; k++) {
            carry += (unsigned)(unsigned char)digits[k] << 8;
            digits[k] = (char)(carry % 58);
            carry /= 58;
        }
        for (; carry; carry /= 58)
            digits[count++] = (char)(carry % 58);
    }
    for (size_t i = 0; i < zeros; i++)
        buf_add_char(out, base58_bitcoin[0]);
    while (count-- > 0)
        buf_add_char(out, base58_bitcoin[(unsigned char)digits[count]]);
}

void base58_check_make(const unsigned char *payload, size_t len, unsigned char out[4])
{
    struct hash once, twice;
    sha256(str_of((const char *)payload, len), &once);
    sha256(str_of((const char *)once.bytes, HASH_SIZE), &twice);
    memcpy(out, twice.bytes, 4);
}

bool base58_check_is_ok(const unsigned char *bytes, size_t len)
{
    unsigned char sum[4];
    if (len < 5)
        return false;
    base58_check_make(bytes, len - 4, sum);
    return memcmp(sum, bytes + len - 4, 4) == 0;
}

/* Characters of a block that give n bytes. */
static size_t block_bytes(size_t characters)
{
    static const unsigned char bytes[12] = {0, 0xFF, 1, 2, 0xFF, 3, 4, 5, 0xFF, 6, 7, 8};
    return characters < sizeof bytes && bytes[characters] != 0xFF ? bytes[characters] : 0;
}

bool base58_blocks_decode(str text, unsigned char out[BASE58_BYTES_MAX], size_t *ret_len)
{
    size_t len = 0;
    while (text.len > 0) {
        str block = str_slice(text, 0, 11);
        size_t bytes = block_bytes(block.len);
        unsigned char number[8] = {0};
        unsigned digit;
        if (bytes == 0 || len + bytes > BASE58_BYTES_MAX)
            return false;
        for (size_t i = 0; i < block.len; i++)
            if (!digit_of(block.ptr[i], base58_bitcoin, &digit) ||
                !push_digit(number, bytes, digit))
                return false;
        memcpy(out + len, number, bytes);
        len += bytes;
        text = str_from(text, block.len);
    }
    unsigned char sum[32];
    if (len < 5)
        return false;
    keccak256(str_of((const char *)out, len - 4), sum);
    *ret_len = len;
    return memcmp(sum, out + len - 4, 4) == 0;
}
