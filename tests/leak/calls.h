/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How each route is asked in the two worlds. A row for every row of src/api/routes.c: the test
 * fails when one is missing, so a route cannot be added without saying here how it is probed.
 */
#ifndef LEAK_CALLS_H
#define LEAK_CALLS_H

#include "api/internal.h"
#include "leak/names.h"

static inline int get(struct leak *leak, const char *format, uint64_t place)
{
    str path = arena_printf(&leak->arena, "%s", format);
    struct buf out = {.max = 4096};
    size_t at = str_find(path, '@'); /* {@}: the place */
    buf_add(&out, str_slice(path, 0, at));
    if (at < path.len)
        buf_printf(&out, "%llu%.*s", (unsigned long long)place, STR(str_from(path, at + 1)));
    struct asking asking = {.method = S("GET"), .path = arena_str(&leak->arena, buf_str(&out))};
    buf_release(&out);
    return ask(leak, &asking);
}

static inline int send(struct leak *leak, const char *method, str path, str body,
                       const char *if_match)
{
    return ask(leak, &(struct asking){.method = str_c(method),
                                      .path = path,
                                      .body = body,
                                      .if_match = if_match});
}

static inline uint64_t some_place(struct leak *leak)
{
    return random_below(&leak->random, leak->place_count);
}

/* A record of either world, or what others were shown; for paths. */
static inline uint64_t some_thing(struct leak *leak)
{
    return one_in(leak, 3) ? ASIDE + random_below(&leak->random, 24) : some_place(leak);
}

/* ---- bodies ---- */

static inline str json_of(struct leak *leak, const struct node *node)
{
    struct buf out = {.max = 4 << 20};
    json_write(&out, node);
    str text = arena_str(&leak->arena, buf_str(&out));
    buf_release(&out);
    return text;
}

/* A record of either world, seen or hidden. */
static inline const struct node *some_body(struct leak *leak, const struct place **ret)
{
    for (;;) {
        const struct place *place = &leak->places[some_place(leak)];
        const struct node *body = place->bodies[random_below(&leak->random, WORLD_COUNT)];
        *ret = place;
        if (body)
            return body;
    }
}

static inline const struct field_value *some_value(struct leak *leak, struct record *record)
{
    const struct place *place;
    const struct node *body = some_body(leak, &place);
    read_body(leak, place->definition, body, STATE_ACTIVE, record);
    for (unsigned tries = 0; tries < 30 && record->count; tries++) {
        const struct field_value *value =
            &record->values[random_below(&leak->random, record->count)];
        if (value->field->meaning_number && value->value.raw.len && value->value.type->is_key)
            return value;
        if (value->field->meaning_number && value->value.raw.len && value->value.type->is_fuzzy)
            return value;
    }
    return NULL;
}

/* One character another, as a careless typist has it. */
static inline str slipped(struct leak *leak, str text)
{
    char *copy = arena_alloc(&leak->arena, text.len + 1);
    memcpy(copy, text.ptr, text.len);
    size_t at = random_below(&leak->random, text.len);
    if (is_alnum(copy[at]))
        copy[at] = (char)(is_digit(copy[at]) ? '0' + (copy[at] - '0' + 1) % 10 : 'a');
    return str_of(copy, text.len);
}

static inline str value_text(struct leak *leak, const struct value *value)
{
    struct buf out = {.max = 4096};
    value->type->print(value, &out);
    str text = arena_str(&leak->arena, buf_str(&out));
    buf_release(&out);
    return one_in(leak, 3) ? slipped(leak, text) : text;
}

static inline struct node *some_question(struct leak *leak)
{
    static const char *const similar[] = {"auto", "yes", "no"};
    struct arena *arena = &leak->arena;
    struct record record;
    struct node *question = node_map(arena);
    const struct field_value *value = some_value(leak, &record);
    str text = value ? value_text(leak, &value->value) : S("L898902C3");
    if (value && one_in(leak, 3)) {
        struct node *fields = node_map(arena);
        node_put_text(arena, fields, value->field->meaning, text);
        for (size_t i = 0; i < record.count && fields->count < 4; i++)
            if (record.values[i].field->meaning_number && one_in(leak, 3) &&
                !node_get(fields, record.values[i].field->meaning))
                node_put_text(arena, fields, record.values[i].field->meaning,
                              value_text(leak, &record.values[i].value));
        node_put(question, S("fields"), fields);
    } else {
        node_put_text(arena, question, S("text"), text);
    }
    if (one_in(leak, 4) && text.len > 6) /* a part of it, or a question mark */
        node_put_text(arena, question, S("text"),
                      arena_printf(arena, "%.*s?%.*s", STR(str_slice(text, 0, 3)),
                                   STR(str_from(text, 4))));
    node_put_text(arena, question, S("purpose"), str_c(leak->purpose));
    node_put_text(arena, question, S("similar"), pick(leak, similar, COUNT_OF(similar)));
    if (one_in(leak, 4))
        node_put_text(arena, question, S("form"), S("brief"));
    if (one_in(leak, 4)) {
        node_put_number(arena, question, S("limit"), (int64_t)random_below(&leak->random, 4));
        node_put_number(arena, question, S("offset"), (int64_t)random_below(&leak->random, 4));
    }
    return question;
}

/* What others kept, and asked for, among themselves (others.h); in no world, in one, in both. */
static const char *const others_values[] = {"QXQUIET77", "QXLOUDER77", "QXNOBODY77"};

static inline void ask_for_others(struct leak *leak)
{
    for (size_t i = 0; i < COUNT_OF(others_values); i++) {
        send(leak, "POST", S("/v1/search"),
             arena_printf(&leak->arena, "{\"text\":\"%s\",\"purpose\":\"%s\"}", others_values[i],
                          leak->purpose),
             NULL);
        send(leak, "POST", S("/v1/search"),
             arena_printf(&leak->arena,
                          "{\"fields\":{\"document-number\":\"%s\"},\"purpose\":\"%s\","
                          "\"similar\":\"yes\"}",
                          others_values[i], leak->purpose),
             NULL);
    }
}

