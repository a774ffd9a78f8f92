/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many officers at once: some ask, some move, some read lists, one thread keeps the time. Run under
 * the thread sanitizer it finds what is not guarded; run plainly, that nothing is lost or done twice.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "flow/flow.h"

#include "home.h"
#include "scratch.h"
#include "test.h"

enum { ASKERS = 3, ASKS = 40, MOVERS = 3 };

static struct flow *flow;
static struct catalog *catalog;
static struct record_id subject;
static atomic_uint asked, refused, told, running;

static const struct actor finder = {.officer = S("f-1"),
                                    .unit = S("FRA/gate"),
                                    .country = S("FRA"),
                                    .role = S("frontline")};
static const struct actor owner = {.officer = S("u-1"),
                                   .unit = S("UTO/ncb"),
                                   .country = S("UTO"),
                                   .role = S("national-bureau")};

static void committed(void *context, uint64_t first_seq, uint64_t last_seq)
{
    (void)context;
    if (flow)
        flow_follow(flow, first_seq, last_seq);
}

static void take_told(void *context, const struct flow_told *event)
{
    (void)context, (void)event;
    atomic_fetch_add(&told, 1);
}

static void *ask_many(void *context)
{
    for (unsigned i = 0; i < ASKS; i++) {
        struct arena arena = {0};
        struct flow_ticket ticket;
        struct node *fields = node_map(&arena);
        node_put_text(&arena, fields, S("urgency"), S("urgent"));
        node_put_text(&arena, fields, S("situation"), S("x"));
        struct flow_question question = {
            .kind = catalog_find(catalog, S("hit-confirmation")),
            .database = catalog_find(catalog, S("parcel")),
            .subject = subject,
            .owner = {S("UTO"), S("UTO/ncb")},
            .receipt = arena_printf(&arena, "%p-%u", context, i),
            .fields = fields,
        };
        if (flow_ask(flow, &finder, &question, &arena, &ticket) == OK)
            atomic_fetch_add(&asked, 1);
        arena_release(&arena);
    }
    atomic_fetch_sub(&running, 1);
    return NULL;
}

/* Refuses the first that is open; others press at the same time. */
static bool refuse_first(void)
{
    struct arena arena = {0};
    struct flow_brief *briefs;
    struct flow_ticket ticket;
    struct flow_filter filter = {.state = S("sent"), .max = 1, .after_order = INT64_MIN};
    size_t count = 0;
    bool more;
    assert_int_equal(flow_list(flow, &owner, &filter, &arena, &briefs, &count, &more), OK);
    if (count) {
        struct node *fields = node_map(&arena);
        node_put_text(&arena, fields, S("refusal"), S("not-current"));
        struct flow_request request = {.id = briefs[0].id,
                                       .version = briefs[0].version,
                                       .to = S("refused"),
                                       .fields = fields};
        enum err code = flow_move(flow, &owner, &request, &arena, &ticket);
        if (code == OK)
            atomic_fetch_add(&refused, 1);
        else
            assert_true(code == ERR_STALE || code == ERR_CONFLICT);
    }
    arena_release(&arena);
    return count > 0;
}

static void *refuse_many(void *context)
{
    (void)context;
    bool was_some = true, are_asking = true;
    while (was_some || are_asking) {
        struct arena arena = {0};
        struct flow_figures *figures;
        size_t count;
        uint64_t looked = 0;
        are_asking = atomic_load(&running); /* before the look: what is asked after it is seen */
        was_some = refuse_first();
        (void)flow_news(flow, &finder, &looked);
        assert_int_equal(flow_figures(flow, &owner, PARTY_OWNER, 0, INT64_MAX, &arena, &figures,
                                      &count),
                         OK);
        arena_release(&arena);
    }
    return NULL;
}

static void link_folder(const char *home, const char *name)
{
    char root[HOME_PATH / 2], target[HOME_PATH], path[HOME_PATH];
    assert_non_null(getcwd(root, sizeof root));
    snprintf(target, sizeof target, "%s/%s", root, name);
    snprintf(path, sizeof path, "%.200s/%s", home, name);
    assert_int_equal(symlink(target, path), 0);
}

static void put_subject(struct store *store)
{
    struct change change = {
        .kind = CHANGE_PUT,
        .definition = S("parcel"),
        .definition_version = 1,
        .owner = S("UTO"),
        .actor = S("test"),
        .body = S("{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],\"review_on\":"
                  "\"2027-01-01\"},\"fields\":{\"tracking\":\"A1\"}}")};
    struct committed done;
    assert_int_equal(store_commit(store, &change, 1, true, &done), OK);
    subject = done.id;
}

static void officers_at_once(void **state)
{
    (void)state;
    char home[HOME_PATH];
    struct scratch scratch;
    struct store *store;
    static char names[ASKERS];
    pthread_t askers[ASKERS], movers[MOVERS];
    struct flow_stats stats;
    scratch_make(&scratch);
    home_make(home);
    link_folder(home, "system");
    link_folder(home, "tickets");
    home_write(home, "databases/parcel.yaml",
               S("definition: parcel\ntitle: Parcels\npurposes: [search]\n"
                 "fields:\n  tracking: {type: identifier}\nretain: {first: 1y}\n"));
    assert_int_equal(catalog_load(home, &catalog), OK);
    assert_int_equal(store_open(scratch.path, STORE_OPEN_CREATE, &store), OK);
    store_set_hook(store, committed, NULL);
    put_subject(store);
    assert_int_equal(flow_open(catalog, store, &flow), OK);
    flow_on_told(flow, take_told, NULL);
    assert_int_equal(flow_start(flow), OK);
    atomic_store(&running, ASKERS);
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_create(&askers[i], NULL, ask_many, names + i), 0);
    for (int i = 0; i < MOVERS; i++)
        assert_int_equal(pthread_create(&movers[i], NULL, refuse_many, NULL), 0);
    for (int i = 0; i < ASKERS; i++)
        pthread_join(askers[i], NULL);
    for (int i = 0; i < MOVERS; i++)
        pthread_join(movers[i], NULL);
    flow_stop(flow);
    assert_int_equal(atomic_load(&asked), ASKERS * ASKS);
    assert_int_equal(atomic_load(&refused), ASKERS * ASKS); /* each once */
    flow_stats(flow, &stats);
    assert_int_equal(stats.tickets, ASKERS * ASKS);
    assert_int_equal(stats.failed, 0);
    assert_true(atomic_load(&told) >= 2 * ASKERS * ASKS);
    store_close(store);
    flow_close(flow);
    catalog_free(catalog);
    home_remove(home);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(officers_at_once)};
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
