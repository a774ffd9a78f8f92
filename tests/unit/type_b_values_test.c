/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How two values of a type stand to each other, which keys lead from one to the other, what a composite value
 * is made of. What is accepted and how it is written down is in the tables of tests/cases/types.
 */
#include <stdio.h>

#include "codec/json.h"
#include "type/type.h"

#include "plain.h"
#include "test.h"

static struct codes *codes;
static struct type_context context = {.today = {2026, 11, 22}, .country = {"", 0}};
static struct arena arena;

static int load(void **state)
{
    (void)state;
    if (crypto_init() || codes_load("codes", &codes))
        return -1;
    context.codes = codes;
    return 0;
}

static int unload(void **state)
{
    (void)state;
    arena_release(&arena);
    codes_free(codes);
    return 0;
}

/* An input that begins with { is JSON; "list=" is said by the caller through the context. */
static struct value read_value(const char *type_name, const char *text)
{
    const struct type *type = type_find(str_c(type_name));
    struct node *node = node_text(&arena, str_c(text));
    struct value value;
    assert_non_null(type);
    if (text[0] == '{')
        assert_int_equal(json_parse(str_c(text), &arena, &node), OK);
    if (type->parse(&context, node, &arena, &value) != OK)
        fail_msg("%s '%s': %s", type_name, text, err_last()->message);
    return value;
}

