/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The block "flow" of a ticket's body, and the two things that change it: progress_enter() for
 * states, and what tick.c does when a clock runs out. Times are microseconds since 1970; absent
 * members are zero.
 *
 *   {"state":"sent","since":N,"at":{"opened":N,"sent":N},"asker":["FRA","FRA/x"],
 *    "owner":["UTO","UTO/ncb"],"subject":"...","database":"...","receipt":"...","moved":2,
 *    "clock":N,"level":0,"profile":"urgent","late":{"owner":1},"by":{...},"waiting":{...}}
 *
 * A state that the definition no longer has is an error: a ticket is never put into a state nobody
 * declared. What the fields say that is needed without reading them (profile, held since, wrong
 * alert) is kept here too.
 */
#include <stdio.h>

#include "codec/json.h"
#include "flow/internal.h"

/* ---- reading ---- */

static int64_t number_of(const struct node *map, const char *key)
{
    int64_t value = 0;
    return str_to_i64(node_get_text(map, str_c(key)), &value) && value > 0 ? value : 0;
}

static bool flag_of(const struct node *map, const char *key)
{
    return node_as_bool(node_get(map, str_c(key)), false);
}

static struct flow_party party_of(const struct node *list)
{
    const struct node *country = list && list->kind == NODE_LIST ? list->first : NULL;
    return (struct flow_party){node_as_text(country), node_as_text(country ? country->next : NULL)};
}

static enum err read_state(const struct life *life, str name, uint8_t *ret)
{
    *ret = life_state_find(life, name);
    if (*ret == LIFE_NONE)
        return err_set(ERR_DAMAGED, "a ticket is in the state \"%.*s\", which its kind has not",
                       STR(name));
    return OK;
}

static enum err read_waiting(const struct life *life, const struct node *node, struct progress *ret)
{
    ret->waiting_to = LIFE_NONE;
    if (!node)
        return OK;
    TRY(read_state(life, node_get_text(node, S("to")), &ret->waiting_to));
    ret->waiting_officer = node_get_text(node, S("officer"));
    ret->waiting_by = party_of(node_get(node, S("by")));
    ret->waiting_us = number_of(node, "time");
    ret->waiting_fields = node_get(node, S("fields"));
    return OK;
}

enum err progress_read(const struct life *life, const struct node *node, struct arena *arena,
                       struct progress *ret)
{
    *ret = (struct progress){.waiting_to = LIFE_NONE};
    if (!node || node->kind != NODE_MAP)
        return err_set(ERR_DAMAGED, "a ticket's body has no block \"flow\"");
    (void)arena;
    TRY(read_state(life, node_get_text(node, S("state")), &ret->state));
    node_each(reached, node_get(node, S("at")))
    {
        uint8_t state = life_state_find(life, reached->key);
        if (state != LIFE_NONE)
            (void)str_to_i64(reached->text, &ret->at_us[state]);
    }
    ret->since_us = number_of(node, "since");
    node_each(officer, node_get(node, S("officers")))
    {
        uint8_t state = life_state_find(life, officer->key);
        if (state != LIFE_NONE)
            ret->officers[state] = node_as_text(officer);
    }
    ret->asker = party_of(node_get(node, S("asker")));
    ret->owner = party_of(node_get(node, S("owner")));
    bool is_about = node_get(node, S("subject")) || !life->request;
    if (is_about && !record_id_parse(node_get_text(node, S("subject")), &ret->subject))
        return err_set(ERR_DAMAGED, "a ticket is about \"%.*s\", which is no record's id",
                       STR(node_get_text(node, S("subject"))));
    ret->database = node_get_text(node, S("database"));
    ret->receipt = node_get_text(node, S("receipt"));
    ret->is_test = flag_of(node, "test");
    ret->is_hub = flag_of(node, "hub");
    ret->is_false = flag_of(node, "wrong");
    ret->moved = (uint32_t)number_of(node, "moved");
    ret->level = (unsigned)number_of(node, "level");
    ret->clock_us = number_of(node, "clock");
    ret->profile = node_get_text(node, S("profile"));
    ret->held_us = number_of(node, "held");
    ret->is_limit_told = flag_of(node, "limit");
    for (int i = 0; i < PARTY_COUNT; i++)
        ret->late[i] = (unsigned)number_of(node_get(node, S("late")), party_word((enum party)i));
    const struct node *by = node_get(node, S("by"));
    ret->what = node_get_text(by, S("what"));
    ret->officer = node_get_text(by, S("officer"));
    ret->tells = (unsigned)number_of(by, "tells");
    ret->step = node_get_text(by, S("step"));
    ret->by = party_of(node_get(by, S("party")));
    return read_waiting(life, node_get(node, S("waiting")), ret);
}

/* ---- writing ---- */

static void put_key(struct buf *out, const char *key)
{
    char before = out->len ? out->ptr[out->len - 1] : '{';
    if (before != '{')
        buf_add_char(out, ',');
    buf_printf(out, "\"%s\":", key);
}

static void put_text(struct buf *out, const char *key, str text)
{
    if (!text.len)
        return;
    put_key(out, key);
    json_write_text(out, text);
}

static void put_number(struct buf *out, const char *key, int64_t number)
{
    if (!number)
        return;
    put_key(out, key);
    buf_printf(out, "%lld", (long long)number);
}

static void put_flag(struct buf *out, const char *key, bool flag)
{
    if (!flag)
        return;
    put_key(out, key);
    buf_add(out, S("true"));
}

static void put_party(struct buf *out, const char *key, struct flow_party party)
{
    put_key(out, key);
    buf_add_char(out, '[');
    json_write_text(out, party.country);
    buf_add_char(out, ',');
    json_write_text(out, party.unit);
    buf_add_char(out, ']');
}

