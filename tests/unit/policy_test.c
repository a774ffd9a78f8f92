/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who sees what. The table of decisions reads as an officer would say it: this record, this actor, this purpose, so much.
 * Every decision is taken twice, by policy_open for one record and by the scope for its class, and must agree.
 */
#include "policy/policy.h"

#include <pthread.h>

#include "codec/json.h"

#include "home.h"
#include "test.h"

static const char dossier[] =
    "definition: dossier\n"
    "title: Dossiers\n"
    "purposes: [search, investigate, border-control, statistics, training]\n"
    "fields:\n"
    "  dossier_no: {type: identifier, means: file-number, search: blind}\n"
    "  headline: {type: identifier, show: always}\n"
    "  informant: {type: identifier}\n"
    "  meetings: {list: {met_on: {type: date}, met_whom: {type: identifier}}}\n"
    "show: {frontline: [meetings.met_on], national-bureau: all, investigator: all, others: hit-only}\n"
    "retain: {first: 5y}\n";
static const char ledger[] = "definition: ledger\n"
                             "title: Ledgers\n"
                             "purposes: [search, investigate]\n"
                             "owner: FRA\n"
                             "fields: {line: {type: identifier}}\n"
                             "retain: {first: 5y}\n";
static const char vault[] =
    "definition: vault\n"
    "title: Vaults\n"
    "purposes: [search, investigate, warn]\n"
    "may: {search: [specialist, investigate, warn], read: [specialist, investigate, warn],\n"
    "      write: [specialist, national-bureau], feed: [national-bureau]}\n"
    "fields:\n"
    "  shelf: {type: identifier}\n"
    "  source: {type: identifier, read: [specialist, warn]}\n"
    "  inside: {read: [national-bureau], list: {what: {type: identifier}}}\n"
    "retain: {first: 5y}\n";
static const char keys[] = "definition: node-key\n"
                           "title: Keys\n"
                           "kind: system\n"
                           "purposes: [search]\n"
                           "fields: {line: {type: identifier}}\n"
                           "retain: {first: 5y}\n";

static struct {
    char home[HOME_PATH];
    struct catalog *catalog;
    struct policy_classes *classes;
    struct arena arena;
} t;

static int set_up(void **state)
{
    (void)state;
    home_make(t.home);
    home_write(t.home, "databases/dossier.yaml", str_c(dossier));
    home_write(t.home, "databases/ledger.yaml", str_c(ledger));
    home_write(t.home, "databases/vault.yaml", str_c(vault));
    home_write(t.home, "databases/keys.yaml", str_c(keys));
    if (catalog_load(t.home, &t.catalog) != OK) {
        fprintf(stderr, "%s\n", err_last()->message);
        return 1;
    }
    return policy_classes_new(t.catalog, &t.classes);
}

static int tear_down(void **state)
{
    (void)state;
    policy_classes_free(t.classes);
    catalog_free(t.catalog);
    arena_release(&t.arena);
    home_remove(t.home);
    return 0;
}

/* "FRA/border frontline border-control", with "+write" "+admin" "+audit" for rights. */
static struct actor actor_of(const char *text)
{
    struct actor actor = {.officer = S("o-1"), .purposes = UINT64_MAX};
    str rest = str_c(text), word;
    home_check(str_split(&rest, ' ', &actor.unit), text);
    home_check(str_split(&rest, ' ', &actor.role), text);
    home_check(str_split(&rest, ' ', &word), text);
    home_check(purpose_find(t.catalog, word, &actor.purpose), text);
    actor.country = str_slice(actor.unit, 0, str_find(actor.unit, '/'));
    actor.may_write = str_has(rest, S("+write"));
    actor.may_administer = str_has(rest, S("+admin"));
    actor.may_audit = str_has(rest, S("+audit"));
    return actor;
}

