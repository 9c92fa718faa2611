/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "analysis/text.h"
#include "tests/unit/analysis/heap.h"

/* The merged shortest paths to a type, one a line. */
static const char *paths_to(struct heap *heap, const char *type)
{
	static struct lg_buffer out;
	struct built built = heap_build(heap);
	struct lg_error err = {0};
	struct lg_where *where;

	lg_buffer_free(&out);
	cr_assert_eq(lg_where_build(built.analysis, type, 9, &where, &err), LG_OK, "%s", err.text);
	for (size_t i = 0; i < where->shortest_count; i++)
		lg_buffer_format(&out, "%s\n", where->shortest[i].path_text);
	lg_where_free(where);
	built_free(&built);
	return out.bytes ? out.bytes : "";
}

#define PATHS(heap, type, lines)                                 \
	do {                                                     \
		const char *found = paths_to(heap, type);        \
		cr_expect_str_eq(found, lines, "%s", found);     \
	} while (0)

Test(waiting, a_task_tells_the_last_own_line_of_what_it_awaits)
{
	struct heap *heap = heap_new();
	uint32_t sleep = heap_coroutine(heap, "sleep", "/usr/lib/python3.11/asyncio/tasks.py", 639, 0);
	uint32_t fetch = heap_coroutine(heap, "fetch", "/srv/db.py", 7, sleep);
	/* What __anext__() returns stands between two frames. */
	uint32_t wrapper = heap_object(heap, "async_generator_asend", 50);
	uint32_t serve = heap_coroutine(heap, "serve", "/srv/app.py", 41, wrapper);
	uint32_t task = heap_task(heap, "worker-\"7\"", serve);

	heap_refer(heap, wrapper, fetch, LG_REF_OTHER, NULL);
	heap_refer(heap, heap_module(heap, "app"), task, LG_REF_KEY_STR, "TASK");
	heap_fill(heap, fetch, LG_REF_LOCAL, "app.Row", 1, 100);
	PATHS(heap, "app.Row",
	      "module app → .TASK → task \"worker-\\\"7\\\"\" waiting at db.py:7 in fetch() → .coro → "
	      "coroutine serve() at app.py:41 → ->awaits → -> → "
	      "coroutine fetch() at db.py:7 → local → app.Row\n");
}

Test(waiting, asyncio_alone_tells_its_own_line)
{
	struct heap *heap = heap_new();
	uint32_t sleep = heap_coroutine(heap, "sleep", "/usr/lib/python3.11/asyncio/tasks.py", 639, 0);
	uint32_t task = heap_task(heap, "Task-1", sleep);

	heap_refer(heap, heap_module(heap, "app"), task, LG_REF_KEY_STR, "TASK");
	PATHS(heap, "coroutine",
	      "module app → .TASK → task \"Task-1\" waiting at tasks.py:639 in sleep() → .coro → "
	      "coroutine sleep() at tasks.py:639\n");
}

Test(waiting, a_chain_that_bites_its_tail_ends)
{
	struct heap *heap = heap_new();
	uint32_t first = heap_coroutine(heap, "a", "/srv/a.py", 1, 0);
	uint32_t second = heap_coroutine(heap, "b", "/srv/b.py", 2, first);
	uint32_t task = heap_task(heap, "loop", second);
	struct built built;
	struct lg_where *where;
	struct lg_error err = {0};

	heap_refer(heap, heap_module(heap, "app"), task, LG_REF_KEY_STR, "TASK");
	heap_refer(heap, first, second, LG_REF_OTHER, "awaits");
	built = heap_build(heap);
	built_free(&built);
	/* The same in a file: the tables say that each awaits the other. */
	heap = heap_new();
	first = heap_coroutine(heap, "a", "/srv/a.py", 1, 0);
	second = heap_coroutine(heap, "b", "/srv/b.py", 2, first);
	heap_refer(heap, first, second, LG_REF_OTHER, NULL);
	task = heap_task(heap, "loop", second);
	heap_refer(heap, heap_module(heap, "app"), task, LG_REF_KEY_STR, "TASK");
	built = heap_build(heap);
	lg_analysis_free(built.analysis);
	for (uint32_t i = 0; i < built.snapshot->frame_count; i++)
		if (!built.snapshot->frames[i].awaits)
			built.snapshot->frames[i].awaits = built.index[second];
	cr_assert_eq(lg_analysis_open(built.snapshot, NULL, &built.analysis, &err), LG_OK);
	cr_assert_eq(lg_where_build(built.analysis, "_asyncio.Task", 1, &where, &err), LG_OK);
	cr_expect_not_null(strstr(where->shortest[0].path_text, "task \"loop\" waiting at "));
	lg_where_free(where);
	built_free(&built);
}

Test(waiting, tasks_are_told_by_where_they_wait)
{
	struct heap *heap = heap_new();
	uint32_t frame = heap_thread(heap, "MainThread", "run_forever");
	uint32_t timers = heap_object(heap, "list", 900);
	const char *lines;

	heap_refer(heap, frame, timers, LG_REF_LOCAL, "scheduled");
	for (int i = 0; i < 30; i++) {
		uint32_t serve = heap_coroutine(heap, "serve", "/srv/app.py", 41, 0);
		char name[32];

		snprintf(name, sizeof name, "worker-%d", i);
		heap_fill(heap, serve, LG_REF_LOCAL, "bytearray", 1, 10000);
		heap_refer(heap, timers, heap_task(heap, name, serve), LG_REF_ITEM, NULL);
	}
	lines = verdict_lines(heap, 1);
	cr_expect_not_null(strstr(lines, "[] ×30 → task \"worker-0\" (and 29 more) waiting at app.py:41 "
					 "in serve() → .coro → coroutine serve() at app.py:41 → local"),
			   "%s", lines);
	cr_expect_not_null(strstr(lines, "| 30 task waiting at app.py:41 in serve() |"), "%s", lines);
	cr_expect_not_null(strstr(lines, "30 × task, waiting at /srv/app.py:41 in serve(): its locals "
					 "live until that comes; give it a timeout, or cancel it"),
			   "%s", lines);
}
