/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/collector.h"
#include "cpython/pymalloc.h"
#include "native/glibc.h"
#include "native/stacks.h"
#include "take/mappings.h"
#include "take/memory.h"
#include "walker/lists.h"
#include "walker/scatter.h"

LG_DEFINE_CLEANUP(lg_page_walk_free, struct lg_page_walk *)

static enum lg_status take_collectors(struct lg_taking *taking, struct lg_error *err)
{
	const struct lg_python *python = &taking->python;
	struct lg_snapshot *s = taking->snapshot;
	/* Or all interpreters share one. */
	uint32_t count = python->layout->runtime.gc ? 1 : python->interpreter_count;

	s->collectors = lg_alloc(count, sizeof *s->collectors);
	if (!s->collectors)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u collectors", count);
	for (uint32_t i = 0; i < count; i++)
		lg_collector_read(python, python->interpreters[i], &s->collectors[i]);
	s->collector_count = count;
	return LG_OK;
}

static enum lg_status read_pools(struct lg_taking *taking, const struct lg_left *left,
				 struct lg_pymalloc_tables *tables, struct lg_error *err)
{
	lg_cleanup(lg_free) struct lg_pool_header *header =
		lg_alloc_zero(tables->header_count, sizeof *header);
	enum lg_status status;

	if (!header)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu pools of pymalloc",
			       tables->header_count);
	status = lg_scatter_read(taking->freeze, left, tables->header, tables->header_count,
				 sizeof *header / sizeof(uint64_t), (uint64_t *)header, err);
	if (status != LG_OK)
		return status;
	return lg_pymalloc_add_pools(&taking->python, header, tables, err);
}

static enum lg_status take_pymalloc(struct lg_taking *taking, const struct lg_maps *maps,
				    const struct lg_left *left, struct lg_error *err)
{
	lg_cleanup(lg_pymalloc_free) struct lg_pymalloc_tables tables;
	struct lg_snapshot *s = taking->snapshot;
	enum lg_status status = lg_pymalloc_read(&taking->python, maps,
						 lg_freeze_memory(taking->freeze), &tables, err);

	if (status == LG_OK)
		status = read_pools(taking, left, &tables, err);
	if (status != LG_OK)
		return status;
	if (tables.pool_count > LG_MAX_OBJECTS)
		return lg_fail(err, LG_E_LIMIT, "%zu pools of pymalloc, more than %u",
			       tables.pool_count, LG_MAX_OBJECTS);
	s->info.pymalloc = tables.state;
	s->arena_count = (uint32_t)tables.arena_count;
	s->pool_count = (uint32_t)tables.pool_count;
	s->arenas = lg_take(tables.arena);
	s->pools = lg_take(tables.pool);
	return LG_OK;
}

static enum lg_status add_arenas(const struct lg_snapshot *s, struct lg_regions *regions,
				 struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (uint32_t i = 0; i < s->arena_count && status == LG_OK; i++)
		status = lg_regions_add(regions, s->arenas[i].address,
					s->arenas[i].address + s->arenas[i].bytes,
					LG_MAPPING_PYMALLOC, err);
	return status;
}

static enum lg_status add_stacks(const struct lg_taking *taking, const struct lg_maps *maps,
				 struct lg_regions *regions, struct lg_error *err)
{
	const struct lg_root_set *roots = &taking->roots;
	lg_cleanup(lg_free) uint64_t *ident = lg_alloc(roots->pseudo_count, sizeof *ident);
	size_t count = 0;

	if (!ident)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu threads", roots->pseudo_count);
	for (size_t i = 0; i < roots->pseudo_count; i++)
		if (roots->pseudo[i].is_thread)
			ident[count++] = roots->pseudo[i].thread.ident;
	return lg_stacks_find(lg_freeze_memory(taking->freeze), maps, ident, count, regions, err);
}

/* Call it with what else is known: only what nobody has is looked at for large blocks. */
static enum lg_status find_malloc(struct lg_taking *taking, const struct lg_maps *maps,
				  struct lg_regions *regions, struct lg_glibc *out,
				  struct lg_error *err)
{
	lg_cleanup(lg_page_walk_free_slot) struct lg_page_walk *pages =
		lg_page_walk_new(taking->process ? lg_freeze_pid(taking->freeze) : 0);
	enum lg_status status;
	const char *name;

