/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every table of tests/cases/types/: one file per field type, one line per case:
 *   input <TAB> normal form, or ! when it is refused <TAB> check (none, ok, failed) <TAB> why
 * "\n" in an input is a line end; an input that begins with { is JSON. Beside the table each type must keep general
 * promises: normal forms parse to themselves where they are text, equal values compare as the same, samples are valid.
 */
/* clang-format off */
/* clang-format on */

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "codec/json.h"
#include "type/type.h"

#include "test.h"
#include "type_fixture.h"

static struct type_context context = {.today = {2026, 11, 22}, .country = {"", 0}};
static struct secret_key hash_key = {{7}};

static int setup(void **state)
{
    (void)state;
    context.hash_key = &hash_key;
    static struct codes *codes;
    if (crypto_init() || codes_load("codes", &codes))
        return -1;
    context.codes = codes;
    return 0;
}

static const char *check_word(enum check check)
{
    return check == CHECK_OK ? "ok" : check == CHECK_FAILED ? "failed" : "none";
}

static const struct node *input_of(str text, struct arena *arena)
{
    struct node *node = node_text(arena, unescape(text, arena));
    if (text.len && text.ptr[0] == '{')
        assert_int_equal(json_parse(text, arena, &node), OK);
    return node;
}

struct collected {
    struct key_sink sink;
    size_t count;
};

static void count_key(struct key_sink *sink, const struct key *key)
{
    struct collected *collected = (struct collected *)sink;
    assert_true(key->space.len > 0);
    collected->count++;
}

/* All failing lines are shown, not the first alone. */
static int complaints;
#define complain(...)             \
    do {                          \
        complaints++;             \
        print_error(__VA_ARGS__); \
        print_error("\n");        \
    } while (0)

/* Parts are searched by their meaning: one that is not in the list would never find anything. */
static void part_exists(struct part_sink *sink, str meaning, const struct value *value)
{
    (void)sink;
    if (!code_get(codes_list(context.codes, S("meanings")), meaning))
        fail_msg("meaning %.*s of a part is not in the list", STR(meaning));
    assert_non_null(value->type);
}

/* What must hold of every value that parsed. */
static void check_promises(const struct value *value, struct arena *arena, const char *place)
{
    struct buf out = {0};
    struct comparison same;
    struct collected collected = {{.add = count_key}, 0};
    value->type->print(value, &out);
    if (out.len == 0 || out.failed)
        complain("%s: prints nothing", place);
    if (value->type->compare) {
        value->type->compare(value, value, &same);
        if (same.agreement != AGREE_SAME && same.agreement != AGREE_UNKNOWN)
            complain("%s: does not agree with itself: %s", place, same.words);
    }
    struct part_sink parts = {part_exists};
    if (value->type->parts)
        value->type->parts(value, arena, &parts);
    if (value->type->keys)
        value->type->keys(value, &collected.sink);
    if (value->type->is_key && !value->type->is_fuzzy && collected.count == 0)
        complain("%s: a key type without keys", place);
    buf_clear(&out);
    if (value->type->redact)
        value->type->redact(value, &out);
    if (value->type->redact && value->norm.len > 6 && str_eq(buf_str(&out), value->norm))
        complain("%s: hides nothing", place);
    buf_release(&out);
}

static void run_case(const struct type *type, str line, struct arena *arena, const char *place)
{
    str input, expected = STR_EMPTY, check = STR_EMPTY;
    struct value value;
    bool has_three = str_split(&line, '\t', &input) && str_split(&line, '\t', &expected) &&
                     str_split(&line, '\t', &check);
    if (!has_three)
        complain("%s: a case has at least input, normal form and check", place);
    bool is_code =
        strcmp(type->name, "code") == 0; /* the one type that needs to be told its list */
    context.list = is_code ? codes_list(context.codes, S("colours")) : NULL;
    enum err code = type->parse(&context, input_of(input, arena), arena, &value);
    if (str_eq(expected, S("!"))) {
        if (code == OK)
            complain("%s: '%.*s' is accepted as '%.*s'", place, STR(input), STR(value.norm));
        if (code != ERR_BAD_VALUE)
            complain("%s: '%.*s' is refused with %s: %s", place, STR(input), err_word(code),
                     err_last()->message);
        return;
    }
    if (code != OK) {
        complain("%s: '%.*s' is refused: %s", place, STR(input), err_last()->message);
        return;
    }
    expected = unescape(expected, arena);
    if (!str_eq(value.norm, expected))
        complain("%s: '%.*s' gives '%.*s', expected '%.*s'", place, STR(input), STR(value.norm),
                 STR(expected));
    if (!str_eq(check, S("-")) && !str_eq_c(check, check_word(value.check)))
        complain("%s: '%.*s' check is %s (%.*s)", place, STR(input), check_word(value.check),
                 STR(value.note));
    check_promises(&value, arena, place);
}

static size_t run_file(const char *path)
{
    char *data = NULL, place[512];
    size_t len = 0, line_number = 0, cases = 0;
    const char *base = strrchr(path, '/') + 1;
    const struct type *type = type_find(str_of(base, strlen(base) - 4));
    if (!type)
        fail_msg("%s: there is no such type", path);
    assert_int_equal(io_read_file(path, 1 << 22, &data, &len), OK);
    struct arena arena = {0};
    str rest = str_of(data, len), line;
    while (str_split(&rest, '\n', &line)) {
        line_number++;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        (void)snprintf(place, sizeof place, "%s:%zu", path, line_number);
        run_case(type, line, &arena, place);
        arena_reset(&arena);
        cases++;
    }
    arena_release(&arena);
    free(data);
    return cases;
}

static void tables_hold(void **state)
{
    (void)state;
    glob_t found;
    assert_int_equal(glob("tests/cases/types/*.tsv", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        assert_true(run_file(found.gl_pathv[i]) >= 5);
    globfree(&found);
    assert_int_equal(complaints, 0);
}

/*
 * Types that say something of a record and lead to none: what many thousands of records share, or what is near rather than
 * equal. They are compared, not looked up: docs/decisions/what-leads-a-search.md.
 */
static bool is_context(const struct type *type)
{
    static const char *const names[] = {"code",   "country", "date",   "event", "flag",     "geo",
                                        "moment", "money",   "number", "place", "quantity", "sex"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i], type->name) == 0)
            return true;
    return false;
}

/* Cases that are taken and cases that are refused, in the table of a type. */
static void count_cases(const char *name, size_t *ret_taken, size_t *ret_refused)
{
    char path[256], *data = NULL;
    size_t len = 0;
    (void)snprintf(path, sizeof path, "tests/cases/types/%s.tsv", name);
    *ret_taken = *ret_refused = 0;
    if (io_read_file(path, 1 << 22, &data, &len) != OK) {
        complain("%s has no table of cases, %s", name, path);
        err_clear();
        return;
    }
    str rest = str_of(data, len), line, input, expected;
    while (str_split(&rest, '\n', &line)) {
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        bool has_two = str_split(&line, '\t', &input) && str_split(&line, '\t', &expected);
        *(has_two && str_eq(expected, S("!")) ? ret_refused : ret_taken) += 1;
    }
    free(data);
}

/* Nobody can name a type and leave half of it out. */
static void every_type_is_whole(void **state)
{
    (void)state;
    complaints = 0;
    for (size_t i = 0; i < type_count(); i++) {
        const struct type *type = type_at(i);
        size_t taken = 0, refused = 0;
        bool leads = type->is_key || type->is_fuzzy;
        if (!type->parse || !type->print || !type->compare || !type->sample)
            complain("%s lacks parse, print, compare or sample", type->name);
        if (leads == is_context(type))
            complain("%s %s", type->name,
                     leads ? "is named as context" : "neither leads nor is context");
        if (type->is_key != (type->keys != NULL))
            complain("%s: keys() and is_key do not agree", type->name);
        count_cases(type->name, &taken, &refused);
        if (taken + refused < 6 || taken < 2 || refused < 1)
            complain("%s has %zu cases that are taken and %zu that are refused", type->name, taken,
                     refused);
    }
    assert_int_equal(complaints, 0);
}

static void types_are_in_order_and_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < type_count(); i++) {
        const struct type *type = type_at(i);
        assert_true(i == 0 || strcmp(type_at(i - 1)->name, type->name) < 0);
        assert_ptr_equal(type_find(str_c(type->name)), type);
        assert_true(strlen(type->title) > 0 && strlen(type->help) > 10);
        assert_non_null(type->parse);
        assert_non_null(type->print);
    }
    assert_null(type_find(S("no-such-type")));
}

