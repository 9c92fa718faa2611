/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_ANALYSIS_HEAP_H
#define TEST_ANALYSIS_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "leakgraph/analysis.h"

/*
 * A heap written down object by object, in any order. Ids are 1, 2, ... in the
 * order of creation; in the snapshot inner objects stand before leaves.
 */
struct heap;

struct heap *heap_new(void);

/* "app.models.Session" is a heap type of module app.models; without a dot it is of builtins. */
uint32_t heap_object(struct heap *heap, const char *type, uint64_t bytes);
/* A class: an object of type "type" that is the type object of that name. */
uint32_t heap_class(struct heap *heap, const char *name);
/* name may be NULL; for LG_REF_KEY_TYPE it is a type. */
void heap_refer(struct heap *heap, uint32_t from, uint32_t to, enum lg_ref_kind kind,
		const char *name);
void heap_root(struct heap *heap, uint32_t object, enum lg_root_kind kind, const char *name);

/* A module that is a root, with its dict; returns the dict. */
uint32_t heap_module(struct heap *heap, const char *name);
/* An instance's __dict__; returns the dict. */
uint32_t heap_dict_of(struct heap *heap, uint32_t object);
/* A thread that is a root, and one frame of it; returns the frame. */
uint32_t heap_thread(struct heap *heap, const char *name, const char *function);
/* A suspended generator of a function. */
uint32_t heap_generator(struct heap *heap, const char *function);
/* A suspended coroutine at a line, that awaits an object (0: none). */
uint32_t heap_coroutine(struct heap *heap, const char *function, const char *file, uint32_t line,
			uint32_t awaits);
/* A task that runs a coroutine. */
uint32_t heap_task(struct heap *heap, const char *name, uint32_t coroutine);
/* dict entries 'k0', 'k1', ... or list items: `count` objects of a type, the first id returned. */
uint32_t heap_fill(struct heap *heap, uint32_t holder, enum lg_ref_kind kind, const char *type,
		   uint32_t count, uint64_t bytes);

/* It takes only so many items. Bounds are told in the order of the objects. */
void heap_bound(struct heap *heap, uint32_t object, uint32_t most);

void heap_rss(struct heap *heap, uint64_t bytes);

/* Builds, validates and analyzes; frees the heap. Fails the test where that fails. */
struct built {
	struct lg_snapshot *snapshot;
	struct lg_analysis *analysis;
	uint32_t *index; /* by id */
};
struct built heap_build(struct heap *heap);
void built_free(struct built *built);

/*
 * The verdict as lines:
 *	500.0 kB module app → .CACHE → [str] ×1,000 → app.Session | 1000 app.Session | app.CACHE
 * with "garbage ..." and "note ..." lines behind. Valid until the next call.
 */
const char *verdict_lines(struct heap *heap, uint32_t top);

#endif
