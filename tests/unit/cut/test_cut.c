/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <criterion/criterion.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cut/cut.h"
#include "tests/unit/graph/check.h"
#include "tests/unit/graph/graphs.h"

/* A reference of kind LG_REF_DICT can't be cut; one of LG_REF_LOCAL is a burden. */
struct rules {
	const struct lg_snapshot *snapshot;
	bool merge; /* places by kind, and holders by type; else each stands alone */
};

static uint64_t place(void *context, uint32_t holder, uint32_t reference, uint32_t target,
		      bool member)
{
	const struct rules *rules = context;

	(void)holder, (void)target, (void)member;
	if (rules->snapshot->ref_kind[reference] == LG_REF_DICT)
		return 0;
	return 1 + (rules->merge ? rules->snapshot->ref_kind[reference] : reference);
}

static uint64_t likeness(void *context, uint32_t node, bool fixed)
{
	const struct rules *rules = context;

	return rules->merge && !fixed ? rules->snapshot->type[node] : node;
}

static uint32_t burden_of(const struct lg_snapshot *s, uint32_t reference)
{
	return s->ref_kind[reference] == LG_REF_LOCAL ? 3 : 0;
}

static uint32_t burden(void *context, uint32_t holder, uint32_t reference, uint32_t holders,
		       uint32_t references)
{
	const struct rules *rules = context;

	(void)holder, (void)holders, (void)references;
	return burden_of(rules->snapshot, reference);
}

static struct lg_cut *find(const struct checked *c, bool merge, const uint32_t *node, uint32_t count)
{
	struct rules rules = {c->snapshot, merge};
	struct lg_cut_rule rule = {&rules, place, likeness, burden};
	struct lg_error error = {0};
	struct lg_cut *cut;

	cr_assert(lg_cut_find(c->graph, c->dominators, c->referrers, &rule, node, count, &cut,
			      &error) == LG_OK,
		  "%s", error.text);
	return cut;
}

/* At most 64 references and objects: sets are words. */
static uint64_t reach(const struct lg_snapshot *s, uint64_t without, bool only_fixed)
{
	uint64_t reached = 0, before = 1;

	for (uint32_t i = 0; i < s->root_count; i++)
		reached |= 1ull << s->roots[i].object;
	while (reached != before) {
		before = reached;
		for (uint32_t v = 1; v < s->inner_count; v++)
			for (uint32_t r = s->first_reference[v]; r < s->first_reference[v + 1]; r++)
				if ((reached >> v & 1) && !(without >> r & 1) &&
				    s->ref_kind[r] != LG_REF_WEAK &&
				    (!only_fixed || s->ref_kind[r] == LG_REF_DICT))
					reached |= 1ull << s->ref_target[r];
	}
	return reached & ~1ull;
}

/* A small graph with as many references as can be tried in all subsets. */
static struct checked small_graph(struct dice *dice)
{
	uint32_t objects = 4 + dice_below(dice, 6), references = 3 + dice_below(dice, 10);
	static const uint8_t kinds[] = {LG_REF_ITEM, LG_REF_ITEM, LG_REF_ITEM, LG_REF_ATTR,
					LG_REF_LOCAL, LG_REF_DICT, LG_REF_WEAK};
	struct sketch *sketch = sketch_new(objects, objects - dice_below(dice, 2));
	uint32_t inner = objects - 1;

	for (uint32_t i = 0; i < references; i++)
		sketch_refer(sketch, 1 + dice_below(dice, inner - 1),
			     1 + dice_below(dice, objects - 1), kinds[dice_below(dice, 7)]);
	for (uint32_t i = 1 + dice_below(dice, 3); i > 0; i--)
		sketch_root(sketch, 1 + dice_below(dice, objects - 1), LG_ROOT_OTHER);
	return check_open(sketch_finish(sketch), NULL);
}

struct best {
	uint32_t places, burden;
	uint64_t stays; /* what the cuts of that weight leave, all of them together */
};

/* All subsets of references that can be cut. */
static struct best by_trying(const struct lg_snapshot *s, uint64_t group)
{
	struct best best = {UINT32_MAX, UINT32_MAX, 0};
	uint64_t never = 0;