static inline void ask_search(struct leak *leak)
{
    ask_for_others(leak);
    for (unsigned i = 0; i < 60; i++)
        send(leak, "POST", S("/v1/search"), json_of(leak, some_question(leak)), NULL);
    for (size_t i = 0; i < leak->place_count; i++) { /* what stands in crowds */
        struct record record;
        const struct place *place = &leak->places[i];
        if (place->bodies[0] || !place->is_hidden || !one_in(leak, 40))
            continue;
        read_body(leak, place->definition, place->bodies[1], STATE_ACTIVE, &record);
        for (size_t k = 0; k < record.count; k++) {
            struct node *question = node_map(&leak->arena);
            node_put_text(&leak->arena, question, S("text"),
                          value_text(leak, &record.values[k].value));
            node_put_text(&leak->arena, question, S("purpose"), str_c(leak->purpose));
            if (node_get_text(question, S("text")).len)
                send(leak, "POST", S("/v1/search"), json_of(leak, question), NULL);
        }
    }
}

static inline void ask_why(struct leak *leak)
{
    for (unsigned i = 0; i < 40; i++)
        send(leak, "POST",
             arena_printf(&leak->arena, "/v1/records/{%llu}/why",
                          (unsigned long long)some_thing(leak)),
             json_of(leak, some_question(leak)), NULL);
}

static inline void ask_batch(struct leak *leak)
{
    struct buf lines = {.max = 1 << 20};
    for (unsigned i = 0; i < 12; i++) {
        json_write(&lines, some_question(leak));
        buf_add_char(&lines, '\n');
    }
    send(leak, "POST", S("/v1/search/batch"), buf_str(&lines), NULL);
    buf_release(&lines);
}

static inline void ask_recognise(struct leak *leak)
{
    for (unsigned i = 0; i < 10; i++) {
        struct node *question = some_question(leak), *text = node_map(&leak->arena);
        str line = node_get_text(question, S("text"));
        node_put_text(&leak->arena, text, S("text"), line.len ? line : S("Marta Vidal 1974"));
        send(leak, "POST", S("/v1/recognise"), json_of(leak, text), NULL);
    }
}

/* ---- what there is ---- */

static inline void ask_databases(struct leak *leak)
{
    get(leak, "/v1/databases", 0);
    get(leak, "/v1/databases?fields=no", 0);
}

static inline void ask_database(struct leak *leak)
{
    for (size_t i = 0; i < leak->catalog->count; i++)
        get(leak,
            arena_printf(&leak->arena, "/v1/databases/%.*s%s",
                         STR(leak->catalog->definitions[i]->name), "")
                .ptr,
            0);
    get(leak, "/v1/databases/none", 0);
}

static inline void ask_template(struct leak *leak)
{
    for (size_t i = 0; i < leak->catalog->count; i++)
        get(leak,
            arena_printf(&leak->arena, "/v1/databases/%.*s/template",
                         STR(leak->catalog->definitions[i]->name))
                .ptr,
            0);
}

static inline void ask_codes(struct leak *leak)
{
    get(leak, "/v1/codes", 0);
}
static inline void ask_code_list(struct leak *leak)
{
    get(leak, "/v1/codes/purposes", 0);
}

/* ---- records ---- */

static inline void ask_record(struct leak *leak)
{
    for (uint64_t i = 0; i < leak->place_count && i < 150; i++)
        get(leak, "/v1/records/{@}", i);
    for (unsigned i = 0; i < 6; i++) {
        get(leak, "/v1/records/{@}?version=1", some_thing(leak));
        get(leak, "/v1/records/{@}?version=2", some_thing(leak));
    }
    get(leak, "/v1/records/{@}", leak->place_count + 3);
}

static inline str reference_of(struct leak *leak, const struct place *place,
                               const struct node *body)
{
    const struct node *envelope = node_get(body, S("envelope"));
    return arena_printf(&leak->arena, "%.*s:%.*s/%.*s", STR(place->definition->name),
                        STR(node_get_text(envelope, S("owner"))),
                        STR(node_get_text(envelope, S("ref"))));
}

static inline void ask_reference(struct leak *leak)
{
    for (unsigned i = 0; i < 40; i++) {
        const struct place *place;
        const struct node *body = some_body(leak, &place);
        get(leak,
            arena_printf(&leak->arena, "/v1/references/%.*s", STR(reference_of(leak, place, body)))
                .ptr,
            0);
    }
}

static inline void ask_history(struct leak *leak)
{
    for (unsigned i = 0; i < 40; i++)
        get(leak, "/v1/records/{@}/history", some_thing(leak));
}

/* What another holds already, entered again: under its reference or one's own, by its owner or by
 * the officer's country. */
static inline str some_entry(struct leak *leak, const struct place **ret)
{
    struct node *envelope;
    const struct node *body = some_body(leak, ret);
    envelope = node_copy(&leak->arena, node_get(body, S("envelope")));
    if (one_in(leak, 2)) {
        envelope = without(leak, without(leak, envelope, S("owner")), S("unit"));
        node_put_text(&leak->arena, envelope, S("owner"), leak->actor.country);
    }
    if (one_in(leak, 2)) {
        envelope = without(leak, envelope, S("ref"));
        node_put_text(&leak->arena, envelope, S("ref"),
                      arena_printf(&leak->arena, "T-%zu", leak->asked));
    }
    return json_of(leak, body_of(leak, envelope, node_get(body, S("fields"))));
}

static inline void ask_create(struct leak *leak)
{
    for (unsigned i = 0; i < 25; i++) {
        const struct place *place;
        str body = some_entry(leak, &place);
        send(leak, "POST",
             arena_printf(&leak->arena, "/v1/records/%.*s", STR(place->definition->name)), body,
             NULL);
    }
}

static inline void ask_check(struct leak *leak)
{
    for (unsigned i = 0; i < 25; i++) {
        const struct place *place;
        str body = some_entry(leak, &place);
        send(leak, "POST",
             arena_printf(&leak->arena, "/v1/records/%.*s/check", STR(place->definition->name)),
             body, NULL);
    }
}

static inline str place_path(struct leak *leak, const char *tail)
{
    return arena_printf(&leak->arena, "/v1/records/{%llu}%s", (unsigned long long)some_thing(leak),
                        tail);
}

static inline void ask_put(struct leak *leak)
{
    for (unsigned i = 0; i < 25; i++) {
        const struct place *place;
        str body = some_entry(leak, &place);
        send(leak, "PUT", place_path(leak, ""), body, one_in(leak, 4) ? "\"7\"" : "\"1\"");
    }
}

