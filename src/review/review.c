/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following the log. One step takes up at most LIST_BATCH entries: it counts them, draws and flags
 * among them, commits what was drawn, and only then moves on. A crash between commit and the next
 * save of the statistics repeats entries: they are counted once, because the counts go back with
 * the position, and drawn once, because the list knows the entries it holds.
 */
#include "review/review.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "review/internal.h"

enum { SHARE_OF = 10000, DRAFTS_MAX = 16, WORD_MAX = 20 };

struct step {
    struct review *review;
    struct waiting_item drafts[LIST_BATCH];
    size_t draft_count;
    struct arena arena; /* of one entry */
};

/* ---- counting ---- */

/* A code, or "-": what is no plain word is counted as such, so that nothing else gets in. */
static str plain(str word)
{
    if (word.len == 0 || word.len > WORD_MAX)
        return S("-");
    for (size_t i = 0; i < word.len; i++)
        if (!is_alnum(word.ptr[i]) && word.ptr[i] != '-')
            return S("-");
    return word;
}

static enum err count(struct step *step, const struct node *entry, str kind, int64_t time_us)
{
    char key[TALLY_KEY];
    char day[24];
    bool is_search = str_eq(kind, S("search"));
    clock_format(time_us, day);
    snprintf(key, sizeof key, "%.10s\t%.*s\t%.*s\t%.*s\t%.*s", day,
             STR(plain(node_get_text(entry, S("country")))),
             STR(plain(node_get_text(entry, S("purpose")))), STR(plain(kind)),
             STR(is_search ? plain(node_get_text(entry, S("verdict"))) : S("-")));
    return counts_add(&step->review->counts, key, 1);
}

/* ---- drawing and flagging ---- */

static void draft(struct step *step, const struct node *entry, uint64_t number, int64_t time_us,
                  enum review_why why)
{
    struct waiting_item *item = &step->drafts[step->draft_count++];
    *item = (struct waiting_item){.entry = number, .why = why, .asked_us = time_us};
    snprintf(item->officer, sizeof item->officer, "%.*s", STR(node_get_text(entry, S("officer"))));
    snprintf(item->unit, sizeof item->unit, "%.*s", STR(node_get_text(entry, S("unit"))));
    snprintf(item->country, sizeof item->country, "%.*s", STR(node_get_text(entry, S("country"))));
}

static bool is_drawn(const struct review *review, uint64_t number)
{
    char text[40];
    int len = snprintf(text, sizeof text, "drawn %llu", (unsigned long long)number);
    uint64_t hash = keyed_hash64(review->catalog->hash_key.bytes, str_of(text, (size_t)len));
    return hash % SHARE_OF < review->share;
}

static enum err judge(struct step *step, const struct node *entry, uint64_t number, int64_t time_us)
{
    struct review *review = step->review;
    const struct node *query = node_get(entry, S("query")), *declared;
    str officer = node_get_text(entry, S("officer"));
    str country = node_get_text(entry, S("country"));
    if (officer.len == 0 || country.len == 0)
        return OK; /* the local administrator asks for nobody's country */
    if (is_drawn(review, number))
        draft(step, entry, number, time_us, REVIEW_SAMPLE);
    if (rules_is_off_shift(&review->rules, officer, time_us))
        draft(step, entry, number, time_us, REVIEW_OFF_SHIFT);
    if (rules_is_asked_by_many(&review->rules, query, country, time_us))
        draft(step, entry, number, time_us, REVIEW_MANY_COUNTRIES);
    TRY(identity_own_names(review->identity, officer, &step->arena, &declared));
    if (declared && own_is_asked(review->catalog, declared, query, &step->arena))
        draft(step, entry, number, time_us, REVIEW_OWN_NAME);
    return OK;
}

static enum err take(struct step *step, uint64_t number)
{
    struct audit_read read;
    struct node *entry = NULL;
    uint64_t time_us = 0;
    arena_reset(&step->arena);
    TRY(audit_get(step->review->audit, number, &step->arena, &read));
    if (read.is_destroyed)
        return OK;
    TRY(json_parse(read.body, &step->arena, &entry));
    str kind = node_get_text(entry, S("kind"));
    if (!str_to_u64(node_get_text(entry, S("time_us")), INT64_MAX, &time_us))
        return OK;
    TRY(count(step, entry, kind, (int64_t)time_us));
    if (str_eq(kind, S("search")) && !node_get(node_get(entry, S("query")), S("instead_of")))
        return judge(step, entry, number, (int64_t)time_us);
    return OK;
}

