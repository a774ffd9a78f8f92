/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transparency report: what a node did in whole months, in figures that point at nobody. Every
 * figure is rounded down to a multiple of five and not told below five: two reports over periods
 * that overlap then differ by nothing that one more person makes. Periods are whole months for the
 * same reason. Reasons that officers have typed are not in it, only the words the program gives.
 */
#include <stdio.h>

#include "rights/internal.h"

enum { ROWS_MAX = 500, ROUND_TO = 5 };

struct report_row {
    const char *section;
    str key, title;
    uint64_t count;
};
struct rights_report {
    struct rights *rights;
    struct arena *arena;
    enum language language;
    str country, from, to;
    int64_t from_us, to_us;
    struct report_row *rows;
    size_t count;
};

static const char *const sections[] = {"searches", "results",    "accesses",      "tickets",
                                       "refusals", "requests",   "requests-late", "deletions",
                                       "measures", "emergencies"};

/* ---- words ---- */

static str word_in(const struct rights_report *report, const char *list_name, str code)
{
    const struct code_list *list =
        codes_list(report->rights->node.catalog->codes, str_c(list_name));
    const struct code *found = list ? code_get(list, code) : NULL;
    return found ? code_name(found, report->language) : code;
}

static str word_of(const struct rights_report *report, const char *code)
{
    return word_in(report, "report-texts", str_c(code));
}

void rights_report_add(struct rights_report *report, const char *section, const char *list, str key,
                       uint64_t count)
{
    struct report_row *row = NULL;
    for (size_t i = 0; i < report->count && !row; i++)
        if (strcmp(report->rows[i].section, section) == 0 && str_eq(report->rows[i].key, key))
            row = &report->rows[i];
    if (!row && report->count < ROWS_MAX) {
        row = &report->rows[report->count++];
        *row = (struct report_row){.section = section, .key = arena_str(report->arena, key)};
        row->title = arena_str(report->arena, word_in(report, list ? list : "report-texts", key));
    }
    if (row)
        row->count += count;
}

static void add_word(struct rights_report *report, const char *section, const char *key,
                     uint64_t count)
{
    rights_report_add(report, section, NULL, str_c(key), count);
}

/* ---- tickets, requests ---- */

static bool is_of(const struct rights_report *report, str country)
{
    return !report->country.len || str_eq(report->country, country);
}

static bool is_within(const struct rights_report *report, int64_t time_us)
{
    return time_us >= report->from_us && time_us < report->to_us;
}

/* The reasons, by code, that led to a refusal: codes among what its moves ask for. */
static void add_reasons(struct rights_report *report, const struct flow_counted *ticket)
{
    const struct life *life = ticket->definition->life;
    for (size_t i = 0; i < life->move_count; i++) {
        const struct life_move *move = &life->moves[i];
        bool is_refusal =
            life->states[move->to].answer == ANSWER_REFUSED && ticket->at_us[move->to];
        for (size_t k = 0; is_refusal && k < move->require_count; k++)
            for (size_t v = 0; v < ticket->record->count; v++) {
                const struct field *field = ticket->record->values[v].field;
                bool is_it = field == move->requires[k] && field->list;
                if (is_it && (!life->request || (life->request->because_count &&
                                                 field->list == life->request->because[0]->list)))
                    rights_report_add(report, "refusals",
                                      arena_str(report->arena, field->list->name).ptr,
                                      ticket->record->values[v].value.norm, 1);
            }
    }
}

static str title_of(const struct rights_report *report, const str titles[LANGUAGE_COUNT])
{
    return titles[report->language].len ? titles[report->language] : titles[LANGUAGE_EN];
}

static const struct life_state *outcome_of(const struct flow_counted *ticket)
{
    const struct life *life = ticket->definition->life;
    for (size_t i = 0; i < life->state_count; i++)
        if (life->states[i].answer != ANSWER_NONE && ticket->at_us[i])
            return &life->states[i];
    return NULL;
}

