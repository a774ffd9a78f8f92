/* SPDX-License-Identifier: Apache-2.0 */
/* Opened, followed, closed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

#include "rights/internal.h"

static enum err load_keys(struct rights *rights)
{
    char path[4096];
    snprintf(path, sizeof path, "%.4000s/applicants.key", rights->node.directory);
    TRY(box_key_load(path, &rights->applicants));
    snprintf(path, sizeof path, "%.4000s/objections.key", rights->node.directory);
    return box_key_load(path, &rights->objections);
}

enum err rights_open(const struct rights_node *node, struct rights **ret)
{
    struct rights *rights = calloc(1, sizeof *rights);
    if (!rights)
        return err_set(ERR_MEMORY, "out of memory for the rights of persons");
    rights->node = *node;
    pthread_rwlock_init(&rights->lock, NULL);
    enum err code = load_keys(rights);
    if (!code)
        code = holds_fill(rights);
    if (code) {
        rights_close(rights);
        return code;
    }
    keep_on_hold(node->keep, rights_holds, rights);
    *ret = rights;
    return OK;
}

void rights_close(struct rights *rights)
{
    if (!rights)
        return;
    holds_free(rights);
    pthread_rwlock_destroy(&rights->lock);
    wipe(rights, sizeof *rights);
    free(rights);
}

static enum err take_one(void *context, const struct stored *stored)
{
    return holds_take(context, stored);
}

void rights_follow(struct rights *rights, uint64_t first_seq, uint64_t last_seq)
{
    char text[1024];
    if (store_feed(rights->node.store, first_seq - 1, (size_t)(last_seq - first_seq + 1), take_one,
                   rights) == OK)
        return;
    log_write(LOG_ERROR, "what is held back could not be followed, it is at the next start: %s",
              err_format(err_last(), text, sizeof text));
    err_clear();
}
