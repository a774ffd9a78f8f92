/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the audit log, for auditors. Who reads it is on it too. A question by officer, purpose or
 * day walks the log from the newest entry of the day down, a bounded way at a time, and says in a
 * header where to go on.
 */
#include "api/internal.h"

enum { ENTRIES_MAX = 500, LOOKED_THROUGH_MAX = 20000 };

/* What was asked for; empty texts and zeros ask for nothing. */
struct wanted {
    str officer, unit, kind, purpose;
    int64_t from_us, to_us;
};
struct reading_log {
    struct buf text;
    size_t count, max, visited;
    const struct audit *audit;
    const struct actor *actor;
    struct wanted wanted;
    struct arena arena; /* of the entry at hand */
    uint64_t last;      /* looked at */
    bool is_enough, is_past;
    bool is_of_record,
        is_of_own_record; /* what is asked about is a record of the asker's country */
};

/*
 * Who asked, what and when exactly is for those of the country that asked: else a record put there
 * on purpose would tell where somebody is. Of another country's entry about a record of one's own
 * one learns that it was shown, on which day, to what kind of unit, for what; of all its other
 * entries country and day, which every copy of the log shows.
 */
static bool is_of_own(const struct actor *actor, str country)
{
    return !country.len || !actor->country.len || str_eq(country, actor->country);
}

bool audit_is_of_own(const struct actor *actor, const struct audit_read *read, struct arena *arena)
{
    struct node *entry = NULL;
    return read->is_destroyed || (json_parse(read->body, arena, &entry) == OK &&
                                  is_of_own(actor, node_get_text(entry, S("country"))));
}

static int64_t time_of(const struct node *entry)
{
    uint64_t time_us = 0;
    return str_to_u64(node_get_text(entry, S("time_us")), INT64_MAX, &time_us) ? (int64_t)time_us
                                                                               : 0;
}

static bool says(const struct node *entry, str key, str wanted)
{
    return !wanted.len || str_eq(node_get_text(entry, key), wanted);
}

static bool is_wanted(const struct reading_log *log, const struct node *entry, bool is_own)
{
    const struct wanted *wanted = &log->wanted;
    if (!is_own && (wanted->officer.len || wanted->unit.len || wanted->kind.len ||
                    wanted->purpose.len || (log->is_of_record && !log->is_of_own_record)))
        return false;
    int64_t time_us = time_of(entry);
    return says(entry, S("officer"), wanted->officer) && says(entry, S("unit"), wanted->unit) &&
           says(entry, S("kind"), wanted->kind) && says(entry, S("purpose"), wanted->purpose) &&
           (!wanted->to_us || time_us < wanted->to_us);
}

static bool has_filter(const struct wanted *wanted)
{
    return wanted->officer.len || wanted->unit.len || wanted->kind.len || wanted->purpose.len ||
           wanted->from_us || wanted->to_us;
}

static void print_other(struct json *json, const struct node *entry, bool is_of_own_record)
{
    static const char *const told[] = {"country", "kind", "role", "purpose"};
    const int64_t day_us = 86400 * INT64_C(1000000);
    json_key(json, S("entry"));
    json_open(json, '{');
    for (size_t i = 0; i < (is_of_own_record ? COUNT_OF(told) : 1); i++)
        json_text_some(json, str_c(told[i]), node_get_text(entry, str_c(told[i])));
    json_number(json, S("time_us"), time_of(entry) / day_us * day_us);
    json_bool(json, S("other"), true);
    json_close(json, '}');
}

static void print_read(struct reading_log *log, const struct audit_read *read,
                       const struct node *entry, bool is_own)
{
    struct json json = {.out = &log->text, .is_next = log->count > 0};
    char hex[2 * HASH_SIZE + 1];
    char receipt[RECEIPT_TEXT];
    hex_encode(read->leaf.bytes, HASH_SIZE, hex);
    audit_receipt(log->audit, read->number, receipt);
    json_open(&json, '{');
    json_number(&json, S("number"), (int64_t)read->number);
    if (is_own) /* who asked holds it; nobody else should */
        json_text(&json, S("receipt"), str_c(receipt));
    json_text(&json, S("leaf"), str_c(hex));
    json_bool(&json, S("destroyed"), read->is_destroyed);
    if (entry && is_own)
        json_raw(&json, S("entry"), read->body);
    else if (entry)
        print_other(&json, entry, log->is_of_own_record);
    json_close(&json, '}');
    log->count++;
}

