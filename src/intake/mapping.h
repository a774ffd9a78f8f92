/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mapping file as loaded: what docs/importing.md describes, checked against the catalog, with
 * every name resolved that can be resolved before the sender's file is seen. Immutable after
 * mapping_bind(); lives in its arena.
 *
 *   mapping -> tables of the source (the main one, joined ones) -> records -> takes
 *
 * A take says how one value comes about: where its text is found, what it must match, what is done
 * to it, which code stands for it, which field it goes to. Takes of a group or of a composite value
 * hold takes for the parts.
 */
#ifndef INTAKE_MAPPING_H
#define INTAKE_MAPPING_H

#include "codec/pattern.h"
#include "model/model.h"

enum {
    MAPPING_BYTES_MAX = 1 << 20,
    MAPPING_TABLES_MAX = 8,
    MAPPING_EXPLODES_MAX = 8,
    MAPPING_NULLS_MAX = 16,
    MAPPING_VIA_MAX = 8
};

enum feed_kind { FEED_APPEND, FEED_DELTA, FEED_SNAPSHOT };

/* One file of rows. Table 0 is the main one. */
struct source_table {
    str name;     /* as `each:` and `alt.column` say it; empty for the main one */
    str file;     /* the sender's name for it; empty: any */
    str job;      /* JSON for the child */
    str *columns; /* empty until the heading row is read */
    size_t column_count;
    bool has_heading; /* names come from the file */
    bool is_optional; /* a joined file that may be left out */
    str nulls[MAPPING_NULLS_MAX];
    size_t null_count;
    str on; /* joined: its column that holds the main row's key */
    int on_column;
    struct ref *key; /* joined: where the main row has that key */
};

/* Where a text is found. */
enum ref_kind { REF_NONE, REF_CELL, REF_CAPTURE, REF_ITEM, REF_PATH };
struct ref {
    enum ref_kind kind;
    uint16_t table;        /* CELL */
    int column;            /* CELL: -1 until bound, or when the file has no such column */
    unsigned group;        /* CAPTURE */
    str name;              /* as written, without a table's name: column or path */
    str full;              /* PATH: from the row, through every `each` around it */
    bool is_root;          /* PATH: from the row, not from the item at hand */
    const struct node *at; /* in the mapping file, for messages */
    struct ref *next;      /* all of a mapping */
};

/* A text with {references} in it. */
struct format_piece {
    str text;
    struct ref *ref; /* after the text; NULL at the end */
};

struct explode {
    str name, split, trim;
    struct ref **from;
    size_t from_count;
};

enum unmapped { UNMAPPED_REFUSE, UNMAPPED_WARN, UNMAPPED_KEEP };
struct code_table {
    str name;
    const struct node *codes;     /* map: theirs -> ours; may be NULL */
    const struct code_list *list; /* looked up after that; may be NULL */
    enum unmapped unmapped;
    str otherwise; /* for a code that has no counterpart; it is reported all the same */
};

struct normaliser;
struct via {
    const struct normaliser *normaliser;
    str argument;
};

enum each_kind { EACH_NONE, EACH_TABLE, EACH_EXPLODE, EACH_PATH };

struct condition {
    struct ref *ref;
    const str *values; /* any of; an empty text stands for "no value" */
    size_t count;
    struct pattern *pattern; /* instead of values */
    bool is_negated;
    struct condition *next; /* all must hold */
};

struct take {
    str key;                   /* in the body */
    const struct field *field; /* NULL: an envelope key, or a part of a composite value */
    struct ref **from;         /* several: put together with glue */
    size_t from_count;
    str glue;
    str constant;
    bool has_constant;
    const struct format_piece *format; /* text: "{a} of {b}" */
    size_t format_count;
    enum each_kind each;
    uint16_t each_index;
    str each_path;
    struct pattern *match;
    unsigned match_group; /* what the take's own text is: group v, else the first, else all */
    str split;
    struct via via[MAPPING_VIA_MAX];
    size_t via_count;
    const struct code_table *table;
    const struct condition *when;
    bool is_list, is_first, is_dropped_on_fault;
    struct take *parts; /* of a group or composite value */
    struct take *next;  /* beside it; takes of the same key add up */
    const struct node *at;
};

struct map_record {
    const struct definition *definition;
    const struct condition *when;
    const struct format_piece *id;
    size_t id_count;
    str id_prefix; /* literal start of the id: the owner's records a snapshot speaks for */
    struct take *fields;
    struct take *envelope;
    struct map_record *next;
};

enum expect_kind { EXPECT_RECORDS, EXPECT_FILLED, EXPECT_REJECTED, EXPECT_WITHDRAWN };
struct expectation {
    enum expect_kind kind;
    const struct definition *definition;
    const struct field *field; /* FILLED */
    double min, max;           /* max < 0: none */
    struct expectation *next;
};

