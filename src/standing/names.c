/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names asked backwards. A query waits under keys of how its words sound and of the birth date it
 * asks for; a record looks under those of its own. The keys are wider than what a search shows and
 * narrow enough that a record meets a handful of a million queries:
 *
 *   one word, or half of one, that sounds alike,    the other mistyped, married, left out,
 *   born on one day                                 the halves written apart
 *   two words that sound alike, born a slip away    1974-08-12 - 1984-08-12, 1974-12-08
 *   two words with one reading, born in one year    the day another
 *   a name of one word, born in one year
 *
 * A slip is what a search forgives: day and month swapped, a digit of the day, the month or the
 * year wrong, a year beside it. Where one side has no day, the year counts and two words that sound
 * alike; where the record has no date at all, two words with one reading. Who is met is then
 * compared (agree.c).
 */
#include "standing/internal.h"
#include "type/date.h"
#include "type/name.h"

enum { WORDS_MAX = 6, SOUNDS_MAX = 4, YEARS_MAX = 12, DAYS_MAX = 24, DATES_MAX = 8 };

enum space {
    SOUND_ON_DAY = 1,
    SOUNDS_ON_DAY,         /* of two words */
    SOUNDS_IN_YEAR,        /* for records without the day */
    SOUNDS_IN_YEAR_ASKED,  /* asked without the day */
    READING_IN_YEAR_ASKED, /* of one word, asked without the day */
    READINGS_IN_YEAR,      /* of two words */
    READINGS_UNDATED,      /* for records without a date */
    READINGS_AT_ANY_TIME,  /* asked with a span of many years */
    ONLY_SOUND_IN_YEAR,
};

/* ---- words ---- */

struct codes {
    uint32_t items[SOUNDS_MAX];
    size_t count;
};
struct word_codes {
    struct codes sounds, readings;
};
struct words {
    struct word_codes items[WORDS_MAX];
    struct codes pieces; /* sounds of the halves of words that fall in two */
    size_t count;
};

static void add_code(struct codes *codes, uint32_t code)
{
    for (size_t i = 0; i < codes->count; i++)
        if (codes->items[i] == code)
            return;
    if (codes->count < SOUNDS_MAX)
        codes->items[codes->count++] = code;
}

/* The main sound of each reading first: there are often more than are kept. */
static void codes_of(const struct name_token *token, struct word_codes *ret)
{
    uint32_t found[NAME_READING_MAX][SKELETON_MAX];
    size_t counts[NAME_READING_MAX];
    *ret = (struct word_codes){.sounds = {.count = 0}};
    for (size_t i = 0; i < token->reading_count; i++) {
        counts[i] = skeletons_of(token->readings[i], found[i]);
        add_code(&ret->readings, (uint32_t)hash64(token->readings[i], 1));
    }
    for (size_t k = 0; k < SKELETON_MAX; k++)
        for (size_t i = 0; i < token->reading_count; i++)
            if (k < counts[i])
                add_code(&ret->sounds, found[i][k]);
}

static void add_pieces(const struct name_token *token, struct codes *pieces)
{
    for (int second = 0; second < 2; second++) {
        uint32_t found[SKELETON_MAX];
        str piece = piece_reading(token, 0, second);
        if (piece.len && skeletons_of(piece, found) > 0)
            add_code(pieces, found[0]);
    }
}

static void words_of(const struct name *name, struct words *ret)
{
    ret->count = ret->pieces.count = 0;
    for (size_t i = 0; i < name->count && ret->count < WORDS_MAX; i++) {
        const struct name_token *token = &name->tokens[i];
        bool is_word = token->role == NAME_PLAIN || token->role == NAME_GIVEN ||
                       token->role == NAME_FAMILY || token->role == NAME_PATRONYMIC;
        if (!is_word)
            continue;
        add_pieces(token, &ret->pieces);
        codes_of(token, &ret->items[ret->count++]);
    }
}

/* ---- dates ---- */

