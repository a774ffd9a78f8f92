/* SPDX-License-Identifier: Apache-2.0 */
/* text/tables: data files taken in by the assembler, which reads them relative to the directory
 * make runs in. */
#include "text/tables.h"

#define TABLE_EMBED(name, file)                                                                   \
    extern const char name##_start[], name##_end[];                                               \
    __asm__(".pushsection .rodata\n"                                                              \
            ".global " #name "_start\n.hidden " #name "_start\n" #name "_start:\n.incbin \"" file \
            "\"\n"                                                                                \
            ".global " #name "_end\n.hidden " #name "_end\n" #name                                \
            "_end:\n.byte 0\n.popsection\n");
TEXT_TABLES(TABLE_EMBED)

str table_text(enum table table)
{
    switch (table) {
#define TABLE_CASE(name, file) \
    case name: return str_of(name##_start, (size_t)(name##_end - name##_start));
        TEXT_TABLES(TABLE_CASE)
#undef TABLE_CASE
    case TABLE_COUNT: break;
    }
    return STR_EMPTY;
}

bool table_line(str *rest, str *ret_line)
{
    str line;
    while (str_split(rest, '\n', &line)) {
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        *ret_line = line;
        return true;
    }
    return false;
}
