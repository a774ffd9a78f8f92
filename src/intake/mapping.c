/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a mapping file from the top: where the rows come from, which records they make, what must
 * hold of the whole. The takes, where most of a file's lines are, load in mapping_take.c.
 */
#include "intake/mapping.h"

#include <stdlib.h>

#include "base/io.h"

#include "codec/json.h"
#include "codec/yaml.h"

static const struct source_table no_table;

static enum err copy_list(struct mapping *m, const struct node *node, str **ret, size_t *ret_count)
{
    if (node->kind != NODE_LIST)
        return mapping_fault(m, node, ERR_SYNTAX, "a list was expected here");
    str *items = arena_array(&m->arena, str, node->count + 1);
    if (!items)
        return ERR_LIMIT;
    size_t count = 0;
    node_each(item, node) items[count++] = node_as_text(item);
    *ret = items;
    *ret_count = count;
    return OK;
}

/* ---- tables of the source ---- */

static void put_job_text(struct mapping *m, struct node *job, const struct node *spec, str key)
{
    str text = node_get_text(spec, key);
    if (text.len)
        node_put_text(&m->arena, job, key, text);
}

/* header: yes | no | {rows: 3, names: 2} */
static enum err load_heading(struct mapping *m, const struct node *node, struct node *job,
                             struct source_table *table)
{
    uint64_t rows = 1, names = 1;
    if (node && node->kind == NODE_MAP) {
        static const char *const keys[] = {"rows", "names", NULL};
        TRY(mapping_keys(m, node, keys));
        if (!str_to_u64(node_get_text(node, S("rows")), 100, &rows) ||
            !str_to_u64(node_get_text(node, S("names")), rows, &names))
            return mapping_fault(
                m, node, ERR_BAD_VALUE,
                "rows is a number up to 100, names the row of them with the names");
    } else if (node && !node_as_bool(node, true)) {
        rows = names = 0;
    }
    table->has_heading = names > 0 && table->column_count == 0;
    if (!table->has_heading && table->column_count == 0)
        return mapping_fault(m, node, ERR_MISSING, "without a header the columns must be listed");
    node_put_number(&m->arena, job, S("heading"), (int64_t)rows);
    node_put_number(&m->arena, job, S("names"), table->has_heading ? (int64_t)names : 0);
    return OK;
}

/* columns: [a, b] or, for fixed width, {a: [1, 10], b: [11, 4]} */
static enum err load_columns(struct mapping *m, const struct node *node, struct node *job,
                             struct source_table *table)
{
    if (node->kind == NODE_LIST)
        return copy_list(m, node, &table->columns, &table->column_count);
    if (node->kind != NODE_MAP)
        return mapping_fault(m, node, ERR_SYNTAX, "a list of columns was expected here");
    table->columns = arena_array(&m->arena, str, node->count + 1);
    struct node *widths = node_list(&m->arena);
    node_each(child, node)
    {
        uint64_t from, len;
        if (child->kind != NODE_LIST || child->count != 2 ||
            !str_to_u64(node_as_text(child->first), 100000, &from) ||
            !str_to_u64(node_as_text(child->last), 100000, &len) || from == 0)
            return mapping_fault(m, child, ERR_SYNTAX,
                                 "[first character, length] was expected, the first is 1");
        if (table->columns)
            table->columns[table->column_count++] = child->key;
        node_add(widths, node_copy(&m->arena, child));
    }
    node_put(job, S("widths"), widths);
    return OK;
}

static enum err load_items(struct mapping *m, const struct node *spec, struct node *job)
{
    const struct node *items = node_get(spec, S("items"));
    struct node *list = node_list(&m->arena);
    if (items && items->kind == NODE_LIST)
        node_each(item, items) node_add(list, node_copy(&m->arena, item));
    else if (items)
        node_add(list, node_text(&m->arena, node_as_text(items)));
    if (!items && str_eq(m->source_type, S("xml")))
        return mapping_fault(m, spec, ERR_MISSING,
                             "items is missing: the path of the elements that are rows");
    node_put(job, S("items"), list);
    return OK;
}

