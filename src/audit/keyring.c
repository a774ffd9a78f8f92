/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/keyring.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#define OF_DAYS   "days"
#define OF_MONTHS "months"
/*
 * The mark a stored body begins with. Two forms are read only: of the first the entry's key was a
 * hash; neither was packed.
 */
enum { SEALED_BY_HASH = 1, SEALED = 2, PACKED = 3 };
enum { CLASS_INDEX = CLASS_COUNT, HEAD_MAX = 10, FILE_MAX = 4096 };
/* Of an entry in clear (audit.c lets no more in). */
enum { CONTENTS_MAX = 64 << 10 };

static const unsigned default_days[CLASS_COUNT] = {
    [CLASS_NOTHING_SHOWN] = 30, [CLASS_SHOWN] = 3 * 365 + 1};

/* ---- names ---- */

/* A country's letters; anything else by its hash, so that it is a file name and short. */
static void name_group(str country, char out[GROUP_TEXT])
{
    bool is_plain = country.len > 0 && country.len < GROUP_TEXT;
    for (size_t i = 0; i < country.len && is_plain; i++)
        is_plain = is_upper(country.ptr[i]);
    memset(out, 0, GROUP_TEXT);
    if (is_plain)
        memcpy(out, country.ptr, country.len);
    else
        snprintf(out, GROUP_TEXT, "%08x", (unsigned)(hash64(country, 17) & 0xFFFFFFFF));
}

static void name_path(const struct keyring *keyring, const struct key_name *name, char *out,
                      size_t size)
{
    static const char *const words[] = {
        [CLASS_NOTHING_SHOWN] = "nothing", [CLASS_SHOWN] = "shown", [CLASS_INDEX] = "index"};
    char day[16];
    snprintf(out, size, "%.4000s/%s-%s-%s", keyring->directory,
             day_format(day_of_number((int32_t)name->day), day), words[name->class], name->group);
}

static bool same_name(const struct key_name *a, const struct key_name *b)
{
    return a->day == b->day && a->class == b->class && strcmp(a->group, b->group) == 0;
}

uint32_t keyring_month(uint32_t day)
{
    struct day d = day_of_number((int32_t)day);
    d.day = 1;
    return (uint32_t)day_number(d);
}

/* ---- keys ---- */

static struct kept_key *slot_of(struct keyring *keyring, const struct key_name *name)
{
    uint64_t at = hash_mix(hash64(str_c(name->group), name->class), name->day);
    for (;; at++) {
        struct kept_key *slot = &keyring->slots[at % KEYRING_SLOTS];
        if (!slot->is_used || same_name(&slot->name, name))
            return slot;
    }
}

static enum err sync_all(const struct keyring *keyring, const int *fds, size_t count)
{
    enum err code = OK;
    for (size_t i = 0; i < count; i++) {
        enum err failed = io_sync(fds[i]);
        code = code ? code : failed;
        (void)close(fds[i]);
    }
    return code || !count ? code : io_sync_dir(keyring->directory);
}

/* The lock is not held while the disk works: others go on sealing. */
enum err keyring_flush(struct keyring *keyring)
{
    int fds[FRESH_MAX];
    pthread_mutex_lock(&keyring->lock);
    size_t count = keyring->fresh_count;
    memcpy(fds, keyring->fresh, count * sizeof *fds);
    keyring->fresh_count = 0;
    pthread_mutex_unlock(&keyring->lock);
    return sync_all(keyring, fds, count);
}

static enum err write_key(struct keyring *keyring, const char *path, str boxes)
{
    int fd = -1;
    if (keyring->fresh_count == FRESH_MAX) { /* so many countries at once: this one waits */
        keyring->fresh_count = 0;
        TRY(sync_all(keyring, keyring->fresh, FRESH_MAX));
    }
    TRY(io_open(path, O_WRONLY | O_CREAT | O_TRUNC, &fd));
    keyring->fresh[keyring->fresh_count++] = fd;
    return io_write(fd, boxes);
}

void keyring_boxes(const struct keyring *keyring, const struct box_key *reader,
                   const struct secret_key *key, struct buf *out)
{
    box_seal(reader->public, str_of((const char *)key->bytes, KEY_SIZE), out);
    for (size_t i = 0; i < keyring->reader_count; i++)
        box_seal(keyring->readers[i], str_of((const char *)key->bytes, KEY_SIZE), out);
}

