/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/analysis/heap.h"

/*
 * Sessions in two dicts, one of them behind an instance; a weak reference to each:
 *	module app → .A → [str] → app.Session
 *	module web → .site → web.Site → .sessions → [int] → app.Session
 */
static struct heap *two_ways(void)
{
	struct heap *heap = heap_new();
	uint32_t a = heap_object(heap, "dict", 100), b = heap_object(heap, "dict", 100);
	uint32_t site = heap_object(heap, "web.Site", 100), first;

	heap_refer(heap, heap_module(heap, "app"), a, LG_REF_KEY_STR, "A");
	heap_refer(heap, heap_module(heap, "web"), site, LG_REF_KEY_STR, "site");
	heap_refer(heap, site, b, LG_REF_ATTR, "sessions");
	first = heap_fill(heap, a, LG_REF_KEY_STR, "app.Session", 10, 1000);
	for (uint32_t i = 0; i < 10; i++) {
		uint32_t weak = heap_object(heap, "weakref.ReferenceType", 50);

		heap_refer(heap, b, first + i, LG_REF_KEY_TYPE, "int");
		heap_refer(heap, a, weak, LG_REF_ITEM, NULL);
		heap_refer(heap, weak, first + i, LG_REF_WEAK, NULL);
	}
	return heap;
}

/* "module app → ...", "no other path of 10", with patterns that a NULL ends. Frees the heap. */
static const char *path(struct heap *heap, const char *query, const char *const *pattern)
{
	static char text[4096];
	struct built built = heap_build(heap);
	struct lg_where *where = NULL;
	struct lg_error err = {0};
	size_t count = 0;

	while (pattern[count])
		count++;
	cr_assert_eq(lg_analysis_ignore(built.analysis, pattern, count, &err), LG_OK, "%s", err.text);
	cr_assert_eq(lg_where_build(built.analysis, query, 0, &where, &err), LG_OK, "%s", err.text);
	if (where->shortest_count)
		snprintf(text, sizeof text, "%s", where->shortest[0].path_text);
	else
		snprintf(text, sizeof text, "no other path of %llu", (unsigned long long)where->no_other);
	lg_where_free(where);
	built_free(&built);
	return text;
}

#define expect(query, expected, ...)                                                               \
	do {                                                                                       \
		const char *const pattern_[] = {__VA_ARGS__, NULL};                                \
		const char *text_ = path(two_ways(), query, pattern_);                             \
		cr_expect_str_eq(text_, expected, "%s", text_);                                    \
	} while (0)

#define BY_A   "module app → .A → [str] ×10 → app.Session"
#define BY_WEB "module web → .site → web.Site → .sessions → [int] ×10 → app.Session"

Test(ignore, takes_the_next_path)
{
	expect("app.Session", BY_A, "nothing");
	expect("app.Session", BY_WEB, "module app");
	expect("app.Session", BY_WEB, "app");
	expect("app.Session", BY_WEB, ".A");
	expect("app.Session", BY_WEB, "[str]");
	expect("app.Session", BY_A, "web.*");
}

Test(ignore, all_of_several)
{
	expect("app.Session", "no other path of 10", ".A", "web.Site");
	expect("app.Session", "no other path of 10", ".A", "[int]");
	expect("app.Session", "no other path of 10", "dict");
	expect("app.Session", "no other path of 10", "*");
}

/* One may ask for what is ignored: the way to it counts, not itself. */
Test(ignore, what_is_asked_for)
{
	expect("app.Session", BY_A, "app.Session");
	expect("web.Site", "module web → .site → web.Site", "web.*");
}

Test(ignore, weak_references_are_told_and_not_followed)
{
	struct built built = heap_build(two_ways());
	struct lg_where *where = NULL;
	struct lg_error err = {0};

	cr_assert_eq(lg_where_build(built.analysis, "app.Session", 0, &where, &err), LG_OK);
	cr_expect_eq(where->weak, 10);
	cr_expect_str_eq(where->weak_text, "10 × weakref.ReferenceType");
	lg_where_free(where);
	cr_assert_eq(lg_where_build(built.analysis, "web.Site", 0, &where, &err), LG_OK);
	cr_expect_eq(where->weak, 0);
	cr_expect_str_eq(where->weak_text, "");
	lg_where_free(where);
	built_free(&built);
}
