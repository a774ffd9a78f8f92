/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of the store share: bodies that a store takes, a change that puts one, a search for bytes on the disk. */
#ifndef TESTS_STORED_H
#define TESTS_STORED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

#include "store/store.h"

#include "scratch.h"

/* Every record says whose it is, what for and until when: the store looks. */
#define STORED_HEAD \
    "{\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"search\"],\"review_on\":\"2031-01-01\"},\"fields\":"
#define STORED_BODY(fields) S(STORED_HEAD fields "}")

static inline struct change stored_put(uint64_t number, str definition, str body)
{
    return (struct change){.kind = CHANGE_PUT,
                           .number = number,
                           .definition = definition,
                           .definition_version = 1,
                           .owner = S("UTO"),
                           .actor = S("o-1"),
                           .body = body};
}

/* Whether the bytes stand in any file at or below the directory. */
static inline bool directory_has(const char *directory, str needle)
{
    char path[4096];
    bool is_found = false;
    DIR *dir = opendir(directory);
    if (!dir)
        abort();
    for (struct dirent *entry; (entry = readdir(dir));) {
        char *data = NULL;
        size_t len = 0;
        (void)snprintf(path, sizeof path, "%.2000s/%s", directory, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            is_found = is_found || directory_has(path, needle);
        if (entry->d_type != DT_REG || io_read_file(path, 1 << 30, &data, &len))
            continue;
        is_found = is_found || memmem(data, len, needle.ptr, needle.len);
        free(data);
    }
    closedir(dir);
    return is_found;
}

#endif
