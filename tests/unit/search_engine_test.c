/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an officer gets for what is asked: verdicts, results, similar numbers, what may and may not
 * be shown.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "plain.h"
#include "search_fixture.h"
#include "test.h"

static const char paper[] =
    "definition: paper\ntitle: {en: Papers, fr: Papiers}\nkind: record\npurposes: [identify, border-control]\n"
    "retain: {first: 5y}\n"
    "fields:\n"
    "  serial: {type: document-number, means: document-number, required: yes}\n"
    "  spare: {type: document-number, means: national-id, list: yes}\n"
    "  land: {type: country, means: issuer}\n"
    "  ends: {type: date, means: expiry-date}\n"
    "show: {national-bureau: all, investigator: [serial, land], others: hit-only}\n";
static const char pass[] =
    "definition: pass\ntitle: {en: Passes}\nkind: record\npurposes: [identify, border-control]\n"
    "retain: {first: 5y}\n"
    "fields:\n"
    "  digits: {type: document-number, means: document-number, required: yes}\n"
    "  maker: {type: country, means: issuer}\n"
    "unique: [[maker, digits]]\n"
    "show: {national-bureau: all, others: hit-only}\n";
static const char gadget[] =
    "definition: gadget\ntitle: {en: Gadgets}\nkind: record\npurposes: [identify]\n"
    "retain: {first: 5y}\n"
    "fields:\n"
    "  code: {type: imei, means: imei, required: yes, search: blind}\n"
    "  chassis: {type: vin, means: vin}\n"
    "show: {national-bureau: all, others: hit-only}\n";
static const char soul[] =
    SOULS("identify", "  papers: {type: document-number, means: document-number, list: yes}\n");

static char home[HOME_PATH];
static struct node_under_test node;

static int setup(void **state)
{
    (void)state;
    home_make(home);
    home_write(home, "databases/paper.yaml", str_c(paper));
    home_write(home, "databases/pass.yaml", str_c(pass));
    home_write(home, "databases/gadget.yaml", str_c(gadget));
    home_write(home, "databases/soul.yaml", str_c(soul));
    node_start(&node, home);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    souls_stop(&node, home);
    return 0;
}

/* Stores fields (JSON) with an envelope of UTO and more envelope members. */
static uint64_t put_with(const char *database, const char *fields, const char *envelope)
{
    char body[2000];
    snprintf(
        body, sizeof body,
        "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"identify\"],\"review_on\":\"2027-01-01\"%s},"
        "\"fields\":{%s}}",
        envelope, fields);
    return node_put_record(&node, catalog_find(node.catalog, str_c(database)),
                           json_of(&node, body));
}

static uint64_t put(const char *database, const char *fields)
{
    return put_with(database, fields, "");
}

static struct search_answer ask_fields(const char *fields)
{
    struct search_request request = {.fields = json_of(&node, fields), .limit = 100};
    return node_ask_as(&node, &node.actor, &request);
}

static const struct database_answer *database(const struct search_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->database_count; i++)
        if (str_eq_c(answer->databases[i].definition->name, name))
            return &answer->databases[i];
    return NULL;
}

static bool says(str text, const char *part)
{
    return str_has(text, str_c(part));
}

/* ---- verdicts ---- */

static void test_match_and_nothing(void **state)
{
    (void)state;
    uint64_t number = put("paper", "\"serial\":\"X1234567\",\"land\":\"UTO\"");
    struct search_answer answer = node_ask(&node, "x-123 4567");
    assert_string_equal(verdict_word(answer.verdict), "match");
    assert_int_equal(answer.hit_count, 1);
    assert_int_equal(answer.hits[0].view.id.number, number);
    assert_int_equal(answer.hits[0].band, BAND_HIT);
    assert_int_equal(answer.hits[0].why[0].agreement, AGREE_SAME);
    assert_int_equal(database(&answer, "paper")->result, RESULT_HIT);
    assert_int_equal(database(&answer, "gadget")->result, RESULT_NO_HIT);
    assert_int_equal(answer.database_count, 4);
    answer = node_ask(&node, "X1234568");
    assert_string_equal(verdict_word(answer.verdict), "nothing-found");
    assert_int_equal(answer.hit_count + answer.similar_count, 0);
    assert_true(answer.feed_seq >= number);
}

