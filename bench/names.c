/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/names: recall, false alarms and cost of name search on the fixed evaluation set: a
 * million fictional persons, damaged queries with known answers, innocents. The real section
 * code, in process, one thread.
 *
 *   build/release/bench/names [--set DIR] [--limit ROWS] [--no-dates] [--misses CLASS] [--every N]
 *                             [--samples FILE] [--curve FILE]
 *
 * DIR is a set that bench/matching/generate.mjs has made. Truth is every record with the target's
 * name string; a class whose name starts with neg is innocents, of a naming culture. CPU is the
 * thread's own clock. The curve is written as lines of bits, recall, alarms per 1,000 innocents.
 */
#include "index/names.h"

#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zstd.h>

#include "base/io.h"
#include "base/random.h"

#include "search/evidence.h"
#include "text/frequency.h"
#include "type/name.h"

enum { TRUTH_MAX = 4000, CLASS_MAX = 64, TOP = 10, ANSWERS = 50 };

struct options {
    size_t row_limit, every, persons, threads;
    bool has_dates;
    const char *misses, *set;
    FILE *samples; /* every pair judged, for looking into it */
    FILE *curve;
};
struct person {
    str id, name, script;
    int32_t born;
};
struct table {
    char *text;
    size_t len;
    struct buf made;        /* names of persons that are not in the set */
    struct person *records; /* by entry number: birth date */
    uint32_t *entry_of_row;
    int32_t *born;
    uint32_t count;
    struct buf bytes;
    struct names_section *section;
    struct frequencies *frequencies;
    struct rarity *rarity;
};
struct query {
    str id, class, text, born_text, truth;
    struct date_window born;
    unsigned number;
};
/* The explained score, as search gives it (search/evidence.h), of a definition's name and date. */
struct judge {
    struct catalog *catalog;
    const struct definition *definition;
    const struct field *name, *born;
    struct evidence_context context;
};
struct judgement {
    double bits, probability;
    enum band band;
    bool is_true;
};
/* Constants are chosen on the even queries and stated for the odd ones. */
enum { HALVES = 2, STEPS = 7 };
static const double steps[STEPS + 1] = {0.02, 0.1, 0.3, 0.5, 0.7, 0.85, 0.95, 1.01};
struct half {
    unsigned asked, first, top, innocents;
    unsigned found_as[3], alarms_as[3]; /* by enum band: best true hit; best of an innocent */
    unsigned hits, true_hits;           /* all pairs called a hit */
    double stated[STEPS];
    unsigned pairs[STEPS], true_pairs[STEPS];
    unsigned shown[ANSWERS + 1]; /* queries with a target by how many candidates are shown */
};
struct class_result {
    str name;
    unsigned queries, first, top;
};
struct innocent {
    float score; /* of the best answer; -1000 none */
    uint32_t culture;
};
struct results {
    struct class_result classes[CLASS_MAX];
    struct class_result cultures[CLASS_MAX]; /* of the innocents; queries: alarms count in `top` */
    size_t class_count, culture_count;
    double *cpu_us; /* by query */
    float
        *true_scores; /* best true hit among the answers, of each query with a target; -1000 none */
    struct innocent *alarms;
    size_t query_count, true_count, alarm_count, proven;
    uint64_t examined, answers; /* of all that was answered */
    struct half halves[HALVES];
    double judge_us;
};

static double cpu_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static char *read_plain(const char *directory, const char *name, size_t *ret_len)
{
    char path[512], *text = NULL;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (io_read_file(path, 4ull << 30, &text, ret_len))
        fprintf(stderr, "%s: %s\n", path, err_last()->message);
    return text;
}

