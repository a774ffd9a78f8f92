/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies become records: faults with their paths, one canonical text, stored bodies read whatever has become of them. */
#include "model_fixture.h"

static const char parcel[] =
    "definition: parcel\n"
    "title: Parcels\n"
    "purposes: [search, investigate]\n"
    "fields:\n"
    "  tracking: {type: identifier, means: file-number, required: yes, pivot: yes}\n"
    "  marks: {type: identifier, list: yes}\n"
    "  card_used: {type: card, means: card}\n"
    "  stops:\n"
    "    required: yes\n"
    "    list:\n"
    "      at_place: {type: identifier, required: yes}\n"
    "      arrived_on: {type: date}\n"
    "      left_on: {type: date}\n"
    "      seals: {type: identifier, list: yes}\n"
    "  sender_born: {type: date}\n"
    "  called: {type: phone}\n"
    "rules:\n"
    "  - {say: left before it arrived, each: stops, require: {before: [arrived_on, left_on]}, at: left_on}\n"
    "  - {say: at most two marks, require: {count: {marks: {max: 2}}}, at: marks}\n"
    "  - {say: a sender is of age, require: {age_at_least: {sender_born: 18}}, at: sender_born}\n"
    "  - {say: sealed at the end, when: {eq: {tracking: SEALED 1}}, require: {not: {not: {present: stops.seals}}}}\n"
    "  - {say: not both, require: {any: [{not: {in: {marks: [x1, y2]}}}, {not: {present: card_used}}]}}\n"
    "retain:\n"
    "  - {when: {eq: {tracking: long-1}}, first: 30y}\n"
    "  - {first: 1y, remind: 1mo}\n";

static int set_up(void **state)
{
    (void)state;
    return model_set_up("parcel", parcel);
}

#define ENVELOPE \
    "\"envelope\":{\"owner\":\"FRA\",\"purposes\":[\"search\"],\"review_on\":\"2027-05-01\"}"

static struct node *body_of(const char *fields)
{
    return body_with(",\"review_on\":\"2027-05-01\"", fields);
}

static str canonical_of(const struct record *record)
{
    struct buf out = {0};
    home_check(record_canonical(t.catalog, record, &out) == OK, "canonical");
    str text = arena_str(&t.arena, buf_str(&out));
    buf_release(&out);
    return text;
}

static void ids_print_and_parse(void **state)
{
    (void)state;
    static const struct {
        struct record_id id;
        const char *text;
    } cases[] = {
        {{0, 1}, "0000000-1"},
        {{1, 31}, "0000001-Z"},
        {{1, 32}, "0000001-10"},
        {{UINT32_MAX, UINT64_MAX}, "3ZZZZZZ-FZZZZZZZZZZZZ"},
    };
    char text[RECORD_ID_TEXT];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct record_id id = {0};
        assert_string_equal(record_id_format(cases[i].id, text), cases[i].text);
        assert_true(record_id_parse(str_c(cases[i].text), &id));
        assert_int_equal(id.home, cases[i].id.home);
        assert_true(id.number == cases[i].id.number);
    }
    struct record_id id = {0};
    assert_true(record_id_parse(S("ooooooi-l"), &id)); /* O is 0, I and L are 1 */
    assert_int_equal(id.home, 1);
    assert_int_equal(id.number, 1);
}

static void what_is_no_id_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "-",
        "0000001",
        "0000001-",
        "000001-1",
        "00000001-1",
        "0000001-0",
        "0000001-U",
        "4000000-1" /* home above 32 bits */,
        "0000001-G000000000000" /* 65 bits */,
        "0000001-00000000000001" /* 14 characters */,
        "0000001 1",
        "0000001-1-1",
    };
    struct record_id id;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_false(record_id_parse(str_c(texts[i]), &id));
}

static void states_have_words(void **state)
{
    (void)state;
    for (int i = 0; i < STATE_COUNT; i++) {
        enum state parsed = STATE_COUNT;
        assert_true(state_parse(str_c(state_word((enum state)i)), &parsed));
        assert_int_equal(parsed, i);
    }
    enum state parsed;
    assert_false(state_parse(S("Active"), &parsed));
}

