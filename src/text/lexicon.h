/* SPDX-License-Identifier: Apache-2.0 */
/* text/lexicon: words that are not names (particles, titles), endings of patronymics, short forms
 * of given names. */
#ifndef TEXT_LEXICON_H
#define TEXT_LEXICON_H

#include "text/name.h"

enum lexicon_kind {
    LEXICON_NAME,
    LEXICON_PARTICLE,
    LEXICON_INNER,
    LEXICON_TITLE,
    LEXICON_GENERATION,
    LEXICON_COMPANY /* says what an organisation is, not which */
};
/* What a word in Latin letters is by itself; where it stands decides further. */
enum lexicon_kind lexicon_kind(str word);
bool lexicon_is_patronymic(str word);
/*
 * A name of two words written as one: where its first word ends and its second begins, the article
 * between them left out (abd|ul|rahman: 3 and 5; nasr|allah: 4 and 4). False: not such a name.
 */
bool lexicon_cut(str word, uint8_t *ret_end, uint8_t *ret_begin);
/* "abd" and its forms: what stands before the second word of such a name. */
bool lexicon_is_head(str word);

/* What the word before is written with as one: (hidayat) allah, (shams al) din. */
bool lexicon_is_second(str word);
/* Al and its forms: what may stand between the two. */
bool lexicon_is_article(str word);

/* How two words are related as forms of one given name. */
enum lexicon_relation { LEXICON_UNRELATED, LEXICON_SHORT_FORM, LEXICON_BOTH_SHORT };
enum lexicon_relation lexicon_relation(str a, str b);
/* All words related to one, at most max; the caller asks lexicon_relation() for how. Borrowed for
 * ever. */
size_t lexicon_related(str word, str *ret, size_t max);

#endif
