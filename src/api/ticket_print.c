/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets, offices and figures as JSON; docs/API.md says what the shapes mean. */
#include "api/internal.h"

static str titled(struct call *call, const str titles[LANGUAGE_COUNT])
{
    str title = titles[call->language];
    return title.len ? title : titles[LANGUAGE_EN];
}

static void print_party(struct json *json, str key, struct flow_party party)
{
    json_key(json, key);
    json_open(json, '{');
    json_text(json, S("country"), party.country);
    json_text(json, S("unit"), party.unit);
    json_close(json, '}');
}

static str side_word(unsigned sides)
{
    static const struct {
        unsigned side;
        const char *word;
    } words[] = {{FLOW_ASKER | FLOW_OWNER, "both"},
                 {FLOW_ASKER, "asker"},
                 {FLOW_OWNER, "owner"},
                 {FLOW_HUB, "hub"},
                 {0, "auditor"}};
    size_t i = 0;
    while (i + 1 < COUNT_OF(words) && (sides & words[i].side) != words[i].side)
        i++;
    return str_c(words[i].word);
}

static void print_clock(struct json *json, struct call *call, const struct flow_brief *brief)
{
    const struct life_clock *clock = brief->clock;
    unsigned level = brief->level;
    if (!clock)
        return;
    json_key(json, S("clock"));
    json_open(json, '{');
    json_text(json, S("name"), clock->name);
    json_text(json, S("title"), titled(call, clock->title));
    json_text(json, S("for"), str_c(party_word(clock->side)));
    if (brief->profile) {
        json_text(json, S("profile"), brief->profile->code);
        json_text(json, S("profile_title"), code_name(brief->profile, call->language));
    }
    if (brief->due_us)
        json_time(json, S("due"), brief->due_us);
    json_bool(json, S("late"), brief->is_late);
    json_number(json, S("level"), level);
    json_text(json, S("step"),
              level && level <= clock->step_count ? str_c(life_step_word(clock->steps[level - 1]))
                                                  : STR_EMPTY);
    json_text(json, S("next"),
              level < clock->step_count ? str_c(life_step_word(clock->steps[level])) : STR_EMPTY);
    json_close(json, '}');
}

static void print_brief_members(struct json *json, struct call *call,
                                const struct flow_brief *brief)
{
    char id[RECORD_ID_TEXT];
    json_text(json, S("id"), str_c(record_id_format(brief->id, id)));
    json_number(json, S("version"), brief->version);
    json_text(json, S("kind"), brief->definition->name);
    json_text(json, S("title"), titled(call, brief->definition->title));
    json_text(json, S("state"), brief->state->name);
    json_text(json, S("state_title"), titled(call, brief->state->title));
    json_bool(json, S("open"), brief->is_open);
    json_bool(json, S("test"), brief->is_test);
    json_text(json, S("side"), side_word(brief->sides));
    print_party(json, S("asker"), brief->asker);
    print_party(json, S("owner"), brief->owner);
    json_text(json, S("record"), str_c(record_id_format(brief->subject, id)));
    if (brief->database) {
        json_text(json, S("database"), brief->database->name);
        json_text(json, S("database_title"), titled(call, brief->database->title));
    }
    json_time(json, S("opened"), brief->opened_us);
    json_time(json, S("since"), brief->since_us);
    print_clock(json, call, brief);
    json_bool(json, S("alarm"), brief->is_alarm);
    json_bool(json, S("yours"), brief->is_yours);
    json_text_some(json, S("taker"),
                   flow_taker(call->api->node.flow, &call->actor, brief->id.number, call->arena));
}

void print_ticket_brief(struct json *json, struct call *call, const struct flow_brief *brief)
{
    json_open(json, '{');
    print_brief_members(json, call, brief);
    if (brief->waiting) {
        json_key(json, S("waiting"));
        json_open(json, '{');
        json_text(json, S("to"), brief->waiting->name);
        json_close(json, '}');
    }
    json_close(json, '}');
}

/* ---- in full ---- */

static void print_facts(struct json *json, struct call *call, const struct record *record)
{
    json_key(json, S("fields"));
    const struct node *fields = node_get(record->body, S("fields"));
    if (fields)
        json_write(json->out, fields);
    else
        buf_add(json->out, S("{}"));
    json->is_next = true;
    json_key(json, S("facts"));
    json_open(json, '[');
    for (size_t i = 0; i < record->count; i++) {
        const struct field_value *value = &record->values[i];
        const struct code *code =
            value->field->list ? code_get(value->field->list, value->value.norm) : NULL;
        struct buf text = {.max = 1 << 20};
        if (code)
            buf_add(&text, code_name(code, call->language));
        else
            value->value.type->print(&value->value, &text);
        json_open(json, '{');
        json_text(json, S("field"), value->field->path);
        json_text(json, S("title"), titled(call, value->field->title));
        json_number(json, S("row"), value->row);
        json_text(json, S("value"), buf_str(&text));
        json_bool(json, S("masked"), false);
        json_close(json, '}');
        buf_release(&text);
    }
    json_close(json, ']');
}

