/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of tickets share: people of two countries, a hub, a node under a clock that the test
 * sets, a parcel of UTO to be asked about.
 */
#ifndef TESTS_FLOW_WORLD_H
#define TESTS_FLOW_WORLD_H

#include "flow/flow.h"

#include "canonical.h"
#include "home.h"
#include "scratch.h"
#include "test.h"

enum { MINUTE_US = 60000000, TOLD_MAX = 64 };

struct world {
    char home[HOME_PATH];
    struct scratch scratch;
    struct catalog *catalog;
    struct store *store;
    struct flow *flow;
    struct arena arena;
    struct record_id subject, ticket;
    uint32_t version;
    unsigned asked;
    struct buf told;
};

static const int64_t start_us = 1795341600000000; /* 2026-11-22T10:00:00Z */

/* ---- people ---- */

static const struct person {
    const char *name;
    struct actor actor;
} people[] = {
    {"finder",
     {.officer = S("f-1"), .unit = S("FRA/gate"), .country = S("FRA"), .role = S("frontline")}},
    {"finder-desk-2",
     {.officer = S("f-2"), .unit = S("FRA/port"), .country = S("FRA"), .role = S("investigator")}},
    {"finder-bureau",
     {.officer = S("f-3"),
      .unit = S("FRA/ncb"),
      .country = S("FRA"),
      .role = S("national-bureau")}},
    {"owner",
     {.officer = S("u-1"),
      .unit = S("UTO/hq"),
      .country = S("UTO"),
      .role = S("national-bureau"),
      .may_write = true}},
    {"owner-2",
     {.officer = S("u-4"),
      .unit = S("UTO/hq"),
      .country = S("UTO"),
      .role = S("national-bureau"),
      .may_write = true}},
    {"owner-desk",
     {.officer = S("u-2"), .unit = S("UTO/ncb"), .country = S("UTO"), .role = S("investigator")}},
    {"owner-patrol",
     {.officer = S("u-3"), .unit = S("UTO/ncb"), .country = S("UTO"), .role = S("frontline")}},
    {"stranger",
     {.officer = S("z-1"),
      .unit = S("ZZZ/ncb"),
      .country = S("ZZZ"),
      .role = S("national-bureau"),
      .may_write = true}},
    {"hub", {.officer = S("h-1"), .unit = S("HUB/ops"), .country = S("HUB"), .role = S("hub")}},
    {"auditor-FRA",
     {.officer = S("f-9"),
      .unit = S("FRA/audit"),
      .country = S("FRA"),
      .role = S("auditor"),
      .may_audit = true}},
    {"auditor-ZZZ",
     {.officer = S("z-9"),
      .unit = S("ZZZ/audit"),
      .country = S("ZZZ"),
      .role = S("auditor"),
      .may_audit = true}},
    {"admin",
     {.officer = S("f-0"),
      .unit = S("FRA/gate"),
      .country = S("FRA"),
      .role = S("administrator"),
      .may_administer = true,
      .may_audit = true,
      .may_write = true}},
};

static inline const struct actor *person(str name)
{
    for (size_t i = 0; i < COUNT_OF(people); i++)
        if (str_eq_c(name, people[i].name))
            return &people[i].actor;
    fail_msg("nobody is called %.*s", STR(name));
    return NULL;
}

/* ---- a node ---- */

static inline void take_told(void *context, const struct flow_told *told)
{
    struct world *world = context;
    if (str_eq(told->what, S("told")))
        return;
    buf_printf(&world->told, "%s%.*s", world->told.len ? ", " : "", STR(told->what));
    if (told->step.len)
        buf_printf(&world->told, " %.*s", STR(told->step));
    buf_printf(&world->told, " %.*s", STR(told->to.unit.len ? told->to.unit : S("-")));
    if (told->person.len)
        buf_printf(&world->told, " %.*s", STR(told->person));
}

static inline void committed(void *context, uint64_t first_seq, uint64_t last_seq)
{
    struct world *world = context;
    if (world->flow)
        flow_follow(world->flow, first_seq, last_seq);
}

static inline void open_node(struct world *world)
{
    assert_int_equal(store_open(world->scratch.path, STORE_OPEN_CREATE, &world->store), OK);
    store_set_hook(world->store, committed, world);
    assert_int_equal(flow_open(world->catalog, world->store, &world->flow), OK);
    flow_on_told(world->flow, take_told, world);
}

static inline void close_node(struct world *world)
{
    flow_close(world->flow);
    world->flow = NULL;
    canonical_check(world->catalog, world->store);
    store_close(world->store);
}

static inline void link_folder(struct world *world, const char *name)
{
    char root[HOME_PATH / 2], target[HOME_PATH], path[HOME_PATH];
    assert_non_null(getcwd(root, sizeof root));
    snprintf(target, sizeof target, "%s/%s", root, name);
    snprintf(path, sizeof path, "%.200s/%s", world->home, name);
    assert_int_equal(symlink(target, path), 0);
}

