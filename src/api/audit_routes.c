/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the audit log, for auditors. Who reads it is on it too. */
#include "api/internal.h"

enum { ENTRIES_MAX = 500 };

struct reading_log {
    struct buf text;
    size_t count;
};

static enum err print_entry(void *context, const struct audit_read *entry)
{
    struct reading_log *log = context;
    struct json json = {.out = &log->text, .is_next = log->count > 0};
    char hex[2 * HASH_SIZE + 1];
    hex_encode(entry->leaf.bytes, HASH_SIZE, hex);
    json_open(&json, '{');
    json_number(&json, S("number"), (int64_t)entry->number);
    json_text(&json, S("leaf"), str_c(hex));
    json_bool(&json, S("destroyed"), entry->is_destroyed);
    if (!entry->is_destroyed)
        json_raw(&json, S("entry"), entry->body);
    json_close(&json, '}');
    log->count++;
    return log->text.failed;
}

static void print_log(struct call *call)
{
    struct reading_log *log = call->state;
    buf_add_char(&call->out, '[');
    buf_add(&call->out, buf_str(&log->text));
    buf_add_char(&call->out, ']');
    buf_release(&log->text);
}

static void print_one(struct call *call)
{
    struct reading_log *log = call->state;
    buf_add(&call->out, buf_str(&log->text));
    buf_release(&log->text);
}

static enum err finish_log(struct call *call, struct reading_log *log, enum err code,
                           call_print *print)
{
    if (code) {
        buf_release(&log->text);
        return code;
    }
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = S("audit");
    entry.verdict = S("log read");
    call->state = log;
    return call_finish_audited(call, &entry, print);
}

enum err run_audit_list(struct call *call)
{
    uint64_t before;
    uint64_t max;
    struct record_id id = {0};
    str record = call_query(call, S("record"));
    struct reading_log *log = arena_new(call->arena, struct reading_log);
    if (!log)
        return err_last()->code;
    TRY(call_query_number(call, S("before"), UINT64_MAX >> 1, UINT64_MAX >> 1, &before));
    TRY(call_query_number(call, S("max"), 100, ENTRIES_MAX, &max));
    if (record.len && !record_id_parse(record, &id))
        return err_set(ERR_BAD_VALUE, "%.*s is not a record's id", STR(record));
    enum err code = audit_scan(call->api->node.audit, id, before, (size_t)max, print_entry, log);
    return finish_log(call, log, code, print_log);
}

enum err run_audit_get(struct call *call)
{
    struct audit_read entry;
    struct reading_log *log = arena_new(call->arena, struct reading_log);
    if (!log)
        return err_last()->code;
    TRY(audit_by_receipt(call->api->node.audit, call->args[0], call->arena, &entry));
    return finish_log(call, log, print_entry(log, &entry), print_one);
}

enum err run_audit_verify(struct call *call)
{
    uint64_t entries = 0;
    struct buf report = {.max = 1 << 20};
    struct buf key = {.max = 1024};
    audit_key(call->api->node.audit, &key);
    enum err code = audit_verify(call->api->node.directory, &entries, &report);
    if (!code) /* and once more, by the reader that shares no code with the first */
        code = audit_check(call->api->node.directory, buf_str(&key), STR_EMPTY, &entries, &report);
    struct err_info why = *err_last();
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_bool(&json, S("ok"), code == OK);
    json_number(&json, S("entries"), (int64_t)entries);
    json_text(&json, S("report"), report.len ? buf_str(&report) : str_c(code ? why.message : ""));
    json_close(&json, '}');
    buf_release(&report);
    buf_release(&key);
    call_finish(call, OK);
    return OK;
}
