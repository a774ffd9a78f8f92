/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed catalogue: definitions and code lists as a data-protection officer has signed them,
 * kept whole in notes of the store ("signed-catalogue" names the last, "signed-catalogue/3" holds
 * the third), because it is read before there is a definition to read records by.
 *
 * At opening what lies in `home` is compared with it. What opens nothing new serves at once. Else a
 * catalogue is put together in DIR/catalogue: each definition that opens something in its signed
 * form, or not at all where it is new. If that still opens something - a code list did - the signed
 * code lists serve, and if that does not fit together, all that was signed. Each is loaded and
 * compared again before it is taken: what serves is known to open nothing that is not signed,
 * except by system/, which comes with the program.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"

#include "rights/internal.h"

#define NOTE_NAME "signed-catalogue"
enum { FILE_MAX_BYTES = 8 << 20, FILES_MAX = 2048, ARENA_MAX = 256 << 20, PATH_SIZE = 4096 };

static const char *const folders[] = {"codes",   "databases", "notices",
                                      "tickets", "messages",  "system"};

/* ---- files as a map: "databases/x.yaml" to its text ---- */

static int is_of_catalog(const struct dirent *entry)
{
    str name = str_c(entry->d_name);
    return name.ptr[0] != '.' && (str_ends(name, S(".yaml")) || str_ends(name, S(".csv")));
}

static enum err read_folder(const char *home, const char *folder, struct arena *arena,
                            struct node *files)
{
    char path[PATH_SIZE];
    struct dirent **entries = NULL;
    enum err code = OK;
    snprintf(path, sizeof path, "%.3000s/%s", home, folder);
    int count = scandir(path, &entries, is_of_catalog, alphasort);
    for (int i = 0; i < count; i++) {
        char *bytes = NULL;
        size_t len = 0;
        snprintf(path, sizeof path, "%.3000s/%s/%.500s", home, folder, entries[i]->d_name);
        if (!code)
            code = io_read_file(path, FILE_MAX_BYTES, &bytes, &len);
        str key = arena_printf(arena, "%s/%s", folder, entries[i]->d_name);
        if (!code)
            node_put_text(arena, files, key, arena_str(arena, str_of(bytes, len)));
        free(bytes);
        free(entries[i]);
    }
    free(entries); /* an absent folder is an empty one */
    return code;
}

static enum err read_home(const char *home, struct arena *arena, struct node **ret)
{
    struct node *files = node_map(arena);
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        TRY(read_folder(home, folders[i], arena, files));
    *ret = files;
    return OK;
}

static enum err empty_folder(const char *path)
{
    struct dirent **entries = NULL;
    char file[PATH_SIZE];
    enum err code = OK;
    int count = scandir(path, &entries, is_of_catalog, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(file, sizeof file, "%.3000s/%.500s", path, entries[i]->d_name);
        if (!code)
            code = io_remove(file);
        free(entries[i]);
    }
    free(entries);
    return code;
}

/* DIR/catalogue holds these files and no others of a catalogue. */
static enum err write_files(const char *directory, const struct node *files, char ret[PATH_SIZE])
{
    char path[PATH_SIZE];
    snprintf(ret, PATH_SIZE, "%.3000s/catalogue", directory);
    TRY(io_make_dir(ret));
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        snprintf(path, sizeof path, "%.3000s/%s", ret, folders[i]);
        TRY(io_make_dir(path));
        TRY(empty_folder(path));
    }
    node_each(file, files)
    {
        int fd = -1;
        snprintf(path, sizeof path, "%.3000s/%.*s", ret, (int)(file->key.len % 600), file->key.ptr);
        /* Not synced: it is put together anew at each opening. */
        TRY(io_open(path, O_WRONLY | O_CREAT | O_TRUNC, &fd));
        enum err code = io_write(fd, file->text);
        (void)close(fd);
        TRY(code);
    }
    return OK;
}

static enum err load_files(const char *directory, const struct node *files, const char *home,
                           struct catalog **ret)
{
    char path[PATH_SIZE];
    TRY(write_files(directory, files, path));
    TRY(catalog_load(path, ret));
    (*ret)->home = arena_str(&(*ret)->arena, str_c(home));
    return OK;
}

static void hash_text(const struct catalog *catalog, char ret[2 * HASH_SIZE + 1])
{
    hex_encode(catalog->hash.bytes, HASH_SIZE, ret);
}

/* ---- notes ---- */

