/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model: definitions loaded into an immutable catalog, and what they describe: records, envelopes,
 * actors, queries.
 *
 *   struct catalog *catalog; // definitions and code lists under `home`
 *   TRY(catalog_load(home, &catalog));
 *   const struct definition *d = catalog_find(catalog, name);
 *   struct record record;
 *   TRY(record_parse(catalog, d, body_node, arena, &record));  // parsed, checked
 *   for (size_t i = 0; i < record.count; i++)
 *       ... record.values[i].field->name ... record.values[i].value.norm
 *
 * A record's values are a flat list of (field, row, value): `row` numbers the entries of a list of
 * groups, so that documents[1].number and documents[1].issuer share row 1. A query is a flat list
 * of (meaning, value).
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "type/type.h"

enum { DEFINITION_MAX = 512, FIELD_MAX = 256, MEANING_MAX = 512, PURPOSE_MAX = 64 };

/* A set of purposes, databases ... by number in their code list or catalog. */
typedef uint64_t purpose_set; /* bit = code->number in codes/purposes.csv */

struct field {
    str name; /* "number" */
    str path; /* "documents.number" */
    str title[LANGUAGE_COUNT];
    str help;
    uint16_t number;                   /* dense within the definition, groups included */
    const struct type *type;           /* NULL: a group of fields */
    const struct code_list *list;      /* for `type: code` */
    const struct field *parent;        /* enclosing group or NULL */
    const struct field *const *fields; /* of a group */
    size_t field_count;
    str meaning;             /* term of codes/meanings.csv; empty: not searched */
    uint16_t meaning_number; /* 1.. in meanings.csv; 0 none */
    bool is_list;            /* several values, or several groups */
    bool is_required, is_pivot, is_shown_always, is_blind, is_retired;
    bool is_fixed; /* once given it stays: a correction must not change it */
    /* `read:`; 0: whoever may read the record. Else one of these roles and of these purposes. */
    uint64_t read_roles; /* bits by number in codes/audiences.csv */
    purpose_set read_purposes;
    uint8_t slot; /* place in the parent's (or definition's) `fields` */
};

struct evidence_group {
    const uint16_t *meanings;
    size_t count;
};

/* An owner has at most one open record in which all of these agree. */
enum { UNIQUE_MAX = 8, UNIQUE_FIELDS_MAX = 8 };
struct unique {
    const struct field *fields[UNIQUE_FIELDS_MAX];
    size_t count;
};

/* Which fields an audience class sees: all, hit-only (none), or a list. */
enum show_kind { SHOW_HIT_ONLY, SHOW_FIELDS, SHOW_ALL };
struct show_rule {
    str audience; /* role name (frontline, national-bureau, ...) or "others" */
    enum show_kind kind;
    const struct field *const *fields;
    size_t field_count;
};

struct example { /* of examples: a record; of find: and miss: a query and what it must (not) find */
    str title;
    const struct node *body;  /* examples */
    const struct node *query; /* find, miss: map meaning -> text, or {text: "..."} */
    size_t example;           /* index into examples */
};

/* `may:` who may do what with a database; roles as bits, 0: all that may do it anywhere. */
enum database_action {
    MAY_SEARCH,
    MAY_READ,
    MAY_WRITE,
    MAY_IMPORT,
    MAY_FEED,
    MAY_APPROVE, /* what another entered */
    MAY_COUNT
};
struct may_rule {
    uint64_t roles;
    purpose_set purposes; /* 0: all of the definition's */
};

/*
 * `approval:` and `screen:` what waits for a second person; 0: no such bound. Shares in percent; no
 * share or multiple speaks of fewer than `least` records.
 */
struct screen {
    bool needs_second, import_needs_second; /* four-eyes */
    unsigned withdrawn, changed, refused;   /* of what is held, of what is held, of rows read */
    unsigned volume;                        /* times what is usual for the owner */
    const struct field *burst;              /* NULL: none; else new records that agree in it: */
    unsigned burst_share;
    unsigned least;
};

struct life; /* states, moves, clocks: life.h */
struct rule; /* a condition and what to say when it does not hold: rule.c */
struct retain {
    const struct rule *when; /* NULL: always */
    unsigned first_days;     /* how long after entry the review date may lie at most */
    unsigned remind_days;    /* how long before it the owner is told */
};