static inline void ask_state(struct leak *leak)
{
    static const char *const bodies[] = {"{\"state\":\"active\"}", "{\"state\":\"suspended\"}",
                                         "{\"state\":\"cancelled\",\"reason\":\"found\"}",
                                         "{\"state\":\"nowhere\"}"};
    for (unsigned i = 0; i < 25; i++)
        send(leak, "POST", place_path(leak, "/state"), pick(leak, bodies, COUNT_OF(bodies)), NULL);
}

static inline void ask_delete(struct leak *leak)
{
    for (unsigned i = 0; i < 12; i++)
        send(leak, "DELETE", place_path(leak, ""), STR_EMPTY, one_in(leak, 3) ? "\"9\"" : "\"1\"");
}

static inline void ask_photograph(struct leak *leak)
{
    static const char *const hidden = "a picture of whom nobody here may see";
    char hex[2 * HASH_SIZE + 1];
    struct hash hash, other;
    leak_must(store_blob_put(leak->worlds[1].running->node.store, str_c(hidden), S("image/jpeg"),
                             &hash),
              "picture");
    leak_must(store_blob_put(leak->worlds[0].running->node.store, S("another"), S("image/jpeg"),
                             &other),
              "picture");
    hex_encode(hash.bytes, HASH_SIZE, hex);
    get(leak, arena_printf(&leak->arena, "/v1/photographs/%s", hex).ptr, 0);
    get(leak, arena_printf(&leak->arena, "/v1/photographs/%s?size=thumb", hex).ptr, 0);
    get(leak, "/v1/photographs/zz", 0);
}

static inline void ask_photograph_put(struct leak *leak)
{
    send(leak, "POST", S("/v1/photographs"), S("no picture"), NULL);
}

/* ---- whole sets ---- */

static inline void ask_feed(struct leak *leak)
{
    if (get(leak, "/v1/feed?max=7", 0) != 200)
        return;
    for (unsigned i = 0; i < 12; i++)
        get(leak, "/v1/feed?max=9&after={next}", 0);
    get(leak, "/v1/feed", 0);
    get(leak, "/v1/feed?after=nonsense", 0);
}

static inline void ask_export(struct leak *leak)
{
    for (size_t i = 0; i < COUNT_OF(leak_countries); i++)
        get(leak, arena_printf(&leak->arena, "/v1/export?owner=%s", leak_countries[i]).ptr, 0);
    get(leak, "/v1/export", 0);
    get(leak, "/v1/export?owner=NPL&database=none", 0);
}

static inline void ask_formats(struct leak *leak)
{
    get(leak, "/v1/formats", 0);
}

/* The same file in both worlds, in the name of the officer's country. */
static inline void write_import(struct leak *leak, unsigned w, const char *name, str lines)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", leak->worlds[w].scratch.path, name);
    leak_must(io_replace(path, lines), path);
}

static inline str import_order(struct leak *leak, const char *name, str owner)
{
    return arena_printf(
        &leak->arena, "{\"format\":\"bureau-ndjson\",\"files\":[\"{dir}/%s\"],\"owner\":\"%.*s\"}",
        name, STR(owner));
}

/* Until it has ended: its progress may differ, its end may not. */
static inline void wait_for_job(struct leak *leak, unsigned w, const char *path, bool is_by_machine)
{
    for (unsigned i = 0; i < 100; i++) {
        struct http_reply reply = {0};
        call_one(leak, w,
                 &(struct asking){.method = S("GET"),
                                  .path = str_c(path),
                                  .is_by_machine = is_by_machine},
                 &reply);
        if (!str_has(reply.body, S("\"running\"")) && !str_has(reply.body, S("\"waiting\"")))
            return;
    }
}

/* A job in both worlds, in turn: one import of a kind at a time. */
static inline void ask_both_and_wait(struct leak *leak, const struct asking *asking)
{
    int statuses[WORLD_COUNT];
    for (unsigned w = 0; w < WORLD_COUNT; w++) {
        struct http_reply reply = {0};
        call_one(leak, w, asking, &reply);
        statuses[w] = reply.status;
        if (reply.status == 202)
            wait_for_job(leak, w, "/v1/jobs/{job}?wait=1&seen=0", false);
    }
    assert_int_equal(statuses[0], statuses[1]);
}

/* Beside all that others hold: what is hidden is in nobody's pair. */
static inline void ask_duplicates(struct leak *leak)
{
    for (unsigned i = 0; i < 3; i++) {
        const struct place *place = &leak->places[random_below(&leak->random, leak->place_count)];
        struct asking asking = {
            .method = S("POST"),
            .path = S("/v1/duplicates"),
            .body = arena_printf(&leak->arena,
                                 "{\"database\":\"%.*s\",\"across\":true,\"possible\":true}",
                                 STR(place->definition->name))};
        ask_both_and_wait(leak, &asking);
        get(leak, "/v1/jobs/{job}", 0);
    }
}

static inline void ask_imports_start(struct leak *leak)
{
    const struct place *place;
    struct buf lines = {.max = 1 << 20};
    for (unsigned i = 0; i < 4; i++) {
        str body = some_entry(leak, &place);
        buf_printf(&lines, "{\"database\":\"%.*s\",%.*s\n", STR(place->definition->name),
                   STR(str_from(body, 1)));
    }
    for (unsigned w = 0; w < WORLD_COUNT; w++)
        write_import(leak, w, "in.ndjson", buf_str(&lines));
    buf_release(&lines);
    struct asking asking = {.method = S("POST"),
                            .path = S("/v1/imports"),
                            .body = import_order(leak, "in.ndjson", leak->actor.country)};
    ask_both_and_wait(leak, &asking);
}

/* In one world another country's file is taken in, with a row that is refused and quoted. */
static inline void import_by_another(struct leak *leak, unsigned w)
{
    struct http_reply reply = {0};
    struct world *world = &leak->worlds[w];
    str definition = leak->places[0].definition->name;
    write_import(
        leak, w, "other.ndjson",
        arena_printf(
            &leak->arena,
            "{\"database\":\"%.*s\",\"envelope\":{\"owner\":\"NPL\",\"ref\":\"SECRET\"},\"fields\":{}}\n",
            STR(definition)));
    call_one(leak, w,
             &(struct asking){.method = S("POST"),
                              .path = S("/v1/imports"),
                              .body = import_order(leak, "other.ndjson", S("NPL")),
                              .is_by_machine = true},
             &reply);
    assert_int_equal(reply.status, 202);
    wait_for_job(leak, w, "/v1/jobs/{job}?wait=1&seen=0", true);
    world->other_job = world->job;
}

