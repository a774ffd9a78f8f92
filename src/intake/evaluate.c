/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A take is applied in a scope: the row, and inside an `each` the item at hand (a joined row, a
 * piece of a text, a branch of the tree) with the groups its pattern captured. Scopes nest as takes
 * do, by value; nothing outlives the row but what lies in its arena.
 */
#include "intake/evaluate.h"

#include "codec/csv.h"

enum { PIECES_MAX = 2000, TREE_DEPTH = 16 };

struct scope {
    struct row *row;
    size_t table;     /* whose cells `cells` are */
    const str *cells; /* of a joined row */
    size_t count;
    const struct node *tree; /* the item of a tree */
    str text;                /* the item as text */
    bool has_text;
    str groups[PATTERN_GROUP_MAX];
    unsigned depth;
};

void evaluator_release(struct evaluator *e)
{
    for (size_t i = 0; i < COUNT_OF(e->matches); i++)
        pattern_match_release(&e->matches[i]);
}

/* ---- texts ---- */

static str cell_text(const struct mapping *mapping, size_t table, const str *cells, size_t count,
                     int column)
{
    if (column < 0 || (size_t)column >= count)
        return STR_EMPTY;
    str text = cells[column];
    const struct source_table *source = &mapping->tables[table];
    for (size_t i = 0; i < source->null_count; i++)
        if (str_eq(text, source->nulls[i]))
            return STR_EMPTY;
    return mapping->file ? text
                         : csv_plain(text); /* a template may be our annotated file, mended */
}

/* A column of a joined table outside `each`: of all its rows, put together. */
static str joined_text(struct evaluator *e, const struct scope *scope, const struct ref *ref)
{
    str all = STR_EMPTY;
    for (const struct joined *j = scope->row->joined[ref->table]; j; j = j->next) {
        str text = cell_text(e->mapping, ref->table, j->cells, j->count, ref->column);
        if (text.len)
            all = all.len ? arena_printf(e->arena, "%.*s%.*s", STR(all), STR(text)) : text;
    }
    return all;
}

/* A path like a.b.c; a list on the way stands for its first entry. */
static const struct node *walk(const struct node *node, str path)
{
    str step;
    while (node && path.len && str_split(&path, '.', &step)) {
        if (node->kind == NODE_LIST)
            node = node->first;
        node = node_get(node, step);
    }
    return node;
}

static str tree_text(struct evaluator *e, const struct node *node)
{
    if (!node)
        return STR_EMPTY;
    if (node->kind == NODE_MAP)
        return str_trim(node_get_text(node, S("#text")));
    if (node->kind != NODE_LIST)
        return str_trim(node_as_text(node));
    str all = STR_EMPTY;
    node_each(child, node)
    {
        str text = str_trim(node_as_text(child));
        if (text.len)
            all = all.len ? arena_printf(e->arena, "%.*s; %.*s", STR(all), STR(text)) : text;
    }
    return all;
}

static str path_text(struct evaluator *e, const struct scope *scope, const struct ref *ref)
{
    if (str_eq(ref->name, S("@item")))
        return scope->row->name;
    const struct node *from = ref->is_root || !scope->tree ? scope->row->tree : scope->tree;
    str text = tree_text(e, walk(from, ref->name));
    const struct source_table *source = &e->mapping->tables[0];
    for (size_t i = 0; i < source->null_count; i++)
        if (str_eq(text, source->nulls[i]))
            return STR_EMPTY;
    return text;
}

static str ref_text(struct evaluator *e, const struct scope *scope, const struct ref *ref)
{
    switch (ref->kind) {
    case REF_CELL:
        if (ref->table == scope->table && scope->cells)
            return cell_text(e->mapping, ref->table, scope->cells, scope->count, ref->column);
        if (ref->table)
            return joined_text(e, scope, ref);
        return cell_text(e->mapping, 0, scope->row->cells, scope->row->count, ref->column);
    case REF_CAPTURE: return str_trim(scope->groups[ref->group]);
    case REF_PATH: return path_text(e, scope, ref);
    case REF_ITEM:
    case REF_NONE: break;
    }
    return scope->text;
}

static str refs_text(struct evaluator *e, const struct scope *scope, struct ref *const *refs,
                     size_t count, str glue)
{
    str all = STR_EMPTY;
    for (size_t i = 0; i < count; i++) {
        str text = ref_text(e, scope, refs[i]);
        if (text.len)
            all = all.len ? arena_printf(e->arena, "%.*s%.*s%.*s", STR(all), STR(glue), STR(text))
                          : text;
    }
    return all;
}

/* Empty when every reference in it is. */
static str format_text(struct evaluator *e, const struct scope *scope,
                       const struct format_piece *pieces, size_t count, bool needs_all)
{
    struct buf out = {.max = 64 << 10};
    bool has_any = false, lacks_any = false;
    for (size_t i = 0; i < count; i++) {
        buf_add(&out, pieces[i].text);
        if (!pieces[i].ref)
            continue;
        str text = ref_text(e, scope, pieces[i].ref);
        buf_add(&out, text);
        has_any = has_any || text.len;
        lacks_any = lacks_any || !text.len;
    }
    str text = has_any && !(needs_all && lacks_any) && !out.failed
                   ? arena_str(e->arena, buf_str(&out))
                   : STR_EMPTY;
    buf_release(&out);
    return text;
}

