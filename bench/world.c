/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A large world put into a node's store, for searches over HTTP (bench/mixed).
 *
 *   build/release/bench/world DIR PERSONS DOCUMENTS > questions.json
 *
 * DIR is a node's, made by `bureau officer add`. Documents are those of papers.h; persons have
 * given names of the shipped table of names, as frequent as there, and family names of the table
 * or made of syllables (some 300,000), and a birth date. Prints bodies of name searches, one a
 * line: a person held, with a letter wrong in the family name, asked with the birth date. What is
 * there already stays: a run that was broken off goes on, and one with the same numbers only
 * prints the questions.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "index/index.h"
#include "text/frequency.h"

#include "bench.h"
#include "papers.h"

enum { BATCH = 20000, BODY = 768, IN_FLIGHT = 3, WORDS = 8192, QUESTIONS = 20000 };

/* ---- persons ---- */

static struct {
    char text[40];
    uint64_t up_to; /* bearers of it and all before */
} words[WORDS];
static size_t word_count;

static enum err take_word(void *context, enum name_script script, str native, uint32_t bearers)
{
    (void)context;
    if (script != NAME_LATIN || native.len < 3 || native.len >= sizeof words[0].text ||
        word_count == WORDS)
        return OK;
    memcpy(words[word_count].text, native.ptr, native.len);
    words[word_count].up_to = bearers + (word_count ? words[word_count - 1].up_to : 0);
    word_count++;
    return OK;
}

