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
    struct store *store;
    struct identity *identity;
    struct arena arena;
};

static void follow(void *context, uint64_t first_seq, uint64_t last_seq)
{
    struct fixture *fixture = context;
    if (fixture->identity)
        identity_follow(fixture->identity, first_seq, last_seq);
}

static void start(struct fixture *fixture)
{
    assert_int_equal(store_open(fixture->scratch.path, STORE_OPEN_CREATE, &fixture->store), OK);
    store_set_hook(fixture->store, follow, fixture);
    assert_int_equal(identity_open(fixture->scratch.path, fixture->catalog, fixture->store,
                                   &fixture->identity),
                     OK);
}

static void stop(struct fixture *fixture)
{
    store_close(fixture->store);
    identity_close(fixture->identity);
    fixture->identity = NULL;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    scratch_make(&fixture->scratch);
    if (catalog_load(".", &fixture->catalog) != OK)
        return -1;
    start(fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    clock_pin(-1);
    stop(fixture);
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

static void the_store_holds_no_token(void **state)
{
    struct fixture *fixture = *state;
    char token[TOKEN_TEXT], path[600], *text;
    size_t len;
    assert_int_equal(identity_add(fixture->identity, &patrol, token), OK);
    snprintf(path, sizeof path, "%s/store.db-wal", fixture->scratch.path);
    assert_int_equal(io_read_file(path, 64 << 20, &text, &len), OK);
    assert_true(str_has(str_of(text, len), S("UTO/patrol")));
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

static void it_is_known_after_a_restart(void **state)
{
    struct fixture *fixture = *state;
    char token[TOKEN_TEXT], gone[TOKEN_TEXT];
    struct actor actor, other = patrol;
    other.officer = S("o-2");
    assert_int_equal(identity_add(fixture->identity, &patrol, token), OK);
    assert_int_equal(identity_add(fixture->identity, &other, gone), OK);
    assert_int_equal(identity_remove(fixture->identity, other.officer), OK);
    stop(fixture);
    start(fixture);
    assert_int_equal(identity_by_token(fixture->identity, str_c(token), &fixture->arena, &actor),
                     OK);
    assert_true(str_eq(actor.role, patrol.role) && actor.purposes == 1);
    assert_int_equal(identity_by_token(fixture->identity, str_c(gone), &fixture->arena, &actor),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(identity_count(fixture->identity), 1);
    assert_int_equal(identity_add(fixture->identity, &other, token), OK); /* the id anew */
    assert_int_equal(identity_by_token(fixture->identity, str_c(gone), &fixture->arena, &actor),
                     ERR_UNAUTHENTICATED);
}

static void write_file(struct fixture *fixture, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/officers.json", fixture->scratch.path);
    assert_int_equal(io_replace(path, str_c(text)), OK);
}

/* Of an earlier version: its officers are taken in once, and what is removed here stays removed. */
static void an_old_file_is_taken_in_once(void **state)
{
    struct fixture *fixture = *state;
    struct hash hash;
    struct actor actor;
    char hex[2 * HASH_SIZE + 1], text[600];
    stop(fixture);
    sha256(S("bureau_of-old"), &hash);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    snprintf(text, sizeof text,
             "[{\"officer\":\"o-7\",\"unit\":\"UTO/x\",\"country\":\"UTO\",\"role\":"
             "\"frontline\",\"purposes\":[\"border-control\"],\"may\":[\"write\"],"
             "\"token_hash\":\"%s\",\"created\":\"2026-01-01T00:00:00Z\","
             "\"expires\":\"2126-01-01T00:00:00Z\"}]",
             hex);
    write_file(fixture, text);
    start(fixture);
    assert_int_equal(identity_by_token(fixture->identity, S("bureau_of-old"), &fixture->arena,
                                       &actor),
                     OK);
    assert_true(str_eq(actor.officer, S("o-7")) && actor.may_write && !actor.may_administer);
    assert_int_equal(identity_remove(fixture->identity, S("o-7")), OK);
    stop(fixture);
    start(fixture);
    assert_int_equal(identity_by_token(fixture->identity, S("bureau_of-old"), &fixture->arena,
                                       &actor),
                     ERR_UNAUTHENTICATED);
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
    struct identity *other = NULL;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        write_file(fixture, bad[i]);
        assert_int_not_equal(identity_open(fixture->scratch.path, fixture->catalog, fixture->store,
                                           &other),
                             OK);
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
        OFFICER_TEST(the_store_holds_no_token),
        OFFICER_TEST(ids_are_unique_and_plain),
        OFFICER_TEST(a_removed_officer_is_unknown),
        OFFICER_TEST(a_token_lasts_a_year),
        OFFICER_TEST(it_is_known_after_a_restart),
        OFFICER_TEST(an_old_file_is_taken_in_once),
        OFFICER_TEST(files_at_fault_are_named),
        OFFICER_TEST(the_control_socket_is_for_the_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