static void print_limit(struct json *json, struct call *call, const struct flow_ticket *ticket)
{
    const struct life_limit *declared = ticket->brief.definition->life->limit;
    const struct flow_limit *limit = &ticket->limit;
    if (!declared || !limit->since_us)
        return;
    json_key(json, S("limit"));
    json_open(json, '{');
    json_text(json, S("title"), titled(call, declared->title));
    json_time(json, S("since"), limit->since_us);
    json_number(json, S("held_min"), (clock_now_us() - limit->since_us) / 60000000);
    if (limit->limit_us) {
        json_number(json, S("limit_min"), limit->limit_us / 60000000);
        json_time(json, S("until"), limit->until_us);
        json_text_some(json, S("source"), limit->source);
    }
    json_bool(json, S("over"), limit->is_over);
    json_text(json, S("say"), limit->is_over ? titled(call, declared->say) : STR_EMPTY);
    json_close(json, '}');
}

static void print_fields(struct json *json, str key, const struct field *const *fields,
                         size_t count)
{
    json_key(json, key);
    json_open(json, '[');
    for (size_t i = 0; i < count; i++)
        print_field(json, fields[i]);
    json_close(json, ']');
}

static void print_moves(struct json *json, struct call *call, const struct flow_ticket *ticket)
{
    const struct life *life = ticket->brief.definition->life;
    json_key(json, S("moves"));
    json_open(json, '[');
    for (size_t i = 0; i < ticket->move_count; i++) {
        const struct life_move *move = ticket->moves[i];
        const struct life_state *to = &life->states[move->to];
        str title = titled(call, move->title);
        json_open(json, '{');
        json_text(json, S("to"), to->name);
        json_text(json, S("title"), title.len ? title : titled(call, to->title));
        print_fields(json, S("needs"), move->requires, move->require_count);
        print_fields(json, S("takes"), move->takes, move->take_count);
        json_bool(json, S("four_eyes"), move->is_four_eyes);
        json_bool(json, S("clearance"), move->is_clearance);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_history(struct json *json, struct call *call, const struct flow_ticket *ticket)
{
    json_key(json, S("history"));
    json_open(json, '[');
    for (size_t i = 0; i < ticket->history_count; i++) {
        const struct flow_step *step = &ticket->history[i];
        json_open(json, '{');
        json_number(json, S("version"), step->version);
        json_time(json, S("time"), step->time_us);
        json_text(json, S("what"), step->what);
        json_text(json, S("state"), step->state->name);
        json_text(json, S("state_title"), titled(call, step->state->title));
        json_text(json, S("country"), step->party.country);
        json_text(json, S("unit"), step->party.unit);
        json_text(json, S("officer"), step->officer);
        json_text(json, S("step"), step->step);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_clearances(struct json *json, const struct flow_ticket *ticket)
{
    json_key(json, S("clearances"));
    json_open(json, '[');
    for (size_t i = 0; i < ticket->clearance_count; i++) {
        const struct flow_clearance *clearance = &ticket->clearances[i];
        json_open(json, '{');
        json_time(json, S("time"), clearance->time_us);
        json_text(json, S("country"), clearance->by.country);
        json_text(json, S("unit"), clearance->by.unit);
        json_bool(json, S("document"), clearance->has_document);
        json_day(json, S("until"), clearance->until);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_waiting(struct json *json, const struct flow_ticket *ticket)
{
    if (!ticket->brief.waiting)
        return;
    json_key(json, S("waiting"));
    json_open(json, '{');
    json_text(json, S("to"), ticket->brief.waiting->name);
    json_text(json, S("unit"), ticket->waiting_by.unit);
    json_time(json, S("time"), ticket->waiting_us);
    if (ticket->waiting_fields) {
        json_key(json, S("fields"));
        json_write(json->out, ticket->waiting_fields);
    }
    json_close(json, '}');
}

void print_office(struct json *json, const struct flow_office *office, str record)
{
    json_open(json, '{');
    json_text(json, S("unit"), office->unit);
    json_text(json, S("country"), office->country);
    json_text_some(json, S("record"), record);
    json_text_some(json, S("title"), office->title);
    json_text_some(json, S("telephone"), office->telephone);
    json_text_some(json, S("hours"), office->hours);
    json_key(json, S("languages"));
    json_open(json, '[');
    for (size_t i = 0; i < office->language_count; i++)
        json_text(json, STR_EMPTY, office->languages[i]);
    json_close(json, ']');
    json_text_some(json, S("deputy"), office->deputy);
    json_text_some(json, S("head"), office->head);
    if (office->duty_until_us) {
        json_key(json, S("duty"));
        json_open(json, '{');
        json_text(json, S("officer"), office->duty_officer);
        json_text_some(json, S("telephone"), office->duty_telephone);
        json_time(json, S("until"), office->duty_until_us);
        json_close(json, '}');
    }
    json_close(json, '}');
}

static void print_office_of(struct json *json, struct call *call, str key, struct flow_party party)
{
    struct flow_office *found = NULL;
    struct flow_office bare = {.unit = party.unit, .country = party.country};
    size_t count = 0;
    json_key(json, key);
    if (!party.unit.len || flow_offices(call->api->node.flow, party.unit, party.country,
                                        call->arena, &found, &count) != OK)
        err_clear();
    print_office(json, count ? found : &bare, STR_EMPTY);
}

/* The slip and its picture, for the sheet that the person takes away. */
static void print_slip_of(struct json *json, const struct flow_ticket *ticket)
{
    if (!ticket->slip.len)
        return;
    json_text(json, S("slip"), ticket->slip);
    json_qr(json, S("slip_code"), ticket->slip);
}

void print_ticket(struct json *json, struct call *call, const struct flow_ticket *ticket)
{
    json_open(json, '{');
    print_brief_members(json, call, &ticket->brief);
    print_waiting(json, ticket);
    print_facts(json, call, &ticket->record);
    print_limit(json, call, ticket);
    print_moves(json, call, ticket);
    print_history(json, call, ticket);
    print_clearances(json, ticket);
    json_key(json, S("offices"));
    json_open(json, '{');
    print_office_of(json, call, S("asker"), ticket->brief.asker);
    print_office_of(json, call, S("owner"), ticket->brief.owner);
    json_close(json, '}');
    print_slip_of(json, ticket);
    json_text(json, S("receipt"), str_c(call->receipt));
    json_close(json, '}');
}

/* ---- kinds, figures ---- */

void print_ticket_kind(struct json *json, struct call *call, const struct definition *kind)
{
    const struct life *life = kind->life;
    json_open(json, '{');
    json_text(json, S("kind"), kind->name);
    json_text(json, S("title"), titled(call, kind->title));
    json_text_some(json, S("help"), kind->help);
    json_key(json, S("states"));
    json_open(json, '[');
    for (size_t i = 0; i < life->state_count; i++) {
        json_open(json, '{');
        json_text(json, S("state"), life->states[i].name);
        json_text(json, S("title"), titled(call, life->states[i].title));
        json_bool(json, S("end"), life->states[i].is_end);
        json_close(json, '}');
    }
    json_close(json, ']');
    print_fields(json, S("needs"), life->moves[0].requires, life->moves[0].require_count);
    print_fields(json, S("takes"), life->moves[0].takes, life->moves[0].take_count);
    json_close(json, '}');
}

static void print_rate(struct json *json, str key, uint64_t part, uint64_t whole)
{
    if (whole)
        json_real(json, key, (double)part / (double)whole, 4);
}

void print_figures(struct json *json, const struct flow_figures *figures)
{
    json_open(json, '{');
    json_text(json, S("country"), figures->country);
    json_number(json, S("asked"), (int64_t)figures->asked);
    json_number(json, S("answered"), (int64_t)figures->answered);
    json_number(json, S("confirmed"), (int64_t)figures->confirmed);
    json_number(json, S("not_confirmed"), (int64_t)figures->not_confirmed);
    json_number(json, S("refused"), (int64_t)figures->refused);
    json_number(json, S("late"), (int64_t)figures->late);
    json_number(json, S("open"), (int64_t)figures->open);
    json_number(json, S("outcomes"), (int64_t)figures->outcomes);
    json_number(json, S("false"), (int64_t)figures->wrong);
    print_rate(json, S("false_rate"), figures->wrong, figures->outcomes);
    print_rate(json, S("late_rate"), figures->late, figures->asked);
    if (figures->median_answer_us)
        json_number(json, S("median_answer_s"), figures->median_answer_us / 1000000);
    json_close(json, '}');
}
