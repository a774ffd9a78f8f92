/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/letters: see letters.h. ICU's normaliser objects are shared and immutable. Transliterators
 * are not, and take milliseconds to open: each thread opens its own at first need and keeps it;
 * pinyin, the one in the hot path, is asked once per character and thread.
 */
#include "text/letters.h"

#include <pthread.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { UNITS_MAX = NAME_TEXT_MAX * 3, HAN_FIRST = 0x3400, HAN_LAST = 0x9fff, PINYIN_MAX = 8 };

struct thread_state {
    UTransliterator *pinyin, *any;
    char (*han)[PINYIN_MAX]; /* by character; [0] is 0: not asked yet, 1: none */
};
static pthread_key_t state_key;
static pthread_once_t state_once = PTHREAD_ONCE_INIT;

static void state_free(void *pointer)
{
    struct thread_state *state = pointer;
    if (state->pinyin)
        utrans_close(state->pinyin);
    if (state->any)
        utrans_close(state->any);
    free(state->han);
    free(state);
}

static void state_key_make(void)
{
    ensure(pthread_key_create(&state_key, state_free) == 0);
}

/* NULL when there is no memory: readings are then missing, as for an unknown script. */
static struct thread_state *state_get(void)
{
    pthread_once(&state_once, state_key_make);
    struct thread_state *state = pthread_getspecific(state_key);
    if (!state) {
        state = calloc(1, sizeof *state);
        if (state && pthread_setspecific(state_key, state) != 0) {
            free(state);
            state = NULL;
        }
    }
    return state;
}

static UTransliterator *transliterator_open(const UChar *id)
{
    UErrorCode code = U_ZERO_ERROR;
    UTransliterator *opened = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &code);
    return U_SUCCESS(code) ? opened : NULL;
}

/* Transliterated units, a-z kept, into ret. */
static size_t transliterate(const UTransliterator *with, const UChar *units, int32_t count,
                            char *ret, size_t max)
{
    UChar text[256];
    if (!with || count <= 0 || count > 64)
        return 0;
    u_memcpy(text, units, count);
    int32_t length = count, limit = count;
    UErrorCode code = U_ZERO_ERROR;
    utrans_transUChars(with, text, &length, 256, 0, &limit, &code);
    size_t out = 0;
    for (int32_t i = 0; U_SUCCESS(code) && i < length && out < max; i++) {
        if (text[i] < 128 && (is_lower((char)text[i]) || is_upper((char)text[i])))
            ret[out++] = to_lower((char)text[i]);
    }
    return out;
}

const char *fold_pinyin(uint32_t letter)
{
    struct thread_state *state = state_get();
    if (!state || letter < HAN_FIRST || letter > HAN_LAST)
        return "";
    if (!state->han)
        state->han = calloc(HAN_LAST - HAN_FIRST + 1, PINYIN_MAX);
    if (!state->han)
        return "";
    char *known = state->han[letter - HAN_FIRST];
    if (known[0] == 0) {
        if (!state->pinyin)
            state->pinyin = transliterator_open(u"Han-Latin; Latin-ASCII");
        UChar unit = (UChar)letter;
        if (transliterate(state->pinyin, &unit, 1, known, PINYIN_MAX - 1) == 0)
            known[0] = 1;
    }
    return known[0] == 1 ? "" : known;
}

size_t fold_any_latin(const uint32_t *letters, size_t count, char *ret, size_t max)
{
    struct thread_state *state = state_get();
    if (!state)
        return 0;
    if (!state->any)
        state->any = transliterator_open(u"Any-Latin; Latin-ASCII");
    UChar units[64];
    int32_t length = 0;
    for (size_t i = 0; i < count && length < 62; i++) {
        if (letters[i] > 0xffff)
            units[length++] = U16_LEAD(letters[i]);
        units[length++] = letters[i] > 0xffff ? U16_TRAIL(letters[i]) : (UChar)letters[i];
    }
    return transliterate(state->any, units, length, ret, max);
}

/* One letter for the forms of Arabic script that keyboards and countries mix; 0: dropped. */
static uint32_t fold_arabic(uint32_t letter)
{
    if ((letter >= 0x610 && letter <= 0x61a) || (letter >= 0x64b && letter <= 0x65f) ||
        letter == 0x670 || letter == 0x640 || (letter >= 0x6d6 && letter <= 0x6ed))
        return 0;
    switch (letter) {
    case 0x6cc:
    case 0x649: return 0x64a; /* Farsi yeh, alef maksura: yeh */
    case 0x6a9:
    case 0x6aa: return 0x643; /* keheh: kaf */
    case 0x6c1:
    case 0x6be:
    case 0x6d5:
    case 0x6c0: return 0x647; /* heh goal, do-chashmee heh, ae: heh */
    case 0x6c3: return 0x629;
    case 0x671: return 0x627;
    default: return letter;
    }
}