static void values_are_flat_and_in_order(void **state)
{
    (void)state;
    struct record record;
    const struct node *body =
        body_of("{\"stops\":[{\"left_on\":\"2026-01-03\",\"at_place\":\"P1\"},{\"seals\":"
                "[\"s1\",\"s2\"],\"at_place\":\"P2\"}],\"marks\":\"m1\",\"tracking\":\"AB 12\"}");
    assert_int_equal(record_parse(t.catalog, t.definition, body, &t.arena, &record), OK);
    static const struct {
        const char *path;
        unsigned row;
        const char *norm;
    } expected[] = {
        {"tracking", 0, "AB12"},     {"marks", 0, "M1"},
        {"stops.at_place", 0, "P1"}, {"stops.left_on", 0, "2026-01-03"},
        {"stops.at_place", 1, "P2"}, {"stops.seals", 1, "S1"},
        {"stops.seals", 1, "S2"},
    };
    assert_int_equal(record.count, COUNT_OF(expected));
    for (size_t i = 0; i < record.count; i++) {
        assert_true(str_eq_c(record.values[i].field->path, expected[i].path));
        assert_int_equal(record.values[i].row, expected[i].row);
        assert_true(str_eq_c(record.values[i].value.norm, expected[i].norm));
    }
    assert_true(str_eq(
        canonical_of(&record),
        S("{" ENVELOPE ",\"fields\":{\"tracking\":\"AB 12\",\"marks\":[\"m1\"],\"stops\":[{\"at_"
          "place\":\"P1\",\"left_on\":\"2026-01-03\"},{\"at_place\":\"P2\",\"seals\":[\"s1\",\"s2\"]}]}}")));
}

static void every_fault_is_named(void **state)
{
    (void)state;
    struct record record;
    struct faults faults;
    struct node *body = NULL;
    str text = S(
        "{\"envelope\":{\"owner\":\"Freedonia\",\"purposes\":[\"search\",\"gossip\"],\"reviewed\":1,"
        "\"handling\":\"H9\",\"disclose\":\"some\",\"sensitive\":[\"secret\"]},"
        "\"fields\":{\"marks\":[\"ok\",\"???\"],\"stops\":[{\"arrived_on\":\"soon\"},7],"
        "\"sender_born\":[\"1990\"],\"card_used\":\"12\"}}");
    static const struct {
        const char *path;
        enum err code;
    } expected[] = {
        {"envelope.owner", ERR_UNKNOWN},
        {"envelope.purposes", ERR_UNKNOWN},
        {"envelope", ERR_UNKNOWN},
        {"envelope.handling", ERR_BAD_VALUE},
        {"envelope.disclose", ERR_BAD_VALUE},
        {"envelope.sensitive", ERR_BAD_VALUE},
        {"envelope.review_on", ERR_MISSING},
        {"tracking", ERR_MISSING},
        {"marks[2]", ERR_BAD_VALUE},
        {"card_used", ERR_BAD_VALUE},
        {"stops[1].at_place", ERR_MISSING},
        {"stops[1].arrived_on", ERR_BAD_VALUE},
        {"stops[2]", ERR_BAD_VALUE},
        {"sender_born", ERR_BAD_VALUE},
    };
    assert_int_equal(json_parse(text, &t.arena, &body), OK);
    assert_int_equal(record_check(t.catalog, t.definition, body, &t.arena, &record, &faults),
                     ERR_UNKNOWN);
    for (size_t i = 0; i < faults.count && i < COUNT_OF(expected); i++) {
        if (!str_eq_c(faults.items[i].path, expected[i].path))
            fprintf(stderr, "%.*s instead of %s: %.*s\n", STR(faults.items[i].path),
                    expected[i].path, STR(faults.items[i].reason));
        assert_true(str_eq_c(faults.items[i].path, expected[i].path));
        assert_int_equal(faults.items[i].code, expected[i].code);
        assert_true(faults.items[i].reason.len > 0);
    }
    assert_int_equal(faults.count, COUNT_OF(expected));
    assert_int_equal(record_parse(t.catalog, t.definition, body, &t.arena, &record), ERR_UNKNOWN);
    assert_string_equal(err_last()->field, "envelope.owner");
}

