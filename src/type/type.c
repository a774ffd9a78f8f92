/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds for every field type: finding one, parsing from text, asking all of them what a line
 * could be, and the near misses of a value. The behaviours themselves lie one type a file.
 */
#include "type/type.h"

#include "type/internal.h"

enum { READINGS_PER_TYPE = 4, NEIGHBOUR_TEXT_MAX = 64, SECRET_SURE = 80 };

const struct type *type_find(str name)
{
    size_t low = 0, high = type_table_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(str_c(type_table[middle]->name), name);
        if (order == 0)
            return type_table[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t type_count(void)
{
    return type_table_count;
}

const struct type *type_at(size_t index)
{
    ensure(index < type_table_count);
    return type_table[index];
}

enum err type_parse_text(const struct type *type, const struct type_context *context, str text,
                         struct arena *arena, struct value *ret)
{
    struct node *node = node_text(arena, text);
    if (!node)
        return err_last()->code;
    return type->parse(context, node, arena, ret);
}

/*
 * Insertion keeps the order of types among equals, so that the same line always gives the same
 * chips.
 */
static size_t insert_reading(struct reading *out, size_t count, size_t max,
                             const struct reading *reading)
{
    size_t at = count;
    while (at > 0 && out[at - 1].confidence < reading->confidence)
        at--;
    if (at >= max)
        return count;
    size_t last = count < max ? count : max - 1;
    memmove(out + at + 1, out + at, (last - at) * sizeof *out);
    out[at] = *reading;
    return last + 1;
}

/*
 * When a line is surely a secret (a card number), a catch-all type that also takes it would carry
 * the secret on under another name, so readings less sure than a coin's toss go.
 */
static size_t drop_copies_of_secrets(struct reading *out, size_t count)
{
    bool is_secret = count > 0 && out[0].type->is_secret && out[0].confidence >= SECRET_SURE;
    while (is_secret && count > 1 && out[count - 1].confidence <= 50)
        count--;
    return count;
}

size_t type_recognise(const struct type_context *context, str line, struct arena *arena,
                      struct reading *out, size_t max)
{
    line = str_trim(line);
    size_t count = 0;
    if (line.len == 0 || max == 0)
        return 0;
    for (size_t i = 0; i < type_table_count; i++) {
        struct reading found[READINGS_PER_TYPE];
        if (!type_table[i]->recognise)
            continue;
        size_t got = type_table[i]->recognise(context, line, arena, found, READINGS_PER_TYPE);
        ensure(got <= READINGS_PER_TYPE);
        for (size_t k = 0; k < got; k++)
            count = insert_reading(out, count, max, &found[k]);
    }
    return drop_copies_of_secrets(out, count);
}

/* ---- near misses ---- */

struct neighbour_maker {
    struct key_sink *sink;
    str space, norm;
    char text[NEIGHBOUR_TEXT_MAX + 2];
};

static void emit(struct neighbour_maker *maker, size_t len)
{
    type_add_key(maker->sink, KEY_EXACT, maker->space, str_of(maker->text, len));
}

/* The text with its bytes from `from` on moved to `to`. */
static void copy_tail(struct neighbour_maker *maker, size_t from, size_t to)
{
    memcpy(maker->text + to, maker->norm.ptr + from, maker->norm.len - from);
}

static void emit_wrong_and_extra(struct neighbour_maker *maker, str alphabet, size_t at)
{
    for (size_t a = 0; a < alphabet.len; a++) {
        maker->text[at] = alphabet.ptr[a];
        if (at < maker->norm.len && alphabet.ptr[a] != maker->norm.ptr[at]) {
            copy_tail(maker, at + 1, at + 1);
            emit(maker, maker->norm.len);
        }
        if (at == 0 || alphabet.ptr[a] != maker->norm.ptr[at - 1]) { /* one of a run is enough */
            copy_tail(maker, at, at + 1);
            emit(maker, maker->norm.len + 1);
        }
    }
}

static void emit_missing_and_swapped(struct neighbour_maker *maker, size_t at)
{
    size_t len = maker->norm.len;
    const char *norm = maker->norm.ptr;
    if (len > 1 && (at == 0 || norm[at] != norm[at - 1])) {
        copy_tail(maker, at + 1, at);
        emit(maker, len - 1);
    }
    if (at + 1 < len && norm[at] != norm[at + 1]) {
        maker->text[at] = norm[at + 1];
        maker->text[at + 1] = norm[at];
        copy_tail(maker, at + 2, at + 2);
        emit(maker, len);
    }
}

void type_neighbours(const struct value *value, struct key_sink *sink)
{
    if (value->type->neighbours)
        value->type->neighbours(value, sink);
    else
        type_text_neighbours(str_c(value->type->name), value->norm, value->type->alphabet, sink);
}

void type_text_neighbours(str space, str text, str alphabet, struct key_sink *sink)
{
    struct neighbour_maker maker = {.sink = sink, .space = space, .norm = text};
    if (alphabet.len == 0 || text.len == 0 || text.len > NEIGHBOUR_TEXT_MAX)
        return;
    for (size_t at = 0; at <= text.len; at++) {
        emit_wrong_and_extra(&maker, alphabet, at);
        if (at == text.len)
            break;
        emit_missing_and_swapped(&maker, at);
        maker.text[at] = text.ptr[at]; /* the head stays right as we go on */
    }
}