static void test_other_country_is_only_possible(void **state)
{
    (void)state;
    put("paper", "\"serial\":\"C5550001\",\"land\":\"UTO\",\"ends\":\"2030-05-06\"");
    struct search_answer same = ask_fields("{\"document-number\":\"C5550001\",\"issuer\":\"UTO\"}");
    assert_string_equal(verdict_word(same.verdict), "match");
    struct search_answer other =
        ask_fields("{\"document-number\":\"C5550001\",\"issuer\":\"FRA\"}");
    assert_string_equal(verdict_word(other.verdict), "possible");
    bool is_said = false;
    for (size_t i = 0; i < other.hits[0].why_count; i++)
        is_said |= str_eq(other.hits[0].why[i].meaning, S("issuer")) &&
                   other.hits[0].why[i].agreement == AGREE_DIFFERENT;
    assert_true(is_said);
    struct search_answer later =
        ask_fields("{\"document-number\":\"C5550001\",\"expiry-date\":\"2031-05-06\"}");
    assert_string_equal(verdict_word(later.verdict),
                        "match"); /* a date may be wrong, the number stays unique */
}

static void test_other_meaning_is_only_possible(void **state)
{
    (void)state;
    put("paper", "\"serial\":\"M0000001\",\"spare\":[\"M7654321\"]");
    struct search_answer answer = ask_fields("{\"document-number\":\"M7654321\"}");
    assert_string_equal(verdict_word(answer.verdict), "possible");
    assert_true(reads(answer.hits[0].why[0].words, "held as national-id"));
    answer = node_ask(&node, "M7654321"); /* asked without saying what it is */
    assert_string_equal(verdict_word(answer.verdict), "match");
}

static void test_read_again_when_a_check_digit_fails(void **state)
{
    (void)state;
    struct search_answer answer = ask_fields("{\"imei\":\"490154203237517\"}");
    assert_string_equal(verdict_word(answer.verdict), "read-again");
    assert_true(answer.advice.len > 0);
    put("gadget", "\"code\":\"490154203237517\""); /* a forged one may be on record as it is */
    answer = ask_fields("{\"imei\":\"490154203237517\"}");
    assert_string_equal(verdict_word(answer.verdict), "match");
}

static void test_machine_readable_zone(void **state)
{
    (void)state;
    uint64_t number = put("paper", "\"serial\":\"L898902C3\",\"land\":\"UTO\"");
    struct search_answer answer = node_ask(&node, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
                                                  "L898902C36UTO7408122F1204159ZE184226B<<<<<10");
    assert_string_equal(verdict_word(answer.verdict), "match");
    assert_non_null(hit_with(answer.hits, answer.hit_count, number));
    assert_int_equal(answer.readings[0].is_on, true);
    assert_true(answer.readings[0].count >= 6);
    /* second line alone, of a document not on record: the first is missing */
    answer = node_ask(&node, "Z898902C39UTO7408122F1204159ZE184226B<<<<<14");
    assert_string_equal(verdict_word(answer.verdict), "read-again");
}

static void test_no_answer_is_not_nothing(void **state)
{
    (void)state;
    static struct node_under_test broken;
    node_start(&broken, home);
    char path[700], name[300] = "";
    for (unsigned i = 0; i < 3000; i++) {
        char body[300];
        snprintf(
            body, sizeof body,
            "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"identify\"],\"review_on\":\"2027-01-01\"},"
            "\"fields\":{\"serial\":\"D%07u\"}}",
            i);
        node_put_record(&broken, catalog_find(broken.catalog, S("paper")), json_of(&broken, body));
    }
    assert_int_equal(index_merge(broken.index), OK);
    snprintf(path, sizeof path, "%s/index", broken.scratch.path);
    DIR *listing = opendir(path);
    for (struct dirent *entry; (entry = readdir(listing));)
        if (str_ends(str_c(entry->d_name), S(".seg")))
            snprintf(name, sizeof name, "%s", entry->d_name);
    closedir(listing);
    snprintf(path, sizeof path, "%.300s/index/%.300s", broken.scratch.path, name);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    int fd = open(path, O_RDWR);
    char zeros[4096] = {0};
    for (off_t at = 66000; at < about.st_size - 4096;
         at += 4096) /* all but the first block and the footer */
        assert_int_equal(pwrite(fd, zeros, sizeof zeros, at), sizeof zeros);
    close(fd);
    index_close(broken.index);
    search_close(broken.engine);
    snprintf(path, sizeof path, "%s/index", broken.scratch.path);
    must(index_open(path, broken.store, broken.catalog, broken.classes, &broken.index), "index");
    must(search_open(broken.catalog, broken.store, broken.index, broken.classes, &broken.engine),
         "search");
    struct search_answer answer = node_ask(&broken, "D0001234");
    /*
     * the scrubber may have been quicker and the rebuild done: then it is a match; never "nothing"
     */
    if (answer.verdict != VERDICT_MATCH) {
        assert_string_equal(verdict_word(answer.verdict), "no-answer");
        for (size_t i = 0; i < answer.database_count; i++) {
            assert_int_equal(answer.databases[i].result, RESULT_NO_ANSWER);
            assert_true(answer.databases[i].reason.len > 0);
        }
        must(index_rebuild(broken.index), "rebuild");
        answer = node_ask(&broken, "D0001234");
    }
    assert_string_equal(verdict_word(answer.verdict), "match");
    store_set_hook(broken.store, NULL, NULL);
    node_stop(&broken);
}