/* fields | the rule's words, or "" when nothing is broken */
static void rules_say_what_is_wrong(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"{\"tracking\":\"a1\",\"stops\":[{\"at_place\":\"p\",\"arrived_on\":\"2026-02-02\",\"left_on\":\"2026-02-02\"}]}",
         "", ""},
        {"{\"tracking\":\"a1\",\"stops\":[{\"at_place\":\"p\"},{\"at_place\":\"q\",\"arrived_on\":\"2026-02-02\",\"left_on\":"
         "\"2026-02-01\"}]}",
         "stops[2].left_on", "left before it arrived"},
        /* the month is known, the day is not: not surely wrong */
        {"{\"tracking\":\"a1\",\"stops\":[{\"at_place\":\"p\",\"arrived_on\":\"2026-02-02\",\"left_on\":\"2026-02\"}]}",
         "", ""},
        {"{\"tracking\":\"a1\",\"stops\":[{\"at_place\":\"p\",\"arrived_on\":\"2026-03\",\"left_on\":\"2026-02\"}]}",
         "stops[1].left_on", "left before it arrived"},
        /* dates of different rows are not compared */
        {"{\"tracking\":\"a1\",\"stops\":[{\"at_place\":\"p\",\"arrived_on\":\"2026-03\"},{\"at_place\":\"q\",\"left_on\":\"2026-02\"}]}",
         "", ""},
        {"{\"tracking\":\"a1\",\"marks\":[\"x\",\"y\"],\"stops\":[{\"at_place\":\"p\"}]}", "", ""},
        {"{\"tracking\":\"a1\",\"marks\":[\"x\",\"y\",\"z\"],\"stops\":[{\"at_place\":\"p\"}]}",
         "marks[1]", "at most two marks"},
        {"{\"tracking\":\"a1\",\"sender_born\":\"2008-11-22\",\"stops\":[{\"at_place\":\"p\"}]}",
         "", ""},
        {"{\"tracking\":\"a1\",\"sender_born\":\"2008-11-23\",\"stops\":[{\"at_place\":\"p\"}]}",
         "sender_born", "a sender is of age"},
        {"{\"tracking\":\"a1\",\"sender_born\":\"2008\",\"stops\":[{\"at_place\":\"p\"}]}", "", ""},
        {"{\"tracking\":\"a1\",\"sender_born\":\"2009\",\"stops\":[{\"at_place\":\"p\"}]}",
         "sender_born", "a sender is of age"},
        {"{\"tracking\":\"sealed1\",\"stops\":[{\"at_place\":\"p\"}]}", "fields",
         "sealed at the end"},
        {"{\"tracking\":\"sealed1\",\"stops\":[{\"at_place\":\"p\",\"seals\":[\"s\"]}]}", "", ""},
        {"{\"tracking\":\"a1\",\"marks\":[\"Y 2\"],\"card_used\":\"4111111111111111\",\"stops\":[{\"at_place\":\"p\"}]}",
         "fields", "not both"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct record record;
        struct faults faults;
        bool is_kept = cases[i][1][0] == '\0';
        enum err code =
            record_check(t.catalog, t.definition, body_of(cases[i][0]), &t.arena, &record, &faults);
        if (faults.count != !is_kept)
            fprintf(stderr, "case %zu: %zu faults\n", i, faults.count);
        assert_int_equal(faults.count, !is_kept);
        assert_int_equal(code == OK, is_kept);
        if (!is_kept) {
            assert_true(str_eq_c(faults.items[0].path, cases[i][1]));
            assert_true(str_eq_c(faults.items[0].reason, cases[i][2]));
        }
    }
}

