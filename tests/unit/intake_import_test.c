/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports from end to end on a node of their own: national template, resumption, undo,
 * expectations, faults.
 */
#include <signal.h>
#include <sys/wait.h>

#include "intake_fixture.h"

static struct fixture f;

static int open_fixture(void **state)
{
    (void)state;
    clock_pin(1795341600000000); /* 2026-11-22: the feeds' dates are about it */
    fixture_init(&f);
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    fixture_release(&f);
    clock_pin(-1);
    return 0;
}

static const char documents[] =
    "@ref,doc_class,doc_type,issued_by,doc_no,fraud,stolen_in,stolen_on\n"
    "A-1,travel,passport,UTO,L898902C3,stolen,UTO,2026-03-14\n"
    "A-2,travel,passport,UTO,L898902C4,stolen,UTO,2026-03-15\n"
    "A-3,travel,passport,UTO,,stolen,UTO,2026-03-15\n"
    "A-4,travel,passport,UTO,1.23E+08,stolen,UTO,2026-03-15\n"
    "A-5,travel,passport,UTO,X1234567,stolen,UTO,03/04/2026\n"
    "A-6,travel,passport,UTO,X1234567,stolen,UTO,46095\n"
    "A-1,travel,passport,UTO,X7777777,stolen,UTO,2026-03-15\n"
    "A-8,travel,passport,UTO,X1234568,stolen,UTO,03.04.2026\n";

static const struct node *fault_of_row(const struct node *report, long long row)
{
    node_each(fault,
              node_get(report, S("faults"))) if (fixture_number(fault, "row") == row) return fault;
    return NULL;
}

static void national_template(void **state)
{
    (void)state;
    static const struct {
        long long row;
        const char *column, *reason;
    } faults[] = {{4, "doc_no", "missing"},
                  {5, "doc_no", "digits-lost"},
                  {6, "stolen_on", "day-month-ambiguous"},
                  {7, "stolen_on", "date-serial"},
                  {8, "", "duplicate"}};
    const char *path = fixture_file(&f, "documents.csv", documents, sizeof documents - 1);
    struct node *report = fixture_import(&f, "travel-document", path, "UTO");
    assert_int_equal(fixture_number(report, "rows"), 8);
    assert_int_equal(fixture_number(report, "records.travel-document.new"), 3);
    assert_int_equal(fixture_number(report, "refused_rows"), 5);
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        const struct node *fault = fault_of_row(report, faults[i].row);
        assert_non_null(fault);
        assert_true(str_eq_c(node_get_text(fault, S("reason")), faults[i].reason));
        assert_true(str_eq_c(node_get_text(fault, S("column")), faults[i].column));
    }
    report = fixture_import(&f, "travel-document", path, "UTO");
    assert_int_equal(fixture_number(report, "records.travel-document.new"), 0);
    assert_int_equal(fixture_number(report, "records.travel-document.same"), 3);
    assert_true(fixture_get(report, "batch") == NULL || fixture_batch(&f.node, report) > 0);
}

static const char mapping[] =
    "format: 1\n"
    "title: A feed of the test\n"
    "owner: UTO\n"
    "feed: snapshot\n"
    "envelope: {purposes: [border-control]}\n"
    "source: {type: csv, header: yes, separator: \";\"}\n"
    "records:\n"
    "  - record: travel-document\n"
    "    id: \"T-{nr}\"\n"
    "    fields:\n"
    "      doc_class: {const: travel}\n"
    "      doc_type: {from: art, table: {P: passport, A: identity-card, unmapped: warn}}\n"
    "      issued_by: {const: UTO}\n"
    "      doc_no: nummer\n"
    "      fraud: {const: stolen}\n"
    "      stolen_in: {const: UTO}\n"
    "      stolen_on: {from: tag, via: [date-dmy], fault: drop}\n"
    "ignore: [egal]\n"
    "expect:\n"
    "  records: {travel-document: {min: 2}}\n"
    "  withdrawn: {max: 0.40}\n";

static void put_mapping(void)
{
    fixture_file(&f, "formats/feed.yaml", mapping, sizeof mapping - 1);
}

static struct node *import_text(const char *text)
{
    const char *path = fixture_file(&f, "feed.csv", text, strlen(text));
    return fixture_import(&f, "feed", path, "");
}