static char *read_zstd(const char *name, size_t *ret_len)
{
    char path[512];
    const char *shared = getenv("BUREAU_SHARED");
    snprintf(path, sizeof path, "%s/eval/%s", shared ? shared : "../shared", name);
    char *packed = NULL;
    size_t packed_len;
    if (io_read_file(path, 1u << 30, &packed, &packed_len)) {
        err_clear();
        return NULL;
    }
    ZSTD_DCtx *context = ZSTD_createDCtx();
    struct buf out = {.max = 1u << 30};
    ZSTD_inBuffer in = {packed, packed_len, 0};
    while (in.pos < in.size) {
        char *to = buf_reserve(&out, 1 << 20);
        ZSTD_outBuffer room = {to, 1 << 20, 0};
        if (!to || ZSTD_isError(ZSTD_decompressStream(context, &room, &in)))
            break;
        out.len += room.pos;
        if (room.pos == 0 && in.pos == in.size)
            break;
    }
    for (;;) { /* what the decoder still holds */
        char *to = buf_reserve(&out, 1 << 20);
        ZSTD_outBuffer room = {to, 1 << 20, 0};
        if (!to || ZSTD_isError(ZSTD_decompressStream(context, &room, &in)) || room.pos == 0)
            break;
        out.len += room.pos;
    }
    ZSTD_freeDCtx(context);
    free(packed);
    *ret_len = out.len;
    return out.ptr;
}

static int by_born(const void *left, const void *right, void *context)
{
    const struct person *records = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int64_t born_a = records[a].born == INT32_MIN ? INT64_MAX : records[a].born;
    int64_t born_b = records[b].born == INT32_MIN ? INT64_MAX : records[b].born;
    if (born_a != born_b)
        return born_a < born_b ? -1 : 1;
    return (a > b) - (a < b);
}

static int32_t born_of(str text)
{
    struct day day;
    return day_parse(text, &day) ? day_number(day) : INT32_MIN;
}

enum { ROWS_MAX = 1100000, PERSONS_MAX = 20000000, MADE_TRIES = 20 };

static size_t last_blank(str name)
{
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] != ' ')
        at--;
    return at ? at - 1 : 0;
}

/* The first words of one, the last of another. */
static bool name_mix(struct table *table, const struct person *first, const struct person *last,
                     str *ret)
{
    size_t end = last_blank(first->name), begin = last_blank(last->name);
    if (!str_eq(first->script, last->script) || end == 0 || begin == 0)
        return false;
    size_t at = table->made.len;
    buf_add(&table->made, str_slice(first->name, 0, end));
    buf_add(&table->made, str_from(last->name, begin));
    *ret = str_of(table->made.ptr + at, table->made.len - at);
    return !table->made.failed;
}

static void rows_make(struct table *table, struct person *rows, size_t persons)
{
    struct random random;
    random_seed(&random, 1967);
    uint32_t held = table->count;
    table->made.max = (size_t)4 << 30;
    ensure(persons <= held || buf_reserve(&table->made, (persons - held) * 64)); /* never moves */
    while (table->count < persons) {
        const struct person *one = &rows[random_below(&random, held)], *other = one;
        struct person *made = &rows[table->count];
        *made = *one;
        made->id = STR_EMPTY;
        for (size_t i = 0; i < MADE_TRIES; i++) {
            other = &rows[random_below(&random, held)];
            if (name_mix(table, one, other, &made->name))
                break;
        }
        made->born = other->born;
        table->count++;
    }
}

static void table_parse(struct table *table, const struct options *options)
{
    size_t room = options->persons > ROWS_MAX ? options->persons : ROWS_MAX;
    struct person *rows = calloc(room, sizeof *rows);
    str rest = str_of(table->text, table->len), line;
    while (table->count < options->row_limit && table->count < ROWS_MAX &&
           str_split(&rest, '\n', &line)) {
        str cells[7] = {0};
        for (size_t i = 0; i < 7 && str_split(&line, '\t', &cells[i]); i++)
            ;
        if (cells[1].len > 0)
            rows[table->count++] = (struct person){cells[0], cells[1], cells[2], born_of(cells[4])};
    }
    rows_make(table, rows, options->persons);
    uint32_t *order = calloc(table->count, sizeof *order);
    for (uint32_t i = 0; i < table->count; i++)
        order[i] = i;
    qsort_r(order, table->count, sizeof *order, by_born, rows);
    table->records = calloc(table->count, sizeof *table->records);
    table->born = calloc(table->count, sizeof *table->born);
    table->entry_of_row = calloc(table->count, sizeof *table->entry_of_row);
    for (uint32_t i = 0; i < table->count; i++) {
        table->records[i] = rows[order[i]];
        table->born[i] = rows[order[i]].born;
        table->entry_of_row[order[i]] = i;
    }
    free(rows);
    free(order);
}

