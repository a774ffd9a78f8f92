/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in bits: what is missing, contradicted, one of many, one of a group, hidden from the
 * asker. */
#include <math.h>
#include <stdlib.h>

#include "search/evidence.h"
#include "type/date.h"
#include "type/name.h"

#include "test.h"

enum { NAME = 1, BORN, SEX, NUMBER, OTHER_SEX, FIELDS };

static struct codes *codes;
static struct type_context context = {.today = {2026, 11, 22}, .country = {"", 0}};
static struct field fields[FIELDS];
static uint16_t group_meanings[] = {SEX, OTHER_SEX};
static struct evidence_group group = {group_meanings, 2};
static struct definition definition;

struct sheet { /* values under construction */
    struct arena arena;
    struct query_value asked[8];
    struct field_value held[8];
    size_t asked_count, held_count;
};

static int setup_all(void **state)
{
    (void)state;
    if (codes_load("codes", &codes))
        return -1;
    context.codes = codes;
    context.list = codes_list(codes, S("sex"));
    const struct type *types[FIELDS] = {NULL,
                                        &type_name,
                                        &type_date,
                                        type_find(S("code")),
                                        type_find(S("vin")),
                                        type_find(S("code"))};
    for (uint16_t i = 1; i < FIELDS; i++)
        fields[i] = (struct field){.type = types[i], .meaning_number = i, .meaning = S("meaning")};
    fields[SEX].list = fields[OTHER_SEX].list = context.list;
    definition = (struct definition){.has_evidence = true, .groups = &group, .group_count = 1};
    return 0;
}

static int teardown_all(void **state)
{
    (void)state;
    codes_free(codes);
    return 0;
}

static void ask(struct sheet *sheet, uint16_t meaning, const char *text)
{
    struct query_value *value = &sheet->asked[sheet->asked_count++];
    value->meaning = meaning;
    assert_int_equal(type_parse_text(fields[meaning].type, &context, str_c(text), &sheet->arena,
                                     &value->value),
                     OK);
}

static void hold(struct sheet *sheet, uint16_t meaning, const char *text)
{
    struct field_value *value = &sheet->held[sheet->held_count++];
    value->field = &fields[meaning];
    assert_int_equal(type_parse_text(fields[meaning].type, &context, str_c(text), &sheet->arena,
                                     &value->value),
                     OK);
}

static struct evidence score_as(struct sheet *sheet, const struct evidence_context *with)
{
    struct evidence evidence;
    assert_int_equal(evidence_score(with, &definition, sheet->asked, sheet->asked_count,
                                    sheet->held, sheet->held_count, &sheet->arena, &evidence),
                     OK);
    return evidence;
}

static struct evidence score(struct sheet *sheet)
{
    static const struct evidence_context with = {.population = 1000000};
    return score_as(sheet, &with);
}

static void name_and_date_make_a_hit(void **state)
{
    (void)state;
    struct sheet sheet = {0};
    ask(&sheet, NAME, "Ottoline Farnsworth");
    ask(&sheet, BORN, "1974-08-12");
    hold(&sheet, NAME, "Ottoline Farnsworth");
    hold(&sheet, BORN, "1974-08-12");
    struct evidence e = score(&sheet);
    assert_int_equal(e.band, BAND_HIT);
    assert_true(e.probability > 0.99);
    assert_true(e.namesakes < 0.1);
    assert_int_equal(e.why_count, 2);
    assert_int_equal(e.why[0].agreement, AGREE_SAME);
    assert_true(fabs(e.bits - e.why[0].bits - e.why[1].bits) < 1e-9);
    arena_release(&sheet.arena);
}

static double bits_with_date(const char *asked, const char *held)
{
    struct sheet sheet = {0};
    ask(&sheet, BORN, asked);
    if (held)
        hold(&sheet, BORN, held);
    double bits = score(&sheet).bits;
    arena_release(&sheet.arena);
    return bits;
}

static void dates_fall_from_same_to_contradicted(void **state)
{
    (void)state;
    static const char *const held[] = {"1974-03-02", "1974-02-03", "1975-03-02", "1974",
                                       "1974-01-01", "1974-11-30", "1975-09-09", "1950-05-05"};
    double before = 1000;
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        double bits = bits_with_date("1974-03-02", held[i]);
        if (bits >= before)
            print_error("%s: %.1f after %.1f\n", held[i], bits, before);
        assert_true(bits < before);
        before = bits;
    }
    assert_true(before < -3);
    assert_true(bits_with_date("1974-03-02", NULL) == 0);
}

static void missing_is_neither_for_nor_against(void **state)
{
    (void)state;
    struct sheet sheet = {0};
    ask(&sheet, NAME, "Ottoline Farnsworth");
    ask(&sheet, SEX, "F");
    hold(&sheet, NAME, "Ottoline Farnsworth");
    struct evidence e = score(&sheet);
    assert_int_equal(e.why_count, 1);
    assert_true(e.bits == e.why[0].bits);
    arena_release(&sheet.arena);
}

static void the_best_of_many_names_pays_for_the_choice(void **state)
{
    (void)state;
    struct sheet one = {0}, four = {0};
    ask(&one, NAME, "Ottoline Farnsworth");
    ask(&four, NAME, "Ottoline Farnsworth");
    hold(&one, NAME, "Ottoline Farnsworth");
    hold(&four, NAME, "Ottoline Farnsworth");
    hold(&four, NAME, "Belle Starling");
    hold(&four, NAME, "Cora Teasdale");
    hold(&four, NAME, "Dora Underhill");
    assert_true(fabs(score(&one).bits - score(&four).bits - 2) < 1e-9);
    arena_release(&one.arena);
    arena_release(&four.arena);
}