static enum state state_of(const char *ref, uint64_t *ret_number, str *ret_body)
{
    struct index_snapshot *snapshot = index_snapshot_open(f.index);
    struct stored stored = {.state = STATE_DELETED};
    uint64_t number = 0;
    must(index_find_ref(snapshot, S("travel-document"), S("UTO"), str_c(ref), &number), "find");
    index_snapshot_close(snapshot);
    if (number)
        must(store_read(f.store, number, &f.arena, &stored), "read");
    if (ret_number)
        *ret_number = number;
    if (ret_body)
        *ret_body = stored.body;
    return stored.state;
}

static const char first[] = "nr;art;nummer;tag;egal;neu\n"
                            "1;P;AA1111111;03.04.2026;x;y\n"
                            "2;P;AA2222222;04.05.2026;x;y\n"
                            "3;Z;AA3333333;kein Tag;x;y\n"
                            "4;A;AA4444444;2026;x;y\n";

/* Our annotated file, sent back as it is, reads as the sender's own did. */
static void the_annotated_file_comes_back(void **state)
{
    (void)state;
    static const char table[] =
        "sep=;\n@ref;doc_class;doc_type;issued_by;doc_no;fraud;stolen_in;authority\n"
        "B-1;travel;passport;UTO;L898902C3;stolen;UTO;=1+1\n"
        "B-2;travel;passport;UTO;;stolen;UTO;a;b\n";
    char annotated[256];
    const char *path = fixture_file(&f, "own.csv", table, sizeof table - 1), *back = annotated;
    snprintf(annotated, sizeof annotated, "%s/back.csv", f.directory);
    struct intake_request request = {.format = S("travel-document"),
                                     .files = &path,
                                     .file_count = 1,
                                     .owner = S("UTO"),
                                     .actor = S("o-1"),
                                     .annotated = annotated};
    struct node *report = NULL, *again = NULL;
    must(intake_import(&f.node, &request, NULL, NULL, &f.arena, &report), "first");
    assert_int_equal(fixture_number(report, "records.travel-document.new"), 1);
    request.files = &back;
    request.annotated = NULL;
    must(intake_import(&f.node, &request, NULL, NULL, &f.arena, &again), "again");
    assert_int_equal(fixture_number(again, "records.travel-document.same"), 1);
    assert_int_equal(fixture_number(again, "refused_rows"), 1);
    assert_int_equal(fixture_get(again, "unmapped.columns")->count, 0);
}

static void snapshots_change_withdraw_and_come_back(void **state)
{
    (void)state;
    put_mapping();
    struct node *report = import_text(first);
    assert_int_equal(fixture_number(report, "records.travel-document.new"), 3);
    assert_int_equal(fixture_number(report, "records.travel-document.refused"),
                     1); /* no type: the code is unmapped */
    assert_true(str_eq(node_as_text(fixture_get(report, "unmapped.columns")->first), S("neu")));
    assert_true(
        str_eq(node_get_text(fixture_get(report, "unmapped.codes")->first, S("value")), S("Z")));
    assert_int_equal(fixture_number(report, "reasons.bad-value"),
                     1); /* "kein Tag" was left out, not the row */
    report = import_text(
        "nr;art;nummer;tag;egal\n1;P;AA1111111;03.04.2026;x\n2;P;AA2222299;04.05.2026;x\n");
    assert_int_equal(fixture_number(report, "records.travel-document.same"), 1);
    assert_int_equal(fixture_number(report, "records.travel-document.changed"), 1);
    assert_int_equal(fixture_number(report, "records.travel-document.gone"), 1);
    uint64_t batch = fixture_batch(&f.node, report);
    assert_int_equal(state_of("T-4", NULL, NULL) == STATE_ACTIVE, 0);
    struct node *undone = NULL;
    must(intake_undo(&f.node, (uint64_t)batch, S("o-2"), NULL, NULL, &f.arena, &undone), "undo");
    assert_int_equal(fixture_number(undone, "restored"), 1);
    assert_int_equal(fixture_number(undone, "reinstated"), 1);
    assert_int_equal(fixture_number(undone, "conflict_count"), 0);
    assert_int_equal(state_of("T-4", NULL, NULL), STATE_ACTIVE);
    str body;
    state_of("T-2", NULL, &body);
    assert_true(str_has(body, S("AA2222222")));
    assert_int_equal(intake_undo(&f.node, (uint64_t)batch, S("o-2"), NULL, NULL, &f.arena, &undone),
                     ERR_CONFLICT);
}

