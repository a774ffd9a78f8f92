/* SPDX-License-Identifier: Apache-2.0 */
/* Care of the node: index, backup, export, and the doctor, who says what is wrong and what to do.
 * */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sandbox.h"

#include "api/internal.h"
#include "text/frequency.h"

static enum err put_on_record(struct call *call, enum audit_kind kind, const char *verdict)
{
    struct audit_entry entry = call_entry(call, kind);
    entry.query = arena_printf(call->arena, "{\"route\":\"%s %s\"}", call->route->method,
                               call->route->pattern);
    entry.verdict = str_c(verdict);
    return audit_append_wait(call->api->node.audit, &entry, call->receipt);
}

static enum err answer_job(struct call *call, const char *kind, job_work *work, void *context,
                           void (*release)(void *))
{
    uint64_t id;
    enum err code = put_on_record(call, AUDIT_ADMIN, kind);
    if (!code)
        code = job_start(call->api->node.jobs, kind, work, context, release, &id);
    if (code) {
        if (release)
            release(context);
        return code;
    }
    return call_finish_job(call, id);
}

/* ---- index ---- */

enum err run_index_report(struct call *call)
{
    index_report(call->api->node.index, &call->out);
    call_finish(call, OK);
    return OK;
}

static enum err merge(struct job *job, void *context)
{
    TRY(job_progress(job, 0, 1, "merge", "merging segments"));
    TRY(index_merge(context));
    return job_progress(job, 1, 1, "merge", "done");
}

static enum err rebuild(struct job *job, void *context)
{
    TRY(job_progress(job, 0, 1, "rebuild", "reading the feed from its beginning"));
    TRY(index_rebuild(context));
    return job_progress(job, 1, 1, "rebuild", "done");
}

enum err run_index_merge(struct call *call)
{
    return answer_job(call, "index merge", merge, call->api->node.index, NULL);
}

enum err run_index_rebuild(struct call *call)
{
    return answer_job(call, "index rebuild", rebuild, call->api->node.index, NULL);
}

/* ---- frequencies of names ---- */

static enum err learn_progressed(void *context, uint64_t done, uint64_t total)
{
    return job_progress(context, done, total, "records", "counting the words of names");
}

static enum err learn(struct job *job, void *context)
{
    const struct api_node *node = context;
    struct buf report = {.max = 1 << 20};
    TRY(search_learn(node->engine, node->directory, learn_progressed, job));
    enum err code = search_show_learned(node->engine, node->directory, &report);
    if (!code)
        job_result(job, buf_str(&report));
    buf_release(&report);
    return code;
}

enum err run_frequencies_learn(struct call *call)
{
    return answer_job(call, "learn", learn, &call->api->node, NULL);
}

enum err run_frequencies_report(struct call *call)
{
    const struct api_node *node = &call->api->node;
    TRY(search_show_learned(node->engine, node->directory, &call->out));
    call_finish(call, OK);
    return OK;
}

enum err run_frequencies_use(struct call *call)
{
    const struct api_node *node = &call->api->node;
    TRY(put_on_record(call, AUDIT_ADMIN, "name frequencies taken into service"));
    TRY(search_use_learned(node->engine, node->directory));
    return run_frequencies_report(call);
}

enum err run_frequencies_forget(struct call *call)
{
    const struct api_node *node = &call->api->node;
    TRY(put_on_record(call, AUDIT_ADMIN, "learned name frequencies destroyed"));
    TRY(search_forget_learned(node->engine, node->directory));
    call_finish(call, OK);
    return OK;
}

/* ---- backup ---- */

struct backing_up {
    const struct api_node *node;
    char *target;
};

static void release_backup(void *context)
{
    struct backing_up *backup = context;
    free(backup->target);
    free(backup);
}

