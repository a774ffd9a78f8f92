/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two names can bring at most is never less than what they bring: names of many scripts and
 * customs, against each other and against themselves with a slip of the pen, at bars that they just
 * reach.
 */
#include "base/random.h"

#include "standing/internal.h"
#include "text/frequency.h"

#include "test.h"

static const char *const names[] = {
    "Ivan Petrov",
    "Petrov, Ivan Sergeevich",
    "Иван Сергеевич Петров",
    "Щукина Анна Ивановна",
    "Hassan Ali",
    "Hassan Ali Ibrahim",
    "Abdulrahman al-Kindi",
    "Abd al Rahman Kindi",
    "عبد الرحمن الكندي",
    "محمد حسن",
    "Muhammad Hasan",
    "Mohammed bin Hassan",
    "김정은",
    "Kim Jong-un",
    "Kim Jongun",
    "王小明",
    "Wang Xiaoming",
    "Wang Xiao Ming",
    "Ming Wang",
    "山田太郎",
    "Taro Yamada",
    "Jean-Pierre Dupont",
    "Jeanpierre Dupont",
    "Dupont J. P.",
    "J. Smith",
    "John Smith",
    "Jon Smyth",
    "Johnny Smith Jr",
    "Dr John Smith",
    "Bill Jones",
    "William Jones",
    "Maria de la Cruz Gomez",
    "Maria Delacruz",
    "van der Berg, Jan",
    "Jan Vanderberg",
    "Li Na",
    "Lina",
    "Li",
    "Lee Na",
    "Christopherson Li Wang",
    "Konstantinopoulos Papadimitriou Georgios",
    "Γεώργιος Παπαδημητρίου",
    "דוד לוי",
    "David Levi",
    "Nasrallah Hassan",
    "Nasr Allah Hasan",
    "O'Brien Sean",
    "OBrien, Sean",
    "Gagik Hakobyan",
    "Հակոբյան Գագիկ",
    "Ivan Ivanov",
    "Ivanova Ivanka",
    "Smith",
    "Robert James Jones",
    "James James Jones",
    "Bob Jones",
    "PETROV<<IVAN",
    "Nguyen Van An",
    "Van An Nguyen",
};

static struct arena arena;
static struct random random_state;

/* A letter of those that are ASCII is another, gone or there twice. */
static str slipped(str text)
{
    char *copy = arena_alloc(&arena, text.len + 2);
    size_t at = random_below(&random_state, text.len), len = 0;
    unsigned how = (unsigned)random_below(&random_state, 3);
    assert_non_null(copy);
    for (size_t i = 0; i < text.len; i++) {
        bool is_letter = text.ptr[i] >= 'a' && text.ptr[i] <= 'y';
        if (i == at && is_letter && how == 0)
            continue;
        copy[len++] = (char)(text.ptr[i] + (i == at && is_letter && how == 1));
        if (i == at && is_letter && how == 2)
            copy[len++] = text.ptr[i];
    }
    return str_of(copy, len);
}

static struct name *parsed(str text)
{
    struct name *name = NULL;
    if (name_parse_text(text, &arena, &name) == OK)
        return name;
    err_clear();
    return NULL;
}

struct tally {
    size_t near, dropped;
};

/* At a bar that the match just reaches, and at others. */
static void compare(struct asked_words *words, const struct asked_name *asked,
                    const struct name *name, const struct held_name *held, struct tally *tally)
{
    const struct name_frequency frequency = {.bits = frequencies_bits,
                                             .context = frequencies_shipped()};
    struct name_match match;
    name_match(name, held->name, &frequency, &match);
    const double bars[] = {match.bits, match.bits + 0.01, 5.8, 18.9};
    for (size_t i = 0; i < COUNT_OF(bars) * 4; i++) {
        const struct bar bar = {bars[i / 4], i % 2 == 0, i / 2 % 2 == 0};
        bool is_near = name_is_near(&bar, &match);
        bool may_be = name_may_be_near(words, &bar, asked, held);
        tally->near += is_near;
        tally->dropped += !may_be;
        assert_true(may_be || !is_near);
    }
}

static void at_most_is_never_too_little(void **unused)
{
    struct asked_words words = {.arena = {.max_bytes = 64u << 20}};
    struct tally tally = {0};
    size_t tried = 0;
    (void)unused;
    random_seed(&random_state, 11);
    for (size_t a = 0; a < COUNT_OF(names) * 3; a++) {
        str text = str_c(names[a % COUNT_OF(names)]);
        struct name *held_name = parsed(a < COUNT_OF(names) ? text : slipped(text));
        struct held_name held;
        struct asked_name *asked[COUNT_OF(names) + 8];
        struct name *asked_names[COUNT_OF(asked)];
        assert_true(words_begin(&words, frequencies_shipped()));
        if (!held_name)
            continue;
        name_ready(&words, held_name, 1, &held);
        for (size_t b = 0; b < COUNT_OF(asked); b++) {
            asked_names[b] = parsed(b < COUNT_OF(names) ? str_c(names[b]) : slipped(text));
            assert_non_null(asked_names[b]);
            assert_int_equal(asked_name_make(&words, asked_names[b], 1, &asked[b]), OK);
            words_want(&words, asked[b]);
        }
        words_settle(&words);
        for (size_t b = 0; b < COUNT_OF(asked); b++, tried++)
            compare(&words, asked[b], asked_names[b], &held, &tally);
        arena_reset(&arena);
    }
    assert_true(tally.near > tried);        /* of sixteen bars each */
    assert_true(tally.dropped > 4 * tried); /* it drops what it is for */
    asked_words_release(&words);
    arena_release(&arena);
}

/* What is kept of a name is the name. */
static void a_name_opens_as_it_was_made(void **unused)
{
    struct asked_words words = {.arena = {.max_bytes = 64u << 20}};
    const struct name_frequency frequency = {.bits = frequencies_bits,
                                             .context = frequencies_shipped()};
    (void)unused;
    for (size_t a = 0; a < COUNT_OF(names); a++) {
        struct name_token tokens[NAME_TOKEN_MAX];
        struct name *name = parsed(str_c(names[a])), opened;
        struct asked_name *asked;
        struct name_match whole, again;
        assert_int_equal(asked_name_make(&words, name, 1, &asked), OK);
        asked_name_open(&words, asked, tokens, &opened);
        for (size_t b = 0; b < COUNT_OF(names); b++) {
            struct name *held = parsed(str_c(names[b]));
            name_match(name, held, &frequency, &whole);
            name_match(&opened, held, &frequency, &again);
            assert_memory_equal(&whole, &again, sizeof whole);
        }
        arena_reset(&arena);
    }
    asked_words_release(&words);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_is_never_too_little),
        cmocka_unit_test(a_name_opens_as_it_was_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
