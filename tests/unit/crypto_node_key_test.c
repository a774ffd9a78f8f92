/* SPDX-License-Identifier: Apache-2.0 */
/* A node's key replaced: who holds the old one comes to the new one, by true changes only, over crashes. */
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/io.h"

#include "crypto/node_key.h"

#include "stored.h"
#include "test.h"

static struct {
    struct scratch scratch;
    struct node_key first;
    struct buf line; /* of the first key, as somebody wrote it down */
} t;

static const char *directory(void)
{
    return t.scratch.path;
}

static void sign(const struct node_key *key, struct buf *note)
{
    char name[80];
    snprintf(name, sizeof name, "%s/thing", key->name);
    buf_clear(note);
    buf_add(note, S("something\n\n"));
    note_sign(S("something\n"), str_c(name), &key->now, note);
}

static enum err verify(str note, const struct node_key *key)
{
    struct buf keys = {0};
    struct note_key signer;
    int64_t time_s;
    node_key_print(key, "thing", false, &keys);
    enum err code = note_verify_any(note, buf_str(&keys), &signer, &time_s);
    buf_release(&keys);
    return code;
}

static enum err follow(str changes, str line, struct buf *keys)
{
    buf_clear(keys);
    return node_key_follow(changes, line, keys);
}

static int start(void **state)
{
    (void)state;
    scratch_make(&t.scratch);
    t.line = (struct buf){0};
    if (crypto_init() || node_key_load(directory(), &t.first))
        return 1;
    node_key_print(&t.first, "thing", false, &t.line);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_release(&t.line);
    scratch_remove(&t.scratch);
    return 0;
}

static void what_was_signed_before_still_holds(void **state)
{
    (void)state;
    struct node_key second, third;
    struct buf note = {0}, changes = {0}, keys = {0};
    sign(&t.first, &note);
    assert_int_equal(node_key_replace(directory(), false, clock_now_us()), OK);
    assert_int_equal(node_key_load(directory(), &second), OK);
    assert_string_equal(second.name, t.first.name);
    assert_memory_not_equal(second.now.secret, t.first.now.secret, sizeof second.now.secret);
    assert_int_equal(verify(buf_str(&note), &second), OK);
    sign(&second, &note);
    assert_int_equal(verify(buf_str(&note), &t.first), ERR_NOT_FOUND);
    assert_int_equal(node_key_replace(directory(), false, clock_now_us()), OK);
    assert_int_equal(node_key_load(directory(), &third), OK);
    assert_int_equal(third.former_count, 2);
    assert_int_equal(verify(buf_str(&note), &third), OK);
    assert_int_equal(node_key_changes(directory(), &changes), OK);
    assert_int_equal(follow(buf_str(&changes), buf_str(&t.line), &keys), OK);
    sign(&third, &note);
    struct note_key signer;
    int64_t time_s;
    assert_int_equal(note_verify_any(buf_str(&note), buf_str(&keys), &signer, &time_s), OK);
    assert_memory_equal(signer.key.bytes, third.now.public_key.bytes, PUBLIC_KEY_SIZE);
    buf_release(&note);
    buf_release(&changes);
    buf_release(&keys);
}

static void of_a_key_given_up_nothing_holds(void **state)
{
    (void)state;
    struct node_key second;
    struct buf note = {0}, all = {0};
    struct note_key signer;
    int64_t time_s;
    sign(&t.first, &note);
    assert_int_equal(node_key_replace(directory(), true, clock_now_us()), OK);
    assert_int_equal(node_key_load(directory(), &second), OK);
    assert_int_equal(verify(buf_str(&note), &second), ERR_NOT_FOUND);
    node_key_print(&second, "thing", true, &all); /* but what lies in one's own directory */
    assert_int_equal(note_verify_any(buf_str(&note), buf_str(&all), &signer, &time_s), OK);
    buf_release(&note);
    buf_release(&all);
}

