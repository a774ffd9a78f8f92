/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rings outside the pages, by three channels with a carrier each: the operator's command
 * (ring.c), webhooks (post.c), letters (letter.c).
 *
 * Nothing is lost when the node is killed: what is told is told of a durable change, and can be
 * worked out again from it. A note in the store says up to which change all was taken up, and what
 * of it waits:
 *
 *   "48211\n48190 7\n48203 0\n"     up to 48211, but 48190 for address 7 and 48203 for the command
 *
 * It is written a second after something was settled, at the earliest: when the node dies in
 * between, what was delivered in that second is delivered again, under the same id. So each is
 * delivered once at least. What rings without a change (an alarm that goes on) is not noted: it
 * rings again after a start, because the ticket says so. What a full carrier does not take is not
 * taken up: it is read from the feed again when there is room.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

#include "flow/internal.h"

enum { SAVE_EVERY_US = 1000000, NOTE_BYTES_MAX = 4 << 20, REPLAY_PAGE = 5000 };

struct flow_alarms {
    struct flow *flow;
    char *command;
    struct signing_key key;
    struct letter_server server;
    struct carrier *carriers[CHANNEL_COUNT];
    _Atomic uint64_t skipped[CHANNEL_COUNT]; /* the first change a full one did not take; or 0 */
    pthread_mutex_t saving;                  /* of the three below */
    int64_t saved_us;
    str saved;
    struct arena saved_arena;
};

static const str NOTE = {"alarms", 6};

/* ---- delivering ---- */

static enum err deliver_ring(void *context, const struct parcel *parcel)
{
    return ring_deliver(((const struct flow_alarms *)context)->command, parcel);
}

static enum err deliver_post(void *context, const struct parcel *parcel)
{
    return post_deliver(&((const struct flow_alarms *)context)->key, parcel);
}

static enum err deliver_letter(void *context, const struct parcel *parcel)
{
    return letter_deliver(&((const struct flow_alarms *)context)->server, parcel);
}

/* ---- taking up what is told ---- */

/* The same event has the same id for the same address, whenever it is worked out. */
static void identify(const struct flow_alarms *alarms, const struct flow_told *told,
                     struct parcel *parcel)
{
    char text[200], id[RECORD_ID_TEXT];
    struct hash hash;
    if (!told->seq)
        return; /* drawn: it rings once */
    int len =
        snprintf(text, sizeof text, "alarm|%llu|%s|%.*s|%.*s|%llu", (unsigned long long)told->seq,
                 record_id_format(told->id, id), STR(str_slice(told->what, 0, 32)),
                 STR(str_slice(told->to.unit, 0, 64)), (unsigned long long)parcel->address);
    keyed_hash(&alarms->flow->catalog->hash_key, str_of(text, (size_t)len), &hash);
    hex_encode(hash.bytes, 16, parcel->id);
}

static void send(struct flow_alarms *alarms, enum alarm_channel channel, uint64_t address,
                 str target, const struct flow_told *told)
{
    struct carrier *carrier = alarms->carriers[channel];
    struct parcel *parcel = carrier ? parcel_new() : NULL;
    enum err code = OK;
    if (!carrier)
        return;
    if (parcel) {
        parcel->address = address;
        parcel->seq = told->seq;
        parcel->time_us = told->time_us;
        parcel->target = arena_str(&parcel->arena, target);
        identify(alarms, told, parcel);
        code = channel == CHANNEL_COMMAND   ? ring_fill(parcel, told)
               : channel == CHANNEL_WEBHOOK ? post_fill(parcel, told)
                                            : letter_fill(parcel, told);
    }
    if (parcel && !code && carrier_take(carrier, parcel))
        return;
    parcel_free(parcel);
    err_clear();
    uint64_t none = 0; /* later, from the feed */
    if (told->seq)
        (void)atomic_compare_exchange_strong(&alarms->skipped[channel], &none, told->seq);
}

static void send_address(void *context, const struct address *address, const struct flow_told *told)
{
    send(context, address->channel, address->held.number, address->target, told);
}

static void take_told(void *context, const struct flow_told *told)
{
    struct flow_alarms *alarms = context;
    if (!str_eq(told->what, S("told"))) /* a move alone wakes nobody */
        send(alarms, CHANNEL_COMMAND, 0, STR_EMPTY, told);
    addresses_for(alarms->flow, told, send_address, alarms);
}

/* ---- telling again ---- */

/* What waits: a change, and the address it waits for. */
struct waiting {
    uint64_t seq, address;
};

