/* SPDX-License-Identifier: Apache-2.0 */
/* Imports and the jobs they and other long work run as. */
#include <stdio.h>

#include "api/changing.h"
#include "model/reference.h"

enum { FILES_MAX = 16, JOB_WAIT_MAX_S = 60 };

enum err allow_targets(struct call *call, str format, str owner)
{
    const str *targets = NULL;
    size_t count = 0;
    TRY(intake_targets(&call->api->intake, format, call->arena, &targets, &count));
    for (size_t i = 0; i < count; i++)
        TRY(policy_allow(call->api->node.catalog, &call->actor, POLICY_IMPORT,
                         catalog_find(call->api->node.catalog, targets[i]), owner));
    return OK;
}

static enum err read_files(struct call *call, struct intake_request *request)
{
    const struct node *list = node_get(call->body, S("files"));
    if (!list || list->kind != NODE_LIST || list->count == 0 || list->count > FILES_MAX) {
        err_set(ERR_MISSING, "files is not a list of 1 to %d paths", FILES_MAX);
        return err_field("files");
    }
    const char **files = arena_array(call->arena, const char *, list->count);
    if (!files)
        return err_last()->code;
    node_each(item, list)
    {
        if (item->kind != NODE_TEXT || item->text.len == 0 || item->text.ptr[0] != '/')
            return err_set(ERR_BAD_VALUE, "%.*s is not an absolute path", STR(node_as_text(item)));
        files[request->file_count++] = arena_str(call->arena, item->text).ptr;
    }
    request->files = files;
    return OK;
}

/* On the record before it starts; the thread of this lane waits for that. */
static enum err put_on_record(struct call *call, enum audit_kind kind, str query,
                              const char *verdict)
{
    struct audit_entry entry = call_entry(call, kind);
    entry.query = query;
    entry.verdict = str_c(verdict);
    return audit_append_wait(call->api->node.audit, &entry, call->receipt);
}

static enum err read_drop_limit(struct call *call, unsigned *ret)
{
    uint64_t percent = 0;
    const struct node *node = node_get(call->body, S("drop_limit"));
    if (node && (!str_to_u64(node_as_text(node), 100, &percent) || percent == 0)) {
        err_set(ERR_BAD_VALUE, "%.*s is not a share from 1 to 100 percent",
                STR(str_slice(node_as_text(node), 0, 32)));
        return err_field("drop_limit");
    }
    *ret = (unsigned)percent;
    return OK;
}

/* What the databases of a format need for an undoing; and, at the machine, whether the owner may
 * write to them at all. */