static struct node *import_full(const char *rows, unsigned drop_percent, bool is_accepted)
{
    struct node *report = NULL;
    const char *path = fixture_file(&f, "full.csv", rows, strlen(rows));
    struct intake_request request = {.format = S("travel-document"),
                                     .files = &path,
                                     .file_count = 1,
                                     .owner = S("UTO"),
                                     .actor = S("o-1"),
                                     .is_full = true,
                                     .drop_percent = drop_percent,
                                     .is_accepted = is_accepted};
    must(intake_import(&f.node, &request, NULL, NULL, &f.arena, &report), "full");
    return report;
}

/* A national data set sent anew: held where too much would go, withdrawn at the end, undone. */
static void sent_in_full(void **state)
{
    (void)state;
#define HEADING "doc_class,doc_type,issued_by,doc_no,fraud,stolen_in,@ref\n"
    static const char all[] = HEADING "travel,passport,UTO,QA1000001,lost,UTO,N-1\n"
                                      "travel,passport,UTO,QA1000002,lost,UTO,N-2\n"
                                      "travel,passport,UTO,QA1000003,lost,UTO,N-3\n";
    static const char less[] = HEADING "travel,passport,UTO,QA1000001,lost,UTO,N-1\n"
                                       "travel,passport,UTO,QA1000004,lost,UTO,N-4\n";
    struct node *report = import_full(all, 0, false);
    assert_int_equal(fixture_number(report, "records.travel-document.new"), 3);
    report = import_full(less, 0, false);
    assert_true(str_eq(node_get_text(report, S("state")), S("held")));
    assert_int_equal(fixture_number(report, "records.travel-document.gone"), 2);
    assert_int_equal(state_of("N-2", NULL, NULL), STATE_ACTIVE);
    report = import_full(less, 60, false);
    assert_true(str_eq(node_get_text(report, S("state")), S("held")));
    report = import_full(less, 60, true);
    assert_true(str_eq(node_get_text(report, S("state")), S("applied")));
    assert_int_equal(state_of("N-1", NULL, NULL), STATE_ACTIVE);
    assert_int_equal(state_of("N-2", NULL, NULL), STATE_CANCELLED);
    struct node *undone = NULL;
    must(intake_undo(&f.node, fixture_batch(&f.node, report), S("o-2"), NULL, NULL, &f.arena,
                     &undone),
         "undo");
    assert_int_equal(fixture_number(undone, "reinstated"), 2);
    assert_int_equal(state_of("N-2", NULL, NULL), STATE_ACTIVE);
    report = import_full(less, 70, false);
    assert_true(str_eq(node_get_text(report, S("state")), S("applied")));
}

static void withdrawn_ones_come_back_under_their_number(void **state)
{
    (void)state;
    uint64_t number = 0, again = 0;
    put_mapping();
    import_text(first);
    state_of("T-4", &number, NULL);
    import_text("nr;art;nummer;tag;egal\n1;P;AA1111111;03.04.2026;x\n2;P;AA2222222;04.05.2026;x\n");
    struct stored stored;
    must(store_read(f.store, number, &f.arena, &stored), "read");
    assert_int_equal(stored.state, STATE_CANCELLED);
    struct node *report = import_text(first);
    assert_int_equal(fixture_number(report, "records.travel-document.same"), 2);
    assert_int_equal(state_of("T-4", &again, NULL), STATE_ACTIVE);
    assert_int_equal(again, number);
    assert_int_equal(fixture_number(report, "records.travel-document.changed"), 1);
}

