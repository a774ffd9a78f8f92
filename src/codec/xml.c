/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader moves from node to node; we keep the names of the open elements to know the path, and
 * build a tree only inside a wanted element. Bytes come in as UTF-8 whatever the declaration says:
 * decoding is done before, in one place for all formats.
 */
#include "codec/xml.h"

#include <libxml/xmlreader.h>
#include <stdlib.h>

enum { DEPTH_MAX = 32, PATHS_MAX = 8, PATH_LEN = 256, KEYS_MAX = 2000, REPEATS_MAX = 100000 };

struct xml {
    xmlTextReaderPtr reader;
    xml_read *read;
    void *context;
    enum err read_failed; /* kept: the reader only sees "no more bytes" */
    char paths[PATHS_MAX][PATH_LEN];
    size_t path_count;
    char here[1024]; /* "/ROOT/GROUP" */
    size_t here_len;
    size_t depth_lens[DEPTH_MAX];
    unsigned depth;
    uint64_t number;
    char problem[200];
    int problem_line;
};

static int on_read(void *context, char *out, int size)
{
    struct xml *xml = context;
    size_t len = 0;
    if (size <= 0 || xml->read_failed)
        return xml->read_failed ? -1 : 0;
    xml->read_failed = xml->read(xml->context, out, (size_t)size, &len);
    return xml->read_failed ? -1 : (int)len;
}

static int on_close(void *context)
{
    (void)context;
    return 0;
}

static void on_error(void *context, xmlErrorPtr error)
{
    struct xml *xml = context;
    if (xml->problem[0] || error->level < XML_ERR_ERROR)
        return;
    str words = str_trim(str_c(error->message));
    snprintf(xml->problem, sizeof xml->problem, "%.*s", STR(words));
    xml->problem_line = error->line;
}

enum err xml_open(xml_read *read, void *context, const str *paths, size_t path_count,
                  struct xml **ret)
{
    if (path_count == 0 || path_count > PATHS_MAX)
        return err_set(ERR_BAD_VALUE, "%zu element paths: 1 to %d are possible", path_count,
                       PATHS_MAX);
    struct xml *xml = calloc(1, sizeof *xml);
    if (!xml)
        return err_set(ERR_MEMORY, "out of memory for reading XML");
    xml->read = read;
    xml->context = context;
    xml->path_count = path_count;
    for (size_t i = 0; i < path_count; i++)
        snprintf(xml->paths[i], PATH_LEN, "/%.*s", STR(paths[i]));
    xml->reader = xmlReaderForIO(on_read, on_close, xml, NULL, "UTF-8",
                                 XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_COMPACT |
                                     XML_PARSE_NOBLANKS);
    if (!xml->reader) {
        free(xml);
        return err_set(ERR_MEMORY, "out of memory for reading XML");
    }
    xmlTextReaderSetStructuredErrorHandler(xml->reader, on_error, xml);
    *ret = xml;
    return OK;
}

void xml_close(struct xml *xml)
{
    if (!xml)
        return;
    xmlFreeTextReader(xml->reader);
    free(xml);
}

static uint64_t line_of(const struct xml *xml)
{
    int line = xmlTextReaderGetParserLineNumber(xml->reader);
    return line > 0 ? (uint64_t)line : 0;
}

static enum err broken(const struct xml *xml)
{
    if (xml->read_failed)
        return xml->read_failed;
    uint32_t line = (uint32_t)(xml->problem_line > 0 ? xml->problem_line : (int)line_of(xml));
    return err_at(ERR_SYNTAX, NULL, line, 0, "not well-formed XML: %s",
                  xml->problem[0] ? xml->problem : "it ends in the middle");
}

/* Moves on one node. *ret_type 0 at the end. */
static enum err advance(struct xml *xml, int *ret_type)
{
    int got = xmlTextReaderRead(xml->reader);
    if (got < 0 || xml->problem[0])
        return broken(xml);
    *ret_type = got == 0 ? 0 : xmlTextReaderNodeType(xml->reader);
    if (got && *ret_type == XML_READER_TYPE_DOCUMENT_TYPE)
        return err_at(ERR_SYNTAX, NULL, (uint32_t)line_of(xml), 0,
                      "a document type declaration is not accepted");
    if (got && *ret_type == XML_READER_TYPE_ENTITY_REFERENCE)
        return err_at(ERR_SYNTAX, NULL, (uint32_t)line_of(xml), 0,
                      "an entity reference is not accepted");
    return OK;
}

static str name_here(struct xml *xml)
{
    return str_c((const char *)xmlTextReaderConstLocalName(xml->reader));
}

static enum err push_path(struct xml *xml, str name)
{
    if (xml->depth == DEPTH_MAX || xml->here_len + name.len + 1 >= sizeof xml->here)
        return err_at(ERR_LIMIT, NULL, (uint32_t)line_of(xml), 0,
                      "XML is nested deeper than %d levels", DEPTH_MAX);
    xml->depth_lens[xml->depth++] = xml->here_len;
    xml->here[xml->here_len] = '/';
    memcpy(xml->here + xml->here_len + 1, name.ptr, name.len);
    xml->here_len += name.len + 1;
    return OK;
}

static void pop_path(struct xml *xml)
{
    if (xml->depth)
        xml->here_len = xml->depth_lens[--xml->depth];
}

static bool is_wanted(const struct xml *xml)
{
    for (size_t i = 0; i < xml->path_count; i++)
        if (str_eq_c(str_of(xml->here, xml->here_len), xml->paths[i]))
            return true;
    return false;
}

