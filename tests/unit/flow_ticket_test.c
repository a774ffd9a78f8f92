/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tickets under a clock that the test sets. The stories of tests/cases/flow are played line by
 * line; behind each line the node is started anew from its records in half of the stories, so that
 * nothing can hang on memory.
 */
#include "codec/json.h"

#include "flow_world.h"

/* ---- stories ---- */

enum { COLUMNS = 5 };

static str act(struct world *world, const str column[COLUMNS])
{
    struct flow_ticket ticket;
    enum err code;
    if (str_eq(column[2], S("clock"))) {
        buf_clear(&world->told);
        (void)flow_tick(world->flow, clock_now_us());
        return world->told.len ? buf_str(&world->told) : S("-");
    }
    const struct actor *actor = person(column[1]);
    if (str_eq(column[2], S("open"))) {
        code = ask(world, actor, column[3], false, &ticket);
        if (!code)
            world->ticket = ticket.brief.id;
    } else if (str_eq(column[2], S("look"))) {
        code = flow_read(world->flow, actor, world->ticket, &world->arena, &ticket);
    } else {
        code = move(world, actor, column[2], column[3], &ticket);
    }
    if (code)
        return str_c(err_word(code));
    world->version = ticket.brief.version;
    return arena_printf(&world->arena, "%.*s %u", STR(ticket.brief.state->name),
                        ticket.brief.level);
}

static void play_line(struct world *world, str line, str story)
{
    str column[COLUMNS] = {{0}};
    uint64_t minute = 0;
    for (size_t i = 0; i < COLUMNS; i++)
        assert_true(str_split(&line, '\t', &column[i]));
    assert_true(str_to_u64(column[0], 1000000, &minute));
    clock_pin(start_us + (int64_t)minute * MINUTE_US);
    str result = act(world, column);
    if (!str_eq(result, column[4])) {
        char text[1024];
        fprintf(stderr, "%.*s, minute %llu, %.*s %.*s: expected \"%.*s\", got \"%.*s\" (%s)\n",
                STR(story), (unsigned long long)minute, STR(column[1]), STR(column[2]),
                STR(column[4]), STR(result), err_format(err_last(), text, sizeof text));
        fail();
    }
}

static void play(bool is_restarted)
{
    char *data = NULL;
    size_t len = 0, stories = 0;
    struct world world;
    assert_int_equal(io_read_file("tests/cases/flow/hit-confirmation.tsv", 1 << 20, &data, &len),
                     OK);
    str rest = str_of(data, len), line, story = STR_EMPTY;
    while (str_split(&rest, '\n', &line)) {
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (!str_starts(line, S("story\t"))) {
            play_line(&world, line, story);
            bool is_clock_next = str_has(str_slice(rest, 0, 40), S("\tclock\t"));
            if (is_restarted && !is_clock_next)
                restart(&world);
            continue;
        }
        if (stories++)
            end(&world);
        story = str_from(line, 6);
        begin(&world);
    }
    end(&world);
    free(data);
    assert_true(stories >= 8);
}

static void stories_are_lived(void **state)
{
    (void)state;
    play(false);
}

/* Nothing hangs on memory: the node stops and starts behind each line. */
static void stories_survive_restarts(void **state)
{
    (void)state;
    play(true);
}

/* What was destroyed is nowhere: not in lists, not under its id, not after a restart. */
static void an_erased_ticket_is_gone(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    struct flow_brief *briefs;
    struct committed done;
    struct flow_filter all = {.which = FLOW_WHICH_ALL, .after_order = INT64_MIN};
    size_t count;
    bool more;
    begin(&world);
    for (int i = 0; i < 3; i++)
        ask_urgently(&world, "", false, &ticket);
    assert_int_equal(store_erase(world.store, world.ticket.number, S("test"), &done), OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(flow_read(world.flow, person(S("owner")), world.ticket, &world.arena,
                                   &ticket),
                         ERR_NOT_FOUND);
        assert_int_equal(flow_list(world.flow, person(S("owner")), &all, &world.arena, &briefs,
                                   &count, &more),
                         OK);
        assert_int_equal(count, 2);
        clock_pin(start_us + 11 * MINUTE_US);
        (void)flow_tick(world.flow, clock_now_us());
        restart(&world);
    }
    end(&world);
}

