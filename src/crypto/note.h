/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed notes (C2SP signed-note): a text, an empty line, and lines of signatures by named keys.
 *
 *   <text, each line ended by a line feed>
 *
 *   — <name> <base64 of 4 bytes key id and the signature>
 *
 * Two kinds of signature: of the text itself, and a cosignature (C2SP tlog-cosignature) over a time
 * and the text. A key travels as "name+id+base64", one line of printable text.
 */
#ifndef CRYPTO_NOTE_H
#define CRYPTO_NOTE_H

#include "crypto/sign.h"

enum note_kind { NOTE_SIGNATURE = 1, NOTE_COSIGNATURE = 4 };
struct note_key { /* what a verifier knows */
    str name;
    enum note_kind kind;
    struct public_key key;
};

enum err note_key_parse(str text, struct note_key *ret) MUST_USE; /* name is borrowed */
void note_key_print(const struct note_key *key, struct buf *out);
/* Appends a signature line over `text`; the caller has written text and the empty line. */
void note_sign(str text, str name, const struct signing_key *key, struct buf *out);
void note_cosign(str text, str name, const struct signing_key *key, int64_t time_s,
                 struct buf *out);
/* The text (with its last line feed) and the lines of signatures. ERR_SYNTAX. */
enum err note_split(str note, str *ret_text, str *ret_signatures) MUST_USE;
/*
 * OK: the note bears a good signature by this key, and no bad one. ERR_NOT_FOUND: none by it;
 * ERR_DENIED: one that does not hold. A cosignature gives its time.
 */
enum err note_verify(str note, const struct note_key *key, int64_t *ret_time_s) MUST_USE;
/* The same by any of several keys, a line each; *ret: which, its name borrowed from `keys`. */
enum err note_verify_any(str note, str keys, struct note_key *ret, int64_t *ret_time_s) MUST_USE;

#endif
