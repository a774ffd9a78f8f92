/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that recur in every row - definitions, owners, officers - are kept once, in table `word`
 * and here, and stand in rows as small numbers. The writer adds; any thread looks up. A text's
 * bytes never move, so what words_text gives lives as long as the store.
 */
#include <stdlib.h>

#include "store/internal.h"

enum { SLOTS_FIRST = 256 };

static str text_of(const struct words *words, uint32_t id)
{
    return id ? str_of(words->items[id].text, words->items[id].len) : STR_EMPTY;
}

static uint32_t *slot_of(struct words *words, str text)
{
    uint32_t at = (uint32_t)hash64(text, 0) & (words->slot_count - 1);
    while (words->slots[at] && !str_eq(text_of(words, words->slots[at]), text))
        at = (at + 1) & (words->slot_count - 1);
    return &words->slots[at];
}

enum err words_init(struct words *words)
{
    pthread_rwlock_init(&words->lock, NULL);
    words->size = SLOTS_FIRST / 2;
    words->items = calloc(words->size, sizeof *words->items);
    words->slot_count = SLOTS_FIRST;
    words->slots = calloc(words->slot_count, sizeof *words->slots);
    if (!words->items || !words->slots)
        return err_set(ERR_MEMORY, "out of memory for the store's words");
    words->count = 1;
    return OK;
}

void words_release(struct words *words)
{
    for (uint32_t i = 1; i < words->count; i++)
        free(words->items[i].text);
    free(words->items);
    free(words->slots);
    pthread_rwlock_destroy(&words->lock);
}

uint32_t words_find(struct words *words, str text)
{
    if (str_is_empty(text))
        return 0;
    pthread_rwlock_rdlock(&words->lock);
    uint32_t id = *slot_of(words, text);
    pthread_rwlock_unlock(&words->lock);
    return id;
}

str words_text(struct words *words, uint32_t id)
{
    pthread_rwlock_rdlock(&words->lock);
    str text = id < words->count ? text_of(words, id) : STR_EMPTY;
    pthread_rwlock_unlock(&words->lock);
    return text;
}

static void rehash(struct words *words)
{
    memset(words->slots, 0, words->slot_count * sizeof *words->slots);
    for (uint32_t i = 1; i < words->count; i++)
        *slot_of(words, text_of(words, i)) = i;
}

static enum err grow(struct words *words)
{
    struct word *items = realloc(words->items, (size_t)words->size * 2 * sizeof *items);
    if (items)
        words->items = items;
    uint32_t *slots = realloc(words->slots, (size_t)words->slot_count * 2 * sizeof *slots);
    if (slots)
        words->slots = slots;
    if (!items || !slots)
        return err_set(ERR_MEMORY, "out of memory for %u words", words->size * 2);
    words->size *= 2;
    words->slot_count *= 2;
    rehash(words);
    return OK;
}

static enum err add_locked(struct words *words, str text, uint32_t *ret)
{
    if (words->count == words->size)
        TRY(grow(words));
    char *copy = malloc(text.len + 1);
    if (!copy)
        return err_set(ERR_MEMORY, "out of memory for a word of %zu bytes", text.len);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    uint32_t id = words->count;
    words->items[id] = (struct word){copy, text.len};
    *slot_of(words, text) = id;
    words->count++;
    *ret = id;
    return OK;
}

enum err words_add(struct words *words, str text, uint32_t *ret)
{
    pthread_rwlock_wrlock(&words->lock);
    enum err code = add_locked(words, text, ret);
    pthread_rwlock_unlock(&words->lock);
    return code;
}

void words_truncate(struct words *words, uint32_t count)
{
    if (count >= words->count)
        return;
    pthread_rwlock_wrlock(&words->lock);
    for (uint32_t i = count; i < words->count; i++)
        free(words->items[i].text);
    words->count = count;
    rehash(words);
    pthread_rwlock_unlock(&words->lock);
}
