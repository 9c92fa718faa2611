/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cpython/library.h"
#include "take/excess.h"
#include "take/more_references.h"
#include "take/words.h"
#include "target/elf.h"

LG_DEFINE_CLEANUP(lg_elf_free, struct lg_elf *)

#define CHUNK_WORDS 8192u
#define MAX_STACK_BYTES (64ull << 20)   /* of one thread */
#define MAX_STATIC_BYTES (256ull << 20) /* of one mapping */
#define MAX_STATE_BYTES (1ull << 20)    /* of one module */

/* A search under way. */
struct search {
	struct lg_taking *taking;
	struct lg_snapshot *snapshot;
	const struct lg_memory *memory;
	struct lg_excess excess;
	struct lg_more_reference *found;
	size_t found_count, found_capacity;
	uint32_t *fixed; /* objects that lie in images, ascending by address */
	size_t fixed_count, fixed_capacity;
	size_t root_capacity;
	uint64_t words[CHUNK_WORDS];
};

static void free_search(struct search **slot)
{
	if (!*slot)
		return;
	lg_excess_free(&(*slot)->excess);
	free((*slot)->found);
	free((*slot)->fixed);
	free(*slot);
}

static enum lg_status no_memory(struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory to tell what C code holds");
}

/* Where the image that is mapped in maps->map[i] ends; the mapping's end where it is no image. */
static uint64_t image_end(const struct lg_maps *maps, size_t i, const struct lg_memory *memory)
{
	lg_cleanup(lg_elf_free_slot) struct lg_elf *elf = NULL;
	const struct lg_map *map = &maps->map[i];
	struct lg_error ignored;
	size_t first = i;

	while (first > 0 && maps->map[first].offset && maps->map[first - 1].inode == map->inode)
		first--;
	if (maps->map[first].offset ||
	    lg_elf_open(memory, maps->map[first].start, &elf, &ignored) != LG_OK)
		return map->end;
	return lg_elf_end(elf);
}

static enum lg_status add_data(struct lg_taking *taking, struct lg_words *words, const char *path,
			       uint64_t start, uint64_t end, struct lg_error *err)
{
	const char *slash = strrchr(path, '/');
	struct lg_static_data data = { .start = start, .end = end };
	char text[300];
	enum lg_status status;

	if (end - start > MAX_STATIC_BYTES)
		data.end = start + MAX_STATIC_BYTES;
	snprintf(text, sizeof text, "static data of %.255s", slash ? slash + 1 : path);
	status = lg_intern_add(taking->strings, text, strlen(text), &data.name, err);
	if (status != LG_OK)
		return status;
	if (!lg_reserve(words->data, words->data_capacity, words->data_count + 1))
		return no_memory(err);
	words->data[words->data_count++] = data;
	return LG_OK;
}

/* What a file backs, and behind it, as far as the image says, what none does (.bss). */
static enum lg_status add_image(struct lg_taking *taking, struct lg_words *words,
				const struct lg_maps *maps, size_t i, struct lg_error *err)
{
	const struct lg_map *map = &maps->map[i], *next = map + 1;
	uint64_t end = map->end, last;

	if (i + 1 < maps->count && next->start == end && !next->inode && next->readable &&
	    next->writable && !next->path[0]) {
		last = image_end(maps, i, lg_freeze_memory(taking->freeze));
		if (last > end)
			end = last < next->end ? last : next->end;
	}
	return add_data(taking, words, map->path, map->start, end, err);
}

enum lg_status lg_words_prepare(struct lg_taking *taking, struct lg_words *out, struct lg_error *err)
{
	static const char stack[] = "C stack", values[] = "evaluation stack", state[] = "module state";
	const struct lg_maps *maps = NULL;
	enum lg_status status = lg_freeze_maps(taking->freeze, &maps, err);

	*out = (struct lg_words){ 0 };
	if (status == LG_OK)
		status = lg_intern_add(taking->strings, stack, sizeof stack - 1, &out->stack_name, err);
	if (status == LG_OK)
		status = lg_intern_add(taking->strings, values, sizeof values - 1, &out->values_name,
				       err);
	if (status == LG_OK)
		status = lg_intern_add(taking->strings, state, sizeof state - 1, &out->state_name, err);
	for (size_t i = 0; status == LG_OK && i < maps->count; i++)
		if (maps->map[i].inode && maps->map[i].readable && maps->map[i].writable)
			status = add_image(taking, out, maps, i, err);
	return status;
}

void lg_words_free(struct lg_words *words)
{
	free(words->data);
	words->data = NULL;
}

static enum lg_status hold(struct search *search, uint32_t holder, uint64_t word, uint32_t name,
			   struct lg_error *err)
{
	uint32_t target = lg_excess_take(&search->excess, word);

	if (!target)
		return LG_OK;
	if (!lg_reserve(search->found, search->found_capacity, search->found_count + 1))
		return no_memory(err);
	search->found[search->found_count++] =
		(struct lg_more_reference){ .holder = holder, .target = target, .name = name };
	return LG_OK;
}