static void test_too_many_says_what_would_narrow(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 220; i++)
        put("paper", "\"serial\":\"T0000001\",\"land\":\"UTO\"");
    struct search_answer answer = ask_fields("{\"document-number\":\"T0000001\"}");
    assert_string_equal(verdict_word(answer.verdict), "match");
    assert_int_equal(database(&answer, "paper")->result, RESULT_TOO_MANY);
    assert_true(says(database(&answer, "paper")->reason, "Issuing country"));
    assert_int_equal(answer.hit_count, 100);
    assert_true(answer.total_count >= 200);
    struct search_request request = {.text = S("T0000001"), .limit = 10, .offset = 195};
    struct search_answer page = node_ask_as(&node, &node.actor, &request);
    assert_int_equal(page.hit_count, page.total_count - 195 < 10 ? page.total_count - 195 : 10);
    request.offset = 100000;
    assert_int_equal(node_ask_as(&node, &node.actor, &request).hit_count, 0);
}

/* ---- what changes ---- */

static void test_updated_and_erased(void **state)
{
    (void)state;
    struct committed done;
    uint64_t number = put("paper", "\"serial\":\"U0000001\"");
    str body = S(
        "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"identify\"],\"review_on\":\"2027-01-01\"},"
        "\"fields\":{\"serial\":\"U0000002\"}}");
    struct change change = {.kind = CHANGE_PUT,
                            .number = number,
                            .definition = S("paper"),
                            .definition_version = 1,
                            .owner = S("UTO"),
                            .actor = S("o-1"),
                            .body = body};
    must(store_commit(node.store, &change, 1, false, &done), "update");
    assert_int_equal(node_ask(&node, "U0000001").verdict, VERDICT_NOTHING_FOUND);
    assert_int_equal(node_ask(&node, "U0000002").verdict, VERDICT_MATCH);
    must(store_erase(node.store, number, S("o-1"), &done), "erase");
    assert_int_equal(node_ask(&node, "U0000002").verdict, VERDICT_NOTHING_FOUND);
}

/* ---- similar numbers ---- */

static void test_similar_on_request_and_apart(void **state)
{
    (void)state;
    uint64_t number = put("paper", "\"serial\":\"S4711000\"");
    struct search_request request = {.text = S("S4711008"), .limit = 10};
    struct search_answer answer = node_ask_as(&node, &node.actor, &request);
    assert_int_equal(answer.similar_count, 0); /* nothing fails: not looked for */
    request.similar = SIMILAR_YES;
    answer = node_ask_as(&node, &node.actor, &request);
    assert_string_equal(verdict_word(answer.verdict), "nothing-found"); /* similar is no hit */
    const struct hit *hit = hit_with(answer.similar, answer.similar_count, number);
    assert_non_null(hit);
    assert_true(hit->is_similar && hit->expected_by_chance > 0);
    assert_int_equal(database(&answer, "paper")->result, RESULT_NO_HIT);
    request.text = S("54711O00"); /* S read as 5, 0 as O: two characters, one skeleton */
    answer = node_ask_as(&node, &node.actor, &request);
    assert_non_null(hit_with(answer.similar, answer.similar_count, number));
    request.similar = SIMILAR_NO;
    assert_int_equal(node_ask_as(&node, &node.actor, &request).similar_count, 0);
}

/*
 * Where a number is unique only beside its issuer, another issuer's is another document: shown
 * apart.
 */