static inline uint64_t put(struct world *world, str definition, str owner, const char *body)
{
    struct change change = {.kind = CHANGE_PUT,
                            .definition = definition,
                            .definition_version = 1,
                            .owner = owner,
                            .actor = S("test"),
                            .body = str_c(body)};
    struct committed done;
    assert_int_equal(store_commit(world->store, &change, 1, true, &done), OK);
    world->subject = done.id;
    return done.id.number;
}

static inline void begin(struct world *world)
{
    *world = (struct world){.version = 0};
    clock_pin(start_us);
    scratch_make(&world->scratch);
    home_make(world->home);
    link_folder(world, "system");
    link_folder(world, "tickets");
    home_write(world->home, "databases/parcel.yaml",
               S("definition: parcel\ntitle: Parcels\npurposes: [search]\n"
                 "fields:\n  tracking: {type: identifier}\nretain: {first: 1y}\n"));
    assert_int_equal(catalog_load(world->home, &world->catalog), OK);
    open_node(world);
    put(world, S("office"), S("UTO"),
        "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],"
        "\"review_on\":\"2027-01-01\"},"
        "\"fields\":{\"unit\":\"UTO/ncb\",\"name\":\"Bureau\","
        "\"languages\":[\"en\",\"fr\"],\"deputy\":\"o-deputy\",\"head\":\"o-head\",\"duty\":[{"
        "\"officer\":\"o-day\",\"from\":\"2026-11-22T06:00:00Z\",\"until\":\"2026-11-22T18:00:00Z\"},"
        "{\"officer\":\"o-night\",\"from\":\"2026-11-22T18:00:00Z\",\"until\":\"2026-11-23T06:00:00Z\"}"
        "]}}");
    put(world, S("parcel"), S("UTO"),
        "{\"envelope\":{\"owner\":\"UTO\",\"unit\":\"UTO/ncb\",\"purposes\":[\"search\"],"
        "\"review_on\":\"2027-01-01\"},\"fields\":{\"tracking\":\"A1\"}}");
}

static inline void end(struct world *world)
{
    close_node(world);
    catalog_free(world->catalog);
    arena_release(&world->arena);
    buf_release(&world->told);
    home_remove(world->home);
    scratch_remove(&world->scratch);
    clock_pin(-1);
}

/* "a=b c=d" */
static inline struct node *read_fields(struct world *world, str text)
{
    struct node *fields = node_map(&world->arena);
    str word;
    while (str_split(&text, ' ', &word)) {
        size_t equals = str_find(word, '=');
        if (equals < word.len)
            node_put_text(&world->arena, fields, str_slice(word, 0, equals),
                          str_from(word, equals + 1));
    }
    return fields;
}

static inline enum err ask(struct world *world, const struct actor *actor, str fields, bool is_test,
                           struct flow_ticket *ret)
{
    struct flow_question question = {
        .kind = catalog_find(world->catalog, S("hit-confirmation")),
        .database = catalog_find(world->catalog, S("parcel")),
        .subject = world->subject,
        .owner = {S("UTO"), S("UTO/ncb")},
        .is_test = is_test,
        .receipt = arena_printf(&world->arena, "7K3M-9Q%02u", world->asked++),
        .fields = read_fields(world, fields),
    };
    assert_non_null(question.kind);
    return flow_ask(world->flow, actor, &question, &world->arena, ret);
}

static inline enum err move(struct world *world, const struct actor *actor, str to, str fields,
                            struct flow_ticket *ret)
{
    struct flow_request request = {.id = world->ticket,
                                   .version = world->version,
                                   .to = to,
                                   .fields = read_fields(world, fields)};
    return flow_move(world->flow, actor, &request, &world->arena, ret);
}

/* An urgent question of the finder's desk, sent to the owner; the world's ticket from now on. */
static inline void ask_urgently(struct world *world, const char *more, bool is_test,
                                struct flow_ticket *ret)
{
    str fields = arena_printf(&world->arena, "urgency=urgent situation=x %s", more);
    assert_int_equal(ask(world, person(S("finder")), fields, is_test, ret), OK);
    world->ticket = ret->brief.id;
    world->version = ret->brief.version;
}

/* A move that must succeed. */
static inline void moved(struct world *world, const char *who, const char *to, const char *fields,
                         struct flow_ticket *ret)
{
    enum err code = move(world, person(str_c(who)), str_c(to), str_c(fields), ret);
    if (code)
        fail_msg("%s to %s: %s", who, to, err_last()->message);
    world->version = ret->brief.version;
}

static inline void restart(struct world *world)
{
    close_node(world);
    open_node(world);
}

#endif
