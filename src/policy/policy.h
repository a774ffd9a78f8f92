/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: may this actor, for this purpose, see or do this? Pure functions over tables; nothing else makes a view.
 *
 * Every record belongs to a policy class: the interned combination of what a decision depends on. Index entries carry
 * the class number; a request evaluates each class once and keeps the answers in a policy_scope, so the engine's
 * per-entry cost is one byte load.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "model/model.h"

struct policy_classes; /* interning table, grows only, thread-safe; numbers live as long as the process */

enum err policy_classes_new(const struct catalog *catalog, struct policy_classes **ret) MUST_USE;
void policy_classes_free(struct policy_classes *classes);
/* Number of the class of a record, interned when new. 65,535 at most: ERR_LIMIT. */
enum err policy_class_of(struct policy_classes *classes, const struct record *record, uint16_t *ret) MUST_USE;
/* A class as bytes, for segments; and back into this process's numbering. */
void policy_class_write(const struct policy_classes *classes, uint16_t number, struct buf *out);
enum err policy_class_read(struct policy_classes *classes, str bytes, uint16_t *ret) MUST_USE;
size_t policy_class_count(const struct policy_classes *classes);

/* What one actor may see, per class. Cached per (actor's role, country, unit, purpose) and table size; ref-counted. */
struct policy_scope {
    const uint8_t *disclosure; /* enum disclosure by class number */
    size_t count;              /* classes interned later than this are evaluated by policy_scope_get */
};
enum err policy_scope_open(struct policy_classes *classes, const struct actor *actor,
                           const struct policy_scope **ret) MUST_USE;
void policy_scope_close(const struct policy_scope *scope);
enum disclosure policy_scope_get(const struct policy_scope *scope, uint16_t class_number);

enum policy_action { POLICY_SEARCH, POLICY_READ, POLICY_WRITE, POLICY_DELETE, POLICY_IMPORT, POLICY_FEED, POLICY_AUDIT,
                     POLICY_ADMINISTER };
/* ERR_DENIED with the reason; definition may be NULL for actions that are not about one database. */
enum err policy_allow(const struct catalog *catalog, const struct actor *actor, enum policy_action action,
                      const struct definition *definition, str owner) MUST_USE;
/* The view of a record for an actor; ERR_NOT_FOUND when its class is none to the actor. */
enum err policy_open(const struct catalog *catalog, const struct actor *actor, const struct record *record,
                     struct arena *arena, struct view *ret) MUST_USE;
/* May the actor's queries touch this field at all? */
bool policy_field_open(const struct actor *actor, const struct definition *definition, const struct field *field);

#endif
