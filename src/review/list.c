/* SPDX-License-Identifier: Apache-2.0 */
/* Samples and flags as records, and the list of those that wait, filled from them at opening. */
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "review/internal.h"

enum { WAITING_MAX = 1000000, REASON_MAX = 500 };
#define REVIEW "review"

static const char *const words[REVIEW_WHYS] = {
    [REVIEW_SAMPLE] = "sample",
    [REVIEW_OFF_SHIFT] = "off-shift",
    [REVIEW_MANY_COUNTRIES] = "many-countries",
    [REVIEW_MANY_NOTIFICATIONS] = "many-notifications",
    [REVIEW_OWN_NAME] = "own-name",
};

const char *review_why_word(enum review_why why)
{
    return words[why];
}

/* ---- the list ---- */

static enum err keep(struct review *review, const struct waiting_item *item)
{
    if (review->item_count == WAITING_MAX)
        return err_set(ERR_LIMIT, "%d reviews wait already", WAITING_MAX);
    if (review->item_count == review->item_max) {
        size_t max = review->item_max ? review->item_max * 2 : 64;
        struct waiting_item *grown = realloc(review->items, max * sizeof *grown);
        if (!grown)
            return err_set(ERR_MEMORY, "out of memory for reviews");
        review->items = grown;
        review->item_max = max;
    }
    review->items[review->item_count++] = *item;
    return OK;
}

static void copy_text(char *out, size_t size, str text)
{
    snprintf(out, size, "%.*s", STR(text));
}

static bool read_item(const struct node *fields, struct waiting_item *ret)
{
    if (!str_to_u64(node_get_text(fields, S("entry")), INT64_MAX, &ret->entry) ||
        !clock_parse(node_get_text(fields, S("asked")), &ret->asked_us))
        return false;
    ret->why = REVIEW_WHYS;
    for (unsigned i = 0; i < REVIEW_WHYS; i++)
        if (str_eq_c(node_get_text(fields, S("why")), words[i]))
            ret->why = (enum review_why)i;
    copy_text(ret->officer, sizeof ret->officer, node_get_text(fields, S("officer")));
    copy_text(ret->unit, sizeof ret->unit, node_get_text(fields, S("unit")));
    return ret->why < REVIEW_WHYS;
}

struct loading {
    struct review *review;
    struct arena arena;
};

static enum err load_one(void *context, const struct stored *stored)
{
    struct loading *loading = context;
    struct waiting_item item = {.number = stored->id.number};
    struct node *body = NULL;
    if (stored->is_erased || stored->body.len == 0 || stored->state != STATE_ACTIVE)
        return OK;
    arena_reset(&loading->arena);
    TRY(json_parse(stored->body, &loading->arena, &body));
    const struct node *fields = node_get(body, S("fields"));
    if (node_get(fields, S("outcome")) || !read_item(fields, &item))
        return OK;
    copy_text(item.country, sizeof item.country, stored->owner);
    return keep(loading->review, &item);
}

enum err list_load(struct review *review)
{
    struct loading loading = {.review = review};
    enum err code = store_each(review->store, S(REVIEW), load_one, &loading);
    arena_release(&loading.arena);
    return code;
}

/* ---- records ---- */

struct decision { /* NULL: not yet */
    bool is_confirmed;
    str reason, reviewer;
};

static struct node *make_fields(const struct waiting_item *item, const struct decision *decision,
                                struct arena *arena)
{
    char asked[24];
    struct node *fields = node_map(arena);
    node_put_text(arena, fields, S("entry"),
                  arena_printf(arena, "%llu", (unsigned long long)item->entry));
    node_put_text(arena, fields, S("why"), str_c(words[item->why]));
    node_put_text(arena, fields, S("officer"), str_c(item->officer));
    if (item->unit[0])
        node_put_text(arena, fields, S("unit"), str_c(item->unit));
    node_put_text(arena, fields, S("asked"),
                  arena_str(arena, str_c(clock_format(item->asked_us, asked))));
    if (decision) {
        node_put_text(arena, fields, S("outcome"),
                      decision->is_confirmed ? S("confirmed") : S("not-confirmed"));
        if (decision->reason.len)
            node_put_text(arena, fields, S("reason"), decision->reason);
        node_put_text(arena, fields, S("reviewer"), decision->reviewer);
    }
    return fields;
}

