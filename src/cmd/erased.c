/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was erased is nowhere, the audit log included: when a merge has taken erased records out of
 * index and store, the questions that led to them are withdrawn. Up to where the feed was looked
 * through for erasures is a note in the store, so that none is missed over a restart.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"

enum { FEED_PAGE = 2000 };

struct erased_page {
    struct record_id ids[FEED_PAGE];
    size_t count, seen;
    uint64_t last;
};

static enum err on_change(void *context, const struct stored *change)
{
    struct erased_page *page = context;
    page->seen++;
    page->last = change->seq;
    if (change->kind == CHANGE_ERASE)
        page->ids[page->count++] = change->id;
    return OK;
}

static const str NOTE = {"audit-withdrawn", 15};

static enum err read_note(struct store *store, uint64_t *ret)
{
    struct arena arena = {0};
    str text;
    enum err code = store_note_get(store, NOTE, &arena, &text);
    if (code == OK && !str_to_u64(text, UINT64_MAX, ret))
        *ret = 0;
    arena_release(&arena);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear();
    *ret = 0;
    return OK;
}

static enum err write_note(struct store *store, uint64_t seq)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seq);
    return store_note_put(store, NOTE, str_c(text));
}

enum err withdraw_erased(void *context)
{
    const struct api_node *node = &((struct running *)context)->node;
    struct erased_page *page = calloc(1, sizeof *page);
    uint64_t began = 0;
    if (!page)
        return err_set(ERR_MEMORY, "out of memory for the list of what was erased");
    enum err code = read_note(node->store, &began);
    page->last = began;
    do {
        page->count = page->seen = 0;
        code = code ? code : store_feed(node->store, page->last, FEED_PAGE, on_change, page);
        for (size_t i = 0; i < page->count && !code; i++)
            code = audit_withdraw(node->audit, page->ids[i]);
    } while (!code && page->seen == FEED_PAGE);
    if (!code && page->last > began)
        code = write_note(node->store, page->last);
    free(page);
    return code;
}
