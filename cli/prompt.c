/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "exit_codes.h"
#include "options.h"
#include "prompt.h"
#include "rows.h"

#define HISTORY_LINES 1000

struct prompt {
	struct lg_query *query;
	struct row_printer printer;
	EditLine *line;
	History *history;
	char *sql; /* lines of a statement that is not complete yet */
	size_t length;
	bool done;
};

static volatile sig_atomic_t stopped;

/* One function of SQLite can take seconds, and nothing stops it: pressed again, Ctrl-C ends all. */
static void note_interrupt(int number)
{
	(void)number;
	if (stopped)
		_exit(EXIT_INTERRUPTED);
	stopped = 1;
}

bool prompt_stopped(void)
{
	return stopped;
}

/* ---- a line from the terminal ---- */

#define CTRL_D 4

/* Ctrl-C is let in only here, so that none is missed between a look at it and the wait. */
static int wait_for_input(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	sigset_t none;

	sigemptyset(&none);
	while (ppoll(&input, 1, NULL, &none) < 0)
		if (errno != EINTR || stopped)
			return -1;
	return 0;
}

/*
 * A character from the terminal. libedit's own function goes on after a signal, and
 * Ctrl-C would abandon nothing.
 */
static int read_character(EditLine *line, wchar_t *out)
{
	mbstate_t state = {0};
	char byte;

	(void)line;
	for (;;) {
		size_t length;
		ssize_t n;

		if (wait_for_input() < 0)
			return -1;
		n = read(STDIN_FILENO, &byte, 1);
		if (n <= 0)
			return (int)n;
		/* Ctrl-D that was typed while a statement ran, and the terminal was not the editor's. */
		if (byte == 0)
			byte = CTRL_D;
		length = mbrtowc(out, &byte, 1, &state);
		if (length == (size_t)-1)
			state = (mbstate_t){0};
		else if (length != (size_t)-2)
			return 1;
	}
}

static char *prompt_text(EditLine *line)
{
	const struct prompt *prompt;

	el_get(line, EL_CLIENTDATA, &prompt);
	return prompt->length ? "      ...> " : "leakgraph> ";
}

static bool open_editor(struct prompt *prompt)
{
	HistEvent event;

	setlocale(LC_CTYPE, "");
	prompt->line = el_init("leakgraph", stdin, stdout, stderr);
	prompt->history = history_init();
	if (!prompt->line || !prompt->history)
		return false;
	history(prompt->history, &event, H_SETSIZE, HISTORY_LINES);
	history(prompt->history, &event, H_SETUNIQUE, 1);
	el_set(prompt->line, EL_CLIENTDATA, prompt);
	el_set(prompt->line, EL_PROMPT, prompt_text);
	el_set(prompt->line, EL_EDITOR, "emacs");
	el_set(prompt->line, EL_HIST, history, prompt->history);
	el_set(prompt->line, EL_GETCFN, read_character);
	return true;
}

/* ---- statements ---- */

static void run_text(struct prompt *prompt, const char *sql)
{
	struct lg_rows rows = row_printer_rows(&prompt->printer);
	struct lg_error err = {0};

	stopped = 0;
	prompt->printer.screen = screen_open();
	if (lg_query_run(prompt->query, sql, strlen(sql), &rows, &err) != LG_OK) {
		row_printer_flush(&prompt->printer);
		report_failure(&err);
	}
	progress_erase();
	fflush(stdout);
}

static void forget_statement(struct prompt *prompt)
{
	free(prompt->sql);
	prompt->sql = NULL;
	prompt->length = 0;
}

static void add_line(struct prompt *prompt, const char *line)
{
	size_t length = strlen(line);
	char *grown = realloc(prompt->sql, prompt->length + length + 1);
	HistEvent event;

	if (!grown)
		return;
	memcpy(grown + prompt->length, line, length + 1);
	prompt->sql = grown;
	prompt->length += length;
	if (!lg_query_is_complete(prompt->sql) && prompt->length <= LG_MAX_SQL_BYTES)
		return;
	history(prompt->history, &event, H_ENTER, prompt->sql);
	run_text(prompt, prompt->sql);
	forget_statement(prompt);
}

