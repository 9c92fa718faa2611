/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>

#include "analysis/text.h"
#include "base/array.h"
#include "tests/unit/analysis/heap.h"

/*
 * A module with a list of ten rows: five were allocated at one line called from
 * two others, four at another, one before anybody watched.
 */
static struct built rows_with_sites(void)
{
	static const uint32_t site_of_row[] = {1, 1, 2, 2, 2, 3, 3, 3, 3};
	struct heap *heap = heap_new();
	uint32_t list = heap_object(heap, "list", 100), first;
	struct built built;
	struct lg_snapshot *s;
	struct lg_error err = {0};

	heap_refer(heap, heap_module(heap, "app"), list, LG_REF_KEY_STR, "ROWS");
	first = heap_fill(heap, list, LG_REF_ITEM, "app.Row", 10, 1000);
	built = heap_build(heap);
	s = built.snapshot;
	lg_analysis_free(built.analysis);
	s->site_count = 4;
	s->sites = lg_alloc_zero(4, sizeof *s->sites);
	/* Of the strings any will do: 0 is "", all lines are of one file. */
	s->sites[0] = (struct lg_site){LG_NONE, 0, 1};
	s->sites[1] = (struct lg_site){0, 0, 7};
	s->sites[2] = (struct lg_site){LG_NONE, 0, 7};
	s->sites[3] = (struct lg_site){1, 0, 9};
	s->allocation_count = 9;
	s->allocations = lg_alloc_zero(9, sizeof *s->allocations);
	for (uint32_t i = 0; i < 9; i++)
		s->allocations[i] = (struct lg_allocation){built.index[first + i], site_of_row[i]};
	cr_assert_eq(lg_snapshot_validate(s, &err), LG_OK, "%s", err.text);
	cr_assert_eq(lg_analysis_open(s, NULL, &built.analysis, &err), LG_OK, "%s", err.text);
	return built;
}

Test(sites, a_holder_tells_the_lines_that_allocated_most)
{
	struct built built = rows_with_sites();
	struct lg_verdict *verdict;
	struct lg_error err = {0};

	cr_assert_eq(lg_verdict_build(built.analysis, 1, &verdict, &err), LG_OK, "%s", err.text);
	cr_assert_eq(verdict->holder_count, 1);
	cr_assert_eq(verdict->holder[0].allocated_count, 2);
	cr_expect_eq(verdict->holder[0].allocated[0].line, 7);
	cr_expect_eq(verdict->holder[0].allocated[0].objects, 5);
	cr_expect_eq(verdict->holder[0].allocated[0].bytes, 5000);
	cr_expect_eq(verdict->holder[0].allocated[1].line, 9);
	cr_expect_eq(verdict->holder[0].allocated[1].objects, 4);
	lg_verdict_free(verdict);
	built_free(&built);
}

Test(sites, an_object_tells_its_traceback)
{
	struct built built = rows_with_sites();
	struct lg_where *where;
	struct lg_error err = {0};
	static const uint32_t line[] = {9, 7, 1};
	char query[32];

	snprintf(query, sizeof query, "#%u", built.snapshot->allocations[8].object);
	cr_assert_eq(lg_where_build(built.analysis, query, 1, &where, &err), LG_OK, "%s", err.text);
	cr_assert_eq(where->allocated_count, 3);
	for (int i = 0; i < 3; i++)
		cr_expect_eq(where->allocated[i].line, line[i]);
	lg_where_free(where);
	/* One that nobody saw. */
	snprintf(query, sizeof query, "#%u", built.snapshot->allocations[8].object + 1);
	cr_assert_eq(lg_where_build(built.analysis, query, 1, &where, &err), LG_OK, "%s", err.text);
	cr_expect_eq(where->allocated_count, 0);
	lg_where_free(where);
	built_free(&built);
}
