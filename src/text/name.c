/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/name: from text to tokens. Steps, each a function below:
 *
 *   open_glued   "alUmari" -> "al Umari": a particle written in front of a capital
 *   fold_text    case, width, marks (letters.c)
 *   words_cut    at what is not a letter; commas and << end the family name
 *   word_settle  one script to a word; look-alikes put right
 *   token_add    Han and Hangul names cut into family and given name; readings (romanise.c)
 *   roles_guess  particles, titles, generations, initials, patronymics
 *
 * Roles are guesses where the writer did not say; the score treats them as such.
 */
#include "text/name.h"

#include "text/letters.h"
#include "text/lexicon.h"
#include "text/romanise.h"

enum { WORD_LETTERS = 40 };

struct cut_word {
    uint32_t letters[WORD_LETTERS];
    size_t count;
    enum name_script script;
    enum name_role role;
    bool is_glued;
    bool is_last_of_family; /* a comma or << follows */
    bool has_stop;          /* a full stop follows: initial or title */
};
struct cutter {
    struct arena *arena;
    struct name *name;
    struct cut_word words[NAME_TOKEN_MAX];
    size_t count;
    bool stops[NAME_TOKEN_MAX]; /* by token */
    bool is_japanese;           /* its Kanji are read so */
};

const char *name_role_word(enum name_role role)
{
    static const char *const by_role[] = {"name",     "given name", "family name", "patronymic",
                                          "particle", "title",      "generation",  "initial"};
    return by_role[role];
}

const char *name_script_word(enum name_script script)
{
    static const char *const by_script[] = {"Latin", "Cyrillic", "Arabic", "Hebrew", "Greek",
                                            "Han",   "Kana",     "Hangul", "other"};
    return by_script[script];
}

/* ---- words ---- */

static str open_glued(str text, char out[NAME_TEXT_MAX * 2])
{
    size_t len = 0, start = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_turn =
            i > start && i - start <= 4 && is_lower(text.ptr[i - 1]) && is_upper(text.ptr[i]);
        if (is_turn) {
            char prefix[4];
            for (size_t j = start; j < i; j++)
                prefix[j - start] = to_lower(text.ptr[j]);
            if (lexicon_kind(str_of(prefix, i - start)) == LEXICON_PARTICLE)
                out[len++] = '-';
        }
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte < 128 && !is_alnum(text.ptr[i]))
            start = i + 1;
        out[len++] = text.ptr[i];
    }
    return str_of(out, len);
}

/* Scripts of a word by majority; look-alikes of the others are put right. */
static void word_settle(struct cut_word *word)
{
    unsigned counts[NAME_OTHER + 1] = {0};
    for (size_t i = 0; i < word->count; i++) {
        uint32_t letter = word->letters[i];
        if (letter >= 128 ? !fold_is_mark(letter) : is_lower((char)letter))
            counts[fold_script(letter)]++;
    }
    enum name_script most = NAME_LATIN;
    unsigned kinds = 0;
    for (enum name_script s = NAME_LATIN; s <= NAME_OTHER; s++) {
        kinds += counts[s] > 0;
        if (counts[s] > counts[most])
            most = s;
    }
    word->script = most;
    for (size_t i = 0; kinds > 1 && i < word->count; i++) {
        uint32_t letter = word->letters[i];
        if (fold_script(letter) == most || (letter < 128 && !is_lower((char)letter)))
            continue;
        uint32_t right = confusable_in(most, letter);
        if (right)
            word->letters[i] = right;
    }
}

static bool word_has_letter(const struct cut_word *word)
{
    for (size_t i = 0; i < word->count; i++) {
        uint32_t letter = word->letters[i];
        if (letter >= 128 ? !fold_is_mark(letter) : is_lower((char)letter))
            return true;
    }
    return false;
}

static void word_end(struct cutter *cutter, bool *is_open)
{
    if (!*is_open)
        return;
    *is_open = false;
    struct cut_word *word = &cutter->words[cutter->count];
    if (!word_has_letter(word))
        return;
    word_settle(word);
    cutter->count++;
}

