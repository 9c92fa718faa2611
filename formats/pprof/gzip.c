/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/pprof/gzip.h"

#define LEVEL 6
#define GZIP_WINDOW (15 + 16) /* the largest, with gzip's header and trailer */
#define MEMORY_LEVEL 8
#define PIECE_BYTES 16384

enum lg_status lg_gzip_open(struct lg_gzip *gzip, struct lg_stream *stream, struct lg_error *err)
{
	gzip->stream = stream;
	gzip->open = deflateInit2(&gzip->z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
				  Z_DEFAULT_STRATEGY) == Z_OK;
	return gzip->open ? LG_OK : lg_fail(err, LG_E_MEMORY, "no memory to compress with");
}

/* deflate() fails for a wrong call only. */
static void deflate_all(struct lg_gzip *gzip, int flush)
{
	unsigned char piece[PIECE_BYTES];

	do {
		gzip->z.next_out = piece;
		gzip->z.avail_out = sizeof piece;
		deflate(&gzip->z, flush);
		lg_stream_bytes(gzip->stream, piece, sizeof piece - gzip->z.avail_out);
	} while (gzip->z.avail_out == 0);
}

void lg_gzip_write(struct lg_gzip *gzip, const void *bytes, size_t count)
{
	gzip->z.next_in = (unsigned char *)(uintptr_t)bytes;
	gzip->z.avail_in = (uInt)count;
	deflate_all(gzip, Z_NO_FLUSH);
}

void lg_gzip_finish(struct lg_gzip *gzip)
{
	deflate_all(gzip, Z_FINISH);
}

void lg_gzip_close(struct lg_gzip *gzip)
{
	if (gzip->open)
		deflateEnd(&gzip->z);
}