/* The next words of [*at, end), as many as fit; 0 where nothing more can be read. */
static size_t next_words(struct search *search, uint64_t *at, uint64_t end)
{
	uint64_t bytes = end - *at;
	struct lg_error ignored;

	if (bytes > sizeof search->words)
		bytes = sizeof search->words;
	bytes -= bytes % sizeof *search->words;
	if (!bytes || lg_memory_read(search->memory, *at, search->words, bytes, &ignored) != LG_OK)
		return 0;
	*at += bytes;
	return bytes / sizeof *search->words;
}

static enum lg_status hold_all(struct search *search, uint32_t holder, uint64_t start, uint64_t end,
			       uint32_t name, struct lg_error *err)
{
	enum lg_status status = LG_OK;
	size_t count;

	while (status == LG_OK && (count = next_words(search, &start, end)))
		for (size_t i = 0; i < count && status == LG_OK; i++)
			status = hold(search, holder, search->words[i], name, err);
	return status;
}

static enum lg_status evaluation_stacks(struct search *search, struct lg_error *err)
{
	const struct lg_root_set *roots = &search->taking->roots;
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < roots->maybe_count && status == LG_OK; i++)
		status = hold(search, search->snapshot->frames[roots->maybe[i].frame].object,
			      roots->maybe[i].address, roots->maybe_name, err);
	return status;
}

/*
 * The thread whose stack it is, and where that ends. What pthread_self() gives
 * lies above the stack, but for the main thread, whose stack is a mapping of its own.
 */
static uint32_t thread_of(const struct lg_taking *taking, const struct lg_map *map, uint64_t pointer,
			  uint64_t *end)
{
	const struct lg_python *python = &taking->python;
	uint64_t main_thread = 0;
	struct lg_error ignored;

	if (strcmp(map->path, "[stack]") == 0 &&
	    lg_memory_read_u64(python->memory, python->runtime + python->layout->runtime.main_thread,
			       &main_thread, &ignored) != LG_OK)
		return 0;
	*end = map->end;
	for (size_t i = 0; i < taking->roots.pseudo_count; i++) {
		const struct lg_pseudo *pseudo = &taking->roots.pseudo[i];
		bool above = pseudo->thread.ident > pointer && pseudo->thread.ident < *end;

		if (!pseudo->is_thread || (!above && pseudo->thread.ident != main_thread))
			continue;
		if (above)
			*end = pseudo->thread.ident;
		return (uint32_t)i + 1;
	}
	return 0;
}

static enum lg_status c_stacks(struct search *search, const struct lg_maps *maps, uint32_t name,
			       struct lg_error *err)
{
	size_t count;
	const uint64_t *pointer = lg_freeze_stacks(search->taking->freeze, &count);
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < count && status == LG_OK; i++) {
		uint64_t start = pointer[i] & ~7ull, end;
		const struct lg_map *map = lg_maps_find(maps, start);
		uint32_t thread = map ? thread_of(search->taking, map, start, &end) : 0;

		if (!thread)
			continue;
		if (end - start > MAX_STACK_BYTES)
			end = start + MAX_STACK_BYTES;
		status = hold_all(search, thread, start, end, name, err);
	}
	return status;
}

static enum lg_status greenlet_stacks(struct search *search, const struct lg_words *names,
				      struct lg_error *err)
{
	const struct lg_stacks *stacks = &search->taking->stacks;
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < stacks->count && status == LG_OK; i++) {
		const struct lg_walker_stack *stack = &stacks->stack[i];
		uint64_t bytes = stack->bytes < MAX_STACK_BYTES ? stack->bytes : MAX_STACK_BYTES;

		status = hold_all(search, stack->object, stack->start, stack->start + bytes,
				  stack->is_c ? names->stack_name : names->values_name, err);
	}
	return status;
}

static enum lg_status module_state(struct search *search, uint32_t module, uint32_t name,
				   struct lg_error *err)
{
	const struct lg_taking *taking = search->taking;
	const struct lg_library *library = lg_library_find(taking->python.version_hex);
	uint64_t address = search->snapshot->address[module], definition, state, bytes;
	const struct lg_memory *memory = taking->python.memory;
	struct lg_error ignored;

	if (!library || !library->module.state_bytes ||
	    lg_memory_read_u64(memory, address + library->module.definition, &definition,
			       &ignored) != LG_OK ||
	    lg_memory_read_u64(memory, address + taking->python.layout->module.state, &state,
			       &ignored) != LG_OK ||
	    !definition || !state || state % sizeof(uint64_t) ||
	    lg_memory_read_u64(memory,
			       (library->module.has_state_bytes ? address : definition) +
				       library->module.state_bytes,
			       &bytes, &ignored) != LG_OK ||
	    bytes > MAX_STATE_BYTES)
		return LG_OK;
	return hold_all(search, module, state, state + bytes, name, err);
}

static enum lg_status module_states(struct search *search, uint32_t name, struct lg_error *err)
{
	const struct lg_snapshot *s = search->snapshot;
	enum lg_status status = LG_OK;

