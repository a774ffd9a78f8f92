/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record against what its owner holds already: found by reference through the index, confirmed by
 * reading. Two bodies are the same when they differ in nothing but the review date; when less than
 * half of the review time is left, the record is written again with the new date, so that what a
 * feed keeps confirming does not expire.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "intake/import.h"

/* ---- references and numbers ---- */

static bool seen_grow(struct seen *seen)
{
    size_t size = seen->size ? seen->size * 2 : 1 << 14;
    uint64_t *slots = size <= SEEN_MAX ? calloc(size, sizeof *slots) : NULL;
    if (!slots)
        return false;
    for (size_t i = 0; i < seen->size; i++)
        if (seen->slots[i]) {
            size_t at = seen->slots[i] & (size - 1);
            while (slots[at])
                at = (at + 1) & (size - 1);
            slots[at] = seen->slots[i];
        }
    free(seen->slots);
    seen->slots = slots;
    seen->size = size;
    return true;
}

bool seen_add(struct seen *seen, uint64_t hash, bool *ret_failed)
{
    if (seen->count * 3 >= seen->size * 2 && !seen_grow(seen)) {
        *ret_failed = true;
        return true;
    }
    size_t at = hash & (seen->size - 1);
    for (; seen->slots[at]; at = (at + 1) & (seen->size - 1))
        if (seen->slots[at] == hash)
            return false;
    seen->slots[at] = hash;
    seen->count++;
    return true;
}

void seen_clear(struct seen *seen)
{
    free(seen->slots);
    *seen = (struct seen){.count = 0};
}

bool numbers_add(struct numbers *numbers, uint64_t number)
{
    size_t byte = (size_t)(number / 8);
    if (byte >= numbers->size) {
        size_t size = byte + byte / 2 + 4096;
        uint8_t *bits = realloc(numbers->bits, size);
        if (!bits)
            return false;
        memset(bits + numbers->size, 0, size - numbers->size);
        numbers->bits = bits;
        numbers->size = size;
    }
    numbers->bits[byte] = (uint8_t)(numbers->bits[byte] | 1u << (number % 8));
    return true;
}

bool numbers_has(const struct numbers *numbers, uint64_t number)
{
    size_t byte = (size_t)(number / 8);
    return byte < numbers->size && (numbers->bits[byte] >> (number % 8) & 1);
}

/* ---- one record ---- */

static size_t find(str text, str part)
{
    const char *at = text.len ? memmem(text.ptr, text.len, part.ptr, part.len) : NULL;
    return at ? (size_t)(at - text.ptr) : text.len;
}

/*
 * Cuts a canonical body around its review date; a quote in a value is escaped, so the first match
 * is the key.
 */
static str cut_review(str body, str *before, str *after)
{
    static const str key = {"\"review_on\":\"", 13};
    size_t at = find(body, key);
    *before = str_slice(body, 0, at);
    str rest = str_from(body, at + key.len);
    size_t end = str_find(rest, '"');
    *after = str_from(rest, end);
    return str_slice(rest, 0, end);
}

static enum verdict compare_bodies(const struct import *import, str held, str body)
{
    str held_before, held_after, before, after;
    str held_day = cut_review(held, &held_before, &held_after);
    str day = cut_review(body, &before, &after);
    if (!str_eq(held_before, before) || !str_eq(held_after, after))
        return VERDICT_CHANGED;
    struct day old, new;
    if (!day_parse(held_day, &old) || !day_parse(day, &new))
        return VERDICT_CHANGED;
    int32_t today = day_number(import->today);
    return (day_number(old) - today) * 2 < day_number(new) - today ? VERDICT_RENEWED : VERDICT_SAME;
}

/* The index keeps hashes: the reference is confirmed on the body. */
static bool has_ref(str body, str ref)
{
    struct arena arena = {0};
    struct node *tree = NULL;
    bool is_it = json_parse(body, &arena, &tree) == OK &&
                 str_eq(node_get_text(node_get(tree, S("envelope")), S("ref")), ref);
    arena_release(&arena);
    err_clear();
    return is_it;
}