struct replay {
    struct flow_alarms *alarms;
    const struct waiting *waiting; /* NULL: all of it */
    int channel;                   /* only this one; CHANNEL_COUNT: all */
    uint64_t last;
    size_t seen;
};

static void resend(struct replay *replay, enum alarm_channel channel, uint64_t address, str target,
                   const struct flow_told *told)
{
    if ((replay->channel == CHANNEL_COUNT || replay->channel == (int)channel) &&
        (!replay->waiting || replay->waiting->address == address))
        send(replay->alarms, channel, address, target, told);
}

static void resend_address(void *context, const struct address *address,
                           const struct flow_told *told)
{
    resend(context, address->channel, address->held.number, address->target, told);
}

static void retake(void *context, const struct flow_told *told)
{
    struct replay *replay = context;
    if (!str_eq(told->what, S("told")))
        resend(replay, CHANNEL_COMMAND, 0, STR_EMPTY, told);
    addresses_for(replay->alarms->flow, told, resend_address, replay);
}

static enum err tell_again(void *context, const struct stored *stored)
{
    struct replay *replay = context;
    struct flow_teller teller = {retake, replay};
    replay->last = stored->seq;
    replay->seen++;
    if (view_tell(replay->alarms->flow, stored, &teller) != OK)
        err_clear(); /* what cannot be read cannot be told */
    return OK;
}

/* Changes behind `after`, up to `until`. */
static enum err replay_range(struct replay *replay, uint64_t after, uint64_t until)
{
    replay->seen = REPLAY_PAGE;
    while (after < until && replay->seen) {
        uint64_t left = until - after;
        replay->seen = 0;
        TRY(store_feed(replay->alarms->flow->store, after,
                       (size_t)(left < REPLAY_PAGE ? left : REPLAY_PAGE), tell_again, replay));
        after = replay->seen ? replay->last : until;
    }
    return OK;
}

/* The note's lines: where all was taken up, then what waits. */
static enum err replay_note(struct flow_alarms *alarms, str note, uint64_t until)
{
    str line, word;
    uint64_t seen = 0;
    if (!str_split(&note, '\n', &line) || !str_to_u64(line, UINT64_MAX, &seen))
        return err_set(ERR_DAMAGED, "the note of waiting alarms does not begin with a number");
    while (str_split(&note, '\n', &line)) {
        struct waiting waiting;
        struct replay replay = {.alarms = alarms, .waiting = &waiting, .channel = CHANNEL_COUNT};
        if (str_split(&line, ' ', &word) && str_to_u64(word, UINT64_MAX, &waiting.seq) &&
            str_to_u64(line, UINT64_MAX, &waiting.address) && waiting.seq)
            TRY(replay_range(&replay, waiting.seq - 1, waiting.seq));
    }
    struct replay rest = {.alarms = alarms, .channel = CHANNEL_COUNT};
    return replay_range(&rest, seen, until);
}

/* A node that never told anybody anything begins with what happens from now on. */
static enum err replay_all(struct flow_alarms *alarms, uint64_t until)
{
    struct arena arena = {0};
    str note = STR_EMPTY;
    enum err code = store_note_get(alarms->flow->store, NOTE, &arena, &note);
    if (!code)
        code = replay_note(alarms, note, until);
    arena_release(&arena);
    if (code == ERR_NOT_FOUND)
        err_clear();
    return code == ERR_NOT_FOUND ? OK : code;
}

/* What full carriers did not take, when they have room again. */
static void catch_up(struct flow_alarms *alarms)
{
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        uint64_t from = atomic_load(&alarms->skipped[i]);
        struct replay replay = {.alarms = alarms, .channel = i};
        if (!from || !carrier_has_room(alarms->carriers[i]))
            continue;
        uint64_t until = atomic_load(&alarms->flow->followed);
        atomic_store(&alarms->skipped[i], 0);
        if (replay_range(&replay, from - 1, until) != OK)
            err_clear();
    }
}

/* ---- the note ---- */

static void write_waiting(void *context, const struct parcel *parcel)
{
    if (parcel->seq)
        buf_printf(context, "%llu %llu\n", (unsigned long long)parcel->seq,
                   (unsigned long long)parcel->address);
}

/* First how far, then what waits of it: what comes in between stands in both, and comes twice. */
static void write_note(struct flow_alarms *alarms, struct buf *out)
{
    uint64_t seen = atomic_load(&alarms->flow->followed);
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        uint64_t skipped = atomic_load(&alarms->skipped[i]);
        if (skipped && skipped <= seen)
            seen = skipped - 1;
    }
    buf_printf(out, "%llu\n", (unsigned long long)seen);
    for (int i = 0; i < CHANNEL_COUNT; i++)
        if (alarms->carriers[i])
            carrier_each(alarms->carriers[i], write_waiting, out);
}

