/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_DIFF_REPORT_H
#define LG_CLI_DIFF_REPORT_H

#include "diff_sides.h"

/* A comparison as it is told, in each of the formats. */
struct diff_report {
	const struct sides *sides;
	const struct lg_diff *diff;
	const struct lg_judgement *judgement;
	uint32_t top; /* holders and moves to tell; 0: as the format thinks best */
};

void print_diff_text(const struct diff_report *report);
void print_diff_json(const struct diff_report *report);
/* For a comment or a step summary: within GitHub's 65,536 characters. */
void print_diff_markdown(const struct diff_report *report);
/* A test case for each budget. */
void print_diff_junit(const struct diff_report *report);
/* Workflow commands: an annotation for each budget that is over. */
void print_diff_github(const struct diff_report *report);
/* GitLab's code quality report, a JSON array. */
void print_diff_gitlab(const struct diff_report *report);
/* Gauges, for a metrics page or a push gateway. */
void print_diff_openmetrics(const struct diff_report *report);

#endif
