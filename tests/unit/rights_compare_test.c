/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of a definition opens, as tests/cases/rights/widening.txt has it. */
#include "rights/rights.h"

#include "home.h"
#include "scratch.h"
#include "test.h"

static const char *const parcel =
    "definition: parcel\n"
    "title: {en: Parcels}\n"
    "kind: record\n"
    "owner: any\n"
    "purposes: [search, investigate]\n"
    "may: {search: [investigator, national-bureau, frontline]}\n"
    "fields:\n"
    "  sender: {type: text}\n"
    "  phone: {type: phone, means: phone}\n"
    "  informant: {type: text, read: [national-bureau]}\n"
    "  contents: {type: text}\n"
    "retain: {first: 5y, remind: 1mo}\n"
    "show: {frontline: [sender, phone], investigator: all, national-bureau: all, others: hit-only}\n"
    "examples: [{title: One, fields: {sender: a}}]\n";

static str unescaped(struct arena *arena, str text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_line = text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == 'n';
        out[len++] = text.ptr[i];
        if (is_line) {
            out[len - 1] = '\n';
            i++;
        }
    }
    return str_of(out, len);
}

/* `frontline: [sender]` is asked of the narrower form of the line, too. */
static str replaced(struct arena *arena, str text, str from, str to)
{
    const char *at = memmem(text.ptr, text.len, from.ptr, from.len);
    if (!at)
        fail_msg("\"%.*s\" is not there to be replaced", STR(from));
    size_t before = (size_t)(at - text.ptr);
    return arena_printf(arena, "%.*s%.*s%.*s", STR(str_slice(text, 0, before)), STR(to),
                        STR(str_from(text, before + from.len)));
}

struct edit {
    str file, from, to, what, effect;
};

static void load(const char *home, struct catalog **ret)
{
    if (catalog_load(home, ret) != OK)
        fail_msg("%s", err_last()->message);
}

/* A case that narrows what its neighbour widens begins from the wider form. */
static str base_of(struct arena *arena, const struct edit *edit)
{
    str text = str_c(parcel);
    if (edit->from.len && !memmem(text.ptr, text.len, edit->from.ptr, edit->from.len))
        return replaced(arena, text, S("frontline: [sender, phone]"), edit->from);
    return text;
}

static void check(const struct edit *edit)
{
    char home[HOME_PATH];
    struct arena arena = {0};
    struct catalog *before = NULL, *after = NULL;
    struct rights_difference *items;
    size_t count = 0, found = 0, others = 0;
    home_make(home);
    str base = base_of(&arena, edit);
    home_write(home, "databases/parcel.yaml", base);
    load(home, &before);
    home_write(home, arena_str(&arena, edit->file).ptr,
               edit->from.len ? replaced(&arena, base, edit->from, edit->to) : edit->to);
    load(home, &after);
    assert_int_equal(rights_compare(before, after, &arena, &items, &count), OK);
    bool is_wider = str_eq(edit->effect, S("waits"));
    for (size_t i = 0; i < count; i++) {
        found += str_eq_c(edit->what, items[i].what) && items[i].is_wider == is_wider;
        others += items[i].is_wider && !is_wider;
    }
    if (!found || others)
        fail_msg("%.*s -> %.*s: expected %.*s that %.*s, %zu differences, %zu of them wider",
                 STR(edit->from), STR(edit->to), STR(edit->what), STR(edit->effect), count, others);
    assert_int_equal(rights_compare(after, after, &arena, &items, &count), OK);
    assert_int_equal(count, 0);
    catalog_free(before);
    catalog_free(after);
    arena_release(&arena);
    home_remove(home);
}

static void what_opens_waits(void **state)
{
    char *bytes;
    size_t len, seen = 0;
    struct arena arena = {0};
    str line;
    (void)state;
    assert_int_equal(io_read_file("tests/cases/rights/widening.txt", 1 << 20, &bytes, &len), OK);
    for (str rest = str_of(bytes, len); str_split(&rest, '\n', &line);) {
        str cells[5] = {STR_EMPTY};
        str of_line = line;
        if (!line.len || line.ptr[0] == '#')
            continue;
        for (size_t i = 0; i < COUNT_OF(cells); i++)
            assert_true(str_split(&of_line, '|', &cells[i]));
        check(&(struct edit){str_trim(cells[0]), str_trim(cells[1]),
                             unescaped(&arena, str_trim(cells[2])), str_trim(cells[3]),
                             str_trim(cells[4])});
        seen++;
    }
    assert_true(seen > 15);
    arena_release(&arena);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_opens_waits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
