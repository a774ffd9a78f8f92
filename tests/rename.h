/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A home in which every database and every field has another name, and nothing else has changed: types, meanings, code lists,
 * roles and purposes stay. What works on such a home names no database and no field. Definitions are written as JSON, which
 * is YAML too. System definitions keep their names: code may name those.
 *
 *   rename_home(".", "/tmp/renamed", 7);    // databases/, tickets/ and formats/ renamed with seed 7, the rest linked
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
    struct node *names; /* every field's name before, so that mapping files can be renamed too */
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
        if (!node_get(renamer->names, field->key))
            node_put(renamer->names, field->key, node_bool(&renamer->arena, true));
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

/* One name, or a list of names. */
static inline void rename_names(struct renamer *renamer, struct node *node)
{
    if (node && node->kind != NODE_LIST)
        rename_text(renamer, node);
    for (struct node *item = node ? node->first : NULL; item; item = item->next)
        rename_text(renamer, item);
}

/* A request of a person: the fields that list its records, that say why, that decide what is told. */
static inline void rename_request(struct renamer *renamer, struct node *request)
{
    static const char *const keys[] = {"about", "some", "proposal", "left_out", "because"};
    struct node *withheld = rename_child(request, "withheld");
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        rename_names(renamer, rename_child(request, keys[i]));
    if (withheld)
        rename_condition(renamer, withheld);
}

/* life: moves name fields in requires, takes and sets, clocks in profile_of, the limit in since. */
static inline void rename_life(struct renamer *renamer, struct node *life)
{
    struct node *moves = rename_child(life, "moves"), *clocks = rename_child(life, "clocks");
    for (struct node *move = moves ? moves->first : NULL; move; move = move->next) {
        struct node *sets = rename_child(move, "sets");
        rename_names(renamer, rename_child(move, "requires"));
        rename_names(renamer, rename_child(move, "takes"));
        for (struct node *set = sets ? sets->first : NULL; set; set = set->next)
            set->key = rename_word(renamer, set->key);
    }
    for (struct node *clock = clocks ? clocks->first : NULL; clock; clock = clock->next)
        rename_names(renamer, rename_child(clock, "profile_of"));
    rename_names(renamer, rename_child(rename_child(life, "limit"), "since"));
    rename_names(renamer, rename_child(rename_child(life, "achieved"), "field"));
    rename_request(renamer, rename_child(life, "request"));
    struct node *is_false = rename_child(life, "is_false");
    if (is_false)
        rename_condition(renamer, is_false);
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
    list = rename_child(root, "achieved");
    if (list && list->kind == NODE_MAP)
        rename_rule(renamer, list);
    list = rename_child(root, "unique");
    for (struct node *names = list ? list->first : NULL; names; names = names->next)
        for (struct node *item = names->first; item; item = item->next)
            rename_text(renamer, item);
    rename_names(renamer,
                 rename_child(rename_child(rename_child(root, "screen"), "burst"), "field"));
    rename_life(renamer, rename_child(root, "life"));
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

/* In a mapping file field names are the keys of `fields:`, at any depth; keys of composite values are none. */
static inline void rename_mapped(struct renamer *renamer, struct node *node, bool is_fields)
{
    for (struct node *child = node->first; child; child = child->next) {
        bool opens_fields = node->kind == NODE_MAP && str_eq(child->key, S("fields"));
        if (is_fields && node_get(renamer->names, child->key))
            child->key = rename_word(renamer, child->key);
        if (node->kind == NODE_MAP && !is_fields && str_eq(child->key, S("record")))
            child->text = rename_word(renamer, child->text);
        rename_mapped(renamer, child, opens_fields && !is_fields);
    }
}

/* expect: {records: {NAME: ...}, filled: {NAME.FIELD: ...}} */
static inline void rename_expected(struct renamer *renamer, struct node *expect)
{
    static const char *const words[] = {"records", "filled"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct node *map = rename_child(expect, words[i]);
        for (struct node *child = map ? map->first : NULL; child; child = child->next)
            child->key = rename_path(renamer, child->key);
    }
}

static inline void rename_format(struct renamer *renamer, const char *from, const char *to)
{
    struct node *root = NULL;
    struct buf out = {0};
    rename_check(yaml_read_file(from, &renamer->arena, &root) == OK, from);
    struct node *records = rename_child(root, "records");
    if (records)
        rename_mapped(renamer, records, false);
    rename_expected(renamer, rename_child(root, "expect"));
    json_write_pretty(&out, root);
    rename_check(out.failed == OK && io_replace(to, buf_str(&out)) == OK, to);
    buf_release(&out);
}

typedef void rename_one(struct renamer *renamer, const char *from, const char *to);

/* Every *.yaml of root/folder into to/folder; definitions' files lose their names as well. */
static inline void rename_folder(struct renamer *renamer, const char *root, const char *to,
                                 const char *folder, rename_one *one)
{
    char source[RENAME_PATH], target[RENAME_PATH];
    snprintf(target, sizeof target, "%s/%s", to, folder);
    rename_check(io_make_dir(target) == OK, target);
    snprintf(source, sizeof source, "%s/%s", root, folder);
    DIR *directory = opendir(source);
    rename_check(directory != NULL, source);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        str name = str_c(entry->d_name);
        if (!str_ends(name, S(".yaml")))
            continue;
        snprintf(source, sizeof source, "%s/%s/%s", root, folder, entry->d_name);
        if (one == rename_file)
            name = arena_printf(&renamer->arena, "%.*s.yaml", STR(rename_word(renamer, name)));
        snprintf(target, sizeof target, "%s/%s/%.*s", to, folder, STR(name));
        one(renamer, source, target);
    }
    closedir(directory);
}

/* to must not exist yet. */
static inline void rename_home(const char *from, const char *to, uint64_t seed)
{
    static const char *const linked[] = {"codes", "system", "web"};
    struct renamer renamer = {.seed = seed};
    char source[RENAME_PATH], target[RENAME_PATH], root[RENAME_PATH / 2];
    char *whole = realpath(from, NULL);
    rename_check(whole && strlen(whole) < sizeof root, from);
    snprintf(root, sizeof root, "%s", whole);
    free(whole);
    renamer.names = node_map(&renamer.arena);
    rename_check(io_make_dir(to) == OK, to);
    for (size_t i = 0; i < COUNT_OF(linked); i++) {
        snprintf(source, sizeof source, "%s/%s", root, linked[i]);
        snprintf(target, sizeof target, "%s/%s", to, linked[i]);
        rename_check(symlink(source, target) == 0, target);
    }
    rename_folder(&renamer, root, to, "databases", rename_file);
    rename_folder(&renamer, root, to, "tickets", rename_file);
    rename_folder(&renamer, root, to, "formats", rename_format);
    arena_release(&renamer.arena);
}

#endif
