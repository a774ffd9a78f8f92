/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of identity's records: a body of the fields, checked against its definition as any record
 * is, committed, and known to the view before the call returns - by the store's hook, or by us
 * where no hook is wired (a program that only opens identity).
 */
#include <stdlib.h>

#include "codec/json.h"
#include "identity/internal.h"

enum { BODY_MAX = 64 << 10, WRITINGS_MAX = STORE_BATCH_MAX };

/* The body may hold secrets: it lives in a buffer that is wiped, not in the arena. */
enum err writing_put(struct identity *identity, struct writing *writing,
                     const struct heading *heading, struct node *fields, struct arena *arena)
{
    const struct made made = {.definition = heading->definition,
                              .owner = heading->owner,
                              .actor = heading->by,
                              .fields = fields,
                              .number = heading->number,
                              .version = heading->version,
                              .state = heading->state,
                              .is_open = true};
    const struct definition *definition = NULL;
    *writing = (struct writing){.body = {.max = BODY_MAX}};
    TRY(made_body(identity->catalog, &made, arena, &writing->body, &definition));
    writing->change = made_change(&made, definition, STR_EMPTY);
    return OK;
}

void writing_erase(struct writing *writing, uint64_t number, const char *definition, str by)
{
    *writing = (struct writing){.change = {.kind = CHANGE_ERASE,
                                           .number = number,
                                           .definition = str_c(definition),
                                           .actor = by}};
}

void writing_state(struct writing *writing, uint64_t number, const char *definition, str owner,
                   enum state state, str by)
{
    *writing = (struct writing){.change = {.kind = CHANGE_STATE,
                                           .number = number,
                                           .definition = str_c(definition),
                                           .owner = owner,
                                           .state = state,
                                           .actor = by}};
}

void writing_release(struct writing *writing)
{
    wipe(writing->body.ptr, writing->body.ptr ? writing->body.len : 0);
    buf_release(&writing->body);
}

enum err writings_commit(struct identity *identity, struct writing *writings, size_t count,
                         struct committed *ret)
{
    if (count == 0)
        return OK;
    if (count > WRITINGS_MAX)
        return err_set(ERR_LIMIT, "more than %d changes at once", WRITINGS_MAX);
    struct change *changes = calloc(count, sizeof *changes);
    struct committed *done = calloc(count, sizeof *done);
    enum err code = changes && done ? OK : err_set(ERR_MEMORY, "out of memory for a change");
    for (size_t i = 0; !code && i < count; i++) {
        changes[i] = writings[i].change;
        changes[i].body = buf_str(&writings[i].body);
    }
    if (!code)
        code = store_commit(identity->store, changes, count, true, done);
    if (!code) {
        identity_follow(identity, done[0].seq, done[count - 1].seq);
        if (ret)
            memcpy(ret, done, count * sizeof *done);
    }
    free(changes);
    free(done);
    return code;
}

void put_moment(struct arena *arena, struct node *fields, str key, int64_t time_us)
{
    char text[24];
    node_put_text(arena, fields, key, arena_str(arena, str_c(clock_format(time_us, text))));
}

enum err read_fields_of(struct identity *identity, uint64_t number, struct arena *arena,
                        struct node **ret, struct stored *ret_stored)
{
    struct node *body = NULL;
    TRY(store_read(identity->store, number, arena, ret_stored));
    if (ret_stored->is_erased || !ret_stored->body.len)
        return err_set(ERR_GONE, "the contents are destroyed");
    TRY(json_parse(ret_stored->body, arena, &body));
    *ret = node_copy(arena, node_get(body, S("fields")));
    return *ret ? OK : err_set(ERR_DAMAGED, "a record without fields");
}

struct node *copy_fields(const struct node *fields, const char *const *keys, size_t count,
                         struct arena *arena)
{
    struct node *map = node_map(arena);
    for (size_t i = 0; i < count; i++) {
        const struct node *field = node_get(fields, str_c(keys[i]));
        bool is_empty = !field || field->kind == NODE_NULL ||
                        (node_is_scalar(field) && !field->text.len) ||
                        (field->kind == NODE_LIST && !field->count);
        if (!is_empty)
            node_put(map, str_c(keys[i]), node_copy(arena, field));
    }
    return map;
}
