/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and moving. A change is made on a copy of the last version and committed with its number
 * as expectation; if a clock or another officer came first it is made again on what is there now,
 * and refused when that officer's move is not the one this one had seen. So two officers who press
 * at once make one move, and a clock that runs out in the same second costs nobody theirs.
 */
#include "codec/json.h"
#include "flow/internal.h"

enum { TRIES = 8, FIELDS_BYTES_MAX = 256 << 10, BESIDE_MAX = 2 };

/* ---- may they ---- */

static bool has_role(const struct life_who *who, const struct actor *actor)
{
    for (size_t i = 0; i < who->role_count; i++)
        if (str_eq(who->roles[i], actor->role))
            return true;
    return who->role_count == 0;
}

bool move_is_open_to(const struct life_move *move, const struct actor *actor, unsigned sides)
{
    static const struct {
        unsigned side;
        enum party party;
    } all[] = {{FLOW_ASKER, PARTY_ASKER}, {FLOW_OWNER, PARTY_OWNER}, {FLOW_HUB, PARTY_HUB}};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (sides & all[i].side && move->who[all[i].party].may &&
            has_role(&move->who[all[i].party], actor))
            return true;
    return false;
}

/* The move a request names; among several to one state the first this actor may make. */
static enum err find_move(const struct ticket *ticket, const struct actor *actor, unsigned sides,
                          str to, const struct life_move **ret)
{
    const struct life *life = ticket->life;
    bool is_known = false;
    uint8_t state = life_state_find(life, to);
    for (size_t i = 0; i < life->move_count && state != LIFE_NONE; i++) {
        const struct life_move *move = &life->moves[i];
        if (move->to != state || !(move->from >> ticket->progress.state & 1))
            continue;
        is_known = true;
        if (move_is_open_to(move, actor, sides)) {
            *ret = move;
            return OK;
        }
    }
    str from = life->states[ticket->progress.state].name;
    if (is_known)
        err_set(ERR_DENIED, "officer %.*s may not move this ticket from %.*s to %.*s",
                STR(actor->officer), STR(from), STR(to));
    else
        err_set(state == LIFE_NONE ? ERR_UNKNOWN : ERR_CONFLICT,
                "no move leads from %.*s to \"%.*s\"", STR(from), STR(str_slice(to, 0, 64)));
    return err_field("to");
}

/* ---- fields ---- */

static bool is_among(const struct field *const *fields, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(fields[i]->name, name))
            return true;
    return false;
}

/* Only what the move asks for or takes may come with it. */
static enum err check_given(const struct life_move *move, const struct node *given)
{
    if (given && given->kind != NODE_MAP) {
        err_set(ERR_BAD_VALUE, "fields is not a map");
        return err_field("fields");
    }
    node_each(child, given)
    {
        if (is_among(move->requires, move->require_count, child->key) ||
            is_among(move->takes, move->take_count, child->key))
            continue;
        str name = str_slice(child->key, 0, 64);
        err_set(ERR_UNKNOWN, "%.*s is not given with this move", STR(name));
        return err_field("%.*s", STR(name));
    }
    return OK;
}

/* What was there, replaced or joined by what is given; null takes a value away. */
static struct node *merge(struct arena *arena, const struct node *old, const struct node *given)
{
    struct node *fields = node_map(arena);
    node_each(child, old) if (!node_get(given, child->key))
        node_put(fields, child->key, node_copy(arena, child));
    node_each(child, given) if (child->kind != NODE_NULL)
        node_put(fields, child->key, node_copy(arena, child));
    return fields;
}

static void put_set(const struct life_set *set, const struct actor *actor,
                    const struct node *source, int64_t now_us, struct arena *arena,
                    struct node *fields)
{
    char time[24];
    str text = set->text;
    if (set->kind == SET_NOW)
        text = arena_str(arena, str_c(clock_format(now_us, time)));
    else if (set->kind == SET_OFFICER)
        text = actor->officer;
    else if (set->kind == SET_UNIT)
        text = actor->unit;
    else if (set->kind == SET_SOURCE)
        text = node_get_text(source, set->text);
    if (text.len || set->kind != SET_SOURCE)
        node_put_text(arena, fields, set->field->name, text);
}

