/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "check.h"
#include "graphs.h"

#define cr_is(value, expected)                                                                     \
	cr_assert((value) == (expected), "%s is %lu, not %lu", #value, (unsigned long)(value),     \
		  (unsigned long)(expected))

struct swept {
	struct checked c;
	struct lg_garbage *garbage;
};

static struct swept open_garbage(struct lg_snapshot *snapshot)
{
	struct swept s = {.c = check_open(snapshot, NULL)};

	cr_assert(s.c.graph != NULL, "%s", s.c.error.text);
	cr_assert(lg_garbage_build(s.c.graph, s.c.dominators, &s.garbage, &s.c.error) == LG_OK,
		  "%s", s.c.error.text);
	return s;
}

static void close_garbage(struct swept *s)
{
	lg_garbage_free(s->garbage);
	check_close(&s->c);
}

Test(garbage, none)
{
	struct sketch *s = sketch_new(2, 1);
	struct swept swept;

	sketch_root(s, 1, LG_ROOT_OTHER);
	swept = open_garbage(sketch_finish(s));
	cr_is(swept.garbage->node_count, 0);
	cr_is(swept.garbage->group_count, 0);
	cr_is(swept.garbage->bytes, 0);
	close_garbage(&swept);
}

/* Two instances that refer to each other, with a list of 1 MB that also refers to what lives. */
Test(garbage, a_cycle)
{
	enum { ROOT = 1, LIST, PARENT, CHILD, DATA, COUNT };
	struct sketch *s = sketch_new(COUNT, DATA);
	struct lg_snapshot *snapshot;
	struct swept swept;

	sketch_root(s, ROOT, LG_ROOT_OTHER);
	sketch_refer(s, LIST, PARENT, LG_REF_ITEM);
	sketch_refer(s, PARENT, CHILD, LG_REF_ATTR);
	sketch_refer(s, CHILD, LIST, LG_REF_ATTR);
	sketch_refer(s, CHILD, DATA, LG_REF_ATTR);
	sketch_refer(s, CHILD, ROOT, LG_REF_ATTR);
	sketch_size(s, DATA, 1000000);
	snapshot = sketch_finish(s);
	snapshot->type[PARENT] = snapshot->type[CHILD] = 1;
	swept = open_garbage(snapshot);
	cr_is(swept.garbage->node_count, 4);
	cr_is(swept.garbage->bytes, 1000048);
	cr_is(swept.garbage->group_count, 1);
	cr_is(swept.garbage->group[0].head, PARENT);
	cr_is(swept.garbage->group[0].cycle_count, 3);
	cr_is(swept.garbage->group[0].count, 4);
	cr_is(swept.garbage->group[0].bytes, 1000048);
	cr_is(swept.garbage->node[0], PARENT);
	cr_assert(!swept.garbage->group[0].shared);
	close_garbage(&swept);
}

/* Two heads that share a list; the bigger first; what they share is a group of its own. */
Test(garbage, shared_by_two)
{
	enum { A = 1, B, LIST, A_DATA, B_DATA, LIST_DATA, COUNT };
	struct sketch *s = sketch_new(COUNT, A_DATA);
	struct swept swept;
	const struct lg_garbage_group *g;

	sketch_refer(s, A, LIST, LG_REF_ATTR);
	sketch_refer(s, B, LIST, LG_REF_ATTR);
	sketch_refer(s, A, A_DATA, LG_REF_ATTR);
	sketch_refer(s, B, B_DATA, LG_REF_ATTR);
	sketch_refer(s, LIST, LIST_DATA, LG_REF_ITEM);
	sketch_size(s, B_DATA, 5000);
	sketch_size(s, LIST_DATA, 300);
	swept = open_garbage(sketch_finish(s));
	g = swept.garbage->group;
	cr_is(swept.garbage->group_count, 3);
	cr_assert(g[0].head == B && g[0].bytes == 5016 && !g[0].shared && g[0].cycle_count == 1);
	cr_assert(g[1].head == LIST && g[1].bytes == 316 && g[1].shared && g[1].count == 2);
	cr_assert(g[2].head == A && g[2].bytes == 32 && !g[2].shared);
	close_garbage(&swept);
}

Test(garbage, leaves_alone_and_shared)
{
	enum { A = 1, B, ALONE, BOTH, COUNT };
	struct sketch *s = sketch_new(COUNT, ALONE);
	struct swept swept;

	sketch_refer(s, A, BOTH, LG_REF_ATTR);
	sketch_refer(s, B, BOTH, LG_REF_ATTR);
	sketch_refer(s, B, ALONE, LG_REF_WEAK);
	sketch_size(s, ALONE, 100);
	sketch_size(s, BOTH, 90);
	swept = open_garbage(sketch_finish(s));
	cr_is(swept.garbage->group_count, 4);
	cr_assert(swept.garbage->group[0].head == ALONE && !swept.garbage->group[0].shared);
	cr_assert(swept.garbage->group[1].head == BOTH && swept.garbage->group[1].shared);
	close_garbage(&swept);
}