static enum err table_build(struct table *table)
{
    struct names_builder *builder;
    struct arena arena = {0};
    double start = cpu_now_us();
    struct frequency_counter *counter;
    TRY(names_builder_new(&builder));
    TRY(frequency_counter_new(&counter));
    unsigned refused = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        struct name *name;
        arena_reset(&arena);
        if (name_parse_text(table->records[i].name, &arena, &name)) {
            refused++;
            err_clear();
            continue;
        }
        TRY(names_builder_add(builder, i, &(struct value){.detail = name}));
        TRY(frequency_counter_add(counter, (const struct name *const[]){name}, 1));
    }
    struct buf learned = {.max = FREQUENCY_BYTES_MAX};
    TRY(frequency_counter_write(counter, 0, &learned));
    frequency_counter_free(counter);
    TRY(frequencies_read(buf_str(&learned), &table->frequencies));
    TRY(rarity_new(table->frequencies, &table->rarity));
    printf("frequencies learned: %zu words in %zu bytes\n",
           frequencies_facts(table->frequencies).words, learned.len);
    buf_release(&learned);
    double parsed = cpu_now_us();
    table->bytes.max = 4ull << 30;
    TRY(names_builder_finish(builder, table->count, &table->bytes));
    names_builder_free(builder);
    arena_release(&arena);
    double laid = cpu_now_us();
    TRY(names_section_open(buf_str(&table->bytes), table->count, &table->section));
    printf(
        "%u persons: parsed in %.2f s, laid out in %.2f s, %.1f bytes a person, %u names refused\n",
        table->count, (parsed - start) / 1e6, (laid - parsed) / 1e6,
        (double)table->bytes.len / table->count, refused);
    return OK;
}

/* "1970-03-02", "1970-03", "1970" or nothing. */
static struct date_window window_of(str text)
{
    struct day day = {0, 1, 1};
    uint64_t year, month;
    if (day_parse(text, &day))
        return (struct date_window){day_number(day), day_number(day)};
    if (text.len < 4 || !str_to_u64(str_slice(text, 0, 4), 9999, &year))
        return (struct date_window){1, 0};
    if (text.len == 7 && str_to_u64(str_from(text, 5), 12, &month) && month > 0)
        return (struct date_window){day_number((struct day){(int32_t)year, (uint8_t)month, 1}),
                                    day_number((struct day){(int32_t)(year + month / 12),
                                                            (uint8_t)(month % 12 + 1), 1}) -
                                        1};
    return (struct date_window){day_number((struct day){(int32_t)year, 1, 1}),
                                day_number((struct day){(int32_t)year, 12, 31})};
}

static bool is_true(const struct table *table, const struct query *query, uint32_t entry)
{
    str rest = query->truth, id;
    while (str_split(&rest, ',', &id)) {
        if (str_eq(id, table->records[entry].id))
            return true;
    }
    return false;
}

static struct class_result *class_of(struct class_result *classes, size_t *count, str name)
{
    for (size_t i = 0; i < *count; i++) {
        if (str_eq(classes[i].name, name))
            return &classes[i];
    }
    ensure(*count < CLASS_MAX);
    struct class_result *class = &classes[(*count)++];
    class->name = name;
    return class;
}

static void miss_print(const struct table *table, const struct query *query, size_t rank,
                       const struct names_result *found)
{
    printf("%.*s: %.*s (%d..%d), answer %zu of %zu\n", STR(query->class), STR(query->text),
           query->born.from, query->born.to, rank + 1, found->count);
    for (uint32_t i = 0; i < table->count; i++) {
        char day[16] = "unknown";
        if (!is_true(table, query, i))
            continue;
        if (table->records[i].born != INT32_MIN)
            day_format(day_of_number(table->records[i].born), day);
        printf("    sought: %.*s %s\n", STR(table->records[i].name), day);
        break;
    }
    for (size_t i = 0; i < found->count && i < 3; i++)
        printf("    %.1f %.*s\n", (double)found->items[i].score,
               STR(table->records[found->items[i].entry].name));
}