	if (!pages)
		return lg_fail(err, LG_E_MEMORY, "no memory to look at pages");
	status = lg_glibc_read(lg_freeze_memory(taking->freeze), maps, pages, regions, out, err);
	if (status != LG_OK)
		return status;
	name = out->found ? "glibc" : "unknown";
	return lg_intern_add(taking->strings, name, strlen(name), &taking->snapshot->info.malloc,
			     err);
}

/* More free chunks than this in one heap are not counted, and said to be. */
#define MAX_FREE_CHUNKS (1u << 26)

static enum lg_status take_heaps(struct lg_taking *taking, const struct lg_glibc *glibc,
				 const struct lg_left *left, struct lg_error *err)
{
	struct lg_snapshot *s = taking->snapshot;
	lg_cleanup(lg_free) struct lg_walker_lists *lists =
		lg_alloc_zero(glibc->heap_count, sizeof *lists);
	enum lg_status status;

	s->heaps = lg_alloc(glibc->heap_count, sizeof *s->heaps);
	if (!lists || !s->heaps)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu heaps", glibc->heap_count);
	for (size_t i = 0; i < glibc->heap_count; i++)
		lists[i] = (struct lg_walker_lists){
			.bins = glibc->heap[i].bins,
			.fastbins = glibc->heap[i].fastbins,
			.bin_count = glibc->heap[i].bin_count,
			.fastbin_count = glibc->heap[i].fastbin_count,
			.most_bytes = glibc->heap[i].bytes - glibc->heap[i].top_bytes,
			.most_chunks = MAX_FREE_CHUNKS,
		};
	status = lg_walk_lists(taking->freeze, left, lists, glibc->heap_count, err);
	if (status != LG_OK)
		return status;
	for (size_t i = 0; i < glibc->heap_count; i++)
		s->heaps[i] = (struct lg_malloc_heap){
			.address = glibc->heap[i].address,
			.bytes = glibc->heap[i].bytes,
			.free_bytes = glibc->heap[i].top_bytes + lists[i].bytes,
			.top_bytes = glibc->heap[i].top_bytes,
			.free_chunks = lists[i].whole ? lists[i].chunks : LG_NONE,
		};
	s->heap_count = (uint32_t)glibc->heap_count;
	return LG_OK;
}

/* What anonymous memory is used for: by pymalloc, for stacks, by malloc. */
static enum lg_status find_regions(struct lg_taking *taking, const struct lg_maps *maps,
				   struct lg_regions *regions, struct lg_glibc *glibc,
				   struct lg_error *err)
{
	enum lg_status status = add_arenas(taking->snapshot, regions, err);

	if (status == LG_OK)
		status = add_stacks(taking, maps, regions, err);
	if (status == LG_OK)
		status = find_malloc(taking, maps, regions, glibc, err);
	lg_regions_sort(regions);
	return status;
}

/* Which pages are there. Of a core nobody can say. */
enum lg_status lg_take_memory_first(struct lg_taking *taking, struct lg_memory_taking *memory,
				    struct lg_error *err)
{
	enum lg_status status = take_collectors(taking, err);
	struct lg_error why;

	if (status != LG_OK || !taking->process)
		return status;
	status = lg_residency_read(lg_freeze_pid(taking->freeze), &memory->residency, &why);
	memory->resident_known = status == LG_OK;
	return status == LG_E_MEMORY ? lg_fail(err, status, "%s", why.text) : LG_OK;
}

enum lg_status lg_take_memory(struct lg_taking *taking, const struct lg_memory_taking *memory,
			      const struct lg_left *left, struct lg_error *err)
{
	lg_cleanup(lg_regions_free) struct lg_regions regions = {0};
	lg_cleanup(lg_glibc_free) struct lg_glibc glibc = {0};
	const struct lg_maps *maps;
	enum lg_status status = lg_freeze_maps(taking->freeze, &maps, err);

	if (status == LG_OK)
		status = take_pymalloc(taking, maps, left, err);
	if (status == LG_OK)
		status = find_regions(taking, maps, &regions, &glibc, err);
	if (status == LG_OK && memory->resident_known)
		status = lg_take_mappings(taking, maps, &memory->residency, &regions, err);
	return status == LG_OK ? take_heaps(taking, &glibc, left, err) : status;
}

void lg_memory_taking_release(struct lg_memory_taking *memory)
{
	lg_residency_free(&memory->residency);
}
