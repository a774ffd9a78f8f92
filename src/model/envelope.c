/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope: whose record it is, for what it may be used, until when, and how it is to be
 * handled. One row of a table per key, in the order in which it is printed; parsing and printing
 * are two columns of that table, so that what is printed parses back to the same envelope.
 *
 * A key this program does not know is refused: unlike fields, the envelope is the same for every
 * node of a network, and a mistyped `audience` would open a record to everybody.
 */
#include <stdio.h>

#include "model/internal.h"

enum { OWNER_MAX = 16, UNIT_MAX = 64, REF_MAX = 64, TEXT_MAX = 2000, AUDIENCE_MAX = 250 };
enum { EVENT_YEAR_MIN = 1800 };

struct envelope_key {
    const char *name;
    void (*read)(struct checker *checker, const struct envelope_key *key, const struct node *node,
                 struct envelope *ret);
    void (*print)(const struct catalog *catalog, const struct envelope_key *key,
                  const struct envelope *envelope, struct arena *arena, struct node *out);
    size_t place; /* of the member, for keys that are plain text */
    size_t max;
};

static void bad(struct checker *checker, const struct envelope_key *key, const struct node *node,
                enum err code, const char *reason, const char *hint)
{
    char path[64];
    snprintf(path, sizeof path, "envelope.%s", key->name);
    checker_fault(checker, code, path, node_as_text(node), reason, hint);
}

/* ---- plain texts ---- */

static str *text_member(struct envelope *envelope, const struct envelope_key *key)
{
    return (str *)(void *)((char *)envelope + key->place);
}

static void read_text(struct checker *checker, const struct envelope_key *key,
                      const struct node *node, struct envelope *ret)
{
    str text = str_trim(node_as_text(node));
    if (!node_is_scalar(node))
        bad(checker, key, node, ERR_BAD_VALUE, "must be a text", "");
    else if (text.len > key->max)
        bad(checker, key, node, ERR_LIMIT, "the text is too long", "");
    else
        *text_member(ret, key) = text;
}

static void print_text(const struct catalog *catalog, const struct envelope_key *key,
                       const struct envelope *envelope, struct arena *arena, struct node *out)
{
    (void)catalog;
    str text = *(const str *)(const void *)((const char *)envelope + key->place);
    if (text.len)
        node_put_text(arena, out, str_c(key->name), text);
}

/* A country of the list, or a body of the list of bodies where the node has one. */
static bool owner_is_known(const struct catalog *catalog, str owner)
{
    static const char *const lists[] = {"countries", "bodies"};
    bool has_list = false;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct code_list *list = codes_list(catalog->codes, str_c(lists[i]));
        if (list && code_get(list, owner))
            return true;
        has_list = has_list || list;
    }
    return !has_list;
}

static void read_owner(struct checker *checker, const struct envelope_key *key,
                       const struct node *node, struct envelope *ret)
{
    read_text(checker, key, node, ret);
    if (ret->owner.len && checker->faults && !owner_is_known(checker->catalog, ret->owner))
        bad(checker, key, node, ERR_UNKNOWN, "no country or body has this code",
            "three letters as in ISO 3166-1, for example FRA");
}

static void read_handling(struct checker *checker, const struct envelope_key *key,
                          const struct node *node, struct envelope *ret)
{
    read_text(checker, key, node, ret);
    str text = ret->handling;
    bool is_code = text.len >= 2 && text.ptr[0] == 'H' && text.ptr[1] >= '0' && text.ptr[1] <= '3';
    if (text.len && (!is_code || (text.len > 2 && text.ptr[2] != ' ')))
        bad(checker, key, node, ERR_BAD_VALUE, "a handling code is H0, H1, H2 or H3",
            "any words follow after a blank: H3 not before the arrest");
}

/* ---- words and letters ---- */

static const char *const confidentiality_words[] = {
    [CONF_OFFICIAL] = "official-use",
    [CONF_RESTRICTED] = "restricted",
    [CONF_CONFIDENTIAL] = "confidential",
};
static const char *const sensitive_words[] = {"biometric", "victim", "minor", "health"};

