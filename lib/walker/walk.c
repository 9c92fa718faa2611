/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/object.h"
#include "walker/gather.h"
#include "walker/inject.h"
#include "walker/walk.h"

/* The walker says something every few hundred thousand references: silence is an endless loop. */
#define STALL_MS 10000
#define MAX_STALLS 8
#define MAX_FAULTS 20000
#define MEMORY_BASE_BYTES (1ull << 30)
#define MAX_REFERENCES_BASE (1ull << 20)

struct walk {
	struct lg_freeze *freeze;
	const struct lg_python *python;
	const struct lg_progress *progress;
	struct lg_injected injected;
	struct lg_gather gather;
	size_t seed_count;
	uint64_t faults;
	uint32_t stalls;
	bool hash_contents;
};

static void release(struct walk *walk)
{
	lg_injected_release(&walk->injected);
	lg_gather_free(&walk->gather);
}

/* Held objects, then roots; what is no Python object (a thread's state) is 0. */
static enum lg_status list_seeds(const struct lg_root_set *roots, uint64_t **out, size_t *count,
				 struct lg_error *err)
{
	uint64_t *seeds = lg_alloc(roots->held_count + roots->root_count, sizeof *seeds);

	if (!seeds)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu roots", roots->root_count);
	*count = roots->held_count + roots->root_count;
	for (size_t i = 0; i < roots->held_count; i++)
		seeds[i] = roots->held[i].address;
	for (size_t i = 0; i < roots->root_count; i++)
		seeds[roots->held_count + i] =
			roots->root[i].kind == LG_ROOT_THREAD ? 0 : roots->root[i].address;
	*out = seeds;
	return LG_OK;
}

/* What is mapped in the copy itself: of a revived one that can be less than lg_freeze_maps() tells. */
static enum lg_status list_ranges(const struct lg_freeze *freeze, struct lg_walker_range **out,
				  size_t *count, struct lg_error *err)
{
	lg_cleanup(lg_maps_free) struct lg_maps maps = {0};
	enum lg_status status = lg_maps_read(lg_freeze_pid(freeze), &maps, err);

	if (status != LG_OK)
		return status;
	*out = lg_alloc(maps.count, sizeof **out);
	if (!*out)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu mappings", maps.count);
	for (size_t i = 0; i < maps.count; i++)
		(*out)[i] = (struct lg_walker_range){
			.start = maps.map[i].start,
			.end = maps.map[i].end,
			.readable = maps.map[i].readable,
			.executable = maps.map[i].executable,
		};
	*count = maps.count;
	return LG_OK;
}

/*
 * Bounds by the memory of the copy: the walker needs about a third of what the
 * objects need, and each reference stands in a word of its own.
 */
static void set_bounds(struct lg_walker *window, const struct lg_freeze *freeze)
{
	struct lg_freeze_extent extent = lg_freeze_extent(freeze);

	window->memory_limit_bytes = MEMORY_BASE_BYTES + extent.resident_bytes;
	window->max_object_bytes = MEMORY_BASE_BYTES + extent.mapped_bytes;
	window->max_references = MAX_REFERENCES_BASE + extent.data_bytes / sizeof(uint64_t);
}

/*
 * Some tp_traverse ask for the running thread's state to find the interpreter, and
 * where the copy's thread runs no Python, there is none: that of any thread will do.
 */
static enum lg_status lend_thread(struct lg_freeze *freeze, const struct lg_python *python,
				  struct lg_error *err)
{
	const struct lg_layout *l = python->layout;
	uint64_t thread = lg_peek(python, python->interpreter + l->interpreter.threads_head);
	uint64_t at = python->runtime + l->runtime.thread;

	if (!l->runtime.thread || lg_peek(python, at))
		return LG_OK;
	return lg_freeze_write(freeze, at, &thread, sizeof thread, err);
}

/* Known to nobody, and gone with the window. */
static enum lg_status draw_key(struct lg_walker *window, struct lg_error *err)
{
	if (getrandom(&window->content_key, sizeof window->content_key, 0) !=
	    sizeof window->content_key)
		return lg_fail(err, LG_E_IO, "getrandom: %s", strerror(errno));
	window->hash_contents = 1;
	return LG_OK;
}

static enum lg_status set_up(struct walk *walk, const struct lg_root_set *roots,
			     struct lg_error *err)
{
	const struct lg_library *library = lg_library_find(walk->python->version_hex);
	lg_cleanup(lg_free) uint64_t *seeds = NULL;
	lg_cleanup(lg_free) struct lg_walker_range *ranges = NULL;
	size_t range_count = 0;
	struct lg_walker *window;
	enum lg_status status;

