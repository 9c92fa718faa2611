/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * The shallow size, as the C __sizeof__ of the type counts it in sys.getsizeof
 * (Objects/ and Modules/ of CPython 3.11 to 3.15), and what that leaves out: the block
 * of an instance's inline values.
 */

static uint64_t magnitude(uint64_t signed_size)
{
	return (int64_t)signed_size < 0 ? -signed_size : signed_size;
}

static uint64_t var_size(const struct lg_walker *w, uint64_t object)
{
	return load64(object + w->layout.var.size);
}

static uint64_t plain(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	if (!record->item_bytes)
		return record->basic_bytes;
	return record->basic_bytes + var_size(w, object) * record->item_bytes;
}

static uint64_t c_string_bytes(uint64_t string)
{
	uint64_t n = 0;

	if (!string)
		return 0;
	while (n < MAX_C_STRING && load8(string + n))
		n++;
	return n + 1;
}

uint64_t blob_shared_slots(const struct lg_walker *w, uint64_t keys)
{
	uint64_t slots = load64(keys + w->layout.keys.nentries) +
			 load64(keys + w->layout.keys.usable);

	return slots > MAX_SHARED_KEYS ? 0 : slots;
}

static uint64_t str_size(const struct lg_walker *w, uint64_t str)
{
	uint32_t state = load32(str + w->layout.unicode.state);
	uint32_t kind = state >> w->layout.unicode.kind_shift &
			((1u << w->layout.unicode.kind_bits) - 1);
	bool compact = state >> w->layout.unicode.compact_bit & 1;
	bool ascii = state >> w->layout.unicode.ascii_bit & 1;
	uint64_t length = load64(str + w->layout.unicode.length);
	uint64_t wstr = 0, bytes, data, utf8;

	if (w->library.unicode.wstr != LG_NO_FIELD)
		wstr = load64(str + w->library.unicode.wstr);

	if (compact && ascii) {
		bytes = w->library.unicode.ascii_bytes + length + 1;
		if (wstr)
			bytes += (length + 1) * w->library.unicode.wchar_bytes;
		return bytes;
	}
	data = str + w->layout.unicode.compact_data;
	bytes = w->library.unicode.compact_bytes + (length + 1) * kind;
	if (!compact) {
		data = load64(str + w->layout.unicode.any_data);
		bytes = w->library.unicode.any_bytes + (data ? (length + 1) * kind : 0);
	}
	if (wstr && wstr != data)
		bytes += (load64(str + w->library.unicode.wstr_length) + 1) *
			 w->library.unicode.wchar_bytes;
	utf8 = load64(str + w->library.unicode.utf8);
	if (utf8 && utf8 != data)
		bytes += load64(str + w->library.unicode.utf8_length) + 1;
	return bytes;
}

static uint64_t type_size(const struct lg_walker *w, uint64_t type, const struct record *record)
{
	uint64_t bytes = w->library.type.static_bytes, keys;

	if (!(load64(type + w->layout.type.flags) >> w->layout.type.flag_heaptype_bit & 1))
		return w->library.type.static_without_header && record->exact ?
			       bytes - w->layout.gc.bytes :
			       bytes;
	keys = load64(type + w->layout.type.heap_cached_keys);
	return w->layout.type.heap_bytes + (keys ? blob_keys_bytes(w, keys) : 0);
}

/* Which cells are arguments, and what an often called function remembers of its globals. */
static uint64_t code_maps(const struct lg_walker *w, uint64_t code)
{
	uint64_t bytes = 0;

	if (load64(code + w->library.code.cell_map))
		bytes += 8 * var_size(w, load64(code + w->layout.code.cellvars));
	if (load64(code + w->library.code.memory))
		bytes += var_size(w, load64(code + w->layout.code.cached_code)) / 2 +
			 load8(code + w->library.code.memory_count) * w->library.code.memory_item_bytes;
	return bytes;
}

static uint64_t code_size(const struct lg_walker *w, uint64_t code, const struct record *record)
{
	uint64_t bytes = (plain(w, code, record) + 7) & ~7ull;
	uint64_t extra = load64(code + w->library.code.extra);

	/* A structure of its count and one slot, and as many more as the count says. */
	if (extra)
		bytes += 8 + load64(extra) * w->library.code.extra_slot_bytes;
	if (w->library.code.cell_map)
		bytes += code_maps(w, code);
	return bytes;
}

/* Frames and generators: a structure that ends in the variables and the stack of its code. */
static uint64_t with_frame(const struct lg_walker *w, uint64_t code, uint64_t before)
{
	int64_t slots = blob_variable_count(w, code);

	slots += (int32_t)load32(code + w->layout.code.stacksize);
	return before + w->layout.frame.localsplus + (uint64_t)slots * 8;
}

