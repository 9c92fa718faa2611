/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/* Links carry flags in their low bits. */
#define LINK_MASK (~3ull)

static uint64_t next_link(uint64_t head)
{
	return load64(head) & LINK_MASK;
}

static uint64_t previous_link(uint64_t head)
{
	return load64(head + 8) & LINK_MASK;
}

/* Does a header stand before something that looks like an object? */
static bool heads_object(const struct lg_walker *w, uint64_t head)
{
	uint64_t type, meta;

	if (!plausible(head))
		return false;
	type = load64(head + w->layout.gc.bytes + w->layout.object.type);
	if (!plausible(type))
		return false;
	meta = load64(type + w->layout.object.type);
	return plausible(meta) && load64(meta + w->layout.type.flags) >>
					  w->layout.type.flag_type_bit & 1;
}

/*
 * Number the objects of one list, from its head on. In a torn list (a
 * collection is under way) the links back don't fit: then what a header stands
 * before must look like an object. What is numbered already ends the walk, so
 * that a ring without the head does no harm. True if it came to the head again.
 */
static bool number_list(struct lg_walker *w, uint64_t head, bool backwards)
{
	uint64_t at = head;

	for (uint64_t i = 0; i < MAX_LIST_LINKS; i++) {
		uint64_t to = backwards ? previous_link(at) : next_link(at);

		if (to == head)
			return true;
		if (!plausible(to))
			return false;
		if ((backwards ? next_link(to) : previous_link(to)) != at) {
			w->torn_links++;
			if (!heads_object(w, to))
				return false;
		}
		if (*map_slot(w, to + w->layout.gc.bytes))
			return false;
		blob_number_inner(w, to + w->layout.gc.bytes);
		w->listed[w->gc_list_count - 1 - w->list]++;
		at = to;
		if (unlikely(++w->ticks % (1u << 20) == 0))
			blob_stop(w, LG_WALKER_TICK);
	}
	return false;
}

/* Oldest generation first: the heads stand young to old. */
void blob_walk_lists(struct lg_walker *w)
{
	for (; w->list < w->gc_list_count; w->list++, w->backwards = 0) {
		uint64_t head = w->gc_list[w->gc_list_count - 1 - w->list];

		if (!w->backwards) {
			if (!w->recover && number_list(w, head, false))
				continue;
			w->recover = 0;
			w->backwards = 1;
		}
		if (!w->recover)
			number_list(w, head, true);
		w->recover = 0;
	}
}

static uint32_t object_flags(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	if (!record->gc)
		return 0;
	if (record->is_gc && !((is_gc_function)record->is_gc)((void *)object))
		return 0;
	if (load64(object - w->layout.gc.bytes) != 0)
		return LG_OBJECT_GC | LG_OBJECT_TRACKED;
	return LG_OBJECT_GC;
}

static void read_head(struct lg_walker *w, uint64_t object)
{
	uint64_t refcount = refcount_of(w, object);
	struct record *record = type_of(w, load64(object + w->layout.object.type));

	w->row = (struct lg_walker_object){ .address = object };
	w->row.refcount = refcount > UINT32_MAX ? UINT32_MAX : (uint32_t)refcount;
	w->row_type = (uint64_t)record;
	w->is_container = 0;
	if (!record)
		return;
	w->row.type = record->id;
	w->row.bytes = record->basic_bytes + record->before_bytes;
	w->row.flags = object_flags(w, object, record);
}

static void family_hints(struct lg_walker *w, uint64_t object, const struct record *record)
{
	switch ((enum lg_label_rule)record->label_rule) {
	case LG_LABEL_TYPE:
		blob_type_hints(w, object);
		break;
	case LG_LABEL_ODICT:
		/* First the key of each node, and then what dict_traverse gives. */
		w->delay = (uint32_t)load64(object + w->layout.dict.used);
		w->delay_kind = LG_REF_DICT_KEY;
		hint_field(w, object + w->library.odict.inst_dict, LG_REF_DICT, 0);
		blob_dict_start(w, object);
		break;
	case LG_LABEL_DICT:
		blob_dict_start(w, object);
		break;
	case LG_LABEL_LIST:
	case LG_LABEL_TUPLE:
	case LG_LABEL_ITEMS:
		w->default_kind = LG_REF_ITEM;
		break;
	case LG_LABEL_MODULE:
		hint_field(w, object + w->layout.module.dict, LG_REF_DICT, 0);
		w->default_name = blob_fixed_name(w, NAME_MODULE_STATE);
		break;
	case LG_LABEL_ELEMENT:
		blob_element_hints(w, object, record);
		break;
	case LG_LABEL_FUNCTION:
		blob_function_hints(w, object);
		break;
	case LG_LABEL_CELL:
		w->default_kind = LG_REF_CELL;
		break;
	case LG_LABEL_FRAME:
		blob_frame_hints(w, object);
		break;
	case LG_LABEL_GENERATOR:
		blob_generator_hints(w, object);
		break;
	case LG_LABEL_GREENLET:
		blob_greenlet_hints(w, object, record);
		break;
	case LG_LABEL_WEAKREF:
		hint_field(w, object + w->layout.weakref.callback, LG_REF_OTHER,
			   blob_fixed_name(w, NAME_CALLBACK));
		break;
	case LG_LABEL_LRU_CACHE:
		blob_lru_start(w, object);
		break;
	case LG_LABEL_CONTEXT_NODE:
		blob_context_hints(w, object, record);
		break;
	case LG_LABEL_PLAIN:
	case LG_LABEL_LRU_LINK:
	case LG_LABEL_FIELDS:
	case LG_LABEL_TZINFO:
	case LG_LABEL_CONTEXT_VAR:
	case LG_LABEL_STR:
	case LG_LABEL_CODE:
	case LG_LABEL_NDARRAY:
	case LG_LABEL_DTYPE:
		break;
	}
}

