/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FAKE_SNAPSHOT_H
#define FAKE_SNAPSHOT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/intern.h"
#include "leakgraph/snapshot.h"

/*
 * A made-up heap of any size, shaped as a heap of CPython is: instances with
 * a dict each, numbered as a walk meets them; 60 % leaves; 1.7 references an
 * object; addresses in size classes; few types, names shared by many.
 * The same arguments give the same heap.
 */

static inline uint64_t fake_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline uint32_t fake_string(struct lg_intern *strings, const char *text)
{
	struct lg_error err;
	uint32_t number;

	if (lg_intern_add(strings, text, strlen(text), &number, &err) != LG_OK)
		abort();
	return number;
}

/* Room for all columns, zeroed. Type 0 and string 0 are there. */
static inline struct lg_snapshot *fake_allocate(uint32_t objects, uint32_t inner,
						uint32_t references, uint32_t roots, uint32_t types,
						uint32_t threads, uint32_t frames)
{
	struct lg_snapshot *s = lg_snapshot_new();

	*s = (struct lg_snapshot){
		.object_count = objects,
		.inner_count = inner,
		.reference_count = references,
		.root_count = roots,
		.type_count = types,
		.thread_count = threads,
		.frame_count = frames,
		.address = lg_alloc_zero(objects, 8),
		.shallow_bytes = lg_alloc_zero(objects, 8),
		.type = lg_alloc_zero(objects, 4),
		.refcount = lg_alloc_zero(objects, 4),
		.flags = lg_alloc_zero(objects, 1),
		.first_reference = lg_alloc_zero((size_t)inner + 1, 4),
		.ref_target = lg_alloc_zero(references, 4),
		.ref_name = lg_alloc_zero(references, 4),
		.ref_kind = lg_alloc_zero(references, 1),
		.roots = lg_alloc_zero(roots, sizeof(struct lg_root)),
		.types = lg_alloc_zero(types, sizeof(struct lg_type)),
		.threads = lg_alloc_zero(threads, sizeof(struct lg_thread)),
		.frames = lg_alloc_zero(frames, sizeof(struct lg_frame)),
	};
	s->types[0] = (struct lg_type){.object = LG_NONE, .flags = LG_TYPE_PSEUDO};
	s->flags[0] = LG_OBJECT_PSEUDO;
	return s;
}

static inline void fake_strings(struct lg_snapshot *s, struct lg_intern *strings)
{
	struct lg_error err;

	if (lg_intern_finish(strings, &s->strings, &err) != LG_OK)
		abort();
	lg_intern_free(strings);
}

/* The virtual root alone. */
static inline struct lg_snapshot *fake_empty(void)
{
	struct lg_snapshot *s = fake_allocate(1, 1, 0, 0, 1, 0, 0);

	fake_strings(s, lg_intern_new());
	return s;
}

enum { FAKE_TYPE_THREAD = 1, FAKE_TYPE_FRAME, FAKE_TYPE_SESSION, FAKE_TYPE_DICT, FAKE_TYPE_LIST,
       FAKE_TYPE_STR, FAKE_TYPE_INT, FAKE_TYPE_BYTES, FAKE_TYPES };

static inline void fake_info(struct lg_snapshot *s, struct lg_intern *strings)
{
	s->info = (struct lg_snapshot_info){
		.command_line = fake_string(strings, "python3 -m shop --port 80"),
		.executable = fake_string(strings, "/usr/bin/python3.11"),
		.python_version = fake_string(strings, "3.11.2"),
		.producer = fake_string(strings, "a test"),
		.python_hex = 0x030b02f0,
		.pid = 4242,
		.inner_pid = 17,
		.process_start = 1234567,
		.taken_at_ns = 1795360000000000000,
		.pause_ns = 24000000,
		.walk_ns = 99000000,
		.rss_bytes = 1 << 30,
		.faults = 3,
		.attempts = 2,
		.gc_running = 1,
	};
}

