/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking, allowing, renewing, ending. Each is a version of the query's record; what is in memory
 * follows from the feed, so that nothing stands that is not durable.
 */
#include "codec/json.h"
#include "standing/internal.h"
#include "type/date.h"
#include "type/name.h"

const char *const standing_query_name = "standing-query";
const char *const standing_hit_name = "standing-hit";

enum { REFERENCE_MAX = 200 };

/* ---- keys of a question ---- */

enum { NAMES_MAX = 4, DATES_MAX = 4 };

struct keying {
    struct key_sink sink;
    struct table *table; /* NULL: they are counted only */
    uint32_t place;
    size_t count;
    enum err code;
    const struct value *names[NAMES_MAX], *dates[DATES_MAX];
    uint16_t meanings[NAMES_MAX]; /* of the names */
    size_t name_count, date_count, other_count;
};

static void take_key(struct key_sink *sink, const struct key *key)
{
    struct keying *keying = (struct keying *)sink;
    if ((key->kind != KEY_EXACT && key->kind != KEY_RANGE) || keying->code)
        return;
    keying->count++;
    if (keying->table)
        keying->code = asked_add_key(keying->table, keying->place, key);
}

/* A date by which entries are ordered: of birth. */
static bool orders(const struct catalog *catalog, uint16_t meaning)
{
    for (size_t i = 0; i < catalog->count; i++) {
        const struct field *field = catalog->definitions[i]->order_by;
        if (field && field->meaning_number == meaning)
            return true;
    }
    return false;
}

struct part_keys {
    struct part_sink sink;
    const struct standing *standing;
    struct keying *keying;
    struct arena *arena;
};

/* Values last as long as the keying. */
static void take_value(struct part_keys *parts, uint16_t meaning, const struct value *value)
{
    struct keying *keying = parts->keying;
    struct value *kept = arena_new(parts->arena, struct value);
    if (!kept)
        return;
    *kept = *value;
    if (value->type == &type_name && keying->name_count < NAMES_MAX) {
        keying->meanings[keying->name_count] = meaning;
        keying->names[keying->name_count++] = kept;
    } else if (value->type == &type_date && orders(parts->standing->catalog, meaning) &&
               keying->date_count < DATES_MAX)
        keying->dates[keying->date_count++] = kept;
    else
        keying->other_count++;
    if (value->type && value->type->keys)
        value->type->keys(value, &keying->sink);
}

static void take_part(struct part_sink *sink, str meaning, const struct value *value)
{
    struct part_keys *parts = (struct part_keys *)sink;
    take_value(parts, meaning_number(parts->standing->catalog, meaning), value);
}

static enum err add_value_keys(const struct standing *standing, str meaning, str text, str country,
                               struct arena *arena, struct keying *keying)
{
    const struct code_list *list = NULL;
    struct value value;
    uint16_t number = meaning_number(standing->catalog, meaning);
    const struct type *type = number ? meaning_type(standing->catalog, number, &list) : NULL;
    if (!type)
        return err_set(ERR_UNKNOWN, "\"%.*s\" is not something that can be asked for",
                       STR(str_slice(meaning, 0, 100)));
    struct type_context context = catalog_context(standing->catalog, NULL);
    context.list = list;
    context.country = country;
    TRY(type_parse_text(type, &context, text, arena, &value));
    struct part_keys parts = {.sink = {.add = take_part},
                              .standing = standing,
                              .keying = keying,
                              .arena = arena};
    take_value(&parts, number, &value);
    if (type->parts)
        type->parts(&value, arena, &parts.sink);
    return keying->code;
}

/* A name waits with a date of birth: alone it would be met by its namesakes, every day. */
static enum err add_names(struct keying *keying)
{
    for (size_t i = 0; i < keying->name_count && keying->date_count; i++) {
        keying->count++;
        if (keying->table)
            TRY(asked_add_name(keying->table, keying->place, name_of(keying->names[i]),
                               keying->meanings[i]));
    }
    return OK;
}

static enum err add_keys(const struct standing *standing, const struct node *asked, str country,
                         struct arena *arena, struct keying *keying)
{
    keying->sink = (struct key_sink){.add = take_key, .is_lookup = true};
    node_each(one, asked)
    {
        enum err code = add_value_keys(standing, node_get_text(one, S("meaning")),
                                       node_get_text(one, S("value")), country, arena, keying);
        if (code)
            return code;
    }
    return add_names(keying);
}

