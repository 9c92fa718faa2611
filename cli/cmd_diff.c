/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <time.h>

#include "diff_report.h"
#include "exit_codes.h"

/* What a build may grow without being told more: the noise of a service that was warmed up. */
#define DEFAULT_BUDGET "total growth <= 5%"

static void diff_close(struct lg_diff **diff)
{
	lg_diff_free(*diff);
}

static void budgets_close(struct lg_budgets **budgets)
{
	lg_budgets_free(*budgets);
}

static void judgement_close(struct lg_judgement **judgement)
{
	lg_judgement_free(*judgement);
}

static const struct {
	const char *name;
	void (*print)(const struct diff_report *report);
} formats[] = {
	{"text", print_diff_text},       {"json", print_diff_json},
	{"markdown", print_diff_markdown}, {"junit", print_diff_junit},
	{"github", print_diff_github},   {"gitlab", print_diff_gitlab},
	{"openmetrics", print_diff_openmetrics},
};

#define FORMATS (sizeof formats / sizeof *formats)

/* LG_E_USAGE where there is no such format. */
static enum lg_status find_format(const struct arguments *arguments, size_t *out,
				  struct lg_error *err)
{
	const char *name = arguments->json ? "json" : arguments->report ? arguments->report : "text";

	for (*out = 0; *out < FORMATS; ++*out)
		if (strcmp(name, formats[*out].name) == 0)
			return LG_OK;
	return lg_fail(err, LG_E_USAGE,
		       "--format expects text, json, markdown, junit, github, gitlab or "
		       "openmetrics, not '%s'", name);
}

static enum lg_status read_budgets(const struct arguments *arguments, struct lg_budgets **out,
				   struct lg_error *err)
{
	enum lg_status status = LG_OK;

	*out = lg_budgets_new();
	if (!*out)
		return lg_fail(err, LG_E_MEMORY, "no memory for budgets");
	if (arguments->budgets)
		status = lg_budgets_read(*out, arguments->budgets, err);
	for (size_t i = 0; i < arguments->budget.count && status == LG_OK; i++)
		status = lg_budgets_add(*out, "--budget", arguments->budget.text[i],
					strlen(arguments->budget.text[i]), err);
	if (status == LG_OK && lg_budgets_count(*out) == 0)
		status = lg_budgets_add(*out, "default", DEFAULT_BUDGET, strlen(DEFAULT_BUDGET), err);
	return status;
}

static enum lg_status compare(const struct sides *sides, uint32_t top, struct lg_diff **out,
			      struct lg_error *err)
{
	struct lg_diff_side base = {(const struct lg_profile *const *)sides->base, sides->base_count};
	struct lg_diff_side head = {(const struct lg_profile *const *)sides->head, sides->head_count};

	return lg_diff_build(&base, &head, top, out, err);
}

static int run(const struct arguments *arguments)
{
	scoped(sides_close) struct sides sides = {0};
	scoped(budgets_close) struct lg_budgets *budgets = NULL;
	scoped(diff_close) struct lg_diff *diff = NULL;
	scoped(judgement_close) struct lg_judgement *judgement = NULL;
	struct diff_report report = {.sides = &sides, .top = arguments->top};
	struct lg_error err = {0};
	size_t format;
	enum lg_status status = find_format(arguments, &format, &err);

	if (status == LG_OK)
		status = read_budgets(arguments, &budgets, &err);
	if (status == LG_OK)
		status = sides_open(&sides, arguments, &err);
	if (status == LG_OK)
		status = compare(&sides, arguments->top, &diff, &err);
	if (status == LG_OK)
		status = lg_budgets_judge(budgets, diff, (int64_t)time(NULL), &judgement, &err);
	if (status != LG_OK)
		return report_failure(&err);
	report.diff = diff;
	report.judgement = judgement;
	formats[format].print(&report);
	return judgement->over ? EXIT_OVER_BUDGET : EXIT_FINE;
}

const struct command cmd_diff = {
	IN_DIFF,
	"diff",
	"BASE HEAD",
	0,
	3,
	"what a build keeps more than another; exit code 1 over budget",
	"Compares dumps, or profiles made by summarize, path by path: tells what grew from\n"
	"what merely moved, and judges budgets. Without any the budget is 'total growth <= 5%'.\n"
	"Two dumps of one process, or three, are compared by their objects: what was made\n"
	"after the first, was there in the second, and is still there in the last.\n"
	"Exit codes: 0 within all budgets, 1 over one, 4 not comparable.",
	run,
};
