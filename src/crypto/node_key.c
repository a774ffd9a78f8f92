/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replacing is three durable steps: the new seed beside the old (node.key.next), the note among the
 * changes, the rename. A crash before the second leaves a seed nobody was told of: it is removed;
 * after it, the change is announced, and finished by the next who loads the key.
 */
#include "crypto/node_key.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/random.h"

enum { CHANGE_LINES = 9, FACT_COUNT = 6 };
static const char *const facts[FACT_COUNT] = {"bureau", "node", "from", "to", "time", "reason"};
#define TITLE S("change of key 1")

struct key_change {
    str name; /* bureau-node/... */
    struct public_key from, to;
    bool is_given_up;
};

/* ---- reading ---- */

static bool cut_key(str text, struct public_key *ret)
{
    size_t len = 0;
    return base64_read(text, ret->bytes, PUBLIC_KEY_SIZE, &len) && len == PUBLIC_KEY_SIZE;
}

/* One change off the front of *rest, as it is signed. false: there is no further whole one. */
static bool cut_note(str *rest, str *ret)
{
    size_t lines = 0;
    for (size_t i = 0; i < rest->len; i++) {
        lines += rest->ptr[i] == '\n';
        if (lines == CHANGE_LINES) {
            *ret = str_slice(*rest, 0, i + 1);
            *rest = str_from(*rest, i + 1);
            return true;
        }
    }
    return false;
}

static enum err damaged(void)
{
    return err_set(ERR_DAMAGED, "a change of the node's key does not say what one says");
}

static enum err read_facts(str text, struct key_change *ret)
{
    str line, word, values[FACT_COUNT];
    int64_t time_us;
    for (size_t i = 0; i < FACT_COUNT; i++) {
        if (!str_split(&text, '\n', &line) || !str_split(&line, ' ', &word) ||
            !str_eq_c(word, facts[i]))
            return damaged();
        values[i] = line;
    }
    if (text.len || !str_eq(values[0], TITLE) || !cut_key(values[2], &ret->from) ||
        !cut_key(values[3], &ret->to) || !clock_parse(values[4], &time_us))
        return damaged();
    ret->name = values[1];
    ret->is_given_up = str_eq(values[5], S("given-up"));
    return ret->is_given_up || str_eq(values[5], S("replaced")) ? OK : damaged();
}

static void key_name(str name, const char *what, char *out, size_t size)
{
    snprintf(out, size, "%.*s/%s", STR(str_slice(name, 0, 60)), what);
}

/* One change, signed by both. */
static enum err read_change(str note, struct key_change *ret)
{
    str text, signatures;
    char name[80];
    int64_t time_s;
    TRY(note_split(note, &text, &signatures));
    TRY(read_facts(text, ret));
    key_name(ret->name, "keys", name, sizeof name);
    const struct public_key *both[] = {&ret->from, &ret->to};
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        struct note_key key = {str_c(name), NOTE_SIGNATURE, *both[i]};
        if (note_verify(note, &key, &time_s))
            return err_set(ERR_DENIED, "a change of the key of %.*s is not signed by both keys",
                           STR(ret->name));
    }
    return OK;
}

static bool is_same(const struct public_key *a, const struct public_key *b)
{
    return memcmp(a->bytes, b->bytes, PUBLIC_KEY_SIZE) == 0;
}

/* ---- following ---- */

struct following {
    struct public_key now;
    struct former_key former[NODE_KEYS_MAX];
    size_t count;
    char name[NODE_NAME_TEXT];
};

