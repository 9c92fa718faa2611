/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpython/object.h"
#include "cpython/slots.h"

#define MAX_BASES 256

static uint64_t type_word(const struct lg_python *python, uint64_t type, uint32_t offset)
{
	return lg_peek(python, type + offset);
}

static uint64_t flags_of(const struct lg_python *python, uint64_t type)
{
	return type_word(python, type, python->layout->type.flags);
}

/* By a class statement: the C name is the text of the str. (Of those with an ASCII name.) */
static bool is_python_class(const struct lg_python *python, uint64_t type)
{
	const struct lg_layout *l = python->layout;

	return lg_type_has_flag(python, type, l->type.flag_heaptype_bit) &&
	       type_word(python, type, l->type.name) ==
		       type_word(python, type, l->type.heap_name) + l->unicode.ascii_data;
}

static bool has_dict(const struct lg_python *python, uint64_t type)
{
	uint32_t bit = python->layout->type.flag_managed_dict_bit;

	return type_word(python, type, python->layout->type.dictoffset) != 0 ||
	       (bit != LG_NO_FIELD && lg_type_has_flag(python, type, bit));
}

/* The nearest base that is no Python class; 0 where there is none. */
static uint64_t base_in_c(const struct lg_python *python, uint64_t type)
{
	for (int i = 0; type && i < MAX_BASES; i++) {
		if (!is_python_class(python, type))
			return type;
		type = type_word(python, type, python->layout->type.base);
	}
	return 0;
}

void lg_python_slots(const struct lg_python *python, uint64_t type, struct lg_type *out)
{
	const struct lg_layout *l = python->layout;
	uint64_t base = base_in_c(python, type), flags = flags_of(python, type), basic, slotted;
	uint32_t managed_dict = l->type.flag_managed_dict_bit;
	uint64_t managed = managed_dict == LG_NO_FIELD ? 0 : flags & 1ull << managed_dict;
	uint64_t head = flags >> l->type.flag_have_gc_bit & 1 ? l->gc.bytes : 0;

	if (!base || base == type || !has_dict(python, type) || has_dict(python, base) ||
	    type_word(python, type, l->type.itemsize))
		return;
	slotted = basic = (uint32_t)type_word(python, type, l->type.basicsize);
	if ((int64_t)type_word(python, type, l->type.dictoffset) > 0 && !managed)
		slotted -= LG_WORD_BYTES;
	if (flags & l->type.preheader_flags & ~managed) {
		out->weakref_bytes = l->managed.preheader_bytes;
	} else if ((int64_t)type_word(python, type, l->type.weaklistoffset) > 0 &&
		   !type_word(python, base, l->type.weaklistoffset)) {
		out->weakref_bytes = LG_WORD_BYTES;
		slotted -= LG_WORD_BYTES;
	}
	/* The values of attributes lie in a block of their own where they are neither in a dict nor inline. */
	if (managed && l->type.flag_inline_values_bit == LG_NO_FIELD)
		out->block_bytes = (uint32_t)(head + l->managed.preheader_bytes + basic);
	out->slotted_bytes = (uint32_t)(head + slotted);
}
