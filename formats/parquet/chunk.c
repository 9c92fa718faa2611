/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/text.h"
#include "formats/parquet/bound.h"
#include "formats/parquet/chunk.h"
#include "formats/parquet/hybrid.h"

#define LENGTH_BYTES 4 /* before a text, and before the levels */
#define NUMBER_BYTES 8

enum lg_parquet_type lg_parquet_type_of(enum lg_parquet_kind kind)
{
	if (kind == LG_PARQUET_TEXT)
		return LG_TYPE_BYTE_ARRAY;
	return kind == LG_PARQUET_BOOLEAN ? LG_TYPE_BOOLEAN : LG_TYPE_INT64;
}

/* ---- values come ---- */

void lg_chunk_release(struct lg_chunk *chunk)
{
	free(chunk->present);
	free(chunk->number);
	lg_intern_free(chunk->strings);
	*chunk = (struct lg_chunk){.column = chunk->column};
}

enum lg_status lg_chunk_clear(struct lg_chunk *chunk, struct lg_error *err)
{
	chunk->rows = chunk->values = 0;
	chunk->text_bytes = 0;
	chunk->has_empty = false;
	if (chunk->column->kind != LG_PARQUET_TEXT)
		return LG_OK;
	lg_intern_free(chunk->strings);
	chunk->strings = lg_intern_new();
	return chunk->strings ? LG_OK : lg_fail(err, LG_E_MEMORY, "no memory for a row group");
}

