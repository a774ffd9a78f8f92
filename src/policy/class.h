/* SPDX-License-Identifier: Apache-2.0 */
/* Between the table of classes and the scopes over it. */
#ifndef POLICY_CLASS_H
#define POLICY_CLASS_H

#include "policy/internal.h"

const struct facts *class_facts(const struct policy_classes *classes, uint16_t number);
const struct catalog *class_catalog(const struct policy_classes *classes);

struct scope_cache;
struct scope_cache *class_scopes(const struct policy_classes *classes);
struct scope_cache *scope_cache_new(void);
void scope_cache_free(struct scope_cache *cache);

#endif
