/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Officers from DIR/officers.json:
 *
 *   [{"officer": "o-1043", "unit": "FRA/border-cdg", "country": "FRA", "role": "frontline",
 *     "purposes": ["border-control"], "may": ["write"], "token_hash": "64 hex digits",
 *     "created": "2026-11-01T08:00:00Z", "expires": "2027-11-01T08:00:00Z"}]
 *
 * A system that signs in with a client certificate has key_hash in place of token_hash.
 * A token is 256 random bits, so its plain SHA-256 can stand in the file: there is nothing to
 * guess.
 * Lookups go by the hash's first bytes into a sorted table and are decided by a comparison in
 * constant time. The table is immutable and swapped whole; readers hold a read lock for the few
 * hundred nanoseconds of a lookup. Once a second a lookup asks whether the file has changed.
 */
#include "identity/identity.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "codec/json.h"

enum { FILE_MAX = 8 << 20, OFFICER_MAX = 20000, CHECK_EVERY_US = 1000000, TOKEN_BYTES = 32 };

static const int64_t lifetime_us = (int64_t)365 * 86400 * 1000000;

struct officer {
    struct actor actor;
    struct hash token_hash, key_hash; /* zeros where there is none */
    bool has_token, has_key;
    int64_t created_us, expires_us;
};
struct roll { /* what the file said */
    struct arena arena;
    struct officer *officers; /* by token hash */
    size_t count;
    const struct officer **by_key; /* those with a key, by its hash */
    size_t key_count;
};
struct identity {
    const struct catalog *catalog;
    char *path;
    pthread_rwlock_t lock; /* guards roll and stamp */
    struct roll *roll;
    struct stat stamp;
    _Atomic int64_t checked_us;
    pthread_mutex_t changing; /* one writer of the file */
};

/* ---- the file ---- */

static int compare_officers(const void *a, const void *b)
{
    return memcmp(((const struct officer *)a)->token_hash.bytes,
                  ((const struct officer *)b)->token_hash.bytes, HASH_SIZE);
}

static bool is_id(str id)
{
    for (size_t i = 0; i < id.len; i++)
        if (!is_alnum(id.ptr[i]) && !strchr("._-/", id.ptr[i]))
            return false;
    return id.len > 0 && id.len <= 64;
}

static enum err read_purposes(const struct catalog *catalog, const struct node *list,
                              purpose_set *ret)
{
    purpose_set purposes = 0;
    node_each(item, list)
    {
        uint16_t number;
        if (!purpose_find(catalog, node_as_text(item), &number) || number >= PURPOSE_MAX)
            return err_at(ERR_UNKNOWN, NULL, item->line, item->column, "%.*s is not a purpose",
                          STR(node_as_text(item)));
        purposes |= (purpose_set)1 << number;
    }
    *ret = purposes;
    return OK;
}

static bool has_text(const struct node *list, str text)
{
    node_each(item, list) if (str_eq(node_as_text(item), text)) return true;
    return false;
}

/* False when it is there and no hash. */
static bool read_hash(const struct node *node, str key, struct hash *ret, bool *ret_is_there)
{
    *ret_is_there = node_get(node, key) != NULL;
    return !*ret_is_there || hex_decode(node_get_text(node, key), ret->bytes, HASH_SIZE);
}

static enum err read_officer(const struct catalog *catalog, const struct node *node,
                             struct officer *ret)
{
    struct actor *actor = &ret->actor;
    actor->officer = node_get_text(node, S("officer"));
    actor->unit = node_get_text(node, S("unit"));
    actor->country = node_get_text(node, S("country"));
    actor->role = node_get_text(node, S("role"));
    if (!is_id(actor->officer))
        return err_set(ERR_BAD_VALUE, "%.*s is not an officer's id", STR(actor->officer));
    TRY(read_purposes(catalog, node_get(node, S("purposes")), &actor->purposes));
    const struct node *may = node_get(node, S("may"));
    actor->may_write = has_text(may, S("write"));
    actor->may_administer = has_text(may, S("administer"));
    actor->may_audit = has_text(may, S("audit"));
    str created = node_get_text(node, S("created"));
    str expires = node_get_text(node, S("expires"));
    if (!read_hash(node, S("token_hash"), &ret->token_hash, &ret->has_token) ||
        !read_hash(node, S("key_hash"), &ret->key_hash, &ret->has_key) ||
        !(ret->has_token || ret->has_key) || !clock_parse(created, &ret->created_us) ||
        !clock_parse(expires, &ret->expires_us))
        return err_set(ERR_BAD_VALUE,
                       "officer %.*s has no good token_hash or key_hash, created or expires",
                       STR(actor->officer));
    return OK;
}

static int compare_keys(const void *a, const void *b)
{
    const struct officer *const *left = a;
    const struct officer *const *right = b;
    return memcmp((*left)->key_hash.bytes, (*right)->key_hash.bytes, HASH_SIZE);
}