static struct node *set_fields(const struct life_move *move, const struct actor *actor,
                               const struct node *source, int64_t now_us, struct arena *arena,
                               struct node *fields)
{
    struct node *rest = node_map(arena);
    node_each(child, fields)
    {
        bool is_set = false;
        for (size_t i = 0; i < move->set_count; i++)
            is_set |= str_eq(move->sets[i].field->name, child->key);
        if (!is_set)
            node_put(rest, child->key, node_copy(arena, child));
    }
    for (size_t i = 0; i < move->set_count; i++)
        put_set(&move->sets[i], actor, source, now_us, arena, rest);
    return rest;
}

static bool is_present(const struct record *record, const struct field *field)
{
    for (size_t i = 0; i < record->count; i++)
        if (record->values[i].field == field || record->values[i].field->parent == field)
            return true;
    return false;
}

/* The ticket's record anew, of its envelope and these fields; all the rules of its kind hold. */
static enum err check_fields(struct flow *flow, const struct life_move *move,
                             const struct node *envelope, struct node *fields, struct arena *arena,
                             struct ticket *ticket)
{
    struct faults faults = {0};
    struct node *body = node_map(arena);
    struct record record = {0};
    node_put(body, S("envelope"), node_copy(arena, envelope));
    if (!node_put(body, S("fields"), fields))
        return err_set(ERR_LIMIT, "the ticket's fields are too large");
    enum err code = record_check(flow->catalog, ticket->definition, body, arena, &record, &faults);
    if (code)
        return faults_first(&faults, code);
    for (size_t i = 0; i < move->require_count; i++)
        if (!is_present(&record, move->requires[i])) {
            err_set(ERR_MISSING, "%.*s is required for this move", STR(move->requires[i] -> name));
            return err_field("%.*s", STR(move->requires[i] -> name));
        }
    ticket->record = record;
    ticket->body = body;
    return OK;
}

/* ---- one move on one version ---- */

static void sign_step(struct ticket *ticket, const char *what, const struct life_move *move,
                      const struct actor *actor)
{
    struct progress *progress = &ticket->progress;
    progress->what = str_c(what);
    progress->officer = actor->officer;
    progress->by = (struct flow_party){actor->country, actor->unit};
    progress->step = STR_EMPTY;
    progress->moved = ticket->stored.version + 1;
    if (ticket->life->apart >> progress->state & 1)
        progress->officers[progress->state] = actor->officer;
    progress->tells = 0;
    for (int i = 0; move && i < PARTY_COUNT; i++)
        progress->tells |= move->tells[i] ? 1u << i : 0;
}

static void ask_second(struct ticket *ticket, const struct life_move *move,
                       const struct actor *actor, const struct node *given, int64_t now_us)
{
    struct progress *progress = &ticket->progress;
    sign_step(ticket, "second-eyes", NULL, actor);
    progress->waiting_to = move->to;
    progress->waiting_officer = actor->officer;
    progress->waiting_by = progress->by;
    progress->waiting_us = now_us;
    progress->waiting_fields = given;
}

static struct flow_effect effect_of(const struct ticket *ticket, enum life_effect effect,
                                    const struct actor *actor)
{
    const struct progress *progress = &ticket->progress;
    return (struct flow_effect){.effect = effect,
                                .life = ticket->life,
                                .ticket = ticket->stored.id,
                                .record = &ticket->record,
                                .actor = actor,
                                .asker = progress->asker,
                                .receipt = progress->receipt,
                                .owner = progress->owner,
                                .subject = progress->subject,
                                .database = progress->database,
                                .is_test = progress->is_test};
}

/* What comes of an officer's move: its own effect, or that of the node's move behind it. */
static enum life_effect effect_ahead(const struct life *life, const struct life_move *move)
{
    enum life_effect effect = move->effect;
    for (size_t i = 0; i < life->move_count && effect == DOES_NOTHING; i++)
        if (life->moves[i].from >> move->to & 1 && life->moves[i].who[PARTY_NODE].may)
            effect = life->moves[i].effect;
    return effect;
}

static enum err is_for_two(struct flow *flow, const struct ticket *ticket,
                           const struct life_move *move, const struct actor *actor,
                           struct arena *arena, bool *ret)
{
    enum life_effect ahead = effect_ahead(ticket->life, move);
    *ret = move->is_four_eyes;
    if (*ret || !flow->look || ahead == DOES_NOTHING || move->who[PARTY_NODE].may)
        return OK;
    struct flow_effect *effect = arena_new(arena, struct flow_effect);
    if (!effect)
        return err_last()->code;
    *effect = effect_of(ticket, ahead, actor);
    return flow->look(flow->doing_context, effect, arena, ret);
}

