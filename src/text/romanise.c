/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/romanise: see romanise.h. Tables are parsed once, at first use, into arrays of rules
 * sorted by first letter and then longest first; a lookup is a binary search and a few
 * comparisons.
 */
#include "text/romanise.h"

#include <pthread.h>
#include <stdlib.h>

#include "text/letters.h"
#include "text/tables.h"

enum { FROM_MAX = 12, TO_MAX = 11, HANGUL_FIRST = 0xac00, HANGUL_LAST = 0xd7a3 };

struct rule {
    uint32_t from[FROM_MAX];
    uint8_t from_count;
    bool at_start, at_end;
    bool has[NAME_READING_MAX];
    char to[NAME_READING_MAX][TO_MAX + 1];
};
struct rules {
    struct rule *items;
    size_t count;
};

static struct rules tables[TABLE_COUNT];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

/* Longest first; of equals the one with more context. */
static int rule_order(const void *left, const void *right)
{
    const struct rule *a = left, *b = right;
    if (a->from[0] != b->from[0])
        return a->from[0] < b->from[0] ? -1 : 1;
    if (a->from_count != b->from_count)
        return a->from_count > b->from_count ? -1 : 1;
    int context_a = a->at_start + a->at_end, context_b = b->at_start + b->at_end;
    return context_b - context_a;
}

/* Hangul's table is in decomposed letters, which folding would put together again. */
static void rule_parse(str line, bool is_folded, struct rule *rule)
{
    str cell;
    if (!str_split(&line, '\t', &cell))
        return;
    if (str_starts(cell, S("^"))) {
        rule->at_start = true;
        cell = str_from(cell, 1);
    }
    if (str_ends(cell, S("$"))) {
        rule->at_end = true;
        cell.len--;
    }
    if (is_folded)
        rule->from_count = (uint8_t)fold_text(cell, rule->from, FROM_MAX);
    for (size_t at = 0; !is_folded && at < cell.len && rule->from_count < FROM_MAX;)
        rule->from[rule->from_count++] = utf8_next(cell, &at);
    for (size_t column = 0; column < NAME_READING_MAX && str_split(&line, '\t', &cell); column++) {
        rule->has[column] = cell.len > 0;
        ensure(cell.len <= TO_MAX);
        if (!str_eq(cell, S("-")))
            memcpy(rule->to[column], cell.ptr, cell.len);
    }
}

static void rules_parse(enum table table)
{
    size_t lines = 0;
    str rest = table_text(table), line;
    while (table_line(&rest, &line))
        lines++;
    struct rules *rules = &tables[table];
    rules->items = calloc(lines + 1, sizeof *rules->items);
    ensure(rules->items != NULL);
    rest = table_text(table);
    while (table_line(&rest, &line)) {
        struct rule *rule = &rules->items[rules->count];
        rule_parse(line, table != TABLE_HANGUL, rule);
        rules->count += rule->from_count > 0;
    }
    qsort(rules->items, rules->count, sizeof *rules->items, rule_order);
}

static void tables_parse(void)
{
    for (enum table table = TABLE_LATIN; table <= TABLE_HANGUL_SURNAMES; table++)
        rules_parse(table);
}

static const struct rules *rules_for(enum table table)
{
    pthread_once(&tables_once, tables_parse);
    return &tables[table];
}

static bool rule_fits(const struct rule *rule, const uint32_t *letters, size_t count, size_t at)
{
    if (rule->from_count > count - at || (rule->at_start && at != 0) ||
        (rule->at_end && at + rule->from_count != count))
        return false;
    return memcmp(rule->from, letters + at, rule->from_count * sizeof *letters) == 0;
}

static const struct rule *rule_at(const struct rules *rules, const uint32_t *letters, size_t count,
                                  size_t at)
{
    size_t low = 0, high = rules->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rules->items[middle].from[0] < letters[at])
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < rules->count && rules->items[low].from[0] == letters[at]; low++) {
        if (rule_fits(&rules->items[low], letters, count, at))
            return &rules->items[low];
    }
    return NULL;
}

