/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/holders.h"
#include "analysis/routes.h"
#include "base/array.h"
#include "base/cleanup.h"

void lg_routes_free(struct lg_routes *routes)
{
	free(routes->own_via);
	free(routes->signature);
	free(routes->tail);
	*routes = (struct lg_routes){0};
}

enum lg_status lg_routes_open(struct lg_analysis *analysis, bool dominators, struct lg_routes *out,
			      struct lg_error *err)
{
	uint32_t count = analysis->snapshot->object_count;
	enum lg_status status = LG_OK;

	*out = (struct lg_routes){.analysis = analysis, .dominators = dominators};
	out->signature = lg_alloc_zero(count, sizeof *out->signature);
	out->tail = lg_alloc_zero(count, sizeof *out->tail);
	if (!dominators)
		out->own_via = lg_alloc(count, sizeof *out->own_via);
	if (!out->signature || !out->tail || (!dominators && !out->own_via))
		status = lg_fail(err, LG_E_MEMORY, "no memory for the paths of %u objects", count);
	if (status == LG_OK && dominators) {
		out->parent = analysis->dominators->immediate;
		out->via = analysis->via;
	}
	if (status == LG_OK && !dominators)
		status = lg_analysis_need_shortest(analysis, LG_NONE, err);
	if (status == LG_OK && !dominators) {
		out->parent = analysis->shortest->parent;
		out->via = analysis->shortest_via ? analysis->shortest_via : out->own_via;
		if (!analysis->shortest_via)
			status = lg_label_edges(analysis, out->parent, out->own_via, NULL, err);
	}
	if (status != LG_OK)
		lg_routes_free(out);
	return status;
}

static struct lg_group_key key_of(const struct lg_routes *routes, uint32_t node)
{
	const struct lg_analysis *analysis = routes->analysis;
	uint32_t parent = routes->parent[node];
	/* Asked of the root, it answers for roots, and with the type and function in any case. */
	struct lg_group_key key = lg_key_of(analysis, parent, node);

	if (parent != 0 && routes->via[node] != LG_NONE)
		key.label = lg_label_of(analysis, parent, routes->via[node]);
	else if (parent != 0)
		key.label = (struct lg_label){LG_STEP_SHARED, 0, 0};
	return key;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2))) * 0xbf58476d1ce4e5b9u;

	x ^= x >> 29;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 32;
}

static uint64_t hash_step(const struct lg_group_key *key)
{
	uint64_t hash = mix(key->label.kind + 1, key->label.name);

	hash = mix(mix(hash, key->type), key->function);
	return mix(mix(hash, key->file), key->line);
}

/* The signature of a node whose parent has one. */
static void sign(struct lg_routes *routes, uint32_t node)
{
	uint32_t parent = routes->parent[node];
	struct lg_group_key key = key_of(routes, node);
	uint64_t step = hash_step(&key);

	if (key.label.kind == LG_REF_DICT ||
	    (parent != 0 && (uint32_t)step == routes->tail[parent])) {
		routes->signature[node] = routes->signature[parent];
		routes->tail[node] = routes->tail[parent];
		return;
	}
	routes->signature[node] = mix(parent ? routes->signature[parent] : 1, step) | 1;
	routes->tail[node] = (uint32_t)step;
}

enum lg_status lg_route_signature(struct lg_routes *routes, uint32_t node, uint64_t *out,
				  struct lg_error *err)
{
	lg_cleanup(lg_free) uint32_t *chain = NULL;
	size_t capacity = 0, count = 0;

	*out = 0;
	if (routes->parent[node] == LG_NONE)
		return LG_OK;
	for (uint32_t at = node; at != 0 && routes->signature[at] == 0; at = routes->parent[at]) {
		if (!lg_reserve(chain, capacity, count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for a path of %zu steps",
				       count);
		chain[count++] = at;
	}
	while (count-- > 0)
		sign(routes, chain[count]);
	*out = routes->signature[node];
	return LG_OK;
}

struct signed_node {
	uint64_t signature;
	uint32_t node;
	uint32_t position; /* in the preorder of the dominator tree */
};

static int compare_signed(const void *left, const void *right)
{
	const struct signed_node *a = left, *b = right;

	if (a->signature != b->signature)
		return a->signature < b->signature ? -1 : 1;
	return (a->position > b->position) - (a->position < b->position);
}

/* Nodes [first, end) with one signature. */
struct run {
	uint32_t first, end;
	uint32_t example;
	uint64_t shallow_bytes, retained_bytes;
};

static int compare_runs(const void *left, const void *right)
{
	const struct run *a = left, *b = right;
	uint32_t la = a->end - a->first, lb = b->end - b->first;

	if (la != lb)
		return la > lb ? -1 : 1;
	if (a->retained_bytes != b->retained_bytes)
		return a->retained_bytes > b->retained_bytes ? -1 : 1;
	return (a->example > b->example) - (a->example < b->example);
}

static struct run measure(const struct lg_analysis *analysis, const struct signed_node *nodes,
			  uint32_t first, uint32_t end)
{
	const struct lg_dominators *d = analysis->dominators;
	struct run run = {.first = first, .end = end, .example = nodes[first].node};
	uint32_t covered = 0;

	for (uint32_t i = first; i < end; i++) {
		uint32_t node = nodes[i].node;

		run.shallow_bytes += analysis->snapshot->shallow_bytes[node];
		if (d->retained_bytes[node] > d->retained_bytes[run.example])
			run.example = node;
		if (nodes[i].position < covered)
			continue;
		run.retained_bytes += d->retained_bytes[node];
		covered = nodes[i].position + d->subtree[node];
	}
	return run;
}

static enum lg_status find_runs(struct lg_routes *routes, const uint32_t *node, uint32_t count,
				struct signed_node *nodes, struct run **runs, uint32_t *run_count,
				struct lg_error *err)
{
	size_t capacity = 0;
	uint32_t used = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t own = lg_analysis_node(routes->analysis, node[i]);
		uint64_t signature;
		enum lg_status status = lg_route_signature(routes, own, &signature, err);

