/* SPDX-License-Identifier: Apache-2.0 */
/* bureau sample: writes a fictional world as files; touches no data directory. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "model/model.h"
#include "sample/sample.h"

enum { PERSONS_DEFAULT = 1000, PERSONS_MAX = 100000000 };

static bool show(void *context, uint64_t done, uint64_t total)
{
    progress_show(context, done, total, -1, -1, S("records"), S("writing the world"));
    return true;
}

static void report_world(struct cli *cli, const char *directory, const struct sample_report *report)
{
    if (!cli->is_json) {
        printf("%llu records, %llu damaged queries in truth.tsv, %llu photographs in %s\n",
               (unsigned long long)report->records, (unsigned long long)report->truths,
               (unsigned long long)report->photographs, directory);
        if (report->given_up)
            printf("%llu records could not be made to fit the rules of their database\n",
                   (unsigned long long)report->given_up);
        return;
    }
    struct node *map = node_map(&cli->arena);
    node_put_number(&cli->arena, map, S("records"), (int64_t)report->records);
    node_put_number(&cli->arena, map, S("truths"), (int64_t)report->truths);
    node_put_number(&cli->arena, map, S("pictures"), (int64_t)report->photographs);
    node_put_number(&cli->arena, map, S("given_up"), (int64_t)report->given_up);
    print_node(cli, map);
}

int command_sample(struct cli *cli)
{
    struct progress progress = {.is_tty = cli->is_tty};
    struct sample_options options = {.today = day_today(), .progress_context = &progress};
    struct sample_report report;
    struct catalog *catalog = NULL;
    if (cli_number(cli, "--persons", PERSONS_DEFAULT, PERSONS_MAX, &options.persons) ||
        cli_number(cli, "--seed", 1, UINT32_MAX, &options.seed))
        return cli_fail();
    options.directory = cli_option(cli, "--out");
    options.directory = options.directory ? options.directory : "world";
    options.progress = cli->is_tty ? show : NULL;
    if (cli_done(cli) != OK || catalog_load(cli->home, &catalog) != OK)
        return cli_fail();
    enum err code = sample_write(catalog, &options, &report);
    catalog_free(catalog);
    if (cli->is_tty)
        progress_end(&progress);
    if (code != OK)
        return cli_fail();
    report_world(cli, options.directory, &report);
    return EXIT_OK;
}
