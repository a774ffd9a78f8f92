/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who was shown a record, as its owner and the person it is about may know it: day, country, kind
 * of unit, purpose. The log is read from its newest entry down, a bounded way.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rights/internal.h"

enum { SHOWN_MAX = 100000, ROWS_MAX = 20000 };

struct shown_row {
    char key[96]; /* day, country, role and purpose with tabs between */
    uint64_t count;
};
struct shown_scan {
    struct arena arena;
    struct shown_row *rows;
    size_t count;
};

static enum err count_shown(void *context, const struct audit_read *read)
{
    struct shown_scan *scan = context;
    struct node *entry = NULL;
    uint64_t time_us = 0;
    char key[96], day[24];
    if (read->is_destroyed)
        return OK;
    arena_reset(&scan->arena);
    TRY(json_parse(read->body, &scan->arena, &entry));
    if (str_eq(node_get_text(entry, S("kind")), S("write"))) /* changed, not shown */
        return OK;
    (void)!str_to_u64(node_get_text(entry, S("time_us")), INT64_MAX, &time_us);
    clock_format((int64_t)time_us, day);
    snprintf(key, sizeof key, "%.10s\t%.16s\t%.30s\t%.30s", day,
             arena_str(&scan->arena, node_get_text(entry, S("country"))).ptr,
             arena_str(&scan->arena, node_get_text(entry, S("role"))).ptr,
             arena_str(&scan->arena, node_get_text(entry, S("purpose"))).ptr);
    for (size_t i = scan->count; i-- > 0;) /* newest first: it is among the last */
        if (strcmp(scan->rows[i].key, key) == 0) {
            scan->rows[i].count++;
            return OK;
        }
    if (scan->count == ROWS_MAX)
        return OK;
    memcpy(scan->rows[scan->count].key, key, sizeof key);
    scan->rows[scan->count++].count = 1;
    return OK;
}

static void split_row(const struct shown_row *row, struct arena *arena, struct rights_shown *ret)
{
    str rest = arena_str(arena, str_c(row->key));
    str *const parts[] = {&ret->day, &ret->country, &ret->role, &ret->purpose};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        *parts[i] = STR_EMPTY;
        (void)str_split(&rest, '\t', parts[i]);
    }
    ret->count = row->count;
}

enum err rights_shown(struct audit *audit, struct record_id id, struct arena *arena,
                      struct rights_shown **ret, size_t *ret_count)
{
    struct shown_scan scan = {.rows = calloc(ROWS_MAX, sizeof *scan.rows)};
    enum err code = scan.rows ? audit_scan(audit, id, 0, SHOWN_MAX, count_shown, &scan)
                              : err_set(ERR_MEMORY, "out of memory for an answer");
    struct rights_shown *rows = code ? NULL : arena_array(arena, struct rights_shown, scan.count);
    if (!code && !rows)
        code = ERR_MEMORY;
    for (size_t i = 0; rows && i < scan.count; i++)
        split_row(&scan.rows[i], arena, &rows[i]);
    arena_release(&scan.arena);
    free(scan.rows);
    *ret = rows;
    *ret_count = code ? 0 : scan.count;
    return code;
}