static enum err make_key(struct keyring *keyring, const char *path, struct secret_key *ret)
{
    struct buf boxes = {.max = FILE_MAX};
    random_bytes(ret->bytes, KEY_SIZE);
    keyring_boxes(keyring, &keyring->reader, ret, &boxes);
    enum err code = boxes.failed ? boxes.failed : write_key(keyring, path, buf_str(&boxes));
    buf_release(&boxes);
    return code;
}

enum { BOX = KEY_SIZE + BOX_EXTRA };

/* Of a key that no acknowledged entry lies under: cut off before it was durable. */
static bool is_torn(str boxes)
{
    bool is_empty = true;
    for (size_t i = 0; i < boxes.len && is_empty; i++)
        is_empty = boxes.ptr[i] == 0;
    return is_empty || boxes.len % BOX;
}

enum err keyring_unbox(const struct box_key *readers, size_t count, const char *path,
                       struct secret_key *ret)
{
    char *boxes = NULL;
    size_t len = 0;
    bool is_open = false;
    TRY(io_read_file(path, FILE_MAX, &boxes, &len));
    bool is_none = is_torn(str_of(boxes, len));
    for (size_t at = 0; at + BOX <= len && !is_none; at += BOX)
        for (size_t i = 0; i < count && !is_open; i++)
            is_open = box_open(&readers[i], str_of(boxes + at, BOX), (char *)ret->bytes);
    free(boxes);
    if (is_none)
        return err_set(ERR_NOT_FOUND, "%s holds no key", path);
    return is_open ? OK : err_set(ERR_DAMAGED, "%s cannot be opened with reader.key", path);
}

/* With the lock held. */
static enum err take_key(struct keyring *keyring, const struct key_name *name, bool is_made,
                         struct secret_key *ret)
{
    char path[4200];
    struct kept_key *slot = slot_of(keyring, name);
    if (slot->is_used) {
        *ret = slot->key;
        return OK;
    }
    name_path(keyring, name, path, sizeof path);
    enum err code = keyring_unbox(&keyring->reader, 1, path, ret);
    if (code == ERR_NOT_FOUND && is_made) {
        err_clear();
        code = make_key(keyring, path, ret);
    }
    TRY(code);
    if (keyring->used++ == KEYRING_SLOTS / 2) {
        wipe(keyring->slots, KEYRING_SLOTS * sizeof *keyring->slots);
        keyring->used = 1;
        slot = slot_of(keyring, name);
    }
    *slot = (struct kept_key){*name, *ret, true};
    return OK;
}

static enum err get_key(struct keyring *keyring, const struct key_name *name, bool is_made,
                        struct secret_key *ret)
{
    pthread_mutex_lock(&keyring->lock);
    enum err code = take_key(keyring, name, is_made, ret);
    pthread_mutex_unlock(&keyring->lock);
    return code;
}

/* ---- bodies ---- */

/* What stands in clear before what is sealed. */
struct stored {
    uint8_t mark;
    struct key_name name;
    uint16_t dictionary; /* 0: it was not packed */
    str head, sealed;
};

/* The key that opens one entry and no other. */
static void entry_key(uint8_t mark, const struct secret_key *day_key, const struct salt *salt,
                      struct secret_key *ret)
{
    struct hash hash;
    if (mark != SEALED_BY_HASH) {
        salted_key(day_key, salt, ret);
        return;
    }
    keyed_hash(day_key, str_of((const char *)salt->bytes, SALT_SIZE), &hash);
    memcpy(ret->bytes, hash.bytes, KEY_SIZE);
    wipe(&hash, sizeof hash);
}

static void put_head(const struct key_name *name, uint16_t dictionary, struct buf *out)
{
    buf_add_u8(out, PACKED);
    buf_add_u8(out, name->class);
    buf_add_u32(out, name->day);
    buf_add_u8(out, (uint8_t)strlen(name->group));
    buf_add(out, str_c(name->group));
    buf_add_u8(out, (uint8_t)(dictionary & 0xFF));
    buf_add_u8(out, (uint8_t)(dictionary >> 8));
}

static bool read_group(struct cursor *c, char out[GROUP_TEXT])
{
    uint8_t len = cursor_u8(c);
    str group = len < GROUP_TEXT ? cursor_bytes(c, len) : STR_EMPTY;
    if (c->is_bad || len >= GROUP_TEXT)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_alnum(group.ptr[i]))
            return false;
    memcpy(out, group.ptr, len);
    return true;
}

