/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/cleanup.h"
#include "graph/dominators.h"
#include "graph/pages.h"

/*
 * Heaps of Python processes and most made ones take .3 to 2 steps a node. One
 * with lists of 100,000 items took 56: there this limit makes the step 6 times
 * as fast.
 */
#define INNER_STEPS 4
#define LEAF_STEPS 4

/* In the order they run, each about as long as the next. */
static const struct {
	const char *name;
	enum lg_status (*run)(struct lg_run *run, struct lg_error *err);
} steps[] = {
	{"dominators: search", lg_run_search},
	{"dominators: semidominators", lg_run_semidominators},
	{"dominators: immediate", lg_run_immediate},
	{"dominators: tree", lg_run_tree},
	{"dominators: leaves", lg_run_leaves},
	{"dominators: retained sizes", lg_run_result},
};
#define STEP_COUNT (sizeof steps / sizeof *steps)

void lg_run_release(struct lg_run *run)
{
	lg_pages_free(run->slot);
	lg_pages_free(run->node_of_number);
	lg_pages_free(run->link);
	lg_pages_free(run->late);
	lg_pages_free(run->dominator);
	lg_pages_free(run->place);
	lg_pages_free(run->node_of_place);
	lg_dominators_free(run->result);
}

static uint64_t more(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * The sum of what each step takes and what those before it have left. Every
 * reference may be a late one, 8 bytes to the search and 4 more when sorted.
 */
uint64_t lg_dominators_peak_bytes(const struct lg_graph *graph)
{
	uint64_t inner = graph->inner_count, nodes = graph->node_count;
	uint64_t late = graph->inner_first[inner];
	uint64_t search = 32 * inner + 8 * late, sort = 24 * inner + 12 * late;
	uint64_t semi = 36 * inner + 4 * late, tree = 44 * inner, place = 36 * inner + 12 * nodes;
	uint64_t leaves = 20 * inner + 20 * nodes, result = 16 * inner + 24 * nodes;

	return more(more(more(search, sort), more(semi, tree)),
		    more(more(place, leaves), more(result, 20 * inner + 20 * nodes)));
}

enum lg_status lg_dominators_build_tuned(const struct lg_graph *graph,
					 const struct lg_tuning *tuning,
					 const struct lg_progress *progress,
					 struct lg_dominators_work *work,
					 struct lg_dominators **out, struct lg_error *err)
{
	lg_cleanup(lg_run_release) struct lg_run run = {.graph = graph, .tuning = *tuning};
	enum lg_status status =
		lg_pages_room("the dominator tree", lg_dominators_peak_bytes(graph), err);

	*out = NULL;
	for (size_t i = 0; i < STEP_COUNT && status == LG_OK; i++) {
		if (lg_progress_report(progress, "dominators", i, STEP_COUNT, "steps"))
			return lg_fail(err, LG_E_INTERRUPTED, "stopped before %s", steps[i].name);
		status = steps[i].run(&run, err);
	}
	if (status != LG_OK)
		return status;
	(void)lg_progress_report(progress, "dominators", STEP_COUNT, STEP_COUNT, "steps");
	if (work)
		*work = run.work;
	*out = lg_take(run.result);
	return LG_OK;
}

enum lg_status lg_dominators_build(const struct lg_graph *graph, const struct lg_progress *progress,
				   struct lg_dominators **out, struct lg_error *err)
{
	static const struct lg_tuning tuning = {INNER_STEPS, LEAF_STEPS};

	return lg_dominators_build_tuned(graph, &tuning, progress, NULL, out, err);
}

void lg_dominators_free(struct lg_dominators *dominators)
{
	if (!dominators)
		return;
	lg_pages_free(dominators->immediate);
	lg_pages_free(dominators->position);
	lg_pages_free(dominators->subtree);
	lg_pages_free(dominators->order);
	lg_pages_free(dominators->retained_bytes);
	free(dominators);
}
