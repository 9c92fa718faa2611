/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_DUMPING_H
#define LG_CLI_DUMPING_H

#include "cli.h"

/* What there is to say of a dump that was written. */
struct dump_result {
	uint64_t process_start;
	uint64_t objects, references, bytes, pause_ns, walk_ns, faults, attempts;
	bool gc_running;
	bool of_core;
};

/*
 * Dump a process to a file in a guarded child, with the options of `dump`. With
 * arguments->core it is that file's, and pid is not looked at.
 */
enum lg_status dump_process(pid_t pid, const char *path, const struct arguments *arguments,
			    struct dump_result *out, struct lg_error *err) LG_MUST_CHECK;

/* "dump.msgpack: 226,275 objects, ...": one line. */
void print_dump(const char *path, const struct dump_result *result);

/* What the dump lacks: lines on stderr, where there are any. */
void warn_of_dump(const struct dump_result *result);

/* The operand PID. False: a line was printed, the exit code is EXIT_USAGE. */
bool parse_pid(const struct command *command, const char *text, pid_t *out);

#endif
