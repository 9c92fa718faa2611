/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "exit_codes.h"
#include "input.h"
#include "screen.h"
#include "what.h"

#define NUMBERS_COLUMNS 18

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void print_line(const struct screen *screen, const struct lg_cut_line *line, size_t rank)
{
	char bytes[LG_NUMBER_TEXT_BYTES], text[8192];
	bool says_more = strcmp(line->cut, line->path_text) != 0;

	printf("%4zu  %10s  ", rank, lg_bytes_text(line->bytes, bytes));
	print_path(screen, &line->path, NUMBERS_COLUMNS, NUMBERS_COLUMNS + 2, 4);
	if (!says_more && !line->remark[0])
		return;
	snprintf(text, sizeof text, "%s%s%s%s", says_more ? "cut " : "",
		 says_more ? line->cut : "", says_more && line->remark[0] ? "; " : "",
		 line->remark);
	printf("%*s", NUMBERS_COLUMNS, "");
	print_wrapped(screen, text, NUMBERS_COLUMNS, NUMBERS_COLUMNS + 2);
}

static void print_lines(const struct screen *screen, const struct lg_cut_report *report)
{
	char number[LG_NUMBER_TEXT_BYTES], bytes[LG_NUMBER_TEXT_BYTES];
	char objects[LG_NUMBER_TEXT_BYTES];

	if (report->line_total == 0)
		return;
	printf("\n%sThe smallest cut: %s place%s%s%s\n", screen->bold,
	       lg_count_text(report->line_total, number), plural(report->line_total),
	       report->line_total > 1 ? ", all of which must be cut" : "", screen->plain);
	printf("%s      alone frees  what to cut%s\n", screen->dim, screen->plain);
	for (size_t i = 0; i < report->line_count; i++)
		print_line(screen, &report->line[i], i + 1);
	if (report->line_count < report->line_total)
		printf("      and %s more (--top)\n",
		       lg_count_text(report->line_total - report->line_count, number));
	printf("%s  %10s  in %s object%s, %s%s of the group among them\n",
	       report->line_total > 1 ? " all" : "    ", lg_bytes_text(report->bytes, bytes),
	       lg_count_text(report->objects, objects), plural(report->objects),
	       report->freed_count == report->count && report->count > 1 ? "all " : "",
	       lg_count_text(report->freed_count, number));
}

static void print_held(const struct screen *screen, const struct lg_cut_report *report)
{
	char number[LG_NUMBER_TEXT_BYTES], text[8192];

	if (report->held_count == 0)
		return;
	if (report->count == 1)
		printf("\n%sIt can't be let go of in Python%s\n", screen->bold, screen->plain);
	else
		printf("\n%s%s of them can't be let go of in Python%s\n", screen->bold,
		       lg_count_text(report->held_count, number), screen->plain);
	for (size_t i = 0; i < report->held_lines; i++) {
		const struct lg_cut_held *held = &report->held[i];

		printf("%16s  ", lg_count_text(held->count, number));
		snprintf(text, sizeof text, "%s%s%s", held->path_text, held->remark[0] ? ": " : "",
			 held->remark);
		print_wrapped(screen, text, NUMBERS_COLUMNS, NUMBERS_COLUMNS + 2);
	}
}

static void print_report(const struct lg_cut_report *report)
{
	struct screen screen = screen_open();
	char number[LG_NUMBER_TEXT_BYTES], region[LG_NUMBER_TEXT_BYTES];

	printf("%s", screen.bold);
	print_cut(report->subject, screen.width);
	printf("%s\n", screen.plain);
	if (report->unreached == report->count)
		puts("all garbage: no root reaches it, and there is nothing to cut");
	else if (report->unreached)
		printf("%s of them garbage, which no root reaches\n",
		       lg_count_text(report->unreached, number));
	if (!report->within)
		printf("No cut of at most %s place%s exists\n", lg_count_text(report->most, number),
		       plural(report->most));
	print_lines(&screen, report);
	print_held(&screen, report);
	if (report->coarse)
		printf("\n%sThere are too many kinds of holders to tell all apart (%s objects "
		       "between roots and\ngroup): a place may stand for several in the "
		       "source%s\n",
		       screen.dim, lg_count_text(report->region, region), screen.plain);
}

