/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "target/plan.h"
#include "target/regular.h"

/* Bits of an entry of /proc/PID/pagemap. */
#define PAGE_PRESENT ((uint64_t)1 << 63)
#define PAGE_SWAPPED ((uint64_t)1 << 62)
#define PAGE_OF_FILE ((uint64_t)1 << 61) /* or of shared memory */

#define ENTRIES_AT_ONCE 8192

/* Holes up to this size don't make a mapping of their own: there are only so many (vm.max_map_count). */
#define MAX_HOLE_BYTES ((uint64_t)64 * LG_PAGE_BYTES)

struct planning {
	pid_t pid;
	int pagemap, root;
	struct lg_plan *plan;
	const struct lg_map *last; /* for which `file` was looked up */
	int file;
	struct lg_part span; /* of the copy, growing; empty: none */
};

void lg_plan_free(struct lg_plan *plan)
{
	free(plan->run);
	lg_image_free(&plan->image);
	*plan = (struct lg_plan){0};
}

/* By the mapping itself, for which privileges are needed; else by its path, where that is still the file. */
static int open_mapped(const struct planning *p, const struct lg_map *map)
{
	struct stat facts;
	char link[128];
	int fd;

	snprintf(link, sizeof link, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, p->pid, map->start,
		 map->end);
	lg_cleanup(lg_close) int place = open(link, O_PATH | O_CLOEXEC);
	fd = lg_reopen_regular(place);
	if (fd >= 0)
		return fd;
	fd = lg_open_regular(p->root, map->path);
	if (fd >= 0 && fstat(fd, &facts) == 0 && facts.st_ino == map->inode)
		return fd;
	lg_close(&fd);
	return -1;
}

/* Its index in the image, or -1: then its pages are copied like all others. */
static enum lg_status find_file(struct planning *p, const struct lg_map *map, struct lg_error *err)
{
	int fd;

	if (!map->inode || map->shared) {
		p->last = NULL;
		p->file = -1;
		return LG_OK;
	}
	if (p->last && p->last->inode == map->inode && strcmp(p->last->path, map->path) == 0)
		return LG_OK;
	p->last = map;
	p->file = -1;
	fd = open_mapped(p, map);
	return fd < 0 ? LG_OK : lg_image_add_file(&p->plan->image, &fd, &p->file, err);
}

/* Pages that the copy must have. Without its file a mapping has no others. */
static bool is_copied(const struct planning *p, const struct lg_map *map, uint64_t entry)
{
	if (!(entry & (PAGE_PRESENT | PAGE_SWAPPED)))
		return map->inode && !map->shared && p->file < 0;
	return map->shared || p->file < 0 || !(entry & PAGE_OF_FILE);
}

/* What lies between spans: the file, or memory that was never touched. */
static enum lg_status add_rest(struct planning *p, const struct lg_map *map, uint64_t start,
			       uint64_t end, struct lg_error *err)
{
	struct lg_part part = {
		.start = start,
		.end = end,
		.file = p->file,
		.offset = p->file < 0 ? 0 : map->offset + (start - map->start),
		.readable = true,
		.writable = map->writable,
		.executable = map->executable,
	};

	return lg_image_add_part(&p->plan->image, &part, err);
}

static enum lg_status end_span(struct planning *p, struct lg_error *err)
{
	enum lg_status status = lg_image_add_part(&p->plan->image, &p->span, err);

	p->plan->bytes += p->span.end - p->span.start;
	p->span.start = p->span.end;
	return status;
}

static enum lg_status add_run(struct planning *p, uint64_t start, uint64_t bytes, struct lg_error *err)
{
	struct lg_plan *plan = p->plan;

	while (bytes) {
		uint64_t step = bytes < LG_RUN_BYTES ? bytes : LG_RUN_BYTES;

		if (!lg_reserve(plan->run, plan->run_capacity, plan->run_count + 1))
			return lg_fail(err, LG_E_MEMORY, "no memory for %zu runs of pages",
				       plan->run_count + 1);
		plan->run[plan->run_count++] = (struct lg_run){
			.start = start,
			.bytes = step,
			.offset = p->span.offset + (start - p->span.start),
		};
		start += step;
		bytes -= step;
	}
	return LG_OK;
}

