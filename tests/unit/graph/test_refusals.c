/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <criterion/criterion.h>

#include "base/room.h"
#include "graph/dominators.h"
#include "graph/pages.h"
#include "graphs.h"

/* Counts are refused before a column is read: there are none here. */
static void refused(struct lg_snapshot snapshot, enum lg_status expected, const char *text)
{
	struct lg_graph *graph = (struct lg_graph *)1;
	struct lg_error error = {0};
	uint64_t before = lg_pages_in_use();

	cr_assert(lg_graph_build(&snapshot, NULL, &graph, &error) == expected);
	cr_assert(graph == NULL && error.status == expected);
	cr_assert(strcmp(error.text, text) == 0, "said: %s", error.text);
	cr_assert(lg_pages_in_use() == before);
}

Test(refusals, no_virtual_root)
{
	refused((struct lg_snapshot){0}, LG_E_USAGE,
		"a snapshot of 0 objects, 0 of them inner, has no virtual root");
	refused((struct lg_snapshot){.object_count = 5}, LG_E_USAGE,
		"a snapshot of 5 objects, 0 of them inner, has no virtual root");
	refused((struct lg_snapshot){.object_count = 5, .inner_count = 6}, LG_E_USAGE,
		"a snapshot of 5 objects, 6 of them inner, has no virtual root");
}

Test(refusals, too_many_objects)
{
	refused((struct lg_snapshot){.object_count = 3000000000, .inner_count = 2147483648},
		LG_E_LIMIT,
		"2147483648 objects refer to others, at most 2147483647 can be analyzed");
}

Test(refusals, too_many_references)
{
	refused((struct lg_snapshot){.object_count = 5,
				     .inner_count = 5,
				     .reference_count = 4294967290,
				     .root_count = 10},
		LG_E_LIMIT,
		"4294967290 references and 10 roots, at most 4294967294 together can be analyzed");
}

typedef enum lg_status (*engine_call)(const struct lg_graph *graph,
				      const struct lg_dominators *dominators, struct lg_error *err);

static enum lg_status call_dominators(const struct lg_graph *graph,
				      const struct lg_dominators *unused, struct lg_error *err)
{
	struct lg_dominators *d = NULL;
	enum lg_status status = lg_dominators_build(graph, NULL, &d, err);

	(void)unused;
	cr_assert((status == LG_OK) == (d != NULL));
	lg_dominators_free(d);
	return status;
}

static enum lg_status call_shortest(const struct lg_graph *graph,
				    const struct lg_dominators *unused, struct lg_error *err)
{
	struct lg_shortest *s = NULL;
	enum lg_status status = lg_shortest_build(graph, &s, err);

	(void)unused;
	cr_assert((status == LG_OK) == (s != NULL));
	lg_shortest_free(s);
	return status;
}

static enum lg_status call_referrers(const struct lg_graph *graph,
				     const struct lg_dominators *unused, struct lg_error *err)
{
	struct lg_referrers *r = NULL;
	enum lg_status status = lg_referrers_build(graph, &r, err);

	(void)unused;
	cr_assert((status == LG_OK) == (r != NULL));
	lg_referrers_free(r);
	return status;
}

static enum lg_status call_set(const struct lg_graph *graph, const struct lg_dominators *unused,
			       struct lg_error *err)
{
	uint32_t nodes[2] = {1, 2};
	uint64_t bytes;

	(void)unused;
	return lg_set_retained(graph, nodes, 2, &bytes, err);
}

static enum lg_status call_what_if(const struct lg_graph *graph, const struct lg_dominators *unused,
				   struct lg_error *err)
{
	uint32_t index[2] = {0, 1};
	struct lg_freed freed;

	(void)unused;
	return lg_what_if(graph, &(struct lg_removal){index, 2, index, 2}, &freed, err);
}

