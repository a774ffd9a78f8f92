/* SPDX-License-Identifier: Apache-2.0 */
/* index/names_word: a dictionary word as bytes, and the keys that lead to it. */
#include "index/names_internal.h"

enum { PREFIX = 7 }; /* letters that deletions are made of; later letters seldom tell words apart */

static uint8_t *bytes_put(uint8_t *to, const void *from, size_t len)
{
    *to++ = (uint8_t)len;
    memcpy(to, from, len);
    return to + len;
}

size_t names_encode_word(const struct word *word, uint8_t ret[ENCODED_MAX])
{
    uint8_t *to = ret;
    *to++ = (uint8_t)word->script;
    *to++ = word->reading_count;
    to = bytes_put(to, word->native.ptr, word->native.len < 255 ? word->native.len : 255);
    for (size_t i = 0; i < word->reading_count; i++) {
        to = bytes_put(to, word->readings[i].ptr, word->readings[i].len);
        to = bytes_put(to, word->sounds[i]->codes, word->sounds[i]->count);
    }
    return (size_t)(to - ret);
}

size_t names_encode(const struct name_token *token, uint8_t ret[ENCODED_MAX])
{
    struct sound sounds[NAME_READING_MAX];
    struct word word = {.script = token->script,
                        .native = token->native,
                        .reading_count = token->reading_count};
    for (size_t i = 0; i < token->reading_count; i++) {
        sound_of(token->readings[i], &sounds[i]);
        word.readings[i] = token->readings[i];
        word.sounds[i] = &sounds[i];
    }
    return names_encode_word(&word, ret);
}

/* One length and so many bytes; NULL when they would end beyond `end`. */
static const uint8_t *bytes_take(const uint8_t *at, const uint8_t *end, str *ret)
{
    if (at >= end || (size_t)(end - at) < 1u + *at)
        return NULL;
    *ret = str_of((const char *)at + 1, *at);
    return at + 1 + *at;
}

/* Codes are not looked at: sound_cost() takes any. */
bool names_decode(const uint8_t *bytes, size_t size, struct word *ret)
{
    const uint8_t *end = bytes + size, *at = bytes + 2;
    if (size < 3 || bytes[0] > NAME_OTHER || bytes[1] == 0 || bytes[1] > NAME_READING_MAX)
        return false;
    ret->script = bytes[0];
    ret->reading_count = bytes[1];
    at = bytes_take(at, end, &ret->native);
    for (size_t i = 0; i < ret->reading_count && at; i++) {
        str codes = STR_EMPTY;
        at = bytes_take(at, end, &ret->readings[i]);
        ret->sounds[i] = (const struct sound *)at; /* a count, then so many codes */
        at = at ? bytes_take(at, end, &codes) : NULL;
        if (codes.len > SOUND_MAX || ret->readings[i].len > NAME_WORD_MAX ||
            ret->readings[i].len == 0)
            return false;
    }
    return at != NULL;
}

size_t names_encoded_size(const uint8_t *bytes)
{
    const uint8_t *at = bytes + 2;
    at += 1 + *at;
    for (size_t i = 0; i < bytes[1]; i++) {
        at += 1 + *at;
        at += 1 + *at;
    }
    return (size_t)(at - bytes);
}

static uint32_t key_of(str text, uint64_t seed)
{
    return (uint32_t)hash64(text, seed);
}

uint32_t names_exact_key(enum name_script script, str native)
{
    return key_of(native, 1000 + script);
}

static size_t key_add(uint32_t *keys, size_t count, uint32_t key)
{
    for (size_t i = 0; i < count; i++) {
        if (keys[i] == key)
            return count;
    }
    if (count < KEY_MAX)
        keys[count++] = key;
    return count;
}

/* The prefix with one letter left out, and with two where it has five or more. */
static size_t deletion_keys(str reading, uint32_t *keys, size_t count)
{
    str prefix = str_slice(reading, 0, PREFIX);
    char one[PREFIX], two[PREFIX];
    count = key_add(keys, count, key_of(prefix, 1));
    for (size_t i = 0; prefix.len > 2 && i < prefix.len; i++) {
        memcpy(one, prefix.ptr, i);
        memcpy(one + i, prefix.ptr + i + 1, prefix.len - i - 1);
        count = key_add(keys, count, key_of(str_of(one, prefix.len - 1), 1));
        for (size_t j = i; prefix.len > 4 && j < prefix.len - 1; j++) {
            memcpy(two, one, j);
            memcpy(two + j, one + j + 1, prefix.len - 2 - j);
            count = key_add(keys, count, key_of(str_of(two, prefix.len - 2), 1));
        }
    }
    return count;
}

uint32_t names_initial_key(char letter)
{
    return key_of(str_of(&letter, 1), 2);
}

/* One letter, as an initial is; Han and Hangul have none. */
static bool is_one_letter(const struct word *word)
{
    const uint8_t *text = (const uint8_t *)word->native.ptr;
    size_t letters = 0;
    for (size_t i = 0; i < word->native.len; i++)
        letters += (text[i] & 0xc0) != 0x80;
    return letters == 1 && word->script != NAME_HAN && word->script != NAME_HANGUL;
}

static size_t skeleton_keys(const struct word *word, uint32_t *keys)
{
    size_t count = 0;
    for (size_t i = 0; i < word->reading_count; i++) {
        uint32_t skeletons[SKELETON_MAX];
        size_t skeleton_count = skeletons_of(word->readings[i], skeletons);
        for (size_t j = 0; j < skeleton_count; j++)
            count = key_add(keys, count, skeletons[j]);
    }
    return count;
}

size_t names_keys(const struct word *word, enum names_directory directory, uint32_t ret[KEY_MAX])
{
    size_t count = 0;
    if (directory == NAMES_SKELETON)
        return skeleton_keys(word, ret);
    if (directory == NAMES_EXACT) {
        ret[0] = names_exact_key(word->script, word->native);
        return 1;
    }
    for (size_t i = 1; i < word->reading_count; i++)
        count = key_add(ret, count, key_of(str_slice(word->readings[i], 0, PREFIX), 1));
    if (is_one_letter(word))
        count = key_add(ret, count, names_initial_key(word->readings[0].ptr[0]));
    return deletion_keys(word->readings[0], ret, count);
}
