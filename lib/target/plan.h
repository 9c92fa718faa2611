/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_PLAN_H
#define LG_TARGET_PLAN_H

#include "target/image.h"

/*
 * What of a live process's memory is to be copied out: pages of its own (by
 * /proc/PID/pagemap: untouched ones are not looked at), and those of shared
 * memory, which may change. Unchanged pages of files are left to the files.
 */
struct lg_run {
	uint64_t start, bytes; /* in the process */
	uint64_t offset;       /* in the copy */
};

struct lg_plan {
	struct lg_run *run; /* none above LG_RUN_BYTES */
	size_t run_count, run_capacity;
	uint64_t bytes;     /* of the copy */
	struct lg_image image; /* whose file 0 is to be the copy: image.file[0] */
};
#define LG_RUN_BYTES ((uint64_t)4 << 20)

/*
 * Of the process as it is now. *copy, an open file, becomes the image's first;
 * it is taken over. The caller frees. O(pages mapped).
 */
enum lg_status lg_plan_make(pid_t pid, int *copy, struct lg_plan *out,
			    struct lg_error *err) LG_MUST_CHECK;
void lg_plan_free(struct lg_plan *plan);

#endif
