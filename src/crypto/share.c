/* SPDX-License-Identifier: Apache-2.0 */
/* Shares of a key on paper: see share.h for how they lie. crypto_init() gives libgfshare its random
 * bytes: it has none of its own, and takes them for overwriting what it frees as well. */
#include "crypto/share.h"

#include <libgfshare.h>
#include <stdio.h>

#include "base/random.h"

enum {
    VERSION = 1,
    LINE_BYTES = 5,
    LINE_LETTERS = 10, /* eight, and two of check */
    CHECK_SIZE = 4,
    AT_SET = 1,
    AT_NEED = AT_SET + SHARE_SET_SIZE,
    AT_OF = AT_NEED + 1,
    AT_INDEX = AT_OF + 1,
    AT_PART = AT_INDEX + 1,
    AT_CHECK = AT_PART + KEY_SIZE,
    SHARE_BYTES = AT_CHECK + CHECK_SIZE
};
_Static_assert(SHARE_BYTES == SHARE_LINES * LINE_BYTES, "a share fills its lines");

/* ---- splitting and combining ---- */

static bool is_possible(unsigned need, unsigned of)
{
    return need >= SHARE_NEED_MIN && need <= of && of <= SHARE_OF_MAX;
}

enum err share_split(const struct secret_key *key, unsigned need, unsigned of,
                     struct key_share *ret)
{
    unsigned char indexes[SHARE_OF_MAX];
    unsigned char set[SHARE_SET_SIZE];
    struct secret_key copy = *key;
    if (!is_possible(need, of))
        return err_set(ERR_BAD_VALUE, "%u of %u: at least %d are needed, of at most %d", need, of,
                       SHARE_NEED_MIN, SHARE_OF_MAX);
    for (unsigned i = 0; i < of; i++)
        indexes[i] = (unsigned char)(i + 1);
    gfshare_ctx *context = gfshare_ctx_init_enc(indexes, of, (unsigned char)need, KEY_SIZE);
    if (!context)
        return err_set(ERR_MEMORY, "out of memory for shares");
    gfshare_ctx_enc_setsecret(context, copy.bytes);
    random_bytes(set, sizeof set);
    for (unsigned i = 0; i < of; i++) {
        ret[i] = (struct key_share){.need = (uint8_t)need, .of = (uint8_t)of, .index = indexes[i]};
        memcpy(ret[i].set, set, sizeof set);
        gfshare_ctx_enc_getshare(context, (unsigned char)i, ret[i].part);
    }
    gfshare_ctx_free(context); /* it overwrites its memory */
    wipe(&copy, sizeof copy);
    return OK;
}

static bool are_of_one_set(const struct key_share *shares, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(shares[i].set, shares[0].set, SHARE_SET_SIZE) != 0 ||
            shares[i].need != shares[0].need || shares[i].of != shares[0].of)
            return false;
        for (size_t k = 0; k < i; k++)
            if (shares[k].index == shares[i].index)
                return false;
    }
    return true;
}

enum err share_combine(const struct key_share *shares, size_t count, struct secret_key *ret)
{
    unsigned char indexes[SHARE_OF_MAX];
    unsigned char part[KEY_SIZE];
    if (count < SHARE_NEED_MIN || count > SHARE_OF_MAX || count < shares[0].need ||
        !are_of_one_set(shares, count))
        return err_set(ERR_DENIED, "these shares do not restore the key");
    for (size_t i = 0; i < count; i++)
        indexes[i] = shares[i].index;
    gfshare_ctx *context = gfshare_ctx_init_dec(indexes, (unsigned)count, KEY_SIZE);
    if (!context)
        return err_set(ERR_MEMORY, "out of memory for shares");
    for (size_t i = 0; i < count; i++) {
        memcpy(part, shares[i].part, KEY_SIZE);
        gfshare_ctx_dec_giveshare(context, (unsigned char)i, part);
    }
    gfshare_ctx_dec_extract(context, ret->bytes);
    gfshare_ctx_free(context);
    wipe(part, sizeof part);
    return OK;
}

/* ---- bytes ---- */

static void checksum(const unsigned char bytes[SHARE_BYTES], struct hash *ret)
{
    const str pieces[] = {S("bureau share checksum"), str_of((const char *)bytes, AT_CHECK)};
    sha256_pieces(pieces, COUNT_OF(pieces), ret);
}

static void pack(const struct key_share *share, unsigned char ret[SHARE_BYTES])
{
    struct hash check;
    ret[0] = VERSION;
    memcpy(ret + AT_SET, share->set, SHARE_SET_SIZE);
    ret[AT_NEED] = share->need;
    ret[AT_OF] = share->of;
    ret[AT_INDEX] = share->index;
    memcpy(ret + AT_PART, share->part, KEY_SIZE);
    checksum(ret, &check);
    memcpy(ret + AT_CHECK, check.bytes, CHECK_SIZE);
}

