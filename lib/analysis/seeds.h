/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_SEEDS_H
#define LG_ANALYSIS_SEEDS_H

#include "analysis/trail.h"

/*
 * Where memory piles up, found from the top of the dominator tree downwards.
 *
 * A seed is a set of objects still to be looked into. From a single object the
 * search follows its heaviest child as long as little is lost; parts beside it
 * that are heavy on their own become further seeds. Where the heaviest child
 * is much smaller than its holder, the holder is the accumulation point, and a
 * merged descent tells of what it is made. Seeds don't overlap, and each
 * retains at least `threshold` bytes, so there are few of them.
 */
struct lg_seed {
	struct lg_trail trail; /* down to the members, the members' step included */
	uint32_t *member;      /* all with the last step's key */
	uint32_t member_count;
	uint64_t bytes; /* what they retain */
	bool shared;    /* several hold each of them, under `parent` */
	uint32_t parent;
};

struct lg_place {
	struct lg_trail trail; /* with the evidence below */
	size_t accumulation;   /* step index */
	uint64_t bytes;        /* retained, without what other places have */
	bool shared, rest;
	bool items_apart; /* of a rest: its items were split off, too, and not only what has a name */
	uint32_t node;   /* what holds it; of many, the largest */
	uint32_t sample; /* of the seed: its largest member */
	uint32_t parent;
	int points;     /* of evidence.h, once they are ranked */
	uint32_t *pile; /* what piles up, or the object itself; NULL where it was not asked for */
	uint32_t pile_count;
};

struct lg_places {
	struct lg_place *place;
	size_t count, capacity;
	bool keep_piles; /* asked for */
};
void lg_place_free(struct lg_place *place);
void lg_places_free(struct lg_places *places);

#define LG_MAX_SEEDS 2048

/*
 * Merge places that differ in nothing but the thread at their root: bytes and
 * counts are summed, the count of the root's step is that of the threads, node
 * and sample are the largest's. The order is lost. O(n log n) for n places.
 */
enum lg_status lg_places_merge_threads(struct lg_analysis *analysis, struct lg_places *places,
				       struct lg_error *err) LG_MUST_CHECK;

/* What a place must have to be told in a verdict, in bytes. */
uint64_t lg_places_threshold(const struct lg_analysis *analysis);

/* All places of at least threshold bytes, the largest first. out->keep_piles is set by the caller. */
enum lg_status lg_places_find(struct lg_analysis *analysis, uint64_t threshold,
			      struct lg_places *out, struct lg_error *err) LG_MUST_CHECK;

/* Who else holds a shared object: one referrer for each child of `parent` that has one. */
#define LG_MAX_ALSO 8
struct lg_also {
	uint32_t referrer[LG_MAX_ALSO];
	uint32_t child[LG_MAX_ALSO]; /* of parent, with the referrer under it */
	uint32_t count;
	uint64_t more;
};
enum lg_status lg_find_also(struct lg_analysis *analysis, uint32_t parent, uint32_t node,
			    struct lg_also *out, struct lg_error *err) LG_MUST_CHECK;

/*
 * Order shared members by the set of holders they have: equal sets stand side
 * by side, (*set)[i] is the number of member[i]'s. The caller frees *set.
 */
enum lg_status lg_split_shared(struct lg_analysis *analysis, uint32_t parent, uint32_t *member,
			       uint32_t count, uint64_t **set, struct lg_error *err) LG_MUST_CHECK;

#endif
