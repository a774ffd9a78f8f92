/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of api share: a call on its way, the table of routes, lanes, helpers of
 * handlers. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/api.h"
#include "codec/json.h"

struct call;
typedef enum err call_run(struct call *call);

/* Where a handler runs. */
enum lane {
    LANE_HERE,  /* on the network loop: memory only, microseconds */
    LANE_NAMES, /* name searches: processor */
    LANE_STORE, /* reads and commits of single records */
    LANE_LONG,  /* backups, exports, whatever takes seconds */
    LANE_COUNT
};
/* Who may call; the finer question is put to policy by the handler. */
enum needs { NEEDS_NOBODY, NEEDS_ACTOR, NEEDS_AUDITOR, NEEDS_ADMINISTRATOR };
enum route_flag {
    ROUTE_LOCAL = 1,        /* over the control socket only */
    ROUTE_PURPOSE = 2,      /* Bureau-Purpose is required */
    ROUTE_RAW_BODY = 4,     /* the body is not JSON */
    ROUTE_NO_BODY = 8,      /* an empty body is fine */
    ROUTE_NOT_COUNTED = 16, /* free of the rate limit */
    ROUTE_SECRET = 32,      /* the answer holds a credential: see coding.c */
    ROUTE_FOR_OFFICER = 64, /* a system names the officer it asks for */
    ROUTE_MAY_WAIT = 128,   /* 202: it waits for a second person */
    ROUTE_NODE = 256        /* about all that is held: who is at the machine, or of the hub */
};
struct route {
    const char *method, *pattern; /* "/v1/records/{id}/history" */
    call_run *run;
    enum lane lane;
    enum needs needs;
    unsigned flags;
    int status;                /* of success */
    const char *takes, *gives; /* schemas by name (schema.c); NULL: none */
    const char *query;         /* parameters in the schemas' notation; NULL: none */
    const char *help;
};
extern const struct route routes[];
extern const size_t route_count;

enum { ARGS_MAX = 3, CALL_HEADERS_MAX = 6 };
struct call {
    struct api *api;
    struct http_exchange *exchange;
    struct arena *arena;
    const struct route *route;
    str args[ARGS_MAX]; /* what stood for {..} */
    struct actor actor;
    struct identity_session session; /* where actor.session is not 0 */
    const struct node *body;         /* parsed JSON; NULL: none */
    enum language language;
    int64_t started_us;
    /* the answer */
    int status;
    str content_type;
    struct http_header headers[CALL_HEADERS_MAX];
    size_t header_count;
    struct buf out;
    struct buf packed; /* the same in `coding`; empty: as it is */
    str coding;
    bool is_brief; /* the search asked for the short form */
    /* ways of answering later */
    bool is_pending;  /* the handler took care: it or a callback calls call_finish */
    atomic_int parts; /* of audit and text, see call_finish_audited */
    char receipt[RECEIPT_TEXT];
    call_run *resume; /* what a lane or the waiting room runs; NULL: route->run */
    struct call *next;
    int64_t deadline_us;
    /* the handler's own */
    void *state;
    bool (*is_ready)(struct call *call); /* in the waiting room */
    struct repeat *repeat;               /* this call is the first with its query id */
};

struct lanes;
struct rates;
struct repeats;
struct waiting;
struct pictures;
struct api {
    struct api_node node;
    struct api_options options;
    struct intake_node intake;
    _Atomic(struct http_server *) server;
    struct lanes *lanes;
    struct rates *rates;
    struct repeats *repeats;
    struct waiting *waiting;
    struct pictures *pictures;
    struct secret_key cursor_key;
    int64_t started_us;
    _Atomic uint64_t answers[6]; /* by hundreds of status */
    unsigned room_alarm;         /* what was told last, and when: api_look_after's own */
    int64_t room_told_us;
    _Atomic uint64_t searches, hits, audit_failures, search_us;
};

/* dispatch.c */
void api_handle(void *context, struct http_exchange *exchange);
struct call *call_new(struct api *api, struct http_exchange *exchange);
enum err call_identify(struct call *call) MUST_USE;
/*
 * Who may know how much there is and is done in all: those at the machine, administrators of the
 * hub. On routes that anybody may call a credential is looked for here.
 */
bool call_sees_node(struct call *call);
/* For calls that last: is the credential still good, and for what? */
enum err call_identify_again(struct call *call) MUST_USE;
enum err call_find_route(struct call *call, const char **ret_allow) MUST_USE;
void call_run_now(struct call *call);
bool api_is_trusted(void *context, const struct http_request *request);
/* answer.c */
/* Ends a call: its answer when code is OK, else a problem from err_last(). Any thread; the call
 * is gone. */
