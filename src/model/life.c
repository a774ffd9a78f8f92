/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a `life:` block. States come first, because moves and clocks name them; a name that is
 * not there is a problem at its place in the file, and so are states nobody can reach and states
 * that lead nowhere, which no single line shows. What is read is a few small tables that never
 * change: states are numbered, sets of them are bits.
 */
#include "model/life.h"

#include "model/internal.h"

struct life_reader {
    struct definition_reader *reader;
    struct life *life;
    struct life_state *states;
    struct life_move *moves;
    struct life_clock *clocks;
};

/* ---- words ---- */

static const char *const party_words[] = {
    [PARTY_ASKER] = "asker", [PARTY_OWNER] = "owner", [PARTY_HUB] = "hub", [PARTY_NODE] = "node"};
static const char *const step_words[] = {[STEP_ASK_AGAIN] = "ask-again",
                                         [STEP_DEPUTY] = "deputy",
                                         [STEP_HEAD] = "head",
                                         [STEP_HUB] = "hub"};
static const char *const cause_words[] = {[CAUSE_EMERGENCY] = "emergency",
                                          [CAUSE_REVIEW] = "review",
                                          [CAUSE_HIT] = "hit",
                                          [CAUSE_CREDENTIAL] = "credential"};
static const char *const answer_words[] = {[ANSWER_NONE] = "",
                                           [ANSWER_CONFIRMED] = "confirmed",
                                           [ANSWER_NOT_CONFIRMED] = "not-confirmed",
                                           [ANSWER_REFUSED] = "refused"};

static const char *const right_words[] = {[RIGHT_TO_ACCESS] = "access",
                                          [RIGHT_TO_CORRECTION] = "correction",
                                          [RIGHT_TO_DELETION] = "deletion"};
static const char *const effect_words[] = {
    [DOES_NOTHING] = "",        [DOES_ASSIGN] = "assign",     [DOES_BLOCK] = "block",
    [DOES_RELEASE] = "release", [DOES_DISCLOSE] = "disclose", [DOES_DELETE] = "delete",
    [DOES_CORRECT] = "correct"};

const char *party_word(enum party party)
{
    return party_words[party];
}

const char *life_step_word(enum life_step step)
{
    return step_words[step];
}

const char *life_cause_word(enum life_cause cause)
{
    return cause_words[cause];
}

bool life_has_answers(const struct life *life)
{
    for (size_t i = 0; i < life->state_count; i++)
        if (life->states[i].answer != ANSWER_NONE)
            return true;
    return false;
}

const char *life_answer_word(enum life_answer answer)
{
    return answer_words[answer];
}

const char *life_right_word(enum life_right right)
{
    return right_words[right];
}

const char *life_effect_word(enum life_effect effect)
{
    return effect_words[effect];
}

static int find_word(str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (word.len && str_eq_c(word, words[i]))
            return (int)i;
    return -1;
}

bool life_step_parse(str word, enum life_step *ret)
{
    int found = find_word(word, step_words, COUNT_OF(step_words));
    if (found >= 0)
        *ret = (enum life_step)found;
    return found >= 0;
}

bool life_period(str text, int64_t *ret_us)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"min", 60}, {"s", 1}, {"h", 3600}, {"d", 86400}};
    uint64_t number = 0;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        str unit = str_c(units[i].unit);
        if (!str_ends(text, unit))
            continue;
        if (!str_to_u64(str_slice(text, 0, text.len - unit.len), 100000, &number) || number == 0)
            return false;
        *ret_us = (int64_t)number * units[i].seconds * 1000000;
        return true;
    }
    return false;
}

/* ---- asking it ---- */

uint8_t life_state_find(const struct life *life, str name)
{
    for (size_t i = 0; i < life->state_count; i++)
        if (str_eq(life->states[i].name, name))
            return (uint8_t)i;
    return LIFE_NONE;
}

static int64_t profile_period(const struct life *life, const struct code *profile, str column)
{
    int64_t period = 0;
    if (profile && life_period(code_extra(life->profiles, profile, column), &period))
        return period;
    return 0;
}

int64_t life_profile_us(const struct life *life, const struct code *profile)
{
    return profile_period(life, profile, S("after"));
}

