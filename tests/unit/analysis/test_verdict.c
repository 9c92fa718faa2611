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

Test(verdict, module_cache_of_instances_with_a_dict)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "shop.sessions");
	uint32_t cache = heap_object(heap, "dict", 1000);
	uint32_t first;

	heap_refer(heap, module, cache, LG_REF_KEY_STR, "SESSIONS");
	first = heap_fill(heap, cache, LG_REF_KEY_STR, "shop.models.Session", 1000, 50);
	for (uint32_t i = 0; i < 1000; i++)
		heap_refer(heap, heap_dict_of(heap, first + i), heap_object(heap, "bytes", 5000),
			   LG_REF_KEY_STR, "payload");
	expect(heap, 3,
	       "5.2 MB module shop.sessions → .SESSIONS → [str] ×1,000 → shop.models.Session → "
	       ".payload | 1000 shop.models.Session | shop.sessions.SESSIONS\n"
	       "note 1: 1,000 entries in one dict, and nothing else keeps them: does anything take "
	       "them out again?\n"
	       "next path shop.models.Session\n");
}

Test(verdict, class_attribute)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");
	uint32_t class = heap_class(heap, "app.Handler"), dict = heap_dict_of(heap, class);
	uint32_t list = heap_object(heap, "list", 800);

	heap_refer(heap, module, class, LG_REF_KEY_STR, "Handler");
	heap_refer(heap, dict, list, LG_REF_KEY_STR, "seen");
	heap_fill(heap, list, LG_REF_ITEM, "app.Request", 100, 1000);
	expect(heap, 3,
	       "100.8 kB module app → .Handler → .seen → [] ×100 → app.Request | 100 app.Request | "
	       "app.Handler.seen\n"
	       "note 1: a class attribute: one for all instances, it lives as long as the class\n"
	       "next path app.Request\n");
}

Test(verdict, class_that_several_hold_is_its_own_root)
{
	struct heap *heap = heap_new();
	uint32_t a = heap_module(heap, "a"), b = heap_module(heap, "b");
	uint32_t class = heap_class(heap, "a.Handler"), dict = heap_dict_of(heap, class);
	uint32_t list = heap_object(heap, "list", 800);

	heap_refer(heap, a, class, LG_REF_KEY_STR, "Handler");
	heap_refer(heap, b, class, LG_REF_KEY_STR, "Handler");
	heap_refer(heap, dict, list, LG_REF_KEY_STR, "seen");
	heap_fill(heap, list, LG_REF_ITEM, "bytes", 100, 1000);
	expect(heap, 1,
	       "100.8 kB class a.Handler → .seen → [] ×100 | 100 bytes | a.Handler.seen\n"
	       "note 1: a class attribute: one for all instances, it lives as long as the class\n"
	       "next path #7\n");
}

/* function → __closure__ → cell → dict, as the walker tells it. */
Test(verdict, closure)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "hooks");
	uint32_t function = heap_object(heap, "function", 150);
	uint32_t closure = heap_object(heap, "tuple", 50), cell = heap_object(heap, "cell", 40);
	uint32_t dict = heap_object(heap, "dict", 1000);

	heap_refer(heap, module, function, LG_REF_KEY_STR, "dispatch");
	heap_refer(heap, function, closure, LG_REF_OTHER, "__closure__");
	heap_refer(heap, closure, cell, LG_REF_CELL, "seen");
	heap_refer(heap, cell, dict, LG_REF_CELL, NULL);
	heap_fill(heap, dict, LG_REF_KEY_TYPE, "hooks.Event", 100, 1000);
	expect(heap, 1,
	       "101.0 kB module hooks → .dispatch → cell seen → [int] ×100 → hooks.Event | "
	       "100 hooks.Event | hooks.dispatch → cell seen\n"
	       "note 1: seen is a variable that an inner function closes over: it lives as long as "
	       "that function\n"
	       "next path hooks.Event\n");
}