static const struct {
    const char *type, *asked, *held;
    enum agreement agreement;
    const char *words;
} agreement_cases[] = {
    {"country", "FRA", "France", AGREE_SAME, "same country"},
    {"country", "Russia", "Soviet Union", AGREE_CLOSE, "is today, in part"},
    {"country", "SUN", "RUS", AGREE_CLOSE, "is today, in part"},
    {"country", "YUG", "SCG", AGREE_CLOSE, "overlap"},
    {"country", "GBR", "GBN", AGREE_CLOSE, "is today, in part"},
    {"country", "XXA", "SYR", AGREE_UNKNOWN, "no country"},
    {"country", "FRA", "DEU", AGREE_DIFFERENT, "Germany instead of France"},
    {"sex", "M", "male", AGREE_SAME, "same"},
    {"sex", "M", "X", AGREE_UNKNOWN, "not specified"},
    {"sex", "U", "U", AGREE_UNKNOWN, "not known"},
    {"sex", "M", "F", AGREE_DIFFERENT, "other sex"},
    {"text", "EVER FORTUNE", "Ever-Fortune", AGREE_SAME, "same text"},
    {"text", "red jacket with a blue whale", "Jacket, red, blue whale", AGREE_CLOSE, "most words"},
    {"text", "red jacket", "green jacket", AGREE_FAR, "some words"},
    {"text", "red jacket", "grey coat", AGREE_DIFFERENT, "other"},
    {"number", "100", "102", AGREE_CLOSE, "nearly"},
    {"number", "100", "115", AGREE_FAR, "similar"},
    {"number", "100", "500", AGREE_DIFFERENT, "other"},
    {"quantity", "183 cm", "6 ft", AGREE_CLOSE, "nearly"},
    {"quantity", "183 cm", "1.83 m", AGREE_SAME, "same"},
    {"quantity", "183 cm", "170 cm", AGREE_FAR, "similar"},
    {"quantity", "183 cm", "80 kg", AGREE_UNKNOWN, "cannot be compared"},
    {"quantity", "10 rounds", "10 pieces", AGREE_UNKNOWN, "cannot be compared"},
    {"quantity", "2 dozen", "24 dozen", AGREE_DIFFERENT, "other"},
    {"money", "EUR 100", "100 €", AGREE_SAME, "same"},
    {"money", "EUR 1000", "EUR 1005", AGREE_CLOSE, "nearly"},
    {"money", "EUR 100", "USD 100", AGREE_UNKNOWN, "different currencies"},
    {"geo", "48.8584, 2.2945", "48°51'30\"N 2°17'40\"E", AGREE_SAME, "same spot"},
    {"geo", "48.8584, 2.2945", "48.8600, 2.2945", AGREE_CLOSE, "m apart"},
    {"geo", "48.8584, 2.2945", "48.9, 2.2945", AGREE_CLOSE, "km apart"},
    {"geo", "48.8584, 2.2945", "49.4, 2.2945", AGREE_FAR, "km apart"},
    {"geo", "48.8584, 2.2945", "40.7, -74.0", AGREE_DIFFERENT, "km apart"},
    {"geo", "48.8584, 2.2945", "{\"lat\":\"48.9\",\"lon\":\"2.2945\",\"radius\":\"6000\"}",
     AGREE_SAME, "within the radius"},
    {"geo", "0, 179.99", "0, -179.99", AGREE_CLOSE, "2.2 km"},
    {"ip", "192.0.2.77", "192.0.2.0/24", AGREE_SAME, "within 192.0.2.0/24"},
    {"ip", "192.0.2.0/24", "192.0.2.77", AGREE_CLOSE, "is within it"},
    {"ip", "192.0.2.0-192.0.2.9", "192.0.2.5-192.0.2.20", AGREE_CLOSE, "overlap"},
    {"ip", "192.0.2.1", "192.0.2.2", AGREE_FAR, "neighbouring"},
    {"ip", "192.0.2.1", "198.51.100.1", AGREE_DIFFERENT, "other"},
    {"ip", "2001:db8::1", "2001:0db8:0::1", AGREE_SAME, "same"},
    {"domain", "example.org", "EXAMPLE.ORG.", AGREE_SAME, "same"},
    {"domain", "pаypal.example", "paypal.example", AGREE_CLOSE, "looks like"},
    {"domain", "login.example.org", "example.org", AGREE_CLOSE, "below"},
    {"domain", "a.example.org", "b.example.org", AGREE_FAR, "same domain"},
    {"domain", "a.gov.example", "b.gov.example", AGREE_DIFFERENT, "other"},
    {"url", "https://example.org/a", "hxxps://example[.]org/a", AGREE_SAME, "same"},
    {"url", "http://example.org/a", "https://example.org/a", AGREE_CLOSE, "other scheme"},
    {"url", "http://example.org/a?x=1", "http://example.org/a?x=2", AGREE_CLOSE, "parameters"},
    {"url", "http://example.org/a", "http://example.org/b", AGREE_FAR, "same host"},
    {"url", "http://example.org/a", "http://example.net/a", AGREE_DIFFERENT, "other"},
    {"handle", "telegram:night_owl", "https://t.me/Night_Owl", AGREE_SAME, "same account"},
    {"handle", "@night_owl", "telegram:night_owl", AGREE_SAME, "platform not stated"},
    {"handle", "telegram:night_owl", "telegram:night.owl", AGREE_CLOSE, "nearly"},
    {"handle", "telegram:night_owl", "instagram:night_owl", AGREE_FAR, "another platform"},
    {"handle", "@night_owl", "@day_owl", AGREE_DIFFERENT, "other"},
    {"pgp-fingerprint", "0123456789ABCDEF0123456789ABCDEF01234567", "89ABCDEF01234567", AGREE_CLOSE,
     "key id"},
    {"file-hash", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     AGREE_UNKNOWN, "different kinds"},
    {"link", "{\"kind\":\"accomplice\",\"to\":\"4D2KX9A-1F\"}", "4D2KX9A-1F", AGREE_CLOSE,
     "another way"},
    {"place", "Marseille, France", "MARSEILLE (FRA)", AGREE_SAME, "same place"},
    {"place", "Marseille", "Marseille, France", AGREE_SAME, "country not stated"},
    {"place", "Казань", "Kazan", AGREE_CLOSE, "similar name"},
    {"place", "Paris, France", "Paris, United States", AGREE_DIFFERENT, "another country"},
    {"place", "Marseille, France", "France", AGREE_FAR, "same country"},
    {"place", "Marseille, France", "Lyon, France", AGREE_FAR, "other place"},
    {"place", "Marseille", "Lyon", AGREE_DIFFERENT, "other place"},
    {"address", "12 Main St., Springfield", "Main Street 12, Springfield", AGREE_SAME,
     "written differently"},
    {"address", "12 Main St.", "Main Street 12, Springfield", AGREE_CLOSE, "says more"},
    {"address", "12 Main St., Springfield", "14 Main St., Springfield", AGREE_FAR, "other number"},
    {"address", "12 Main St., Paris, France", "12 Main St., Paris, USA", AGREE_DIFFERENT,
     "other country"},
    {"address", "12 Main St., Springfield", "7 Lindenstrasse, Berlin", AGREE_DIFFERENT, "other"},
    {"event", "{\"kind\":\"theft\",\"date\":\"2026-03-14\"}",
     "{\"kind\":\"theft\",\"date\":\"2026-03\"}", AGREE_CLOSE, "day not known"},
    {"event", "{\"kind\":\"theft\"}", "{\"date\":\"2026-03\"}", AGREE_UNKNOWN, "nothing"},
    {"event", "{\"kind\":\"theft\"}", "{\"kind\":\"loss\"}", AGREE_DIFFERENT,
     "Loss instead of Theft"},
};