int64_t life_alarm_us(const struct life *life, const struct code *profile)
{
    return profile_period(life, profile, S("alarm"));
}

bool life_is_false(const struct life *life, const struct record *record)
{
    return life->is_false && rule_condition_holds(life->is_false, record, day_number(day_today()));
}

bool life_is_achieved(const struct life *life, const struct record *record, uint32_t passed)
{
    const struct life_achieved *achieved = life->achieved;
    if (!achieved || (achieved->after && !(achieved->after & passed)))
        return false;
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = record->values[i].field;
        const struct code *code =
            field == achieved->field ? code_get(field->list, record->values[i].value.norm) : NULL;
        if (code && str_eq(code_extra(field->list, code, achieved->column), S("yes")))
            return true;
    }
    return false;
}

bool life_is_withheld(const struct life *life, const struct record *record)
{
    const struct rule *rule = life->request ? life->request->withheld : NULL;
    return rule && rule_condition_holds(rule, record, day_number(day_today()));
}

/* ---- names of states and fields ---- */

static const struct node *first_of(const struct node *node)
{
    return node && node->kind == NODE_LIST ? node->first : node;
}

static const struct node *next_of(const struct node *list, const struct node *item)
{
    return list->kind == NODE_LIST ? item->next : NULL;
}

/* One name or a list of names, as bits. */
static uint32_t read_states(struct life_reader *life, const struct node *node)
{
    uint32_t bits = 0;
    for (const struct node *item = first_of(node); item; item = next_of(node, item)) {
        uint8_t state = life_state_find(life->life, node_as_text(item));
        if (state == LIFE_NONE)
            reader_problem(life->reader, ERR_UNKNOWN, item, node_as_text(item),
                           "is not a state of this life");
        else
            bits |= (uint32_t)1 << state;
    }
    return bits;
}

static const struct field *const *read_fields(struct life_reader *life, const struct node *node,
                                              size_t *ret_count)
{
    const struct field **fields =
        arena_array(life->reader->arena, const struct field *, LIFE_FIELDS_MAX);
    for (const struct node *item = first_of(node); fields && item; item = next_of(node, item)) {
        const struct field *field = definition_field(life->reader->definition, node_as_text(item));
        if (!field || field->parent)
            reader_problem(life->reader, ERR_UNKNOWN, item, node_as_text(item),
                           "is not a field of this definition, or one within a group");
        else if (*ret_count == LIFE_FIELDS_MAX)
            reader_problem(life->reader, ERR_LIMIT, item, item->key, "more than 32 fields");
        else
            fields[(*ret_count)++] = field;
    }
    return fields;
}

/* ---- states ---- */

static void read_state(struct life_reader *life, const struct node *node)
{
    static const char *const keys[] = {"title", "answer", "end"};
    struct definition_reader *reader = life->reader;
    if (life->life->state_count == LIFE_STATE_MAX || !name_is_plain(node->key)) {
        reader_problem(reader, ERR_LIMIT, node, node->key,
                       "a life has at most 32 states, with names of small letters and dashes");
        return;
    }
    struct life_state *state = &life->states[life->life->state_count++];
    *state = (struct life_state){.name = node->key, .clock = LIFE_NONE};
    if (node->kind != NODE_NULL)
        reader_known_keys(reader, node, keys, COUNT_OF(keys));
    reader_titles(reader, node_get(node, S("title")), state->title);
    if (state->title[LANGUAGE_EN].len == 0)
        state->title[LANGUAGE_EN] = state->name;
    state->is_end = reader_flag(reader, node, S("end"));
    const struct node *answer = node_get(node, S("answer"));
    int found = find_word(node_as_text(answer), answer_words, COUNT_OF(answer_words));
    if (answer && found < 0)
        reader_problem(reader, ERR_UNKNOWN, answer, S("answer"),
                       "must be one of confirmed not-confirmed refused");
    state->answer = found > 0 ? (enum life_answer)found : ANSWER_NONE;
}

