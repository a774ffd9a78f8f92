/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON (RFC 8259) straight into our tree. Every stored body passes here when it is indexed,
 * compared or shown; through a library's tree it took a quarter of an import's time
 * (docs/decisions/json.md). The text is copied into the arena once; strings are slices of that
 * copy, escapes undone in place, because an escape is never shorter than what it stands for.
 * Strict: no NUL, no lone surrogates, no duplicate keys, nothing behind the value, 32 levels at
 * most.
 */
#include "codec/json.h"

enum { DEPTH_MAX = 32, KEYS_LINEAR = 16 };

struct parser {
    char *start, *at, *end;
    struct arena *arena;
    enum err failed;
};

static struct node *fail_at(struct parser *p, const char *at, enum err code, const char *what)
{
    uint32_t line = 1;
    const char *line_start = p->start;
    for (const char *c = p->start; c < at; c++)
        if (*c == '\n') {
            line++;
            line_start = c + 1;
        }
    p->failed =
        err_at(code, NULL, line, (uint32_t)(at - line_start) + 1, "not well-formed JSON: %s", what);
    return NULL;
}

static struct node *fail(struct parser *p, const char *what)
{
    return fail_at(p, p->at, ERR_SYNTAX, p->at >= p->end ? "it ends in the middle" : what);
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t'))
        p->at++;
}

static struct node *new_node(struct parser *p, enum node_kind kind, str text)
{
    struct node *node = arena_new(p->arena, struct node);
    if (!node) {
        p->failed = err_last()->code;
        return NULL;
    }
    node->kind = kind;
    node->text = text;
    return node;
}

/* ---- strings ---- */

static int hex_digit(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Four figures behind \u. -1 when they are none. */
static int32_t read_unit(struct parser *p)
{
    int32_t unit = 0;
    if (p->end - p->at < 4)
        return -1;
    for (unsigned i = 0; i < 4; i++) {
        int digit = hex_digit(*p->at++);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* At the letter behind a backslash; gives how many bytes were put, 0 on failure. */
static size_t read_escape(struct parser *p, char out[4])
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (p->at >= p->end)
        return 0;
    char c = *p->at++;
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter) {
        out[0] = meant[letter - letters];
        return 1;
    }
    int32_t unit = c == 'u' ? read_unit(p) : -1;
    if (unit >= 0xD800 && unit <= 0xDBFF) {
        if (p->end - p->at < 6 || p->at[0] != '\\' || p->at[1] != 'u')
            return 0;
        p->at += 2;
        int32_t low = read_unit(p);
        unit = low >= 0xDC00 && low <= 0xDFFF ? 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
                                              : -1;
    }
    if (unit <= 0 || (unit >= 0xD800 && unit <= 0xDFFF))
        return 0;
    return utf8_put((uint32_t)unit, out);
}

/* At the opening quote. */
static bool read_string(struct parser *p, str *ret)
{
    char *from = ++p->at, *to;
    while (p->at < p->end && *p->at != '"' && *p->at != '\\' && (unsigned char)*p->at >= 0x20)
        p->at++;
    for (to = p->at; p->at < p->end && *p->at != '"';) {
        if ((unsigned char)*p->at < 0x20)
            return fail(p, "a control character stands in a string");
        if (*p->at != '\\') {
            *to++ = *p->at++;
            continue;
        }
        char put[4], *escape = p->at++;
        size_t len = read_escape(p, put);
        if (!len)
            return fail_at(p, escape, ERR_SYNTAX, "an escape that is none");
        memcpy(to, put, len);
        to += len;
    }
    if (p->at >= p->end)
        return fail(p, "a string is not closed");
    p->at++;
    *ret = str_of(from, (size_t)(to - from));
    return true;
}

/* ---- numbers and words ---- */

static size_t skip_digits(struct parser *p)
{
    char *from = p->at;
    while (p->at < p->end && is_digit(*p->at))
        p->at++;
    return (size_t)(p->at - from);
}

static struct node *read_number(struct parser *p)
{
    char *from = p->at;
    p->at += *p->at == '-';
    char *digits = p->at;
    size_t count = skip_digits(p);
    if (!count || (count > 1 && *digits == '0'))
        return fail(p, "a number that is none");
    if (p->at < p->end && *p->at == '.') {
        p->at++;
        if (!skip_digits(p))
            return fail(p, "a number that is none");
    }
    if (p->at < p->end && (*p->at == 'e' || *p->at == 'E')) {
        p->at++;
        p->at += p->at < p->end && (*p->at == '+' || *p->at == '-');
        if (!skip_digits(p))
            return fail(p, "a number that is none");
    }
    return new_node(p, NODE_NUMBER, str_of(from, (size_t)(p->at - from)));
}

static struct node *read_word(struct parser *p)
{
    static const struct {
        str word;
        enum node_kind kind;
    } words[] = {{{"true", 4}, NODE_BOOL}, {{"false", 5}, NODE_BOOL}, {{"null", 4}, NODE_NULL}};
    str left = str_of(p->at, (size_t)(p->end - p->at));
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_starts(left, words[i].word)) {
            p->at += words[i].word.len;
            return new_node(p, words[i].kind,
                            words[i].kind == NODE_BOOL ? words[i].word : STR_EMPTY);
        }
    return fail(p, "a value was expected");
}