static enum err load_table(struct mapping *m, const struct node *spec, str type,
                           struct source_table *table)
{
    struct node *job = node_map(&m->arena);
    const struct node *columns = node_get(spec, S("columns")), *nulls = node_get(spec, S("nulls"));
    node_put_text(&m->arena, job, S("kind"), S("rows"));
    node_put_text(&m->arena, job, S("type"), type);
    static const char *const copied[] = {"encoding", "separator", "quote", "comment", "stop_at"};
    for (size_t i = 0; i < COUNT_OF(copied); i++)
        put_job_text(m, job, spec, str_c(copied[i]));
    table->file = node_get_text(spec, S("file"));
    if (columns)
        TRY(load_columns(m, columns, job, table));
    if (str_eq(type, S("csv")) || str_eq(type, S("fixed")))
        TRY(load_heading(m, node_get(spec, S("header")), job, table));
    else
        TRY(load_items(m, spec, job));
    if (nulls && nulls->count > MAPPING_NULLS_MAX)
        return mapping_fault(m, nulls, ERR_LIMIT, "at most %d texts may mean no value",
                             MAPPING_NULLS_MAX);
    node_each(null, nulls) table->nulls[table->null_count++] = node_as_text(null);
    struct buf text = {.max = 32 << 10};
    json_write(&text, job);
    table->job = arena_str(&m->arena, buf_str(&text));
    enum err code = text.failed ? mapping_fault(m, spec, text.failed,
                                                "the source is described at too great length")
                                : OK;
    buf_release(&text);
    return code;
}

static enum err load_join(struct mapping *m, const struct node *spec)
{
    static const char *const keys[] = {"file",     "on",       "key",       "header", "columns",
                                       "encoding", "nulls",    "separator", "quote",  "comment",
                                       "stop_at",  "optional", NULL};
    TRY(mapping_keys(m, spec, keys));
    if (m->table_count == MAPPING_TABLES_MAX)
        return mapping_fault(m, spec, ERR_LIMIT, "at most %d files may be joined",
                             MAPPING_TABLES_MAX - 1);
    struct source_table *table = &m->tables[m->table_count];
    *table = no_table;
    table->name = spec->key;
    TRY(load_table(m, spec, S("csv"), table));
    table->is_optional = node_as_bool(node_get(spec, S("optional")), false);
    const struct node *on = node_get(spec, S("on")), *key = node_get(spec, S("key"));
    if (!on)
        return mapping_fault(m, spec, ERR_MISSING,
                             "on is missing: the column that both files share");
    m->table_count++;
    table->on = node_as_text(on);
    struct take_scope here = {.mapping = m, .table = m->table_count - 1}, main = {.mapping = m};
    struct ref *own;
    TRY(mapping_ref(&here, on, &own));
    table->on_column = own->column;
    return mapping_ref(&main, key ? key : on, &table->key);
}

static enum err load_explode(struct mapping *m, const struct node *spec)
{
    static const char *const keys[] = {"from", "split", "trim", NULL};
    TRY(mapping_keys(m, spec, keys));
    if (m->explode_count == MAPPING_EXPLODES_MAX)
        return mapping_fault(m, spec, ERR_LIMIT, "at most %d texts may be exploded",
                             MAPPING_EXPLODES_MAX);
    struct explode *explode = &m->explodes[m->explode_count++];
    *explode = (struct explode){.name = spec->key,
                                .split = node_get_text(spec, S("split")),
                                .trim = node_get_text(spec, S("trim"))};
    const struct node *from = node_get(spec, S("from"));
    if (!from || !explode->split.len)
        return mapping_fault(m, spec, ERR_MISSING, "from and split say what is cut up and where");
    size_t count = from->kind == NODE_LIST ? from->count : 1;
    explode->from = arena_array(&m->arena, struct ref *, count + 1);
    if (!explode->from)
        return ERR_LIMIT;
    struct take_scope scope = {.mapping = m};
    const struct node *item = from->kind == NODE_LIST ? from->first : from;
    for (; item && explode->from_count < count; item = item->next)
        TRY(mapping_ref(&scope, item, &explode->from[explode->from_count++]));
    return OK;
}

