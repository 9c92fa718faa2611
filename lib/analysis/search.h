/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_SEARCH_H
#define LG_ANALYSIS_SEARCH_H

#include "analysis/seeds.h"

/* The state of lg_places_find(), shared by seeds.c, descent.c and places.c. */
struct lg_search {
	struct lg_analysis *analysis;
	struct lg_error *err;
	uint64_t threshold;
	struct lg_seed *seed; /* a stack */
	size_t seed_count, seed_capacity;
	size_t seeds_made;
	struct lg_places *places;
	struct lg_grouper grouper;
};

/* Members of a set, on the way down from the top, that are still to be looked into. */
void lg_seed_free(struct lg_seed *seed);

enum lg_status lg_search_no_memory(const struct lg_search *search);

/*
 * The step to a group. What several hold has no reference of its parent to
 * show: the shortest way from there to its largest member stands for it.
 */
enum lg_status lg_push_step(const struct lg_search *search, struct lg_trail *trail,
			    const struct lg_group *group) LG_MUST_CHECK;

/* Seeds for the heavy groups under the virtual root. */
enum lg_status lg_seed_top(struct lg_search *search) LG_MUST_CHECK;

/*
 * And for threads that are none of these but as heavy together: what is alike in all of them is
 * told as one (lg_places_merge_threads). Lowers the threshold to a thread's part of it.
 */
enum lg_status lg_seed_light_threads(struct lg_search *search) LG_MUST_CHECK;

/* A seed for a group of the children of `node`; `except` (0: none) is left out. */
enum lg_status lg_seed_group(struct lg_search *search, const struct lg_trail *trail,
			     const struct lg_group *group, uint32_t node, uint32_t except,
			     uint64_t *taken) LG_MUST_CHECK;

/* A single object on the way down. */
struct lg_descent {
	uint32_t node;
	uint64_t
		base; /* what is left to explain: retained by the top, without what was split off */
	uint64_t split; /* bytes split off so far, by other seeds */
	struct lg_trail trail;
	uint64_t split_before[LG_MAX_TRAIL_STEPS]; /* at the arrival at each step's last object */
};

/* Go down from a seed's one object; takes the seed's trail over. */
enum lg_status lg_descend(struct lg_search *search, struct lg_descent *descent) LG_MUST_CHECK;

/*
 * The step of the accumulation point: the last one, but of a chain that
 * repeats (a linked list) what holds its first. Not above `start`.
 */
size_t lg_accumulation_of(const struct lg_trail *trail, size_t start);

#endif