static void add_request(struct rights_report *report, const struct flow_counted *ticket)
{
    const struct life_state *outcome = outcome_of(ticket);
    bool is_late = false;
    for (int i = 0; i < PARTY_COUNT; i++)
        is_late |= ticket->late[i] != 0;
    str key = arena_printf(report->arena, "%.*s/%.*s", STR(ticket->definition->name),
                           STR(outcome ? outcome->name : S("open")));
    str title =
        arena_printf(report->arena, "%.*s: %.*s", STR(title_of(report, ticket->definition->title)),
                     STR(outcome ? title_of(report, outcome->title) : word_of(report, "open")));
    rights_report_add(report, "requests", NULL, key, 1);
    for (size_t i = 0; i < report->count; i++)
        if (str_eq(report->rows[i].key, key))
            report->rows[i].title = title;
    add_word(report, "requests-late", is_late ? "late" : "on-time", 1);
}

static void add_question(struct rights_report *report, const struct flow_counted *ticket)
{
    static const char *const words[] = {[ANSWER_NONE] = "open",
                                        [ANSWER_CONFIRMED] = "confirmed",
                                        [ANSWER_NOT_CONFIRMED] = "not-confirmed",
                                        [ANSWER_REFUSED] = "refused"};
    const struct life_state *outcome = outcome_of(ticket);
    add_word(report, "tickets", "asked", 1);
    add_word(report, "tickets", words[outcome ? outcome->answer : ANSWER_NONE], 1);
    add_word(report, "tickets", "late", ticket->late[PARTY_OWNER] != 0);
    add_word(report, "tickets", "false", ticket->is_false);
}

static enum err count_ticket(void *context, const struct flow_counted *ticket)
{
    struct rights_report *report = context;
    bool is_request = ticket->definition->life->request != NULL;
    if (ticket->is_test || !is_within(report, ticket->opened_us) ||
        !is_of(report, is_request ? ticket->asker.country : ticket->owner.country))
        return OK;
    if (is_request)
        add_request(report, ticket);
    else
        add_question(report, ticket);
    add_reasons(report, ticket);
    return OK;
}

/* ---- deletions, measures, emergencies ---- */

struct counting_deletions {
    struct rights_report *report;
    struct arena arena;
};

static enum err count_deletion(void *context, const struct stored *stored)
{
    struct counting_deletions *counting = context;
    struct rights_report *report = counting->report;
    struct keep_certificate certificate;
    arena_reset(&counting->arena);
    if (!is_of(report, stored->owner) || stored->is_erased ||
        keep_read_certificate(report->rights->node.keep, stored, &counting->arena, &certificate) !=
            OK) {
        err_clear();
        return OK;
    }
    bool is_over = str_eq(certificate.reason, S("review date passed")) ||
                   str_eq(certificate.reason, S("purpose achieved"));
    bool is_asked = str_starts(certificate.reason, S("on request of the person"));
    if (is_within(report, certificate.deleted_us))
        add_word(report, "deletions",
                 is_over    ? "review-passed"
                 : is_asked ? "on-request"
                            : "by-owner",
                 1);
    return OK;
}

static enum err count_deletions(struct rights_report *report)
{
    const struct rights_node *node = &report->rights->node;
    const struct definition *definition = keep_certificate_definition(node->keep);
    struct counting_deletions counting = {.report = report};
    if (!definition)
        return OK;
    enum err code = store_each(node->store, definition->name, count_deletion, &counting);
    arena_release(&counting.arena);
    return code;
}

static const struct actor everybody = {.officer = {"node", 4},
                                       .role = {"system", 6},
                                       .may_administer = true,
                                       .may_audit = true};

