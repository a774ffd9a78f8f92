/* SPDX-License-Identifier: Apache-2.0 */
/* Mapping files: every fault is found at load, with its place; the project's own formats load; normalisers. */
#include "intake/mapping.h"

#include "intake_fixture.h"

static struct fixture f;

static int open_fixture(void **state)
{
    (void)state;
    fixture_init(&f);
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    fixture_release(&f);
    return 0;
}

static void expect_fault(str head, str text)
{
    str line_text, words = head;
    uint64_t line = 0;
    struct mapping *mapping = NULL;
    assert_true(str_split(&words, '|', &line_text));
    assert_true(str_to_u64(str_trim(line_text), 100, &line));
    words = arena_str(&f.arena, str_trim(words));
    const char *path = fixture_file(&f, "formats/broken.yaml", text.ptr, text.len);
    enum err code = mapping_load(f.catalog, path, &mapping);
    if (!code)
        fail_msg("was accepted, \"%s\" was expected:\n%.*s", words.ptr, STR(text));
    const struct err_info *info = err_last();
    if (!strstr(info->message, words.ptr))
        fail_msg("\"%s\" was expected, found \"%s\":\n%.*s", words.ptr, info->message, STR(text));
    assert_non_null(strstr(info->file, "broken.yaml"));
    assert_true(info->line >= line && info->line <= line + 1);
}

static void faults_name_their_place(void **state)
{
    (void)state;
    char *data;
    size_t len, count = 0;
    must(io_read_file("tests/cases/intake/mapping-faults.txt", 1 << 20, &data, &len), "cases");
    str all = str_of(data, len);
    for (size_t at = 0; at < all.len;) {
        str rest = str_from(all, at);
        const char *next = memmem(rest.ptr + 1, rest.len - 1, "\n== ", 4);
        size_t end = next ? (size_t)(next - rest.ptr) + 1 : rest.len;
        str one = str_slice(rest, 0, end), head;
        at += end;
        if (!str_starts(one, S("== ")) || !str_split(&one, '\n', &head))
            continue;
        expect_fault(str_from(head, 3), one);
        count++;
    }
    assert_true(count > 20);
    free(data);
}

static void the_projects_own_formats_load(void **state)
{
    (void)state;
    struct intake_node node = f.node;
    struct node *list = NULL;
    node.formats = "formats";
    must(intake_formats(&node, &f.arena, &list), "formats");
    assert_true(list->count >= 5);
    node_each(format, list)
    {
        if (node_get(format, S("error")))
            fail_msg("%.*s: %.*s", STR(node_get_text(format, S("name"))),
                     STR(node_get_text(format, S("error"))));
    }
    const str *targets = NULL;
    size_t count = 0;
    must(intake_targets(&node, S("ofac-sdn"), &f.arena, &targets, &count), "targets");
    assert_int_equal(count, 4);
}

static void normalisers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *argument, *text, *result;
    } table[] = {
        {"date-mdy", "", "11/5/2021", "2021-11-05"},
        {"date-mdy", "", "12/13/2021 0:00", "2021-12-13"},
        {"date-mdy", "", "13/12/2021", "13/12/2021"}, /* no month: left for the type to refuse */
        {"date-dmy", "", "5.11.2021", "2021-11-05"},
        {"date-dmy", "", "31.02.2021", "31.02.2021"},
        {"date-ymd", "", "2021/11/05", "2021-11-05"},
        {"date-serial", "", "44505", "2021-11-05"},
        {"date-serial", "", "yesterday", "yesterday"},
        {"scale", "100", "1.75", "175"},
        {"scale", "100", "tall", "tall"},
        {"squeeze", "", "  a \n\t b  ", "a b"},
        {"digits", "", "+49 (0)170-12", "49017012"},
        {"strip", "", "'Ivan'", "Ivan"},
        {"strip", "<>", "<x>", "x"},
        {"upper", "", "abcÄ", "ABCÄ"},
        {"lower", "", "ABC", "abc"},
        {"prefix", "circa ", "1960", "circa 1960"},
        {"suffix", " cm", "12", "12 cm"},
        {"none-if", "U", "u", ""},
        {"none-if", "U", "M", "M"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const struct normaliser *normaliser = normaliser_find(str_c(table[i].name));
        assert_non_null(normaliser);
        str result = normaliser->run(str_c(table[i].text), str_c(table[i].argument), &f.arena);
        if (!str_eq_c(result, table[i].result))
            fail_msg("%s of \"%s\": \"%.*s\"", table[i].name, table[i].text, STR(result));
    }
    assert_null(normaliser_find(S("guess")));
    for (size_t i = 0; i < normaliser_count(); i++)
        assert_true(strlen(normaliser_at(i)->help) > 0);
}

int main(int argc, char **argv)
{
    int child = intake_child_first(argc, argv);
    if (child >= 0)
        return child;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_name_their_place),
        cmocka_unit_test(the_projects_own_formats_load),
        cmocka_unit_test(normalisers),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
