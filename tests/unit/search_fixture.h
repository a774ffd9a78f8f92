/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node without its network: store, index, policy and search engine in a scratch directory, over a
 * given catalog.
 */
#ifndef TESTS_SEARCH_FIXTURE_H
#define TESTS_SEARCH_FIXTURE_H

#include "codec/json.h"
#include "search/search.h"

#include "canonical.h"
#include "home.h"
#include "scratch.h"

/* Persons: what they are called and when they were born, and fields of a test's own. */
#define SOULS(purposes, fields)                                                      \
    "definition: soul\ntitle: {en: Souls}\nkind: record\npurposes: [" purposes "]\n" \
    "retain: {first: 5y}\nfields:\n"                                                 \
    "  called: {type: name, means: name, list: yes}\n"                               \
    "  born: {type: date, means: birth-date, list: yes}\n" fields                    \
    "order_by: birth-date\nevidence: {groups: []}\n"                                 \
    "show: {national-bureau: all, others: hit-only}\n"

struct node_under_test {
    struct scratch scratch;
    struct catalog *catalog;
    struct store *store;
    struct policy_classes *classes;
    struct index *index;
    struct search_engine *engine;
    struct arena arena;
    struct actor actor;
};

static inline void must(enum err code, const char *what)
{
    char text[1024];
    if (code == OK)
        return;
    fprintf(stderr, "%s: %s\n", what, err_format(err_last(), text, sizeof text));
    abort();
}

static inline struct actor actor_as(const struct catalog *catalog, const char *role,
                                    const char *purpose)
{
    struct actor actor = {.officer = S("o-1"),
                          .unit = S("FRA/border"),
                          .country = S("FRA"),
                          .role = str_c(role),
                          .purposes = ~(purpose_set)0};
    if (!purpose_find(catalog, str_c(purpose), &actor.purpose))
        abort();
    return actor;
}

static inline void node_start(struct node_under_test *node, const char *home)
{
    char path[600];
    *node = (struct node_under_test){.arena = {.max_bytes = (size_t)1 << 30}};
    must(crypto_init(), "crypto");
    scratch_make(&node->scratch);
    must(catalog_load(home, &node->catalog), "catalog");
    must(store_open(node->scratch.path, STORE_OPEN_CREATE, &node->store), "store");
    must(policy_classes_new(node->catalog, &node->classes), "policy");
    snprintf(path, sizeof path, "%s/index", node->scratch.path);
    must(index_open(path, node->store, node->catalog, node->classes, &node->index), "index");
    store_set_hook(node->store, index_follow, node->index);
    must(search_open(node->catalog, node->store, node->index, node->classes, &node->engine),
         "search");
    node->actor = actor_as(node->catalog, "national-bureau", "identify");
}

static inline void node_stop(struct node_under_test *node)
{
    search_close(node->engine);
    store_set_hook(node->store, NULL, NULL);
    index_close(node->index);
    canonical_check(node->catalog, node->store);
    store_close(node->store);
    policy_classes_free(node->classes);
    catalog_free(node->catalog);
    arena_release(&node->arena);
    scratch_remove(&node->scratch);
}

/* Stores a body as a new record, the way a desk would; gives its number. */
static inline uint64_t node_put_record(struct node_under_test *node,
                                       const struct definition *definition, const struct node *body)
{
    struct record record;
    struct buf canonical = {0};
    struct committed done = {0};
    must(record_parse(node->catalog, definition, body, &node->arena, &record), "record");
    must(record_canonical(node->catalog, &record, &canonical), "canonical");
    struct change change = {.kind = CHANGE_PUT,
                            .definition = definition->name,
                            .definition_version = definition->version,
                            .owner = record.envelope.owner,
                            .actor = S("o-1"),
                            .body = buf_str(&canonical)};
    must(store_commit(node->store, &change, 1, false, &done), "commit");
    buf_release(&canonical);
    return done.id.number;
}

/* A record of these fields (JSON, without braces), as an owner enters it. */
static inline uint64_t node_put_fields(struct node_under_test *node, const char *database,
                                       const char *owner, const char *fields)
{
    char text[3000];
    struct node *body = NULL;
    snprintf(text, sizeof text,
             "{\"envelope\":{\"owner\":\"%s\",\"purposes\":[\"identify\"],"
             "\"review_on\":\"2027-01-01\"},\"fields\":{%s}}",
             owner, fields);
    must(json_parse(str_c(text), &node->arena, &body), text);
    return node_put_record(node, catalog_find(node->catalog, str_c(database)), body);
}

/* A node of one database of persons, in a home of its own; and its end. */
static inline void souls_start(struct node_under_test *node, char home[HOME_PATH],
                               const char *definition)
{
    home_make(home);
    home_write(home, "databases/soul.yaml", str_c(definition));
    node_start(node, home);
}

static inline void souls_stop(struct node_under_test *node, const char *home)
{
    node_stop(node);
    home_remove(home);
}

static inline struct search_answer node_ask_as(struct node_under_test *node,
                                               const struct actor *actor,
                                               const struct search_request *request)
{
    struct search_plan *plan = NULL;
    struct search_answer answer = {0};
    must(search_plan(node->engine, actor, request, &node->arena, &plan), "plan");
    must(search_run(plan, &answer), "run");
    return answer;
}

static inline struct search_answer node_ask(struct node_under_test *node, const char *text)
{
    struct search_request request = {.text = str_c(text), .limit = 100};
    return node_ask_as(node, &node->actor, &request);
}

static inline struct node *json_of(struct node_under_test *node, const char *text)
{
    struct node *tree = NULL;
    must(json_parse(str_c(text), &node->arena, &tree), text);
    return tree;
}

static inline const struct hit *hit_with(const struct hit *hits, size_t count, uint64_t number)
{
    for (size_t i = 0; i < count; i++)
        if (hits[i].view.id.number == number)
            return &hits[i];
    return NULL;
}

#endif
