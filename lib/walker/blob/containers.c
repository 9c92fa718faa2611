/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

#define MAX_NODE_PAIRS 64 /* of a context's mapping: 16, but where hashes are equal */

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

	/* Then its type, not in all versions, and not where a field's hint has taken that: or the next link. */
	if (w->bulk_other == 2) {
		bool is_type = load64(link + w->library.lru.type) == target;

		link = load64(link + w->library.lru.root_next);
		w->bulk_at = link;
		w->bulk_other = 0;
		if (is_type) {
			*kind = LG_REF_OTHER;
			*name = blob_fixed_name(w, NAME_LINK_TYPE);
			return true;
		}
	}
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
	return false;
}

/* Its own references to the links; the cache's dict has another to each. */
void blob_lru_links(struct lg_walker *w, uint64_t object)
{
	uint64_t link = load64(object + w->library.lru.root_next);

	for (uint64_t i = 0; link && link != object && i < w->max_references; i++) {
		blob_refer(w, link, LG_REF_OTHER, blob_fixed_name(w, NAME_LINK));
		link = load64(link + w->library.lru.root_next);
	}
}

/* In the order of element_gc_traverse: tag, text and tail are fields, the rest are children. */
void blob_element_hints(struct lg_walker *w, uint64_t element, const struct record *record)
{
	uint64_t extra = load64(element + record->at[0]);

	w->default_kind = LG_REF_ITEM;
	if (extra)
		hint_field(w, extra + w->library.element.attrib, LG_REF_ATTR,
			   blob_fixed_name(w, NAME_ATTRIB));
}

/* The name of a context variable; 0 where the key of a mapping is something else. */
static uint32_t variable_name(struct lg_walker *w, uint64_t key)
{
	const struct record *record;
	uint64_t name = 0;

	if (!plausible(key) || !blob_meet(w, key))
		return 0;
	w->examining = key;
	barrier();
	record = type_of(w, load64(key + w->layout.object.type));
	if (record && record->label_rule == LG_LABEL_CONTEXT_VAR)
		name = load64(key + record->at[0]);
	w->examining = 0;
	barrier();
	return name ? blob_str_name(w, name) : 0;
}

/* A node of the mapping of a Context: what has no key is a further node. */
void blob_context_hints(struct lg_walker *w, uint64_t node, const struct record *record)
{
	uint64_t count = load64(node + w->layout.var.size) / 2;
	uint64_t pairs = node + record->at[0];

	for (uint64_t i = 0; i < count && i < MAX_NODE_PAIRS; i++) {
		uint64_t key = load64(pairs + 16 * i);

		if (!key)
			continue;
		hint_field(w, pairs + 16 * i, LG_REF_DICT_KEY, 0);
		hint_field(w, pairs + 16 * i + 8, LG_REF_CONTEXT, variable_name(w, key));
	}
}