/* A list that is confirmed year after year must not run out on its review date. */
static void what_a_feed_confirms_is_renewed(void **state)
{
    (void)state;
    static const char yearly[] =
        "format: 1\nowner: UTO\nenvelope: {purposes: [border-control]}\n"
        "review: {after: 1y}\nsource: {type: csv, header: no, columns: [nr]}\n"
        "records:\n  - record: travel-document\n    id: \"Y-{nr}\"\n    fields:\n"
        "      doc_class: {const: travel}\n      doc_type: {const: passport}\n"
        "      issued_by: {const: UTO}\n      doc_no: nr\n      fraud: {const: lost}\n"
        "      stolen_in: {const: UTO}\n";
    fixture_file(&f, "formats/yearly.yaml", yearly, sizeof yearly - 1);
    const char *path = fixture_file(&f, "yearly.csv", "ZZ1234567\n", 10);
    int64_t now = clock_now_us(), day = (int64_t)86400 * 1000000;
    struct node *report = fixture_import(&f, "yearly", path, "");
    assert_int_equal(fixture_number(report, "records.travel-document.new"), 1);
    clock_pin(now + 100 * day);
    report = fixture_import(&f, "yearly", path, "");
    assert_int_equal(fixture_number(report, "records.travel-document.same"), 1);
    assert_int_equal(fixture_number(report, "records.travel-document.renewed"), -1);
    clock_pin(now + 200 * day);
    report = fixture_import(&f, "yearly", path, "");
    clock_pin(-1);
    assert_int_equal(fixture_number(report, "records.travel-document.renewed"), 1);
}

static void as_a_job(void **state)
{
    (void)state;
    struct jobs *jobs = NULL;
    uint64_t id = 0;
    str result;
    struct node *report = NULL;
    put_mapping();
    const char *path = fixture_file(&f, "feed.csv", first, sizeof first - 1);
    struct intake_request request = {.format = S("feed"),
                                     .files = &path,
                                     .file_count = 1,
                                     .actor = S("o-1")};
    must(jobs_new(&jobs), "jobs");
    must(intake_start(jobs, &f.node, &request, &id), "start");
    struct job_status status;
    do {
        must(job_status(jobs, id, &status), "status");
        job_wait(jobs, id, status.done, clock_monotonic_us() + 100000);
    } while (status.state == JOB_WAITING || status.state == JOB_RUNNING);
    assert_int_equal(status.state, JOB_DONE);
    must(job_read_result(jobs, id, &f.arena, &result), "result");
    must(json_parse(result, &f.arena, &report), "report");
    assert_int_equal(fixture_number(report, "records.travel-document.new"), 3);
    jobs_free(jobs);
}

static void too_much_withdrawn_is_held(void **state)
{
    (void)state;
    put_mapping();
    import_text(first);
    uint64_t seq = store_seq(f.store);
    const char *less = "nr;art;nummer;tag;egal\n1;P;AA1111111;03.04.2026;x\n";
    struct node *report = import_text(less);
    assert_true(str_eq(node_get_text(report, S("state")), S("held")));
    assert_true(store_seq(f.store) <= seq + 2); /* nothing but the batch's own record */
    assert_int_equal(state_of("T-2", NULL, NULL), STATE_ACTIVE);
    const char *path = fixture_file(&f, "feed.csv", less, strlen(less));
    struct intake_request request = {.format = S("feed"),
                                     .files = &path,
                                     .file_count = 1,
                                     .is_accepted = true};
    must(fixture_try(&f, request, &report), "import");
    assert_true(str_eq(node_get_text(report, S("state")), S("applied")));
    assert_int_equal(fixture_number(report, "records.travel-document.gone"), 2);
    struct node *list = NULL;
    must(intake_batches(&f.node, STR_EMPTY, 10, &f.arena, &list), "batches");
    assert_int_equal(list->count, 3);
    assert_true(str_eq(node_get_text(list->first, S("state")), S("applied")));
    struct node *batch = NULL;
    must(intake_batch(&f.node, fixture_batch(&f.node, report), &f.arena, &batch), "batch");
    assert_int_equal(fixture_number(batch, "report.records.travel-document.gone"), 2);
}

static void dry_run_writes_nothing(void **state)
{
    (void)state;
    put_mapping();
    const char *path = fixture_file(&f, "feed.csv", first, sizeof first - 1);
    uint64_t seq = store_seq(f.store);
    str annotated = arena_printf(&f.arena, "%s/back.csv", f.directory);
    struct intake_request request = {.format = S("feed"),
                                     .files = &path,
                                     .file_count = 1,
                                     .is_dry_run = true,
                                     .annotated = annotated.ptr};
    struct node *report = NULL;
    must(fixture_try(&f, request, &report), "import");
    assert_true(str_eq(node_get_text(report, S("state")), S("checked")));
    assert_int_equal(store_seq(f.store), seq);
    char *text;
    size_t len;
    must(io_read_file(annotated.ptr, 1 << 20, &text, &len), "annotated");
    str back = str_of(text, len);
    assert_true(str_has(back, S("row;nr;art;nummer;tag;egal;neu;fault;suggestion\r\n")));
    assert_true(str_has(back, S("\r\n2;1;P;AA1111111;03.04.2026;x;y;;\r\n")));
    assert_true(str_has(back, S("unmapped")) || str_has(back, S("missing")));
    free(text);
}

