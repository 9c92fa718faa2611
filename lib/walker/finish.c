/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/intern.h"
#include "cpython/slots.h"
#include "target/maps.h"
#include "walker/gather.h"

static enum lg_status no_memory(struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory to join the columns of the snapshot");
}

/* Leaves behind the inner objects. */
static enum lg_status join_objects(struct lg_gather *g, struct lg_snapshot *s, struct lg_error *err)
{
	struct lg_object_columns *a = &g->inner, *b = &g->leaf;
	size_t count = a->count + b->count;

	if (count > LG_MAX_OBJECTS)
		return lg_fail(err, LG_E_LIMIT, "%zu objects, more than %u", count, LG_MAX_OBJECTS);
	if (!lg_reserve(a->address, a->address_capacity, count) ||
	    !lg_reserve(a->bytes, a->bytes_capacity, count) ||
	    !lg_reserve(a->type, a->type_capacity, count) ||
	    !lg_reserve(a->refcount, a->refcount_capacity, count) ||
	    !lg_reserve(a->flags, a->flags_capacity, count))
		return no_memory(err);
	if (b->count) {
		memcpy(a->address + a->count, b->address, b->count * sizeof *b->address);
		memcpy(a->bytes + a->count, b->bytes, b->count * sizeof *b->bytes);
		memcpy(a->refcount + a->count, b->refcount, b->count * sizeof *b->refcount);
		memcpy(a->type + a->count, b->type, b->count * sizeof *b->type);
		memcpy(a->flags + a->count, b->flags, b->count * sizeof *b->flags);
	}
	for (size_t i = g->roots->pseudo_count + 1; i < count; i++)
		a->type[i] = lg_gather_type(g, a->type[i]);
	s->object_count = (uint32_t)count;
	s->inner_count = (uint32_t)a->count;
	s->address = lg_take(a->address);
	s->shallow_bytes = lg_take(a->bytes);
	s->refcount = lg_take(a->refcount);
	s->type = lg_take(a->type);
	s->flags = lg_take(a->flags);
	return LG_OK;
}

static enum lg_status join_references(struct lg_gather *g, struct lg_snapshot *s,
				      struct lg_error *err)
{
	if (g->first[g->inner.count] != g->reference_count)
		return lg_fail(err, LG_E_ATTACH,
			       "the walk of the frozen copy is inconsistent: %zu references, "
			       "objects claim %u",
			       g->reference_count, g->first[g->inner.count]);
	for (size_t i = 0; i < g->reference_count; i++)
		g->target[i] = lg_gather_index(g, g->target[i]);
	s->reference_count = (uint32_t)g->reference_count;
	s->first_reference = lg_take(g->first);
	s->ref_target = lg_take(g->target);
	s->ref_name = lg_take(g->name);
	s->ref_kind = lg_take(g->kind);
	return LG_OK;
}

/* Names that came later than the references: defaults, cells. */
static void apply_patches(const struct lg_gather *g, struct lg_snapshot *s)
{
	for (size_t i = 0; i < g->patch_count; i++) {
		const struct lg_walker_patch *p = &g->patch[i];
		uint32_t number = p->name & ~LG_WALKER_TEXT, first, name;

		if (p->object >= g->inner.count || p->kind >= LG_REF_KIND_COUNT ||
		    p->kind == LG_REF_KEY_TYPE)
			continue;
		first = s->first_reference[p->object];
		if (p->item >= s->first_reference[p->object + 1] - first)
			continue;
		if (s->ref_kind[first + p->item] != LG_REF_ITEM &&
		    s->ref_kind[first + p->item] != LG_REF_CELL)
			continue;
		name = number < g->leaf_name_count && !(p->name & LG_WALKER_TEXT) ?
			       g->leaf_name[number] :
			       0;
		s->ref_kind[first + p->item] = (uint8_t)p->kind;
		s->ref_name[first + p->item] = name;
	}
}

static enum lg_status pseudo_types(struct lg_gather *g, struct lg_type *types, struct lg_error *err)
{
	static const char *const names[LG_PSEUDO_TYPES] = {
		[LG_PSEUDO_ROOT] = "(root)",
		[LG_PSEUDO_THREAD] = "thread",
		[LG_PSEUDO_FRAME] = "frame",
		[LG_PSEUDO_UNREADABLE] = "(unreadable)",
	};

