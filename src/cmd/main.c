/* SPDX-License-Identifier: Apache-2.0 */
/* The program: the table of commands, their help, and the options all of them share. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"

const struct command commands[] = {
    {"serve", "[--listen HOST:PORT]", "answer over HTTP and the pages",
     "--listen ADDRESS            127.0.0.1:1923 unless stated; none: control socket only\n"
     "--certificate F --key F     PEM files: TLS\n"
     "--client-ca F               ask for client certificates of this CA\n"
     "--require-client-certificate\n"
     "--origin https://NAME       as browsers know this node; passkeys are made for it\n"
     "--rate N                    requests a second and officer, 1000 unless stated; 0: no bound\n"
     "--alarm-command PATH        run when a ticket rings or is late; facts in its environment\n"
     "--alarm-mail FILE           the mail server for letters of alarm; a file of mode 600\n"
     "--review-share N            of 10,000 searches, drawn for a supervisor; 10 unless stated\n"
     "--demonstration             offer a session to everybody on this machine\n"
     "--loops N                   network threads, one a core unless stated",
     command_serve},
    {"search", "[TEXT...]", "search all databases",
     "TEXT                        a line: anything an officer would type or paste\n"
     "--field MEANING=VALUE       typed values, as often as needed\n"
     "--database NAME             only these, as often as needed\n"
     "--limit N, --offset N       hits shown; 10 and 0 unless stated\n"
     "--similar auto|yes|no       look for near-miss numbers\n"
     "--batch FILE                one JSON search a line, - for standard input\n"
     "Exit: 0 hit, 1 no hit, 2 error.",
     command_search},
    {"why", "--record ID [TEXT...]", "why a search shows a record, or does not",
     "As search; what led to the record, what it was compared by, what was missing.\n"
     "Exit: 0 it is shown, 1 it is not, 2 error.",
     command_why},
    {"duplicates", "--database NAME", "one person recorded twice",
     "--owner CCC                 whose records; one's own unless stated\n"
     "--across                    beside records of other owners, too, as far as may be seen\n"
     "--possible                  what is only possible, too\n"
     "--max N                     pairs told at most, 1000 unless stated\n"
     "Exit: 0 some were found, 1 none, 2 error.",
     command_duplicates},
    {"import", "FORMAT FILE...", "take in a foreign file",
     "import FORMAT FILE... [--dry-run] [--accept] [--owner CCC] [--unit U] [--annotated FILE]\n"
     "import formats              what can be read\n"
     "import list                 batches so far\n"
     "import show BATCH           a batch's report\n"
     "import undo BATCH           take back what it did\n"
     "import forget BATCH         destroy its report and what that quotes\n"
     "import preview FILE         how its first rows would be read; the kind of file is guessed\n"
     "import FORMAT FILE --preview  the same, and what becomes of each column\n"
     "import TEMPLATE FILE --full [--drop-limit PERCENT]  all the owner holds of it: what is not\n"
     "                            in the file is withdrawn at the end; held above 5 percent.\n"
     "                            First with --dry-run: what would become of it\n"
     "  --encoding NAME           instead of the stated or guessed one\n"
     "Exit: 0 applied, 1 held or rows refused, 2 error.",
     command_import},
    {"get", "ID|DATABASE:OWNER/REFERENCE", "show a record",
     "--history                   its versions\n--version N                 as it was",
     command_get},
    {"put", "DATABASE|ID FILE", "enter or correct a record",
     "FILE is JSON {\"envelope\":{...},\"fields\":{...}}, - for standard input.\n"
     "--version N                 the version a correction replaces\n"
     "--check                     only say what is wrong with it",
     command_put},
    {"photograph", "LIST", "attach pictures to records",
     "LIST                        database, OWNER/REFERENCE and file, tabs between, a line each\n"
     "Exit: 0 all attached, 1 some refused, 2 error.",
     command_photograph},
    {"state", "ID STATE [--reason TEXT]", "suspend, cancel or activate a record", "",
     command_state},
    {"erase", "ID --version N", "destroy a record's contents", "", command_erase},
    {"records", "due|extend|confirm-day", "review dates: what is due, and putting it off",
     "due [--owner CCC] [--within 60d] [--database NAME] [--max N]\n"
     "extend ID --until DAY --reason TEXT [--version N]\n"
     "confirm-day DAY             after a jump of the clock: it is right, at the machine",
     command_records},
    {"standing", "add|list|approve|renew|remove", "questions that new records are held against",
     "add --until DAY --field MEANING=VALUE [--field ...] [--database NAME]...\n"
     "       with --purpose and --reference of the case; 90 days at most\n"
     "list                        with what they have met\n"
     "approve ID                  by another officer of the national bureau\n"
     "renew ID --until DAY\n"
     "remove ID\n"
     "Standing queries belong to officers: name one by $BUREAU_TOKEN.",
     command_standing},
    {"rights", "list|evidence|answer|processing|sign|report",
     "of the persons in the records: what they ask, what data protection signs",
     "list [--all]                requests of persons, most urgent first\n"
     "evidence ID                 all there is to a request; its hash is on the log\n"
     "answer ID [--language en|fr|es|ar]  what the person is told\n"
     "processing [--since VERSION] [--form markdown|html|json]  record of processing and impact\n"
     "                            assessment, with what differs from what was signed\n"
     "sign [--hash HASH]          sign the definitions; what opened more serves from the next "
     "start\n"
     "report [--from DAY] [--to DAY] [--form csv|html|json]  transparency, of whole months\n"
     "Requests and signatures belong to data protection: name an officer by $BUREAU_TOKEN.",
     command_rights},
    {"certificate", "get|list|key|check", "what was deleted, signed by the node",
     "get ID [--out FILE]         of the record that was ID\n"
     "list [--owner CCC] [--max N]\n"
     "key                         what this node signs them with\n"
     "check FILE --key KEY        without a node",
     command_certificate},
    {"check", "", "check the definitions and their examples", "", command_check},
    {"manual", "DATABASE|types", "the manual page of a database, or of the field types", "",
     command_manual},
    {"template", "DATABASE", "the empty CSV of a database, columns explained", "",
     command_template},
    {"index", "show|merge|rebuild", "care of the index", "", command_index},
    {"learn", "[--show|--use|--forget]", "count how rare names are, for scores to rest on",
     "learn                       count the names of all records; the result waits for use\n"
     "learn --show                what serves, and what the waiting table would change\n"
     "learn --use                 take the waiting table into service\n"
     "learn --forget              destroy both; the table shipped with the program serves",
     command_learn},
    {"audit", "show|verify|prove|copy|check|RECEIPT", "the record of every access",
     "show [--record ID] [--max N] [--before N]\n"
     "RECEIPT                     the entry of an answer\n"
     "verify                      recompute the log, by two readers\n"
     "key, checkpoint             what this log signs with, and its signed head\n"
     "prove RECEIPT [--content]   a proof file that the answer is on the log (--out FILE)\n"
     "check PROOF --key KEY       a proof file, without a node\n"
     "copy DIR                    take a copy of the log away, contents sealed, with its key\n"
     "check DIR [--key KEY] [--checkpoint FILE]  such a copy, or one of a data directory\n"
     "trust KEY [--replace]       take up another log's key, to be its witness\n"
     "witness FILE                countersign a checkpoint: old SIZE, proof, checkpoint\n"
     "cosigned FILE               take in this log's countersigned checkpoint",
     command_audit},
    {"policy", "explain|audit", "why a record is seen as it is, and what can be reached",
     "explain --record ID [--as OFFICER] [--role ROLE] --purpose P\n"
     "audit [--as OFFICER] [--role ROLE]   per database and purpose: actions, classes, fields",
     command_policy},
    {"backup", "DIRECTORY", "copy the node, also while it serves", "", command_backup},
    {"restore", "DIRECTORY [--deletions FILE]", "make a data directory of a backup, verified",
     "--deletions FILE            DIR/deletions of the node as it was last: all of it is deleted "
     "again",
     command_restore},
    {"export", "[--owner CCC] [--database NAME]",
     "all an owner holds, with history, one JSON a line",
     "--out FILE                  else standard output", command_export},
    {"doctor", "", "what is wrong, and the next step", "", command_doctor},
    {"bench", "", "measure this machine with this node",
     "--seconds N                 3 unless stated", command_bench},
    {"setup", "ID --country CCC [--unit U]", "the first administrator's one-time link",
     "Prints a link, good once and for three days, with which the administrator sets a\n"
     "password and one-time codes. Refused once there is one who can sign in.",
     command_setup},
    {"approval", "list|show|approve|refuse|withdraw", "changes that wait for a second person",
     "list [--decided]            one's own, those of one's country, what one may approve\n"
     "show ID                     its contents, and what it would replace\n"
     "approve ID                  made as it was entered once nobody else's word is needed\n"
     "refuse ID --reason CODE [--words TEXT]  a code of refusal-reasons\n"
     "withdraw ID                 one's own",
     command_approval},
    {"recovery", "split|check|combine|show", "the node's keys on paper, among several people",
     "split --of N --need M [--country CCC]\n"
     "                            at a terminal: one share after the other, each for its holder's\n"
     "                            eyes and pen; from then on backups hold no key in clear. In\n"
     "                            place of an earlier splitting: with two of its shares\n"
     "check                       a holder types his: is it whole, and one of those in force?\n"
     "combine                     M holders open the keys of a restored data directory (--data)\n"
     "show                        among how many, and since when\n"
     "Shares are read from the terminal or standard input, not from the command line.",
     command_recovery},
    {"keys", "list|replace|follow", "the node's keys, and others in their place",
     "list                        which there are, since when, what each is for\n"
     "replace node [--given-up]   another key to sign with; given up: the old one may be in other\n"
     "                            hands, and what it signed holds no more. With the node stopped\n"
     "replace reader              another key to read the log with\n"
     "follow CHANGES --key FILE   from a node's key one has to those it signs with now; CHANGES:\n"
     "                            GET /v1/log/key-changes",
     command_keys},
    {"recover-administrator", "ID --reason TEXT", "an administrator's link, by two share holders",
     "ID --reason TEXT [--country CCC] [--unit U]  country and unit: of one who is new\n"
     "Two holders type their shares at the machine; the link is good once and for three days.",
     command_recover_administrator},
    {"unit", "add|change|close|list", "units of a country, and what they may",
     "add ID --country CCC --name N --level hub|national-bureau|unit [--parent U]\n"
     "       [--database NAME]... [--purpose P]...\n"
     "change ID --version N --name N --level L [--parent U] [--database NAME]... [--purpose P]...\n"
     "close ID\nlist",
     command_unit},
    {"terminal", "add|remove|list", "computers that officers of a desk share",
     "add ID --unit U --role ROLE --purpose P --certificate FILE [--label TEXT] [--idle SECONDS]\n"
     "remove ID\nlist",
     command_terminal},
    {"grant", "add|end|review|list", "more than an officer has, for a time",
     "add OFFICER --until TIME --reason TEXT [--from TIME] [--role R]... [--may RIGHT]...\n"
     "       [--purpose P]... [--database NAME]...\n"
     "end ID\nreview ID --review TEXT   of what was taken in an emergency\nlist [--open]",
     command_grant},
    {"measure", "add|lift|list", "measures against a member of the network",
     "add CCC --kind rate-limit|pre-approval|read-only|suspended --reason TEXT [--rate N]\n"
     "       [--database NAME]... [--until TIME]\nlift ID\nlist",
     command_measure},
    {"officer", "add|change|invite|import|remove|list", "who may use this node",
     "add ID --country CCC --role ROLE [--unit U] [--purpose P]... [--may RIGHT]...\n"
     "       [--database NAME]...  none: all of the unit\n"
     "       [--certificate F]     a system: by the key of its certificate, no token\n"
     "       [--invite]            a one-time link instead of a token\n"
     "RIGHT: write, administer, audit; nobody administers and audits\n"
     "change ID --version N [--unit U] [--role ROLE]... [--may RIGHT]... [--purpose P]...\n"
     "       [--database NAME]... [--state active|suspended]\n"
     "invite ID                    a one-time link to set password and codes anew\n"
     "import FILE.csv [--partly]   officer, country, unit, role, purposes, databases, rights\n"
     "remove ID\nlist",
     command_officer},
    {"sample", "[--persons N] [--seed S] [--out DIRECTORY]",
     "write a fictional world: files of records, and a truth file",
     "--persons N                 1000 unless stated\n"
     "--seed S                    same seed, same bytes; 1 unless stated\n"
     "--out DIRECTORY             ./world unless stated",
     command_sample},
    {"ticket", "list|show|open|move|offices|figures|scorecard|handover",
     "questions to owners, under a clock",
     "list [--state S] [--desk UNIT|mine] [--closed]\n"
     "show ID\n"
     "open KIND RECORD RECEIPT [--field NAME=VALUE]...\n"
     "move ID STATE --version N [--field NAME=VALUE]...\n"
     "offices [--unit U] [--country CCC]\n"
     "figures [--from DAY] [--to DAY]\n"
     "scorecard [--from MONTH] [--to MONTH]\n"
     "handover [leave|take] [--taker TICKET=OFFICER]... [--note TEXT]\n"
     "Tickets belong to officers of desks: name one by $BUREAU_TOKEN.",
     command_ticket},
    {"upgrade", "[--check]", "bring a data directory to this version", "", command_upgrade},
    {"version", "", "the version of this program", "", command_version},
};
const size_t command_count = COUNT_OF(commands);

static void print_help(FILE *out)
{
    fputs("bureau: one node of an international police network\n\n", out);
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  bureau %-10s %-34s %s\n", commands[i].name, commands[i].words,
                commands[i].help);
    fputs("\nFor all: --data DIR (else $BUREAU_DATA, else ./data), --home DIR of the definitions\n"
          "(else $BUREAU_HOME, else beside the program), --purpose P (else $BUREAU_PURPOSE),\n"
          "--reference TEXT, --json, --help; as an officer: $BUREAU_TOKEN\n",
          out);
}

static int print_command_help(const struct command *command)
{
    printf("bureau %s %s\n  %s\n", command->name, command->words, command->help);
    if (command->more[0])
        printf("\n%s\n", command->more);
    return EXIT_OK;
}

/* Where codes/ and databases/ lie: share/bureau beside bin, or the tree above build/. */
static const char *find_home(struct arena *arena)
{
    static const char *const places[] = {"../share/bureau", "..", "../.."};
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *named = getenv("BUREAU_HOME");
    if (named && named[0])
        return named;
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len <= 0)
        return ".";
    path[len] = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): cuts its own copy, before any thread is made */
    const char *own = dirname(path);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        str codes = arena_printf(arena, "%s/%s/codes", own, places[i]);
        if (codes.len && access(codes.ptr, R_OK) == 0)
            return arena_printf(arena, "%s/%s", own, places[i]).ptr;
    }
    return own;
}