static void read_confidentiality(struct checker *checker, const struct envelope_key *key,
                                 const struct node *node, struct envelope *ret)
{
    for (size_t i = 0; i < COUNT_OF(confidentiality_words); i++)
        if (str_eq_c(node_as_text(node), confidentiality_words[i])) {
            ret->confidentiality = (enum confidentiality)i;
            return;
        }
    ret->confidentiality = CONF_CONFIDENTIAL; /* what cannot be read is not opened wider */
    bad(checker, key, node, ERR_BAD_VALUE, "must be official-use, restricted or confidential", "");
}

static void print_confidentiality(const struct catalog *catalog, const struct envelope_key *key,
                                  const struct envelope *envelope, struct arena *arena,
                                  struct node *out)
{
    (void)catalog;
    if (envelope->confidentiality != CONF_OFFICIAL)
        node_put_text(arena, out, str_c(key->name),
                      str_c(confidentiality_words[envelope->confidentiality]));
}

static void read_disclose(struct checker *checker, const struct envelope_key *key,
                          const struct node *node, struct envelope *ret)
{
    for (unsigned i = DISCLOSE_NONE; i <= DISCLOSE_FULL; i++)
        if (str_eq_c(node_as_text(node), disclosure_word((enum disclosure)i))) {
            ret->disclose = (enum disclosure)i;
            return;
        }
    ret->disclose = DISCLOSE_NONE;
    bad(checker, key, node, ERR_BAD_VALUE, "must be none, hit-only, masked or full", "");
}

static void print_disclose(const struct catalog *catalog, const struct envelope_key *key,
                           const struct envelope *envelope, struct arena *arena, struct node *out)
{
    (void)catalog;
    if (envelope->disclose != DISCLOSE_FULL)
        node_put_text(arena, out, str_c(key->name), str_c(disclosure_word(envelope->disclose)));
}

static void read_grade(struct checker *checker, const struct envelope_key *key,
                       const struct node *node, struct envelope *ret)
{
    str text = node_as_text(node);
    bool is_source = key->place == offsetof(struct envelope, source_grade);
    const char *allowed = is_source ? "ABCX" : "1234";
    if (text.len == 1 && text.ptr[0] && strchr(allowed, text.ptr[0]))
        ((char *)ret)[key->place] = text.ptr[0];
    else if (text.len || !node_is_scalar(node))
        bad(checker, key, node, ERR_BAD_VALUE,
            is_source ? "a source is graded A, B, C or X" : "information is graded 1, 2, 3 or 4",
            "");
}

static void print_grade(const struct catalog *catalog, const struct envelope_key *key,
                        const struct envelope *envelope, struct arena *arena, struct node *out)
{
    (void)catalog;
    const char *grade = (const char *)envelope + key->place;
    if (*grade)
        node_put_text(arena, out, str_c(key->name), arena_str(arena, str_of(grade, 1)));
}

static void read_test(struct checker *checker, const struct envelope_key *key,
                      const struct node *node, struct envelope *ret)
{
    ret->is_test = node_as_bool(node, false);
    if (node_as_bool(node, false) != node_as_bool(node, true))
        bad(checker, key, node, ERR_BAD_VALUE, "must be true or false", "");
}

static void print_test(const struct catalog *catalog, const struct envelope_key *key,
                       const struct envelope *envelope, struct arena *arena, struct node *out)
{
    (void)catalog;
    if (envelope->is_test)
        node_put_bool(arena, out, str_c(key->name), envelope->is_test);
}

static void read_notify(struct checker *checker, const struct envelope_key *key,
                        const struct node *node, struct envelope *ret)
{
    ret->is_silent = str_eq(node_as_text(node), S("silent"));
    if (!ret->is_silent)
        bad(checker, key, node, ERR_BAD_VALUE, "must be silent", "");
}

static void print_notify(const struct catalog *catalog, const struct envelope_key *key,
                         const struct envelope *envelope, struct arena *arena, struct node *out)
{
    (void)catalog;
    if (envelope->is_silent)
        node_put_text(arena, out, str_c(key->name), S("silent"));
}

