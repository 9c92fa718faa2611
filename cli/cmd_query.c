/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "exit_codes.h"
#include "input.h"
#include "prompt.h"
#include "rows.h"
#include "what.h"

static void query_close(struct lg_query **query)
{
	lg_query_close(*query);
}

/* A query looks at the clock itself, but not within one function of SQLite, of which some take
 * seconds. */
#define GRACE_SECONDS 2

static char timeout_text[128];

static void timed_out(int number)
{
	(void)number;
	if (write(STDERR_FILENO, timeout_text, strlen(timeout_text)) < 0)
		_exit(EXIT_USAGE);
	_exit(EXIT_USAGE);
}

static void end_after(uint64_t timeout_ns)
{
	struct itimerval timer = {.it_value.tv_sec =
					  (time_t)(timeout_ns / 1000000000u) + GRACE_SECONDS};

	if (!timeout_ns)
		return;
	snprintf(timeout_text, sizeof timeout_text,
		 "leakgraph: the query was not done after %g s (--timeout), and was ended\n",
		 (double)timeout_ns / 1e9);
	signal(SIGALRM, timed_out);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Errors are told behind the rows that came before them. */
static int run_sql(struct lg_query *query, const struct arguments *arguments, const char *sql,
		   size_t length)
{
	scoped(row_printer_close) struct row_printer printer = {
		.format = arguments->row_format,
		.screen = screen_open(),
	};
	struct lg_rows rows = row_printer_rows(&printer);
	struct lg_error err = {0};
	enum lg_status status;

	end_after(arguments->timeout_ns);
	status = lg_query_run(query, sql, length, &rows, &err);
	progress_erase();
	if (status == LG_OK)
		return EXIT_FINE;
	row_printer_flush(&printer);
	/* What is wrong with stdout is told at the end of the program. */
	if (fflush(stdout) != 0 || ferror(stdout))
		return exit_code(LG_E_IO);
	return report_failure(&err);
}

static int run_script(struct lg_query *query, const struct arguments *arguments)
{
	scoped(text_close) char *sql = NULL;
	struct lg_error err = {0};
	size_t length = 0;

	if (read_stdin(LG_MAX_SQL_BYTES, &sql, &length, &err) != LG_OK)
		return report_failure(&err);
	return run_sql(query, arguments, sql, length);
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(query_close) struct lg_query *query = NULL; /* borrows of the input: closed before it */
	const char *sql = arguments->operand_count > 1 ? arguments->operand[1] : NULL;
	bool script = sql ? strcmp(sql, "-") == 0 : !isatty(STDIN_FILENO);
	bool prompt = !sql && !script;
	struct lg_query_options options = {
		.memory_bytes = arguments->memory_bytes,
		.timeout_ns = arguments->timeout_ns,
	};
	struct lg_error err = {0};
	enum lg_status status = input_open_columns(&input, arguments, &err);

	options.progress = progress_open(prompt ? prompt_stopped : NULL);
	if (status == LG_OK)
		status = lg_query_open(input.columns, input.analysis, &options, &query, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (prompt)
		return run_prompt(query, arguments);
	return script ? run_script(query, arguments) : run_sql(query, arguments, sql, strlen(sql));
}

const struct command cmd_query = {
	IN_QUERY,
	"query",
	"FILE [SQL|-]",
	1,
	2,
	"questions in SQL over objects, references, types, ...",
	"Answers SELECTs of SQLite over the dump: tables objects, refs, types, roots,\n"
	"dominators, threads, frames, tasks, sites and more, functions such as\n"
	"path('0x7f…'), referrers(17), retained('shop.models.Session'). The SQL is the\n"
	"operand, or comes from stdin ('-', or where that is no terminal); on a terminal\n"
	"without it there is a prompt, where .help tells more. The dump is only read.",
	run,
};
