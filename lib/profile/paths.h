/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_PATHS_H
#define LG_PROFILE_PATHS_H

#include "base/intern.h"
#include "leakgraph/profile.h"

/*
 * The paths of a profile while it is made: a tree of rows in which a step from
 * a row, by a label to a type, leads to a row below it, or back to one above it
 * where the path has been there before.
 */
struct lg_path_row {
	uint32_t parent; /* LG_NONE: a root */
	uint32_t label, type; /* strings */
	uint32_t depth;       /* 0: a root */
	bool nameless;        /* the label names nothing: a path through a name is better */
	uint64_t count, shallow_bytes, retained_bytes;
};

/* The label of steps beyond the bounds. */
#define LG_PATH_ELSEWHERE "…"

struct lg_paths {
	struct lg_path_row *row;
	size_t count, capacity;
	/* Where a step leads: open addressing by (row, label, type). */
	struct lg_path_step *step;
	size_t step_count, step_slots;
	uint32_t elsewhere; /* string: LG_PATH_ELSEWHERE */
	size_t max_rows;
	bool failed; /* memory is out */
};
void lg_paths_free(struct lg_paths *paths);

/*
 * The row to which a step leads; parent LG_NONE: from the virtual root. Sets
 * `failed`, and answers 0, when memory is out. O(1) for a step seen before.
 */
uint32_t lg_paths_step(struct lg_paths *paths, uint32_t parent, uint32_t label, uint32_t type,
		       bool nameless);

/*
 * Is path a to be told rather than b? The shorter, then where they part the one
 * with the name, then the lesser text. `strings` are those of label and type.
 * O(steps).
 */
bool lg_paths_prefer(const struct lg_paths *paths, const struct lg_intern *strings, uint32_t a,
		     uint32_t b);

#endif
