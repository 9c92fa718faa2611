/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/*
 * NumPy's arrays: the block of items lies outside Python's memory, and where
 * the items are objects the collector is not told of them (ndarray has no
 * tp_traverse). A view (its flag says it does not own the block) has nothing
 * of its own but the reference to its base.
 */
enum { DATA, DIMENSION_COUNT, DIMENSIONS, DESCRIPTOR, FLAGS };

static bool owns_data(const struct lg_walker *w, uint64_t array, const struct record *record)
{
	return load32(array + record->at[FLAGS]) & w->library.ndarray.owns_data;
}

static uint32_t dimension_count(uint64_t array, const struct record *record)
{
	uint32_t count = load32(array + record->at[DIMENSION_COUNT]);

	return count > MAX_DIMENSIONS ? 0 : count;
}

/* What is too large for memory is left for blob_size() to find. */
static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX / 4 : product;
}

static uint64_t item_count(uint64_t array, const struct record *record)
{
	uint64_t dimensions = load64(array + record->at[DIMENSIONS]), count = 1;

	for (uint32_t i = 0; i < dimension_count(array, record); i++)
		count = times(count, load64(dimensions + 8ull * i));
	return count;
}

/* Beside the object: the block of items, and of each dimension its size and stride. */
uint64_t blob_ndarray_bytes(const struct lg_walker *w, uint64_t array, const struct record *record)
{
	uint64_t bytes = 16ull * dimension_count(array, record);

	if (owns_data(w, array, record))
		bytes += times(item_count(array, record),
			       blob_dtype_bytes(w, load64(array + record->at[DESCRIPTOR])));
	return bytes;
}

void blob_ndarray_items(struct lg_walker *w, uint64_t array, const struct record *record)
{
	if (owns_data(w, array, record))
		blob_dtype_items(w, load64(array + record->at[DESCRIPTOR]),
				 load64(array + record->at[DATA]), item_count(array, record));
}

/* One item, that of an array of structures taken out: its own if it is no view of the array. */
enum { VOID_DATA, VOID_DESCRIPTOR, VOID_FLAGS };

uint64_t blob_void_bytes(const struct lg_walker *w, uint64_t item, const struct record *record)
{
	if (!(load32(item + record->at[VOID_FLAGS]) & w->library.ndarray.owns_data))
		return 0;
	return blob_dtype_bytes(w, load64(item + record->at[VOID_DESCRIPTOR]));
}