static enum err sort_keys(struct roll *roll)
{
    roll->by_key = arena_array(&roll->arena, const struct officer *, roll->count);
    if (!roll->by_key)
        return err_last()->code;
    for (size_t i = 0; i < roll->count; i++)
        if (roll->officers[i].has_key)
            roll->by_key[roll->key_count++] = &roll->officers[i];
    qsort(roll->by_key, roll->key_count, sizeof *roll->by_key, compare_keys);
    return OK;
}

static void roll_free(struct roll *roll)
{
    if (!roll)
        return;
    arena_release(&roll->arena);
    free(roll);
}

static enum err fill_roll(const struct catalog *catalog, str text, struct roll *roll)
{
    struct node *list;
    TRY(json_parse(arena_str(&roll->arena, text), &roll->arena, &list));
    if (list->kind != NODE_LIST || list->count > OFFICER_MAX)
        return err_set(ERR_BAD_VALUE, "expected a list of at most %d officers", OFFICER_MAX);
    roll->officers = arena_array(&roll->arena, struct officer, list->count);
    if (!roll->officers)
        return err_last()->code;
    node_each(item, list) TRY(read_officer(catalog, item, &roll->officers[roll->count++]));
    qsort(roll->officers, roll->count, sizeof *roll->officers, compare_officers);
    return sort_keys(roll);
}

static enum err read_roll(const struct identity *identity, struct roll **ret)
{
    char *text = NULL;
    size_t len = 0;
    enum err code = io_read_file(identity->path, FILE_MAX, &text, &len);
    if (code && code != ERR_NOT_FOUND)
        return code;
    struct roll *roll = calloc(1, sizeof *roll);
    if (!roll)
        code = err_set(ERR_MEMORY, "out of memory for officers");
    else
        code = fill_roll(identity->catalog, code ? S("[]") : str_of(text, len), roll);
    free(text);
    if (code) {
        roll_free(roll);
        return err_file(identity->path);
    }
    *ret = roll;
    return OK;
}

static void swap_roll(struct identity *identity, struct roll *roll, const struct stat *stamp)
{
    pthread_rwlock_wrlock(&identity->lock);
    struct roll *old = identity->roll;
    identity->roll = roll;
    identity->stamp = *stamp;
    pthread_rwlock_unlock(&identity->lock);
    roll_free(old);
}

static enum err load(struct identity *identity)
{
    struct stat stamp = {0};
    if (stat(identity->path, &stamp) < 0)
        stamp = (struct stat){0};
    struct roll *roll = NULL;
    TRY(read_roll(identity, &roll));
    swap_roll(identity, roll, &stamp);
    return OK;
}

/* An officer added by another process is known within a second; a file at fault changes nothing. */
static void follow_file(struct identity *identity)
{
    int64_t now = clock_monotonic_us();
    int64_t checked = atomic_load_explicit(&identity->checked_us, memory_order_relaxed);
    if (now - checked < CHECK_EVERY_US ||
        !atomic_compare_exchange_strong(&identity->checked_us, &checked, now))
        return;
    struct stat stamp = {0};
    if (stat(identity->path, &stamp) < 0)
        stamp = (struct stat){0};
    pthread_rwlock_rdlock(&identity->lock);
    bool is_same = stamp.st_ino == identity->stamp.st_ino &&
                   stamp.st_size == identity->stamp.st_size &&
                   stamp.st_mtim.tv_sec == identity->stamp.st_mtim.tv_sec &&
                   stamp.st_mtim.tv_nsec == identity->stamp.st_mtim.tv_nsec;
    pthread_rwlock_unlock(&identity->lock);
    if (!is_same && load(identity) != OK)
        err_clear();
}

enum err identity_open(const char *directory, const struct catalog *catalog, struct identity **ret)
{
    struct identity *identity = calloc(1, sizeof *identity);
    if (!identity || asprintf(&identity->path, "%s/officers.json", directory) < 0) {
        free(identity);
        return err_set(ERR_MEMORY, "out of memory for officers");
    }
    identity->catalog = catalog;
    pthread_rwlock_init(&identity->lock, NULL);
    pthread_mutex_init(&identity->changing, NULL);
    enum err code = load(identity);
    if (code) {
        identity_close(identity);
        return code;
    }
    *ret = identity;
    return OK;
}

void identity_close(struct identity *identity)
{
    if (!identity)
        return;
    roll_free(identity->roll);
    pthread_rwlock_destroy(&identity->lock);
    pthread_mutex_destroy(&identity->changing);
    free(identity->path);
    free(identity);
}

/* ---- who is it ---- */

