/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the ends of items needs no JSON parser, only strings, brackets and depth; jansson then
 * parses each item and refuses what is not JSON. The scanner keeps its state between feeds, so
 * every byte is looked at once.
 *
 * On the way down to the array the scanner follows the path: at depth d it is inside the value of
 * path[d-1]. A key is remembered when a string is followed by a colon.
 */
#include "codec/items.h"

#include <stdlib.h>

enum { PATH_MAX_DEPTH = 8, KEY_MAX = 256 };

struct items {
    enum items_kind kind;
    char path_text[512];
    str path[PATH_MAX_DEPTH];
    unsigned path_depth;

    char *text;
    size_t start, at, len, size; /* item from start, looked at up to at */
    uint64_t number, line, item_line;
    bool is_finished, is_over;

    unsigned depth;   /* open brackets */
    unsigned matched; /* of them, how many are on the path */
    bool in_string, is_escaped, in_array, has_start;
    char key[KEY_MAX]; /* the last string outside the array */
    size_t key_len;
    bool is_key_pending; /* a colon came: key names the next value */
};

enum err items_new(enum items_kind kind, str path, struct items **ret)
{
    struct items *items = calloc(1, sizeof *items);
    if (!items)
        return err_set(ERR_MEMORY, "out of memory for reading JSON");
    items->kind = kind;
    items->line = 1;
    size_t len = path.len < sizeof items->path_text ? path.len : sizeof items->path_text;
    memcpy(items->path_text, path.ptr, len);
    str rest = str_of(items->path_text, len), key;
    while (rest.len && str_split(&rest, '.', &key)) {
        if (items->path_depth == PATH_MAX_DEPTH) {
            free(items);
            return err_set(ERR_LIMIT, "path \"%.*s\" has more than %d keys", STR(path),
                           PATH_MAX_DEPTH);
        }
        items->path[items->path_depth++] = key;
    }
    *ret = items;
    return OK;
}

void items_free(struct items *items)
{
    if (!items)
        return;
    free(items->text);
    free(items);
}

enum err items_feed(struct items *items, str text)
{
    size_t keep = items->has_start || items->kind == ITEMS_LINES ? items->start : items->at;
    size_t left = items->len - keep;
    if (keep && left)
        memmove(items->text, items->text + keep, left);
    items->start = 0;
    items->at -= keep;
    items->len = left;
    if (left + text.len > items->size) {
        size_t size = (left + text.len) * 2;
        char *bigger = realloc(items->text, size);
        if (!bigger)
            return err_set(ERR_MEMORY, "out of memory for a JSON item of %zu bytes", left);
        items->text = bigger;
        items->size = size;
    }
    if (text.len)
        memcpy(items->text + left, text.ptr, text.len);
    items->len = left + text.len;
    return OK;
}

void items_finish(struct items *items)
{
    items->is_finished = true;
}

static void give(struct items *items, size_t end, struct item *ret)
{
    *ret = (struct item){str_of(items->text + items->start, end - items->start), ++items->number,
                         items->item_line};
    items->has_start = false;
}

static enum err next_line(struct items *items, struct item *ret, bool *ret_has)
{
    while (items->at < items->len || (items->is_finished && items->start < items->len)) {
        char *end = items->at < items->len
                        ? memchr(items->text + items->at, '\n', items->len - items->at)
                        : NULL;
        if (!end && !items->is_finished) {
            items->at = items->len;
            break;
        }
        size_t to = end ? (size_t)(end - items->text) : items->len;
        items->item_line = items->line++;
        items->number = items->item_line - 1;
        str line = str_of(items->text + items->start, to - items->start);
        struct item item;
        give(items, to, &item);
        items->start = items->at = end ? to + 1 : to;
        if (str_trim(line).len == 0)
            continue;
        *ret = item;
        *ret_has = true;
        return OK;
    }
    if (items->len - items->start > ITEM_MAX)
        return err_set(ERR_LIMIT, "line %llu is longer than %d bytes",
                       (unsigned long long)items->line, ITEM_MAX);
    *ret_has = false;
    return OK;
}

