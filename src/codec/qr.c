/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The encoder, in the order of the standard: bytes become a bit stream, the stream is cut into
 * blocks, each block gets its Reed-Solomon remainder over GF(256) (x^8+x^4+x^3+x^2+1), blocks are
 * dealt out codeword by codeword, laid into the matrix in columns of two from the lower right, and
 * one of eight masks is put over them: the one that leaves the fewest patterns that mislead
 * readers. Byte mode only: what is put into codes here is text with small letters.
 */
#include "codec/qr.h"

enum {
    CODEWORDS_MAX = 1085,
    REMAINDER_MAX = 30,
    BLOCK_MAX = 70,
    MASK_COUNT = 8,
    QUIET = 4, /* modules of white around it */
    FORMAT_GENERATOR = 0x537,
    FORMAT_MASK = 0x5412,
    VERSION_GENERATOR = 0x1F25,
    PENALTY_RUN = 3,
    PENALTY_BLOCK = 3,
    PENALTY_FINDER = 40,
    PENALTY_BALANCE = 10,
};

/* Level M, by version: error codewords a block; blocks, and data codewords of the shorter ones. */
static const struct {
    uint8_t remainder, short_count, short_data, long_count;
} blocks_of[QR_VERSION_MAX + 1] = {
    {0, 0, 0, 0},    {10, 1, 16, 0}, {16, 1, 28, 0},  {26, 1, 44, 0}, {18, 2, 32, 0},
    {24, 2, 43, 0},  {16, 4, 27, 0}, {18, 4, 31, 0},  {22, 2, 38, 2}, {22, 3, 36, 2},
    {26, 4, 43, 1},  {30, 1, 50, 4}, {22, 6, 36, 2},  {22, 8, 37, 1}, {24, 4, 40, 5},
    {24, 5, 41, 5},  {28, 7, 45, 3}, {28, 10, 46, 1}, {26, 9, 43, 4}, {26, 3, 44, 11},
    {26, 3, 41, 13},
};

struct drawing {
    struct qr *qr;
    bool is_fixed[QR_SIZE_MAX][QR_SIZE_MAX]; /* patterns that hold no data */
};

/* ---- bits ---- */

static unsigned data_count(unsigned version)
{
    unsigned blocks = blocks_of[version].short_count + blocks_of[version].long_count;
    return blocks * blocks_of[version].short_data + blocks_of[version].long_count;
}

static unsigned count_bits(unsigned version)
{
    return version < 10 ? 8 : 16;
}

static void add_bits(uint8_t *bytes, size_t *at, unsigned value, unsigned count)
{
    while (count--) {
        bytes[*at / 8] |= (uint8_t)((value >> count & 1) << (7 - *at % 8));
        ++*at;
    }
}

static void write_data(str text, unsigned version, uint8_t data[CODEWORDS_MAX])
{
    size_t at = 0, count = data_count(version);
    memset(data, 0, CODEWORDS_MAX);
    add_bits(data, &at, 4, 4); /* byte mode */
    add_bits(data, &at, (unsigned)text.len, count_bits(version));
    for (size_t i = 0; i < text.len; i++)
        add_bits(data, &at, (unsigned char)text.ptr[i], 8);
    at += at + 4 <= count * 8 ? 4 : count * 8 - at; /* the terminator */
    at = (at + 7) / 8;
    for (unsigned pad = 0xEC; at < count; pad ^= 0xEC ^ 0x11)
        data[at++] = (uint8_t)pad;
}

/* ---- Reed-Solomon ---- */

static uint8_t multiply(uint8_t x, uint8_t y)
{
    unsigned product = 0;
    for (int i = 7; i >= 0; i--) {
        product = product << 1 ^ (product >> 7) * 0x11D;
        product ^= (y >> i & 1u) * x;
    }
    return (uint8_t)product;
}

