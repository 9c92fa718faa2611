/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "fake_snapshot.h"
#include "take/excess.h"
#include "take/more_references.h"

/* 1 refers to 2 twice, and 3 to 2 and 4; 5 is a leaf. Addresses descend. */
enum { OBJECTS = 6, INNER = 5, REFERENCES = 4 };

static struct lg_snapshot *heap(void)
{
	static const uint32_t first[INNER + 1] = { 0, 0, 2, 2, 4, 4 };
	static const uint32_t target[REFERENCES] = { 2, 2, 2, 4 };
	struct lg_snapshot *s = fake_allocate(OBJECTS, INNER, REFERENCES, 1, 1, 0, 0);

	memcpy(s->first_reference, first, sizeof first);
	memcpy(s->ref_target, target, sizeof target);
	for (uint32_t i = 1; i < OBJECTS; i++) {
		s->refcount[i] = 3;
		s->address[i] = 0x1000 - i * 16;
	}
	s->roots[0] = (struct lg_root){ .object = 1, .kind = LG_ROOT_INTERPRETER };
	return s;
}

static struct lg_excess find(const struct lg_snapshot *s)
{
	struct lg_excess excess;
	struct lg_error err = {0};

	cr_assert_eq(lg_excess_find(s, &excess, &err), LG_OK, "%s", err.text);
	return excess;
}

Test(excess, what_is_known_is_taken_off)
{
	struct lg_snapshot *s = heap();
	struct lg_excess excess = find(s);

	/* 2 has its three; of the leaf nobody asks. Ascending by address. */
	cr_assert_eq(excess.count, 3);
	cr_expect_eq(excess.object[0].object, 4);
	cr_expect_eq(excess.object[0].left, 2);
	cr_expect_eq(excess.object[1].object, 3);
	cr_expect_eq(excess.object[1].left, 3);
	cr_expect_eq(excess.object[2].object, 1);
	cr_expect_eq(excess.object[2].left, 2, "a pointer of the interpreter's is a reference");
	lg_excess_free(&excess);
	lg_snapshot_free(s);
}

Test(excess, refcounts_that_say_nothing_are_none)
{
	struct lg_snapshot *s = heap();
	struct lg_excess excess;

	s->flags[1] = LG_OBJECT_IMMORTAL;
	s->flags[3] = LG_OBJECT_STATIC;
	s->refcount[4] = UINT32_MAX;
	excess = find(s);
	cr_expect_eq(excess.count, 0);
	cr_expect_eq(lg_excess_take(&excess, s->address[4]), 0);
	lg_excess_free(&excess);
	lg_snapshot_free(s);
}

Test(excess, a_word_explains_one_reference)
{
	struct lg_snapshot *s = heap();
	struct lg_excess excess = find(s);

	cr_expect_eq(lg_excess_take(&excess, s->address[4]), 4);
	cr_expect_eq(lg_excess_take(&excess, s->address[4]), 4);
	cr_expect_eq(lg_excess_take(&excess, s->address[4]), 0, "both are explained");
	cr_expect_eq(lg_excess_take(&excess, s->address[2]), 0, "it has none");
	cr_expect_eq(lg_excess_take(&excess, s->address[3] + 8), 0, "inside an object");
	cr_expect_eq(lg_excess_take(&excess, 0), 0);
	cr_expect_eq(lg_excess_take(&excess, UINT64_MAX), 0);
	cr_expect_eq(lg_excess_take(&excess, s->address[1]), 1);
	lg_excess_free(&excess);
	lg_snapshot_free(s);
}

Test(excess, more_references_stand_behind_those_of_their_holder)
{
	static const uint32_t first[INNER + 1] = { 0, 0, 3, 4, 6, 7 };
	static const uint32_t target[REFERENCES + 3] = { 2, 2, 4, 3, 2, 4, 1 };
	struct lg_more_reference more[] = { { .holder = 4, .target = 1, .name = 9 },
					    { .holder = 1, .target = 4, .name = 7 },
					    { .holder = 2, .target = 3, .name = 8 } };
	struct lg_snapshot *s = heap();
	struct lg_error err = {0};

	cr_assert_eq(lg_add_references(s, more, 3, &err), LG_OK, "%s", err.text);
	cr_assert_eq(s->reference_count, REFERENCES + 3);
	cr_expect_arr_eq(s->first_reference, first, sizeof first);
	cr_expect_arr_eq(s->ref_target, target, sizeof target);
	cr_expect_eq(s->ref_name[2], 7);
	cr_expect_eq(s->ref_name[3], 8);
	cr_expect_eq(s->ref_name[6], 9);
	cr_expect_eq(s->ref_kind[6], LG_REF_OTHER);
	cr_expect_eq(lg_add_references(s, NULL, 0, &err), LG_OK);
	lg_snapshot_free(s);
}
