/* SPDX-License-Identifier: Apache-2.0 */
/* Sections and live parts of names: what is put in is found, by every channel; sections survive
 * copying and refuse damage. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "index/names.h"
#include "type/name.h"

#include "test.h"

enum { BORN_UNKNOWN = INT32_MIN };
struct person {
    const char *name;
    int32_t born; /* ascending, unknown ones last */
};
/* Fictional. */
static const struct person people[] = {
    {"Ottoline Farnsworth", -9000},
    {"Ханс Мюллер", -8000},
    {"Robert Quillfeather", -5000},
    {"محمد القرشي", -4000},
    {"王小明", -3000},
    {"Katarzyna Wójcik-Lem", -2000},
    {"Jean-Luc de Brabant", -1000},
    {"김정은", 0},
    {"Abdulrahman Zuhdi", 100},
    {"Ivan Ivanovich Petrov", 200},
    {"Ivan Sergeevich Petrov", 201},
    {"Νίκος Καραμάνος", 3000},
    {"スペンサー・ボストン", 5000},
    {"Theodora Vance", 6000},
    {"Theodora Vance", BORN_UNKNOWN},
};
enum { PEOPLE = COUNT_OF(people) };

struct world {
    struct arena arena;
    struct buf bytes;
    struct names_section *section;
    struct names_live *live;
    int32_t born[PEOPLE];
};

static void value_of(struct arena *arena, const char *text, struct value *ret)
{
    struct name *name;
    assert_int_equal(name_parse_text(str_c(text), arena, &name), OK);
    *ret = (struct value){.type = &type_name, .detail = name};
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct names_builder *builder;
    assert_int_equal(names_builder_new(&builder), OK);
    assert_int_equal(names_live_new(1000, &world->live), OK);
    for (uint32_t i = PEOPLE; i-- > 0;) { /* entries come in any order */
        struct value value;
        value_of(&world->arena, people[i].name, &value);
        assert_int_equal(names_builder_add(builder, i, &value), OK);
        assert_int_equal(names_live_add(world->live, i, &value), OK);
        world->born[i] = people[i].born;
    }
    assert_int_equal(names_builder_finish(builder, PEOPLE, &world->bytes), OK);
    names_builder_free(builder);
    assert_int_equal(names_section_open(buf_str(&world->bytes), PEOPLE, &world->section), OK);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    names_section_close(world->section);
    names_live_free(world->live);
    buf_release(&world->bytes);
    arena_release(&world->arena);
    free(world);
    return 0;
}

static const struct date_window no_date = {1, 0};

static void search(struct world *world, const struct names_part *part, const char *text,
                   struct date_window born, struct names_result *ret)
{
    struct value value;
    value_of(&world->arena, text, &value);
    const struct name *const names[] = {value.detail};
    assert_int_equal(names_search(part, 1, &(struct name_query){names, 1, NULL}, born, 10,
                                  &world->arena, ret),
                     OK);
}

static struct names_part section_part(const struct world *world)
{
    return (
        struct names_part){.section = world->section, .entry_count = PEOPLE, .born = world->born};
}

static struct names_part live_part(const struct world *world)
{
    return (struct names_part){.live = world->live, .entry_count = PEOPLE, .born = world->born};
}

/* Asked, and whom it must find first. */
static const struct {
    const char *asked;
    uint32_t entry;
    const char *why;
} finds[] = {
    {"Ottoline Farnsworth", 0, "exact"},
    {"FARNSWORTH, Ottoline", 0, "order, case"},
    {"FARNSWORTH<<OTTOLINE", 0, "machine-readable zone"},
    {"Otoline Farnsworht", 0, "two typing slips"},
    {"O Farnsworth", 0, "initial"},
    {"Hans Mueller", 1, "Latin to Cyrillic"},
    {"Bob Quillfeather", 2, "short form"},
    {"Mohamed Al-Qurashi", 3, "Latin to Arabic, article"},
    {"Wang Xiaoming", 4, "Latin to Chinese"},
    {"Xiao Ming Wang", 4, "given name in two words"},
    {"Катажина Вуйцик", 5, "Cyrillic to Polish, half of the double name"},
    {"Jeanluc Brabant", 6, "joined, particle left out"},
    {"Kim Jong-un", 7, "Latin to Korean"},
    {"Abdul Rahman Zuhdi", 8, "written as two words"},
    {"Ivan Ivanovich Petrov", 9, "patronymic decides"},
    {"Nikos Karamanos", 11, "Latin to Greek"},
    {"Spencer Boston", 12, "Latin to Katakana"},
};

