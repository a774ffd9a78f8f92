/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/near: see near.h. Both alignments are those of costs.c, turned so that a vector holds one
 * cell of thirty-two words:
 *
 *              lane 0   lane 1  ...  lane 31       a vector each
 *   place 0      i        m            i           <- letters[0], sounds[0]
 *   place 1      v        a            o
 *   ...
 *   counts       4        5            4           where a lane's last cell is
 *
 * To turn the forms so costs as much as an alignment does, so that it is done once for all readings
 * that the lanes are asked: struct near_columns holds the counts and sounds, then the letters
 * (behind a column of none), where they end, what a gap costs at each place, and what letter a
 * place and the one before it may be misread as.
 *
 * The cost of a sound or letter of the word asked for those of a place is looked up in its row of
 * 32 costs by two byte shuffles, for the lower and the upper 16: an index with its high bit set
 * gives 0, so that the two can be put together. Sums saturate at 255, which is beyond every limit;
 * what lies behind a lane's end is computed and not used.
 */
#include "text/near.h"

#include "text/costs.h"

bool near_form_make(str reading, const struct sound *sound, struct near_form *ret)
{
    bool is_short = reading.len <= NEAR_LENGTH && sound->count <= NEAR_LENGTH;
    *ret =
        (struct near_form){.sound_count = sound->count < NEAR_LENGTH ? sound->count : NEAR_LENGTH};
    memcpy(ret->sounds, sound->codes, ret->sound_count);
    memcpy(ret->letters, reading.ptr, reading.len < NEAR_LENGTH ? reading.len : NEAR_LENGTH);
    return is_short;
}

/* ---- lane by lane ---- */

static uint8_t units_add(unsigned a, unsigned b)
{
    return a + b < COST_UNITS_MAX ? (uint8_t)(a + b) : COST_UNITS_MAX;
}

void near_costs_plain(const struct word *asked, size_t reading, enum name_script script,
                      const struct near_lanes *lanes, struct near_result *ret)
{
    enum { LIMIT = COST_UNITS_MAX - 1 };
    unsigned variant = reading > 0 ? WORD_VARIANT : 0;
    for (size_t lane = 0; lane < lanes->count; lane++) {
        const struct near_form *form = &lanes->forms[lane];
        str held = near_form_letters(form);
        struct sound sound = {.count = form->sound_count};
        memcpy(sound.codes, form->sounds, sizeof form->sounds);
        unsigned cost = 0;
        ret->channels[lane] = NAME_BY_READING;
        if (!str_eq(asked->readings[reading], held)) {
            ret->channels[lane] = NAME_BY_SOUND;
            cost = sound_cost(asked->sounds[reading], asked->script, &sound, script, LIMIT);
            if (asked->script == script) {
                unsigned typed = typo_cost(asked->readings[reading], held, LIMIT);
                cost = units_add(cost, WORD_SPELLED);
                if (typed < cost) {
                    ret->channels[lane] = NAME_BY_TYPO;
                    cost = typed;
                }
            }
        }
        ret->costs[lane] = units_add(cost, variant);
    }
}

#if defined(__x86_64__)

/* ---- all lanes at once ---- */

#    include <immintrin.h>

#    define AVX2  __attribute__((target("avx2")))
#    define WIDE  __m256i
#    define LOOSE __m256i_u /* wherever it lies */

AVX2 static inline WIDE wide(unsigned value)
{
    return _mm256_set1_epi8((char)value);
}
AVX2 static inline WIDE where(WIDE mask, WIDE yes, WIDE no)
{
    return _mm256_blendv_epi8(no, yes, mask);
}
AVX2 static inline WIDE least(WIDE a, WIDE b)
{
    return _mm256_min_epu8(a, b);
}
AVX2 static inline WIDE sum(WIDE a, WIDE b)
{
    return _mm256_adds_epu8(a, b);
}
AVX2 static inline WIDE same(WIDE a, WIDE b)
{
    return _mm256_cmpeq_epi8(a, b);
}

