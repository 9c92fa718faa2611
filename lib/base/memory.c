/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/memory.h"

#define PAGE_BYTES 4096

enum lg_status lg_memory_read_u64(const struct lg_memory *memory, uint64_t address, uint64_t *out,
				  struct lg_error *err)
{
	return lg_memory_read(memory, address, out, sizeof *out, err);
}

enum lg_status lg_memory_read_u32(const struct lg_memory *memory, uint64_t address, uint32_t *out,
				  struct lg_error *err)
{
	return lg_memory_read(memory, address, out, sizeof *out, err);
}

enum lg_status lg_memory_read_string(const struct lg_memory *memory, uint64_t address,
				     char *buffer, size_t capacity, struct lg_error *err)
{
	size_t have = 0;

	if (capacity == 0)
		return lg_fail(err, LG_E_INTERNAL, "string buffer of 0 bytes");
	while (have < capacity - 1) {
		size_t step = PAGE_BYTES - (address + have) % PAGE_BYTES;
		enum lg_status status;

		if (step > capacity - 1 - have)
			step = capacity - 1 - have;
		status = lg_memory_read(memory, address + have, buffer + have, step, err);
		if (status != LG_OK)
			return status;
		if (memchr(buffer + have, 0, step))
			return LG_OK;
		have += step;
	}
	buffer[have] = 0;
	return LG_OK;
}
