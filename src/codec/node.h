/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one tree of the program: what JSON, YAML and XML are read into and written from, what a
 * record's body, a definition and an API answer are made of. Nodes live in an arena. Scalars stay
 * text ("NO" is Norway, 007 keeps its zeros); whoever knows the field's type parses it. Maps keep
 * the order of their keys; a duplicate key is a syntax error.
 *
 *   struct node *map = node_map(arena);
 *   node_put_text(arena, map, S("number"), S("L898902C3"));
 *   const struct node *n = node_get(map, S("number"));      // NULL when absent
 */
#ifndef CODEC_NODE_H
#define CODEC_NODE_H

#include "base/base.h"

enum node_kind { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_TEXT, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    uint32_t line, column; /* 1-based place in the source; 0 when made here */
    uint32_t count;        /* children of a list or map */
    str key;               /* when the parent is a map */
    str text;              /* TEXT, NUMBER (its literal), BOOL ("true", "false") */
    struct node *first, *last, *next;
};

/* NOLINTBEGIN(bugprone-macro-parentheses): child is a name being declared */
#define node_each(child, parent) \
    for (const struct node *child = (parent) ? (parent)->first : NULL; child; child = child->next)
/* NOLINTEND(bugprone-macro-parentheses) */

/*
 * Constructors give NULL only when the arena is at its limit; every function here accepts NULL and
 * passes it on.
 */
struct node *node_map(struct arena *arena);
struct node *node_list(struct arena *arena);
struct node *node_text(struct arena *arena, str text); /* borrows text */
struct node *node_number(struct arena *arena, int64_t value);
struct node *node_real(struct arena *arena, double value, int decimals);
struct node *node_bool(struct arena *arena, bool value);
/* Appends to a list, or to a map under key; returns child. */
struct node *node_add(struct node *list, struct node *child);
struct node *node_put(struct node *map, str key, struct node *child);
void node_put_text(struct arena *arena, struct node *map, str key, str text);
void node_put_number(struct arena *arena, struct node *map, str key, int64_t value);
void node_put_bool(struct arena *arena, struct node *map, str key, bool value);

const struct node *node_get(const struct node *map,
                            str key);               /* linear; NULL when absent or not a map */
str node_get_text(const struct node *map, str key); /* text of a scalar; empty when absent */
bool node_is_scalar(const struct node *node);       /* TEXT, NUMBER or BOOL */
str node_as_text(const struct node *node);          /* scalar's text, else empty */
bool node_as_bool(const struct node *node, bool otherwise); /* true/yes, false/no */
/* Deep copy, texts too. */
struct node *node_copy(struct arena *arena, const struct node *node);
bool node_equal(const struct node *a, const struct node *b);

#endif
