/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bureau serve. Signals are taken in this thread only; SIGTERM and SIGINT stop accepting, answer
 * what
 * was accepted, and close from the outside in.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/log.h"

#include "cmd/cmd.h"

enum { STOP_WITHIN_MS = 30000, RATE = 1000 };

static bool is_loopback(const char *address)
{
    str text = str_c(address);
    return str_starts(text, S("127.")) || str_starts(text, S("localhost:")) ||
           str_starts(text, S("[::1]:"));
}

/* What passkeys speak to: a scheme, a name that is no number, perhaps a port, nothing behind. */
static enum err check_origin(const char *origin)
{
    str text = str_c(origin);
    bool is_tls = str_starts(text, S("https://"));
    str rest = str_from(text, is_tls ? 8 : 7);
    size_t colon = str_find(rest, ':');
    str host = str_slice(rest, 0, colon);
    uint64_t port = 0;
    bool is_good = (is_tls || str_starts(text, S("http://localhost"))) && host.len > 0 &&
                   host.len < 254 && !is_digit(host.ptr[host.len - 1]) &&
                   (colon == rest.len || str_to_u64(str_from(rest, colon + 1), 65535, &port));
    for (size_t i = 0; i < host.len; i++)
        is_good = is_good && (is_lower(host.ptr[i]) || is_digit(host.ptr[i]) ||
                              host.ptr[i] == '.' || host.ptr[i] == '-');
    if (is_good)
        return OK;
    err_set(ERR_USAGE, "%s is not the address of a page", origin);
    return err_hint("--origin https://bureau.example, as it stands in the browser; small letters");
}

static enum err read_options(struct cli *cli, struct http_options *http, struct api_options *api,
                             bool *ret_is_demonstration)
{
    uint64_t rate;
    uint64_t loops;
    uint64_t share;
    const char *listen = cli_option(cli, "--listen");
    http->listen = listen ? listen : "127.0.0.1:1923";
    http->certificate = cli_option(cli, "--certificate");
    http->private_key = cli_option(cli, "--key");
    http->client_ca = cli_option(cli, "--client-ca");
    http->is_client_certificate_required = cli_flag(cli, "--require-client-certificate");
    TRY(cli_number(cli, "--rate", RATE, 10000000, &rate));
    TRY(cli_number(cli, "--loops", 0, 256, &loops));
    TRY(cli_number(cli, "--review-share", REVIEW_SHARE, 10000, &share));
    http->loops = (unsigned)loops;
    api->review_share = (unsigned)share;
    api->rate = (uint32_t)rate;
    api->version = BUREAU_VERSION;
    api->origin = cli_option(cli, "--origin");
    if (api->origin)
        TRY(check_origin(api->origin));
    if (strcmp(http->listen, "none") == 0)
        http->listen = NULL;
    bool is_demonstration = cli_flag(cli, "--demonstration");
    api->is_loopback_only = is_demonstration;
    if (is_demonstration && (!http->listen || !is_loopback(http->listen)))
        return err_set(ERR_USAGE, "a demonstration is served on a loopback address only");
    *ret_is_demonstration = is_demonstration;
    return cli_done(cli);
}

static void block_signals(sigset_t *stopping)
{
    sigemptyset(stopping);
    sigaddset(stopping, SIGTERM);
    sigaddset(stopping, SIGINT);
    pthread_sigmask(SIG_BLOCK, stopping, NULL);
}

static void announce(const struct http_options *http, const struct http_server *server)
{
    if (!http->listen) {
        printf("serving on %s\n", http->unix_path);
    } else {
        str address = str_c(http->listen);
        size_t colon = address.len;
        while (colon && address.ptr[colon - 1] != ':')
            colon--;
        printf("serving on %s://%.*s%u\n", http->certificate ? "https" : "http", (int)colon,
               address.ptr, http_server_port(server));
    }
    fflush(stdout);
}

/* The server is freed last: handlers may hold its exchanges until the node is closed. */
static enum err serve(struct running *running, struct http_options *http, sigset_t *stopping,
                      struct http_server **ret)
{
    api_serve(running->api, http);
    TRY(http_server_start(http, ret));
    struct http_server *server = *ret;
    api_watch(running->api, server);
    announce(http, server);
    notify_systemd("READY=1");
    int signal_number = watch_node(running, stopping);
    notify_systemd("STOPPING=1");
    log_write(LOG_INFO, "stopping on signal %d", signal_number);
    api_hurry(running->api);
    http_server_stop(server, STOP_WITHIN_MS);
    api_watch(running->api, NULL);
    return OK;
}

/* Clocks of tickets and what rings when they run out; review dates. */
static enum err start_clocks(struct running *running, struct flow_alarm_options options)
{
    struct node_key key;
    TRY(node_key_load(running->node.directory, &key));
    options.key = key.now;
    wipe(&key, sizeof key);
    enum err code = flow_alarms_start(running->node.flow, &options, &running->alarms);
    wipe(&options.key, sizeof options.key);
    if (!code)
        code = keep_start(running->node.keep);
    if (!code)
        code = standing_start(running->node.standing);
    return code ? code : flow_start(running->node.flow);
}

int command_serve(struct cli *cli)
{
    const struct flow_alarm_options alarms = {.command = cli_option(cli, "--alarm-command"),
                                              .mail = cli_option(cli, "--alarm-mail")};
    struct http_options http = {0};
    struct api_options api = {0};
    sigset_t stopping;
    bool is_demonstration = false;
    if (read_options(cli, &http, &api, &is_demonstration) != OK)
        return cli_fail();
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) !=
        0) { /* nor may another process of this user look in */
        err_errno("cannot shut this process against others");
        return cli_fail();
    }
    block_signals(&stopping); /* before threads are made: they inherit it */
    http.unix_path = arena_printf(&cli->arena, "%s/control", cli->data).ptr;
    struct http_server *server = NULL;
    enum err code = node_open(cli->data, cli->home, NODE_CREATE, &api, &cli->running);
    if (!code && is_demonstration)
        code = demonstration_open(cli->running);
    if (!code)
        code = start_clocks(cli->running, alarms);
    if (!code)
        code = serve(cli->running, &http, &stopping, &server);
    int result = code ? cli_fail() : EXIT_OK;
    node_close(cli->running);
    cli->running = NULL;
    http_server_free(server);
    return result;
}