Test(verdict, views_of_arrays)
{
	struct heap *heap = heap_new();
	uint32_t list = heap_object(heap, "list", 500);

	heap_refer(heap, heap_module(heap, "app"), list, LG_REF_KEY_STR, "previews");
	for (uint32_t i = 0; i < 20; i++) {
		uint32_t view = heap_object(heap, "numpy.ndarray", 100);

		heap_refer(heap, list, view, LG_REF_ITEM, NULL);
		heap_refer(heap, view, heap_object(heap, "numpy.ndarray", 50000), LG_REF_ATTR, "base");
	}
	expect(heap, 1,
	       "1.0 MB module app → .previews → [] ×20 → numpy.ndarray → .base | 20 numpy.ndarray | "
	       "app.previews\n"
	       "note 1: views keep the whole arrays that they were cut from: keep a copy of the part "
	       "(.copy())\n"
	       "next path numpy.ndarray\n");
}

/* Beside parts with names of their own, which are told apart, the items of a holder are its evidence. */
Test(verdict, items_beside_named_parts)
{
	struct heap *heap = heap_new();
	uint32_t cache = heap_object(heap, "app.Cache", 100), table = heap_object(heap, "dict", 9000);

	heap_refer(heap, heap_module(heap, "app"), cache, LG_REF_KEY_STR, "CACHE");
	heap_refer(heap, cache, table, LG_REF_ATTR, "table");
	heap_fill(heap, cache, LG_REF_ITEM, "app.Page", 100, 1000);
	expect(heap, 2,
	       "100.1 kB module app → .CACHE → app.Cache → [] ×100 → app.Page | 100 app.Page | "
	       "app.CACHE\n"
	       "9.0 kB module app → .CACHE → app.Cache → .table | 1 dict | app.CACHE.table\n"
	       "note 1: 100 entries in one app.Cache, and nothing else keeps them: does anything take "
	       "them out again?\n"
	       "next path app.Page\n");
}

Test(verdict, default_argument)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "mail");
	uint32_t function = heap_object(heap, "function", 150);
	uint32_t defaults = heap_object(heap, "tuple", 50), list = heap_object(heap, "list", 900);

	heap_refer(heap, module, function, LG_REF_KEY_STR, "send");
	heap_refer(heap, function, defaults, LG_REF_OTHER, "__defaults__");
	heap_refer(heap, defaults, list, LG_REF_DEFAULT, "outbox");
	heap_fill(heap, list, LG_REF_ITEM, "mail.Message", 100, 1000);
	expect(heap, 1,
	       "100.9 kB module mail → .send → default outbox → [] ×100 → mail.Message | "
	       "100 mail.Message | mail.send → default outbox\n"
	       "note 1: outbox is a default argument: made once, it lives as long as its function\n"
	       "next path mail.Message\n");
}

Test(verdict, local_variable_of_a_thread)
{
	struct heap *heap = heap_new();
	uint32_t frame = heap_thread(heap, "worker-3", "handle");
	uint32_t rows = heap_object(heap, "list", 1000);

	heap_refer(heap, frame, rows, LG_REF_LOCAL, "rows");
	heap_fill(heap, rows, LG_REF_ITEM, "bytes", 100, 1000);
	expect(heap, 1,
	       "101.0 kB thread worker-3 → frame handle() → local rows → [] ×100 | 100 bytes | "
	       "thread worker-3 → frame handle() → local rows\n"
	       "note 1: thread worker-3 is still in handle(): its locals live until it returns\n"
	       "next path #3\n");
}

Test(verdict, suspended_generators)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "stream");
	uint32_t open = heap_object(heap, "list", 1000);

	heap_refer(heap, module, open, LG_REF_KEY_STR, "OPEN");
	for (int i = 0; i < 50; i++) {
		uint32_t generator = heap_generator(heap, "rows");
		uint32_t batch = heap_object(heap, "stream.Batch", 5000);

		heap_refer(heap, open, generator, LG_REF_ITEM, NULL);
		heap_refer(heap, generator, batch, LG_REF_LOCAL, "batch");
	}
	expect(heap, 1,
	       "261.0 kB module stream → .OPEN → [] ×50 → generator rows() → local batch → "
	       "stream.Batch | 50 stream.Batch | stream.OPEN\n"
	       "note 1: 50 × generator rows(), suspended and never finished: its locals live as "
	       "long as it does; close it, or drop the reference to it\n"
	       "next path stream.Batch\n");
}

