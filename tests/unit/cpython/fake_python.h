/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TESTS_FAKE_PYTHON_H
#define LG_TESTS_FAKE_PYTHON_H

#include "cpython/object.h"
#include "cpython/roots.h"

/*
 * An address space of one piece with objects of CPython 3.11 in it, made by
 * hand: for what no healthy process shows. Addresses begin at FAKE_BASE; all
 * else is unmapped.
 */
#define FAKE_BASE 0x700000000000ULL
#define FAKE_BYTES (4u << 20)

struct fake {
	uint8_t *bytes;
	uint64_t used;
	struct lg_memory memory;
	struct lg_python python;
	struct lg_intern *strings;
	uint64_t thread; /* state of the first thread */
	uint64_t cframe;
	uint64_t reads;
};

/* Types, a runtime, an interpreter with empty lists, one thread without frames. */
struct fake *fake_new(void);
void fake_free(struct fake *fake);

uint64_t fake_space(struct fake *fake, uint64_t bytes);
void fake_put64(struct fake *fake, uint64_t address, uint64_t value);
void fake_put32(struct fake *fake, uint64_t address, uint32_t value);
void fake_put8(struct fake *fake, uint64_t address, uint8_t value);
uint64_t fake_get64(const struct fake *fake, uint64_t address);

uint64_t fake_object(struct fake *fake, enum lg_family family, uint64_t bytes);
uint64_t fake_str(struct fake *fake, const char *ascii);
/* Characters of `width` bytes. */
uint64_t fake_wide_str(struct fake *fake, const uint32_t *characters, uint32_t count, uint32_t width);
uint64_t fake_bytes(struct fake *fake, const void *data, uint64_t count);
uint64_t fake_tuple(struct fake *fake, const uint64_t *items, uint64_t count);
uint64_t fake_int(struct fake *fake, uint64_t value);

/* Pairs of key and value; the last pair's place is followed by a free entry. */
uint64_t fake_dict(struct fake *fake, bool general, const uint64_t *pairs, uint64_t count);

/* A code object with local variables of these names and kinds. */
uint64_t fake_code(struct fake *fake, const char *name, const char *const *locals,
		   const uint8_t *kinds, uint32_t count, uint32_t stack_size);
/* A frame of it, called from `previous`; its values lie at the returned address + localsplus. */
uint64_t fake_frame(struct fake *fake, uint64_t code, uint64_t previous, int32_t stack_top);

/* A static type ("app.Thing") or, with a dict, a heap type. */
uint64_t fake_static_type(struct fake *fake, const char *name);
uint64_t fake_heap_type(struct fake *fake, const char *qualname, uint64_t dict);

/*
 * What an interpreter has of its own of static types, at `states`, for the four
 * that are asked for: numbered from 1, by the table's static_type.
 */
void fake_static_types(struct fake *fake, uint64_t states);

const char *fake_string(struct fake *fake, struct lg_strings *strings, uint32_t number);

#endif
