/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "detach.h"
#include "dumping.h"
#include "exit_codes.h"

static void print_result(const char *path, const struct dump_result *result)
{
	char objects[LG_NUMBER_TEXT_BYTES], references[LG_NUMBER_TEXT_BYTES];
	char bytes[LG_NUMBER_TEXT_BYTES];

	printf("%s: %s objects, %s references, %s; the process stood still for %.1f ms, "
	       "walked in %.2f s\n",
	       path, lg_count_text(result->objects, objects),
	       lg_count_text(result->references, references), lg_bytes_text(result->bytes, bytes),
	       (double)result->pause_ns / 1e6, (double)result->walk_ns / 1e9);
	warn_of_dump(result);
}

static int dump(const struct arguments *arguments)
{
	const char *path = arguments->output;
	struct dump_result result;
	struct lg_error err = {0};
	char default_path[64];
	pid_t pid;

	if (!parse_pid(&cmd_dump, arguments->operand[0], &pid))
		return EXIT_USAGE;
	snprintf(default_path, sizeof default_path, "leakgraph-%d.msgpack", pid);
	if (!path)
		path = default_path;
	if (strcmp(path, "-") == 0)
		return report_error(LG_E_USAGE, "--output expects the name of a file, not '-': a "
				    "dump is not written to a stream");
	if (dump_process(pid, path, arguments, &result, &err) != LG_OK)
		return report_failure(&err);
	print_result(path, &result);
	return EXIT_FINE;
}

static int run(const struct arguments *arguments)
{
	int code;

	if (!arguments->detach)
		return dump(arguments);
	if (!detach())
		return EXIT_INTERRUPTED;
	code = dump(arguments);
	printf("exit %d\n", code);
	return code;
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
