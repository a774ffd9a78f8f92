/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies sealed in the audit log, and what classes and certificates are read from: bytes of
 * anybody are refused or taken, never more, and nothing opens that was not sealed under that key.
 * First byte: which reader; for policy and certificate what is read is written and read again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "audit/keyring.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sealed(str bytes)
{
    static const struct secret_key key = {{1, 2, 3}};
    struct arena arena = {0};
    str body;
    ensure(unseal_with(&key, NULL, bytes, &arena, &body) != OK); /* nobody knows this key's seal */
    arena_release(&arena);
}

static void certificate(str bytes)
{
    struct hash one, again;
    if (certificate_key_hash(bytes, &one) == OK) {
        ensure(certificate_key_hash(bytes, &again) == OK);
        ensure(memcmp(&one, &again, sizeof one) == 0);
    }
}

static void policy_class(str bytes)
{
    static struct catalog *catalog;
    struct policy_classes *classes = NULL;
    uint16_t number = 0, again = 0;
    if (!catalog)
        ensure(catalog_load(".", &catalog) == OK);
    ensure(policy_classes_new(catalog, &classes) == OK);
    if (policy_class_read(classes, bytes, &number) == OK) {
        struct buf out = {.max = 1 << 20};
        policy_class_write(classes, number, &out);
        ensure(policy_class_read(classes, buf_str(&out), &again) == OK && again == number);
        buf_release(&out);
    }
    policy_classes_free(classes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    str rest = str_of((const char *)data + 1, size - 1);
    if (data[0] % 3 == 0)
        sealed(rest);
    else if (data[0] % 3 == 1)
        certificate(rest);
    else
        policy_class(rest);
    err_clear();
    return 0;
}
