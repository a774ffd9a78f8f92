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

bool achieved_make(struct flow *flow, struct record_id subject, struct arena *arena,
                   struct buf *out, struct change *ret)
{
    struct stored stored;
    struct record record;
    char id[RECORD_ID_TEXT], text[1024];
    if (subject.home != flow->home)
        return false;
    enum err code = read_subject(flow, subject.number, arena, &stored, &record);
    if (!code && record.envelope.achieved_on.month)
        return false;
    record.envelope.achieved_on = day_today();
    if (!code)
        code = record_canonical(flow->catalog, &record, out);
    if (code && code != ERR_GONE) /* the officer's move is not held up by that */
        log_write(LOG_WARN, "record %s could not be dated as achieved: %s",
                  record_id_format(subject, id), err_format(err_last(), text, sizeof text));
    if (code) {
        err_clear();
        return false;
    }
    *ret = (struct change){.kind = CHANGE_PUT,
                           .number = subject.number,
                           .expect_version = stored.version,
                           .definition = record.definition->name,
                           .definition_version = record.definition->version,
                           .owner = record.envelope.owner,
                           .state = stored.state,
                           .actor = S("node"),
                           .body = buf_str(out)};
    return true;
}
