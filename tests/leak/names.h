/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls made in both worlds, and their answers made comparable. In what is asked, {7} stands for
 * the id of the record at place 7 (where a world has none, for an id that was never given), {receipt}
 * for that of the last answer, {next} for its cursor. Of what is answered the node's own home and
 * what may differ (receipt, moments, durations, positions in feed and log, hashes with salt) is
 * blanked; all else must be equal byte for byte.
 */
#ifndef LEAK_NAMES_H
#define LEAK_NAMES_H

#include "leak/ids.h"

/* ---- asking ---- */

static inline void add_id(struct leak *leak, unsigned w, uint64_t place, struct buf *out)
{
    char text[RECORD_ID_TEXT];
    const struct world *world = &leak->worlds[w];
    struct record_id id = {store_home(world->running->node.store), NEVER_GIVEN + place};
    if (place >= ASIDE && is_aside(world->ids, place - ASIDE))
        id.number = world->ids->aside_first + (place - ASIDE);
    else if (place < leak->place_count && world->numbers[place])
        id.number = world->numbers[place];
    buf_add(out, str_c(record_id_format(id, text)));
}

static inline void add_number(struct leak *leak, unsigned w, uint64_t number, struct buf *out)
{
    char text[RECORD_ID_TEXT];
    struct record_id id = {store_home(leak->worlds[w].running->node.store), number};
    buf_add(out, str_c(record_id_format(id, text)));
}

static inline void expand(struct leak *leak, unsigned w, str text, struct buf *out)
{
    struct world *world = &leak->worlds[w];
    for (size_t i = 0; i < text.len;) {
        size_t end = text.ptr[i] == '{' ? str_find(str_from(text, i), '}') + i : text.len;
        str word = end < text.len ? str_slice(text, i + 1, end - i - 1) : STR_EMPTY;
        uint64_t place;
        if (word.len && str_to_u64(word, NEVER_GIVEN, &place))
            add_id(leak, w, place, out);
        else if (str_eq(word, S("proposal")))
            add_number(leak, w, world->proposal ? world->proposal : NEVER_GIVEN, out);
        else if (str_eq(word, S("receipt")))
            buf_add(out, world->receipt);
        else if (str_eq(word, S("next")))
            buf_add(out, world->next);
        else if (str_eq(word, S("job")))
            buf_add(out, world->job);
        else if (str_eq(word, S("other-job")))
            buf_add(out, world->other_job);
        else if (str_eq(word, S("dir")))
            buf_add(out, str_c(world->scratch.path));
        else {
            buf_add_char(out, text.ptr[i++]);
            continue;
        }
        i = end + 1;
    }
}

/* ---- comparing ---- */

/* Length of this world's home at the beginning of an id; 0: there is none. */
static inline size_t home_at(const struct leak *leak, unsigned w, str text)
{
    char id[RECORD_ID_TEXT];
    record_id_format((struct record_id){store_home(leak->worlds[w].running->node.store), 0}, id);
    return str_starts(text, str_of(id, 8)) ? 7 : 0;
}

/* "2026-11-22T08:01:02Z", with or without a fraction. */
static inline size_t moment_at(str text)
{
    if (text.len < 20 || text.ptr[4] != '-' || text.ptr[10] != 'T' || !is_digit(text.ptr[0]))
        return 0;
    size_t len = 19;
    while (len < text.len && (is_digit(text.ptr[len]) || text.ptr[len] == '.'))
        len++;
    return len < text.len && text.ptr[len] == 'Z' ? len + 1 : 0;
}

