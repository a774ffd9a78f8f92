/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sender's own file back, with two columns more: what is wrong with the row, and what it might
 * be instead. CSV with a byte order mark, so that a spreadsheet takes it for UTF-8; cells that a
 * spreadsheet would run are made text. A source that is no table comes back as its row numbers and
 * faults.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"

#include "codec/csv.h"
#include "intake/import.h"

enum { WRITE_AT = 256 << 10 };

enum err annotate_open(struct import *import)
{
    if (!import->request->annotated)
        return OK;
    TRY(io_open(import->request->annotated, O_WRONLY | O_CREAT | O_TRUNC,
                &import->report.annotated_fd));
    import->report.has_annotated_heading = false;
    buf_clear(&import->report.annotated);
    buf_add(&import->report.annotated, S("\xEF\xBB\xBF"));
    return OK;
}

static enum err write_some(struct report *report)
{
    if (report->annotated.failed)
        return err_set(report->annotated.failed, "a row is too long for the annotated file");
    TRY(io_write(report->annotated_fd, buf_str(&report->annotated)));
    buf_clear(&report->annotated);
    return OK;
}

/* The sender's own, where it is one that quotes protect; else a comma. */
static char separator_of(const struct import *import)
{
    node_each(file, import->report.encodings)
    {
        str separator = node_get_text(file, S("separator"));
        bool is_main = str_eq_c(node_get_text(file, S("file")), import->paths[0]);
        if (is_main && separator.len == 1 && (separator.ptr[0] == ';' || separator.ptr[0] == '\t'))
            return separator.ptr[0];
    }
    return ',';
}

static void put_heading(struct import *import)
{
    const struct source_table *table = &import->mapping->tables[0];
    struct buf *out = &import->report.annotated;
    char separator = import->report.annotated_separator = separator_of(import);
    buf_printf(out, "row%c", separator);
    for (size_t i = 0; i < table->column_count; i++) {
        csv_write_field(out, table->columns[i]);
        buf_add_char(out, separator);
    }
    buf_printf(out, "fault%csuggestion\r\n", separator);
    import->report.has_annotated_heading = true;
}

static void put_faults(const struct import *import, struct buf *out, char separator)
{
    struct buf fault = {0}, suggestion = {0};
    for (size_t i = 0; i < import->faults.count; i++) {
        const struct row_fault *f = &import->faults.items[i];
        str place = f->column.len ? f->column : f->path;
        buf_printf(&fault, "%s%.*s%s%s: %.*s", i ? "; " : "", STR(place), place.len ? ": " : "",
                   reason_word(f->reason), STR(f->words));
        if (f->suggestion.len)
            buf_printf(&suggestion, "%s%.*s", suggestion.len ? "; " : "", STR(f->suggestion));
    }
    csv_write_field(out, buf_str(&fault));
    buf_add_char(out, separator);
    csv_write_field(out, buf_str(&suggestion));
    buf_release(&fault);
    buf_release(&suggestion);
}

enum err annotate_row(struct import *import)
{
    struct report *report = &import->report;
    if (report->annotated_fd < 0)
        return OK;
    if (!report->has_annotated_heading)
        put_heading(import);
    struct buf *out = &report->annotated;
    char separator = report->annotated_separator;
    buf_printf(out, "%llu%c", (unsigned long long)import->row.number, separator);
    size_t columns = import->mapping->tables[0].column_count;
    for (size_t i = 0; i < columns; i++) {
        csv_write_field(out, i < import->row.count ? import->row.cells[i] : STR_EMPTY);
        buf_add_char(out, separator);
    }
    put_faults(import, out, separator);
    buf_add(out, S("\r\n"));
    return out->len < WRITE_AT ? OK : write_some(report);
}

enum err annotate_close(struct import *import)
{
    struct report *report = &import->report;
    if (report->annotated_fd < 0)
        return OK;
    enum err code = write_some(report);
    code = code ? code : io_sync(report->annotated_fd);
    (void)close(report->annotated_fd);
    report->annotated_fd = -1;
    return code;
}
