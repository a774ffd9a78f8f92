/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guessing, surest sign first: a byte order mark; zero bytes at every second place; being UTF-8
 * (text in another encoding hardly ever is by accident); ICU's statistics for the East Asian
 * encodings. For single-byte code pages ICU's n-grams want running text and know no DOS pages, and
 * police files are lists of names: so each candidate is decoded and judged by what it makes of the
 * words - letters next to letters of the same script, capitals at the front only, letters that are
 * frequent in the languages written with it. Box drawings and controls inside words speak against.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>
#include <unicode/uscript.h>

#include "text/encoding.h"

enum { SAMPLE_MAX = 64 << 10, EAST_ASIAN_CONFIDENCE = 40 };

static void reason(struct encoding_guess *g, const char *words)
{
    size_t len = strlen(g->reasons);
    snprintf(g->reasons + len, sizeof g->reasons - len, "%s%s", len ? "; " : "", words);
}

static void set(struct encoding_guess *g, const char *name, unsigned confidence)
{
    snprintf(g->name, sizeof g->name, "%s", name);
    g->confidence = confidence;
}

static bool guess_by_mark(str s, struct encoding_guess *g)
{
    static const struct {
        str mark;
        const char *name;
    } marks[] = {{{"\xEF\xBB\xBF", 3}, "utf-8"},
                 {{"\xFF\xFE\0\0", 4}, "utf-32le"},
                 {{"\0\0\xFE\xFF", 4}, "utf-32be"},
                 {{"\xFF\xFE", 2}, "utf-16le"},
                 {{"\xFE\xFF", 2}, "utf-16be"}};
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (str_starts(s, marks[i].mark)) {
            set(g, marks[i].name, 100);
            reason(g, "a byte order mark says so");
            return true;
        }
    return false;
}

static bool guess_by_zeros(str s, struct encoding_guess *g)
{
    size_t zeros[2] = {0, 0};
    for (size_t i = 0; i < s.len; i++)
        zeros[i & 1] += s.ptr[i] == 0;
    size_t half = s.len / 2;
    if (half < 2 || (zeros[0] < half / 3 && zeros[1] < half / 3))
        return false;
    set(g, zeros[1] > zeros[0] ? "utf-16le" : "utf-16be", 90);
    reason(g, "every second byte is zero");
    return true;
}

/* Share of non-ASCII runs that repair would change. */
static bool is_doubled(str s, enum encoding_doubled doubled)
{
    struct buf out = {0};
    size_t runs = 0;
    for (size_t i = 0; i < s.len; i++)
        runs += (unsigned char)s.ptr[i] >= 0x80 && (i == 0 || (unsigned char)s.ptr[i - 1] < 0x80);
    size_t repaired = encoding_repair(s, doubled, &out);
    buf_release(&out);
    return repaired >= 2 && repaired * 2 > runs;
}

static bool guess_utf8(str s, struct encoding_guess *g)
{
    size_t high = 0;
    str left = s;
    for (size_t back = 0; back < 4 && back < s.len && !utf8_is_valid(left); back++)
        left = str_slice(s, 0, s.len - back - 1); /* the sample may end inside a character */
    for (size_t i = 0; i < s.len; i++)
        high += (unsigned char)s.ptr[i] >= 0x80;
    if (high == 0) {
        set(g, "utf-8", 100);
        reason(g, "only ASCII characters");
        return true;
    }
    if (!utf8_is_valid(left)) {
        reason(g, "not UTF-8");
        return false;
    }
    set(g, "utf-8", high > 8 ? 99 : 90);
    reason(g, "all bytes are well-formed UTF-8");
    g->doubled = is_doubled(left, DOUBLED_1252)   ? DOUBLED_1252
                 : is_doubled(left, DOUBLED_1251) ? DOUBLED_1251
                                                  : DOUBLED_NONE;
    if (g->doubled)
        reason(g, "encoded twice: repaired");
    return true;
}

static bool guess_east_asian(str s, struct encoding_guess *g)
{
    static const char *const names[] = {"GB18030", "Big5", "Shift_JIS", "EUC-KR", "EUC-JP"};
    UErrorCode status = U_ZERO_ERROR;
    UCharsetDetector *detector = ucsdet_open(&status);
    ucsdet_setText(detector, s.ptr, (int32_t)s.len, &status);
    const UCharsetMatch *match = ucsdet_detect(detector, &status);
    bool is_found = false;
    if (U_SUCCESS(status) && match) {
        const char *name = ucsdet_getName(match, &status);
        int32_t confidence = ucsdet_getConfidence(match, &status);
        for (size_t i = 0; i < COUNT_OF(names) && confidence >= EAST_ASIAN_CONFIDENCE; i++)
            is_found = is_found || ucnv_compareNames(name, names[i]) == 0;
        if (is_found) {
            set(g, name, (unsigned)confidence);
            reason(g, "byte pairs are the frequent characters of this encoding");
        }
    }
    ucsdet_close(detector);
    return is_found;
}

