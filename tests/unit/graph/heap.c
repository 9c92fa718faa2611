/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "graphs.h"

/*
 * A heap such as a service has, object after object in the order in which a
 * program would make them. At the end, what refers to something is numbered
 * first, in that order, and the leaves last, as a dump has it.
 */

#define NOTHING UINT32_MAX
#define SMALL_INTS 300
#define RECENT 5000
#define SHARED_RING 1024

struct reference {
	uint32_t from, to;
	uint8_t kind;
};

/* A growing list of objects. */
struct list {
	uint32_t *object;
	size_t count, capacity;
};

struct heap {
	struct dice dice;
	uint32_t wanted;
	uint32_t *size;
	bool *of_class;
	size_t count, size_capacity, class_capacity;
	struct reference *reference;
	size_t reference_count, reference_capacity;
	struct list modules, dicts, types, names, functions, codes, records;
	struct list shared; /* a ring of recent plain values */
	uint32_t none, ints, static_type;
	uint32_t chained; /* items in long lists so far */
};

static uint32_t below(struct heap *h, uint32_t bound)
{
	return dice_below(&h->dice, bound);
}

static uint32_t make(struct heap *h, uint32_t size)
{
	if (!lg_reserve(h->size, h->size_capacity, h->count + 1) ||
	    !lg_reserve(h->of_class, h->class_capacity, h->count + 1))
		abort();
	h->size[h->count] = size;
	h->of_class[h->count] = false;
	return (uint32_t)h->count++;
}

static void refer(struct heap *h, uint32_t from, uint32_t to, uint8_t kind)
{
	if (!lg_reserve(h->reference, h->reference_capacity, h->reference_count + 1))
		abort();
	h->reference[h->reference_count++] = (struct reference){from, to, kind};
}

static uint32_t add(struct list *list, uint32_t object)
{
	if (!lg_reserve(list->object, list->capacity, list->count + 1))
		abort();
	list->object[list->count++] = object;
	return object;
}

static uint32_t any(struct heap *h, const struct list *list)
{
	return list->object[below(h, (uint32_t)list->count)];
}

/* The front of the list more often than its end. */
static uint32_t common(struct heap *h, const struct list *list)
{
	uint32_t most = below(h, (uint32_t)list->count) + 1;

	return list->object[below(h, most)];
}

static uint32_t text(struct heap *h)
{
	return make(h, 49 + below(h, 40));
}

static uint32_t any_record(struct heap *h)
{
	size_t n = h->records.count;

	if (n == 0)
		return h->none;
	if (below(h, 10) < 7)
		return h->records.object[n - 1 - below(h, n < RECENT ? (uint32_t)n : RECENT)];
	return any(h, &h->records);
}

static uint32_t plain_value(struct heap *h)
{
	uint32_t value;

	if (h->shared.count == SHARED_RING && below(h, 6) == 0)
		return any(h, &h->shared);
	value = below(h, 2) ? text(h) : make(h, 28);
	if (h->shared.count < SHARED_RING)
		return add(&h->shared, value);
	h->shared.object[value % SHARED_RING] = value;
	return value;
}

static uint32_t value(struct heap *h, int depth);

static uint32_t container(struct heap *h, int depth, bool dict)
{
	uint32_t own = make(h, dict ? 232 : 88);

	for (uint32_t k = 1 + below(h, dict ? 4 : 6); k > 0; k--) {
		if (dict)
			refer(h, own, common(h, &h->names), LG_REF_DICT_KEY);
		refer(h, own, value(h, depth + 1), dict ? LG_REF_KEY_STR : LG_REF_ITEM);
	}
	return own;
}

/* At most four deep, so this may recurse. */
static uint32_t value(struct heap *h, int depth)
{
	uint32_t r = below(h, 100);

	if (r < 30)
		return plain_value(h);
	if (r < 52)
		return below(h, 3) ? h->ints + below(h, SMALL_INTS) : h->none;
	if (r < 67)
		return common(h, &h->names);
	if (r < 80 && depth < 3)
		return container(h, depth, r >= 77);
	return any_record(h);
}

static uint32_t instance(struct heap *h, uint32_t size)
{
	uint32_t own = make(h, size);

	h->of_class[own] = true;
	refer(h, own, common(h, &h->types), LG_REF_TYPE);
	return own;
}

static uint32_t record(struct heap *h, uint32_t parent)
{
	uint32_t own = instance(h, 48), holder = own;
	uint8_t kind = LG_REF_ATTR;

	if (below(h, 2)) {
		holder = make(h, 104);
		refer(h, own, holder, LG_REF_DICT);
		kind = LG_REF_KEY_STR;
	}
	for (uint32_t k = 4 + below(h, 8); k > 0; k--) {
		if (holder != own)
			refer(h, holder, common(h, &h->names), LG_REF_DICT_KEY);
		refer(h, holder, value(h, 0), kind);
	}
	if (parent != NOTHING && below(h, 10) < 4)
		refer(h, holder, parent, below(h, 20) ? kind : LG_REF_WEAK);
	if (h->records.count && below(h, 2))
		refer(h, holder, any_record(h), kind);
	if (h->records.count && below(h, 4) == 0)
		refer(h, any_record(h), own, LG_REF_ATTR);
	return add(&h->records, own);
}

