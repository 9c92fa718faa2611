/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * Exact lists and tuples are read without tp_traverse: their items in order,
 * whose position labels may be added to later (blob_patch), and no further
 * than the size that was allocated.
 */
void blob_list_walk(struct lg_walker *w, uint64_t list)
{
	uint64_t count = load64(list + w->layout.var.size);
	uint64_t allocated = load64(list + w->layout.list.allocated);
	uint64_t items = load64(list + w->layout.list.items);

	if (count > allocated) {
		count = 0;
		w->partial = 1;
	}
	for (uint64_t i = 0; i < count; i++)
		refer_field(w, items + 8 * i, LG_REF_ITEM, 0);
}

void blob_tuple_walk(struct lg_walker *w, uint64_t tuple)
{
	uint64_t count = load64(tuple + w->layout.var.size);
	uint64_t items = tuple + w->layout.tuple.items;

	for (uint64_t i = 0; i < count; i++)
		refer_field(w, items + 8 * i, LG_REF_ITEM, 0);
}

/* The ring of a bounded lru_cache: key, result and type of each link. */
void blob_lru_start(struct lg_walker *w, uint64_t object)
{
	w->bulk_end = object;
	w->bulk_at = load64(object + w->library.lru.root_next);
	w->bulk_other = 0;
	w->bulk = BULK_LRU;
}

bool blob_lru_next(struct lg_walker *w, uint64_t target, uint8_t *kind, uint32_t *name)
{
	uint64_t link = w->bulk_at;

	(void)name;
	if (link == w->bulk_end)
		return false;
	if (w->bulk_other == 0 && load64(link + w->library.lru.key) == target) {
		*kind = LG_REF_DICT_KEY;
		w->bulk_other = 1;
		return true;
	}
	if (w->bulk_other == 1 && load64(link + w->library.lru.result) == target) {
		*kind = LG_REF_ITEM;
		w->bulk_other = 2;
		return true;
	}
	if (w->bulk_other == 2 && load64(link + w->library.lru.type) == target) {
		*kind = LG_REF_OTHER;
		w->bulk_at = load64(link + w->library.lru.root_next);
		w->bulk_other = 0;
		return true;
	}
	return false;
}
