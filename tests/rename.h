/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A home in which every database and every field has another name, and nothing else has changed: types, meanings, code lists,
 * roles and purposes stay. What works on such a home names no database and no field. Definitions are written as JSON, which
 * is YAML too. System definitions keep their names: code may name those.
 *
 *   rename_home(".", "/tmp/renamed", 7);    // databases/ renamed with seed 7, codes/ and the other folders linked
 */
#ifndef TESTS_RENAME_H
#define TESTS_RENAME_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "codec/json.h"
#include "codec/yaml.h"

enum { RENAME_PATH = 1024 };

struct renamer {
    struct arena arena;
    uint64_t seed;
};

static inline void rename_check(bool is_true, const char *what)
{
    if (!is_true) {
        fprintf(stderr, "rename: %s: %s\n", what, err_last()->message);
        abort();
    }
}

/* Five letters and a digit, the same for the same word everywhere. */
static inline str rename_word(struct renamer *renamer, str word)
{
    uint64_t hash = hash64(word, renamer->seed + 1);
    char text[8];
    for (size_t i = 0; i < 5; i++, hash /= 26)
        text[i] = (char)('a' + hash % 26);
    return arena_printf(&renamer->arena, "%.5s%u", text, (unsigned)(hash % 10));
}

static inline str rename_path(struct renamer *renamer, str path)
{
    size_t dot = str_find(path, '.');
    str head = rename_word(renamer, str_slice(path, 0, dot));
    if (dot == path.len)
        return head;
    return arena_printf(&renamer->arena, "%.*s.%.*s", STR(head),
                        STR(rename_word(renamer, str_from(path, dot + 1))));
}

/* fields: of a definition, or the list: of a group. */
static inline void rename_fields(struct renamer *renamer, struct node *map)
{
    for (struct node *field = map ? map->first : NULL; field; field = field->next) {
        field->key = rename_word(renamer, field->key);
        for (struct node *key = field->first; key; key = key->next)
            if (str_eq(key->key, S("list")) && key->kind == NODE_MAP)
                rename_fields(renamer, key);
    }
}

static inline void rename_text(struct renamer *renamer, struct node *node)
{
    if (node->kind == NODE_TEXT && !str_eq(node->text, S("today")))
        node->text = rename_path(renamer, node->text);
}

/* Field names stand in a condition as texts of present and before, as keys of the words that take a map. */
static inline void rename_condition(struct renamer *renamer, struct node *node)
{
    for (struct node *word = node->first; word; word = word->next) {
        bool is_nested = str_eq(word->key, S("all")) || str_eq(word->key, S("any"));
        if (str_eq(word->key, S("not")))
            rename_condition(renamer, word);
        else if (str_eq(word->key, S("present")) || str_eq(word->key, S("before")))
            rename_text(renamer, word);
        for (struct node *item = word->first; item; item = item->next) {
            if (is_nested)
                rename_condition(renamer, item);
            else if (word->kind == NODE_LIST)
                rename_text(renamer, item);
            else if (!str_eq(word->key, S("not")))
                item->key = rename_path(renamer, item->key);
        }
    }
}

static inline void rename_rule(struct renamer *renamer, struct node *rule)
{
    for (struct node *key = rule->first; key; key = key->next) {
        if (str_eq(key->key, S("when")) || str_eq(key->key, S("require")))
            rename_condition(renamer, key);
        else if (str_eq(key->key, S("each")) || str_eq(key->key, S("at")))
            rename_text(renamer, key);
    }
}

/* Values are left alone: the map of a composite value has the keys of its type. */
static inline void rename_body(struct renamer *renamer, const struct node *fields,
                               struct node *body)
{
    for (struct node *value = body->first; value; value = value->next) {
        const struct node *field = node_get(fields, value->key);
        const struct node *group = node_get(field, S("list"));
        value->key = rename_word(renamer, value->key);
        if (!group || group->kind != NODE_MAP)
            continue;
        if (value->kind == NODE_MAP)
            rename_body(renamer, group, value);
        for (struct node *row = value->first; value->kind == NODE_LIST && row; row = row->next)
            rename_body(renamer, group, row);
    }
}

static inline struct node *rename_child(const struct node *map, const char *key)
{
    struct node *child = map && map->kind == NODE_MAP ? map->first : NULL;
    while (child && !str_eq_c(child->key, key))
        child = child->next;
    return child;
}

static inline void rename_definition(struct renamer *renamer, struct node *root)
{
    struct node *fields = rename_child(root, "fields"), *name = rename_child(root, "definition");
    struct node *list = rename_child(root, "examples");
    for (struct node *example = list ? list->first : NULL; example; example = example->next)
        rename_body(renamer, fields, rename_child(example, "fields"));
    rename_fields(renamer, fields);
    if (name)
        name->text = rename_word(renamer, name->text);
    list = rename_child(root, "rules");
    for (struct node *rule = list ? list->first : NULL; rule; rule = rule->next)
        rename_rule(renamer, rule);
    list = rename_child(root, "retain");
    if (list && list->kind == NODE_MAP)
        rename_rule(renamer, list);
    for (struct node *rule = list ? list->first : NULL; rule; rule = rule->next)
        if (rule->kind == NODE_MAP && list->kind == NODE_LIST)
            rename_rule(renamer, rule);
    list = rename_child(root, "show");
    for (struct node *role = list ? list->first : NULL; role; role = role->next)
        for (struct node *item = role->first; item; item = item->next)
            rename_text(renamer, item);
}

static inline void rename_file(struct renamer *renamer, const char *from, const char *to)
{
    struct node *root = NULL;
    struct buf out = {0};
    rename_check(yaml_read_file(from, &renamer->arena, &root) == OK, from);
    rename_definition(renamer, root);
    json_write_pretty(&out, root);
    rename_check(out.failed == OK && io_replace(to, buf_str(&out)) == OK, to);
    buf_release(&out);
}

/* to must not exist yet. */
static inline void rename_home(const char *from, const char *to, uint64_t seed)
{
    static const char *const linked[] = {"codes", "system", "web", "formats"};
    struct renamer renamer = {.seed = seed};
    char source[RENAME_PATH], target[RENAME_PATH], root[RENAME_PATH / 2];
    char *whole = realpath(from, NULL);
    rename_check(whole && strlen(whole) < sizeof root, from);
    snprintf(root, sizeof root, "%s", whole);
    free(whole);
    snprintf(target, sizeof target, "%s/databases", to);
    rename_check(io_make_dir(to) == OK && io_make_dir(target) == OK, target);
    for (size_t i = 0; i < COUNT_OF(linked); i++) {
        snprintf(source, sizeof source, "%s/%s", root, linked[i]);
        snprintf(target, sizeof target, "%s/%s", to, linked[i]);
        rename_check(symlink(source, target) == 0, target);
    }
    snprintf(source, sizeof source, "%s/databases", root);
    DIR *directory = opendir(source);
    rename_check(directory != NULL, source);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (!str_ends(str_c(entry->d_name), S(".yaml")))
            continue;
        snprintf(source, sizeof source, "%s/databases/%s", root, entry->d_name);
        str name = rename_word(&renamer, str_c(entry->d_name));
        snprintf(target, sizeof target, "%s/databases/%.*s.yaml", to, STR(name));
        rename_file(&renamer, source, target);
    }
    closedir(directory);
    arena_release(&renamer.arena);
}

#endif
