/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One definition file against the schema of definitions: every key is known here, every name it
 * uses (type, code list, meaning, purpose, role, field) must exist, and whatever is wrong is a
 * problem with file, line, column and key. Reading goes on after a problem. docs/definitions.md is
 * the reference for people.
 */
#include <stdarg.h>
#include <stdio.h>

#include "model/internal.h"

enum { SHOW_MAX = 16, RULE_MAX = 64, EXAMPLE_MAX = 64, GROUP_MAX = 16, ACHIEVED_DAYS = 15 };

void reader_problem(struct definition_reader *reader, enum err code, const struct node *node,
                    str key, const char *format, ...)
{
    char message[400];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    problem_at(reader->problems, code, reader->definition->file, node, key, "%s", message);
}

void reader_known_keys(struct definition_reader *reader, const struct node *map,
                       const char *const *keys, size_t key_count)
{
    char list[300] = "";
    for (size_t i = 0, used = 0; i < key_count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, " %s", keys[i]);
    if (!map)
        return;
    if (map->kind != NODE_MAP) {
        reader_problem(reader, ERR_SYNTAX, map, map->key, "must be a map with the keys%s", list);
        return;
    }
    node_each(child, map)
    {
        size_t i = 0;
        while (i < key_count && !str_eq_c(child->key, keys[i]))
            i++;
        if (i == key_count)
            reader_problem(reader, ERR_UNKNOWN, child, child->key, "unknown key; expected one of%s",
                           list);
    }
}

bool name_is_plain(str name)
{
    if (name.len == 0 || name.len > 48 || !is_lower(name.ptr[0]))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_lower(name.ptr[i]) && !is_digit(name.ptr[i]) && name.ptr[i] != '_' &&
            name.ptr[i] != '-')
            return false;
    return true;
}

bool reader_flag(struct definition_reader *reader, const struct node *map, str key)
{
    const struct node *node = node_get(map, key);
    if (!node)
        return false;
    if (node_as_bool(node, false) != node_as_bool(node, true))
        reader_problem(reader, ERR_SYNTAX, node, key, "must be yes or no");
    return node_as_bool(node, false);
}

/* `title: Persons` or `title: {en: Persons, fr: Personnes}`. */
void reader_titles(struct definition_reader *reader, const struct node *node,
                   str titles[LANGUAGE_COUNT])
{
    static const char *const languages[LANGUAGE_COUNT] = {"en", "fr", "es", "ar"};
    if (!node)
        return;
    if (node_is_scalar(node)) {
        titles[LANGUAGE_EN] = node_as_text(node);
        return;
    }
    reader_known_keys(reader, node, languages, LANGUAGE_COUNT);
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        str text = node_get_text(node, str_c(languages[i]));
        if (text.len)
            titles[i] = text;
    }
    if (titles[LANGUAGE_EN].len == 0)
        reader_problem(reader, ERR_MISSING, node, S("title"), "needs at least `en:`");
}

/* ---- who sees what ---- */

static const struct field *const *read_field_list(struct definition_reader *reader,
                                                  const struct node *list, size_t *ret_count)
{
    const struct field **fields = arena_array(reader->arena, const struct field *, list->count);
    size_t count = 0;
    node_each(item, list)
    {
        const struct field *field = definition_field(reader->definition, node_as_text(item));
        if (!field)
            reader_problem(reader, ERR_UNKNOWN, item, node_as_text(item),
                           "is not a field of this definition");
        else if (fields)
            fields[count++] = field;
    }
    *ret_count = count;
    return fields;
}

static bool role_is_known(const struct catalog *catalog, str role)
{
    const struct code_list *list = codes_list(catalog->codes, S("audiences"));
    return str_eq(role, S("others")) || (list && code_get(list, role));
}