static inline void ask_imports(struct leak *leak)
{
    get(leak, "/v1/imports", 0);
}
static inline void ask_import(struct leak *leak)
{
    get(leak, "/v1/imports/900077", 0);
}
static inline void ask_import_undo(struct leak *leak)
{
    send(leak, "POST", S("/v1/imports/900077/undo"), STR_EMPTY, NULL);
}
static inline void ask_import_forget(struct leak *leak)
{
    send(leak, "DELETE", S("/v1/imports/900077"), STR_EMPTY, NULL);
}
static inline void ask_preview(struct leak *leak)
{
    send(leak, "POST", S("/v1/imports/preview"), S("{\"file\":\"/nowhere/at.all\"}"), NULL);
}
static inline void ask_job(struct leak *leak)
{
    get(leak, "/v1/jobs/{job}", 0);
    get(leak, "/v1/jobs/{other-job}", 0);
}
static inline void ask_job_cancel(struct leak *leak)
{
    send(leak, "DELETE", S("/v1/jobs/{job}"), STR_EMPTY, NULL);
    send(leak, "DELETE", S("/v1/jobs/{other-job}"), STR_EMPTY, NULL);
}

/* ---- the log ---- */

static inline void ask_audit(struct leak *leak)
{
    get(leak, "/v1/audit?max=20", 0);
    for (unsigned i = 0; i < 8; i++)
        get(leak, "/v1/audit?max=20&record={@}", some_thing(leak));
}
static inline void ask_audit_entry(struct leak *leak)
{
    get(leak, "/v1/audit/{receipt}", 0);
}
static inline void ask_audit_verify(struct leak *leak)
{
    get(leak, "/v1/audit/verify", 0);
}

static inline void ask_shown(struct leak *leak)
{
    for (unsigned i = 0; i < 40; i++)
        get(leak, "/v1/records/{@}/shown", some_thing(leak));
}
static inline void ask_audit_statistics(struct leak *leak)
{
    get(leak, "/v1/audit/statistics", 0);
}
static inline void ask_audit_reviews(struct leak *leak)
{
    get(leak, "/v1/audit/reviews", 0);
}
static inline void ask_audit_review(struct leak *leak)
{
    for (unsigned i = 0; i < 5; i++)
        send(leak, "POST",
             arena_printf(&leak->arena, "/v1/audit/reviews/{%llu}",
                          (unsigned long long)some_thing(leak)),
             S("{\"decision\":\"confirmed\"}"), NULL);
}
static inline void ask_audit_searches(struct leak *leak)
{
    for (size_t i = 0; i < COUNT_OF(others_values); i++)
        send(leak, "POST", S("/v1/audit/searches"),
             arena_printf(&leak->arena, "{\"value\":\"%s\"}", others_values[i]), NULL);
    for (unsigned i = 0; i < 5; i++) {
        str text = node_get_text(some_question(leak), S("text"));
        struct node *body = node_map(&leak->arena);
        node_put_text(&leak->arena, body, S("value"), text.len ? text : S("L898902C3"));
        send(leak, "POST", S("/v1/audit/searches"), json_of(leak, body), NULL);
    }
}

static inline void ask_standing_new(struct leak *leak)
{
    for (unsigned i = 0; i < 6; i++) {
        struct node *question = some_question(leak), *body = node_map(&leak->arena);
        const struct node *fields = node_get(question, S("fields"));
        if (fields)
            node_put(body, S("fields"), node_copy(&leak->arena, fields));
        node_put_text(&leak->arena, body, S("until"), S("2027-01-01"));
        node_put_text(&leak->arena, body, S("reference"), S("case 7"));
        send(leak, "POST", S("/v1/standing"), json_of(leak, body), NULL);
    }
}
static inline void ask_standing(struct leak *leak)
{
    get(leak, "/v1/standing", 0);
}
static inline void ask_standing_one(struct leak *leak, const char *method, const char *tail,
                                    const char *body)
{
    for (unsigned i = 0; i < 5; i++)
        send(leak, method,
             arena_printf(&leak->arena, "/v1/standing/{%llu}%s",
                          (unsigned long long)some_thing(leak), tail),
             str_c(body), NULL);
}
static inline void ask_standing_approve(struct leak *leak)
{
    ask_standing_one(leak, "POST", "/approve", "{}");
}
static inline void ask_standing_renew(struct leak *leak)
{
    ask_standing_one(leak, "POST", "/renew", "{\"until\":\"2027-02-01\"}");
}
static inline void ask_standing_remove(struct leak *leak)
{
    ask_standing_one(leak, "DELETE", "", "");
}

static inline void ask_policy_explain(struct leak *leak)
{
    for (unsigned i = 0; i < 30; i++)
        send(leak, "POST", S("/v1/policy/explain"),
             arena_printf(&leak->arena, "{\"record\":\"{%llu}\"}",
                          (unsigned long long)some_thing(leak)),
             NULL);
}
static inline void ask_policy_audit(struct leak *leak)
{
    get(leak, "/v1/policy/audit", 0);
    get(leak, "/v1/policy/audit?officer=o-9", 0);
}

static inline void ask_blank(struct leak *leak, const char *method, const char *path,
                             const char *body)
{
    ask(leak, &(struct asking){.method = str_c(method),
                               .path = str_c(path),
                               .body = str_c(body),
                               .is_random = true});
}
static inline void ask_log_key(struct leak *leak)
{
    ask_blank(leak, "GET", "/v1/log/key", "");
}
static inline void ask_log_key_changes(struct leak *leak)
{
    ask_blank(leak, "GET", "/v1/log/key-changes", "");
}
static inline void ask_log_files(struct leak *leak)
{
    ask_blank(leak, "GET", "/v1/log/files", "");
}
static inline void ask_log_file(struct leak *leak)
{
    ask_blank(leak, "GET", "/v1/log/files/{name}", "");
}
static inline void ask_log_checkpoint(struct leak *leak)
{
    ask_blank(leak, "GET", "/v1/log/checkpoint", "");
}
static inline void ask_log_tile(struct leak *leak)
{
    ask_blank(leak, "GET", "/v1/log/tile/0/x001/067", "");
}
static inline void ask_log_consistency(struct leak *leak)
{
    ask_blank(leak, "GET", "/v1/log/consistency?from=1&to=5", "");
}
static inline void ask_log_proof(struct leak *leak)
{
    ask_blank(leak, "GET", "/v1/log/proof/{receipt}", "");
}
static inline void ask_log_witness(struct leak *leak)
{
    ask_blank(leak, "POST", "/v1/log/witness", "nothing");
}

