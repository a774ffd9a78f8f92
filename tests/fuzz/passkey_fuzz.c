/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an authenticator and a browser say, as a stranger may send it: authenticator data, attestation
 * objects, client data; and as answers of a passkey that this stranger does not have. The first byte
 * says which. No signature may be found good.
 */
#include <stdlib.h>

#include "crypto/sign.h"
#include "identity/passkey.h"

static const str node_id = {"bureau.example", 14};

static void check_new(str bytes)
{
    struct passkey_made made;
    if (passkey_check_new(bytes, S("{}"), node_id, &made) != OK)
        return;
    if (made.is_attested || !made.key.algorithm || made.id.len < PASSKEY_ID_MIN)
        abort(); /* a statement would have to be signed over our client data */
}

static void check_known(str bytes)
{
    uint32_t counter = 0;
    struct passkey_key key = {.algorithm = PASSKEY_ES256, .len = 64};
    size_t said = bytes.len < 37 ? bytes.len : 37;
    static const char point[] = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                                "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    if (hex_decode(str_of(point, sizeof point - 1), key.bytes, 64) &&
        passkey_check(&key, str_slice(bytes, 0, said), S("{}"), str_from(bytes, said), node_id,
                      &counter) == OK)
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {0};
    struct passkey_said said;
    struct passkey_attested attested;
    struct passkey_client client;
    struct passkey_key key;
    if (size == 0 || size > 1 << 15)
        return 0;
    str bytes = str_of((const char *)data + 1, size - 1);
    switch (data[0] % 5) {
    case 0:
        if (passkey_read_said(bytes, &said) == OK && said.id.len + said.key.len > bytes.len)
            abort();
        break;
    case 1:
        if (passkey_read_attested(bytes, &attested) == OK)
            check_new(bytes);
        break;
    case 2: (void)!passkey_read_client(bytes, &arena, &client); break;
    case 3: check_known(bytes); break;
    default: (void)passkey_key_read(bytes, &key); break;
    }
    err_clear();
    arena_release(&arena);
    return 0;
}
