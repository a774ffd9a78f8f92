/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake: a foreign file in, records out. A sandboxed child (the program run again as `bureau
 * --intake-child`) reads one descriptor and writes framed rows; a mapping file formats/<name>.yaml
 * says which column is which field and which code which code; rows become bodies, record_check()
 * says what is wrong with each value, the rest is compared with what the owner holds already
 * (envelope.ref) and committed in groups. Everything a batch did can be undone.
 *
 *   struct intake_node node = {.catalog = catalog, .store = store, .index = index};
 *   struct intake_request request = {.format = S("ofac-sdn"), .files = paths, .file_count = 3};
 *   struct node *report;
 *   TRY(intake_import(&node, &request, progress, context, &arena, &report));
 *
 * A format is one of: a file in formats/; the name of a database (its national template, see
 * model/reference.h); "bureau-ndjson": one body {"envelope":{...},"fields":{...},"database":"..."}
 * a line, as `bureau export` and `bureau sample` write them.
 *
 * The first argument "--intake-child" of the program means: return intake_child_main(). main() must
 * do this before anything else; a test program that imports does the same.
 *
 * These functions block; call them from a command or a job. Policy and audit are the caller's: ask
 * policy_allow(POLICY_IMPORT) for each of intake_targets() and write the audit entry before
 * starting.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "index/index.h"
#include "job/job.h"
#include "model/model.h"
#include "store/store.h"

struct intake_request;
struct intake_held {
    uint64_t batch;
    str owner;
    unsigned needs; /* of needs_of() */
    const struct node *why, *files;
};

/* What an import works on; borrowed, must live as long as the call (or the job). */
struct intake_node {
    const struct catalog *catalog;
    struct store *store;
    struct index *index;
    const char *formats; /* directory of mapping files; NULL: <catalog home>/formats */
    /* Asked before and while a job imports: an error stops it, resumably. NULL: nobody is asked. */
    enum err (*may_go_on)(void *context);
    /* Whose word does an import into this definition need, for this owner? 0: nobody's; bits of the
     * caller's. Asked of each that a file writes to. NULL: nobody's. */
    unsigned (*needs_of)(void *context, str owner, const struct definition *definition);
    /*
     * A batch was held: `why` lists what was found, `files` with their hashes what a release must
     * meet again. NULL: it waits for its sender alone.
     */
    enum err (*on_held)(void *context, const struct intake_request *request,
                        const struct intake_held *held);
    void *context;
};

struct intake_request {
    str format;
    const char *const *files; /* main, then joined: by name, else in the order of the mapping */
    size_t file_count;
    bool is_dry_run;           /* report only, nothing is written */
    bool is_accepted;          /* a person has seen the failed expectations: apply all the same */
    uint64_t released;         /* the batch that was released: it goes on, nothing holds it again */
    const struct hash *hashes; /* of a released one: what each file must be; NULL: not asked */
    bool is_full;              /* all the owner holds of this: what is not in it is withdrawn */
    unsigned drop_percent;     /* of a full one: held if more would be withdrawn; 0: the usual 5 */
    str owner, unit;       /* owner: required unless the mapping states one; both empty otherwise */
    str actor;             /* officer id, stored with every change */
    const char *annotated; /* NULL, or where the rows go with the columns fault and suggestion */
};

/*
 * Called some times a second and at the end; returning an error (ERR_TIMEOUT) stops the import
 * resumably. total 0: unknown.
 */
typedef enum err intake_progress(void *context, uint64_t done_rows, uint64_t total_rows,
                                 const char *step);

/*
 * Runs an import. OK with a report also when rows were refused; the report's "state" is checked
 * (dry run), applied, held (expectations failed: nothing was applied; run again with is_accepted),
 * or stopped. Errors are for what kept the import from being done at all: unknown format,
 * unreadable file, mapping file at fault, store failure. An import of the same format and files
 * that was interrupted is taken up again under its old batch number.
 */
enum err intake_import(const struct intake_node *node, const struct intake_request *request,
                       intake_progress *progress, void *context, struct arena *arena,
                       struct node **ret_report) MUST_USE;
/*
 * The same as a job of kind "import": the request is copied; node must outlive the job. Result: the
 * report.
 */
