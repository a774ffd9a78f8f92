/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/frequency, the counting side: words of all persons in an open table; written out in order
 * of script and word, those alone that enough persons bear, in rounded numbers.
 */
#include <math.h>
#include <stdlib.h>

#include "text/cultures.h"
#include "text/frequency.h"
#include "text/match.h"

struct counted {
    uint32_t text_at;
    uint32_t bearers, last; /* number of the person who bore it last */
    uint8_t script, len;
};
struct frequency_counter {
    struct counted *words;
    size_t count, size;
    uint32_t *table; /* word + 1; power of two */
    size_t table_size;
    struct buf text;
    uint32_t persons;
    /*
     * Names for their cultures: word numbers, and where each name ends. When there are too many
     * every second goes, and from then on one person in twice as many is kept.
     */
    uint32_t *met, *ends;
    size_t met_count, met_size, end_count, end_size;
    uint32_t every;
};

enum { TABLE_FIRST = 4096, WORD_BYTES_MAX = 255, NAMES_KEPT_MAX = 1 << 20 };
enum { CULTURE_NAMES_LEAST = 1000 }; /* fewer say nothing of what goes together */

enum err frequency_counter_new(struct frequency_counter **ret)
{
    struct frequency_counter *counter = calloc(1, sizeof *counter);
    if (counter)
        counter->table = calloc(TABLE_FIRST, sizeof *counter->table);
    if (!counter || !counter->table) {
        free(counter);
        return err_set(ERR_MEMORY, "out of memory for counting names");
    }
    counter->table_size = TABLE_FIRST;
    counter->text.max = UINT32_MAX;
    counter->every = 1;
    *ret = counter;
    return OK;
}

void frequency_counter_free(struct frequency_counter *counter)
{
    if (!counter)
        return;
    free(counter->words);
    free(counter->table);
    free(counter->met);
    free(counter->ends);
    buf_release(&counter->text);
    free(counter);
}

static str word_text(const struct frequency_counter *counter, const struct counted *word)
{
    return str_of(counter->text.ptr + word->text_at, word->len);
}

static size_t table_place(const struct frequency_counter *counter, uint8_t script, str native)
{
    size_t at = hash64(native, script) & (counter->table_size - 1);
    for (; counter->table[at]; at = (at + 1) & (counter->table_size - 1)) {
        const struct counted *word = &counter->words[counter->table[at] - 1];
        if (word->script == script && str_eq(word_text(counter, word), native))
            break;
    }
    return at;
}

static enum err table_grow(struct frequency_counter *counter)
{
    uint32_t *table = calloc(counter->table_size * 2, sizeof *table);
    if (!table)
        return err_set(ERR_MEMORY, "out of memory for %zu name words", counter->count);
    free(counter->table);
    counter->table = table;
    counter->table_size *= 2;
    for (size_t i = 0; i < counter->count; i++) {
        const struct counted *word = &counter->words[i];
        table[table_place(counter, word->script, word_text(counter, word))] = (uint32_t)i + 1;
    }
    return OK;
}

static enum err word_new(struct frequency_counter *counter, uint8_t script, str native,
                         struct counted **ret)
{
    if (counter->count == counter->size) {
        size_t size = counter->size ? counter->size * 2 : TABLE_FIRST;
        struct counted *grown =
            size > UINT32_MAX / 2 ? NULL : realloc(counter->words, size * sizeof *grown);
        if (!grown)
            return err_set(ERR_MEMORY, "out of memory for %zu name words", size);
        counter->words = grown;
        counter->size = size;
    }
    *ret = &counter->words[counter->count++];
    **ret = (struct counted){(uint32_t)counter->text.len, 0, 0, script, (uint8_t)native.len};
    buf_add(&counter->text, native);
    return counter->text.failed ? err_set(counter->text.failed, "too many name words") : OK;
}

static enum err numbers_grow(uint32_t **items, size_t *size, size_t count)
{
    if (count < *size)
        return OK;
    size_t wanted = *size ? *size * 2 : TABLE_FIRST;
    uint32_t *grown = realloc(*items, wanted * sizeof *grown);
    if (!grown)
        return err_set(ERR_MEMORY, "out of memory for %zu name words", wanted);
    *items = grown;
    *size = wanted;
    return OK;
}

/* Every second name goes. */
static void names_thin(struct frequency_counter *counter)
{
    size_t kept = 0, to = 0;
    for (size_t n = 0; n < counter->end_count; n++) {
        size_t from = n ? counter->ends[n - 1] : 0, end = counter->ends[n];
        for (size_t i = from; n % 2 == 0 && i < end; i++)
            counter->met[to++] = counter->met[i];
        if (n % 2 == 1)
            counter->ends[kept++] = (uint32_t)to; /* after its place was read */
    }
    counter->end_count = kept;
    counter->met_count = to;
    counter->every *= 2;
}