static const char *or_environment(const char *given, const char *name, const char *otherwise)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *set = getenv(name);
    return given ? given : set && set[0] ? set : otherwise;
}

static int run(const struct command *command, int count, char **words)
{
    struct cli cli = {.words = words, .count = count, .is_tty = isatty(STDERR_FILENO)};
    if (cli_flag(&cli, "--help"))
        return print_command_help(command);
    cli.is_json = cli_flag(&cli, "--json");
    cli.data = or_environment(cli_option(&cli, "--data"), "BUREAU_DATA", "./data");
    cli.purpose = or_environment(cli_option(&cli, "--purpose"), "BUREAU_PURPOSE", NULL);
    cli.reference = cli_option(&cli, "--reference");
    const char *token = or_environment(NULL, "BUREAU_TOKEN", NULL);
    if (token)
        cli.token = arena_printf(&cli.arena, "Bearer %s", token);
    cli.home = cli_option(&cli, "--home");
    if (!cli.home)
        cli.home = find_home(&cli.arena);
    int code = command->run(&cli);
    node_close(cli.running);
    arena_release(&cli.arena);
    if (fflush(stdout) != 0)
        code = EXIT_ERROR;
    return code;
}

/* Nothing this program writes is for others, and no copy of its memory is left on a disk. */
static void keep_to_itself(void)
{
    const struct rlimit none = {0, 0};
    umask(077);
    (void)setrlimit(RLIMIT_CORE, &none); /* cannot fail: a limit may always be lowered */
}

int main(int count, char **words)
{
    keep_to_itself();
    if (count > 1 && strcmp(words[1], "--intake-child") == 0)
        return intake_child_main();
    if (crypto_init() != OK)
        return cli_fail();
    bool is_help = count >= 2 && strcmp(words[1], "help") == 0;
    for (size_t i = 0; is_help && count > 2 && i < command_count; i++)
        if (strcmp(words[2], commands[i].name) == 0)
            return print_command_help(&commands[i]);
    if (count < 2 || strcmp(words[1], "--help") == 0 || is_help) {
        print_help(count < 2 ? stderr : stdout);
        return count < 2 ? EXIT_ERROR : EXIT_OK;
    }
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(words[1], commands[i].name) == 0)
            return run(&commands[i], count - 2, words + 2);
    err_set(ERR_USAGE, "%s is not a command", words[1]);
    err_hint("bureau --help lists them");
    return cli_fail();
}
