/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second reader of the log. It knows the bytes from their description in internal.h only,
 * shares no code with who writes, opens or walks the log, and needs nothing but the files and a
 * public key: leaves are hashed from what lies there, the tree is grown from them, its root is held
 * against signed checkpoints. The hashes in DIR/audit/tree serve to say where a difference begins;
 * nothing is believed because of them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/keyring.h"
#include "audit/proof.h"

enum {
    FILE_BYTES_MAX = 256 << 20,
    FILE_HEADER = 64,
    GROUP_HEAD = 64,
    ENTRY_HEAD = 48,
    ENTRY_IS_EMPTY = 1,
    ENTRY_HAS_SHOWN = 2,
    PATH_BYTES = 4096,
    TARGETS_MAX = 3,
    NOTE_BYTES_MAX = 64 << 10
};
#define FILE_WORD  0x31A5FF4755414255ull
#define GROUP_WORD 0xB1FF47A5u

struct target { /* a root that was signed */
    const char *what;
    char *text;
    struct checkpoint checkpoint;
    bool is_met;
};
struct checking {
    const char *directory; /* DIR/audit */
    struct target targets[TARGETS_MAX];
    size_t target_count;
    struct hash stack[64]; /* roots of whole subtrees, by height */
    struct hash chain;     /* over all groups so far */
    uint64_t count, destroyed, unfinished;
    int leaves_fd;        /* DIR/audit/tree/0, or -1 */
    uint64_t first_other; /* the first entry whose leaf is not the one kept there; 0: none */
    struct buf *report;
};

/* ---- the tree ---- */

static void grow(struct checking *c, const struct hash *leaf)
{
    struct hash up = *leaf;
    unsigned height = 0;
    for (; c->count >> height & 1; height++)
        node_hash(&c->stack[height], &up, &up);
    c->stack[height] = up;
    c->count++;
}

static void root_now(const struct checking *c, struct hash *ret)
{
    bool is_begun = false;
    sha256(STR_EMPTY, ret);
    for (unsigned height = 0; height < 64; height++) {
        if (!(c->count >> height & 1))
            continue;
        if (is_begun)
            node_hash(&c->stack[height], ret, ret);
        else
            *ret = c->stack[height];
        is_begun = true;
    }
}

static enum err compare_roots(struct checking *c)
{
    for (size_t i = 0; i < c->target_count; i++) {
        struct target *target = &c->targets[i];
        struct hash root;
        if (target->checkpoint.size != c->count)
            continue;
        root_now(c, &root);
        target->is_met = memcmp(root.bytes, target->checkpoint.root.bytes, HASH_SIZE) == 0;
        if (target->is_met)
            continue;
        if (c->first_other)
            return err_set(ERR_DAMAGED,
                           "entry %llu is not the one that was written: %s is of "
                           "another log",
                           (unsigned long long)c->first_other, target->what);
        return err_set(ERR_DAMAGED,
                       "an entry up to %llu is not the one that was written: %s is "
                       "of another log",
                       (unsigned long long)c->count, target->what);
    }
    return OK;
}

/* Remembers where the leaves part from those kept beside the log. */
static void compare_leaf(struct checking *c, uint64_t index, const struct hash *leaf)
{
    struct hash kept;
    if (c->leaves_fd < 0 || c->first_other)
        return;
    ssize_t got = pread(c->leaves_fd, kept.bytes, HASH_SIZE, (off_t)(index * HASH_SIZE));
    if (got == HASH_SIZE && memcmp(kept.bytes, leaf->bytes, HASH_SIZE) != 0)
        c->first_other = index + 1;
}

/* ---- groups ---- */

struct group_seen {
    uint32_t count, size;
    uint64_t first;
};

static bool see_group(str rest, struct group_seen *ret)
{
    struct cursor cursor = cursor_of(rest);
    uint32_t word = cursor_u32(&cursor);
    ret->count = cursor_u32(&cursor);
    ret->first = cursor_u64(&cursor);
    ret->size = cursor_u32(&cursor);
    return !cursor.is_bad && word == GROUP_WORD && ret->count && rest.len >= GROUP_HEAD &&
           rest.len - GROUP_HEAD >= ret->size;
}

