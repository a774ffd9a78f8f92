/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of file is this? Asked for a preview without a format, of the decoded beginning of the
 * file (64 KiB): its first sign tells XML and JSON apart, its lines NDJSON, tables and fixed width.
 * Where the items lie is guessed too: in XML the outermost element that comes twice, in JSON the
 * first list of objects. A guess comes with its reason, and decides nothing but what is shown.
 */
#include "intake/guess.h"

#include <stdio.h>

#include "codec/csv.h"

enum { DEPTH_MAX = 16, LINES_LOOKED_AT = 20, FIXED_MIN = 20, NAMES_MAX = 64 };

static str first_line(str text)
{
    return str_slice(text, 0, str_find(text, '\n'));
}

static void say(struct guess *ret, const char *type, const char *reason)
{
    ret->type = type;
    snprintf(ret->reason, sizeof ret->reason, "%s", reason);
}

/* ---- XML: the outermost path that comes twice ---- */

struct seen_path {
    uint64_t hash;
    unsigned depth, count;
    char path[sizeof((struct guess *)0)->items];
};

struct tags {
    str stack[DEPTH_MAX];
    unsigned depth;
    struct seen_path seen[NAMES_MAX];
    size_t count;
};

static str local_name(str tag)
{
    size_t end = 0;
    while (end < tag.len && !strchr(" \t\r\n/>", tag.ptr[end]))
        end++;
    str name = str_slice(tag, 0, end);
    size_t colon = str_find(name, ':');
    return colon < name.len ? str_from(name, colon + 1) : name;
}

static void note_path(struct tags *tags)
{
    char path[sizeof tags->seen->path];
    size_t len = 0;
    for (unsigned i = 0; i < tags->depth; i++) {
        str name = tags->stack[i];
        if (len + name.len + 2 > sizeof path)
            return;
        if (i)
            path[len++] = '/';
        memcpy(path + len, name.ptr, name.len);
        len += name.len;
    }
    uint64_t hash = hash64(str_of(path, len), 5);
    for (size_t i = 0; i < tags->count; i++)
        if (tags->seen[i].hash == hash) {
            tags->seen[i].count++;
            return;
        }
    if (tags->count == NAMES_MAX)
        return;
    struct seen_path *seen = &tags->seen[tags->count++];
    *seen = (struct seen_path){.hash = hash, .depth = tags->depth, .count = 1};
    memcpy(seen->path, path, len);
}

static void open_tag(struct tags *tags, str tag)
{
    bool is_empty = tag.len && tag.ptr[tag.len - 1] == '/';
    if (tags->depth == DEPTH_MAX)
        return;
    tags->stack[tags->depth++] = local_name(tag);
    note_path(tags);
    tags->depth -= is_empty;
}

static void guess_xml(str text, struct guess *ret)
{
    static struct tags tags; /* of the child, which looks at one file */
    const struct seen_path *best = NULL;
    while (text.len) {
        text = str_from(text, str_find(text, '<'));
        if (!text.len)
            break;
        text = str_from(text, 1);
        str tag = str_slice(text, 0, str_find(text, '>'));
        text = str_from(text, tag.len);
        if (!tag.len || tag.ptr[0] == '?' || tag.ptr[0] == '!')
            continue;
        if (tag.ptr[0] != '/')
            open_tag(&tags, tag);
        else if (tags.depth)
            tags.depth--;
    }
    for (size_t i = 0; i < tags.count; i++) {
        const struct seen_path *seen = &tags.seen[i];
        if (seen->depth > 1 && seen->count > 1 && (!best || seen->depth < best->depth))
            best = seen;
    }
    if (!best && tags.count)
        best = &tags.seen[tags.count > 1];
    say(ret, "xml", "it begins with an element");
    snprintf(ret->items, sizeof ret->items, "%s", best ? best->path : "");
}

/* ---- JSON: the keys down to the first list of objects ---- */

