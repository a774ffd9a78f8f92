/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/sound: see sound.h.
 *
 * The spelling table is read left to right, longest spelling first; one table serves all
 * languages, because a police list seldom says which language's rules a name was written by.
 * Where two languages disagree ("ch", "j", "w", "c") the table takes the commonest sound and the
 * cost matrix makes the other one cheap.
 *
 * Sounds fall into classes; the cost of one for another is looked up in a matrix made once, from
 * the table of near sounds below. Vowels are near each other; y and w are near the vowels i and
 * u; h is near nothing at all.
 *
 * The edit distances are the usual quadratic ones over at most 31 sounds, given up as soon as a
 * whole row is beyond the limit; measured at 0.1 to 0.3 microseconds for words of 7 letters.
 */
#include "text/sound.h"

#include <pthread.h>

#include "text/tables.h"

enum {
    NO_SOUND,
    A,
    E,
    I,
    O,
    U, /* vowels: keep first, keep together */
    Y,
    W,
    H,
    P,
    B,
    F,
    V,
    M,
    N,
    T,
    D,
    S,
    Z,
    SH,
    ZH,
    CH,
    J,
    TS,
    K,
    G,
    X,
    L,
    R,
    SOUND_COUNT
};

_Static_assert((int)SOUND_COUNT == (int)SOUND_CODES, "sound.h says how many");

struct spelling {
    const char *letters;
    uint8_t sounds[2];
};
/* Longest first within a first letter. */
static const struct spelling spellings[] = {
    // clang-format off
    {"ai", {A, I}}, {"ae", {E, 0}}, {"a", {A, 0}},
    {"b", {B, 0}},
    {"chh", {CH, 0}}, {"ch", {CH, 0}}, {"cz", {CH, 0}}, {"ck", {K, 0}}, {"ce", {S, E}},
    {"ci", {S, I}},
    {"cy", {S, I}}, {"c", {K, 0}},
    {"dsch", {J, 0}}, {"dge", {J, 0}}, {"dzh", {J, 0}}, {"dj", {J, 0}}, {"dz", {Z, 0}},
    {"dh", {D, 0}}, {"d", {D, 0}},
    {"ee", {I, 0}}, {"ea", {I, 0}}, {"eo", {O, 0}}, {"eu", {U, 0}}, {"e", {E, 0}},
    {"f", {F, 0}},
    {"gh", {G, 0}}, {"g", {G, 0}},
    {"h", {H, 0}},
    {"ie", {I, 0}}, {"ij", {I, 0}}, {"i", {I, 0}},
    {"j", {J, 0}},
    {"kh", {X, 0}}, {"k", {K, 0}},
    {"l", {L, 0}}, {"m", {M, 0}}, {"n", {N, 0}},
    {"oo", {U, 0}}, {"ou", {U, 0}}, {"oe", {E, 0}}, {"o", {O, 0}},
    {"ph", {F, 0}}, {"p", {P, 0}},
    {"qu", {K, 0}}, {"q", {K, 0}},
    {"rh", {R, 0}}, {"r", {R, 0}},
    {"schtsch", {SH, CH}}, {"shch", {SH, CH}}, {"sch", {SH, 0}}, {"sh", {SH, 0}}, {"sz", {SH, 0}},
    {"s", {S, 0}},
    {"tsch", {CH, 0}}, {"tch", {CH, 0}}, {"tsj", {CH, 0}}, {"ts", {TS, 0}}, {"tz", {TS, 0}},
    {"th", {T, 0}}, {"t", {T, 0}},
    {"ue", {U, 0}}, {"u", {U, 0}},
    {"v", {V, 0}}, {"w", {W, 0}}, {"x", {K, S}},
    {"ya", {Y, A}}, {"ye", {Y, E}}, {"yi", {I, 0}}, {"yo", {Y, O}}, {"yu", {Y, U}}, {"y", {I, 0}},
    {"zh", {ZH, 0}}, {"z", {Z, 0}},
    // clang-format on
};

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
 * Costs of one pair of scripts: [latin][native], 0 being a gap. PROFILE_LATIN is for two words of
 * one script; those of the scripts stand for Latin against the script; PROFILE_CROSS and
 * PROFILE_ABJAD for two others.
 */