/* The second officer confirms what the first has given; he adds to it, and changes none of it. */
static enum err check_confirmed(const struct node *first, const struct node *given)
{
    node_each(child, given)
    {
        const struct node *held = node_get(first, child->key);
        if (!held || node_equal(held, child))
            continue;
        str name = str_slice(child->key, 0, 64);
        err_set(ERR_CONFLICT,
                "another officer has put forward another %.*s: confirm that, or "
                "make another move",
                STR(name));
        return err_field("%.*s", STR(name));
    }
    return OK;
}

/*
 * The one function that moves: fields, then state, then who did it. With four eyes the first
 * officer's move is checked just the same, and kept until another makes it.
 */
static enum err move_ticket(struct flow *flow, struct ticket *ticket, const struct life_move *move,
                            const struct actor *actor, const struct node *given,
                            struct arena *arena, bool *ret_is_moved)
{
    struct progress *progress = &ticket->progress;
    int64_t now_us = clock_now_us();
    bool is_second = progress->waiting_to == move->to, is_two = false;
    TRY(check_given(move, given));
    bool is_first = move->apart != LIFE_NONE && progress->officers[move->apart].len &&
                    str_eq(progress->officers[move->apart], actor->officer);
    if (is_first || (is_second && str_eq(progress->waiting_officer, actor->officer)))
        return err_set(ERR_DENIED, "four eyes: another officer than %.*s must make this move",
                       STR(actor->officer));
    if (is_second)
        TRY(check_confirmed(progress->waiting_fields, given));
    const struct node *old = node_get(ticket->body, S("fields"));
    const struct node *envelope = node_get(ticket->body, S("envelope"));
    struct record before = ticket->record;
    struct node *fields = merge(arena, old, is_second ? progress->waiting_fields : NULL);
    fields = merge(arena, fields, given);
    fields = set_fields(move, actor, ticket->source, now_us, arena, fields);
    TRY(check_fields(flow, move, envelope, fields, arena, ticket));
    TRY(is_for_two(flow, ticket, move, actor, arena, &is_two));
    *ret_is_moved = !is_two || is_second;
    if (!*ret_is_moved) {
        ticket->record = before;
        ask_second(ticket, move, actor, given, now_us);
        return OK;
    }
    progress_enter(ticket->life, progress, move->to, now_us);
    sign_step(ticket, "move", move, actor);
    ticket_derive(ticket);
    return OK;
}

/* ---- opening ---- */

static struct node *new_envelope(struct flow *flow, struct flow_party owner,
                                 const struct flow_question *question, struct arena *arena)
{
    const struct made made = {.owner = owner.country, .unit = owner.unit, .is_open = true};
    struct node *envelope = made_envelope(flow->catalog, question->kind, &made, arena);
    if (question->is_test)
        node_put_bool(arena, envelope, S("test"), true);
    return envelope;
}

static enum err begin(struct flow *flow, const struct actor *actor,
                      const struct flow_question *question, const struct node *source,
                      struct arena *arena, struct ticket *ret)
{
    const struct life *life = question->kind->life;
    struct node *body = node_map(arena);
    struct flow_party asker = {actor->country, actor->unit};
    bool is_moved = false;
    /* what is raised is asked by nobody, and is a record of who must know */
    node_put(body, S("envelope"),
             new_envelope(flow, life->raised ? question->owner : asker, question, arena));
    *ret =
        (struct ticket){.definition = question->kind, .life = life, .body = body, .source = source};
    ret->progress = (struct progress){
        .asker = asker,
        .owner = question->owner,
        .subject = question->subject,
        .database = question->database ? question->database->name : STR_EMPTY,
        .receipt = question->receipt,
        .is_test = question->is_test,
        .waiting_to = LIFE_NONE,
    };
    return move_ticket(flow, ret, &life->moves[0], actor, question->fields, arena, &is_moved);
}

/* What is committed with a move, in one transaction: all of it or nothing. */
struct beside {
    struct change changes[BESIDE_MAX];
    size_t count;
    struct flow_effect *effect; /* what `does:` asked for; NULL: nothing */
};

