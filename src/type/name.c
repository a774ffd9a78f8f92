/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name: a person's name in any script, as one text or as a map of its parts. It has no keys: it
 * is found through the index of name words (index/names.h), and compared word by word
 * (text/name.h). Everything about scripts lives in text.
 *
 * Levels: 0 same words, 1 same name written otherwise, 2 parts missing on one side, 3 partly
 * alike, 4 different.
 */
#include "type/name.h"

#include "type/internal.h"

enum { NAME_MAX_BYTES = NAME_TEXT_MAX, PART_MAX = 6, RECOGNISED_MAX = 80 };
enum { LEVEL_SAME, LEVEL_SPELLING, LEVEL_OMISSION, LEVEL_PARTLY, LEVEL_DIFFERENT };

/* Parts in the order a full name is written from them; the family name first, as in lists. */
static const struct {
    const char *key;
    enum name_role role;
} part_keys[] = {
    {"full", NAME_PLAIN},  {"title", NAME_TITLE},           {"family", NAME_FAMILY},
    {"given", NAME_GIVEN}, {"patronymic", NAME_PATRONYMIC}, {"generation", NAME_GENERATION}};

/* ---- parse ---- */

static size_t parts_of(const struct node *input, struct name_part parts[PART_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(part_keys); i++) {
        str text = str_trim(node_get_text(input, str_c(part_keys[i].key)));
        if (text.len > 0 && count < PART_MAX)
            parts[count++] = (struct name_part){text, part_keys[i].role};
    }
    return count;
}

static str parts_line(const struct name_part *parts, size_t count, struct arena *arena)
{
    struct buf line = {.max = (size_t)NAME_MAX_BYTES * 2};
    for (size_t i = 0; i < count; i++) {
        bool is_after_family = i > 0 && parts[i - 1].role == NAME_FAMILY;
        buf_add(&line, i == 0 ? STR_EMPTY : is_after_family ? S(", ") : S(" "));
        buf_add(&line, parts[i].text);
    }
    str kept = arena_str(arena, buf_str(&line));
    buf_release(&line);
    return kept;
}

/* Same words in the same order and roles that were said: same norm. */
static str norm_of(const struct name *name, struct arena *arena)
{
    struct buf norm = {.max = (size_t)NAME_MAX_BYTES * 4};
    for (size_t i = 0; i < name->count; i++) {
        bool is_after_family =
            i > 0 && name->tokens[i - 1].role == NAME_FAMILY && name->tokens[i].role != NAME_FAMILY;
        buf_add(&norm, i == 0 ? STR_EMPTY : is_after_family ? S(", ") : S(" "));
        buf_add(&norm, name->tokens[i].native);
    }
    str kept = arena_str(arena, buf_str(&norm));
    buf_release(&norm);
    return kept;
}

static enum err parse(const struct type_context *context, const struct node *input,
                      struct arena *arena, struct value *ret)
{
    (void)context;
    struct name_part parts[PART_MAX];
    size_t count = 1;
    if (input && input->kind == NODE_MAP) {
        count = parts_of(input, parts);
        TRY(type_begin_text(&type_name, input, parts_line(parts, count, arena), NAME_MAX_BYTES,
                            ret));
    } else {
        TRY(type_begin(&type_name, input, NAME_MAX_BYTES, ret));
        parts[0] = (struct name_part){ret->raw, NAME_PLAIN};
    }
    struct name *name;
    if (name_parse(parts, count, arena, &name)) {
        err_set(ERR_BAD_VALUE, "name '%.*s' has no letters that could be a name", STR(ret->raw));
        return err_hint("%s", type_name.help);
    }
    ret->detail = name;
    ret->norm = norm_of(name, arena);
    if (name->is_cut)
        ret->note = type_note(arena, "only the first %d words are compared", NAME_TOKEN_MAX);
    return ret->norm.len ? OK : ERR_LIMIT;
}

static void print(const struct value *value, struct buf *out)
{
    buf_add(out, value->raw);
}

/* First letters stay: "A*** P***". */
static void redact(const struct value *value, struct buf *out)
{
    const struct name *name = name_of(value);
    for (size_t i = 0; i < name->count; i++) {
        char letter[4];
        size_t at = 0;
        uint32_t first = utf8_next(name->tokens[i].native, &at);
        if (first >= 'a' && first <= 'z')
            first -= 'a' - 'A';
        buf_add(out, i ? S(" ") : STR_EMPTY);
        buf_add(out, str_of(letter, utf8_put(first, letter)));
        buf_add(out, S("***"));
    }
}

/* ---- compare ---- */

static size_t words_that_count(const struct name *name)
{
    size_t count = 0;
    for (size_t i = 0; i < name->count; i++)
        count += name->tokens[i].role != NAME_TITLE;
    return count;
}

