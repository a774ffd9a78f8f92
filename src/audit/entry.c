/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of an entry: JSON, keys always in the same order, read by people and by audit_scan
 * alike.
 */
#include "audit/internal.h"
#include "codec/json.h"

static const char *const kinds[] = {
    [AUDIT_SEARCH] = "search", [AUDIT_READ] = "read",     [AUDIT_WRITE] = "write",
    [AUDIT_IMPORT] = "import", [AUDIT_FEED] = "feed",     [AUDIT_REFUSED] = "refused",
    [AUDIT_ADMIN] = "admin",   [AUDIT_EXPORT] = "export",
};

enum audit_kind entry_kind(str word)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i] && str_eq_c(word, kinds[i]))
            return (enum audit_kind)i;
    return AUDIT_ADMIN;
}

static void put_text(struct buf *out, str key, str value)
{
    if (str_is_empty(value))
        return;
    buf_add(out, S(",\""));
    buf_add(out, key);
    buf_add(out, S("\":"));
    json_write_text(out, value);
}

static void put_number(struct buf *out, str key, uint64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    buf_add(out, S(",\""));
    buf_add(out, key);
    buf_add(out, S("\":"));
    buf_add(out, str_of(digits + at, sizeof digits - at));
}

static void put_actor(struct buf *out, const struct audit_entry *entry)
{
    const struct actor *actor = entry->actor;
    if (!actor)
        return;
    put_text(out, S("officer"), actor->officer);
    put_text(out, S("unit"), actor->unit);
    put_text(out, S("country"), actor->country);
    put_text(out, S("role"), actor->role);
    if (str_is_empty(entry->purpose))
        put_number(out, S("purpose"), actor->purpose);
    else
        put_text(out, S("purpose"), entry->purpose);
    put_text(out, S("reference"), actor->reference);
    if (actor->on_behalf_of.len)
        put_text(out, S("on_behalf_of"), actor->on_behalf_of);
    if (actor->session)
        put_number(out, S("session"), actor->session);
    put_text(out, S("terminal"), actor->terminal);
    if (actor->is_break_glass)
        put_text(out, S("break_glass_of"), actor->break_glass_of);
}

static void put_shown(struct buf *out, const struct audit_entry *entry)
{
    char id[RECORD_ID_TEXT];
    buf_add(out, S(",\"shown\":["));
    for (size_t i = 0; i < entry->shown_count; i++) {
        const struct audit_shown *shown = &entry->shown[i];
        buf_add(out, i ? S(",{\"id\":") : S("{\"id\":"));
        json_write_text(out, str_c(record_id_format(shown->id, id)));
        put_number(out, S("version"), shown->version);
        put_text(out, S("disclosure"), str_c(disclosure_word(shown->disclosure)));
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

void entry_encode(const struct audit_entry *entry, struct buf *out)
{
    char hex[HASH_SIZE * 2 + 1];
    hex_encode(entry->catalog.bytes, 16,
               hex); /* 128 bits tell catalogs apart and cannot be made to agree */
    buf_add(out, S("{\"kind\":\""));
    buf_add(out, str_c(kinds[entry->kind]));
    buf_add_char(out, '"');
    put_number(out, S("time_us"), (uint64_t)entry->time_us);
    put_actor(out, entry);
    put_text(out, S("databases"), entry->databases);
    if (entry->query.len) {
        buf_add(out, S(",\"query\":"));
        buf_add(out, entry->query);
    }
    put_text(out, S("verdict"), entry->verdict);
    put_text(out, S("catalog"), str_c(hex));
    put_number(out, S("took_us"), entry->took_us);
    if (entry->shown_count)
        put_shown(out, entry);
    buf_add_char(out, '}');
}