Test(verdict, cycles_of_garbage)
{
	struct heap *heap = heap_new();

	heap_module(heap, "app");
	for (int i = 0; i < 20; i++) {
		uint32_t parent = heap_object(heap, "app.Node", 1000);
		uint32_t list = heap_object(heap, "list", 100);
		uint32_t child = heap_object(heap, "app.Node", 1000);

		heap_refer(heap, parent, list, LG_REF_ATTR, "children");
		heap_refer(heap, list, child, LG_REF_ITEM, NULL);
		heap_refer(heap, child, parent, LG_REF_ATTR, "parent");
	}
	expect(heap, 1,
	       "garbage 42.0 kB 60 objects 20 cycles\n"
	       "  20 app.Node app.Node → .children → [] → app.Node → .parent → (back)\n"
	       "note garbage in cycles waits for the collector: it is off (gc.disable, gc.freeze) "
	       "or "
	       "has not come to it yet\n"
	       "next path app.Node\n");
}

Test(verdict, held_by_c_code_alone)
{
	struct heap *heap = heap_new();

	heap_module(heap, "app");
	for (int i = 0; i < 100; i++) {
		uint32_t packet = heap_object(heap, "codec.Packet", 1000);

		heap_refer(heap, packet, heap_object(heap, "bytes", 9000), LG_REF_ATTR, "data");
		heap_root(heap, packet, LG_ROOT_C_CODE, NULL);
	}
	expect(heap, 1,
	       "1.0 MB C code ×100 → codec.Packet → .data | 100 codec.Packet | \n"
	       "note 1: 100 × codec.Packet with references that no object explains: C code holds "
	       "them; look for a missing Py_DECREF\n"
	       "next path codec.Packet\n");
}

Test(verdict, held_by_a_variable_of_c_code)
{
	struct heap *heap = heap_new();
	uint32_t cache = heap_object(heap, "dict", 100);

	heap_module(heap, "app");
	heap_fill(heap, cache, LG_REF_KEY_STR, "codec.Packet", 100, 1000);
	heap_root(heap, cache, LG_ROOT_C_CODE, "static data of _codec.so");
	expect(heap, 1,
	       "100.1 kB C code (static data of _codec.so) → dict → [str] ×100 → codec.Packet | "
	       "100 codec.Packet | \n"
	       "note 1: 100 × codec.Packet kept by a variable of C code (static data of _codec.so): "
	       "only that file's code can clear it\n"
	       "next path codec.Packet\n");
}

/* Two caches hold the same sessions: neither dominates them, and both must be cut. */
Test(verdict, shared_by_two_modules)
{
	struct heap *heap = heap_new();
	uint32_t a = heap_module(heap, "a"), b = heap_module(heap, "b");
	uint32_t by_id = heap_object(heap, "dict", 100), recent = heap_object(heap, "list", 100);
	uint32_t first;

	heap_refer(heap, a, by_id, LG_REF_KEY_STR, "BY_ID");
	heap_refer(heap, b, recent, LG_REF_KEY_STR, "RECENT");
	first = heap_fill(heap, by_id, LG_REF_KEY_STR, "a.Session", 100, 1000);
	for (uint32_t i = 0; i < 100; i++)
		heap_refer(heap, recent, first + i, LG_REF_ITEM, NULL);
	expect(heap, 1,
	       "100.0 kB module a → .BY_ID → [str] ×100 → a.Session | 100 a.Session | "
	       "a.BY_ID[str]\n"
	       "  also module b → .RECENT → []\n"
	       "  cut a.BY_ID\n"
	       "  cut b.RECENT\n"
	       "note 1: held from several places at once: cut all of them, or nothing is freed\n"
	       "next cut b32a27c1\n");
}

