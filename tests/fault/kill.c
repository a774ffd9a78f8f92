/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Killed at any moment:   kill ROUNDS SEED
 *
 * In each round a child opens the directory of the round before and works: one thread commits in
 * bulk, one singly, one erases and scrubs, two write the audit log. What is acknowledged to them
 * they report over a pipe. After some tens of milliseconds the child is killed with SIGKILL; the
 * parent opens the directory, finds everything reported, and verifies both chains.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "../stored.h"
#include "audit/internal.h"

#include "round.h"

enum {
    REPORT_CHANGE,
    REPORT_ERASED,
    REPORT_ENTRY,
    BULK = 3000,
    TEXT_MAX = 160,
    PER_ROUND_US = 150000
};

struct report { /* less than PIPE_BUF, so it arrives whole or not at all */
    uint32_t kind;
    char receipt[RECEIPT_TEXT + 2];
    uint64_t seq, number, body;
};

static int pipe_out;
static struct store *store;
static struct audit *audit;

static void tell(const struct report *report)
{
    if (write(pipe_out, report, sizeof *report) != sizeof *report)
        _exit(1);
}

static struct change put(char *text, size_t size, uint64_t body)
{
    int len = snprintf(text, size, STORED_HEAD "{\"body\":%llu}}", (unsigned long long)body);
    return stored_put(0, S("a"), str_of(text, (size_t)len));
}

/* ---- the child ---- */

static void *commit_bulk(void *context)
{
    static struct change changes[BULK];
    static struct committed done[BULK];
    static char texts[BULK][TEXT_MAX];
    (void)context;
    for (uint64_t body = 1;; body += BULK) {
        for (uint64_t i = 0; i < BULK; i++)
            changes[i] = put(texts[i], sizeof texts[i], body + i);
        must(store_commit(store, changes, BULK, body % 2, done));
        for (uint64_t i = 0; i < BULK; i += 100)
            tell(&(struct report){.kind = REPORT_CHANGE,
                                  .seq = done[i].seq,
                                  .number = done[i].id.number,
                                  .body = body + i});
    }
    return NULL;
}

static void *commit_singly(void *context)
{
    char text[TEXT_MAX];
    (void)context;
    for (uint64_t body = 1000000000;; body++) {
        struct committed done;
        struct change change = put(text, sizeof text, body);
        must(store_commit(store, &change, 1, false, &done));
        tell(&(struct report){
            .kind = REPORT_CHANGE, .seq = done.seq, .number = done.id.number, .body = body});
    }
    return NULL;
}

static void *erase_and_scrub(void *context)
{
    char text[TEXT_MAX];
    (void)context;
    for (uint64_t body = 2000000000;; body++) {
        struct committed done;
        struct change change = put(text, sizeof text, body);
        must(store_commit(store, &change, 1, false, &done));
        must(store_erase(store, done.id.number, S("o-2"), &done));
        if (body % 8 == 0)
            must(store_scrub(store));
        tell(&(struct report){.kind = REPORT_ERASED, .seq = done.seq, .number = done.id.number});
    }
    return NULL;
}

static void *write_audit(void *context)
{
    char text[TEXT_MAX];
    for (uint64_t body = (uint64_t)(uintptr_t)context * 1000000000;; body++) {
        struct report report = {.kind = REPORT_ENTRY, .body = body};
        snprintf(text, sizeof text, "{\"body\":%llu}", (unsigned long long)body);
        struct audit_entry entry = {.kind = AUDIT_SEARCH, .query = str_c(text)};
        must(audit_append_wait(audit, &entry, report.receipt));
        if (body % 16 == 7)
            must(audit_destroy_body(audit, audit_count(audit)));
        tell(&report);
    }
    return NULL;
}