static enum lg_status call_garbage(const struct lg_graph *graph,
				   const struct lg_dominators *dominators, struct lg_error *err)
{
	struct lg_garbage *g = NULL;
	enum lg_status status = lg_garbage_build(graph, dominators, &g, err);

	cr_assert((status == LG_OK) == (g != NULL));
	lg_garbage_free(g);
	return status;
}

static enum lg_status call_graph(const struct lg_graph *graph, const struct lg_dominators *unused,
				 struct lg_error *err)
{
	struct lg_graph *again = NULL;
	enum lg_status status = lg_graph_build(graph->snapshot, NULL, &again, err);

	(void)unused;
	cr_assert((status == LG_OK) == (again != NULL));
	lg_graph_free(again);
	return status;
}

/*
 * Allow ever more memory until the call succeeds: each refusal on the way says
 * what for and how much, and leaves nothing behind.
 */
static void starve(const struct lg_graph *graph, const struct lg_dominators *dominators,
		   engine_call call)
{
	uint64_t before = lg_pages_in_use(), allowed = 0;
	enum lg_status status;
	unsigned refusals = 0;

	do {
		struct lg_error error = {0};

		lg_pages_set_limit(before + allowed);
		status = call(graph, dominators, &error);
		lg_pages_set_limit(UINT64_MAX);
		cr_assert(lg_pages_in_use() == before, "%lu bytes left behind",
			  (unsigned long)(lg_pages_in_use() - before));
		allowed += 128;
		if (status == LG_OK)
			break;
		refusals++;
		cr_assert(status == LG_E_MEMORY && error.status == LG_E_MEMORY);
		cr_assert(strncmp(error.text, "no memory for ", 14) == 0 &&
				  strstr(error.text, " bytes (") != NULL,
			  "said: %s", error.text);
	} while (allowed < 100000000);
	cr_assert(status == LG_OK && refusals > 2, "%u refusals", refusals);
}

Test(refusals, out_of_memory, .timeout = 120)
{
	static const engine_call calls[] = {call_graph,     call_dominators, call_shortest,
					    call_referrers, call_set,        call_garbage,
					    call_what_if};
	struct lg_snapshot *snapshot = heap_snapshot(600, 3);
	struct lg_dominators *dominators;
	struct lg_graph *graph;

	cr_assert(lg_graph_build(snapshot, NULL, &graph, NULL) == LG_OK);
	cr_assert(lg_dominators_build(graph, NULL, &dominators, NULL) == LG_OK);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		starve(graph, dominators, calls[i]);
	lg_dominators_free(dominators);
	lg_graph_free(graph);
	lg_snapshot_free(snapshot);
}

/* What is asked for before the first array is taken is no less than what is then taken. */
static void compare_peaks(struct lg_snapshot *snapshot, const struct lg_tuning *tuning)
{
	struct lg_dominators *dominators;
	struct lg_graph *graph;
	uint64_t before, peak, said;

	cr_assert(lg_graph_build(snapshot, NULL, &graph, NULL) == LG_OK);
	before = lg_pages_in_use();
	lg_pages_reset_peak();
	cr_assert(lg_dominators_build_tuned(graph, tuning, NULL, NULL, &dominators, NULL) == LG_OK);
	peak = lg_pages_peak() - before;
	said = lg_dominators_peak_bytes(graph);
	/* 64 bytes and an element or two beside each array. */
	cr_assert(peak <= said + 2000 && said <= peak * 2, "%lu bytes were taken, %lu announced",
		  (unsigned long)peak, (unsigned long)said);
	lg_dominators_free(dominators);
	lg_graph_free(graph);
	lg_snapshot_free(snapshot);
}

Test(refusals, the_peak_is_announced)
{
	static const struct lg_tuning tunings[] = {{4, 4}, {0, 0}};

	for (int i = 0; i < 2; i++) {
		compare_peaks(heap_snapshot(60000, 1), &tunings[i]);
		compare_peaks(twin_snapshot(20000), &tunings[i]);
		compare_peaks(random_snapshot_of(3, 200), &tunings[i]);
	}
}

#define LITTLE ((rlim_t)8 << 20)

