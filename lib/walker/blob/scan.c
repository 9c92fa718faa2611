/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * Where an object's tp_traverse can't be called (the library of a core was not
 * found, or the function crashes), its own words are looked at: each that is
 * the address of an object is taken for a reference. What it keeps in blocks
 * elsewhere is not seen, so it is marked as partly read.
 */
static const struct lg_walker_range *range_of(const struct lg_walker *w, uint64_t address)
{
	const struct lg_walker_range *range = (const struct lg_walker_range *)w->ranges;
	uint64_t low = 0, high = w->range_count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (address >= range[middle].end)
			low = middle + 1;
		else
			high = middle;
	}
	return low < w->range_count && address >= range[low].start ? &range[low] : NULL;
}

bool blob_is_code(const struct lg_walker *w, uint64_t address)
{
	const struct lg_walker_range *range = range_of(w, address);

	return range && range->executable;
}

bool blob_is_readable(const struct lg_walker *w, uint64_t address, uint64_t bytes)
{
	const struct lg_walker_range *range = range_of(w, address);

	return range && range->readable && bytes <= range->end - address;
}

/* By its type, which must be an object whose type says that it is a type. */
static bool is_object(const struct lg_walker *w, uint64_t address)
{
	uint64_t bytes = w->layout.object.type + sizeof(uint64_t), type, meta;

	if (!plausible(address) || !blob_is_readable(w, address, bytes) ||
	    load64(address + w->layout.object.refcount) == 0)
		return false;
	type = load64(address + w->layout.object.type);
	if (!plausible(type) || !blob_is_readable(w, type, bytes))
		return false;
	meta = load64(type + w->layout.object.type);
	return plausible(meta) &&
	       blob_is_readable(w, meta, w->layout.type.flags + sizeof(uint64_t)) &&
	       blob_is_readable(w, type, w->layout.type.flags + sizeof(uint64_t)) &&
	       load64(meta + w->layout.type.flags) >> w->layout.type.flag_type_bit & 1;
}

/*
 * Is the word a reference? What begins like an object of the collector's must
 * have its header before it: not in use, or that of an object in its lists. The
 * head of an object's list of weak references is none of its own.
 */
static bool is_reference(struct lg_walker *w, uint64_t word)
{
	const struct record *record;

	if (!is_object(w, word))
		return false;
	record = type_of(w, load64(word + w->layout.object.type));
	if (!record || record->label_rule == LG_LABEL_WEAKREF)
		return false;
	if (!record->gc || record->is_gc || *map_slot(w, word))
		return true;
	return blob_is_readable(w, word - w->layout.gc.bytes, sizeof(uint64_t)) &&
	       load64(word - w->layout.gc.bytes) == 0;
}

/* Its items, too, where those are words; their number stands behind the head. */
static uint64_t body_bytes(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	uint64_t head = w->layout.object.type + sizeof(uint64_t), items;

	if (record->item_bytes != sizeof(uint64_t) || record->basic_bytes < head + sizeof(uint64_t))
		return record->basic_bytes;
	items = load64(object + head);
	return record->basic_bytes +
	       (items <= MAX_SCANNED_ITEMS ? items : 0) * sizeof(uint64_t);
}

void blob_scan(struct lg_walker *w, uint64_t object, const struct record *record)
{
	uint64_t bytes = body_bytes(w, object, record);

	w->partial = 1;
	if (record->label_rule == LG_LABEL_MODULE) {
		refer_field(w, object + w->layout.module.dict, LG_REF_DICT, 0);
		return;
	}
	if (!blob_is_readable(w, object, bytes))
		return;
	for (uint64_t at = w->layout.object.type + sizeof(uint64_t); at + sizeof(uint64_t) <= bytes;
	     at += sizeof(uint64_t)) {
		uint64_t word = load64(object + at);

		if (is_reference(w, word))
			blob_visit(w, word);
	}
	if (record->heap)
		blob_refer(w, record->address, LG_REF_TYPE, 0);
}
