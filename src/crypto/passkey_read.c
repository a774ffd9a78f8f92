/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of an authenticator. Authenticator data are a fixed head and, in a new passkey, its id
 * and key; the key and what follows are CBOR items, of which only the length matters here:
 *
 *   rp hash 32 | flags 1 | counter 4 | [ aaguid 16 | length 2 | id | key (CBOR) ] | [ map (CBOR) ]
 *
 * An attestation object is a CBOR map of "fmt", "attStmt" and "authData". CBOR is read as CTAP 2
 * has it: definite lengths, nothing left over. An item is passed over by counting what is still
 * owed, not by recursion, so depth is no matter; each owed item takes a byte at least, so a count
 * beyond the bytes that are left is refused at once.
 */
#include "crypto/passkey.h"

enum {
    FLAG_PRESENT = 0x01,
    FLAG_VERIFIED = 0x04,
    FLAG_MAY_BACK_UP = 0x08,
    FLAG_BACKED_UP = 0x10,
    FLAG_KEY = 0x40,
    FLAG_EXTENSIONS = 0x80,
    AAGUID_SIZE = 16,
    FORMAT_MAX = 32
};
enum major { CBOR_BYTES = 2, CBOR_TEXT = 3, CBOR_LIST = 4, CBOR_MAP = 5, CBOR_TAG = 6 };

static enum err no_said(const char *what)
{
    return err_set(ERR_SYNTAX, "authenticator data: %s", what);
}

/* ---- CBOR (RFC 8949) ---- */

/* The head of an item: its kind and its number. false: cut off, or of indefinite length. */
static bool read_head(struct cursor *cursor, unsigned *ret_major, uint64_t *ret_value)
{
    uint8_t first = cursor_u8(cursor);
    unsigned small = first & 31;
    uint64_t value = small;
    if (small > 27)
        return false;
    if (small >= 24) {
        value = 0;
        for (unsigned i = 0; i < 1u << (small - 24); i++)
            value = value << 8 | cursor_u8(cursor);
    }
    *ret_major = first >> 5;
    *ret_value = value;
    return !cursor->is_bad;
}

/* Passes over a whole item. */
static bool skip_item(struct cursor *cursor)
{
    uint64_t owed = 1;
    while (owed) {
        unsigned major;
        uint64_t value;
        if (!read_head(cursor, &major, &value))
            return false;
        owed--;
        if (major == CBOR_BYTES || major == CBOR_TEXT) {
            if (value > cursor_left(cursor))
                return false;
            (void)cursor_bytes(cursor, (size_t)value);
        } else if (major == CBOR_LIST || major == CBOR_MAP) {
            if (value > cursor_left(cursor))
                return false;
            owed += major == CBOR_MAP ? 2 * value : value;
        } else if (major == CBOR_TAG) {
            owed++;
        }
        if (owed > cursor_left(cursor))
            return false;
    }
    return true;
}

static bool read_piece(struct cursor *cursor, unsigned wanted, str *ret)
{
    unsigned major;
    uint64_t value;
    if (!read_head(cursor, &major, &value) || major != wanted || value > cursor_left(cursor))
        return false;
    *ret = cursor_bytes(cursor, (size_t)value);
    return !cursor->is_bad;
}

static bool read_item(struct cursor *cursor, str *ret)
{
    const char *start = (const char *)cursor->at;
    if (!skip_item(cursor))
        return false;
    *ret = str_of(start, (size_t)((const char *)cursor->at - start));
    return true;
}

/* ---- authenticator data ---- */

/* Numbers of an authenticator are big endian. */
static uint32_t read_big(struct cursor *cursor, unsigned bytes)
{
    uint32_t value = 0;
    while (bytes--)
        value = value << 8 | cursor_u8(cursor);
    return value;
}

static enum err read_key(struct cursor *cursor, struct passkey_said *ret)
{
    (void)cursor_bytes(cursor, AAGUID_SIZE);
    size_t len = read_big(cursor, 2);
    if (len < PASSKEY_ID_MIN || len > PASSKEY_ID_MAX)
        return no_said("an id is of 16 to 1023 bytes");
    ret->id = cursor_bytes(cursor, len);
    if (cursor->is_bad || !read_item(cursor, &ret->key))
        return no_said("the new key is cut off");
    return OK;
}

enum err passkey_read_said(str bytes, struct passkey_said *ret)
{
    struct cursor cursor = cursor_of(bytes);
    struct passkey_said said = {.id = STR_EMPTY, .key = STR_EMPTY};
    if (bytes.len > PASSKEY_SAID_MAX)
        return no_said("too long");
    str hash = cursor_bytes(&cursor, HASH_SIZE);
    unsigned flags = cursor_u8(&cursor);
    said.counter = read_big(&cursor, 4);
    if (cursor.is_bad)
        return no_said("cut off");
    memcpy(said.rp_hash.bytes, hash.ptr, HASH_SIZE);
    said.is_present = flags & FLAG_PRESENT;
    said.is_verified = flags & FLAG_VERIFIED;
    said.is_backed_up = flags & FLAG_BACKED_UP;
    if (said.is_backed_up && !(flags & FLAG_MAY_BACK_UP)) /* WebAuthn 3, 6.1.3 */
        return no_said("backed up, but not to be");
    if (flags & FLAG_KEY)
        TRY(read_key(&cursor, &said));
    if (flags & FLAG_EXTENSIONS && !skip_item(&cursor))
        return no_said("the extensions are cut off");
    if (cursor.is_bad || cursor_left(&cursor))
        return no_said("something is left over");
    *ret = said;
    return OK;
}

/* ---- an attestation object ---- */

static bool read_member(struct cursor *cursor, struct passkey_attested *attested)
{
    str key;
    if (!read_piece(cursor, CBOR_TEXT, &key))
        return false;
    if (str_eq(key, S("fmt")) && !attested->format.ptr)
        return read_piece(cursor, CBOR_TEXT, &attested->format) &&
               attested->format.len <= FORMAT_MAX;
    if (str_eq(key, S("attStmt")) && !attested->statement.ptr)
        return read_item(cursor, &attested->statement) &&
               (unsigned char)attested->statement.ptr[0] >> 5 == CBOR_MAP;
    if (str_eq(key, S("authData")) && !attested->said.ptr)
        return read_piece(cursor, CBOR_BYTES, &attested->said);
    return false;
}

enum err passkey_read_attested(str bytes, struct passkey_attested *ret)
{
    struct cursor cursor = cursor_of(bytes);
    struct passkey_attested attested = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    unsigned major = 0;
    uint64_t count = 0;
    bool is_good = bytes.len <= PASSKEY_ATTESTED_MAX && read_head(&cursor, &major, &count) &&
                   major == CBOR_MAP && count == 3;
    for (unsigned i = 0; is_good && i < 3; i++)
        is_good = read_member(&cursor, &attested);
    if (!is_good || cursor_left(&cursor))
        return err_set(ERR_SYNTAX, "this is not an attestation of a passkey");
    *ret = attested;
    return OK;
}
