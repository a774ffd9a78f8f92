/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Silent notification. A record's owner may ask, with a legal basis in the record, to be told of
 * hits (`notify: silent` in its envelope); whether that happens is for the searching country to
 * say, by purpose, in system/notification-policy.yaml; without such a policy nobody is told.
 *
 * The officer's answer has nothing to do with it: it has left, with its audit entry, before anybody
 * looks. What is looked at are the entries of whole hours that have passed, so that the time at
 * which an owner is told says no more than the hour; he is told country, purpose and day.
 *
 * How far it has come stands in a note of the store. Killed in between, a few entries are looked at
 * twice, and nobody is told twice: one ticket a record, country, purpose and day (flow/raise.c).
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "review/internal.h"

static const int64_t hour_us = 3600000000, window_us = (int64_t)30 * 86400 * 1000000;
static const str NOTE = {"notified", 8};

struct consent { /* one policy */
    str country;
    const struct node *purposes, *owners;
};

struct notifying {
    struct review *review;
    struct flow *flow;
    struct arena policies; /* of the consents */
    struct consent *consents;
    size_t count, max;
    bool is_loaded;
    struct arena arena; /* of one entry */
};

/* ---- what the searching country allows ---- */

static enum err take_policy(void *context, const struct stored *stored)
{
    struct notifying *notifying = context;
    struct node *body = NULL;
    if (stored->is_erased || stored->body.len == 0 || stored->state != STATE_ACTIVE)
        return OK;
    if (notifying->count == notifying->max) {
        size_t max = notifying->max ? notifying->max * 2 : 16;
        struct consent *consents = realloc(notifying->consents, max * sizeof *consents);
        if (!consents)
            return err_set(ERR_MEMORY, "out of memory for policies of notification");
        notifying->consents = consents;
        notifying->max = max;
    }
    TRY(json_parse(arena_str(&notifying->policies, stored->body), &notifying->policies, &body));
    const struct node *fields = node_get(body, S("fields"));
    notifying->consents[notifying->count++] =
        (struct consent){.country = arena_str(&notifying->policies, stored->owner),
                         .purposes = node_get(fields, S("purposes")),
                         .owners = node_get(fields, S("owners"))};
    return OK;
}

static bool has_text(const struct node *list, str text)
{
    if (list && node_is_scalar(list))
        return str_eq(node_as_text(list), text);
    node_each(item, list) if (str_eq(node_as_text(item), text)) return true;
    return false;
}

static enum err is_allowed(struct notifying *notifying, str country, str purpose, str owner,
                           bool *ret)
{
    *ret = false;
    if (!notifying->is_loaded)
        TRY(store_each(notifying->review->store, S("notification-policy"), take_policy, notifying));
    notifying->is_loaded = true;
    for (size_t i = 0; i < notifying->count && !*ret; i++) {
        const struct consent *consent = &notifying->consents[i];
        *ret = str_eq(consent->country, country) && has_text(consent->purposes, purpose) &&
               (!consent->owners || has_text(consent->owners, owner));
    }
    return OK;
}

/* ---- one hit ---- */

/* *ret false: nobody wants to know of this record, or there is no legal basis for it. */
static enum err wants_to_know(struct notifying *notifying, struct record_id id,
                              struct record *ret_record, bool *ret)
{
    struct review *review = notifying->review;
    struct stored stored;
    struct node *body = NULL;
    *ret = false;
    if (id.home != store_home(review->store) ||
        store_read(review->store, id.number, &notifying->arena, &stored) != OK) {
        err_clear();
        return OK;
    }
    const struct definition *definition = catalog_find(review->catalog, stored.definition);
    if (stored.is_erased || !str_has(stored.body, S("\"notify\":")) || !definition ||
        !definition_is_data(definition))
        return OK; /* nearly all: their bodies are not parsed */
    TRY(json_parse(stored.body, &notifying->arena, &body));
    TRY(record_read(review->catalog, definition, body, &notifying->arena, ret_record));
    *ret = ret_record->envelope.is_silent && ret_record->envelope.legal_basis.len > 0;
    return OK;
}

static enum err flag(struct notifying *notifying, const struct node *entry, uint64_t number,
                     int64_t time_us)
{
    struct waiting_item item = {.entry = number,
                                .why = REVIEW_MANY_NOTIFICATIONS,
                                .asked_us = time_us};
    snprintf(item.officer, sizeof item.officer, "%.*s", STR(node_get_text(entry, S("officer"))));
    snprintf(item.unit, sizeof item.unit, "%.*s", STR(node_get_text(entry, S("unit"))));
    snprintf(item.country, sizeof item.country, "%.*s", STR(node_get_text(entry, S("country"))));
    return list_add(notifying->review, &item, 1);
}

