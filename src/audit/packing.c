/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which dictionaries the log has, and entries packed with them. The program's own was trained once,
 * on entries that are made up (bench/dictionary); what it holds can be read with strings(1). Each
 * log's first line of its own is the catalog's hash: 32 letters that every entry repeats.
 */
#include "audit/packing.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "audit/internal.h"

#define DICTIONARY_FILE "dictionary-"
enum { CATALOG_BYTES = 16, LINE_BYTES = 96 }; /* of its hash that entries tell: entry.c */

/* Between two marks that the linker knows; its length is their difference. */
__asm__(".section .rodata\n.balign 16\n.global audit_phrases_start\n.hidden audit_phrases_start\n"
        "audit_phrases_start:\n.incbin \"src/audit/dictionary.zdict\"\n"
        ".global audit_phrases_end\n.hidden audit_phrases_end\naudit_phrases_end:\n.byte 0\n"
        ".previous\n");
extern const char audit_phrases_start[];
extern const char audit_phrases_end[];

/* ---- one dictionary ---- */

enum err phrases_read(str file, struct phrases *ret)
{
    struct hash hash;
    struct phrases phrases = {0};
    str bytes = str_from(file, HASH_SIZE);
    if (file.len <= HASH_SIZE || file.len > DICTIONARY_BYTES)
        return err_set(ERR_DAMAGED, "a dictionary of %zu bytes is none", file.len);
    sha256(bytes, &hash);
    if (memcmp(hash.bytes, file.ptr, HASH_SIZE) != 0)
        return err_set(ERR_DAMAGED, "a dictionary of the audit log does not match its hash");
    phrases.hash = hash;
    enum err code = dictionary_new(bytes, &phrases.dictionary);
    if (code == ERR_SYNTAX) /* the hash of something else */
        return err_set(ERR_DAMAGED, "a dictionary of the audit log is none");
    TRY(code);
    *ret = phrases;
    return OK;
}

void phrases_release(struct phrases *phrases)
{
    dictionary_free(phrases->dictionary);
    *phrases = (struct phrases){0};
}

size_t phrases_bound(size_t len)
{
    return dictionary_bound(len) + PACK_STEP;
}

enum err phrases_pack(const struct phrases *phrases, str text, struct buf *out)
{
    size_t before = out->len;
    TRY(dictionary_pack(phrases->dictionary, text, out));
    static const char end[PACK_STEP] = {'\x80'};
    buf_add(out, str_of(end, PACK_STEP - (out->len - before) % PACK_STEP));
    return out->failed;
}

enum err phrases_unpack(const struct phrases *phrases, str packed, size_t max, struct arena *arena,
                        str *ret)
{
    size_t end = packed.len;
    while (end && !packed.ptr[end - 1])
        end--;
    if (packed.len % PACK_STEP || !end || packed.len - end >= PACK_STEP ||
        packed.ptr[end - 1] != '\x80')
        return err_set(ERR_DAMAGED, "an audit entry's contents do not end as they should");
    if (dictionary_unpack(phrases->dictionary, str_slice(packed, 0, end - 1), max, arena, ret) ==
        OK)
        return OK;
    return err_last()->code == ERR_SYNTAX
               ? err_set(ERR_DAMAGED, "an audit entry's contents do not unpack")
               : err_last()->code;
}

/* ---- files ---- */

void dictionary_name(uint16_t number, char out[DICTIONARY_NAME])
{
    snprintf(out, DICTIONARY_NAME, DICTIONARY_FILE "%u", number);
}

static void path_of(const char *directory, uint16_t number, char out[AUDIT_PATH])
{
    char name[DICTIONARY_NAME];
    dictionary_name(number, name);
    snprintf(out, AUDIT_PATH, "%.4000s/%s", directory, name);
}

enum err packing_file(struct packing *packing, uint16_t number, struct buf *out)
{
    char path[AUDIT_PATH];
    char *bytes = NULL;
    size_t len = 0;
    path_of(packing->directory, number, path);
    enum err code = io_read_file(path, DICTIONARY_BYTES, &bytes, &len);
    if (code == ERR_NOT_FOUND)
        code = err_set(ERR_DAMAGED,
                       "audit/" DICTIONARY_FILE "%u is not there: entries packed with it cannot "
                       "be read",
                       number);
    if (!code)
        buf_add(out, str_of(bytes, len));
    free(bytes);
    return code ? code : out->failed;
}

/* With the lock held. */
static enum err read_one(struct packing *packing, uint16_t number, struct phrases **ret)
{
    struct buf file = {.max = DICTIONARY_BYTES};
    struct phrases *made = calloc(1, sizeof *made);
    enum err code = made ? packing_file(packing, number, &file)
                         : err_set(ERR_MEMORY, "out of memory for a dictionary");
    if (!code && phrases_read(buf_str(&file), made)) {
        code = err_last()->code;
        if (code == ERR_DAMAGED)
            err_set(code,
                    "audit/" DICTIONARY_FILE "%u was altered: entries packed with it cannot be "
                    "read",
                    number);
    }
    buf_release(&file);
    if (code) {
        free(made);
        return code;
    }
    made->number = number;
    *ret = packing->known[number] = made;
    return OK;
}

