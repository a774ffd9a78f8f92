/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

enum { BITS = 8 };

/* Hashes of the level that a tree of `size` leaves has. */
static uint64_t level_count(uint64_t size, unsigned level)
{
    return size >> (BITS * level);
}

static enum err read_hashes(const struct tree *tree, unsigned level, uint64_t index, size_t count,
                            struct hash *ret)
{
    size_t size = count * HASH_SIZE;
    ssize_t got = pread(tree->fds[level], ret, size, (off_t)(index * HASH_SIZE));
    return got == (ssize_t)size ? OK
                                : err_set(ERR_DAMAGED,
                                          "the tree of the audit log is short at "
                                          "level %u",
                                          level);
}

/* In place, a power of two of them, to the first. */
static void fold(struct hash *hashes, size_t count)
{
    for (; count > 1; count /= 2)
        for (size_t i = 0; i < count / 2; i++)
            node_hash(&hashes[2 * i], &hashes[2 * i + 1], &hashes[i]);
}

/* ---- open, close ---- */

static enum err open_level(struct tree *tree, const char *directory, unsigned level,
                           uint64_t *ret_count)
{
    char path[AUDIT_PATH];
    struct stat about;
    snprintf(path, sizeof path, "%.4000s/%u", directory, level);
    TRY(io_open(path, O_RDWR | O_CREAT, &tree->fds[level]));
    if (fstat(tree->fds[level], &about) < 0)
        return err_errno("cannot read the size of %s", path);
    *ret_count = (uint64_t)about.st_size / HASH_SIZE;
    return OK;
}

enum err tree_cut(struct tree *tree, uint64_t size)
{
    for (unsigned level = 0; level < TREE_LEVELS; level++) {
        uint64_t count = level_count(size, level);
        uint64_t tail = count % TILE_WIDTH;
        TRY(io_truncate(tree->fds[level], count * HASH_SIZE));
        TRY(read_hashes(tree, level, count - tail, (size_t)tail, tree->tails[level]));
    }
    atomic_store(&tree->size, size);
    return OK;
}

enum err tree_open(struct tree *tree, const char *audit_directory, uint64_t size,
                   bool *ret_complete)
{
    char directory[AUDIT_PATH];
    bool is_complete = true;
    snprintf(directory, sizeof directory, "%.3900s/tree", audit_directory);
    for (unsigned level = 0; level < TREE_LEVELS; level++)
        tree->fds[level] = -1;
    TRY(io_make_dir(directory));
    for (unsigned level = 0; level < TREE_LEVELS; level++) {
        uint64_t count = 0;
        TRY(open_level(tree, directory, level, &count));
        is_complete = is_complete && count >= level_count(size, level);
    }
    *ret_complete = is_complete;
    return tree_cut(tree, is_complete ? size : 0);
}

void tree_close(struct tree *tree)
{
    for (unsigned level = 0; level < TREE_LEVELS; level++)
        if (tree->fds[level] > 0)
            (void)close(tree->fds[level]);
}

enum err tree_sync(struct tree *tree)
{
    for (unsigned level = 0; level < TREE_LEVELS; level++)
        TRY(io_sync(tree->fds[level]));
    return OK;
}

/* ---- growing ---- */

/* One more hash of a level; those of the levels above that it completes. */
static enum err push(struct tree *tree, unsigned level, uint64_t index, const struct hash *hash)
{
    struct hash up = *hash;
    for (; level < TREE_LEVELS; level++, index >>= BITS) {
        struct hash *tail = tree->tails[level];
        tail[index % TILE_WIDTH] = up;
        if (level)
            TRY(io_write_at(tree->fds[level], str_of((const char *)up.bytes, HASH_SIZE),
                            index * HASH_SIZE));
        if ((index + 1) % TILE_WIDTH)
            break;
        fold(tail, TILE_WIDTH);
        up = tail[0];
    }
    return OK;
}

enum err tree_add(struct tree *tree, str leaves)
{
    uint64_t size = atomic_load(&tree->size);
    if (tree->is_broken)
        return OK;
    enum err code = io_write_at(tree->fds[0], leaves, size * HASH_SIZE);
    for (size_t i = 0; i + HASH_SIZE <= leaves.len && !code; i += HASH_SIZE, size++) {
        struct hash leaf;
        memcpy(leaf.bytes, leaves.ptr + i, HASH_SIZE);
        code = push(tree, 0, size, &leaf);
    }
    tree->is_broken = code != OK;
    if (!code)
        atomic_store(&tree->size, size);
    return code;
}

/* ---- hashes of ranges ---- */

/*
 * The tile read last of each level, since the eight siblings a path has within one lie side by
 * side: a proof over 100 million entries then reads some ten times instead of forty.
 */
struct tiles {
    const struct tree *tree;
    uint64_t index[TREE_LEVELS];
    size_t count[TREE_LEVELS]; /* hashes of it; 0: none was read */
    struct hash hashes[TREE_LEVELS][TILE_WIDTH];
};

static void begin_tiles(struct tiles *tiles, const struct tree *tree)
{
    tiles->tree = tree;
    memset(tiles->count, 0, sizeof tiles->count);
}

static enum err read_tile(struct tiles *tiles, unsigned level, uint64_t index, size_t need)
{
    if (tiles->count[level] >= need && tiles->index[level] == index)
        return OK;
    uint64_t left = level_count(atomic_load(&tiles->tree->size), level) - index * TILE_WIDTH;
    size_t count = left < TILE_WIDTH ? (size_t)left : TILE_WIDTH;
    ensure(count >= need);
    tiles->count[level] = 0;
    TRY(read_hashes(tiles->tree, level, index * TILE_WIDTH, count, tiles->hashes[level]));
    tiles->index[level] = index;
    tiles->count[level] = count;
    return OK;
}

