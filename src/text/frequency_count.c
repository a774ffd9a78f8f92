/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/frequency, the counting side: words of all persons in an open table; written out in order
 * of script and word, those alone that enough persons bear, in rounded numbers.
 */
#include <stdlib.h>

#include "text/frequency.h"

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
};

enum { TABLE_FIRST = 4096, WORD_BYTES_MAX = 255 };

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
    *ret = counter;
    return OK;
}

void frequency_counter_free(struct frequency_counter *counter)
{
    if (!counter)
        return;
    free(counter->words);
    free(counter->table);
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

enum err frequency_counter_write(struct frequency_counter *counter, uint64_t seq, struct buf *out)
{
    uint32_t *order = calloc(counter->count + 1, sizeof *order);
    size_t kept = 0;
    if (!order)
        return err_set(ERR_MEMORY, "out of memory for %zu name words", counter->count);
    for (uint32_t i = 0; i < counter->count; i++) {
        if (counter->words[i].bearers >= FREQUENCY_FLOOR)
            order[kept++] = i;
    }
    qsort_r(order, kept, sizeof *order, word_order, counter);
    buf_printf(out,
               "# Bearers of name words, counted once and frozen. No word of fewer than %d "
               "persons; counts rounded to %d.\n"
               "tables\t%d\npersons\t%u\nseq\t%llu\nunlisted\t1\t%d\n",
               FREQUENCY_FLOOR, FREQUENCY_FLOOR, NAME_TABLES_VERSION,
               counter->persons ? counter->persons : 1, (unsigned long long)seq, FREQUENCY_FLOOR);
    for (size_t i = 0; i < kept; i++) {
        const struct counted *word = &counter->words[order[i]];
        uint32_t rounded =
            (word->bearers + FREQUENCY_FLOOR / 2) / FREQUENCY_FLOOR * FREQUENCY_FLOOR;
        buf_printf(out, "%s\t%.*s\t%u\n", name_script_word(word->script),
                   STR(word_text(counter, word)), rounded);
    }
    free(order);
    return out->failed ? err_set(out->failed, "the name frequencies do not fit") : OK;
}