	if (!library)
		return lg_fail(err, LG_E_ATTACH, "no table of library types for version 0x%08x",
			       walk->python->version_hex);
	status = list_seeds(roots, &seeds, &walk->seed_count, err);
	if (status == LG_OK)
		status = lend_thread(walk->freeze, walk->python, err);
	if (status == LG_OK)
		status = list_ranges(walk->freeze, &ranges, &range_count, err);
	if (status == LG_OK)
		status = lg_inject(walk->freeze, seeds, walk->seed_count, ranges, range_count,
				   &walk->injected, err);
	if (status != LG_OK)
		return status;
	window = walk->injected.window;
	window->layout = *walk->python->layout;
	window->library = *library;
	memcpy(window->gc_list, walk->python->gc_list, sizeof window->gc_list);
	window->gc_list_count = walk->python->gc_list_count;
	window->first_number = (uint32_t)roots->pseudo_count + 1;
	window->none = walk->python->none;
	window->interpreter_count = walk->python->interpreter_count;
	for (uint32_t i = 0; i < walk->python->interpreter_count; i++)
		window->interpreters[i] = walk->python->interpreters[i];
	window->general_lookup = walk->python->general_lookup;
	memcpy(window->interned, walk->python->interned, sizeof window->interned);
	window->interned_count = walk->python->interned_count;
	window->seeds = walk->injected.seeds;
	window->seed_count = walk->seed_count;
	window->ranges = walk->injected.ranges;
	window->range_count = range_count;
	set_bounds(window, walk->freeze);
	return walk->hash_contents ? draw_key(window, err) : LG_OK;
}

static enum lg_status start(struct walk *walk, struct lg_error *err)
{
	const struct lg_freeze_call call = {
		.entry = walk->injected.code,
		.stack = walk->injected.stack_top,
		.argument = walk->injected.argument,
	};

	return lg_freeze_start(walk->freeze, &call, err);
}

/* The numbers that the walker gave to held objects and roots. */
static enum lg_status read_seeds(struct walk *walk, struct lg_error *err)
{
	lg_cleanup(lg_free) uint64_t *numbers = lg_alloc(walk->seed_count, sizeof *numbers);

	walk->gather.seed = lg_alloc(walk->seed_count, sizeof *walk->gather.seed);
	if (!numbers || !walk->gather.seed)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu roots", walk->seed_count);
	if (walk->seed_count) {
		enum lg_status status =
			lg_memory_read(lg_freeze_memory(walk->freeze), walk->injected.seeds, numbers,
				       walk->seed_count * sizeof *numbers, err);
		if (status != LG_OK)
			return status;
	}
	for (size_t i = 0; i < walk->seed_count; i++)
		walk->gather.seed[i] = (uint32_t)numbers[i];
	return lg_gather_start(&walk->gather, err);
}

static enum lg_status take_window(struct walk *walk, struct lg_error *err)
{
	struct lg_walker *window = walk->injected.window;
	enum lg_status status = LG_OK;

	if (!walk->gather.started && window->stage >= LG_WALKER_HEAD)
		status = read_seeds(walk, err);
	if (status == LG_OK)
		status = lg_gather_window(&walk->gather, window, err);
	if (status == LG_OK && lg_progress_report(walk->progress, "walk", walk->gather.inner.count,
						  window->inner_count, "objects"))
		status = lg_fail(err, LG_E_INTERRUPTED, "stopped by the user");
	return status;
}

static enum lg_status said(struct walk *walk, bool *done, struct lg_error *err)
{
	switch (walk->injected.window->event) {
	case LG_WALKER_DONE:
		*done = true;
		return LG_OK;
	case LG_WALKER_NO_MEMORY:
		return lg_fail(err, LG_E_MEMORY, "the frozen copy has no memory for the walk of %zu objects",
			       walk->gather.inner.count + walk->gather.leaf.count);
	case LG_WALKER_TOO_MANY:
		return lg_fail(err, LG_E_LIMIT, "more than %u objects", LG_WALKER_MAX_NUMBER);
	}
	return LG_OK;
}