/* officers.json, keys, name frequencies: small files that make a node this node. */
static enum err copy_small(const char *from, const char *to, const char *name)
{
    char source[4096];
    char target[4096];
    char *bytes;
    size_t len;
    snprintf(source, sizeof source, "%s/%s", from, name);
    snprintf(target, sizeof target, "%s/%s", to, name);
    TRY(io_read_file(source, 128 << 20, &bytes, &len));
    enum err code = io_replace(target, str_of(bytes, len));
    free(bytes);
    return code;
}

static bool is_small_file(const struct dirent *entry, bool has_keys)
{
    str name = str_c(entry->d_name);
    return entry->d_type == DT_REG &&
           (str_ends(name, S(".json")) || str_ends(name, S(".tsv")) ||
            str_ends(name, S(".changes")) || (has_keys && str_ends(name, S(".key"))));
}

static enum err copy_small_files(const char *from, const char *to, bool has_keys)
{
    DIR *directory = opendir(from);
    if (!directory)
        return err_errno("cannot read directory %s", from);
    enum err code = OK;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    for (struct dirent *entry; !code && (entry = readdir(directory));)
        if (is_small_file(entry, has_keys))
            code = copy_small(from, to, entry->d_name);
    closedir(directory);
    return code;
}

static enum err back_up(struct job *job, void *context)
{
    struct backing_up *backup = context;
    const struct api_node *node = backup->node;
    struct recovery_set set = {.number = 0};
    enum err found = recovery_find(node->store, &set);
    bool has_keys = found == ERR_NOT_FOUND; /* nobody holds shares: in clear, or not at all */
    if (found && !has_keys)
        return found;
    TRY(job_progress(job, 0, 3, "parts", "copying the system of record"));
    TRY(store_backup(node->store, backup->target));
    TRY(job_progress(job, 1, 3, "parts", "copying the audit log"));
    TRY(audit_backup(node->audit, backup->target, has_keys));
    TRY(job_progress(job, 2, 3, "parts", has_keys ? "copying keys" : "sealing keys"));
    TRY(copy_small_files(node->directory, backup->target, has_keys));
    if (!has_keys)
        TRY(recovery_seal(&set, node->directory, backup->target));
    return job_progress(job, 3, 3, "parts", "done");
}

enum err run_backup(struct call *call)
{
    str to;
    TRY(call_body_text(call, S("to"), &to));
    if (to.ptr[0] != '/')
        return err_set(ERR_BAD_VALUE, "%.*s is not an absolute path", STR(to));
    struct backing_up *backup = calloc(1, sizeof *backup);
    char *target = strndup(to.ptr, to.len);
    if (!backup || !target) {
        free(backup);
        free(target);
        return err_set(ERR_MEMORY, "out of memory for a backup");
    }
    *backup = (struct backing_up){&call->api->node, target};
    return answer_job(call, "backup", back_up, backup, release_backup);
}

/* ---- export: all an owner holds, open form, with history ---- */

struct exporting {
    struct call *call;
    struct arena arena;
    struct buf out;
    uint64_t after, count;
    str owner;
};

enum { EXPORT_PAGE = 500, EXPORT_FLUSH = 256 << 10 };

static enum err print_version(struct json *json, const struct stored *version)
{
    json_open(json, '{');
    json_number(json, S("version"), version->version);
    json_text(json, S("state"), str_c(state_word(version->state)));
    json_time(json, S("time"), version->time_us);
    json_text(json, S("officer"), version->actor);
    if (!version->is_erased && version->body.len)
        json_raw(json, S("body"), version->body);
    json_close(json, '}');
    return OK;
}

