/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCRE2 with limits. No JIT: it wants writable and executable pages, and the interpreter with
 * limits is fast enough for the short texts patterns are used on here.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "codec/pattern.h"

#include <pcre2.h>
#include <stdlib.h>

enum { MATCH_MAX = 100000, DEPTH_MAX = 1000, HEAP_KIB_MAX = 1024, PATTERN_LEN_MAX = 4096 };

struct pattern {
    pcre2_code *code;
    pcre2_match_context *context;
    unsigned groups;
    char *names[PATTERN_GROUP_MAX];
};

static enum err read_names(struct pattern *p)
{
    uint32_t count = 0, size = 0, groups = 0;
    PCRE2_SPTR table = NULL;
    pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &table);
    if (groups >= PATTERN_GROUP_MAX)
        return err_set(ERR_LIMIT, "a pattern may have at most %d groups", PATTERN_GROUP_MAX - 1);
    p->groups = groups;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *entry = table + (size_t)i * size;
        unsigned group = (unsigned)entry[0] << 8 | entry[1];
        if (group < PATTERN_GROUP_MAX)
            p->names[group] = strdup((const char *)entry + 2);
    }
    return OK;
}

enum err pattern_compile(str text, struct pattern **ret)
{
    if (text.len > PATTERN_LEN_MAX)
        return err_set(ERR_LIMIT, "a pattern may have at most %d characters", PATTERN_LEN_MAX);
    struct pattern *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(ERR_MEMORY, "out of memory for a pattern");
    int error = 0;
    size_t at = 0;
    p->code = pcre2_compile((PCRE2_SPTR)text.ptr, text.len,
                            PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at, NULL);
    p->context = pcre2_match_context_create(NULL);
    enum err code = OK;
    if (!p->code) {
        unsigned char words[120] = "";
        pcre2_get_error_message(error, words, sizeof words);
        code = err_set(ERR_SYNTAX, "pattern \"%.*s\" is wrong at character %zu: %s", STR(text),
                       at + 1, (const char *)words);
    } else if (!p->context) {
        code = err_set(ERR_MEMORY, "out of memory for a pattern");
    } else {
        pcre2_set_match_limit(p->context, MATCH_MAX);
        pcre2_set_depth_limit(p->context, DEPTH_MAX);
        pcre2_set_heap_limit(p->context, HEAP_KIB_MAX);
        code = read_names(p);
    }
    if (code)
        pattern_free(p);
    else
        *ret = p;
    return code;
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    pcre2_code_free(p->code);
    pcre2_match_context_free(p->context);
    for (size_t i = 0; i < COUNT_OF(p->names); i++)
        free(p->names[i]);
    free(p);
}

unsigned pattern_group(const struct pattern *p, str name)
{
    for (unsigned i = 1; i <= p->groups; i++)
        if (p->names[i] && str_eq_c(name, p->names[i]))
            return i;
    return 0;
}

unsigned pattern_group_count(const struct pattern *p)
{
    return p->groups;
}

str pattern_group_name(const struct pattern *p, unsigned group)
{
    ensure(group < PATTERN_GROUP_MAX);
    return str_c(p->names[group]);
}

enum err pattern_find(const struct pattern *p, str text, struct pattern_match *match,
                      bool *ret_found)
{
    if (!match->data)
        match->data = pcre2_match_data_create(PATTERN_GROUP_MAX, NULL);
    if (!match->data)
        return err_set(ERR_MEMORY, "out of memory for matching a pattern");
    int count = pcre2_match(p->code, (PCRE2_SPTR)text.ptr, text.len, 0, PCRE2_NO_UTF_CHECK,
                            match->data, p->context);
    if (count == PCRE2_ERROR_NOMATCH) {
        *ret_found = false;
        return OK;
    }
    if (count < 0)
        return err_set(ERR_LIMIT, "a pattern needed too many steps for \"%.*s\" (error %d)",
                       (int)(text.len < 60 ? text.len : 60), text.ptr, count);
    const size_t *at = pcre2_get_ovector_pointer(match->data);
    for (unsigned i = 0; i <= p->groups; i++) {
        bool is_set = (int)i < count && at[(size_t)2 * i] != PCRE2_UNSET &&
                      at[(size_t)2 * i] <= at[(size_t)2 * i + 1];
        match->groups[i] =
            is_set ? str_of(text.ptr + at[(size_t)2 * i], at[(size_t)2 * i + 1] - at[(size_t)2 * i])
                   : STR_EMPTY;
    }
    *ret_found = true;
    return OK;
}

void pattern_match_release(struct pattern_match *match)
{
    if (match)
        pcre2_match_data_free(match->data);
    if (match)
        match->data = NULL;
}
