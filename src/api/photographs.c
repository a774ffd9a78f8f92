/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Photographs: re-encoded without metadata in the sandboxed child, kept by the hash of their
 * content. Whoever has the same picture can work out its hash, so holding the hash proves nothing:
 * a picture is given to whom a record that shows it is open, found through the index, or who has
 * just uploaded it, or was just shown a record whose evidence it is (those are not indexed). The
 * latter two are remembered in memory, the last few thousand.
 */
#include <stdlib.h>

#include "base/random.h"

#include "api/internal.h"

extern const struct type type_photograph;

enum { SHOWN_MAX = 8192, RECORDS_MAX = 64 };

/* ---- to whom a picture was given by other ways than the index ---- */

struct pictures {
    pthread_mutex_t mutex;
    struct secret_key key;
    struct hash shown[SHOWN_MAX]; /* keyed hash of officer and picture; a ring */
    size_t next;
};

enum err pictures_new(struct pictures **ret)
{
    struct pictures *pictures = calloc(1, sizeof *pictures);
    if (!pictures)
        return err_set(ERR_MEMORY, "out of memory for pictures");
    random_bytes(pictures->key.bytes, sizeof pictures->key.bytes);
    pthread_mutex_init(&pictures->mutex, NULL);
    *ret = pictures;
    return OK;
}

void pictures_free(struct pictures *pictures)
{
    if (!pictures)
        return;
    pthread_mutex_destroy(&pictures->mutex);
    free(pictures);
}

static struct hash mark_of(const struct call *call, str hex)
{
    struct hash mark;
    struct buf text = {0};
    buf_add_block(&text, call->actor.officer);
    buf_add_block(&text, hex);
    keyed_hash(&call->api->pictures->key, buf_str(&text), &mark);
    buf_release(&text);
    return mark;
}

static bool was_shown(const struct call *call, str hex)
{
    struct pictures *pictures = call->api->pictures;
    struct hash mark = mark_of(call, hex);
    bool is_there = false;
    pthread_mutex_lock(&pictures->mutex);
    for (size_t i = 0; i < SHOWN_MAX && !is_there; i++)
        is_there = memcmp(pictures->shown[i].bytes, mark.bytes, HASH_SIZE) == 0;
    pthread_mutex_unlock(&pictures->mutex);
    return is_there;
}

static void note_shown(const struct call *call, str hex)
{
    if (was_shown(call, hex))
        return;
    struct pictures *pictures = call->api->pictures;
    struct hash mark = mark_of(call, hex);
    pthread_mutex_lock(&pictures->mutex);
    pictures->shown[pictures->next++ % SHOWN_MAX] = mark;
    pthread_mutex_unlock(&pictures->mutex);
}

void note_evidence(const struct call *call, const struct view *view)
{
    const struct node *evidence = view->record ? view->record->envelope.evidence : NULL;
    node_each(item, evidence)
    {
        if (str_starts(node_get_text(item, S("mime")), S("image/")))
            note_shown(call, node_get_text(item, S("sha256")));
    }
}

/* ---- uploading ---- */

static enum err keep(struct call *call, const struct intake_photo *photo, char hex[65])
{
    struct store *store = call->api->node.store;
    struct hash picture;
    struct hash thumb;
    char type[96];
    TRY(store_blob_put(store, buf_str(&photo->thumb), S("image/jpeg"), &thumb));
    TRY(store_blob_put(store, buf_str(&photo->picture), intake_photo_type(&thumb, type), &picture));
    hex_encode(picture.bytes, HASH_SIZE, hex);
    note_shown(call, str_c(hex));
    return OK;
}

/* Into some database that shows pictures; where all of them are closed, why the last is. */
static enum err allow_upload(struct call *call)
{
    const struct catalog *catalog = call->api->node.catalog;
    enum err code = policy_allow(catalog, &call->actor, POLICY_WRITE, NULL, STR_EMPTY);
    bool is_some = false;
    for (size_t i = 0; i < catalog->count && !(is_some && !code); i++) {
        const struct definition *definition = catalog->definitions[i];
        for (size_t k = 0; k < definition->all_count; k++) {
            if (definition->all[k]->type != &type_photograph || !definition_is_data(definition))
                continue;
            code = policy_allow(catalog, &call->actor, POLICY_WRITE, definition, STR_EMPTY);
            is_some = true;
            break;
        }
    }
    if (!code)
        err_clear();
    return code;
}

