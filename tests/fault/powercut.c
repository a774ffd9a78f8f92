/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts:   powercut ROUNDS SEED
 *
 * A round works at random on a store and an audit log - new records, versions, states, erasures and
 * scrubs, attachments, notes, audit entries one by one and in floods, destroyed bodies, segments
 * rolled, everything closed and opened again - and records what reaches the disk. Then the power
 * fails at ten random points of it. After each the directory is opened:
 *
 *   what was acknowledged before the cut is there, unaltered; an all-or-none commit is there whole or not at all
 *   the store's and the audit log's chains verify
 *   what was erased and scrubbed, and a destroyed audit body, are in no file
 *   writing goes on
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "../stored.h"
#include "audit/internal.h"

#include "cuts.h"

enum {
    STEPS = 60,
    CUTS = 10,
    CHANGES_MAX = 20000,
    ENTRIES_MAX = 20000,
    RECORDS_MAX = 20000,
    BATCH = 400,
    NEVER = INT32_MAX
};

struct known_change {
    uint64_t number;
    int body;     /* text "body N ..." */
    size_t acked; /* position at which it was acknowledged */
    bool is_erase;
};
struct known_record {
    size_t erase_begun, erase_acked, scrubbed; /* positions; NEVER */
};
struct known_entry {
    size_t acked, destroy_begun, destroyed;
};
struct group {
    uint64_t before;
    size_t count, begun;
};

static struct known_change changes[CHANGES_MAX + 1]; /* by seq */
static struct known_record records[RECORDS_MAX + 1];
static struct known_entry entries[ENTRIES_MAX + 1];
static struct group groups[STEPS * 8];
static size_t group_count;
static uint64_t record_count, note_value;
static size_t note_acked[STEPS * 8];
static int next_body;

static str body_text(int body, struct arena *arena)
{
    size_t repeat = (size_t)(body % 17 == 0 ? 400 : 1 + body % 20);
    size_t head = sizeof STORED_HEAD - 1;
    char *text = arena_alloc(arena, head + repeat * 16 + 1);
    check(text != NULL);
    memcpy(text, STORED_HEAD, head);
    for (size_t i = 0; i < repeat; i++)
        snprintf(text + head + i * 16, 17, "<BODY %08d>", body);
    return str_of(text, head + repeat * 15);
}

/* ---- working ---- */

static struct change random_change(struct arena *arena)
{
    struct change change = stored_put(0, S("a"), STR_EMPTY);
    if (record_count && below(3) == 0)
        change.number = 1 + below(record_count);
    if (change.number && below(3) == 0) {
        change.kind = CHANGE_STATE;
        change.state = below(2) ? STATE_SUSPENDED : STATE_ACTIVE;
    } else {
        change.body = body_text(++next_body, arena);
    }
    return change;
}

static void note_change(const struct change *change, const struct committed *done, int body)
{
    if (done->failed)
        return;
    check(done->seq <= CHANGES_MAX && done->id.number <= RECORDS_MAX);
    int carried = body;
    for (uint64_t seq = done->seq - 1; change->kind == CHANGE_STATE && seq > 0 && !carried; seq--)
        if (changes[seq].number == done->id.number)
            carried = changes[seq].body;
    changes[done->seq] = (struct known_change){done->id.number, carried, recorder_position(),
                                               change->kind == CHANGE_ERASE};
    if (done->id.number > record_count) {
        record_count = done->id.number;
        records[record_count] = (struct known_record){NEVER, NEVER, NEVER};
    }
}

static void do_commit(struct store *store)
{
    static struct change batch[BATCH];
    static struct committed done[BATCH];
    int bodies[BATCH];
    struct arena arena = {0};
    size_t count = below(8) == 0 ? BATCH : 1 + below(12);
    bool is_all_or_none = below(2);
    for (size_t i = 0; i < count; i++) {
        int before = next_body;
        batch[i] = random_change(&arena);
        bodies[i] = next_body > before ? next_body : 0;
        if (is_all_or_none && batch[i].number) { /* may be erased: let it not refuse the group */
            batch[i].number = 0;
            batch[i].kind = CHANGE_PUT;
            batch[i].body = bodies[i] ? batch[i].body : body_text(++next_body, &arena);
            bodies[i] = next_body;
        }
    }
    if (is_all_or_none)
        groups[group_count++] = (struct group){store_seq(store), count, recorder_position()};
    enum err code = store_commit(store, batch, count, is_all_or_none, done);
    if (code != ERR_GONE)
        must(code);
    for (size_t i = 0; i < count && !code; i++)
        note_change(&batch[i], &done[i], bodies[i]);
    arena_release(&arena);
}

