/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, YAML and the hashes every record depends on. */

#include "codec/json.h"
#include "codec/yaml.h"
#include "crypto/crypto.h"

#include "test.h"

static void json_round_trip_keeps_order_and_digits(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"b\":1,\"a\":[true,false,null,\"x\"],\"big\":9007199254740993}",
        "[]",
        "{}",
        "\"\\u003cscript\\u003e\"",
        "{\"n\":\"\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD\"}",
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct node *node = NULL;
        struct buf out = {0};
        assert_int_equal(json_parse(str_c(texts[i]), &arena, &node), OK);
        json_write(&out, node);
        assert_true(str_eq_c(buf_str(&out), texts[i]));
        buf_release(&out);
    }
    arena_release(&arena);
}

static void json_refuses(void **state)
{
    (void)state;
    static const char *const texts[] = {"",          "{",     "{\"a\":1,\"a\":2}",
                                        "[1,]",      "nul",   "\"\xff\"",
                                        "{\"a\" 1}", "[1] 2", "{'a':1}"};
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct node *node = NULL;
        assert_int_equal(json_parse(str_c(texts[i]), &arena, &node), ERR_SYNTAX);
        assert_true(err_last()->line >= 1);
    }
    char deep[200];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    struct node *node = NULL;
    assert_int_equal(json_parse(str_of(deep, 200), &arena, &node), ERR_LIMIT);
    arena_release(&arena);
}

static void yaml_keeps_norway_and_names_the_place(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct node *node = NULL;
    assert_int_equal(yaml_parse(S("country: NO\nnumber: 007\nlist: [a, 'b']\n"), "t.yaml", &arena,
                                &node),
                     OK);
    assert_true(str_eq(node_get_text(node, S("country")), S("NO")));
    assert_true(str_eq(node_get_text(node, S("number")), S("007")));
    assert_int_equal(node_get(node, S("list"))->count, 2);
    assert_int_equal(yaml_parse(S("a: 1\nb: 2\na: 3\n"), "t.yaml", &arena, &node), ERR_SYNTAX);
    assert_int_equal(err_last()->line, 3);
    assert_string_equal(err_last()->file, "t.yaml");
    assert_int_equal(yaml_parse(S("a: &x 1\nb: *x\n"), "t.yaml", &arena, &node), ERR_SYNTAX);
    assert_int_equal(yaml_parse(S("a: !!int 1\n"), "t.yaml", &arena, &node), ERR_SYNTAX);
    assert_int_equal(yaml_parse(S(""), "t.yaml", &arena, &node), ERR_SYNTAX);
    arena_release(&arena);
}

static void hashes_agree_with_published_vectors(void **state)
{
    (void)state;
    struct hash hash;
    char hex[65];
    sha256(S("abc"), &hash);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    unsigned char keccak[32];
    keccak256(STR_EMPTY, keccak);
    hex_encode(keccak, 32, hex);
    assert_string_equal(hex, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    char long_text[300];
    memset(long_text, 'a', sizeof long_text);
    keccak256(str_of(long_text, 136),
              keccak); /* a whole block must be followed by a padding block */
    unsigned char other[32];
    keccak256(str_of(long_text, 135), other);
    assert_memory_not_equal(keccak, other, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_round_trip_keeps_order_and_digits),
        cmocka_unit_test(json_refuses),
        cmocka_unit_test(yaml_keeps_norway_and_names_the_place),
        cmocka_unit_test(hashes_agree_with_published_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
