/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of the audit log taken away by an auditor: which files there are, and one of them as a
 * stream. What they hold stays sealed; each one that leaves is an entry of its own.
 */
#include "api/internal.h"

enum { ROOM_WAIT_MS = 60000 };

enum err run_log_files(struct call *call)
{
    struct audit_file *files = NULL;
    size_t count = 0;
    char name[AUDIT_FILE_NAME];
    struct json json = {.out = &call->out};
    TRY(audit_copy_list(call->api->node.audit, call->arena, &files, &count));
    json_open(&json, '[');
    for (size_t i = 0; i < count; i++) {
        audit_file_name(files[i].first, name);
        json_open(&json, '{');
        json_text(&json, S("name"), str_c(name));
        json_number(&json, S("bytes"), (int64_t)files[i].bytes);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

static enum err find_file(struct call *call, uint64_t *ret_first)
{
    struct audit_file *files = NULL;
    size_t count = 0;
    char name[AUDIT_FILE_NAME];
    TRY(audit_copy_list(call->api->node.audit, call->arena, &files, &count));
    for (size_t i = 0; i < count; i++) {
        audit_file_name(files[i].first, name);
        if (!str_eq_c(call->args[0], name))
            continue;
        *ret_first = files[i].first;
        return OK;
    }
    return err_set(ERR_NOT_FOUND, "the log has no such file");
}

enum err stream_whole(void *exchange, str bytes)
{
    enum err code = http_stream_write(exchange, bytes);
    while (code == ERR_BUSY) {
        http_stream_wait_room(exchange, ROOM_WAIT_MS);
        code = http_stream_write(exchange, bytes);
    }
    return code;
}

/* A copy that breaks off is shorter than its file and found out by whoever checks it. */
enum err run_log_file(struct call *call)
{
    uint64_t first = 0;
    struct audit *audit = call->api->node.audit;
    struct audit_entry entry = call_entry(call, AUDIT_EXPORT);
    struct http_answer head = {.status = 200, .content_type = S("application/octet-stream")};
    TRY(find_file(call, &first));
    entry.databases = S("audit");
    entry.verdict = S("copy of the log given");
    TRY(audit_append_wait(audit, &entry, call->receipt));
    add_security_headers(&head, false);
    count_answer(call->api, 200);
    http_stream_begin(call->exchange, &head);
    if (audit_copy(audit, first, stream_whole, call->exchange) != OK)
        err_clear();
    http_stream_end(call->exchange);
    return OK;
}
