/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd: the program. A command reads its words, makes the request a program would send, and prints
 * the
 * answer: over DIR/control when a server runs, else in this process through the same dispatcher.
 *
 *   int run_example(struct cli *cli)
 *   {
 *       const char *owner = cli_option(cli, "--owner");
 *       const char *file = cli_word(cli);
 *       if (cli_done(cli) != OK)
 *           return cli_fail();
 *       ...
 *       if (client_call(cli, &call, &reply) != OK)
 *           return cli_fail();
 *   }
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <signal.h>

#include "api/api.h"

enum { EXIT_OK = 0, EXIT_NO = 1, EXIT_ERROR = 2 };

struct node; /* a JSON tree, see codec */
struct cli {
    char **words; /* what is left to read */
    int count;
    const char *data, *home;
    const char *purpose, *reference;
    str token; /* "Bearer ...": an officer's, of $BUREAU_TOKEN; empty: the local administrator */
    bool is_json, is_tty; /* tty: stderr, for progress */
    struct arena arena;
    struct running *running; /* the node opened in this process; NULL: none yet */
};
struct command {
    const char *name, *words, *help, *more;
    int (*run)(struct cli *cli);
};
extern const struct command commands[];
extern const size_t command_count;

/* args.c: each takes what it reads out of the words */
bool cli_flag(struct cli *cli, const char *name);
const char *cli_option(struct cli *cli, const char *name); /* --name value, --name=value; NULL */
const char *cli_word(struct cli *cli);                     /* next plain word; NULL */
enum err cli_done(struct cli *cli) MUST_USE;               /* ERR_USAGE when something is left */
enum err cli_number(struct cli *cli, const char *name, uint64_t otherwise, uint64_t max,
                    uint64_t *ret) MUST_USE;
int cli_fail(void); /* prints the error at hand, gives EXIT_ERROR */
int cli_fail_json(struct cli *cli);
/* An absolute path of an existing or new file, from the arena. */
enum err cli_path(struct cli *cli, const char *path, str *ret) MUST_USE;
/* A whole file, or standard input for "-". Release out in any case. */
enum err cli_read(const char *file, size_t max, struct buf *out) MUST_USE;
void print_node(struct cli *cli, const struct node *node);

/* approval.c: an answer that says that a change waits is told; false: it does not wait. */
bool print_if_waiting(struct cli *cli, const struct node *answer);

/* client.c */
struct http_call;
/* Fills in what every request has; an answer of 400 and above becomes the error at hand. */
enum err client_call(struct cli *cli, struct http_call *call, struct http_reply *ret) MUST_USE;
enum err client_get(struct cli *cli, str path, struct node **ret) MUST_USE;
enum err client_send(struct cli *cli, str method, str path, const struct node *body,
                     struct node **ret) MUST_USE;
/* Follows a job to its end with progress on stderr; *ret is its last status. */
enum err client_follow(struct cli *cli, const struct node *started, struct node **ret) MUST_USE;
str url_part(struct cli *cli, str text); /* percent-encoded */
str url_path(struct cli *cli, str text); /* the same, slashes stay */

/* node.c: the modules of one data directory, opened and wired */
enum node_mode { NODE_EXISTING, NODE_CREATE };
struct running {
    struct api_node node;
    struct catalog *catalog;
    struct api *api;
    struct flow_alarms *alarms; /* of a node that serves */
    struct http_options http;   /* handler and context, for http_call_here or a server */
};
enum err node_open(const char *data, const char *home, enum node_mode mode,
                   const struct api_options *options, struct running **ret) MUST_USE;
void node_close(struct running *running);
/* The hook after erasures: the audit log lets go of what it quotes. context: struct running. */
enum err withdraw_erased(void *context) MUST_USE;

/* retention.c: review dates, with all they touch; what a restored backup still has is deleted. */
enum err retention_open(struct running *running) MUST_USE;

/* rights.c: what persons ask and what is held back, with flow and store */
enum err rights_of_persons_open(struct running *running) MUST_USE;

/* standing.c: questions that wait, with those who may see and the log */
enum err standing_queries_open(struct running *running) MUST_USE;

/* demonstration.c: makes the session of `serve --demonstration` and says what to try */
enum err demonstration_open(struct running *running) MUST_USE;

/* progress.c */
struct progress {
    bool is_tty;
    int64_t shown_us;
    uint64_t shown_done;
};
void progress_show(struct progress *progress, uint64_t done, uint64_t total, double rate,
                   double left_s, str unit, str step);
void progress_end(struct progress *progress);

/* import_report.c: what became of a file, in words */
void import_report_print(const struct node *report);

/* notify.c: systemd's readiness protocol, without its library */
void notify_systemd(const char *state);

/* watch.c: looks after a serving node until one of the signals comes, which it returns */
int watch_node(struct running *running, const sigset_t *stopping);

#define BUREAU_VERSION "0.1.0"

int command_serve(struct cli *cli);
int command_search(struct cli *cli);
int command_why(struct cli *cli);
int command_duplicates(struct cli *cli);
int command_import(struct cli *cli);
int command_get(struct cli *cli);
int command_put(struct cli *cli);
int command_photograph(struct cli *cli);
int command_state(struct cli *cli);
int command_erase(struct cli *cli);
int command_check(struct cli *cli);
int command_manual(struct cli *cli);
int command_template(struct cli *cli);
int command_index(struct cli *cli);
int command_learn(struct cli *cli);
int command_audit(struct cli *cli);
int command_backup(struct cli *cli);
int command_restore(struct cli *cli);
int command_export(struct cli *cli);
int command_doctor(struct cli *cli);
int command_bench(struct cli *cli);
int command_version(struct cli *cli);
int command_officer(struct cli *cli);
int officer_invite(struct cli *cli);
int officer_change(struct cli *cli);
int officer_import(struct cli *cli);
int command_setup(struct cli *cli);
int command_unit(struct cli *cli);
int command_grant(struct cli *cli);
int command_measure(struct cli *cli);
int command_approval(struct cli *cli);
int command_recovery(struct cli *cli);
int command_keys(struct cli *cli);
int command_recover_administrator(struct cli *cli);
int command_terminal(struct cli *cli);
/* officer.c: the key of the file --certificate names, as certificate_key. */
enum err put_certificate(struct cli *cli, struct node *body) MUST_USE;
int command_upgrade(struct cli *cli);
int command_ticket(struct cli *cli);
int command_handover(struct cli *cli); /* ticket handover */
int command_policy(struct cli *cli);
int command_sample(struct cli *cli);
int command_records(struct cli *cli);
int command_certificate(struct cli *cli);
int command_standing(struct cli *cli);
int command_rights(struct cli *cli);

#endif
