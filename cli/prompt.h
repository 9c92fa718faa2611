/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_PROMPT_H
#define LG_CLI_PROMPT_H

#include "cli.h"

/* Asks for SQL on the terminal until its end; the exit code. */
int run_prompt(struct lg_query *query, const struct arguments *arguments);

/* Has Ctrl-C been pressed since a statement began? For the query's progress. */
bool prompt_stopped(void);

#endif
