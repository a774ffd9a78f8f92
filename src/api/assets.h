/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages, compiled in: build/gen/assets.c is written by tools/embed from web/dist (an empty
 * table
 * when that is absent). A file with is_gzip stands beside the plain one under the same path, for
 * browsers that take it.
 */
#ifndef API_ASSETS_H
#define API_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

struct asset {
    const char *path; /* "/assets/app.js"; "/" for index.html */
    const char *type; /* "text/javascript; charset=utf-8" */
    const unsigned char *bytes;
    size_t size;
    const char *etag; /* quoted */
    bool is_gzip;
};
extern const struct asset assets[];
extern const size_t asset_count;

#endif
