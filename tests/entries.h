/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of an audit log as a network writes them, every one made up: 100 countries, 10,000 units,
 * 100,000 officers; of a hundred, 95 searches that find nothing, 4 that show one to three records,
 * 1 read. What the log's figures are measured on (bench/plan), and what its dictionary was trained
 * on (bench/dictionary), with different seeds.
 */
#ifndef TESTS_ENTRIES_H
#define TESTS_ENTRIES_H

#include <stdio.h>

#include "base/random.h"

#include "audit/audit.h"

struct made {
    char officer[16], unit[32], country[4], query[320], reference[32], terminal[16];
    struct actor actor;
    struct audit_shown shown[3];
    struct audit_entry entry;
};

static inline unsigned below(struct random *random, unsigned n)
{
    return (unsigned)random_below(random, n);
}

static inline void make_word(struct random *random, char *out, unsigned len)
{
    static const char often[] = "eeeeaaaaiioonnrrtslldmucpbgvfhkjyzw";
    for (unsigned i = 0; i < len; i++)
        out[i] = often[below(random, sizeof often - 1)];
    out[len] = '\0';
}

static inline void make_query(struct random *random, char out[320])
{
    char family[16], given[16], born[16], country[4];
    make_word(random, family, 4 + below(random, 8));
    make_word(random, given, 3 + below(random, 7));
    make_word(random, country, 3);
    for (char *letter = country; *letter; letter++)
        *letter = (char)(*letter - 'a' + 'A');
    snprintf(born, sizeof born, "%u-%02u-%02u", 1940 + below(random, 70), 1 + below(random, 12),
             1 + below(random, 28));
    unsigned kind = below(random, 100);
    if (kind < 60)
        snprintf(out, 320,
                 "[{\"document-number\":[\"%c%c%07u\"],\"issuer\":[\"%s\"],\"birth-date\":[\"%s\"],"
                 "\"name\":[\"%s %s\"]}]",
                 'A' + below(random, 26), 'A' + below(random, 26), below(random, 10000000), country,
                 born, given, family);
    else if (kind < 80)
        snprintf(out, 320, "[{\"name\":[\"%s %s\"],\"birth-date\":[\"%s\"]}]", given, family, born);
    else if (kind < 95)
        snprintf(out, 320, "[{\"registration\":[\"%c%c %03u %c%c\"],\"issuer\":[\"%s\"]}]",
                 'A' + below(random, 26), 'A' + below(random, 26), below(random, 1000),
                 'A' + below(random, 26), 'A' + below(random, 26), country);
    else
        snprintf(out, 320, "[{\"serial-number\":[\"%c%c%08u\"]}]", 'A' + below(random, 26),
                 'A' + below(random, 26), below(random, 100000000));
}

static inline void make_actor(struct random *random, struct made *made)
{
    unsigned unit = below(random, 10000), country = unit % 100;
    snprintf(made->country, sizeof made->country, "%c%c%c", 'A' + country % 26,
             'A' + country * 7 % 26, 'A' + country * 11 / 26 % 26);
    snprintf(made->officer, sizeof made->officer, "o-%u", 1000 + unit * 10 + below(random, 10));
    snprintf(made->unit, sizeof made->unit, "%s/border-%u", made->country, unit);
    snprintf(made->terminal, sizeof made->terminal, "t-%u", unit * 3 + below(random, 3));
    made->actor = (struct actor){.officer = str_c(made->officer),
                                 .unit = str_c(made->unit),
                                 .country = str_c(made->country),
                                 .role = below(random, 4) ? S("frontline") : S("investigator"),
                                 .session = below(random, 1u << 30),
                                 .terminal = str_c(made->terminal)};
    if (below(random, 4) == 0) {
        snprintf(made->reference, sizeof made->reference, "C-2026-%06u", below(random, 1000000));
        made->actor.reference = str_c(made->reference);
    }
}

static inline void make_entry(struct random *random, unsigned i, struct made *made)
{
    static const struct hash catalog = {{0x5A, 0x11, 0xC7, 0x90, 0x3E, 0x88, 0x42, 0xD1, 0x6B}};
    unsigned kind = i % 100;
    make_actor(random, made);
    make_query(random, made->query);
    made->entry = (struct audit_entry){.kind = kind < 99 ? AUDIT_SEARCH : AUDIT_READ,
                                       .time_us = clock_now_us(),
                                       .actor = &made->actor,
                                       .purpose = S("border-control"),
                                       .databases = S("*"),
                                       .query = kind < 99 ? str_c(made->query) : STR_EMPTY,
                                       .verdict = kind < 95 ? S("nothing-found") : S("match"),
                                       .catalog = catalog,
                                       .took_us = 30 + below(random, 400),
                                       .shown = made->shown,
                                       .shown_count = kind < 95   ? 0
                                                      : kind < 99 ? 1 + below(random, 3)
                                                                  : 1};
    for (size_t k = 0; k < made->entry.shown_count; k++)
        made->shown[k] =
            (struct audit_shown){{below(random, 100), random_u64(random) >> 30}, 1, DISCLOSE_FULL};
}

/*
 * For training: what else a log holds beside them, in seven of a hundred - refusals, changes, feeds,
 * exports - and one purpose or another.
 */
static inline void make_any_entry(struct random *random, unsigned i, struct made *made)
{
    static const struct {
        enum audit_kind kind;
        str query, verdict;
    } rare[] = {
        {AUDIT_REFUSED, S("{\"route\":\"POST /v1/search\"}"), S("not-allowed")},
        {AUDIT_ADMIN, S("{\"route\":\"GET /v1/audit\"}"), S("done")},
        {AUDIT_READ, S("{\"reason\":\"hit\"}"), S("shown")},
        {AUDIT_WRITE, S("{\"id\":\"0-0000000000\"}"), S("created")},
        {AUDIT_IMPORT, S("{\"batch\":1}"), S("imported")},
        {AUDIT_FEED, S("{\"from\":1}"), S("given")},
        {AUDIT_EXPORT, S("{}"), S("copy of the log given")},
    };
    static const str purposes[] = {S("border-control"), S("border-control"), S("investigate"),
                                   S("vehicle-check"),  S("identify"),       S("search"),
                                   S("security-check"), S("visa-residence")};
    make_entry(random, i, made);
    made->entry.purpose = purposes[below(random, COUNT_OF(purposes))];
    if (made->entry.kind == AUDIT_SEARCH && below(random, 8) == 0)
        made->entry.verdict = S("possible");
    unsigned which = below(random, 100);
    if (which < COUNT_OF(rare)) {
        made->entry.kind = rare[which].kind;
        made->entry.query = rare[which].query;
        made->entry.verdict = rare[which].verdict;
    }
    for (size_t k = 0; k < HASH_SIZE; k++)
        made->entry.catalog.bytes[k] = (unsigned char)below(random, 256);
}

#endif