static bool is_zeros(str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.ptr[i])
            return false;
    return true;
}

/* One entry; its leaf as hashed from what lies there, or as said where the contents are gone. */
static enum err see_entry(struct cursor *cursor, uint64_t expected, struct hash *ret,
                          bool *ret_destroyed)
{
    struct salt salt;
    uint64_t number = cursor_u64(cursor);
    uint32_t length = cursor_u32(cursor);
    uint32_t flags = cursor_u32(cursor);
    str said = cursor_bytes(cursor, HASH_SIZE);
    str salt_bytes = cursor_bytes(cursor, SALT_SIZE);
    str body = cursor_bytes(cursor, length);
    if (cursor->is_bad || number != expected || flags > (ENTRY_IS_EMPTY | ENTRY_HAS_SHOWN))
        return err_set(ERR_DAMAGED,
                       "entry %llu is not where it should be, or its header was "
                       "altered",
                       (unsigned long long)expected);
    *ret_destroyed = flags & ENTRY_IS_EMPTY;
    memcpy(ret->bytes, said.ptr, HASH_SIZE);
    if (*ret_destroyed)
        return is_zeros(salt_bytes) && is_zeros(body)
                   ? OK
                   : err_set(ERR_DAMAGED,
                             "entry %llu says that its contents were destroyed, but "
                             "they are there",
                             (unsigned long long)expected);
    memcpy(salt.bytes, salt_bytes.ptr, SALT_SIZE);
    salted_hash(&salt, body, ret);
    return memcmp(ret->bytes, said.ptr, HASH_SIZE) == 0
               ? OK
               : err_set(ERR_DAMAGED,
                         "the contents of entry %llu were altered: they do not match "
                         "its hash",
                         (unsigned long long)expected);
}

/*
 * The chain holds what no leaf does: the head of a group with its time, and of each entry number,
 * length and flags, as they were before any contents were destroyed; in runs of 64 entries.
 */
static enum err see_chain(struct checking *c, const struct group_seen *group, str whole)
{
    enum { RUN = 64, CHAINED = GROUP_HEAD - HASH_SIZE, LENGTH_AT = 8, FLAGS_AT = 12 };
    char links[RUN * ENTRY_HEAD];
    size_t used = 0;
    struct hash chain;
    const str start[] = {str_of((const char *)c->chain.bytes, HASH_SIZE),
                         str_slice(whole, 0, CHAINED)};
    sha256_pieces(start, COUNT_OF(start), &chain);
    str rest = str_from(whole, GROUP_HEAD);
    for (uint32_t i = 0; i < group->count; i++) {
        struct cursor length = cursor_of(str_slice(rest, LENGTH_AT, 4));
        memcpy(links + used, rest.ptr, ENTRY_HEAD);
        links[used + FLAGS_AT] &= ~ENTRY_IS_EMPTY;
        used += ENTRY_HEAD;
        rest = str_from(rest, (size_t)ENTRY_HEAD + SALT_SIZE + cursor_u32(&length));
        if (used < sizeof links && i + 1 < group->count)
            continue;
        const str run[] = {str_of((const char *)chain.bytes, HASH_SIZE), str_of(links, used)};
        sha256_pieces(run, COUNT_OF(run), &chain);
        used = 0;
    }
    bool is_linked = memcmp(chain.bytes, whole.ptr + CHAINED, HASH_SIZE) == 0;
    if (!is_linked && c->first_other)
        return err_set(ERR_DAMAGED, "entry %llu is not the one that was written",
                       (unsigned long long)c->first_other);
    if (!is_linked)
        return err_set(ERR_DAMAGED, "what stands about the group of entry %llu was altered",
                       (unsigned long long)group->first);
    c->chain = chain;
    return OK;
}

