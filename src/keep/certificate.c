/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of deletion: what a node puts its name to when it has destroyed a record.
 *
 *   bureau certificate of deletion 1
 *   record 4D2KX9A-1F
 *   definition <name>
 *   owner UTO
 *   versions 3
 *   last <SHA-256 over salt and body of the last version, in hex; the salt is destroyed too>
 *   entered 2026-11-22T10:42:03Z
 *   deleted 2031-11-23T00:00:00Z
 *   reason review date passed
 *
 *   - bureau-node/<key>/deletions <signature>
 *
 * A line for each fact, in this order, nothing of what the record said. The first line keeps the
 * signature from being one of anything else. The hash is what the feed and every export of the
 * record named as that version's: who holds a copy, salt and all, can see that it is the one.
 */
#include <stdio.h>

#include "codec/json.h"
#include "keep/internal.h"

#define TITLE S("bureau certificate of deletion 1\n")

static const char *const definition_name = "certificate";

enum { REASON_MAX = 120 };

enum err signer_open(struct signer *signer, const char *directory)
{
    TRY(node_key_load(directory, &signer->key));
    snprintf(signer->name, sizeof signer->name, "%s/deletions", signer->key.name);
    return OK;
}

void keep_key(const struct keep *keep, struct buf *out)
{
    node_key_print(&keep->signer.key, "deletions", false, out);
}

/* ---- writing ---- */

static enum err write_note(const struct signer *signer, const struct stored *record, str reason,
                           int64_t now_us, struct buf *out)
{
    char id[RECORD_ID_TEXT];
    char hex[2 * HASH_SIZE + 1];
    char entered[24], deleted[24];
    buf_add(out, TITLE);
    hex_encode(record->hash.bytes, HASH_SIZE, hex);
    buf_printf(out, "record %s\ndefinition %.*s\nowner %.*s\nversions %u\nlast %s\n",
               record_id_format(record->id, id), STR(record->definition), STR(record->owner),
               record->version, hex);
    buf_printf(out, "entered %s\ndeleted %s\nreason %.*s\n",
               clock_format(record->entered_us, entered), clock_format(now_us, deleted),
               STR(str_slice(reason, 0, REASON_MAX)));
    struct buf text = {.max = 4096};
    buf_add(&text, buf_str(out));
    buf_add_char(out, '\n');
    note_sign(buf_str(&text), str_c(signer->name), &signer->key.now, out);
    enum err code = text.failed ? text.failed : out->failed;
    buf_release(&text);
    return code;
}

const struct definition *keep_certificate_definition(const struct keep *keep)
{
    return catalog_find(keep->catalog, str_c(definition_name));
}

enum err keep_certify(struct keep *keep, const struct stored *record, str reason, str by,
                      struct arena *arena, struct change *ret)
{
    char text[RECORD_ID_TEXT];
    char time[24];
    int64_t now_us = clock_now_us();
    struct buf note = {.max = 4096};
    struct node *fields = node_map(arena);
    str id = arena_str(arena, str_c(record_id_format(record->id, text)));
    enum err code = write_note(&keep->signer, record, reason, now_us, &note);
    node_put_text(arena, fields, S("record"), id);
    node_put_text(arena, fields, S("database"), record->definition);
    node_put_text(arena, fields, S("reason"), str_slice(reason, 0, REASON_MAX));
    node_put_text(arena, fields, S("deleted"), arena_str(arena, str_c(clock_format(now_us, time))));
    node_put_text(arena, fields, S("note"), arena_str(arena, buf_str(&note)));
    buf_release(&note);
    TRY(code);
    return change_make(keep->catalog,
                       &(struct made){.definition = definition_name,
                                      .owner = record->owner,
                                      .ref = id,
                                      .actor = by,
                                      .fields = fields},
                       arena, ret);
}

/* ---- reading ---- */

enum err keep_read_certificate(const struct keep *keep, const struct stored *stored,
                               struct arena *arena, struct keep_certificate *ret)
{
    struct node *body = NULL;
    (void)keep;
    if (!str_eq_c(stored->definition, definition_name))
        return err_set(ERR_NOT_FOUND, "it is no certificate");
    if (stored->is_erased || stored->body.len == 0)
        return err_set(ERR_GONE, "the time of this certificate is over");
    TRY(json_parse(stored->body, arena, &body));
    const struct node *fields = node_get(body, S("fields"));
    *ret = (struct keep_certificate){.database = node_get_text(fields, S("database")),
                                     .reason = node_get_text(fields, S("reason")),
                                     .note = node_get_text(fields, S("note"))};
    if (!record_id_parse(node_get_text(fields, S("record")), &ret->record) ||
        !clock_parse(node_get_text(fields, S("deleted")), &ret->deleted_us))
        return err_set(ERR_DAMAGED, "a certificate does not name what was deleted when");
    return OK;
}

/* ---- checking, without a node ---- */

static bool cut_line(str *rest, const char *word, str *ret)
{
    str line;
    str head = str_c(word);
    if (!str_split(rest, '\n', &line) || !str_starts(line, head) || line.len <= head.len + 1 ||
        line.ptr[head.len] != ' ')
        return false;
    *ret = str_from(line, head.len + 1);
    return true;
}

enum { LINE_COUNT = 8 };
static const char *const lines[LINE_COUNT] = {"record", "definition", "owner",   "versions",
                                              "last",   "entered",    "deleted", "reason"};

static bool are_good(const str facts[LINE_COUNT])
{
    struct record_id id;
    uint64_t versions;
    int64_t entered, deleted;
    unsigned char hash[HASH_SIZE];
    return record_id_parse(facts[0], &id) && str_to_u64(facts[3], UINT32_MAX, &versions) &&
           versions > 0 && facts[4].len == (size_t)2 * HASH_SIZE &&
           hex_decode(facts[4], hash, HASH_SIZE) && clock_parse(facts[5], &entered) &&
           clock_parse(facts[6], &deleted) && entered <= deleted;
}

enum err keep_check_certificate(str note, str key_text, struct buf *report)
{
    struct note_key key;
    str text, signatures;
    str facts[LINE_COUNT];
    int64_t time_s;
    TRY(note_split(note, &text, &signatures));
    if (!str_starts(text, TITLE))
        return err_set(ERR_SYNTAX, "this is no certificate of deletion");
    TRY(note_verify_any(note, key_text, &key, &time_s));
    str rest = str_from(text, TITLE.len);
    bool is_whole = true;
    for (size_t i = 0; i < LINE_COUNT && is_whole; i++)
        is_whole = cut_line(&rest, lines[i], &facts[i]);
    if (!is_whole || rest.len || !are_good(facts))
        return err_set(ERR_SYNTAX, "the certificate does not say what one says");
    buf_printf(report,
               "record %.*s (%.*s) of %.*s, %.*s versions, entered %.*s, was deleted %.*s: %.*s\n",
               STR(facts[0]), STR(facts[1]), STR(facts[2]), STR(facts[3]), STR(facts[5]),
               STR(facts[6]), STR(facts[7]));
    buf_printf(report, "its last version had the hash %.*s\nsigned by %.*s\n", STR(facts[4]),
               STR(key.name));
    return report->failed;
}
