/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people of two other countries do among themselves in one of the worlds: they found units,
 * enter officers, give grants, enrol a terminal, are under a measure, keep a record from the
 * actor's country, search for it, read it, have a question wait for it and be met, ask one another
 * about it, correct it, and a person asks what is held. Nothing the actor may ask tells the two
 * worlds apart.
 *
 * Who may read the log knows how many entries it has, as whoever has a copy of it does: for him
 * they do as much in both worlds, but not the same.
 */
#ifndef LEAK_OTHERS_H
#define LEAK_OTHERS_H

#include "leak/calls.h"
#include "leak/objections.h"

enum other_deed {
    DEED_RECORD,
    DEED_SEARCH,
    DEED_READ,
    DEED_STANDING,
    DEED_MET,
    DEED_TICKET,
    DEED_ANSWER,
    DEED_CORRECTION,
    DEED_REQUEST,
    DEED_UNIT,
    DEED_GRANT,
    DEED_TERMINAL,
    DEED_MEASURE,
    DEED_ADDRESS,
    DEED_COUNT
};
struct others {
    str asker, second, keeper, protector, administrator, hub; /* tokens */
    const char *asking, *keeping;                             /* their countries */
    str mark;                                                 /* of what they do in this world */
    str record, ticket;                                       /* ids */
};

static size_t deeds_done[DEED_COUNT];

static inline const struct node *say_as(struct leak *leak, unsigned w, str token,
                                        const char *method, str path, str body, int wanted,
                                        enum other_deed deed)
{
    struct http_reply reply = {0};
    struct node *answer = NULL;
    int status = call_as(leak, w, token, method, path, body, &reply);
    str text = arena_str(&leak->arena, reply.body);
    deeds_done[deed] += status == wanted;
    if (status != wanted && getenv("LEAK_SHOW"))
        fprintf(stderr, "%s %.*s: %d %.*s\n", method, STR(path), status, STR(text));
    if (json_parse(text, &leak->arena, &answer) != OK)
        err_clear();
    return answer;
}

static inline str id_of(const struct node *answer)
{
    return answer ? node_get_text(answer, S("id")) : STR_EMPTY;
}

static inline str word_of(struct leak *leak, const struct others *others, const char *stem)
{
    return arena_printf(&leak->arena, "%s-%.*s", stem, STR(others->mark));
}

static inline str other_officer(struct leak *leak, unsigned w, const struct others *others,
                                const char *stem, const char *country, const char *role,
                                const char *may)
{
    return officer_that_may(leak, w, word_of(leak, others, stem).ptr,
                            arena_printf(&leak->arena, "%s/ncb", country).ptr, role, may);
}

/* ---- a record ---- */

/* Of this definition's fields one that identifies, with a value nobody else has. */
static inline const struct field *key_field(const struct definition *definition)
{
    for (size_t i = 0; i < definition->field_count; i++) {
        const struct field *field = definition->fields[i];
        if (field->is_pivot && field->meaning_number && !field->field_count && !field->is_list &&
            str_eq_c(field->meaning, "document-number"))
            return field;
    }
    return NULL;
}

static inline const struct place *place_with_key(struct leak *leak, const struct field **ret)
{
    for (size_t i = 0; i < leak->place_count; i++) {
        const struct place *place = &leak->places[i];
        *ret = place->bodies[0] ? key_field(place->definition) : NULL;
        if (*ret && node_get(node_get(place->bodies[0], S("fields")), (*ret)->name))
            return place;
    }
    return NULL;
}

static inline struct node *texts(struct leak *leak, const char *const *list, size_t count)
{
    struct node *node = node_list(&leak->arena);
    for (size_t i = 0; i < count; i++)
        node_add(node, node_text(&leak->arena, str_c(list[i])));
    return node;
}

static inline str secret_body(struct leak *leak, const struct others *others,
                              const struct place *place, const struct field *key, const char *more)
{
    struct arena *arena = &leak->arena;
    const char *const both[] = {others->asking, others->keeping};
    struct node *envelope = node_map(arena);
    struct node *fields = with(leak, node_get(place->bodies[0], S("fields")), key->name,
                               arena_printf(arena, "QX%.*s77%s", STR(others->mark), more));
    node_put_text(arena, envelope, S("owner"), str_c(others->keeping));
    node_put_text(arena, envelope, S("unit"), arena_printf(arena, "%s/ncb", others->keeping));
    node_put_text(arena, envelope, S("ref"), word_of(leak, others, "S"));
    node_put(envelope, S("purposes"), texts(leak, leak_purposes, COUNT_OF(leak_purposes)));
    node_put_text(arena, envelope, S("review_on"), S("2027-05-01"));
    node_put(envelope, S("allow"), texts(leak, both, 2));
    node_put_text(arena, envelope, S("notify"), S("silent"));
    node_put_text(arena, envelope, S("legal_basis"), S("national law"));
    return json_of(leak, body_of(leak, envelope, fields));
}

static inline str question(struct leak *leak, const struct others *others)
{
    return arena_printf(&leak->arena,
                        "{\"fields\":{\"document-number\":\"QX%.*s77\"},\"purpose\":\"%s\"}",
                        STR(others->mark), leak->purpose);
}

