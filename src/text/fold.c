/* SPDX-License-Identifier: Apache-2.0 */
/* Folding by ICU, with a path of its own for ASCII: four of five texts of an import are that. */
#include "text/fold.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/assert.h"

struct key {
    char *out;
    size_t len;
    bool is_blank_due; /* a separator was seen; written before the next letter only */
    bool is_full;
};

static void put(struct key *key, const char *bytes, size_t len)
{
    size_t blank = key->is_blank_due && key->len ? 1 : 0;
    if (key->len + blank + len > TEXT_FOLD_MAX) {
        key->is_full = true;
        return;
    }
    if (blank)
        key->out[key->len++] = ' ';
    memcpy(key->out + key->len, bytes, len);
    key->len += len;
    key->is_blank_due = false;
}

static bool is_dropped(uint32_t c)
{
    return c == '\'' || c == '`' || c == 0x2018 || c == 0x2019 || c == 0x02bc || c == 0x0640;
}

/* A dot or comma between two digits belongs to the number. */
static bool is_decimal_mark(char before, uint32_t c, uint32_t after)
{
    return (c == '.' || c == ',') && is_digit(before) && after >= '0' && after <= '9';
}

static void put_ascii(struct key *key, char c, uint32_t after)
{
    char before = key->len && !key->is_blank_due ? key->out[key->len - 1] : ' ';
    char lower = to_lower(c);
    if (is_alnum(c) || c == '+' || is_decimal_mark(before, (unsigned char)c, after))
        put(key, &lower, 1);
    else if (!is_dropped((unsigned char)c))
        key->is_blank_due = true;
}

/* Letters that no decomposition takes apart. */
static const char *plain_spelling(uint32_t c)
{
    switch (c) {
    case 0x00e6: return "ae";
    case 0x00f0: return "d";
    case 0x00f8: return "o";
    case 0x00fe: return "th";
    case 0x0111: return "d";
    case 0x0131: return "i";
    case 0x0142: return "l";
    case 0x0153: return "oe";
    default: return NULL;
    }
}

static void put_unicode(struct key *key, uint32_t c, uint32_t after)
{
    if (c < 0x80) {
        put_ascii(key, (char)c, after);
        return;
    }
    if (u_charType((UChar32)c) == U_NON_SPACING_MARK || is_dropped(c))
        return;
    const char *plain = plain_spelling(c);
    int32_t digit = u_charDigitValue((UChar32)c);
    char bytes[4];
    if (digit >= 0)
        put_ascii(key, (char)('0' + digit), after);
    else if (plain)
        put(key, plain, strlen(plain));
    else if (u_isalnum((UChar32)c))
        put(key, bytes, utf8_put(c, bytes));
    else
        key->is_blank_due = true;
}

/*
 * NFKC_Casefold, then canonical decomposition, so that marks stand apart; returns the length or -1.
 */
static int32_t decompose(str text, UChar out[2 * TEXT_FOLD_MAX])
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[TEXT_FOLD_MAX], folded[2 * TEXT_FOLD_MAX];
    int32_t len = 0;
    u_strFromUTF8(wide, TEXT_FOLD_MAX, &len, text.ptr, (int32_t)text.len, &status);
    const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&status);
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&status);
    if (U_FAILURE(status))
        return -1;
    len = unorm2_normalize(fold, wide, len, folded, 2 * TEXT_FOLD_MAX, &status);
    len = U_FAILURE(status) ? -1
                            : unorm2_normalize(nfd, folded, len, out, 2 * TEXT_FOLD_MAX, &status);
    return U_FAILURE(status) ? -1 : len;
}

static bool is_ascii(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written through the key */
size_t text_fold(str text, char out[TEXT_FOLD_MAX])
{
    struct key key = {.out = out};
    if (text.len > TEXT_FOLD_MAX)
        return 0;
    if (is_ascii(text)) {
        for (size_t i = 0; i < text.len; i++)
            put_ascii(&key, text.ptr[i],
                      i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : (uint32_t)' ');
        return key.is_full ? 0 : key.len;
    }
    UChar wide[2 * TEXT_FOLD_MAX];
    int32_t len = decompose(text, wide);
    for (int32_t i = 0; i < len;) {
        UChar32 c;
        U16_NEXT(wide, i, len, c);
        put_unicode(&key, (uint32_t)c, i < len ? wide[i] : (uint32_t)' ');
    }
    return key.is_full || len < 0 ? 0 : key.len;
}
