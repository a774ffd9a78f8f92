/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact lookups in process over a large index of documents: building, merging, opening, asking.
 *   build/release/bench/lookup [RECORDS] [DIRECTORY]     from the tree, whose databases/ it reads
 *
 * An index left in DIRECTORY by a run with as many records is used again.
 *
 * The feed is made up as it is read - there is no store behind it - so that what is measured is the
 * index and the search engine: a question is parsed, allowed, planned, looked up in every database,
 * judged; every 5,000th is about a stolen document, whose record is then read (from the made-up
 * feed), confirmed, opened and explained.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../tests/scratch.h"
#include "codec/json.h"
#include "search/search.h"

enum { DEFAULT_RECORDS = 10000000, HIT_EVERY = 5000 };
enum { TOGETHER = 10 }; /* questions of one batch; divides PER_ROUND */
enum { ROUNDS = 20, PER_ROUND = 100000, QUESTIONS = ROUNDS * PER_ROUND };

static void must(enum err code, const char *what)
{
    char text[1024];
    if (code == OK)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, err_format(err_last(), text, sizeof text));
    exit(1);
}

/* ---- the feed ---- */

struct store {
    uint64_t seq;
    uint64_t visible; /* what has been "committed" so far */
};

/* Document n: nine characters that look like no other's neighbour in order. */
static void number_of(uint64_t n, char out[12])
{
    uint64_t mixed = hash_mix(n, 77) % 100000000ull;
    snprintf(out, 12, "%c%08llu", (char)('A' + n % 26), (unsigned long long)mixed);
}

static size_t body_of(uint64_t n, char *out, size_t size)
{
    char number[12];
    number_of(n, number);
    return (size_t)snprintf(
        out, size,
        "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"border-control\",\"search\"],\"review_on\":\"2030-01-01\"},"
        "\"fields\":{\"doc_class\":\"travel\",\"doc_type\":\"passport\",\"issued_by\":\"UTO\",\"doc_no\":\"%s\","
        "\"fraud\":\"stolen\",\"stolen_in\":\"UTO\",\"stolen_on\":\"2025-0%u-1%u\"}}",
        number, (unsigned)(n % 9 + 1), (unsigned)(n % 10));
}

static struct stored stored_of(uint64_t n, char *body, size_t size)
{
    size_t len = body_of(n, body, size);
    return (struct stored){.seq = n,
                           .id = {1, n},
                           .version = 1,
                           .kind = CHANGE_PUT,
                           .definition = S("travel-document"),
                           .definition_version = 1,
                           .owner = S("UTO"),
                           .body = str_of(body, len)};
}

uint64_t store_seq(const struct store *store)
{
    return store->visible;
}

enum err store_feed(struct store *store, uint64_t after, size_t max, store_visit *visit,
                    void *context)
{
    char body[512];
    for (uint64_t seq = after + 1; seq <= store->seq && max--; seq++) {
        struct stored change = stored_of(seq, body, sizeof body);
        TRY(visit(context, &change));
    }
    return OK;
}

enum err store_read(struct store *store, uint64_t number, struct arena *arena, struct stored *ret)
{
    char *body = arena_alloc(arena, 512);
    if (!body || number > store->seq)
        return err_set(ERR_NOT_FOUND, "no such record");
    *ret = stored_of(number, body, 512);
    return OK;
}

enum err store_scrub(struct store *store)
{
    (void)store;
    return OK;
}

/* Asked by what learns frequencies of names; documents have none. */
enum err store_list(struct store *store, str definition, str owner, uint64_t after_number,
                    size_t max, store_visit *visit, void *context)
{
    (void)store, (void)definition, (void)owner, (void)after_number, (void)max;
    (void)visit, (void)context;
    return OK;
}

enum err store_count(struct store *store, str definition, str owner, uint64_t *ret)
{
    (void)definition, (void)owner;
    *ret = store->visible;
    return OK;
}

/* ---- asking ---- */

struct asker {
    struct search_engine *engine;
    struct catalog *catalog;
    struct actor actor;
    uint64_t records;
    bool is_printing;
    enum similar similar;
    struct buf out;
    size_t hits, similars, bytes;
};