/* ---- versions ---- */

static void a_move_names_what_was_seen(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    begin(&world);
    ask_urgently(&world, "", false, &ticket);
    assert_int_equal(move(&world, person(S("owner")), S("acknowledged"), STR_EMPTY, &ticket), OK);
    /* another officer who still sees the ticket as it was */
    assert_int_equal(move(&world, person(S("owner-desk")), S("refused"), S("refusal=not-current"),
                          &ticket),
                     ERR_STALE);
    world.version = 99;
    assert_int_equal(move(&world, person(S("owner")), S("refused"), S("refusal=not-current"),
                          &ticket),
                     ERR_STALE);
    end(&world);
}

/* What the clock wrote meanwhile does not send the officer back. */
static void a_clock_hinders_nobody(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    begin(&world);
    ask_urgently(&world, "", false, &ticket);
    clock_pin(start_us + 10 * MINUTE_US);
    (void)flow_tick(world.flow, clock_now_us());
    assert_int_equal(move(&world, person(S("owner")), S("confirmed"), S("owner_reply=yes"),
                          &ticket),
                     OK);
    assert_true(ticket.brief.version > world.version + 1);
    end(&world);
}

/* A lost answer is no second ticket. */
static void the_same_question_is_one_ticket(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket first, again, other;
    begin(&world);
    ask_urgently(&world, "", false, &first);
    world.asked = 0;
    ask_urgently(&world, "", false, &again);
    assert_true(first.brief.id.number == again.brief.id.number);
    ask_urgently(&world, "", false, &other);
    assert_true(first.brief.id.number != other.brief.id.number);
    end(&world);
}

/* ---- what each side is shown ---- */

static void officers_of_the_other_side_stay_unnamed(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    begin(&world);
    ask_urgently(&world, "", false, &ticket);
    assert_int_equal(flow_read(world.flow, person(S("owner")), world.ticket, &world.arena, &ticket),
                     OK);
    assert_int_equal(ticket.history_count, 2); /* opened, sent */
    assert_int_equal(ticket.history[0].officer.len, 0);
    assert_true(str_eq(ticket.history[0].party.unit, S("FRA/gate")));
    assert_int_equal(ticket.brief.sides, FLOW_OWNER);
    assert_true(ticket.brief.is_yours && ticket.brief.is_alarm);
    assert_int_equal(flow_read(world.flow, person(S("finder")), world.ticket, &world.arena,
                               &ticket),
                     OK);
    assert_true(str_eq(ticket.history[0].officer, S("f-1")));
    assert_false(ticket.brief.is_yours);
    assert_int_equal(ticket.move_count, 1); /* outcome */
    end(&world);
}

static void test_records_ring_nowhere(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    struct flow_figures *figures;
    size_t count;
    begin(&world);
    ask_urgently(&world, "", true, &ticket);
    assert_true(ticket.brief.is_test);
    clock_pin(start_us + 15 * MINUTE_US);
    (void)flow_tick(world.flow, clock_now_us());
    assert_int_equal(world.told.len, 0);
    assert_int_equal(flow_figures(world.flow, person(S("owner")), PARTY_OWNER, 0, INT64_MAX,
                                  &world.arena, &figures, &count),
                     OK);
    assert_int_equal(count, 0);
    end(&world);
}

