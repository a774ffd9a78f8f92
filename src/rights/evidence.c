/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evidence of a request, in one tree: what was asked and done, and of each record what the
 * officer may see of it, its versions, its retention, its blocks, and, where it is of his own
 * country, to whom it was shown. Who asked is not in it: it may go to the owner.
 */
#include "rights/internal.h"

struct bundle {
    struct rights *rights;
    struct actor actor;
    struct arena *arena;
};

static void put_time(struct bundle *bundle, struct node *map, const char *key, int64_t time_us)
{
    char text[24];
    node_put_text(bundle->arena, map, str_c(key),
                  arena_str(bundle->arena, str_c(clock_format(time_us, text))));
}

static void put_day(struct bundle *bundle, struct node *map, const char *key, struct day day)
{
    char text[16];
    if (day.month)
        node_put_text(bundle->arena, map, str_c(key),
                      arena_str(bundle->arena, str_c(day_format(day, text))));
}

static void put_id(struct bundle *bundle, struct node *map, const char *key, struct record_id id)
{
    char text[RECORD_ID_TEXT];
    node_put_text(bundle->arena, map, str_c(key),
                  arena_str(bundle->arena, str_c(record_id_format(id, text))));
}

/* ---- a record ---- */

static void put_view(struct bundle *bundle, const struct record *record, struct node *map)
{
    struct view view;
    struct node *facts = node_list(bundle->arena);
    if (policy_open(bundle->rights->node.catalog, &bundle->actor, record, bundle->arena, &view) !=
        OK) {
        err_clear();
        node_put_text(bundle->arena, map, S("disclosure"), S("none"));
        return;
    }
    node_put_text(bundle->arena, map, S("disclosure"), str_c(disclosure_word(view.disclosure)));
    for (size_t i = 0; i < view.count; i++) {
        struct node *fact = node_map(bundle->arena);
        node_put_text(bundle->arena, fact, S("field"), view.items[i].field->path);
        node_put_text(bundle->arena, fact, S("title"), view.items[i].field->title[LANGUAGE_EN]);
        node_put_text(bundle->arena, fact, S("value"), view.items[i].text);
        node_put_bool(bundle->arena, fact, S("masked"), view.items[i].is_masked);
        node_add(facts, fact);
    }
    node_put(map, S("facts"), facts);
}

static enum err put_versions(struct bundle *bundle, const struct stored *stored, struct node *map)
{
    struct stored *versions;
    size_t count;
    struct node *list = node_list(bundle->arena);
    TRY(store_history(bundle->rights->node.store, stored->id.number, bundle->arena, &versions,
                      &count));
    for (size_t i = 0; i < count; i++) {
        char *hex = arena_alloc(bundle->arena, (size_t)2 * HASH_SIZE + 1);
        struct node *version = node_map(bundle->arena);
        if (!hex)
            return err_last()->code;
        hex_encode(versions[i].hash.bytes, HASH_SIZE, hex);
        node_put_number(bundle->arena, version, S("version"), versions[i].version);
        put_time(bundle, version, "time", versions[i].time_us);
        node_put_text(bundle->arena, version, S("state"), str_c(state_word(versions[i].state)));
        node_put_text(bundle->arena, version, S("hash"), str_c(hex));
        node_put_bool(bundle->arena, version, S("erased"), versions[i].is_erased);
        node_add(list, version);
    }
    node_put(map, S("versions"), list);
    return OK;
}

