/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cpython/object.h"
#include "cpython/roots.h"

#define MAX_REFCOUNT (1ULL << 40) /* no object was ever referred to so often */
#define LINK_MASK (~3ULL)
#define MAX_BASES 64              /* depth of inheritance followed */

uint64_t lg_peek(const struct lg_python *python, uint64_t address)
{
	struct lg_error ignored;
	uint64_t value;

	if (lg_memory_read_u64(python->memory, address, &value, &ignored) != LG_OK)
		return 0;
	return value;
}

uint64_t lg_list_next(const struct lg_python *python, uint64_t link)
{
	return lg_peek(python, link) & LINK_MASK;
}

uint64_t lg_list_previous(const struct lg_python *python, uint64_t link)
{
	return lg_peek(python, link + LG_WORD_BYTES) & LINK_MASK;
}

bool lg_type_has_flag(const struct lg_python *python, uint64_t type, uint32_t bit)
{
	return bit != LG_NO_FIELD && lg_peek(python, type + python->layout->type.flags) >> bit & 1;
}

bool lg_object_has_flag(const struct lg_python *python, uint64_t object, uint32_t bit)
{
	uint64_t type;

	if (object == 0 || object % LG_WORD_BYTES)
		return false;
	type = lg_peek(python, object + python->layout->object.type);
	return lg_python_is_type(python, type) && lg_type_has_flag(python, type, bit);
}

bool lg_python_is_type(const struct lg_python *python, uint64_t address)
{
	uint64_t metatype;

	if (address == 0 || address % LG_WORD_BYTES)
		return false;
	metatype = lg_peek(python, address + python->layout->object.type);
	if (metatype == python->base_type[LG_FAMILY_TYPE])
		return true;
	return metatype && metatype % LG_WORD_BYTES == 0 &&
	       lg_type_has_flag(python, metatype, python->layout->type.flag_type_bit);
}

uint64_t lg_python_refcount(const struct lg_python *python, uint64_t object)
{
	const struct lg_layout *l = python->layout;

	return lg_peek(python, object + l->object.refcount) << l->object.flag_bits >>
	       l->object.flag_bits;
}

bool lg_python_is_object(const struct lg_python *python, uint64_t address)
{
	uint64_t refcount;

	if (address == 0 || address % LG_WORD_BYTES)
		return false;
	refcount = lg_python_refcount(python, address);
	if (refcount == 0 || refcount > MAX_REFCOUNT)
		return false;
	return lg_python_is_type(python, lg_peek(python, address + python->layout->object.type));
}

static bool in_family(const struct lg_python *python, uint64_t type, enum lg_family family)
{
	if (type == python->base_type[family])
		return true;
	for (int i = 0; i < LG_MAX_FAMILY_TYPES && python->also_type[family][i]; i++)
		if (type == python->also_type[family][i])
			return true;
	return false;
}

bool lg_python_is_family(const struct lg_python *python, uint64_t object, enum lg_family family)
{
	uint64_t type;

	if (object == 0 || object % LG_WORD_BYTES)
		return false;
	type = lg_peek(python, object + python->layout->object.type);
	for (int depth = 0; depth < MAX_BASES && lg_python_is_type(python, type); depth++) {
		if (in_family(python, type, family))
			return true;
		type = lg_peek(python, type + python->layout->type.base);
	}
	return false;
}

/* The index table before the entries has this many bytes' logarithm at most: 2^40 is out of reach. */
#define MAX_LOG2 40
#define KEYS_HEAD_BYTES 64

/* What the head of a keys object says. False where it can't be one. */
struct keys_head {
	uint64_t size, index_bytes, count;
	bool general; /* or else its entries are those of str keys */
};

