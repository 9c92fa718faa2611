/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "dumping.h"
#include "exit_codes.h"

/* In the folder for temporary files; the verdict's next steps need it, so it stays. */
static void temporary_path(pid_t pid, char path[PATH_MAX])
{
	const char *folder = getenv("TMPDIR");
	time_t now = time(NULL);
	struct tm parts;
	char stamp[32];

	gmtime_r(&now, &parts);
	strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &parts);
	snprintf(path, PATH_MAX, "%s/leakgraph-%d-%s.msgpack", folder && *folder ? folder : "/tmp",
		 pid, stamp);
}

static int run(const struct arguments *arguments)
{
	struct arguments analyze = *arguments;
	char temporary[PATH_MAX], *path;
	struct dump_result result;
	struct lg_error err = {0};
	pid_t pid;

	if (!parse_pid(&cmd_once, arguments->operand[0], &pid))
		return EXIT_USAGE;
	temporary_path(pid, temporary);
	path = arguments->output ? (char *)arguments->output : temporary;
	if (dump_process(pid, path, arguments, &result, &err) != LG_OK)
		return report_failure(&err);
	warn_of_dump(&result);
	if (!arguments->json) {
		print_dump(path, &result);
		putchar('\n');
	}
	analyze.operand = &path;
	return cmd_analyze.run(&analyze);
}

const struct command cmd_once = {
	IN_ONCE,
	"PID",
	"",
	1,
	1,
	"dump and analyze in one go",
	"Takes a dump of the process, as `leakgraph dump` does, and tells what keeps the\n"
	"memory, as `leakgraph analyze` does. The first line says where the dump is.",
	run,
};
