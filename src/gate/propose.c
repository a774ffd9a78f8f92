/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proposals and decisions as records. A decision and what it decides are one transaction: the
 * change, the decision, the end of the proposal with its contents.
 */
#include "gate/gate.h"
#include "gate/internal.h"

enum { WORDS_MAX = 500 };

static const char *const kind_words[GATE_KIND_COUNT] = {"create", "correct", "state",
                                                        "delete", "import",  "undo"};
static const struct {
    unsigned bit;
    const char *word;
} needs[] = {{NEED_HUB, "pre-approval"}, {NEED_SECOND, "four-eyes"}, {NEED_RELEASE, "screen"}};
static const char *const outcome_words[] = {"applied", "refused", "withdrawn"};

const char *gate_kind_word(enum gate_kind kind)
{
    return kind_words[kind];
}

const char *gate_need_word(unsigned need)
{
    for (size_t i = 0; i < COUNT_OF(needs); i++)
        if (needs[i].bit == need)
            return needs[i].word;
    return "";
}

/* ---- fields ---- */

static unsigned bits_of(str word)
{
    for (size_t i = 0; i < COUNT_OF(needs); i++)
        if (str_eq_c(word, needs[i].word))
            return needs[i].bit;
    return 0;
}

static int64_t moment_of(const struct node *fields, str key)
{
    int64_t time_us = 0;
    return clock_parse(node_get_text(fields, key), &time_us) ? time_us : 0;
}

void proposal_read(const struct node *fields, struct gate_proposal *ret)
{
    uint64_t version = 0;
    str kind = node_get_text(fields, S("kind"));
    for (int i = 0; i < GATE_KIND_COUNT; i++)
        if (str_eq_c(kind, kind_words[i]))
            ret->kind = (enum gate_kind)i;
    ret->database = node_get_text(fields, S("database"));
    ret->record = node_get_text(fields, S("record"));
    ret->reason = node_get_text(fields, S("reason"));
    ret->state = node_get_text(fields, S("state"));
    ret->officer = node_get_text(fields, S("officer"));
    ret->unit = node_get_text(fields, S("unit"));
    if (str_to_u64(node_get_text(fields, S("version")), UINT32_MAX, &version))
        ret->version = (uint32_t)version;
    node_each(need, node_get(fields, S("needs"))) ret->needs |= bits_of(node_as_text(need));
    ret->approvals = node_get(fields, S("approvals"));
    node_each(one, ret->approvals) ret->given |= bits_of(node_get_text(one, S("need")));
    ret->why = node_get(fields, S("why"));
    ret->proposed_us = moment_of(fields, S("proposed"));
    if (hex_decode(node_get_text(fields, S("contents")), ret->attachments[0].bytes, HASH_SIZE))
        ret->attachment_count = 1;
    ret->outcome = node_get_text(fields, S("outcome"));
    ret->refusal = node_get_text(fields, S("refusal"));
    ret->words = node_get_text(fields, S("words"));
    ret->decided_by = node_get_text(fields, S("decided_by"));
    ret->decided_us = moment_of(fields, S("decided"));
}

static void put(struct arena *arena, struct node *map, str key, str text)
{
    if (text.len)
        node_put_text(arena, map, key, text);
}

static void put_moment(struct arena *arena, struct node *map, str key, int64_t time_us)
{
    char text[24];
    put(arena, map, key, arena_str(arena, str_c(clock_format(time_us, text))));
}

/* What proposal and decision have in common. */
struct node *proposal_print(const struct gate_proposal *proposal, struct arena *arena)
{
    struct node *fields = node_map(arena);
    struct node *list = node_list(arena);
    put(arena, fields, S("kind"), str_c(kind_words[proposal->kind]));
    put(arena, fields, S("database"), proposal->database);
    put(arena, fields, S("record"), proposal->record);
    for (size_t i = 0; i < COUNT_OF(needs); i++)
        if (proposal->needs & needs[i].bit)
            node_add(list, node_text(arena, str_c(needs[i].word)));
    node_put(fields, S("needs"), list);
    if (proposal->why && proposal->why->count)
        node_put(fields, S("why"), node_copy(arena, proposal->why));
    put(arena, fields, S("officer"), proposal->officer);
    put(arena, fields, S("unit"), proposal->unit);
    put_moment(arena, fields, S("proposed"), proposal->proposed_us);
    if (proposal->approvals && proposal->approvals->count)
        node_put(fields, S("approvals"), node_copy(arena, proposal->approvals));
    return fields;
}

static void add_approvals(struct node *fields, unsigned given, str officer, struct arena *arena)
{
    const struct node *held = node_get(fields, S("approvals"));
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): it lies in `fields`, which are ours */
    struct node *list =
        held ? (struct node *)(uintptr_t)held : node_put(fields, S("approvals"), node_list(arena));
    for (size_t i = 0; i < COUNT_OF(needs); i++) {
        if (!(given & needs[i].bit))
            continue;
        struct node *one = node_map(arena);
        put(arena, one, S("need"), str_c(needs[i].word));
        put(arena, one, S("given_by"), officer);
        put_moment(arena, one, S("given_at"), clock_now_us());
        node_add(list, one);
    }
}

/* ---- proposing ---- */

