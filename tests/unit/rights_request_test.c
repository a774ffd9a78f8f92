/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Persons' requests under a clock that the test sets, on the project's own definitions: clocks, who
 * may decide, what is held back and cannot be freed, what a decision does, and what is there again
 * after the node was opened anew. No database and no state is named: what a move does says which
 * it is.
 */
#include "codec/json.h"
#include "rights/rights.h"

#include "canonical.h"
#include "scratch.h"
#include "test.h"

static const int64_t start_us = 1795341600000000; /* 2026-11-22T10:00:00Z */
static const int64_t day_us = 86400000000;

struct world {
    struct scratch scratch;
    struct catalog *catalog;
    struct store *store;
    struct flow *flow;
    struct keep *keep;
    struct audit *audit;
    struct rights *rights;
    struct arena arena;
    struct flow_ticket ticket;
    const char *review_on; /* of the next record */
};

static void must(enum err code)
{
    if (code)
        fail_msg("%s", err_last()->message);
}

static void committed(void *context, uint64_t first_seq, uint64_t last_seq)
{
    struct world *world = context;
    if (world->flow)
        flow_follow(world->flow, first_seq, last_seq);
    if (world->keep)
        keep_follow(world->keep, first_seq, last_seq);
    if (world->rights)
        rights_follow(world->rights, first_seq, last_seq);
}

static void open_node(struct world *world)
{
    must(store_open(world->scratch.path, STORE_OPEN_CREATE, &world->store));
    store_set_hook(world->store, committed, world);
    must(flow_open(world->catalog, world->store, &world->flow));
    must(keep_open(world->scratch.path, world->catalog, world->store, &world->keep));
    must(audit_open(world->scratch.path, &world->audit));
    const struct rights_node node = {.directory = world->scratch.path,
                                     .catalog = world->catalog,
                                     .store = world->store,
                                     .flow = world->flow,
                                     .keep = world->keep,
                                     .audit = world->audit};
    must(rights_open(&node, &world->rights));
    store_set_guard(world->store, rights_guard, world->rights);
    flow_on_effect(world->flow, rights_do, rights_did, world->rights);
}

