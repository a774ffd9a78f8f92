/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A date's text to numbers, months, words and the sign between two dates. Words of all languages
 * are in the code list date-words: its codes month-1 .. month-12, about, between, to, before,
 * after, century, decade, ignore, persian, islamic, buddhist; without code lists only figures are
 * read.
 *
 * A dash stands between two dates only when the text leaves no doubt: blanks around it and no
 * second such dash, two years "1970-1975", or ".."; a slash after dates written with dashes (ISO
 * 8601 intervals), or between two years.
 */
#include "type/date_tokens.h"

#include <stdio.h>

#include "type/internal.h"

enum { TOKENS_MAX = 24, NUMBER_DIGITS_MAX = 8 };

enum token_kind {
    TOKEN_NUMBER,
    TOKEN_MONTH,
    TOKEN_ABOUT,
    TOKEN_IGNORE,
    TOKEN_RANGE,       /* certainly between two dates */
    TOKEN_SPACED_DASH, /* perhaps */
    TOKEN_BEFORE,
    TOKEN_AFTER,
    TOKEN_CENTURY,
    TOKEN_DECADE,
    TOKEN_CALENDAR,
};

struct token {
    enum token_kind kind;
    struct date_number number;
    unsigned value; /* month; calendar */
};

struct separator { /* what was seen since the last token */
    bool has_dash, has_long_dash, has_slash, has_blank_before, has_blank_after;
    unsigned dots;
};

struct scan {
    const struct code_list *words;
    str text;
    size_t at;
    struct token tokens[TOKENS_MAX];
    size_t count;
    struct separator separator;
    bool has_dashes; /* some date was written with plain dashes */
    const char *why;
};

static void add(struct scan *scan, struct token token)
{
    if (scan->count == TOKENS_MAX)
        scan->why = "too long for a date";
    else
        scan->tokens[scan->count++] = token;
}

/* ---- characters ---- */

enum character {
    C_DIGIT,
    C_LETTER,
    C_BLANK,
    C_DASH,
    C_LONG_DASH,
    C_SLASH,
    C_DOT,
    C_QUERY,
    C_SKIP,
    C_COMMA,
    C_OTHER
};

static enum character class_of_ascii(char c)
{
    if (is_digit(c))
        return C_DIGIT;
    if (is_alnum(c))
        return C_LETTER;
    switch (c) {
    case ' ':
    case '\t': return C_BLANK;
    case '-': return C_DASH;
    case '/': return C_SLASH;
    case '.': return C_DOT;
    case '?':
    case '~':
    case '<': return C_QUERY;
    case ',':
    case '\'':
    case '(':
    case ')': return C_COMMA;
    default: return C_OTHER;
    }
}

static unsigned digit_of(uint32_t c)
{
    uint32_t folded = c < 128 ? c : fold_character(c);
    return folded >= '0' && folded <= '9' ? folded - '0' : 10;
}

static enum character class_of(uint32_t c)
{
    if (c < 128)
        return class_of_ascii((char)c);
    if (digit_of(c) < 10)
        return C_DIGIT;
    if ((c >= 0x2010 && c <= 0x2011) || c == 0x2212)
        return C_DASH;
    if (c >= 0x2012 && c <= 0x2015)
        return C_LONG_DASH;
    if ((c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || c == 0xFEFF || c == 0x061C)
        return C_SKIP;
    if (c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x206F) || c == 0x060C)
        return C_BLANK;
    return C_LETTER;
}

static enum character class_at(const struct scan *scan, size_t at, size_t *ret_next)
{
    if (at >= scan->text.len)
        return C_OTHER;
    size_t next = at;
    uint32_t c = utf8_next(scan->text, &next);
    *ret_next = next;
    return class_of(c);
}

/* ---- what stands between tokens ---- */

static bool is_year_token(const struct token *token)
{
    return token->kind == TOKEN_NUMBER && token->number.digits == 4;
}

/* Called when a token begins or the text ends. */
static void close_separator(struct scan *scan, bool is_year_next)
{
    struct separator s = scan->separator;
    scan->separator = (struct separator){0};
    bool is_year_before = scan->count && is_year_token(&scan->tokens[scan->count - 1]);
    bool between_years = is_year_before && is_year_next;
    bool is_range = s.dots >= 2 || (s.has_slash && (scan->has_dashes || between_years)) ||
                    ((s.has_dash || s.has_long_dash) && between_years);
    if (is_range)
        add(scan, (struct token){.kind = TOKEN_RANGE});
    else if (s.has_long_dash || (s.has_dash && s.has_blank_before && s.has_blank_after))
        add(scan, (struct token){.kind = TOKEN_SPACED_DASH});
    else if (s.has_dash)
        scan->has_dashes = true;
}

