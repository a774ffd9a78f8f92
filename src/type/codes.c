/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads codes/<list>.csv. The files are ours and small, so the reader is strict: RFC 4180 quoting,
 * every row as wide as its heading, no code twice; whatever is wrong is an error with file and
 * line, never skipped. (libcsv, which serves imports, is lenient on purpose and does not say on
 * which line a field stood.)
 *
 * Finding: one open-addressing table per list from folded text (text/fold.h) to code. Codes go in
 * first, then short codes (columns alpha2, numeric), names, aliases; the first to take a key keeps
 * it, so a name never hides a code.
 *
 * All memory is one arena, immutable after codes_load(); any thread may read.
 */
#include "type/codes.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/io.h"

#include "text/fold.h"

enum {
    COLUMN_MAX = 32,          /* of a list; the widest we have uses 12 */
    FILE_MAX_BYTES = 8 << 20, /* a list of 100,000 codes in four languages */
    LIST_MAX = 1024,          /* files of a directory */
};

struct codes {
    struct arena arena;
    struct code_list **lists; /* by name */
    size_t count;
};

struct slot {
    str key;
    const struct code *code;
};
struct lookup {
    struct slot *slots;
    size_t mask; /* slots - 1, a power of two less one */
};

/* ---- the file ---- */

struct reader {
    const char *file;
    char *at, *end;    /* of the arena's own copy: quoted fields are unquoted in place */
    uint32_t line;     /* of `at` */
    uint32_t row_line; /* where the row at hand began; what errors name */
};

static enum err syntax(const struct reader *reader, const char *what)
{
    return err_at(ERR_SYNTAX, reader->file, reader->row_line, 0, "code list: %s", what);
}

static bool at_line_end(const struct reader *reader)
{
    const char *at = reader->at, *end = reader->end;
    return at == end || *at == '\n' || (*at == '\r' && end - at > 1 && at[1] == '\n');
}

static void skip_line_end(struct reader *reader)
{
    if (reader->at < reader->end && *reader->at == '\r')
        reader->at++;
    if (reader->at < reader->end && *reader->at == '\n')
        reader->at++;
    reader->line++;
}

static enum err read_quoted(struct reader *reader, str *ret)
{
    char *start = ++reader->at, *out = start;
    for (;; reader->at++) {
        if (reader->at == reader->end || *reader->at == '\n')
            return syntax(reader, "a quoted field is not closed on its line");
        if (*reader->at == '"') {
            reader->at++;
            if (reader->at == reader->end || *reader->at != '"')
                break;
        }
        *out++ = *reader->at;
    }
    if (!at_line_end(reader) && *reader->at != ',')
        return syntax(reader, "text after a closing quote");
    *ret = str_of(start, (size_t)(out - start));
    return OK;
}

static enum err read_field(struct reader *reader, str *ret)
{
    if (reader->at < reader->end && *reader->at == '"')
        return read_quoted(reader, ret);
    char *start = reader->at;
    while (!at_line_end(reader) && *reader->at != ',') {
        if (*reader->at == '\r')
            return syntax(reader, "a carriage return without a line feed");
        if (*reader->at == '"')
            return syntax(reader, "a quote inside a field that does not start with one");
        reader->at++;
    }
    *ret = str_of(start, (size_t)(reader->at - start));
    return OK;
}

static enum err read_row(struct reader *reader, str row[COLUMN_MAX], size_t *ret_count)
{
    size_t count = 0;
    reader->row_line = reader->line;
    for (;;) {
        if (count == COLUMN_MAX)
            return syntax(reader, "more than 32 columns");
        TRY(read_field(reader, &row[count++]));
        if (at_line_end(reader))
            break;
        reader->at++; /* the comma */
    }
    *ret_count = count;
    skip_line_end(reader);
    return OK;
}

