/* SPDX-License-Identifier: Apache-2.0 */
/* The view: what waits and what was decided of late, from the records that say so. */
#include "gate/gate.h"

#include <stdlib.h>

#include "codec/json.h"
#include "gate/internal.h"

enum { FEED_BACK = 50000, FOLLOW_PAGE = 2000 };

bool gate_keeps(const struct definition *definition)
{
    return str_eq_c(definition->name, PROPOSAL) || str_eq_c(definition->name, DECISION);
}

/* ---- items ---- */

static struct gate_item *find(const struct gate *gate, uint64_t number)
{
    for (size_t i = gate->count; i-- > 0;)
        if (gate->items[i].number == number)
            return &gate->items[i];
    return NULL;
}

static enum err add(struct gate *gate, uint64_t number, struct gate_item **ret)
{
    *ret = find(gate, number);
    if (*ret)
        return OK;
    if (gate->count == WAITING_MAX)
        return err_set(ERR_LIMIT, "%d proposals wait already", WAITING_MAX);
    if (gate->count == gate->max) {
        size_t max = gate->max ? gate->max * 2 : 64;
        struct gate_item *grown = realloc(gate->items, max * sizeof *grown);
        if (!grown)
            return err_set(ERR_MEMORY, "out of memory for proposals");
        gate->items = grown;
        gate->max = max;
    }
    *ret = &gate->items[gate->count++];
    **ret = (struct gate_item){.number = number};
    return OK;
}

static void drop(struct gate *gate, uint64_t number)
{
    struct gate_item *item = find(gate, number);
    if (!item || item->decision)
        return;
    size_t at = (size_t)(item - gate->items);
    memmove(item, item + 1, (gate->count - at - 1) * sizeof *item);
    gate->count--;
}

/* A proposal that is there waits; one that is erased does not, and its decision says how it ended,
 * whichever of the two comes first. */
static enum err take_proposal(struct gate *gate, const struct stored *stored)
{
    struct gate_item *item;
    bool is_over = stored->is_erased || stored->kind == CHANGE_ERASE || !stored->body.len;
    if (!is_over)
        return add(gate, stored->id.number, &item);
    drop(gate, stored->id.number);
    return OK;
}

static enum err take_decision(struct gate *gate, const struct stored *stored)
{
    struct arena arena = {0};
    struct node *body = NULL;
    struct record_id id;
    struct gate_item *item;
    int64_t decided_us = 0;
    if (stored->is_erased || !stored->body.len)
        return OK;
    enum err code = json_parse(stored->body, &arena, &body);
    const struct node *fields = node_get(body, S("fields"));
    bool is_good = !code && record_id_parse(node_get_text(fields, S(PROPOSAL)), &id) &&
                   clock_parse(node_get_text(fields, S("decided")), &decided_us);
    bool is_recent = decided_us > clock_now_us() - (int64_t)DECIDED_DAYS * 86400 * 1000000;
    if (is_good && is_recent) {
        code = add(gate, id.number, &item);
        if (!code) {
            item->decision = stored->id.number;
            item->decided_us = decided_us;
        }
    }
    arena_release(&arena);
    return code;
}

static enum err take(void *context, const struct stored *stored)
{
    struct gate *gate = context;
    if (str_eq_c(stored->definition, PROPOSAL))
        return take_proposal(gate, stored);
    if (str_eq_c(stored->definition, DECISION))
        return take_decision(gate, stored);
    if (stored->version == 1 && !stored->batch && stored->kind == CHANGE_PUT)
        return volumes_add(&gate->volumes, gate->catalog, stored);
    return OK;
}

static enum err count_only(void *context, const struct stored *stored)
{
    struct gate *gate = context;
    bool is_kept = str_eq_c(stored->definition, PROPOSAL) || str_eq_c(stored->definition, DECISION);
    return is_kept ? OK : take(gate, stored);
}

void gate_follow(struct gate *gate, uint64_t first_seq, uint64_t last_seq)
{
    if (last_seq < first_seq)
        return;
    pthread_mutex_lock(&gate->lock);
    if (store_feed(gate->store, first_seq - 1, (size_t)(last_seq - first_seq + 1), take, gate))
        err_clear(); /* a change that cannot be read is met when it is looked at */
    pthread_mutex_unlock(&gate->lock);
}

/* What was entered before: as far back as an opening can wait for. */
static enum err count_back(struct gate *gate)
{
    uint64_t last = store_seq(gate->store);
    uint64_t after = last > FEED_BACK ? last - FEED_BACK : 0;
    enum err code = OK;
    for (; after < last && !code; after += FOLLOW_PAGE)
        code = store_feed(gate->store, after, FOLLOW_PAGE, count_only, gate);
    return code;
}

enum err gate_open(const struct catalog *catalog, struct store *store, struct gate **ret)
{
    struct gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return err_set(ERR_MEMORY, "out of memory for proposals");
    gate->catalog = catalog;
    gate->store = store;
    pthread_mutex_init(&gate->lock, NULL);
    pthread_mutex_init(&gate->deciding, NULL);
    enum err code = store_each(store, S(PROPOSAL), take, gate);
    code = code ? code : store_each(store, S(DECISION), take, gate);
    code = code ? code : count_back(gate);
    if (code)
        gate_close(gate);
    else
        *ret = gate;
    return code;
}