static void test_another_issuers_number_is_shown_apart(void **state)
{
    (void)state;
    uint64_t number = put("pass", "\"digits\":\"K40071177\",\"maker\":\"UTO\"");
    struct search_answer same =
        ask_fields("{\"document-number\":\"K40071177\",\"issuer\":\"UTO\"}");
    assert_string_equal(verdict_word(same.verdict), "match");
    struct search_answer other =
        ask_fields("{\"document-number\":\"K40071177\",\"issuer\":\"FRA\"}");
    assert_string_equal(verdict_word(other.verdict), "nothing-found");
    assert_int_equal(database(&other, "pass")->result, RESULT_NO_HIT);
    const struct hit *apart = hit_with(other.similar, other.similar_count, number);
    assert_non_null(apart);
    assert_true(apart->is_similar && apart->expected_by_chance > 0);
    /* and a slip in another issuer's number is nothing at all */
    const struct search_request near = {.fields = json_of(&node, "{\"document-number\":"
                                                                 "\"K40071178\",\"issuer\":"
                                                                 "\"FRA\"}"),
                                        .similar = SIMILAR_YES,
                                        .limit = 10};
    assert_null(hit_with(node_ask_as(&node, &node.actor, &near).similar, 0, number));
    assert_int_equal(node_ask_as(&node, &node.actor, &near).similar_count, 0);
}

static void test_ranges_asked_and_batches_nearby(void **state)
{
    (void)state;
    uint64_t one = put("paper", "\"serial\":\"RG400150\"");
    uint64_t outside = put("paper", "\"serial\":\"RG400600\"");
    uint64_t batch = put("paper", "\"serial\":\"RH700100 - RH700499\"");
    struct search_answer answer = node_ask(&node, "RG400100-RG400499");
    assert_non_null(hit_with(answer.similar, answer.similar_count, one));
    assert_null(hit_with(answer.similar, answer.similar_count, outside));
    assert_int_equal(answer.similar_reason.len, 0);
    answer = node_ask(&node, "RG000000-RG899999"); /* more than are looked up: said */
    assert_true(answer.similar_reason.len > 0);
    struct search_request near = {.text = S("RH700600"), .limit = 10, .similar = SIMILAR_YES};
    answer = node_ask_as(&node, &node.actor, &near); /* RH700400 is in */
    const struct hit *hit = hit_with(answer.similar, answer.similar_count, batch);
    assert_non_null(hit);
    assert_true(says(hit->why[0].words, "one character outside the batch"));
    answer = node_ask(&node, "RH700300");
    assert_non_null(hit_with(answer.hits, answer.hit_count, batch));
}

static void test_more_similar_numbers_than_shown_is_said(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 14; i++) {
        char fields[64];
        snprintf(fields, sizeof fields, "\"serial\":\"MM5%02u777\"", i);
        put("paper", fields);
    }
    struct search_answer answer = node_ask(&node, "MM5??777");
    assert_int_equal(answer.similar_count, 10);
    assert_true(says(answer.similar_reason, "more numbers fit than are shown"));
}

static void test_similar_when_a_check_digit_fails(void **state)
{
    (void)state;
    uint64_t number = put("gadget", "\"code\":\"353880080012345\"");
    struct search_answer answer = ask_fields("{\"imei\":\"353880080012344\"}");
    assert_string_equal(verdict_word(answer.verdict), "read-again");
    assert_non_null(hit_with(answer.similar, answer.similar_count, number));
}

static void test_wildcards_and_partial_numbers(void **state)
{
    (void)state;
    uint64_t paper_number = put("paper", "\"serial\":\"W8150243\"");
    uint64_t car = put("gadget", "\"code\":\"490154203237518\",\"chassis\":\"1M8GDM9AXKP042788\"");
    struct search_answer answer = node_ask(&node, "W81?02?3");
    assert_non_null(hit_with(answer.similar, answer.similar_count, paper_number));
    assert_int_equal(answer.hit_count, 0);
    answer = node_ask(&node, "W8???243"); /* three are too many to try */
    assert_int_equal(answer.similar_count, 0);
    assert_true(says(answer.similar_reason, "at most two"));
    answer = node_ask(&node, "*042788");
    assert_non_null(hit_with(answer.similar, answer.similar_count, car));
}

