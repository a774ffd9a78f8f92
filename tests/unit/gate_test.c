/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits for a second person: whose word counts (tests/cases/gate/words.tsv), that a proposal outlives the node and its contents
 * do not outlive it, that nothing is made of a change that came too late, and what single records are held for.
 */
#include "gate/gate.h"

#include "codec/json.h"

#include "canonical.h"
#include "home.h"
#include "stored.h"
#include "test.h"

#define DAY_US 86400000000ll

static struct {
    char home[HOME_PATH];
    struct scratch scratch;
    struct arena arena;
    struct catalog *catalog;
    struct store *store;
    struct gate *gate;
    int64_t now_us;
} t;

static const char parcel[] = "definition: parcel\n"
                             "title: Parcels\n"
                             "purposes: [search]\n"
                             "fields:\n"
                             "  tracking: {type: identifier}\n"
                             "  sent_to: {type: country, list: yes}\n"
                             "screen: {volume: 3, burst: {field: sent_to, percent: 60}, least: 5}\n"
                             "retain: {first: 1y}\n"
                             "show: {others: all}\n";

static void on_change(void *context, uint64_t first_seq, uint64_t last_seq)
{
    (void)context;
    if (t.gate)
        gate_follow(t.gate, first_seq, last_seq);
}

static void open_all(void)
{
    home_check(store_open(t.scratch.path, STORE_OPEN_CREATE, &t.store) == OK, "store");
    store_set_hook(t.store, on_change, NULL);
    home_check(gate_open(t.catalog, t.store, &t.gate) == OK, "gate");
}

static void close_all(void)
{
    home_check(canonical_check(t.catalog, t.store) > 0, "bodies");
    store_close(t.store);
    gate_close(t.gate);
    t.gate = NULL;
}

static int start(void **state)
{
    char root[HOME_PATH / 2], from[HOME_PATH], to[HOME_PATH];
    (void)state;
    t.now_us = 1795341600ll * 1000000;
    clock_pin(t.now_us);
    scratch_make(&t.scratch);
    home_make(t.home);
    home_check(getcwd(root, sizeof root) != NULL, "getcwd");
    snprintf(from, sizeof from, "%s/system", root);
    snprintf(to, sizeof to, "%.200s/system", t.home);
    home_check(symlink(from, to) == 0, "symlink");
    home_write(t.home, "databases/parcel.yaml", str_c(parcel));
    if (catalog_load(t.home, &t.catalog))
        fprintf(stderr, "%s\n", err_last()->message);
    home_check(t.catalog != NULL, "catalog");
    open_all();
    return 0;
}

static int end(void **state)
{
    (void)state;
    close_all();
    clock_pin(-1);
    catalog_free(t.catalog);
    arena_release(&t.arena);
    home_remove(t.home);
    scratch_remove(&t.scratch);
    return 0;
}

/* ---- whose word ---- */

static unsigned needs_of(str words)
{
    unsigned bits = 0;
    str word;
    while (str_split(&words, ',', &word))
        for (unsigned bit = 1; bit <= NEED_ALL; bit <<= 1)
            if (str_eq_c(word, gate_need_word(bit)))
                bits |= bit;
    return bits;
}

static void check_word(const str part[9])
{
    bool is_import = str_eq(part[1], S("import"));
    struct gate_proposal proposal = {.kind = is_import ? GATE_IMPORT : GATE_CREATE,
                                     .owner = S("UTO"),
                                     .database = is_import ? S("some-format") : S("parcel"),
                                     .officer = is_import ? S("local") : S("o-1"),
                                     .needs = needs_of(part[0])};
    struct actor actor = {.officer = part[2],
                          .country = str_eq(part[3], S("-")) ? STR_EMPTY : part[3],
                          .role = part[4],
                          .purpose = UINT16_MAX,
                          .purposes = UINT64_MAX};
    actor.may_write = str_has(part[5], S("write"));
    actor.may_administer = str_has(part[5], S("administer"));
    actor.may_audit = str_has(part[5], S("audit"));
    unsigned given = gate_may_give(t.catalog, &actor, str_eq(part[6], S("hub")), &proposal);
    if (given != needs_of(part[7]))
        fail_msg("%.*s gives %u, not %.*s: %.*s", STR(part[2]), given, STR(part[7]), STR(part[8]));
    proposal.given = needs_of(part[7]);
    assert_int_equal(gate_may_give(t.catalog, &actor, str_eq(part[6], S("hub")), &proposal), 0);
}

