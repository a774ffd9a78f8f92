/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names asked backwards. A query waits under keys of how its words sound and of the birth date it
 * asks for; a record looks under those of its own. The keys are wider than what a search shows and
 * narrow enough that a record meets a handful of a million queries:
 *
 *   two words that sound alike, born in one year      Chruschtschow, Nikita - Nikita Khrushchev
 *   one word that sounds alike, born on one day       the other mistyped, married, left out
 *   a name of one word, born in one year
 *
 * A record's date is read with the slips a search forgives: day and month swapped, a digit of the
 * day, the month or the year wrong, a year beside it. Where it has no day, the year counts; where
 * it has no date at all, two words. Who is met is then compared word by word (text's name_match,
 * with the frequencies that search uses) and dropped below what search would look at; what is left
 * is asked as a search of its asker, which alone decides.
 */
#include "standing/internal.h"
#include "text/frequency.h"
#include "text/sound.h"
#include "type/date.h"
#include "type/name.h"

enum { WORDS_MAX = 6, SOUNDS_MAX = 4, YEARS_MAX = 12, DAYS_MAX = 24, DATES_MAX = 8 };
#define NAME_LEAST_BITS 4.0 /* as index/names_search: a date alone lifts nobody */

enum space {
    PAIR_IN_YEAR = 1,
    PAIR_UNDATED,     /* for records without a date */
    PAIR_AT_ANY_TIME, /* asked with a span of many years */
    WORD_ON_DAY,
    WORD_IN_YEAR_ASKED, /* asked without the day */
    WORD_IN_YEAR,       /* for records without the day */
    ONLY_WORD_IN_YEAR,
};

/* ---- words ---- */

struct word_sounds {
    uint32_t codes[SOUNDS_MAX];
    size_t count;
};
struct sounds {
    struct word_sounds words[WORDS_MAX];
    size_t count;
};

static void add_code(struct word_sounds *word, uint32_t code)
{
    for (size_t i = 0; i < word->count; i++)
        if (word->codes[i] == code)
            return;
    if (word->count < SOUNDS_MAX)
        word->codes[word->count++] = code;
}

/* The main sound of each reading first: there are often more than are kept. */
static void sounds_of_word(const struct name_token *token, struct word_sounds *ret)
{
    uint32_t found[NAME_READING_MAX][SKELETON_MAX];
    size_t counts[NAME_READING_MAX];
    *ret = (struct word_sounds){.count = 0};
    for (size_t i = 0; i < token->reading_count; i++)
        counts[i] = skeletons_of(token->readings[i], found[i]);
    for (size_t k = 0; k < SKELETON_MAX; k++)
        for (size_t i = 0; i < token->reading_count; i++)
            if (k < counts[i])
                add_code(ret, found[i][k]);
}

static void sounds_of(const struct name *name, struct sounds *ret)
{
    *ret = (struct sounds){.count = 0};
    for (size_t i = 0; i < name->count && ret->count < WORDS_MAX; i++) {
        const struct name_token *token = &name->tokens[i];
        bool is_word = token->role == NAME_PLAIN || token->role == NAME_GIVEN ||
                       token->role == NAME_FAMILY || token->role == NAME_PATRONYMIC;
        if (!is_word)
            continue;
        sounds_of_word(token, &ret->words[ret->count]);
        ret->count += ret->words[ret->count].count > 0;
    }
}

/* ---- dates ---- */

struct times {
    int32_t years[YEARS_MAX + 8], days[DAYS_MAX];
    size_t year_count, day_count;
    bool has_day, is_wide;
};

static void add_number(int32_t *list, size_t *count, size_t max, int32_t number)
{
    for (size_t i = 0; i < *count; i++)
        if (list[i] == number)
            return;
    if (*count < max)
        list[(*count)++] = number;
}

static void add_day(struct times *times, int year, int month, int day)
{
    struct day at = {(int16_t)year, (int8_t)month, (int8_t)day};
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return;
    int32_t number = day_number(at);
    struct day back = day_of_number(number); /* 30 February is none */
    if (back.month == month && back.day == day)
        add_number(times->days, &times->day_count, DAYS_MAX, number);
}

static void span_of(const struct date *date, struct times *ret)
{
    int first = day_of_number(date->first_day).year;
    int last = day_of_number(date->last_day).year;
    *ret = (struct times){.has_day = date->precision == DATE_DAY};
    ret->is_wide = last - first >= YEARS_MAX;
    for (int year = first; year <= last && !ret->is_wide; year++)
        add_number(ret->years, &ret->year_count, YEARS_MAX, year);
    if (ret->has_day)
        add_number(ret->days, &ret->day_count, DAYS_MAX, date->first_day);
    if (ret->has_day && date->is_ambiguous)
        add_number(ret->days, &ret->day_count, DAYS_MAX, date->alternative);
}

/* One slip of the pen away, in the date that is held. */
static void add_slips(const struct date *date, struct times *times)
{
    static const int steps[] = {1, -1, 10, -10};
    struct day day = day_of_number(date->first_day);
    int year = day.year, tens = year / 10 % 10, ones = year % 10;
    size_t max = COUNT_OF(times->years);
    if (times->is_wide)
        return;
    int swapped = year - tens * 10 - ones + ones * 10 + tens;
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        add_number(times->years, &times->year_count, max, year + steps[i]);
    add_number(times->years, &times->year_count, max, swapped);
    if (!times->has_day)
        return;
    add_day(times, year, day.day, day.month);
    add_day(times, swapped, day.month, day.day);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        add_day(times, year + steps[i], day.month, day.day);
        add_day(times, year, day.month, day.day + steps[i]);
        add_day(times, year, day.month + steps[i], day.day);
    }
    add_day(times, year, day.month, day.day % 10 * 10 + day.day / 10);
}

