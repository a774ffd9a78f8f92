/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of processing and its signature: read by data protection, auditors and administrators,
 * signed by data protection alone. Both are on the log.
 */
#include "api/internal.h"

struct processing {
    struct node *tree;
    struct buf text;
    struct rights_signature signature;
    str type;
};

static bool is_data_protection(const struct actor *actor)
{
    return str_eq(actor->role, S("data-protection"));
}

static void print_text(struct call *call)
{
    struct processing *processing = call->state;
    buf_add(&call->out, buf_str(&processing->text));
    call->content_type = processing->type;
    buf_release(&processing->text);
}

static enum err write_form(struct call *call, struct processing *processing)
{
    str form = call_query(call, S("form"));
    bool is_html = str_eq(form, S("html"));
    processing->text.max = 32 << 20;
    processing->type = is_html ? S("text/html; charset=utf-8") : S("text/markdown; charset=utf-8");
    if (!form.len || str_eq(form, S("json"))) {
        processing->type = S("application/json");
        json_write(&processing->text, processing->tree);
    } else if (is_html || str_eq(form, S("markdown"))) {
        rights_processing_print(call->api->node.rights, processing->tree, call->language,
                                is_html ? FORM_HTML : FORM_MARKDOWN, &processing->text);
    } else {
        err_set(ERR_BAD_VALUE, "%.*s is not one of json markdown html",
                STR(str_slice(form, 0, 16)));
        return err_field("form");
    }
    return processing->text.failed ? err_set(processing->text.failed, "the answer is too large")
                                   : OK;
}

enum err run_processing(struct call *call)
{
    uint64_t since;
    struct processing *processing = arena_new(call->arena, struct processing);
    const struct actor *actor = &call->actor;
    if (!processing)
        return err_last()->code;
    /* It counts the records of the own country: for those who may know of every one of them. */
    if (!actor_watches(actor, actor->country) && !actor->may_administer)
        return err_set(ERR_DENIED, "officer %.*s is of no data protection", STR(actor->officer));
    TRY(call_query_number(call, S("since"), 0, 1000000, &since));
    TRY(rights_processing(call->api->node.rights, (unsigned)since, actor->country, call->language,
                          call->arena, &processing->tree));
    enum err code = write_form(call, processing);
    struct audit_entry entry = call_entry(call, AUDIT_ADMIN);
    entry.databases = S("catalogue");
    entry.verdict = S("record of processing made");
    call->state = processing;
    if (!code)
        code = call_finish_audited(call, &entry, print_text);
    if (code)
        buf_release(&processing->text);
    return code;
}

static void print_signed(struct call *call)
{
    const struct processing *processing = call->state;
    struct json json = {.out = &call->out};
    char served[2 * HASH_SIZE + 1];
    hex_encode(call->api->node.catalog->hash.bytes, HASH_SIZE, served);
    json_open(&json, '{');
    json_number(&json, S("version"), processing->signature.version);
    json_text(&json, S("hash"), processing->signature.hash);
    json_text(&json, S("by"), processing->signature.by);
    json_time(&json, S("at"), processing->signature.at_us);
    json_bool(&json, S("serves"), str_eq_c(processing->signature.hash, served));
    json_text(&json, S("receipt"), str_c(call->receipt));
    json_close(&json, '}');
}

enum err run_processing_sign(struct call *call)
{
    str hash;
    struct processing *processing = arena_new(call->arena, struct processing);
    const struct api_node *node = &call->api->node;
    if (!processing)
        return err_last()->code;
    TRY(call_body_text(call, S("hash"), &hash));
    if (!is_data_protection(&call->actor))
        return err_set(ERR_DENIED, "officer %.*s is of no data protection",
                       STR(call->actor.officer));
    str home = arena_str(call->arena, node->catalog->home);
    TRY(rights_sign(node->store, home.ptr, hash, call->actor.officer, call->arena,
                    &processing->signature));
    struct audit_entry entry = call_entry(call, AUDIT_ADMIN);
    entry.databases = S("catalogue");
    entry.query = arena_printf(call->arena, "{\"signed\":\"%.*s\",\"version\":%u}",
                               STR(processing->signature.hash), processing->signature.version);
    entry.verdict = S("catalogue signed");
    call->state = processing;
    return call_finish_audited(call, &entry, print_signed);
}