static void copy_actor(const struct actor *from, struct arena *arena, struct actor *ret)
{
    *ret = *from;
    ret->officer = arena_str(arena, from->officer);
    ret->unit = arena_str(arena, from->unit);
    ret->country = arena_str(arena, from->country);
    ret->role = arena_str(arena, from->role);
}

static const struct officer *find_token(const struct roll *roll, const struct hash *hash)
{
    size_t low = 0;
    size_t high = roll->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(roll->officers[middle].token_hash.bytes, hash->bytes, 8) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < roll->count; low++) {
        const struct officer *officer = &roll->officers[low];
        if (officer->has_token &&
            equal_constant_time(officer->token_hash.bytes, hash->bytes, HASH_SIZE))
            return officer;
        if (memcmp(officer->token_hash.bytes, hash->bytes, 8) != 0)
            break;
    }
    return NULL;
}

static const struct officer *find_key(const struct roll *roll, const struct hash *hash)
{
    const struct officer probe = {.key_hash = *hash};
    const struct officer *at = &probe;
    const struct officer **found =
        bsearch(&at, roll->by_key, roll->key_count, sizeof *roll->by_key, compare_keys);
    return found ? *found : NULL;
}

enum err identity_by_key(struct identity *identity, str key_hash, struct arena *arena,
                         struct actor *ret)
{
    struct hash hash;
    follow_file(identity);
    if (!hex_decode(key_hash, hash.bytes, HASH_SIZE))
        return err_set(ERR_UNAUTHENTICATED, "no certificate came with the connection");
    enum err code = OK;
    pthread_rwlock_rdlock(&identity->lock);
    const struct officer *officer = find_key(identity->roll, &hash);
    if (!officer)
        code = ERR_UNAUTHENTICATED;
    else if (officer->expires_us < clock_now_us())
        code = ERR_TIMEOUT;
    else
        copy_actor(&officer->actor, arena, ret);
    pthread_rwlock_unlock(&identity->lock);
    if (!code)
        return OK;
    err_set(ERR_UNAUTHENTICATED, "the certificate's key %.*s %s", STR(key_hash),
            code == ERR_TIMEOUT ? "was listed for a time that is over" : "is not listed here");
    return err_hint("an administrator lists it with: bureau officer add ID --certificate FILE");
}

enum err identity_by_token(struct identity *identity, str token, struct arena *arena,
                           struct actor *ret)
{
    follow_file(identity);
    struct hash hash;
    sha256(token, &hash);
    enum err code = OK;
    pthread_rwlock_rdlock(&identity->lock);
    const struct officer *officer = find_token(identity->roll, &hash);
    if (!officer)
        code = ERR_UNAUTHENTICATED;
    else if (officer->expires_us < clock_now_us())
        code = ERR_TIMEOUT;
    else
        copy_actor(&officer->actor, arena, ret);
    pthread_rwlock_unlock(&identity->lock);
    if (code == ERR_TIMEOUT)
        err_set(ERR_UNAUTHENTICATED, "the token has expired");
    else if (code)
        err_set(ERR_UNAUTHENTICATED, "the token is not known here");
    if (!code)
        return OK;
    return err_hint("an administrator makes one with: bureau officer add");
}

enum err identity_by_peer(struct identity *identity, uint32_t uid, struct arena *arena,
                          struct actor *ret)
{
    (void)identity;
    (void)arena;
    if (uid != 0 && uid != geteuid())
        return err_set(ERR_UNAUTHENTICATED, "user %u is not the one this node runs as", uid);
    *ret = (struct actor){.officer = S("local"),
                          .unit = S("local"),
                          .country = STR_EMPTY,
                          .role = S("administrator"),
                          .purposes = ~(purpose_set)0,
                          .may_write = true,
                          .may_administer = true,
                          .may_audit = true};
    return OK;
}

/* ---- changes ---- */

static void put_time(struct arena *arena, struct node *map, str key, int64_t time_us)
{
    char text[24];
    node_put_text(arena, map, key, arena_str(arena, str_c(clock_format(time_us, text))));
}

static void put_hash(struct arena *arena, struct node *map, str key, const struct hash *hash)
{
    char hex[2 * HASH_SIZE + 1];
    hex_encode(hash->bytes, HASH_SIZE, hex);
    node_put_text(arena, map, key, arena_str(arena, str_c(hex)));
}

