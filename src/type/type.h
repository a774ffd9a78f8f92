/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A field type is a kind of value: one C file (src/type/<name>.c) that fills a `struct type` and is
 * listed in type_table.c. A definition says `type: vin`; the engine calls the behaviours below and
 * knows nothing else of vehicles.
 *
 * What is stored of a value is what was given (a text, or a map for composite types such as name,
 * address, plate): the `input` node. Everything else - normal form, check result, keys, parsed
 * detail - is computed by parse(), which is a pure function of input and context. A failed check
 * digit is a fact about a value (`check`, `note`), not an error: parse() fails only on what cannot
 * be such a value at all (ERR_BAD_VALUE with reason and, where there is one, a hint).
 *
 *   struct value v;
 *   TRY(type->parse(context, node_text(arena, S("1M8GDM9AXKP042788")), arena, &v));
 *   v.norm -> "1M8GDM9AXKP042788", v.check -> CHECK_OK
 */
#ifndef TYPE_TYPE_H
#define TYPE_TYPE_H

#include "codec/node.h"
#include "crypto/crypto.h"
#include "type/codes.h"

enum check {
    CHECK_NONE, /* the kind of value has no check digit, or this instance none */
    CHECK_OK,
    CHECK_FAILED, /* shown, asked about, never refused */
};

struct type;

struct value {
    const struct type *type;
    const struct node *input; /* what is stored */
    str raw;                  /* as typed, one line */
    /* canonical: two values of a type are the same iff norm is equal */
    str norm;
    enum check check;
    /* what the check found or how the value was understood, English; "" if nothing to say */
    str note;
    /* input text of the one reading that would make a failed check agree; "" if there is none */
    str repair;
    /* parsed form, private to the type and those who include its header (name.h, date.h) */
    const void *detail;
};

/* What parsing and printing may depend on besides the input. Immutable while shared. */
struct type_context {
    const struct codes *codes; /* all code lists */
    /* of this field (`type: code, list: sex`); else NULL */
    const struct code_list *list;
    const struct secret_key *hash_key; /* for values kept only as keyed hash (card) */
    struct day today;
    /* default country (alpha-3) for plates, phones without prefix; "" if unknown */
    str country;
};

/*
 * Index keys of a value. EXACT decides a hit. SKELETON (confusable characters folded, e.g. O->0
 * I->1) and PARTIAL (last six of a VIN or serial) lead to "similar". RANGE covers all byte strings
 * lo..hi (document batches, IP networks); the probe of a single value against ranges is its EXACT
 * text padded as the type documents. `space` names the keyspace, usually the type's name, so that
 * the same number in different databases meets.
 */
enum key_kind { KEY_EXACT, KEY_SKELETON, KEY_PARTIAL, KEY_RANGE };
struct key {
    enum key_kind kind;
    str space;
    str text; /* RANGE: lo */
    str to;   /* RANGE: hi, else empty */
};
struct key_sink {
    /* key is copied or used at once */
    void (*add)(struct key_sink *sink, const struct key *key);
    bool is_lookup; /* EXACT and RANGE keys will do: others need not be made */
    /* asked for: the skeleton even of a text that is its own, under which it is not held twice */
    bool is_asked;
};

/*
 * How two values of a type stand to each other; the ladder of levels is the type's own, best first,
 * 0 = same.
 */
enum agreement {
    AGREE_SAME, /* equal after normalisation */
    /* a difference the type explains: one character, swapped day and month, year only, contained */
    AGREE_CLOSE,
    AGREE_FAR,      /* weak: same region, neighbouring year */
    AGREE_UNKNOWN,  /* nothing to compare: missing parts */
    AGREE_DIFFERENT /* contradiction */
};
struct comparison {
    enum agreement agreement;
    double similarity; /* 1 same .. 0 nothing alike, for evidence scoring and bars */
    /* the type's own level, index into its level names (documented in its file) */
    uint8_t level;
    char words[448]; /* marked (base/said.h): "year agrees, day and month swapped" */
};

/* What a line of text could be. Several types answer for one text; the user sees them as chips. */
struct reading {
    const struct type *type;
    struct value value;
    /* 0..100: 100 = check digits agree on a long number; 50 = shape fits; 10 = anything fits */
    unsigned confidence;
    str title; /* "passport machine-readable zone (TD3)", "IBAN (Germany)" */
};

/*
 * A composite value's parts: an MRZ gives document-number, issuer, birth-date, name ... each as
 * (meaning, value).
 */
struct part_sink {
    void (*add)(struct part_sink *sink, str meaning, const struct value *value);
};

struct type {
    const char *name;  /* "document-number", as definitions write it */
    const char *title; /* English, for people */
    /* what is accepted, one or two sentences; shown in templates, forms, reference */
    const char *help;
    /* keys a map input may have, NULL-terminated; NULL: text only */
    const char *const *maps;
    /* names: candidates come from the token index, not from keys */
    bool is_fuzzy;
    bool is_key; /* has keys(): can be `pivot`, can be asked for alone */
    /* card: what was typed must be kept nowhere (audit, history, drafts): keep value.raw instead */
    bool is_secret;

    enum err (*parse)(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret) MUST_USE;
    /* for people: "GB82 WEST 1234 ..." */
    void (*print)(const struct value *value, struct buf *out);
    /* NULL: not searchable by key */
    void (*keys)(const struct value *value, struct key_sink *sink);
    void (*compare)(const struct value *asked, const struct value *held, struct comparison *ret);
    /* masked view: "L8*****C3"; NULL: all stars */
    void (*redact)(const struct value *value, struct buf *out);
    /*
     * A fictional valid value as input text, same random state -> same text. hint: "" or e.g. a
     * country.
     */
    void (*sample)(struct random *random, str hint, struct buf *out);
    /*
     * Fills at most max readings of free text, returns how many. NULL: never recognised in the
     * one-line box.
     */
    size_t (*recognise)(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max);
    /* NULL: not composite */
    void (*parts)(const struct value *value, struct arena *arena, struct part_sink *sink);
    /*
     * Near misses worth probing (one character wrong, missing, doubled, swapped; confusables): NULL
     * for the generic ones.
     */
    void (*neighbours)(const struct value *value, struct key_sink *sink);
    /* characters of a normal form, for generic neighbours; empty: none are made */
    str alphabet;
};

const struct type *type_find(str name); /* NULL when there is none */
size_t type_count(void);
const struct type *type_at(size_t index); /* 0 .. type_count()-1, a stable order by name */

/* parse() from text, the usual case. */
enum err type_parse_text(const struct type *type, const struct type_context *context, str text,
                         struct arena *arena, struct value *ret) MUST_USE;
/* Asks all types; readings by confidence, highest first; returns how many. */
size_t type_recognise(const struct type_context *context, str line, struct arena *arena,
                      struct reading *out, size_t max);

/*
 * The EXACT keys one slip away from a value: a character wrong, missing, added, two swapped; from
 * type->neighbours where a type knows better. At most 2 * (length + 1) * alphabet + 2 * length
 * keys, 700 for nine of A-Z 0-9.
 */
void type_neighbours(const struct value *value, struct key_sink *sink);

#endif
