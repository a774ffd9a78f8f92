/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's key replaced: reader.key.next is made, each file of keys is sealed to it in the old
 * one's place, and only then it becomes reader.key. Cut short, there are two keys and files of
 * both; the next opening goes on where it stopped. What was copied before still opens with the old
 * key, where somebody has it: a backup's keys are as old as the backup.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "audit/keyring.h"

enum { OLD, NEXT, BOTH, BOXES_MAX = 4096 };

static enum err reseal(const struct keyring *keyring, const struct box_key readers[BOTH],
                       const char *path)
{
    struct secret_key key;
    struct buf boxes = {.max = BOXES_MAX};
    enum err code = keyring_unbox(readers, BOTH, path, &key);
    if (code == ERR_NOT_FOUND) { /* torn: no entry lies under it */
        err_clear();
        return OK;
    }
    TRY(code);
    keyring_boxes(keyring, &readers[NEXT], &key, &boxes);
    wipe(&key, sizeof key);
    code = boxes.failed ? boxes.failed : io_replace(path, buf_str(&boxes));
    buf_release(&boxes);
    return code;
}

/* Those sealed to it already are sealed again: that is safe, and rare. */
static enum err reseal_all(const struct keyring *keyring, const struct box_key readers[BOTH])
{
    char path[4400];
    DIR *directory = opendir(keyring->directory);
    if (!directory)
        return err_errno("cannot open directory %s", keyring->directory);
    enum err code = OK;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): safe on a stream of one's own */
    for (struct dirent *entry; !code && (entry = readdir(directory));) {
        if (entry->d_name[0] == '.' || str_has(str_c(entry->d_name), S(".tmp")))
            continue;
        snprintf(path, sizeof path, "%.4000s/%s", keyring->directory, entry->d_name);
        code = reseal(keyring, readers, path);
    }
    closedir(directory);
    return code;
}

static enum err replace(struct keyring *keyring, const char *directory, const char *next_path)
{
    char path[4400];
    struct box_key readers[BOTH] = {[OLD] = keyring->reader};
    snprintf(path, sizeof path, "%.4000s/reader.key", directory);
    TRY(box_key_load(next_path, &readers[NEXT]));
    enum err code = reseal_all(keyring, readers);
    if (!code)
        code = io_rename(next_path, path);
    if (!code)
        code = io_sync_dir(directory);
    if (!code)
        keyring->reader = readers[NEXT];
    wipe(readers, sizeof readers);
    return code;
}

static void path_of_next(const char *directory, char out[4400])
{
    snprintf(out, 4400, "%.4000s/reader.key.next", directory);
}

enum err keyring_replace_reader(struct keyring *keyring, const char *audit_directory)
{
    char next[4400];
    path_of_next(audit_directory, next);
    TRY(keyring_flush(keyring));
    pthread_mutex_lock(&keyring->lock);
    enum err code = replace(keyring, audit_directory, next);
    pthread_mutex_unlock(&keyring->lock);
    return code;
}

enum err keyring_finish_reader(struct keyring *keyring, const char *audit_directory)
{
    char next[4400];
    char *seed = NULL;
    size_t len = 0;
    path_of_next(audit_directory, next);
    enum err code = io_read_file(next, KEY_SIZE, &seed, &len);
    if (code == ERR_NOT_FOUND) {
        err_clear();
        return OK;
    }
    if (seed)
        wipe(seed, len);
    free(seed);
    return code ? code : replace(keyring, audit_directory, next);
}
