/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text typed, or sent by a document reader that plays keyboard, under another layout than it was
 * meant for. A reader sends key positions as on a US keyboard; the computer makes of them what its
 * own layout says. The tables give for each layout what comes out and the key that was meant.
 * Undone, the text is offered only if a check digit agrees that did not agree before: no one's
 * typing is corrected on a guess.
 *
 * Layouts as in the X keyboard database (xkeyboard-config: fr, de, ru, ara, tr, es, it, gr); only
 * keys that occur in document numbers and machine-readable zones count. '<' is shift-comma on the
 * US layout.
 */
#include "search/internal.h"

struct layout {
    const char *title;
    const char *from; /* UTF-8: what appeared, key by key */
    const char *to;   /* what was meant */
};

/*
 * The confidence of a reading whose check digit agrees. One check digit is too little to guess a
 * layout by; digits of another script are no guess.
 */
enum { SURE_LAYOUT = 90, SURE_DIGITS = 60 };

/* clang-format off */
static const struct layout layouts[] = {
    /* Digits without shift give signs; capitals with shift stay letters. */
    {"French (AZERTY)",
     "&é\"'(-è_çàaAqQzZwWmM,?;.",
     "1234567890qQaAwWzZ;:mM,<"},
    {"Belgian (AZERTY)",
     "&é\"'(§è!çàaAqQzZwWmM,?;.",
     "1234567890qQaAwWzZ;:mM,<"},
    {"German (QWERTZ)",
     "yzYZ;",
     "zyZY<"},
    {"Spanish or Italian",
     ";",
     "<"},
    {"Turkish (Q)",
     "ıiİIöÖçÇşŞğĞüÜ;:",
     "iiII,<..;:[{]}<<"},
    {"Greek",
     "ςερτυθιοπασδφγηξκλζχψωβν"
     "μΕΡΤΥΘΙΟΠΑΣΔΦΓΗΞΚΛΖΧΨΩΒΝΜ",
     "wertyuiopasdfghjklzxcvbnmERTYUIOPASDFGHJKLZXCVBNM"},
    {"Russian (ЙЦУКЕН)",
     "йцукенгшщзфывапролдячсмитьЙ"
     "ЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬБб",
     "qwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXCVBNM<,"},
    {"Ukrainian",
     "йцукенгшщзфівапролдячсмитьЙ"
     "ЦУКЕНГШЩЗФІВАПРОЛДЯЧСМИТЬБб",
     "qwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXCVBNM<,"},
    {"Bulgarian (BDS)",
     "уеишщксдзцьяаожгтнвмчюйъэфхп"
     "УЕИШЩКСДЗЦЬЯАОЖГТНВМЧЮЙЪЭФХП",
     "wertyuiop[asdfghjkl;'zxcvbnmWERTYUIOP{ASDFGHJKL:\"ZXCVBNM"},
    {"Arabic (101)",
     "ضصثقفغعهخحشسيبلاتنمئءؤرىة",
     "qwertyuiopasdfghjklzxcvnm"},
    /* Shifted letters of the Arabic layout: what a reader sends for capitals. */
    {"Arabic (101), shifted",
     "َ" "ً" "ُ" "ٌ" "ﻹ" "إ" "‘" "÷" "×" "؛"
     "ِ" "ٍ" "][" "ﻷ" "أ" "ـ" "،" "/~"
     "ْ" "}{" "ﻵ" "آ" "’" ",",
     "QWERTYUIOPASDFGHJKLZXCVBNM<"},
    /* Not a layout: digits of another script. */
    {"Arabic digits",
     "٠١٢٣٤٥٦٧٨٩",
     "0123456789"},
    {"Persian digits",
     "۰۱۲۳۴۵۶۷۸۹",
     "0123456789"},
    {"Devanagari digits",
     "०१२३४५६७८९",
     "0123456789"},
    {"full-width letters and digits",
     "０１２３４５６７８９"
     "ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ＜",
     "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"},
    {"Hebrew",
     "קראטוןםפשדגכעיחלךזסבהנמצת",
     "ertyuiopasdfghjklzxcvbnm,"},
};
/* clang-format on */

/* The tables of other digits begin with zero. */
static bool is_digits(const struct layout *layout)
{
    return layout->to[0] == '0';
}

/* The meant character for c, or c itself. */
static uint32_t meant(const struct layout *layout, uint32_t c)
{
    str from = str_c(layout->from);
    str to = str_c(layout->to);
    size_t i = 0;
    size_t k = 0;
    while (i < from.len && k < to.len) {
        uint32_t shown = utf8_next(from, &i);
        uint32_t key = utf8_next(to, &k);
        if (shown == c)
            return key;
    }
    return c;
}

static str undo(const struct layout *layout, str text, struct arena *arena)
{
    struct buf out = {.max = (size_t)TEXT_MAX * 4};
    bool is_changed = false;
    for (size_t at = 0; at < text.len;) {
        char bytes[4];
        uint32_t c = utf8_next(text, &at);
        uint32_t key = meant(layout, c);
        is_changed |= key != c;
        buf_add(&out, str_of(bytes, utf8_put(key, bytes)));
    }
    str result = is_changed && !out.failed ? arena_str(arena, buf_str(&out)) : STR_EMPTY;
    buf_release(&out);
    return result;
}

/*
 * Caps lock turns letters round and, on some layouts, digits into signs: shift undone on a US
 * keyboard.
 */
static str undo_caps(str text, struct arena *arena)
{
    static const struct layout shifted = {"", "!@#$%^&*()", "1234567890"};
    return undo(&shifted, text, arena);
}

static bool is_vouched(const struct type_context *context, str text, unsigned confidence,
                       unsigned least, struct arena *arena)
{
    struct reading readings[READING_MAX];
    size_t count = text.len ? type_recognise(context, text, arena, readings, READING_MAX) : 0;
    for (size_t i = 0; i < count; i++)
        if (readings[i].value.check == CHECK_OK && readings[i].confidence > confidence &&
            readings[i].confidence >= least)
            return true;
    return false;
}

bool garbled_repair(const struct type_context *context, str text, unsigned confidence,
                    struct arena *arena, str *ret_text, str *ret_layout)
{
    if (text.len < 8 || confidence >= 95)
        return false;
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        str repaired = undo(&layouts[i], text, arena);
        unsigned least = is_digits(&layouts[i]) ? SURE_DIGITS : SURE_LAYOUT;
        if (!is_vouched(context, repaired, confidence, least, arena)) {
            repaired = undo_caps(repaired.len ? repaired : text, arena);
            if (!is_vouched(context, repaired, confidence, SURE_LAYOUT, arena))
                continue;
        }
        *ret_text = repaired;
        *ret_layout = str_c(layouts[i].title);
        return true;
    }
    return false;
}
