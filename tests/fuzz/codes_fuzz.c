/* SPDX-License-Identifier: Apache-2.0 */
/* A code list of any bytes: read or refused; what was read is found again by its code. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "type/codes.h"

static char directory[] = "/tmp/bureau-codes-fuzz-XXXXXX";
static char path[sizeof directory + 16];

static void clean_up(void)
{
    (void)unlink(path);
    (void)rmdir(directory);
}

static void write_list(const uint8_t *data, size_t size)
{
    if (!path[0]) {
        if (!mkdtemp(directory))
            abort();
        (void)snprintf(path, sizeof path, "%s/list.csv", directory);
        (void)atexit(clean_up);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct codes *codes = NULL;
    write_list(data, size);
    if (codes_load(directory, &codes) != OK) {
        ensure(codes == NULL);
        err_clear();
        return 0;
    }
    const struct code_list *list = codes_list(codes, S("list"));
    ensure(list && list->count > 0);
    for (size_t i = 0; i < list->count; i++) {
        const struct code *found = code_find(list, list->codes[i].code);
        ensure(found == &list->codes[i]);
        (void)code_extra(list, &list->codes[i], S("aliases"));
    }
    codes_free(codes);
    return 0;
}