/* Of a zone with two misread characters the person is found by what the rest says. */
static void test_zone_with_two_misread_characters_finds_the_person(void **state)
{
    (void)state;
    static const char *const zones[] = {
        "P<UTOVESTERLUND<<ANNA<MARIA<<<<<<<<<<<<<<<<<\n" /* O for 0 in the date, S for 5 */
        "L898902C36UTO74O8122F1204159ZE184226B<<<<<10",
        "P<UTOVE5TERLUND<<4NNA<MARIA<<<<<<<<<<<<<<<<<\n" /* in the name */
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
        "P<UTOVESTERLUND<<ANNA<MARIA<<<<<<<<<<<<<<<<<\n" /* in the number and the date */
        "L8989O2C36UTO7408I22F1204159ZE184226B<<<<<10",
        "P<UTOVESTERLUND<<ANNA<MARIA<<<<<<<<<<<<<<<<<\n" /* a digit for a digit, twice */
        "L398902C36UTO7408722F1204159ZE184226B<<<<<10",
    };
    uint64_t person =
        put("soul", "\"called\":[\"Vesterlund Anna Maria\"],\"born\":[\"1974-08-12\"]");
    for (size_t i = 0; i < COUNT_OF(zones); i++) {
        struct search_answer answer = node_ask(&node, zones[i]);
        if (!hit_with(answer.hits, answer.hit_count, person))
            fail_msg("not found from %s", zones[i]);
    }
}

/* ---- readings ---- */

static void test_readings_can_be_switched_off(void **state)
{
    (void)state;
    put("paper", "\"serial\":\"490154203237518\"");
    struct search_answer answer = node_ask(&node, "490154203237518");
    unsigned on = 0;
    bool has_imei = false;
    for (size_t i = 0; i < answer.reading_count; i++) {
        on += answer.readings[i].is_on;
        has_imei |= str_eq_c(S("imei"), answer.readings[i].reading.type->name);
    }
    assert_true(has_imei && on >= 1 && answer.reading_count >= 2);
    struct search_request request = {.text = S("490154203237518"),
                                     .off = json_of(&node, "[\"imei\"]")};
    struct search_answer without = node_ask_as(&node, &node.actor, &request);
    for (size_t i = 0; i < without.reading_count; i++)
        if (str_eq_c(S("imei"), without.readings[i].reading.type->name))
            assert_false(without.readings[i].is_on);
    assert_int_equal(database(&without, "gadget")->result, RESULT_NO_HIT);
}

static void test_name_with_birth_date_in_one_line(void **state)
{
    (void)state;
    uint64_t right =
        put("soul", "\"called\":[\"Тамара Викторовна Белозёрская\"],\"born\":[\"1961-04-09\"]");
    uint64_t other = put("soul", "\"called\":[\"Tamara Belozerskaya\"],\"born\":[\"1988-11-30\"]");
    static const char *const lines[] = {"Tamara Belozerskaya 9.4.1961",
                                        "1961-04-09 BELOZERSKAYA Tamara",
                                        "Belozerskaya, Tamara, 09/04/1961"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct search_answer answer = node_ask(&node, lines[i]);
        assert_int_equal(answer.verdict, VERDICT_MATCH);
        assert_int_equal(answer.hits[0].view.id.number, right);
        const struct hit *second = hit_with(answer.hits, answer.hit_count, other);
        assert_true(!second || second->bits < answer.hits[0].bits);
        assert_true(answer.hits[0].bits > 0 && answer.hits[0].probability > 0);
    }
}

/* ---- what must not be shown ---- */

static void test_hit_only_says_nothing_but_where(void **state)
{
    (void)state;
    uint64_t number = put("gadget", "\"code\":\"867322030003241\"");
    struct actor frontline = actor_as(node.catalog, "frontline", "identify");
    struct search_request request = {.fields = json_of(&node, "{\"imei\":\"867322030003241\"}")};
    struct search_answer answer = node_ask_as(&node, &frontline, &request);
    const struct hit *hit = hit_with(answer.hits, answer.hit_count, number);
    assert_non_null(hit);
    assert_int_equal(hit->view.disclosure, DISCLOSE_HIT_ONLY);
    assert_int_equal(hit->view.count + hit->why_count, 0);
    assert_true(hit->bits <= 0 && hit->probability < 0 && hit->namesakes < 0);
    struct buf out = {0};
    search_answer_print(node.catalog, &answer, LANGUAGE_EN, &out);
    assert_false(says(buf_str(&out), "\"facts\""));
    assert_false(says(buf_str(&out), "\"why\""));
    buf_release(&out);
    /* not blind, and not shown to this role: the number may not be searched at all */
    put("paper", "\"serial\":\"HIDDEN01\"");
    request = (struct search_request){.text = S("HIDDEN01")};
    answer = node_ask_as(&node, &frontline, &request);
    assert_string_equal(verdict_word(answer.verdict), "nothing-found");
    request.similar = SIMILAR_YES;
    request.text = S("HIDDEN02");
    assert_int_equal(node_ask_as(&node, &frontline, &request).similar_count, 0);
}