static void results_take(const struct table *table, const struct query *query,
                         const struct names_result *found, const struct options *options,
                         struct results *results)
{
    results->proven += found->is_proven;
    results->examined += found->examined;
    for (size_t i = 0; i < found->count; i++) {
        uint32_t score;
        memcpy(&score, &found->items[i].score, sizeof score);
        results->answers =
            hash_mix(results->answers + found->items[i].entry, score + query->number);
    }
    if (str_is_empty(query->truth)) {
        struct class_result *culture =
            class_of(results->cultures, &results->culture_count, query->class);
        culture->queries++;
        results->alarms[results->alarm_count++] =
            (struct innocent){found->count ? found->items[0].score : -1000,
                              (uint32_t)(culture - results->cultures)};
        return;
    }
    struct class_result *class = class_of(results->classes, &results->class_count, query->class);
    class->queries++;
    size_t rank = 0;
    while (rank < found->count && !is_true(table, query, found->items[rank].entry))
        rank++;
    class->first += rank == 0 && found->count > 0;
    class->top += rank < TOP && rank < found->count;
    results->true_scores[results->true_count++] =
        rank < found->count ? found->items[rank].score : -1000;
    if (options->misses && rank > 0 && str_eq(query->class, str_c(options->misses)))
        miss_print(table, query, rank, found);
}

/* ---- the explained score ---- */

static enum err judge_open(struct judge *judge, const struct frequencies *frequencies)
{
    TRY(catalog_load(".", &judge->catalog));
    judge->definition = catalog_find(judge->catalog, S("person"));
    if (!judge->definition)
        return err_set(ERR_NOT_FOUND, "no definition of persons; run in the tree's root");
    uint16_t name = meaning_number(judge->catalog, S("name"));
    uint16_t born = meaning_number(judge->catalog, S("birth-date"));
    for (size_t i = 0; i < judge->definition->all_count; i++) {
        const struct field *field = judge->definition->all[i];
        if (field->meaning_number == name && !judge->name)
            judge->name = field;
        if (field->meaning_number == born && !judge->born)
            judge->born = field;
    }
    judge->context.frequency =
        (struct name_frequency){.bits = frequencies_bits, .context = frequencies};
    judge->context.population = frequencies_persons(frequencies);
    return judge->name && judge->born ? OK : err_set(ERR_NOT_FOUND, "no names or birth dates");
}

static bool value_read(const struct judge *judge, const struct field *field, str text,
                       struct arena *arena, struct value *ret)
{
    struct type_context context = catalog_context(judge->catalog, field);
    if (text.len == 0 || type_parse_text(field->type, &context, text, arena, ret)) {
        err_clear();
        return false;
    }
    return true;
}

static bool pair_judge(const struct judge *judge, const struct query_value *asked, size_t count,
                       const struct person *person, struct arena *arena, struct judgement *ret)
{
    struct field_value held[2] = {{.field = judge->name}, {.field = judge->born}};
    struct evidence evidence;
    char day[16];
    size_t held_count = 1;
    if (!value_read(judge, judge->name, person->name, arena, &held[0].value))
        return false;
    if (person->born != INT32_MIN &&
        value_read(judge, judge->born, str_c(day_format(day_of_number(person->born), day)), arena,
                   &held[1].value))
        held_count = 2;
    if (evidence_score(&judge->context, judge->definition, asked, count, held, held_count, arena,
                       &evidence))
        return false;
    *ret = (struct judgement){evidence.bits, evidence.probability, evidence.band, false};
    return true;
}

static int by_verdict(const void *left, const void *right)
{
    const struct judgement *a = left, *b = right;
    if (a->band != b->band)
        return a->band > b->band ? -1 : 1;
    return a->bits == b->bits ? 0 : a->bits > b->bits ? -1 : 1;
}

static void half_take(struct half *half, const struct query *query,
                      const struct judgement *verdicts, size_t count)
{
    size_t shown = 0, rank = count;
    for (size_t i = count; i-- > 0;) {
        const struct judgement *v = &verdicts[i];
        shown += v->band != BAND_NONE;
        rank = v->is_true && v->band != BAND_NONE ? i : rank;
        half->hits += v->band == BAND_HIT;
        half->true_hits += v->band == BAND_HIT && v->is_true;
        for (size_t s = 0; s < STEPS; s++) {
            if (v->probability < steps[s] || v->probability >= steps[s + 1])
                continue;
            half->pairs[s]++;
            half->stated[s] += v->probability;
            half->true_pairs[s] += v->is_true;
        }
    }
    if (str_is_empty(query->truth)) {
        half->innocents++;
        half->alarms_as[count ? verdicts[0].band : BAND_NONE]++;
        return;
    }
    half->asked++;
    half->first += rank == 0 && count > 0;
    half->top += rank < TOP && rank < count;
    half->found_as[rank < count ? verdicts[rank].band : BAND_NONE]++;
    half->shown[shown]++;
}

