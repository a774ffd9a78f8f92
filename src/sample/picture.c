/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures of nobody: a drawn face, made of ellipses that lie over one another, different for each
 * random state, written as JPEG by libjpeg. Nobody can take it for a photograph of a person.
 */
#include <stdio.h>
#include <stdlib.h>

/* clang-format off: jpeglib.h wants stdio.h before it */
#include <jpeglib.h>
/* clang-format on */

#include "sample/internal.h"

enum { WIDTH = 240, HEIGHT = 300, QUALITY = 78, SHAPES_MAX = 24 };

struct colour {
    unsigned char red, green, blue;
};
struct shape { /* an ellipse, of which only the rows from..to are painted */
    int x, y, wide, high, from, to;
    struct colour colour;
};
struct drawing {
    struct shape shapes[SHAPES_MAX];
    size_t count;
    struct colour back;
};

static const struct colour skins[] = {{244, 213, 188}, {226, 184, 148}, {202, 152, 112},
                                      {164, 114, 78},  {116, 78, 54},   {78, 52, 38}};
static const struct colour hairs[] = {{28, 24, 22},   {58, 40, 28},    {104, 70, 40},
                                      {168, 124, 66}, {150, 146, 142}, {120, 52, 30}};
static const struct colour cloths[] = {
    {44, 62, 92}, {96, 40, 48}, {50, 82, 66}, {72, 72, 80}, {140, 116, 70}};
static const struct colour irises[] = {{70, 46, 28}, {62, 92, 120}, {76, 104, 72}, {40, 34, 30}};

static void add(struct drawing *drawing, int x, int y, int wide, int high, struct colour colour)
{
    if (drawing->count < SHAPES_MAX)
        drawing->shapes[drawing->count++] =
            (struct shape){x, y, wide, high, y - high, y + high, colour};
}

/* The part of the last shape below (or above) its middle. */
static void keep_half(struct drawing *drawing, bool is_lower_half)
{
    struct shape *last = &drawing->shapes[drawing->count - 1];
    if (is_lower_half)
        last->from = last->y;
    else
        last->to = last->y;
}

static struct colour darker(struct colour c, int percent)
{
    return (struct colour){(unsigned char)(c.red * percent / 100),
                           (unsigned char)(c.green * percent / 100),
                           (unsigned char)(c.blue * percent / 100)};
}

static int around(struct random *random, int middle, int spread)
{
    return middle - spread + (int)random_below(random, 2 * (uint64_t)spread + 1);
}

static void draw_head(struct random *random, bool is_female, int y, int wide, int high,
                      struct colour skin, struct drawing *drawing)
{
    struct colour hair = hairs[random_below(random, COUNT_OF(hairs))];
    struct colour cloth = cloths[random_below(random, COUNT_OF(cloths))];
    int x = WIDTH / 2;
    bool is_bald = !is_female && random_below(random, 6) == 0;
    if (is_female)
        add(drawing, x, y + 18, wide + 22, high + 34, hair);
    add(drawing, x, HEIGHT + 8, around(random, 96, 10), 74, cloth);
    add(drawing, x, y + high, 26, 40, darker(skin, 88));
    if (!is_bald)
        add(drawing, x, y - 16, wide + 8, high - 4, hair);
    add(drawing, x - wide, y + 6, 9, 16, darker(skin, 92));
    add(drawing, x + wide, y + 6, 9, 16, darker(skin, 92));
    add(drawing, x, y + 4, wide, high, skin);
    if (!is_bald) { /* the fringe */
        add(drawing, x + around(random, 0, 22), y - high + 16, wide - 6, 22, hair);
        keep_half(drawing, false);
    }
    if (!is_female && random_below(random, 3) == 0) { /* a beard */
        add(drawing, x, y + high / 2 + 8, wide - 6, high / 2, hair);
        keep_half(drawing, true);
    }
}

static void draw_features(struct random *random, int y, int wide, struct colour skin,
                          struct drawing *drawing)
{
    static const struct colour white = {246, 244, 240}, dark = {30, 26, 24};
    struct colour iris = irises[random_below(random, COUNT_OF(irises))];
    int apart = around(random, wide / 2 - 1, 3), eye_y = around(random, y - 4, 4);
    for (int side = -1; side <= 1; side += 2) {
        int x = WIDTH / 2 + side * apart;
        add(drawing, x, eye_y - 15, 15, 3, dark);
        add(drawing, x, eye_y, 12, 7, white);
        add(drawing, x, eye_y, 6, 6, iris);
        add(drawing, x, eye_y, 3, 3, dark);
    }
    add(drawing, WIDTH / 2, y + 22, around(random, 8, 2), around(random, 14, 3), darker(skin, 90));
    add(drawing, WIDTH / 2, y + 48, around(random, 19, 5), around(random, 6, 2),
        (struct colour){(unsigned char)(skin.red * 80 / 100),
                        (unsigned char)(skin.green * 52 / 100),
                        (unsigned char)(skin.blue * 52 / 100)});
}

static bool covers(const struct shape *shape, int x, int y)
{
    int64_t dx = (int64_t)(x - shape->x) * shape->high, dy = (int64_t)(y - shape->y) * shape->wide,
            r = (int64_t)shape->wide * shape->high;
    return y >= shape->from && y <= shape->to && dx * dx + dy * dy <= r * r;
}

static void paint(const struct drawing *drawing, unsigned char pixels[HEIGHT][3 * WIDTH])
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            struct colour colour = darker(drawing->back, 100 - y / 12);
            for (size_t i = drawing->count; i-- > 0;)
                if (covers(&drawing->shapes[i], x, y)) {
                    colour = drawing->shapes[i].colour;
                    break;
                }
            memcpy(&pixels[y][3 * (size_t)x], &colour, 3);
        }
}

static void compress(unsigned char pixels[HEIGHT][3 * WIDTH], struct buf *out)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = WIDTH;
    jpeg.image_height = HEIGHT;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, QUALITY, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (size_t y = 0; y < HEIGHT; y++) {
        JSAMPROW row = pixels[y];
        (void)jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    buf_add(out, str_of((const char *)data, size));
    free(data);
}

enum err picture_draw(struct random *random, bool is_female, struct buf *out)
{
    unsigned char(*pixels)[3 * WIDTH] = calloc(HEIGHT, sizeof *pixels);
    struct drawing drawing = {.back = {178, 190, 200}};
    struct colour skin = skins[random_below(random, COUNT_OF(skins))];
    int y = around(random, 136, 6), wide = around(random, 58, 7), high = around(random, 78, 7);
    if (!pixels)
        return err_set(ERR_MEMORY, "out of memory for a picture");
    draw_head(random, is_female, y, wide, high, skin, &drawing);
    draw_features(random, y, wide, skin, &drawing);
    paint(&drawing, pixels);
    compress(pixels, out);
    free(pixels);
    return out->failed ? out->failed : OK;
}
