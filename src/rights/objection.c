/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protection objections. What a member tells the hub becomes a record of the hub's
 * (system/objection.yaml) with one sealed box in it, padded, so that neither owner nor list nor
 * length says who has told it; the store's skeleton and the log name "sealed" for its officer. The
 * suspension is the hub's, on a day the hub chooses. The owner of the record sees "suspended by the
 * hub", and nothing that differs with who objected.
 */
#include <stdlib.h>

#include "crypto/sign.h"
#include "rights/internal.h"

#define OBJECTION "objection"
#define HUB       S("hub")
enum { STATEMENT_MAX = 4000, BOX_SIZE = 8 << 10, TEXT_SIZE = 4 * BOX_SIZE, LIST_MAX = 1000 };

static const char *const outcomes[] = {"suspended", "lifted", "set-aside"};

/* ---- the hub ---- */

/* The country of whoever acts as the hub here. */
static enum err find_hub(struct rights *rights, struct arena *arena, str *ret)
{
    struct arena list = {0};
    struct identity_officer *officers;
    size_t count = 0;
    const struct code_list *roles = codes_list(rights->node.catalog->codes, S("audiences"));
    const struct code *hub = roles ? code_get(roles, HUB) : NULL;
    enum err code =
        identity_officers(rights->node.identity, NULL, STR_EMPTY, &list, &officers, &count);
    *ret = STR_EMPTY;
    for (size_t i = 0; !code && hub && i < count && !ret->len; i++)
        if (officers[i].roles >> hub->number & 1 && officers[i].state == STATE_ACTIVE)
            *ret = arena_str(arena, officers[i].country);
    arena_release(&list);
    TRY(code);
    return ret->len ? OK : err_set(ERR_NOT_FOUND, "no hub can be told anything here");
}

static enum err check_reader(struct rights *rights, const struct actor *actor, struct arena *arena)
{
    str hub;
    bool is_hub = str_eq(actor->role, HUB) && actor->country.len;
    if (is_hub && find_hub(rights, arena, &hub) == OK && str_eq(hub, actor->country))
        return OK;
    return err_set(ERR_DENIED, "officer %.*s is no reader of the hub's", STR(actor->officer));
}

/* ---- telling it ---- */

static enum err seal(struct rights *rights, const struct actor *actor, str statement,
                     struct arena *arena, str *ret)
{
    char time[24];
    struct buf plain = {.max = BOX_SIZE}, sealed = {.max = TEXT_SIZE}, text = {.max = TEXT_SIZE};
    struct node *said = node_map(arena);
    node_put_text(arena, said, S("country"), actor->country);
    node_put_text(arena, said, S("unit"), actor->unit);
    node_put_text(arena, said, S("officer"), actor->officer);
    node_put_text(arena, said, S("time"), str_c(clock_format(clock_now_us(), time)));
    node_put_text(arena, said, S("statement"), statement);
    json_write(&plain, said);
    while (!plain.failed && plain.len < BOX_SIZE)
        buf_add_char(&plain, ' ');
    enum err code = plain.failed ? err_set(ERR_LIMIT, "the statement is too long") : OK;
    if (!code) {
        box_seal(rights->objections.public, buf_str(&plain), &sealed);
        base64_add(&text, buf_str(&sealed));
        *ret = arena_str(arena, buf_str(&text));
        code = text.failed;
    }
    wipe(plain.ptr, plain.ptr ? plain.len : 0);
    buf_release(&plain);
    buf_release(&sealed);
    buf_release(&text);
    return code;
}

static enum err enter(struct rights *rights, const struct node *fields, str hub,
                      const struct stored *held, str by, struct arena *arena, struct change *ret)
{
    return change_make(rights->node.catalog,
                       &(struct made){.definition = OBJECTION,
                                      .owner = hub,
                                      .actor = by,
                                      .fields = node_copy(arena, fields),
                                      .number = held ? held->id.number : 0,
                                      .version = held ? held->version : 0},
                       arena, ret);
}

static enum err check_objector(const struct actor *actor, str statement)
{
    bool is_fit =
        str_eq(actor->role, S("national-bureau")) || str_eq(actor->role, S("data-protection"));
    if (!is_fit || !actor->country.len)
        return err_set(ERR_DENIED,
                       "officer %.*s is neither of a national bureau nor of data protection",
                       STR(actor->officer));
    if (!statement.len || statement.len > STATEMENT_MAX) {
        err_set(statement.len ? ERR_LIMIT : ERR_MISSING,
                "what protection the person has is said in 1 to %d bytes", STATEMENT_MAX);
        return err_field("statement");
    }
    return OK;
}

