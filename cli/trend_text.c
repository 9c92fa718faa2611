/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "screen.h"
#include "trend_report.h"

#define DEFAULT_LINES 8

/* Less than this is told as one of some more, unless it was asked for. */
#define LEAST_BYTES 1024

/* "total", or a line's number; then a column for each build. */
#define NUMBER_COLUMNS 5
#define BUILD_COLUMNS  10
#define PATH_COLUMN    17

/* Where builds have no columns: so many marks, of the last build that each stands for. */
#define MOST_MARKS 60

/* ---- names of builds ---- */

#define NAME_BYTES 256

/* Safe to print, and cut; a build without a name is called by its file. */
static const char *name_of(const struct trend_report *report, size_t build, char name[NAME_BYTES])
{
	const char *slash = strrchr(report->file[build], '/'), *text = report->file[build];
	size_t length, used = 0, columns;

	if (report->trend->build[build].name[0])
		text = report->trend->build[build].name;
	else if (slash && slash[1])
		text = slash + 1;
	length = strlen(text);
	while (length && used + LG_SAFE_TEXT_BYTES < NAME_BYTES) {
		size_t n = lg_text_safe(text, length, name + used, &columns);

		used += strlen(name + used);
		text += n;
		length -= n;
	}
	name[used] = 0;
	return name;
}

/* The last `columns` of a text, or all of it. */
static void print_end_of(const char *text, size_t columns)
{
	size_t length = strlen(text), width = 0, used, skipped = 0;
	char safe[LG_SAFE_TEXT_BYTES];

	for (size_t at = 0; at < length;) {
		at += lg_text_safe(text + at, length - at, safe, &used);
		width += used;
	}
	printf("%*s", width < columns ? (int)(columns - width) : 0, "");
	if (width > columns)
		fputs("…", stdout);
	for (size_t at = 0; at < length; skipped += used) {
		at += lg_text_safe(text + at, length - at, safe, &used);
		if (width <= columns || skipped + columns > width)
			fputs(safe, stdout);
	}
}

/* Cut in front: names of builds begin alike and end in what tells them apart. */
static void print_names(const struct screen *screen, const struct trend_report *report)
{
	char name[NAME_BYTES];

	printf("%s%*s", screen->dim, NUMBER_COLUMNS, "");
	for (size_t i = 0; i < report->trend->build_count; i++) {
		fputc(' ', stdout);
		print_end_of(name_of(report, i, name), BUILD_COLUMNS - 1);
	}
	printf("%s\n", screen->plain);
}

/* ---- values ---- */

static uint64_t value_of(const struct trend_report *report, const struct lg_trend_line *line,
			 size_t build)
{
	return line ? line->point[build].bytes : report->trend->build[build].bytes;
}

static void print_columns(const struct trend_report *report, const struct lg_trend_line *line)
{
	char bytes[LG_NUMBER_TEXT_BYTES];

	printf("%*s", NUMBER_COLUMNS, line ? "" : "total");
	for (size_t i = 0; i < report->trend->build_count; i++)
		printf("%*s", BUILD_COLUMNS, lg_bytes_text(value_of(report, line, i), bytes));
	fputc('\n', stdout);
}