static void test_none_is_absence(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 250; i++)
        put_with("paper", "\"serial\":\"N0000001\"", ",\"allow\":[\"DEU\"]");
    uint64_t seen = put("paper", "\"serial\":\"N0000001\"");
    struct search_answer answer = node_ask(&node, "N0000001");
    assert_int_equal(answer.total_count, 1);
    assert_int_equal(answer.hits[0].view.id.number, seen);
    assert_int_equal(database(&answer, "paper")->result, RESULT_HIT); /* not "too many" */
}

static void test_closed_fields_do_not_explain(void **state)
{
    (void)state;
    put("paper", "\"serial\":\"K0000001\",\"land\":\"UTO\",\"ends\":\"2030-05-06\"");
    struct actor investigator = actor_as(node.catalog, "investigator", "identify");
    struct search_request request = {
        .fields =
            json_of(&node, "{\"document-number\":\"K0000001\",\"expiry-date\":\"2030-05-06\"}")};
    struct search_answer answer = node_ask_as(&node, &investigator, &request);
    assert_int_equal(answer.verdict, VERDICT_MATCH);
    for (size_t i = 0; i < answer.hits[0].why_count; i++)
        assert_false(str_eq(answer.hits[0].why[i].meaning, S("expiry-date")));
}

/* ---- refusals ---- */

static enum err plan_of(const char *text, const char *fields, const char *databases)
{
    struct search_plan *plan = NULL;
    struct search_request request = {.text = str_c(text),
                                     .fields = fields ? json_of(&node, fields) : NULL,
                                     .databases = databases ? json_of(&node, databases) : NULL};
    return search_plan(node.engine, &node.actor, &request, &node.arena, &plan);
}

static void test_what_cannot_be_asked(void **state)
{
    (void)state;
    assert_int_equal(plan_of("", NULL, NULL), ERR_MISSING);
    assert_int_equal(plan_of("", "{\"birth-date\":\"1970-01-01\"}", NULL), ERR_MISSING);
    assert_int_equal(plan_of("", "{\"shoe-size\":\"44\"}", NULL), ERR_UNKNOWN);
    assert_string_equal(err_last()->field, "shoe-size");
    assert_int_equal(plan_of("", "{\"birth-date\":\"not a day\",\"document-number\":\"A1234567\"}",
                             NULL),
                     ERR_BAD_VALUE);
    assert_string_equal(err_last()->field, "birth-date");
    assert_int_equal(plan_of("A1234567", NULL, "[\"nowhere\"]"), ERR_UNKNOWN);
    assert_int_equal(plan_of("A1234567", NULL, "[\"paper\"]"), OK);
    char *text = malloc(5001);
    memset(text, 'A', 5000);
    text[5000] = 0;
    assert_int_equal(plan_of(text, NULL, NULL), ERR_LIMIT);
    free(text);
    struct search_plan *plan = NULL;
    struct actor nobody = actor_as(node.catalog, "auditor", "identify");
    struct search_request request = {.text = S("A1234567")};
    assert_int_equal(search_plan(node.engine, &nobody, &request, &node.arena, &plan), ERR_DENIED);
    struct actor border = actor_as(node.catalog, "frontline", "border-control");
    assert_int_equal(search_plan(node.engine, &border, &request, &node.arena, &plan), OK);
    struct search_answer answer;
    assert_int_equal(search_run(plan, &answer), OK);
    assert_int_equal(answer.database_count, 2); /* the others are not for this purpose */
    request.databases = json_of(&node, "[\"gadget\"]");
    assert_int_equal(search_plan(node.engine, &border, &request, &node.arena, &plan), ERR_DENIED);
}