enum err intake_start(struct jobs *jobs, const struct intake_node *node,
                      const struct intake_request *request, uint64_t *ret_job) MUST_USE;

/*
 * Takes back what a batch did: new records are erased, changed ones get their former contents,
 * withdrawn ones their former state. Records changed by someone since are left and listed as
 * conflicts. ERR_NOT_FOUND, ERR_CONFLICT (undone already).
 */
enum err intake_undo(const struct intake_node *node, uint64_t batch, str actor,
                     intake_progress *progress, void *context, struct arena *arena,
                     struct node **ret_report) MUST_USE;
enum err intake_undo_start(struct jobs *jobs, const struct intake_node *node, uint64_t batch,
                           str actor, uint64_t *ret_job) MUST_USE;
/*
 * Destroys a batch's own record and report, and with it the rows that the report quotes; records
 * stay as they are. ERR_NOT_FOUND, ERR_GONE; ERR_BUSY while it runs.
 */
enum err intake_forget(const struct intake_node *node, uint64_t batch, str actor,
                       struct committed *ret) MUST_USE;
/*
 * Of one owner, or all (empty), newest first:
 * [{"batch","format","state","owner","started","rows","new","changed",...}], and one
 * batch's whole report.
 */
enum err intake_batches(const struct intake_node *node, str owner, size_t max, struct arena *arena,
                        struct node **ret) MUST_USE;
enum err intake_batch(const struct intake_node *node, uint64_t batch, struct arena *arena,
                      struct node **ret) MUST_USE;

/* A batch as it is told to people: the id of its record. */
str intake_batch_name(const struct intake_node *node, uint64_t batch, struct arena *arena);
/* Back; false: it is none of this node. */
bool intake_batch_find(const struct intake_node *node, str name, uint64_t *ret);

/* {"path","sha256"} of each file. ERR_NOT_FOUND, ERR_IO. */
enum err intake_hash_file(const char *path, struct hash *ret) MUST_USE;

/* Formats there are: [{"name","title","source","owner","feed","databases":[...]}]. */
enum err intake_formats(const struct intake_node *node, struct arena *arena,
                        struct node **ret) MUST_USE;
/* Names of the databases a format writes to, for policy. bureau-ndjson: all of them. */
enum err intake_targets(const struct intake_node *node, str format, struct arena *arena,
                        const str **ret, size_t *ret_count) MUST_USE;
/* The owner that the format states; *ret stays as it is where it states none. */
enum err intake_owner(const struct intake_node *node, str format, struct arena *arena,
                      str *ret) MUST_USE;
/*
 * The first rows of a file as an import of `format` would read them, and what becomes of each
 * column; without a format (empty) its kind is guessed. With encoding, separator and their reasons:
 * {"encoding","confidence","reasons","packing","separator","type","type_reason","items","heading",
 *  "columns":[{"column","use","to":[...]}],"rows":[cells or trees],"fault"}. node: for the format.
 */
enum err intake_preview(const struct intake_node *node, str format, const char *path, str encoding,
                        struct arena *arena, struct node **ret) MUST_USE;

/*
 * A photograph decoded, bounded, turned upright, stripped of metadata and re-encoded in the child.
 * Free with intake_photo_release().
 */
struct intake_photo {
    struct buf picture; /* JPEG, at most 1600 pixels a side */
    struct buf thumb;   /* JPEG, at most 160 pixels a side */
    uint32_t width, height;
};
enum { INTAKE_PHOTO_BYTES_MAX = 16 << 20 };
/*
 * ERR_BAD_VALUE: neither JPEG nor PNG, damaged, or larger than 64 megapixels. Blocks for up to some
 * 100 ms.
 */
enum err intake_photo(str content, struct intake_photo *ret) MUST_USE;
void intake_photo_release(struct intake_photo *photo);
/*
 * The small picture hangs on the large one by its type, "image/jpeg;thumb=HASH", so that both go
 * together when the last body that shows them is erased, and nothing of them is left.
 */
str intake_photo_type(const struct hash *thumb, char out[96]);
bool intake_photo_thumb(str type, struct hash *ret); /* false: the type names none */

/* The child's whole life; returns the exit code. */
int intake_child_main(void);

#endif
