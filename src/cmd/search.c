/* SPDX-License-Identifier: Apache-2.0 */
/* bureau search: an officer's line, or typed fields, or a batch; the answer in words or as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "codec/json.h"

enum { BATCH_MAX = 1 << 30 };

static enum err add_fields(struct cli *cli, struct node *body)
{
    struct node *fields = node_map(&cli->arena);
    for (const char *pair; (pair = cli_option(cli, "--field"));) {
        str text = str_c(pair);
        size_t equals = str_find(text, '=');
        if (equals == 0 || equals == text.len)
            return err_set(ERR_USAGE, "--field %s is not of the form MEANING=VALUE", pair);
        str meaning = str_slice(text, 0, equals);
        /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
        struct node *list = (struct node *)(uintptr_t)node_get(fields, meaning);
        if (!list)
            list = node_put(fields, meaning, node_list(&cli->arena));
        node_add(list, node_text(&cli->arena, str_from(text, equals + 1)));
    }
    if (fields && fields->count)
        node_put(body, S("fields"), fields);
    return OK;
}

static enum err add_number(struct cli *cli, struct node *body, const char *option, str key)
{
    uint64_t value;
    TRY(cli_number(cli, option, UINT64_MAX, 1000000, &value));
    if (value != UINT64_MAX)
        node_put_number(&cli->arena, body, key, (int64_t)value);
    return OK;
}

static enum err read_request(struct cli *cli, struct node *body)
{
    TRY(add_fields(cli, body));
    struct node *databases = node_list(&cli->arena);
    for (const char *name; (name = cli_option(cli, "--database"));)
        node_add(databases, node_text(&cli->arena, str_c(name)));
    if (databases && databases->count)
        node_put(body, S("databases"), databases);
    const char *similar = cli_option(cli, "--similar");
    if (similar)
        node_put_text(&cli->arena, body, S("similar"), str_c(similar));
    TRY(add_number(cli, body, "--limit", S("limit")));
    TRY(add_number(cli, body, "--offset", S("offset")));
    struct buf text = {.max = 8192};
    for (const char *word; (word = cli_word(cli));) {
        if (text.len)
            buf_add_char(&text, ' ');
        buf_add(&text, str_c(word));
    }
    if (text.len)
        node_put_text(&cli->arena, body, S("text"), arena_str(&cli->arena, buf_str(&text)));
    buf_release(&text);
    return cli_done(cli);
}

/* ---- the answer in words ---- */

static void print_facts(const struct node *hit)
{
    node_each(fact, node_get(hit, S("facts")))
    {
        str note = node_get_text(fact, S("note"));
        printf("    %-22.*s %.*s%s%.*s\n", STR(node_get_text(fact, S("title"))),
               STR(node_get_text(fact, S("value"))), note.len ? "  - " : "", STR(note));
    }
    node_each(why, node_get(hit, S("why")))
    {
        str bits = node_get_text(why, S("bits"));
        str words = node_get_text(why, S("words"));
        printf("    because %.*s: %.*s (%.*s bits)\n", STR(node_get_text(why, S("title"))),
               STR(words.len ? words : node_get_text(why, S("agreement"))), STR(bits));
    }
}

static void print_hits(const struct node *hits, const char *heading)
{
    if (hits && hits->count)
        printf("\n%s\n", heading);
    node_each(hit, hits)
    {
        str action = node_get_text(hit, S("action"));
        printf("\n  %.*s  %.*s  owner %.*s  %.*s\n", STR(node_get_text(hit, S("id"))),
               STR(node_get_text(hit, S("title"))), STR(node_get_text(hit, S("owner"))),
               STR(node_get_text(hit, S("band"))));
        node_each(caution, node_get(hit, S("cautions")))
            printf("    CAUTION: %.*s\n", STR(node_get_text(caution, S("title"))));
        if (action.len)
            printf("    ACTION: %.*s\n", STR(action));
        print_facts(hit);
    }
}

static const char *verdict_heading(str verdict)
{
    static const struct {
        const char *word, *heading;
    } headings[] = {{"nothing-found", "NOTHING FOUND"},
                    {"match", "MATCH"},
                    {"possible", "POSSIBLE"},
                    {"read-again", "READ AGAIN"},
                    {"no-answer", "NO ANSWER"}};
    for (size_t i = 0; i < COUNT_OF(headings); i++)
        if (str_eq_c(verdict, headings[i].word))
            return headings[i].heading;
    return "NO ANSWER";
}

static void print_answer(const struct node *answer)
{
    str advice = node_get_text(answer, S("advice"));
    printf("%s   receipt %.*s   as of %.*s\n", verdict_heading(node_get_text(answer, S("verdict"))),
           STR(node_get_text(answer, S("receipt"))), STR(node_get_text(answer, S("as_of"))));
    if (advice.len)
        printf("%.*s\n", STR(advice));
    node_each(reading, node_get(answer, S("understood")))
        printf("understood as: %.*s\n", STR(node_get_text(reading, S("title"))));
    node_each(database, node_get(answer, S("databases")))
    {
        str reason = node_get_text(database, S("reason"));
        printf("  %-28.*s %.*s%s%.*s\n", STR(node_get_text(database, S("title"))),
               STR(node_get_text(database, S("result"))), reason.len ? ": " : "", STR(reason));
    }
    print_hits(node_get(answer, S("hits")), "Hits");
    print_hits(node_get(answer, S("similar")), "Similar numbers");
}