static void json_report(const struct lg_cut_report *report, const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.cut", path, &report->summary);
	json_string(&json, "subject", report->subject);
	json_number(&json, "count", report->count);
	json_number(&json, "unreached", report->unreached);
	json_number(&json, "held", report->held_count);
	json_number(&json, "freed", report->freed_count);
	json_number(&json, "places", report->line_total);
	json_bool(&json, "within", report->within);
	json_number(&json, "bytes", report->bytes);
	json_number(&json, "objects", report->objects);
	json_number(&json, "region", report->region);
	json_number(&json, "kinds", report->classes);
	json_bool(&json, "coarse", report->coarse);
	json_open_array(&json, "cut");
	for (size_t i = 0; i < report->line_count; i++) {
		json_open_object(&json, NULL);
		json_string(&json, "path_text", report->line[i].path_text);
		json_string(&json, "cut", report->line[i].cut);
		json_string(&json, "remark", report->line[i].remark);
		json_number(&json, "references", report->line[i].references);
		json_number(&json, "holders", report->line[i].holders);
		json_number(&json, "bytes", report->line[i].bytes);
		json_number(&json, "objects", report->line[i].objects);
		json_path(&json, "path", &report->line[i].path);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_open_array(&json, "held_by");
	for (size_t i = 0; i < report->held_lines; i++) {
		json_open_object(&json, NULL);
		json_string(&json, "path_text", report->held[i].path_text);
		json_string(&json, "remark", report->held[i].remark);
		json_number(&json, "count", report->held[i].count);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_close_object(&json);
}

static void report_close(struct lg_cut_report **report)
{
	lg_cut_report_free(*report);
}

/* ---- --what-if ---- */

static void print_what_if(const struct lg_what_if_report *report)
{
	struct screen screen = screen_open();
	char number[LG_NUMBER_TEXT_BYTES], bytes[LG_NUMBER_TEXT_BYTES], text[8192];

	printf("%s      alone frees  without%s\n", screen.dim, screen.plain);
	for (size_t i = 0; i < report->line_count; i++) {
		const struct lg_what_if_line *line = &report->line[i];

		printf("%4zu  %10s  ", i + 1, lg_bytes_text(line->bytes, bytes));
		print_wrapped(&screen, line->name, NUMBERS_COLUMNS, NUMBERS_COLUMNS + 2);
		if (line->references < 2)
			continue;
		snprintf(text, sizeof text, "%s references", lg_count_text(line->references, number));
		if (line->holders > 1)
			snprintf(text + strlen(text), sizeof text - strlen(text), " of %s objects",
				 lg_count_text(line->holders, number));
		printf("%*s%s\n", NUMBERS_COLUMNS, "", text);
	}
	printf("%s  %10s  in %s object%s\n", report->line_count > 1 ? " all" : "    ",
	       lg_bytes_text(report->bytes, bytes), lg_count_text(report->objects, number),
	       plural(report->objects));
}

static void json_what_if(const struct lg_what_if_report *report, const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.what_if", path, &report->summary);
	json_number(&json, "bytes", report->bytes);
	json_number(&json, "objects", report->objects);
	json_open_array(&json, "without");
	for (size_t i = 0; i < report->line_count; i++) {
		json_open_object(&json, NULL);
		json_string(&json, "name", report->line[i].name);
		json_number(&json, "references", report->line[i].references);
		json_number(&json, "holders", report->line[i].holders);
		json_number(&json, "bytes", report->line[i].bytes);
		json_number(&json, "objects", report->line[i].objects);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_close_object(&json);
}

static void what_if_close(struct lg_what_if_report **report)
{
	lg_what_if_report_free(*report);
}

static int run_what_if(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(what_if_close) struct lg_what_if_report *report = NULL;
	struct lg_error err = {0};
	enum lg_status status = input_open(&input, arguments, &err);

	if (status == LG_OK)
		status = lg_what_if_report_build(input.analysis, arguments->what_if.text,
						 arguments->what_if.count, &report, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_what_if(report, input.path);
	else
		print_what_if(report);
	return EXIT_FINE;
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(report_close) struct lg_cut_report *report = NULL;
	scoped(text_close) char *text = NULL;
	struct lg_error err = {0};
	enum lg_status status;

	if ((arguments->operand_count > 1) == (arguments->what_if.count > 0))
		return report_error(LG_E_USAGE, "cut expects FILE and what to let go of, or FILE and "
						"--what-if (see: leakgraph help cut)");
	if (arguments->what_if.count)
		return run_what_if(arguments);
	status = read_what(arguments->operand[1], &text, &err);
	if (status == LG_OK)
		status = input_open(&input, arguments, &err);
	if (status == LG_OK)
		status = lg_cut_report_build(input.analysis, text, arguments->most, arguments->top,
					     &report, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_report(report, input.path);
	else
		print_report(report);
	return EXIT_FINE;
}

const struct command cmd_cut = {
	IN_CUT,
	"cut",
	"FILE WHAT",
	1,
	2,
	"the fewest references that hold a group",
	"Prints the smallest set of places in the source whose references hold an object,\n"
	"all objects of a type, or what has piled up at a suspect (named as for path), what\n"
	"each frees alone, and what all of them free together. The entries of a container\n"
	"are one place, an attribute is one. What C code or the interpreter holds can't be\n"
	"cut, and is told.\n"
	"With --what-if instead of WHAT: what would be free without a reference, by its name\n"
	"as reports tell it: 'module shop.sessions → .SESSIONS' (or ' -> '), as code would\n"
	"name it, shop.sessions.SESSIONS['key'], from an object or all of a type on\n"
	"('#17 → .payload', 'shop.models.Session → .payload'), or a root ('thread worker-3').",
	run,
};