static void agreements(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(agreement_cases); i++) {
        struct value asked = read_value(agreement_cases[i].type, agreement_cases[i].asked);
        struct value held = read_value(agreement_cases[i].type, agreement_cases[i].held);
        struct comparison comparison;
        asked.type->compare(&asked, &held, &comparison);
        if (comparison.agreement != agreement_cases[i].agreement ||
            !reads(str_c(comparison.words), agreement_cases[i].words))
            fail_msg("%s '%s' and '%s': %d, %s", agreement_cases[i].type, agreement_cases[i].asked,
                     agreement_cases[i].held, (int)comparison.agreement, comparison.words);
        assert_true(comparison.similarity >= 0 && comparison.similarity <= 1);
    }
}

/* ---- keys ---- */

enum { KEYS_MAX = 16 };
struct kept_keys {
    struct key_sink sink;
    struct key keys[KEYS_MAX];
    size_t count;
};

static void keep_key(struct key_sink *sink, const struct key *key)
{
    struct kept_keys *kept = (struct kept_keys *)sink;
    assert_true(kept->count < KEYS_MAX);
    struct key copy = {key->kind, key->space, arena_str(&arena, key->text),
                       arena_str(&arena, key->to)};
    kept->keys[kept->count++] = copy;
}

static struct kept_keys keys_of(const struct value *value)
{
    struct kept_keys kept = {.sink = {keep_key}};
    value->type->keys(value, &kept.sink);
    return kept;
}

static bool meet(const struct kept_keys *a, const struct kept_keys *b, enum key_kind kind)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (a->keys[i].kind == kind && b->keys[j].kind == kind &&
                str_eq(a->keys[i].space, b->keys[j].space) &&
                str_eq(a->keys[i].text, b->keys[j].text))
                return true;
    return false;
}

