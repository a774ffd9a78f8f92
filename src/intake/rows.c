/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's main work: unpack, decode, parse, frame. One chunk is on its way at a time:
 *
 *   descriptor -> stream (gzip, zstd) -> decoder (any encoding -> UTF-8)
 *              -> csv | items | xml -> frames -> parent
 *
 * The first 64 KiB are looked at before: the encoding and the separator are guessed from them
 * unless the job states them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/csv.h"
#include "codec/items.h"
#include "codec/json.h"
#include "codec/stream.h"
#include "codec/xml.h"
#include "intake/child.h"
#include "intake/guess.h"
#include "text/encoding.h"

enum { CHUNK = 64 << 10, FLUSH_AT = 128 << 10, ITEMS_PATHS_MAX = 8 };

struct source {
    const struct node *job;
    struct stream *stream;
    struct decoder *decoder;
    struct buf *out; /* frames */
    struct buf text; /* decoded, not yet parsed */
    size_t text_at;  /* for XML, which pulls */
    char chunk[CHUNK];
    size_t chunk_len; /* the sample, before it is decoded */
    bool is_sample_due, is_pulled, is_over, has_separator_line;
    uint64_t rows, headings, told_bytes;
    struct encoding_guess guess;
    struct guess type; /* when the job leaves it open */
    char separator[8];
    struct arena arena; /* of one item */
};

static enum err read_sample(struct source *s)
{
    for (size_t got = 1; got && s->chunk_len < CHUNK; s->chunk_len += got)
        TRY(stream_read(s->stream, s->chunk + s->chunk_len, CHUNK - s->chunk_len, &got));
    s->is_sample_due = true;
    return OK;
}

static enum err choose_encoding(struct source *s)
{
    str sample = str_of(s->chunk, s->chunk_len), stated = node_get_text(s->job, S("encoding"));
    encoding_guess(sample, &s->guess);
    str type = node_get_text(s->job, S("type"));
    bool may_declare = str_eq(type, S("xml")) || str_eq(type, S("auto"));
    str declared = may_declare ? xml_declared_encoding(sample) : STR_EMPTY;
    bool is_auto = stated.len == 0 || str_eq(stated, S("auto"));
    if (is_auto && declared.len)
        stated = declared;
    bool is_marked = str_has(str_c(s->guess.reasons), S("byte order mark says"));
    if (!is_marked && stated.len && !str_eq(stated, S("auto"))) {
        bool is_same = str_eq_nocase(stated, str_c(s->guess.name));
        snprintf(s->guess.name, sizeof s->guess.name, "%.*s", STR(stated));
        if (!is_same)
            s->guess.doubled = DOUBLED_NONE;
        snprintf(s->guess.reasons, sizeof s->guess.reasons, "%s%s",
                 declared.len ? "the file states it" : "the format states it",
                 s->guess.doubled ? "; encoded twice: repaired" : "");
        s->guess.confidence = 100;
    }
    return decoder_open(s->guess.name, s->guess.doubled, &s->decoder);
}

/* Decodes the next chunk to the end of s->text; sets is_over behind the last. */
static enum err pull(struct source *s)
{
    size_t len = s->chunk_len;
    if (!s->is_sample_due)
        TRY(stream_read(s->stream, s->chunk, CHUNK, &len));
    s->is_sample_due = false;
    s->is_over = len == 0;
    return decoder_feed(s->decoder, str_of(s->chunk, len), s->is_over, &s->text);
}

/* The first chunk, unless it has been looked at already. */
static enum err pull_first(struct source *s)
{
    if (s->is_pulled)
        return OK;
    s->is_pulled = true;
    return pull(s);
}