void call_finish(struct call *call, enum err code);
/* Does whoever asked still hold the shared terminal he asked from? ERR_UNAUTHENTICATED. */
enum err call_check_terminal(const struct call *call) MUST_USE;
/*
 * The answer leaves when both are done: the entry is durable and `print` (run here, after the
 * receipt is known) has written call->out. Sets is_pending; returns an error only when nothing was
 * queued.
 */
typedef void call_print(struct call *call);
enum err call_finish_audited(struct call *call, const struct audit_entry *entry,
                             call_print *print) MUST_USE;
void call_print_id(struct call *call); /* of what was made: state is a struct record_id */
void call_header(struct call *call, str name, str value);
void problem_print(struct buf *out, const struct err_info *info, int status);
void add_security_headers(struct http_answer *answer, bool is_page);
/* An entry with what every entry has. */
struct audit_entry call_entry(struct call *call, enum audit_kind kind);
void count_answer(struct api *api, int status);
/* coding.c: packs what was printed, where the client takes that; before call_finish or in it */
void call_pack(struct call *call);
/* lane.c */
enum err lanes_new(struct api *api, unsigned threads, struct lanes **ret) MUST_USE;
void lanes_stop(struct lanes *lanes);
void lanes_free(struct lanes *lanes);
/* ERR_BUSY when the lane, or this actor's share of it, is full. */
enum err lane_push(struct lanes *lanes, enum lane lane, struct call *call) MUST_USE;
void lanes_report(struct lanes *lanes, struct buf *out);
/* rate.c */
enum err rates_new(uint32_t rate, struct rates **ret) MUST_USE;
void rates_free(struct rates *rates);
/* ERR_RATE with Retry-After in seconds. limit: of a measure, where that is less; 0: none. */
enum err rates_take(struct rates *rates, str officer, uint32_t count, uint32_t limit,
                    unsigned *ret_wait_s) MUST_USE;
/* repeat.c */
enum err repeats_new(struct repeats **ret) MUST_USE;
void repeats_free(struct repeats *repeats);
/*
 * A call with a query id: true when the call is the first with this id and goes on; false when it
 * was
 * answered from memory, waits for the first one's answer, or was refused (another request under
 * the same id).
 */
bool repeats_enter(struct repeats *repeats, struct call *call, str id);
void repeats_leave(struct repeats *repeats, struct repeat *repeat, int status, str answer);
/* waiting.c: calls that wait for something, looked at when it may have come, and at their
 * deadline. */
enum err waiting_new(struct api *api, struct waiting **ret) MUST_USE;
void waiting_stop(struct waiting *waiting);
void waiting_free(struct waiting *waiting);
/* Resumes on LANE_STORE. ERR_BUSY: nobody took the call. */
enum err waiting_enter(struct waiting *waiting, struct call *call) MUST_USE;
void waiting_look(struct waiting *waiting);
/* photographs.c: who may fetch which, beside what the index knows */
enum err pictures_new(struct pictures **ret) MUST_USE;
void pictures_free(struct pictures *pictures);
void note_evidence(const struct call *call, const struct view *view);
/* cursor.c: feed positions nobody can read or make. */
str cursor_seal(const struct api *api, str officer, uint64_t seq, struct arena *arena);
enum err cursor_open(const struct api *api, str officer, str cursor, uint64_t *ret_seq) MUST_USE;
/* request.c: reading what a call says */
str call_query(struct call *call, str name); /* empty when absent */
enum err call_query_number(struct call *call, str name, uint64_t otherwise, uint64_t max,
                           uint64_t *ret) MUST_USE;
enum err call_definition(struct call *call, str name, const struct definition **ret) MUST_USE;
enum err call_record_id(struct call *call, str text, struct record_id *ret) MUST_USE;
/*
 * Where a list goes on: an order and the id of the last record shown, since a record's number would
 * say how many others there are. Both stay as they are where no place is named.
 */
str place_print(struct call *call, int64_t order, struct record_id id);
enum err call_place(struct call *call, int64_t *ret_order, uint64_t *ret_number) MUST_USE;
enum err call_no_place(struct call *call) MUST_USE;
enum err call_no_record(str id); /* ERR_NOT_FOUND, the same for one that may not be known */
enum err call_finish_job(struct call *call, uint64_t job); /* its number, for the asker alone */
enum err call_if_match(struct call *call, uint32_t *ret_version) MUST_USE;
enum err call_body_text(struct call *call, str key, str *ret) MUST_USE; /* ERR_MISSING */
enum err search_request_read(struct call *call, const struct node *body,
                             struct search_request *ret) MUST_USE;
