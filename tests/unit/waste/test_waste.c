/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "analysis/text.h"
#include "base/array.h"
#include "leakgraph/waste.h"
#include "tests/unit/analysis/heap.h"

/* What a producer adds to a heap, by ids. */
struct added {
	uint32_t object[32], group[32];
	uint32_t equals;
	uint32_t container[8], used[8], apart[8], needed[8];
	uint32_t containers;
	const char *slotted; /* name of a class, with 32 bytes before its attributes */
	uint32_t weakref_bytes;
};

static int by_object(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void add(const struct built *built, const struct added *added)
{
	struct lg_snapshot *s = built->snapshot;

	s->equals = lg_alloc(added->equals, sizeof *s->equals);
	for (uint32_t i = 0; i < added->equals; i++)
		s->equals[s->equal_count++] = (struct lg_equal){
			built->index[added->object[i]], added->group[i]};
	qsort(s->equals, s->equal_count, sizeof *s->equals, by_object);
	s->containers = lg_alloc(added->containers, sizeof *s->containers);
	for (uint32_t i = 0; i < added->containers; i++)
		s->containers[s->container_count++] = (struct lg_container){
			added->apart[i], added->needed[i], built->index[added->container[i]],
			added->used[i], added->used[i] + 1};
	for (uint32_t t = 0; added->slotted && t < s->type_count; t++) {
		struct lg_text name = lg_snapshot_string(s, s->types[t].name);

		if (name.length != strlen(added->slotted) ||
		    memcmp(name.bytes, added->slotted, name.length) != 0)
			continue;
		s->types[t].slotted_bytes = 32;
		s->types[t].weakref_bytes = added->weakref_bytes;
	}
}

/* "equal str 3x144 of 1 in app.Session .name" a row; the sums are checked on the way. */
static const char *waste_lines(struct heap *heap, const struct added *added)
{
	static const char *const kind[LG_WASTE_KINDS] = {"slots", "boxed", "equal", "empty",
							 "oversized"};
	static struct lg_buffer out;
	struct built built = heap_build(heap);
	struct lg_error err = {0};
	struct lg_waste *waste;
	uint64_t bytes = 0;

	lg_buffer_free(&out);
	add(&built, added);
	cr_assert_eq(lg_waste_build(built.analysis, 0, &waste, &err), LG_OK, "%s", err.text);
	for (size_t i = 0; i < waste->row_count; i++) {
		const struct lg_waste_row *row = &waste->row[i];

		lg_buffer_format(&out, "%s %s %lux%lu of %lu in %s %s\n", kind[row->kind], row->type,
				 row->count, row->bytes, row->of, row->keeper, row->label);
		bytes += row->bytes;
	}
	cr_expect_eq(bytes, waste->total.bytes);
	lg_waste_free(waste);
	built_free(&built);
	return out.bytes ? out.bytes : "";
}

static void equal(struct added *added, uint32_t object, uint32_t group)
{
	added->object[added->equals] = object;
	added->group[added->equals++] = group;
}

/* `count` sessions in a dict of a module, each with a dict of a str. */
static uint32_t sessions(struct heap *heap, uint32_t count, struct added *added)
{
	uint32_t cache = heap_object(heap, "dict", 500), first;

	heap_refer(heap, heap_module(heap, "app"), cache, LG_REF_KEY_STR, "CACHE");
	first = heap_fill(heap, cache, LG_REF_KEY_STR, "app.Session", count, 48);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t name = heap_object(heap, "str", 50);

		heap_refer(heap, heap_dict_of(heap, first + i), name, LG_REF_KEY_STR, "name");
		equal(added, name, 0);
	}
	return first;
}

/* 50 bytes take a block of 64; of four one stays. */
Test(waste, of_equal_objects_one_stays)
{
	struct heap *heap = heap_new();
	struct added added = {0};

	sessions(heap, 4, &added);
	cr_expect_str_eq(waste_lines(heap, &added), "equal str 3x192 of 1 in app.Session .name\n");
}

