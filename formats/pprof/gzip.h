/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PPROF_GZIP_H
#define LG_PPROF_GZIP_H

#include <zlib.h>

#include "base/stream.h"

/* Bytes into a stream, by way of gzip. Zero-initialised; released by lg_gzip_close. */
struct lg_gzip {
	z_stream z;
	struct lg_stream *stream;
	bool open;
};

enum lg_status lg_gzip_open(struct lg_gzip *gzip, struct lg_stream *stream,
			    struct lg_error *err) LG_MUST_CHECK;
void lg_gzip_write(struct lg_gzip *gzip, const void *bytes, size_t count);
/* What is still held, and the end. */
void lg_gzip_finish(struct lg_gzip *gzip);
void lg_gzip_close(struct lg_gzip *gzip);

#endif
