/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where people of the fictional world live: cities by country and streets by culture, from
 * codes/sample/places.csv and streets.csv. Rows of one country or culture stand together in the
 * file, so a group is a stretch of one array.
 */
#include "sample/internal.h"

enum { GROUP_MAX = 256, NAMES_MAX = 8192 };

struct group {
    str key;
    size_t from, count;
};
struct gazetteer {
    struct group groups[GROUP_MAX];
    size_t group_count, count;
    str *names;
};
struct places {
    struct gazetteer cities, streets;
};

static enum err read_names(const char *home, const char *file, struct arena *arena,
                           struct gazetteer *ret)
{
    struct table table;
    str cells[2];
    ret->names = arena_array(arena, str, NAMES_MAX);
    if (!ret->names)
        return err_last()->code;
    TRY(table_open(home, file, arena, &table));
    while (table_row(&table, cells, COUNT_OF(cells))) {
        struct group *group = ret->group_count ? &ret->groups[ret->group_count - 1] : NULL;
        if (!group || !str_eq(group->key, cells[0])) {
            if (ret->group_count == GROUP_MAX)
                return err_at(ERR_LIMIT, file, table.line, 0, "more than %d groups", GROUP_MAX);
            group = &ret->groups[ret->group_count++];
            *group = (struct group){cells[0], ret->count, 0};
        }
        if (ret->count == NAMES_MAX || cells[1].len == 0)
            return err_at(ERR_SYNTAX, file, table.line, 0, "a row needs a name, and at most %d are",
                          NAMES_MAX);
        ret->names[ret->count++] = cells[1];
        group->count++;
    }
    return OK;
}

enum err places_load(const char *home, struct arena *arena, struct places **ret)
{
    struct places *places = arena_new(arena, struct places);
    if (!places)
        return err_last()->code;
    TRY(read_names(home, "places.csv", arena, &places->cities));
    TRY(read_names(home, "streets.csv", arena, &places->streets));
    *ret = places;
    return OK;
}

static str pick(const struct gazetteer *gazetteer, str key, struct random *random)
{
    for (size_t i = 0; i < gazetteer->group_count; i++) {
        const struct group *group = &gazetteer->groups[i];
        if (str_eq(group->key, key))
            return gazetteer->names[group->from + (size_t)random_zipf(random, group->count)];
    }
    return STR_EMPTY;
}

str place_pick(const struct places *places, str country, struct random *random)
{
    return pick(&places->cities, country, random);
}

str street_pick(const struct places *places, str culture, struct random *random)
{
    return pick(&places->streets, culture, random);
}
