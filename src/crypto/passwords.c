/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two lists. The common ones come with the program, some hundred kilobytes in memory, found by
 * bisection; since a password has twelve bytes at least and most of those have fewer, what is
 * looked for is also the word that is left when digits and signs at its ends are taken off, and
 * those within it are read as the letters they stand for: people make long passwords of short ones
 * that way. A word counts when it is half of the password or more, so that one which is mostly
 * random digits is not refused for a word in it.
 *
 * The breached ones are a file of the operator's, tens of gigabytes if he likes: bisected where it
 * lies, some 40 reads a password. It is looked into with the password as it is.
 */
#include "crypto/passwords.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#include "crypto/crypto.h"

enum { COMMON_MAX = 64 << 20, LINE_MAX_BYTES = 128, SHA1_HEX = 40, LOOKED_MAX = 256, WORD_MIN = 4 };

struct password_list {
    char *text;
    str *words; /* in it, in order */
    size_t count;
    int breached; /* -1: none */
    off_t breached_size;
};

/* ---- opening ---- */

static enum err take_words(struct password_list *list, str text, const char *path)
{
    str rest = text, line;
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    list->words = calloc(lines, sizeof *list->words);
    if (!list->words)
        return err_set(ERR_MEMORY, "out of memory for the list of passwords");
    while (str_split(&rest, '\n', &line)) {
        if (!line.len || line.ptr[0] == '#')
            continue;
        if (list->count && str_compare(list->words[list->count - 1], line) >= 0)
            return err_set(ERR_BAD_VALUE, "%s is not in order after %zu passwords", path,
                           list->count);
        list->words[list->count++] = line;
    }
    return OK;
}

static bool is_hash_line(const char *line, ssize_t len)
{
    unsigned char hash[SHA1_HEX / 2];
    return len > SHA1_HEX &&
           (line[SHA1_HEX] == ':' || line[SHA1_HEX] == '\n' || line[SHA1_HEX] == '\r') &&
           hex_decode(str_of(line, SHA1_HEX), hash, sizeof hash);
}

static enum err open_breached(struct password_list *list, const char *path)
{
    char line[LINE_MAX_BYTES];
    struct stat info;
    list->breached = open(path, O_RDONLY | O_CLOEXEC);
    if (list->breached < 0)
        return OK; /* there is none */
    if (fstat(list->breached, &info) != 0 || !S_ISREG(info.st_mode) ||
        !is_hash_line(line, pread(list->breached, line, sizeof line, 0)))
        return err_set(ERR_BAD_VALUE, "%s is no list of SHA-1 hashes, one a line", path);
    list->breached_size = info.st_size;
    return OK;
}

enum err password_list_open(const char *common, const char *breached, struct password_list **ret)
{
    size_t len = 0;
    struct password_list *list = calloc(1, sizeof *list);
    if (!list)
        return err_set(ERR_MEMORY, "out of memory for the list of passwords");
    list->breached = -1;
    enum err code = io_read_file(common, COMMON_MAX, &list->text, &len);
    if (!code)
        code = take_words(list, str_of(list->text, len), common);
    if (!code && breached)
        code = open_breached(list, breached);
    if (code) {
        password_list_free(list);
        return code;
    }
    *ret = list;
    return OK;
}

void password_list_free(struct password_list *list)
{
    if (!list)
        return;
    if (list->breached >= 0)
        (void)close(list->breached);
    free(list->words);
    free(list->text);
    free(list);
}

bool password_list_has_breached(const struct password_list *list)
{
    return list->breached >= 0;
}

/* ---- common ones ---- */