/* Codes of a place as two indices, of which one is out of range. */
struct place {
    WIDE low, high;
};
struct row {
    WIDE low, high;
};
AVX2 static inline struct place place_of(WIDE codes)
{
    WIDE is_high = _mm256_cmpgt_epi8(codes, wide(15));
    return (struct place){_mm256_or_si256(codes, is_high),
                          _mm256_or_si256(_mm256_and_si256(codes, wide(15)),
                                          _mm256_andnot_si256(is_high, wide(0x80)))};
}
AVX2 static inline WIDE code_of(WIDE bytes)
{
    return _mm256_and_si256(bytes, wide(CODE_MASK));
}
AVX2 static inline struct row row_of(const uint8_t costs[CODE_COUNT])
{
    return (struct row){_mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)costs)),
                        _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)(costs + 16)))};
}
AVX2 static inline WIDE look(struct row row, struct place place)
{
    return _mm256_or_si256(_mm256_shuffle_epi8(row.low, place.low),
                           _mm256_shuffle_epi8(row.high, place.high));
}

/*
 * Columns of sixteen bytes of each lane. One round puts the bytes of rows i and i + 8 side by side:
 * that turns the place of a byte, four bits of row and four of column, by one bit; four rounds
 * make rows of columns.
 */
AVX2 static void turn(const uint8_t *first, LOOSE *ret)
{
    WIDE columns[16], other[16], *from = columns, *to = other;
    for (size_t i = 0; i < 16; i++) {
        const uint8_t *row = first + i * sizeof(struct near_form);
        const uint8_t *second = row + 16 * sizeof(struct near_form);
        columns[i] =
            _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)row)),
                                    _mm_loadu_si128((const void *)second), 1);
    }
    for (size_t round = 0; round < 4; round++) {
        for (size_t i = 0; i < 8; i++) {
            to[2 * i] = _mm256_unpacklo_epi8(from[i], from[i + 8]);
            to[2 * i + 1] = _mm256_unpackhi_epi8(from[i], from[i + 8]);
        }
        WIDE *kept = from;
        from = to;
        to = kept;
    }
    memcpy(ret, from, sizeof columns);
}

/* Each lane's cell at its own end. */
AVX2 static WIDE at_ends(const WIDE *row, size_t longest, WIDE ends)
{
    WIDE found = row[0];
    for (size_t j = 1; j <= longest; j++)
        found = where(same(ends, wide((unsigned)j)), row[j], found);
    return found;
}

enum { HAS_SOUNDS = 1, HAS_LETTERS = 2, HAS_PLACES = 4 };
enum { /* columns */
       SOUNDS = 0,
       LETTERS = NEAR_LENGTH + 1,
       ENDS = LETTERS + NEAR_LENGTH + 2,
       GAPS = ENDS + 1,
       ONES = GAPS + NEAR_LENGTH + 1,
};
_Static_assert(ONES + NEAR_LENGTH + 1 <= NEAR_COLUMNS, "columns have room");

AVX2 static inline LOOSE *columns_at(struct near_lanes *lanes, size_t column)
{
    return (LOOSE *)(void *)lanes->columns.at[column];
}

AVX2 static const LOOSE *sounds_of(struct near_lanes *lanes)
{
    LOOSE *columns = columns_at(lanes, SOUNDS);
    if (lanes->columns.ready & HAS_SOUNDS)
        return columns;
    turn(&lanes->forms[0].sound_count, columns);
    for (size_t j = 1; j <= lanes->sounds_max; j++)
        columns[j] = code_of(columns[j]);
    lanes->columns.ready |= HAS_SOUNDS;
    return columns;
}

AVX2 static WIDE sounds_apart(const struct sound *asked, const struct sound_costs *costs,
                              struct near_lanes *lanes)
{
    struct place places[NEAR_LENGTH + 1];
    WIDE gaps[NEAR_LENGTH + 1], row[NEAR_LENGTH + 1];
    const LOOSE *columns = sounds_of(lanes);
    size_t longest = lanes->sounds_max;
    row[0] = wide(0);
    for (size_t j = 1; j <= longest; j++) {
        places[j] = place_of(columns[j]);
        gaps[j] = look(row_of(j == 1 ? costs->first[1] : costs->step[0]), places[j]);
        row[j] = sum(row[j - 1], gaps[j]);
    }
    for (size_t i = 0; i < asked->count; i++) {
        unsigned code = asked->codes[i] & CODE_MASK;
        struct row step = row_of(costs->step[code]);
        WIDE gap = wide(i == 0 ? costs->first[0][code] : costs->step[code][0]);
        WIDE diagonal = row[0], left = row[0] = sum(row[0], gap);
        for (size_t j = 1; j <= longest; j++) {
            WIDE above = row[j];
            left = least(least(sum(diagonal, look(step, places[j])), sum(left, gaps[j])),
                         sum(above, gap));
            row[j] = left;
            diagonal = above;
        }
    }
    return at_ends(row, longest, columns[0]);
}