static bool read_head(str bytes, struct stored *ret)
{
    struct cursor c = cursor_of(bytes);
    *ret = (struct stored){.mark = cursor_u8(&c)};
    ret->name.class = cursor_u8(&c);
    ret->name.day = cursor_u32(&c);
    if (c.is_bad || ret->mark < SEALED_BY_HASH || ret->mark > PACKED ||
        ret->name.class >= CLASS_COUNT || ret->name.day > 3000000 ||
        !read_group(&c, ret->name.group))
        return false;
    if (ret->mark == PACKED) {
        unsigned low = cursor_u8(&c);
        ret->dictionary = (uint16_t)(low | (unsigned)cursor_u8(&c) << 8);
    }
    size_t head = bytes.len - cursor_left(&c);
    ret->head = str_slice(bytes, 0, head);
    ret->sealed = str_from(bytes, head);
    return !c.is_bad && (ret->mark == PACKED) == (ret->dictionary != 0);
}

/* What the seal is bound to: the head, and the dictionary that its number stands for. */
struct about {
    char bytes[HEAD_MAX + GROUP_TEXT + HASH_SIZE];
    size_t len;
};

static void bind(struct about *about, str head, const struct phrases *phrases)
{
    ensure(head.len <= HEAD_MAX + GROUP_TEXT);
    memcpy(about->bytes, head.ptr, head.len);
    about->len = head.len;
    if (!phrases)
        return;
    memcpy(about->bytes + head.len, phrases->hash.bytes, HASH_SIZE);
    about->len += HASH_SIZE;
}

static struct key_name name_of_entry(const struct audit_entry *entry)
{
    bool is_shown = entry->shown_count || entry->kind != AUDIT_SEARCH;
    struct key_name name = {.day = (uint32_t)(clock_now_us() / 86400000000),
                            .class = is_shown ? CLASS_SHOWN : CLASS_NOTHING_SHOWN};
    name_group(entry->actor ? entry->actor->country : STR_EMPTY, name.group);
    return name;
}

/* Packed where it will lie, and sealed in place: nothing is copied on the way. */
enum err keyring_seal(struct keyring *keyring, const struct audit_entry *entry,
                      const struct salt *salt, str body, struct buf *out)
{
    struct secret_key key;
    struct about about;
    const struct phrases *phrases = packing_current(&keyring->packing);
    struct key_name name = name_of_entry(entry);
    size_t begin = out->len;
    if (!buf_reserve(out, HEAD_MAX + GROUP_TEXT + phrases_bound(body.len) + SEAL_EXTRA))
        return out->failed; /* it does not move from here on */
    put_head(&name, phrases->number, out);
    bind(&about, str_from(buf_str(out), begin), phrases);
    size_t head_end = out->len;
    TRY(phrases_pack(phrases, body, out));
    TRY(get_key(keyring, &name, true, &key));
    str packed = str_from(buf_str(out), head_end);
    out->len = head_end;
    seal_salted(&key, salt, str_of(about.bytes, about.len), packed, out);
    wipe(&key, sizeof key);
    return out->failed;
}

static enum err open_stored(const struct secret_key *key, const struct stored *stored,
                            const struct phrases *phrases, struct arena *arena, str *ret)
{
    struct about about;
    if (stored->sealed.len < SEAL_EXTRA || (stored->dictionary && !phrases))
        return err_set(ERR_DAMAGED, "an audit entry's contents have not the form they should have");
    char *text = arena_alloc(arena, stored->sealed.len);
    if (!text)
        return err_last()->code;
    bind(&about, stored->head, stored->dictionary ? phrases : NULL);
    str bound = str_of(about.bytes, about.len);
    bool is_open = stored->mark == SEALED_BY_HASH
                       ? seal_open(key, bound, stored->sealed, text)
                       : seal_open_salted(key, bound, stored->sealed, text);
    if (!is_open)
        return err_set(ERR_DAMAGED, "an audit entry's contents do not open with its key");
    *ret = str_of(text, stored->sealed.len - SEAL_EXTRA);
    return stored->dictionary ? phrases_unpack(phrases, *ret, CONTENTS_MAX, arena, ret) : OK;
}

enum err unseal_with(const struct secret_key *key, const struct phrases *phrases, str bytes,
                     struct arena *arena, str *ret)
{
    struct stored stored;
    if (!read_head(bytes, &stored))
        return err_set(ERR_DAMAGED, "an audit entry's contents have not the form they should have");
    return open_stored(key, &stored, phrases, arena, ret);
}