/* A module's folded dict is no garbage. */
Test(garbage, folded_dicts_are_none)
{
	struct sketch *s = sketch_new(4, 3);
	struct swept swept;

	sketch_root(s, 1, LG_ROOT_MODULE);
	sketch_refer(s, 1, 2, LG_REF_DICT);
	swept = open_garbage(sketch_finish(s));
	cr_is(swept.garbage->node_count, 1);
	cr_is(swept.garbage->group[0].head, 3);
	close_garbage(&swept);
}

Test(garbage, a_ring_of_a_million, .timeout = 120)
{
	enum { LENGTH = 1000000 };
	struct sketch *s = sketch_new(1 + LENGTH, 1 + LENGTH);
	struct swept swept;

	for (uint32_t i = 0; i < LENGTH; i++)
		sketch_refer(s, 1 + i, 1 + (i + 1) % LENGTH, LG_REF_ATTR);
	swept = open_garbage(sketch_finish(s));
	cr_is(swept.garbage->group_count, 1);
	cr_is(swept.garbage->group[0].cycle_count, LENGTH);
	cr_is(swept.garbage->group[0].bytes, UINT64_C(16) * LENGTH);
	close_garbage(&swept);
}

/* reached[w]: a path of references leads from v to w. */
static void reach_from(const struct lg_graph *g, uint32_t v, uint8_t *reached)
{
	bool again = true;

	reached[v] = 1;
	while (again) {
		again = false;
		for (uint32_t u = 1; u < g->inner_count; u++) {
			if (!reached[u])
				continue;
			for (uint32_t e = g->inner_first[u]; e < g->inner_first[u + 1]; e++)
				if (!reached[g->inner_target[e]])
					reached[g->inner_target[e]] = again = true;
			for (uint32_t e = g->leaf_first[u]; e < g->leaf_first[u + 1]; e++)
				if (!reached[g->leaf_target[e]])
					reached[g->leaf_target[e]] = again = true;
		}
	}
}

/*
 * By definition, for small graphs: to[v*n+w] says whether v leads to w. A node
 * is in a head component if whatever leads to it it leads back to.
 */
static void check_by_definition(const struct swept *s, uint64_t seed)
{
	const struct lg_graph *g = s->c.graph;
	uint32_t n = g->node_count;
	lg_cleanup(lg_free) uint8_t *to = lg_alloc_zero((size_t)n * n, 1);
	lg_cleanup(lg_free) uint8_t *in_group = lg_alloc_zero(n, 1);
	uint64_t bytes = 0;

	for (uint32_t v = 1; v < n; v++)
		reach_from(g, v, to + (size_t)v * n);
	for (uint32_t i = 0; i < s->garbage->group_count; i++) {
		const struct lg_garbage_group *group = &s->garbage->group[i];
		uint32_t v = group->head, cycle = 0;
		bool is_head = true;

		cr_assert(s->garbage->node[group->first] == v);
		cr_assert(i == 0 || group[-1].bytes >= group->bytes);
		for (uint32_t w = 1; w < n; w++) {
			bool garbage = s->c.dominators->immediate[w] == LG_NONE &&
				       lg_graph_node(g, w) == w;

			cycle += to[(size_t)v * n + w] && to[(size_t)w * n + v];
			if (garbage && to[(size_t)w * n + v] && !to[(size_t)v * n + w])
				is_head = false;
		}
		cr_assert(is_head == !group->shared, "seed %lu: head %u", (unsigned long)seed, v);
		cr_assert(cycle == group->cycle_count, "seed %lu: head %u in a cycle of %u, not %u",
			  (unsigned long)seed, v, group->cycle_count, cycle);
		for (uint32_t k = 0; k < group->count; k++) {
			uint32_t w = s->garbage->node[group->first + k];

			cr_assert(to[(size_t)v * n + w] && !in_group[w]++);
			bytes += s->c.snapshot->shallow_bytes[w];
		}
	}
	for (uint32_t w = 1; w < n; w++)
		cr_assert(in_group[w] == (s->c.dominators->immediate[w] == LG_NONE &&
					  lg_graph_node(g, w) == w),
			  "seed %lu: node %u", (unsigned long)seed, w);
	cr_assert(bytes == s->garbage->bytes);
}

Test(garbage, random_graphs, .timeout = 120)
{
	for (uint64_t seed = 0; seed < 500; seed++) {
		struct swept s = open_garbage(random_snapshot_of(seed, 40));

		check_by_definition(&s, seed);
		close_garbage(&s);
	}
}

/* Groups sum up to all that is not reached. */
Test(garbage, heaps)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct swept s = open_garbage(heap_snapshot(5000, seed));
		uint32_t nodes = 0;
		uint64_t bytes = 0;

		for (uint32_t i = 0; i < s.garbage->group_count; i++) {
			nodes += s.garbage->group[i].count;
			bytes += s.garbage->group[i].bytes;
		}
		cr_is(nodes, s.garbage->node_count);
		cr_is(bytes, s.garbage->bytes);
		cr_is(nodes + s.c.dominators->reached_count + s.c.graph->folded_count,
		      s.c.graph->node_count);
		close_garbage(&s);
	}
}