static bool read_head(const struct lg_layout *l, const uint8_t head[KEYS_HEAD_BYTES],
		      struct keys_head *out)
{
	memcpy(&out->count, head + l->keys.nentries, sizeof out->count);
	if (l->keys.size) {
		memcpy(&out->size, head + l->keys.size, sizeof out->size);
		out->index_bytes = lg_keys_index_bytes(out->size);
		out->general = true;
		return out->size <= 1ULL << MAX_LOG2 && (out->size & (out->size - 1)) == 0;
	}
	if (head[l->keys.log2_size] > MAX_LOG2 || head[l->keys.log2_index_bytes] > MAX_LOG2 ||
	    head[l->keys.kind] > l->keys.kind_split)
		return false;
	out->size = 1ULL << head[l->keys.log2_size];
	out->index_bytes = 1ULL << head[l->keys.log2_index_bytes];
	out->general = head[l->keys.kind] == l->keys.kind_general;
	return true;
}

static enum lg_status open_keys(const struct lg_python *python, uint64_t keys, uint64_t values,
				struct lg_dict_view *out, struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint8_t head[KEYS_HEAD_BYTES];
	struct keys_head found;
	enum lg_status status;

	if (l->keys.indices > sizeof head)
		return lg_fail(err, LG_E_INTERNAL, "keys head of %u bytes", l->keys.indices);
	status = lg_memory_read(python->memory, keys, head, l->keys.indices, err);
	if (status != LG_OK)
		return status;
	if (!read_head(l, head, &found) || found.count > found.size)
		return lg_fail(err, LG_E_UNREADABLE, "no keys of a dict at 0x%" PRIx64, keys);
	if (found.count > LG_MAX_DICT_ENTRIES)
		return lg_fail(err, LG_E_LIMIT, "dict of %" PRIu64 " entries, at most %u are read",
			       found.count, LG_MAX_DICT_ENTRIES);
	*out = (struct lg_dict_view){
		.entries = keys + l->keys.indices + found.index_bytes,
		.values = values,
		.count = found.count,
		.entry_bytes = found.general ? l->keys.general_entry_bytes :
					       l->keys.unicode_entry_bytes,
		/* A general entry begins with the hash. */
		.key_at = found.general ? LG_WORD_BYTES : 0,
		.value_at = found.general ? 2 * LG_WORD_BYTES : LG_WORD_BYTES,
	};
	return LG_OK;
}

enum lg_status lg_dict_open(const struct lg_python *python, uint64_t dict,
			    struct lg_dict_view *out, struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint64_t keys, values;
	enum lg_status status;

	if (!lg_object_has_flag(python, dict, l->type.flag_dict_bit))
		return lg_fail(err, LG_E_UNREADABLE, "no dict at 0x%" PRIx64, dict);
	status = lg_memory_read_u64(python->memory, dict + l->dict.keys, &keys, err);
	if (status == LG_OK)
		status = lg_memory_read_u64(python->memory, dict + l->dict.values, &values, err);
	if (status == LG_OK)
		status = open_keys(python, keys, values ? values + l->values.items : 0, out, err);
	return status;
}

void lg_dict_entry(const struct lg_python *python, const struct lg_dict_view *view, uint64_t i,
		   uint64_t *key, uint64_t *value)
{
	uint64_t entry = view->entries + i * view->entry_bytes;

	*key = lg_peek(python, entry + view->key_at);
	*value = *key == 0	? 0
		 : view->values ? lg_peek(python, view->values + i * LG_WORD_BYTES)
				: lg_peek(python, entry + view->value_at);
	if (*value == 0)
		*key = 0;
}

static uint64_t find_value(const struct lg_python *python, const struct lg_dict_view *view,
			   const char *name)
{
	for (uint64_t i = 0; i < view->count; i++) {
		uint64_t key, value;

		lg_dict_entry(python, view, i, &key, &value);
		if (key && lg_text_equals(python, key, name))
			return value;
	}
	return 0;
}

enum lg_status lg_python_dict_get(const struct lg_python *python, uint64_t dict, const char *key,
				  uint64_t *out, struct lg_error *err)
{
	struct lg_dict_view view;
	enum lg_status status;

	*out = 0;
	status = lg_dict_open(python, dict, &view, err);
	if (status == LG_OK)
		*out = find_value(python, &view, key);
	return status;
}

