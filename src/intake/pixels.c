/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding and encoding by libjpeg and libpng's simple interface. libjpeg reports errors by calling
 * back and expects never to be returned to: the only longjmp of the program is here. Runs in the
 * sandboxed child only.
 */
#include "intake/pixels.h"

/* jpeglib.h needs FILE before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <jpeglib.h>
#include <png.h>
/* clang-format on */

struct jpeg_escape {
    struct jpeg_error_mgr manager;
    jmp_buf back;
    char words[JMSG_LENGTH_MAX];
};

static void jpeg_fail(j_common_ptr info)
{
    struct jpeg_escape *escape = (struct jpeg_escape *)info->err;
    escape->manager.format_message(info, escape->words);
    longjmp(escape->back, 1);
}

static void jpeg_silent(j_common_ptr info, int level)
{
    (void)info;
    (void)level;
}

void pixels_release(struct pixels *pixels)
{
    if (!pixels)
        return;
    free(pixels->rgb);
    *pixels = (struct pixels){0};
}

static enum err pixels_new(uint32_t width, uint32_t height, struct pixels *ret)
{
    if (!width || !height || width > PIXELS_SIDE_MAX || height > PIXELS_SIDE_MAX ||
        (uint64_t)width * height > PIXELS_MAX)
        return err_set(ERR_LIMIT, "a picture of %u x %u pixels is not accepted", width, height);
    *ret = (struct pixels){width, height, malloc((size_t)width * height * 3)};
    return ret->rgb ? OK
                    : err_set(ERR_MEMORY, "out of memory for a picture of %u x %u pixels", width,
                              height);
}

/* The largest of libjpeg's cheap scales (1, 1/2, 1/4, 1/8) that still leaves `side` pixels. */
static unsigned jpeg_scale(uint32_t width, uint32_t height, uint32_t side)
{
    uint32_t longest = width > height ? width : height;
    unsigned scale = 1;
    while (scale < 8 && longest / (scale * 2) >= side)
        scale *= 2;
    return scale;
}

static enum err read_jpeg(struct jpeg_decompress_struct *info, str content, uint32_t side,
                          struct pixels *ret)
{
    jpeg_mem_src(info, (const unsigned char *)content.ptr, content.len);
    jpeg_read_header(info, TRUE);
    if ((uint64_t)info->image_width * info->image_height > PIXELS_MAX)
        return err_set(ERR_LIMIT, "a picture of %u x %u pixels is not accepted", info->image_width,
                       info->image_height);
    info->out_color_space = JCS_RGB;
    info->scale_num = 1;
    info->scale_denom = jpeg_scale(info->image_width, info->image_height, side);
    jpeg_start_decompress(info);
    if (info->output_components != 3)
        return err_set(ERR_BAD_VALUE, "a JPEG with %d colour components is not accepted",
                       info->output_components);
    TRY(pixels_new(info->output_width, info->output_height, ret));
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = ret->rgb + (size_t)info->output_scanline * info->output_width * 3;
        jpeg_read_scanlines(info, &row, 1);
    }
    return OK;
}

static enum err decode_jpeg(str content, uint32_t side, struct pixels *ret)
{
    struct jpeg_decompress_struct info = {0};
    struct jpeg_escape escape = {0};
    info.err = jpeg_std_error(&escape.manager);
    escape.manager.error_exit = jpeg_fail;
    escape.manager.emit_message = jpeg_silent;
    enum err code;
    if (setjmp(escape.back)) {
        code = err_set(ERR_BAD_VALUE, "not a readable JPEG: %s", escape.words);
    } else {
        jpeg_create_decompress(&info);
        code = read_jpeg(&info, content, side, ret);
    }
    jpeg_destroy_decompress(&info);
    if (code)
        pixels_release(ret);
    return code;
}

static enum err decode_png(str content, struct pixels *ret)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&image, content.ptr, content.len))
        return err_set(ERR_BAD_VALUE, "not a readable PNG: %s", image.message);
    image.format = PNG_FORMAT_RGB;
    enum err code = pixels_new(image.width, image.height, ret);
    png_color white = {255, 255, 255};
    if (!code && !png_image_finish_read(&image, &white, ret->rgb, 0, NULL))
        code = err_set(ERR_BAD_VALUE, "not a readable PNG: %s", image.message);
    png_image_free(&image);
    if (code)
        pixels_release(ret);
    return code;
}

enum err pixels_decode(str content, uint32_t side, struct pixels *ret)
{
    *ret = (struct pixels){0};
    if (str_starts(content, S("\xFF\xD8\xFF")))
        return decode_jpeg(content, side, ret);
    if (str_starts(content, S("\x89PNG\r\n\x1A\n")))
        return decode_png(content, ret);
    return err_set(ERR_BAD_VALUE, "neither a JPEG nor a PNG picture");
}

static void average(const struct pixels *from, uint32_t x0, uint32_t x1, uint32_t y0, uint32_t y1,
                    unsigned char *out)
{
    uint64_t sum[3] = {0, 0, 0}, count = (uint64_t)(x1 - x0) * (y1 - y0);
    for (uint32_t y = y0; y < y1; y++) {
        const unsigned char *p = from->rgb + ((size_t)y * from->width + x0) * 3;
        for (uint32_t x = x0; x < x1; x++, p += 3) {
            sum[0] += p[0];
            sum[1] += p[1];
            sum[2] += p[2];
        }
    }
    for (unsigned i = 0; i < 3; i++)
        out[i] = (unsigned char)((sum[i] + count / 2) / count);
}

