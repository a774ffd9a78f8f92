/* SPDX-License-Identifier: Apache-2.0 */
/* A change of one record on its way: what record_changes.c makes and gates.c lets wait. */
#ifndef API_CHANGING_H
#define API_CHANGING_H

#include "api/internal.h"
#include "search/same.h"

struct changing {
    struct change change;
    struct change certificate; /* of a deletion; kind PUT where there is one */
    struct change both[2];
    struct buf body; /* canonical bytes, alive until the commit */
    struct hash attachments[STORE_ATTACHMENTS_MAX];
    struct committed done;
    bool is_certified;
    str reason;
    uint32_t seen;               /* the version it is a change of; 0: of a new record */
    const struct record *record; /* of a new one */
    struct same_claim claim;     /* until committed or given up */
};

/* Of a change that did not come to be, or is done. */
void changing_release(struct changing *changing);
/* Photographs and evidence that this body shows are kept as long as it is. */
void find_attachments(struct call *call, const struct record *record, struct changing *changing);
/* Whoever enters what is held already is told under which id. */
enum err refuse_same(struct call *call, const struct record *record,
                     struct changing *changing) MUST_USE;
/* What was police data is certified to be gone, in the same transaction. */
enum err certify(struct call *call, struct changing *changing,
                 const struct record *record) MUST_USE;

/*
 * Whose word a change of an owner's records needs beside its writer's; `why` gains what screens
 * found. ERR_DENIED: a measure forbids it altogether.
 */
enum err call_needs(struct call *call, const struct definition *definition, str owner,
                    enum gate_kind kind, const struct record *record, struct node *why,
                    unsigned *ret) MUST_USE;
/* 202: it waits. Takes care of the call. */
enum err call_propose(struct call *call, const struct gate_draft *draft) MUST_USE;
enum err propose_change(struct call *call, struct changing *changing, unsigned needs,
                        const struct node *why) MUST_USE;

/* approved.c: all of it or nothing, with the decision. */
enum err apply_change(struct call *call, const struct gate_proposal *proposal,
                      const struct gate_decision *decision, struct committed *ret) MUST_USE;
enum err apply_batch(struct call *call, const struct gate_proposal *proposal,
                     const struct gate_decision *decision, uint64_t *ret_job) MUST_USE;

#endif