static void the_limit_is_the_finders(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    begin(&world);
    ask_urgently(&world, "held_since=2026-11-22T09:30:00Z", false, &ticket);
    assert_true(ticket.limit.limit_us == 24 * 60 * (int64_t)MINUTE_US); /* France, stated */
    assert_true(ticket.limit.until_us == start_us + (24 * 60 - 30) * (int64_t)MINUTE_US);
    assert_false(ticket.limit.is_over);
    world.ticket = ticket.brief.id;
    clock_pin(ticket.limit.until_us);
    assert_int_equal(flow_read(world.flow, person(S("finder")), world.ticket, &world.arena,
                               &ticket),
                     OK);
    assert_true(ticket.limit.is_over);
    /* no row, no limit: nothing is invented */
    struct actor norwegian = *person(S("finder"));
    norwegian.country = S("NOR");
    norwegian.unit = S("NOR/gate");
    assert_int_equal(ask(&world, &norwegian,
                         S("urgency=urgent situation=x held_since=2026-11-22T09:30:00Z"), false,
                         &ticket),
                     OK);
    assert_true(ticket.limit.since_us > 0);
    assert_true(ticket.limit.until_us == 0);
    assert_false(ticket.limit.is_over);
    end(&world);
}

/* ---- lists, news, figures ---- */

static size_t list(struct world *world, const char *who, struct flow_filter filter, bool *ret_more)
{
    struct flow_brief *briefs;
    size_t count;
    bool more;
    assert_int_equal(flow_list(world->flow, person(str_c(who)), &filter, &world->arena, &briefs,
                               &count, &more),
                     OK);
    if (ret_more)
        *ret_more = more;
    for (size_t i = 1; i < count; i++)
        assert_true(briefs[i - 1].order <= briefs[i].order);
    return count;
}

static void lists_hold_what_each_may_see(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    struct flow_filter all = {.which = FLOW_WHICH_ALL, .after_order = INT64_MIN};
    struct flow_filter open = {.after_order = INT64_MIN};
    static const char *const urgencies[] = {"urgency=routine situation=x",
                                            "urgency=urgent situation=x",
                                            "urgency=core-data situation=x"};
    begin(&world);
    for (int i = 0; i < 9; i++)
        assert_int_equal(ask(&world, person(i % 3 ? S("finder") : S("finder-desk-2")),
                             str_c(urgencies[i % 3]), false, &ticket),
                         OK);
    world.ticket = ticket.brief.id;
    world.version = ticket.brief.version;
    assert_int_equal(list(&world, "owner", all, NULL), 9);
    assert_int_equal(list(&world, "finder", all, NULL), 6);
    assert_int_equal(list(&world, "finder-desk-2", all, NULL), 3);
    assert_int_equal(list(&world, "finder-bureau", all, NULL), 9);
    assert_int_equal(list(&world, "stranger", all, NULL), 0);
    assert_int_equal(list(&world, "hub", all, NULL), 0);
    assert_int_equal(list(&world, "admin", all, NULL), 0);
    assert_int_equal(list(&world, "auditor-FRA", all, NULL), 9);
    assert_int_equal(list(&world, "auditor-ZZZ", all, NULL), 0);
    all.sides = FLOW_ASKER;
    assert_int_equal(list(&world, "owner", all, NULL), 0);
    all.sides = 0;
    all.desk = S("FRA/port");
    assert_int_equal(list(&world, "finder-bureau", all, NULL), 3);
    all.desk = STR_EMPTY;
    all.state = S("acknowledged");
    assert_int_equal(list(&world, "owner", all, NULL), 0);
    uint64_t looked = 0, other_looked = 0, stranger_looked = 0;
    uint64_t seen = flow_news(world.flow, person(S("finder")), &looked);
    uint64_t other = flow_news(world.flow, person(S("finder-desk-2")), &other_looked);
    assert_true(seen > 0 && other > 0 && other != seen);
    assert_true(flow_news(world.flow, person(S("finder")), &looked) == 0);
    assert_int_equal(move(&world, person(S("owner")), S("refused"), S("refusal=not-current"),
                          &ticket),
                     OK);
    assert_true(flow_news(world.flow, person(S("finder")), &looked) > seen);
    assert_true(flow_news(world.flow, person(S("finder-desk-2")), &other_looked) <= other);
    assert_true(flow_news(world.flow, person(S("stranger")), &stranger_looked) == 0);
    world.version = ticket.brief.version;
    assert_int_equal(move(&world, person(S("finder")), S("outcome"), S("outcome=not-current"),
                          &ticket),
                     OK);
    world.version = ticket.brief.version;
    assert_int_equal(move(&world, person(S("finder")), S("closed"), STR_EMPTY, &ticket), OK);
    assert_int_equal(list(&world, "owner", open, NULL), 8);
    end(&world);
}

