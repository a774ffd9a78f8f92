/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which runs the lookup consists of, signed: a run that was removed whole, by mistake or by will,
 * is missed by name. A signed note (C2SP) under the node's key:
 *
 *   <the log's name>/lookup
 *   <up to which entry all rows lie in runs>
 *   <period>-<first>-<last> <rows>          a line for each run
 *
 *   - <the log's name> <signature>
 *
 * It is written before anything goes that it names no more, and after everything is there that it
 * names; so between two of them a crash leaves a run too many, never one too few. Of what is listed
 * and not there, or shorter, everything from its first entry on is made again at the next opening;
 * without a manifest of ours, all. Logs of before have a file `covered`, with the number alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

#include "audit/internal.h"

enum { MANIFEST_BYTES = 16 << 20, KEYS_BYTES = 64 << 10 };

static void path_in(const char *directory, const char *name, char out[AUDIT_PATH])
{
    snprintf(out, AUDIT_PATH, "%.4000s/%s", directory, name);
}

/* ---- writing ---- */

static void print(const struct lookup *lookup, uint64_t covered, struct buf *out)
{
    char name[RUN_NAME];
    buf_printf(out, "%s/lookup\n%llu\n", lookup->origin, (unsigned long long)covered);
    for (size_t i = 0; i < lookup->run_count; i++) {
        run_name(&lookup->runs[i], name);
        buf_printf(out, "%s %llu\n", name, (unsigned long long)lookup->runs[i].count);
    }
}

enum err manifest_write(const struct lookup *lookup, uint64_t covered)
{
    char path[AUDIT_PATH];
    struct buf text = {.max = MANIFEST_BYTES}, note = {.max = MANIFEST_BYTES};
    print(lookup, covered, &text);
    buf_add(&note, buf_str(&text));
    buf_add_char(&note, '\n');
    note_sign(buf_str(&text), str_c(lookup->origin), &lookup->signer->now, &note);
    path_in(lookup->directory, "manifest", path);
    enum err code = text.failed ? text.failed : note.failed;
    if (!code)
        code = io_replace(path, buf_str(&note));
    buf_release(&text);
    buf_release(&note);
    return code;
}

/* ---- reading ---- */

/* One line of it; false: it is none. */
static bool read_line(str line, struct run *ret)
{
    str name;
    *ret = (struct run){.fd = -1};
    return str_split(&line, ' ', &name) && run_read_name(name, ret) &&
           str_to_u64(line, INT64_MAX, &ret->count) && ret->count;
}

enum err manifest_parse(str text, uint64_t *ret_covered, manifest_visit *visit, void *context)
{
    str line;
    struct run run;
    if (!str_split(&text, '\n', &line) || !str_ends(line, S("/lookup")) ||
        !str_split(&text, '\n', &line) || !str_to_u64(line, INT64_MAX, ret_covered))
        return err_set(ERR_SYNTAX, "not a manifest of the audit log's lookup");
    while (str_split(&text, '\n', &line) && line.len) {
        if (!read_line(line, &run) || run.last > *ret_covered)
            return err_set(ERR_SYNTAX, "not a run of the audit log's lookup: %.*s", STR(line));
        TRY(visit(context, &run));
    }
    return OK;
}

static enum err read_before(const struct lookup *lookup, uint64_t *ret_covered)
{
    char path[AUDIT_PATH];
    char *text = NULL;
    size_t len = 0;
    path_in(lookup->directory, "covered", path);
    enum err code = io_read_file(path, 24, &text, &len);
    if (!code && !str_to_u64(str_of(text, len), INT64_MAX, ret_covered))
        code = err_set(ERR_SYNTAX, "%s is not a number", path);
    free(text);
    return code;
}

/* By any key this node ever had, as the checkpoint. */
static enum err read_own(const struct lookup *lookup, str note, uint64_t *ret_covered,
                         manifest_visit *visit, void *context)
{
    struct buf keys = {.max = KEYS_BYTES};
    struct note_key key;
    str text, signatures;
    int64_t time_s;
    node_key_print(lookup->signer, "audit", true, &keys);
    enum err code =
        keys.failed ? keys.failed : note_verify_any(note, buf_str(&keys), &key, &time_s);
    buf_release(&keys);
    TRY(code);
    TRY(note_split(note, &text, &signatures));
    return manifest_parse(text, ret_covered, visit, context);
}

enum err manifest_read(const struct lookup *lookup, uint64_t *ret_covered, manifest_visit *visit,
                       void *context)
{
    char path[AUDIT_PATH];
    char *note = NULL;
    size_t len = 0;
    path_in(lookup->directory, "manifest", path);
    enum err code = io_read_file(path, MANIFEST_BYTES, &note, &len);
    if (!code)
        code = read_own(lookup, str_of(note, len), ret_covered, visit, context);
    else if (code == ERR_NOT_FOUND)
        code = read_before(lookup, ret_covered);
    free(note);
    return code;
}

/* ---- for who verifies the log, from the files alone ---- */

struct seeing {
    const char *directory;
    uint64_t runs, rows;
};

static enum err see_run(void *context, const struct run *listed)
{
    struct seeing *seeing = context;
    struct run run;
    char name[RUN_NAME];
    run_name(listed, name);
    enum err code = run_open(seeing->directory, name, &run);
    if (code == ERR_NOT_FOUND)
        return err_set(ERR_DAMAGED,
                       "audit/lookup/%s is missing: what the audit log is asked by is made again "
                       "when it is next opened",
                       name);
    TRY(code);
    code = run.count == listed->count
               ? run_check(&run)
               : err_set(ERR_DAMAGED, "audit/lookup/%s has %llu rows, not %llu", name,
                         (unsigned long long)run.count, (unsigned long long)listed->count);
    (void)close(run.fd);
    seeing->runs++;
    seeing->rows += run.count;
    return code;
}

/* A node at work merges meanwhile: what is not there is missed only if it is still listed. */
enum err manifest_check(const char *audit_directory, struct buf *report)
{
    enum { TRIES = 8 };
    char directory[AUDIT_PATH], path[AUDIT_PATH];
    enum err code = OK;
    snprintf(directory, sizeof directory, "%.3900s/lookup", audit_directory);
    path_in(directory, "manifest", path);
    for (unsigned tries = 0; tries < TRIES; tries++) {
        struct seeing seeing = {.directory = directory};
        char *note = NULL, *again = NULL;
        size_t len = 0, again_len = 0;
        uint64_t covered = 0;
        if (io_read_file(path, MANIFEST_BYTES, &note, &len) != OK) {
            err_clear(); /* a copy, or a log of before: there is nothing to hold it against */
            return OK;
        }
        code = manifest_parse(str_of(note, len), &covered, see_run, &seeing);
        struct err_info why = *err_last();
        bool is_same = io_read_file(path, MANIFEST_BYTES, &again, &again_len) == OK &&
                       str_eq(str_of(again, again_len), str_of(note, len));
        free(note);
        free(again);
        if (code)
            err_restore(&why);
        else
            buf_printf(report, "%llu rows in %llu runs of the lookup are whole\n",
                       (unsigned long long)seeing.rows, (unsigned long long)seeing.runs);
        if (!code || is_same)
            return code;
    }
    return code;
}
