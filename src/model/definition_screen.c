/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a definition wants a second person to look at before it is made:
 *
 *   approval: four-eyes                   every change, entered or imported
 *   imports: {approval: four-eyes}        imports only
 *   screen:
 *     withdrawn: 10                       percent of what the owner holds, by one import
 *     changed: 50                         the same
 *     refused: 20                         percent of the rows of a file
 *     volume: 20                          times the records that are usual for the owner
 *     burst: {field: nationalities, percent: 60}   percent of new records that share a value
 *     least: 100                          none of these speaks of fewer records
 */
#include "model/internal.h"

enum { LEAST = 100, VOLUME_MAX = 1000000, LEAST_MAX = 100000000 };

static unsigned read_number(struct definition_reader *reader, const struct node *map, str key,
                            uint64_t max, unsigned otherwise)
{
    uint64_t value = otherwise;
    const struct node *node = node_get(map, key);
    if (node && (!str_to_u64(node_as_text(node), max, &value) || value == 0))
        reader_problem(reader, ERR_BAD_VALUE, node, key, "must be a number from 1 to %llu",
                       (unsigned long long)max);
    return (unsigned)value;
}

static bool read_four_eyes(struct definition_reader *reader, const struct node *map)
{
    const struct node *node = node_get(map, S("approval"));
    if (!node)
        return false;
    if (!str_eq(node_as_text(node), S("four-eyes")))
        reader_problem(reader, ERR_UNKNOWN, node, S("approval"), "must be four-eyes");
    return true;
}

static void read_burst(struct definition_reader *reader, const struct node *map,
                       struct screen *screen)
{
    static const char *const keys[] = {"field", "percent"};
    if (!map)
        return;
    reader_known_keys(reader, map, keys, COUNT_OF(keys));
    screen->burst_share = read_number(reader, map, S("percent"), 100, 0);
    screen->burst = definition_field(reader->definition, node_get_text(map, S("field")));
    if (!screen->burst || !screen->burst->type)
        reader_problem(reader, ERR_UNKNOWN, map, S("field"), "must be a field of this definition");
    if (!screen->burst_share)
        reader_problem(reader, ERR_MISSING, map, S("percent"), "must be a percentage");
}

void definition_read_screen(struct definition_reader *reader, const struct node *root)
{
    static const char *const import_keys[] = {"approval"};
    static const char *const keys[] = {"withdrawn", "changed", "refused",
                                       "volume",    "burst",   "least"};
    struct screen *screen = &reader->definition->screen;
    const struct node *imports = node_get(root, S("imports"));
    const struct node *map = node_get(root, S("screen"));
    screen->needs_second = read_four_eyes(reader, root);
    screen->import_needs_second = read_four_eyes(reader, imports);
    if (imports)
        reader_known_keys(reader, imports, import_keys, COUNT_OF(import_keys));
    if (map)
        reader_known_keys(reader, map, keys, COUNT_OF(keys));
    screen->withdrawn = read_number(reader, map, S("withdrawn"), 100, 0);
    screen->changed = read_number(reader, map, S("changed"), 100, 0);
    screen->refused = read_number(reader, map, S("refused"), 100, 0);
    screen->volume = read_number(reader, map, S("volume"), VOLUME_MAX, 0);
    screen->least = read_number(reader, map, S("least"), LEAST_MAX, LEAST);
    read_burst(reader, node_get(map, S("burst")), screen);
}