/* ---- stored queries ---- */

static void read_day(const struct node *fields, str key, struct day *ret)
{
    if (!day_parse(node_get_text(fields, key), ret))
        *ret = (struct day){0};
}

enum err standing_read(const struct standing *standing, const struct stored *stored,
                       struct arena *arena, struct standing_query *ret)
{
    struct node *body = NULL;
    (void)standing;
    if (stored->is_erased || stored->body.len == 0)
        return err_set(ERR_NOT_FOUND, "the standing query has ended");
    TRY(json_parse(stored->body, arena, &body));
    const struct node *fields = node_get(body, S("fields"));
    *ret = (struct standing_query){.id = stored->id,
                                   .officer = node_get_text(fields, S("officer")),
                                   .unit = node_get_text(fields, S("unit")),
                                   .role = node_get_text(fields, S("role")),
                                   .purpose = node_get_text(fields, S("purpose")),
                                   .reference = node_get_text(fields, S("case")),
                                   .approved_by = node_get_text(fields, S("approved_by")),
                                   .asked = node_get(fields, S("asked")),
                                   .databases = node_get(fields, S("databases"))};
    read_day(fields, S("until"), &ret->until);
    read_day(fields, S("asked_until"), &ret->asked_until);
    ret->is_approved = ret->approved_by.len > 0;
    ret->is_over = day_number(ret->until) < day_number(day_today());
    return OK;
}

static enum err put_query(struct standing *standing, const struct stored *stored,
                          struct arena *arena)
{
    struct standing_query read;
    struct node *body = NULL;
    uint32_t place;
    bool is_new;
    TRY(standing_read(standing, stored, arena, &read));
    TRY(json_parse(stored->body, arena, &body));
    struct query query = {.number = stored->id.number,
                          .officer = read.officer,
                          .country = stored->owner,
                          .until = day_number(read.until),
                          .is_there = stored->state == STATE_ACTIVE};
    (void)clock_parse(node_get_text(node_get(body, S("fields")), S("approved_at")),
                      &query.approved_us);
    struct keying counted = {.table = NULL};
    struct date born[DATES_MAX];
    query.born = born;
    if (!asked_find(&standing->table, query.number)) {
        TRY(add_keys(standing, read.asked, stored->owner, arena, &counted));
        query.is_alone = counted.name_count == 1 && counted.date_count == 1 && !counted.other_count;
        for (; query.born_count < counted.date_count; query.born_count++)
            born[query.born_count] = *date_of(counted.dates[query.born_count]);
    }
    TRY(asked_put(&standing->table, &query, &place, &is_new));
    struct keying keying = {.table = &standing->table, .place = place};
    return is_new ? add_keys(standing, read.asked, stored->owner, arena, &keying) : OK;
}

enum err standing_take_query(struct standing *standing, const struct stored *stored)
{
    struct arena arena = {0};
    struct query *held = asked_find(&standing->table, stored->id.number);
    bool is_there = !stored->is_erased && stored->body.len > 0;
    enum err code = is_there ? put_query(standing, stored, &arena) : OK;
    if (!is_there && held)
        held->is_there = false;
    arena_release(&arena);
    return code;
}

/* ---- writing one ---- */

static str day_text(struct day day, struct arena *arena)
{
    char text[16];
    return arena_str(arena, str_c(day_format(day, text)));
}

/* The later of its two days: the node deletes the query when that has passed. */
static struct day last_day(const struct standing_query *query)
{
    return query->asked_until.month && day_number(query->asked_until) > day_number(query->until)
               ? query->asked_until
               : query->until;
}

