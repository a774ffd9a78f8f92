/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the owner's control costs: searches over HTTP with full policy and the provable log, beside
 * the same binary with a policy that allows all and a log that is only written.
 *
 *   build/release/bench/owner [PAIRS [SECONDS [WHAT]]]   from the tree's root; 8 pairs of 3 s;
 *                          WHAT: policy or log, that half alone is open; else both are
 *
 * The nodes lie in $TMPDIR, else in /tmp.
 *
 * Two nodes of the same records are opened in this one process and asked in turn - full, open, open,
 * full - so that both see the same minutes of the machine. The product has no switch for the open
 * way: this program alone is linked so that the calls in which decisions are made and entries are
 * proven come through the functions below (ld --wrap), which pass them on, or not.
 *
 *                        full                               open
 *   may he search        role, purpose, database, measure   yes
 *   entries of the index skipped by policy class            all count
 *   what is shown        fields by role, owner's ceiling    all
 *   an entry of the log  sealed, hashed, chained, in the    written and synced as it is
 *                        tree
 *
 * Sign-in, parsing, the index, the store and the sync of each group are the same in both. Of the
 * searches one in ten finds one of 20,000 documents of 500 policy classes, in full in both ways.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/internal.h"
#include "cmd/cmd.h"
#include "crypto/crypto.h"

#include "durable.h"

enum { RECORDS = 20000, CLASSES = 500, PAIRS_MAX = 100, CONNECTIONS = 256, EVERY = 10 };

/* Set between rounds, when nobody asks. */
static struct {
    bool policy, log;
} is_open;

static _Noreturn void die(const char *what)
{
    char words[1024];
    fprintf(stderr, "owner: %s: %s\n", what, err_format(err_last(), words, sizeof words));
    exit(1);
}

/* ---- what the linker puts in between ---- */

#define WRAP(name) __wrap_##name
#define REAL(name) __real_##name

enum err REAL(policy_allow)(const struct catalog *catalog, const struct actor *actor,
                            enum policy_action action, const struct definition *definition,
                            str owner);
enum err WRAP(policy_allow)(const struct catalog *catalog, const struct actor *actor,
                            enum policy_action action, const struct definition *definition,
                            str owner);
enum err WRAP(policy_allow)(const struct catalog *catalog, const struct actor *actor,
                            enum policy_action action, const struct definition *definition,
                            str owner)
{
    return is_open.policy ? OK : REAL(policy_allow)(catalog, actor, action, definition, owner);
}

static uint8_t everything[POLICY_CLASS_MAX];
static const struct policy_scope open_scope = {everything, POLICY_CLASS_MAX};

enum err REAL(policy_scope_open)(struct policy_classes *classes, const struct actor *actor,
                                 const struct policy_scope **ret);
enum err WRAP(policy_scope_open)(struct policy_classes *classes, const struct actor *actor,
                                 const struct policy_scope **ret);
enum err WRAP(policy_scope_open)(struct policy_classes *classes, const struct actor *actor,
                                 const struct policy_scope **ret)
{
    if (!is_open.policy)
        return REAL(policy_scope_open)(classes, actor, ret);
    *ret = &open_scope;
    return OK;
}

void REAL(policy_scope_close)(const struct policy_scope *scope);
void WRAP(policy_scope_close)(const struct policy_scope *scope);
void WRAP(policy_scope_close)(const struct policy_scope *scope)
{
    if (scope != &open_scope)
        REAL(policy_scope_close)(scope);
}

enum err REAL(policy_open)(const struct catalog *catalog, const struct actor *actor,
                           const struct record *record, struct arena *arena, struct view *ret);
enum err WRAP(policy_open)(const struct catalog *catalog, const struct actor *actor,
                           const struct record *record, struct arena *arena, struct view *ret);
enum err WRAP(policy_open)(const struct catalog *catalog, const struct actor *actor,
                           const struct record *record, struct arena *arena, struct view *ret)
{
    static const struct actor keeper = {.officer = {"all", 3},
                                        .may_write = true,
                                        .may_administer = true};
    return REAL(policy_open)(catalog, is_open.policy ? &keeper : actor, record, arena, ret);
}

enum field_access REAL(policy_field_access)(const struct catalog *catalog,
                                            const struct actor *actor,
                                            const struct definition *definition,
                                            const struct field *field);
enum field_access WRAP(policy_field_access)(const struct catalog *catalog,
                                            const struct actor *actor,
                                            const struct definition *definition,
                                            const struct field *field);
enum field_access WRAP(policy_field_access)(const struct catalog *catalog,
                                            const struct actor *actor,
                                            const struct definition *definition,
                                            const struct field *field)
{
    return is_open.policy ? FIELD_OPEN
                          : REAL(policy_field_access)(catalog, actor, definition, field);
}

