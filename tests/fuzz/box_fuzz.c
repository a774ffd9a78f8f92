/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed boxes as rights keep them: who asks for their rights, what a member objects to. The first
 * byte says which: text as it might stand in a record, that nobody sealed; or one that was sealed
 * here and altered by one byte, at a place and in a way that the next three say. None of them opens.
 */
#include <stdint.h>

#include "codec/json.h"
#include "crypto/seal.h"
#include "rights/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void never_sealed(const struct box_key *key, str text)
{
    struct arena arena = {.max_bytes = 16 << 20};
    ensure(unseal(key, text, &arena) == NULL);
    arena_release(&arena);
}

static str text_of(str box, struct buf *out)
{
    base64_add(out, box);
    return buf_str(out);
}

static void sealed_and_altered(const struct box_key *key, const uint8_t *how, str plain)
{
    struct arena arena = {.max_bytes = 16 << 20};
    struct node *tree = NULL;
    struct buf box = {.max = 1 << 15}, good = {.max = 1 << 16}, bad = {.max = 1 << 16};
    box_seal(key->public, plain, &box);
    if (!box.failed && plain.len) {
        bool is_json = json_parse(plain, &arena, &tree) == OK;
        str text = text_of(buf_str(&box), &good);
        ensure((unseal(key, text, &arena) != NULL) == is_json);
        box.ptr[(how[0] | (size_t)how[1] << 8) % box.len] ^= (char)(how[2] ? how[2] : 1);
        never_sealed(key, text_of(buf_str(&box), &bad));
    }
    arena_release(&arena);
    buf_release(&box);
    buf_release(&good);
    buf_release(&bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct secret_key secret = {{7, 5, 3}};
    static struct box_key key;
    static bool is_begun;
    if (!is_begun)
        ensure(crypto_init() == OK && box_key_of(&secret, &key) == OK);
    is_begun = true;
    if (size < 5 || size > 4096)
        return 0;
    if (data[0] % 2 == 0)
        never_sealed(&key, str_of((const char *)data + 1, size - 1));
    else
        sealed_and_altered(&key, data + 1, str_of((const char *)data + 4, size - 4));
    err_clear();
    return 0;
}