static void word_start(struct cutter *cutter, enum name_role role, bool is_glued, bool *is_open)
{
    cutter->words[cutter->count] = (struct cut_word){.role = role, .is_glued = is_glued};
    *is_open = true;
}

/* Kana and Han change of script ends a word: they are written without blanks. */
static bool is_script_turn(const struct cut_word *word, uint32_t letter)
{
    if (letter < 0x3000 || word->count == 0)
        return false;
    enum name_script before = fold_script(word->letters[word->count - 1]),
                     here = fold_script(letter);
    return before != here && !fold_is_mark(letter) && (before == NAME_HAN || here == NAME_HAN);
}

static void words_cut(struct cutter *cutter, const uint32_t *letters, size_t count,
                      enum name_role role)
{
    bool is_open = false, is_glued = false;
    size_t first = cutter->count;
    for (size_t i = 0; i < count; i++) {
        uint32_t letter = letters[i];
        bool is_apostrophe = letter == '\'' && is_open;
        if (fold_is_letter(letter) || is_apostrophe) {
            if (is_open && is_script_turn(&cutter->words[cutter->count], letter))
                word_end(cutter, &is_open);
            if (!is_open && cutter->count == NAME_TOKEN_MAX) {
                cutter->name->is_cut = true;
                return;
            }
            if (!is_open)
                word_start(cutter, role, is_glued && cutter->count > first, &is_open);
            struct cut_word *word = &cutter->words[cutter->count];
            bool is_kept = !is_apostrophe || fold_script(letters[i - 1]) == NAME_HEBREW;
            if (is_kept && word->count < WORD_LETTERS)
                word->letters[word->count++] = letter;
            continue;
        }
        word_end(cutter, &is_open);
        is_glued = letter == '-';
        bool is_family_end =
            letter == ',' || (letter == '<' && i + 1 < count && letters[i + 1] == '<');
        if (cutter->count > first && letter == '.')
            cutter->words[cutter->count - 1].has_stop = true;
        if (cutter->count > first && is_family_end && role == NAME_PLAIN)
            cutter->words[cutter->count - 1].is_last_of_family = true;
    }
    word_end(cutter, &is_open);
}

/* The first comma of a full name ends the family name; MRZ's << likewise. */
static void families_mark(struct cutter *cutter, size_t first)
{
    for (size_t i = first; i + 1 < cutter->count; i++) {
        if (!cutter->words[i].is_last_of_family)
            continue;
        for (size_t j = first; j < cutter->count; j++)
            cutter->words[j].role = j <= i ? NAME_FAMILY : NAME_GIVEN;
        return;
    }
}

/* ---- tokens ---- */

static str letters_text(struct arena *arena, const uint32_t *letters, size_t count)
{
    char *text = arena_alloc(arena, count * 4 + 1);
    size_t len = 0;
    for (size_t i = 0; text && i < count; i++)
        len += utf8_put(letters[i], text + len);
    return text ? str_of(text, len) : STR_EMPTY;
}

static bool is_east_asian(enum name_script script)
{
    return script == NAME_HAN || script == NAME_HANGUL;
}

static void token_fill(struct cutter *cutter, const struct cut_word *word, const uint32_t *letters,
                       size_t count, enum name_role role, const struct readings *readings)
{
    struct name *name = cutter->name;
    if (readings->count == 0 || name->count == NAME_TOKEN_MAX) {
        name->is_cut |= readings->count > 0;
        return;
    }
    struct name_token *token = &name->tokens[name->count];
    cutter->stops[name->count++] = word->has_stop;
    *token = (struct name_token){.role = (uint8_t)role,
                                 .script = (uint8_t)word->script,
                                 .is_glued = word->is_glued,
                                 .reading_count = readings->count};
    for (size_t i = 0; i < readings->count; i++) {
        token->readings[i] = arena_str(cutter->arena, str_of(readings->text[i], readings->len[i]));
        token->cuts[i] = token->begins[i] = readings->cut[i];
        if (!is_east_asian(word->script))
            lexicon_cut(token->readings[i], &token->cuts[i], &token->begins[i]);
    }
    token->native = word->script == NAME_LATIN ? token->readings[0]
                                               : letters_text(cutter->arena, letters, count);
}

