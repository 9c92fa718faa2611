/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_COLLECT_H
#define LG_CPYTHON_COLLECT_H

#include "cpython/code.h"
#include "cpython/roots.h"

/* A work area for the readers of roots: where they read, and where they write. */

#define LG_CODE_CACHE 64 /* a power of two: a deep recursion has few functions */

struct lg_collector {
	const struct lg_python *python;
	struct lg_intern *strings;
	struct lg_root_set *out;
	uint32_t interpreter; /* the id of the one at hand */
	struct lg_code_info code[LG_CODE_CACHE];
};

/* Objects that don't look like objects are left out: LG_OK with nothing added. */
enum lg_status lg_collect_root(struct lg_collector *c, uint64_t address, enum lg_root_kind kind,
			       const char *name, struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_collect_held(struct lg_collector *c, uint32_t pseudo, uint64_t address,
			       enum lg_ref_kind kind, uint32_t name, struct lg_error *err) LG_MUST_CHECK;

/* Adds a pseudo object; its index in *out. */
enum lg_status lg_collect_pseudo(struct lg_collector *c, const struct lg_pseudo *pseudo,
				 uint32_t *out, struct lg_error *err) LG_MUST_CHECK;

/* The frames of a thread, innermost first, from its thread state. */
enum lg_status lg_collect_frames(struct lg_collector *c, uint32_t thread, uint64_t state,
				 struct lg_error *err) LG_MUST_CHECK;

/* The threads of an interpreter with all they hold. */
enum lg_status lg_collect_threads(struct lg_collector *c, uint64_t interpreter,
				  struct lg_error *err) LG_MUST_CHECK;

/*
 * What threading knows of its threads, by the ident of each. Freed by
 * lg_thread_names_free, also after a failure.
 */
struct lg_thread_name {
	uint64_t ident;
	uint64_t native_id; /* of the kernel, 0 if not known */
	uint32_t name;      /* string */
};
struct lg_thread_names {
	struct lg_thread_name *entry; /* ascending by ident */
	size_t count, capacity;
};
enum lg_status lg_thread_names_load(struct lg_collector *c, uint64_t interpreter,
				    struct lg_thread_names *out, struct lg_error *err) LG_MUST_CHECK;
void lg_thread_names_free(struct lg_thread_names *names);
/* NULL where threading does not know the thread. */
const struct lg_thread_name *lg_thread_names_find(const struct lg_thread_names *names,
						  uint64_t ident);

#endif
