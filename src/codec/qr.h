/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QR codes (ISO/IEC 18004) by libqrencode: 1 to 660 bytes, error correction M (15% may be
 * unreadable), as a matrix of modules and as SVG for paper and screen.
 *
 *   struct qr qr;
 *   TRY(qr_encode(S("hello"), &qr));
 *   qr_print_svg(&qr, &out);
 */
#ifndef CODEC_QR_H
#define CODEC_QR_H

#include "base/base.h"

enum { QR_VERSION_MAX = 20, QR_SIZE_MAX = 4 * QR_VERSION_MAX + 17, QR_BYTES_MAX = 660 };

struct qr {
    unsigned version, size;              /* size: modules of a side */
    bool dark[QR_SIZE_MAX][QR_SIZE_MAX]; /* [row][column] */
};
enum err qr_encode(str bytes, struct qr *ret) MUST_USE; /* ERR_LIMIT */
void qr_print_svg(const struct qr *qr, struct buf *out);

#endif
