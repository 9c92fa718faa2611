/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "detach.h"
#include "dumping.h"
#include "exit_codes.h"

/* A process or a core, and how the dump is called where nobody says it. */
static bool choose(const struct arguments *arguments, pid_t *pid, char *name, size_t room)
{
	const char *core = arguments->core, *slash = core ? strrchr(core, '/') : NULL;

	*pid = 0;
	if (!core && arguments->operand_count == 0)
		report_error(LG_E_USAGE, "dump expects PID, or --core FILE (see: leakgraph help dump)");
	else if (core && arguments->operand_count)
		report_error(LG_E_USAGE, "dump expects PID or --core, not both ('%s')",
			     arguments->operand[0]);
	else if (!core && arguments->sysroot)
		report_error(LG_E_USAGE, "--sysroot expects --core: files of a running process are "
			     "its own");
	else if (core)
		return snprintf(name, room, "%s.msgpack", slash ? slash + 1 : core) > 0;
	else if (parse_pid(&cmd_dump, arguments->operand[0], pid))
		return snprintf(name, room, "leakgraph-%d.msgpack", *pid) > 0;
	return false;
}

static int dump(const struct arguments *arguments)
{
	const char *path = arguments->output;
	struct dump_result result;
	struct lg_error err = {0};
	char default_path[PATH_MAX];
	pid_t pid;

	if (!choose(arguments, &pid, default_path, sizeof default_path))
		return EXIT_USAGE;
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
	"PID | --core FILE",
	0,
	1,
	"take a dump of a running Python process, or of a core file",
	"Takes a frozen copy of the process and writes its objects and references to a\n"
	"file. The process stands still for about as long as its own fork would take;\n"
	"nothing is loaded into it, no code of ours runs in it. Values of strings are\n"
	"not recorded; names of attributes, variables and short keys are (--redact).\n"
	"Of a core file the same is read; programs and libraries, which it lacks, are\n"
	"taken from files of the same build.",
	run,
};
