/* SPDX-License-Identifier: Apache-2.0 */
/* Rights of persons: wired to flow, which carries their requests, and to the store, which asks what
 * is held back; bureau rights. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

enum err rights_of_persons_open(struct running *running)
{
    struct api_node *node = &running->node;
    const struct rights_node parts = {.directory = node->directory,
                                      .catalog = running->catalog,
                                      .store = node->store,
                                      .flow = node->flow,
                                      .keep = node->keep,
                                      .audit = node->audit,
                                      .identity = node->identity};
    TRY(rights_open(&parts, &node->rights));
    store_set_guard(node->store, rights_guard, node->rights);
    flow_on_effect(node->flow, rights_do, rights_did, node->rights);
    return OK;
}