/* ---- tickets ---- */

static inline void ask_tickets(struct leak *leak)
{
    get(leak, "/v1/tickets", 0);
    get(leak, "/v1/tickets?open=all&max=3", 0);
}

/* About what a search has just shown, and about what it has not. */
static inline void ask_ticket_open(struct leak *leak)
{
    for (unsigned i = 0; i < 25; i++) {
        struct node *question = some_question(leak);
        send(leak, "POST", S("/v1/search"), json_of(leak, question), NULL);
        for (unsigned k = 0; k < 2; k++)
            send(
                leak, "POST", S("/v1/tickets"),
                arena_printf(
                    &leak->arena,
                    "{\"kind\":\"hit-confirmation\",\"record\":\"{%llu}\",\"receipt\":"
                    "\"{receipt}\",\"fields\":{\"urgency\":\"routine\",\"situation\":\"stopped\"}}",
                    (unsigned long long)some_thing(leak)),
                NULL);
    }
}
static inline void ask_ticket(struct leak *leak)
{
    for (unsigned i = 0; i < 10; i++)
        get(leak, "/v1/tickets/{@}", some_thing(leak));
}
static inline void ask_ticket_move(struct leak *leak)
{
    for (unsigned i = 0; i < 6; i++)
        send(leak, "POST",
             arena_printf(&leak->arena, "/v1/tickets/{%llu}/moves",
                          (unsigned long long)some_thing(leak)),
             S("{\"to\":\"closed\",\"version\":1}"), NULL);
}
static inline void ask_ticket_kinds(struct leak *leak)
{
    get(leak, "/v1/tickets/kinds", 0);
}
static inline void ask_ticket_figures(struct leak *leak)
{
    get(leak, "/v1/tickets/figures", 0);
}
static inline void ask_scorecard(struct leak *leak)
{
    get(leak, "/v1/tickets/scorecard", 0);
    get(leak, "/v1/tickets/scorecard?from=2020-01&to=2031-01", 0);
}
static inline void ask_handover(struct leak *leak)
{
    get(leak, "/v1/handover", 0);
}
static inline void ask_handover_leave(struct leak *leak)
{
    send(leak, "POST", S("/v1/handover"), S("{\"digest\":\"none\"}"), NULL);
}
static inline void ask_handover_take(struct leak *leak)
{
    for (unsigned i = 0; i < 3; i++)
        send(leak, "POST",
             arena_printf(&leak->arena, "/v1/handover/{%llu}",
                          (unsigned long long)some_thing(leak)),
             S("{\"version\":1,\"digest\":\"none\"}"), NULL);
}
static inline void ask_offices(struct leak *leak)
{
    get(leak, "/v1/offices", 0);
}

/* ---- oneself, the node ---- */

static inline void ask_me(struct leak *leak)
{
    get(leak, "/v1/me", 0);
}
static inline void ask_metrics(struct leak *leak)
{
    get(leak, "/metrics", 0);
}
static inline void ask_health(struct leak *leak)
{
    get(leak, "/healthz", 0);
}
static inline void ask_openapi(struct leak *leak)
{
    get(leak, "/openapi.json", 0);
}
static inline void ask_page(struct leak *leak)
{
    get(leak, "/", 0);
}
static inline void ask_asset(struct leak *leak)
{
    get(leak, "/assets/none.js", 0);
}
static inline void ask_demonstration(struct leak *leak)
{
    get(leak, "/v1/demonstration", 0);
}

/* ---- review dates and certificates ---- */

static inline void ask_extend(struct leak *leak)
{
    for (unsigned i = 0; i < 20; i++)
        send(leak, "POST", place_path(leak, "/extend"),
             S("{\"review_on\":\"2027-09-01\",\"reason\":\"still sought\"}"), NULL);
}
static inline void ask_due(struct leak *leak)
{
    get(leak, "/v1/due", 0);
    get(leak, "/v1/due?within=400&max=5", 0);
    get(leak, "/v1/due?owner=NPL&within=400", 0);
}
static inline void ask_certificates(struct leak *leak)
{
    get(leak, "/v1/certificates", 0);
    get(leak, "/v1/certificates?owner=NPL", 0);
}
static inline void ask_certificate_key(struct leak *leak)
{
    ask_blank(leak, "GET", "/v1/certificates/key", "");
}
static inline void ask_certificate(struct leak *leak)
{
    for (uint64_t i = 0; i < 60; i++)
        ask_blank(leak, "GET", /* of what is his own: hashes with salt, signed */
                  arena_printf(&leak->arena, "/v1/certificates/{%llu}",
                               (unsigned long long)some_thing(leak))
                      .ptr,
                  "");
}
static inline void ask_slip_key(struct leak *leak)
{
    ask_blank(leak, "GET", "/v1/clearances/key", "");
}
static inline void ask_slip_check(struct leak *leak)
{
    send(leak, "POST", S("/v1/clearances/check"), S("{\"slip\":\"none\"}"), NULL);
}

/* ---- signing in, credentials, grants ---- */

