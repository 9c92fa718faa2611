/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * NumPy's dtypes, and with them the objects in arrays of structures: a dtype
 * with fields may have objects at several offsets of each item, also in nested
 * fields and small arrays in them. NumPy 1 and 2 have what they need in other
 * places (PyArray_Descr and _PyArray_LegacyDescr of ndarraytypes.h).
 */
struct dtype_layout {
	uint32_t subarray, fields, names, metadata;
};

static const struct dtype_layout numpy_1 = { 40, 48, 56, 72 }, numpy_2 = { 88, 96, 104, 56 };

#define SUBARRAY_BASE 0
#define SUBARRAY_SHAPE 8
#define FIRST_NEW_STYLE 2056 /* dtypes from this number on end before `subarray` */
#define MAX_PLACES 256       /* of objects in one item */
#define MAX_PENDING 64       /* dtypes nested in one */
#define MAX_SUBARRAY 4096    /* items of an array in an item */

/* Where objects lie in an item, and the name of the field. */
struct places {
	uint32_t count, pending;
	struct { uint64_t offset; uint32_t name; } place[MAX_PLACES];
	struct { uint64_t descriptor, offset; uint32_t name; } left[MAX_PENDING];
};

static bool is_numpy_1(const struct lg_walker *w, uint64_t descriptor)
{
	return load32(descriptor + w->library.ndarray.alignment_1) != 0;
}

/* NumPy 2 has 64 bits of flags, the upper ones 0, where NumPy 1 has size and alignment. */
uint64_t blob_dtype_bytes(const struct lg_walker *w, uint64_t descriptor)
{
	if (is_numpy_1(w, descriptor))
		return load32(descriptor + w->library.ndarray.item_bytes_1);
	return load64(descriptor + w->library.ndarray.item_bytes_2);
}

static const struct dtype_layout *layout_of(const struct lg_walker *w, uint64_t descriptor)
{
	if (load32(descriptor + w->library.ndarray.type_num) >= FIRST_NEW_STYLE)
		return NULL;
	return is_numpy_1(w, descriptor) ? &numpy_1 : &numpy_2;
}

static void push(struct places *places, uint64_t descriptor, uint64_t offset, uint32_t name)
{
	if (!descriptor || places->pending == MAX_PENDING)
		return;
	places->left[places->pending].descriptor = descriptor;
	places->left[places->pending].offset = offset;
	places->left[places->pending++].name = name;
}

static void add_place(struct places *places, uint64_t offset, uint32_t name)
{
	/* A field with a title stands in `fields` twice, and its name comes last here. */
	for (uint32_t i = 0; i < places->count; i++)
		if (places->place[i].offset == offset) {
			places->place[i].name = name;
			return;
		}
	if (places->count == MAX_PLACES)
		return;
	places->place[places->count].offset = offset;
	places->place[places->count++].name = name;
}

/* A small int that is not negative. */
static uint64_t offset_of(const struct lg_walker *w, uint64_t number)
{
	uint64_t count = load64(number + w->layout.integer.size) >> w->layout.integer.count_shift;
	uint64_t digits = number + w->layout.integer.digits;

	if (count == 0)
		return 0;
	return load32(digits) |
	       (count > 1 ? (uint64_t)load32(digits + 4) << w->layout.integer.digit_bits : 0);
}

static bool is_a(struct lg_walker *w, uint64_t object, uint32_t label)
{
	const struct record *record = type_of(w, load64(object + w->layout.object.type));

	return record && record->label_rule == label;
}

/* Each field: name to a tuple of dtype, offset, and a title if it has one. */
static void push_fields(struct lg_walker *w, struct places *places, uint64_t dict, uint64_t offset)
{
	struct keys keys;

	/* None, where there are no fields. */
	if (!is_a(w, dict, LG_LABEL_DICT) ||
	    !blob_keys_read(w, load64(dict + w->layout.dict.keys), 0, &keys))
		return;
	for (uint64_t i = 0; i < keys.count && places->pending < MAX_PENDING; i++) {
		uint64_t entry = keys.entries + i * keys.entry_bytes;
		uint64_t name = load64(entry + keys.key_at), field = load64(entry + keys.value_at);
		uint64_t items = field + w->layout.tuple.items;

		if (field && is_a(w, field, LG_LABEL_TUPLE) && load64(field + w->layout.var.size) >= 2)
			push(places, load64(items), offset + offset_of(w, load64(items + 8)),
			     name ? blob_str_name(w, name) : 0);
	}
}

static void push_subarray(const struct lg_walker *w, struct places *places, uint64_t descriptor,
			  uint64_t base, uint64_t offset, uint32_t name)
{
	uint64_t step = blob_dtype_bytes(w, base);
	uint64_t count = step ? blob_dtype_bytes(w, descriptor) / step : 0;

	for (uint64_t i = 0; i < count && i < MAX_SUBARRAY; i++)
		push(places, base, offset + i * step, name);
}

static void find_places(struct lg_walker *w, struct places *places, uint64_t descriptor)
{
	places->count = places->pending = 0;
	push(places, descriptor, 0, 0);
	while (places->pending) {
		uint64_t at = places->left[--places->pending].descriptor;
		uint64_t offset = places->left[places->pending].offset, subarray;
		uint32_t name = places->left[places->pending].name;
		const struct dtype_layout *layout = layout_of(w, at);

		if (load32(at + w->library.ndarray.type_num) == w->library.ndarray.object) {
			add_place(places, offset, name);
			continue;
		}
		if (!layout)
			continue;
		subarray = load64(at + layout->subarray);
		if (subarray)
			push_subarray(w, places, at, load64(subarray + SUBARRAY_BASE), offset, name);
		else if (load64(at + layout->fields))
			push_fields(w, places, load64(at + layout->fields), offset);
	}
}

void blob_dtype_items(struct lg_walker *w, uint64_t descriptor, uint64_t data, uint64_t count)
{
	struct places places; /* large, and most arrays have none */
	uint64_t step = blob_dtype_bytes(w, descriptor);

	find_places(w, &places, descriptor);
	if (!places.count)
		return;
	if (count > w->max_references / places.count) {
		w->partial = 1;
		return;
	}
	for (uint64_t i = 0; i < count; i++)
		for (uint32_t p = 0; p < places.count; p++)
			refer_field(w, data + i * step + places.place[p].offset,
				    places.place[p].name ? LG_REF_KEY_STR : LG_REF_ITEM,
				    places.place[p].name);
}

void blob_dtype_beyond(struct lg_walker *w, uint64_t descriptor)
{
	const struct dtype_layout *layout = layout_of(w, descriptor);
	uint64_t subarray;

	/* Its scalar type is borrowed as often as not. */
	if (!layout)
		return;
	refer_field(w, descriptor + layout->fields, LG_REF_ATTR, blob_fixed_name(w, NAME_FIELDS));
	refer_field(w, descriptor + layout->names, LG_REF_ATTR, blob_fixed_name(w, NAME_NAMES));
	refer_field(w, descriptor + layout->metadata, LG_REF_ATTR, blob_fixed_name(w, NAME_METADATA));
	subarray = load64(descriptor + layout->subarray);
	if (!subarray)
		return;
	refer_field(w, subarray + SUBARRAY_BASE, LG_REF_ATTR, blob_fixed_name(w, NAME_BASE_DTYPE));
	refer_field(w, subarray + SUBARRAY_SHAPE, LG_REF_ATTR, blob_fixed_name(w, NAME_SHAPE));
}