static void in_string(struct items *items, char c)
{
    if (items->is_escaped) {
        items->is_escaped = false;
    } else if (c == '\\') {
        items->is_escaped = true;
    } else if (c == '"') {
        items->in_string = false;
        return;
    }
    if (!items->in_array && items->key_len < KEY_MAX)
        items->key[items->key_len++] = c;
}

static bool is_next_on_path(const struct items *items)
{
    return items->is_key_pending && items->matched < items->path_depth &&
           items->depth == items->matched + 1 &&
           str_eq(items->path[items->matched], str_of(items->key, items->key_len));
}

/* Outside the array: brackets and keys. */
static enum err on_way_down(struct items *items, char c)
{
    switch (c) {
    case '{':
    case '[':
        if (is_next_on_path(items))
            items->matched++;
        if (items->depth == items->matched && items->matched == items->path_depth && c == '[')
            items->in_array = true;
        if (++items->depth > ITEM_DEPTH_MAX)
            return err_set(ERR_LIMIT, "line %llu: JSON is nested deeper than %d levels",
                           (unsigned long long)items->line, ITEM_DEPTH_MAX);
        items->is_key_pending = false;
        break;
    case '}':
    case ']':
        if (items->depth == 0)
            return err_set(ERR_SYNTAX, "line %llu: '%c' closes nothing",
                           (unsigned long long)items->line, c);
        items->depth--;
        if (items->matched > items->depth)
            items->matched = items->depth;
        items->is_key_pending = false;
        break;
    case ':': items->is_key_pending = true; break;
    case ',': items->is_key_pending = false; break;
    default: break;
    }
    return OK;
}

/* Inside the array: true when c (a comma or the closing bracket of the array) ends an item. */
static bool ends_item(struct items *items, char c, unsigned base)
{
    if (c == '{' || c == '[')
        items->depth++;
    else if ((c == '}' || c == ']') && items->depth > base)
        items->depth--;
    else if (c == ']')
        return true;
    return c == ',' && items->depth == base;
}

static enum err in_array(struct items *items, char c, struct item *ret, bool *ret_has)
{
    unsigned base = items->path_depth + 1;
    bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!items->has_start && !is_blank && c != ',' && c != ']') {
        items->has_start = true;
        items->start = items->at;
        items->item_line = items->line;
    }
    if (c == '"') {
        items->in_string = true;
        return OK;
    }
    if (items->depth > base + ITEM_DEPTH_MAX)
        return err_set(ERR_LIMIT, "line %llu: JSON is nested deeper than %d levels",
                       (unsigned long long)items->line, ITEM_DEPTH_MAX);
    if (!ends_item(items, c, base))
        return OK;
    if (items->has_start) {
        give(items, items->at, ret);
        *ret_has = true;
    }
    items->is_over = c == ']';
    return OK;
}

static enum err next_element(struct items *items, struct item *ret, bool *ret_has)
{
    *ret_has = false;
    for (; items->at < items->len && !items->is_over && !*ret_has; items->at++) {
        char c = items->text[items->at];
        items->line += c == '\n';
        if (items->in_string) {
            in_string(items, c);
        } else if (items->in_array) {
            TRY(in_array(items, c, ret, ret_has));
        } else if (c == '"') {
            items->in_string = true;
            if (!items->is_key_pending)
                items->key_len = 0;
        } else {
            TRY(on_way_down(items, c));
        }
    }
    if (items->has_start && items->len - items->start > ITEM_MAX)
        return err_set(ERR_LIMIT, "line %llu: an item is larger than %d bytes",
                       (unsigned long long)items->item_line, ITEM_MAX);
    if (!items->is_finished || *ret_has || items->is_over)
        return OK;
    if (items->in_array)
        return err_set(ERR_SYNTAX, "line %llu: the file ends in the middle of the list",
                       (unsigned long long)items->line);
    return err_set(ERR_NOT_FOUND, "the file has no list at \"%s\"", items->path_text);
}

enum err items_next(struct items *items, struct item *ret, bool *ret_has)
{
    return items->kind == ITEMS_LINES ? next_line(items, ret, ret_has)
                                      : next_element(items, ret, ret_has);
}