/* ---- keys ---- */

struct keying {
    name_key *take;
    void *context;
    uint64_t seed;
};

static void key(const struct keying *keying, enum space space, uint64_t words, int32_t time)
{
    uint64_t hash = hash_mix(words, keying->seed + (uint64_t)space);
    keying->take(keying->context, hash_mix(hash, (uint64_t)(uint32_t)time));
}

static void each_year(const struct keying *keying, enum space space, uint64_t words,
                      const struct times *times)
{
    for (size_t i = 0; i < times->year_count; i++)
        key(keying, space, words, times->years[i]);
}

static void each_day(const struct keying *keying, uint64_t word, const struct times *times)
{
    for (size_t i = 0; i < times->day_count; i++)
        key(keying, WORD_ON_DAY, word, times->days[i]);
}

typedef void key_words(const struct keying *keying, uint64_t words, const struct times *times);

static void each_pair(const struct keying *keying, const struct sounds *sounds,
                      const struct times *times, key_words *make)
{
    for (size_t i = 0; i < sounds->count; i++)
        for (size_t k = i + 1; k < sounds->count; k++)
            for (size_t a = 0; a < sounds->words[i].count; a++)
                for (size_t b = 0; b < sounds->words[k].count; b++) {
                    uint32_t x = sounds->words[i].codes[a], y = sounds->words[k].codes[b];
                    uint64_t low = x < y ? x : y, high = x < y ? y : x;
                    make(keying, low << 32 | high, times);
                }
}

static void each_word(const struct keying *keying, const struct sounds *sounds,
                      const struct times *times, key_words *make)
{
    for (size_t i = 0; i < sounds->count; i++)
        for (size_t a = 0; a < sounds->words[i].count; a++)
            make(keying, sounds->words[i].codes[a], times);
}

static void ask_pair(const struct keying *keying, uint64_t words, const struct times *times)
{
    key(keying, PAIR_UNDATED, words, 0);
    if (times->is_wide)
        key(keying, PAIR_AT_ANY_TIME, words, 0);
    each_year(keying, PAIR_IN_YEAR, words, times);
}

static void ask_word(const struct keying *keying, uint64_t word, const struct times *times)
{
    each_day(keying, word, times);
    each_year(keying, WORD_IN_YEAR, word, times);
    if (!times->has_day)
        each_year(keying, WORD_IN_YEAR_ASKED, word, times);
}

static void ask_only_word(const struct keying *keying, uint64_t word, const struct times *times)
{
    ask_word(keying, word, times);
    each_year(keying, ONLY_WORD_IN_YEAR, word, times);
}

void names_ask(const struct name *name, const struct date *born, uint64_t seed, name_key *take,
               void *context)
{
    const struct keying keying = {take, context, seed};
    struct sounds sounds;
    struct times times;
    sounds_of(name, &sounds);
    span_of(born, &times);
    each_pair(&keying, &sounds, &times, ask_pair);
    each_word(&keying, &sounds, &times, sounds.count == 1 ? ask_only_word : ask_word);
}

static void hold_pair(const struct keying *keying, uint64_t words, const struct times *times)
{
    key(keying, PAIR_AT_ANY_TIME, words, 0);
    each_year(keying, PAIR_IN_YEAR, words, times);
}

static void hold_undated(const struct keying *keying, uint64_t words, const struct times *times)
{
    (void)times;
    key(keying, PAIR_UNDATED, words, 0);
}

static void hold_word(const struct keying *keying, uint64_t word, const struct times *times)
{
    each_day(keying, word, times);
    each_year(keying, ONLY_WORD_IN_YEAR, word, times);
    each_year(keying, WORD_IN_YEAR_ASKED, word, times);
    if (!times->has_day)
        each_year(keying, WORD_IN_YEAR, word, times);
}

void names_hold(const struct record *record, uint64_t seed, name_key *take, void *context)
{
    const struct keying keying = {take, context, seed};
    struct times times[DATES_MAX];
    size_t dates = 0;
    const struct field *order = record->definition->order_by;
    for (size_t i = 0; i < record->count && dates < DATES_MAX; i++) {
        const struct field_value *value = &record->values[i];
        if (value->field != order || value->value.type != &type_date)
            continue;
        span_of(date_of(&value->value), &times[dates]);
        add_slips(date_of(&value->value), &times[dates++]);
    }
    for (size_t i = 0; i < record->count; i++) {
        struct sounds sounds;
        if (record->values[i].value.type != &type_name)
            continue;
        sounds_of(name_of(&record->values[i].value), &sounds);
        if (!dates)
            each_pair(&keying, &sounds, NULL, hold_undated);
        for (size_t d = 0; d < dates; d++) {
            each_pair(&keying, &sounds, &times[d], hold_pair);
            each_word(&keying, &sounds, &times[d], hold_word);
        }
    }
}

/* ---- comparing ---- */

bool names_agree(const struct frequencies *frequencies, str asked, const struct record *record,
                 struct arena *arena)
{
    const struct name_frequency frequency = {.bits = frequencies_bits, .context = frequencies};
    struct name *name;
    if (name_parse_text(asked, arena, &name) != OK) {
        err_clear();
        return false;
    }
    for (size_t i = 0; i < record->count; i++) {
        struct name_match match;
        if (record->values[i].value.type != &type_name)
            continue;
        name_match(name, name_of(&record->values[i].value), &frequency, &match);
        if (match.is_whole || match.bits >= NAME_LEAST_BITS)
            return true;
    }
    return false;
}