static void read_all_states(struct life_reader *life, const struct node *map)
{
    life->states = arena_array(life->reader->arena, struct life_state, LIFE_STATE_MAX);
    life->life->states = life->states;
    if (!life->states || !map || map->kind != NODE_MAP || map->count == 0) {
        reader_problem(life->reader, ERR_MISSING, map, S("states"),
                       "a life has `states:`, a map from name to title, answer, end");
        return;
    }
    node_each(child, map) read_state(life, child);
}

/* ---- who ---- */

static bool role_is_known(const struct catalog *catalog, str role)
{
    const struct code_list *list = codes_list(catalog->codes, S("audiences"));
    return list && code_get(list, role);
}

static void read_roles(struct life_reader *life, const struct node *node, struct life_who *ret)
{
    size_t count = node->kind == NODE_LIST ? node->count : 1;
    ret->may = true;
    if (str_eq(node_as_text(node), S("all")))
        return;
    str *roles = arena_array(life->reader->arena, str, count);
    for (const struct node *item = first_of(node); roles && item; item = next_of(node, item)) {
        if (!role_is_known(life->reader->catalog, node_as_text(item)))
            reader_problem(life->reader, ERR_UNKNOWN, item, node_as_text(item),
                           "is not a role of codes/audiences.csv, nor `all`");
        roles[ret->role_count++] = node_as_text(item);
    }
    ret->roles = roles;
}

static int read_party(struct life_reader *life, const struct node *node, str word)
{
    int party = find_word(word, party_words, COUNT_OF(party_words));
    if (party < 0)
        reader_problem(life->reader, ERR_UNKNOWN, node, word,
                       "must be one of asker owner hub node");
    return party;
}

/* `who: asker`, `who: [asker, owner]`, `who: {owner: [investigator], asker: all}`. */
static void read_who(struct life_reader *life, const struct node *move, struct life_who *ret)
{
    const struct node *who = node_get(move, S("who"));
    if (!who)
        reader_problem(life->reader, ERR_MISSING, move, S("who"), "a move says who may make it");
    bool is_map = who && who->kind == NODE_MAP;
    for (const struct node *item = is_map ? who->first : first_of(who); item;
         item = is_map ? item->next : next_of(who, item)) {
        int party = read_party(life, item, is_map ? item->key : node_as_text(item));
        if (party < 0)
            continue;
        if (is_map)
            read_roles(life, item, &ret[party]);
        else
            ret[party].may = true;
    }
}

static void read_tells(struct life_reader *life, const struct node *move, bool *ret)
{
    const struct node *tells = node_get(move, S("tells"));
    for (const struct node *item = first_of(tells); item; item = next_of(tells, item)) {
        int party = read_party(life, item, node_as_text(item));
        if (party >= 0)
            ret[party] = true;
    }
}

/* ---- moves ---- */

static void read_set(struct life_reader *life, const struct node *node, struct life_set *ret)
{
    static const char *const kinds[] = {"", "now", "officer", "unit"};
    struct definition_reader *reader = life->reader;
    int kind = find_word(node_as_text(node), kinds, COUNT_OF(kinds));
    *ret = (struct life_set){.field = definition_field(reader->definition, node->key),
                             .kind = kind > 0 ? (enum life_set_kind)kind : SET_TEXT,
                             .text = node_as_text(node)};
    if (str_starts(ret->text, S("source."))) { /* of what raised the ticket */
        ret->kind = SET_SOURCE;
        ret->text = str_from(ret->text, 7);
    }
    if (!ret->field || !ret->field->type || ret->field->parent || ret->field->is_list) {
        reader_problem(reader, ERR_UNKNOWN, node, node->key,
                       "is not a field with one value of this definition");
        ret->field = NULL;
    } else if (ret->kind == SET_TEXT) {
        struct type_context context = catalog_context(reader->catalog, ret->field);
        struct value value;
        if (ret->field->type->parse(&context, node, reader->arena, &value) != OK)
            problem_from_err(reader->problems, reader->definition->file, node, node->key);
    }
}

static void read_sets(struct life_reader *life, const struct node *sets, struct life_move *move)
{
    if (!sets)
        return;
    struct life_set *list = arena_array(life->reader->arena, struct life_set, sets->count);
    if (!list || sets->kind != NODE_MAP) {
        reader_problem(life->reader, ERR_SYNTAX, sets, S("sets"),
                       "must be a map from field to value, now, officer or unit");
        return;
    }
    node_each(child, sets)
    {
        read_set(life, child, &list[move->set_count]);
        if (list[move->set_count].field)
            move->set_count++;
    }
    move->sets = list;
}

