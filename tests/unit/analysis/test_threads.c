/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/analysis/heap.h"

#define expect(heap, top, expected)                                                                \
	do {                                                                                       \
		const char *lines_ = verdict_lines(heap, top);                                     \
		cr_expect_str_eq(lines_, expected, "%s", lines_);                                  \
	} while (0)

/* A pool of workers, each with the same leak: one line, with all they hold. */
Test(threads, same_leak_in_each_thread)
{
	struct heap *heap = heap_new();

	for (uint32_t i = 0; i < 8; i++) {
		char name[32];
		uint32_t rows;

		snprintf(name, sizeof name, "worker-%u", i);
		rows = heap_object(heap, "list", 1000);
		heap_refer(heap, heap_thread(heap, name, "handle"), rows, LG_REF_LOCAL, "rows");
		heap_fill(heap, rows, LG_REF_ITEM, "app.Row", i == 3 ? 150 : 100, 1000);
	}
	expect(heap, 0,
	       "858.0 kB thread worker-3 (and 7 more) → frame handle() → local rows → [] ×850 → "
	       "app.Row | 850 app.Row | thread worker-3 (and 7 more) → frame handle() → local "
	       "rows\n"
	       "note 1: thread worker-3 (and 7 more) are still in handle(): their locals live "
	       "until it returns\n"
	       "next path app.Row\n");
}

/* Of three hundred none holds what would be told, and all together nearly everything. */
Test(threads, each_too_light_to_be_told)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");

	for (uint32_t i = 0; i < 300; i++) {
		char name[32];
		uint32_t rows = heap_object(heap, "list", 1000);

		snprintf(name, sizeof name, "upload-%u", i);
		heap_refer(heap, heap_thread(heap, name, i % 3 ? "handle" : "wait"), rows,
			   LG_REF_LOCAL, i % 3 ? "rows" : "seen");
		heap_fill(heap, rows, LG_REF_ITEM, "app.Row", i == 100 ? 11 : 10, 100);
	}
	heap_refer(heap, module, heap_object(heap, "list", 5000), LG_REF_KEY_STR, "SMALL");
	expect(heap, 6,
	       "400.1 kB thread upload-100 (and 199 more) → frame handle() → local rows → [] ×2,001 → "
	       "app.Row | 2001 app.Row | thread upload-100 (and 199 more) → frame handle() → local "
	       "rows\n"
	       "200.0 kB thread upload-0 (and 99 more) → frame wait() → local seen → [] ×1,000 → "
	       "app.Row | 1000 app.Row | thread upload-0 (and 99 more) → frame wait() → local "
	       "seen\n"
	       "5.0 kB module app → .SMALL | 1 list | app.SMALL\n"
	       "note 1: thread upload-100 (and 199 more) are still in handle(): their locals live "
	       "until it returns\n"
	       "next path app.Row\n");
}

/* What differs below the thread stays apart, and so does what is no thread's. */
Test(threads, other_leaks_in_threads_stay_apart)
{
	static const char *const variable[] = {"rows", "rows", "seen"};
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");

	for (uint32_t i = 0; i < 3; i++) {
		char name[32];
		uint32_t list = heap_object(heap, "list", 1000);

		snprintf(name, sizeof name, "t%u", i);
		heap_refer(heap, heap_thread(heap, name, "run"), list, LG_REF_LOCAL, variable[i]);
		/* Below what holds it all the two may differ. */
		heap_fill(heap, list, LG_REF_ITEM, i ? "app.Row" : "app.Line", 100, 1000 + i);
		list = heap_object(heap, "list", 1000);
		heap_refer(heap, module, list, LG_REF_KEY_STR, name);
		heap_fill(heap, list, LG_REF_ITEM, "bytes", 10, 1000 * (i + 1));
	}
	expect(heap, 6,
	       "101.2 kB thread t2 → frame run() → local seen → [] ×100 → app.Row | 100 app.Row | "
	       "thread t2 → frame run() → local seen\n"
	       "202.1 kB thread t1 (and 1 more) → frame run() → local rows | 2 list | "
	       "thread t1 (and 1 more) → frame run() → local rows\n"
	       "31.0 kB module app → .t2 → [] ×10 | 10 bytes | app.t2\n"
	       "21.0 kB module app → .t1 → [] ×10 | 10 bytes | app.t1\n"
	       "11.0 kB module app → .t0 → [] ×10 | 10 bytes | app.t0\n"
	       "note 1: thread t2 is still in run(): its locals live until it returns\n"
	       "next path app.Row\n");
}