/* Stops the scan with ERR_LIMIT, which is no fault, when there is enough. */
static enum err print_entry(void *context, const struct audit_read *read)
{
    struct reading_log *log = context;
    struct node *entry = NULL;
    arena_reset(&log->arena);
    log->last = read->number;
    log->visited++;
    if (read->is_destroyed && has_filter(&log->wanted))
        return OK;
    if (!read->is_destroyed)
        TRY(json_parse(read->body, &log->arena, &entry));
    if (entry && log->wanted.from_us && time_of(entry) < log->wanted.from_us) {
        log->is_enough = log->is_past = true;
        return ERR_LIMIT;
    }
    bool is_own = !entry || is_of_own(log->actor, node_get_text(entry, S("country")));
    if (entry && !is_wanted(log, entry, is_own))
        return OK;
    print_read(log, read, entry, is_own);
    log->is_enough = log->count == log->max;
    return log->text.failed ? log->text.failed : log->is_enough ? ERR_LIMIT : OK;
}

static void print_log(struct call *call)
{
    struct reading_log *log = call->state;
    buf_add_char(&call->out, '[');
    buf_add(&call->out, buf_str(&log->text));
    buf_add_char(&call->out, ']');
    buf_release(&log->text);
}

static void print_one(struct call *call)
{
    struct reading_log *log = call->state;
    buf_add(&call->out, buf_str(&log->text));
    buf_release(&log->text);
}

/* What was asked of the log is on the log. */
static str question(struct call *call)
{
    static const char *const names[] = {"record",  "officer", "unit", "kind",
                                        "purpose", "from",    "to"};
    struct buf out = {.max = 4096};
    struct json json = {.out = &out};
    json_open(&json, '{');
    if (call->args[0].len)
        json_text(&json, S("receipt"), call->args[0]);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        json_text_some(&json, str_c(names[i]), call_query(call, str_c(names[i])));
    json_close(&json, '}');
    str text = arena_str(call->arena, buf_str(&out));
    bool is_whole = !out.failed;
    buf_release(&out);
    return is_whole ? text : S("{}");
}

static enum err finish_log(struct call *call, struct reading_log *log, enum err code,
                           call_print *print)
{
    if (code) {
        buf_release(&log->text);
        return code;
    }
    struct audit_entry entry = call_entry(call, AUDIT_READ);
    entry.databases = S("audit");
    entry.verdict = S("log read");
    entry.query = question(call);
    call->state = log;
    return call_finish_audited(call, &entry, print);
}

static enum err read_day(struct call *call, str name, int32_t more, int64_t *ret_us)
{
    struct day day;
    str text = call_query(call, name);
    *ret_us = 0;
    if (!text.len)
        return OK;
    if (!day_parse(text, &day)) {
        err_set(ERR_BAD_VALUE, "%.*s is not a day", STR(str_slice(text, 0, 32)));
        return err_field("%.*s", STR(name));
    }
    *ret_us = (int64_t)(day_number(day) + more) * 86400 * 1000000;
    return OK;
}

static enum err read_wanted(struct call *call, struct wanted *ret)
{
    *ret = (struct wanted){.officer = call_query(call, S("officer")),
                           .unit = call_query(call, S("unit")),
                           .kind = call_query(call, S("kind")),
                           .purpose = call_query(call, S("purpose"))};
    TRY(read_day(call, S("from"), 0, &ret->from_us));
    return read_day(call, S("to"), 1, &ret->to_us); /* the whole of that day */
}

static struct reading_log *reading_log_new(struct call *call)
{
    struct reading_log *log = arena_new(call->arena, struct reading_log);
    if (log)
        *log =
            (struct reading_log){.audit = call->api->node.audit, .actor = &call->actor, .max = 1};
    return log;
}