/* The letter that a place and the one before it are read as; 0: none. */
AVX2 static WIDE one_of(WIDE before, WIDE here)
{
    static const char pairs[][3] = {"rn", "vv", "cl", "ii", "nn", "li"};
    const struct letter_costs *costs = letter_costs();
    WIDE found = wide(0);
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        unsigned first = pairs[i][0] & CODE_MASK, second = pairs[i][1] & CODE_MASK;
        WIDE is_pair = _mm256_and_si256(same(before, wide(first)), same(here, wide(second)));
        found =
            _mm256_or_si256(found, _mm256_and_si256(is_pair, wide(costs->one_of[first][second])));
    }
    return found;
}

struct letter_places {
    struct place places[NEAR_LENGTH + 1];
    WIDE ends;
    const LOOSE *letters, *gaps, *ones;
    size_t longest;
};

/* The letters of all lanes; places from 1 to the longest lane's end. */
AVX2 static void letters_turn(struct near_lanes *lanes)
{
    WIDE is_letter = wide(UINT8_MAX), ends = wide(0);
    LOOSE *letters = columns_at(lanes, LETTERS);
    size_t longest = 0;
    letters[0] = wide(0);
    turn(lanes->forms[0].letters, letters + 1);
    for (; longest < NEAR_LENGTH; longest++) {
        is_letter = _mm256_andnot_si256(same(letters[longest + 1], wide(0)), is_letter);
        if (_mm256_testz_si256(is_letter, is_letter))
            break;
        ends = sum(ends, _mm256_and_si256(is_letter, wide(1)));
        letters[longest + 1] = code_of(letters[longest + 1]);
    }
    *columns_at(lanes, ENDS) = ends;
    lanes->columns.letters_max = (uint8_t)longest;
    lanes->columns.ready |= HAS_LETTERS;
}

AVX2 static void letters_of(struct near_lanes *lanes, struct letter_places *ret)
{
    if (!(lanes->columns.ready & HAS_LETTERS))
        letters_turn(lanes);
    ret->letters = columns_at(lanes, LETTERS);
    ret->gaps = columns_at(lanes, GAPS);
    ret->ones = columns_at(lanes, ONES);
    ret->ends = *columns_at(lanes, ENDS);
    ret->longest = lanes->columns.letters_max;
}

AVX2 static void letter_places(struct near_lanes *lanes, struct letter_places *held)
{
    LOOSE *gaps = columns_at(lanes, GAPS), *ones = columns_at(lanes, ONES);
    for (size_t j = 1; j <= held->longest; j++)
        held->places[j] = place_of(held->letters[j]);
    if (lanes->columns.ready & HAS_PLACES)
        return;
    for (size_t j = 1; j <= held->longest; j++) {
        WIDE here = held->letters[j], before = held->letters[j - 1];
        gaps[j] = where(same(here, before), wide(LETTER_DOUBLE), wide(LETTER_GAP));
        ones[j] = one_of(before, here);
    }
    lanes->columns.ready |= HAS_PLACES;
}

struct letter_rows {
    const WIDE *above2, *above;
    WIDE *row;
};