enum err rights_signed(struct store *store, struct arena *arena, struct rights_signature *ret)
{
    str text;
    uint64_t version = 0;
    struct node *note = NULL;
    *ret = (struct rights_signature){.version = 0};
    TRY(store_note_get(store, S(NOTE_NAME), arena, &text));
    TRY(json_parse(text, arena, &note));
    ret->hash = node_get_text(note, S("hash"));
    ret->by = node_get_text(note, S("by"));
    if (!str_to_u64(node_get_text(note, S("version")), 1000000, &version) ||
        !clock_parse(node_get_text(note, S("at")), &ret->at_us))
        return err_set(ERR_DAMAGED, "the note of the signed catalogue cannot be read");
    ret->version = (unsigned)version;
    return OK;
}

static enum err signed_files(struct store *store, unsigned version, struct arena *arena,
                             struct node **ret)
{
    str text;
    char name[64];
    snprintf(name, sizeof name, NOTE_NAME "/%u", version);
    if (store_note_get(store, str_c(name), arena, &text) != OK)
        return err_set(ERR_NOT_FOUND, "there is no signed catalogue of version %u", version);
    return json_parse(text, arena, ret);
}

static enum err write_note(struct store *store, const struct catalog *catalog,
                           const struct node *files, str by, struct rights_signature *last)
{
    char hex[2 * HASH_SIZE + 1], time[24], name[64];
    struct buf text = {0}, head = {.max = 4096};
    unsigned version = last->version + 1;
    hash_text(catalog, hex);
    snprintf(name, sizeof name, NOTE_NAME "/%u", version);
    json_write(&text, files);
    buf_printf(&head, "{\"version\":%u,\"hash\":\"%s\",\"at\":\"%s\",\"by\":", version, hex,
               clock_format(clock_now_us(), time));
    json_write_text(&head, by);
    buf_add_char(&head, '}');
    enum err code = text.failed ? err_set(text.failed, "the catalogue is too large") : OK;
    if (!code) /* the files first: what is named is there */
        code = store_note_put(store, str_c(name), buf_str(&text));
    if (!code)
        code = store_note_put(store, S(NOTE_NAME), buf_str(&head));
    buf_release(&text);
    buf_release(&head);
    return code;
}

enum err rights_sign(struct store *store, const char *home, str hash, str by, struct arena *arena,
                     struct rights_signature *ret)
{
    char hex[2 * HASH_SIZE + 1];
    struct rights_signature last;
    struct catalog *catalog = NULL;
    struct arena files_arena = {.max_bytes = ARENA_MAX};
    struct node *files = NULL;
    TRY(catalog_load(home, &catalog));
    hash_text(catalog, hex);
    enum err code = rights_signed(store, arena, &last);
    if (code == ERR_NOT_FOUND)
        code = OK;
    if (!code && hash.len && !str_eq_c(hash, hex))
        code = err_set(ERR_STALE, "the definitions have changed since they were read: %.16s", hex);
    if (!code)
        code = read_home(home, &files_arena, &files);
    if (!code)
        code = write_note(store, catalog, files, by, &last);
    catalog_free(catalog);
    arena_release(&files_arena);
    return code ? code : rights_signed(store, arena, ret);
}

enum err rights_signed_load(struct store *store, const char *directory, unsigned version,
                            struct catalog **ret)
{
    char place[PATH_SIZE];
    struct node *files = NULL;
    struct arena arena = {.max_bytes = ARENA_MAX};
    snprintf(place, sizeof place, "%.3000s/catalogue-read", directory);
    enum err code = signed_files(store, version, &arena, &files);
    if (!code)
        code = io_make_dir(place);
    if (!code)
        code = load_files(place, files, place, ret);
    arena_release(&arena);
    return code;
}

/* ---- what serves ---- */

static bool is_wider(const struct rights_difference *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].is_wider && !items[i].is_of_program)
            return true;
    return false;
}

/* Opens nothing that `before` did not. More differences than can be told are too many. */
static bool opens_nothing(const struct catalog *before, const struct catalog *after)
{
    struct arena arena = {0};
    struct rights_difference *items;
    size_t count = 0;
    bool is_so =
        rights_compare(before, after, &arena, &items, &count) == OK && !is_wider(items, count);
    arena_release(&arena);
    return is_so;
}

/* "databases/x.yaml" of a definition's file. */
static str path_in_home(const struct definition *definition)
{
    str file = definition->file;
    size_t at = file.len, slashes = 0;
    while (at && slashes < 2)
        slashes += file.ptr[--at] == '/';
    return slashes == 2 ? str_from(file, at + 1) : file;
}

static bool is_held(str name, const struct rights_difference *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].is_wider && !items[i].is_of_program && str_eq(items[i].definition, name))
            return true;
    return false;
}