/* ---- lists and maps ---- */

/* Keys seen in one map: compared one by one while they are few, by hash once they are many. */
struct key_set {
    uint64_t *slots;
    size_t size, count;
};

static bool grow_keys(struct parser *p, struct key_set *set)
{
    size_t size = set->size ? set->size * 2 : 64;
    uint64_t *slots = arena_array(p->arena, uint64_t, size);
    if (!slots)
        return false;
    for (size_t i = 0; i < set->size; i++)
        if (set->slots[i]) {
            size_t at = set->slots[i] & (size - 1);
            while (slots[at])
                at = (at + 1) & (size - 1);
            slots[at] = set->slots[i];
        }
    set->slots = slots;
    set->size = size;
    return true;
}

/* False when the hash is there already. */
static bool add_key(struct key_set *set, str key)
{
    uint64_t hash = hash64(key, 1) | 1;
    size_t at = hash & (set->size - 1);
    for (; set->slots[at]; at = (at + 1) & (set->size - 1))
        if (set->slots[at] == hash)
            return false;
    set->slots[at] = hash;
    set->count++;
    return true;
}

static bool is_new_key(struct parser *p, struct key_set *set, const struct node *map, str key)
{
    if (map->count < KEYS_LINEAR)
        return node_get(map, key) == NULL;
    if (!set->size) {
        if (!grow_keys(p, set))
            return true;
        node_each(child, map) add_key(set, child->key);
    }
    if (set->count * 2 >= set->size && !grow_keys(p, set))
        return true;
    return add_key(set, key) || node_get(map, key) == NULL;
}

/* NOLINTBEGIN(misc-no-recursion): bounded by DEPTH_MAX */
static struct node *read_value(struct parser *p, unsigned depth);

static struct node *read_list(struct parser *p, unsigned depth)
{
    struct node *list = new_node(p, NODE_LIST, STR_EMPTY);
    p->at++;
    skip_blanks(p);
    if (p->at < p->end && *p->at == ']') {
        p->at++;
        return list;
    }
    while (list) {
        struct node *child = read_value(p, depth + 1);
        if (!child)
            return NULL;
        node_add(list, child);
        skip_blanks(p);
        if (p->at < p->end && *p->at == ',') {
            p->at++;
            continue;
        }
        if (p->at >= p->end || *p->at != ']')
            return fail(p, "a comma or ] was expected");
        p->at++;
        break;
    }
    return list;
}

static bool read_member(struct parser *p, unsigned depth, struct key_set *set, struct node *map)
{
    str key = STR_EMPTY;
    skip_blanks(p);
    if (p->at >= p->end || *p->at != '"')
        return fail(p, "a key in quotes was expected");
    char *place = p->at;
    if (!read_string(p, &key))
        return false;
    if (!is_new_key(p, set, map, key))
        return fail_at(p, place, ERR_SYNTAX, "the same key stands twice");
    skip_blanks(p);
    if (p->at >= p->end || *p->at != ':')
        return fail(p, "a colon was expected");
    p->at++;
    return node_put(map, key, read_value(p, depth + 1)) != NULL;
}

static struct node *read_map(struct parser *p, unsigned depth)
{
    struct node *map = new_node(p, NODE_MAP, STR_EMPTY);
    struct key_set set = {.size = 0};
    p->at++;
    skip_blanks(p);
    if (p->at < p->end && *p->at == '}') {
        p->at++;
        return map;
    }
    while (map) {
        if (!read_member(p, depth, &set, map))
            return NULL;
        skip_blanks(p);
        if (p->at < p->end && *p->at == ',') {
            p->at++;
            continue;
        }
        if (p->at >= p->end || *p->at != '}')
            return fail(p, "a comma or } was expected");
        p->at++;
        break;
    }
    return map;
}

static struct node *read_value(struct parser *p, unsigned depth)
{
    skip_blanks(p);
    if (depth > DEPTH_MAX)
        return fail_at(p, p->at, ERR_LIMIT, "it is nested deeper than 32 levels");
    if (p->at >= p->end)
        return fail(p, "");
    str text;
    switch (*p->at) {
    case '{': return read_map(p, depth);
    case '[': return read_list(p, depth);
    case '"': return read_string(p, &text) ? new_node(p, NODE_TEXT, text) : NULL;
    default: break;
    }
    return *p->at == '-' || is_digit(*p->at) ? read_number(p) : read_word(p);
}
/* NOLINTEND(misc-no-recursion) */

enum err json_parse(str text, struct arena *arena, struct node **ret)
{
    if (!utf8_is_valid(text))
        return err_at(ERR_SYNTAX, NULL, 1, 1, "not well-formed JSON: not UTF-8");
    str copy = arena_str(arena, text);
    if (copy.len != text.len)
        return err_last()->code;
    char *start = (char *)(uintptr_t)copy.ptr;
    struct parser p = {.start = start, .at = start, .end = start + copy.len, .arena = arena};
    struct node *node = read_value(&p, 0);
    if (!node)
        return p.failed ? p.failed : err_last()->code;
    skip_blanks(&p);
    if (p.at < p.end) {
        fail(&p, "something follows the value");
        return p.failed;
    }
    *ret = node;
    return OK;
}
