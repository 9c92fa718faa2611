/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bisect.h"
#include "target/maps.h"
#include "target/proc.h"

/* vm.max_map_count is 65,530 by default; some databases raise it into the millions. */
#define MAX_MAPPINGS ((size_t)1 << 22)

/* The kernel writes the table a page at a time: one that changes meanwhile can overlap itself. */
#define READ_ATTEMPTS 20

void lg_maps_free(struct lg_maps *maps)
{
	if (!maps)
		return;
	free(maps->map);
	free(maps->text);
	*maps = (struct lg_maps){0};
}

/* "start-end perms offset major:minor inode    path"; the line is terminated. */
static bool parse_line(char *line, struct lg_map *out)
{
	unsigned long long start, end, offset, inode;
	char permissions[5];
	int used = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %*x:%*x %llu%n", &start, &end, permissions, &offset,
		   &inode, &used) != 5 ||
	    used == 0 || start >= end)
		return false;
	line += used;
	line += strspn(line, " ");
	*out = (struct lg_map){
		.start = start,
		.end = end,
		.offset = offset,
		.inode = inode,
		.readable = permissions[0] == 'r',
		.writable = permissions[0] && permissions[1] == 'w',
		.executable = strlen(permissions) > 2 && permissions[2] == 'x',
		.shared = strlen(permissions) > 3 && permissions[3] == 's',
		.path = line,
	};
	return true;
}

enum lg_status lg_maps_parse(char *text, struct lg_maps *out, struct lg_error *err)
{
	size_t capacity = 0;
	char *line = text;

	*out = (struct lg_maps){.text = text};
	for (size_t number = 1; *line; number++) {
		char *end = strchr(line, '\n');
		struct lg_map *map;

		if (end)
			*end = 0;
		if (out->count == MAX_MAPPINGS || !lg_reserve(out->map, capacity, out->count + 1)) {
			lg_fail(err, LG_E_MEMORY, "no memory for a table of %zu mappings",
				out->count + 1);
			lg_maps_free(out);
			return LG_E_MEMORY;
		}
		map = &out->map[out->count];
		if (!parse_line(line, map) || (out->count && map->start < map[-1].end)) {
			lg_fail(err, LG_E_ATTACH,
				"maps, line %zu: '%.80s' is not an ascending mapping", number,
				line);
			lg_maps_free(out);
			return LG_E_ATTACH;
		}
		out->count++;
		if (!end)
			break;
		line = end + 1;
	}
	return LG_OK;
}

enum lg_status lg_maps_read(pid_t pid, struct lg_maps *out, struct lg_error *err)
{
	enum lg_status status = LG_E_ATTACH;
	char path[64];

	*out = (struct lg_maps){0};
	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	for (int i = 0; status == LG_E_ATTACH && i < READ_ATTEMPTS; i++) {
		char *text;

		status = lg_proc_read(path, &text, err);
		if (status != LG_OK)
			return status;
		status = lg_maps_parse(text, out, err);
	}
	return status;
}

const struct lg_map *lg_maps_find(const struct lg_maps *maps, uint64_t address)
{
	size_t low = lg_bisect(at, maps->count, address >= maps->map[at].end);

	if (low == maps->count || address < maps->map[low].start)
		return NULL;
	return &maps->map[low];
}
