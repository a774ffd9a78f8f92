/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two nodes that differ only in what one officer may not see, for tests/unit/leak_test.c.
 *
 * A seed gives an officer and a list of places. What stands at a place is a record of the fictional
 * world in a random envelope. Whether the officer may know of it decides what the two worlds hold:
 *
 *   he may            the same record in both; what he may not read of it differs
 *   he may not        a record in one and none in the other, or another one
 *
 * So numbers of what comes later differ as well; as what they are shown is drawn together (ids.h).
 */
#ifndef LEAK_WORLDS_H
#define LEAK_WORLDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/random.h"

#include "cmd/cmd.h"
#include "codec/json.h"
#include "policy/policy.h"
#include "sample/sample.h"

#include "scratch.h"
#include "test.h"

enum { PLACE_MAX = 1200, PERSONS = 36, WORLD_COUNT = 2, NEVER_GIVEN = 70000000, ASIDE = 1000000 };

struct place {
    const struct definition *definition;
    bool is_hidden;                         /* from the officer */
    bool is_erased;                         /* after it was entered */
    const struct node *bodies[WORLD_COUNT]; /* NULL: none */
    enum state states[WORLD_COUNT];
};
struct world {
    struct scratch scratch;
    struct running *running;
    uint64_t numbers[PLACE_MAX];
    str token;
    str hub;     /* token of its administrator */
    str receipt; /* of the last answer that had one */
    str next;    /* cursor of the last page */
    str etag;
    str job, other_job; /* the last one started; one that is another's */
    struct shared_ids *ids;
    uint64_t proposal; /* of another country; 0: none */
};
struct leak {
    struct random random;
    struct catalog *catalog;
    struct arena arena;
    struct actor actor;
    const struct profile *profile;
    const char *purpose;
    struct place places[PLACE_MAX];
    size_t place_count;
    struct world worlds[WORLD_COUNT];
    size_t asked, with_hits, differing_for_all, differences, differences_here;
    char said[256]; /* the call under way, for messages */
};

static inline void leak_must(enum err code, const char *what)
{
    char words[1024];
    if (code)
        fail_msg("%s: %s", what, err_format(err_last(), words, sizeof words));
}

static inline bool one_in(struct leak *leak, unsigned n)
{
    return random_below(&leak->random, n) == 0;
}

static inline str pick(struct leak *leak, const char *const *list, size_t count)
{
    return str_c(list[random_below(&leak->random, count)]);
}

static const char *const leak_purposes[] = {"search", "identify", "investigate", "border-control"};
static const char *const leak_countries[] = {"FRA", "UTO", "GHA"};

/* Who asks. The rights are given by lot where it is said so. */
static const struct profile {
    const char *role, *country, *unit; /* NULL: by lot */
    bool may_administer, is_by_lot, is_auditor;
} leak_profiles[] = {
    {"national-bureau", NULL, NULL, false, true, false},
    {"frontline", NULL, NULL, false, true, false},
    {"national-bureau", NULL, "ncb", false, true, false},
    {"investigator", NULL, NULL, false, true, false},
    {"administrator", NULL, "ncb", true, false, false},
    {"auditor", NULL, "audit", false, false, true},
    {"national-bureau", NULL, NULL, false, true, false},
    {"data-protection", NULL, "protection", false, false, true},
    {"analyst", NULL, NULL, false, true, false},
    {"integrating-system", NULL, "systems", false, false, false},
    {"specialist", NULL, NULL, false, true, false},
    {"compliance", "XPO", "hub", false, false, false},
    {"hub", "XPO", "hub", false, false, false},
    {"operations", "XPO", "hub", false, false, false},
    {"administrator", "XPO", "hub", true, false, false},
};

static inline bool is_of_hub(const struct leak *leak)
{
    return leak->profile->country != NULL;
}

static inline bool is_role(const struct leak *leak, const char *role)
{
    return str_eq_c(leak->actor.role, role);
}

/* ---- the officer ---- */

