/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/frequency: how many persons bear a name word, from a frozen table.
 *
 * Scores never read the live index: what an asker may not see must not show through the rarity of
 * a name, and yesterday's score must be explainable tomorrow. A table is counted once, over the
 * persons a node holds (`bureau learn`), reviewed, and then taken into service; until then the one
 * shipped with the program serves. It holds no word that fewer than FREQUENCY_FLOOR persons bear,
 * and its counts are rounded to that floor, so that nobody can read single persons out of it.
 *
 *   # comment
 *   tables    1            tables of this program that made the words (NAME_TABLES_VERSION)
 *   persons   1000000      persons counted
 *   seq       4711         number of the last change counted
 *   unlisted  1  10        a word of one letter or more that is not listed counts as ten bearers
 *   culture   a  81200     persons of a naming culture (text/cultures.h), by a letter
 *   Latin     anna  12340  a70 f30    hundredths of its bearers by culture; absent: not known
 *
 * Cells are parted by a tab, words are sorted: the same persons give the same bytes. A table is
 * immutable; any thread may read it.
 */
#ifndef TEXT_FREQUENCY_H
#define TEXT_FREQUENCY_H

#include "text/cultures.h"
#include "text/name.h"

enum { FREQUENCY_FLOOR = 10, FREQUENCY_BYTES_MAX = 256 << 20, FREQUENCY_SHARE_LEAST = 3 };

struct frequencies;
struct frequency_facts {
    uint64_t persons, seq;
    uint64_t id; /* of the table's bytes: what an explanation names */
    size_t words;
};
/* ERR_DAMAGED names the line; ERR_VERSION: words were made by other tables than this program's. */
enum err frequencies_read(str text, struct frequencies **ret) MUST_USE;
void frequencies_free(struct frequencies *frequencies);
/* The one compiled in (codes/names/frequencies.tsv). */
const struct frequencies *frequencies_shipped(void);
struct frequency_facts frequencies_facts(const struct frequencies *frequencies);

/* Persons who bear the word; 0: not listed. */
uint32_t frequencies_listed(const struct frequencies *frequencies, enum name_script script,
                            str native);
/* What an unlisted word of so many letters counts as. */
uint32_t frequencies_unlisted(const struct frequencies *frequencies, size_t letters);
uint64_t frequencies_persons(const struct frequencies *frequencies);
/* -log2 of the share of bearers; a struct name_frequency's function, its context the table. */
double frequencies_bits(const void *frequencies, const struct name_token *token);

/* P(c) of the cultures; NULL: the table knows of none. */
const float *frequencies_cultures(const struct frequencies *frequencies);
/* Hundredths of a word's bearers by culture, CULTURES of them; NULL: not known. */
const uint8_t *frequencies_shares(const struct frequencies *frequencies, enum name_script script,
                                  str native);
static inline char culture_letter(size_t culture)
{
    return (char)(culture < 26 ? 'a' + culture : 'A' + culture - 26);
}

/* Words in the table's order; stops at a code that is not OK and returns it. */
typedef enum err frequency_visit(void *context, enum name_script script, str native,
                                 uint32_t bearers);
enum err frequencies_each(const struct frequencies *frequencies, frequency_visit *visit,
                          void *context) MUST_USE;
/* What two tables say differently, the largest change of rarity first; 0: not listed. */
typedef void frequency_change(void *context, str script, str word, uint32_t before, uint32_t after);
enum err frequencies_compare(const struct frequencies *from, const struct frequencies *to,
                             size_t max, frequency_change *take, void *context) MUST_USE;

/* ---- counting ---- */

struct frequency_counter;
enum err frequency_counter_new(struct frequency_counter **ret) MUST_USE;
void frequency_counter_free(struct frequency_counter *counter);
/* One person: a word counts once, however many of the names hold it. */
enum err frequency_counter_add(struct frequency_counter *counter, const struct name *const *names,
                               size_t count) MUST_USE;
/* The table of all persons added. */
enum err frequency_counter_write(struct frequency_counter *counter, uint64_t seq,
                                 struct buf *out) MUST_USE;

#endif
