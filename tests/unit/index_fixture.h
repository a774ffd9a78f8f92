/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the index tests stand on: a catalog of two small definitions made for them, and in place of
 * the store a feed in memory, so that millions of changes cost nothing and a body can be destroyed
 * at will. Of policy only what the index asks: a class is the record's confidentiality, and a scope
 * opens classes up to one.
 */
#ifndef TESTS_INDEX_FIXTURE_H
#define TESTS_INDEX_FIXTURE_H

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "codec/json.h"
#include "index/internal.h"

/* ---- the feed ---- */

enum { FEED_MAX = 400000 };
struct store {
    pthread_mutex_t lock;
    uint64_t seq;
    struct stored items[FEED_MAX + 1]; /* by seq */
    unsigned scrubs;
};
static struct store feed = {.lock = PTHREAD_MUTEX_INITIALIZER};

uint64_t store_seq(const struct store *store)
{
    pthread_mutex_lock(&((struct store *)(uintptr_t)store)->lock);
    uint64_t seq = store->seq;
    pthread_mutex_unlock(&((struct store *)(uintptr_t)store)->lock);
    return seq;
}

enum err store_feed(struct store *store, uint64_t after, size_t max, store_visit *visit,
                    void *context)
{
    uint64_t last = store_seq(store);
    for (uint64_t seq = after + 1; seq <= last && max--; seq++)
        TRY(visit(context, &store->items[seq]));
    return OK;
}

enum err store_read(struct store *store, uint64_t number, struct arena *arena, struct stored *ret)
{
    (void)arena;
    uint64_t last = store_seq(store);
    for (uint64_t seq = last; seq; seq--)
        if (store->items[seq].id.number == number && store->items[seq].body.len) {
            *ret = store->items[seq];
            return OK;
        }
    *ret = (struct stored){.id = {1, number}, .is_erased = true};
    return OK;
}

enum err store_scrub(struct store *store)
{
    store->scrubs++;
    return OK;
}

static void feed_clear(void)
{
    for (uint64_t seq = 1; seq <= feed.seq; seq++)
        free((void *)(uintptr_t)feed.items[seq].body.ptr);
    feed.seq = 0;
    feed.scrubs = 0;
}

static uint64_t feed_add(enum change_kind kind, enum state state, uint64_t number, uint32_t version,
                         const char *body)
{
    pthread_mutex_lock(&feed.lock);
    ensure(feed.seq < FEED_MAX);
    uint64_t seq = ++feed.seq;
    feed.items[seq] =
        (struct stored){.seq = seq,
                        .id = {1, number},
                        .version = version,
                        .state = state,
                        .kind = kind,
                        .definition = S("paper"),
                        .body = {body ? strdup(body) : NULL, body ? strlen(body) : 0}};
    pthread_mutex_unlock(&feed.lock);
    return seq;
}

/* ---- policy ---- */

enum err policy_class_of(struct policy_classes *classes, const struct record *record, uint16_t *ret)
{
    (void)classes;
    *ret = (uint16_t)record->envelope.confidentiality;
    return OK;
}

void policy_class_write(const struct policy_classes *classes, uint16_t number, struct buf *out)
{
    (void)classes;
    buf_add_u16(out, number);
}

enum err policy_class_read(struct policy_classes *classes, str bytes, uint16_t *ret)
{
    (void)classes;
    struct cursor c = cursor_of(bytes);
    *ret = cursor_u16(&c);
    return c.is_bad || *ret > 2 ? err_set(ERR_DAMAGED, "no such class") : OK;
}

enum disclosure policy_scope_evaluate(const struct policy_scope *scope, uint16_t class_number)
{
    return class_number < scope->count ? scope->disclosure[class_number] : DISCLOSE_NONE;
}

/* ---- catalog and directories ---- */

static char home[64], directory[80];
static struct catalog *catalog;

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", home, folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%s/%s", home, folder, name);
    FILE *file = fopen(path, "w");
    ensure(file && fputs(text, file) >= 0);
    fclose(file);
}

static const char paper[] =
    "definition: paper\ntitle: {en: Papers}\nkind: record\npurposes: [search]\n"
    "retain: {first: 5y}\n"
    "fields:\n"
    "  number: {title: {en: Number}, type: document-number, means: document-number, list: yes}\n"
    "  tag: {title: {en: Tag}, type: document-number, means: national-id}\n"
    "  called: {title: {en: Name}, type: name, means: name, list: yes}\n"
    "  born: {title: {en: Born}, type: date, means: birth-date, list: yes}\n"
    "order_by: birth-date\nshow: {others: all}\n";

static int fixture_setup(void **state)
{
    (void)state;
    char path[256], codes[256];
    strcpy(home, "/tmp/index-test-XXXXXX");
    ensure(mkdtemp(home));
    snprintf(directory, sizeof directory, "%s/index", home);
    write_file("databases", "paper.yaml", paper);
    snprintf(path, sizeof path, "%s/codes", home);
    ensure(getcwd(codes, sizeof codes - 8) && strcat(codes, "/codes"));
    ensure(symlink(codes, path) == 0);
    enum err code = catalog_load(home, &catalog);
    if (code)
        fprintf(stderr, "catalog: %s\n", err_last()->message);
    return code || crypto_init() ? -1 : 0;
}

static int fixture_teardown(void **state)
{
    (void)state;
    char command[128];
    feed_clear();
    catalog_free(catalog);
    snprintf(command, sizeof command, "rm -rf %s", home);
    return system(command);
}

static void wipe_directory(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    ensure(system(command) == 0);
}

static struct index *index_of_feed(uint32_t delta_max)
{
    struct index *index = NULL;
    enum err code = index_open(directory, &feed, catalog, NULL, &index);
    if (code)
        fprintf(stderr, "index_open: %s\n", err_last()->message);
    ensure(!code);
    index->delta_max = delta_max;
    return index;
}

/* Records a probe leads to, at most 8 are looked at; -1 on error. */
static long numbers_of(const struct index_snapshot *snapshot, enum key_kind kind, const char *text,
                       uint64_t numbers[8])
{
    struct arena arena = {0};
    struct index_hits hits;
    enum err code = index_probe(snapshot, NULL, NULL, kind, S("document-number"), str_c(text),
                                &arena, INDEX_HIT_MAX, &hits);
    for (size_t i = 0; !code && i < hits.count && i < 8; i++)
        numbers[i] = hits.items[i].number;
    long count = code ? -1 : (long)hits.count;
    arena_release(&arena);
    return count;
}

#endif
