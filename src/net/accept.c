/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening and letting in. One loop accepts and hands connections round robin: with SO_REUSEPORT
 * the kernel's hash leaves one of two loops idle when clients are few, as in an office. The caps
 * are applied here; who is one too many hears so before the door closes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/internal.h"

enum { BACKLOG = 4096, ACCEPT_ROUND = 256 };

/* ---- letting in ---- */

static void describe_v4(struct connection *connection, const struct sockaddr_in *from)
{
    char host[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &from->sin_addr, host, sizeof host);
    snprintf(connection->peer, sizeof connection->peer, "%s:%u", host, ntohs(from->sin_port));
    connection->is_loopback = (ntohl(from->sin_addr.s_addr) >> 24) == 127;
    connection->peer_key = ((uint64_t)1 << 63) | from->sin_addr.s_addr;
}

static void describe_v6(struct connection *connection, const struct sockaddr_in6 *from)
{
    char host[INET6_ADDRSTRLEN] = "";
    inet_ntop(AF_INET6, &from->sin6_addr, host, sizeof host);
    snprintf(connection->peer, sizeof connection->peer, "[%s]:%u", host, ntohs(from->sin6_port));
    connection->is_loopback = IN6_IS_ADDR_LOOPBACK(&from->sin6_addr);
    uint64_t network;
    memcpy(&network, from->sin6_addr.s6_addr, sizeof network);
    connection->peer_key = hash_mix(network, 6) | 1;
}

static void describe(struct connection *connection, const struct sockaddr_storage *from)
{
    struct ucred credentials = {0};
    socklen_t size = sizeof credentials;
    switch (from->ss_family) {
    case AF_INET: describe_v4(connection, (const struct sockaddr_in *)from); break;
    case AF_INET6: describe_v6(connection, (const struct sockaddr_in6 *)from); break;
    default:
        connection->is_unix = true;
        connection->peer_uid = UINT32_MAX;
        snprintf(connection->peer, sizeof connection->peer, "unix");
        if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
            connection->peer_uid = credentials.uid;
    }
}

static void hand_over(struct http_server *server, struct loop *here, struct connection *connection)
{
    struct loop *loop = &server->loops[server->next_loop++ % server->loop_count];
    atomic_fetch_add_explicit(&server->accepted, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&server->open, 1, memory_order_relaxed);
    if (loop == here) {
        connection_adopt(loop, connection);
        return;
    }
    struct connection *head = atomic_load_explicit(&loop->handed, memory_order_relaxed);
    do
        connection->next = head;
    while (!atomic_compare_exchange_weak_explicit(&loop->handed, &head, connection,
                                                  memory_order_release, memory_order_relaxed));
    if (!head)
        loop_wake(loop);
}

static void turn_away(struct loop *loop, int fd, int status, const char *reason)
{
    struct buf out = {0};
    if (!loop->server->tls) {
        answer_own(&out, status, reason);
        ssize_t got = send(fd, out.ptr, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)got; /* a courtesy */
        buf_release(&out);
    }
    atomic_fetch_add_explicit(&loop->refused_limit, 1, memory_order_relaxed);
    shutdown(fd, SHUT_WR);
    (void)close(fd);
}

static void let_in(struct loop *loop, int fd, const struct sockaddr_storage *from)
{
    struct http_server *server = loop->server;
    if (atomic_load(&server->open) >= server->limits.connections) {
        turn_away(loop, fd, 503, "too many connections are open");
        return;
    }
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        turn_away(loop, fd, 503, "out of memory");
        return;
    }
    connection->fd = fd;
    parse_begin(&connection->parser);
    describe(connection, from);
    if (!connection->is_unix && !connection->is_loopback) {
        uint32_t max = server->limits.connections_per_peer;
        if (!peers_enter(server->peers, connection->peer_key, max)) {
            free(connection);
            turn_away(loop, fd, 429, "too many connections from this address");
            return;
        }
        connection->is_counted = true;
    }
    int on = 1;
    if (!connection->is_unix)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    hand_over(server, loop, connection);
}

