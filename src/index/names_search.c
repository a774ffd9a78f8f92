/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_search: from the candidates of each word to the best entries, and the proof that
 * none is missing.
 *
 * Words' posting lists are read in falling order of bits, rarest first. What an unseen entry can
 * still reach is bounded by the best unread word of each unit, plus the best date evidence
 * possible where the list is being read; reading stops when the bound is below the threshold:
 * "possible" for this many entries, or the worst of the hits already held (max-score, Turtle and
 * Flood 1995).
 *
 * Two passes. The first reads, of every list of a section, only the range of entries born within
 * a year of the asked date, and the block of unknown dates: entries are numbered by date. It
 * finds most answers in a few per cent of the work, and its hits raise the threshold for the
 * second, which reads the rest, where the date speaks against the entry: a wrong date never hides
 * a strong name, and a weak one costs nothing. Days in other years that are one slip of the pen
 * away (1974 for 1984) are visited between the two.
 *
 * Every entry met is scored at once from its packed words: a table by word id says what each held
 * word is worth; the solver of text/match.h puts it together. Nothing else is read.
 */
#include <math.h>
#include <stdlib.h>

#include "index/names_candidates.h"
#include "index/names_dates.h"

#define POSSIBLE_BITS \
    (-7.f) /* over log2 of the persons: one in a hundred is right by the name and date alone */
#define NAME_LEAST_BITS  4.f     /* a date alone lifts nobody */
#define WHOLE_LEAST_BITS 2.f     /* even of the commonest name in the farthest script */
#define WHOLE_STRAIN     1.5f    /* of a word, text/match.h: what reads in several ways */
#define WHOLE_SLACK_BITS (-1.9f) /* a word more on the other side, another order */
enum { WORK_MAX = 400000, LINK_TABLE_FACTOR = 2 };

struct link { /* what a held word is worth against a unit */
    uint32_t id;
    uint32_t next; /* of the same word, + 1 */
    uint32_t atoms;
    uint8_t channel;
    float bits;
};
/* Of one part: an open table by id, and in front of it 8 KiB of bits: most ids have no link. */
enum { FILTER_BITS = 16, FILTER_WORDS = 1 << (FILTER_BITS - 6) };
struct links {
    uint64_t filter[FILTER_WORDS];
    uint32_t *table; /* link + 1 */
    uint32_t mask;
    struct link *items;
    uint32_t count;
};
struct search {
    const struct names_part *parts;
    size_t part_count;
    struct arena *arena;
    const struct rarity *rarity;
    struct name_rarity *near; /* of the asked words */
    size_t near_count, near_max;
    struct names_dates born;
    struct units units;
    struct match_side asked;
    float initial_bits;     /* of all initials asked */
    struct links *links;    /* by part */
    uint64_t **visited;     /* by part: a bit an entry */
    size_t at[UNIT_MAX];    /* next candidate to read of each unit */
    struct names_hit *heap; /* least score first */
    size_t heap_count, heap_max;
    float least;      /* possible, over these entries */
    float name_least; /* of the name alone: a date alone lifts nobody */
    uint64_t examined;
    bool is_cut;
};
struct range { /* of postings, by entry number */
    uint32_t from, to;
};

/* ---- links ---- */

static uint32_t filter_bit(uint32_t id)
{
    return (id * 0x9e3779b1u) >> (32 - FILTER_BITS);
}

static enum err links_make(struct search *search, size_t part)
{
    struct links *links = &search->links[part];
    size_t count = 0;
    for (size_t u = 0; u < search->units.count; u++)
        count += search->units.items[u].count;
    size_t size = 64;
    while (size < count * LINK_TABLE_FACTOR)
        size *= 2;
    links->mask = (uint32_t)size - 1;
    links->table = arena_array(search->arena, uint32_t, size);
    links->items = arena_array(search->arena, struct link, count + 1);
    if (!links->table || !links->items)
        return ERR_LIMIT;
    for (size_t u = 0; u < search->units.count; u++) {
        const struct unit *unit = &search->units.items[u];
        for (size_t i = 0; i < unit->count; i++) {
            const struct candidate *item = &unit->items[i];
            if (item->part != part)
                continue;
            uint32_t at = (item->id * 0x9e3779b1u) & links->mask;
            while (links->table[at] && links->items[links->table[at] - 1].id != item->id)
                at = (at + 1) & links->mask;
            links->items[links->count] =
                (struct link){item->id, links->table[at], unit->atoms, item->channel, item->bits};
            links->table[at] = ++links->count;
            links->filter[filter_bit(item->id) / 64] |= 1ull << (filter_bit(item->id) % 64);
        }
    }
    return OK;
}