/* `more` is added to an envelope that is FRA's, for search and investigate and the like. */
static struct record record_of(const char *more)
{
    struct node *body = NULL;
    struct record record;
    str text = arena_printf(
        &t.arena,
        "{\"envelope\":{\"owner\":\"FRA\",\"review_on\":\"2027-01-01\",\"unit\":\"FRA/ncb\","
        "\"action\":\"seize\",\"cautions\":[\"armed\"],"
        "\"purposes\":[\"search\",\"investigate\",\"statistics\",\"training\"]%s},"
        "\"fields\":{\"dossier_no\":\"D-1000-77\",\"headline\":\"H1\",\"informant\":\"I1\","
        "\"meetings\":[{\"met_on\":\"2026-01-01\",\"met_whom\":\"W1\"}]}}",
        more);
    home_check(json_parse(text, &t.arena, &body) == OK, more);
    enum err code =
        record_parse(t.catalog, catalog_find(t.catalog, S("dossier")), body, &t.arena, &record);
    if (code)
        fprintf(stderr, "%s: %s\n", err_last()->field, err_last()->message);
    home_check(code == OK, more);
    record.id = (struct record_id){7, 9};
    record.version = 3;
    record.entered_us = 1000;
    return record;
}

static enum disclosure seen_by(const struct record *record, const struct actor *actor)
{
    struct view view;
    uint16_t number = 0;
    const struct policy_scope *scope = NULL;
    enum err code = policy_open(t.catalog, actor, record, &t.arena, &view);
    enum disclosure opened = code ? DISCLOSE_NONE : view.disclosure;
    assert_true(code == OK || code == ERR_NOT_FOUND);
    assert_int_equal(policy_class_of(t.classes, record, &number), OK);
    assert_int_equal(policy_scope_open(t.classes, actor, &scope), OK);
    assert_int_equal(policy_scope_get(scope, number), opened);
    policy_scope_close(scope);
    return opened;
}