enum err rights_object(struct rights *rights, const struct actor *actor, struct record_id id,
                       str statement, struct arena *arena, struct record_id *ret,
                       struct actor *ret_as)
{
    char text[RECORD_ID_TEXT];
    str hub, sealed;
    struct stored stored;
    struct record record;
    struct change change;
    struct committed done;
    struct node *fields = node_map(arena);
    TRY(check_objector(actor, statement));
    TRY(find_hub(rights, arena, &hub));
    TRY(name_record(rights, actor, id, arena, &stored, &record));
    TRY(seal(rights, actor, statement, arena, &sealed));
    node_put_text(arena, fields, S("record"), arena_str(arena, str_c(record_id_format(id, text))));
    node_put_text(arena, fields, S("sealed"), sealed);
    node_put_text(arena, fields, S("outcome"), S("waiting"));
    TRY(enter(rights, fields, hub, NULL, S("sealed"), arena, &change));
    TRY(store_commit(rights->node.store, &change, 1, true, &done));
    *ret = done.id;
    *ret_as = (struct actor){.officer = S("sealed"),
                             .country = hub,
                             .unit = hub,
                             .role = HUB,
                             .purpose = for_request(rights, actor).purpose};
    return OK;
}

/* ---- reading them ---- */

struct listing {
    struct rights *rights;
    struct arena *arena;
    struct rights_objection *items;
    size_t count;
};

static int64_t time_of(const struct node *map, str key)
{
    int64_t time_us = 0;
    return clock_parse(node_get_text(map, key), &time_us) ? time_us : 0;
}

static enum err read_objection(struct rights *rights, const struct stored *stored,
                               struct arena *arena, struct node **ret_fields,
                               struct rights_objection *ret)
{
    struct node *body = NULL;
    if (!str_eq(stored->definition, S(OBJECTION)) || stored->is_erased || !stored->body.len)
        return err_set(ERR_NOT_FOUND, "there is no such objection here");
    TRY(json_parse(arena_str(arena, stored->body), arena, &body));
    const struct node *fields = node_get(body, S("fields"));
    const struct node *said =
        unseal(&rights->objections, node_get_text(fields, S("sealed")), arena);
    *ret = (struct rights_objection){.id = stored->id,
                                     .version = stored->version,
                                     .made_us = stored->entered_us,
                                     .country = node_get_text(said, S("country")),
                                     .unit = node_get_text(said, S("unit")),
                                     .officer = node_get_text(said, S("officer")),
                                     .statement = node_get_text(said, S("statement")),
                                     .outcome = node_get_text(fields, S("outcome")),
                                     .decided_by = node_get_text(fields, S("decided_by")),
                                     .decided_us = time_of(fields, S("decided_at")),
                                     .lifting_by = node_get_text(fields, S("lifting_by")),
                                     .reason = node_get_text(fields, S("reason"))};
    if (ret_fields)
        *ret_fields = node_copy(arena, fields);
    return record_id_parse(node_get_text(fields, S("record")), &ret->record)
               ? OK
               : err_set(ERR_DAMAGED, "an objection names no record");
}

static enum err list_one(void *context, const struct stored *stored)
{
    struct listing *listing = context;
    if (listing->count < LIST_MAX && read_objection(listing->rights, stored, listing->arena, NULL,
                                                    &listing->items[listing->count]) == OK)
        listing->count++;
    err_clear();
    return OK;
}

static int compare(const void *a, const void *b)
{
    const struct rights_objection *one = a, *other = b;
    if (!one->decided_us != !other->decided_us)
        return one->decided_us ? 1 : -1;
    return (one->made_us < other->made_us) - (one->made_us > other->made_us);
}

static enum err list_all(struct rights *rights, struct arena *arena, struct listing *ret)
{
    *ret = (struct listing){.rights = rights, .arena = arena};
    ret->items = arena_array(arena, struct rights_objection, LIST_MAX);
    if (!ret->items)
        return err_last()->code;
    return store_each(rights->node.store, S(OBJECTION), list_one, ret);
}

enum err rights_objections(struct rights *rights, const struct actor *actor, struct arena *arena,
                           struct rights_objection **ret, size_t *ret_count)
{
    struct listing listing;
    TRY(check_reader(rights, actor, arena));
    TRY(list_all(rights, arena, &listing));
    qsort(listing.items, listing.count, sizeof *listing.items, compare);
    *ret = listing.items;
    *ret_count = listing.count;
    return OK;
}

/* ---- deciding ---- */

static enum err check_outcome(const struct rights_objection *objection, str outcome, str reason)
{
    bool is_known = false;
    bool is_suspended = str_eq_c(objection->outcome, outcomes[0]);
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        is_known |= str_eq_c(outcome, outcomes[i]);
    if (!is_known) {
        err_set(ERR_BAD_VALUE, "%.*s is not one of suspended lifted set-aside",
                STR(str_slice(outcome, 0, 32)));
        return err_field("outcome");
    }
    if (!reason.len) {
        err_set(ERR_MISSING, "a decision has a reason");
        return err_field("reason");
    }
    if (is_suspended == str_eq_c(outcome, outcomes[1]) &&
        (is_suspended || str_eq(objection->outcome, S("waiting"))))
        return OK;
    return err_set(ERR_CONFLICT, "an objection that is %.*s cannot be %.*s",
                   STR(objection->outcome), STR(outcome));
}