static inline void keep_a_record(struct leak *leak, unsigned w, struct others *others)
{
    const struct field *key = NULL;
    const struct place *place = place_with_key(leak, &key);
    if (!place)
        return;
    str path = arena_printf(&leak->arena, "/v1/records/%.*s", STR(place->definition->name));
    const struct node *asked =
        say_as(leak, w, others->asker, "POST", S("/v1/standing"),
               arena_printf(&leak->arena,
                            "{\"fields\":{\"document-number\":\"QX%.*s77\"},\"until\":"
                            "\"2027-01-01\",\"reference\":\"case\"}",
                            STR(others->mark)),
               201, DEED_STANDING);
    leak_must(standing_catch_up(leak->worlds[w].running->node.standing), "questions that wait");
    say_as(leak, w, others->second, "POST",
           arena_printf(&leak->arena, "/v1/standing/%.*s/approve", STR(id_of(asked))), STR_EMPTY,
           200, DEED_STANDING);
    leak_must(standing_catch_up(leak->worlds[w].running->node.standing), "questions that wait");
    others->record = id_of(say_as(leak, w, others->keeper, "POST", path,
                                  secret_body(leak, others, place, key, ""), 201, DEED_RECORD));
    str record = arena_printf(&leak->arena, "/v1/records/%.*s", STR(others->record));
    say_as(leak, w, others->keeper, "POST", arena_printf(&leak->arena, "%.*s/state", STR(record)),
           S("{\"state\":\"suspended\"}"), 200, DEED_CORRECTION);
    say_as(leak, w, others->keeper, "POST", arena_printf(&leak->arena, "%.*s/state", STR(record)),
           S("{\"state\":\"active\"}"), 200, DEED_CORRECTION);
}

/* What threads of the node do by themselves: questions that wait are met, clocks run out. */
static inline void let_time_pass(struct leak *leak, unsigned w, const struct others *others)
{
    struct http_reply reply = {0};
    struct api_node *node = &leak->worlds[w].running->node;
    leak_must(standing_catch_up(node->standing), "questions that wait");
    (void)flow_tick(node->flow, clock_now_us());
    call_as(leak, w, others->asker, "GET", S("/v1/standing"), STR_EMPTY, &reply);
    deeds_done[DEED_MET] += str_has(reply.body, S("\"hits\":[{"));
}

static inline void ask_about_it(struct leak *leak, unsigned w, struct others *others)
{
    struct arena *arena = &leak->arena;
    const struct node *answer = say_as(leak, w, others->asker, "POST", S("/v1/search"),
                                       question(leak, others), 200, DEED_SEARCH);
    say_as(leak, w, others->asker, "GET",
           arena_printf(arena, "/v1/records/%.*s", STR(others->record)), STR_EMPTY, 200, DEED_READ);
    str receipt = answer ? node_get_text(answer, S("receipt")) : STR_EMPTY;
    const struct node *ticket = say_as(
        leak, w, others->asker, "POST", S("/v1/tickets"),
        arena_printf(arena,
                     "{\"kind\":\"hit-confirmation\",\"record\":\"%.*s\",\"receipt\":\"%.*s\","
                     "\"fields\":{\"urgency\":\"urgent\",\"situation\":\"stopped\"}}",
                     STR(others->record), STR(receipt)),
        201, DEED_TICKET);
    others->ticket = id_of(ticket);
    say_as(leak, w, others->keeper, "POST",
           arena_printf(arena, "/v1/tickets/%.*s/moves", STR(others->ticket)),
           S("{\"to\":\"acknowledged\",\"version\":2}"), 200, DEED_ANSWER);
}

/* ---- what is kept of themselves ---- */

static inline str bureau_unit(struct leak *leak, str country)
{
    return arena_printf(&leak->arena,
                        "{\"id\":\"%.*s/ncb\",\"country\":\"%.*s\",\"name\":\"Bureau\","
                        "\"level\":\"national-bureau\"}",
                        STR(country), STR(country));
}

