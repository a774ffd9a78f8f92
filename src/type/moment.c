/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moment: a point in time to the second, with its offset from UTC: 2026-11-22T10:42:03Z,
 * 2026-11-22 11:42+01:00 (RFC 3339, seconds may be missing, a blank may stand for the T). Without
 * an offset nobody on the other side of a border knows when it was, so one is required. The normal
 * form is UTC.
 */
#include "base/clock.h"

#include "type/internal.h"

extern const struct type type_moment;

enum { RAW_MAX = 40, DATE_LENGTH = 10, NORM_LENGTH = 20 };

/* "HH:MM" or "HH:MM:SS" at the head of *rest, in seconds. */
static bool take_time(str *rest, int64_t *ret_s)
{
    uint64_t hour = 0, minute = 0, second = 0;
    if (rest->len < 5 || rest->ptr[2] != ':' || !str_to_u64(str_slice(*rest, 0, 2), 23, &hour) ||
        !str_to_u64(str_slice(*rest, 3, 2), 59, &minute))
        return false;
    *rest = str_from(*rest, 5);
    if (rest->len && rest->ptr[0] == ':') {
        if (rest->len < 3 || !str_to_u64(str_slice(*rest, 1, 2), 59, &second))
            return false;
        *rest = str_from(*rest, 3);
    }
    *ret_s = (int64_t)(hour * 3600 + minute * 60 + second);
    return true;
}

/* "Z", "+01:00", "-0530". */
static bool take_offset(str rest, int64_t *ret_s)
{
    uint64_t hour = 0, minute = 0;
    *ret_s = 0;
    if (rest.len == 1)
        return rest.ptr[0] == 'Z' || rest.ptr[0] == 'z';
    if (rest.len < 5 || (rest.ptr[0] != '+' && rest.ptr[0] != '-') ||
        !str_to_u64(str_slice(rest, 1, 2), 23, &hour))
        return false;
    str minutes = str_from(rest, rest.ptr[3] == ':' ? 4 : 3);
    if (minutes.len != 2 || !str_to_u64(minutes, 59, &minute))
        return false;
    *ret_s = (int64_t)(hour * 3600 + minute * 60) * (rest.ptr[0] == '-' ? -1 : 1);
    return true;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    struct day day;
    int64_t time_s = 0, offset_s = 0;
    char text[24];
    (void)context;
    TRY(type_begin(&type_moment, input, RAW_MAX, ret));
    str rest = str_from(ret->raw, DATE_LENGTH + 1);
    bool is_split = ret->raw.len > DATE_LENGTH && strchr("Tt ", ret->raw.ptr[DATE_LENGTH]);
    if (!is_split || !day_parse(str_slice(ret->raw, 0, DATE_LENGTH), &day) ||
        !take_time(&rest, &time_s) || !take_offset(str_trim(rest), &offset_s)) {
        err_set(ERR_BAD_VALUE, "'%.*s' is not a point in time", STR(ret->raw));
        return err_hint("write it as 2026-11-22T10:42:03Z or 2026-11-22T11:42+01:00");
    }
    int64_t seconds = (int64_t)day_number(day) * 86400 + time_s - offset_s;
    if (seconds < 0)
        return err_set(ERR_BAD_VALUE, "'%.*s' lies before 1970", STR(ret->raw));
    (void)clock_format(seconds * 1000000, text);
    return type_keep(arena, str_of(text, NORM_LENGTH), &ret->norm);
}

static void sample(struct random *random, str hint, struct buf *out)
{
    char text[24];
    (void)hint;
    int64_t seconds = 1767225600 + (int64_t)random_below(random, 31536000);
    buf_add(out, str_c(clock_format(seconds * 1000000, text)));
}

const struct type type_moment = {
    .name = "moment",
    .title = "Point in time",
    .help = "date, time and offset from UTC, as in 2026-11-22T10:42:03Z",
    .parse = parse,
    .print = type_print_norm,
    .compare = type_compare_exact,
    .sample = sample,
};
