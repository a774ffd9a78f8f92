/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A desk is handed over. The leaving officer signs the list of the desk's open tickets as it
 * stands, with a taker for each urgent one; the coming officer signs the same list, and says who
 * takes what has come since. Whoever signs names the digest of the list they saw (its tickets, and
 * which of them are urgent): if another came meanwhile they are shown the new list instead.
 *
 * A handover is a record of system/handover.yaml, its first version the leaving officer's
 * signature, its second the coming one's. Memory holds the last one of each desk, which says who
 * has which ticket in hand.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "flow/internal.h"

enum { ID_BYTES = 64, NOTE_BYTES = 2000, NAMED_MAX = 5 };

struct row {
    uint64_t number;
    str kind, state, taker;
    int64_t due_us;
    bool is_urgent, is_since;
};

struct handed { /* the last handover of a desk */
    struct arena arena;
    uint64_t number;
    uint32_t version;
    str country, unit, left_by, taken_by, note, taken_note, digest;
    int64_t left_us, taken_us;
    uint64_t more;
    struct row *rows;
    size_t count;
};

struct desks {
    pthread_rwlock_t lock;
    pthread_mutex_t signing; /* one signature at a time */
    struct names units;      /* "UTO UTO/ncb": a unit of another country has another desk */
    struct handed **items;   /* by number of the unit */
    size_t max;
};

/* ---- the view ---- */

static int64_t time_of(const struct node *fields, const char *key)
{
    int64_t time_us = 0;
    return clock_parse(node_get_text(fields, str_c(key)), &time_us) ? time_us : 0;
}

static void read_row(const struct node *node, struct row *ret)
{
    struct record_id id;
    *ret = (struct row){.kind = node_get_text(node, S("kind")),
                        .state = node_get_text(node, S("state")),
                        .taker = node_get_text(node, S("taker")),
                        .due_us = time_of(node, "due"),
                        .is_urgent = node_as_bool(node_get(node, S("urgent")), false),
                        .is_since = node_as_bool(node_get(node, S("since")), false)};
    if (record_id_parse(node_get_text(node, S("ticket")), &id))
        ret->number = id.number;
}

static enum err read_rows(const struct node *list, struct handed *ret)
{
    size_t max = list && list->kind == NODE_LIST ? list->count : 1;
    ret->rows = arena_array(&ret->arena, struct row, max);
    if (!ret->rows)
        return err_last()->code;
    if (list && list->kind == NODE_MAP)
        read_row(list, &ret->rows[ret->count++]);
    node_each(item, list && list->kind == NODE_LIST ? list : NULL) if (ret->count < max)
        read_row(item, &ret->rows[ret->count++]);
    return OK;
}

static enum err read_handed(const struct stored *stored, struct handed *ret)
{
    struct node *body = NULL;
    TRY(json_parse(arena_str(&ret->arena, stored->body), &ret->arena, &body));
    const struct node *fields = node_get(body, S("fields"));
    ret->number = stored->id.number;
    ret->version = stored->version;
    ret->country = arena_str(&ret->arena, stored->owner);
    ret->unit = node_get_text(fields, S("unit"));
    ret->left_by = node_get_text(fields, S("left_by"));
    ret->taken_by = node_get_text(fields, S("taken_by"));
    ret->note = node_get_text(fields, S("note"));
    ret->taken_note = node_get_text(fields, S("taken_note"));
    ret->digest = node_get_text(fields, S("digest"));
    ret->left_us = time_of(fields, "left_at");
    ret->taken_us = time_of(fields, "taken_at");
    (void)str_to_u64(node_get_text(fields, S("more")), UINT64_MAX, &ret->more);
    return read_rows(node_get(fields, S("tickets")), ret);
}

static void handed_free(struct handed *handed)
{
    if (!handed)
        return;
    arena_release(&handed->arena);
    free(handed);
}

