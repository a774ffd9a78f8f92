/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/costs: see costs.h. A matrix is made once for each pair of scripts: from the table of near
 * sounds below, mixed with what attested pairs of names have shown (codes/romanise/costs.tsv).
 * Vowels are near each other; y and w are near the vowels i and u; h is near nothing at all.
 */
#include "text/costs.h"

#include <pthread.h>

#include "text/tables.h"

/* Sounds taken for each other, between two Latin spellings and across scripts, in bits. */
struct near {
    uint8_t a, b;
    float latin, cross;
};
static const struct near near_sounds[] = {
    // clang-format off
    {Y, I, .2f, .1f}, {W, U, .3f, .1f}, {W, O, .8f, .3f}, {Y, E, 1.f, .5f}, {W, V, .7f, .4f},
    {W, F, 1.5f, 1.f}, {W, B, 2.5f, 1.5f},
    {V, U, 1.5f, .4f}, {V, O, 2.5f, .5f}, {V, B, 1.5f, .5f}, {V, F, 1.f, .5f}, {F, P, 1.7f, .7f},
    {B, P, 1.5f, .8f}, {B, F, 2.5f, 1.5f}, {P, V, 2.5f, 1.5f},
    {J, Y, .9f, .6f}, {J, I, 1.2f, .8f}, {J, ZH, .6f, .4f}, {J, CH, 1.f, .7f}, {J, Z, 1.5f, .7f},
    {J, G, 1.2f, .5f}, {J, H, 1.7f, 1.f}, {J, X, 1.7f, .8f}, {J, SH, 1.7f, 1.f},
    {J, D, 2.5f, 1.3f},
    {ZH, Z, .8f, .5f}, {ZH, SH, 1.f, .7f}, {ZH, S, 1.7f, 1.f},
    {CH, SH, 1.f, .6f}, {CH, TS, 1.f, .6f}, {CH, K, 1.3f, .7f}, {CH, X, 1.f, .5f},
    {CH, H, 1.7f, 1.f}, {CH, T, 2.f, 1.f}, {CH, S, 1.7f, 1.f}, {CH, ZH, 1.5f, 1.f},
    {CH, Z, 2.f, 1.2f},
    {TS, S, 1.f, .6f}, {TS, Z, 1.f, .5f}, {TS, T, 1.7f, 1.f}, {TS, K, 1.7f, 1.f},
    {TS, J, 1.7f, 1.f}, {TS, SH, 1.7f, 1.2f},
    {S, Z, .8f, .4f}, {S, SH, 1.2f, .5f}, {S, K, 1.8f, 1.f}, {S, T, 2.5f, 1.f}, {Z, D, 2.2f, .8f},
    {Z, SH, 1.7f, 1.f}, {Z, T, 2.5f, 1.2f},
    {K, G, 1.5f, .8f}, {K, X, .9f, .5f}, {K, H, 2.2f, 1.3f}, {G, X, 1.3f, .8f}, {G, H, 1.7f, .8f},
    {X, H, .7f, .4f},
    {T, D, 1.5f, .8f}, {L, R, 2.f, .8f}, {M, N, 1.8f, 1.3f},
    // clang-format on
};

#define LATIN_WRONG     3.6f /* one sound for an unrelated one: one name in twelve */
#define CROSS_WRONG     3.6f
#define LATIN_VOWEL     1.2f
#define CROSS_VOWEL     0.7f
#define LATIN_VOWEL_GAP 1.7f
#define CROSS_VOWEL_GAP 0.8f
#define ABJAD_VOWEL_GAP 0.25f
#define LATIN_GAP       3.4f
#define CROSS_GAP       3.2f
#define LEARNED_SCALE   0.6f /* one true pair in ten costs 6 bits or more, one in 33 more than 9 */
#define UNLISTED_BITS   6.f
#define LEARNED_WEIGHT  0.5f
#define WEAK_GAP        1.2f
#define CROSS_WEAK_GAP  0.6f

/*
 * Those of the scripts stand for Latin against the script, and again for the script against Latin;
 * PROFILE_LATIN is for two words of one script, PROFILE_CROSS and PROFILE_ABJAD for two others.
 */
enum { PROFILE_LATIN = NAME_OTHER + 1, PROFILE_CROSS, PROFILE_ABJAD, PROFILE_COUNT };
static struct sound_costs profiles[PROFILE_COUNT]; /* first by enum name_script */
static struct sound_costs turned[NAME_OTHER + 1];  /* the same, rows for columns */
static struct letter_costs letters;
static pthread_once_t costs_once = PTHREAD_ONCE_INIT;

