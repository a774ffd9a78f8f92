/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to a person, in plain words of four languages (codes/answer-texts.csv), made of the
 * ticket, the records and the log. It names no officer, no unit and no country that asked, and
 * nothing that the owner has kept back. What is neither confirmed nor denied reads word for word
 * like what is not held: the two are told apart by nothing but reference and dates.
 */
#include <stdio.h>

#include "rights/internal.h"

struct writing {
    struct rights *rights;
    const struct flow_ticket *ticket;
    const struct life_request *request;
    enum language language;
    struct arena *arena;
    struct node *parts, *lines;
};

/* ---- sentences ---- */

static str text_of(const struct writing *writing, const char *code)
{
    const struct code_list *list =
        codes_list(writing->rights->node.catalog->codes, S("answer-texts"));
    const struct code *found = list ? code_get(list, str_c(code)) : NULL;
    return found ? code_name(found, writing->language) : str_c(code);
}

/* {1} ... {9} of the sentence, filled in; each by itself where lines run from right to left. */
static str fill(const struct writing *writing, str text, const str *values, size_t count)
{
    struct buf out = {.max = 64 << 10};
    for (size_t i = 0; i < text.len; i++) {
        bool is_place = text.ptr[i] == '{' && i + 2 < text.len && text.ptr[i + 2] == '}' &&
                        is_digit(text.ptr[i + 1]);
        size_t number = is_place ? (size_t)(text.ptr[i + 1] - '1') : 0;
        if (!is_place) {
            buf_add_char(&out, text.ptr[i]);
            continue;
        }
        bool is_apart = writing->language == LANGUAGE_AR;
        if (number < count && is_apart)
            buf_add(&out, S("\u2068"));
        if (number < count)
            buf_add(&out, values[number]);
        if (number < count && is_apart)
            buf_add(&out, S("\u2069"));
        i += 2;
    }
    str filled = arena_str(writing->arena, buf_str(&out));
    buf_release(&out);
    return filled;
}

static void say(struct writing *writing, const char *code, const str *values, size_t count)
{
    node_add(writing->lines,
             node_text(writing->arena, fill(writing, text_of(writing, code), values, count)));
}

static void begin_part(struct writing *writing, str heading)
{
    struct node *part = node_map(writing->arena);
    writing->lines = node_list(writing->arena);
    node_put_text(writing->arena, part, S("heading"), heading);
    node_put(part, S("lines"), writing->lines);
    node_add(writing->parts, part);
}

static str day_of(const struct writing *writing, int64_t time_us)
{
    char text[24];
    return arena_str(writing->arena, str_slice(str_c(clock_format(time_us, text)), 0, 10));
}

/* The name of a code of a list, in the language; the code itself where it is not known. */
static str name_of(const struct writing *writing, const char *list_name, str code)
{
    const struct code_list *list =
        codes_list(writing->rights->node.catalog->codes, str_c(list_name));
    const struct code *found = list ? code_get(list, code) : NULL;
    return found ? code_name(found, writing->language) : code;
}

/* ---- what was decided ---- */

static bool is_because(const struct life_request *request, const struct field *field)
{
    for (size_t i = 0; i < request->because_count; i++)
        if (request->because[i] == field)
            return true;
    return false;
}

static str reason_of(const struct writing *writing)
{
    const struct record *record = &writing->ticket->record;
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = record->values[i].field;
        const struct code *code = is_because(writing->request, field) && field->list
                                      ? code_get(field->list, record->values[i].value.norm)
                                      : NULL;
        if (code)
            return code_name(code, writing->language);
    }
    return STR_EMPTY;
}

/* The step that decided; NULL: nothing is decided, or not yet carried out. */
static const struct flow_step *decision_of(const struct flow_ticket *ticket)
{
    const struct flow_step *found = NULL;
    for (size_t i = 0; i < ticket->history_count && !found; i++)
        if (ticket->history[i].state->answer != ANSWER_NONE)
            found = &ticket->history[i];
    bool is_of_owner = ticket->brief.subject.number != 0;
    return found && is_of_owner && ticket->brief.state == found->state ? NULL : found;
}

static bool was_blocked(const struct flow_ticket *ticket)
{
    const struct life *life = ticket->brief.definition->life;
    for (size_t i = 0; i < ticket->history_count; i++)
        for (size_t k = 0; k < life->move_count; k++)
            if (life->moves[k].effect == DOES_BLOCK &&
                &life->states[life->moves[k].to] == ticket->history[i].state)
                return true;
    return false;
}

/* ---- what is held ---- */

static bool is_left_out(const struct writing *writing, const struct field *field)
{
    const struct record *record = &writing->ticket->record;
    if (field->read_roles || field->read_purposes || field->is_retired)
        return true; /* for some readers only */
    for (size_t i = 0; i < record->count; i++) {
        str name = record->values[i].value.norm;
        if (record->values[i].field == writing->request->left_out &&
            (str_eq(name, field->path) || (field->parent && str_eq(name, field->parent->path))))
            return true;
    }
    return false;
}

static str title_of(const struct writing *writing, const str titles[LANGUAGE_COUNT])
{
    str title = titles[writing->language];
    return title.len ? title : titles[LANGUAGE_EN];
}

static void tell_value(struct writing *writing, const struct field_value *value)
{
    const struct field *field = value->field;
    const struct code *code = field->list ? code_get(field->list, value->value.norm) : NULL;
    struct buf text = {.max = 64 << 10};
    if (is_left_out(writing, field))
        return;
    buf_add(&text, title_of(writing, field->title));
    buf_add(&text, S(": "));
    if (code)
        buf_add(&text, code_name(code, writing->language));
    else
        value->value.type->print(&value->value, &text);
    node_add(writing->lines, node_text(writing->arena, arena_str(writing->arena, buf_str(&text))));
    buf_release(&text);
}

