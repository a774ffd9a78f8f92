/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manual page of a definition, Markdown, made from what the program itself uses: it cannot be
 * out of date. Read by officers who enter records, by those who map their national data to it, and
 * by data-protection officers.
 */
#include "model/reference.h"

#include "codec/json.h"
#include "model/internal.h"
#include "model/life.h"

/* A table cell: no bars, no line ends. */
static void cell(struct buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '|')
            buf_add_char(out, '\\');
        buf_add_char(out, (char)(c == '\n' || c == '\r' ? ' ' : c));
    }
}

/* ---- head ---- */

static void write_titles(const struct definition *definition, struct buf *out)
{
    for (size_t i = LANGUAGE_EN + 1; i < LANGUAGE_COUNT; i++)
        if (definition->title[i].len)
            buf_printf(out, "%s%.*s", i > LANGUAGE_EN + 1 ? " · " : "", STR(definition->title[i]));
    buf_add(out, S("\n\n"));
}

static void write_purposes(const struct catalog *catalog, const struct definition *definition,
                           struct buf *out)
{
    bool is_first = true;
    buf_add(out, S("Searched for the purposes "));
    for (unsigned i = 0; i < PURPOSE_MAX; i++) {
        if (!(definition->purposes >> i & 1))
            continue;
        buf_printf(out, "%s%.*s", is_first ? "" : ", ", STR(purpose_code(catalog, (uint16_t)i)));
        is_first = false;
    }
    buf_printf(out, ". Records belong to %s%.*s. Version %u of the definition.\n\n",
               str_eq(definition->owner, S("any")) ? "" : "only ",
               STR(str_eq(definition->owner, S("any")) ? S("the country or body that enters them")
                                                       : definition->owner),
               definition->version);
}

/* ---- fields ---- */

static void write_field_notes(const struct field *field, struct buf *out)
{
    if (field->is_required)
        buf_add(out, S("required; "));
    if (field->is_list)
        buf_add(out, S("several; "));
    if (field->is_fixed)
        buf_add(out, S("cannot be changed; "));
    if (field->is_pivot)
        buf_add(out, S("links records that share it; "));
    if (field->is_shown_always)
        buf_add(out, S("always shown; "));
    if (field->is_blind)
        buf_add(out, S("searched even where it is not shown; "));
    if (field->is_retired)
        buf_add(out, S("retired: kept, no longer entered; "));
}

static void write_field(const struct field *field, struct buf *out)
{
    buf_printf(out, "| `%.*s` | ", STR(field->path));
    cell(out, field->title[LANGUAGE_EN]);
    buf_printf(out, " | %s", field->type ? field->type->name : "group");
    if (field->list)
        buf_printf(out, " of %.*s", STR(field->list->name));
    buf_printf(out, " | %.*s | ", STR(field->meaning));
    write_field_notes(field, out);
    cell(out, field->help.len || !field->type ? field->help : str_c(field->type->help));
    buf_add(out, S(" |\n"));
}

static void write_fields(const struct definition *definition, struct buf *out)
{
    buf_add(out,
            S("## Fields\n\n| field | title | type | means | notes |\n|---|---|---|---|---|\n"));
    for (size_t i = 0; i < definition->all_count; i++)
        write_field(definition->all[i], out);
    buf_add(out,
            S("\nA group is entered as a list of entries, each with its own fields. Beside "
              "these fields every record has an envelope: owner, unit, reference, purposes, "
              "review date, date of the event, confidentiality, handling, evaluation, audience, "
              "ceiling of disclosure, action to take, cautions.\n\n"));
}

/* ---- rules, retention, who sees what, evidence ---- */

static void write_uniques(const struct definition *definition, struct buf *out)
{
    for (size_t i = 0; i < definition->unique_count; i++) {
        buf_add(out, i ? S("; or the same") : S("An owner has one open record with the same"));
        for (size_t k = 0; k < definition->uniques[i].count; k++)
            buf_printf(out, "%s `%.*s`", k ? " and" : "",
                       STR(definition->uniques[i].fields[k]->path));
    }
    if (definition->unique_count)
        buf_add(out, S(".\n\n"));
}

static void write_rules(const struct definition *definition, struct buf *out)
{
    if (definition->rule_count == 0)
        return;
    buf_add(out, S("## Rules\n\nA record is refused when:\n\n"));
    for (size_t i = 0; i < definition->rule_count; i++) {
        buf_add(out, S("- "));
        rule_describe(&definition->rules[i], out);
        buf_add_char(out, '\n');
    }
    buf_add_char(out, '\n');
}