/* `does:`, `apart:`: what it does beside, and by whom it must not be made. */
static void read_effect(struct life_reader *life, const struct node *node, struct life_move *move)
{
    const struct node *does = node_get(node, S("does"));
    const struct node *apart = node_get(node, S("apart"));
    int effect = find_word(node_as_text(does), effect_words, COUNT_OF(effect_words));
    move->apart = apart ? life_state_find(life->life, node_as_text(apart)) : LIFE_NONE;
    if (does && effect < 0)
        reader_problem(life->reader, ERR_UNKNOWN, does, S("does"),
                       "must be one of assign block release disclose delete correct");
    if (apart && move->apart == LIFE_NONE)
        reader_problem(life->reader, ERR_UNKNOWN, apart, S("apart"), "is not a state of this life");
    if (does && move->is_four_eyes)
        reader_problem(life->reader, ERR_CONFLICT, does, S("does"),
                       "a move with `does:` has `apart:` in place of `four_eyes:`");
    move->effect = effect > 0 ? (enum life_effect)effect : DOES_NOTHING;
    if (move->apart != LIFE_NONE)
        life->life->apart |= (uint32_t)1 << move->apart;
}

static void read_move(struct life_reader *life, const struct node *node, bool is_first)
{
    static const char *const keys[] = {"from",      "to",        "title", "who",
                                       "requires",  "takes",     "sets",  "tells",
                                       "four_eyes", "clearance", "does",  "apart"};
    struct definition_reader *reader = life->reader;
    struct life_move *move = &life->moves[life->life->move_count++];
    const struct node *from = node_get(node, S("from"));
    const struct node *to = node_get(node, S("to"));
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    if (from)
        move->from = read_states(life, from);
    if (!from != is_first)
        reader_problem(reader, ERR_MISSING, node, S("from"),
                       "the first move opens and has no `from:`; all others have one");
    move->to = life_state_find(life->life, node_as_text(to));
    if (move->to == LIFE_NONE)
        reader_problem(reader, ERR_UNKNOWN, to ? to : node, S("to"), "\"%.*s\" is not a state",
                       STR(node_as_text(to)));
    reader_titles(reader, node_get(node, S("title")), move->title);
    read_who(life, node, move->who);
    move->requires = read_fields(life, node_get(node, S("requires")), &move->require_count);
    move->takes = read_fields(life, node_get(node, S("takes")), &move->take_count);
    read_sets(life, node_get(node, S("sets")), move);
    read_tells(life, node, move->tells);
    move->is_four_eyes = reader_flag(reader, node, S("four_eyes"));
    move->is_clearance = reader_flag(reader, node, S("clearance"));
    if (move->is_four_eyes && (move->who[PARTY_NODE].may || !from))
        reader_problem(reader, ERR_SYNTAX, node, S("four_eyes"),
                       "two officers make a move; the opening and the node's own have one");
    read_effect(life, node, move);
}

static void read_all_moves(struct life_reader *life, const struct node *list)
{
    life->moves = arena_array(life->reader->arena, struct life_move, LIFE_MOVE_MAX);
    life->life->moves = life->moves;
    if (!life->moves || !list || list->kind != NODE_LIST || list->count == 0 ||
        list->count > LIFE_MOVE_MAX) {
        reader_problem(life->reader, ERR_MISSING, list, S("moves"),
                       "a life has `moves:`, a list of at most 64, of which the first opens");
        return;
    }
    node_each(item, list) read_move(life, item, item == list->first);
}

/* ---- clocks ---- */

static const struct code *find_profile(struct life_reader *life, const struct node *node)
{
    const struct code_list *list = life->life->profiles;
    const struct code *profile = node && list ? code_get(list, node_as_text(node)) : NULL;
    if (node && (!profile || life_profile_us(life->life, profile) == 0))
        reader_problem(life->reader, ERR_UNKNOWN, node, node_as_text(node),
                       "is not a code of codes/clocks.csv with a period in `after`");
    return profile;
}

