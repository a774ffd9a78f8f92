/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Persons and what is theirs, computed, never stored: a world of a hundred million persons takes no
 * more memory than one of ten. Everything hangs on streams of randomness seeded by (seed, whose,
 * what, which).
 *
 * One person in twelve belongs to a ring of about a dozen, and things of a ring's members -
 * telephones, accounts, wallets - come now and then from the ring's stream instead of their own:
 * that is what links their records.
 */
#include "sample/internal.h"

enum {
    RING_ONE_IN = 12,
    RING_SIZE = 12,
    SHARED_PERCENT = 35,
    TEST_PERCENT = 12,
    AGE_MIN = 16,
    AGE_SPAN = 70
};

static uint64_t mix(uint64_t seed, uint64_t a, uint64_t b)
{
    return hash_mix(hash_mix(seed + 0x9E3779B97F4A7C15u, a + 1), b + 0x1000193u);
}

struct random world_stream(const struct world *world, const struct person *person, str meaning,
                           unsigned k, bool may_share)
{
    struct random random;
    uint64_t what = hash64(meaning, 11);
    random_seed(&random, mix(mix(world->options->seed, person->number, 1), what, k));
    if (person->ring && may_share && k == 0 && random_below(&random, 100) < SHARED_PERCENT)
        random_seed(&random, mix(mix(world->options->seed, person->ring, 2), what, 0));
    return random;
}

/* A country or body that stands for tests, as the list of countries marks them. */
static str test_country(const struct world *world, struct random *random)
{
    const struct code_list *list = codes_list(world->catalog->codes, S("countries"));
    str found[8];
    size_t count = 0;
    for (size_t i = 0; list && i < list->count && count < COUNT_OF(found); i++)
        if (str_eq(code_extra(list, &list->codes[i], S("status")), S("test")))
            found[count++] = list->codes[i].code;
    return count ? found[random_below(random, count)] : STR_EMPTY;
}

str pick_country(const struct world *world, struct random *random)
{
    return culture_country(culture_pick(world->cultures, random), random);
}

void world_person(const struct world *world, uint64_t number, struct arena *arena,
                  struct person *ret)
{
    struct random random;
    random_seed(&random, mix(world->options->seed, number, 1));
    *ret = (struct person){.number = number};
    if (random_below(&random, RING_ONE_IN) == 0)
        ret->ring =
            1 + random_below(&random,
                             world->options->persons / ((uint64_t)RING_ONE_IN * RING_SIZE) + 1);
    ret->culture = culture_pick(world->cultures, &random);
    ret->is_female = random_below(&random, 100) < 35;
    ret->is_test = random_below(&random, 100) < TEST_PERCENT;
    ret->country = culture_country(ret->culture, &random);
    if (ret->is_test) {
        str country = test_country(world, &random);
        ret->is_test = country.len > 0;
        ret->country = country.len ? country : ret->country;
    }
    int32_t age_days =
        (int32_t)((uint64_t)AGE_MIN * 365 + random_below(&random, (uint64_t)AGE_SPAN * 365));
    ret->born = day_of_number(day_number(world->options->today) - age_days);
    culture_name(ret->culture, ret->is_female, &random, arena, &ret->name);
}