static inline void keep_house(struct leak *leak, unsigned w, const struct others *others)
{
    struct arena *arena = &leak->arena;
    const char *country = others->asking;
    say_as(leak, w, others->administrator, "POST", S("/v1/units"),
           arena_printf(arena,
                        "{\"id\":\"%s/%.*s\",\"country\":\"%s\",\"name\":\"secret %.*s\","
                        "\"parent\":\"%s/ncb\",\"level\":\"unit\"}",
                        country, STR(others->mark), country, STR(others->mark), country),
           201, DEED_UNIT);
    say_as(leak, w, others->administrator, "POST", S("/v1/grants"),
           arena_printf(arena,
                        "{\"officer\":\"%.*s\",\"purposes\":[\"%s\"],\"until\":"
                        "\"2027-01-01T00:00:00Z\",\"reason\":\"stands in for a colleague\"}",
                        STR(word_of(leak, others, "n-asker")), leak_purposes[0]),
           201, DEED_GRANT);
    struct hash key;
    char hex[2 * HASH_SIZE + 1];
    sha256(others->mark, &key);
    hex_encode(key.bytes, HASH_SIZE, hex);
    say_as(leak, w, others->administrator, "POST", S("/v1/terminals"),
           arena_printf(arena,
                        "{\"id\":\"%.*s\",\"unit\":\"%s/ncb\",\"role\":\"frontline\",\"purpose\":"
                        "\"%s\",\"certificate_key\":\"%s\"}",
                        STR(word_of(leak, others, "t")), country, leak_purposes[0], hex),
           201, DEED_TERMINAL);
    if (!is_of_hub(leak)) /* who knows of them all */
        say_as(leak, w, others->hub, "POST", S("/v1/measures"),
               arena_printf(arena,
                            "{\"country\":\"%s\",\"kind\":\"rate-limit\",\"rate\":%zu,\"reason\":"
                            "\"of %.*s\"}",
                            country, 900 + others->mark.len, STR(others->mark)),
               201, DEED_MEASURE);
    say_as(leak, w, others->administrator, "POST", S("/v1/records/mailbox"),
           arena_printf(arena,
                        "{\"envelope\":{\"owner\":\"%s\",\"unit\":\"%s/ncb\",\"ref\":\"%.*s\","
                        "\"purposes\":[\"search\"],\"review_on\":\"2027-05-01\"},\"fields\":{"
                        "\"unit\":\"%s/ncb\",\"address\":\"%.*s@example.org\"}}",
                        country, country, STR(others->mark), country, STR(others->mark)),
           201, DEED_ADDRESS);
    say_as(leak, w, others->protector, "POST", S("/v1/rights/requests"),
           arena_printf(arena,
                        "{\"kind\":\"subject-access\",\"applicant\":{\"name\":\"%.*s\",\"contact\":"
                        "\"B\"},\"fields\":{\"person_says\":\"what is held\"}}",
                        STR(others->mark)),
           201, DEED_REQUEST);
}

/* Of the next record that is entered: that of one entered now, and one. */
static inline uint64_t next_number(struct leak *leak, unsigned w)
{
    struct committed done;
    const struct place *place = NULL;
    struct store *store = leak->worlds[w].running->node.store;
    for (size_t i = 0; !place; i++)
        place = leak->places[i].bodies[0] ? &leak->places[i] : NULL;
    struct buf body = {.max = 1 << 20};
    struct node *envelope = node_map(&leak->arena);
    node_put_text(&leak->arena, envelope, S("owner"), S("KEN"));
    node_put_text(&leak->arena, envelope, S("ref"), S("none"));
    node_put(envelope, S("purposes"), texts(leak, leak_purposes, 1));
    node_put_text(&leak->arena, envelope, S("review_on"), S("2027-05-01"));
    node_put_text(&leak->arena, envelope, S("disclose"), S("none"));
    json_write(&body, body_of(leak, envelope, node_get(place->bodies[0], S("fields"))));
    struct change change = {.kind = CHANGE_PUT,
                            .definition = place->definition->name,
                            .definition_version = place->definition->version,
                            .owner = S("KEN"),
                            .actor = S("o-0"),
                            .body = buf_str(&body)};
    leak_must(store_commit(store, &change, 1, true, &done), "a number");
    leak_must(store_erase(store, done.id.number, S("o-0"), &done), "a number");
    buf_release(&body);
    return done.id.number + 1;
}

static inline void others_act(struct leak *leak, unsigned w)
{
    static const char *const marks[WORLD_COUNT] = {"QUIET", "LOUDER"};
    struct others others = {.asking = "NPL", .keeping = "KEN", .mark = str_c(marks[w])};
    struct shared_ids *ids = leak->worlds[w].ids;
    ids->aside_first = next_number(leak, w);
    ids->aside_end = UINT64_MAX;
    say_as(leak, w, leak->worlds[w].hub, "POST", S("/v1/units"),
           bureau_unit(leak, str_c(others.asking)), 201, DEED_UNIT);
    others.administrator = other_officer(leak, w, &others, "n-admin", others.asking,
                                         "administrator", "\"write\",\"administer\"");
    others.asker =
        other_officer(leak, w, &others, "n-asker", others.asking, "national-bureau", "\"write\"");
    others.second =
        other_officer(leak, w, &others, "n-second", others.asking, "national-bureau", "");
    others.keeper =
        other_officer(leak, w, &others, "k-keeper", others.keeping, "national-bureau", "\"write\"");
    others.protector =
        other_officer(leak, w, &others, "n-protects", others.asking, "data-protection", "");
    others.hub = leak->worlds[w].hub;
    keep_a_record(leak, w, &others);
    if (others.record.len)
        ask_about_it(leak, w, &others);
    keep_house(leak, w, &others);
    let_time_pass(leak, w, &others);
    ids->aside_end = next_number(leak, w);
}

/* In one world; in both, and differently, where how much was done is known. */
static inline void others_act_somewhere(struct leak *leak)
{
    for (unsigned w = leak->actor.may_audit ? 0 : 1; w < WORLD_COUNT; w++)
        others_act(leak, w);
}

#endif