/* {"database","id","version","state","envelope","fields","history"}: also what an import takes. */
static enum err export_record(void *context, const struct stored *stored)
{
    struct exporting *exporting = context;
    struct store *store = exporting->call->api->node.store;
    struct stored *versions;
    size_t count;
    char id[RECORD_ID_TEXT];
    exporting->after = stored->id.number;
    const struct definition *definition =
        catalog_find(exporting->call->api->node.catalog, stored->definition);
    if (definition && definition_is_ticket(definition))
        return OK; /* of two countries, and not this one's to give away */
    exporting->count++;
    if (stored->is_erased || stored->body.len < 2)
        return OK;
    TRY(store_history(store, stored->id.number, &exporting->arena, &versions, &count));
    struct json json = {.out = &exporting->out};
    json_open(&json, '{');
    json_text(&json, S("database"), stored->definition);
    json_text(&json, S("id"), str_c(record_id_format(stored->id, id)));
    json_number(&json, S("version"), stored->version);
    json_text(&json, S("state"), str_c(state_word(stored->state)));
    json_key(&json, S("history"));
    json_open(&json, '[');
    for (size_t i = 0; i + 1 < count; i++)
        TRY(print_version(&json, &versions[i]));
    json_close(&json, ']');
    buf_add_char(json.out, ','); /* the members of the body follow: {"envelope":..,"fields":..} */
    buf_add(json.out, str_from(stored->body, 1));
    buf_add_char(json.out, '\n');
    return exporting->out.failed;
}

static enum err flush(struct exporting *exporting)
{
    enum err code = stream_whole(exporting->call->exchange, buf_str(&exporting->out));
    buf_clear(&exporting->out);
    return code;
}

static enum err export_definition(struct exporting *exporting, str definition)
{
    struct store *store = exporting->call->api->node.store;
    exporting->after = 0;
    do {
        exporting->count = 0;
        arena_reset(&exporting->arena);
        TRY(store_list(store, definition, exporting->owner, exporting->after, EXPORT_PAGE,
                       export_record, exporting));
        if (exporting->out.len > EXPORT_FLUSH)
            TRY(flush(exporting));
    } while (exporting->count == EXPORT_PAGE);
    return flush(exporting);
}

static enum err allow_export(struct call *call, str owner)
{
    const struct catalog *catalog = call->api->node.catalog;
    TRY(policy_allow(catalog, &call->actor, POLICY_FEED, NULL, owner));
    if (!owner.len && !policy_is_keeper(&call->actor, STR_EMPTY))
        return err_set(ERR_MISSING, "say whose records: owner");
    return policy_allow(catalog, &call->actor, POLICY_WRITE, NULL, owner);
}

/* Credentials, and what waits or was decided, stay on the node. */
static bool is_kept_here(const struct definition *definition)
{
    return identity_keeps(definition) || gate_keeps(definition) || recovery_keeps(definition);
}

enum err run_export(struct call *call)
{
    const struct catalog *catalog = call->api->node.catalog;
    str database = call_query(call, S("database"));
    const struct definition *only = NULL;
    struct exporting exporting = {.call = call, .owner = call_query(call, S("owner"))};
    bool is_of_all = policy_is_keeper(&call->actor, STR_EMPTY); /* what the node keeps as well */
    exporting.out.max = 64 << 20;
    TRY(allow_export(call, exporting.owner));
    if (database.len)
        TRY(call_definition(call, database, &only));
    TRY(put_on_record(call, AUDIT_EXPORT, "exported"));
    struct http_exchange *exchange = call->exchange;
    struct http_answer head = {.status = 200, .content_type = S("application/x-ndjson")};
    add_security_headers(&head, false);
    count_answer(call->api, 200);
    http_stream_begin(exchange, &head);
    enum err code = OK;
    for (size_t i = 0; i < catalog->count && !code; i++)
        if ((only ? catalog->definitions[i] == only : !is_kept_here(catalog->definitions[i])) &&
            (definition_is_data(catalog->definitions[i]) || is_of_all))
            code = export_definition(&exporting, catalog->definitions[i]->name);
    if (code && code != ERR_IO) { /* the status has left: the last line says that it is not whole */
        problem_print(&exporting.out, err_last(), 500);
        buf_add_char(&exporting.out, '\n');
        (void)flush(&exporting);
    }
    err_clear();
    arena_release(&exporting.arena);
    buf_release(&exporting.out);
    http_stream_end(exchange);
    return OK;
}

/* ---- the doctor ---- */

struct doctor {
    struct json json;
    struct call *call;
};