/* Pages join without a gap or a repeat. */
static void pages_go_on_where_the_last_ended(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    struct flow_filter filter = {.after_order = INT64_MIN, .max = 3};
    size_t seen = 0;
    bool more = true;
    begin(&world);
    for (int i = 0; i < 10; i++)
        ask_urgently(&world, "", false, &ticket);
    while (more) {
        struct flow_brief *briefs;
        size_t count;
        assert_int_equal(flow_list(world.flow, person(S("owner")), &filter, &world.arena, &briefs,
                                   &count, &more),
                         OK);
        assert_true(count > 0);
        for (size_t i = 0; i < count; i++)
            assert_true(briefs[i].order > filter.after_order ||
                        briefs[i].id.number > filter.after_number);
        filter.after_order = briefs[count - 1].order;
        filter.after_number = briefs[count - 1].id.number;
        seen += count;
    }
    assert_int_equal(seen, 10);
    end(&world);
}

static void one_case(struct world *world, int64_t minute, int64_t answer, const char *to,
                     const char *fields, const char *outcome)
{
    struct flow_ticket ticket;
    clock_pin(start_us + minute * MINUTE_US);
    ask_urgently(world, "", false, &ticket);
    clock_pin(start_us + (minute + answer) * MINUTE_US);
    (void)flow_tick(world->flow, clock_now_us());
    assert_int_equal(move(world, person(S("owner")), str_c(to), str_c(fields), &ticket), OK);
    world->version = ticket.brief.version;
    if (outcome)
        assert_int_equal(move(world, person(S("finder")), S("outcome"), str_c(outcome), &ticket),
                         OK);
}

static void figures_are_counted_from_tickets(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    struct flow_figures *figures;
    size_t count;
    begin(&world);
    one_case(&world, 0, 2, "confirmed", "owner_reply=yes", "outcome=arrest");
    one_case(&world, 100, 4, "confirmed", "owner_reply=yes", "outcome=not-this-person");
    one_case(&world, 200, 30, "not-confirmed", "owner_reply=no", "outcome=not-this-person");
    one_case(&world, 300, 6, "refused", "refusal=not-current", NULL);
    ask_urgently(&world, "", false, &ticket);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(flow_figures(world.flow, person(S("owner")), PARTY_OWNER, 0, INT64_MAX,
                                      &world.arena, &figures, &count),
                         OK);
        assert_int_equal(count, 1);
        assert_true(str_eq(figures[0].country, S("UTO")));
        assert_int_equal(figures[0].asked, 5);
        assert_int_equal(figures[0].open, 5);
        assert_int_equal(figures[0].answered, 4);
        assert_int_equal(figures[0].confirmed, 2);
        assert_int_equal(figures[0].not_confirmed, 1);
        assert_int_equal(figures[0].refused, 1);
        assert_int_equal(figures[0].late, 1);
        assert_int_equal(figures[0].outcomes, 3);
        assert_int_equal(figures[0].wrong, 2);
        assert_true(figures[0].median_answer_us == 4 * (int64_t)MINUTE_US);
        restart(&world);
    }
    assert_int_equal(flow_figures(world.flow, person(S("stranger")), PARTY_OWNER, 0, INT64_MAX,
                                  &world.arena, &figures, &count),
                     OK);
    assert_int_equal(count, 0);
    assert_int_equal(flow_figures(world.flow, person(S("owner")), PARTY_ASKER,
                                  start_us + 100 * (int64_t)MINUTE_US,
                                  start_us + 201 * (int64_t)MINUTE_US, &world.arena, &figures,
                                  &count),
                     OK);
    assert_int_equal(count, 1);
    assert_int_equal(figures[0].asked, 2);
    end(&world);
}

