/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call to the disk fails once:   failing ROUNDS SEED
 *
 * A node is opened in this process and given a short day's work over the route table: records are
 * entered, changed and deleted, searches asked. In round n the n-th call of the shim that all file
 * writes pass - open, write, truncate, sync, rename, remove, SQLite's among them - fails, with an
 * error that chance picks, and every later one works. The node may refuse what it was doing and
 * what follows; whatever it acknowledged must be there when the directory is opened again, and every
 * answer must have its entry in a log that both readers find whole.
 *
 * ROUNDS is how many are tried; when the work has fewer calls, all were, and that is said.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/io.h"

#include "../scratch.h"
#include "cmd/cmd.h"
#include "codec/json.h"

#include "round.h"

enum { ASKED = 40, STEPS_MAX = 64 };

static struct scratch scratch;
static struct running *running;

/* ---- the call that fails ---- */

static _Atomic uint64_t calls_left;
static _Atomic bool is_hit;
static int error_number;
static char failed_what[200];

static int fail_once(void *context, const struct io_event *event)
{
    static const char *const words[] = {
        [IO_OPEN] = "open", [IO_WRITE] = "write",   [IO_TRUNCATE] = "truncate",
        [IO_SYNC] = "sync", [IO_RENAME] = "rename", [IO_REMOVE] = "remove"};
    (void)context;
    if (atomic_load(&is_hit) || atomic_fetch_sub(&calls_left, 1) != 1)
        return 0;
    snprintf(failed_what, sizeof failed_what, "%s %s", words[event->kind],
             event->path ? event->path : "");
    atomic_store(&is_hit, true);
    return error_number;
}

/* ---- the work ---- */

struct step {
    char receipt[RECEIPT_TEXT], asked[ASKED]; /* of an answer */
    char id[RECORD_ID_TEXT];                  /* of a record that was acknowledged */
    bool is_deleted;
};
static struct {
    struct step steps[STEPS_MAX];
    size_t count;
} done;
static size_t answered, refused, kinds_failed;

static int status_of(const char *method, const char *path, const char *body, struct arena *arena,
                     struct node **ret)
{
    struct http_reply reply = {0};
    const struct http_header headers[] = {{S("Bureau-Purpose"), S("investigate")},
                                          {S("If-Match"), S("\"1\"")}};
    const struct http_call call = {.method = str_c(method),
                                   .path = str_c(path),
                                   .headers = headers,
                                   .header_count = COUNT_OF(headers),
                                   .body = str_c(body),
                                   .timeout_ms = 20000};
    *ret = NULL;
    if (http_call_here(&running->http, &call, arena, &reply) != OK) {
        err_clear();
        return 0;
    }
    if (reply.body.len && json_parse(reply.body, arena, ret) != OK)
        err_clear();
    return reply.status;
}

static void keep_text(char *out, size_t size, const struct node *answer, str name)
{
    str text = node_get_text(answer, name);
    check(text.len && text.len < size);
    memcpy(out, text.ptr, text.len);
    out[text.len] = 0;
}

/* An answer that is given has its receipt; a refusal shows nothing. */
static void ask(unsigned number)
{
    struct arena arena = {0};
    struct node *answer;
    char body[200];
    struct step *step = &done.steps[done.count];
    snprintf(step->asked, sizeof step->asked, "q%llu.%u@example.org",
             (unsigned long long)fault.round, number);
    snprintf(body, sizeof body, "{\"text\":\"%s\",\"purpose\":\"investigate\"}", step->asked);
    int status = status_of("POST", "/v1/search", body, &arena, &answer);
    if (status == 200) {
        keep_text(step->receipt, sizeof step->receipt, answer, S("receipt"));
        done.count++;
        answered++;
    } else {
        check(!node_get(answer, S("hits")) && !node_get(answer, S("verdict")));
        refused++;
    }
    arena_release(&arena);
}

