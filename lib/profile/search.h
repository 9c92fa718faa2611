/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_SEARCH_H
#define LG_PROFILE_SEARCH_H

#include "profile/paths.h"
#include "profile/words.h"

struct lg_folded_dict {
	uint32_t module, object;
};

/*
 * The state of lg_profile_build(): a breadth-first search in turns, one for each
 * rank of roots, that finds the row of each node. Within a layer the path to be
 * told wins, whichever came first.
 */
struct lg_profile_search {
	struct lg_analysis *analysis;
	const struct lg_progress *progress;
	struct lg_error *err;
	struct lg_profile_words words;
	struct lg_paths paths;
	uint32_t *row;     /* node: its row, LG_NONE: not reached */
	uint64_t *settled; /* bit of a node: it is in this layer or was in an earlier one */
	uint64_t *part;    /* bit of a node: a __dict__, told as part of its holder */
	uint32_t *layer, *next;
	uint32_t layer_count, next_count;
	struct lg_folded_dict *dict; /* by module */
	uint64_t done;
	/* When all rows are found; rows are the search's. */
	struct lg_profile_suspect *suspect;
	uint32_t suspect_count;
};

#endif
