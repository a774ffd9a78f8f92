/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content codings (RFC 9110 8.4): an answer of some length goes out packed where the client says it
 * takes that; a search with ten hits is then a seventh as long, which on 64 kbit/s are three
 * seconds. Who does not ask, and whatever is short, costs one look at a length.
 *
 * It is done on the thread that printed the answer, while the audit log is on its way to the disk,
 * never on the log's own. Answers that hold a credential are not packed, so that their length says
 * nothing about it: docs/decisions/answer-compression.md.
 */
#include "api/internal.h"
#include "codec/pack.h"

enum { SHORT_BYTES = 1000 }; /* goes in one packet as it is */

/* "gzip;q=0" is a no. A weight that is none, too. */
static bool is_refused(str weight)
{
    double value = 1;
    if (weight.len && !str_to_double(str_trim(str_from(weight, str_find(weight, '=') + 1)), &value))
        return true;
    return value <= 0;
}

static enum pack taken_by(const struct http_request *request)
{
    const struct http_header *header = http_header_find(request, S("accept-encoding"));
    enum pack best = PACK_NONE;
    str rest = header ? header->value : STR_EMPTY;
    str item;
    while (rest.len && str_split(&rest, ',', &item)) {
        size_t mark = str_find(item, ';');
        str name = str_trim(str_slice(item, 0, mark));
        if (is_refused(str_trim(str_from(item, mark + 1))))
            continue;
        if (str_eq_nocase(name, S("zstd")))
            best = PACK_ZSTD;
        else if (str_eq_nocase(name, S("gzip")) && best == PACK_NONE)
            best = PACK_GZIP;
    }
    return best;
}

static bool is_packable(const struct call *call)
{
    bool is_text = str_starts(call->content_type, S("application/json")) ||
                   str_starts(call->content_type, S("text/")) || !call->content_type.len;
    bool is_exempt = call->route && (call->route->flags & ROUTE_SECRET || /* pages come packed */
                                     call->route->run == run_page);
    return is_text && !is_exempt && !call->out.failed;
}

void call_pack(struct call *call)
{
    if (call->out.len < SHORT_BYTES || call->coding.len || !is_packable(call))
        return;
    enum pack how = taken_by(&call->exchange->request);
    if (pack(buf_str(&call->out), how, &call->packed))
        call->coding = how == PACK_ZSTD ? S("zstd") : S("gzip");
}
