/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passkeys against tests/cases/identity/passkeys.tsv: each is taken up and found good, and is not
 * when any bit of what it said is another, when anything is cut off, or for another node.
 */
#include <stdlib.h>

#include "base/io.h"

#include "crypto/passkey.h"
#include "crypto/sign.h"

#include "test.h"

enum { KIND, ATTESTED, CLIENT_NEW, SAID, CLIENT, SIGNATURE, PART_COUNT };
static const str node_id = {"bureau.example", 14};

struct passkey_case {
    str kind, part[PART_COUNT];
};

static str unhex(struct arena *arena, str hex)
{
    char *bytes = arena_alloc(arena, hex.len / 2 + 1);
    assert_true(hex_decode(hex, bytes, hex.len / 2));
    return str_of(bytes, hex.len / 2);
}

typedef void visit(const struct passkey_case *one, struct arena *arena);

static void each_case(visit *see)
{
    char *text;
    size_t len, count = 0;
    str line;
    assert_int_equal(io_read_file("tests/cases/identity/passkeys.tsv", 1 << 20, &text, &len), OK);
    for (str rest = str_of(text, len); str_split(&rest, '\n', &line);) {
        struct arena arena = {0};
        struct passkey_case one = {.kind = line};
        if (!line.len || line.ptr[0] == '#')
            continue;
        for (size_t i = 0; i < PART_COUNT; i++) {
            assert_true(str_split(&line, '\t', &one.part[i]));
            if (i == KIND)
                one.kind = one.part[i];
            else
                one.part[i] = unhex(&arena, one.part[i]);
        }
        see(&one, &arena);
        arena_release(&arena);
        count++;
    }
    assert_int_equal(count, 6);
    free(text);
}

static struct passkey_made take_up(const struct passkey_case *one)
{
    struct passkey_made made;
    if (passkey_check_new(one->part[ATTESTED], one->part[CLIENT_NEW], node_id, &made) != OK)
        fail_msg("%.*s: %s", STR(one->kind), err_last()->message);
    return made;
}

static bool is_good(const struct passkey_key *key, const struct passkey_case *one, str rp_id)
{
    uint32_t counter = 0;
    bool is = passkey_check(key, one->part[SAID], one->part[CLIENT], one->part[SIGNATURE], rp_id,
                            &counter) == OK;
    assert_true(!is || counter == 42);
    return is;
}

static void see_good(const struct passkey_case *one, struct arena *arena)
{
    struct passkey_made made = take_up(one);
    struct buf text = {.max = 2048};
    struct passkey_key again;
    assert_true(is_good(&made.key, one, node_id));
    assert_false(is_good(&made.key, one, S("bureau.exampl")));
    assert_false(is_good(&made.key, one, S("evil.example")));
    assert_int_equal(made.is_attested,
                     str_ends(one->kind, S("self")) || str_ends(one->kind, S("certificate")));
    assert_int_equal(made.counter, 41);
    assert_int_equal(made.id.len, 24);
    passkey_key_print(&made.key, &text);
    assert_true(passkey_key_read(buf_str(&text), &again));
    assert_true(is_good(&again, one, node_id));
    assert_false(passkey_key_read(str_slice(buf_str(&text), 0, 4), &again));
    buf_release(&text);
    (void)arena;
}

static void a_passkey_is_taken_up_and_found_good(void **state)
{
    (void)state;
    each_case(see_good);
}

/* Every bit of what was signed, and of the signature; of client data some, since all are hashed. */
static void see_bits(const struct passkey_case *one, struct arena *arena)
{
    static const int parts[] = {SAID, CLIENT, SIGNATURE};
    struct passkey_made made = take_up(one);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        str whole = one->part[parts[i]];
        char *bent = arena_alloc(arena, whole.len);
        struct passkey_case other = *one;
        memcpy(bent, whole.ptr, whole.len);
        other.part[parts[i]] = str_of(bent, whole.len);
        for (size_t at = 0; at < whole.len; at += parts[i] == SAID ? 1 : 5)
            for (unsigned bit = 0; bit < 8; bit += parts[i] == SAID ? 1 : 3) {
                bent[at] = (char)(bent[at] ^ (1 << bit));
                if (is_good(&made.key, &other, node_id))
                    fail_msg("%.*s: bit %u of byte %zu of part %d", STR(one->kind), bit, at,
                             parts[i]);
                bent[at] = (char)(bent[at] ^ (1 << bit));
            }
        assert_true(is_good(&made.key, &other, node_id));
    }
}

