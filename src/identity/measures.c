/* SPDX-License-Identifier: Apache-2.0 */
/* Measures against a member: decided by the hub, seen by the member, resolved into every actor. */
#include <stdlib.h>

#include "identity/internal.h"

static const char *const measure_keys[] = {"country", "kind",  "databases", "rate",
                                           "from",    "until", "reason"};

static void show(const struct identity *identity, const struct measure *measure,
                 struct arena *arena, struct identity_measure *ret)
{
    const struct measure_facts *facts = &measure->facts;
    int64_t now_us = clock_now_us();
    *ret = (struct identity_measure){.id = {identity->home, measure->number},
                                     .country = arena_str(arena, facts->country),
                                     .kind = str_c(measure_words[facts->kind]),
                                     .reason = arena_str(arena, facts->reason),
                                     .given_by = arena_str(arena, facts->given_by),
                                     .from_us = facts->from_us,
                                     .until_us = facts->until_us,
                                     .rate = facts->rate,
                                     .listed = facts->listed,
                                     .is_in_force = now_us >= facts->from_us &&
                                                    (!facts->until_us || now_us < facts->until_us)};
}

static enum err not_hub(const struct actor *by)
{
    return err_set(ERR_DENIED,
                   "officer %.*s is no administrator of the hub, which decides on "
                   "measures",
                   STR(by->officer));
}

static enum err check(const struct measure_facts *facts, const struct node *fields)
{
    int64_t now_us = clock_now_us();
    bool has_until = node_get(fields, S("until")) != NULL;
    if (!facts->country.len || !facts->reason.len) {
        err_set(ERR_MISSING, "a measure names the country and the reason");
        return err_field(facts->country.len ? "reason" : "country");
    }
    if (!facts->from_us || (has_until && facts->until_us <= now_us)) {
        err_set(ERR_BAD_VALUE, "a measure ends in the future, or is lifted; times are written "
                               "2026-11-22T10:42:03Z");
        return err_field("until");
    }
    if (facts->kind == MEASURE_RATE && !facts->rate) {
        err_set(ERR_MISSING, "a rate limit says how many requests a second");
        return err_field("rate");
    }
    return OK;
}

static enum err decide(struct identity *identity, const struct actor *by, const struct node *given,
                       struct arena *arena, struct identity_measure *ret)
{
    struct measure_facts facts;
    struct committed done;
    struct writing writing = {.change = {.number = 0}};
    struct node *fields = copy_fields(given, measure_keys, COUNT_OF(measure_keys), arena);
    if (!node_get(fields, S("from")))
        put_moment(arena, fields, S("from"), clock_now_us());
    node_put_text(arena, fields, S("given_by"), by->officer);
    if (!is_at_machine(by) && !is_of_hub(identity, by))
        return not_hub(by);
    read_measure(identity->catalog, fields, &facts);
    TRY(check(&facts, fields));
    TRY(check_databases(identity->catalog, node_get(fields, S("databases"))));
    str owner = by->country.len ? by->country : facts.country;
    struct heading heading = {.definition = "measure", .owner = owner, .by = by->officer};
    enum err code = writing_put(identity, &writing, &heading, fields, arena);
    if (!code)
        code = writings_commit(identity, &writing, 1, &done);
    writing_release(&writing);
    for (const struct measure *one = code ? NULL : identity->measures; one; one = one->next)
        if (one->number == done.id.number)
            show(identity, one, arena, ret);
    return code;
}

enum err identity_measure_new(struct identity *identity, const struct actor *by,
                              const struct node *fields, struct arena *arena,
                              struct identity_measure *ret)
{
    pthread_mutex_lock(&identity->changing);
    enum err code = decide(identity, by, fields, arena, ret);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

static enum err lift(struct identity *identity, const struct actor *by, struct record_id id)
{
    char text[RECORD_ID_TEXT];
    struct writing writing;
    const struct measure *measure = id.home == identity->home ? identity->measures : NULL;
    while (measure && measure->number != id.number)
        measure = measure->next;
    bool is_seen = measure && (is_at_machine(by) || is_of_hub(identity, by) ||
                               str_eq(by->country, measure->facts.country));
    if (!is_seen)
        return not_there("measure", str_c(record_id_format(id, text)));
    if (!is_at_machine(by) && !is_of_hub(identity, by))
        return not_hub(by);
    writing_state(&writing, id.number, "measure", STR_EMPTY, STATE_CANCELLED, by->officer);
    return writings_commit(identity, &writing, 1, NULL);
}

enum err identity_measure_end(struct identity *identity, const struct actor *by,
                              struct record_id id)
{
    pthread_mutex_lock(&identity->changing);
    enum err code = lift(identity, by, id);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

enum err identity_measures(struct identity *identity, const struct actor *by, struct arena *arena,
                           struct identity_measure **ret, size_t *ret_count)
{
    size_t max = 0, count = 0;
    pthread_rwlock_rdlock(&identity->lock);
    for (const struct measure *one = identity->measures; one; one = one->next)
        max++;
    struct identity_measure *list = arena_array(arena, struct identity_measure, max);
    bool sees_all = is_at_machine(by) || is_of_hub(identity, by);
    for (const struct measure *one = list ? identity->measures : NULL; one; one = one->next)
        if (sees_all || str_eq(by->country, one->facts.country))
            show(identity, one, arena, &list[count++]);
    pthread_rwlock_unlock(&identity->lock);
    if (!list)
        return err_last()->code;
    *ret = list;
    *ret_count = count;
    return OK;
}