static inline void fake_types(struct lg_snapshot *s, struct lg_intern *strings)
{
	static const char *const name[FAKE_TYPES][2] = {
		{"", "(root)"},	     {"", "thread"},	  {"", "frame"},      {"shop.models", "Session"},
		{"builtins", "dict"}, {"builtins", "list"}, {"builtins", "str"}, {"builtins", "int"},
		{"builtins", "bytes"},
	};

	for (uint32_t i = 0; i < FAKE_TYPES; i++)
		s->types[i] = (struct lg_type){
			.module = fake_string(strings, name[i][0]),
			.name = fake_string(strings, name[i][1]),
			.object = LG_NONE,
			.flags = i <= FAKE_TYPE_FRAME ? LG_TYPE_PSEUDO : LG_TYPE_GC,
			.block_bytes = i == FAKE_TYPE_SESSION ? 48 : 0,
			.slotted_bytes = i == FAKE_TYPE_SESSION ? 32 : 0,
			.weakref_bytes = i == FAKE_TYPE_SESSION ? 16 : 0,
		};
}

/* Memory around the heap: an arena of two pools behind its program, and a file of data. */
static inline void fake_memory(struct lg_snapshot *s, uint32_t program, uint32_t data)
{
	static const struct lg_mapping mapping[] = {
		{.address = 0x400000, .bytes = 8192, .file_bytes = 4096, .kind = LG_MAPPING_FILE},
		{.address = 0x700000000000, .bytes = 1 << 20, .anonymous_bytes = 1 << 15,
		 .swap_bytes = 4096, .kind = LG_MAPPING_PYMALLOC},
		{.address = 0x700000100000, .bytes = 4096, .file_bytes = 4096,
		 .kind = LG_MAPPING_FILE},
	};
	static const struct lg_arena_pool pool[] = {
		{0x700000000000, 336, 48, 3}, {0x700000004000, 512, 31, 31},
	};

	s->mappings = lg_alloc(3, sizeof *mapping);
	s->arenas = lg_alloc(1, sizeof *s->arenas);
	s->pools = lg_alloc(2, sizeof *pool);
	s->heaps = lg_alloc(1, sizeof *s->heaps);
	s->collectors = lg_alloc(1, sizeof *s->collectors);
	s->mapping_count = 3;
	s->pool_count = 2;
	s->arena_count = s->heap_count = s->collector_count = 1;
	memcpy(s->mappings, mapping, sizeof mapping);
	memcpy(s->pools, pool, sizeof pool);
	s->mappings[0].file = program;
	s->mappings[2].file = data;
	s->arenas[0] = (struct lg_arena){0x700000000000, 1 << 20, 1 << 15, 64, 62};
	s->heaps[0] = (struct lg_malloc_heap){0x7f0000000c60, 1 << 20, 70000, 4096, 17};
	s->collectors[0] = (struct lg_collector_state){
		.frozen = 7, .garbage = 1, .threshold = {700, 10, 10}, .count = {5, 4, 3},
		.debug = 32, .enabled = 1,
	};
	s->info.anonymous_bytes = 1 << 29;
	s->info.file_bytes = 1 << 20;
	s->info.pymalloc = LG_PYMALLOC_READ;
}

/*
 * groups sessions: each a session with a dict of 4 values (2 str, 1 int, a
 * list of 2 bytes) = 3 inner objects, 5 leaves, 12 references. Object 1 is a
 * thread, 2 its frame, 3 a list of all sessions, 4.. the sessions.
 */