static uint64_t generator_code(const struct lg_walker *w, uint64_t object)
{
	if (w->layout.generator.code != LG_NO_FIELD)
		return load64(object + w->layout.generator.code);
	return frame_reference(w, load64(object + w->layout.generator.iframe + w->layout.frame.code));
}

static uint64_t frame_size(const struct lg_walker *w, uint64_t object)
{
	uint64_t frame;

	if (w->layout.frame.is_object)
		return with_frame(w, load64(object + w->layout.frame.code), 0);
	frame = load64(object + w->layout.frame_object.frame);
	return with_frame(w, frame_reference(w, load64(frame + w->layout.frame.code)),
			  w->layout.frame_object.own_frame);
}

static uint64_t with_apart(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	return record->basic_bytes + blob_apart_bytes(w, object, record);
}

static uint64_t odict_size(const struct lg_walker *w, uint64_t dict, const struct record *record)
{
	uint64_t bytes = with_apart(w, dict, record) + load64(dict + record->at[0]) * 8;

	if (load64(dict + w->library.odict.first))
		bytes += load64(dict + w->layout.dict.used) * w->library.odict.node_bytes;
	return bytes;
}

/* A bytes object that another structure holds alone: counted with its head. */
static uint64_t inner_bytes(const struct lg_walker *w, uint64_t bytes)
{
	uint64_t type = load64(bytes + w->layout.object.type);

	return load64(type + w->layout.type.basicsize) +
	       var_size(w, bytes) * load64(type + w->layout.type.itemsize);
}

static uint64_t bytesio_size(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	uint64_t buffer = load64(object + record->at[0]);

	if (!buffer || refcount_of(w, buffer) > 1)
		return record->basic_bytes;
	return record->basic_bytes + inner_bytes(w, buffer);
}

static uint64_t struct_size(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	uint64_t code = load64(object + record->at[0]);
	uint64_t bytes = record->basic_bytes + w->library.structure.code_bytes;

	for (uint32_t i = 0; code && i < MAX_STRUCT_CODES && load64(code); i++) {
		bytes += w->library.structure.code_bytes;
		code += w->library.structure.code_bytes;
	}
	return bytes;
}

static uint64_t element_size(const struct lg_walker *w, uint64_t element, const struct record *record)
{
	uint64_t extra = load64(element + record->at[0]);
	uint64_t bytes = record->basic_bytes;

	if (!extra)
		return bytes;
	bytes += w->library.element.extra_bytes;
	if (load64(extra + record->at[1]) != extra + record->at[2])
		bytes += 8 * load64(extra + record->at[3]);
	return bytes;
}

static uint64_t pickler_size(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	uint64_t memo = load64(object + record->at[0]);
	uint64_t buffer = load64(object + record->at[2]);
	uint64_t bytes = record->basic_bytes;

	if (memo)
		bytes += w->library.pickler.memo_bytes +
			 load64(memo + record->at[1]) * w->library.pickler.entry_bytes;
	return buffer ? bytes + inner_bytes(w, buffer) : bytes;
}

static uint64_t unpickler_size(uint64_t object, const struct record *record)
{
	uint64_t bytes = record->basic_bytes;

	if (load64(object + record->at[0]))
		bytes += 8 * load64(object + record->at[1]);
	if (load64(object + record->at[2]))
		bytes += 8 * load64(object + record->at[3]);
	for (uint32_t i = 4; i < 7; i++)
		bytes += c_string_bytes(load64(object + record->at[i]));
	return bytes;
}

static uint64_t stgdict_size(const struct lg_walker *w, uint64_t dict, const struct record *record)
{
	uint64_t bytes = with_apart(w, dict, record) + record->at[4] - w->layout.dict.bytes;

	bytes += c_string_bytes(load64(dict + record->at[0]));
	bytes += 8ull * load32(dict + record->at[1]);
	if (load64(dict + record->at[3]))
		bytes += 8 * (load64(dict + record->at[2]) + 1);
	return bytes;
}

/* A class of ctypes, whose structure ends in how to convert its instances. */
static uint64_t ctype_size(const struct lg_walker *w, uint64_t type, const struct record *record)
{
	uint64_t bytes = plain(w, type, record);

	bytes += c_string_bytes(load64(type + record->at[0]));
	bytes += 8ull * load32(type + record->at[1]);
	if (load64(type + record->at[3]))
		bytes += 8 * (load64(type + record->at[2]) + 1);
	return bytes;
}

