/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record -> what it adds to the index: its policy class, the days it is ordered by, the hashes of
 * its keys. Needs nothing of the delta, so whoever commits a record may do this beforehand, on his
 * own thread, from the values he has parsed already (index_prepare); the one thread that follows
 * the feed then only links the result in.
 *
 * The outcome is a function of the record's content: prepared from the values that were entered, or
 * from the body that was stored of them, it is the same.
 */
#include "index/internal.h"
#include "type/date.h"

#define DATE_SPAN_MAX (2 * 366LL) /* days: wider is unknown */

enum { KEYS_PER_RECORD_MAX = 4096, KEYS_FIRST = 16, REF_TEXT_MAX = 1024 };

struct key_adder {
    struct key_sink sink;
    const struct index *index;
    struct arena *arena;
    struct index_prepared *made;
    size_t key_size;
    uint8_t field;
    enum err code;
};

static enum err no_room(void)
{
    return err_set(ERR_LIMIT, "a record's keys need too much memory");
}

static void add_range(struct key_adder *adder, const struct key *key)
{
    struct prepared_range *range = arena_new(adder->arena, struct prepared_range);
    if (!range) {
        adder->code = no_room();
        return;
    }
    *range = (struct prepared_range){
        .space = index_hash(adder->index->key, KEY_RANGE, key->space, STR_EMPTY),
        .from = arena_str(adder->arena, key->text),
        .to = arena_str(adder->arena, key->to),
        .field = adder->field,
        .next = adder->made->ranges,
    };
    adder->made->ranges = range;
}

static enum err add_hash(struct key_adder *adder, uint64_t hash, uint64_t space)
{
    struct index_prepared *made = adder->made;
    if (made->key_count == adder->key_size) {
        size_t size = adder->key_size ? adder->key_size * 2 : KEYS_FIRST;
        struct prepared_key *grown = arena_array(adder->arena, struct prepared_key, size);
        if (!grown)
            return no_room();
        if (made->key_count)
            memcpy(grown, made->keys, made->key_count * sizeof *grown);
        made->keys = grown;
        adder->key_size = size;
    }
    made->keys[made->key_count++] = (struct prepared_key){hash, space, adder->field};
    return OK;
}

static void add_key(struct key_sink *sink, const struct key *key)
{
    struct key_adder *adder = (struct key_adder *)sink;
    if (adder->code || ++adder->made->count > KEYS_PER_RECORD_MAX)
        return;
    if (key->kind == KEY_RANGE) {
        add_range(adder, key);
        return;
    }
    const unsigned char *secret = adder->index->key;
    bool is_counted = key->kind == KEY_EXACT;
    adder->code = add_hash(adder, index_hash(secret, key->kind, key->space, key->text),
                           is_counted ? index_hash(secret, KEY_EXACT, key->space, STR_EMPTY) : 0);
}

bool index_is_searched(const struct field_value *value)
{
    return value->field->meaning_number && value->value.type;
}

/*
 * Birth dates, or whatever the definition orders its entries by: the middle of each, if known to
 * two years.
 */
static size_t order_days(const struct record *record, int32_t days[ENTRY_DATES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < record->count && count < ENTRY_DATES_MAX; i++) {
        const struct field_value *value = &record->values[i];
        if (value->field != record->definition->order_by || value->value.type != &type_date)
            continue;
        const struct date *date = date_of(&value->value);
        int64_t length = (int64_t)date->last_day - date->first_day;
        int32_t day = length > DATE_SPAN_MAX ? NO_DAY : (int32_t)(date->first_day + length / 2);
        bool is_known = false;
        for (size_t k = 0; k < count; k++)
            is_known |= days[k] == day;
        if (!is_known)
            days[count++] = day;
    }
    if (count == 0)
        days[count++] = NO_DAY;
    return count;
}

/* Lengths are bounded by the definition's and the envelope's limits; what is longer is cut. */
uint64_t index_ref_hash(const struct index *index, str definition, str owner, str ref)
{
    char bytes[REF_TEXT_MAX];
    const str parts[] = {definition, S("\x1f"), owner, S("\x1f"), ref};
    size_t len = 0;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        size_t take = parts[i].len < sizeof bytes - len ? parts[i].len : sizeof bytes - len;
        memcpy(bytes + len, parts[i].ptr, take);
        len += take;
    }
    return index_hash(index->key, KIND_REF, S("ref"), str_of(bytes, len));
}

static enum err add_reference(struct key_adder *adder, const struct record *record)
{
    const struct envelope *envelope = &record->envelope;
    adder->field = 0;
    return envelope->ref.len == 0 ? OK
                                  : add_hash(adder,
                                             index_ref_hash(adder->index, record->definition->name,
                                                            envelope->owner, envelope->ref),
                                             0);
}

static bool has_names(const struct record *record)
{
    for (size_t i = 0; i < record->count; i++)
        if (index_is_searched(&record->values[i]) && record->values[i].value.type->is_fuzzy)
            return true;
    return false;
}

enum err index_prepare_all(const struct index *index, const struct record *record,
                           struct arena *arena, struct index_prepared **ret)
{
    struct index_prepared *made = arena_new(arena, struct index_prepared);
    struct key_adder adder = {.sink = {.add = add_key},
                              .index = index,
                              .arena = arena,
                              .made = made};
    if (!made)
        return no_room();
    made->definition = record->definition->number;
    made->has_names = has_names(record);
    made->day_count = (uint8_t)order_days(record, made->days);
    TRY(policy_class_of(index->classes, record, &made->class_number));
    for (size_t i = 0; i < record->count && !adder.code; i++) {
        const struct field_value *value = &record->values[i];
        if (!index_is_searched(value) || !value->value.type->keys)
            continue;
        adder.field = (uint8_t)value->field->number;
        value->value.type->keys(&value->value, &adder.sink);
    }
    TRY(adder.code);
    TRY(add_reference(&adder, record));
    *ret = made;
    return OK;
}

enum err index_prepare(struct index *index, const struct record *record, struct arena *arena,
                       const struct index_prepared **ret)
{
    struct index_prepared *made = NULL;
    *ret = NULL;
    if (has_names(record))
        return OK;
    TRY(index_prepare_all(index, record, arena, &made));
    *ret = made;
    return OK;
}