/* The walker goes on with the next object. */
static enum lg_status recover(struct walk *walk, bool stalled, int signal_number,
			      struct lg_error *err)
{
	walk->faults++;
	walk->stalls += stalled;
	if (walk->faults > MAX_FAULTS)
		return lg_fail(err, LG_E_ATTACH,
			       "the objects are too damaged: %" PRIu64 " faults while reading them (the last: %s)",
			       walk->faults, strsignal(signal_number));
	if (walk->stalls > MAX_STALLS)
		return lg_fail(err, LG_E_ATTACH,
			       "the objects can't be read: %u of them never answer", walk->stalls);
	walk->injected.window->recover = stalled ? LG_WALKER_STALLED : LG_WALKER_FAULTED;
	return start(walk, err);
}

static enum lg_status run(struct walk *walk, struct lg_error *err)
{
	enum lg_status status = start(walk, err);
	bool done = false;

	while (status == LG_OK && !done) {
		enum lg_freeze_event event;
		int signal_number;

		status = lg_injected_send(walk->freeze, &walk->injected, err);
		if (status == LG_OK)
			status = lg_freeze_wait(walk->freeze, STALL_MS, &event, &signal_number, err);
		if (status != LG_OK)
			return status;
		if (event == LG_FREEZE_DEAD)
			return lg_fail(err, LG_E_ATTACH,
				       "the frozen copy was killed (out of memory?) after %zu objects",
				       walk->gather.inner.count + walk->gather.leaf.count);
		status = lg_injected_fetch(walk->freeze, &walk->injected, err);
		if (status == LG_OK)
			status = take_window(walk, err);
		if (status != LG_OK)
			return status;
		if (event == LG_FREEZE_TRAP)
			status = said(walk, &done, err);
		else
			status = recover(walk, event == LG_FREEZE_STALL, signal_number, err);
	}
	return status;
}

/* The lists of an interpreter end with that of frozen objects, where it has one. */
static void count_frozen(const struct walk *walk, struct lg_snapshot *snapshot)
{
	const struct lg_layout *l = walk->python->layout;
	uint32_t lists = l->gc.generation_count + 1;

	if (l->gc.permanent == LG_NO_FIELD)
		return;
	for (uint32_t i = 0; i < snapshot->collector_count; i++)
		if ((i + 1) * lists <= walk->python->gc_list_count)
			snapshot->collectors[i].frozen =
				walk->injected.window->listed[(i + 1) * lists - 1];
}

void lg_contents_release(struct lg_contents *contents)
{
	free(lg_take(contents->hash));
}

void lg_stacks_release(struct lg_stacks *stacks)
{
	free(lg_take(stacks->stack));
}

static void take_stacks(struct lg_gather *g, const struct lg_snapshot *s, struct lg_stacks *out)
{
	*out = (struct lg_stacks){ .stack = lg_take(g->stack) };
	for (size_t i = 0; i < g->stack_count; i++)
		if (out->stack[i].object < s->inner_count)
			out->stack[out->count++] = out->stack[i];
}

/* Not more than there are leaves, whatever the window says. */
static void take_contents(struct lg_gather *g, const struct lg_snapshot *s, struct lg_contents *out)
{
	uint32_t leaves = s->object_count - s->inner_count;

	out->hash = lg_take(g->content);
	out->count = g->content_count < leaves ? (uint32_t)g->content_count : leaves;
}

enum lg_status lg_walk(struct lg_freeze *freeze, const struct lg_python *python,
		       const struct lg_root_set *roots, struct lg_intern *strings,
		       const struct lg_progress *progress, struct lg_snapshot *snapshot,
		       struct lg_contents *contents, struct lg_stacks *stacks, struct lg_left *left,
		       struct lg_error *err)
{
	lg_cleanup(release) struct walk walk = {
		.freeze = freeze,
		.python = python,
		.progress = progress,
		.gather = { .roots = roots, .strings = strings },
		.hash_contents = contents != NULL,
	};
	const struct lg_maps *maps;
	enum lg_status status = lg_freeze_maps(freeze, &maps, err);

	if (status == LG_OK)
		status = set_up(&walk, roots, err);
	if (status == LG_OK)
		status = run(&walk, err);
	if (status == LG_OK)
		count_frozen(&walk, snapshot);
	if (status == LG_OK)
		status = lg_gather_finish(&walk.gather, python, maps, snapshot, err);
	if (status == LG_OK)
		snapshot->info.faults = walk.faults;
	if (status == LG_OK)
		take_stacks(&walk.gather, snapshot, stacks);
	if (status == LG_OK && contents)
		take_contents(&walk.gather, snapshot, contents);
	*left = (struct lg_left){
		.code = walk.injected.code,
		.stack_top = walk.injected.stack_top,
		.room = walk.injected.argument,
		.room_bytes = walk.injected.window_bytes,
	};
	return status;
}