/* "# title: Sex" and its like; any other comment is only skipped. */
static void read_comment(struct reader *reader, struct code_list *list)
{
    char *start = reader->at + 1;
    while (!at_line_end(reader))
        reader->at++;
    str text = str_trim(str_of(start, (size_t)(reader->at - start)));
    static const char *const words[] = {"title:", "source:", "date:"};
    str *places[] = {&list->title, &list->source, &list->date};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_starts(text, str_c(words[i])))
            *places[i] = str_trim(str_from(text, strlen(words[i])));
    skip_line_end(reader);
}

/* ---- heading and rows ---- */

struct heading {
    size_t count;
    size_t name_at[LANGUAGE_COUNT]; /* column of a language, or COLUMN_MAX */
    size_t extra_at[COLUMN_MAX];
};

static enum err read_heading(struct reader *reader, struct arena *arena, struct code_list *list,
                             struct heading *heading)
{
    static const char *const languages[LANGUAGE_COUNT] = {"en", "fr", "es", "ar"};
    str row[COLUMN_MAX];
    TRY(read_row(reader, row, &heading->count));
    if (heading->count < 2 || !str_eq(row[0], S("code")) || !str_eq(row[1], S("en")))
        return syntax(reader, "the heading row must start with code,en");
    str *columns = arena_array(arena, str, COLUMN_MAX);
    if (!columns)
        return err_last()->code;
    for (size_t l = 0; l < LANGUAGE_COUNT; l++)
        heading->name_at[l] = COLUMN_MAX;
    for (size_t i = 1; i < heading->count; i++) {
        size_t l = 0;
        while (l < LANGUAGE_COUNT && !str_eq_c(row[i], languages[l]))
            l++;
        if (l < LANGUAGE_COUNT) {
            heading->name_at[l] = i;
        } else {
            heading->extra_at[list->column_count] = i;
            columns[list->column_count++] = row[i];
        }
    }
    list->columns = columns;
    return OK;
}

static enum err make_code(const struct reader *reader, struct arena *arena,
                          const struct heading *heading, size_t extra_count, const str *row,
                          struct code *ret)
{
    char folded[TEXT_FOLD_MAX];
    ret->code = row[0];
    if (str_is_empty(row[0]) || row[0].len > 64)
        return syntax(reader, "a code must have 1 to 64 bytes");
    if (!text_fold(row[0], folded))
        return syntax(reader, "a code of signs only could not be found");
    if (str_is_empty(row[1]))
        return syntax(reader, "a code without an English name");
    for (size_t l = 0; l < LANGUAGE_COUNT; l++)
        ret->names[l] = heading->name_at[l] < COLUMN_MAX ? row[heading->name_at[l]] : STR_EMPTY;
    str *extra = arena_array(arena, str, extra_count);
    if (!extra)
        return err_last()->code;
    for (size_t i = 0; i < extra_count; i++)
        extra[i] = row[heading->extra_at[i]];
    ret->extra = extra;
    return OK;
}

static enum err read_rows(struct reader *reader, struct arena *arena, const struct heading *heading,
                          struct code_list *list)
{
    size_t line_count = 0;
    for (const char *p = reader->at; p < reader->end; p++)
        line_count += *p == '\n';
    struct code *codes = arena_array(arena, struct code, line_count + 1);
    if (!codes)
        return err_last()->code;
    while (reader->at < reader->end) {
        if (at_line_end(reader)) {
            skip_line_end(reader);
            continue;
        }
        if (*reader->at == '#') {
            read_comment(reader, list);
            continue;
        }
        str row[COLUMN_MAX];
        size_t count;
        TRY(read_row(reader, row, &count));
        if (count != heading->count)
            return syntax(reader, "a row has more or fewer columns than the heading");
        ensure(list->count <= line_count);
        struct code *code = &codes[list->count];
        TRY(make_code(reader, arena, heading, list->column_count, row, code));
        code->number = (uint32_t)list->count++;
    }
    list->codes = codes;
    return list->count ? OK : syntax(reader, "no codes");
}

/* ---- finding ---- */