static uint32_t fold_letter(uint32_t letter)
{
    if (letter >= 0x600 && letter <= 0x6ff)
        return fold_arabic(letter);
    if (letter >= 0x591 && letter <= 0x5c7)
        return letter == 0x5be ? '-' : 0; /* Hebrew points; maqaf is a hyphen */
    if ((letter >= 0x386 && letter <= 0x3ce) || (letter >= 0x1f00 && letter <= 0x1fff)) {
        uint32_t parts[4];
        fold_decompose(letter, parts);
        return parts[0]; /* Greek accents and breathings */
    }
    if (letter >= 0x3041 && letter <= 0x3096)
        return letter + 0x60; /* Hiragana */
    if (letter == 0x5f3 || letter == 0x2019 || letter == 0x2bc || letter == 0x2bb ||
        letter == '`' || letter == 0xb4)
        return '\'';
    if (letter >= 0x2010 && letter <= 0x2015)
        return '-';
    return letter;
}

static size_t fold_units(const UChar *units, int32_t length, uint32_t *ret, size_t max)
{
    size_t count = 0;
    for (int32_t i = 0; i < length && count < max;) {
        UChar32 unfolded;
        U16_NEXT(units, i, length, unfolded);
        uint32_t letter = fold_letter((uint32_t)unfolded);
        if (letter)
            ret[count++] = letter;
    }
    return count;
}

static bool is_ascii(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 128)
            return false;
    }
    return true;
}

size_t fold_text(str text, uint32_t *ret, size_t max)
{
    if (is_ascii(text)) {
        size_t count = 0;
        for (; count < text.len && count < max; count++)
            ret[count] = (unsigned char)to_lower(text.ptr[count]);
        return count;
    }
    UChar units[NAME_TEXT_MAX], folded[UNITS_MAX];
    UErrorCode code = U_ZERO_ERROR;
    int32_t length = 0;
    u_strFromUTF8WithSub(units, NAME_TEXT_MAX, &length, text.ptr, (int32_t)text.len, 0xfffd, NULL,
                         &code);
    const UNormalizer2 *normalizer = unorm2_getNFKCCasefoldInstance(&code);
    length = unorm2_normalize(normalizer, units, length, folded, UNITS_MAX, &code);
    return U_SUCCESS(code) ? fold_units(folded, length, ret, max) : 0;
}

bool fold_is_letter(uint32_t letter)
{
    if (letter < 128)
        return is_alnum((char)letter);
    return u_isalpha((UChar32)letter) || fold_is_mark(letter) || letter == 0x30fc;
}

bool fold_is_mark(uint32_t letter)
{
    return letter >= 0x300 && (U_GET_GC_MASK((UChar32)letter) & U_GC_M_MASK) != 0;
}

enum name_script fold_script(uint32_t letter)
{
    if (letter < 128)
        return NAME_LATIN;
    UErrorCode code = U_ZERO_ERROR;
    switch (uscript_getScript((UChar32)letter, &code)) {
    case USCRIPT_LATIN: return NAME_LATIN;
    case USCRIPT_CYRILLIC: return NAME_CYRILLIC;
    case USCRIPT_ARABIC: return NAME_ARABIC;
    case USCRIPT_HEBREW: return NAME_HEBREW;
    case USCRIPT_GREEK: return NAME_GREEK;
    case USCRIPT_HAN: return NAME_HAN;
    case USCRIPT_KATAKANA:
    case USCRIPT_HIRAGANA: return NAME_KANA;
    case USCRIPT_HANGUL: return NAME_HANGUL;
    default: return letter == 0x30fc ? NAME_KANA : NAME_OTHER;
    }
}

size_t fold_decompose(uint32_t letter, uint32_t ret[4])
{
    UErrorCode code = U_ZERO_ERROR;
    UChar units[16];
    const UNormalizer2 *normalizer = unorm2_getNFDInstance(&code);
    int32_t length = unorm2_getDecomposition(normalizer, (UChar32)letter, units, 16, &code);
    if (U_FAILURE(code) || length <= 0) {
        ret[0] = letter;
        return 1;
    }
    size_t count = 0;
    for (int32_t i = 0; i < length && count < 4; count++) {
        UChar32 part;
        U16_NEXT(units, i, length, part);
        ret[count] = (uint32_t)part;
    }
    return count;
}