static struct node *waiting_fields(const struct gate_proposal *proposal, struct arena *arena)
{
    char hex[2 * HASH_SIZE + 1];
    struct node *fields = proposal_print(proposal, arena);
    if (proposal->version)
        put(arena, fields, S("version"), arena_printf(arena, "%u", proposal->version));
    put(arena, fields, S("state"), proposal->state);
    put(arena, fields, S("reason"), str_slice(proposal->reason, 0, WORDS_MAX));
    if (proposal->attachment_count) {
        hex_encode(proposal->attachments[0].bytes, HASH_SIZE, hex);
        put(arena, fields, S("contents"), arena_str(arena, str_c(hex)));
    }
    return fields;
}

static enum err write_proposal(struct gate *gate, const struct gate_proposal *proposal,
                               struct node *fields, str by, struct arena *arena,
                               struct committed *ret)
{
    struct change change;
    TRY(change_make(gate->catalog,
                    &(struct made){.definition = PROPOSAL,
                                   .owner = proposal->owner,
                                   .actor = by,
                                   .fields = fields,
                                   .number = proposal->id.number,
                                   .version = proposal->version_of_its_own},
                    arena, &change));
    change.attachments = proposal->attachments;
    change.attachment_count = proposal->attachment_count;
    return store_commit(gate->store, &change, 1, true, ret);
}

enum err gate_propose(struct gate *gate, const struct gate_draft *draft, struct arena *arena,
                      struct record_id *ret)
{
    struct committed done;
    struct gate_proposal *proposal = arena_new(arena, struct gate_proposal);
    if (!proposal)
        return err_last()->code;
    if (draft->attachment_count >= STORE_ATTACHMENTS_MAX)
        return err_set(ERR_LIMIT, "a proposal shows at most %d pictures",
                       STORE_ATTACHMENTS_MAX - 1);
    *proposal = (struct gate_proposal){.kind = draft->kind,
                                       .owner = draft->owner,
                                       .database = draft->database,
                                       .record = draft->record,
                                       .reason = draft->reason,
                                       .state = draft->state,
                                       .version = draft->version,
                                       .needs = draft->needs,
                                       .why = draft->why,
                                       .officer = draft->officer,
                                       .unit = draft->unit,
                                       .proposed_us = clock_now_us()};
    if (draft->body.len) { /* first the contents, then what they show */
        TRY(store_blob_put(gate->store, draft->body, S("application/json"),
                           &proposal->attachments[0]));
        proposal->attachment_count = 1;
    }
    for (size_t i = 0; i < draft->attachment_count; i++)
        proposal->attachments[proposal->attachment_count++] = draft->attachments[i];
    TRY(write_proposal(gate, proposal, waiting_fields(proposal, arena), draft->officer, arena,
                       &done));
    *ret = done.id;
    return OK;
}

enum err gate_approve_in_part(struct gate *gate, const struct gate_proposal *proposal,
                              unsigned given, str officer, struct arena *arena)
{
    struct committed done;
    struct node *fields = waiting_fields(proposal, arena);
    add_approvals(fields, given, officer, arena);
    return write_proposal(gate, proposal, fields, officer, arena, &done);
}

/* ---- deciding ---- */

static enum err make_decision(struct gate *gate, const struct gate_proposal *proposal,
                              const struct gate_decision *decision, struct arena *arena,
                              struct change *ret)
{
    char text[RECORD_ID_TEXT];
    struct node *fields = proposal_print(proposal, arena);
    str id = arena_str(arena, str_c(record_id_format(proposal->id, text)));
    put(arena, fields, S(PROPOSAL), id);
    add_approvals(fields, decision->given, decision->officer, arena);
    put(arena, fields, S("outcome"), str_c(outcome_words[decision->outcome]));
    put(arena, fields, S("refusal"), decision->refusal);
    put(arena, fields, S("words"), str_slice(decision->words, 0, WORDS_MAX));
    put(arena, fields, S("decided_by"), decision->officer);
    put_moment(arena, fields, S("decided"), clock_now_us());
    return change_make(gate->catalog,
                       &(struct made){.definition = DECISION,
                                      .owner = proposal->owner,
                                      .ref = id,
                                      .actor = decision->officer,
                                      .fields = fields},
                       arena, ret);
}

enum err gate_decide(struct gate *gate, const struct gate_proposal *proposal,
                     const struct gate_decision *decision, const struct change *changes,
                     size_t count, struct arena *arena, struct committed *results)
{
    struct change all[GATE_CHANGES_MAX + 2];
    struct committed done[GATE_CHANGES_MAX + 2];
    ensure(count <= GATE_CHANGES_MAX);
    for (size_t i = 0; i < count; i++)
        all[i] = changes[i];
    TRY(make_decision(gate, proposal, decision, arena, &all[count]));
    all[count + 1] = (struct change){.kind = CHANGE_ERASE,
                                     .number = proposal->id.number,
                                     .expect_version = proposal->version_of_its_own,
                                     .definition = S(PROPOSAL),
                                     .owner = proposal->owner,
                                     .actor = decision->officer,
                                     .state = STATE_DELETED};
    pthread_mutex_lock(&gate->deciding);
    enum err code = store_commit(gate->store, all, count + 2, true, done);
    pthread_mutex_unlock(&gate->deciding);
    for (size_t i = 0; !code && i < count; i++)
        results[i] = done[i];
    return code;
}