static void read_show_rule(struct definition_reader *reader, const struct node *node,
                           struct show_rule *ret)
{
    *ret = (struct show_rule){.audience = node->key};
    if (!role_is_known(reader->catalog, node->key))
        reader_problem(reader, ERR_UNKNOWN, node, node->key,
                       "is not a role of codes/audiences.csv, nor `others`");
    if (node->kind == NODE_LIST) {
        ret->kind = SHOW_FIELDS;
        ret->fields = read_field_list(reader, node, &ret->field_count);
    } else if (str_eq(node_as_text(node), S("all"))) {
        ret->kind = SHOW_ALL;
    } else if (!str_eq(node_as_text(node), S("hit-only"))) {
        reader_problem(reader, ERR_SYNTAX, node, node->key,
                       "must be `all`, `hit-only` or a list of fields");
    }
}

static void read_show(struct definition_reader *reader, const struct node *show)
{
    if (!show)
        return;
    struct show_rule *rules = arena_array(reader->arena, struct show_rule, SHOW_MAX);
    if (!rules || show->kind != NODE_MAP || show->count > SHOW_MAX) {
        reader_problem(reader, ERR_SYNTAX, show, S("show"), "must be a map from role to fields");
        return;
    }
    node_each(child, show) read_show_rule(reader, child, &rules[reader->definition->show_count++]);
    reader->definition->shows = rules;
}

/* ---- evidence, order ---- */

/* A meaning that some field of this definition has; 0 with a problem otherwise. */
static uint16_t read_meaning(struct definition_reader *reader, const struct node *node)
{
    str text = node_as_text(node);
    uint16_t number = meaning_number(reader->catalog, text);
    const struct definition *definition = reader->definition;
    if (number == 0) {
        reader_problem(reader, ERR_UNKNOWN, node, text, "is not a meaning of codes/meanings.csv");
        return 0;
    }
    for (size_t i = 0; i < definition->all_count; i++)
        if (definition->all[i]->meaning_number == number)
            return number;
    reader_problem(reader, ERR_UNKNOWN, node, text, "no field of this definition has this meaning");
    return 0;
}

static void read_evidence_group(struct definition_reader *reader, const struct node *list,
                                struct evidence_group *ret)
{
    uint16_t *meanings = arena_array(reader->arena, uint16_t, list->count);
    if (list->kind != NODE_LIST || list->count < 2) {
        reader_problem(reader, ERR_SYNTAX, list, S("groups"),
                       "a group is a list of at least two meanings");
        return;
    }
    node_each(item, list)
    {
        uint16_t number = read_meaning(reader, item);
        if (number && meanings)
            meanings[ret->count++] = number;
    }
    ret->meanings = meanings;
}

static void read_evidence(struct definition_reader *reader, const struct node *evidence)
{
    static const char *const keys[] = {"groups"};
    struct definition *definition = reader->definition;
    if (!evidence)
        return;
    definition->has_evidence = true;
    if (evidence->kind == NODE_NULL)
        return;
    reader_known_keys(reader, evidence, keys, COUNT_OF(keys));
    const struct node *groups = node_get(evidence, S("groups"));
    if (!groups)
        return;
    struct evidence_group *list = arena_array(reader->arena, struct evidence_group, GROUP_MAX);
    if (!list || groups->kind != NODE_LIST || groups->count > GROUP_MAX) {
        reader_problem(reader, ERR_SYNTAX, groups, S("groups"),
                       "must be a list of at most 16 groups");
        return;
    }
    node_each(group, groups) read_evidence_group(reader, group, &list[definition->group_count++]);
    definition->groups = list;
}

/* ---- what no two records of an owner share ---- */

static void read_unique(struct definition_reader *reader, const struct node *list,
                        struct unique *ret)
{
    bool has_keys = false;
    if (list->kind != NODE_LIST || list->count == 0 || list->count > UNIQUE_FIELDS_MAX) {
        reader_problem(reader, ERR_SYNTAX, list, S("unique"),
                       "an entry is a list of 1 to 8 fields");
        return;
    }
    node_each(item, list)
    {
        const struct field *field = definition_field(reader->definition, node_as_text(item));
        if (!field || !field->type || field->is_list || field->parent)
            reader_problem(reader, ERR_SYNTAX, item, node_as_text(item),
                           "is not a field of one value outside groups");
        else
            ret->fields[ret->count++] = field;
        has_keys |= field && field->type && field->type->is_key && field->meaning_number;
    }
    if (!has_keys)
        reader_problem(reader, ERR_SYNTAX, list, S("unique"),
                       "one of the fields must be of a type with keys, and searched");
}