static struct slot *slot_of(const struct lookup *lookup, str key)
{
    size_t i = hash64(key, 0) & lookup->mask;
    while (lookup->slots[i].code && !str_eq(lookup->slots[i].key, key))
        i = (i + 1) & lookup->mask;
    return &lookup->slots[i];
}

static const struct code *look_up(const struct code_list *list, str text)
{
    char folded[TEXT_FOLD_MAX];
    const struct lookup *lookup = list->lookup;
    const struct code *exact = text.len ? slot_of(lookup, text)->code : NULL;
    if (exact) /* codes as they stand are keys too: what is stored needs no folding */
        return exact;
    size_t len = text_fold(text, folded);
    return len ? slot_of(lookup, str_of(folded, len))->code : NULL;
}

/* Takes the key if it is free; gives the code that has it. */
static const struct code *claim(const struct lookup *lookup, struct arena *arena, str text,
                                const struct code *code)
{
    char folded[TEXT_FOLD_MAX];
    size_t len = text_fold(text, folded);
    if (!len)
        return code;
    struct slot *slot = slot_of(lookup, str_of(folded, len));
    if (!slot->code) {
        slot->key = arena_str(arena, str_of(folded, len));
        slot->code = code;
    }
    return slot->code;
}

/* The code exactly as written, beside its folded form. */
static void claim_exact(const struct lookup *lookup, const struct code *code)
{
    struct slot *slot = slot_of(lookup, code->code);
    if (!slot->code) {
        slot->key = code->code;
        slot->code = code;
    }
}

static void claim_pieces(const struct lookup *lookup, struct arena *arena, str pieces,
                         const struct code *code)
{
    str piece;
    while (str_split(&pieces, '|', &piece))
        claim(lookup, arena, piece, code);
}

static size_t piece_count(str pieces)
{
    size_t count = 1;
    for (size_t i = 0; i < pieces.len; i++)
        count += pieces.ptr[i] == '|';
    return count;
}

static size_t lookup_size(const struct code_list *list)
{
    size_t keys = 0, size = 16;
    for (size_t i = 0; i < list->count; i++)
        keys += 4 + LANGUAGE_COUNT + piece_count(code_extra(list, &list->codes[i], S("aliases")));
    while (size < 2 * keys)
        size *= 2;
    return size;
}

static enum err make_lookup(const struct reader *reader, struct arena *arena,
                            struct code_list *list)
{
    const struct code *codes = list->codes;
    size_t size = lookup_size(list);
    struct lookup *lookup = arena_new(arena, struct lookup);
    struct slot *slots = arena_array(arena, struct slot, size);
    if (!lookup || !slots)
        return err_last()->code;
    *lookup = (struct lookup){slots, size - 1};
    list->lookup = lookup;
    for (size_t i = 0; i < list->count; i++)
        if (claim(lookup, arena, codes[i].code, &codes[i]) != &codes[i])
            return err_at(ERR_SYNTAX, reader->file, 0, 0, "code list: code \"%.*s\" stands twice",
                          STR(codes[i].code));
    for (size_t i = 0; i < list->count; i++) {
        claim_exact(lookup, &codes[i]);
        claim(lookup, arena, code_extra(list, &codes[i], S("alpha2")), &codes[i]);
        claim(lookup, arena, code_extra(list, &codes[i], S("numeric")), &codes[i]);
    }
    for (size_t i = 0; i < list->count; i++)
        for (size_t l = 0; l < LANGUAGE_COUNT; l++)
            claim(lookup, arena, codes[i].names[l], &codes[i]);
    for (size_t i = 0; i < list->count; i++)
        claim_pieces(lookup, arena, code_extra(list, &codes[i], S("aliases")), &codes[i]);
    return OK;
}

/* ---- lists ---- */

