/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lines of text are recognised as (tests/cases/recognise.tsv), and near misses of
 * identifiers.
 */
#include <stdlib.h>

#include "base/io.h"

#include "type/type.h"

#include "plain.h"
#include "type_fixture.h"

static struct type_context context = {.today = {2026, 11, 22}, .country = {"", 0}};
static struct secret_key hash_key = {{9}};

static int setup(void **state)
{
    static struct codes *codes;
    (void)state;
    if (crypto_init() || codes_load("codes", &codes))
        return -1;
    context.codes = codes;
    context.hash_key = &hash_key;
    return 0;
}

static bool is_among(const struct reading *readings, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(name, readings[i].type->name))
            return true;
    return false;
}

static int run_case(str line, size_t number, struct arena *arena)
{
    struct reading readings[16];
    str text = STR_EMPTY, first = STR_EMPTY, present = STR_EMPTY, absent = STR_EMPTY, one;
    int faults = 0;
    (void)(str_split(&line, '\t', &text) && str_split(&line, '\t', &first) &&
           str_split(&line, '\t', &present) && str_split(&line, '\t', &absent));
    size_t count =
        type_recognise(&context, unescape(text, arena), arena, readings, COUNT_OF(readings));
    if (count == 0 || !str_eq_c(first, readings[0].type->name)) {
        print_error("recognise.tsv:%zu: '%.*s' is read as %s, expected %.*s\n", number, STR(text),
                    count ? readings[0].type->name : "nothing", STR(first));
        faults++;
    }
    while (str_split(&present, ',', &one))
        if (one.len && !is_among(readings, count, one)) {
            print_error("recognise.tsv:%zu: '%.*s' is not read as %.*s too\n", number, STR(text),
                        STR(one));
            faults++;
        }
    while (str_split(&absent, ',', &one))
        if (one.len && is_among(readings, count, one)) {
            print_error("recognise.tsv:%zu: '%.*s' is read as %.*s\n", number, STR(text), STR(one));
            faults++;
        }
    for (size_t i = 1; i < count; i++)
        assert_true(readings[i - 1].confidence >= readings[i].confidence);
    return faults;
}

static void lines_are_recognised(void **state)
{
    char *data = NULL;
    size_t len = 0, number = 0;
    int faults = 0;
    struct arena arena = {0};
    (void)state;
    assert_int_equal(io_read_file("tests/cases/recognise.tsv", 1 << 20, &data, &len), OK);
    str rest = str_of(data, len), line;
    while (str_split(&rest, '\n', &line)) {
        number++;
        if (line.len && line.ptr[0] != '#')
            faults += run_case(line, number, &arena);
        arena_reset(&arena);
    }
    assert_true(number > 20);
    assert_int_equal(faults, 0);
    arena_release(&arena);
    free(data);
}

struct wanted_key {
    struct key_sink sink;
    str text;
    size_t found, count;
};

static void look_for(struct key_sink *sink, const struct key *key)
{
    struct wanted_key *wanted = (struct wanted_key *)sink;
    wanted->count++;
    wanted->found += key->kind == KEY_EXACT && str_eq(key->text, wanted->text);
}