struct definition {
    str name;
    str title[LANGUAGE_COUNT];
    str help;
    str kind;         /* "record" or "system" ... */
    uint16_t number;  /* dense in this catalog, by name; not on disk */
    uint16_t version; /* stored with every record version */
    bool is_local;    /* never leaves the node */
    str owner;        /* "any" or the one country or body that may own */
    purpose_set purposes;
    const struct field *const *fields; /* top level */
    size_t field_count;
    const struct field *const *all; /* every field by number, groups too */
    size_t all_count;
    const struct field *order_by; /* date field the index is ordered by; NULL */
    bool has_evidence;            /* scored in bits */
    const struct evidence_group *groups;
    size_t group_count;
    const struct unique *uniques;
    size_t unique_count;
    bool has_fixed; /* some field is */
    const struct show_rule *shows;
    size_t show_count;
    struct may_rule may[MAY_COUNT];
    struct screen screen;
    const struct rule *rules;     /* cross-field, compiled; checked by record_parse */
    const struct retain *retains; /* the first whose condition holds; the last has none */
    size_t rule_count, retain_count;
    const struct rule
        *achieved;             /* holds once there is nothing left to seek; NULL: never by itself */
    bool is_lasting;           /* `lapse: no`: while active it does not end by itself */
    unsigned achieved_days;    /* from then on, to delete the record or say why not */
    unsigned sample_per_1000;  /* records a fictional world has per 1,000 persons */
    str sample_link;           /* how such a record is linked to its person; "" not at all */
    str sample_action;         /* what is to be done with such a thing; "" left to chance */
    const struct node *source; /* the whole definition as read, for reference pages */
    const struct example *examples, *finds, *misses;
    size_t example_count, find_count, miss_count;
    const struct life *life; /* `life:`; NULL: it has none */
    str file;
};

struct catalog {
    const struct definition *const *definitions; /* by number */
    size_t count;
    struct codes *codes;
    const struct code_list *purposes, *meaning_list; /* codes/purposes.csv, codes/meanings.csv */
    const struct meaning_use *meanings; /* by number: how fields with this meaning are typed */
    size_t meaning_count;
    struct hash hash;           /* over all definition and code files: in every audit entry */
    struct secret_key hash_key; /* for values kept as keyed hashes; set by the node before use */
    struct arena arena;
    str home;
};

/* ERR_SYNTAX, ERR_UNKNOWN ... with file, line, column, key, and how many more faults there are. */
enum err catalog_load(const char *home, struct catalog **ret) MUST_USE;
void catalog_free(struct catalog *catalog);
/* What `bureau check` prints: every fault of every file and example. OK when there is none. */
enum err catalog_check(const char *home, struct buf *report) MUST_USE;
const struct definition *catalog_find(const struct catalog *catalog, str name);
const struct field *definition_field(const struct definition *definition, str path);
/* Is it police data that searches, feeds and forms of records are about? Tickets and what the node
 * keeps for itself have doors of their own. */
bool definition_is_data(const struct definition *definition);
bool definition_is_ticket(const struct definition *definition);
/* The context for parsing a value of `field` (NULL: a query value of no field). */
struct type_context catalog_context(const struct catalog *catalog, const struct field *field);
/* In codes/purposes.csv; purpose_find gives false when unknown. */
bool purpose_find(const struct catalog *catalog, str code, uint16_t *ret);
str purpose_code(const struct catalog *catalog, uint16_t number);
uint16_t meaning_number(const struct catalog *catalog, str meaning); /* 0: unknown */
str meaning_name(const struct catalog *catalog, uint16_t number);
/* How a query value is parsed: the type most fields of this meaning have. NULL: none has it. */
const struct type *meaning_type(const struct catalog *catalog, uint16_t meaning,
                                const struct code_list **ret_list);

/* ---- envelope: what every record carries beside its fields ---- */

enum state {
    STATE_ACTIVE,
    STATE_SUSPENDED,
    STATE_CANCELLED,
    STATE_EXPIRED,
    STATE_DELETED,
    STATE_COUNT
};
enum confidentiality { CONF_OFFICIAL, CONF_RESTRICTED, CONF_CONFIDENTIAL };
enum sensitive {
    SENSITIVE_BIOMETRIC = 1,
    SENSITIVE_VICTIM = 2,
    SENSITIVE_MINOR = 4,
    SENSITIVE_HEALTH = 8
};
enum disclosure { DISCLOSE_NONE, DISCLOSE_HIT_ONLY, DISCLOSE_MASKED, DISCLOSE_FULL };
const char *state_word(enum state state); /* "active" ... */
bool state_parse(str word, enum state *ret);
const char *disclosure_word(enum disclosure disclosure);