/* The same within one module: it dominates them, but the two references matter. */
Test(verdict, shared_within_one_module)
{
	struct heap *heap = heap_new();
	uint32_t a = heap_module(heap, "a");
	uint32_t by_id = heap_object(heap, "dict", 100), recent = heap_object(heap, "list", 100);
	uint32_t first;

	heap_refer(heap, a, by_id, LG_REF_KEY_STR, "BY_ID");
	heap_refer(heap, a, recent, LG_REF_KEY_STR, "RECENT");
	first = heap_fill(heap, by_id, LG_REF_KEY_STR, "a.Session", 100, 1000);
	for (uint32_t i = 0; i < 100; i++)
		heap_refer(heap, recent, first + i, LG_REF_ITEM, NULL);
	expect(heap, 1,
	       "100.0 kB module a → .BY_ID → [str] ×100 → a.Session | 100 a.Session | "
	       "a.BY_ID[str]\n"
	       "  also module a → .RECENT → []\n"
	       "  cut a.BY_ID\n"
	       "  cut a.RECENT\n"
	       "note 1: held from several places at once: cut all of them, or nothing is freed\n"
	       "next cut 1cd1d86e\n");
}

/* Sets of holders are told apart: half of the sessions has a third one. */
Test(verdict, shared_by_different_sets)
{
	struct heap *heap = heap_new();
	uint32_t list[3], sessions[100];
	const char *lines;

	for (int i = 0; i < 3; i++) {
		uint32_t module = heap_module(heap, i == 0 ? "a" : i == 1 ? "b" : "c");

		list[i] = heap_object(heap, "list", 100);
		heap_refer(heap, module, list[i], LG_REF_KEY_STR, "L");
	}
	for (int i = 0; i < 100; i++) {
		sessions[i] = heap_object(heap, "a.Session", 1000);
		heap_refer(heap, list[0], sessions[i], LG_REF_ITEM, NULL);
		heap_refer(heap, list[1], sessions[i], LG_REF_ITEM, NULL);
		if (i < 40)
			heap_refer(heap, list[2], sessions[i], LG_REF_ITEM, NULL);
	}
	lines = verdict_lines(heap, 2);
	cr_expect(strstr(lines,
			 "60.0 kB module a → .L → [] ×60 → a.Session | 60 a.Session | a.L[]\n"
			 "  also module b → .L → []\n"
			 "  cut a.L\n"
			 "  cut b.L\n"
			 "40.0 kB module a → .L → [] ×40 → a.Session | 40 a.Session | a.L[]\n"
			 "  also module b → .L → []\n"
			 "  also module c → .L → []\n"),
		  "%s", lines);
}

/* Two lists of 20 MB, one in a parent-child cycle: both are told with 20 MB. */
Test(verdict, two_large_lists_one_in_a_cycle)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");
	uint32_t plain = heap_object(heap, "list", 20000000);
	uint32_t parent = heap_object(heap, "app.Parent", 50);
	uint32_t child = heap_object(heap, "app.Child", 50);
	uint32_t data = heap_object(heap, "list", 20000000);

	heap_refer(heap, module, plain, LG_REF_KEY_STR, "PLAIN");
	heap_refer(heap, module, parent, LG_REF_KEY_STR, "PARENT");
	heap_refer(heap, parent, child, LG_REF_ATTR, "child");
	heap_refer(heap, child, parent, LG_REF_ATTR, "parent");
	heap_refer(heap, parent, data, LG_REF_ATTR, "data");
	heap_refer(heap, child, data, LG_REF_ATTR, "data");
	expect(heap, 5,
	       "20.0 MB module app → .PARENT → app.Parent → .data | 1 list | app.PARENT.data\n"
	       "  also module app → .PARENT → .child → .data\n"
	       "20.0 MB module app → .PLAIN | 1 list | app.PLAIN\n"
	       "next path #6\n");
}