static void query_judge(const struct judge *judge, const struct table *table,
                        const struct query *query, const struct name *name,
                        const struct names_result *found, const struct options *options,
                        struct arena *arena, struct results *results)
{
    struct query_value asked[2];
    struct judgement verdicts[ANSWERS];
    size_t asked_count = 0, count = 0;
    asked[0].meaning = judge->name->meaning_number;
    struct judge with = *judge;
    with.context.frequency.near = found->near;
    with.context.frequency.near_count = found->near_count;
    if (name && value_read(judge, judge->name, query->text, arena, &asked[0].value)) {
        asked[0].value.detail = name; /* the words that were looked up */
        asked_count = 1;
    }
    asked[asked_count].meaning = judge->born->meaning_number;
    if (asked_count && options->has_dates)
        asked_count += value_read(judge, judge->born, query->born_text, arena, &asked[1].value);
    for (size_t i = 0; asked_count && i < found->count; i++) {
        const struct person *person = &table->records[found->items[i].entry];
        if (!pair_judge(&with, asked, asked_count, person, arena, &verdicts[count]))
            continue;
        verdicts[count].is_true = is_true(table, query, found->items[i].entry);
        if (options->samples)
            fprintf(options->samples, "%u\t%.*s\t%.*s\t%.*s\t%.2f\t%.2f\t%d\t%d\n", query->number,
                    STR(query->class), STR(query->text), STR(person->name),
                    (double)found->items[i].score, verdicts[count].bits, (int)verdicts[count].band,
                    verdicts[count].is_true);
        count++;
    }
    qsort(verdicts, count, sizeof *verdicts, by_verdict);
    half_take(&results->halves[query->number % HALVES], query, verdicts, count);
}

static unsigned median_shown(const struct half *half)
{
    unsigned below = 0, shown = 0;
    while (shown < ANSWERS && (below += half->shown[shown]) * 2 < half->asked)
        shown++;
    return shown;
}

static void half_print(const struct half *half, const char *title)
{
    double asked = half->asked ? half->asked : 1, innocents = half->innocents ? half->innocents : 1;
    printf("%s: explained score @1 %.3f  @10 %.3f; %u candidates shown at the median\n", title,
           half->first / asked, half->top / asked, median_shown(half));
    printf(
        "  called hit: %.3f of those sought, %.1f of 1,000 innocents; %.3f of such calls right\n",
        half->found_as[BAND_HIT] / asked, 1000 * half->alarms_as[BAND_HIT] / innocents,
        half->hits ? (double)half->true_hits / half->hits : 0);
    printf("  hit or possible: %.3f of those sought, %.1f of 1,000 innocents\n",
           1 - half->found_as[BAND_NONE] / asked,
           1000 - 1000 * half->alarms_as[BAND_NONE] / innocents);
    for (size_t s = 0; s < STEPS; s++) {
        if (half->pairs[s])
            printf("  stated %.2f: right %.2f  (%u pairs)\n", half->stated[s] / half->pairs[s],
                   (double)half->true_pairs[s] / half->pairs[s], half->pairs[s]);
    }
}

/* ---- all queries ---- */

static bool query_read(str line, const struct options *options, struct query *ret)
{
    *ret = (struct query){0};
    if (!str_split(&line, '\t', &ret->id) || !str_split(&line, '\t', &ret->class) ||
        !str_split(&line, '\t', &ret->text) || !str_split(&line, '\t', &ret->born_text))
        return false;
    str_split(&line, '\t', &ret->truth);
    ret->born = options->has_dates ? window_of(ret->born_text) : (struct date_window){1, 0};
    return true;
}

