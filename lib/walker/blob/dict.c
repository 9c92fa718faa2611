/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

static bool sized_head(const struct lg_walker *w, uint64_t keys, struct keys_head *out)
{
	out->size = load64(keys + w->layout.keys.size);
	out->index_bytes = lg_keys_index_bytes(out->size);
	out->general = load64(keys + w->layout.keys.lookup) == w->general_lookup;
	return out->size <= 1ull << MAX_LOG2_KEYS && (out->size & (out->size - 1)) == 0;
}

bool blob_keys_head(const struct lg_walker *w, uint64_t keys, struct keys_head *out)
{
	uint32_t log2, log2_index;

	out->count = load64(keys + w->layout.keys.nentries);
	if (w->layout.keys.size)
		return sized_head(w, keys, out);
	log2 = load8(keys + w->layout.keys.log2_size);
	log2_index = load8(keys + w->layout.keys.log2_index_bytes);
	if (log2 > MAX_LOG2_KEYS || log2_index > MAX_LOG2_KEYS + 3)
		return false;
	out->size = 1ull << log2;
	out->index_bytes = 1ull << log2_index;
	out->general = load8(keys + w->layout.keys.kind) == w->layout.keys.kind_general;
	return true;
}

/* Where the entries of a keys object lie; false where its numbers don't fit together. */
bool blob_keys_read(const struct lg_walker *w, uint64_t keys, uint64_t values, struct keys *out)
{
	struct keys_head head;

	if (!blob_keys_head(w, keys, &head) || head.count > head.size * 2 / 3)
		return false;
	out->general = head.general;
	out->split = values != 0;
	out->entries = keys + w->layout.keys.indices + head.index_bytes;
	out->entry_bytes = entry_bytes_of(w, &head);
	/* Key and value end an entry, which may start with the hash. */
	out->key_at = (uint32_t)out->entry_bytes - 16;
	out->value_at = out->key_at + 8;
	out->count = head.count;
	out->embedded = values && w->layout.values.embedded != LG_NO_FIELD &&
			load8(values + w->layout.values.embedded);
	out->values = values ? values + w->layout.values.items : 0;
	return true;
}

static uint64_t key_of(const struct keys *keys, uint64_t i)
{
	return load64(keys->entries + i * keys->entry_bytes + keys->key_at);
}

static uint64_t value_of(const struct keys *keys, uint64_t i)
{
	if (keys->split)
		return load64(keys->values + 8 * i);
	return load64(keys->entries + i * keys->entry_bytes + keys->value_at);
}

/* "['name']" for a str, "[type]" for another key. */
void blob_key_label(struct lg_walker *w, uint64_t key, uint8_t *kind, uint32_t *name)
{
	const struct record *record;

	uint32_t number;

	*kind = LG_REF_KEY_STR;
	*name = 0;
	if (!plausible(key))
		return;
	number = *map_slot(w, key);
	if (number & LG_WALKER_NAMED) {
		*name = (number & LG_WALKER_NUMBER_MASK) + 1;
		return;
	}
	if (!blob_meet(w, key))
		return;
	w->examining = key;
	barrier();
	record = type_of(w, load64(key + w->layout.object.type));
	w->examining = 0;
	if (record && record->label_rule == LG_LABEL_STR && !record->heap) {
		*name = blob_str_name(w, key);
	} else if (record) {
		*kind = LG_REF_KEY_TYPE;
		*name = record->id;
	}
}

static bool keys_of_dict(const struct lg_walker *w, uint64_t dict, struct keys *out)
{
	return blob_keys_read(w, load64(dict + w->layout.dict.keys),
			      load64(dict + w->layout.dict.values), out);
}

static bool is_immortal(const struct lg_walker *w, uint64_t object)
{
	return !w->layout.object.immortal_static_only &&
	       (uint32_t)refcount_of(w, object) >= w->layout.object.immortal_refcount;
}

/*
 * Interned strings: key and value are one, and neither counts in its refcount.
 * Those that never die are kept for this table's sake, whoever lets go of them.
 */
static void walk_interned(struct lg_walker *w, const struct keys *keys)
{
	for (uint64_t i = 0; i < keys->count; i++) {
		uint64_t value = value_of(keys, i);

		if (value && blob_meet(w, value))
			blob_refer(w, value, is_immortal(w, value) ? LG_REF_ITEM : LG_REF_WEAK, 0);
	}
}

/*
 * An exact dict, entry by entry. Keys of a split table belong to the class,
 * which refers to them. Whether values that lie in an instance are the dict's or
 * the instance's, their tp_traverse have agreed upon differently in releases of
 * one version, so the dict's own is asked.
 */
void blob_dict_walk(struct lg_walker *w, uint64_t dict, const struct record *record)
{
	struct keys keys;

	if (!keys_of_dict(w, dict, &keys)) {
		w->partial = 1;
		return;
	}
	for (uint32_t i = 0; i < w->interned_count; i++)
		if (unlikely(dict == w->interned[i])) {
			walk_interned(w, &keys);
			return;
		}
	if (keys.embedded) {
		blob_dict_start(w, dict);
		blob_traverse(w, dict, record);
		return;
	}
	for (uint64_t i = 0; i < keys.count; i++) {
		uint64_t value = value_of(&keys, i), key;
		uint32_t name;
		uint8_t kind;

		if (!value)
			continue;
		key = key_of(&keys, i);
		blob_key_label(w, key, &kind, &name);
		blob_refer(w, value, kind, name);
		if (!keys.split && key)
			blob_refer(w, key, LG_REF_DICT_KEY, 0);
	}
}

/* The same for a subclass, whose tp_traverse ends in dict_traverse: as expectations. */
void blob_dict_start(struct lg_walker *w, uint64_t dict)
{
	w->bulk_other = dict;
	w->bulk_at = 0;
	w->bulk_end = 0; /* 1: the value of the entry has been, its key is next */
	w->bulk = BULK_DICT;
}

bool blob_dict_next(struct lg_walker *w, uint64_t target, uint8_t *kind, uint32_t *name)
{
	struct keys keys;

	if (!keys_of_dict(w, w->bulk_other, &keys))
		return false;
	if (w->bulk_end) {
		if (key_of(&keys, w->bulk_at) != target)
			return false;
		w->bulk_end = 0;
		w->bulk_at++;
		*kind = LG_REF_DICT_KEY;
		return true;
	}
	while (w->bulk_at < keys.count && !value_of(&keys, w->bulk_at))
		w->bulk_at++;
	if (w->bulk_at >= keys.count || value_of(&keys, w->bulk_at) != target)
		return false;
	blob_key_label(w, key_of(&keys, w->bulk_at), kind, name);
	if (keys.general)
		w->bulk_end = 1;
	else
		w->bulk_at++;
	return true;
}

void blob_dict_beyond(struct lg_walker *w, uint64_t dict)
{
	struct keys keys;

	if (!keys_of_dict(w, dict, &keys)) {
		w->partial = 1;
		return;
	}
	if (keys.general || keys.split)
		return;
	for (uint64_t i = 0; i < keys.count; i++) {
		uint64_t key = key_of(&keys, i);

		if (key && value_of(&keys, i))
			blob_refer(w, key, LG_REF_DICT_KEY, 0);
	}
}