static enum err tell_owner(struct notifying *notifying, const struct node *entry,
                           struct record_id id, uint64_t number, int64_t time_us)
{
    struct record record = {.definition = NULL};
    const struct envelope *envelope = &record.envelope;
    char day[24], name[RECORD_ID_TEXT];
    unsigned days = 0;
    bool is_it = false, is_many = false;
    str country = node_get_text(entry, S("country"));
    str purpose = node_get_text(entry, S("purpose"));
    TRY(wants_to_know(notifying, id, &record, &is_it));
    if (!is_it || str_eq(envelope->owner, country))
        return OK;
    TRY(is_allowed(notifying, country, purpose, envelope->owner, &is_it));
    if (!is_it)
        return OK;
    struct flow_hit hit = {.record = id,
                           .database = record.definition,
                           .owner = {envelope->owner, envelope->unit},
                           .country = country,
                           .purpose = purpose,
                           .day = str_slice(str_c(clock_format(time_us, day)), 0, 10),
                           .is_test = envelope->is_test};
    TRY(flow_notify(notifying->flow, &hit, window_us, &days));
    str told = arena_printf(&notifying->arena, "%s %.*s %.*s %.*s", record_id_format(id, name),
                            STR(country), STR(purpose), STR(hit.day));
    TRY(persons_tell(notifying->review, &record, told, (int32_t)(time_us / (24 * hour_us)),
                     &is_many));
    is_many |= days == REVIEW_NOTIFICATIONS;
    return is_many ? flag(notifying, entry, number, time_us) : OK;
}

/* ---- the log, hour by hour ---- */

static enum err look_at(struct notifying *notifying, uint64_t number, int64_t until_us,
                        bool *ret_is_early)
{
    struct audit_read read;
    struct node *entry = NULL;
    uint64_t time_us = 0;
    arena_reset(&notifying->arena);
    TRY(audit_get(notifying->review->audit, number, &notifying->arena, &read));
    if (read.is_destroyed)
        return OK;
    TRY(json_parse(read.body, &notifying->arena, &entry));
    if (!str_to_u64(node_get_text(entry, S("time_us")), INT64_MAX, &time_us))
        return OK;
    *ret_is_early = (int64_t)time_us >= until_us;
    if (*ret_is_early || !str_eq(node_get_text(entry, S("kind")), S("search")) ||
        node_get_text(entry, S("country")).len == 0)
        return OK;
    node_each(shown, node_get(entry, S("shown")))
    {
        struct record_id id;
        if (record_id_parse(node_get_text(shown, S("id")), &id))
            TRY(tell_owner(notifying, entry, id, number, (int64_t)time_us));
    }
    return OK;
}

/* A node that never looked begins with what comes. */
static enum err read_place(struct review *review, uint64_t end, uint64_t *ret)
{
    struct arena arena = {0};
    str text = STR_EMPTY;
    enum err code = store_note_get(review->store, NOTE, &arena, &text);
    bool is_there = !code && str_to_u64(text, UINT64_MAX, ret) && *ret <= end;
    arena_release(&arena);
    if (!is_there)
        *ret = end;
    if (code == ERR_NOT_FOUND)
        err_clear();
    return code == ERR_NOT_FOUND ? OK : code;
}

static enum err note_place(struct review *review, uint64_t place)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)place);
    return store_note_put(review->store, NOTE, str_c(text));
}

enum err review_notify(struct review *review, struct flow *flow, int64_t now_us, uint64_t max)
{
    struct notifying notifying = {.review = review, .flow = flow};
    int64_t until_us = now_us - now_us % hour_us;
    bool is_early = false;
    uint64_t place = 0;
    uint64_t end = audit_count(review->audit);
    pthread_mutex_lock(&review->lock);
    bool is_new = review->notified == UINT64_MAX;
    enum err code = is_new ? read_place(review, end, &review->notified) : OK;
    place = review->notified;
    for (uint64_t i = 0; !code && !is_early && i < max && place < end; i++) {
        code = look_at(&notifying, place + 1, until_us, &is_early);
        place += !code && !is_early;
    }
    code = code ? code : persons_save(review);
    if (is_new || place != review->notified)
        code = code ? code : note_place(review, place);
    if (!code)
        review->notified = place;
    pthread_mutex_unlock(&review->lock);
    free(notifying.consents);
    arena_release(&notifying.policies);
    arena_release(&notifying.arena);
    return code;
}