static struct day *day_member(struct envelope *envelope, const struct envelope_key *key)
{
    return (struct day *)(void *)((char *)envelope + key->place);
}

static void read_day(struct checker *checker, const struct envelope_key *key,
                     const struct node *node, struct envelope *ret)
{
    struct day *day = day_member(ret, key);
    if (!day_parse(node_as_text(node), day)) {
        *day = (struct day){0};
        bad(checker, key, node, ERR_BAD_VALUE, "is not a day", "write it as 2031-11-01");
    }
}

static void print_day(const struct catalog *catalog, const struct envelope_key *key,
                      const struct envelope *envelope, struct arena *arena, struct node *out)
{
    (void)catalog;
    char text[16];
    const struct day *day = (const struct day *)(const void *)((const char *)envelope + key->place);
    if (day->month)
        node_put_text(arena, out, str_c(key->name),
                      arena_str(arena, str_c(day_format(*day, text))));
}

/* ---- lists ---- */

/* A single text stands for a list of one. */
static const struct node *first_item(const struct node *node)
{
    return node->kind == NODE_LIST ? node->first : node;
}

static const struct node *next_item(const struct node *list, const struct node *item)
{
    return list->kind == NODE_LIST ? item->next : NULL;
}

/* A declared name cannot stand in brackets. NOLINTBEGIN(bugprone-macro-parentheses) */
#define each_item(item, node) \
    for (const struct node *item = first_item(node); item; item = next_item(node, item))
/* NOLINTEND(bugprone-macro-parentheses) */

static void read_purposes(struct checker *checker, const struct envelope_key *key,
                          const struct node *node, struct envelope *ret)
{
    uint16_t number = 0;
    each_item(item, node)
    {
        if (purpose_find(checker->catalog, node_as_text(item), &number))
            ret->purposes |= (purpose_set)1 << number;
        else
            bad(checker, key, item, ERR_UNKNOWN, "is not a purpose", "see codes/purposes.csv");
    }
}

static void print_purposes(const struct catalog *catalog, const struct envelope_key *key,
                           const struct envelope *envelope, struct arena *arena, struct node *out)
{
    struct node *list = node_list(arena);
    for (unsigned i = 0; i < PURPOSE_MAX; i++)
        if (envelope->purposes >> i & 1)
            node_add(list, node_text(arena, purpose_code(catalog, (uint16_t)i)));
    if (envelope->purposes)
        node_put(out, str_c(key->name), list);
}

static void read_sensitive(struct checker *checker, const struct envelope_key *key,
                           const struct node *node, struct envelope *ret)
{
    each_item(item, node)
    {
        size_t i = 0;
        while (i < COUNT_OF(sensitive_words) && !str_eq_c(node_as_text(item), sensitive_words[i]))
            i++;
        if (i < COUNT_OF(sensitive_words))
            ret->sensitive |= 1u << i;
        else
            bad(checker, key, item, ERR_BAD_VALUE, "must be biometric, victim, minor or health",
                "");
    }
}

static void print_sensitive(const struct catalog *catalog, const struct envelope_key *key,
                            const struct envelope *envelope, struct arena *arena, struct node *out)
{
    (void)catalog;
    struct node *list = node_list(arena);
    for (size_t i = 0; i < COUNT_OF(sensitive_words); i++)
        if (envelope->sensitive >> i & 1)
            node_add(list, node_text(arena, str_c(sensitive_words[i])));
    if (envelope->sensitive)
        node_put(out, str_c(key->name), list);
}

/* The two members of an audience list. */
static void audience_members(struct envelope *envelope, const struct envelope_key *key,
                             const str ***ret_items, size_t **ret_count)
{
    bool is_allow = key->place == offsetof(struct envelope, allow);
    *ret_items = (const str **)(is_allow ? &envelope->allow : &envelope->deny);
    *ret_count = is_allow ? &envelope->allow_count : &envelope->deny_count;
}