/* All or nothing, so that an unfinished group leaves no trace in the tree. */
static enum err read_group(struct checking *c, const struct group_seen *group, str whole,
                           struct hash *leaves)
{
    struct cursor cursor = cursor_of(str_from(whole, GROUP_HEAD));
    uint64_t destroyed = 0;
    if (group->first != c->count + 1)
        return err_set(ERR_DAMAGED, "entry %llu is missing", (unsigned long long)c->count + 1);
    for (uint32_t i = 0; i < group->count; i++) {
        bool is_destroyed = false;
        TRY(see_entry(&cursor, group->first + i, &leaves[i], &is_destroyed));
        destroyed += is_destroyed;
    }
    if (cursor_left(&cursor))
        return err_set(ERR_DAMAGED, "there are bytes behind entry %llu that are no entry",
                       (unsigned long long)(group->first + group->count - 1));
    for (uint32_t i = 0; i < group->count; i++)
        compare_leaf(c, c->count + i, &leaves[i]);
    TRY(see_chain(c, group, whole));
    for (uint32_t i = 0; i < group->count; i++) {
        grow(c, &leaves[i]);
        TRY(compare_roots(c));
    }
    c->destroyed += destroyed;
    return OK;
}

/* A crash can spoil the last group only, which nobody was told of and no checkpoint covers. */
static bool may_be_unfinished(const struct checking *c, const struct group_seen *group, str rest)
{
    struct group_seen next;
    for (size_t i = 0; i < c->target_count; i++)
        if (c->targets[i].checkpoint.size > c->count)
            return false;
    return !see_group(str_from(rest, GROUP_HEAD + (size_t)group->size), &next) ||
           next.first != group->first + group->count;
}

static enum err read_groups(struct checking *c, str rest, bool is_last)
{
    struct group_seen group;
    while (see_group(rest, &group)) {
        uint64_t before = c->count;
        if (group.size / ENTRY_HEAD < group.count)
            return err_set(ERR_DAMAGED, "the group of entry %llu names more entries than it has",
                           (unsigned long long)before + 1);
        struct hash *leaves = calloc(group.count, sizeof *leaves);
        enum err code =
            leaves
                ? read_group(c, &group, str_slice(rest, 0, GROUP_HEAD + (size_t)group.size), leaves)
                : err_set(ERR_MEMORY, "out of memory for a group");
        free(leaves);
        if (code == ERR_DAMAGED && is_last && c->count == before &&
            may_be_unfinished(c, &group, rest)) {
            err_clear();
            break;
        }
        TRY(code);
        rest = str_from(rest, GROUP_HEAD + (size_t)group.size);
    }
    size_t left = rest.len;
    while (left && rest.ptr[left - 1] == 0) /* room kept for what comes next */
        left--;
    c->unfinished = left;
    if (left && !is_last)
        return err_set(ERR_DAMAGED, "behind entry %llu lies what is no entry",
                       (unsigned long long)c->count);
    return OK;
}

/* ---- files ---- */

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_segment(const struct dirent *entry)
{
    str name = str_c(entry->d_name);
    uint64_t first;
    return str_ends(name, S(".log")) &&
           str_to_u64(str_slice(name, 0, name.len - 4), INT64_MAX, &first);
}

static enum err read_segment(struct checking *c, const char *name, bool is_last)
{
    char path[PATH_BYTES];
    char *bytes = NULL;
    size_t len = 0;
    snprintf(path, sizeof path, "%.3800s/%.200s", c->directory, name);
    TRY(io_read_file(path, FILE_BYTES_MAX, &bytes, &len));
    struct cursor cursor = cursor_of(str_of(bytes, len));
    uint64_t word = cursor_u64(&cursor);
    uint64_t first = cursor_u64(&cursor);
    str before = cursor_bytes(&cursor, HASH_SIZE);
    str zeros = cursor_bytes(&cursor, FILE_HEADER - 16 - HASH_SIZE);
    enum err code = OK;
    if (cursor.is_bad || word != FILE_WORD || first != c->count + 1 ||
        memcmp(before.ptr, c->chain.bytes, HASH_SIZE) != 0 || !is_zeros(zeros))
        code = err_set(ERR_DAMAGED, "%s does not begin with entry %llu", name,
                       (unsigned long long)c->count + 1);
    if (!code)
        code = read_groups(c, str_from(str_of(bytes, len), FILE_HEADER), is_last);
    free(bytes);
    return code;
}

