/* SPDX-License-Identifier: Apache-2.0 */
/* Machine-readable zones: their parts, repairs, writing, and the published vectors where they are at hand. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "codec/json.h"
#include "type/mrz.h"

static const char passport[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
                               "L898902C36UTO7408122F1204159ZE184226B<<<<<10";

static struct type_context context = {.today = {2026, 11, 22}, .country = {"", 0}};

static int setup(void **state)
{
    static struct codes *codes;
    (void)state;
    if (crypto_init() || codes_load("codes", &codes))
        return -1;
    context.codes = codes;
    return 0;
}

struct found_parts {
    struct part_sink sink;
    char text[2048];
};

static void note_part(struct part_sink *sink, str meaning, const struct value *value)
{
    struct found_parts *found = (struct found_parts *)sink;
    size_t len = strlen(found->text);
    (void)snprintf(found->text + len, sizeof found->text - len, "[%.*s=%.*s%s]", STR(meaning),
                   STR(value->norm),
                   value->check == CHECK_OK       ? "+"
                   : value->check == CHECK_FAILED ? "-"
                                                  : "");
}

static void parse_zone(const char *text, struct arena *arena, struct value *ret)
{
    assert_int_equal(type_parse_text(type_find(S("mrz")), &context, str_c(text), arena, ret), OK);
}

static void assert_part(const struct found_parts *found, const char *part)
{
    if (!strstr(found->text, part))
        fail_msg("no part %s in %s", part, found->text);
}

static void passport_says_who_and_what(void **state)
{
    struct arena arena = {0};
    struct value value;
    struct found_parts found = {{note_part}, ""};
    (void)state;
    parse_zone(passport, &arena, &value);
    value.type->parts(&value, &arena, &found.sink);
    assert_part(&found, "[document-number=L898902C3+]");
    assert_part(&found, "[personal-number=ZE184226B+]");
    if (type_find(S("country"))) {
        assert_part(&found, "[issuer=UTO");
        assert_part(&found, "[nationality=UTO");
    }
    if (type_find(S("date"))) {
        assert_part(&found, "[birth-date=1974-08-12+]");
        assert_part(&found, "[expiry-date=2012-04-15+]");
    }
    if (type_find(S("sex")))
        assert_part(&found, "[sex=F]");
    if (type_find(S("code")))
        assert_part(&found, "[document-class=travel]");
    arena_release(&arena);
}

static void wrong_digit_marks_its_own_part(void **state)
{
    struct arena arena = {0};
    struct value value;
    struct found_parts found = {{note_part}, ""};
    (void)state;
    parse_zone("L898902C46UTO7408122F1204159ZE184226B<<<<<10", &arena, &value);
    assert_int_equal(value.check, CHECK_FAILED);
    value.type->parts(&value, &arena, &found.sink);
    assert_part(&found, "[document-number=L898902C4-]");
    assert_part(&found, "[personal-number=ZE184226B+]");
    arena_release(&arena);
}

static void long_numbers_are_put_together(void **state)
{
    struct arena arena = {0};
    struct buf out = {0};
    struct value value;
    char number[MRZ_NUMBER_MAX];
    const struct mrz_contents contents = {
        .document_class = S("I"),
        .issuer = S("UTO"),
        .nationality = S("UTO"),
        .number = S("D23145890734"),
        .birth = S("740812"),
        .expiry = S("320415"),
        .sex = 'F',
        .name = S("ERIKSSON<<ANNA<MARIA"),
    };
    (void)state;
    mrz_write(MRZ_TD1, &contents, &out);
    buf_add_char(&out, '\0');
    parse_zone(out.ptr, &arena, &value);
    assert_int_equal(value.check, CHECK_OK);
    assert_true(str_eq(mrz_number(mrz_of(&value), number), S("D23145890734")));
    buf_release(&out);
    arena_release(&arena);
}

/* Misreadings of one zone and what is offered for each; NULL: nothing may be offered. */
static void repairs_are_offered_only_when_certain(void **state)
{
    static const struct {
        const char *read, *offered, *why;
    } cases[] = {
        {"L898902C36UTO74O8122F1204159ZE184226B<<<<<10",
         "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "O in a date"},
        {"L898902C36UT07408122F1204159ZE184226B<<<<<10", NULL,
         "a digit in a country: its check digits agree, nothing to repair"},
        {"L898902C36UTO7408122F1204159ZE184226B<<<<<1O",
         "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "O as check digit"},
        {"L8989O2C36UTO7408122F1204159ZE184226B<<<<<10",
         "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "O in the number"},
        {"LB98902C36UTO7408122F1204159ZE184226B<<<<<10", NULL,
         "B for 8: another change would do as well"},
        {"L898902C36UTO740BIZZFIZO4IS9ZE184226B<<<<<IO",
         "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "many, all where only digits stand"},
        {"L898902C36UTO7408123F1204159ZE184226B<<<<<10", NULL,
         "a digit for a digit is beyond repair"},
        {"L8989O2C36UTO74O8122F1204159ZE184226B<<<<<10",
         "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "O in the number and in a date"},
        {"A0770B121<UTO7408122F1204159<<<<<<<<<<<<<<<0", NULL, "nothing near agrees"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena = {0};
        struct value value;
        parse_zone(cases[i].read, &arena, &value);
        if (!str_eq(value.repair, str_c(cases[i].offered)))
            fail_msg("%s: offered '%.*s' (%.*s)", cases[i].why, STR(value.repair), STR(value.note));
        if (cases[i].offered)
            assert_true(value.note.len > 20);
        arena_release(&arena);
    }
}

struct seen_parts {
    struct part_sink sink;
    char birth[16], name[64];
};
static void take_birth_and_name(struct part_sink *sink, str meaning, const struct value *value)
{
    struct seen_parts *seen = (struct seen_parts *)sink;
    if (str_eq_c(meaning, "birth-date"))
        (void)snprintf(seen->birth, sizeof seen->birth, "%.*s", STR(value->norm));
    if (str_eq_c(meaning, "name"))
        (void)snprintf(seen->name, sizeof seen->name, "%.*s", STR(value->raw));
}

/* What the person is looked for by is of what was meant, where that is without doubt. */
static void parts_are_of_what_is_meant(void **state)
{
    struct arena arena = {0};
    struct value value;
    struct seen_parts seen = {.sink = {take_birth_and_name}};
    (void)state;
    parse_zone("P<UTOER1KS5ON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
               "L898902C36UTO74O8I22F1204159ZE184226B<<<<<10",
               &arena, &value);
    assert_int_equal(value.check, CHECK_FAILED); /* as read it stays */
    type_find(S("mrz"))->parts(&value, &arena, &seen.sink);
    assert_string_equal(seen.birth, "1974-08-12");
    assert_string_equal(seen.name, "ERIKSSON<<ANNA<MARIA");
    arena_release(&arena);
}

/*
 * Two look-alikes of the number misread, of many numbers: where two characters are offered for two
 * it is mostly the right reading, and never is it one whose check digits fail. A single character
 * that explains it all goes first: single misreadings are far more frequent.
 */
static void two_misreadings_are_offered_when_one_reading_fits(void **state)
{
    struct random random;
    size_t offered = 0, right = 0;
    (void)state;
    random_seed(&random, 4);
    for (size_t i = 0; i < 300; i++) {
        static const char from[] = "0O1I2Z5S6G8B", to[] = "O0I1Z2S5G6B8";
        struct arena arena = {0};
        struct buf zone = {0};
        struct value value, again;
        type_find(S("mrz"))->sample(&random, STR_EMPTY, &zone);
        str whole = arena_str(&arena, buf_str(&zone));
        size_t misread = 0;
        for (size_t at = 45; at < 54 && misread < 2; at++)
            if (strchr(from, zone.ptr[at])) {
                zone.ptr[at] = to[strchr(from, zone.ptr[at]) - from];
                misread++;
            }
        buf_add_char(&zone, 0);
        parse_zone(zone.ptr, &arena, &value);
        size_t changed = 0;
        for (size_t at = 0; at < value.repair.len; at++)
            changed += value.repair.ptr[at] != zone.ptr[at];
        offered += changed == 2;
        right += value.repair.len && str_eq(value.repair, whole);
        if (value.repair.len) {
            assert_int_equal(type_parse_text(type_find(S("mrz")), &context, value.repair, &arena,
                                             &again),
                             OK);
            assert_int_equal(again.check, CHECK_OK);
        }
        buf_release(&zone);
        arena_release(&arena);
    }
    assert_true(offered >= 20 && right * 10 >= offered * 9);
}

/* Every single-character look-alike error in the checked fields is noticed, and a repair never claims a wrong zone. */
static void single_misreadings_are_noticed(void **state)
{
    static const char line[] = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<";
    size_t noticed = 0, tried = 0;
    (void)state;
    for (size_t at = 0; at < 10; at++) {
        for (const char *c = alphabet; *c; c++) {
            char wrong[sizeof line];
            struct arena arena = {0};
            struct value value;
            memcpy(wrong, line, sizeof line);
            if (wrong[at] == *c)
                continue;
            wrong[at] = *c;
            parse_zone(wrong, &arena, &value);
            tried++;
            noticed += value.check == CHECK_FAILED;
            arena_release(&arena);
        }
    }
    assert_true(noticed * 100 >=
                tried * 90); /* mod 10 lets values differing by 10, 20, 30 through */
}

static void recognition_is_sure_of_zones_alone(void **state)
{
    struct arena arena = {0};
    struct reading readings[8];
    (void)state;
    assert_true(type_recognise(&context, str_c(passport), &arena, readings, 8) >= 1);
    assert_string_equal(readings[0].type->name, "mrz");
    assert_int_equal(readings[0].confidence, 100);
    assert_true(type_recognise(&context, S("L898902C36UTO7408122F1204159ZE184226B<<<<<10"), &arena,
                               readings, 8) >= 1);
    assert_string_equal(readings[0].type->name, "mrz");
    size_t count = type_recognise(&context, S("GB82WEST12345698765432"), &arena, readings, 8);
    for (size_t i = 0; i < count; i++)
        assert_string_not_equal(readings[i].type->name, "mrz");
    arena_release(&arena);
}

/* ---- the published vectors ---- */

static bool flag(const struct node *node, str key, bool *ret)
{
    const struct node *found = node_get(node, key);
    *ret = node_as_bool(found, false);
    return found != NULL;
}

static void compare_flag(const struct node *check, str key, const struct mrz *mrz,
                         enum mrz_check which, size_t line)
{
    bool expected;
    if (flag(check, key, &expected) && expected != (mrz->checks[which] == CHECK_OK))
        fail_msg("vectors.jsonl:%zu: %.*s should be %s", line, STR(key),
                 expected ? "right" : "wrong");
}

static void run_vector(str text, size_t line, struct arena *arena)
{
    static const enum mrz_format formats[] = {MRZ_TD1, MRZ_TD2, MRZ_TD3};
    struct node *node = NULL;
    struct mrz mrz;
    char zone[256];
    size_t len = 0;
    assert_int_equal(json_parse(text, arena, &node), OK);
    const struct node *check = node_get(node, S("check"));
    str format = node_get_text(check, S("format"));
    node_each(part, node_get(node, S("lines")))
    {
        assert_true(len + part->text.len < sizeof zone);
        memcpy(zone + len, part->text.ptr, part->text.len);
        len += part->text.len;
    }
    assert_true(format.len == 3 && format.ptr[2] >= '1' && format.ptr[2] <= '3');
    mrz_read_as(formats[format.ptr[2] - '1'], str_of(zone, len), &mrz);
    if (mrz.zone[mrz_layouts[mrz.format].check_at[MRZ_NUMBER]] !=
        '<') /* the source leaves long numbers unchecked */
        compare_flag(check, S("doc"), &mrz, MRZ_NUMBER, line);
    compare_flag(check, S("dob"), &mrz, MRZ_BIRTH, line);
    compare_flag(check, S("exp"), &mrz, MRZ_EXPIRY, line);
    compare_flag(check, S("opt"), &mrz, MRZ_OPTIONAL, line);
    compare_flag(check, S("comp"), &mrz, MRZ_COMPOSITE, line);
}

static void published_vectors_agree(void **state)
{
    const char *shared = getenv("BUREAU_SHARED");
    char path[512], *data = NULL;
    size_t len = 0, line_number = 0;
    (void)state;
    (void)snprintf(path, sizeof path, "%s/data/mrz/vectors.jsonl", shared ? shared : "../shared");
    if (io_read_file(path, 1 << 22, &data, &len) != OK) {
        err_clear();
        print_message("skipped: no %s\n", path);
        skip();
    }
    struct arena arena = {0};
    str rest = str_of(data, len), line;
    while (str_split(&rest, '\n', &line)) {
        line_number++;
        if (line.len)
            run_vector(line, line_number, &arena);
        arena_reset(&arena);
    }
    assert_true(line_number >= 20);
    arena_release(&arena);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passport_says_who_and_what),
        cmocka_unit_test(wrong_digit_marks_its_own_part),
        cmocka_unit_test(long_numbers_are_put_together),
        cmocka_unit_test(repairs_are_offered_only_when_certain),
        cmocka_unit_test(parts_are_of_what_is_meant),
        cmocka_unit_test(two_misreadings_are_offered_when_one_reading_fits),
        cmocka_unit_test(single_misreadings_are_noticed),
        cmocka_unit_test(recognition_is_sure_of_zones_alone),
        cmocka_unit_test(published_vectors_agree),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