/* One letter asked, `one`, after `before` (0: it is the first). */
AVX2 static void letter_row(const struct letter_places *held, unsigned before, unsigned one,
                            struct letter_rows rows)
{
    const struct letter_costs *costs = letter_costs();
    struct row wrong = row_of(costs->wrong[one]);
    WIDE gap = wide(before == one ? LETTER_DOUBLE : LETTER_GAP), one_wide = wide(one);
    WIDE before_wide = wide(before), misread = wide(costs->one_of[before][one]);
    rows.row[0] = sum(rows.above[0], gap);
    for (size_t j = 1; j <= held->longest; j++) {
        WIDE cost = sum(rows.above[j - 1], look(wrong, held->places[j]));
        cost = least(cost, sum(rows.above[j], gap));
        cost = least(cost, sum(rows.row[j - 1], held->gaps[j]));
        if (j > 1) {
            WIDE is_swap = _mm256_and_si256(same(held->letters[j - 1], one_wide),
                                            same(held->letters[j], before_wide));
            WIDE swap = sum(rows.above2[j - 2], wide(LETTER_SWAP));
            cost = where(is_swap, least(cost, swap), cost);
            WIDE pair = sum(rows.above[j - 2], wide(LETTER_MISREAD));
            cost = where(same(held->ones[j], one_wide), least(cost, pair), cost);
        }
        if (costs->one_of[before][one]) {
            WIDE pair = sum(rows.above2[j - 1], wide(LETTER_MISREAD));
            cost = where(same(held->letters[j], misread), least(cost, pair), cost);
        }
        rows.row[j] = cost;
    }
}

AVX2 static WIDE letters_apart(str asked, struct near_lanes *lanes, struct letter_places *held)
{
    WIDE rows[3][NEAR_LENGTH + 1];
    letter_places(lanes, held);
    rows[0][0] = wide(0);
    for (size_t j = 1; j <= held->longest; j++)
        rows[0][j] = sum(rows[0][j - 1], held->gaps[j]);
    for (size_t j = 0; j <= held->longest; j++)
        rows[2][j] = wide(COST_UNITS_MAX);
    for (size_t i = 1; i <= asked.len; i++) {
        unsigned before = i > 1 ? asked.ptr[i - 2] & CODE_MASK : 0;
        letter_row(held, before, asked.ptr[i - 1] & CODE_MASK,
                   (struct letter_rows){rows[(i + 1) % 3], rows[(i + 2) % 3], rows[i % 3]});
    }
    return at_ends(rows[asked.len % 3], held->longest, held->ends);
}

AVX2 static WIDE equal_readings(str asked, const struct letter_places *held)
{
    WIDE equal = same(held->ends, wide((unsigned)asked.len));
    for (size_t i = 0; i < asked.len && i < held->longest; i++)
        equal = _mm256_and_si256(equal, same(held->letters[i + 1], wide(asked.ptr[i] & CODE_MASK)));
    return equal;
}

AVX2 static void near_costs_wide(const struct word *asked, size_t reading, enum name_script script,
                                 struct near_lanes *lanes, struct near_result *ret)
{
    str letters = asked->readings[reading];
    WIDE cost = sounds_apart(asked->sounds[reading], sound_costs_of(asked->script, script), lanes);
    struct letter_places held;
    letters_of(lanes, &held);
    WIDE channel = wide(NAME_BY_SOUND), equal = equal_readings(letters, &held);
    if (asked->script == script) {
        WIDE typed = letters_apart(letters, lanes, &held);
        cost = sum(cost, wide(WORD_SPELLED));
        WIDE both = least(cost, typed);
        channel = where(same(both, cost), channel, wide(NAME_BY_TYPO));
        cost = both;
    }
    cost = sum(_mm256_andnot_si256(equal, cost), wide(reading > 0 ? WORD_VARIANT : 0));
    channel = where(equal, wide(NAME_BY_READING), channel);
    _mm256_storeu_si256((void *)ret->costs, cost);
    _mm256_storeu_si256((void *)ret->channels, channel);
}

void near_costs(const struct word *asked, size_t reading, enum name_script script,
                struct near_lanes *lanes, struct near_result *ret)
{
    if (__builtin_cpu_supports("avx2"))
        near_costs_wide(asked, reading, script, lanes, ret);
    else
        near_costs_plain(asked, reading, script, lanes, ret);
}

#else

void near_costs(const struct word *asked, size_t reading, enum name_script script,
                struct near_lanes *lanes, struct near_result *ret)
{
    near_costs_plain(asked, reading, script, lanes, ret);
}

#endif
