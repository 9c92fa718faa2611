/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/text.h"
#include "base/array.h"
#include "base/intern.h"
#include "tests/unit/analysis/heap.h"

struct object {
	uint64_t bytes;
	uint32_t type;
	uint8_t flags;
	uint32_t references;
};

struct reference {
	uint32_t from, to, name;
	uint8_t kind;
};

struct heap {
	struct lg_intern *strings;
	struct object *object;
	size_t objects, object_capacity;
	struct reference *reference;
	size_t references, reference_capacity;
	struct lg_root *root;
	size_t roots, root_capacity;
	struct lg_type *type;
	size_t types, type_capacity;
	struct lg_frame *frame;
	size_t frames, frame_capacity;
	struct lg_thread *thread;
	size_t threads, thread_capacity;
	struct lg_task *task;
	size_t tasks, task_capacity;
	struct lg_bound *bound;
	size_t bounds, bound_capacity;
	uint64_t rss;
};

static uint32_t string_of(struct heap *heap, const char *text)
{
	struct lg_error err;
	uint32_t number = 0;

	cr_assert_eq(lg_intern_add(heap->strings, text ? text : "", text ? strlen(text) : 0,
				   &number, &err),
		     LG_OK);
	return number;
}

static uint32_t type_of(struct heap *heap, const char *name)
{
	const char *dot = strrchr(name, '.');
	char module[128] = "builtins";
	struct lg_type type;

	if (dot) {
		memcpy(module, name, (size_t)(dot - name));
		module[dot - name] = 0;
	}
	type = (struct lg_type){
		.module = string_of(heap, module),
		.name = string_of(heap, dot ? dot + 1 : name),
		.object = LG_NONE,
		.flags = dot ? LG_TYPE_HEAP : 0,
	};
	if (strcmp(name, "(root)") == 0 || strcmp(name, "thread") == 0 ||
	    strcmp(name, "frame") == 0) {
		type.module = 0;
		type.flags = LG_TYPE_PSEUDO;
	}
	for (size_t t = 0; t < heap->types; t++)
		if (heap->type[t].module == type.module && heap->type[t].name == type.name)
			return (uint32_t)t;
	cr_assert(lg_reserve(heap->type, heap->type_capacity, heap->types + 1));
	heap->type[heap->types] = type;
	return (uint32_t)heap->types++;
}

struct heap *heap_new(void)
{
	struct heap *heap = calloc(1, sizeof *heap);

	heap->strings = lg_intern_new();
	type_of(heap, "(root)");
	heap_object(heap, "(root)", 0);
	return heap;
}

uint32_t heap_object(struct heap *heap, const char *type, uint64_t bytes)
{
	uint32_t number = type_of(heap, type);

	cr_assert(lg_reserve(heap->object, heap->object_capacity, heap->objects + 1));
	heap->object[heap->objects] = (struct object){
		.bytes = bytes,
		.type = number,
		.flags = heap->type[number].flags & LG_TYPE_PSEUDO ? LG_OBJECT_PSEUDO : 0,
	};
	return (uint32_t)heap->objects++;
}

uint32_t heap_class(struct heap *heap, const char *name)
{
	uint32_t object = heap_object(heap, "type", 1000), type = type_of(heap, name);

	heap->type[type].object = object;
	return object;
}

void heap_refer(struct heap *heap, uint32_t from, uint32_t to, enum lg_ref_kind kind,
		const char *name)
{
	uint32_t number = kind == LG_REF_KEY_TYPE ? type_of(heap, name) : string_of(heap, name);

	cr_assert(lg_reserve(heap->reference, heap->reference_capacity, heap->references + 1));
	heap->reference[heap->references++] = (struct reference){from, to, number, (uint8_t)kind};
	heap->object[from].references++;
}

void heap_root(struct heap *heap, uint32_t object, enum lg_root_kind kind, const char *name)
{
	uint32_t number = string_of(heap, name);

	cr_assert(lg_reserve(heap->root, heap->root_capacity, heap->roots + 1));
	heap->root[heap->roots++] = (struct lg_root){
		.object = object,
		.name = number,
		.kind = (uint8_t)kind,
	};
}

