/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers looked up in process over a large index: building, merging, opening, asking.
 *   build/release/bench/lookup [DOCUMENTS] [DIRECTORY]     from the tree, whose databases/ it reads
 *
 * Beside the documents stand a twelfth as many vehicles and a sixtieth as many firearms (papers.h).
 * An index left in DIRECTORY by a run with as many documents is used again: then the memory told is
 * that of a node that serves, without what building took.
 *
 * The feed is made up as it is read - there is no store behind it - so that what is measured is the
 * index and the search engine: a question is parsed, allowed, planned, looked up in every database,
 * judged; what is led to is then read (from the made-up feed), confirmed, opened and explained.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"

#include "../tests/scratch.h"
#include "codec/json.h"
#include "search/density.h"
#include "search/search.h"

#include "bench.h"
#include "papers.h"

enum { DEFAULT_RECORDS = 10000000, HIT_EVERY = 5000 };
enum { TOGETHER = 10 }; /* questions of one batch; divides PER_ROUND */
enum { ROUNDS = 20, PER_ROUND = 100000, QUESTIONS = ROUNDS * PER_ROUND };
enum { INNOCENTS = 500000, SIMILAR_ASKED = 5000 };

/* ---- the feed ---- */

enum { BODY_MAX = 1024 };
struct store {
    uint64_t seq;
    uint64_t visible; /* what has been "committed" so far */
};

static struct stored stored_of(uint64_t n, char *body, size_t size)
{
    str definition;
    size_t len = papers_body(n, body, size, &definition);
    return (struct stored){.seq = n + 1,
                           .id = {1, n + 1},
                           .version = 1,
                           .kind = CHANGE_PUT,
                           .definition = definition,
                           .definition_version = 1,
                           .owner = str_of(papers_codes[papers_issuer(n)], 3),
                           .body = str_of(body, len)};
}

uint64_t store_seq(const struct store *store)
{
    return store->visible;
}

enum err store_feed(struct store *store, uint64_t after, size_t max, store_visit *visit,
                    void *context)
{
    char body[BODY_MAX];
    for (uint64_t seq = after + 1; seq <= store->seq && max--; seq++) {
        struct stored change = stored_of(seq - 1, body, sizeof body);
        TRY(visit(context, &change));
    }
    return OK;
}

