/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In one world an officer of one country has told the hub that persons have protection there, in
 * the other an officer of another country, in other words; in both the hub has suspended the same
 * records. Nothing that the officer of the test may ask tells the two apart.
 */
#ifndef LEAK_OBJECTIONS_H
#define LEAK_OBJECTIONS_H

#include "leak/names.h"

enum { OBJECTED_MAX = 4 };

static const struct objector {
    const char *officer, *country, *statement;
} objectors[WORLD_COUNT] = {
    {"o-objects-1", "NPL", "recognised as a refugee"},
    {"o-objects-2", "KEN", "under the protection of the court since the spring, as the file says"},
};

static inline str officer_that_may(struct leak *leak, unsigned w, const char *officer,
                                   const char *unit, const char *role, const char *may)
{
    str country = str_slice(str_c(unit), 0, 3);
    struct node *body = NULL;
    struct http_reply reply = {0};
    struct buf purposes = {.max = 1024};
    for (size_t i = 0; i < COUNT_OF(leak_purposes); i++)
        buf_printf(&purposes, "%s\"%s\"", i ? "," : "", leak_purposes[i]);
    str text = arena_printf(&leak->arena,
                            "{\"officer\":\"%s\",\"unit\":\"%s\",\"country\":\"%.*s\",\"role\":"
                            "\"%s\",\"purposes\":[%.*s],\"may\":[%s]}",
                            officer, unit, STR(country), role, STR(buf_str(&purposes)), may);
    buf_release(&purposes);
    call_one(leak, w,
             &(struct asking){.method = S("POST"),
                              .path = S("/v1/officers"),
                              .body = text,
                              .is_by_machine = true},
             &reply);
    assert_int_equal(reply.status, 201);
    leak_must(json_parse(reply.body, &leak->arena, &body), "token");
    return arena_printf(&leak->arena, "Bearer %.*s", STR(node_get_text(body, S("token"))));
}

/* The same officers in both worlds, so that they tell nothing. */
static inline str officer_of(struct leak *leak, unsigned w, const char *officer,
                             const char *country, const char *role)
{
    char unit[16];
    snprintf(unit, sizeof unit, "%s/ncb", country);
    return officer_that_may(leak, w, officer, unit, role, "");
}

static inline bool is_seen_by(struct leak *leak, const struct place *place, const char *country)
{
    struct actor kept = leak->actor;
    leak->actor = (struct actor){.officer = S("o-objects"),
                                 .country = str_c(country),
                                 .unit = arena_printf(&leak->arena, "%s/ncb", country),
                                 .role = S("national-bureau"),
                                 .purpose = kept.purpose,
                                 .purposes = kept.purposes};
    bool is_seen =
        seen_as(leak, place->definition, place->bodies[0], place->states[0]) != DISCLOSE_NONE;
    leak->actor = kept;
    return is_seen;
}

static inline bool can_be_objected_to(struct leak *leak, const struct place *place)
{
    return !place->is_hidden && !place->is_erased && place->bodies[0] && place->bodies[1] &&
           place->states[0] == STATE_ACTIVE && place->states[1] == STATE_ACTIVE &&
           is_seen_by(leak, place, objectors[0].country) &&
           is_seen_by(leak, place, objectors[1].country);
}

static inline int call_as(struct leak *leak, unsigned w, str token, const char *method, str path,
                          str body, struct http_reply *ret)
{
    str kept = leak->worlds[w].token;
    leak->worlds[w].token = token;
    call_one(leak, w, &(struct asking){.method = str_c(method), .path = path, .body = body}, ret);
    leak->worlds[w].token = kept;
    return ret->status;
}

static inline void suspend_all(struct leak *leak, unsigned w, str hub)
{
    struct node *list = NULL;
    struct http_reply reply = {0};
    assert_int_equal(call_as(leak, w, hub, "GET", S("/v1/rights/objections"), STR_EMPTY, &reply),
                     200);
    leak_must(json_parse(arena_str(&leak->arena, reply.body), &leak->arena, &list), "objections");
    node_each(one, list)
    {
        str path = arena_printf(&leak->arena, "/v1/rights/objections/%.*s",
                                STR(node_get_text(one, S("id"))));
        assert_int_equal(call_as(leak, w, hub, "POST", path,
                                 S("{\"outcome\":\"suspended\",\"reason\":\"protected\"}"), &reply),
                         200);
    }
}

/* How many records were suspended. */
static inline size_t object_in_both(struct leak *leak)
{
    size_t count = 0;
    str tokens[WORLD_COUNT], hubs[WORLD_COUNT];
    for (unsigned w = 0; w < WORLD_COUNT; w++) {
        hubs[w] = officer_of(leak, w, "o-hub", "XPO", "hub");
        for (unsigned k = 0; k < WORLD_COUNT; k++) {
            str token =
                officer_of(leak, w, objectors[k].officer, objectors[k].country, "national-bureau");
            if (k == w)
                tokens[w] = token;
        }
    }
    for (size_t i = 0; i < leak->place_count && count < OBJECTED_MAX; i++) {
        if (!can_be_objected_to(leak, &leak->places[i]))
            continue;
        for (unsigned w = 0; w < WORLD_COUNT; w++) {
            struct http_reply reply = {0};
            str body = arena_printf(&leak->arena, "{\"record\":\"{%zu}\",\"statement\":\"%s\"}", i,
                                    objectors[w].statement);
            assert_int_equal(call_as(leak, w, tokens[w], "POST", S("/v1/rights/objections"), body,
                                     &reply),
                             201);
        }
        count++;
    }
    for (unsigned w = 0; w < WORLD_COUNT; w++)
        suspend_all(leak, w, hubs[w]);
    return count;
}

#endif