/* (x - 1)(x - 2)(x - 4) ... without its leading 1, highest power first. */
static void make_generator(unsigned degree, uint8_t generator[REMAINDER_MAX])
{
    uint8_t root = 1;
    memset(generator, 0, REMAINDER_MAX);
    generator[degree - 1] = 1;
    for (unsigned i = 0; i < degree; i++) {
        for (unsigned k = 0; k < degree; k++) {
            generator[k] = multiply(generator[k], root);
            if (k + 1 < degree)
                generator[k] ^= generator[k + 1];
        }
        root = multiply(root, 2);
    }
}

static void divide(const uint8_t *data, size_t count, const uint8_t *generator, unsigned degree,
                   uint8_t remainder[REMAINDER_MAX])
{
    memset(remainder, 0, REMAINDER_MAX);
    for (size_t i = 0; i < count; i++) {
        uint8_t factor = data[i] ^ remainder[0];
        memmove(remainder, remainder + 1, degree - 1);
        remainder[degree - 1] = 0;
        for (unsigned k = 0; k < degree; k++)
            remainder[k] ^= multiply(generator[k], factor);
    }
}

/* First codewords of all blocks, then second ones ...; then the remainders likewise. */
static size_t deal_out(unsigned version, const uint8_t *data, uint8_t out[CODEWORDS_MAX])
{
    unsigned blocks = blocks_of[version].short_count + blocks_of[version].long_count;
    unsigned degree = blocks_of[version].remainder, shorter = blocks_of[version].short_data;
    uint8_t generator[REMAINDER_MAX], remainder[REMAINDER_MAX];
    size_t used = 0, total = data_count(version);
    make_generator(degree, generator);
    for (unsigned block = 0; block < blocks; block++) {
        bool is_long = block >= blocks_of[version].short_count;
        unsigned count = shorter + is_long;
        unsigned long_before = is_long ? block - blocks_of[version].short_count : 0;
        ensure(count <= BLOCK_MAX);
        for (unsigned i = 0; i < count; i++) {
            unsigned place = i < shorter ? i * blocks + block : shorter * blocks + long_before;
            out[place] = data[used + i];
        }
        divide(data + used, count, generator, degree, remainder);
        for (unsigned i = 0; i < degree; i++)
            out[total + (size_t)i * blocks + block] = remainder[i];
        used += count;
    }
    return total + (size_t)blocks * degree;
}

/* ---- the matrix ---- */

static void set(struct drawing *drawing, int row, int column, bool is_dark)
{
    int size = (int)drawing->qr->size;
    if (row < 0 || column < 0 || row >= size || column >= size)
        return;
    drawing->qr->dark[row][column] = is_dark;
    drawing->is_fixed[row][column] = true;
}

static int distance(int x, int y)
{
    int a = x < 0 ? -x : x, b = y < 0 ? -y : y;
    return a > b ? a : b;
}

/* Rings around a centre: dark where the distance is in the set of bits. */
static void draw_rings(struct drawing *drawing, int row, int column, int reach, unsigned dark)
{
    for (int y = -reach; y <= reach; y++)
        for (int x = -reach; x <= reach; x++)
            set(drawing, row + y, column + x, dark >> distance(x, y) & 1);
}

static unsigned alignments(unsigned version, int places[8])
{
    unsigned count = version == 1 ? 0 : version / 7 + 2;
    unsigned step = count ? (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2 : 0;
    for (unsigned i = count; i-- > 1;)
        places[i] = (int)(version * 4 + 10 - (count - 1 - i) * step);
    if (count)
        places[0] = 6;
    return count;
}

static void draw_alignments(struct drawing *drawing)
{
    int places[8];
    unsigned count = alignments(drawing->qr->version, places);
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 0; k < count; k++) {
            bool is_corner = (i == 0 && (k == 0 || k == count - 1)) || (i == count - 1 && k == 0);
            if (!is_corner)
                draw_rings(drawing, places[i], places[k], 2, 0x5);
        }
}