static struct node *make_fields(const struct standing_query *query, int64_t approved_us,
                                struct arena *arena)
{
    char time[24];
    struct node *fields = node_map(arena);
    node_put_text(arena, fields, S("officer"), query->officer);
    if (query->unit.len)
        node_put_text(arena, fields, S("unit"), query->unit);
    node_put_text(arena, fields, S("role"), query->role);
    node_put_text(arena, fields, S("purpose"), query->purpose);
    node_put_text(arena, fields, S("case"), query->reference);
    node_put(fields, S("asked"), node_copy(arena, query->asked));
    if (query->databases && query->databases->count)
        node_put(fields, S("databases"), node_copy(arena, query->databases));
    node_put_text(arena, fields, S("until"), day_text(query->until, arena));
    if (query->asked_until.month)
        node_put_text(arena, fields, S("asked_until"), day_text(query->asked_until, arena));
    if (query->approved_by.len)
        node_put_text(arena, fields, S("approved_by"), query->approved_by);
    if (approved_us)
        node_put_text(arena, fields, S("approved_at"),
                      arena_str(arena, str_c(clock_format(approved_us, time))));
    return fields;
}

static enum err write_query(struct standing *standing, const struct standing_query *query,
                            int64_t approved_us, uint32_t version, str owner, str by,
                            struct arena *arena, struct record_id *ret)
{
    struct change change;
    struct committed done;
    TRY(change_make(standing->catalog,
                    &(struct made){.definition = standing_query_name,
                                   .owner = owner,
                                   .unit = query->unit,
                                   .actor = by,
                                   .until = last_day(query),
                                   .fields = make_fields(query, approved_us, arena),
                                   .number = query->id.number,
                                   .version = version},
                    arena, &change));
    TRY(store_commit(standing->store, &change, 1, true, &done));
    *ret = done.id;
    return OK;
}

/* ---- asking ---- */

static enum err check_until(struct day until)
{
    int32_t days = day_number(until) - day_number(day_today());
    if (days >= 0 && days <= STANDING_DAYS_MAX)
        return OK;
    err_set(ERR_BAD_VALUE, "a standing query ends today at the earliest, in %d days at the latest",
            STANDING_DAYS_MAX);
    return err_field("until");
}

static enum err add_asked(struct arena *arena, struct node *asked, str meaning,
                          const struct node *value)
{
    struct node *one = node_map(arena);
    if (asked->count == STANDING_VALUES_MAX)
        return err_set(ERR_LIMIT, "a standing query asks for at most %d values",
                       STANDING_VALUES_MAX);
    node_put_text(arena, one, S("meaning"), meaning);
    node_put_text(arena, one, S("value"), node_as_text(value));
    node_add(asked, one);
    return OK;
}

static enum err list_asked(const struct node *fields, struct arena *arena, struct node *ret)
{
    node_each(field, fields)
    {
        if (field->kind != NODE_LIST) {
            TRY(add_asked(arena, ret, field->key, field));
            continue;
        }
        node_each(item, field) TRY(add_asked(arena, ret, field->key, item));
    }
    return OK;
}

/* What could not be asked as a search now cannot wait either. */
static enum err check_question(struct standing *standing, const struct actor *actor,
                               const struct standing_question *question, const struct node *asked,
                               struct arena *arena)
{
    struct search_plan *plan;
    struct keying keying = {.table = NULL};
    struct search_request request = {.fields = question->fields,
                                     .databases = question->databases,
                                     .similar = SIMILAR_NO};
    TRY(check_until(question->until));
    if (str_trim(question->reference).len == 0) {
        err_set(ERR_MISSING, "a standing query needs the reference of its case");
        return err_field("reference");
    }
    if (question->reference.len > REFERENCE_MAX)
        return err_set(ERR_LIMIT, "a reference has at most %d bytes", REFERENCE_MAX);
    TRY(search_plan(standing->engine, actor, &request, arena, &plan));
    TRY(add_keys(standing, asked, actor->country, arena, &keying));
    if (keying.count)
        return OK;
    err_set(ERR_BAD_VALUE,
            "a standing query needs a number - a document, a plate, an account - or a name with a "
            "date of birth");
    return err_field("fields");
}

/* Its asker finds it in his list at once, however far the thread that follows has come. */
static enum err take_at_once(struct standing *standing, struct record_id id, struct arena *arena)
{
    struct stored stored;
    TRY(store_read(standing->store, id.number, arena, &stored));
    pthread_mutex_lock(&standing->lock);
    enum err code = standing_take_query(standing, &stored);
    pthread_mutex_unlock(&standing->lock);
    return code;
}

