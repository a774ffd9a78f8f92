/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rarity of names is learned, reviewed, taken into service; and what an asker may not see leaves
 * no trace in the scores of what he sees.
 */
#include <math.h>
#include <unistd.h>

#include "base/io.h"

#include "text/frequency.h"

#include "search_fixture.h"
#include "test.h"

static const char soul[] = SOULS("identify, border-control", "");

static char home[HOME_PATH];

static int setup(void **state)
{
    (void)state;
    home_make(home);
    home_write(home, "databases/soul.yaml", str_c(soul));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    home_remove(home);
    return 0;
}

static void put(struct node_under_test *node, const char *name, const char *born,
                const char *purpose)
{
    char body[1000];
    snprintf(body, sizeof body,
             "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"%s\"],\"review_on\":\"2027-01-01\"},"
             "\"fields\":{\"called\":[\"%s\"],\"born\":[\"%s\"]}}",
             purpose, name, born);
    node_put_record(node, catalog_find(node->catalog, S("soul")), json_of(node, body));
}

/* What was asked of two worlds. */
static const char *const questions[] = {
    "Ottoline Farnsworth", "Otoline Farnsworht", "Farnsworth", "Theodora Vance",
    "Theo Dora Vance",     "Ivan Petrov",        "Vance",      "Mario Garcya 1990-10-01",
};
enum { QUESTIONS = COUNT_OF(questions), ROWS = 20 };
struct answers {
    size_t counts[QUESTIONS];
    double bits[QUESTIONS][ROWS], namesakes[QUESTIONS][ROWS], probability[QUESTIONS][ROWS];
    enum band bands[QUESTIONS][ROWS];
};

static void ask_all(struct node_under_test *node, struct answers *ret)
{
    *ret = (struct answers){0};
    for (size_t q = 0; q < QUESTIONS; q++) {
        struct search_answer answer = node_ask(node, questions[q]);
        ret->counts[q] = answer.hit_count;
        for (size_t i = 0; i < answer.hit_count && i < ROWS; i++) {
            ret->bits[q][i] = answer.hits[i].bits;
            ret->namesakes[q][i] = answer.hits[i].namesakes;
            ret->probability[q][i] = answer.hits[i].probability;
            ret->bands[q][i] = answer.hits[i].band;
        }
    }
}

static void fill(struct node_under_test *node)
{
    put(node, "Ottoline Farnsworth", "1961-04-12", "identify");
    put(node, "Theodora Vance", "1970-01-02", "identify");
    put(node, "Theodor Vans", "1970-01-02", "identify");
    put(node, "Иван Петров", "1984-09-30", "identify");
    put(node, "Mario Garcya", "1990-10-01", "identify");
}

/* For another purpose: the asker may not know of them. Some bear words that the table lists. */
static void fill_hidden(struct node_under_test *node)
{
    static const char *const hidden[] = {"Ottoline Farnsworth", "Otoline Farnsworht",
                                         "Theo Vance",          "Dora Vance",
                                         "Ottoline Farnsvorth", "Maria Garcia"};
    for (size_t i = 0; i < 60; i++)
        put(node, hidden[i % COUNT_OF(hidden)], "1961-04-12", "border-control");
}

static void what_is_hidden_leaves_no_trace(void **state)
{
    (void)state;
    struct node_under_test open;
    struct node_under_test with_hidden;
    struct answers a;
    struct answers b;
    node_start(&open, home);
    node_start(&with_hidden, home);
    fill(&open);
    fill(&with_hidden);
    fill_hidden(&with_hidden);
    ask_all(&open, &a);
    ask_all(&with_hidden, &b);
    assert_true(a.counts[0] == 1 && a.counts[1] == 1 && a.counts[4] > 0);
    assert_memory_equal(&a, &b, sizeof a);
    must(index_merge(with_hidden.index), "merge");
    ask_all(&with_hidden, &b);
    assert_memory_equal(&a, &b, sizeof a);
    node_stop(&open);
    node_stop(&with_hidden);
}

static double bits_for(struct node_under_test *node, const char *text)
{
    struct search_answer answer = node_ask(node, text);
    return answer.hit_count ? answer.hits[0].bits : -1000;
}

static void learned_tables_serve_after_review_only(void **state)
{
    (void)state;
    struct node_under_test node;
    struct buf report = {0};
    char path[700];
    char *first;
    char *second;
    size_t first_len;
    size_t second_len;
    node_start(&node, home);
    for (size_t i = 0; i < 400; i++)
        put(&node, i % 2 ? "Ottoline Vance" : "Theodora Farnsworth", "1961-04-12", "identify");
    put(&node, "Ludmilla Quill", "1990-01-01", "identify");
    const char *directory = node.scratch.path;
    double before = bits_for(&node, "Ottoline Vance 1961-04-12");
    assert_int_equal(search_use_learned(node.engine, directory), ERR_NOT_FOUND);
    must(search_learn(node.engine, directory, NULL, NULL), "learn");
    snprintf(path, sizeof path, "%s/names-candidate.tsv", directory);
    must(io_read_file(path, 1 << 20, &first, &first_len), "read");
    assert_true(str_has(str_of(first, first_len), S("Latin\tottoline\t200\n")));
    assert_false(str_has(str_of(first, first_len), S("quill")));
    must(search_learn(node.engine, directory, NULL, NULL), "learn again");
    must(io_read_file(path, 1 << 20, &second, &second_len), "read again");
    assert_true(str_eq(str_of(first, first_len), str_of(second, second_len)));
    assert_true(fabs(bits_for(&node, "Ottoline Vance 1961-04-12") - before) < 1e-9);
    must(search_show_learned(node.engine, directory, &report), "show");
    assert_true(str_has(buf_str(&report), S("\"word\":\"ottoline\",\"before\":0,\"after\":200")));
    must(search_use_learned(node.engine, directory), "use");
    assert_true(access(path, F_OK) < 0);
    /* one in two bears each word: less telling than the shipped table believed */
    assert_true(bits_for(&node, "Ottoline Vance 1961-04-12") < before - 5);
    must(search_forget_learned(node.engine, directory), "forget");
    assert_true(fabs(bits_for(&node, "Ottoline Vance 1961-04-12") - before) < 1e-9);
    buf_release(&report);
    free(first);
    free(second);
    node_stop(&node);
}

static void a_learned_table_is_there_after_a_restart(void **state)
{
    (void)state;
    struct node_under_test node;
    char path[700];
    node_start(&node, home);
    snprintf(path, sizeof path, "%s/names.tsv", node.scratch.path);
    must(search_load_frequencies(node.engine, node.scratch.path), "none there");
    assert_ptr_equal(search_frequencies(node.engine), frequencies_shipped());
    must(io_replace(path, S("tables\t4\npersons\t500\nLatin\tanna\t100\n")), "write");
    must(search_load_frequencies(node.engine, node.scratch.path), "load");
    assert_int_equal(frequencies_persons(search_frequencies(node.engine)), 500);
    must(io_replace(path, S("tables\t4\npersons\tmany\n")), "write");
    assert_int_equal(search_load_frequencies(node.engine, node.scratch.path), ERR_DAMAGED);
    assert_int_equal(frequencies_persons(search_frequencies(node.engine)), 500);
    node_stop(&node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_hidden_leaves_no_trace),
        cmocka_unit_test(learned_tables_serve_after_review_only),
        cmocka_unit_test(a_learned_table_is_there_after_a_restart),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