static enum err tell_info(struct source *s)
{
    struct arena *arena = &s->arena;
    struct node *map = node_map(arena);
    node_put_text(arena, map, S("encoding"), str_c(s->guess.name));
    node_put_number(arena, map, S("confidence"), s->guess.confidence);
    node_put_text(arena, map, S("reasons"), str_c(s->guess.reasons));
    node_put_text(arena, map, S("packing"), str_c(stream_packing(s->stream)));
    if (s->separator[0])
        node_put_text(arena, map, S("separator"), str_c(s->separator));
    if (s->type.type) {
        node_put_text(arena, map, S("type"), str_c(s->type.type));
        node_put_text(arena, map, S("type_reason"), str_c(s->type.reason));
        if (s->type.items[0])
            node_put_text(arena, map, S("items"), str_c(s->type.items));
    }
    size_t start = frame_begin(s->out, FRAME_INFO);
    json_write(s->out, map);
    frame_end(s->out, start);
    arena_reset(arena);
    return OK;
}

static enum err flush_some(struct source *s)
{
    if (s->out->len < FLUSH_AT)
        return OK;
    uint64_t bytes = stream_consumed(s->stream);
    if (bytes != s->told_bytes) {
        size_t start = frame_begin(s->out, FRAME_PROGRESS);
        buf_add_varint(s->out, bytes);
        frame_end(s->out, start);
        s->told_bytes = bytes;
    }
    return child_flush(s->out);
}

static void tell_end(struct source *s)
{
    size_t start = frame_begin(s->out, FRAME_END);
    buf_add_varint(s->out, s->rows);
    buf_add_varint(s->out, decoder_bad_count(s->decoder));
    buf_add_varint(s->out, decoder_repaired_count(s->decoder));
    frame_end(s->out, start);
}

/* ---- tables ---- */