static str desk_key(str country, str unit, char out[2 * ID_BYTES])
{
    int len = snprintf(out, (size_t)2 * ID_BYTES, "%.*s %.*s", STR(str_slice(country, 0, 32)),
                       STR(str_slice(unit, 0, ID_BYTES)));
    return str_of(out, (size_t)len);
}

/* The desk's place; lock held for writing. */
static enum err place_of(struct desks *desks, const struct handed *handed, uint32_t *ret)
{
    char key[2 * ID_BYTES];
    TRY(names_put(&desks->units, desk_key(handed->country, handed->unit, key), ret));
    if (*ret < desks->max)
        return OK;
    size_t max = desks->max ? desks->max * 2 : 64;
    struct handed **items = realloc(desks->items, max * sizeof(struct handed *));
    if (!items)
        return err_set(ERR_MEMORY, "out of memory for the desks of %zu units", max);
    memset(items + desks->max, 0, (max - desks->max) * sizeof(struct handed *));
    desks->items = items;
    desks->max = max;
    return OK;
}

static enum err put_handed(struct desks *desks, struct handed *handed, bool is_gone)
{
    uint32_t at = 0;
    TRY(place_of(desks, handed, &at));
    struct handed *before = desks->items[at];
    bool is_same = before && before->number == handed->number;
    if (before && !is_same && (is_gone || before->number > handed->number))
        return ERR_STALE; /* of an earlier shift */
    handed_free(before);
    desks->items[at] = is_gone ? NULL : handed;
    return OK;
}

/* An erased handover says no more whose it was: the one with its number is let go. */
static void forget(struct desks *desks, uint64_t number)
{
    for (size_t i = 0; i < desks->max; i++)
        if (desks->items[i] && desks->items[i]->number == number) {
            handed_free(desks->items[i]);
            desks->items[i] = NULL;
        }
}

enum err desks_take(struct flow *flow, const struct stored *stored)
{
    struct desks *desks = flow->desks;
    if (!str_eq(stored->definition, S("handover")))
        return OK;
    bool is_there = !stored->is_erased && stored->body.len && stored->state == STATE_ACTIVE;
    struct handed *handed = is_there ? calloc(1, sizeof *handed) : NULL;
    if (is_there && !handed)
        return err_set(ERR_MEMORY, "out of memory for a handover");
    enum err code = is_there ? read_handed(stored, handed) : OK;
    pthread_rwlock_wrlock(&desks->lock);
    if (!is_there)
        forget(desks, stored->id.number);
    else if (!code)
        code = put_handed(desks, handed, false);
    pthread_rwlock_unlock(&desks->lock);
    if (code)
        handed_free(handed);
    return code == ERR_STALE ? OK : code;
}

static enum err take_one(void *context, const struct stored *stored)
{
    return desks_take(context, stored);
}

enum err desks_open(struct flow *flow)
{
    flow->desks = calloc(1, sizeof *flow->desks);
    if (!flow->desks)
        return err_set(ERR_MEMORY, "out of memory for desks");
    pthread_rwlock_init(&flow->desks->lock, NULL);
    pthread_mutex_init(&flow->desks->signing, NULL);
    return store_each(flow->store, S("handover"), take_one, flow);
}

void desks_free(struct flow *flow)
{
    struct desks *desks = flow->desks;
    if (!desks)
        return;
    for (size_t i = 0; i < desks->max; i++)
        handed_free(desks->items[i]);
    free(desks->items);
    names_release(&desks->units);
    pthread_rwlock_destroy(&desks->lock);
    pthread_mutex_destroy(&desks->signing);
    free(desks);
}

/* NULL: this desk was never handed over. Lock held. */
static const struct handed *find_handed(const struct desks *desks, str country, str unit)
{
    char key[2 * ID_BYTES];
    uint32_t at = names_find(&desks->units, desk_key(country, unit, key));
    return at < desks->max ? desks->items[at] : NULL;
}

static const struct row *find_row(const struct handed *handed, uint64_t number)
{
    for (size_t i = 0; handed && i < handed->count; i++)
        if (handed->rows[i].number == number)
            return &handed->rows[i];
    return NULL;
}

