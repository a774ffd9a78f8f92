/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_score: an entry is scored from its packed words alone. A table by word id, one a
 * part, says what each held word is worth against what is asked; the solver of text/match.h puts
 * it together. Most entries are met through one word and have nothing else in common with what is
 * asked: what they can reach at the most is known before anything is solved, and before it is
 * asked whether the officer may see them.
 */
#include "index/names_score.h"

#include <math.h>

struct link { /* what a held word is worth against a unit */
    uint32_t id;
    uint32_t next; /* of the same word, + 1 */
    uint32_t atoms;
    uint8_t channel;
    float bits;
};
/* Of one part: an open table by id, and in front of it 8 KiB of bits: most ids have no link. */
enum { FILTER_BITS = 16, FILTER_WORDS = 1 << (FILTER_BITS - 6), LINK_TABLE_FACTOR = 2 };
struct links {
    uint64_t filter[FILTER_WORDS];
    uint32_t *table; /* link + 1 */
    uint32_t mask;
    struct link *items;
    uint32_t count;
    float by_stretch[STRETCH_VALUES];
};

/* ---- links ---- */

static uint32_t filter_bit(uint32_t id)
{
    return (id * 0x9e3779b1u) >> (32 - FILTER_BITS);
}

static void link_add(struct links *links, const struct candidate *item, uint32_t atoms)
{
    uint32_t at = (item->id * 0x9e3779b1u) & links->mask;
    while (links->table[at] && links->items[links->table[at] - 1].id != item->id)
        at = (at + 1) & links->mask;
    links->items[links->count] =
        (struct link){item->id, links->table[at], atoms, item->channel, item->bits};
    links->table[at] = ++links->count;
    links->filter[filter_bit(item->id) / 64] |= 1ull << (filter_bit(item->id) % 64);
}

/* The most that words of each stretch bring; initials are found without a link. */
static void stretches_make(const struct scorer *scorer, size_t part)
{
    float *most = scorer->links[part].by_stretch;
    uint32_t form_count = part_word_count(&scorer->parts[part]);
    for (size_t i = 0; i < STRETCHES; i++)
        most[i] = scorer->has_initial ? MATCH_INITIAL_BITS : 0;
    most[STRETCH_MANY] = SOUND_FAR;
    most[STRETCH_NONE] = 0;
    for (size_t u = 0; u < scorer->units.count && form_count > 0; u++) {
        const struct unit *unit = &scorer->units.items[u];
        for (size_t i = 0; i < unit->count; i++) {
            const struct candidate *item = &unit->items[i];
            if (item->part != part || item->id >= form_count)
                continue;
            float *of = &most[stretch_of(item->id, form_count)];
            *of = item->bits > *of ? item->bits : *of;
        }
    }
}

static enum err links_make(struct scorer *scorer, size_t part)
{
    struct links *links = &scorer->links[part];
    size_t count = 0;
    memset(links, 0, sizeof *links);
    for (size_t u = 0; u < scorer->units.count; u++)
        count += scorer->units.items[u].count;
    size_t size = 64;
    while (size < count * LINK_TABLE_FACTOR)
        size *= 2;
    links->mask = (uint32_t)size - 1;
    links->table = arena_array(scorer->arena, uint32_t, size);
    links->items = arena_array(scorer->arena, struct link, count + 1);
    if (!links->table || !links->items)
        return ERR_LIMIT;
    for (size_t u = 0; u < scorer->units.count; u++) {
        const struct unit *unit = &scorer->units.items[u];
        for (size_t i = 0; i < unit->count; i++) {
            if (unit->items[i].part == part && unit->items[i].channel != NAME_BY_INITIAL)
                link_add(links, &unit->items[i], unit->atoms);
        }
    }
    stretches_make(scorer, part);
    return OK;
}

struct links *scorer_links_new(struct arena *arena, size_t part_count)
{
    return arena_array(arena, struct links, part_count);
}

enum err scorer_link(struct scorer *scorer)
{
    for (size_t part = 0; part < scorer->part_count; part++)
        TRY(links_make(scorer, part));
    return OK;
}

static bool has_link(const struct links *links, uint32_t id)
{
    return links->filter[filter_bit(id) / 64] >> (filter_bit(id) % 64) & 1;
}