static void say(struct doctor *doctor, const char *what, bool is_ok, str detail, const char *next)
{
    json_open(&doctor->json, '{');
    json_text(&doctor->json, S("what"), str_c(what));
    json_bool(&doctor->json, S("ok"), is_ok);
    json_text(&doctor->json, S("detail"), detail);
    json_text(&doctor->json, S("next"), is_ok ? STR_EMPTY : str_c(next));
    json_close(&doctor->json, '}');
}

static void check_disk(struct doctor *doctor)
{
    struct statvfs disk;
    struct arena *arena = doctor->call->arena;
    const char *directory = doctor->call->api->node.directory;
    if (statvfs(directory, &disk) < 0) {
        say(doctor, "disk", false, S("the data directory cannot be looked at"),
            "check that the directory is there and mounted");
        return;
    }
    double free_gib = (double)disk.f_bavail * (double)disk.f_frsize / (1 << 30);
    say(doctor, "disk", free_gib > 1,
        arena_printf(arena, "%.1f GiB free under %s", free_gib, directory),
        "free or add space; below 1 GiB imports and merges may fail");
}

static void check_index(struct doctor *doctor)
{
    const struct api_node *node = &doctor->call->api->node;
    uint64_t held = store_seq(node->store);
    uint64_t known = index_seq(node->index);
    say(doctor, "index", known >= held,
        arena_printf(doctor->call->arena, "the store is at change %llu, the index at %llu",
                     (unsigned long long)held, (unsigned long long)known),
        "wait some seconds and ask again; if it stays behind: bureau index rebuild");
}

static void check_store(struct doctor *doctor)
{
    uint64_t checked = 0;
    enum err code = store_verify(doctor->call->api->node.store, &checked);
    say(doctor, "store", code == OK,
        code ? arena_str(doctor->call->arena, str_c(err_last()->message))
             : arena_printf(doctor->call->arena, "%llu changes recomputed, the chain holds",
                            (unsigned long long)checked),
        "restore the last backup: bureau restore");
}

static void check_audit(struct doctor *doctor)
{
    uint64_t entries = 0;
    struct buf report = {.max = 1 << 20};
    enum err code = audit_verify(doctor->call->api->node.directory, &entries, &report);
    say(doctor, "audit log", code == OK,
        code
            ? arena_str(doctor->call->arena, str_c(err_last()->message))
            : arena_printf(doctor->call->arena, "%llu entries proven", (unsigned long long)entries),
        "keep the directory as it is and report to the data protection officer");
    buf_release(&report);
    uint64_t failures = atomic_load(&doctor->call->api->audit_failures);
    say(doctor, "audit writes", failures == 0,
        arena_printf(doctor->call->arena, "%llu entries could not be written since the start",
                     (unsigned long long)failures),
        "see the disk; answers are held back while the log cannot be written");
}

static void check_audit_room(struct doctor *doctor)
{
    struct audit_room room;
    audit_room(doctor->call->api->node.audit, &room);
    say(doctor, "audit room", audit_room_alarm(&room) == 0, room_words(&room, doctor->call->arena),
        "add space now: imports stop first, then searches are refused");
}

static void check_clock(struct doctor *doctor)
{
    char last[16];
    struct day swept;
    bool is_held = keep_is_held(doctor->call->api->node.keep, &swept);
    say(doctor, "review dates", !is_held,
        is_held ? arena_printf(doctor->call->arena, "the clock jumped: nothing is deleted since %s",
                               day_format(swept, last))
                : S("looked after each day"),
        "set the clock, or confirm the day it says: bureau records confirm-day DAY");
}

/* The child is behind the system call filter on every kernel; Landlock is a second wall. */
static void check_sandbox(struct doctor *doctor)
{
    unsigned version = sandbox_landlock_version();
    say(doctor, "parsing child", true,
        version ? arena_printf(doctor->call->arena,
                               "behind seccomp and Landlock (version %u of the kernel's)", version)
                : S("behind seccomp alone: this kernel has no Landlock, or it is switched off"),
        "");
}