static struct name *query_run(const struct table *table, const struct query *query,
                              struct arena *arena, struct names_result *ret)
{
    struct names_part part = {.section = table->section,
                              .entry_count = table->count,
                              .born = table->born};
    struct name *name = NULL;
    if (name_parse_text(query->text, arena, &name) != OK)
        return NULL;
    const struct name *const names[] = {name};
    if (names_search(&part, 1, &(struct name_query){names, 1, table->rarity}, query->born, ANSWERS,
                     arena, ret))
        printf("%.*s: %s\n", STR(query->text), err_last()->message);
    return name;
}

static void queries_run(const struct table *table, str text, const struct options *options,
                        const struct judge *judge, struct results *results)
{
    struct arena arena = {.max_bytes = 256u << 20};
    str line;
    for (size_t row = 0; str_split(&text, '\n', &line); row++) {
        struct query query;
        if (row % options->every || !query_read(line, options, &query))
            continue;
        arena_reset(&arena);
        double start = cpu_now_us();
        struct names_result found = {0};
        struct name *name = query_run(table, &query, &arena, &found);
        query.number = (unsigned)results->query_count;
        results->cpu_us[results->query_count++] = cpu_now_us() - start;
        results_take(table, &query, &found, options, results);
        start = cpu_now_us();
        query_judge(judge, table, &query, name, &found, options, &arena, results);
        results->judge_us += cpu_now_us() - start;
    }
    arena_release(&arena);
}

/* ---- many at once ---- */

struct asker {
    pthread_t thread;
    const struct table *table;
    const struct options *options;
    str text;
    size_t number, count;
    double *wall_us;
};

static double wall_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void *asker_run(void *context)
{
    struct asker *asker = context;
    struct arena arena = {.max_bytes = 256u << 20};
    str text = asker->text, line;
    for (size_t row = 0; str_split(&text, '\n', &line); row++) {
        struct query query;
        struct names_result found = {0};
        if (row / asker->options->every % asker->options->threads != asker->number ||
            row % asker->options->every || !query_read(line, asker->options, &query))
            continue;
        arena_reset(&arena);
        double start = wall_now_us();
        query_run(asker->table, &query, &arena, &found);
        asker->wall_us[asker->count++] = wall_now_us() - start;
    }
    arena_release(&arena);
    return NULL;
}

