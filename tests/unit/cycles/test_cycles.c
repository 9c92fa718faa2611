/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "graph/components.h"
#include "leakgraph/cycles.h"
#include "tests/unit/graph/check.h"
#include "tests/unit/graph/graphs.h"

/* Which nodes reach which, without some: a bit of row v for each. At most 64 nodes. */
static void closure(const struct lg_graph *graph, uint64_t without, uint64_t *reach)
{
	for (uint32_t v = 1; v < graph->inner_count; v++)
		for (uint32_t e = graph->inner_first[v]; e < graph->inner_first[v + 1]; e++)
			if (!(without >> v & 1) && !(without >> graph->inner_target[e] & 1))
				reach[v] |= 1ull << graph->inner_target[e];
	for (uint32_t k = 1; k < graph->inner_count; k++)
		for (uint32_t v = 1; v < graph->inner_count; v++)
			if (reach[v] >> k & 1)
				reach[v] |= reach[k];
}

Test(cycles, components_without_some_nodes, .timeout = 120)
{
	uint32_t cycles = 0;

	for (uint64_t seed = 0; seed < 2000; seed++) {
		struct checked c = check_open(random_snapshot_of(seed, 40), NULL);
		struct dice dice = dice_new(seed);
		uint64_t without = 0, reach[64] = {0};
		uint32_t component[64], count, inner = c.graph->inner_count;
		struct lg_error error = {0};

		for (uint32_t v = 1; v < inner; v++)
			without |= (uint64_t)(dice_below(&dice, 4) == 0) << v;
		closure(c.graph, without, reach);
		cr_assert(lg_components(c.graph, &without, component, &count, &error) == LG_OK);
		for (uint32_t v = 1; v < inner; v++) {
			cr_assert((component[v] == 0) == (without >> v & 1) && component[v] <= count);
			for (uint32_t w = 1; w < inner && component[v]; w++) {
				bool both = v == w || ((reach[v] >> w & 1) && (reach[w] >> v & 1));

				cr_assert((component[v] == component[w]) == both,
					  "seed %lu: %u and %u", (unsigned long)seed, v, w);
				cycles += v < w && both;
			}
		}
		check_close(&c);
	}
	cr_assert(cycles > 1000, "%u", cycles);
}

/* Three cycles of two: one that a root reaches, two of garbage. */
static struct lg_snapshot *three_cycles(void)
{
	struct sketch *s = sketch_new(8, 8);

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_refer(s, 1, 2, LG_REF_ITEM);
	for (uint32_t v = 2; v < 8; v += 2) {
		sketch_refer(s, v, v + 1, LG_REF_ITEM);
		sketch_refer(s, v + 1, v, LG_REF_ITEM);
	}
	return sketch_finish(s);
}

static void expect_kinds(const struct lg_snapshot *snapshot, uint64_t garbage, uint64_t hidden,
			 uint64_t reached)
{
	struct lg_analysis *analysis;
	struct lg_cycles *cycles;
	struct lg_error error = {0};

	cr_assert(lg_analysis_open(snapshot, NULL, &analysis, &error) == LG_OK, "%s", error.text);
	cr_assert(lg_cycles_build(analysis, 0, &cycles, &error) == LG_OK, "%s", error.text);
	cr_assert(cycles->components[LG_CYCLE_GARBAGE] == garbage &&
			  cycles->components[LG_CYCLE_UNCOLLECTABLE] == hidden &&
			  cycles->components[LG_CYCLE_REACHED] == reached,
		  "%lu %lu %lu", (unsigned long)cycles->components[0],
		  (unsigned long)cycles->components[1], (unsigned long)cycles->components[2]);
	lg_cycles_free(cycles);
	lg_analysis_free(analysis);
}

Test(cycles, what_the_collector_does_not_track_it_can_not_free)
{
	struct lg_snapshot *snapshot = three_cycles();

	/* A dump that says nothing of the collector. */
	expect_kinds(snapshot, 2, 0, 1);
	for (uint32_t v = 1; v < 8; v++)
		snapshot->flags[v] |= LG_OBJECT_TRACKED;
	expect_kinds(snapshot, 2, 0, 1);
	snapshot->flags[2] = snapshot->flags[5] = 0;
	expect_kinds(snapshot, 1, 1, 1);
	lg_snapshot_free(snapshot);
}