static void any_other_bit_makes_it_no_passkey(void **state)
{
    (void)state;
    each_case(see_bits);
}

static void see_cut(const struct passkey_case *one, struct arena *arena)
{
    struct passkey_made made;
    struct passkey_said said;
    struct passkey_attested attested;
    struct buf longer = {.max = 1 << 16};
    for (size_t len = 0; len < one->part[ATTESTED].len; len++)
        assert_int_equal(passkey_check_new(str_slice(one->part[ATTESTED], 0, len),
                                           one->part[CLIENT_NEW], node_id, &made),
                         ERR_SYNTAX);
    for (size_t len = 0; len < one->part[SAID].len; len++)
        assert_int_equal(passkey_read_said(str_slice(one->part[SAID], 0, len), &said), ERR_SYNTAX);
    buf_add(&longer, one->part[ATTESTED]);
    buf_add_char(&longer, 0);
    assert_int_equal(passkey_read_attested(buf_str(&longer), &attested), ERR_SYNTAX);
    buf_release(&longer);
    (void)arena;
}

static void nothing_is_read_that_is_cut_off_or_goes_on(void **state)
{
    (void)state;
    each_case(see_cut);
}

/* ---- bytes that no authenticator sends ---- */

static void odd_bytes_are_refused(void **state)
{
    static const struct {
        const char *hex, *why;
    } cases[] = {
        {"", "nothing"},
        {"a0", "an empty map"},
        {"a3", "a map of three, and nothing"},
        {"bf", "a map of indefinite length"},
        {"83010203", "a list"},
        {"a363666d74646e6f6e656761747453746d74a0", "a member is missing"},
        {"a363666d74646e6f6e6563666d74646e6f6e656761747453746d74a0", "one member twice"},
        {"a363666d74646e6f6e656761747453746d748068617574684461746140",
         "a statement that is a list"},
        {"a363666d74646e6f6e656761747453746d74a0686175746844617461"
         "5bffffffffffffffff",
         "more bytes than there are"},
        {"a363666d74646e6f6e656761747453746d749bffffffffffffffff", "more items than there are"},
        {"a363666d74646e6f6e656761747453746d74"
         "c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6",
         "tags of tags"},
    };
    struct arena arena = {0};
    struct passkey_attested attested;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (passkey_read_attested(unhex(&arena, str_c(cases[i].hex)), &attested) == OK)
            fail_msg("%s", cases[i].why);
    arena_release(&arena);
}

static void a_thousand_lists_in_lists_are_passed_over(void **state)
{
    struct buf bytes = {.max = 1 << 16};
    struct passkey_attested attested;
    (void)state;
    buf_add(&bytes, S("\xa3\x63"
                      "fmt\x64none\x67"
                      "attStmt\xa1\x61"
                      "a"));
    for (size_t i = 0; i < 1000; i++)
        buf_add(&bytes, S("\x81"));
    buf_add(&bytes, S("\x80\x68"
                      "authData\x40"));
    assert_int_equal(passkey_read_attested(buf_str(&bytes), &attested), OK);
    assert_int_equal(attested.statement.len, 1004);
    buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_passkey_is_taken_up_and_found_good),
        cmocka_unit_test(any_other_bit_makes_it_no_passkey),
        cmocka_unit_test(nothing_is_read_that_is_cut_off_or_goes_on),
        cmocka_unit_test(odd_bytes_are_refused),
        cmocka_unit_test(a_thousand_lists_in_lists_are_passed_over),
    };
    if (crypto_init() != OK)
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
