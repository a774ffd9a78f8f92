/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine-readable zone of travel documents (ICAO Doc 9303 parts 3-7): what a value of type
 * `mrz` holds in its detail, and the writing of zones for samples and tests.
 *
 *   const struct mrz *mrz = mrz_of(&value);
 *   str number = mrz_number(mrz, buffer);             // long numbers put together
 *   if (mrz->checks[MRZ_BIRTH] == CHECK_FAILED) ...
 */
#ifndef TYPE_MRZ_H
#define TYPE_MRZ_H

#include "type/type.h"

enum { MRZ_LENGTH_MAX = 90, MRZ_NUMBER_MAX = 32 };

enum mrz_format {
    MRZ_TD1,       /* 3 x 30: identity cards, permits */
    MRZ_TD2,       /* 2 x 36 */
    MRZ_TD3,       /* 2 x 44: passports */
    MRZ_VISA_A,    /* 2 x 44 */
    MRZ_VISA_B,    /* 2 x 36 */
    MRZ_TWO_NAMES, /* 2 x 36: national layout with given names in the second line, no expiry */
    MRZ_FORMAT_COUNT
};
enum mrz_check { MRZ_NUMBER, MRZ_BIRTH, MRZ_EXPIRY, MRZ_OPTIONAL, MRZ_COMPOSITE, MRZ_CHECK_COUNT };

struct mrz {
    enum mrz_format format;
    bool has_line[3]; /* a scanner may have sent one line alone; absent lines are '<' in the zone */
    char zone[MRZ_LENGTH_MAX + 1]; /* all lines without separators */
    enum check checks[MRZ_CHECK_COUNT];
    struct type_context context; /* for reading the parts */
};

struct mrz_span {
    unsigned char from, len; /* in the zone */
};
struct mrz_layout {
    const char *title;
    unsigned char lines, width;
    struct mrz_span document_class, issuer, name, given; /* given: only where it stands apart */
    struct mrz_span number, nationality, birth, expiry, optional, optional2;
    unsigned char sex;
    unsigned char check_at[MRZ_CHECK_COUNT]; /* 0: none */
    struct mrz_span composite[4];
};
extern const struct mrz_layout mrz_layouts[MRZ_FORMAT_COUNT];
extern const char *const mrz_check_names[MRZ_CHECK_COUNT];

static inline const struct mrz *mrz_of(const struct value *value)
{
    return value->detail;
}
static inline str mrz_text(const struct mrz *mrz, struct mrz_span span)
{
    return str_of(mrz->zone + span.from, span.len);
}

/*
 * Reads folded text (A-Z 0-9 '<' and line feeds) as the format it fits best; false with *ret_why
 * when it is no zone. Missing fillers at the ends of lines are added where line feeds show that
 * they are missing.
 */
bool mrz_read(str text, struct mrz *ret, const char **ret_why);
/* The same for a text of full length as one format, whatever its check digits say. */
void mrz_read_as(enum mrz_format format, str zone, struct mrz *ret);
/*
 * Works out checks[] of the zone; returns the whole: OK, FAILED, or NONE when no check digit is at
 * hand.
 */
enum check mrz_verify(struct mrz *mrz);
/* Digits where only digits stand, letters where only letters do: misread without doubt. */
void mrz_turn_certain(struct mrz *mrz);
/* The document number, with its overflow into the optional field; into out; fillers cut. */
str mrz_number(const struct mrz *mrz, char out[MRZ_NUMBER_MAX]);
/*
 * The fewest characters read otherwise (0 for O, 5 for S ...) that make all check digits agree, two
 * at most where both a letter and a digit may stand. 0 or the count of places in which *ret
 * differs; none when others would do equally well (then *ret_is_open says so).
 */
size_t mrz_repair(const struct mrz *mrz, struct mrz *ret, bool *ret_is_open);

/*
 * What a zone says, for writing one. Dates YYMMDD; names "ERIKSSON<<ANNA<MARIA"; fillers are added,
 * excess is cut.
 */
struct mrz_contents {
    str document_class, issuer, number, nationality, birth, expiry, optional, name;
    char sex;
};
/*
 * Lines with line feeds between them, check digits filled in; numbers longer than 9 overflow as
 * 9303-5 has it.
 */
void mrz_write(enum mrz_format format, const struct mrz_contents *contents, struct buf *out);

/*
 * A name in Latin letters as zones write it: A-Z, '<' for blanks and hyphens, apostrophes dropped,
 * letters with marks as Doc 9303-3 section 6 has them (AE for Ä, SS for ß ...); other scripts are
 * left out.
 */
void mrz_put_name(str latin, struct buf *out);

#endif