static void read_profile(struct life_reader *life, const struct node *node,
                         struct life_clock *clock)
{
    struct definition_reader *reader = life->reader;
    const struct node *profile = node_get(node, S("profile"));
    const struct node *field = node_get(node, S("profile_of"));
    const struct code_list *list = life->life->profiles;
    if (!profile == !field)
        reader_problem(reader, ERR_MISSING, node, S("profile"),
                       "a clock has `profile:`, a code of codes/clocks.csv, or `profile_of:`, the "
                       "field that holds one");
    clock->again = find_profile(life, node_get(node, S("again")));
    if (profile) {
        clock->profile = find_profile(life, profile);
    } else if (field) {
        clock->profile_field = definition_field(reader->definition, node_as_text(field));
        if (!clock->profile_field || clock->profile_field->list != list)
            reader_problem(reader, ERR_UNKNOWN, field, node_as_text(field),
                           "is not a field of this definition with codes of codes/clocks.csv");
    }
}

static void read_steps(struct life_reader *life, const struct node *node, struct life_clock *clock)
{
    const struct node *then = node_get(node, S("then"));
    for (const struct node *item = first_of(then); item; item = next_of(then, item)) {
        enum life_step step = STEP_ASK_AGAIN;
        if (clock->step_count == LIFE_STEP_MAX || !life_step_parse(node_as_text(item), &step))
            reader_problem(life->reader, ERR_UNKNOWN, item, node_as_text(item),
                           "must be one of ask-again deputy head hub, at most 8 of them");
        else
            clock->steps[clock->step_count++] = step;
    }
    if (!then)
        reader_problem(life->reader, ERR_MISSING, node, S("then"),
                       "a clock says what is done when it runs out");
}

/* A state has one clock: nobody can keep two deadlines for one thing to do. */
static void bind_states(struct life_reader *life, const struct node *node, uint8_t number)
{
    const struct node *alarm = node_get(node, S("alarm"));
    uint32_t sounds = alarm ? read_states(life, alarm) : 0;
    for (size_t i = 0; i < life->life->state_count; i++) {
        struct life_state *state = &life->states[i];
        if (sounds >> i & 1)
            state->is_alarm = true;
        if (!(life->clocks[number].in >> i & 1))
            continue;
        if (state->clock != LIFE_NONE)
            reader_problem(life->reader, ERR_CONFLICT, node, state->name,
                           "two clocks run in this state");
        if (state->is_end)
            reader_problem(life->reader, ERR_CONFLICT, node, state->name,
                           "a clock runs in a state that ends the life");
        state->clock = number;
    }
    if (sounds & ~life->clocks[number].in)
        reader_problem(life->reader, ERR_CONFLICT, alarm, S("alarm"),
                       "an alarm sounds in states in which the clock runs");
}

static void read_clock(struct life_reader *life, const struct node *node)
{
    static const char *const keys[] = {"title", "in",   "profile", "profile_of",
                                       "for",   "then", "alarm",   "again"};
    uint8_t number = (uint8_t)life->life->clock_count++;
    struct life_clock *clock = &life->clocks[number];
    const struct node *side = node_get(node, S("for"));
    reader_known_keys(life->reader, node, keys, COUNT_OF(keys));
    clock->name = node->key;
    reader_titles(life->reader, node_get(node, S("title")), clock->title);
    if (clock->title[LANGUAGE_EN].len == 0)
        clock->title[LANGUAGE_EN] = clock->name;
    clock->in = read_states(life, node_get(node, S("in")));
    if (!node_get(node, S("in")))
        reader_problem(life->reader, ERR_MISSING, node, S("in"), "a clock runs in some state");
    int party = read_party(life, side ? side : node, node_as_text(side));
    clock->side = party >= 0 ? (enum party)party : PARTY_OWNER;
    read_profile(life, node, clock);
    read_steps(life, node, clock);
    bind_states(life, node, number);
}

static void read_all_clocks(struct life_reader *life, const struct node *map)
{
    life->clocks = arena_array(life->reader->arena, struct life_clock, LIFE_CLOCK_MAX);
    life->life->clocks = life->clocks;
    if (!map)
        return;
    if (!life->clocks || map->kind != NODE_MAP || map->count > LIFE_CLOCK_MAX) {
        reader_problem(life->reader, ERR_SYNTAX, map, S("clocks"),
                       "must be a map of at most 8 clocks by name");
        return;
    }
    node_each(child, map) read_clock(life, child);
}