		if (status != LG_OK)
			return status;
		if (signature)
			nodes[used++] = (struct signed_node){
				signature,
				own,
				routes->analysis->dominators->position[own],
			};
	}
	if (used)
		qsort(nodes, used, sizeof *nodes, compare_signed);
	for (uint32_t first = 0, end; first < used; first = end) {
		for (end = first + 1; end < used && nodes[end].signature == nodes[first].signature;)
			end++;
		if (!lg_reserve(*runs, capacity, (size_t)*run_count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for %u paths", *run_count);
		(*runs)[(*run_count)++] = measure(routes->analysis, nodes, first, end);
	}
	if (*run_count)
		qsort(*runs, *run_count, sizeof **runs, compare_runs);
	return LG_OK;
}

static void count_step(struct lg_routes *routes, struct lg_trail *trail, uint32_t node)
{
	struct lg_group_key key = key_of(routes, node);

	/* A __dict__ has the signature of its holder, and is not counted beside it. */
	if (key.label.kind == LG_REF_DICT)
		return;
	for (size_t i = trail->count; i-- > 0;) {
		struct lg_trail_step *step = &trail->step[i];

		if (step->repeat == 1 && step->key.label.kind != LG_REF_DICT &&
		    routes->signature[step->object] == routes->signature[node]) {
			step->count++;
			return;
		}
	}
}

/* How many objects stand at each step: all ancestors of the run's nodes, each once. */
static enum lg_status count_steps(struct lg_routes *routes, struct lg_trail *trail,
				  const struct signed_node *nodes, const struct run *run,
				  struct lg_error *err)
{
	size_t words = lg_bit_words(routes->analysis->snapshot->object_count);
	lg_cleanup(lg_free) uint64_t *seen = lg_alloc_zero(words, sizeof *seen);

	if (!seen)
		return lg_fail(err, LG_E_MEMORY, "no memory to count %u objects",
			       run->end - run->first);
	for (size_t i = 0; i < trail->count; i++)
		trail->step[i].count = 0;
	for (uint32_t i = run->first; i < run->end; i++)
		for (uint32_t at = nodes[i].node; at != 0 && !lg_bit_get(seen, at);
		     at = routes->parent[at]) {
			lg_bit_set(seen, at);
			count_step(routes, trail, at);
		}
	for (size_t i = 0; i < trail->count; i++)
		if (trail->step[i].count == 0)
			trail->step[i].count = 1;
	return LG_OK;
}

static enum lg_status tell_route(struct lg_routes *routes, const struct signed_node *nodes,
				 const struct run *run, struct lg_pool *pool, struct lg_route *out,
				 struct lg_error *err)
{
	lg_cleanup(lg_trail_free) struct lg_trail trail = {0};
	bool merged = run->end - run->first > 1;
	enum lg_status status =
		routes->dominators
			? lg_trail_dominators(routes->analysis, run->example, &trail, err)
			: lg_trail_shortest(routes->analysis, run->example, &trail, err);

	if (status == LG_OK && merged)
		status = count_steps(routes, &trail, nodes, run, err);
	if (status != LG_OK)
		return status;
	lg_trail_show(routes->analysis, &trail, merged, pool, &out->path, NULL, 0);
	out->path_text = lg_path_keep(&out->path, pool);
	out->count = run->end - run->first;
	out->shallow_bytes = run->shallow_bytes;
	out->retained_bytes = run->retained_bytes;
	out->example = run->example;
	for (size_t i = 0; i < trail.count; i++)
		out->held_by_several |= trail.step[i].key.label.kind == LG_STEP_SHARED;
	return LG_OK;
}

enum lg_status lg_routes_merge(struct lg_routes *routes, const uint32_t *node, uint32_t count,
			       uint32_t top, struct lg_pool *pool, struct lg_route **out,
			       size_t *out_count, uint64_t *more, struct lg_error *err)
{
	lg_cleanup(lg_free) struct signed_node *nodes = lg_alloc(count, sizeof *nodes);
	lg_cleanup(lg_free) struct run *runs = NULL;
	uint32_t run_count = 0, told;
	enum lg_status status;

	*out_count = 0;
	*more = 0;
	if (!nodes)
		return lg_fail(err, LG_E_MEMORY, "no memory for the paths of %u objects", count);
	status = find_runs(routes, node, count, nodes, &runs, &run_count, err);
	if (status != LG_OK)
		return status;
	told = run_count < top ? run_count : top;
	*more = run_count - told;
	*out = lg_pool_array(pool, told, sizeof **out);
	for (uint32_t i = 0; *out && i < told && status == LG_OK; i++) {
		status = tell_route(routes, nodes, &runs[i], pool, &(*out)[i], err);
		++*out_count;
	}
	return status;
}
