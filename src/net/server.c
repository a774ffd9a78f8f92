/* SPDX-License-Identifier: Apache-2.0 */
/* The server as a whole: defaults, start, stop, figures. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/internal.h"

static const struct http_limits defaults = {
    .header_bytes = 8 << 10,
    .body_bytes = 1 << 20,
    .stranger_body_bytes = 64 << 10,
    .connections = 20000,
    .connections_per_peer = 1000,
    .stranger_ms = 14000,
    .trusted_ms = 120000,
    .answer_ms = 120000,
};

static uint32_t or_default(uint32_t given, uint32_t otherwise)
{
    return given ? given : otherwise;
}

static struct http_limits complete_limits(const struct http_limits *given)
{
    return (struct http_limits){
        .header_bytes = or_default(given->header_bytes, defaults.header_bytes),
        .body_bytes = or_default(given->body_bytes, defaults.body_bytes),
        .stranger_body_bytes = or_default(given->stranger_body_bytes, defaults.stranger_body_bytes),
        .connections = or_default(given->connections, defaults.connections),
        .connections_per_peer =
            or_default(given->connections_per_peer, defaults.connections_per_peer),
        .stranger_ms = or_default(given->stranger_ms, defaults.stranger_ms),
        .trusted_ms = or_default(given->trusted_ms, defaults.trusted_ms),
        .answer_ms = or_default(given->answer_ms, defaults.answer_ms),
    };
}

static enum err prepare(struct http_server *server)
{
    const struct http_options *options = &server->options;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, parse_init);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    server->loop_count = options->loops ? options->loops : cores > 0 ? (unsigned)cores : 1;
    server->loops = calloc(server->loop_count, sizeof *server->loops);
    server->peers = peers_new();
    if (!server->loops || !server->peers)
        return err_set(ERR_MEMORY, "out of memory for the server");
    if (options->certificate)
        TRY(tls_new(options, &server->tls));
    if (options->listen)
        TRY(listen_tcp(options->listen, &server->listen_fd, &server->port));
    if (options->unix_path) {
        server->unix_path = strdup(options->unix_path);
        TRY(listen_unix(options->unix_path, &server->unix_fd));
    }
    return OK;
}

enum err http_server_start(const struct http_options *options, struct http_server **ret)
{
    ensure(options->handler);
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        return err_set(ERR_MEMORY, "out of memory for the server");
    server->options = *options;
    server->limits = complete_limits(&options->limits);
    server->listen_fd = server->unix_fd = server->spare_fd = -1;
    enum err code = prepare(server);
    /* The first loop accepts for all, so it is started last. */
    for (unsigned i = server->loop_count; !code && i-- > 0;) {
        code = loop_start(server, &server->loops[i], i);
        server->started += !code;
    }
    if (code) {
        struct err_info kept = *err_last();
        http_server_stop(server, 0);
        http_server_free(server);
        err_restore(&kept);
        return code;
    }
    *ret = server;
    return OK;
}

void http_server_stop(struct http_server *server, uint32_t deadline_ms)
{
    if (!server)
        return;
    atomic_store(&server->stop_deadline_ms, now_ms() + deadline_ms);
    atomic_store(&server->is_stopping, true);
    unsigned first = server->loop_count - server->started;
    for (unsigned i = first; i < server->loop_count; i++)
        loop_wake(&server->loops[i]);
    for (unsigned i = first; i < server->loop_count; i++)
        pthread_join(server->loops[i].thread, NULL);
    server->started = 0;
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    ensure(server->started == 0);
    for (unsigned i = 0; server->loops && i < server->loop_count; i++)
        loop_release(&server->loops[i]);
    if (server->listen_fd >= 0)
        (void)close(server->listen_fd);
    if (server->unix_fd >= 0)
        (void)close(server->unix_fd);
    if (server->spare_fd >= 0)
        (void)close(server->spare_fd);
    if (server->unix_path)
        unlink(server->unix_path);
    free(server->unix_path);
    tls_free(server->tls);
    peers_free(server->peers);
    free(server->loops);
    free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_stats(const struct http_server *server, struct http_stats *ret)
{
    *ret = (struct http_stats){.accepted = atomic_load(&server->accepted),
                               .open = atomic_load(&server->open)};
    for (unsigned i = 0; i < server->loop_count; i++) {
        const struct loop *loop = &server->loops[i];
        ret->requests += atomic_load_explicit(&loop->requests, memory_order_relaxed);
        ret->refused_malformed +=
            atomic_load_explicit(&loop->refused_malformed, memory_order_relaxed);
        ret->refused_limit += atomic_load_explicit(&loop->refused_limit, memory_order_relaxed);
        ret->timed_out += atomic_load_explicit(&loop->timed_out, memory_order_relaxed);
        ret->bytes_in += atomic_load_explicit(&loop->bytes_in, memory_order_relaxed);
        ret->bytes_out += atomic_load_explicit(&loop->bytes_out, memory_order_relaxed);
    }
}
