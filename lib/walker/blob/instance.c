/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/* The names of attributes held inline, from the class, once for each class. */
static void read_key_names(struct lg_walker *w, struct record *record)
{
	struct keys keys;
	uint32_t *names;

	record->names_ready = true;
	barrier();
	if (!blob_keys_read(w, record->cached_keys, 0, &keys) || keys.count > MAX_SHARED_KEYS ||
	    !keys.count)
		return;
	names = blob_alloc(w, keys.count * sizeof *names);
	for (uint64_t i = 0; i < keys.count; i++) {
		uint64_t key = load64(keys.entries + i * keys.entry_bytes + keys.key_at);

		names[i] = key ? blob_str_name(w, key) : 0;
	}
	record->key_name = names;
	record->key_count = (uint32_t)keys.count;
}

/*
 * The pointers of an instance whose attributes are kept without a dict, or not
 * in it alone; 0 where its dict has them.
 */
uint64_t blob_instance_values(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	uint64_t values;

	if (w->layout.type.flag_inline_values_bit == LG_NO_FIELD) {
		values = load64(object - w->layout.managed.values_before);
		if (!w->layout.managed.values_tag)
			return values;
		return values & w->layout.managed.values_tag ? values + w->layout.managed.values_tag : 0;
	}
	if (!record->inline_values)
		return 0;
	values = object + record->basic_bytes;
	return load8(values + w->layout.values.valid) ? values + w->layout.values.items : 0;
}

static void managed_hints(struct lg_walker *w, uint64_t object, struct record *record)
{
	uint64_t values = blob_instance_values(w, object, record);

	if (values && record->cached_keys) {
		if (!record->names_ready)
			read_key_names(w, record);
		for (uint32_t i = 0; i < record->key_count; i++)
			hint_field(w, values + 8ull * i, LG_REF_ATTR, record->key_name[i]);
	}
	/* Where one word has either, what is tagged is no dict. */
	if (!(load64(object - w->layout.managed.dict_before) & w->layout.managed.values_tag))
		hint_field(w, object - w->layout.managed.dict_before, LG_REF_DICT, 0);
}

/* _PyObject_DictPointer: a negative offset counts from the end of the object. */
static void dict_hint(struct lg_walker *w, uint64_t object, const struct record *record)
{
	int64_t offset = record->dict_offset;

	if (offset < 0) {
		int64_t size = (int64_t)load64(object + w->layout.var.size);

		if (size < 0)
			size = -size;
		offset += (int64_t)((record->basic_bytes + (uint64_t)size * record->item_bytes + 7) &
				    ~7ull);
	}
	if (offset > 0)
		hint_field(w, object + (uint64_t)offset, LG_REF_DICT, 0);
}

/* Slots and members, attributes, __dict__ and type, in the order of subtype_traverse. */
void blob_instance_hints(struct lg_walker *w, uint64_t object, struct record *record)
{
	for (uint32_t i = 0; i < record->field_count; i++)
		blob_field_hint(w, object, &record->field[i]);
	if (record->managed)
		managed_hints(w, object, record);
	else if (record->dict_offset)
		dict_hint(w, object, record);
	if (record->heap)
		blob_owned_hint(w, record->address, LG_REF_TYPE, 0);
}