static uint64_t tuple_words(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	uint64_t tuple = load64(object + record->at[0]);

	return record->basic_bytes + (tuple ? 8 * var_size(w, tuple) : 0);
}

static uint64_t by_rule(struct lg_walker *w, uint64_t object, const struct record *record)
{
	switch ((enum lg_size_rule)record->size_rule) {
	case LG_SIZE_PLAIN:
		return plain(w, object, record);
	case LG_SIZE_LONG: {
		uint64_t digits = magnitude(load64(object + w->layout.integer.size)) >> w->layout.integer.count_shift;

		if (!digits && !w->library.integer.bare_zero)
			digits = 1;
		return w->library.integer.digits + digits * w->library.integer.digit_bytes;
	}
	case LG_SIZE_STR:
		return str_size(w, object);
	case LG_SIZE_LIST:
	case LG_SIZE_DICT:
	case LG_SIZE_SET:
	case LG_SIZE_DEQUE:
		return with_apart(w, object, record);
	case LG_SIZE_TYPE:
		return type_size(w, object, record);
	case LG_SIZE_CODE:
		return code_size(w, object, record);
	case LG_SIZE_GENERATOR:
		return with_frame(w, generator_code(w, object), w->layout.generator.iframe);
	case LG_SIZE_FRAME:
		return frame_size(w, object);
	case LG_SIZE_BYTES_AT:
		return record->basic_bytes + load64(object + record->at[0]);
	case LG_SIZE_WORDS_AT:
		return record->basic_bytes + 8 * load64(object + record->at[0]);
	case LG_SIZE_BUFFER:
		return record->basic_bytes +
		       (load64(object + record->at[0]) ? load64(object + record->at[1]) : 0);
	case LG_SIZE_ODICT:
		return odict_size(w, object, record);
	case LG_SIZE_ARRAY:
		return record->basic_bytes +
		       load64(object + record->at[0]) *
			       load32(load64(object + record->at[1]) + record->at[2]);
	case LG_SIZE_BYTESIO:
		return bytesio_size(w, object, record);
	case LG_SIZE_STRUCT:
		return struct_size(w, object, record);
	case LG_SIZE_ELEMENT:
		return element_size(w, object, record);
	case LG_SIZE_DECIMAL:
		return record->basic_bytes + (load8(object + record->at[0]) & w->library.decimal.data_flags ?
						      0 :
						      8 * load64(object + record->at[1]));
	case LG_SIZE_PICKLER:
		return pickler_size(w, object, record);
	case LG_SIZE_UNPICKLER:
		return unpickler_size(object, record);
	case LG_SIZE_STGDICT:
		return stgdict_size(w, object, record);
	case LG_SIZE_CTYPE:
		return ctype_size(w, object, record);
	case LG_SIZE_PRODUCT:
		return tuple_words(w, object, record);
	case LG_SIZE_PERMUTATIONS:
		return tuple_words(w, object, record) + 8 * load64(object + record->at[1]);
	case LG_SIZE_VOID:
		return record->basic_bytes + blob_void_bytes(w, object, record);
	case LG_SIZE_NDARRAY:
		return record->basic_bytes + blob_ndarray_bytes(w, object, record);
	}
	return plain(w, object, record);
}

/*
 * The block of values of an instance, with its prefix: apart from it, for as long
 * as its __dict__ was never asked for; or behind it, for as long as it lives.
 */
static uint64_t inline_values(const struct lg_walker *w, uint64_t object, const struct record *record)
{
	uint64_t values, count;

	if (w->layout.type.flag_inline_values_bit == LG_NO_FIELD) {
		values = blob_instance_values(w, object, record);
		return values ? load8(values - w->layout.values.prefix_size_before) +
					8 * blob_shared_slots(w, record->cached_keys) :
				0;
	}
	if (!record->inline_values)
		return 0;
	count = load8(object + record->basic_bytes + w->layout.values.capacity);
	/* A byte for each says in which order they were set. */
	return w->layout.values.items + 8 * count + ((count + 7) & ~7ull);
}

/* False where its counts are wild: nothing is larger than the memory it lies in. */
bool blob_size(struct lg_walker *w, uint64_t object, const struct record *record, uint64_t *out)
{
	uint64_t bytes = by_rule(w, object, record) + record->before_bytes;

	if (record->managed && record->cached_keys)
		bytes += inline_values(w, object, record);
	*out = bytes <= w->max_object_bytes ? bytes : record->basic_bytes + record->before_bytes;
	return bytes <= w->max_object_bytes;
}
