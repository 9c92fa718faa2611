/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "analysis/evidence.h"
#include "base/cleanup.h"

LG_DEFINE_CLEANUP(lg_pool_free, struct lg_pool *)

/* A legitimately large heap must not hide a smaller holder that looks like a leak: EVIDENCE.md. */
double lg_evidence_score(uint64_t bytes, int points)
{
	return ldexp((double)bytes, points);
}

static int compare_places(const void *left, const void *right)
{
	const struct lg_place *a = left, *b = right;
	double score_a = lg_evidence_score(a->bytes, a->points);
	double score_b = lg_evidence_score(b->bytes, b->points);

	if (score_a != score_b)
		return score_a > score_b ? -1 : 1;
	return (a->sample > b->sample) - (a->sample < b->sample);
}

static enum lg_status weigh(const struct lg_analysis *analysis, struct lg_place *place,
			    struct lg_error *err)
{
	/* Texts are for those that are told; here only the points count. */
	lg_cleanup(lg_pool_free_slot) struct lg_pool *pool = lg_pool_new();
	struct lg_holder_steps steps;
	struct lg_evidence_list list;

	if (!pool)
		return lg_fail(err, LG_E_MEMORY, "no memory to weigh a place");
	lg_holder_steps_of(analysis, place, false, pool, &steps);
	lg_evidence_find(analysis, place, &steps, pool, &list);
	place->points = list.points;
	return lg_pool_check(pool, err);
}

enum lg_status lg_places_rank(const struct lg_analysis *analysis, struct lg_places *places,
			      struct lg_error *err)
{
	for (size_t i = 0; i < places->count; i++) {
		enum lg_status status = weigh(analysis, &places->place[i], err);

		if (status != LG_OK)
			return status;
	}
	if (places->count)
		qsort(places->place, places->count, sizeof *places->place, compare_places);
	return LG_OK;
}
