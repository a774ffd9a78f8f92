/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Persons and what is theirs, computed, never stored: a world of a hundred million persons takes no
 * more memory than one of ten. Everything hangs on streams of randomness seeded by (seed, whose,
 * what, which).
 *
 * One person in twelve belongs to a ring of twelve. Ring r has its members among the persons
 * 144 (r-1) .. 144 r - 1, one in each dozen of them, at a place drawn from (seed, ring, dozen): so
 * a ring's members are found from any of them without looking through the world. The first is its
 * leader. Most are of the leader's culture, and telephones, accounts, wallets, addresses come now
 * and then from the ring's stream instead of their own: that is what links their records.
 */
#include "sample/internal.h"

enum {
    RING_SPAN = 12, /* persons of whom one is a member */
    SHARED_PERCENT = 35,
    KINDRED_PERCENT = 60,
    TEST_PERCENT = 12,
    AGE_MIN = 16,
    AGE_SPAN = 70
};

static uint64_t mix(uint64_t seed, uint64_t a, uint64_t b)
{
    return hash_mix(hash_mix(seed + 0x9E3779B97F4A7C15u, a + 1), b + 0x1000193u);
}

/* ---- streams ---- */

bool world_shares(const struct world *world, const struct person *person, str meaning)
{
    struct random random;
    random_seed(&random, mix(mix(world->options->seed, person->number, 5), hash64(meaning, 11), 0));
    return person->ring && random_below(&random, 100) < SHARED_PERCENT;
}

struct random world_stream(const struct world *world, const struct person *person, str meaning,
                           unsigned k, bool may_share)
{
    struct random random;
    uint64_t what = hash64(meaning, 11);
    random_seed(&random, mix(mix(world->options->seed, person->number, 1), what, k));
    if (may_share && k == 0 && world_shares(world, person, meaning))
        random_seed(&random, mix(mix(world->options->seed, person->ring, 2), what, 0));
    return random;
}

/* ---- rings ---- */

static uint64_t ring_member(const struct world *world, uint64_t ring, unsigned place)
{
    struct random random;
    random_seed(&random, mix(mix(world->options->seed, ring, 3), place, 0));
    return (ring - 1) * RING_SIZE * RING_SPAN + (uint64_t)place * RING_SPAN +
           random_below(&random, RING_SPAN);
}

static void find_ring(const struct world *world, struct person *person)
{
    uint64_t ring = person->number / ((uint64_t)RING_SIZE * RING_SPAN) + 1;
    unsigned place =
        (unsigned)(person->number % ((uint64_t)RING_SIZE * RING_SPAN)) / (unsigned)RING_SPAN;
    if (ring_member(world, ring, place) != person->number)
        return;
    person->ring = ring;
    person->ring_place = place;
}

bool world_mate(const struct world *world, const struct person *person, unsigned k,
                struct arena *arena, struct person *ret)
{
    for (unsigned place = 0; person->ring && place < RING_SIZE; place++) {
        uint64_t number = ring_member(world, person->ring, place);
        if (place == person->ring_place || number >= world->options->persons || k-- > 0)
            continue;
        world_person(world, number, arena, ret);
        return true;
    }
    return false;
}

/* ---- persons ---- */

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

static const struct culture *pick_culture(const struct world *world, const struct person *person,
                                          struct random *random)
{
    struct random ring;
    const struct culture *own = culture_pick(world->cultures, random);
    if (!person->ring || random_below(random, 100) >= KINDRED_PERCENT)
        return own;
    random_seed(&ring, mix(world->options->seed, person->ring, 4));
    return culture_pick(world->cultures, &ring);
}

void world_person(const struct world *world, uint64_t number, struct arena *arena,
                  struct person *ret)
{
    struct random random;
    random_seed(&random, mix(world->options->seed, number, 1));
    *ret = (struct person){.number = number};
    find_ring(world, ret);
    ret->culture = pick_culture(world, ret, &random);
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

/* ---- which record is about whom ---- */

static bool has_name(const struct field *field)
{
    if (field->type)
        return means(field, "name");
    for (size_t i = 0; i < field->field_count; i++)
        if (means(field->fields[i], "name"))
            return true;
    return false;
}

const struct definition *world_find_persons(const struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++) {
        const struct definition *definition = catalog->definitions[i];
        if (!world_is_sampled(definition) || definition->sample_per_1000 != 1000 ||
            !definition->order_by || !means(definition->order_by, "birth-date"))
            continue;
        for (size_t k = 0; k < definition->field_count; k++)
            if (has_name(definition->fields[k]))
                return definition;
    }
    return NULL;
}

bool world_is_sampled(const struct definition *definition)
{
    return definition->sample_per_1000 > 0 && str_eq(definition->kind, S("record"));
}

uint64_t world_count(const struct world *world, const struct definition *definition)
{
    uint64_t count = world->options->persons * definition->sample_per_1000 / 1000;
    return count ? count : 1;
}

/*
 * A record to every step-th person; each definition begins elsewhere, so that not all of a thing's
 * kinds meet in one.
 */
static void stride(const struct definition *definition, uint64_t *ret_step, uint64_t *ret_start)
{
    *ret_step = definition->sample_per_1000 >= 1000 ? 1 : 1000 / definition->sample_per_1000;
    *ret_start = definition->sample_per_1000 >= 1000 ? 0 : hash64(definition->name, 3) % *ret_step;
}

uint64_t world_person_of(const struct world *world, const struct definition *definition,
                         uint64_t record)
{
    uint64_t step, start;
    stride(definition, &step, &start);
    return (start + record * step) % world->options->persons;
}

bool world_record_of(const struct world *world, const struct definition *definition,
                     uint64_t person, uint64_t *ret)
{
    uint64_t step, start;
    stride(definition, &step, &start);
    if (person < start || (person - start) % step != 0)
        return false;
    *ret = (person - start) / step;
    return *ret < world_count(world, definition);
}

str world_ref(uint64_t record, struct arena *arena)
{
    return arena_printf(arena, "S-%07llu", (unsigned long long)record + 1);
}
