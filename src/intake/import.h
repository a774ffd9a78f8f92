/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of an import and what they share. One thread runs it; the parser child works on the
 * next rows and the store's writer on the last group meanwhile.
 *
 *   read.c      child -> rows, joins
 *   record.c    row -> body -> faults -> accepted or not
 *   compare.c   against what the owner holds
 *   group.c     changes -> store, some groups in flight
 *   report.c    counts, faults, unmapped       annotate.c   the sender's file back
 *   batch.c     the batch's own record         import.c     the order of it all
 */
#ifndef INTAKE_IMPORT_H
#define INTAKE_IMPORT_H

#include <pthread.h>

#include "intake/child.h"
#include "intake/evaluate.h"
#include "intake/intake.h"
#include "search/same.h"

enum {
    GROUP_MAX = 1000,          /* changes handed to the store together */
    GROUP_COUNT = 12,          /* in flight: as many rows as a slow disk's sync takes to come by */
    GROUP_BYTES_MAX = 2 << 20, /* of bodies */
    FAULTS_KEPT = 1000,        /* in the report; all are counted, all are in the annotated file */
    CODES_KEPT = 1000,
    JOIN_BYTES_MAX = 512 << 20,
    DROP_PERCENT = 5,    /* of what is held; a full re-send that withdraws more is held */
    OWNERS_MAX = 1000,   /* different owners in one file of bodies */
    SEEN_MAX = 64 << 20, /* references in one file: 512 MiB of hashes at most */
};

/* Why a row or value was not taken. The words are part of the report. */
/* clang-format off */
#define REASON_TABLE(row)                                                                          \
    row(REASON_BAD_VALUE, "bad-value", "the value is none of its kind")                            \
    row(REASON_MISSING, "missing", "a required value is absent")                                   \
    row(REASON_UNKNOWN_CODE, "unknown-code", "the code is not in our list")                        \
    row(REASON_UNMAPPED, "unmapped-code", "the format has no counterpart for the sender's code")   \
    row(REASON_DIGITS_LOST, "digits-lost", "a spreadsheet made powers of ten of the number")       \
    row(REASON_ZERO_LOST, "leading-zero-lost", "a spreadsheet dropped leading zeros")              \
    row(REASON_DATE_SERIAL, "date-serial", "a spreadsheet made a number of days of the date")      \
    row(REASON_DAY_MONTH, "day-month-ambiguous", "day and month may be either way round")          \
    row(REASON_DUPLICATE, "duplicate", "the same record came earlier, or is held already")         \
    row(REASON_FIXED, "fixed", "a value that cannot change differs from the one that is held")     \
    row(REASON_NO_ID, "no-reference", "the columns of the reference are empty")                    \
    row(REASON_COLUMNS, "columns", "the row has another number of columns than the file")          \
    row(REASON_QUOTES, "broken-quotes", "a quote was opened and never closed")                     \
    row(REASON_LONG, "too-long", "the row is longer than any can be")                              \
    row(REASON_BYTES, "undecodable", "bytes that are no text in the file's encoding")              \
    row(REASON_SYNTAX, "not-parsed", "the row is not well-formed")                                 \
    row(REASON_LIMIT, "limit", "a bound was reached")                                              \
    row(REASON_CONFLICT, "conflict", "the record was changed by someone during the import")        \
    row(REASON_OWNER, "other-owner", "the record belongs to another owner than this import")
/* clang-format on */

enum reason {
#define REASON_ENUM(code, word, meaning) code,
    REASON_TABLE(REASON_ENUM)
#undef REASON_ENUM
};
const char *reason_word(enum reason reason);

struct row_fault {
    enum reason reason;
    str column, path, value, words, suggestion;
    bool is_dropped; /* the value was left out, the row went on */
};
enum { ROW_FAULTS_MAX = 32 };
struct row_faults {
    struct row_fault items[ROW_FAULTS_MAX];
    size_t count;
    bool is_refused;
};

