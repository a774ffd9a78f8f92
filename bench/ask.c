/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to a log of many entries: who was shown this record, who searched for this value, what
 * did this officer do. The lookup is that of ENTRIES (100 million unless stated), 20 million a day,
 * made by the code that makes it while a node runs; of the entries themselves the 6,000 that are
 * found and read are there, for 100 million are 25 GB.
 *   build/release/bench/ask [ENTRIES] [DIRECTORY]
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"

#include "../tests/scratch.h"
#include "audit/internal.h"
#include "codec/json.h"

#include "bench.h"

enum {
    REAL = 6000,
    A_DAY = 20000000,
    A_SEGMENT = 250000,
    TERMS = 4,
    SHOWN_ONE_IN = 50,
    ASKED = 200
};
#define DAY_US   86400000000ll
#define BEGIN_US 1763000000000000ll /* 2025-11-13 */

/* One record, value and officer in twenty entries each, another record in 3,000. */
static void append_real(struct audit *audit)
{
    char officer[24], query[96], receipt[RECEIPT_TEXT];
    for (unsigned i = 0; i < REAL; i++) {
        struct actor actor = {.country = S("UTO"), .role = S("frontline"), .unit = S("UTO/ncb")};
        snprintf(officer, sizeof officer, "o-%u", i / 20);
        snprintf(query, sizeof query,
                 "[{\"document-number\":[\"QX%07u\"],\"birth-date\":[\"1974-08-12\"]}]", i / 20);
        actor.officer = str_c(officer);
        struct audit_shown shown[2] = {{{77, i / 20 + 1}, 1, DISCLOSE_FULL},
                                       {{77, 1000000}, 1, DISCLOSE_FULL}};
        struct audit_entry entry = {.kind = AUDIT_SEARCH,
                                    .time_us = clock_now_us(),
                                    .actor = &actor,
                                    .purpose = S("border-control"),
                                    .databases = S("*"),
                                    .query = str_c(query),
                                    .verdict = S("match"),
                                    .shown = shown,
                                    .shown_count = 1 + i % 2};
        must(audit_append_wait(audit, &entry, receipt));
    }
}

static void add_row(struct term_row *rows, size_t *count, struct random *random, uint64_t entry,
                    uint32_t period)
{
    rows[(*count)++] = (struct term_row){random_u64(random), entry, period};
}

static void stream(struct lookup *lookup, uint64_t entries)
{
    static struct term_row rows[(TERMS + 1) * 1000];
    struct random random;
    uint64_t key, entry = REAL;
    random_seed(&random, 5);
    for (uint64_t sealed = entry; entry < entries;) {
        clock_pin(BEGIN_US + (int64_t)(entry / A_DAY) * DAY_US);
        uint32_t day = (uint32_t)(clock_now_us() / DAY_US);
        uint32_t month = keyring_month(day) | PERIOD_IS_MONTH;
        size_t count = 0;
        must(term_key(lookup->keyring, day, AUDIT_OFFICER, S("o"), &key)); /* its key is there */
        must(term_key(lookup->keyring, month, AUDIT_OFFICER, S("o"), &key));
        for (unsigned i = 0; i < 1000; i++) {
            bool has_shown = ++entry % SHOWN_ONE_IN == 0;
            for (unsigned k = 0; k < TERMS + (unsigned)has_shown; k++)
                add_row(rows, &count, &random, entry, has_shown ? month : day);
        }
        must(lookup_add(lookup, str_of((const char *)rows, count * sizeof *rows)));
        if (entry - sealed >= A_SEGMENT || entry >= entries) {
            must(lookup_seal(lookup, entry));
            sealed = entry;
        }
    }
}

struct figures {
    double worst_ms, sum_ms;
    size_t found;
};

static void ask(struct audit *audit, enum audit_term term, str text, size_t max,
                struct figures *figures)
{
    struct buf entries = {.max = 1 << 26};
    struct arena arena = {0};
    int64_t began = clock_monotonic_us();
    must(lookup_find(&audit->lookup, term, text, STR_EMPTY, UINT64_MAX, max, &entries));
    struct cursor c = cursor_of(buf_str(&entries));
    while (cursor_left(&c)) {
        struct audit_read read;
        struct node *node;
        must(audit_get(audit, cursor_u64(&c), &arena, &read));
        must(json_parse(read.body, &arena, &node));
        arena_reset(&arena);
        figures->found++;
    }
    double ms = (double)(clock_monotonic_us() - began) / 1e3;
    figures->sum_ms += ms;
    figures->worst_ms = ms > figures->worst_ms ? ms : figures->worst_ms;
    arena_release(&arena);
    buf_release(&entries);
}

static void ask_all(struct audit *audit, enum audit_term term, const char *what)
{
    struct figures figures = {0};
    for (unsigned i = 0; i < ASKED; i++) {
        char text[32], bytes[AUDIT_RECORD_TERM];
        snprintf(text, sizeof text, term == AUDIT_OFFICER ? "o-%u" : "qx %07u", i);
        ask(audit, term,
            term == AUDIT_RECORD ? audit_record_term((struct record_id){77, i + 1}, bytes)
                                 : str_c(text),
            200, &figures);
    }
    printf("  %-34s mean %6.2f ms, worst %6.2f ms (%.0f entries read for each)\n", what,
           figures.sum_ms / ASKED, figures.worst_ms, (double)figures.found / ASKED);
}

int main(int argc, char **argv)
{
    uint64_t entries = 100000000;
    struct scratch scratch;
    struct audit *audit;
    struct figures much = {0};
    char bytes[AUDIT_RECORD_TERM];
    if (argc > 1 && !str_to_u64(str_c(argv[1]), 4000000000, &entries))
        return 2;
    must(crypto_init());
    scratch_make(&scratch);
    clock_pin(BEGIN_US);
    must(audit_open(argc > 2 ? argv[2] : scratch.path, &audit));
    append_real(audit);
    must(lookup_seal(&audit->lookup, REAL));
    int64_t began = clock_monotonic_us();
    stream(&audit->lookup, entries);
    lookup_settle(&audit->lookup);
    uint64_t rows = 0;
    for (size_t i = 0; i < audit->lookup.run_count; i++)
        rows += audit->lookup.runs[i].count;
    printf(
        "%llu entries, %llu rows in %zu runs, %.2f GB; %.0f entries a second sorted and merged\n",
        (unsigned long long)entries, (unsigned long long)rows, audit->lookup.run_count,
        (double)rows * 12 / 1e9, (double)entries * 1e6 / (double)(clock_monotonic_us() - began));
    ask_all(audit, AUDIT_RECORD, "who was shown this record");
    ask_all(audit, AUDIT_VALUE, "who searched for this value");
    ask_all(audit, AUDIT_OFFICER, "what did this officer ask");
    ask(audit, AUDIT_RECORD, audit_record_term((struct record_id){77, 1000000}, bytes), 100000,
        &much);
    printf("  %-34s %.2f ms (%zu entries read)\n", "a record shown as often as that", much.worst_ms,
           much.found);
    audit_close(audit);
    scratch_remove(&scratch);
    return 0;
}
