/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CUT_CUT_H
#define LG_CUT_CUT_H

#include "leakgraph/graph.h"

/*
 * The fewest places that hold a group of objects: without their references no
 * root reaches any of it.
 *
 * A place is what a person cuts as one, however many references it has: the
 * attribute of a name, the entries of one dict. Which references are a place,
 * and which can't be cut at all, says the caller, who knows names; here are
 * only numbers.
 */
struct lg_cut_rule {
	void *context;
	/*
	 * The place of a reference that counts: references of one holder with the
	 * same number are one. 0: it can't be cut (an instance's to its __dict__).
	 * `member`: the target is of the group.
	 */
	uint64_t (*place)(void *context, uint32_t holder, uint32_t reference, uint32_t target,
			  bool member);
	/*
	 * Holders in which this differs are never told as one. With `fixed`, of
	 * those that can't be let go, equal ones are; of the others those that are
	 * held in the same ways, too.
	 */
	uint64_t (*likeness)(void *context, uint32_t node, bool fixed);
	/*
	 * Of equally small cuts that with the least sum of this, 0 ..
	 * LG_CUT_MAX_BURDEN, is taken; of those the one nearest to the group.
	 */
	uint32_t (*burden)(void *context, uint32_t holder, uint32_t reference, uint32_t holders,
			   uint32_t references);
};
#define LG_CUT_MAX_BURDEN 15

struct lg_cut_place {
	const uint32_t *reference; /* of the snapshot, in the order of their holders; owned by the cut */
	uint32_t count;
	uint32_t holders;
	uint32_t holder; /* of the first reference: a node ... */
	uint32_t target; /* ... and what it refers to */
};

struct lg_cut {
	uint32_t place_count;
	struct lg_cut_place *place;
	uint32_t *reference; /* those of all places */
	uint32_t *parent;    /* node: the one before it on a way from the root, 0 for the root's own;
				LG_NONE: there is none that goes around the places and the group, or
				it was not looked at */
	uint32_t held_count; /* of the group: nothing that can be cut holds these */
	uint32_t *held;
	uint32_t unreached;  /* of the group: garbage */
	uint32_t freed;      /* of the group: the places hold them */
	uint32_t region;     /* nodes between roots and group that were looked at */
	uint32_t classes;    /* alike ones counted once */
	bool coarse;         /* there were too many to tell apart: fewer places than need be told as one */
};

/* More holders that differ than this are taken together, by what tells them apart the least. */
#define LG_CUT_MAX_CLASSES 20000
/* The most that is spent on telling holders apart, in references looked at. */
#define LG_CUT_MAX_WORK 50000000

/*
 * The nodes are the group; what is not reached among them is counted. Exact
 * where no holders are alike; else the places of alike holders count once.
 * O(nodes + references) and a minimum cut on what is left (igraph's, by
 * Goldberg and Tarjan's push-relabel). LG_E_LIMIT where likeness alone tells
 * more than LG_CUT_MAX_CLASSES apart. The caller owns *out.
 */
enum lg_status lg_cut_find(const struct lg_graph *graph, const struct lg_dominators *dominators,
			   const struct lg_referrers *referrers, const struct lg_cut_rule *rule,
			   const uint32_t *node, uint32_t count, struct lg_cut **out,
			   struct lg_error *err) LG_MUST_CHECK;
void lg_cut_free(struct lg_cut *cut);

#endif