Test(waste, garbage_is_neither_had_nor_kept)
{
	struct heap *heap = heap_new();
	struct added added = {0};

	sessions(heap, 2, &added);
	equal(&added, heap_object(heap, "str", 50), 0);
	cr_expect_str_eq(waste_lines(heap, &added), "equal str 1x64 of 1 in app.Session .name\n");
}

/* A tuple or frozenset of two things, in a variable of a module. */
static uint32_t pair(struct heap *heap, uint32_t names, const char *type, uint32_t a, uint32_t b)
{
	uint32_t pair = heap_object(heap, type, 64);
	static unsigned number;
	char name[32];

	snprintf(name, sizeof name, "pair%u", number++);
	heap_refer(heap, pair, a, LG_REF_ITEM, NULL);
	heap_refer(heap, pair, b, LG_REF_ITEM, NULL);
	if (names)
		heap_refer(heap, names, pair, LG_REF_KEY_STR, name);
	return pair;
}

/* By groups where the dump has them, by tuples that are equal so, else by being the same; sets in any order. */
Test(waste, tuples_of_equal_items_are_equal)
{
	struct heap *heap = heap_new();
	struct added added = {0};
	uint32_t names = heap_module(heap, "app"), a[2], b[2], list;

	for (int i = 0; i < 2; i++) {
		a[i] = heap_object(heap, "str", 50);
		b[i] = heap_object(heap, "int", 28);
		heap_refer(heap, names, a[i], LG_REF_KEY_STR, i ? "a1" : "a0");
		heap_refer(heap, names, b[i], LG_REF_KEY_STR, i ? "b1" : "b0");
		equal(&added, a[i], 0);
		equal(&added, b[i], 1);
	}
	list = heap_object(heap, "list", 56);
	heap_refer(heap, list, names, LG_REF_ITEM, NULL);
	for (int i = 0; i < 2; i++) {
		uint32_t inside = pair(heap, 0, "tuple", a[i], b[i]);

		pair(heap, names, "tuple", inside, list);
		pair(heap, names, "frozenset", i ? b[1] : a[0], i ? a[1] : b[0]);
	}
	/* The other way round, of another type, and of a list that is another one. */
	pair(heap, names, "tuple", b[0], a[0]);
	pair(heap, names, "app.Pair", a[0], b[0]);
	pair(heap, names, "tuple", pair(heap, 0, "tuple", a[0], b[0]), heap_object(heap, "list", 56));
	cr_expect_str_eq(waste_lines(heap, &added),
			 "equal tuple 2x128 of 1 in module app []\n"
			 "equal tuple 1x64 of 1 in module app .pair4\n"
			 "equal frozenset 1x64 of 1 in module app .pair5\n"
			 "equal str 1x64 of 1 in module app .a1\n"
			 "equal int 1x32 of 1 in module app .b1\n");
}

/* No program makes them; a file may. */
Test(waste, tuples_in_cycles_and_deep_ones_end)
{
	struct heap *heap = heap_new();
	struct added added = {0};
	uint32_t names = heap_module(heap, "app"), one = heap_object(heap, "tuple", 48), other;

	other = pair(heap, names, "tuple", one, one);
	heap_refer(heap, one, other, LG_REF_ITEM, NULL);
	for (uint32_t i = 0, below = other; i < 100000; i++) {
		uint32_t above = heap_object(heap, "tuple", 48);

		heap_refer(heap, above, below, LG_REF_ITEM, NULL);
		below = above;
		if (i == 99999)
			heap_refer(heap, names, above, LG_REF_KEY_STR, "deep");
	}
	sessions(heap, 2, &added);
	/* Both that refer to the one at which the cycle ends. */
	cr_expect_str_eq(waste_lines(heap, &added), "equal str 1x64 of 1 in app.Session .name\n"
						    "equal tuple 1x48 of 1 in module app []\n");
}

