/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leakgraph/signature.h"
#include "tests/unit/analysis/heap.h"

/* The first holder: "9f31c2e0 word | word". Frees the heap. */
static const char *signature(struct heap *heap)
{
	static char text[4096];
	struct built built = heap_build(heap);
	struct lg_verdict *verdict = NULL;
	struct lg_error err = {0};
	size_t used;

	cr_assert_eq(lg_verdict_build(built.analysis, 0, &verdict, &err), LG_OK, "%s", err.text);
	cr_assert(verdict->holder_count > 0);
	used = (size_t)snprintf(text, sizeof text, "%s ", verdict->holder[0].signature);
	for (size_t i = 0; i < verdict->holder[0].signature_words; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " | " : "",
					 verdict->holder[0].signature_word[i]);
	lg_verdict_free(verdict);
	built_free(&built);
	return text;
}

#define expect(heap, expected)                                                                     \
	do {                                                                                       \
		const char *text_ = signature(heap);                                               \
		cr_expect_str_eq(text_, expected, "%s", text_);                                    \
	} while (0)

static struct heap *cache_of(const char *module, const char *type, uint32_t count, uint64_t bytes)
{
	struct heap *heap = heap_new();
	uint32_t dict = heap_object(heap, "dict", 1000);

	heap_refer(heap, heap_module(heap, module), dict, LG_REF_KEY_STR, "CACHE");
	heap_fill(heap, dict, LG_REF_KEY_STR, type, count, bytes);
	return heap;
}

/* What stands in budgets: a change of these is a new version. */
Test(signature, is_what_it_was)
{
	expect(cache_of("app", "app.Session", 100, 100),
	       "cd2df34b module app | .CACHE | [str] | app.Session");
	expect(cache_of("app", "app.Session", 7000, 300),
	       "cd2df34b module app | .CACHE | [str] | app.Session");
	expect(cache_of("app", "app.Request", 100, 100),
	       "78b052ae module app | .CACHE | [str] | app.Request");
	expect(cache_of("web", "app.Session", 100, 100),
	       "1c1e24d4 module web | .CACHE | [str] | app.Session");
}

/* A thread's name and number are no part of it, its frame's function is. */
static struct heap *stuck(const char *thread, const char *function, unsigned threads)
{
	struct heap *heap = heap_new();

	for (unsigned i = 0; i < threads; i++) {
		char name[64];
		uint32_t rows = heap_object(heap, "list", 1000);

		snprintf(name, sizeof name, "%s-%u", thread, i);
		heap_refer(heap, heap_thread(heap, name, function), rows, LG_REF_LOCAL, "rows");
		heap_fill(heap, rows, LG_REF_ITEM, "app.Row", 100, 100);
	}
	return heap;
}

Test(signature, of_threads)
{
	expect(stuck("worker", "handle", 1), "f0f296e8 frame handle() | local rows | [] | app.Row");
	expect(stuck("Thread", "Pool.handle", 5), "f0f296e8 frame handle() | local rows | [] | app.Row");
}

/* Which of two holders is the first one is chance. */
static struct heap *shared(bool swapped)
{
	static const char *const module[] = {"app.users", "app.search"};
	struct heap *heap = heap_new();
	uint32_t list[2], first;

	for (int i = 0; i < 2; i++) {
		list[i] = heap_object(heap, "list", 900);
		heap_refer(heap, heap_module(heap, module[i ^ swapped]), list[i], LG_REF_KEY_STR, "ALL");
	}
	first = heap_fill(heap, list[0], LG_REF_ITEM, "app.User", 100, 1000);
	for (uint32_t i = 0; i < 100; i++)
		heap_refer(heap, list[1], first + i, LG_REF_ITEM, NULL);
	return heap;
}

Test(signature, of_what_several_hold)
{
	expect(shared(false), "4f3b6031 several | module app.search .ALL [] | module app.users .ALL [] | app.User");
	expect(shared(true), "4f3b6031 several | module app.search .ALL [] | module app.users .ALL [] | app.User");
}

Test(signature, of_c_code)
{
	struct heap *heap = heap_new();

	for (uint32_t i = 0; i < 100; i++)
		heap_root(heap, heap_object(heap, "codec.Packet", 1000), LG_ROOT_C_CODE, NULL);
	expect(heap, "ff80e654 C code | codec.Packet");
	heap = heap_new();
	heap_root(heap, heap_object(heap, "codec.Packet", 1000), LG_ROOT_C_CODE,
		  "static data of _codec.cpython-311-x86_64-linux-gnu.so");
	expect(heap, "068e6998 C code (static data of _codec) | codec.Packet");
}

static uint32_t objects_of(struct heap *heap, const char *text, uint32_t **object,
			   struct built *built)
{
	struct lg_error err = {0};
	uint32_t hash, count;

	*built = heap_build(heap);
	cr_assert(lg_signature_parse(text, &hash));
	cr_assert_eq(lg_signature_objects(built->analysis, hash, object, &count, &err), LG_OK, "%s",
		     err.text);
	return count;
}

/* From the signature back to what piles up, in another heap with other data as well. */
Test(signature, gives_the_objects)
{
	char text[LG_SIGNATURE_DIGITS + 1];
	struct heap *heap;
	struct built built;
	uint32_t *object, count;

	snprintf(text, sizeof text, "%s", signature(cache_of("app", "app.Session", 100, 100)));
	heap = cache_of("app", "app.Session", 300, 50);
	heap_fill(heap, heap_module(heap, "other"), LG_REF_KEY_STR, "bytes", 1, 5000000);
	count = objects_of(heap, text, &object, &built);
	cr_expect_eq(count, 300);
	for (uint32_t i = 0; i < count; i++)
		cr_expect_eq(built.snapshot->shallow_bytes[object[i]], 50);
	free(object);
	built_free(&built);
}

Test(signature, of_several_threads_gives_the_objects_of_all)
{
	char text[LG_SIGNATURE_DIGITS + 1];
	struct built built;
	uint32_t *object;

	snprintf(text, sizeof text, "%s", signature(stuck("worker", "handle", 1)));
	cr_expect_eq(objects_of(stuck("worker", "handle", 7), text, &object, &built), 700);
	free(object);
	built_free(&built);
}

Test(signature, that_nobody_has)
{
	struct built built = heap_build(cache_of("app", "app.Session", 100, 100));
	struct lg_error err = {0};
	uint32_t *object, count;

	cr_expect_eq(lg_signature_objects(built.analysis, 0xdeadbeef, &object, &count, &err),
		     LG_E_NOT_FOUND);
	cr_expect_str_eq(err.text, "no suspect of this dump has the signature deadbeef");
	cr_expect_null(object);
	built_free(&built);
}

Test(signature, texts)
{
	uint32_t hash;

	cr_expect(lg_signature_parse("9f31c2e0", &hash));
	cr_expect_eq(hash, 0x9f31c2e0);
	cr_expect(!lg_signature_parse("9F31C2E0", &hash));
	cr_expect(!lg_signature_parse("9f31c2e", &hash));
	cr_expect(!lg_signature_parse("9f31c2e01", &hash));
	cr_expect(!lg_signature_parse("", &hash));
}
