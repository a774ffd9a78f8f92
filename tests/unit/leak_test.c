/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever an officer may not know of is indistinguishable from its absence, in every answer of
 * every route. Two worlds that differ only in what he may not see are asked the same, and must
 * answer the same (tests/leak/). ROUNDS pairs of worlds from SEED on; a failure says which seed it
 * was, and `SEED=that ROUNDS=1` repeats it.
 */
#include "intake/intake.h"
#include "leak/administering.h"

/* The worlds do differ: whoever may see all is answered differently. */
static void check_the_worlds_differ(struct leak *leak)
{
    size_t hidden = 0;
    for (size_t i = 0; i < leak->place_count; i++)
        hidden += leak->places[i].is_hidden;
    assert_true(hidden > 0 && hidden < leak->place_count);
    for (size_t i = 0; i < leak->place_count; i++) {
        struct asking asking = {.method = S("GET"),
                                .path = arena_printf(&leak->arena, "/v1/records/{%zu}", i),
                                .is_by_machine = true};
        str texts[WORLD_COUNT];
        for (unsigned w = 0; w < WORLD_COUNT && i < 100; w++) {
            struct http_reply reply = {0};
            call_one(leak, w, &asking, &reply);
            texts[w] = comparable(leak, w, reply.body);
        }
        leak->differing_for_all += i < 100 && !str_eq(texts[0], texts[1]);
    }
    assert_true(leak->differing_for_all > 0);
}

/* The hub, and the officer who asks. */
static void enter_people(struct leak *leak, unsigned w)
{
    struct http_reply reply = {0};
    const struct actor *actor = &leak->actor;
    struct asking hub = {
        .method = S("POST"),
        .path = S("/v1/units"),
        .body = S("{\"id\":\"XPO/hub\",\"country\":\"XPO\",\"name\":\"Hub\",\"level\":\"hub\"}"),
        .is_by_machine = true};
    char may[64];
    snprintf(may, sizeof may, "%s%s%s%s%s", actor->may_write ? "\"write\"" : "",
             actor->may_write && actor->may_audit ? "," : "", actor->may_audit ? "\"audit\"" : "",
             actor->may_administer ? "," : "", actor->may_administer ? "\"administer\"" : "");
    call_one(leak, w, &hub, &reply);
    assert_int_equal(reply.status, 201);
    leak->worlds[w].hub =
        officer_that_may(leak, w, "o-head", "XPO/hub", "administrator", "\"write\",\"administer\"");
    struct asking bureau = {.method = S("POST"),
                            .path = S("/v1/units"),
                            .body = bureau_unit(leak, actor->country),
                            .is_by_machine = true};
    if (actor->may_administer && !is_of_hub(leak))
        call_one(leak, w, &bureau, &reply);
    assert_int_equal(reply.status, 201);
    leak->worlds[w].token =
        officer_that_may(leak, w, "o-1", actor->unit.ptr, leak->profile->role, may);
    leak->worlds[w].receipt = S("none");
    leak->worlds[w].job = leak->worlds[w].other_job = S("77");
}

static void probe_all(struct leak *leak)
{
    for (size_t i = 0; i < route_count; i++) {
        const struct prober *prober = prober_of(&routes[i]);
        leak->differences_here = 0;
        snprintf(leak->said, sizeof leak->said, "%s %s", routes[i].method, routes[i].pattern);
        if (!prober)
            fail_msg("%s is not probed: say how in tests/leak/calls.h", leak->said);
        else if (is_the_hubs(leak, &routes[i]))
            continue;
        else if (prober->probe)
            prober->probe(leak);
        else if (!leak->actor.may_administer)
            ask_refused(leak, &routes[i]);
        else if (!ask_as_administrator(leak, &routes[i]))
            fail_msg("%s is not probed: say how in tests/leak/administering.h", leak->said);
    }
}

/* How many answers gave something away. */
static size_t one_round(uint64_t seed, size_t *asked, size_t *with_hits, size_t *objected)
{
    struct leak *leak = calloc(1, sizeof *leak);
    random_seed(&leak->random, seed);
    leak_must(catalog_load(".", &leak->catalog), "catalog");
    make_officer(leak, seed);
    make_places(leak);
    shuffle(leak);
    for (unsigned w = 0; w < WORLD_COUNT; w++) {
        open_world(leak, w);
        share_ids(leak, w);
        enter_people(leak, w);
    }
    if (!is_of_hub(leak)) /* which is told */
        *objected += object_in_both(leak);
    others_act_somewhere(leak);
    bool is_merged = one_in(leak, 2);
    for (unsigned w = 0; w < WORLD_COUNT && is_merged; w++)
        leak_must(index_merge(leak->worlds[w].running->node.index), "merge");
    if (one_in(leak, 2) && !leak->actor.may_audit) /* who reads the log sees that it was done */
        import_by_another(leak, 1);
    if (one_in(leak, 2))
        propose_by_another(leak, 1);
    probe_all(leak);
    check_the_worlds_differ(leak);
    size_t differences = leak->differences;
    *asked += leak->asked;
    *with_hits += leak->with_hits;
    for (unsigned w = 0; w < WORLD_COUNT; w++) {
        close_world(leak, w);
        unshare_ids(leak, w);
    }
    catalog_free(leak->catalog);
    arena_release(&leak->arena);
    free(leak);
    return differences;
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    uint64_t number;
    const char *text = getenv(name);
    return text && str_to_u64(str_c(text), UINT64_MAX, &number) ? number : otherwise;
}

static void hidden_is_absent(void **state)
{
    (void)state;
    uint64_t seed = number_of("SEED", 1);
    uint64_t rounds = number_of("ROUNDS", COUNT_OF(leak_profiles)); /* each once */
    size_t asked = 0, with_hits = 0, differences = 0, objected = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        fprintf(stderr, "seed %llu\n", (unsigned long long)(seed + i));
        differences += one_round(seed + i, &asked, &with_hits, &objected);
    }
    fprintf(stderr, "%llu pairs of worlds, %zu questions, %zu answers with hits\n",
            (unsigned long long)rounds, asked, with_hits);
    assert_int_equal(differences, 0);
    assert_true(with_hits > asked / 100);
    assert_true(objected > 0);
    for (size_t i = 0; i < DEED_COUNT; i++)
        if (!deeds_done[i])
            fail_msg("nothing was done of kind %zu (LEAK_SHOW=1 shows why)", i);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hidden_is_absent)};
    if (argc > 1 && strcmp(argv[1], "--intake-child") == 0)
        return intake_child_main();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
