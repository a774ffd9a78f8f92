/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and words of the fictional world, from three small tables under codes/sample:
 *
 *   cultures.csv   culture, title, countries, weight, pattern for men, pattern for women, letters,
 *                  languages
 *   names.csv      culture, part, native form, Latin form; the most frequent first
 *   words.csv      meaning, value
 *
 * A pattern lists parts in the order they are written: "F:family ~G:char +G:char". F, G and P are
 * the roles family, given, patronymic; '+' joins a part to the one before it in both scripts
 * (Xiaoming), '~' in the native script only (王小明, Wang Xiaoming). Within a list, ranks follow
 * Zipf's law, as names do.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"

#include "sample/internal.h"

enum { FILE_MAX = 4 << 20, CULTURE_MAX = 128, PART_MAX = 24, PATTERN_MAX = 8, TABLE_MAX = 512 };

struct name_list {
    str part;
    str *native, *latin;
    size_t count;
};
struct token {
    uint8_t role;
    bool joins_native, joins_latin;
    const struct name_list *list;
};
struct pattern {
    struct token tokens[PATTERN_MAX];
    size_t count;
};
struct culture {
    str code, countries, letters, languages;
    unsigned weight;
    str pattern_text[2];
    struct pattern patterns[2]; /* men, women */
    struct name_list lists[PART_MAX];
    size_t list_count;
};
struct word_list {
    str meaning;
    str *words;
    size_t count;
};
struct cultures {
    struct culture *items;
    size_t count;
    unsigned weight;
    struct word_list *lists;
    size_t list_count;
};

/* ---- reading ---- */

enum err table_open(const char *home, const char *name, struct arena *arena, struct table *ret)
{
    char path[1024], *data = NULL;
    size_t len = 0;
    (void)snprintf(path, sizeof path, "%s/codes/sample/%s", home, name);
    TRY(io_read_file(path, FILE_MAX, &data, &len));
    str text = arena_str(arena, str_of(data, len));
    free(data);
    if (text.len != len)
        return err_last()->code;
    *ret = (struct table){.file = name, .rest = text};
    return utf8_is_valid(text) ? OK : err_at(ERR_SYNTAX, name, 0, 0, "not UTF-8");
}

bool table_row(struct table *table, str *cells, size_t count)
{
    str line;
    while (str_split(&table->rest, '\n', &line)) {
        table->line++;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (!table->saw_heading) {
            table->saw_heading = true;
            continue;
        }
        for (size_t i = 0; i < count; i++)
            if (!str_split(&line, ',', &cells[i]))
                cells[i] = STR_EMPTY;
        return true;
    }
    return false;
}

static struct culture *find_culture(struct cultures *cultures, str code)
{
    for (size_t i = 0; i < cultures->count; i++)
        if (str_eq(cultures->items[i].code, code))
            return &cultures->items[i];
    return NULL;
}

static enum err read_cultures(const char *home, struct arena *arena, struct cultures *cultures)
{
    struct table table;
    str cells[8];
    TRY(table_open(home, "cultures.csv", arena, &table));
    while (table_row(&table, cells, COUNT_OF(cells))) {
        uint64_t weight = 0;
        if (cultures->count == CULTURE_MAX || !str_to_u64(cells[3], 10000, &weight) || weight == 0)
            return err_at(ERR_SYNTAX, table.file, table.line, 0,
                          "a culture needs a weight from 1 to 10000");
        struct culture *culture = &cultures->items[cultures->count++];
        culture->code = cells[0];
        culture->countries = cells[2];
        culture->letters = cells[6];
        culture->languages = cells[7];
        culture->weight = (unsigned)weight;
        culture->pattern_text[0] = cells[4];
        culture->pattern_text[1] = cells[5];
        cultures->weight += culture->weight;
    }
    return cultures->count ? OK : err_at(ERR_SYNTAX, table.file, 0, 0, "no culture");
}