static void child(const char *directory)
{
    pthread_t thread;
    must(store_open(directory, STORE_OPEN_CREATE, &store));
    must(audit_open(directory, &audit));
    audit->segment_bytes = 60000;
    tell(&(struct report){.kind = REPORT_CHANGE});
    ensure(!pthread_create(&thread, NULL, commit_bulk, NULL));
    ensure(!pthread_create(&thread, NULL, commit_singly, NULL));
    ensure(!pthread_create(&thread, NULL, erase_and_scrub, NULL));
    ensure(!pthread_create(&thread, NULL, write_audit, (void *)(uintptr_t)3));
    ensure(!pthread_create(&thread, NULL, write_audit, (void *)(uintptr_t)4));
    for (;;)
        pause();
}

/* ---- the parent ---- */

static struct report *reports;
static size_t report_count, report_room;

static bool receive(int in)
{
    if (report_count == report_room) {
        report_room = report_room ? report_room * 2 : 4096;
        reports = realloc(reports, report_room * sizeof *reports);
        ensure(reports);
    }
    char *at = (char *)&reports[report_count];
    for (size_t got = 0; got < sizeof *reports;) {
        ssize_t some = read(in, at + got, sizeof *reports - got);
        if (some <= 0)
            return false;
        got += (size_t)some;
    }
    report_count++;
    return true;
}

/* Reads reports until the time is up, kills, and reads what was still in the pipe. */
static void run_and_kill(const char *directory, int64_t life_us)
{
    int ends[2];
    check(pipe(ends) == 0);
    pid_t pid = fork();
    check(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        pipe_out = ends[1];
        child(directory);
    }
    close(ends[1]);
    check(receive(ends[0])); /* open */
    report_count--;
    int64_t until = clock_monotonic_us() + life_us;
    while (clock_monotonic_us() < until)
        check(receive(ends[0]));
    check(kill(pid, SIGKILL) == 0);
    while (receive(ends[0]))
        continue;
    close(ends[0]);
    check(waitpid(pid, NULL, 0) == pid);
}

static void check_report(const struct report *report, struct arena *arena)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "{\"body\":%llu}", (unsigned long long)report->body);
    if (report->kind == REPORT_ENTRY) {
        struct audit_read entry;
        must(audit_by_receipt(audit, str_c(report->receipt), arena, &entry));
        check(entry.is_destroyed || str_has(entry.body, str_c(text)));
        return;
    }
    struct stored stored;
    must(store_read(store, report->number, arena, &stored));
    check(stored.seq == report->seq);
    check(report->kind == REPORT_ERASED ? stored.is_erased : str_has(stored.body, str_c(text)));
}

static void check_all(const char *directory)
{
    struct arena arena = {0};
    struct buf said = {0};
    uint64_t checked = 0;
    must(audit_verify(directory, &checked, &said)); /* before opening repairs anything */
    must(store_open(directory, STORE_OPEN_EXISTING, &store));
    must(audit_open(directory, &audit));
    must(store_verify(store, &checked));
    check(checked == store_seq(store));
    for (size_t i = 0; i < report_count; i++) {
        check_report(&reports[i], &arena);
        arena_reset(&arena);
    }
    store_close(store);
    audit_close(audit);
    buf_release(&said);
    must(audit_verify(directory, &checked, &said));
    buf_release(&said);
    arena_release(&arena);
}

static struct scratch scratch;
static size_t total;

/* Ten rounds go on in one directory. */
static void one_round(void)
{
    if (fault.round % 10 == 1)
        scratch_make(&scratch);
    report_count = 0;
    run_and_kill(scratch.path, 5000 + (int64_t)below(PER_ROUND_US));
    check_all(scratch.path);
    total += report_count;
    if (fault.round % 10 == 0 || fault.round == fault.rounds)
        scratch_remove(&scratch);
}

int main(int argc, char **argv)
{
    must(crypto_init());
    if (!fault_rounds("kill", argc, argv, one_round))
        return 2;
    free(reports);
    printf("kill: %llu rounds, %zu acknowledgements checked: nothing was lost\n",
           (unsigned long long)fault.rounds, total);
    return 0;
}
