/* SPDX-License-Identifier: Apache-2.0 */
/* CSV: the table tests/cases/intake/csv.tsv, whole and byte by byte; libcsv as oracle on well-formed text; limits; writing. */
#include <csv.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "codec/csv.h"

#include "test.h"

static str unescape(struct arena *arena, str s)
{
    char *out = arena_alloc(arena, s.len + 1);
    size_t len = 0;
    assert_non_null(out);
    for (size_t i = 0; i < s.len; i++) {
        char next = i + 1 < s.len ? s.ptr[i + 1] : 0;
        if (s.ptr[i] != '\\' || !strchr("nrtx", next) || !next) {
            out[len++] = s.ptr[i];
        } else if (next == 'x') {
            char hex[3] = {s.ptr[i + 2], s.ptr[i + 3], 0};
            out[len++] = (char)strtoul(hex, NULL, 16);
            i += 3;
        } else {
            out[len++] = next == 'n' ? '\n' : next == 'r' ? '\r' : '\t';
            i++;
        }
    }
    return str_of(out, len);
}

static void print_rows(struct csv *csv, struct buf *out)
{
    struct csv_row row;
    while (csv_next(csv, &row)) {
        if (out->len)
            buf_add(out, S(" / "));
        buf_printf(out, "%llu:", (unsigned long long)row.number);
        for (size_t i = 0; i < row.count; i++) {
            if (i)
                buf_add_char(out, '|');
            for (size_t k = 0; k < row.fields[i].len; k++)
                if (row.fields[i].ptr[k] == '\n')
                    buf_add(out, S("\\n"));
                else
                    buf_add_char(out, row.fields[i].ptr[k]);
        }
        if (row.fault)
            buf_add_char(out, '!');
    }
}

static void read_in_steps(str input, size_t step, struct buf *out)
{
    struct csv *csv;
    assert_int_equal(csv_open(&(struct csv_options){.quote = '"', .stop_at = S("\x1A")}, &csv), OK);
    for (size_t at = 0; at < input.len; at += step) {
        assert_int_equal(csv_feed(csv, str_slice(input, at, step)), OK);
        print_rows(csv, out);
    }
    csv_finish(csv);
    print_rows(csv, out);
    csv_close(csv);
}

static void cases(void **state)
{
    (void)state;
    char *data;
    size_t len, count = 0;
    assert_int_equal(io_read_file("tests/cases/intake/csv.tsv", 1 << 20, &data, &len), OK);
    str rest = str_of(data, len), line;
    struct arena arena = {0};
    while (str_split(&rest, '\n', &line)) {
        str input, expected;
        if (!line.len || line.ptr[0] == '#' || !str_split(&line, '\t', &input) ||
            !str_split(&line, '\t', &expected))
            continue;
        for (size_t step = 1; step < 80; step += 13) {
            struct buf out = {0};
            read_in_steps(unescape(&arena, input), step, &out);
            if (!str_eq(buf_str(&out), expected))
                fail_msg("%.*s in steps of %zu:\n  expected %.*s\n  found    %.*s", STR(input),
                         step, STR(expected), STR(buf_str(&out)));
            buf_release(&out);
        }
        count++;
    }
    assert_true(count > 15);
    arena_release(&arena);
    free(data);
}

/* libcsv prints what it reads in the same form. */
static void oracle_field(void *text, size_t len, void *context)
{
    buf_add(context, str_of(text, len));
    buf_add_char(context, '|');
}

static void oracle_row(int c, void *context)
{
    (void)c;
    buf_add_char(context, '\n');
}

static void random_csv(struct random *random, struct buf *out)
{
    static const char alphabet[] = "ab 1,;'\n\"";
    for (unsigned row = 0; row < 20; row++) {
        for (unsigned column = 0; column < 4; column++) {
            if (column)
                buf_add_char(out, ',');
            bool is_quoted = random_below(random, 2);
            buf_add(out, is_quoted ? S("\"") : S("x"));
            for (uint64_t i = random_below(random, 12); i > 0; i--) {
                char c = alphabet[random_below(random, sizeof alphabet - 1)];
                if (!is_quoted && (c == ',' || c == '\n' || c == '"' || c == ' '))
                    c = 'z';
                buf_add_char(out, c);
                if (c == '"')
                    buf_add_char(out, c);
            }
            buf_add(out, is_quoted ? S("\"") : S("x"));
        }
        buf_add_char(out, '\n');
    }
}

