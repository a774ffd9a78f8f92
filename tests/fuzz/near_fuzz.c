/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of any bytes compared thirty-two at once and one by one: the same costs. The input is a
 * script, then lines: the word asked first, as letters; bytes above 127 of a held line are taken
 * for its sounds, as a damaged segment may hold them.
 */
#include <stdint.h>

#include "text/near.h"

struct reading {
    char letters[NAME_WORD_MAX + 1];
    size_t len;
    struct sound sound;
};

static void reading_make(str line, struct reading *ret)
{
    struct sound odd = {0};
    ret->len = 0;
    for (size_t i = 0; i < line.len; i++) {
        uint8_t byte = (uint8_t)line.ptr[i];
        if (byte >= 0x80 && odd.count < SOUND_MAX)
            odd.codes[odd.count++] = byte & 0x7f;
        else if (byte < 0x80 && ret->len < NAME_WORD_MAX)
            ret->letters[ret->len++] = (char)('a' + byte % 26);
    }
    sound_of(str_of(ret->letters, ret->len), &ret->sound);
    if (odd.count > 0)
        ret->sound = odd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str rest = str_of((const char *)data, size), line;
    if (size < 2)
        return 0;
    enum name_script one = data[0] % (NAME_OTHER + 1), other = data[1] % (NAME_OTHER + 1);
    struct reading asked, held;
    struct near_lanes lanes = {0};
    struct near_result wide, plain;
    rest = str_from(rest, 2);
    if (!str_split(&rest, '\n', &line))
        return 0;
    reading_make(line, &asked);
    struct word word = {.script = one,
                        .reading_count = 2,
                        .readings = {str_of(asked.letters, asked.len)},
                        .sounds = {&asked.sound}};
    word.readings[1] = word.readings[0];
    word.sounds[1] = word.sounds[0];
    while (lanes.count < NEAR_LANES && str_split(&rest, '\n', &line)) {
        reading_make(line, &held);
        struct near_form form;
        (void)near_form_make(str_of(held.letters, held.len), &held.sound, &form);
        near_add(&lanes, &form);
    }
    for (size_t reading = 0; reading < word.reading_count; reading++) {
        near_costs(&word, reading, other, &lanes, &wide);
        near_costs_plain(&word, reading, other, &lanes, &plain);
        ensure(memcmp(wide.costs, plain.costs, lanes.count) == 0);
        ensure(memcmp(wide.channels, plain.channels, lanes.count) == 0);
    }
    return 0;
}
