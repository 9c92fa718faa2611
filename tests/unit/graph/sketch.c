/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "graphs.h"

struct edge {
	uint32_t from, to, name;
	uint8_t kind;
};

struct sketch {
	uint32_t object_count, inner_count;
	uint64_t *bytes;
	struct edge *edge;
	size_t edge_count, edge_capacity;
	struct lg_root *root;
	size_t root_count, root_capacity;
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct sketch *sketch_new(uint32_t object_count, uint32_t inner_count)
{
	struct sketch *s = must(calloc(1, sizeof *s));

	s->object_count = object_count;
	s->inner_count = inner_count;
	s->bytes = must(lg_alloc(object_count, sizeof *s->bytes));
	for (uint32_t i = 0; i < object_count; i++)
		s->bytes[i] = i ? 16 : 0;
	return s;
}

void sketch_named(struct sketch *s, uint32_t from, uint32_t to, uint8_t kind, uint32_t name)
{
	if (from >= s->inner_count || to >= s->object_count ||
	    !lg_reserve(s->edge, s->edge_capacity, s->edge_count + 1))
		abort();
	s->edge[s->edge_count++] = (struct edge){from, to, name, kind};
}

void sketch_refer(struct sketch *s, uint32_t from, uint32_t to, uint8_t kind)
{
	sketch_named(s, from, to, kind, 0);
}

void sketch_root(struct sketch *s, uint32_t object, uint8_t kind)
{
	if (object >= s->object_count || !lg_reserve(s->root, s->root_capacity, s->root_count + 1))
		abort();
	s->root[s->root_count++] = (struct lg_root){.object = object, .kind = kind};
}

void sketch_size(struct sketch *s, uint32_t object, uint64_t bytes)
{
	s->bytes[object] = bytes;
}

/* Counting sort by holder, in the order in which they were added. */
static void fill_references(struct sketch *s, struct lg_snapshot *out)
{
	size_t n = s->edge_count;
	uint32_t *next = must(lg_alloc_zero((size_t)s->inner_count + 1, sizeof *next));

	out->reference_count = (uint32_t)n;
	out->first_reference = must(lg_alloc_zero((size_t)s->inner_count + 1, sizeof(uint32_t)));
	out->ref_target = must(lg_alloc_zero(n, sizeof(uint32_t)));
	out->ref_name = must(lg_alloc_zero(n, sizeof(uint32_t)));
	out->ref_kind = must(lg_alloc_zero(n, 1));
	for (size_t i = 0; i < n; i++)
		out->first_reference[s->edge[i].from + 1]++;
	for (uint32_t v = 0; v < s->inner_count; v++)
		out->first_reference[v + 1] += out->first_reference[v];
	memcpy(next, out->first_reference, ((size_t)s->inner_count + 1) * sizeof *next);
	for (size_t i = 0; i < n; i++) {
		uint32_t at = next[s->edge[i].from]++;

		out->ref_target[at] = s->edge[i].to;
		out->ref_name[at] = s->edge[i].name;
		out->ref_kind[at] = s->edge[i].kind;
	}
	free(next);
}

struct lg_snapshot *sketch_finish(struct sketch *s)
{
	struct lg_snapshot *out = must(lg_snapshot_new());