bool keyring_dictionary(str bytes, uint16_t *ret)
{
    struct stored stored;
    bool is_packed = read_head(bytes, &stored) && stored.dictionary;
    if (is_packed)
        *ret = stored.dictionary;
    return is_packed;
}

enum err keyring_unseal(struct keyring *keyring, const struct salt *salt, str bytes,
                        struct arena *arena, str *ret, uint32_t *ret_day,
                        struct secret_key *ret_key)
{
    struct stored stored;
    struct secret_key key;
    const struct phrases *phrases = NULL;
    if (!read_head(bytes, &stored))
        return err_set(ERR_DAMAGED, "an audit entry's contents have not the form they should have");
    enum err code = get_key(keyring, &stored.name, false, &key);
    if (code == ERR_NOT_FOUND)
        return err_set(ERR_GONE, "the key of the entry's day was destroyed");
    TRY(code);
    if (stored.dictionary)
        code = packing_find(&keyring->packing, stored.dictionary, &phrases);
    entry_key(stored.mark, &key, salt, &key);
    if (!code)
        code = open_stored(&key, &stored, phrases, arena, ret);
    if (ret_day)
        *ret_day = stored.name.day;
    if (ret_key)
        *ret_key = key;
    wipe(&key, sizeof key);
    return code;
}

enum err keyring_index(struct keyring *keyring, uint32_t day, bool is_month, struct secret_key *ret)
{
    struct key_name name = {.day = day, .class = CLASS_INDEX};
    uint32_t today = (uint32_t)(clock_now_us() / 86400000000);
    bool is_now = day == (is_month ? keyring_month(today) : today);
    memcpy(name.group, is_month ? OF_MONTHS : OF_DAYS,
           is_month ? sizeof OF_MONTHS : sizeof OF_DAYS);
    enum err code = get_key(keyring, &name, is_now, ret);
    return code == ERR_NOT_FOUND ? err_set(ERR_GONE, "the key of that time's lookup was destroyed")
                                 : code;
}

/* ---- the end of their time ---- */

static bool parse_file_name(str file, struct key_name *ret)
{
    struct day day;
    str class_word;
    if (!day_parse(str_slice(file, 0, 10), &day) || file.len < 12)
        return false;
    file = str_from(file, 11);
    if (!str_split(&file, '-', &class_word))
        return false;
    snprintf(ret->group, sizeof ret->group, "%.*s", STR(file));
    ret->day = (uint32_t)day_number(day);
    ret->class = str_eq(class_word, S("nothing")) ? CLASS_NOTHING_SHOWN
                 : str_eq(class_word, S("shown")) ? CLASS_SHOWN
                                                  : CLASS_INDEX;
    return true;
}

/* The key of a month's lookup stays as long as the last day of that month does. */
static bool is_over(const struct keyring *keyring, const struct key_name *name, uint32_t today)
{
    unsigned class = name->class, more = 0;
    if (name->class == CLASS_INDEX) {
        bool is_of_day = strcmp(name->group, OF_DAYS) == 0;
        class = is_of_day ? CLASS_NOTHING_SHOWN : CLASS_SHOWN;
        more = is_of_day ? 0 : 31;
    }
    unsigned days = keyring->keep_days[class] + more;
    return today > name->day && today - name->day > days;
}

/* Overwritten where it lies, then removed: a file system that journals data may keep a copy. */
static enum err destroy_key(const char *path)
{
    static const char zeros[FILE_MAX];
    int fd = -1;
    TRY(io_open(path, O_WRONLY, &fd));
    off_t size = lseek(fd, 0, SEEK_END);
    enum err code =
        size > 0 && size <= FILE_MAX ? io_write_at(fd, str_of(zeros, (size_t)size), 0) : OK;
    if (!code)
        code = io_sync(fd);
    (void)close(fd);
    return code ? code : io_remove(path);
}

/* With the lock held. */
static enum err expire_files(struct keyring *keyring, DIR *dir, uint32_t today, unsigned *ret_count)
{
    char path[4400];
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): safe on a stream of one's own */
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct key_name name = {0};
        if (!parse_file_name(str_c(entry->d_name), &name) || !is_over(keyring, &name, today))
            continue;
        snprintf(path, sizeof path, "%.4000s/%s", keyring->directory, entry->d_name);
        TRY(destroy_key(path));
        ++*ret_count;
    }
    return OK;
}

