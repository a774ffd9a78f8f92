/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extending a record: its body with another review date, and who put it off, when and why. All else
 * of the body stays as it is, to the byte its types keep.
 */
#include <stdio.h>

#include "codec/json.h"
#include "keep/internal.h"

enum { EXTENSION_REASON_MAX = 1000 };

static enum err bad_day(const char *why, struct day day)
{
    char text[16];
    err_set(ERR_BAD_VALUE, "%s %s", why, day_format(day, text));
    return err_field("review_on");
}

static bool is_achieved(const struct record *held)
{
    return record_achieved(held, day_today()).month > 0;
}

static enum err check(const struct record *held, const struct keep_extension *extension)
{
    int32_t until = day_number(extension->until);
    struct day latest = record_review_max(held, day_today());
    int32_t before = day_number(held->envelope.review_on);
    str reason = str_trim(extension->reason);
    if (reason.len == 0) {
        err_set(ERR_MISSING, "an extension needs its reason");
        return err_field("reason");
    }
    if (reason.len > EXTENSION_REASON_MAX) {
        err_set(ERR_LIMIT, "a reason has at most %d bytes", EXTENSION_REASON_MAX);
        return err_field("reason");
    }
    if (until < day_number(day_today()))
        return bad_day("the new review date lies in the past; today is", day_today());
    if (is_achieved(held) ? until > before && until > day_number(latest) : until <= before)
        return bad_day("the new review date is not later than the present one",
                       held->envelope.review_on);
    if (until > day_number(latest) && until > before)
        return bad_day("the rules of this database allow a review date up to", latest);
    return OK;
}

static struct node *make_extension(const struct record *held,
                                   const struct keep_extension *extension, struct arena *arena)
{
    char day[16], time[24];
    struct node *map = node_map(arena);
    node_put_text(arena, map, S("reason"), str_trim(extension->reason));
    node_put_text(arena, map, S("by"), extension->by);
    node_put_text(arena, map, S("when"),
                  arena_str(arena, str_c(clock_format(clock_now_us(), time))));
    node_put_text(arena, map, S("from"),
                  arena_str(arena, str_c(day_format(held->envelope.review_on, day))));
    if (is_achieved(held))
        node_put_bool(arena, map, S("achieved"), true);
    return map;
}

enum err keep_extend(const struct catalog *catalog, const struct record *held,
                     const struct keep_extension *extension, struct arena *arena, struct buf *out)
{
    struct record next = *held;
    TRY(check(held, extension));
    next.envelope.review_on = extension->until;
    next.envelope.extension = make_extension(held, extension, arena);
    return record_canonical(catalog, &next, out);
}