	for (uint32_t r = 0; r < s->reference_count; r++)
		if (s->ref_kind[r] == LG_REF_DICT || s->ref_kind[r] == LG_REF_WEAK)
			never |= 1ull << r;
	for (uint64_t set = 0; set < 1ull << s->reference_count; set++) {
		uint32_t places = (uint32_t)__builtin_popcountll(set), weight = 0;
		uint64_t stays;

		if ((set & never) || places > best.places)
			continue;
		for (uint32_t r = 0; r < s->reference_count; r++)
			weight += set >> r & 1 ? burden_of(s, r) : 0;
		if (places == best.places && weight > best.burden)
			continue;
		stays = reach(s, set, false);
		if (stays & group)
			continue;
		if (places < best.places || weight < best.burden)
			best = (struct best){places, weight, 0};
		best.stays |= stays;
	}
	return best;
}

static uint64_t cut_set(const struct lg_cut *cut)
{
	uint64_t set = 0;

	for (uint32_t i = 0; i < cut->place_count; i++)
		for (uint32_t k = 0; k < cut->place[i].count; k++)
			set |= 1ull << cut->place[i].reference[k];
	return set;
}

static uint32_t pick_group(struct dice *dice, uint32_t objects, uint32_t *node)
{
	uint32_t count = 0;

	for (uint32_t v = 1; v < objects; v++)
		if (dice_below(dice, 4) == 0)
			node[count++] = v;
	if (count == 0)
		node[count++] = objects - 1;
	return count;
}

static uint64_t set_of(const uint32_t *node, uint32_t count)
{
	uint64_t set = 0;

	for (uint32_t i = 0; i < count; i++)
		set |= 1ull << node[i];
	return set;
}

/* A way of the cut: from the root, around places and group, by references that are there. */
static void check_way(const struct lg_snapshot *s, const struct lg_cut *cut, uint64_t stays,
		      uint32_t node, uint64_t seed)
{
	for (uint32_t steps = 0; node != 0; steps++) {
		uint32_t parent = cut->parent[node];
		bool refers = parent == 0;

		cr_assert(steps < s->object_count && parent != LG_NONE && (stays >> node & 1),
			  "seed %lu: no way to %u", (unsigned long)seed, node);
		for (uint32_t r = s->first_reference[parent]; r < s->first_reference[parent + 1]; r++)
			refers |= s->ref_target[r] == node;
		cr_assert(refers, "seed %lu: %u does not refer to %u", (unsigned long)seed, parent,
			  node);
		node = parent;
	}
}

Test(cut, as_small_as_by_trying_all, .timeout = 300)
{
	uint64_t sizes[4] = {0}, held = 0;

	for (uint64_t seed = 1; seed <= 4000; seed++) {
		struct dice dice = dice_new(seed);
		struct checked c = small_graph(&dice);
		const struct lg_snapshot *s = c.snapshot;
		uint32_t node[16], count = pick_group(&dice, s->object_count, node);
		uint64_t fixed = reach(s, 0, true), all = reach(s, 0, false);
		uint64_t group = set_of(node, count) & ~fixed, stays;
		struct lg_cut *cut = find(&c, false, node, count);
		struct best best = by_trying(s, group);
		uint32_t weight = 0;

		cr_assert(cut->place_count == best.places, "seed %lu: %u places, expected %u",
			  (unsigned long)seed, cut->place_count, best.places);
		for (uint32_t i = 0; i < cut->place_count; i++) {
			weight += burden_of(s, cut->place[i].reference[0]);
			check_way(s, cut, reach(s, cut_set(cut), false), cut->place[i].holder, seed);
		}
		cr_assert(weight == best.burden, "seed %lu: a burden of %u, expected %u",
			  (unsigned long)seed, weight, best.burden);
		/* The nearest to the group leaves all that any other one leaves. */
		stays = reach(s, cut_set(cut), false);
		cr_assert(!(stays & group) && stays == best.stays,
			  "seed %lu: %#lx stays, expected %#lx", (unsigned long)seed,
			  (unsigned long)stays, (unsigned long)best.stays);
		cr_assert(cut->held_count ==
				  (uint32_t)__builtin_popcountll(set_of(node, count) & fixed) &&
			  cut->unreached ==
				  (uint32_t)__builtin_popcountll(set_of(node, count) & ~all));
		sizes[cut->place_count < 3 ? cut->place_count : 3]++;
		held += cut->held_count;
		lg_cut_free(cut);
		check_close(&c);
	}
	cr_assert(sizes[0] > 100 && sizes[1] > 500 && sizes[2] > 100 && sizes[3] > 50 && held > 100,
		  "%lu %lu %lu %lu %lu", (unsigned long)sizes[0], (unsigned long)sizes[1],
		  (unsigned long)sizes[2], (unsigned long)sizes[3], (unsigned long)held);
}

