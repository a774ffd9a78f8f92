/* SPDX-License-Identifier: Apache-2.0 */
/* text/cultures: see cultures.h. */
#include "text/cultures.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"

enum { ROUNDS = 40, SEED = 1977 };
/* The cultures are fitted to the same names: what they explain of them is taken for less. */
#define LIFT_KEPT   0.75f
#define FLOOR_COUNT 0.02f /* a word may belong to any culture a little */
#define SMOOTHING   4.f   /* persons: what few bearers say is drawn towards the mean */

/* One estimate: P(word|c) by word, P(c). */
struct mixture {
    size_t word_count;
    float *given; /* word_count x CULTURES */
    float *counts;
    double sums[CULTURES], persons[CULTURES];
};

static void mixture_seed(struct mixture *mixture)
{
    struct random random;
    random_seed(&random, SEED);
    for (size_t i = 0; i < mixture->word_count * CULTURES; i++)
        mixture->given[i] = 1.f + (float)random_below(&random, 100);
    for (size_t c = 0; c < CULTURES; c++)
        mixture->persons[c] = 1.0 / CULTURES;
}

/* To which culture a name belongs, its words being given; false: to none that is known. */
static bool name_shares(const struct mixture *mixture, const uint32_t *words, size_t count,
                        float ret[CULTURES])
{
    float sum = 0, scale = (float)mixture->word_count;
    for (size_t c = 0; c < CULTURES; c++)
        ret[c] = (float)mixture->persons[c];
    for (size_t i = 0; i < count; i++) {
        const float *given = mixture->given + (size_t)words[i] * CULTURES;
        for (size_t c = 0; c < CULTURES; c++)
            ret[c] *= given[c] * scale;
    }
    for (size_t c = 0; c < CULTURES; c++)
        sum += ret[c];
    for (size_t c = 0; c < CULTURES && sum > 0; c++)
        ret[c] /= sum;
    return sum > 0 && isfinite(sum);
}

static void mixture_count(struct mixture *mixture, const uint32_t *words, const uint32_t *ends,
                          size_t names)
{
    memset(mixture->counts, 0, mixture->word_count * CULTURES * sizeof *mixture->counts);
    memset(mixture->sums, 0, sizeof mixture->sums);
    for (size_t n = 0; n < names; n++) {
        size_t from = n ? ends[n - 1] : 0, count = ends[n] - from;
        float shares[CULTURES];
        if (!name_shares(mixture, words + from, count, shares))
            continue;
        for (size_t c = 0; c < CULTURES; c++)
            mixture->sums[c] += (double)shares[c];
        for (size_t i = 0; i < count; i++) {
            float *counts = mixture->counts + (size_t)words[from + i] * CULTURES;
            for (size_t c = 0; c < CULTURES; c++)
                counts[c] += shares[c];
        }
    }
}

/* The next estimate from what was counted. */
static void mixture_settle(struct mixture *mixture)
{
    double totals[CULTURES] = {0}, persons = 0;
    for (size_t w = 0; w < mixture->word_count; w++) {
        for (size_t c = 0; c < CULTURES; c++)
            totals[c] += (double)(mixture->counts[w * CULTURES + c] + FLOOR_COUNT);
    }
    for (size_t w = 0; w < mixture->word_count; w++) {
        for (size_t c = 0; c < CULTURES; c++)
            mixture->given[w * CULTURES + c] =
                (mixture->counts[w * CULTURES + c] + FLOOR_COUNT) / (float)totals[c];
    }
    for (size_t c = 0; c < CULTURES; c++)
        persons += mixture->sums[c];
    for (size_t c = 0; c < CULTURES && persons > 0; c++)
        mixture->persons[c] = mixture->sums[c] / persons;
}

static void shares_take(const struct mixture *mixture, float *ret_shares,
                        float ret_persons[CULTURES])
{
    for (size_t c = 0; c < CULTURES; c++)
        ret_persons[c] = (float)mixture->persons[c];
    for (size_t w = 0; w < mixture->word_count; w++) {
        const float *counts = mixture->counts + w * CULTURES;
        float bearers = 0;
        for (size_t c = 0; c < CULTURES; c++)
            bearers += counts[c];
        for (size_t c = 0; c < CULTURES; c++)
            ret_shares[w * CULTURES + c] =
                (counts[c] + SMOOTHING * ret_persons[c]) / (bearers + SMOOTHING);
    }
}

enum err cultures_learn(const uint32_t *words, const uint32_t *ends, size_t names,
                        size_t word_count, float *ret_shares, float ret_persons[CULTURES])
{
    struct mixture mixture = {.word_count = word_count};
    mixture.given = calloc(word_count * CULTURES + 1, sizeof *mixture.given);
    mixture.counts = calloc(word_count * CULTURES + 1, sizeof *mixture.counts);
    if (!mixture.given || !mixture.counts) {
        free(mixture.given);
        free(mixture.counts);
        return err_set(ERR_MEMORY, "out of memory for the cultures of %zu name words", word_count);
    }
    mixture_seed(&mixture);
    for (size_t round = 0; round < ROUNDS; round++) {
        mixture_count(&mixture, words, ends, names);
        mixture_settle(&mixture);
    }
    shares_take(&mixture, ret_shares, ret_persons);
    free(mixture.given);
    free(mixture.counts);
    return OK;
}

/* ---- lifts ---- */

static float lift_of(const float *const *shares, size_t count, uint32_t mask,
                     const float persons[CULTURES])
{
    double sum = 0;
    for (size_t c = 0; c < CULTURES; c++) {
        if (persons[c] <= 0)
            continue;
        double product = (double)persons[c];
        for (size_t i = 0; i < count; i++)
            product *= mask >> i & 1 ? (double)(shares[i][c] / persons[c]) : 1;
        sum += product;
    }
    return sum > 1 ? LIFT_KEPT * (float)log2(sum) : 0;
}

void lifts_make(const float *const *shares, size_t count, const float persons[CULTURES],
                struct lifts *ret)
{
    const float *known[LIFT_WORDS];
    size_t known_count = 0;
    memset(ret, 0, sizeof *ret);
    memset(ret->bit_of, LIFT_WORDS, sizeof ret->bit_of);
    for (size_t i = 0; i < count && i < sizeof ret->bit_of && known_count < LIFT_WORDS; i++) {
        if (!shares[i])
            continue;
        ret->bit_of[i] = (uint8_t)known_count;
        known[known_count++] = shares[i];
    }
    for (uint32_t mask = 0; mask < 1u << known_count; mask++) {
        if (mask & (mask - 1)) /* two words at least */
            ret->by_mask[mask] = lift_of(known, known_count, mask, persons);
    }
}

float lifts_of(const struct lifts *lifts, uint32_t words)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < sizeof lifts->bit_of; i++) {
        if (words >> i & 1 && lifts->bit_of[i] < LIFT_WORDS)
            mask |= 1u << lifts->bit_of[i];
    }
    return lifts->by_mask[mask];
}