static void keys_meet(void **state)
{
    (void)state;
    static const struct {
        const char *type, *one, *other;
        enum key_kind kind;
        bool do_meet;
    } cases[] = {
        {"text", "EVER FORTUNE", "Ever-Fortune", KEY_EXACT, true},
        {"text", "Éver Fortune", "EVER FORTUNE", KEY_EXACT, true},
        {"handle", "@night_owl", "telegram:night_owl", KEY_EXACT, true},
        {"handle", "@night_owl", "@night.owl", KEY_EXACT, false},
        {"handle", "@night_owl", "@night.owl", KEY_SKELETON, true},
        {"domain", "pаypal.example", "paypal.example", KEY_EXACT, false},
        {"domain", "pаypal.example", "paypal.example", KEY_SKELETON, true},
        {"domain", "a.shop.example", "b.shop.example", KEY_PARTIAL, true},
        {"domain", "a.example.co.uk", "b.example.co.uk", KEY_PARTIAL, true},
        {"domain", "one.co.uk", "two.co.uk", KEY_PARTIAL, false},
        {"url", "http://example.org/a", "https://example.org/a?b", KEY_SKELETON, true},
        {"pgp-fingerprint", "0123456789ABCDEF0123456789ABCDEF01234567", "89ABCDEF01234567",
         KEY_PARTIAL, true},
        {"link", "{\"kind\":\"accomplice\",\"to\":\"4D2KX9A-1F\"}", "4d2kx9a-1f", KEY_EXACT, true},
        {"address", "12 Main St., Springfield", "Main Street 12, Springfield", KEY_EXACT, true},
        {"address", "ул. Ленина, д. 12, Казань, Россия", "Ленина 12 Казань", KEY_EXACT, false},
        {"address", "ул. Ленина, д. 12, Казань, Россия", "Ленина 12 Казань", KEY_SKELETON, true},
        {"address", "12 Main St.", "14 Main St.", KEY_SKELETON, false},
        {"ip", "192.0.2.1", "::ffff:192.0.2.1", KEY_EXACT, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct value one = read_value(cases[i].type, cases[i].one);
        struct value other = read_value(cases[i].type, cases[i].other);
        struct kept_keys a = keys_of(&one), b = keys_of(&other);
        if (meet(&a, &b, cases[i].kind) != cases[i].do_meet)
            fail_msg("%s '%s' and '%s': keys of kind %d", cases[i].type, cases[i].one,
                     cases[i].other, (int)cases[i].kind);
    }
}

static void an_address_lies_in_its_network_by_bytes(void **state)
{
    (void)state;
    struct value one = read_value("ip", "192.0.2.77"), net = read_value("ip", "192.0.2.0/24");
    struct value outside = read_value("ip", "192.0.3.0");
    struct kept_keys a = keys_of(&one), range = keys_of(&net), b = keys_of(&outside);
    assert_int_equal(a.keys[0].kind, KEY_EXACT);
    assert_int_equal(range.keys[0].kind, KEY_RANGE);
    assert_true(str_compare(range.keys[0].text, a.keys[0].text) <= 0);
    assert_true(str_compare(a.keys[0].text, range.keys[0].to) <= 0);
    assert_true(str_compare(b.keys[0].text, range.keys[0].to) > 0);
}

static void a_long_text_is_not_searched_by_key(void **state)
{
    (void)state;
    char text[200];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct value value = read_value("text", text);
    assert_int_equal(keys_of(&value).count, 0);
}

/* ---- codes ---- */

static void a_code_by_code_name_and_alias(void **state)
{
    (void)state;
    static const struct {
        const char *list, *text, *code;
    } cases[] = {
        {"colours", "grey", "grey"},
        {"colours", "gray", "grey"},
        {"colours", "Gris", "grey"},
        {"colours", "أحمر", "red"},
        {"document-types", "P", "passport"},
        {"document-types", "Reisepass", NULL},
        {"crime-areas", "Drug trafficking", "drugs"},
        {"languages", "ru", "rus"},
        {"languages", "français", "fra"},
        {"calibres", "9mm", "9x19"},
        {"calibres", "9 x 19 mm parabellum", NULL},
        {"calibres", ".45 ACP", "45-acp"},
        {"tlp", "TLP:RED", "RED"},
        {"tlp", "amber+strict", "AMBER+STRICT"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct type_context own = context;
        struct value value;
        own.list = codes_list(codes, str_c(cases[i].list));
        assert_non_null(own.list);
        enum err code =
            type_parse_text(type_find(S("code")), &own, str_c(cases[i].text), &arena, &value);
        if (code != (cases[i].code ? OK : ERR_BAD_VALUE))
            fail_msg("%s of %s: %s", cases[i].text, cases[i].list, err_word(code));
        if (cases[i].code && !str_eq_c(value.norm, cases[i].code))
            fail_msg("%s of %s is %.*s", cases[i].text, cases[i].list, STR(value.norm));
        err_clear();
    }
}

static void a_mistyped_code_gets_a_hint(void **state)
{
    (void)state;
    struct type_context own = context;
    struct value value;
    own.list = codes_list(codes, S("crime-areas"));
    assert_int_equal(type_parse_text(type_find(S("code")), &own, S("Terrorismus"), &arena, &value),
                     ERR_BAD_VALUE);
    assert_non_null(strstr(err_last()->hint, "terrorism"));
    own.list = NULL;
    assert_int_equal(type_parse_text(type_find(S("code")), &own, S("red"), &arena, &value),
                     ERR_BAD_VALUE);
    err_clear();
}

/* ---- parts ---- */

struct kept_parts {
    struct part_sink sink;
    char text[512];
};

static void keep_part(struct part_sink *sink, str meaning, const struct value *value)
{
    struct kept_parts *kept = (struct kept_parts *)sink;
    size_t len = strlen(kept->text);
    (void)snprintf(kept->text + len, sizeof kept->text - len, "%.*s=%.*s ", STR(meaning),
                   STR(value->norm));
}

static void composite_values_give_their_parts(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"url", "https://login.example.org/x", "domain=login.example.org "},
        {"url", "http://192.0.2.1:8080/x", "ip=192.0.2.1 "},
        {"url", "http://[2001:db8::1]/", "ip=2001:db8::1 "},
        {"url", "http://user@evil.example/", "domain=evil.example "},
        {"event",
         "{\"kind\":\"theft\",\"date\":\"14.03.2026\",\"place\":\"Port Galini\",\"country\":\"France\"}",
         "event-kind=theft event-date=2026-03-14 event-place=port galini event-country=FRA "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct value value = read_value(cases[i][0], cases[i][1]);
        struct kept_parts kept = {.sink = {keep_part}};
        value.type->parts(&value, &arena, &kept.sink);
        assert_string_equal(kept.text, cases[i][2]);
    }
}

static void parts_have_meanings_that_exist(void **state)
{
    (void)state;
    const struct code_list *meanings = codes_list(codes, S("meanings"));
    static const char *const used[] = {"domain",     "ip",          "onion",        "event-kind",
                                       "event-date", "event-place", "event-country"};
    assert_non_null(meanings);
    for (size_t i = 0; i < COUNT_OF(used); i++)
        if (!code_get(meanings, str_c(used[i])))
            fail_msg("meaning %s is not in the list", used[i]);
}

/* ---- recognition ---- */

static void a_line_is_recognised(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"192.0.2.1", "ip"},
        {"2001:db8::1", "ip"},
        {"192.0.2.0/24", "ip"},
        {"hxxps://example[.]org/login", "url"},
        {"example.org/login", "url"},
        {"example[.]org", "domain"},
        {"bücher.example", "domain"},
        {"@night_owl", "handle"},
        {"telegram:night_owl", "handle"},
        {"22.11.1974", "date"},
        {"12 August 1974", "date"},
        {"d41d8cd98f00b204e9800998ecf8427e", "file-hash"},
        {"0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567", "pgp-fingerprint"},
        {"48.8584, 2.2945", "geo"},
        {"48°51'30\"N 2°17'40\"E", "geo"},
        {"uusgiqtgrbpbni53cylgvy4l3p5tnlyi7riqg32nxoiuepd4xtaupfid.onion", "onion"},
        {"12 Harbour Street, Port Galini", "address"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading readings[16];
        size_t count = type_recognise(&context, str_c(cases[i][0]), &arena, readings, 16);
        if (!count || strcmp(readings[0].type->name, cases[i][1]) != 0)
            fail_msg("'%s' is taken for %s", cases[i][0],
                     count ? readings[0].type->name : "nothing");
        for (size_t k = 0; k < count; k++)
            assert_true(readings[k].confidence <= 100 && readings[k].title.len);
    }
}

