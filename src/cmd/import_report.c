/* SPDX-License-Identifier: Apache-2.0 */
/* The report of an import in words: what became of the rows, what is wrong with which, what now. */
#include <stdio.h>

#include "cmd/cmd.h"

enum { SHOWN = 20 };

static str text_of(const struct node *map, const char *key)
{
    return node_get_text(map, str_c(key));
}

static bool is_none(str number)
{
    return !number.len || str_eq(number, S("0"));
}

static void print_more(size_t count)
{
    if (count > SHOWN)
        printf("  ... and %zu more (--json shows all)\n", count - SHOWN);
}

static void print_head(const struct node *report)
{
    str batch = text_of(report, "batch");
    printf("%.*s: %.*s", STR(text_of(report, "format")), STR(text_of(report, "state")));
    if (batch.len)
        printf(", batch %.*s%s", STR(batch),
               node_as_bool(node_get(report, S("resumed")), false) ? " (taken up again)" : "");
    if (text_of(report, "owner").len)
        printf(", owner %.*s", STR(text_of(report, "owner")));
    printf("\n%.*s rows: %.*s refused, %.*s with values left out", STR(text_of(report, "rows")),
           STR(text_of(report, "refused_rows")), STR(text_of(report, "rows_with_values_left_out")));
    if (!is_none(text_of(report, "rows_of_no_record")))
        printf(", %.*s of no record", STR(text_of(report, "rows_of_no_record")));
    printf("; quality %.*s of 100\n", STR(text_of(report, "quality")));
}

static void print_records(const struct node *records)
{
    static const char *const columns[] = {"new", "changed", "same", "renewed", "gone", "refused"};
    printf("%-24s", "");
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        printf("%10s", columns[i]);
    printf("\n");
    node_each(one, records)
    {
        printf("  %-22.*s", STR(one->key));
        for (size_t i = 0; i < COUNT_OF(columns); i++) {
            str count = text_of(one, columns[i]);
            printf("%10.*s", STR(count.len ? count : S("-")));
        }
        printf("\n");
    }
}

static void print_reasons(const struct node *reasons)
{
    if (reasons && reasons->count)
        printf("reasons\n");
    node_each(reason, reasons) printf("  %-22.*s%10.*s\n", STR(reason->key), STR(reason->text));
}

static void print_unmapped(const struct node *report)
{
    const struct node *unmapped = node_get(report, S("unmapped"));
    const struct node *columns = node_get(unmapped, S("columns"));
    const struct node *codes = node_get(unmapped, S("codes"));
    const struct node *missing = node_get(report, S("missing_columns"));
    size_t shown = 0;
    if (columns && columns->count)
        printf("columns the format does not know\n");
    node_each(column, columns) printf("  %.*s\n", STR(column->text));
    if (missing && missing->count)
        printf("columns the format reads and the file does not have\n");
    node_each(column, missing) printf("  %.*s\n", STR(column->text));
    if (!codes || !codes->count)
        return;
    printf("codes without a counterpart (%u)\n", codes->count);
    node_each(code, codes) if (shown++ < SHOWN)
        printf("  %.*s: \"%.*s\", %.*s times, table %.*s\n", STR(text_of(code, "column")),
               STR(text_of(code, "value")), STR(text_of(code, "count")),
               STR(text_of(code, "table")));
    print_more(codes->count);
}

static void print_fault(const struct node *fault)
{
    str column = text_of(fault, "column"), path = text_of(fault, "path");
    str line = text_of(fault, "line"), suggestion = text_of(fault, "suggestion");
    printf("  row %.*s", STR(text_of(fault, "row")));
    if (line.len && !str_eq(line, text_of(fault, "row")))
        printf(" (line %.*s)", STR(line));
    printf(", %.*s: ", STR(column.len ? column : path));
    if (text_of(fault, "value").len)
        printf("\"%.*s\" ", STR(text_of(fault, "value")));
    printf("- %.*s [%.*s]", STR(text_of(fault, "detail")), STR(text_of(fault, "reason")));
    if (text_of(fault, "effect").len)
        printf(" (%.*s)", STR(text_of(fault, "effect")));
    printf("\n");
    if (suggestion.len)
        printf("      suggestion: %.*s\n", STR(suggestion));
}

static void print_faults(const struct node *faults)
{
    size_t shown = 0;
    if (!faults || !faults->count)
        return;
    printf("faults (%u)\n", faults->count);
    node_each(fault, faults) if (shown++ < SHOWN) print_fault(fault);
    print_more(faults->count);
}

static bool print_expectations(const struct node *list)
{
    bool is_met = true;
    if (list && list->count)
        printf("expectations\n");
    node_each(one, list)
    {
        bool is_one_met = node_as_bool(node_get(one, S("met")), true);
        str least = text_of(one, "least"), most = text_of(one, "most");
        is_met = is_met && is_one_met;
        printf("  %-8s %.*s: %.*s", is_one_met ? "met" : "NOT MET", STR(text_of(one, "what")),
               STR(text_of(one, "found")));
        if (least.len)
            printf(", at least %.*s", STR(least));
        if (most.len)
            printf(", at most %.*s", STR(most));
        printf("\n");
    }
    return is_met;
}

static void print_files(const struct node *files)
{
    node_each(file, files)
    {
        str packing = text_of(file, "packing"), separator = text_of(file, "separator");
        printf("file %.*s: %.*s (%.*s)", STR(text_of(file, "file")), STR(text_of(file, "encoding")),
               STR(text_of(file, "reasons")));
        if (packing.len && !str_eq(packing, S("none")))
            printf(", %.*s", STR(packing));
        if (str_eq(separator, S("\t")))
            printf(", columns apart by tabs");
        else if (separator.len)
            printf(", columns apart by %.*s", STR(separator));
        printf("\n");
    }
}

static void print_next(const struct node *report, bool is_met)
{
    str state = text_of(report, "state"), batch = text_of(report, "batch");
    if (str_eq(state, S("held")))
        printf("Nothing was applied. If the file is right, import it again with --accept.\n");
    else if (str_eq(state, S("checked")))
        printf("Nothing was written: leave out --dry-run to apply it.\n");
    else if (str_eq(state, S("would be held")) || !is_met)
        printf("This would be held: an expectation of the format is not met.\n");
    else if (str_eq(state, S("stopped")))
        printf("Import the same files again to go on, or take back what was applied: bureau import "
               "undo %.*s\n",
               STR(batch));
    if (!is_none(text_of(report, "refused_rows")))
        printf("--annotated FILE gives the sender's rows back with the columns fault and "
               "suggestion.\n");
}

void import_report_print(const struct node *report)
{
    print_head(report);
    print_records(node_get(report, S("records")));
    print_reasons(node_get(report, S("reasons")));
    print_unmapped(report);
    if (!is_none(text_of(report, "unjoined")))
        printf("%.*s keys of joined files belong to no row\n", STR(text_of(report, "unjoined")));
    if (!is_none(text_of(report, "undecodable_bytes")))
        printf("%.*s bytes are no text in their encoding\n",
               STR(text_of(report, "undecodable_bytes")));
    if (!is_none(text_of(report, "repaired_encoding")))
        printf("%.*s places had been encoded twice and were repaired\n",
               STR(text_of(report, "repaired_encoding")));
    print_faults(node_get(report, S("faults")));
    print_files(node_get(report, S("files")));
    print_next(report, print_expectations(node_get(report, S("expectations"))));
}