/* Puts child under key; a second one of the same name turns the entry into a list. */
static enum err put(struct arena *arena, struct node *map, str key, struct node *child)
{
    if (map->count >= KEYS_MAX)
        return err_set(ERR_LIMIT, "an XML element has more than %d kinds of children", KEYS_MAX);
    struct node *last = map->last && str_eq(map->last->key, key) ? map->last : NULL;
    for (struct node *n = map->first; n && !last; n = n->next)
        if (str_eq(n->key, key))
            last = n;
    if (!last) {
        node_put(map, arena_str(arena, key), child);
        return child ? OK : ERR_LIMIT;
    }
    if (last->kind != NODE_LIST) {
        struct node *twin = arena_new(arena, struct node);
        if (!twin)
            return ERR_LIMIT;
        *twin = *last;
        twin->next = NULL;
        twin->key = STR_EMPTY;
        *last = (struct node){.kind = NODE_LIST,
                              .line = twin->line,
                              .key = last->key,
                              .next = last->next};
        node_add(last, twin);
    }
    if (last->count >= REPEATS_MAX)
        return err_set(ERR_LIMIT, "an XML element repeats a child more than %d times", REPEATS_MAX);
    return node_add(last, child) ? OK : ERR_LIMIT;
}

static enum err read_attributes(struct xml *xml, struct arena *arena, struct node *map)
{
    while (xmlTextReaderMoveToNextAttribute(xml->reader) == 1) {
        if (xmlTextReaderIsNamespaceDecl(xml->reader) == 1)
            continue;
        str name =
            arena_printf(arena, "@%s", (const char *)xmlTextReaderConstLocalName(xml->reader));
        str text = arena_str(arena, str_c((const char *)xmlTextReaderConstValue(xml->reader)));
        TRY(put(arena, map, name, node_text(arena, text)));
    }
    xmlTextReaderMoveToElement(xml->reader);
    return OK;
}

/* The element's own text, when it has nothing else, is its value. */
static void settle(struct arena *arena, struct node *map, const struct buf *text)
{
    str value = str_trim(buf_str(text));
    if (!map->first) {
        map->kind = NODE_TEXT;
        map->text = arena_str(arena, value);
    } else if (value.len) {
        node_put_text(arena, map, S("#text"), arena_str(arena, value));
    }
}

/* At the start tag of an element; leaves at its end. */
/* NOLINTNEXTLINE(misc-no-recursion): bounded by DEPTH_MAX */
static enum err read_element(struct xml *xml, struct arena *arena, unsigned depth,
                             struct node **ret)
{
    if (depth > DEPTH_MAX)
        return err_at(ERR_LIMIT, NULL, (uint32_t)line_of(xml), 0,
                      "XML is nested deeper than %d levels", DEPTH_MAX);
    struct node *map = node_map(arena);
    if (!map)
        return ERR_LIMIT;
    map->line = (uint32_t)line_of(xml);
    bool is_empty = xmlTextReaderIsEmptyElement(xml->reader) == 1;
    TRY(read_attributes(xml, arena, map));
    struct buf text = {.max = 10 << 20};
    enum err code = OK;
    for (int type = -1; !is_empty && !code && type != XML_READER_TYPE_END_ELEMENT;) {
        code = advance(xml, &type);
        if (code)
            break;
        if (type == 0) {
            code = broken(xml);
        } else if (type == XML_READER_TYPE_ELEMENT) {
            str name = arena_str(arena, name_here(xml));
            struct node *child = NULL;
            code = read_element(xml, arena, depth + 1, &child);
            code = code ? code : put(arena, map, name, child);
            type = -1;
        } else if (type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_CDATA ||
                   type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE) {
            buf_add(&text, str_c((const char *)xmlTextReaderConstValue(xml->reader)));
        }
    }
    if (!code)
        settle(arena, map, &text);
    code = code ? code : text.failed;
    buf_release(&text);
    *ret = map;
    return code;
}

enum err xml_next(struct xml *xml, struct arena *arena, struct xml_item *ret, bool *ret_has)
{
    for (;;) {
        int type;
        TRY(advance(xml, &type));
        if (type == 0)
            break;
        if (type == XML_READER_TYPE_END_ELEMENT)
            pop_path(xml);
        if (type != XML_READER_TYPE_ELEMENT)
            continue;
        bool is_empty = xmlTextReaderIsEmptyElement(xml->reader) == 1;
        TRY(push_path(xml, name_here(xml)));
        if (is_wanted(xml)) {
            struct node *node = NULL;
            *ret = (struct xml_item){NULL, arena_str(arena, name_here(xml)), ++xml->number,
                                     line_of(xml)};
            TRY(read_element(xml, arena, 0, &node));
            ret->node = node;
            pop_path(xml);
            *ret_has = true;
            return OK;
        }
        if (is_empty)
            pop_path(xml);
    }
    *ret_has = false;
    return OK;
}

str xml_declared_encoding(str text)
{
    static const str key = {"encoding", 8};
    str head = str_slice(text, 0, 200);
    size_t end = str_find(head, '>');
    if (!str_starts(head, S("<?xml")))
        return STR_EMPTY;
    for (size_t i = 0; i + key.len < end; i++) {
        if (!str_starts(str_from(head, i), key))
            continue;
        str rest = str_trim(str_from(head, i + key.len));
        if (!str_starts(rest, S("=")))
            continue;
        rest = str_trim(str_from(rest, 1));
        if (rest.len < 2 || (rest.ptr[0] != '"' && rest.ptr[0] != '\''))
            continue;
        str value = str_from(rest, 1);
        return str_slice(value, 0, str_find(value, rest.ptr[0]));
    }
    return STR_EMPTY;
}
