/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/note.h"

enum { ID_SIZE = 4, LINES_MAX = 64, SIGNED_MAX = ID_SIZE + 8 + SIGNATURE_SIZE };

#define LINE_START S("\xE2\x80\x94 ") /* an em dash and a blank */

static void key_id(str name, enum note_kind kind, const struct public_key *key,
                   unsigned char ret[ID_SIZE])
{
    const char byte = (char)kind;
    struct hash hash;
    const str pieces[] = {name, S("\n"), str_of(&byte, 1),
                          str_of((const char *)key->bytes, PUBLIC_KEY_SIZE)};
    sha256_pieces(pieces, COUNT_OF(pieces), &hash);
    memcpy(ret, hash.bytes, ID_SIZE);
}

static bool is_name(str name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] <= ' ' || name.ptr[i] == '+')
            return false;
    return name.len > 0 && name.len <= 200 && utf8_is_valid(name);
}

enum err note_key_parse(str text, struct note_key *ret)
{
    unsigned char bytes[1 + PUBLIC_KEY_SIZE];
    unsigned char id[ID_SIZE];
    unsigned char said[ID_SIZE];
    size_t len = 0;
    str rest = str_trim(text);
    str id_text;
    if (!str_split(&rest, '+', &ret->name) || !is_name(ret->name) ||
        !str_split(&rest, '+', &id_text) || !hex_decode(id_text, said, ID_SIZE) ||
        !base64_read(rest, bytes, sizeof bytes, &len) || len != sizeof bytes)
        return err_set(ERR_SYNTAX, "not a verification key: expected name+id+key");
    if (bytes[0] != NOTE_SIGNATURE && bytes[0] != NOTE_COSIGNATURE)
        return err_set(ERR_UNKNOWN, "the key %.*s is of the unknown kind %d", STR(ret->name),
                       bytes[0]);
    ret->kind = (enum note_kind)bytes[0];
    memcpy(ret->key.bytes, bytes + 1, PUBLIC_KEY_SIZE);
    key_id(ret->name, ret->kind, &ret->key, id);
    return memcmp(id, said, ID_SIZE) == 0
               ? OK
               : err_set(ERR_BAD_VALUE, "the key %.*s does not have the id it names",
                         STR(ret->name));
}

void note_key_print(const struct note_key *key, struct buf *out)
{
    unsigned char id[ID_SIZE];
    char hex[2 * ID_SIZE + 1];
    char bytes[1 + PUBLIC_KEY_SIZE] = {(char)key->kind};
    key_id(key->name, key->kind, &key->key, id);
    hex_encode(id, ID_SIZE, hex);
    memcpy(bytes + 1, key->key.bytes, PUBLIC_KEY_SIZE);
    buf_add(out, key->name);
    buf_printf(out, "+%s+", hex);
    base64_add(out, str_of(bytes, sizeof bytes));
}

static void add_line(struct buf *out, str name, const unsigned char *bytes, size_t size)
{
    buf_add(out, LINE_START);
    buf_add(out, name);
    buf_add_char(out, ' ');
    base64_add(out, str_of((const char *)bytes, size));
    buf_add_char(out, '\n');
}

void note_sign(str text, str name, const struct signing_key *key, struct buf *out)
{
    unsigned char bytes[ID_SIZE + SIGNATURE_SIZE];
    key_id(name, NOTE_SIGNATURE, &key->public_key, bytes);
    sign_bytes(key, text, bytes + ID_SIZE);
    add_line(out, name, bytes, sizeof bytes);
}