static void save(struct flow_alarms *alarms)
{
    char text[1024];
    struct buf out = {.max = NOTE_BYTES_MAX};
    write_note(alarms, &out);
    bool is_new = !out.failed && !str_eq(buf_str(&out), alarms->saved);
    if (is_new && store_note_put(alarms->flow->store, NOTE, buf_str(&out)) == OK) {
        arena_reset(&alarms->saved_arena);
        alarms->saved = arena_str(&alarms->saved_arena, buf_str(&out));
    } else if (is_new) { /* the old one stands: more than is needed comes again */
        log_write(LOG_WARN, "what alarms wait could not be noted: %s",
                  err_format(err_last(), text, sizeof text));
    }
    alarms->saved_us = clock_monotonic_us();
    err_clear();
    buf_release(&out);
}

static void settled(void *context)
{
    struct flow_alarms *alarms = context;
    pthread_mutex_lock(&alarms->saving);
    if (clock_monotonic_us() - alarms->saved_us >= SAVE_EVERY_US) {
        catch_up(alarms);
        save(alarms);
    }
    pthread_mutex_unlock(&alarms->saving);
}

/* ---- together ---- */

static enum err start_carriers(struct flow_alarms *alarms)
{
    const struct carrying all[CHANNEL_COUNT] = {
        [CHANNEL_COMMAND] = {"rings", deliver_ring, settled, alarms},
        [CHANNEL_WEBHOOK] = {"webhooks", deliver_post, settled, alarms},
        [CHANNEL_MAIL] = {"letters", deliver_letter, settled, alarms},
    };
    const bool is_on[CHANNEL_COUNT] = {
        [CHANNEL_COMMAND] = alarms->command,
        [CHANNEL_WEBHOOK] = true,
        [CHANNEL_MAIL] = alarms->server.is_there,
    };
    for (int i = 0; i < CHANNEL_COUNT; i++)
        if (is_on[i])
            TRY(carrier_start(&all[i], &alarms->carriers[i]));
    return OK;
}

static enum err open_alarms(struct flow_alarms *alarms, const struct flow_alarm_options *options)
{
    if (options->command && options->command[0] != '/')
        return err_set(ERR_USAGE, "the alarm command %s is not an absolute path", options->command);
    if (options->mail)
        TRY(letter_server_read(options->mail, &alarms->server));
    alarms->key = options->key;
    alarms->command = options->command ? strdup(options->command) : NULL;
    if (options->command && !alarms->command)
        return err_set(ERR_MEMORY, "out of memory for alarms");
    TRY(start_carriers(alarms));
    flow_on_told(alarms->flow, take_told, alarms); /* from now on; then what was before */
    TRY(replay_all(alarms, store_seq(alarms->flow->store)));
    pthread_mutex_lock(&alarms->saving);
    save(alarms);
    pthread_mutex_unlock(&alarms->saving);
    return OK;
}

enum err flow_alarms_start(struct flow *flow, const struct flow_alarm_options *options,
                           struct flow_alarms **ret)
{
    struct flow_alarms *alarms = calloc(1, sizeof *alarms);
    if (!alarms)
        return err_set(ERR_MEMORY, "out of memory for alarms");
    alarms->flow = flow;
    pthread_mutex_init(&alarms->saving, NULL);
    enum err code = open_alarms(alarms, options);
    if (code) {
        struct err_info kept = *err_last();
        flow_alarms_stop(alarms);
        err_restore(&kept);
        return code;
    }
    *ret = alarms;
    return OK;
}

void flow_alarms_stop(struct flow_alarms *alarms)
{
    if (!alarms)
        return;
    flow_on_told(alarms->flow, NULL, NULL);
    for (int i = 0; i < CHANNEL_COUNT; i++)
        carrier_halt(alarms->carriers[i]);
    if (alarms->saved.len) /* it was open: what waits is noted */
        save(alarms);
    for (int i = 0; i < CHANNEL_COUNT; i++)
        carrier_free(alarms->carriers[i]);
    letter_server_release(&alarms->server);
    arena_release(&alarms->saved_arena);
    pthread_mutex_destroy(&alarms->saving);
    wipe(&alarms->key, sizeof alarms->key);
    free(alarms->command);
    free(alarms);
}

void flow_alarm_stats(struct flow_alarms *alarms, struct flow_alarm_stats *ret)
{
    *ret = (struct flow_alarm_stats){0};
    for (int i = 0; i < CHANNEL_COUNT; i++)
        carrier_stats(alarms->carriers[i], ret);
}
