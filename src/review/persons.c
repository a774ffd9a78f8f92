/* SPDX-License-Identifier: Apache-2.0 */
/*
 * About whom an owner is told, whichever of his records it was. One person stands in several: an
 * owner who wants to follow somebody through other people's searches enters him twice. So what a
 * record says of who it is - each value that identifies, each name with each date - is a key, and
 * under each stands on which days, by which countries and for what its owner was told.
 *
 * DIR/followed holds keyed hashes alone, of 30 days, and is written when something was added.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "crypto/crypto.h"
#include "review/internal.h"

enum { TOLD_MAX = 1 << 18, KEYS_MAX = 32, FILE_MAX = 16 << 20, WITHIN_DAYS = 30 };

static void file_path(const struct review *review, char out[4200])
{
    snprintf(out, 4200, "%.4000s/followed", review->directory);
}

static enum err add(struct persons *persons, struct told told)
{
    if (persons->count == persons->max) {
        size_t max = persons->max ? persons->max * 2 : 64;
        struct told *grown = max > TOLD_MAX ? NULL : realloc(persons->items, max * sizeof *grown);
        if (!grown)
            return err_set(ERR_LIMIT, "owners were told of more than %d keys of persons", TOLD_MAX);
        persons->items = grown;
        persons->max = max;
    }
    persons->items[persons->count++] = told;
    return OK;
}

static void forget_old(struct persons *persons, int32_t today)
{
    size_t kept = 0;
    for (size_t i = 0; i < persons->count; i++)
        if (persons->items[i].day > today - WITHIN_DAYS)
            persons->items[kept++] = persons->items[i];
    persons->count = kept;
}

/* ---- the file ---- */

static enum err load(struct review *review)
{
    char path[4200];
    char *bytes = NULL;
    size_t len = 0;
    str line;
    file_path(review, path);
    review->persons.is_loaded = true;
    enum err code = io_read_file(path, FILE_MAX, &bytes, &len);
    if (code == ERR_NOT_FOUND) {
        err_clear();
        return OK;
    }
    for (str rest = str_of(bytes, len); !code && str_split(&rest, '\n', &line);) {
        uint64_t words[3] = {0};
        str word;
        size_t count = 0;
        while (count < 3 && str_split(&line, ' ', &word) &&
               str_to_u64(word, UINT64_MAX, &words[count]))
            count++;
        if (count == 3 && words[2] < INT32_MAX)
            code = add(&review->persons, (struct told){words[0], words[1], (int32_t)words[2]});
    }
    free(bytes);
    return code;
}

enum err persons_save(struct review *review)
{
    char path[4200];
    struct persons *persons = &review->persons;
    struct buf out = {.max = FILE_MAX};
    if (!persons->is_changed)
        return OK;
    for (size_t i = 0; i < persons->count; i++)
        buf_printf(&out, "%llu %llu %d\n", (unsigned long long)persons->items[i].person,
                   (unsigned long long)persons->items[i].told, persons->items[i].day);
    file_path(review, path);
    enum err code = out.failed ? err_set(out.failed, "too much to keep of who was told of whom")
                               : io_replace(path, buf_str(&out));
    buf_release(&out);
    persons->is_changed = code != OK;
    return code;
}

/* ---- keys ---- */

static uint64_t key_of(const struct review *review, str owner, const struct field_value *one,
                       const struct field_value *other)
{
    struct buf text = {.max = 1 << 16};
    buf_printf(&text, "followed %.*s", STR(owner));
    buf_add_block(&text, one->field->meaning);
    buf_add_block(&text, one->value.norm);
    if (other)
        buf_add_block(&text, other->value.norm);
    uint64_t hash = keyed_hash64(review->catalog->hash_key.bytes, buf_str(&text));
    buf_release(&text);
    return hash;
}

static bool is_date(const struct field_value *value)
{
    return value->field->meaning_number && strcmp(value->value.type->name, "date") == 0;
}

static size_t keys_of(const struct review *review, const struct record *record,
                      uint64_t keys[KEYS_MAX])
{
    size_t count = 0;
    str owner = record->envelope.owner;
    for (size_t i = 0; i < record->count && count < KEYS_MAX; i++) {
        const struct field_value *value = &record->values[i];
        if (!value->value.norm.len || !value->field->meaning_number)
            continue;
        if (value->field->is_pivot)
            keys[count++] = key_of(review, owner, value, NULL);
        for (size_t k = 0; value->value.type->is_fuzzy && k < record->count && count < KEYS_MAX;
             k++)
            if (is_date(&record->values[k]))
                keys[count++] = key_of(review, owner, value, &record->values[k]);
    }
    return count;
}

/* ---- telling ---- */

/* How often the owner was told of this person; with `told`, which may be there already. */
static unsigned times_told(const struct persons *persons, uint64_t person, uint64_t told,
                           bool *ret_is_there)
{
    unsigned count = 1;
    *ret_is_there = false;
    for (size_t i = 0; i < persons->count; i++) {
        if (persons->items[i].person != person)
            continue;
        *ret_is_there |= persons->items[i].told == told;
        count++;
    }
    return count;
}

enum err persons_tell(struct review *review, const struct record *record, str told, int32_t day,
                      bool *ret_is_many)
{
    uint64_t keys[KEYS_MAX];
    struct persons *persons = &review->persons;
    uint64_t hash = keyed_hash64(review->catalog->hash_key.bytes, told);
    *ret_is_many = false;
    if (!persons->is_loaded)
        TRY(load(review));
    forget_old(persons, day);
    size_t count = keys_of(review, record, keys);
    for (size_t i = 0; i < count; i++) {
        bool is_there = false;
        unsigned times = times_told(persons, keys[i], hash, &is_there);
        if (is_there)
            continue;
        *ret_is_many |= times == REVIEW_NOTIFICATIONS;
        TRY(add(persons, (struct told){keys[i], hash, day}));
        persons->is_changed = true;
    }
    return OK;
}

void persons_release(struct persons *persons)
{
    free(persons->items);
}