static char (*questions)[12];

/* Written before the clock starts: what an officer types is no work of ours. */
static void make_questions(uint64_t records)
{
    struct random random;
    random_seed(&random, 5);
    questions = malloc(QUESTIONS * sizeof *questions);
    if (!questions)
        abort();
    for (uint64_t n = 0; n < QUESTIONS; n++) {
        bool is_hit = n % HIT_EVERY == 0;
        number_of((is_hit ? 1 : records + 1) + random_below(&random, records), questions[n]);
        if (!is_hit)
            questions[n][8] = 'X'; /* a shape none of the records has */
    }
}

/*
 * A question from its text to its plan. What it stands on lives in the arena, as a request's does.
 */
static struct search_plan *plan_one(struct asker *asker, uint64_t n, struct arena *arena)
{
    struct node *fields = node_map(arena);
    struct search_request *request = arena_new(arena, struct search_request);
    struct search_plan *plan = NULL;
    node_put_text(arena, fields, S("document-number"), str_of(questions[n], 9));
    request->fields = fields;
    request->similar = asker->similar;
    must(search_plan(asker->engine, &asker->actor, request, arena, &plan), "plan");
    return plan;
}

static void run_one(struct asker *asker, struct search_plan *plan)
{
    struct search_answer answer;
    must(search_run(plan, &answer), "run");
    asker->hits += answer.hit_count > 0;
    asker->similars += answer.similar_count > 0;
    if (!asker->is_printing)
        return;
    buf_clear(&asker->out);
    search_answer_print(asker->catalog, &answer, LANGUAGE_EN, &asker->out);
    asker->bytes += asker->out.len;
}

static void ask(struct asker *asker, uint64_t n, struct arena *arena)
{
    run_one(asker, plan_one(asker, n, arena));
}

/* As a batch's lines are: all planned, then all run. */
static void ask_together(struct asker *asker, uint64_t n, struct arena *arena)
{
    struct search_plan *plans[TOGETHER];
    for (size_t i = 0; i < TOGETHER; i++) {
        plans[i] = plan_one(asker, n + i, arena);
        search_prefetch(asker->engine, plans[i]);
    }
    for (size_t i = 0; i < TOGETHER; i++)
        run_one(asker, plans[i]);
}

static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare_seconds(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* In rounds, median and best: other work on the machine slows some of them down. */
static void ask_many(struct asker *asker, size_t together, bool is_printing, const char *what)
{
    struct arena arena = {0};
    double seconds[ROUNDS];
    asker->is_printing = is_printing;
    asker->hits = asker->bytes = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        double began = thread_seconds();
        for (uint64_t n = round * PER_ROUND; n < (round + 1) * PER_ROUND; n += together) {
            arena_reset(&arena);
            if (together == 1)
                ask(asker, n, &arena);
            else
                ask_together(asker, n, &arena);
        }
        seconds[round] = thread_seconds() - began;
    }
    qsort(seconds, ROUNDS, sizeof *seconds, compare_seconds);
    double median = seconds[ROUNDS / 2], best = seconds[0];
    printf(
        "  %s: %.2f million a second on one core (%.0f ns each), best round %.2f (%.0f ns); %zu hits",
        what, PER_ROUND / median / 1e6, median / PER_ROUND * 1e9, PER_ROUND / best / 1e6,
        best / PER_ROUND * 1e9, asker->hits);
    if (is_printing)
        printf(", %zu bytes an answer", asker->bytes / QUESTIONS);
    printf("\n");
    arena_release(&arena);
}

/*
 * A number nearly as asked: numbers of the records' own shape, one figure of a held one changed in
 * one of two. What is shown as similar is never a hit.
 */