enum err REAL(keyring_seal)(struct keyring *keyring, const struct audit_entry *entry,
                            const struct salt *salt, str body, struct buf *out);
enum err WRAP(keyring_seal)(struct keyring *keyring, const struct audit_entry *entry,
                            const struct salt *salt, str body, struct buf *out);
enum err WRAP(keyring_seal)(struct keyring *keyring, const struct audit_entry *entry,
                            const struct salt *salt, str body, struct buf *out)
{
    if (!is_open.log)
        return REAL(keyring_seal)(keyring, entry, salt, body, out);
    buf_add(out, body);
    return out->failed;
}

void REAL(salted_hash)(const struct salt *salt, str content, struct hash *ret);
void WRAP(salted_hash)(const struct salt *salt, str content, struct hash *ret);
void WRAP(salted_hash)(const struct salt *salt, str content, struct hash *ret)
{
    if (is_open.log)
        *ret = (struct hash){{0}};
    else
        REAL(salted_hash)(salt, content, ret);
}

bool REAL(group_chain)(const struct group_header *header, str entries, const struct hash *before,
                       struct hash *ret);
bool WRAP(group_chain)(const struct group_header *header, str entries, const struct hash *before,
                       struct hash *ret);
bool WRAP(group_chain)(const struct group_header *header, str entries, const struct hash *before,
                       struct hash *ret)
{
    if (!is_open.log)
        return REAL(group_chain)(header, entries, before, ret);
    *ret = (struct hash){{0}};
    return true;
}

enum err REAL(tree_add)(struct tree *tree, str leaves);
enum err WRAP(tree_add)(struct tree *tree, str leaves);
enum err WRAP(tree_add)(struct tree *tree, str leaves)
{
    return is_open.log ? OK : REAL(tree_add)(tree, leaves);
}

enum err REAL(checkpoint_write)(struct audit *audit);
enum err WRAP(checkpoint_write)(struct audit *audit);
enum err WRAP(checkpoint_write)(struct audit *audit)
{
    return is_open.log ? OK : REAL(checkpoint_write)(audit);
}

/* ---- two nodes ---- */

static char directory[80];
static char token[200];

static void write_records(void)
{
    char path[100], hits[100];
    snprintf(path, sizeof path, "%s/records.ndjson", directory);
    snprintf(hits, sizeof hits, "%s/hits", directory);
    FILE *out = fopen(path, "we"), *numbers = fopen(hits, "we");
    for (unsigned i = 0; out && numbers && i < RECORDS; i++) {
        fprintf(out,
                "{\"database\":\"travel-document\",\"envelope\":{\"owner\":\"UTO\",\"unit\":"
                "\"UTO/ncb\",\"ref\":\"r-%u\",\"purposes\":[\"investigate\",\"search\"],"
                "\"review_on\":\"2030-01-01\",\"allow\":[\"FRA\",\"UTO/desk-%u\"]},\"fields\":{"
                "\"doc_class\":\"travel\",\"doc_type\":\"passport\",\"issued_by\":\"UTO\","
                "\"doc_no\":\"P%07u\",\"fraud\":\"stolen\",\"stolen_in\":\"UTO\"}}\n",
                i, i % CLASSES, i);
        fprintf(numbers, "P%07u\n", i);
    }
    if (!out || !numbers || fclose(out) || fclose(numbers))
        die("cannot write the records");
}

/* The first line of what a command prints, up to `size`. */
static void command(const char *words, char *said, size_t size)
{
    char line[1000];
    FILE *pipe = popen(words, "re"); /* NOLINT(cert-env33-c): our own program, our own words */
    while (pipe && fgets(line, sizeof line, pipe)) {
        const char *at = strstr(line, "bureau_");
        if (at && said)
            snprintf(said, size, "%.*s", (int)strcspn(at, "\" ,\r\n"), at);
    }
    if (!pipe || pclose(pipe))
        die(words);
}

static void make_node(void)
{
    char words[600];
    write_records();
    snprintf(words, sizeof words,
             "build/bureau officer add gate --data %s/full --country FRA --unit FRA/gate --role "
             "national-bureau --purpose investigate --json",
             directory);
    command(words, token, sizeof token);
    snprintf(words, sizeof words,
             "BUREAU_PURPOSE=search build/bureau import bureau-ndjson %s/records.ndjson --data "
             "%s/full 2>&1",
             directory, directory);
    command(words, NULL, 0);
    snprintf(words, sizeof words, "cp -a %s/full %s/open", directory, directory);
    command(words, NULL, 0);
}

static enum { BOTH, ONLY_POLICY, ONLY_LOG } what;
struct side {
    const char *name;
    bool is_open;
    struct running *running;
    struct http_server *server;
    double rates[PAIRS_MAX], each_us[PAIRS_MAX];
};