/*
 * Of a module written in C its definition keeps a copy of the first __dict__, to
 * make it again. That copy is the module's for whoever asks what holds its
 * values, and not unexplained C code's.
 */
static void module_beyond(struct lg_walker *w, uint64_t module)
{
	uint32_t is = w->library.module.definition_is;
	uint64_t definition = is && !load8(module + is) ?
				      0 :
				      load64(module + w->library.module.definition);
	uint64_t copy = definition ? load64(definition + w->library.module.copy) : 0;

	refer_field(w, module + w->layout.module.name, LG_REF_OTHER, blob_fixed_name(w, NAME_NAME));
	if (copy)
		blob_refer(w, copy, LG_REF_OTHER, blob_fixed_name(w, NAME_COPY));
}

static void beyond(struct lg_walker *w, uint64_t object, const struct record *record)
{
	uint64_t target;

	switch ((enum lg_label_rule)record->label_rule) {
	case LG_LABEL_TYPE:
		blob_type_beyond(w, object, true);
		break;
	case LG_LABEL_DICT:
	case LG_LABEL_ODICT:
		blob_dict_beyond(w, object);
		break;
	case LG_LABEL_MODULE:
		module_beyond(w, object);
		break;
	case LG_LABEL_WEAKREF:
		target = load64(object + w->layout.weakref.object);
		if (target && target != w->none)
			blob_refer(w, target, LG_REF_WEAK, 0);
		break;
	case LG_LABEL_LRU_CACHE:
		blob_lru_links(w, object);
		break;
	case LG_LABEL_TZINFO:
		if (load8(object + record->at[0]))
			refer_field(w, object + record->at[1], LG_REF_ATTR,
				    blob_fixed_name(w, NAME_TZINFO));
		break;
	case LG_LABEL_NDARRAY:
		blob_ndarray_items(w, object, record);
		break;
	case LG_LABEL_DTYPE:
		blob_dtype_beyond(w, object);
		break;
	default:
		break;
	}
}

static void fields(struct lg_walker *w, uint64_t object, const struct record *record)
{
	for (uint32_t i = 0; i < record->field_count; i++) {
		uint64_t target = field_target(object, &record->field[i]);

		if (target)
			blob_refer(w, target, LG_REF_ATTR, record->field[i].name);
	}
}

/* Not the collector's: fields by the table, and the heap type, which it holds too. */
static void plain_fields(struct lg_walker *w, uint64_t object, const struct record *record)
{
	fields(w, object, record);
	if (record->dict_offset > 0)
		refer_field(w, object + (uint64_t)record->dict_offset, LG_REF_DICT, 0);
	beyond(w, object, record);
	if (record->heap)
		blob_refer(w, record->address, LG_REF_TYPE, 0);
}

static void traverse(struct lg_walker *w, uint64_t object, struct record *record)
{
	if (!w->degraded) {
		bool family_first = !record->heap;

		if (family_first)
			family_hints(w, object, record);
		blob_instance_hints(w, object, record);
		if (!family_first)
			family_hints(w, object, record);
	}
	blob_traverse(w, object, record);
	if (w->degraded != UNLABELLED)
		beyond(w, object, record);
}

static void references(struct lg_walker *w, uint64_t object, struct record *record)
{
	w->hint_count = w->hint_cursor = w->delay = w->bulk = 0;
	w->default_kind = LG_REF_OTHER;
	w->default_name = 0;
	/* A class is put on the list of types also where it has no instance: it has a name there. */
	if (record->label_rule == LG_LABEL_TYPE)
		type_of(w, object);
	if (record->exact && record->label_rule == LG_LABEL_TUPLE)
		blob_tuple_walk(w, object);
	else if (record->exact && record->label_rule == LG_LABEL_LIST)
		blob_list_walk(w, object);
	else if (record->exact && record->label_rule == LG_LABEL_DICT && !record->heap) {
		blob_dict_walk(w, object, record);
		fields(w, object, record);
	} else if (record->label_rule == LG_LABEL_CODE)
		blob_code_walk(w, object);
	else if (record->label_rule == LG_LABEL_TYPE && !(w->row.flags & LG_OBJECT_GC))
		blob_static_type(w, object);
	else if (w->row.flags & LG_OBJECT_GC || record->label_rule == LG_LABEL_GREENLET)
		traverse(w, object, record); /* a greenlet says that it is not the collector's, lest it be cleared */
	else if (record->label_rule != LG_LABEL_LRU_LINK)
		plain_fields(w, object, record);
}

