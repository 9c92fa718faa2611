/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/garbage.h"
#include "analysis/signature.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "leakgraph/signature.h"

/*
 * From a signature back to the objects. In another dump its suspect may be
 * smaller than what a verdict tells: where it is not among the large places,
 * small ones are looked for.
 */
#define SMALL_PART 32

LG_DEFINE_CLEANUP(lg_pool_free, struct lg_pool *)

static void free_list(struct lg_object_list *list)
{
	free(list->object);
}

static enum lg_status add_objects(struct lg_object_list *list, const uint32_t *object, size_t count,
				  struct lg_error *err)
{
	if (!lg_reserve(list->object, list->capacity, list->count + count))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu objects", list->count + count);
	memcpy(list->object + list->count, object, count * sizeof *object);
	list->count += count;
	return LG_OK;
}

static enum lg_status add_place(struct lg_analysis *analysis, const struct lg_place *place,
				uint32_t signature, struct lg_object_list *list,
				struct lg_error *err)
{
	lg_cleanup(lg_pool_free_slot) struct lg_pool *pool = lg_pool_new();
	struct lg_signature words = {.pool = pool};
	enum lg_status status;

	if (!pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for a signature");
	status = lg_signature_of_place(analysis, place, &words, err);
	if (status == LG_OK)
		status = lg_pool_check(pool, err);
	if (status != LG_OK || lg_signature_hash(&words) != signature)
		return status;
	return add_objects(list, place->pile, place->pile_count, err);
}

static enum lg_status add_places(struct lg_analysis *analysis, uint64_t threshold,
				 uint32_t signature, struct lg_object_list *list,
				 struct lg_error *err)
{
	lg_cleanup(lg_places_free) struct lg_places places = {.keep_piles = true};
	enum lg_status status = lg_places_find(analysis, threshold, &places, err);

	for (size_t i = 0; status == LG_OK && i < places.count; i++)
		status = add_place(analysis, &places.place[i], signature, list, err);
	return status;
}

static int compare_objects(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* Ascending, each once. */
static void put_in_order(struct lg_object_list *list)
{
	size_t kept = 0;

	qsort(list->object, list->count, sizeof *list->object, compare_objects);
	for (size_t i = 0; i < list->count; i++)
		if (i == 0 || list->object[i] != list->object[i - 1])
			list->object[kept++] = list->object[i];
	list->count = kept;
}

enum lg_status lg_signature_objects(struct lg_analysis *analysis, uint32_t signature, uint32_t **out,
				    uint32_t *out_count, struct lg_error *err)
{
	lg_cleanup(free_list) struct lg_object_list list = {0};
	uint64_t threshold = lg_places_threshold(analysis);
	enum lg_status status = add_places(analysis, threshold, signature, &list, err);

	*out = NULL;
	*out_count = 0;
	if (status == LG_OK)
		status = lg_garbage_signed(analysis, signature, &list, err);
	if (status == LG_OK && list.count == 0)
		status = add_places(analysis, threshold / SMALL_PART + 1, signature, &list, err);
	if (status != LG_OK)
		return status;
	if (list.count == 0)
		return lg_fail(err, LG_E_NOT_FOUND,
			       "no suspect of this dump has the signature %08x", (unsigned)signature);
	put_in_order(&list);
	*out_count = (uint32_t)list.count;
	*out = list.object;
	list.object = NULL;
	return LG_OK;
}
