/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "tests/unit/analysis/heap.h"

static struct lg_overview *overview_of(struct built *built)
{
	struct lg_error err = {0};
	struct lg_overview *overview;

	cr_assert_eq(lg_overview_build(built->analysis, &overview, &err), LG_OK, "%s", err.text);
	return overview;
}

Test(overview, explains_refcounts_by_references_and_by_roots_that_count)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app"), exact = heap_object(heap, "list", 10);
	uint32_t twice = heap_object(heap, "list", 10), table = heap_object(heap, "list", 10);
	uint32_t immortal = heap_object(heap, "list", 10), unknown = heap_object(heap, "list", 10);
	struct built built;
	struct lg_overview *overview;

	heap_refer(heap, module, exact, LG_REF_KEY_STR, "A");
	heap_refer(heap, module, exact, LG_REF_WEAK, NULL);
	heap_refer(heap, module, twice, LG_REF_KEY_STR, "B");
	heap_refer(heap, module, immortal, LG_REF_KEY_STR, "C");
	heap_refer(heap, module, unknown, LG_REF_KEY_STR, "D");
	heap_root(heap, table, LG_ROOT_INTERPRETER, "atexit");
	heap_root(heap, twice, LG_ROOT_C_CODE, NULL);
	built = heap_build(heap);
	const uint32_t ids[] = {exact, twice, table, immortal, unknown};
	for (int i = 0; i < 5; i++)
		built.snapshot->flags[built.index[ids[i]]] |= LG_OBJECT_TRACKED;
	built.snapshot->refcount[built.index[exact]] = 1;
	built.snapshot->refcount[built.index[twice]] = 3;
	built.snapshot->refcount[built.index[table]] = 1;
	built.snapshot->refcount[built.index[immortal]] = 9;
	built.snapshot->flags[built.index[immortal]] |= LG_OBJECT_IMMORTAL;
	overview = overview_of(&built);
	cr_expect_eq(overview->tracked, 5);
	cr_expect_eq(overview->immortal, 1);
	cr_expect_eq(overview->refcounts, 3);
	cr_expect_eq(overview->refcounts_explained, 2);
	cr_expect_eq(overview->refcounts_larger, 1);
	cr_expect_eq(overview->references_missing, 2);
	cr_expect_eq(overview->roots[LG_ROOT_MODULE], 1);
	cr_expect_eq(overview->roots[LG_ROOT_C_CODE], 1);
	lg_overview_free(overview);
	built_free(&built);
}

Test(overview, counts_what_carries_a_label)
{
	struct heap *heap = heap_new();
	uint32_t module = heap_module(heap, "app"), object = heap_object(heap, "bytes", 10);
	struct built built;
	struct lg_overview *overview;

	heap_refer(heap, module, object, LG_REF_OTHER, NULL);
	heap_refer(heap, module, object, LG_REF_OTHER, "tool");
	heap_refer(heap, module, object, LG_REF_LOCAL, NULL);
	heap_refer(heap, module, object, LG_REF_KEY_STR, NULL);
	heap_generator(heap, "rows");
	built = heap_build(heap);
	overview = overview_of(&built);
	/* With the module's reference to its dict. */
	cr_expect_eq(overview->summary.references, 5);
	cr_expect_eq(overview->labelled, 3);
	cr_expect_eq(overview->label[LG_REF_OTHER].count, 2);
	cr_expect_eq(overview->label[LG_REF_OTHER].labelled, 1);
	cr_expect_eq(overview->suspended, 1);
	cr_expect_eq(overview->frames, 0);
	lg_overview_free(overview);
	built_free(&built);
}
