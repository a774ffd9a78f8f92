/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this module share: reading the input text, folding it to plain characters,
 * keeping results, comparing identifiers, check digits. Not for other modules.
 *
 *   TRY(type_begin(&type_vin, input, 64, ret)); // ret->raw is the trimmed text
 *   struct folded folded;
 *   TRY(fold_identifier(&type_vin, ret->raw, FOLD_DROP_MARKS, &folded));
 *   return type_keep(arena, folded_str(&folded), &ret->norm);
 */
#ifndef TYPE_INTERNAL_H
#define TYPE_INTERNAL_H

#include "type/type.h"

/* A str in a static initialiser. */
#define STR_INIT(literal)               \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }

extern const struct type *const type_table[];
extern const size_t type_table_count;

/* ---- beginning and ending a parse ---- */

/*
 * Fills type, input, raw (trimmed; at most max bytes), note ""; the input must be a scalar that is
 * not blank.
 */
enum err type_begin(const struct type *type, const struct node *input, size_t max,
                    struct value *ret) MUST_USE;
/* The same for a text that was taken from a map. */
enum err type_begin_text(const struct type *type, const struct node *input, str text, size_t max,
                         struct value *ret) MUST_USE;
/* Copies text into the arena; ERR_LIMIT when it is full. */
enum err type_keep(struct arena *arena, str text, str *ret) MUST_USE;

/* At most `max` bytes of a text for a message, never half a character. */
static inline str type_head(str text, size_t max)
{
    size_t len = text.len < max ? text.len : max;
    while (len && len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--;
    return str_of(text.ptr, len);
}

/* ---- folding ---- */

enum { FOLD_MAX = 256 };
struct folded {
    char text[FOLD_MAX + 1];
    size_t len;
    bool had_letters, had_digits;
};
static inline str folded_str(const struct folded *folded)
{
    return str_of(folded->text, folded->len);
}
/*
 * To A-Z 0-9: case, full-width forms, digits of other scripts, Cyrillic and Greek letters that look
 * Latin; blanks, dashes, dots, slashes and invisible marks are dropped. `keep` lists ASCII marks
 * that stay. Anything else: ERR_BAD_VALUE naming the character.
 */
enum err fold_identifier(const struct type *type, str text, const char *keep,
                         struct folded *ret) MUST_USE;
/*
 * The same, but letters of other scripts stay, in upper case where that is simple: serials and
 * plates may hold them.
 */
enum err fold_loosely(const struct type *type, str text, const char *keep,
                      struct folded *ret) MUST_USE;
/* One code point to its ASCII look-alike in upper case; 0: to be dropped; > 127: has none. */
uint32_t fold_character(uint32_t c);
/*
 * O Q D->0  I L->1  S->5  B->8  Z->2  G->6: characters that people and readers confuse become one.
 */
char skeleton_character(char c);
void skeleton_of(str text, struct folded *ret);
bool str_is_digits(str text);
bool str_is_in(str text, const char *alphabet);
/*
 * Takes a label such as "IMO" or "vin:" off the front of *text, ignoring case; says whether there
 * was one.
 */
bool str_cut_label(str *text, str label);
size_t str_count_digits(str text);

/* ---- keys, comparison, printing ---- */

void type_add_key(struct key_sink *sink, enum key_kind kind, str space, str text);
/*
 * EXACT of norm and SKELETON of its skeleton, in the keyspace of the type's name. Two in three
 * numbers hold no character that is easily confused: their skeleton is the number, and is left out
 * of what is held. Who asks for a skeleton asks for an EXACT key of the same text too.
 */
void type_keys_identifier(const struct value *value, struct key_sink *sink);
/* EXACT only. */
void type_keys_exact(const struct value *value, struct key_sink *sink);
/* Levels: 0 same, 1 confusable characters, 2 one slip, 3 two slips, 4 different. */
void type_compare_identifier(const struct value *asked, const struct value *held,
                             struct comparison *ret);
/* Levels: 0 same, 1 different. */
void type_compare_exact(const struct value *asked, const struct value *held,
                        struct comparison *ret);
/* The generic neighbours of a text over an alphabet, as EXACT keys: see type_neighbours(). */
void type_text_neighbours(str space, str text, str alphabet, struct key_sink *sink);
void comparison_set(struct comparison *ret, enum agreement agreement, unsigned level,
                    double similarity, const char *format, ...) PRINTF(5, 6);
void type_print_norm(const struct value *value, struct buf *out);
void type_print_groups(str text, size_t group, struct buf *out); /* "GB82 WEST 1234" */
/* First two and last two characters, stars between; all stars when shorter than 6. */
void type_redact_middle(const struct value *value, struct buf *out);
/* Cuts "what: value" notes to the arena; "" when it is full. */
str type_note(struct arena *arena, const char *format, ...) PRINTF(2, 3);

/*
 * One reading of `line` by `type`: parses, fills out[0]; 0 when it does not parse. The error is
 * cleared.
 */
size_t type_read(const struct type *type, const struct type_context *context, str line,
                 struct arena *arena, struct reading *out, size_t max, unsigned confidence);
/*
 * A part of a composite value: `text` parsed by the type named `type_name`; silently left out when
 * it does not parse.
 */
void type_add_part(struct part_sink *sink, const struct type_context *context, struct arena *arena,
                   str meaning, str type_name, str list, str text);
/*
 * The code of a list whose code is the longest prefix of text, min..max bytes; NULL when there is
 * none, or no such list.
 */
const struct code *code_by_prefix(const struct type_context *context, str list, str text,
                                  size_t min, size_t max);
/* What people call a code of a list; the code itself when it is unknown. */
str code_title(const struct type_context *context, str list, str code);
void sample_characters(struct random *random, const char *alphabet, size_t count, struct buf *out);
void sample_digits(struct random *random, size_t count, struct buf *out);

/* ---- check digits ---- */

/* Luhn (ISO/IEC 7812-1 annex B) over digits, the last being the check digit. */
bool luhn_is_ok(str digits);
char luhn_digit(str digits_without_check);
/* ISO 7064 mod 97-10 of digits and letters (A=10 .. Z=35): 1 when the check characters agree. */
unsigned mod97(str text);
/* ICAO Doc 9303: weights 7 3 1, 0-9, A=10 .., '<'=0; the digit as a character. */
char icao_digit(str text);

#endif