static void expect_no_room(const char *what, enum lg_status status, const struct lg_error *error)
{
	unsigned long needed = 0, there = 0;
	char format[100];

	snprintf(format, sizeof format, "no memory for %s: %%lu bytes (%%lu left by RLIMIT_DATA)",
		 what);
	cr_assert(status == LG_E_MEMORY && sscanf(error->text, format, &needed, &there) == 2 &&
			  needed >= LG_ROOM_SMALL_BYTES && there <= LITTLE,
		  "said: %s", error->text);
}

/* A sanitizer needs some for itself. */
static void leave_little(struct rlimit *before)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	unsigned long used = 0;

	while (file && fgets(line, sizeof line, file))
		(void)sscanf(line, "VmData: %lu", &used);
	cr_assert(file && used && getrlimit(RLIMIT_DATA, before) == 0);
	fclose(file);
	cr_assert(setrlimit(RLIMIT_DATA,
			    &(struct rlimit){1024 * used + LITTLE, before->rlim_max}) == 0);
}

/* In a process of its own, as each test is. */
Test(refusals, before_memory_is_taken)
{
	struct lg_snapshot *snapshot = heap_snapshot(2200000, 1);
	struct rlimit limit;
	struct lg_dominators *d = NULL;
	struct lg_shortest *s = NULL;
	struct lg_referrers *r = NULL;
	struct lg_graph *graph, *again = NULL;
	struct lg_error error = {0};
	uint64_t before;

	cr_assert(lg_graph_build(snapshot, NULL, &graph, NULL) == LG_OK);
	before = lg_pages_in_use();
	lg_pages_reset_peak();
	leave_little(&limit);
	expect_no_room("the dominator tree", lg_dominators_build(graph, NULL, &d, &error), &error);
	expect_no_room("shortest paths", lg_shortest_build(graph, &s, &error), &error);
	expect_no_room("referrers", lg_referrers_build(graph, &r, &error), &error);
	expect_no_room("the graph", lg_graph_build(snapshot, NULL, &again, &error), &error);
	cr_assert(!d && !s && !r && !again && lg_pages_in_use() == before);
	cr_assert(lg_pages_peak() - before < (uint64_t)1 << 20, "memory was taken");
	cr_assert(setrlimit(RLIMIT_DATA, &limit) == 0);
	lg_graph_free(graph);
	lg_snapshot_free(snapshot);
}

Test(refusals, the_figure_is_in_the_message)
{
	struct lg_error error = {0};
	uint32_t *array = NULL;

	cr_assert(lg_pages_take(array, SIZE_MAX / 8, "a test", &error) == LG_E_MEMORY);
	cr_assert(strstr(error.text, "no memory for a test: ") == error.text, "said: %s",
		  error.text);
	cr_assert(strstr(error.text, "(2305843009213693951 x 4)") != NULL, "said: %s", error.text);
	cr_assert(array == NULL);
}

Test(refusals, a_set_with_a_node_that_is_not_there)
{
	struct lg_snapshot *snapshot = twin_snapshot(3);
	uint32_t nodes[2] = {1, 11};
	struct lg_error error = {0};
	struct lg_graph *graph;
	uint64_t bytes = 1;

	cr_assert(lg_graph_build(snapshot, NULL, &graph, NULL) == LG_OK);
	cr_assert(lg_set_retained(graph, nodes, 2, &bytes, &error) == LG_E_USAGE);
	cr_assert(strcmp(error.text, "node 11 of a set: the graph has 11 nodes") == 0, "said: %s",
		  error.text);
	cr_assert(bytes == 0);
	lg_graph_free(graph);
	lg_snapshot_free(snapshot);
}

/* Stops at the report of this number. */
static int stop_at(void *context, const char *stage, uint64_t done, uint64_t total,
		   const char *unit)
{
	(void)stage;
	(void)unit;
	cr_assert(done <= total);
	return (*(int *)context)-- == 0;
}