/* ---- cut off and taken up again ---- */

struct stopper {
    uint64_t at;
    bool is_killing;
};

static enum err stop_at(void *context, uint64_t done, uint64_t total, const char *step)
{
    struct stopper *stopper = context;
    (void)total;
    (void)step;
    if (done < stopper->at)
        return OK;
    if (stopper->is_killing)
        kill(getpid(), SIGKILL);
    return err_set(ERR_TIMEOUT, "cancelled");
}

enum { MANY = 60000 }; /* several progress calls long on a fast machine, too */

static const char *many_documents(void)
{
    struct buf text = {0};
    buf_add(&text, S("@ref,doc_class,doc_type,issued_by,doc_no,fraud,stolen_in\n"));
    for (unsigned i = 0; i < MANY; i++)
        buf_printf(&text, "M-%u,travel,passport,UTO,Q%07u,stolen,UTO\n", i, i);
    const char *path = fixture_file(&f, "many.csv", text.ptr, text.len);
    buf_release(&text);
    return path;
}

static uint64_t count_documents(void)
{
    uint64_t count = 0;
    must(store_count(f.store, S("travel-document"), S("UTO"), &count), "count");
    return count;
}

static void killed_in_the_middle_it_resumes(void **state)
{
    (void)state;
    const char *path = many_documents();
    fixture_close_node(&f);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) { /* this process dies as by kill -9, without closing anything */
        fixture_open_node(&f);
        struct stopper stopper = {.at = MANY / 2, .is_killing = true};
        struct intake_request request = {.format = S("travel-document"),
                                         .files = &path,
                                         .file_count = 1,
                                         .owner = S("UTO"),
                                         .actor = S("o-1")};
        struct node *report = NULL;
        enum err code = intake_import(&f.node, &request, stop_at, &stopper, &f.arena, &report);
        _exit(code ? 3 : 4);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    fixture_open_node(&f);
    uint64_t before = count_documents();
    assert_true(before < MANY);
    struct node *broken = NULL;
    must(intake_batches(&f.node, STR_EMPTY, 10, &f.arena, &broken), "batches");
    assert_true(str_eq(node_get_text(broken->first, S("state")), S("interrupted")));
    struct node *report = fixture_import(&f, "travel-document", path, "UTO");
    assert_true(node_as_bool(node_get(report, S("resumed")), false));
    assert_int_equal(fixture_number(report, "records.travel-document.new"), MANY);
    assert_int_equal(count_documents(), MANY);
    struct node *list = NULL, *undone = NULL;
    must(intake_batches(&f.node, STR_EMPTY, 10, &f.arena, &list), "batches");
    assert_int_equal(list->count, 1); /* one batch, not two */
    must(intake_undo(&f.node, fixture_batch(&f.node, report), S("o-1"), NULL, NULL, &f.arena,
                     &undone),
         "undo");
    assert_int_equal(fixture_number(undone, "erased"), MANY);
    assert_int_equal(count_documents(), 0);
}

static void cancelled_it_says_so_and_resumes(void **state)
{
    (void)state;
    const char *path = many_documents();
    struct stopper stopper = {.at = MANY / 2};
    struct intake_request request = {.format = S("travel-document"),
                                     .files = &path,
                                     .file_count = 1,
                                     .owner = S("UTO"),
                                     .actor = S("o-1")};
    struct node *report = NULL, *list = NULL;
    assert_int_equal(intake_import(&f.node, &request, stop_at, &stopper, &f.arena, &report),
                     ERR_TIMEOUT);
    must(intake_batches(&f.node, STR_EMPTY, 10, &f.arena, &list), "batches");
    assert_true(str_eq(node_get_text(list->first, S("state")), S("stopped")));
    report = fixture_import(&f, "travel-document", path, "UTO");
    assert_true(node_as_bool(node_get(report, S("resumed")), false));
    assert_int_equal(count_documents(), MANY);
}