static void whose_word_counts(void **state)
{
    char *text = NULL;
    size_t len = 0, lines = 0;
    str line, part[9];
    (void)state;
    assert_int_equal(io_read_file("tests/cases/gate/words.tsv", 1 << 20, &text, &len), OK);
    for (str rest = str_of(text, len); str_split(&rest, '\n', &line);) {
        if (!line.len || line.ptr[0] == '#')
            continue;
        for (size_t i = 0; i < COUNT_OF(part); i++)
            if (!str_split(&line, '\t', &part[i]))
                fail_msg("line %zu has %zu parts", lines, i);
        check_word(part);
        lines++;
    }
    free(text);
    assert_true(lines >= 25);
}

/* ---- a proposal's life ---- */

static uint64_t propose(const char *contents, str record, uint32_t version)
{
    struct record_id id;
    struct gate_draft draft = {.kind = record.len ? GATE_CORRECT : GATE_CREATE,
                               .database = S("parcel"),
                               .owner = S("UTO"),
                               .record = record,
                               .version = version,
                               .needs = NEED_HUB | NEED_SECOND,
                               .body = str_c(contents),
                               .officer = S("o-1")};
    if (gate_propose(t.gate, &draft, &t.arena, &id))
        fail_msg("%s", err_last()->message);
    return id.number;
}

static bool any(void *context, const struct gate_proposal *proposal)
{
    (void)context, (void)proposal;
    return true;
}

static size_t listed(bool is_decided)
{
    struct gate_proposal *list;
    size_t count = 0;
    assert_int_equal(gate_list(t.gate, is_decided, 100, any, NULL, &t.arena, &list, &count), OK);
    return count;
}

static struct gate_proposal read_it(uint64_t number)
{
    struct gate_proposal proposal;
    assert_int_equal(gate_read(t.gate, number, &t.arena, &proposal), OK);
    return proposal;
}

static void it_outlives_the_node_and_its_contents_do_not_outlive_it(void **state)
{
    struct gate_proposal proposal;
    static const char contents[] = "{\"secret\":\"zqwxkvj of the parcel\"}";
    (void)state;
    uint64_t number = propose(contents, STR_EMPTY, 0);
    close_all();
    open_all();
    assert_int_equal(listed(false), 1);
    proposal = read_it(number);
    assert_true(str_eq_c(proposal.body, contents));
    assert_int_equal(gate_approve_in_part(t.gate, &proposal, NEED_HUB, S("h-1"), &t.arena), OK);
    proposal = read_it(number);
    assert_int_equal(proposal.given, NEED_HUB);
    assert_true(str_eq_c(proposal.body, contents));
    struct gate_decision decision = {.outcome = GATE_REFUSED,
                                     .refusal = S("quality"),
                                     .words = S("unreadable"),
                                     .officer = S("o-2")};
    struct gate_proposal stale = proposal;
    assert_int_equal(gate_decide(t.gate, &proposal, &decision, NULL, 0, &t.arena, NULL), OK);
    assert_int_not_equal(gate_decide(t.gate, &stale, &decision, NULL, 0, &t.arena, NULL), OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(listed(false), 0);
        assert_int_equal(listed(true), 1);
        proposal = read_it(number);
        assert_true(proposal.is_decided && str_eq(proposal.outcome, S("refused")));
        assert_true(str_eq(proposal.refusal, S("quality")) &&
                    str_eq(proposal.words, S("unreadable")));
        assert_int_equal(proposal.body.len, 0);
        close_all();
        open_all();
    }
    assert_int_equal(store_scrub(t.store), OK);
    assert_false(directory_has(t.scratch.path, S("zqwxkvj")));
}

static struct change parcel_change(uint64_t number, const char *body)
{
    struct change change = stored_put(number, S("parcel"), str_c(body));
    change.actor = S("o-1");
    return change;
}

