/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML through libyaml into node trees: scalars are always NODE_TEXT, duplicate keys, aliases,
 * anchors and tags are refused, depth at most 32, size at most 4 MiB. Errors carry file, line,
 * column.
 */
#ifndef CODEC_YAML_H
#define CODEC_YAML_H

#include "codec/node.h"

enum err yaml_parse(str text, const char *file, struct arena *arena, struct node **ret) MUST_USE;
enum err yaml_read_file(const char *path, struct arena *arena, struct node **ret) MUST_USE;

#endif
