/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Undoing a batch needs no undo data of its own: every version of a record stays in the store until
 * it is erased, and every change names its batch. The feed is read from the batch's first change to
 * its last; a record whose newest version is the batch's goes back to the version before, a record
 * the batch made is erased. What was changed since belongs to whoever changed it and is left. Doing
 * it twice does it once: what was put back is newer than the batch's end.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "intake/import.h"

enum { UNDO_PAGE = 500, CONFLICTS_KEPT = 200 };

struct undo {
    const struct intake_node *node;
    uint64_t batch, end_seq, last;
    str actor;
    uint64_t numbers[UNDO_PAGE];
    size_t count, read;
    struct change changes[UNDO_PAGE];
    size_t change_count;
    uint64_t erased, restored, reinstated, conflicts;
    struct node *list;
    struct arena page, *arena;
};

static enum err on_change(void *context, const struct stored *change)
{
    struct undo *undo = context;
    undo->last = change->seq;
    undo->read++;
    if (change->seq <= undo->end_seq && change->batch == undo->batch)
        undo->numbers[undo->count++] = change->id.number;
    return OK;
}

static void note_conflict(struct undo *undo, const struct stored *now)
{
    char text[RECORD_ID_TEXT];
    if (undo->conflicts++ < CONFLICTS_KEPT)
        node_add(undo->list,
                 node_text(undo->arena,
                           arena_str(undo->arena, str_c(record_id_format(now->id, text)))));
}

/* What the former body showed it shows again. */
static enum err attach(struct undo *undo, struct change *change)
{
    const struct definition *definition = catalog_find(undo->node->catalog, change->definition);
    struct node *body = NULL;
    struct record record;
    struct hash *hashes = NULL;
    if (!definition)
        return OK;
    TRY(json_parse(change->body, &undo->page, &body));
    TRY(record_read(undo->node->catalog, definition, body, &undo->page, &record));
    change->attachment_count = attachments_of(undo->node->store, &record, &undo->page, &hashes);
    change->attachments = hashes;
    return OK;
}

static enum err undo_record(struct undo *undo, uint64_t number)
{
    struct stored now, before;
    TRY(store_read(undo->node->store, number, &undo->page, &now));
    if (now.is_erased || (now.seq > undo->end_seq && now.batch == undo->batch))
        return OK; /* gone already, or put back by an earlier try */
    if (now.batch != undo->batch) {
        note_conflict(undo, &now);
        return OK;
    }
    struct change change = {.kind = CHANGE_ERASE,
                            .number = number,
                            .expect_version = now.version,
                            .definition = now.definition,
                            .definition_version = now.definition_version,
                            .owner = now.owner,
                            .state = STATE_DELETED,
                            .batch = undo->batch,
                            .actor = undo->actor};
    if (now.version > 1) {
        TRY(store_read_version(undo->node->store, number, now.version - 1, &undo->page, &before));
        change.kind = now.kind == CHANGE_STATE ? CHANGE_STATE : CHANGE_PUT;
        change.state = before.state;
        change.definition_version = before.definition_version;
        change.body = change.kind == CHANGE_PUT ? before.body : STR_EMPTY;
    }
    if (change.kind == CHANGE_PUT)
        TRY(attach(undo, &change));
    undo->erased += change.kind == CHANGE_ERASE;
    undo->restored += change.kind == CHANGE_PUT;
    undo->reinstated += change.kind == CHANGE_STATE;
    undo->changes[undo->change_count++] = change;
    return OK;
}