static inline void make_officer(struct leak *leak, uint64_t seed)
{
    struct actor *actor = &leak->actor;
    const struct profile *profile = &leak_profiles[seed % COUNT_OF(leak_profiles)];
    leak->profile = profile;
    leak->purpose = pick(leak, leak_purposes, COUNT_OF(leak_purposes)).ptr;
    *actor = (struct actor){
        .officer = S("o-1"),
        .country = profile->country ? str_c(profile->country)
                                    : pick(leak, leak_countries, COUNT_OF(leak_countries)),
        .role = str_c(profile->role),
        .purposes = ~(purpose_set)0,
        .may_write = profile->is_by_lot ? one_in(leak, 2) : profile->may_administer,
        .may_audit = profile->is_by_lot ? one_in(leak, 4) : profile->is_auditor,
        .may_administer = profile->may_administer,
    };
    const char *unit = profile->unit ? profile->unit : one_in(leak, 2) ? "ncb" : "border";
    actor->unit = arena_printf(&leak->arena, "%.*s/%s", STR(actor->country), unit);
    assert_true(purpose_find(leak->catalog, str_c(leak->purpose), &actor->purpose));
}

/* ---- records ---- */

static inline struct node *some_audience(struct leak *leak)
{
    static const char *const whom[] = {"FRA",     "UTO",    "GHA", "FRA/border",
                                       "UTO/ncb", "search", "NPL"};
    struct node *list = node_list(&leak->arena);
    for (size_t i = random_below(&leak->random, 3) + 1; i > 0; i--)
        node_add(list, node_text(&leak->arena, pick(leak, whom, COUNT_OF(whom))));
    return list;
}

static inline void put_sometimes(struct leak *leak, struct node *envelope, str key,
                                 const char *const *words, size_t count, unsigned n)
{
    if (one_in(leak, n))
        node_put_text(&leak->arena, envelope, key, pick(leak, words, count));
}

/* The sample's owner and reference, so that links lead somewhere; all else by chance. */
static inline struct node *some_envelope(struct leak *leak, str owner, str ref)
{
    static const char *const confidentialities[] = {"restricted", "confidential"};
    static const char *const disclosures[] = {"none", "hit-only", "masked"};
    static const char *const sensitives[] = {"biometric", "victim", "minor", "health"};
    static const char *const actions[] = {"detain-contact", "locate", "protect"};
    struct arena *arena = &leak->arena;
    struct node *envelope = node_map(arena);
    struct node *purposes = node_list(arena);
    node_put_text(arena, envelope, S("owner"), owner);
    node_put_text(arena, envelope, S("unit"), arena_printf(arena, "%.*s/ncb", STR(owner)));
    node_put_text(arena, envelope, S("ref"), ref);
    for (size_t i = 0; i < COUNT_OF(leak_purposes); i++)
        if (!one_in(leak, 5) || (i + 1 == COUNT_OF(leak_purposes) && !purposes->count))
            node_add(purposes, node_text(arena, str_c(leak_purposes[i])));
    node_put(envelope, S("purposes"), purposes);
    node_put_text(arena, envelope, S("review_on"), S("2027-05-01"));
    if (one_in(leak, 4))
        node_put(envelope, S("allow"), some_audience(leak));
    if (one_in(leak, 5))
        node_put(envelope, S("deny"), some_audience(leak));
    put_sometimes(leak, envelope, S("confidentiality"), confidentialities,
                  COUNT_OF(confidentialities), 5);
    put_sometimes(leak, envelope, S("disclose"), disclosures, COUNT_OF(disclosures), 5);
    put_sometimes(leak, envelope, S("action"), actions, COUNT_OF(actions), 3);
    if (one_in(leak, 6)) {
        struct node *flags = node_list(arena);
        node_add(flags, node_text(arena, pick(leak, sensitives, COUNT_OF(sensitives))));
        node_put(envelope, S("sensitive"), flags);
    }
    return envelope;
}

static inline const struct node *body_of(struct leak *leak, struct node *envelope,
                                         const struct node *fields)
{
    struct node *body = node_map(&leak->arena);
    node_put(body, S("envelope"), envelope);
    node_put(body, S("fields"), node_copy(&leak->arena, fields));
    return body;
}