static void agrees_with_libcsv(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1923);
    for (unsigned round = 0; round < 300; round++) {
        struct buf text = {0}, theirs = {0}, ours = {0};
        random_csv(&random, &text);
        struct csv_parser parser;
        assert_int_equal(csv_init(&parser, CSV_STRICT), 0);
        csv_parse(&parser, text.ptr, text.len, oracle_field, oracle_row, &theirs);
        csv_fini(&parser, oracle_field, oracle_row, &theirs);
        csv_free(&parser);
        struct csv *csv;
        struct csv_row row;
        assert_int_equal(csv_open(&(struct csv_options){.quote = '"'}, &csv), OK);
        assert_int_equal(csv_feed(csv, buf_str(&text)), OK);
        csv_finish(csv);
        while (csv_next(csv, &row)) {
            for (size_t i = 0; i < row.count; i++)
                oracle_field((void *)(uintptr_t)row.fields[i].ptr, row.fields[i].len, &ours);
            oracle_row(0, &ours);
        }
        if (!str_eq(buf_str(&ours), buf_str(&theirs)))
            fail_msg("round %u\n%.*s\nlibcsv: %.*s\nours: %.*s", round, STR(buf_str(&text)),
                     STR(buf_str(&theirs)), STR(buf_str(&ours)));
        csv_close(csv);
        buf_release(&text);
        buf_release(&theirs);
        buf_release(&ours);
    }
}

static void other_separators(void **state)
{
    (void)state;
    static const struct {
        struct csv_options options;
        const char *text, *rows;
    } table[] = {
        {{.separator = {";", 1}, .quote = '"'}, "a;b,c;d\n", "1:a|b,c|d"},
        {{.separator = {"\t", 1}, .quote = 0}, "a\t\"b\tc\n", "1:a|\"b|c"},
        {{.separator = {"¦", 2}, .quote = '"'}, "a¦\"b¦c\"¦d\n", "1:a|b¦c|d"},
        {{.separator = {"|", 1}, .quote = '\'', .comment = '#'}, "# head\na|'b'\n", "2:a|b"},
        {{.is_blank_separated = true},
         "10.1.2.3 \t  7\n10.1.2.4\t8  \n",
         "1:10.1.2.3|7 / 2:10.1.2.4|8"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct csv *csv;
        struct buf out = {0};
        assert_int_equal(csv_open(&table[i].options, &csv), OK);
        assert_int_equal(csv_feed(csv, str_c(table[i].text)), OK);
        csv_finish(csv);
        print_rows(csv, &out);
        buf_add_char(&out, 0);
        assert_string_equal(out.ptr, table[i].rows);
        csv_close(csv);
        buf_release(&out);
    }
    struct csv *none = NULL;
    assert_int_equal(csv_open(&(struct csv_options){.separator = S("too long")}, &none),
                     ERR_BAD_VALUE);
}

static void hostile_rows_are_bounded(void **state)
{
    (void)state;
    struct csv *csv;
    struct csv_row row;
    assert_int_equal(csv_open(&(struct csv_options){.quote = '"'}, &csv), OK);
    static char many[2 * CSV_COLUMN_MAX + 2];
    memset(many, ',', sizeof many - 1);
    many[sizeof many - 1] = '\n';
    assert_int_equal(csv_feed(csv, str_of(many, sizeof many)), OK);
    assert_true(csv_next(csv, &row));
    assert_int_equal(row.fault, CSV_TOO_LONG);
    assert_int_equal(row.count, CSV_COLUMN_MAX);
    static char block[64 << 10];
    memset(block, 'a', sizeof block);
    bool has = false;
    for (size_t i = 0; i < 80 && !has; i++) {
        assert_int_equal(csv_feed(csv, str_of(block, sizeof block)), OK);
        has = csv_next(csv, &row);
    }
    assert_true(has);
    assert_int_equal(row.fault, CSV_TOO_LONG);
    assert_int_equal(csv_feed(csv, S("end\nnext,row\n")), OK);
    assert_true(csv_next(csv, &row)); /* the rest of the long row */
    assert_true(csv_next(csv, &row));
    assert_true(str_eq(row.fields[1], S("row")));
    csv_close(csv);
}

static void writing(void **state)
{
    (void)state;
    static const struct {
        const char *field, *written;
    } table[] = {
        {"plain", "plain"},
        {"a,b", "\"a,b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"=1+1", "\"'=1+1\""},
        {"@SUM(A1)", "\"'@SUM(A1)\""},
        {"-5", "-5"},
        {"+49 170 123", "+49 170 123"},
        {"+cmd|x", "\"'+cmd|x\""},
        {"-0-", "\"'-0-\""},
        {" lead", "\" lead\""},
        {"two\nlines", "\"two\nlines\""},
        {"-", "\"'-\""},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct buf out = {0};
        csv_write_field(&out, str_c(table[i].field));
        buf_add_char(&out, 0);
        assert_string_equal(out.ptr, table[i].written);
        buf_release(&out);
    }
}

static void guessing_the_separator(void **state)
{
    (void)state;
    assert_int_equal(csv_guess_separator(S("a,b,c\n1,2,3\n")), ',');
    assert_int_equal(csv_guess_separator(S("name;born;town\nA, B;1970;X, Y\nC;1971;Z\n")), ';');
    assert_int_equal(csv_guess_separator(S("a\tb\n\"1,2\"\t3\n")), '\t');
    assert_int_equal(csv_guess_separator(S("one column\nonly\n")), ',');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(agrees_with_libcsv),
        cmocka_unit_test(other_separators),
        cmocka_unit_test(hostile_rows_are_bounded),
        cmocka_unit_test(writing),
        cmocka_unit_test(guessing_the_separator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