/* Every slip a person makes in a number leads back to it. */
static void near_misses_lead_back(void **state)
{
    static const struct {
        const char *type, *typed, *meant, *slip;
    } cases[] = {
        {"document-number", "L898902C4", "L898902C3", "one wrong"},
        {"document-number", "L89902C3", "L898902C3", "one missing"},
        {"document-number", "L8988902C3", "L898902C3", "one doubled"},
        {"document-number", "L889902C3", "L898902C3", "two swapped"},
        {"document-number", "898902C3", "L898902C3", "first missing"},
        {"document-number", "L898902C", "L898902C3", "last missing"},
        {"plate", "FRA:AB-124-CD", "AB123CD", "plate, one wrong"},
        {"imei", "490154203237528", "490154203237518", "digit wrong"},
        {"vin", "1M8GDM9AXKP042789", "1M8GDM9AXKP042788", "VIN, last wrong"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena = {0};
        struct value value;
        struct wanted_key wanted = {{.add = look_for}, str_c(cases[i].meant), 0, 0};
        assert_int_equal(type_parse_text(type_find(str_c(cases[i].type)), &context,
                                         str_c(cases[i].typed), &arena, &value),
                         OK);
        type_neighbours(&value, &wanted.sink);
        if (wanted.found != 1)
            fail_msg("%s: found %zu times among %zu", cases[i].slip, wanted.found, wanted.count);
        assert_true(wanted.count <= 2 * (value.norm.len + 1) * 36 + 2 * value.norm.len);
        arena_release(&arena);
    }
}

static void comparisons_say_why(void **state)
{
    static const struct {
        const char *type, *asked, *held;
        enum agreement agreement;
        const char *words;
    } cases[] = {
        {"document-number", "L898902C3", "l 898902 c3", AGREE_SAME, "same number"},
        {"document-number", "L8989O2C3", "L898902C3", AGREE_CLOSE, "confused"},
        {"document-number", "L898902C4", "L898902C3", AGREE_CLOSE, "4 instead of 3 at place 9"},
        {"document-number", "L89802C3", "L898902C3", AGREE_CLOSE, "one character missing"},
        {"document-number", "L898920C3", "L898902C3", AGREE_CLOSE, "swapped: places 6 and 7"},
        {"document-number", "X123456", "L898902C3", AGREE_DIFFERENT, "different number"},
        {"document-number", "AB000123", "AB000100-AB000499", AGREE_SAME, "within the batch"},
        {"document-number", "AB000500", "AB000100-AB000499", AGREE_CLOSE,
         "one character outside the batch"},
        {"document-number", "AB001500", "AB000100-AB000499", AGREE_DIFFERENT, "outside the batch"},
        {"document-number", "AB0002", "AB000100-AB000499", AGREE_DIFFERENT, "outside the batch"},
        {"vin", "042788", "1M8GDM9AXKP042788", AGREE_CLOSE, "the last 6 characters agree"},
        {"plate", "AB-123-CD", "FRA:AB-123-CD", AGREE_SAME, "country not given"},
        {"plate", "DEU:AB-123-CD", "FRA:AB-123-CD", AGREE_FAR, "of another country"},
        {"phone", "0123456789", "+33123456789", AGREE_CLOSE, "the last 8 digits agree"},
        {"firearm-serial", "AB12??7", "AB12347", AGREE_CLOSE,
         "agrees in the 5 readable characters"},
        {"firearm-serial", "AB13??7", "AB12347", AGREE_DIFFERENT, "readable"},
        {"email", "an.na+x@example.org", "anna@example.org", AGREE_CLOSE, "dots"},
        {"bic", "DEUTDEFF500", "DEUTDEFF", AGREE_CLOSE, "another branch"},
        {"card", "411111******1111", "4111111111111111", AGREE_CLOSE, "first six and last four"},
        {"hull-number", "ABC12345D404", "FR-ABC12345D404", AGREE_CLOSE, "but for the country"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena = {0};
        struct value asked, held;
        struct comparison found;
        const struct type *type = type_find(str_c(cases[i].type));
        assert_int_equal(type_parse_text(type, &context, str_c(cases[i].asked), &arena, &asked),
                         OK);
        assert_int_equal(type_parse_text(type, &context, str_c(cases[i].held), &arena, &held), OK);
        type->compare(&asked, &held, &found);
        if (found.agreement != cases[i].agreement || !reads(str_c(found.words), cases[i].words))
            fail_msg("%s %s / %s: %d, '%s'", cases[i].type, cases[i].asked, cases[i].held,
                     found.agreement, found.words);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_recognised),
        cmocka_unit_test(near_misses_lead_back),
        cmocka_unit_test(comparisons_say_why),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