Test(verdict, several_caches_of_one_module_are_told_apart)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");

	for (uint32_t i = 0; i < 3; i++) {
		static const char *const name[] = {"A", "B", "C"};
		uint32_t dict = heap_object(heap, "dict", 100);

		heap_refer(heap, module, dict, LG_REF_KEY_STR, name[i]);
		heap_fill(heap, dict, LG_REF_KEY_STR, "bytes", 10 * (i + 1), 1000);
	}
	expect(heap, 5,
	       "30.1 kB module app → .C → [str] ×30 | 30 bytes | app.C\n"
	       "20.1 kB module app → .B → [str] ×20 | 20 bytes | app.B\n"
	       "10.1 kB module app → .A → [str] ×10 | 10 bytes | app.A\n"
	       "note 1: 30 entries in one dict, and nothing else keeps them: does anything take "
	       "them "
	       "out again?\n"
	       "next path #5\n");
}

#define LONG_LIST 1000000

/* A linked list whose nodes have payloads: one line, and told as one chain. */
Test(verdict, list_of_a_million_nodes)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app"), before = 0;

	for (uint32_t i = 0; i < LONG_LIST; i++) {
		uint32_t node = heap_object(heap, "app.Node", 48);

		heap_refer(heap, node, heap_object(heap, "int", 28), LG_REF_ATTR, "payload");
		if (before)
			heap_refer(heap, before, node, LG_REF_ATTR, "next");
		else
			heap_refer(heap, module, node, LG_REF_KEY_STR, "head");
		before = node;
	}
	expect(heap, 5,
	       "76.0 MB module app → .head → app.Node → .next ×999,999 deep | 999999 app.Node | "
	       "app.head\n"
	       "note 1: a chain of 999,999 × app.Node, one behind the other: letting go of its "
	       "head "
	       "frees all\n"
	       "next path app.Node\n");
}

/* The same with instances that have a __dict__: two objects a node. */
Test(verdict, chain_through_dicts)
{
	struct heap *heap = heap_new();
	uint32_t holder = heap_module(heap, "app");

	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t node = heap_object(heap, "app.Node", 48);

		heap_refer(heap, holder, node, LG_REF_KEY_STR, i ? "next" : "head");
		holder = heap_dict_of(heap, node);
	}
	expect(heap, 5,
	       "3.0 MB module app → .head → app.Node → .next ×19,999 deep | 19999 app.Node | "
	       "app.head\n"
	       "note 1: a chain of 19,999 × app.Node, one behind the other: letting go of its head "
	       "frees all\n"
	       "next path app.Node\n");
}

Test(verdict, lists_nested_deep)
{
	struct heap *heap = heap_new();
	uint32_t holder = heap_module(heap, "app");

	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t list = heap_object(heap, "list", 64);

		heap_refer(heap, holder, list, i ? LG_REF_ITEM : LG_REF_KEY_STR, i ? NULL : "L");
		holder = list;
	}
	expect(heap, 5,
	       "6.4 MB module app → .L → [] ×99,999 deep | 99999 list | app.L\n"
	       "note 1: a chain of 99,999 × list, one behind the other: letting go of its head "
	       "frees "
	       "all\n"
	       "next path #3\n");
}

/* One block of 5 GiB, and what it hangs on, in 64 bits. */
Test(verdict, bytes_of_five_gigabytes)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app");

	heap_refer(heap, module, heap_object(heap, "bytes", 5368709153), LG_REF_KEY_STR, "BLOB");
	expect(heap, 5, "5.4 GB module app → .BLOB | 1 bytes | app.BLOB\nnext path #3\n");
}

Test(verdict, empty_heap)
{
	expect(heap_new(), 5, "");
}

Test(verdict, names_that_act_on_a_terminal_are_defused)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app\033[2J");
	uint32_t dict = heap_object(heap, "dict", 100);

	heap_refer(heap, module, dict, LG_REF_KEY_STR, "a\nb\x9b\xe2\x80\xae");
	heap_refer(heap, dict, heap_object(heap, "bytes", 90000), LG_REF_KEY_STR, "it's \\ \x07");
	expect(heap, 5,
	       "90.0 kB module app\\x1b[2J → .a\\nb\\x9b\\u202e → ['it\\'s \\\\ \\x07'] | 1 bytes "
	       "| "
	       "app\\x1b[2J.a\\nb\\x9b\\u202e['it\\'s \\\\ \\x07']\n"
	       "next path #4\n");
}