static void read_audience(struct checker *checker, const struct envelope_key *key,
                          const struct node *node, struct envelope *ret)
{
    size_t max = node->kind == NODE_LIST ? node->count : 1;
    size_t used = 0;
    if (max > AUDIENCE_MAX) {
        bad(checker, key, node, ERR_LIMIT, "more than 250 entries", "name bodies or purposes");
        ret->disclose = DISCLOSE_NONE;
        return;
    }
    str *items = arena_array(checker->arena, str, max);
    each_item(item, node)
    {
        str text = str_trim(node_as_text(item));
        if (text.len == 0 || text.len > UNIT_MAX)
            bad(checker, key, item, ERR_BAD_VALUE, "is not a country, body, unit or purpose", "");
        else if (items)
            items[used++] = text;
    }
    const str **items_place;
    size_t *count_place;
    audience_members(ret, key, &items_place, &count_place);
    *items_place = items;
    *count_place = used;
}

static void print_audience(const struct catalog *catalog, const struct envelope_key *key,
                           const struct envelope *envelope, struct arena *arena, struct node *out)
{
    (void)catalog;
    struct envelope copy = *envelope;
    const str **items;
    size_t *count;
    audience_members(&copy, key, &items, &count);
    struct node *list = node_list(arena);
    for (size_t i = 0; i < *count; i++)
        node_add(list, node_text(arena, (*items)[i]));
    if (*count)
        node_put(out, str_c(key->name), list);
}

/* ---- kept as trees ---- */

static void read_tree(struct checker *checker, const struct envelope_key *key,
                      const struct node *node, struct envelope *ret)
{
    bool is_extension = key->place == offsetof(struct envelope, extension);
    if (node->kind != (is_extension ? NODE_MAP : NODE_LIST))
        bad(checker, key, node, ERR_BAD_VALUE, is_extension ? "must be a map" : "must be a list",
            "");
    else
        *(const struct node **)(void *)((char *)ret + key->place) = node;
}

static void read_cautions(struct checker *checker, const struct envelope_key *key,
                          const struct node *node, struct envelope *ret)
{
    const struct code_list *list = codes_list(checker->catalog->codes, S("cautions"));
    read_tree(checker, key, node, ret);
    node_each(item,
              ret->cautions) if (checker->faults && list && !code_get(list, node_as_text(item)))
        bad(checker, key, item, ERR_UNKNOWN, "is not a caution", "see codes/cautions.csv");
}

static void print_tree(const struct catalog *catalog, const struct envelope_key *key,
                       const struct envelope *envelope, struct arena *arena, struct node *out)
{
    (void)catalog;
    const struct node *tree =
        *(const struct node *const *)(const void *)((const char *)envelope + key->place);
    if (tree && tree->count)
        node_put(out, str_c(key->name), node_copy(arena, tree));
}

#define PLACE(member) offsetof(struct envelope, member)
/* clang-format off */
static const struct envelope_key keys[] = {
    {"owner", read_owner, print_text, PLACE(owner), OWNER_MAX},
    {"unit", read_text, print_text, PLACE(unit), UNIT_MAX},
    {"ref", read_text, print_text, PLACE(ref), REF_MAX},
    {"purposes", read_purposes, print_purposes, PLACE(purposes), 0},
    {"review_on", read_day, print_day, PLACE(review_on), 0},
    {"event_on", read_day, print_day, PLACE(event_on), 0},
    {"achieved_on", read_day, print_day, PLACE(achieved_on), 0},
    {"bureau_ref", read_text, print_text, PLACE(bureau_ref), REF_MAX},
    {"confidentiality", read_confidentiality, print_confidentiality, PLACE(confidentiality), 0},
    {"handling", read_handling, print_text, PLACE(handling), TEXT_MAX},
    {"source_grade", read_grade, print_grade, PLACE(source_grade), 0},
    {"information_grade", read_grade, print_grade, PLACE(information_grade), 0},
    {"disclose", read_disclose, print_disclose, PLACE(disclose), 0},
    {"allow", read_audience, print_audience, PLACE(allow), 0},
    {"deny", read_audience, print_audience, PLACE(deny), 0},
    {"sensitive", read_sensitive, print_sensitive, PLACE(sensitive), 0},
    {"legal_basis", read_text, print_text, PLACE(legal_basis), TEXT_MAX},
    {"action", read_text, print_text, PLACE(action), TEXT_MAX},
    {"cautions", read_cautions, print_tree, PLACE(cautions), 0},
    {"evidence", read_tree, print_tree, PLACE(evidence), 0},
    {"notify", read_notify, print_notify, PLACE(is_silent), 0},
    {"extension", read_tree, print_tree, PLACE(extension), 0},
    {"test", read_test, print_test, PLACE(is_test), 0},
};
/* clang-format on */