static void note_separator(struct scan *scan, enum character class)
{
    struct separator *s = &scan->separator;
    bool has_mark = s->has_dash || s->has_long_dash;
    s->dots = class == C_DOT ? s->dots + 1 : s->dots >= 2 ? s->dots : 0;
    s->has_dash |= class == C_DASH;
    s->has_long_dash |= class == C_LONG_DASH;
    s->has_slash |= class == C_SLASH;
    s->has_blank_before |= class == C_BLANK && !has_mark;
    s->has_blank_after |= class == C_BLANK && has_mark;
}

/* ---- numbers ---- */

/* "197X", "19??": digits of a year that are not known. */
static void absorb_unknown(struct scan *scan, struct date_number *number)
{
    size_t run = 0;
    if (number->digits != 2 && number->digits != 3)
        return;
    while (scan->at + run < scan->text.len && strchr("Xx?", scan->text.ptr[scan->at + run]))
        run++;
    if (number->digits + run != 4)
        return;
    scan->at += run;
    number->unknown = (uint8_t)run;
    number->digits = 4;
    number->value *= run == 1 ? 10 : 100;
}

/* Machine-readable zones fill what is not known with '<'. */
static void absorb_fillers(struct scan *scan, struct date_number *number)
{
    while (scan->at < scan->text.len && scan->text.ptr[scan->at] == '<' && number->digits < 6) {
        number->value *= 10;
        number->digits++;
        scan->at++;
    }
}

static void scan_number(struct scan *scan)
{
    struct date_number number = {0};
    size_t next = scan->at;
    while (class_at(scan, scan->at, &next) == C_DIGIT) {
        size_t at = scan->at;
        if (number.digits == NUMBER_DIGITS_MAX) {
            scan->why = "too many figures in a row";
            return;
        }
        number.value = number.value * 10 + digit_of(utf8_next(scan->text, &at));
        number.digits++;
        scan->at = next;
    }
    absorb_unknown(scan, &number);
    absorb_fillers(scan, &number);
    struct token token = {.kind = TOKEN_NUMBER, .number = number};
    close_separator(scan, is_year_token(&token));
    if (scan->at < scan->text.len && scan->text.ptr[scan->at] == ':' && number.digits <= 2)
        scan->at = scan->text.len; /* the hour: a time of day follows, which a date does not keep */
    else
        add(scan, token);
}

/* '?' after a number is doubt, two or more alone are an unknown part; '~' is "about". */
static void scan_query(struct scan *scan)
{
    size_t from = scan->at;
    while (scan->at < scan->text.len && scan->text.ptr[scan->at] == scan->text.ptr[from])
        scan->at++;
    size_t run = scan->at - from;
    bool is_part = scan->text.ptr[from] == '<' || (scan->text.ptr[from] == '?' && run >= 2);
    if (is_part && run <= 6) {
        close_separator(scan, false);
        add(scan, (struct token){.kind = TOKEN_NUMBER, .number = {.digits = (uint8_t)run}});
    } else {
        add(scan, (struct token){.kind = TOKEN_ABOUT});
    }
}

/* ---- words ---- */

static size_t word_end(const struct scan *scan, size_t at)
{
    size_t next = at;
    for (enum character class; at < scan->text.len; at = next) {
        class = class_at(scan, at, &next);
        if (class != C_LETTER && class != C_SKIP)
            break;
    }
    return at;
}

static bool is_unknown_part(str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (to_upper(word.ptr[i]) != 'X')
            return false;
    return word.len == 2 || word.len == 4;
}

static bool token_of_code(str code, struct token *ret)
{
    static const struct {
        const char *code;
        struct token token;
    } words[] = {
        {"about", {.kind = TOKEN_ABOUT}},
        {"between", {.kind = TOKEN_IGNORE}},
        {"ignore", {.kind = TOKEN_IGNORE}},
        {"to", {.kind = TOKEN_RANGE}},
        {"before", {.kind = TOKEN_BEFORE}},
        {"after", {.kind = TOKEN_AFTER}},
        {"century", {.kind = TOKEN_CENTURY}},
        {"decade", {.kind = TOKEN_DECADE}},
        {"persian", {.kind = TOKEN_CALENDAR, .value = CALENDAR_PERSIAN}},
        {"islamic", {.kind = TOKEN_CALENDAR, .value = CALENDAR_ISLAMIC}},
        {"ethiopian", {.kind = TOKEN_CALENDAR, .value = CALENDAR_ETHIOPIAN}},
        {"buddhist", {.kind = TOKEN_CALENDAR, .value = CALENDAR_BUDDHIST}},
    };
    uint64_t month;
    if (str_starts(code, S("month-")) && str_to_u64(str_from(code, 6), 12, &month) && month) {
        *ret = (struct token){.kind = TOKEN_MONTH, .value = (unsigned)month};
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_eq_c(code, words[i].code)) {
            *ret = words[i].token;
            return true;
        }
    return false;
}

