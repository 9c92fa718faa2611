/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/* The next number for an object that may refer to something; it is walked later. */
uint32_t blob_number_inner(struct lg_walker *w, uint64_t object)
{
	uint32_t *slot = map_slot(w, object);
	uint32_t number = (uint32_t)(w->first_number + w->inner_count);

	blob_order_add(w, object);
	*slot = number;
	return number;
}

static uint32_t saturated(uint64_t refcount)
{
	return refcount > UINT32_MAX ? UINT32_MAX : (uint32_t)refcount;
}

static uint32_t number_leaf(struct lg_walker *w, uint64_t object, const struct record *record)
{
	struct lg_walker_object row = {
		.address = object,
		.type = record->id,
		.refcount = saturated(refcount_of(w, object)),
	};
	uint64_t number;
	struct lg_walker_object *to;

	if (unlikely(!blob_size(w, object, record, &row.bytes)))
		row.flags = LG_OBJECT_PARTIAL;
	if (w->hash_contents) {
		uint64_t content = blob_content(w, object, record);

		*(uint64_t *)blob_row(w, LG_WALKER_CONTENTS, sizeof content) = content;
		barrier();
		w->column[LG_WALKER_CONTENTS].count++;
	}
	to = blob_row(w, LG_WALKER_LEAVES, sizeof *to);
	*to = row;
	number = column_position(w, LG_WALKER_LEAVES);
	if (unlikely(number >= LG_WALKER_MAX_NUMBER))
		blob_end(w, LG_WALKER_TOO_MANY);
	barrier();
	w->column[LG_WALKER_LEAVES].count++;
	barrier();
	*map_slot(w, object) = (uint32_t)number | LG_WALKER_LEAF;
	return (uint32_t)number | LG_WALKER_LEAF;
}

uint32_t blob_meet(struct lg_walker *w, uint64_t object)
{
	const struct record *record;
	uint32_t number;

	if (unlikely(!plausible(object))) {
		w->partial = 1;
		return 0;
	}
	number = *map_slot(w, object) & ~LG_WALKER_NAMED;
	if (number == LG_WALKER_BAD) {
		w->partial = 1;
		return 0;
	}
	if (number)
		return number;
	w->examining = object;
	barrier();
	record = type_of(w, load64(object + w->layout.object.type));
	if (unlikely(!record)) {
		*map_slot(w, object) = LG_WALKER_BAD;
		w->partial = 1;
	} else if (record->inner) {
		number = blob_number_inner(w, object);
	} else {
		number = number_leaf(w, object, record);
	}
	w->examining = 0;
	barrier();
	return number;
}

/* After a fault an object is walked again from its start: `skip` references are out already. */
void blob_emit(struct lg_walker *w, uint32_t number, uint8_t kind, uint32_t name)
{
	struct lg_walker_reference *row;

	if (unlikely(w->skip)) {
		w->skip--;
		return;
	}
	row = blob_row(w, LG_WALKER_REFERENCES, sizeof *row);
	row->target = number;
	row->name = name;
	row->kind = kind;
	barrier();
	w->column[LG_WALKER_REFERENCES].count++;
}

#define TICK_REFERENCES (1u << 18)

void blob_refer(struct lg_walker *w, uint64_t target, uint8_t kind, uint32_t name)
{
	uint32_t number = blob_meet(w, target);

	if (likely(number))
		blob_emit(w, number, kind, name);
	if (unlikely(++w->ticks % TICK_REFERENCES == 0))
		blob_stop(w, LG_WALKER_TICK);
}
