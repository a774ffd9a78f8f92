/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Photographs. What comes in is decoded to plain pixels and encoded anew, so nothing of the file
 * survives but the picture: no place, no camera, no hidden second image. Both sides of the
 * descriptor are here: child_photo() runs in the sandbox.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "intake/child.h"
#include "intake/intake.h"
#include "intake/pixels.h"

enum { PICTURE_SIDE = 1600, THUMB_SIDE = 160, PICTURE_QUALITY = 86, THUMB_QUALITY = 78 };

static enum err read_all(int fd, struct buf *out)
{
    for (;;) {
        char *to = buf_reserve(out, 64 << 10);
        if (!to)
            return err_set(ERR_LIMIT, "a photograph larger than %d bytes is not accepted",
                           INTAKE_PHOTO_BYTES_MAX);
        ssize_t got = read(fd, to, 64 << 10);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno("cannot read the photograph");
        if (got == 0)
            return OK;
        out->len += (size_t)got;
    }
}

static enum err put_picture(const struct pixels *pixels, enum frame_kind kind, int quality,
                            struct buf *out)
{
    size_t start = frame_begin(out, kind);
    buf_add_varint(out, pixels->width);
    buf_add_varint(out, pixels->height);
    TRY(pixels_encode(pixels, quality, out));
    frame_end(out, start);
    return OK;
}

static enum err shrink_and_put(const struct pixels *full, struct buf *out)
{
    struct pixels picture = {0}, thumb = {0};
    enum err code = pixels_shrink(full, PICTURE_SIDE, &picture);
    code = code ? code : put_picture(&picture, FRAME_PICTURE, PICTURE_QUALITY, out);
    code = code ? code : pixels_shrink(&picture, THUMB_SIDE, &thumb);
    code = code ? code : put_picture(&thumb, FRAME_THUMB, THUMB_QUALITY, out);
    pixels_release(&picture);
    pixels_release(&thumb);
    if (!code)
        frame_end(out, frame_begin(out, FRAME_END));
    return code;
}

enum err child_photo(int input_fd, struct buf *out)
{
    struct buf content = {.max = INTAKE_PHOTO_BYTES_MAX + (128 << 10)};
    struct pixels full = {0};
    enum err code = read_all(input_fd, &content);
    code = code ? code : pixels_decode(buf_str(&content), PICTURE_SIDE, &full);
    code = code ? code : pixels_turn(&full, exif_orientation(buf_str(&content)));
    code = code ? code : shrink_and_put(&full, out);
    pixels_release(&full);
    buf_release(&content);
    return code;
}

/* ---- the parent ---- */

static enum err memory_file(str content, int *ret_fd)
{
    int fd = memfd_create("photograph", MFD_CLOEXEC);
    if (fd < 0)
        return err_errno("cannot make room for the photograph");
    for (size_t at = 0; at < content.len;) {
        ssize_t got = write(fd, content.ptr + at, content.len - at);
        if (got < 0 && errno != EINTR) {
            (void)close(fd);
            return err_errno("cannot make room for the photograph");
        }
        at += got > 0 ? (size_t)got : 0;
    }
    *ret_fd = fd;
    return OK;
}

static enum err take_picture(const struct child_frame *frame, struct buf *out, uint32_t *width,
                             uint32_t *height)
{
    struct cursor c = cursor_of(frame->payload);
    uint64_t w = cursor_varint(&c), h = cursor_varint(&c);
    str jpeg = cursor_bytes(&c, cursor_left(&c));
    if (c.is_bad || w > PICTURE_SIDE || h > PICTURE_SIDE || !str_starts(jpeg, S("\xFF\xD8\xFF")))
        return err_set(ERR_DAMAGED, "the parser sent a picture that is none");
    buf_clear(out);
    buf_add(out, jpeg);
    *width = (uint32_t)w;
    *height = (uint32_t)h;
    return out->failed;
}

static enum err receive(struct child *child, struct intake_photo *ret)
{
    struct child_frame frame;
    uint32_t ignored;
    for (;;) {
        TRY(child_next(child, &frame));
        if (frame.kind == FRAME_PICTURE)
            TRY(take_picture(&frame, &ret->picture, &ret->width, &ret->height));
        else if (frame.kind == FRAME_THUMB)
            TRY(take_picture(&frame, &ret->thumb, &ignored, &ignored));
        else if (frame.kind != FRAME_END)
            return err_set(ERR_DAMAGED, "the parser sent something else than a picture");
        else
            break;
    }
    return ret->picture.len && ret->thumb.len ? OK
                                              : err_set(ERR_DAMAGED, "the parser sent no picture");
}

enum err intake_photo(str content, struct intake_photo *ret)
{
    if (content.len == 0 || content.len > INTAKE_PHOTO_BYTES_MAX)
        return err_set(ERR_LIMIT, "a photograph of %zu bytes is not accepted: 1 to %d", content.len,
                       INTAKE_PHOTO_BYTES_MAX);
    *ret = (struct intake_photo){.width = 0};
    int fd = -1;
    struct child *child = NULL;
    enum err code = memory_file(content, &fd);
    code = code ? code : child_open(fd, S("{\"kind\":\"photo\"}"), &child);
    code = code ? code : receive(child, ret);
    child_close(child);
    if (fd >= 0)
        (void)close(fd);
    if (code)
        intake_photo_release(ret);
    return code;
}

void intake_photo_release(struct intake_photo *photo)
{
    if (!photo)
        return;
    buf_release(&photo->picture);
    buf_release(&photo->thumb);
}

/* ---- large and small ---- */

static const str THUMB = {";thumb=", 7};

str intake_photo_type(const struct hash *thumb, char out[96])
{
    char hex[2 * HASH_SIZE + 1];
    hex_encode(thumb->bytes, HASH_SIZE, hex);
    int len = snprintf(out, 96, "image/jpeg%.*s%s", STR(THUMB), hex);
    return str_of(out, (size_t)len);
}

bool intake_photo_thumb(str type, struct hash *ret)
{
    size_t at = str_find(type, ';');
    str rest = str_from(type, at);
    return str_starts(rest, THUMB) && hex_decode(str_from(rest, THUMB.len), ret->bytes, HASH_SIZE);
}
