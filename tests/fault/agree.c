/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index agrees with the store:   agree ROUNDS SEED      (from the project's directory: it reads the definitions)
 *
 * A round works on a store with its index as a node wires them - documents entered singly and in bulk, changed, withdrawn,
 * erased, merges in between and beside - and records what reaches the disk. The power then fails at ten random points.
 * After each the directory is opened:
 *
 *   the index opens, or says what is damaged and is rebuilt; it is true up to the store's last change
 *   every record that is there is found by its owner's reference, no record that is gone is found
 *   what was erased and merged away before the cut is in no file
 */
#include <pthread.h>
#include <stdatomic.h>

#include "../stored.h"
#include "index/index.h"

#include "cuts.h"

enum { STEPS = 40, CUTS = 10, RECORDS_MAX = 20000, BULK = 1500, NEVER = INT32_MAX };

struct held_node {
    struct store *store;
    struct policy_classes *classes;
    struct index *index;
};
struct known {    /* by record number */
    unsigned ref; /* of the last version; 0: none */
    size_t gone;  /* position at which erasure and merge were acknowledged */
    bool is_erased;
};

static struct catalog *catalog;
static struct known records[RECORDS_MAX + 1];
static uint64_t record_count;
static unsigned next_ref;

/* ---- a node ---- */

static void node_open(const char *directory, struct held_node *node)
{
    *node = (struct held_node){0};
    must(store_open(directory, STORE_OPEN_CREATE, &node->store));
    must(policy_classes_new(catalog, &node->classes));
    must(index_open(directory, node->store, catalog, node->classes, &node->index));
    store_set_hook(node->store, index_follow, node->index);
}

static void node_close(struct held_node *node)
{
    store_set_hook(node->store, NULL, NULL);
    index_close(node->index);
    store_close(node->store);
    policy_classes_free(node->classes);
}

static struct change document(uint64_t number, unsigned ref, char *text, size_t size)
{
    int len = snprintf(
        text, size,
        "{\"envelope\":{\"owner\":\"UTO\",\"ref\":\"<REF-%08u>\",\"purposes\":[\"search\"],"
        "\"review_on\":\"2030-01-01\"},\"fields\":{\"doc_class\":\"travel\",\"doc_type\":\"passport\","
        "\"issued_by\":\"UTO\",\"doc_no\":\"NO%08u\",\"fraud\":\"lost\",\"stolen_in\":\"UTO\"}}",
        ref, ref);
    return stored_put(number, S("travel-document"), str_of(text, (size_t)len));
}

/* ---- working ---- */

static void note(const struct change *change, const struct committed *done, unsigned ref)
{
    if (done->failed)
        return;
    check(done->id.number <= RECORDS_MAX);
    if (done->id.number > record_count)
        record_count = done->id.number;
    struct known *known = &records[done->id.number];
    if (!known->gone)
        known->gone = NEVER;
    known->is_erased = known->is_erased || change->kind == CHANGE_ERASE;
    known->ref = ref ? ref : known->ref;
}

static void do_put(struct held_node *node)
{
    static struct change changes[BULK];
    static struct committed done[BULK];
    static char texts[BULK][400];
    static unsigned refs[BULK];
    size_t count = below(6) ? 1 + below(8) : BULK;
    for (size_t i = 0; i < count; i++) {
        bool is_change = record_count && below(3) == 0;
        refs[i] = ++next_ref;
        changes[i] =
            document(is_change ? 1 + below(record_count) : 0, refs[i], texts[i], sizeof texts[i]);
    }
    enum err code = store_commit(node->store, changes, count, false, done);
    if (code != ERR_GONE) /* one that was erased before */
        must(code);
    for (size_t i = 0; i < count && !code; i++)
        note(&changes[i], &done[i], refs[i]);
}

static void do_end(struct held_node *node)
{
    struct change change = {.kind = below(2) ? CHANGE_ERASE : CHANGE_STATE,
                            .number = record_count ? 1 + below(record_count) : 0,
                            .state = below(2) ? STATE_DELETED : STATE_ACTIVE,
                            .actor = S("o-2")};
    struct committed done;
    if (!change.number)
        return;
    enum err code = store_commit(node->store, &change, 1, false, &done);
    if (code == ERR_GONE)
        return;
    must(code);
    note(&change, &done, 0);
}

static void do_merge(struct held_node *node)
{
    static bool is_erased[RECORDS_MAX + 1];
    for (uint64_t number = 1; number <= record_count; number++)
        is_erased[number] = records[number].is_erased;
    must(index_merge(node->index));
    for (uint64_t number = 1; number <= record_count; number++)
        if (is_erased[number] && records[number].gone == NEVER)
            records[number].gone = recorder_position();
}

static void work(const char *directory)
{
    struct held_node node;
    node_open(directory, &node);
    for (int i = 0; i < STEPS; i++) {
        switch (below(8)) {
        case 0: do_merge(&node); break;
        case 1:
        case 2: do_end(&node); break;
        case 3:
            if (below(4) == 0) {
                node_close(&node);
                node_open(directory, &node);
            }
            break;
        default: do_put(&node); break;
        }
    }
    node_close(&node);
}

/* ---- checking ---- */

struct comparing {
    struct index_snapshot *snapshot;
    size_t compared;
};

static enum err compare(void *context, const struct stored *stored)
{
    struct comparing *c = context;
    static const char mark[] = "\"ref\":\"";
    uint64_t found = 0;
    c->compared++;
    if (stored->is_erased)
        return OK;
    const char *at = memmem(stored->body.ptr, stored->body.len, mark, sizeof mark - 1);
    check(at != NULL);
    str ref = str_of(at + sizeof mark - 1, strlen("<REF-00000000>"));
    must(index_find_ref(c->snapshot, stored->definition, stored->owner, ref, &found));
    check(found == (stored->state == STATE_DELETED ? 0 : stored->id.number));
    return OK;
}

static void check_gone(const char *directory, size_t position)
{
    char needle[32];
    for (uint64_t number = 1; number <= record_count; number++) {
        if (!records[number].is_erased || records[number].gone > position)
            continue;
        snprintf(needle, sizeof needle, "%08u>", records[number].ref);
        check(!directory_has(directory, str_c(needle)));
        snprintf(needle, sizeof needle, "NO%08u", records[number].ref);
        check(!directory_has(directory, str_c(needle)));
    }
}

static void compare_all(struct held_node *node)
{
    struct comparing c = {.snapshot = index_snapshot_open(node->index)};
    check(index_snapshot_seq(c.snapshot) == store_seq(node->store));
    must(store_list(node->store, STR_EMPTY, STR_EMPTY, 0, RECORDS_MAX, compare, &c));
    index_snapshot_close(c.snapshot);
}

static void cut(size_t position)
{
    struct scratch disk;
    struct held_node node;
    uint64_t checked = 0;
    scratch_make(&disk);
    recorder_cut(position, &fault.random, disk.path);
    check_gone(disk.path, position);
    node_open(disk.path, &node);
    must(store_verify(node.store, &checked));
    compare_all(&node);
    check_gone(disk.path, position);
    uint64_t known = record_count;
    for (int i = 0; i < 3; i++) { /* and it goes on */
        char text[400];
        struct change change = document(0, 90000000 + (unsigned)i, text, sizeof text);
        struct committed done;
        must(store_commit(node.store, &change, 1, false, &done));
        must(index_merge(node.index));
    }
    compare_all(&node);
    record_count = known;
    node_close(&node);
    scratch_remove(&disk);
}

static void one_round(void)
{
    memset(records, 0, sizeof records);
    record_count = 0;
    next_ref = 0;
    fault_cuts(CUTS, work, cut);
}

int main(int argc, char **argv)
{
    must(crypto_init());
    must(catalog_load(".", &catalog));
    bool is_done = fault_rounds("agree", argc, argv, one_round);
    catalog_free(catalog);
    if (is_done)
        printf("agree: %llu rounds of %d cuts: the index agreed with the store\n",
               (unsigned long long)fault.rounds, CUTS);
    return is_done ? 0 : 2;
}
