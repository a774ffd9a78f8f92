/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog: code lists and definitions of a home directory, read once, immutable afterwards, any
 * thread may read it.
 *
 *   home/codes holds *.csv; home/databases, notices, tickets, messages and system hold *.yaml;
 *   an absent folder is an empty one
 *
 * Definitions are numbered by name. The hash covers name and contents of every file read, in order,
 * so that an audit entry says under which definitions and code lists an answer was given.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "codec/yaml.h"
#include "model/internal.h"
#include "type/date.h"

enum { PATH_MAX_BYTES = 1024, FILE_MAX_BYTES = 4 << 20, CODE_FILE_MAX_BYTES = 8 << 20 };
enum { CATALOG_MAX_BYTES = 256 << 20 };

struct meaning_use {
    const struct type *type;
    const struct code_list *list;
    unsigned count; /* of fields that agree with type and list */
};

struct loader {
    struct catalog *catalog;
    struct problems *problems;
    struct definition *definitions;
    size_t count;
    struct hash running;
};

/* ---- files ---- */

struct file_names {
    str names[DEFINITION_MAX];
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

/* Names that end in `tail`, sorted; an absent folder has none. */
static void list_files(struct loader *loader, const char *path, str tail, struct file_names *ret)
{
    DIR *directory = opendir(path);
    ret->count = 0;
    if (!directory) {
        if (errno != ENOENT) {
            err_errno("cannot read the folder %s", path);
            problem_from_err(loader->problems, str_c(path), NULL, STR_EMPTY);
        }
        return;
    }
    struct dirent *entry;
    /* The stream is this call's own. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while ((entry = readdir(directory)) != NULL) {
        str name = str_c(entry->d_name);
        if (name.ptr[0] == '.' || !str_ends(name, tail))
            continue;
        if (ret->count == DEFINITION_MAX) {
            problem_at(loader->problems, ERR_LIMIT, str_c(path), NULL, STR_EMPTY,
                       "more than %d files", DEFINITION_MAX);
            break;
        }
        ret->names[ret->count++] = arena_str(&loader->catalog->arena, name);
    }
    closedir(directory);
    qsort(ret->names, ret->count, sizeof ret->names[0], compare_names);
}

static void hash_file(struct loader *loader, str folder, str name, str content)
{
    struct hash inner;
    sha256(content, &inner);
    const str pieces[] = {str_of((const char *)loader->running.bytes, HASH_SIZE),
                          folder,
                          S("/"),
                          name,
                          S("\n"),
                          str_of((const char *)inner.bytes, HASH_SIZE)};
    sha256_pieces(pieces, COUNT_OF(pieces), &loader->running);
}

static void read_definition(struct loader *loader, str file, str content)
{
    struct catalog *catalog = loader->catalog;
    struct node *root = NULL;
    if (yaml_parse(content, file.ptr, &catalog->arena, &root) != OK) {
        problem_from_err(loader->problems, file, NULL, STR_EMPTY);
        return;
    }
    struct definition_reader reader = {.catalog = catalog,
                                       .problems = loader->problems,
                                       .arena = &catalog->arena};
    struct definition *definition = &loader->definitions[loader->count];
    if (root->kind != NODE_MAP) {
        problem_at(loader->problems, ERR_SYNTAX, file, root, STR_EMPTY,
                   "a definition file is a map");
        return;
    }
    definition_read(&reader, root, file, definition);
    loader->count++;
}

static void read_folder(struct loader *loader, const char *folder)
{
    char path[PATH_MAX_BYTES];
    struct arena *arena = &loader->catalog->arena;
    struct file_names *files = arena_new(arena, struct file_names);
    snprintf(path, sizeof path, "%.*s/%s", STR(loader->catalog->home), folder);
    if (!files)
        return;
    list_files(loader, path, S(".yaml"), files);
    for (size_t i = 0; i < files->count; i++) {
        str file = arena_printf(arena, "%s/%.*s", path, STR(files->names[i]));
        char *data = NULL;
        size_t len = 0;
        if (loader->count == DEFINITION_MAX)
            return;
        if (io_read_file(file.ptr, FILE_MAX_BYTES, &data, &len) != OK) {
            problem_from_err(loader->problems, file, NULL, STR_EMPTY);
            continue;
        }
        str content = arena_str(arena, str_of(data, len));
        free(data);
        hash_file(loader, str_c(folder), files->names[i], content);
        read_definition(loader, file, content);
    }
}

/* ---- code lists ---- */

static void hash_codes(struct loader *loader, const char *path)
{
    struct file_names *files = arena_new(&loader->catalog->arena, struct file_names);
    if (!files)
        return;
    list_files(loader, path, S(".csv"), files);
    for (size_t i = 0; i < files->count; i++) {
        char file[PATH_MAX_BYTES + 300];
        char *data = NULL;
        size_t len = 0;
        snprintf(file, sizeof file, "%s/%.*s", path, STR(files->names[i]));
        if (io_read_file(file, CODE_FILE_MAX_BYTES, &data, &len) == OK)
            hash_file(loader, S("codes"), files->names[i], str_of(data, len));
        else
            problem_from_err(loader->problems, str_c(file), NULL, STR_EMPTY);
        free(data);
    }
}

static void need_list(struct loader *loader, const char *path, const char *name, size_t max)
{
    const struct code_list *list = codes_list(loader->catalog->codes, str_c(name));
    if (!list)
        problem_at(loader->problems, ERR_MISSING, str_c(path), NULL, STR_EMPTY, "%s.csv is missing",
                   name);
    else if (list->count > max)
        problem_at(loader->problems, ERR_LIMIT, str_c(path), NULL, STR_EMPTY,
                   "%s.csv has more than %zu codes", name, max);
}

/* False when nothing can be read without them. */
static bool read_codes(struct loader *loader)
{
    char path[PATH_MAX_BYTES];
    size_t before = loader->problems->count;
    snprintf(path, sizeof path, "%.*s/codes", STR(loader->catalog->home));
    if (codes_load(path, &loader->catalog->codes) != OK) {
        problem_from_err(loader->problems, str_c(path), NULL, STR_EMPTY);
        return false;
    }
    need_list(loader, path, "meanings", MEANING_MAX - 1);
    need_list(loader, path, "purposes", PURPOSE_MAX);
    loader->catalog->purposes = codes_list(loader->catalog->codes, S("purposes"));
    loader->catalog->meaning_list = codes_list(loader->catalog->codes, S("meanings"));
    hash_codes(loader, path);
    return loader->problems->count == before;
}

/* ---- putting it together ---- */

static int compare_definitions(const void *a, const void *b)
{
    const struct definition *const *one = a;
    const struct definition *const *other = b;
    return str_compare((*one)->name, (*other)->name);
}

static void number_definitions(struct loader *loader)
{
    struct catalog *catalog = loader->catalog;
    struct definition **sorted = arena_array(&catalog->arena, struct definition *, loader->count);
    if (!sorted)
        return;
    for (size_t i = 0; i < loader->count; i++)
        sorted[i] = &loader->definitions[i];
    qsort(sorted, loader->count, sizeof(struct definition *), compare_definitions);
    for (size_t i = 0; i < loader->count; i++) {
        sorted[i]->number = (uint16_t)i;
        if (i && str_eq(sorted[i]->name, sorted[i - 1]->name))
            problem_at(loader->problems, ERR_CONFLICT, sorted[i]->file, sorted[i]->source,
                       sorted[i]->name, "this name is taken by %.*s", STR(sorted[i - 1]->file));
    }
    catalog->definitions = (const struct definition *const *)sorted;
    catalog->count = loader->count;
}

/* A majority vote per meaning; ties go to the definition that comes first by name. */
static void count_meanings(struct loader *loader)
{
    struct catalog *catalog = loader->catalog;
    const struct code_list *list = catalog->meaning_list;
    struct meaning_use *uses = arena_array(&catalog->arena, struct meaning_use, list->count + 1);
    for (size_t i = 0; uses && i < catalog->count; i++) {
        const struct definition *definition = catalog->definitions[i];
        for (size_t k = 0; k < definition->all_count; k++) {
            const struct field *field = definition->all[k];
            struct meaning_use *use = &uses[field->meaning_number];
            if (!field->meaning_number || !field->type)
                continue;
            if (use->count && (use->type != field->type || use->list != field->list))
                use->count--;
            else
                *use = (struct meaning_use){field->type, field->list, use->count + 1};
        }
    }
    catalog->meanings = uses;
    catalog->meaning_count = uses ? list->count + 1 : 0;
}

void catalog_load_all(const char *home, struct problems *problems, struct catalog **ret)
{
    static const char *const folders[] = {"databases", "notices", "tickets", "messages", "system"};
    struct catalog *catalog = calloc(1, sizeof *catalog);
    *ret = catalog;
    if (!catalog) {
        err_set(ERR_MEMORY, "out of memory for the catalog");
        problem_from_err(problems, str_c(home), NULL, STR_EMPTY);
        return;
    }
    catalog->arena.max_bytes = CATALOG_MAX_BYTES;
    catalog->home = arena_str(&catalog->arena, str_c(home));
    struct loader loader = {.catalog = catalog, .problems = problems};
    loader.definitions = arena_array(&catalog->arena, struct definition, DEFINITION_MAX);
    if (!loader.definitions || !read_codes(&loader))
        return;
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        read_folder(&loader, folders[i]);
    if (loader.count == 0 && problems->count == 0)
        problem_at(problems, ERR_MISSING, str_c(home), NULL, STR_EMPTY,
                   "no definition files (databases/*.yaml) here");
    number_definitions(&loader);
    count_meanings(&loader);
    catalog->hash = loader.running;
}

enum err catalog_load(const char *home, struct catalog **ret)
{
    struct problems problems = {0};
    struct catalog *catalog = NULL;
    catalog_load_all(home, &problems, &catalog);
    if (problems.count == 0) {
        *ret = catalog;
        return OK;
    }
    catalog_free(catalog);
    err_restore(&problems.first);
    if (problems.count > 1)
        err_hint("and %zu more; `bureau check` lists them all", problems.count - 1);
    return problems.first.code;
}

void catalog_free(struct catalog *catalog)
{
    if (!catalog)
        return;
    struct arena arena = catalog->arena;
    codes_free(catalog->codes);
    wipe(&catalog->hash_key, sizeof catalog->hash_key);
    free(catalog);
    arena_release(&arena);
}

/* ---- asking it ---- */

const struct definition *catalog_find(const struct catalog *catalog, str name)
{
    size_t low = 0;
    size_t high = catalog->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(catalog->definitions[middle]->name, name);
        if (order == 0)
            return catalog->definitions[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct field *definition_field(const struct definition *definition, str path)
{
    for (size_t i = 0; i < definition->all_count; i++)
        if (str_eq(definition->all[i]->path, path))
            return definition->all[i];
    return NULL;
}

bool definition_is_data(const struct definition *definition)
{
    return str_eq(definition->kind, S("record")) || str_eq(definition->kind, S("notice"));
}

bool definition_is_ticket(const struct definition *definition)
{
    return str_eq(definition->kind, S("ticket"));
}

struct type_context catalog_context(const struct catalog *catalog, const struct field *field)
{
    return (struct type_context){.codes = catalog->codes,
                                 .list = field ? field->list : NULL,
                                 .hash_key = &catalog->hash_key,
                                 .today = day_today(),
                                 .country = STR_EMPTY};
}

bool purpose_find(const struct catalog *catalog, str code, uint16_t *ret)
{
    const struct code_list *list = catalog->purposes;
    for (size_t i = 0; list && i < list->count && i < PURPOSE_MAX; i++)
        if (str_eq(list->codes[i].code, code)) {
            *ret = (uint16_t)i;
            return true;
        }
    return false;
}

str purpose_code(const struct catalog *catalog, uint16_t number)
{
    const struct code_list *list = catalog->purposes;
    return list && number < list->count ? list->codes[number].code : STR_EMPTY;
}

uint16_t meaning_number(const struct catalog *catalog, str meaning)
{
    const struct code_list *list = catalog->meaning_list;
    const struct code *code = list ? code_get(list, meaning) : NULL;
    return code ? (uint16_t)(code->number + 1) : 0;
}

str meaning_name(const struct catalog *catalog, uint16_t number)
{
    const struct code_list *list = catalog->meaning_list;
    return number && list && number <= list->count ? list->codes[number - 1].code : STR_EMPTY;
}

const struct type *meaning_type(const struct catalog *catalog, uint16_t meaning,
                                const struct code_list **ret_list)
{
    if (meaning == 0 || meaning >= catalog->meaning_count)
        return NULL;
    if (ret_list)
        *ret_list = catalog->meanings[meaning].list;
    return catalog->meanings[meaning].type;
}
