/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_EVIDENCE_H
#define LG_ANALYSIS_EVIDENCE_H

#include "analysis/holders.h"

/*
 * What speaks for a leak and what against, of a place whose steps are told.
 * Each piece has points (EVIDENCE.md); the texts are the pool's.
 * O(steps), and O(types) for its names.
 */
struct lg_evidence_list {
	struct lg_evidence *piece; /* what decides first */
	size_t count;
	int points; /* their sum */
};
void lg_evidence_find(const struct lg_analysis *analysis, const struct lg_place *place,
		      const struct lg_holder_steps *steps, struct lg_pool *pool,
		      struct lg_evidence_list *out);

/* What places are ranked by: bytes, doubled for each point, halved for each below zero. */
double lg_evidence_score(uint64_t bytes, int points);

/* Order the places by that, the highest first; fills their points. O(places log places). */
enum lg_status lg_places_rank(const struct lg_analysis *analysis, struct lg_places *places,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