uint32_t heap_dict_of(struct heap *heap, uint32_t object)
{
	uint32_t dict = heap_object(heap, "dict", 100);

	heap_refer(heap, object, dict, LG_REF_DICT, NULL);
	return dict;
}

uint32_t heap_module(struct heap *heap, const char *name)
{
	uint32_t module = heap_object(heap, "module", 100);

	heap_root(heap, module, LG_ROOT_MODULE, name);
	return heap_dict_of(heap, module);
}

uint32_t heap_thread(struct heap *heap, const char *name, const char *function)
{
	uint32_t thread = heap_object(heap, "thread", 0), frame = heap_object(heap, "frame", 0);
	uint32_t thread_name = string_of(heap, name), function_name = string_of(heap, function);

	cr_assert(lg_reserve(heap->thread, heap->thread_capacity, heap->threads + 1));
	heap->thread[heap->threads++] = (struct lg_thread){.object = thread, .name = thread_name};
	cr_assert(lg_reserve(heap->frame, heap->frame_capacity, heap->frames + 1));
	heap->frame[heap->frames++] = (struct lg_frame){
		.thread = (uint32_t)heap->threads - 1,
		.object = frame,
		.function = function_name,
	};
	heap_refer(heap, thread, frame, LG_REF_FRAME, function);
	heap_root(heap, thread, LG_ROOT_THREAD, name);
	return frame;
}

uint32_t heap_generator(struct heap *heap, const char *function)
{
	uint32_t generator = heap_object(heap, "generator", 200);
	uint32_t name = string_of(heap, function);

	cr_assert(lg_reserve(heap->frame, heap->frame_capacity, heap->frames + 1));
	heap->frame[heap->frames++] = (struct lg_frame){
		.thread = LG_NONE,
		.object = generator,
		.function = name,
	};
	return generator;
}

uint32_t heap_coroutine(struct heap *heap, const char *function, const char *file, uint32_t line,
			uint32_t awaits)
{
	uint32_t coroutine = heap_object(heap, "coroutine", 200);
	uint32_t name = string_of(heap, function), path = string_of(heap, file);

	cr_assert(lg_reserve(heap->frame, heap->frame_capacity, heap->frames + 1));
	heap->frame[heap->frames++] = (struct lg_frame){
		.thread = LG_NONE,
		.object = coroutine,
		.function = name,
		.file = path,
		.line = line,
		.awaits = awaits,
	};
	if (awaits)
		heap_refer(heap, coroutine, awaits, LG_REF_OTHER, "awaits");
	return coroutine;
}

uint32_t heap_task(struct heap *heap, const char *name, uint32_t coroutine)
{
	uint32_t task = heap_object(heap, "_asyncio.Task", 150), number = string_of(heap, name);

	heap_refer(heap, task, coroutine, LG_REF_ATTR, "coro");
	cr_assert(lg_reserve(heap->task, heap->task_capacity, heap->tasks + 1));
	heap->task[heap->tasks++] =
		(struct lg_task){.object = task, .name = number, .coroutine = coroutine};
	return task;
}

void heap_bound(struct heap *heap, uint32_t object, uint32_t most)
{
	cr_assert(lg_reserve(heap->bound, heap->bound_capacity, heap->bounds + 1));
	heap->bound[heap->bounds++] = (struct lg_bound){object, most};
}

uint32_t heap_fill(struct heap *heap, uint32_t holder, enum lg_ref_kind kind, const char *type,
		   uint32_t count, uint64_t bytes)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t object = heap_object(heap, type, bytes);
		char key[32];

		snprintf(key, sizeof key, "k%u", i);
		heap_refer(heap, holder, object, kind,
			   kind == LG_REF_KEY_STR    ? key
			   : kind == LG_REF_KEY_TYPE ? "int"
						     : NULL);
		first = i ? first : object;
	}
	return first;
}