enum err run_photograph_put(struct call *call)
{
    char hex[65];
    struct intake_photo photo = {0};
    TRY(allow_upload(call));
    TRY(intake_photo(call->exchange->request.body, &photo));
    enum err code = keep(call, &photo, hex);
    if (!code) {
        struct json json = {.out = &call->out};
        json_open(&json, '{');
        json_text(&json, S("sha256"), str_c(hex));
        json_number(&json, S("width"), photo.width);
        json_number(&json, S("height"), photo.height);
        json_number(&json, S("bytes"), (int64_t)photo.picture.len);
        json_close(&json, '}');
    }
    intake_photo_release(&photo);
    TRY(code);
    call_finish(call, OK);
    return OK;
}

/* ---- giving ---- */

static bool shows(const struct view *view, str hex)
{
    for (size_t i = 0; i < view->count; i++)
        if (view->items[i].value && !view->items[i].is_masked &&
            str_eq(view->items[i].value->norm, hex))
            return true;
    return false;
}

static bool is_open_in(struct call *call, const struct actor *actor, uint64_t number, str hex)
{
    struct stored stored;
    struct record record;
    struct view view;
    const struct api_node *node = &call->api->node;
    bool is_open =
        store_read(node->store, number, call->arena, &stored) == OK && !stored.is_erased &&
        stored.body.len && stored_to_record(call, &stored, call->arena, &record) == OK &&
        policy_open(node->catalog, actor, &record, call->arena, &view) == OK && shows(&view, hex);
    err_clear();
    return is_open;
}

static bool is_open_for(struct call *call, const struct actor *actor, str hex)
{
    const struct api_node *node = &call->api->node;
    const struct policy_scope *scope = NULL;
    struct index_hits hits = {0};
    bool is_open = false;
    struct index_snapshot *snapshot = index_snapshot_open(node->index);
    if (snapshot && policy_scope_open(node->classes, actor, &scope) == OK &&
        index_probe(snapshot, scope, NULL, KEY_EXACT, str_c(type_photograph.name), hex, call->arena,
                    RECORDS_MAX, &hits) != OK)
        hits.count = 0;
    for (size_t i = 0; i < hits.count && !is_open; i++)
        is_open = is_open_in(call, actor, hits.items[i].number, hex);
    policy_scope_close(scope);
    index_snapshot_close(snapshot);
    err_clear();
    return is_open;
}

/* A picture in a page names no purpose: any the officer might name will do. */
static bool may_see(struct call *call, str hex)
{
    struct actor actor = call->actor;
    if (was_shown(call, hex))
        return true;
    if (actor.purpose < PURPOSE_MAX)
        return is_open_for(call, &actor, hex);
    for (uint16_t i = 0; i < PURPOSE_MAX; i++) {
        actor.purpose = i;
        if (actor.purposes >> i & 1 && purpose_code(call->api->node.catalog, i).len &&
            is_open_for(call, &actor, hex))
            return true;
    }
    return false;
}

enum err run_photograph_get(struct call *call)
{
    struct store *store = call->api->node.store;
    struct hash hash;
    char lower[2 * HASH_SIZE + 1];
    str hex = call->args[0];
    str content;
    str mime;
    if (hex.len != (size_t)2 * HASH_SIZE || !hex_decode(hex, hash.bytes, HASH_SIZE))
        return err_set(ERR_BAD_VALUE, "%.*s is not a photograph's hash", STR(hex));
    hex_encode(hash.bytes, HASH_SIZE, lower);
    if (!may_see(call, str_c(lower)))
        return err_set(ERR_NOT_FOUND, "the attachment is not in the store");
    TRY(store_blob_get(store, &hash, call->arena, &content, &mime));
    if (str_eq(call_query(call, S("size")), S("thumb"))) {
        if (!intake_photo_thumb(mime, &hash))
            return err_set(ERR_NOT_FOUND, "photograph %.*s has no small one", STR(hex));
        TRY(store_blob_get(store, &hash, call->arena, &content, &mime));
    }
    call->content_type = str_slice(mime, 0, str_find(mime, ';'));
    call_header(call, S("Cache-Control"), S("private, max-age=3600, immutable"));
    buf_add(&call->out, content);
    call_finish(call, OK);
    return OK;
}
