/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How crowded the numbers of an issuer and a format are: what a similar number is worth.
 *
 * In a space of a hundred million numbers of which four million are held, every innocent number has
 * neighbours; in another it has none. Counts come from a frozen table, learned with that of names
 * (learn.c) and never from the live index, for the same reason: what an asker may not see must not
 * show. Counts are rounded to DENSITY_FLOOR and nothing below it is listed. Until a table was
 * learned a node is taken to hold as many numbers of any format as the table of names counted
 * persons.
 *
 *   seq   4711                                     last change counted
 *   document-number   UTO   C99999999   128000     type, issuer ("": none known), format, count
 *
 * A format is the number with its first letters, two at most, as they are - issuers keep them -
 * every other letter as A, every digit as 9.
 */
#ifndef SEARCH_DENSITY_H
#define SEARCH_DENSITY_H

#include "type/type.h"

enum { DENSITY_FLOOR = 100, DENSITY_BYTES_MAX = 128 << 20, FORMAT_MAX = 64 };

struct densities;
/* ERR_DAMAGED names the line. Immutable; any thread. */
enum err densities_read(str text, struct densities **ret) MUST_USE;
void densities_free(struct densities *densities);
/* Writes the format of a number; returns its length, 0 when it is too long to have one. */
size_t density_format(str number, char out[FORMAT_MAX]);
/* How many numbers have a format: so many could be told apart by it. */
double density_room(str format);
/* Numbers held of a type, issuer and format ("": of all); half the floor where none are listed. */
double densities_held(const struct densities *densities, str type, str issuer, str format);
size_t densities_count(const struct densities *densities);

struct density_counter;
enum err density_counter_new(struct density_counter **ret) MUST_USE;
void density_counter_free(struct density_counter *counter);
/* `to` is empty for one number; else all from `number` to it, of one format. */
enum err density_counter_add(struct density_counter *counter, str type, str issuer, str number,
                             str to) MUST_USE;
/* The rows, sorted: the same numbers give the same bytes. */
enum err density_counter_write(struct density_counter *counter, uint64_t seq,
                               struct buf *out) MUST_USE;

#endif
