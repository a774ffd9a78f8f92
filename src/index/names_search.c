/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index/names_search: from the candidates of each word to the best entries, and the proof that
 * none is missing.
 *
 * First everybody is looked at who was born on one of the few days that say much: the asked day
 * itself, its month, those one slip of the pen away (day and month exchanged, 1974 for 1984).
 * Entries are numbered by date, so that those of a day lie side by side, and a day has few.
 *
 * Then words' posting lists are read in falling order of bits, rarest first. What an unseen entry
 * can still reach is bounded by the best unread word of each unit, or what it costs that a word
 * has no counterpart, plus the best date evidence left in a zone:
 *
 *   all entries of a section, by date                                               no date
 *   |  far: -7  |  middle: -5  |  near: the year, its neighbours  | middle |  far  |   0   |
 *
 * A zone is closed when its bound is below the threshold: "possible" for this many entries, or
 * the worst of the hits already held (max-score, Turtle and Flood 1995). The outer zones close
 * first, so that what is read of a list is one interval and the block without dates: a wrong date
 * never hides a strong name, and a weak one costs nothing. Entries not yet in a segment are in no
 * order and come first, whole lists of them. What has no word in common with the question but by
 * initials is no candidate.
 *
 * Entries met wait in a row until there are some, so that each is fetched from memory while others
 * are scored.
 */
#include <math.h>
#include <stdlib.h>

#include "index/names_score.h"

#define POSSIBLE_BITS \
    (-7.f) /* over log2 of the persons: one in a hundred is right by the name and date alone */
#define NAME_LEAST_BITS  4.f     /* a date alone lifts nobody */
#define ROUNDING_BITS    0.001f  /* of sums made in another order */
#define WHOLE_LEAST_BITS 2.f     /* even of the commonest name in the farthest script */
#define WHOLE_STRAIN     1.5f    /* of a word, text/match.h: what reads in several ways */
#define WHOLE_SLACK_BITS (-1.9f) /* a word more on the other side, another order */
enum {
    WORK_MAX = 400000, /* entries good enough to be looked at closely, for one name */
    SCAN_MAX = 16384,  /* entries looked at for their day alone */
    ROW_MAX = 256,     /* entries waiting */
    LIST_SHORT = 8,    /* postings that are read whole, whatever the zone */
    LISTS_AHEAD = 4,   /* of a unit, on their way from memory */
};
enum zone { ZONE_NEAR, ZONE_MIDDLE, ZONE_FAR, ZONE_COUNT };
struct span { /* of entry numbers */
    uint32_t from, to;
};
struct zones { /* of a part */
    struct span spans[ZONE_COUNT], undated;
};
struct met {
    uint32_t part, entry;
    float date; /* the most that it can bring */
};
struct search {
    struct scorer scorer;
    const struct rarity *rarity;
    struct name_rarity *near; /* of the asked words */
    size_t near_count, near_max;
    float alone[NAME_TOKEN_MAX]; /* what an asked word brings that no list can better */
    struct zones *zones;         /* by part */
    float zone_bits[ZONE_COUNT];
    uint64_t **visited;  /* by part: a bit an entry */
    size_t at[UNIT_MAX]; /* next candidate to read of each unit */
    struct met row[ROW_MAX];
    size_t row_count;
    bool is_cut;
};

/* ---- entries met ---- */

static void row_take(struct search *search)
{
    const struct names_part *parts = search->scorer.parts;
    for (size_t i = 0; i < search->row_count; i++) {
        size_t ahead = i + PREFETCH_NEAR;
        if (ahead < search->row_count && parts[search->row[ahead].part].section)
            section_prefetch_entry(parts[search->row[ahead].part].section, search->row[ahead].entry,
                                   true);
        scorer_take(&search->scorer, search->row[i].part, search->row[i].entry,
                    search->row[i].date);
    }
    search->row_count = 0;
}