/* What differs between any two answers: drawn by lot, sealed or salted, or a matter of time. */
static const struct apart {
    const char *start;
    enum { TO_LINE_END, WHOLE, DIGITS, ITS_LENGTH, SEALED, REAL, HASH, SIGNATURE } how;
} aparts[] = {
    {"bureau_up_seconds ", TO_LINE_END},
    {"bureau_audit_room_", TO_LINE_END}, /* of the disk that both share */
    {"bureau_connections_", TO_LINE_END},
    {"chain: ", TO_LINE_END},
    {"\\nlast ", HASH}, /* of a certificate of his own: the salted hash, and who signed */
    {"bureau-node/", SIGNATURE},
    {"\"receipt\":", ITS_LENGTH},
    {"\"seen\":", ITS_LENGTH},      /* a sealed place: of one length, wherever it is */
    {"\"next\":", SEALED},          /* the same; places in lists are compared */
    {"\"challenge\":", ITS_LENGTH}, /* beside ids that are made with a key of the node's own */
    {"\"token\":", ITS_LENGTH},
    {"\"hash\":", ITS_LENGTH},
    {"\"leaf\":", ITS_LENGTH},
    {"\"took_us\":", WHOLE},
    {"\"time_us\":", WHOLE},
    {"\"held_min\":", WHOLE},
    {"\"left_s\":", WHOLE},
    {"\"number\":", DIGITS}, /* of an entry: every checkpoint says how many there are */
    {"\"before\":", DIGITS}, /* the same */
    {"\"seconds\":", REAL},
    {"\"rate\":", REAL}, /* rows a second; measures state theirs in whole numbers */
    {"\"job\":", WHOLE},
};

/* Up to the end of the member's value. */
static inline size_t value_end(str text, size_t at, size_t *ret_len)
{
    size_t from = at;
    bool is_text = at < text.len && text.ptr[at] == '"';
    for (at += is_text; at < text.len; at++)
        if (is_text ? text.ptr[at] == '"'
                    : text.ptr[at] == ',' || text.ptr[at] == '}' || text.ptr[at] == '\n')
            break;
    *ret_len = at + is_text - from;
    return at + is_text;
}

/* How far what begins here is left out of the comparison, and what stands for it. */
static inline size_t apart_at(str text, struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(aparts); i++) {
        const struct apart *apart = &aparts[i];
        size_t len = strlen(apart->start), value = 0;
        if (!str_starts(text, str_c(apart->start)))
            continue;
        size_t end = apart->how == TO_LINE_END ? str_find(str_slice(text, 0, 100), '\n')
                     : apart->how == HASH      ? len + 2 * (size_t)HASH_SIZE
                     : apart->how == SIGNATURE ? str_find(str_slice(text, 0, 300), '=')
                                               : value_end(text, len, &value);
        bool has_dot = str_find(str_slice(text, len, value), '.') < value;
        bool is_number = value && is_digit(text.ptr[len]);
        if ((apart->how == DIGITS && !is_number) || (apart->how == SEALED && has_dot) ||
            (apart->how == REAL && !has_dot))
            return 0;
        buf_add(out, str_c(apart->start));
        if (apart->how == ITS_LENGTH || apart->how == SEALED)
            buf_printf(out, "%zu bytes", value);
        return end;
    }
    return 0;
}

static inline str comparable(struct leak *leak, unsigned w, str text)
{
    struct buf out = {.max = 64 << 20};
    str receipt = str_slice(leak->worlds[w].receipt, 0, 16);
    str job = leak->worlds[w].job;
    str other = leak->worlds[w].other_job;
    str directory = str_c(leak->worlds[w].scratch.path);
    for (size_t i = 0; i < text.len;) {
        str rest = str_from(text, i);
        size_t len = apart_at(rest, &out);
        if (len) {
            i += len;
            continue;
        }
        if (other.len > 2 && str_starts(rest, other)) {
            buf_add(&out, S("77"));
            len = other.len;
        } else if (job.len > 2 && str_starts(rest, job)) {
            buf_add(&out, S("<job>"));
            len = job.len;
        } else if (receipt.len && str_starts(rest, receipt)) {
            buf_add(&out, S("<receipt>"));
            len = receipt.len;
        } else if (str_starts(rest, directory)) {
            buf_add(&out, S("<dir>"));
            len = directory.len;
        } else if ((len = moment_at(rest)) != 0) {
            buf_add(&out, S("<moment>"));
        } else if ((i == 0 || !is_alnum(text.ptr[i - 1])) && (len = home_at(leak, w, rest)) != 0) {
            buf_add(&out, S("<home>"));
        } else {
            buf_add_char(&out, text.ptr[i]);
            len = 1;
        }
        i += len;
    }
    str kept = arena_str(&leak->arena, buf_str(&out));
    buf_release(&out);
    return kept;
}

/* ---- a call ---- */