enum err call_set_purpose(struct call *call, str purpose, str reference) MUST_USE;
/* print.c */
struct json { /* a writer that keeps track of commas */
    struct buf *out;
    bool is_next; /* a comma is due */
};
void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);
void json_key(struct json *json, str key);
void json_text(struct json *json, str key, str value);
void json_text_some(struct json *json, str key, str value); /* left out when empty */
void json_number(struct json *json, str key, int64_t value);
void json_real(struct json *json, str key, double value, int decimals);
void json_bool(struct json *json, str key, bool value);
void json_time(struct json *json, str key, int64_t time_us);
void json_day(struct json *json, str key, struct day day);
void json_raw(struct json *json, str key, str value);
/* The sentence of `text` apart from its values, for whoever shows it in another language. */
void json_say(struct json *json, str text, const struct say *say);
void print_readings(struct json *json, struct call *call, const struct search_reading *readings,
                    size_t count);
void print_view(struct json *json, struct call *call, const struct view *view);
void print_hit(struct json *json, struct call *call, const struct hit *hit);
void print_search(struct call *call, struct search_answer *answer, struct buf *out);
/* log_copy.c: to a stream (struct http_exchange), waiting for its room */
enum err stream_whole(void *exchange, str bytes) MUST_USE;
/* room.c: of the audit log on its disk */
str room_words(const struct audit_room *room, struct arena *arena);
enum err room_for_imports(void *context) MUST_USE; /* struct api; ERR_FULL */
/* due_routes.c: an auditor or data-protection officer of the owner sees what keepers see of their
 * keeping */
bool actor_watches(const struct actor *actor, str owner);
/* request.c: tickets, officers, proposals have doors of their own */
bool has_own_door(const struct definition *definition);
/* gates.c */
void print_needs(struct json *json, str key, unsigned needs);
unsigned import_needs(void *context, str owner, const struct definition *definition);
enum err import_was_held(void *context, const struct intake_request *request,
                         const struct intake_held *held) MUST_USE;
/* imports.c: each of a format's databases is for this actor to import into */
enum err allow_targets(struct call *call, str format, str owner) MUST_USE;
/* audit_routes.c: may this actor read what the entry says? */
bool audit_is_of_own(const struct actor *actor, const struct audit_read *read, struct arena *arena);
/* schema.c */
void schema_print(struct json *json, const char *notation);
void schemas_print(struct json *json);
/* records.c: shared with others */
enum err record_load(struct call *call, uint64_t number, struct record *ret) MUST_USE;
enum err stored_to_record(struct call *call, const struct stored *stored, struct arena *arena,
                          struct record *ret) MUST_USE;

/* catalog_routes.c */
void print_field(struct json *json, const struct field *field);
/* rights_requests.c: who holds a record back, for those who keep it */
void print_held(struct json *json, struct call *call, struct record_id id);
/* tickets.c: where a list goes on */
enum err call_ticket_place(struct call *call, struct flow_filter *filter) MUST_USE;
/* ticket_print.c */
void print_ticket_brief(struct json *json, struct call *call, const struct flow_brief *brief);
void print_ticket(struct json *json, struct call *call, const struct flow_ticket *ticket);
void print_ticket_kind(struct json *json, struct call *call, const struct definition *kind);
/* record: its id, for who may change it; empty: not said */
void print_office(struct json *json, const struct flow_office *office, str record);
void print_figures(struct json *json, const struct flow_figures *figures);

/* officers.c, sessions.c: shared with others */
void print_actor(struct json *json, struct call *call);
void print_purposes(struct json *json, struct call *call, str key, purpose_set purposes,
                    bool with_titles);
void print_databases(struct json *json, struct call *call, bool is_limited,
                     const struct definition_set *set);
void print_invitation(struct json *json, struct call *call,
                      const struct identity_invitation *invitation);