/* Does another objection hold the same record? */
static enum err is_held_by_another(struct rights *rights, const struct rights_objection *objection,
                                   struct arena *arena, bool *ret)
{
    struct listing listing;
    *ret = false;
    TRY(list_all(rights, arena, &listing));
    for (size_t i = 0; i < listing.count; i++)
        *ret |= listing.items[i].id.number != objection->id.number &&
                listing.items[i].record.number == objection->record.number &&
                str_eq_c(listing.items[i].outcome, outcomes[0]);
    return OK;
}

static enum err hold_or_free(struct rights *rights, const struct rights_objection *objection,
                             str outcome, struct arena *arena, struct changes *changes)
{
    struct stored record;
    bool is_other = false;
    TRY(store_read(rights->node.store, objection->record.number, arena, &record));
    if (record.is_erased || str_eq_c(outcome, outcomes[2]))
        return OK;
    if (str_eq_c(outcome, outcomes[0]))
        return hold_begin(rights, &record, HELD_BY_HUB, (struct record_id){0}, HUB, arena, changes);
    TRY(is_held_by_another(rights, objection, arena, &is_other));
    return is_other ? OK : hold_end(rights, &record, HELD_BY_HUB, NULL, HUB, changes);
}

/* What a definition puts under four eyes the hub lets go of with two officers of its own. */
static enum err lifts_with_two(struct rights *rights, const struct rights_objection *objection,
                               str outcome, struct arena *arena, bool *ret)
{
    static const struct actor nobody = {.may_write = false};
    struct stored record;
    *ret = false;
    if (!str_eq_c(outcome, outcomes[1]))
        return OK;
    TRY(store_read(rights->node.store, objection->record.number, arena, &record));
    const struct definition *definition = catalog_find(rights->node.catalog, record.definition);
    *ret = !record.is_erased && definition && policy_needs(&nobody, definition, false);
    return OK;
}

static struct node *decided_fields(const struct node *fields, const struct actor *actor,
                                   const struct rights_objection *objection, struct arena *arena)
{
    char time[24];
    struct node *next = node_map(arena);
    node_put_text(arena, next, S("record"), node_get_text(fields, S("record")));
    node_put_text(arena, next, S("sealed"), node_get_text(fields, S("sealed")));
    node_put_text(arena, next, S("outcome"), objection->outcome);
    node_put_text(arena, next, S("decided_by"), actor->officer);
    node_put_text(arena, next, S("decided_at"),
                  arena_str(arena, str_c(clock_format(objection->decided_us, time))));
    if (objection->lifting_by.len)
        node_put_text(arena, next, S("lifting_by"), objection->lifting_by);
    node_put_text(arena, next, S("reason"), objection->reason);
    return next;
}

enum err rights_decide(struct rights *rights, const struct actor *actor, struct record_id id,
                       str outcome, str reason, struct arena *arena, struct rights_objection *ret)
{
    enum { CHANGES = 4 };
    struct stored stored;
    struct node *fields = NULL;
    struct change items[CHANGES];
    struct committed done[CHANGES];
    struct changes changes = {.items = items, .count = 1, .max = CHANGES};
    bool is_two = false;
    TRY(check_reader(rights, actor, arena));
    if (id.home != store_home(rights->node.store) ||
        store_read(rights->node.store, id.number, arena, &stored) != OK)
        return err_set(ERR_NOT_FOUND, "there is no such objection here");
    TRY(read_objection(rights, &stored, arena, &fields, ret));
    TRY(check_outcome(ret, outcome, reason));
    TRY(lifts_with_two(rights, ret, outcome, arena, &is_two));
    if (is_two && str_eq(ret->lifting_by, actor->officer))
        return err_set(ERR_DENIED, "four eyes: another officer than %.*s must lift this",
                       STR(actor->officer));
    if (is_two && !ret->lifting_by.len)
        ret->lifting_by = actor->officer;
    else
        ret->outcome = outcome;
    if (str_eq(ret->outcome, outcome))
        TRY(hold_or_free(rights, ret, outcome, arena, &changes));
    ret->decided_by = actor->officer;
    ret->decided_us = clock_now_us();
    ret->reason = reason;
    struct node *next = decided_fields(fields, actor, ret, arena);
    TRY(enter(rights, next, stored.owner, &stored, actor->officer, arena, &items[0]));
    TRY(store_commit(rights->node.store, items, changes.count, true, done));
    ret->version = done[0].version;
    return OK;
}
