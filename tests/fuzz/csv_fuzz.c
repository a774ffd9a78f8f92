/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV: the first byte chooses separator, quote and the size of the steps; read in steps and at once, the rows must be the same.
 */
#include "codec/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rows_of(const struct csv_options *options, str text, size_t step, struct buf *out)
{
    struct csv *csv = NULL;
    struct csv_row row;
    if (csv_open(options, &csv))
        return;
    for (size_t at = 0; at <= text.len; at += step) {
        ensure(csv_feed(csv, str_slice(text, at, step)) == OK);
        if (at + step > text.len)
            csv_finish(csv);
        while (csv_next(csv, &row)) {
            buf_printf(out, "%llu:%d:", (unsigned long long)row.number, row.fault);
            for (size_t i = 0; i < row.count; i++)
                buf_add_block(out, row.fields[i]);
        }
    }
    csv_close(csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = ",;\t|";
    if (size < 1 || size > 20000)
        return 0;
    struct csv_options options = {.separator = str_of(separators + (data[0] & 3), 1),
                                  .quote = data[0] & 4 ? '"' : 0,
                                  .comment = data[0] & 8 ? '#' : 0,
                                  .stop_at = data[0] & 16 ? S("\x1A") : STR_EMPTY,
                                  .is_blank_separated = (data[0] & 96) == 96};
    str text = str_of((const char *)data + 1, size - 1);
    struct buf whole = {0}, steps = {0}, written = {0};
    rows_of(&options, text, size + 1, &whole);
    rows_of(&options, text, 1 + (data[0] >> 5), &steps);
    ensure(str_eq(buf_str(&whole), buf_str(&steps)));
    csv_write_field(&written, text);
    (void)csv_guess_separator(text);
    buf_release(&whole);
    buf_release(&steps);
    buf_release(&written);
    return 0;
}
