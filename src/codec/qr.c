/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The encoding is libqrencode's: byte mode, for what is put into codes here is text with small
 * letters; the smallest version that holds it. Ours are the bound and the picture.
 */
#include "codec/qr.h"

#include <errno.h>
#include <qrencode.h>

enum { QUIET = 4 }; /* modules of white around it */

enum err qr_encode(str bytes, struct qr *ret)
{
    if (bytes.len == 0 || bytes.len > QR_BYTES_MAX)
        return err_set(ERR_LIMIT, "a QR code holds 1 to %d bytes, not %zu", QR_BYTES_MAX,
                       bytes.len);
    QRcode *code =
        QRcode_encodeData((int)bytes.len, (const unsigned char *)bytes.ptr, 0, QR_ECLEVEL_M);
    if (!code)
        return errno == ENOMEM ? err_set(ERR_MEMORY, "out of memory for a QR code")
                               : err_set(ERR_LIMIT, "%zu bytes fit in no QR code", bytes.len);
    ensure(code->width > 0 && code->width <= QR_SIZE_MAX);
    ret->version = (unsigned)code->version;
    ret->size = (unsigned)code->width;
    for (unsigned row = 0; row < ret->size; row++)
        for (unsigned column = 0; column < ret->size; column++)
            ret->dark[row][column] = code->data[row * ret->size + column] & 1;
    QRcode_free(code);
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
