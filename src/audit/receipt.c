/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts: eight characters an officer can read out on the telephone. Seven carry 35 bits - the
 * entry's number through a keyed permutation, so that receipts are unique, can be turned back into
 * the number, and tell a stranger neither how many searches there were nor when - and the eighth
 * checks them.
 *
 *   alphabet     Crockford's base 32: no I, L, O, U; read back in any case, I and L as 1, O as 0
 *   permutation  crypto's, of 8 rounds over 36 bits, walked until the value has 35
 *   check        sum of a^i x_i in the field of 32 elements, a primitive: every single wrong
 *                character and every swap of two is noticed, as all weights differ and none is zero
 */
#include "audit/internal.h"

enum { HALF_BITS = 18, ROUNDS = 8, VALUE_BITS = 35, CHARS = 7 };
#define VALUE_COUNT (1ull << VALUE_BITS)

static uint64_t walk(const struct secret_key *key, uint64_t value,
                     uint64_t step(const unsigned char *, unsigned, unsigned, uint64_t))
{
    do
        value = step(key->bytes, HALF_BITS, ROUNDS, value);
    while (value >= VALUE_COUNT);
    return value;
}

/* Times the primitive element of GF(32) modulo x^5 + x^2 + 1. */
static uint32_t times_a(uint32_t x)
{
    return (x << 1 ^ (x & 16 ? 0x25 : 0)) & 31;
}

static uint32_t check_of(const uint32_t digits[CHARS])
{
    uint32_t sum = 0;
    for (int i = 0; i < CHARS; i++)
        sum = times_a(sum ^ digits[i]);
    return sum;
}

void receipt_of_number(const struct secret_key *key, uint64_t number, char out[RECEIPT_TEXT])
{
    uint64_t value = walk(key, number % VALUE_COUNT, number_permute);
    uint32_t digits[CHARS];
    for (int i = CHARS; i-- > 0; value >>= 5)
        digits[i] = value & 31;
    for (int i = 0, at = 0; i < CHARS; i++) {
        if (i == 4)
            out[at++] = '-';
        out[at++] = crockford_letters[digits[i]];
    }
    out[RECEIPT_TEXT - 2] = crockford_letters[check_of(digits)];
    out[RECEIPT_TEXT - 1] = 0;
}

enum err receipt_number(const struct secret_key *key, str receipt, uint64_t count, uint64_t *ret)
{
    uint32_t digits[CHARS + 1];
    size_t got = 0;
    for (size_t i = 0; i < receipt.len; i++) {
        char c = receipt.ptr[i];
        if (c == '-' || c == ' ')
            continue;
        int digit = crockford_digit(c);
        if (digit < 0 || got == COUNT_OF(digits))
            return err_set(ERR_BAD_VALUE, "%.*s is not a receipt: it has 8 letters and digits",
                           STR(str_slice(receipt, 0, 40)));
        digits[got++] = (uint32_t)digit;
    }
    if (got != COUNT_OF(digits))
        return err_set(ERR_BAD_VALUE, "%.*s is not a receipt: it has 8 letters and digits",
                       STR(receipt));
    if (check_of(digits) != digits[CHARS])
        return err_set(ERR_BAD_VALUE, "receipt %.*s was misread: its last character does not agree",
                       STR(receipt));
    uint64_t value = 0;
    for (int i = 0; i < CHARS; i++)
        value = value << 5 | digits[i];
    uint64_t number = walk(key, value, number_restore);
    if (number > count || count == 0)
        return err_set(ERR_NOT_FOUND, "there is no entry with receipt %.*s", STR(receipt));
    number += (count - number) / VALUE_COUNT * VALUE_COUNT;
    if (number == 0)
        return err_set(ERR_NOT_FOUND, "there is no entry with receipt %.*s", STR(receipt));
    *ret = number;
    return OK;
}