static enum lg_status add_row(struct lg_chunk *chunk, bool present, struct lg_error *err)
{
	if (chunk->column->optional) {
		if (!lg_reserve(chunk->present, chunk->present_capacity, chunk->rows + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for a row group");
		chunk->present[chunk->rows] = present;
	}
	chunk->rows++;
	return LG_OK;
}

static enum lg_status add_value(struct lg_chunk *chunk, uint64_t number, struct lg_error *err)
{
	if (!lg_reserve(chunk->number, chunk->number_capacity, chunk->values + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for a row group");
	chunk->number[chunk->values++] = number;
	return add_row(chunk, true, err);
}

enum lg_status lg_chunk_number(struct lg_chunk *chunk, uint64_t number, struct lg_error *err)
{
	enum lg_parquet_kind kind = chunk->column->kind;

	if (kind == LG_PARQUET_TEXT)
		return lg_fail(err, LG_E_INTERNAL, "a number for '%s'", chunk->column->name);
	if (kind != LG_PARQUET_UINT64 && number > INT64_MAX)
		return lg_fail(err, LG_E_LIMIT, "%s is %lu, a column holds at most %ld",
			       chunk->column->name, number, INT64_MAX);
	return add_value(chunk, number, err);
}

enum lg_status lg_chunk_text(struct lg_chunk *chunk, struct lg_text text, struct lg_error *err)
{
	uint32_t string;
	enum lg_status status;

	if (chunk->column->kind != LG_PARQUET_TEXT)
		return lg_fail(err, LG_E_INTERNAL, "a text for '%s'", chunk->column->name);
	if (text.length > LG_PARQUET_TEXT_BYTES)
		return lg_fail(err, LG_E_LIMIT, "%s is a text of %lu bytes, a column holds at most %lu",
			       chunk->column->name, text.length, LG_PARQUET_TEXT_BYTES);
	status = lg_intern_add(chunk->strings, text.bytes, text.length, &string, err);
	if (status != LG_OK)
		return status;
	chunk->text_bytes += text.length;
	chunk->has_empty |= text.length == 0;
	return add_value(chunk, string, err);
}

enum lg_status lg_chunk_null(struct lg_chunk *chunk, struct lg_error *err)
{
	if (!chunk->column->optional)
		return lg_fail(err, LG_E_INTERNAL, "a null for '%s'", chunk->column->name);
	return add_row(chunk, false, err);
}

/* ---- pages ---- */

/* Number 0, "", stands in a dictionary only where it is needed; then all are one less. */
static uint32_t first_string(const struct lg_chunk *chunk)
{
	return chunk->has_empty ? 0 : 1;
}

static uint32_t distinct(const struct lg_chunk *chunk)
{
	return lg_intern_count(chunk->strings) - first_string(chunk);
}

bool lg_chunk_has_dictionary(const struct lg_chunk *chunk)
{
	uint64_t plain, by_number;

	if (chunk->column->kind != LG_PARQUET_TEXT || chunk->values == 0)
		return false;
	plain = chunk->text_bytes + chunk->values * LENGTH_BYTES;
	by_number = chunk->values * lg_hybrid_width(distinct(chunk) - 1) / 8;
	for (uint32_t i = first_string(chunk); i < lg_intern_count(chunk->strings); i++)
		by_number += LENGTH_BYTES + lg_intern_text(chunk->strings, i).length;
	return by_number < plain;
}

static void add_text(struct lg_bytes *out, struct lg_text text)
{
	lg_bytes_number(out, text.length, LENGTH_BYTES);
	lg_bytes_add(out, text.bytes, text.length);
}

uint32_t lg_chunk_dictionary(const struct lg_chunk *chunk, struct lg_bytes *out)
{
	for (uint32_t i = first_string(chunk); i < lg_intern_count(chunk->strings); i++)
		add_text(out, lg_intern_text(chunk->strings, i));
	return distinct(chunk);
}

/* They lie in memory as they are to stand in the file. */
static void add_numbers(const struct lg_chunk *chunk, struct lg_bytes *out)
{
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as Parquet's numbers are");
	lg_bytes_add(out, chunk->number, chunk->values * NUMBER_BYTES);
}

static void add_bits(const struct lg_chunk *chunk, struct lg_bytes *out)
{
	for (size_t i = 0; i < chunk->values; i += 8) {
		uint8_t byte = 0;

		for (size_t k = i; k < chunk->values && k < i + 8; k++)
			byte |= (uint8_t)((chunk->number[k] != 0) << (k - i));
		lg_bytes_byte(out, byte);
	}
}

static void add_texts(const struct lg_chunk *chunk, struct lg_bytes *out)
{
	for (size_t i = 0; i < chunk->values; i++)
		add_text(out, lg_intern_text(chunk->strings, (uint32_t)chunk->number[i]));
}

static void add_indexes(const struct lg_chunk *chunk, struct lg_bytes *out)
{
	uint32_t first = first_string(chunk);
	unsigned width = lg_hybrid_width(distinct(chunk) - 1);
	uint32_t *index = lg_alloc(chunk->values, sizeof *index);

	if (!index) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < chunk->values; i++)
		index[i] = (uint32_t)chunk->number[i] - first;
	lg_bytes_byte(out, (uint8_t)width);
	lg_hybrid_add(out, index, chunk->values, width);
	free(index);
}

static void add_levels(const struct lg_chunk *chunk, struct lg_bytes *out)
{
	struct lg_bytes levels = {0};

	lg_hybrid_add(&levels, chunk->present, chunk->rows, 1);
	lg_bytes_number(out, levels.used, LENGTH_BYTES);
	lg_bytes_add(out, levels.bytes, levels.used);
	out->failed |= levels.failed;
	lg_bytes_free(&levels);
}

void lg_chunk_data(const struct lg_chunk *chunk, bool dictionary, struct lg_bytes *out)
{
	if (chunk->column->optional)
		add_levels(chunk, out);
	if (dictionary)
		add_indexes(chunk, out);
	else if (chunk->column->kind == LG_PARQUET_TEXT)
		add_texts(chunk, out);
	else if (chunk->column->kind == LG_PARQUET_BOOLEAN)
		add_bits(chunk, out);
	else
		add_numbers(chunk, out);
}

/* ---- bounds ---- */

static void bounds_of_numbers(const struct lg_chunk *chunk, struct lg_chunk_bounds *out)
{
	size_t bytes = chunk->column->kind == LG_PARQUET_BOOLEAN ? 1 : NUMBER_BYTES;
	uint64_t least = UINT64_MAX, greatest = 0;

	for (size_t i = 0; i < chunk->values; i++) {
		least = chunk->number[i] < least ? chunk->number[i] : least;
		greatest = chunk->number[i] > greatest ? chunk->number[i] : greatest;
	}
	lg_bytes_number(&out->least, least, bytes);
	lg_bytes_number(&out->greatest, greatest, bytes);
	out->least_exact = out->greatest_exact = true;
}

static bool bounds_of_texts(const struct lg_chunk *chunk, struct lg_chunk_bounds *out)
{
	uint32_t first = first_string(chunk);
	struct lg_text least = lg_intern_text(chunk->strings, first), greatest = least;
	struct lg_text_bound below, above;

	for (uint32_t i = first + 1; i < lg_intern_count(chunk->strings); i++) {
		struct lg_text text = lg_intern_text(chunk->strings, i);

		least = lg_text_compare(text, least) < 0 ? text : least;
		greatest = lg_text_compare(text, greatest) > 0 ? text : greatest;
	}
	lg_bound_below(least, &below);
	if (!lg_bound_above(greatest, &above))
		return false;
	lg_bytes_add(&out->least, below.bytes, below.length);
	lg_bytes_add(&out->greatest, above.bytes, above.length);
	out->least_exact = below.exact;
	out->greatest_exact = above.exact;
	return true;
}

bool lg_chunk_bounds(const struct lg_chunk *chunk, struct lg_chunk_bounds *out)
{
	if (chunk->values == 0)
		return false;
	if (chunk->column->kind == LG_PARQUET_TEXT)
		return bounds_of_texts(chunk, out);
	bounds_of_numbers(chunk, out);
	return true;
}