static enum err load_source(struct mapping *m, const struct node *spec)
{
    static const char *const keys[] = {"type",    "file",    "encoding", "separator", "quote",
                                       "comment", "stop_at", "header",   "columns",   "nulls",
                                       "items",   "join",    "explode",  NULL};
    if (!spec)
        return mapping_fault(m, NULL, ERR_MISSING, "source is missing");
    TRY(mapping_keys(m, spec, keys));
    m->source_type = node_get_text(spec, S("type"));
    static const char *const types[] = {"csv", "fixed", "ndjson", "json", "xml"};
    size_t i = 0;
    while (i < COUNT_OF(types) && !str_eq_c(m->source_type, types[i]))
        i++;
    if (i == COUNT_OF(types))
        return mapping_fault(m, spec, ERR_UNKNOWN,
                             "a source is csv, fixed, ndjson, json or xml, not \"%.*s\"",
                             STR(m->source_type));
    m->is_tree = i >= 2;
    m->tables[0] = no_table;
    m->table_count = 1;
    TRY(load_table(m, spec, m->source_type, &m->tables[0]));
    const struct node *join = node_get(spec, S("join")), *explode = node_get(spec, S("explode"));
    if (join && m->is_tree)
        return mapping_fault(m, join, ERR_SYNTAX, "only tables can be joined");
    node_each(child, join) TRY(load_join(m, child));
    node_each(child, explode) TRY(load_explode(m, child));
    return OK;
}

/* ---- records and expectations ---- */

static enum err load_record(struct mapping *m, const struct node *spec, struct map_record **ret)
{
    static const char *const keys[] = {"record", "when", "id", "fields", "envelope", NULL};
    TRY(mapping_keys(m, spec, keys));
    struct map_record *record = arena_new(&m->arena, struct map_record);
    if (!record)
        return ERR_LIMIT;
    const struct node *name = node_get(spec, S("record")), *fields = node_get(spec, S("fields"));
    const struct node *when = node_get(spec, S("when")), *id = node_get(spec, S("id"));
    const struct node *envelope = node_get(spec, S("envelope"));
    record->definition = catalog_find(m->catalog, node_as_text(name));
    if (!record->definition)
        return mapping_fault(m, name ? name : spec, ERR_UNKNOWN, "there is no database \"%.*s\"",
                             STR(node_as_text(name)));
    struct take_scope scope = {.mapping = m, .definition = record->definition};
    if (when)
        TRY(mapping_condition(&scope, when, &record->when));
    if (id)
        TRY(mapping_format(&scope, id, &record->id, &record->id_count));
    if (id)
        record->id_prefix = record->id[0].text;
    if (m->feed == FEED_SNAPSHOT && !id)
        return mapping_fault(m, spec, ERR_MISSING,
                             "a snapshot needs an id: what is not in it is withdrawn");
    if (!fields)
        return mapping_fault(m, spec, ERR_MISSING, "fields are missing");
    TRY(mapping_takes(&scope, fields, NULL, NULL, &record->fields));
    if (envelope)
        TRY(mapping_envelope_takes(&scope, envelope, &record->envelope));
    *ret = record;
    return OK;
}

static enum err load_records(struct mapping *m, const struct node *list)
{
    struct map_record **end = &m->records;
    if (!list || list->kind != NODE_LIST || !list->first)
        return mapping_fault(m, list, ERR_MISSING,
                             "records is missing: a list of what the rows become");
    node_each(spec, list)
    {
        TRY(load_record(m, spec, end));
        end = &(*end)->next;
    }
    return OK;
}

static enum err read_share(const struct mapping *m, const struct node *node, double *ret)
{
    if (!str_to_double(node_as_text(node), ret) || *ret < 0)
        return mapping_fault(m, node, ERR_BAD_VALUE, "a number was expected, not \"%.*s\"",
                             STR(node_as_text(node)));
    return OK;
}