enum err packing_find(struct packing *packing, uint16_t number, const struct phrases **ret)
{
    struct phrases *found = atomic_load(&packing->current);
    enum err code = OK;
    if (!found || found->number != number) {
        pthread_mutex_lock(&packing->lock);
        found = number < DICTIONARIES_MAX ? packing->known[number] : NULL;
        if (!found)
            code = number && number < DICTIONARIES_MAX
                       ? read_one(packing, number, &found)
                       : err_set(ERR_DAMAGED, "there is no dictionary %u", number);
        pthread_mutex_unlock(&packing->lock);
    }
    if (!code)
        *ret = found;
    return code;
}

/* ---- which one is written with ---- */

static void put_dictionary(const struct hash *catalog, struct buf *out)
{
    char hex[2 * HASH_SIZE + 1], line[LINE_BYTES];
    struct hash hash;
    struct buf bytes = {.max = DICTIONARY_BYTES};
    buf_add(&bytes, str_of(audit_phrases_start, (size_t)(audit_phrases_end - audit_phrases_start)));
    if (catalog) {
        hex_encode(catalog->bytes, CATALOG_BYTES, hex);
        int len = snprintf(line, sizeof line,
                           ",\"verdict\":\"nothing-found\",\"catalog\":\"%s\",\"took_us\":", hex);
        buf_add(&bytes, str_of(line, (size_t)len));
    }
    sha256(buf_str(&bytes), &hash);
    buf_add(out, str_of((const char *)hash.bytes, HASH_SIZE));
    buf_add(out, buf_str(&bytes));
    out->failed = out->failed ? out->failed : bytes.failed;
    buf_release(&bytes);
}

/* With the lock held. The one of these bytes, made where there is none yet. */
static enum err take(struct packing *packing, str file, struct phrases **ret)
{
    for (uint16_t number = packing->count; number > 0; number--) {
        struct phrases *known = packing->known[number];
        if (!known && read_one(packing, number, &known) != OK) {
            err_clear(); /* said when an entry needs it */
            continue;
        }
        *ret = known;
        if (memcmp(known->hash.bytes, file.ptr, HASH_SIZE) == 0)
            return OK;
    }
    if (packing->count + 1 >= DICTIONARIES_MAX) /* the last one serves, a little less well */
        return *ret ? OK : err_set(ERR_LIMIT, "the audit log has too many dictionaries");
    char path[AUDIT_PATH];
    path_of(packing->directory, (uint16_t)(packing->count + 1), path);
    TRY(io_replace(path, file));
    return read_one(packing, ++packing->count, ret);
}

enum err packing_expect(struct packing *packing, const struct hash *catalog)
{
    struct buf file = {.max = DICTIONARY_BYTES};
    struct phrases *taken = NULL;
    put_dictionary(catalog, &file);
    pthread_mutex_lock(&packing->lock);
    enum err code = file.failed ? file.failed : take(packing, buf_str(&file), &taken);
    pthread_mutex_unlock(&packing->lock);
    if (!code)
        atomic_store(&packing->current, taken);
    buf_release(&file);
    return code;
}

const struct phrases *packing_current(const struct packing *packing)
{
    return atomic_load(&packing->current);
}

static bool read_number(const char *name, uint16_t *ret)
{
    uint64_t number = 0;
    str text = str_c(name);
    if (!str_starts(text, S(DICTIONARY_FILE)) ||
        !str_to_u64(str_from(text, sizeof DICTIONARY_FILE - 1), DICTIONARIES_MAX - 1, &number) ||
        !number)
        return false;
    *ret = (uint16_t)number;
    return true;
}

/* A log that is not told of a catalog has one of none; made here, not when somebody waits. */
static enum err begin(struct packing *packing)
{
    struct phrases *newest = NULL;
    if (!packing->count)
        return packing_expect(packing, NULL);
    enum err code = read_one(packing, packing->count, &newest);
    if (code == ERR_DAMAGED) { /* said when an entry needs it; what is new needs another */
        err_clear();
        return packing_expect(packing, NULL);
    }
    atomic_store(&packing->current, newest);
    return code;
}

enum err packing_open(struct packing *packing, const char *audit_directory)
{
    pthread_mutex_init(&packing->lock, NULL);
    snprintf(packing->directory, sizeof packing->directory, "%.4000s", audit_directory);
    DIR *dir = opendir(audit_directory);
    if (!dir)
        return err_errno("cannot open directory %s", audit_directory);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): safe on a stream of one's own */
    for (struct dirent *entry; (entry = readdir(dir));) {
        uint16_t number;
        if (read_number(entry->d_name, &number) && number > packing->count)
            packing->count = number;
    }
    closedir(dir);
    return begin(packing);
}

void packing_close(struct packing *packing)
{
    for (size_t i = 0; i < DICTIONARIES_MAX; i++) {
        if (packing->known[i])
            phrases_release(packing->known[i]);
        free(packing->known[i]);
    }
}

enum err packing_copy(struct packing *packing, const char *target)
{
    enum err code = OK;
    for (uint16_t number = 1; number <= packing->count && !code; number++) {
        char path[AUDIT_PATH];
        struct buf file = {.max = DICTIONARY_BYTES};
        path_of(target, number, path);
        code = packing_file(packing, number, &file);
        if (!code)
            code = io_replace(path, buf_str(&file));
        buf_release(&file);
    }
    return code;
}
