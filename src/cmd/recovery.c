/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bureau recovery, recover-administrator. Shares are drawn, shown and checked in this process; they
 * come from the keyboard and go to the screen, which is wiped after each, and stand in no file, no
 * command line and no log. The one request that carries them goes to the node's own socket.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"

#include "cmd/cmd.h"

enum { LINE_MAX_BYTES = 200, TRIES = 5 };

/* ---- the terminal ---- */

static bool is_at_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* The screen, and what has scrolled off it. */
static void wipe_screen(void)
{
    if (!is_at_terminal())
        return;
    fputs("\033[H\033[2J\033[3J", stdout);
    fflush(stdout);
}

/* false: the input has ended. */
static bool read_typed(char out[LINE_MAX_BYTES])
{
    fflush(stdout);
    return fgets(out, LINE_MAX_BYTES, stdin) != NULL;
}

/* A typed line of a share; at a terminal a slip is told at once, and the line asked for again. */
static enum err read_share_line(size_t line, char out[LINE_MAX_BYTES])
{
    char text[1400];
    for (int tries = 0;; tries++) {
        if (is_at_terminal())
            printf("%zu  ", line + 1);
        if (!read_typed(out))
            return err_set(ERR_SYNTAX, "the share ends in line %zu", line + 1);
        if (str_trim(str_c(out)).len == 0) {
            tries--;
            continue;
        }
        enum err code = share_check_line(str_trim(str_c(out)), line);
        if (!code || tries == TRIES || !is_at_terminal())
            return code;
        printf("   %s; once more\n", err_format(err_last(), text, sizeof text));
    }
}

static enum err read_share(struct key_share *ret)
{
    char line[LINE_MAX_BYTES];
    struct buf text = {.max = 4096};
    enum err code = buf_reserve(&text, 4000) ? OK : ERR_MEMORY;
    for (size_t i = 0; i < SHARE_LINES && !code; i++) {
        code = read_share_line(i, line);
        buf_add(&text, str_trim(str_c(line)));
        buf_add_char(&text, '\n');
    }
    code = code ? code : share_parse(buf_str(&text), ret);
    wipe(line, sizeof line);
    wipe(text.ptr, text.ptr ? text.size : 0);
    buf_release(&text);
    wipe_screen();
    return code;
}

static void ask_for_share(const char *what, size_t number)
{
    if (is_at_terminal())
        printf("%s %zu: its nine lines\n", what, number);
}

/* ---- what the node knows of them ---- */

static enum err get_set(struct cli *cli, struct recovery_set *ret)
{
    struct node *answer = NULL;
    TRY(client_get(cli, S("/v1/recovery"), &answer));
    return recovery_read(answer, ret);
}

/* Two shares of the set in force, as the body's member "shares"; wipe the texts afterwards. */
static enum err read_two(struct cli *cli, struct node *body, char *texts[2])
{
    char lines[SHARE_LINES][SHARE_LINE_TEXT];
    struct key_share share;
    struct node *list = node_list(&cli->arena);
    for (size_t i = 0; i < 2; i++) {
        ask_for_share("share of holder", i + 1);
        TRY(read_share(&share));
        share_print(&share, lines);
        wipe(&share, sizeof share);
        texts[i] = arena_alloc(&cli->arena, sizeof lines);
        if (!texts[i])
            return err_last()->code;
        for (size_t k = 0; k < SHARE_LINES; k++)
            memcpy(texts[i] + k * SHARE_LINE_TEXT, lines[k], SHARE_LINE_TEXT);
        for (size_t k = 1; k <= SHARE_LINES; k++)
            texts[i][k * SHARE_LINE_TEXT - 1] = '\n';
        wipe(lines, sizeof lines);
        node_add(list, node_text(&cli->arena, str_of(texts[i], sizeof lines)));
    }
    node_put(body, S("shares"), list);
    return OK;
}

static void forget_two(char *texts[2])
{
    for (size_t i = 0; i < 2; i++)
        if (texts[i])
            wipe(texts[i], SHARE_LINES * (size_t)SHARE_LINE_TEXT);
}

/* ---- splitting ---- */