enum err store_read(struct store *store, uint64_t number, struct arena *arena, struct stored *ret)
{
    char *body = arena_alloc(arena, BODY_MAX);
    if (!body || number > store->seq)
        return err_set(ERR_NOT_FOUND, "no such record");
    *ret = stored_of(number - 1, body, BODY_MAX);
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

struct question {
    char number[PAPERS_NUMBER];
    char issuer[4]; /* "": not asked */
    char of[4];     /* whose it is, asked or not */
};
struct asker {
    struct search_engine *engine;
    struct catalog *catalog;
    struct actor actor;
    uint64_t documents;
    struct question *questions;
    bool is_printing;
    enum similar similar;
    struct buf out;
    size_t hits, possibles, similars, bytes;
    size_t
        held; /* of the hits those of the very document asked: no false alarm, were it innocent */
    double expected;
};

/* Written before the clock starts: what an officer types is no work of ours. */
static void ask_held(struct asker *asker, struct question *question, struct random *random)
{
    uint64_t n = papers_document(random_below(random, asker->documents));
    *question = (struct question){0};
    papers_number_of(papers_issuer(n), n, question->number);
    memcpy(question->issuer, papers_codes[papers_issuer(n)], 3);
    memcpy(question->of, question->issuer, 3);
}

/* A number of somebody who did nothing, of the formats and shares of those held. */
static void ask_innocent(struct question *question, struct random *random, bool is_issuer_asked)
{
    uint64_t n = random_u64(random) | (uint64_t)1 << 62;
    *question = (struct question){0};
    papers_number_of(papers_issuer(n), n, question->number);
    memcpy(question->of, papers_codes[papers_issuer(n)], 3);
    if (is_issuer_asked)
        memcpy(question->issuer, papers_codes[papers_issuer(n)], 3);
}

static void make_questions(struct asker *asker)
{
    struct random random;
    random_seed(&random, 5);
    for (uint64_t n = 0; n < QUESTIONS; n++) {
        struct question *question = &asker->questions[n];
        if (n % HIT_EVERY == 0) {
            ask_held(asker, question, &random);
        } else {
            ask_innocent(question, &random, false);
            snprintf(question->number + strlen(question->number) - 1, 2, "%c",
                     'V'); /* no format ends in a letter */
        }
        question->issuer[0] = 0;
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
    if (strchr(asker->questions[n].number, '?'))
        request->text = str_c(asker->questions[n].number); /* a line may hold wildcards */
    else
        node_put_text(arena, fields, S("document-number"), str_c(asker->questions[n].number));
    if (asker->questions[n].issuer[0] && !request->text.len)
        node_put_text(arena, fields, S("issuer"), str_c(asker->questions[n].issuer));
    request->fields = fields;
    request->similar = asker->similar;
    must(search_plan(asker->engine, &asker->actor, request, arena, &plan));
    return plan;
}

static bool is_very_document(const struct question *question, const struct hit *hit)
{
    char number[PAPERS_NUMBER];
    uint64_t n = hit->view.id.number - 1;
    papers_number_of(papers_issuer(n), n, number);
    return papers_is_document(n) && strcmp(number, question->number) == 0 &&
           memcmp(papers_codes[papers_issuer(n)], question->of, 3) == 0;
}

static void run_one(struct asker *asker, uint64_t n, struct search_plan *plan)
{
    struct search_answer answer;
    must(search_run(plan, &answer));
    asker->hits += answer.verdict == VERDICT_MATCH;
    bool is_held = false;
    for (size_t i = 0; i < answer.hit_count; i++)
        is_held |= is_very_document(&asker->questions[n], &answer.hits[i]);
    asker->held += is_held;
    asker->possibles += answer.verdict == VERDICT_POSSIBLE;
    asker->similars += answer.similar_count > 0;
    asker->expected += answer.similar_count ? answer.similar[0].expected_by_chance : 0;
    if (!asker->is_printing)
        return;
    buf_clear(&asker->out);
    search_answer_print(asker->catalog, &answer, LANGUAGE_EN, &asker->out);
    asker->bytes += asker->out.len;
}

static void ask(struct asker *asker, uint64_t n, struct arena *arena)
{
    run_one(asker, n, plan_one(asker, n, arena));
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
        run_one(asker, n + i, plans[i]);
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

/* Verdicts on numbers of innocents, as the default mode gives them. */
static void ask_innocents(struct asker *asker, bool is_issuer_asked)
{
    struct arena arena = {0};
    struct random random;
    random_seed(&random, 7);
    asker->similar = SIMILAR_AUTO;
    asker->hits = asker->possibles = asker->similars = asker->held = 0;
    for (uint64_t n = 0; n < INNOCENTS; n++)
        ask_innocent(&asker->questions[n], &random, is_issuer_asked);
    double began = thread_seconds();
    for (uint64_t n = 0; n < INNOCENTS; n++) {
        arena_reset(&arena);
        ask(asker, n, &arena);
    }
    double each = (thread_seconds() - began) / INNOCENTS;
    double thousand = 1000.0 / (double)(INNOCENTS - asker->held);
    printf(
        "  innocents of all formats, %s: %.2f us each; %zu drawn are held and left out; of 1,000 "
        "called match %.3f, possible %.3f, shown a similar number %.3f\n",
        is_issuer_asked ? "number and issuer" : "number alone", each * 1e6, asker->held,
        (double)(asker->hits - asker->held) * thousand, (double)asker->possibles * thousand,
        (double)asker->similars * thousand);
    arena_release(&arena);
}

enum slip { SLIP_NONE, SLIP_CHARACTER, SLIP_WILD, SLIP_WILD_TWO };

static void slip(struct question *question, enum slip kind, struct random *random)
{
    size_t at = 1 + random_below(random, strlen(question->number) - 2);
    if (kind == SLIP_CHARACTER) {
        char c = question->number[at];
        question->number[at] = is_digit(c) ? (char)('0' + (c - '0' + 1 + at) % 10) : 'T';
    } else if (kind != SLIP_NONE) {
        question->number[at] = '?';
        if (kind == SLIP_WILD_TWO)
            question->number[at % 5 + 2] = '?';
    }
}

/*
 * Numbers nearly as asked, on request; what is shown as similar is never a hit. Told for held
 * numbers with a slip, and for innocents, of whom chance gives some a neighbour.
 */
static void ask_similar(struct asker *asker, enum slip kind, bool is_held, const char *what)
{
    struct arena arena = {0};
    struct random random;
    double seconds[SIMILAR_ASKED];
    random_seed(&random, 6);
    for (uint64_t n = 0; n < SIMILAR_ASKED; n++) {
        if (is_held)
            ask_held(asker, &asker->questions[n], &random);
        else
            ask_innocent(&asker->questions[n], &random, true);
        slip(&asker->questions[n], kind, &random);
    }
    asker->similar = SIMILAR_YES;
    asker->hits = asker->similars = 0;
    asker->expected = 0;
    for (uint64_t n = 0; n < SIMILAR_ASKED; n++) {
        double began = thread_seconds();
        arena_reset(&arena);
        ask(asker, n, &arena);
        seconds[n] = thread_seconds() - began;
    }
    qsort(seconds, SIMILAR_ASKED, sizeof *seconds, compare_seconds);
    printf(
        "  similar numbers, %s: median %.0f us, p99 %.0f us; of 1,000 %.1f shown some, which said "
        "%.1f were to be expected by chance\n",
        what, seconds[SIMILAR_ASKED / 2] * 1e6, seconds[SIMILAR_ASKED / 100 * 99] * 1e6,
        (double)asker->similars * 1000 / SIMILAR_ASKED, asker->expected * 1000 / SIMILAR_ASKED);
    asker->similar = SIMILAR_AUTO;
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
    must(json_parse(buf_str(&text), &arena, &node));
    double bytes = 0, keys = 1, entries = 1, segments = 0;
    (void)str_to_double(node_get_text(node, S("segments")), &segments);
    (void)str_to_double(node_get_text(node, S("bytes")), &bytes);
    (void)str_to_double(node_get_text(node, S("keys")), &keys);
    (void)str_to_double(node_get_text(node, S("entries")), &entries);
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "  %.0f keys of %.0f records in %.1f MB, %.0f segments: %.1f bytes a key, %.1f a record; "
        "at most %ld MiB resident so far\n",
        keys, entries, bytes / 1e6, segments, bytes / keys, bytes / entries,
        usage.ru_maxrss / 1024);
    arena_release(&arena);
    buf_release(&text);
}

/* Lines of /proc/self/status: resident now, of that mapped files, and at most. */
static void report_memory(void)
{
    char line[200];
    FILE *file = fopen("/proc/self/status", "re");
    printf("  resident:");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "RssFile", 7) == 0 ||
            strncmp(line, "VmHWM", 5) == 0)
            printf(" %.*s %.0f MB;", (int)strcspn(line, ":"), line,
                   strtod(line + strcspn(line, ":") + 1, NULL) * 1024 / 1e6);
    printf("\n");
    if (file)
        fclose(file);
}

