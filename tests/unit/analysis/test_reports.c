/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "analysis/text.h"
#include "tests/unit/analysis/heap.h"

/* Two caches of one module with sessions of their own, and three shared ones. */
static struct heap *two_caches(void)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");
	uint32_t a = heap_object(heap, "dict", 100), b = heap_object(heap, "list", 50), shared;

	heap_refer(heap, module, a, LG_REF_KEY_STR, "A");
	heap_refer(heap, module, b, LG_REF_KEY_STR, "B");
	heap_fill(heap, a, LG_REF_KEY_STR, "app.models.Session", 10, 1000);
	shared = heap_fill(heap, b, LG_REF_ITEM, "app.models.Session", 3, 1000);
	for (uint32_t i = 0; i < 3; i++)
		heap_refer(heap, a, shared + i, LG_REF_KEY_STR, "s");
	return heap;
}

static const char *tree_lines(struct heap *heap, uint32_t depth, double share)
{
	static struct lg_buffer out;
	struct built built = heap_build(heap);
	struct lg_error err = {0};
	struct lg_tree *tree;

	lg_buffer_free(&out);
	cr_assert_eq(lg_tree_build(built.analysis, NULL, depth, share, &tree, &err), LG_OK, "%s",
		     err.text);
	for (size_t i = 0; i < tree->row_count; i++)
		lg_buffer_format(&out, "%u %s %s %llu %llu\n", tree->row[i].depth,
				 tree->row[i].label, tree->row[i].type,
				 (unsigned long long)tree->row[i].count,
				 (unsigned long long)tree->row[i].retained_bytes);
	lg_tree_free(tree);
	built_free(&built);
	return out.bytes ? out.bytes : "";
}

Test(tree, merges_siblings_and_folds_module_dicts)
{
	const char *lines = tree_lines(two_caches(), 0, 0);

	cr_expect_str_eq(lines,
			 "0 (all roots)  1 13350\n"
			 "1 module app module 1 13350\n"
			 "2 .A dict 1 10100\n"
			 "3 [str] app.models.Session 10 10000\n"
			 "2 (several paths) app.models.Session 3 3000\n"
			 "2 .B list 1 50\n",
			 "%s", lines);
}

Test(tree, stops_at_depth_and_share)
{
	cr_expect_str_eq(tree_lines(two_caches(), 1, 0), "0 (all roots)  1 13350\n"
							 "1 module app module 1 13350\n");
	cr_expect_str_eq(tree_lines(two_caches(), 2, 0.1),
			 "0 (all roots)  1 13350\n"
			 "1 module app module 1 13350\n"
			 "2 .A dict 1 10100\n"
			 "2 (several paths) app.models.Session 3 3000\n");
}

Test(tree, an_instance_dict_is_no_row)
{
	struct heap *heap = heap_new();
	uint32_t object = heap_object(heap, "app.Config", 50);

	heap_refer(heap, heap_module(heap, "app"), object, LG_REF_KEY_STR, "CONFIG");
	heap_refer(heap, heap_dict_of(heap, object), heap_object(heap, "bytes", 1000),
		   LG_REF_KEY_STR, "data");
	cr_expect_str_eq(tree_lines(heap, 3, 0), "0 (all roots)  1 1350\n"
						 "1 module app module 1 1350\n"
						 "2 .CONFIG app.Config 1 1150\n"
						 "3 .data bytes 1 1000\n");
}

/* Wider than any screen: rows end at the cap, and the tree says so. */
Test(tree, has_a_cap)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");
	struct lg_error err = {0};
	struct lg_tree *tree;
	struct built built;

	for (uint32_t i = 0; i < LG_MAX_TREE_ROWS + 10; i++) {
		char name[32];

		snprintf(name, sizeof name, "x%u", i);
		heap_refer(heap, module, heap_object(heap, "bytes", 10), LG_REF_KEY_STR, name);
	}
	built = heap_build(heap);
	cr_assert_eq(lg_tree_build(built.analysis, NULL, 3, 0, &tree, &err), LG_OK, "%s", err.text);
	cr_expect_eq(tree->row_count, LG_MAX_TREE_ROWS);
	cr_expect(tree->more);
	lg_tree_free(tree);
	built_free(&built);
}

static const char *histogram_lines(struct heap *heap, enum lg_type_order order, uint32_t top)
{
	static struct lg_buffer out;
	struct built built = heap_build(heap);
	struct lg_error err = {0};
	struct lg_histogram *histogram;

	lg_buffer_free(&out);
	cr_assert_eq(lg_histogram_build(built.analysis, order, top, &histogram, &err), LG_OK);
	for (size_t i = 0; i < histogram->type_count; i++)
		lg_buffer_format(&out, "%s %llu %llu %llu\n", histogram->type[i].name,
				 (unsigned long long)histogram->type[i].count,
				 (unsigned long long)histogram->type[i].shallow_bytes,
				 (unsigned long long)histogram->type[i].retained_bytes);
	lg_buffer_format(&out, "of %llu\n", (unsigned long long)histogram->type_total);
	lg_histogram_free(histogram);
	built_free(&built);
	return out.bytes;
}

