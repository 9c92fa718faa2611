/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/sites.h"
#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"

#define MAX_TRACEBACK 100 /* lines told of one object */
#define FILE_COLUMNS 400

static int compare_lines(const struct lg_site *a, const struct lg_site *b)
{
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

static int compare_sites(const void *left, const void *right, void *context)
{
	const struct lg_site *sites = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int order = compare_lines(&sites[a], &sites[b]);

	return order ? order : (a > b) - (a < b);
}

void lg_sort_sites(struct lg_analysis *analysis)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_free) uint32_t *order = lg_alloc(s->site_count, sizeof *order);

	for (uint32_t i = 0; i < s->site_count; i++)
		analysis->line_of_site[i] = i;
	if (!order || s->site_count == 0)
		return; /* then lines with several callers are told apart */
	for (uint32_t i = 0; i < s->site_count; i++)
		order[i] = i;
	qsort_r(order, s->site_count, sizeof *order, compare_sites, s->sites);
	for (uint32_t i = 0, first = 0; i < s->site_count; i++) {
		if (compare_lines(&s->sites[order[i]], &s->sites[order[first]]) != 0)
			first = i;
		analysis->line_of_site[order[i]] = order[first];
	}
}

/* The site of an object, LG_NONE where it is not known. */
static uint32_t site_of(const struct lg_snapshot *s, uint32_t object)
{
	uint32_t low = lg_bisect(at, s->allocation_count, s->allocations[at].object < object);

	if (low == s->allocation_count || s->allocations[low].object != object)
		return LG_NONE;
	return s->allocations[low].site;
}

static void describe(const struct lg_analysis *analysis, uint32_t site, struct lg_pool *pool,
		     struct lg_source_line *out)
{
	const struct lg_site *row = &analysis->snapshot->sites[site];
	struct lg_buffer file = {0};

	lg_buffer_name(&file, lg_snapshot_string(analysis->snapshot, row->file), 0, FILE_COLUMNS);
	out->file = lg_buffer_keep(&file, pool);
	out->line = row->line;
}

void lg_sites_of(const struct lg_analysis *analysis, uint32_t object, struct lg_pool *pool,
		 struct lg_source_line **out, size_t *count)
{
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t first = site_of(s, object);
	size_t lines = 0;

	*count = 0;
	for (uint32_t site = first; site != LG_NONE && lines < MAX_TRACEBACK;
	     site = s->sites[site].caller)
		lines++;
	*out = lg_pool_array(pool, lines, sizeof **out);
	for (uint32_t site = first; *out && *count < lines; site = s->sites[site].caller) {
		struct lg_source_line *line = &(*out)[(*count)++];

		describe(analysis, site, pool, line);
		line->objects = 1;
		line->bytes = s->shallow_bytes[object];
	}
}

struct line_sum {
	uint32_t site;
	uint64_t objects, bytes;
};

static int compare_sums(const void *left, const void *right)
{
	const struct line_sum *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return (a->site > b->site) - (a->site < b->site);
}

/* In preorder a subtree is an interval. */
static void add_up(const struct lg_analysis *analysis, uint32_t node, struct line_sum *sum)
{
	const struct lg_dominators *d = analysis->dominators;
	const struct lg_snapshot *s = analysis->snapshot;
	uint32_t start = d->position[node], end = start + d->subtree[node];

	for (uint32_t p = start; p < end; p++) {
		uint32_t site = site_of(s, d->order[p]);

		if (site == LG_NONE)
			continue;
		sum[analysis->line_of_site[site]].objects++;
		sum[analysis->line_of_site[site]].bytes += s->shallow_bytes[d->order[p]];
	}
}

enum lg_status lg_sites_below(const struct lg_analysis *analysis, uint32_t node,
			      struct lg_pool *pool, struct lg_source_line **out, size_t *count,
			      struct lg_error *err)
{
	uint32_t sites = analysis->snapshot->site_count, used = 0;
	lg_cleanup(lg_free) struct line_sum *sum = NULL;

	*count = 0;
	if (sites == 0 || analysis->dominators->immediate[node] == LG_NONE)
		return LG_OK;
	sum = lg_alloc_zero(sites, sizeof *sum);
	if (!sum)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u sites of allocations", sites);
	add_up(analysis, node, sum);
	for (uint32_t i = 0; i < sites; i++) {
		sum[i].site = i;
		if (sum[i].objects)
			sum[used++] = sum[i];
	}
	qsort(sum, used, sizeof *sum, compare_sums);
	if (used > LG_MAX_LINES)
		used = LG_MAX_LINES;
	*out = lg_pool_array(pool, used, sizeof **out);
	for (uint32_t i = 0; *out && i < used; i++) {
		struct lg_source_line *line = &(*out)[(*count)++];

		describe(analysis, sum[i].site, pool, line);
		line->objects = sum[i].objects;
		line->bytes = sum[i].bytes;
	}
	return LG_OK;
}