void heap_rss(struct heap *heap, uint64_t bytes)
{
	heap->rss = bytes;
}

/* The pseudo objects first, then inner ones, then leaves. */
static uint32_t *number_objects(const struct heap *heap, uint32_t *inner_count)
{
	uint32_t *index = calloc(heap->objects, sizeof *index), next = 0;

	for (int pass = 0; pass < 3; pass++) {
		for (size_t i = 0; i < heap->objects; i++) {
			bool pseudo = heap->object[i].flags & LG_OBJECT_PSEUDO;
			int own = pseudo ? 0 : heap->object[i].references ? 1 : 2;

			if (own == pass)
				index[i] = next++;
		}
		if (pass == 1)
			*inner_count = next;
	}
	return index;
}

static void fill_objects(const struct heap *heap, const uint32_t *index, struct lg_snapshot *s)
{
	s->address = lg_alloc_zero(heap->objects, 8);
	s->shallow_bytes = lg_alloc_zero(heap->objects, 8);
	s->type = lg_alloc_zero(heap->objects, 4);
	s->refcount = lg_alloc_zero(heap->objects, 4);
	s->flags = lg_alloc_zero(heap->objects, 1);
	for (size_t i = 0; i < heap->objects; i++) {
		s->address[index[i]] = i ? 0x7f0000000000 + i * 0x10000 : 0;
		s->shallow_bytes[index[i]] = heap->object[i].bytes;
		s->type[index[i]] = heap->object[i].type;
		s->flags[index[i]] = heap->object[i].flags;
	}
}

static void fill_references(const struct heap *heap, const uint32_t *index, struct lg_snapshot *s)
{
	uint32_t *at;

	s->reference_count = (uint32_t)heap->references;
	s->first_reference = lg_alloc_zero((size_t)s->inner_count + 1, 4);
	s->ref_target = lg_alloc_zero(heap->references, 4);
	s->ref_name = lg_alloc_zero(heap->references, 4);
	s->ref_kind = lg_alloc_zero(heap->references, 1);
	for (size_t i = 0; i < heap->objects; i++)
		if (index[i] < s->inner_count)
			s->first_reference[index[i] + 1] = heap->object[i].references;
	for (uint32_t i = 0; i < s->inner_count; i++)
		s->first_reference[i + 1] += s->first_reference[i];
	at = lg_alloc((size_t)s->inner_count + 1, 4);
	memcpy(at, s->first_reference, ((size_t)s->inner_count + 1) * 4);
	for (size_t r = 0; r < heap->references; r++) {
		uint32_t slot = at[index[heap->reference[r].from]]++;

		s->ref_target[slot] = index[heap->reference[r].to];
		s->ref_name[slot] = heap->reference[r].name;
		s->ref_kind[slot] = heap->reference[r].kind;
	}
	free(at);
}

/* The tables move over; their objects get the snapshot's numbers. */
static void fill_tables(struct heap *heap, const uint32_t *index, struct lg_snapshot *s)
{
	struct lg_error err;

	s->root_count = (uint32_t)heap->roots;
	s->roots = heap->root ? heap->root : lg_alloc(1, 1);
	s->type_count = (uint32_t)heap->types;
	s->types = heap->type;
	s->thread_count = (uint32_t)heap->threads;
	s->threads = heap->thread ? heap->thread : lg_alloc(1, 1);
	s->frame_count = (uint32_t)heap->frames;
	s->frames = heap->frame ? heap->frame : lg_alloc(1, 1);
	for (size_t i = 0; i < heap->roots; i++)
		s->roots[i].object = index[s->roots[i].object];
	for (size_t i = 0; i < heap->types; i++)
		if (s->types[i].object != LG_NONE)
			s->types[i].object = index[s->types[i].object];
	for (size_t i = 0; i < heap->threads; i++)
		s->threads[i].object = index[s->threads[i].object];
	for (size_t i = 0; i < heap->frames; i++) {
		s->frames[i].object = index[s->frames[i].object];
		s->frames[i].awaits = index[s->frames[i].awaits];
	}
	s->task_count = (uint32_t)heap->tasks;
	s->tasks = heap->task;
	for (size_t i = 0; i < heap->tasks; i++) {
		s->tasks[i].object = index[s->tasks[i].object];
		s->tasks[i].coroutine = index[s->tasks[i].coroutine];
	}
	s->bound_count = (uint32_t)heap->bounds;
	s->bounds = heap->bound;
	for (size_t i = 0; i < heap->bounds; i++)
		s->bounds[i].object = index[s->bounds[i].object];
	cr_assert_eq(lg_intern_finish(heap->strings, &s->strings, &err), LG_OK);
	lg_intern_free(heap->strings);
}

