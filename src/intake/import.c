/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of an import. A format with expectations, a snapshot and a dry run read the whole file
 * once without writing: only then is it known whether anything may be applied. Everything else is
 * applied while it is read, which halves the work. The second pass reads the same descriptors again
 * and comes to the same bodies.
 */
#include "intake/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool import_is_named(const char *path, str file)
{
    const char *name = base_name(path);
    return file.len && strncasecmp(name, file.ptr, file.len) == 0 &&
           (name[file.len] == '\0' || strcmp(name + file.len, ".gz") == 0 ||
            strcmp(name + file.len, ".zst") == 0);
}

/* By name where the mapping knows one, the rest in order. */
static enum err assign_files(struct import *import)
{
    const struct intake_request *request = import->request;
    const struct mapping *m = import->mapping;
    bool is_taken[MAPPING_TABLES_MAX] = {false};
    if (request->file_count == 0 || request->file_count > m->table_count)
        return err_set(ERR_USAGE, "\"%.*s\" takes 1 to %zu files, not %zu", STR(m->name),
                       m->table_count, request->file_count);
    for (size_t t = 0; t < m->table_count; t++)
        for (size_t i = 0; i < request->file_count && !import->paths[t]; i++)
            if (!is_taken[i] && import_is_named(request->files[i], m->tables[t].file)) {
                import->paths[t] = request->files[i];
                is_taken[i] = true;
            }
    for (size_t i = 0; i < request->file_count; i++)
        for (size_t t = 0; t < m->table_count && !is_taken[i]; t++)
            if (!import->paths[t]) {
                import->paths[t] = request->files[i];
                is_taken[i] = true;
            }
    return OK;
}

static enum err open_file(struct import *import, size_t table)
{
    const char *path = import->paths[table];
    const struct source_table *source = &import->mapping->tables[table];
    struct stat info;
    if (!path && (table == 0 || !source->is_optional))
        return err_set(ERR_MISSING, "the file %.*s is missing",
                       STR(source->file.len ? source->file : source->name));
    if (!path)
        return OK;
    import->fds[table] = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (import->fds[table] < 0 && errno == ENOENT)
        return err_set(ERR_NOT_FOUND, "there is no file %s", path);
    if (import->fds[table] < 0 || fstat(import->fds[table], &info) != 0)
        return err_errno("cannot open %s", path);
    if (!S_ISREG(info.st_mode))
        return err_set(ERR_BAD_VALUE, "%s is not a file", path);
    if (table == 0)
        import->size_bytes = (uint64_t)info.st_size;
    return OK;
}

static enum err open_files(struct import *import)
{
    TRY(assign_files(import));
    for (size_t i = 0; i < import->mapping->table_count; i++)
        TRY(open_file(import, i));
    return files_are_those(import);
}

/* ---- setting up ---- */

static enum err choose_owner(struct import *import)
{
    str stated = import->mapping->owner, asked = import->request->owner;
    if (stated.len && asked.len && !str_eq(stated, asked))
        return err_set(ERR_USAGE, "\"%.*s\" is for owner %.*s, not %.*s",
                       STR(import->mapping->name), STR(stated), STR(asked));
    import->owner = stated.len ? stated : asked;
    if (!import->owner.len && !import->mapping->is_bodies)
        return err_set(ERR_MISSING,
                       "whose records are these? \"%.*s\" does not say, so the owner must be given",
                       STR(import->mapping->name));
    return OK;
}

static void on_unmapped(void *context, const struct code_table *table, const struct take *take,
                        str value)
{
    report_code(context, table, take, value);
}

static enum err prepare(struct import *import)
{
    size_t count = import->node->catalog->count, expectations = 0;
    for (const struct expectation *e = import->mapping->expectations; e; e = e->next)
        expectations++;
    import->bursts = calloc(count, sizeof(struct burst *));
    import->tallies = calloc(count, sizeof *import->tallies);
    import->filled = calloc(expectations + 1, sizeof *import->filled);
    if (!import->tallies || !import->filled || !import->bursts)
        return err_set(ERR_MEMORY, "out of memory for an import");
    import->evaluator = (struct evaluator){.mapping = import->mapping,
                                           .arena = &import->arena,
                                           .unmapped = on_unmapped,
                                           .context = import};
    import->today = day_today();
    TRY(choose_owner(import));
    return open_files(import);
}

static void forget_counts(struct import *import)
{
    size_t expectations = 0;
    for (const struct expectation *e = import->mapping->expectations; e; e = e->next)
        expectations++;
    memset(import->tallies, 0, import->node->catalog->count * sizeof *import->tallies);
    memset(import->filled, 0, expectations * sizeof *import->filled);
    screen_release(import);
    import->bursts = calloc(import->node->catalog->count, sizeof(struct burst *));
    seen_clear(&import->seen);
    free(import->numbers.bits);
    import->numbers = (struct numbers){.size = 0};
    for (size_t i = 0; i < import->owner_count; i++)
        import->owners[i] = STR_EMPTY;
    import->owner_count = 0;
    report_reset(&import->report);
}