enum { TABLE_SIZE = 32, CODE_MASK = TABLE_SIZE - 1 }; /* any byte of a damaged file stays inside */
struct profile {
    float step[TABLE_SIZE][TABLE_SIZE];
    float first[2][TABLE_SIZE]; /* gaps at the start: of the Latin word's sound, of the other's */
};
enum { PROFILE_LATIN = NAME_OTHER + 1, PROFILE_CROSS, PROFILE_ABJAD, PROFILE_COUNT };
static struct profile profiles[PROFILE_COUNT]; /* first by enum name_script */
static pthread_once_t profiles_once = PTHREAD_ONCE_INIT;

static const char *const sound_words[SOUND_COUNT] = {"-", "a", "e", "i",  "o",  "u",  "y", "w",
                                                     "h", "p", "b", "f",  "v",  "m",  "n", "t",
                                                     "d", "s", "z", "sh", "zh", "ch", "j", "ts",
                                                     "k", "g", "x", "l",  "r"};

const char *sound_word(uint8_t sound)
{
    return sound < SOUND_COUNT ? sound_words[sound] : "-";
}

static bool is_vowel(uint8_t sound)
{
    return sound >= A && sound <= U;
}

static bool is_abjad(enum name_script script)
{
    return script == NAME_ARABIC || script == NAME_HEBREW;
}

