/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_CLI_H
#define LG_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "leakgraph/leakgraph.h"

/* As lib/base/cleanup.h has it; the command line sees only include/leakgraph. */
#define scoped(function) __attribute__((cleanup(function)))

enum command_bit {
	IN_DUMP = 1 << 0,
	IN_ANALYZE = 1 << 1,
	IN_TYPES = 1 << 2,
	IN_TREE = 1 << 3,
	IN_PATH = 1 << 4,
	IN_INFO = 1 << 5,
	IN_WATCH = 1 << 6,
	IN_ONCE = 1 << 7,
	IN_MEMORY = 1 << 8,
	IN_CLASSES = 1 << 9,
	IN_EXPORT = 1 << 10,
	IN_CUT = 1 << 11,
	IN_SUMMARIZE = 1 << 12,
	IN_DIFF = 1 << 13,
	IN_QUERY = 1 << 14,
	IN_WASTE = 1 << 15,
	IN_CYCLES = 1 << 16,
	IN_TREND = 1 << 17,
};

/* What an option was given, each time or as several words behind it. */
#define MAX_TEXTS 64
struct texts {
	const char *text[MAX_TEXTS];
	size_t count;
};

/* How rows are printed. */
enum row_format { ROWS_TABLE = 0, ROWS_CSV, ROWS_JSON };

/* One of the formats of `export`, and what it is to be of. */
struct export_choice {
	enum lg_export_format format;
	const char *what;
};

/* All that can stand on a command line; each command uses its part. */
struct arguments {
	bool json, redact, copy, no_contents, detach, index, package, referrers, help;
	uint32_t top, depth, attempts, most;
	double min_share; /* 0 .. 1 */
	enum lg_type_order sort;
	enum row_format row_format;
	uint64_t timeout_ns, memory_bytes; /* of a query */
	struct export_choice export;
	bool sites;
	const char *service, *build, *host; /* of a partition */
	bool objects, replace;
	uint64_t least_bytes;
	double least_share; /* 0 .. 1; 0: not given */
	const char *output, *core, *sysroot;
	uint64_t rss_bytes, keep_bytes, every_ns;
	double growth; /* 0.2: 20 % */
	uint32_t count, keep, rows;
	const char *name, *budgets, *report, *holder;
	struct texts base, head, budget, ignore, what_if;
	char **operand;
	int operand_count;
};

struct command {
	enum command_bit bit;
	const char *name;
	const char *operands; /* "FILE" */
	int least_operands, most_operands;
	const char *summary;
	const char *description;
	int (*run)(const struct arguments *arguments);
};

extern const struct command cmd_once, cmd_dump, cmd_watch, cmd_info, cmd_analyze, cmd_types, cmd_tree, cmd_path,
	cmd_memory, cmd_classes, cmd_waste, cmd_export, cmd_cut, cmd_cycles, cmd_diff, cmd_summarize, cmd_trend, cmd_query;
/* All commands, ended by NULL. */
extern const struct command *const commands[];

/* Prints "leakgraph: text" on one line of stderr; the exit code of status. */
int report_error(enum lg_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Prints "leakgraph: warning: text" likewise. */
void report_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
int report_failure(const struct lg_error *err);

/*
 * Flush stdout. What could not be written turns `code` into EXIT_SYSTEM: with a
 * line on stderr, but a reader that went away (a closed pipe) is no news.
 */
int finish_output(int code);

#endif
