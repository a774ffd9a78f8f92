/* SPDX-License-Identifier: Apache-2.0 */
/* A node's officers without a node: a store, the catalog and identity, under a clock that is set. */
#ifndef IDENTITY_FIXTURE_H
#define IDENTITY_FIXTURE_H

#include <stdlib.h>

#include "identity/internal.h"

#include "canonical.h"
#include "scratch.h"
#include "test.h"

static const int64_t start_us = 1795341600000000; /* 2026-11-22T10:00:00Z */
static const int64_t minute_us = 60000000;

struct world {
    struct scratch scratch;
    struct catalog *catalog;
    struct store *store;
    struct identity *identity;
    struct arena arena;
};

static const struct actor machine = {.officer = S("local"),
                                     .role = S("administrator"),
                                     .may_administer = true,
                                     .may_audit = true};

static inline void follow(void *context, uint64_t first_seq, uint64_t last_seq)
{
    struct world *world = context;
    if (world->identity)
        identity_follow(world->identity, first_seq, last_seq);
}

static inline void start(struct world *world)
{
    assert_int_equal(store_open(world->scratch.path, STORE_OPEN_CREATE, &world->store), OK);
    store_set_hook(world->store, follow, world);
    assert_int_equal(identity_open(world->scratch.path, world->catalog, world->store,
                                   &world->identity),
                     OK);
}

static inline void stop(struct world *world)
{
    canonical_check(world->catalog, world->store);
    store_close(world->store);
    identity_close(world->identity);
    world->identity = NULL;
}

static inline int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    scratch_make(&world->scratch);
    clock_pin(start_us);
    if (catalog_load(".", &world->catalog) != OK)
        return -1;
    start(world);
    *state = world;
    return 0;
}

static inline int tear_down(void **state)
{
    struct world *world = *state;
    stop(world);
    clock_pin(-1);
    catalog_free(world->catalog);
    arena_release(&world->arena);
    scratch_remove(&world->scratch);
    free(world);
    return 0;
}

static inline struct actor who(struct world *world, str id)
{
    struct actor actor = {0};
    if (str_eq(id, S("machine")))
        return machine;
    const struct account *account = find_account(world->identity, id);
    if (!account || account_resolve(world->identity, account, NULL, &world->arena, &actor) != OK)
        fail_msg("there is no %.*s", STR(id));
    return actor;
}

#endif