void gate_close(struct gate *gate)
{
    if (!gate)
        return;
    pthread_mutex_destroy(&gate->lock);
    pthread_mutex_destroy(&gate->deciding);
    volumes_release(&gate->volumes);
    free(gate->items);
    free(gate);
}

/* ---- reading ---- */

static enum err no_proposal(void)
{
    return err_set(ERR_NOT_FOUND, "there is no such proposal");
}

static enum err load(struct gate *gate, const struct gate_item *item, struct arena *arena,
                     struct gate_proposal *ret)
{
    struct stored stored;
    struct node *body = NULL;
    *ret = (struct gate_proposal){.id = {store_home(gate->store), item->number}};
    TRY(store_read(gate->store, item->decision ? item->decision : item->number, arena, &stored));
    if (stored.is_erased || !stored.body.len)
        return no_proposal();
    TRY(json_parse(stored.body, arena, &body));
    ret->owner = stored.owner;
    ret->version_of_its_own = stored.version;
    proposal_read(node_get(body, S("fields")), ret);
    ret->is_decided = item->decision != 0;
    return OK;
}

enum err gate_read(struct gate *gate, uint64_t number, struct arena *arena,
                   struct gate_proposal *ret)
{
    str mime;
    pthread_mutex_lock(&gate->lock);
    const struct gate_item *found = find(gate, number);
    struct gate_item item = found ? *found : (struct gate_item){.number = 0};
    pthread_mutex_unlock(&gate->lock);
    if (!item.number)
        return no_proposal();
    TRY(load(gate, &item, arena, ret));
    if (ret->is_decided || !ret->attachment_count)
        return OK;
    return store_blob_get(gate->store, &ret->attachments[0], arena, &ret->body, &mime);
}

enum err gate_list(struct gate *gate, bool is_decided, size_t max, gate_filter *filter,
                   void *context, struct arena *arena, struct gate_proposal **ret,
                   size_t *ret_count)
{
    size_t count = 0;
    struct gate_proposal *list = arena_array(arena, struct gate_proposal, max);
    pthread_mutex_lock(&gate->lock);
    size_t item_count = gate->count;
    struct gate_item *items = arena_array(arena, struct gate_item, item_count + 1);
    if (items && item_count)
        memcpy(items, gate->items, item_count * sizeof *items);
    pthread_mutex_unlock(&gate->lock);
    if (!list || !items)
        return err_last()->code;
    for (size_t i = item_count; i-- > 0 && count < max;) {
        if ((items[i].decision != 0) != is_decided)
            continue;
        enum err code = load(gate, &items[i], arena, &list[count]);
        if (code && code != ERR_NOT_FOUND)
            return code;
        count += !code && filter(context, &list[count]);
    }
    err_clear();
    *ret = list;
    *ret_count = count;
    return OK;
}

/* ---- who may ---- */

/* Could he have made the change himself? */
static bool could_write(const struct catalog *catalog, const struct actor *actor,
                        const struct gate_proposal *proposal)
{
    const struct definition *definition = catalog_find(catalog, proposal->database);
    bool could = policy_allow(catalog, actor, POLICY_APPROVE, definition, proposal->owner) == OK;
    if (could && proposal->kind >= GATE_IMPORT)
        could = policy_allow(catalog, actor, POLICY_IMPORT, definition, proposal->owner) == OK;
    err_clear();
    return could;
}

unsigned gate_may_give(const struct catalog *catalog, const struct actor *actor, bool is_of_hub,
                       const struct gate_proposal *proposal)
{
    if (str_eq(actor->officer, proposal->officer) || !actor->officer.len)
        return 0;
    bool is_own = actor->country.len && str_eq(actor->country, proposal->owner);
    const struct definition *definition = catalog_find(catalog, proposal->database);
    bool is_table_open = policy_allow(catalog, actor, POLICY_APPROVE, definition, STR_EMPTY) == OK;
    err_clear();
    unsigned may = 0;
    if (is_own && could_write(catalog, actor, proposal))
        may |= NEED_SECOND | NEED_RELEASE;
    if (is_of_hub && is_table_open)
        may |= NEED_HUB | NEED_RELEASE;
    return may & proposal->needs & ~proposal->given;
}

bool gate_may_see(const struct catalog *catalog, const struct actor *actor, bool is_of_hub,
                  const struct gate_proposal *proposal)
{
    bool is_own = str_eq(actor->officer, proposal->officer) && actor->officer.len;
    unsigned hub = NEED_HUB | NEED_RELEASE;
    const struct definition *definition = catalog_find(catalog, proposal->database);
    bool is_hubs = is_of_hub && proposal->needs & hub &&
                   policy_allow(catalog, actor, POLICY_APPROVE, definition, STR_EMPTY) == OK;
    err_clear();
    return is_own || is_hubs || policy_is_keeper(actor, proposal->owner);
}
