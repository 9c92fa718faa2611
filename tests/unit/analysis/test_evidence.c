/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/analysis/heap.h"

/*
 * A line for each holder: "4: 500 equal items, no bound, Session: short-lived by its name | app.CACHE".
 * Frees the heap.
 */
static const char *evidence(struct heap *heap)
{
	static char text[8192];
	struct built built = heap_build(heap);
	struct lg_verdict *verdict = NULL;
	struct lg_error err = {0};
	size_t used = 0;

	cr_assert_eq(lg_verdict_build(built.analysis, 0, &verdict, &err), LG_OK, "%s", err.text);
	text[0] = 0;
	for (size_t i = 0; i < verdict->holder_count; i++) {
		const struct lg_holder *holder = &verdict->holder[i];

		used += (size_t)snprintf(text + used, sizeof text - used, "%d: ", holder->points);
		for (size_t k = 0; k < holder->evidence_count; k++)
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
						 k ? ", " : "", holder->evidence[k].text);
		used += (size_t)snprintf(text + used, sizeof text - used, " | %s\n", holder->cut);
	}
	lg_verdict_free(verdict);
	built_free(&built);
	return text;
}

#define expect(heap, expected)                                                                     \
	do {                                                                                       \
		const char *text_ = evidence(heap);                                                \
		cr_expect_str_eq(text_, expected, "%s", text_);                                    \
	} while (0)

/* A variable of a module, filled with items. */
static uint32_t add_container(struct heap *heap, uint32_t module, const char *name, const char *type,
			      const char *item, uint32_t count, uint64_t bytes)
{
	uint32_t container = heap_object(heap, type, 1000);

	heap_refer(heap, module, container, LG_REF_KEY_STR, name);
	heap_fill(heap, container, LG_REF_ITEM, item, count, bytes);
	return container;
}

/* What is large for a good reason stands behind a leak that is a tenth of it. */
Test(evidence, leak_before_what_is_larger)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");

	add_container(heap, module, "SETTINGS", "list", "dict", 400, 1000);
	add_container(heap, module, "SESSIONS", "list", "app.Session", 300, 200);
	heap_refer(heap, module, heap_object(heap, "bytes", 800000), LG_REF_KEY_STR, "MODEL");
	add_container(heap, module, "TABLE", "tuple", "app.Row", 500, 600);
	expect(heap, "4: 300 equal items, no bound, Session: short-lived by its name | app.SESSIONS\n"
		     "1: 400 equal items, no bound, plain data only | app.SETTINGS\n"
		     "-4: one bytes of 800.0 kB, no pile | app.MODEL\n"
		     "-3: a tuple can't grow, 500 equal items | app.TABLE\n");
}

/* Size still counts: a leak that is next to nothing does not come first. */
Test(evidence, size_still_counts)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");

	add_container(heap, module, "SESSIONS", "list", "app.Session", 300, 30);
	add_container(heap, module, "SETTINGS", "list", "dict", 1000, 1000);
	expect(heap, "1: 1,000 equal items, no bound, plain data only | app.SETTINGS\n"
		     "4: 300 equal items, no bound, Session: short-lived by its name | app.SESSIONS\n");
}

/* The last word of a name, however it is written. */
Test(evidence, names)
{
	static const struct {
		const char *type;
		bool short_lived;
	} name[] = {
		{"app.HTTPRequest", true}, {"app.request", true},  {"app.JOB", true},
		{"app.upload_job", true},  {"app.Task2", true},    {"app.Requester", false},
		{"app.SessionPool", false}, {"app.Prejob", false}, {"app.T", false},
		{"app._", false},          {"app.MyConn_", true},
	};

	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		struct heap *heap = heap_new();
		const char *text;

		add_container(heap, heap_module(heap, "app"), "ALL", "list", name[i].type, 300, 100);
		text = evidence(heap);
		cr_expect_eq(text[0], name[i].short_lived ? '4' : '2', "%s: %s", name[i].type, text);
	}
}

