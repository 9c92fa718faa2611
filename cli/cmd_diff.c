/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <time.h>

#include "diff_report.h"
#include "exit_codes.h"
#include "profiles.h"

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

/* The sides are two operands, or what stands behind --base and --head. */
static enum lg_status find_sides(const struct arguments *arguments, struct texts *base,
				 struct texts *head, struct lg_error *err)
{
	*base = arguments->base;
	*head = arguments->head;
	if (base->count == 0 && head->count == 0 && arguments->operand_count == 2) {
		*base = (struct texts){{arguments->operand[0]}, 1};
		*head = (struct texts){{arguments->operand[1]}, 1};
	} else if (base->count == 0 || head->count == 0 || arguments->operand_count) {
		return lg_fail(err, LG_E_USAGE, "diff expects BASE HEAD, or --base FILE... --head "
			       "FILE... (see: leakgraph help diff)");
	}
	return LG_OK;
}

static enum lg_status compare(const struct arguments *arguments, struct diff_report *report,
			      struct lg_diff **diff, struct lg_error *err)
{
	scoped(profiles_close) struct profiles base = {0}, head = {0};
	enum lg_status status = find_sides(arguments, &report->base, &report->head, err);

	if (status == LG_OK)
		status = profiles_open(&base, report->base.text, report->base.count, err);
	if (status == LG_OK)
		status = profiles_open(&head, report->head.text, report->head.count, err);
	if (status != LG_OK)
		return status;
	return lg_diff_build(
		&(struct lg_diff_side){(const struct lg_profile *const *)base.profile, base.count},
		&(struct lg_diff_side){(const struct lg_profile *const *)head.profile, head.count},
		arguments->top, diff, err);
}

static int run(const struct arguments *arguments)
{
	scoped(budgets_close) struct lg_budgets *budgets = NULL;
	scoped(diff_close) struct lg_diff *diff = NULL;
	scoped(judgement_close) struct lg_judgement *judgement = NULL;
	struct diff_report report = {.top = arguments->top};
	struct lg_error err = {0};
	size_t format;
	enum lg_status status = find_format(arguments, &format, &err);

	if (status == LG_OK)
		status = read_budgets(arguments, &budgets, &err);
	if (status == LG_OK)
		status = compare(arguments, &report, &diff, &err);
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
	2,
	"what a build keeps more than another; exit code 1 over budget",
	"Compares dumps, or profiles made by summarize, path by path: tells what grew from\n"
	"what merely moved, and judges budgets. Without any the budget is 'total growth <= 5%'.\n"
	"Exit codes: 0 within all budgets, 1 over one, 4 not comparable.",
	run,
};
