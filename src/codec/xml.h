/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML in one pass: the elements on one of the wanted paths, each as a tree. libxml2's reader
 * without network, entities, external subsets or a document type: a DOCTYPE is refused. Depth 32,
 * element 16 MiB, text 10 MiB.
 *
 *   <INDIVIDUAL><DATAID>690</DATAID><ALIAS><NAME>A</NAME></ALIAS><ALIAS/></INDIVIDUAL>
 *   -> map {DATAID: "690", ALIAS: [map {NAME: "A"}, ""]}
 *      an element that comes once is no list; attributes are "@name",
 *      text beside children or attributes is "#text"; an element is named without its prefix.
 */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "codec/node.h"

struct xml;
/* Gives at most size bytes of UTF-8; *ret_len 0 at the end. */
typedef enum err xml_read(void *context, char *out, size_t size, size_t *ret_len);
/* paths: "ROOT/GROUP/ITEM", count 1..8. */
enum err xml_open(xml_read *read, void *context, const str *paths, size_t path_count,
                  struct xml **ret) MUST_USE;
struct xml_item {
    const struct node *node; /* in the arena given */
    str name;                /* of the element */
    uint64_t number, line;
};
/* *ret_has false at the end. ERR_SYNTAX with the line; ERR_LIMIT. */
enum err xml_next(struct xml *xml, struct arena *arena, struct xml_item *ret,
                  bool *ret_has) MUST_USE;
void xml_close(struct xml *xml);
/* The encoding an XML declaration at the start of text states; empty when none does. */
str xml_declared_encoding(str text);

#endif
