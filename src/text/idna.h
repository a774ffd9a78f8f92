/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names: UTS #46 processing (non-transitional, STD3 rules, CheckBidi, CheckJoiners) by ICU,
 * and the confusable skeleton of UTS #39, which is equal for names that look alike ("аpple" with a
 * Cyrillic а and "apple").
 *
 *   char ascii[DOMAIN_TEXT_MAX];
 *   size_t len = idna_to_ascii(S("bücher.example"), ascii);          // "xn--bcher-kva.example"
 */
#ifndef TEXT_IDNA_H
#define TEXT_IDNA_H

#include "base/str.h"

enum { DOMAIN_TEXT_MAX = 1024 };

/*
 * Lower-case A-labels, no final dot; at most 253 bytes. 0 when it is no valid host name. Pure; any
 * thread.
 */
size_t idna_to_ascii(str text, char out[DOMAIN_TEXT_MAX]);
/* The readable form; 0 when it cannot be made. */
size_t idna_to_unicode(str ascii, char out[DOMAIN_TEXT_MAX]);
/* UTS #39 skeleton of a readable form; 0 when it cannot be made. */
size_t idna_skeleton(str text, char out[DOMAIN_TEXT_MAX]);
/* Letters of scripts that nobody mixes in one name (UTS #39, moderately restrictive). */
bool idna_mixes_scripts(str text);

#endif