static enum err ask_needs(struct call *call, str format, str owner, enum gate_kind kind,
                          unsigned *ret)
{
    const str *targets = NULL;
    size_t count = 0;
    unsigned needs;
    *ret = 0;
    TRY(intake_targets(&call->api->intake, format, call->arena, &targets, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(call_needs(call, catalog_find(call->api->node.catalog, targets[i]), owner, kind, NULL,
                       NULL, &needs));
        *ret |= needs;
    }
    return OK;
}

/* Of the databases that the batch wrote to, as its report has them. */
static enum err ask_undo(struct call *call, const struct node *batch, unsigned *ret)
{
    unsigned needs;
    str owner = node_get_text(batch, S("owner"));
    const struct node *records = node_get(node_get(batch, S("report")), S("records"));
    if (!records)
        return ask_needs(call, node_get_text(batch, S("format")), owner, GATE_UNDO, ret);
    node_each(one, records)
    {
        TRY(call_needs(call, catalog_find(call->api->node.catalog, one->key), owner, GATE_UNDO,
                       NULL, NULL, &needs));
        *ret |= needs;
    }
    return OK;
}

/* What must wait of an import is known when the file has been read; a file of bodies names the
 * owners itself, and where some of them may have to wait it is said whose they are. */
static enum err ask_import(struct call *call, str format, str owner)
{
    unsigned needs = 0;
    const struct catalog *catalog = call->api->node.catalog;
    bool is_some = identity_has_measures(call->api->node.identity);
    TRY(ask_needs(call, format, owner, GATE_IMPORT, &needs));
    for (size_t i = 0; i < catalog->count; i++)
        is_some |= catalog->definitions[i]->screen.import_needs_second ||
                   catalog->definitions[i]->screen.needs_second;
    if (owner.len || !is_some)
        return OK;
    err_set(ERR_MISSING, "whose records are these? changes of some wait for approval");
    return err_field("owner");
}

enum err run_imports_start(struct call *call)
{
    struct intake_request request = {.owner = node_get_text(call->body, S("owner")),
                                     .unit = node_get_text(call->body, S("unit")),
                                     .actor = call->actor.officer};
    uint64_t job;
    TRY(call_body_text(call, S("format"), &request.format));
    TRY(read_files(call, &request));
    request.is_dry_run = node_as_bool(node_get(call->body, S("dry_run")), false);
    request.is_accepted = node_as_bool(node_get(call->body, S("accept")), false);
    request.is_full = node_as_bool(node_get(call->body, S("full")), false);
    TRY(read_drop_limit(call, &request.drop_percent));
    str annotated = node_get_text(call->body, S("annotated"));
    if (annotated.len)
        request.annotated = arena_str(call->arena, annotated).ptr;
    str owner = request.owner;
    TRY(intake_owner(&call->api->intake, request.format, call->arena, &owner));
    TRY(allow_targets(call, request.format, owner));
    TRY(ask_import(call, request.format, owner));
    struct buf query = {.max = 64 << 10};
    json_write(&query, call->body);
    enum err code = put_on_record(call, AUDIT_IMPORT, buf_str(&query),
                                  request.is_dry_run ? "dry run" : "started");
    buf_release(&query);
    TRY(code);
    TRY(intake_start(call->api->node.jobs, &call->api->intake, &request, &job));
    return call_finish_job(call, job);
}

static enum err allow_imports(struct call *call)
{
    return policy_allow(call->api->node.catalog, &call->actor, POLICY_IMPORT, NULL, STR_EMPTY);
}

static enum err answer_node(struct call *call, const struct node *node)
{
    json_write(&call->out, node);
    call_finish(call, OK);
    return OK;
}

enum err run_imports_list(struct call *call)
{
    struct node *list = NULL;
    bool is_of_all = policy_is_keeper(&call->actor, STR_EMPTY);
    TRY(allow_imports(call));
    TRY(intake_batches(&call->api->intake, is_of_all ? STR_EMPTY : call->actor.country, 100,
                       call->arena, &list));
    return answer_node(call, list);
}

/* A batch quotes what was in the files: it is there for those who keep its owner's records. */
static enum err read_batch(struct call *call, uint64_t batch, struct node **ret)
{
    enum err code = intake_batch(&call->api->intake, batch, call->arena, ret);
    if (code && code != ERR_NOT_FOUND && code != ERR_GONE)
        return code;
    if (code || !policy_is_keeper(&call->actor, node_get_text(*ret, S("owner"))))
        return err_set(ERR_NOT_FOUND, "there is no import %.*s",
                       STR(str_slice(call->args[0], 0, 40)));
    return OK;
}

static enum err batch_number(struct call *call, uint64_t *ret)
{
    if (intake_batch_find(&call->api->intake, call->args[0], ret))
        return OK;
    return err_set(ERR_NOT_FOUND, "there is no import %.*s", STR(str_slice(call->args[0], 0, 40)));
}

enum err run_import_get(struct call *call)
{
    struct node *report = NULL;
    uint64_t batch;
    TRY(allow_imports(call));
    TRY(batch_number(call, &batch));
    TRY(read_batch(call, batch, &report));
    return answer_node(call, report);
}

static void print_forgotten(struct call *call)
{
    const struct committed *done = call->state;
    char id[RECORD_ID_TEXT];
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_text(&json, S("id"), str_c(record_id_format(done->id, id)));
    json_number(&json, S("version"), done->version);
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
}

enum err run_import_forget(struct call *call)
{
    uint64_t batch;
    struct node *report = NULL;
    struct committed *done = arena_new(call->arena, struct committed);
    if (!done)
        return err_last()->code;
    TRY(allow_imports(call));
    TRY(batch_number(call, &batch));
    TRY(read_batch(call, batch, &report));
    TRY(allow_targets(call, node_get_text(report, S("format")), node_get_text(report, S("owner"))));
    TRY(intake_forget(&call->api->intake, batch, call->actor.officer, done));
    struct audit_entry entry = call_entry(call, AUDIT_IMPORT);
    entry.query = arena_printf(call->arena, "{\"forget\":\"%.*s\"}", STR(call->args[0]));
    entry.verdict = S("forgotten");
    call->state = done;
    return call_finish_audited(call, &entry, print_forgotten);
}

enum err run_import_undo(struct call *call)
{
    uint64_t batch;
    uint64_t job;
    struct node *report = NULL;
    TRY(allow_imports(call));
    TRY(batch_number(call, &batch));
    TRY(read_batch(call, batch, &report));
    str format = node_get_text(report, S("format"));
    str owner = node_get_text(report, S("owner"));
    unsigned needs = 0;
    TRY(allow_targets(call, format, owner));
    TRY(ask_undo(call, report, &needs));
    if (needs)
        return call_propose(call, &(struct gate_draft){.kind = GATE_UNDO,
                                                       .database = format,
                                                       .owner = owner,
                                                       .record = call->args[0],
                                                       .needs = needs,
                                                       .officer = call->actor.officer,
                                                       .unit = call->actor.unit});
    TRY(put_on_record(call, AUDIT_IMPORT,
                      arena_printf(call->arena, "{\"undo\":\"%.*s\"}", STR(call->args[0])),
                      "undo started"));
    TRY(intake_undo_start(call->api->node.jobs, &call->api->intake, batch, call->actor.officer,
                          &job));
    return call_finish_job(call, job);
}

enum err run_formats(struct call *call)
{
    struct node *list = NULL;
    TRY(intake_formats(&call->api->intake, call->arena, &list));
    return answer_node(call, list);
}

enum err run_template(struct call *call)
{
    const struct definition *definition;
    TRY(call_definition(call, call->args[0], &definition));
    TRY(catalog_template_csv(call->api->node.catalog, definition, &call->out));
    call->content_type = S("text/csv; charset=utf-8");
    call_finish(call, OK);
    return OK;
}

enum err run_preview(struct call *call)
{
    str path;
    struct node *preview = NULL;
    TRY(call_body_text(call, S("file"), &path));
    TRY(allow_imports(call));
    TRY(intake_preview(&call->api->intake, node_get_text(call->body, S("format")),
                       arena_str(call->arena, path).ptr, node_get_text(call->body, S("encoding")),
                       call->arena, &preview));
    return answer_node(call, preview);
}

/* ---- jobs ---- */

struct watching {
    uint64_t id, seen;
};

static str job_word(enum job_state state)
{
    static const str words[] = {[JOB_WAITING] = S("waiting"),
                                [JOB_RUNNING] = S("running"),
                                [JOB_DONE] = S("done"),
                                [JOB_FAILED] = S("failed"),
                                [JOB_CANCELLED] = S("cancelled")};
    return words[state];
}

static void print_rate(struct json *json, const struct job_status *status)
{
    int64_t end_us = status->ended_us ? status->ended_us : clock_monotonic_us();
    double seconds = (double)(end_us - status->started_us) / 1e6;
    if (!status->started_us || seconds <= 0 || !status->done)
        return;
    double rate = (double)status->done / seconds;
    json_real(json, S("rate"), rate, 1);
    json_real(json, S("seconds"), seconds, 3);
    if (status->total > status->done && !status->ended_us)
        json_real(json, S("left_s"), (double)(status->total - status->done) / rate, 0);
}

static enum err print_status(struct call *call)
{
    const struct watching *watching = call->state;
    struct jobs *jobs = call->api->node.jobs;
    struct job_status status;
    str result;
    TRY(job_status(jobs, watching->id, &status));
    TRY(job_read_result(jobs, watching->id, call->arena, &result));
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_number(&json, S("id"), (int64_t)status.id);
    json_text(&json, S("kind"), str_c(status.kind));
    json_text(&json, S("state"), job_word(status.state));
    json_number(&json, S("done"), (int64_t)status.done);
    json_number(&json, S("total"), (int64_t)status.total);
    json_text(&json, S("unit"), str_c(status.unit));
    json_text(&json, S("step"), str_c(status.step));
    print_rate(&json, &status);
    if (result.len)
        json_raw(&json, S("result"), result);
    if (status.failure.code) {
        json_key(&json, S("error"));
        struct buf problem = {.max = 8192};
        problem_print(&problem, &status.failure, err_http_status(status.failure.code));
        json_raw(&json, STR_EMPTY, buf_str(&problem));
        buf_release(&problem);
    }
    json_close(&json, '}');
    call_finish(call, OK);
    return OK;
}

static bool has_moved(struct call *call)
{
    const struct watching *watching = call->state;
    struct job_status status;
    if (job_status(call->api->node.jobs, watching->id, &status) != OK)
        return true;
    return status.state >= JOB_DONE || status.done != watching->seen;
}

/* A job is there for who started it, and for whoever is at the machine. */
static enum err find_job(struct call *call, uint64_t *ret_id, struct job_status *ret)
{
    if (!str_to_u64(call->args[0], INT64_MAX, ret_id))
        return err_set(ERR_BAD_VALUE, "%.*s is not a job's number", STR(call->args[0]));
    TRY(job_status(call->api->node.jobs, *ret_id, ret));
    if (str_eq_c(call->actor.officer, ret->owner) || policy_is_keeper(&call->actor, STR_EMPTY))
        return OK;
    return err_set(ERR_NOT_FOUND, "there is no job %llu", (unsigned long long)*ret_id);
}

enum err run_job_get(struct call *call)
{
    uint64_t wait_s;
    struct job_status status;
    struct watching *watching = arena_new(call->arena, struct watching);
    if (!watching)
        return err_last()->code;
    TRY(find_job(call, &watching->id, &status));
    TRY(call_query_number(call, S("wait"), 0, JOB_WAIT_MAX_S, &wait_s));
    TRY(call_query_number(call, S("seen"), status.done, INT64_MAX, &watching->seen));
    call->state = watching;
    call->is_ready = has_moved;
    call->resume = print_status;
    if (wait_s == 0 || has_moved(call))
        return print_status(call);
    call->deadline_us = clock_monotonic_us() + (int64_t)wait_s * 1000000;
    return waiting_enter(call->api->waiting, call);
}

enum err run_job_cancel(struct call *call)
{
    uint64_t id;
    struct job_status status;
    TRY(find_job(call, &id, &status));
    TRY(job_cancel(call->api->node.jobs, id));
    call_finish(call, OK);
    return OK;
}