Test(refusals, stopped_by_the_user)
{
	struct lg_snapshot *snapshot = heap_snapshot(2000, 5);
	uint64_t before;
	struct lg_graph *graph;

	cr_assert(lg_graph_build(snapshot, NULL, &graph, NULL) == LG_OK);
	before = lg_pages_in_use();
	for (int at = 0; at < 6; at++) {
		int reports = at;
		struct lg_progress progress = {stop_at, &reports};
		struct lg_dominators *d;
		struct lg_error error = {0};

		cr_assert(lg_dominators_build(graph, &progress, &d, &error) == LG_E_INTERRUPTED);
		cr_assert(d == NULL && lg_pages_in_use() == before);
		cr_assert(strncmp(error.text, "stopped before dominators: ", 27) == 0, "said: %s",
			  error.text);
	}
	lg_graph_free(graph);
	lg_snapshot_free(snapshot);
}

Test(refusals, the_graph_stopped_by_the_user)
{
	enum { ROWS = (1 << 20) + 10 };
	struct sketch *s = sketch_new(ROWS, ROWS);
	int reports = 0;
	struct lg_progress progress = {stop_at, &reports};
	struct lg_snapshot *snapshot = sketch_finish(s);
	struct lg_error error = {0};
	struct lg_graph *graph;

	cr_assert(lg_graph_build(snapshot, &progress, &graph, &error) == LG_E_INTERRUPTED);
	cr_assert(graph == NULL && lg_pages_in_use() == 0);
	cr_assert(strcmp(error.text, "stopped while reading references") == 0, "said: %s",
		  error.text);
	lg_snapshot_free(snapshot);
}

Test(refusals, nothing_is_freed_without_complaint)
{
	lg_graph_free(NULL);
	lg_dominators_free(NULL);
	lg_shortest_free(NULL);
	lg_referrers_free(NULL);
	lg_garbage_free(NULL);
	lg_pages_free(NULL);
}

/* Large ones are mapped, small ones not; both are zeroed, aligned and reusable. */
Test(refusals, pages)
{
	for (size_t bytes = 1; bytes < (size_t)64 << 20; bytes = bytes * 3 + 1) {
		uint64_t before = lg_pages_in_use();
		unsigned char *array = lg_pages_alloc(bytes, 1);

		cr_assert(array != NULL && (uintptr_t)array % 16 == 0);
		cr_assert(lg_pages_in_use() >= before + bytes);
		cr_assert(array[0] == 0 && array[bytes / 2] == 0 && array[bytes - 1] == 0);
		memset(array, 0xa5, bytes);
		lg_pages_free(array);
		cr_assert(lg_pages_in_use() == before);
	}
	cr_assert(lg_pages_peak() >= (size_t)16 << 20);
	lg_pages_reset_peak();
	cr_assert(lg_pages_peak() == lg_pages_in_use());
}

/* What was freed is put together anew: never more than the peak, and zeroed where that is asked for. */
Test(refusals, pages_are_used_again)
{
	enum { SMALL = 5 << 20, LARGE = 12 << 20 };
	unsigned char *a = lg_pages_alloc_dirty(SMALL, 1), *b = lg_pages_alloc_dirty(SMALL, 1);
	unsigned char *both;
	uint64_t peak = lg_pages_peak() + ((uint64_t)4 << 20);

	cr_assert(a && b && lg_pages_kept() == 0);
	memset(a, 0xa5, SMALL);
	memset(b, 0xa5, SMALL);
	lg_pages_free(a);
	lg_pages_free(b);
	cr_assert(lg_pages_kept() <= peak);
	both = lg_pages_alloc(LARGE, 1);
	cr_assert(both && lg_pages_kept() == 0);
	for (size_t i = 0; i < LARGE; i++)
		cr_assert(both[i] == 0, "byte %zu is %u", i, both[i]);
	lg_pages_free(both);
	lg_pages_drain();
	cr_assert(lg_pages_kept() == 0 && lg_pages_in_use() == 0);
}