struct asking {
    str method, path, body;
    const char *if_match; /* NULL: none */
    bool is_by_machine;   /* whoever is at the machine asks, not the officer */
    bool is_random;       /* hashes with salt, and as many as its place in the log makes them */
};

static inline void keep_of_answer(struct leak *leak, unsigned w, const struct http_reply *reply)
{
    struct world *world = &leak->worlds[w];
    struct node *node = NULL;
    world->etag = reply->etag;
    if (json_parse(reply->body, &leak->arena, &node) != OK) {
        err_clear();
        return;
    }
    str receipt = node_get_text(node, S("receipt")), next = node_get_text(node, S("next"));
    if (receipt.len)
        world->receipt = receipt;
    if (node_get_text(node, S("job")).len)
        world->job = node_get_text(node, S("job"));
    world->next = next.len ? next : world->next;
    const struct node *hits = node_get(node, S("hits"));
    leak->with_hits += hits && hits->count;
}

static inline void call_one(struct leak *leak, unsigned w, const struct asking *asking,
                            struct http_reply *ret)
{
    struct buf path = {.max = 64 << 10}, body = {.max = 16 << 20};
    struct http_header headers[5];
    struct world *world = &leak->worlds[w];
    size_t count = 0;
    expand(leak, w, asking->path, &path);
    expand(leak, w, asking->body, &body);
    if (!asking->is_by_machine)
        headers[count++] = (struct http_header){S("Authorization"), world->token};
    headers[count++] = (struct http_header){S("Bureau-Purpose"), str_c(leak->purpose)};
    if (str_eq_c(leak->actor.role, "integrating-system"))
        headers[count++] = (struct http_header){S("Bureau-Officer"), S("o-77")};
    if (asking->if_match)
        headers[count++] = (struct http_header){S("If-Match"), str_c(asking->if_match)};
    struct http_call call = {.method = asking->method,
                             .path = buf_str(&path),
                             .headers = headers,
                             .header_count = count,
                             .body = buf_str(&body)};
    leak_must(http_call_here(&world->running->http, &call, &leak->arena, ret), leak->said);
    keep_of_answer(leak, w, ret);
    buf_release(&path);
    buf_release(&body);
}

static inline void show_difference(struct leak *leak, const struct asking *asking,
                                   const str texts[WORLD_COUNT],
                                   const struct http_reply replies[WORLD_COUNT])
{
    size_t at = 0;
    while (at < texts[0].len && at < texts[1].len && texts[0].ptr[at] == texts[1].ptr[at])
        at++;
    size_t from = at > 300 ? at - 300 : 0;
    fprintf(stderr,
            "\nthe worlds answer differently: %s\nas %.*s of %.*s, %s%s\n%.*s\n%.*s\n"
            "one world  %d %.*s ...%.*s\nthe other  %d %.*s ...%.*s\n",
            leak->said, STR(leak->actor.role), STR(leak->actor.unit),
            leak->actor.may_write ? "may write, for " : "for ", leak->purpose, STR(asking->path),
            STR(str_slice(asking->body, 0, 1500)), replies[0].status, STR(replies[0].etag),
            STR(str_slice(texts[0], from, 700)), replies[1].status, STR(replies[1].etag),
            STR(str_slice(texts[1], from, 700)));
}

/* Asks in both worlds; the answers must be equal. */
static inline int ask(struct leak *leak, const struct asking *asking)
{
    struct http_reply replies[WORLD_COUNT] = {{0}};
    str texts[WORLD_COUNT];
    for (unsigned w = 0; w < WORLD_COUNT; w++) {
        call_one(leak, w, asking, &replies[w]);
        texts[w] = asking->is_random && replies[w].status == 200
                       ? STR_EMPTY
                       : comparable(leak, w, replies[w].body);
    }
    leak->asked++;
    bool is_same = replies[0].status == replies[1].status && str_eq(texts[0], texts[1]) &&
                   str_eq(replies[0].etag, replies[1].etag) &&
                   str_eq(replies[0].content_type, replies[1].content_type);
    if (!is_same && leak->differences_here++ == 0)
        show_difference(leak, asking, texts, replies);
    leak->differences += !is_same;
    return replies[0].status;
}

#endif
