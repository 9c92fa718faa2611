/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bisect.h"
#include "base/cleanup.h"
#include "target/proc.h"
#include "target/residency.h"

/* An entry of pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#define ENTRY_PRESENT (1ull << 63)
#define ENTRY_SWAPPED (1ull << 62)
#define ENTRY_FILE (1ull << 61) /* or shared anonymous */
#define PAGE_ENTRIES 4096

void lg_residency_free(struct lg_residency *residency)
{
	free(residency->map);
	*residency = (struct lg_residency){0};
}

/* "Name:   12 kB" */
static bool field(const char *line, const char *name, uint64_t *bytes)
{
	size_t length = strlen(name);

	if (strncmp(line, name, length) != 0 || line[length] != ':')
		return false;
	*bytes = strtoull(line + length + 1, NULL, 10) * 1024;
	return true;
}

/* The line that begins a mapping; fields begin with a capital. */
static bool heading(const char *line, struct lg_resident *out)
{
	unsigned long long start, end;

	if (sscanf(line, "%llx-%llx ", &start, &end) != 2 || start >= end)
		return false;
	*out = (struct lg_resident){ .start = start, .end = end };
	return true;
}

enum lg_status lg_residency_parse(const char *text, struct lg_residency *out, struct lg_error *err)
{
	size_t capacity = 0;

	*out = (struct lg_residency){0};
	for (const char *line = text; *line;) {
		const char *end = strchr(line, '\n');
		struct lg_resident map;

		if (*line >= 'A' && *line <= 'Z') {
			struct lg_resident *last = out->count ? &out->map[out->count - 1] : &map;

			if (!field(line, "Anonymous", &last->anonymous_bytes))
				field(line, "Swap", &last->swap_bytes);
		} else if (!heading(line, &map) ||
			   (out->count && map.start < out->map[out->count - 1].end)) {
			return lg_fail(err, LG_E_ATTACH, "smaps: '%.60s' begins no ascending mapping",
				       line);
		} else {
			if (!lg_reserve(out->map, capacity, out->count + 1))
				return lg_fail(err, LG_E_MEMORY, "no memory for %zu mappings",
					       out->count + 1);
			out->map[out->count++] = map;
		}
		if (!end)
			break;
		line = end + 1;
	}
	return LG_OK;
}

enum lg_status lg_residency_read(pid_t pid, struct lg_residency *out, struct lg_error *err)
{
	lg_cleanup(lg_free) char *text = NULL;
	char path[64];
	enum lg_status status;

	*out = (struct lg_residency){0};
	snprintf(path, sizeof path, "/proc/%d/smaps", pid);
	status = lg_proc_read(path, &text, err);
	return status == LG_OK ? lg_residency_parse(text, out, err) : status;
}

const struct lg_resident *lg_residency_find(const struct lg_residency *residency, uint64_t start)
{
	size_t low = lg_bisect(at, residency->count, residency->map[at].start < start);

	if (low == residency->count || residency->map[low].start != start)
		return NULL;
	return &residency->map[low];
}

struct lg_rollup lg_rollup_read(pid_t pid)
{
	lg_cleanup(lg_free) char *text = NULL;
	struct lg_rollup out = {0};
	char path[64];
	struct lg_error ignored;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
	if (lg_proc_read(path, &text, &ignored) != LG_OK)
		return out;
	for (const char *line = strchr(text, '\n'); line; line = strchr(line, '\n')) {
		uint64_t bytes = 0;

		line++;
		if (field(line, "Rss", &out.rss_bytes) || field(line, "Pss", &out.pss_bytes) ||
		    field(line, "Anonymous", &out.anonymous_bytes) ||
		    field(line, "Swap", &out.swap_bytes) ||
		    field(line, "AnonHugePages", &out.huge_bytes))
			continue;
		if (field(line, "Private_Clean", &bytes) || field(line, "Private_Dirty", &bytes))
			out.private_bytes += bytes;
	}
	return out;
}

int lg_pagemap_open(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/pagemap", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Entries of at most `most` pages. Fewer where the file ends. */
static uint64_t read_entries(int pagemap, uint64_t page, uint64_t most,
			     uint64_t entry[PAGE_ENTRIES])
{
	size_t some = most < PAGE_ENTRIES ? most : PAGE_ENTRIES;
	ssize_t got = pread(pagemap, entry, some * sizeof *entry, (off_t)(page * sizeof *entry));

	return got < 0 ? 0 : (uint64_t)got / sizeof *entry;
}

struct lg_page_walk {
	int pagemap;
	uint64_t first, count; /* of the entries read, by page number */
	uint64_t entry[PAGE_ENTRIES];
};

struct lg_page_walk *lg_page_walk_new(pid_t pid)
{
	struct lg_page_walk *walk = calloc(1, sizeof *walk);

	if (walk)
		walk->pagemap = pid ? lg_pagemap_open(pid) : -1;
	return walk;
}

void lg_page_walk_free(struct lg_page_walk *walk)
{
	if (walk)
		lg_close(&walk->pagemap);
	free(walk);
}

uint64_t lg_page_walk_next(struct lg_page_walk *walk, uint64_t address, uint64_t end)
{
	uint64_t last = end / LG_PAGE_BYTES;

	if (walk->pagemap < 0)
		return address;
	for (uint64_t page = address / LG_PAGE_BYTES; page < last; page++) {
		if (page - walk->first >= walk->count) {
			walk->first = page;
			walk->count = read_entries(walk->pagemap, page, last - page, walk->entry);
			if (walk->count == 0)
				break;
		}
		if (walk->entry[page - walk->first] & (ENTRY_PRESENT | ENTRY_SWAPPED))
			return page * LG_PAGE_BYTES;
	}
	return end;
}

struct lg_page_counts lg_pagemap_count(int pagemap, uint64_t start, uint64_t end)
{
	struct lg_page_counts out = {0};
	uint64_t entry[PAGE_ENTRIES];

	for (uint64_t page = start / LG_PAGE_BYTES, last = end / LG_PAGE_BYTES; page < last;) {
		uint64_t some = read_entries(pagemap, page, last - page, entry);

		if (some == 0)
			break;
		for (uint64_t i = 0; i < some; i++) {
			bool present = entry[i] & ENTRY_PRESENT, file = entry[i] & ENTRY_FILE;

			out.file += present && file;
			out.anonymous += present && !file;
			out.swapped += !present && entry[i] & ENTRY_SWAPPED;
		}
		page += some;
	}
	return out;
}
