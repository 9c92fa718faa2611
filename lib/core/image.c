/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "core/files.h"

/* The kernel's data page and what comes with it lie right before its code, and are in no core. */
#define KERNEL_DATA_BYTES ((uint64_t)16 * LG_PAGE_BYTES)

struct laying {
	const struct lg_core *core;
	const int *file; /* by mapping */
	int core_file;
	struct lg_image *image;
	size_t map_capacity;
	bool has_memory; /* memory that the process wrote to is in the core at all */
	struct lg_core_losses *losses;
};

/* As /proc/PID/maps says it. */
static const char *path_of(const struct laying *l, const struct lg_part *range,
			   const struct lg_core_mapping *m)
{
	if (m)
		return m->path;
	if (l->core->on_stack >= range->start && l->core->on_stack < range->end)
		return "[stack]";
	return "";
}

static enum lg_status add_map(struct laying *l, const struct lg_part *range,
			      const struct lg_core_mapping *m, struct lg_error *err)
{
	struct lg_maps *maps = &l->image->maps;

	if (!lg_reserve(maps->map, l->map_capacity, maps->count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu mappings", maps->count + 1);
	maps->map[maps->count++] = (struct lg_map){
		.start = range->start,
		.end = range->end,
		.offset = m ? m->offset + (range->start - m->start) : 0,
		.inode = m && m->path[0] == '/',
		.readable = range->readable,
		.writable = range->writable,
		.executable = range->executable,
		.path = (char *)(uintptr_t)path_of(l, range, m),
	};
	return LG_OK;
}

static void count(struct laying *l, const struct lg_part *range)
{
	uint64_t bytes = range->end - range->start;

	l->image->extent.mapped_bytes += bytes;
	if (range->writable)
		l->image->extent.data_bytes += bytes;
}

static bool is_kernel_data(const struct lg_core *core, uint64_t start)
{
	return start < core->vdso && core->vdso - start <= KERNEL_DATA_BYTES;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What the core has of the range, which is then without it; and what it should have. */
static enum lg_status add_stored(struct laying *l, struct lg_part *range,
				 const struct lg_core_segment *s, struct lg_error *err)
{
	struct lg_part part = *range;
	uint64_t claimed_end = least(s->start + s->claimed_bytes, range->end);

	part.file = l->core_file;
	part.offset = s->offset + (range->start - s->start);
	part.end = least(s->start + s->stored_bytes, range->end);
	if (part.end > part.start) {
		l->image->extent.resident_bytes += part.end - part.start;
		range->start = part.end;
	}
	/* Cut off: what the mapped file has there is not what the process had. */
	if (claimed_end > range->start) {
		l->losses->other_bytes += claimed_end - range->start;
		range->start = claimed_end;
	}
	return lg_image_add_part(l->image, &part, err);
}

/* A range that one segment (or none) and one mapped file (or none) hold. */
static enum lg_status add_range(struct laying *l, struct lg_part range,
				const struct lg_core_segment *s, const struct lg_core_mapping *m,
				struct lg_error *err)
{
	enum lg_status status = add_map(l, &range, m, err);

	count(l, &range);
	if (status == LG_OK && s)
		status = add_stored(l, &range, s, err);
	if (status != LG_OK || range.start >= range.end)
		return status;
	if (m && l->file[m - l->core->mapping] >= 0) {
		range.file = l->file[m - l->core->mapping];
		range.offset = m->offset + (range.start - m->start);
		return lg_image_add_part(l->image, &range, err);
	}
	if (m || !s || !s->readable || is_kernel_data(l->core, range.start))
		return LG_OK;
	/* Never written to, so not stored: zeros. Where nothing is stored it was left out. */
	if (l->has_memory)
		return lg_image_add_part(l->image, &range, err);
	l->losses->other_bytes += range.end - range.start;
	return LG_OK;
}

/*
 * Segments and mapped files, both in order, cut each other into ranges. What gdb
 * leaves out of a core wholly, since it is in a file, is code or constants.
 */
static enum lg_status lay(struct laying *l, struct lg_error *err)
{
	const struct lg_core_segment *s = l->core->segment, *s_end = s + l->core->segment_count;
	const struct lg_core_mapping *m = l->core->mapping, *m_end = m + l->core->mapping_count;
	uint64_t at = 0;
	enum lg_status status = LG_OK;

	while ((s < s_end || m < m_end) && status == LG_OK) {
		uint64_t s_start = s < s_end ? s->start : UINT64_MAX;
		uint64_t m_start = m < m_end ? m->start : UINT64_MAX;
		const struct lg_core_segment *in_s;
		const struct lg_core_mapping *in_m;
		uint64_t s_stop, m_stop;
		struct lg_part range;

		if (at < s_start && at < m_start)
			at = s_start < m_start ? s_start : m_start;
		in_s = s_start <= at ? s : NULL;
		in_m = m_start <= at ? m : NULL;
		s_stop = in_s ? s->end : s_start;
		m_stop = in_m ? m->end : m_start;
		range = (struct lg_part){
			.start = at,
			.end = s_stop < m_stop ? s_stop : m_stop,
			.file = -1,
			.readable = in_s ? in_s->readable : true,
			.writable = in_s ? in_s->writable : false,
			.executable = in_s ? in_s->executable : true,
		};
		status = add_range(l, range, in_s, in_m, err);
		at = range.end;
		s += in_s && s->end <= at;
		m += in_m && m->end <= at;
	}
	return status;
}

enum lg_status lg_core_image(struct lg_core *core, const struct lg_core_sources *sources,
			     struct lg_image *out, struct lg_core_losses *losses,
			     struct lg_error *err)
{
	lg_cleanup(lg_free) int *file = lg_alloc(core->mapping_count, sizeof *file);
	struct laying laying = {.core = core, .file = file, .image = out, .losses = losses};
	enum lg_status status;

	*losses = (struct lg_core_losses){.other_bytes = core->beyond_bytes};
	if (!file)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu mappings", core->mapping_count);
	status = lg_core_find_files(core, sources, out, file, losses, err);
	if (status != LG_OK)
		return status;
	out->maps.text = core->paths ? lg_take(core->paths) : strdup("");
	if (!out->maps.text)
		return lg_fail(err, LG_E_MEMORY, "no memory for paths");
	for (size_t i = 0; i < core->segment_count; i++)
		laying.has_memory |= core->segment[i].writable && core->segment[i].stored_bytes;
	out->stack = lg_take(core->stack);
	out->stack_count = core->stack_count;
	out->fs_base = core->fs_base;
	out->gs_base = core->gs_base;
	status = lg_image_add_file(out, &core->fd, &laying.core_file, err);
	return status == LG_OK ? lay(&laying, err) : status;
}