static void require(struct checker *checker, bool is_there, const char *path, const char *hint)
{
    if (!is_there)
        checker_fault(checker, ERR_MISSING, path, STR_EMPTY, "is required", hint);
}

/*
 * The days of an envelope that is entered today. A review in the past would end the record at
 * once; the bound in the future is the definition's. What happened, happened: an event that lies
 * ahead, or before anybody kept such records, is a slip of the pen. A body of another node, or of
 * the store, was entered on another day and is not looked at.
 */
static void check_days(struct checker *checker, const struct envelope *envelope)
{
    char text[16];
    int32_t today = day_number(day_today());
    if (envelope->review_on.month && day_number(envelope->review_on) < today)
        checker_fault(checker, ERR_BAD_VALUE, "envelope.review_on",
                      str_c(day_format(envelope->review_on, text)), "lies in the past",
                      "the day by which its owner looks at it again, today at the earliest");
    if (envelope->achieved_on.month && day_number(envelope->achieved_on) > today)
        checker_fault(checker, ERR_BAD_VALUE, "envelope.achieved_on",
                      str_c(day_format(envelope->achieved_on, text)), "lies in the future", "");
    if (!envelope->event_on.month)
        return;
    if (day_number(envelope->event_on) > today)
        checker_fault(checker, ERR_BAD_VALUE, "envelope.event_on",
                      str_c(day_format(envelope->event_on, text)), "lies in the future", "");
    else if (envelope->event_on.year < EVENT_YEAR_MIN)
        checker_fault(checker, ERR_BAD_VALUE, "envelope.event_on",
                      str_c(day_format(envelope->event_on, text)), "lies before the year 1800", "");
}

void envelope_read(struct checker *checker, const struct node *node, struct envelope *ret)
{
    *ret = (struct envelope){.disclose = DISCLOSE_FULL};
    if (node && node->kind != NODE_MAP)
        checker_fault(checker, ERR_BAD_VALUE, "envelope", STR_EMPTY, "must be a map", "");
    node_each(child, node)
    {
        size_t i = 0;
        while (i < COUNT_OF(keys) && !str_eq_c(child->key, keys[i].name))
            i++;
        if (i == COUNT_OF(keys))
            checker_fault(checker, ERR_UNKNOWN, "envelope", child->key,
                          "is not a key of the envelope", "");
        else if (child->kind != NODE_NULL)
            keys[i].read(checker, &keys[i], child, ret);
    }
    require(checker, ret->owner.len > 0, "envelope.owner",
            "the country or body whose record it is");
    require(checker, ret->purposes != 0, "envelope.purposes", "what the record may be used for");
    require(checker, ret->review_on.month > 0, "envelope.review_on",
            "the day by which its owner looks at it again");
    require(checker, !ret->is_silent || ret->legal_basis.len > 0, "envelope.legal_basis",
            "who wants to be told silently of hits names the law that allows it");
    if (checker->is_entry)
        check_days(checker, ret);
}

enum err envelope_parse(const struct catalog *catalog, const struct node *node, struct arena *arena,
                        struct envelope *ret)
{
    struct faults faults = {0};
    struct checker checker = {.catalog = catalog, .arena = arena, .faults = &faults};
    struct envelope envelope;
    envelope_read(&checker, node, &envelope);
    TRY(faults_as_err(&faults));
    *ret = envelope;
    return OK;
}

struct node *envelope_print(const struct catalog *catalog, const struct envelope *envelope,
                            struct arena *arena)
{
    struct node *map = node_map(arena);
    for (size_t i = 0; map && i < COUNT_OF(keys); i++)
        keys[i].print(catalog, &keys[i], envelope, arena, map);
    return map;
}
