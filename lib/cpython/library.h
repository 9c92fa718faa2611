/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_LIBRARY_H
#define LG_CPYTHON_LIBRARY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Types written in C whose size or references need more than tp_basicsize and
 * tp_traverse: how their __sizeof__ counts, and where what they refer to lies.
 * One table a version (library_3NN.c), beside that of the interpreter's own
 * structures (layout.h). Needs no libc; it is copied into the frozen copy.
 */

/* How a type's C __sizeof__ counts. `at` are the offsets it needs, in this order. */
enum lg_size_rule {
	LG_SIZE_PLAIN = 0, /* object.__sizeof__: tp_basicsize + ob_size * tp_itemsize */
	LG_SIZE_LONG,
	LG_SIZE_STR,
	LG_SIZE_LIST,
	LG_SIZE_DICT,
	LG_SIZE_SET,
	LG_SIZE_TYPE,
	LG_SIZE_CODE,
	LG_SIZE_GENERATOR,
	LG_SIZE_FRAME,
	LG_SIZE_BYTES_AT,     /* at: count of bytes */
	LG_SIZE_WORDS_AT,     /* at: count of words */
	LG_SIZE_BUFFER,       /* at: pointer, count of bytes where it is not NULL */
	LG_SIZE_ODICT,        /* at: count of fast nodes */
	LG_SIZE_DEQUE,        /* at: left index */
	LG_SIZE_ARRAY,        /* at: allocated items, descriptor, item size in it */
	LG_SIZE_BYTESIO,      /* at: bytes object, counted where it is not shared */
	LG_SIZE_STRUCT,       /* at: codes */
	LG_SIZE_ELEMENT,      /* at: extra; in it: children, first of its own children, allocated */
	LG_SIZE_DECIMAL,      /* at: flags, allocated words */
	LG_SIZE_PICKLER,      /* at: memo, allocated in it, output buffer */
	LG_SIZE_UNPICKLER,    /* at: memo, its size, marks, its size, three strings */
	LG_SIZE_STGDICT,      /* at: format, dimensions, length, elements; bytes of the structure */
	LG_SIZE_PRODUCT,      /* at: tuple */
	LG_SIZE_PERMUTATIONS, /* at: tuple, count of words */
	LG_SIZE_CTYPE,        /* at: format, dimensions, length, elements, all in the type object */
	LG_SIZE_NDARRAY,      /* at: data, count of dimensions, dimensions, descriptor, flags */
	LG_SIZE_VOID,         /* at: data, descriptor, flags */
};

/* How the references of a type are named, besides those of enum lg_family. */
enum lg_label_rule {
	LG_LABEL_PLAIN = 0,
	LG_LABEL_FIELDS, /* the fields of the table, and not what its members name */
	LG_LABEL_TYPE,
	LG_LABEL_DICT,
	LG_LABEL_ODICT,
	LG_LABEL_LIST,
	LG_LABEL_TUPLE,
	LG_LABEL_ITEMS, /* what has no other name is an item */
	LG_LABEL_STR,
	LG_LABEL_MODULE,
	LG_LABEL_FUNCTION,
	LG_LABEL_CELL,
	LG_LABEL_CODE,
	LG_LABEL_FRAME,
	LG_LABEL_GENERATOR,
	/*
	 * at: what has its state, 0: itself; there, the frame at which it was left; how far
	 * before that the copy of its C stack stands, with its size behind it.
	 */
	LG_LABEL_GREENLET,
	LG_LABEL_WEAKREF,
	LG_LABEL_LRU_CACHE,
	LG_LABEL_LRU_LINK, /* the cache says what its links refer to */
	LG_LABEL_ELEMENT,  /* at: as for its size */
	LG_LABEL_TZINFO,   /* at: whether it has one, and where */
	LG_LABEL_NDARRAY,
	LG_LABEL_DTYPE,
	LG_LABEL_CONTEXT_VAR,   /* at: its name */
	LG_LABEL_CONTEXT_NODE,  /* at: pairs of a variable and its value; a node has no variable */
};

#define LG_MAX_KNOWN_TYPES 256
#define LG_MAX_KNOWN_OFFSETS 7
#define LG_MAX_KNOWN_FIELDS 14

struct lg_known_field {
	uint32_t offset; /* of an object pointer that is owned; 0 ends */
	char name[20];
};

struct lg_known_type {
	char name[40];        /* tp_name, "" ends the table */
	/* tp_basicsize is at least this, or it is another type. Of rows of one name the largest stands first. */
	uint32_t basic_bytes;
	uint32_t size;        /* enum lg_size_rule */
	uint32_t label;       /* enum lg_label_rule */
	uint32_t at[LG_MAX_KNOWN_OFFSETS];
	struct lg_known_field field[LG_MAX_KNOWN_FIELDS];
};

struct lg_library {
	uint32_t version; /* PY_VERSION_HEX >> 16 */

	/*
	 * static_bytes: as sys.getsizeof says, less the collector's header, which no static
	 * type has. It counts one all the same, or (static_without_header) only to those
	 * whose metatype is not `type`.
	 */
	struct { uint32_t members, heap_tpname, static_bytes; bool static_without_header; } type;
	struct { uint32_t bytes, name, type, offset; uint32_t type_object, type_object_ex; } member;
	/*
	 * PyModuleDef, and in it m_copy and m_size. definition_is: the byte that says whether
	 * it is one; 0: always. has_state_bytes: the size stands in the module itself.
	 */
	struct { uint32_t definition, definition_is, copy, state_bytes; bool has_state_bytes; } module;
	struct { uint32_t bytes, refcount; } keys;
	struct {
		uint32_t extra, extra_slot_bytes;
		/* Before 3.11: maps of cells that are arguments, and of globals found. */
		uint32_t cell_map, memory, memory_count, memory_item_bytes;
	} code;
	struct { uint32_t ascii_bytes, compact_bytes, any_bytes, utf8, utf8_length, wstr, wstr_length, wchar_bytes; } unicode;
	struct { uint32_t digits, digit_bytes; bool bare_zero; } integer; /* a zero has no digit */
	struct { uint32_t block_items, block_bytes, most; } deque; /* most: maxlen, -1: none */
	struct { uint32_t first, key, next, node_bytes, inst_dict; } odict;
	struct { uint32_t root_next, key, result, type, most; } lru; /* most: maxsize, -1: none */
	struct { uint32_t code_bytes; } structure;
	struct { uint32_t extra_bytes, attrib; } element; /* attrib: in extra */
	struct { uint32_t data_flags; } decimal;
	struct { uint32_t memo_bytes, entry_bytes; } pickler;
	struct { uint32_t exc_value, exc_count; } generator; /* exception handled: words of it */
	struct { uint32_t name, coro; } task; /* of asyncio, in C: _asyncio.Task */
	struct { uint32_t data; } bytes;
	struct { uint32_t type_num, item_bytes_1, alignment_1, item_bytes_2; uint32_t object, owns_data; } ndarray;

	struct lg_known_type known[LG_MAX_KNOWN_TYPES];
};

/* The table of a version (PY_VERSION_HEX), NULL where there is none. */
const struct lg_library *lg_library_find(uint32_t version_hex);

#endif
