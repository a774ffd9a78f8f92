/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Killed between decision, audit and answer:   answer ROUNDS SEED
 *
 * In each round a child serves a whole node over its control socket and is asked by several threads
 * of the parent at once. Where it dies, chance picks: before a call of the audit log's - a write, a
 * sync - with the decision made and no entry; after one, with the entry durable and no answer; or,
 * killed from outside, at any moment, an answer half sent. Whatever answer had left by then carries a receipt; the parent
 * opens the log and finds the entry of each, with the question that was asked. An answer without
 * its entry fails the round; an entry whose answer never left is as it should be.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

#include "../scratch.h"
#include "cmd/cmd.h"
#include "codec/json.h"

#include "round.h"

enum { ASKERS = 6, ANSWERS_MAX = 4096, CALLS_MAX = 160 };

struct answer {
    char receipt[RECEIPT_TEXT], asked[40];
};
static struct {
    pthread_mutex_t lock;
    struct answer list[ANSWERS_MAX];
    size_t count;
} answers = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct scratch scratch;
static size_t total, killed_at[3];

static enum { BEFORE_A_CALL, AFTER_A_CALL, AT_ANY_MOMENT } moment;

/* ---- the child ---- */

static _Atomic int calls_left;

static bool is_of_log(const struct io_event *event)
{
    char name[64], path[4096];
    snprintf(name, sizeof name, "/proc/self/fd/%d", event->fd);
    ssize_t len = event->fd >= 0 ? readlink(name, path, sizeof path - 1) : -1;
    path[len > 0 ? len : 0] = 0;
    return strstr(path, "/audit/") != NULL;
}

static void count_down(const struct io_event *event)
{
    if (is_of_log(event) && atomic_fetch_sub(&calls_left, 1) == 1)
        (void)kill(getpid(), SIGKILL);
}

static int before(void *context, const struct io_event *event)
{
    (void)context;
    if (moment == BEFORE_A_CALL)
        count_down(event);
    return 0;
}

static void after(void *context, const struct io_event *event)
{
    (void)context;
    if (moment == AFTER_A_CALL)
        count_down(event);
}

static void serve(int ready)
{
    static const struct io_hook hook = {before, after, NULL};
    struct api_options options = {.version = "fault", .lane_threads = 2};
    struct running *running = NULL;
    struct http_server *server = NULL;
    char control[4200];
    snprintf(control, sizeof control, "%s/control", scratch.path);
    must(node_open(scratch.path, ".", NODE_CREATE, &options, &running));
    running->http.unix_path = control;
    must(http_server_start(&running->http, &server));
    io_set_hook(&hook);
    check(write(ready, "r", 1) == 1);
    for (;;)
        pause();
}

/* ---- the parent ---- */

static void keep(const char *asked, str body, struct arena *arena)
{
    struct node *answer = NULL;
    must(json_parse(body, arena, &answer));
    str receipt = node_get_text(answer, S("receipt"));
    check(receipt.len == RECEIPT_TEXT - 1);
    pthread_mutex_lock(&answers.lock);
    if (answers.count < ANSWERS_MAX) {
        struct answer *kept = &answers.list[answers.count++];
        memcpy(kept->receipt, receipt.ptr, receipt.len);
        kept->receipt[receipt.len] = 0;
        snprintf(kept->asked, sizeof kept->asked, "%s", asked);
    }
    pthread_mutex_unlock(&answers.lock);
}

static void *ask(void *context)
{
    struct arena arena = {0};
    char target[4200], asked[40], body[200];
    snprintf(target, sizeof target, "unix:%s/control", scratch.path);
    for (unsigned i = 0;; i++) {
        struct http_reply reply;
        snprintf(asked, sizeof asked, "a%llu.%u.%u@example.org", (unsigned long long)fault.round,
                 (unsigned)(uintptr_t)context, i);
        snprintf(body, sizeof body, "{\"text\":\"%s\",\"purpose\":\"investigate\"}", asked);
        const struct http_call call = {.target = target,
                                       .method = S("POST"),
                                       .path = S("/v1/search"),
                                       .body = str_c(body),
                                       .timeout_ms = 20000};
        if (http_call(&call, &arena, &reply) != OK)
            break; /* the child is gone */
        check(reply.status == 200);
        keep(asked, reply.body, &arena);
        arena_reset(&arena);
    }
    err_clear();
    arena_release(&arena);
    return NULL;
}

/* Until so many have come, and then up to a millisecond: no time is asserted, any moment will do. */
static void await_answers(size_t wanted)
{
    size_t count = 0;
    while (count < wanted) {
        pthread_mutex_lock(&answers.lock);
        count = answers.count;
        pthread_mutex_unlock(&answers.lock);
        usleep(100);
    }
    usleep((useconds_t)below(1000));
}

static void ask_and_kill(void)
{
    int ends[2];
    char byte;
    pthread_t threads[ASKERS];
    atomic_store(&calls_left, 1 + (int)below(CALLS_MAX));
    moment = (int)(fault.round % 3);
    uint64_t answers_first = below(CALLS_MAX);
    check(pipe(ends) == 0);
    pid_t pid = fork();
    check(pid >= 0);
    if (pid == 0)
        serve(ends[1]);
    close(ends[1]);
    check(read(ends[0], &byte, 1) == 1);
    close(ends[0]);
    for (uintptr_t i = 0; i < ASKERS; i++)
        check(pthread_create(&threads[i], NULL, ask, (void *)i) == 0);
    if (moment == AT_ANY_MOMENT) {
        await_answers(answers_first);
        check(kill(pid, SIGKILL) == 0);
    }
    for (size_t i = 0; i < ASKERS; i++)
        pthread_join(threads[i], NULL);
    int status = 0;
    check(waitpid(pid, &status, 0) == pid);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    killed_at[moment]++;
}

static void check_answers(void)
{
    struct audit *audit = NULL;
    struct arena arena = {0};
    must(audit_open(scratch.path, &audit));
    for (size_t i = 0; i < answers.count; i++) {
        struct audit_read entry;
        must(audit_by_receipt(audit, str_c(answers.list[i].receipt), &arena, &entry));
        check(str_has(entry.body, str_c(answers.list[i].asked)));
        arena_reset(&arena);
    }
    audit_close(audit);
    arena_release(&arena);
}

/* Ten rounds go on in one directory. */
static void one_round(void)
{
    if (fault.round % 10 == 1)
        scratch_make(&scratch);
    answers.count = 0;
    ask_and_kill();
    check_answers();
    total += answers.count;
    if (fault.round % 10 == 0 || fault.round == fault.rounds)
        scratch_remove(&scratch);
}

int main(int argc, char **argv)
{
    must(crypto_init());
    if (!fault_rounds("answer", argc, argv, one_round))
        return 2;
    printf(
        "answer: killed %zu times before a call of the log, %zu after one, %zu at any moment; %zu "
        "answers: each has its entry\n",
        killed_at[BEFORE_A_CALL], killed_at[AFTER_A_CALL], killed_at[AT_ANY_MOMENT], total);
    return 0;
}