/* ---- the list as it stands ---- */

static bool is_urgent(const struct flow_brief *brief)
{
    const struct life *life = brief->definition->life;
    return brief->profile && life->profiles && !brief->is_test &&
           str_eq(code_extra(life->profiles, brief->profile, S("taker")), S("yes"));
}

static enum err list_open(struct flow *flow, const struct actor *actor, struct arena *arena,
                          struct flow_desk *ret)
{
    struct flow_filter filter = {.desk = actor->unit, .after_order = INT64_MIN};
    bool has_more = true;
    ret->tickets = arena_array(arena, struct flow_handed, FLOW_DESK_MAX);
    if (!ret->tickets)
        return err_last()->code;
    while (has_more && ret->count < FLOW_DESK_MAX) {
        struct flow_brief *briefs;
        size_t count;
        TRY(flow_list(flow, actor, &filter, arena, &briefs, &count, &has_more));
        for (size_t i = 0; i < count && ret->count < FLOW_DESK_MAX; i++)
            ret->tickets[ret->count++] = (struct flow_handed){.brief = briefs[i]};
        if (!count)
            break;
        filter.after_order = briefs[count - 1].order;
        filter.after_number = briefs[count - 1].id.number;
    }
    ret->has_more = has_more;
    return OK;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct flow_handed *one = *(const struct flow_handed *const *)a;
    const struct flow_handed *other = *(const struct flow_handed *const *)b;
    return (one->brief.id.number > other->brief.id.number) -
           (one->brief.id.number < other->brief.id.number);
}

/*
 * What both sign: which tickets, and which of them are urgent; not how far each has come. Tickets
 * as they are shown: a digest of running numbers could be tried out.
 */
static enum err digest_list(struct flow_desk *desk, struct arena *arena)
{
    char hex[2 * HASH_SIZE + 1];
    struct hash hash;
    struct buf text = {.max = 1 << 20};
    struct flow_handed **order = arena_array(arena, struct flow_handed *, desk->count + 1);
    if (!order)
        return err_last()->code;
    for (size_t i = 0; i < desk->count; i++)
        order[i] = &desk->tickets[i];
    qsort(order, desk->count, sizeof(struct flow_handed *), compare_numbers);
    for (size_t i = 0; i < desk->count; i++) {
        char id[RECORD_ID_TEXT];
        record_id_format(order[i]->brief.id, id);
        buf_printf(&text, "%s %d\n", strchr(id, '-'), order[i]->is_urgent);
    }
    if (!text.failed)
        sha256(buf_str(&text), &hash);
    enum err code = text.failed ? err_set(text.failed, "the list is too long") : OK;
    buf_release(&text);
    TRY(code);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    desk->digest = arena_str(arena, str_c(hex));
    return OK;
}

static void copy_handover(struct flow *flow, const struct handed *handed, struct arena *arena,
                          struct flow_handover *ret)
{
    *ret = (struct flow_handover){
        .id = {flow->home, handed->number},
        .version = handed->version,
        .left_by = arena_str(arena, handed->left_by),
        .taken_by = arena_str(arena, handed->taken_by),
        .note = arena_str(arena, handed->note),
        .taken_note = arena_str(arena, handed->taken_note),
        .digest = arena_str(arena, handed->digest),
        .left_us = handed->left_us,
        .taken_us = handed->taken_us,
    };
}

static enum err may_work(const struct flow *flow, const struct actor *actor)
{
    struct onlooker onlooker = onlooker_of(flow, actor);
    if (onlooker.is_desk && !onlooker.is_auditor && actor->unit.len && actor->country.len)
        return OK;
    return err_set(ERR_DENIED, "officer %.*s works at no desk", STR(actor->officer));
}

