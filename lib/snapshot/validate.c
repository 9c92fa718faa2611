/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/validate.h"

#include <stdatomic.h>

#include "base/bounds.h"
#include "base/parallel.h"
#include "snapshot/validate_memory.h"

/* Sizes are summed in blocks of so many, each of which is known not to overflow. */
#define BLOCK 4096

static enum lg_status out_of_range(struct lg_error *err, const char *column, uint64_t position,
				   uint64_t value, const char *expected, uint64_t bound)
{
	return lg_fail(err, LG_E_UNREADABLE, "%s[%lu] is %lu, expected %s %lu", column, position,
		       value, expected, bound);
}

static enum lg_status check_below(struct lg_error *err, const char *column, uint64_t position,
				  uint64_t value, uint64_t bound)
{
	if (value < bound)
		return LG_OK;
	return out_of_range(err, column, position, value, "less than", bound);
}

/* An object that is not the virtual root. */
static enum lg_status check_object(struct lg_error *err, const struct lg_snapshot *s,
				   const char *column, uint64_t position, uint32_t object)
{
	if (object == 0)
		return lg_fail(err, LG_E_UNREADABLE,
			       "%s[%lu] is 0, the virtual root, expected an object", column,
			       position);
	return check_below(err, column, position, object, s->object_count);
}

static enum lg_status check_counts(const struct lg_snapshot *s, struct lg_error *err)
{
	if (s->object_count == 0 || s->object_count > LG_MAX_OBJECTS)
		return lg_fail(err, LG_E_UNREADABLE, "%u objects, expected 1 to %u",
			       s->object_count, LG_MAX_OBJECTS);
	if (s->inner_count == 0 || s->inner_count > s->object_count)
		return lg_fail(err, LG_E_UNREADABLE, "%u inner objects, expected 1 to %u",
			       s->inner_count, s->object_count);
	if (s->reference_count > LG_MAX_REFERENCES)
		return lg_fail(err, LG_E_UNREADABLE, "%u references, expected at most %u",
			       s->reference_count, LG_MAX_REFERENCES);
	if (s->type_count == 0)
		return lg_fail(err, LG_E_UNREADABLE, "0 types, expected the virtual root's at least");
	if (s->strings.count == 0)
		return lg_fail(err, LG_E_UNREADABLE, "0 strings, expected the empty one at least");
	return LG_OK;
}

struct column {
	const char *name;
	const void *values;
	uint64_t count;
};

static enum lg_status check_present(const struct column *column, unsigned columns,
				    struct lg_error *err)
{
	for (unsigned i = 0; i < columns; i++)
		if (column[i].count && !column[i].values)
			return lg_fail(err, LG_E_UNREADABLE, "%s is missing, expected %lu values",
				       column[i].name, column[i].count);
	return LG_OK;
}

static enum lg_status check_columns_present(const struct lg_snapshot *s, struct lg_error *err)
{
	const struct column all[] = {
		{"address", s->address, s->object_count},
		{"shallow_bytes", s->shallow_bytes, s->object_count},
		{"type", s->type, s->object_count},
		{"refcount", s->refcount, s->object_count},
		{"flags", s->flags, s->object_count},
		{"first_reference", s->first_reference, (uint64_t)s->inner_count + 1},
		{"ref_target", s->ref_target, s->reference_count},
		{"ref_name", s->ref_name, s->reference_count},
		{"ref_kind", s->ref_kind, s->reference_count},
		{"allocations", s->allocations, s->allocation_count},
		{"equals", s->equals, s->equal_count},
		{"containers", s->containers, s->container_count},
		{"bounds", s->bounds, s->bound_count},
	};

	return check_present(all, sizeof all / sizeof *all, err);
}

