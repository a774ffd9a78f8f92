/* SPDX-License-Identifier: Apache-2.0 */
/* Officers and their tokens: added, known again, removed, expired; files at fault change nothing. */
#include "identity/identity.h"

#include <stdio.h>
#include <string.h>

#include "base/io.h"

#include "scratch.h"
#include "test.h"

struct fixture {
    struct scratch scratch;
    struct catalog *catalog;
    struct identity *identity;
    struct arena arena;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    scratch_make(&fixture->scratch);
    if (catalog_load(".", &fixture->catalog) != OK ||
        identity_open(fixture->scratch.path, fixture->catalog, &fixture->identity) != OK)
        return -1;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    identity_close(fixture->identity);
    catalog_free(fixture->catalog);
    arena_release(&fixture->arena);
    scratch_remove(&fixture->scratch);
    clock_pin(-1);
    free(fixture);
    return 0;
}

static const struct actor patrol = {.officer = S("o-1"),
                                    .unit = S("UTO/patrol"),
                                    .country = S("UTO"),
                                    .role = S("frontline"),
                                    .purposes = 1,
                                    .may_write = true};

static void a_token_stands_for_its_officer(void **state)
{
    struct fixture *fixture = *state;
    char token[TOKEN_TEXT];
    struct actor actor;
    assert_int_equal(identity_add(fixture->identity, &patrol, token), OK);
    assert_int_equal(strlen(token), 7 + 43);
    assert_int_equal(identity_by_token(fixture->identity, str_c(token), &fixture->arena, &actor),
                     OK);
    assert_true(str_eq(actor.officer, patrol.officer) && str_eq(actor.unit, patrol.unit));
    assert_true(str_eq(actor.country, patrol.country) && str_eq(actor.role, patrol.role));
    assert_true(actor.purposes == 1 && actor.may_write && !actor.may_audit);
    for (size_t i = 0; i < strlen(token); i++) { /* one letter off is nobody's */
        char wrong[TOKEN_TEXT];
        memcpy(wrong, token, sizeof wrong);
        wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
        assert_int_equal(identity_by_token(fixture->identity, str_c(wrong), &fixture->arena,
                                           &actor),
                         ERR_UNAUTHENTICATED);
    }
    assert_int_equal(identity_by_token(fixture->identity, STR_EMPTY, &fixture->arena, &actor),
                     ERR_UNAUTHENTICATED);
}