/* 王小明, 김정은: family and given name in one word, when nothing else is in that script. */
static size_t family_letters(const struct cutter *cutter, const struct cut_word *word)
{
    if (!is_east_asian(word->script) || word->role != NAME_PLAIN || word->count < 2 ||
        word->count > 4)
        return 0;
    for (size_t i = 0; i < cutter->count; i++) {
        if (&cutter->words[i] != word && cutter->words[i].script == word->script)
            return 0;
    }
    size_t length = surname_length(word->script, word->letters, word->count);
    if (length == word->count || (length == 0 && word->script == NAME_HAN && word->count <= 3))
        length = 1;
    return word->count - length <= 2 ? length : 0;
}

/* Kana beside the Kanji, or a family name that Japan has and China has not. */
static bool is_japanese(const struct cutter *cutter)
{
    for (size_t i = 0; i < cutter->count; i++) {
        const struct cut_word *word = &cutter->words[i];
        size_t length =
            word->script == NAME_HAN ? japanese_surname_length(word->letters, word->count) : 0;
        if (word->script == NAME_KANA || length >= 2 || (length == 1 && word->count == 1))
            return true;
    }
    return false;
}

/* A family name in Chinese characters beside Hangul is the Korean one: 朴 지민 is 박 지민. */
static void hanja_settle(struct cutter *cutter)
{
    bool has_hangul = false;
    for (size_t i = 0; i < cutter->count; i++)
        has_hangul |= cutter->words[i].script == NAME_HANGUL;
    for (size_t i = 0; i < cutter->count && has_hangul; i++) {
        struct cut_word *word = &cutter->words[i];
        uint32_t hangul[WORD_LETTERS];
        size_t count = word->script != NAME_HAN
                           ? 0
                           : hanja_hangul(word->letters, word->count, hangul, WORD_LETTERS);
        if (count == 0)
            continue;
        memcpy(word->letters, hangul, count * sizeof *hangul);
        word->count = count;
        word->script = NAME_HANGUL;
    }
}

/* 佐藤美咲 in one word, or one of the words of 佐藤 美咲. */
static void japanese_add(struct cutter *cutter, const struct cut_word *word)
{
    enum { GIVEN_MAX = 3 };
    struct readings readings;
    size_t family = japanese_surname_length(word->letters, word->count);
    bool is_family = word->role != NAME_GIVEN && family == word->count;
    if (word->role == NAME_PLAIN && family > 0 && family < word->count &&
        word->count - family <= GIVEN_MAX) {
        romanise_japanese(word->letters, family, true, &readings);
        token_fill(cutter, word, word->letters, family, NAME_FAMILY, &readings);
        romanise_japanese(word->letters + family, word->count - family, false, &readings);
        token_fill(cutter, word, word->letters + family, word->count - family, NAME_GIVEN,
                   &readings);
        return;
    }
    romanise_japanese(word->letters, word->count, is_family || word->role == NAME_FAMILY,
                      &readings);
    token_fill(cutter, word, word->letters, word->count, is_family ? NAME_FAMILY : word->role,
               &readings);
}

static void token_add(struct cutter *cutter, const struct cut_word *word)
{
    struct readings readings;
    if (cutter->is_japanese && word->script == NAME_HAN) {
        japanese_add(cutter, word);
        return;
    }
    size_t family = family_letters(cutter, word);
    if (family > 0) {
        romanise_surname(word->script, word->letters, family, &readings);
        token_fill(cutter, word, word->letters, family, NAME_FAMILY, &readings);
        romanise(word->script, word->letters + family, word->count - family, &readings);
        token_fill(cutter, word, word->letters + family, word->count - family, NAME_GIVEN,
                   &readings);
        return;
    }
    bool is_surname = is_east_asian(word->script) && word->role != NAME_GIVEN &&
                      surname_length(word->script, word->letters, word->count) == word->count;
    if (is_surname)
        romanise_surname(word->script, word->letters, word->count, &readings);
    else
        romanise(word->script, word->letters, word->count, &readings);
    token_fill(cutter, word, word->letters, word->count, word->role, &readings);
}

