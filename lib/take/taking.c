/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>

#include "base/cleanup.h"
#include "leakgraph/take.h"
#include "take/equals.h"
#include "take/held_by_c.h"
#include "take/info.h"
#include "take/memory.h"
#include "take/sites.h"
#include "take/taking.h"
#include "take/words.h"
#include "walker/walk.h"

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum lg_status lg_taking_begin(struct lg_taking *taking, const struct lg_take_options *options,
			       struct lg_error *err)
{
	static const struct lg_take_options defaults;

	*taking = (struct lg_taking){
		.options = options ? options : &defaults,
		.strings = lg_intern_new(),
		.snapshot = lg_snapshot_new(),
	};
	if (!taking->strings || !taking->snapshot)
		return lg_fail(err, LG_E_MEMORY, "no memory for a snapshot");
	return LG_OK;
}

void lg_taking_release(struct lg_taking *taking)
{
	lg_root_set_free(&taking->roots);
	lg_taking_drop(taking);
	lg_intern_free(taking->strings);
	lg_snapshot_free(taking->snapshot);
	lg_contents_release(&taking->contents);
	lg_stacks_release(&taking->stacks);
}

void lg_taking_drop(struct lg_taking *taking)
{
	lg_page_cache_free(lg_take(taking->cache));
	lg_freeze_close(lg_take(taking->freeze));
}

enum lg_status lg_taking_explain(struct lg_taking *taking, enum lg_status status,
				 struct lg_error *err)
{
	taking->ran_short = status != LG_OK && status != LG_E_INTERRUPTED && taking->freeze &&
			    lg_freeze_ran_short(taking->freeze);
	return lg_freeze_explain(taking->freeze, status, err);
}

enum lg_status lg_taking_interrupted(struct lg_error *err)
{
	return lg_fail(err, LG_E_INTERRUPTED, "stopped by the user");
}

enum lg_status lg_taking_find(struct lg_taking *taking, bool *collecting, struct lg_error *err)
{
	const struct lg_maps *maps;
	enum lg_status status = lg_freeze_maps(taking->freeze, &maps, err);

	if (status != LG_OK)
		return status;
	taking->cache = lg_page_cache_new(lg_freeze_memory(taking->freeze));
	if (!taking->cache)
		return lg_fail(err, LG_E_MEMORY, "no memory to read the frozen copy");
	status = lg_python_find(lg_page_cache_memory(taking->cache), maps, &taking->python, err);
	if (status == LG_OK)
		status = lg_python_collecting(&taking->python, collecting, err);
	return status;
}

static enum lg_status walk(struct lg_taking *taking, struct lg_error *err)
{
	lg_cleanup(lg_memory_taking_release) struct lg_memory_taking memory = {0};
	struct lg_left left = {0};
	uint64_t start = now_ns();
	const struct lg_maps *maps = NULL;
	enum lg_status status =
		lg_roots_collect(&taking->python, taking->strings, &taking->roots, err);

	if (status == LG_OK)
		status = lg_take_memory_first(taking, &memory, err);
	if (status == LG_OK)
		status = lg_walk(taking->freeze, &taking->python, &taking->roots, taking->strings,
				 &taking->options->progress, taking->snapshot,
				 taking->options->no_contents ? NULL : &taking->contents,
				 &taking->stacks, &left, err);
	if (status == LG_OK)
		status = lg_take_memory(taking, &memory, &left, err);
	if (status == LG_OK)
		status = lg_freeze_maps(taking->freeze, &maps, err);
	if (status == LG_OK)
		status = lg_take_sites(&taking->python, maps, taking->strings, taking->snapshot,
				       err);
	taking->snapshot->info.walk_ns = now_ns() - start;
	return status;
}

static enum lg_status name_static_data(struct lg_taking *taking, uint32_t *out,
				       struct lg_error *err)
{
	static const char text[] = "static data";

	return lg_intern_add(taking->strings, text, sizeof text - 1, out, err);
}

/* All strings are known after it, and the columns are right. */
static enum lg_status close_columns(struct lg_taking *taking, const char *what, struct lg_error *err)
{
	enum lg_status status =
		lg_intern_finish(taking->strings, &taking->snapshot->strings, err);

	if (status == LG_OK)
		status = lg_snapshot_validate(taking->snapshot, err);
	if (status == LG_E_UNREADABLE)
		return lg_fail_within(err, "%s", what);
	return status;
}

/* From the copy: what of its memory says who holds what. */
static enum lg_status complete(struct lg_taking *taking, const char *what, uint32_t *static_name,
			       struct lg_error *err)
{
	lg_cleanup(lg_words_free) struct lg_words words = {0};
	enum lg_status status = lg_take_version_info(&taking->python, taking->strings,
						     &taking->snapshot->info, err);

	if (status == LG_OK)
		status = name_static_data(taking, static_name, err);
	if (status == LG_OK)
		status = lg_words_prepare(taking, &words, err);
	if (status == LG_OK)
		status = close_columns(taking, what, err);
	if (status == LG_OK)
		status = lg_words_explain(taking, &words, err);
	return status;
}

enum lg_status lg_taking_finish(struct lg_taking *taking, const char *what,
				struct lg_snapshot **out, struct lg_error *err)
{
	uint32_t static_name = 0;
	enum lg_status status = walk(taking, err);

	if (status == LG_OK)
		status = complete(taking, what, &static_name, err);
	status = lg_taking_explain(taking, status, err);
	/* The copy has done its work, and holds memory and time of the target's machine. */
	lg_freeze_close(lg_take(taking->freeze));
	if (status == LG_OK && lg_guard_stopped())
		status = lg_taking_interrupted(err);
	if (status == LG_OK)
		status = lg_held_by_c(taking->snapshot, static_name, err);
	if (status == LG_OK)
		status = lg_take_equals(&taking->contents, taking->snapshot, err);
	if (status == LG_OK)
		*out = lg_take(taking->snapshot);
	return status;
}
