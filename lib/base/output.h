/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_OUTPUT_H
#define LG_BASE_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "leakgraph/status.h"

/*
 * A file that appears whole or not at all. Where the file system can, it has
 * no name until it is done (O_TMPFILE), so that even SIGKILL leaves nothing
 * behind; elsewhere it has a temporary one in the same directory.
 */
struct lg_output {
	const char *path; /* borrowed */
	int fd;
	int directory;
	char name[NAME_MAX + 1];      /* of the file, in its directory */
	char temporary[NAME_MAX + 1]; /* "" while the file has no name */
	uint64_t bytes;               /* written so far */
	void *hash;                   /* of these, XXH3 */
};

/* Fails where path is something else than a regular file or nothing. */
enum lg_status lg_output_open(struct lg_output *output, const char *path,
			      struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_output_write(struct lg_output *output, const void *bytes, uint64_t count,
			       struct lg_error *err) LG_MUST_CHECK;
/* XXH3 of what was written so far. */
uint64_t lg_output_hash(const struct lg_output *output);
/* To disk, then under its name. */
enum lg_status lg_output_commit(struct lg_output *output, struct lg_error *err) LG_MUST_CHECK;
/* Removes what was not committed. For lg_cleanup. */
void lg_output_release(struct lg_output *output);

#endif