/* The counts of a path and its root agree: what a program reads. */
Test(threads, merged_threads_are_counted)
{
	struct heap *heap = heap_new();
	struct lg_verdict *verdict;
	struct lg_error err = {0};
	struct built built;

	for (uint32_t i = 0; i < 3; i++) {
		uint32_t head = heap_object(heap, "app.Node", 1000), next;

		/* A chain in each thread, of the same name all three. */
		heap_refer(heap, heap_thread(heap, "worker", "run"), head, LG_REF_LOCAL, "head");
		for (uint32_t k = 0; k < 50 + i; k++, head = next) {
			next = heap_object(heap, "app.Node", 1000);
			heap_refer(heap, head, next, LG_REF_ATTR, "next");
		}
	}
	built = heap_build(heap);
	cr_assert_eq(lg_verdict_build(built.analysis, 0, &verdict, &err), LG_OK, "%s", err.text);
	cr_assert_eq(verdict->holder_count, 1);
	cr_expect_eq(verdict->holder_total, 1);
	cr_expect_eq(verdict->holder[0].retained_bytes, 156000);
	cr_expect_str_eq(verdict->holder[0].root, "thread worker (and 2 more)");
	cr_expect_eq(verdict->holder[0].path.hop[0].count, 3);
	cr_expect(verdict->holder[0].path.hop[0].counted);
	cr_expect_not(verdict->holder[0].path.hop[1].counted);
	cr_expect_eq(verdict->holder[0].path.hop[2].count, 3);
	cr_expect(verdict->holder[0].chain);
	/* The longest. */
	cr_expect_eq(verdict->holder[0].count, 52, "%llu",
		     (unsigned long long)verdict->holder[0].count);
	lg_verdict_free(verdict);
	built_free(&built);
}

static void expect_shortest(struct heap *heap, const char *query, const char *expected)
{
	struct built built = heap_build(heap);
	struct lg_error err = {0};
	struct lg_where *where;

	cr_assert_eq(lg_where_build(built.analysis, query, 3, &where, &err), LG_OK, "%s", err.text);
	cr_assert_eq(where->shortest_count, 1);
	cr_expect_str_eq(where->shortest[0].path_text, expected, "%s",
			 where->shortest[0].path_text);
	lg_where_free(where);
	built_free(&built);
}

/* asyncio: the loop is a local of the frame that runs it, and self of a method the thread keeps. */
Test(threads, frames_before_the_state_of_a_thread)
{
	struct heap *heap = heap_new();
	uint32_t thread = heap_object(heap, "thread", 0), frame = heap_object(heap, "frame", 0);
	uint32_t method = heap_object(heap, "method", 60), loop = heap_object(heap, "app.Loop", 60);
	uint32_t ready = heap_object(heap, "list", 60), task = heap_object(heap, "app.Task", 60);

	/* The search meets the method first. */
	heap_root(heap, thread, LG_ROOT_THREAD, "main");
	heap_refer(heap, thread, method, LG_REF_OTHER, "async gen firstiter");
	heap_refer(heap, thread, frame, LG_REF_FRAME, "run_forever");
	heap_refer(heap, method, loop, LG_REF_ATTR, "__self__");
	heap_refer(heap, frame, loop, LG_REF_LOCAL, "self");
	heap_refer(heap, loop, ready, LG_REF_ATTR, "ready");
	heap_refer(heap, ready, task, LG_REF_ITEM, NULL);
	expect_shortest(heap, "app.Task",
			"thread main → frame run_forever() → local self → app.Loop → .ready → [] → "
			"app.Task");
}

/* The thread's state is the last choice, but a shorter path stays the shortest. */
Test(threads, state_of_a_thread_where_it_is_nearer)
{
	struct heap *heap = heap_new();
	uint32_t frame = heap_thread(heap, "main", "run"), thread = frame - 1;
	uint32_t list = heap_object(heap, "list", 60), loop = heap_object(heap, "app.Loop", 60);

	heap_refer(heap, thread, loop, LG_REF_OTHER, "context");
	heap_refer(heap, frame, list, LG_REF_LOCAL, "loops");
	heap_refer(heap, list, loop, LG_REF_ITEM, NULL);
	expect_shortest(heap, "app.Loop", "thread main → ->context → app.Loop");
}

Test(threads, names_before_nameless_references)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");
	uint32_t node = heap_object(heap, "codec.Node", 60),
		 named = heap_object(heap, "app.Box", 60);
	uint32_t item = heap_object(heap, "app.Item", 60);

	heap_refer(heap, module, node, LG_REF_KEY_STR, "NODE");
	heap_refer(heap, module, named, LG_REF_KEY_STR, "BOX");
	heap_refer(heap, node, item, LG_REF_OTHER, NULL);
	heap_refer(heap, named, item, LG_REF_ATTR, "item");
	expect_shortest(heap, "app.Item", "module app → .BOX → app.Box → .item → app.Item");
}