static enum err load_bounds(struct mapping *m, const struct node *node, struct expectation *e)
{
    static const char *const keys[] = {"min", "max", NULL};
    TRY(mapping_keys(m, node, keys));
    const struct node *min = node_get(node, S("min")), *max = node_get(node, S("max"));
    if (min)
        TRY(read_share(m, min, &e->min));
    if (max)
        TRY(read_share(m, max, &e->max));
    return OK;
}

/* "person.birth_dates": the field of a database */
static enum err find_filled(struct mapping *m, const struct node *node, struct expectation *e)
{
    size_t dot = str_find(node->key, '.');
    e->definition = catalog_find(m->catalog, str_slice(node->key, 0, dot));
    e->field = e->definition ? definition_field(e->definition, str_from(node->key, dot + 1)) : NULL;
    if (!e->field)
        return mapping_fault(m, node, ERR_UNKNOWN, "there is no field \"%.*s\"", STR(node->key));
    return read_share(m, node, &e->min);
}

static enum err load_expectation(struct mapping *m, const struct node *node, enum expect_kind kind)
{
    struct expectation *e = arena_new(&m->arena, struct expectation);
    if (!e)
        return ERR_LIMIT;
    *e = (struct expectation){.kind = kind, .max = -1, .next = m->expectations};
    m->expectations = e;
    if (kind == EXPECT_FILLED)
        return find_filled(m, node, e);
    if (kind == EXPECT_RECORDS) {
        e->definition = catalog_find(m->catalog, node->key);
        if (!e->definition)
            return mapping_fault(m, node, ERR_UNKNOWN, "there is no database \"%.*s\"",
                                 STR(node->key));
    }
    return load_bounds(m, node, e);
}

static enum err load_expectations(struct mapping *m, const struct node *expect)
{
    static const char *const keys[] = {"records", "filled", "rejected", "withdrawn", NULL};
    if (!expect)
        return OK;
    TRY(mapping_keys(m, expect, keys));
    node_each(child, node_get(expect, S("records")))
        TRY(load_expectation(m, child, EXPECT_RECORDS));
    node_each(child, node_get(expect, S("filled"))) TRY(load_expectation(m, child, EXPECT_FILLED));
    const struct node *rejected = node_get(expect, S("rejected")),
                      *withdrawn = node_get(expect, S("withdrawn"));
    if (rejected)
        TRY(load_expectation(m, rejected, EXPECT_REJECTED));
    return withdrawn ? load_expectation(m, withdrawn, EXPECT_WITHDRAWN) : OK;
}

/* ---- the file ---- */

/* 90d, 26w, 6mo, 1y */
enum err mapping_days(const struct mapping *m, const struct node *node, unsigned *ret)
{
    static const struct {
        const char *unit;
        unsigned days;
    } units[] = {{"d", 1}, {"w", 7}, {"mo", 30}, {"y", 365}};
    str text = node_as_text(node);
    size_t digits = 0;
    while (digits < text.len && is_digit(text.ptr[digits]))
        digits++;
    uint64_t count;
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (str_eq_c(str_from(text, digits), units[i].unit) &&
            str_to_u64(str_slice(text, 0, digits), 1000, &count)) {
            *ret = (unsigned)count * units[i].days;
            return OK;
        }
    return mapping_fault(m, node, ERR_BAD_VALUE,
                         "a time like 90d, 6mo or 1y was expected, not \"%.*s\"", STR(text));
}

static enum err load_feed(struct mapping *m, const struct node *node)
{
    str word = node_as_text(node);
    if (str_eq(word, S("snapshot")))
        m->feed = FEED_SNAPSHOT;
    else if (str_eq(word, S("delta")))
        m->feed = FEED_DELTA;
    else if (str_eq(word, S("append")))
        m->feed = FEED_APPEND;
    else
        return mapping_fault(m, node, ERR_BAD_VALUE,
                             "a feed is snapshot, delta or append, not \"%.*s\"", STR(word));
    return OK;
}