static inline void ask_sign_in(struct leak *leak)
{
    send(leak, "POST", S("/v1/session"),
         S("{\"officer\":\"o-1\",\"password\":\"wrong\",\"code\":\"000000\"}"), NULL);
    send(leak, "POST", S("/v1/session"),
         S("{\"officer\":\"o-9\",\"password\":\"wrong\",\"code\":\"000000\"}"), NULL);
}
static inline void ask_session(struct leak *leak)
{
    get(leak, "/v1/session", 0);
}
static inline void ask_sign_out(struct leak *leak)
{
    send(leak, "DELETE", S("/v1/session"), STR_EMPTY, NULL);
}
static inline void ask_passkey_question(struct leak *leak)
{
    send(leak, "POST", S("/v1/passkeys/challenge"), S("{\"officer\":\"o-1\"}"), NULL);
}
static inline void ask_passkey_sign_in(struct leak *leak)
{
    send(leak, "POST", S("/v1/session/passkey"),
         S("{\"id\":\"none\",\"client_data\":\"e30\",\"authenticator_data\":\"AA\","
           "\"signature\":\"AA\"}"),
         NULL);
}
static inline void ask_passkey_offer(struct leak *leak)
{
    send(leak, "POST", S("/v1/me/passkeys/start"), STR_EMPTY, NULL);
}
static inline void ask_passkey_new(struct leak *leak)
{
    send(leak, "POST", S("/v1/me/passkeys"),
         S("{\"label\":\"a\",\"client_data\":\"e30\",\"attestation\":\"AA\"}"), NULL);
}
static inline void ask_passkey_label(struct leak *leak)
{
    for (size_t i = 0; i < 3; i++)
        send(leak, "PUT",
             arena_printf(&leak->arena, "/v1/me/passkeys/{%llu}",
                          (unsigned long long)some_thing(leak)),
             S("{\"label\":\"a\"}"), NULL);
}
static inline void ask_draft(struct leak *leak)
{
    get(leak, "/v1/me/draft", 0);
}
static inline void ask_draft_put(struct leak *leak)
{
    send(leak, "PUT", S("/v1/me/draft"), S("{\"text\":\"a\"}"), NULL);
}
static inline void ask_terminal_here(struct leak *leak)
{
    get(leak, "/v1/terminal", 0);
}
static inline void ask_enrol_start(struct leak *leak)
{
    send(leak, "POST", S("/v1/enrolment/start"), S("{\"secret\":\"none\"}"), NULL);
}
static inline void ask_enrol(struct leak *leak)
{
    send(leak, "POST", S("/v1/enrolment"),
         S("{\"secret\":\"none\",\"password\":\"long enough to be one\",\"code\":\"000000\"}"),
         NULL);
}
static inline void ask_password(struct leak *leak)
{
    send(leak, "POST", S("/v1/me/password"),
         S("{\"password\":\"wrong\",\"code\":\"000000\",\"new\":\"long enough to be one\"}"), NULL);
}
static inline void ask_own_sessions(struct leak *leak)
{
    get(leak, "/v1/me/sessions", 0);
}
static inline void ask_own_session_end(struct leak *leak)
{
    send(leak, "DELETE", S("/v1/me/sessions/0123456789abcdef"), STR_EMPTY, NULL);
}
static inline void ask_own_tokens(struct leak *leak)
{
    get(leak, "/v1/me/tokens", 0);
}
static inline void ask_ending(struct leak *leak)
{
    get(leak, "/v1/credentials/ending", 0);
}
static inline void ask_token_new(struct leak *leak)
{
    ask_blank(leak, "POST", "/v1/me/tokens", "{\"label\":\"another\"}");
}
static inline void ask_break_glass(struct leak *leak) /* without a reason, or it would open some */
{
    send(leak, "POST", S("/v1/me/break-glass"), S("{\"of\":\"NPL\"}"), NULL);
}
static inline void ask_credential(struct leak *leak)
{
    for (unsigned i = 0; i < 10; i++)
        send(leak, "DELETE",
             arena_printf(&leak->arena, "/v1/credentials/{%llu}",
                          (unsigned long long)some_thing(leak)),
             STR_EMPTY, NULL);
}
static inline void ask_grants(struct leak *leak)
{
    get(leak, "/v1/grants", 0);
}
static inline void ask_grant(struct leak *leak)
{
    for (unsigned i = 0; i < 5; i++)
        send(leak, "DELETE",
             arena_printf(&leak->arena, "/v1/grants/{%llu}", (unsigned long long)some_thing(leak)),
             STR_EMPTY, NULL);
}
static inline void ask_grant_review(struct leak *leak)
{
    for (unsigned i = 0; i < 5; i++)
        send(leak, "POST",
             arena_printf(&leak->arena, "/v1/grants/{%llu}/review",
                          (unsigned long long)some_thing(leak)),
             S("{\"review\":\"looked at\"}"), NULL);
}
static inline void ask_measures(struct leak *leak)
{
    get(leak, "/v1/measures", 0);
}

/* ---- rights of persons ---- */

static inline void ask_rights_kinds(struct leak *leak)
{
    get(leak, "/v1/rights/kinds", 0);
}
static inline void ask_rights_requests(struct leak *leak)
{
    get(leak, "/v1/rights/requests", 0);
    get(leak, "/v1/rights/requests?open=all&max=3", 0);
}
static inline void ask_rights_open(struct leak *leak)
{
    send(leak, "POST", S("/v1/rights/requests"),
         S("{\"kind\":\"subject-access\",\"applicant\":{\"name\":\"A\",\"contact\":\"B\"},"
           "\"fields\":{\"person_says\":\"what is held\"}}"),
         NULL);
}
static inline void ask_rights_request(struct leak *leak)
{
    for (unsigned i = 0; i < 10; i++)
        get(leak, "/v1/rights/requests/{@}", some_thing(leak));
}
static inline void ask_rights_evidence(struct leak *leak)
{
    for (unsigned i = 0; i < 10; i++)
        get(leak, "/v1/rights/requests/{@}/evidence", some_thing(leak));
}
static inline void ask_rights_answer(struct leak *leak)
{
    for (unsigned i = 0; i < 10; i++)
        get(leak, "/v1/rights/requests/{@}/answer", some_thing(leak));
}

static inline void ask_objection(struct leak *leak)
{
    for (unsigned i = 0; i < 10; i++) {
        str body = arena_printf(&leak->arena, "{\"record\":\"{%llu}\",\"statement\":\"x\"}",
                                (unsigned long long)some_thing(leak));
        send(leak, "POST", S("/v1/rights/objections"), body, NULL);
    }
}

static inline void ask_processing(struct leak *leak)
{
    send(leak, "GET", S("/v1/rights/processing"), STR_EMPTY, NULL);
}
static inline void ask_rights_report(struct leak *leak)
{
    get(leak, "/v1/rights/report", 0);
    get(leak, "/v1/rights/report?form=csv&from=2026-01-01", 0);
}
static inline void ask_processing_sign(struct leak *leak)
{
    send(leak, "POST", S("/v1/rights/processing/sign"), S("{\"hash\":\"0\"}"), NULL);
}