static void every_channel_finds_its_person(void **state)
{
    struct world *world = *state;
    const struct names_part parts[] = {section_part(world), live_part(world)};
    size_t wrong = 0;
    for (size_t p = 0; p < COUNT_OF(parts); p++) {
        for (size_t i = 0; i < COUNT_OF(finds); i++) {
            struct names_result found;
            search(world, &parts[p], finds[i].asked, no_date, &found);
            if (found.count > 0 && found.items[0].entry == finds[i].entry)
                continue;
            print_error("%s (%s): %zu found, first %s\n", finds[i].asked, finds[i].why, found.count,
                        found.count ? people[found.items[0].entry].name : "nobody");
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void nobody_is_found_for_a_stranger(void **state)
{
    struct world *world = *state;
    const struct names_part part = section_part(world);
    struct names_result found;
    search(world, &part, "Gwendolyn Throckmorton", no_date, &found);
    assert_int_equal(found.count, 0);
    assert_true(found.is_proven);
    assert_false(found.is_cut);
}

static void dates_order_namesakes(void **state)
{
    struct world *world = *state;
    const struct names_part part = section_part(world);
    struct names_result found;
    search(world, &part, "Theodora Vance", (struct date_window){6000, 6000}, &found);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.items[0].entry, 13);
    assert_true(found.items[0].score >
                found.items[1].score + 5); /* unknown date: neither for nor against */
    search(world, &part, "Theodora Vance", (struct date_window){-9000, -9000}, &found);
    assert_int_equal(found.count, 2); /* a wrong date does not hide a strong name */
    assert_int_equal(found.items[0].entry, 14);
}

static bool is_even(const void *context, uint32_t entry)
{
    (void)context;
    return entry % 2 == 0;
}

static void what_is_not_visible_is_not_found(void **state)
{
    struct world *world = *state;
    struct names_part part = section_part(world);
    part.is_visible = is_even;
    struct names_result found;
    search(world, &part, "Theodora Vance", no_date, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0].entry, 14);
}

/* Two names of one entry: either finds it, and it is found once. */
static void an_entry_may_have_many_names(void **state)
{
    struct world *world = *state;
    struct value first, second;
    struct names_live *live;
    value_of(&world->arena, "Zebulon Pike", &first);
    value_of(&world->arena, "Зебулон Пайк", &second);
    assert_int_equal(names_live_new(10, &live), OK);
    assert_int_equal(names_live_add(live, 3, &first), OK);
    assert_int_equal(names_live_add(live, 3, &second), OK);
    struct names_part part = {.live = live, .entry_count = 4};
    struct names_result found;
    search(world, &part, "Zebulon Pike", no_date, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0].entry, 3);
    part.entry_count = 3; /* not yet published to this reader */
    search(world, &part, "Zebulon Pike", no_date, &found);
    assert_int_equal(found.count, 0);
    names_live_free(live);
}

static void copies_are_the_same_section(void **state)
{
    struct world *world = *state;
    struct names_builder *from_section, *from_live;
    struct buf a = {0}, b = {0};
    assert_int_equal(names_builder_new(&from_section), OK);
    assert_int_equal(names_builder_new(&from_live), OK);
    for (uint32_t i = PEOPLE; i-- > 0;) {
        assert_int_equal(names_builder_copy(from_section, i, world->section, i), OK);
        assert_int_equal(names_builder_copy_live(from_live, i, world->live, i), OK);
    }
    assert_int_equal(names_builder_finish(from_section, PEOPLE, &a), OK);
    assert_int_equal(names_builder_finish(from_live, PEOPLE, &b), OK);
    assert_true(str_eq(buf_str(&a), buf_str(&world->bytes)));
    assert_true(str_eq(buf_str(&b), buf_str(&world->bytes)));
    names_builder_free(from_section);
    names_builder_free(from_live);
    buf_release(&a);
    buf_release(&b);
}

static void an_empty_section_is_searched_in_vain(void **state)
{
    struct world *world = *state;
    struct names_builder *builder;
    struct names_section *section;
    struct buf bytes = {0};
    assert_int_equal(names_builder_new(&builder), OK);
    assert_int_equal(names_builder_finish(builder, 0, &bytes), OK);
    names_builder_free(builder);
    assert_int_equal(names_section_open(buf_str(&bytes), 0, &section), OK);
    struct names_part part = {.section = section};
    struct names_result found;
    search(world, &part, "Anna Berg", no_date, &found);
    assert_int_equal(found.count, 0);
    names_section_close(section);
    buf_release(&bytes);
}

/* Damage is refused at open, or gives fewer answers; it never reads outside (run under the
 * address sanitizer). */
/* ---- what is kept from one search to the next ---- */

struct answers {
    const struct world *world;
    struct names_hit items[COUNT_OF(finds)][PEOPLE];
    size_t counts[COUNT_OF(finds)];
};

static void *ask_all(void *context)
{
    struct answers *answers = context;
    struct world own = *answers->world;
    struct names_part part = section_part(&own);
    own.arena = (struct arena){.max_bytes = 256u << 20};
    for (size_t i = 0; i < COUNT_OF(finds); i++) {
        struct names_result found;
        search(&own, &part, finds[i].asked, no_date, &found);
        answers->counts[i] = found.count;
        memcpy(answers->items[i], found.items, found.count * sizeof *found.items);
    }
    arena_release(&own.arena);
    return NULL;
}