static struct node *print_officer(const struct catalog *catalog, const struct officer *officer,
                                  struct arena *arena)
{
    const struct actor *actor = &officer->actor;
    struct node *map = node_map(arena);
    struct node *purposes = node_list(arena);
    struct node *may = node_list(arena);
    node_put_text(arena, map, S("officer"), actor->officer);
    node_put_text(arena, map, S("unit"), actor->unit);
    node_put_text(arena, map, S("country"), actor->country);
    node_put_text(arena, map, S("role"), actor->role);
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (actor->purposes >> i & 1 && purpose_code(catalog, (uint16_t)i).len)
            node_add(purposes, node_text(arena, purpose_code(catalog, (uint16_t)i)));
    node_put(map, S("purposes"), purposes);
    if (actor->may_write)
        node_add(may, node_text(arena, S("write")));
    if (actor->may_administer)
        node_add(may, node_text(arena, S("administer")));
    if (actor->may_audit)
        node_add(may, node_text(arena, S("audit")));
    node_put(map, S("may"), may);
    if (officer->has_token)
        put_hash(arena, map, S("token_hash"), &officer->token_hash);
    if (officer->has_key)
        put_hash(arena, map, S("key_hash"), &officer->key_hash);
    put_time(arena, map, S("created"), officer->created_us);
    put_time(arena, map, S("expires"), officer->expires_us);
    return map;
}

/* Writes the roll without `gone` and with `added` (either may be NULL), and takes it up. */
static enum err write_roll(struct identity *identity, const struct officer *gone,
                           const struct officer *added)
{
    struct arena arena = {0};
    struct node *list = node_list(&arena);
    for (size_t i = 0; i < identity->roll->count; i++)
        if (&identity->roll->officers[i] != gone)
            node_add(list, print_officer(identity->catalog, &identity->roll->officers[i], &arena));
    if (added)
        node_add(list, print_officer(identity->catalog, added, &arena));
    struct buf out = {.max = FILE_MAX};
    json_write_pretty(&out, list);
    buf_add_char(&out, '\n');
    enum err code = out.failed ? out.failed : io_replace(identity->path, buf_str(&out));
    buf_release(&out);
    arena_release(&arena);
    return code ? code : load(identity);
}

static const struct officer *find_officer(const struct roll *roll, str id)
{
    for (size_t i = 0; i < roll->count; i++)
        if (str_eq(roll->officers[i].actor.officer, id))
            return &roll->officers[i];
    return NULL;
}

static void make_token(char out[TOKEN_TEXT])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char bytes[TOKEN_BYTES + 1] = {0};
    random_bytes(bytes, TOKEN_BYTES);
    size_t len = (size_t)snprintf(out, TOKEN_TEXT, "bureau_");
    for (size_t bit = 0; bit < (size_t)TOKEN_BYTES * 8;
         bit += 6) { /* 42 letters of 6 bits and one of 4 */
        unsigned pair = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + 1];
        out[len++] = letters[pair >> (10 - bit % 8) & 63];
    }
    out[len] = 0;
    wipe(bytes, sizeof bytes);
}

static enum err add(struct identity *identity, struct officer *added)
{
    str id = added->actor.officer;
    if (!is_id(id))
        return err_set(ERR_BAD_VALUE,
                       "%.*s is not an officer's id: letters, digits and . _ - / up to 64",
                       STR(id));
    added->created_us = clock_now_us();
    added->expires_us = added->created_us + lifetime_us;
    pthread_mutex_lock(&identity->changing);
    enum err code = load(identity);
    if (!code && find_officer(identity->roll, id))
        code = err_set(ERR_CONFLICT, "officer %.*s is there already", STR(id));
    if (!code && added->has_key && find_key(identity->roll, &added->key_hash))
        code = err_set(ERR_CONFLICT, "this certificate's key is listed already");
    if (!code && identity->roll->count >= OFFICER_MAX)
        code = err_set(ERR_LIMIT, "at most %d officers", OFFICER_MAX);
    if (!code)
        code = write_roll(identity, NULL, added);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

enum err identity_add(struct identity *identity, const struct actor *officer,
                      char ret_token[TOKEN_TEXT])
{
    char token[TOKEN_TEXT];
    make_token(token);
    struct officer added = {.actor = *officer, .has_token = true};
    sha256(str_c(token), &added.token_hash);
    enum err code = add(identity, &added);
    if (!code)
        memcpy(ret_token, token, sizeof token);
    wipe(token, sizeof token);
    return code;
}

enum err identity_add_key(struct identity *identity, const struct actor *officer,
                          const struct hash *key)
{
    struct officer added = {.actor = *officer, .has_key = true, .key_hash = *key};
    return add(identity, &added);
}

enum err identity_remove(struct identity *identity, str id)
{
    pthread_mutex_lock(&identity->changing);
    enum err code = load(identity);
    const struct officer *gone = code ? NULL : find_officer(identity->roll, id);
    if (!code && !gone)
        code = err_set(ERR_NOT_FOUND, "there is no officer %.*s", STR(id));
    if (!code)
        code = write_roll(identity, gone, NULL);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

void identity_each(struct identity *identity, identity_visit *visit, void *context)
{
    follow_file(identity);
    pthread_rwlock_rdlock(&identity->lock);
    for (size_t i = 0; i < identity->roll->count; i++)
        visit(context, &identity->roll->officers[i].actor);
    pthread_rwlock_unlock(&identity->lock);
}