enum err standing_ask(struct standing *standing, const struct actor *actor,
                      const struct standing_question *question, struct arena *arena,
                      struct record_id *ret)
{
    struct node *asked = node_list(arena);
    if (!actor->country.len || !actor->officer.len)
        return err_set(ERR_DENIED, "a standing query is an officer's of a country");
    TRY(list_asked(question->fields, arena, asked));
    TRY(check_question(standing, actor, question, asked, arena));
    struct standing_query query = {.officer = actor->officer,
                                   .unit = actor->unit,
                                   .role = actor->role,
                                   .purpose = purpose_code(standing->catalog, actor->purpose),
                                   .reference = str_trim(question->reference),
                                   .asked = asked,
                                   .databases = question->databases,
                                   .until = question->until};
    TRY(write_query(standing, &query, 0, 0, actor->country, actor->officer, arena, ret));
    return take_at_once(standing, *ret, arena);
}

/* ---- one that is there ---- */

static bool is_bureau(const struct actor *actor, str country)
{
    return str_eq(actor->role, S("national-bureau")) && country.len &&
           str_eq(actor->country, country);
}

static enum err no_query(struct record_id id)
{
    char text[RECORD_ID_TEXT];
    return err_set(ERR_NOT_FOUND, "there is no standing query %s here", record_id_format(id, text));
}

static enum err load(struct standing *standing, const struct actor *actor, struct record_id id,
                     struct arena *arena, struct stored *stored, struct standing_query *ret)
{
    if (id.home != store_home(standing->store) ||
        store_read(standing->store, id.number, arena, stored) != OK ||
        !str_eq_c(stored->definition, standing_query_name) ||
        standing_read(standing, stored, arena, ret) != OK)
        return no_query(id);
    ret->is_own = str_eq(ret->officer, actor->officer) && str_eq(stored->owner, actor->country);
    return ret->is_own || is_bureau(actor, stored->owner) ? OK : no_query(id);
}

enum err standing_approve(struct standing *standing, const struct actor *actor, struct record_id id,
                          struct arena *arena)
{
    struct stored stored;
    struct standing_query query;
    TRY(load(standing, actor, id, arena, &stored, &query));
    if (query.is_own || !is_bureau(actor, stored.owner))
        return err_set(ERR_DENIED,
                       "a standing query is approved by another officer of the national bureau");
    if (query.is_approved && !query.asked_until.month)
        return err_set(ERR_CONFLICT, "the standing query has been approved by %.*s",
                       STR(query.approved_by));
    if (query.asked_until.month)
        query.until = query.asked_until;
    query.asked_until = (struct day){0};
    query.approved_by = actor->officer;
    TRY(check_until(query.until));
    return write_query(standing, &query, clock_now_us(), stored.version, stored.owner,
                       actor->officer, arena, &id);
}

enum err standing_renew(struct standing *standing, const struct actor *actor, struct record_id id,
                        struct day until, struct arena *arena)
{
    struct stored stored;
    struct standing_query query;
    struct node *body = NULL;
    int64_t approved_us = 0;
    TRY(load(standing, actor, id, arena, &stored, &query));
    if (!query.is_own)
        return err_set(ERR_DENIED, "a standing query is renewed by the officer who asked it");
    TRY(check_until(until));
    TRY(json_parse(stored.body, arena, &body));
    (void)clock_parse(node_get_text(node_get(body, S("fields")), S("approved_at")), &approved_us);
    query.asked_until = until;
    return write_query(standing, &query, approved_us, stored.version, stored.owner, actor->officer,
                       arena, &id);
}

enum err standing_remove(struct standing *standing, const struct actor *actor, struct record_id id)
{
    struct arena arena = {0};
    struct stored stored;
    struct standing_query query;
    struct committed done;
    enum err code = load(standing, actor, id, &arena, &stored, &query);
    if (!code)
        code = store_erase(standing->store, id.number, actor->officer, &done);
    arena_release(&arena);
    return code;
}

const struct node *standing_fields(const struct standing_query *query, struct arena *arena)
{
    struct node *fields = node_map(arena);
    node_each(one, query->asked)
    {
        str meaning = node_get_text(one, S("meaning"));
        /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
        struct node *list = (struct node *)(uintptr_t)node_get(fields, meaning);
        if (!list)
            list = node_put(fields, meaning, node_list(arena));
        node_add(list, node_text(arena, node_get_text(one, S("value"))));
    }
    return fields;
}