/* Gives a new ticket its id. */
static enum err commit(struct flow *flow, struct ticket *ticket, str officer,
                       const struct beside *beside)
{
    struct buf out = {.max = FIELDS_BYTES_MAX};
    enum err code = ticket_write(flow, ticket, &out);
    struct change changes[1 + BESIDE_MAX + FLOW_CHANGES_MAX] = {
        ticket_change(ticket, &out, officer)};
    struct committed done[COUNT_OF(changes)];
    const struct flow_effect *effect = beside ? beside->effect : NULL;
    size_t count = 1;
    for (size_t i = 0; beside && i < beside->count; i++)
        changes[count++] = beside->changes[i];
    for (size_t i = 0; effect && i < effect->change_count; i++)
        changes[count++] = effect->changes[i];
    if (!code)
        code = store_commit(flow->store, changes, count, true, done);
    if (!code && !ticket->stored.id.number)
        ticket->stored.id = done[0].id;
    buf_release(&out);
    return code;
}

/* ---- what a move does beside ---- */

void flow_on_effect(struct flow *flow, flow_do *doing, flow_did *did, void *context)
{
    flow->doing = doing;
    flow->did = did;
    flow->doing_context = context;
}

void flow_on_look(struct flow *flow, flow_look *look)
{
    flow->look = look;
}

/* Asks for the changes that go with the move, and takes up whom it is assigned to. */
static enum err do_effect(struct flow *flow, struct ticket *ticket, const struct life_move *move,
                          const struct actor *actor, struct arena *arena, struct flow_effect **ret)
{
    struct progress *progress = &ticket->progress;
    struct flow_effect *effect = NULL;
    *ret = NULL;
    if (move->effect == DOES_NOTHING)
        return OK;
    effect = flow->doing ? arena_new(arena, struct flow_effect) : NULL;
    if (!effect)
        return flow->doing ? err_last()->code
                           : err_set(ERR_CONFLICT, "nobody here carries out \"%s\"",
                                     life_effect_word(move->effect));
    *effect = effect_of(ticket, move->effect, actor);
    TRY(flow->doing(flow->doing_context, effect, arena));
    progress->owner = effect->owner;
    progress->subject = effect->subject;
    progress->database = effect->database;
    progress->is_test = effect->is_test;
    *ret = effect;
    return OK;
}

static void tell_done(struct flow *flow, const struct flow_effect *effect)
{
    if (effect && flow->did)
        flow->did(flow->doing_context, effect);
}

/* ---- moving ---- */

static enum err no_ticket(struct record_id id)
{
    char text[RECORD_ID_TEXT];
    return err_set(ERR_NOT_FOUND, "there is no ticket %s here", record_id_format(id, text));
}

/* 0: for this actor there is none. */
static unsigned sides_of(struct flow *flow, const struct actor *actor, struct record_id id)
{
    unsigned sides = 0;
    pthread_rwlock_rdlock(&flow->lock);
    const struct entry *entry = id.home == flow->home ? view_find(flow, id.number) : NULL;
    struct onlooker onlooker = onlooker_of(flow, actor);
    if (entry)
        sides = entry_sides(&onlooker, entry);
    pthread_rwlock_unlock(&flow->lock);
    return sides;
}

static enum err check_seen(const struct ticket *ticket, uint32_t version)
{
    if (version >= ticket->progress.moved && version <= ticket->stored.version)
        return OK;
    err_set(ERR_STALE, "the ticket was moved: it is in version %u, the request was made for %u",
            ticket->stored.version, version);
    return err_hint("read it again");
}

/* Of what the request says of another person, a record. */
static enum err take_clearance(struct flow *flow, const struct ticket *ticket,
                               const struct life_move *move, const struct actor *actor,
                               const struct node *given, struct arena *arena, struct beside *beside,
                               struct slip *ret_slip)
{
    if (!given)
        return OK;
    if (!move->is_clearance) {
        err_set(ERR_BAD_VALUE, "this move notes no clearance");
        return err_field("clearance");
    }
    TRY(clearance_make(flow, ticket, actor, given, arena, &beside->changes[beside->count],
                       ret_slip));
    beside->count++;
    return OK;
}

