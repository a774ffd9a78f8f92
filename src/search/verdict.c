/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one word at the top of an answer, the result of each database, and what to do next. In this
 * order:
 *
 *   MATCH, POSSIBLE     something was found, whatever else could not be asked
 *   NO ANSWER           nothing was found, but a database did not answer: not the same as nothing
 *   READ AGAIN          nothing was found, and what was read cannot be right: a check digit fails,
 *   a line is missing
 *   NOTHING FOUND       all databases answered, and what was read proves itself or has nothing to
 *   prove
 */
#include <stdio.h>

#include "base/said.h"

#include "search/internal.h"
#include "type/mrz.h"

extern const struct type type_mrz;

const char *verdict_word(enum verdict verdict)
{
    static const char *const words[] = {"nothing-found", "match", "possible", "read-again",
                                        "no-answer"};
    return words[verdict];
}

const char *database_result_word(enum database_result result)
{
    static const char *const words[] = {"no-hit", "hit", "too-many", "no-answer"};
    return words[result];
}

/* ---- results per database ---- */

void mark_no_answer(struct search *search, const struct definition *definition, enum err code)
{
    struct buf reason = {.max = 1024};
    if (code == ERR_DAMAGED && !definition)
        buf_add(&reason, S("the index is damaged and is being rebuilt"));
    else
        said_error(err_last(), &reason);
    str text = arena_str(search->plan->arena, buf_str(&reason));
    buf_release(&reason);
    for (size_t i = 0; i < search->plan->databases->count; i++) {
        struct database_answer *database = &search->databases[i];
        if (definition && database->definition != definition)
            continue;
        database->result = RESULT_NO_ANSWER;
        database->reason = text;
    }
    err_clear();
}

/* What a database has that was not asked: those would narrow the search. */
static void name_narrowing(const struct search *search, const struct definition *definition,
                           struct buf *out)
{
    const struct search_plan *plan = search->plan;
    size_t said = 0;
    for (size_t i = 0; i < definition->all_count && said < 3; i++) {
        const struct field *field = definition->all[i];
        bool is_asked = false;
        for (size_t k = 0; k < plan->set_count; k++)
            for (size_t v = 0; v < plan->sets[k].count; v++)
                is_asked |= plan->sets[k].values[v].query.meaning == field->meaning_number;
        bool is_narrow =
            field->meaning_number && field->type &&
            (field == definition->order_by || (!field->type->is_key && !field->type->is_fuzzy));
        if (is_asked || !is_narrow ||
            policy_field_access(plan->engine->catalog, plan->actor, definition, field) !=
                FIELD_OPEN)
            continue;
        const struct code_list *meanings = codes_list(plan->engine->catalog->codes, S("meanings"));
        const struct code *code = meanings ? code_get(meanings, field->meaning) : NULL;
        str title = code ? code_name(code, LANGUAGE_EN) : field->meaning;
        char room[SAID_TITLE_MAX];
        if (said++)
            buf_add_char(out, SAID_NEXT);
        buf_add(out, str_c(said_code("meanings", field->meaning, title, room)));
    }
}

void mark_too_many(struct search *search, unsigned definition)
{
    struct buf reason = {.max = 1024};
    struct buf narrowing = {.max = 512};
    for (size_t i = 0; i < search->plan->databases->count; i++) {
        struct database_answer *database = &search->databases[i];
        if (database->definition->number != definition || database->result == RESULT_NO_ANSWER)
            continue;
        buf_clear(&reason);
        buf_clear(&narrowing);
        name_narrowing(search, database->definition, &narrowing);
        buf_add(&reason, S("more than can be compared; "));
        if (narrowing.len)
            said_add(&reason, "to narrow it, add: %.*s", STR(buf_str(&narrowing)));
        else
            buf_add(&reason, S("add what is known"));
        database->result = RESULT_TOO_MANY;
        database->reason = arena_str(search->plan->arena, buf_str(&reason));
    }
    buf_release(&reason);
    buf_release(&narrowing);
}

/* ---- the verdict ---- */

static bool is_incomplete(const struct value *value)
{
    if (value->type != &type_mrz)
        return false;
    const struct mrz *mrz = mrz_of(value);
    for (unsigned i = 0; i < mrz_layouts[mrz->format].lines; i++)
        if (!mrz->has_line[i])
            return true;
    return false;
}

/*
 * The best reading that is on and cannot be right; NULL when the best one is fine. Typed fields
 * count as well.
 */
static const struct value *doubtful_value(const struct search_plan *plan)
{
    for (size_t i = 0; i < plan->reading_count; i++) {
        const struct value *value = &plan->readings[i].reading.value;
        if (!plan->readings[i].is_on)
            continue;
        if (value->check == CHECK_FAILED || is_incomplete(value))
            return value;
        break;
    }
    for (size_t i = 0; i < plan->set_count; i++)
        for (size_t k = 0; k < plan->sets[i].count; k++)
            if (plan->sets[i].values[k].is_field && !plan->sets[i].reading &&
                plan->sets[i].values[k].query.value.check == CHECK_FAILED)
                return &plan->sets[i].values[k].query.value;
    return NULL;
}

static str advise(const struct search *search, const struct search_answer *answer,
                  const struct value *doubtful)
{
    str garbled = search->plan->garbled_by;
    struct buf out = {.max = 2048};
    if (garbled.len) {
        said_add(&out, "the keyboard may be set to another layout (%.*s); as meant: %.*s",
                 STR(garbled), STR(answer->repaired));
    } else if (doubtful && doubtful->check == CHECK_FAILED) {
        buf_add(&out, doubtful->note.len ? doubtful->note : S("a check digit does not agree"));
        said_begin(&out);
        if (answer->repaired.len)
            said_add(&out, "may be meant: %.*s", STR(answer->repaired));
        else
            buf_add(&out, S("read it again"));
    } else if (doubtful) {
        buf_add(&out, S("a line of the machine-readable zone is missing; read all of it"));
    }
    str advice = arena_str(search->plan->arena, buf_str(&out));
    buf_release(&out);
    return advice;
}

void judge(const struct search *search, struct search_answer *answer)
{
    bool is_unanswered = false, is_cut = false;
    for (size_t i = 0; i < answer->database_count; i++) {
        is_unanswered |= search->databases[i].result == RESULT_NO_ANSWER;
        is_cut |= search->databases[i].result == RESULT_TOO_MANY;
    }
    const struct value *doubtful = doubtful_value(search->plan);
    bool is_garbled = search->plan->garbled_by.len > 0;
    answer->advice = advise(search, answer, doubtful);
    if (answer->verdict == VERDICT_MATCH || answer->verdict == VERDICT_POSSIBLE)
        return;
    if (is_unanswered)
        answer->verdict = VERDICT_NO_ANSWER;
    else if (doubtful || is_garbled)
        answer->verdict = VERDICT_READ_AGAIN;
    else if (is_cut)
        answer->verdict = VERDICT_POSSIBLE; /* too many to tell apart is not nothing */
}
