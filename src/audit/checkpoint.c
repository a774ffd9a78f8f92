/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this log signs: its checkpoints, proofs from them, and countersignatures of other logs.
 *
 * A checkpoint covers durable entries only, and the tree over them is a function of the entries, so
 * a crash can not make a later checkpoint contradict an earlier one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"
#include "audit/proof.h"

enum { NOTE_MAX = 64 << 10 };

static str own_path(const struct audit *audit, const char *name, char out[AUDIT_PATH])
{
    snprintf(out, AUDIT_PATH, "%.3900s/%s", audit->directory, name);
    return str_c(out);
}

enum err checkpoint_open(struct audit *audit, const char *directory)
{
    TRY(node_key_load(directory, &audit->node_key));
    snprintf(audit->origin, sizeof audit->origin, "%s/audit", audit->node_key.name);
    return OK;
}

enum err audit_replace_reader(struct audit *audit)
{
    return keyring_replace_reader(&audit->keyring, audit->directory);
}

void audit_key(const struct audit *audit, struct buf *out)
{
    node_key_print(&audit->node_key, "audit", false, out);
}

static enum err sign_at(struct audit *audit, uint64_t size, struct buf *out)
{
    struct checkpoint checkpoint = {.origin = str_c(audit->origin), .size = size};
    struct buf text = {.max = 1024};
    TRY(tree_root(&audit->tree, size, &checkpoint.root));
    checkpoint_print(&checkpoint, &text);
    buf_add(out, buf_str(&text));
    buf_add_char(out, '\n');
    note_sign(buf_str(&text), checkpoint.origin, &audit->node_key.now, out);
    enum err code = text.failed ? text.failed : out->failed;
    buf_release(&text);
    return code;
}

/*
 * What is given out lies beside the log too, so that the next opening holds the log to it. A
 * smaller
 * one, overtaken on the way, is not written over a larger.
 */
static enum err keep(struct audit *audit, uint64_t size, str note)
{
    char path[AUDIT_PATH];
    enum err code = OK;
    own_path(audit, "checkpoint", path);
    pthread_mutex_lock(&audit->witnessing);
    if (!audit->has_kept || size > audit->kept_size)
        code = io_replace(path, note);
    if (!code && size >= audit->kept_size) {
        audit->has_kept = true;
        audit->kept_size = size;
    }
    pthread_mutex_unlock(&audit->witnessing);
    return code;
}

enum err audit_checkpoint(struct audit *audit, struct buf *out)
{
    struct buf note = {.max = NOTE_MAX};
    uint64_t size = audit_count(audit);
    enum err code = sign_at(audit, size, &note);
    if (!code)
        code = keep(audit, size, buf_str(&note));
    if (!code)
        buf_add(out, buf_str(&note));
    buf_release(&note);
    return code ? code : out->failed;
}

enum err checkpoint_write(struct audit *audit)
{
    struct buf note = {.max = NOTE_MAX};
    enum err code = audit->tree.is_broken ? OK : audit_checkpoint(audit, &note);
    buf_release(&note);
    return code;
}

/* By any key this node ever had: what is checked lies in its own directory. */
static enum err check_signed(const struct audit *audit, str note)
{
    struct buf keys = {.max = NOTE_MAX};
    struct note_key key;
    int64_t time_s;
    node_key_print(&audit->node_key, "audit", true, &keys);
    enum err code =
        keys.failed ? keys.failed : note_verify_any(note, buf_str(&keys), &key, &time_s);
    buf_release(&keys);
    return code;
}

/* A note of this log: signed by it, and of this tree. */
static enum err check_own(struct audit *audit, str note, struct checkpoint *ret)
{
    struct hash root;
    TRY(check_signed(audit, note));
    TRY(checkpoint_parse(note, ret));
    if (!str_eq_c(ret->origin, audit->origin))
        return err_set(ERR_DENIED, "the checkpoint is of the log %.*s", STR(ret->origin));
    TRY(tree_root(&audit->tree, ret->size, &root));
    return memcmp(root.bytes, ret->root.bytes, HASH_SIZE) == 0
               ? OK
               : err_set(ERR_DENIED, "another root was signed at entry %llu",
                         (unsigned long long)ret->size);
}

enum err checkpoint_agrees(struct audit *audit)
{
    char path[AUDIT_PATH];
    char *text = NULL;
    size_t len = 0;
    struct checkpoint checkpoint;
    own_path(audit, "checkpoint", path);
    enum err code = io_read_file(path, NOTE_MAX, &text, &len);
    if (code == ERR_NOT_FOUND) {
        err_clear();
        return OK;
    }
    if (!code && check_own(audit, str_of(text, len), &checkpoint)) {
        struct err_info why = *err_last();
        code =
            err_set(ERR_DAMAGED, "the audit log does not continue its checkpoint: %s", why.message);
    }
    free(text);
    return code;
}

/* ---- proofs ---- */