static void reading_add(struct readings *readings, size_t which, const char *text)
{
    for (; *text && readings->len[which] < NAME_WORD_MAX; text++)
        readings->text[which][readings->len[which]++] = *text;
}

static void rule_apply(const struct rule *rule, struct readings *readings)
{
    for (size_t i = 0; i < NAME_READING_MAX; i++)
        reading_add(readings, i, rule->to[rule->has[i] ? i : 0]);
}

/*
 * A letter without a rule: itself when it is a-z, its base letter without marks; false: not known
 * at all.
 */
/* NOLINTNEXTLINE(misc-no-recursion): the base letter of a letter has no marks to take off */
static bool letter_apply(const struct rules *rules, uint32_t letter, struct readings *readings)
{
    if (letter < 128) {
        char text[2] = {is_lower((char)letter) ? (char)letter : 0, 0};
        for (size_t i = 0; i < NAME_READING_MAX; i++)
            reading_add(readings, i, text);
        return true;
    }
    if (fold_is_mark(letter))
        return true;
    uint32_t parts[4];
    if (fold_decompose(letter, parts) < 2)
        return false;
    const struct rule *rule = rule_at(rules, parts, 1, 0);
    if (rule)
        rule_apply(rule, readings);
    return rule || letter_apply(rules, parts[0], readings);
}

/* Drops empty readings and those equal to an earlier one. */
static void readings_settle(struct readings *readings)
{
    size_t kept = 0;
    for (size_t i = 0; i < NAME_READING_MAX; i++) {
        bool is_new = readings->len[i] > 0;
        for (size_t j = 0; j < kept && is_new; j++)
            is_new = readings->len[i] != readings->len[j] ||
                     memcmp(readings->text[i], readings->text[j], readings->len[i]) != 0;
        if (!is_new)
            continue;
        if (kept != i) {
            memcpy(readings->text[kept], readings->text[i], NAME_WORD_MAX + 1);
            readings->len[kept] = readings->len[i];
            readings->cut[kept] = readings->cut[i];
        }
        if (readings->cut[kept] >= readings->len[kept])
            readings->cut[kept] = 0; /* the second syllable has no letters in this reading */
        kept++;
    }
    readings->count = (uint8_t)kept;
}

static void read_by_rules(const struct rules *rules, const uint32_t *letters, size_t count,
                          struct readings *ret)
{
    bool is_known = true;
    for (size_t at = 0; at < count;) {
        const struct rule *rule = rule_at(rules, letters, count, at);
        if (rule)
            rule_apply(rule, ret);
        else
            is_known &= letter_apply(rules, letters[at], ret);
        at += rule ? rule->from_count : 1;
    }
    if (!is_known) {
        memset(ret, 0, sizeof *ret);
        ret->len[0] = (uint8_t)fold_any_latin(letters, count, ret->text[0], NAME_WORD_MAX);
    }
    readings_settle(ret);
}

/* False when a letter has no rule: then the table does not know the word. */
static bool read_known(enum table table, const uint32_t *letters, size_t count,
                       struct readings *ret)
{
    const struct rules *rules = rules_for(table);
    memset(ret, 0, sizeof *ret);
    for (size_t at = 0; at < count;) {
        const struct rule *rule = rule_at(rules, letters, count, at);
        if (!rule)
            return false;
        rule_apply(rule, ret);
        at += rule->from_count;
    }
    readings_settle(ret);
    return ret->count > 0;
}

/* Further readings behind the ones there are, the last of which give way to one at least. */
static void readings_append(struct readings *readings, const struct readings *more)
{
    size_t first = readings->count < NAME_READING_MAX ? readings->count : NAME_READING_MAX - 1;
    for (size_t i = 0; i < more->count && first + i < NAME_READING_MAX; i++) {
        memcpy(readings->text[first + i], more->text[i], NAME_WORD_MAX + 1);
        readings->len[first + i] = more->len[i];
        readings->cut[first + i] = more->cut[i];
    }
    readings_settle(readings);
}

