/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QR codes read back by a reader of the test's own, which shares nothing with the writer but the
 * standard: it finds mask and level in the format bits, takes the mask off, collects the codewords
 * and asks of each block whether its polynomial is zero at all roots.
 */
#include "codec/qr.h"

#include "test.h"

/* Version: blocks and codewords a block (short ones), data codewords of a short one, long blocks. */
static const struct layout {
    unsigned version, blocks, total, data, longer;
} layouts[] = {
    {1, 1, 26, 16, 0},    {2, 1, 44, 28, 0},    {5, 2, 67, 43, 0},  {7, 4, 49, 31, 0},
    {8, 4, 60, 38, 2},    {10, 5, 69, 43, 1},   {14, 9, 64, 40, 5}, {15, 10, 65, 41, 5},
    {19, 14, 70, 44, 11}, {20, 16, 67, 41, 13},
};

static const struct layout *layout_of(unsigned version)
{
    for (size_t i = 0; i < COUNT_OF(layouts); i++)
        if (layouts[i].version == version)
            return &layouts[i];
    return NULL;
}

static unsigned field_multiply(unsigned a, unsigned b)
{
    unsigned product = 0;
    for (; b; b >>= 1) {
        if (b & 1)
            product ^= a;
        a <<= 1;
        if (a & 0x100)
            a ^= 0x11D;
    }
    return product;
}

static bool in_finder(int size, int row, int column)
{
    return (row < 9 && column < 9) || (row < 9 && column >= size - 8) ||
           (row >= size - 8 && column < 9);
}

/* Centres of the small squares, by hand from the standard's table. */
static bool in_alignment(unsigned version, int row, int column)
{
    static const struct {
        unsigned version;
        int at[4];
    } centres[] = {{2, {6, 18}},          {5, {6, 30}},          {7, {6, 22, 38}},
                   {8, {6, 24, 42}},      {10, {6, 28, 50}},     {14, {6, 26, 46, 66}},
                   {15, {6, 26, 48, 70}}, {19, {6, 30, 58, 86}}, {20, {6, 34, 62, 90}}};
    for (size_t i = 0; i < COUNT_OF(centres); i++) {
        if (centres[i].version != version)
            continue;
        int last = 0;
        for (int k = 0; k < 4; k++)
            last = centres[i].at[k] > last ? centres[i].at[k] : last;
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++) {
                int cy = centres[i].at[y], cx = centres[i].at[x];
                if (!cy || !cx || (cy == 6 && cx == 6) || (cy == 6 && cx == last) ||
                    (cy == last && cx == 6))
                    continue;
                if (row >= cy - 2 && row <= cy + 2 && column >= cx - 2 && column <= cx + 2)
                    return true;
            }
    }
    return false;
}

static bool holds_data(const struct qr *qr, int row, int column)
{
    int size = (int)qr->size;
    bool in_version =
        qr->version >= 7 && ((row < 6 && column >= size - 11) || (column < 6 && row >= size - 11));
    return !in_finder(size, row, column) && row != 6 && column != 6 && !in_version &&
           !in_alignment(qr->version, row, column);
}

static bool mask_bit(unsigned mask, int i, int j)
{
    int p = i * j;
    const bool bits[] = {(i + j) % 2 == 0,
                         i % 2 == 0,
                         j % 3 == 0,
                         (i + j) % 3 == 0,
                         (i / 2 + j / 3) % 2 == 0,
                         p % 2 + p % 3 == 0,
                         (p % 2 + p % 3) % 2 == 0,
                         ((i + j) % 2 + p % 3) % 2 == 0};
    return bits[mask];
}

static unsigned read_mask(const struct qr *qr)
{
    unsigned bits = 0;
    for (int i = 0; i < 6; i++) /* row 8 from the left: bits 14 to 9 */
        bits = bits << 1 | qr->dark[8][i];
    bits = (bits << 9) ^ 0x5412;
    assert_int_equal(bits >> 13 & 3, 0); /* level M */
    return bits >> 10 & 7;
}

