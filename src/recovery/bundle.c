/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.sealed: written with the public key alone, opened with shares. The box is anonymous; what it
 * says is bound to the head by the hash of it inside, and that these are this node's keys shows
 * itself: the audit log's checkpoint is signed with one of them, and opening the log checks it.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "crypto/seal.h"
#include "recovery/recovery.h"

enum { KEY_FILE_MAX = 64 << 10, FILE_MAX = 1 << 20, NAME_MAX_BYTES = 64, FILES_MAX = 64 };

const char recovery_file[] = "keys.sealed";
static const char magic[] = "BUREAUK1";
/* Where a data directory keeps keys: in itself, and in the log's. */
static const char *const places[] = {"", "audit/"};

/* ---- sealing ---- */

static void print_head(const struct recovery_set *set, struct buf *out)
{
    buf_add(out, str_c(magic));
    buf_add(out, str_of((const char *)set->set, SHARE_SET_SIZE));
    buf_add_u8(out, set->need);
    buf_add_u8(out, set->of);
    buf_add(out, str_of((const char *)set->public, KEY_SIZE));
    for (size_t i = 0; i < set->of; i++)
        buf_add(out, str_of((const char *)set->commitments[i].bytes, HASH_SIZE));
}

static bool is_key_name(str name)
{
    bool is_plain = name.len > 4 && name.len <= NAME_MAX_BYTES && str_ends(name, S(".key")) &&
                    name.ptr[0] != '.';
    for (size_t i = 0; i < name.len; i++)
        is_plain = is_plain && (is_alnum(name.ptr[i]) || name.ptr[i] == '.' || name.ptr[i] == '-' ||
                                name.ptr[i] == '_');
    return is_plain;
}

static enum err add_file(const char *directory, const char *place, const char *name,
                         struct buf *out)
{
    char path[4400];
    char label[300];
    char *bytes = NULL;
    size_t len = 0;
    (void)snprintf(label, sizeof label, "%s%s", place, name);
    (void)snprintf(path, sizeof path, "%.4000s/%s", directory, label);
    TRY(io_read_file(path, KEY_FILE_MAX, &bytes, &len));
    buf_add_block(out, str_c(label));
    buf_add_block(out, str_of(bytes, len));
    wipe(bytes, len);
    free(bytes);
    return out->failed;
}

static enum err add_place(const char *directory, const char *place, struct buf *out)
{
    char path[4400];
    (void)snprintf(path, sizeof path, "%.4000s/%s", directory, place);
    DIR *open_directory = opendir(path);
    if (!open_directory)
        return err_errno("cannot read directory %s", path);
    enum err code = OK;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): safe on a stream of one's own */
    for (struct dirent *entry; !code && (entry = readdir(open_directory));)
        if (is_key_name(str_c(entry->d_name)))
            code = add_file(directory, place, entry->d_name, out);
    closedir(open_directory);
    return code;
}

enum err recovery_seal(const struct recovery_set *set, const char *directory, const char *target)
{
    char path[4400];
    struct hash head;
    struct buf file = {.max = FILE_MAX};
    struct buf keys = {.max = FILE_MAX / 2};
    print_head(set, &file);
    sha256(buf_str(&file), &head);
    if (buf_reserve(&keys, FILE_MAX / 4)) /* at once: what grows leaves copies behind */
        buf_add(&keys, str_of((const char *)head.bytes, HASH_SIZE));
    enum err code = file.failed;
    for (size_t i = 0; !code && i < COUNT_OF(places); i++)
        code = add_place(directory, places[i], &keys);
    if (!code)
        box_seal(set->public, buf_str(&keys), &file);
    code = code ? code : file.failed;
    (void)snprintf(path, sizeof path, "%.4000s/%s", target, recovery_file);
    if (!code)
        code = io_replace(path, buf_str(&file));
    wipe(keys.ptr, keys.ptr ? keys.size : 0);
    buf_release(&keys);
    buf_release(&file);
    return code;
}

bool recovery_is_sealed(const char *directory)
{
    char path[4400];
    (void)snprintf(path, sizeof path, "%.4000s/%s", directory, recovery_file);
    return access(path, F_OK) == 0;
}

/* ---- opening ---- */

