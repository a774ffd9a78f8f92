/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passkeys of officers: records of credentials with an id, a public key and a counter.
 *
 * Signing in goes the same way whatever is wrong: throttle, client data, challenge, signature -
 * with a key of nobody's where the id is unknown - and only then is it said, in one sentence, that
 * it was not accepted. Who is named is given a list of one length, whether he has a passkey, many
 * or none.
 *
 * The counter (WebAuthn 6.1.1) must rise where there is one. Where it does not, two authenticators
 * hold the same key, and nobody can tell which is the officer's: this sign-in is refused, and the
 * passkey from then on, until its officer, or an administrator, takes it off the list.
 */
#include "identity/passkey.h"

#include <stdlib.h>

#include "crypto/sign.h"
#include "identity/internal.h"

enum { HANDLE_SIZE = 32, FAKE_SIZE_MAX = 64, LIST_MAX = 64 };

static enum err refused(void)
{
    err_set(ERR_UNAUTHENTICATED, "the passkey was not accepted");
    return err_hint("try again; who has no other way in gets a new link from an administrator");
}

static str encode(struct arena *arena, const void *bytes, size_t size)
{
    struct buf text = {.max = 4096};
    base64url_add(&text, str_of(bytes, size));
    str result = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return result;
}

/* By which an authenticator knows the officer: tells nothing to who finds the authenticator. */
static void handle_of(const struct identity *identity, str officer, struct hash *ret)
{
    struct buf about = {.max = 256};
    buf_add(&about, S("passkeys of "));
    buf_add(&about, str_slice(officer, 0, 64));
    keyed_hash(&identity->key, buf_str(&about), ret);
    buf_release(&about);
}

/* ---- what is asked ---- */

/*
 * Every list has as many ids as an officer can have: his own, and ids of 16 to 64 bytes that look
 * like some and are made of the name with the node's key, so that they are the same each time.
 */
static void fill_up(const struct identity *identity, str officer, struct arena *arena, str *ids,
                    size_t count)
{
    static const unsigned char sizes[] = {16, 20, 32, 32, 32, 48, 64, 64};
    struct hash seed, half;
    struct secret_key key;
    unsigned char bytes[FAKE_SIZE_MAX];
    handle_of(identity, officer, &seed);
    memcpy(key.bytes, seed.bytes, KEY_SIZE);
    keyed_hash(&key, S("how long"), &half);
    for (size_t i = count; i < PASSKEYS_MAX; i++) {
        size_t size = sizes[half.bytes[i] % COUNT_OF(sizes)];
        for (size_t part = 0; part < 2; part++) {
            struct hash piece;
            char about[2] = {(char)i, (char)part};
            keyed_hash(&key, str_of(about, sizeof about), &piece);
            memcpy(bytes + part * HASH_SIZE, piece.bytes, HASH_SIZE);
        }
        ids[i] = encode(arena, bytes, size);
    }
}