static bool is_achieved(const struct ticket *ticket)
{
    uint32_t passed = 0;
    for (size_t i = 0; i < ticket->life->state_count; i++)
        passed |= ticket->progress.at_us[i] ? (uint32_t)1 << i : 0;
    return life_is_achieved(ticket->life, &ticket->record, passed);
}

/* What was sought is found with this move: the record it was sought by has little time left. */
static void take_achieved(struct flow *flow, const struct ticket *ticket, struct arena *arena,
                          struct beside *beside)
{
    if (achieved_make(flow, ticket->progress.subject, arena, &beside->changes[beside->count]))
        beside->count++;
}

static enum err try_move(struct flow *flow, const struct actor *actor, unsigned sides,
                         const struct flow_request *request, struct arena *arena,
                         bool *ret_is_raced, struct slip *ret_slip)
{
    struct ticket ticket;
    struct beside beside = {.count = 0};
    const struct life_move *move = NULL;
    bool is_moved = false;
    TRY(ticket_load(flow, request->id.number, arena, &ticket));
    TRY(check_seen(&ticket, request->version));
    TRY(find_move(&ticket, actor, sides, request->to, &move));
    bool was_achieved = is_achieved(&ticket);
    TRY(move_ticket(flow, &ticket, move, actor, request->fields, arena, &is_moved));
    enum err code =
        take_clearance(flow, &ticket, move, actor, request->clearance, arena, &beside, ret_slip);
    if (!code && is_moved && !was_achieved && is_achieved(&ticket))
        take_achieved(flow, &ticket, arena, &beside);
    if (!code && is_moved)
        code = do_effect(flow, &ticket, move, actor, arena, &beside.effect);
    if (!code) {
        code = commit(flow, &ticket, actor->officer, &beside);
        *ret_is_raced = code == ERR_STALE;
    }
    if (!code)
        tell_done(flow, beside.effect);
    return code;
}

/* What the officer did is done: should the node's own move fail now, the next tick makes it. */
static void go_on(struct flow *flow, uint64_t number)
{
    if (move_by_node(flow, number) == OK)
        return;
    atomic_fetch_add(&flow->failed, 1);
    err_clear();
}

/* The same question, sent again because its answer got lost: the ticket there is; 0: none. */
static uint64_t find_same(struct flow *flow, const struct actor *actor,
                          const struct flow_question *question, struct arena *arena)
{
    uint64_t numbers[16];
    size_t count = 0;
    pthread_rwlock_rdlock(&flow->lock);
    struct onlooker onlooker = onlooker_of(flow, actor);
    const struct shelf *shelf =
        onlooker.country < flow->shelf_count ? &flow->shelves[onlooker.country].open : NULL;
    for (size_t i = 0; shelf && i < shelf->count && count < COUNT_OF(numbers); i++) {
        const struct entry *entry = &flow->entries[shelf->items[i]];
        if (entry->subject == question->subject.number &&
            entry->subject_home == question->subject.home && entry->asker_unit == onlooker.unit &&
            view_definition(flow, entry) == question->kind)
            numbers[count++] = entry->number;
    }
    pthread_rwlock_unlock(&flow->lock);
    for (size_t i = 0; i < count; i++) {
        struct ticket ticket;
        if (ticket_load(flow, numbers[i], arena, &ticket) == OK &&
            str_eq(ticket.progress.receipt, question->receipt))
            return numbers[i];
    }
    err_clear();
    return 0;
}

enum err flow_ask(struct flow *flow, const struct actor *actor,
                  const struct flow_question *question, struct arena *arena,
                  struct flow_ticket *ret)
{
    struct ticket ticket;
    if (actor->country.len == 0 || actor->unit.len == 0)
        return err_set(ERR_DENIED, "officer %.*s is of no country's unit and asks for nobody",
                       STR(actor->officer));
    uint64_t same = question->subject.number ? find_same(flow, actor, question, arena) : 0;
    if (same)
        return ticket_show(flow, actor, FLOW_ASKER, same, arena, ret);
    const struct life_move *move = &question->kind->life->moves[0];
    if (!move->who[PARTY_ASKER].may || !has_role(&move->who[PARTY_ASKER], actor))
        return err_set(ERR_DENIED, "officer %.*s may not open \"%.*s\"", STR(actor->officer),
                       STR(question->kind->name));
    TRY(begin(flow, actor, question, NULL, arena, &ticket));
    TRY(commit(flow, &ticket, actor->officer, NULL));
    uint64_t number = ticket.stored.id.number;
    go_on(flow, number);
    return ticket_show(flow, actor, FLOW_ASKER, number, arena, ret);
}