static enum err tell_record(struct writing *writing, struct record_id id)
{
    struct stored stored;
    struct record record;
    char day[16];
    TRY(store_read(writing->rights->node.store, id.number, writing->arena, &stored));
    if (stored.is_erased || !stored.body.len) {
        say(writing, "gone", NULL, 0);
        return OK;
    }
    TRY(read_record(writing->rights, &stored, writing->arena, &record));
    day_format(record.envelope.review_on, day);
    const str values[] = {title_of(writing, record.definition->title),
                          name_of(writing, "countries", stored.owner),
                          day_of(writing, stored.entered_us),
                          arena_str(writing->arena, str_c(day))};
    say(writing, "record", values, COUNT_OF(values));
    for (size_t i = 0; i < record.count; i++)
        tell_value(writing, &record.values[i]);
    return OK;
}

/* ---- to whom ---- */

static enum err tell_shown(struct writing *writing, struct record_id id)
{
    struct rights_shown *rows;
    size_t count;
    size_t told = 0;
    TRY(rights_shown(writing->rights->node.audit, id, writing->arena, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        uint64_t days = 0;
        for (size_t k = 0; k < count; k++) {
            bool is_same =
                str_eq(rows[k].role, rows[i].role) && str_eq(rows[k].purpose, rows[i].purpose);
            days += is_same;
            if (is_same && k < i) { /* told with an earlier row */
                days = 0;
                break;
            }
        }
        if (!days)
            continue;
        const str values[] = {name_of(writing, "audiences", rows[i].role),
                              name_of(writing, "purposes", rows[i].purpose),
                              arena_printf(writing->arena, "%llu", (unsigned long long)days)};
        say(writing, "shown-line", values, COUNT_OF(values));
        told++;
    }
    if (!told)
        say(writing, "shown-none", NULL, 0);
    return OK;
}

static enum err tell_held(struct writing *writing)
{
    struct record_id ids[RIGHTS_RECORDS_MAX];
    size_t count = rights_about(writing->ticket, ids);
    begin_part(writing, text_of(writing, "held"));
    for (size_t i = 0; i < count; i++)
        TRY(tell_record(writing, ids[i]));
    begin_part(writing, text_of(writing, "shown"));
    for (size_t i = 0; i < count; i++)
        TRY(tell_shown(writing, ids[i]));
    return OK;
}

/* ---- put together ---- */

static void tell_request(struct writing *writing)
{
    char id[RECORD_ID_TEXT], code[40];
    const struct flow_brief *brief = &writing->ticket->brief;
    const str values[] = {day_of(writing, brief->opened_us),
                          arena_str(writing->arena, str_c(record_id_format(brief->id, id)))};
    begin_part(writing, text_of(writing, "request"));
    snprintf(code, sizeof code, "request-%s", life_right_word(writing->request->right));
    say(writing, code, values, COUNT_OF(values));
}

/* Granted, wholly where no reason is given for the rest. */
static enum err tell_granted(struct writing *writing, const struct flow_step *decision)
{
    char code[40];
    str reason = reason_of(writing);
    bool is_access = writing->request->right == RIGHT_TO_ACCESS;
    const str dated[] = {day_of(writing, decision->time_us), reason};
    snprintf(code, sizeof code, "%s-%s", life_right_word(writing->request->right),
             reason.len ? "partly" : "granted");
    say(writing, code, is_access ? &dated[1] : dated, is_access ? 1 : 2);
    if (was_blocked(writing->ticket))
        say(writing, "blocked", NULL, 0);
    return is_access ? tell_held(writing) : OK;
}

static enum err tell_result(struct writing *writing, const struct flow_step *decision)
{
    const struct flow_ticket *ticket = writing->ticket;
    str reason = reason_of(writing);
    enum life_answer answer = decision->state->answer;
    begin_part(writing, text_of(writing, "result"));
    bool is_withheld = life_is_withheld(ticket->brief.definition->life, &ticket->record);
    if (is_withheld || answer == ANSWER_NOT_CONFIRMED)
        say(writing, "neither", NULL, 0);
    else if (answer == ANSWER_CONFIRMED)
        return tell_granted(writing, decision);
    else
        say(writing, ticket->brief.subject.number ? "refused" : "not-admitted", &reason, 1);
    return OK;
}

static void tell_remedies(struct writing *writing)
{
    begin_part(writing, text_of(writing, "remedies"));
    say(writing, "remedy-authority", NULL, 0);
    say(writing, "remedy-network", NULL, 0);
    say(writing, "remedy-court", NULL, 0);
}

enum err rights_answer(struct rights *rights, const struct flow_ticket *ticket,
                       enum language language, struct arena *arena, struct node **ret)
{
    const struct life *life = ticket->brief.definition->life;
    const struct flow_step *decision = decision_of(ticket);
    struct writing writing = {.rights = rights,
                              .ticket = ticket,
                              .request = life->request,
                              .language = language,
                              .arena = arena,
                              .parts = node_list(arena)};
    if (!life->request)
        return err_set(ERR_CONFLICT, "only a person's request is answered to a person");
    if (!decision)
        return err_set(ERR_CONFLICT, "nothing is decided and carried out yet");
    tell_request(&writing);
    TRY(tell_result(&writing, decision));
    tell_remedies(&writing);
    struct node *answer = node_map(arena);
    node_put_text(arena, answer, S("title"), text_of(&writing, "title"));
    node_put_text(arena, answer, S("day"), day_of(&writing, clock_now_us()));
    node_put(answer, S("parts"), writing.parts);
    *ret = answer;
    return OK;
}