static void a_key_stands_for_its_system(void **state)
{
    struct fixture *fixture = *state;
    struct actor actor;
    struct hash key = {{1, 2, 3}};
    char hex[2 * HASH_SIZE + 1], token[TOKEN_TEXT];
    struct actor other = patrol;
    other.officer = S("gate-2");
    hex_encode(key.bytes, HASH_SIZE, hex);
    assert_int_equal(identity_by_key(fixture->identity, str_c(hex), &fixture->arena, &actor),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(identity_add_key(fixture->identity, &patrol, &key), OK);
    assert_int_equal(identity_add_key(fixture->identity, &other, &key), ERR_CONFLICT);
    assert_int_equal(identity_add(fixture->identity, &other, token), OK);
    assert_int_equal(identity_by_key(fixture->identity, str_c(hex), &fixture->arena, &actor), OK);
    assert_true(str_eq(actor.officer, patrol.officer));
    const str wrong[] = {S(""), S("00"), str_slice(str_c(hex), 1, 63),
                         S("0102040000000000000000000000000000000000000000000000000000000000"),
                         S("0000000000000000000000000000000000000000000000000000000000000000")};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(identity_by_key(fixture->identity, wrong[i], &fixture->arena, &actor),
                         ERR_UNAUTHENTICATED);
    clock_pin(clock_now_us() + (int64_t)366 * 86400 * 1000000);
    assert_int_equal(identity_by_key(fixture->identity, str_c(hex), &fixture->arena, &actor),
                     ERR_UNAUTHENTICATED);
    clock_pin(-1);
    assert_int_equal(identity_remove(fixture->identity, patrol.officer), OK);
    assert_int_equal(identity_by_key(fixture->identity, str_c(hex), &fixture->arena, &actor),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(identity_by_token(fixture->identity, str_c(token), &fixture->arena, &actor),
                     OK);
}

static void the_file_holds_no_token(void **state)
{
    struct fixture *fixture = *state;
    char token[TOKEN_TEXT], path[600], *text;
    size_t len;
    assert_int_equal(identity_add(fixture->identity, &patrol, token), OK);
    snprintf(path, sizeof path, "%s/officers.json", fixture->scratch.path);
    assert_int_equal(io_read_file(path, 1 << 20, &text, &len), OK);
    assert_false(str_has(str_of(text, len), str_c(token)));
    assert_false(str_has(str_of(text, len), str_c(token + 7)));
    free(text);
}

static void ids_are_unique_and_plain(void **state)
{
    struct fixture *fixture = *state;
    char token[TOKEN_TEXT];
    struct actor other = patrol;
    assert_int_equal(identity_add(fixture->identity, &patrol, token), OK);
    assert_int_equal(identity_add(fixture->identity, &patrol, token), ERR_CONFLICT);
    const str bad[] = {S(""), S("o 1"), S("o\"1"), S("ö-1"), S("o\n")};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        other.officer = bad[i];
        assert_int_equal(identity_add(fixture->identity, &other, token), ERR_BAD_VALUE);
    }
}

static void a_removed_officer_is_unknown(void **state)
{
    struct fixture *fixture = *state;
    char token[TOKEN_TEXT];
    struct actor actor;
    assert_int_equal(identity_add(fixture->identity, &patrol, token), OK);
    assert_int_equal(identity_remove(fixture->identity, patrol.officer), OK);
    assert_int_equal(identity_remove(fixture->identity, patrol.officer), ERR_NOT_FOUND);
    assert_int_equal(identity_by_token(fixture->identity, str_c(token), &fixture->arena, &actor),
                     ERR_UNAUTHENTICATED);
}

static void a_token_lasts_a_year(void **state)
{
    struct fixture *fixture = *state;
    char token[TOKEN_TEXT];
    struct actor actor;
    int64_t day = (int64_t)86400 * 1000000, now = 1795000000000000;
    clock_pin(now);
    assert_int_equal(identity_add(fixture->identity, &patrol, token), OK);
    clock_pin(now + 364 * day);
    assert_int_equal(identity_by_token(fixture->identity, str_c(token), &fixture->arena, &actor),
                     OK);
    clock_pin(now + 366 * day);
    assert_int_equal(identity_by_token(fixture->identity, str_c(token), &fixture->arena, &actor),
                     ERR_UNAUTHENTICATED);
}

static void it_is_read_again_by_another(void **state)
{
    struct fixture *fixture = *state;
    char token[TOKEN_TEXT];
    struct actor actor;
    struct identity *other;
    assert_int_equal(identity_add(fixture->identity, &patrol, token), OK);
    assert_int_equal(identity_open(fixture->scratch.path, fixture->catalog, &other), OK);
    assert_int_equal(identity_by_token(other, str_c(token), &fixture->arena, &actor), OK);
    identity_close(other);
}

static void files_at_fault_are_named(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {
        "{}",
        "[{",
        "[{\"officer\":\"\"}]",
        "[{\"officer\":\"o-2\",\"purposes\":[\"none-such\"]}]",
        "[{\"officer\":\"o-2\",\"token_hash\":\"12\",\"created\":\"2026-01-01T00:00:00Z\"}]",
    };
    char path[600];
    struct identity *other = NULL;
    snprintf(path, sizeof path, "%s/officers.json", fixture->scratch.path);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(io_replace(path, str_c(bad[i])), OK);
        assert_int_not_equal(identity_open(fixture->scratch.path, fixture->catalog, &other), OK);
        assert_non_null(strstr(err_last()->file, "officers.json"));
    }
}

static void the_control_socket_is_for_the_owner(void **state)
{
    struct fixture *fixture = *state;
    struct actor actor;
    assert_int_equal(identity_by_peer(fixture->identity, geteuid(), &fixture->arena, &actor), OK);
    assert_true(actor.may_administer && actor.may_audit && actor.may_write);
    assert_int_equal(identity_by_peer(fixture->identity, 0, &fixture->arena, &actor), OK);
    assert_int_equal(identity_by_peer(fixture->identity, 4242, &fixture->arena, &actor),
                     ERR_UNAUTHENTICATED);
}

#define OFFICER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICER_TEST(a_token_stands_for_its_officer),
        OFFICER_TEST(a_key_stands_for_its_system),
        OFFICER_TEST(the_file_holds_no_token),
        OFFICER_TEST(ids_are_unique_and_plain),
        OFFICER_TEST(a_removed_officer_is_unknown),
        OFFICER_TEST(a_token_lasts_a_year),
        OFFICER_TEST(it_is_read_again_by_another),
        OFFICER_TEST(files_at_fault_are_named),
        OFFICER_TEST(the_control_socket_is_for_the_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