/* What a cosignature signs: two lines, then the text. */
static void cosigned_message(str text, uint64_t time_s, struct buf *out)
{
    buf_printf(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
    buf_add(out, text);
}

void note_cosign(str text, str name, const struct signing_key *key, int64_t time_s, struct buf *out)
{
    unsigned char bytes[SIGNED_MAX];
    struct buf message = {.max = text.len + 64};
    key_id(name, NOTE_COSIGNATURE, &key->public_key, bytes);
    for (int i = 0; i < 8; i++)
        bytes[ID_SIZE + i] = (unsigned char)((uint64_t)time_s >> (56 - 8 * i) & 0xFF);
    cosigned_message(text, (uint64_t)time_s, &message);
    if (message.failed)
        out->failed = message.failed;
    sign_bytes(key, buf_str(&message), bytes + ID_SIZE + 8);
    buf_release(&message);
    add_line(out, name, bytes, sizeof bytes);
}

enum err note_split(str note, str *ret_text, str *ret_signatures)
{
    size_t end = 0;
    for (size_t i = 0; i + 1 < note.len; i++)
        if (note.ptr[i] == '\n' && note.ptr[i + 1] == '\n')
            end = i + 1;
    if (!end || !utf8_is_valid(note))
        return err_set(ERR_SYNTAX, "not a signed note: there is no line between text and "
                                   "signatures");
    *ret_text = str_slice(note, 0, end);
    *ret_signatures = str_from(note, end + 1);
    return OK;
}

/* Takes the line apart; false when it is by another key. */
static bool read_line(str line, const struct note_key *key, unsigned char bytes[SIGNED_MAX],
                      size_t *ret_len)
{
    unsigned char id[ID_SIZE];
    str name;
    if (!str_starts(line, LINE_START))
        return false;
    line = str_from(line, LINE_START.len);
    key_id(key->name, key->kind, &key->key, id);
    return str_split(&line, ' ', &name) && str_eq(name, key->name) &&
           base64_read(line, bytes, SIGNED_MAX, ret_len) && *ret_len > ID_SIZE &&
           memcmp(bytes, id, ID_SIZE) == 0;
}

static bool is_good(str text, const struct note_key *key, const unsigned char *bytes, size_t len,
                    int64_t *ret_time_s)
{
    if (key->kind == NOTE_SIGNATURE)
        return len == ID_SIZE + SIGNATURE_SIZE &&
               signature_is_good(&key->key, text, bytes + ID_SIZE);
    uint64_t time_s = 0;
    struct buf message = {.max = text.len + 64};
    for (int i = 0; i < 8 && len == SIGNED_MAX; i++)
        time_s = time_s << 8 | bytes[ID_SIZE + i];
    cosigned_message(text, time_s, &message);
    bool is = len == SIGNED_MAX && time_s <= INT64_MAX && !message.failed &&
              signature_is_good(&key->key, buf_str(&message), bytes + ID_SIZE + 8);
    buf_release(&message);
    *ret_time_s = (int64_t)time_s;
    return is;
}

enum err note_verify(str note, const struct note_key *key, int64_t *ret_time_s)
{
    str text;
    str lines;
    str line;
    bool is_found = false;
    *ret_time_s = 0;
    TRY(note_split(note, &text, &lines));
    for (int i = 0; i < LINES_MAX && lines.len && str_split(&lines, '\n', &line); i++) {
        unsigned char bytes[SIGNED_MAX];
        size_t len = 0;
        if (!read_line(line, key, bytes, &len))
            continue;
        if (!is_good(text, key, bytes, len, ret_time_s))
            return err_set(ERR_DENIED, "the signature by %.*s does not hold", STR(key->name));
        is_found = true;
    }
    return is_found ? OK : err_set(ERR_NOT_FOUND, "there is no signature by %.*s", STR(key->name));
}

enum err note_verify_any(str note, str keys, struct note_key *ret, int64_t *ret_time_s)
{
    str line;
    enum err code = err_set(ERR_SYNTAX, "not a verification key: expected name+id+key");
    for (int i = 0; i < LINES_MAX * 2 && str_split(&keys, '\n', &line); i++) {
        if (str_trim(line).len == 0)
            continue;
        TRY(note_key_parse(line, ret));
        code = note_verify(note, ret, ret_time_s);
        if (code != ERR_NOT_FOUND)
            return code;
    }
    return code;
}