static void entry_meet(struct search *search, size_t part, uint32_t entry, float date)
{
    const struct names_part *from = &search->scorer.parts[part];
    if (entry >= from->entry_count)
        return;
    uint64_t *word = &search->visited[part][entry / 64], bit = 1ull << (entry % 64);
    if (*word & bit)
        return;
    *word |= bit;
    if (from->section)
        section_prefetch_entry(from->section, entry, false);
    search->row[search->row_count++] = (struct met){(uint32_t)part, entry, date};
    if (search->row_count == ROW_MAX)
        row_take(search);
}

/* ---- by day ---- */

static bool is_by_date(const struct search *search, size_t part)
{
    const struct names_part *from = &search->scorer.parts[part];
    return from->section && from->born && search->scorer.born.is_known;
}

static struct span span_of_days(const struct names_part *part, int32_t from, int32_t to)
{
    return (struct span){names_born_bound(part, from), names_born_bound(part, to)};
}

static void span_scan(struct search *search, size_t part, struct span span, float date)
{
    for (uint32_t entry = span.from; entry < span.to; entry++) {
        uint32_t words[ENTRY_WORD_MAX];
        size_t count = part_entry(&search->scorer.parts[part], entry, words);
        if (scorer_has_link(&search->scorer, part, words, count))
            entry_meet(search, part, entry, date);
    }
}

/* Days outside the near zone are always looked at: what is left out there contradicts. */
static void days_scan(struct search *search)
{
    const struct names_dates *born = &search->scorer.born;
    uint32_t scanned = 0;
    for (size_t r = 0; r < born->run_count; r++) {
        const struct day_run *run = &born->runs[r];
        bool is_near = run->from >= born->near_from && run->to <= born->near_to;
        if (is_near && scanned >= SCAN_MAX) {
            if (run->bits > search->zone_bits[ZONE_NEAR])
                search->zone_bits[ZONE_NEAR] = run->bits;
            continue;
        }
        for (size_t p = 0; p < search->scorer.part_count; p++) {
            if (!is_by_date(search, p))
                continue;
            struct span span = span_of_days(&search->scorer.parts[p], run->from, run->to);
            scanned += span.to > span.from ? span.to - span.from : 0;
            span_scan(search, p, span, run->bits);
        }
    }
    row_take(search);
}

static void zones_make(struct search *search)
{
    const struct names_dates *born = &search->scorer.born;
    for (size_t p = 0; p < search->scorer.part_count; p++) {
        const struct names_part *part = &search->scorer.parts[p];
        struct zones *zones = &search->zones[p];
        *zones = (struct zones){.undated = {0, 0}};
        for (enum zone z = ZONE_NEAR; z < ZONE_COUNT; z++)
            zones->spans[z] = (struct span){0, part->entry_count};
        if (!is_by_date(search, p))
            continue;
        zones->spans[ZONE_NEAR] = span_of_days(part, born->near_from, born->near_to);
        zones->spans[ZONE_MIDDLE] = span_of_days(part, born->middle_from, born->middle_to);
        zones->spans[ZONE_FAR].to = names_unknown_bound(part);
        zones->undated = (struct span){zones->spans[ZONE_FAR].to, part->entry_count};
    }
}

/* ---- by list ---- */