/* Kept as tickets change: the same as counted, after a restart and after an erasure. */
static struct flow_score *score(struct world *world, const char *who, size_t *ret_count)
{
    struct flow_score *scores;
    assert_int_equal(flow_scorecard(world->flow, person(str_c(who)), 0, clock_now_us(),
                                    &world->arena, &scores, ret_count),
                     OK);
    return scores;
}

static void the_scorecard_is_kept(void **state)
{
    (void)state;
    struct world world;
    struct committed done;
    size_t count;
    begin(&world);
    one_case(&world, 0, 2, "confirmed", "owner_reply=yes", "outcome=arrest");
    one_case(&world, 100, 30, "not-confirmed", "owner_reply=no", "outcome=not-this-person");
    one_case(&world, 20 * 24 * 60, 6, "refused", "refusal=not-current", NULL); /* in December */
    for (int again = 0; again < 2; again++) {
        struct flow_score *scores = score(&world, "owner", &count);
        assert_int_equal(count, 2);
        assert_true(scores[0].year == 2026 && scores[0].month == 12);
        assert_int_equal(scores[0].figures.refused, 1);
        const struct flow_figures *november = &scores[1].figures;
        assert_true(str_eq(november->country, S("UTO")));
        assert_int_equal(november->asked, 2);
        assert_int_equal(november->answered, 2);
        assert_int_equal(november->confirmed, 1);
        assert_int_equal(november->not_confirmed, 1);
        assert_int_equal(november->late, 1);
        assert_int_equal(november->outcomes, 2);
        assert_int_equal(november->wrong, 1);
        assert_true(november->median_answer_us > 90000000 &&
                    november->median_answer_us < 150000000); /* two minutes, about */
        (void)score(&world, "hub", &count);
        assert_int_equal(count, 2);
        (void)score(&world, "finder-bureau", &count); /* who asks answers for nothing */
        assert_int_equal(count, 0);
        restart(&world);
    }
    assert_int_equal(store_erase(world.store, world.ticket.number, S("test"), &done), OK);
    (void)score(&world, "owner", &count);
    assert_int_equal(count, 1);
    end(&world);
}

/* ---- four eyes ---- */

static const char four_eyes[] =
    "definition: check\ntitle: Checks\nkind: ticket\npurposes: [hit-confirmation]\n"
    "fields:\n  words: {type: text}\n  note: {type: text}\n"
    "life:\n  states: {asked: {}, agreed: {answer: confirmed}, over: {end: yes}}\n"
    "  moves:\n"
    "    - {to: asked, who: asker}\n"
    "    - {from: asked, to: agreed, who: owner, requires: words, takes: note, four_eyes: yes}\n"
    "    - {from: [asked, agreed], to: over, who: owner}\n"
    "retain: {first: 1y}\n";

static void open_check(struct world *world)
{
    struct flow_ticket ticket;
    struct flow_question question = {
        .kind = catalog_find(world->catalog, S("check")),
        .database = catalog_find(world->catalog, S("parcel")),
        .subject = world->subject,
        .owner = {S("UTO"), S("UTO/ncb")},
        .receipt = S("R"),
        .fields = node_map(&world->arena),
    };
    assert_int_equal(flow_ask(world->flow, person(S("finder")), &question, &world->arena, &ticket),
                     OK);
    world->ticket = ticket.brief.id;
    world->version = ticket.brief.version;
}

/* A node that has checks besides, and one of them opened. */
static void begin_with_check(struct world *world)
{
    begin(world);
    home_write(world->home, "databases/check.yaml", str_c(four_eyes));
    close_node(world);
    catalog_free(world->catalog);
    assert_int_equal(catalog_load(world->home, &world->catalog), OK);
    open_node(world);
    open_check(world);
}