static uint32_t links_find(const struct links *links, uint32_t id)
{
    if (!(links->filter[filter_bit(id) / 64] >> (filter_bit(id) % 64) & 1))
        return 0;
    uint32_t at = (id * 0x9e3779b1u) & links->mask;
    while (links->table[at] && links->items[links->table[at] - 1].id != id)
        at = (at + 1) & links->mask;
    return links->table[at];
}

/* ---- scoring ---- */

/* One name of an entry: words[0..count). */
static float name_score(struct search *search, size_t part, const uint32_t *words, size_t count,
                        float needed)
{
    const struct links *links = &search->links[part];
    struct agreement_of_words items[MATCH_AGREEMENT_MAX];
    struct match_side held = {.count = (uint8_t)(count < NAME_TOKEN_MAX ? count : NAME_TOKEN_MAX)};
    size_t item_count = 0;
    float most = search->initial_bits;
    bool has_initial = search->initial_bits > 0;
    for (uint8_t i = 0; i < held.count; i++) {
        float best = 0;
        held.roles[i] = packed_role(words[i]);
        has_initial |= held.roles[i] == NAME_INITIAL;
        for (uint32_t at = links_find(links, words[i] & PACKED_ID_MASK); at;
             at = links->items[at - 1].next) {
            const struct link *link = &links->items[at - 1];
            float bits = link->bits;
            if (held.roles[i] == NAME_PARTICLE && item_count > 0)
                bits *= 0.5f;
            if (item_count < MATCH_AGREEMENT_MAX)
                items[item_count++] =
                    (struct agreement_of_words){link->atoms, i, link->channel, bits, 0};
            best = bits > best ? bits : best;
        }
        most += held.roles[i] == NAME_INITIAL ? MATCH_INITIAL_BITS : best;
    }
    if (most < needed)
        return -SOUND_FAR;
    for (uint8_t i = 0; has_initial && i < held.count; i++) {
        struct word word;
        if (part_word(&search->parts[part], words[i] & PACKED_ID_MASK, &word))
            held.initials[i] = (uint8_t)word.readings[0].ptr[0];
    }
    struct name_match match;
    match_solve(items, item_count, &search->asked, &held, &match);
    return (float)match.bits;
}

static float heap_threshold(const struct search *search)
{
    float worst = search->heap_count == search->heap_max ? search->heap[0].score : search->least;
    return worst > search->least ? worst : search->least;
}

static void heap_sift(struct search *search, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= search->heap_count)
            return;
        if (child + 1 < search->heap_count &&
            search->heap[child + 1].score < search->heap[child].score)
            child++;
        if (search->heap[at].score <= search->heap[child].score)
            return;
        struct names_hit kept = search->heap[at];
        search->heap[at] = search->heap[child];
        search->heap[child] = kept;
        at = child;
    }
}

static void heap_add(struct search *search, struct names_hit hit)
{
    if (search->heap_count == search->heap_max) {
        if (hit.score <= search->heap[0].score)
            return;
        search->heap[0] = hit;
        heap_sift(search, 0);
        return;
    }
    size_t at = search->heap_count++;
    search->heap[at] = hit;
    while (at > 0 && search->heap[(at - 1) / 2].score > search->heap[at].score) {
        struct names_hit kept = search->heap[at];
        search->heap[at] = search->heap[(at - 1) / 2];
        search->heap[(at - 1) / 2] = kept;
        at = (at - 1) / 2;
    }
}