/* Up to `until`, or until the drafts might not fit; what was drawn is durable first. */
static enum err take_some(struct step *step, uint64_t until)
{
    struct counts *tally = &step->review->counts;
    uint64_t number = tally->through;
    step->draft_count = 0;
    enum err code = OK;
    while (!code && number < until && step->draft_count + REVIEW_WHYS <= DRAFTS_MAX)
        code = take(step, ++number);
    if (!code && step->draft_count)
        code = list_add(step->review, step->drafts, step->draft_count);
    if (!code)
        tally->through = number;
    return code;
}

/* What was counted and not kept is not counted; the error at hand stays. */
static void go_back(struct review *review)
{
    struct err_info kept = *err_last();
    counts_release(&review->counts);
    review->counts = (struct counts){0};
    if (counts_load(&review->counts, review->directory))
        review->counts.through = audit_count(review->audit); /* said by who asks; nothing twice */
    err_restore(&kept);
}

enum err review_follow(struct review *review, uint64_t max, uint64_t *ret_left)
{
    struct step *step = calloc(1, sizeof *step);
    if (!step)
        return err_set(ERR_MEMORY, "out of memory for following the log");
    step->review = review;
    pthread_mutex_lock(&review->lock);
    uint64_t end = audit_count(review->audit);
    if (review->counts.through > end) /* a backup takes the log first, the counts after it */
        review->counts.through = end;
    uint64_t before = review->counts.through;
    uint64_t until = end - before > max ? before + max : end;
    enum err code = rules_refresh(&review->rules);
    while (!code && review->counts.through < until)
        code = take_some(step, until);
    if (!code && review->counts.through != before)
        code = counts_save(&review->counts, review->directory);
    if (code)
        go_back(review);
    if (ret_left)
        *ret_left = end > review->counts.through ? end - review->counts.through : 0;
    pthread_mutex_unlock(&review->lock);
    arena_release(&step->arena);
    free(step);
    return code;
}

/* ---- statistics ---- */

static int compare_rows(const void *a, const void *b)
{
    return strcmp((*(const struct counts_row *const *)a)->key,
                  (*(const struct counts_row *const *)b)->key);
}

static bool read_key(const struct counts_row *row, struct review_count *ret)
{
    str rest = str_c(row->key);
    ret->count = row->count;
    return str_split(&rest, '\t', &ret->day) && str_split(&rest, '\t', &ret->country) &&
           str_split(&rest, '\t', &ret->purpose) && str_split(&rest, '\t', &ret->kind) &&
           str_split(&rest, '\t', &ret->verdict);
}

static bool is_asked(const struct review_count *row, str from, str until, str country)
{
    return str_compare(row->day, from) >= 0 && str_compare(row->day, until) <= 0 &&
           (country.len == 0 || str_eq(row->country, country));
}

enum err review_statistics(struct review *review, str from, str until, str country,
                           review_visit *visit, void *context)
{
    size_t found = 0;
    pthread_mutex_lock(&review->lock);
    const struct counts *tally = &review->counts;
    const struct counts_row **rows = calloc(tally->used + 1, sizeof(struct counts_row *));
    for (size_t i = 0; rows && i < tally->size; i++)
        if (tally->rows[i].key[0])
            rows[found++] = &tally->rows[i];
    if (rows)
        qsort(rows, found, sizeof(struct counts_row *), compare_rows);
    for (size_t i = 0; rows && i < found; i++) {
        struct review_count row;
        if (read_key(rows[i], &row) && is_asked(&row, from, until, country))
            visit(context, &row);
    }
    pthread_mutex_unlock(&review->lock);
    bool is_done = rows != NULL;
    free(rows);
    return is_done ? OK : err_set(ERR_MEMORY, "out of memory for statistics");
}

/* ---- open and close ---- */

enum err review_open(const struct catalog *catalog, struct store *store, struct audit *audit,
                     struct identity *identity, const char *directory, unsigned share,
                     struct review **ret)
{
    struct review *review = calloc(1, sizeof *review);
    if (!review)
        return err_set(ERR_MEMORY, "out of memory for reviews");
    *review = (struct review){.catalog = catalog,
                              .store = store,
                              .audit = audit,
                              .identity = identity,
                              .share = share,
                              .notified = UINT64_MAX};
    pthread_mutex_init(&review->lock, NULL);
    snprintf(review->directory, sizeof review->directory, "%.4000s", directory);
    enum err code = rules_open(&review->rules, catalog, store);
    code = code ? code : counts_load(&review->counts, directory);
    code = code ? code : list_load(review);
    if (code)
        review_close(review);
    else
        *ret = review;
    return code;
}

void review_close(struct review *review)
{
    if (!review)
        return;
    counts_release(&review->counts);
    rules_release(&review->rules);
    persons_release(&review->persons);
    free(review->items);
    free(review);
}