static unsigned with_remainder(unsigned value, unsigned bits, unsigned generator)
{
    unsigned remainder = value;
    for (unsigned i = 0; i < bits; i++)
        remainder = remainder << 1 ^ (remainder >> (bits - 1)) * generator;
    return value << bits | (remainder & ((1u << bits) - 1));
}

/* Level M is 00; two copies of fifteen bits, and the module that is always dark. */
static void draw_format(struct drawing *drawing, unsigned mask)
{
    unsigned bits = with_remainder(mask, 10, FORMAT_GENERATOR) ^ FORMAT_MASK;
    int size = (int)drawing->qr->size;
    for (int i = 0; i < 15; i++) {
        bool is_dark = bits >> i & 1;
        if (i < 8) {
            set(drawing, i < 6 ? i : i + 1, 8, is_dark);
            set(drawing, 8, size - 1 - i, is_dark);
        } else {
            set(drawing, 8, i == 8 ? 7 : 14 - i, is_dark);
            set(drawing, size - 15 + i, 8, is_dark);
        }
    }
    set(drawing, size - 8, 8, true);
}

static void draw_version(struct drawing *drawing)
{
    unsigned version = drawing->qr->version;
    unsigned bits = with_remainder(version, 12, VERSION_GENERATOR);
    int size = (int)drawing->qr->size;
    for (int i = 0; version >= 7 && i < 18; i++) {
        set(drawing, i / 3, size - 11 + i % 3, bits >> i & 1);
        set(drawing, size - 11 + i % 3, i / 3, bits >> i & 1);
    }
}

static void draw_patterns(struct drawing *drawing)
{
    int size = (int)drawing->qr->size;
    for (int i = 0; i < size; i++) {
        set(drawing, 6, i, i % 2 == 0);
        set(drawing, i, 6, i % 2 == 0);
    }
    draw_rings(drawing, 3, 3, 4, 0xB); /* centre, gap, ring, and the white line around it */
    draw_rings(drawing, 3, size - 4, 4, 0xB);
    draw_rings(drawing, size - 4, 3, 4, 0xB);
    draw_alignments(drawing);
    draw_format(drawing, 0);
    draw_version(drawing);
}

/* Up and down in columns of two from the right; the column of the timing pattern is left out. */
static void lay_out(struct drawing *drawing, const uint8_t *codewords, size_t count)
{
    int size = (int)drawing->qr->size;
    size_t at = 0;
    bool is_up = true;
    for (int right = size - 1; right >= 1; right -= 2, is_up = !is_up) {
        if (right == 6)
            right = 5;
        for (int i = 0; i < size; i++)
            for (int column = right; column > right - 2; column--) {
                int row = is_up ? size - 1 - i : i;
                if (drawing->is_fixed[row][column])
                    continue;
                drawing->qr->dark[row][column] =
                    at < count * 8 && codewords[at / 8] >> (7 - at % 8) & 1;
                at++;
            }
    }
}

static bool is_masked(unsigned mask, int row, int column)
{
    int product = row * column;
    switch (mask) {
    case 0: return (row + column) % 2 == 0;
    case 1: return row % 2 == 0;
    case 2: return column % 3 == 0;
    case 3: return (row + column) % 3 == 0;
    case 4: return (row / 2 + column / 3) % 2 == 0;
    case 5: return product % 2 + product % 3 == 0;
    case 6: return (product % 2 + product % 3) % 2 == 0;
    default: return ((row + column) % 2 + product % 3) % 2 == 0;
    }
}

static void put_mask(struct drawing *drawing, unsigned mask)
{
    int size = (int)drawing->qr->size;
    for (int row = 0; row < size; row++)
        for (int column = 0; column < size; column++)
            if (!drawing->is_fixed[row][column] && is_masked(mask, row, column))
                drawing->qr->dark[row][column] = !drawing->qr->dark[row][column];
    draw_format(drawing, mask);
    drawing->qr->mask = mask;
}

