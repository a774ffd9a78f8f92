/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clearance slip: what a person takes away who was taken for another. A signed note (C2SP
 * signed-note) of the node that noted it, short enough for a QR code, verified by any node that
 * knows the key, without asking anybody:
 *
 *   bureau clearance slip 1
 *   office UTO UTO/ncb
 *   issued 2026-11-22T10:42:03Z
 *   until 2031-01-01
 *   alert 4D2KX9A-1F
 *   document SALT HASH
 *
 *   - bureau-node/1c2d3e4f/clearance SIGNATURE
 *
 * It binds a document without naming it: HASH is SHA-256 over salt, issuer and number, and over
 * itself 2^18 times, a tenth of a second, so that who finds a slip does not find the number by
 * trying them all. It is made while the document is at hand and kept by nobody but its holder.
 */
#include <stdio.h>

#include "flow/internal.h"

enum { ROUNDS = 1 << 18, SLIP_MAX = 2000, LINE_COUNT = 6 };

static const char title[] = "bureau clearance slip 1";

static void hash_document(const unsigned char salt[SALT_SIZE], str issuer, str number,
                          struct hash *ret)
{
    const str pieces[] = {str_of((const char *)salt, SALT_SIZE), issuer, S("|"), number};
    sha256_pieces(pieces, COUNT_OF(pieces), ret);
    for (int i = 0; i < ROUNDS; i++)
        sha256(str_of((const char *)ret->bytes, HASH_SIZE), ret);
}

void flow_sign_with(struct flow *flow, const struct node_key *key)
{
    flow->key = *key;
    snprintf(flow->key_name, sizeof flow->key_name, "%s/clearance", key->name);
    flow->has_key = true;
}

void flow_slip_key(const struct flow *flow, struct buf *out)
{
    node_key_print(&flow->key, "clearance", false, out);
}

enum err slip_make(struct flow *flow, const struct slip *slip, struct arena *arena, str *ret)
{
    char id[RECORD_ID_TEXT], time[24], day[16];
    char salt[2 * SALT_SIZE + 1], hash[2 * HASH_SIZE + 1];
    struct salt bytes;
    struct hash document;
    struct buf text = {.max = SLIP_MAX};
    struct buf note = {.max = SLIP_MAX};
    *ret = STR_EMPTY;
    if (!flow->has_key)
        return OK;
    salt_new(&bytes);
    hash_document(bytes.bytes, slip->issuer, slip->number, &document);
    hex_encode(bytes.bytes, SALT_SIZE, salt);
    hex_encode(document.bytes, HASH_SIZE, hash);
    buf_printf(&text, "%s\noffice %.*s %.*s\nissued %s\nuntil %s\nalert %s\ndocument %s %s\n",
               title, STR(slip->by.country), STR(slip->by.unit), clock_format(clock_now_us(), time),
               day_format(slip->until, day), record_id_format(slip->alert, id), salt, hash);
    buf_add(&note, buf_str(&text));
    buf_add_char(&note, '\n');
    note_sign(buf_str(&text), str_c(flow->key_name), &flow->key.now, &note);
    enum err code = text.failed ? text.failed : note.failed;
    if (!code)
        *ret = arena_str(arena, buf_str(&note));
    buf_release(&text);
    buf_release(&note);
    return code ? err_set(code, "the slip is too long") : OK;
}

/* ---- checking ---- */

/* The rest of a line that begins with a word, and the next line. */
static bool take_line(str *text, const char *word, str *ret)
{
    str line, start = str_c(word);
    if (!str_split(text, '\n', &line) || !str_starts(line, start))
        return false;
    *ret = str_from(line, start.len);
    return true;
}

static enum err no_slip(void)
{
    return err_set(ERR_SYNTAX, "this is not a clearance slip");
}

static enum err read_slip(str text, struct flow_slip *ret, str *ret_salt, str *ret_hash)
{
    str office, issued, until, alert, document, rest;
    if (!take_line(&text, title, &rest) || rest.len || !take_line(&text, "office ", &office) ||
        !take_line(&text, "issued ", &issued) || !take_line(&text, "until ", &until) ||
        !take_line(&text, "alert ", &alert) || !take_line(&text, "document ", &document))
        return no_slip();
    size_t blank = str_find(office, ' ');
    ret->by = (struct flow_party){str_slice(office, 0, blank), str_from(office, blank + 1)};
    blank = str_find(document, ' ');
    *ret_salt = str_slice(document, 0, blank);
    *ret_hash = str_from(document, blank + 1);
    if (!clock_parse(issued, &ret->issued_us) || !day_parse(until, &ret->until) ||
        !record_id_parse(alert, &ret->alert))
        return no_slip();
    return OK;
}

static enum err parse_value(const struct flow *flow, const char *type_name, str text,
                            struct arena *arena, str *ret)
{
    const struct type *type = type_find(str_c(type_name));
    struct type_context context = catalog_context(flow->catalog, NULL);
    struct value value;
    ensure(type);
    TRY(type_parse_text(type, &context, text, arena, &value));
    *ret = value.norm;
    return OK;
}

static enum err check_document(const struct flow *flow, str document, str issuer, str salt_hex,
                               str hash_hex, struct arena *arena, bool *ret)
{
    unsigned char salt[SALT_SIZE];
    struct hash hash, held;
    str number, country;
    if (!hex_decode(salt_hex, salt, SALT_SIZE) || !hex_decode(hash_hex, held.bytes, HASH_SIZE))
        return no_slip();
    TRY(parse_value(flow, "document-number", document, arena, &number));
    TRY(parse_value(flow, "country", issuer, arena, &country));
    hash_document(salt, country, number, &hash);
    *ret = equal_constant_time(hash.bytes, held.bytes, HASH_SIZE);
    return OK;
}

/* By one of these keys, lines; empty: by this node. */
static bool is_signed(const struct flow *flow, str slip, str keys)
{
    struct buf own = {.max = 16 << 10};
    struct note_key signer;
    int64_t time_s = 0;
    if (!keys.len)
        node_key_print(&flow->key, "clearance", false, &own);
    bool is = note_verify_any(slip, keys.len ? keys : buf_str(&own), &signer, &time_s) == OK;
    err_clear();
    buf_release(&own);
    return is;
}

enum err flow_check_slip(const struct flow *flow, str slip, str key, str document, str issuer,
                         struct arena *arena, struct flow_slip *ret)
{
    struct note_key first;
    str text, signatures, salt, hash, rest = key, line;
    if (slip.len > SLIP_MAX)
        return no_slip();
    *ret = (struct flow_slip){.is_asked = document.len > 0};
    if (key.len && str_split(&rest, '\n', &line))
        TRY(note_key_parse(line, &first));
    if (note_split(slip, &text, &signatures) != OK)
        return no_slip();
    TRY(read_slip(text, ret, &salt, &hash));
    ret->is_good = is_signed(flow, slip, key);
    ret->is_over = day_number(ret->until) < day_number(day_today());
    if (ret->is_asked)
        TRY(check_document(flow, document, issuer, salt, hash, arena, &ret->is_document));
    return OK;
}