static void enter(unsigned number)
{
    struct arena arena = {0};
    struct node *answer;
    char body[700];
    struct step *step = &done.steps[done.count];
    snprintf(body, sizeof body,
             "{\"envelope\":{\"owner\":\"UTO\",\"unit\":\"UTO/ncb\",\"ref\":\"r-%llu-%u\","
             "\"purposes\":[\"investigate\"],\"review_on\":\"2030-01-01\"},\"fields\":{"
             "\"doc_class\":\"travel\",\"doc_type\":\"passport\",\"issued_by\":\"UTO\",\"doc_no\":"
             "\"R%04llu%u\",\"fraud\":\"stolen\",\"stolen_in\":\"UTO\"}}",
             (unsigned long long)fault.round, number, (unsigned long long)fault.round, number);
    if (status_of("POST", "/v1/records/travel-document", body, &arena, &answer) == 201) {
        keep_text(step->id, sizeof step->id, answer, S("id"));
        done.count++;
        answered++;
    } else {
        refused++;
    }
    arena_release(&arena);
}

/* The newest record that was acknowledged goes again. */
static void withdraw(void)
{
    struct arena arena = {0};
    struct node *answer;
    char path[100];
    for (size_t i = done.count; i-- > 0;) {
        struct step *step = &done.steps[i];
        if (!step->id[0] || step->is_deleted)
            continue;
        snprintf(path, sizeof path, "/v1/records/%s", step->id);
        int status = status_of("DELETE", path, "", &arena, &answer);
        if (status == 200)
            step->is_deleted = true;
        else
            step->id[0] = 0; /* refused half-way: it may be either */
        answered += status == 200;
        refused += status != 200;
        break;
    }
    arena_release(&arena);
}

static void work(void)
{
    memset(&done, 0, sizeof done);
    for (unsigned i = 0; i < 3; i++) {
        enter(2 * i);
        ask(2 * i);
        enter(2 * i + 1);
        withdraw();
        ask(2 * i + 1);
    }
}

/* ---- afterwards ---- */

static void check_record(const struct step *step)
{
    struct arena arena = {0};
    struct node *answer;
    char path[100];
    snprintf(path, sizeof path, "/v1/records/%s", step->id);
    int status = status_of("GET", path, "", &arena, &answer);
    check(status == (step->is_deleted ? 410 : 200));
    arena_release(&arena);
}

static void check_answer(const struct step *step)
{
    struct arena arena = {0};
    struct audit_read entry;
    must(audit_by_receipt(running->node.audit, str_c(step->receipt), &arena, &entry));
    check(str_has(entry.body, str_c(step->asked)));
    arena_release(&arena);
}

static void check_all(void)
{
    struct arena arena = {0};
    struct node *answer;
    uint64_t changes;
    for (size_t i = 0; i < done.count; i++) {
        if (done.steps[i].id[0])
            check_record(&done.steps[i]);
        if (done.steps[i].receipt[0])
            check_answer(&done.steps[i]);
    }
    must(store_verify(running->node.store, &changes));
    check(status_of("GET", "/v1/audit/verify", "", &arena, &answer) == 200);
    check(node_as_bool(node_get(answer, S("ok")), false));
    arena_release(&arena);
}

static void open_node(void)
{
    const struct api_options options = {.version = "fault", .lane_threads = 2};
    must(node_open(scratch.path, ".", NODE_CREATE, &options, &running));
}

/* Ten rounds go on in one directory. */
static void one_round(void)
{
    static const int errors[] = {EIO, ENOSPC, EDQUOT};
    static const struct io_hook hook = {fail_once, NULL, NULL};
    static bool is_over;
    if (is_over)
        return;
    if (fault.round % 10 == 1)
        scratch_make(&scratch);
    open_node();
    atomic_store(&calls_left, fault.round);
    atomic_store(&is_hit, false);
    error_number = errors[below(COUNT_OF(errors))];
    io_set_hook(&hook);
    work();
    io_set_hook(NULL);
    node_close(running);
    open_node();
    check_all();
    node_close(running);
    kinds_failed += atomic_load(&is_hit);
    is_over = !atomic_load(&is_hit);
    if (fault.round % 10 == 0 || fault.round == fault.rounds || is_over)
        scratch_remove(&scratch);
}

int main(int argc, char **argv)
{
    must(crypto_init());
    if (!fault_rounds("failing", argc, argv, one_round))
        return 2;
    printf(
        "failing: %zu calls failed, one a round; %zu answers and acknowledgements, all kept; %zu "
        "refused\n",
        kinds_failed, answered, refused);
    return 0;
}