/* What was written down is typed back in part, so that nobody leaves with a page of slips. */
static enum err prove_written(const char lines[SHARE_LINES][SHARE_LINE_TEXT])
{
    char typed[LINE_MAX_BYTES];
    unsigned char drawn = 0;
    random_bytes(&drawn, sizeof drawn);
    size_t line = drawn % SHARE_LINES;
    for (int tries = 0; tries < TRIES; tries++) {
        printf("From your paper, line %zu: ", line + 1);
        if (!read_typed(typed))
            return err_set(ERR_TIMEOUT, "the terminal was left");
        str text = str_trim(str_c(typed));
        if (share_check_line(text, line) == OK && str_eq_nocase(text, str_c(lines[line])))
            return OK;
        puts("That is not what was shown; with its dashes, once more.");
    }
    return err_set(ERR_USAGE, "the line was not typed as it was shown");
}

static enum err show_share(const struct key_share *share)
{
    char lines[SHARE_LINES][SHARE_LINE_TEXT];
    char set[SHARE_SET_TEXT];
    char typed[LINE_MAX_BYTES];
    share_print(share, lines);
    share_set_text(share->set, set);
    wipe_screen();
    printf("For holder %u of %u alone; %u are needed. Press Enter when nobody else can see.",
           share->index, share->of, share->need);
    enum err code = read_typed(typed) ? OK : err_set(ERR_TIMEOUT, "the terminal was left");
    if (!code) {
        printf("\nBureau recovery, set %s, share %u of %u, %u needed\n\n", set, share->index,
               share->of, share->need);
        for (size_t i = 0; i < SHARE_LINES; i++)
            printf("  %zu  %s\n", i + 1, lines[i]);
        printf("\nWrite it down, keep it sealed and apart from the machine. Then press Enter.");
        code = read_typed(typed) ? OK : err_set(ERR_TIMEOUT, "the terminal was left");
    }
    wipe_screen();
    code = code ? code : prove_written(lines);
    wipe(lines, sizeof lines);
    wipe(typed, sizeof typed);
    wipe_screen();
    return code;
}

static enum err split(struct cli *cli, unsigned need, unsigned of, struct node *body)
{
    struct recovery_set set;
    struct key_share shares[SHARE_OF_MAX];
    struct node *answer = NULL;
    TRY(recovery_new(need, of, &set, shares));
    enum err code = OK;
    for (size_t i = 0; i < of && !code; i++)
        code = show_share(&shares[i]);
    wipe(shares, sizeof shares);
    node_each(member, recovery_print(&set, &cli->arena))
        node_put(body, member->key, node_copy(&cli->arena, member));
    if (!code)
        code = client_send(cli, S("POST"), S("/v1/recovery"), body, &answer);
    return code;
}

static int run_split(struct cli *cli)
{
    uint64_t of, need;
    char *texts[2] = {NULL, NULL};
    struct recovery_set before;
    struct node *body = node_map(&cli->arena);
    const char *country = cli_option(cli, "--country");
    if (cli_number(cli, "--of", 0, SHARE_OF_MAX, &of) != OK ||
        cli_number(cli, "--need", 0, SHARE_OF_MAX, &need) != OK || cli_done(cli) != OK)
        return cli_fail();
    if (need < SHARE_NEED_MIN || need > of) {
        err_set(ERR_USAGE, "--of and --need: at least %d of at most %d, as --of 5 --need 3",
                SHARE_NEED_MIN, SHARE_OF_MAX);
        return cli_fail();
    }
    if (!is_at_terminal()) {
        err_set(ERR_USAGE, "shares are shown at a terminal, to no file and no program");
        return cli_fail();
    }
    if (country)
        node_put_text(&cli->arena, body, S("country"), str_c(country));
    enum err code = get_set(cli, &before);
    if (code == OK) {
        puts("There is a splitting already; two of its holders allow another.");
        code = read_two(cli, body, texts);
    } else if (code == ERR_NOT_FOUND) {
        code = OK;
    }
    code = code ? code : split(cli, (unsigned)need, (unsigned)of, body);
    forget_two(texts);
    if (code) {
        (void)!err_hint("nothing was taken up: destroy what was written down");
        return cli_fail();
    }
    printf("%u shares are in force. Let each holder test his: bureau recovery check\n",
           (unsigned)of);
    return EXIT_OK;
}

