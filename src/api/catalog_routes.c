/* SPDX-License-Identifier: Apache-2.0 */
/* What there is: databases with their fields, code lists. Forms, cards and templates are made of
 * these. */
#include "api/internal.h"

static void print_titles(struct json *json, const str titles[LANGUAGE_COUNT])
{
    static const str tags[LANGUAGE_COUNT] = {S("en"), S("fr"), S("es"), S("ar")};
    json_key(json, S("title"));
    json_open(json, '{');
    for (size_t i = 0; i < LANGUAGE_COUNT; i++)
        json_text_some(json, tags[i], titles[i]);
    json_close(json, '}');
}

/* NOLINTNEXTLINE(misc-no-recursion): groups are not nested deeper than a definition allows */
void print_field(struct json *json, const struct field *field)
{
    json_open(json, '{');
    json_text(json, S("name"), field->name);
    json_text(json, S("path"), field->path);
    print_titles(json, field->title);
    json_text_some(json, S("help"), field->help);
    json_text(json, S("type"), field->type ? str_c(field->type->name) : S("group"));
    if (field->list)
        json_text(json, S("list"), field->list->name);
    json_text_some(json, S("meaning"), field->meaning);
    json_bool(json, S("required"), field->is_required);
    json_bool(json, S("many"), field->is_list);
    json_bool(json, S("pivot"), field->is_pivot);
    if (field->is_fixed)
        json_bool(json, S("fixed"), field->is_fixed);
    if (field->type && field->type->maps) {
        json_key(json, S("parts"));
        json_open(json, '[');
        for (const char *const *part = field->type->maps; *part; part++)
            json_text(json, STR_EMPTY, str_c(*part));
        json_close(json, ']');
    }
    if (field->field_count) {
        json_key(json, S("fields"));
        json_open(json, '[');
        for (size_t i = 0; i < field->field_count; i++)
            print_field(json, field->fields[i]);
        json_close(json, ']');
    }
    json_close(json, '}');
}

static void print_fields(struct json *json, const struct definition *definition)
{
    json_key(json, S("fields"));
    json_open(json, '[');
    for (size_t i = 0; i < definition->field_count; i++)
        if (!definition->fields[i]->is_retired)
            print_field(json, definition->fields[i]);
    json_close(json, ']');
}

static void print_examples(struct json *json, const struct definition *definition)
{
    json_key(json, S("examples"));
    json_open(json, '[');
    for (size_t i = 0; i < definition->example_count; i++) {
        json_open(json, '{');
        json_text_some(json, S("title"), definition->examples[i].title);
        json_key(json, S("body"));
        json_write(json->out, definition->examples[i].body);
        json->is_next = true;
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_uniques(struct json *json, const struct definition *definition)
{
    if (definition->unique_count == 0)
        return;
    json_key(json, S("unique"));
    json_open(json, '[');
    for (size_t i = 0; i < definition->unique_count; i++) {
        json_open(json, '[');
        for (size_t k = 0; k < definition->uniques[i].count; k++)
            json_text(json, STR_EMPTY, definition->uniques[i].fields[k]->path);
        json_close(json, ']');
    }
    json_close(json, ']');
}

enum detail { DETAIL_HEAD, DETAIL_FIELDS, DETAIL_EXAMPLES };

/* How many there are is for those who may see every one: of all owners, or of their own. */
static enum err print_count(struct json *json, struct call *call,
                            const struct definition *definition)
{
    uint64_t count = 0;
    const struct actor *actor = &call->actor;
    str owner = policy_is_keeper(actor, STR_EMPTY) ? STR_EMPTY : actor->country;
    if (!policy_is_keeper(actor, owner) || (owner.len && !definition_is_data(definition)))
        return OK;
    TRY(store_count(call->api->node.store, definition->name, owner, &count));
    json_number(json, S("count"), (int64_t)count);
    return OK;
}

static enum err print_definition(struct json *json, struct call *call,
                                 const struct definition *definition, enum detail detail)
{
    json_open(json, '{');
    json_text(json, S("name"), definition->name);
    print_titles(json, definition->title);
    json_text_some(json, S("help"), definition->help);
    json_text(json, S("kind"), definition->kind);
    json_number(json, S("version"), definition->version);
    TRY(print_count(json, call, definition));
    json_key(json, S("purposes"));
    json_open(json, '[');
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (definition->purposes >> i & 1)
            json_text(json, STR_EMPTY, purpose_code(call->api->node.catalog, (uint16_t)i));
    json_close(json, ']');
    if (detail >= DETAIL_FIELDS)
        print_fields(json, definition);
    print_uniques(json, definition);
    if (detail == DETAIL_EXAMPLES)
        print_examples(json, definition);
    json_close(json, '}');
    return OK;
}

enum err run_databases(struct call *call)
{
    const struct catalog *catalog = call->api->node.catalog;
    enum detail detail =
        str_eq(call_query(call, S("fields")), S("no")) ? DETAIL_HEAD : DETAIL_FIELDS;
    struct json json = {.out = &call->out};
    json_open(&json, '[');
    for (size_t i = 0; i < catalog->count; i++)
        if (definition_is_data(catalog->definitions[i]))
            TRY(print_definition(&json, call, catalog->definitions[i], detail));
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

enum err run_database(struct call *call)
{
    const struct definition *definition;
    TRY(call_definition(call, call->args[0], &definition));
    struct json json = {.out = &call->out};
    TRY(print_definition(&json, call, definition, DETAIL_EXAMPLES));
    call_finish(call, OK);
    return OK;
}

/* ---- code lists ---- */

static void print_list(struct json *json, const struct code_list *list, bool with_codes)
{
    json_open(json, '{');
    json_text(json, S("name"), list->name);
    json_text(json, S("title"), list->title);
    json_text(json, S("source"), list->source);
    json_text(json, S("date"), list->date);
    json_number(json, S("count"), (int64_t)list->count);
    if (with_codes) {
        static const str tags[LANGUAGE_COUNT] = {S("en"), S("fr"), S("es"), S("ar")};
        json_key(json, S("codes"));
        json_open(json, '[');
        for (size_t i = 0; i < list->count; i++) {
            const struct code *code = &list->codes[i];
            json_open(json, '{');
            json_text(json, S("code"), code->code);
            for (size_t k = 0; k < LANGUAGE_COUNT; k++)
                json_text_some(json, tags[k], code->names[k]);
            for (size_t k = 0; k < list->column_count; k++)
                json_text_some(json, list->columns[k], code_extra(list, code, list->columns[k]));
            json_close(json, '}');
        }
        json_close(json, ']');
    }
    json_close(json, '}');
}

enum err run_codes(struct call *call)
{
    const struct codes *codes = call->api->node.catalog->codes;
    struct json json = {.out = &call->out};
    json_open(&json, '[');
    for (size_t i = 0; i < codes_count(codes); i++)
        print_list(&json, codes_at(codes, i), false);
    json_close(&json, ']');
    call_finish(call, OK);
    return OK;
}

enum err run_code_list(struct call *call)
{
    const struct code_list *list = codes_list(call->api->node.catalog->codes, call->args[0]);
    if (!list)
        return err_set(ERR_NOT_FOUND, "there is no code list %.*s", STR(call->args[0]));
    struct json json = {.out = &call->out};
    print_list(&json, list, true);
    call_finish(call, OK);
    return OK;
}