/* Inline values carry no names: those are the keys that the class shares. */
static uint64_t inline_value(const struct lg_python *python, uint64_t type, uint64_t values,
			     const char *name)
{
	uint64_t keys = lg_peek(python, type + python->layout->type.heap_cached_keys);
	struct lg_dict_view view;
	struct lg_error ignored;

	if (!keys || open_keys(python, keys, values, &view, &ignored) != LG_OK)
		return 0;
	return find_value(python, &view, name);
}

/* Where an instance's values are, 0 where its dict has them. */
static uint64_t inline_values(const struct lg_python *python, uint64_t object, uint64_t type)
{
	const struct lg_layout *l = python->layout;
	uint64_t values;

	if (!lg_type_has_flag(python, type, l->type.flag_managed_dict_bit))
		return 0;
	if (l->type.flag_inline_values_bit == LG_NO_FIELD) {
		values = lg_peek(python, object - l->managed.values_before);
		if (!l->managed.values_tag)
			return values;
		return values & l->managed.values_tag ? values + l->managed.values_tag : 0;
	}
	if (!lg_type_has_flag(python, type, l->type.flag_inline_values_bit))
		return 0;
	values = object + lg_peek(python, type + l->type.basicsize);
	return (uint8_t)lg_peek(python, values + l->values.valid) ? values : 0;
}

/* The __dict__ of an instance that has no values inline. What has it behind items is left out. */
static uint64_t instance_dict(const struct lg_python *python, uint64_t object, uint64_t type)
{
	const struct lg_layout *l = python->layout;
	uint64_t offset;

	if (lg_type_has_flag(python, type, l->type.flag_managed_dict_bit))
		return lg_peek(python, object - l->managed.dict_before);
	offset = lg_peek(python, type + l->type.dictoffset);
	if (offset == 0 || offset >= lg_peek(python, type + l->type.basicsize))
		return 0;
	return lg_peek(python, object + offset);
}

uint64_t lg_instance_attribute(const struct lg_python *python, uint64_t object, const char *name)
{
	const struct lg_layout *l = python->layout;
	struct lg_error ignored;
	uint64_t type, values, dict, value;

	if (object == 0 || object % LG_WORD_BYTES)
		return 0;
	type = lg_peek(python, object + l->object.type);
	if (!lg_python_is_type(python, type))
		return 0;
	values = inline_values(python, object, type);
	if (values)
		return inline_value(python, type, values + l->values.items, name);
	dict = instance_dict(python, object, type);
	if (!dict || lg_python_dict_get(python, dict, name, &value, &ignored) != LG_OK)
		return 0;
	return value;
}

#define MAX_DIGITS 3 /* of 30 bits: as many as a 64-bit number has */
/* Before 3.12 a negative number has a negative count of digits. */
#define SIGN_MASK 3
#define SIGN_NEGATIVE 2

uint64_t lg_python_int(const struct lg_python *python, uint64_t object)
{
	const struct lg_layout *l = python->layout;
	uint64_t value = 0, size;

	if (!lg_object_has_flag(python, object, l->type.flag_long_bit))
		return 0;
	size = lg_peek(python, object + l->integer.size);
	if (l->integer.count_shift && (size & SIGN_MASK) == SIGN_NEGATIVE)
		return 0;
	size >>= l->integer.count_shift;
	if (size > MAX_DIGITS)
		return 0;
	for (uint64_t i = 0; i < size; i++) {
		uint32_t digit;
		struct lg_error ignored;

		if (lg_memory_read_u32(python->memory, object + l->integer.digits + i * sizeof digit,
				       &digit, &ignored) != LG_OK)
			return 0;
		value |= (uint64_t)digit << (i * l->integer.digit_bits);
	}
	return value;
}
