/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a record is erased, the questions that led to it still quote its values: a name, a number.
 * They go, too; that an officer was shown the record, when, why and under which receipt does not.
 * So each entry that showed the record and holds more of a question than an id is first entered
 * again without the question, saying instead of which entry it stands, and then its contents are
 * destroyed. Its leaf stays, and with it the proof that the log was not rewritten.
 *
 * Crash between the two: the next call finds the question still there and enters the rest once
 * more. Two stand-ins of one entry say the same.
 */
#include "audit/internal.h"
#include "codec/json.h"

enum { WITHDRAW_PAGE = 64, SHOWN_KEPT = 200 };

struct withdrawal {
    struct audit *audit;
    struct arena arena; /* of one page */
    struct audit_read entries[WITHDRAW_PAGE];
    size_t count, seen;
    uint64_t last;
};

/* What of a question may stay: ids, and reasons given for a change. */
static bool quotes_values(const struct node *query)
{
    static const char *const harmless[] = {"id", "reason", "instead_of", "asked_at"};
    node_each(child, query)
    {
        bool is_harmless = false;
        for (size_t i = 0; i < COUNT_OF(harmless); i++)
            is_harmless = is_harmless || str_eq_c(child->key, harmless[i]);
        if (!is_harmless)
            return true;
    }
    return false;
}

static enum err on_entry(void *context, const struct audit_read *entry)
{
    struct withdrawal *w = context;
    struct node *tree = NULL;
    w->seen++;
    w->last = entry->number;
    if (entry->is_destroyed || json_parse(entry->body, &w->arena, &tree)) {
        err_clear();
        return OK;
    }
    if (quotes_values(node_get(tree, S("query"))))
        w->entries[w->count++] =
            (struct audit_read){.number = entry->number, .body = arena_str(&w->arena, entry->body)};
    return OK;
}

static size_t shown_of(const struct node *tree, struct audit_shown shown[SHOWN_KEPT])
{
    size_t count = 0;
    node_each(item, node_get(tree, S("shown")))
    {
        struct audit_shown *place = &shown[count];
        uint64_t version = 0;
        if (count == SHOWN_KEPT || !record_id_parse(node_get_text(item, S("id")), &place->id) ||
            !str_to_u64(node_get_text(item, S("version")), UINT32_MAX, &version))
            continue;
        place->version = (uint32_t)version;
        place->disclosure = DISCLOSE_NONE;
        for (unsigned d = DISCLOSE_NONE; d <= DISCLOSE_FULL; d++)
            if (str_eq_c(node_get_text(item, S("disclosure")), disclosure_word((enum disclosure)d)))
                place->disclosure = (enum disclosure)d;
        count++;
    }
    return count;
}

static enum err stand_in(struct withdrawal *w, const struct audit_read *entry)
{
    struct audit_shown shown[SHOWN_KEPT];
    struct node *tree = NULL;
    char receipt[RECEIPT_TEXT], asked[24];
    uint64_t time_us = 0;
    TRY(json_parse(entry->body, &w->arena, &tree));
    struct actor actor = {.officer = node_get_text(tree, S("officer")),
                          .unit = node_get_text(tree, S("unit")),
                          .country = node_get_text(tree, S("country")),
                          .role = node_get_text(tree, S("role")),
                          .reference = node_get_text(tree, S("reference"))};
    (void)!str_to_u64(node_get_text(tree, S("time_us")), INT64_MAX, &time_us);
    struct audit_entry again = {
        .kind = entry_kind(node_get_text(tree, S("kind"))),
        .time_us = clock_now_us(),
        .actor = actor.officer.len ? &actor : NULL,
        .purpose = node_get_text(tree, S("purpose")),
        .databases = node_get_text(tree, S("databases")),
        .query =
            arena_printf(&w->arena, "{\"instead_of\":%llu,\"asked_at\":\"%s\"}",
                         (unsigned long long)entry->number, clock_format((int64_t)time_us, asked)),
        .verdict = node_get_text(tree, S("verdict")),
        .shown = shown,
        .shown_count = shown_of(tree, shown),
    };
    (void)hex_decode(node_get_text(tree, S("catalog")), again.catalog.bytes, 16);
    return audit_append_wait(w->audit, &again, receipt);
}

enum err audit_withdraw(struct audit *audit, struct record_id id)
{
    struct withdrawal w = {.audit = audit, .last = audit_count(audit) + 1};
    enum err code = OK;
    do {
        w.count = w.seen = 0;
        code = audit_scan(audit, id, w.last, WITHDRAW_PAGE, on_entry, &w);
        for (size_t i = 0; i < w.count && !code; i++) {
            code = stand_in(&w, &w.entries[i]);
            code = code ? code : audit_destroy_body(audit, w.entries[i].number);
        }
        arena_reset(&w.arena);
    } while (!code && w.seen == WITHDRAW_PAGE);
    arena_release(&w.arena);
    return code;
}