/* 200 samples of each type parse, agree with their check digits, and are the same for the same seed. */
static void samples_are_valid_and_reproducible(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < type_count(); i++) {
        const struct type *type = type_at(i);
        struct random one, two;
        struct type_context own = context; /* a code belongs to a list */
        own.list = own.codes ? codes_list(own.codes, S("relations")) : NULL;
        random_seed(&one, i);
        random_seed(&two, i);
        for (int k = 0; type->sample && k < 200; k++) {
            struct buf a = {0}, b = {0};
            struct value value;
            type->sample(&one, STR_EMPTY, &a);
            type->sample(&two, STR_EMPTY, &b);
            assert_true(str_eq(buf_str(&a), buf_str(&b)));
            enum err code = type->parse(&own, input_of(buf_str(&a), &arena), &arena, &value);
            if (code != OK && code != ERR_UNKNOWN && context.codes)
                fail_msg("%s: sample '%.*s' is refused: %s", type->name, STR(buf_str(&a)),
                         err_last()->message);
            if (code == OK && value.check == CHECK_FAILED)
                fail_msg("%s: sample '%.*s': %.*s", type->name, STR(buf_str(&a)), STR(value.note));
            buf_release(&a);
            buf_release(&b);
            arena_reset(&arena);
        }
    }
    arena_release(&arena);
}