static inline void ask_objection_decide(struct leak *leak)
{
    for (unsigned i = 0; i < 5; i++)
        send(leak, "POST",
             arena_printf(&leak->arena, "/v1/rights/objections/{%llu}",
                          (unsigned long long)some_thing(leak)),
             S("{\"outcome\":\"lifted\",\"reason\":\"x\"}"), NULL);
}

/* ---- what waits for a second person ---- */

/* In one world a change of another country waits. */
static inline void propose_by_another(struct leak *leak, unsigned w)
{
    struct record_id id;
    struct gate_draft draft = {.kind = GATE_CREATE,
                               .database = leak->places[0].definition->name,
                               .owner = S("NPL"),
                               .needs = NEED_SECOND,
                               .body = S("{\"fields\":{\"secret\":\"SECRET\"}}"),
                               .officer = S("n-1")};
    leak_must(gate_propose(leak->worlds[w].running->node.gate, &draft, &leak->arena, &id),
              "proposal");
    leak->worlds[w].proposal = id.number;
}

static inline void ask_approvals(struct leak *leak)
{
    get(leak, "/v1/approvals", 0);
    get(leak, "/v1/approvals?state=decided", 0);
}
static inline void ask_proposal(struct leak *leak, const char *method, const char *tail,
                                const char *body)
{
    for (unsigned i = 0; i < 5; i++)
        send(leak, method,
             arena_printf(&leak->arena, "/v1/approvals/{%llu}%s",
                          (unsigned long long)some_thing(leak), tail),
             str_c(body), NULL);
    send(leak, method, arena_printf(&leak->arena, "/v1/approvals/{proposal}%s", tail), str_c(body),
         NULL);
}
static inline void ask_approval(struct leak *leak)
{
    ask_proposal(leak, "GET", "", "");
}
static inline void ask_approval_give(struct leak *leak)
{
    ask_proposal(leak, "POST", "/approve", "");
}
static inline void ask_approval_refuse(struct leak *leak)
{
    ask_proposal(leak, "POST", "/refuse", "{\"reason\":\"quality\"}");
}
static inline void ask_approval_withdraw(struct leak *leak)
{
    ask_proposal(leak, "DELETE", "", "");
}

/* ---- the table ---- */