static enum lg_status check_tables_present(const struct lg_snapshot *s, struct lg_error *err)
{
	const struct column all[] = {
		{"roots", s->roots, s->root_count},
		{"types", s->types, s->type_count},
		{"threads", s->threads, s->thread_count},
		{"frames", s->frames, s->frame_count},
		{"tasks", s->tasks, s->task_count},
		{"sites", s->sites, s->site_count},
		{"mappings", s->mappings, s->mapping_count},
		{"arenas", s->arenas, s->arena_count},
		{"pools", s->pools, s->pool_count},
		{"heaps", s->heaps, s->heap_count},
		{"collectors", s->collectors, s->collector_count},
		{"strings.offset", s->strings.offset, (uint64_t)s->strings.count + 1},
	};

	return check_present(all, sizeof all / sizeof *all, err);
}

static enum lg_status check_strings(const struct lg_snapshot *s, struct lg_error *err)
{
	const struct lg_strings *t = &s->strings;

	if (t->offset[0] != 0)
		return out_of_range(err, "strings.offset", 0, t->offset[0], "exactly", 0);
	if (t->offset[1] != 0)
		return lg_fail(err, LG_E_UNREADABLE,
			       "string 0 has %lu bytes, expected the empty string", t->offset[1]);
	for (uint64_t i = 0; i < t->count; i++)
		if (t->offset[i + 1] < t->offset[i])
			return out_of_range(err, "strings.offset", i + 1, t->offset[i + 1],
					    "at least", t->offset[i]);
	if (t->offset[t->count] && !t->bytes)
		return lg_fail(err, LG_E_UNREADABLE, "strings.bytes is missing, expected %lu bytes",
			       t->offset[t->count]);
	return LG_OK;
}

static enum lg_status check_info(const struct lg_snapshot *s, struct lg_error *err)
{
	const struct {
		const char *name;
		uint32_t string;
	} all[] = {
		{"info.command_line", s->info.command_line},
		{"info.executable", s->info.executable},
		{"info.python_version", s->info.python_version},
		{"info.producer", s->info.producer},
		{"info.malloc", s->info.malloc},
	};

	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].string >= s->strings.count)
			return lg_fail(err, LG_E_UNREADABLE, "%s is %u, expected less than %u",
				       all[i].name, all[i].string, s->strings.count);
	return LG_OK;
}

static enum lg_status check_types(const struct lg_snapshot *s, struct lg_error *err)
{
	for (uint64_t i = 0; i < s->type_count; i++) {
		const struct lg_type *t = &s->types[i];
		enum lg_status status = check_below(err, "types.module", i, t->module,
						    s->strings.count);

		if (status == LG_OK)
			status = check_below(err, "types.name", i, t->name, s->strings.count);
		if (status == LG_OK && t->object != LG_NONE)
			status = check_object(err, s, "types.object", i, t->object);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

/* ---- columns of objects and references, a range of rows at a time ---- */

#define ROWS_A_TASK ((uint64_t)1 << 18)

struct columns_check {
	const struct lg_snapshot *s;
	uint64_t object_tasks;
	_Atomic uint64_t bytes; /* of all objects; of a sum that does not fit, some number over INT64_MAX */
};

static bool add_sizes(const uint64_t *size, uint64_t count, uint64_t *sum)
{
	uint64_t all = 0, some = 0;

	for (uint64_t i = 0; i < count; i++) {
		all |= size[i];
		some += size[i];
	}
	*sum += some;
	return all < (uint64_t)INT64_MAX / BLOCK && *sum <= (uint64_t)INT64_MAX;
}

/*
 * Sums of sizes are made everywhere: they must fit, signed too. What is small
 * can't do harm within a block, which the compiler turns into vector code.
 */
static void sum_sizes(struct columns_check *check, uint64_t start, uint64_t end)
{
	const uint64_t *size = check->s->shallow_bytes;
	uint64_t sum = 0, before;
	bool fits = true;

	for (uint64_t i = start; size && i < end; i += BLOCK)
		fits &= add_sizes(size + i, end - i < BLOCK ? end - i : BLOCK, &sum);
	before = atomic_load(&check->bytes);
	while (!atomic_compare_exchange_weak(&check->bytes, &before,
					     !fits || before > INT64_MAX ? UINT64_MAX : before + sum))
		;
}

/* A sum was found not to fit, or may not: where? */
static enum lg_status check_sizes(const struct lg_snapshot *s, struct lg_error *err)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < s->object_count; i++) {
		if (s->shallow_bytes[i] > (uint64_t)INT64_MAX - sum)
			return out_of_range(err, "shallow_bytes", i, s->shallow_bytes[i],
					    "with those before it at most", INT64_MAX);
		sum += s->shallow_bytes[i];
	}
	return LG_OK;
}

