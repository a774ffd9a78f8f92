/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DIR/officers.json of earlier versions, a list of
 *
 *   {"officer": "o-1043", "unit": "FRA/border-cdg", "country": "FRA", "role": "frontline",
 *    "purposes": ["border-control"], "may": ["write"], "token_hash" or "key_hash": 64 hex digits,
 *    "created": "2026-11-01T08:00:00Z", "expires": "2027-11-01T08:00:00Z"}
 *
 * becomes records in one commit; a note in the store says that it was done, and the file is not
 * looked at again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "codec/json.h"
#include "identity/internal.h"

enum { FILE_MAX = 8 << 20, TAKE_MAX = STORE_BATCH_MAX / 2 };

static const str note_key = {"officers.json", 13};

static enum err take_purposes(const struct catalog *catalog, const struct node *entry,
                              struct arena *arena, struct node *fields)
{
    size_t known = 0, all = 0;
    const struct node *list = node_get(entry, S("purposes"));
    node_each(item, list)
    {
        uint16_t number;
        if (!purpose_find(catalog, node_as_text(item), &number))
            return err_at(ERR_UNKNOWN, NULL, item->line, item->column, "%.*s is not a purpose",
                          STR(node_as_text(item)));
        known++;
    }
    for (uint16_t i = 0; i < PURPOSE_MAX; i++)
        all += purpose_code(catalog, i).len > 0;
    if (known == all)
        node_put_bool(arena, fields, S("all_purposes"), true);
    else if (known)
        node_put(fields, S("purposes"), node_copy(arena, list));
    return OK;
}

static enum err take_credential(const struct node *entry, struct arena *arena, str id,
                                struct node **ret)
{
    struct hash hash;
    int64_t created_us, expires_us;
    bool is_key = node_get(entry, S("key_hash")) != NULL;
    str hex = node_get_text(entry, is_key ? S("key_hash") : S("token_hash"));
    if (!hex_decode(hex, hash.bytes, HASH_SIZE) ||
        !clock_parse(node_get_text(entry, S("created")), &created_us) ||
        !clock_parse(node_get_text(entry, S("expires")), &expires_us))
        return err_set(ERR_BAD_VALUE,
                       "officer %.*s has no good token_hash or key_hash, created or expires",
                       STR(id));
    *ret = token_fields(arena, id, is_key ? CREDENTIAL_CERTIFICATE : CREDENTIAL_TOKEN, &hash,
                        created_us, expires_us);
    return OK;
}

static enum err take_entry(struct identity *identity, const struct node *entry, struct arena *arena,
                           struct writing writings[2])
{
    struct node *fields = node_map(arena);
    struct node *roles = node_list(arena);
    struct node *credential = NULL;
    str id = node_get_text(entry, S("officer"));
    str country = node_get_text(entry, S("country"));
    const struct node *rights = node_get(entry, S("may"));
    if (!identity_id_is_good(id))
        return err_set(ERR_BAD_VALUE, "%.*s is not an officer's id", STR(str_slice(id, 0, 64)));
    node_put_text(arena, fields, S("id"), id);
    if (node_get_text(entry, S("unit")).len)
        node_put_text(arena, fields, S("unit"), node_get_text(entry, S("unit")));
    node_add(roles, node_text(arena, node_get_text(entry, S("role"))));
    node_put(fields, S("roles"), roles);
    if (rights && rights->count)
        node_put(fields, S("rights"), node_copy(arena, rights));
    TRY(take_purposes(identity->catalog, entry, arena, fields));
    TRY(take_credential(entry, arena, id, &credential));
    enum err code = writing_officer(identity, &writings[0], country, S("node"), fields, arena);
    if (code) {
        str why = arena_str(arena, str_c(err_last()->message));
        return err_set(code, "officer %.*s of %.*s: %.*s", STR(id), STR(country), STR(why));
    }
    struct heading heading = {.definition = "credential", .owner = country, .by = S("node")};
    return writing_put(identity, &writings[1], &heading, credential, arena);
}

static enum err take_list(struct identity *identity, const struct node *list, struct arena *arena)
{
    if (list->kind != NODE_LIST || list->count > TAKE_MAX)
        return err_set(ERR_BAD_VALUE, "expected a list of at most %d officers", TAKE_MAX);
    struct writing *writings = calloc((size_t)list->count * 2 + 1, sizeof *writings);
    if (!writings)
        return err_set(ERR_MEMORY, "out of memory for %u officers", list->count);
    size_t count = 0;
    enum err code = OK;
    for (const struct node *entry = list->first; !code && entry; entry = entry->next) {
        code = take_entry(identity, entry, arena, &writings[count]);
        count += 2;
    }
    if (!code)
        code = writings_commit(identity, writings, count, NULL);
    for (size_t i = 0; i < count; i++)
        writing_release(&writings[i]);
    free(writings);
    return code;
}

enum err take_in_file(struct identity *identity, const char *directory)
{
    char path[4096];
    char *text = NULL;
    size_t len = 0;
    str note;
    struct node *list = NULL;
    struct arena arena = {.max_bytes = 512 << 20};
    snprintf(path, sizeof path, "%s/officers.json", directory);
    enum err code = store_note_get(identity->store, note_key, &arena, &note);
    bool is_new = code == ERR_NOT_FOUND;
    if (is_new)
        code = io_read_file(path, FILE_MAX, &text, &len);
    if (code == ERR_NOT_FOUND) { /* nothing to take */
        arena_release(&arena);
        err_clear();
        return OK;
    }
    if (!code && is_new)
        code = json_parse(arena_str(&arena, str_of(text, len)), &arena, &list);
    if (!code && is_new)
        code = take_list(identity, list, &arena);
    if (!code && is_new)
        code = store_note_put(identity->store, note_key, S("taken"));
    free(text);
    arena_release(&arena);
    return code ? err_file(path) : OK;
}
