/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_DIFF_SIDES_H
#define LG_CLI_DIFF_SIDES_H

#include "cli.h"

/* The two sides of a comparison, read. Zero-initialised; closed by sides_close. */
struct sides {
	struct texts base_file, head_file;
	struct lg_profile *base[MAX_TEXTS], *head[MAX_TEXTS];
	size_t base_count, head_count;
	bool one_process; /* dumps of one process: `growth` says what became of its objects */
	struct lg_growth growth;
};

/*
 * As the command line has them: two operands, three of one process, or what
 * stands behind --base and --head. With progress.
 */
enum lg_status sides_open(struct sides *sides, const struct arguments *arguments,
			  struct lg_error *err) LG_MUST_CHECK;
void sides_close(struct sides *sides);

#endif