/* ---- conditions ---- */

static bool holds(struct evaluator *e, const struct scope *scope, const struct condition *c)
{
    str text = ref_text(e, scope, c->ref);
    bool is_met = false;
    if (c->pattern) {
        struct pattern_match *match = &e->matches[EVALUATE_DEPTH_MAX - 1];
        enum err code = pattern_find(c->pattern, text, match, &is_met);
        e->failed = e->failed ? e->failed : code;
        return !code && is_met;
    }
    for (size_t i = 0; i < c->count && !is_met; i++)
        is_met = str_eq(text, c->values[i]);
    return is_met != c->is_negated;
}

static bool all_hold(struct evaluator *e, const struct scope *scope, const struct condition *when)
{
    for (const struct condition *c = when; c; c = c->next)
        if (!holds(e, scope, c))
            return false;
    return true;
}

bool evaluate_when(struct evaluator *e, struct row *row, const struct condition *when)
{
    struct scope scope = {.row = row, .tree = row->tree};
    return all_hold(e, &scope, when);
}

/* ---- values ---- */

static str code_of(struct evaluator *e, const struct take *take, str text)
{
    const struct code_table *table = take->table;
    node_each(child, table->codes) if (str_eq(child->key, text)) return node_as_text(child);
    node_each(child, table->codes) if (str_eq_nocase(child->key, text)) return node_as_text(child);
    const struct code *code = table->list ? code_find(table->list, text) : NULL;
    if (code)
        return code->code;
    e->unmapped(e->context, table, take, text);
    return table->unmapped == UNMAPPED_KEEP ? text : table->otherwise;
}

static str finish_text(struct evaluator *e, const struct take *take, str text)
{
    text = str_trim(text);
    for (size_t i = 0; i < take->via_count && text.len; i++)
        text = take->via[i].normaliser->run(text, take->via[i].argument, e->arena);
    return take->table && text.len ? code_of(e, take, text) : text;
}

/* The take's text before pieces are cut and codes looked up. False: there is no value here. */
static bool find_text(struct evaluator *e, struct scope *scope, const struct take *take, str *ret)
{
    str text = take->has_constant ? take->constant
               : take->from_count ? refs_text(e, scope, take->from, take->from_count, take->glue)
                                  : scope->text;
    if (take->match) {
        if (!text.len || scope->depth >= EVALUATE_DEPTH_MAX - 1)
            return false;
        struct pattern_match *match = &e->matches[scope->depth];
        bool is_found = false;
        enum err code = pattern_find(take->match, text, match, &is_found);
        e->failed = e->failed ? e->failed : code;
        if (code || !is_found)
            return false;
        memcpy(scope->groups, match->groups, sizeof scope->groups);
        text = scope->groups[take->match_group];
    }
    if (take->format_count)
        text = format_text(e, scope, take->format, take->format_count, false);
    *ret = text;
    return true;
}

/* NOLINTBEGIN(misc-no-recursion): takes nest as deep as definitions do */
static void apply_takes(struct evaluator *e, const struct scope *scope, const struct take *takes,
                        struct node *map);

static struct node *value_of(struct evaluator *e, const struct scope *scope,
                             const struct take *take, str text)
{
    if (!take->parts) {
        str done = finish_text(e, take, text);
        return done.len ? node_text(e->arena, done) : NULL;
    }
    struct node *map = node_map(e->arena);
    struct scope inner = *scope;
    inner.depth++;
    if (map)
        apply_takes(e, &inner, take->parts, map);
    return map && map->first ? map : NULL;
}

/*
 * Adds a value under the take's key; takes of one key stand together, so only the last entry is
 * looked at.
 */
static void put_value(struct evaluator *e, const struct take *take, struct node *map,
                      struct node *value)
{
    struct origin *origin = take->is_list ? arena_new(e->arena, struct origin) : NULL;
    if (origin) {
        *origin = (struct origin){value, take, e->origins};
        e->origins = origin;
    }
    struct node *last = map->last && str_eq(map->last->key, take->key) ? map->last : NULL;
    if (!take->is_list) {
        if (!last)
            node_put(map, take->key, value);
        return;
    }
    if (!last) {
        last = node_list(e->arena);
        node_put(map, take->key, last);
    }
    node_add(last, value);
}

static bool put_pieces(struct evaluator *e, const struct scope *scope, const struct take *take,
                       str text, struct node *map)
{
    bool is_put = false;
    while (text.len) {
        size_t at = 0;
        while (at < text.len && !str_starts(str_from(text, at), take->split))
            at++;
        struct node *value = value_of(e, scope, take, str_slice(text, 0, at));
        if (value)
            put_value(e, take, map, value);
        is_put = is_put || value;
        text = str_from(text, at + take->split.len);
    }
    return is_put;
}