static const char *word_of(uint64_t die)
{
    uint64_t wanted = die % words[word_count - 1].up_to;
    size_t low = 0, high = word_count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (words[middle].up_to <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return words[low].text;
}

struct person {
    char given[40], family[40];
    unsigned year, month, day;
};

static void person_make(uint64_t n, struct person *ret)
{
    static const char *const syllables[] = {"ba",  "del", "kor", "mi",  "san", "tov", "ri",  "hal",
                                            "gu",  "ner", "lo",  "vik", "za",  "pen", "che", "mo",
                                            "ras", "ten", "bu",  "fel", "ka",  "dor", "ji",  "wan",
                                            "sko", "le",  "mar", "yo",  "qui", "nas", "hu",  "bel",
                                            "go",  "ter", "pa",  "lin", "su",  "vor", "di",  "kam",
                                            "re",  "tal", "no",  "gri", "ma",  "zel", "ho",  "pir",
                                            "ta",  "bek", "fi",  "ron", "ala", "sen", "mu",  "dra",
                                            "eva", "nik", "oro", "vas"};
    size_t count = COUNT_OF(syllables);
    snprintf(ret->given, sizeof ret->given, "%s", word_of(hash_mix(n, 101) >> 1));
    if (hash_mix(n, 102) % 10 < 5)
        snprintf(ret->family, sizeof ret->family, "%s", word_of(hash_mix(n, 103) >> 1));
    else
        snprintf(ret->family, sizeof ret->family, "%s%s%s", syllables[hash_mix(n, 104) % count],
                 syllables[hash_mix(n, 105) % count], syllables[hash_mix(n, 106) % count]);
    ret->year = 1945 + (unsigned)(hash_mix(n, 107) % 62);
    ret->month = 1 + (unsigned)(hash_mix(n, 108) % 12);
    ret->day = 1 + (unsigned)(hash_mix(n, 109) % 28);
}

static size_t person_body(uint64_t n, char *out, size_t size)
{
    struct person person;
    const char *code = papers_codes[papers_issuer(n)];
    person_make(n, &person);
    return (size_t)snprintf(
        out, size,
        "{\"envelope\":{\"owner\":\"%s\",\"purposes\":[\"border-control\",\"search\"],"
        "\"review_on\":\"2030-01-01\"},\"fields\":{\"statuses\":[{\"status_kind\":"
        "\"wanted-prosecution\"}],\"names\":[{\"full_name\":\"%s %s\"}],\"sex\":\"%c\",\"born\":"
        "[\"%04u-%02u-%02u\"],\"nationalities\":[\"%s\"]}}",
        code, person.given, person.family, n % 2 ? 'F' : 'M', person.year, person.month, person.day,
        code);
}

static void print_question(uint64_t n)
{
    struct person person;
    person_make(n, &person);
    size_t at = 1 + hash_mix(n, 110) % (strlen(person.family) - 1);
    person.family[at] = (char)('a' + (person.family[at] - 'a' + 1 + n % 20) % 26);
    printf("{\"purpose\":\"border-control\",\"fields\":{\"name\":\"%s %s\",\"birth-date\":"
           "\"%04u-%02u-%02u\"}}\n",
           person.given, person.family, person.year, person.month, person.day);
}

/* ---- into the store ---- */

struct flight {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int count;
};
struct batch { /* one for each in flight, used in turn */
    char bodies[BATCH][BODY];
    struct change changes[BATCH];
};

static void on_done(void *context, enum err code, struct committed *results, size_t count)
{
    struct flight *flight = context;
    (void)results, (void)count;
    must(code);
    pthread_mutex_lock(&flight->lock);
    flight->count--;
    pthread_cond_signal(&flight->changed);
    pthread_mutex_unlock(&flight->lock);
}

static void wait_below(struct flight *flight, int count)
{
    pthread_mutex_lock(&flight->lock);
    while (flight->count >= count)
        pthread_cond_wait(&flight->changed, &flight->lock);
    pthread_mutex_unlock(&flight->lock);
}

static void row_make(uint64_t n, uint64_t persons, char *body, struct change *ret)
{
    bool is_person = n < persons;
    uint64_t record = is_person ? n : papers_document(n - persons);
    size_t len = is_person ? person_body(n, body, BODY) : papers_document_body(record, body, BODY);
    if (len >= BODY)
        abort();
    *ret = (struct change){.kind = CHANGE_PUT,
                           .definition = is_person ? S("person") : S("travel-document"),
                           .definition_version = 1,
                           .owner = str_of(papers_codes[papers_issuer(record)], 3),
                           .actor = S("o-1"),
                           .batch = 1,
                           .body = str_of(body, len)};
}

static void fill(struct store *store, uint64_t done, uint64_t persons, uint64_t documents)
{
    struct flight flight = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    struct batch *batches = calloc(IN_FLIGHT + 1, sizeof *batches);
    uint64_t total = persons + documents;
    int64_t began = clock_monotonic_us();
    if (!batches)
        abort();
    for (uint64_t at = done, turn = 0; at < total; at += BATCH, turn++) {
        struct batch *batch = &batches[turn % (IN_FLIGHT + 1)];
        size_t count = total - at < BATCH ? total - at : BATCH;
        wait_below(&flight, IN_FLIGHT);
        for (size_t i = 0; i < count; i++)
            row_make(at + i, persons, batch->bodies[i], &batch->changes[i]);
        pthread_mutex_lock(&flight.lock);
        flight.count++;
        pthread_mutex_unlock(&flight.lock);
        must(store_submit(store, batch->changes, count, false, on_done, &flight));
    }
    wait_below(&flight, 1);
    double seconds = (double)(clock_monotonic_us() - began) / 1e6;
    fprintf(stderr, "  %llu records through the store in %.0f s: %.0f a second\n",
            (unsigned long long)(total - done), seconds, (double)(total - done) / seconds);
    free(batches);
}

static uint64_t number_of(const char *text)
{
    uint64_t value = 0;
    if (!str_to_u64(str_c(text), UINT32_MAX, &value)) {
        fprintf(stderr, "bench: %s is not a number\n", text);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: world DIR PERSONS DOCUMENTS\n");
        return 2;
    }
    uint64_t persons = number_of(argv[2]), documents = number_of(argv[3]), held = 0, papers = 0;
    struct catalog *catalog = NULL;
    struct store *store = NULL;
    struct policy_classes *classes = NULL;
    struct index *index = NULL;
    must(crypto_init());
    must(catalog_load(".", &catalog));
    papers_init(catalog);
    must(frequencies_each(frequencies_shipped(), take_word, NULL));
    must(store_open(argv[1], STORE_OPEN_EXISTING, &store));
    must(store_count(store, S("person"), STR_EMPTY, &held));
    must(store_count(store, S("travel-document"), STR_EMPTY, &papers));
    if (held > persons || (papers && held < persons)) {
        fprintf(stderr, "bench: %s holds %llu persons\n", argv[1], (unsigned long long)held);
        return 1;
    }
    if (held + papers < persons + documents) {
        must(policy_classes_new(catalog, &classes));
        must(index_open(argv[1], store, catalog, classes, &index));
        store_set_hook(store, index_follow, index);
        fill(store, held + papers, persons, documents);
        must(index_merge(index));
        store_set_hook(store, NULL, NULL);
        index_close(index);
        policy_classes_free(classes);
    }
    for (uint64_t n = 0; n < QUESTIONS && persons; n++)
        print_question(hash_mix(n, 111) % persons);
    store_close(store);
    catalog_free(catalog);
    return 0;
}
