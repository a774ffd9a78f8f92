/* SPDX-License-Identifier: Apache-2.0 */
/* One ticket in full: read from the store, written back, shown to one actor. */
#include "codec/json.h"
#include "flow/internal.h"

enum err ticket_parse(struct flow *flow, const struct stored *stored, struct arena *arena,
                      struct ticket *ret)
{
    struct node *body = NULL;
    *ret = (struct ticket){.stored = *stored};
    ret->definition = catalog_find(flow->catalog, stored->definition);
    if (!ret->definition || !ret->definition->life)
        return err_set(ERR_DAMAGED, "\"%.*s\" is no kind of ticket", STR(stored->definition));
    ret->life = ret->definition->life;
    TRY(json_parse(stored->body, arena, &body));
    ret->body = body;
    TRY(record_read(flow->catalog, ret->definition, body, arena, &ret->record));
    ret->record.id = stored->id;
    ret->record.version = stored->version;
    ret->record.entered_us = stored->entered_us;
    ret->record.updated_us = stored->time_us;
    return progress_read(ret->life, node_get(body, S("flow")), arena, &ret->progress);
}

enum err ticket_load(struct flow *flow, uint64_t number, struct arena *arena, struct ticket *ret)
{
    struct stored stored;
    TRY(store_read(flow->store, number, arena, &stored));
    if (stored.is_erased || stored.body.len == 0)
        return err_set(ERR_GONE, "the ticket's contents have been destroyed");
    return ticket_parse(flow, &stored, arena, ret);
}

static const struct value *value_of(const struct record *record, const struct field *field)
{
    for (size_t i = 0; i < record->count; i++)
        if (record->values[i].field == field)
            return &record->values[i].value;
    return NULL;
}

void ticket_derive(struct ticket *ticket)
{
    const struct life *life = ticket->life;
    struct progress *progress = &ticket->progress;
    uint8_t clock = life->states[progress->state].clock;
    if (clock != LIFE_NONE && life->clocks[clock].profile_field) {
        const struct value *value = value_of(&ticket->record, life->clocks[clock].profile_field);
        progress->profile = value ? value->norm : STR_EMPTY;
    }
    const struct value *since = life->limit ? value_of(&ticket->record, life->limit->since) : NULL;
    progress->held_us = 0;
    if (since)
        (void)clock_parse(since->norm, &progress->held_us);
    progress->is_false = life_is_false(life, &ticket->record);
}

enum err ticket_write(struct flow *flow, const struct ticket *ticket, struct buf *out)
{
    TRY(record_canonical(flow->catalog, &ticket->record, out));
    ensure(out->len && out->ptr[out->len - 1] == '}');
    out->len--;
    buf_add(out, S(",\"flow\":"));
    progress_write(ticket->life, &ticket->progress, out);
    buf_add_char(out, '}');
    return out->failed ? err_set(out->failed, "the ticket is too large") : OK;
}

struct change ticket_change(const struct ticket *ticket, const struct buf *out, str actor)
{
    return (struct change){
        .kind = CHANGE_PUT,
        .number = ticket->stored.id.number,
        .expect_version = ticket->stored.version,
        .definition = ticket->definition->name,
        .definition_version = ticket->definition->version,
        .owner = ticket->record.envelope.owner,
        .state = STATE_ACTIVE,
        .actor = actor,
        .body = buf_str(out),
    };
}

/* ---- shown ---- */

static bool is_own_side(const struct actor *actor, struct flow_party party)
{
    return str_eq(actor->country, party.country) || str_eq(actor->role, S("auditor"));
}

/* Officers of the other side stay unnamed: its office answers for them. */
static enum err add_step(struct flow *flow, const struct actor *actor, const struct stored *version,
                         struct arena *arena, struct flow_ticket *ret)
{
    struct ticket then;
    if (version->is_erased || version->body.len == 0)
        return OK;
    TRY(ticket_parse(flow, version, arena, &then));
    const struct progress *progress = &then.progress;
    ret->history[ret->history_count++] = (struct flow_step){
        .version = version->version,
        .time_us = version->time_us,
        .what = progress->what,
        .state = &then.life->states[progress->state],
        .party = progress->by,
        .officer = is_own_side(actor, progress->by) ? progress->officer : STR_EMPTY,
        .step = progress->step,
    };
    return OK;
}

