/* SPDX-License-Identifier: Apache-2.0 */
/* The transparency report: of one's own country, or of all for the hub and at the machine. */
#include "api/internal.h"

enum { FOLLOW_MAX = 200000 };

struct reporting {
    struct rights_report *report;
    struct node *tree;
    struct buf text;
    str type;
};

static enum err read_day(struct call *call, str name, struct day otherwise, struct day *ret)
{
    str text = call_query(call, name);
    *ret = otherwise;
    if (!text.len || day_parse(text, ret))
        return OK;
    err_set(ERR_BAD_VALUE, "%.*s is not a day, as 2026-01-31", STR(str_slice(text, 0, 32)));
    return err_field("%.*s", STR(name));
}

static enum err read_country(struct call *call, str *ret)
{
    const struct actor *actor = &call->actor;
    bool is_reader = str_eq(actor->role, S("data-protection")) ||
                     str_eq(actor->role, S("national-bureau")) || actor->may_audit;
    bool is_of_all = str_eq(actor->role, S("hub")) || !actor->country.len;
    *ret = is_of_all ? STR_EMPTY : actor->country;
    if (is_reader || is_of_all)
        return OK;
    return err_set(ERR_DENIED,
                   "officer %.*s is neither of data protection, an auditor nor of a national "
                   "bureau or the hub",
                   STR(actor->officer));
}

static void count_access(void *context, const struct review_count *count)
{
    struct rights_report *report = context;
    bool is_search = !str_eq(count->verdict, S("-"));
    if (is_search) {
        rights_report_add(report, "searches", "purposes", count->purpose, count->count);
        rights_report_add(report, "results", NULL, count->verdict, count->count);
    } else {
        rights_report_add(report, "accesses", NULL, count->kind, count->count);
    }
}

static enum err make_report(struct call *call, struct reporting *reporting)
{
    const struct api_node *node = &call->api->node;
    struct day today = day_today(), from, to;
    str country, from_text, to_text;
    TRY(read_country(call, &country));
    TRY(read_day(call, S("from"), (struct day){today.year, 1, 1}, &from));
    TRY(read_day(call, S("to"), today, &to));
    TRY(review_follow(node->review, FOLLOW_MAX, NULL));
    TRY(rights_report_new(node->rights, from, to, country, call->language, call->arena,
                          &reporting->report));
    rights_report_period(reporting->report, &from_text, &to_text);
    TRY(review_statistics(node->review, from_text, to_text, country, count_access,
                          reporting->report));
    return rights_report_finish(reporting->report, &reporting->tree);
}

static enum err write_report(struct call *call, struct reporting *reporting)
{
    str form = call_query(call, S("form"));
    bool is_html = str_eq(form, S("html"));
    reporting->text.max = 4 << 20;
    reporting->type = S("application/json");
    if (!form.len || str_eq(form, S("json"))) {
        json_write(&reporting->text, reporting->tree);
        return OK;
    }
    if (!is_html && !str_eq(form, S("csv"))) {
        err_set(ERR_BAD_VALUE, "%.*s is not one of json csv html", STR(str_slice(form, 0, 16)));
        return err_field("form");
    }
    reporting->type = is_html ? S("text/html; charset=utf-8") : S("text/csv; charset=utf-8");
    rights_report_print(reporting->tree, call->language, is_html, &reporting->text);
    return OK;
}

static void print_report(struct call *call)
{
    struct reporting *reporting = call->state;
    buf_add(&call->out, buf_str(&reporting->text));
    call->content_type = reporting->type;
    buf_release(&reporting->text);
}

enum err run_rights_report(struct call *call)
{
    struct reporting *reporting = arena_new(call->arena, struct reporting);
    if (!reporting)
        return err_last()->code;
    enum err code = make_report(call, reporting);
    if (!code)
        code = write_report(call, reporting);
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = S("audit");
    entry.verdict = S("transparency report made");
    call->state = reporting;
    if (!code)
        code = call_finish_audited(call, &entry, print_report);
    if (code)
        buf_release(&reporting->text);
    return code;
}