	out->object_count = s->object_count;
	out->inner_count = s->inner_count;
	out->shallow_bytes = s->bytes;
	out->address = must(lg_alloc_zero(s->object_count, sizeof(uint64_t)));
	out->type = must(lg_alloc_zero(s->object_count, sizeof(uint32_t)));
	out->refcount = must(lg_alloc_zero(s->object_count, sizeof(uint32_t)));
	out->flags = must(lg_alloc_zero(s->object_count, 1));
	for (uint32_t i = 1; i < s->object_count; i++)
		out->address[i] = UINT64_C(0x7f0000000000) + 16 * (uint64_t)i;
	fill_references(s, out);
	out->root_count = (uint32_t)s->root_count;
	out->roots = s->root ? s->root : must(lg_alloc_zero(1, sizeof *out->roots));
	out->type_count = 2;
	out->types = must(lg_alloc_zero(2, sizeof *out->types));
	out->types[0].object = LG_NONE;
	out->types[1] = (struct lg_type){.object = LG_NONE, .flags = LG_TYPE_HEAP};
	out->threads = must(lg_alloc_zero(1, sizeof *out->threads));
	out->frames = must(lg_alloc_zero(1, sizeof *out->frames));
	out->strings.count = 1;
	out->strings.offset = must(lg_alloc_zero(2, sizeof(uint64_t)));
	out->strings.bytes = must(lg_alloc_zero(1, 1));
	free(s->edge);
	free(s);
	return out;
}

struct dice dice_new(uint64_t seed)
{
	return (struct dice){(seed + 1) * UINT64_C(0x9E3779B97F4A7C15) | 1};
}

uint32_t dice_below(struct dice *dice, uint32_t bound)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return (uint32_t)((dice->state * UINT64_C(2685821657736338717) >> 32) * bound >> 32);
}

/* Never the virtual root. */
static uint32_t random_target(struct dice *dice, uint32_t from, uint32_t objects, uint32_t shape)
{
	uint32_t others = objects - 1;

	if (shape == 1)
		return 1 + (from + dice_below(dice, 4)) % others;
	if (shape == 2 && dice_below(dice, 2))
		return 1 + (from - 1 + objects - dice_below(dice, 3)) % others;
	return 1 + dice_below(dice, others);
}

static void random_references(struct sketch *s, struct dice *dice, bool all_kinds)
{
	uint32_t shape = dice_below(dice, 3), degree = 1 + dice_below(dice, 4);

	for (uint32_t v = 1; v < s->inner_count; v++)
		for (uint32_t e = dice_below(dice, degree + 1); e > 0; e--)
			sketch_refer(s, v, random_target(dice, v, s->object_count, shape),
				     (uint8_t)(all_kinds ? dice_below(dice, LG_REF_KIND_COUNT)
							 : LG_REF_ITEM));
}

struct lg_snapshot *random_snapshot_of(uint64_t seed, uint32_t most)
{
	struct dice dice = dice_new(seed);
	uint32_t objects = 2 + dice_below(&dice, most - 1);
	uint32_t inner = 1 + dice_below(&dice, objects);
	struct sketch *s = sketch_new(objects, inner);

	random_references(s, &dice, dice_below(&dice, 3) == 0);
	for (uint32_t i = 1 + dice_below(&dice, dice_below(&dice, 2) ? 2 : objects); i > 0; i--)
		sketch_root(s, 1 + dice_below(&dice, objects - 1),
			    (uint8_t)dice_below(&dice, LG_ROOT_KIND_COUNT));
	for (uint32_t v = 1; v < objects; v++)
		sketch_size(s, v, 16 + dice_below(&dice, 1000));
	return sketch_finish(s);
}

struct lg_snapshot *random_snapshot(uint64_t seed)
{
	return random_snapshot_of(seed, seed % 3 ? 12 : 200);
}

struct lg_snapshot *twin_snapshot(uint32_t length)
{
	uint32_t a = 1, b = a + length, payload = b + length, leaf = payload + length;
	struct sketch *s = sketch_new(leaf + 1, leaf);

	sketch_root(s, a, LG_ROOT_OTHER);
	sketch_root(s, b, LG_ROOT_OTHER);
	for (uint32_t i = 0; i < length; i++) {
		sketch_refer(s, a + i, payload + i, LG_REF_ATTR);
		sketch_refer(s, b + i, payload + i, LG_REF_ATTR);
		sketch_refer(s, payload + i, leaf, LG_REF_ATTR);
		if (i + 1 == length)
			continue;
		sketch_refer(s, a + i, a + i + 1, LG_REF_ATTR);
		sketch_refer(s, b + i, b + i + 1, LG_REF_ATTR);
	}
	return sketch_finish(s);
}
