/* SPDX-License-Identifier: Apache-2.0 */
/* Which formats there are, and what each writes to. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/json.h"
#include "intake/import.h"

enum { FORMATS_MAX = 500, TARGETS_MAX = 64, PATH_SIZE = 4096 };

static const str BODIES = {"bureau-ndjson", 13};

static bool is_plain_name(str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_lower(name.ptr[i]) && !is_digit(name.ptr[i]) && name.ptr[i] != '-')
            return false;
    return name.len > 0 && name.len < 100;
}

static const char *directory_of(const struct intake_node *node, char out[PATH_SIZE])
{
    if (node->formats)
        snprintf(out, PATH_SIZE, "%s", node->formats);
    else
        snprintf(out, PATH_SIZE, "%.*s/formats", STR(node->catalog->home));
    return out;
}

enum err format_open(const struct intake_node *node, str format, struct mapping **ret)
{
    char directory[PATH_SIZE], path[PATH_SIZE + 128];
    if (!is_plain_name(format))
        return err_set(ERR_UNKNOWN, "there is no format \"%.*s\"", STR(format));
    if (str_eq(format, BODIES))
        return mapping_of_bodies(node->catalog, ret);
    const struct definition *definition = catalog_find(node->catalog, format);
    if (definition && definition_is_data(definition))
        return mapping_of_template(node->catalog, definition, ret);
    snprintf(path, sizeof path, "%s/%.*s.yaml", directory_of(node, directory), STR(format));
    if (access(path, R_OK) != 0)
        return err_set(ERR_UNKNOWN,
                       "there is no format \"%.*s\": neither %s nor a database of that name",
                       STR(format), path);
    return mapping_load(node->catalog, path, ret);
}

static size_t targets_of(const struct mapping *m, struct arena *arena, const str **ret)
{
    str *names = arena_array(arena, str, TARGETS_MAX);
    size_t count = 0;
    for (const struct map_record *r = m->records; names && r; r = r->next) {
        bool is_listed = false;
        for (size_t i = 0; i < count; i++)
            is_listed = is_listed || str_eq(names[i], r->definition->name);
        if (!is_listed && count < TARGETS_MAX)
            names[count++] = arena_str(arena, r->definition->name);
    }
    *ret = names;
    return names ? count : 0;
}

enum err intake_targets(const struct intake_node *node, str format, struct arena *arena,
                        const str **ret, size_t *ret_count)
{
    struct mapping *m = NULL;
    TRY(format_open(node, format, &m));
    if (!m->is_bodies) {
        *ret_count = targets_of(m, arena, ret);
    } else {
        str *names = arena_array(arena, str, node->catalog->count + 1);
        size_t count = 0;
        for (size_t i = 0; names && i < node->catalog->count; i++)
            if (definition_is_data(node->catalog->definitions[i]))
                names[count++] = node->catalog->definitions[i]->name;
        *ret = names;
        *ret_count = count;
    }
    mapping_free(m);
    return *ret ? OK : err_last()->code;
}

enum err intake_owner(const struct intake_node *node, str format, struct arena *arena, str *ret)
{
    struct mapping *m = NULL;
    TRY(format_open(node, format, &m));
    if (m->owner.len)
        *ret = arena_str(arena, m->owner);
    mapping_free(m);
    return OK;
}

static struct node *describe(const struct intake_node *node, str name, struct arena *arena)
{
    static const char *const feeds[] = {
        [FEED_APPEND] = "append", [FEED_DELTA] = "delta", [FEED_SNAPSHOT] = "snapshot"};
    struct node *map = node_map(arena), *databases = node_list(arena);
    struct mapping *m = NULL;
    const str *targets = NULL;
    node_put_text(arena, map, S("name"), arena_str(arena, name));
    if (format_open(node, name, &m)) {
        char words[1024];
        node_put_text(arena, map, S("error"),
                      arena_str(arena, str_c(err_format(err_last(), words, sizeof words))));
        err_clear();
        return map;
    }
    node_put_text(arena, map, S("title"), arena_str(arena, m->title));
    node_put_text(arena, map, S("source"), arena_str(arena, m->source_type));
    if (m->owner.len)
        node_put_text(arena, map, S("owner"), arena_str(arena, m->owner));
    node_put_text(arena, map, S("feed"), str_c(feeds[m->feed]));
    size_t count = targets_of(m, arena, &targets);
    for (size_t i = 0; i < count; i++)
        node_add(databases, node_text(arena, targets[i]));
    node_put(map, S("databases"), databases);
    mapping_free(m);
    return map;
}

static int compare_names(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

static size_t list_files(const struct intake_node *node, struct arena *arena, str *names)
{
    char directory[PATH_SIZE];
    size_t count = 0;
    DIR *dir = opendir(directory_of(node, directory));
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the directory stream is of this call alone */
    for (struct dirent *entry; dir && count < FORMATS_MAX && (entry = readdir(dir));) {
        str name = str_c(entry->d_name);
        if (str_ends(name, S(".yaml")) && is_plain_name(str_slice(name, 0, name.len - 5)))
            names[count++] = arena_str(arena, str_slice(name, 0, name.len - 5));
    }
    if (dir)
        closedir(dir);
    qsort(names, count, sizeof *names, compare_names);
    return count;
}

enum err intake_formats(const struct intake_node *node, struct arena *arena, struct node **ret)
{
    struct node *list = node_list(arena);
    str *names = arena_array(arena, str, FORMATS_MAX);
    if (!list || !names)
        return ERR_LIMIT;
    size_t count = list_files(node, arena, names);
    for (size_t i = 0; i < count; i++)
        node_add(list, describe(node, names[i], arena));
    const struct catalog *catalog = node->catalog;
    for (size_t i = 0; i < catalog->count; i++)
        if (definition_is_data(catalog->definitions[i]))
            node_add(list, describe(node, catalog->definitions[i]->name, arena));
    node_add(list, describe(node, BODIES, arena));
    *ret = list;
    return OK;
}