/* All changes, each from where the one before led. */
static enum err follow(str changes, struct following *ret)
{
    str note;
    struct key_change change;
    ret->count = 0;
    while (cut_note(&changes, &note)) {
        TRY(read_change(note, &change));
        bool is_first = ret->count == 0;
        if (is_first)
            snprintf(ret->name, sizeof ret->name, "%.*s", STR(change.name));
        if (!str_eq_c(change.name, ret->name) || (!is_first && !is_same(&change.from, &ret->now)))
            return err_set(ERR_DAMAGED, "the changes of the node's key do not follow each other");
        if (ret->count == NODE_KEYS_MAX)
            return err_set(ERR_LIMIT, "a node changes its key %d times at most", NODE_KEYS_MAX);
        ret->former[ret->count++] = (struct former_key){change.from, change.is_given_up};
        ret->now = change.to;
    }
    return changes.len ? damaged() : OK;
}

static void print_line(str name, const struct public_key *key, struct buf *out)
{
    struct note_key line = {name, NOTE_SIGNATURE, *key};
    if (out->len)
        buf_add_char(out, '\n');
    note_key_print(&line, out);
}

static void print_keys(str name, const struct public_key *now, const struct former_key *former,
                       size_t count, bool has_given_up, struct buf *out)
{
    print_line(name, now, out);
    for (size_t i = count; i-- > 0;)
        if (!former[i].is_given_up || has_given_up)
            print_line(name, &former[i].key, out);
}

void node_key_print(const struct node_key *key, const char *what, bool has_given_up,
                    struct buf *out)
{
    char name[80];
    key_name(str_c(key->name), what, name, sizeof name);
    print_keys(str_c(name), &key->now.public_key, key->former, key->former_count, has_given_up,
               out);
}

enum err node_key_follow(str changes, str key_line, struct buf *out)
{
    struct note_key held;
    struct following chain;
    TRY(note_key_parse(key_line, &held));
    TRY(follow(changes, &chain));
    bool is_known = chain.count > 0 && is_same(&held.key, &chain.now);
    for (size_t i = 0; i < chain.count; i++)
        is_known |= is_same(&held.key, &chain.former[i].key);
    if (!is_known || !str_starts(held.name, str_c(chain.name)))
        return err_set(ERR_NOT_FOUND, "no change leads from the key %.*s", STR(held.name));
    print_keys(held.name, &chain.now, chain.former, chain.count, false, out);
    return out->failed;
}

/* ---- the files ---- */

static str path_of(const char *directory, const char *name, char out[4200])
{
    snprintf(out, 4200, "%.4000s/%s", directory, name);
    return str_c(out);
}

/* Empty when there was none. Free *ret. */
static enum err read_changes(const char *directory, char **ret, size_t *ret_len)
{
    char path[4200];
    *ret = NULL;
    *ret_len = 0;
    path_of(directory, "node.changes", path);
    enum err code = io_read_file(path, NODE_CHANGES_MAX, ret, ret_len);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear();
    return OK;
}

/* A seed that waits: taken where a change leads to it, else of no use. */
static enum err finish(const char *directory, const struct following *chain)
{
    char next[4200], path[4200];
    char *seed = NULL;
    size_t len = 0;
    struct signing_key key;
    path_of(directory, "node.key.next", next);
    path_of(directory, "node.key", path);
    enum err code = io_read_file(next, KEY_SIZE, &seed, &len);
    if (code == ERR_NOT_FOUND) {
        err_clear();
        return OK;
    }
    wipe(seed, len);
    free(seed);
    if (!code)
        code = signing_key_load(next, &key);
    if (code)
        return code;
    bool is_announced = chain->count > 0 && is_same(&key.public_key, &chain->now);
    wipe(&key, sizeof key);
    code = is_announced ? io_rename(next, path) : io_remove(next);
    return code ? code : io_sync_dir(directory);
}

static void name_after(const struct public_key *first, char out[NODE_NAME_TEXT])
{
    struct hash hash;
    char hex[9];
    sha256(str_of((const char *)first->bytes, PUBLIC_KEY_SIZE), &hash);
    hex_encode(hash.bytes, 4, hex);
    snprintf(out, NODE_NAME_TEXT, "bureau-node/%s", hex);
}