static void read_uniques(struct definition_reader *reader, const struct node *lists)
{
    struct definition *definition = reader->definition;
    if (!lists)
        return;
    struct unique *uniques = arena_array(reader->arena, struct unique, UNIQUE_MAX);
    if (!uniques || lists->kind != NODE_LIST || lists->count > UNIQUE_MAX) {
        reader_problem(reader, ERR_SYNTAX, lists, S("unique"),
                       "must be a list of at most 8 lists of fields");
        return;
    }
    node_each(list, lists) read_unique(reader, list, &uniques[definition->unique_count++]);
    definition->uniques = uniques;
}

static void read_order(struct definition_reader *reader, const struct node *order)
{
    struct definition *definition = reader->definition;
    uint16_t number = order ? read_meaning(reader, order) : 0;
    for (size_t i = 0; number && i < definition->all_count && !definition->order_by; i++)
        if (definition->all[i]->meaning_number == number)
            definition->order_by = definition->all[i];
    const struct field *field = definition->order_by;
    if (field && field->type && !str_eq_c(S("date"), field->type->name))
        reader_problem(reader, ERR_SYNTAX, order, S("order_by"), "must be the meaning of a date");
}

/* ---- how long ---- */

/* "10d", "6mo", "5y" in days, a part of a day rounded up; 0 when it is none of these. */
static unsigned parse_period(str text)
{
    static const struct {
        const char *unit;
        uint64_t quarter_days;
    } units[] = {{"mo", 0}, {"d", 4}, {"w", 28}, {"y", 1461}};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        uint64_t number = 0;
        str unit = str_c(units[i].unit);
        if (!str_ends(text, unit))
            continue;
        if (!str_to_u64(str_slice(text, 0, text.len - unit.len), 1000, &number))
            return 0;
        if (i == 0) /* a twelfth of a year */
            return (unsigned)((number * 1461 + 47) / 48);
        return (unsigned)((number * units[i].quarter_days + 3) / 4);
    }
    return 0;
}

static void read_retain(struct definition_reader *reader, const struct node *node, bool is_last,
                        struct retain *ret)
{
    static const char *const keys[] = {"first", "remind", "when", "lapse"};
    struct definition *definition = reader->definition;
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    definition->is_lasting |= !node_as_bool(node_get(node, S("lapse")), true);
    if (definition->is_lasting && !str_eq(definition->kind, S("system")))
        reader_problem(reader, ERR_CONFLICT, node, S("lapse"),
                       "police data and tickets end with their review; only system records last");
    const struct node *when = node_get(node, S("when"));
    ret->first_days = parse_period(node_get_text(node, S("first")));
    ret->remind_days = parse_period(node_get_text(node, S("remind")));
    if (ret->first_days == 0)
        reader_problem(reader, ERR_SYNTAX, node, S("first"),
                       "needs a period such as 30d, 6mo or 5y");
    if (node_get(node, S("remind")) && ret->remind_days == 0)
        reader_problem(reader, ERR_SYNTAX, node, S("remind"),
                       "must be a period such as 30d or 6mo");
    if (when)
        ret->when = rule_read_condition(reader, when);
    if (!when != is_last)
        reader_problem(reader, ERR_SYNTAX, node, S("when"),
                       "all but the last entry of retain have `when:`");
}

/* `retain: {first: 5y}`, or a list of which the first entry whose `when:` holds counts. */
static void read_retains(struct definition_reader *reader, const struct node *node)
{
    struct definition *definition = reader->definition;
    if (!node) {
        reader_problem(reader, ERR_MISSING, reader->definition->source, S("retain"),
                       "a definition says how long its records may be kept");
        return;
    }
    size_t count = node->kind == NODE_LIST ? node->count : 1;
    struct retain *retains = arena_array(reader->arena, struct retain, count);
    if (!retains)
        return;
    const struct node *item = node->kind == NODE_LIST ? node->first : node;
    for (size_t i = 0; i < count; i++) {
        read_retain(reader, item, i + 1 == count, &retains[i]);
        item = item->next;
    }
    definition->retains = retains;
    definition->retain_count = count;
}

