/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/proof.h"

/* ---- proofs ---- */

bool inclusion_holds(const struct hash *leaf, uint64_t index, uint64_t size,
                     const struct hash *path, size_t count, const struct hash *root)
{
    uint64_t fn = index;
    uint64_t sn = size - 1;
    struct hash r = *leaf;
    if (index >= size)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            node_hash(&path[i], &r, &r);
            for (; !(fn & 1) && fn; fn >>= 1)
                sn >>= 1;
        } else {
            node_hash(&r, &path[i], &r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(r.bytes, root->bytes, HASH_SIZE) == 0;
}

static bool consistency_walk(uint64_t fn, uint64_t sn, struct hash *fr, struct hash *sr,
                             const struct hash *path, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            node_hash(&path[i], fr, fr);
            node_hash(&path[i], sr, sr);
            for (; !(fn & 1) && fn; fn >>= 1)
                sn >>= 1;
        } else {
            node_hash(sr, &path[i], sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

bool consistency_holds(uint64_t from, const struct hash *from_root, uint64_t to,
                       const struct hash *to_root, const struct hash *path, size_t count)
{
    struct hash empty;
    sha256(STR_EMPTY, &empty);
    if (from > to)
        return false;
    if (from == 0)
        return count == 0 && memcmp(from_root->bytes, empty.bytes, HASH_SIZE) == 0;
    if (from == to)
        return count == 0 && memcmp(from_root->bytes, to_root->bytes, HASH_SIZE) == 0;
    bool is_whole = (from & (from - 1)) == 0; /* its root is then the first hash, unsaid */
    if (!is_whole && count == 0)
        return false;
    struct hash fr = is_whole ? *from_root : path[0];
    struct hash sr = fr;
    uint64_t fn = from - 1;
    uint64_t sn = to - 1;
    for (; fn & 1; fn >>= 1)
        sn >>= 1;
    return consistency_walk(fn, sn, &fr, &sr, path + !is_whole, count - !is_whole) &&
           memcmp(fr.bytes, from_root->bytes, HASH_SIZE) == 0 &&
           memcmp(sr.bytes, to_root->bytes, HASH_SIZE) == 0;
}

/* ---- texts ---- */

static bool hash_parse(str line, struct hash *ret)
{
    size_t len = 0;
    return base64_read(line, ret->bytes, HASH_SIZE, &len) && len == HASH_SIZE;
}

/* Decimal, no leading zeroes. */
static bool size_parse(str text, uint64_t *ret)
{
    return str_to_u64(text, INT64_MAX, ret) && (text.len == 1 || text.ptr[0] != '0');
}

void checkpoint_print(const struct checkpoint *checkpoint, struct buf *out)
{
    buf_add(out, checkpoint->origin);
    buf_printf(out, "\n%llu\n", (unsigned long long)checkpoint->size);
    base64_add(out, str_of((const char *)checkpoint->root.bytes, HASH_SIZE));
    buf_add_char(out, '\n');
}

enum err checkpoint_parse(str note, struct checkpoint *ret)
{
    str text;
    str signatures;
    str size;
    str root;
    TRY(note_split(note, &text, &signatures));
    if (!str_split(&text, '\n', &ret->origin) || ret->origin.len == 0 ||
        !str_split(&text, '\n', &size) || !size_parse(size, &ret->size) ||
        !str_split(&text, '\n', &root) || !hash_parse(root, &ret->root))
        return err_set(ERR_SYNTAX, "not a checkpoint: expected origin, size and root hash, a line "
                                   "each");
    return OK;
}

void hash_lines_print(const struct hash *hashes, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        base64_add(out, str_of((const char *)hashes[i].bytes, HASH_SIZE));
        buf_add_char(out, '\n');
    }
}

enum err hash_lines_parse(str *rest, struct hash ret[PROOF_LINES_MAX], size_t *ret_count)
{
    str line;
    size_t count = 0;
    while (str_split(rest, '\n', &line) && line.len) {
        if (count == PROOF_LINES_MAX || !hash_parse(line, &ret[count]))
            return err_set(ERR_SYNTAX, "line %zu of the proof is not a hash in base64", count + 1);
        count++;
    }
    *ret_count = count;
    return OK;
}

enum err proof_parse(str text, struct proof_file *ret)
{
    str line;
    *ret = (struct proof_file){0};
    if (!str_split(&text, '\n', &line) || !str_eq(line, S("c2sp.org/tlog-proof@v1")) ||
        !str_split(&text, '\n', &line))
        return err_set(ERR_SYNTAX, "not a proof: its first line is not c2sp.org/tlog-proof@v1");
    if (str_starts(line, S("extra "))) {
        ret->extra = str_from(line, 6);
        if (!str_split(&text, '\n', &line))
            line = STR_EMPTY;
    }
    if (!str_starts(line, S("index ")) || !size_parse(str_from(line, 6), &ret->index))
        return err_set(ERR_SYNTAX, "not a proof: there is no line with the entry's index");
    TRY(hash_lines_parse(&text, ret->path, &ret->count));
    ret->checkpoint = text;
    return OK;
}
