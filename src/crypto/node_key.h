/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node signs with, and that key replaced by another so that whoever knows the old one can
 * know the new one.
 *
 *   DIR/node.key       the seed of the key in use
 *   DIR/node.changes   each change of it, oldest first: a note signed by both, CHANGE_LINES lines
 *
 *     bureau change of key 1
 *     node bureau-node/4f2a91c0
 *     from <base64>
 *     to <base64>
 *     time 2026-11-22T10:42:03Z
 *     reason replaced                 or given-up: the old one may be in other hands
 *
 *     - bureau-node/4f2a91c0/keys <by the old key>
 *     - bureau-node/4f2a91c0/keys <by the new key>
 *
 * A node keeps the name its first key gave it. What a replaced key signed still holds; of one that
 * was given up nothing does, except that it named its successor - where others may have the key,
 * whoever relies on that note alone asks the node by another way, too.
 *
 *   TRY(node_key_load(directory, &key));
 *   note_sign(text, name, &key.now, out);
 *   node_key_print(&key, "audit", false, &lines);       // then note_verify_any(note, lines, ...)
 */
#ifndef CRYPTO_NODE_KEY_H
#define CRYPTO_NODE_KEY_H

#include "crypto/note.h"

enum { NODE_KEYS_MAX = 64, NODE_NAME_TEXT = 24, NODE_CHANGES_MAX = 64 << 10 };
struct node_key {
    struct signing_key now;
    char name[NODE_NAME_TEXT];
    struct former_key {
        struct public_key key;
        bool is_given_up;
    } former[NODE_KEYS_MAX]; /* oldest first */
    size_t former_count;
};

/* Made when there is none. ERR_DAMAGED: the changes do not lead to this key. */
enum err node_key_load(const char *directory, struct node_key *ret) MUST_USE;
/* Another key in its place, durable when it returns; the old one is gone. ERR_LIMIT. */
enum err node_key_replace(const char *directory, bool is_given_up, int64_t now_us) MUST_USE;
/*
 * The keys a verifier may hold this node to, a line each, the present one first: of the name
 * NAME/what. Of those given up, too, only for what lies in the node's own directory.
 */
void node_key_print(const struct node_key *key, const char *what, bool has_given_up,
                    struct buf *out);
/* The file of changes, empty when there were none. */
enum err node_key_changes(const char *directory, struct buf *out) MUST_USE;
/*
 * From a key somebody holds (a line, of any of the node's names) to those that hold now, as lines
 * of the same name. ERR_NOT_FOUND: no change leads from it and it is not the last; ERR_DENIED: a
 * change that is not signed by both.
 */
enum err node_key_follow(str changes, str key_line, struct buf *out) MUST_USE;

#endif
