/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Found, arrested, returned: a ticket has told that what a record was entered for is done. Its
 * envelope is dated `achieved_on`, in the same transaction as the move, so that the record is due
 * fifteen days later (src/keep) and its owner sees why. Nothing else of it is touched, and nothing
 * is deleted here: the owner may still say why it has to stay.
 */
#include "base/log.h"

#include "codec/json.h"
#include "flow/internal.h"

static enum err read_subject(struct flow *flow, uint64_t number, struct arena *arena,
                             struct stored *ret_stored, struct record *ret)
{
    struct node *body = NULL;
    TRY(store_read(flow->store, number, arena, ret_stored));
    const struct definition *definition = catalog_find(flow->catalog, ret_stored->definition);
    bool is_there = !ret_stored->is_erased && ret_stored->body.len &&
                    (ret_stored->state == STATE_ACTIVE || ret_stored->state == STATE_SUSPENDED);
    if (!is_there || !definition || !definition_is_data(definition))
        return ERR_GONE;
    TRY(json_parse(ret_stored->body, arena, &body));
    return record_read(flow->catalog, definition, body, arena, ret);
}

static enum err date_subject(struct flow *flow, uint64_t number, struct arena *arena,
                             struct change *ret, bool *ret_is_dated)
{
    struct stored stored;
    struct record record;
    struct buf text = {.max = STORE_BODY_MAX};
    TRY(read_subject(flow, number, arena, &stored, &record));
    *ret_is_dated = record.envelope.achieved_on.month > 0;
    record.envelope.achieved_on = day_today();
    enum err code = record_canonical(flow->catalog, &record, &text);
    *ret = (struct change){.kind = CHANGE_PUT,
                           .number = number,
                           .expect_version = stored.version,
                           .definition = record.definition->name,
                           .definition_version = record.definition->version,
                           .owner = record.envelope.owner,
                           .state = stored.state,
                           .actor = S("node"),
                           .body = arena_str(arena, buf_str(&text))};
    bool is_whole = ret->body.len == text.len;
    buf_release(&text);
    return code || is_whole ? code : err_last()->code;
}

bool achieved_make(struct flow *flow, struct record_id subject, struct arena *arena,
                   struct change *ret)
{
    char id[RECORD_ID_TEXT], text[1024];
    bool is_dated = false;
    if (subject.home != flow->home)
        return false;
    enum err code = date_subject(flow, subject.number, arena, ret, &is_dated);
    if (code && code != ERR_GONE) /* the officer's move is not held up by that */
        log_write(LOG_WARN, "record %s could not be dated as achieved: %s",
                  record_id_format(subject, id), err_format(err_last(), text, sizeof text));
    err_clear();
    return !code && !is_dated;
}