static void two_officers_make_a_move_of_four_eyes(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    begin_with_check(&world);
    assert_int_equal(move(&world, person(S("owner")), S("agreed"), STR_EMPTY, &ticket),
                     ERR_MISSING); /* the first is checked as the second will be */
    assert_int_equal(move(&world, person(S("owner")), S("agreed"), S("words=yes"), &ticket), OK);
    assert_true(str_eq(ticket.brief.state->name, S("asked")));
    assert_true(str_eq(ticket.brief.waiting->name, S("agreed")));
    assert_int_equal(ticket.move_count, 1); /* over: to agree is for another officer */
    world.version = ticket.brief.version;
    restart(&world);
    assert_int_equal(move(&world, person(S("owner")), S("agreed"), STR_EMPTY, &ticket), ERR_DENIED);
    assert_int_equal(move(&world, person(S("finder")), S("agreed"), STR_EMPTY, &ticket),
                     ERR_DENIED);
    assert_int_equal(move(&world, person(S("owner-2")), S("agreed"), S("note=seen"), &ticket), OK);
    assert_true(str_eq(ticket.brief.state->name, S("agreed")));
    assert_null(ticket.brief.waiting);
    assert_int_equal(ticket.record.count, 2); /* the first one's words, the second one's note */
    end(&world);
}

/* Another move takes the proposal away. */
static void a_proposal_ends_with_its_state(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    begin_with_check(&world);
    assert_int_equal(move(&world, person(S("owner")), S("agreed"), S("words=yes"), &ticket), OK);
    world.version = ticket.brief.version;
    assert_int_equal(move(&world, person(S("owner-2")), S("over"), STR_EMPTY, &ticket), OK);
    assert_null(ticket.brief.waiting);
    assert_false(ticket.brief.is_open);
    end(&world);
}

/* ---- offices ---- */

static void offices_say_who_is_on_duty(void **state)
{
    (void)state;
    struct world world;
    struct flow_office *offices;
    size_t count;
    begin(&world);
    assert_int_equal(flow_offices(world.flow, STR_EMPTY, S("UTO"), &world.arena, &offices, &count),
                     OK);
    assert_int_equal(count, 1);
    assert_true(str_eq(offices[0].duty_officer, S("o-day")));
    assert_int_equal(offices[0].language_count, 2);
    clock_pin(start_us + 12 * 60 * (int64_t)MINUTE_US);
    assert_int_equal(flow_offices(world.flow, S("UTO/ncb"), STR_EMPTY, &world.arena, &offices,
                                  &count),
                     OK);
    assert_true(str_eq(offices[0].duty_officer, S("o-night")));
    clock_pin(start_us + 36 * 60 * (int64_t)MINUTE_US);
    assert_int_equal(flow_offices(world.flow, S("UTO/ncb"), STR_EMPTY, &world.arena, &offices,
                                  &count),
                     OK);
    assert_true(offices[0].duty_until_us == 0);
    assert_int_equal(flow_offices(world.flow, S("ZZZ/ncb"), STR_EMPTY, &world.arena, &offices,
                                  &count),
                     OK);
    assert_int_equal(count, 0);
    end(&world);
}

/* ---- what was sought is found ---- */

static struct day achieved_on(struct world *world)
{
    struct stored stored;
    struct record record;
    struct node *body = NULL;
    assert_int_equal(store_read(world->store, world->subject.number, &world->arena, &stored), OK);
    assert_int_equal(json_parse(stored.body, &world->arena, &body), OK);
    assert_int_equal(record_read(world->catalog, catalog_find(world->catalog, stored.definition),
                                 body, &world->arena, &record),
                     OK);
    assert_true(str_eq(record.envelope.owner, S("UTO")));
    return record.envelope.achieved_on;
}