/* Out of descriptors: one is kept in reserve to say so, else the waiting peer would spin us. */
static void refuse_for_descriptors(struct loop *loop, int listener)
{
    struct http_server *server = loop->server;
    if (server->spare_fd >= 0)
        (void)close(server->spare_fd);
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        turn_away(loop, fd, 503, "too many connections are open");
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Bounded, so that a flood of connections does not starve those that are in; level-triggered. */
void accept_ready(struct loop *loop, int listener)
{
    for (int i = 0; i < ACCEPT_ROUND && listener >= 0; i++) {
        struct sockaddr_storage from = {.ss_family = AF_UNIX};
        socklen_t size = sizeof from;
        int fd = accept4(listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0 && (errno == EMFILE || errno == ENFILE))
            refuse_for_descriptors(loop, listener);
        if (fd < 0)
            return;
        let_in(loop, fd, &from);
    }
}

/* ---- listening ---- */

static enum err split_address(const char *address, char *host, size_t size, const char **ret_port)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;
    uint64_t number;
    if (!colon || !str_to_u64(str_c(colon + 1), UINT16_MAX, &number) || len >= size)
        return err_set(ERR_USAGE, "%s is not an address to listen on: host:port", address);
    if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }
    memcpy(host, address, len);
    host[len] = 0;
    *ret_port = colon + 1;
    return OK;
}

static enum err bind_one(const struct addrinfo *at, const char *address, int *ret_fd)
{
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    int off = 0;
    if (fd < 0)
        return err_errno("cannot listen on %s", address);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
        enum err code = err_errno("cannot listen on %s", address);
        (void)close(fd);
        return code;
    }
    *ret_fd = fd;
    return OK;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage own = {0};
    socklen_t size = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &size) < 0)
        return 0;
    /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): getsockname filled it */
    return ntohs(own.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&own)->sin6_port
                                           : ((struct sockaddr_in *)&own)->sin_port);
}

enum err listen_tcp(const char *address, int *ret_fd, uint16_t *ret_port)
{
    char host[256];
    const char *port = NULL;
    host[0] = 0;
    TRY(split_address(address, host, sizeof host, &port));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
    if (failed)
        return err_set(ERR_USAGE, "cannot listen on %s: %s", address, gai_strerror(failed));
    enum err code = bind_one(found, address, ret_fd);
    freeaddrinfo(found);
    if (!code)
        *ret_port = port_of(*ret_fd);
    return code;
}

/* ---- Unix sockets ---- */

/*
 * sun_path holds 107 bytes and data directories may lie deeper: then the socket is named through
 * /proc/self/fd of its opened directory, which the kernel resolves to the same place.
 */
static enum err unix_name(const char *path, struct sockaddr_un *name, int *ret_directory)
{
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    *ret_directory = -1;
    if (strlen(path) < sizeof name->sun_path) {
        memcpy(name->sun_path, path, strlen(path) + 1);
        return OK;
    }
    const char *slash = strrchr(path, '/');
    char directory[4096];
    if (!slash || (size_t)(slash - path) >= sizeof directory)
        return err_set(ERR_USAGE, "the path of the socket %s is too long", path);
    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = 0;
    int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno("cannot open directory %s", directory);
    int len = snprintf(name->sun_path, sizeof name->sun_path, "/proc/self/fd/%d%s", fd, slash);
    if (len < 0 || (size_t)len >= sizeof name->sun_path) {
        (void)close(fd);
        return err_set(ERR_USAGE, "the name of the socket %s is too long", path);
    }
    *ret_directory = fd;
    return OK;
}

enum err listen_unix(const char *path, int *ret_fd)
{
    struct sockaddr_un name;
    int directory;
    TRY(unix_name(path, &name, &directory));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(path); /* left by a server that was killed; the caller holds the directory's lock */
    enum err code = OK;
    if (fd < 0 || fchmod(fd, 0600) < 0 ||
        bind(fd, (const struct sockaddr *)&name, sizeof name) < 0 || chmod(path, 0600) < 0 ||
        listen(fd, BACKLOG) < 0)
        code = err_errno("cannot listen on %s", path);
    if (directory >= 0)
        (void)close(directory);
    if (code && fd >= 0)
        (void)close(fd);
    if (!code)
        *ret_fd = fd;
    return code;
}

enum err connect_unix(const char *path, int *ret_fd)
{
    struct sockaddr_un name;
    int directory;
    TRY(unix_name(path, &name, &directory));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    enum err code = OK;
    if (fd < 0 || connect(fd, (const struct sockaddr *)&name, sizeof name) < 0)
        code = errno == ENOENT || errno == ECONNREFUSED
                   ? err_set(ERR_NOT_FOUND, "nobody listens on %s", path)
                   : err_errno("cannot connect to %s", path);
    if (directory >= 0)
        (void)close(directory);
    if (code && fd >= 0)
        (void)close(fd);
    if (!code)
        *ret_fd = fd;
    return code;
}
