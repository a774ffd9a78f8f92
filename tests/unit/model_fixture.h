/* SPDX-License-Identifier: Apache-2.0 */
/* A catalog of one definition, on a day that stands still. */
#ifndef TESTS_MODEL_FIXTURE_H
#define TESTS_MODEL_FIXTURE_H

#include "codec/json.h"

#include "home.h"
#include "test.h"

static struct {
    char home[HOME_PATH];
    struct catalog *catalog;
    const struct definition *definition;
    struct arena arena;
} t;

static inline int model_set_up(const char *name, const char *text)
{
    char path[64];
    int64_t now = 0;
    home_check(clock_parse(S("2026-11-22T10:00:00Z"), &now), "time");
    clock_pin(now);
    home_make(t.home);
    snprintf(path, sizeof path, "databases/%s.yaml", name);
    home_write(t.home, path, str_c(text));
    if (catalog_load(t.home, &t.catalog) != OK) {
        char why[1024];
        fprintf(stderr, "%s\n", err_format(err_last(), why, sizeof why));
        return 1;
    }
    t.definition = catalog_find(t.catalog, str_c(name));
    return 0;
}

static inline int model_tear_down(void **state)
{
    (void)state;
    catalog_free(t.catalog);
    arena_release(&t.arena);
    home_remove(t.home);
    clock_pin(-1);
    return 0;
}

/* A body of an envelope with more in it (from a comma on, or nothing) and of fields, both JSON. */
static inline struct node *body_with(const char *envelope, const char *fields)
{
    struct node *body = NULL;
    str text = arena_printf(&t.arena,
                            "{\"envelope\":{\"owner\":\"FRA\",\"purposes\":[\"search\"]%s},"
                            "\"fields\":%s}",
                            envelope, fields);
    home_check(json_parse(text, &t.arena, &body) == OK, "test body");
    return body;
}

#endif