static size_t collect(const struct qr *qr, uint8_t *codewords)
{
    unsigned mask = read_mask(qr);
    size_t bit = 0;
    int size = (int)qr->size;
    bool is_up = true;
    for (int right = size - 1; right > 0; right -= right == 8 ? 3 : 2, is_up = !is_up)
        for (int i = 0; i < size; i++)
            for (int c = 0; c < 2; c++) {
                int row = is_up ? size - 1 - i : i, column = right - c;
                if (!holds_data(qr, row, column))
                    continue;
                bool value = qr->dark[row][column] ^ mask_bit(mask, row, column);
                if (bit % 8 == 0)
                    codewords[bit / 8] = 0;
                codewords[bit / 8] |= (uint8_t)(value << (7 - bit % 8));
                bit++;
            }
    return bit / 8;
}

/* Undoes the dealing out; each block must be a multiple of its generator. */
static void check_blocks(const struct layout *layout, const uint8_t *codewords, uint8_t *data)
{
    unsigned shorter = layout->blocks - layout->longer, used = 0;
    unsigned errors = layout->total - layout->data;
    unsigned data_total = layout->blocks * layout->data + layout->longer;
    for (unsigned block = 0; block < layout->blocks; block++) {
        uint8_t whole[128];
        unsigned count = 0;
        for (unsigned i = 0; i < layout->data; i++)
            whole[count++] = codewords[i * layout->blocks + block];
        if (block >= shorter)
            whole[count++] = codewords[layout->data * layout->blocks + block - shorter];
        memcpy(data + used, whole, count);
        used += count;
        for (unsigned i = 0; i < errors; i++)
            whole[count++] = codewords[data_total + i * layout->blocks + block];
        unsigned root = 1;
        for (unsigned k = 0; k < errors; k++) {
            unsigned value = 0;
            for (unsigned i = 0; i < count; i++)
                value = field_multiply(value, root) ^ whole[i];
            assert_int_equal(value, 0);
            root = field_multiply(root, 2);
        }
    }
}

static void read_back(size_t len, unsigned version)
{
    struct qr qr;
    static uint8_t codewords[2000], data[2000];
    static char text[1000];
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('!' + (i * 7 + len) % 90);
    assert_int_equal(qr_encode(str_of(text, len), &qr), OK);
    assert_int_equal(qr.version, version);
    const struct layout *layout = layout_of(version);
    assert_non_null(layout);
    size_t count = collect(&qr, codewords);
    assert_int_equal(count, layout->blocks * layout->total + layout->longer);
    check_blocks(layout, codewords, data);
    unsigned head = version < 10 ? 12 : 20, at = head;
    assert_int_equal(data[0] >> 4, 4);
    size_t length = (data[0] & 15u) << 4 | data[1] >> 4;
    if (version >= 10)
        length = length << 8 | (data[1] & 15u) << 4 | data[2] >> 4;
    assert_int_equal(length, len);
    for (size_t i = 0; i < len; i++, at += 8)
        assert_int_equal((char)(data[at / 8] << 4 | data[at / 8 + 1] >> 4), text[i]);
}

static void codes_are_read_back(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        unsigned version;
    } cases[] = {{1, 1},    {14, 1},   {15, 2},   {26, 2},   {84, 5},   {122, 7}, {152, 8},
                 {213, 10}, {362, 14}, {363, 15}, {412, 15}, {600, 19}, {660, 20}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        read_back(cases[i].len, cases[i].version);
}

static void what_is_too_long_is_said(void **state)
{
    (void)state;
    struct qr qr;
    static char text[QR_BYTES_MAX + 1];
    assert_int_equal(qr_encode(str_of(text, sizeof text), &qr), ERR_LIMIT);
    assert_int_equal(qr_encode(STR_EMPTY, &qr), ERR_LIMIT);
}

static void the_picture_is_the_matrix(void **state)
{
    (void)state;
    struct qr qr;
    struct buf out = {0};
    assert_int_equal(qr_encode(S("UTO"), &qr), OK);
    qr_print_svg(&qr, &out);
    assert_true(str_starts(buf_str(&out), S("<svg ")));
    assert_true(str_has(buf_str(&out), S("viewBox=\"0 0 29 29\"")));
    assert_true(str_has(buf_str(&out), S("M4 4h7v1H4z"))); /* the upper edge of a finder */
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_read_back),
        cmocka_unit_test(what_is_too_long_is_said),
        cmocka_unit_test(the_picture_is_the_matrix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
