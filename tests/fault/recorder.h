/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulated power cuts. While a recorder runs, every write, truncation, sync, rename and removal of
 * the program - SQLite's too - is kept in order. Afterwards recorder_cut() makes the directory as a
 * disk might hold it had the power failed at some point: what was synced before is there; of what
 * was not, any 4 KiB pieces may be there or not, truncations and new names likewise.
 *
 *   recorder_start(directory);   ... work, noting recorder_position() at each acknowledgement ...   recorder_stop();
 *   recorder_cut(position, &random, other_directory);      // any number of times, then open and check other_directory
 *   recorder_forget();
 *
 * What counts as durable: the contents of a file up to its last returned sync; its name by the same
 * sync or by one of its directory; a rename or removal by a sync of the directory. Nothing else.
 */
#ifndef FAULT_RECORDER_H
#define FAULT_RECORDER_H

#include <stddef.h>

#include "base/random.h"

void recorder_start(const char *directory);
void recorder_stop(void);
void recorder_forget(void);
size_t recorder_position(void); /* steps recorded so far */
void recorder_cut(size_t position, struct random *random, const char *target);

#endif
