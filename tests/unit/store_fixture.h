/* SPDX-License-Identifier: Apache-2.0 */
/* An empty store for each test. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "base/io.h"

#include "store/store.h"

#include "stored.h"
#include "test.h"

struct fixture {
    struct scratch scratch;
    struct store *store;
    struct arena arena;
};

static inline int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    scratch_make(&fixture.scratch);
    assert_int_equal(store_open(fixture.scratch.path, STORE_OPEN_CREATE, &fixture.store), OK);
    *state = &fixture;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    io_set_hook(NULL);
    store_close(f->store);
    arena_release(&f->arena);
    scratch_remove(&f->scratch);
    return 0;
}

static inline struct change put(uint64_t number, str body)
{
    return stored_put(number, S("vehicle"), body);
}

#endif
