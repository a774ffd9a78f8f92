/* SPDX-License-Identifier: Apache-2.0 */
/* text/join: words written as one (text/match.h): which, what it costs, what they read as. */
#include "text/match.h"

/*
 * الدين is read with its article and without (romanise.c): letters the first reading has more.
 */
static int article_letters(const struct name_token *token)
{
    str with = token->readings[0], without = token->readings[token->reading_count > 1];
    if (token->script != NAME_ARABIC || with.len == without.len)
        return 0;
    bool is_turned = with.len < without.len;
    if (!str_ends(is_turned ? without : with, is_turned ? with : without))
        return 0;
    return (int)with.len - (int)without.len;
}

static bool is_second(const struct name_token *token)
{
    for (size_t i = 0; i < token->reading_count; i++) {
        if (lexicon_is_second(token->readings[i]))
            return true;
    }
    return article_letters(token) != 0;
}

static bool is_article(const struct name_token *token)
{
    return token->role == NAME_PARTICLE && lexicon_is_article(token->readings[0]);
}

struct join join_at(const struct name_token *tokens, size_t count, size_t at)
{
    struct join join = {&tokens[at], NULL, &tokens[at + 1]};
    if (at + 2 >= count || tokens[at + 1].role != NAME_PARTICLE ||
        tokens[at + 2].role == NAME_PARTICLE)
        return join;
    bool is_weak = tokens[at].role == NAME_PARTICLE || lexicon_is_head(tokens[at].readings[0]);
    if (is_weak || (is_article(&tokens[at + 1]) && is_second(&tokens[at + 2])))
        join = (struct join){&tokens[at], &tokens[at + 1], &tokens[at + 2]};
    return join;
}

float name_join_cost(struct join join)
{
    enum { SYLLABLE_LETTERS_MAX = 6, SYLLABLES_LETTERS_MAX = 9 };
    const struct name_token *first = join.first, *second = join.last;
    size_t one = first->readings[0].len, two = second->readings[0].len;
    bool is_syllables = one <= SYLLABLE_LETTERS_MAX && two <= SYLLABLE_LETTERS_MAX &&
                        one + two <= SYLLABLES_LETTERS_MAX;
    bool is_custom = first->role == NAME_PARTICLE || second->is_glued || is_syllables ||
                     join.middle || lexicon_is_head(first->readings[0]) || is_second(second);
    return is_custom ? JOIN_CUSTOM_COST : JOIN_COST;
}

/* Vowels between the two are the writer's choice, and in other scripts not written. */
float name_join_limit(struct join join)
{
    return is_second(join.last) ? 5.f : 3.f;
}

static void text_add(char *letters, size_t *len, str text)
{
    if (text.len)
        memcpy(letters + *len, text.ptr, text.len);
    *len += text.len;
}

size_t join_readings(struct join join, char letters[JOIN_READINGS][3 * NAME_WORD_MAX],
                     str ret[JOIN_READINGS])
{
    static const char sun[] = "tdrzsn";
    bool is_head = lexicon_is_head(join.first->readings[0]);
    str last = join.last->readings[is_head && article_letters(join.last) < 0];
    size_t len = 0;
    text_add(letters[0], &len, join.first->readings[0]);
    if (join.middle)
        text_add(letters[0], &len, join.middle->readings[0]);
    size_t at = len; /* an article, or a head that has it, ends here */
    bool is_article_end = join.middle ? is_article(join.middle) : is_head;
    text_add(letters[0], &len, last);
    ret[0] = str_of(letters[0], len);
    if (!is_article_end || letters[0][at - 1] != 'l' || !memchr(sun, last.ptr[0], sizeof sun - 1))
        return 1;
    memcpy(letters[1], letters[0], len);
    letters[1][at - 1] = last.ptr[0];
    ret[1] = str_of(letters[1], len);
    return 2;
}
