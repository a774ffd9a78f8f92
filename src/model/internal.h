/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this module share. Two collectors stand at its heart: `problems` of definition
 * files, which have a place in a file, and `faults` of a body, which have a path in it. Both go on
 * after the first, because whoever mends a file or a form wants to see all that is wrong.
 */
#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include "model/model.h"

/* ---- problems of definition and code files ---- */

enum { PROBLEM_MAX = 200, FAULT_MAX = 64 };

struct problems {
    struct err_info first;
    size_t count;
    struct buf *report; /* a line each, at most PROBLEM_MAX; NULL: only the first is kept */
};
/* At `node` of `file`: key is what the problem is about, "" if none. */
void problem_at(struct problems *problems, enum err code, str file, const struct node *node,
                str key, const char *format, ...) PRINTF(6, 7);
/* The thread's current error; its place, if it has none, is file and node. */
void problem_from_err(struct problems *problems, str file, const struct node *node, str key);

/* Loads as far as it goes; *ret is set also when there are problems (NULL only without memory). */
void catalog_load_all(const char *home, struct problems *problems, struct catalog **ret);
/* Examples, finds and misses of all definitions. */
void catalog_check_examples(const struct catalog *catalog, struct problems *problems);

/* What reading one definition file needs. */
struct definition_reader {
    struct catalog *catalog;
    struct problems *problems;
    struct arena *arena; /* the catalog's */
    struct definition *definition;
    const struct node *rules; /* compiled when all fields are known */
    const struct field **all;
};
void definition_read(struct definition_reader *reader, const struct node *root, str file,
                     struct definition *ret);
/* definition_fields.c: the `fields:` block. */
void definition_read_fields(struct definition_reader *reader, const struct node *fields);
/* life.c: the `life:` block; NULL: there is none. */
void definition_read_life(struct definition_reader *reader, const struct node *node);
void reader_titles(struct definition_reader *reader, const struct node *node,
                   str titles[LANGUAGE_COUNT]);
/* A list of roles and purposes, as two sets; a set of which the list names none is 0. */
void reader_who(struct definition_reader *reader, const struct node *list, str key,
                uint64_t *ret_roles, purpose_set *ret_purposes);
void definition_read_may(struct definition_reader *reader, const struct node *may);
void definition_read_screen(struct definition_reader *reader, const struct node *root);
bool reader_flag(struct definition_reader *reader, const struct node *map, str key);
bool name_is_plain(str name);
void reader_problem(struct definition_reader *reader, enum err code, const struct node *node,
                    str key, const char *format, ...) PRINTF(5, 6);
/* Refuses keys of map that are not in the list. */
void reader_known_keys(struct definition_reader *reader, const struct node *map,
                       const char *const *keys, size_t key_count);

/* ---- rules ---- */

struct condition;
struct rule {
    const struct condition *when;    /* NULL: always */
    const struct condition *require; /* NULL for a bare condition */
    const struct field
        *each;              /* group whose rows are looked at one by one; NULL: the whole record */
    const struct field *at; /* where a form shows the fault; NULL: on the whole */
    str say;
    const struct node *source;
};
/* Problems go to the reader; NULL when there was one. */
const struct rule *rule_read(struct definition_reader *reader, const struct node *node);
/* A bare condition, as in `retain: {when: ...}`, as a rule without words. */
const struct rule *rule_read_condition(struct definition_reader *reader, const struct node *node);
/* The 1-based row that breaks the rule, 1 for rules on the whole record, 0 when it holds. */
unsigned rule_broken(const struct rule *rule, const struct record *record, int32_t today);
bool rule_condition_holds(const struct rule *rule, const struct record *record, int32_t today);
/* In words, for the reference page. */
void rule_describe(const struct rule *rule, struct buf *out);

/* ---- faults of a body ---- */

struct checker {
    const struct catalog *catalog;
    const struct definition *definition;
    struct arena *arena;
    struct record *record;
    struct faults *faults; /* NULL: reading what is stored, nothing is refused */
    struct field_value *values;
    size_t value_max;
    bool is_bad_shape;
    bool is_entry; /* entered here, not come from another node: unknown fields are slips */
};
void checker_fault(struct checker *checker, enum err code, const char *path, str value,
                   const char *reason, const char *hint);
/* The same from the thread's current error, which is cleared. */
void checker_fault_from_err(struct checker *checker, const char *path, str value);
void envelope_read(struct checker *checker, const struct node *node, struct envelope *ret);
/* The first fault as the thread's error; OK when there is none. */
enum err faults_as_err(const struct faults *faults);

#endif