static void load_names_and_modules(struct heap *h, uint32_t names, uint32_t modules)
{
	h->none = make(h, 16);
	h->ints = (uint32_t)h->count;
	for (uint32_t i = 0; i < SMALL_INTS; i++)
		make(h, 28);
	h->static_type = make(h, 400);
	refer(h, h->static_type, text(h), LG_REF_OTHER);
	for (uint32_t i = 0; i < names; i++)
		add(&h->names, text(h));
	for (uint32_t i = 0; i < modules; i++) {
		uint32_t module = add(&h->modules, make(h, 72));
		uint32_t dict = add(&h->dicts, make(h, 4096));

		refer(h, module, dict, LG_REF_DICT);
		refer(h, dict, any(h, &h->names), LG_REF_DICT_KEY);
		refer(h, dict, module, LG_REF_KEY_STR);
	}
}

static void load_function(struct heap *h)
{
	uint32_t dict = any(h, &h->dicts), function = add(&h->functions, make(h, 136));
	uint32_t code = add(&h->codes, make(h, 300)), consts = make(h, 80), names = make(h, 80);

	refer(h, function, code, LG_REF_OTHER);
	refer(h, function, dict, LG_REF_OTHER);
	refer(h, code, consts, LG_REF_OTHER);
	for (uint32_t k = 1 + below(h, 6); k > 0; k--)
		refer(h, consts, below(h, 2) ? text(h) : h->ints + below(h, SMALL_INTS),
		      LG_REF_ITEM);
	refer(h, code, names, LG_REF_OTHER);
	for (uint32_t k = 1 + below(h, 6); k > 0; k--)
		refer(h, names, common(h, &h->names), LG_REF_ITEM);
	refer(h, code, text(h), LG_REF_OTHER);
	if (below(h, 2))
		refer(h, dict, function, LG_REF_KEY_STR);
}

static void load_type(struct heap *h)
{
	uint32_t type = make(h, 1064), dict = make(h, 600), mro = make(h, 64);

	refer(h, any(h, &h->dicts), type, LG_REF_KEY_STR);
	refer(h, type, h->static_type, LG_REF_TYPE);
	refer(h, type, dict, LG_REF_DICT);
	refer(h, type, mro, LG_REF_OTHER);
	refer(h, mro, type, LG_REF_ITEM);
	if (h->types.count) {
		uint32_t base = any(h, &h->types);

		refer(h, mro, base, LG_REF_ITEM);
		refer(h, type, base, LG_REF_OTHER);
	}
	for (uint32_t k = below(h, 8); k > 0; k--) {
		refer(h, dict, common(h, &h->names), LG_REF_DICT_KEY);
		refer(h, dict, any(h, &h->functions), LG_REF_KEY_STR);
	}
	add(&h->types, type);
}

static bool full(const struct heap *h)
{
	return h->count >= h->wanted;
}

/* A new container in some module; one of a hundred is held by nothing. */
static uint32_t global(struct heap *h, uint32_t size)
{
	uint32_t own = make(h, size);

	if (below(h, 100))
		refer(h, any(h, &h->dicts), own, LG_REF_KEY_STR);
	return own;
}

static void work_records(struct heap *h)
{
	uint32_t list = global(h, 800), cache = below(h, 5) ? NOTHING : global(h, 9000);
	uint32_t count = 50 + below(h, 1000), parent = NOTHING;

	if (below(h, 50) == 0)
		count *= 40;
	for (uint32_t i = 0; i < count && !full(h); i++) {
		uint32_t own = record(h, parent);

		refer(h, list, own, LG_REF_ITEM);
		if (cache != NOTHING && below(h, 2)) {
			refer(h, cache, text(h), LG_REF_DICT_KEY);
			refer(h, cache, own, LG_REF_KEY_STR);
		}
		if (parent == NOTHING || below(h, 8) == 0)
			parent = own;
	}
}

/* Breadth first: the queue is the list of nodes that still get children. */
static void work_tree(struct heap *h)
{
	struct list queue = {0};
	uint32_t most = 50 + below(h, 1000);

	add(&queue, global(h, 80));
	for (size_t at = 0; at < queue.count && !full(h); at++) {
		uint32_t parent = queue.object[at];

		for (uint32_t k = 1 + below(h, 3); k > 0 && queue.count < most; k--) {
			uint32_t node = instance(h, 64), list = make(h, 80);

			refer(h, parent, node, LG_REF_ITEM);
			refer(h, node, list, LG_REF_ATTR);
			refer(h, node, common(h, &h->names), LG_REF_ATTR);
			refer(h, node, h->ints + below(h, SMALL_INTS), LG_REF_ATTR);
			if (below(h, 2))
				refer(h, node, text(h), LG_REF_ATTR);
			add(&queue, list);
		}
	}
	free(queue.object);
}

