/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "fake_snapshot.h"
#include "take/held_by_c.h"

/* Object 1 is a root and refers to 2; 3 and 4 are a cycle; 5 refers to the leaf 6; 7 is weakly met. */
enum { OBJECTS = 8, INNER = 6, REFERENCES = 5 };

static struct lg_snapshot *heap(void)
{
	static const uint32_t first[INNER + 1] = { 0, 0, 2, 2, 3, 4, 5 };
	static const uint32_t target[REFERENCES] = { 2, 7, 4, 3, 6 };
	struct lg_snapshot *s = fake_allocate(OBJECTS, INNER, REFERENCES, 1, 1, 0, 0);

	memcpy(s->first_reference, first, sizeof first);
	memcpy(s->ref_target, target, sizeof target);
	s->ref_kind[1] = LG_REF_WEAK;
	s->roots[0] = (struct lg_root){ .object = 1, .kind = LG_ROOT_MODULE };
	for (uint32_t i = 1; i < OBJECTS; i++)
		s->refcount[i] = 1;
	s->refcount[5] = s->refcount[7] = 0;
	return s;
}

static void check(struct lg_snapshot *s, uint32_t roots)
{
	struct lg_error err = {0};

	cr_assert_eq(lg_held_by_c(s, 5, &err), LG_OK, "%s", err.text);
	cr_assert_eq(s->root_count, roots, "%u roots, expected %u", s->root_count, roots);
}

Test(held_by_c, explained_refcounts_make_no_root)
{
	struct lg_snapshot *s = heap();

	check(s, 1);
	lg_snapshot_free(s);
}

Test(held_by_c, an_excess_is_a_root)
{
	struct lg_snapshot *s = heap();

	s->refcount[3] = 4;
	check(s, 2);
	cr_assert_eq(s->roots[1].object, 3);
	cr_assert_eq(s->roots[1].kind, LG_ROOT_C_CODE);
	cr_assert_eq(s->roots[1].excess, 3);
	lg_snapshot_free(s);
}

Test(held_by_c, what_a_root_reaches_needs_no_other)
{
	struct lg_snapshot *s = heap();

	s->refcount[2] = 100;
	check(s, 1);
	lg_snapshot_free(s);
}

Test(held_by_c, a_weak_reference_neither_reaches_nor_explains)
{
	struct lg_snapshot *s = heap();

	s->refcount[7] = 1;
	check(s, 2);
	cr_assert_eq(s->roots[1].object, 7);
	cr_assert_eq(s->roots[1].excess, 1);
	lg_snapshot_free(s);
}

Test(held_by_c, immortal_objects_are_the_interpreters)
{
	struct lg_snapshot *s = heap();

	s->flags[6] = LG_OBJECT_IMMORTAL;
	s->refcount[6] = 999999999;
	check(s, 2);
	cr_assert_eq(s->roots[1].object, 6);
	cr_assert_eq(s->roots[1].kind, LG_ROOT_INTERPRETER);
	cr_assert_eq(s->roots[1].name, 5);
	cr_assert_eq(s->roots[1].excess, 0);
	lg_snapshot_free(s);
}

Test(held_by_c, a_saturated_refcount_says_nothing)
{
	struct lg_snapshot *s = heap();

	s->refcount[5] = UINT32_MAX;
	check(s, 1);
	lg_snapshot_free(s);
}

Test(held_by_c, a_chain_of_a_million_needs_no_recursion)
{
	enum { LENGTH = 1000000 };
	struct lg_snapshot *s = fake_allocate(LENGTH, LENGTH, LENGTH - 2, 1, 1, 0, 0);

	for (uint32_t i = 1; i < LENGTH; i++) {
		s->first_reference[i + 1] = i < LENGTH - 1 ? i : i - 1;
		if (i < LENGTH - 1)
			s->ref_target[i - 1] = i + 1;
		s->refcount[i] = 1000;
	}
	s->roots[0] = (struct lg_root){ .object = 1, .kind = LG_ROOT_MODULE };
	check(s, 1);
	lg_snapshot_free(s);
}
