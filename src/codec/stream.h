/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes out of a descriptor, unpacked on the way when they are gzip or zstd (known by their first
 * bytes, not by a name). A packed stream that grows beyond 1,000 times its size, after the first 64
 * MiB, is refused as a bomb.
 *
 *   struct stream *stream;
 *   TRY(stream_open(fd, &stream));
 *   do { TRY(stream_read(stream, bytes, sizeof bytes, &len)); ... } while (len);
 *   stream_close(stream);                                   // the descriptor stays the caller's
 */
#ifndef CODEC_STREAM_H
#define CODEC_STREAM_H

#include "base/base.h"

struct stream;
enum err stream_open(int fd, struct stream **ret) MUST_USE;
/*
 * Fills at most size bytes; *ret_len 0 only at the end. ERR_IO, ERR_SYNTAX (damaged packing),
 * ERR_LIMIT.
 */
enum err stream_read(struct stream *stream, char *out, size_t size, size_t *ret_len) MUST_USE;
const char *stream_packing(const struct stream *stream); /* "none", "gzip", "zstd" */
uint64_t
stream_consumed(const struct stream *stream); /* bytes read from the descriptor: for progress */
void stream_close(struct stream *stream);

#endif