static enum lg_status check_virtual_root(const struct lg_snapshot *s, struct lg_error *err)
{
	if ((s->address && s->address[0] != 0) || (s->type && s->type[0] != 0))
		return lg_fail(err, LG_E_UNREADABLE,
			       "object 0 has address %#lx and type %u, expected the virtual root: 0 and 0",
			       s->address ? s->address[0] : 0, s->type ? s->type[0] : 0);
	if (s->first_reference && s->first_reference[0] != 0)
		return out_of_range(err, "first_reference", 0, s->first_reference[0], "exactly", 0);
	if (s->first_reference && s->first_reference[1] != 0)
		return lg_fail(err, LG_E_UNREADABLE,
			       "the virtual root has %u references, expected none",
			       s->first_reference[1]);
	return LG_OK;
}

static enum lg_status check_objects(struct columns_check *check, uint64_t start, uint64_t end,
				    struct lg_error *err)
{
	const struct lg_snapshot *s = check->s;
	const uint32_t *first = s->first_reference;
	uint64_t inner = end < s->inner_count ? end : s->inner_count, i = end;

	if (s->type)
		i = start + lg_first_at_least_u32(s->type + start, end - start, s->type_count);
	if (i < end)
		return check_below(err, "type", i, s->type[i], s->type_count);
	sum_sizes(check, start, end);
	if (!first || start >= inner)
		return LG_OK;
	i = start + lg_first_descent(first + start, inner - start);
	if (i < inner)
		return out_of_range(err, "first_reference", i + 1, first[i + 1], "at least",
				    first[i]);
	if (inner == s->inner_count && first[inner] != s->reference_count)
		return out_of_range(err, "first_reference", inner, first[inner], "exactly",
				    s->reference_count);
	return LG_OK;
}

/* A name is a string, or a type where the key's type is all that is known. */
static uint32_t name_bound(const struct lg_snapshot *s, uint8_t kind)
{
	return kind == LG_REF_KEY_TYPE ? s->type_count : s->strings.count;
}

static enum lg_status check_ref_names(const struct lg_snapshot *s, uint64_t start, uint64_t end,
				      struct lg_error *err)
{
	const uint32_t *name = s->ref_name, types = s->type_count, strings = s->strings.count;
	const uint8_t *kind = s->ref_kind;
	uint32_t bad = 0;

	for (uint64_t i = start; i < end; i++)
		bad |= name[i] >= (kind[i] == LG_REF_KEY_TYPE ? types : strings);
	for (uint64_t i = start; bad && i < end; i++)
		if (name[i] >= name_bound(s, kind[i]))
			return out_of_range(err, "ref_name", i, name[i],
					    kind[i] == LG_REF_KEY_TYPE ? "as a type less than"
								       : "as a string less than",
					    name_bound(s, kind[i]));
	return LG_OK;
}

static enum lg_status check_references(const struct lg_snapshot *s, uint64_t start, uint64_t end,
				       struct lg_error *err)
{
	uint64_t count = end - start, i;

	if (!s->ref_kind)
		return LG_OK;
	i = lg_first_at_least_u8(s->ref_kind + start, count, LG_REF_KIND_COUNT);
	if (i < count)
		return check_below(err, "ref_kind", start + i, s->ref_kind[start + i],
				   LG_REF_KIND_COUNT);
	i = lg_first_no_object(s->ref_target + start, count, s->object_count);
	if (i < count)
		return check_object(err, s, "ref_target", start + i, s->ref_target[start + i]);
	return check_ref_names(s, start, end, err);
}

