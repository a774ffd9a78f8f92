/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record ids as people see and say them: the home's 32 bits as 7 characters of Crockford's base 32,
 * a dash, what stands for the record's number, without leading zeros. Read in any case, with O for
 * 0 and I or L for 1, as the alphabet's author meant it; U is in no id. Two texts that parse to one
 * id are the same record.
 *
 * What stands for the number of a record of this node is its image under a permutation of 60 bits
 * with a key of the home's (crypto's): two ids tell neither how many records lie between
 * them nor which is older, and an id that nobody was given is some number that was never used. The
 * number itself, by which store and index are ordered, is shown nowhere. Of another home's records
 * what it shows is all there is: its text is kept as it came.
 *
 * A process has one home as a rule, tests and a copy being checked have more: a few places, looked
 * through from the newest, written when a store is opened and closed and read without a lock.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "model/model.h"

enum {
    HOME_CHARACTERS = 7,
    NUMBER_CHARACTERS = 13,
    HALF_BITS = 30,
    ROUNDS = 6,
    MASKS_MAX = 64,
};
#define SHOWN_COUNT (1ull << 2 * HALF_BITS)

/* ---- masks ---- */

static struct {
    _Atomic uint32_t home; /* 0: free */
    const struct record_id_mask *mask;
} masks[MASKS_MAX];
static _Atomic size_t mask_count;
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

static uint64_t show_number(const struct record_id_mask *mask, uint64_t number)
{
    ensure(number < SHOWN_COUNT);
    return number_permute(mask->key.bytes, HALF_BITS, ROUNDS, number);
}

static uint64_t find_number(const struct record_id_mask *mask, uint64_t shown)
{
    return shown < SHOWN_COUNT ? number_restore(mask->key.bytes, HALF_BITS, ROUNDS, shown) : 0;
}

void record_id_mask_init(struct record_id_mask *mask, uint32_t home, const struct secret_key *key)
{
    ensure(home != 0);
    *mask = (struct record_id_mask){.home = home,
                                    .key = *key,
                                    .show = show_number,
                                    .find = find_number};
}

void record_id_mask_on(const struct record_id_mask *mask)
{
    pthread_mutex_lock(&writing);
    size_t place = atomic_load(&mask_count);
    ensure(place < MASKS_MAX);
    masks[place].mask = mask;
    atomic_store(&masks[place].home, mask->home);
    atomic_store(&mask_count, place + 1);
    pthread_mutex_unlock(&writing);
}

void record_id_mask_off(const struct record_id_mask *mask)
{
    pthread_mutex_lock(&writing);
    size_t count = atomic_load(&mask_count);
    for (size_t i = 0; i < count; i++)
        if (atomic_load(&masks[i].home) && masks[i].mask == mask)
            atomic_store(&masks[i].home, 0);
    while (count && !atomic_load(&masks[count - 1].home))
        count--;
    atomic_store(&mask_count, count);
    pthread_mutex_unlock(&writing);
}

static const struct record_id_mask *mask_of(uint32_t home)
{
    for (size_t i = atomic_load(&mask_count); i-- > 0;)
        if (atomic_load(&masks[i].home) == home)
            return masks[i].mask;
    return NULL;
}

/* ---- texts ---- */

const char *record_id_format(struct record_id id, char out[RECORD_ID_TEXT])
{
    const struct record_id_mask *mask = id.number ? mask_of(id.home) : NULL;
    uint64_t home = id.home;
    uint64_t number = mask ? mask->show(mask, id.number) : id.number;
    char digits[NUMBER_CHARACTERS];
    size_t count = 0;
    size_t len = HOME_CHARACTERS;
    for (size_t i = HOME_CHARACTERS; i > 0; i--, home >>= 5)
        out[i - 1] = crockford_letters[home & 31];
    do
        digits[count++] = crockford_letters[number & 31];
    while (number >>= 5);
    out[len++] = '-';
    while (count > 0)
        out[len++] = digits[--count];
    out[len] = '\0';
    return out;
}

static bool parse_digits(str text, uint64_t max, uint64_t *ret)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = crockford_digit(text.ptr[i]);
        if (digit < 0 || number > (max - (uint64_t)digit) >> 5)
            return false;
        number = number << 5 | (uint64_t)digit;
    }
    *ret = number;
    return text.len > 0;
}

bool record_id_parse(str text, struct record_id *ret)
{
    uint64_t home = 0;
    uint64_t number = 0;
    size_t dash = str_find(text, '-');
    str tail = str_from(text, dash + 1);
    if (dash != HOME_CHARACTERS || tail.len > NUMBER_CHARACTERS)
        return false;
    if (!parse_digits(str_slice(text, 0, dash), UINT32_MAX, &home) ||
        !parse_digits(tail, UINT64_MAX, &number))
        return false;
    const struct record_id_mask *mask = mask_of((uint32_t)home);
    number = mask ? mask->find(mask, number) : number;
    if (number == 0)
        return false;
    *ret = (struct record_id){(uint32_t)home, number};
    return true;
}

static const char *const state_words[STATE_COUNT] = {
    [STATE_ACTIVE] = "active",   [STATE_SUSPENDED] = "suspended", [STATE_CANCELLED] = "cancelled",
    [STATE_EXPIRED] = "expired", [STATE_DELETED] = "deleted",
};

const char *state_word(enum state state)
{
    ensure((unsigned)state < STATE_COUNT);
    return state_words[state];
}

bool state_parse(str word, enum state *ret)
{
    for (size_t i = 0; i < STATE_COUNT; i++)
        if (str_eq_c(word, state_words[i])) {
            *ret = (enum state)i;
            return true;
        }
    return false;
}

const char *disclosure_word(enum disclosure disclosure)
{
    static const char *const words[] = {
        [DISCLOSE_NONE] = "none",
        [DISCLOSE_HIT_ONLY] = "hit-only",
        [DISCLOSE_MASKED] = "masked",
        [DISCLOSE_FULL] = "full",
    };
    ensure((unsigned)disclosure < COUNT_OF(words));
    return words[disclosure];
}