Test(types, orders)
{
	cr_expect_str_eq(histogram_lines(two_caches(), LG_BY_SHALLOW, 0),
			 "app.models.Session 13 13000 13000\n"
			 "dict 2 200 10100\n"
			 "module 1 100 13350\n"
			 "list 1 50 50\n"
			 "of 4\n");
	cr_expect_str_eq(histogram_lines(two_caches(), LG_BY_RETAINED, 1),
			 "module 1 100 13350\nof 4\n");
	cr_expect_str_eq(histogram_lines(two_caches(), LG_BY_COUNT, 2),
			 "app.models.Session 13 13000 13000\ndict 2 200 10100\nof 4\n");
}

/* A list in a list retains once; garbage is counted, and retains nothing. */
Test(types, retained_counts_each_byte_once)
{
	struct heap *heap = heap_new();
	uint32_t outer = heap_object(heap, "list", 100), inner = heap_object(heap, "list", 200);

	heap_refer(heap, heap_module(heap, "app"), outer, LG_REF_KEY_STR, "L");
	heap_refer(heap, outer, inner, LG_REF_ITEM, NULL);
	heap_refer(heap, inner, heap_object(heap, "bytes", 1000), LG_REF_ITEM, NULL);
	heap_refer(heap, heap_object(heap, "list", 7), heap_object(heap, "bytes", 5), LG_REF_ITEM,
		   NULL);
	cr_expect_str_eq(histogram_lines(heap, LG_BY_SHALLOW, 0), "bytes 2 1005 1000\n"
								  "list 3 307 1300\n"
								  "module 1 100 1500\n"
								  "dict 1 100 0\n"
								  "of 4\n");
}

static void add_routes(struct lg_buffer *out, const char *title, const struct lg_route *route,
		       size_t count, uint64_t more)
{
	for (size_t i = 0; i < count; i++)
		lg_buffer_format(out, "%s %llu %llu %s\n", title,
				 (unsigned long long)route[i].count,
				 (unsigned long long)route[i].retained_bytes, route[i].path_text);
	if (more)
		lg_buffer_format(out, "%s %llu more\n", title, (unsigned long long)more);
}

/* The answer as lines, or the error's text. */
static const char *where_lines(struct heap *heap, const char *query, uint32_t top,
			       enum lg_status expected)
{
	static struct lg_buffer out;
	struct built built = heap_build(heap);
	struct lg_error err = {0};
	struct lg_where *where;

	lg_buffer_free(&out);
	cr_expect_eq(lg_where_build(built.analysis, query, top, &where, &err), expected, "%s",
		     err.text);
	if (!where) {
		lg_buffer_add(&out, err.text);
	} else {
		lg_buffer_format(
			&out, "%s: %llu shallow, %llu retained, %llu unreached, %llu alike\n",
			where->subject, (unsigned long long)where->shallow_bytes,
			(unsigned long long)where->retained_bytes,
			(unsigned long long)where->unreached, (unsigned long long)where->alike);
		if (where->cycle_text[0])
			lg_buffer_format(&out, "cycle %s\n", where->cycle_text);
		add_routes(&out, "shortest", where->shortest, where->shortest_count,
			   where->shortest_more);
		add_routes(&out, "dominators", where->dominators, where->dominators_count,
			   where->dominators_more);
	}
	lg_where_free(where);
	built_free(&built);
	return out.bytes ? out.bytes : "";
}

Test(path, of_a_type_is_merged)
{
	const char *lines = where_lines(two_caches(), "app.models.Session", 0, LG_OK);

	cr_expect_str_eq(lines,
			 "app.models.Session (13 objects): 13000 shallow, 13000 retained, 0 "
			 "unreached, 0 alike\n"
			 "shortest 13 13000 module app → .A → [str] ×13 → app.models.Session\n"
			 "dominators 10 10000 module app → .A → [str] ×10 → app.models.Session\n"
			 "dominators 3 3000 module app → (several paths) ×3 → app.models.Session\n",
			 "%s", lines);
}

Test(path, of_a_type_by_its_last_part)
{
	cr_expect(strstr(where_lines(two_caches(), "Session", 0, LG_OK), "app.models.Session (13"));
	cr_expect(strstr(where_lines(two_caches(), "models.Session", 0, LG_OK), "(13 objects)"));
}