/* The codes of the outcome say which of them end what the record is for. */
static void an_outcome_dates_the_record(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *fields, *outcome;
        bool is_dated;
    } cases[] = {
        {"confirmed", "owner_reply=yes", "outcome=arrest", true},
        {"confirmed", "owner_reply=yes", "outcome=located", true},
        {"confirmed", "owner_reply=yes", "outcome=returned", true},
        {"confirmed", "owner_reply=yes", "outcome=no-action", false},
        {"confirmed", "owner_reply=yes", "outcome=not-this-person", false},
        {"refused", "refusal=not-current", "outcome=arrest", false}, /* nobody confirmed it */
        {NULL, NULL, "outcome=arrest", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world world;
        struct flow_ticket ticket;
        begin(&world);
        ask_urgently(&world, "", false, &ticket);
        if (cases[i].answer)
            moved(&world, "owner", cases[i].answer, cases[i].fields, &ticket);
        moved(&world, "finder", "outcome", cases[i].outcome, &ticket);
        struct day day = achieved_on(&world);
        if (cases[i].is_dated)
            assert_int_equal(day_number(day), day_number(day_today()));
        else
            assert_int_equal(day.month, 0);
        clock_pin(start_us + 3 * 24 * 60 * (int64_t)MINUTE_US);
        moved(&world, "owner", "closed", "", &ticket);
        assert_int_equal(day_number(achieved_on(&world)), day_number(day)); /* once */
        end(&world);
    }
}

/* ---- not this person ---- */

static enum err clear(struct world *world, const char *clearance)
{
    struct flow_ticket ticket;
    struct node *node = read_fields(world, str_c(clearance));
    struct flow_request request = {.id = world->ticket,
                                   .version = world->version,
                                   .to = S("not-confirmed"),
                                   .fields = read_fields(world, S("owner_reply=another")),
                                   .clearance = node};
    return flow_move(world->flow, person(S("owner")), &request, &world->arena, &ticket);
}

static bool is_cleared(struct world *world, struct record_id alert, const char *document)
{
    struct flow_clearance found;
    return flow_is_cleared(world->flow, alert, str_c(document), S("UTO"), &found, &world->arena);
}

static void a_cleared_document_lowers_one_alert(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    begin(&world);
    ask_urgently(&world, "", false, &ticket);
    assert_int_equal(clear(&world, "document=L898902C3 issuer=UTO until=2031-01-01"),
                     ERR_MISSING); /* no consent */
    assert_int_equal(clear(&world, "consent=yes document=L898902C3 issuer=UTO"), ERR_MISSING);
    assert_int_equal(clear(&world, "consent=yes document=L898902C3 issuer=UTO until=2020-01-01"),
                     ERR_BAD_VALUE);
    assert_int_equal(clear(&world, "consent=yes document=L898902C3 issuer=UTO until=2031-01-01"),
                     OK);
    struct record_id other = {world.subject.home, world.subject.number + 7};
    for (int again = 0; again < 2; again++) {
        assert_true(is_cleared(&world, world.subject, "L898902C3"));
        assert_false(is_cleared(&world, world.subject, "L898902C4"));
        assert_false(is_cleared(&world, other, "L898902C3"));
        restart(&world);
    }
    assert_int_equal(flow_read(world.flow, person(S("owner")), world.ticket, &world.arena, &ticket),
                     OK);
    assert_int_equal(ticket.clearance_count, 1);
    assert_true(ticket.clearances[0].has_document);
    assert_true(str_eq(ticket.clearances[0].by.unit, S("UTO/hq")));
    /* it ends with the document */
    clock_pin(start_us + 1600 * 24 * 60 * (int64_t)MINUTE_US);
    assert_false(is_cleared(&world, world.subject, "L898902C3"));
    end(&world);
}

/* ---- slips ---- */

static struct flow_slip check(struct world *world, str slip, const char *document)
{
    struct flow_slip found;
    assert_int_equal(flow_check_slip(world->flow, slip, STR_EMPTY, str_c(document), S("UTO"),
                                     &world->arena, &found),
                     OK);
    return found;
}