struct envelope {
    str owner;              /* required: alpha-3 or body code */
    str unit;               /* owner's unit */
    str ref;                /* owner's own reference, unique per (definition, owner); "" if none */
    str bureau_ref;         /* that of the owner's national bureau, where it is another */
    purpose_set purposes;   /* required */
    struct day review_on;   /* required */
    struct day event_on;    /* when it happened; never later than the entry */
    struct day achieved_on; /* found, returned: since when there is nothing left to seek */
    enum confidentiality confidentiality;
    str handling;            /* H0..H3, with text after a blank */
    char source_grade;       /* A B C X or 0 */
    char information_grade;  /* 1..4 or 0 */
    const str *allow, *deny; /* audience: countries, bodies, units; empty allow: all */
    size_t allow_count, deny_count;
    enum disclosure disclose;     /* owner's ceiling; default full */
    unsigned sensitive;           /* enum sensitive bits */
    str legal_basis, action;      /* action to take: code of codes/actions.csv and text */
    const struct node *cautions;  /* list of codes of codes/cautions.csv */
    const struct node *evidence;  /* list of {sha256, mime, size, label} */
    const struct node *extension; /* reason, by, when, from; achieved: although it was */
    bool is_silent;               /* `notify: silent`: its owner asks to be told of hits */
    bool is_test;                 /* official test record: flagged in every answer */
};
/* `node` is the "envelope" of a body. ERR_MISSING for owner, purposes, review_on. */
enum err envelope_parse(const struct catalog *catalog, const struct node *node, struct arena *arena,
                        struct envelope *ret) MUST_USE;
struct node *envelope_print(const struct catalog *catalog, const struct envelope *envelope,
                            struct arena *arena);

/* ---- records ---- */

/*
 * Ordered by time within its home, which numbers its records. As text, "4D2KX9A-7K3M9QXR2BTM", the
 * number stands behind a mask of the home's and tells nothing (id.c); formatting and parsing take
 * 125 to 270 ns.
 */
struct record_id {
    uint32_t home;
    uint64_t number; /* 1.. */
};
enum { RECORD_ID_TEXT = 24 };
const char *record_id_format(struct record_id id, char out[RECORD_ID_TEXT]);
bool record_id_parse(str text, struct record_id *ret);
/*
 * How the numbers of one home are shown: its store has the key, and puts it on while it is open.
 * Without one, as for records of other homes, the number is shown as it is.
 */
struct record_id_mask {
    uint32_t home;
    struct secret_key key;
    void *context; /* of other functions than id.c's */
    uint64_t (*show)(const struct record_id_mask *mask, uint64_t number);
    uint64_t (*find)(const struct record_id_mask *mask, uint64_t shown); /* 0: no number */
};
void record_id_mask_init(struct record_id_mask *mask, uint32_t home, const struct secret_key *key);
void record_id_mask_on(const struct record_id_mask *mask); /* kept, not copied */
void record_id_mask_off(const struct record_id_mask *mask);

struct field_value {
    const struct field *field;
    uint16_t row;
    struct value value;
};
struct record {
    struct record_id id;
    uint32_t version; /* 1.. */
    uint64_t seq;     /* of this version in the node's feed */
    enum state state;
    const struct definition *definition;
    struct envelope envelope;
    const struct field_value *values; /* in definition order, rows in input order */
    size_t count;
    const struct node
        *body; /* {"envelope":{...},"fields":{...}} as given; unknown fields are kept in it */
    uint32_t unknown_count;    /* fields the definition does not know: kept, passed on, not shown */
    uint32_t unreadable_count; /* record_read: stored values that no longer parse */
    int64_t entered_us, updated_us;
};

/*
 * What is wrong with a body, value by value. record_check() is for what is entered here: it goes on
 * after a fault, so that a form or an import row shows all of them, gives the code of the first,
 * and takes a field that the definition does not know for a slip. record_parse() is for bodies of
 * other nodes: it fails at the first fault, and keeps what it does not know.
 */
struct fault {
    str path;  /* "documents[1].number": rows count from 1 where people read them */
    str value; /* the offending text */
    enum err code;
    str reason, hint;
    struct say say; /* of the reason */
};
struct faults {
    struct fault *items;
    size_t count, max; /* at most 64 are kept; count goes on */
};
enum err record_parse(const struct catalog *catalog, const struct definition *definition,
                      const struct node *body, struct arena *arena, struct record *ret) MUST_USE;