static void do_erase(struct store *store)
{
    uint64_t number = record_count ? 1 + below(record_count) : 0;
    struct committed done;
    if (!number || records[number].erase_begun != NEVER)
        return;
    struct change change = {.kind = CHANGE_ERASE};
    records[number].erase_begun = recorder_position();
    must(store_erase(store, number, S("o-2"), &done));
    note_change(&change, &done, 0);
    records[number].erase_acked = recorder_position();
}

static void do_scrub(struct store *store)
{
    must(store_scrub(store));
    for (uint64_t number = 1; number <= record_count; number++)
        if (records[number].erase_acked != NEVER && records[number].scrubbed == NEVER)
            records[number].scrubbed = recorder_position();
}

static void do_note(struct store *store)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)++note_value);
    must(store_note_put(store, S("counter"), str_c(text)));
    note_acked[note_value] = recorder_position();
}

static struct audit_entry entry_of(char *text, size_t size, uint64_t number)
{
    snprintf(text, size, "\"<ENTRY %08llu>\"", (unsigned long long)number);
    return (struct audit_entry){.kind = AUDIT_SEARCH,
                                .query = str_c(text),
                                .verdict = S("nothing-found")};
}

static void on_durable(void *context, enum err code)
{
    must(code);
    sem_post(context);
}

static void do_audit(struct audit *audit)
{
    char text[64], receipt[RECEIPT_TEXT];
    sem_t durable;
    sem_init(&durable, 0, 0);
    uint64_t count = below(4) == 0 ? 1 + below(300) : 1 + below(5), first = audit_count(audit) + 1;
    check(first + count <= ENTRIES_MAX);
    for (uint64_t i = 0; i < count; i++) {
        struct audit_entry entry = entry_of(text, sizeof text, first + i);
        must(audit_append(audit, &entry, on_durable, &durable, receipt));
    }
    for (uint64_t i = 0; i < count; i++)
        sem_wait(&durable);
    for (uint64_t i = 0; i < count; i++)
        entries[first + i] = (struct known_entry){recorder_position(), NEVER, NEVER};
    sem_destroy(&durable);
}

static void do_destroy(struct audit *audit)
{
    uint64_t number = audit_count(audit);
    if (!number)
        return;
    number = number > 5 && below(2) ? number - below(5)
                                    : 1 + below(number); /* often in the last group */
    if (entries[number].destroy_begun == NEVER)
        entries[number].destroy_begun = recorder_position();
    must(audit_destroy_body(audit, number));
    if (entries[number].destroyed == NEVER)
        entries[number].destroyed = recorder_position();
}

static void open_both(const char *directory, struct store **store, struct audit **audit)
{
    must(store_open(directory, STORE_OPEN_CREATE, store));
    must(audit_open(directory, audit));
    (*audit)->segment_bytes = 20000;
}

static void work(const char *directory)
{
    struct store *store = NULL;
    struct audit *audit = NULL;
    open_both(directory, &store, &audit);
    for (int i = 0; i < STEPS; i++) {
        switch (below(12)) {
        case 0: do_erase(store); break;
        case 1: do_scrub(store); break;
        case 2: do_note(store); break;
        case 3: do_destroy(audit); break;
        case 4:
        case 5:
        case 6: do_audit(audit); break;
        case 7:
            if (below(4) == 0) {
                store_close(store);
                audit_close(audit);
                open_both(directory, &store, &audit);
            }
            break;
        default: do_commit(store); break;
        }
    }
    store_close(store);
    audit_close(audit);
}

/* ---- checking ---- */

struct checking {
    size_t position;
    uint64_t last;
    struct arena arena;
};

static enum err check_change(void *context, const struct stored *stored)
{
    struct checking *c = context;
    const struct known_change *known = &changes[stored->seq];
    check(stored->seq == ++c->last);
    if (known->acked == 0 || known->acked > c->position)
        return OK; /* not acknowledged before the cut: it may be there, its chain is checked elsewhere */
    check(stored->id.number == known->number);
    check((stored->kind == CHANGE_ERASE) == known->is_erase);
    const struct known_record *record = &records[known->number];
    if (stored->is_erased)
        check(known->is_erase || record->erase_begun <= c->position);
    else
        check(record->erase_acked > c->position &&
              str_eq(stored->body, body_text(known->body, &c->arena)));
    arena_reset(&c->arena);
    return OK;
}

