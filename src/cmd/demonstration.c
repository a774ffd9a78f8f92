/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demonstration session of `bureau serve --demonstration`: an officer whose token is made anew
 * at each start, and things to try, which whoever made the world left as try.tsv in the data
 * directory (sample/sample.h). The session is kept as the store's note "demonstration", which the
 * api offers on a loopback address for as long as nobody else has changed anything (api/pages.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "cmd/cmd.h"
#include "codec/json.h"

enum { TRIES_BYTES_MAX = 1 << 20, TRIES_MAX = 64, PATH_ROOM = 4096 };

static const char *const demonstration_officer = "demonstration";

/* Lines of title, text and what they find; a directory without the file has nothing to suggest. */
static enum err read_tries(const char *directory, struct arena *arena, struct node *list)
{
    char path[PATH_ROOM];
    char *bytes = NULL;
    size_t size = 0;
    str line, title, text;
    (void)snprintf(path, sizeof path, "%s/try.tsv", directory);
    if (access(path, R_OK) != 0)
        return OK;
    TRY(io_read_file(path, TRIES_BYTES_MAX, &bytes, &size));
    str rest = arena_str(arena, str_of(bytes, size));
    free(bytes);
    while (list->count < TRIES_MAX && str_split(&rest, '\n', &line)) {
        if (!str_split(&line, '\t', &title) || !str_split(&line, '\t', &text))
            continue;
        struct node *item = node_map(arena);
        node_put_text(arena, item, S("title"), title);
        node_put_text(arena, item, S("text"), text);
        node_add(list, item);
    }
    return OK;
}

/* The first purpose that is served by all databases that hold something: what the page asks for. */
static str common_purpose(const struct running *running)
{
    const struct catalog *catalog = running->catalog;
    purpose_set common = ~(purpose_set)0;
    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->definitions[i]->sample_per_1000)
            common &= catalog->definitions[i]->purposes;
    for (uint16_t i = 0; i < PURPOSE_MAX; i++)
        if (common >> i & 1)
            return purpose_code(catalog, i);
    return STR_EMPTY;
}

static enum err make_officer(struct running *running, char token[TOKEN_TEXT])
{
    struct actor officer = {.officer = str_c(demonstration_officer),
                            .unit = S("UTO/ncb"),
                            .country = S("UTO"),
                            .role = S("national-bureau"),
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

/* Titles first: texts in some scripts run from right to left, or are wide. */
static void say_what_to_try(const struct node *list)
{
    if (list->count)
        printf("%u things to try:\n", list->count);
    node_each(item, list) printf("  %-58.*s %.*s\n", STR(node_get_text(item, S("title"))),
                                 STR(node_get_text(item, S("text"))));
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
        code = read_tries(running->node.directory, &arena, list);
    if (!code)
        code = make_officer(running, token);
    if (!code) {
        node_put_number(&arena, note, S("seq"), (int64_t)seq);
        node_put_text(&arena, note, S("officer"), str_c(demonstration_officer));
        node_put_text(&arena, note, S("token"), str_c(token));
        node_put_text(&arena, note, S("purpose"), common_purpose(running));
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
