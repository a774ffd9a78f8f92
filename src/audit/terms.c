/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an entry is found by: its officer, the records it showed, and the values a search asked for,
 * in a form in which letters and digits agree whatever stands between them and however they are
 * written. Words of a name are put in order, so that who writes the family name first finds who
 * wrote it last.
 */
#include <stdlib.h>

#include "audit/internal.h"
#include "codec/json.h"
#include "text/fold.h"

enum { FORM_MAX = TEXT_FOLD_MAX, WORDS_MAX = 32, VALUES_MAX = 64, DEPTH_MAX = 6 };

/* ---- the form of a value ---- */

static bool is_ascii(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

/* Lower case, blanks for all that is neither letter nor digit. */
static size_t fold(str text, char out[FORM_MAX])
{
    if (!is_ascii(text))
        return text_fold(text, out);
    size_t len = text.len < FORM_MAX ? text.len : FORM_MAX;
    for (size_t i = 0; i < len; i++)
        out[i] = is_alnum(text.ptr[i]) ? to_lower(text.ptr[i]) : ' ';
    return len;
}

static bool is_mark(char c)
{
    return (unsigned char)c < 0x80 && !is_alnum(c);
}

static size_t split(str text, str words[WORDS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < text.len && count < WORDS_MAX;) {
        size_t from = i;
        while (i < text.len && !is_mark(text.ptr[i]))
            i++;
        if (i > from)
            words[count++] = str_slice(text, from, i - from);
        i++;
    }
    return count;
}

static int compare_words(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

static bool has_digit(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (is_digit(text.ptr[i]))
            return true;
    return false;
}

size_t audit_value_form(str text, char out[AUDIT_FORM])
{
    char folded[FORM_MAX];
    str words[WORDS_MAX];
    str whole = str_of(folded, fold(text, folded));
    size_t len = 0, count = split(whole, words);
    bool is_name = count > 1 && !has_digit(whole);
    if (is_name)
        qsort(words, count, sizeof *words, compare_words);
    for (size_t i = 0; i < count; i++) {
        if (len + words[i].len + 1 > AUDIT_FORM)
            break;
        if (is_name && i)
            out[len++] = ' ';
        memcpy(out + len, words[i].ptr, words[i].len);
        len += words[i].len;
    }
    return len;
}

/* ---- rows ---- */

struct terms {
    struct keyring *keyring;
    uint32_t period;
    bool has_key; /* fetched with the first term */
    struct secret_key key;
    uint16_t country;
    uint64_t number;
    struct buf *out;
    size_t from; /* where this entry's rows begin */
    size_t values;
};

uint16_t term_country(str country)
{
    return (uint16_t)(hash64(country, 29) & 0xFFFF);
}

static enum err key_of_period(struct keyring *keyring, uint32_t period, struct secret_key *ret)
{
    return keyring_index(keyring, period & ~PERIOD_IS_MONTH, period & PERIOD_IS_MONTH, ret);
}

/* Its country's bits zero. */
static uint64_t tag_of(const struct secret_key *key, enum audit_term term, str text)
{
    char form[AUDIT_FORM + 1];
    size_t len = term == AUDIT_VALUE ? audit_value_form(text, form + 1)
                                     : (text.len < AUDIT_FORM ? text.len : AUDIT_FORM);
    form[0] = (char)('a' + term);
    if (term != AUDIT_VALUE)
        memcpy(form + 1, text.ptr, len);
    return keyed_hash64(key->bytes, str_of(form, len + 1)) & ~(uint64_t)0xFFFF;
}

enum err term_key(struct keyring *keyring, uint32_t period, enum audit_term term, str text,
                  uint64_t *ret)
{
    struct secret_key key;
    TRY(key_of_period(keyring, period, &key));
    *ret = tag_of(&key, term, text);
    wipe(&key, sizeof key);
    return OK;
}

static enum err add(struct terms *terms, enum audit_term term, str text)
{
    struct term_row row = {.entry = terms->number, .period = terms->period};
    if (text.len == 0)
        return OK;
    if (!terms->has_key)
        TRY(key_of_period(terms->keyring, terms->period, &terms->key));
    terms->has_key = true;
    row.key = tag_of(&terms->key, term, text) | terms->country;
    for (size_t at = terms->from; at < terms->out->len; at += sizeof row)
        if (memcmp(terms->out->ptr + at, &row.key, sizeof row.key) == 0)
            return OK;
    buf_add(terms->out, str_of((const char *)&row, sizeof row));
    return terms->out->failed;
}

static enum err add_record(struct terms *terms, struct record_id id)
{
    char bytes[AUDIT_RECORD_TERM];
    return add(terms, AUDIT_RECORD, audit_record_term(id, bytes));
}

str audit_record_term(struct record_id id, char out[AUDIT_RECORD_TERM])
{
    memcpy(out, &id.number, 8);
    memcpy(out + 8, &id.home, 4);
    return str_of(out, AUDIT_RECORD_TERM);
}

/* The texts of a question, however it is nested: sets of values by meaning, lists of them. */
/* NOLINTNEXTLINE(misc-no-recursion): bounded by DEPTH_MAX */
static enum err add_values(struct terms *terms, const struct node *node, unsigned depth)
{
    if (!node || depth == DEPTH_MAX || terms->values == VALUES_MAX)
        return OK;
    if (node->kind != NODE_LIST && node->kind != NODE_MAP) {
        terms->values++;
        return add(terms, AUDIT_VALUE, node_as_text(node));
    }
    node_each(child, node)
    {
        enum err code = add_values(terms, child, depth + 1);
        if (code)
            return code;
    }
    return OK;
}

static struct terms begin(struct keyring *keyring, bool is_kept_long, uint32_t day, str country,
                          uint64_t number, struct buf *out)
{
    return (struct terms){.keyring = keyring,
                          .period = is_kept_long ? keyring_month(day) | PERIOD_IS_MONTH : day,
                          .country = term_country(country),
                          .number = number,
                          .out = out,
                          .from = out->len};
}

enum err terms_of_entry(struct keyring *keyring, const struct audit_entry *entry, uint64_t number,
                        struct buf *out)
{
    struct arena arena = {0};
    struct node *query = NULL;
    uint32_t day = (uint32_t)(clock_now_us() / 86400000000);
    struct terms terms = begin(keyring, entry->shown_count || entry->kind != AUDIT_SEARCH, day,
                               entry->actor ? entry->actor->country : STR_EMPTY, number, out);
    enum err code = add(&terms, AUDIT_OFFICER, entry->actor ? entry->actor->officer : STR_EMPTY);
    for (size_t i = 0; i < entry->shown_count && !code; i++)
        code = add_record(&terms, entry->shown[i].id);
    bool is_search = entry->kind == AUDIT_SEARCH && entry->query.len;
    if (!code && is_search && json_parse(entry->query, &arena, &query) == OK)
        code = add_values(&terms, query, 0);
    else if (!code)
        err_clear();
    wipe(&terms.key, sizeof terms.key);
    arena_release(&arena);
    return code;
}

enum err terms_of_body(struct keyring *keyring, str body, uint64_t number, uint32_t day,
                       struct buf *out)
{
    struct arena arena = {0};
    struct node *node = NULL;
    if (json_parse(body, &arena, &node) != OK) {
        err_clear();
        arena_release(&arena);
        return OK;
    }
    const struct node *shown = node_get(node, S("shown"));
    bool is_search = str_eq(node_get_text(node, S("kind")), S("search"));
    struct terms terms = begin(keyring, !is_search || (shown && shown->count), day,
                               node_get_text(node, S("country")), number, out);
    enum err code = add(&terms, AUDIT_OFFICER, node_get_text(node, S("officer")));
    node_each(item, shown)
    {
        struct record_id id;
        if (!code && record_id_parse(node_get_text(item, S("id")), &id))
            code = add_record(&terms, id);
    }
    if (!code && is_search)
        code = add_values(&terms, node_get(node, S("query")), 0);
    wipe(&terms.key, sizeof terms.key);
    arena_release(&arena);
    if (code == ERR_GONE) { /* the period is over */
        err_clear();
        code = OK;
    }
    return code;
}
