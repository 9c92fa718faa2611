/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "take/excess.h"
#include "take/held_by_c.h"

/*
 * Reachability by a stack of indexes: every object is pushed at most once, so
 * the stack is as large as there are objects that refer to something.
 */
struct reach {
	bool *reached; /* by object */
	uint32_t *stack;
	uint32_t depth;
};

static void free_reach(struct reach *reach)
{
	free(reach->reached);
	free(reach->stack);
}

static void push(const struct lg_snapshot *s, struct reach *reach, uint32_t object)
{
	if (reach->reached[object])
		return;
	reach->reached[object] = true;
	if (object < s->inner_count)
		reach->stack[reach->depth++] = object;
}

static void spread(const struct lg_snapshot *s, struct reach *reach)
{
	while (reach->depth) {
		uint32_t object = reach->stack[--reach->depth];

		for (uint32_t r = s->first_reference[object]; r < s->first_reference[object + 1]; r++)
			if (lg_ref_is_strong(s->ref_kind[r]))
				push(s, reach, s->ref_target[r]);
	}
}

static bool is_held(const struct lg_snapshot *s, uint32_t object, uint32_t known)
{
	if (s->flags[object] & LG_OBJECT_IMMORTAL)
		return true;
	return s->refcount[object] > known && s->refcount[object] != UINT32_MAX;
}

enum lg_status lg_held_by_c(struct lg_snapshot *s, uint32_t static_name, struct lg_error *err)
{
	lg_cleanup(free_reach) struct reach reach = {
		.reached = lg_alloc_zero(s->object_count, sizeof *reach.reached),
		.stack = lg_alloc(s->inner_count, sizeof *reach.stack),
	};
	lg_cleanup(lg_free) uint32_t *known = lg_count_referrers(s);
	size_t capacity = s->root_count;

	if (!reach.reached || !reach.stack || !known)
		return lg_fail(err, LG_E_MEMORY, "no memory to tell what C code holds among %u objects",
			       s->object_count);
	reach.reached[0] = true;
	for (uint32_t i = 0; i < s->root_count; i++)
		push(s, &reach, s->roots[i].object);
	spread(s, &reach);
	for (uint32_t i = 1; i < s->object_count; i++) {
		bool immortal = s->flags[i] & LG_OBJECT_IMMORTAL;

		if (reach.reached[i] || !is_held(s, i, known[i]))
			continue;
		if (!lg_reserve(s->roots, capacity, (size_t)s->root_count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for %u roots", s->root_count + 1);
		s->roots[s->root_count++] = (struct lg_root){
			.object = i,
			.name = immortal ? static_name : 0,
			.excess = immortal ? 0 : s->refcount[i] - known[i],
			.kind = immortal ? LG_ROOT_INTERPRETER : LG_ROOT_C_CODE,
		};
	}
	return LG_OK;
}