static void check_store(struct store *store, size_t position)
{
    struct checking c = {.position = position};
    uint64_t acked = 0, checked = 0;
    for (uint64_t seq = 1; seq <= CHANGES_MAX && changes[seq].acked; seq++)
        if (changes[seq].acked <= position)
            acked = seq;
    check(store_seq(store) >= acked);
    must(store_verify(store, &checked));
    check(checked == store_seq(store));
    must(store_feed(store, 0, CHANGES_MAX, check_change, &c));
    check(c.last == store_seq(store));
    for (size_t i = 0; i < group_count; i++)
        if (groups[i].begun <= position)
            check(store_seq(store) <= groups[i].before ||
                  store_seq(store) >= groups[i].before + groups[i].count);
    uint64_t note = 0, value = 0;
    for (uint64_t i = 1; i <= note_value && note_acked[i] <= position; i++)
        note = i;
    str text = STR_EMPTY;
    if (store_note_get(store, S("counter"), &c.arena, &text) == OK)
        check(str_to_u64(text, UINT64_MAX, &value));
    check(value >= note);
    arena_release(&c.arena);
}

static void check_audit(struct audit *audit, const char *directory, size_t position)
{
    struct arena arena = {0};
    struct buf report = {0};
    uint64_t checked = 0, acked = 0;
    char text[64];
    for (uint64_t number = 1; number <= ENTRIES_MAX && entries[number].acked; number++)
        if (entries[number].acked <= position)
            acked = number;
    check(audit_count(audit) >= acked);
    must(audit_verify(directory, &checked, &report));
    check(checked == audit_count(audit));
    for (uint64_t number = 1; number <= acked; number++) {
        struct audit_read read;
        must(audit_get(audit, number, &arena, &read));
        struct audit_entry entry = entry_of(text, sizeof text, number);
        check(read.is_destroyed || str_has(read.body, entry.query));
        check(!read.is_destroyed || entries[number].destroy_begun <= position);
        check(read.is_destroyed || entries[number].destroyed > position);
        arena_reset(&arena);
    }
    buf_release(&report);
    arena_release(&arena);
}

/* One search for all that must be nowhere would do; the needles are few. */
static void check_gone(const char *directory, size_t position)
{
    char needle[32];
    for (uint64_t number = 1; number <= record_count; number++) {
        if (records[number].scrubbed > position)
            continue;
        for (uint64_t seq = 1; seq <= CHANGES_MAX && changes[seq].acked; seq++)
            if (changes[seq].number == number && changes[seq].body) {
                snprintf(needle, sizeof needle, "<BODY %08d>", changes[seq].body);
                check(!directory_has(directory, str_c(needle)));
            }
    }
    for (uint64_t number = 1; number <= ENTRIES_MAX && entries[number].acked; number++)
        if (entries[number].destroyed <= position) {
            snprintf(needle, sizeof needle, "<ENTRY %08llu>", (unsigned long long)number);
            check(!directory_has(directory, str_c(needle)));
        }
}

static void go_on(const char *directory, struct store *store, struct audit *audit)
{
    struct change change = stored_put(0, S("a"), STORED_BODY("{}"));
    struct committed done;
    struct audit_entry entry = {.kind = AUDIT_READ};
    char receipt[RECEIPT_TEXT];
    uint64_t before = store_seq(store), count = audit_count(audit);
    must(store_commit(store, &change, 1, false, &done));
    check(done.seq == before + 1);
    must(audit_append_wait(audit, &entry, receipt));
    store_close(store);
    audit_close(audit);
    open_both(directory, &store, &audit);
    check(store_seq(store) == before + 1);
    check(audit_count(audit) == count + 1);
    store_close(store);
    audit_close(audit);
}

static void cut(size_t position)
{
    struct scratch disk;
    struct store *store = NULL;
    struct audit *audit = NULL;
    scratch_make(&disk);
    recorder_cut(position, &fault.random, disk.path);
    check_gone(disk.path, position);
    open_both(disk.path, &store, &audit);
    check_store(store, position);
    check_audit(audit, disk.path, position);
    check_gone(disk.path, position);
    go_on(disk.path, store, audit);
    scratch_remove(&disk);
}

static void one_round(void)
{
    memset(changes, 0, sizeof changes);
    memset(entries, 0, sizeof entries);
    record_count = note_value = 0;
    group_count = 0;
    next_body = 0;
    fault_cuts(CUTS, work, cut);
}

int main(int argc, char **argv)
{
    must(crypto_init());
    if (!fault_rounds("powercut", argc, argv, one_round))
        return 2;
    printf("powercut: %llu rounds of %d cuts: nothing acknowledged was lost\n",
           (unsigned long long)fault.rounds, CUTS);
    return 0;
}