static const struct {
    const char *envelope;
    enum state state;
    const char *actor;
    const char *seen;
    const char *why;
} decision_cases[] = {
    {"", STATE_ACTIVE, "DEU/lka national-bureau search", "full", "the bureau sees all fields"},
    {"", STATE_ACTIVE, "DEU/lka investigator search", "full", "so does the investigator"},
    {"", STATE_ACTIVE, "DEU/border frontline search", "masked",
     "the front line sees a part of the fields"},
    {"", STATE_ACTIVE, "DEU/other analyst search", "hit-only",
     "others see that there is something"},
    {"", STATE_ACTIVE, "DEU/lka investigator border-control", "none",
     "not one of the record's purposes"},
    {"", STATE_ACTIVE, "DEU/lka investigator extradition", "none",
     "not one of the definition's purposes"},
    {"", STATE_ACTIVE, "DEU/lka national-bureau statistics", "hit-only", "statistics show nobody"},
    {"", STATE_ACTIVE, "DEU/lka national-bureau training", "none", "training sees no real record"},
    {",\"test\":true", STATE_ACTIVE, "DEU/lka national-bureau training", "full",
     "but test records"},
    {"", STATE_SUSPENDED, "DEU/lka national-bureau search", "none", "suspended: for its keepers"},
    {"", STATE_SUSPENDED, "FRA/ncb national-bureau search", "none",
     "an own officer who may not write is no keeper"},
    {"", STATE_SUSPENDED, "FRA/ncb national-bureau search +write", "full", "a keeper"},
    {"", STATE_EXPIRED, "FRA/ncb national-bureau search +write", "full", "a keeper"},
    {"", STATE_CANCELLED, "DEU/ncb national-bureau search +write", "none",
     "a writer of another country is no keeper"},
    {"", STATE_CANCELLED, "FRA/it administrator search +admin", "full",
     "an administrator of the owner is"},
    {"", STATE_CANCELLED, "DEU/it administrator search +admin", "none",
     "one of another country is not"},
    {"", STATE_CANCELLED, "/local administrator search +admin", "full",
     "whoever is at the machine is"},
    {"", STATE_DELETED, "FRA/ncb national-bureau search +write", "none", "deleted is gone"},
    {"", STATE_DELETED, "FRA/it administrator search +admin", "none", "for everybody"},
    {"", STATE_ACTIVE, "FRA/ncb frontline extradition +write", "full",
     "a keeper needs no purpose of the record's"},
    {",\"disclose\":\"none\"", STATE_ACTIVE, "DEU/lka national-bureau search", "none",
     "the owner's ceiling"},
    {",\"disclose\":\"hit-only\"", STATE_ACTIVE, "DEU/lka national-bureau search", "hit-only",
     "the owner's ceiling"},
    {",\"disclose\":\"masked\"", STATE_ACTIVE, "DEU/lka national-bureau search", "masked",
     "the owner's ceiling"},
    {",\"disclose\":\"none\"", STATE_ACTIVE, "FRA/lka investigator search", "full",
     "binds others only"},
    {",\"deny\":[\"DEU\"]", STATE_ACTIVE, "DEU/lka national-bureau search", "none",
     "denied country"},
    {",\"deny\":[\"DEU\"]", STATE_ACTIVE, "AUT/lka national-bureau search", "full",
     "another country"},
    {",\"deny\":[\"FRA\"]", STATE_ACTIVE, "FRA/lka investigator search", "full",
     "the owner is not denied his own"},
    {",\"allow\":[\"DEU/lka\"]", STATE_ACTIVE, "DEU/lka/department-4 investigator search", "full",
     "a unit and its parts"},
    {",\"allow\":[\"DEU/lka\"]", STATE_ACTIVE, "DEU/lkarlsruhe investigator search", "none",
     "a unit whose name begins alike"},
    {",\"allow\":[\"DEU/lka\"]", STATE_ACTIVE, "DEU/border investigator search", "none",
     "another unit"},
    {",\"allow\":[\"investigate\"]", STATE_ACTIVE, "DEU/lka investigator investigate", "full",
     "a purpose"},
    {",\"allow\":[\"investigate\"]", STATE_ACTIVE, "DEU/lka investigator search", "none",
     "another purpose"},
    {",\"allow\":[\"DEU\"],\"deny\":[\"DEU/lka\"]", STATE_ACTIVE, "DEU/lka investigator search",
     "none", "denial wins"},
    {",\"confidentiality\":\"restricted\"", STATE_ACTIVE, "DEU/border frontline search", "masked",
     "restricted"},
    {",\"confidentiality\":\"restricted\"", STATE_ACTIVE, "DEU/lka investigator search", "full",
     "restricted"},
    {",\"confidentiality\":\"confidential\"", STATE_ACTIVE, "DEU/border frontline search", "none",
     "confidential"},
    {",\"confidentiality\":\"confidential\"", STATE_ACTIVE, "DEU/lka investigator search",
     "hit-only", "confidential"},
    {",\"confidentiality\":\"confidential\"", STATE_ACTIVE, "DEU/ncb national-bureau search",
     "full", "confidential"},
    {",\"sensitive\":[\"victim\"]", STATE_ACTIVE, "DEU/border frontline search", "hit-only",
     "a victim"},
    {",\"sensitive\":[\"victim\"]", STATE_ACTIVE, "DEU/lka investigator search", "full",
     "a victim"},
    {",\"sensitive\":[\"minor\"]", STATE_ACTIVE, "DEU/border frontline search", "masked",
     "missing minors are looked for"},
};

static void decisions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(decision_cases); i++) {
        struct record record = record_of(decision_cases[i].envelope);
        struct actor actor = actor_of(decision_cases[i].actor);
        record.state = decision_cases[i].state;
        const char *seen = disclosure_word(seen_by(&record, &actor));
        if (strcmp(seen, decision_cases[i].seen) != 0)
            fprintf(stderr, "case %zu, %s: %s sees %s\n", i, decision_cases[i].why,
                    decision_cases[i].actor, seen);
        assert_string_equal(seen, decision_cases[i].seen);
    }
}

