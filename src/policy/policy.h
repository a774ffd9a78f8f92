/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: may this actor, for this purpose, see or do this? Pure functions over tables; nothing
 * else makes a view.
 *
 * Every record belongs to a policy class: the interned combination of what a decision depends on.
 * Index entries carry the class number; a request evaluates each class once and keeps the answers
 * in a policy_scope, so the engine's per-entry cost is one byte load.
 *
 *   TRY(policy_scope_open(classes, &actor, &scope));
 *   if (policy_scope_get(scope, entry->class_number) == DISCLOSE_NONE) continue;
 *   ... TRY(policy_open(catalog, &actor, &record, arena, &view)); print view ...
 *   policy_scope_close(scope);
 *
 * What decides, in this order (the least of all counts; src/policy/decide.c):
 *   the keepers of a record (officers of its owner who may write or administer, whoever is at the
 *   machine, the system) see all of it;
 *   a deleted record is seen by nobody, any other that is not active by its keepers only;
 *   the actor's purpose must be one of the record's and of the definition's, and may set a limit;
 *   the record's audience, its confidentiality and sensitive flags, the owner's ceiling, the
 *   definition's `show:`.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "model/model.h"

/* Interning table: grows only, thread-safe; numbers live as long as the process. */
struct policy_classes;

enum { POLICY_CLASS_MAX = 65535 };

enum err policy_classes_new(const struct catalog *catalog, struct policy_classes **ret) MUST_USE;
void policy_classes_free(struct policy_classes *classes); /* after every scope of it is closed */
/* Number of the class of a record, interned when new. POLICY_CLASS_MAX at most: ERR_LIMIT. */
enum err policy_class_of(struct policy_classes *classes, const struct record *record,
                         uint16_t *ret) MUST_USE;
/* A class as bytes, for segments, and back into this process's numbering. ERR_DAMAGED. */
void policy_class_write(const struct policy_classes *classes, uint16_t number, struct buf *out);
enum err policy_class_read(struct policy_classes *classes, str bytes, uint16_t *ret) MUST_USE;
size_t policy_class_count(const struct policy_classes *classes);

/* What one actor may see, per class; cached per role, country, unit, purpose, rights. */
struct policy_scope {
    const uint8_t *disclosure; /* enum disclosure by class number */
    size_t count; /* classes interned later than this are evaluated by policy_scope_get */
};
enum err policy_scope_open(struct policy_classes *classes, const struct actor *actor,
                           const struct policy_scope **ret) MUST_USE;
void policy_scope_close(const struct policy_scope *scope);
enum disclosure policy_scope_evaluate(const struct policy_scope *scope, uint16_t class_number);
static inline enum disclosure policy_scope_get(const struct policy_scope *scope,
                                               uint16_t class_number)
{
    if (class_number < scope->count)
        return (enum disclosure)scope->disclosure[class_number];
    return policy_scope_evaluate(scope, class_number);
}

enum policy_action {
    POLICY_SEARCH,
    POLICY_READ,
    POLICY_WRITE,
    POLICY_DELETE,
    POLICY_IMPORT,
    POLICY_FEED,
    POLICY_AUDIT,
    POLICY_ADMINISTER,
    POLICY_APPROVE, /* what another entered: by an officer of the owner, or of none: the hub */
};
/*
 * ERR_DENIED with the reason. definition is NULL for actions that are not about one database; owner
 * (of the record that is to be written, or to be imported) is empty where there is none.
 */
enum err policy_allow(const struct catalog *catalog, const struct actor *actor,
                      enum policy_action action, const struct definition *definition,
                      str owner) MUST_USE;
/*
 * Whose word a change of a record needs beside its writer's, before it is made: bits. What a
 * measure or the definition asks for; a screen that was set off adds to it.
 */
enum approval_need {
    NEED_HUB = 1,     /* the owner is under pre-approval */
    NEED_SECOND = 2,  /* four eyes */
    NEED_RELEASE = 4, /* held by a screen */
    NEED_ALL = 7
};
unsigned policy_needs(const struct actor *actor, const struct definition *definition,
                      bool is_import);
/* The view of a record for an actor, in the arena; ERR_NOT_FOUND when its class is none. */
enum err policy_open(const struct catalog *catalog, const struct actor *actor,
                     const struct record *record, struct arena *arena, struct view *ret) MUST_USE;

/*
 * One of those who look after the records of an owner (empty: of all there are): sees all of them,
 * whole, in any state, whatever the purpose, and so may know how many there are.
 */
bool policy_is_keeper(const struct actor *actor, str owner);
/*
 * The same for records of one definition: what the node keeps for itself is administrators' work.
 */
bool policy_keeps(const struct actor *actor, const struct definition *definition, str owner);

/*
 * Why a record is seen as it is: one step a rule, in the order in which they are asked; the lowest
 * is the decision. For those entitled to know it: an explanation tells what stands in the record.
 */
enum { POLICY_STEP_MAX = 10 };
struct policy_step {
    const char *rule;
    enum disclosure ceiling;
    str words;      /* in the arena */
    struct say say; /* of the words: their values are codes, countries and units */
};
enum disclosure policy_explain(const struct catalog *catalog, const struct actor *actor,
                               const struct record *record, struct arena *arena,
                               struct policy_step ret[POLICY_STEP_MAX], size_t *ret_count);
/*
 * What an actor sees of records of this definition before there is any: of an owner, with this
 * confidentiality and these sensitive flags, for all members and the actor's purpose.
 */
enum disclosure policy_foresee(const struct catalog *catalog, const struct actor *actor,
                               const struct definition *definition, str owner,
                               enum confidentiality confidentiality, unsigned sensitive);

/*
 * What a query may do with a field, whoever owns the record: FIELD_OPEN is searched, scored,
 * explained; FIELD_BLIND (`search: blind`) is searched, the answer is hit-only without score;
 * FIELD_CLOSED is left alone.
 */
enum field_access { FIELD_CLOSED, FIELD_BLIND, FIELD_OPEN };
enum field_access policy_field_access(const struct catalog *catalog, const struct actor *actor,
                                      const struct definition *definition,
                                      const struct field *field);
/* May the actor's queries touch this field at all? */
static inline bool policy_field_open(const struct catalog *catalog, const struct actor *actor,
                                     const struct definition *definition, const struct field *field)
{
    return policy_field_access(catalog, actor, definition, field) != FIELD_CLOSED;
}

#endif
