/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_DUMP_H
#define LEAKGRAPH_DUMP_H

#include "leakgraph/snapshot.h"

/* The native file format: formats/dump/SPEC.md. */

enum lg_dump_compression { LG_DUMP_ZSTD = 0, LG_DUMP_PLAIN };

struct lg_dump_write_options {
	enum lg_dump_compression compression;
	int zstd_level; /* 0: 1 */
	bool redact;    /* strings that name the program's data (keys, locals, attributes) are hashed */
	struct lg_progress progress;
};

/*
 * Write a snapshot to path: under a temporary name in the same directory, mode
 * 0600, fsynced, then renamed, so that path is either the whole dump or what
 * it was before. options may be NULL.
 */
enum lg_status lg_dump_write(const char *path, const struct lg_snapshot *snapshot,
			     const struct lg_dump_write_options *options,
			     struct lg_error *err) LG_MUST_CHECK;

/* Fails where lg_dump_write() could not make a file of that name; leaves nothing behind. */
enum lg_status lg_dump_check_path(const char *path, struct lg_error *err) LG_MUST_CHECK;

/* What the head of a file says; no column is decoded. */
struct lg_dump_header {
	bool rows; /* the plain row form */
	uint32_t version_major, version_minor;
	uint64_t file_bytes;
};
enum lg_status lg_dump_peek(const char *path, struct lg_dump_header *out,
			    struct lg_error *err) LG_MUST_CHECK;

/* Frame, counts and checksum of the whole file; no column is decoded. O(file). */
enum lg_status lg_dump_verify(const char *path, struct lg_error *err) LG_MUST_CHECK;

/*
 * What a dump says of its process. There are no strings to which the texts' numbers
 * would belong: they are 0. Verifies the file, decodes no column. O(file).
 */
enum lg_status lg_dump_read_info(const char *path, struct lg_snapshot_info *out,
				 struct lg_error *err) LG_MUST_CHECK;

/*
 * Peek, verify and decode, in either form. The result has passed
 * lg_snapshot_validate(); the caller owns *out. Memory taken is bounded by
 * what the file can hold, whatever its counts claim.
 */
enum lg_status lg_dump_read(const char *path, const struct lg_progress *progress,
			    struct lg_snapshot **out, struct lg_error *err) LG_MUST_CHECK;

#endif
