/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to other machines, by libcurl: HTTPS with verified certificates; plain HTTP to this
 * machine only. No redirects, no cookies, no proxies but those of the environment. Blocks; for
 * threads that may wait.
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

#endif
