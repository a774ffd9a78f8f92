/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table. One row is one thing the system answers: who may ask, where it runs, what goes in and
 * out. Dispatch reads it, /openapi.json is printed from it, the contract tests walk over it.
 */
#include "api/internal.h"

/* clang-format off */
const struct route routes[] = {
/* method    pattern                        handler             lane        needs                flags                 status takes          gives          query                 help */
{"POST",   "/v1/search",                  run_search,         LANE_HERE,  NEEDS_ACTOR,         0,                    200, "Search",      "Answer",      NULL,                 "Search all databases or some, by text or by fields"},
{"POST",   "/v1/search/batch",            NULL,               LANE_HERE,  NEEDS_ACTOR,         ROUTE_RAW_BODY,       200, "application/x-ndjson", "application/x-ndjson", NULL, "Many searches: one a line in, one answer a line out, in order"},
{"POST",   "/v1/recognise",               run_recognise,      LANE_HERE,  NEEDS_ACTOR,         ROUTE_NOT_COUNTED,    200, "Text",        "Understood",  NULL,                 "What a line of text could be; no search"},
{"GET",    "/v1/databases",               run_databases,      LANE_STORE, NEEDS_ACTOR,         0,                    200, NULL,          "[Database]",  NULL,                 "The databases, their fields and counts"},
{"GET",    "/v1/databases/{name}",        run_database,       LANE_STORE, NEEDS_ACTOR,         0,                    200, NULL,          "Database",    NULL,                 "One database, with examples"},
{"GET",    "/v1/databases/{name}/template", run_template,     LANE_STORE, NEEDS_ACTOR,         0,                    200, NULL,          "text/csv",    NULL,                 "The empty national template of a database, columns explained"},
{"GET",    "/v1/codes",                   run_codes,          LANE_HERE,  NEEDS_ACTOR,         0,                    200, NULL,          "[CodeList]",  NULL,                 "The code lists"},
{"GET",    "/v1/codes/{list}",            run_code_list,      LANE_HERE,  NEEDS_ACTOR,         0,                    200, NULL,          "CodeList",    NULL,                 "One code list with its codes"},
{"POST",   "/v1/records/{id}",      run_record_create,  LANE_STORE, NEEDS_ACTOR,         0,                    201, "Body",        "Committed",   NULL,                 "Enter a record; id is the name of its database"},
{"POST",   "/v1/records/{id}/check", run_record_check,  LANE_NAMES, NEEDS_ACTOR,         0,                    200, "Body",        "Checked",     NULL,                 "Check a record without entering it (id: the database); duplicates where a purpose is named"},
{"GET",    "/v1/records/{id}",            run_record_get,     LANE_STORE, NEEDS_ACTOR,         ROUTE_PURPOSE,        200, NULL,          "Record",      "version?:i",         "A record, as far as this actor may see it"},
{"GET",    "/v1/records/{id}/history",    run_record_history, LANE_STORE, NEEDS_ACTOR,         ROUTE_PURPOSE,        200, NULL,          "[Version]",   NULL,                 "The versions of a record"},
{"PUT",    "/v1/records/{id}",            run_record_put,     LANE_STORE, NEEDS_ACTOR,         0,                    200, "Body",        "Committed",   NULL,                 "A new version of a record; If-Match names the one it replaces"},
{"POST",   "/v1/records/{id}/state",      run_record_state,   LANE_STORE, NEEDS_ACTOR,         0,                    200, "StateChange", "Committed",   NULL,                 "Suspend, cancel or activate a record"},
{"DELETE", "/v1/records/{id}",            run_record_delete,  LANE_STORE, NEEDS_ACTOR,         0,                    200, NULL,          "Committed",   NULL,                 "Destroy a record's contents; If-Match names the version"},
{"POST",   "/v1/photographs",             run_photograph_put, LANE_LONG,  NEEDS_ACTOR,         ROUTE_RAW_BODY,       201, "image/jpeg",  "Photograph",  NULL,                 "Keep a photograph (JPEG or PNG), re-encoded without metadata"},
{"GET",    "/v1/photographs/{sha256}",    run_photograph_get, LANE_STORE, NEEDS_ACTOR,         ROUTE_NOT_COUNTED,    200, NULL,          "image/jpeg",  "size?:s",            "A photograph, or its thumbnail with size=thumb"},
{"GET",    "/v1/feed",                    run_feed,           LANE_STORE, NEEDS_ACTOR,         0,                    200, NULL,          "Feed",        "after?:s wait?:i max?:i", "Changes after a cursor; waits up to wait seconds; text/event-stream streams"},
{"GET",    "/v1/export",                  run_export,         LANE_LONG,  NEEDS_ACTOR,         0,                    200, NULL,          "application/x-ndjson", "owner?:s database?:s", "All an owner holds, with history, one record a line"},
{"GET",    "/v1/formats",                 run_formats,        LANE_STORE, NEEDS_ACTOR,         0,                    200, NULL,          "[o]",         NULL,                 "Formats that can be imported"},
{"POST",   "/v1/imports",                 run_imports_start,  LANE_LONG,  NEEDS_ACTOR,         ROUTE_LOCAL,          202, "Import",      "JobNumber",   NULL,                 "Start an import of files of this machine"},
{"GET",    "/v1/imports",                 run_imports_list,   LANE_STORE, NEEDS_ACTOR,         0,                    200, NULL,          "[o]",         NULL,                 "Import batches, newest first"},
{"POST",   "/v1/imports/preview",         run_preview,        LANE_LONG,  NEEDS_ACTOR,         ROUTE_LOCAL,          200, "Preview",     "o",           NULL,                 "How the first rows of a file would be read"},
{"GET",    "/v1/imports/{batch}",         run_import_get,     LANE_STORE, NEEDS_ACTOR,         0,                    200, NULL,          "o",           NULL,                 "The report of a batch"},
{"POST",   "/v1/imports/{batch}/undo",    run_import_undo,    LANE_LONG,  NEEDS_ACTOR,         ROUTE_NO_BODY,        202, NULL,          "JobNumber",   NULL,                 "Take back what a batch did"},
{"GET",    "/v1/jobs/{id}",               run_job_get,        LANE_STORE, NEEDS_ACTOR,         ROUTE_NOT_COUNTED,    200, NULL,          "Job",         "wait?:i seen?:i",    "Progress and result of a job; waits up to wait seconds for news"},
{"DELETE", "/v1/jobs/{id}",               run_job_cancel,     LANE_STORE, NEEDS_ACTOR,         0,                    204, NULL,          NULL,          NULL,                 "Cancel a job"},
{"GET",    "/v1/audit",                   run_audit_list,     LANE_LONG,  NEEDS_AUDITOR,       0,                    200, NULL,          "[AuditEntry]", "record?:s before?:i max?:i", "Entries of the audit log, newest first"},
{"GET",    "/v1/audit/verify",            run_audit_verify,   LANE_LONG,  NEEDS_AUDITOR,       0,                    200, NULL,          "Verified",    NULL,                 "Recompute the audit log"},
{"GET",    "/v1/audit/{receipt}",         run_audit_get,      LANE_STORE, NEEDS_AUDITOR,       0,                    200, NULL,          "AuditEntry",  NULL,                 "The entry of a receipt"},
{"GET",    "/v1/me",                      run_me,             LANE_HERE,  NEEDS_ACTOR,         0,                    200, NULL,          "Me",          NULL,                 "Who the credential stands for"},
{"GET",    "/v1/officers",                run_officers_list,  LANE_STORE, NEEDS_ADMINISTRATOR, 0,                    200, NULL,          "[Officer]",   NULL,                 "The officers of this node"},
{"POST",   "/v1/officers",                run_officer_add,    LANE_STORE, NEEDS_ADMINISTRATOR, 0,                    201, "NewOfficer",  "Token",       NULL,                 "Add an officer; the token is told once"},
{"DELETE", "/v1/officers/{id}",           run_officer_remove, LANE_STORE, NEEDS_ADMINISTRATOR, 0,                    204, NULL,          NULL,          NULL,                 "Remove an officer"},
{"GET",    "/v1/index",                   run_index_report,   LANE_STORE, NEEDS_ADMINISTRATOR, 0,                    200, NULL,          "o",           NULL,                 "What the index holds"},
{"POST",   "/v1/index/merge",             run_index_merge,    LANE_STORE, NEEDS_ADMINISTRATOR, ROUTE_NO_BODY,        202, NULL,          "JobNumber",   NULL,                 "Merge the index's segments"},
{"POST",   "/v1/index/rebuild",           run_index_rebuild,  LANE_STORE, NEEDS_ADMINISTRATOR, ROUTE_NO_BODY,        202, NULL,          "JobNumber",   NULL,                 "Build the index anew from the store"},
{"POST",   "/v1/backup",                  run_backup,         LANE_STORE, NEEDS_ADMINISTRATOR, ROUTE_LOCAL,          202, "Target",      "JobNumber",   NULL,                 "Copy the node to a directory of this machine"},
{"GET",    "/v1/doctor",                  run_doctor,         LANE_LONG,  NEEDS_ADMINISTRATOR, 0,                    200, NULL,          "[Check]",     NULL,                 "What is wrong, and the next step"},
{"GET",    "/v1/demonstration",           run_demonstration,  LANE_STORE, NEEDS_NOBODY,        0,                    200, NULL,          "Demonstration", NULL,               "The demonstration session, on a loopback address only"},
{"GET",    "/healthz",                    run_health,         LANE_HERE,  NEEDS_NOBODY,        0,                    200, NULL,          "Health",      NULL,                 "Is the node answering"},
{"GET",    "/metrics",                    run_metrics,        LANE_HERE,  NEEDS_NOBODY,        0,                    200, NULL,          "text/plain",  NULL,                 "Figures for Prometheus"},
{"GET",    "/openapi.json",               run_openapi,        LANE_HERE,  NEEDS_NOBODY,        0,                    200, NULL,          "o",           NULL,                 "This interface, described"},
{"GET",    "/",                           run_page,           LANE_HERE,  NEEDS_NOBODY,        0,                    200, NULL,          "text/html",   NULL,                 "The page"},
{"GET",    "/assets/{*}",                 run_page,           LANE_HERE,  NEEDS_NOBODY,        0,                    200, NULL,          "text/html",   NULL,                 "What the page needs"},
};
/* clang-format on */
const size_t route_count = COUNT_OF(routes);
