/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_LAYOUT_H
#define LG_CPYTHON_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where the fields of CPython's structures lie, one table a version
 * (layout_3NN.c). The walker in the copy and the readers of roots work from
 * the table alone: another version is another table. This header needs no
 * libc; the table is copied into the frozen copy as it is.
 *
 * Offsets are in bytes from the start of the structure. A field that a version
 * does not have is LG_NO_FIELD; one that only versions before 3.11 have, none of
 * which stands first in its structure, is 0 in the later tables.
 */
#define LG_NO_FIELD UINT32_MAX

#define LG_MAX_INTERPRETER_FIELDS 40
#define LG_MAX_THREAD_FIELDS 18
#define LG_MAX_RUNTIME_FIELDS 4
#define LG_MAX_OFFSET_CHECKS 32
#define LG_MAX_GROWTHS 3

/* `count` object pointers in a row that the structure holds strongly. A table ends with count 0. */
struct lg_layout_field {
	uint32_t offset, count;
	char name[32]; /* for a root's or a reference's name */
};

/*
 * A structure that grew within the version: what the table has at `from` or
 * behind it lies further on in later releases. By how much, is said by the word
 * of _PyRuntime at `says_at`, where a release has what the table has at `from`;
 * or, where that is LG_NO_FIELD, seen by the interpreter's static types. `from`
 * 0 ends a list.
 */
struct lg_layout_growth {
	uint32_t from, says_at;
};

/* How the depth of a frame's evaluation stack is stored. None is stored while the frame runs. */
enum lg_stack_form {
	LG_STACK_VALUES = 0, /* count of variables and stack; negative: runs */
	LG_STACK_COUNT,      /* count of the stack alone; negative: runs */
	LG_STACK_POINTER,    /* to the first free word of it; NULL: runs */
};

/* How the lines of a code object's instructions are stored (linetable.c). */
enum lg_line_form {
	LG_LINE_LOCATIONS = 0, /* 3.11 on: co_linetable with columns */
	LG_LINE_RANGES,        /* 3.10: co_linetable */
	LG_LINE_STEPS,         /* before: co_lnotab */
};

struct lg_layout {
	uint32_t version; /* PY_VERSION_HEX >> 16: 0x030b */

	struct {
		uint32_t interpreters_head, interpreters_main, main_thread, bytes;
		/* Of each signal, the object that handles it; no signals: C variables. */
		uint32_t handlers, handler_bytes, signals;
		uint32_t gc; /* the collector's state, where all interpreters share it */
		uint32_t thread; /* state of the running thread; 0: thread-local, or nobody asks for it */
		struct lg_layout_field roots[LG_MAX_RUNTIME_FIELDS];
	} runtime;

	/*
	 * Words of _PyRuntime in which the interpreter itself says where its fields
	 * lie (_Py_DebugOffsets, 3.13): what the table has must be what it says.
	 * `field` is a word of this table, LG_SAID(thread.next). A name "" ends it.
	 */
	struct { uint32_t at, field; char name[28]; } says[LG_MAX_OFFSET_CHECKS];

	struct {
		uint32_t next, id, threads_head, gc, modules, sysdict, builtins;
		/*
		 * An array of pointers to three object pointers. LG_NO_FIELD: the module
		 * atexit has it, and says so in its tp_traverse.
		 */
		uint32_t atexit_callbacks, atexit_count;
		uint32_t interned; /* the dict of interned strings; LG_NO_FIELD where it is a C variable */
		/* All object pointers the interpreter owns (what it borrows is no root). */
		struct lg_layout_field roots[LG_MAX_INTERPRETER_FIELDS];
		struct lg_layout_growth grows[LG_MAX_GROWTHS]; /* ascending */
	} interpreter;

	/*
	 * What each interpreter has of its own of a static type: the type then has a
	 * number, from 1, in place of its dict of subclasses, by which it stands in
	 * `states` or, where an extension made it, in `more`. LG_NO_FIELD as `states`:
	 * the type has it itself.
	 */
	struct {
		uint32_t flag_bit, states, capacity, more, more_capacity, bytes, type, dict, subclasses;
		bool traverse_asks_thread; /* tp_traverse of their struct sequences: for its interpreter */
	} static_type;