static const char *headline_of(uint64_t bytes, uint64_t rss)
{
	static char text[512];
	struct heap *heap = heap_new();
	struct lg_verdict *verdict;
	struct lg_error err = {0};
	struct built built;

	heap_refer(heap, heap_module(heap, "app"), heap_object(heap, "bytes", bytes - 200),
		   LG_REF_KEY_STR, "B");
	heap_rss(heap, rss);
	built = heap_build(heap);
	cr_assert_eq(lg_verdict_build(built.analysis, 0, &verdict, &err), LG_OK);
	snprintf(text, sizeof text, "%s", verdict->headline);
	lg_verdict_free(verdict);
	built_free(&built);
	return text;
}

Test(verdict, headline_says_what_is_explained)
{
	cr_expect_str_eq(headline_of(80000000, 100000000),
			 "3 objects take 80.0 MB and explain 80 % of RSS 100.0 MB");
	cr_expect_str_eq(
		headline_of(20000000, 100000000),
		"Most of this memory is no Python object: 3 objects take 20.0 MB, 20 % of RSS "
		"100.0 MB");
	/* An interpreter with nothing to do is no riddle. */
	cr_expect_str_eq(headline_of(7000000, 15000000),
			 "3 objects take 7.0 MB and explain 47 % of RSS 15.0 MB");
	cr_expect_str_eq(
		headline_of(5000000000, 100000000),
		"3 objects take 5.0 GB, more than the 100.0 MB resident: the rest is swapped "
		"out or was never touched");
	cr_expect_str_eq(headline_of(5000, 0), "3 objects take 5.0 kB");
}

/* An object that a global and a running frame both hold: what it holds has one path all the same.
 */
Test(verdict, below_what_is_shared_one_reference_is_enough)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app"), frame = heap_thread(heap, "main", "run");
	uint32_t app = heap_object(heap, "app.App", 50), cache = heap_object(heap, "dict", 100);

	heap_refer(heap, module, app, LG_REF_KEY_STR, "APP");
	heap_refer(heap, frame, app, LG_REF_LOCAL, "self");
	heap_refer(heap, app, cache, LG_REF_ATTR, "cache");
	heap_fill(heap, cache, LG_REF_KEY_STR, "app.Item", 100, 1000);
	expect(heap, 1,
	       "100.1 kB module app → .APP → app.App → .cache → [str] ×100 → app.Item | "
	       "100 app.Item | app.APP.cache\n"
	       "note 1: 100 entries in one dict, and nothing else keeps them: does anything take "
	       "them out again?\n"
	       "next path app.Item\n");
}

/* asyncio.run: its main coroutine is at work, the tasks it started are those that pile up. */
Test(verdict, coroutines_below_the_one_that_runs)
{
	struct heap *heap = heap_new();
	uint32_t frame = heap_thread(heap, "main", "Runner.run");
	uint32_t coroutine = heap_generator(heap, "serve"), tasks = heap_object(heap, "set", 200);

	heap_refer(heap, frame, coroutine, LG_REF_LOCAL, "coro");
	heap_refer(heap, coroutine, tasks, LG_REF_LOCAL, "tasks");
	for (int i = 0; i < 50; i++) {
		uint32_t work = heap_generator(heap, "work");

		heap_refer(heap, tasks, work, LG_REF_ITEM, NULL);
		heap_refer(heap, work, heap_object(heap, "bytes", 5000), LG_REF_LOCAL, "body");
	}
	expect(heap, 1,
	       "260.2 kB thread main → frame Runner.run() → local coro → generator serve() → "
	       "local tasks → [] ×50 → generator work() → local body | 50 generator work() | "
	       "thread main → frame Runner.run() → local coro → local tasks\n"
	       "note 1: 50 × generator work(), suspended and never finished: its locals live as "
	       "long as it does; close it, or drop the reference to it\n"
	       "next path #4\n");
}

