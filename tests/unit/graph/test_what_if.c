/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <criterion/criterion.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "graphs.h"
#include "leakgraph/graph.h"

static struct lg_graph *open_graph(struct lg_snapshot *snapshot)
{
	struct lg_error error = {0};
	struct lg_graph *graph;

	cr_assert(lg_graph_build(snapshot, NULL, &graph, &error) == LG_OK, "%s", error.text);
	return graph;
}

static void close_graph(struct lg_graph *graph)
{
	struct lg_snapshot *snapshot = (struct lg_snapshot *)graph->snapshot;

	lg_graph_free(graph);
	lg_snapshot_free(snapshot);
}

static bool listed(const uint32_t *list, uint32_t count, uint32_t value)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i] == value)
			return true;
	return false;
}

/* One round over all references of the snapshot; true where something new was reached. */
static bool spread(const struct lg_graph *graph, const struct lg_removal *removal, uint8_t *reached)
{
	const struct lg_snapshot *s = graph->snapshot;
	bool more = false;

	for (uint32_t v = 1; v < s->inner_count; v++)
		for (uint32_t r = s->first_reference[v]; r < s->first_reference[v + 1]; r++) {
			uint32_t to = lg_graph_node(graph, s->ref_target[r]);

			if (!reached[lg_graph_node(graph, v)] || s->ref_kind[r] == LG_REF_WEAK ||
			    listed(removal->references, removal->reference_count, r) || reached[to])
				continue;
			reached[to] = more = true;
		}
	return more;
}

static void reach(const struct lg_graph *graph, const struct lg_removal *removal, uint8_t *reached)
{
	const struct lg_snapshot *s = graph->snapshot;

	for (uint32_t i = 0; i < s->root_count; i++)
		if (!listed(removal->roots, removal->root_count, i))
			reached[lg_graph_node(graph, s->roots[i].object)] = 1;
	while (spread(graph, removal, reached))
		;
}

/* By definition, from the snapshot's references and not the graph's rows. */
static struct lg_freed by_definition(const struct lg_graph *graph, const struct lg_removal *removal)
{
	static const struct lg_removal nothing;
	const struct lg_snapshot *s = graph->snapshot;
	lg_cleanup(lg_free) uint8_t *now = lg_alloc_zero(s->object_count, 1);
	lg_cleanup(lg_free) uint8_t *then = lg_alloc_zero(s->object_count, 1);
	struct lg_freed freed = {0};

	reach(graph, &nothing, now);
	reach(graph, removal, then);
	for (uint32_t v = 1; v < s->object_count; v++) {
		uint32_t node = lg_graph_node(graph, v);

		if (!now[node] || then[node])
			continue;
		freed.bytes += s->shallow_bytes[v];
		freed.objects++;
	}
	return freed;
}

static void expect(const struct lg_graph *graph, const struct lg_removal *removal, uint64_t bytes,
		   uint32_t objects)
{
	struct lg_error error = {0};
	struct lg_freed freed;

	cr_assert(lg_what_if(graph, removal, &freed, &error) == LG_OK, "%s", error.text);
	cr_assert(freed.bytes == bytes && freed.objects == objects,
		  "%lu bytes in %u objects are freed, expected %lu in %u",
		  (unsigned long)freed.bytes, freed.objects, (unsigned long)bytes, objects);
}

#define MOST 20

