/* SPDX-License-Identifier: Apache-2.0 */
/* What is packed comes back the same through the reader of packed streams; what gains nothing is
 * left as it is. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "codec/pack.h"
#include "codec/stream.h"

#include "test.h"

static void unpack(str packed, const char *expected_packing, struct buf *out)
{
    int fd = memfd_create("packed", 0);
    assert_int_equal(write(fd, packed.ptr, packed.len), packed.len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    struct stream *stream;
    assert_int_equal(stream_open(fd, &stream), OK);
    assert_string_equal(stream_packing(stream), expected_packing);
    char bytes[4096];
    size_t len;
    do {
        assert_int_equal(stream_read(stream, bytes, sizeof bytes, &len), OK);
        buf_add(out, str_of(bytes, len));
    } while (len);
    stream_close(stream);
    close(fd);
}

/* As answers are: the same words over and over, other values. */
static void write_answer(struct buf *out, size_t rows)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < rows; i++)
        buf_printf(out, "%s{\"title\":\"Name\",\"value\":\"%zu Émile 王\",\"masked\":false}",
                   i ? "," : "", i * 7919);
    buf_add_char(out, ']');
}

static void comes_back_the_same(void **state)
{
    (void)state;
    const size_t rows[] = {1, 2, 20, 3000, 100000};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (enum pack how = PACK_GZIP; how <= PACK_ZSTD; how++) {
            struct buf text = {0}, packed = {0}, back = {0};
            write_answer(&text, rows[i]);
            buf_add(&packed, S("before"));
            bool is_packed = pack(buf_str(&text), how, &packed);
            assert_true(is_packed || rows[i] < 20);
            assert_true(packed.len < text.len + 6);
            if (is_packed) {
                unpack(str_from(buf_str(&packed), 6), how == PACK_GZIP ? "gzip" : "zstd", &back);
                assert_true(str_eq(buf_str(&back), buf_str(&text)));
            } else {
                assert_int_equal(packed.len, 6);
            }
            buf_release(&text);
            buf_release(&packed);
            buf_release(&back);
        }
}

static void no_gain_is_no_success(void **state)
{
    (void)state;
    struct buf noise = {0}, out = {0};
    uint64_t seed = 1;
    for (int i = 0; i < 1000; i++)
        buf_add_u64(&noise, seed = hash_mix(seed, 0x9e3779b97f4a7c15ull));
    assert_false(pack(buf_str(&noise), PACK_GZIP, &out));
    assert_false(pack(buf_str(&noise), PACK_ZSTD, &out));
    assert_false(pack(S(""), PACK_ZSTD, &out));
    assert_false(pack(S("a"), PACK_GZIP, &out));
    assert_false(pack(S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), PACK_NONE, &out));
    assert_int_equal(out.len, 0);
    buf_release(&noise);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_the_same),
        cmocka_unit_test(no_gain_is_no_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
