/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_RUNTIME_H
#define LG_CPYTHON_RUNTIME_H

#include <stdbool.h>

#include "base/memory.h"
#include "cpython/layout.h"
#include "target/maps.h"

#define LG_MAX_GC_LISTS 256
#define LG_MAX_INTERPRETERS 64
#define LG_MAX_FAMILY_TYPES 4

/* Families of objects whose layout is known: the walker knows how to name what they refer to. */
enum lg_family {
	LG_FAMILY_OTHER = 0, /* tp_traverse alone */
	LG_FAMILY_TYPE, LG_FAMILY_DICT, LG_FAMILY_LIST, LG_FAMILY_TUPLE, LG_FAMILY_SET,
	LG_FAMILY_STR, LG_FAMILY_BYTES, LG_FAMILY_BYTEARRAY, LG_FAMILY_LONG,
	LG_FAMILY_MODULE, LG_FAMILY_FUNCTION, LG_FAMILY_METHOD, LG_FAMILY_CELL, LG_FAMILY_CODE,
	LG_FAMILY_FRAME, LG_FAMILY_GENERATOR, LG_FAMILY_WEAKREF, LG_FAMILY_DEQUE,
	LG_FAMILY_COUNT
};

/* A CPython found in an address space. Not to be copied: it points into itself. */
struct lg_python {
	const struct lg_memory *memory; /* borrowed */
	const struct lg_layout *layout; /* &fitted, or in a test any table */
	struct lg_layout fitted;        /* the table of its version, moved to where this release has its fields */
	uint32_t version_hex;           /* 0x030b02f0 */
	uint64_t image;                 /* start of the image that has the interpreter */
	uint64_t runtime;               /* address of _PyRuntime */
	uint64_t interpreter;           /* the main one */
	uint64_t interpreters[LG_MAX_INTERPRETERS]; /* all of them, the main one first */
	uint32_t interpreter_count;
	uint64_t gc_list[LG_MAX_GC_LISTS]; /* heads, probed to be circular lists */
	uint32_t gc_list_count;
	/* Base types by family, for the walker: address of PyDict_Type ..., 0 where not exported. */
	uint64_t base_type[LG_FAMILY_COUNT];
	/*
	 * Further base types with the layout of the family: frozenset, coroutine,
	 * async generator, weak proxies. 0 ends a row.
	 */
	uint64_t also_type[LG_FAMILY_COUNT][LG_MAX_FAMILY_TYPES];
	uint64_t none; /* _Py_NoneStruct */
	uint64_t general_lookup; /* value of keys.lookup of a dict whose keys may be anything; or 0 */
	/*
	 * The dicts of interned strings, of the first interpreters, 0 where one has none of
	 * its own. Their references count in no
	 * refcount and keep nothing alive (a string that dies takes itself out).
	 */
	uint64_t interned[LG_MAX_INTERPRETERS];
	uint32_t interned_count;
};

/*
 * Find the interpreter in an address space: the image that exports _PyRuntime,
 * its version, its table, validated. LG_E_ATTACH "not a Python process" or
 * "CPython 3.9 … supported: 3.11". maps belong to the same process.
 */
enum lg_status lg_python_find(const struct lg_memory *memory, const struct lg_maps *maps,
			      struct lg_python *out, struct lg_error *err) LG_MUST_CHECK;

/* Where the collector's state of an interpreter is. */
static inline uint64_t lg_python_gc(const struct lg_python *python, uint64_t interpreter)
{
	const struct lg_layout *l = python->layout;

	return l->runtime.gc ? python->runtime + l->runtime.gc : interpreter + l->interpreter.gc;
}

/* Is a collection under way, in any interpreter? Then the lists are torn. */
enum lg_status lg_python_collecting(const struct lg_python *python, bool *out,
				    struct lg_error *err) LG_MUST_CHECK;

#endif