enum err flow_desk_list(struct flow *flow, const struct actor *actor, struct arena *arena,
                        struct flow_desk *ret)
{
    struct desks *desks = flow->desks;
    *ret = (struct flow_desk){.desk = {actor->country, actor->unit}};
    TRY(may_work(flow, actor));
    TRY(list_open(flow, actor, arena, ret));
    pthread_rwlock_rdlock(&desks->lock);
    const struct handed *handed = find_handed(desks, actor->country, actor->unit);
    if (handed)
        copy_handover(flow, handed, arena, &ret->last);
    for (size_t i = 0; i < ret->count; i++) {
        struct flow_handed *ticket = &ret->tickets[i];
        const struct row *row = find_row(handed, ticket->brief.id.number);
        ticket->is_urgent = is_urgent(&ticket->brief);
        ticket->taker = row ? arena_str(arena, row->taker) : STR_EMPTY;
        ticket->is_since = handed && !row;
    }
    pthread_rwlock_unlock(&desks->lock);
    return digest_list(ret, arena);
}

str flow_taker(struct flow *flow, const struct actor *actor, uint64_t number, struct arena *arena)
{
    pthread_rwlock_rdlock(&flow->desks->lock);
    const struct handed *handed = find_handed(flow->desks, actor->country, actor->unit);
    const struct row *row = find_row(handed, number);
    str taker = row ? arena_str(arena, row->taker) : STR_EMPTY;
    pthread_rwlock_unlock(&flow->desks->lock);
    return taker;
}

/* ---- signing ---- */

static str taker_given(const struct flow_signature *signature, uint64_t number)
{
    for (size_t i = 0; i < signature->taker_count; i++)
        if (signature->takers[i].ticket.number == number)
            return signature->takers[i].officer;
    return STR_EMPTY;
}

static enum err check_takers(const struct flow_desk *desk, const struct flow_signature *signature)
{
    for (size_t i = 0; i < signature->taker_count; i++) {
        char id[RECORD_ID_TEXT];
        size_t at = 0;
        while (at < desk->count &&
               desk->tickets[at].brief.id.number != signature->takers[i].ticket.number)
            at++;
        if (at < desk->count)
            continue;
        err_set(ERR_NOT_FOUND, "ticket %s is not open at this desk",
                record_id_format(signature->takers[i].ticket, id));
        return err_field("takers");
    }
    return OK;
}

/* Nobody leaves an urgent ticket to nobody: says which, so that it can be mended. */
static enum err check_urgent(const struct flow_desk *desk)
{
    struct buf which = {.max = 512};
    size_t count = 0;
    for (size_t i = 0; i < desk->count; i++) {
        char id[RECORD_ID_TEXT];
        const struct flow_handed *ticket = &desk->tickets[i];
        if (!ticket->is_urgent || ticket->taker.len)
            continue;
        if (count++ < NAMED_MAX)
            buf_printf(&which, "%s%s", count > 1 ? ", " : "",
                       record_id_format(ticket->brief.id, id));
    }
    if (count) {
        err_set(ERR_CONFLICT, "%zu urgent %s no taker: %.*s%s", count,
                count > 1 ? "tickets have" : "ticket has", STR(buf_str(&which)),
                count > NAMED_MAX ? " ..." : "");
        err_hint("name an officer of the coming shift for each");
    }
    buf_release(&which);
    return count ? err_field("takers") : OK;
}

static struct node *make_row(const struct flow_handed *ticket, struct arena *arena)
{
    char text[RECORD_ID_TEXT], time[24];
    struct node *row = node_map(arena);
    const struct flow_brief *brief = &ticket->brief;
    node_put_text(arena, row, S("ticket"),
                  arena_str(arena, str_c(record_id_format(brief->id, text))));
    node_put_text(arena, row, S("kind"), brief->definition->name);
    node_put_text(arena, row, S("state"), brief->state->name);
    if (brief->due_us)
        node_put_text(arena, row, S("due"),
                      arena_str(arena, str_c(clock_format(brief->due_us, time))));
    if (ticket->is_urgent)
        node_put_bool(arena, row, S("urgent"), true);
    if (ticket->taker.len)
        node_put_text(arena, row, S("taker"), ticket->taker);
    if (ticket->is_since)
        node_put_bool(arena, row, S("since"), true);
    return row;
}