static bool apply_once(struct evaluator *e, struct scope scope, const struct take *take,
                       struct node *map)
{
    str text = STR_EMPTY;
    if (!find_text(e, &scope, take, &text))
        return false;
    if (take->when && !all_hold(e, &scope, take->when))
        return false;
    if (take->split.len)
        return put_pieces(e, &scope, take, text, map);
    struct node *value = value_of(e, &scope, take, text);
    if (value)
        put_value(e, take, map, value);
    return value != NULL;
}

static void explode(struct evaluator *e, const struct scope *scope, size_t index)
{
    struct row *row = scope->row;
    const struct explode *spec = &e->mapping->explodes[index];
    str text = refs_text(e, scope, spec->from, spec->from_count, STR_EMPTY);
    size_t max = 1;
    for (size_t at = 0; at < text.len && max < PIECES_MAX; at++)
        max += str_starts(str_from(text, at), spec->split);
    str *pieces = arena_array(e->arena, str, max);
    size_t count = 0;
    while (text.len && pieces && count < max) {
        size_t at = 0;
        while (at < text.len && !str_starts(str_from(text, at), spec->split))
            at++;
        str piece = str_slice(text, 0, count + 1 == max ? text.len : at);
        while (piece.len && memchr(spec->trim.ptr, piece.ptr[0], spec->trim.len))
            piece = str_from(piece, 1);
        while (piece.len && memchr(spec->trim.ptr, piece.ptr[piece.len - 1], spec->trim.len))
            piece = str_slice(piece, 0, piece.len - 1);
        if (piece.len)
            pieces[count++] = piece;
        text = str_from(text, at + spec->split.len);
    }
    row->pieces[index] = pieces;
    row->piece_count[index] = count;
    row->is_exploded[index] = true;
}

static void apply_pieces(struct evaluator *e, const struct scope *scope, const struct take *take,
                         struct node *map)
{
    struct row *row = scope->row;
    if (!row->is_exploded[take->each_index])
        explode(e, scope, take->each_index);
    struct scope inner = *scope;
    inner.has_text = true;
    for (size_t i = 0; i < row->piece_count[take->each_index]; i++) {
        inner.text = row->pieces[take->each_index][i];
        if (apply_once(e, inner, take, map) && take->is_first)
            return;
    }
}

static void apply_joined(struct evaluator *e, const struct scope *scope, const struct take *take,
                         struct node *map)
{
    struct scope inner = *scope;
    inner.table = take->each_index;
    for (const struct joined *j = scope->row->joined[take->each_index]; j; j = j->next) {
        inner.cells = j->cells;
        inner.count = j->count;
        if (apply_once(e, inner, take, map) && take->is_first)
            return;
    }
}

static void apply_branches(struct evaluator *e, const struct scope *scope, const struct take *take,
                           struct node *map)
{
    const struct node *node = walk(scope->tree ? scope->tree : scope->row->tree, take->each_path);
    bool is_list = node && node->kind == NODE_LIST;
    struct scope inner = *scope;
    inner.has_text = true;
    for (const struct node *item = is_list ? node->first : node; item;
         item = is_list ? item->next : NULL) {
        inner.tree = item;
        inner.text = tree_text(e, item);
        if (apply_once(e, inner, take, map) && take->is_first)
            return;
    }
}

static void apply_takes(struct evaluator *e, const struct scope *scope, const struct take *takes,
                        struct node *map)
{
    for (const struct take *take = takes; take && !e->failed; take = take->next) {
        switch (take->each) {
        case EACH_NONE: apply_once(e, *scope, take, map); break;
        case EACH_TABLE: apply_joined(e, scope, take, map); break;
        case EACH_EXPLODE: apply_pieces(e, scope, take, map); break;
        case EACH_PATH: apply_branches(e, scope, take, map); break;
        }
    }
}
/* NOLINTEND(misc-no-recursion) */

struct node *evaluate_fields(struct evaluator *e, struct row *row, const struct map_record *record)
{
    struct scope scope = {.row = row, .tree = row->tree};
    struct node *map = node_map(e->arena);
    e->origins = NULL;
    if (map)
        apply_takes(e, &scope, record->fields, map);
    return map;
}

void evaluate_envelope(struct evaluator *e, struct row *row, const struct map_record *record,
                       struct node *map)
{
    struct scope scope = {.row = row, .tree = row->tree};
    struct node *mapped = node_map(e->arena);
    if (!mapped || !record->envelope)
        return;
    apply_takes(e, &scope, record->envelope, mapped);
    struct node *next = NULL;
    for (struct node *child = mapped->first; child; child = next) {
        next = child->next;
        struct node *old = map->first;
        while (old && !str_eq(old->key, child->key))
            old = old->next;
        if (!old) {
            node_put(map, child->key, child);
            continue;
        }
        struct node *behind = old->next;
        *old = *child;
        old->next = behind;
    }
}

str evaluate_id(struct evaluator *e, struct row *row, const struct map_record *record)
{
    struct scope scope = {.row = row, .tree = row->tree};
    return format_text(e, &scope, record->id, record->id_count, true);
}