/* The newest entry of days before `to`, by halves: entries are in the order of their time. */
static enum err seek_day(struct call *call, int64_t to_us, uint64_t *before)
{
    struct audit *audit = call->api->node.audit;
    uint64_t low = 1;
    uint64_t high = *before && *before <= audit_count(audit) ? *before : audit_count(audit) + 1;
    struct arena arena = {0};
    enum err code = OK;
    while (!code && low < high) {
        struct audit_read read;
        struct node *entry = NULL;
        uint64_t middle = low + (high - low) / 2;
        arena_reset(&arena);
        code = audit_get(audit, middle, &arena, &read);
        if (!code && !read.is_destroyed)
            code = json_parse(read.body, &arena, &entry);
        if (entry && time_of(entry) >= to_us)
            high = middle;
        else /* what was destroyed is taken for older: the scan then begins too late in time */
            low = middle + 1;
    }
    arena_release(&arena);
    *before = low;
    return code;
}

/* By record, by officer, or one after the other. */
static enum err look_through(struct audit *audit, struct reading_log *log, struct record_id id,
                             uint64_t before)
{
    if (id.number || !log->wanted.officer.len)
        return audit_scan(audit, id, before, LOOKED_THROUGH_MAX, print_entry, log);
    return audit_find(audit, AUDIT_OFFICER, log->wanted.officer, STR_EMPTY, before,
                      LOOKED_THROUGH_MAX, print_entry, log);
}

static bool is_own_record(struct call *call, struct record_id id)
{
    struct stored stored;
    const struct store *store = call->api->node.store;
    bool is_there = id.home == store_home(store) &&
                    store_read(call->api->node.store, id.number, call->arena, &stored) == OK;
    err_clear();
    return is_there && is_of_own(&call->actor, stored.owner);
}

enum err run_audit_list(struct call *call)
{
    uint64_t before;
    uint64_t max;
    struct record_id id = {0};
    str record = call_query(call, S("record"));
    struct reading_log *log = reading_log_new(call);
    if (!log)
        return err_last()->code;
    TRY(call_query_number(call, S("before"), UINT64_MAX >> 1, UINT64_MAX >> 1, &before));
    TRY(call_query_number(call, S("max"), 100, ENTRIES_MAX, &max));
    TRY(read_wanted(call, &log->wanted));
    if (record.len && !record_id_parse(record, &id))
        return err_set(ERR_BAD_VALUE, "%.*s is not a record's id", STR(record));
    log->is_of_record = id.number != 0;
    log->is_of_own_record = id.number && is_own_record(call, id);
    if (log->wanted.to_us)
        TRY(seek_day(call, log->wanted.to_us, &before));
    log->max = (size_t)max;
    enum err code = max ? look_through(call->api->node.audit, log, id, before) : OK;
    if (code == ERR_LIMIT && log->is_enough)
        code = OK;
    arena_release(&log->arena);
    bool is_cut = log->is_enough || log->visited == LOOKED_THROUGH_MAX;
    if (!code && is_cut && !log->is_past && log->last > 1)
        call_header(call, S("Bureau-Audit-Before"),
                    arena_printf(call->arena, "%llu", (unsigned long long)log->last));
    return finish_log(call, log, code, print_log);
}

enum err run_audit_get(struct call *call)
{
    struct audit_read entry;
    struct reading_log *log = reading_log_new(call);
    if (!log)
        return err_last()->code;
    TRY(audit_by_receipt(call->api->node.audit, call->args[0], call->arena, &entry));
    enum err code = print_entry(log, &entry);
    if (code == ERR_LIMIT && log->is_enough)
        code = OK;
    arena_release(&log->arena);
    return finish_log(call, log, code, print_one);
}

enum err run_audit_verify(struct call *call)
{
    uint64_t entries = 0;
    struct buf report = {.max = 1 << 20};
    struct buf key = {.max = 1024};
    audit_key(call->api->node.audit, &key);
    enum err code = audit_verify(call->api->node.directory, &entries, &report);
    if (!code) /* and once more, by the reader that shares no code with the first */
        code = audit_check(call->api->node.directory, buf_str(&key), STR_EMPTY, &entries, &report);
    struct err_info why = *err_last();
    struct json json = {.out = &call->out};
    json_open(&json, '{');
    json_bool(&json, S("ok"), code == OK);
    json_number(&json, S("entries"), (int64_t)entries);
    json_text(&json, S("report"), report.len ? buf_str(&report) : str_c(code ? why.message : ""));
    json_close(&json, '}');
    buf_release(&report);
    buf_release(&key);
    call_finish(call, OK);
    return OK;
}
