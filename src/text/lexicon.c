/* SPDX-License-Identifier: Apache-2.0 */
/* text/lexicon: word lists parsed once into sorted arrays of (word, what it is); looked up by
 * binary search. */
#include "text/lexicon.h"

#include <pthread.h>
#include <stdlib.h>

#include "text/tables.h"

struct entry {
    str word;
    uint32_t what; /* enum lexicon_kind, or number of a line of short forms */
};
enum { SIGN_COUNT = 1 << 14 };
struct list {
    struct entry *items;
    size_t count;
    uint64_t signs[SIGN_COUNT / 64]; /* of its words: most words asked for have none of them */
};
static struct list words, short_forms;
static pthread_once_t lists_once = PTHREAD_ONCE_INIT;

/* Of names of two words written as one; a head's first three letters are a word by themselves. */
enum { AFFIX_MAX = 64, HEAD_ROOT = 3, REST_MIN = 3 };
struct affixes {
    str items[AFFIX_MAX];
    size_t count;
};
static struct affixes heads, tails, seconds, articles;

enum { ENDING_MAX = 64, LINE_MAX_COUNT = 1000 };
static str endings[ENDING_MAX];
static size_t ending_count;
static str lines[LINE_MAX_COUNT]; /* of short forms, whole */
static size_t line_count;

static int entry_order(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = str_compare(a->word, b->word);
    return order ? order : (a->what > b->what) - (a->what < b->what);
}

static unsigned sign_of(str word)
{
    unsigned sign = (unsigned)word.len;
    for (size_t i = 0; i < word.len; i++)
        sign = sign * 31 + (uint8_t)word.ptr[i];
    return (sign ^ sign >> 14) % SIGN_COUNT;
}

static void list_add(struct list *list, str word, uint32_t what)
{
    unsigned sign = sign_of(word);
    if ((list->count & (list->count - 1)) == 0) {
        size_t size = list->count ? list->count * 2 : 1;
        struct entry *grown = realloc(list->items, size * sizeof *grown);
        ensure(grown != NULL);
        list->items = grown;
    }
    list->signs[sign / 64] |= UINT64_C(1) << sign % 64;
    list->items[list->count++] = (struct entry){word, what};
}

static void affixes_parse(str kind, struct affixes *affixes)
{
    str rest = table_text(TABLE_WORDS), line, here;
    while (table_line(&rest, &line)) {
        str_split(&line, '\t', &here);
        while (str_eq(here, kind) && affixes->count < AFFIX_MAX &&
               str_split(&line, ' ', &affixes->items[affixes->count]))
            affixes->count++;
    }
}

static void words_parse(void)
{
    static const struct entry kinds[] = {{S("particle"), LEXICON_PARTICLE},
                                         {S("inner"), LEXICON_INNER},
                                         {S("title"), LEXICON_TITLE},
                                         {S("generation"), LEXICON_GENERATION},
                                         {S("company"), LEXICON_COMPANY}};
    str rest = table_text(TABLE_WORDS), line, kind, word;
    while (table_line(&rest, &line)) {
        str_split(&line, '\t', &kind);
        for (size_t i = 0; i < COUNT_OF(kinds); i++) {
            str row = line;
            while (str_eq(kind, kinds[i].word) && str_split(&row, ' ', &word))
                list_add(&words, word, kinds[i].what);
        }
    }
    affixes_parse(S("head"), &heads);
    affixes_parse(S("tail"), &tails);
    affixes_parse(S("second"), &seconds);
    affixes_parse(S("article"), &articles);
    qsort(words.items, words.count, sizeof *words.items, entry_order);
}

static void endings_parse(void)
{
    str rest = table_text(TABLE_ENDINGS), line, kind;
    while (table_line(&rest, &line)) {
        str_split(&line, '\t', &kind);
        while (ending_count < ENDING_MAX && str_split(&line, ' ', &endings[ending_count]))
            ending_count++;
    }
}

/* The line's cells and words in one go: tabs count as blanks. */
static bool form_next(str *rest, str *ret)
{
    size_t end = 0;
    while (end < rest->len && rest->ptr[end] != ' ' && rest->ptr[end] != '\t')
        end++;
    *ret = str_slice(*rest, 0, end);
    *rest = str_from(*rest, end + 1);
    return ret->len > 0;
}