static struct name_list *list_of(struct culture *culture, str part, struct arena *arena)
{
    for (size_t i = 0; i < culture->list_count; i++)
        if (str_eq(culture->lists[i].part, part))
            return &culture->lists[i];
    if (culture->list_count == PART_MAX)
        return NULL;
    struct name_list *list = &culture->lists[culture->list_count++];
    list->part = part;
    list->native = arena_array(arena, str, TABLE_MAX);
    list->latin = arena_array(arena, str, TABLE_MAX);
    return list->native && list->latin ? list : NULL;
}

static enum err read_names(const char *home, struct arena *arena, struct cultures *cultures)
{
    struct table table;
    str cells[4];
    TRY(table_open(home, "names.csv", arena, &table));
    while (table_row(&table, cells, COUNT_OF(cells))) {
        struct culture *culture = find_culture(cultures, cells[0]);
        struct name_list *list = culture ? list_of(culture, cells[1], arena) : NULL;
        if (!list || list->count == TABLE_MAX || cells[3].len == 0)
            return err_at(ERR_SYNTAX, table.file, table.line, 0,
                          "unknown culture, too many names or no Latin form");
        list->native[list->count] = cells[2];
        list->latin[list->count++] = cells[3];
    }
    return OK;
}

static enum err read_pattern(struct culture *culture, str text, struct pattern *ret)
{
    str word;
    while (str_split(&text, ' ', &word)) {
        struct token token = {0};
        token.joins_latin = str_starts(word, S("+"));
        token.joins_native = token.joins_latin || str_starts(word, S("~"));
        word = str_from(word, token.joins_native);
        const char *role = word.len > 2 && word.ptr[1] == ':' ? strchr("FGP", word.ptr[0]) : NULL;
        for (size_t i = 0; role && i < culture->list_count; i++)
            if (str_eq(culture->lists[i].part, str_from(word, 2)))
                token.list = &culture->lists[i];
        if (!token.list || ret->count == PATTERN_MAX)
            return err_set(ERR_SYNTAX, "culture %.*s: '%.*s' is not a part of its names",
                           STR(culture->code), STR(word));
        token.role = (uint8_t)(role[0] == 'F' ? 0 : role[0] == 'G' ? 1 : 2);
        ret->tokens[ret->count++] = token;
    }
    return OK;
}

static enum err read_words(const char *home, struct arena *arena, struct cultures *cultures)
{
    struct table table;
    str cells[2];
    TRY(table_open(home, "words.csv", arena, &table));
    while (table_row(&table, cells, COUNT_OF(cells))) {
        struct word_list *list =
            cultures->list_count ? &cultures->lists[cultures->list_count - 1] : NULL;
        if (!list || !str_eq(list->meaning, cells[0])) {
            if (cultures->list_count == TABLE_MAX)
                return err_at(ERR_LIMIT, table.file, table.line, 0, "more than %d meanings",
                              TABLE_MAX);
            list = &cultures->lists[cultures->list_count++];
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the caller allocated */
            list->meaning = cells[0];
            list->words = arena_array(arena, str, TABLE_MAX);
        }
        if (!list->words || list->count == TABLE_MAX)
            return err_at(ERR_LIMIT, table.file, table.line, 0, "more than %d words of a meaning",
                          TABLE_MAX);
        list->words[list->count++] = cells[1];
    }
    return OK;
}

enum err cultures_load(const char *home, struct arena *arena, struct cultures **ret)
{
    struct cultures *cultures = arena_new(arena, struct cultures);
    if (!cultures)
        return err_last()->code;
    cultures->items = arena_array(arena, struct culture, CULTURE_MAX);
    cultures->lists = arena_array(arena, struct word_list, TABLE_MAX);
    if (!cultures->items || !cultures->lists)
        return err_last()->code;
    TRY(read_cultures(home, arena, cultures));
    TRY(read_names(home, arena, cultures));
    TRY(read_words(home, arena, cultures));
    for (size_t i = 0; i < cultures->count; i++)
        for (size_t k = 0; k < 2; k++)
            TRY(read_pattern(&cultures->items[i], cultures->items[i].pattern_text[k],
                             &cultures->items[i].patterns[k]));
    *ret = cultures;
    return OK;
}

/* ---- picking ---- */

/* Rank k with a weight of about 1/(k+1): the inverse of the logarithmic sum. */
double random_zipf(struct random *random, size_t count)
{
    double rank = exp(random_unit(random) * log((double)count + 1.0)) - 1.0;
    return rank >= (double)count ? (double)(count - 1) : floor(rank);
}