static void check_officers(struct doctor *doctor)
{
    size_t count = identity_count(doctor->call->api->node.identity);
    say(doctor, "officers", count > 0,
        arena_printf(doctor->call->arena, "%zu officers may use this node", count),
        "make the first administrator: bureau setup ID --country CCC --unit U");
}

static void check_passwords(struct doctor *doctor)
{
    bool has_breached = identity_has_breached(doctor->call->api->node.identity);
    say(doctor, "passwords", true,
        has_breached ? S("common ones and the breached ones of breached.txt are refused")
                     : S("common ones are refused; breached ones too with a list of them, "
                         "breached.txt in the data directory"),
        "");
}

static void check_definitions(struct doctor *doctor)
{
    struct buf report = {.max = 1 << 20};
    const struct catalog *catalog = doctor->call->api->node.catalog;
    char *home = strndup(catalog->home.ptr, catalog->home.len);
    enum err code = home ? catalog_check(home, &report) : OK;
    say(doctor, "definitions", code == OK,
        code ? arena_str(doctor->call->arena, buf_str(&report))
             : arena_printf(doctor->call->arena, "%zu definitions", catalog->count),
        "mend the file named, then: bureau check");
    free(home);
    buf_release(&report);
}

/* What opens more than data protection has signed does not serve. */
static void check_signature(struct doctor *doctor)
{
    struct rights_waiting waiting;
    enum err code = rights_waiting(doctor->call->api->node.rights, &waiting);
    bool is_good = !code && !waiting.wider && waiting.is_served;
    say(doctor, "signed catalogue", is_good,
        code ? arena_str(doctor->call->arena, str_c(err_last()->message))
        : waiting.wider
            ? arena_printf(doctor->call->arena, "%zu changes open more than was signed, and wait",
                           waiting.wider)
        : is_good ? S("what serves is signed, or opens no more")
                  : S("what is signed serves from the next start on"),
        waiting.is_served ? "as data protection: bureau rights processing, bureau rights sign"
                          : "start the node anew");
}

/*
 * A table of other people makes scores poor; one of long ago counts people whose records are gone:
 * its file is a year old at most.
 */
static void check_frequencies(struct doctor *doctor)
{
    enum { FEW = 100000, AGE_MAX_S = 366 * 86400 };
    const struct api_node *node = &doctor->call->api->node;
    struct frequency_facts facts = frequencies_facts(search_frequencies(node->engine));
    struct index_snapshot *snapshot = index_snapshot_open(node->index);
    uint64_t held = snapshot ? index_name_count(snapshot) : 0;
    index_snapshot_close(snapshot);
    char path[4096];
    struct stat about;
    snprintf(path, sizeof path, "%s/names.tsv", node->directory);
    bool is_old = stat(path, &about) == 0 && clock_now_us() / 1000000 - about.st_mtime > AGE_MAX_S;
    say(doctor, "name frequencies", held < FEW + facts.persons * 2 && !is_old,
        arena_printf(doctor->call->arena,
                     "counted over %llu persons; %llu names are held; the table is %s",
                     (unsigned long long)facts.persons, (unsigned long long)held,
                     is_old ? "older than a year" : "not too old"),
        "count them anew: bureau learn, then bureau learn --show and bureau learn --use");
}

enum err run_doctor(struct call *call)
{
    struct doctor doctor = {.json = {.out = &call->out}, .call = call};
    json_open(&doctor.json, '[');
    check_disk(&doctor);
    check_definitions(&doctor);
    check_signature(&doctor);
    check_store(&doctor);
    check_index(&doctor);
    check_frequencies(&doctor);
    check_audit(&doctor);
    check_audit_room(&doctor);
    check_clock(&doctor);
    check_sandbox(&doctor);
    check_officers(&doctor);
    check_passwords(&doctor);
    json_close(&doctor.json, ']');
    err_clear();
    call_finish(call, OK);
    return OK;
}
