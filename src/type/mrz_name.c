/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names as machine-readable zones write them: the transliteration of Latin letters of ICAO Doc
 * 9303-3, section 6, table A.
 */
#include "type/mrz.h"

/*
 * U+00C0 .. U+00FF and U+0100 .. U+017F by the letter or letters each becomes; '-' stands for
 * nothing.
 */
static const char *const latin_1[64] = {
    "A", "A", "A", "A", "AE", "AA", "AE", "C", "E",  "E", "E", "E", "I",  "I", "I",  "I",
    "D", "N", "O", "O", "O",  "O",  "OE", "-", "OE", "U", "U", "U", "UE", "Y", "TH", "SS",
    "A", "A", "A", "A", "AE", "AA", "AE", "C", "E",  "E", "E", "E", "I",  "I", "I",  "I",
    "D", "N", "O", "O", "O",  "O",  "OE", "-", "OE", "U", "U", "U", "UE", "Y", "TH", "Y",
};
static const char latin_a[] =
    "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIIIJJJJKKKLLLLLLLLLLNNNNNNNNNOOOOOO"
    "OORRRRRRSSSSSSSSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZS";

static void put_letter(uint32_t c, struct buf *out)
{
    if (c < 128 && is_alnum((char)c))
        buf_add_char(out, to_upper((char)c));
    else if ((c == ' ' || c == '-') && out->len && out->ptr[out->len - 1] != '<')
        buf_add_char(out, '<');
    else if (c >= 0xC0 && c <= 0xFF && latin_1[c - 0xC0][0] != '-')
        buf_add(out, str_c(latin_1[c - 0xC0]));
    else if (c == 0x132 || c == 0x133)
        buf_add(out, S("IJ"));
    else if (c == 0x152 || c == 0x153)
        buf_add(out, S("OE"));
    else if (c >= 0x100 && c - 0x100 < sizeof latin_a - 1)
        buf_add_char(out, latin_a[c - 0x100]);
}

void mrz_put_name(str latin, struct buf *out)
{
    for (size_t at = 0; at < latin.len;)
        put_letter(utf8_next(latin, &at), out);
}