static void printed_and_hidden(void **state)
{
    (void)state;
    static const char *const cases[][4] = {
        {"country", "fr", "France (FRA)", NULL},
        {"url", "https://login.example.org/x", "hxxps://login[.]example[.]org/x",
         "***://***.org/***"},
        {"domain", "xn--bcher-kva.example", "bücher.example (xn--bcher-kva.example)",
         "***.example"},
        {"money", "EUR 1234567.5", "EUR 1\u2009234\u2009567.50", "EUR ***"},
        {"quantity", "5 ft 11 in", "5 ft 11 in", NULL},
        {"ip", "192.0.2.1", "192.0.2.1", "192.0.*.*"},
        {"geo", "-33.8568, 151.2153", "33.85680°S 151.21530°E", "about -34, 151"},
        {"handle", "https://t.me/night_owl", "@night_owl (Telegram)", "telegram/***"},
        {"place", "Marseille, France", "Marseille, France (FRA)", "France (FRA)"},
        {"event", "{\"kind\":\"theft\",\"date\":\"2026\",\"text\":\"two men\"}",
         "Theft, 2026: two men", "Theft"},
        {"link", "{\"kind\":\"accomplice\",\"to\":\"4D2KX9A-1F\",\"evaluation\":\"b2\"}",
         "Accomplice 4D2KX9A-1F, B2", "a linked record"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct value value = read_value(cases[i][0], cases[i][1]);
        struct buf out = {0};
        value.type->print(&value, &out);
        if (!str_eq_c(buf_str(&out), cases[i][2]))
            fail_msg("%s prints '%.*s'", cases[i][1], STR(buf_str(&out)));
        buf_clear(&out);
        if (cases[i][3]) {
            value.type->redact(&value, &out);
            if (!str_eq_c(buf_str(&out), cases[i][3]))
                fail_msg("%s hides as '%.*s'", cases[i][1], STR(buf_str(&out)));
        }
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agreements),
        cmocka_unit_test(keys_meet),
        cmocka_unit_test(an_address_lies_in_its_network_by_bytes),
        cmocka_unit_test(a_long_text_is_not_searched_by_key),
        cmocka_unit_test(a_code_by_code_name_and_alias),
        cmocka_unit_test(a_mistyped_code_gets_a_hint),
        cmocka_unit_test(composite_values_give_their_parts),
        cmocka_unit_test(parts_have_meanings_that_exist),
        cmocka_unit_test(a_line_is_recognised),
        cmocka_unit_test(printed_and_hidden),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