/* As Taiwan and older books write the syllable. */
static const char *wade_giles(const char *pinyin)
{
    uint32_t letters[TO_MAX];
    size_t count = 0;
    while (pinyin[count] && count < TO_MAX) {
        letters[count] = (uint8_t)pinyin[count];
        count++;
    }
    const struct rule *rule =
        count == 0 ? NULL : rule_at(rules_for(TABLE_WADE_GILES), letters, count, 0);
    return rule && rule->from_count == count ? rule->to[0] : pinyin;
}

static void read_han(const uint32_t *letters, size_t count, struct readings *ret)
{
    for (size_t i = 0; i < count; i++) {
        const char *pinyin = fold_pinyin(letters[i]);
        reading_add(ret, 0, pinyin);
        reading_add(ret, 1, wade_giles(pinyin));
        for (size_t k = 0; i == 0 && count == 2 && k < 2; k++)
            ret->cut[k] = ret->len[k];
    }
    readings_settle(ret);
}

/* Syllables apart, so that each reading knows where its second one starts. */
static void read_hangul(const uint32_t *letters, size_t count, struct readings *ret)
{
    const struct rules *rules = rules_for(TABLE_HANGUL);
    uint32_t parts[4];
    for (size_t i = 0; i < count; i++) {
        size_t part_count = fold_decompose(letters[i], parts);
        for (size_t at = 0; at < part_count;) {
            const struct rule *rule = rule_at(rules, parts, part_count, at);
            if (rule)
                rule_apply(rule, ret);
            at += rule ? rule->from_count : 1;
        }
        for (size_t k = 0; i == 0 && count == 2 && k < NAME_READING_MAX; k++)
            ret->cut[k] = ret->len[k];
    }
    readings_settle(ret);
}

/*
 * الكندي: the article is not part of the name, but foreign names begin so too:
 * without it first, then with it, then the other readings without. الحق is too short to say.
 */
static void read_arabic(const uint32_t *letters, size_t count, struct readings *ret)
{
    enum { ALEF = 0x627, LAM = 0x644, ARTICLE = 2, SHORTEST = 4 };
    const struct rules *rules = rules_for(TABLE_ARABIC);
    bool is_allah = count == SHORTEST && letters[ARTICLE] == LAM;
    if (count < SHORTEST || letters[0] != ALEF || letters[1] != LAM || is_allah) {
        read_by_rules(rules, letters, count, ret);
        return;
    }
    struct readings whole = {0};
    read_by_rules(rules, letters, count, &whole);
    read_by_rules(rules, letters + ARTICLE, count - ARTICLE, ret);
    if (whole.count == 0 || ret->count == 0)
        return;
    size_t place = count > SHORTEST; /* in so short a word the two letters may be the name's own */
    size_t at = ret->count < NAME_READING_MAX ? ret->count++ : NAME_READING_MAX - 1;
    for (; at > place; at--) {
        memcpy(ret->text[at], ret->text[at - 1], NAME_WORD_MAX + 1);
        ret->len[at] = ret->len[at - 1];
    }
    memcpy(ret->text[at], whole.text[0], NAME_WORD_MAX + 1);
    ret->len[at] = whole.len[0];
}

size_t japanese_surname_length(const uint32_t *letters, size_t count)
{
    const struct rule *rule =
        count == 0 ? NULL : rule_at(rules_for(TABLE_JAPANESE_SURNAMES), letters, count, 0);
    return rule ? rule->from_count : 0;
}

void romanise_japanese(const uint32_t *letters, size_t count, bool is_family, struct readings *ret)
{
    struct readings chinese = {0};
    if (is_family)
        romanise_surname(NAME_HAN, letters, count, &chinese);
    else
        read_han(letters, count, &chinese);
    if (read_known(is_family ? TABLE_JAPANESE_SURNAMES : TABLE_JAPANESE_GIVEN, letters, count, ret))
        readings_append(ret, &chinese);
    else
        *ret = chinese;
    memset(ret->cut, 0, sizeof ret->cut); /* Japanese given names are not cut into syllables */
}

