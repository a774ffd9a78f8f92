/* SPDX-License-Identifier: Apache-2.0 */
/* What the detail of an `address` value holds: a bag of words, sorted by kind and text. */
#ifndef TYPE_ADDRESS_H
#define TYPE_ADDRESS_H

#include "type/type.h"

enum { ADDRESS_WORDS_MAX = 32 }; /* further words of a line are not compared */

enum address_word {
    ADDRESS_NUMBER, /* has a digit: house, flat, postcode */
    ADDRESS_WORD,
    ADDRESS_STREET_WORD, /* street, avenue, square: the code of street-words */
    ADDRESS_AREA,        /* city, village, region, district */
    ADDRESS_COUNTER,     /* house, flat, floor: says what the number beside it counts */
    ADDRESS_WORD_COUNT,
};

struct address_token {
    str text; /* folded */
    enum address_word kind;
};

struct address {
    struct address_token tokens[ADDRESS_WORDS_MAX];
    size_t count;
    struct value country; /* of type country; type NULL: not said */
};

#endif