Test(what_if, random_removals, .timeout = 300)
{
	uint64_t freed_bytes = 0, several = 0;

	for (uint64_t seed = 0; seed < 3000; seed++) {
		struct lg_graph *graph = open_graph(seed % 5 ? random_snapshot_of(seed, 60)
							     : heap_snapshot(300, seed));
		const struct lg_snapshot *s = graph->snapshot;
		struct dice dice = dice_new(seed);
		uint32_t reference[MOST], root[MOST];
		struct lg_removal removal = {reference, dice_below(&dice, MOST + 1), root,
					     dice_below(&dice, MOST + 1)};
		struct lg_freed freed;

		if (s->reference_count == 0)
			removal.reference_count = 0;
		if (s->root_count == 0)
			removal.root_count = 0;
		for (uint32_t i = 0; i < removal.reference_count; i++)
			reference[i] = dice_below(&dice, s->reference_count);
		for (uint32_t i = 0; i < removal.root_count; i++)
			root[i] = dice_below(&dice, s->root_count);
		freed = by_definition(graph, &removal);
		expect(graph, &removal, freed.bytes, freed.objects);
		freed_bytes += freed.bytes;
		several += freed.objects > 3;
		close_graph(graph);
	}
	cr_assert(freed_bytes > 100000 && several > 100, "the removals hardly freed anything");
}

/* The first two of the references and a root are one removal, each other reference is one. */
static void check_each(const struct lg_graph *graph, const uint32_t *reference, uint32_t count,
		       uint32_t root, uint64_t *alone_bytes, uint64_t *together_bytes)
{
	struct lg_removal removal[MOST] = {{reference, 2, &root, 1}};
	struct lg_removal whole = {reference, count, &root, 1};
	struct lg_freed alone[MOST], together;
	struct lg_error error = {0};

	for (uint32_t i = 2; i < count; i++)
		removal[i - 1] = (struct lg_removal){reference + i, 1, NULL, 0};
	cr_assert(lg_what_if_each(graph, removal, count - 1, alone, &together, &error) == LG_OK,
		  "%s", error.text);
	expect(graph, &whole, together.bytes, together.objects);
	for (uint32_t i = 0; i < count - 1; i++) {
		expect(graph, &removal[i], alone[i].bytes, alone[i].objects);
		*alone_bytes += alone[i].bytes;
	}
	*together_bytes += together.bytes;
}

/* Each of several removals is what it is alone, and all are what they are as one. */
Test(what_if, several_removals, .timeout = 300)
{
	uint64_t alone_bytes = 0, together_bytes = 0;

	for (uint64_t seed = 0; seed < 1500; seed++) {
		struct lg_graph *graph = open_graph(seed % 5 ? random_snapshot_of(seed, 60)
							     : heap_snapshot(300, seed));
		const struct lg_snapshot *s = graph->snapshot;
		struct dice dice = dice_new(seed);
		uint32_t reference[MOST], count = 0;

		for (uint32_t r = dice_below(&dice, 9); r < s->reference_count && count < MOST;
		     r += 1 + dice_below(&dice, 9))
			reference[count++] = r;
		if (count > 2 && s->root_count)
			check_each(graph, reference, count, dice_below(&dice, s->root_count),
				   &alone_bytes, &together_bytes);
		close_graph(graph);
	}
	cr_assert(alone_bytes > 10000 && together_bytes > 10000);
}

/* All references of one object, which only a root holds: what remains is what else reaches. */
Test(what_if, all_references_of_each_holder, .timeout = 120)
{
	struct lg_graph *graph = open_graph(random_snapshot_of(77, 40));
	const struct lg_snapshot *s = graph->snapshot;

	for (uint32_t v = 1; v < s->inner_count; v++) {
		uint32_t first = s->first_reference[v], count = s->first_reference[v + 1] - first;
		lg_cleanup(lg_free) uint32_t *references = lg_alloc(count, sizeof *references);
		struct lg_removal removal = {references, count, NULL, 0};
		struct lg_freed freed;

		for (uint32_t i = 0; i < count; i++)
			references[i] = first + i;
		freed = by_definition(graph, &removal);
		expect(graph, &removal, freed.bytes, freed.objects);
	}
	close_graph(graph);
}