static enum err commit_page(struct undo *undo)
{
    struct committed results[UNDO_PAGE];
    for (size_t i = 0; i < undo->count; i++)
        TRY(undo_record(undo, undo->numbers[i]));
    if (undo->change_count)
        TRY(store_commit(undo->node->store, undo->changes, undo->change_count, false, results));
    for (size_t i = 0; i < undo->change_count; i++) {
        if (!results[i].failed)
            continue;
        struct stored now;
        enum change_kind kind = undo->changes[i].kind;
        undo->erased -= kind == CHANGE_ERASE;
        undo->restored -= kind == CHANGE_PUT;
        undo->reinstated -= kind == CHANGE_STATE;
        TRY(store_read(undo->node->store, undo->changes[i].number, &undo->page, &now));
        note_conflict(undo, &now);
    }
    undo->count = undo->change_count = 0;
    arena_reset(&undo->page);
    return OK;
}

static enum err undo_pages(struct undo *undo, uint64_t first_seq, intake_progress *progress,
                           void *context)
{
    undo->last = first_seq;
    do {
        undo->read = 0;
        TRY(store_feed(undo->node->store, undo->last, UNDO_PAGE, on_change, undo));
        TRY(commit_page(undo));
        if (progress)
            TRY(progress(context, undo->last - first_seq, undo->end_seq - first_seq, "undoing"));
    } while (undo->read && undo->last < undo->end_seq);
    return OK;
}

static enum err find_span(const struct intake_node *node, uint64_t batch, struct arena *arena,
                          uint64_t *ret_first, struct batch_facts *facts)
{
    struct stored *versions = NULL;
    size_t count = 0;
    TRY(batch_read(node, batch, arena, facts));
    if (str_eq(facts->state, S("undone")))
        return err_set(ERR_CONFLICT, "import %llu has been undone already",
                       (unsigned long long)batch);
    if (str_eq(facts->state, S("held")))
        return err_set(ERR_CONFLICT, "import %llu was held: there is nothing to undo",
                       (unsigned long long)batch);
    TRY(store_history(node->store, batch, arena, &versions, &count));
    *ret_first = count ? versions[0].seq : 0;
    if (str_eq(facts->state, S("running")))
        facts->seq = store_seq(node->store); /* it was cut off: everything up to now may be its */
    return OK;
}

static enum err undo_batch(struct undo *undo, intake_progress *progress, void *context,
                           struct node **ret_report)
{
    struct batch_facts facts;
    uint64_t first = 0;
    struct arena *arena = undo->arena;
    TRY(find_span(undo->node, undo->batch, arena, &first, &facts));
    undo->end_seq = facts.seq;
    undo->list = node_list(arena);
    TRY(undo_pages(undo, first, progress, context));
    TRY(batch_set_state(undo->node, undo->batch, "undone", undo->actor));
    struct node *map = node_map(arena);
    node_put_text(arena, map, S("batch"), intake_batch_name(undo->node, undo->batch, arena));
    node_put_text(arena, map, S("state"), S("undone"));
    node_put_number(arena, map, S("erased"), (int64_t)undo->erased);
    node_put_number(arena, map, S("restored"), (int64_t)undo->restored);
    node_put_number(arena, map, S("reinstated"), (int64_t)undo->reinstated);
    node_put_number(arena, map, S("conflict_count"), (int64_t)undo->conflicts);
    node_put(map, S("conflicts"), undo->list);
    *ret_report = map;
    return OK;
}

enum err intake_undo(const struct intake_node *node, uint64_t batch, str actor,
                     intake_progress *progress, void *context, struct arena *arena,
                     struct node **ret_report)
{
    struct undo *undo = calloc(1, sizeof *undo);
    char key[32];
    if (!undo)
        return err_set(ERR_MEMORY, "out of memory for undoing an import");
    *undo = (struct undo){.node = node, .batch = batch, .actor = actor, .arena = arena};
    undo->page.max_bytes = 256u << 20;
    str lock =
        str_of(key, (size_t)snprintf(key, sizeof key, "undo-%llu", (unsigned long long)batch));
    enum err code = running_enter(lock, STR_EMPTY);
    if (!code) {
        code = undo_batch(undo, progress, context, ret_report);
        running_leave(lock, STR_EMPTY);
    }
    arena_release(&undo->page);
    free(undo);
    return code;
}