static void write_retention(const struct definition *definition, struct buf *out)
{
    buf_add(out, S("## Retention\n\n"));
    for (size_t i = 0; i < definition->retain_count; i++) {
        const struct retain *retain = &definition->retains[i];
        buf_printf(out, "- review at most %u days after entry", retain->first_days);
        if (retain->remind_days)
            buf_printf(out, ", the owner is reminded %u days before", retain->remind_days);
        if (retain->when) {
            buf_add(out, S(", for records with `"));
            rule_describe(retain->when, out);
            buf_add_char(out, '`');
        } else if (i) {
            buf_add(out, S(", for all others"));
        }
        buf_add_char(out, '\n');
    }
    if (definition->is_lasting)
        buf_add(out, S("- while active it does not end by itself: its owner is told again\n"));
    if (!definition_is_data(definition)) {
        buf_add_char(out, '\n');
        return;
    }
    buf_printf(out, "- once found or returned: %u days to delete it or to say why not",
               definition->achieved_days);
    if (definition->achieved) {
        buf_add(out, S("; by itself for records with `"));
        rule_describe(definition->achieved, out);
        buf_add_char(out, '`');
    }
    buf_add_char(out, '\n');
    buf_add_char(out, '\n');
}

static void write_show(const struct definition *definition, struct buf *out)
{
    if (definition->show_count == 0)
        return;
    buf_add(out, S("## Who sees what\n\n| role | sees |\n|---|---|\n"));
    for (size_t i = 0; i < definition->show_count; i++) {
        const struct show_rule *rule = &definition->shows[i];
        buf_printf(out, "| %.*s | ", STR(rule->audience));
        if (rule->kind != SHOW_FIELDS)
            buf_add(out, rule->kind == SHOW_ALL ? S("all fields")
                                                : S("that there is a match, and whom to ask"));
        for (size_t k = 0; k < rule->field_count; k++)
            buf_printf(out, "%s`%.*s`", k ? ", " : "", STR(rule->fields[k]->path));
        buf_add(out, S(" |\n"));
    }
    buf_add(out, S("\nThe owner of a record may open less than this, never more.\n\n"));
}

static void write_evidence(const struct catalog *catalog, const struct definition *definition,
                           struct buf *out)
{
    if (!definition->has_evidence)
        return;
    buf_add(out, S("## How matches are weighed\n\nIn bits of evidence: each field that agrees "
                   "speaks for a match, each that contradicts speaks against it."));
    for (size_t i = 0; i < definition->group_count; i++) {
        buf_add(out, S(" Of "));
        for (size_t k = 0; k < definition->groups[i].count; k++)
            buf_printf(out, "%s%.*s", k ? ", " : "",
                       STR(meaning_name(catalog, definition->groups[i].meanings[k])));
        buf_add(out, S(" only the strongest counts, because they depend on each other."));
    }
    buf_add(out, S("\n\n"));
}

/* ---- examples ---- */

static void write_example(const struct example *example, struct buf *out)
{
    buf_printf(out, "%.*s:\n\n```json\n", STR(example->title.len ? example->title : S("Example")));
    json_write_pretty(out, node_get(example->body, S("fields")));
    buf_add(out, S("\n```\n\n"));
}

static void write_queries(const char *title, const struct example *queries, size_t count,
                          struct buf *out)
{
    if (count == 0)
        return;
    buf_printf(out, "%s\n\n", title);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "- %.*s: `", STR(queries[i].title));
        json_write(out, queries[i].query);
        buf_printf(out, "` (example %zu)\n", queries[i].example + 1);
    }
    buf_add_char(out, '\n');
}

void model_reference(const struct catalog *catalog, const struct definition *definition,
                     struct buf *out)
{
    buf_printf(out, "# %.*s (`%.*s`)\n\n", STR(definition->title[LANGUAGE_EN]),
               STR(definition->name));
    write_titles(definition, out);
    if (definition->help.len)
        buf_printf(out, "%.*s.\n\n", STR(definition->help));
    write_purposes(catalog, definition, out);
    write_fields(definition, out);
    write_uniques(definition, out);
    write_rules(definition, out);
    write_show(definition, out);
    write_retention(definition, out);
    write_evidence(catalog, definition, out);
    if (definition->life)
        life_describe(definition->life, out);
    if (definition->example_count)
        buf_add(out, S("## Examples\n\n"));
    for (size_t i = 0; i < definition->example_count; i++)
        write_example(&definition->examples[i], out);
    write_queries("Found by:", definition->finds, definition->find_count, out);
    write_queries("Not found by:", definition->misses, definition->miss_count, out);
}

void model_reference_types(struct buf *out)
{
    buf_add(out, S("# Field types\n\n| type | title | accepts | keys | parts of a map |\n"
                   "|---|---|---|---|---|\n"));
    for (size_t i = 0; i < type_count(); i++) {
        const struct type *type = type_at(i);
        buf_printf(out, "| `%s` | ", type->name);
        cell(out, str_c(type->title));
        buf_add(out, S(" | "));
        cell(out, str_c(type->help));
        buf_printf(out, " | %s | ", type->is_key ? "yes" : "");
        for (const char *const *key = type->maps; key && *key; key++)
            buf_printf(out, "%s`%s`", key == type->maps ? "" : ", ", *key);
        buf_add(out, S(" |\n"));
    }
}