Test(waste, empty_and_oversized_containers)
{
	struct heap *heap = heap_new();
	uint32_t names = heap_module(heap, "app"), empty = heap_object(heap, "list", 56);
	uint32_t large = heap_object(heap, "dict", 64 + 2000), some = heap_object(heap, "list", 56 + 80);
	struct added added = {
		.container = {empty, large, some}, .used = {0, 5, 9}, .apart = {0, 2000, 80},
		.needed = {0, 168, 72}, .containers = 3,
	};

	heap_refer(heap, names, empty, LG_REF_KEY_STR, "a");
	heap_refer(heap, names, large, LG_REF_KEY_STR, "b");
	heap_refer(heap, names, some, LG_REF_KEY_STR, "c");
	/* malloc: 2000 + 8 in blocks of 16; the last has too little to spare. */
	cr_expect_str_eq(waste_lines(heap, &added), "oversized dict 1x1840 of 0 in module app .b\n"
						    "empty list 1x64 of 0 in module app .a\n");
}

/* 48 and 100 bytes take 48 and 112; with one slot 40 take 48. The dict is the class's, and not empty. */
Test(waste, slots_spare_the_dict)
{
	struct heap *heap = heap_new();
	struct added added = { .slotted = "Session" };

	sessions(heap, 4, &added);
	added.equals = 0;
	cr_expect_str_eq(waste_lines(heap, &added), "slots app.Session 4x448 of 1 in app.Session \n");
}

Test(waste, slots_leave_room_for_weak_references_where_there_are_some)
{
	struct heap *heap = heap_new();
	struct added added = { .slotted = "Session", .weakref_bytes = 16 };
	uint32_t first = sessions(heap, 2, &added);

	added.equals = 0;
	heap_refer(heap, heap_module(heap, "watch"), first, LG_REF_WEAK, NULL);
	cr_expect_str_eq(waste_lines(heap, &added), "slots app.Session 2x192 of 1 in app.Session \n");
}

/* vars(x) is kept somewhere: the dict would not go. */
Test(waste, a_dict_that_others_have_is_not_spared)
{
	struct heap *heap = heap_new();
	struct added added = { .slotted = "Session" };
	uint32_t names = heap_module(heap, "app"), object = heap_object(heap, "app.Session", 48);
	uint32_t dict = heap_dict_of(heap, object);

	heap_refer(heap, names, object, LG_REF_KEY_STR, "one");
	heap_refer(heap, names, dict, LG_REF_KEY_STR, "its");
	cr_expect_str_eq(waste_lines(heap, &added), "");
}

/* 24 bytes take 32: 20 floats take 640, of which an array's larger head takes 16. */
Test(waste, numbers_of_a_list_count_once)
{
	struct heap *heap = heap_new();
	uint32_t list = heap_object(heap, "list", 216), first;
	struct added added = { .containers = 0 };

	heap_refer(heap, heap_module(heap, "app"), list, LG_REF_KEY_STR, "VALUES");
	first = heap_fill(heap, list, LG_REF_ITEM, "float", 20, 24);
	for (uint32_t i = 0; i < 20; i++)
		equal(&added, first + i, 0);
	cr_expect_str_eq(waste_lines(heap, &added), "boxed float 20x624 of 1 in module app .VALUES\n");
}

Test(waste, a_list_of_anything_else_is_no_array)
{
	struct heap *heap = heap_new();
	uint32_t list = heap_object(heap, "list", 216);
	struct added added = {0};

	heap_refer(heap, heap_module(heap, "app"), list, LG_REF_KEY_STR, "VALUES");
	heap_fill(heap, list, LG_REF_ITEM, "float", 20, 24);
	heap_refer(heap, list, heap_object(heap, "str", 50), LG_REF_ITEM, NULL);
	sessions(heap, 2, &added);
	cr_expect_str_eq(waste_lines(heap, &added), "equal str 1x64 of 1 in app.Session .name\n");
}

Test(waste, a_dump_that_says_nothing_of_it_is_refused)
{
	struct heap *heap = heap_new();
	struct lg_error err = {0};
	struct lg_waste *waste;
	struct built built;

	heap_module(heap, "app");
	built = heap_build(heap);
	cr_expect_eq(lg_waste_build(built.analysis, 0, &waste, &err), LG_E_NOT_FOUND);
	cr_expect(strstr(err.text, "does not say which contents are equal"), "%s", err.text);
	cr_expect_null(waste);
	built_free(&built);
}