enum err keyring_expire(struct keyring *keyring, uint32_t today, unsigned *ret_count)
{
    *ret_count = 0;
    pthread_mutex_lock(&keyring->lock);
    DIR *dir = opendir(keyring->directory);
    enum err code = dir ? expire_files(keyring, dir, today, ret_count)
                        : err_errno("cannot open directory %s", keyring->directory);
    if (dir)
        closedir(dir);
    if (*ret_count) {
        wipe(keyring->slots, KEYRING_SLOTS * sizeof *keyring->slots);
        keyring->used = 0;
        if (!code)
            code = io_sync_dir(keyring->directory);
    }
    pthread_mutex_unlock(&keyring->lock);
    return code;
}

/* ---- open, copy ---- */

static enum err read_readers(struct keyring *keyring, const char *audit_directory)
{
    char path[4400];
    snprintf(path, sizeof path, "%.4000s/readers", audit_directory);
    DIR *dir = opendir(path);
    enum err code = OK;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): safe on a stream of one's own */
    for (struct dirent *entry; dir && !code && (entry = readdir(dir));) {
        char *bytes = NULL;
        size_t len = 0;
        if (!str_ends(str_c(entry->d_name), S(".pub")))
            continue;
        snprintf(path, sizeof path, "%.4000s/readers/%s", audit_directory, entry->d_name);
        code = io_read_file(path, KEY_SIZE, &bytes, &len);
        if (!code && (len != KEY_SIZE || keyring->reader_count == READERS_MAX))
            code = err_set(ERR_BAD_VALUE,
                           "%s is not a public key of 32 bytes, or one of more "
                           "than %d",
                           path, READERS_MAX);
        if (!code)
            memcpy(keyring->readers[keyring->reader_count++], bytes, KEY_SIZE);
        free(bytes);
    }
    if (dir)
        closedir(dir);
    return code;
}

enum err keyring_open(struct keyring *keyring, const char *audit_directory)
{
    char path[4400];
    pthread_mutex_init(&keyring->lock, NULL);
    memcpy(keyring->keep_days, default_days, sizeof default_days);
    keyring->slots = calloc(KEYRING_SLOTS, sizeof *keyring->slots);
    if (!keyring->slots)
        return err_set(ERR_MEMORY, "out of memory for the keys of the audit log");
    snprintf(keyring->directory, sizeof keyring->directory, "%.4000s/keys", audit_directory);
    TRY(io_make_dir(keyring->directory));
    snprintf(path, sizeof path, "%.4000s/reader.key", audit_directory);
    TRY(box_key_load(path, &keyring->reader));
    TRY(packing_open(&keyring->packing, audit_directory));
    TRY(read_readers(keyring, audit_directory));
    return keyring_finish_reader(keyring, audit_directory);
}

void keyring_close(struct keyring *keyring)
{
    if (keyring_flush(keyring))
        err_clear(); /* no entry under these keys was acknowledged */
    if (keyring->slots)
        wipe(keyring->slots, KEYRING_SLOTS * sizeof *keyring->slots);
    free(keyring->slots);
    packing_close(&keyring->packing);
    wipe(&keyring->reader, sizeof keyring->reader);
}

static enum err copy_small(const char *from, const char *to)
{
    char *bytes = NULL;
    size_t len = 0;
    enum err code = io_read_file(from, FILE_MAX, &bytes, &len);
    if (!code)
        code = io_replace(to, str_of(bytes, len));
    free(bytes);
    return code;
}

enum err keyring_copy(struct keyring *keyring, const char *target)
{
    char from[4400];
    char to[4400];
    snprintf(to, sizeof to, "%.4000s/keys", target);
    TRY(io_make_dir(to));
    pthread_mutex_lock(&keyring->lock);
    DIR *dir = opendir(keyring->directory);
    enum err code = dir ? OK : err_errno("cannot open directory %s", keyring->directory);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): safe on a stream of one's own */
    for (struct dirent *entry; !code && (entry = readdir(dir));) {
        struct key_name name;
        if (!parse_file_name(str_c(entry->d_name), &name))
            continue;
        snprintf(from, sizeof from, "%.4000s/%s", keyring->directory, entry->d_name);
        snprintf(to, sizeof to, "%.4000s/keys/%s", target, entry->d_name);
        code = copy_small(from, to);
    }
    if (dir)
        closedir(dir);
    pthread_mutex_unlock(&keyring->lock);
    return code;
}