/* `achieved: {when: {...}, within: 15d}`: found, returned; both may be left out. */
static void read_achieved(struct definition_reader *reader, const struct node *node)
{
    static const char *const keys[] = {"when", "within"};
    struct definition *definition = reader->definition;
    const struct node *when = node_get(node, S("when"));
    const struct node *within = node_get(node, S("within"));
    definition->achieved_days = ACHIEVED_DAYS;
    if (!node)
        return;
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    if (when)
        definition->achieved = rule_read_condition(reader, when);
    if (within)
        definition->achieved_days = parse_period(node_as_text(within));
    if (definition->achieved_days == 0)
        reader_problem(reader, ERR_SYNTAX, node, S("within"), "must be a period such as 15d");
}

static void read_rules(struct definition_reader *reader, const struct node *list)
{
    struct definition *definition = reader->definition;
    if (!list)
        return;
    struct rule *rules = arena_array(reader->arena, struct rule, RULE_MAX);
    if (!rules || list->kind != NODE_LIST || list->count > RULE_MAX) {
        reader_problem(reader, ERR_SYNTAX, list, S("rules"), "must be a list of at most 64 rules");
        return;
    }
    node_each(item, list)
    {
        const struct rule *rule = rule_read(reader, item);
        if (rule)
            rules[definition->rule_count++] = *rule;
    }
    definition->rules = rules;
}

/* ---- examples ---- */

/* The first country of codes/countries.csv whose status is "test". */
static str test_issuer(const struct catalog *catalog)
{
    const struct code_list *list = codes_list(catalog->codes, S("countries"));
    for (size_t i = 0; list && i < list->count; i++)
        if (str_eq(code_extra(list, &list->codes[i], S("status")), S("test")))
            return list->codes[i].code;
    return S("ZZZ");
}

/* What an example does not say of its envelope: a test record, for all purposes. */
static struct node *example_envelope(struct definition_reader *reader, const struct node *given)
{
    struct arena *arena = reader->arena;
    struct definition *definition = reader->definition;
    struct node *envelope = given ? node_copy(arena, given) : node_map(arena);
    struct node *purposes = node_list(arena);
    char text[16];
    unsigned days =
        definition->retain_count ? definition->retains[definition->retain_count - 1].first_days : 1;
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1)
            node_add(purposes, node_text(arena, purpose_code(reader->catalog, (uint16_t)i)));
    if (!node_get(envelope, S("owner")))
        node_put_text(arena, envelope, S("owner"), test_issuer(reader->catalog));
    if (!node_get(envelope, S("purposes")))
        node_put(envelope, S("purposes"), purposes);
    struct day review = day_of_number(day_number(day_today()) + (int32_t)(days < 30 ? days : 30));
    if (!node_get(envelope, S("review_on")))
        node_put_text(arena, envelope, S("review_on"),
                      arena_str(arena, str_c(day_format(review, text))));
    if (!node_get(envelope, S("test")))
        node_put_bool(arena, envelope, S("test"), true);
    return envelope;
}

static void read_example(struct definition_reader *reader, const struct node *node,
                         struct example *ret)
{
    static const char *const keys[] = {"title", "envelope", "fields"};
    const struct node *fields = node_get(node, S("fields"));
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    if (!fields || fields->kind != NODE_MAP) {
        reader_problem(reader, ERR_MISSING, node, S("fields"), "an example needs `fields:`");
        return;
    }
    const struct node *envelope = node_get(node, S("envelope"));
    if (envelope && envelope->kind != NODE_MAP) {
        reader_problem(reader, ERR_BAD_VALUE, envelope, S("envelope"),
                       "an example's `envelope:` is a map");
        return;
    }
    struct node *body = node_map(reader->arena);
    if (!body)
        return;
    body->line = node->line;
    body->column = node->column;
    node_put(body, S("envelope"), example_envelope(reader, envelope));
    node_put(body, S("fields"), node_copy(reader->arena, fields));
    ret->title = node_get_text(node, S("title"));
    ret->body = body;
}