struct tally { /* per definition */
    uint64_t created, changed, same, renewed, gone, refused, held;
    uint64_t accepted;
};

struct unmapped_code {
    str table, column, value;
    uint64_t count, hash;
};

struct report {
    struct arena arena;
    uint64_t rows, refused_rows, dropped_rows, unused_rows, orphans;
    uint64_t reason_counts[32];
    struct node *refused; /* kept faults */
    struct unmapped_code codes[CODES_KEPT];
    size_t code_count;
    uint64_t codes_cut;
    struct node *unmapped_columns, *missing_columns;
    uint64_t *known_paths; /* hashes of tree paths looked at already */
    size_t known_count, known_max;
    struct node *encodings; /* of each file */
    uint64_t bad_bytes, repaired;
    int annotated_fd;
    struct buf annotated;
    bool has_annotated_heading;
    char annotated_separator;
};

/* Hashes of references seen in this file; open addressing, 0 is free. */
struct seen {
    uint64_t *slots;
    size_t count, size;
};

/* Record numbers the file spoke of. */
struct numbers {
    uint8_t *bits;
    size_t size;
};

struct join_entry {
    uint64_t hash;
    struct joined *first, *last;
    bool is_used;
};
struct join {
    struct arena arena;
    struct join_entry *entries;
    size_t count, size;
    uint64_t rows;
};

struct pending { /* beside a change: what to say when it fails */
    uint64_t row, line;
    const struct definition *definition;
    size_t body_at, body_len;
    bool is_new;
};
struct group {
    struct change changes[GROUP_MAX];
    struct pending pending[GROUP_MAX];
    size_t count;
    struct buf bodies;
    struct arena beside; /* with the changes: hashes of attachments, what the index will add */
    bool is_busy;
    enum err code;
    struct err_info failure;
    enum err failed[GROUP_MAX];
    uint64_t first_seq, last_seq;
    struct import *import;
};

enum { BURST_VALUES = 1024 };
struct burst { /* how often each value of a field came in new records; open addressing */
    uint64_t hashes[BURST_VALUES];
    uint64_t counts[BURST_VALUES];
    char words[BURST_VALUES][32];
};