static enum err read_history(struct flow *flow, const struct actor *actor, uint64_t number,
                             struct arena *arena, struct flow_ticket *ret)
{
    struct stored *versions;
    size_t count;
    TRY(store_history(flow->store, number, arena, &versions, &count));
    ret->history = arena_array(arena, struct flow_step, count);
    if (!ret->history)
        return err_last()->code;
    for (size_t i = 0; i < count; i++)
        TRY(add_step(flow, actor, &versions[i], arena, ret));
    return OK;
}

static void list_moves(const struct ticket *ticket, const struct actor *actor, unsigned sides,
                       struct flow_ticket *ret)
{
    const struct life *life = ticket->life;
    for (size_t i = 0; i < life->move_count; i++) {
        const struct life_move *move = &life->moves[i];
        bool is_first_eyes = ticket->progress.waiting_to == move->to &&
                             str_eq(ticket->progress.waiting_officer, actor->officer);
        if (move->apart != LIFE_NONE)
            is_first_eyes |= str_eq(ticket->progress.officers[move->apart], actor->officer);
        if (move->from >> ticket->progress.state & 1 && move_is_open_to(move, actor, sides) &&
            !is_first_eyes)
            ret->moves[ret->move_count++] = move;
    }
}

static void show_limit(const struct ticket *ticket, struct flow_limit *ret)
{
    int64_t until = progress_limit(ticket->life, &ticket->progress, ret);
    ret->is_over = until && until <= clock_now_us();
}

enum err ticket_show(struct flow *flow, const struct actor *actor, unsigned sides, uint64_t number,
                     struct arena *arena, struct flow_ticket *ret)
{
    struct ticket ticket;
    *ret = (struct flow_ticket){.move_count = 0};
    TRY(ticket_load(flow, number, arena, &ticket));
    pthread_rwlock_rdlock(&flow->lock);
    const struct entry *entry = view_find(flow, number);
    if (entry)
        entry_brief(flow, entry, sides, &ret->brief);
    pthread_rwlock_unlock(&flow->lock);
    if (!entry)
        return err_set(ERR_GONE, "the ticket's contents have been destroyed");
    ret->brief.version = ticket.stored.version;
    ret->brief.state = &ticket.life->states[ticket.progress.state];
    ret->record = ticket.record;
    ret->receipt = ticket.progress.receipt;
    ret->waiting_by = ticket.progress.waiting_by;
    ret->waiting_us = ticket.progress.waiting_us;
    if (is_own_side(actor, ticket.progress.waiting_by))
        ret->waiting_fields = ticket.progress.waiting_fields;
    show_limit(&ticket, &ret->limit);
    list_moves(&ticket, actor, sides, ret);
    TRY(clearances_of(flow, ticket.progress.subject, arena, &ret->clearances,
                      &ret->clearance_count));
    return read_history(flow, actor, number, arena, ret);
}

/* ---- counted ---- */

struct counting_all {
    struct flow *flow;
    struct arena arena;
    flow_visit *visit;
    void *context;
};

static enum err count_one(void *context, const struct stored *stored)
{
    struct counting_all *all = context;
    struct ticket ticket;
    if (stored->is_erased || stored->body.len == 0)
        return OK;
    arena_reset(&all->arena);
    if (ticket_parse(all->flow, stored, &all->arena, &ticket) != OK) { /* told of at the start */
        err_clear();
        return OK;
    }
    const struct progress *progress = &ticket.progress;
    struct flow_counted counted = {.definition = ticket.definition,
                                   .record = &ticket.record,
                                   .state = &ticket.life->states[progress->state],
                                   .asker = progress->asker,
                                   .owner = progress->owner,
                                   .opened_us = progress->at_us[ticket.life->moves[0].to],
                                   .is_test = progress->is_test,
                                   .is_false = progress->is_false,
                                   .at_us = progress->at_us};
    memcpy(counted.late, progress->late, sizeof counted.late);
    return all->visit(all->context, &counted);
}

enum err flow_each(struct flow *flow, flow_visit *visit, void *context)
{
    struct counting_all all = {.flow = flow, .visit = visit, .context = context};
    enum err code = OK;
    for (size_t i = 0; !code && i < flow->catalog->count; i++)
        if (definition_is_ticket(flow->catalog->definitions[i]))
            code = store_each(flow->store, flow->catalog->definitions[i]->name, count_one, &all);
    arena_release(&all.arena);
    return code;
}