/* From the least to the most of the line. */
static void print_marks(const struct trend_report *report, const struct lg_trend_line *line)
{
	static const char *const mark[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	size_t builds = report->trend->build_count, marks = builds < MOST_MARKS ? builds : MOST_MARKS;
	size_t highest = sizeof mark / sizeof *mark - 1;
	uint64_t least = value_of(report, line, 0), most = least;

	for (size_t i = 1; i < builds; i++) {
		uint64_t value = value_of(report, line, i);

		least = value < least ? value : least;
		most = value > most ? value : most;
	}
	for (size_t i = 1; i <= marks; i++) {
		uint64_t value = value_of(report, line, i * builds / marks - 1);
		double height = most > least ? (double)(value - least) / (double)(most - least) : 0;

		fputs(mark[(size_t)(height * (double)highest + 0.5)], stdout);
	}
}

static void print_spark(const struct trend_report *report, const struct lg_trend_line *line)
{
	char first[LG_NUMBER_TEXT_BYTES], last[LG_NUMBER_TEXT_BYTES];

	printf("%*s%*s ", line ? PATH_COLUMN - BUILD_COLUMNS : NUMBER_COLUMNS, line ? "" : "total",
	       BUILD_COLUMNS, lg_bytes_text(value_of(report, line, 0), first));
	print_marks(report, line);
	printf(" %s\n",
	       lg_bytes_text(value_of(report, line, report->trend->build_count - 1), last));
}

static bool has_columns(const struct screen *screen, const struct trend_report *report)
{
	return NUMBER_COLUMNS + BUILD_COLUMNS * report->trend->build_count <= screen->width;
}

static void print_values(const struct screen *screen, const struct trend_report *report,
			 const struct lg_trend_line *line)
{
	if (has_columns(screen, report))
		print_columns(report, line);
	else
		print_spark(report, line);
}

/* ---- lines ---- */

static const char *said_of(const struct trend_report *report, const struct lg_trend_line *line,
			   char *text, size_t capacity)
{
	char bytes[LG_NUMBER_TEXT_BYTES], name[NAME_BYTES];

	name_of(report, line->since, name);

	switch (line->shape) {
	case LG_TREND_JUMP:
		snprintf(text, capacity, "jumped by %s in %s",
			 lg_bytes_text(line->point[line->since].bytes -
					       line->point[line->since - 1].bytes, bytes),
			 name);
		break;
	case LG_TREND_STEADY:
		snprintf(text, capacity, "grows since %s, by some %s a build", name,
			 lg_bytes_text((line->point[report->trend->build_count - 1].bytes -
					line->point[line->since - 1].bytes) /
					       (report->trend->build_count - line->since), bytes));
		break;
	case LG_TREND_UNSTEADY:
		snprintf(text, capacity, "up and down, more since %s", name);
		break;
	default:
		snprintf(text, capacity, "no more in all than in %s", name);
		break;
	}
	return text;
}

static void print_line(const struct screen *screen, const struct trend_report *report, size_t at)
{
	const struct lg_trend_line *line = &report->trend->line[at];
	const struct lg_trend_point *last = &line->point[report->trend->build_count - 1];
	bool less = line->grown_bytes < 0;
	char bytes[LG_NUMBER_TEXT_BYTES], from[LG_NUMBER_TEXT_BYTES], to[LG_NUMBER_TEXT_BYTES];
	char grown[LG_NUMBER_TEXT_BYTES + 1], said[512], text[1600];

	snprintf(grown, sizeof grown, "%c%s", less ? '-' : '+',
		 lg_bytes_text((uint64_t)(less ? -line->grown_bytes : line->grown_bytes), bytes));
	printf("\n%*zu%*s  ", NUMBER_COLUMNS, at + 1, BUILD_COLUMNS, grown);
	print_path(screen, &line->path, PATH_COLUMN, PATH_COLUMN, 3);
	said_of(report, line, said, sizeof said);
	snprintf(text, sizeof text, "%s → %s of %.900s; %s", lg_count_text(line->point[0].count, from),
		 lg_count_text(last->count, to), line->item[0] ? line->item : line->item_type, said);
	printf("%*s", PATH_COLUMN, "");
	print_wrapped(screen, text, PATH_COLUMN, PATH_COLUMN);
	print_values(screen, report, line);
}

static void print_date(uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000u);
	struct tm parts;
	char text[32];

	if (ns && gmtime_r(&seconds, &parts) && strftime(text, sizeof text, " (%Y-%m-%d)", &parts))
		fputs(text, stdout);
}

static void print_head(const struct screen *screen, const struct trend_report *report)
{
	const struct lg_trend *trend = report->trend;
	size_t last = trend->build_count - 1;
	char grown[LG_NUMBER_TEXT_BYTES], share[LG_NUMBER_TEXT_BYTES], moved[LG_NUMBER_TEXT_BYTES];
	char name[NAME_BYTES];

	printf("%zu builds, CPython %s: ", trend->build_count,
	       trend->python_version[0] ? trend->python_version : "?");
	print_cut(name_of(report, 0, name), 40);
	print_date(trend->build[0].taken_at_ns);
	fputs(" to ", stdout);
	print_cut(name_of(report, last, name), 40);
	print_date(trend->build[last].taken_at_ns);
	printf("\n%sGrew %s", screen->bold, lg_bytes_text(trend->grown_bytes, grown));
	if (trend->build[0].bytes)
		printf(" (%s)", lg_share_text((double)trend->grown_bytes /
						      (double)trend->build[0].bytes, share));
	printf("%s, moved %s\n\n", screen->plain, lg_bytes_text(trend->moved_bytes, moved));
}

void print_trend_text(const struct trend_report *report)
{
	const struct lg_trend *trend = report->trend;
	size_t most = report->top ? report->top : DEFAULT_LINES;
	struct screen screen = screen_open();
	size_t told = 0;

	print_head(&screen, report);
	if (has_columns(&screen, report))
		print_names(&screen, report);
	print_values(&screen, report, NULL);
	for (; told < trend->line_count && told < most; told++) {
		if (!report->steps && trend->line[told].grown_bytes < LEAST_BYTES)
			break;
		print_line(&screen, report, told);
	}
	if (trend->line_count > told)
		printf("\n%*s and %zu more%s\n", NUMBER_COLUMNS, "", trend->line_count - told,
		       told == most ? " (--top)" : ", of less than 1 kB each");
}