/* Every byte of a change that is altered, every cut of it, and a stranger's key. */
static void an_altered_change_leads_nowhere(void **state)
{
    (void)state;
    struct buf changes = {0}, keys = {0}, stranger = {0};
    struct node_key other;
    char path[700];
    assert_int_equal(node_key_replace(directory(), false, clock_now_us()), OK);
    assert_int_equal(node_key_changes(directory(), &changes), OK);
    assert_int_equal(follow(buf_str(&changes), buf_str(&t.line), &keys), OK);
    for (size_t i = 0; i < changes.len; i++) {
        changes.ptr[i] ^= 1;
        assert_int_not_equal(follow(buf_str(&changes), buf_str(&t.line), &keys), OK);
        changes.ptr[i] ^= 1;
        assert_int_not_equal(follow(str_slice(buf_str(&changes), 0, i), buf_str(&t.line), &keys),
                             OK);
    }
    snprintf(path, sizeof path, "%s/other", directory());
    assert_int_equal(io_make_dir(path), OK);
    assert_int_equal(node_key_load(path, &other), OK);
    node_key_print(&other, "thing", false, &stranger);
    assert_int_equal(follow(buf_str(&changes), buf_str(&stranger), &keys), ERR_NOT_FOUND);
    assert_int_equal(follow(S(""), buf_str(&t.line), &keys), ERR_NOT_FOUND);
    buf_release(&changes);
    buf_release(&keys);
    buf_release(&stranger);
}

static void another_key_in_its_place_is_not_taken(void **state)
{
    (void)state;
    char path[700];
    struct node_key key;
    assert_int_equal(node_key_replace(directory(), false, clock_now_us()), OK);
    snprintf(path, sizeof path, "%s/node.key", directory());
    assert_int_equal(io_remove(path), OK);
    assert_int_equal(node_key_load(directory(), &key), ERR_DAMAGED);
}

struct cut {
    int left;
};

static int count_down(void *context, const struct io_event *event)
{
    struct cut *cut = context;
    (void)event;
    return cut->left-- > 0 ? 0 : EIO;
}

/* Whatever call fails first, afterwards there is the old key or the new one, and it can be followed. */
static void a_crash_leaves_one_of_the_two(void **state)
{
    (void)state;
    bool is_done = false, was_finished = false;
    for (int calls = 0; !is_done; calls++) {
        struct cut cut = {calls};
        struct node_key before, after;
        struct buf changes = {0}, keys = {0}, line = {0};
        assert_int_equal(node_key_load(directory(), &before), OK);
        if (before.former_count > 30)
            fail_msg("%s", "it never gets through");
        io_set_hook(&(struct io_hook){.before = count_down, .context = &cut});
        is_done = node_key_replace(directory(), false, clock_now_us()) == OK;
        io_set_hook(NULL);
        err_clear();
        assert_int_equal(node_key_load(directory(), &after), OK);
        bool is_new = after.former_count == before.former_count + 1;
        assert_true(is_new || memcmp(&after.now, &before.now, sizeof after.now) == 0);
        assert_true(!is_done || is_new);
        was_finished |= is_new && !is_done;
        node_key_print(&before, "thing", false, &line);
        assert_int_equal(node_key_changes(directory(), &changes), OK);
        if (after.former_count)
            assert_int_equal(follow(buf_str(&changes),
                                    str_slice(buf_str(&line), 0, strcspn(line.ptr, "\n")), &keys),
                             OK);
        buf_release(&changes);
        buf_release(&keys);
        buf_release(&line);
    }
    assert_true(was_finished); /* some crash came between the note and the rename */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_signed_before_still_holds, start, end),
        cmocka_unit_test_setup_teardown(of_a_key_given_up_nothing_holds, start, end),
        cmocka_unit_test_setup_teardown(an_altered_change_leads_nowhere, start, end),
        cmocka_unit_test_setup_teardown(another_key_in_its_place_is_not_taken, start, end),
        cmocka_unit_test_setup_teardown(a_crash_leaves_one_of_the_two, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