static int exit_code(const struct node *answer)
{
    str verdict = node_get_text(answer, S("verdict"));
    if (str_eq(verdict, S("match")) || str_eq(verdict, S("possible")))
        return EXIT_OK;
    return str_eq(verdict, S("nothing-found")) ? EXIT_NO : EXIT_ERROR;
}

/* ---- a batch ---- */

static enum err write_piece(void *context, str piece)
{
    return fwrite(piece.ptr, 1, piece.len, context) == piece.len
               ? OK
               : err_errno("cannot write the answers");
}

/* The purpose of the command line holds where the first line names none. */
static enum err with_purpose(struct cli *cli, str input, struct buf *out)
{
    out->max = BATCH_MAX;
    str line = str_slice(input, 0, str_find(input, '\n'));
    struct node *first = NULL;
    if (cli->purpose && json_parse(line, &cli->arena, &first) == OK && first->kind == NODE_MAP &&
        !node_get(first, S("purpose"))) {
        node_put_text(&cli->arena, first, S("purpose"), str_c(cli->purpose));
        json_write(out, first);
        input = str_from(input, line.len);
    }
    err_clear();
    buf_add(out, input);
    return out->failed;
}

static int run_batch(struct cli *cli, const char *file)
{
    struct buf input = {0};
    struct buf body = {0};
    struct http_reply reply;
    enum err code = cli_done(cli);
    if (!code)
        code = cli_read(file, BATCH_MAX, &input);
    if (!code)
        code = with_purpose(cli, buf_str(&input), &body);
    struct http_call call = {.method = S("POST"),
                             .path = S("/v1/search/batch"),
                             .body = buf_str(&body),
                             .on_piece = write_piece,
                             .context = stdout};
    if (!code)
        code = client_call(cli, &call, &reply);
    buf_release(&input);
    buf_release(&body);
    return code ? cli_fail() : EXIT_OK;
}

int command_search(struct cli *cli)
{
    const char *batch = cli_option(cli, "--batch");
    if (batch)
        return run_batch(cli, batch);
    struct node *body = node_map(&cli->arena);
    struct node *answer = NULL;
    if (read_request(cli, body) != OK)
        return cli_fail();
    if (client_send(cli, S("POST"), S("/v1/search"), body, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        print_answer(answer);
    return exit_code(answer);
}

/* ---- why is this record in the answer, or not ---- */

static const struct {
    const char *word, *sentence;
} reasons[] = {
    {"shown", "It is in the answer."},
    {"not-asked", "Its database was not asked."},
    {"not-current", "It is suspended, cancelled or ended: nobody but its keepers is shown it."},
    {"nothing", "Nothing that was asked is held by it."},
    {"weak", "It was compared; what speaks for it is too little."},
    {"not-led",
     "It would be shown, but no number and no sound of a name in the question led to it."},
    {"crowded",
     "It would be shown, but more and better ones fill the answer: narrow the question."},
};

static void print_why(const struct node *answer)
{
    const struct node *hit = node_get(answer, S("hit"));
    str why = node_get_text(answer, S("why"));
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (str_eq_c(why, reasons[i].word))
            printf("%s\n", reasons[i].sentence);
    printf("  the answer as a whole  %s\n", verdict_heading(node_get_text(answer, S("verdict"))));
    if (!str_eq(node_get_text(answer, S("place")), S("0")))
        printf("  place among the hits   %.*s\n", STR(node_get_text(answer, S("place"))));
    printf("  reached by             %s\n",
           str_eq(node_get_text(answer, S("by_key")), S("true"))    ? "a number"
           : str_eq(node_get_text(answer, S("by_name")), S("true")) ? "a name"
                                                                    : "nothing");
    if (node_get(answer, S("possible_from")))
        printf("  evidence               %.*s bits; possible from %.*s, a hit from %.*s\n",
               STR(node_get_text(hit, S("bits"))), STR(node_get_text(answer, S("possible_from"))),
               STR(node_get_text(answer, S("hit_from"))));
    print_facts(hit);
}

int command_why(struct cli *cli)
{
    const char *record = cli_option(cli, "--record");
    struct node *body = node_map(&cli->arena), *answer = NULL;
    if (!record)
        err_set(ERR_USAGE, "--record is missing");
    if (!record || read_request(cli, body) != OK)
        return cli_fail();
    if (cli->purpose)
        node_put_text(&cli->arena, body, S("purpose"), str_c(cli->purpose));
    str path = arena_printf(&cli->arena, "/v1/records/%.*s/why", STR(url_part(cli, str_c(record))));
    if (client_send(cli, S("POST"), path, body, &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        print_why(answer);
    return str_eq(node_get_text(answer, S("why")), S("shown")) ? EXIT_OK : EXIT_NO;
}
