/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/sounds: learns what it costs to take a sound of a Latin spelling for a sound of another
 * script's reading, from attested pairs (the same name in two scripts), and prints
 * codes/romanise/costs.tsv.
 *
 *   build/release/bench/sounds > codes/romanise/costs.tsv
 *
 * Each pair is aligned with the costs at hand (the built-in ones at first), what was aligned is
 * counted, and the counts become the next costs: log2 of how much rarer this than the commonest
 * thing that happens to the sound. Five rounds; pairs that stay far apart are misaligned in their
 * source and are left out. Percentiles of the costs go to stderr.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "text/letters.h"
#include "text/romanise.h"
#include "text/sound.h"

enum { PAIR_MAX = 150000, ROUNDS = 5, GAP = 0, LINE_LETTERS = 64 };
#define FAR_PER_SOUND 1.6f

struct pair {
    struct sound latin, native[NAME_READING_MAX];
    uint8_t reading_count;
};
struct counts {
    double aligned[SOUND_CODES][SOUND_CODES]; /* [latin][native], 0: none */
    double first_latin[SOUND_CODES],
        first_native[SOUND_CODES]; /* unmatched at the start of the word */
};
static const struct {
    const char *file;
    enum name_script script;
} sources[] = {{"wd_russian_80.tsv", NAME_CYRILLIC},
               {"wd_arabic_80.tsv", NAME_ARABIC},
               {"wd_hebrew_80.tsv", NAME_HEBREW},
               {"wd_katakana_80.tsv", NAME_KANA},
               {"wd_korean_80.tsv", NAME_HANGUL}};

static bool pair_read(str line, enum name_script script, struct pair *ret)
{
    str cells[2];
    uint32_t letters[256], word[LINE_LETTERS];
    struct readings readings;
    if (!str_split(&line, '\t', &cells[0]) || !str_split(&line, '\t', &cells[1]))
        return false;
    size_t count = fold_text(cells[0], letters, LINE_LETTERS);
    for (size_t i = 0; i < count; i++) {
        if (!fold_is_letter(letters[i]) || fold_script(letters[i]) != NAME_LATIN)
            return false;
    }
    romanise(NAME_LATIN, letters, count, &readings);
    if (count < 3 || readings.count == 0)
        return false;
    sound_of(str_of(readings.text[0], readings.len[0]), &ret->latin);
    size_t word_count = 0;
    count = fold_text(cells[1], letters, COUNT_OF(letters));
    for (size_t i = 0; i < count && word_count < LINE_LETTERS; i++) {
        if (letters[i] != ' ')
            word[word_count++] = letters[i];
    }
    romanise(script, word, word_count, &readings);
    ret->reading_count = readings.count;
    for (size_t i = 0; i < readings.count; i++)
        sound_of(str_of(readings.text[i], readings.len[i]), &ret->native[i]);
    return readings.count > 0 && ret->latin.count > 1;
}

/* Walks the cheapest path of a pair back and counts its steps. */
static float pair_align(const struct sound *a, const struct sound *b, enum name_script script,
                        struct counts *counts)
{
    static float cost[SOUND_MAX + 1][SOUND_MAX + 1];
    for (size_t i = 0; i <= a->count; i++) {
        for (size_t j = 0; j <= b->count; j++) {
            float best = i || j ? SOUND_FAR : 0;
            if (i && j)
                best = cost[i - 1][j - 1] +
                       sound_step(script, a->codes[i - 1], b->codes[j - 1], false);
            if (i && cost[i - 1][j] + sound_step(script, a->codes[i - 1], GAP, i == 1) < best)
                best = cost[i - 1][j] + sound_step(script, a->codes[i - 1], GAP, i == 1);
            if (j && cost[i][j - 1] + sound_step(script, GAP, b->codes[j - 1], j == 1) < best)
                best = cost[i][j - 1] + sound_step(script, GAP, b->codes[j - 1], j == 1);
            cost[i][j] = best;
        }
    }
    for (size_t i = a->count, j = b->count; counts && (i || j);) {
        uint8_t x = i ? a->codes[i - 1] : GAP, y = j ? b->codes[j - 1] : GAP;
        if (i && j && cost[i][j] == cost[i - 1][j - 1] + sound_step(script, x, y, false)) {
            counts->aligned[x][y]++;
            i--;
            j--;
        } else if (i && cost[i][j] == cost[i - 1][j] + sound_step(script, x, GAP, i == 1)) {
            counts->aligned[x][GAP] += i != 1;
            counts->first_latin[x] += i == 1;
            i--;
        } else {
            counts->aligned[GAP][y] += j != 1;
            counts->first_native[y] += j == 1;
            j--;
        }
    }
    return cost[a->count][b->count];
}

/* How much rarer than the commonest that happens to the same sound, on the side where it is less
 * surprising. */
