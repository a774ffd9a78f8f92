/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas, growing buffers, bounds-checked reading, errors, randomness: their limits hold and are named. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

#include "test.h"

static void an_arena_gives_zeroed_aligned_memory_up_to_its_limit(void **state)
{
    (void)state;
    struct arena arena = {.max_bytes = 100000};
    for (int round = 0; round < 3; round++) {
        size_t total = 0;
        for (size_t size = 0;; size = size * 2 + 1) {
            unsigned char *memory = arena_alloc(&arena, size);
            if (!memory)
                break;
            assert_int_equal((uintptr_t)memory % 16, 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(memory[i], 0);
            memset(memory, 0xA5, size);
            total += size;
        }
        assert_int_equal(err_last()->code, ERR_LIMIT);
        assert_true(total <= 100000 && total > 10000);
        arena_reset(&arena);
    }
    assert_null(arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_alloc(&arena, SIZE_MAX - 3));
    str copy = arena_str(&arena, S("text"));
    assert_true(str_eq(copy, S("text")) && copy.ptr[4] == 0);
    assert_true(str_eq(arena_printf(&arena, "%d-%s", 7, "x"), S("7-x")));
    arena_release(&arena);
    arena_release(&arena);
    arena_release(NULL);
}

static void a_buffer_keeps_its_first_failure(void **state)
{
    (void)state;
    struct buf buf = {.max = 10};
    buf_add(&buf, S("12345"));
    buf_printf(&buf, "%03d", 7); /* 8 with its NUL's room */
    assert_int_equal(buf.failed, OK);
    buf_add(&buf, S("678"));
    assert_int_equal(buf.failed, ERR_LIMIT);
    buf_add_char(&buf, 'x');
    assert_true(str_eq(buf_str(&buf), S("12345007")));
    buf_clear(&buf);
    buf_add(&buf, S("again"));
    assert_true(str_eq(buf_str(&buf), S("again")));
    assert_int_equal(buf.failed, OK);
    buf_release(&buf);
    assert_true(str_is_empty(buf_str(&buf)));
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0,         1,          127,
                                       128,       255,        16383,
                                       16384,     UINT32_MAX, (uint64_t)UINT32_MAX + 1,
                                       INT64_MAX, UINT64_MAX};
    struct buf buf = {0};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        buf_add_u8(&buf, (uint8_t)numbers[i]);
        buf_add_u16(&buf, (uint16_t)numbers[i]);
        buf_add_u32(&buf, (uint32_t)numbers[i]);
        buf_add_u64(&buf, numbers[i]);
        buf_add_varint(&buf, numbers[i]);
        buf_add_block(&buf, S("block"));
    }
    struct cursor c = cursor_of(buf_str(&buf));
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        assert_true(cursor_u8(&c) == (uint8_t)numbers[i]);
        assert_true(cursor_u16(&c) == (uint16_t)numbers[i]);
        assert_true(cursor_u32(&c) == (uint32_t)numbers[i]);
        assert_true(cursor_u64(&c) == numbers[i]);
        assert_true(cursor_varint(&c) == numbers[i]);
        assert_true(str_eq(cursor_block(&c), S("block")));
    }
    assert_false(c.is_bad);
    assert_int_equal(cursor_left(&c), 0);
    for (size_t len = 0; len < buf.len; len++) { /* cut anywhere: bad, never beyond the end */
        c = cursor_of(str_of(buf.ptr, len));
        while (!c.is_bad) {
            cursor_varint(&c);
            cursor_block(&c);
        }
        assert_true(cursor_u64(&c) == 0);
    }
    buf_release(&buf);
}

static void a_cursor_refuses_what_does_not_fit(void **state)
{
    (void)state;
    struct cursor c = cursor_of(S("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02")); /* above 64 bits */
    assert_true(cursor_varint(&c) == 0 && c.is_bad);
    c = cursor_of(S("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"));
    assert_true(cursor_varint(&c) == UINT64_MAX && !c.is_bad);
    c = cursor_of(S("\x05"
                    "abc"));
    assert_true(str_is_empty(cursor_block(&c)) && c.is_bad);
    assert_true(str_is_empty(cursor_bytes(&c, 0))); /* stays bad */
}

static void *other_thread(void *context)
{
    assert_int_equal(err_last()->code, OK);
    return context;
}