static int compare_words(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

static bool is_word(const struct password_list *list, str text)
{
    return list->count &&
           bsearch(&text, list->words, list->count, sizeof text, compare_words) != NULL;
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* What is left between the first letter and the last. */
static str without_ends(str text)
{
    size_t from = 0, to = text.len;
    while (from < to && !is_letter(text.ptr[from]))
        from++;
    while (to > from && !is_letter(text.ptr[to - 1]))
        to--;
    return str_of(text.ptr + from, to - from);
}

static void read_as_letters(char *text, size_t len)
{
    static const char signs[] = "@4031!$57", letters[] = "aaoeiisst";
    for (size_t i = 0; i < len; i++) {
        const char *at = text[i] ? strchr(signs, text[i]) : NULL;
        if (at)
            text[i] = letters[at - signs];
    }
}

/* "abcabc": its "abc"; otherwise the whole. */
static str once(str text)
{
    for (size_t len = 1; len <= text.len / 2; len++)
        if (text.len % len == 0 && memcmp(text.ptr, text.ptr + len, text.len - len) == 0)
            return str_slice(text, 0, len);
    return text;
}

static bool is_common(const struct password_list *list, str password)
{
    char text[LOOKED_MAX];
    size_t len = password.len < LOOKED_MAX ? password.len : LOOKED_MAX;
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(password.ptr[i] >= 'A' && password.ptr[i] <= 'Z' ? password.ptr[i] | 32
                                                                          : password.ptr[i]);
    bool is_it = is_word(list, str_of(text, len)) || is_word(list, once(str_of(text, len)));
    str word = without_ends(str_of(text, len));
    if (word.len >= WORD_MIN && word.len * 2 >= len) {
        is_it = is_it || is_word(list, word) || is_word(list, once(word));
        read_as_letters(text + (word.ptr - text), word.len);
        is_it = is_it || is_word(list, word) || is_word(list, once(word));
    }
    wipe(text, sizeof text);
    return is_it;
}

/* ---- breached ones ---- */

/* The line that begins behind the first end of one at or behind `at`, or the first of all. */
static size_t line_behind(const struct password_list *list, off_t at, char line[LINE_MAX_BYTES],
                          off_t *ret_from)
{
    char piece[2 * LINE_MAX_BYTES];
    ssize_t got = pread(list->breached, piece, sizeof piece, at);
    if (got <= 0)
        return 0;
    str rest = str_of(piece, (size_t)got), found;
    if (at > 0 && !str_split(&rest, '\n', &found))
        return 0;
    *ret_from = at + (rest.ptr - piece);
    if (!str_split(&rest, '\n', &found) || found.len < SHA1_HEX || found.len >= LINE_MAX_BYTES)
        return 0;
    memcpy(line, found.ptr, found.len);
    return found.len;
}

static bool is_breached(const struct password_list *list, str password)
{
    unsigned char md5[16], sha1[SHA1_HEX / 2];
    char wanted[SHA1_HEX + 1], line[LINE_MAX_BYTES];
    off_t low = 0, high = list->breached_size;
    bool is_it = false;
    if (list->breached < 0)
        return false;
    md5_sha1(password, md5, sha1);
    hex_encode(sha1, sizeof sha1, wanted);
    while (low < high && !is_it) {
        off_t middle = low + (high - low) / 2, from = 0;
        size_t len = line_behind(list, middle > 0 ? middle - 1 : 0, line, &from);
        int order = len ? strncasecmp(line, wanted, SHA1_HEX) : 1;
        is_it = len && order == 0;
        if (len && from < high && order < 0)
            low = from + (off_t)len + 1;
        else
            high = middle;
    }
    wipe(md5, sizeof md5);
    wipe(sha1, sizeof sha1);
    wipe(wanted, sizeof wanted);
    return is_it;
}

enum err password_list_check(const struct password_list *list, str password)
{
    if (is_common(list, password)) {
        err_set(ERR_BAD_VALUE, "this password is a common one, or made of one");
        return err_hint("take several words that do not belong together, or what a password "
                        "manager makes");
    }
    if (is_breached(list, password)) {
        err_set(ERR_BAD_VALUE, "this password stood in a breach elsewhere: others know it");
        return err_hint("take one that was used nowhere else");
    }
    return OK;
}