Test(what_if, one_of_two_references_to_the_same_object_frees_nothing)
{
	struct sketch *s = sketch_new(4, 3);
	struct lg_graph *graph;

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_refer(s, 1, 2, LG_REF_ITEM);
	sketch_refer(s, 1, 2, LG_REF_ITEM);
	sketch_refer(s, 2, 3, LG_REF_ITEM);
	graph = open_graph(sketch_finish(s));
	expect(graph, &(struct lg_removal){(uint32_t[]){0}, 1, NULL, 0}, 0, 0);
	expect(graph, &(struct lg_removal){(uint32_t[]){1}, 1, NULL, 0}, 0, 0);
	expect(graph, &(struct lg_removal){(uint32_t[]){1, 0}, 2, NULL, 0}, 32, 2);
	expect(graph, &(struct lg_removal){(uint32_t[]){0, 1, 2}, 3, NULL, 0}, 32, 2);
	expect(graph, &(struct lg_removal){0}, 0, 0);
	close_graph(graph);
}

Test(what_if, weak_and_self_references_free_nothing)
{
	struct sketch *s = sketch_new(4, 3);
	struct lg_graph *graph;

	sketch_root(s, 1, LG_ROOT_OTHER);
	sketch_refer(s, 1, 1, LG_REF_ITEM);
	sketch_refer(s, 1, 3, LG_REF_WEAK);
	sketch_refer(s, 1, 2, LG_REF_ITEM);
	sketch_refer(s, 2, 3, LG_REF_ITEM);
	graph = open_graph(sketch_finish(s));
	expect(graph, &(struct lg_removal){(uint32_t[]){0, 1}, 2, NULL, 0}, 0, 0);
	expect(graph, &(struct lg_removal){(uint32_t[]){2}, 1, NULL, 0}, 32, 2);
	expect(graph, &(struct lg_removal){(uint32_t[]){3}, 1, NULL, 0}, 16, 1);
	close_graph(graph);
}

/* The dict of a module is freed with it, and its references are the module's. */
Test(what_if, a_module_with_its_dict)
{
	struct sketch *s = sketch_new(5, 4);
	struct lg_graph *graph;

	sketch_root(s, 1, LG_ROOT_MODULE);
	sketch_root(s, 1, LG_ROOT_C_CODE);
	sketch_refer(s, 1, 2, LG_REF_DICT);
	sketch_refer(s, 2, 3, LG_REF_KEY_STR);
	sketch_refer(s, 3, 4, LG_REF_ITEM);
	graph = open_graph(sketch_finish(s));
	cr_assert(graph->folded_count == 1);
	expect(graph, &(struct lg_removal){(uint32_t[]){1}, 1, NULL, 0}, 32, 2);
	expect(graph, &(struct lg_removal){NULL, 0, (uint32_t[]){0}, 1}, 0, 0);
	expect(graph, &(struct lg_removal){NULL, 0, (uint32_t[]){0, 1}, 2}, 64, 4);
	close_graph(graph);
}

Test(what_if, what_is_not_there_is_refused)
{
	struct lg_graph *graph = open_graph(twin_snapshot(3));
	const struct lg_snapshot *s = graph->snapshot;
	struct lg_freed freed = {1, 1};
	struct lg_error error = {0};
	char expected[100];

	snprintf(expected, sizeof expected,
		 "reference %u to remove: the snapshot has %u references", s->reference_count,
		 s->reference_count);
	cr_assert(lg_what_if(graph, &(struct lg_removal){&s->reference_count, 1, NULL, 0}, &freed,
			     &error) == LG_E_USAGE);
	cr_assert(strcmp(error.text, expected) == 0, "said: %s", error.text);
	cr_assert(freed.bytes == 0 && freed.objects == 0);
	snprintf(expected, sizeof expected, "root %u to remove: the snapshot has %u roots",
		 s->root_count, s->root_count);
	cr_assert(lg_what_if(graph, &(struct lg_removal){NULL, 0, &s->root_count, 1}, &freed,
			     &error) == LG_E_USAGE);
	cr_assert(strcmp(error.text, expected) == 0, "said: %s", error.text);
	close_graph(graph);
}