/* ---- commands of the prompt's own ---- */

static void print_tables(void)
{
	for (const struct lg_query_table *table = lg_query_tables(); table->name; table++) {
		char name[64];

		snprintf(name, sizeof name, table->arguments ? "%s(%s)" : "%s", table->name,
			 table->arguments);
		printf("%-20s  %s\n", name, table->summary);
	}
}

static void print_schema(struct prompt *prompt, const char *name)
{
	char sql[256];
	bool found = false;

	for (const struct lg_query_table *table = lg_query_tables(); table->name; table++) {
		if (*name && strcmp(name, table->name) != 0)
			continue;
		found = true;
		snprintf(sql, sizeof sql,
			 "SELECT '%s(' || group_concat(name || ' ' || type, ', ') || ')' AS \"%s\" "
			 "FROM pragma_table_info('%s')",
			 table->name, table->name, table->name);
		run_text(prompt, sql);
	}
	if (!found)
		report_error(LG_E_USAGE, "there is no table '%s' (see: .tables)", name);
}

static void set_mode(struct prompt *prompt, const char *name)
{
	if (!parse_row_format(name, &prompt->printer.format))
		report_error(LG_E_USAGE, ".mode expects table, csv or json, not '%s'", name);
}

static void run_command(struct prompt *prompt, char *line)
{
	char *name = strtok(line, " \t\n"), *argument = strtok(NULL, " \t\n;");

	if (!argument)
		argument = "";
	if (strcmp(name, ".quit") == 0 || strcmp(name, ".exit") == 0)
		prompt->done = true;
	else if (strcmp(name, ".tables") == 0)
		print_tables();
	else if (strcmp(name, ".schema") == 0)
		print_schema(prompt, argument);
	else if (strcmp(name, ".mode") == 0)
		set_mode(prompt, argument);
	else if (strcmp(name, ".help") == 0)
		puts("SQL, ended by a semicolon; Ctrl-C stops it, Ctrl-D or .quit ends\n"
		     ".tables                 the tables and table-valued functions\n"
		     ".schema [TABLE]         their columns\n"
		     ".mode table|csv|json    how rows are printed\n"
		     "Functions: path_text(object), retained_size(object), bytes_text(number)");
	else
		report_error(LG_E_USAGE, "there is no '%s' (see: .help)", name);
}

static void take_line(struct prompt *prompt, const char *line)
{
	char *copy;

	if (prompt->length || line[0] != '.') {
		if (prompt->length || line[strspn(line, " \t\n")])
			add_line(prompt, line);
		return;
	}
	copy = strdup(line);
	if (copy)
		run_command(prompt, copy);
	free(copy);
}

static const char *ask(struct prompt *prompt)
{
	sigset_t interrupt;
	const char *line;
	int length = 0;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, NULL);
	stopped = 0;
	line = el_gets(prompt->line, &length);
	sigprocmask(SIG_UNBLOCK, &interrupt, NULL);
	return length > 0 ? line : NULL;
}

static void answer(struct prompt *prompt)
{
	while (!prompt->done) {
		const char *line = ask(prompt);

		if (line) {
			take_line(prompt, line);
		} else {
			putchar('\n');
			prompt->done = !stopped;
			forget_statement(prompt);
		}
		fflush(stdout);
	}
}

static void close_prompt(struct prompt *prompt)
{
	if (prompt->line)
		el_end(prompt->line);
	if (prompt->history)
		history_end(prompt->history);
	row_printer_close(&prompt->printer);
	forget_statement(prompt);
}

int run_prompt(struct lg_query *query, const struct arguments *arguments)
{
	scoped(close_prompt) struct prompt prompt = {
		.query = query,
		.printer = {.format = arguments->row_format},
	};

	signal(SIGINT, note_interrupt);
	if (!open_editor(&prompt))
		return report_error(LG_E_MEMORY, "no memory for a prompt");
	puts("SQL, ended by a semicolon; .help tells more");
	answer(&prompt);
	return EXIT_FINE;
}