static inline void read_body(struct leak *leak, const struct definition *definition,
                             const struct node *body, enum state state, struct record *ret)
{
    leak_must(record_read(leak->catalog, definition, body, &leak->arena, ret), "a made record");
    ret->definition = definition;
    ret->state = state;
    ret->id = (struct record_id){1, 1};
    ret->version = 1;
}

static inline enum disclosure seen_as(struct leak *leak, const struct definition *definition,
                                      const struct node *body, enum state state)
{
    struct record record;
    struct view view;
    read_body(leak, definition, body, state, &record);
    if (policy_open(leak->catalog, &leak->actor, &record, &leak->arena, &view) == OK)
        return view.disclosure;
    err_clear();
    return DISCLOSE_NONE;
}

/* ---- what he may not read of what he may see ---- */

/* No field of it is searched, shown or counted for him. */
static inline bool is_closed(const struct leak *leak, const struct definition *definition,
                             const struct field *field)
{
    bool is_all =
        policy_field_access(leak->catalog, &leak->actor, definition, field) == FIELD_CLOSED;
    for (size_t i = 0; i < field->field_count; i++)
        is_all &= policy_field_access(leak->catalog, &leak->actor, definition, field->fields[i]) ==
                  FIELD_CLOSED;
    return is_all;
}

static inline struct node *without(struct leak *leak, const struct node *map, str key)
{
    struct node *copy = node_map(&leak->arena);
    node_each(child, map)
    {
        if (!str_eq(child->key, key))
            node_put(copy, child->key, node_copy(&leak->arena, child));
    }
    return copy;
}

static inline struct node *with(struct leak *leak, const struct node *map, str key, str text)
{
    struct node *copy = node_map(&leak->arena);
    node_each(child, map)
    {
        if (str_eq(child->key, key))
            node_put_text(&leak->arena, copy, key, text);
        else
            node_put(copy, child->key, node_copy(&leak->arena, child));
    }
    return copy;
}

static inline const struct node *other_of(struct leak *leak, const struct definition *definition,
                                          const struct node *body, enum disclosure seen,
                                          const struct node *donor)
{
    struct node *fields = node_copy(&leak->arena, node_get(body, S("fields")));
    struct node *envelope = node_copy(&leak->arena, node_get(body, S("envelope")));
    if (policy_is_keeper(&leak->actor, node_get_text(envelope, S("owner"))))
        return body; /* its keeper reads all of it */
    for (size_t i = 0; i < definition->field_count; i++) {
        const struct field *field = definition->fields[i];
        const struct node *value = node_get(donor, field->name);
        if (!is_closed(leak, definition, field))
            continue;
        fields = without(leak, fields, field->name);
        if (value && one_in(leak, 2))
            node_put(fields, field->name, node_copy(&leak->arena, value));
    }
    if (seen == DISCLOSE_HIT_ONLY) { /* there is a match, and whom to ask: no more */
        static const char *const words[] = {"arrest-extradition", "identify"};
        envelope = without(leak, envelope, S("action"));
        envelope = with(leak, envelope, S("review_on"), S("2026-12-24"));
        put_sometimes(leak, envelope, S("action"), words, COUNT_OF(words), 2);
    }
    return body_of(leak, envelope, fields);
}

/* ---- places ---- */

static inline bool watches(const struct leak *leak, str owner)
{
    return leak->profile->is_auditor && str_eq(owner, leak->actor.country);
}

static inline void add_place(struct leak *leak, const struct definition *definition,
                             const struct node *body, const struct node *donor)
{
    static const enum state states[] = {STATE_ACTIVE, STATE_ACTIVE, STATE_ACTIVE, STATE_SUSPENDED,
                                        STATE_CANCELLED};
    struct place *place = &leak->places[leak->place_count];
    enum state state = states[random_below(&leak->random, COUNT_OF(states))];
    if (leak->place_count == PLACE_MAX)
        return;
    leak->place_count++;
    *place = (struct place){.definition = definition, .states = {state, state}};
    enum disclosure seen = seen_as(leak, definition, body, state);
    place->is_hidden = seen == DISCLOSE_NONE;
    if (watches(leak, node_get_text(node_get(body, S("envelope")), S("owner")))) {
        place->is_hidden = false; /* whoever watches over them knows that they are there */
        place->bodies[0] = place->bodies[1] = body;
        return;
    }
    if (!place->is_hidden) {
        place->bodies[0] = body;
        place->bodies[1] = other_of(leak, definition, body, seen, donor);
        assert_int_equal(seen, seen_as(leak, definition, place->bodies[1], state));
        return;
    }
    unsigned kind = (unsigned)random_below(&leak->random, 3);
    if (kind != 0)
        place->bodies[0] = body;
    if (kind != 1)
        place->bodies[1] =
            kind ? body_of(leak, node_copy(&leak->arena, node_get(body, S("envelope"))), donor)
                 : body;
    place->is_erased = kind != 2 && one_in(leak, 8);
}