/* A cache of functools by its links, and a queue by the deque that it has. */
Test(evidence, what_takes_only_so_many)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app"), dict = heap_object(heap, "dict", 1000);
	uint32_t cache = heap_object(heap, "functools._lru_cache_wrapper", 100), first;
	uint32_t queue = heap_object(heap, "queue.Queue", 50);

	heap_refer(heap, module, cache, LG_REF_KEY_STR, "price");
	heap_refer(heap, cache, dict, LG_REF_ATTR, "cache");
	first = heap_fill(heap, dict, LG_REF_KEY_STR, "functools._lru_list_elem", 128, 50);
	for (uint32_t i = 0; i < 128; i++)
		heap_refer(heap, first + i, heap_object(heap, "app.Quote", 500), LG_REF_ATTR, "result");
	heap_bound(heap, cache, 128);
	heap_refer(heap, module, queue, LG_REF_KEY_STR, "jobs");
	add_container(heap, heap_dict_of(heap, queue), "queue", "collections.deque", "app.Row", 500,
		      100);
	heap_bound(heap, queue, 1000);
	expect(heap, "-3: functools cache: at most 128, 128 equal items | app.price.cache\n"
		     "-3: Queue: at most 1,000, 500 equal items | app.jobs.queue\n");
}

/* A bound that is far away, and one of what stands further up, excuse nothing. */
Test(evidence, bounds_that_bound_nothing)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app"), recent, tenants, rows;

	recent = add_container(heap, module, "RECENT", "collections.deque", "app.Row", 300, 100);
	heap_bound(heap, recent, 3010);
	tenants = add_container(heap, module, "TENANTS", "collections.deque", "app.Tenant", 1, 50);
	heap_bound(heap, tenants, 4);
	rows = heap_object(heap, "list", 5000);
	heap_refer(heap, heap_dict_of(heap, tenants + 1), rows, LG_REF_KEY_STR, "rows");
	heap_fill(heap, rows, LG_REF_ITEM, "app.Row", 500, 100);
	expect(heap, "2: 500 equal items, no bound | app.TENANTS[].rows\n"
		     "1: 300 equal items, deque: at most 3,010, far from full | app.RECENT\n");
}

Test(evidence, what_c_code_holds)
{
	struct heap *heap = heap_new();

	for (uint32_t i = 0; i < 200; i++)
		heap_root(heap, heap_object(heap, "codec.Frame", 1000), LG_ROOT_C_CODE, NULL);
	expect(heap, "3: 200 equal items, a reference count that no object explains | \n");
}

/* Code is as large as what was imported. */
Test(evidence, code_and_known_tables)
{
	struct heap *heap = heap_new();
	uint32_t function = heap_object(heap, "function", 200);

	heap_refer(heap, heap_module(heap, "app"), function, LG_REF_KEY_STR, "main");
	heap_fill(heap, function, LG_REF_OTHER, "code", 1, 5000);
	add_container(heap, heap_module(heap, "linecache"), "cache", "dict", "str", 500, 100);
	expect(heap, "-2: a table that every program has, 500 equal items, no bound | linecache.cache\n"
		     "-4: code and classes of what was imported | app.main → ->\n");
}

/* The fields of exceptions, tasks and generators say what they are, whatever they are called. */
Test(evidence, short_lived_by_kind)
{
	struct heap *heap = heap_new();
	uint32_t list = heap_object(heap, "list", 1000);

	heap_refer(heap, heap_module(heap, "app"), list, LG_REF_KEY_STR, "STREAMS");
	for (uint32_t i = 0; i < 200; i++) {
		uint32_t generator = heap_generator(heap, "rows");

		heap_refer(heap, list, generator, LG_REF_ITEM, NULL);
		heap_refer(heap, generator, heap_object(heap, "bytes", 1000), LG_REF_LOCAL, "row");
	}
	expect(heap, "4: 200 equal items, no bound, what is suspended should be finished or closed | "
		     "app.STREAMS\n");
}