static void an_error_is_kept_in_its_thread(void **state)
{
    (void)state;
    char text[512];
    pthread_t thread;
    err_clear();
    assert_int_equal(err_at(ERR_BAD_VALUE, "a.yaml", 3, 14, "%s is not a date", "2026-13-01"),
                     ERR_BAD_VALUE);
    assert_int_equal(err_hint("write year-month-day"), ERR_BAD_VALUE);
    assert_int_equal(err_hint("a second hint changes nothing"), ERR_BAD_VALUE);
    assert_int_equal(err_field("born[%d]", 0), ERR_BAD_VALUE);
    assert_string_equal(err_format(err_last(), text, sizeof text),
                        "a.yaml:3:14: born[0]: 2026-13-01 is not a date (write year-month-day)");
    assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
    pthread_join(thread, NULL);
    struct err_info kept = *err_last();
    err_clear();
    assert_int_equal(err_last()->code, OK);
    err_restore(&kept);
    assert_int_equal(err_last()->line, 3);
    errno = ENOSPC;
    assert_int_equal(err_errno("cannot write"), ERR_FULL);
    assert_string_equal(err_last()->message, "cannot write: No space left on device");
    errno = EACCES;
    assert_int_equal(err_errno("cannot write"), ERR_IO);
    char *huge = malloc(5000);
    memset(huge, 'x', 4999);
    huge[4999] = 0;
    errno = EIO;
    assert_int_equal(err_errno("%s", huge), ERR_IO); /* cut, never beyond its room */
    assert_int_equal(strlen(err_last()->message), sizeof err_last()->message - 1);
    free(huge);
}

static void every_code_has_word_and_status(void **state)
{
    (void)state;
    static const enum err codes[] = {
#define CODE(code, word, status, meaning) code,
        ERR_TABLE(CODE)
#undef CODE
    };
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        assert_true(strlen(err_word(codes[i])) > 1);
        assert_true(err_http_status(codes[i]) >= 400 && err_http_status(codes[i]) < 600);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(err_word(codes[i]), err_word(codes[k]));
    }
    assert_string_equal(err_word((enum err)9999), "internal");
    assert_int_equal(err_http_status((enum err)9999), 500);
}

/* The generator's first numbers, so that "same seed, same bytes" holds between versions. */
static void seeded_numbers_stay_what_they_are(void **state)
{
    (void)state;
    struct random a, b;
    random_seed(&a, 42);
    random_seed(&b, 42);
    for (int i = 0; i < 1000; i++)
        assert_true(random_u64(&a) == random_u64(&b));
    random_seed(&a, 42);
    assert_true(random_u64(&a) == 0xD0764D4F4476689Full);
    random_seed(&b, 43);
    assert_true(random_u64(&a) != random_u64(&b));
    size_t seen[6] = {0};
    for (int i = 0; i < 6000; i++)
        seen[random_below(&a, 6)]++;
    for (size_t i = 0; i < 6; i++)
        assert_true(seen[i] > 800 && seen[i] < 1200);
    assert_true(random_below(&a, 0) == 0);
    for (int i = 0; i < 1000; i++) {
        double unit = random_unit(&a);
        assert_true(unit >= 0 && unit < 1);
    }
}

static void a_forked_child_draws_other_bytes(void **state)
{
    (void)state;
    unsigned char mine[16], theirs[16], zeros[16] = {0};
    int ends[2];
    random_bytes(mine, sizeof mine); /* the pool is filled before the fork */
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        random_bytes(theirs, sizeof theirs);
        _exit(write(ends[1], theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
    }
    assert_int_equal(read(ends[0], theirs, sizeof theirs), sizeof theirs);
    random_bytes(mine, sizeof mine);
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    assert_memory_not_equal(mine, theirs, sizeof mine);
    assert_memory_not_equal(mine, zeros, sizeof mine);
    unsigned char large[8192];
    memset(large, 0, sizeof large);
    random_bytes(large, sizeof large);
    assert_memory_not_equal(large + sizeof large - 16, zeros, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_gives_zeroed_aligned_memory_up_to_its_limit),
        cmocka_unit_test(a_buffer_keeps_its_first_failure),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_cursor_refuses_what_does_not_fit),
        cmocka_unit_test(an_error_is_kept_in_its_thread),
        cmocka_unit_test(every_code_has_word_and_status),
        cmocka_unit_test(seeded_numbers_stay_what_they_are),
        cmocka_unit_test(a_forked_child_draws_other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
