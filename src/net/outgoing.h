/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and letters to other machines, by libcurl: HTTPS and SMTP with verified certificates;
 * unencrypted to this machine only. No redirects, no cookies, no proxies but those of the
 * environment. Blocks; for threads that may wait.
 */
#ifndef NET_OUTGOING_H
#define NET_OUTGOING_H

#include "base/base.h"

struct outgoing_header {
    const char *name;
    str value;
};
struct outgoing {
    str url;
    const struct outgoing_header *headers;
    size_t header_count;
    str body; /* application/json */
    uint32_t timeout_ms;
};
/* https://..., or http:// to a loopback address. ERR_BAD_VALUE otherwise. */
enum err outgoing_check(str url) MUST_USE;
/* POST; *ret_status is the answer's, whose body is dropped. ERR_TIMEOUT, ERR_IO with the reason. */
enum err outgoing_post(const struct outgoing *request, int *ret_status) MUST_USE;

struct outgoing_mail {
    str url; /* smtps://host:465, or smtp://host:587 with STARTTLS; plain to this machine only */
    str user, password; /* empty: nobody signs in */
    str from, to;       /* addresses alone */
    str text;           /* head and body, lines ended by CR LF */
    uint32_t timeout_ms;
};
enum err outgoing_check_mail(str url) MUST_USE;
enum err outgoing_check_mailbox(str address) MUST_USE; /* local@domain, plain ASCII */
enum err outgoing_send_mail(const struct outgoing_mail *mail) MUST_USE;

/* For the files of net: a handle of the library (a CURL); NULL: it does not start. */
void *outgoing_begin(void);
/* SCHEME://127.0.0.1, localhost or [::1], with a port or a path or nothing behind it. */
bool outgoing_is_local(str url, const char *scheme);

#endif