/* The best of an entry's names, which pays for the choice. */
static void entry_score(struct search *search, size_t part, uint32_t entry)
{
    const struct names_part *from = &search->parts[part];
    uint32_t buffer[ENTRY_WORD_MAX];
    const uint32_t *words;
    size_t count = part_entry(from, entry, buffer, &words);
    float date = names_dates_bits(&search->born, from->born ? from->born[entry] : DAY_UNKNOWN);
    float needed = heap_threshold(search) - date, best = -SOUND_FAR;
    if (needed < search->name_least)
        needed = search->name_least;
    unsigned names = 0;
    for (size_t at = 0; at < count;) {
        size_t end = at + 1;
        while (end < count && !(words[end] & PACKED_FIRST))
            end++;
        float score = name_score(search, part, words + at, end - at, needed);
        best = score > best ? score : best;
        names++;
        at = end;
    }
    best -= names > 1 ? log2f((float)names) : 0;
    if (best >= search->name_least && best + date >= search->least)
        heap_add(search, (struct names_hit){(uint32_t)part, entry, best + date});
}

/* ---- reading lists ---- */

/* What the first pass reads of a part. */
static size_t ranges_of(const struct search *search, const struct names_part *part,
                        struct range ret[2])
{
    ret[0] = (struct range){0, part->entry_count};
    if (part->live || !part->born || !search->born.is_known)
        return 1;
    ret[0].from = names_born_bound(part, search->born.near_from);
    ret[0].to = names_born_bound(part, search->born.near_to);
    ret[1] = (struct range){names_unknown_bound(part), part->entry_count};
    return 2;
}

static size_t first_at_least(const uint32_t *posts, size_t count, uint32_t entry)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (posts[middle] < entry)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void entry_visit(struct search *search, size_t part, uint32_t entry)
{
    const struct names_part *from = &search->parts[part];
    if (entry >= from->entry_count)
        return;
    uint64_t *word = &search->visited[part][entry / 64], bit = 1ull << (entry % 64);
    if (*word & bit)
        return;
    *word |= bit;
    if (from->is_visible && !from->is_visible(from->context, entry))
        return;
    search->examined++;
    entry_score(search, part, entry);
}

static void list_read(struct search *search, const struct candidate *candidate, bool is_inside)
{
    const struct names_part *part = &search->parts[candidate->part];
    const uint32_t *posts = NULL;
    size_t count = part_postings(part, candidate->id, search->arena, &posts);
    struct range ranges[2] = {{0, part->entry_count}, {0, 0}};
    size_t range_count = is_inside ? ranges_of(search, part, ranges) : 1;
    if (part->live) {
        for (size_t i = 0; i < count; i++)
            entry_visit(search, candidate->part, posts[i]);
        return;
    }
    for (size_t r = 0; r < range_count; r++) {
        size_t at = first_at_least(posts, count, ranges[r].from);
        size_t end = first_at_least(posts, count, ranges[r].to);
        for (; at < end; at++) {
            if (at + PREFETCH_FAR < end) {
                section_prefetch_entry(part->section, posts[at + PREFETCH_FAR], false);
                section_prefetch_entry(part->section, posts[at + PREFETCH_NEAR], true);
            }
            entry_visit(search, candidate->part, posts[at]);
        }
    }
}

/* Most bits an entry can have that none of the lists read so far holds. */
static float unread_bits(const struct search *search)
{
    float by_atom[NAME_TOKEN_MAX] = {0}, sum = search->initial_bits;
    for (size_t u = 0; u < search->units.count; u++) {
        const struct unit *unit = &search->units.items[u];
        float next = search->at[u] < unit->count ? unit->items[search->at[u]].bits : unit->residual;
        uint32_t atoms = (unit->atoms | unit->atoms >> MATCH_PIECE_SHIFT) & 0xffff;
        bool is_piece = unit->atoms >> MATCH_PIECE_SHIFT != 0;
        /* Two pieces share an atom: each may bring its own. */
        float bits = next * (is_piece ? 2.f : 1.f) / (float)unit->atom_count;
        for (size_t a = 0; a < NAME_TOKEN_MAX; a++) {
            if (atoms >> a & 1 && bits > by_atom[a])
                by_atom[a] = bits;
        }
    }
    for (size_t a = 0; a < NAME_TOKEN_MAX; a++)
        sum += by_atom[a];
    return sum;
}