static enum err read_log(struct checking *c)
{
    struct dirent **names = NULL;
    enum err code = OK;
    int count = scandir(c->directory, &names, is_segment, compare_names);
    if (count < 0)
        return err_errno("cannot read directory %s", c->directory);
    for (int i = 0; i < count; i++) {
        if (!code)
            code = read_segment(c, names[i]->d_name, i + 1 == count);
        free(names[i]);
    }
    free(names);
    for (size_t i = 0; i < c->target_count && !code; i++)
        if (c->targets[i].checkpoint.size > c->count)
            code = err_set(ERR_DAMAGED, "the log ends at entry %llu, but %s covers %llu",
                           (unsigned long long)c->count, c->targets[i].what,
                           (unsigned long long)c->targets[i].checkpoint.size);
    return code;
}

/* ---- checkpoints ---- */

static enum err add_target(struct checking *c, const char *what, char *text, size_t len, str key)
{
    struct target *target = &c->targets[c->target_count++];
    struct note_key signer;
    int64_t time_s;
    *target = (struct target){.what = what, .text = text};
    TRY(checkpoint_parse(str_of(text, len), &target->checkpoint));
    if (!key.len)
        return OK;
    if (note_verify_any(str_of(text, len), key, &signer, &time_s)) {
        struct err_info why = *err_last();
        return err_set(ERR_DAMAGED, "%s is not signed by the key given: %s", what, why.message);
    }
    return OK;
}

static enum err add_file(struct checking *c, const char *name, const char *what, str key)
{
    char path[PATH_BYTES];
    char *text = NULL;
    size_t len = 0;
    snprintf(path, sizeof path, "%.3800s/%s", c->directory, name);
    enum err code = io_read_file(path, NOTE_BYTES_MAX, &text, &len);
    if (code == ERR_NOT_FOUND) {
        err_clear();
        return OK;
    }
    return code ? code : add_target(c, what, text, len, key);
}

static enum err add_given(struct checking *c, str note, str key)
{
    if (!note.len)
        return OK;
    char *text = note.len <= NOTE_BYTES_MAX ? malloc(note.len) : NULL;
    if (!text)
        return err_set(ERR_LIMIT, "the checkpoint given is too long");
    memcpy(text, note.ptr, note.len);
    return add_target(c, "the checkpoint given", text, note.len, key);
}

static void say(const struct checking *c)
{
    buf_printf(c->report, "%llu entries read by the second reader: each matches its hash\n",
               (unsigned long long)c->count);
    if (c->destroyed)
        buf_printf(c->report, "the contents of %llu of them were destroyed; their hashes stay\n",
                   (unsigned long long)c->destroyed);
    if (c->unfinished)
        buf_printf(c->report, "behind them: %llu bytes of an unfinished group\n",
                   (unsigned long long)c->unfinished);
    for (size_t i = 0; i < c->target_count; i++)
        buf_printf(c->report, "%s, of %llu entries, is of this log\n", c->targets[i].what,
                   (unsigned long long)c->targets[i].checkpoint.size);
    if (!c->target_count)
        buf_add(c->report, S("no checkpoint was there to hold the log against\n"));
}

enum err audit_check(const char *directory, str key, str checkpoint, uint64_t *ret_entries,
                     struct buf *report)
{
    char path[PATH_BYTES];
    char leaves[PATH_BYTES];
    struct checking c = {.directory = path, .report = report};
    snprintf(path, sizeof path, "%.3800s/audit", directory);
    snprintf(leaves, sizeof leaves, "%.3800s/tree/0", path);
    c.leaves_fd = open(leaves, O_RDONLY | O_CLOEXEC);
    enum err code = add_file(&c, "checkpoint", "the checkpoint beside the log", key);
    if (!code)
        code = add_file(&c, "cosigned", "the countersigned checkpoint", key);
    if (!code)
        code = add_given(&c, checkpoint, key);
    if (!code)
        code = compare_roots(&c); /* of the empty log */
    if (!code)
        code = read_log(&c);
    *ret_entries = c.count;
    if (code)
        buf_printf(report, "DAMAGED: %s\n", err_last()->message);
    else
        say(&c);
    for (size_t i = 0; i < c.target_count; i++)
        free(c.targets[i].text);
    if (c.leaves_fd >= 0)
        (void)close(c.leaves_fd);
    return code ? code : report->failed;
}