/* ---- passes ---- */

static enum err one_pass(struct import *import)
{
    import->step = import->is_applying ? "importing" : "checking";
    import->read_bytes = 0;
    TRY(import_read_rows(import));
    if (import->mapping->feed == FEED_SNAPSHOT)
        TRY(compare_gone(import));
    return OK;
}

static enum err apply(struct import *import)
{
    import->is_applying = true;
    enum err code = one_pass(import);
    struct err_info info = *err_last();
    enum err flushed = group_flush(import);
    if (code)
        err_restore(&info);
    return code ? code : flushed;
}

/* The record of a batch that ended: its own report is attached to it. */
static enum err finish(struct import *import, const char *state, struct node *expectations,
                       struct arena *arena, struct node **ret_report)
{
    struct node *report = report_node(import, state, arena);
    node_put(report, S("expectations"), expectations);
    *ret_report = report;
    bool is_recorded = import->batch != 0;
    return is_recorded ? batch_end(import, state, report) : OK;
}

/*
 * An import that broke off keeps what it has committed; the batch says so, and the error goes up.
 */
static enum err stop(struct import *import, enum err code, struct arena *arena)
{
    struct err_info info = *err_last();
    struct node *report = NULL;
    if (import->batch) {
        enum err second = finish(import, "stopped", node_list(arena), arena, &report);
        (void)second; /* the first error is the one to tell */
        err_restore(&info);
        err_hint(
            "batch %llu holds what was applied: import the same files again to go on, or undo it",
            (unsigned long long)import->batch);
    }
    return code;
}

static enum err hold(struct import *import, struct node *expectations, struct arena *arena,
                     struct node **ret_report)
{
    const struct intake_node *node = import->node;
    str owner = import->owner;
    TRY(batch_begin(import, owner));
    TRY(finish(import, "held", expectations, arena, ret_report));
    if (!node->on_held)
        return OK;
    struct intake_held held = {import->batch, owner, import->needs, import->why,
                               files_with_hashes(import, arena)};
    return node->on_held(node->context, import->request, &held);
}

/* May this definition need somebody's word? */
static unsigned needs_of(const struct import *import, const struct definition *definition)
{
    const struct intake_node *node = import->node;
    bool is_asked = node->needs_of && definition && !import->request->released;
    return is_asked ? node->needs_of(node->context, import->owner, definition) : 0;
}

static unsigned needs_of_touched(const struct import *import)
{
    unsigned needs = 0;
    for (size_t i = 0; i < import->node->catalog->count; i++)
        if (import->tallies[i].accepted || import->tallies[i].gone)
            needs |= needs_of(import, import->node->catalog->definitions[i]);
    return needs;
}

/* What no expectation of the format foresaw, and a second person is to see. */
static enum err look_at_screens(struct import *import, const struct node *expectations,
                                struct arena *arena, bool *ret_is_held)
{
    bool is_unusual = false;
    import->why = node_list(arena);
    node_each(one, expectations)
    {
        if (!node_as_bool(node_get(one, S("met")), true))
            node_add(import->why,
                     node_text(arena,
                               arena_printf(arena, "%.*s: %.*s", STR(node_get_text(one, S("what"))),
                                            STR(node_get_text(one, S("found"))))));
    }
    if (import->request->released)
        return OK;
    TRY(screens_hold(import, arena, import->why, &is_unusual));
    import->needs = needs_of_touched(import);
    *ret_is_held |= is_unusual || import->needs;
    return OK;
}

static enum err check_first(struct import *import, struct arena *arena, struct node *expectations,
                            bool *ret_apply)
{
    TRY(annotate_open(import));
    TRY(one_pass(import));
    TRY(annotate_close(import));
    bool is_free = import->request->is_accepted || import->request->released;
    bool do_hold = !expectations_hold(import, arena, expectations) && !is_free;
    TRY(look_at_screens(import, expectations, arena, &do_hold));
    import->groups[import->group_at].bodies.len = 0;
    index_snapshot_close(import->snapshot);
    import->snapshot = NULL;
    *ret_apply = !import->request->is_dry_run && !do_hold;
    import->is_held = do_hold;
    return OK;
}

/* Does a screen speak of this definition, or must somebody give his word? */
static bool is_gated(const struct import *import, const struct definition *definition)
{
    return screen_speaks(import, definition) || needs_of(import, definition);
}

static bool may_be_held(const struct import *import)
{
    const struct catalog *catalog = import->node->catalog;
    bool is_some = false;
    for (const struct map_record *map = import->mapping->records; map; map = map->next)
        is_some |= is_gated(import, map->definition);
    for (size_t i = 0; import->mapping->is_bodies && i < catalog->count; i++)
        is_some |= is_gated(import, catalog->definitions[i]);
    return is_some && !import->request->released;
}

