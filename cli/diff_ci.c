/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "diff_report.h"
#include "json.h"

/* Texts as each format wants them: `special` characters are written by `put`. */

static void put_text(const char *text, const char *special, void (*put)(char c))
{
	for (; *text; text++)
		if (strchr(special, *text))
			put(*text);
		else
			fputc(*text, stdout);
}

/* ---- JUnit ---- */

static void put_entity(char c)
{
	printf("&#%d;", c);
}

static void put_xml(const char *text)
{
	put_text(text, "&<>\"'", put_entity);
}

static void print_case(const struct diff_report *report, const struct lg_budget_result *result)
{
	fputs("  <testcase classname=\"leakgraph.budgets\" name=\"", stdout);
	put_xml(result->budget);
	fputs("\">\n", stdout);
	if (result->over && !result->warn) {
		fputs("    <failure message=\"", stdout);
		put_xml(result->said);
		fputs("\">", stdout);
		put_xml(result->where);
		for (size_t i = 0; i < report->diff->holder_count && i < 5; i++) {
			char bytes[LG_NUMBER_TEXT_BYTES];

			printf("\n%s ", lg_bytes_text(report->diff->holder[i].grown_bytes, bytes));
			put_xml(report->diff->holder[i].path_text);
		}
		fputs("</failure>\n", stdout);
	} else {
		fputs("    <system-out>", stdout);
		put_xml(result->said);
		fputs(result->over ? " (warning)</system-out>\n" : "</system-out>\n", stdout);
	}
	fputs("  </testcase>\n", stdout);
}

void print_diff_junit(const struct diff_report *report)
{
	const struct lg_judgement *judgement = report->judgement;
	size_t failures = 0;

	for (size_t i = 0; i < judgement->result_count; i++)
		failures += judgement->result[i].over && !judgement->result[i].warn;
	printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	       "<testsuite name=\"leakgraph diff\" tests=\"%zu\" failures=\"%zu\">\n",
	       judgement->result_count, failures);
	for (size_t i = 0; i < judgement->result_count; i++)
		print_case(report, &judgement->result[i]);
	fputs("</testsuite>\n", stdout);
}

/* The file of a budget, as a repository has it; "" of a flag and of the default, which have none. */
static const char *file_of(const char *source)
{
	if (source[0] == '-' || strcmp(source, "default") == 0)
		return "";
	return strncmp(source, "./", 2) == 0 ? source + 2 : source;
}

/* ---- GitHub's workflow commands ---- */

static void put_percent(char c)
{
	printf("%%%02X", (unsigned)(unsigned char)c);
}

/* "::error title=leakgraph,file=leakgraph.budget,line=3::" */
static void print_command(const char *kind, const char *source, uint32_t line)
{
	const char *file = file_of(source);

	printf("::%s title=leakgraph", kind);
	if (file[0]) {
		fputs(",file=", stdout);
		put_text(file, "%\r\n:,", put_percent);
		printf(",line=%u", line);
	}
	fputs("::", stdout);
}

static void print_annotation(const struct lg_budget_result *result)
{
	print_command(result->warn ? "warning" : "error", result->source, result->line);
	fputs("over budget '", stdout);
	put_text(result->budget, "%\r\n", put_percent);
	fputs("': ", stdout);
	put_text(result->said, "%\r\n", put_percent);
	if (result->where[0]) {
		fputs(" at ", stdout);
		put_text(result->where, "%\r\n", put_percent);
	}
	fputc('\n', stdout);
}

static void print_ended(const struct lg_budget_exception *exception)
{
	print_command("warning", exception->source, exception->line);
	fputs("no more ignored: ", stdout);
	put_text(exception->what, "%\r\n", put_percent);
	printf(" until %s\n", exception->until);
}

void print_diff_github(const struct diff_report *report)
{
	const struct lg_diff_totals *totals = &report->diff->totals;
	char grown[LG_NUMBER_TEXT_BYTES], moved[LG_NUMBER_TEXT_BYTES];

	for (size_t i = 0; i < report->judgement->result_count; i++)
		if (report->judgement->result[i].over)
			print_annotation(&report->judgement->result[i]);
	for (size_t i = 0; i < report->judgement->exception_count; i++)
		if (report->judgement->exception[i].expired)
			print_ended(&report->judgement->exception[i]);
	printf("::notice title=leakgraph::grew %s, moved %s\n",
	       lg_bytes_text(totals->grown_bytes, grown), lg_bytes_text(totals->moved_bytes, moved));
}

