/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/* Of the library only what is inlined here: nothing is linked, nothing allocates. */
#define XXH_INLINE_ALL
#include <xxhash.h>

/*
 * Contents are compared by a hash of 64 bits with a key that is drawn for this
 * one walk, so that it is worth nothing once the key is gone. That any two of ten
 * million contents are taken for equal and are not has a chance of 1 in 370,000.
 */
enum { CONTENT_NONE = 0, CONTENT_STR, CONTENT_BYTES, CONTENT_INT, CONTENT_FLOAT };

#define MAX_FAULTY_CONTENTS 1000 /* then nothing more is compared */
#define TICK_BYTES (64u << 20)
#define FORM_FACTOR 0x9e3779b97f4a7c15ull /* odd, of no pattern: 2^64 by the golden ratio */

static bool is_named(const struct lg_walker *w, uint64_t type, const char *expected)
{
	uint64_t name = load64(type + w->layout.type.name);

	return blob_is_readable(w, name, 8) && blob_equal((const char *)name, expected, 8);
}

/* Exact types of the language: a subclass can be equal to what it is not the same as. */
uint32_t blob_content_rule(const struct lg_walker *w, const struct record *record)
{
	if (record->heap || record->gc)
		return CONTENT_NONE;
	if (record->exact && record->size_rule == LG_SIZE_STR)
		return CONTENT_STR;
	if (record->exact && record->size_rule == LG_SIZE_LONG)
		return CONTENT_INT;
	if (record->item_bytes == 1 && is_named(w, record->address, "bytes"))
		return CONTENT_BYTES;
	if (record->basic_bytes == w->layout.object.head_bytes + 8 &&
	    is_named(w, record->address, "float"))
		return CONTENT_FLOAT;
	return CONTENT_NONE;
}

bool blob_str_read(const struct lg_walker *w, uint64_t str, struct str_data *out)
{
	uint32_t state = load32(str + w->layout.unicode.state);

	out->kind = state >> w->layout.unicode.kind_shift & ((1u << w->layout.unicode.kind_bits) - 1);
	out->length = load64(str + w->layout.unicode.length);
	if (out->kind != 1 && out->kind != 2 && out->kind != 4)
		return false;
	if (!(state >> w->layout.unicode.compact_bit & 1))
		out->data = load64(str + w->layout.unicode.any_data);
	else if (state >> w->layout.unicode.ascii_bit & 1)
		out->data = str + w->layout.unicode.ascii_data;
	else
		out->data = str + w->layout.unicode.compact_data;
	return true;
}

/* Where it lies, and what tells it from another of the same bytes. */
struct content {
	uint64_t data, bytes;
	uint32_t form;
};

static bool find_content(const struct lg_walker *w, uint64_t object, const struct record *record,
			 struct content *out)
{
	struct str_data str;
	uint64_t size;

	switch (record->content_rule) {
	case CONTENT_STR:
		if (!blob_str_read(w, object, &str) || str.length > LG_WALKER_MAX_CONTENT_BYTES)
			return false;
		*out = (struct content){ str.data, str.length * str.kind, str.kind };
		return true;
	case CONTENT_BYTES:
		*out = (struct content){ object + w->layout.bytes.data,
					 load64(object + w->layout.var.size), 0 };
		return true;
	case CONTENT_INT:
		/* The sign stands in the count, or in the two lowest bits below it. */
		size = load64(object + w->layout.integer.size);
		out->form = w->layout.integer.count_shift ? size & 3 : size >> 63;
		if ((int64_t)size < 0)
			size = -size;
		out->data = object + w->library.integer.digits;
		out->bytes = (size >> w->layout.integer.count_shift) * w->library.integer.digit_bytes;
		return true;
	case CONTENT_FLOAT:
		*out = (struct content){ object + w->layout.object.head_bytes, 8, 0 };
		return true;
	default:
		return false;
	}
}

/* 0 where it is not compared. A fault here costs the comparison, and not the object. */
uint64_t blob_content(struct lg_walker *w, uint64_t object, const struct record *record)
{
	struct content content;
	uint64_t hash = 0;

	if (!record->content_rule || object == w->faulty_content)
		return 0;
	w->hashing = object;
	barrier();
	if (find_content(w, object, record, &content) && content.bytes <= LG_WALKER_MAX_CONTENT_BYTES) {
		uint64_t form = (uint64_t)record->content_rule << 8 | content.form;

		/* Seeds that are alike make equal hashes of short contents that are alike. */
		hash = XXH3_64bits_withSeed((const void *)content.data, content.bytes,
					    w->content_key + form * FORM_FACTOR);
		w->hashed_bytes += content.bytes;
	}
	barrier();
	w->hashing = 0;
	if (unlikely(w->hashed_bytes >= TICK_BYTES)) {
		w->hashed_bytes = 0;
		blob_stop(w, LG_WALKER_TICK);
	}
	return hash;
}

/* After a fault while hashing: once more, without it. */
void blob_content_recover(struct lg_walker *w)
{
	w->faulty_content = w->hashing;
	w->hashing = 0;
	if (++w->faulty_contents == MAX_FAULTY_CONTENTS)
		w->hash_contents = 0;
}
