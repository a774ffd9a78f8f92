/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed keys: nothing of them in the file, back again with enough shares, refused in one word otherwise. */
#include "recovery/recovery.h"

#include "stored.h"
#include "test.h"

static struct scratch data, copy;
static struct recovery_set set;
static struct key_share shares[SHARE_OF_MAX];
static const char secret[] = "0123456789abcdef-this-is-a-key-!";

static void write_file(const struct scratch *where, const char *name, str text)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", where->path, name);
    assert_int_equal(io_replace(path, text), OK);
}

static bool has_file(const struct scratch *where, const char *name, str text)
{
    char path[700];
    char *bytes = NULL;
    size_t len = 0;
    snprintf(path, sizeof path, "%s/%s", where->path, name);
    bool has = io_read_file(path, 1 << 20, &bytes, &len) == OK && str_eq(str_of(bytes, len), text);
    free(bytes);
    err_clear();
    return has;
}

static void make_audit(const struct scratch *where)
{
    char path[700];
    snprintf(path, sizeof path, "%s/audit", where->path);
    assert_int_equal(io_make_dir(path), OK);
}

static int start(void **state)
{
    (void)state;
    scratch_make(&data);
    scratch_make(&copy);
    make_audit(&data);
    make_audit(&copy);
    write_file(&data, "node.key", str_c(secret));
    write_file(&data, "audit/reader.key", S("another key of thirty-two bytes!"));
    write_file(&data, "store.db", S("no key"));
    assert_int_equal(recovery_new(2, 3, &set, shares), OK);
    assert_int_equal(recovery_seal(&set, data.path, copy.path), OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_remove(&data);
    scratch_remove(&copy);
    return 0;
}

static void the_file_tells_nothing(void **state)
{
    (void)state;
    assert_true(recovery_is_sealed(copy.path));
    assert_false(recovery_is_sealed(data.path));
    assert_false(directory_has(copy.path, str_c(secret)));
    assert_false(directory_has(copy.path, S("node.key")));
}

static void wrong_shares_open_nothing_and_say_no_more(void **state)
{
    struct recovery_set other_set;
    struct key_share other[SHARE_OF_MAX];
    size_t count = 0;
    (void)state;
    assert_int_equal(recovery_new(2, 3, &other_set, other), OK);
    struct key_share altered = shares[1];
    altered.part[3] ^= 8;
    const struct key_share cases[][2] = {{shares[0], shares[0]},
                                         {shares[0], other[1]},
                                         {other[0], other[1]},
                                         {shares[0], altered}};
    char words[512] = "";
    assert_int_equal(recovery_restore(copy.path, shares, 1, &count), ERR_DENIED);
    snprintf(words, sizeof words, "%s", err_last()->message);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(recovery_restore(copy.path, cases[i], 2, &count), ERR_DENIED);
        assert_string_equal(err_last()->message, words);
        assert_string_equal(err_last()->hint, "");
    }
    assert_false(has_file(&copy, "node.key", str_c(secret)));
    assert_true(recovery_is_sealed(copy.path));
}

static void two_holders_vouch_and_one_does_not(void **state)
{
    (void)state;
    const struct key_share twice[] = {shares[1], shares[1]};
    struct key_share altered[] = {shares[1], shares[2]};
    altered[1].part[0] ^= 1;
    assert_int_equal(recovery_vouch(&set, shares, 0), ERR_DENIED);
    assert_int_equal(recovery_vouch(&set, shares, 1), ERR_DENIED);
    assert_int_equal(recovery_vouch(&set, twice, 2), ERR_DENIED);
    assert_int_equal(recovery_vouch(&set, altered, 2), ERR_DENIED);
    assert_int_equal(recovery_vouch(&set, shares + 1, 2), OK);
}

/* Every byte of the file altered in turn, and every length of it: refused, nothing written. */
static void a_damaged_file_is_refused(void **state)
{
    char path[700];
    char *bytes = NULL;
    size_t len = 0;
    size_t count = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/%s", copy.path, recovery_file);
    assert_int_equal(io_read_file(path, 1 << 20, &bytes, &len), OK);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 4;
        write_file(&copy, recovery_file, str_of(bytes, len));
        bytes[i] ^= 4;
        assert_int_not_equal(recovery_restore(copy.path, shares, 2, &count), OK);
    }
    for (size_t i = 0; i < len; i += 7) {
        write_file(&copy, recovery_file, str_of(bytes, i));
        assert_int_not_equal(recovery_restore(copy.path, shares, 2, &count), OK);
    }
    assert_false(has_file(&copy, "node.key", str_c(secret)));
    write_file(&copy, recovery_file, str_of(bytes, len));
    free(bytes);
}

static void enough_shares_bring_the_keys_back(void **state)
{
    size_t count = 0;
    (void)state;
    write_file(&copy, "node.key", S("a key of another node, 32 bytes!"));
    assert_int_equal(recovery_restore(copy.path, shares + 1, 2, &count), ERR_CONFLICT);
    write_file(&copy, "node.key", str_c(secret)); /* as after a power cut half way */
    assert_int_equal(recovery_restore(copy.path, shares + 1, 2, &count), OK);
    assert_int_equal(count, 2);
    assert_true(has_file(&copy, "node.key", str_c(secret)));
    assert_true(has_file(&copy, "audit/reader.key", S("another key of thirty-two bytes!")));
    assert_false(recovery_is_sealed(copy.path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_tells_nothing),
        cmocka_unit_test(wrong_shares_open_nothing_and_say_no_more),
        cmocka_unit_test(two_holders_vouch_and_one_does_not),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(enough_shares_bring_the_keys_back),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, start, end);
}
