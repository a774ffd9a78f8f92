/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Being a witness: of each log whose key was taken up, the last checkpoint we countersigned is kept
 * in DIR/audit/witness/<hash of its name>: the key, the size, the root, a line each. The new one is
 * on disk before the countersignature is given, so that no crash lets us sign two that disagree.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "audit/internal.h"
#include "audit/proof.h"

enum { SEEN_MAX = 4096 };

struct seen { /* texts lie in `text` */
    char *text;
    str key_line;
    struct note_key key;
    uint64_t size;
    struct hash root;
};

static enum err seen_path(const struct audit *audit, str origin, char out[AUDIT_PATH])
{
    struct hash hash;
    char hex[2 * HASH_SIZE + 1];
    char directory[AUDIT_PATH];
    snprintf(directory, sizeof directory, "%.3900s/witness", audit->directory);
    TRY(io_make_dir(directory));
    sha256(origin, &hash);
    hex_encode(hash.bytes, HASH_SIZE, hex);
    snprintf(out, AUDIT_PATH, "%.3950s/%.32s", directory, hex);
    return OK;
}

static enum err seen_write(const char *path, str key_line, uint64_t size, const struct hash *root)
{
    struct buf text = {.max = SEEN_MAX};
    buf_add(&text, key_line);
    buf_printf(&text, "\n%llu\n", (unsigned long long)size);
    hash_lines_print(root, 1, &text);
    enum err code = text.failed ? text.failed : io_replace(path, buf_str(&text));
    buf_release(&text);
    return code;
}

static enum err seen_take(str text, struct seen *ret)
{
    str size;
    size_t count = 0;
    struct hash roots[PROOF_LINES_MAX];
    if (!str_split(&text, '\n', &ret->key_line) || !str_split(&text, '\n', &size) ||
        !str_to_u64(size, INT64_MAX, &ret->size) || hash_lines_parse(&text, roots, &count) ||
        count != 1)
        return err_set(ERR_DAMAGED, "what was kept of a witnessed log is damaged");
    ret->root = roots[0];
    return note_key_parse(ret->key_line, &ret->key);
}

/* Free ret->text. */
static enum err seen_read(const char *path, str origin, struct seen *ret)
{
    size_t len = 0;
    *ret = (struct seen){0};
    enum err code = io_read_file(path, SEEN_MAX, &ret->text, &len);
    if (code == ERR_NOT_FOUND)
        return err_set(ERR_NOT_FOUND, "no key of the log %.*s was taken up", STR(origin));
    if (!code)
        code = seen_take(str_of(ret->text, len), ret);
    if (code) {
        free(ret->text);
        ret->text = NULL;
    }
    return code;
}

enum err audit_trust(struct audit *audit, str key, bool is_replacing)
{
    char path[AUDIT_PATH];
    struct note_key parsed;
    struct seen seen;
    struct hash empty;
    TRY(note_key_parse(key, &parsed));
    if (parsed.kind != NOTE_SIGNATURE)
        return err_set(ERR_BAD_VALUE, "%.*s is a key for countersignatures, not of a log",
                       STR(parsed.name));
    TRY(seen_path(audit, parsed.name, path));
    if (seen_read(path, parsed.name, &seen) == OK) {
        bool is_same = str_eq(seen.key_line, str_trim(key));
        free(seen.text);
        if (is_same)
            return OK;
        if (!is_replacing)
            return err_set(ERR_CONFLICT, "another key of the log %.*s was taken up before",
                           STR(parsed.name));
    }
    err_clear();
    sha256(STR_EMPTY, &empty);
    return seen_write(path, str_trim(key), 0, &empty);
}

struct witness_request {
    uint64_t old;
    struct hash path[PROOF_LINES_MAX];
    size_t count;
    str note;
};

static enum err request_parse(str text, struct witness_request *ret)
{
    str line;
    if (!str_split(&text, '\n', &line) || !str_starts(line, S("old ")) ||
        !str_to_u64(str_from(line, 4), INT64_MAX, &ret->old))
        return err_set(ERR_SYNTAX, "the first line is not \"old\" and a size");
    TRY(hash_lines_parse(&text, ret->path, &ret->count));
    ret->note = text;
    return OK;
}

static enum err check_continues(const struct seen *seen, const struct witness_request *request,
                                const struct checkpoint *checkpoint)
{
    if (request->old != seen->size)
        return err_set(ERR_CONFLICT, "the log was countersigned last at %llu entries",
                       (unsigned long long)seen->size);
    if (!consistency_holds(seen->size, &seen->root, checkpoint->size, &checkpoint->root,
                           request->path, request->count))
        return err_set(ERR_BAD_VALUE,
                       "the checkpoint does not continue the one of %llu entries: the log was "
                       "rewritten, or the proof is wrong",
                       (unsigned long long)seen->size);
    return OK;
}

static enum err countersign(struct audit *audit, const char *path, const struct seen *seen,
                            const struct witness_request *request, struct buf *out)
{
    struct checkpoint checkpoint;
    int64_t time_s;
    str text;
    str signatures;
    TRY(note_verify(request->note, &seen->key, &time_s));
    TRY(checkpoint_parse(request->note, &checkpoint));
    TRY(check_continues(seen, request, &checkpoint));
    TRY(seen_write(path, seen->key_line, checkpoint.size, &checkpoint.root));
    TRY(note_split(request->note, &text, &signatures));
    note_cosign(text, str_c(audit->origin), &audit->node_key.now, clock_now_us() / 1000000, out);
    return out->failed;
}

enum err audit_witness(struct audit *audit, str text, struct buf *out)
{
    char path[AUDIT_PATH];
    struct witness_request request;
    struct checkpoint checkpoint;
    struct seen seen;
    TRY(request_parse(text, &request));
    TRY(checkpoint_parse(request.note, &checkpoint));
    pthread_mutex_lock(&audit->witnessing);
    enum err code = seen_path(audit, checkpoint.origin, path);
    if (!code)
        code = seen_read(path, checkpoint.origin, &seen);
    if (!code) {
        code = countersign(audit, path, &seen, &request, out);
        free(seen.text);
    }
    pthread_mutex_unlock(&audit->witnessing);
    return code;
}