Test(path, tells_the_most_frequent_first_and_counts_the_rest)
{
	const char *lines = where_lines(two_caches(), "Session", 1, LG_OK);

	cr_expect(strstr(lines, "dominators 10 10000 "), "%s", lines);
	cr_expect(strstr(lines, "dominators 1 more\n"), "%s", lines);
}

Test(path, of_one_object_by_index_and_address)
{
	const char *expected = "2000 bytes: 1000 shallow, 1000 retained, 0 unreached, 2 alike\n"
			       "shortest 1 1000 module app → .D → ['big']\n"
			       "dominators 1 1000 module app → .D → ['big']\n";

	for (int by_address = 0; by_address < 2; by_address++) {
		struct heap *heap = heap_new();
		uint32_t dict = heap_object(heap, "dict", 100);
		uint32_t big = heap_object(heap, "bytes", 1000);
		const char *lines;
		char query[32];

		heap_refer(heap, heap_module(heap, "app"), dict, LG_REF_KEY_STR, "D");
		heap_refer(heap, dict, big, LG_REF_KEY_STR, "big");
		heap_refer(heap, dict, heap_object(heap, "bytes", 10), LG_REF_KEY_STR, "small");
		snprintf(query, sizeof query, by_address ? "0x7F00%08x" : "#4", big * 0x10000);
		lines = where_lines(heap, query, 0, LG_OK);
		cr_expect(strncmp(lines, "#4 bytes at 0x7f0000020000: ", 28) == 0, "%s", lines);
		cr_expect_str_eq(strchr(lines, ':'), strchr(expected, ':'), "%s", lines);
	}
}

Test(path, of_garbage_tells_its_cycle)
{
	struct heap *heap = heap_new();
	uint32_t a, b;

	heap_module(heap, "app");
	a = heap_object(heap, "app.A", 10);
	b = heap_object(heap, "app.B", 20);
	heap_refer(heap, a, b, LG_REF_ATTR, "b");
	heap_refer(heap, b, a, LG_REF_ATTR, "a");
	cr_expect_str_eq(where_lines(heap, "app.A", 0, LG_OK),
			 "app.A (1 object): 10 shallow, 0 retained, 1 unreached, 0 alike\n"
			 "cycle app.A → .b → app.B → .a → (back)\n");
}

Test(path, refuses_what_it_does_not_understand)
{
	cr_expect_str_eq(where_lines(two_caches(), "#", 0, LG_E_USAGE),
			 "'#' is no index of an object: expected # and a number");
	cr_expect_str_eq(where_lines(two_caches(), "#-1", 0, LG_E_USAGE),
			 "'#-1' is no index of an object: expected # and a number");
	cr_expect_str_eq(
		where_lines(two_caches(), "#18446744073709551616", 0, LG_E_USAGE),
		"'#18446744073709551616' is no index of an object: expected # and a number");
	cr_expect_str_eq(where_lines(two_caches(), "0xzz", 0, LG_E_USAGE),
			 "'0xzz' is no address: expected 0x and hex digits");
	cr_expect_str_eq(where_lines(two_caches(), "", 0, LG_E_USAGE),
			 "expected a type, #INDEX, 0xADDRESS or a signature, not ''");
}

Test(path, says_what_is_not_there)
{
	cr_expect_str_eq(where_lines(two_caches(), "#18", 0, LG_E_NOT_FOUND),
			 "no object #18: the dump has #1 to #17");
	cr_expect_str_eq(where_lines(two_caches(), "#0", 0, LG_E_NOT_FOUND),
			 "no object #0: the dump has #1 to #17");
	cr_expect_str_eq(where_lines(two_caches(), "0x10", 0, LG_E_NOT_FOUND),
			 "no object at 0x10 in this dump");
	cr_expect_str_eq(where_lines(two_caches(), "0x7f0000010001", 0, LG_E_NOT_FOUND),
			 "no object at 0x7f0000010001; it lies inside #1 at 0x7f0000010000");
	cr_expect_str_eq(where_lines(two_caches(), "app.Sesion", 0, LG_E_NOT_FOUND),
			 "no objects of a type 'app.Sesion'; nearest: app.models.Session");
	cr_expect_str_eq(where_lines(two_caches(), "Zebra", 0, LG_E_NOT_FOUND),
			 "no objects of a type 'Zebra' in this dump");
}

Test(path, lists_the_candidates_of_an_ambiguous_name)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");

	heap_refer(heap, module, heap_object(heap, "app.Session", 1), LG_REF_KEY_STR, "a");
	heap_refer(heap, module, heap_object(heap, "web.Session", 1), LG_REF_KEY_STR, "b");
	cr_expect_str_eq(where_lines(heap, "Session", 0, LG_E_USAGE),
			 "'Session' is the name of several types: app.Session, web.Session");
}
