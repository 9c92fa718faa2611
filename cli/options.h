/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_OPTIONS_H
#define LG_CLI_OPTIONS_H

#include "cli.h"

/*
 * Parse what stands behind the command's name; argv[0] is that name. One table
 * drives this and the help. False: a line was printed, the exit code is
 * EXIT_USAGE. Permutes argv.
 */
bool parse_arguments(const struct command *command, int argc, char **argv, struct arguments *out);

/* "table", "csv", "json". */
bool parse_row_format(const char *text, enum row_format *out);

/* The options of a command, as its help shows them. */
void print_options(const struct command *command, FILE *out);

#endif