static const char *const sound_words[SOUND_COUNT] = {"-", "a", "e", "i",  "o",  "u",  "y", "w",
                                                     "h", "p", "b", "f",  "v",  "m",  "n", "t",
                                                     "d", "s", "z", "sh", "zh", "ch", "j", "ts",
                                                     "k", "g", "x", "l",  "r"};

const char *sound_word(uint8_t sound)
{
    return sound < SOUND_COUNT ? sound_words[sound] : "-";
}

static bool is_abjad(enum name_script script)
{
    return script == NAME_ARABIC || script == NAME_HEBREW;
}

static uint8_t units_of(float bits)
{
    float units = bits * COST_UNITS + 0.5f;
    return units < COST_UNITS_MAX ? (uint8_t)units : COST_UNITS_MAX;
}

static void profile_make(struct sound_costs *profile, bool is_cross, float vowel_gap)
{
    for (uint8_t i = 1; i < SOUND_COUNT; i++) {
        for (uint8_t j = 1; j < SOUND_COUNT; j++) {
            /* NOLINTNEXTLINE(bugprone-branch-clone): two weights that happen to be equal */
            float cost = is_cross ? CROSS_WRONG : LATIN_WRONG;
            if (i == j)
                cost = 0;
            else if (is_vowel(i) && is_vowel(j))
                cost = is_cross ? CROSS_VOWEL : LATIN_VOWEL;
            profile->step[i][j] = units_of(cost);
        }
        float gap = is_vowel(i) ? vowel_gap : is_cross ? CROSS_GAP : LATIN_GAP;
        if (i == H || i == Y || i == W)
            gap = is_cross ? CROSS_WEAK_GAP : WEAK_GAP;
        profile->step[i][0] = profile->step[0][i] = units_of(gap);
    }
    for (size_t i = 0; i < COUNT_OF(near_sounds); i++) {
        const struct near *near = &near_sounds[i];
        uint8_t cost = units_of(is_cross ? near->cross : near->latin);
        profile->step[near->a][near->b] = profile->step[near->b][near->a] = cost;
    }
    for (uint8_t i = 1; i < SOUND_COUNT; i++)
        profile->first[0][i] = profile->first[1][i] = profile->step[i][0];
}

static bool script_of(str word, enum name_script *ret)
{
    for (enum name_script s = NAME_LATIN; s <= NAME_OTHER; s++) {
        if (str_eq_c(word, name_script_word(s))) {
            *ret = s;
            return true;
        }
    }
    return false;
}