enum err pixels_shrink(const struct pixels *from, uint32_t side, struct pixels *ret)
{
    uint32_t longest = from->width > from->height ? from->width : from->height;
    uint32_t target = longest < side ? longest : side;
    uint32_t width = (uint32_t)((uint64_t)from->width * target / longest);
    uint32_t height = (uint32_t)((uint64_t)from->height * target / longest);
    width = width ? width : 1;
    height = height ? height : 1;
    TRY(pixels_new(width, height, ret));
    unsigned char *out = ret->rgb;
    for (uint32_t y = 0; y < height; y++) {
        uint32_t y0 = (uint32_t)((uint64_t)y * from->height / height);
        uint32_t y1 = (uint32_t)((uint64_t)(y + 1) * from->height / height);
        for (uint32_t x = 0; x < width; x++, out += 3) {
            uint32_t x0 = (uint32_t)((uint64_t)x * from->width / width);
            uint32_t x1 = (uint32_t)((uint64_t)(x + 1) * from->width / width);
            average(from, x0, x1 > x0 ? x1 : x0 + 1, y0, y1 > y0 ? y1 : y0 + 1, out);
        }
    }
    return OK;
}

enum err pixels_turn(struct pixels *p, unsigned orientation)
{
    if (orientation < 2 || orientation > 8)
        return OK;
    bool is_swapped = orientation >= 5;
    uint32_t width = is_swapped ? p->height : p->width, height = is_swapped ? p->width : p->height;
    struct pixels turned = {0};
    TRY(pixels_new(width, height, &turned));
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint32_t u = is_swapped ? y : x, v = is_swapped ? x : y; /* where it comes from */
            bool is_right =
                orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
            bool is_down =
                orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
            u = is_right ? p->width - 1 - u : u;
            v = is_down ? p->height - 1 - v : v;
            memcpy(turned.rgb + ((size_t)y * width + x) * 3,
                   p->rgb + ((size_t)v * p->width + u) * 3, 3);
        }
    pixels_release(p);
    *p = turned;
    return OK;
}

static unsigned read_number(str s, size_t at, size_t size, bool is_big)
{
    unsigned value = 0;
    for (size_t i = 0; i < size && at + size <= s.len; i++)
        value |= (unsigned)(unsigned char)s.ptr[at + i] << (8 * (is_big ? size - 1 - i : i));
    return value;
}

/* The first directory of a TIFF header, as EXIF 2.32 section 4.5 has it: tag 0x0112, type SHORT. */
static unsigned tiff_orientation(str tiff)
{
    bool is_big = str_starts(tiff, S("MM"));
    if (!is_big && !str_starts(tiff, S("II")))
        return 1;
    size_t at = read_number(tiff, 4, 4, is_big);
    unsigned count = read_number(tiff, at, 2, is_big);
    for (unsigned i = 0; i < count && at + 14 + (size_t)i * 12 <= tiff.len; i++) {
        size_t entry = at + 2 + (size_t)i * 12;
        if (read_number(tiff, entry, 2, is_big) == 0x0112) {
            unsigned value = read_number(tiff, entry + 8, 2, is_big);
            return value >= 1 && value <= 8 ? value : 1;
        }
    }
    return 1;
}

unsigned exif_orientation(str content)
{
    for (size_t at = 2; at + 4 <= content.len && (unsigned char)content.ptr[at] == 0xFF;) {
        unsigned char marker = (unsigned char)content.ptr[at + 1];
        size_t len = read_number(content, at + 2, 2, true);
        if (marker == 0xDA || len < 2)
            break;
        str segment = str_slice(content, at + 4, len - 2);
        if (marker == 0xE1 && str_starts(segment, S("Exif\0\0")))
            return tiff_orientation(str_from(segment, 6));
        at += 2 + len;
    }
    return 1;
}

static void write_jpeg(struct jpeg_compress_struct *info, const struct pixels *pixels, int quality)
{
    info->image_width = pixels->width;
    info->image_height = pixels->height;
    info->input_components = 3;
    info->in_color_space = JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, quality, TRUE);
    info->optimize_coding = TRUE;
    jpeg_start_compress(info, TRUE);
    while (info->next_scanline < info->image_height) {
        JSAMPROW row = pixels->rgb + (size_t)info->next_scanline * pixels->width * 3;
        jpeg_write_scanlines(info, &row, 1);
    }
    jpeg_finish_compress(info);
}

enum err pixels_encode(const struct pixels *pixels, int quality, struct buf *out)
{
    struct jpeg_compress_struct info = {0};
    struct jpeg_escape escape = {0};
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    info.err = jpeg_std_error(&escape.manager);
    escape.manager.error_exit = jpeg_fail;
    escape.manager.emit_message = jpeg_silent;
    enum err code = OK;
    if (setjmp(escape.back)) {
        code = err_set(ERR_INTERNAL, "cannot encode a picture: %s", escape.words);
    } else {
        jpeg_create_compress(&info);
        jpeg_mem_dest(&info, &bytes, &size);
        write_jpeg(&info, pixels, quality);
    }
    jpeg_destroy_compress(&info);
    if (!code)
        buf_add(out, str_of((const char *)bytes, size));
    free(bytes);
    return code ? code : out->failed;
}