enum err recovery_head(str file, struct recovery_set *ret, str *ret_box)
{
    struct cursor cursor = cursor_of(file);
    *ret = (struct recovery_set){.need = 0};
    str start = cursor_bytes(&cursor, sizeof magic - 1);
    str set = cursor_bytes(&cursor, SHARE_SET_SIZE);
    uint8_t need = cursor_u8(&cursor);
    uint8_t of = cursor_u8(&cursor);
    str public = cursor_bytes(&cursor, KEY_SIZE);
    if (cursor.is_bad || !str_eq_c(start, magic) || need < SHARE_NEED_MIN || need > of ||
        of > SHARE_OF_MAX)
        return err_set(ERR_DAMAGED, "%s is not one, or damaged", recovery_file);
    for (size_t i = 0; i < of; i++) {
        str hash = cursor_bytes(&cursor, HASH_SIZE);
        if (hash.len == HASH_SIZE)
            memcpy(ret->commitments[i].bytes, hash.ptr, HASH_SIZE);
    }
    if (cursor.is_bad || cursor_left(&cursor) <= BOX_EXTRA + HASH_SIZE)
        return err_set(ERR_DAMAGED, "%s is cut off", recovery_file);
    memcpy(ret->set, set.ptr, SHARE_SET_SIZE);
    memcpy(ret->public, public.ptr, KEY_SIZE);
    ret->need = need;
    ret->of = of;
    *ret_box = cursor_bytes(&cursor, cursor_left(&cursor));
    return OK;
}

/* One message for all that may be wrong with the shares: it helps nobody to guess the rest. */
static enum err denied(void)
{
    return err_set(ERR_DENIED, "these shares do not open the keys: too few, or not all of them "
                               "belong to this node");
}

static enum err open_box(const struct recovery_set *set, str head, str box,
                         const struct key_share *shares, size_t count, struct buf *out)
{
    struct secret_key key;
    struct box_key pair;
    struct hash hash;
    bool are_known = count >= set->need;
    for (size_t i = 0; are_known && i < count; i++)
        are_known = recovery_knows(set, &shares[i]);
    if (!are_known || share_combine(shares, count, &key) != OK)
        return denied();
    enum err code = box_key_of(&key, &pair);
    wipe(&key, sizeof key);
    char *room = code ? NULL : buf_reserve(out, box.len);
    bool is_open = room && equal_constant_time(pair.public, set->public, KEY_SIZE) &&
                   box_open(&pair, box, room);
    wipe(&pair, sizeof pair);
    if (!is_open)
        return code ? code : denied();
    out->len = box.len - BOX_EXTRA;
    sha256(head, &hash);
    return memcmp(hash.bytes, out->ptr, HASH_SIZE) == 0
               ? OK
               : err_set(ERR_DAMAGED, "%s was put together of two", recovery_file);
}

static bool is_label(str label)
{
    for (size_t i = COUNT_OF(places); i-- > 0;)
        if (str_starts(label, str_c(places[i])))
            return is_key_name(str_from(label, strlen(places[i])));
    return false;
}

/* Nothing is overwritten: a key that differs may be all that opens what was written with it. */
static enum err put_back(const char *directory, str label, str bytes)
{
    char path[4400];
    char *held = NULL;
    size_t len = 0;
    (void)snprintf(path, sizeof path, "%.4000s/%.*s", directory, STR(label));
    enum err code = io_read_file(path, KEY_FILE_MAX, &held, &len);
    if (code == ERR_NOT_FOUND)
        return io_replace(path, bytes);
    TRY(code);
    bool is_same = str_eq(str_of(held, len), bytes);
    wipe(held, len);
    free(held);
    return is_same ? OK : err_set(ERR_CONFLICT, "%.*s is there already, and another", STR(label));
}

static enum err put_all_back(const char *directory, str keys, size_t *ret)
{
    struct cursor cursor = cursor_of(keys);
    *ret = 0;
    while (cursor_left(&cursor)) {
        str label = cursor_block(&cursor);
        str bytes = cursor_block(&cursor);
        if (cursor.is_bad || !is_label(label) || *ret == FILES_MAX)
            return err_set(ERR_DAMAGED, "%s does not hold keys", recovery_file);
        TRY(put_back(directory, label, bytes));
        ++*ret;
    }
    return OK;
}

enum err recovery_restore(const char *directory, const struct key_share *shares, size_t count,
                          size_t *ret)
{
    char path[4400];
    char *bytes = NULL;
    size_t len = 0;
    str box;
    struct recovery_set set;
    struct buf keys = {.max = FILE_MAX};
    (void)snprintf(path, sizeof path, "%.4000s/%s", directory, recovery_file);
    TRY(io_read_file(path, FILE_MAX, &bytes, &len));
    enum err code = recovery_head(str_of(bytes, len), &set, &box);
    if (!code)
        code = open_box(&set, str_of(bytes, len - box.len), box, shares, count, &keys);
    if (!code)
        code = put_all_back(directory, str_from(buf_str(&keys), HASH_SIZE), ret);
    if (!code)
        code = io_remove(path);
    if (!code)
        code = io_sync_dir(directory);
    wipe(keys.ptr, keys.ptr ? keys.size : 0);
    buf_release(&keys);
    free(bytes);
    return code;
}