static enum err load(const char *directory, str changes, struct node_key *ret)
{
    struct following chain;
    char path[4200];
    TRY(follow(changes, &chain));
    TRY(finish(directory, &chain));
    path_of(directory, "node.key", path);
    TRY(signing_key_load(path, &ret->now));
    if (chain.count && !is_same(&ret->now.public_key, &chain.now))
        return err_set(ERR_DAMAGED, "%s is not the key that %s/node.changes leads to", path,
                       directory);
    ret->former_count = chain.count;
    memcpy(ret->former, chain.former, chain.count * sizeof *chain.former);
    name_after(chain.count ? &chain.former[0].key : &ret->now.public_key, ret->name);
    return OK;
}

enum err node_key_load(const char *directory, struct node_key *ret)
{
    char *changes = NULL;
    size_t len = 0;
    TRY(read_changes(directory, &changes, &len));
    enum err code = load(directory, str_of(changes ? changes : "", len), ret);
    free(changes);
    return code;
}

enum err node_key_changes(const char *directory, struct buf *out)
{
    char *changes = NULL;
    size_t len = 0;
    TRY(read_changes(directory, &changes, &len));
    buf_add(out, str_of(changes ? changes : "", len));
    free(changes);
    return out->failed;
}

/* ---- replacing ---- */

static void print_change(const struct node_key *old, const struct signing_key *next,
                         bool is_given_up, int64_t now_us, struct buf *out)
{
    char time[24], name[80];
    struct buf text = {.max = 4096};
    buf_printf(&text, "bureau %.*s\nnode %s\nfrom ", STR(TITLE), old->name);
    base64_add(&text, str_of((const char *)old->now.public_key.bytes, PUBLIC_KEY_SIZE));
    buf_add(&text, S("\nto "));
    base64_add(&text, str_of((const char *)next->public_key.bytes, PUBLIC_KEY_SIZE));
    buf_printf(&text, "\ntime %s\nreason %s\n", clock_format(now_us, time),
               is_given_up ? "given-up" : "replaced");
    key_name(str_c(old->name), "keys", name, sizeof name);
    buf_add(out, buf_str(&text));
    buf_add_char(out, '\n');
    note_sign(buf_str(&text), str_c(name), &old->now, out);
    note_sign(buf_str(&text), str_c(name), next, out);
    out->failed = out->failed ? out->failed : text.failed;
    buf_release(&text);
}

static enum err announce(const char *directory, str changes, const struct node_key *old,
                         const struct signing_key *next, bool is_given_up, int64_t now_us)
{
    char path[4200];
    struct buf all = {.max = NODE_CHANGES_MAX};
    path_of(directory, "node.changes", path);
    buf_add(&all, changes);
    print_change(old, next, is_given_up, now_us, &all);
    enum err code = all.failed ? all.failed : io_replace(path, buf_str(&all));
    buf_release(&all);
    return code;
}

static enum err replace(const char *directory, str changes, bool is_given_up, int64_t now_us)
{
    struct node_key old;
    struct signing_key next;
    char path[4200];
    TRY(load(directory, changes, &old));
    if (old.former_count == NODE_KEYS_MAX)
        return err_set(ERR_LIMIT, "a node changes its key %d times at most", NODE_KEYS_MAX);
    path_of(directory, "node.key.next", path);
    enum err code = signing_key_load(path, &next);
    if (!code)
        code = announce(directory, changes, &old, &next, is_given_up, now_us);
    wipe(&old, sizeof old);
    wipe(&next, sizeof next);
    return code;
}

enum err node_key_replace(const char *directory, bool is_given_up, int64_t now_us)
{
    char *changes = NULL;
    size_t len = 0;
    struct node_key after;
    TRY(read_changes(directory, &changes, &len));
    enum err code = replace(directory, str_of(changes ? changes : "", len), is_given_up, now_us);
    free(changes);
    if (!code)
        code = node_key_load(directory, &after); /* which finishes it */
    wipe(&after, sizeof after);
    return code;
}