static inline struct lg_snapshot *fake_heap(uint32_t groups)
{
	static const char *const attribute[] = {"payload", "user", "token", "created"};
	uint32_t inner = 4 + 3 * groups, objects = inner + 5 * groups;
	struct lg_snapshot *s = fake_allocate(objects, inner, 2 + groups + 7 * groups, 2,
					      FAKE_TYPES, 1, 2);
	struct lg_intern *strings = lg_intern_new();
	uint64_t state = 88172645463325252, pool = 0x7f1200000000;
	uint32_t r = 0, leaf = inner, name[4];

	s->task_count = 1;
	s->tasks = lg_alloc_zero(1, sizeof *s->tasks);
	s->site_count = s->allocation_count = 2;
	s->equal_count = s->container_count = s->bound_count = 2;
	s->sites = lg_alloc_zero(2, sizeof *s->sites);
	s->allocations = lg_alloc_zero(2, sizeof *s->allocations);
	s->equals = lg_alloc_zero(2, sizeof *s->equals);
	s->containers = lg_alloc_zero(2, sizeof *s->containers);
	s->bounds = lg_alloc_zero(2, sizeof *s->bounds);

	fake_types(s, strings);
	fake_info(s, strings);
	for (int i = 0; i < 4; i++)
		name[i] = fake_string(strings, attribute[i]);
	s->threads[0] = (struct lg_thread){1, fake_string(strings, "MainThread"), 4242,
					   0x7f1234567890};
	s->frames[0] = (struct lg_frame){0, 2, fake_string(strings, "Server.run"),
					 fake_string(strings, "/srv/shop/server.py"), 17, 0, 0};
	s->frames[1] = (struct lg_frame){LG_NONE, 3, fake_string(strings, "items"),
					 fake_string(strings, "/srv/shop/items.py"), 0, 0, 4};
	s->sites[0] = (struct lg_site){LG_NONE, s->frames[0].file, 17};
	s->sites[1] = (struct lg_site){0, s->frames[1].file, 41};
	s->allocations[0] = (struct lg_allocation){3, 0};
	s->allocations[1] = (struct lg_allocation){4, 1};
	s->equals[0] = (struct lg_equal){inner, 0};
	s->equals[1] = (struct lg_equal){inner + 1, 0};
	s->containers[0] = (struct lg_container){24, 16, 3, 2, 3};
	s->containers[1] = (struct lg_container){32, 0, 5, 0, 4};
	s->bounds[0] = (struct lg_bound){3, 1000};
	s->bounds[1] = (struct lg_bound){5, 1};
	s->tasks[0] = (struct lg_task){4, s->threads[0].name, 3};
	fake_memory(s, s->info.executable, s->frames[1].file);
	s->roots[0] = (struct lg_root){3, fake_string(strings, "shop.sessions"), 0, LG_ROOT_MODULE,
				       1};
	s->roots[1] = (struct lg_root){1, s->threads[0].name, 0, LG_ROOT_THREAD, 0};
	for (uint32_t i = 1; i < objects; i++) {
		if (i % 60 == 0)
			pool += 4096 * (1 + fake_random(&state) % 3);
		s->address[i] = pool + 64 * (i % 60);
		s->refcount[i] = 1 + (fake_random(&state) % 8 == 0);
	}
#define REFER(target_, kind_, name_)                      \
	do {                                              \
		s->ref_target[r] = (target_);             \
		s->ref_kind[r] = (kind_);                 \
		s->ref_name[r++] = (name_);               \
	} while (0)
	s->type[1] = FAKE_TYPE_THREAD;
	s->type[2] = FAKE_TYPE_FRAME;
	s->type[3] = FAKE_TYPE_LIST;
	s->flags[1] = s->flags[2] = LG_OBJECT_PSEUDO;
	s->flags[3] = LG_OBJECT_GC | LG_OBJECT_TRACKED;
	s->shallow_bytes[3] = 72 + 8ull * groups;
	REFER(2, LG_REF_FRAME, s->frames[0].function);
	s->first_reference[2] = r;
	REFER(3, LG_REF_LOCAL, fake_string(strings, "sessions"));
	s->first_reference[3] = r;
	for (uint32_t g = 0; g < groups; g++)
		REFER(4 + 3 * g, LG_REF_ITEM, 0);
	s->first_reference[4] = r;
	for (uint32_t g = 0; g < groups; g++) {
		uint32_t session = 4 + 3 * g;
		static const uint8_t kind[] = {FAKE_TYPE_STR, FAKE_TYPE_STR, FAKE_TYPE_INT,
					       FAKE_TYPE_BYTES, FAKE_TYPE_BYTES};

		for (uint32_t i = 0; i < 3; i++) {
			s->type[session + i] = FAKE_TYPE_SESSION + i;
			s->flags[session + i] = LG_OBJECT_GC | LG_OBJECT_TRACKED;
			s->shallow_bytes[session + i] = 56 + 8 * i;
		}
		for (uint32_t i = 0; i < 5; i++) {
			s->type[leaf + i] = kind[i];
			s->shallow_bytes[leaf + i] = 33 + fake_random(&state) % 48;
		}
		REFER(session + 1, LG_REF_DICT, 0);
		s->first_reference[session + 1] = r;
		for (uint32_t i = 0; i < 3; i++)
			REFER(leaf + i, LG_REF_KEY_STR, name[i]);
		REFER(session + 2, LG_REF_KEY_STR, name[3]);
		s->first_reference[session + 2] = r;
		REFER(leaf + 3, LG_REF_ITEM, 0);
		REFER(leaf + 4, LG_REF_ITEM, 0);
		s->first_reference[session + 3] = r;
		leaf += 5;
	}
#undef REFER
	fake_strings(s, strings);
	return s;
}

#endif