/* Many that are alike and hidden, in one world only: for limits that count what cannot be seen. */
static inline void add_crowd(struct leak *leak, const struct definition *definition,
                             const struct node *fields, size_t count)
{
    struct node *envelope = some_envelope(leak, S("NPL"), S("crowd"));
    node_put_text(&leak->arena, envelope = without(leak, envelope, S("disclose")), S("disclose"),
                  S("none"));
    const struct node *body = body_of(leak, envelope, fields);
    for (size_t i = 0; i < count && leak->place_count < PLACE_MAX; i++) {
        struct place *place = &leak->places[leak->place_count++];
        *place = (struct place){.definition = definition, .is_hidden = true};
        place->bodies[1] = body;
    }
    assert_int_equal(seen_as(leak, definition, body, STATE_ACTIVE), DISCLOSE_NONE);
}

static inline const struct node *sample_lines(struct leak *leak, const char *directory,
                                              const struct definition *definition)
{
    char path[700];
    char *bytes = NULL;
    size_t len = 0;
    struct node *list = node_list(&leak->arena);
    snprintf(path, sizeof path, "%s/%.*s.ndjson", directory, STR(definition->name));
    if (io_read_file(path, 16 << 20, &bytes, &len) != OK) {
        err_clear();
        return list;
    }
    str rest = arena_str(&leak->arena, str_of(bytes, len)), line;
    free(bytes);
    while (str_split(&rest, '\n', &line)) {
        struct node *node = NULL;
        if (line.len == 0)
            continue;
        leak_must(json_parse(line, &leak->arena, &node), path);
        node_add(list, node);
    }
    return list;
}

static inline const struct node *nth(const struct node *list, size_t n)
{
    const struct node *node = list->first;
    while (node && n--)
        node = node->next;
    return node;
}

static inline void make_places_of(struct leak *leak, const struct definition *definition,
                                  const struct node *lines)
{
    node_each(line, lines)
    {
        const struct node *fields = node_get(line, S("fields"));
        const struct node *donor =
            node_get(nth(lines, random_below(&leak->random, lines->count)), S("fields"));
        str owner = node_get_text(node_get(line, S("envelope")), S("owner"));
        str ref = node_get_text(node_get(line, S("envelope")), S("ref"));
        if (one_in(leak, 3))
            owner = leak->actor.country;
        add_place(leak, definition, body_of(leak, some_envelope(leak, owner, ref), fields), donor);
        if (one_in(leak, 4)) /* the same subject, held by another as well */
            add_place(leak, definition,
                      body_of(leak,
                              some_envelope(leak, S("NPL"),
                                            arena_printf(&leak->arena, "N-%zu", leak->place_count)),
                              fields),
                      donor);
    }
}

/* What the nodes keep of officers is not for those who only write records. */
static inline void add_node_records(struct leak *leak)
{
    static const char *const kinds[] = {"credential", "invitation"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct definition *definition = catalog_find(leak->catalog, str_c(kinds[i]));
        if (!definition || !definition->example_count)
            continue;
        const struct node *fields = node_get(definition->examples[0].body, S("fields"));
        add_place(leak, definition,
                  body_of(leak, some_envelope(leak, leak->actor.country, S("K")), fields), fields);
    }
}