static const struct definition *of_file(const struct catalog *catalog, str path)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (str_eq(path_in_home(catalog->definitions[i]), path))
            return catalog->definitions[i];
    return NULL;
}

struct mixing {
    const struct catalog *signed_one, *new_one;
    const struct node *signed_files, *new_files;
    const struct rights_difference *items;
    size_t count;
    bool is_code_signed, is_all_signed;
};

/* Does the new form of this file serve? system/ always does. */
static bool is_new_served(const struct mixing *mixing, str path)
{
    const struct definition *definition = of_file(mixing->new_one, path);
    if (str_starts(path, S("system/")))
        return true;
    if (mixing->is_all_signed || !definition)
        return !mixing->is_all_signed && !mixing->is_code_signed;
    return !is_held(definition->name, mixing->items, mixing->count);
}

static bool is_signed_served(const struct mixing *mixing, str path)
{
    const struct definition *definition = of_file(mixing->signed_one, path);
    if (str_starts(path, S("system/")))
        return false;
    if (mixing->is_all_signed || !definition)
        return mixing->is_all_signed || mixing->is_code_signed;
    return is_held(definition->name, mixing->items, mixing->count);
}

static struct node *mix(const struct mixing *mixing, struct arena *arena)
{
    struct node *files = node_map(arena);
    node_each(file, mixing->new_files) if (is_new_served(mixing, file->key))
        node_put_text(arena, files, file->key, file->text);
    node_each(file, mixing->signed_files) if (is_signed_served(mixing, file->key) &&
                                              !node_get(files, file->key))
        node_put_text(arena, files, file->key, file->text);
    return files;
}

/* The most of the new catalogue that opens nothing. */
static enum err take_served(struct mixing *mixing, const char *directory, const char *home,
                            struct arena *arena, struct catalog **ret)
{
    for (int step = 0; step < 3; step++) {
        struct catalog *catalog = NULL;
        mixing->is_code_signed = step == 1;
        mixing->is_all_signed = step == 2;
        if (load_files(directory, mix(mixing, arena), home, &catalog) == OK &&
            (mixing->is_all_signed || opens_nothing(mixing->signed_one, catalog))) {
            *ret = catalog;
            return OK;
        }
        catalog_free(catalog);
    }
    return err_last()->code ? err_last()->code
                            : err_set(ERR_CONFLICT, "the signed definitions cannot be served");
}

static enum err serve_signed(struct store *store, const char *directory, const char *home,
                             unsigned version, struct catalog *new_one, struct catalog **ret)
{
    struct arena arena = {.max_bytes = ARENA_MAX};
    struct catalog *signed_one = NULL;
    struct node *signed_map = NULL, *new_map = NULL;
    struct rights_difference *items = NULL;
    size_t count = 0;
    enum err code = rights_signed_load(store, directory, version, &signed_one);
    if (!code && rights_compare(signed_one, new_one, &arena, &items, &count) == OK &&
        !is_wider(items, count)) {
        *ret = new_one;
        catalog_free(signed_one);
        arena_release(&arena);
        return OK;
    }
    if (!code)
        code = signed_files(store, version, &arena, &signed_map);
    if (!code)
        code = read_home(home, &arena, &new_map);
    struct mixing mixing = {signed_one, new_one, signed_map, new_map, items, count, false, false};
    if (!code)
        code = take_served(&mixing, directory, home, &arena, ret);
    if (!code)
        log_write(LOG_WARN, "the definitions open more than data protection has signed; what does "
                            "waits: bureau rights processing, bureau rights sign");
    catalog_free(signed_one);
    catalog_free(new_one);
    arena_release(&arena);
    return code;
}

enum err rights_catalog_load(struct store *store, const char *directory, const char *home,
                             struct catalog **ret)
{
    char hex[2 * HASH_SIZE + 1];
    struct arena arena = {0};
    struct rights_signature last;
    struct catalog *catalog = NULL;
    TRY(catalog_load(home, &catalog));
    hash_text(catalog, hex);
    enum err code = rights_signed(store, &arena, &last);
    bool is_first = code == ERR_NOT_FOUND;
    if (is_first)
        code = rights_sign(store, home, STR_EMPTY, S("set-up"), &arena, &last);
    bool is_same = !code && str_eq_c(last.hash, hex);
    if (code || is_same) {
        if (code)
            catalog_free(catalog);
        else
            *ret = catalog;
        arena_release(&arena);
        return code;
    }
    code = serve_signed(store, directory, home, last.version, catalog, ret);
    arena_release(&arena);
    return code;
}
