/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults of bodies and problems of definition files: collected, counted past the limit of what is
 * kept, and turned into the thread's one error where a caller wants the first only.
 */
#include <stdarg.h>
#include <stdio.h>

#include "model/internal.h"

enum { VALUE_SHOWN = 120 };

/* ---- faults ---- */

static struct fault *next_fault(struct checker *checker)
{
    struct faults *faults = checker->faults;
    if (!faults->items) {
        faults->items = arena_array(checker->arena, struct fault, FAULT_MAX);
        faults->max = faults->items ? FAULT_MAX : 0;
    }
    size_t at = faults->count++;
    return at < faults->max ? &faults->items[at] : NULL;
}

/* Not in the middle of a character. */
static str shortened(str text)
{
    if (text.len <= VALUE_SHOWN)
        return text;
    size_t end = VALUE_SHOWN;
    while (end > 0 && ((unsigned char)text.ptr[end] & 0xC0) == 0x80)
        end--;
    return str_of(text.ptr, end);
}

void checker_fault(struct checker *checker, enum err code, const char *path, str value,
                   const char *reason, const char *hint)
{
    if (!checker->faults) {
        if (checker->record)
            checker->record->unreadable_count++;
        return;
    }
    struct fault *fault = next_fault(checker);
    if (!fault)
        return;
    *fault = (struct fault){
        .path = arena_str(checker->arena, str_c(path)),
        .value = arena_str(checker->arena, shortened(value)),
        .code = code,
        .reason = arena_str(checker->arena, str_c(reason)),
        .hint = arena_str(checker->arena, str_c(hint)),
    };
}

void checker_fault_from_err(struct checker *checker, const char *path, str value)
{
    struct err_info info = *err_last();
    size_t before = checker->faults ? checker->faults->count : 0;
    err_clear();
    checker_fault(checker, info.code, path, value, info.message, info.hint);
    struct faults *faults = checker->faults;
    if (faults && faults->count > before && before < faults->max)
        faults->items[before].say = info.say;
}

enum err faults_as_err(const struct faults *faults)
{
    if (faults->count == 0)
        return OK;
    if (!faults->items)
        return err_set(ERR_MEMORY, "no memory to say what is wrong with the record");
    const struct fault *first = &faults->items[0];
    if (first->value.len)
        err_set(first->code, "\"%.*s\": %.*s", STR(first->value), STR(first->reason));
    else
        err_set(first->code, "%.*s", STR(first->reason));
    if (first->say.format)
        err_say(&first->say, first->reason.len);
    err_field("%.*s", STR(first->path));
    if (first->hint.len)
        err_hint("%.*s", STR(first->hint));
    return first->code;
}

enum err faults_first(const struct faults *faults, enum err code)
{
    if (faults->count == 0 || !faults->items)
        return code;
    const struct fault *first = &faults->items[0];
    err_set(first->code, "%.*s: %.*s", STR(first->path), STR(first->reason));
    if (first->say.format)
        err_say(&first->say, first->reason.len);
    err_field("%.*s", STR(first->path));
    if (first->hint.len)
        err_hint("%.*s", STR(first->hint));
    return first->code;
}

/* ---- problems ---- */

static void keep_problem(struct problems *problems)
{
    const struct err_info *info = err_last();
    char line[1024];
    if (problems->count++ == 0)
        problems->first = *info;
    if (!problems->report || problems->count > PROBLEM_MAX)
        return;
    err_format(info, line, sizeof line);
    buf_printf(problems->report, "%s\n", line);
}

void problem_at(struct problems *problems, enum err code, str file, const struct node *node,
                str key, const char *format, ...)
{
    char message[400];
    char path[256];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    snprintf(path, sizeof path, "%.*s", STR(file));
    err_at(code, path, node ? node->line : 0, node ? node->column : 0, "%s", message);
    if (key.len)
        err_field("%.*s", STR(key));
    keep_problem(problems);
}

void problem_from_err(struct problems *problems, str file, const struct node *node, str key)
{
    struct err_info info = *err_last();
    if (!info.file[0])
        snprintf(info.file, sizeof info.file, "%.*s", STR(file));
    if (!info.line && node) {
        info.line = node->line;
        info.column = node->column;
    }
    if (key.len && info.field[0] == '\0')
        snprintf(info.field, sizeof info.field, "%.*s", STR(key));
    err_restore(&info);
    keep_problem(problems);
}