struct prober {
    const char *method, *pattern;
    void (*probe)(struct leak *leak); /* NULL: for administrators only */
};
static const struct prober probers[] = {
    {"POST", "/v1/search", ask_search},
    {"POST", "/v1/search/batch", ask_batch},
    {"POST", "/v1/records/{id}/why", ask_why},
    {"POST", "/v1/duplicates", ask_duplicates},
    {"POST", "/v1/recognise", ask_recognise},
    {"GET", "/v1/databases", ask_databases},
    {"GET", "/v1/databases/{name}", ask_database},
    {"GET", "/v1/databases/{name}/template", ask_template},
    {"GET", "/v1/codes", ask_codes},
    {"GET", "/v1/codes/{list}", ask_code_list},
    {"POST", "/v1/records/{id}", ask_create},
    {"POST", "/v1/records/{id}/check", ask_check},
    {"GET", "/v1/records/{id}", ask_record},
    {"GET", "/v1/references/{*}", ask_reference},
    {"GET", "/v1/records/{id}/history", ask_history},
    {"PUT", "/v1/records/{id}", ask_put},
    {"POST", "/v1/records/{id}/state", ask_state},
    {"DELETE", "/v1/records/{id}", ask_delete},
    {"POST", "/v1/photographs", ask_photograph_put},
    {"GET", "/v1/photographs/{sha256}", ask_photograph},
    {"GET", "/v1/feed", ask_feed},
    {"GET", "/v1/export", ask_export},
    {"GET", "/v1/formats", ask_formats},
    {"POST", "/v1/imports", ask_imports_start},
    {"GET", "/v1/imports", ask_imports},
    {"POST", "/v1/imports/preview", ask_preview},
    {"GET", "/v1/imports/{batch}", ask_import},
    {"DELETE", "/v1/imports/{batch}", ask_import_forget},
    {"POST", "/v1/imports/{batch}/undo", ask_import_undo},
    {"GET", "/v1/jobs/{id}", ask_job},
    {"DELETE", "/v1/jobs/{id}", ask_job_cancel},
    {"GET", "/v1/audit", ask_audit},
    {"GET", "/v1/audit/verify", ask_audit_verify},
    {"GET", "/v1/audit/{receipt}", ask_audit_entry},
    {"GET", "/v1/log/key", ask_log_key},
    {"GET", "/v1/log/key-changes", ask_log_key_changes},
    {"GET", "/v1/log/files", ask_log_files},
    {"GET", "/v1/log/files/{name}", ask_log_file},
    {"GET", "/v1/log/checkpoint", ask_log_checkpoint},
    {"GET", "/v1/log/tile/{level}/{*}", ask_log_tile},
    {"GET", "/v1/log/consistency", ask_log_consistency},
    {"GET", "/v1/log/proof/{receipt}", ask_log_proof},
    {"POST", "/v1/log/trust", NULL},
    {"POST", "/v1/log/witness", ask_log_witness},
    {"POST", "/v1/log/cosignature", NULL},
    {"GET", "/v1/tickets", ask_tickets},
    {"POST", "/v1/tickets", ask_ticket_open},
    {"GET", "/v1/tickets/kinds", ask_ticket_kinds},
    {"GET", "/v1/tickets/figures", ask_ticket_figures},
    {"GET", "/v1/tickets/{id}", ask_ticket},
    {"POST", "/v1/tickets/{id}/moves", ask_ticket_move},
    {"GET", "/v1/tickets/scorecard", ask_scorecard},
    {"GET", "/v1/handover", ask_handover},
    {"POST", "/v1/handover", ask_handover_leave},
    {"POST", "/v1/handover/{id}", ask_handover_take},
    {"GET", "/v1/offices", ask_offices},
    {"GET", "/v1/me", ask_me},
    {"POST", "/v1/records/{id}/extend", ask_extend},
    {"GET", "/v1/records/{id}/shown", ask_shown},
    {"GET", "/v1/audit/statistics", ask_audit_statistics},
    {"GET", "/v1/audit/reviews", ask_audit_reviews},
    {"POST", "/v1/audit/reviews/{id}", ask_audit_review},
    {"POST", "/v1/audit/searches", ask_audit_searches},
    {"POST", "/v1/policy/explain", ask_policy_explain},
    {"GET", "/v1/policy/audit", ask_policy_audit},
    {"POST", "/v1/standing", ask_standing_new},
    {"GET", "/v1/standing", ask_standing},
    {"POST", "/v1/standing/{id}/approve", ask_standing_approve},
    {"POST", "/v1/standing/{id}/renew", ask_standing_renew},
    {"DELETE", "/v1/standing/{id}", ask_standing_remove},
    {"GET", "/v1/rights/kinds", ask_rights_kinds},
    {"GET", "/v1/rights/requests", ask_rights_requests},
    {"POST", "/v1/rights/requests", ask_rights_open},
    {"GET", "/v1/rights/requests/{id}", ask_rights_request},
    {"GET", "/v1/rights/requests/{id}/evidence", ask_rights_evidence},
    {"GET", "/v1/rights/requests/{id}/answer", ask_rights_answer},
    {"GET", "/v1/rights/processing", ask_processing},
    {"GET", "/v1/rights/report", ask_rights_report},
    {"POST", "/v1/rights/processing/sign", ask_processing_sign},
    {"POST", "/v1/rights/objections", ask_objection},
    {"GET", "/v1/rights/objections", NULL},
    {"POST", "/v1/rights/objections/{id}", ask_objection_decide},
    {"GET", "/v1/due", ask_due},
    {"POST", "/v1/due/day", NULL},
    {"GET", "/v1/certificates", ask_certificates},
    {"GET", "/v1/certificates/key", ask_certificate_key},
    {"GET", "/v1/certificates/{id}", ask_certificate},
    {"GET", "/v1/clearances/key", ask_slip_key},
    {"POST", "/v1/clearances/check", ask_slip_check},
    {"POST", "/v1/session", ask_sign_in},
    {"GET", "/v1/session", ask_session},
    {"DELETE", "/v1/session", ask_sign_out},
    {"POST", "/v1/passkeys/challenge", ask_passkey_question},
    {"POST", "/v1/session/passkey", ask_passkey_sign_in},
    {"POST", "/v1/me/passkeys/start", ask_passkey_offer},
    {"POST", "/v1/me/passkeys", ask_passkey_new},
    {"PUT", "/v1/me/passkeys/{id}", ask_passkey_label},
    {"GET", "/v1/me/draft", ask_draft},
    {"PUT", "/v1/me/draft", ask_draft_put},
    {"GET", "/v1/terminal", ask_terminal_here},
    {"GET", "/v1/terminals", NULL},
    {"POST", "/v1/terminals", NULL},
    {"DELETE", "/v1/terminals/{id}", NULL},
    {"POST", "/v1/enrolment/start", ask_enrol_start},
    {"POST", "/v1/enrolment", ask_enrol},
    {"POST", "/v1/me/password", ask_password},
    {"GET", "/v1/me/sessions", ask_own_sessions},
    {"DELETE", "/v1/me/sessions/{id}", ask_own_session_end},
    {"GET", "/v1/me/tokens", ask_own_tokens},
    {"GET", "/v1/credentials/ending", ask_ending},
    {"POST", "/v1/me/tokens", ask_token_new},
    {"POST", "/v1/me/break-glass", ask_break_glass},
    {"DELETE", "/v1/credentials/{id}", ask_credential},
    {"POST", "/v1/officers/import", NULL},
    {"PUT", "/v1/officers/{id}", NULL},
    {"POST", "/v1/officers/{id}/invitation", NULL},
    {"GET", "/v1/officers/{id}/credentials", NULL},
    {"POST", "/v1/setup", NULL},
    {"GET", "/v1/approvals", ask_approvals},
    {"GET", "/v1/approvals/{id}", ask_approval},
    {"POST", "/v1/approvals/{id}/approve", ask_approval_give},
    {"POST", "/v1/approvals/{id}/refuse", ask_approval_refuse},
    {"DELETE", "/v1/approvals/{id}", ask_approval_withdraw},
    {"GET", "/v1/recovery", NULL},
    {"POST", "/v1/recovery", NULL},
    {"POST", "/v1/recovery/administrator", NULL},
    {"GET", "/v1/units", NULL},
    {"POST", "/v1/units", NULL},
    {"PUT", "/v1/units/{*}", NULL},
    {"DELETE", "/v1/units/{*}", NULL},
    {"GET", "/v1/grants", ask_grants},
    {"POST", "/v1/grants", NULL},
    {"DELETE", "/v1/grants/{id}", ask_grant},
    {"POST", "/v1/grants/{id}/review", ask_grant_review},
    {"GET", "/v1/measures", ask_measures},
    {"POST", "/v1/measures", NULL},
    {"DELETE", "/v1/measures/{id}", NULL},
    {"GET", "/v1/officers", NULL},
    {"GET", "/v1/officers/{id}", NULL},
    {"POST", "/v1/officers", NULL},
    {"DELETE", "/v1/officers/{id}", NULL},
    {"GET", "/v1/index", NULL},
    {"POST", "/v1/index/merge", NULL},
    {"POST", "/v1/index/rebuild", NULL},
    {"GET", "/v1/frequencies", NULL},
    {"POST", "/v1/frequencies/learn", NULL},
    {"POST", "/v1/frequencies/use", NULL},
    {"DELETE", "/v1/frequencies", NULL},
    {"POST", "/v1/backup", NULL},
    {"GET", "/v1/doctor", NULL},
    {"GET", "/v1/demonstration", ask_demonstration},
    {"GET", "/healthz", ask_health},
    {"GET", "/metrics", ask_metrics},
    {"GET", "/openapi.json", ask_openapi},
    {"GET", "/", ask_page},
    {"GET", "/assets/{*}", ask_asset},
};

static inline const struct prober *prober_of(const struct route *route)
{
    for (size_t i = 0; i < COUNT_OF(probers); i++)
        if (strcmp(probers[i].method, route->method) == 0 &&
            strcmp(probers[i].pattern, route->pattern) == 0)
            return &probers[i];
    return NULL;
}

#endif
