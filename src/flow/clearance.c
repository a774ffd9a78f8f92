/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Checked, not this person": what is remembered of a check that ended with somebody else, as
 * records of system/clearance.yaml, and in memory by the number of the alert.
 *
 * Of a document nothing is kept but a keyed hash over alert, issuer and number, and that only with
 * the person's consent, until the document ends. The alert is part of what is hashed: the same
 * document has another hash at every alert, so that no two of them can be joined, and who holds
 * a document can be asked for only with an alert at hand. It lowers this alert and nothing else.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "flow/internal.h"

enum { CLEARANCES_MAX = 10000000, DOCUMENT_YEARS_MAX = 15 };

struct clearance {
    uint64_t number;
    struct record_id alert;
    struct hash hash;
    struct day until;
    int64_t time_us;
    uint32_t country, unit; /* of names */
    uint32_t next;          /* of the same slot, plus 1 */
    bool has_document, is_gone;
};

struct clearances {
    pthread_rwlock_t lock;
    struct names names;
    struct clearance *items;
    uint32_t count, max;
    uint32_t *slots;
    uint32_t slot_count;
};

static const char *const definition_name = "clearance";

static void hash_document(const struct flow *flow, struct record_id alert, str issuer, str norm,
                          struct hash *ret)
{
    char id[RECORD_ID_TEXT];
    char text[512];
    int len = snprintf(text, sizeof text, "clearance|%s|%.*s|%.*s", record_id_format(alert, id),
                       STR(str_slice(issuer, 0, 64)), STR(str_slice(norm, 0, 256)));
    keyed_hash(&flow->catalog->hash_key, str_of(text, (size_t)len), ret);
    wipe(text, sizeof text);
}

/* ---- the table ---- */

static uint32_t slot_of(const struct clearances *all, uint64_t alert)
{
    return (uint32_t)hash_mix(alert, 0xA24BAED4963EE407u) & (all->slot_count - 1);
}

static void link_item(struct clearances *all, uint32_t at)
{
    uint32_t slot = slot_of(all, all->items[at].alert.number);
    all->items[at].next = all->slots[slot];
    all->slots[slot] = at + 1;
}

static enum err grow(struct clearances *all)
{
    uint32_t max = all->max ? all->max * 2 : 256;
    if (max > CLEARANCES_MAX)
        return err_set(ERR_LIMIT, "more than %d clearances", CLEARANCES_MAX / 2);
    struct clearance *items = realloc(all->items, max * sizeof *items);
    if (items)
        all->items = items;
    uint32_t *slots = calloc(max, sizeof *slots);
    if (!items || !slots) {
        free(slots);
        return err_set(ERR_MEMORY, "out of memory for %u clearances", max);
    }
    free(all->slots);
    all->slots = slots;
    all->slot_count = max;
    all->max = max;
    for (uint32_t i = 0; i < all->count; i++)
        link_item(all, i);
    return OK;
}

static enum err read_clearance(struct clearances *all, const struct stored *stored,
                               const struct node *fields, struct clearance *ret)
{
    const struct node *by = node_get(fields, S("said_by"));
    const struct node *country = by && by->kind == NODE_LIST ? by->first : NULL;
    str hash = node_get_text(fields, S("document_hash"));
    *ret = (struct clearance){.number = stored->id.number, .time_us = stored->time_us};
    if (!record_id_parse(node_get_text(fields, S("alert")), &ret->alert))
        return err_set(ERR_DAMAGED, "a clearance names no alert");
    ret->has_document = hash.len && hex_decode(hash, ret->hash.bytes, HASH_SIZE);
    (void)day_parse(node_get_text(fields, S("until")), &ret->until);
    TRY(names_put(&all->names, node_as_text(country), &ret->country));
    return names_put(&all->names, node_as_text(country ? country->next : NULL), &ret->unit);
}

/* A clearance is written once; a later version can only be its end. */
static void forget(struct clearances *all, uint64_t number)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->items[i].number == number) {
            all->items[i].is_gone = true;
            wipe(&all->items[i].hash, sizeof all->items[i].hash);
        }
}

