/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>

#include "dumping.h"
#include "screen.h"
#include "values.h"

struct job {
	pid_t pid;
	const char *path;
	const struct arguments *arguments;
	struct dump_result *result; /* in memory that the guarded child and we both see */
};

static void sum_up(const struct lg_snapshot *snapshot, struct dump_result *out)
{
	const struct lg_snapshot_info *info = &snapshot->info;

	*out = (struct dump_result){
		.process_start = info->process_start,
		.references = snapshot->reference_count,
		.pause_ns = info->pause_ns,
		.walk_ns = info->walk_ns,
		.faults = info->faults,
		.attempts = info->attempts,
		.gc_running = info->gc_running != 0,
		.of_core = info->source == LG_SOURCE_CORE,
	};
	for (uint32_t i = 1; i < snapshot->object_count; i++) {
		out->objects += !(snapshot->flags[i] & LG_OBJECT_PSEUDO);
		out->bytes += snapshot->shallow_bytes[i];
	}
}

static void snapshot_close(struct lg_snapshot **snapshot)
{
	lg_snapshot_free(*snapshot);
}

static void tell(void *context, const char *sentence)
{
	(void)context;
	progress_erase();
	report_warning("%s", sentence);
}

static enum lg_status work(void *context, struct lg_error *err)
{
	const struct job *job = context;
	scoped(snapshot_close) struct lg_snapshot *snapshot = NULL;
	const struct arguments *arguments = job->arguments;
	struct lg_take_options take = {
		.attempts = arguments->attempts,
		.copy = arguments->copy,
		.no_contents = arguments->no_contents || arguments->redact,
		.sysroot = arguments->sysroot,
		.tell = tell,
		.progress = progress_open(lg_guard_stopped),
	};
	struct lg_dump_write_options options = {
		.redact = arguments->redact,
		.progress = take.progress,
	};
	enum lg_status status =
		arguments->core ? lg_snapshot_take_core(arguments->core, &take, &snapshot, err) :
				  lg_snapshot_take(job->pid, &take, &snapshot, err);

	if (status == LG_OK)
		status = lg_dump_write(job->path, snapshot, &options, err);
	if (status == LG_OK)
		sum_up(snapshot, job->result);
	progress_erase();
	return status;
}

static void result_close(struct dump_result **result)
{
	munmap(*result, sizeof **result);
}

enum lg_status dump_process(pid_t pid, const char *path, const struct arguments *arguments,
			    struct dump_result *out, struct lg_error *err)
{
	struct job job = {.pid = pid, .path = path, .arguments = arguments};
	enum lg_status status;
	void *shared;

	if (strcmp(path, "-") == 0)
		return lg_fail(err, LG_E_USAGE,
			       "--output expects the name of a file, not '-': a dump is not written to "
			       "a stream");
	/* Before the process is stopped for nothing. */
	status = lg_dump_check_path(path, err);
	if (status != LG_OK)
		return status;
	shared = mmap(NULL, sizeof *out, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return lg_fail(err, LG_E_MEMORY, "no memory for a page: %s", strerror(errno));
	scoped(result_close) struct dump_result *result = shared;
	job.result = result;
	/* What waits in the buffer would be written by the guarded child, too. */
	fflush(stdout);
	status = lg_guard_run(pid, work, &job, err);
	if (status == LG_OK)
		*out = *result;
	return status;
}

void print_dump(const char *path, const struct dump_result *result)
{
	char objects[LG_NUMBER_TEXT_BYTES], references[LG_NUMBER_TEXT_BYTES];
	char bytes[LG_NUMBER_TEXT_BYTES];

	printf("%s: %s objects, %s references, %s; ", path, lg_count_text(result->objects, objects),
	       lg_count_text(result->references, references), lg_bytes_text(result->bytes, bytes));
	if (!result->of_core)
		printf("the process stood still for %.1f ms, ", (double)result->pause_ns / 1e6);
	printf("walked in %.2f s\n", (double)result->walk_ns / 1e9);
}

void warn_of_dump(const struct dump_result *result)
{
	char objects[LG_NUMBER_TEXT_BYTES];

	if (result->gc_running)
		report_warning("a collection was under way in all %llu copies: objects may be "
			       "missing (try again, or --attempts)",
			       (unsigned long long)result->attempts);
	if (result->faults)
		report_warning("%s objects could not be read in full",
			       lg_count_text(result->faults, objects));
}

bool parse_pid(const struct command *command, const char *text, pid_t *out)
{
	uint64_t pid;

	if (!parse_u64(text, 1, INT_MAX, &pid)) {
		report_error(LG_E_USAGE, "%s expects the number of a process, not '%s'",
			     command->name, text);
		return false;
	}
	*out = (pid_t)pid;
	return true;
}