static enum err count_measures(struct rights_report *report)
{
    struct identity_measure *measures = NULL;
    size_t count = 0;
    TRY(identity_measures(report->rights->node.identity, &everybody, report->arena, &measures,
                          &count));
    for (size_t i = 0; i < count; i++)
        if (is_of(report, measures[i].country) && measures[i].from_us < report->to_us &&
            (!measures[i].until_us || measures[i].until_us >= report->from_us))
            rights_report_add(report, "measures", "measure-kinds", measures[i].kind, 1);
    return OK;
}

static enum err count_emergencies(struct rights_report *report)
{
    struct identity_grant *grants = NULL;
    size_t count = 0;
    TRY(identity_grants(report->rights->node.identity, &everybody, report->arena, &grants, &count));
    for (size_t i = 0; i < count; i++) {
        if (!grants[i].of.len || !is_of(report, grants[i].country) ||
            !is_within(report, grants[i].from_us))
            continue;
        add_word(report, "emergencies", "taken", 1);
        add_word(report, "emergencies", "reviewed", grants[i].reviewed_by.len != 0);
    }
    return OK;
}

/* ---- the report ---- */

static struct day month_begin(struct day day)
{
    day.day = 1;
    return day;
}

static struct day month_after(struct day day)
{
    return day.month == 12 ? (struct day){day.year + 1, 1, 1}
                           : (struct day){day.year, (uint8_t)(day.month + 1), 1};
}

enum err rights_report_new(struct rights *rights, struct day from, struct day to, str country,
                           enum language language, struct arena *arena, struct rights_report **ret)
{
    char text[16];
    struct rights_report *report = arena_new(arena, struct rights_report);
    struct day first = month_begin(from), next = month_after(to);
    if (!report || day_number(first) >= day_number(next))
        return err_set(ERR_BAD_VALUE, "the period ends before it begins");
    *report = (struct rights_report){.rights = rights,
                                     .arena = arena,
                                     .language = language,
                                     .country = country,
                                     .rows = arena_array(arena, struct report_row, ROWS_MAX)};
    if (!report->rows)
        return err_last()->code;
    report->from = arena_str(arena, str_c(day_format(first, text)));
    report->to = arena_str(arena, str_c(day_format(day_of_number(day_number(next) - 1), text)));
    report->from_us = (int64_t)day_number(first) * 86400000000;
    report->to_us = (int64_t)day_number(next) * 86400000000;
    TRY(flow_each(rights->node.flow, count_ticket, report));
    TRY(count_deletions(report));
    TRY(count_measures(report));
    TRY(count_emergencies(report));
    *ret = report;
    return OK;
}

void rights_report_period(const struct rights_report *report, str *ret_from, str *ret_to)
{
    *ret_from = report->from;
    *ret_to = report->to;
}

static void put_rows(const struct rights_report *report, const char *section, struct node *list)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct report_row *row = &report->rows[i];
        struct node *item = node_map(report->arena);
        bool is_few = row->count < ROUND_TO;
        if (strcmp(row->section, section) != 0 || row->count == 0)
            continue;
        node_put_text(report->arena, item, S("key"), row->key);
        node_put_text(report->arena, item, S("title"), row->title);
        if (!is_few)
            node_put_number(report->arena, item, S("count"),
                            (int64_t)(row->count / ROUND_TO * ROUND_TO));
        node_put_bool(report->arena, item, S("few"), is_few);
        node_add(list, item);
    }
}

static str filled(const struct rights_report *report, const char *code)
{
    str text = word_of(report, code);
    struct buf out = {.max = 4096};
    for (size_t i = 0; i < text.len; i++) {
        bool is_place = text.ptr[i] == '{' && i + 2 < text.len;
        if (!is_place) {
            buf_add_char(&out, text.ptr[i]);
            continue;
        }
        buf_add(&out, text.ptr[i + 1] == '1' ? report->from : report->to);
        i += 2;
    }
    str copy = arena_str(report->arena, buf_str(&out));
    buf_release(&out);
    return copy;
}