/* The full number of a card must be nowhere in what a value holds, nor in what a wrong one leaves behind. */
static void card_numbers_are_not_kept(void **state)
{
    (void)state;
    static const str texts[] = {{"4111 1111 1111 1111", 19}, {"4111111111111112", 16}};
    const struct type *card = type_find(S("card"));
    struct arena arena = {0};
    struct value values[3];
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct buf out = {0};
        assert_int_equal(type_parse_text(card, &context, texts[i], &arena, &values[i]), OK);
        json_write(&out, values[i].input);
        buf_add(&out, values[i].raw);
        buf_add(&out, values[i].norm);
        buf_add(&out, values[i].note);
        card->print(&values[i], &out);
        assert_false(str_has(buf_str(&out), S("41111111")));
        assert_true(str_has(buf_str(&out), S("411111")));
        assert_int_equal(values[i].check, i == 0 ? CHECK_OK : CHECK_FAILED);
        buf_release(&out);
    }
    assert_false(str_eq(values[0].norm, values[1].norm));
    /* What is stored parses to the same value, so the same card meets itself. */
    struct comparison same;
    assert_int_equal(card->parse(&context, values[0].input, &arena, &values[2]), OK);
    card->compare(&values[0], &values[2], &same);
    assert_int_equal(same.agreement, AGREE_SAME);
    assert_int_equal(values[2].check, CHECK_OK);
    assert_int_equal(type_parse_text(card, &context, S("4111 1111 1111 111Q"), &arena, &values[2]),
                     ERR_BAD_VALUE);
    assert_null(strstr(err_last()->message, "411"));
    /* Nor do other readings of the same line carry it on. */
    struct reading readings[8];
    size_t count = type_recognise(&context, S("4111111111111111"), &arena, readings, 8);
    assert_true(count >= 1 && readings[0].type == card);
    for (size_t i = 0; i < count; i++)
        assert_false(str_has(readings[i].value.norm, S("41111111")));
    struct type_context no_key = context;
    no_key.hash_key = NULL;
    assert_int_equal(type_parse_text(card, &no_key, texts[0], &arena, &values[2]), ERR_MISSING);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_in_order_and_described),
        cmocka_unit_test(every_type_is_whole),
        cmocka_unit_test(tables_hold),
        cmocka_unit_test(card_numbers_are_not_kept),
        cmocka_unit_test(samples_are_valid_and_reproducible),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