static const struct view_item *item_of(const struct view *view, const char *path)
{
    for (size_t i = 0; i < view->count; i++)
        if (str_eq_c(view->items[i].field->path, path))
            return &view->items[i];
    return NULL;
}

static void a_part_of_the_fields(void **state)
{
    (void)state;
    struct view view;
    struct record record = record_of("");
    struct actor actor = actor_of("DEU/border frontline search");
    assert_int_equal(policy_open(t.catalog, &actor, &record, &t.arena, &view), OK);
    assert_int_equal(view.count,
                     2); /* the listed one and the one always shown; the others are as if absent */
    assert_true(str_eq(item_of(&view, "meetings.met_on")->text, S("2026-01-01")));
    assert_false(item_of(&view, "headline")->is_masked);
    assert_null(view.record);
    assert_true(str_eq(view.action, S("Seize the object")));
    assert_int_equal(view.cautions->count, 1);
}

static void a_masked_record_is_redacted(void **state)
{
    (void)state;
    struct view view;
    struct record record = record_of(",\"disclose\":\"masked\"");
    struct actor actor = actor_of("DEU/lka investigator search");
    assert_int_equal(policy_open(t.catalog, &actor, &record, &t.arena, &view), OK);
    assert_int_equal(view.count, 5);
    const struct view_item *number = item_of(&view, "dossier_no");
    assert_true(number->is_masked);
    assert_null(number->value);
    assert_false(str_has(number->text, S("1000")));
    assert_false(item_of(&view, "headline")->is_masked); /* show: always */
    assert_null(view.record);
}

static void a_match_and_whom_to_ask(void **state)
{
    (void)state;
    struct view view;
    struct record record = record_of(",\"disclose\":\"hit-only\"");
    struct actor actor = actor_of("DEU/lka investigator search");
    assert_int_equal(policy_open(t.catalog, &actor, &record, &t.arena, &view), OK);
    assert_int_equal(view.count, 0);
    assert_null(view.cautions);
    assert_null(view.record);
    assert_int_equal(view.action.len, 0);
    assert_int_equal(view.entered_us, 0);
    assert_true(str_eq(view.owner, S("FRA")));
    assert_true(str_eq(view.unit, S("FRA/ncb")));
}

static void nothing_is_like_absence(void **state)
{
    (void)state;
    struct view view;
    struct record record = record_of(",\"disclose\":\"none\"");
    struct actor actor = actor_of("DEU/lka investigator search");
    assert_int_equal(policy_open(t.catalog, &actor, &record, &t.arena, &view), ERR_NOT_FOUND);
    assert_string_equal(err_last()->message, "there is no record 0000007-9");
}

static void the_keeper_gets_the_record(void **state)
{
    (void)state;
    struct view view;
    struct record record = record_of(",\"confidentiality\":\"confidential\"");
    struct actor actor = actor_of("FRA/ncb frontline search +write");
    assert_int_equal(policy_open(t.catalog, &actor, &record, &t.arena, &view), OK);
    assert_ptr_equal(view.record, &record);
    assert_int_equal(view.count, record.count);
}

struct field_case {
    const char *actor, *field;
    enum field_access access;
};

static void check_fields(const char *database, const struct field_case *cases, size_t count)
{
    const struct definition *definition = catalog_find(t.catalog, str_c(database));
    for (size_t i = 0; i < count; i++) {
        struct actor actor = actor_of(cases[i].actor);
        const struct field *field = definition_field(definition, str_c(cases[i].field));
        assert_int_equal(policy_field_access(t.catalog, &actor, definition, field),
                         cases[i].access);
        assert_int_equal(policy_field_open(t.catalog, &actor, definition, field),
                         cases[i].access != FIELD_CLOSED);
    }
}

