/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions (PCRE2, UTF) that cannot run away: match, depth and heap limits are set on
 * every match, so that no pattern of a mapping file and no input costs more than some milliseconds.
 * Compiled ones are immutable; matching needs a pattern_match of one's own, which may be used again
 * and again.
 */
#ifndef CODEC_PATTERN_H
#define CODEC_PATTERN_H

#include "base/base.h"

struct pattern;
enum { PATTERN_GROUP_MAX = 16 };
/* ERR_SYNTAX: what is wrong and at which character of the pattern. At most 15 groups. */
enum err pattern_compile(str text, struct pattern **ret) MUST_USE;
void pattern_free(struct pattern *pattern);
/* Number of a named group, 0 when there is none. */
unsigned pattern_group(const struct pattern *pattern, str name);
unsigned pattern_group_count(const struct pattern *pattern);
/* Name of group 1..count; empty when unnamed. */
str pattern_group_name(const struct pattern *pattern, unsigned group);

struct pattern_match {
    void *data;                    /* kept between matches */
    str groups[PATTERN_GROUP_MAX]; /* 0: the whole match; unset groups are empty */
};
/*
 * *ret_found says whether it matched; ERR_LIMIT when a limit was reached. groups point into text.
 */
enum err pattern_find(const struct pattern *pattern, str text, struct pattern_match *match,
                      bool *ret_found) MUST_USE;
void pattern_match_release(struct pattern_match *match);

#endif
