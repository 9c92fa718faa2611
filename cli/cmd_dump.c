/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exit_codes.h"
#include "options.h"
#include "screen.h"

/* What the guarded child tells the parent, in memory that both see. */
struct result {
	uint64_t objects, references, bytes, pause_ns, walk_ns, faults, attempts;
	bool gc_running;
};

struct job {
	pid_t pid;
	const char *path;
	const struct arguments *arguments;
	struct result *result;
};

static void tell(const struct lg_snapshot *snapshot, struct result *out)
{
	const struct lg_snapshot_info *info = &snapshot->info;

	*out = (struct result){
		.references = snapshot->reference_count,
		.pause_ns = info->pause_ns,
		.walk_ns = info->walk_ns,
		.faults = info->faults,
		.attempts = info->attempts,
		.gc_running = info->gc_running != 0,
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

static enum lg_status work(void *context, struct lg_error *err)
{
	const struct job *job = context;
	scoped(snapshot_close) struct lg_snapshot *snapshot = NULL;
	struct lg_take_options take = {
		.attempts = job->arguments->attempts,
		.progress = progress_open(lg_guard_stopped),
	};
	struct lg_dump_write_options options = {
		.redact = job->arguments->redact,
		.progress = take.progress,
	};
	enum lg_status status = lg_snapshot_take(job->pid, &take, &snapshot, err);

	if (status == LG_OK)
		status = lg_dump_write(job->path, snapshot, &options, err);
	if (status == LG_OK)
		tell(snapshot, job->result);
	progress_erase();
	return status;
}

static void print_result(const char *path, const struct result *result)
{
	char objects[LG_NUMBER_TEXT_BYTES], references[LG_NUMBER_TEXT_BYTES];
	char bytes[LG_NUMBER_TEXT_BYTES];

	printf("%s: %s objects, %s references, %s; the process stood still for %.1f ms, "
	       "walked in %.2f s\n",
	       path, lg_count_text(result->objects, objects),
	       lg_count_text(result->references, references), lg_bytes_text(result->bytes, bytes),
	       (double)result->pause_ns / 1e6, (double)result->walk_ns / 1e9);
	if (result->gc_running)
		fprintf(stderr,
			"leakgraph: warning: a collection was under way in all %llu copies: "
			"objects may be missing (try again, or --attempts)\n",
			(unsigned long long)result->attempts);
	if (result->faults)
		fprintf(stderr, "leakgraph: warning: %s objects could not be read in full\n",
			lg_count_text(result->faults, objects));
}

static void result_close(struct result **result)
{
	if (*result)
		munmap(*result, sizeof **result);
}

static int run(const struct arguments *arguments)
{
	char default_path[64];
	struct job job = {.arguments = arguments, .path = arguments->output};
	scoped(result_close) struct result *result = NULL;
	struct lg_error err = {0};
	uint64_t pid;
	void *shared;

	if (!parse_u64(arguments->operand[0], 1, INT_MAX, &pid))
		return report_error(LG_E_USAGE, "dump expects the number of a process, not '%s'",
				    arguments->operand[0]);
	snprintf(default_path, sizeof default_path, "leakgraph-%llu.msgpack",
		 (unsigned long long)pid);
	if (!job.path)
		job.path = default_path;
	if (strcmp(job.path, "-") == 0)
		return report_error(LG_E_USAGE, "--output expects the name of a file, not '-': a "
				    "dump is not written to a stream");
	/* Before the process is stopped for nothing. */
	if (lg_dump_check_path(job.path, &err) != LG_OK)
		return report_failure(&err);
	shared = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return report_error(LG_E_MEMORY, "no memory for a page: %s", strerror(errno));
	job.pid = (pid_t)pid;
	job.result = result = shared;
	/* What waits in the buffer would be written by the guarded child, too. */
	fflush(stdout);
	if (lg_guard_run(job.pid, work, &job, &err) != LG_OK)
		return report_failure(&err);
	print_result(job.path, result);
	return EXIT_FINE;
}

const struct command cmd_dump = {
	IN_DUMP,
	"dump",
	"PID",
	1,
	1,
	"take a dump of a running Python process",
	"Takes a frozen copy of the process and writes its objects and references to a\n"
	"file. The process stands still for about as long as its own fork would take;\n"
	"nothing is loaded into it, no code of ours runs in it. Values of strings are\n"
	"not recorded; names of attributes, variables and short keys are (--redact).",
	run,
};
