/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_BASE_MEMORY_H
#define LG_BASE_MEMORY_H

#include <stdint.h>
#include <stddef.h>

#include "leakgraph/status.h"

/*
 * An address space to read from. A live process, a frozen copy, a core file
 * and a byte array in a test all stand behind it.
 */
struct lg_memory {
	/* Reads exactly `bytes` at `address`, or fails and says where. */
	enum lg_status (*read)(void *context, uint64_t address, void *buffer, size_t bytes,
			       struct lg_error *err);
	void *context;
};

static inline enum lg_status LG_MUST_CHECK
lg_memory_read(const struct lg_memory *memory, uint64_t address, void *buffer, size_t bytes,
	       struct lg_error *err)
{
	return memory->read(memory->context, address, buffer, bytes, err);
}

/* One little-endian word. */
enum lg_status lg_memory_read_u64(const struct lg_memory *memory, uint64_t address,
				  uint64_t *out, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_memory_read_u32(const struct lg_memory *memory, uint64_t address,
				  uint32_t *out, struct lg_error *err) LG_MUST_CHECK;

/*
 * A terminated C string of at most capacity-1 bytes; longer is cut. Reads
 * across page ends only as far as is mapped.
 */
enum lg_status lg_memory_read_string(const struct lg_memory *memory, uint64_t address,
				     char *buffer, size_t capacity, struct lg_error *err) LG_MUST_CHECK;

#endif