/* `{ask: "L898902C3", example: 1}` or `{ask: {birth-date: 1974-08-12, name: ...}, example: 1}`. */
static void read_query(struct definition_reader *reader, const struct node *node,
                       struct example *ret)
{
    static const char *const keys[] = {"title", "ask", "example"};
    uint64_t number = 1;
    const struct node *ask = node_get(node, S("ask"));
    const struct node *example = node_get(node, S("example"));
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    if (!ask || ask->kind == NODE_LIST || ask->kind == NODE_NULL) {
        reader_problem(reader, ERR_MISSING, node, S("ask"),
                       "needs `ask:`, a line of text or a map from meaning to value");
        return;
    }
    if (example && (!str_to_u64(node_as_text(example), EXAMPLE_MAX, &number) || number == 0 ||
                    number > reader->definition->example_count))
        reader_problem(reader, ERR_UNKNOWN, example, S("example"), "there is no such example");
    struct node *query = node_copy(reader->arena, ask);
    if (node_is_scalar(ask)) {
        query = node_map(reader->arena);
        node_put_text(reader->arena, query, S("text"), node_as_text(ask));
    }
    node_each(child, query) if (!str_eq(child->key, S("text")) &&
                                !meaning_number(reader->catalog, child->key))
        reader_problem(reader, ERR_UNKNOWN, child->line ? child : ask, child->key,
                       "is not a meaning of codes/meanings.csv");
    ret->title = node_get_text(node, S("title"));
    ret->query = query;
    ret->example = (size_t)(number ? number - 1 : 0);
}

static const struct example *
read_examples(struct definition_reader *reader, const struct node *list, size_t *ret_count,
              void (*read)(struct definition_reader *, const struct node *, struct example *))
{
    if (!list)
        return NULL;
    struct example *examples = arena_array(reader->arena, struct example, EXAMPLE_MAX);
    if (!examples || list->kind != NODE_LIST || list->count > EXAMPLE_MAX) {
        reader_problem(reader, ERR_SYNTAX, list, list->key, "must be a list of at most 64 entries");
        return NULL;
    }
    node_each(item, list)
    {
        read(reader, item, &examples[*ret_count]);
        if (examples[*ret_count].body || examples[*ret_count].query)
            ++*ret_count;
    }
    return examples;
}

static void read_sample(struct definition_reader *reader, const struct node *node)
{
    static const char *const keys[] = {"per_1000_persons", "link", "action"};
    uint64_t number = 0;
    if (!node)
        return;
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    if (!str_to_u64(node_get_text(node, S("per_1000_persons")), 100000, &number))
        reader_problem(reader, ERR_SYNTAX, node, S("per_1000_persons"),
                       "must be a number of records per 1,000 persons");
    reader->definition->sample_per_1000 = (unsigned)number;
    str link = node_get_text(node, S("link"));
    const struct code_list *kinds = codes_list(reader->catalog->codes, S("link-kinds"));
    if (link.len && (!kinds || !code_get(kinds, link)))
        reader_problem(reader, ERR_UNKNOWN, node, S("link"), "must be a code of link-kinds");
    str action = node_get_text(node, S("action"));
    const struct code_list *actions = codes_list(reader->catalog->codes, S("actions"));
    if (action.len && (!actions || !code_get(actions, action)))
        reader_problem(reader, ERR_UNKNOWN, node, S("action"), "must be a code of actions");
    reader->definition->sample_link = link;
    reader->definition->sample_action = action;
}

/* ---- the head of a definition ---- */

static void read_purposes(struct definition_reader *reader, const struct node *list)
{
    uint16_t number = 0;
    if (!list || list->kind != NODE_LIST || list->count == 0) {
        reader_problem(reader, ERR_MISSING, list ? list : reader->definition->source, S("purposes"),
                       "a definition lists the purposes it may be searched for");
        return;
    }
    node_each(item, list)
    {
        if (purpose_find(reader->catalog, node_as_text(item), &number))
            reader->definition->purposes |= (purpose_set)1 << number;
        else
            reader_problem(reader, ERR_UNKNOWN, item, node_as_text(item),
                           "is not a purpose of codes/purposes.csv");
    }
}