static void a_slip_is_verified_anywhere(void **state)
{
    (void)state;
    struct world world;
    struct flow_ticket ticket;
    struct flow_slip found;
    struct node_key key, other;
    struct buf line = {0};
    char path[600];
    begin(&world);
    assert_int_equal(node_key_load(world.scratch.path, &key), OK);
    snprintf(path, sizeof path, "%s/other", world.scratch.path);
    assert_int_equal(io_make_dir(path), OK);
    assert_int_equal(node_key_load(path, &other), OK);
    flow_sign_with(world.flow, &key);
    ask_urgently(&world, "", false, &ticket);
    struct flow_request request = {
        .id = ticket.brief.id,
        .version = ticket.brief.version,
        .to = S("not-confirmed"),
        .fields = read_fields(&world, S("owner_reply=another")),
        .clearance =
            read_fields(&world, S("consent=yes document=L898902C3 issuer=UTO until=2031-01-01"))};
    assert_int_equal(flow_move(world.flow, person(S("owner")), &request, &world.arena, &ticket),
                     OK);
    assert_true(ticket.slip.len > 0 && ticket.slip.len <= 400);
    assert_false(str_has(ticket.slip, S("L898902C3")));
    str slip = ticket.slip;
    found = check(&world, slip, "L898902C3");
    assert_true(found.is_good && found.is_document && !found.is_over);
    assert_true(str_eq(found.by.unit, S("UTO/hq")));
    assert_true(found.alert.number == world.subject.number);
    assert_false(check(&world, slip, "L898902C4").is_document);
    char *copy = (char *)(uintptr_t)arena_str(&world.arena, slip).ptr;
    char *until = strstr(copy, "until 2031");
    assert_non_null(until);
    until[9] = '9'; /* who would like it to hold longer */
    assert_false(check(&world, str_of(copy, slip.len), "").is_good);
    flow_slip_key(world.flow, &line);
    flow_sign_with(world.flow, &other); /* another node, that knows the first one's key */
    assert_false(check(&world, slip, "").is_good);
    assert_int_equal(flow_check_slip(world.flow, slip, buf_str(&line), STR_EMPTY, STR_EMPTY,
                                     &world.arena, &found),
                     OK);
    assert_true(found.is_good);
    assert_int_equal(flow_check_slip(world.flow, S("rubbish"), STR_EMPTY, STR_EMPTY, STR_EMPTY,
                                     &world.arena, &found),
                     ERR_SYNTAX);
    clock_pin(start_us + 1600 * 24 * 60 * (int64_t)MINUTE_US);
    assert_true(check(&world, slip, "").is_over);
    assert_int_equal(flow_read(world.flow, person(S("owner")), ticket.brief.id, &world.arena,
                               &ticket),
                     OK);
    assert_int_equal(ticket.slip.len, 0); /* told once */
    buf_release(&line);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_are_lived),
        cmocka_unit_test(stories_survive_restarts),
        cmocka_unit_test(an_erased_ticket_is_gone),
        cmocka_unit_test(a_move_names_what_was_seen),
        cmocka_unit_test(a_clock_hinders_nobody),
        cmocka_unit_test(the_same_question_is_one_ticket),
        cmocka_unit_test(officers_of_the_other_side_stay_unnamed),
        cmocka_unit_test(test_records_ring_nowhere),
        cmocka_unit_test(the_limit_is_the_finders),
        cmocka_unit_test(lists_hold_what_each_may_see),
        cmocka_unit_test(pages_go_on_where_the_last_ended),
        cmocka_unit_test(figures_are_counted_from_tickets),
        cmocka_unit_test(the_scorecard_is_kept),
        cmocka_unit_test(two_officers_make_a_move_of_four_eyes),
        cmocka_unit_test(a_proposal_ends_with_its_state),
        cmocka_unit_test(offices_say_who_is_on_duty),
        cmocka_unit_test(an_outcome_dates_the_record),
        cmocka_unit_test(a_slip_is_verified_anywhere),
        cmocka_unit_test(a_cleared_document_lowers_one_alert),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