/* ---- GitLab's code quality ---- */

#define FIRST_HASH 0xcbf29ce484222325u

/* The same for the same finding of each build, by which GitLab tells new ones: FNV-1a. */
static uint64_t fingerprint(const char *text, uint64_t hash)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash;
}

static void json_finding(struct json *json, const char *text, const char *severity, uint64_t hash,
			 const char *source, uint32_t line)
{
	const char *file = file_of(source);
	char print[17];

	snprintf(print, sizeof print, "%016" PRIx64, hash);
	json_open_object(json, NULL);
	json_string(json, "description", text);
	json_string(json, "check_name", "leakgraph");
	json_string(json, "fingerprint", print);
	json_string(json, "severity", severity);
	json_open_object(json, "location");
	json_string(json, "path", file[0] ? file : "leakgraph");
	json_open_object(json, "lines");
	json_number(json, "begin", line);
	json_close_object(json);
	json_close_object(json);
	json_close_object(json);
}

static void json_over(struct json *json, const struct lg_budget_result *result)
{
	char text[2048];

	snprintf(text, sizeof text, "over budget '%s': %s%s%s", result->budget, result->said,
		 result->where[0] ? " at " : "", result->where);
	json_finding(json, text, result->warn ? "minor" : "critical",
		     fingerprint(result->where, fingerprint(result->budget, FIRST_HASH)),
		     result->source, result->line);
}

static void json_ended(struct json *json, const struct lg_budget_exception *exception)
{
	char text[2048];

	snprintf(text, sizeof text, "no more ignored: %s until %s", exception->what,
		 exception->until);
	json_finding(json, text, "info", fingerprint(text, FIRST_HASH), exception->source,
		     exception->line);
}

void print_diff_gitlab(const struct diff_report *report)
{
	struct json json = {.out = stdout};

	json_open_array(&json, NULL);
	for (size_t i = 0; i < report->judgement->result_count; i++)
		if (report->judgement->result[i].over)
			json_over(&json, &report->judgement->result[i]);
	for (size_t i = 0; i < report->judgement->exception_count; i++)
		if (report->judgement->exception[i].expired)
			json_ended(&json, &report->judgement->exception[i]);
	json_close_array(&json);
}

/* ---- OpenMetrics ---- */

static void put_escaped(char c)
{
	fputs(c == '\n' ? "\\n" : c == '"' ? "\\\"" : "\\\\", stdout);
}

static void print_gauge(const char *name, const char *help, uint64_t value)
{
	printf("# TYPE leakgraph_%s gauge\n# HELP leakgraph_%s %s\nleakgraph_%s %" PRIu64 "\n", name,
	       name, help, name, value);
}

void print_diff_openmetrics(const struct diff_report *report)
{
	const struct lg_diff *diff = report->diff;
	size_t most = report->top ? report->top : 20;

	print_gauge("base_bytes", "Objects of the base.", diff->totals.base_bytes);
	print_gauge("head_bytes", "Objects of the head.", diff->totals.head_bytes);
	print_gauge("grown_bytes", "Bytes that grew and did not move.", diff->totals.grown_bytes);
	print_gauge("moved_bytes", "Bytes on another path than before.", diff->totals.moved_bytes);
	fputs("# TYPE leakgraph_holder_grown_bytes gauge\n"
	      "# HELP leakgraph_holder_grown_bytes Bytes that a holder keeps more.\n", stdout);
	for (size_t i = 0; i < diff->holder_count && i < most; i++) {
		fputs("leakgraph_holder_grown_bytes{path=\"", stdout);
		put_text(diff->holder[i].path_text, "\\\"\n", put_escaped);
		printf("\"} %" PRIu64 "\n", diff->holder[i].grown_bytes);
	}
	fputs("# TYPE leakgraph_budget_over gauge\n"
	      "# HELP leakgraph_budget_over 1 where a budget is over.\n", stdout);
	for (size_t i = 0; i < report->judgement->result_count; i++) {
		fputs("leakgraph_budget_over{budget=\"", stdout);
		put_text(report->judgement->result[i].budget, "\\\"\n", put_escaped);
		printf("\"} %d\n", report->judgement->result[i].over);
	}
	fputs("# EOF\n", stdout);
}
