/* SPDX-License-Identifier: Apache-2.0 */
/* The set in force: drawn, kept as a record, asked whether it knows a share. */
#include "base/random.h"

#include "codec/json.h"
#include "crypto/seal.h"
#include "recovery/recovery.h"

#define DEFINITION "recovery"

bool recovery_keeps(const struct definition *definition)
{
    return str_eq_c(definition->name, DEFINITION);
}

enum err recovery_new(unsigned need, unsigned of, struct recovery_set *ret,
                      struct key_share *ret_shares)
{
    struct secret_key key;
    struct box_key box;
    random_bytes(key.bytes, sizeof key.bytes);
    enum err code = share_split(&key, need, of, ret_shares);
    if (!code)
        code = box_key_of(&key, &box);
    wipe(&key, sizeof key);
    if (code)
        return code;
    *ret = (struct recovery_set){.need = (uint8_t)need, .of = (uint8_t)of};
    ret->made_us = clock_now_us();
    memcpy(ret->set, ret_shares[0].set, SHARE_SET_SIZE);
    memcpy(ret->public, box.public, KEY_SIZE);
    wipe(&box, sizeof box);
    for (unsigned i = 0; i < of; i++)
        share_commit(&ret_shares[i], &ret->commitments[i]);
    return OK;
}

bool recovery_knows(const struct recovery_set *set, const struct key_share *share)
{
    struct hash hash;
    if (!share->index || share->index > set->of)
        return false;
    share_commit(share, &hash);
    return equal_constant_time(hash.bytes, set->commitments[share->index - 1].bytes, HASH_SIZE);
}

enum err recovery_vouch(const struct recovery_set *set, const struct key_share *shares,
                        size_t count)
{
    uint32_t seen = 0;
    bool are_good = count > 0 && count <= SHARE_OF_MAX;
    for (size_t i = 0; are_good && i < count; i++) {
        are_good = recovery_knows(set, &shares[i]) && !(seen >> shares[i].index & 1);
        seen |= (uint32_t)1 << (shares[i].index & 31);
    }
    if (are_good && count >= 2)
        return OK;
    return err_set(ERR_DENIED, "this takes the shares of two different holders");
}

/* ---- the record ---- */

static void put_hex(struct node *map, str key, const void *bytes, size_t size, struct arena *arena)
{
    char hex[2 * HASH_SIZE + 1];
    hex_encode(bytes, size, hex);
    struct node *text = node_text(arena, arena_str(arena, str_c(hex)));
    if (key.len)
        node_put(map, key, text);
    else
        node_add(map, text);
}

struct node *recovery_print(const struct recovery_set *set, struct arena *arena)
{
    char text[24];
    struct node *fields = node_map(arena);
    struct node *list = node_list(arena);
    share_set_text(set->set, text);
    node_put_text(arena, fields, S("set"), arena_str(arena, str_c(text)));
    node_put_text(arena, fields, S("need"), arena_printf(arena, "%u", set->need));
    node_put_text(arena, fields, S("of"), arena_printf(arena, "%u", set->of));
    put_hex(fields, S("sealed_to"), set->public, KEY_SIZE, arena);
    for (size_t i = 0; i < set->of; i++)
        put_hex(list, STR_EMPTY, set->commitments[i].bytes, HASH_SIZE, arena);
    node_put(fields, S("commitments"), list);
    node_put_text(arena, fields, S("made"),
                  arena_str(arena, str_c(clock_format(set->made_us, text))));
    return fields;
}

static bool read_set(str text, unsigned char ret[SHARE_SET_SIZE])
{
    uint64_t value = 0;
    if (text.len != SHARE_SET_TEXT - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = crockford_digit(text.ptr[i]);
        if (digit < 0)
            return false;
        value = value << 5 | (uint64_t)digit;
    }
    for (int i = SHARE_SET_SIZE; i-- > 0; value >>= 8)
        ret[i] = (unsigned char)value;
    return true;
}

enum err recovery_read(const struct node *fields, struct recovery_set *ret)
{
    uint64_t need = 0;
    uint64_t of = 0;
    const struct node *list = node_get(fields, S("commitments"));
    *ret = (struct recovery_set){.need = 0};
    bool is_good = read_set(node_get_text(fields, S("set")), ret->set) &&
                   str_to_u64(node_get_text(fields, S("need")), SHARE_OF_MAX, &need) &&
                   str_to_u64(node_get_text(fields, S("of")), SHARE_OF_MAX, &of) &&
                   need >= SHARE_NEED_MIN && need <= of && list && list->kind == NODE_LIST &&
                   list->count == of &&
                   hex_decode(node_get_text(fields, S("sealed_to")), ret->public, KEY_SIZE) &&
                   clock_parse(node_get_text(fields, S("made")), &ret->made_us);
    ret->need = (uint8_t)need;
    ret->of = (uint8_t)of;
    size_t i = 0;
    if (is_good)
        node_each(item, list) is_good =
            is_good && hex_decode(node_as_text(item), ret->commitments[i++].bytes, HASH_SIZE);
    return is_good ? OK : err_set(ERR_BAD_VALUE, "this does not describe shares");
}

struct finding {
    struct arena arena;
    struct recovery_set *set;
    uint64_t number;
};

static enum err on_set(void *context, const struct stored *stored)
{
    struct finding *finding = context;
    struct node *body = NULL;
    if (stored->is_erased || !stored->body.len || stored->state != STATE_ACTIVE)
        return OK;
    arena_reset(&finding->arena);
    TRY(json_parse(stored->body, &finding->arena, &body));
    TRY(recovery_read(node_get(body, S("fields")), finding->set));
    finding->set->number = finding->number = stored->id.number;
    return OK;
}

enum err recovery_find(struct store *store, struct recovery_set *ret)
{
    struct finding finding = {.set = ret};
    enum err code = store_each(store, S(DEFINITION), on_set, &finding);
    arena_release(&finding.arena);
    if (code || finding.number)
        return code;
    err_set(ERR_NOT_FOUND, "no key of recovery was made");
    return err_hint("bureau recovery split");
}

enum err recovery_put(const struct catalog *catalog, struct store *store,
                      const struct recovery_set *set, str owner, str by, struct record_id *ret)
{
    struct arena arena = {0};
    struct recovery_set before = {.number = 0};
    struct change changes[2];
    struct committed done[2];
    struct node *fields = recovery_print(set, &arena);
    node_put_text(&arena, fields, S("made_by"), by);
    enum err code = recovery_find(store, &before);
    if (code == ERR_NOT_FOUND)
        code = OK;
    if (!code)
        code = change_make(
            catalog,
            &(struct made){.definition = DEFINITION, .owner = owner, .actor = by, .fields = fields},
            &arena, &changes[0]);
    if (!code) {
        changes[1] = (struct change){.kind = CHANGE_STATE,
                                     .number = before.number,
                                     .definition = changes[0].definition,
                                     .definition_version = changes[0].definition_version,
                                     .owner = owner,
                                     .actor = by,
                                     .state = STATE_CANCELLED};
        code = store_commit(store, changes, before.number ? 2 : 1, true, done);
    }
    if (!code)
        *ret = done[0].id;
    arena_release(&arena);
    return code;
}
