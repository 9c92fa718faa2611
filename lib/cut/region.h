/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CUT_REGION_H
#define LG_CUT_REGION_H

#include "base/bits.h"
#include "cut/cut.h"
#include "graph/visit.h"

/* A reference on a way from the fixed part to the group. */
struct lg_cut_arc {
	uint32_t from, to; /* local numbers; to is 0 for any of the group */
	uint32_t reference;
	uint64_t place; /* 0: can't be cut */
};

/*
 * What lies between the roots and the group, taken out of the graph. Fixed is
 * what the roots hold by references that can't be cut: nothing can be done
 * above it, so it stands for the root. Local numbers: 0 is the group, 1 ..
 * fixed_count are fixed nodes that refer into the region, the others up to
 * count-1 are reached from those and lead to the group.
 */
struct lg_cut_region {
	const struct lg_graph *graph;
	const struct lg_dominators *dominators;
	const struct lg_referrers *referrers;
	const struct lg_cut_rule *rule;
	uint64_t *member, *fixed, *leads; /* a bit for each node */
	uint32_t *parent;                 /* node: as in struct lg_cut, of fixed nodes */
	uint32_t *local;                  /* node: its local number, 0: none */
	uint32_t *node;                   /* of a local number */
	size_t count, node_capacity;
	uint32_t fixed_count;
	struct lg_cut_arc *arc; /* by from */
	size_t arc_count, arc_capacity;
	uint32_t *queue;
	size_t head, tail, queue_capacity;
	bool failed; /* no memory */
};

/* *region is zeroed but for what is given, and released by the caller whatever is returned. */
enum lg_status lg_cut_region_make(struct lg_cut_region *region, const uint32_t *node,
				  uint32_t count, struct lg_error *err) LG_MUST_CHECK;
void lg_cut_region_release(struct lg_cut_region *region);

/*
 * Classes of local nodes: class_of[local] (region->count of them, the caller's)
 * is 0 for the group, 1 .. *classes-1 for others; fixed ones come first, below
 * *fixed_classes. Nodes of a class are alike and held by the same places of
 * the same classes, as far as the limits let this be told.
 */
enum lg_status lg_cut_classes(const struct lg_cut_region *region, uint32_t *class_of,
			      uint32_t *fixed_classes, uint32_t *classes, bool *coarse,
			      struct lg_error *err) LG_MUST_CHECK;

/* Places of the classes, by number, and which of them are cut. */
struct lg_cut_choice {
	uint32_t *place_of_arc; /* region->arc_count of them; LG_NONE: no place */
	uint32_t place_count;
	uint8_t *chosen; /* by place */
};

/*
 * The minimum cut between the fixed classes and the group. *out is zeroed by
 * the caller, and released by it whatever is returned.
 */
enum lg_status lg_cut_choose(const struct lg_cut_region *region, const uint32_t *class_of,
			     uint32_t fixed_classes, uint32_t classes, struct lg_cut_choice *out,
			     struct lg_error *err) LG_MUST_CHECK;
void lg_cut_choice_release(struct lg_cut_choice *choice);

static inline uint64_t lg_cut_mix(uint64_t a, uint64_t b)
{
	uint64_t hash = (a ^ b >> 32 ^ b << 32) * 0x9e3779b97f4a7c15u + b;

	hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
	return (hash ^ hash >> 32) | 1; /* never 0, which is no key of a map */
}

#endif