/* U+FFFD that decoding left, and control characters: nothing a field can hold. */
static bool has_bad_bytes(const struct source *s, str cell)
{
    bool is_decoder_clean = decoder_bad_count(s->decoder) == 0;
    for (size_t i = 0; i < cell.len; i++) {
        unsigned char c = (unsigned char)cell.ptr[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
            return true;
        if (!is_decoder_clean && c == 0xEF && str_starts(str_from(cell, i), S("\xEF\xBF\xBD")))
            return true;
    }
    return false;
}

static void put_row(struct source *s, enum frame_kind kind, const struct csv_row *row,
                    const str *cells, size_t count)
{
    unsigned flags = row->fault == CSV_BROKEN_QUOTES ? ROW_BROKEN_QUOTES
                     : row->fault == CSV_TOO_LONG    ? ROW_TOO_LONG
                                                     : 0;
    for (size_t i = 0; i < count; i++)
        flags |= has_bad_bytes(s, cells[i]) ? ROW_BAD_BYTES : 0;
    size_t start = frame_begin(s->out, kind);
    buf_add_varint(s->out, row->number);
    buf_add_varint(s->out, row->line);
    buf_add_u8(s->out, (uint8_t)flags);
    buf_add_varint(s->out, count);
    for (size_t i = 0; i < count; i++)
        buf_add_block(s->out, str_trim(cells[i]));
    frame_end(s->out, start);
}

static uint64_t number_of(const struct node *node)
{
    uint64_t number = 0;
    return str_to_u64(node_as_text(node), 1 << 20, &number) ? number : 0;
}

/* Byte slice of line from the n-th character (0-based), len characters long. */
static str slice_characters(str line, uint64_t from, uint64_t len)
{
    size_t at = 0;
    for (uint64_t i = 0; i < from && at < line.len; i++)
        utf8_next(line, &at);
    size_t end = at;
    for (uint64_t i = 0; i < len && end < line.len; i++)
        utf8_next(line, &end);
    return str_slice(line, at, end - at);
}

static size_t cut_fixed(const struct node *widths, str line, str *cells)
{
    size_t count = 0;
    node_each(width, widths)
    {
        if (count < CHILD_CELLS_MAX)
            cells[count++] =
                slice_characters(line, number_of(width->first) ? number_of(width->first) - 1 : 0,
                                 number_of(width->last));
    }
    return count;
}

static void take_row(struct source *s, const struct csv_row *row)
{
    if (s->has_separator_line && row->number == 1)
        return;
    uint64_t heading = number_of(node_get(s->job, S("heading"))),
             names = number_of(node_get(s->job, S("names")));
    if (s->headings < heading) { /* comments and blank rows do not count */
        if (++s->headings == names)
            put_row(s, FRAME_HEADER, row, row->fields, row->count);
        return;
    }
    static str cells[CHILD_CELLS_MAX];
    const struct node *widths = node_get(s->job, S("widths"));
    s->rows++;
    if (widths)
        put_row(s, FRAME_ROW, row, cells, cut_fixed(widths, row->fields[0], cells));
    else
        put_row(s, FRAME_ROW, row, row->fields, row->count);
}

/* "sep=;" alone in the first line is a spreadsheet's note to itself, no row of the sender's. */
static char told_separator(str text)
{
    str line = str_trim(str_slice(text, 0, str_find(text, '\n')));
    return line.len == 5 && str_starts(line, S("sep=")) ? line.ptr[4] : 0;
}

static void choose_separator(struct source *s)
{
    str stated = node_get_text(s->job, S("separator"));
    char told = told_separator(buf_str(&s->text));
    s->has_separator_line = told != 0 && str_eq(stated, S("auto"));
    if (s->has_separator_line)
        s->separator[0] = told;
    else if (str_eq(stated, S("auto")))
        s->separator[0] = csv_guess_separator(buf_str(&s->text));
    else if (stated.len && stated.len < sizeof s->separator)
        memcpy(s->separator, stated.ptr, stated.len);
}

static enum err read_table(struct source *s, bool is_fixed)
{
    TRY(pull_first(s));
    choose_separator(s);
    TRY(tell_info(s));
    str quote = node_get_text(s->job, S("quote")), comment = node_get_text(s->job, S("comment"));
    bool is_blank_separated = str_eq(str_c(s->separator), S("blanks"));
    struct csv_options options = {
        .separator = is_fixed             ? S("\x01")
                     : is_blank_separated ? S(" ")
                                          : str_c(s->separator),
        .quote = is_fixed || str_eq(quote, S("none")) ? 0
                 : quote.len                          ? quote.ptr[0]
                                                      : '"',
        .comment = comment.len ? comment.ptr[0] : 0,
        .stop_at = node_get_text(s->job, S("stop_at")),
        .is_blank_separated = is_blank_separated,
    };
    struct csv *csv = NULL;
    TRY(csv_open(&options, &csv));
    enum err code = OK;
    for (bool is_done = false; !code && !is_done;) {
        code = csv_feed(csv, buf_str(&s->text));
        buf_clear(&s->text);
        if (s->is_over)
            csv_finish(csv);
        is_done = s->is_over;
        struct csv_row row;
        while (!code && csv_next(csv, &row)) {
            take_row(s, &row);
            code = flush_some(s);
        }
        if (!code && !is_done)
            code = pull(s);
    }
    csv_close(csv);
    return code;
}

/* ---- trees ---- */

static void put_tree(struct source *s, uint64_t number, uint64_t line, str name,
                     const struct node *tree, unsigned flags)
{
    struct node empty = {.kind = NODE_NULL};
    size_t start = frame_begin(s->out, FRAME_TREE);
    buf_add_varint(s->out, number);
    buf_add_varint(s->out, line);
    buf_add_u8(s->out, (uint8_t)flags);
    buf_add_block(s->out, name);
    frame_put_tree(s->out, tree ? tree : &empty);
    frame_end(s->out, start);
    s->rows++;
}

static enum err take_item(struct source *s, const struct item *item)
{
    struct node *tree = NULL;
    if (json_parse(item->text, &s->arena, &tree)) {
        put_tree(s, item->number, item->line, str_c(err_last()->message), NULL, ROW_NOT_PARSED);
        err_clear();
    } else {
        bool is_bad = decoder_bad_count(s->decoder) && str_has(item->text, S("\xEF\xBF\xBD"));
        put_tree(s, item->number, item->line, STR_EMPTY, tree, is_bad ? ROW_BAD_BYTES : 0);
    }
    arena_reset(&s->arena);
    return flush_some(s);
}

static enum err read_items(struct source *s, enum items_kind kind)
{
    TRY(tell_info(s));
    const struct node *paths = node_get(s->job, S("items"));
    struct items *items = NULL;
    TRY(items_new(kind,
                  s->type.type            ? str_c(s->type.items)
                  : paths && paths->first ? paths->first->text
                                          : STR_EMPTY,
                  &items));
    enum err code = pull_first(s);
    for (bool is_done = false; !code && !is_done;) {
        code = items_feed(items, buf_str(&s->text));
        buf_clear(&s->text);
        if (s->is_over)
            items_finish(items);
        is_done = s->is_over;
        bool has = true;
        while (!code && has) {
            struct item item;
            code = items_next(items, &item, &has);
            if (!code && has)
                code = take_item(s, &item);
        }
        if (!code && !is_done)
            code = pull(s);
    }
    items_free(items);
    return code;
}

static enum err give_xml(void *context, char *out, size_t size, size_t *ret_len)
{
    struct source *s = context;
    while (s->text_at == s->text.len && !s->is_over) {
        buf_clear(&s->text);
        s->text_at = 0;
        TRY(pull(s));
    }
    size_t len = s->text.len - s->text_at;
    *ret_len = len < size ? len : size;
    memcpy(out, s->text.ptr + s->text_at, *ret_len);
    s->text_at += *ret_len;
    return OK;
}

static enum err read_xml(struct source *s)
{
    str paths[ITEMS_PATHS_MAX];
    size_t count = 0;
    const struct node *list = node_get(s->job, S("items"));
    node_each(path, list) if (count < ITEMS_PATHS_MAX) paths[count++] = path->text;
    if (s->type.type)
        paths[count++] = str_c(s->type.items);
    TRY(tell_info(s));
    struct xml *xml = NULL;
    TRY(xml_open(give_xml, s, paths, count, &xml));
    enum err code = OK;
    for (bool has = true; !code && has;) {
        struct xml_item item;
        code = xml_next(xml, &s->arena, &item, &has);
        if (!code && has) {
            put_tree(s, item.number, item.line, item.name, item.node, 0);
            code = flush_some(s);
        }
        arena_reset(&s->arena);
    }
    xml_close(xml);
    return code;
}

static enum err read_source(struct source *s)
{
    TRY(read_sample(s));
    TRY(choose_encoding(s));
    str type = node_get_text(s->job, S("type"));
    if (str_eq(type, S("auto"))) {
        TRY(pull_first(s));
        guess_type(buf_str(&s->text), &s->type);
        type = str_c(s->type.type);
    }
    if (str_eq(type, S("csv")) || str_eq(type, S("fixed")))
        return read_table(s, str_eq(type, S("fixed")));
    if (str_eq(type, S("ndjson")))
        return read_items(s, ITEMS_LINES);
    if (str_eq(type, S("json")))
        return read_items(s, ITEMS_ARRAY);
    if (str_eq(type, S("xml")))
        return read_xml(s);
    return err_set(ERR_USAGE, "no source type \"%.*s\"", STR(type));
}

enum err child_rows(const struct node *job, int input_fd, struct buf *out)
{
    struct source *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(ERR_MEMORY, "out of memory for reading the input");
    s->job = job;
    s->out = out;
    enum err code = stream_open(input_fd, &s->stream);
    code = code ? code : read_source(s);
    if (!code)
        tell_end(s);
    stream_close(s->stream);
    decoder_close(s->decoder);
    buf_release(&s->text);
    arena_release(&s->arena);
    free(s);
    return code;
}
