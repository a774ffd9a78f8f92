/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/near: one word asked against thirty-two held ones at once.
 *
 * The readings held lie side by side, one a lane, so that one step of an alignment is made for all
 * of them by one instruction (Rognes 2011 does so with proteins). Costs are those of match.h to the
 * last unit; a machine without AVX2 makes them lane by lane.
 *
 *   struct near_lanes lanes = {0};
 *   while (lanes.count < NEAR_LANES && ...)
 *       near_add(&lanes, form);
 *   near_costs(&asked, 0, NAME_LATIN, &lanes, &result);
 */
#ifndef TEXT_NEAR_H
#define TEXT_NEAR_H

#include "text/match.h"

enum { NEAR_LANES = 32, NEAR_LENGTH = 15 };
/*
 * A reading as it lies in a dictionary: its sounds, as struct sound has them, and its letters, both
 * filled up with zeros.
 */
struct near_form {
    uint8_t sound_count, sounds[NEAR_LENGTH];
    uint8_t letters[NEAR_LENGTH], kind; /* what the dictionary wants to know of it */
};
_Static_assert(sizeof(struct near_form) == 32, "half a line of the cache");
/* False: too long, cut off. */
bool near_form_make(str reading, const struct sound *sound, struct near_form *ret);
static inline str near_form_letters(const struct near_form *form)
{
    return str_of((const char *)form->letters, strnlen((const char *)form->letters, NEAR_LENGTH));
}

/* What the forms are when they lie side by side; kept for the next reading that is asked. */
enum { NEAR_COLUMNS = 5 * (NEAR_LENGTH + 2) };
struct near_columns {
    uint8_t at[NEAR_COLUMNS][NEAR_LANES]; /* near.c draws them */
    uint8_t letters_max;
    uint8_t ready; /* which of them */
};
struct near_lanes { /* zeroed: empty */
    struct near_form forms[NEAR_LANES];
    uint8_t count, sounds_max;
    struct near_columns columns;
};
/* A form of a damaged file is cut. The caller sees to it that there is room. */
static inline void near_add(struct near_lanes *lanes, const struct near_form *form)
{
    struct near_form *lane = &lanes->forms[lanes->count++];
    *lane = *form;
    if (lane->sound_count > NEAR_LENGTH)
        lane->sound_count = NEAR_LENGTH;
    if (lane->sound_count > lanes->sounds_max)
        lanes->sounds_max = lane->sound_count;
    lanes->columns.ready = 0;
}
static inline void near_clear(struct near_lanes *lanes)
{
    lanes->count = lanes->sounds_max = 0;
    lanes->columns.ready = 0;
}

/*
 * What it costs, in units (text/sound.h), to take a reading of the word asked for each of the
 * readings held, all of words of one script; COST_UNITS_MAX: too much for a byte. What a variant
 * reading of the held word costs is the caller's to add. Lanes beyond lanes->count are undefined.
 */
struct near_result {
    uint8_t costs[NEAR_LANES];
    uint8_t channels[NEAR_LANES]; /* enum name_channel */
};
void near_costs(const struct word *asked, size_t reading, enum name_script script,
                struct near_lanes *lanes, struct near_result *ret);
/* The same, lane by lane: what the other is measured by. */
void near_costs_plain(const struct word *asked, size_t reading, enum name_script script,
                      const struct near_lanes *lanes, struct near_result *ret);

#endif
