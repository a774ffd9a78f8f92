/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that the node keeps itself (system/): their envelope is the node's to fill in. What is
 * made here is checked as any record is, and ready to be committed.
 */
#ifndef MODEL_KEPT_H
#define MODEL_KEPT_H

#include "model/model.h"

/*
 * The canonical body of a record of the definition `name` with these fields: its owner, all
 * purposes of the definition, disclosed to nobody, kept as long as the definition allows. ref may
 * be empty. ERR_UNKNOWN: there is no such definition; else the first fault.
 */
enum err kept_body(const struct catalog *catalog, str name, str owner, str ref,
                   const struct node *fields, struct arena *arena, struct buf *out,
                   const struct definition **ret) MUST_USE;

#endif
