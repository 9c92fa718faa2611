/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CORE_FILES_H
#define LG_CORE_FILES_H

#include "core/core.h"

/*
 * A core holds what a process changed, and of its programs and libraries by
 * default just their first pages. The rest is taken from the files themselves,
 * where they are the same builds.
 */
struct lg_core_sources {
	const char *sysroot; /* the root of the process: a container's, another machine's; NULL: / */
	/* One sentence about what was not found; may be NULL. */
	void (*tell)(void *context, const char *sentence);
	void *context;
};

/* What is not there. */
struct lg_core_losses {
	uint64_t files;       /* programs and libraries that were not found */
	uint64_t file_bytes;  /* of them */
	uint64_t other_bytes; /* memory that the core should have and has not */
};

/*
 * Open the file of each mapping that needs one into image->file, accepted by
 * its build id alone (or, where neither side has one, by its first page):
 * sysroot + path, then by build id where distributions keep such links.
 * out_file[i] is the index for mapping i, or -1. *losses counts the others.
 * O(mappings log mappings).
 */
enum lg_status lg_core_find_files(const struct lg_core *core, const struct lg_core_sources *sources,
				  struct lg_image *image, int *out_file, struct lg_core_losses *losses,
				  struct lg_error *err) LG_MUST_CHECK;

/*
 * The memory of the process, from the core and from files. Takes the
 * descriptor, the paths and the stacks of the core: they live with the image from then on.
 */
enum lg_status lg_core_image(struct lg_core *core, const struct lg_core_sources *sources,
			     struct lg_image *out, struct lg_core_losses *losses,
			     struct lg_error *err) LG_MUST_CHECK;

#endif