static void add_container(struct lg_walker *w)
{
	struct lg_walker_container *row = blob_row(w, LG_WALKER_CONTAINERS, sizeof *row);

	*row = w->container;
	row->object = (uint32_t)(w->first_number + w->current);
	barrier();
	w->column[LG_WALKER_CONTAINERS].count++;
	barrier();
	w->is_container = 0;
}

static void close_object(struct lg_walker *w)
{
	struct lg_walker_object *row = blob_row(w, LG_WALKER_INNER, sizeof *row);

	*row = w->row;
	row->references =
		(uint32_t)(column_position(w, LG_WALKER_REFERENCES) - w->first_reference);
	if (w->partial)
		row->flags |= LG_OBJECT_PARTIAL;
	barrier();
	w->column[LG_WALKER_INNER].count++;
	w->current++;
	barrier();
	w->partial = w->degraded = w->retries = 0;
	w->skip = 0;
	w->first_reference = column_position(w, LG_WALKER_REFERENCES);
	w->stage = LG_WALKER_HEAD;
}

/* One object from the stage it is at; a fault comes back here with the stage as it was. */
static void walk_object(struct lg_walker *w)
{
	uint64_t object = blob_order_get(w, w->current);
	struct record *record;

	if (w->stage == LG_WALKER_HEAD) {
		read_head(w, object);
		w->stage = LG_WALKER_SIZE;
	}
	record = (struct record *)w->row_type;
	if (w->stage == LG_WALKER_SIZE) {
		barrier();
		if (record && !blob_size(w, object, record, &w->row.bytes))
			w->partial = 1;
		w->is_container = record && blob_container(w, object, record, &w->container);
		w->stage = LG_WALKER_REFS;
	}
	barrier();
	if (record && w->stage == LG_WALKER_REFS)
		references(w, object, record);
	if (!record)
		w->partial = 1;
	if (w->is_container)
		add_container(w);
	close_object(w);
}

void blob_walk_objects(struct lg_walker *w)
{
	while (w->current < w->inner_count)
		walk_object(w);
}

/*
 * After a fault while walking. Met a target that is none: never again, and
 * the object is walked once more, without what is out already. Own reading of
 * labels: once more without them. Its tp_traverse itself: by its words, or,
 * with a part of the references out, the object is left as it is.
 */
static void recover_references(struct lg_walker *w, bool of_type)
{
	struct record *record = (struct record *)w->row_type;
	bool stalled = w->recover == LG_WALKER_STALLED;

	w->skip = column_position(w, LG_WALKER_REFERENCES) - w->first_reference;
	if (w->hashing)
		return;
	w->partial = 1;
	if (w->retries++ == MAX_RETRIES) {
		w->stage = LG_WALKER_END;
		return;
	}
	if ((w->examining || of_type) && !stalled)
		return;
	if (w->degraded == AS_USUAL && !stalled) {
		w->degraded = UNLABELLED;
		return;
	}
	record->failures += stalled ? STALL_FAILURES : 1;
	if (record->failures >= MAX_TYPE_FAILURES)
		record->traverse = 0;
	/* Nothing of it is known: then at least what its words say. */
	if (w->degraded < SCANNED && w->skip == 0)
		w->degraded = SCANNED;
	else
		w->stage = LG_WALKER_END;
}

void blob_recover(struct lg_walker *w)
{
	uint64_t examined = w->examining;
	bool of_type = w->creating_type && w->minimal_type != w->creating_type;

	w->faults++;
	if (of_type) {
		w->minimal_type = w->creating_type;
		examined = 0; /* not its fault: once more with a poorer type */
	}
	w->creating_type = 0;
	if (examined && plausible(examined) && !w->hashing)
		*map_slot(w, examined) = LG_WALKER_BAD;
	switch ((enum lg_walker_stage)w->stage) {
	case LG_WALKER_HEAD:
		w->row = (struct lg_walker_object){ .address = blob_order_get(w, w->current) };
		w->row_type = 0;
		w->stage = LG_WALKER_END;
		break;
	case LG_WALKER_SIZE:
		w->partial = 1;
		w->stage = LG_WALKER_REFS;
		break;
	case LG_WALKER_REFS:
		recover_references(w, of_type);
		break;
	default:
		break;
	}
	if (w->hashing)
		blob_content_recover(w);
	w->examining = 0;
}