/* A run of pages to be copied: behind the span before, if the hole is small and is of no file. */
static enum lg_status take_run(struct planning *p, const struct lg_map *map, uint64_t start,
			       uint64_t end, struct lg_error *err)
{
	bool goes_on = p->span.end > p->span.start &&
		       (start == p->span.end ||
			(p->file < 0 && start - p->span.end <= MAX_HOLE_BYTES));
	enum lg_status status = LG_OK;

	if (!goes_on) {
		uint64_t rest = p->span.end;

		status = end_span(p, err);
		if (status == LG_OK)
			status = add_rest(p, map, rest, start, err);
		p->span = (struct lg_part){
			.start = start,
			.offset = p->plan->bytes,
			.readable = true,
			.writable = map->writable,
			.executable = map->executable,
		};
	}
	if (status == LG_OK)
		status = add_run(p, start, end - start, err);
	p->span.end = end;
	return status;
}

static enum lg_status plan_map(struct planning *p, const struct lg_map *map, struct lg_error *err)
{
	uint64_t entry[ENTRIES_AT_ONCE], run = 0;
	enum lg_status status = find_file(p, map, err);

	p->span = (struct lg_part){.start = map->start, .end = map->start};
	for (uint64_t at = map->start; at < map->end && status == LG_OK;) {
		size_t want = (map->end - at) / LG_PAGE_BYTES;
		ssize_t got;

		if (want > ENTRIES_AT_ONCE)
			want = ENTRIES_AT_ONCE;
		got = pread(p->pagemap, entry, want * sizeof *entry,
			    (off_t)(at / LG_PAGE_BYTES * sizeof *entry));
		if (got < (ssize_t)sizeof *entry)
			return lg_fail(err, LG_E_ATTACH, "/proc/%d/pagemap: %s", p->pid,
				       got < 0 ? strerror(errno) : "it ends too early");
		for (size_t i = 0; i < (size_t)got / sizeof *entry && status == LG_OK;
		     i++, at += LG_PAGE_BYTES) {
			bool copied = is_copied(p, map, entry[i]);

			if (copied && !run)
				run = at;
			if (!copied && run) {
				status = take_run(p, map, run, at, err);
				run = 0;
			}
		}
	}
	if (status == LG_OK && run)
		status = take_run(p, map, run, map->end, err);
	run = p->span.end;
	if (status == LG_OK)
		status = end_span(p, err);
	return status == LG_OK ? add_rest(p, map, run, map->end, err) : status;
}

static void count(struct lg_freeze_extent *extent, const struct lg_map *map)
{
	extent->mapped_bytes += map->end - map->start;
	if (map->writable)
		extent->data_bytes += map->end - map->start;
}

/* The kernel's own pages ([vdso], [vvar], [vsyscall]) are of no use elsewhere. */
static enum lg_status plan_maps(struct planning *p, struct lg_error *err)
{
	const struct lg_maps *maps = &p->plan->image.maps;
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < maps->count && status == LG_OK; i++) {
		const struct lg_map *map = &maps->map[i];

		if (!map->readable || strncmp(map->path, "[v", 2) == 0)
			continue;
		count(&p->plan->image.extent, map);
		status = plan_map(p, map, err);
	}
	p->plan->image.extent.resident_bytes = p->plan->bytes;
	return status;
}

enum lg_status lg_plan_make(pid_t pid, int *copy, struct lg_plan *out, struct lg_error *err)
{
	struct planning planning = {.pid = pid, .plan = out};
	char path[64];
	enum lg_status status;
	int ignored;

	*out = (struct lg_plan){0};
	status = lg_image_add_file(&out->image, copy, &ignored, err);
	if (status != LG_OK)
		return status;
	snprintf(path, sizeof path, "/proc/%d/pagemap", pid);
	lg_cleanup(lg_close) int pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return lg_fail(err, LG_E_ATTACH, "%s: %s", path, strerror(errno));
	snprintf(path, sizeof path, "/proc/%d/root", pid);
	lg_cleanup(lg_close) int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	planning.pagemap = pagemap;
	planning.root = root;
	status = lg_maps_read(pid, &out->image.maps, err);
	return status == LG_OK ? plan_maps(&planning, err) : status;
}
