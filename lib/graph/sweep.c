/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/sweep.h"

#define AHEAD 8

enum lg_status lg_sweep_make(const struct lg_graph *graph, struct lg_sweep *out,
			     struct lg_error *err)
{
	size_t words = lg_bit_words(graph->node_count);
	enum lg_status status = lg_pages_take(out->seen, words, "marks of a search", err);

	out->graph = graph;
	if (status == LG_OK)
		status = lg_pages_take_dirty(out->before, words, "marks of a search", err);
	if (status == LG_OK)
		status = lg_pages_take_dirty(out->stack, graph->inner_count, "the search's stack", err);
	return status;
}

void lg_sweep_release(struct lg_sweep *sweep)
{
	lg_pages_free(sweep->seen);
	lg_pages_free(sweep->before);
	lg_pages_free(sweep->stack);
}

void lg_sweep_row(struct lg_sweep *s, uint32_t node)
{
	const struct lg_graph *graph = s->graph;
	uint32_t inner = s->depth;

	for (uint32_t e = graph->inner_first[node]; e < graph->inner_first[node + 1]; e++)
		lg_sweep_reach(s, graph->inner_target[e]);
	/* What is reached now is looked into soon, its last ones first. */
	for (uint32_t i = s->depth - inner > AHEAD ? s->depth - AHEAD : inner; i < s->depth; i++) {
		__builtin_prefetch(&graph->inner_first[s->stack[i]]);
		__builtin_prefetch(&graph->leaf_first[s->stack[i]]);
	}
	for (uint32_t e = graph->leaf_first[node]; e < graph->leaf_first[node + 1]; e++)
		lg_bit_set(s->seen, graph->leaf_target[e]);
}

void lg_sweep_drain(struct lg_sweep *s)
{
	while (s->depth)
		lg_sweep_row(s, s->stack[--s->depth]);
}

void lg_sweep_turn(struct lg_sweep *s)
{
	memcpy(s->before, s->seen, lg_bit_words(s->graph->node_count) * sizeof *s->before);
}

struct lg_freed lg_sweep_lost(const struct lg_sweep *s)
{
	const struct lg_graph *graph = s->graph;
	const uint64_t *shallow = graph->snapshot->shallow_bytes;
	struct lg_freed lost = {0};

	for (size_t word = 0; word < lg_bit_words(graph->node_count); word++)
		for (uint64_t bits = s->seen[word] & ~s->before[word]; bits; bits &= bits - 1) {
			lost.bytes += shallow[64 * word + (size_t)__builtin_ctzll(bits)];
			lost.objects++;
		}
	for (uint32_t i = 0; i < graph->folded_count; i++)
		if (lg_sweep_is_lost(s, graph->representative[i])) {
			lost.bytes += shallow[graph->folded[i]];
			lost.objects++;
		}
	return lost;
}

void lg_sweep_list(const struct lg_sweep *s, uint32_t *out)
{
	const struct lg_graph *graph = s->graph;

	for (size_t word = 0; word < lg_bit_words(graph->node_count); word++)
		for (uint64_t bits = s->seen[word] & ~s->before[word]; bits; bits &= bits - 1)
			*out++ = (uint32_t)(64 * word + (size_t)__builtin_ctzll(bits));
	for (uint32_t i = 0; i < graph->folded_count; i++)
		if (lg_sweep_is_lost(s, graph->representative[i]))
			*out++ = graph->folded[i];
}
