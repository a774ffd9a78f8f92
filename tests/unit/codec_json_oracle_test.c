/* SPDX-License-Identifier: Apache-2.0 */
/* Our JSON reader against jansson: the same texts accepted, the same trees, on damaged and random JSON. */
#include <jansson.h>
#include <stdlib.h>

#include "codec/json.h"

#include "test.h"

/* NOLINTBEGIN(misc-no-recursion) */
static bool same(const struct node *ours, const json_t *theirs)
{
    switch (json_typeof(theirs)) {
    case JSON_OBJECT: {
        if (ours->kind != NODE_MAP || ours->count != json_object_size(theirs))
            return false;
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)theirs, key, value)
        {
            const struct node *child = node_get(ours, str_c(key));
            if (!child || !same(child, value))
                return false;
        }
        return true;
    }
    case JSON_ARRAY: {
        size_t i = 0;
        if (ours->kind != NODE_LIST || ours->count != json_array_size(theirs))
            return false;
        node_each(child, ours) if (!same(child, json_array_get(theirs, i++))) return false;
        return true;
    }
    case JSON_STRING:
        return ours->kind == NODE_TEXT &&
               str_eq(ours->text, str_of(json_string_value(theirs), json_string_length(theirs)));
    case JSON_INTEGER:
        return ours->kind == NODE_NUMBER &&
               strtoll(ours->text.ptr, NULL, 10) == json_integer_value(theirs);
    case JSON_REAL: return ours->kind == NODE_NUMBER;
    case JSON_TRUE: return ours->kind == NODE_BOOL && str_eq(ours->text, S("true"));
    case JSON_FALSE: return ours->kind == NODE_BOOL && str_eq(ours->text, S("false"));
    case JSON_NULL: return ours->kind == NODE_NULL;
    }
    return false;
}

static void random_value(struct random *random, unsigned depth, struct buf *out)
{
    static const char *const scalars[] = {"1",
                                          "-0",
                                          "0.5",
                                          "1e9",
                                          "-12.25E-3",
                                          "true",
                                          "false",
                                          "null",
                                          "\"\"",
                                          "\"a\"",
                                          "\"\\n\"",
                                          "\"\\u00e9\"",
                                          "\"\\ud83d\\ude00\"",
                                          "\"\xD0\x98\"",
                                          "\"\\\\\"",
                                          "\"\\\"x\\/\"",
                                          " 7 ",
                                          "123456789"};
    uint64_t kind = depth > 4 ? 2 : random_below(random, 4);
    if (kind > 1) {
        buf_add(out, str_c(scalars[random_below(random, COUNT_OF(scalars))]));
        return;
    }
    buf_add_char(out, kind ? '{' : '[');
    for (uint64_t i = 0, count = random_below(random, 24); i < count; i++) {
        if (i)
            buf_add(out, S(" ,\n"));
        if (kind)
            buf_printf(out, "\"k%u\" : ", (unsigned)i);
        random_value(random, depth + 1, out);
    }
    buf_add_char(out, kind ? '}' : ']');
}
/* NOLINTEND(misc-no-recursion) */

static void damage(struct random *random, struct buf *text)
{
    static const char bytes[] = "\"\\{}[],:0123456789eE.+-tfnu \x01\xC3\xA9";
    for (uint64_t i = random_below(random, 3); i > 0 && text->len; i--)
        text->ptr[random_below(random, text->len)] = bytes[random_below(random, sizeof bytes - 1)];
}

/* The thread sanitizer makes each round many times slower, and this test has one thread: fewer there. */
#ifdef __SANITIZE_THREAD__
enum { ROUNDS = 400 };
#else
enum { ROUNDS = 4000 };
#endif

static void agrees_with_jansson(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1923);
    unsigned accepted = 0, refused = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct buf text = {0};
        struct arena arena = {0};
        random_value(&random, 0, &text);
        damage(&random, &text);
        json_error_t error;
        struct node *ours = NULL;
        json_t *theirs =
            json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
        bool is_too_big =
            !theirs &&
            json_error_code(&error) == json_error_numeric_overflow; /* we keep digits as they are */
        bool is_ours = json_parse(buf_str(&text), &arena, &ours) == OK;
        if (!is_too_big && (is_ours != (theirs != NULL) || (theirs && !same(ours, theirs))))
            fail_msg("round %u: ours %d, jansson %d (%s): %.*s", round, is_ours, theirs != NULL,
                     error.text, STR(buf_str(&text)));
        accepted += is_ours;
        refused += !is_ours;
        json_decref(theirs);
        arena_release(&arena);
        buf_release(&text);
    }
    assert_true(accepted > ROUNDS / 8 && refused > ROUNDS / 8);
}

static void many_keys(void **state)
{
    (void)state;
    struct buf text = {0};
    struct arena arena = {0};
    struct node *node = NULL;
    buf_add_char(&text, '{');
    for (unsigned i = 0; i < 50000; i++)
        buf_printf(&text, "%s\"key%u\":%u", i ? "," : "", i, i);
    buf_add(&text, S(",\"key17\":0}"));
    assert_int_equal(json_parse(buf_str(&text), &arena, &node), ERR_SYNTAX);
    text.len -= strlen(",\"key17\":0}");
    buf_add_char(&text, '}');
    assert_int_equal(json_parse(buf_str(&text), &arena, &node), OK);
    assert_int_equal(node->count, 50000);
    arena_release(&arena);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_jansson),
                                       cmocka_unit_test(many_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