static float step_bits(const struct counts *counts, uint8_t x, uint8_t y, double count)
{
    double most = 0;
    for (uint8_t k = 0; k < SOUND_CODES; k++) {
        if (x != GAP)
            most = fmax(most, counts->aligned[x][k]);
        else
            most = fmax(most, counts->aligned[k][y]);
    }
    double bits = log2((most + 1) / (count + 0.25));
    return (float)fmin(fmax(bits, 0), 6);
}

static void costs_update(enum name_script script, const struct counts *counts)
{
    for (uint8_t x = 0; x < SOUND_CODES; x++) {
        for (uint8_t y = 0; y < SOUND_CODES; y++) {
            if (x || y)
                sound_step_set(script, x, y, false, step_bits(counts, x, y, counts->aligned[x][y]));
        }
        if (x) {
            sound_step_set(script, x, GAP, true,
                           step_bits(counts, x, GAP, counts->first_latin[x] * 4));
            sound_step_set(script, GAP, x, true,
                           step_bits(counts, GAP, x, counts->first_native[x] * 4));
        }
    }
}

static float pair_best(const struct pair *pair, enum name_script script, size_t *ret_reading)
{
    float best = SOUND_FAR;
    for (size_t r = 0; r < pair->reading_count; r++) {
        float cost = pair_align(&pair->latin, &pair->native[r], script, NULL) + (r ? 0.3f : 0);
        if (cost < best) {
            best = cost;
            *ret_reading = r;
        }
    }
    return best;
}

static int by_float(const void *left, const void *right)
{
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

static void learn(const struct pair *pairs, size_t count, enum name_script script)
{
    struct counts *counts = calloc(1, sizeof *counts);
    float *kept = calloc(count + 1, sizeof *kept);
    size_t kept_count = 0;
    for (int round = 0; round < ROUNDS; round++) {
        memset(counts, 0, sizeof *counts);
        kept_count = 0;
        for (size_t i = 0; i < count; i++) {
            size_t reading = 0;
            float best = pair_best(&pairs[i], script, &reading);
            if (best > FAR_PER_SOUND * pairs[i].latin.count)
                continue;
            kept[kept_count++] = best;
            pair_align(&pairs[i].latin, &pairs[i].native[reading], script, counts);
        }
        costs_update(script, counts);
    }
    qsort(kept, kept_count, sizeof *kept, by_float);
    fprintf(stderr, "%s: %zu of %zu pairs; costs at 10, 50, 90, 97%%: %.1f %.1f %.1f %.1f\n",
            name_script_word(script), kept_count, count, (double)kept[kept_count / 10],
            (double)kept[kept_count / 2], (double)kept[kept_count * 9 / 10],
            (double)kept[kept_count * 97 / 100]);
    free(counts);
    free(kept);
}

static void costs_print(enum name_script script)
{
    for (uint8_t x = 0; x < SOUND_CODES; x++) {
        for (uint8_t y = 0; y < SOUND_CODES; y++) {
            float bits = sound_step(script, x, y, false);
            if ((x || y) && bits < 5.95f)
                printf("%s\t%s\t%s\t%.1f\n", name_script_word(script), sound_word(x), sound_word(y),
                       (double)bits);
        }
        if (x) {
            printf("%s\t^%s\t%s\t%.1f\n", name_script_word(script), sound_word(x), sound_word(0),
                   (double)sound_step(script, x, GAP, true));
            printf("%s\t%s\t^%s\t%.1f\n", name_script_word(script), sound_word(0), sound_word(x),
                   (double)sound_step(script, GAP, x, true));
        }
    }
}

int main(void)
{
    const char *shared = getenv("BUREAU_SHARED");
    struct pair *pairs = calloc(PAIR_MAX, sizeof *pairs);
    printf(
        "# What a sound of a Latin spelling becomes in another script, in bits more than the commonest. Columns: script,\n"
        "# Latin sound, sound of the script's reading, bits; -: none; ^: at the start of a word. Not listed: 6.\n"
        "# source: learned by bench/sounds from attested name pairs of Wikidata (CC0). date: 2026-11-22\n");
    for (size_t s = 0; s < COUNT_OF(sources) && pairs; s++) {
        char path[512], *text;
        size_t len, count = 0;
        snprintf(path, sizeof path, "%s/data/translit/%s", shared ? shared : "../shared",
                 sources[s].file);
        if (io_read_file(path, 1u << 28, &text, &len)) {
            fprintf(stderr, "skipped: %s\n", err_last()->message);
            continue;
        }
        str rest = str_of(text, len), line;
        while (count < PAIR_MAX && str_split(&rest, '\n', &line))
            count += pair_read(line, sources[s].script, &pairs[count]);
        learn(pairs, count, sources[s].script);
        costs_print(sources[s].script);
        free(text);
    }
    free(pairs);
    return 0;
}