struct built heap_build(struct heap *heap)
{
	struct built built = {.snapshot = lg_snapshot_new()};
	struct lg_snapshot *s = built.snapshot;
	struct lg_error err = {0};

	s->object_count = (uint32_t)heap->objects;
	built.index = number_objects(heap, &s->inner_count);
	fill_objects(heap, built.index, s);
	fill_references(heap, built.index, s);
	fill_tables(heap, built.index, s);
	s->info.rss_bytes = heap->rss;
	free(heap->object);
	free(heap->reference);
	free(heap);
	cr_assert_eq(lg_snapshot_validate(s, &err), LG_OK, "%s", err.text);
	cr_assert_eq(lg_analysis_open(s, NULL, &built.analysis, &err), LG_OK, "%s", err.text);
	return built;
}

void built_free(struct built *built)
{
	lg_analysis_free(built->analysis);
	lg_snapshot_free(built->snapshot);
	free(built->index);
}

static void add_holder(struct lg_buffer *out, const struct lg_holder *holder)
{
	char bytes[LG_NUMBER_TEXT_BYTES];

	lg_buffer_format(out, "%s %s | %llu %s | %s\n",
			 lg_bytes_text(holder->retained_bytes, bytes), holder->path_text,
			 (unsigned long long)holder->count, holder->type, holder->cut);
	for (size_t i = 0; i < holder->also_count; i++)
		lg_buffer_format(out, "  also %s\n", holder->also[i]);
	for (size_t i = 0; i < holder->cut_all_count; i++)
		lg_buffer_format(out, "  cut %s\n", holder->cut_all[i]);
}

static void add_rest(struct lg_buffer *out, const struct lg_verdict *verdict)
{
	char bytes[LG_NUMBER_TEXT_BYTES];

	if (verdict->garbage.objects)
		lg_buffer_format(out, "garbage %s %llu objects %llu cycles\n",
				 lg_bytes_text(verdict->garbage.bytes, bytes),
				 (unsigned long long)verdict->garbage.objects,
				 (unsigned long long)verdict->garbage.cycles);
	for (size_t i = 0; i < verdict->garbage.pile_count; i++)
		lg_buffer_format(
			out, "  %llu %s %s\n", (unsigned long long)verdict->garbage.pile[i].heads,
			verdict->garbage.pile[i].type, verdict->garbage.pile[i].cycle_text);
	for (size_t i = 0; i < verdict->note_count; i++)
		lg_buffer_format(out, "note %s\n", verdict->note[i]);
	if (verdict->next_count)
		lg_buffer_format(out, "next %s %s\n", verdict->next[0], verdict->next[1]);
}

const char *verdict_lines(struct heap *heap, uint32_t top)
{
	static struct lg_buffer out;
	struct built built = heap_build(heap);
	struct lg_verdict *verdict;
	struct lg_error err = {0};

	lg_buffer_free(&out);
	cr_assert_eq(lg_verdict_build(built.analysis, top, &verdict, &err), LG_OK, "%s", err.text);
	for (size_t i = 0; i < verdict->holder_count; i++)
		add_holder(&out, &verdict->holder[i]);
	add_rest(&out, verdict);
	lg_verdict_free(verdict);
	built_free(&built);
	return out.bytes ? out.bytes : "";
}