static void pass_run(struct search *search, bool is_inside)
{
    float date = is_inside ? search->born.best_near : search->born.best_far;
    uint64_t limit = search->examined + WORK_MAX;
    memset(search->at, 0, sizeof search->at);
    for (;;) {
        float unread = unread_bits(search);
        if (unread < search->name_least || unread + date < heap_threshold(search))
            return;
        size_t best = search->units.count;
        float bits = 0;
        for (size_t u = 0; u < search->units.count; u++) {
            const struct unit *unit = &search->units.items[u];
            if (search->at[u] < unit->count && unit->items[search->at[u]].bits > bits) {
                bits = unit->items[search->at[u]].bits;
                best = u;
            }
        }
        if (best == search->units.count || search->examined >= limit) {
            search->is_cut = true;
            return;
        }
        list_read(search, &search->units.items[best].items[search->at[best]++], is_inside);
    }
}

/*
 * Those born on a day that is one slip of the pen from the asked one, in another year: few enough
 * to be looked at one by one. What is left for the second pass contradicts.
 */
static void slips_visit(struct search *search)
{
    for (size_t p = 0; p < search->part_count; p++) {
        const struct names_part *part = &search->parts[p];
        for (size_t i = 0; !part->live && part->born && i < search->born.slip_count; i++) {
            uint32_t to = names_born_bound(part, search->born.slips[i] + 1);
            for (uint32_t e = names_born_bound(part, search->born.slips[i]); e < to; e++)
                entry_visit(search, p, e);
        }
    }
}

/* ---- a search ---- */

static void asked_side(struct search *search, const struct name *name)
{
    search->asked = (struct match_side){.count = name->count};
    search->initial_bits = 0;
    for (size_t i = 0; i < name->count; i++) {
        search->asked.roles[i] = name->tokens[i].role;
        search->asked.initials[i] = (uint8_t)name->tokens[i].readings[0].ptr[0];
        if (name->tokens[i].role == NAME_INITIAL)
            search->initial_bits += MATCH_INITIAL_BITS;
    }
}

static void near_keep(struct search *search)
{
    for (size_t u = 0; u < search->units.count && search->near_count < search->near_max; u++) {
        if (search->units.items[u].rarity.token)
            search->near[search->near_count++] = search->units.items[u].rarity;
    }
}

/*
 * The fewest bits of a name of which every word is there by a standard reading, in any script: it
 * is possible however common it is (search/evidence.h), and so must be found.
 */
static float whole_bits(const struct search *search)
{
    float by_atom[NAME_TOKEN_MAX], sum = WHOLE_SLACK_BITS;
    for (size_t a = 0; a < NAME_TOKEN_MAX; a++)
        by_atom[a] = SOUND_FAR;
    for (size_t u = 0; u < search->units.count; u++) {
        const struct unit *unit = &search->units.items[u];
        float cost = WHOLE_STRAIN + SCRIPT_COST_MAX + unit->extra;
        float bits = (name_rarity_at(&unit->rarity, cost) - cost) / (float)unit->atom_count;
        for (size_t a = 0; a < NAME_TOKEN_MAX && unit->atoms >> MATCH_PIECE_SHIFT == 0; a++) {
            if (unit->atoms >> a & 1 && bits < by_atom[a])
                by_atom[a] = bits;
        }
    }
    for (size_t a = 0; a < search->asked.count; a++) {
        if (by_atom[a] < SOUND_FAR && role_weight(search->asked.roles[a]) == 1)
            sum += by_atom[a] > 0 ? by_atom[a] : 0;
    }
    return sum;
}