static enum err put_shown(struct bundle *bundle, struct record_id id, struct node *map)
{
    struct rights_shown *rows;
    size_t count;
    struct arena *arena = bundle->arena;
    struct node *list = node_list(arena);
    TRY(rights_shown(bundle->rights->node.audit, id, arena, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        struct node *row = node_map(arena);
        node_put_text(arena, row, S("day"), rows[i].day);
        node_put_text(arena, row, S("country"), rows[i].country);
        node_put_text(arena, row, S("unit_kind"), rows[i].role);
        node_put_text(arena, row, S("purpose"), rows[i].purpose);
        node_put_number(arena, row, S("count"), (int64_t)rows[i].count);
        node_add(list, row);
    }
    node_put(map, S("shown"), list);
    return OK;
}

static void put_held(struct bundle *bundle, struct record_id id, struct node *map)
{
    struct rights_hold hold;
    struct node *held;
    if (!rights_held(bundle->rights, id, &hold))
        return;
    held = node_map(bundle->arena);
    for (int i = 0; i < HELD_WHYS; i++)
        node_put_bool(bundle->arena, held, str_c(rights_why_word((enum rights_why)i)),
                      hold.is_held[i]);
    put_time(bundle, held, "since", hold.since_us);
    node_put(map, S("held"), held);
}

static enum err put_living(struct bundle *bundle, const struct stored *stored, struct node *map)
{
    struct record record;
    TRY(read_record(bundle->rights, stored, bundle->arena, &record));
    put_day(bundle, map, "review_on", record.envelope.review_on);
    put_day(bundle, map, "review_at_most",
            record_review_max(&record, day_of_number((int32_t)(stored->entered_us / 86400000000))));
    put_day(bundle, map, "achieved_on", record.envelope.achieved_on);
    put_view(bundle, &record, map);
    return OK;
}

static enum err put_record(struct bundle *bundle, struct record_id id, struct node *list)
{
    struct stored stored;
    struct node *map = node_map(bundle->arena);
    node_add(list, map);
    put_id(bundle, map, "id", id);
    TRY(store_read(bundle->rights->node.store, id.number, bundle->arena, &stored));
    node_put_text(bundle->arena, map, S("database"), stored.definition);
    node_put_text(bundle->arena, map, S("owner"), stored.owner);
    node_put_text(bundle->arena, map, S("state"), str_c(state_word(stored.state)));
    put_time(bundle, map, "entered", stored.entered_us);
    put_held(bundle, id, map);
    if (!stored.is_erased && stored.body.len)
        TRY(put_living(bundle, &stored, map));
    if (!str_eq(stored.owner, bundle->actor.country))
        return OK;
    TRY(put_versions(bundle, &stored, map));
    return put_shown(bundle, id, map);
}

/* ---- the request ---- */

static void put_steps(struct bundle *bundle, const struct flow_ticket *ticket, struct node *map)
{
    struct node *list = node_list(bundle->arena);
    for (size_t i = 0; i < ticket->history_count; i++) {
        const struct flow_step *step = &ticket->history[i];
        struct node *item = node_map(bundle->arena);
        put_time(bundle, item, "time", step->time_us);
        node_put_text(bundle->arena, item, S("what"), step->what);
        node_put_text(bundle->arena, item, S("state"), step->state->name);
        node_put_text(bundle->arena, item, S("country"), step->party.country);
        node_add(list, item);
    }
    node_put(map, S("steps"), list);
}

enum err rights_evidence(struct rights *rights, const struct actor *actor,
                         const struct flow_ticket *ticket, struct arena *arena, struct node **ret)
{
    char hex[2 * HASH_SIZE + 1];
    struct record_id ids[RIGHTS_RECORDS_MAX];
    struct bundle bundle = {rights, for_request(rights, actor), arena};
    const struct flow_brief *brief = &ticket->brief;
    struct node *map = node_map(arena), *records = node_list(arena);
    size_t count = rights_about(ticket, ids);
    hex_encode(rights->node.catalog->hash.bytes, HASH_SIZE, hex);
    put_id(&bundle, map, "request", brief->id);
    node_put_text(arena, map, S("right"),
                  str_c(life_right_word(brief->definition->life->request->right)));
    node_put_text(arena, map, S("state"), brief->state->name);
    put_time(&bundle, map, "opened", brief->opened_us);
    put_time(&bundle, map, "made", clock_now_us());
    node_put_text(arena, map, S("catalogue"), arena_str(arena, str_c(hex)));
    const struct node *fields = node_get(ticket->record.body, S("fields"));
    if (fields)
        node_put(map, S("fields"), node_copy(arena, fields));
    for (size_t i = 0; i < count; i++)
        TRY(put_record(&bundle, ids[i], records));
    node_put(map, S("records"), records);
    put_steps(&bundle, ticket, map);
    *ret = map;
    return OK;
}