enum err flow_move(struct flow *flow, const struct actor *actor, const struct flow_request *request,
                   struct arena *arena, struct flow_ticket *ret)
{
    unsigned sides = sides_of(flow, actor, request->id);
    bool is_raced = sides != 0;
    struct slip slip = {.number = STR_EMPTY};
    enum err code = sides ? OK : no_ticket(request->id);
    for (int i = 0; i < TRIES && is_raced; i++) {
        is_raced = false;
        slip = (struct slip){.number = STR_EMPTY};
        code = try_move(flow, actor, sides, request, arena, &is_raced, &slip);
    }
    TRY(code);
    go_on(flow, request->id.number);
    TRY(ticket_show(flow, actor, sides, request->id.number, arena, ret));
    if (slip.number.len && slip_make(flow, &slip, arena, &ret->slip) != OK)
        err_clear(); /* the move stands; it only has no slip */
    return OK;
}

enum err flow_read(struct flow *flow, const struct actor *actor, struct record_id id,
                   struct arena *arena, struct flow_ticket *ret)
{
    unsigned sides = sides_of(flow, actor, id);
    return sides ? ticket_show(flow, actor, sides, id.number, arena, ret) : no_ticket(id);
}

/* ---- the node's own moves ---- */

static const struct actor node_actor = {.officer = {"node", 4}, .role = {"system", 6}};

enum err move_raise(struct flow *flow, const struct flow_question *question,
                    const struct node *source, struct arena *arena)
{
    struct ticket ticket;
    TRY(begin(flow, &node_actor, question, source, arena, &ticket));
    return commit(flow, &ticket, node_actor.officer, NULL);
}

/* The move that ends what was raised is the node's, but made when its source is over. */
bool move_is_nodes(const struct life *life, const struct life_move *move, uint8_t state)
{
    return move->from >> state & 1 && move->who[PARTY_NODE].may &&
           !(life->raised && life->raised->over == move->to);
}

enum err move_over(struct flow *flow, uint64_t number)
{
    struct arena arena = {0};
    struct ticket ticket;
    bool is_moved = false;
    enum err code = ticket_load(flow, number, &arena, &ticket);
    const struct life *life = code ? NULL : ticket.life;
    const struct life_move *over = NULL;
    for (size_t i = 0; life && i < life->move_count; i++)
        if (life->moves[i].to == life->raised->over &&
            life->moves[i].from >> ticket.progress.state & 1)
            over = &life->moves[i];
    if (over)
        code = move_ticket(flow, &ticket, over, &node_actor, NULL, &arena, &is_moved);
    if (over && !code)
        code = commit(flow, &ticket, node_actor.officer, NULL);
    arena_release(&arena);
    return code;
}

static const struct life_move *node_move(const struct ticket *ticket)
{
    for (size_t i = 0; i < ticket->life->move_count; i++) {
        const struct life_move *move = &ticket->life->moves[i];
        if (move_is_nodes(ticket->life, move, ticket->progress.state))
            return move;
    }
    return NULL;
}

static enum err step_by_node(struct flow *flow, uint64_t number, struct arena *arena,
                             bool *ret_is_done)
{
    struct ticket ticket;
    struct beside beside = {.count = 0};
    bool is_moved = false;
    TRY(ticket_load(flow, number, arena, &ticket));
    const struct life_move *move = node_move(&ticket);
    *ret_is_done = !move;
    if (!move)
        return OK;
    TRY(move_ticket(flow, &ticket, move, &node_actor, NULL, arena, &is_moved));
    TRY(do_effect(flow, &ticket, move, &node_actor, arena, &beside.effect));
    TRY(commit(flow, &ticket, node_actor.officer, &beside));
    tell_done(flow, beside.effect);
    return OK;
}

enum err move_by_node(struct flow *flow, uint64_t number)
{
    struct arena arena = {0};
    bool is_done = false;
    enum err code = OK;
    /* As many steps as there are states: a circle of the node's own moves would never end. */
    for (int i = 0; i < LIFE_STATE_MAX && !is_done && (!code || code == ERR_STALE); i++) {
        code = step_by_node(flow, number, &arena, &is_done);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return code;
}