/* Of 2^height leaves from `begin` on, a multiple of as many. */
static enum err whole(struct tiles *tiles, uint64_t begin, unsigned height, struct hash *ret)
{
    struct hash hashes[TILE_WIDTH / 2];
    unsigned level = height / BITS;
    size_t count = (size_t)1 << (height % BITS);
    uint64_t first = begin >> (BITS * level), at = first % TILE_WIDTH;
    TRY(read_tile(tiles, level, first / TILE_WIDTH, at + count));
    memcpy(hashes, &tiles->hashes[level][at], count * sizeof *hashes);
    fold(hashes, count);
    *ret = hashes[0];
    return OK;
}

static unsigned top_bit(uint64_t value)
{
    return 63 - (unsigned)__builtin_clzll(value);
}

/* Any range that begins where a whole subtree of its first part may: MTH of section 2.1.1. */
static enum err range(struct tiles *tiles, uint64_t begin, uint64_t size, struct hash *ret)
{
    struct hash parts[PROOF_MAX];
    size_t count = 0;
    for (uint64_t left = size, at = begin; left; count++) {
        unsigned height = top_bit(left);
        TRY(whole(tiles, at, height, &parts[count]));
        at += (uint64_t)1 << height;
        left -= (uint64_t)1 << height;
    }
    *ret = parts[count - 1];
    while (--count > 0)
        node_hash(&parts[count - 1], ret, ret);
    return OK;
}

static enum err check_size(const struct tree *tree, uint64_t size)
{
    if (tree->is_broken)
        return err_set(ERR_DAMAGED,
                       "the tree of the audit log could not be written: open the log again");
    return size <= atomic_load(&tree->size)
               ? OK
               : err_set(ERR_NOT_FOUND, "the audit log has no %llu entries",
                         (unsigned long long)size);
}

enum err tree_root(const struct tree *tree, uint64_t size, struct hash *ret)
{
    struct tiles tiles;
    TRY(check_size(tree, size));
    begin_tiles(&tiles, tree);
    if (size)
        return range(&tiles, 0, size, ret);
    sha256(STR_EMPTY, ret);
    return OK;
}

/* The largest power of two below `size` (> 1): where the tree over `size` leaves is cut. */
static uint64_t cut_of(uint64_t size)
{
    return (uint64_t)1 << top_bit(size - 1);
}

static void turn_round(struct hash *hashes, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct hash kept = hashes[i];
        hashes[i] = hashes[count - 1 - i];
        hashes[count - 1 - i] = kept;
    }
}

enum err tree_inclusion(const struct tree *tree, uint64_t index, uint64_t size,
                        struct hash ret[PROOF_MAX], size_t *ret_count)
{
    uint64_t begin = 0;
    size_t count = 0;
    struct tiles tiles;
    TRY(check_size(tree, size));
    begin_tiles(&tiles, tree);
    if (index >= size)
        return err_set(ERR_NOT_FOUND, "no entry %llu among %llu", (unsigned long long)index + 1,
                       (unsigned long long)size);
    while (size > 1) {
        uint64_t middle = cut_of(size);
        bool is_left = index < middle;
        TRY(is_left ? range(&tiles, begin + middle, size - middle, &ret[count])
                    : range(&tiles, begin, middle, &ret[count]));
        count++;
        begin += is_left ? 0 : middle;
        index -= is_left ? 0 : middle;
        size = is_left ? middle : size - middle;
    }
    turn_round(ret, count);
    *ret_count = count;
    return OK;
}

enum err tree_consistency(const struct tree *tree, uint64_t from, uint64_t to,
                          struct hash ret[PROOF_MAX], size_t *ret_count)
{
    uint64_t begin = 0;
    size_t count = 0;
    bool is_known = true; /* the old tree is the left part down to here: its hash needs no saying */
    struct tiles tiles;
    TRY(check_size(tree, to));
    begin_tiles(&tiles, tree);
    if (from > to)
        return err_set(ERR_BAD_VALUE, "%llu entries are more than %llu", (unsigned long long)from,
                       (unsigned long long)to);
    *ret_count = 0;
    if (from == 0)
        return OK;
    while (from != to) {
        uint64_t middle = cut_of(to);
        bool is_left = from <= middle;
        TRY(is_left ? range(&tiles, begin + middle, to - middle, &ret[count])
                    : range(&tiles, begin, middle, &ret[count]));
        count++;
        is_known = is_known && is_left;
        begin += is_left ? 0 : middle;
        from -= is_left ? 0 : middle;
        to = is_left ? middle : to - middle;
    }
    if (!is_known)
        TRY(range(&tiles, begin, to, &ret[count++]));
    turn_round(ret, count);
    *ret_count = count;
    return OK;
}

enum err tree_tile(const struct tree *tree, unsigned level, uint64_t index, unsigned width,
                   struct buf *out)
{
    struct hash hashes[TILE_WIDTH];
    uint64_t begin = index * TILE_WIDTH;
    if (level >= TREE_LEVELS || width == 0 || width > TILE_WIDTH ||
        begin + width > level_count(atomic_load(&tree->size), level))
        return err_set(ERR_NOT_FOUND, "there is no such tile");
    TRY(read_hashes(tree, level, begin, width, hashes));
    buf_add(out, str_of((const char *)hashes, (size_t)width * HASH_SIZE));
    return out->failed;
}