static void read_limit(struct life_reader *life, const struct node *node)
{
    static const char *const keys[] = {"title", "since", "codes", "for", "met", "say"};
    struct definition_reader *reader = life->reader;
    struct life_limit *limit = node ? arena_new(reader->arena, struct life_limit) : NULL;
    if (!limit)
        return;
    const struct node *since = node_get(node, S("since"));
    const struct node *codes = node_get(node, S("codes"));
    const struct node *side = node_get(node, S("for"));
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    reader_titles(reader, node_get(node, S("title")), limit->title);
    reader_titles(reader, node_get(node, S("say")), limit->say);
    limit->since = definition_field(reader->definition, node_as_text(since));
    if (!limit->since || !limit->since->type || !str_eq_c(S("moment"), limit->since->type->name))
        reader_problem(reader, ERR_UNKNOWN, since ? since : node, S("since"),
                       "must be a field of type moment");
    limit->list = codes_list(reader->catalog->codes, node_as_text(codes));
    if (!limit->list)
        reader_problem(reader, ERR_UNKNOWN, codes ? codes : node, S("codes"),
                       "there is no such code list in codes/");
    int party = read_party(life, side ? side : node, node_as_text(side));
    limit->side = party >= 0 ? (enum party)party : PARTY_ASKER;
    limit->met = read_states(life, node_get(node, S("met")));
    life->life->limit = limit;
}

static bool has_column(const struct code_list *list, str column)
{
    for (size_t i = 0; i < list->column_count; i++)
        if (str_eq(list->columns[i], column))
            return true;
    return false;
}

/* `achieved: {field: outcome, column: achieved, after: confirmed}` */
static void read_achieved(struct life_reader *life, const struct node *node)
{
    static const char *const keys[] = {"field", "column", "after"};
    struct definition_reader *reader = life->reader;
    struct life_achieved *achieved = node ? arena_new(reader->arena, struct life_achieved) : NULL;
    if (!achieved)
        return;
    const struct node *field = node_get(node, S("field"));
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    achieved->field = definition_field(reader->definition, node_as_text(field));
    achieved->column = node_get_text(node, S("column"));
    achieved->after = read_states(life, node_get(node, S("after")));
    if (!achieved->field || !achieved->field->list)
        reader_problem(reader, ERR_UNKNOWN, field ? field : node, S("field"),
                       "must be a field of type code");
    else if (!has_column(achieved->field->list, achieved->column))
        reader_problem(reader, ERR_UNKNOWN, node, S("column"),
                       "\"%.*s\" is no column of that field's codes", STR(achieved->column));
    life->life->achieved = achieved;
}

/* ---- requests of persons ---- */

static const struct field *request_field(struct life_reader *life, const struct node *node,
                                         const char *key)
{
    const struct node *name = node_get(node, str_c(key));
    const struct field *field = definition_field(life->reader->definition, node_as_text(name));
    if (name && (!field || !field->type || field->parent))
        reader_problem(life->reader, ERR_UNKNOWN, name, str_c(key),
                       "must name a field with values, not in a group");
    return name ? field : NULL;
}

static void read_request(struct life_reader *life, const struct node *node)
{
    static const char *const keys[] = {"right",    "about",    "some",   "proposal",
                                       "left_out", "withheld", "because"};
    struct definition_reader *reader = life->reader;
    struct life_request *request = node ? arena_new(reader->arena, struct life_request) : NULL;
    if (!request)
        return;
    const struct node *withheld = node_get(node, S("withheld"));
    int right = find_word(node_get_text(node, S("right")), right_words, COUNT_OF(right_words));
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    if (right < 0)
        reader_problem(reader, ERR_UNKNOWN, node, S("right"),
                       "must be one of access correction deletion");
    request->right = right > 0 ? (enum life_right)right : RIGHT_TO_ACCESS;
    request->about = request_field(life, node, "about");
    request->some = request_field(life, node, "some");
    request->proposal = request_field(life, node, "proposal");
    request->left_out = request_field(life, node, "left_out");
    request->because = read_fields(life, node_get(node, S("because")), &request->because_count);
    if (!request->about || !request->about->is_list)
        reader_problem(reader, ERR_MISSING, node, S("about"),
                       "a request has `about:`, the field that lists the records");
    if (withheld)
        request->withheld = rule_read_condition(reader, withheld);
    life->life->request = request;
}