static enum err make_change(struct review *review, const struct waiting_item *item,
                            const struct decision *decision, struct arena *arena,
                            struct change *ret)
{
    return change_make(review->catalog,
                       &(struct made){.definition = REVIEW,
                                      .owner = arena_str(arena, str_c(item->country)),
                                      .actor = decision ? decision->reviewer : S("system"),
                                      .fields = make_fields(item, decision, arena),
                                      .number = item->number},
                       arena, ret);
}

static bool is_there(const struct review *review, const struct waiting_item *item)
{
    for (size_t i = review->item_count; i-- > 0;)
        if (review->items[i].entry == item->entry && review->items[i].why == item->why)
            return true;
    return false;
}

enum err list_add(struct review *review, const struct waiting_item *drafts, size_t count)
{
    struct change changes[LIST_BATCH];
    struct committed done[LIST_BATCH];
    size_t from[LIST_BATCH];
    size_t used = 0;
    struct arena arena = {0};
    enum err code = OK;
    ensure(count <= LIST_BATCH);
    for (size_t i = 0; i < count && !code; i++)
        if (!is_there(review, &drafts[i])) {
            from[used] = i;
            code = make_change(review, &drafts[i], NULL, &arena, &changes[used++]);
        }
    if (!code && used)
        code = store_commit(review->store, changes, used, true, done);
    for (size_t i = 0; i < used && !code; i++) {
        struct waiting_item item = drafts[from[i]];
        item.number = done[i].id.number;
        code = keep(review, &item);
    }
    arena_release(&arena);
    return code;
}

/* ---- asked ---- */

static struct review_item shown(const struct review *review, const struct waiting_item *item,
                                struct arena *arena)
{
    return (struct review_item){.id = {store_home(review->store), item->number},
                                .entry = item->entry,
                                .why = item->why,
                                .officer = arena_str(arena, str_c(item->officer)),
                                .unit = arena_str(arena, str_c(item->unit)),
                                .country = arena_str(arena, str_c(item->country)),
                                .asked_us = item->asked_us};
}

static bool is_wanted(const struct waiting_item *item, str country, unsigned whys)
{
    return whys >> item->why & 1 && (country.len == 0 || str_eq_c(country, item->country));
}

enum err review_waiting(struct review *review, str country, unsigned whys, size_t max,
                        struct arena *arena, struct review_item **ret, size_t *ret_count)
{
    size_t count = 0;
    struct review_item *list = arena_array(arena, struct review_item, max);
    if (!list)
        return err_last()->code;
    pthread_mutex_lock(&review->lock);
    for (size_t i = 0; i < review->item_count && count < max; i++)
        if (is_wanted(&review->items[i], country, whys))
            list[count++] = shown(review, &review->items[i], arena);
    pthread_mutex_unlock(&review->lock);
    *ret = list;
    *ret_count = count;
    return OK;
}

static struct waiting_item *find(struct review *review, uint64_t number)
{
    for (size_t i = 0; i < review->item_count; i++)
        if (review->items[i].number == number)
            return &review->items[i];
    err_set(ERR_NOT_FOUND, "no review of this number waits");
    return NULL;
}

enum err review_find(struct review *review, uint64_t number, struct arena *arena,
                     struct review_item *ret)
{
    pthread_mutex_lock(&review->lock);
    const struct waiting_item *item = find(review, number);
    if (item)
        *ret = shown(review, item, arena);
    pthread_mutex_unlock(&review->lock);
    return item ? OK : ERR_NOT_FOUND;
}

enum err review_decide(struct review *review, uint64_t number, bool is_confirmed, str reason,
                       str reviewer)
{
    const struct decision decision = {is_confirmed, reason, reviewer};
    struct arena arena = {0};
    struct change change;
    struct committed done;
    if (reason.len > REASON_MAX)
        return err_set(ERR_LIMIT, "a reason has at most %d bytes", REASON_MAX);
    if (!is_confirmed && str_trim(reason).len == 0)
        return err_set(ERR_MISSING, "a purpose that is not confirmed needs a reason");
    pthread_mutex_lock(&review->lock);
    struct waiting_item *item = find(review, number);
    enum err code = item ? make_change(review, item, &decision, &arena, &change) : ERR_NOT_FOUND;
    if (!code)
        code = store_commit(review->store, &change, 1, true, &done);
    if (!code) {
        size_t after = review->item_count - (size_t)(item - review->items) - 1;
        memmove(item, item + 1, after * sizeof *item);
        review->item_count--;
    }
    pthread_mutex_unlock(&review->lock);
    arena_release(&arena);
    return code;
}
