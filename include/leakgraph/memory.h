/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_MEMORY_H
#define LEAKGRAPH_MEMORY_H

#include "leakgraph/analysis.h"

/*
 * Where the memory of the process is: RSS in parts that sum up to it, so that
 * what is no leak of Python objects is called by its name. Strings are as in
 * analysis.h.
 */

enum lg_memory_part {
	LG_PART_OBJECTS = 0,   /* resident shallow bytes of Python objects, static ones left out */
	LG_PART_PYMALLOC_USED, /* live blocks of pymalloc that are no such object: rounding, free lists, C code */
	LG_PART_PYMALLOC_FREE, /* of its arenas, free and resident */
	LG_PART_MALLOC_USED,   /* of malloc, in use, and no object */
	LG_PART_MALLOC_FREE,   /* free and resident */
	LG_PART_STACKS,
	LG_PART_IMAGES,        /* written data of programs and libraries, static objects among them */
	LG_PART_OTHER,         /* anonymous, of no use we know */
	LG_PART_FILES,         /* pages of files */
	LG_PART_SHARED,        /* shared memory */
	LG_PART_UNEXPLAINED,   /* RSS that no part has: the kernel's pages, what changed meanwhile */
	LG_PART_COUNT
};

/* Blocks of one size in the pools of pymalloc. */
struct lg_block_size {
	uint32_t block_bytes;
	uint64_t pools, live, free;
};

/* Sums that say why a part is as large as it is. */
struct lg_accounting {
	bool known;                          /* there is a table of mappings; else no part is */
	uint64_t part[LG_PART_COUNT];        /* bytes; together rss_bytes, or more where it grew meanwhile */
	uint64_t rss_bytes, anonymous_bytes;
	bool pymalloc_known, malloc_known;   /* arenas or that there is none; heaps */
	uint64_t arenas, arena_bytes, arena_resident_bytes;
	uint64_t pools, free_pools;
	uint64_t live_blocks, live_bytes, free_blocks, free_bytes; /* free: in pools in use */
	uint64_t other_blocks;               /* live, and by our count no object nor a part of one */
	uint64_t heap_bytes, heap_free_bytes, heap_top_bytes, large_bytes;
	bool heap_partly;                    /* not all free chunks could be summed up */
};

/* Objects of one type under one root among those that pin arenas. */
struct lg_pin {
	const char *type;
	const char *root;   /* "module app.cache", "garbage"; what most of them hang on */
	uint64_t count, bytes; /* shallow */
	uint64_t root_count; /* of them under that root */
	uint32_t object;    /* one of them */
};

#define LG_PINS 5

/* What lives in arenas that are mostly free. */
struct lg_pins {
	uint64_t arenas, objects, blocks; /* blocks: all live ones */
	uint64_t live_bytes, free_bytes;  /* of these arenas, free of the resident ones */
	struct lg_pin pin[LG_PINS];       /* most objects first */
	size_t pin_count;
};

struct lg_arena_row {
	uint64_t address, resident_bytes, live_bytes, live_blocks;
	uint32_t pools, free_pools;
	uint64_t objects;
	const char *types; /* "120 × str, 7 × app.Session" */
};

struct lg_file_row {
	const char *file;
	uint64_t mapped_bytes, file_bytes, anonymous_bytes;
};

struct lg_memory_report {
	struct lg_summary summary;
	struct lg_accounting accounting;
	uint64_t swap_bytes, pss_bytes, private_bytes, huge_bytes;
	const char *malloc; /* "glibc", "unknown", "" */
	struct lg_block_size *size;
	size_t size_count;
	struct lg_pins pins;
	struct lg_arena_row *arena; /* with the fewest live bytes first */
	size_t arena_count;
	const struct lg_malloc_heap *heap; /* of the snapshot */
	size_t heap_count;
	struct lg_file_row *file; /* most resident bytes first */
	size_t file_count;
	uint64_t file_total;
	const struct lg_collector_state *collector; /* of the snapshot */
	size_t collector_count;
	struct lg_garbage_summary garbage;
	struct lg_pool *pool;
};

/* At most `top` (0: 10) arenas and files. O(objects log pools). */
enum lg_status lg_memory_build(struct lg_analysis *analysis, uint32_t top,
			       struct lg_memory_report **out, struct lg_error *err) LG_MUST_CHECK;
void lg_memory_free(struct lg_memory_report *report);

/* "Python objects", "free in pymalloc arenas": what a part is called; and by key: "objects". */
const char *lg_memory_part_text(enum lg_memory_part part);
const char *lg_memory_part_key(enum lg_memory_part part);

#endif