	for (int i = 0; i < LG_PSEUDO_TYPES; i++) {
		enum lg_status status;

		types[i] = (struct lg_type){ .object = LG_NONE, .flags = LG_TYPE_PSEUDO };
		status = lg_intern_add(g->strings, names[i], strlen(names[i]), &types[i].name, err);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status name_type(struct lg_gather *g, const struct lg_python *python,
				const struct lg_walker_type *row, struct lg_type *out,
				struct lg_error *err)
{
	char text[32];
	struct lg_error ignored;
	enum lg_status status;

	*out = (struct lg_type){ .object = lg_gather_index(g, row->object),
				 .flags = row->flags & (LG_TYPE_HEAP | LG_TYPE_GC) };
	lg_python_slots(python, row->address, out);
	status = lg_python_type_name(python, row->address, g->strings, &out->module, &out->name,
				     &ignored);
	if (status == LG_OK)
		return LG_OK;
	if (status == LG_E_MEMORY || status == LG_E_LIMIT)
		return lg_fail(err, status, "%s", ignored.text);
	snprintf(text, sizeof text, "type at 0x%" PRIx64, row->address);
	out->module = 0;
	return lg_intern_add(g->strings, text, strlen(text), &out->name, err);
}

static enum lg_status join_types(struct lg_gather *g, const struct lg_python *python,
				 struct lg_snapshot *s, struct lg_error *err)
{
	enum lg_status status;

	s->types = lg_alloc(g->type_count + LG_PSEUDO_TYPES, sizeof *s->types);
	if (!s->types)
		return no_memory(err);
	s->type_count = (uint32_t)(g->type_count + LG_PSEUDO_TYPES);
	status = pseudo_types(g, s->types, err);
	for (size_t i = 0; i < g->type_count && status == LG_OK; i++)
		status = name_type(g, python, &g->type[i], &s->types[LG_PSEUDO_TYPES + i], err);
	return status;
}

static int compare_pseudo(const void *left, const void *right)
{
	const struct lg_pseudo *const *a = left, *const *b = right;

	return ((*a)->address > (*b)->address) - ((*a)->address < (*b)->address);
}

/* Roots that are threads stand by the address of the thread's state. */
static uint32_t thread_object(const struct lg_root_set *roots, const struct lg_pseudo **sorted,
			      uint64_t address)
{
	const struct lg_pseudo key = { .address = address }, *pointer = &key;
	const struct lg_pseudo **found =
		bsearch(&pointer, sorted, roots->pseudo_count, sizeof *sorted, compare_pseudo);

	return found ? (uint32_t)(*found - roots->pseudo) + 1 : 0;
}

static enum lg_status join_roots(struct lg_gather *g, struct lg_snapshot *s, size_t *capacity,
				 struct lg_error *err)
{
	const struct lg_root_set *roots = g->roots;
	lg_cleanup(lg_free) const struct lg_pseudo **sorted =
		lg_alloc(roots->pseudo_count, sizeof *sorted);

	if (!sorted || !lg_reserve(s->roots, *capacity, roots->root_count))
		return no_memory(err);
	for (size_t i = 0; i < roots->pseudo_count; i++)
		sorted[i] = &roots->pseudo[i];
	if (roots->pseudo_count)
		qsort(sorted, roots->pseudo_count, sizeof *sorted, compare_pseudo);
	for (size_t i = 0; i < roots->root_count; i++) {
		const struct lg_root_address *root = &roots->root[i];
		uint32_t object = root->kind == LG_ROOT_THREAD ?
					  thread_object(roots, sorted, root->address) :
					  lg_gather_index(g, g->seed[roots->held_count + i]);

		if (object)
			s->roots[s->root_count++] = (struct lg_root){
				.object = object, .name = root->name, .kind = root->kind,
				.interpreter = root->interpreter };
	}
	return LG_OK;
}

#define MAX_NAME_BYTES 512

/* A static type is held by the image it lies in; its name is one C string, "collections.deque". */
static enum lg_status class_roots(struct lg_gather *g, const struct lg_python *python,
				  struct lg_snapshot *s, size_t *capacity, struct lg_error *err)
{
	if (!lg_reserve(s->roots, *capacity, s->root_count + g->type_count))
		return no_memory(err);
	for (size_t i = 0; i < g->type_count; i++) {
		const struct lg_type *type = &s->types[LG_PSEUDO_TYPES + i];
		struct lg_root root = { .object = type->object, .kind = LG_ROOT_CLASS,
					.name = type->name };
		char text[MAX_NAME_BYTES];
		struct lg_error ignored;
		uint64_t name;

		if (type->flags & LG_TYPE_HEAP || !type->object)
			continue;
		if (lg_memory_read_u64(python->memory,
				       g->type[i].address + python->layout->type.name, &name,
				       &ignored) == LG_OK &&
		    lg_memory_read_string(python->memory, name, text, sizeof text, &ignored) == LG_OK) {
			enum lg_status status =
				lg_intern_add(g->strings, text, strlen(text), &root.name, err);

			if (status != LG_OK)
				return status;
		}
		s->roots[s->root_count++] = root;
	}
	return LG_OK;
}

/* A frame's row, with the thread as a row in place of the pseudo object; numbers are those of threads. */
static void add_frame(const struct lg_root_set *roots, const uint32_t *number, struct lg_frame frame,
		      uint32_t object, struct lg_snapshot *s)
{
	if (frame.thread >= roots->pseudo_count || !roots->pseudo[frame.thread].is_thread)
		frame.thread = LG_NONE;
	else
		frame.thread = number[frame.thread];
	frame.object = object;
	s->frames[s->frame_count++] = frame;
}

/* The object of a frame that is one; where that can't be read, its thread stands for it. */
static uint32_t frame_object(const struct lg_gather *g, const struct lg_object_frame *frame)
{
	uint32_t object = lg_gather_index(g, g->seed[frame->held]);

	return object && object < g->inner.count ? object : frame->frame.thread + 1;
}

/* Threads, their frames in the order of their numbers, and the frames of what is suspended. */
static enum lg_status join_frames(struct lg_gather *g, const struct lg_python *python,
				  struct lg_snapshot *s, struct lg_error *err)
{
	const struct lg_root_set *roots = g->roots;

	s->threads = lg_alloc(roots->pseudo_count, sizeof *s->threads);
	s->frames = lg_alloc((size_t)roots->frame_count + g->suspended_count, sizeof *s->frames);
	lg_cleanup(lg_free) uint32_t *number = lg_alloc(roots->pseudo_count, sizeof *number);
	if (!s->threads || !s->frames || !number)
		return no_memory(err);
	for (size_t p = 0; p < roots->pseudo_count; p++) {
		if (!roots->pseudo[p].is_thread)
			continue;
		number[p] = s->thread_count;
		s->threads[s->thread_count] = roots->pseudo[p].thread;
		s->threads[s->thread_count++].object = (uint32_t)p + 1;
	}
	for (size_t p = 0; p < roots->pseudo_count; p++)
		if (!roots->pseudo[p].is_thread)
			add_frame(roots, number, roots->pseudo[p].frame, (uint32_t)p + 1, s);
	for (size_t i = 0; i < roots->object_frame_count; i++)
		add_frame(roots, number, roots->object_frame[i].frame,
			  frame_object(g, &roots->object_frame[i]), s);
	return lg_gather_suspended(g, python, s, err);
}

/* Objects that lie in the image of a program or library, and those that never die. */
static void mark_static(struct lg_snapshot *s, const struct lg_layout *l,
			const struct lg_maps *maps)
{
	const struct lg_map *last = NULL;

	for (uint32_t i = 1; i < s->object_count; i++) {
		if (!last || s->address[i] < last->start || s->address[i] >= last->end)
			last = lg_maps_find(maps, s->address[i]);
		if (s->flags[i] & LG_OBJECT_PSEUDO)
			continue;
		if (last && last->inode)
			s->flags[i] |= LG_OBJECT_STATIC;
		if (s->refcount[i] >= l->object.immortal_refcount &&
		    (!l->object.immortal_static_only || s->flags[i] & LG_OBJECT_STATIC))
			s->flags[i] |= LG_OBJECT_IMMORTAL;
	}
}

enum lg_status lg_gather_finish(struct lg_gather *g, const struct lg_python *python,
				const struct lg_maps *maps, struct lg_snapshot *s,
				struct lg_error *err)
{
	size_t root_capacity = 0;
	enum lg_status status = join_references(g, s, err);

	if (status == LG_OK) {
		apply_patches(g, s);
		status = join_types(g, python, s, err);
	}
	if (status == LG_OK)
		status = join_frames(g, python, s, err);
	if (status == LG_OK)
		status = lg_gather_tasks(g, python, s, err);
	if (status == LG_OK)
		status = lg_gather_bounds(g, python, s, err);
	if (status == LG_OK)
		status = join_roots(g, s, &root_capacity, err);
	if (status == LG_OK)
		status = class_roots(g, python, s, &root_capacity, err);
	if (status == LG_OK)
		status = join_objects(g, s, err);
	if (status == LG_OK)
		status = lg_gather_containers(g, s, err);
	if (status == LG_OK)
		mark_static(s, python->layout, maps);
	return status;
}
