/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/sound: see sound.h.
 *
 * The spelling table is read left to right, longest spelling first; one table serves all
 * languages, because a police list seldom says which language's rules a name was written by.
 * Where two languages disagree ("ch", "j", "w", "c") the table takes the commonest sound and the
 * cost matrix makes the other one cheap.
 *
 * Sounds fall into classes, of which skeletons are made; what one sound costs for another is in
 * costs.c.
 */
#include "text/sound.h"

#include <pthread.h>

#include "text/costs.h"

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

static bool is_spelled(str rest, const char *letters)
{
    size_t at = 0;
    while (letters[at] && at < rest.len && rest.ptr[at] == letters[at])
        at++;
    return !letters[at];
}

static const struct spelling *spelling_at(str rest)
{
    unsigned letter = (unsigned)(rest.ptr[0] - 'a');
    if (letter >= 26)
        return NULL;
    for (size_t i = spelling_first[letter]; i < spelling_first[letter + 1]; i++) {
        if (is_spelled(rest, spellings[i].letters))
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
