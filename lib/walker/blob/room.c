/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * What containers have beside their own structure, and what a new one with the
 * same items would have: list(x), dict(x), set(x) (Objects/listobject.c,
 * dictobject.c, setobject.c of CPython 3.8 to 3.15; the rules are the same in all).
 */
#define LEAST_KEYS 8
#define SMALL_SET 8
#define SET_ENTRY_BYTES 16

static uint64_t dict_values_bytes(const struct lg_walker *w, uint64_t dict)
{
	uint64_t values = load64(dict + w->layout.dict.values);

	/* Those that lie in an instance count there. */
	if (!values || (w->layout.values.embedded != LG_NO_FIELD &&
			load8(values + w->layout.values.embedded)))
		return 0;
	return blob_shared_slots(w, load64(dict + w->layout.dict.keys)) * 8;
}

/* Shared keys are a class's. */
static bool owns_keys(const struct lg_walker *w, uint64_t keys)
{
	return load64(keys + w->library.keys.refcount) == 1;
}

static uint64_t keys_bytes(const struct lg_walker *w, const struct keys_head *head)
{
	return w->library.keys.bytes + head->index_bytes +
	       head->size * 2 / 3 * entry_bytes_of(w, head);
}

uint64_t blob_keys_bytes(const struct lg_walker *w, uint64_t keys)
{
	struct keys_head head;

	return blob_keys_head(w, keys, &head) ? keys_bytes(w, &head) : 0;
}

static uint64_t set_table_bytes(const struct lg_walker *w, uint64_t set)
{
	if (load64(set + w->layout.set.table) == set + w->layout.set.smalltable)
		return 0;
	return (load64(set + w->layout.set.mask) + 1) * SET_ENTRY_BYTES;
}

static uint64_t deque_blocks(const struct lg_walker *w, uint64_t deque, const struct record *record)
{
	uint64_t items = load64(deque + record->at[0]) + load64(deque + w->layout.var.size);

	return (items + w->library.deque.block_items - 1) / w->library.deque.block_items;
}

uint64_t blob_apart_bytes(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	uint64_t keys;

	switch (record->size_rule) {
	case LG_SIZE_LIST:
		return 8 * load64(object + w->layout.list.allocated);
	case LG_SIZE_DICT:
	case LG_SIZE_ODICT:
	case LG_SIZE_STGDICT:
		keys = load64(object + w->layout.dict.keys);
		return dict_values_bytes(w, object) + (owns_keys(w, keys) ? blob_keys_bytes(w, keys) : 0);
	case LG_SIZE_SET:
		return set_table_bytes(w, object);
	case LG_SIZE_DEQUE:
		return deque_blocks(w, object, record) * w->library.deque.block_bytes;
	default:
		return 0;
	}
}

static bool list_room(const struct lg_walker *w, uint64_t list, struct lg_walker_container *out)
{
	out->used = load64(list + w->layout.var.size);
	out->room = load64(list + w->layout.list.allocated);
	out->needed_bytes = out->used * 8;
	return true;
}

static bool dict_room(const struct lg_walker *w, uint64_t dict, struct lg_walker_container *out)
{
	uint64_t keys = load64(dict + w->layout.dict.keys);
	struct keys_head head;

	out->used = load64(dict + w->layout.dict.used);
	out->needed_bytes = out->apart_bytes;
	if (load64(dict + w->layout.dict.values)) {
		out->room = blob_shared_slots(w, keys);
		return true;
	}
	if (!blob_keys_head(w, keys, &head) || out->used > head.size)
		return false;
	if (!owns_keys(w, keys))
		return true;
	out->room = head.size * 2 / 3;
	for (head.size = LEAST_KEYS; head.size * 2 / 3 < out->used;)
		head.size *= 2;
	head.index_bytes = lg_keys_index_bytes(head.size);
	out->needed_bytes = out->used ? keys_bytes(w, &head) : 0;
	return true;
}

static bool set_room(const struct lg_walker *w, uint64_t set, struct lg_walker_container *out)
{
	uint64_t mask = load64(set + w->layout.set.mask), size = SMALL_SET;

	out->used = load64(set + w->layout.set.used);
	if (out->used > mask + 1)
		return false;
	out->room = mask * 3 / 5;
	if (out->used * 5 >= (SMALL_SET - 1) * 3)
		while (size <= out->used * 2)
			size *= 2;
	out->needed_bytes = size == SMALL_SET ? 0 : size * SET_ENTRY_BYTES;
	return true;
}

/* Blocks of a deque go and come by themselves. */
static bool deque_room(const struct lg_walker *w, uint64_t deque, const struct record *record,
		       struct lg_walker_container *out)
{
	out->used = load64(deque + w->layout.var.size);
	out->room = deque_blocks(w, deque, record) * w->library.deque.block_items;
	out->needed_bytes = out->apart_bytes;
	return true;
}

static bool room_of(const struct lg_walker *w, uint64_t object, const struct record *record,
		    struct lg_walker_container *out)
{
	switch (record->size_rule) {
	case LG_SIZE_LIST:
		return list_room(w, object, out);
	case LG_SIZE_DICT:
	case LG_SIZE_ODICT:
		return dict_room(w, object, out);
	case LG_SIZE_SET:
		return set_room(w, object, out);
	case LG_SIZE_DEQUE:
		return deque_room(w, object, record, out);
	default:
		return false;
	}
}

/* False for what is as full as it can be, what is no container, and numbers that don't fit together. */
bool blob_container(const struct lg_walker *w, uint64_t object, const struct record *record,
		    struct lg_walker_container *out)
{
	*out = (struct lg_walker_container){ 0 };
	if (record->size_rule == LG_SIZE_PLAIN)
		return false;
	out->apart_bytes = blob_apart_bytes(w, object, record);
	if (!room_of(w, object, record, out))
		return false;
	if (out->room < out->used)
		out->room = out->used;
	if (out->needed_bytes > out->apart_bytes)
		out->needed_bytes = out->apart_bytes;
	return (out->used == 0 || out->needed_bytes < out->apart_bytes) &&
	       out->apart_bytes <= w->max_object_bytes;
}
