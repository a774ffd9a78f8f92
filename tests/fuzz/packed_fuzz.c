/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the audit log packs its entries with, on bytes of anybody. First byte: 0 a dictionary's file
 * (also one whose hash fits), 1 packed contents, 2 contents to be packed and unpacked again, 3 the
 * list of the lookup's runs. Nothing beyond the bounds, and nothing changed on the way.
 */
#include <stdlib.h>

#include "base/io.h"

#include "audit/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct phrases *own(void)
{
    static struct phrases phrases;
    char *bytes = NULL;
    size_t len = 0;
    struct buf file = {0};
    struct hash hash;
    if (phrases.dictionary)
        return &phrases;
    ensure(io_read_file("src/audit/dictionary.zdict", 1 << 20, &bytes, &len) == OK);
    sha256(str_of(bytes, len), &hash);
    buf_add(&file, str_of((const char *)hash.bytes, HASH_SIZE));
    buf_add(&file, str_of(bytes, len));
    ensure(phrases_read(buf_str(&file), &phrases) == OK);
    buf_release(&file);
    free(bytes);
    return &phrases;
}

static void use(const struct phrases *phrases, struct arena *arena)
{
    struct buf packed = {0};
    str text;
    const str said = S("{\"kind\":\"search\",\"officer\":\"o-1\"}");
    ensure(phrases_pack(phrases, said, &packed) == OK);
    ensure(phrases_unpack(phrases, buf_str(&packed), BODY_MAX, arena, &text) == OK);
    ensure(str_eq(text, said));
    buf_release(&packed);
}

static void dictionary(str bytes, struct arena *arena)
{
    struct phrases phrases;
    struct buf file = {0};
    struct hash hash;
    if (phrases_read(bytes, &phrases) == OK)
        phrases_release(&phrases);
    sha256(bytes, &hash);
    buf_add(&file, str_of((const char *)hash.bytes, HASH_SIZE));
    buf_add(&file, bytes);
    if (phrases_read(buf_str(&file), &phrases) == OK) {
        use(&phrases, arena);
        phrases_release(&phrases);
    }
    buf_release(&file);
}

static void packed(str bytes, struct arena *arena)
{
    str text;
    struct buf padded = {0};
    if (phrases_unpack(own(), bytes, BODY_MAX, arena, &text) == OK)
        ensure(text.len <= BODY_MAX);
    buf_add(&padded, bytes);
    buf_add_u8(&padded, 0x80);
    while (padded.len % PACK_STEP)
        buf_add_u8(&padded, 0);
    if (phrases_unpack(own(), buf_str(&padded), BODY_MAX, arena, &text) == OK)
        ensure(text.len <= BODY_MAX);
    buf_release(&padded);
}

static void there_and_back(str bytes, struct arena *arena)
{
    struct buf out = {0};
    str text;
    ensure(phrases_pack(own(), bytes, &out) == OK);
    ensure(out.len % PACK_STEP == 0);
    ensure(phrases_unpack(own(), buf_str(&out), BODY_MAX, arena, &text) == OK);
    ensure(str_eq(text, bytes));
    buf_release(&out);
}

static enum err see(void *context, const struct run *run)
{
    const uint64_t *covered = context;
    ensure(run->first && run->first <= run->last && run->last <= *covered && run->count);
    return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {.max_bytes = 1 << 20};
    uint64_t covered = 0;
    if (size < 1 || size > 8192)
        return 0;
    str rest = str_of((const char *)data + 1, size - 1);
    switch (data[0] & 3) {
    case 0: dictionary(rest, &arena); break;
    case 1: packed(rest, &arena); break;
    case 2: there_and_back(rest, &arena); break;
    default:
        if (manifest_parse(rest, &covered, see, &covered) != OK)
            break;
    }
    err_clear();
    arena_release(&arena);
    return 0;
}
