/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters: plain text with the number of the ticket, its kind, state, clock and desk, and nothing
 * else; who wants to know more signs in. They go through one mail server, named in a file that
 * nobody but the node's user can read, because a password may stand in it:
 *
 *   server: smtps://mail.example:465        or smtp://... with STARTTLS; plain to this machine only
 *   from: bureau@ncb.example
 *   user: bureau
 *   password: ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/io.h"

#include "codec/yaml.h"
#include "flow/internal.h"
#include "net/outgoing.h"

enum { LETTER_MS = 20000, SETTINGS_MAX = 64 << 10 };

/* ---- the server ---- */

static enum err read_settings(const struct node *map, const char *path, struct letter_server *ret)
{
    static const char *const known[] = {"server", "from", "user", "password"};
    str *places[] = {&ret->url, &ret->from, &ret->user, &ret->password};
    node_each(child, map)
    {
        size_t i = 0;
        while (i < COUNT_OF(known) && !str_eq_c(child->key, known[i]))
            i++;
        if (i == COUNT_OF(known))
            return err_set(ERR_UNKNOWN, "%s: \"%.*s\" is none of server from user password", path,
                           STR(str_slice(child->key, 0, 64)));
        *places[i] = node_as_text(child);
    }
    if (!ret->url.len || !ret->from.len)
        return err_set(ERR_MISSING, "%s: server and from are required", path);
    TRY(outgoing_check_mail(ret->url));
    return outgoing_check_mailbox(ret->from);
}

enum err letter_server_read(const char *path, struct letter_server *ret)
{
    struct stat about;
    struct node *map = NULL;
    char *data = NULL;
    size_t len = 0;
    if (stat(path, &about) != 0)
        return err_errno("cannot look at %s", path);
    if (about.st_mode & (S_IRWXG | S_IRWXO)) {
        err_set(ERR_USAGE, "%s can be read by others: a password stands in it", path);
        return err_hint("chmod 600 %s", path);
    }
    TRY(io_read_file(path, SETTINGS_MAX, &data, &len));
    enum err code = yaml_parse(str_of(data, len), path, &ret->arena, &map);
    wipe(data, len);
    free(data);
    if (!code)
        code = read_settings(map, path, ret);
    ret->is_there = !code;
    return code;
}

void letter_server_release(struct letter_server *server)
{
    /* the only copy that lives as long as the process */
    wipe((void *)(uintptr_t)server->password.ptr, server->password.len);
    arena_release(&server->arena);
    *server = (struct letter_server){.is_there = false};
}

/* ---- one letter ---- */

static void line(struct buf *out, const char *name, str value)
{
    if (value.len)
        buf_printf(out, "%-9s %.*s\r\n", name, STR(value));
}

enum err letter_fill(struct parcel *parcel, const struct flow_told *told)
{
    char id[RECORD_ID_TEXT], time[24];
    struct buf out = {.max = 16 << 10};
    (void)record_id_format(told->id, id);
    buf_printf(&out, "Subject: [%s] %.*s: %.*s\r\n", id, STR(told->kind), STR(told->what));
    buf_printf(&out, "Message-ID: <%s@bureau.invalid>\r\n", parcel->id);
    buf_add(&out, S("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                    "Auto-Submitted: auto-generated\r\n\r\n"));
    line(&out, "ticket", str_c(id));
    line(&out, "kind", told->kind);
    line(&out, "what", told->what);
    line(&out, "state", told->state);
    line(&out, "step", told->step);
    line(&out, "clock", told->profile);
    if (told->due_us)
        line(&out, "due", str_c(clock_format(told->due_us, time)));
    line(&out, "told", str_c(clock_format(told->time_us, time)));
    line(&out, "desk", told->to.unit.len ? told->to.unit : told->to.country);
    enum err code = out.failed ? err_set(ERR_MEMORY, "out of memory for a letter") : OK;
    parcel->body = arena_str(&parcel->arena, buf_str(&out));
    buf_release(&out);
    return code;
}

/* "Sun, 22 Nov 2026 10:42:03 +0000", in no locale */
static void format_date(int64_t now_us, char out[40])
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm time;
    time_t seconds = (time_t)(now_us / 1000000);
    (void)gmtime_r(&seconds, &time);
    snprintf(out, 40, "%s, %02d %s %d %02d:%02d:%02d +0000", days[time.tm_wday], time.tm_mday,
             months[time.tm_mon], time.tm_year + 1900, time.tm_hour, time.tm_min, time.tm_sec);
}

enum err letter_deliver(const struct letter_server *server, const struct parcel *parcel)
{
    char date[40];
    struct buf text = {.max = 32 << 10};
    format_date(clock_now_us(), date);
    buf_printf(&text, "Date: %s\r\nFrom: <%.*s>\r\nTo: <%.*s>\r\n", date, STR(server->from),
               STR(parcel->target));
    buf_add(&text, parcel->body);
    struct outgoing_mail mail = {.url = server->url,
                                 .user = server->user,
                                 .password = server->password,
                                 .from = server->from,
                                 .to = parcel->target,
                                 .text = buf_str(&text),
                                 .timeout_ms = LETTER_MS};
    enum err code =
        text.failed ? err_set(ERR_MEMORY, "out of memory for a letter") : outgoing_send_mail(&mail);
    buf_release(&text);
    return code;
}
