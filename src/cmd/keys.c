/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bureau keys: which there are, and others in their place. Replacing is done at the machine with
 * the node stopped, so that nothing signs or seals meanwhile; its entry is on the record first.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/random.h"

#include "cmd/cmd.h"
#include "codec/json.h"

enum { FILE_BYTES_MAX = 1 << 20 };

/* ---- list ---- */

static const struct key_file {
    const char *name, *what, *otherwise;
} key_files[] = {
    {"node.key", "signs checkpoints, certificates of deletion, slips, webhooks",
     "keys replace node"},
    {"audit/reader.key", "opens the log's keys", "keys replace reader"},
    {"audit/receipt.key", "makes receipts", "never: receipts name entries for ever"},
    {"value.key", "stands for values that are never stored", "never: they cannot be hashed again"},
    {"identity.key", "seals one-time codes, marks devices", "each officer invited anew"},
    {"applicants.key", "seals who asks for their rights", "with the requests it seals"},
    {"objections.key", "seals who objected", "with the objections it seals"},
    {"cursor.key", "seals places in lists", "remove it: lists begin anew"},
};

static void print_file(struct cli *cli, const struct key_file *file, int64_t time_us)
{
    char time[24];
    clock_format(time_us, time);
    if (cli->is_json)
        printf("{\"key\":\"%s\",\"since\":\"%s\",\"for\":\"%s\",\"replaced\":\"%s\"}\n", file->name,
               time, file->what, file->otherwise);
    else
        printf("%-18s %.10s  %s; replaced: %s\n", file->name, time, file->what, file->otherwise);
}

static int list(struct cli *cli)
{
    if (cli_done(cli) != OK)
        return cli_fail();
    for (size_t i = 0; i < COUNT_OF(key_files); i++) {
        struct stat about;
        str path = arena_printf(&cli->arena, "%s/%s", cli->data, key_files[i].name);
        if (stat(path.ptr, &about) == 0)
            print_file(cli, &key_files[i], (int64_t)about.st_mtime * 1000000);
    }
    return EXIT_OK;
}

/* ---- replace ---- */

static enum err put_on_record(struct api_node *node, const char *verdict)
{
    static const struct actor actor = {.officer = S("local"),
                                       .role = S("administrator"),
                                       .purpose = UINT16_MAX};
    char receipt[RECEIPT_TEXT];
    struct audit_entry entry = {.kind = AUDIT_ADMIN,
                                .time_us = clock_now_us(),
                                .actor = &actor,
                                .databases = S("-"),
                                .query = S("{}"),
                                .verdict = str_c(verdict),
                                .catalog = node->catalog->hash};
    return audit_append_wait(node->audit, &entry, receipt);
}

static enum err open_here(struct cli *cli)
{
    const struct api_options options = {.version = BUREAU_VERSION, .review_share = REVIEW_SHARE};
    return node_open(cli->data, cli->home, NODE_EXISTING, &options, &cli->running);
}

/* The checkpoint that lies there is signed anew, with the key that is now in use. */
static enum err sign_anew(struct cli *cli)
{
    struct buf checkpoint = {.max = FILE_BYTES_MAX};
    node_close(cli->running);
    cli->running = NULL;
    TRY(open_here(cli));
    enum err code = audit_checkpoint(cli->running->node.audit, &checkpoint);
    buf_release(&checkpoint);
    return code;
}

static enum err replace_node_key(struct cli *cli, bool is_given_up)
{
    struct api_node *node = &cli->running->node;
    TRY(put_on_record(node, is_given_up ? "node key given up" : "node key replaced"));
    TRY(node_key_replace(cli->data, is_given_up, clock_now_us()));
    TRY(sign_anew(cli));
    struct buf line = {0};
    audit_key(cli->running->node.audit, &line);
    printf("The node signs with another key now:\n%.*s\n", STR(buf_str(&line)));
    puts(is_given_up ? "What the old one signed holds no more: give out slips and proofs anew."
                     : "What the old one signed still holds.");
    buf_release(&line);
    return OK;
}

static enum err replace_reader_key(struct cli *cli)
{
    struct api_node *node = &cli->running->node;
    TRY(put_on_record(node, "reader key replaced"));
    TRY(audit_replace_reader(node->audit));
    puts("The log is read with another key now. Backups made before open with theirs.");
    return OK;
}

static int replace(struct cli *cli)
{
    const char *which = cli_word(cli);
    bool is_given_up = cli_flag(cli, "--given-up");
    bool is_node = which && str_eq_c(S("node"), which);
    bool is_reader = which && str_eq_c(S("reader"), which) && !is_given_up;
    if (!is_node && !is_reader) {
        err_set(ERR_USAGE, "expected: keys replace node [--given-up], keys replace reader");
        return cli_fail();
    }
    if (cli_done(cli) != OK || open_here(cli) != OK)
        return cli_fail();
    enum err code = is_node ? replace_node_key(cli, is_given_up) : replace_reader_key(cli);
    return code ? cli_fail() : EXIT_OK;
}

/* ---- follow ---- */

static enum err follow_files(const char *changes, const char *key)
{
    struct buf text = {.max = FILE_BYTES_MAX}, held = {.max = FILE_BYTES_MAX};
    struct buf keys = {.max = FILE_BYTES_MAX};
    str lines, line;
    enum err code = cli_read(changes, FILE_BYTES_MAX, &text);
    if (!code)
        code = cli_read(key, FILE_BYTES_MAX, &held);
    lines = buf_str(&held);
    if (!code && !str_split(&lines, '\n', &line))
        code = err_set(ERR_SYNTAX, "%s holds no key", key);
    if (!code)
        code = node_key_follow(buf_str(&text), line, &keys);
    if (!code)
        printf("%.*s\n", STR(buf_str(&keys)));
    buf_release(&text);
    buf_release(&held);
    buf_release(&keys);
    return code;
}

static int follow(struct cli *cli)
{
    const char *changes = cli_word(cli);
    const char *key = cli_option(cli, "--key");
    if (!changes || !key) {
        err_set(ERR_USAGE, "expected: keys follow CHANGES --key FILE");
        return cli_fail();
    }
    if (cli_done(cli) != OK || follow_files(changes, key) != OK)
        return cli_fail();
    return EXIT_OK;
}

int command_keys(struct cli *cli)
{
    const char *what = cli_word(cli);
    if (what && str_eq_c(S("list"), what))
        return list(cli);
    if (what && str_eq_c(S("replace"), what))
        return replace(cli);
    if (what && str_eq_c(S("follow"), what))
        return follow(cli);
    err_set(ERR_USAGE, "expected keys list, replace or follow");
    return cli_fail();
}