static void work_chain(struct heap *h)
{
	uint32_t count = h->wanted / 10, before = global(h, 56);
	bool both_ways = below(h, 2);

	if (count > 1000000)
		count = 1000000;
	if (below(h, 3))
		count = count / 100 + 1;
	if (h->chained > h->wanted / 7)
		return;
	h->chained += count;
	for (uint32_t i = 0; i < count && !full(h); i++) {
		uint32_t own = instance(h, 56);

		refer(h, before, own, LG_REF_ATTR);
		if (both_ways)
			refer(h, own, before, LG_REF_ATTR);
		refer(h, own, below(h, 4) ? plain_value(h) : any_record(h), LG_REF_ATTR);
		before = own;
	}
}

static void work_cache(struct heap *h)
{
	uint32_t cache = global(h, 9000);

	for (uint32_t k = 100 + below(h, 3000); k > 0 && !full(h); k--) {
		uint32_t key = make(h, 56);

		refer(h, cache, key, LG_REF_DICT_KEY);
		refer(h, key, text(h), LG_REF_ITEM);
		refer(h, key, common(h, &h->names), LG_REF_ITEM);
		refer(h, cache, any_record(h), LG_REF_KEY_TYPE);
	}
}

static void work_texts(struct heap *h)
{
	uint32_t list = global(h, 800);

	for (uint32_t k = 200 + below(h, 3000); k > 0 && !full(h); k--)
		refer(h, list, text(h), LG_REF_ITEM);
}

static void work_closures(struct heap *h)
{
	uint32_t list = global(h, 800);

	for (uint32_t k = 100 + below(h, 500); k > 0 && !full(h); k--) {
		uint32_t function = make(h, 136), closure = make(h, 48), cell = make(h, 40);

		refer(h, list, function, LG_REF_ITEM);
		refer(h, function, any(h, &h->codes), LG_REF_OTHER);
		refer(h, function, any(h, &h->dicts), LG_REF_OTHER);
		refer(h, function, closure, LG_REF_OTHER);
		refer(h, closure, cell, LG_REF_ITEM);
		refer(h, cell, any_record(h), LG_REF_CELL);
	}
}

static void work(struct heap *h)
{
	uint32_t r = below(h, 100);

	if (r < 45)
		work_records(h);
	else if (r < 70)
		work_tree(h);
	else if (r < 72)
		work_chain(h);
	else if (r < 81)
		work_cache(h);
	else if (r < 95)
		work_texts(h);
	else
		work_closures(h);
}

/* New number of each object: those that refer first. Returns how many do. */
static uint32_t renumber(const struct heap *h, uint32_t *number)
{
	uint32_t inner = 1, next;

	for (size_t i = 0; i < h->count; i++)
		number[i] = NOTHING;
	for (size_t i = 0; i < h->reference_count; i++)
		number[h->reference[i].from] = 0;
	for (size_t i = 0; i < h->count; i++)
		if (number[i] == 0)
			number[i] = inner++;
	next = inner;
	for (size_t i = 0; i < h->count; i++)
		if (number[i] == NOTHING)
			number[i] = next++;
	return inner;
}

static struct lg_snapshot *finish(struct heap *h)
{
	uint32_t *number = lg_alloc(h->count, sizeof *number);
	uint32_t inner = number ? renumber(h, number) : 0;
	struct sketch *s = sketch_new((uint32_t)h->count + 1, inner);
	struct lg_snapshot *out;

	for (size_t i = 0; i < h->reference_count; i++)
		sketch_refer(s, number[h->reference[i].from], number[h->reference[i].to],
			     h->reference[i].kind);
	for (size_t i = 0; i < h->modules.count; i++)
		sketch_root(s, number[h->modules.object[i]], LG_ROOT_MODULE);
	sketch_root(s, number[h->static_type], LG_ROOT_CLASS);
	for (size_t i = 0; i < h->count; i++)
		sketch_size(s, number[i], h->size[i]);
	free(h->reference);
	h->reference = NULL;
	out = sketch_finish(s);
	for (size_t i = 0; i < h->count; i++)
		out->type[number[i]] = h->of_class[i];
	free(number);
	return out;
}

static void release(struct heap *h)
{
	struct list *lists[] = {&h->modules,   &h->dicts, &h->types,   &h->names,
				&h->functions, &h->codes, &h->records, &h->shared};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		free(lists[i]->object);
	free(h->size);
	free(h->of_class);
}

struct lg_snapshot *heap_snapshot(uint32_t object_count, uint64_t seed)
{
	struct heap h = {.dice = dice_new(seed), .wanted = object_count};
	uint32_t scale = object_count < 100000 ? object_count / 1000 + 2 : 100;
	struct lg_snapshot *out;

	load_names_and_modules(&h, object_count / 200 + 10 * scale,
			       object_count / 50000 + scale / 2 + 1);
	for (uint32_t i = object_count / 500 + 5 * scale; i > 0; i--)
		load_function(&h);
	for (uint32_t i = object_count / 5000 + scale; i > 0; i--)
		load_type(&h);
	while (!full(&h))
		work(&h);
	out = finish(&h);
	release(&h);
	return out;
}