static bool look_up(const struct scan *scan, size_t from, size_t to, struct token *ret)
{
    const struct code *code =
        scan->words ? code_find(scan->words, str_slice(scan->text, from, to - from)) : NULL;
    return code && token_of_code(code->code, ret);
}

static void scan_word(struct scan *scan)
{
    size_t from = scan->at, end = word_end(scan, from), second = end;
    struct token token;
    close_separator(scan, false);
    if (end < scan->text.len && scan->text.ptr[end] == ' ')
        second = word_end(scan, end + 1);
    scan->at = end;
    if (is_unknown_part(str_slice(scan->text, from, end - from)))
        token = (struct token){.kind = TOKEN_NUMBER, .number = {.digits = 2}};
    else if (second > end + 1 && look_up(scan, from, second, &token))
        scan->at = second;
    else if (!look_up(scan, from, end, &token))
        scan->why = "holds a word that is no month and no part of a date";
    if (!scan->why && token.kind != TOKEN_IGNORE)
        add(scan, token);
}

static void scan_text(struct scan *scan)
{
    while (scan->at < scan->text.len && !scan->why) {
        size_t next = scan->at;
        enum character class = class_at(scan, scan->at, &next);
        if (class == C_DIGIT) {
            scan_number(scan);
        } else if (class == C_LETTER) {
            scan_word(scan);
        } else if (class == C_QUERY) {
            scan_query(scan);
        } else if (class == C_OTHER) {
            scan->why = "holds a sign that no date has";
        } else {
            note_separator(scan, class);
            scan->at = next;
        }
    }
    scan->separator.has_dash = scan->separator.has_long_dash = false; /* nothing follows them */
    close_separator(scan, false);
}

/* ---- tokens to sides ---- */

static const char *add_to_side(struct date_side *side, const struct token *token)
{
    switch (token->kind) {
    case TOKEN_NUMBER:
        if (side->count == 3)
            return "more than three numbers";
        side->numbers[side->count++] = token->number;
        return NULL;
    case TOKEN_MONTH:
        if (side->month)
            return "two months";
        side->month = token->value;
        return NULL;
    case TOKEN_ABOUT: side->is_circa = true; return NULL;
    case TOKEN_CENTURY: side->is_century = true; return NULL;
    case TOKEN_DECADE: side->is_decade = true; return NULL;
    case TOKEN_CALENDAR: side->calendar = (enum calendar)token->value; return NULL;
    default: return NULL;
    }
}

static size_t count_kind(const struct scan *scan, enum token_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < scan->count; i++)
        count += scan->tokens[i].kind == kind;
    return count;
}

/* ".. 1974", "before 1974": until; "1974 ..", "after 1974": since. */
static enum date_bound bound_of(const struct scan *scan)
{
    if (count_kind(scan, TOKEN_BEFORE) || scan->tokens[0].kind == TOKEN_RANGE)
        return DATE_UNTIL;
    if (count_kind(scan, TOKEN_AFTER) || scan->tokens[scan->count - 1].kind == TOKEN_RANGE)
        return DATE_SINCE;
    return DATE_CLOSED;
}

static const char *split_sides(const struct scan *scan, struct date_tokens *ret)
{
    bool is_dash_range = count_kind(scan, TOKEN_SPACED_DASH) == 1 && !count_kind(scan, TOKEN_RANGE);
    size_t side = 0;
    ret->bound = bound_of(scan);
    for (size_t i = 0; i < scan->count; i++) {
        const struct token *token = &scan->tokens[i];
        bool is_range =
            token->kind == TOKEN_RANGE || (token->kind == TOKEN_SPACED_DASH && is_dash_range);
        if (is_range && ret->bound == DATE_CLOSED) {
            if (++side == 2)
                return "more than two dates";
            continue;
        }
        const char *why = add_to_side(&ret->sides[side], token);
        if (why)
            return why;
    }
    ret->side_count = side + 1;
    if (side == 1 && ret->sides[1].calendar && !ret->sides[0].calendar)
        ret->sides[0].calendar = ret->sides[1].calendar;
    return NULL;
}

const char *date_tokenise(const struct type_context *context, str text, struct date_tokens *ret)
{
    struct scan scan = {.text = text};
    *ret = (struct date_tokens){0};
    scan.words = context->codes ? codes_list(context->codes, S("date-words")) : NULL;
    scan_text(&scan);
    if (scan.why)
        return scan.why;
    if (scan.count == 0)
        return "no year, month or day in it";
    return split_sides(&scan, ret);
}