static void put_times(const struct life *life, const struct progress *progress, struct buf *out)
{
    char name[64];
    put_key(out, "at");
    buf_add_char(out, '{');
    for (size_t i = 0; i < life->state_count; i++) {
        snprintf(name, sizeof name, "%.*s", STR(life->states[i].name));
        put_number(out, name, progress->at_us[i]);
    }
    buf_add_char(out, '}');
}

static void put_officers(const struct life *life, const struct progress *progress, struct buf *out)
{
    char name[64];
    if (!life->apart)
        return;
    put_key(out, "officers");
    buf_add_char(out, '{');
    for (size_t i = 0; i < life->state_count; i++) {
        snprintf(name, sizeof name, "%.*s", STR(life->states[i].name));
        put_text(out, name, progress->officers[i]);
    }
    buf_add_char(out, '}');
}

static void put_late(const struct progress *progress, struct buf *out)
{
    put_key(out, "late");
    buf_add_char(out, '{');
    for (int i = 0; i < PARTY_COUNT; i++)
        put_number(out, party_word((enum party)i), progress->late[i]);
    buf_add_char(out, '}');
}

static void put_waiting(const struct life *life, const struct progress *progress, struct buf *out)
{
    if (progress->waiting_to == LIFE_NONE)
        return;
    put_key(out, "waiting");
    buf_add_char(out, '{');
    put_text(out, "to", life->states[progress->waiting_to].name);
    put_text(out, "officer", progress->waiting_officer);
    put_party(out, "by", progress->waiting_by);
    put_number(out, "time", progress->waiting_us);
    if (progress->waiting_fields) {
        put_key(out, "fields");
        json_write(out, progress->waiting_fields);
    }
    buf_add_char(out, '}');
}

void progress_write(const struct life *life, const struct progress *progress, struct buf *out)
{
    char id[RECORD_ID_TEXT];
    buf_add_char(out, '{');
    put_text(out, "state", life->states[progress->state].name);
    put_number(out, "since", progress->since_us);
    put_times(life, progress, out);
    put_party(out, "asker", progress->asker);
    put_party(out, "owner", progress->owner);
    if (progress->subject.number)
        put_text(out, "subject", str_c(record_id_format(progress->subject, id)));
    put_text(out, "database", progress->database);
    put_text(out, "receipt", progress->receipt);
    put_flag(out, "test", progress->is_test);
    put_flag(out, "hub", progress->is_hub);
    put_flag(out, "wrong", progress->is_false);
    put_number(out, "moved", progress->moved);
    put_number(out, "level", progress->level);
    put_number(out, "clock", progress->clock_us);
    put_text(out, "profile", progress->profile);
    put_number(out, "held", progress->held_us);
    put_flag(out, "limit", progress->is_limit_told);
    put_late(progress, out);
    put_officers(life, progress, out);
    put_key(out, "by");
    buf_add_char(out, '{');
    put_text(out, "what", progress->what);
    put_text(out, "officer", progress->officer);
    put_text(out, "step", progress->step);
    put_party(out, "party", progress->by);
    put_number(out, "tells", progress->tells);
    buf_add_char(out, '}');
    put_waiting(life, progress, out);
    buf_add_char(out, '}');
}

/* ---- states and clocks ---- */

void progress_enter(const struct life *life, struct progress *progress, uint8_t state,
                    int64_t now_us)
{
    ensure(state < life->state_count);
    uint8_t before =
        progress->at_us[progress->state] ? life->states[progress->state].clock : LIFE_NONE;
    uint8_t clock = life->states[state].clock;
    progress->state = state;
    progress->since_us = now_us;
    if (!progress->at_us[state])
        progress->at_us[state] = now_us;
    progress->waiting_to = LIFE_NONE;
    progress->waiting_fields = NULL;
    if (clock == before)
        return; /* the same clock goes on */
    progress->level = 0;
    progress->clock_us = clock == LIFE_NONE ? 0 : now_us;
}

const struct code *progress_profile(const struct life *life, const struct progress *progress)
{
    uint8_t clock = life->states[progress->state].clock;
    if (clock == LIFE_NONE)
        return NULL;
    if (life->clocks[clock].profile)
        return life->clocks[clock].profile;
    return life->profiles ? code_get(life->profiles, progress->profile) : NULL;
}

int64_t progress_due(const struct life *life, const struct progress *progress)
{
    uint8_t clock = life->states[progress->state].clock;
    const struct code *profile = progress_profile(life, progress);
    if (clock != LIFE_NONE && progress->level && life->clocks[clock].again)
        profile = life->clocks[clock].again;
    int64_t period = life_profile_us(life, profile);
    if (clock == LIFE_NONE || !progress->clock_us || !period ||
        progress->level >= life->clocks[clock].step_count)
        return 0;
    return progress->clock_us + period;
}

int64_t progress_limit(const struct life *life, const struct progress *progress,
                       struct flow_limit *ret)
{
    struct flow_limit limit = {.since_us = progress->held_us};
    const struct life_limit *declared = life->limit;
    if (declared && progress->held_us) {
        str country =
            declared->side == PARTY_OWNER ? progress->owner.country : progress->asker.country;
        const struct code *row = code_get(declared->list, country);
        if (row && life_period(code_extra(declared->list, row, S("after")), &limit.limit_us)) {
            limit.until_us = limit.since_us + limit.limit_us;
            limit.source = code_extra(declared->list, row, S("source"));
        }
    }
    bool is_met = declared && declared->met >> progress->state & 1;
    if (ret)
        *ret = limit;
    return is_met ? 0 : limit.until_us;
}
