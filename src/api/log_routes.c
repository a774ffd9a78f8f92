/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log as others can check it: checkpoint, tiles, proofs, and countersignatures. Nothing
 * here tells what an entry says but to auditors; a hash tells nobody anything, since it is salted.
 */
#include "api/internal.h"

static enum err finish_text(struct call *call, str type)
{
    call->content_type = type;
    call_finish(call, OK);
    return OK;
}

static enum err finish_plain(struct call *call)
{
    return finish_text(call, S("text/plain; charset=utf-8"));
}

enum err run_log_key(struct call *call)
{
    audit_key(call->api->node.audit, &call->out);
    buf_add_char(&call->out, '\n');
    return finish_plain(call);
}

/* How the key came to be another, for those who hold an earlier one; empty: it is the first. */
enum err run_log_key_changes(struct call *call)
{
    TRY(node_key_changes(call->api->node.directory, &call->out));
    return finish_plain(call);
}

enum err run_log_checkpoint(struct call *call)
{
    TRY(audit_checkpoint(call->api->node.audit, &call->out));
    return finish_plain(call);
}

/* "x001/x234/067" or the same with ".p/17". */
static enum err read_tile_path(str path, uint64_t *ret_index, unsigned *ret_width)
{
    str piece;
    uint64_t index = 0;
    uint64_t width = 256;
    bool is_last = false;
    while (!is_last && str_split(&path, '/', &piece)) {
        bool is_partial = str_ends(piece, S(".p"));
        is_last = !str_starts(piece, S("x"));
        piece = str_slice(piece, is_last ? 0 : 1, is_partial ? 3 : piece.len);
        uint64_t digits = 0;
        if (piece.len != 3 || !str_to_u64(piece, 999, &digits) || index > UINT64_MAX / 2000)
            return err_set(ERR_NOT_FOUND, "there is no such tile");
        index = index * 1000 + digits;
        if (is_partial && (!str_to_u64(path, 255, &width) || !width))
            return err_set(ERR_NOT_FOUND, "there is no such tile");
        if (is_partial)
            path = STR_EMPTY;
    }
    if (!is_last || path.len)
        return err_set(ERR_NOT_FOUND, "there is no such tile");
    *ret_index = index;
    *ret_width = (unsigned)width;
    return OK;
}

enum err run_log_tile(struct call *call)
{
    uint64_t level;
    uint64_t index = 0;
    unsigned width = 0;
    if (!str_to_u64(call->args[0], 63, &level))
        return err_set(ERR_NOT_FOUND, "there is no such tile");
    TRY(read_tile_path(call->args[1], &index, &width));
    TRY(audit_tile(call->api->node.audit, (unsigned)level, index, width, &call->out));
    return finish_text(call, S("application/octet-stream"));
}

enum err run_log_consistency(struct call *call)
{
    struct audit *audit = call->api->node.audit;
    uint64_t from;
    uint64_t to;
    TRY(call_query_number(call, S("from"), 0, INT64_MAX, &from));
    TRY(call_query_number(call, S("to"), audit_count(audit), INT64_MAX, &to));
    TRY(audit_consistency(audit, from, to, &call->out));
    return finish_plain(call);
}

static void print_proof(struct call *call)
{
    struct buf *proof = call->state;
    call->content_type = S("text/plain; charset=utf-8");
    buf_add(&call->out, buf_str(proof));
    buf_release(proof);
}

/* Who asks for contents must be an auditor; who holds a receipt may have the proof. */
enum err run_log_proof(struct call *call)
{
    struct audit *audit = call->api->node.audit;
    struct audit_read read;
    struct buf *proof = arena_new(call->arena, struct buf);
    bool has_content = str_eq(call_query(call, S("content")), S("yes"));
    if (!proof)
        return err_last()->code;
    if (has_content && !call->actor.may_audit)
        return err_set(ERR_DENIED, "the contents of an entry are for auditors");
    TRY(audit_by_receipt(audit, call->args[0], call->arena, &read));
    if (has_content && !audit_is_of_own(&call->actor, &read, call->arena))
        return err_set(ERR_DENIED, "what another country's officers asked is for that country");
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = S("audit");
    entry.verdict = S("proof given");
    enum err code = audit_prove(audit, read.number, has_content, proof);
    call->state = proof;
    if (!code)
        code = call_finish_audited(call, &entry, print_proof);
    if (code)
        buf_release(proof);
    return code;
}

/* ---- countersignatures ---- */

static enum err note_act(struct call *call, str verdict, call_print *print)
{
    struct audit_entry entry = call_entry(call, AUDIT_ADMIN);
    entry.databases = S("audit");
    entry.verdict = verdict;
    return call_finish_audited(call, &entry, print);
}

static void print_ok(struct call *call)
{
    buf_add(&call->out, S("{\"ok\":true}"));
}

enum err run_log_trust(struct call *call)
{
    str key;
    TRY(call_body_text(call, S("key"), &key));
    bool is_replacing = node_as_bool(node_get(call->body, S("replace")), false);
    TRY(audit_trust(call->api->node.audit, key, is_replacing));
    return note_act(call, S("key of another log taken up"), print_ok);
}

static void print_line(struct call *call)
{
    struct buf *line = call->state;
    call->content_type = S("text/plain; charset=utf-8");
    buf_add(&call->out, buf_str(line));
    buf_release(line);
}

enum err run_log_witness(struct call *call)
{
    struct buf *line = arena_new(call->arena, struct buf);
    if (!line)
        return err_last()->code;
    enum err code = audit_witness(call->api->node.audit, call->exchange->request.body, line);
    call->state = line;
    if (!code)
        code = note_act(call, S("checkpoint of another log countersigned"), print_line);
    if (code)
        buf_release(line);
    return code;
}

enum err run_log_cosignature(struct call *call)
{
    TRY(audit_take_cosignature(call->api->node.audit, call->exchange->request.body));
    return note_act(call, S("countersigned checkpoint taken in"), print_ok);
}
