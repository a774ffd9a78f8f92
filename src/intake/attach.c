/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body that shows a photograph or evidence holds on to it: the store keeps an attachment as long
 * as a body that names it. Only what the store has is named; a body from elsewhere may come before
 * its pictures. The small picture comes with the large one.
 */
#include "intake/import.h"

static void add(struct store *store, str hex, struct arena *arena, struct hash *hashes,
                size_t *count)
{
    struct hash hash;
    str content, mime;
    if (*count + 2 > STORE_ATTACHMENTS_MAX || !hex_decode(hex, hash.bytes, HASH_SIZE) ||
        store_blob_get(store, &hash, arena, &content, &mime))
        return;
    hashes[(*count)++] = hash;
    if (intake_photo_thumb(mime, &hash))
        hashes[(*count)++] = hash;
}

size_t attachments_of(struct store *store, const struct record *record, struct arena *arena,
                      struct hash **ret)
{
    struct hash hashes[STORE_ATTACHMENTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < record->count; i++)
        if (record->values[i].value.type->name[0] == 'p' &&
            str_eq_c(S("photograph"), record->values[i].value.type->name))
            add(store, record->values[i].value.norm, arena, hashes, &count);
    node_each(item, record->envelope.evidence)
        add(store, node_get_text(item, S("sha256")), arena, hashes, &count);
    err_clear();
    *ret = count ? arena_array(arena, struct hash, count) : NULL;
    if (!*ret)
        return 0;
    memcpy(*ret, hashes, count * sizeof hashes[0]);
    return count;
}
