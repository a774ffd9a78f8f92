/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Safe repeats: a search that carries the client's query id is answered once. A repeat within ten
 * minutes gets the same bytes, receipt included, without a second audit entry; one that comes
 * while the
 * first is still being worked on waits for it. Another question under the same id is a conflict.
 *
 * Keys are (officer, id) hashed with a key of this process; the question's hash stands in the
 * entry.
 * Answers are kept in memory, at most 64 MiB in all and 2,000 entries an officer would ever need:
 * the
 * oldest go first. What an officer repeats is only ever his own.
 */
#include <stdlib.h>

#include "api/internal.h"

enum { PLACES = 1 << 14, BYTES_MAX = 64 << 20, COUNT_MAX = 100000 };
static const int64_t kept_us = (int64_t)600 * 1000000;

struct repeat {
    struct hash key, question;
    struct repeat *chain;         /* same place */
    struct repeat *newer, *older; /* by time of the first call */
    struct call *waiters;
    int64_t at_us;
    int status;   /* 0: still being worked on */
    char *answer; /* ours */
    size_t answer_len;
};
struct repeats {
    pthread_mutex_t mutex;
    struct secret_key secret;
    struct repeat *places[PLACES];
    struct repeat *oldest, *newest;
    size_t bytes, count;
};

enum err repeats_new(struct repeats **ret)
{
    struct repeats *repeats = calloc(1, sizeof *repeats);
    if (!repeats)
        return err_set(ERR_MEMORY, "out of memory for repeats");
    random_bytes(repeats->secret.bytes, sizeof repeats->secret.bytes);
    pthread_mutex_init(&repeats->mutex, NULL);
    *ret = repeats;
    return OK;
}

static struct repeat **place_of(struct repeats *repeats, const struct hash *key)
{
    uint32_t number;
    memcpy(&number, key->bytes, sizeof number);
    return &repeats->places[number % PLACES];
}

static void drop(struct repeats *repeats, struct repeat *repeat)
{
    struct repeat **at = place_of(repeats, &repeat->key);
    while (*at != repeat)
        at = &(*at)->chain;
    *at = repeat->chain;
    *(repeat->older ? &repeat->older->newer : &repeats->oldest) = repeat->newer;
    *(repeat->newer ? &repeat->newer->older : &repeats->newest) = repeat->older;
    repeats->bytes -= sizeof *repeat + repeat->answer_len;
    repeats->count--;
    free(repeat->answer);
    free(repeat);
}

void repeats_free(struct repeats *repeats)
{
    if (!repeats)
        return;
    while (repeats->oldest)
        drop(repeats, repeats->oldest);
    pthread_mutex_destroy(&repeats->mutex);
    free(repeats);
}

static void drop_old(struct repeats *repeats, int64_t now)
{
    struct repeat *at = repeats->oldest;
    while (at && (now - at->at_us > kept_us || repeats->bytes > BYTES_MAX ||
                  repeats->count > COUNT_MAX)) {
        struct repeat *newer = at->newer;
        if (at->status) /* what is being worked on stays: somebody holds it */
            drop(repeats, at);
        at = newer;
    }
}

static struct repeat *find(struct repeats *repeats, const struct hash *key)
{
    struct repeat *at = *place_of(repeats, key);
    while (at && memcmp(at->key.bytes, key->bytes, HASH_SIZE) != 0)
        at = at->chain;
    return at;
}

static struct repeat *add(struct repeats *repeats, const struct hash *key,
                          const struct hash *question, int64_t now)
{
    struct repeat *repeat = calloc(1, sizeof *repeat);
    if (!repeat)
        return NULL;
    struct repeat **place = place_of(repeats, key);
    *repeat = (struct repeat){.key = *key, .question = *question, .chain = *place, .at_us = now};
    *place = repeat;
    repeat->older = repeats->newest;
    *(repeats->newest ? &repeats->newest->newer : &repeats->oldest) = repeat;
    repeats->newest = repeat;
    repeats->bytes += sizeof *repeat;
    repeats->count++;
    return repeat;
}

static void hash_call(const struct repeats *repeats, const struct call *call, str id,
                      struct hash *ret_key, struct hash *ret_question)
{
    struct buf text = {0};
    buf_add_block(&text, call->actor.officer);
    buf_add_block(&text, id);
    keyed_hash(&repeats->secret, buf_str(&text), ret_key);
    buf_release(&text);
    keyed_hash(&repeats->secret, call->exchange->request.body, ret_question);
}

static void answer_again(struct call *call, int status, str answer)
{
    call->status = status;
    call->content_type = S("application/json");
    buf_clear(&call->out);
    buf_add(&call->out, answer);
    call_header(call, S("Bureau-Repeated"), S("true"));
    call_finish(call, OK);
}

bool repeats_enter(struct repeats *repeats, struct call *call, str id)
{
    struct hash key;
    struct hash question;
    hash_call(repeats, call, id, &key, &question);
    int64_t now = clock_monotonic_us();
    pthread_mutex_lock(&repeats->mutex);
    drop_old(repeats, now);
    struct repeat *repeat = find(repeats, &key);
    if (!repeat) {
        call->repeat = add(repeats, &key, &question, now);
        pthread_mutex_unlock(&repeats->mutex);
        return true; /* also when there was no memory to remember it */
    }
    bool is_other = memcmp(repeat->question.bytes, question.bytes, HASH_SIZE) != 0;
    int status = repeat->status;
    str answer = status && !is_other
                     ? arena_str(call->arena, str_of(repeat->answer, repeat->answer_len))
                     : STR_EMPTY;
    if (!status && !is_other) {
        call->next = repeat->waiters;
        repeat->waiters = call;
    }
    pthread_mutex_unlock(&repeats->mutex);
    if (is_other)
        call_finish(call,
                    err_set(ERR_CONFLICT, "query id %.*s was used for another search", STR(id)));
    else if (status)
        answer_again(call, status, answer);
    return false;
}

void repeats_leave(struct repeats *repeats, struct repeat *repeat, int status, str answer)
{
    pthread_mutex_lock(&repeats->mutex);
    struct call *waiters = repeat->waiters;
    repeat->waiters = NULL;
    repeat->status = status;
    char *copy = status == 200 ? malloc(answer.len + 1) : NULL;
    if (copy) {
        memcpy(copy, answer.ptr, answer.len);
        repeat->answer = copy;
        repeat->answer_len = answer.len;
        repeats->bytes += answer.len;
    } else {
        drop(repeats, repeat); /* a failure is not kept: the repeat tries again */
    }
    pthread_mutex_unlock(&repeats->mutex);
    while (waiters) {
        struct call *next = waiters->next;
        if (status == 200)
            answer_again(waiters, status, answer);
        else
            call_finish(waiters, err_set(ERR_BUSY, "the first request of this query id failed"));
        waiters = next;
    }
}
