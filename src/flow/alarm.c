/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rings outside the pages. The operator's command is started once an event with the facts in
 * its environment and nothing on its command line, so that nothing can be read as an option; it
 * gets half a minute. A webhook gets a POST in the form of the Standard Webhooks specification:
 *
 *   webhook-id, webhook-timestamp,
 *   webhook-signature: v1a,BASE64(Ed25519 over "ID.TIMESTAMP.BODY" with the node's key)
 *
 * The same id comes again with every try, so that who has taken it already can tell.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "codec/json.h"
#include "flow/internal.h"
#include "net/outgoing.h"

enum { COMMAND_MS = 30000, POLL_MS = 20, POST_MS = 10000, ENVIRONMENT_MAX = 16 };

struct flow_alarms {
    struct flow *flow;
    char *command;
    struct signing_key key;
    struct carrier *commands, *webhooks;
};

/* ---- the command ---- */

static void add_variable(struct parcel *parcel, size_t *count, const char *name, str value)
{
    if (*count + 1 < ENVIRONMENT_MAX)
        parcel->environment[(*count)++] =
            (char *)(uintptr_t)arena_printf(&parcel->arena, "BUREAU_ALARM_%s=%.*s", name,
                                            STR(value))
                .ptr;
}

static void fill_environment(struct parcel *parcel, const struct flow_told *told)
{
    char id[RECORD_ID_TEXT], due[24] = "";
    size_t count = 0;
    if (told->due_us)
        (void)clock_format(told->due_us, due);
    parcel->environment[count++] = (char *)(uintptr_t) "PATH=/usr/local/bin:/usr/bin:/bin";
    add_variable(parcel, &count, "TICKET", str_c(record_id_format(told->id, id)));
    add_variable(parcel, &count, "KIND", told->kind);
    add_variable(parcel, &count, "WHAT", told->what);
    add_variable(parcel, &count, "STATE", told->state);
    add_variable(parcel, &count, "STEP", told->step);
    add_variable(parcel, &count, "PROFILE", told->profile);
    add_variable(parcel, &count, "COUNTRY", told->to.country);
    add_variable(parcel, &count, "UNIT", told->to.unit);
    add_variable(parcel, &count, "PERSON", told->person);
    add_variable(parcel, &count, "LEVEL", arena_printf(&parcel->arena, "%u", told->level));
    add_variable(parcel, &count, "DUE", str_c(due));
}

/* Signals are taken by one thread of ours only: the child begins with none of them blocked. */
static enum err spawn(const char *command, char *const *environment, pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    char *words[] = {(char *)(uintptr_t)command, NULL};
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    int failed = posix_spawn(ret, command, &actions, &attributes, words, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = failed;
    return failed ? err_errno("the alarm command %s does not start", command) : OK;
}

static enum err wait_for(const char *command, pid_t child)
{
    struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    int64_t deadline = clock_monotonic_us() + COMMAND_MS * 1000ll;
    int status = 0;
    pid_t got = 0;
    while ((got = waitpid(child, &status, WNOHANG)) == 0 && clock_monotonic_us() < deadline)
        nanosleep(&pause, NULL);
    if (got == 0) {
        (void)kill(-child, SIGKILL);
        (void)waitpid(child, &status, 0);
        return err_set(ERR_TIMEOUT, "the alarm command %s took more than %d s", command,
                       COMMAND_MS / 1000);
    }
    if (got < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_set(ERR_IO, "the alarm command %s failed (%d)", command,
                       WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return OK;
}

static enum err run_command(void *context, const struct parcel *parcel)
{
    const struct flow_alarms *alarms = context;
    pid_t child = 0;
    TRY(spawn(alarms->command, parcel->environment, &child));
    return wait_for(alarms->command, child);
}

/* ---- webhooks ---- */

static void put_text(struct buf *out, const char *key, str text)
{
    buf_printf(out, "%s\"%s\":", out->ptr[out->len - 1] == '{' ? "" : ",", key);
    json_write_text(out, text);
}

static void write_body(const struct flow_told *told, struct buf *out)
{
    char text[24], id[RECORD_ID_TEXT];
    buf_add_char(out, '{');
    buf_printf(out, "\"type\":\"ticket.%.*s\"", STR(told->what));
    put_text(out, "timestamp", str_c(clock_format(told->time_us, text)));
    buf_add(out, S(",\"data\":{"));
    put_text(out, "ticket", str_c(record_id_format(told->id, id)));
    put_text(out, "kind", told->kind);
    put_text(out, "state", told->state);
    put_text(out, "step", told->step);
    put_text(out, "profile", told->profile);
    put_text(out, "country", told->to.country);
    put_text(out, "unit", told->to.unit);
    put_text(out, "officer", told->person);
    buf_printf(out, ",\"level\":%u", told->level);
    if (told->due_us)
        put_text(out, "due", str_c(clock_format(told->due_us, text)));
    buf_add(out, S("}}"));
}

static enum err post_webhook(void *context, const struct parcel *parcel)
{
    const struct flow_alarms *alarms = context;
    struct buf message = {.max = 1 << 20};
    struct buf signature = {.max = 4096};
    unsigned char bytes[SIGNATURE_SIZE];
    char time[24];
    int status = 0;
    snprintf(time, sizeof time, "%lld", (long long)(clock_now_us() / 1000000));
    buf_printf(&message, "%s.%s.%.*s", parcel->id, time, STR(parcel->body));
    sign_bytes(&alarms->key, buf_str(&message), bytes);
    buf_add(&signature, S("v1a,"));
    base64_add(&signature, str_of((const char *)bytes, sizeof bytes));
    const struct outgoing_header headers[] = {{"webhook-id", str_c(parcel->id)},
                                              {"webhook-timestamp", str_c(time)},
                                              {"webhook-signature", buf_str(&signature)}};
    struct outgoing request = {.url = parcel->url,
                               .headers = headers,
                               .header_count = COUNT_OF(headers),
                               .body = parcel->body,
                               .timeout_ms = POST_MS};
    enum err code = message.failed || signature.failed
                        ? err_set(ERR_MEMORY, "out of memory for a webhook")
                        : outgoing_post(&request, &status);
    if (!code && (status < 200 || status > 299))
        code = err_set(ERR_IO, "%.*s answered %d", STR(parcel->url), status);
    buf_release(&message);
    buf_release(&signature);
    return code;
}

struct posting {
    struct flow_alarms *alarms;
    struct buf body;
};

static void add_webhook(void *context, uint64_t number, str url)
{
    struct posting *posting = context;
    struct parcel *parcel = parcel_new();
    if (!parcel)
        return;
    parcel->address = number;
    parcel->url = arena_str(&parcel->arena, url);
    parcel->body = arena_str(&parcel->arena, buf_str(&posting->body));
    carrier_take(posting->alarms->webhooks, parcel);
}

/* ---- together ---- */

static void take_told(void *context, const struct flow_told *told)
{
    struct flow_alarms *alarms = context;
    struct posting posting = {.alarms = alarms, .body = {.max = 64 << 10}};
    bool is_alarm = !str_eq(told->what, S("told")); /* a move alone wakes nobody */
    struct parcel *parcel = alarms->command && is_alarm ? parcel_new() : NULL;
    if (parcel) {
        parcel->environment = arena_array(&parcel->arena, char *, ENVIRONMENT_MAX);
        if (parcel->environment) {
            fill_environment(parcel, told);
            carrier_take(alarms->commands, parcel);
        } else {
            parcel_free(parcel);
        }
    }
    write_body(told, &posting.body);
    if (!posting.body.failed)
        webhooks_for(alarms->flow, told, add_webhook, &posting);
    buf_release(&posting.body);
}

static enum err start_carriers(struct flow_alarms *alarms)
{
    TRY(carrier_start("alarms", run_command, alarms, &alarms->commands));
    return carrier_start("webhooks", post_webhook, alarms, &alarms->webhooks);
}

enum err flow_alarms_start(struct flow *flow, const struct flow_alarm_options *options,
                           struct flow_alarms **ret)
{
    struct flow_alarms *alarms = calloc(1, sizeof *alarms);
    if (options->command && options->command[0] != '/') {
        free(alarms);
        return err_set(ERR_USAGE, "the alarm command %s is not an absolute path", options->command);
    }
    if (!alarms)
        return err_set(ERR_MEMORY, "out of memory for alarms");
    alarms->flow = flow;
    alarms->command = options->command ? strdup(options->command) : NULL;
    alarms->key = options->key;
    enum err code = start_carriers(alarms);
    if (code) {
        flow_alarms_stop(alarms);
        return code;
    }
    flow_on_told(flow, take_told, alarms);
    *ret = alarms;
    return OK;
}

void flow_alarms_stop(struct flow_alarms *alarms)
{
    if (!alarms)
        return;
    flow_on_told(alarms->flow, NULL, NULL);
    carrier_stop(alarms->commands);
    carrier_stop(alarms->webhooks);
    wipe(&alarms->key, sizeof alarms->key);
    free(alarms->command);
    free(alarms);
}

void flow_alarm_stats(struct flow_alarms *alarms, struct flow_alarm_stats *ret)
{
    *ret = (struct flow_alarm_stats){0};
    carrier_stats(alarms->commands, ret);
    carrier_stats(alarms->webhooks, ret);
}
