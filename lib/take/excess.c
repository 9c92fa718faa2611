/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"
#include "take/excess.h"

/* Weak references count in no refcount; what C code was found to hold counts as often as it does. */
uint32_t *lg_count_referrers(const struct lg_snapshot *s)
{
	uint32_t *known = lg_alloc_zero(s->object_count, sizeof *known);

	for (uint32_t r = 0; known && r < s->reference_count; r++)
		if (lg_ref_is_strong(s->ref_kind[r]))
			known[s->ref_target[r]]++;
	for (uint32_t i = 0; known && i < s->root_count; i++) {
		const struct lg_root *root = &s->roots[i];

		if (root->kind == LG_ROOT_INTERPRETER)
			known[root->object]++;
		else if (root->kind == LG_ROOT_C_CODE)
			known[root->object] += root->excess;
	}
	return known;
}

static bool has_excess(const struct lg_snapshot *s, uint32_t object, uint32_t known)
{
	return !(s->flags[object] & (LG_OBJECT_IMMORTAL | LG_OBJECT_PSEUDO | LG_OBJECT_STATIC)) &&
	       s->refcount[object] > known && s->refcount[object] != UINT32_MAX;
}

static int by_address(const void *left, const void *right)
{
	const struct lg_excess_object *a = left, *b = right;

	return (a->address > b->address) - (a->address < b->address);
}

enum lg_status lg_excess_find(const struct lg_snapshot *s, struct lg_excess *out,
			      struct lg_error *err)
{
	lg_cleanup(lg_free) uint32_t *known = lg_count_referrers(s);
	size_t capacity = 0;

	*out = (struct lg_excess){ 0 };
	for (uint32_t i = 1; known && i < s->inner_count; i++) {
		if (!has_excess(s, i, known[i]))
			continue;
		if (!lg_reserve(out->object, capacity, out->count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for %zu refcounts", out->count + 1);
		out->object[out->count++] = (struct lg_excess_object){
			.address = s->address[i], .object = i, .left = s->refcount[i] - known[i]
		};
	}
	if (!known)
		return lg_fail(err, LG_E_MEMORY, "no memory for the refcounts of %u objects",
			       s->object_count);
	if (out->count)
		qsort(out->object, out->count, sizeof *out->object, by_address);
	return LG_OK;
}

void lg_excess_free(struct lg_excess *excess)
{
	free(excess->object);
	*excess = (struct lg_excess){ 0 };
}

uint32_t lg_excess_take(struct lg_excess *excess, uint64_t word)
{
	size_t low;

	/* Most words are no addresses, or not of the heap. */
	if (!excess->count || word < excess->object[0].address ||
	    word > excess->object[excess->count - 1].address)
		return 0;
	low = lg_bisect(at, excess->count, excess->object[at].address < word);
	if (low == excess->count || excess->object[low].address != word || !excess->object[low].left)
		return 0;
	excess->object[low].left--;
	return excess->object[low].object;
}