struct times {
    int32_t years[YEARS_MAX + 2], days[DAYS_MAX];
    size_t year_count, day_count;
    size_t sure_count; /* of the days: as written, or with day and month swapped */
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
    ret->sure_count = ret->day_count;
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
    add_number(times->years, &times->year_count, max, year + 1);
    add_number(times->years, &times->year_count, max, year - 1);
    if (!times->has_day)
        return;
    add_day(times, year, day.day, day.month);
    times->sure_count = times->day_count;
    add_day(times, swapped, day.month, day.day);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        add_day(times, year + steps[i], day.month, day.day);
        add_day(times, year, day.month, day.day + steps[i]);
        add_day(times, year, day.month + steps[i], day.day);
    }
    add_day(times, year, day.month, day.day % 10 * 10 + day.day / 10);
}

/* ---- keys ---- */

static void key(const struct name_keying *keying, enum space space, uint64_t words, int32_t time)
{
    uint64_t hash = hash_mix(words, keying->seed + (uint64_t)space);
    keying->take(keying->context, hash_mix(hash, (uint64_t)(uint32_t)time));
}

static void each_year(const struct name_keying *keying, enum space space, uint64_t words,
                      const struct times *times)
{
    for (size_t i = 0; i < times->year_count; i++)
        key(keying, space, words, times->years[i]);
}

static void each_day(const struct name_keying *keying, enum space space, uint64_t words,
                     const struct times *times, size_t count)
{
    for (size_t i = 0; i < count; i++)
        key(keying, space, words, times->days[i]);
}

typedef void key_words(const struct name_keying *keying, uint64_t words, const struct times *times);

static void each_of_two(const struct name_keying *keying, const struct codes *one,
                        const struct codes *other, const struct times *times, key_words *make)
{
    for (size_t a = 0; a < one->count; a++)
        for (size_t b = 0; b < other->count; b++) {
            uint32_t x = one->items[a], y = other->items[b];
            uint64_t low = x < y ? x : y, high = x < y ? y : x;
            make(keying, low << 32 | high, times);
        }
}

static void each_pair(const struct name_keying *keying, const struct words *words,
                      const struct times *times, key_words *sounds, key_words *readings)
{
    for (size_t i = 0; i < words->count; i++)
        for (size_t k = i + 1; k < words->count; k++) {
            const struct word_codes *one = &words->items[i], *other = &words->items[k];
            each_of_two(keying, &one->readings, &other->readings, times, readings);
            if (sounds)
                each_of_two(keying, &one->sounds, &other->sounds, times, sounds);
        }
}

static void each_word(const struct name_keying *keying, const struct words *words,
                      const struct times *times, key_words *make)
{
    for (size_t i = 0; i < words->count; i++)
        for (size_t a = 0; a < words->items[i].sounds.count; a++)
            make(keying, words->items[i].sounds.items[a], times);
}

static void each_piece(const struct name_keying *keying, const struct words *words,
                       const struct times *times, size_t days)
{
    for (size_t i = 0; i < words->pieces.count; i++)
        each_day(keying, SOUND_ON_DAY, words->pieces.items[i], times, days);
}

static void each_reading(const struct name_keying *keying, const struct words *words,
                         const struct times *times)
{
    for (size_t i = 0; i < words->count; i++)
        for (size_t a = 0; a < words->items[i].readings.count; a++)
            each_year(keying, READING_IN_YEAR_ASKED, words->items[i].readings.items[a], times);
}

static void ask_sounds(const struct name_keying *keying, uint64_t words, const struct times *times)
{
    each_day(keying, SOUNDS_ON_DAY, words, times, times->day_count);
    each_year(keying, SOUNDS_IN_YEAR, words, times);
    if (!times->has_day)
        each_year(keying, SOUNDS_IN_YEAR_ASKED, words, times);
}

static void ask_readings(const struct name_keying *keying, uint64_t words,
                         const struct times *times)
{
    key(keying, READINGS_UNDATED, words, 0);
    if (times->is_wide)
        key(keying, READINGS_AT_ANY_TIME, words, 0);
    each_year(keying, READINGS_IN_YEAR, words, times);
}