static void of_a_group_only_the_strongest_counts(void **state)
{
    (void)state;
    struct sheet sheet = {0};
    ask(&sheet, SEX, "F");
    ask(&sheet, OTHER_SEX, "F");
    hold(&sheet, SEX, "M");
    hold(&sheet, OTHER_SEX, "F");
    struct evidence e = score(&sheet);
    assert_int_equal(e.why_count, 2);
    assert_true(e.bits == e.why[0].bits && e.bits < 0);
    assert_true(e.why[1].bits == 0);
    assert_non_null(strstr(e.why[1].words.ptr, "counted with"));
    arena_release(&sheet.arena);
}

static bool only_names(const void *unused, const struct field *field)
{
    (void)unused;
    return field == &fields[NAME];
}

static void what_is_not_open_is_not_scored(void **state)
{
    (void)state;
    const struct evidence_context with = {.population = 1000000, .is_open = only_names};
    struct sheet sheet = {0};
    ask(&sheet, NAME, "Ottoline Farnsworth");
    ask(&sheet, BORN, "1974-08-12");
    hold(&sheet, NAME, "Ottoline Farnsworth");
    hold(&sheet, BORN, "1931-01-02");
    struct evidence e = score_as(&sheet, &with);
    assert_int_equal(e.why_count, 1);
    assert_true(e.bits > 0);
    arena_release(&sheet.arena);
}

static double three_bits(const void *unused, const struct name_token *token)
{
    (void)unused;
    (void)token;
    return 3;
}

/* Two common words: below the cut, yet possible, with the namesakes to expect; not when the date
 * is against it. */
static void a_common_whole_name_is_possible_until_contradicted(void **state)
{
    (void)state;
    const struct evidence_context with = {.population = 1000000, .frequency = {.bits = three_bits}};
    struct sheet sheet = {0};
    ask(&sheet, NAME, "Li Wei");
    hold(&sheet, NAME, "Li Wei");
    struct evidence e = score_as(&sheet, &with);
    assert_int_equal(e.band, BAND_POSSIBLE);
    assert_true(e.namesakes > 10000);
    assert_true(e.probability < 0.01);
    ask(&sheet, BORN, "1974-08-12");
    hold(&sheet, BORN, "1931-01-02");
    assert_int_equal(score_as(&sheet, &with).band, BAND_NONE);
    arena_release(&sheet.arena);
}

static double fourteen_bits(const void *unused, const struct name_token *token)
{
    (void)unused;
    (void)token;
    return 14;
}

/* However rare its words: in so short a word another letter makes another name. */
static void a_short_name_changed_is_never_a_hit_alone(void **state)
{
    (void)state;
    const struct evidence_context with = {.population = 1000000,
                                          .frequency = {.bits = fourteen_bits}};
    struct sheet same = {0};
    struct sheet other = {0};
    ask(&same, NAME, "Kim Jong Un");
    hold(&same, NAME, "KIM, Jong Un");
    ask(&other, NAME, "Kim Jong Un");
    hold(&other, NAME, "KIL, Jong Hun");
    assert_int_equal(score_as(&same, &with).band, BAND_HIT);
    assert_true(score_as(&other, &with).bits > 30);
    assert_int_equal(score_as(&other, &with).band, BAND_POSSIBLE);
    arena_release(&same.arena);
    arena_release(&other.arena);
}

static void a_number_weighs_by_its_length(void **state)
{
    (void)state;
    struct sheet same = {0}, other = {0};
    ask(&same, NUMBER, "1M8GDM9AXKP042788");
    hold(&same, NUMBER, "1M8GDM9AXKP042788");
    ask(&other, NUMBER, "1M8GDM9AXKP042788");
    hold(&other, NUMBER, "WVWZZZ1JZXW000001");
    assert_true(score(&same).bits > 20);
    assert_true(score(&other).bits <= 0 && score(&other).bits > -2);
    assert_true(score(&same).namesakes < 0); /* no name asked */
    arena_release(&same.arena);
    arena_release(&other.arena);
}

static void bands_move_with_the_population(void **state)
{
    (void)state;
    assert_int_equal(evidence_band(28, 1000000), BAND_HIT);
    assert_int_equal(evidence_band(28, 1000000000), BAND_NONE);
    assert_int_equal(evidence_band(21, 1000000), BAND_POSSIBLE);
    assert_int_equal(evidence_band(10, 1000000), BAND_NONE);
    assert_int_equal(evidence_band(21, 0), evidence_band(21, 1000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_and_date_make_a_hit),
        cmocka_unit_test(dates_fall_from_same_to_contradicted),
        cmocka_unit_test(missing_is_neither_for_nor_against),
        cmocka_unit_test(the_best_of_many_names_pays_for_the_choice),
        cmocka_unit_test(of_a_group_only_the_strongest_counts),
        cmocka_unit_test(what_is_not_open_is_not_scored),
        cmocka_unit_test(a_common_whole_name_is_possible_until_contradicted),
        cmocka_unit_test(a_short_name_changed_is_never_a_hit_alone),
        cmocka_unit_test(a_number_weighs_by_its_length),
        cmocka_unit_test(bands_move_with_the_population),
    };
    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
