/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML through libyaml's event stream into our tree. Only what a definition file needs: maps,
 * lists, scalars. Scalars are never typed here; anchors, aliases and tags are refused because they
 * hide what a file says.
 */
#include "codec/yaml.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/io.h"

enum { DEPTH_MAX = 32, FILE_MAX = 4 << 20 };

struct builder {
    const char *file;
    struct arena *arena;
    struct node *stack[DEPTH_MAX];
    unsigned depth;
    str key; /* waiting for its value */
    bool has_key;
    uint32_t key_line, key_column;
    struct node *root;
};

static enum err fail(const struct builder *b, const yaml_event_t *event, const char *what)
{
    return err_at(ERR_SYNTAX, b->file, (uint32_t)event->start_mark.line + 1,
                  (uint32_t)event->start_mark.column + 1, "%s", what);
}

/* Puts a finished or opened node into its parent. */
static enum err attach(struct builder *b, const yaml_event_t *event, struct node *node)
{
    if (!node)
        return err_last()->code;
    ensure(b->depth <= DEPTH_MAX);
    node->line = (uint32_t)event->start_mark.line + 1;
    node->column = (uint32_t)event->start_mark.column + 1;
    if (!b->depth) {
        if (b->root)
            return fail(b, event, "a file holds one document");
        b->root = node;
        return OK;
    }
    struct node *parent = b->stack[b->depth - 1];
    ensure(parent);
    if (parent->kind == NODE_LIST) {
        node_add(parent, node);
        return OK;
    }
    if (!b->has_key)
        return fail(b, event, "a key must be plain text");
    if (node_get(parent, b->key))
        return err_at(ERR_SYNTAX, b->file, b->key_line, b->key_column, "key \"%.*s\" stands twice",
                      STR(b->key));
    node_put(parent, b->key, node);
    b->has_key = false;
    return OK;
}

static enum err on_scalar(struct builder *b, const yaml_event_t *event)
{
    if (event->data.scalar.anchor ||
        (event->data.scalar.tag && !event->data.scalar.quoted_implicit))
        return fail(b, event, "anchors and tags are not used here");
    str text = arena_str(b->arena,
                         str_of((const char *)event->data.scalar.value, event->data.scalar.length));
    const struct node *parent = b->depth ? b->stack[b->depth - 1] : NULL;
    bool is_key = parent && parent->kind == NODE_MAP && !b->has_key;
    if (is_key) {
        b->key = text;
        b->has_key = true;
        b->key_line = (uint32_t)event->start_mark.line + 1;
        b->key_column = (uint32_t)event->start_mark.column + 1;
        return OK;
    }
    struct node *node = node_text(b->arena, text);
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (node && is_plain && (text.len == 0 || str_eq(text, S("~")) || str_eq(text, S("null"))))
        node->kind = NODE_NULL;
    return attach(b, event, node);
}

static enum err on_open(struct builder *b, const yaml_event_t *event, struct node *node,
                        const void *anchor)
{
    if (anchor)
        return fail(b, event, "anchors are not used here");
    if (b->depth == DEPTH_MAX)
        return fail(b, event, "nested too deeply");
    TRY(attach(b, event, node));
    b->stack[b->depth++] = node;
    return OK;
}

static enum err on_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT: return on_scalar(b, event);
    case YAML_MAPPING_START_EVENT:
        return on_open(b, event, node_map(b->arena), event->data.mapping_start.anchor);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(b, event, node_list(b->arena), event->data.sequence_start.anchor);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT: b->depth--; return OK;
    case YAML_ALIAS_EVENT: return fail(b, event, "aliases are not used here");
    default: return OK;
    }
}

static enum err parse_events(struct builder *b, yaml_parser_t *parser)
{
    for (bool is_done = false; !is_done;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return err_at(ERR_SYNTAX, b->file, (uint32_t)parser->problem_mark.line + 1,
                          (uint32_t)parser->problem_mark.column + 1, "not well-formed YAML: %s",
                          parser->problem ? parser->problem : "unreadable");
        is_done = event.type == YAML_STREAM_END_EVENT;
        enum err code = on_event(b, &event);
        yaml_event_delete(&event);
        if (code)
            return code;
    }
    return OK;
}

enum err yaml_parse(str text, const char *file, struct arena *arena, struct node **ret)
{
    if (text.len > FILE_MAX)
        return err_at(ERR_LIMIT, file, 0, 0, "larger than %d bytes", FILE_MAX);
    if (!utf8_is_valid(text))
        return err_at(ERR_SYNTAX, file, 0, 0, "not UTF-8");
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return err_set(ERR_MEMORY, "out of memory for a YAML parser");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    struct builder b = {.file = file, .arena = arena};
    enum err code = parse_events(&b, &parser);
    yaml_parser_delete(&parser);
    if (code)
        return code;
    if (!b.root)
        return err_at(ERR_SYNTAX, file, 1, 1, "the file is empty");
    *ret = b.root;
    return OK;
}

enum err yaml_read_file(const char *path, struct arena *arena, struct node **ret)
{
    char *data = NULL;
    size_t len = 0;
    TRY(io_read_file(path, FILE_MAX, &data, &len));
    str copy = arena_str(arena, str_of(data, len));
    free(data);
    return yaml_parse(copy, path, arena, ret);
}