/*
 * Frequent letters beyond ASCII of the languages a page is used for: a frequent one counts a little
 * more.
 */
static const char frequent[] = "оеаинтсрвлкмдпуяыьюОАСКМПВНТР"
                               "éèáíóúñçãõäöüßÉÖÜåøæ"
                               "šžčćřýěłąęśżğışİ"
                               "αοιεστνηυρπκμλάέίόύής"
                               "اليمونرتبةعدسفهكقحجش"
                               "יוהלאמרשנתבד";

static bool is_frequent(UChar32 c)
{
    str all = str_c(frequent);
    for (size_t at = 0; at < all.len;)
        if ((UChar32)utf8_next(all, &at) == c)
            return true;
    return false;
}

struct judgement {
    double score;
    size_t high, letters;
};

static double judge_letter(UChar32 c, UChar32 before)
{
    UErrorCode status = U_ZERO_ERROR;
    double score = is_frequent(c) ? 3 : 1;
    if (!u_isalpha(before))
        return score;
    UScriptCode mine = uscript_getScript(c, &status), other = uscript_getScript(before, &status);
    if (mine != other)
        return score - 6;
    return u_islower(before) && u_isupper(c) ? score - 4 : score + 1;
}

static struct judgement judge(const UChar *text, int32_t len)
{
    struct judgement j = {0};
    UChar32 before = ' ', c;
    for (int32_t i = 0; i < len; before = c) {
        U16_NEXT(text, i, len, c);
        bool is_high = c >= 0x80;
        j.high += is_high;
        if (!is_high && !(before >= 0x80 && u_isalpha(c)))
            continue;
        if (c == 0xFFFD || (is_high && u_iscntrl(c)))
            j.score -= 20;
        else if (u_isalpha(c))
            j.score += judge_letter(c, before);
        else if (is_high)
            j.score -= u_isalpha(before) ? 5 : 1;
        j.letters += is_high && u_isalpha(c);
    }
    return j;
}

/* In the order they are preferred when they judge alike: today's pages before those of DOS. */
static const char *const pages[] = {"windows-1252", "windows-1251", "windows-1250", "windows-1256",
                                    "windows-1253", "windows-1254", "windows-1255", "koi8-u",
                                    "iso-8859-5",   "ibm866",       "ibm850",       "ibm852",
                                    "ibm437",       "iso-8859-2",   "iso-8859-6"};

static void guess_page(str s, struct encoding_guess *g)
{
    UChar *text = malloc((s.len + 1) * sizeof *text);
    double best = -1e18;
    set(g, "windows-1252", 1);
    struct judgement winner = {0};
    for (size_t i = 0; text && i < COUNT_OF(pages); i++) {
        UErrorCode status = U_ZERO_ERROR;
        UConverter *converter = ucnv_open(pages[i], &status);
        int32_t len =
            ucnv_toUChars(converter, text, (int32_t)s.len + 1, s.ptr, (int32_t)s.len, &status);
        ucnv_close(converter);
        if (U_FAILURE(status))
            continue;
        struct judgement j = judge(text, len);
        if (j.score > best) {
            best = j.score;
            winner = j;
            set(g, pages[i], 0);
        }
    }
    free(text);
    double share = winner.high ? (double)winner.letters / (double)winner.high : 0;
    double each = winner.high ? best / (double)winner.high : 0;
    double confidence = each <= 0 ? 5 : each >= 3 ? 85 : 15 + each * 23;
    g->confidence = (unsigned)(winner.high < 10 ? confidence / 2 : confidence);
    char words[120];
    snprintf(words, sizeof words, "as %s %.0f%% of %zu characters beyond ASCII are letters",
             g->name, share * 100, winner.high);
    reason(g, words);
}

void encoding_guess(str sample, struct encoding_guess *ret)
{
    *ret = (struct encoding_guess){.confidence = 0};
    str s = str_slice(sample, 0, SAMPLE_MAX);
    if (guess_by_mark(s, ret)) {
        if (ucnv_compareNames(ret->name, "utf-8") == 0) {
            struct encoding_guess inner = {0};
            if (guess_utf8(str_from(s, 3), &inner))
                ret->doubled = inner.doubled;
        }
        return;
    }
    reason(ret, "no byte order mark");
    if (guess_by_zeros(s, ret) || guess_utf8(s, ret) || guess_east_asian(s, ret))
        return;
    guess_page(s, ret);
}