/* All that was read is held as it is, as of most files sent every day. */
static bool changes_nothing(const struct import *import)
{
    uint64_t accepted = 0, writes = 0;
    for (size_t i = 0; i < import->node->catalog->count; i++) {
        const struct tally *tally = &import->tallies[i];
        accepted += tally->accepted;
        writes += tally->created + tally->changed + tally->renewed + tally->gone + tally->held;
    }
    return accepted > 0 && writes == 0;
}

static enum err run(struct import *import, struct arena *arena, struct node **ret_report)
{
    struct node *expectations = node_list(arena);
    const struct mapping *m = import->mapping;
    bool is_checked_first = m->expectations || m->feed == FEED_SNAPSHOT ||
                            import->request->is_dry_run || may_be_held(import),
         do_apply = true;
    TRY(import_read_joins(import));
    if (is_checked_first) {
        TRY(check_first(import, arena, expectations, &do_apply));
        if (import->request->is_dry_run)
            return finish(import, import->is_held ? "would be held" : "checked", expectations,
                          arena, ret_report);
        if (!do_apply)
            return hold(import, expectations, arena, ret_report);
        if (changes_nothing(import)) {
            TRY(batch_begin(import, import->owner));
            return finish(import, "applied", expectations, arena, ret_report);
        }
        forget_counts(import);
    } else {
        TRY(annotate_open(import));
    }
    enum err code = apply(import);
    if (code)
        return stop(import, code, arena);
    TRY(annotate_close(import));
    return finish(import, "applied", expectations, arena, ret_report);
}

/*
 * A format that adds and changes, sent whole this once: what the owner holds and the files do not
 * have is withdrawn at the end, when all else has been taken in. Without a bound of its own a share
 * of DROP_PERCENT withdrawn is held for a person.
 */
static enum err make_full(struct import *import)
{
    struct mapping *m = import->mapping;
    const struct intake_request *request = import->request;
    struct expectation **last = &m->expectations;
    if (!request->is_full)
        return OK;
    bool has_ids = m->feed != FEED_APPEND;
    for (const struct map_record *map = m->records; map && m->file; map = map->next)
        has_ids = has_ids && map->id_count > 0;
    if (m->is_bodies || !has_ids)
        return err_set(ERR_USAGE, "\"%.*s\" cannot be sent in full: %s", STR(m->name),
                       m->is_bodies ? "use the template of each database"
                                    : "its records have no reference");
    m->feed = FEED_SNAPSHOT;
    while (*last && (*last)->kind != EXPECT_WITHDRAWN)
        last = &(*last)->next;
    if (*last && !request->drop_percent)
        return OK;
    if (!*last)
        *last = arena_new(&m->arena, struct expectation);
    if (!*last)
        return err_last()->code;
    (*last)->kind = EXPECT_WITHDRAWN;
    (*last)->max = (request->drop_percent ? request->drop_percent : DROP_PERCENT) / 100.0;
    return OK;
}

static void import_free(struct import *import)
{
    for (size_t i = 0; i < MAPPING_TABLES_MAX; i++) {
        if (import->fds[i] >= 0)
            (void)close(import->fds[i]);
        join_release(&import->joins[i]);
    }
    if (import->report.annotated_fd >= 0)
        (void)close(import->report.annotated_fd);
    index_snapshot_close(import->snapshot);
    groups_release(import);
    evaluator_release(&import->evaluator);
    report_release(&import->report);
    seen_clear(&import->seen);
    free(import->numbers.bits);
    screen_release(import);
    free(import->tallies);
    free(import->filled);
    arena_release(&import->arena);
    mapping_free(import->mapping);
    free(import);
}

static struct import *import_new(const struct intake_node *node,
                                 const struct intake_request *request)
{
    struct import *import = calloc(1, sizeof *import);
    if (!import || !node->index) {
        err_set(import ? ERR_INTERNAL : ERR_MEMORY, "cannot begin an import");
        free(import);
        return NULL;
    }
    import->node = node;
    import->request = request;
    for (size_t i = 0; i < MAPPING_TABLES_MAX; i++)
        import->fds[i] = -1;
    groups_init(import);
    report_init(&import->report);
    clock_format(clock_now_us(), import->started);
    return import;
}

enum err intake_import(const struct intake_node *node, const struct intake_request *request,
                       intake_progress *progress, void *context, struct arena *arena,
                       struct node **ret_report)
{
    struct import *import = import_new(node, request);
    if (!import)
        return err_last()->code;
    import->progress = progress;
    import->progress_context = context;
    enum err code = format_open(node, request->format, &import->mapping);
    code = code ? code : make_full(import);
    code = code ? code : prepare(import);
    bool is_alone = !code && !request->is_dry_run;
    if (is_alone) {
        code = running_enter(import->mapping->name, import->owner);
        is_alone = !code;
    }
    code = code ? code : run(import, arena, ret_report);
    code = code ? code : import_progress(import, true);
    if (is_alone)
        running_leave(import->mapping->name, import->owner);
    import_free(import);
    return code;
}
