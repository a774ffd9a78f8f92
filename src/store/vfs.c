/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite VFS that passes every write of the database and its log through the hook of base/io.h,
 * so that a test can record, drop, delay and fail them like all other writes of the program. It
 * stands before SQLite's own "unix" VFS and changes nothing while no hook is set. The shared-memory
 * file of the WAL index is not written through here: SQLite maps it, and rebuilds it from the WAL
 * after a crash.
 *
 * SQLite does not tell its descriptors, so each opened file gets a number of its own above all
 * descriptors; hooks see it in io_event.fd, and the path once in IO_OPEN. A refused call becomes
 * SQLITE_FULL for ENOSPC, else an I/O error.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/io.h"

#include "store/internal.h"

enum { FIRST_NUMBER = 1 << 20 };

struct shim_file {
    sqlite3_file base; /* must be first */
    int number;
    sqlite3_file *real; /* lies behind this struct, in the memory SQLite gives */
};

static sqlite3_vfs shim;
static sqlite3_vfs *unix_vfs;
static atomic_int next_number = FIRST_NUMBER;

static struct shim_file *of(sqlite3_file *file)
{
    return (struct shim_file *)file;
}

static sqlite3_file *real(sqlite3_file *file)
{
    return of(file)->real;
}

static int refused(const struct io_event *event, int otherwise)
{
    int number = io_hook_before(event);
    if (!number)
        return SQLITE_OK;
    return number == ENOSPC || number == EDQUOT ? SQLITE_FULL : otherwise;
}

static int shim_close(sqlite3_file *file)
{
    return real(file)->pMethods ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
}

static int shim_read(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
    return real(file)->pMethods->xRead(real(file), out, size, at);
}

static int shim_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    struct io_event event = {.kind = IO_WRITE,
                             .fd = of(file)->number,
                             .bytes = str_of(bytes, (size_t)size),
                             .at = (uint64_t)at};
    int code = refused(&event, SQLITE_IOERR_WRITE);
    if (!code)
        code = real(file)->pMethods->xWrite(real(file), bytes, size, at);
    if (!code)
        io_hook_after(&event);
    return code;
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct io_event event = {.kind = IO_TRUNCATE, .fd = of(file)->number, .at = (uint64_t)size};
    int code = refused(&event, SQLITE_IOERR_TRUNCATE);
    if (!code)
        code = real(file)->pMethods->xTruncate(real(file), size);
    if (!code)
        io_hook_after(&event);
    return code;
}

static int shim_sync(sqlite3_file *file, int flags)
{
    struct io_event event = {.kind = IO_SYNC, .fd = of(file)->number};
    int code = refused(&event, SQLITE_IOERR_FSYNC);
    if (!code)
        code = real(file)->pMethods->xSync(real(file), flags);
    if (!code)
        io_hook_after(&event);
    return code;
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    return real(file)->pMethods->xFileSize(real(file), ret);
}

static int shim_lock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xLock(real(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int shim_check_lock(sqlite3_file *file, int *ret)
{
    return real(file)->pMethods->xCheckReservedLock(real(file), ret);
}

/*
 * SQLite hints growth by these; extending a file is a write of zeros that the hook would not see.
 */
static int shim_control(sqlite3_file *file, int what, void *argument)
{
    if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_OK;
    return real(file)->pMethods->xFileControl(real(file), what, argument);
}

static int shim_sector(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int shim_traits(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, ret);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int shim_shm_unmap(sqlite3_file *file, int is_deleted)
{
    return real(file)->pMethods->xShmUnmap(real(file), is_deleted);
}

static int shim_fetch(sqlite3_file *file, sqlite3_int64 at, int size, void **ret)
{
    return real(file)->pMethods->xFetch(real(file), at, size, ret);
}

static int shim_unfetch(sqlite3_file *file, sqlite3_int64 at, void *page)
{
    return real(file)->pMethods->xUnfetch(real(file), at, page);
}

static const sqlite3_io_methods methods = {
    .iVersion = 3,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_check_lock,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_traits,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
    .xFetch = shim_fetch,
    .xUnfetch = shim_unfetch,
};

static int shim_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                     int *ret_flags)
{
    (void)vfs;
    struct shim_file *self = of(file);
    self->base.pMethods = NULL; /* SQLite calls xClose only when this is set */
    self->real = (sqlite3_file *)(void *)(self + 1);
    self->number = atomic_fetch_add(&next_number, 1);
    struct io_event event = {.kind = IO_OPEN, .fd = -1, .path = path ? path : ""};
    int code = refused(&event, SQLITE_CANTOPEN);
    if (!code)
        code = unix_vfs->xOpen(unix_vfs, path, self->real, flags, ret_flags);
    if (code)
        return code;
    self->base.pMethods = &methods;
    event.fd = self->number;
    io_hook_after(&event);
    return SQLITE_OK;
}

static int shim_delete(sqlite3_vfs *vfs, const char *path, int is_dir_synced)
{
    (void)vfs;
    struct io_event event = {.kind = IO_REMOVE, .fd = -1, .path = path};
    int code = refused(&event, SQLITE_IOERR_DELETE);
    if (!code)
        code = unix_vfs->xDelete(unix_vfs, path, is_dir_synced);
    if (!code)
        io_hook_after(&event);
    return code;
}

/*
 * While SQLite rebuilds the index of a log without frames, it copies a large allocation that it
 * never filled into the shared-memory file: whatever this process had freed before would lie there,
 * erased contents too. Large allocations therefore begin as zeros.
 */
enum { ZEROED_FROM = 32 << 10 };
static sqlite3_mem_methods memory;

static void *allocate(int size)
{
    void *bytes = memory.xMalloc(size);
    if (bytes && size >= ZEROED_FROM)
        memset(bytes, 0, (size_t)size);
    return bytes;
}

static void zero_allocations(void)
{
    ensure(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory) == SQLITE_OK);
    sqlite3_mem_methods zeroing = memory;
    zeroing.xMalloc = allocate;
    ensure(sqlite3_config(SQLITE_CONFIG_MALLOC, &zeroing) == SQLITE_OK);
}

static void shim_register(void)
{
    zero_allocations(); /* before SQLite's first use */
    unix_vfs = sqlite3_vfs_find("unix");
    ensure(unix_vfs);
    shim = *unix_vfs; /* everything else is as SQLite does it */
    shim.zName = "bureau";
    shim.pNext = NULL;
    shim.szOsFile = (int)sizeof(struct shim_file) + unix_vfs->szOsFile;
    shim.xOpen = shim_open;
    shim.xDelete = shim_delete;
    ensure(sqlite3_vfs_register(&shim, 0) == SQLITE_OK);
}

const char *store_vfs(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    ensure(pthread_once(&once, shim_register) == 0);
    return "bureau";
}