Test(cut, alike_holders_are_one_place_and_all_is_freed, .timeout = 300)
{
	uint32_t fewer = 0;

	for (uint64_t seed = 1; seed <= 4000; seed++) {
		struct dice dice = dice_new(seed);
		struct checked c = small_graph(&dice);
		const struct lg_snapshot *s = c.snapshot;
		uint32_t node[16], count = pick_group(&dice, s->object_count, node);
		uint64_t group = set_of(node, count) & ~reach(s, 0, true);
		struct lg_cut *alone = find(&c, false, node, count);
		struct lg_cut *merged = find(&c, true, node, count);

		cr_assert(!(reach(s, cut_set(merged), false) & group), "seed %lu",
			  (unsigned long)seed);
		cr_assert(merged->place_count <= alone->place_count, "seed %lu: %u places, not %u",
			  (unsigned long)seed, merged->place_count, alone->place_count);
		fewer += merged->place_count < alone->place_count;
		lg_cut_free(alone);
		lg_cut_free(merged);
		check_close(&c);
	}
	cr_assert(fewer > 100, "%u", fewer);
}

/* Heaps of thousands of objects, in which each type is a group: all of it is freed. */
Test(cut, groups_of_a_heap, .timeout = 300)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct checked c = check_open(heap_snapshot(5000, seed), NULL);
		const struct lg_snapshot *s = c.snapshot;
		lg_cleanup(lg_free) uint32_t *node = lg_alloc(s->object_count, sizeof *node);

		for (uint32_t type = 0; type < s->type_count; type++) {
			struct lg_removal removal = {0};
			struct lg_error error = {0};
			struct lg_freed freed;
			struct lg_cut *cut;
			uint32_t count = 0, references = 0;
			uint64_t bytes = 0;

			for (uint32_t v = 1; v < s->object_count; v++)
				if (s->type[v] == type && lg_graph_node(c.graph, v) == v)
					node[count++] = v;
			cut = find(&c, true, node, count);
			for (uint32_t i = 0; i < cut->place_count; i++)
				references += cut->place[i].count;
			removal.references = cut->reference;
			removal.reference_count = references;
			cr_assert(lg_what_if(c.graph, &removal, &freed, &error) == LG_OK, "%s",
				  error.text);
			for (uint32_t i = 0; i < count; i++)
				bytes += c.dominators->immediate[node[i]] == LG_NONE
						 ? 0
						 : s->shallow_bytes[node[i]];
			for (uint32_t i = 0; i < cut->held_count; i++)
				bytes -= s->shallow_bytes[cut->held[i]];
			cr_assert(freed.bytes >= bytes && freed.objects >= cut->freed &&
				  cut->freed + cut->held_count + cut->unreached == count);
			lg_cut_free(cut);
		}
		check_close(&c);
	}
}

/* A chain of alike ones is one holder, so that lists are told apart however long they are. */
Test(cut, long_lists_are_told_apart, .timeout = 60)
{
	struct checked c = check_open(twin_snapshot(100000), NULL);
	uint32_t payload = c.snapshot->object_count - 1;
	struct lg_cut *cut = find(&c, true, &payload, 1);

	cr_assert(cut->place_count == 2 && cut->freed == 1 && !cut->coarse, "%u places",
		  cut->place_count);
	lg_cut_free(cut);
	check_close(&c);
}

Test(cut, more_kinds_of_holders_than_can_be_compared)
{
	struct checked c = check_open(twin_snapshot(LG_CUT_MAX_CLASSES), NULL);
	uint32_t payload = c.snapshot->object_count - 1;
	struct rules rules = {c.snapshot, false};
	struct lg_cut_rule rule = {&rules, place, likeness, burden};
	struct lg_error error = {0};
	struct lg_cut *cut;

	cr_assert(lg_cut_find(c.graph, c.dominators, c.referrers, &rule, &payload, 1, &cut,
			      &error) == LG_E_LIMIT);
	cr_assert(strstr(error.text, "kinds of holders lie between the roots and this group, at "
				     "most 20000 can be compared"),
		  "%s", error.text);
	check_close(&c);
}