bool scorer_has_link(const struct scorer *scorer, size_t part, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (has_link(&scorer->links[part], words[i] & PACKED_ID_MASK))
            return true;
    }
    return false;
}

static uint32_t links_find(const struct links *links, uint32_t id)
{
    if (!has_link(links, id))
        return 0;
    uint32_t at = (id * 0x9e3779b1u) & links->mask;
    while (links->table[at] && links->items[links->table[at] - 1].id != id)
        at = (at + 1) & links->mask;
    return links->table[at];
}

struct list_bound scorer_list(const struct scorer *scorer, size_t part, uint32_t id)
{
    const struct links *links = &scorer->links[part];
    struct list_bound bound = {.by_stretch = links->by_stretch};
    uint32_t atoms = 0, at = links_find(links, id);
    bool has_initial = scorer->has_initial || at == 0; /* a list of initials */
    bound.bits = has_initial ? MATCH_INITIAL_BITS : 0;
    for (; at; at = links->items[at - 1].next) {
        float bits = links->items[at - 1].bits;
        bound.bits = bits > bound.bits ? bits : bound.bits;
        atoms |= match_whole_atoms(links->items[at - 1].atoms);
    }
    unsigned alone = has_initial ? 0 : (unsigned)__builtin_popcount(scorer->strong & ~atoms);
    bound.alone = bound.bits + (float)match_alone_bits(alone, 0);
    return bound;
}

/* ---- one name ---- */

struct pairs {
    struct agreement_of_words items[MATCH_AGREEMENT_MAX];
    size_t count;
    float most;     /* no choice of them brings more */
    uint32_t atoms; /* asked words that have one */
    unsigned held_alone;
    bool has_initial;
    struct match_side held;
};

/* As text/compare.c weighs it: a particle against a particle says little. */
static float link_weight(const struct match_side *asked, uint32_t atoms, float held)
{
    if (atoms >> MATCH_PIECE_SHIFT)
        return held;
    float weight = atoms & (atoms - 1)
                       ? 1
                       : role_weight(asked->roles[__builtin_ctz(match_whole_atoms(atoms))]);
    return weight > held ? weight : held;
}

static void word_pair(const struct match_side *asked, const struct links *links, uint32_t word,
                      uint8_t at, struct pairs *pairs)
{
    uint8_t role = pairs->held.roles[at] = packed_role(word);
    float best = 0, weight = role_weight(role);
    uint32_t link_at = links_find(links, word & PACKED_ID_MASK);
    pairs->held_alone += link_at == 0 && role_weight(role) == 1;
    for (; link_at; link_at = links->items[link_at - 1].next) {
        const struct link *link = &links->items[link_at - 1];
        float bits = link->bits * link_weight(asked, link->atoms, weight);
        if (pairs->count < MATCH_AGREEMENT_MAX)
            pairs->items[pairs->count++] =
                (struct agreement_of_words){link->atoms, at, link->channel, bits, 0};
        pairs->atoms |= match_whole_atoms(link->atoms);
        best = bits > best ? bits : best;
    }
    pairs->has_initial |= role == NAME_INITIAL;
    pairs->most += role == NAME_INITIAL ? MATCH_INITIAL_BITS : best;
}

/* One name of an entry: words[0..count). */
static float name_score(const struct scorer *scorer, size_t part, const uint32_t *words,
                        size_t count, float needed)
{
    struct pairs pairs;
    struct name_match match;
    pairs.count = 0;
    pairs.most = 0;
    pairs.atoms = pairs.held_alone = 0;
    pairs.has_initial = scorer->has_initial;
    pairs.held.count = (uint8_t)(count < NAME_TOKEN_MAX ? count : NAME_TOKEN_MAX);
    for (uint8_t i = 0; i < pairs.held.count; i++)
        word_pair(&scorer->asked, &scorer->links[part], words[i], i, &pairs);
    if (!pairs.has_initial) {
        unsigned asked_alone = (unsigned)__builtin_popcount(scorer->strong & ~pairs.atoms);
        pairs.most += (float)match_alone_bits(asked_alone, pairs.held_alone);
    }
    if (pairs.most < needed)
        return -SOUND_FAR;
    for (uint8_t i = 0; pairs.has_initial && i < pairs.held.count; i++) {
        struct word word;
        pairs.held.initials[i] = 0;
        if (part_word(&scorer->parts[part], words[i] & PACKED_ID_MASK, &word))
            pairs.held.initials[i] = (uint8_t)word.readings[0].ptr[0];
    }
    match_solve(pairs.items, pairs.count, &scorer->asked, &pairs.held, &match);
    return (float)match.bits;
}