struct keys {
    str stack[DEPTH_MAX]; /* key under which each open map or list stands */
    char kind[DEPTH_MAX];
    unsigned depth;
    str last; /* text read last: a key, if a colon follows */
};

static str read_quoted(str *text)
{
    size_t end = 1;
    while (end < text->len && text->ptr[end] != '"')
        end += text->ptr[end] == '\\' ? 2 : 1;
    str inside = str_slice(*text, 1, end < text->len ? end - 1 : text->len - 1);
    *text = str_from(*text, end + 1);
    return inside;
}

static bool path_of(const struct keys *keys, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (unsigned i = 1; i < keys->depth; i++) {
        int more = snprintf(out + len, size - len, "%s%.*s", len ? "." : "", STR(keys->stack[i]));
        if (more < 0 || (size_t)more >= size - len || keys->kind[i - 1] != '{')
            return false;
        len += (size_t)more;
    }
    return true;
}

static void guess_json(str text, struct guess *ret)
{
    struct keys keys = {.depth = 0};
    say(ret, "json", "it begins as one JSON document");
    while (text.len) {
        char c = text.ptr[0];
        if (c == '"') {
            keys.last = read_quoted(&text);
            continue;
        }
        bool is_row = c == '{' && keys.depth && keys.kind[keys.depth - 1] == '[';
        if (is_row && path_of(&keys, ret->items, sizeof ret->items))
            return;
        if ((c == '{' || c == '[') && keys.depth < DEPTH_MAX) {
            keys.stack[keys.depth] = keys.last;
            keys.kind[keys.depth++] = c;
        } else if ((c == '}' || c == ']') && keys.depth) {
            keys.depth--;
        }
        text = str_from(text, 1);
    }
    ret->items[0] = '\0';
}

static bool is_json_line(str line)
{
    line = str_trim(line);
    return line.len > 1 && line.ptr[0] == '{' && line.ptr[line.len - 1] == '}';
}

/* ---- lines ---- */

static bool is_fixed_width(str text)
{
    size_t width = 0, lines = 0;
    str line;
    while (lines < LINES_LOOKED_AT && str_has(text, S("\n")) && str_split(&text, '\n', &line)) {
        size_t len = line.len;
        while (len && line.ptr[len - 1] == '\r')
            len--;
        if (lines++ && len != width)
            return false;
        width = len;
    }
    return lines > 1 && width >= FIXED_MIN;
}

void guess_type(str text, struct guess *ret)
{
    str start = str_trim(str_slice(text, 0, 4096));
    size_t at = 0;
    *ret = (struct guess){.type = "csv"};
    while (at < text.len && (unsigned char)text.ptr[at] <= ' ')
        at++;
    if (start.len && start.ptr[0] == '<') {
        guess_xml(str_from(text, at), ret);
        return;
    }
    if (start.len && (start.ptr[0] == '{' || start.ptr[0] == '[')) {
        str first = first_line(str_from(text, at));
        str second = first_line(str_from(text, at + first.len + 1));
        guess_json(str_from(text, at), ret);
        /* One object alone is a document when it holds a list of objects, else a line. */
        bool is_line = is_json_line(first) && !str_trim(second).len && !ret->items[0];
        if ((is_json_line(first) && is_json_line(second)) || is_line) {
            say(ret, "ndjson", "each line is a JSON object");
            ret->items[0] = '\0';
        }
        return;
    }
    str first = first_line(text);
    while (first.len && first.ptr[0] == '#' && first.len < text.len) { /* remarks before the rows */
        text = str_from(text, first.len + 1);
        first = first_line(text);
    }
    char separator = csv_guess_separator(text);
    bool has_separator = memchr(first.ptr, separator, first.len) != NULL;
    if (!has_separator && is_fixed_width(text))
        say(ret, "fixed", "all lines are equally long and nothing separates columns");
    else
        say(ret, "csv",
            has_separator ? "a separator divides its lines evenly" : "lines of text in one column");
}
