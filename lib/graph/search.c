/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "graph/dominators.h"
#include "graph/pages.h"

/*
 * Depth-first search over inner nodes with an explicit stack of cursors.
 *
 * Of the references met, only those are kept that semi-NCA needs later:
 *   - forward ones (the target is a descendant) go straight into the target's
 *     semidominator, since the source's number is all they say;
 *   - late ones (the target has a lower number) are listed;
 *   - tree references are the parents.
 * A reference to a child of the virtual root says nothing about dominance: its
 * dominator is the root whatever else refers to it. Such children are pinned
 * before the search, and references to them dropped; on a real heap, with its
 * static types as roots, that is a good part of all.
 */

#define AHEAD 12 /* rows are short: most are prefetched whole */

/* Where the search stands in the row of one node. */
struct cursor {
	uint32_t next, end;
	uint32_t number;
};

struct search {
	struct lg_run *run;
	const uint32_t *target;
	struct cursor *stack;
	uint32_t depth;
	uint32_t late_count;
};

static enum lg_status take_arrays(struct lg_run *run, struct lg_error *err)
{
	size_t inner = run->graph->inner_count, numbers = inner + 1;
	uint32_t references = run->graph->inner_first[inner];
	enum lg_status status;

	status = lg_pages_take_dirty(run->slot, inner + 1, "the search's marks", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(run->node_of_number, numbers, "the search's order",
					     err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(run->link, numbers, "the search's tree", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(run->late, references, "the search's late references",
					     err);
	return status;
}

static void fill_slots(struct lg_run *run)
{
	const struct lg_graph *graph = run->graph;

	for (size_t v = 0; v <= graph->inner_count; v++)
		run->slot[v] = (struct lg_slot){graph->inner_first[v], 0};
	for (uint32_t e = graph->inner_first[0]; e < graph->inner_first[1]; e++)
		run->slot[graph->inner_target[e]].number = LG_SLOT_PINNED;
	run->slot[0].number = LG_ROOT_NUMBER | LG_SLOT_PINNED;
}

/* A reference to a node that has its number already. */
static inline void note(struct search *search, uint32_t source, uint32_t target)
{
	struct lg_tree_link *link = search->run->link;

	if (target < source)
		search->run->late[search->late_count++] = (struct lg_late){target, source};
	else if (source < link[target].semi)
		link[target].semi = source;
}

/* Give a node its number; its row becomes the cursor, unless it has none. */
static inline void enter(struct search *search, uint32_t node, struct cursor *at)
{
	struct lg_run *run = search->run;
	struct lg_slot *slot = &run->slot[node];
	uint32_t number = ++run->reached, end = slot[1].first, next = slot->first, last;

	slot->number |= number;
	run->node_of_number[number] = node;
	run->link[number] = (struct lg_tree_link){at->number, at->number};
	if (next == end)
		return;
	if (at->next != at->end)
		search->stack[search->depth++] = *at;
	*at = (struct cursor){next, end, number};
	last = end - next > AHEAD ? next + AHEAD : end;
	for (uint32_t e = next; e < last; e++)
		__builtin_prefetch(&run->slot[search->target[e]]);
}

static void walk(struct search *search)
{
	struct lg_run *run = search->run;
	struct cursor at = {run->slot[0].first, run->slot[1].first, LG_ROOT_NUMBER};

	for (;;) {
		uint32_t node, seen;

		if (at.next == at.end) {
			if (search->depth == 0)
				return;
			at = search->stack[--search->depth];
			if (search->depth)
				__builtin_prefetch(
					&search->target[search->stack[search->depth - 1].next]);
			continue;
		}
		node = search->target[at.next++];
		if (at.end - at.next >= AHEAD)
			__builtin_prefetch(&run->slot[search->target[at.next + AHEAD - 1]]);
		seen = run->slot[node].number;
		if (seen == 0 || (seen == LG_SLOT_PINNED && at.number == LG_ROOT_NUMBER))
			enter(search, node, &at);
		else if (!(seen & LG_SLOT_PINNED))
			note(search, at.number, seen);
	}
}

enum lg_status lg_run_search(struct lg_run *run, struct lg_error *err)
{
	lg_cleanup(lg_pages_drop) struct cursor *stack = NULL;
	struct search search = {.run = run, .target = run->graph->inner_target};
	enum lg_status status = take_arrays(run, err);

	if (status == LG_OK)
		status = lg_pages_take_dirty(stack, run->graph->inner_count, "the search's stack",
					     err);
	if (status != LG_OK)
		return status;
	fill_slots(run);
	run->reached = LG_ROOT_NUMBER;
	run->node_of_number[LG_ROOT_NUMBER] = 0;
	search.stack = stack;
	walk(&search);
	run->work.late_references = search.late_count;
	return LG_OK;
}