/*
 * The constant keys are tried out on an envelope of nobody's, so that a slip in them is found now
 * and not at row 1.
 */
static enum err check_envelope(struct mapping *m, const struct node *node)
{
    struct node *map = node_copy(&m->arena, node);
    struct envelope envelope;
    if (!map || map->kind != NODE_MAP)
        return mapping_fault(m, node, ERR_SYNTAX, "a map of envelope keys was expected here");
    static const char *const filled[] = {"owner", "review_on"};
    static const char *const with[] = {"UTO", "2999-01-01"};
    for (size_t i = 0; i < COUNT_OF(filled); i++)
        if (!node_get(map, str_c(filled[i])))
            node_put_text(&m->arena, map, str_c(filled[i]), str_c(with[i]));
    if (envelope_parse(m->catalog, map, &m->arena, &envelope)) {
        struct err_info info = *err_last();
        return mapping_fault(m, node, info.code, "%s: %s", info.field, info.message);
    }
    m->envelope = node;
    return OK;
}

static enum err load_root(struct mapping *m, const struct node *root)
{
    static const char *const keys[] = {"format",   "title",  "help",   "owner",  "feed",
                                       "envelope", "review", "source", "tables", "records",
                                       "ignore",   "expect", NULL};
    static const char *const review_keys[] = {"after", NULL};
    TRY(mapping_keys(m, root, keys));
    if (!str_eq(node_get_text(root, S("format")), S("1")))
        return mapping_fault(m, root, ERR_VERSION, "format: 1 was expected");
    m->title = node_get_text(root, S("title"));
    m->owner = node_get_text(root, S("owner"));
    const struct node *feed = node_get(root, S("feed")), *review = node_get(root, S("review"));
    if (feed)
        TRY(load_feed(m, feed));
    if (review)
        TRY(mapping_keys(m, review, review_keys));
    if (review)
        TRY(mapping_days(m, node_get(review, S("after")), &m->review_days));
    const struct node *envelope = node_get(root, S("envelope"));
    if (!envelope)
        return mapping_fault(m, root, ERR_MISSING, "envelope is missing: at least the purposes");
    TRY(check_envelope(m, envelope));
    m->code_tables = node_get(root, S("tables"));
    m->ignore = node_get(root, S("ignore"));
    TRY(load_source(m, node_get(root, S("source"))));
    TRY(load_records(m, node_get(root, S("records"))));
    return load_expectations(m, node_get(root, S("expect")));
}

static str name_of_file(struct mapping *m, const char *path)
{
    const char *slash = strrchr(path, '/');
    str name = str_c(slash ? slash + 1 : path);
    if (str_ends(name, S(".yaml")))
        name = str_slice(name, 0, name.len - 5);
    return arena_str(&m->arena, name);
}

enum err mapping_parse(const struct catalog *catalog, const char *path, str text,
                       struct mapping **ret)
{
    struct mapping *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(ERR_MEMORY, "out of memory for a mapping");
    m->catalog = catalog;
    m->name = name_of_file(m, path);
    m->file = arena_str(&m->arena, str_c(path)).ptr;
    struct node *root = NULL;
    enum err code = yaml_parse(arena_str(&m->arena, text), m->file, &m->arena, &root);
    code = code ? code : load_root(m, root);
    if (code)
        mapping_free(m);
    else
        *ret = m;
    return code;
}

enum err mapping_load(const struct catalog *catalog, const char *path, struct mapping **ret)
{
    char *text = NULL;
    size_t len = 0;
    TRY(io_read_file(path, MAPPING_BYTES_MAX, &text, &len));
    enum err code = mapping_parse(catalog, path, str_of(text, len), ret);
    free(text);
    return code;
}

void mapping_free(struct mapping *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->pattern_count; i++)
        pattern_free(m->patterns[i]);
    free(m->patterns);
    arena_release(&m->arena);
    free(m);
}