static void serve(struct side *side)
{
    const struct api_options options = {.version = "bench", .review_share = 100};
    char data[100];
    snprintf(data, sizeof data, "%s/%s", directory, side->name);
    if (node_open(data, ".", NODE_EXISTING, &options, &side->running))
        die("cannot open a node");
    side->running->http.listen = "127.0.0.1:0";
    if (http_server_start(&side->running->http, &side->server))
        die("cannot serve");
}

/* ---- rounds ---- */

/* The client leaves with questions under way: their entries are still written as the side writes. */
static void settle(const struct side *side)
{
    const struct timespec moment = {0, 100000000};
    uint64_t before;
    do {
        before = audit_count(side->running->node.audit);
        nanosleep(&moment, NULL);
    } while (audit_count(side->running->node.audit) != before);
}

static double figure(const char *line, const char *before)
{
    const char *at = strstr(line, before);
    double value = 0;
    str rest = at ? str_trim(str_c(at + strlen(before))) : STR_EMPTY;
    size_t len = 0;
    while (len < rest.len && (is_digit(rest.ptr[len]) || rest.ptr[len] == '.'))
        len++;
    return str_to_double(str_slice(rest, 0, len), &value) ? value : 0;
}

static void one_round(struct side *side, size_t at, const char *seconds)
{
    char words[600], line[600];
    is_open.policy = side->is_open && what != ONLY_LOG;
    is_open.log = side->is_open && what != ONLY_POLICY;
    snprintf(words, sizeof words,
             "build/release/bench/http --port %u --token %s --purpose investigate --connections %d "
             "--seconds %s --hits "
             "%s/hits --every %d --pid %d",
             http_server_port(side->server), token, CONNECTIONS, seconds, directory, EVERY,
             (int)getpid());
    FILE *pipe = popen(words, "re"); /* NOLINT(cert-env33-c): as above */
    while (pipe && fgets(line, sizeof line, pipe)) {
        if (strstr(line, "searches/s")) {
            side->rates[at] = figure(line, "connections: ");
            printf("  %s: %s", side->name, line);
        }
        if (strstr(line, "processor"))
            side->each_us[at] = figure(line, "server ");
    }
    if (!pipe || pclose(pipe) || side->rates[at] <= 0)
        die("a round failed");
    settle(side);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, size_t count)
{
    double sorted[PAIRS_MAX];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static void tell(const struct side *full, const struct side *open, size_t pairs)
{
    double ratios[PAIRS_MAX], costs[PAIRS_MAX];
    for (size_t i = 0; i < pairs; i++) {
        ratios[i] = full->rates[i] / open->rates[i] * 100;
        costs[i] = full->each_us[i] - open->each_us[i];
    }
    qsort(ratios, pairs, sizeof *ratios, compare);
    printf("full %.0f searches/s, open %.0f: %.1f%%; ratio of each pair: median %.1f%%, lowest "
           "%.1f%%, highest %.1f%%\n",
           median(full->rates, pairs), median(open->rates, pairs),
           median(full->rates, pairs) / median(open->rates, pairs) * 100, median(ratios, pairs),
           ratios[0], ratios[pairs - 1]);
    printf("processor of the server a search: full %.2f us, open %.2f us; difference, median of "
           "the pairs: %.2f us\n",
           median(full->each_us, pairs), median(open->each_us, pairs), median(costs, pairs));
    durable_probe(directory);
}

int main(int count, char **words)
{
    uint64_t pairs = 8;
    static struct side full = {.name = "full"}, open = {.name = "open", .is_open = true};
    if (count > 4 || (count > 1 && !str_to_u64(str_c(words[1]), PAIRS_MAX, &pairs)) || !pairs) {
        fprintf(stderr, "usage: owner [PAIRS [SECONDS [policy | log]]]\n");
        return 2;
    }
    if (count > 3)
        what = strcmp(words[3], "log") == 0 ? ONLY_LOG : ONLY_POLICY;
    const char *seconds = count > 2 ? words[2] : "3";
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *place = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%.50s/bureau-owner-XXXXXX", place ? place : "/tmp");
    if (crypto_init() || !mkdtemp(directory))
        die("cannot begin");
    memset(everything, DISCLOSE_FULL, sizeof everything);
    make_node();
    serve(&full);
    serve(&open);
    one_round(&full, 0, "1"); /* warm */
    one_round(&open, 0, "1");
    for (size_t i = 0; i < pairs; i++) {
        one_round(i % 2 ? &open : &full, i, seconds);
        one_round(i % 2 ? &full : &open, i, seconds);
    }
    tell(&full, &open, pairs);
    char clean[100];
    snprintf(clean, sizeof clean, "rm -rf %s", directory);
    command(clean, NULL, 0);
    fflush(stdout);
    _exit(0); /* the open log is none that could be closed */
}
