/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_MAPS_H
#define LG_TARGET_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "leakgraph/status.h"

/* One mapping of /proc/PID/maps. */
struct lg_map {
	uint64_t start, end, offset;
	uint64_t inode;
	bool readable, writable, executable;
	bool shared; /* what is written to it is for all who have it mapped */
	char *path; /* "" for anonymous; owned by the table */
};

struct lg_maps {
	struct lg_map *map;
	size_t count;
	char *text; /* what the paths point into */
};

/*
 * Ascending by address; the caller frees. Of a process that runs, mappings made
 * or gone while the table is read may be in it or not.
 */
enum lg_status lg_maps_read(pid_t pid, struct lg_maps *out, struct lg_error *err) LG_MUST_CHECK;
void lg_maps_free(struct lg_maps *maps);

/*
 * The same from the text of such a file. Takes text over (malloc'd, with a
 * terminating 0), also when it fails. O(length).
 */
enum lg_status lg_maps_parse(char *text, struct lg_maps *out, struct lg_error *err) LG_MUST_CHECK;

/* The mapping that holds address, or NULL. O(log count). */
const struct lg_map *lg_maps_find(const struct lg_maps *maps, uint64_t address);

#endif
