/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "detach.h"
#include "dumping.h"
#include "exit_codes.h"

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
	if (dump_process(pid, path, arguments, &result, &err) != LG_OK)
		return report_failure(&err);
	print_dump(path, &result);
	warn_of_dump(&result);
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