static bool sound_of_word(str word, bool *ret_first, uint8_t *ret)
{
    *ret_first = str_starts(word, S("^"));
    for (uint8_t i = 0; i < SOUND_COUNT; i++) {
        if (str_eq_c(str_from(word, *ret_first), sound_words[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static uint8_t blend(uint8_t built_in, float learned)
{
    return units_of((1 - LEARNED_WEIGHT) * (float)built_in / COST_UNITS +
                    LEARNED_WEIGHT * LEARNED_SCALE * learned);
}

/* The learned rows mixed with the built-in figures; what a script has no row for is rare in it. */
static void costs_parse(void)
{
    bool is_learned[NAME_OTHER + 1] = {false};
    str rest = table_text(TABLE_COSTS), line, cells[4];
    while (table_line(&rest, &line)) {
        enum name_script script;
        uint8_t latin, native;
        bool is_first_latin, is_first_native;
        double bits;
        for (size_t i = 0; i < 4; i++)
            ensure(str_split(&line, '\t', &cells[i]));
        ensure(script_of(cells[0], &script) && sound_of_word(cells[1], &is_first_latin, &latin) &&
               sound_of_word(cells[2], &is_first_native, &native) &&
               str_to_double(cells[3], &bits));
        struct sound_costs *profile = &profiles[script], built_in = {0};
        profile_make(&built_in, true, is_abjad(script) ? ABJAD_VOWEL_GAP : CROSS_VOWEL_GAP);
        for (size_t i = 0; i < SOUND_COUNT && !is_learned[script]; i++) {
            for (size_t j = 0; j < SOUND_COUNT; j++)
                profile->step[i][j] = blend(profile->step[i][j], UNLISTED_BITS);
        }
        is_learned[script] = true;
        if (is_first_latin || is_first_native)
            profile->first[is_first_native][is_first_native ? native : latin] =
                blend(built_in.first[is_first_native][is_first_native ? native : latin],
                      (float)bits);
        else
            profile->step[latin][native] = blend(built_in.step[latin][native], (float)bits);
    }
}

static void profile_turn(enum name_script script)
{
    for (size_t i = 0; i < CODE_COUNT; i++) {
        for (size_t j = 0; j < CODE_COUNT; j++)
            turned[script].step[i][j] = profiles[script].step[j][i];
        turned[script].first[0][i] = profiles[script].first[1][i];
        turned[script].first[1][i] = profiles[script].first[0][i];
    }
}

static void gap_find(struct sound_costs *costs)
{
    costs->least_gap = COST_UNITS_MAX;
    for (size_t i = 1; i < SOUND_COUNT; i++) {
        const uint8_t gaps[] = {costs->step[i][0], costs->step[0][i], costs->first[0][i],
                                costs->first[1][i]};
        for (size_t k = 0; k < COUNT_OF(gaps); k++)
            costs->least_gap = gaps[k] < costs->least_gap ? gaps[k] : costs->least_gap;
    }
}

static void gaps_find(void)
{
    for (size_t i = 0; i < PROFILE_COUNT; i++)
        gap_find(&profiles[i]);
    for (enum name_script s = NAME_CYRILLIC; s <= NAME_OTHER; s++)
        gap_find(&turned[s]);
}

/* ---- letters ---- */

#define LETTER_WRONG_BITS 3.5f
#define LETTER_VOWEL_BITS 2.4f /* a vowel for a vowel */
static const struct misread_pair {
    char first, second, one;
} misread_pairs[] = {
    {'r', 'n', 'm'}, {'v', 'v', 'w'}, {'c', 'l', 'd'},
    {'i', 'i', 'u'}, {'n', 'n', 'm'}, {'l', 'i', 'h'},
};

static bool is_vowel_letter(char c)
{
    return strchr("aeiouy", c) != NULL;
}

static void letters_make(void)
{
    static const char misread[][2] = {"ce", "il", "uv", "bg", "ij", "hn"};
    for (char a = 'a'; a <= 'z'; a++) {
        for (char b = 'a'; b <= 'z'; b++) {
            float bits =
                is_vowel_letter(a) && is_vowel_letter(b) ? LETTER_VOWEL_BITS : LETTER_WRONG_BITS;
            letters.wrong[a & CODE_MASK][b & CODE_MASK] = a == b ? 0 : units_of(bits);
        }
    }
    for (size_t i = 0; i < COUNT_OF(misread); i++) {
        int one = misread[i][0] & CODE_MASK, other = misread[i][1] & CODE_MASK;
        letters.wrong[one][other] = letters.wrong[other][one] = LETTER_MISREAD;
    }
    for (size_t i = 0; i < COUNT_OF(misread_pairs); i++) {
        const struct misread_pair *pair = &misread_pairs[i];
        letters.one_of[pair->first & CODE_MASK][pair->second & CODE_MASK] = pair->one & CODE_MASK;
    }
}

static void costs_make(void)
{
    profile_make(&profiles[PROFILE_LATIN], false, LATIN_VOWEL_GAP);
    profile_make(&profiles[PROFILE_CROSS], true, CROSS_VOWEL_GAP);
    profile_make(&profiles[PROFILE_ABJAD], true, ABJAD_VOWEL_GAP);
    for (enum name_script s = NAME_CYRILLIC; s <= NAME_OTHER; s++)
        profile_make(&profiles[s], true, is_abjad(s) ? ABJAD_VOWEL_GAP : CROSS_VOWEL_GAP);
    costs_parse();
    for (enum name_script s = NAME_CYRILLIC; s <= NAME_OTHER; s++)
        profile_turn(s);
    gaps_find();
    letters_make();
}

const struct letter_costs *letter_costs(void)
{
    pthread_once(&costs_once, costs_make);
    return &letters;
}

const struct sound_costs *sound_costs_of(enum name_script one, enum name_script other)
{
    pthread_once(&costs_once, costs_make);
    if (one == other)
        return &profiles[PROFILE_LATIN];
    if (one == NAME_LATIN)
        return &profiles[other];
    if (other == NAME_LATIN)
        return &turned[one];
    return &profiles[is_abjad(one) || is_abjad(other) ? PROFILE_ABJAD : PROFILE_CROSS];
}

float sound_step(enum name_script script, uint8_t latin, uint8_t native, bool is_first)
{
    const struct sound_costs *costs = sound_costs_of(NAME_LATIN, script);
    uint8_t units = costs->step[latin][native];
    if (is_first && (latin == 0 || native == 0))
        units = costs->first[latin == 0][latin ? latin : native];
    return (float)units / COST_UNITS;
}

void sound_step_set(enum name_script script, uint8_t latin, uint8_t native, bool is_first,
                    float bits)
{
    struct sound_costs *costs = &profiles[sound_costs_of(NAME_LATIN, script) - profiles];
    if (is_first)
        costs->first[latin == 0][latin ? latin : native] = units_of(bits);
    else
        costs->step[latin][native] = units_of(bits);
    if (script != NAME_LATIN)
        profile_turn(script);
    gaps_find();
}

/* ---- one pair of words ---- */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned sound_cost(const struct sound *a, enum name_script script_a, const struct sound *b,
                    enum name_script script_b, unsigned limit)
{
    const struct sound_costs *costs = sound_costs_of(script_a, script_b);
    unsigned row[SOUND_MAX + 1], gaps[SOUND_MAX + 1];
    row[0] = 0;
    for (size_t j = 1; j <= b->count; j++) {
        gaps[j] = (j == 1 ? costs->first[1] : costs->step[0])[b->codes[j - 1] & CODE_MASK];
        row[j] = row[j - 1] + gaps[j];
    }
    for (size_t i = 1; i <= a->count; i++) {
        const uint8_t *step = costs->step[a->codes[i - 1] & CODE_MASK];
        unsigned gap = i == 1 ? costs->first[0][a->codes[0] & CODE_MASK] : step[0];
        unsigned diagonal = row[0], left = row[0] + gap, least_here = left;
        row[0] = left;
        for (size_t j = 1; j <= b->count; j++) {
            unsigned best = least(diagonal + step[b->codes[j - 1] & CODE_MASK], left + gaps[j]);
            diagonal = row[j];
            row[j] = left = least(best, row[j] + gap);
            least_here = least(least_here, left);
        }
        if (least_here > limit)
            return COST_UNITS_MAX;
    }
    return row[b->count] > limit ? COST_UNITS_MAX : row[b->count];
}

unsigned sound_more_cost(enum name_script a, enum name_script b)
{
    return sound_costs_of(a, b)->least_gap;
}

unsigned typo_more_cost(void)
{
    return LETTER_DOUBLE;
}

static unsigned letter_gap(str s, size_t at)
{
    return at > 0 && s.ptr[at] == s.ptr[at - 1] ? LETTER_DOUBLE : LETTER_GAP;
}

/* Cell (i, j) from the two rows above it; rows hold the costs of b's prefixes. */
static unsigned typo_cell(str a, str b, size_t i, size_t j, const unsigned *above2,
                          const unsigned *above, const unsigned *row)
{
    uint8_t one = a.ptr[i - 1] & CODE_MASK, other = b.ptr[j - 1] & CODE_MASK;
    unsigned cost = above[j - 1] + letters.wrong[one][other];
    cost = least(cost, above[j] + letter_gap(a, i - 1));
    cost = least(cost, row[j - 1] + letter_gap(b, j - 1));
    if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
        cost = least(cost, above2[j - 2] + LETTER_SWAP);
    if (i > 1 && letters.one_of[a.ptr[i - 2] & CODE_MASK][one] == other)
        cost = least(cost, above2[j - 1] + LETTER_MISREAD);
    if (j > 1 && letters.one_of[b.ptr[j - 2] & CODE_MASK][other] == one)
        cost = least(cost, above[j - 2] + LETTER_MISREAD);
    return cost;
}

unsigned typo_cost(str a, str b, unsigned limit)
{
    enum { ROW = NAME_WORD_MAX + 1 };
    a = str_slice(a, 0, NAME_WORD_MAX);
    b = str_slice(b, 0, NAME_WORD_MAX);
    size_t difference = a.len > b.len ? a.len - b.len : b.len - a.len;
    if (difference * LETTER_DOUBLE > limit)
        return COST_UNITS_MAX;
    unsigned rows[3][ROW], least_before = 0;
    pthread_once(&costs_once, costs_make);
    rows[0][0] = 0;
    for (size_t j = 1; j <= b.len; j++)
        rows[0][j] = rows[0][j - 1] + letter_gap(b, j - 1);
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3], least_here;
        const unsigned *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = least_here = above[0] + letter_gap(a, i - 1);
        for (size_t j = 1; j <= b.len; j++) {
            row[j] = typo_cell(a, b, i, j, above2, above, row);
            least_here = least(least_here, row[j]);
        }
        if (least_here > limit && least_before > limit)
            return COST_UNITS_MAX;
        least_before = least_here;
    }
    unsigned cost = rows[a.len % 3][b.len];
    return cost > limit ? COST_UNITS_MAX : cost;
}