static inline void make_places(struct leak *leak)
{
    struct scratch scratch;
    struct sample_report report;
    scratch_make(&scratch);
    struct sample_options options = {.persons = PERSONS,
                                     .seed = random_below(&leak->random, 1000000),
                                     .directory = scratch.path,
                                     .today = {2026, 11, 22}};
    leak_must(sample_write(leak->catalog, &options, &report), "sample");
    for (size_t i = 0; i < leak->catalog->count; i++) {
        const struct definition *definition = leak->catalog->definitions[i];
        const struct node *lines = sample_lines(leak, scratch.path, definition);
        if (!lines->count)
            continue;
        make_places_of(leak, definition, lines);
        if (one_in(leak, 6))
            add_crowd(leak, definition,
                      node_get(nth(lines, random_below(&leak->random, lines->count)), S("fields")),
                      260);
    }
    add_node_records(leak);
    scratch_remove(&scratch);
}

/* ---- nodes ---- */

static inline void shuffle(struct leak *leak)
{
    for (size_t i = leak->place_count; i > 1; i--) {
        size_t k = random_below(&leak->random, i);
        struct place kept = leak->places[i - 1];
        leak->places[i - 1] = leak->places[k];
        leak->places[k] = kept;
    }
}

static inline void enter(struct leak *leak, unsigned w)
{
    struct world *world = &leak->worlds[w];
    struct store *store = world->running->node.store;
    for (size_t i = 0; i < leak->place_count;) {
        struct change changes[256];
        struct committed done[256];
        size_t slots[256], count = 0;
        struct buf bodies[256] = {{0}};
        for (; i < leak->place_count && count < COUNT_OF(changes); i++) {
            const struct place *place = &leak->places[i];
            if (!place->bodies[w])
                continue;
            json_write(&bodies[count], place->bodies[w]);
            changes[count] = (struct change){
                .kind = CHANGE_PUT,
                .definition = place->definition->name,
                .definition_version = place->definition->version,
                .owner = node_get_text(node_get(place->bodies[w], S("envelope")), S("owner")),
                .state = place->states[w],
                .actor = S("o-0"),
                .body = buf_str(&bodies[count]),
            };
            slots[count++] = i;
        }
        if (count)
            leak_must(store_commit(store, changes, count, false, done), "commit");
        for (size_t k = 0; k < count; k++) {
            leak_must(done[k].failed, "a committed record");
            world->numbers[slots[k]] = done[k].id.number;
            buf_release(&bodies[k]);
        }
    }
    for (size_t i = 0; i < leak->place_count; i++) {
        struct committed done;
        const struct place *place = &leak->places[i];
        struct change change = {.kind = CHANGE_STATE,
                                .number = world->numbers[i],
                                .definition = place->definition->name,
                                .state = place->states[w],
                                .actor = S("o-0")};
        if (place->bodies[w] && place->states[w] != STATE_ACTIVE) /* new ones begin as active */
            leak_must(store_commit(store, &change, 1, false, &done), "state");
        if (place->bodies[w] && place->is_erased)
            leak_must(store_erase(store, world->numbers[i], S("o-0"), &done), "erasure");
    }
}

static inline void share_key(struct leak *leak, const char *directory)
{
    char path[700];
    char *bytes;
    size_t len;
    snprintf(path, sizeof path, "%s/data/value.key", leak->worlds[0].scratch.path);
    leak_must(io_read_file(path, 4096, &bytes, &len), path);
    leak_must(io_make_dir(directory), directory);
    snprintf(path, sizeof path, "%s/value.key", directory);
    leak_must(io_replace(path, str_of(bytes, len)), path);
    free(bytes);
}

static inline void open_world(struct leak *leak, unsigned w)
{
    struct world *world = &leak->worlds[w];
    struct api_options options = {.version = BUREAU_VERSION, .lane_threads = 1};
    char path[600];
    scratch_make(&world->scratch);
    snprintf(path, sizeof path, "%s/data", world->scratch.path);
    if (w > 0) /* what is kept as a keyed hash reads alike in both */
        share_key(leak, path);
    leak_must(node_open(path, ".", NODE_CREATE, &options, &world->running), "node");
    enter(leak, w);
}

static inline void close_world(struct leak *leak, unsigned w)
{
    node_close(leak->worlds[w].running);
    scratch_remove(&leak->worlds[w].scratch);
}

#endif
