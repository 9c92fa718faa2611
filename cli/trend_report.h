/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_TREND_REPORT_H
#define LG_CLI_TREND_REPORT_H

#include "cli.h"

/* A trend as it is told. */
struct trend_report {
	const struct lg_trend *trend;
	const char *const *file; /* build: the first of its files */
	bool steps;              /* certain paths were asked for */
	uint32_t top;            /* lines to tell at most; 0: as the format thinks best */
};

void print_trend_text(const struct trend_report *report);
void print_trend_json(const struct trend_report *report);
/* A row for each line and build, those of all objects first. */
void print_trend_csv(const struct trend_report *report);

#endif
