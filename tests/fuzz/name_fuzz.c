/* SPDX-License-Identifier: Apache-2.0 */
/* Names of any bytes: cut, read, compared with themselves and with each other; the same bytes give the same words. */
#include <stdint.h>

#include "text/match.h"

static void check_tokens(const struct name *name)
{
    ensure(name->count > 0 && name->count <= NAME_TOKEN_MAX);
    for (size_t i = 0; i < name->count; i++) {
        const struct name_token *token = &name->tokens[i];
        ensure(token->native.len > 0 && utf8_is_valid(token->native));
        ensure(token->reading_count > 0 && token->reading_count <= NAME_READING_MAX);
        for (size_t k = 0; k < token->reading_count; k++) {
            str reading = token->readings[k];
            ensure(reading.len > 0 && reading.len <= NAME_WORD_MAX && token->cuts[k] < reading.len);
            for (size_t c = 0; c < reading.len; c++)
                ensure(is_lower(reading.ptr[c]));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {.max_bytes = 4 << 20};
    str text = str_of((const char *)data, size), first = text;
    struct name *name, *other;
    first.len = str_find(text, '\n');
    if (utf8_is_valid(text) && name_parse_text(first, &arena, &name) == OK) {
        struct name_match match;
        check_tokens(name);
        name_match(name, name, NULL, &match);
        ensure(match.contradictions == 0);
        if (name_parse_text(str_from(text, first.len + 1), &arena, &other) == OK) {
            struct buf words = {.max = 1 << 16};
            name_match(name, other, NULL, &match);
            name_match_words(name, other, &match, &words);
            ensure(!words.failed);
            buf_release(&words);
        }
    }
    err_clear();
    arena_release(&arena);
    return 0;
}