static bool is_all_exact(const struct name *asked, const struct name *held,
                         const struct name_match *match)
{
    for (size_t i = 0; i < match->pair_count; i++) {
        if (match->pairs[i].channel != NAME_BY_EXACT)
            return false;
    }
    return !match->is_shuffled && match->pair_count == words_that_count(asked) &&
           match->pair_count == words_that_count(held);
}

static void compare(const struct value *asked, const struct value *held, struct comparison *ret)
{
    struct name_match match;
    name_match(name_of(asked), name_of(held), NULL, &match);
    double ratio = match.bits_max > 0 ? match.bits / match.bits_max : 0;
    ratio = ratio < 0 ? 0 : ratio > 1 ? 1 : ratio;
    unsigned level = is_all_exact(name_of(asked), name_of(held), &match) ? LEVEL_SAME
                     : match.contradictions > 0                          ? LEVEL_PARTLY
                     : match.asked_alone || match.held_alone             ? LEVEL_OMISSION
                                                                         : LEVEL_SPELLING;
    if (match.pair_count == 0 || ratio < 0.25)
        level = LEVEL_DIFFERENT;
    static const enum agreement by_level[] = {AGREE_SAME, AGREE_CLOSE, AGREE_CLOSE, AGREE_FAR,
                                              AGREE_DIFFERENT};
    enum agreement agreement = by_level[level];
    if (agreement == AGREE_CLOSE && ratio < 0.5)
        agreement = AGREE_FAR;
    struct buf words = {.max = 4096};
    name_match_words(name_of(asked), name_of(held), &match, &words);
    str text = buf_str(&words);
    if (text.len >= sizeof ret->words) /* not in the middle of a letter */
        for (text.len = sizeof ret->words - 4; text.len && (text.ptr[text.len] & 0xc0) == 0x80;)
            text.len--;
    comparison_set(ret, agreement, level,
                   level == LEVEL_SAME ? 1
                   : ratio < 0.99      ? ratio
                                       : 0.99,
                   "%.*s", STR(text));
    buf_release(&words);
}

/* ---- sample, recognise ---- */

/* Invented persons for forms and tests; the demonstration world has its own, by frequency. */
static void sample(struct random *random, str hint, struct buf *out)
{
    static const char *const samples[] = {
        "Elodie Marchetti",
        "Tomasz Wierzbicki",
        "Анна Сергеевна Лозовая",
        "محمود الزهراني",
        "陈晓雯",
        "김서윤",
        "Νίκος Καραμάνος",
        "佐藤 美咲",
        "Ngozi Adebayo",
        "María José Ibarra Luque",
        "Levan Chikovani",
        "יעל ברקוביץ",
        "Priya Raghavan",
        "Jan van der Velden",
    };
    (void)hint;
    buf_add(out, str_c(samples[random_below(random, COUNT_OF(samples))]));
}

/* Letters, blanks and the marks names have; at most six words. The confidence is low: any words
 * could be a name. */
static unsigned name_confidence(str line, const struct name *name)
{
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        bool is_mark = c == ' ' || c == '-' || c == '\'' || c == '.' || c == ',';
        if ((unsigned char)c < 128 && !is_mark && !is_upper(c) && !is_lower(c))
            return 0;
    }
    unsigned longest = 0;
    for (size_t i = 0; i < name->count; i++) {
        unsigned len = (unsigned)name->tokens[i].readings[0].len;
        longest = len > longest ? len : longest;
    }
    bool is_native = name->tokens[0].script != NAME_LATIN;
    if (name->count > 6 || longest < 2)
        return 0;
    return name->count >= 2 ? 40 : is_native ? 30 : 20;
}

static size_t recognise(const struct type_context *context, str line, struct arena *arena,
                        struct reading *out, size_t max)
{
    if (line.len > RECOGNISED_MAX || type_read(&type_name, context, line, arena, out, max, 0) == 0)
        return 0;
    const struct name *name = name_of(&out[0].value);
    out[0].confidence = name_confidence(line, name);
    if (out[0].confidence == 0)
        return 0;
    const char *script = name_script_word(name->tokens[0].script);
    out[0].title = name->tokens[0].script == NAME_LATIN
                       ? S("name of a person")
                       : arena_printf(arena, "name of a person in %s letters", script);
    return 1;
}

static const char *const maps[] = {"full",       "family", "given", "patronymic", "title",
                                   "generation", "script", "kind",  NULL};

const struct type type_name = {
    .name = "name",
    .title = "name of a person",
    .help = "as written, in any script, in any order; or in parts: family, given, patronymic",
    .maps = maps,
    .is_fuzzy = true,
    .parse = parse,
    .print = print,
    .compare = compare,
    .redact = redact,
    .sample = sample,
    .recognise = recognise,
};