static void build(struct index *index, struct store *store, uint64_t records)
{
    double began = now_s();
    uint64_t had = index_seq(index);
    store->seq = records;
    for (uint64_t first = had + 1; first <= records; first += 20000) {
        uint64_t last = first + 19999 < records ? first + 19999 : records;
        store->visible = last;
        index_follow(index, first, last);
    }
    double followed = now_s();
    printf("  taken up from the feed: %.1f s, %.0f records a second\n", followed - began,
           (double)(records - had) / (followed - began));
    report(index);
    must(index_merge(index));
    printf("  merged into one segment: %.1f s\n", now_s() - followed);
}

static void ask_all(struct asker *asker)
{
    make_questions(asker);
    ask_many(asker, 1, false, "questions (warming)");
    ask_many(asker, 1, false, "questions");
    ask_many(asker, 1, true, "questions, answers printed");
    ask_many(asker, TOGETHER, true, "ten together, answers printed");
    asker->is_printing = false;
    ask_innocents(asker, true);
    ask_innocents(asker, false);
    ask_similar(asker, SLIP_CHARACTER, true, "held with a character wrong");
    ask_similar(asker, SLIP_NONE, false, "innocents");
    ask_similar(asker, SLIP_WILD, true, "held with one ?");
    ask_similar(asker, SLIP_WILD_TWO, true, "held with two ?");
}

