/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports and their undoing as background jobs: the same functions, their progress handed on, their
 * report the result.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "intake/intake.h"

enum { FILES_MAX = 8 };

struct order {
    struct intake_node node;
    struct intake_request request;
    uint64_t batch; /* to undo; 0: an import */
    str actor;
    const char *files[FILES_MAX];
    struct hash hashes[FILES_MAX];
    struct arena arena;
};

struct import_job {
    struct job *job;
    const struct intake_node *node;
};

static enum err may_go_on(const struct intake_node *node)
{
    return node->may_go_on ? node->may_go_on(node->context) : OK;
}

static enum err on_progress(void *context, uint64_t done, uint64_t total, const char *step)
{
    return job_progress(context, done, total, "rows", step);
}

static enum err on_import_progress(void *context, uint64_t done, uint64_t total, const char *step)
{
    const struct import_job *running = context;
    TRY(may_go_on(running->node));
    return job_progress(running->job, done, total, "rows", step);
}

static enum err work(struct job *job, void *context)
{
    struct order *order = context;
    struct arena arena = {.max_bytes = 256u << 20};
    struct node *report = NULL;
    struct import_job running = {job, &order->node};
    enum err code = order->batch ? intake_undo(&order->node, order->batch, order->actor,
                                               on_progress, job, &arena, &report)
                                 : intake_import(&order->node, &order->request, on_import_progress,
                                                 &running, &arena, &report);
    if (!code) {
        struct buf text = {0};
        json_write(&text, report);
        code = text.failed ? err_set(text.failed, "the report is too large") : OK;
        job_result(job, buf_str(&text));
        buf_release(&text);
    }
    arena_release(&arena);
    return code;
}

static void release(void *context)
{
    struct order *order = context;
    arena_release(&order->arena);
    free(order);
}

static struct order *order_new(const struct intake_node *node)
{
    struct order *order = calloc(1, sizeof *order);
    if (!order) {
        err_set(ERR_MEMORY, "out of memory for a job");
        return NULL;
    }
    order->node = *node;
    if (node->formats)
        order->node.formats = arena_str(&order->arena, str_c(node->formats)).ptr;
    return order;
}

static enum err start(struct jobs *jobs, const char *kind, struct order *order, uint64_t *ret_job)
{
    enum err code = job_start(jobs, kind, work, order, release, ret_job);
    if (code)
        release(order);
    return code;
}

enum err intake_start(struct jobs *jobs, const struct intake_node *node,
                      const struct intake_request *request, uint64_t *ret_job)
{
    TRY(may_go_on(node));
    if (request->file_count > FILES_MAX)
        return err_set(ERR_LIMIT, "at most %d files in one import", FILES_MAX);
    struct order *order = order_new(node);
    if (!order)
        return ERR_MEMORY;
    struct arena *arena = &order->arena;
    order->request = *request;
    order->request.format = arena_str(arena, request->format);
    order->request.owner = arena_str(arena, request->owner);
    order->request.unit = arena_str(arena, request->unit);
    order->request.actor = arena_str(arena, request->actor);
    for (size_t i = 0; i < request->file_count; i++)
        order->files[i] = arena_str(arena, str_c(request->files[i])).ptr;
    order->request.files = order->files;
    if (request->hashes) {
        memcpy(order->hashes, request->hashes, request->file_count * sizeof *order->hashes);
        order->request.hashes = order->hashes;
    }
    if (request->annotated)
        order->request.annotated = arena_str(arena, str_c(request->annotated)).ptr;
    return start(jobs, "import", order, ret_job);
}

enum err intake_undo_start(struct jobs *jobs, const struct intake_node *node, uint64_t batch,
                           str actor, uint64_t *ret_job)
{
    struct order *order = order_new(node);
    if (!order)
        return ERR_MEMORY;
    order->batch = batch;
    order->actor = arena_str(&order->arena, actor);
    return start(jobs, "import-undo", order, ret_job);
}