/* ---- which mask ---- */

static bool module_at(const struct qr *qr, bool is_row, unsigned line, unsigned at)
{
    return is_row ? qr->dark[line][at] : qr->dark[at][line];
}

/* Runs of five and more of one colour, and what looks like a finder with white beside it. */
static unsigned line_penalty(const struct qr *qr, bool is_row, unsigned line)
{
    unsigned penalty = 0, run = 0, window = 0;
    for (unsigned i = 0; i < qr->size; i++) {
        bool is_dark = module_at(qr, is_row, line, i);
        run = i && is_dark == module_at(qr, is_row, line, i - 1) ? run + 1 : 1;
        penalty += run == 5 ? PENALTY_RUN : run > 5;
        window = (window << 1 | is_dark) & 0x7FF;
        if (i >= 10 && (window == 0x5D || window == 0x5D0))
            penalty += PENALTY_FINDER;
    }
    return penalty;
}

static unsigned penalty_of(const struct qr *qr)
{
    unsigned penalty = 0, dark = 0, all = qr->size * qr->size;
    ensure(all > 0);
    for (unsigned i = 0; i < qr->size; i++)
        penalty += line_penalty(qr, true, i) + line_penalty(qr, false, i);
    for (unsigned row = 0; row < qr->size; row++)
        for (unsigned column = 0; column < qr->size; column++) {
            bool is_dark = qr->dark[row][column];
            dark += is_dark;
            if (row && column && is_dark == qr->dark[row - 1][column] &&
                is_dark == qr->dark[row][column - 1] && is_dark == qr->dark[row - 1][column - 1])
                penalty += PENALTY_BLOCK;
        }
    unsigned share = dark * 20 / all; /* twentieths */
    return penalty + (share > 10 ? share - 10 : 10 - share) * PENALTY_BALANCE;
}

static void choose_mask(struct drawing *drawing)
{
    unsigned best = 0, least = UINT32_MAX;
    for (unsigned mask = 0; mask < MASK_COUNT; mask++) {
        put_mask(drawing, mask);
        unsigned penalty = penalty_of(drawing->qr);
        put_mask(drawing, mask); /* off again */
        if (penalty < least) {
            least = penalty;
            best = mask;
        }
    }
    put_mask(drawing, best);
}

/* ---- together ---- */

enum err qr_encode(str bytes, struct qr *ret)
{
    uint8_t data[CODEWORDS_MAX], codewords[CODEWORDS_MAX] = {0};
    unsigned version = 1;
    while (version <= QR_VERSION_MAX &&
           (4 + count_bits(version) + bytes.len * 8 + 7) / 8 > data_count(version))
        version++;
    if (version > QR_VERSION_MAX || bytes.len > QR_BYTES_MAX)
        return err_set(ERR_LIMIT, "%zu bytes are too many for a QR code: at most %d", bytes.len,
                       QR_BYTES_MAX);
    *ret = (struct qr){.version = version, .size = version * 4 + 17};
    struct drawing drawing = {.qr = ret};
    write_data(bytes, version, data);
    size_t count = deal_out(version, data, codewords);
    draw_patterns(&drawing);
    lay_out(&drawing, codewords, count);
    choose_mask(&drawing);
    return OK;
}

void qr_print_svg(const struct qr *qr, struct buf *out)
{
    unsigned side = qr->size + 2 * QUIET;
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" "
               "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%uv%uH0z\"/>"
               "<path fill=\"#000\" d=\"",
               side, side, side, side);
    for (unsigned row = 0; row < qr->size; row++)
        for (unsigned from = 0, to; from < qr->size; from = to) {
            to = from + 1;
            if (!qr->dark[row][from])
                continue;
            while (to < qr->size && qr->dark[row][to])
                to++;
            buf_printf(out, "M%u %uh%uv1H%uz", from + QUIET, row + QUIET, to - from, from + QUIET);
        }
    buf_add(out, S("\"/></svg>"));
}
