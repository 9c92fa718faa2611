/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "take/more_references.h"

static int by_holder(const void *left, const void *right)
{
	const struct lg_more_reference *a = left, *b = right;

	if (a->holder != b->holder)
		return a->holder < b->holder ? -1 : 1;
	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	return (a->name > b->name) - (a->name < b->name);
}

static bool grow(struct lg_snapshot *s, uint32_t more)
{
	size_t count = (size_t)s->reference_count + more;
	uint32_t *target = realloc(s->ref_target, count * sizeof *target);
	uint32_t *name;
	uint8_t *kind;

	if (!target)
		return false;
	s->ref_target = target;
	name = realloc(s->ref_name, count * sizeof *name);
	if (!name)
		return false;
	s->ref_name = name;
	kind = realloc(s->ref_kind, count * sizeof *kind);
	if (!kind)
		return false;
	s->ref_kind = kind;
	return true;
}

static void shift(struct lg_snapshot *s, uint32_t from, uint32_t end, uint32_t by)
{
	memmove(s->ref_target + from + by, s->ref_target + from,
		(end - from) * sizeof *s->ref_target);
	memmove(s->ref_name + from + by, s->ref_name + from, (end - from) * sizeof *s->ref_name);
	memmove(s->ref_kind + from + by, s->ref_kind + from, (end - from) * sizeof *s->ref_kind);
}

/* Rows move to the right, the last one first, each as far as there are new references before it. */
static void insert(struct lg_snapshot *s, const struct lg_more_reference *more, uint32_t count)
{
	uint32_t end = s->reference_count;

	for (uint32_t i = count; i-- > 0;) {
		uint32_t at = s->first_reference[more[i].holder + 1];

		shift(s, at, end, i + 1);
		s->ref_target[at + i] = more[i].target;
		s->ref_name[at + i] = more[i].name;
		s->ref_kind[at + i] = LG_REF_OTHER;
		end = at;
	}
	for (uint32_t row = 1, before = 0; row <= s->inner_count; row++) {
		while (before < count && more[before].holder < row)
			before++;
		s->first_reference[row] += before;
	}
	s->reference_count += count;
}

enum lg_status lg_add_references(struct lg_snapshot *s, struct lg_more_reference *more,
				 size_t count, struct lg_error *err)
{
	if (count == 0)
		return LG_OK;
	if (count > LG_MAX_REFERENCES - s->reference_count)
		return lg_fail(err, LG_E_LIMIT, "more than %u references", LG_MAX_REFERENCES);
	if (!grow(s, (uint32_t)count))
		return lg_fail(err, LG_E_MEMORY, "no memory for %u references", s->reference_count);
	qsort(more, count, sizeof *more, by_holder);
	insert(s, more, (uint32_t)count);
	return LG_OK;
}
