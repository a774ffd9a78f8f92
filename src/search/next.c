/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to compare next with the person or thing at hand: what the record has, unmasked, and nobody
 * asked. Which values tell most stands with their meanings, in the column `compare` of
 * codes/meanings.csv: 1 most, empty not at all. Values of one meaning count once.
 */
#include "search/internal.h"

enum { RANK_MAX = 9 };

static int rank_of(const struct code_list *meanings, const struct view_item *item)
{
    const struct code *code = meanings ? code_get(meanings, item->field->meaning) : NULL;
    str rank = code ? code_extra(meanings, code, S("compare")) : STR_EMPTY;
    return rank.len == 1 && !item->is_masked ? rank.ptr[0] - '0' : 0;
}

static bool is_weighed(const struct hit *hit, str meaning)
{
    for (size_t i = 0; i < hit->why_count; i++)
        if (hit->why[i].agreement != AGREE_UNKNOWN && str_eq(hit->why[i].meaning, meaning))
            return true;
    return false;
}

static bool is_listed(const struct view *view, const size_t *places, size_t count, str meaning)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(view->items[places[i]].field->meaning, meaning))
            return true;
    return false;
}

size_t compare_next(const struct catalog *catalog, const struct hit *hit,
                    size_t places[COMPARE_MAX])
{
    const struct code_list *meanings = codes_list(catalog->codes, S("meanings"));
    const struct view *view = &hit->view;
    size_t count = 0;
    for (int rank = 1; rank <= RANK_MAX; rank++)
        for (size_t i = 0; i < view->count && count < COMPARE_MAX; i++) {
            str meaning = view->items[i].field->meaning;
            if (rank_of(meanings, &view->items[i]) == rank && !is_weighed(hit, meaning) &&
                !is_listed(view, places, count, meaning))
                places[count++] = i;
        }
    return count;
}
