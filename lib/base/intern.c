/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/intern.h"

/* Open addressing over string numbers; 0 marks a free slot, since "" is never stored. */
struct lg_intern {
	char *bytes;
	size_t bytes_used, bytes_capacity;
	uint64_t *offset;
	size_t offset_capacity;
	uint32_t count;
	uint32_t *slot;
	size_t slot_count; /* a power of two */
	uint64_t seed;     /* random: a file must not choose strings that collide */
};

#define FIRST_SLOTS 1024

struct lg_intern *lg_intern_new(void)
{
	struct lg_intern *intern = calloc(1, sizeof *intern);

	if (!intern)
		return NULL;
	intern->slot = calloc(FIRST_SLOTS, sizeof *intern->slot);
	intern->slot_count = FIRST_SLOTS;
	if (getrandom(&intern->seed, sizeof intern->seed, GRND_NONBLOCK) < 0)
		intern->seed = (uint64_t)(uintptr_t)intern;
	if (!intern->slot || !lg_reserve(intern->offset, intern->offset_capacity, FIRST_SLOTS)) {
		lg_intern_free(intern);
		return NULL;
	}
	intern->offset[0] = 0;
	intern->offset[1] = 0;
	intern->count = 1;
	return intern;
}

void lg_intern_free(struct lg_intern *intern)
{
	if (!intern)
		return;
	free(intern->bytes);
	free(intern->offset);
	free(intern->slot);
	free(intern);
}

static bool equals(const struct lg_intern *intern, uint32_t string, const char *bytes,
		   size_t length)
{
	uint64_t start = intern->offset[string];

	return intern->offset[string + 1] - start == length &&
	       memcmp(intern->bytes + start, bytes, length) == 0;
}

static size_t find_slot(const struct lg_intern *intern, const char *bytes, size_t length)
{
	size_t mask = intern->slot_count - 1;
	size_t i = XXH3_64bits_withSeed(bytes, length, intern->seed) & mask;

	while (intern->slot[i] && !equals(intern, intern->slot[i], bytes, length))
		i = (i + 1) & mask;
	return i;
}

static bool grow_slots(struct lg_intern *intern)
{
	uint32_t *old = intern->slot;
	uint32_t *fresh = calloc(intern->slot_count * 2, sizeof *fresh);

	if (!fresh)
		return false;
	intern->slot = fresh;
	intern->slot_count *= 2;
	for (uint32_t s = 1; s < intern->count; s++) {
		uint64_t start = intern->offset[s];

		fresh[find_slot(intern, intern->bytes + start, intern->offset[s + 1] - start)] = s;
	}
	free(old);
	return true;
}

enum lg_status lg_intern_add(struct lg_intern *intern, const char *bytes, size_t length,
			     uint32_t *out, struct lg_error *err)
{
	size_t i;

	*out = 0;
	if (length == 0)
		return LG_OK;
	i = find_slot(intern, bytes, length);
	if (intern->slot[i]) {
		*out = intern->slot[i];
		return LG_OK;
	}
	if (intern->count == UINT32_MAX - 1)
		return lg_fail(err, LG_E_LIMIT, "more than %u different strings", UINT32_MAX - 2);
	if (!lg_reserve(intern->bytes, intern->bytes_capacity, intern->bytes_used + length) ||
	    !lg_reserve(intern->offset, intern->offset_capacity, (size_t)intern->count + 2))
		return lg_fail(err, LG_E_MEMORY, "no memory for a table of %u strings",
			       intern->count);
	memcpy(intern->bytes + intern->bytes_used, bytes, length);
	intern->bytes_used += length;
	*out = intern->count;
	intern->slot[i] = intern->count++;
	intern->offset[intern->count] = intern->bytes_used;
	if (intern->count > intern->slot_count / 2 && !grow_slots(intern))
		return lg_fail(err, LG_E_MEMORY, "no memory for an index of %u strings",
			       intern->count);
	return LG_OK;
}

uint32_t lg_intern_count(const struct lg_intern *intern)
{
	return intern->count;
}

struct lg_text lg_intern_text(const struct lg_intern *intern, uint32_t string)
{
	uint64_t start = intern->offset[string];

	return (struct lg_text){intern->bytes + start, intern->offset[string + 1] - start};
}

enum lg_status lg_intern_finish(struct lg_intern *intern, struct lg_strings *out,
				struct lg_error *err)
{
	if (!lg_reserve(intern->bytes, intern->bytes_capacity, 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for a table of strings");
	*out = (struct lg_strings){
		.count = intern->count,
		.offset = intern->offset,
		.bytes = intern->bytes,
	};
	free(intern->slot);
	*intern = (struct lg_intern){0};
	return LG_OK;
}