static enum err add(struct clearances *all, const struct stored *stored, const struct node *fields)
{
    struct clearance clearance;
    TRY(read_clearance(all, stored, fields, &clearance));
    if (stored->version > 1)
        forget(all, stored->id.number);
    if (all->count == all->max)
        TRY(grow(all));
    all->items[all->count++] = clearance;
    link_item(all, all->count - 1);
    return OK;
}

enum err clearances_take(struct flow *flow, const struct stored *stored)
{
    struct clearances *all = flow->clearances;
    struct arena arena = {0};
    struct node *body = NULL;
    if (!str_eq_c(stored->definition, definition_name))
        return OK;
    bool is_there = !stored->is_erased && stored->body.len && stored->state == STATE_ACTIVE;
    enum err code = is_there ? json_parse(stored->body, &arena, &body) : OK;
    pthread_rwlock_wrlock(&all->lock);
    if (!is_there)
        forget(all, stored->id.number);
    else if (!code)
        code = add(all, stored, node_get(body, S("fields")));
    pthread_rwlock_unlock(&all->lock);
    arena_release(&arena);
    return code;
}

static enum err take_one(void *context, const struct stored *stored)
{
    return clearances_take(context, stored);
}

enum err clearances_open(struct flow *flow)
{
    flow->clearances = calloc(1, sizeof *flow->clearances);
    if (!flow->clearances)
        return err_set(ERR_MEMORY, "out of memory for clearances");
    pthread_rwlock_init(&flow->clearances->lock, NULL);
    return store_each(flow->store, str_c(definition_name), take_one, flow);
}

void clearances_free(struct flow *flow)
{
    struct clearances *all = flow->clearances;
    if (!all)
        return;
    pthread_rwlock_destroy(&all->lock);
    names_release(&all->names);
    free(all->items);
    free(all->slots);
    free(all);
}

/* ---- asked ---- */

static bool is_over(const struct clearance *clearance)
{
    return clearance->until.month && day_number(clearance->until) < day_number(day_today());
}

static void show(const struct clearances *all, const struct clearance *clearance,
                 struct arena *arena, struct flow_clearance *ret)
{
    *ret = (struct flow_clearance){
        .time_us = clearance->time_us,
        .by = {arena_str(arena, names_get(&all->names, clearance->country)),
               arena_str(arena, names_get(&all->names, clearance->unit))},
        .has_document = clearance->has_document,
        .until = clearance->until,
    };
}

static const struct clearance *next_of(const struct clearances *all, struct record_id alert,
                                       uint32_t *at)
{
    while (*at) {
        const struct clearance *clearance = &all->items[*at - 1];
        *at = clearance->next;
        if (clearance->alert.number == alert.number && clearance->alert.home == alert.home &&
            !clearance->is_gone && !is_over(clearance))
            return clearance;
    }
    return NULL;
}

static uint32_t first_of(const struct clearances *all, struct record_id alert)
{
    return all->slot_count ? all->slots[slot_of(all, alert.number)] : 0;
}

enum err clearances_of(struct flow *flow, struct record_id alert, struct arena *arena,
                       struct flow_clearance **ret, size_t *ret_count)
{
    const struct clearances *all = flow->clearances;
    const struct clearance *clearance;
    size_t count = 0;
    pthread_rwlock_rdlock(&flow->clearances->lock);
    for (uint32_t at = first_of(all, alert); next_of(all, alert, &at);)
        count++;
    struct flow_clearance *list = arena_array(arena, struct flow_clearance, count);
    *ret_count = 0;
    for (uint32_t at = first_of(all, alert); list && (clearance = next_of(all, alert, &at));)
        show(all, clearance, arena, &list[(*ret_count)++]);
    pthread_rwlock_unlock(&flow->clearances->lock);
    *ret = list;
    return list ? OK : err_last()->code;
}

