/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "leakgraph/take.h"
#include "take/info.h"
#include "take/taking.h"
#include "core/files.h"
#include "target/revive.h"

LG_DEFINE_CLEANUP(lg_core_free, struct lg_core *)

static void tell(const struct lg_take_options *options, const char *sentence)
{
	if (options->tell)
		options->tell(options->context, sentence);
}

static enum lg_status take_info(struct lg_taking *taking, const struct lg_core *core,
				struct lg_error *err)
{
	struct lg_snapshot_info *info = &taking->snapshot->info;
	const struct lg_core_mapping *program = lg_core_mapping_at(core, core->entry);
	enum lg_status status;

	info->pid = core->pid > 0 ? (uint64_t)core->pid : 0;
	info->taken_at_ns = core->written_ns > 0 ? (uint64_t)core->written_ns : 0;
	info->attempts = 1;
	info->source = LG_SOURCE_CORE;
	status = lg_intern_add(taking->strings, core->arguments, strlen(core->arguments),
			       &info->command_line, err);
	if (status == LG_OK && program)
		status = lg_intern_add(taking->strings, program->path, strlen(program->path),
				       &info->executable, err);
	return status;
}

static void tell_losses(const struct lg_take_options *options, const struct lg_core *core,
			const struct lg_core_losses *losses, uint64_t refused_bytes)
{
	char text[256];

	if (core->cut_bytes) {
		snprintf(text, sizeof text,
			 "the core was cut off: %" PRIu64 " bytes that its headers claim are missing",
			 core->cut_bytes);
		tell(options, text);
	} else if (losses->other_bytes) {
		snprintf(text, sizeof text,
			 "%" PRIu64 " bytes of the process's memory are not in the core "
			 "(coredump_filter)",
			 losses->other_bytes);
		tell(options, text);
	}
	if (refused_bytes) {
		snprintf(text, sizeof text,
			 "%" PRIu64 " bytes of memory can't stand where they stood "
			 "(vm.mmap_min_addr?)",
			 refused_bytes);
		tell(options, text);
	}
}

static enum lg_status revive(struct lg_taking *taking, const char *path,
			     struct lg_core_losses *losses, struct lg_error *err)
{
	const struct lg_take_options *options = taking->options;
	struct lg_core_sources sources = {
		.sysroot = options->sysroot,
		.tell = options->tell,
		.context = options->context,
	};
	lg_cleanup(lg_core_free_slot) struct lg_core *core = NULL;
	lg_cleanup(lg_image_free) struct lg_image image = {0};
	uint64_t refused_bytes = 0;
	enum lg_status status = lg_core_open(path, &core, err);

	if (status == LG_OK)
		status = take_info(taking, core, err);
	if (status == LG_OK)
		status = lg_core_image(core, &sources, &image, losses, err);
	if (status == LG_OK)
		status = lg_revive(&image, &taking->freeze, &refused_bytes, err);
	if (status != LG_OK)
		return status;
	tell_losses(options, core, losses, refused_bytes);
	taking->snapshot->info.missing_files = losses->files;
	taking->snapshot->info.missing_bytes =
		losses->file_bytes + losses->other_bytes + refused_bytes;
	return LG_OK;
}

/* A core without its program looks like one of no Python: what is missing is the likelier reason. */
static enum lg_status not_found(const char *path, const struct lg_core_losses *losses,
				enum lg_status status, struct lg_error *err)
{
	struct lg_error before = *err;

	if (!losses->files || (status != LG_E_ATTACH && status != LG_E_UNREADABLE))
		return lg_fail_within(err, "%s", path);
	return lg_fail(err, LG_E_ATTACH,
		       "%s: %s (%" PRIu64 " of its files are missing: see --sysroot)", path,
		       before.text, losses->files);
}

enum lg_status lg_snapshot_take_core(const char *path, const struct lg_take_options *options,
				     struct lg_snapshot **out, struct lg_error *err)
{
	lg_cleanup(lg_taking_release) struct lg_taking taking;
	enum lg_status status = lg_taking_begin(&taking, options, err);
	struct lg_core_losses losses = {0};
	bool collecting = false;

	*out = NULL;
	if (status == LG_OK)
		status = revive(&taking, path, &losses, err);
	if (status != LG_OK)
		return status;
	status = lg_taking_find(&taking, &collecting, err);
	taking.snapshot->info.gc_running = collecting;
	if (status != LG_OK)
		return not_found(path, &losses, status, err);
	return lg_taking_finish(&taking, path, out, err);
}
