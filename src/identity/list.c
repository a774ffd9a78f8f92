/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Officers from a list: CSV with a heading row of officer, country, unit, role, purposes,
 * databases, rights, own_names in any order; lists within a field are separated by blanks, names by
 * semicolons. Each row is
 * checked as if it was entered by hand; what is refused is said by row. All are entered, or none
 * unless partly was asked for; every officer gets a one-time link.
 */
#include <stdlib.h>

#include "codec/csv.h"
#include "identity/internal.h"

enum { ROWS_MAX = STORE_BATCH_MAX / 2 };
enum column { OFFICER, COUNTRY, UNIT, ROLE, PURPOSES, DATABASES, RIGHTS, OWN_NAMES, COLUMN_COUNT };
static const char *const columns[COLUMN_COUNT] = {"officer",  "country",   "unit",   "role",
                                                  "purposes", "databases", "rights", "own_names"};
static const char *const fields_of[COLUMN_COUNT] = {"id",       NULL,        "unit",   "roles",
                                                    "purposes", "databases", "rights", "own_names"};

struct list_reading {
    struct identity *identity;
    const struct actor *by;
    struct arena *arena;
    int place[COLUMN_COUNT]; /* -1: the column is not there */
    bool has_heading;
    struct writing *writings; /* officer and invitation by turns */
    size_t count;
    struct identity_import *result;
    size_t refused_max;
};

static str cell(const struct list_reading *reading, const struct csv_row *row, enum column column)
{
    int place = reading->place[column];
    return place >= 0 && (size_t)place < row->count ? str_trim(row->fields[place]) : STR_EMPTY;
}

static enum err read_heading(struct list_reading *reading, const struct csv_row *row)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        reading->place[i] = -1;
        for (size_t j = 0; j < row->count; j++)
            if (str_eq_nocase(str_trim(row->fields[j]), str_c(columns[i])))
                reading->place[i] = (int)j;
    }
    reading->has_heading = true;
    for (int i = OFFICER; i <= ROLE; i++)
        if (i != UNIT && reading->place[i] < 0)
            return err_set(ERR_MISSING, "the heading row has no column %s", columns[i]);
    return OK;
}

static void put_cell(struct list_reading *reading, const struct csv_row *row, enum column column,
                     struct node *fields)
{
    str rest = cell(reading, row, column), word;
    bool is_list = column >= ROLE;
    struct node *list = node_list(reading->arena);
    if (!rest.len || !fields_of[column])
        return;
    rest = arena_str(reading->arena, rest);
    if (!is_list) {
        node_put_text(reading->arena, fields, str_c(fields_of[column]), rest);
        return;
    }
    while (str_split(&rest, column == OWN_NAMES ? ';' : ' ', &word))
        if (str_trim(word).len)
            node_add(list, node_text(reading->arena, str_trim(word)));
    node_put(fields, str_c(fields_of[column]), list);
}

static bool is_twice(const struct list_reading *reading, str id)
{
    for (size_t i = 0; i < reading->result->added; i++)
        if (str_eq(reading->result->invitations[i].officer, id))
            return true;
    return false;
}

static enum err take_officer(struct list_reading *reading, const struct csv_row *row)
{
    struct officer_facts facts;
    struct identity *identity = reading->identity;
    struct node *fields = node_map(reading->arena);
    str country = arena_str(reading->arena, cell(reading, row, COUNTRY));
    str by = reading->by->officer;
    for (int i = 0; i < COLUMN_COUNT; i++)
        put_cell(reading, row, (enum column)i, fields);
    read_officer(identity->catalog, fields, &facts);
    if (row->fault)
        return err_set(ERR_SYNTAX, "the row is broken or too long");
    if (!identity_id_is_good(facts.id))
        return err_set(ERR_BAD_VALUE, "%.*s is not an officer's id",
                       STR(str_slice(facts.id, 0, 64)));
    if (account_is_there(find_account(identity, facts.id)) || is_twice(reading, facts.id))
        return err_set(ERR_CONFLICT, "officer %.*s is there already", STR(facts.id));
    TRY(check_databases(identity->catalog, node_get(fields, S("databases"))));
    TRY(officer_fields_check(identity, reading->by, country, &facts));
    struct writing *pair = &reading->writings[reading->count];
    enum err code = writing_officer(identity, &pair[0], country, by, fields, reading->arena);
    if (!code)
        code = writing_invite(identity, &pair[1], facts.id, country, by, reading->arena,
                              &reading->result->invitations[reading->result->added]);
    if (code) {
        writing_release(&pair[0]);
        writing_release(&pair[1]);
        return code;
    }
    reading->count += 2;
    reading->result->added++;
    return OK;
}

static void refuse(struct list_reading *reading, const struct csv_row *row)
{
    struct identity_import *result = reading->result;
    result->refused[result->refused_count++] = (struct identity_refused){
        .row = row->number,
        .officer = arena_str(reading->arena, str_slice(cell(reading, row, OFFICER), 0, 64)),
        .reason = arena_str(reading->arena, str_c(err_last()->message)),
        .say = err_last()->say};
    err_clear();
}

static enum err take_row(struct list_reading *reading, const struct csv_row *row)
{
    bool is_blank = row->count == 0 || (row->count == 1 && !str_trim(row->fields[0]).len);
    if (is_blank)
        return OK;
    if (!reading->has_heading)
        return read_heading(reading, row);
    if (reading->result->added + reading->result->refused_count >= ROWS_MAX)
        return err_set(ERR_LIMIT, "a list has at most %d officers", ROWS_MAX);
    if (take_officer(reading, row) != OK)
        refuse(reading, row);
    return OK;
}

static enum err read_rows(struct list_reading *reading, str text)
{
    struct csv *csv;
    struct csv_row row;
    char separator = csv_guess_separator(text);
    struct csv_options options = {.separator = str_of(&separator, 1), .quote = '"', .comment = '#'};
    TRY(csv_open(&options, &csv));
    enum err code = csv_feed(csv, text);
    csv_finish(csv);
    while (!code && csv_next(csv, &row))
        code = take_row(reading, &row);
    csv_close(csv);
    if (!code && !reading->has_heading)
        code = err_set(ERR_MISSING, "the list has no heading row");
    return code;
}

enum err identity_import(struct identity *identity, const struct actor *by, str text,
                         bool is_partly, struct arena *arena, struct identity_import *ret)
{
    struct list_reading reading = {.identity = identity, .by = by, .arena = arena, .result = ret};
    *ret = (struct identity_import){0};
    if (!utf8_is_valid(text))
        return err_set(ERR_SYNTAX, "the list is not UTF-8");
    reading.writings = calloc((size_t)ROWS_MAX * 2, sizeof *reading.writings);
    ret->invitations = arena_array(arena, struct identity_invitation, ROWS_MAX);
    ret->refused = arena_array(arena, struct identity_refused, ROWS_MAX);
    enum err code = reading.writings && ret->invitations && ret->refused
                        ? OK
                        : err_set(ERR_MEMORY, "out of memory for a list of officers");
    pthread_mutex_lock(&identity->changing);
    if (!code)
        code = read_rows(&reading, text);
    bool is_entered = !code && (is_partly || ret->refused_count == 0);
    if (is_entered)
        code = writings_commit(identity, reading.writings, reading.count, NULL);
    pthread_mutex_unlock(&identity->changing);
    if (!is_entered)
        ret->added = 0;
    for (size_t i = 0; i < reading.count; i++)
        writing_release(&reading.writings[i]);
    free(reading.writings);
    return code;
}