const struct culture *culture_pick(const struct cultures *cultures, struct random *random)
{
    uint64_t at = random_below(random, cultures->weight);
    for (size_t i = 0; i < cultures->count; i++) {
        if (at < cultures->items[i].weight)
            return &cultures->items[i];
        at -= cultures->items[i].weight;
    }
    return &cultures->items[cultures->count - 1];
}

str culture_code(const struct culture *culture)
{
    return culture->code;
}

str culture_letters(const struct culture *culture)
{
    return culture->letters;
}

/* One of "a|b|c", the first ones most often. */
static str pick_piece(str pieces, struct random *random)
{
    str one = STR_EMPTY;
    size_t count = 1;
    for (size_t i = 0; i < pieces.len; i++)
        count += pieces.ptr[i] == '|';
    size_t wanted = (size_t)random_zipf(random, count);
    for (size_t i = 0; i <= wanted; i++)
        (void)str_split(&pieces, '|', &one);
    return one;
}

str culture_country(const struct culture *culture, struct random *random)
{
    return pick_piece(culture->countries, random);
}

str culture_language(const struct culture *culture, struct random *random)
{
    return pick_piece(culture->languages, random);
}

static void add_joined(struct buf *out, str part, bool joins, bool is_lower)
{
    if (out->len && !joins)
        buf_add_char(out, ' ');
    if (is_lower && part.len)
        buf_add_char(out, to_lower(part.ptr[0]));
    buf_add(out, str_from(part, is_lower && part.len ? 1 : 0));
}

void culture_name(const struct culture *culture, bool is_female, struct random *random,
                  struct arena *arena, struct sample_name *ret)
{
    const struct pattern *pattern = &culture->patterns[is_female];
    struct buf native = {0}, latin = {0}, native_parts[NAME_ROLES] = {{0}},
               latin_parts[NAME_ROLES] = {{0}};
    for (size_t i = 0; i < pattern->count; i++) {
        const struct token *token = &pattern->tokens[i];
        size_t rank = (size_t)random_zipf(random, token->list->count);
        bool same_role = i && pattern->tokens[i - 1].role == token->role;
        add_joined(&native, token->list->native[rank], token->joins_native, false);
        add_joined(&latin, token->list->latin[rank], token->joins_latin, token->joins_latin);
        add_joined(&native_parts[token->role], token->list->native[rank],
                   token->joins_native && same_role, false);
        add_joined(&latin_parts[token->role], token->list->latin[rank],
                   token->joins_latin && same_role, token->joins_latin && same_role);
    }
    *ret = (struct sample_name){.native = arena_str(arena, buf_str(&native)),
                                .latin = arena_str(arena, buf_str(&latin))};
    for (size_t i = 0; i < NAME_ROLES; i++) {
        ret->native_parts[i] = arena_str(arena, buf_str(&native_parts[i]));
        ret->latin_parts[i] = arena_str(arena, buf_str(&latin_parts[i]));
        buf_release(&native_parts[i]);
        buf_release(&latin_parts[i]);
    }
    buf_release(&native);
    buf_release(&latin);
}

static const struct word_list *words_of(const struct cultures *cultures, str meaning, str tail)
{
    for (size_t i = 0; i < cultures->list_count; i++) {
        str have = cultures->lists[i].meaning;
        if (have.len == meaning.len + tail.len && str_starts(have, meaning) && str_ends(have, tail))
            return &cultures->lists[i];
    }
    return NULL;
}

str words_pick(const struct cultures *cultures, str meaning, struct random *random,
               struct arena *arena)
{
    const struct word_list *first = words_of(cultures, meaning, STR_EMPTY);
    const struct word_list *second = words_of(cultures, meaning, S("+"));
    if (!first)
        return STR_EMPTY;
    str word = first->words[random_below(random, first->count)];
    if (!second)
        return word;
    str tail =
        second->words[random_below(random, second->count)]; /* STR() names its argument twice */
    return arena_printf(arena, "%.*s %.*s", STR(word), STR(tail));
}