	for (uint32_t i = 0; i < s->root_count && status == LG_OK; i++) {
		uint32_t module = s->roots[i].object;
		struct lg_text type = lg_snapshot_string(s, s->types[s->type[module]].name);

		/* What else stands in sys.modules has no such fields. */
		if (s->roots[i].kind == LG_ROOT_MODULE && module < s->inner_count &&
		    lg_text_is(type, "module"))
			status = module_state(search, module, name, err);
	}
	return status;
}

static int by_object_address(const void *left, const void *right, void *context)
{
	const struct lg_snapshot *s = context;
	uint64_t a = s->address[*(const uint32_t *)left], b = s->address[*(const uint32_t *)right];

	return (a > b) - (a < b);
}

static enum lg_status find_fixed(struct search *search, struct lg_error *err)
{
	const struct lg_snapshot *s = search->snapshot;

	for (uint32_t i = 1; i < s->object_count; i++) {
		if (!(s->flags[i] & LG_OBJECT_STATIC))
			continue;
		if (!lg_reserve(search->fixed, search->fixed_capacity, search->fixed_count + 1))
			return no_memory(err);
		search->fixed[search->fixed_count++] = i;
	}
	if (search->fixed_count)
		qsort_r(search->fixed, search->fixed_count, sizeof *search->fixed, by_object_address,
			search->snapshot);
	return LG_OK;
}

/* An interpreter's own structure, at the end of the runtime's: what that owns, the table says. */
static bool is_interpreter(const struct lg_python *python, uint64_t address)
{
	uint64_t end = python->runtime + python->layout->runtime.bytes;

	if (address < python->runtime || address >= end)
		return false;
	for (uint32_t i = 0; i < python->interpreter_count; i++)
		if (python->interpreters[i] > python->runtime && address >= python->interpreters[i] &&
		    python->interpreters[i] < end)
			return true;
	return false;
}

/* What objects there refer to is known. */
static bool is_told(const struct search *search, uint64_t address)
{
	const struct lg_snapshot *s = search->snapshot;
	size_t low;

	if (is_interpreter(&search->taking->python, address))
		return true;
	low = lg_bisect(at, search->fixed_count, s->address[search->fixed[at]] <= address);
	return low > 0 && address - s->address[search->fixed[low - 1]] <
				  s->shallow_bytes[search->fixed[low - 1]];
}

/* The references of one file to one object are one root. */
static enum lg_status add_root(struct search *search, uint32_t object, uint32_t name,
			       struct lg_error *err)
{
	struct lg_snapshot *s = search->snapshot;

	for (uint32_t i = s->root_count; i > 0 && s->roots[i - 1].name == name; i--)
		if (s->roots[i - 1].object == object && s->roots[i - 1].kind == LG_ROOT_C_CODE) {
			s->roots[i - 1].excess++;
			return LG_OK;
		}
	if (!lg_reserve(s->roots, search->root_capacity, (size_t)s->root_count + 1))
		return no_memory(err);
	s->roots[s->root_count++] = (struct lg_root){
		.object = object, .name = name, .excess = 1, .kind = LG_ROOT_C_CODE
	};
	return LG_OK;
}

static enum lg_status static_data(struct search *search, const struct lg_static_data *data,
				  struct lg_error *err)
{
	uint64_t at = data->start;
	enum lg_status status = LG_OK;
	size_t count;

	while (status == LG_OK && (count = next_words(search, &at, data->end))) {
		uint64_t first = at - count * sizeof *search->words;

		for (size_t i = 0; i < count && status == LG_OK; i++) {
			uint32_t object = 0;

			if (search->words[i] && !is_told(search, first + i * sizeof *search->words))
				object = lg_excess_take(&search->excess, search->words[i]);
			if (object)
				status = add_root(search, object, data->name, err);
		}
	}
	return status;
}

static enum lg_status look(struct search *search, const struct lg_words *words, struct lg_error *err)
{
	const struct lg_maps *maps = NULL;
	enum lg_status status = lg_freeze_maps(search->taking->freeze, &maps, err);

	if (status == LG_OK)
		status = evaluation_stacks(search, err);
	if (status == LG_OK)
		status = c_stacks(search, maps, words->stack_name, err);
	if (status == LG_OK)
		status = greenlet_stacks(search, words, err);
	if (status == LG_OK)
		status = module_states(search, words->state_name, err);
	if (status == LG_OK)
		status = find_fixed(search, err);
	for (size_t i = 0; status == LG_OK && i < words->data_count; i++)
		status = static_data(search, &words->data[i], err);
	if (status == LG_OK)
		status = lg_add_references(search->snapshot, search->found, search->found_count, err);
	return status;
}

enum lg_status lg_words_explain(struct lg_taking *taking, const struct lg_words *words,
				struct lg_error *err)
{
	lg_cleanup(free_search) struct search *search = lg_alloc_zero(1, sizeof *search);
	enum lg_status status;

	if (!search)
		return no_memory(err);
	search->taking = taking;
	search->snapshot = taking->snapshot;
	search->memory = lg_freeze_memory(taking->freeze);
	search->root_capacity = taking->snapshot->root_count;
	status = lg_excess_find(taking->snapshot, &search->excess, err);
	if (status != LG_OK || !search->excess.count)
		return status;
	return look(search, words, err);
}
