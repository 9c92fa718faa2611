/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit_codes.h"
#include "options.h"
#include "screen.h"

const struct command *const commands[] = {
	&cmd_once, &cmd_dump, &cmd_watch, &cmd_analyze, &cmd_path, &cmd_cut, &cmd_cycles,
	&cmd_types, &cmd_classes, &cmd_waste, &cmd_tree,
	&cmd_query, &cmd_memory, &cmd_diff, &cmd_summarize, &cmd_trend, &cmd_info, &cmd_export, NULL,
};

/* An error is one line: what came from outside must not make it two, or act on the terminal. */
static void make_one_line(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
}

static void print_line(const char *kind, const char *format, va_list arguments)
{
	char text[LG_ERROR_TEXT_BYTES + 256];

	vsnprintf(text, sizeof text, format, arguments);
	make_one_line(text);
	progress_erase();
	fprintf(stderr, "leakgraph: %s%s\n", kind, text);
}

int report_error(enum lg_status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_line("", format, arguments);
	va_end(arguments);
	return exit_code(status);
}

void report_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_line("warning: ", format, arguments);
	va_end(arguments);
}

int report_failure(const struct lg_error *err)
{
	return report_error(err->status, "%s", err->text);
}

int finish_output(int code)
{
	int failed = fflush(stdout) != 0 || ferror(stdout);
	int reason = errno;

	if (!failed)
		return code;
	if (reason != EPIPE)
		report_error(LG_E_IO, "stdout: %s", strerror(reason));
	return EXIT_SYSTEM;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void print_help(FILE *out)
{
	fputs("leakgraph: what keeps the memory of a Python process, and which reference to "
	      "cut\n\n",
	      out);
	for (size_t i = 0; commands[i]; i++) {
		char usage[64];

		snprintf(usage, sizeof usage, "%s %s", commands[i]->name, commands[i]->operands);
		fprintf(out, "  leakgraph %-28s %s\n", usage, commands[i]->summary);
	}
	fputs("  leakgraph help COMMAND                 its options\n"
	      "  leakgraph --version\n\n"
	      "First: leakgraph PID, the number of a Python process\n\n"
	      "Exit codes: 0 fine, 1 over budget, 2 usage, 3 file unreadable, 4 not comparable,\n"
	      "5 process can't be dumped, 6 no memory, disk or output, 130 interrupted\n",
	      out);
}

static void print_command_help(const struct command *command, FILE *out)
{
	fprintf(out, "usage: leakgraph %s [OPTION]...%s%s\n\n%s\n\n", command->name,
		*command->operands ? " " : "", command->operands, command->description);
	print_options(command, out);
}

static int run_help(int argc, char **argv)
{
	const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;

	if (argc > 2)
		return report_error(LG_E_USAGE, "help expects one COMMAND, and no '%s' behind it",
				    argv[2]);
	if (argc > 1 && !command)
		return report_error(LG_E_USAGE, "there is no command '%s' (see: leakgraph --help)",
				    argv[1]);
	if (command)
		print_command_help(command, stdout);
	else
		print_help(stdout);
	return EXIT_FINE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct arguments arguments;

	if (!parse_arguments(command, argc, argv, &arguments))
		return EXIT_USAGE;
	if (arguments.help) {
		print_command_help(command, stdout);
		return EXIT_FINE;
	}
	return command->run(&arguments);
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == 0;
}

static int dispatch(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "help") == 0)
		return run_help(argc - 1, argv + 1);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return EXIT_FINE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("leakgraph " LEAKGRAPH_VERSION);
		return EXIT_FINE;
	}
	command = find_command(argv[1]);
	/* Its name is its operand. */
	if (command == &cmd_once || is_number(argv[1]))
		return run_command(&cmd_once, argc, argv);
	if (!command)
		return report_error(LG_E_USAGE, "there is no command '%s' (see: leakgraph --help)",
				    argv[1]);
	return run_command(command, argc - 1, argv + 1);
}

/*
 * With a standard descriptor closed, the next file opened would take its
 * number, and output would land in it. What stands in for stdout can't be
 * written to, so that the loss is told.
 */
static void hold_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDONLY) < 0)
			_exit(EXIT_SYSTEM);
}

int main(int argc, char **argv)
{
	hold_standard_descriptors();
	/* Told as a failed write, not by a death. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return finish_output(dispatch(argc, argv));
}