/* ---- opened by the node itself ---- */

/* `raised: {by: emergency, over: reviewed}` */
static void read_raised(struct life_reader *life, const struct node *node)
{
    static const char *const keys[] = {"by", "over"};
    struct definition_reader *reader = life->reader;
    struct life_raised *raised = node ? arena_new(reader->arena, struct life_raised) : NULL;
    if (!raised)
        return;
    const struct node *over = node_get(node, S("over"));
    int by = find_word(node_get_text(node, S("by")), cause_words, COUNT_OF(cause_words));
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    if (by < 0)
        reader_problem(reader, ERR_UNKNOWN, node, S("by"), "must be one of emergency review hit");
    raised->by = by > 0 ? (enum life_cause)by : CAUSE_EMERGENCY;
    raised->over = over ? life_state_find(life->life, node_as_text(over)) : LIFE_NONE;
    if (over && (raised->over == LIFE_NONE || !life->states[raised->over].is_end))
        reader_problem(reader, ERR_UNKNOWN, over, S("over"), "must be a state with `end: yes`");
    if (life->life->move_count && !life->moves[0].who[PARTY_NODE].may)
        reader_problem(reader, ERR_CONFLICT, node, S("raised"),
                       "what is raised is opened by the node: `who: node` in the first move");
    life->life->raised = raised;
}

/* ---- what no single line shows ---- */

static uint32_t reached_from(const struct life *life, uint32_t reached, bool is_backward,
                             bool is_node_only)
{
    for (uint32_t before = 0; before != reached;) {
        before = reached;
        for (size_t i = 0; i < life->move_count; i++) {
            const struct life_move *move = &life->moves[i];
            if (move->to == LIFE_NONE || (is_node_only && !move->who[PARTY_NODE].may))
                continue;
            uint32_t to = (uint32_t)1 << move->to;
            if (is_backward && reached & to)
                reached |= move->from;
            else if (!is_backward && reached & move->from)
                reached |= to;
        }
    }
    return reached;
}

/* The node makes its moves at once: in a circle it would never stop. */
static bool is_circle(const struct life *life, size_t state)
{
    uint32_t next = 0;
    for (size_t i = 0; i < life->move_count; i++)
        if (life->moves[i].from >> state & 1 && life->moves[i].who[PARTY_NODE].may &&
            life->moves[i].to != LIFE_NONE)
            next |= (uint32_t)1 << life->moves[i].to;
    return next && reached_from(life, next, false, true) >> state & 1;
}

static void check_ways(struct life_reader *life, const struct node *states)
{
    const struct life *read = life->life;
    uint32_t ends = 0;
    if (read->move_count == 0 || read->moves[0].to == LIFE_NONE)
        return;
    for (size_t i = 0; i < read->state_count; i++)
        ends |= read->states[i].is_end ? (uint32_t)1 << i : 0;
    uint32_t reached = reached_from(read, (uint32_t)1 << read->moves[0].to, false, false);
    uint32_t ending = reached_from(read, ends, true, false);
    size_t i = 0;
    for (const struct node *child = states->first; child && i < read->state_count;
         child = child->next, i++) {
        if (!(reached >> i & 1))
            reader_problem(life->reader, ERR_CONFLICT, child, child->key,
                           "no move leads to this state");
        if (!(ending >> i & 1))
            reader_problem(life->reader, ERR_CONFLICT, child, child->key,
                           "no way leads from this state to one with `end: yes`");
        if (is_circle(read, i))
            reader_problem(life->reader, ERR_CONFLICT, child, child->key,
                           "the node's own moves lead from this state back to it");
    }
}