	struct {
		uint32_t bytes;            /* of PyGC_Head */
		uint32_t generation0;      /* from the interpreter's gc: first list head */
		uint32_t generation0_slack; /* or so much before, as in some releases */
		uint32_t generation_bytes; /* from one head to the next */
		uint32_t generation_count;
		uint32_t permanent;        /* head of the frozen list */
		uint32_t collecting;
		uint32_t enabled, debug, garbage; /* garbage: gc.garbage, a list */
		uint32_t threshold, count;        /* from each generation's head; int */
	} gc;

	/*
	 * tracemalloc: where _PyRuntime has the table of traces by block, at least
	 * (LG_NO_FIELD: a C variable that no symbol names). An entry of that points to a
	 * trace; or has it itself, behind a key whose size stands in the table: that of an
	 * address alone, or with its domain.
	 */
	struct {
		uint32_t table, key_bytes;
		uint32_t entries, buckets, bucket_array; /* of the table: counts, pointers to chains */
		uint32_t next, key, value;               /* of an entry */
		bool value_is_inline;
		uint32_t size, traceback;                /* of a trace */
		uint32_t nframe, nframe_bytes, frames, frame_bytes, filename, lineno; /* of a traceback */
		bool filename_is_text;                   /* and no str */
	} tracemalloc;

	/*
	 * pymalloc. Its state stands in the interpreter, or the interpreter has a
	 * pointer to it, or (LG_NO_FIELD) it is C variables that no symbol names.
	 */
	struct {
		uint32_t state;
		bool state_is_pointer;
		uint32_t arenas, arena_count; /* from the state: array of arena objects, its length */
		uint32_t arena_bytes, pool_bytes;
	} pymalloc;

	struct {
		uint32_t next, interp, thread_id, native_thread_id, cframe, dict, context, exc_info, async_exc;
		uint32_t datastack_chunk, bytes;
		uint32_t public_bytes; /* of PyThreadState, where more stands behind it; 0: all is */
		struct lg_layout_field held[LG_MAX_THREAD_FIELDS]; /* object pointers: dict, context ... */
		struct lg_layout_growth grows[LG_MAX_GROWTHS];
	} thread;
	struct { uint32_t current_frame; } cframe; /* LG_NO_FIELD: what thread.cframe points to is the frame */
	struct { uint32_t value, previous; } exc_item; /* what exc_info points to */
	struct { uint32_t previous, size; } stack_chunk;
	struct {
		uint32_t func, globals, builtins, locals, code, frame_obj, previous, prev_instr;
		uint32_t stacktop, is_entry, owner, localsplus;
		uint32_t stackpointer; /* instead of stacktop; 0: none */
		/*
		 * Words that refer to objects may have these low bits set (code, func, values):
		 * to tag_borrowed where they count in no refcount, to tag_number where they are
		 * no reference.
		 */
		uint8_t tag_bits, tag_borrowed, tag_number;
		uint32_t stack_form; /* enum lg_stack_form: of stacktop */
		/*
		 * In place of prev_instr the position of the last instruction, an int: in
		 * steps of so many bytes, negative before the first.
		 */
		uint32_t last_instr, last_instr_bytes;
		/* The frame is a Python object: `previous` counts, and it may be a generator's. */
		bool is_object;
		uint32_t generator, valuestack;
		uint8_t owner_thread, owner_generator, owner_frame_object;
		uint8_t owner_c_stack; /* this and above mark where C called: no function's frame */
	} frame;
	struct {
		uint32_t consts, names, exceptiontable, flags, argcount, kwonlyargcount, nlocalsplus, nlocals,
			firstlineno, localsplusnames, localspluskinds, filename, name, qualname,
			linetable, code_adaptive;
		uint32_t posonlyargcount, stacksize, firsttraceable;
		uint32_t line_form; /* enum lg_line_form */
		/*
		 * In place of localsplusnames, localspluskinds and nlocalsplus: tuples of
		 * the names of variables, in the order of their places in a frame.
		 */
		uint32_t varnames, cellvars, freevars;
		uint32_t cached_code;          /* the attribute co_code, once it was asked for */
		uint32_t cached, cached_count; /* or a structure of that and further tuples */
		uint8_t kind_local, kind_cell, kind_free; /* bits of a byte of localspluskinds */
	} code;