static void edited_since_is_left_by_undo(void **state)
{
    (void)state;
    put_mapping();
    struct node *report = import_text(first);
    uint64_t number = 0;
    str body;
    state_of("T-1", &number, &body);
    struct change edit = {.kind = CHANGE_PUT,
                          .number = number,
                          .definition = S("travel-document"),
                          .definition_version = 1,
                          .owner = S("UTO"),
                          .actor = S("o-9"),
                          .body = body};
    struct committed done;
    must(store_commit(f.store, &edit, 1, true, &done), "edit");
    struct node *undone = NULL;
    must(intake_undo(&f.node, fixture_batch(&f.node, report), S("o-2"), NULL, NULL, &f.arena,
                     &undone),
         "undo");
    assert_int_equal(fixture_number(undone, "conflict_count"), 1);
    assert_int_equal(fixture_number(undone, "erased"), 2);
    assert_int_equal(state_of("T-1", NULL, NULL), STATE_ACTIVE);
}

static void bodies_are_taken_as_they_are(void **state)
{
    (void)state;
    static const char lines[] =
        "{\"database\":\"travel-document\",\"envelope\":{\"owner\":\"UTO\",\"purposes\":[\"border-control\"],"
        "\"review_on\":\"2027-01-01\",\"ref\":\"N-1\"},\"fields\":{\"doc_class\":\"travel\",\"doc_type\":\"passport\","
        "\"issued_by\":\"UTO\",\"doc_no\":\"AB1234567\",\"fraud\":\"stolen\",\"stolen_in\":\"UTO\"}}\n"
        "{\"database\":\"no-such\",\"envelope\":{},\"fields\":{}}\n"
        "not JSON\n";
    const char *path = fixture_file(&f, "bodies.ndjson", lines, sizeof lines - 1);
    struct node *report = fixture_import(&f, "bureau-ndjson", path, "");
    assert_int_equal(fixture_number(report, "rows"), 3);
    assert_int_equal(fixture_number(report, "records.travel-document.new"), 1);
    assert_int_equal(fixture_number(report, "refused_rows"), 2);
    assert_int_equal(fixture_number(report, "reasons.not-parsed"), 1);
    assert_int_equal(state_of("N-1", NULL, NULL), STATE_ACTIVE);
}

static void what_cannot_be_done_is_said(void **state)
{
    (void)state;
    put_mapping();
    struct node *report = NULL;
    const char *path = fixture_file(&f, "feed.csv", first, sizeof first - 1),
               *missing = "/tmp/no-such-file.csv";
    struct intake_request request = {.format = S("no-such-format"),
                                     .files = &path,
                                     .file_count = 1};
    assert_int_equal(fixture_try(&f, request, &report), ERR_UNKNOWN);
    request.format = S("../etc/passwd");
    assert_int_equal(fixture_try(&f, request, &report), ERR_UNKNOWN);
    request.format = S("travel-document");
    assert_int_equal(fixture_try(&f, request, &report), ERR_MISSING); /* whose are they? */
    request = (struct intake_request){.format = S("feed"),
                                      .files = &path,
                                      .file_count = 1,
                                      .owner = S("ZZZ")};
    assert_int_equal(fixture_try(&f, request, &report), ERR_USAGE);
    request = (struct intake_request){.format = S("feed"), .files = &missing, .file_count = 1};
    assert_int_equal(fixture_try(&f, request, &report), ERR_NOT_FOUND);
    path = fixture_file(&f, "other.csv", "a;b\n1;2\n", 8);
    request = (struct intake_request){.format = S("feed"), .files = &path, .file_count = 1};
    assert_int_equal(fixture_try(&f, request, &report), ERR_SYNTAX); /* no column "nr" */
    assert_non_null(strstr(err_last()->message, "\"nr\""));
}

int main(int argc, char **argv)
{
    int child = intake_child_first(argc, argv);
    if (child >= 0)
        return child;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(national_template, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(the_annotated_file_comes_back, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(sent_in_full, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(snapshots_change_withdraw_and_come_back, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(withdrawn_ones_come_back_under_their_number, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(what_a_feed_confirms_is_renewed, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(as_a_job, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(too_much_withdrawn_is_held, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(dry_run_writes_nothing, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(killed_in_the_middle_it_resumes, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(cancelled_it_says_so_and_resumes, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(edited_since_is_left_by_undo, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(bodies_are_taken_as_they_are, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(what_cannot_be_done_is_said, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