static size_t first_at_least(const struct posts *posts, uint32_t entry)
{
    size_t low = 0, high = posts->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (posts_get(posts, middle) < entry)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_inside(struct span span, uint32_t entry)
{
    return entry >= span.from && entry < span.to;
}

/* Of an entry of which only the number is known; days worth more have been looked at. */
static enum zone zone_of(const struct zones *zones, uint32_t entry)
{
    for (enum zone z = ZONE_NEAR; z < ZONE_FAR; z++) {
        if (is_inside(zones->spans[z], entry))
            return z;
    }
    return is_inside(zones->undated, entry) ? ZONE_NEAR : ZONE_FAR;
}

/* A list being read: what is said of an entry before it is looked at. */
struct list {
    size_t part;
    struct posts posts;
    struct list_bound bound;
    float needed[ZONE_COUNT];
};

static void posts_read(struct search *search, const struct list *list, struct span span)
{
    const struct posts *posts = &list->posts;
    const struct zones *zones = &search->zones[list->part];
    const float *by_stretch = list->bound.by_stretch;
    size_t end = posts->count, at = 0;
    if (span.from > 0)
        at = first_at_least(posts, span.from);
    if (span.to < search->scorer.parts[list->part].entry_count)
        end = first_at_least(posts, span.to);
    for (; at < end; at++) {
        uint32_t entry = posts_get(posts, at);
        enum zone zone = zone_of(zones, entry);
        if (posts->signs) {
            const uint8_t *signs = posts->signs + at * SIGNS;
            float others = by_stretch[signs[0]] + by_stretch[signs[1]];
            float most = others > 0 ? list->bound.bits + others : list->bound.alone;
            if (most + ROUNDING_BITS < list->needed[zone])
                continue;
        }
        entry_meet(search, list->part, entry, search->zone_bits[zone]);
    }
}

static void list_read(struct search *search, const struct candidate *candidate, enum zone zone)
{
    const struct names_part *part = &search->scorer.parts[candidate->part];
    const struct zones *zones = &search->zones[candidate->part];
    struct list list = {.part = candidate->part};
    list.posts = part_postings(part, candidate->id, search->scorer.arena);
    list.bound = scorer_list(&search->scorer, candidate->part, candidate->id);
    for (enum zone z = ZONE_NEAR; z < ZONE_COUNT; z++)
        list.needed[z] = scorer_needed(&search->scorer, search->zone_bits[z]);
    if (part->live || list.posts.count <= LIST_SHORT) {
        posts_read(search, &list, (struct span){0, UINT32_MAX});
        return;
    }
    posts_read(search, &list, zones->spans[zone]);
    if (zones->undated.from < zones->undated.to)
        posts_read(search, &list, zones->undated);
}

/* Most bits an entry can have that none of the lists read so far holds. */
static float unread_bits(const struct search *search)
{
    const struct units *units = &search->scorer.units;
    float by_atom[NAME_TOKEN_MAX], sum = 0;
    memcpy(by_atom, search->alone, sizeof by_atom);
    for (size_t u = 0; u < units->count; u++) {
        const struct unit *unit = &units->items[u];
        float next = search->at[u] < unit->count ? unit->items[search->at[u]].bits : unit->residual;
        if (next <= 0)
            continue;
        /* Two pieces share an atom: each may bring its own. */
        bool is_piece = unit->atoms >> MATCH_PIECE_SHIFT != 0;
        float bits = next * (is_piece ? 2.f : 1.f) / (float)unit->atom_count;
        for (uint32_t atoms = match_whole_atoms(unit->atoms); atoms; atoms &= atoms - 1) {
            unsigned a = (unsigned)__builtin_ctz(atoms);
            if (bits > by_atom[a])
                by_atom[a] = bits;
        }
    }
    for (size_t a = 0; a < search->scorer.asked.count; a++)
        sum += by_atom[a];
    return sum;
}

/* The outermost zone in which an unseen entry can still be good enough; ZONE_COUNT: in none. */
static enum zone zone_open(const struct search *search, float unread)
{
    for (enum zone z = ZONE_COUNT; unread >= search->scorer.name_least && z > ZONE_NEAR; z--) {
        float date = search->zone_bits[z - 1];
        if (unread + date >= scorer_threshold(&search->scorer, date))
            return z - 1;
    }
    return ZONE_COUNT;
}

/* The unit whose next list is worth most; lists of the other kind of part are passed over. */
static size_t unit_next(struct search *search, bool is_live)
{
    const struct units *units = &search->scorer.units;
    size_t best = units->count;
    float best_bits = 0;
    for (size_t u = 0; u < units->count; u++) {
        const struct unit *unit = &units->items[u];
        size_t *at = &search->at[u];
        while (*at < unit->count && !search->scorer.parts[unit->items[*at].part].live == is_live)
            ++*at;
        if (*at < unit->count && unit->items[*at].bits > best_bits) {
            best_bits = unit->items[*at].bits;
            best = u;
        }
    }
    return best;
}

static void lists_prefetch(const struct search *search, const struct unit *unit, size_t at)
{
    for (size_t ahead = LISTS_AHEAD / 2; ahead <= LISTS_AHEAD; ahead += LISTS_AHEAD / 2) {
        const struct candidate *next = &unit->items[at + ahead];
        if (at + ahead < unit->count && search->scorer.parts[next->part].section)
            section_prefetch_list(search->scorer.parts[next->part].section, next->id,
                                  ahead < LISTS_AHEAD);
    }
}

static bool is_any_left_out(const struct units *units)
{
    for (size_t u = 0; u < units->count; u++) {
        if (units->items[u].residual > 0)
            return true;
    }
    return false;
}

static void lists_read(struct search *search, bool is_live)
{
    const struct units *units = &search->scorer.units;
    uint64_t limit = search->scorer.examined + WORK_MAX;
    memset(search->at, 0, sizeof search->at);
    for (;;) {
        size_t u = unit_next(search, is_live);
        enum zone zone = zone_open(search, unread_bits(search));
        bool is_limit = search->scorer.examined >= limit;
        if (zone == ZONE_COUNT || is_limit || u == units->count) {
            bool is_left_out = u == units->count && is_any_left_out(units);
            search->is_cut |= zone != ZONE_COUNT && (is_limit || is_left_out);
            break;
        }
        lists_prefetch(search, &units->items[u], search->at[u]);
        list_read(search, &units->items[u].items[search->at[u]++], zone);
    }
    row_take(search);
}

/* ---- a search ---- */

static void asked_side(struct search *search, const struct name *name)
{
    struct scorer *scorer = &search->scorer;
    scorer->asked = (struct match_side){.count = name->count};
    scorer->strong = 0;
    scorer->has_initial = false;
    for (size_t i = 0; i < name->count; i++) {
        enum name_role role = name->tokens[i].role;
        scorer->asked.roles[i] = (uint8_t)role;
        scorer->asked.initials[i] = (uint8_t)name->tokens[i].readings[0].ptr[0];
        scorer->has_initial |= role == NAME_INITIAL;
        search->alone[i] = role == NAME_INITIAL ? MATCH_INITIAL_BITS : 0;
        if (role != NAME_INITIAL && role_weight(role) == 1) {
            scorer->strong |= 1u << i;
            search->alone[i] = (float)match_alone_bits(1, 0);
        }
    }
}

static void near_keep(struct search *search)
{
    for (size_t u = 0; u < search->scorer.units.count && search->near_count < search->near_max;
         u++) {
        if (search->scorer.units.items[u].rarity.token)
            search->near[search->near_count++] = search->scorer.units.items[u].rarity;
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
    for (size_t u = 0; u < search->scorer.units.count; u++) {
        const struct unit *unit = &search->scorer.units.items[u];
        float cost = WHOLE_STRAIN + SCRIPT_COST_MAX + unit->extra;
        float bits = (name_rarity_at(&unit->rarity, cost) - cost) / (float)unit->atom_count;
        for (size_t a = 0; a < NAME_TOKEN_MAX && unit->atoms >> MATCH_PIECE_SHIFT == 0; a++) {
            if (unit->atoms >> a & 1 && bits < by_atom[a])
                by_atom[a] = bits;
        }
    }
    for (size_t a = 0; a < search->scorer.asked.count; a++) {
        if (by_atom[a] < SOUND_FAR && role_weight(search->scorer.asked.roles[a]) == 1)
            sum += by_atom[a] > 0 ? by_atom[a] : 0;
    }
    if (search->scorer.asked.lifts)
        sum -= lifts_of(search->scorer.asked.lifts, UINT32_MAX);
    return sum;
}

/*
 * A common name asked without more cannot reach "possible"; that it is whole is then enough, unless
 * the date speaks against it. How many bits that is, is asked of the frozen table alone: words held
 * in records that the asker may not see must not move it.
 */
static void passes_run(struct search *search)
{
    struct scorer *scorer = &search->scorer;
    const struct names_dates *born = &scorer->born;
    float whole = whole_bits(search);
    whole = whole > WHOLE_LEAST_BITS ? whole : WHOLE_LEAST_BITS;
    scorer->name_least = whole < NAME_LEAST_BITS ? whole : NAME_LEAST_BITS;
    scorer->least_near = whole < scorer->least ? whole : scorer->least;
    for (enum zone z = ZONE_NEAR; z < ZONE_COUNT; z++)
        search->zone_bits[z] = born->best;
    lists_read(search, true);
    search->zone_bits[ZONE_NEAR] = born->rest_near;
    search->zone_bits[ZONE_MIDDLE] = born->is_known ? born->rest_middle : -SOUND_FAR;
    search->zone_bits[ZONE_FAR] = born->is_known ? born->rest_far : -SOUND_FAR;
    if (born->is_known)
        days_scan(search);
    lists_read(search, false);
}

static enum err name_search(struct search *search, const struct name *name)
{
    struct scorer *scorer = &search->scorer;
    asked_side(search, name);
    TRY(names_candidates(scorer->parts, scorer->part_count, search->rarity, name, scorer->arena,
                         &scorer->units));
    search->is_cut |= scorer->units.is_cut;
    scorer->asked.lifts = scorer->units.lifts;
    near_keep(search);
    for (size_t p = 0; p < scorer->part_count; p++) {
        size_t words = scorer->parts[p].entry_count / 64 + 1;
        search->visited[p] = arena_array(scorer->arena, uint64_t, words);
        if (!search->visited[p])
            return ERR_LIMIT;
    }
    TRY(scorer_link(scorer));
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
    qsort(search->scorer.heap, search->scorer.heap_count, sizeof *search->scorer.heap, hit_order);
    size_t kept = 0;
    for (size_t i = 0; i < search->scorer.heap_count; i++) {
        bool is_new = true;
        for (size_t j = 0; j < kept && is_new; j++)
            is_new = search->scorer.heap[j].part != search->scorer.heap[i].part ||
                     search->scorer.heap[j].entry != search->scorer.heap[i].entry;
        if (is_new)
            search->scorer.heap[kept++] = search->scorer.heap[i];
    }
    search->scorer.heap_count = kept;
}

static enum err search_make(struct search *search, const struct name_query *query,
                            struct date_window born, size_t max)
{
    struct scorer *scorer = &search->scorer;
    TRY(names_dates_init(&scorer->born, born, scorer->arena));
    scorer->heap_max = max;
    scorer->heap = arena_array(scorer->arena, struct names_hit, max);
    scorer->links = scorer_links_new(scorer->arena, scorer->part_count);
    search->visited = arena_array(scorer->arena, uint64_t *, scorer->part_count);
    search->zones = arena_array(scorer->arena, struct zones, scorer->part_count);
    search->rarity = query->rarity ? query->rarity : rarity_shipped();
    search->near_max = query->count * UNIT_MAX;
    search->near = arena_array(scorer->arena, struct name_rarity, search->near_max);
    if (!scorer->heap || !scorer->links || !search->visited || !search->zones || !search->near)
        return ERR_LIMIT;
    zones_make(search);
    double persons = (double)frequencies_persons(search->rarity->frequencies);
    scorer->least = (float)log2(persons) + POSSIBLE_BITS;
    if (scorer->least < NAME_LEAST_BITS)
        scorer->least = NAME_LEAST_BITS;
    return OK;
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
    search->scorer.parts = parts;
    search->scorer.part_count = part_count;
    search->scorer.arena = arena;
    TRY(search_make(search, query, born, max));
    for (size_t i = 0; i < query->count; i++)
        TRY(name_search(search, query->names[i]));
    if (query->count > 1)
        hits_unique(search);
    else
        qsort(search->scorer.heap, search->scorer.heap_count, sizeof *search->scorer.heap,
              hit_order);
    ret->items = search->scorer.heap;
    ret->count = search->scorer.heap_count;
    ret->is_cut = search->is_cut;
    ret->is_proven = !search->is_cut;
    ret->examined = search->scorer.examined;
    ret->near = search->near;
    ret->near_count = search->near_count;
    return OK;
}