/* ---- one proof ---- */

/* The entry's own key, salt and stored bytes; ret: the hash of them, and what they say. */
static enum err leaf_of_contents(str bytes, const struct phrases *phrases, struct arena *arena,
                                 struct hash *ret, str *ret_body)
{
    struct secret_key key;
    struct salt salt;
    if (bytes.len < KEY_SIZE + SALT_SIZE)
        return err_set(ERR_SYNTAX, "the proof's contents are cut off");
    memcpy(key.bytes, bytes.ptr, KEY_SIZE);
    memcpy(salt.bytes, bytes.ptr + KEY_SIZE, SALT_SIZE);
    str stored = str_from(bytes, KEY_SIZE + SALT_SIZE);
    salted_hash(&salt, stored, ret);
    return unseal_with(&key, phrases, stored, arena, ret_body);
}

static enum err leaf_of_packed(str bytes, struct arena *arena, struct hash *ret, str *ret_body)
{
    struct phrases phrases;
    struct cursor cursor = cursor_of(bytes);
    uint32_t len = cursor_u32(&cursor);
    str file = cursor_bytes(&cursor, len);
    if (cursor.is_bad)
        return err_set(ERR_SYNTAX, "the proof's dictionary is cut off");
    TRY(phrases_read(file, &phrases));
    enum err code = leaf_of_contents(str_from(bytes, 4 + file.len), &phrases, arena, ret, ret_body);
    phrases_release(&phrases);
    return code;
}

/* What the extra data say of the leaf (audit_prove). */
static enum err leaf_of(str extra, struct arena *arena, struct hash *ret, str *ret_body)
{
    size_t len = 0;
    char *bytes = arena_alloc(arena, extra.len + 1);
    if (!bytes || !base64_read(extra, bytes, extra.len, &len) || len < 1)
        return err_set(ERR_SYNTAX, "the proof says nothing of the entry");
    str rest = str_of(bytes + 1, len - 1);
    *ret_body = STR_EMPTY;
    if (bytes[0] == 'D')
        return leaf_of_packed(rest, arena, ret, ret_body);
    if (bytes[0] == 'C')
        return leaf_of_contents(rest, NULL, arena, ret, ret_body);
    if (bytes[0] != 'H' || rest.len != HASH_SIZE)
        return err_set(ERR_SYNTAX, "the proof's extra data are neither contents nor a hash");
    memcpy(ret->bytes, rest.ptr, HASH_SIZE);
    return OK;
}

static enum err check_proof(const struct proof_file *proof, str keys, struct arena *arena,
                            struct buf *report)
{
    struct checkpoint checkpoint;
    struct note_key key;
    struct hash leaf;
    str body;
    int64_t time_s;
    char hex[2 * HASH_SIZE + 1];
    TRY(note_verify_any(proof->checkpoint, keys, &key, &time_s));
    TRY(checkpoint_parse(proof->checkpoint, &checkpoint));
    if (!str_eq(checkpoint.origin, key.name))
        return err_set(ERR_DENIED, "the checkpoint is of the log %.*s", STR(checkpoint.origin));
    TRY(leaf_of(proof->extra, arena, &leaf, &body));
    if (!inclusion_holds(&leaf, proof->index, checkpoint.size, proof->path, proof->count,
                         &checkpoint.root))
        return err_set(ERR_DENIED, "the entry is not in the log whose checkpoint this is");
    hex_encode(leaf.bytes, HASH_SIZE, hex);
    buf_printf(report, "proven: entry %llu of %llu of the log %.*s\nhash: %s\n",
               (unsigned long long)proof->index + 1, (unsigned long long)checkpoint.size,
               STR(checkpoint.origin), hex);
    if (body.len)
        buf_printf(report, "contents: %.*s\n", STR(body));
    return report->failed;
}

enum err audit_check_proof(str text, str key_text, struct buf *report)
{
    struct proof_file proof;
    struct arena arena = {.max_bytes = 1 << 20};
    TRY(proof_parse(text, &proof));
    enum err code = check_proof(&proof, key_text, &arena, report);
    arena_release(&arena);
    return code;
}
