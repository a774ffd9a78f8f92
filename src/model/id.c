/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record ids as people see and say them: the home's 32 bits as 7 characters of Crockford's base 32,
 * a dash, the home's own number without leading zeros. Read in any case, with O for 0 and I or L
 * for 1, as the alphabet's author meant it; U is in no id. Two texts that parse to one id are the
 * same record.
 */
#include "model/model.h"

enum { HOME_CHARACTERS = 7, NUMBER_CHARACTERS = 13 };

const char *record_id_format(struct record_id id, char out[RECORD_ID_TEXT])
{
    uint64_t home = id.home;
    uint64_t number = id.number;
    char digits[NUMBER_CHARACTERS];
    size_t count = 0;
    size_t len = HOME_CHARACTERS;
    for (size_t i = HOME_CHARACTERS; i > 0; i--, home >>= 5)
        out[i - 1] = crockford_letters[home & 31];
    do
        digits[count++] = crockford_letters[number & 31];
    while (number >>= 5);
    out[len++] = '-';
    while (count > 0)
        out[len++] = digits[--count];
    out[len] = '\0';
    return out;
}

static bool parse_digits(str text, uint64_t max, uint64_t *ret)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = crockford_digit(text.ptr[i]);
        if (digit < 0 || number > (max - (uint64_t)digit) >> 5)
            return false;
        number = number << 5 | (uint64_t)digit;
    }
    *ret = number;
    return text.len > 0;
}

bool record_id_parse(str text, struct record_id *ret)
{
    uint64_t home = 0;
    uint64_t number = 0;
    size_t dash = str_find(text, '-');
    str tail = str_from(text, dash + 1);
    if (dash != HOME_CHARACTERS || tail.len > NUMBER_CHARACTERS)
        return false;
    if (!parse_digits(str_slice(text, 0, dash), UINT32_MAX, &home) ||
        !parse_digits(tail, UINT64_MAX, &number) || number == 0)
        return false;
    *ret = (struct record_id){(uint32_t)home, number};
    return true;
}

static const char *const state_words[STATE_COUNT] = {
    [STATE_ACTIVE] = "active",   [STATE_SUSPENDED] = "suspended", [STATE_CANCELLED] = "cancelled",
    [STATE_EXPIRED] = "expired", [STATE_DELETED] = "deleted",
};

const char *state_word(enum state state)
{
    ensure((unsigned)state < STATE_COUNT);
    return state_words[state];
}

bool state_parse(str word, enum state *ret)
{
    for (size_t i = 0; i < STATE_COUNT; i++)
        if (str_eq_c(word, state_words[i])) {
            *ret = (enum state)i;
            return true;
        }
    return false;
}

const char *disclosure_word(enum disclosure disclosure)
{
    static const char *const words[] = {
        [DISCLOSE_NONE] = "none",
        [DISCLOSE_HIT_ONLY] = "hit-only",
        [DISCLOSE_MASKED] = "masked",
        [DISCLOSE_FULL] = "full",
    };
    ensure((unsigned)disclosure < COUNT_OF(words));
    return words[disclosure];
}