enum err rights_report_finish(struct rights_report *report, struct node **ret)
{
    struct node *tree = node_map(report->arena), *list = node_list(report->arena);
    node_put_text(report->arena, tree, S("title"), word_of(report, "title"));
    node_put_text(report->arena, tree, S("from"), report->from);
    node_put_text(report->arena, tree, S("to"), report->to);
    node_put_text(report->arena, tree, S("country"), report->country);
    node_put_text(report->arena, tree, S("period"), filled(report, "period"));
    node_put_text(report->arena, tree, S("rounding"), word_of(report, "rounding"));
    node_put_text(report->arena, tree, S("few"), word_of(report, "few"));
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        struct node *section = node_map(report->arena), *rows = node_list(report->arena);
        node_put_text(report->arena, section, S("section"), str_c(sections[i]));
        node_put_text(report->arena, section, S("title"), word_of(report, sections[i]));
        put_rows(report, sections[i], rows);
        node_put(section, S("rows"), rows);
        node_add(list, section);
    }
    node_put(tree, S("sections"), list);
    *ret = tree;
    return OK;
}

/* ---- for people, for tables ---- */

static void print_cell(struct buf *out, str text, bool is_html)
{
    if (!is_html)
        buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (is_html && (c == '<' || c == '&' || c == '>' || c == '"'))
            buf_printf(out, "&#%d;", c);
        else if (!is_html && c == '"')
            buf_add(out, S("\"\""));
        else
            buf_add_char(out, c);
    }
    if (!is_html)
        buf_add_char(out, '"');
}

static void print_row(const struct node *tree, const struct node *section, const struct node *row,
                      bool is_html, struct buf *out)
{
    bool is_few = node_as_bool(node_get(row, S("few")), false);
    str count = is_few ? (is_html ? node_get_text(tree, S("few")) : S("<5"))
                       : node_get_text(row, S("count"));
    buf_add(out, is_html ? S("<tr><td>") : STR_EMPTY);
    if (!is_html) {
        print_cell(out, node_get_text(section, S("section")), false);
        buf_add_char(out, ',');
        print_cell(out, node_get_text(row, S("key")), false);
        buf_add_char(out, ',');
    }
    print_cell(out, node_get_text(row, S("title")), is_html);
    buf_add(out, is_html ? S("</td><td>") : S(","));
    print_cell(out, count, is_html);
    buf_add(out, is_html ? S("</td></tr>\n") : S("\r\n"));
}

static void print_heading(struct buf *out, const char *tag, str text)
{
    buf_printf(out, "<%s>", tag);
    print_cell(out, text, true);
    buf_printf(out, "</%s>\n", tag);
}

void rights_report_print(const struct node *tree, enum language language, bool is_html,
                         struct buf *out)
{
    static const char *const codes[] = {"en", "fr", "es", "ar"};
    if (is_html) {
        buf_printf(out, "<!doctype html><html lang=\"%s\" dir=\"%s\"><meta charset=\"utf-8\">",
                   codes[language], language == LANGUAGE_AR ? "rtl" : "ltr");
        print_heading(out, "title", node_get_text(tree, S("title")));
        print_heading(out, "h1", node_get_text(tree, S("title")));
        print_heading(out, "p", node_get_text(tree, S("period")));
        print_heading(out, "p", node_get_text(tree, S("rounding")));
    } else {
        buf_add(out, S("section,key,title,count\r\n"));
    }
    node_each(section, node_get(tree, S("sections")))
    {
        if (is_html)
            print_heading(out, "h2", node_get_text(section, S("title")));
        buf_add(out, is_html ? S("<table>\n") : STR_EMPTY);
        node_each(row, node_get(section, S("rows"))) print_row(tree, section, row, is_html, out);
        buf_add(out, is_html ? S("</table>\n") : STR_EMPTY);
    }
    buf_add(out, is_html ? S("</html>\n") : STR_EMPTY);
}