/*
 * A common name asked without more cannot reach "possible"; that it is whole is then enough, unless
 * the date speaks against it: the last pass looks for what can reach it in spite of that. How many
 * bits that is, is asked of the frozen table alone: words held in records that the asker may not
 * see must not move it.
 */
static void passes_run(struct search *search)
{
    float least = search->least, whole = whole_bits(search);
    memset(search->at, 0, sizeof search->at);
    whole = whole > WHOLE_LEAST_BITS ? whole : WHOLE_LEAST_BITS;
    search->name_least = whole < NAME_LEAST_BITS ? whole : NAME_LEAST_BITS;
    search->least = whole < least ? whole : least;
    if (search->born.is_known) {
        pass_run(search, true);
        slips_visit(search);
        search->least = least;
    }
    pass_run(search, false);
}

static enum err name_search(struct search *search, const struct name *name)
{
    asked_side(search, name);
    TRY(names_candidates(search->parts, search->part_count, search->rarity, name, search->arena,
                         &search->units));
    search->is_cut |= search->units.is_cut;
    near_keep(search);
    for (size_t p = 0; p < search->part_count; p++) {
        size_t words = search->parts[p].entry_count / 64 + 1;
        memset(&search->links[p], 0, sizeof search->links[p]);
        search->visited[p] = arena_array(search->arena, uint64_t, words);
        if (!search->visited[p])
            return ERR_LIMIT;
        TRY(links_make(search, p));
    }
    passes_run(search);
    return OK;
}

static int hit_order(const void *left, const void *right)
{
    const struct names_hit *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->part != b->part)
        return a->part < b->part ? -1 : 1;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

/* Two asked names may have found one entry: its better score stays. */
static void hits_unique(struct search *search)
{
    qsort(search->heap, search->heap_count, sizeof *search->heap, hit_order);
    size_t kept = 0;
    for (size_t i = 0; i < search->heap_count; i++) {
        bool is_new = true;
        for (size_t j = 0; j < kept && is_new; j++)
            is_new = search->heap[j].part != search->heap[i].part ||
                     search->heap[j].entry != search->heap[i].entry;
        if (is_new)
            search->heap[kept++] = search->heap[i];
    }
    search->heap_count = kept;
}

enum err names_search(const struct names_part *parts, size_t part_count,
                      const struct name_query *query, struct date_window born, size_t max,
                      struct arena *arena, struct names_result *ret)
{
    *ret = (struct names_result){.is_proven = true};
    if (max == 0 || part_count == 0 || query->count == 0)
        return OK;
    ensure(part_count < 256);
    struct search *search = arena_new(arena, struct search);
    if (!search)
        return ERR_LIMIT;
    *search = (struct search){.parts = parts, .part_count = part_count, .arena = arena};
    TRY(names_dates_init(&search->born, born, arena));
    search->heap_max = max;
    search->heap = arena_array(arena, struct names_hit, max);
    search->links = arena_array(arena, struct links, part_count);
    search->visited = arena_array(arena, uint64_t *, part_count);
    if (!search->heap || !search->links || !search->visited)
        return ERR_LIMIT;
    search->rarity = query->rarity ? query->rarity : rarity_shipped();
    search->near_max = query->count * UNIT_MAX;
    search->near = arena_array(arena, struct name_rarity, search->near_max);
    if (!search->near)
        return ERR_LIMIT;
    double persons = (double)frequencies_persons(search->rarity->frequencies);
    search->least = (float)log2(persons) + POSSIBLE_BITS;
    if (search->least < NAME_LEAST_BITS)
        search->least = NAME_LEAST_BITS;
    for (size_t i = 0; i < query->count; i++)
        TRY(name_search(search, query->names[i]));
    if (query->count > 1)
        hits_unique(search);
    else
        qsort(search->heap, search->heap_count, sizeof *search->heap, hit_order);
    ret->items = search->heap;
    ret->count = search->heap_count;
    ret->is_cut = search->is_cut;
    ret->is_proven = !search->is_cut;
    ret->examined = search->examined;
    ret->near = search->near;
    ret->near_count = search->near_count;
    return OK;
}
