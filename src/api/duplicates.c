/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One person recorded twice, as a job: all records of a database and an owner are asked for as
 * searches of the officer who asked. He keeps that owner's records; what he is told of others' is
 * what any search of his would show him. Each record that has a pair makes an entry of the audit
 * log, as a search that showed it. The job ends when the officer may no longer ask.
 */
#include <stdlib.h>

#include "api/internal.h"

enum { PAIRS_DEFAULT = 1000, PAIRS_MAX = 10000, RESULT_MAX = 32 << 20 };

struct finding {
    struct api_node *node;
    struct job *job;
    struct arena arena; /* the actor's texts */
    struct actor actor;
    struct duplicates wanted;
    enum language language;
    struct buf pairs;
    uint64_t max, count, examined;
    bool is_listed; /* in the roll of officers: looked up again */
};

static void release(void *context)
{
    struct finding *finding = context;
    buf_release(&finding->pairs);
    arena_release(&finding->arena);
    free(finding);
}

/* ---- the work ---- */

static enum err may_go_on(const struct finding *finding)
{
    struct arena arena = {0};
    struct actor now;
    enum err code = OK;
    if (finding->is_listed)
        code = identity_by_officer(finding->node->identity, finding->actor.officer,
                                   finding->actor.role, &arena, &now);
    if (!code && finding->is_listed &&
        !policy_keeps(&now, finding->wanted.definition, finding->wanted.owner))
        code = err_set(ERR_DENIED, "%.*s may no longer ask for this", STR(finding->actor.officer));
    arena_release(&arena);
    return code;
}

static enum err on_progress(void *context, uint64_t done, uint64_t total)
{
    struct finding *finding = context;
    finding->examined = done;
    TRY(may_go_on(finding));
    if (finding->count >= finding->max)
        return ERR_LIMIT;
    return job_progress(finding->job, done, total, "records", "asking for each record");
}

static void print_pair(struct finding *finding, struct record_id record, const struct hit *hit)
{
    char id[RECORD_ID_TEXT];
    struct json json = {.out = &finding->pairs, .is_next = finding->count > 0};
    json_open(&json, '{');
    json_text(&json, S("record"), str_c(record_id_format(record, id)));
    json_key(&json, S("hit"));
    search_hit_print(finding->node->catalog, hit, finding->language, &finding->pairs);
    json.is_next = true;
    json_close(&json, '}');
    finding->count++;
}

static enum err on_found(void *context, struct record_id record, const struct search_plan *plan,
                         const struct search_answer *answer)
{
    struct finding *finding = context;
    struct arena arena = {0};
    struct audit_entry entry = {0};
    char receipt[RECEIPT_TEXT];
    if (finding->count >= finding->max)
        return ERR_LIMIT;
    enum err code = search_audit_entry(plan, answer, &arena, &entry);
    if (!code)
        code = audit_append_wait(finding->node->audit, &entry, receipt);
    arena_release(&arena);
    TRY(code);
    for (size_t i = 0; i < answer->hit_count && finding->count < finding->max; i++)
        print_pair(finding, record, &answer->hits[i]);
    return finding->pairs.failed;
}

static void tell(struct finding *finding, bool is_cut)
{
    struct buf out = {.max = RESULT_MAX};
    struct json json = {.out = &out};
    json_open(&json, '{');
    json_number(&json, S("examined"), (int64_t)finding->examined);
    json_bool(&json, S("cut"), is_cut);
    json_key(&json, S("pairs"));
    buf_add_char(&out, '[');
    buf_add(&out, buf_str(&finding->pairs));
    buf_add_char(&out, ']');
    json.is_next = true;
    json_close(&json, '}');
    job_result(finding->job, buf_str(&out));
    buf_release(&out);
}

static enum err find(struct job *job, void *context)
{
    struct finding *finding = context;
    finding->job = job;
    enum err code = search_duplicates(finding->node->engine, &finding->actor, &finding->wanted);
    bool is_cut = code == ERR_LIMIT && finding->count >= finding->max;
    if (code && !is_cut)
        return code;
    err_clear();
    tell(finding, is_cut);
    return OK;
}

/* ---- the request ---- */

static void keep_actor(struct finding *finding, const struct actor *actor)
{
    struct arena *arena = &finding->arena;
    finding->actor = *actor;
    str *const texts[] = {&finding->actor.officer,     &finding->actor.unit,
                          &finding->actor.country,     &finding->actor.role,
                          &finding->actor.reference,   &finding->actor.break_glass_of,
                          &finding->actor.on_behalf_of};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i] = arena_str(arena, *texts[i]);
}

static enum err read_max(struct call *call, uint64_t *ret)
{
    const struct node *node = node_get(call->body, S("max"));
    *ret = PAIRS_DEFAULT;
    if (!node || (str_to_u64(node_as_text(node), PAIRS_MAX, ret) && *ret))
        return OK;
    err_set(ERR_BAD_VALUE, "%.*s is not a number from 1 to %d",
            STR(str_slice(node_as_text(node), 0, 32)), PAIRS_MAX);
    return err_field("max");
}

static enum err read_wanted(struct call *call, struct finding *finding)
{
    const struct actor *actor = &call->actor;
    struct duplicates *wanted = &finding->wanted;
    str name, owner = node_get_text(call->body, S("owner"));
    TRY(call_body_text(call, S("database"), &name));
    TRY(call_definition(call, name, &wanted->definition));
    if (!owner.len && !policy_is_keeper(actor, STR_EMPTY))
        owner = actor->country;
    if (!policy_keeps(actor, wanted->definition, owner))
        return err_set(ERR_DENIED,
                       "duplicates are looked for by those who keep an owner's records");
    wanted->owner = arena_str(&finding->arena, owner);
    wanted->least =
        node_as_bool(node_get(call->body, S("possible")), false) ? BAND_POSSIBLE : BAND_HIT;
    wanted->is_across = node_as_bool(node_get(call->body, S("across")), false);
    return read_max(call, &finding->max);
}

static enum err start(struct call *call, struct finding *finding, uint64_t *ret_job)
{
    struct actor listed;
    keep_actor(finding, &call->actor);
    finding->is_listed = identity_by_officer(call->api->node.identity, call->actor.officer,
                                             call->actor.role, call->arena, &listed) == OK;
    err_clear();
    struct audit_entry entry = call_entry(call, AUDIT_ADMIN);
    entry.databases = finding->wanted.definition->name;
    entry.verdict = S("duplicates");
    TRY(audit_append_wait(call->api->node.audit, &entry, call->receipt));
    return job_start(call->api->node.jobs, "duplicates", find, finding, release, ret_job);
}

enum err run_duplicates(struct call *call)
{
    struct finding *finding = calloc(1, sizeof *finding);
    if (!finding)
        return err_set(ERR_MEMORY, "out of memory for a job");
    *finding = (struct finding){.node = &call->api->node,
                                .language = call->language,
                                .pairs = {.max = RESULT_MAX / 2}};
    finding->wanted.progress = on_progress;
    finding->wanted.found = on_found;
    finding->wanted.context = finding;
    uint64_t id = 0;
    enum err code = read_wanted(call, finding);
    if (!code)
        code = start(call, finding, &id);
    if (code)
        release(finding);
    return code ? code : call_finish_job(call, id);
}