struct node *administrator_fields(struct call *call); /* of the unit that the body names */
void print_rights(struct json *json, unsigned rights);
void print_roles(struct json *json, struct call *call, uint64_t roles, bool with_titles);
void print_officer(struct json *json, struct call *call, const struct identity_officer *officer);
struct node *call_fields(struct call *call);
enum err call_version(struct call *call, uint32_t *ret) MUST_USE;
enum err audit_change(struct call *call, str about, const char *verdict) MUST_USE;
void print_grant(struct json *json, struct call *call, const struct identity_grant *grant);
/* sessions.c: shared with passkey_routes.c and terminal_routes.c */
void call_set_cookie(struct call *call, const char *name, const char *value, int64_t seconds);
bool call_is_secure(const struct call *call);
str call_address(struct call *call); /* whence the connection comes, for counting failures */
str call_device(struct call *call);  /* the mark of an earlier sign-in */
enum err call_check_origin(struct call *call) MUST_USE;
enum err call_not_at_terminal(struct call *call) MUST_USE;
void call_retry_after(struct call *call, enum err code, unsigned wait_s);
void call_end_present(struct call *call);
/* Answers with a session of the officer who has just been identified. */
enum err call_entered(struct call *call, str officer, const char *verdict) MUST_USE;
/* The failure is on the record; gives it again. */
enum err call_sign_in_failed(struct call *call, str officer, enum err code,
                             const char *verdict) MUST_USE;
void print_terminal_here(struct json *json, struct call *call, str key);
void print_credential(struct json *json, struct call *call,
                      const struct identity_credential *credential, str token);
/* A QR code of a text, as SVG; nothing where it is too long. */
void json_qr(struct json *json, str key, str text);
/* Gives the call's browser a session of this officer in place of the one it came with. */
enum err call_new_session(struct call *call, str officer) MUST_USE;
/* One cookie by its name; empty when there is none, or several. */
str cookie_of(const struct http_request *request, str name);
str session_cookie_of(const struct http_request *request);

/* ---- handlers ---- */
call_run run_search, run_why, run_duplicates, run_recognise, run_databases, run_database, run_codes,
    run_code_list;
call_run run_record_create, run_record_check, run_record_get, run_record_history, run_record_put,
    run_record_state, run_record_delete;
call_run run_photograph_put, run_photograph_get;
call_run run_feed, run_imports_start, run_imports_list, run_import_get, run_import_undo,
    run_import_forget, run_formats, run_template, run_preview;
call_run run_job_get, run_job_cancel;
call_run run_audit_list, run_audit_get, run_audit_verify;
call_run run_audit_statistics, run_audit_reviews, run_audit_review_decide, run_audit_searches,
    run_record_shown;
call_run run_log_files, run_log_file;
call_run run_log_key, run_log_key_changes, run_log_checkpoint, run_log_tile, run_log_consistency,
    run_log_proof, run_log_trust, run_log_witness, run_log_cosignature;
call_run run_tickets, run_ticket_open, run_ticket_get, run_ticket_move, run_ticket_kinds,
    run_ticket_figures, run_offices, run_slip_key, run_slip_check;
call_run run_handover, run_handover_leave, run_handover_take, run_scorecard;
call_run run_me, run_officers_list, run_officer_get, run_officer_add, run_officer_change,
    run_officer_remove, run_officer_invite, run_officers_import, run_setup;
call_run run_units, run_unit_found, run_unit_change, run_unit_close, run_credentials,
    run_own_credentials, run_credentials_ending, run_token_new, run_credential_revoke, run_grants,
    run_grant_give, run_grant_end, run_grant_review, run_break_glass, run_measures,
    run_measure_decide, run_measure_lift;
call_run run_sign_in, run_session, run_sign_out, run_enrol_start, run_enrol, run_password_change,
    run_own_sessions, run_own_session_end;
call_run run_passkey_ask, run_passkey_sign_in, run_passkey_offer, run_passkey_new,
    run_passkey_label, run_terminal_here, run_terminals, run_terminal_add, run_terminal_remove,
    run_draft_get, run_draft_put;
call_run run_standing, run_standing_ask, run_standing_approve, run_standing_renew,
    run_standing_remove;
call_run run_due, run_day_confirm, run_record_extend, run_certificates, run_certificate_get,
    run_certificate_key;
call_run run_index_report, run_index_merge, run_index_rebuild, run_frequencies_learn,
    run_frequencies_report, run_frequencies_use, run_frequencies_forget, run_backup, run_doctor,
    run_export;
call_run run_recovery_get, run_recovery_put, run_recover_administrator;
call_run run_rights_kinds, run_rights_requests, run_rights_request_open, run_rights_request_get,
    run_rights_evidence, run_rights_answer, run_objection_tell, run_objections,
    run_objection_decide, run_processing, run_processing_sign, run_rights_report;
call_run run_approvals, run_approval_get, run_approval_give, run_approval_refuse,
    run_approval_withdraw;
call_run run_policy_explain, run_policy_audit;
call_run run_demonstration, run_health, run_metrics, run_openapi, run_page;
http_body_piece batch_piece;

#endif
