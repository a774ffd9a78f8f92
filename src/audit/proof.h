/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking what a log claims, from its words alone: proofs (RFC 9162 sections 2.1.3.2 and 2.1.4.2),
 * checkpoints (C2SP tlog-checkpoint) and proof files (C2SP tlog-proof). Nothing here reads a log,
 * so
 * a verifier shares no code with who wrote it but the hash.
 */
#ifndef AUDIT_PROOF_H
#define AUDIT_PROOF_H

#include "crypto/note.h"

bool inclusion_holds(const struct hash *leaf, uint64_t index, uint64_t size,
                     const struct hash *path, size_t count, const struct hash *root);
bool consistency_holds(uint64_t from, const struct hash *from_root, uint64_t to,
                       const struct hash *to_root, const struct hash *path, size_t count);

struct checkpoint {
    str origin;
    uint64_t size;
    struct hash root;
};
/* The text of a checkpoint, without its signatures. */
void checkpoint_print(const struct checkpoint *checkpoint, struct buf *out);
/* Of a signed note; the signatures are for note_verify(). ERR_SYNTAX. */
enum err checkpoint_parse(str note, struct checkpoint *ret) MUST_USE;

enum { PROOF_LINES_MAX = 64 };
struct proof_file {
    uint64_t index; /* from 0 */
    struct hash path[PROOF_LINES_MAX];
    size_t count;
    str extra; /* base64 */
    str checkpoint;
};
enum err proof_parse(str text, struct proof_file *ret) MUST_USE;
/* Lines of base64 hashes up to an empty line; *rest is what follows it. */
enum err hash_lines_parse(str *rest, struct hash ret[PROOF_LINES_MAX], size_t *ret_count) MUST_USE;
void hash_lines_print(const struct hash *hashes, size_t count, struct buf *out);

#endif
