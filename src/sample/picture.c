/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures of nobody: a grey head and shoulders, different for each random state, written as JPEG
 * by libjpeg.
 */
#include <stdio.h>
#include <stdlib.h>

/* clang-format off: jpeglib.h wants stdio.h before it */
#include <jpeglib.h>
/* clang-format on */

#include "sample/internal.h"

enum { WIDTH = 96, HEIGHT = 128, QUALITY = 70 };

struct outline { /* in sixteenths of the width */
    int head_x, head_y, head_wide, head_high, shoulder_wide, shoulder_y;
    unsigned char back, skin, cloth;
};

static bool in_ellipse(int x, int y, int centre_x, int centre_y, int wide, int high)
{
    int64_t dx = (int64_t)(x - centre_x) * high, dy = (int64_t)(y - centre_y) * wide,
            r = (int64_t)wide * high;
    return dx * dx + dy * dy <= r * r;
}

static void draw(const struct outline *o, unsigned char pixels[HEIGHT][WIDTH])
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            bool is_body = in_ellipse(x, y, o->head_x, o->shoulder_y, o->shoulder_wide, 44);
            bool is_head = in_ellipse(x, y, o->head_x, o->head_y, o->head_wide, o->head_high);
            int shade = is_head ? o->skin : is_body ? o->cloth : o->back + y / 8;
            pixels[y][x] = (unsigned char)shade;
        }
}

enum err picture_draw(struct random *random, struct buf *out)
{
    unsigned char pixels[HEIGHT][WIDTH];
    struct outline outline = {
        .head_x = WIDTH / 2 + (int)random_below(random, 7) - 3,
        .head_y = 46 + (int)random_below(random, 9),
        .head_wide = 19 + (int)random_below(random, 8),
        .head_high = 25 + (int)random_below(random, 8),
        .shoulder_wide = 38 + (int)random_below(random, 10),
        .shoulder_y = 122 + (int)random_below(random, 8),
        .back = (unsigned char)(150 + random_below(random, 80)),
        .skin = (unsigned char)(60 + random_below(random, 60)),
        .cloth = (unsigned char)(20 + random_below(random, 60)),
    };
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    draw(&outline, pixels);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = WIDTH;
    jpeg.image_height = HEIGHT;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
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
    return out->failed ? out->failed : OK;
}
