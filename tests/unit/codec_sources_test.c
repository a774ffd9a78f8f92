/* SPDX-License-Identifier: Apache-2.0 */
/* Packed streams, items of big JSON, XML elements, patterns: what they give, and what they refuse. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "codec/items.h"
#include "codec/json.h"
#include "codec/pattern.h"
#include "codec/stream.h"
#include "codec/xml.h"

#include "test.h"

/* ---- streams ---- */

static int file_of(str bytes)
{
    int fd = memfd_create("test", 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static enum err read_all(str bytes, struct buf *out, const char **ret_packing)
{
    int fd = file_of(bytes);
    struct stream *stream = NULL;
    enum err code = stream_open(fd, &stream);
    size_t len = 1;
    while (!code && len) {
        char chunk[777];
        code = stream_read(stream, chunk, sizeof chunk, &len);
        if (!code)
            buf_add(out, str_of(chunk, len));
    }
    if (stream)
        *ret_packing = stream_packing(stream);
    stream_close(stream);
    close(fd);
    return code;
}

static void gzip(str text, struct buf *out)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    char *to = buf_reserve(out, text.len + 1000);
    z.next_in = (unsigned char *)(uintptr_t)text.ptr;
    z.avail_in = (unsigned)text.len;
    z.next_out = (unsigned char *)to;
    z.avail_out = (unsigned)text.len + 1000;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += text.len + 1000 - z.avail_out;
    deflateEnd(&z);
}

static void packings(void **state)
{
    (void)state;
    struct buf text = {0}, packed = {0}, back = {0};
    const char *packing = "";
    for (unsigned i = 0; i < 20000; i++)
        buf_printf(&text, "row %u\n", i);
    assert_int_equal(read_all(buf_str(&text), &back, &packing), OK);
    assert_string_equal(packing, "none");
    assert_true(str_eq(buf_str(&back), buf_str(&text)));
    gzip(str_slice(buf_str(&text), 0, 1000), &packed); /* two members are one stream */
    gzip(str_from(buf_str(&text), 1000), &packed);
    buf_clear(&back);
    assert_int_equal(read_all(buf_str(&packed), &back, &packing), OK);
    assert_string_equal(packing, "gzip");
    assert_true(str_eq(buf_str(&back), buf_str(&text)));
    assert_int_equal(read_all(str_slice(buf_str(&packed), 0, packed.len - 20), &back, &packing),
                     ERR_SYNTAX);
    packed.ptr[packed.len / 2] ^= 0x55;
    assert_int_equal(read_all(buf_str(&packed), &back, &packing), ERR_SYNTAX);
    buf_clear(&packed);
    buf_clear(&back);
    char *to = buf_reserve(&packed, ZSTD_compressBound(text.len));
    packed.len = ZSTD_compress(to, ZSTD_compressBound(text.len), text.ptr, text.len, 3);
    assert_int_equal(read_all(buf_str(&packed), &back, &packing), OK);
    assert_string_equal(packing, "zstd");
    assert_true(str_eq(buf_str(&back), buf_str(&text)));
    assert_int_equal(read_all(str_slice(buf_str(&packed), 0, packed.len / 2), &back, &packing),
                     ERR_SYNTAX);
    buf_release(&text);
    buf_release(&packed);
    buf_release(&back);
}

static void bombs(void **state)
{
    (void)state;
    size_t size = 200u << 20;
    char *zeros = calloc(1, size);
    assert_non_null(zeros);
    struct buf packed = {.max = 300u << 20};
    char *to = buf_reserve(&packed, ZSTD_compressBound(size));
    packed.len = ZSTD_compress(to, ZSTD_compressBound(size), zeros, size, 1);
    struct stream *stream = NULL;
    int fd = file_of(buf_str(&packed));
    assert_int_equal(stream_open(fd, &stream), OK);
    enum err code = OK;
    uint64_t total = 0;
    for (size_t len = 1; !code && len; total += len)
        code = stream_read(stream, zeros, 1 << 20, &len);
    assert_int_equal(code, ERR_LIMIT);
    assert_true(total < size);
    stream_close(stream);
    close(fd);
    buf_release(&packed);
    free(zeros);
}

/* ---- items ---- */

static enum err items_of(enum items_kind kind, const char *path, str text, size_t step,
                         struct buf *out)
{
    struct items *items = NULL;
    TRY(items_new(kind, str_c(path), &items));
    enum err code = OK;
    bool has = true;
    for (size_t at = 0; !code && at <= text.len; at += step) {
        code = items_feed(items, str_slice(text, at, step));
        if (at + step > text.len)
            items_finish(items);
        for (has = true; !code && has;) {
            struct item item;
            code = items_next(items, &item, &has);
            if (!code && has)
                buf_printf(out, "%llu@%llu:%.*s|", (unsigned long long)item.number,
                           (unsigned long long)item.line, STR(str_trim(item.text)));
        }
    }
    items_free(items);
    return code;
}

static void items(void **state)
{
    (void)state;
    static const struct {
        enum items_kind kind;
        const char *path, *text, *found;
        enum err code;
    } table[] = {
        {ITEMS_LINES, "", "{\"a\":1}\n\n{\"b\":\"}\"}", "1@1:{\"a\":1}|3@3:{\"b\":\"}\"}|", OK},
        {ITEMS_ARRAY, "", "[1, \"two, [2]\" ,{\"a\":[3,4]}\n,[5]]",
         "1@1:1|2@1:\"two, [2]\"|3@1:{\"a\":[3,4]}|4@2:[5]|", OK},
        {ITEMS_ARRAY, "a.b",
         "{\"x\":[{\"a\":{\"b\":[9]}}],\"a\":{\"c\":{\"b\":[8]},\"b\":[\n{\"n\":1},{\"n\":\"]\\\"\"}]}}",
         "1@2:{\"n\":1}|2@2:{\"n\":\"]\\\"\"}|", OK},
        {ITEMS_ARRAY, "a", "{\"a\":[]}", "", OK},
        {ITEMS_ARRAY, "a", "{\"b\":[1]}", "", ERR_NOT_FOUND},
        {ITEMS_ARRAY, "a", "{\"a\":[1,2", "1@1:1|", ERR_SYNTAX},
        {ITEMS_ARRAY, "a", "}", "", ERR_SYNTAX},
        {ITEMS_ARRAY, "", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1", "", ERR_LIMIT},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        for (size_t step = 1; step < 60; step += 7) {
            struct buf out = {0};
            enum err code =
                items_of(table[i].kind, table[i].path, str_c(table[i].text), step, &out);
            assert_int_equal(code, table[i].code);
            if (!str_eq_c(buf_str(&out), table[i].found))
                fail_msg("%s in steps of %zu: %.*s", table[i].text, step, STR(buf_str(&out)));
            buf_release(&out);
        }
}

/* ---- XML ---- */

struct feeder {
    str text;
    size_t at, step;
};

static enum err feed(void *context, char *out, size_t size, size_t *ret_len)
{
    struct feeder *feeder = context;
    str piece = str_slice(feeder->text, feeder->at, feeder->step < size ? feeder->step : size);
    memcpy(out, piece.ptr, piece.len);
    feeder->at += piece.len;
    *ret_len = piece.len;
    return OK;
}

static enum err xml_of(str text, size_t step, struct buf *out)
{
    static const str paths[] = {{"L/G/I", 5}, {"L/E", 3}};
    struct feeder feeder = {text, 0, step};
    struct arena arena = {0};
    struct xml *xml = NULL;
    TRY(xml_open(feed, &feeder, paths, 2, &xml));
    enum err code = OK;
    for (bool has = true; !code && has;) {
        struct xml_item item;
        code = xml_next(xml, &arena, &item, &has);
        if (!code && has) {
            buf_printf(out, "%.*s ", STR(item.name));
            json_write(out, item.node);
            buf_add_char(out, '|');
        }
    }
    xml_close(xml);
    arena_release(&arena);
    return code;
}

static void xml(void **state)
{
    (void)state;
    static const struct {
        const char *text, *found;
        enum err code;
    } table[] = {
        {"<L><G><I><A>1</A><B>x</B><B>y</B></I><I/></G><E k='v'>t&amp;<C/></E></L>",
         "I {\"A\":\"1\",\"B\":[\"x\",\"y\"]}|I \"\"|E {\"@k\":\"v\",\"C\":\"\",\"#text\":\"t\\u0026\"}|",
         OK},
        {"<n:L xmlns:n='u'><n:E><n:A>é</n:A></n:E></n:L>", "E {\"A\":\"é\"}|", OK},
        {"<L><E>1</E>", "E \"1\"|", ERR_SYNTAX},
        {"<L><E>1</F></L>", "", ERR_SYNTAX},
        {"<!DOCTYPE L [<!ENTITY a 'aaa'>]><L><E>&a;</E></L>", "", ERR_SYNTAX},
        {"<!DOCTYPE L SYSTEM 'file:///etc/passwd'><L/>", "", ERR_SYNTAX},
        {"not XML", "", ERR_SYNTAX},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        for (size_t step = 1; step < 100; step += 31) {
            struct buf out = {0};
            enum err code = xml_of(str_c(table[i].text), step, &out);
            if (code != table[i].code || (!code && !str_eq_c(buf_str(&out), table[i].found)))
                fail_msg("%s: %d %.*s", table[i].text, code, STR(buf_str(&out)));
            buf_release(&out);
        }
    struct buf deep = {0}, out = {0};
    for (unsigned i = 0; i < 100; i++)
        buf_add(&deep, i == 0 ? S("<L>") : S("<E>"));
    assert_int_equal(xml_of(buf_str(&deep), 1000, &out), ERR_LIMIT);
    buf_release(&deep);
    buf_release(&out);
    assert_true(str_eq(xml_declared_encoding(S("<?xml version='1.0' encoding = \"koi8-r\" ?><a/>")),
                       S("koi8-r")));
    assert_true(xml_declared_encoding(S("<a encoding='x'/>")).len == 0);
}

/* ---- patterns ---- */

static void patterns(void **state)
{
    (void)state;
    struct pattern *pattern = NULL;
    struct pattern_match match = {0};
    bool found = false;
    assert_int_equal(pattern_compile(S("^DOB (?P<day>\\d+)(?: (?P<month>\\w+))?"), &pattern), OK);
    assert_int_equal(pattern_find(pattern, S("DOB 12 août"), &match, &found), OK);
    assert_true(found);
    assert_true(str_eq(match.groups[pattern_group(pattern, S("month"))], S("août")));
    assert_int_equal(pattern_find(pattern, S("DOB 12"), &match, &found), OK);
    assert_true(found && match.groups[2].len == 0);
    assert_int_equal(pattern_find(pattern, S("POB 12"), &match, &found), OK);
    assert_false(found);
    assert_int_equal(pattern_group(pattern, S("year")), 0);
    pattern_free(pattern);
    pattern = NULL;
    assert_int_equal(pattern_compile(S("a(b"), &pattern), ERR_SYNTAX);
    assert_int_equal(pattern_compile(S("(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)"),
                                     &pattern),
                     ERR_LIMIT);
    assert_int_equal(pattern_compile(S("^(a+)+$"), &pattern), OK); /* runs away without limits */
    assert_int_equal(pattern_find(pattern, S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
                                  &match, &found),
                     ERR_LIMIT);
    pattern_free(pattern);
    pattern_match_release(&match);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packings), cmocka_unit_test(bombs),    cmocka_unit_test(items),
        cmocka_unit_test(xml),      cmocka_unit_test(patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