static void close_node(struct world *world)
{
    canonical_check(world->catalog, world->store);
    store_close(world->store);
    audit_close(world->audit);
    flow_close(world->flow);
    keep_close(world->keep);
    rights_close(world->rights);
    world->flow = NULL;
    world->keep = NULL;
    world->rights = NULL;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->review_on = "2027-11-01";
    clock_pin(start_us);
    scratch_make(&world->scratch);
    must(catalog_load(".", &world->catalog));
    open_node(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    close_node(world);
    catalog_free(world->catalog);
    arena_release(&world->arena);
    scratch_remove(&world->scratch);
    free(world);
    clock_pin(-1);
    return 0;
}

/* ---- people ---- */

static const struct actor protector = {.officer = S("p-1"),
                                       .unit = S("UTO/dpo"),
                                       .country = S("UTO"),
                                       .role = S("data-protection"),
                                       .purposes = ~(purpose_set)0};
static const struct actor owner = {.officer = S("o-1"),
                                   .unit = S("UTO/ncb"),
                                   .country = S("UTO"),
                                   .role = S("national-bureau"),
                                   .purposes = ~(purpose_set)0,
                                   .may_write = true};
/* The same person at another desk. */
static const struct actor two_hats = {.officer = S("p-1"),
                                      .unit = S("UTO/ncb"),
                                      .country = S("UTO"),
                                      .role = S("national-bureau"),
                                      .purposes = ~(purpose_set)0};

/* ---- a record, a request, moves ---- */

static struct node *body_of(struct world *world, const struct example *example)
{
    struct node *body = node_map(&world->arena), *envelope = node_map(&world->arena);
    struct node *purposes = node_list(&world->arena);
    node_add(purposes, node_text(&world->arena, S("data-protection")));
    node_put_text(&world->arena, envelope, S("owner"), S("UTO"));
    node_put_text(&world->arena, envelope, S("unit"), S("UTO/ncb"));
    node_put(envelope, S("purposes"), purposes);
    node_put_text(&world->arena, envelope, S("review_on"), str_c(world->review_on));
    node_put(body, S("envelope"), envelope);
    node_put(body, S("fields"), node_copy(&world->arena, node_get(example->body, S("fields"))));
    return body;
}

static struct change put_of(struct world *world, const struct definition *definition,
                            struct buf *out)
{
    struct record record = {0};
    struct faults faults = {0};
    must(record_check(world->catalog, definition, body_of(world, &definition->examples[0]),
                      &world->arena, &record, &faults));
    must(record_canonical(world->catalog, &record, out));
    return (struct change){.kind = CHANGE_PUT,
                           .definition = definition->name,
                           .definition_version = definition->version,
                           .owner = S("UTO"),
                           .actor = S("o-1"),
                           .body = buf_str(out)};
}

static const struct definition *some_database(struct world *world)
{
    for (size_t i = 0; i < world->catalog->count; i++)
        if (definition_is_data(world->catalog->definitions[i]) &&
            world->catalog->definitions[i]->example_count)
            return world->catalog->definitions[i];
    return NULL;
}

static struct record_id new_record(struct world *world)
{
    struct buf out = {0};
    struct committed done;
    struct change change = put_of(world, some_database(world), &out);
    must(store_commit(world->store, &change, 1, true, &done));
    buf_release(&out);
    return done.id;
}

static enum state state_of(struct world *world, struct record_id id)
{
    struct stored stored;
    must(store_read(world->store, id.number, &world->arena, &stored));
    return stored.is_erased ? STATE_DELETED : stored.state;
}

static const struct definition *kind_of(struct world *world, enum life_right right)
{
    for (size_t i = 0; i < world->catalog->count; i++) {
        const struct definition *definition = world->catalog->definitions[i];
        if (definition->life && definition->life->request &&
            definition->life->request->right == right)
            return definition;
    }
    fail_msg("no kind of request for %s", life_right_word(right));
    return NULL;
}

/* What a move asks for: the first code of a list, the record's id, words. */
static struct node *fields_for(struct world *world, const struct life_move *move,
                               struct record_id about)
{
    char id[RECORD_ID_TEXT];
    const struct life_request *request =
        world->ticket.brief.definition ? world->ticket.brief.definition->life->request : NULL;
    struct node *fields = node_map(&world->arena);
    for (size_t i = 0; i < move->require_count; i++) {
        const struct field *field = move->requires[i];
        str text = field->list ? field->list->codes[0].code : S("words");
        if (request && (field == request->about || field == request->some)) {
            struct node *list = node_list(&world->arena);
            text = arena_str(&world->arena, str_c(record_id_format(about, id)));
            node_add(list, node_text(&world->arena, text));
            node_put(fields, field->name, list);
        } else if (request && field == request->proposal) {
            node_put_text(&world->arena, fields, field->name, S("{}"));
        } else {
            node_put_text(&world->arena, fields, field->name, text);
        }
    }
    return fields;
}

static void open_request(struct world *world, enum life_right right)
{
    const struct definition *kind = kind_of(world, right);
    struct node *applicant = node_map(&world->arena);
    node_put_text(&world->arena, applicant, S("name"), S("A person"));
    node_put_text(&world->arena, applicant, S("contact"), S("An address"));
    world->ticket = (struct flow_ticket){.move_count = 0};
    const struct rights_opening opening = {kind, applicant,
                                           fields_for(world, &kind->life->moves[0],
                                                      (struct record_id){0})};
    must(rights_open_request(world->rights, &protector, &opening, &world->arena, &world->ticket));
}

/* The first move from here of this officer's that has this effect, or that leads to this answer. */
static const struct life_move *way(struct world *world, const struct actor *actor,
                                   enum life_effect effect, enum life_answer answer)
{
    struct flow_ticket seen;
    must(flow_read(world->flow, actor, world->ticket.brief.id, &world->arena, &seen));
    const struct life *life = seen.brief.definition->life;
    for (size_t i = 0; i < seen.move_count; i++)
        if (seen.moves[i]->effect == effect && life->states[seen.moves[i]->to].answer == answer)
            return seen.moves[i];
    return NULL;
}

static enum err go(struct world *world, const struct actor *actor, const struct life_move *move,
                   struct record_id about)
{
    struct flow_ticket seen;
    if (!move)
        return err_set(ERR_NOT_FOUND, "no such way for this officer");
    must(flow_read(world->flow, actor, world->ticket.brief.id, &world->arena, &seen));
    const struct flow_request request = {
        .id = seen.brief.id,
        .version = seen.brief.version,
        .to = seen.brief.definition->life->states[move->to].name,
        .fields = fields_for(world, move, about),
    };
    return flow_move(world->flow, actor, &request, &world->arena, &world->ticket);
}

static void examine(struct world *world, enum life_right right, struct record_id about)
{
    open_request(world, right);
    must(go(world, &protector, way(world, &protector, DOES_NOTHING, ANSWER_NONE), about));
    must(go(world, &protector, way(world, &protector, DOES_ASSIGN, ANSWER_NONE), about));
}

/* ---- tests ---- */

static void clocks_run_out_when_they_say(void **state)
{
    struct world *world = *state;
    struct flow_ticket seen;
    open_request(world, RIGHT_TO_ACCESS);
    int64_t due = world->ticket.brief.due_us;
    assert_int_equal(due, start_us + 28 * day_us);
    clock_pin(due - 1);
    flow_tick(world->flow, due - 1);
    must(flow_read(world->flow, &protector, world->ticket.brief.id, &world->arena, &seen));
    assert_int_equal(seen.brief.level, 0);
    clock_pin(due);
    flow_tick(world->flow, due);
    must(flow_read(world->flow, &protector, world->ticket.brief.id, &world->arena, &seen));
    assert_int_equal(seen.brief.level, 1);
    assert_true(seen.brief.is_late);
    assert_int_equal(seen.brief.due_us, due + 7 * day_us); /* asked again each week from then on */
}

static void decisions_have_their_months(void **state)
{
    static const int days[RIGHT_COUNT] = {120, 273, 273};
    struct world *world = *state;
    for (int right = 0; right < RIGHT_COUNT; right++) {
        struct record_id id = new_record(world);
        examine(world, (enum life_right)right, id);
        assert_int_equal(world->ticket.brief.due_us, start_us + days[right] * day_us);
    }
}

static void nobody_decides_on_what_he_has_put_forward(void **state)
{
    struct world *world = *state;
    struct record_id id = new_record(world);
    examine(world, RIGHT_TO_DELETION, id);
    assert_null(way(world, &two_hats, DOES_NOTHING, ANSWER_CONFIRMED));
    const struct life_move *grant = way(world, &owner, DOES_NOTHING, ANSWER_CONFIRMED);
    assert_non_null(grant);
    assert_int_equal(go(world, &two_hats, grant, id), ERR_DENIED);
    assert_int_equal(state_of(world, id), STATE_ACTIVE);
    must(go(world, &owner, grant, id));
    assert_int_equal(state_of(world, id), STATE_DELETED);
}

static void what_is_held_cannot_be_freed(void **state)
{
    struct world *world = *state;
    struct record_id id = new_record(world);
    struct rights_hold hold;
    struct buf out = {0};
    struct committed done;
    assert_false(rights_held(world->rights, id, &hold));
    examine(world, RIGHT_TO_ACCESS, id);
    must(go(world, &owner, way(world, &owner, DOES_BLOCK, ANSWER_NONE), id));
    assert_true(rights_held(world->rights, id, &hold) && hold.is_held[HELD_FOR_REQUEST]);
    assert_int_equal(state_of(world, id), STATE_SUSPENDED);
    struct change again = put_of(world, some_database(world), &out); /* as an import sends it */
    again.number = id.number;
    must(store_commit(world->store, &again, 1, true, &done));
    assert_int_equal(state_of(world, id), STATE_SUSPENDED);
    struct change state_change = {.kind = CHANGE_STATE,
                                  .number = id.number,
                                  .state = STATE_ACTIVE,
                                  .actor = S("o-1")};
    must(store_commit(world->store, &state_change, 1, true, &done));
    assert_int_equal(state_of(world, id), STATE_SUSPENDED);
    close_node(world);
    open_node(world);
    assert_true(rights_held(world->rights, id, &hold));
    must(store_commit(world->store, &state_change, 1, true, &done));
    assert_int_equal(state_of(world, id), STATE_SUSPENDED);
    must(go(world, &owner, way(world, &owner, DOES_NOTHING, ANSWER_REFUSED), id));
    assert_false(rights_held(world->rights, id, &hold));
    assert_int_equal(state_of(world, id), STATE_ACTIVE);
    buf_release(&out);
}

static struct keep_figures sweep(struct world *world, struct day day)
{
    struct keep_figures figures;
    clock_pin((int64_t)day_number(day) * day_us);
    must(keep_sweep(world->keep, day, &figures));
    assert_int_equal(figures.failed, 0);
    return figures;
}

static enum err count_one(void *context, const struct stored *stored)
{
    (void)stored;
    ++*(size_t *)context;
    return OK;
}

static size_t certificates(struct world *world)
{
    size_t count = 0;
    must(store_each(world->store, keep_certificate_definition(world->keep)->name, count_one,
                    &count));
    return count;
}

/* Its day passes while a request is examined: it stays, blocked, and goes once that is decided. */
static void what_is_held_outlives_its_day(void **state)
{
    struct world *world = *state;
    const struct day after = {2027, 11, 2};
    struct record_id id = new_record(world), other = new_record(world);
    examine(world, RIGHT_TO_CORRECTION, id);
    must(go(world, &owner, way(world, &owner, DOES_BLOCK, ANSWER_NONE), id));
    struct keep_figures figures = sweep(world, after);
    assert_int_equal(figures.held, 1);
    assert_int_equal(state_of(world, id), STATE_SUSPENDED);
    assert_int_equal(state_of(world, other), STATE_DELETED);
    assert_int_equal(certificates(world), 1);
    close_node(world);
    open_node(world);
    assert_int_equal(sweep(world, (struct day){2027, 11, 3}).held, 1);
    must(go(world, &owner, way(world, &owner, DOES_NOTHING, ANSWER_CONFIRMED), id));
    assert_int_equal(state_of(world, id), STATE_EXPIRED); /* never shown again */
    figures = sweep(world, (struct day){2027, 11, 3});
    assert_int_equal(figures.held, 0);
    assert_int_equal(state_of(world, id), STATE_DELETED);
    assert_int_equal(certificates(world), 2);
}

static void what_is_extended_meanwhile_is_freed_as_ever(void **state)
{
    struct world *world = *state;
    struct buf out = {0};
    struct committed done;
    struct record_id id = new_record(world);
    examine(world, RIGHT_TO_ACCESS, id);
    must(go(world, &owner, way(world, &owner, DOES_BLOCK, ANSWER_NONE), id));
    assert_int_equal(sweep(world, (struct day){2027, 11, 2}).held, 1);
    world->review_on = "2028-11-01";
    struct change longer = put_of(world, some_database(world), &out);
    longer.number = id.number;
    must(store_commit(world->store, &longer, 1, true, &done));
    buf_release(&out);
    must(go(world, &owner, way(world, &owner, DOES_NOTHING, ANSWER_REFUSED), id));
    assert_int_equal(state_of(world, id), STATE_ACTIVE);
    sweep(world, (struct day){2027, 11, 3});
    assert_int_equal(state_of(world, id), STATE_ACTIVE);
}

static void what_its_owner_cancels_stays_cancelled(void **state)
{
    struct world *world = *state;
    struct record_id id = new_record(world);
    struct committed done;
    examine(world, RIGHT_TO_ACCESS, id);
    must(go(world, &owner, way(world, &owner, DOES_BLOCK, ANSWER_NONE), id));
    struct change cancel = {.kind = CHANGE_STATE,
                            .number = id.number,
                            .state = STATE_CANCELLED,
                            .actor = S("o-1")};
    must(store_commit(world->store, &cancel, 1, true, &done));
    must(go(world, &owner, way(world, &owner, DOES_NOTHING, ANSWER_REFUSED), id));
    assert_int_equal(state_of(world, id), STATE_CANCELLED);
}

static void a_record_that_is_gone_needs_no_deletion(void **state)
{
    struct world *world = *state;
    struct record_id id = new_record(world);
    struct committed done;
    examine(world, RIGHT_TO_DELETION, id);
    must(store_erase(world->store, id.number, S("o-1"), &done));
    must(go(world, &owner, way(world, &owner, DOES_NOTHING, ANSWER_CONFIRMED), id));
    struct node *answer = NULL;
    must(rights_answer(world->rights, &world->ticket, LANGUAGE_FR, &world->arena, &answer));
    assert_true(node_get(answer, S("parts"))->count >= 3);
}

static void the_applicant_is_in_no_file(void **state)
{
    struct world *world = *state;
    struct record_id id = new_record(world);
    examine(world, RIGHT_TO_ACCESS, id);
    assert_non_null(rights_applicant(world->rights, &protector, &world->ticket, &world->arena));
    assert_null(rights_applicant(world->rights, &owner, &world->ticket, &world->arena));
    struct actor another = protector;
    another.country = S("FRA");
    assert_null(rights_applicant(world->rights, &another, &world->ticket, &world->arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clocks_run_out_when_they_say, setup, teardown),
        cmocka_unit_test_setup_teardown(decisions_have_their_months, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_decides_on_what_he_has_put_forward, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_held_cannot_be_freed, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_held_outlives_its_day, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_extended_meanwhile_is_freed_as_ever, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_its_owner_cancels_stays_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(a_record_that_is_gone_needs_no_deletion, setup, teardown),
        cmocka_unit_test_setup_teardown(the_applicant_is_in_no_file, setup, teardown),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
