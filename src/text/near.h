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
 *       is_in = near_add(&lanes, word.readings[j], word.sounds[j]);
 *   near_costs(&asked, 0, NAME_LATIN, &lanes, costs, channels);
 */
#ifndef TEXT_NEAR_H
#define TEXT_NEAR_H

#include "text/match.h"

enum { NEAR_LANES = 32, NEAR_LENGTH = 16 };
struct near_lanes { /* zeroed: empty */
    uint8_t count, letters_max, sounds_max;
    uint8_t letter_counts[NEAR_LANES];
    uint8_t sound_counts[NEAR_LANES];
    uint8_t letters[NEAR_LENGTH][NEAR_LANES]; /* by place in the word; 1 for a */
    uint8_t sounds[NEAR_LENGTH][NEAR_LANES];
};
void near_clear(struct near_lanes *lanes);
/* False: too long for a lane. The caller sees to it that there is room. */
bool near_add(struct near_lanes *lanes, str reading, const struct sound *sound);

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
                const struct near_lanes *lanes, struct near_result *ret);
/* The same, lane by lane: what the other is measured by. */
void near_costs_plain(const struct word *asked, size_t reading, enum name_script script,
                      const struct near_lanes *lanes, struct near_result *ret);

#endif