static bool is_name_kept(const struct frequency_counter *counter)
{
    return counter->persons % counter->every == 0;
}

static enum err name_end(struct frequency_counter *counter)
{
    size_t before = counter->end_count ? counter->ends[counter->end_count - 1] : 0;
    if (counter->met_count == before)
        return OK;
    TRY(numbers_grow(&counter->ends, &counter->end_size, counter->end_count));
    counter->ends[counter->end_count++] = (uint32_t)counter->met_count;
    if (counter->end_count == NAMES_KEPT_MAX)
        names_thin(counter);
    return OK;
}

static enum err token_add(struct frequency_counter *counter, const struct name_token *token)
{
    str native = token->native;
    struct counted *word = NULL;
    if (token->role == NAME_INITIAL || native.len == 0 || native.len > WORD_BYTES_MAX)
        return OK;
    if (counter->count * 2 >= counter->table_size)
        TRY(table_grow(counter));
    size_t at = table_place(counter, token->script, native);
    if (counter->table[at]) {
        word = &counter->words[counter->table[at] - 1];
    } else {
        TRY(word_new(counter, token->script, native, &word));
        counter->table[at] = (uint32_t)counter->count;
    }
    if (is_name_kept(counter) && role_weight(token->role) == 1) {
        TRY(numbers_grow(&counter->met, &counter->met_size, counter->met_count));
        counter->met[counter->met_count++] = (uint32_t)(word - counter->words);
    }
    word->bearers += word->last != counter->persons;
    word->last = counter->persons;
    return OK;
}

enum err frequency_counter_add(struct frequency_counter *counter, const struct name *const *names,
                               size_t count)
{
    if (count == 0)
        return OK;
    if (counter->persons == UINT32_MAX)
        return err_set(ERR_LIMIT, "more than %u persons", UINT32_MAX);
    counter->persons++;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < names[i]->count; k++)
            TRY(token_add(counter, &names[i]->tokens[k]));
        TRY(name_end(counter));
    }
    return OK;
}

/* ---- writing ---- */

static int word_order(const void *left, const void *right, void *context)
{
    const struct frequency_counter *counter = context;
    const struct counted *a = &counter->words[*(const uint32_t *)left];
    const struct counted *b = &counter->words[*(const uint32_t *)right];
    if (a->script != b->script)
        return a->script < b->script ? -1 : 1;
    return str_compare(word_text(counter, a), word_text(counter, b));
}

/* Of the words that enough persons bear: numbers from 0, in order; SIZE_MAX: not one of them. */
struct listed {
    uint32_t *order;
    uint32_t *places; /* by word; UINT32_MAX: not listed */
    size_t count;
    float *shares, persons[CULTURES];
};

static void listed_free(struct listed *listed)
{
    free(listed->order);
    free(listed->places);
    free(listed->shares);
}

static enum err listed_make(const struct frequency_counter *counter, struct listed *ret)
{
    ret->order = calloc(counter->count + 1, sizeof *ret->order);
    ret->places = calloc(counter->count + 1, sizeof *ret->places);
    if (!ret->order || !ret->places)
        return err_set(ERR_MEMORY, "out of memory for %zu name words", counter->count);
    for (uint32_t i = 0; i < counter->count; i++) {
        if (counter->words[i].bearers >= FREQUENCY_FLOOR)
            ret->order[ret->count++] = i;
    }
    qsort_r(ret->order, ret->count, sizeof *ret->order, word_order,
            (void *)(uintptr_t)(const void *)counter);
    memset(ret->places, 0xff, (counter->count + 1) * sizeof *ret->places);
    for (size_t i = 0; i < ret->count; i++)
        ret->places[ret->order[i]] = (uint32_t)i;
    ret->shares = calloc(ret->count * CULTURES + 1, sizeof *ret->shares);
    return ret->shares ? OK : err_set(ERR_MEMORY, "out of memory for %zu name words", ret->count);
}

/* The names kept, by listed words alone; those with two such words or more. */
static size_t names_listed(const struct frequency_counter *counter, const struct listed *listed,
                           uint32_t *words, uint32_t *ends)
{
    size_t names = 0, to = 0;
    for (size_t n = 0; n < counter->end_count; n++) {
        size_t first = to;
        for (size_t i = n ? counter->ends[n - 1] : 0; i < counter->ends[n]; i++) {
            if (listed->places[counter->met[i]] != UINT32_MAX)
                words[to++] = listed->places[counter->met[i]];
        }
        if (to - first >= 2)
            ends[names++] = (uint32_t)to;
        else
            to = first;
    }
    return names;
}