static void test_light_plans(void **state)
{
    (void)state;
    struct search_plan *plan = NULL;
    struct search_request request = {.fields =
                                         json_of(&node, "{\"document-number\":\"A1234567\"}")};
    must(search_plan(node.engine, &node.actor, &request, &node.arena, &plan), "plan");
    assert_true(search_is_light(plan));
    request.similar = SIMILAR_YES;
    must(search_plan(node.engine, &node.actor, &request, &node.arena, &plan), "plan");
    assert_false(search_is_light(plan));
    request = (struct search_request){.fields = json_of(&node, "{\"name\":\"Anna Example\"}")};
    must(search_plan(node.engine, &node.actor, &request, &node.arena, &plan), "plan");
    assert_false(search_is_light(plan));
}

/* ---- printing, audit ---- */

static void test_printed_answer_parses(void **state)
{
    (void)state;
    put("paper", "\"serial\":\"P7000001\",\"land\":\"UTO\"");
    struct search_answer answer = node_ask(&node, "P7000001");
    for (unsigned language = 0; language < LANGUAGE_COUNT; language++) {
        struct buf out = {0};
        struct node *tree = NULL;
        answer.receipt = S("7K3M-9QXR");
        search_answer_print(node.catalog, &answer, language, &out);
        assert_int_equal(json_parse(buf_str(&out), &node.arena, &tree), OK);
        assert_true(str_eq(node_get_text(tree, S("verdict")), S("match")));
        assert_true(str_eq(node_get_text(tree, S("receipt")), S("7K3M-9QXR")));
        const struct node *hit = node_get(tree, S("hits"))->first;
        assert_true(str_eq(node_get_text(hit, S("database")), S("paper")));
        assert_true(str_eq(node_get_text(hit, S("title")),
                           language == LANGUAGE_FR ? S("Papiers") : S("Papers")));
        assert_int_equal(node_get(hit, S("facts"))->count, 2);
        assert_non_null(node_get(hit, S("why"))->first);
        assert_int_equal(node_get(tree, S("databases"))->count, 4);
        assert_non_null(node_get(node_get(tree, S("understood"))->first, S("parts"))->first);
        buf_release(&out);
    }
}

static void test_audit_entry(void **state)
{
    (void)state;
    struct search_plan *plan = NULL;
    struct search_answer answer;
    struct audit_entry entry;
    uint64_t number = put("paper", "\"serial\":\"Q7000001\"");
    struct search_request request = {.text = S("q-7000001")};
    must(search_plan(node.engine, &node.actor, &request, &node.arena, &plan), "plan");
    must(search_run(plan, &answer), "run");
    must(search_audit_entry(plan, &answer, &node.arena, &entry), "entry");
    assert_int_equal(entry.kind, AUDIT_SEARCH);
    assert_true(str_eq(entry.databases, S("*")));
    assert_true(says(entry.query, "Q7000001"));
    assert_true(str_eq(entry.verdict, S("match")));
    assert_true(str_eq(entry.purpose, S("identify")));
    assert_int_equal(entry.shown_count, 1);
    assert_int_equal(entry.shown[0].id.number, number);
    assert_int_equal(entry.shown[0].disclosure, DISCLOSE_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_and_nothing),
        cmocka_unit_test(test_other_country_is_only_possible),
        cmocka_unit_test(test_other_meaning_is_only_possible),
        cmocka_unit_test(test_read_again_when_a_check_digit_fails),
        cmocka_unit_test(test_machine_readable_zone),
        cmocka_unit_test(test_no_answer_is_not_nothing),
        cmocka_unit_test(test_too_many_says_what_would_narrow),
        cmocka_unit_test(test_updated_and_erased),
        cmocka_unit_test(test_similar_on_request_and_apart),
        cmocka_unit_test(test_another_issuers_number_is_shown_apart),
        cmocka_unit_test(test_ranges_asked_and_batches_nearby),
        cmocka_unit_test(test_more_similar_numbers_than_shown_is_said),
        cmocka_unit_test(test_similar_when_a_check_digit_fails),
        cmocka_unit_test(test_wildcards_and_partial_numbers),
        cmocka_unit_test(test_zone_with_two_misread_characters_finds_the_person),
        cmocka_unit_test(test_readings_can_be_switched_off),
        cmocka_unit_test(test_name_with_birth_date_in_one_line),
        cmocka_unit_test(test_hit_only_says_nothing_but_where),
        cmocka_unit_test(test_none_is_absence),
        cmocka_unit_test(test_closed_fields_do_not_explain),
        cmocka_unit_test(test_what_cannot_be_asked),
        cmocka_unit_test(test_light_plans),
        cmocka_unit_test(test_printed_answer_parses),
        cmocka_unit_test(test_audit_entry),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