/* ---- the best entries ---- */

float scorer_threshold(const struct scorer *scorer, float date)
{
    float least = date > (float)DATE_CONTRADICTION_BITS ? scorer->least_near : scorer->least;
    float worst = scorer->heap_count == scorer->heap_max ? scorer->heap[0].score : least;
    return worst > least ? worst : least;
}

static void heap_swap(struct scorer *scorer, size_t a, size_t b)
{
    struct names_hit kept = scorer->heap[a];
    scorer->heap[a] = scorer->heap[b];
    scorer->heap[b] = kept;
}

static void heap_sift(struct scorer *scorer, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= scorer->heap_count)
            return;
        if (child + 1 < scorer->heap_count &&
            scorer->heap[child + 1].score < scorer->heap[child].score)
            child++;
        if (scorer->heap[at].score <= scorer->heap[child].score)
            return;
        heap_swap(scorer, at, child);
        at = child;
    }
}

static void heap_add(struct scorer *scorer, struct names_hit hit)
{
    if (scorer->heap_count == scorer->heap_max) {
        if (hit.score <= scorer->heap[0].score)
            return;
        scorer->heap[0] = hit;
        heap_sift(scorer, 0);
        return;
    }
    size_t at = scorer->heap_count++;
    scorer->heap[at] = hit;
    while (at > 0 && scorer->heap[(at - 1) / 2].score > scorer->heap[at].score) {
        heap_swap(scorer, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

/* The most that any of an entry's words can bring together, whichever name they are of. */
static float words_most(const struct scorer *scorer, size_t part, const uint32_t *words,
                        size_t count)
{
    const struct links *links = &scorer->links[part];
    float most = 0;
    uint32_t atoms = 0;
    bool has_initial = scorer->has_initial;
    for (size_t i = 0; i < count; i++) {
        float best = packed_role(words[i]) == NAME_INITIAL ? MATCH_INITIAL_BITS : 0;
        has_initial |= best > 0;
        for (uint32_t at = links_find(links, words[i] & PACKED_ID_MASK); at;
             at = links->items[at - 1].next) {
            const struct link *link = &links->items[at - 1];
            best = link->bits > best ? link->bits : best;
            atoms |= match_whole_atoms(link->atoms);
        }
        most += best;
    }
    unsigned alone = has_initial ? 0 : (unsigned)__builtin_popcount(scorer->strong & ~atoms);
    return most + (float)match_alone_bits(alone, 0);
}

float scorer_needed(const struct scorer *scorer, float date)
{
    float needed = scorer_threshold(scorer, date) - date;
    return needed > scorer->name_least ? needed : scorer->name_least;
}

/* The best of an entry's names, which pays for the choice. */
void scorer_take(struct scorer *scorer, size_t part, uint32_t entry, float date)
{
    const struct names_part *from = &scorer->parts[part];
    uint32_t words[ENTRY_WORD_MAX];
    size_t count = part_entry(from, entry, words);
    if (words_most(scorer, part, words, count) < scorer_needed(scorer, date))
        return;
    date = names_dates_bits(&scorer->born, from->born ? from->born[entry] : DAY_UNKNOWN);
    float needed = scorer_needed(scorer, date), best = -SOUND_FAR;
    unsigned names = 0;
    for (size_t at = 0; at < count;) {
        size_t end = at + 1;
        while (end < count && !(words[end] & PACKED_FIRST))
            end++;
        float score = name_score(scorer, part, words + at, end - at, needed);
        best = score > best ? score : best;
        names++;
        at = end;
    }
    if (best < needed)
        return;
    if (from->is_visible && !from->is_visible(from->context, entry))
        return;
    scorer->examined++;
    best -= names > 1 ? log2f((float)names) : 0;
    if (best >= needed)
        heap_add(scorer, (struct names_hit){(uint32_t)part, entry, best + date});
}
