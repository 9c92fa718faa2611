/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "analysis/cut_lines.h"
#include "tests/unit/analysis/heap.h"

/* Small heaps of any shape: what must hold of every report, whatever the graph. */

#define HEAPS 400

static uint64_t state;

static uint32_t pick(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % below;
}

static uint32_t some_object(struct heap *heap)
{
	static const char *const type[] = {
		"dict",  "list",  "tuple", "cell", "app.A",
		"app.B", "app.C", "bytes", "str",  "function",
	};

	if (pick(20) == 0)
		return heap_generator(heap, pick(2) ? "rows" : "lines");
	if (pick(20) == 0)
		return heap_class(heap, pick(2) ? "app.A" : "app.B");
	return heap_object(heap, type[pick(10)], 16 + (pick(8) == 0 ? pick(100000) : pick(200)));
}

static void some_reference(struct heap *heap, uint32_t from, uint32_t to)
{
	static const char *const name[] = {"x",    "y",           "cache",
					   "next", "__closure__", "__defaults__"};
	enum lg_ref_kind kind = (enum lg_ref_kind)pick(LG_REF_KIND_COUNT);

	heap_refer(heap, from, to, kind,
		   kind == LG_REF_KEY_TYPE ? "int"
		   : pick(5)               ? name[pick(6)]
					   : NULL);
}

/* From chains with few other references to dense graphs. */
static struct heap *some_heap(uint32_t seed)
{
	struct heap *heap = heap_new();
	uint32_t module, first, count, dense;

	state = 0x9e3779b97f4a7c15u * (seed + 1);
	module = heap_module(heap, "app");
	heap_module(heap, "web");
	heap_thread(heap, "main", "run");
	count = 5 + pick(120);
	dense = 1 + pick(4);
	first = some_object(heap);
	heap_refer(heap, module, first, LG_REF_KEY_STR, "G");
	for (uint32_t i = 1; i < count; i++)
		some_object(heap);
	for (uint32_t i = 1; i < count; i++)
		if (pick(8))
			some_reference(heap, pick(3) ? first + i - 1 : first + pick(i), first + i);
	for (uint32_t i = 0; i < count * (dense - 1) / 2; i++)
		some_reference(heap, first + pick(count), first + pick(count));
	for (uint32_t i = 0; i < 3; i++)
		heap_refer(heap, module + i * 2, first + pick(count), LG_REF_KEY_STR, "R");
	for (uint32_t i = 0; i < pick(6); i++)
		heap_root(heap, first + pick(count), (enum lg_root_kind)pick(LG_ROOT_KIND_COUNT),
			  "r");
	return heap;
}

static void check_path(const struct lg_path *path, const char *text, uint32_t seed)
{
	char line[4096];

	cr_assert_gt(path->count, 0, "heap %u", seed);
	cr_assert(text[0], "heap %u", seed);
	for (size_t i = 0; i < path->count; i++) {
		cr_assert_geq(path->hop[i].count, 1, "heap %u: %s", seed, text);
		cr_assert_geq(path->hop[i].repeat, 1, "heap %u: %s", seed, text);
		cr_assert_geq(path->hop[i].period, 1, "heap %u: %s", seed, text);
	}
	for (size_t columns = 1; columns < 120; columns += 17) {
		lg_path_text(path, columns, NULL, line, sizeof line);
		cr_assert_leq(lg_text_columns(line), columns, "heap %u: %s", seed, text);
	}
}

static void check_verdict(struct lg_analysis *analysis, uint32_t seed)
{
	struct lg_verdict *verdict;
	struct lg_error err = {0};
	uint64_t sum = 0;

	cr_assert_eq(lg_verdict_build(analysis, 1000, &verdict, &err), LG_OK, "%s", err.text);
	for (size_t i = 0; i < verdict->holder_count; i++) {
		const struct lg_holder *holder = &verdict->holder[i];

		sum += holder->retained_bytes;
		check_path(&holder->path, holder->path_text, seed);
		cr_assert_geq(holder->retained_bytes, verdict->threshold_bytes);
		cr_assert_lt(holder->accumulation, holder->path.count);
		cr_assert(i == 0 || holder->minor > holder[-1].minor ||
				  holder->score <= holder[-1].score);
	}
	cr_assert_leq(sum, verdict->summary.reached_bytes, "heap %u: places overlap", seed);
	cr_assert_eq(verdict->summary.reached_bytes + verdict->garbage.bytes,
		     verdict->summary.object_bytes, "heap %u", seed);
	lg_verdict_free(verdict);
}

