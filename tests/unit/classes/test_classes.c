/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "analysis/text.h"
#include "leakgraph/classes.h"
#include "tests/unit/analysis/heap.h"

/* "shop.Session 3x100 keeps 450: dict 50, str 100" a row; the sum of all is checked on the way. */
static const char *class_lines(struct heap *heap, bool by_package, uint32_t top)
{
	static const char *const part[LG_KEEPER_PARTS] = {"dict",  "list",    "tuple", "set", "str",
							  "bytes", "numbers", "code",  "rest"};
	static struct lg_buffer out;
	struct built built = heap_build(heap);
	struct lg_error err = {0};
	struct lg_classes *classes;
	uint64_t sum;

	lg_buffer_free(&out);
	cr_assert_eq(lg_classes_build(built.analysis, by_package, top, &classes, &err), LG_OK, "%s",
		     err.text);
	sum = classes->rest_bytes;
	for (size_t i = 0; i < classes->row_count; i++) {
		const struct lg_class_row *row = &classes->row[i];
		uint64_t parts = row->own_bytes;

		lg_buffer_format(&out, "%s %lux%lu keeps %lu", row->name, row->count, row->own_bytes,
				 row->kept_bytes);
		for (int p = 0; p < LG_KEEPER_PARTS; p++) {
			parts += row->part_bytes[p];
			if (row->part_bytes[p])
				lg_buffer_format(&out, " %s %lu", part[p], row->part_bytes[p]);
		}
		cr_expect_eq(parts, row->kept_bytes, "%s", row->name);
		lg_buffer_add(&out, "\n");
		sum += row->kept_bytes;
	}
	cr_expect_eq(sum, classes->summary.object_bytes);
	lg_classes_free(classes);
	built_free(&built);
	return out.bytes ? out.bytes : "";
}

/* module shop.sessions → .SESSIONS → 3 sessions with a dict and a str each. */
static struct heap *sessions(void)
{
	struct heap *heap = heap_new();
	uint32_t cache = heap_object(heap, "dict", 500), first;

	heap_refer(heap, heap_module(heap, "shop.sessions"), cache, LG_REF_KEY_STR, "SESSIONS");
	first = heap_fill(heap, cache, LG_REF_KEY_STR, "shop.Session", 3, 50);
	for (uint32_t i = 0; i < 3; i++)
		heap_refer(heap, heap_dict_of(heap, first + i), heap_object(heap, "str", 1000),
			   LG_REF_KEY_STR, "name");
	return heap;
}

Test(classes, what_hangs_on_an_instance_is_its_class_s)
{
	cr_expect_str_eq(class_lines(sessions(), false, 0),
			 "shop.Session 3x150 keeps 3450 dict 300 str 3000\n"
			 "module shop.sessions 0x0 keeps 700 dict 600 rest 100\n");
}

Test(classes, the_nearest_class_has_it)
{
	struct heap *heap = sessions();
	uint32_t user = heap_object(heap, "shop.User", 10), holder = heap_object(heap, "shop.Users", 7);

	heap_root(heap, holder, LG_ROOT_MODULE, "shop.users");
	heap_refer(heap, holder, user, LG_REF_ATTR, "first");
	heap_refer(heap, user, heap_object(heap, "int", 28), LG_REF_ATTR, "age");
	heap_refer(heap, holder, heap_object(heap, "int", 32), LG_REF_ATTR, "count");
	cr_expect_str_eq(class_lines(heap, false, 0),
			 "shop.Session 3x150 keeps 3450 dict 300 str 3000\n"
			 "module shop.sessions 0x0 keeps 700 dict 600 rest 100\n"
			 "shop.Users 1x7 keeps 39 numbers 32\n"
			 "shop.User 1x10 keeps 38 numbers 28\n");
}

/* A cache that is an attribute of the class is the class's; deques are no classes of anybody's. */
Test(classes, a_class_keeps_what_it_holds_itself)
{
	struct heap *heap = heap_new();
	uint32_t class = heap_class(heap, "app.Pool"), deque = heap_object(heap, "collections.deque", 600);

	heap_refer(heap, heap_module(heap, "app"), class, LG_REF_KEY_STR, "Pool");
	heap_refer(heap, class, deque, LG_REF_ATTR, "free");
	heap_refer(heap, deque, heap_object(heap, "bytes", 5000), LG_REF_ITEM, NULL);
	cr_expect_str_eq(class_lines(heap, false, 0),
			 "app.Pool 0x0 keeps 6600 list 600 bytes 5000 code 1000\n"
			 "module app 0x0 keeps 200 dict 100 rest 100\n");
}

Test(classes, what_several_keep_and_garbage_have_lines_of_their_own)
{
	struct heap *heap = sessions();
	uint32_t shared = heap_object(heap, "bytes", 700), a = heap_object(heap, "app.Lost", 40);
	uint32_t frame = heap_thread(heap, "worker", "run");

	heap_refer(heap, heap_module(heap, "a"), shared, LG_REF_KEY_STR, "x");
	heap_refer(heap, heap_module(heap, "b"), shared, LG_REF_KEY_STR, "x");
	heap_refer(heap, a, a, LG_REF_ATTR, "me");
	heap_refer(heap, frame, heap_object(heap, "list", 300), LG_REF_LOCAL, "rows");
	cr_expect_str_eq(class_lines(heap, false, 0),
			 "shop.Session 3x150 keeps 3450 dict 300 str 3000\n"
			 "several, and none alone 0x0 keeps 700 bytes 700\n"
			 "module shop.sessions 0x0 keeps 700 dict 600 rest 100\n"
			 "frames of threads 0x0 keeps 300 list 300\n"
			 "module a 0x0 keeps 200 dict 100 rest 100\n"
			 "module b 0x0 keeps 200 dict 100 rest 100\n"
			 "garbage that no root reaches 0x0 keeps 40 rest 40\n");
}

Test(classes, packages_merge_classes_and_modules)
{
	cr_expect_str_eq(class_lines(sessions(), true, 0),
			 "shop 3x150 keeps 4150 dict 900 str 3000 rest 100\n");
}

Test(classes, top_leaves_the_rest_as_a_sum)
{
	cr_expect_str_eq(class_lines(sessions(), false, 1),
			 "shop.Session 3x150 keeps 3450 dict 300 str 3000\n");
}