void definition_read_life(struct definition_reader *reader, const struct node *node)
{
    static const char *const keys[] = {"states",   "moves",    "clocks",  "limit",
                                       "is_false", "achieved", "request", "raised"};
    struct life *life = node ? arena_new(reader->arena, struct life) : NULL;
    struct definition *definition = reader->definition;
    if (!node && definition_is_ticket(definition))
        reader_problem(reader, ERR_MISSING, definition->source, S("life"),
                       "a ticket has a `life:`: its states, moves and clocks");
    if (!life)
        return;
    struct life_reader reading = {.reader = reader, .life = life};
    const struct node *states = node_get(node, S("states"));
    const struct node *is_false = node_get(node, S("is_false"));
    reader_known_keys(reader, node, keys, COUNT_OF(keys));
    life->profiles = codes_list(reader->catalog->codes, S("clocks"));
    read_all_states(&reading, states);
    read_all_moves(&reading, node_get(node, S("moves")));
    read_all_clocks(&reading, node_get(node, S("clocks")));
    read_limit(&reading, node_get(node, S("limit")));
    if (is_false)
        life->is_false = rule_read_condition(reader, is_false);
    read_achieved(&reading, node_get(node, S("achieved")));
    read_request(&reading, node_get(node, S("request")));
    read_raised(&reading, node_get(node, S("raised")));
    if (life->state_count)
        check_ways(&reading, states);
    definition->life = life;
}

/* ---- in words ---- */

static void describe_states(const struct life *life, uint32_t bits, struct buf *out)
{
    bool is_first = true;
    for (size_t i = 0; i < life->state_count; i++)
        if (bits >> i & 1) {
            buf_printf(out, "%s`%.*s`", is_first ? "" : ", ", STR(life->states[i].name));
            is_first = false;
        }
}

static void describe_who(const struct life_who *who, struct buf *out)
{
    bool is_first = true;
    for (size_t i = 0; i < PARTY_COUNT; i++) {
        if (!who[i].may)
            continue;
        buf_printf(out, "%s%s", is_first ? "" : "; ", party_words[i]);
        for (size_t k = 0; k < who[i].role_count; k++)
            buf_printf(out, "%s%.*s", k ? ", " : ": ", STR(who[i].roles[k]));
        is_first = false;
    }
}

static void describe_fields(const struct life_move *move, struct buf *out)
{
    for (size_t i = 0; i < move->require_count; i++)
        buf_printf(out, "%s`%.*s`", i ? ", " : "", STR(move->requires[i] -> name));
    for (size_t i = 0; i < move->take_count; i++)
        buf_printf(out, "%s(`%.*s`)", i || move->require_count ? ", " : "",
                   STR(move->takes[i]->name));
}

void life_describe(const struct life *life, struct buf *out)
{
    buf_add(out, S("## Life\n\n| from | to | who | with (if known) |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < life->move_count; i++) {
        const struct life_move *move = &life->moves[i];
        buf_add(out, S("| "));
        describe_states(life, move->from, out);
        buf_printf(out, " | `%.*s`%s | ", STR(life->states[move->to].name),
                   move->is_four_eyes ? ", two officers" : "");
        describe_who(move->who, out);
        if (move->apart != LIFE_NONE)
            buf_printf(out, "; not who led to `%.*s`", STR(life->states[move->apart].name));
        if (move->effect)
            buf_printf(out, " (does: %s)", effect_words[move->effect]);
        buf_add(out, S(" | "));
        describe_fields(move, out);
        buf_add(out, S(" |\n"));
    }
    buf_add_char(out, '\n');
    for (size_t i = 0; i < life->clock_count; i++) {
        const struct life_clock *clock = &life->clocks[i];
        buf_printf(out, "- clock of the %s, `%.*s`, in ", party_words[clock->side],
                   STR(clock->name));
        describe_states(life, clock->in, out);
        if (clock->profile)
            buf_printf(out, ": %.*s", STR(code_name(clock->profile, LANGUAGE_EN)));
        else
            buf_printf(out, ": as `%.*s` says", STR(clock->profile_field->name));
        for (size_t k = 0; k < clock->step_count; k++)
            buf_printf(out, "%s%s",
                       k ? ", " : "; each time it runs out: ", step_words[clock->steps[k]]);
        buf_add_char(out, '\n');
    }
    buf_add_char(out, '\n');
}