static void ask_similar(struct asker *asker)
{
    enum { ASKED = 5000 };
    struct arena arena = {0};
    struct random random;
    random_seed(&random, 6);
    for (uint64_t n = 0; n < ASKED; n++) {
        number_of(1 + random_below(&random, asker->records * 2), questions[n]);
        if (n % 2)
            questions[n][5] = (char)('0' + (questions[n][5] - '0' + 1 + n % 9) % 10);
    }
    asker->similar = SIMILAR_YES;
    asker->hits = asker->similars = 0;
    double began = thread_seconds();
    for (uint64_t n = 0; n < ASKED; n++) {
        arena_reset(&arena);
        ask(asker, n, &arena);
    }
    printf(
        "  numbers a slip away looked for: %.0f us each; %zu of %d exact, %zu with similar ones\n",
        (thread_seconds() - began) / ASKED * 1e6, asker->hits, ASKED, asker->similars);
    arena_release(&arena);
}

/* ---- building ---- */

static double now_s(void)
{
    return (double)clock_monotonic_us() / 1e6;
}

static void report(struct index *index)
{
    struct buf text = {0};
    struct arena arena = {0};
    struct node *node = NULL;
    struct rusage usage;
    index_report(index, &text);
    must(json_parse(buf_str(&text), &arena, &node), "report");
    double bytes = 0, keys = 1, entries = 1;
    (void)str_to_double(node_get_text(node, S("bytes")), &bytes);
    (void)str_to_double(node_get_text(node, S("keys")), &keys);
    (void)str_to_double(node_get_text(node, S("entries")), &entries);
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "  %.0f keys of %.0f records in %.1f MB: %.1f bytes a key, %.1f a record; peak %ld MiB resident\n",
        keys, entries, bytes / 1e6, bytes / keys, bytes / entries, usage.ru_maxrss / 1024);
    arena_release(&arena);
    buf_release(&text);
}

static void build(struct index *index, struct store *store, uint64_t records)
{
    double began = now_s();
    store->seq = store->visible = records;
    for (uint64_t first = 1; first <= records; first += 20000) {
        uint64_t last = first + 19999 < records ? first + 19999 : records;
        index_follow(index, first, last);
    }
    double followed = now_s();
    printf("  taken up from the feed: %.1f s, %.0f records a second\n", followed - began,
           (double)records / (followed - began));
    must(index_merge(index), "merge");
    printf("  merged into one segment: %.1f s\n", now_s() - followed);
    report(index);
}

int main(int argc, char **argv)
{
    uint64_t records = argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_RECORDS;
    struct scratch scratch;
    char path[600];
    struct asker asker = {.records = records};
    struct store store = {0};
    struct policy_classes *classes = NULL;
    struct index *index = NULL;
    scratch_make(&scratch);
    snprintf(path, sizeof path, "%s/index", argc > 2 ? argv[2] : scratch.path);
    must(crypto_init(), "crypto");
    must(catalog_load(".", &asker.catalog), "catalog");
    must(policy_classes_new(asker.catalog, &classes), "policy");
    printf("lookup: %llu documents\n", (unsigned long long)records);
    if (argc > 2 && access(path, F_OK) == 0)
        store.seq = store.visible = records;
    must(index_open(path, &store, asker.catalog, classes, &index), "open");
    if (index_seq(index) < records)
        build(index, &store, records);
    index_close(index);
    make_questions(records);
    double began = now_s();
    must(index_open(path, &store, asker.catalog, classes, &index), "open");
    must(search_open(asker.catalog, &store, index, classes, &asker.engine), "search");
    asker.actor = (struct actor){.officer = S("o-1"),
                                 .unit = S("FRA/border"),
                                 .country = S("FRA"),
                                 .role = S("frontline"),
                                 .purposes = ~(purpose_set)0};
    if (!purpose_find(asker.catalog, S("border-control"), &asker.actor.purpose))
        abort();
    struct arena arena = {0};
    ask(&asker, 0, &arena);
    printf("  opened to the first answer: %.3f s\n", now_s() - began);
    arena_release(&arena);
    ask_many(&asker, 1, false, "questions (warming)");
    ask_many(&asker, 1, false, "questions");
    ask_many(&asker, 1, true, "questions, answers printed");
    ask_many(&asker, TOGETHER, true, "ten together, answers printed");
    asker.is_printing = false;
    ask_similar(&asker);
    search_close(asker.engine);
    index_close(index);
    policy_classes_free(classes);
    catalog_free(asker.catalog);
    scratch_remove(&scratch);
    free(questions);
    buf_release(&asker.out);
    return 0;
}
