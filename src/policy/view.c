/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place where a view is made. Two different things can keep a value from the reader: the
 * definition's `show:` does not list the field for the role - then it is absent, and cannot be told
 * from a value nobody entered; or the record is masked for this actor by its owner or its
 * confidentiality - then the reader may know that there is something, and gets the redacted form,
 * except for fields marked `show: always`.
 */
#include <stdio.h>

#include "policy/internal.h"

enum { ITEM_TEXT_MAX = 64 << 10 };

struct opener {
    const struct catalog *catalog;
    const struct actor *actor;
    const struct record *record;
    const struct show_rule *rule; /* NULL: none is declared */
    bool is_keeper;
    bool is_redacting;
    struct arena *arena;
    struct buf text;
};

static void print_redacted(const struct value *value, struct buf *out)
{
    if (value->type->redact) {
        value->type->redact(value, out);
        return;
    }
    buf_add(out, S("***")); /* not one per character: the length says something too */
}

static bool is_open(const struct opener *opener, const struct field *field)
{
    if (opener->is_keeper)
        return true;
    return show_rule_has(opener->rule, field) &&
           field_is_for(opener->catalog, opener->actor, field);
}

static void open_item(struct opener *opener, const struct field_value *value,
                      struct view_item *item)
{
    bool is_masked = opener->is_redacting && !value->field->is_shown_always;
    *item = (struct view_item){.field = value->field, .row = value->row, .is_masked = is_masked};
    buf_clear(&opener->text);
    if (is_masked) {
        print_redacted(&value->value, &opener->text);
    } else {
        value->value.type->print(&value->value, &opener->text);
        item->value = &value->value;
    }
    item->text = arena_str(opener->arena, buf_str(&opener->text));
}

static enum err open_items(struct opener *opener, struct view *view)
{
    const struct record *record = opener->record;
    struct view_item *items = arena_array(opener->arena, struct view_item, record->count);
    if (!items)
        return err_last()->code;
    for (size_t i = 0; i < record->count; i++)
        if (is_open(opener, record->values[i].field))
            open_item(opener, &record->values[i], &items[view->count++]);
    view->items = items;
    return OK;
}

/* What every class shows: that there is a match, and whom to ask. */
static void open_head(const struct record *record, enum disclosure disclosure, struct view *ret)
{
    *ret = (struct view){
        .disclosure = disclosure,
        .id = record->id,
        .definition = record->definition,
        .owner = record->envelope.owner,
        .unit = record->envelope.unit,
        .state = record->state,
        .is_test = record->envelope.is_test,
    };
}

/* The action to take in words: the envelope has a code, or the owner's own words. */
static str action_words(const struct catalog *catalog, str action)
{
    const struct code_list *list = codes_list(catalog->codes, S("actions"));
    const struct code *code = list ? code_get(list, action) : NULL;
    return code ? code_name(code, LANGUAGE_EN) : action;
}

static void open_envelope(const struct catalog *catalog, const struct record *record,
                          struct view *ret)
{
    ret->version = record->version;
    ret->cautions = record->envelope.cautions;
    ret->action = action_words(catalog, record->envelope.action);
    ret->handling = record->envelope.handling;
    ret->review_on = record->envelope.review_on;
    ret->entered_us = record->entered_us;
    ret->updated_us = record->updated_us;
}

enum err policy_open(const struct catalog *catalog, const struct actor *actor,
                     const struct record *record, struct arena *arena, struct view *ret)
{
    struct facts facts = facts_of(record);
    enum disclosure disclosure = decide(catalog, actor, &facts);
    struct view view;
    if (disclosure == DISCLOSE_NONE) {
        char id[RECORD_ID_TEXT];
        return err_set(ERR_NOT_FOUND, "there is no record %s", record_id_format(record->id, id));
    }
    open_head(record, disclosure, &view);
    if (disclosure != DISCLOSE_HIT_ONLY) {
        struct opener opener = {
            .catalog = catalog,
            .actor = actor,
            .record = record,
            .rule = show_rule_for(actor, record->definition),
            .is_keeper = policy_keeps(actor, record->definition, facts.owner),
            .is_redacting = decide_by_record(catalog, actor, &facts) == DISCLOSE_MASKED,
            .arena = arena,
            .text = {.max = ITEM_TEXT_MAX},
        };
        open_envelope(catalog, record, &view);
        enum err code = open_items(&opener, &view);
        buf_release(&opener.text);
        TRY(code);
    }
    if (disclosure == DISCLOSE_FULL)
        view.record = record;
    *ret = view;
    return OK;
}
