/* SPDX-License-Identifier: Apache-2.0 */
/* A home directory for tests: the project's own code lists, and the definitions a test writes into it. */
#ifndef TESTS_HOME_H
#define TESTS_HOME_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "model/model.h"

enum { HOME_PATH = 512 };

static inline void home_check(bool is_true, const char *what)
{
    if (!is_true) {
        fprintf(stderr, "test home: %s failed\n", what);
        abort();
    }
}

/* Makes a new directory with codes/ linked to the project's and an empty databases/. Run from the project's root. */
static inline const char *home_make(char home[HOME_PATH])
{
    char root[HOME_PATH / 2], target[HOME_PATH], link_path[HOME_PATH];
    snprintf(home, HOME_PATH, "/tmp/bureau-home-XXXXXX");
    home_check(mkdtemp(home) != NULL, "mkdtemp");
    home_check(getcwd(root, sizeof root) != NULL, "getcwd");
    snprintf(target, sizeof target, "%s/codes", root);
    snprintf(link_path, sizeof link_path, "%.200s/codes", home);
    home_check(symlink(target, link_path) == 0, "symlink");
    snprintf(link_path, sizeof link_path, "%.200s/databases", home);
    home_check(io_make_dir(link_path) == OK, "mkdir");
    return home;
}

static inline void home_write(const char *home, const char *name, str text)
{
    char path[HOME_PATH];
    snprintf(path, sizeof path, "%.200s/%.200s", home, name);
    home_check(io_replace(path, text) == OK, path);
}

static inline void home_remove(const char *home)
{
    char command[HOME_PATH + 16];
    home_check(strncmp(home, "/tmp/bureau-home-", 17) == 0, "a home to remove");
    snprintf(command, sizeof command, "rm -rf '%s'", home);
    home_check(system(command) == 0, command);
}

#endif
