/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/* In the order of type_traverse. */
void blob_type_hints(struct lg_walker *w, uint64_t type)
{
	hint_field(w, type + w->layout.type.dict, LG_REF_DICT, 0);
	hint_field(w, type + w->layout.type.cache, LG_REF_OTHER, blob_fixed_name(w, NAME_CACHE));
	hint_field(w, type + w->layout.type.mro, LG_REF_OTHER, blob_fixed_name(w, NAME_MRO));
	hint_field(w, type + w->layout.type.bases, LG_REF_OTHER, blob_fixed_name(w, NAME_BASES));
	hint_field(w, type + w->layout.type.base, LG_REF_OTHER, blob_fixed_name(w, NAME_BASE));
	if (w->layout.type.heap_module != LG_NO_FIELD)
		hint_field(w, type + w->layout.type.heap_module, LG_REF_OTHER,
			   blob_fixed_name(w, NAME_MODULE));
}

/* The names of attributes that all instances of a class share belong to the class. */
static void shared_keys(struct lg_walker *w, uint64_t type)
{
	uint64_t cached = load64(type + w->layout.type.heap_cached_keys);
	struct keys keys;

	if (!cached || !blob_keys_read(w, cached, 0, &keys) || keys.count > MAX_SHARED_KEYS)
		return;
	for (uint64_t i = 0; i < keys.count; i++)
		refer_field(w, keys.entries + i * keys.entry_bytes + keys.key_at, LG_REF_DICT_KEY, 0);
}

static bool is_kept_by_interpreters(const struct lg_walker *w, uint64_t type)
{
	return w->layout.static_type.states != LG_NO_FIELD &&
	       load64(type + w->layout.type.flags) >> w->layout.static_type.flag_bit & 1;
}

static uint64_t state_in(const struct lg_walker *w, uint64_t states, uint32_t capacity, uint64_t type)
{
	uint64_t index = load64(type + w->layout.type.subclasses) - 1;
	uint64_t state = states + index * w->layout.static_type.bytes;

	return index < capacity && load64(state + w->layout.static_type.type) == type ? state : 0;
}

/* What an interpreter has of its own of a static type; 0 where it has nothing. */
static uint64_t static_state(const struct lg_walker *w, uint64_t interpreter, uint64_t type)
{
	uint64_t state = state_in(w, interpreter + w->layout.static_type.states,
				  w->layout.static_type.capacity, type);

	if (state || !w->layout.static_type.more_capacity)
		return state;
	return state_in(w, interpreter + w->layout.static_type.more,
			w->layout.static_type.more_capacity, type);
}

static void interpreters_parts(struct lg_walker *w, uint64_t type)
{
	for (uint32_t i = 0; i < w->interpreter_count; i++) {
		uint64_t state = static_state(w, w->interpreters[i], type);

		if (!state)
			continue;
		refer_field(w, state + w->layout.static_type.dict, LG_REF_DICT, 0);
		refer_field(w, state + w->layout.static_type.subclasses, LG_REF_OTHER,
			    blob_fixed_name(w, NAME_SUBCLASSES));
	}
}

/* What type_traverse leaves out. */
void blob_type_beyond(struct lg_walker *w, uint64_t type, bool heap)
{
	if (is_kept_by_interpreters(w, type))
		interpreters_parts(w, type);
	else
		refer_field(w, type + w->layout.type.subclasses, LG_REF_OTHER,
			    blob_fixed_name(w, NAME_SUBCLASSES));
	if (!heap)
		return;
	refer_field(w, type + w->layout.type.heap_name, LG_REF_OTHER, blob_fixed_name(w, NAME_NAME));
	refer_field(w, type + w->layout.type.heap_qualname, LG_REF_OTHER,
		    blob_fixed_name(w, NAME_QUALNAME));
	refer_field(w, type + w->layout.type.heap_slots, LG_REF_OTHER,
		    blob_fixed_name(w, NAME_SLOTS));
	shared_keys(w, type);
}

/* type_traverse aborts on static types: they are read by the table. */
void blob_static_type(struct lg_walker *w, uint64_t type)
{
	refer_field(w, type + w->layout.type.dict, LG_REF_DICT, 0);
	refer_field(w, type + w->layout.type.cache, LG_REF_OTHER, blob_fixed_name(w, NAME_CACHE));
	refer_field(w, type + w->layout.type.mro, LG_REF_OTHER, blob_fixed_name(w, NAME_MRO));
	refer_field(w, type + w->layout.type.bases, LG_REF_OTHER, blob_fixed_name(w, NAME_BASES));
	refer_field(w, type + w->layout.type.base, LG_REF_OTHER, blob_fixed_name(w, NAME_BASE));
	blob_type_beyond(w, type, false);
}