static void put_time(struct node *fields, str key, int64_t time_us, struct arena *arena)
{
    char text[24];
    node_put_text(arena, fields, key, arena_str(arena, str_c(clock_format(time_us, text))));
}

static void put_some(struct arena *arena, struct node *fields, str key, str text)
{
    if (text.len)
        node_put_text(arena, fields, key, text);
}

static enum err commit(struct flow *flow, const struct actor *actor, struct node *fields,
                       uint64_t number, uint32_t version, struct arena *arena)
{
    struct change change;
    struct committed done;
    TRY(change_make(flow->catalog,
                    &(struct made){.definition = "handover",
                                   .owner = actor->country,
                                   .unit = actor->unit,
                                   .actor = actor->officer,
                                   .fields = fields,
                                   .number = number,
                                   .version = version},
                    arena, &change));
    return store_commit(flow->store, &change, 1, true, &done);
}

static enum err check_note(str note)
{
    if (note.len <= NOTE_BYTES)
        return OK;
    err_set(ERR_LIMIT, "a note has at most %d bytes", NOTE_BYTES);
    return err_field("note");
}

static bool is_waiting(const struct flow_handover *last)
{
    return last->id.number && !last->taken_us;
}

static enum err check_leaving(const struct flow_desk *desk, const struct actor *actor,
                              const struct flow_signature *signature)
{
    const struct flow_handover *last = &desk->last;
    TRY(check_note(signature->note));
    if (is_waiting(last) && !str_eq(last->left_by, actor->officer))
        return err_set(ERR_CONFLICT, "officer %.*s has left this desk: it is taken over first",
                       STR(last->left_by));
    if (!str_eq(signature->digest, desk->digest)) {
        err_set(ERR_STALE, "another list of tickets stands here now");
        return err_hint("look at it again");
    }
    for (size_t i = 0; i < signature->taker_count; i++)
        if (str_eq(signature->takers[i].officer, actor->officer)) {
            err_set(ERR_CONFLICT, "officer %.*s leaves, and takes nothing", STR(actor->officer));
            return err_field("takers");
        }
    return OK;
}

static enum err leave(struct flow *flow, const struct actor *actor,
                      const struct flow_signature *signature, struct arena *arena,
                      struct flow_desk *ret)
{
    TRY(flow_desk_list(flow, actor, arena, ret));
    TRY(check_leaving(ret, actor, signature));
    TRY(check_takers(ret, signature));
    struct node *fields = node_map(arena);
    struct node *rows = node_list(arena);
    for (size_t i = 0; i < ret->count; i++) {
        struct flow_handed *ticket = &ret->tickets[i];
        str given = taker_given(signature, ticket->brief.id.number);
        bool is_left = str_eq(ticket->taker, actor->officer); /* had it in hand, and goes */
        ticket->taker = given.len ? given : is_left ? STR_EMPTY : ticket->taker;
        ticket->is_since = false;
        node_add(rows, make_row(ticket, arena));
    }
    TRY(check_urgent(ret));
    node_put_text(arena, fields, S("unit"), actor->unit);
    node_put_text(arena, fields, S("left_by"), actor->officer);
    put_time(fields, S("left_at"), clock_now_us(), arena);
    put_some(arena, fields, S("note"), signature->note);
    node_put_text(arena, fields, S("digest"), ret->digest);
    if (ret->has_more)
        node_put_text(arena, fields, S("more"), S("yes"));
    if (ret->count)
        node_put(fields, S("tickets"), rows);
    bool is_again = is_waiting(&ret->last);
    TRY(commit(flow, actor, fields, is_again ? ret->last.id.number : 0,
               is_again ? ret->last.version : 0, arena));
    return flow_desk_list(flow, actor, arena, ret);
}