enum err compare_present(struct import *import, const struct record *record, str body,
                         struct present *ret)
{
    uint64_t number = 0;
    str owner = record->envelope.owner, ref = record->envelope.ref, name = record->definition->name;
    if (!import->snapshot)
        import->snapshot = index_snapshot_open(import->node->index);
    TRY(index_find_ref(import->snapshot, name, owner, ref, &number));
    *ret = (struct present){.verdict = VERDICT_NEW};
    if (!number)
        return OK;
    struct stored held;
    TRY(store_read(import->node->store, number, &import->arena, &held));
    if (held.is_erased || !str_eq(held.definition, name) || !str_eq(held.owner, owner))
        return OK;
    enum verdict verdict = body.len ? compare_bodies(import, held.body, body) : VERDICT_CHANGED;
    if (verdict == VERDICT_CHANGED && !has_ref(held.body, ref))
        return OK;
    bool is_open = held.state == STATE_ACTIVE || held.state == STATE_SUSPENDED;
    if (!is_open)
        verdict = VERDICT_CHANGED;
    if (is_open && import->batch && held.batch == import->batch)
        verdict = VERDICT_APPLIED;
    *ret = (struct present){verdict, number, held.version, held.body};
    return OK;
}

/* ---- what a snapshot did not mention ---- */

enum { GONE_PAGE = 500 };

struct gone_page {
    struct import *import;
    const struct map_record *map;
    struct arena arena;
    uint64_t last;
    size_t seen;
    struct {
        uint64_t number;
        uint32_t version;
    } gone[GONE_PAGE];
    size_t count;
};

static bool is_in_scope(struct gone_page *page, const struct stored *held)
{
    struct node *tree = NULL;
    if (held->is_erased || (held->state != STATE_ACTIVE && held->state != STATE_SUSPENDED))
        return false;
    if (json_parse(held->body, &page->arena, &tree))
        return false;
    str ref = node_get_text(node_get(tree, S("envelope")), S("ref"));
    bool is_ours = ref.len > 0 && str_starts(ref, page->map->id_prefix);
    arena_reset(&page->arena);
    return is_ours;
}

static enum err on_held(void *context, const struct stored *held)
{
    struct gone_page *page = context;
    struct import *import = page->import;
    page->last = held->id.number;
    page->seen++;
    if ((import->batch && held->batch == import->batch) || !is_in_scope(page, held))
        return OK;
    struct tally *tally = &import->tallies[page->map->definition->number];
    tally->held++;
    if (numbers_has(&import->numbers, held->id.number))
        return OK;
    tally->gone++;
    page->gone[page->count].number = held->id.number;
    page->gone[page->count++].version = held->version;
    return OK;
}

static enum err withdraw(struct import *import, const struct gone_page *page)
{
    const struct definition *definition = page->map->definition;
    if (import->is_applying && page->count && !import->batch)
        TRY(batch_begin(import, import->owner));
    for (size_t i = 0; i < page->count && import->is_applying; i++) {
        struct change change = {.kind = CHANGE_STATE,
                                .number = page->gone[i].number,
                                .expect_version = page->gone[i].version,
                                .definition = definition->name,
                                .definition_version = definition->version,
                                .owner = import->owner,
                                .state = STATE_CANCELLED,
                                .batch = import->batch,
                                .actor = import->request->actor};
        struct pending pending = {.definition = definition};
        TRY(group_add(import, &change, &pending));
    }
    return OK;
}

/* Two rules for one database share its records; the one with the shorter prefix speaks for both. */
static bool is_covered(const struct import *import, const struct map_record *map)
{
    for (const struct map_record *other = import->mapping->records; other; other = other->next) {
        if (other == map || other->definition != map->definition)
            continue;
        bool is_wider = str_starts(map->id_prefix, other->id_prefix);
        if (is_wider && (other->id_prefix.len < map->id_prefix.len || other < map))
            return true;
    }
    return false;
}

enum err compare_gone(struct import *import)
{
    import->step = "looking for what is gone";
    for (const struct map_record *map = import->mapping->records; map; map = map->next) {
        struct gone_page page = {.import = import, .map = map};
        if (is_covered(import, map))
            continue;
        do {
            page.count = page.seen = 0;
            TRY(store_list(import->node->store, map->definition->name, import->owner, page.last,
                           GONE_PAGE, on_held, &page));
            TRY(withdraw(import, &page));
            TRY(import_progress(import, false));
        } while (page.seen == GONE_PAGE);
        arena_release(&page.arena);
    }
    return OK;
}