static enum err parse_list(const char *file, str text, struct arena *arena, struct code_list *list)
{
    str copy = arena_str(arena, text);
    if (copy.len != text.len)
        return err_last()->code;
    char *start;
    memcpy(&start, &copy.ptr, sizeof start); /* the arena's bytes are ours to change */
    struct reader reader = {file, start, start + copy.len, 1, 1};
    if (!utf8_is_valid(copy))
        return syntax(&reader, "not valid UTF-8");
    while (reader.at < reader.end && *reader.at == '#')
        read_comment(&reader, list);
    struct heading heading = {0};
    TRY(read_heading(&reader, arena, list, &heading));
    TRY(read_rows(&reader, arena, &heading, list));
    return make_lookup(&reader, arena, list);
}

static enum err load_list(struct codes *codes, const char *directory, const char *file_name)
{
    str path = arena_printf(&codes->arena, "%s/%s", directory, file_name);
    struct code_list *list = arena_new(&codes->arena, struct code_list);
    if (!list || !path.len)
        return err_last()->code;
    list->name = arena_str(&codes->arena, str_of(file_name, strlen(file_name) - 4));
    list->title = list->name;
    char *bytes;
    size_t len;
    TRY(io_read_file(path.ptr, FILE_MAX_BYTES, &bytes, &len));
    enum err code = parse_list(path.ptr, str_of(bytes, len), &codes->arena, list);
    free(bytes);
    if (!code)
        codes->lists[codes->count++] = list;
    return code;
}

static int is_list_file(const struct dirent *entry)
{
    str name = str_c(entry->d_name);
    return name.len > 4 && str_ends(name, S(".csv")) && name.ptr[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    /*
     * Without ".csv", so that "name" stands before "name-kinds"; alphasort() would follow the
     * locale.
     */
    str x = str_c((*a)->d_name), y = str_c((*b)->d_name);
    return str_compare(str_slice(x, 0, x.len - 4), str_slice(y, 0, y.len - 4));
}

static enum err load_directory(struct codes *codes, const char *directory)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_list_file, by_name);
    if (count < 0)
        return err_errno("code lists: cannot read directory %s", directory);
    enum err code = OK;
    codes->lists = arena_array(&codes->arena, struct code_list *, (size_t)count + 1);
    if (!codes->lists)
        code = err_last()->code;
    else if (count > LIST_MAX)
        code = err_set(ERR_LIMIT, "code lists: more than %d files in %s", LIST_MAX, directory);
    for (int i = 0; i < count; i++) {
        if (!code)
            code = load_list(codes, directory, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return code;
}

enum err codes_load(const char *directory, struct codes **ret)
{
    struct codes *codes = calloc(1, sizeof *codes);
    if (!codes)
        return err_set(ERR_MEMORY, "code lists: out of memory");
    enum err code = load_directory(codes, directory);
    if (code)
        codes_free(codes);
    else
        *ret = codes;
    return code;
}

void codes_free(struct codes *codes)
{
    if (codes)
        arena_release(&codes->arena);
    free(codes);
}

const struct code_list *codes_list(const struct codes *codes, str name)
{
    size_t low = 0, high = codes ? codes->count : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(codes->lists[middle]->name, name);
        if (order == 0)
            return codes->lists[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t codes_count(const struct codes *codes)
{
    return codes ? codes->count : 0;
}

const struct code_list *codes_at(const struct codes *codes, size_t index)
{
    return codes && index < codes->count ? codes->lists[index] : NULL;
}

const struct code *code_find(const struct code_list *list, str text)
{
    return list ? look_up(list, text) : NULL;
}

const struct code *code_get(const struct code_list *list, str code)
{
    const struct code *found = code_find(list, code);
    return found && str_eq(found->code, code) ? found : NULL;
}

str code_extra(const struct code_list *list, const struct code *code, str column)
{
    for (size_t i = 0; i < list->column_count; i++)
        if (str_eq(list->columns[i], column))
            return code->extra[i];
    return STR_EMPTY;
}

str code_name(const struct code *code, enum language language)
{
    str name = code->names[language];
    return name.len ? name : code->names[LANGUAGE_EN];
}
