/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a decision costs on a large node: 5,000 policy classes, 10,000 units, 100,000 officers.
 *
 *   cached     policy_scope_get: the byte of a class in an open scope, as the index asks it for
 *              every entry; classes at random
 *   opening    policy_scope_open + close of an officer whose unit asked before
 *   first      the same for one whose unit has not: all classes are decided once
 *   decided    policy_open's decision for a record, without any cache
 */
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/random.h"

#include "codec/json.h"

#include "bench.h"

enum { CLASSES = 5000, UNITS = 10000, OFFICERS = 100000, ASKED = 20000000, HOT_UNITS = 500 };

static struct arena arena;
static struct catalog *catalog;
static struct policy_classes *classes;
static struct actor *officers;
static struct record sample_record;

/* Every class another audience: a unit that may not, beside owner, purposes, confidentiality. */
static void make_class(const struct definition *definition, unsigned number)
{
    static const char *const owners[] = {"FRA", "DEU", "GHA", "BRA"};
    static const char *const confidentialities[] = {"official-use", "restricted", "confidential"};
    char text[512];
    struct node *body = NULL;
    uint16_t class;
    snprintf(text, sizeof text,
             "{\"envelope\":{\"owner\":\"%s\",\"purposes\":[\"search\",\"investigate\"],"
             "\"review_on\":\"2027-05-01\",\"confidentiality\":\"%s\",\"allow\":[\"C%u\",\"FRA\","
             "\"UTO\",\"C17\"],\"deny\":[\"U%u\"]},\"fields\":{}}",
             owners[number % 4], confidentialities[number % 3], number % 97, number);
    must(json_parse(str_c(text), &arena, &body));
    must(record_read(catalog, definition, body, &arena, &sample_record));
    sample_record.definition = definition;
    must(policy_class_of(classes, &sample_record, &class));
}

static void make_officers(void)
{
    static const char *const roles[] = {"frontline", "investigator", "national-bureau", "analyst"};
    uint16_t purpose = 0;
    officers = calloc(OFFICERS, sizeof *officers);
    (void)purpose_find(catalog, S("search"), &purpose);
    for (unsigned i = 0; i < OFFICERS; i++)
        officers[i] = (struct actor){
            .officer = arena_printf(&arena, "o-%u", i),
            .unit = arena_printf(&arena, "C%u/unit-%u", i % UNITS % 190, i % UNITS),
            .country = arena_printf(&arena, "C%u", i % UNITS % 190),
            .role = str_c(roles[i % 4]),
            .purpose = purpose,
            .purposes = ~(purpose_set)0,
        };
}

static double since_ns(int64_t start_us, double count)
{
    return (double)(clock_monotonic_us() - start_us) * 1000 / count;
}

static double cached(struct random *random)
{
    const struct policy_scope *scope;
    uint16_t *order = calloc(1 << 16, sizeof *order);
    unsigned sum = 0;
    for (size_t i = 0; i < 1 << 16; i++)
        order[i] = (uint16_t)random_below(random, CLASSES);
    must(policy_scope_open(classes, &officers[7], &scope));
    int64_t start = clock_monotonic_us();
    for (size_t i = 0; i < ASKED; i++)
        sum += policy_scope_get(scope, order[i & 0xffff]);
    double ns = since_ns(start, ASKED);
    policy_scope_close(scope);
    free(order);
    fprintf(stderr, "(%u)\n", sum & 1);
    return ns;
}

static double opened(size_t count, size_t stride, size_t among)
{
    int64_t start = clock_monotonic_us();
    for (size_t i = 0; i < count; i++) {
        const struct policy_scope *scope;
        must(policy_scope_open(classes, &officers[i * stride % among], &scope));
        policy_scope_close(scope);
    }
    return since_ns(start, (double)count);
}

static double decided(size_t count)
{
    int64_t start = clock_monotonic_us();
    for (size_t i = 0; i < count; i++)
        (void)policy_foresee(catalog, &officers[i % OFFICERS], sample_record.definition, S("DEU"),
                             CONF_RESTRICTED, 0);
    return since_ns(start, (double)count);
}

int main(void)
{
    struct random random;
    random_seed(&random, 1);
    must(catalog_load(".", &catalog));
    must(policy_classes_new(catalog, &classes));
    const struct definition *definition = catalog->definitions[0];
    for (size_t i = 0; i < catalog->count && !definition_is_data(definition); i++)
        definition = catalog->definitions[i];
    for (unsigned i = 0; i < CLASSES; i++)
        make_class(definition, i);
    make_officers();
    printf("policy: %zu classes, %d units, %d officers\n", policy_class_count(classes), UNITS,
           OFFICERS);
    printf("cached decision     %8.1f ns\n", cached(&random));
    (void)opened(HOT_UNITS, 1, HOT_UNITS);
    printf("scope known         %8.1f ns\n", opened(1000000, 1, HOT_UNITS / 4));
    printf("scope first         %8.1f us\n", opened(2000, 37, OFFICERS) / 1000);
    printf("decided, no cache   %8.1f ns\n", decided(1000000));
    free(officers);
    policy_classes_free(classes);
    catalog_free(catalog);
    arena_release(&arena);
    return 0;
}