static void fields_of_a_query(void **state)
{
    (void)state;
    static const struct field_case cases[] = {
        {"DEU/x frontline search", "meetings.met_on", FIELD_OPEN},
        {"DEU/x frontline search", "headline", FIELD_OPEN},
        {"DEU/x frontline search", "dossier_no", FIELD_BLIND},
        {"DEU/x frontline search", "informant", FIELD_CLOSED},
        {"DEU/x investigator search", "informant", FIELD_OPEN},
        {"DEU/x analyst search", "dossier_no", FIELD_BLIND},
        {"DEU/x analyst search", "informant", FIELD_CLOSED},
        {"DEU/x administrator search +admin", "informant", FIELD_OPEN},
    };
    check_fields("dossier", cases, COUNT_OF(cases));
}

/* ---- what a definition declares, an officer is given, a measure takes ---- */

static void set_databases(struct definition_set *set, const char *name)
{
    definition_set_add(set, catalog_find(t.catalog, str_c(name))->number);
}

static void declared_tables(void **state)
{
    (void)state;
    static const struct {
        const char *actor, *given, *suspended, *read_only; /* databases, or NULL */
        enum policy_action action;
        const char *refusal;
    } cases[] = {
        {"DEU/x specialist investigate", NULL, NULL, NULL, POLICY_SEARCH, ""},
        {"DEU/x specialist search", NULL, NULL, NULL, POLICY_SEARCH, "not for the purpose search"},
        {"DEU/x investigator investigate", NULL, NULL, NULL, POLICY_READ,
         "not for the role investigator"},
        {"DEU/x specialist investigate +write", NULL, NULL, NULL, POLICY_WRITE, ""},
        {"DEU/x investigator investigate +write", NULL, NULL, NULL, POLICY_WRITE,
         "not for the role investigator"},
        {"DEU/x specialist investigate", NULL, NULL, NULL, POLICY_FEED, "of the role specialist"},
        {"DEU/x specialist investigate", "dossier", NULL, NULL, POLICY_SEARCH, "is not given"},
        {"DEU/x specialist investigate", "vault", NULL, NULL, POLICY_SEARCH, ""},
        {"DEU/x specialist investigate", NULL, "vault", NULL, POLICY_SEARCH, "DEU is suspended"},
        {"DEU/x specialist investigate", NULL, NULL, "vault", POLICY_SEARCH, ""},
        {"DEU/x specialist investigate +write", NULL, NULL, "vault", POLICY_WRITE,
         "DEU may only read"},
        {"DEU/x specialist investigate +write", NULL, "vault", NULL, POLICY_WRITE,
         "DEU is suspended"},
        {"DEU/x analyst investigate +write", NULL, NULL, NULL, POLICY_WRITE, "of the role analyst"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct actor actor = actor_of(cases[i].actor);
        actor.is_limited = cases[i].given != NULL;
        if (cases[i].given)
            set_databases(&actor.databases, cases[i].given);
        if (cases[i].suspended)
            set_databases(&actor.suspended, cases[i].suspended);
        if (cases[i].read_only)
            set_databases(&actor.read_only, cases[i].read_only);
        enum err code = policy_allow(t.catalog, &actor, cases[i].action,
                                     catalog_find(t.catalog, S("vault")), STR_EMPTY);
        if (code != (cases[i].refusal[0] ? ERR_DENIED : OK) ||
            (code && !strstr(err_last()->message, cases[i].refusal)))
            fail_msg("case %zu: %s", i, code ? err_last()->message : "allowed");
    }
}

static void readers_of_fields(void **state)
{
    (void)state;
    static const struct field_case cases[] = {
        {"DEU/x specialist investigate", "shelf", FIELD_OPEN},
        {"DEU/x specialist investigate", "source", FIELD_CLOSED},
        {"DEU/x specialist warn", "source", FIELD_OPEN},
        {"DEU/x investigator warn", "source", FIELD_CLOSED},
        {"DEU/x specialist warn", "inside.what", FIELD_CLOSED},
        {"DEU/x national-bureau search", "inside.what", FIELD_OPEN},
    };
    check_fields("vault", cases, COUNT_OF(cases));
}

/* What stands against the actor counts in the decision, and makes a scope of its own. */
static void measures_and_emergencies(void **state)
{
    (void)state;
    struct record open = record_of(""), secret = record_of(",\"confidentiality\":\"confidential\"");
    struct record denied = record_of(",\"deny\":[\"DEU\"]");
    struct actor plain = actor_of("DEU/lka frontline search");
    struct actor limited = plain, suspended = plain, glass = plain, other_glass = plain;
    limited.is_limited = true;
    set_databases(&limited.databases, "vault");
    set_databases(&suspended.suspended, "dossier");
    glass.is_break_glass = other_glass.is_break_glass = true;
    glass.break_glass_of = S("FRA");
    other_glass.break_glass_of = S("ESP");
    assert_int_equal(seen_by(&open, &plain), DISCLOSE_MASKED);
    assert_int_equal(seen_by(&open, &limited), DISCLOSE_NONE);
    assert_int_equal(seen_by(&open, &suspended), DISCLOSE_NONE);
    assert_int_equal(seen_by(&open, &plain), DISCLOSE_MASKED);
    assert_int_equal(seen_by(&secret, &plain), DISCLOSE_NONE);
    assert_int_equal(seen_by(&secret, &glass), DISCLOSE_MASKED);
    assert_int_equal(seen_by(&secret, &other_glass), DISCLOSE_NONE);
    assert_int_equal(seen_by(&denied, &glass), DISCLOSE_NONE);
}

/* action, database, owner, actor | words of the refusal, or "" when allowed */
static void actions(void **state)
{
    (void)state;
    static const struct {
        enum policy_action action;
        const char *database, *owner, *actor, *refusal;
    } cases[] = {
        {POLICY_SEARCH, "dossier", "", "DEU/x frontline search", ""},
        {POLICY_SEARCH, "", "", "DEU/x frontline search", ""},
        {POLICY_SEARCH, "dossier", "", "DEU/x frontline extradition",
         "not searched for the purpose extradition"},
        {POLICY_SEARCH, "dossier", "", "DEU/x auditor search +audit", "of the role auditor"},
        {POLICY_SEARCH, "node-key", "", "DEU/x investigator search", "is no administrator"},
        {POLICY_SEARCH, "node-key", "", "DEU/x administrator search +admin", ""},
        {POLICY_READ, "dossier", "", "DEU/x investigator search", ""},
        {POLICY_WRITE, "dossier", "DEU", "DEU/x national-bureau search +write", ""},
        {POLICY_WRITE, "dossier", "FRA", "DEU/x national-bureau search +write", "belongs to FRA"},
        {POLICY_WRITE, "dossier", "FRA", "DEU/x administrator search +admin", "belongs to FRA"},
        {POLICY_WRITE, "dossier", "FRA", "/local administrator search +admin", ""},
        {POLICY_WRITE, "dossier", "DEU", "DEU/x national-bureau search", "may not write"},
        {POLICY_WRITE, "ledger", "DEU", "DEU/x national-bureau search +write",
         "belong to FRA only"},
        {POLICY_WRITE, "ledger", "FRA", "FRA/x national-bureau search +write", ""},
        {POLICY_WRITE, "node-key", "FRA", "FRA/x national-bureau search +write",
         "is no administrator"},
        {POLICY_WRITE, "node-key", "FRA", "FRA/x administrator search +admin", ""},
        {POLICY_WRITE, "node-key", "FRA", "DEU/x administrator search +admin",
         "kept by its own administrators"},
        {POLICY_DELETE, "dossier", "FRA", "DEU/x national-bureau search +write", "belongs to FRA"},
        {POLICY_IMPORT, "dossier", "DEU", "DEU/x national-bureau search +write", ""},
        {POLICY_IMPORT, "dossier", "DEU", "DEU/x frontline search +write",
         "of the role frontline; refused: import"},
        {POLICY_IMPORT, "dossier", "FRA", "DEU/x national-bureau search +write", "belongs to FRA"},
        {POLICY_FEED, "", "", "DEU/x national-bureau search", ""},
        {POLICY_FEED, "", "", "DEU/x frontline search", "of the role frontline; refused: feed"},
        {POLICY_AUDIT, "", "", "DEU/x auditor search +audit", ""},
        {POLICY_AUDIT, "", "", "DEU/x national-bureau search +write", "audit log"},
        {POLICY_ADMINISTER, "", "", "DEU/x administrator search +admin", ""},
        {POLICY_ADMINISTER, "", "", "DEU/x auditor search +audit", "not an administrator"},
        {POLICY_WRITE, "dossier", "FRA", "DEU/x system search", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct actor actor = actor_of(cases[i].actor);
        const struct definition *definition = catalog_find(t.catalog, str_c(cases[i].database));
        bool is_allowed = cases[i].refusal[0] == '\0';
        enum err code =
            policy_allow(t.catalog, &actor, cases[i].action, definition, str_c(cases[i].owner));
        if (code != (is_allowed ? OK : ERR_DENIED))
            fprintf(stderr, "case %zu: %s\n", i, err_last()->message);
        assert_int_equal(code, is_allowed ? OK : ERR_DENIED);
        if (!is_allowed && !strstr(err_last()->message, cases[i].refusal))
            fail_msg("case %zu: \"%s\" is not in \"%s\"", i, cases[i].refusal, err_last()->message);
    }
}

static void a_purpose_must_be_the_officers_own(void **state)
{
    (void)state;
    struct actor actor = actor_of("DEU/x frontline search");
    actor.purposes = 1u << (actor.purpose + 1);
    assert_int_equal(policy_allow(t.catalog, &actor, POLICY_SEARCH, NULL, STR_EMPTY), ERR_DENIED);
    assert_non_null(strstr(err_last()->message, "is not allowed the purpose search"));
    actor.purpose = UINT16_MAX;
    assert_int_equal(policy_allow(t.catalog, &actor, POLICY_SEARCH, NULL, STR_EMPTY), ERR_DENIED);
    assert_non_null(strstr(err_last()->message, "no purpose was given"));
}

static void classes_are_interned(void **state)
{
    (void)state;
    uint16_t first = 0, same = 1, other = 0;
    struct record a = record_of(",\"allow\":[\"DEU\",\"AUT\"]"),
                  b = record_of(",\"allow\":[\"AUT\",\"DEU\",\"AUT\"]"),
                  c = record_of(",\"allow\":[\"AUT\"]");
    assert_int_equal(policy_class_of(t.classes, &a, &first), OK);
    assert_int_equal(policy_class_of(t.classes, &b, &same), OK);
    assert_int_equal(policy_class_of(t.classes, &c, &other), OK);
    assert_int_equal(first, same); /* the order of an audience does not matter */
    assert_int_not_equal(first, other);
    assert_true(policy_class_count(t.classes) > other);
}

static void classes_survive_a_file(void **state)
{
    (void)state;
    struct policy_classes *fresh = NULL;
    struct record record =
        record_of(",\"allow\":[\"DEU\"],\"deny\":[\"search\"],\"confidentiality\":\"restricted\","
                  "\"sensitive\":[\"victim\"],\"disclose\":\"masked\",\"test\":true");
    uint16_t number = 0, again = 1, direct = 2;
    struct buf bytes = {0}, more = {0};
    record.state = STATE_SUSPENDED;
    assert_int_equal(policy_class_of(t.classes, &record, &number), OK);
    policy_class_write(t.classes, number, &bytes);
    assert_int_equal(policy_classes_new(t.catalog, &fresh), OK);
    assert_int_equal(policy_class_read(fresh, buf_str(&bytes), &again), OK);
    assert_int_equal(policy_class_of(fresh, &record, &direct), OK);
    assert_int_equal(again, direct);
    policy_class_write(fresh, again, &more);
    assert_true(str_eq(buf_str(&bytes), buf_str(&more)));
    for (size_t cut = 0; cut < bytes.len; cut++)
        assert_int_equal(policy_class_read(fresh, str_slice(buf_str(&bytes), 0, cut), &again),
                         ERR_DAMAGED);
    bytes.ptr[0] = 9;
    assert_int_equal(policy_class_read(fresh, buf_str(&bytes), &again), ERR_DAMAGED);
    policy_classes_free(fresh);
    buf_release(&bytes);
    buf_release(&more);
}

static void a_scope_answers_for_later_classes(void **state)
{
    (void)state;
    const struct policy_scope *scope = NULL, *same = NULL, *later = NULL;
    struct actor actor = actor_of("AUT/lka investigator search");
    assert_int_equal(policy_scope_open(t.classes, &actor, &scope), OK);
    assert_int_equal(policy_scope_open(t.classes, &actor, &same), OK);
    assert_ptr_equal(scope, same);
    uint16_t hidden = 0, open = 0;
    struct record a = record_of(",\"deny\":[\"AUT\",\"a-later-one\"]"),
                  b = record_of(",\"deny\":[\"a-later-one\"]");
    assert_int_equal(policy_class_of(t.classes, &a, &hidden), OK);
    assert_int_equal(policy_class_of(t.classes, &b, &open), OK);
    assert_true(hidden >= scope->count);
    assert_int_equal(policy_scope_get(scope, hidden), DISCLOSE_NONE);
    assert_int_equal(policy_scope_get(scope, open), DISCLOSE_FULL);
    assert_int_equal(policy_scope_open(t.classes, &actor, &later), OK);
    assert_true(later->count > open);
    assert_int_equal(policy_scope_get(later, hidden), DISCLOSE_NONE);
    policy_scope_close(later);
    policy_scope_close(same);
    policy_scope_close(scope);
}

enum { THREADS = 4, ROUNDS = 300 };

static void *intern_many(void *argument)
{
    const struct record *base = argument;
    struct actor actor = actor_of("AUT/lka investigator search");
    for (unsigned i = 0; i < ROUNDS; i++) {
        char name[16];
        snprintf(name, sizeof name, "u-%u", i);
        str deny = str_c(name);
        struct record record = *base;
        uint16_t number = 0, again = 0;
        const struct policy_scope *scope = NULL;
        record.envelope.deny = &deny;
        record.envelope.deny_count = 1;
        if (policy_class_of(t.classes, &record, &number) ||
            policy_scope_open(t.classes, &actor, &scope) ||
            policy_class_of(t.classes, &record, &again) || number != again ||
            policy_scope_get(scope, number) != DISCLOSE_FULL)
            return argument;
        policy_scope_close(scope);
    }
    return NULL;
}

static void many_threads_agree(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    struct record base = record_of("");
    size_t before = policy_class_count(t.classes);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, intern_many, &base), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(policy_class_count(t.classes), before + ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions),
        cmocka_unit_test(a_part_of_the_fields),
        cmocka_unit_test(a_masked_record_is_redacted),
        cmocka_unit_test(a_match_and_whom_to_ask),
        cmocka_unit_test(nothing_is_like_absence),
        cmocka_unit_test(the_keeper_gets_the_record),
        cmocka_unit_test(fields_of_a_query),
        cmocka_unit_test(declared_tables),
        cmocka_unit_test(readers_of_fields),
        cmocka_unit_test(measures_and_emergencies),
        cmocka_unit_test(actions),
        cmocka_unit_test(a_purpose_must_be_the_officers_own),
        cmocka_unit_test(classes_are_interned),
        cmocka_unit_test(classes_survive_a_file),
        cmocka_unit_test(a_scope_answers_for_later_classes),
        cmocka_unit_test(many_threads_agree),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
