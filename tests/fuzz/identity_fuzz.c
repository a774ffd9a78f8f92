/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers send to be let in: a session's cookie among others, a token, a one-time code, the
 * secret of a link, a sealed secret, and a list of officers; and records as a store might hold them.
 * The first byte says which. Nothing of it may let anybody in.
 */
#include <stdlib.h>

#include "../scratch.h"
#include "codec/json.h"
#include "identity/internal.h"

static struct identity *identity;
static struct catalog *catalog;

static void begin(void)
{
    static struct scratch scratch;
    struct store *store;
    scratch_make(&scratch);
    if (crypto_init() != OK ||
        catalog_load(getenv("BUREAU_HOME") ? getenv("BUREAU_HOME") : ".", &catalog) != OK ||
        store_open(scratch.path, STORE_OPEN_CREATE, &store) != OK ||
        identity_open(scratch.path, catalog, store, &identity) != OK)
        abort();
}

static void read_records(str text, struct arena *arena)
{
    struct node *fields = NULL;
    struct unit_facts unit;
    struct officer_facts officer;
    struct credential_facts credential;
    struct grant_facts grant;
    struct invitation_facts invitation;
    struct measure_facts measure;
    struct terminal_facts terminal;
    if (json_parse(text, arena, &fields) != OK)
        return;
    read_unit(catalog, fields, &unit);
    read_officer(catalog, fields, &officer);
    read_credential(catalog, fields, &credential);
    read_grant(catalog, fields, &grant);
    read_invitation(fields, &invitation);
    read_measure(catalog, fields, &measure);
    read_terminal(catalog, fields, &terminal);
    (void)!check_databases(catalog, node_get(fields, S("databases")));
}

static void read_list(str text, struct arena *arena)
{
    struct identity_import import;
    static const struct actor nobody = {.officer = {"o-1", 3}, .country = {"UTO", 3}};
    if (identity_import(identity, &nobody, text, true, arena, &import) == OK && import.added)
        abort(); /* he administers nothing */
}

static bool lets_in(unsigned char which, str text, struct arena *arena)
{
    struct actor actor;
    struct identity_session session;
    struct identity_enrolment offer;
    unsigned char secret[TOTP_SECRET_SIZE];
    uint64_t step = 0;
    switch (which % 8) {
    case 0: return identity_by_session(identity, text, arena, &actor, &session) == OK;
    case 1: return identity_by_token(identity, text, arena, &actor) == OK;
    case 2: return identity_by_key(identity, text, arena, &actor) == OK;
    case 3: return identity_enrol_start(identity, text, arena, &offer) == OK;
    case 4: return codes_open(identity, S("o-1"), text, secret);
    case 5: (void)totp_is_good(S("12345678901234567890"), text, 1795341600000000, 0, &step); break;
    case 6: read_records(text, arena); break;
    default: read_list(text, arena); break;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {0};
    if (!identity)
        begin();
    if (size == 0 || size > 1 << 16)
        return 0;
    if (lets_in(data[0], str_of((const char *)data + 1, size - 1), &arena))
        abort();
    err_clear();
    arena_release(&arena);
    return 0;
}
