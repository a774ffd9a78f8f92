/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world of papers for benchmarks, made up number by number: record n is always the same, so that
 * nothing need be kept of it. Of 66 records in a row 60 are documents, 5 vehicles, 1 a firearm:
 * with 120 million documents that is 10 million vehicles and 2 million firearms.
 *
 * Documents come from 190 issuers, whose shares fall off as those of countries do. Each issuer has
 * one of eight formats of numbers and letters of its own for them, so that some spaces are crowded
 * (nine digits that thirty issuers share) and others thin. Issuers stand for countries by place in
 * the code list; no real country's numbers look like these.
 */
#ifndef BENCH_PAPERS_H
#define BENCH_PAPERS_H

#include <stdio.h>

#include "base/random.h"

#include "model/model.h"

enum { PAPERS_ISSUERS = 190, PAPERS_OF = 66, PAPERS_DOCUMENTS = 60, PAPERS_NUMBER = 20 };

static char papers_codes[PAPERS_ISSUERS][4];
static uint32_t papers_shares[PAPERS_ISSUERS]; /* up to and including, of 2^32 */

static inline void papers_init(const struct catalog *catalog)
{
    const struct code_list *countries = codes_list(catalog->codes, str_c("countries"));
    double sum = 0, so_far = 0;
    size_t count = 0;
    for (size_t i = 0; countries && i < countries->count && count < PAPERS_ISSUERS; i++)
        if (countries->codes[i].code.len == 3) {
            memcpy(papers_codes[count], countries->codes[i].code.ptr, 3);
            sum += 1.0 / (double)(++count + 5);
        }
    for (size_t i = 0; i < PAPERS_ISSUERS; i++)
        papers_shares[i] = (uint32_t)((so_far += 1.0 / (double)(i + 6)) / sum * 4294967040.0);
}

static inline size_t papers_issuer(uint64_t n)
{
    uint32_t at = (uint32_t)hash_mix(n, 1);
    size_t i = 0;
    while (i + 1 < PAPERS_ISSUERS && papers_shares[i] < at)
        i++;
    return i;
}

/* '9' any digit, 'X' any letter or digit, 'A' a letter, 'a' a letter of the issuer's four. */
static inline const char *papers_format(size_t issuer)
{
    static const char *const formats[] = {"999999999", "a99999999", "aa9999999", "A9999999",
                                          "aA9999999", "99999999",  "aXXXXXXX9", "9999999999"};
    static const unsigned char parts[] = {0, 0, 1, 1, 1, 2, 2, 2, 3, 4, 5, 5, 6, 6, 7, 1};
    return formats[parts[hash_mix(issuer, 2) % sizeof parts]];
}

static inline void papers_number_of(size_t issuer, uint64_t random, char out[PAPERS_NUMBER])
{
    static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";
    const char *format = papers_format(issuer);
    size_t at = 0;
    for (; format[at]; at++) {
        uint64_t die = hash_mix(random, 10 + at) >> 8;
        bool is_digit = format[at] == '9' || (format[at] == 'X' && die % 4 < 3);
        size_t letter = format[at] == 'a' ? hash_mix(issuer, 3 + die % 4) % 23 : die / 4 % 23;
        out[at] = is_digit ? (char)('0' + die / 4 % 10) : letters[letter];
    }
    out[at] = 0;
}

static inline bool papers_is_document(uint64_t n)
{
    return n % PAPERS_OF < PAPERS_DOCUMENTS;
}

static inline uint64_t papers_records(uint64_t documents)
{
    return documents / PAPERS_DOCUMENTS * PAPERS_OF;
}

/* The n-th document's record, from 0. */
static inline uint64_t papers_document(uint64_t n)
{
    return n / PAPERS_DOCUMENTS * PAPERS_OF + n % PAPERS_DOCUMENTS;
}

static inline size_t papers_document_body(uint64_t n, char *out, size_t size)
{
    static const char *const kinds[] = {"stolen", "lost", "stolen", "lost", "invalid"};
    char number[PAPERS_NUMBER];
    size_t issuer = papers_issuer(n);
    const char *code = papers_codes[issuer];
    papers_number_of(issuer, n, number);
    return (size_t)snprintf(
        out, size,
        "{\"envelope\":{\"owner\":\"%s\",\"purposes\":[\"border-control\",\"search\"],"
        "\"review_on\":\"2030-01-01\"},\"fields\":{\"doc_class\":\"travel\",\"doc_type\":"
        "\"passport\",\"issued_by\":\"%s\",\"doc_no\":\"%s\",\"fraud\":\"%s\",\"stolen_in\":\"%s\","
        "\"stolen_on\":\"2025-0%u-1%u\"}}",
        code, code, number, kinds[hash_mix(n, 4) % 5], code, (unsigned)(n % 9 + 1),
        (unsigned)(n % 10));
}

static inline void papers_vin(uint64_t n, char out[18])
{
    static const char all[] = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789";
    for (size_t i = 0; i < 17; i++)
        out[i] = i > 10 ? (char)('0' + hash_mix(n, 40 + i) % 10) : all[hash_mix(n, 40 + i) % 33];
    out[17] = 0;
}

static inline size_t papers_vehicle_body(uint64_t n, char *out, size_t size)
{
    char vin[18];
    const char *code = papers_codes[papers_issuer(n)];
    papers_vin(n, vin);
    return (size_t)snprintf(
        out, size,
        "{\"envelope\":{\"owner\":\"%s\",\"purposes\":[\"vehicle-check\",\"search\"],"
        "\"review_on\":\"2030-01-01\"},\"fields\":{\"vehicle_kind\":\"car\",\"fraud\":\"stolen\","
        "\"vin_no\":\"%s\",\"plates\":[{\"plate_no\":\"%c%c-%03u-%c%c\",\"plate_country\":\"%s\"}],"
        "\"stolen_in\":\"%s\"}}",
        code, vin, (char)('A' + hash_mix(n, 60) % 26), (char)('A' + hash_mix(n, 61) % 26),
        (unsigned)(hash_mix(n, 62) % 1000), (char)('A' + hash_mix(n, 63) % 26),
        (char)('A' + hash_mix(n, 64) % 26), code, code);
}

static inline size_t papers_firearm_body(uint64_t n, char *out, size_t size)
{
    const char *code = papers_codes[papers_issuer(n)];
    return (size_t)snprintf(
        out, size,
        "{\"envelope\":{\"owner\":\"%s\",\"purposes\":[\"search\"],\"review_on\":\"2030-01-01\"},"
        "\"fields\":{\"serial_no\":\"%c%c%c %06u\",\"serial_state\":\"complete\",\"make_text\":"
        "\"Kestrel\",\"firearm_kind\":\"pistol\",\"made_in\":\"%s\",\"case_kind\":\"stolen\"}}",
        code, (char)('A' + hash_mix(n, 70) % 26), (char)('A' + hash_mix(n, 71) % 26),
        (char)('A' + hash_mix(n, 72) % 26), (unsigned)(hash_mix(n, 73) % 1000000), code);
}

/* Body and definition of record n. */
static inline size_t papers_body(uint64_t n, char *out, size_t size, str *ret_definition)
{
    uint64_t kind = n % PAPERS_OF;
    *ret_definition = kind < PAPERS_DOCUMENTS ? S("travel-document")
                      : kind < PAPERS_OF - 1  ? S("vehicle")
                                              : S("firearm");
    return kind < PAPERS_DOCUMENTS ? papers_document_body(n, out, size)
           : kind < PAPERS_OF - 1  ? papers_vehicle_body(n, out, size)
                                   : papers_firearm_body(n, out, size);
}

#endif