static void review_is_bounded_by_the_retention_rule(void **state)
{
    (void)state;
    static const struct {
        const char *tracking, *review_on;
        bool is_allowed;
    } cases[] = {
        {"short-1", "2027-11-22", true},
        {"short-1", "2027-11-24", false}, /* a year is 365.25 days, rounded up */
        {"long-1", "2056-11-21", true},
        {"long-1", "2057-01-01", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct node *body = NULL;
        struct record record;
        str text = arena_printf(
            &t.arena,
            "{\"envelope\":{\"owner\":\"FRA\",\"purposes\":[\"search\"],\"review_on\":\"%s\"},"
            "\"fields\":{\"tracking\":\"%s\",\"stops\":[{\"at_place\":\"p\"}]}}",
            cases[i].review_on, cases[i].tracking);
        assert_int_equal(json_parse(text, &t.arena, &body), OK);
        enum err code = record_parse(t.catalog, t.definition, body, &t.arena, &record);
        assert_int_equal(code, cases[i].is_allowed ? OK : ERR_BAD_VALUE);
        if (code)
            assert_string_equal(err_last()->field, "envelope.review_on");
    }
}

static void a_whole_card_number_is_not_stored(void **state)
{
    (void)state;
    struct record record, again;
    struct node *body = NULL;
    assert_int_equal(
        record_parse(
            t.catalog, t.definition,
            body_of(
                "{\"tracking\":\"a1\",\"card_used\":\"4111 1111 1111 1111\",\"stops\":[{\"at_place\":\"p\"}]}"),
            &t.arena, &record),
        OK);
    str stored = canonical_of(&record);
    assert_true(str_has(stored, S("card_used")));
    assert_false(str_has(stored, S("1111111111")));
    assert_false(str_has(stored, S("4111 1111 1111")));
    assert_int_equal(json_parse(stored, &t.arena, &body), OK);
    assert_int_equal(record_parse(t.catalog, t.definition, body, &t.arena, &again), OK);
    assert_true(str_eq(stored, canonical_of(&again)));
    assert_true(str_eq(record.values[1].value.norm, again.values[1].value.norm));
}

static void unknown_fields_are_kept_last_and_not_shown(void **state)
{
    (void)state;
    struct record record;
    assert_int_equal(
        record_parse(
            t.catalog, t.definition,
            body_of(
                "{\"zoo\":{\"a\":[1,2]},\"tracking\":\"a1\",\"blob\":true,\"stops\":[{\"new\":\"n\",\"at_place\":\"p\"},"
                "{\"at_place\":\"q\"}],\"none\":null}"),
            &t.arena, &record),
        OK);
    assert_int_equal(record.unknown_count, 4);
    assert_int_equal(record.count, 3);
    assert_true(
        str_eq(canonical_of(&record),
               S("{" ENVELOPE
                 ",\"fields\":{\"tracking\":\"a1\",\"stops\":[{\"at_place\":\"p\",\"new\":\"n\"},{"
                 "\"at_place\":\"q\"}],\"blob\":true,\"zoo\":{\"a\":[1,2]}}}")));
}

static void unknown_fields_are_slips_when_entered(void **state)
{
    (void)state;
    struct record record;
    struct faults faults;
    assert_int_equal(
        record_check(t.catalog, t.definition,
                     body_of(
                         "{\"tracking\":\"a1\",\"trackin\":\"a2\",\"stops\":[{\"at_place\":\"p\"},"
                         "{\"at_place\":\"q\",\"sealz\":[]}]}"),
                     &t.arena, &record, &faults),
        ERR_UNKNOWN);
    assert_int_equal(faults.count, 2);
    assert_true(str_eq(faults.items[0].path, S("trackin")));
    assert_true(str_eq(faults.items[1].path, S("stops[2].sealz")));
}

static void the_order_of_input_does_not_matter(void **state)
{
    (void)state;
    struct record one, other;
    assert_int_equal(
        record_parse(
            t.catalog, t.definition,
            body_of(
                "{\"u\":1,\"tracking\":\"a1\",\"sender_born\":\"1990\",\"stops\":[{\"at_place\":\"p\"}],\"b\":2}"),
            &t.arena, &one),
        OK);
    assert_int_equal(
        record_parse(
            t.catalog, t.definition,
            body_of(
                "{\"b\":2,\"stops\":[{\"at_place\":\"p\"},{}],\"marks\":[],\"sender_born\":\"1990\",\"u\":1,"
                "\"card_used\":\" \",\"tracking\":\"a1\"}"),
            &t.arena, &other),
        ERR_MISSING); /* the second stop is there and has no place */
    assert_string_equal(err_last()->field, "stops[2].at_place");
    assert_int_equal(
        record_parse(
            t.catalog, t.definition,
            body_of(
                "{\"b\":2,\"stops\":[{\"at_place\":\"p\"}],\"marks\":[],\"sender_born\":\"1990\",\"u\":1,"
                "\"card_used\":\" \",\"tracking\":\"a1\"}"),
            &t.arena, &other),
        OK);
    assert_true(str_eq(canonical_of(&one), canonical_of(&other)));
}

/* What was accepted once stays readable when the definition has become stricter, and is not lost when written again. */
static void stored_bodies_are_read_leniently(void **state)
{
    (void)state;
    struct record record;
    struct node *body = NULL;
    str text =
        S("{\"envelope\":{\"owner\":\"OLD\",\"purposes\":[\"gone\"],\"review_on\":\"2001-01-01\"},"
          "\"fields\":{\"marks\":[\"a\",\"b\",\"c\"],\"sender_born\":\"in the spring\"}}");
    assert_int_equal(json_parse(text, &t.arena, &body), OK);
    assert_int_equal(record_read(t.catalog, t.definition, body, &t.arena, &record), OK);
    assert_int_equal(record.count, 3);
    assert_int_equal(record.unreadable_count,
                     3); /* the purpose twice: unknown, and then none is left; the date */
    assert_true(str_eq(record.envelope.owner, S("OLD")));
    assert_int_equal(record.envelope.purposes, 0);
    assert_true(str_has(canonical_of(&record), S("\"sender_born\":\"in the spring\"")));
    assert_int_equal(json_parse(S("[1,2]"), &t.arena, &body), OK);
    assert_int_equal(record_read(t.catalog, t.definition, body, &t.arena, &record), ERR_DAMAGED);
    assert_int_equal(record_parse(t.catalog, t.definition, body, &t.arena, &record), ERR_BAD_VALUE);
    assert_int_equal(record_parse(t.catalog, t.definition, NULL, &t.arena, &record), ERR_BAD_VALUE);
}

/* owner, telephone, date | how they are understood */
static void numbers_are_read_as_the_owner_writes_them(void **state)
{
    (void)state;
    static const char *const cases[][5] = {
        {"FRA", "01 23 45 67 89", "03/04/1990", "+33123456789", "1990-04-03"},
        {"USA", "202 555 0143", "03/04/1990", "+12025550143", "1990-03-04"},
        {"FRA", "+1 202 555 0143", "1990-03-04", "+12025550143", "1990-03-04"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct node *body = NULL;
        struct record record;
        str text = arena_printf(
            &t.arena,
            "{\"envelope\":{\"owner\":\"%s\",\"purposes\":[\"search\"],\"review_on\":\"2027-01-01\"},"
            "\"fields\":{\"tracking\":\"a1\",\"stops\":[{\"at_place\":\"p\"}],\"called\":\"%s\","
            "\"sender_born\":\"%s\"}}",
            cases[i][0], cases[i][1], cases[i][2]);
        assert_int_equal(json_parse(text, &t.arena, &body), OK);
        assert_int_equal(record_parse(t.catalog, t.definition, body, &t.arena, &record), OK);
        assert_true(str_eq_c(record.values[3].value.norm, cases[i][3]));
        assert_true(str_eq_c(record.values[2].value.norm, cases[i][4]));
    }
}

static void too_much_is_refused(void **state)
{
    (void)state;
    struct record record;
    struct buf many = {0};
    buf_add(&many, S("{\"tracking\":\"a1\",\"stops\":[{\"at_place\":\"p\"}],\"marks\":[\"m\""));
    for (int i = 0; i < 1000; i++)
        buf_add(&many, S(",\"m\""));
    buf_add(&many, S("]}"));
    buf_add_char(&many, '\0');
    assert_int_equal(record_parse(t.catalog, t.definition, body_of(many.ptr), &t.arena, &record),
                     ERR_LIMIT);
    buf_clear(&many);
    buf_add(&many, S("{\"tracking\":\"a1\",\"stops\":[{\"at_place\":\"p\"}]"));
    for (int i = 0; i < 257; i++)
        buf_printf(&many, ",\"u%d\":1", i);
    buf_add(&many, S("}"));
    buf_add_char(&many, '\0');
    assert_int_equal(record_parse(t.catalog, t.definition, body_of(many.ptr), &t.arena, &record),
                     ERR_LIMIT);
    buf_release(&many);
}

static void an_envelope_prints_what_it_parsed(void **state)
{
    (void)state;
    static const char *const full =
        "{\"owner\":\"FRA\",\"unit\":\"FRA/ncb\",\"ref\":\"A-1\",\"purposes\":[\"search\",\"investigate\"],"
        "\"review_on\":\"2027-01-31\",\"confidentiality\":\"restricted\",\"handling\":\"H3 not in court\","
        "\"source_grade\":\"B\",\"information_grade\":\"2\",\"disclose\":\"masked\",\"allow\":[\"DEU\",\"FRA/border\"],"
        "\"deny\":[\"security-check\"],\"sensitive\":[\"victim\",\"minor\"],\"legal_basis\":\"art. 1\",\"action\":\"locate\","
        "\"cautions\":[\"armed\"],\"evidence\":[{\"sha256\":\"00\",\"mime\":\"image/jpeg\"}],"
        "\"extension\":{\"reason\":\"trial\",\"by\":\"o-1\"},\"test\":true}";
    struct node *node = NULL;
    struct envelope envelope;
    struct buf out = {0};
    assert_int_equal(json_parse(str_c(full), &t.arena, &node), OK);
    assert_int_equal(envelope_parse(t.catalog, node, &t.arena, &envelope), OK);
    assert_int_equal(envelope.sensitive, SENSITIVE_VICTIM | SENSITIVE_MINOR);
    assert_int_equal(envelope.disclose, DISCLOSE_MASKED);
    assert_int_equal(envelope.allow_count, 2);
    json_write(&out, envelope_print(t.catalog, &envelope, &t.arena));
    assert_true(str_eq_c(buf_str(&out), full));
    buf_release(&out);
}

/* What cannot be read must not open a record wider than its owner meant. */
static void an_unreadable_envelope_closes(void **state)
{
    (void)state;
    struct record record;
    struct node *body = NULL;
    str text =
        S("{\"envelope\":{\"owner\":\"FRA\",\"purposes\":[\"search\"],\"review_on\":\"2027-01-31\","
          "\"confidentiality\":\"very\",\"disclose\":\"perhaps\"},\"fields\":{}}");
    assert_int_equal(json_parse(text, &t.arena, &body), OK);
    assert_int_equal(record_read(t.catalog, t.definition, body, &t.arena, &record), OK);
    assert_int_equal(record.envelope.confidentiality, CONF_CONFIDENTIAL);
    assert_int_equal(record.envelope.disclose, DISCLOSE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_print_and_parse),
        cmocka_unit_test(what_is_no_id_is_refused),
        cmocka_unit_test(states_have_words),
        cmocka_unit_test(values_are_flat_and_in_order),
        cmocka_unit_test(every_fault_is_named),
        cmocka_unit_test(rules_say_what_is_wrong),
        cmocka_unit_test(review_is_bounded_by_the_retention_rule),
        cmocka_unit_test(a_whole_card_number_is_not_stored),
        cmocka_unit_test(unknown_fields_are_kept_last_and_not_shown),
        cmocka_unit_test(unknown_fields_are_slips_when_entered),
        cmocka_unit_test(the_order_of_input_does_not_matter),
        cmocka_unit_test(stored_bodies_are_read_leniently),
        cmocka_unit_test(numbers_are_read_as_the_owner_writes_them),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(an_envelope_prints_what_it_parsed),
        cmocka_unit_test(an_unreadable_envelope_closes),
    };
    return cmocka_run_group_tests(tests, set_up, model_tear_down);
}
