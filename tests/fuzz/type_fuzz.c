/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every field type on any input: the first byte picks the type, the second says whether the rest is a text or JSON. What
 * parses must print, key, compare with itself, hide, and fall into parts; recognition takes any line.
 */
#include <stdint.h>
#include <stdlib.h>

#include "codec/json.h"
#include "type/type.h"

static struct type_context context = {.today = {2026, 11, 22}, .country = {"", 0}};
static struct secret_key hash_key = {{1}};

static void start(void)
{
    static struct codes *codes;
    if (codes)
        return;
    if (crypto_init() || codes_load("codes", &codes))
        abort();
    context.codes = codes;
    context.hash_key = &hash_key;
}

static void take_key(struct key_sink *sink, const struct key *key)
{
    (void)sink;
    ensure(key->space.len > 0);
    ensure(key->text.len < 1 << 16);
}

static void take_part(struct part_sink *sink, str meaning, const struct value *value)
{
    (void)sink;
    ensure(meaning.len > 0);
    ensure(value->type != NULL);
}

static void use_value(const struct value *value, struct arena *arena)
{
    const struct type *type = value->type;
    struct buf out = {.max = 1 << 20};
    struct key_sink keys = {.add = take_key};
    struct part_sink parts = {take_part};
    struct comparison same;
    type->print(value, &out);
    if (type->redact)
        type->redact(value, &out);
    if (type->keys)
        type->keys(value, &keys);
    type_neighbours(value, &keys);
    if (type->parts)
        type->parts(value, arena, &parts);
    if (type->compare)
        type->compare(value, value, &same);
    ensure(utf8_is_valid(value->norm));
    ensure(utf8_is_valid(value->note));
    ensure(utf8_is_valid(buf_str(&out)));
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {.max_bytes = 16 << 20};
    struct reading readings[12];
    struct value value;
    start();
    if (size < 2 || size > 4096)
        return 0;
    str text = str_of((const char *)data + 2, size - 2);
    const struct type *type = type_at(data[0] % type_count());
    struct node *node = node_text(&arena, text);
    if (!utf8_is_valid(text) || (data[1] == '{' && json_parse(text, &arena, &node)))
        goto out;
    struct type_context own = context;
    own.list = codes_at(context.codes, data[1] % codes_count(context.codes));
    if (type->parse(&own, node, &arena, &value) == OK)
        use_value(&value, &arena);
    if (data[1] != '{') {
        size_t count = type_recognise(&context, text, &arena, readings, COUNT_OF(readings));
        for (size_t i = 0; i < count; i++)
            use_value(&readings[i].value, &arena);
    }
out:
    err_clear();
    arena_release(&arena);
    return 0;
}
