/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps in the order in which they returned; the disk at a cut is computed from them. Running out
 * of memory aborts.
 */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/io.h"

enum {
    PIECE = 4096,
    FILE_MAX = 4096,
    NUMBER_BASE = 1 << 20,
    NUMBERS = 1 << 16,
    DESCRIPTORS = 4096
};

enum step_kind {
    STEP_WRITE,
    STEP_TRUNCATE,
    STEP_SYNC,
    STEP_CREATE,
    STEP_RENAME,
    STEP_REMOVE,
    STEP_SYNC_DIRECTORY
};
struct step {
    enum step_kind kind;
    int file; /* number of the file; of a rename: the one that moves */
    char *bytes;
    size_t len;
    uint64_t at;   /* offset, or size */
    size_t covers; /* of a sync: steps before this one */
    char *path, *to;
};
struct content {
    char *bytes;
    size_t size, room;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct step *steps;
static size_t step_count, step_room;
static char base[512];
static int file_count;
static int of_descriptor[DESCRIPTORS], of_number[NUMBERS];
static struct {
    char path[600];
    int file;
} names[FILE_MAX];
static int name_count;
static _Thread_local size_t sync_covers;

static void *must(void *memory)
{
    ensure(memory);
    return memory;
}

static struct step *add(enum step_kind kind, int file)
{
    if (step_count == step_room) {
        step_room = step_room ? step_room * 2 : 1024;
        steps = must(realloc(steps, step_room * sizeof *steps));
    }
    struct step *step = &steps[step_count++];
    *step = (struct step){.kind = kind, .file = file};
    return step;
}

static int *file_of(int fd)
{
    if (fd >= NUMBER_BASE) {
        ensure(fd - NUMBER_BASE < NUMBERS);
        return &of_number[fd - NUMBER_BASE];
    }
    ensure(fd >= 0 && fd < DESCRIPTORS);
    return &of_descriptor[fd];
}

static const char *relative(const char *path)
{
    size_t len = strlen(base);
    return strncmp(path, base, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

static int find_name(const char *path)
{
    for (int i = 0; i < name_count; i++)
        if (strcmp(names[i].path, path) == 0)
            return i;
    return -1;
}

static void set_name(const char *path, int file)
{
    int at = find_name(path);
    if (at < 0) {
        ensure(name_count < FILE_MAX);
        at = name_count++;
        snprintf(names[at].path, sizeof names[at].path, "%s", path);
    }
    names[at].file = file;
}

static void drop_name(const char *path)
{
    int at = find_name(path);
    if (at >= 0)
        names[at] = names[--name_count];
}

static void on_open(const struct io_event *event)
{
    const char *path = relative(event->path);
    int *slot = file_of(event->fd);
    *slot = 0;
    if (!path)
        return;
    int at = find_name(path);
    if (at < 0) {
        int file = ++file_count;
        add(STEP_CREATE, file)->path = must(strdup(path));
        set_name(path, file);
        at = find_name(path);
    }
    *slot = names[at].file;
}

static void on_rename(const struct io_event *event)
{
    const char *from = relative(event->path), *to = relative(event->to);
    int at = from ? find_name(from) : -1;
    if (at < 0 || !to)
        return;
    int file = names[at].file;
    struct step *step = add(STEP_RENAME, file);
    step->path = must(strdup(from));
    step->to = must(strdup(to));
    drop_name(from);
    set_name(to, file);
}

static void on_remove(const struct io_event *event)
{
    const char *path = relative(event->path);
    if (!path || find_name(path) < 0)
        return;
    add(STEP_REMOVE, names[find_name(path)].file)->path = must(strdup(path));
    drop_name(path);
}

static void on_sync(const struct io_event *event)
{
    if (event->path) {
        struct step *step = add(STEP_SYNC_DIRECTORY, 0);
        const char *path = relative(event->path);
        step->covers = sync_covers;
        step->path = must(strdup(path ? path : ""));
        return;
    }
    int file = *file_of(event->fd);
    if (file)
        add(STEP_SYNC, file)->covers = sync_covers;
}

static void on_write(const struct io_event *event)
{
    int file = *file_of(event->fd);
    if (!file)
        return;
    struct step *step = add(event->kind == IO_WRITE ? STEP_WRITE : STEP_TRUNCATE, file);
    step->at = event->at;
    step->len = event->bytes.len;
    if (step->len) {
        step->bytes = must(malloc(step->len));
        memcpy(step->bytes, event->bytes.ptr, step->len);
    }
}

static int before(void *context, const struct io_event *event)
{
    (void)context;
    if (event->kind == IO_SYNC)
        sync_covers = recorder_position();
    return 0;
}

static void after(void *context, const struct io_event *event)
{
    (void)context;
    pthread_mutex_lock(&lock);
    switch (event->kind) {
    case IO_OPEN: on_open(event); break;
    case IO_WRITE:
    case IO_TRUNCATE: on_write(event); break;
    case IO_SYNC: on_sync(event); break;
    case IO_RENAME: on_rename(event); break;
    case IO_REMOVE: on_remove(event); break;
    }
    pthread_mutex_unlock(&lock);
}

void recorder_start(const char *directory)
{
    static const struct io_hook hook = {.before = before, .after = after};
    recorder_forget();
    snprintf(base, sizeof base, "%s", directory);
    io_set_hook(&hook);
}

void recorder_stop(void)
{
    io_set_hook(NULL);
}

void recorder_forget(void)
{
    for (size_t i = 0; i < step_count; i++) {
        free(steps[i].bytes);
        free(steps[i].path);
        free(steps[i].to);
    }
    free(steps);
    steps = NULL;
    step_count = step_room = 0;
    file_count = name_count = 0;
    memset(of_descriptor, 0, sizeof of_descriptor);
    memset(of_number, 0, sizeof of_number);
}

size_t recorder_position(void)
{
    pthread_mutex_lock(&lock);
    size_t position = step_count;
    pthread_mutex_unlock(&lock);
    return position;
}

/* ---- the disk at a cut ---- */

static void resize(struct content *content, size_t size)
{
    if (size > content->room) {
        size_t room = size > content->room * 2 ? size : content->room * 2;
        content->bytes = must(realloc(content->bytes, room));
        memset(content->bytes + content->room, 0, room - content->room);
        content->room = room;
    }
    if (size < content->size)
        memset(content->bytes + size, 0, content->size - size);
    content->size = size;
}

static void put(struct content *content, const char *bytes, size_t len, uint64_t at)
{
    if (at + len > content->size)
        resize(content, at + len);
    memcpy(content->bytes + at, bytes, len);
}

/* How likely a piece that nobody synced is there: sometimes all, sometimes nothing, mostly some. */
static double kept_share(struct random *random)
{
    double share = random_unit(random) * 1.4 - 0.2;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static void apply_unsynced(struct content *content, const struct step *step, double share,
                           struct random *random)
{
    if (step->kind == STEP_TRUNCATE) {
        if (random_unit(random) < share)
            resize(content, step->at);
        return;
    }
    for (size_t done = 0; done < step->len;) {
        size_t piece = PIECE - (step->at + done) % PIECE;
        piece = piece < step->len - done ? piece : step->len - done;
        if (random_unit(random) < share)
            put(content, step->bytes + done, piece, step->at + done);
        done += piece;
    }
}

static struct content *contents_at(size_t position, struct random *random, size_t *covered)
{
    struct content *contents = must(calloc((size_t)file_count + 1, sizeof *contents));
    double *share = must(calloc((size_t)file_count + 1, sizeof *share));
    for (int i = 0; i <= file_count; i++)
        share[i] = kept_share(random);
    for (size_t i = 0; i < position; i++) {
        const struct step *step = &steps[i];
        struct content *content = &contents[step->file];
        if (step->kind != STEP_WRITE && step->kind != STEP_TRUNCATE)
            continue;
        if (i >= covered[step->file])
            apply_unsynced(content, step, share[step->file], random);
        else if (step->kind == STEP_TRUNCATE)
            resize(content, step->at);
        else
            put(content, step->bytes, step->len, step->at);
    }
    free(share);
    return contents;
}

static bool is_in(const char *path, const char *directory)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    return strlen(directory) == len && strncmp(path, directory, len) == 0;
}

static bool is_directory_synced(size_t position, size_t number)
{
    for (size_t i = number + 1; i < position; i++)
        if (steps[i].kind == STEP_SYNC_DIRECTORY && steps[i].covers > number &&
            is_in(steps[number].path, steps[i].path))
            return true;
    return false;
}

/* Names that are not durable are there up to some point, as a journal would have it. */
static void names_at(size_t position, struct random *random, const size_t *covered)
{
    bool is_lost = false;
    double share = kept_share(random);
    name_count = 0;
    for (size_t i = 0; i < position; i++) {
        const struct step *step = &steps[i];
        if (step->kind < STEP_CREATE || step->kind == STEP_SYNC_DIRECTORY)
            continue;
        bool is_durable = (step->kind == STEP_CREATE && i < covered[step->file]) ||
                          is_directory_synced(position, i);
        is_lost = is_lost || (!is_durable && random_unit(random) >= share);
        if (!is_durable && is_lost)
            continue;
        if (step->kind != STEP_CREATE)
            drop_name(step->path);
        if (step->kind != STEP_REMOVE)
            set_name(step->kind == STEP_RENAME ? step->to : step->path, step->file);
    }
}

static void write_file(const char *target, const char *name, const struct content *content)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", target, name);
    for (char *slash = path + strlen(target) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ensure(fd >= 0);
    for (size_t done = 0; done < content->size;) {
        ssize_t got = write(fd, content->bytes + done, content->size - done);
        ensure(got > 0);
        done += (size_t)got;
    }
    close(fd);
}

void recorder_cut(size_t position, struct random *random, const char *target)
{
    size_t *covered = must(calloc((size_t)file_count + 1, sizeof *covered));
    ensure(position <= step_count);
    for (size_t i = 0; i < position; i++)
        if (steps[i].kind == STEP_SYNC && steps[i].covers > covered[steps[i].file])
            covered[steps[i].file] = steps[i].covers;
    struct content *contents = contents_at(position, random, covered);
    names_at(position, random, covered);
    for (int i = 0; i < name_count; i++)
        write_file(target, names[i].path, &contents[names[i].file]);
    for (int i = 0; i <= file_count; i++)
        free(contents[i].bytes);
    free(contents);
    free(covered);
}