size_t hanja_hangul(const uint32_t *letters, size_t count, uint32_t *ret, size_t max)
{
    const struct rule *rule =
        count == 0 ? NULL : rule_at(rules_for(TABLE_KOREAN_HANJA), letters, count, 0);
    size_t written = 0;
    if (!rule || rule->from_count != count)
        return 0;
    str text = str_c(rule->to[0]);
    for (size_t at = 0; at < text.len && written < max;)
        ret[written++] = utf8_next(text, &at);
    return written;
}

/* Scripts that names of NAME_OTHER are written in, by the first letter. */
static enum table other_table(uint32_t letter)
{
    if (letter >= 0x1200 && letter <= 0x139f)
        return TABLE_ETHIOPIC;
    return letter >= 0x900 && letter <= 0x97f ? TABLE_DEVANAGARI : TABLE_OTHER;
}

void romanise(enum name_script script, const uint32_t *letters, size_t count, struct readings *ret)
{
    static const enum table by_script[] = {
        [NAME_LATIN] = TABLE_LATIN,   [NAME_CYRILLIC] = TABLE_CYRILLIC,
        [NAME_ARABIC] = TABLE_ARABIC, [NAME_HEBREW] = TABLE_HEBREW,
        [NAME_GREEK] = TABLE_GREEK,   [NAME_KANA] = TABLE_KANA,
        [NAME_OTHER] = TABLE_OTHER,
    };
    memset(ret, 0, sizeof *ret);
    if (script == NAME_HAN)
        read_han(letters, count, ret);
    else if (script == NAME_HANGUL)
        read_hangul(letters, count, ret);
    else if (script == NAME_ARABIC)
        read_arabic(letters, count, ret);
    else if (script == NAME_OTHER && count > 0)
        read_by_rules(rules_for(other_table(letters[0])), letters, count, ret);
    else
        read_by_rules(rules_for(by_script[script]), letters, count, ret);
}

static const struct rule *surname_rule(enum name_script script, const uint32_t *letters,
                                       size_t count)
{
    const struct rules *rules =
        rules_for(script == NAME_HAN ? TABLE_HAN_SURNAMES : TABLE_HANGUL_SURNAMES);
    return count == 0 ? NULL : rule_at(rules, letters, count, 0);
}

void romanise_surname(enum name_script script, const uint32_t *letters, size_t count,
                      struct readings *ret)
{
    const struct rule *rule = surname_rule(script, letters, count);
    if (!rule || rule->from_count != count) {
        romanise(script, letters, count, ret);
        return;
    }
    memset(ret, 0, sizeof *ret);
    rule_apply(rule, ret);
    readings_settle(ret);
}

size_t surname_length(enum name_script script, const uint32_t *letters, size_t count)
{
    const struct rule *rule = surname_rule(script, letters, count);
    return rule ? rule->from_count : 0;
}

/* ---- confusables ---- */

enum { CONFUSABLE_MAX = 40 };
static uint32_t confusables[CONFUSABLE_MAX][3]; /* Latin, Cyrillic, Greek */
static size_t confusable_count;
static pthread_once_t confusables_once = PTHREAD_ONCE_INIT;

static void confusables_parse(void)
{
    str rest = table_text(TABLE_CONFUSABLES), line, cell;
    while (confusable_count < CONFUSABLE_MAX && table_line(&rest, &line)) {
        uint32_t *row = confusables[confusable_count++];
        for (size_t i = 0; i < 3 && str_split(&line, '\t', &cell); i++) {
            size_t at = 0;
            row[i] = str_eq(cell, S("-")) || cell.len == 0 ? 0 : utf8_next(cell, &at);
        }
    }
}

uint32_t confusable_in(enum name_script script, uint32_t letter)
{
    pthread_once(&confusables_once, confusables_parse);
    size_t column = script == NAME_LATIN      ? 0
                    : script == NAME_CYRILLIC ? 1
                    : script == NAME_GREEK    ? 2
                                              : 3;
    for (size_t i = 0; column < 3 && i < confusable_count; i++) {
        for (size_t j = 0; j < 3; j++) {
            if (confusables[i][j] == letter)
                return confusables[i][column];
        }
    }
    return 0;
}