enum err record_check(const struct catalog *catalog, const struct definition *definition,
                      const struct node *body, struct arena *arena, struct record *ret,
                      struct faults *faults) MUST_USE;
/* The first of them as the thread's error, by where it stands; `code` where none was kept. */
enum err faults_first(const struct faults *faults, enum err code);
/*
 * For a body that was accepted before and is stored: required, rules and unknown codes do not stand
 * in the way of reading it; a value that no longer parses is left out of `values` and counted.
 * Fails only when body has not the shape of one.
 */
enum err record_read(const struct catalog *catalog, const struct definition *definition,
                     const struct node *body, struct arena *arena, struct record *ret) MUST_USE;
/*
 * The bytes to store: {"envelope":...,"fields":...} with fields in definition order, unknown ones
 * last by name; each value as its type keeps it (value.input), so that what a type does not keep,
 * such as a whole card number, is not in it.
 */
enum err record_canonical(const struct catalog *catalog, const struct record *record,
                          struct buf *out) MUST_USE;
/*
 * What `next` may not change of `held`, which it corrects: the values of fields that are `fixed`.
 * Given where there was none before is no change. Faults as record_check() has them.
 */
enum err record_check_fixed(const struct record *held, const struct record *next,
                            struct arena *arena, struct faults *faults) MUST_USE;
/*
 * The values that make a record unique, one of each field, in *ret_values; false when one is not
 * there: then nothing can be the same.
 */
bool record_unique(const struct record *record, const struct unique *unique,
                   const struct value *ret_values[UNIQUE_FIELDS_MAX]);
/* The latest day the review of a record entered on `entered` may be put off to. */
struct day record_review_max(const struct record *record, struct day entered);
/*
 * Since when there is nothing left to seek, as the envelope says, or, where the definition has a
 * condition for it and that holds, `otherwise`; month 0: it is still sought.
 */
struct day record_achieved(const struct record *record, struct day otherwise);

/* ---- who asks ---- */

/* Databases (all definitions) by number. */
struct definition_set {
    uint64_t bits[DEFINITION_MAX / 64];
};
static inline bool definition_set_has(const struct definition_set *set, uint16_t number)
{
    return number < DEFINITION_MAX && (set->bits[number / 64] >> (number % 64) & 1);
}
static inline void definition_set_add(struct definition_set *set, uint16_t number)
{
    if (number < DEFINITION_MAX)
        set->bits[number / 64] |= (uint64_t)1 << (number % 64);
}

/* Made by identity for each request, or by hand: all zero is one of no country, with no rights, not
 * limited to some databases, and under no measure. */
struct actor {
    str officer;          /* "o-1043", never a name */
    str unit;             /* "FRA/border-cdg" */
    str country;          /* alpha-3 or body */
    str role;             /* the one acted in: frontline, investigator ... of codes/audiences.csv */
    uint64_t roles;       /* all of them: bits by number in codes/audiences.csv */
    uint16_t purpose;     /* number in codes/purposes.csv, for one request */
    str reference;        /* case reference, may be empty */
    purpose_set purposes; /* allowed */
    bool may_write, may_administer, may_audit;
    bool is_limited; /* to `databases`; else to none in particular */
    struct definition_set databases;
    bool is_break_glass; /* a grant taken in an emergency is in force: */
    str break_glass_of;  /* for the records of this owner; empty: of all */
    bool is_integrating; /* a system that asks for others */
    str on_behalf_of;    /* the officer it asks for; empty: none was named */
    uint64_t session;    /* number of the browser's session; 0: token, certificate, socket */
    str terminal;        /* id of the shared terminal he has taken over; empty: none */
    /* Measures against the actor's country, now. */
    struct definition_set read_only, suspended, pre_approval;
    uint32_t rate; /* requests a second; 0: no measure */
};

/* ---- what an actor may see: made by policy only, read by everything that prints ---- */

struct view_item {
    const struct field *field;
    uint16_t row;
    const struct value *value; /* NULL when masked */
    str text;                  /* what may be shown: printed value, or its redacted form */
    bool is_masked;
};
struct view {
    enum disclosure disclosure;
    struct record_id id;
    uint32_t version;
    const struct definition *definition;
    str owner, unit;
    enum state state;
    bool is_test;
    const struct node *cautions; /* shown with every class but hit-only */
    str action, handling;
    struct day review_on;
    int64_t entered_us, updated_us;
    const struct view_item *items;
    size_t count;
    const struct record *record; /* NULL unless full: for editing and export */
};

#endif