/* More words than a thread remembers. */
static void ask_much_else(struct world *world)
{
    struct names_part part = section_part(world);
    struct arena kept = world->arena;
    world->arena = (struct arena){.max_bytes = 256u << 20};
    for (int i = 0; i < 2300; i++) {
        char text[40];
        struct names_result found;
        snprintf(text, sizeof text, "%c%c%cato", 'b' + i % 23, 'a' + i / 23 % 23, 'b' + i / 529);
        search(world, &part, text, no_date, &found);
        arena_reset(&world->arena);
    }
    arena_release(&world->arena);
    world->arena = kept;
}

/* By a thread that has never asked, one that has, and one that has forgotten. */
static void what_was_asked_before_is_answered_the_same(void **state)
{
    struct world *world = *state;
    static struct answers first, again, other, after;
    pthread_t thread;
    first.world = again.world = other.world = after.world = world;
    ask_all(&first);
    ask_all(&again);
    assert_int_equal(pthread_create(&thread, NULL, ask_all, &other), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    ask_much_else(world);
    ask_all(&after);
    assert_memory_equal(&first, &again, sizeof first);
    assert_memory_equal(&first, &other, sizeof first);
    assert_memory_equal(&first, &after, sizeof first);
}

/* Another section in the same place, with other words. */
static void another_section_is_another_dictionary(void **state)
{
    struct world *world = *state;
    struct names_result found;
    struct buf bytes = {.max = 1 << 20};
    struct names_builder *builder;
    struct value value;
    struct names_part part = section_part(world);
    search(world, &part, "Theodora Vance", no_date, &found);
    assert_int_equal(found.count, 2);
    assert_int_equal(names_builder_new(&builder), OK);
    value_of(&world->arena, "Katarzyna Lem", &value);
    assert_int_equal(names_builder_add(builder, 0, &value), OK);
    assert_int_equal(names_builder_finish(builder, PEOPLE, &bytes), OK);
    names_builder_free(builder);
    names_section_close(world->section);
    assert_int_equal(names_section_open(buf_str(&bytes), PEOPLE, &world->section), OK);
    part = section_part(world);
    search(world, &part, "Theodora Vance", no_date, &found);
    assert_int_equal(found.count, 0);
    search(world, &part, "Katarzyna Lem", no_date, &found);
    assert_int_equal(found.count, 1);
    names_section_close(world->section);
    assert_int_equal(names_section_open(buf_str(&world->bytes), PEOPLE, &world->section), OK);
    buf_release(&bytes);
}

static void damage_never_reads_outside(void **state)
{
    struct world *world = *state;
    str bytes = buf_str(&world->bytes);
    char *copy = aligned_alloc(16, (bytes.len + 15) / 16 * 16);
    struct names_section *section;
    memcpy(copy, bytes.ptr, bytes.len);
    assert_int_equal(names_section_open(str_of(copy, bytes.len - 8), PEOPLE, &section),
                     ERR_DAMAGED);
    assert_int_equal(names_section_open(str_of(copy, 4), PEOPLE, &section), ERR_DAMAGED);
    assert_int_equal(names_section_open(str_of(copy, bytes.len), PEOPLE + 1, &section),
                     ERR_DAMAGED);
    copy[0] ^= 1;
    assert_int_equal(names_section_open(str_of(copy, bytes.len), PEOPLE, &section), ERR_DAMAGED);
    struct random random;
    random_seed(&random, 7);
    for (int round = 0; round < 400; round++) {
        memcpy(copy, bytes.ptr, bytes.len);
        for (int i = 0; i < 8; i++)
            copy[24 + random_below(&random, bytes.len - 24)] = (char)random_u64(&random);
        if (names_section_open(str_of(copy, bytes.len), PEOPLE, &section))
            continue;
        struct names_part part = {.section = section, .entry_count = PEOPLE, .born = world->born};
        struct names_result found;
        search(world, &part, finds[(size_t)round % COUNT_OF(finds)].asked, no_date, &found);
        assert_true(found.count <= 10);
        names_section_close(section);
        arena_reset(&world->arena);
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_channel_finds_its_person, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_found_for_a_stranger, setup, teardown),
        cmocka_unit_test_setup_teardown(dates_order_namesakes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_visible_is_not_found, setup, teardown),
        cmocka_unit_test_setup_teardown(an_entry_may_have_many_names, setup, teardown),
        cmocka_unit_test_setup_teardown(copies_are_the_same_section, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_section_is_searched_in_vain, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_asked_before_is_answered_the_same, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(another_section_is_another_dictionary, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_never_reads_outside, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