/* Children are part of their parent. */
static void check_tree(struct lg_analysis *analysis, uint32_t seed)
{
	uint64_t left[64] = {0};
	struct lg_error err = {0};
	struct lg_tree *tree;

	cr_assert_eq(lg_tree_build(analysis, NULL, 60, 0, &tree, &err), LG_OK, "%s", err.text);
	for (size_t i = 0; i < tree->row_count; i++) {
		const struct lg_tree_row *row = &tree->row[i];

		if (row->depth) {
			cr_assert_leq(row->retained_bytes, left[row->depth - 1], "heap %u", seed);
			left[row->depth - 1] -= row->retained_bytes;
		}
		left[row->depth] = row->retained_bytes - row->shallow_bytes;
	}
	lg_tree_free(tree);
}

static void check_routes(const struct lg_route *route, size_t count, uint64_t expected,
			 uint32_t seed)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		check_path(&route[i].path, route[i].path_text, seed);
		sum += route[i].count;
	}
	cr_assert_eq(sum, expected, "heap %u: each object is on one path", seed);
}

static void check_where(struct lg_analysis *analysis, const char *query, uint32_t seed)
{
	struct lg_error err = {0};
	struct lg_where *where;
	enum lg_status status = lg_where_build(analysis, query, 1000, &where, &err);

	if (status == LG_E_NOT_FOUND)
		return;
	cr_assert_eq(status, LG_OK, "heap %u: %s", seed, err.text);
	check_routes(where->shortest, where->shortest_count, where->count - where->unreached, seed);
	check_routes(where->dominators, where->dominators_count, where->count - where->unreached,
		     seed);
	lg_where_free(where);
}

static void check_histogram(struct lg_analysis *analysis, uint32_t seed)
{
	struct lg_histogram *histogram;
	struct lg_error err = {0};
	uint64_t count = 0, bytes = 0;

	cr_assert_eq(lg_histogram_build(analysis, LG_BY_RETAINED, 0, &histogram, &err), LG_OK);
	for (size_t i = 0; i < histogram->type_count; i++) {
		count += histogram->type[i].count;
		bytes += histogram->type[i].shallow_bytes;
		cr_assert_leq(histogram->type[i].retained_bytes, histogram->summary.reached_bytes);
	}
	cr_assert_eq(count, histogram->summary.objects, "heap %u", seed);
	cr_assert_eq(bytes, histogram->summary.object_bytes, "heap %u", seed);
	lg_histogram_free(histogram);
}

/* What a cut is told to free is what goes without its references. */
static bool check_cut(struct lg_analysis *analysis, uint32_t node, uint32_t seed)
{
	struct lg_pool *pool = lg_pool_new();
	struct lg_cut_told told = {0};
	struct lg_removal removal;
	struct lg_freed freed;
	struct lg_error err = {0};
	bool one;

	cr_assert_eq(lg_cut_tell(analysis, &node, 1, 1000, pool, &told, &err), LG_OK, "%s",
		     err.text);
	one = told.cut->place_count == 1 && told.cut->place[0].count == 1;
	removal = (struct lg_removal){told.cut->place_count ? told.cut->place[0].reference : NULL,
				      0, NULL, 0};
	for (uint32_t i = 0; i < told.cut->place_count; i++)
		removal.reference_count += told.cut->place[i].count;
	cr_assert_eq(lg_what_if(analysis->graph, &removal, &freed, &err), LG_OK, "%s", err.text);
	cr_assert_eq(told.together.bytes, freed.bytes, "heap %u, node %u", seed, node);
	cr_assert_eq(told.together.objects, freed.objects, "heap %u, node %u", seed, node);
	if (one) {
		cr_assert_eq(told.line[0].bytes, freed.bytes);
		cr_assert_eq(told.line[0].objects, freed.objects);
	}
	lg_cut_told_release(&told);
	lg_pool_free(pool);
	return one && freed.objects > 1;
}

Test(random, cuts_free_what_they_say)
{
	uint32_t ones = 0;

	for (uint32_t seed = 0; seed < HEAPS; seed++) {
		struct built built = heap_build(some_heap(seed));

		for (uint32_t node = 1; node < built.analysis->snapshot->object_count; node += 7)
			ones += check_cut(built.analysis, node, seed);
		built_free(&built);
	}
	cr_assert_gt(ones, 100, "hardly a cut is one reference");
}

Test(random, every_report_on_heaps_of_any_shape)
{
	static const char *const query[] = {"app.A",     "app.B", "dict", "list",
					    "generator", "#1",    "#7"};

	for (uint32_t seed = 0; seed < HEAPS; seed++) {
		struct built built = heap_build(some_heap(seed));

		check_verdict(built.analysis, seed);
		check_tree(built.analysis, seed);
		check_histogram(built.analysis, seed);
		for (size_t i = 0; i < sizeof query / sizeof *query; i++)
			check_where(built.analysis, query[i], seed);
		built_free(&built);
	}
}