/* Lists in lists whose bytes drop in the middle of what repeats: no byte is told twice. */
Test(verdict, places_do_not_overlap)
{
	struct heap *heap = heap_new();
	uint32_t holder = heap_module(heap, "app");
	struct lg_verdict *verdict;
	struct lg_error err = {0};
	struct built built;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < 30; i++) {
		uint32_t node = heap_object(heap, "app.Node", 100 + 37 * (i % 5));

		heap_refer(heap, holder, node, i ? LG_REF_ATTR : LG_REF_KEY_STR,
			   i ? i % 2 ? "left" : "right" : "root");
		for (uint32_t j = 0; j < i % 4; j++)
			heap_fill(heap, node, LG_REF_ITEM, j % 2 ? "bytes" : "str", 1 + j, 400);
		if (i % 3 == 0)
			heap_refer(heap, node, heap_object(heap, "bytes", 900), LG_REF_ATTR,
				   "blob");
		holder = node;
	}
	built = heap_build(heap);
	cr_assert_eq(lg_verdict_build(built.analysis, 1000, &verdict, &err), LG_OK);
	for (size_t i = 0; i < verdict->holder_count; i++)
		sum += verdict->holder[i].retained_bytes;
	cr_expect_gt(sum, verdict->summary.object_bytes / 2);
	cr_expect_leq(sum, verdict->summary.object_bytes, "%llu of %llu", (unsigned long long)sum,
		      (unsigned long long)verdict->summary.object_bytes);
	lg_verdict_free(verdict);
	built_free(&built);
}

/* A module's own copy of its dict is no second holder. */
Test(verdict, copy_of_a_module_is_the_module)
{
	struct heap *heap = heap_new();
	uint32_t dict = heap_module(heap, "sys"), cache = heap_object(heap, "dict", 1000);
	uint32_t module = dict - 1, copy = heap_object(heap, "dict", 100);

	heap_refer(heap, module, copy, LG_REF_OTHER, "m_copy");
	heap_refer(heap, dict, cache, LG_REF_KEY_STR, "path_importer_cache");
	heap_refer(heap, copy, cache, LG_REF_KEY_STR, "path_importer_cache");
	heap_fill(heap, cache, LG_REF_KEY_TYPE, "bytes", 100, 1000);
	expect(heap, 1,
	       "101.0 kB module sys → .path_importer_cache → [int] ×100 | 100 bytes | "
	       "sys.path_importer_cache\n"
	       "next path #3\n");
}

/* Where the module let go of it the copy alone holds it, and where another holds it too, both. */
Test(verdict, what_only_the_copy_of_a_module_has)
{
	struct heap *heap = heap_new();
	uint32_t app = heap_module(heap, "app");
	uint32_t dict = heap_module(heap, "sys"), hooks = heap_object(heap, "list", 1000);
	uint32_t module = dict - 1, copy = heap_object(heap, "dict", 100);
	uint32_t gone = heap_object(heap, "list", 1000);

	heap_refer(heap, module, copy, LG_REF_OTHER, "m_copy");
	heap_refer(heap, copy, hooks, LG_REF_KEY_STR, "path_hooks");
	heap_refer(heap, app, hooks, LG_REF_KEY_STR, "HOOKS");
	heap_fill(heap, hooks, LG_REF_ITEM, "bytes", 100, 1000);
	heap_refer(heap, copy, gone, LG_REF_KEY_STR, "gone");
	heap_fill(heap, gone, LG_REF_ITEM, "bytes", 50, 1000);
	expect(heap, 2,
	       "101.0 kB module app → .HOOKS → [] ×100 | 100 bytes | app.HOOKS\n"
	       "  also module sys → .path_hooks\n"
	       "  cut app.HOOKS\n"
	       "  cut sys.path_hooks\n"
	       "51.0 kB module sys → .gone → [] ×50 | 50 bytes | sys.gone\n"
	       "note 1: held from several places at once: cut all of them, or nothing is freed\n"
	       "note 2: 50 entries in one list, and nothing else keeps them: does anything take "
	       "them out again?\n"
	       "next cut f1cffc91\n");
}
