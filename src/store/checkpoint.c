/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving the WAL into the database. SQLite's automatic checkpoint would do it inside a commit,
 * where somebody waits for it; one between the writer's transactions made everybody wait 27 ms for
 * each 4 MiB on a disk that syncs in 4 ms. So a thread of its own copies and syncs beside the
 * writer, over a connection of its own, whenever 4 MiB have come.
 *
 * SQLite begins the WAL anew only when a write finds all of it moved, which never happens while
 * somebody keeps writing: at 32 MiB the writer moves what little the thread has left, between two
 * transactions, and so bounds the file.
 *
 * `checkpointing` is held by whoever moves; the writer waits for it only at the bound, and to
 * scrub.
 */
#include "store/internal.h"

enum { STEP_FRAMES = 512, FRAMES_MAX = 4096 };

/*
 * A failed checkpoint costs nothing but a longer WAL; the next commit will say it if the disk is
 * full.
 */
static void move_frames(struct store *store, struct connection *connection)
{
    int frames = 0, moved = 0;
    pthread_mutex_lock(&store->checkpointing);
    if (sqlite3_wal_checkpoint_v2(connection->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames,
                                  &moved) == SQLITE_OK)
        atomic_store(&store->wal_moved, moved);
    pthread_mutex_unlock(&store->checkpointing);
}

void checkpoint(struct store *store)
{
    int frames = store->wal_frames, moved = atomic_load(&store->wal_moved);
    if (frames < moved) { /* it has begun anew */
        atomic_store(&store->wal_moved, 0);
        moved = 0;
    }
    if (frames >= FRAMES_MAX) {
        move_frames(store, store->writer);
    } else if (frames - moved >= STEP_FRAMES) {
        pthread_mutex_lock(&store->lock);
        store->is_checkpoint_due = true;
        pthread_cond_signal(&store->due);
        pthread_mutex_unlock(&store->lock);
    }
}

static void *checkpointer_main(void *context)
{
    struct store *store = context;
    pthread_mutex_lock(&store->lock);
    while (!store->is_stopping) {
        if (!store->is_checkpoint_due) {
            pthread_cond_wait(&store->due, &store->lock);
            continue;
        }
        store->is_checkpoint_due = false;
        pthread_mutex_unlock(&store->lock);
        move_frames(store, store->checkpointer);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

enum err checkpointer_start(struct store *store)
{
    TRY(connection_open(store->path, CONNECTION_WRITE, &store->checkpointer));
    if (pthread_create(&store->checkpoint_thread, NULL, checkpointer_main, store))
        return err_set(ERR_MEMORY, "cannot start the store's checkpoint thread");
    store->has_checkpointer = true;
    return OK;
}

void checkpointer_stop(struct store *store)
{
    if (store->has_checkpointer)
        pthread_join(store->checkpoint_thread, NULL);
    store->has_checkpointer = false;
    connection_close(store->checkpointer);
    store->checkpointer = NULL;
}
