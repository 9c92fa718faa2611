/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_TRAIL_H
#define LG_ANALYSIS_TRAIL_H

#include "analysis/groups.h"

/*
 * A path while it is found: steps as they are, nothing folded. Steps that
 * repeat in a row (a linked list of a million nodes) are collapsed as they
 * come, so that a trail stays short.
 */
struct lg_trail_step {
	struct lg_group_key key;
	uint64_t count;
	uint64_t repeat;
	uint32_t period;
	uint32_t object;         /* the largest (of repeated steps, that of the first) */
	uint32_t last;           /* of repeated steps, that of the last; else object */
	uint64_t retained_bytes; /* of all (likewise) */
};

#define LG_MAX_TRAIL_STEPS 128
#define LG_MAX_PERIOD 4

struct lg_trail {
	struct lg_trail_step *step;
	size_t count, capacity;
	bool more; /* steps were left out behind LG_MAX_TRAIL_STEPS */
	bool failed;
};
void lg_trail_free(struct lg_trail *trail);

void lg_trail_push(struct lg_trail *trail, const struct lg_trail_step *step);
bool lg_trail_copy(const struct lg_trail *from, struct lg_trail *to);

/* Push the shortest path from the root to a node; it is reached. O(path's references). */
enum lg_status lg_trail_shortest(struct lg_analysis *analysis, uint32_t node,
				 struct lg_trail *trail, struct lg_error *err) LG_MUST_CHECK;
/* The same, only what comes behind `from`, which must be on it (a dominator is). */
enum lg_status lg_trail_shortest_from(struct lg_analysis *analysis, uint32_t from, uint32_t node,
				      struct lg_trail *trail, struct lg_error *err) LG_MUST_CHECK;
/* The shortest path to a referrer, and behind it its reference to a node. */
enum lg_status lg_trail_to_reference(struct lg_analysis *analysis, uint32_t referrer, uint32_t node,
				     struct lg_trail *trail, struct lg_error *err) LG_MUST_CHECK;
/* Push the chain of dominators down to a node. */
enum lg_status lg_trail_dominators(struct lg_analysis *analysis, uint32_t node,
				   struct lg_trail *trail, struct lg_error *err) LG_MUST_CHECK;

/*
 * The same along a tree of the caller's: parent[node] is the one before it, 0
 * the root. Behind `from`, which must be on it.
 */
enum lg_status lg_trail_along(const struct lg_analysis *analysis, const uint32_t *parent,
			      uint32_t from, uint32_t node, struct lg_trail *trail,
			      struct lg_error *err) LG_MUST_CHECK;

/* The key of a step from holder to target by a real reference; holder 0: the root's. */
struct lg_group_key lg_reference_key(const struct lg_analysis *analysis, uint32_t holder,
				     uint32_t target);

/*
 * The trail as it is shown: folded, with texts. `merged` writes str keys as
 * [str] at all steps, else only where several objects are merged. *marks, of
 * mark_count step indexes, become hop indexes.
 */
void lg_trail_show(const struct lg_analysis *analysis, const struct lg_trail *trail, bool merged,
		   struct lg_pool *pool, struct lg_path *out, size_t *marks, size_t mark_count);

#endif