static void profile_make(struct profile *profile, bool is_cross, float vowel_gap)
{
    for (uint8_t i = 1; i < SOUND_COUNT; i++) {
        for (uint8_t j = 1; j < SOUND_COUNT; j++) {
            /* NOLINTNEXTLINE(bugprone-branch-clone): two weights that happen to be equal */
            float cost = is_cross ? CROSS_WRONG : LATIN_WRONG;
            if (i == j)
                cost = 0;
            else if (is_vowel(i) && is_vowel(j))
                cost = is_cross ? CROSS_VOWEL : LATIN_VOWEL;
            profile->step[i][j] = cost;
        }
        float gap = is_vowel(i) ? vowel_gap : is_cross ? CROSS_GAP : LATIN_GAP;
        if (i == H || i == Y || i == W)
            gap = is_cross ? CROSS_WEAK_GAP : WEAK_GAP;
        profile->step[i][0] = profile->step[0][i] = gap;
    }
    for (size_t i = 0; i < COUNT_OF(near_sounds); i++) {
        const struct near *near = &near_sounds[i];
        float cost = is_cross ? near->cross : near->latin;
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

static float blend(float built_in, float learned)
{
    return (1 - LEARNED_WEIGHT) * built_in + LEARNED_WEIGHT * LEARNED_SCALE * learned;
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
        struct profile *profile = &profiles[script], built_in;
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

static void profiles_make(void)
{
    profile_make(&profiles[PROFILE_LATIN], false, LATIN_VOWEL_GAP);
    profile_make(&profiles[PROFILE_CROSS], true, CROSS_VOWEL_GAP);
    profile_make(&profiles[PROFILE_ABJAD], true, ABJAD_VOWEL_GAP);
    for (enum name_script s = NAME_CYRILLIC; s <= NAME_OTHER; s++)
        profile_make(&profiles[s], true, is_abjad(s) ? ABJAD_VOWEL_GAP : CROSS_VOWEL_GAP);
    costs_parse();
}

static const struct profile *profile_for(enum name_script a, enum name_script b)
{
    pthread_once(&profiles_once, profiles_make);
    if (a == b)
        return &profiles[PROFILE_LATIN];
    if (a == NAME_LATIN || b == NAME_LATIN)
        return &profiles[a == NAME_LATIN ? b : a];
    return &profiles[is_abjad(a) || is_abjad(b) ? PROFILE_ABJAD : PROFILE_CROSS];
}

float sound_step(enum name_script script, uint8_t latin, uint8_t native, bool is_first)
{
    const struct profile *profile = profile_for(NAME_LATIN, script);
    if (is_first && (latin == 0 || native == 0))
        return profile->first[latin == 0][latin ? latin : native];
    return profile->step[latin][native];
}

void sound_step_set(enum name_script script, uint8_t latin, uint8_t native, bool is_first,
                    float bits)
{
    struct profile *profile = &profiles[profile_for(NAME_LATIN, script) - profiles];
    if (is_first)
        profile->first[latin == 0][latin ? latin : native] = bits;
    else
        profile->step[latin][native] = bits;
}

/* First spelling of each letter: the table is in alphabetical order. */
static uint8_t spelling_first[27];
static pthread_once_t spelling_once = PTHREAD_ONCE_INIT;

static void spellings_index(void)
{
    size_t at = 0;
    for (int letter = 0; letter < 26; letter++) {
        while (at < COUNT_OF(spellings) && spellings[at].letters[0] < 'a' + letter)
            at++;
        spelling_first[letter] = (uint8_t)at;
    }
    spelling_first[26] = COUNT_OF(spellings);
}

static const struct spelling *spelling_at(str rest)
{
    unsigned letter = (unsigned)(rest.ptr[0] - 'a');
    if (letter >= 26)
        return NULL;
    for (size_t i = spelling_first[letter]; i < spelling_first[letter + 1]; i++) {
        if (str_starts(rest, str_c(spellings[i].letters)))
            return &spellings[i];
    }
    return NULL;
}

void sound_of(str reading, struct sound *ret)
{
    pthread_once(&spelling_once, spellings_index);
    ret->count = 0;
    size_t at = 0;
    while (at < reading.len && ret->count + 2 < SOUND_MAX) {
        const struct spelling *spelling = spelling_at(str_from(reading, at));
        if (!spelling) {
            at++;
            continue;
        }
        for (size_t i = 0; i < 2 && spelling->sounds[i]; i++) {
            if (ret->count == 0 || ret->codes[ret->count - 1] != spelling->sounds[i])
                ret->codes[ret->count++] = spelling->sounds[i];
        }
        at += strlen(spelling->letters);
    }
}

float sound_cost(const struct sound *a, enum name_script script_a, const struct sound *b,
                 enum name_script script_b, float limit)
{
    const struct profile *profile = profile_for(script_a, script_b);
    if (script_b == NAME_LATIN && script_a != NAME_LATIN) { /* rows are the Latin word */
        const struct sound *kept = a;
        a = b;
        b = kept;
    }
    float row[SOUND_MAX + 1];
    row[0] = 0;
    for (size_t j = 1; j <= b->count; j++)
        row[j] = row[j - 1] +
                 (j == 1 ? profile->first[1] : profile->step[0])[b->codes[j - 1] & CODE_MASK];
    for (size_t i = 1; i <= a->count; i++) {
        const float *step = profile->step[a->codes[i - 1] & CODE_MASK];
        float gap = i == 1 ? profile->first[0][a->codes[0] & CODE_MASK] : step[0];
        float diagonal = row[0], left = row[0] + gap, least_here = left;
        row[0] = left;
        for (size_t j = 1; j <= b->count; j++) {
            uint8_t sound = b->codes[j - 1] & CODE_MASK;
            float best = diagonal + step[sound], beside = left + profile->step[0][sound];
            diagonal = row[j];
            if (row[j] + gap < best)
                best = row[j] + gap;
            if (beside < best)
                best = beside;
            row[j] = left = best;
            if (best < least_here)
                least_here = best;
        }
        if (least_here > limit)
            return SOUND_FAR;
    }
    return row[b->count] > limit ? SOUND_FAR : row[b->count];
}

void sound_needs_make(const struct sound *a, enum name_script script_a, enum name_script script_b,
                      struct sound_needs *ret)
{
    const struct profile *profile = profile_for(script_a, script_b);
    bool is_row = script_b == NAME_LATIN && script_a != NAME_LATIN; /* rows are the Latin word */
    for (uint8_t code = 0; code < SOUND_CODES; code++) {
        float gap = is_row ? profile->step[code][0] : profile->step[0][code];
        float first = profile->first[!is_row][code], need = gap < first ? gap : first;
        for (size_t i = 0; i < a->count; i++) {
            uint8_t other = a->codes[i] & CODE_MASK;
            float step = is_row ? profile->step[code][other] : profile->step[other][code];
            need = step < need ? step : need;
        }
        ret->by_code[code] = need;
    }
}

float sound_cost_least(const struct sound_needs *needs, const struct sound *b)
{
    float sum = 0;
    for (size_t i = 0; i < b->count; i++)
        sum += b->codes[i] < SOUND_CODES ? needs->by_code[b->codes[i]] : 0;
    return sum;
}

/* ---- letters ---- */

#define LETTER_WRONG   3.5f
#define LETTER_VOWEL   2.4f /* a vowel for a vowel */
#define LETTER_GAP     3.5f
#define LETTER_DOUBLE  1.5f /* a doubled letter written once, or the reverse */
#define LETTER_SWAP    3.0f
#define LETTER_MISREAD 2.2f /* rn for m, c for e: what machines misread */

static bool is_vowel_letter(char c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

static float letter_wrong(char a, char b)
{
    if (a == b)
        return 0;
    char low = a < b ? a : b, high = a < b ? b : a;
    if ((low == 'c' && high == 'e') || (low == 'i' && high == 'l') || (low == 'u' && high == 'v') ||
        (low == 'b' && high == 'g') || (low == 'i' && high == 'j') || (low == 'h' && high == 'n'))
        return LETTER_MISREAD;
    return is_vowel_letter(a) && is_vowel_letter(b) ? LETTER_VOWEL : LETTER_WRONG;
}

static float letter_gap(str s, size_t at)
{
    return at > 0 && s.ptr[at] == s.ptr[at - 1] ? LETTER_DOUBLE : LETTER_GAP;
}

/* Two letters read as one: rn m, vv w, cl d, ii u, li h. */
static inline bool is_misread_pair(char first, char second, char one)
{
    if (one != 'm' && one != 'w' && one != 'd' && one != 'u' && one != 'h')
        return false;
    return (first == 'r' && second == 'n' && one == 'm') ||
           (first == 'v' && second == 'v' && one == 'w') ||
           (first == 'c' && second == 'l' && one == 'd') ||
           (first == 'i' && second == 'i' && one == 'u') ||
           (first == 'n' && second == 'n' && one == 'm') ||
           (first == 'l' && second == 'i' && one == 'h');
}

static float least(float a, float b)
{
    return a < b ? a : b;
}

/* Cell (i, j) from the two rows above it; rows hold the costs of b's prefixes. */
static float typo_cell(str a, str b, size_t i, size_t j, const float *above2, const float *above,
                       const float *row)
{
    float cost = above[j - 1] + letter_wrong(a.ptr[i - 1], b.ptr[j - 1]);
    cost = least(cost, above[j] + letter_gap(a, i - 1));
    cost = least(cost, row[j - 1] + letter_gap(b, j - 1));
    if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
        cost = least(cost, above2[j - 2] + LETTER_SWAP);
    if (i > 1 && is_misread_pair(a.ptr[i - 2], a.ptr[i - 1], b.ptr[j - 1]))
        cost = least(cost, above2[j - 1] + LETTER_MISREAD);
    if (j > 1 && is_misread_pair(b.ptr[j - 2], b.ptr[j - 1], a.ptr[i - 1]))
        cost = least(cost, above[j - 2] + LETTER_MISREAD);
    return cost;
}

static uint32_t letters_of(str word)
{
    uint32_t letters = 0;
    for (size_t i = 0; i < word.len; i++)
        letters |= 1u << (word.ptr[i] & 31);
    return letters;
}

/*
 * At least: a letter that the other word has not is at best one of a misread pair, two for
 * LETTER_MISREAD. Spares most of the pairs that are nothing alike.
 */
static float typo_cost_least(str a, str b)
{
    uint32_t letters_a = letters_of(a), letters_b = letters_of(b);
    int only_a = __builtin_popcount(letters_a & ~letters_b);
    int only_b = __builtin_popcount(letters_b & ~letters_a);
    return (float)(only_a > only_b ? only_a : only_b) * LETTER_MISREAD / 2;
}

float typo_cost(str a, str b, float limit)
{
    enum { ROW = NAME_WORD_MAX + 1 };
    if (a.len > NAME_WORD_MAX)
        a.len = NAME_WORD_MAX;
    if (b.len > NAME_WORD_MAX)
        b.len = NAME_WORD_MAX;
    size_t difference = a.len > b.len ? a.len - b.len : b.len - a.len;
    if ((float)difference * LETTER_DOUBLE > limit || typo_cost_least(a, b) > limit)
        return SOUND_FAR;
    float rows[3][ROW], least_before = 0;
    rows[0][0] = 0;
    for (size_t j = 1; j <= b.len; j++)
        rows[0][j] = rows[0][j - 1] + letter_gap(b, j - 1);
    for (size_t i = 1; i <= a.len; i++) {
        float *row = rows[i % 3], least_here;
        const float *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = least_here = above[0] + letter_gap(a, i - 1);
        for (size_t j = 1; j <= b.len; j++) {
            row[j] = typo_cell(a, b, i, j, above2, above, row);
            least_here = least(least_here, row[j]);
        }
        if (least_here > limit && least_before > limit)
            return SOUND_FAR;
        least_before = least_here;
    }
    float cost = rows[a.len % 3][b.len];
    return cost > limit ? SOUND_FAR : cost;
}

/* ---- skeletons ---- */

/* Class of a consonant, 0 for what a skeleton leaves out; `other`: what the sound may be in
 * another language. */
static const struct {
    uint8_t main, other;
} classes[SOUND_COUNT] = {
    [P] = {1, 1}, [B] = {1, 1},  [F] = {1, 1}, [V] = {1, 0},  [W] = {0, 1},  [T] = {2, 2},
    [D] = {2, 2}, [S] = {3, 3},  [Z] = {3, 3}, [SH] = {3, 3}, [ZH] = {3, 3}, [CH] = {3, 4},
    [J] = {3, 0}, [TS] = {3, 3}, [K] = {4, 4}, [G] = {4, 3},  [X] = {4, 0},  [M] = {5, 5},
    [N] = {6, 6}, [L] = {7, 7},  [R] = {7, 0},
};

/* At most 9 classes, three bits each under a leading one; `flip`: the other class at one sound,
 * at none (SOUND_MAX) or at all. */
enum { FLIP_ALL = SOUND_MAX + 1 };
static uint32_t skeleton_make(const struct sound *sound, size_t flip)
{
    uint32_t skeleton = 1;
    uint8_t last = 0;
    for (size_t i = 0, count = 0; i < sound->count && count < 9; i++) {
        uint8_t code = sound->codes[i];
        uint8_t class = i == flip || flip == FLIP_ALL ? classes[code].other : classes[code].main;
        if (is_vowel(code))
            last = 0;
        if (class == 0 || class == last)
            continue;
        skeleton = skeleton << 3 | class;
        last = class;
        count++;
    }
    return skeleton;
}

size_t skeletons_of(str reading, uint32_t ret[SKELETON_MAX])
{
    struct sound sound;
    sound_of(reading, &sound);
    size_t count = 0;
    ret[count++] = skeleton_make(&sound, SOUND_MAX);
    uint32_t other = skeleton_make(&sound, FLIP_ALL);
    if (other != ret[0])
        ret[count++] = other;
    for (size_t i = 0; i < sound.count && count < SKELETON_MAX; i++) {
        uint8_t code = sound.codes[i];
        bool is_open = code != R || (i > 0 && is_vowel(sound.codes[i - 1]));
        if (classes[code].main == classes[code].other || !is_open)
            continue;
        uint32_t skeleton = skeleton_make(&sound, i);
        if (skeleton != ret[count - 1])
            ret[count++] = skeleton;
    }
    return count;
}
