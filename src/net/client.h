/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an answer as it comes, from a socket or from this process: llhttp in its response mode.
 * */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include <llhttp.h>

#include "net/http.h"

struct reply_reader {
    llhttp_t parser;
    const struct http_call *call;
    struct arena *arena;
    struct http_reply *reply;
    struct buf body, name, value;
    enum err failed;
    bool is_done;
};
void reply_begin(struct reply_reader *reader, const struct http_call *call, struct arena *arena,
                 struct http_reply *reply);
enum err reply_feed(struct reply_reader *reader, str bytes) MUST_USE;
/* No more bytes will come: gives the body, or says that the answer broke off. */
enum err reply_end(struct reply_reader *reader) MUST_USE;

#endif