static int by_double(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void askers_run(const struct table *table, str text, const struct options *options)
{
    struct asker *askers = calloc(options->threads, sizeof *askers);
    double *all = calloc(100000, sizeof *all), start = wall_now_us();
    size_t count = 0;
    for (size_t i = 0; i < options->threads; i++) {
        askers[i] = (struct asker){.table = table, .options = options, .text = text, .number = i};
        askers[i].wall_us = calloc(100000, sizeof(double));
        ensure(pthread_create(&askers[i].thread, NULL, asker_run, &askers[i]) == 0);
    }
    for (size_t i = 0; i < options->threads; i++) {
        pthread_join(askers[i].thread, NULL);
        memcpy(all + count, askers[i].wall_us, askers[i].count * sizeof *all);
        count += askers[i].count;
        free(askers[i].wall_us);
    }
    double seconds = (wall_now_us() - start) / 1e6;
    qsort(all, count, sizeof *all, by_double);
    printf("%zu threads: %.0f queries a second; wall median %.2f ms, p99 %.2f ms, max %.2f ms\n",
           options->threads, (double)count / seconds, all[count / 2] / 1e3,
           all[count * 99 / 100] / 1e3, all[count - 1] / 1e3);
    free(askers);
    free(all);
}

/* ---- a list of passengers ---- */

enum { LIST = 400 };
struct listed {
    const struct table *table;
    const struct query *queries;
    size_t count;
    double cpu_us;
};

static void *list_run(void *context)
{
    struct listed *list = context;
    struct arena arena = {.max_bytes = 256u << 20};
    double start = cpu_now_us();
    for (size_t i = 0; i < list->count; i++) {
        struct names_result found;
        arena_reset(&arena);
        query_run(list->table, &list->queries[i], &arena, &found);
    }
    list->cpu_us += cpu_now_us() - start;
    arena_release(&arena);
    return NULL;
}

static double list_cpu(const struct table *table, const struct query *queries, size_t count)
{
    struct listed list = {.table = table, .queries = queries, .count = count};
    pthread_t thread;
    ensure(pthread_create(&thread, NULL, list_run, &list) == 0);
    pthread_join(thread, NULL);
    return list.cpu_us;
}

/* All by one thread, which remembers words, against each by a thread of its own. */
static void lists_run(const struct table *table, str text, const struct options *options)
{
    static struct query queries[LIST];
    size_t count = 0;
    str line;
    double apart = 0;
    while (count < LIST && str_split(&text, '\n', &line))
        count += query_read(line, options, &queries[count]);
    for (size_t i = 0; i < count; i++)
        apart += list_cpu(table, &queries[i], 1);
    printf("a list of %zu names: %.0f ms of processor; each by a thread that has asked nothing: "
           "%.0f ms\n",
           count, list_cpu(table, queries, count) / 1e3, apart / 1e3);
}

static int by_float_falling(const void *left, const void *right)
{
    float a = *(const float *)left, b = *(const float *)right;
    return (a < b) - (a > b);
}

static void group_print(const struct results *results, const char *title, int is_cross)
{
    unsigned queries = 0, first = 0, top = 0;
    for (size_t i = 0; i < results->class_count; i++) {
        const struct class_result *class = &results->classes[i];
        if (is_cross >= 0 && str_starts(class->name, S("x_")) != is_cross)
            continue;
        queries += class->queries;
        first += class->first;
        top += class->top;
    }
    if (queries > 0)
        printf("%-18s %5u  @1 %.3f  @10 %.3f\n", title, queries, (double)first / queries,
               (double)top / queries);
}

static int by_score_falling(const void *left, const void *right)
{
    const struct innocent *a = left, *b = right;
    return (a->score < b->score) - (a->score > b->score);
}

static size_t alarms_at(const struct results *results, float threshold)
{
    size_t alarms = 0;
    while (alarms < results->alarm_count && results->alarms[alarms].score >= threshold)
        alarms++;
    return alarms;
}

static int by_rate(const void *left, const void *right)
{
    const struct class_result *a = left, *b = right;
    double x = (double)a->top / a->queries, y = (double)b->top / b->queries;
    return (x > y) - (x < y);
}

/* Whose innocents are stopped most often, where four of five of those sought are found. */
static void cultures_print(struct results *results)
{
    float threshold = results->true_scores[results->true_count * 4 / 5];
    size_t alarms = alarms_at(results, threshold);
    if (results->culture_count < 2)
        return;
    for (size_t i = 0; i < alarms; i++)
        results->cultures[results->alarms[i].culture].top++;
    qsort(results->cultures, results->culture_count, sizeof *results->cultures, by_rate);
    for (size_t i = 0; i < results->culture_count; i++)
        printf("%-18.*s %5u  alarms per 1,000 at recall .80: %.1f\n",
               STR(results->cultures[i].name), results->cultures[i].queries,
               1000.0 * results->cultures[i].top / results->cultures[i].queries);
}

static void curve_write(const struct results *results, FILE *curve)
{
    size_t alarms = 0;
    for (size_t step = 1; step <= 200; step++) {
        size_t found = results->true_count * step / 200;
        if (!found || results->true_scores[found - 1] <= -1000)
            continue;
        float bits = results->true_scores[found - 1];
        while (alarms < results->alarm_count && results->alarms[alarms].score >= bits)
            alarms++;
        fprintf(curve, "%.2f\t%.4f\t%.3f\n", (double)bits,
                (double)found / (double)results->true_count,
                1000.0 * (double)alarms / (double)results->alarm_count);
    }
}

static void results_print(struct results *results, FILE *curve)
{
    for (size_t i = 0; i < results->class_count; i++) {
        const struct class_result *class = &results->classes[i];
        printf("%-18.*s %5u  @1 %.2f   @10 %.2f\n", STR(class->name), class->queries,
               (double)class->first / class->queries, (double)class->top / class->queries);
    }
    group_print(results, "all", -1);
    group_print(results, "same script", 0);
    group_print(results, "cross-script", 1);
    qsort(results->true_scores, results->true_count, sizeof(float), by_float_falling);
    qsort(results->alarms, results->alarm_count, sizeof *results->alarms, by_score_falling);
    for (double recall = 0.5; recall < 0.96 && results->alarm_count;
         recall += recall < 0.79 ? 0.1 : 0.05) {
        float threshold = results->true_scores[(size_t)(recall * (double)results->true_count)];
        size_t alarms = alarms_at(results, threshold);
        printf("recall %.2f at %.1f bits: %.1f alarms per 1,000 innocents\n", recall,
               (double)threshold, 1000.0 * (double)alarms / (double)results->alarm_count);
    }
    if (results->true_count && results->alarm_count)
        cultures_print(results);
    if (curve && results->true_count && results->alarm_count)
        curve_write(results, curve);
    qsort(results->cpu_us, results->query_count, sizeof(double), by_double);
    size_t n = results->query_count;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += results->cpu_us[i];
    printf(
        "CPU per query: mean %.2f ms, median %.2f ms, p99 %.2f ms, max %.2f ms; %.0f entries scored; %.2f%% proven\n",
        sum / (double)n / 1e3, results->cpu_us[n / 2] / 1e3, results->cpu_us[n * 99 / 100] / 1e3,
        results->cpu_us[n - 1] / 1e3, (double)results->examined / (double)n,
        100.0 * (double)results->proven / (double)n);
    printf("answers: %016llx\n", (unsigned long long)results->answers);
    printf("comparing and explaining the candidates: mean %.2f ms more\n",
           results->judge_us / (double)n / 1e3);
    half_print(&results->halves[0], "even queries (tuned on)");
    half_print(&results->halves[1], "odd queries (held out)");
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {{"limit", 1, NULL, 'l'},   {"no-dates", 0, NULL, 'n'},
                                          {"misses", 1, NULL, 'm'},  {"every", 1, NULL, 'e'},
                                          {"samples", 1, NULL, 's'}, {"set", 1, NULL, 't'},
                                          {"curve", 1, NULL, 'c'},   {"persons", 1, NULL, 'p'},
                                          {"threads", 1, NULL, 'j'}, {NULL, 0, NULL, 0}};
    struct options options = {.row_limit = SIZE_MAX, .every = 1, .has_dates = true};
    for (int c; (c = getopt_long(argc, argv, "l:nm:e:s:t:c:p:j:", longs, NULL)) != -1;) {
        uint64_t rows;
        if (c == 'l' && str_to_u64(str_c(optarg), 10000000, &rows))
            options.row_limit = rows;
        else if (c == 'e' && str_to_u64(str_c(optarg), 10000, &rows) && rows)
            options.every = rows;
        else if (c == 'p' && str_to_u64(str_c(optarg), PERSONS_MAX, &rows))
            options.persons = rows;
        else if (c == 'j' && str_to_u64(str_c(optarg), 64, &rows))
            options.threads = rows;
        else if (c == 'n')
            options.has_dates = false;
        else if (c == 'm')
            options.misses = optarg;
        else if (c == 't')
            options.set = optarg;
        else if (c == 'c' && (options.curve = fopen(optarg, "w")))
            ;
        else if (c == 's' && (options.samples = fopen(optarg, "w")))
            ;
        else
            return 2;
    }
    struct table table = {0};
    size_t queries_len;
    table.text = options.set ? read_plain(options.set, "records.tsv", &table.len)
                             : read_zstd("records.tsv.zst", &table.len);
    char *queries = !table.text   ? NULL
                    : options.set ? read_plain(options.set, "queries.tsv", &queries_len)
                                  : read_zstd("queries.tsv.zst", &queries_len);
    if (!queries && options.set)
        return 1;
    if (!queries) {
        puts("skipped: the fixed evaluation set is not here (BUREAU_SHARED, else ../shared)");
        return 0;
    }
    table_parse(&table, &options);
    if (table_build(&table)) {
        printf("failed: %s\n", err_last()->message);
        return 1;
    }
    struct judge judge = {0};
    struct results results = {0};
    if (judge_open(&judge, table.frequencies)) {
        printf("failed: %s\n", err_last()->message);
        return 1;
    }
    results.cpu_us = calloc(100000, sizeof(double));
    results.true_scores = calloc(100000, sizeof(float));
    results.alarms = calloc(100000, sizeof *results.alarms);
    queries_run(&table, str_of(queries, queries_len), &options, &judge, &results);
    results_print(&results, options.curve);
    if (options.curve)
        fclose(options.curve);
    lists_run(&table, str_of(queries, queries_len), &options);
    if (options.threads > 0)
        askers_run(&table, str_of(queries, queries_len), &options);
    names_section_close(table.section);
    return 0;
}
