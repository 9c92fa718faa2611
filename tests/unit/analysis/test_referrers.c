/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "leakgraph/referrers.h"
#include "tests/unit/analysis/heap.h"

/* A row as one line: "  3 [str] of dict: 5 references to 5, 500 bytes; weak". */
static const char *lines(struct heap *heap, const char *subject, uint32_t depth, uint32_t top)
{
	static char text[8192];
	struct built built = heap_build(heap);
	struct lg_referrer_tree *tree = NULL;
	struct lg_error err = {0};
	size_t used = 0;

	text[0] = 0;
	cr_assert(lg_referrer_tree_build(built.analysis, subject, depth, top, &tree, &err) == LG_OK,
		  "%s", err.text);
	for (size_t i = 0; i < tree->row_count; i++) {
		const struct lg_referrer_row *row = &tree->row[i];

		used += (size_t)snprintf(
			text + used, sizeof text - used, "%*s%lu %s %s: %lu to %lu, %lu%s%s%s\n",
			(int)(2 * row->depth - 2), "", (unsigned long)row->count, row->label,
			row->type, (unsigned long)row->references, (unsigned long)row->targets,
			(unsigned long)row->held_bytes, row->root ? " root" : "",
			row->weak ? " weak" : "", row->again ? " again" : "");
	}
	if (tree->more)
		snprintf(text + used, sizeof text - used, "and %lu more\n",
			 (unsigned long)tree->more);
	lg_referrer_tree_free(tree);
	built_free(&built);
	return text;
}

static void expect(const char *got, const char *expected)
{
	cr_assert(strcmp(got, expected) == 0, "got:\n%s", got);
}

/* Sessions in a dict of a module; one in a list of a thread's frame; one seen weakly. */
static struct heap *sessions(void)
{
	struct heap *heap = heap_new();
	uint32_t cache = heap_object(heap, "dict", 232), first;
	uint32_t list = heap_object(heap, "list", 64), weak = heap_object(heap, "weakref", 72);

	heap_refer(heap, heap_module(heap, "app"), cache, LG_REF_KEY_STR, "CACHE");
	first = heap_fill(heap, cache, LG_REF_KEY_STR, "app.Session", 5, 100);
	heap_refer(heap, heap_thread(heap, "main", "run"), list, LG_REF_LOCAL, "kept");
	heap_refer(heap, list, first, LG_REF_ITEM, NULL);
	heap_refer(heap, list, first, LG_REF_ITEM, NULL);
	heap_refer(heap, list, weak, LG_REF_ITEM, NULL);
	heap_refer(heap, weak, first + 1, LG_REF_WEAK, NULL);
	return heap;
}

Test(referrers, merged_by_type_and_label)
{
	expect(lines(sessions(), "app.Session", 1, 0), "1 [str] dict: 5 to 5, 500\n"
						       "1 [] list: 2 to 1, 100\n"
						       "1 weak weakref: 1 to 1, 100 weak\n");
}

Test(referrers, up_to_the_roots)
{
	const char *got = lines(sessions(), "app.Session", 0, 0);

	cr_assert(strstr(got, "1 [str] dict: 5 to 5, 500\n  1 .CACHE module: 1 to 1, ") == got,
		  "got:\n%s", got);
	cr_assert(strstr(got, "    1 module app : 1 to 1, "), "got:\n%s", got);
	cr_assert(strstr(got, "\n  1 local kept "), "got:\n%s", got);
	/* A weak reference ends a branch. */
	cr_assert(strstr(got, "1 weak weakref: 1 to 1, 100 weak\n") ==
			  got + strlen(got) - strlen("1 weak weakref: 1 to 1, 100 weak\n"),
		  "got:\n%s", got);
}

Test(referrers, no_more_than_asked_for)
{
	expect(lines(sessions(), "app.Session", 1, 1), "1 [str] dict: 5 to 5, 500\nand 2 more\n");
}

/* A cycle is followed once, and ends. */
Test(referrers, cycles_end)
{
	struct heap *heap = heap_new();
	uint32_t a = heap_object(heap, "app.A", 50), b = heap_object(heap, "app.B", 60);

	heap_refer(heap, heap_module(heap, "app"), a, LG_REF_KEY_STR, "A");
	heap_refer(heap, a, b, LG_REF_ATTR, "b");
	heap_refer(heap, b, a, LG_REF_ATTR, "a");
	cr_assert(strstr(lines(heap, "app.A", 10, 0), "1 .b app.A: 1 to 1, 60 again\n"));
}