static void ask_word(const struct name_keying *keying, uint64_t word, const struct times *times)
{
    each_day(keying, SOUND_ON_DAY, word, times, times->day_count);
}

static void ask_only_word(const struct name_keying *keying, uint64_t word,
                          const struct times *times)
{
    ask_word(keying, word, times);
    each_year(keying, ONLY_SOUND_IN_YEAR, word, times);
}

static struct name_keying under(const struct name_keying *keying, uint16_t meaning)
{
    return (struct name_keying){keying->take, keying->context, hash_mix(keying->seed, meaning)};
}

void names_ask(const struct name *name, const struct date *born, uint16_t meaning,
               const struct name_keying *keying)
{
    const struct name_keying here = under(keying, meaning);
    struct words words;
    struct times times;
    words_of(name, &words);
    span_of(born, &times);
    each_pair(&here, &words, &times, ask_sounds, ask_readings);
    each_word(&here, &words, &times, words.count == 1 ? ask_only_word : ask_word);
    each_piece(&here, &words, &times, times.day_count);
    if (!times.has_day)
        each_reading(&here, &words, &times);
}

static void hold_sounds(const struct name_keying *keying, uint64_t words, const struct times *times)
{
    each_day(keying, SOUNDS_ON_DAY, words, times, times->day_count);
    each_year(keying, SOUNDS_IN_YEAR_ASKED, words, times);
    if (!times->has_day)
        each_year(keying, SOUNDS_IN_YEAR, words, times);
}

static void hold_readings(const struct name_keying *keying, uint64_t words,
                          const struct times *times)
{
    key(keying, READINGS_AT_ANY_TIME, words, 0);
    each_year(keying, READINGS_IN_YEAR, words, times);
}

static void hold_undated(const struct name_keying *keying, uint64_t words,
                         const struct times *times)
{
    (void)times;
    key(keying, READINGS_UNDATED, words, 0);
    key(keying, READINGS_AT_ANY_TIME, words, 0);
}

static void hold_word(const struct name_keying *keying, uint64_t word, const struct times *times)
{
    each_day(keying, SOUND_ON_DAY, word, times, times->sure_count);
    each_year(keying, ONLY_SOUND_IN_YEAR, word, times);
}

static size_t times_of(const struct record *record, struct times times[DATES_MAX])
{
    size_t count = 0;
    const struct field *order = record->definition->order_by;
    for (size_t i = 0; i < record->count && count < DATES_MAX; i++) {
        const struct field_value *value = &record->values[i];
        if (value->field != order || value->value.type != &type_date)
            continue;
        span_of(date_of(&value->value), &times[count]);
        add_slips(date_of(&value->value), &times[count++]);
    }
    return count;
}

static void hold_words(const struct name_keying *keying, const struct words *words,
                       const struct times *times, size_t count)
{
    if (!count)
        each_pair(keying, words, NULL, NULL, hold_undated);
    for (size_t d = 0; d < count; d++) {
        each_pair(keying, words, &times[d], hold_sounds, hold_readings);
        each_word(keying, words, &times[d], hold_word);
        each_piece(keying, words, &times[d], times[d].sure_count);
        each_reading(keying, words, &times[d]);
    }
}

void names_hold(const struct record *record, const struct meanings *asked, bool by_meaning,
                const struct name_keying *keying)
{
    struct times times[DATES_MAX];
    size_t dates = times_of(record, times);
    for (size_t i = 0; i < record->count; i++) {
        const struct field_value *value = &record->values[i];
        struct words words = {.count = 0};
        if (value->value.type != &type_name)
            continue;
        for (size_t k = 0; k < asked->count; k++) {
            uint16_t meaning = asked->items[k];
            const struct name_keying here = under(keying, meaning);
            if (by_meaning && meaning != MEANING_ANY && meaning != value->field->meaning_number)
                continue;
            if (words.count == 0)
                words_of(name_of(&value->value), &words);
            hold_words(&here, &words, times, dates);
        }
    }
}