/* One word out of a few; the first is the default. */
static str read_choice(struct definition_reader *reader, const struct node *root, str key,
                       const char *const *words, size_t count)
{
    const struct node *node = node_get(root, key);
    char list[120] = "";
    for (size_t i = 0, used = 0; i < count && used < sizeof list; i++) {
        if (node && str_eq_c(node_as_text(node), words[i]))
            return str_c(words[i]);
        used += (size_t)snprintf(list + used, sizeof list - used, " %s", words[i]);
    }
    if (node)
        reader_problem(reader, ERR_UNKNOWN, node, key, "must be one of%s", list);
    return str_c(words[0]);
}

static void read_head(struct definition_reader *reader, const struct node *root)
{
    static const char *const kinds[] = {"record", "notice", "ticket", "message", "system"};
    static const char *const scopes[] = {"shared", "local"};
    struct definition *definition = reader->definition;
    uint64_t version = 1;
    const struct node *name = node_get(root, S("definition"));
    const struct node *number = node_get(root, S("version"));
    definition->name = node_as_text(name);
    if (!name_is_plain(definition->name))
        reader_problem(reader, ERR_MISSING, name ? name : root, S("definition"),
                       "needs a name of small letters, digits and dashes");
    reader_titles(reader, node_get(root, S("title")), definition->title);
    if (definition->title[LANGUAGE_EN].len == 0)
        reader_problem(reader, ERR_MISSING, root, S("title"), "a definition needs a title");
    definition->help = node_get_text(root, S("help"));
    definition->kind = read_choice(reader, root, S("kind"), kinds, COUNT_OF(kinds));
    definition->is_local =
        str_eq(read_choice(reader, root, S("scope"), scopes, COUNT_OF(scopes)), S("local"));
    definition->owner = node_get_text(root, S("owner"));
    if (definition->owner.len == 0)
        definition->owner = S("any");
    if (number && (!str_to_u64(node_as_text(number), UINT16_MAX, &version) || version == 0))
        reader_problem(reader, ERR_SYNTAX, number, S("version"), "must be a number from 1 on");
    definition->version = (uint16_t)version;
    read_purposes(reader, node_get(root, S("purposes")));
}

void definition_read(struct definition_reader *reader, const struct node *root, str file,
                     struct definition *ret)
{
    static const char *const keys[] = {"definition", "title", "help",     "kind",     "version",
                                       "scope",      "owner", "purposes", "fields",   "rules",
                                       "retain",     "show",  "order_by", "evidence", "examples",
                                       "find",       "miss",  "sample",   "life",     "unique",
                                       "achieved",   "may",   "approval", "imports",  "screen"};
    *ret = (struct definition){.file = file, .source = root};
    reader->definition = ret;
    reader_known_keys(reader, root, keys, COUNT_OF(keys));
    read_head(reader, root);
    definition_read_fields(reader, node_get(root, S("fields")));
    read_rules(reader, node_get(root, S("rules")));
    read_retains(reader, node_get(root, S("retain")));
    read_achieved(reader, node_get(root, S("achieved")));
    read_show(reader, node_get(root, S("show")));
    definition_read_may(reader, node_get(root, S("may")));
    definition_read_screen(reader, root);
    read_uniques(reader, node_get(root, S("unique")));
    read_order(reader, node_get(root, S("order_by")));
    read_evidence(reader, node_get(root, S("evidence")));
    read_sample(reader, node_get(root, S("sample")));
    definition_read_life(reader, node_get(root, S("life")));
    ret->examples =
        read_examples(reader, node_get(root, S("examples")), &ret->example_count, read_example);
    ret->finds = read_examples(reader, node_get(root, S("find")), &ret->find_count, read_query);
    ret->misses = read_examples(reader, node_get(root, S("miss")), &ret->miss_count, read_query);
}