static int compare_ids(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

/* Under the lock. */
static size_t ids_of(const struct account *account, struct arena *arena, str *ids)
{
    size_t count = 0;
    for (const struct credential *one = account ? account->credentials : NULL;
         one && count < LIST_MAX; one = one->next)
        if (one->facts.kind == CREDENTIAL_PASSKEY)
            ids[count++] = arena_str(arena, one->facts.passkey);
    return count;
}

enum err identity_passkey_ask(struct identity *identity, const struct passkey_party *party,
                              str officer, str binding, struct arena *arena,
                              struct passkey_question *ret)
{
    struct challenge_use use = {CHALLENGE_SIGN_IN, officer, binding, party->id, party->origin};
    str *ids = arena_array(arena, str, LIST_MAX);
    if (!ids)
        return err_last()->code;
    *ret = (struct passkey_question){.ids = ids};
    if (officer.len && !identity_id_is_good(officer))
        return refused();
    if (officer.len) {
        pthread_rwlock_rdlock(&identity->lock);
        const struct account *account = find_account(identity, officer);
        bool is_active = account_is_there(account) && account->state == STATE_ACTIVE;
        size_t count = ids_of(is_active ? account : NULL, arena, ids);
        pthread_rwlock_unlock(&identity->lock);
        fill_up(identity, officer, arena, ids, count);
        ret->id_count = count > PASSKEYS_MAX ? count : PASSKEYS_MAX;
        qsort(ids, ret->id_count, sizeof *ids, compare_ids); /* the order tells nothing */
    }
    challenge_make(identity->challenges, &use, ret->challenge);
    return OK;
}

enum err identity_passkey_offer(struct identity *identity, const struct passkey_party *party,
                                const struct actor *by, str binding, struct arena *arena,
                                struct passkey_question *ret)
{
    struct challenge_use use = {CHALLENGE_NEW, by->officer, binding, party->id, party->origin};
    struct hash handle;
    str *ids = arena_array(arena, str, LIST_MAX);
    if (!ids)
        return err_last()->code;
    handle_of(identity, by->officer, &handle);
    *ret = (struct passkey_question){.ids = ids, .user = encode(arena, handle.bytes, HANDLE_SIZE)};
    pthread_rwlock_rdlock(&identity->lock);
    ret->id_count = ids_of(find_account(identity, by->officer), arena, ids);
    pthread_rwlock_unlock(&identity->lock);
    challenge_make(identity->challenges, &use, ret->challenge);
    return OK;
}

/* What the browser says it was asked, and where. */
static bool is_asked_here(struct identity *identity, const struct passkey_party *party,
                          const struct challenge_use *use, str client_data, struct arena *arena,
                          str *ret_challenge)
{
    struct passkey_client client;
    const char *type = use->kind == CHALLENGE_NEW ? "webauthn.create" : "webauthn.get";
    if (passkey_read_client(client_data, arena, &client) != OK)
        return false;
    *ret_challenge = client.challenge;
    return str_eq_c(client.type, type) && str_eq(client.origin, party->origin) &&
           !client.is_cross_origin && challenge_take(identity->challenges, use, client.challenge);
}

/* ---- changing a record ---- */

static enum err rewrite(struct identity *identity, uint64_t number, str by, str key, str value,
                        struct arena *arena)
{
    struct stored stored;
    struct node *fields = NULL;
    struct node *changed = node_map(arena);
    struct writing writing = {.change = {.number = 0}};
    TRY(read_fields_of(identity, number, arena, &fields, &stored));
    node_each(field, fields) if (!str_eq(field->key, key))
        node_put(changed, field->key, node_copy(arena, field));
    node_put_text(arena, changed, key, value);
    struct heading heading = {.definition = "credential",
                              .owner = stored.owner,
                              .by = by,
                              .number = number,
                              .version = stored.version};
    enum err code = writing_put(identity, &writing, &heading, changed, arena);
    if (!code)
        code = writings_commit(identity, &writing, 1, NULL);
    writing_release(&writing);
    return code;
}

/* ---- signing in ---- */

struct held { /* of a passkey, taken under the lock */
    struct passkey_key key;
    uint64_t number;
    bool is_known;
};

/* The point P-256 is generated by: a key that is good, and whose secret signs nobody in. */
static void key_of_nobody(struct passkey_key *ret)
{
    static const char point[] = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                                "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    *ret = (struct passkey_key){.algorithm = PASSKEY_ES256, .len = 64};
    ensure(hex_decode(str_of(point, sizeof point - 1), ret->bytes, 64));
}

static void take_held(struct identity *identity, str id, struct arena *arena, struct held *ret,
                      str *ret_officer)
{
    struct hash hash;
    *ret = (struct held){.is_known = false};
    sha256(id, &hash);
    pthread_rwlock_rdlock(&identity->lock);
    const struct credential *found = find_by_hash(identity, &hash, CREDENTIAL_PASSKEY);
    const struct account *account = found ? found->account : NULL;
    if (account_is_there(account) && account->state == STATE_ACTIVE) {
        ret->is_known = passkey_key_read(found->facts.key, &ret->key);
        ret->number = found->number;
        *ret_officer = arena_str(arena, account->id);
    }
    pthread_rwlock_unlock(&identity->lock);
    if (!ret->is_known)
        key_of_nobody(&ret->key);
}

/* The user handle, where the authenticator gives one, is the officer's. */
static bool is_handle_good(struct identity *identity, const struct passkey_try *given, str officer)
{
    struct hash handle;
    handle_of(identity, officer, &handle);
    if (!given->user.len) /* who was not named must be known by it (7.2 step 6) */
        return given->officer.len > 0;
    return given->user.len == HANDLE_SIZE &&
           equal_constant_time(given->user.ptr, handle.bytes, HANDLE_SIZE);
}

/* Counts on, or finds that it went back. While changing. */
static enum err count_on(struct identity *identity, uint64_t number, uint32_t counter,
                         struct arena *arena, bool *ret_is_suspect)
{
    char text[24];
    const struct credential *held = find_credential(identity, number);
    if (!held) /* revoked meanwhile */
        return refused();
    str officer = arena_str(arena, held->account->id);
    if (held->facts.suspect_us) {
        *ret_is_suspect = true;
        return refused();
    }
    if (counter > held->facts.counter)
        return rewrite(identity, number, officer, S("counter"),
                       arena_printf(arena, "%u", (unsigned)counter), arena);
    if (counter == 0 && held->facts.counter == 0) /* it does not count */
        return OK;
    *ret_is_suspect = true;
    TRY(rewrite(identity, number, officer, S("suspect"),
                arena_str(arena, str_c(clock_format(clock_now_us(), text))), arena));
    return refused();
}

static enum err check(struct identity *identity, const struct passkey_try *given,
                      const struct held *held, str officer, struct arena *arena,
                      struct passkey_outcome *ret)
{
    struct challenge_use use = {CHALLENGE_SIGN_IN, given->officer, given->binding, given->party->id,
                                given->party->origin};
    uint32_t counter = 0;
    str challenge = STR_EMPTY;
    bool is_asked =
        is_asked_here(identity, given->party, &use, given->client_data, arena, &challenge);
    bool is_signed = passkey_check(&held->key, given->said, given->client_data, given->signature,
                                   given->party->id, &counter) == OK;
    bool is_whose = is_handle_good(identity, given, officer) &&
                    (!given->officer.len || str_eq(given->officer, officer));
    err_clear();
    if (!is_asked || !is_signed || !held->is_known || !is_whose)
        return refused();
    challenge_keep(identity->challenges, challenge);
    pthread_mutex_lock(&identity->changing);
    enum err code = count_on(identity, held->number, counter, arena, &ret->is_suspect);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

enum err identity_passkey_sign_in(struct identity *identity, const struct passkey_try *given,
                                  struct arena *arena, struct passkey_outcome *ret)
{
    struct held held;
    str officer = STR_EMPTY;
    *ret = (struct passkey_outcome){.wait_s = 1};
    take_held(identity, given->id, arena, &held, &officer);
    /* Tries count for whom they are made: by name, else by passkey, else by address alone. */
    str whose = given->officer.len ? given->officer : officer.len ? officer : S("?");
    bool is_known = is_known_device(identity, whose, given->device);
    TRY(throttle_enter(identity->throttle, clock_monotonic_us(), whose, given->address, is_known,
                       given->device, &ret->wait_s));
    ret->officer = officer;
    enum err code = check(identity, given, &held, officer, arena, ret);
    if (code && officer.len)
        count_try(identity, officer);
    TRY(code);
    throttle_succeed(identity->throttle, whose, given->address, is_known, given->device);
    return OK;
}

/* ---- a new one ---- */

static enum err check_label(str label)
{
    if (label.len && label.len <= PASSKEY_LABEL_MAX)
        return OK;
    err_set(label.len ? ERR_LIMIT : ERR_MISSING,
            "a passkey is called something, of at most %d "
            "bytes",
            PASSKEY_LABEL_MAX);
    return err_field("label");
}

static struct node *fields_of(const struct passkey_made *made, str officer, str label,
                              struct arena *arena)
{
    struct buf key = {.max = 1024};
    struct node *fields = node_map(arena);
    passkey_key_print(&made->key, &key);
    node_put_text(arena, fields, S("officer"), officer);
    node_put_text(arena, fields, S("kind"), str_c(credential_words[CREDENTIAL_PASSKEY]));
    node_put_text(arena, fields, S("label"), label);
    put_moment(arena, fields, S("created"), clock_now_us());
    node_put_text(arena, fields, S("passkey"), encode(arena, made->id.ptr, made->id.len));
    node_put_text(arena, fields, S("key"), arena_str(arena, buf_str(&key)));
    node_put_number(arena, fields, S("counter"), made->counter);
    buf_release(&key);
    return fields;
}

/* While changing. An id that is known, be it another's, is none (7.1 step 26). */
static enum err add(struct identity *identity, const struct actor *by,
                    const struct passkey_made *made, str label, struct arena *arena,
                    struct identity_credential *ret)
{
    struct hash hash;
    str ids[LIST_MAX];
    struct node *fields = fields_of(made, by->officer, label, arena);
    sha256(node_get_text(fields, S("passkey")), &hash);
    if (find_by_hash(identity, &hash, CREDENTIAL_PASSKEY))
        return err_set(ERR_CONFLICT, "this passkey is there already");
    if (ids_of(find_account(identity, by->officer), arena, ids) >= PASSKEYS_MAX)
        return err_set(ERR_LIMIT, "an officer has at most %d passkeys", PASSKEYS_MAX);
    return credential_commit(identity, by, fields, arena, ret);
}

enum err identity_passkey_new(struct identity *identity, const struct actor *by,
                              const struct passkey_new *given, struct arena *arena,
                              struct identity_credential *ret)
{
    struct challenge_use use = {CHALLENGE_NEW, by->officer, given->binding, given->party->id,
                                given->party->origin};
    struct passkey_made made;
    str challenge = STR_EMPTY;
    TRY(check_label(given->label));
    if (!is_asked_here(identity, given->party, &use, given->client_data, arena, &challenge)) {
        err_set(ERR_DENIED, "the passkey does not answer what this session was asked");
        return err_hint("begin again; a challenge is good once and for five minutes");
    }
    TRY(passkey_check_new(given->attested, given->client_data, given->party->id, &made));
    challenge_keep(identity->challenges, challenge);
    pthread_mutex_lock(&identity->changing);
    enum err code = add(identity, by, &made, given->label, arena, ret);
    pthread_mutex_unlock(&identity->changing);
    return code;
}

enum err identity_passkey_label(struct identity *identity, const struct actor *by,
                                struct record_id id, str label, struct arena *arena,
                                struct identity_credential *ret)
{
    char text[RECORD_ID_TEXT];
    TRY(check_label(label));
    pthread_mutex_lock(&identity->changing);
    const struct credential *held =
        id.home == identity->home ? find_credential(identity, id.number) : NULL;
    bool is_own =
        held && held->facts.kind == CREDENTIAL_PASSKEY && str_eq(held->account->id, by->officer);
    enum err code = is_own ? rewrite(identity, id.number, by->officer, S("label"), label, arena)
                           : not_there("passkey", str_c(record_id_format(id, text)));
    if (!code)
        credential_show(identity, find_credential(identity, id.number), arena, ret);
    pthread_mutex_unlock(&identity->changing);
    return code;
}