static enum err unpack(const unsigned char bytes[SHARE_BYTES], struct key_share *ret)
{
    struct hash check;
    checksum(bytes, &check);
    if (memcmp(bytes + AT_CHECK, check.bytes, CHECK_SIZE) != 0)
        return err_set(ERR_BAD_VALUE, "each line agrees with itself, but not all with each other");
    if (bytes[0] != VERSION)
        return err_set(ERR_VERSION, "the share was written by a newer program");
    ret->need = bytes[AT_NEED];
    ret->of = bytes[AT_OF];
    ret->index = bytes[AT_INDEX];
    memcpy(ret->set, bytes + AT_SET, SHARE_SET_SIZE);
    memcpy(ret->part, bytes + AT_PART, KEY_SIZE);
    if (!is_possible(ret->need, ret->of) || !ret->index || ret->index > ret->of)
        return err_set(ERR_BAD_VALUE, "this is no share");
    return OK;
}

void share_commit(const struct key_share *share, struct hash *ret)
{
    unsigned char bytes[SHARE_BYTES];
    pack(share, bytes);
    const str pieces[] = {S("bureau share commitment"), str_of((const char *)bytes, AT_CHECK)};
    sha256_pieces(pieces, COUNT_OF(pieces), ret);
    wipe(bytes, sizeof bytes);
}

/* ---- text ---- */

static void letters_of(const unsigned char bytes[LINE_BYTES], char ret[8])
{
    uint64_t value = 0;
    for (int i = 0; i < LINE_BYTES; i++)
        value = value << 8 | bytes[i];
    for (int i = 8; i-- > 0; value >>= 5)
        ret[i] = crockford_letters[value & 31];
}

/* Ten bits over the line and its number: a line in another's place is found as well. */
static unsigned line_check(size_t line, const unsigned char bytes[LINE_BYTES])
{
    struct hash hash;
    const char number = (char)line;
    const str pieces[] = {S("bureau share line"), str_of(&number, 1),
                          str_of((const char *)bytes, LINE_BYTES)};
    sha256_pieces(pieces, COUNT_OF(pieces), &hash);
    return (hash.bytes[0] << 8 | hash.bytes[1]) & 1023u;
}

void share_set_text(const unsigned char set[SHARE_SET_SIZE], char ret[SHARE_SET_TEXT])
{
    letters_of(set, ret);
    ret[SHARE_SET_TEXT - 1] = 0;
}

void share_print(const struct key_share *share, char ret[SHARE_LINES][SHARE_LINE_TEXT])
{
    unsigned char bytes[SHARE_BYTES];
    char letters[8];
    pack(share, bytes);
    for (size_t i = 0; i < SHARE_LINES; i++) {
        unsigned check = line_check(i, bytes + i * LINE_BYTES);
        letters_of(bytes + i * LINE_BYTES, letters);
        (void)snprintf(ret[i], SHARE_LINE_TEXT, "%.4s-%.4s-%c%c", letters, letters + 4,
                       crockford_letters[check >> 5], crockford_letters[check & 31]);
    }
    wipe(bytes, sizeof bytes);
    wipe(letters, sizeof letters);
}

static enum err bad_line(size_t line, const char *why)
{
    return err_set(ERR_BAD_VALUE, "line %zu was mistyped: %s", line + 1, why);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The line's number before its letters, if it is there: "3 ", "3. ". */
static str without_number(str text, size_t line)
{
    bool is_numbered = text.len > 2 && text.ptr[0] == (char)('1' + line) &&
                       (is_blank(text.ptr[1]) || text.ptr[1] == '.' || text.ptr[1] == ':');
    return is_numbered ? str_from(text, 2) : text;
}

static enum err read_line(str text, size_t line, unsigned char ret[LINE_BYTES])
{
    uint64_t value = 0;
    size_t count = 0;
    text = without_number(text, line);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '-' || is_blank(text.ptr[i]))
            continue;
        int digit = crockford_digit(text.ptr[i]);
        if (digit < 0)
            return bad_line(line, "a character that is in no share");
        if (++count > LINE_LETTERS)
            return bad_line(line, "more than ten letters");
        value = value << 5 | (uint64_t)digit;
    }
    if (count < LINE_LETTERS)
        return bad_line(line, "fewer than ten letters");
    unsigned check = (unsigned)(value & 1023);
    value >>= 10;
    for (int i = LINE_BYTES; i-- > 0; value >>= 8)
        ret[i] = (unsigned char)value;
    return check == line_check(line, ret) ? OK : bad_line(line, "its last two do not agree");
}

enum err share_parse(str text, struct key_share *ret)
{
    unsigned char bytes[SHARE_BYTES] = {0};
    size_t count = 0;
    enum err code = OK;
    str line;
    while (!code && str_split(&text, '\n', &line)) {
        line = str_trim(line);
        if (!line.len)
            continue;
        code = count < SHARE_LINES ? read_line(line, count, bytes + count * LINE_BYTES)
                                   : err_set(ERR_SYNTAX, "a share has nine lines, not more");
        count++;
    }
    if (!code && count < SHARE_LINES)
        code = err_set(ERR_SYNTAX, "a share has nine lines, not %zu", count);
    code = code ? code : unpack(bytes, ret);
    wipe(bytes, sizeof bytes);
    return code;
}

enum err share_check_line(str text, size_t line)
{
    unsigned char bytes[LINE_BYTES];
    enum err code = read_line(text, line, bytes);
    wipe(bytes, sizeof bytes);
    return code;
}
