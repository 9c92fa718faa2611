/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/cut_lines.h"
#include "analysis/holders.h"
#include "analysis/subject.h"
#include "analysis/trail.h"
#include "base/array.h"
#include "base/cleanup.h"

#define DEFAULT_TOP 10
#define TOP_HELD    5

LG_DEFINE_CLEANUP(lg_cut_report_free, struct lg_cut_report *)

void lg_cut_report_free(struct lg_cut_report *report)
{
	if (!report)
		return;
	lg_pool_free(report->pool);
	free(report);
}

/* Objects that one root holds beyond any cut. */
struct keeper {
	uint32_t root; /* its node */
	uint32_t example;
	uint64_t count;
};

static int by_count(const void *left, const void *right)
{
	const struct keeper *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->example > b->example) - (a->example < b->example);
}

/* The root above a node; `top` remembers it for all nodes on the way. */
static uint32_t root_above(const uint32_t *parent, uint32_t *top, uint32_t node)
{
	uint32_t root = node;

	while (!top[root] && parent[root] != 0)
		root = parent[root];
	if (top[root])
		root = top[root];
	for (uint32_t at = node; !top[at]; at = parent[at]) {
		top[at] = root;
		if (at == root)
			break;
	}
	return root;
}

/* What roots are told apart by: C code and tables by their name, the others each alone. */
static uint64_t key_of(const struct lg_analysis *analysis, uint32_t node)
{
	const struct lg_root *root = lg_analysis_root(analysis, node);

	if (!root || root->kind == LG_ROOT_MODULE || root->kind == LG_ROOT_THREAD)
		return (uint64_t)1 << 32 | node;
	return 1 + (uint64_t)analysis->root_alias[root - analysis->snapshot->roots];
}

static enum lg_status gather(const struct lg_analysis *analysis, const struct lg_cut *cut,
			     struct keeper **keeper, size_t *count, struct lg_error *err)
{
	lg_cleanup(lg_free) uint32_t *top =
		lg_alloc_zero(analysis->snapshot->object_count, sizeof *top);
	lg_cleanup(lg_word_map_free) struct lg_word_map known = {0};
	size_t capacity = 0;

	for (uint32_t i = 0; top && i < cut->held_count; i++) {
		uint32_t root = root_above(cut->parent, top, cut->held[i]);
		uint64_t key = key_of(analysis, root);
		const uint32_t *found = lg_word_map_find(&known, key);

		if (found) {
			(*keeper)[*found].count++;
			continue;
		}
		if (!lg_reserve(*keeper, capacity, *count + 1) ||
		    !lg_word_map_set(&known, key, (uint32_t)*count))
			return lg_fail(err, LG_E_MEMORY, "no memory for %zu holders", *count);
		(*keeper)[(*count)++] = (struct keeper){root, cut->held[i], 1};
	}
	return top ? LG_OK : lg_fail(err, LG_E_MEMORY, "no memory for %u objects", cut->held_count);
}

static enum lg_status tell_held(const struct lg_analysis *analysis, const struct lg_cut *cut,
				struct lg_cut_report *report, struct lg_error *err)
{
	lg_cleanup(lg_free) struct keeper *keeper = NULL;
	size_t count = 0;
	enum lg_status status = LG_OK;

	if (cut->held_count)
		status = gather(analysis, cut, &keeper, &count, err);
	if (status != LG_OK || count == 0)
		return status;
	qsort(keeper, count, sizeof *keeper, by_count);
	if (count > TOP_HELD)
		count = TOP_HELD;
	report->held = lg_pool_array(report->pool, count, sizeof *report->held);
	for (size_t i = 0; report->held && i < count && status == LG_OK; i++) {
		lg_cleanup(lg_trail_free) struct lg_trail trail = {0};
		struct lg_path path;

		status = lg_trail_along(analysis, cut->parent, 0, keeper[i].example, &trail, err);
		if (status != LG_OK || trail.count == 0)
			break;
		lg_trail_show(analysis, &trail, false, report->pool, &path, NULL, 0);
		report->held[report->held_lines++] = (struct lg_cut_held){
			.path_text = lg_path_keep(&path, report->pool),
			.remark = lg_cut_held_remark(
				(uint8_t)lg_trail_root_kind(analysis, &trail)),
			.count = keeper[i].count,
		};
	}
	return status;
}

static enum lg_status find(struct lg_analysis *analysis, const struct lg_subject *asked,
			   uint32_t top, struct lg_cut_report *report, struct lg_error *err)
{
	lg_cleanup(lg_cut_told_release) struct lg_cut_told told = {0};
	enum lg_status status =
		lg_cut_tell(analysis, asked->node, asked->count, top, report->pool, &told, err);

	if (status != LG_OK)
		return status;
	report->line = told.line;
	report->line_count = told.count;
	report->line_total = told.cut->place_count;
	report->bytes = told.together.bytes;
	report->objects = told.together.objects;
	report->unreached = told.cut->unreached;
	report->held_count = told.cut->held_count;
	report->freed_count = told.cut->freed;
	report->region = told.cut->region;
	report->classes = told.cut->classes;
	report->coarse = told.cut->coarse;
	return tell_held(analysis, told.cut, report, err);
}

enum lg_status lg_cut_report_build(struct lg_analysis *analysis, const char *text, uint32_t most,
				   uint32_t top, struct lg_cut_report **out, struct lg_error *err)
{
	lg_cleanup(lg_cut_report_free_slot) struct lg_cut_report *report =
		calloc(1, sizeof *report);
	lg_cleanup(lg_subject_free) struct lg_subject asked = {0};
	enum lg_status status;

	*out = NULL;
	if (report)
		report->pool = lg_pool_new();
	if (!report || !report->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for a cut");
	status = lg_subject_resolve(analysis, text, &asked, err);
	if (status != LG_OK)
		return status;
	lg_analysis_summary(analysis, report->pool, &report->summary);
	report->subject = lg_subject_text(analysis, &asked, report->pool);
	report->count = asked.count;
	report->most = most;
	status = find(analysis, &asked, top ? top : DEFAULT_TOP, report, err);
	report->within = !most || report->line_total <= most;
	if (status == LG_OK)
		status = lg_pool_check(report->pool, err);
	if (status == LG_OK)
		*out = lg_take(report);
	return status;
}
