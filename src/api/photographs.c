/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Photographs: re-encoded without metadata in the sandboxed child, kept by the hash of their
 * content.
 * A picture's hash is known only to those to whom policy showed a record that names it, and cannot
 * be guessed; so holding the hash is the right to see the picture.
 */
#include "api/internal.h"

static enum err keep(struct call *call, const struct intake_photo *photo, char hex[65])
{
    struct store *store = call->api->node.store;
    struct hash picture;
    struct hash thumb;
    char type[96];
    TRY(store_blob_put(store, buf_str(&photo->thumb), S("image/jpeg"), &thumb));
    TRY(store_blob_put(store, buf_str(&photo->picture), intake_photo_type(&thumb, type), &picture));
    hex_encode(picture.bytes, HASH_SIZE, hex);
    return OK;
}

enum err run_photograph_put(struct call *call)
{
    const struct api_node *node = &call->api->node;
    char hex[65];
    struct intake_photo photo = {0};
    TRY(policy_allow(node->catalog, &call->actor, POLICY_WRITE, NULL, STR_EMPTY));
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

enum err run_photograph_get(struct call *call)
{
    struct store *store = call->api->node.store;
    struct hash hash;
    str hex = call->args[0];
    str content;
    str mime;
    if (!hex_decode(hex, hash.bytes, HASH_SIZE))
        return err_set(ERR_BAD_VALUE, "%.*s is not a photograph's hash", STR(hex));
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