struct span {
    uint32_t from, count;
};

static int span_order(const void *left, const void *right, void *context)
{
    const struct span *a = left, *b = right;
    const uint32_t *words = context;
    for (uint32_t i = 0; i < a->count && i < b->count; i++) {
        uint32_t one = words[a->from + i], other = words[b->from + i];
        if (one != other)
            return one < other ? -1 : 1;
    }
    return (a->count > b->count) - (a->count < b->count);
}

/* In an order of their own: in which the persons came must not show in the table. */
static enum err names_order(uint32_t *words, uint32_t *ends, size_t names)
{
    size_t total = names ? ends[names - 1] : 0, to = 0;
    struct span *spans = calloc(names + 1, sizeof *spans);
    uint32_t *ordered = calloc(total + 1, sizeof *ordered);
    if (!spans || !ordered) {
        free(spans);
        free(ordered);
        return err_set(ERR_MEMORY, "out of memory for %zu names", names);
    }
    for (size_t n = 0; n < names; n++) {
        uint32_t from = n ? ends[n - 1] : 0;
        spans[n] = (struct span){from, ends[n] - from};
    }
    qsort_r(spans, names, sizeof *spans, span_order, words);
    for (size_t n = 0; n < names; n++) {
        memcpy(ordered + to, words + spans[n].from, spans[n].count * sizeof *words);
        to += spans[n].count;
        ends[n] = (uint32_t)to;
    }
    memcpy(words, ordered, total * sizeof *words);
    free(spans);
    free(ordered);
    return OK;
}

static enum err listed_learn(const struct frequency_counter *counter, struct listed *listed)
{
    uint32_t *words = calloc(counter->met_count + 1, sizeof *words);
    uint32_t *ends = calloc(counter->end_count + 1, sizeof *ends);
    enum err code =
        words && ends ? OK : err_set(ERR_MEMORY, "out of memory for %zu names", counter->end_count);
    if (!code) {
        size_t names = names_listed(counter, listed, words, ends);
        bool is_enough = names >= CULTURE_NAMES_LEAST;
        if (is_enough)
            code = names_order(words, ends, names);
        if (is_enough && !code)
            code =
                cultures_learn(words, ends, names, listed->count, listed->shares, listed->persons);
    }
    free(words);
    free(ends);
    return code;
}

static uint32_t rounded(double persons)
{
    return (uint32_t)(persons + FREQUENCY_FLOOR * 0.5) / FREQUENCY_FLOOR * FREQUENCY_FLOOR;
}

/* "a60 f40": what share of the bearers, in hundredths, is of which culture; the small ones not. */
static void shares_write(const float shares[CULTURES], struct buf *out)
{
    char separator = '\t';
    for (size_t c = 0; c < CULTURES; c++) {
        int hundredths = (int)lroundf(shares[c] * 100);
        if (hundredths < FREQUENCY_SHARE_LEAST)
            continue;
        buf_printf(out, "%c%c%d", separator, culture_letter(c), hundredths);
        separator = ' ';
    }
}

static void table_write(const struct frequency_counter *counter, const struct listed *listed,
                        uint64_t seq, struct buf *out)
{
    buf_printf(out,
               "# Bearers of name words, counted once and frozen. No word of fewer than %d "
               "persons; counts rounded to %d. Words that go together have a culture's letter.\n"
               "tables\t%d\npersons\t%u\nseq\t%llu\nunlisted\t1\t%d\n",
               FREQUENCY_FLOOR, FREQUENCY_FLOOR, NAME_TABLES_VERSION,
               counter->persons ? counter->persons : 1, (unsigned long long)seq, FREQUENCY_FLOOR);
    for (size_t c = 0; c < CULTURES; c++) {
        uint32_t persons = rounded((double)listed->persons[c] * counter->persons);
        if (persons > 0)
            buf_printf(out, "culture\t%c\t%u\n", culture_letter(c), persons);
    }
    for (size_t i = 0; i < listed->count; i++) {
        const struct counted *word = &counter->words[listed->order[i]];
        buf_printf(out, "%s\t%.*s\t%u", name_script_word(word->script),
                   STR(word_text(counter, word)), rounded(word->bearers));
        shares_write(listed->shares + i * CULTURES, out);
        buf_add_char(out, '\n');
    }
}

enum err frequency_counter_write(struct frequency_counter *counter, uint64_t seq, struct buf *out)
{
    struct listed listed = {0};
    enum err code = listed_make(counter, &listed);
    if (!code)
        code = listed_learn(counter, &listed);
    if (!code)
        table_write(counter, &listed, seq, out);
    listed_free(&listed);
    if (code)
        return code;
    return out->failed ? err_set(out->failed, "the name frequencies do not fit") : OK;
}