static void short_forms_parse(void)
{
    str rest = table_text(TABLE_NICKNAMES), line, word;
    while (line_count < LINE_MAX_COUNT && table_line(&rest, &line)) {
        lines[line_count] = line;
        while (form_next(&line, &word))
            list_add(&short_forms, word, (uint32_t)line_count);
        line_count++;
    }
    qsort(short_forms.items, short_forms.count, sizeof *short_forms.items, entry_order);
}

static void lists_parse(void)
{
    words_parse();
    endings_parse();
    short_forms_parse();
}

static bool may_have(const struct list *list, str word)
{
    unsigned sign = sign_of(word);
    return list->signs[sign / 64] >> sign % 64 & 1;
}

/* First entry with the word, or list->count. */
static size_t list_find(const struct list *list, str word)
{
    pthread_once(&lists_once, lists_parse);
    if (!may_have(list, word))
        return list->count;
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (str_compare(list->items[middle].word, word) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && str_eq(list->items[low].word, word) ? low : list->count;
}

enum lexicon_kind lexicon_kind(str word)
{
    size_t at = list_find(&words, word);
    return at < words.count ? (enum lexicon_kind)words.items[at].what : LEXICON_NAME;
}

static bool affixes_have(const struct affixes *affixes, str word)
{
    pthread_once(&lists_once, lists_parse);
    for (size_t i = 0; i < affixes->count; i++) {
        if (str_eq(affixes->items[i], word))
            return true;
    }
    return false;
}

bool lexicon_is_head(str word)
{
    return affixes_have(&heads, word);
}

bool lexicon_is_second(str word)
{
    return affixes_have(&seconds, word);
}

bool lexicon_is_article(str word)
{
    return affixes_have(&articles, word);
}

/* The longest that fits: few enough to be tried one by one, most fail at their first letter. */
static size_t affix_of(const struct affixes *affixes, str word, bool is_tail)
{
    size_t best = 0;
    for (size_t i = 0; i < affixes->count; i++) {
        str affix = affixes->items[i];
        if (affix.len <= best || affix.len + REST_MIN > word.len)
            continue;
        str part = str_slice(word, is_tail ? word.len - affix.len : 0, affix.len);
        if (part.ptr[0] == affix.ptr[0] && str_eq(part, affix))
            best = affix.len;
    }
    return best;
}

bool lexicon_cut(str word, uint8_t *ret_end, uint8_t *ret_begin)
{
    pthread_once(&lists_once, lists_parse);
    size_t tail = affix_of(&tails, word, true), head = affix_of(&heads, word, false);
    if (tail > 0)
        *ret_end = *ret_begin = (uint8_t)(word.len - tail);
    else if (head > 0) {
        *ret_end = HEAD_ROOT;
        *ret_begin = (uint8_t)head;
    }
    return tail + head > 0;
}

bool lexicon_is_patronymic(str word)
{
    pthread_once(&lists_once, lists_parse);
    for (size_t i = 0; i < ending_count; i++) {
        if (word.len > endings[i].len + 2 && str_ends(word, endings[i]))
            return true;
    }
    return false;
}

static enum lexicon_relation relation_in_line(str line, str a, str b)
{
    str first, word;
    bool has_b = false;
    form_next(&line, &first);
    if (str_eq(first, b))
        return LEXICON_SHORT_FORM;
    while (form_next(&line, &word))
        has_b |= str_eq(word, b);
    if (!has_b)
        return LEXICON_UNRELATED;
    return str_eq(first, a) ? LEXICON_SHORT_FORM : LEXICON_BOTH_SHORT;
}

enum lexicon_relation lexicon_relation(str a, str b)
{
    enum lexicon_relation best = LEXICON_UNRELATED;
    pthread_once(&lists_once, lists_parse);
    if (!may_have(&short_forms, b))
        return best;
    for (size_t i = list_find(&short_forms, a);
         i < short_forms.count && str_eq(short_forms.items[i].word, a); i++) {
        enum lexicon_relation here = relation_in_line(lines[short_forms.items[i].what], a, b);
        if (here == LEXICON_SHORT_FORM)
            return here;
        if (here != LEXICON_UNRELATED)
            best = here;
    }
    return best;
}

size_t lexicon_related(str word, str *ret, size_t max)
{
    size_t count = 0;
    for (size_t i = list_find(&short_forms, word);
         i < short_forms.count && str_eq(short_forms.items[i].word, word); i++) {
        str line = lines[short_forms.items[i].what], related;
        while (count < max && form_next(&line, &related)) {
            if (!str_eq(related, word))
                ret[count++] = related;
        }
    }
    return count;
}