/* ---- checking, combining ---- */

static int run_check(struct cli *cli)
{
    struct key_share share;
    struct recovery_set set;
    if (cli_done(cli) != OK || get_set(cli, &set) != OK)
        return cli_fail();
    ask_for_share("share no.", 1);
    if (read_share(&share) != OK)
        return cli_fail();
    bool is_good = recovery_knows(&set, &share);
    unsigned index = share.index;
    wipe(&share, sizeof share);
    if (is_good)
        printf("share %u of %u is good\n", index, set.of);
    else
        fputs("this share is whole, but none of those in force\n", stderr);
    return is_good ? EXIT_OK : EXIT_NO;
}

static int run_combine(struct cli *cli)
{
    struct key_share shares[SHARE_OF_MAX];
    size_t count = 0;
    size_t files = 0;
    if (cli_done(cli) != OK)
        return cli_fail();
    if (!recovery_is_sealed(cli->data)) {
        err_set(ERR_CONFLICT, "the keys of %s are not sealed", cli->data);
        return cli_fail();
    }
    enum err code = OK;
    do {
        ask_for_share("share no.", count + 1);
        code = read_share(&shares[count]);
        count += code == OK;
    } while (!code && count < shares[0].need && count < SHARE_OF_MAX);
    code = code ? code : recovery_restore(cli->data, shares, count, &files);
    wipe(shares, sizeof shares);
    if (code)
        return cli_fail();
    printf("%zu keys are back in %s\n", files, cli->data);
    return EXIT_OK;
}

static int run_show(struct cli *cli)
{
    struct node *answer = NULL;
    if (cli_done(cli) != OK || client_get(cli, S("/v1/recovery"), &answer) != OK)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        printf("set %.*s: %.*s of %.*s, since %.*s\n", STR(node_get_text(answer, S("set"))),
               STR(node_get_text(answer, S("need"))), STR(node_get_text(answer, S("of"))),
               STR(node_get_text(answer, S("made"))));
    return EXIT_OK;
}

int command_recovery(struct cli *cli)
{
    static const struct {
        const char *word;
        int (*run)(struct cli *cli);
    } kinds[] = {{"split", run_split},
                 {"check", run_check},
                 {"combine", run_combine},
                 {"show", run_show}};
    const char *what = cli_word(cli);
    for (size_t i = 0; what && i < COUNT_OF(kinds); i++)
        if (strcmp(what, kinds[i].word) == 0)
            return kinds[i].run(cli);
    err_set(ERR_USAGE, "expected recovery split, check, combine or show");
    return cli_fail();
}

/* ---- the administrator ---- */

static void put_option(struct cli *cli, struct node *body, const char *option, str key)
{
    const char *value = cli_option(cli, option);
    if (value)
        node_put_text(&cli->arena, body, key, str_c(value));
}

int command_recover_administrator(struct cli *cli)
{
    char *texts[2] = {NULL, NULL};
    struct node *answer = NULL;
    struct node *body = node_map(&cli->arena);
    put_option(cli, body, "--country", S("country"));
    put_option(cli, body, "--unit", S("unit"));
    put_option(cli, body, "--reason", S("reason"));
    const char *id = cli_word(cli);
    if (!id || !node_get(body, S("reason"))) {
        err_set(ERR_USAGE, "%s is missing", id ? "--reason" : "the administrator's id");
        return cli_fail();
    }
    node_put_text(&cli->arena, body, S("officer"), str_c(id));
    if (cli_done(cli) != OK)
        return cli_fail();
    enum err code = read_two(cli, body, texts);
    if (!code)
        code = client_send(cli, S("POST"), S("/v1/recovery/administrator"), body, &answer);
    forget_two(texts);
    if (code)
        return cli_fail();
    if (cli->is_json)
        print_node(cli, answer);
    else
        printf("Open this page of the node once, until %.*s:\n  %.*s\n",
               STR(node_get_text(answer, S("until"))), STR(node_get_text(answer, S("link"))));
    return EXIT_OK;
}
