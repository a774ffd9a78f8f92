/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors. A fallible function returns `enum err`; whoever knows most records the text once with
 * err_set() (or one of its kin), which returns the code so that `return err_set(ERR_BAD_VALUE,
 * ...)` reads well. The text lies in the thread until the next error; copy what must be kept.
 * Messages: lower case, no full stop, name the thing and value.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/say.h"

/* One row per code: name, the word programs see (JSON `code`), HTTP status, meaning. */
/* clang-format off */
#define ERR_TABLE(row) \
    row(ERR_USAGE, "usage", 400, "the command line or request is not of the expected form") \
    row(ERR_SYNTAX, "syntax", 400, "input is not well-formed in its format") \
    row(ERR_BAD_VALUE, "bad-value", 422, "a value is not valid for its field") \
    row(ERR_UNKNOWN, "unknown-name", 422, \
        "a name (database, field, code, purpose) is not known here") \
    row(ERR_MISSING, "missing", 422, "something required is absent") \
    row(ERR_LIMIT, "limit", 413, "a stated bound was reached") \
    row(ERR_DENIED, "denied", 403, "this actor may not do this") \
    row(ERR_UNAUTHENTICATED, "unauthenticated", 401, "no valid credential came with the request") \
    row(ERR_NOT_FOUND, "not-found", 404, "there is no such thing, or not for this actor") \
    row(ERR_CONFLICT, "conflict", 409, "the thing changed meanwhile, or exists already") \
    row(ERR_STALE, "precondition-failed", 412, \
        "the version named in the request is not the current one") \
    row(ERR_HELD, "held", 409, \
        "expectations failed: held for a person to decide, nothing applied") \
    row(ERR_BUSY, "busy", 503, "no capacity right now; try again") \
    row(ERR_RATE, "rate", 429, "too many requests from this actor or address") \
    row(ERR_TIMEOUT, "timeout", 504, "a deadline passed") \
    row(ERR_LOCKED, "locked", 503, "another process holds the data directory") \
    row(ERR_VERSION, "version", 500, "a file was written by a newer or incompatible program") \
    row(ERR_DAMAGED, "damaged", 500, "a file failed its checks") \
    row(ERR_FULL, "disk-full", 507, "no space left to write") \
    row(ERR_IO, "io", 500, "the operating system refused a read or write") \
    row(ERR_MEMORY, "memory", 500, "out of memory") \
    row(ERR_GONE, "gone", 410, "what was asked for has been destroyed") \
    row(ERR_INTERNAL, "internal", 500, "a mistake of this program")
/* clang-format on */

enum err {
    OK = 0,
#define ERR_ENUM(code, word, status, meaning) code,
    ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
};

struct err_info {
    enum err code;
    uint32_t line, column; /* 1-based place in the input, 0 when there is none */
    char message[512];     /* what and why, with the offending value */
    char hint[256];        /* what to do, or "" */
    char file[256];        /* input file or definition the place is in, or "" */
    char field[128];       /* key or field path the error is about, or "" */
    struct say say;        /* of message: the sentence apart from its values */
    struct say hint_say;
};

enum err err_set(enum err code, const char *format, ...) PRINTF(2, 3);
/* err_set with the place in an input. */
enum err err_at(enum err code, const char *file, uint32_t line, uint32_t column, const char *format,
                ...) PRINTF(5, 6);
/* From errno: ENOSPC and EDQUOT give ERR_FULL, the rest ERR_IO; the system's text is appended. */
enum err err_errno(const char *format, ...) PRINTF(1, 2);
/* Adds to the error at hand, if the part is still empty; returns its code. */
enum err err_hint(const char *format, ...) PRINTF(1, 2);
enum err err_file(const char *file);
enum err err_field(const char *format, ...) PRINTF(1, 2);
const struct err_info *err_last(void);
/* The message ends in a text that has a sentence of its own, which is then the error's. */
void err_say(const struct say *say, size_t text_len);
void err_clear(void);
/* Puts a kept copy back, for passing an error between threads. */
void err_restore(const struct err_info *info);
const char *err_word(enum err code);
int err_http_status(enum err code);
/* One line for a person: "file:line:column: message (hint)". Returns out. */
const char *err_format(const struct err_info *info, char *out, size_t size);

#if defined(__clang_analyzer__) && !defined(BASE_ERR_IMPLEMENTATION)
/* The analyser looks into one file only: here it learns that these never return OK. */
#    define err_set(code, ...) ((void)err_set(code, __VA_ARGS__), (code))
#    define err_at(code, ...)  ((void)err_at(code, __VA_ARGS__), (code))
#    define err_errno(...)     ((void)err_errno(__VA_ARGS__), ERR_IO)
#    define err_hint(...)      ((void)err_hint(__VA_ARGS__), ERR_IO)
#    define err_field(...)     ((void)err_field(__VA_ARGS__), ERR_IO)
#endif

#define TRY(expression)                    \
    do {                                   \
        enum err try_code_ = (expression); \
        if (try_code_)                     \
            return try_code_;              \
    } while (0)

#endif
