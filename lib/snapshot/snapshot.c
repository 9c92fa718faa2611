/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "leakgraph/snapshot.h"

struct lg_snapshot *lg_snapshot_new(void)
{
	return calloc(1, sizeof(struct lg_snapshot));
}

void lg_snapshot_free(struct lg_snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->address);
	free(snapshot->shallow_bytes);
	free(snapshot->type);
	free(snapshot->refcount);
	free(snapshot->flags);
	free(snapshot->first_reference);
	free(snapshot->ref_target);
	free(snapshot->ref_name);
	free(snapshot->ref_kind);
	free(snapshot->roots);
	free(snapshot->types);
	free(snapshot->threads);
	free(snapshot->frames);
	free(snapshot->tasks);
	free(snapshot->sites);
	free(snapshot->allocations);
	free(snapshot->equals);
	free(snapshot->containers);
	free(snapshot->bounds);
	free(snapshot->mappings);
	free(snapshot->arenas);
	free(snapshot->pools);
	free(snapshot->heaps);
	free(snapshot->collectors);
	free(snapshot->strings.offset);
	free(snapshot->strings.bytes);
	free(snapshot);
}

struct lg_text lg_snapshot_string(const struct lg_snapshot *snapshot, uint32_t string)
{
	uint64_t start = snapshot->strings.offset[string];

	return (struct lg_text){
		.bytes = snapshot->strings.bytes + start,
		.length = snapshot->strings.offset[string + 1] - start,
	};
}
