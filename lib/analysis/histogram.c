/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/histogram.h"
#include "analysis/names.h"
#include "analysis/sums.h"
#include "base/array.h"
#include "base/cleanup.h"

LG_DEFINE_CLEANUP(lg_histogram_free, struct lg_histogram *)

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

static int compare_sums(const void *left, const void *right, void *context)
{
	const struct lg_type_sum *a = left, *b = right;
	enum lg_type_order order = *(const enum lg_type_order *)context;
	int result = 0;

	if (order == LG_BY_RETAINED)
		result = compare_numbers(a->retained_bytes, b->retained_bytes);
	else if (order == LG_BY_COUNT)
		result = compare_numbers(a->count, b->count);
	if (!result)
		result = compare_numbers(a->shallow_bytes, b->shallow_bytes);
	if (!result)
		result = compare_numbers(a->count, b->count);
	return result ? result : (a->type > b->type) - (a->type < b->type);
}

uint32_t lg_sums_finish(const struct lg_analysis *analysis, struct lg_type_sum *sum,
			enum lg_type_order order, uint32_t top, struct lg_pool *pool,
			struct lg_type_sum **out)
{
	uint32_t used = 0, kept;

	for (uint32_t t = 0; t < analysis->snapshot->type_count; t++)
		if (sum[t].count)
			sum[used++] = sum[t];
	qsort_r(sum, used, sizeof *sum, compare_sums, &order);
	kept = top && top < used ? top : used;
	*out = lg_pool_array(pool, kept, sizeof **out);
	for (uint32_t i = 0; *out && i < kept; i++) {
		struct lg_buffer name = {0};

		lg_type_text(analysis, sum[i].type, &name);
		(*out)[i] = sum[i];
		(*out)[i].name = lg_buffer_keep(&name, pool);
	}
	return used;
}

struct lg_type_sum *lg_sums_new(const struct lg_analysis *analysis)
{
	struct lg_type_sum *sum = lg_alloc_zero(analysis->snapshot->type_count, sizeof *sum);

	for (uint32_t t = 0; sum && t < analysis->snapshot->type_count; t++)
		sum[t].type = t;
	return sum;
}

static void count_objects(const struct lg_analysis *analysis, struct lg_type_sum *sum)
{
	const struct lg_snapshot *s = analysis->snapshot;

	for (uint32_t i = 1; i < s->object_count; i++) {
		if (s->flags[i] & LG_OBJECT_PSEUDO)
			continue;
		sum[analysis->type_alias[s->type[i]]].count++;
		sum[analysis->type_alias[s->type[i]]].shallow_bytes += s->shallow_bytes[i];
	}
}

void lg_sums_count(const struct lg_analysis *analysis, struct lg_type_sum *sum)
{
	const struct lg_type_part *part = analysis->type_part;

	if (!part) {
		count_objects(analysis, sum);
		return;
	}
	for (uint32_t t = 0; t < analysis->snapshot->type_count; t++) {
		sum[t].count += part[t].count;
		sum[t].shallow_bytes += part[t].shallow_bytes;
	}
}

/*
 * What a type retains is the union of its objects' subtrees. In preorder a
 * subtree is an interval, and an object that lies in one of its own type adds
 * nothing.
 */
static enum lg_status add_retained(const struct lg_analysis *analysis, struct lg_type_sum *sum,
				   struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	const struct lg_dominators *d = analysis->dominators;
	lg_cleanup(lg_free) uint32_t *covered = lg_alloc_zero(s->type_count, sizeof *covered);

	if (!covered)
		return lg_fail(err, LG_E_MEMORY, "no memory for sums of %u types", s->type_count);
	for (uint32_t p = 1; p < d->reached_count; p++) {
		uint32_t node = d->order[p], type = analysis->type_alias[s->type[node]];

		if (p < covered[type] || (s->flags[node] & LG_OBJECT_PSEUDO))
			continue;
		sum[type].retained_bytes += d->retained_bytes[node];
		covered[type] = p + d->subtree[node];
	}
	return LG_OK;
}

enum lg_status lg_sums_retained(const struct lg_analysis *analysis, struct lg_type_sum *sum,
				struct lg_error *err)
{
	const struct lg_type_part *part = analysis->type_part;

	if (!part)
		return add_retained(analysis, sum, err);
	for (uint32_t t = 0; t < analysis->snapshot->type_count; t++)
		sum[t].retained_bytes += part[t].retained_bytes;
	return LG_OK;
}

enum lg_status lg_analysis_need_type_parts(struct lg_analysis *analysis, struct lg_error *err)
{
	uint32_t types = analysis->snapshot->type_count;
	lg_cleanup(lg_free) struct lg_type_part *part = NULL;
	lg_cleanup(lg_free) struct lg_type_sum *sum = NULL;

	if (analysis->type_part)
		return LG_OK;
	part = lg_alloc(types, sizeof *part);
	sum = lg_sums_new(analysis);
	if (!part || !sum)
		return lg_fail(err, LG_E_MEMORY, "no memory for sums of %u types", types);
	lg_sums_count(analysis, sum);
	if (lg_sums_retained(analysis, sum, err) != LG_OK)
		return LG_E_MEMORY;
	for (uint32_t t = 0; t < types; t++)
		part[t] = (struct lg_type_part){
			.count = sum[t].count,
			.shallow_bytes = sum[t].shallow_bytes,
			.retained_bytes = sum[t].retained_bytes,
		};
	analysis->type_part = lg_take(part);
	return LG_OK;
}

enum lg_status lg_histogram_build(struct lg_analysis *analysis, enum lg_type_order order,
				  uint32_t top, struct lg_histogram **out, struct lg_error *err)
{
	lg_cleanup(lg_histogram_free_slot) struct lg_histogram *histogram =
		calloc(1, sizeof *histogram);
	lg_cleanup(lg_free) struct lg_type_sum *sum = lg_sums_new(analysis);
	uint32_t total;

	*out = NULL;
	if (histogram)
		histogram->pool = lg_pool_new();
	if (!histogram || !histogram->pool || !sum)
		return lg_fail(err, LG_E_MEMORY, "no memory for a histogram of %u types",
			       analysis->snapshot->type_count);
	lg_analysis_summary(analysis, histogram->pool, &histogram->summary);
	lg_sums_count(analysis, sum);
	if (lg_sums_retained(analysis, sum, err) != LG_OK)
		return LG_E_MEMORY;
	total = lg_sums_finish(analysis, sum, order, top, histogram->pool, &histogram->type);
	histogram->type_total = total;
	histogram->type_count = top && top < total ? top : total;
	if (lg_pool_check(histogram->pool, err) != LG_OK)
		return LG_E_MEMORY;
	*out = lg_take(histogram);
	return LG_OK;
}

void lg_histogram_free(struct lg_histogram *histogram)
{
	if (!histogram)
		return;
	lg_pool_free(histogram->pool);
	free(histogram);
}