bool flow_is_cleared(struct flow *flow, struct record_id alert, str document_norm, str issuer,
                     struct flow_clearance *ret, struct arena *arena)
{
    const struct clearances *all = flow->clearances;
    const struct clearance *clearance = NULL;
    struct hash hash;
    bool is_found = false;
    pthread_rwlock_rdlock(&flow->clearances->lock);
    uint32_t at = first_of(all, alert);
    if (at) /* nearly no alert has one: then nothing is hashed */
        hash_document(flow, alert, issuer, document_norm, &hash);
    while (!is_found && (clearance = next_of(all, alert, &at)))
        is_found = clearance->has_document &&
                   equal_constant_time(clearance->hash.bytes, hash.bytes, HASH_SIZE);
    if (is_found)
        show(all, clearance, arena, ret);
    pthread_rwlock_unlock(&flow->clearances->lock);
    return is_found;
}

/* ---- noted ---- */

static enum err bad(enum err code, const char *reason)
{
    err_set(code, "%s", reason);
    return err_field("clearance");
}

static enum err parse_text(const struct flow *flow, const char *type_name, str text,
                           struct arena *arena, str *ret)
{
    const struct type *type = type_find(str_c(type_name));
    struct type_context context = catalog_context(flow->catalog, NULL);
    struct value value;
    ensure(type);
    enum err code = type_parse_text(type, &context, text, arena, &value);
    if (code)
        return err_field("clearance");
    *ret = value.norm;
    return OK;
}

/* The document, hashed; with consent, and with an end. */
static enum err take_document(const struct flow *flow, const struct ticket *ticket,
                              const struct node *given, struct arena *arena, struct node *fields,
                              struct slip *slip)
{
    struct hash hash;
    char hex[2 * HASH_SIZE + 1];
    struct day today = day_today();
    str document = node_get_text(given, S("document"));
    if (!document.len)
        return OK;
    if (!node_as_bool(node_get(given, S("consent")), false))
        return bad(ERR_MISSING, "a document is kept with the person's consent only");
    if (!day_parse(node_get_text(given, S("until")), &slip->until))
        return bad(ERR_MISSING, "until when the document is valid is missing, as 2031-01-01");
    if (day_number(slip->until) < day_number(today) ||
        slip->until.year > today.year + DOCUMENT_YEARS_MAX)
        return bad(ERR_BAD_VALUE, "the document ends in the past, or in more than 15 years");
    TRY(parse_text(flow, "document-number", document, arena, &slip->number));
    TRY(parse_text(flow, "country", node_get_text(given, S("issuer")), arena, &slip->issuer));
    hash_document(flow, ticket->progress.subject, slip->issuer, slip->number, &hash);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    node_put_text(arena, fields, S("document_hash"), arena_str(arena, str_c(hex)));
    node_put_text(arena, fields, S("until"), node_get_text(given, S("until")));
    return OK;
}

static struct node *make_fields(const struct ticket *ticket, const struct actor *actor,
                                struct arena *arena)
{
    char id[RECORD_ID_TEXT];
    struct node *fields = node_map(arena);
    struct node *by = node_list(arena);
    node_put_text(arena, fields, S("alert"),
                  arena_str(arena, str_c(record_id_format(ticket->progress.subject, id))));
    node_put_text(arena, fields, S("ticket"),
                  arena_str(arena, str_c(record_id_format(ticket->stored.id, id))));
    node_add(by, node_text(arena, actor->country));
    node_add(by, node_text(arena, actor->unit));
    node_add(by, node_text(arena, actor->officer));
    node_put(fields, S("said_by"), by);
    return fields;
}

enum err clearance_make(struct flow *flow, const struct ticket *ticket, const struct actor *actor,
                        const struct node *given, struct arena *arena, struct change *ret,
                        struct slip *ret_slip)
{
    if (given->kind != NODE_MAP)
        return bad(ERR_BAD_VALUE, "a clearance is a map of consent, document, issuer and until");
    struct node *fields = make_fields(ticket, actor, arena);
    *ret_slip =
        (struct slip){.by = {actor->country, actor->unit}, .alert = ticket->progress.subject};
    TRY(take_document(flow, ticket, given, arena, fields, ret_slip));
    return change_make(flow->catalog,
                       &(struct made){.definition = definition_name,
                                      .owner = ticket->progress.owner.country,
                                      .unit = ticket->progress.owner.unit,
                                      .actor = actor->officer,
                                      .until = ret_slip->until,
                                      .fields = fields},
                       arena, ret);
}
