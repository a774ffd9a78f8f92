/* SPDX-License-Identifier: Apache-2.0 */
/* The error text of each thread, and the table of codes. */
#define BASE_ERR_IMPLEMENTATION
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local struct err_info last;

PRINTF(1, 0) static void set_message(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    vsnprintf(last.message, sizeof last.message, format, args);
    say_measure(&last.say, strlen(last.message), format, again);
    va_end(again);
}

static const struct {
    const char *word;
    int http_status;
} codes[] = {[OK] = {"ok", 200},
#define ERR_ROW(code, word, status, meaning) [code] = {word, status},
             ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};

enum err err_set(enum err code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    last = (struct err_info){.code = code};
    set_message(format, args);
    va_end(args);
    return code;
}

enum err err_at(enum err code, const char *file, uint32_t line, uint32_t column, const char *format,
                ...)
{
    va_list args;
    va_start(args, format);
    last = (struct err_info){.code = code, .line = line, .column = column};
    set_message(format, args);
    va_end(args);
    snprintf(last.file, sizeof last.file, "%s", file ? file : "");
    return code;
}

enum err err_errno(const char *format, ...)
{
    int number = errno;
    va_list args;
    va_start(args, format);
    last = (struct err_info){.code = number == ENOSPC || number == EDQUOT ? ERR_FULL : ERR_IO};
    set_message(format, args);
    va_end(args);
    char reason[96];
    size_t used = strlen(last.message);
    snprintf(last.message + used, sizeof last.message - used, ": %s",
             strerror_r(number, reason, sizeof reason));
    errno = number;
    return last.code;
}

enum err err_hint(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!last.hint[0]) {
        va_list again;
        va_copy(again, args);
        vsnprintf(last.hint, sizeof last.hint, format, args);
        say_measure(&last.hint_say, strlen(last.hint), format, again);
        va_end(again);
    }
    va_end(args);
    return last.code;
}

enum err err_file(const char *file)
{
    if (!last.file[0])
        snprintf(last.file, sizeof last.file, "%s", file);
    return last.code;
}

enum err err_field(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!last.field[0])
        vsnprintf(last.field, sizeof last.field, format, args);
    va_end(args);
    return last.code;
}

const struct err_info *err_last(void)
{
    return &last;
}

void err_say(const struct say *say, size_t text_len)
{
    size_t shift = strlen(last.message) - text_len;
    if (text_len > strlen(last.message)) /* it was cut */
        return;
    last.say = *say;
    for (size_t i = 0; i < say->count; i++)
        last.say.values[i].at = (uint16_t)(say->values[i].at + shift);
}

void err_clear(void)
{
    if (last.code)
        last = (struct err_info){0};
}

void err_restore(const struct err_info *info)
{
    last = *info;
}

const char *err_word(enum err code)
{
    return (size_t)code < COUNT_OF(codes) ? codes[code].word : "internal";
}

int err_http_status(enum err code)
{
    return (size_t)code < COUNT_OF(codes) ? codes[code].http_status : 500;
}

const char *err_format(const struct err_info *info, char *out, size_t size)
{
    char place[320] = "";
    char field[160] = "";
    char hint[280] = "";
    if (info->file[0] && info->line)
        snprintf(place, sizeof place, "%s:%u:%u: ", info->file, info->line, info->column);
    else if (info->file[0])
        snprintf(place, sizeof place, "%s: ", info->file);
    else if (info->line)
        snprintf(place, sizeof place, "line %u, column %u: ", info->line, info->column);
    if (info->field[0])
        snprintf(field, sizeof field, "%s: ", info->field);
    if (info->hint[0])
        snprintf(hint, sizeof hint, " (%s)", info->hint);
    snprintf(out, size, "%s%s%s%s", place, field, info->message, hint);
    return out;
}

_Noreturn void assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "bureau: assertion failed: %s (%s:%d)\n", condition, file, line);
    abort();
}