struct import {
    const struct intake_node *node;
    const struct intake_request *request;
    struct mapping *mapping;
    intake_progress *progress;
    void *progress_context;
    int64_t told_us;
    str owner;
    struct day today, review_on;
    const char *paths[MAPPING_TABLES_MAX];
    int fds[MAPPING_TABLES_MAX];
    uint64_t size_bytes, read_bytes;
    struct join joins[MAPPING_TABLES_MAX];
    bool is_applying; /* second pass, or the only one */
    const char *step;
    uint64_t batch;
    str batch_owner;
    bool is_resumed, is_held;
    struct node *why; /* of what holds it */
    unsigned needs;   /* whose word it waits for */
    char started[24];
    uint64_t first_seq, last_seq;
    struct tally *tallies; /* by definition number */
    struct burst **bursts; /* the same; NULL: none is declared, or none came */
    uint64_t *filled;      /* by expectation */
    struct report report;
    struct seen seen;
    struct numbers numbers;
    struct evaluator evaluator;
    struct arena arena; /* of one row */
    struct row_faults faults;
    struct row row;
    struct child_row cells;
    struct group groups[GROUP_COUNT];
    unsigned group_at;
    str owners[OWNERS_MAX]; /* of changes in flight */
    size_t owner_count;
    struct index_snapshot *snapshot;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* read.c */
enum err import_read_joins(struct import *import) MUST_USE;
enum err import_read_rows(struct import *import) MUST_USE; /* calls import_row() for each */
enum err import_progress(struct import *import, bool is_now) MUST_USE;
void join_release(struct join *join);

/* record.c */
enum err import_row(struct import *import) MUST_USE; /* import->row, import->faults */
void import_fault(struct import *import, enum reason reason, str column, str path, str value,
                  str words, str suggestion);

/* import.c: is this path the file the mapping names? "alt.csv" is also alt.csv.gz and ALT.CSV. */
bool import_is_named(const char *path, str file);

/* slips.c: what spreadsheets do to values. */
bool slip_before(const struct type *type, str text, struct arena *arena, enum reason *ret,
                 str *ret_suggestion);
bool slip_zero_lost(const struct type *type, const struct type_context *context, str text,
                    struct arena *arena, str *ret_suggestion);
bool slip_ambiguous(const struct value *value, struct arena *arena, str *ret_suggestion);

/* compare.c */
enum verdict { VERDICT_NEW, VERDICT_CHANGED, VERDICT_RENEWED, VERDICT_SAME, VERDICT_APPLIED };
struct present {
    enum verdict verdict;
    uint64_t number;
    uint32_t version;
    str body; /* as held, in the row's arena */
};
enum err compare_present(struct import *import, const struct record *record, str body,
                         struct present *ret) MUST_USE;
/* Records of the owner that a snapshot did not mention: counted, and cancelled when applying. */
enum err compare_gone(struct import *import) MUST_USE;
bool seen_add(struct seen *seen, uint64_t hash, bool *ret_failed);
void seen_clear(struct seen *seen);
bool numbers_add(struct numbers *numbers, uint64_t number);
bool numbers_has(const struct numbers *numbers, uint64_t number);

/* attach.c: photographs and evidence of a body that the store has, hashes in the arena. */
size_t attachments_of(struct store *store, const struct record *record, struct arena *arena,
                      struct hash **ret);

/* group.c */
enum err group_add(struct import *import, const struct change *change,
                   const struct pending *pending) MUST_USE;
enum err group_flush(struct import *import) MUST_USE; /* submits what waits and waits for all */
void groups_init(struct import *import);
void groups_release(struct import *import);

/* report.c */
void report_init(struct report *report);
void report_reset(struct report *report); /* between the passes */
void report_release(struct report *report);
void report_row(struct import *import); /* the row's faults, counted and kept */
void report_code(struct import *import, const struct code_table *table, const struct take *take,
                 str value);
void report_columns(struct import *import);
struct node *report_node(struct import *import, const char *state, struct arena *arena);
double report_quality(const struct report *report);
/* annotate.c */
enum err annotate_open(struct import *import) MUST_USE;
enum err annotate_row(struct import *import) MUST_USE;
enum err annotate_close(struct import *import) MUST_USE;

/* screen.c: what definitions declare to be unusual. */
/* Does it declare any, and does the owner hold enough for one to speak? */
bool screen_speaks(const struct import *import, const struct definition *definition);
void screen_new(struct import *import, const struct record *record); /* a record not held before */
void screen_release(struct import *import);
/* True when nothing is; what was found is added to `why`. */
enum err screens_hold(struct import *import, struct arena *arena, struct node *why,
                      bool *ret_is_unusual) MUST_USE;
struct node *files_with_hashes(const struct import *import, struct arena *arena);
enum err files_are_those(const struct import *import) MUST_USE; /* ERR_CONFLICT */

/* expect.c: true when all hold; the outcome of each is added to the list. */
bool expectations_hold(struct import *import, struct arena *arena, struct node *list);

/* batch.c */
enum err batch_begin(struct import *import, str owner) MUST_USE;
struct batch_facts {
    str state, owner;
    uint64_t seq; /* of its latest version: every change it made came earlier */
};
enum err batch_read(const struct intake_node *node, uint64_t batch, struct arena *arena,
                    struct batch_facts *ret) MUST_USE;
enum err batch_end(struct import *import, const char *state, const struct node *report) MUST_USE;
enum err batch_set_state(const struct intake_node *node, uint64_t batch, const char *state,
                         str actor) MUST_USE;
/* One import of a format and owner at a time. */
enum err running_enter(str format, str owner) MUST_USE;
void running_leave(str format, str owner);

/* formats.c */
enum err format_open(const struct intake_node *node, str format, struct mapping **ret) MUST_USE;

#endif
