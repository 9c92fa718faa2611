/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_ROOTS_H
#define LG_CPYTHON_ROOTS_H

#include "base/intern.h"
#include "cpython/runtime.h"
#include "leakgraph/snapshot.h"

/*
 * What the interpreter itself holds, read from outside before the walk, as
 * addresses: the walker numbers them, lib/snapshot turns them into columns.
 */

/* A reference of a pseudo object (thread, frame) to a Python object. */
struct lg_held {
	uint32_t pseudo;  /* index into `pseudo` */
	uint64_t address; /* of the object held */
	uint8_t kind;     /* enum lg_ref_kind */
	uint32_t name;    /* string */
};

/* A thread or a frame, as an object of its own. A thread comes before its frames. */
struct lg_pseudo {
	uint64_t address;       /* of the PyThreadState, _PyInterpreterFrame */
	uint64_t shallow_bytes; /* memory of its own; 0 if it lies in what is counted elsewhere */
	bool is_thread;
	struct lg_thread thread; /* is_thread: `object` not set yet */
	struct lg_frame frame;   /* else: `thread` is an index into `pseudo` */
};

/*
 * A frame that is a Python object, or lies in one (a generator): its thread refers
 * to that object. The frames of a process are all of this sort, or all pseudo objects.
 */
struct lg_object_frame {
	size_t held;           /* index into `held`: thread and object */
	struct lg_frame frame; /* as in lg_pseudo */
};

struct lg_root_address {
	uint64_t address;
	uint8_t kind; /* enum lg_root_kind */
	uint32_t name;
	uint32_t interpreter; /* the id of a sub-interpreter, 0: the main one */
};

/*
 * A word on the evaluation stack of a frame that was running: how deep that
 * stack is, nobody stores, so the word may be left over from before. It holds
 * its object only if nothing else explains the object's refcount.
 */
struct lg_maybe_held {
	uint32_t frame; /* number of the frame, in the order in which they are found */
	uint64_t address;
};

struct lg_root_set {
	struct lg_pseudo *pseudo;
	size_t pseudo_count, pseudo_capacity;
	struct lg_held *held;
	size_t held_count, held_capacity;
	struct lg_object_frame *object_frame;
	size_t object_frame_count, object_frame_capacity;
	uint32_t frame_count; /* of both sorts */
	struct lg_maybe_held *maybe;
	size_t maybe_count, maybe_capacity;
	uint32_t maybe_name; /* string: what such a reference is called, "evaluation stack" */
	struct lg_root_address *root;
	size_t root_count, root_capacity;
};

/*
 * Modules of sys.modules, threads with frames and locals, and the interpreter's
 * tables. Static types are not among them: the walker meets those. Strings go
 * to `strings`. Every chain is followed to a named cap; what can't be read is
 * left out. The caller frees.
 *
 * A thread is a root (LG_ROOT_THREAD) by the address of its pseudo object; that
 * it refers to frames that are pseudo objects is said by their `thread`, not in
 * `held`. Only references that count in their target's refcount are given: a
 * frame holds its function, code, locals and values, not globals and builtins,
 * which it borrows from the function. Of a frame that lies in a running
 * generator or is a Python object, only what its own tp_traverse leaves out is
 * given. To such a frame the thread's reference is that of the C code that runs
 * it, or to its generator that of whoever asks that for the next value.
 */
enum lg_status lg_roots_collect(const struct lg_python *python, struct lg_intern *strings,
				struct lg_root_set *out, struct lg_error *err) LG_MUST_CHECK;
void lg_root_set_free(struct lg_root_set *set);

/* Readers of single objects, from outside; for roots and for the names of types. */
enum lg_status lg_python_text(const struct lg_python *python, uint64_t unicode, char *buffer,
			      size_t capacity, struct lg_error *err) LG_MUST_CHECK;
/* The value of a str key in a dict; *out 0 where there is none. */
enum lg_status lg_python_dict_get(const struct lg_python *python, uint64_t dict, const char *key,
				  uint64_t *out, struct lg_error *err) LG_MUST_CHECK;
/* Module and qualified name of a type, into the string table. */
enum lg_status lg_python_type_name(const struct lg_python *python, uint64_t type,
				   struct lg_intern *strings, uint32_t *module, uint32_t *name,
				   struct lg_error *err) LG_MUST_CHECK;
/* Where a code object is at an instruction (see lg_code_info_line): qualified name, file, line. */
enum lg_status lg_python_code_position(const struct lg_python *python, uint64_t code,
				       uint64_t instruction, struct lg_intern *strings,
				       uint32_t *function, uint32_t *file, uint32_t *line,
				       struct lg_error *err) LG_MUST_CHECK;

#endif