struct mapping {
    str name, title, owner, source_type;
    const char *file;
    enum feed_kind feed;
    unsigned review_days;        /* 0: as late as the definition allows */
    const struct node *envelope; /* constant keys */
    bool is_bodies;              /* rows are bodies already: bureau-ndjson */
    bool is_tree;
    bool is_slip_checked; /* dates of the source have no stated order: ambiguous ones are refused */
    struct source_table tables[MAPPING_TABLES_MAX];
    size_t table_count;
    struct explode explodes[MAPPING_EXPLODES_MAX];
    size_t explode_count;
    const struct node *code_tables; /* named ones, for the loader */
    struct map_record *records;
    const struct node *ignore;
    struct expectation *expectations;
    struct ref *refs;
    struct pattern **patterns; /* to be freed */
    size_t pattern_count, pattern_max;
    const struct catalog *catalog;
    struct arena arena;
};

/* formats/<name>.yaml. ERR_NOT_FOUND; otherwise file, line and column of the first fault. */
enum err mapping_load(const struct catalog *catalog, const char *path,
                      struct mapping **ret) MUST_USE;
/* The same from a text; path is what messages say. */
enum err mapping_parse(const struct catalog *catalog, const char *path, str text,
                       struct mapping **ret) MUST_USE;
/* The national template of a database; takes come with the heading row, in mapping_bind(). */
enum err mapping_of_template(const struct catalog *catalog, const struct definition *definition,
                             struct mapping **ret) MUST_USE;
/* Bodies, one a line. */
enum err mapping_of_bodies(const struct catalog *catalog, struct mapping **ret) MUST_USE;
void mapping_free(struct mapping *mapping);

/*
 * The heading row of a table has been read. ERR_SYNTAX when a column the mapping cannot do without
 * is not there.
 */
enum err mapping_bind(struct mapping *mapping, size_t index, const str *names,
                      size_t count) MUST_USE;
/* Adds the takes of a template whose heading row has these names (template.c). */
enum err template_bind(struct mapping *mapping, const str *names, size_t count) MUST_USE;

/* Is this column or path read, joined on or ignored? */
bool mapping_knows(const struct mapping *mapping, size_t table, str name);
bool mapping_ignores(const struct mapping *mapping, size_t table, str name);
/* The first take of the field a path leads to; NULL. */
const struct take *mapping_take_of(const struct map_record *record, str path);
/* The sender's column(s) a take's field at path comes from, for messages: "alt.alt_name". */
str mapping_column_of(const struct mapping *mapping, const struct take *take, str path,
                      struct arena *arena);

/* ---- normalisers: the closed list `via` chooses from (normalise.c) ---- */
struct normaliser {
    const char *name;
    bool takes_argument;
    const char *help;
    /* text -> text in the arena; a text it does not understand comes back unchanged. */
    str (*run)(str text, str argument, struct arena *arena);
};
const struct normaliser *normaliser_find(str name);
size_t normaliser_count(void);
const struct normaliser *normaliser_at(size_t index);

/* ---- loader parts (mapping_take.c) ---- */
struct take_scope { /* what names mean while a take is loaded */
    struct mapping *mapping;
    const struct definition *definition;
    size_t table;                /* REF_CELL names without a table belong to it */
    const struct pattern *match; /* its groups come first */
    bool is_piece;               /* inside an exploded text or a list of texts */
    str path;                    /* of the `each` around a PATH */
};
enum err mapping_ref(struct take_scope *scope, const struct node *node, struct ref **ret) MUST_USE;
enum err mapping_format(struct take_scope *scope, const struct node *node,
                        const struct format_piece **ret, size_t *ret_count) MUST_USE;
enum err mapping_condition(struct take_scope *scope, const struct node *node,
                           const struct condition **ret) MUST_USE;
enum err mapping_takes(struct take_scope *scope, const struct node *node, const struct field *group,
                       const struct type *composite, struct take **ret) MUST_USE;
enum err mapping_envelope_takes(struct take_scope *scope, const struct node *node,
                                struct take **ret) MUST_USE;
/* An error at a node of the mapping file. */
enum err mapping_fault(const struct mapping *mapping, const struct node *node, enum err code,
                       const char *format, ...) PRINTF(4, 5);
/* 90d, 26w, 6mo, 1y */
enum err mapping_days(const struct mapping *mapping, const struct node *node,
                      unsigned *ret) MUST_USE;
/* Checks that a map holds no other keys than these (NULL-terminated). */
enum err mapping_keys(const struct mapping *mapping, const struct node *map,
                      const char *const *allowed) MUST_USE;

#endif
