/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demonstration session of `bureau serve --demonstration`: an officer whose token is made anew
 * at each start, and ten things to try, found in what is loaded: one key of each database, and
 * names in several scripts. The session is left as the store's note "demonstration", which the
 * api offers on a loopback address for as long as nobody else has changed anything (api/pages.c).
 */
#include <stdio.h>

#include "cmd/cmd.h"
#include "codec/json.h"

enum { LOOKED_AT = 400, SCRIPTS_MAX = 4, TRIES_MAX = 24 };

static const char *const demonstration_officer = "demonstration";

struct trying {
    struct running *running;
    const struct definition *definition;
    struct arena *arena;
    struct node *list;
    uint32_t scripts[SCRIPTS_MAX]; /* blocks of letters that already have a name */
    size_t script_count;
    bool has_key;
};

static void add_try(struct trying *trying, const struct field *field, str text)
{
    str title = trying->definition->title[LANGUAGE_EN];
    struct node *item = node_map(trying->arena);
    node_put_text(trying->arena, item, S("title"),
                  arena_printf(trying->arena, "%.*s: %.*s", STR(title),
                               STR(field->title[LANGUAGE_EN])));
    node_put_text(trying->arena, item, S("text"), arena_str(trying->arena, text));
    node_add(trying->list, item);
}

/* 256 code points a block: Cyrillic, Arabic, Greek ... are one or two each. 0 for Latin. */
static uint32_t script_of(str text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t point = utf8_next(text, &at);
        if (point >= 0x370)
            return point >= 0x4E00 && point < 0xA000 ? 0x4E : point >> 8;
    }
    return 0;
}

static void try_name(struct trying *trying, const struct field_value *value)
{
    uint32_t script = script_of(value->value.raw);
    for (size_t i = 0; i < trying->script_count; i++)
        if (trying->scripts[i] == script)
            return;
    if (trying->script_count == SCRIPTS_MAX)
        return;
    trying->scripts[trying->script_count++] = script;
    add_try(trying, value->field, value->value.raw);
}

static enum err try_record(void *context, const struct stored *stored)
{
    struct trying *trying = context;
    struct node *body;
    struct record record;
    if (stored->is_erased || stored->body.len == 0)
        return OK;
    TRY(json_parse(stored->body, trying->arena, &body));
    TRY(record_read(trying->running->catalog, trying->definition, body, trying->arena, &record));
    for (size_t i = 0; i < record.count; i++) {
        const struct field_value *value = &record.values[i];
        if (!value->value.type || !value->field->meaning.len || !value->value.raw.len)
            continue;
        if (value->value.type->is_fuzzy)
            try_name(trying, value);
        else if (value->field->is_pivot && !trying->has_key) {
            trying->has_key = true;
            add_try(trying, value->field, value->value.raw);
        }
    }
    return OK;
}

static enum err find_tries(struct running *running, struct arena *arena, struct node *list)
{
    const struct catalog *catalog = running->catalog;
    struct trying trying = {.running = running, .arena = arena, .list = list};
    for (size_t i = 0; i < catalog->count && list->count < TRIES_MAX; i++) {
        struct arena pages = {0};
        trying.definition = catalog->definitions[i];
        trying.has_key = false;
        trying.arena = &pages;
        struct node *found = node_list(&pages);
        trying.list = found;
        enum err code = store_list(running->node.store, trying.definition->name, STR_EMPTY, 0,
                                   LOOKED_AT, try_record, &trying);
        node_each(item, found) node_add(list, node_copy(arena, item));
        arena_release(&pages);
        TRY(code);
    }
    return OK;
}

static enum err make_officer(struct running *running, char token[TOKEN_TEXT])
{
    struct actor officer = {.officer = str_c(demonstration_officer),
                            .unit = S("UTO/ncb"),
                            .country = S("UTO"),
                            .role = S("administrator"),
                            .purposes = ~(purpose_set)0,
                            .may_write = true,
                            .may_administer = true,
                            .may_audit = true};
    enum err code = identity_remove(running->node.identity, officer.officer);
    if (code && code != ERR_NOT_FOUND)
        return code;
    return identity_add(running->node.identity, &officer, token);
}

/* The number of the last change that belongs to the world as it was loaded. */
static enum err loaded_seq(struct store *store, struct arena *arena, uint64_t *ret)
{
    str text;
    struct node *note;
    *ret = store_seq(store);
    enum err code = store_note_get(store, S("demonstration"), arena, &text);
    if (code == ERR_NOT_FOUND)
        return OK;
    TRY(code);
    TRY(json_parse(text, arena, &note));
    return str_to_u64(node_get_text(note, S("seq")), INT64_MAX, ret)
               ? OK
               : err_set(ERR_DAMAGED, "the note of the demonstration has no seq");
}

static void say_what_to_try(const struct node *list)
{
    printf("ten things to try:\n");
    unsigned said = 0;
    node_each(item, list)
    {
        if (said++ == 10)
            break;
        printf("  %-50.*s %.*s\n", STR(node_get_text(item, S("text"))),
               STR(node_get_text(item, S("title"))));
    }
}

enum err demonstration_open(struct running *running)
{
    struct arena arena = {0};
    struct buf text = {0};
    char token[TOKEN_TEXT];
    uint64_t seq = 0;
    struct node *note = node_map(&arena);
    struct node *list = node_list(&arena);
    enum err code = loaded_seq(running->node.store, &arena, &seq);
    if (!code)
        code = find_tries(running, &arena, list);
    if (!code)
        code = make_officer(running, token);
    if (!code) {
        node_put_number(&arena, note, S("seq"), (int64_t)seq);
        node_put_text(&arena, note, S("officer"), str_c(demonstration_officer));
        node_put_text(&arena, note, S("token"), str_c(token));
        node_put(note, S("try"), list);
        json_write(&text, note);
        code = store_note_put(running->node.store, S("demonstration"), buf_str(&text));
    }
    if (!code) {
        say_what_to_try(list);
        printf("sign-in token: %s\n", token);
        fflush(stdout);
    }
    buf_release(&text);
    arena_release(&arena);
    return code;
}
