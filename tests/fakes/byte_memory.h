/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_FAKES_BYTE_MEMORY_H
#define LG_FAKES_BYTE_MEMORY_H

#include <string.h>

#include "base/memory.h"

/* A byte array that stands for an address space: all else is not mapped. */
struct byte_memory {
	uint64_t base;
	const void *bytes;
	size_t length;
	size_t reads; /* counted, to bound what a hostile image may cost */
	struct lg_memory memory;
};

static inline enum lg_status byte_memory_read(void *context, uint64_t address, void *buffer,
					      size_t bytes, struct lg_error *err)
{
	struct byte_memory *fake = context;

	fake->reads++;
	if (address < fake->base || address - fake->base > fake->length ||
	    bytes > fake->length - (address - fake->base))
		return lg_fail(err, LG_E_UNREADABLE, "%zu bytes at 0x%llx are not mapped", bytes,
			       (unsigned long long)address);
	memcpy(buffer, (const char *)fake->bytes + (address - fake->base), bytes);
	return LG_OK;
}

static inline void byte_memory_init(struct byte_memory *fake, uint64_t base, const void *bytes,
				    size_t length)
{
	*fake = (struct byte_memory){
		.base = base,
		.bytes = bytes,
		.length = length,
		.memory = {byte_memory_read, fake},
	};
}

#endif