/* The letter, and before a packed body what it is unpacked with. */
static enum err add_dictionary(struct audit *audit, str body, struct buf *out)
{
    uint16_t number = 0;
    struct buf file = {.max = DICTIONARY_BYTES};
    if (!keyring_dictionary(body, &number)) {
        buf_add_char(out, 'C');
        return out->failed;
    }
    enum err code = packing_file(&audit->keyring.packing, number, &file);
    buf_add_char(out, 'D');
    buf_add_u32(out, (uint32_t)file.len);
    buf_add(out, buf_str(&file));
    buf_release(&file);
    return code ? code : out->failed;
}

/* The entry's own key, salt and sealed body, while they can be had. ERR_GONE. */
static enum err add_content(struct audit *audit, const struct entry_place *entry,
                            struct arena *arena, struct buf *out)
{
    struct secret_key key;
    str body;
    if (entry->flags & ENTRY_DESTROYED)
        return err_set(ERR_GONE, "the entry was destroyed");
    TRY(keyring_unseal(&audit->keyring, &entry->salt, entry->body, arena, &body, NULL, &key));
    enum err code = add_dictionary(audit, entry->body, out);
    buf_add(out, str_of((const char *)key.bytes, KEY_SIZE));
    buf_add(out, str_of((const char *)entry->salt.bytes, SALT_SIZE));
    buf_add(out, entry->body);
    wipe(&key, sizeof key);
    return code ? code : out->failed;
}

static enum err add_extra(struct audit *audit, uint64_t number, bool has_content,
                          struct arena *arena, struct buf *out)
{
    struct entry_place entry;
    struct buf extra = {.max = BODY_MAX + DICTIONARY_BYTES + 256};
    TRY(entry_read(audit, number, arena, &entry));
    enum err code = has_content ? add_content(audit, &entry, arena, &extra) : ERR_GONE;
    if (code == ERR_GONE) {
        err_clear();
        buf_add_char(&extra, 'H');
        buf_add(&extra, str_of((const char *)entry.leaf.bytes, HASH_SIZE));
        code = extra.failed;
    }
    buf_add(out, S("extra "));
    base64_add(out, buf_str(&extra));
    buf_release(&extra);
    return code;
}

/* The countersigned checkpoint where it covers the entry, else one of now. */
static enum err choose_checkpoint(struct audit *audit, uint64_t number, struct buf *out)
{
    char path[AUDIT_PATH];
    char *text = NULL;
    size_t len = 0;
    struct checkpoint cosigned;
    own_path(audit, "cosigned", path);
    bool is_covered = io_read_file(path, NOTE_MAX, &text, &len) == OK &&
                      check_own(audit, str_of(text, len), &cosigned) == OK &&
                      cosigned.size >= number;
    err_clear();
    if (is_covered)
        buf_add(out, str_of(text, len));
    free(text);
    return is_covered ? out->failed : audit_checkpoint(audit, out);
}

enum err audit_prove(struct audit *audit, uint64_t number, bool has_content, struct buf *out)
{
    struct hash path[PROOF_MAX];
    size_t count = 0;
    struct checkpoint checkpoint;
    struct arena arena = {0};
    struct buf note = {.max = NOTE_MAX};
    buf_add(out, S("c2sp.org/tlog-proof@v1\n"));
    enum err code = add_extra(audit, number, has_content, &arena, out);
    if (!code)
        code = choose_checkpoint(audit, number, &note);
    if (!code)
        code = checkpoint_parse(buf_str(&note), &checkpoint);
    if (!code)
        code = tree_inclusion(&audit->tree, number - 1, checkpoint.size, path, &count);
    if (!code) {
        buf_printf(out, "\nindex %llu\n", (unsigned long long)number - 1);
        hash_lines_print(path, count, out);
        buf_add_char(out, '\n');
        buf_add(out, buf_str(&note));
        code = out->failed;
    }
    buf_release(&note);
    arena_release(&arena);
    return code;
}

enum err audit_consistency(struct audit *audit, uint64_t from, uint64_t to, struct buf *out)
{
    struct hash path[PROOF_MAX];
    size_t count = 0;
    if (to > audit_count(audit))
        return err_set(ERR_NOT_FOUND, "the audit log has no %llu entries", (unsigned long long)to);
    TRY(tree_consistency(&audit->tree, from, to, path, &count));
    hash_lines_print(path, count, out);
    return out->failed;
}

enum err audit_tile(struct audit *audit, unsigned level, uint64_t index, unsigned width,
                    struct buf *out)
{
    return tree_tile(&audit->tree, level, index, width, out);
}

enum err audit_take_cosignature(struct audit *audit, str note)
{
    char path[AUDIT_PATH];
    struct checkpoint checkpoint;
    if (note.len > NOTE_MAX)
        return err_set(ERR_LIMIT, "a checkpoint is limited to %d bytes", NOTE_MAX);
    TRY(check_own(audit, note, &checkpoint));
    own_path(audit, "cosigned", path);
    return io_replace(path, note);
}
