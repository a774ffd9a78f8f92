/* SPDX-License-Identifier: Apache-2.0 */
/* Words of the command line, each taken out as it is read; what is left at the end is a mistake. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "codec/json.h"

enum { READ_SIZE = 64 << 10 };

static void take_out(struct cli *cli, int at, int count)
{
    for (int i = at; i + count < cli->count; i++)
        cli->words[i] = cli->words[i + count];
    cli->count -= count;
}

static bool is_end_of_options(const struct cli *cli, int at)
{
    return strcmp(cli->words[at], "--") == 0;
}

bool cli_flag(struct cli *cli, const char *name)
{
    for (int i = 0; i < cli->count && !is_end_of_options(cli, i); i++)
        if (strcmp(cli->words[i], name) == 0) {
            take_out(cli, i, 1);
            return true;
        }
    return false;
}

const char *cli_option(struct cli *cli, const char *name)
{
    size_t len = strlen(name);
    for (int i = 0; i < cli->count && !is_end_of_options(cli, i); i++) {
        const char *word = cli->words[i];
        if (strncmp(word, name, len) != 0 || (word[len] && word[len] != '='))
            continue;
        if (word[len] == '=') {
            take_out(cli, i, 1);
            return word + len + 1;
        }
        if (i + 1 == cli->count)
            return NULL; /* cli_done() finds the name without its value */
        const char *value = cli->words[i + 1];
        take_out(cli, i, 2);
        return value;
    }
    return NULL;
}

const char *cli_word(struct cli *cli)
{
    for (int i = 0; i < cli->count; i++) {
        const char *word = cli->words[i];
        if (is_end_of_options(cli, i)) {
            if (i + 1 == cli->count)
                return NULL;
            word = cli->words[i + 1];
            take_out(cli, i + 1, 1);
            return word;
        }
        if (word[0] == '-' && word[1]) /* a lone - is standard input */
            continue;
        take_out(cli, i, 1);
        return word;
    }
    return NULL;
}

enum err cli_done(struct cli *cli)
{
    if (cli->count == 0 || (cli->count == 1 && is_end_of_options(cli, 0)))
        return OK;
    if (cli->count == 1 && cli->words[0][0] == '-')
        err_set(ERR_USAGE, "%s is no option of this command, or its value is missing",
                cli->words[0]);
    else
        err_set(ERR_USAGE, "%s is not understood here", cli->words[0]);
    return err_hint("--help after the command explains it");
}

enum err cli_number(struct cli *cli, const char *name, uint64_t otherwise, uint64_t max,
                    uint64_t *ret)
{
    const char *text = cli_option(cli, name);
    *ret = otherwise;
    if (!text || str_to_u64(str_c(text), max, ret))
        return OK;
    return err_set(ERR_USAGE, "%s %s is not a number from 0 to %llu", name, text,
                   (unsigned long long)max);
}

/* What the interface says to programs, in the words of the command line. */
static const struct {
    const char *http, *option;
} said[] = {
    {"send the header Bureau-Purpose", "--purpose CODE, or $BUREAU_PURPOSE"},
    {"send the ETag the record was read with", "`bureau get` shows it"},
    {"If-Match is required", "--version is required"},
};

int cli_fail(void)
{
    char text[1400];
    err_format(err_last(), text, sizeof text);
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        char *at = strstr(text, said[i].http);
        struct buf mended = {0};
        if (!at)
            continue;
        buf_add(&mended, str_of(text, (size_t)(at - text)));
        buf_printf(&mended, "%s%s", said[i].option, at + strlen(said[i].http));
        snprintf(text, sizeof text, "%.*s", STR(buf_str(&mended)));
        buf_release(&mended);
    }
    fprintf(stderr, "bureau: %s\n", text);
    return EXIT_ERROR;
}

enum err cli_path(struct cli *cli, const char *path, str *ret)
{
    char *full = realpath(path, NULL);
    if (full) {
        *ret = arena_str(&cli->arena, str_c(full));
        free(full);
        return OK;
    }
    char *here = realpath(".", NULL);
    if (!here)
        return err_errno("cannot tell the working directory");
    *ret = path[0] == '/' ? str_c(path) : arena_printf(&cli->arena, "%s/%s", here, path);
    free(here);
    return OK;
}

enum err cli_read(const char *file, size_t max, struct buf *out)
{
    FILE *in = strcmp(file, "-") == 0 ? stdin : fopen(file, "rb");
    if (!in)
        return err_errno("cannot read %s", file);
    char piece[READ_SIZE];
    out->max = max;
    enum err code = OK;
    for (size_t got = 1; got && !code;) {
        got = fread(piece, 1, sizeof piece, in);
        buf_add(out, str_of(piece, got));
        code = out->failed ? err_set(ERR_LIMIT, "%s is larger than %zu bytes", file, max) : OK;
    }
    if (!code && ferror(in))
        code = err_errno("cannot read %s", file);
    if (in != stdin)
        fclose(in);
    return code;
}

void print_node(struct cli *cli, const struct node *node)
{
    (void)cli;
    struct buf out = {0};
    json_write_pretty(&out, node);
    buf_add_char(&out, '\n');
    fwrite(out.ptr, 1, out.len, stdout);
    buf_release(&out);
}