bool name_word(enum name_script script, str native, struct arena *arena, struct name_token *ret)
{
    uint32_t letters[WORD_LETTERS];
    size_t count = 0;
    struct readings readings;
    for (size_t at = 0; at < native.len && count < WORD_LETTERS;)
        letters[count++] = utf8_next(native, &at);
    bool is_surname = is_east_asian(script) && surname_length(script, letters, count) == count;
    bool is_kanji = script == NAME_HAN && japanese_surname_length(letters, count) == count;
    if (is_kanji)
        romanise_japanese(letters, count, true, &readings);
    else if (is_surname)
        romanise_surname(script, letters, count, &readings);
    else
        romanise(script, letters, count, &readings);
    *ret = (struct name_token){.script = (uint8_t)script, .reading_count = readings.count};
    ret->native = arena_str(arena, native);
    for (size_t i = 0; i < readings.count; i++)
        ret->readings[i] = arena_str(arena, str_of(readings.text[i], readings.len[i]));
    return readings.count > 0;
}

/* ---- roles ---- */

static bool is_initial(const struct name_token *token)
{
    return token->script != NAME_HAN && token->script != NAME_HANGUL &&
           token->readings[0].len == 1 && utf8_length(token->native) == 1;
}

static void role_guess(struct cutter *cutter, size_t at)
{
    struct name *name = cutter->name;
    struct name_token *token = &name->tokens[at];
    bool is_first = at == 0, is_last = at + 1 == name->count;
    str word = token->readings[0];
    if (is_initial(token)) {
        token->role = NAME_INITIAL;
        return;
    }
    if (is_east_asian(token->script))
        return;
    switch (lexicon_kind(word)) {
    case LEXICON_PARTICLE:
        if (!is_last)
            token->role = NAME_PARTICLE;
        break;
    case LEXICON_INNER:
        if (!is_first && !is_last)
            token->role = NAME_PARTICLE;
        break;
    case LEXICON_TITLE:
        if (!is_last && (cutter->stops[at] || (is_first && name->count > 2)))
            token->role = NAME_TITLE;
        break;
    case LEXICON_GENERATION:
        if (is_last && name->count > 2)
            token->role = NAME_GENERATION;
        break;
    case LEXICON_COMPANY:
        if (name->count > 1)
            token->role = NAME_PARTICLE;
        break;
    case LEXICON_NAME:
        if (!is_first && token->role != NAME_FAMILY && name->count > 2 &&
            lexicon_is_patronymic(word))
            token->role = NAME_PATRONYMIC;
        break;
    }
}

enum err name_parse(const struct name_part *parts, size_t count, struct arena *arena,
                    struct name **ret)
{
    struct cutter *cutter = arena_new(arena, struct cutter);
    struct name *name = arena_new(arena, struct name);
    if (!cutter || !name || !(name->tokens = arena_array(arena, struct name_token, NAME_TOKEN_MAX)))
        return ERR_LIMIT;
    cutter->arena = arena;
    cutter->name = name;
    uint32_t letters[NAME_TEXT_MAX];
    char opened[NAME_TEXT_MAX * 2];
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += parts[i].text.len;
        if (total > NAME_TEXT_MAX)
            return err_set(ERR_LIMIT, "name is longer than %d bytes", NAME_TEXT_MAX);
        name->is_mrz |= str_find(parts[i].text, '<') < parts[i].text.len;
        size_t first = cutter->count;
        str text = open_glued(parts[i].text, opened);
        words_cut(cutter, letters, fold_text(text, letters, NAME_TEXT_MAX), parts[i].role);
        families_mark(cutter, first);
    }
    hanja_settle(cutter);
    cutter->is_japanese = is_japanese(cutter);
    for (size_t i = 0; i < cutter->count; i++)
        token_add(cutter, &cutter->words[i]);
    if (name->count == 0)
        return err_set(ERR_BAD_VALUE, "no letter of a name in it");
    for (size_t i = 0; i < name->count; i++)
        role_guess(cutter, i);
    *ret = name;
    return OK;
}

enum err name_parse_text(str text, struct arena *arena, struct name **ret)
{
    return name_parse(&(struct name_part){text, NAME_PLAIN}, 1, arena, ret);
}