static void nothing_is_made_of_a_change_that_came_too_late(void **state)
{
    struct committed done, results[2];
    char text[RECORD_ID_TEXT];
    static const char body[] = STORED_HEAD "{\"tracking\":\"P1\"}}";
    (void)state;
    struct change change = parcel_change(0, body);
    assert_int_equal(store_commit(t.store, &change, 1, true, &done), OK);
    record_id_format(done.id, text);
    uint64_t number = propose(body, str_c(text), 1);
    change = parcel_change(done.id.number, body);
    assert_int_equal(store_commit(t.store, &change, 1, true, &done), OK); /* somebody was faster */
    struct gate_proposal proposal = read_it(number);
    struct gate_decision decision = {.outcome = GATE_APPLIED,
                                     .given = NEED_HUB | NEED_SECOND,
                                     .officer = S("o-2")};
    change.expect_version = proposal.version;
    assert_int_equal(gate_decide(t.gate, &proposal, &decision, &change, 1, &t.arena, results),
                     ERR_STALE);
    assert_int_equal(listed(false), 1);
    assert_false(read_it(number).is_decided);
    change.expect_version = 2;
    assert_int_equal(gate_decide(t.gate, &proposal, &decision, &change, 1, &t.arena, results), OK);
    assert_int_equal(results[0].version, 3);
    assert_int_equal(listed(false), 0);
}

/* ---- screens of single records ---- */

static bool is_held(const char *country, char why[200])
{
    struct record record;
    struct node *body = NULL;
    struct node *list = node_list(&t.arena);
    str text =
        arena_printf(&t.arena, STORED_HEAD "{\"tracking\":\"P\",\"sent_to\":[\"%s\"]}}", country);
    assert_int_equal(json_parse(text, &t.arena, &body), OK);
    assert_int_equal(record_read(t.catalog, catalog_find(t.catalog, S("parcel")), body, &t.arena,
                                 &record),
                     OK);
    record.definition = catalog_find(t.catalog, S("parcel"));
    bool does_hold = gate_volume_holds(t.gate, &record, &t.arena, list);
    snprintf(why, 200, "%.*s", STR(list->first ? list->first->text : STR_EMPTY));
    return does_hold;
}

static void enter(const char *country, unsigned times)
{
    struct committed done;
    char body[300];
    snprintf(body, sizeof body, STORED_HEAD "{\"tracking\":\"P\",\"sent_to\":[\"%s\"]}}", country);
    for (unsigned i = 0; i < times; i++) {
        struct change change = parcel_change(0, body);
        assert_int_equal(store_commit(t.store, &change, 1, true, &done), OK);
    }
}

static void pass_days(int days)
{
    t.now_us += days * DAY_US;
    clock_pin(t.now_us);
}

static void a_burst_is_held_and_what_is_the_owners_own_is_not(void **state)
{
    char why[200];
    (void)state;
    pass_days(40); /* of what was entered before nothing counts any more */
    enter("FRA", 3);
    assert_false(is_held("FRA", why)); /* fewer than five */
    enter("FRA", 1);
    assert_true(is_held("FRA", why));
    assert_string_equal(why, "5 of 5 new records today have sent_to FRA; 60 percent are the bound");
    assert_false(is_held("ESP", why));
    enter("ESP", 4);
    assert_false(is_held("FRA", why)); /* five of nine */
    pass_days(1);
    assert_false(is_held("FRA", why));
    enter("UTO", 6);
    assert_false(is_held("UTO", why)); /* its own country */
}

static void a_day_of_many_times_the_usual_is_held(void **state)
{
    char why[200];
    static const char *const some[] = {"FRA", "ESP", "ITA", "NPL", "DEU"};
    (void)state;
    pass_days(40);
    for (unsigned day = 0; day < 4; day++) { /* two a day are usual */
        enter(some[day], 1);
        enter(some[day + 1], 1);
        pass_days(1);
    }
    for (unsigned i = 0; i < 6; i++) {
        assert_false(is_held(some[i % 5], why));
        enter(some[i % 5], 1);
    }
    assert_true(is_held(some[1], why));
    assert_string_equal(why,
                        "7 new records today; 2 a day are usual, and 3 times as many the bound");
    close_all();
    open_all(); /* counted anew from the feed */
    assert_true(is_held(some[1], why));
    pass_days(35);
    enter("FRA", 2);
    assert_false(is_held("FRA", why)); /* nothing is usual any more, and nothing unusual */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whose_word_counts),
        cmocka_unit_test(it_outlives_the_node_and_its_contents_do_not_outlive_it),
        cmocka_unit_test(nothing_is_made_of_a_change_that_came_too_late),
        cmocka_unit_test(a_burst_is_held_and_what_is_the_owners_own_is_not),
        cmocka_unit_test(a_day_of_many_times_the_usual_is_held),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, start, end);
}
