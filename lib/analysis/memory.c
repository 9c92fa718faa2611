/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "analysis/accounting.h"
#include "analysis/garbage.h"
#include "analysis/pins.h"
#include "base/array.h"
#include "base/cleanup.h"

#define DEFAULT_TOP 10
/* Room for sizes of blocks: a multiple of 16 up to 512, in any interpreter there is. */
#define SIZES 32
#define FILE_COLUMNS 100

LG_DEFINE_CLEANUP(lg_memory_free, struct lg_memory_report *)

void lg_memory_free(struct lg_memory_report *report)
{
	if (!report)
		return;
	lg_pool_free(report->pool);
	free(report);
}

/* Ascending. A made-up dump may have more sizes than any interpreter: the largest are left out. */
static void add_size(struct lg_memory_report *out, const struct lg_arena_pool *pool)
{
	size_t at = out->size_count;

	while (at > 0 && out->size[at - 1].block_bytes > pool->block_bytes)
		at--;
	if (at == 0 || out->size[at - 1].block_bytes != pool->block_bytes) {
		if (at == SIZES)
			return;
		if (out->size_count < SIZES)
			out->size_count++;
		for (size_t i = out->size_count - 1; i > at; i--)
			out->size[i] = out->size[i - 1];
		out->size[at++] = (struct lg_block_size){ .block_bytes = pool->block_bytes };
	}
	out->size[at - 1].pools++;
	out->size[at - 1].live += pool->live;
	out->size[at - 1].free += pool->blocks - pool->live;
}

static void list_sizes(const struct lg_snapshot *s, struct lg_memory_report *out)
{
	out->size = lg_pool_array(out->pool, SIZES, sizeof *out->size);
	for (uint32_t i = 0; out->size && i < s->pool_count; i++)
		add_size(out, &s->pools[i]);
}

/* ---- files ---- */

static int by_file(const void *left, const void *right)
{
	const struct lg_mapping *const *a = left, *const *b = right;

	return ((*a)->file > (*b)->file) - ((*a)->file < (*b)->file);
}

static int by_resident(const void *left, const void *right)
{
	const struct lg_file_row *a = left, *b = right;
	uint64_t x = a->file_bytes + a->anonymous_bytes, y = b->file_bytes + b->anonymous_bytes;

	return (x < y) - (x > y);
}

static const char *file_text(const struct lg_snapshot *s, uint32_t file, struct lg_pool *pool)
{
	struct lg_buffer text = {0};

	lg_buffer_name(&text, lg_snapshot_string(s, file), 0, FILE_COLUMNS);
	return lg_buffer_keep(&text, pool);
}

static enum lg_status list_files(const struct lg_snapshot *s, uint32_t top,
				 struct lg_memory_report *out, struct lg_error *err)
{
	lg_cleanup(lg_free) const struct lg_mapping **mapping =
		lg_alloc(s->mapping_count, sizeof *mapping);
	struct lg_file_row *row = lg_pool_array(out->pool, s->mapping_count, sizeof *row);
	size_t count = 0, rows = 0;

	if (!mapping)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u mappings", s->mapping_count);
	for (uint32_t i = 0; i < s->mapping_count; i++)
		if (s->mappings[i].file)
			mapping[count++] = &s->mappings[i];
	if (count)
		qsort(mapping, count, sizeof *mapping, by_file);
	for (size_t i = 0; row && i < count; i++) {
		if (i == 0 || mapping[i]->file != mapping[i - 1]->file)
			row[rows++].file = file_text(s, mapping[i]->file, out->pool);
		row[rows - 1].mapped_bytes += mapping[i]->bytes;
		row[rows - 1].file_bytes += mapping[i]->file_bytes;
		row[rows - 1].anonymous_bytes += mapping[i]->anonymous_bytes;
	}
	if (rows)
		qsort(row, rows, sizeof *row, by_resident);
	out->file = row;
	out->file_total = rows;
	out->file_count = rows < top ? rows : top;
	return LG_OK;
}

enum lg_status lg_memory_build(struct lg_analysis *analysis, uint32_t top,
			       struct lg_memory_report **out, struct lg_error *err)
{
	lg_cleanup(lg_memory_free_slot) struct lg_memory_report *report = calloc(1, sizeof *report);
	const struct lg_snapshot *s = analysis->snapshot;
	enum lg_status status;

	*out = NULL;
	if (report)
		report->pool = lg_pool_new();
	if (!report || !report->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for a report");
	lg_analysis_summary(analysis, report->pool, &report->summary);
	lg_accounting_build(s, &report->accounting);
	report->swap_bytes = s->info.swap_bytes;
	report->pss_bytes = s->info.pss_bytes;
	report->private_bytes = s->info.private_bytes;
	report->huge_bytes = s->info.huge_bytes;
	report->malloc = file_text(s, s->info.malloc, report->pool);
	report->heap = s->heaps;
	report->heap_count = s->heap_count;
	report->collector = s->collectors;
	report->collector_count = s->collector_count;
	list_sizes(s, report);
	status = list_files(s, top ? top : DEFAULT_TOP, report, err);
	if (status == LG_OK)
		status = lg_pins_find(analysis, report->pool, &report->pins, err);
	if (status == LG_OK)
		status = lg_arenas_tell(analysis, top ? top : DEFAULT_TOP, report->pool, report, err);
	if (status == LG_OK)
		status = lg_garbage_summarize(analysis, report->pool, &report->garbage, err);
	if (status == LG_OK)
		status = lg_pool_check(report->pool, err);
	if (status == LG_OK)
		*out = lg_take(report);
	return status;
}