static uint64_t tasks(uint64_t rows)
{
	return (rows + ROWS_A_TASK - 1) / ROWS_A_TASK;
}

static enum lg_status check_rows(void *context, unsigned worker, uint64_t task, struct lg_error *err)
{
	struct columns_check *check = context;
	bool objects = task < check->object_tasks;
	uint64_t rows = objects ? check->s->object_count : check->s->reference_count;
	uint64_t start = (objects ? task : task - check->object_tasks) * ROWS_A_TASK;
	uint64_t end = rows - start < ROWS_A_TASK ? rows : start + ROWS_A_TASK;

	(void)worker;
	return objects ? check_objects(check, start, end, err)
		       : check_references(check->s, start, end, err);
}

static enum lg_status check_columns(const struct lg_snapshot *s, struct lg_error *err)
{
	struct columns_check check = {.s = s, .object_tasks = tasks(s->object_count)};
	enum lg_status status = check_virtual_root(s, err);

	if (status == LG_OK)
		status = lg_parallel_for(check.object_tasks + tasks(s->reference_count), check_rows,
					 &check, err);
	if (status == LG_OK && check.bytes > INT64_MAX)
		status = check_sizes(s, err);
	return status;
}

static enum lg_status check_roots(const struct lg_snapshot *s, struct lg_error *err)
{
	for (uint64_t i = 0; i < s->root_count; i++) {
		const struct lg_root *r = &s->roots[i];
		enum lg_status status = check_object(err, s, "roots.object", i, r->object);

		if (status == LG_OK)
			status = check_below(err, "roots.name", i, r->name, s->strings.count);
		if (status == LG_OK)
			status = check_below(err, "roots.kind", i, r->kind, LG_ROOT_KIND_COUNT);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status check_threads(const struct lg_snapshot *s, struct lg_error *err)
{
	for (uint64_t i = 0; i < s->thread_count; i++) {
		const struct lg_thread *t = &s->threads[i];
		enum lg_status status = check_object(err, s, "threads.object", i, t->object);

		if (status == LG_OK)
			status = check_below(err, "threads.name", i, t->name, s->strings.count);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status check_frames(const struct lg_snapshot *s, struct lg_error *err)
{
	for (uint64_t i = 0; i < s->frame_count; i++) {
		const struct lg_frame *f = &s->frames[i];
		enum lg_status status = check_object(err, s, "frames.object", i, f->object);

		if (status == LG_OK && f->thread != LG_NONE)
			status = check_below(err, "frames.thread", i, f->thread, s->thread_count);
		if (status == LG_OK)
			status = check_below(err, "frames.function", i, f->function,
					     s->strings.count);
		if (status == LG_OK)
			status = check_below(err, "frames.file", i, f->file, s->strings.count);
		if (status == LG_OK)
			status = check_below(err, "frames.awaits", i, f->awaits, s->object_count);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status check_tasks(const struct lg_snapshot *s, struct lg_error *err)
{
	for (uint64_t i = 0; i < s->task_count; i++) {
		const struct lg_task *t = &s->tasks[i];
		enum lg_status status = check_object(err, s, "tasks.object", i, t->object);

		if (status == LG_OK)
			status = check_below(err, "tasks.name", i, t->name, s->strings.count);
		if (status == LG_OK)
			status = check_below(err, "tasks.coroutine", i, t->coroutine,
					     s->object_count);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status check_sites(const struct lg_snapshot *s, struct lg_error *err)
{
	for (uint64_t i = 0; i < s->site_count; i++) {
		const struct lg_site *site = &s->sites[i];
		enum lg_status status = check_below(err, "sites.file", i, site->file,
						    s->strings.count);

		if (status == LG_OK && site->caller != LG_NONE)
			status = check_below(err, "sites.caller", i, site->caller, i);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status check_allocations(const struct lg_snapshot *s, struct lg_error *err)
{
	uint32_t before = 0;

	for (uint64_t i = 0; s->allocations && i < s->allocation_count; i++) {
		const struct lg_allocation *a = &s->allocations[i];
		enum lg_status status = check_object(err, s, "allocations.object", i, a->object);

		if (status == LG_OK && a->object <= before)
			return out_of_range(err, "allocations.object", i, a->object, "more than",
					    before);
		if (status == LG_OK)
			status = check_below(err, "allocations.site", i, a->site, s->site_count);
		if (status != LG_OK)
			return status;
		before = a->object;
	}
	return LG_OK;
}

static enum lg_status check_equals(const struct lg_snapshot *s, struct lg_error *err)
{
	uint32_t before = 0;

	for (uint64_t i = 0; s->equals && i < s->equal_count; i++) {
		const struct lg_equal *e = &s->equals[i];
		enum lg_status status = check_object(err, s, "equals.object", i, e->object);

		if (status == LG_OK && e->object <= before)
			return out_of_range(err, "equals.object", i, e->object, "more than", before);
		if (status == LG_OK)
			status = check_below(err, "equals.group", i, e->group, s->equal_count);
		if (status != LG_OK)
			return status;
		before = e->object;
	}
	return LG_OK;
}

static enum lg_status check_containers(const struct lg_snapshot *s, struct lg_error *err)
{
	uint32_t before = 0;

	for (uint64_t i = 0; s->containers && i < s->container_count; i++) {
		const struct lg_container *c = &s->containers[i];
		enum lg_status status = check_object(err, s, "containers.object", i, c->object);

		if (status != LG_OK)
			return status;
		if (c->object <= before)
			return out_of_range(err, "containers.object", i, c->object, "more than",
					    before);
		if (c->used > c->room)
			return out_of_range(err, "containers.used", i, c->used, "at most", c->room);
		if (s->shallow_bytes && c->apart_bytes > s->shallow_bytes[c->object])
			return out_of_range(err, "containers.apart_bytes", i, c->apart_bytes,
					    "at most", s->shallow_bytes[c->object]);
		if (c->needed_bytes > c->apart_bytes)
			return out_of_range(err, "containers.needed_bytes", i, c->needed_bytes,
					    "at most", c->apart_bytes);
		before = c->object;
	}
	return LG_OK;
}

static enum lg_status check_bounds(const struct lg_snapshot *s, struct lg_error *err)
{
	uint32_t before = 0;

	for (uint64_t i = 0; s->bounds && i < s->bound_count; i++) {
		const struct lg_bound *b = &s->bounds[i];
		enum lg_status status = check_object(err, s, "bounds.object", i, b->object);

		if (status != LG_OK)
			return status;
		if (b->object <= before)
			return out_of_range(err, "bounds.object", i, b->object, "more than", before);
		if (b->most == 0)
			return out_of_range(err, "bounds.most", i, b->most, "more than", 0);
		before = b->object;
	}
	return LG_OK;
}

static enum lg_status check_tables(const struct lg_snapshot *snapshot, struct lg_error *err)
{
	static enum lg_status (*const check[])(const struct lg_snapshot *, struct lg_error *) = {
		check_tables_present, check_strings, check_info,  check_types, check_roots,
		check_threads,        check_frames,  check_tasks, check_sites, check_allocations,
		check_equals,         check_containers, check_bounds, lg_snapshot_validate_memory,
	};

	for (unsigned i = 0; i < sizeof check / sizeof *check; i++) {
		enum lg_status status = check[i](snapshot, err);

		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

enum lg_status lg_snapshot_validate_there(const struct lg_snapshot *snapshot, struct lg_error *err)
{
	enum lg_status status = check_counts(snapshot, err);

	if (status == LG_OK)
		status = check_tables(snapshot, err);
	return status == LG_OK ? check_columns(snapshot, err) : status;
}

enum lg_status lg_snapshot_validate(const struct lg_snapshot *snapshot, struct lg_error *err)
{
	enum lg_status status = check_counts(snapshot, err);

	if (status == LG_OK)
		status = check_columns_present(snapshot, err);
	return status == LG_OK ? lg_snapshot_validate_there(snapshot, err) : status;
}