/* The fields of the first signature, as they are stored; nothing of them is changed. */
static enum err read_signed(struct flow *flow, uint64_t number, struct arena *arena,
                            struct node **ret)
{
    struct stored stored;
    struct node *body = NULL;
    TRY(store_read(flow->store, number, arena, &stored));
    TRY(json_parse(stored.body, arena, &body));
    *ret = node_copy(arena, node_get(body, S("fields")));
    return *ret ? OK : err_set(ERR_DAMAGED, "a handover has no fields");
}

static enum err check_taking(const struct flow_desk *desk, const struct actor *actor,
                             const struct flow_signature *signature)
{
    const struct flow_handover *last = &desk->last;
    TRY(check_note(signature->note));
    if (!is_waiting(last))
        return err_set(ERR_CONFLICT, "nobody has left this desk to be taken over");
    if (str_eq(last->left_by, actor->officer))
        return err_set(ERR_DENIED, "officer %.*s cannot take over from himself",
                       STR(actor->officer));
    if (last->id.number == signature->id.number && last->version == signature->version &&
        str_eq(last->digest, signature->digest))
        return OK;
    err_set(ERR_STALE, "officer %.*s has signed another list since", STR(last->left_by));
    return err_hint("look at it again");
}

/* The rows that were signed first, each with its taker if it had none, and what has come since. */
static struct node *join_rows(const struct node *before, struct flow_desk *desk,
                              const struct flow_signature *signature, struct arena *arena)
{
    struct node *rows = node_list(arena);
    const struct node *first = before && before->kind == NODE_LIST ? before->first : before;
    for (const struct node *row = first; row; row = row->next) {
        struct record_id id;
        struct node *copy = node_copy(arena, row);
        bool is_known = record_id_parse(node_get_text(row, S("ticket")), &id);
        str given = is_known ? taker_given(signature, id.number) : STR_EMPTY;
        if (!node_get(row, S("taker")))
            put_some(arena, copy, S("taker"), given);
        node_add(rows, copy);
    }
    for (size_t i = 0; i < desk->count; i++) {
        struct flow_handed *ticket = &desk->tickets[i];
        if (!ticket->taker.len)
            ticket->taker = taker_given(signature, ticket->brief.id.number);
        if (ticket->is_since)
            node_add(rows, make_row(ticket, arena));
    }
    return rows;
}

static enum err take(struct flow *flow, const struct actor *actor,
                     const struct flow_signature *signature, struct arena *arena,
                     struct flow_desk *ret)
{
    struct node *first = NULL;
    struct node *fields = node_map(arena);
    TRY(flow_desk_list(flow, actor, arena, ret));
    TRY(check_taking(ret, actor, signature));
    TRY(check_takers(ret, signature));
    TRY(read_signed(flow, ret->last.id.number, arena, &first));
    struct node *rows = join_rows(node_get(first, S("tickets")), ret, signature, arena);
    TRY(check_urgent(ret));
    node_each(field, first) if (!str_eq(field->key, S("tickets")))
        node_put(fields, field->key, node_copy(arena, field));
    node_put_text(arena, fields, S("taken_by"), actor->officer);
    put_time(fields, S("taken_at"), clock_now_us(), arena);
    put_some(arena, fields, S("taken_note"), signature->note);
    if (rows->count)
        node_put(fields, S("tickets"), rows);
    TRY(commit(flow, actor, fields, ret->last.id.number, ret->last.version, arena));
    return flow_desk_list(flow, actor, arena, ret);
}

enum err flow_hand_over(struct flow *flow, const struct actor *actor,
                        const struct flow_signature *signature, struct arena *arena,
                        struct flow_desk *ret)
{
    pthread_mutex_lock(&flow->desks->signing);
    enum err code = signature->id.number ? take(flow, actor, signature, arena, ret)
                                         : leave(flow, actor, signature, arena, ret);
    pthread_mutex_unlock(&flow->desks->signing);
    return code;
}
