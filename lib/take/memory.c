/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"
#include "base/cleanup.h"
#include "cpython/collector.h"
#include "cpython/pymalloc.h"
#include "take/memory.h"

static enum lg_status take_collectors(struct lg_taking *taking, struct lg_error *err)
{
	const struct lg_python *python = &taking->python;
	struct lg_snapshot *s = taking->snapshot;

	s->collectors = lg_alloc(python->interpreter_count, sizeof *s->collectors);
	if (!s->collectors)
		return lg_fail(err, LG_E_MEMORY, "no memory for %u collectors",
			       python->interpreter_count);
	for (uint32_t i = 0; i < python->interpreter_count; i++)
		lg_collector_read(python, python->interpreters[i], &s->collectors[i]);
	s->collector_count = python->interpreter_count;
	return LG_OK;
}

static enum lg_status take_pymalloc(struct lg_taking *taking, const struct lg_maps *maps,
				    struct lg_error *err)
{
	lg_cleanup(lg_pymalloc_free) struct lg_pymalloc_tables tables;
	struct lg_snapshot *s = taking->snapshot;
	enum lg_status status = lg_pymalloc_read(&taking->python, maps,
						 lg_freeze_memory(taking->freeze), &tables, err);

	if (status != LG_OK)
		return status;
	if (tables.arena_count > LG_MAX_OBJECTS || tables.pool_count > LG_MAX_OBJECTS)
		return lg_fail(err, LG_E_LIMIT, "%zu pools of pymalloc, more than %u",
			       tables.pool_count, LG_MAX_OBJECTS);
	s->info.pymalloc = tables.state;
	s->arena_count = (uint32_t)tables.arena_count;
	s->pool_count = (uint32_t)tables.pool_count;
	s->arenas = lg_take(tables.arena);
	s->pools = lg_take(tables.pool);
	return LG_OK;
}

enum lg_status lg_take_memory(struct lg_taking *taking, struct lg_error *err)
{
	const struct lg_maps *maps;
	enum lg_status status = lg_freeze_maps(taking->freeze, &maps, err);

	if (status == LG_OK)
		status = take_collectors(taking, err);
	if (status == LG_OK)
		status = take_pymalloc(taking, maps, err);
	return status;
}