	/*
	 * A refcount from immortal_refcount on never falls to 0. Where the version
	 * gives it to its static objects alone, it means nothing elsewhere.
	 */
	struct {
		uint32_t refcount, type, head_bytes, immortal_refcount;
		bool immortal_static_only;
		uint8_t flag_bits; /* upper bits of the refcount's word that are none of it */
	} object;
	struct { uint32_t size; } var;
	struct {
		uint32_t name, basicsize, itemsize, flags, traverse, base, dict, bases, mro, cache, subclasses,
			weaklist, dictoffset, weaklistoffset, is_gc, heap_bytes;
		uint32_t heap_name, heap_qualname, heap_cached_keys, heap_module, heap_slots;
		/* Numbers of bits of tp_flags. */
		uint32_t flag_heaptype_bit, flag_have_gc_bit, flag_managed_dict_bit;
		uint32_t flag_inline_values_bit; /* values lie behind the object; LG_NO_FIELD: before it */
		uint32_t preheader_flags;        /* any of these bits: words before the object */
		uint32_t flag_long_bit, flag_list_bit, flag_tuple_bit, flag_bytes_bit, flag_unicode_bit,
			flag_dict_bit, flag_exception_bit, flag_type_bit;
	} type;

	/*
	 * Instances with a managed dict: words before the object (negative offsets as
	 * positive distances). Where both are one word, a values pointer less 1 stands
	 * in it, told by its lowest bit: values_tag is 1.
	 */
	struct { uint32_t values_before, values_tag, dict_before, preheader_bytes; } managed;

	struct { uint32_t used, keys, values, bytes; } dict;
	struct {
		uint32_t log2_size, log2_index_bytes, kind, usable, nentries, indices, general_entry_bytes,
			unicode_entry_bytes;
		/*
		 * In place of log2_size and log2_index_bytes the size itself; in place of
		 * `kind` the function that looks keys up: that of general ones is also the
		 * one of a dict that has ints for keys.
		 */
		uint32_t size, lookup;
		uint8_t kind_general, kind_unicode, kind_split;
	} keys;
	/*
	 * _PyDictValues: pointers from `items` on. Before them, a byte has the size of
	 * what stands there; or they are headed by bytes for how many there are, whether
	 * they lie in an instance, and whether they are still in use.
	 */
	struct { uint32_t items, prefix_size_before, capacity, embedded, valid; } values;
	/* size: sign and count of 32-bit digits, the count shifted. */
	struct { uint32_t size, count_shift, digits, digit_bits; } integer;
	struct { uint32_t data; } bytes;
	struct { uint32_t items, allocated; } list;
	struct { uint32_t items; } tuple;
	struct { uint32_t fill, used, mask, table, smalltable, bytes; } set;
	struct {
		uint32_t length, state, ascii_data, compact_data, any_data;
		/* First bit and width of fields of `state`. */
		uint8_t interned_shift, interned_bits, kind_shift, kind_bits, compact_bit, ascii_bit;
	} unicode;
	struct { uint32_t globals, builtins, name, qualname, code, defaults, kwdefaults, doc, closure, dict,
			 weakreflist, module, annotations, typeparams, bytes;
		 uint32_t annotate; /* 0: none */ } function;
	struct { uint32_t ref; } cell;
	struct { uint32_t dict, name, state; } module;
	struct { uint32_t func, self; } method;
	struct { uint32_t object, callback; } weakref;
	struct {
		uint32_t code, name, qualname, frame_state, iframe, hooks_inited;
		int8_t frame_completed;
		int8_t frame_running; /* below it the generator is suspended */
		/* Awaiting, or yielding from: the state says so; or, with state 0, the instruction that comes
		   next: a resume_opcode, with an argument from resume_awaits on. */
		int8_t frame_awaits;
		uint8_t resume_opcode[2], resume_awaits;
		uint8_t above_awaited; /* words on the stack above what is awaited */
		uint32_t frame, bytes; /* in place of frame_state and iframe: the frame object, NULL at the end */
	} generator;
	/* frame, own_frame: LG_NO_FIELD where the object is the frame. */
	struct { uint32_t back, frame, trace, own_frame; } frame_object;
};

#define LG_SAID(field) offsetof(struct lg_layout, field)

/* Bytes of the index table of a dict of that size, where only the size is stored. */
static inline uint64_t lg_keys_index_bytes(uint64_t size)
{
	return size * (size <= UINT8_MAX ? 1 : size <= UINT16_MAX ? 2 : size <= UINT32_MAX ? 4 : 8);
}

/* The table of a version (PY_VERSION_HEX), NULL where there is none. */
const struct lg_layout *lg_layout_find(uint32_t version_hex);

/* "3.11, 3.12": the versions with a table, for messages. */
const char *lg_layout_supported(void);

#endif