/*
 * The table `bureau learn` would count of these documents, near enough, once: every tenth number,
 * as all ten that end otherwise.
 */
static void learn_numbers(struct asker *asker, const char *directory)
{
    struct density_counter *counter = NULL;
    struct buf out = {.max = DENSITY_BYTES_MAX};
    char path[600];
    snprintf(path, sizeof path, "%s/numbers.tsv", directory);
    must(density_counter_new(&counter));
    for (uint64_t i = 0; access(path, F_OK) < 0 && i < asker->documents; i += 10) {
        char number[PAPERS_NUMBER], last[PAPERS_NUMBER];
        uint64_t n = papers_document(i);
        papers_number_of(papers_issuer(n), n, number);
        memcpy(last, number, sizeof last);
        number[strlen(number) - 1] = '0';
        last[strlen(last) - 1] = '9';
        must(density_counter_add(counter, S("document-number"),
                                 str_of(papers_codes[papers_issuer(n)], 3), str_c(number),
                                 str_c(last)));
    }
    if (access(path, F_OK) < 0) {
        must(density_counter_write(counter, asker->documents, &out));
        must(io_replace(path, buf_str(&out)));
    }
    density_counter_free(counter);
    buf_release(&out);
    must(search_load_frequencies(asker->engine, directory));
}

static void open_asker(struct asker *asker, struct store *store, struct index *index,
                       struct policy_classes *classes)
{
    must(search_open(asker->catalog, store, index, classes, &asker->engine));
    asker->actor = (struct actor){.officer = S("o-1"),
                                  .unit = S("FRA/border"),
                                  .country = S("FRA"),
                                  .role = S("frontline"),
                                  .purposes = ~(purpose_set)0};
    if (!purpose_find(asker->catalog, S("border-control"), &asker->actor.purpose))
        abort();
    asker->questions = calloc(QUESTIONS, sizeof *asker->questions);
    if (!asker->questions)
        abort();
}

int main(int argc, char **argv)
{
    uint64_t documents = argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_RECORDS;
    uint64_t records = papers_records(documents);
    struct scratch scratch;
    char path[600];
    struct asker asker = {.documents = documents};
    struct store store = {0};
    struct policy_classes *classes = NULL;
    struct index *index = NULL;
    struct arena arena = {0};
    setvbuf(stdout, NULL, _IOLBF, 0);
    scratch_make(&scratch);
    if (argc > 2)
        must(io_make_dir(argv[2]));
    snprintf(path, sizeof path, "%s/index", argc > 2 ? argv[2] : scratch.path);
    must(crypto_init());
    must(catalog_load(".", &asker.catalog));
    must(policy_classes_new(asker.catalog, &classes));
    papers_init(asker.catalog);
    printf("lookup: %llu documents, %llu records\n", (unsigned long long)documents,
           (unsigned long long)records);
    bool is_there = argc > 2 && access(path, F_OK) == 0;
    store.seq = store.visible = is_there ? records : 0;
    if (!is_there) {
        must(index_open(path, &store, asker.catalog, classes, &index));
        build(index, &store, records);
        index_close(index);
        report_memory();
    }
    double began = now_s();
    must(index_open(path, &store, asker.catalog, classes, &index));
    open_asker(&asker, &store, index, classes);
    ask_held(&asker, asker.questions, &(struct random){{1}});
    ask(&asker, 0, &arena);
    printf("  opened to the first answer: %.3f s\n", now_s() - began);
    arena_release(&arena);
    report(index);
    report_memory();
    learn_numbers(&asker, argc > 2 ? argv[2] : scratch.path);
    ask_all(&asker);
    report_memory();
    search_close(asker.engine);
    index_close(index);
    policy_classes_free(classes);
    catalog_free(asker.catalog);
    scratch_remove(&scratch);
    free(asker.questions);
    buf_release(&asker.out);
    return 0;
}
