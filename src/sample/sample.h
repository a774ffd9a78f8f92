/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample: a fictional world of any size, for demonstrations, tests and measuring recall.
 *
 *   struct sample_options options = {.persons = 1000, .seed = 42, .directory = "out",
 *                                    .today = day_today()};
 *   struct sample_report report;
 *   TRY(sample_write(catalog, &options, &report));
 *
 * Writes into the directory (made when absent):
 *   <database>.ndjson  a record a line: {"envelope":{...},"fields":{...}}, for every definition of
 *                      kind record that says how many (`sample: {per_1000_persons: 300}`)
 *   truth.tsv          database, reference, class of damage, query text, date of birth: what a
 *                      search for the damaged text must find
 *   photographs/       drawn faces of nobody, for persons who are missing or wanted
 *   photographs.tsv    database, owner and reference, file, SHA-256 of the file
 *   try.tsv            title, text, database, owner and reference: searches that find something
 *
 * Definitions are filled by field type and meaning alone. A person is a pure function of seed and
 * number, and so are the things a person has: the telephone in a person's record is the one in the
 * record of that telephone. Members of rings share some of theirs. Records are linked by the
 * owner's reference, things with persons (`sample: {link: owned-by}`) and the members of rings
 * among themselves. Same catalog, options and program: same bytes. Memory does not grow with the
 * size of the world.
 */
#ifndef SAMPLE_SAMPLE_H
#define SAMPLE_SAMPLE_H

#include "model/model.h"

struct sample_options {
    uint64_t persons; /* 1 .. 100,000,000 */
    uint64_t seed;
    const char *directory;
    struct day today;
    /*
     * Called about every thousand records; NULL: not. Returning false stops with ERR_USAGE
     * "stopped".
     */
    bool (*progress)(void *context, uint64_t done, uint64_t total);
    void *progress_context;
};
struct sample_report {
    uint64_t records, truths, photographs;
    /* records that no attempt made valid: a definition whose rules the generator does not meet */
    uint64_t given_up;
};

/* ERR_IO, ERR_FULL, ERR_USAGE; ERR_NOT_FOUND when the catalog's home has no codes/sample. */
enum err sample_write(const struct catalog *catalog, const struct sample_options *options,
                      struct sample_report *ret) MUST_USE;

#endif
