/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes in any encoding to UTF-8. The encoding is stated, or guessed from the first bytes with
 * the reasons in words, so that a person can disagree. Text that was taken for Windows text once
 * too often ("MÃ¼ller") is put right.
 *
 *   struct encoding_guess guess;  encoding_guess(first_64k, &guess);
 *   struct decoder *decoder;      TRY(decoder_open(guess.name, guess.doubled, &decoder));
 *   TRY(decoder_feed(decoder, bytes, false, &out)); ...
 */
#ifndef TEXT_ENCODING_H
#define TEXT_ENCODING_H

#include "base/base.h"

enum encoding_doubled {
    DOUBLED_NONE,
    DOUBLED_1252, /* UTF-8 read as windows-1252 and written as UTF-8 again */
    DOUBLED_1251, /* the same through windows-1251 */
};
struct encoding_guess {
    char name[32];       /* as decoder_open() takes it: "utf-8", "windows-1251", "ibm866" ... */
    unsigned confidence; /* 0..100 */
    enum encoding_doubled doubled;
    char reasons[300]; /* English: "no byte order mark; not UTF-8; as windows-1251 97% ..." */
};
/* sample: the first bytes of the file, 64 KiB are plenty. Pure; some milliseconds. */
void encoding_guess(str sample, struct encoding_guess *ret);

struct decoder;
/*
 * A name ICU knows ("utf-8", "utf-16", "windows-1252", "cp866", "koi8-r", "iso-8859-2", "gb18030",
 * "big5", "shift_jis", "euc-kr", "latin1" ...); ERR_UNKNOWN. A byte order mark at the start is
 * dropped.
 */
enum err decoder_open(const char *name, enum encoding_doubled doubled,
                      struct decoder **ret) MUST_USE;
/* Appends UTF-8 to out. Bytes that mean nothing in the encoding become U+FFFD and are counted. */
enum err decoder_feed(struct decoder *decoder, str bytes, bool is_last, struct buf *out) MUST_USE;
uint64_t decoder_bad_count(const struct decoder *decoder);
uint64_t decoder_repaired_count(const struct decoder *decoder); /* runs put right */
void decoder_close(struct decoder *decoder);

/*
 * Puts right what was encoded twice; text that was not is copied as it is. Gives how many runs were
 * changed.
 */
size_t encoding_repair(str text, enum encoding_doubled doubled, struct buf *out);

#endif
