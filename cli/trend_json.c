/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "json.h"
#include "rows.h"
#include "trend_report.h"

static size_t lines_of(const struct trend_report *report)
{
	size_t count = report->trend->line_count;

	return report->top && report->top < count ? report->top : count;
}

/* ---- JSON ---- */

static void json_build(struct json *json, const struct lg_trend_build *build, const char *file)
{
	json_open_object(json, NULL);
	json_string(json, "name", build->name);
	json_string(json, "file", file);
	json_number(json, "profiles", build->profiles);
	json_number(json, "taken_at_ns", build->taken_at_ns);
	json_number(json, "bytes", build->bytes);
	json_number(json, "objects", build->objects);
	json_close_object(json);
}

static void json_line(struct json *json, const struct lg_trend_line *line, size_t builds)
{
	json_open_object(json, NULL);
	json_string(json, "path", line->path_text);
	json_string(json, "item", line->item);
	json_string(json, "item_type", line->item_type);
	json_string(json, "signature", line->signature);
	json_integer(json, "grown_bytes", line->grown_bytes);
	json_string(json, "shape", lg_trend_shape_text(line->shape));
	if (line->shape == LG_TREND_FLAT)
		json_null(json, "since");
	else
		json_number(json, "since", line->since);
	json_open_array(json, "bytes");
	for (size_t i = 0; i < builds; i++)
		json_number(json, NULL, line->point[i].bytes);
	json_close_array(json);
	json_open_array(json, "count");
	for (size_t i = 0; i < builds; i++)
		json_number(json, NULL, line->point[i].count);
	json_close_array(json);
	json_close_object(json);
}

void print_trend_json(const struct trend_report *report)
{
	const struct lg_trend *trend = report->trend;
	struct json json = {.out = stdout};

	json_open_object(&json, NULL);
	json_string(&json, "schema", "leakgraph.trend");
	json_number(&json, "version", 1);
	json_string(&json, "python_version", trend->python_version);
	json_number(&json, "grown_bytes", trend->grown_bytes);
	json_number(&json, "moved_bytes", trend->moved_bytes);
	json_open_array(&json, "builds");
	for (size_t i = 0; i < trend->build_count; i++)
		json_build(&json, &trend->build[i], report->file[i]);
	json_close_array(&json);
	json_number(&json, "holder_total", trend->line_count);
	json_open_array(&json, "holders");
	for (size_t i = 0; i < lines_of(report); i++)
		json_line(&json, &trend->line[i], trend->build_count);
	json_close_array(&json);
	json_close_object(&json);
}

/* ---- CSV ---- */

static struct lg_value text_value(const char *text)
{
	return (struct lg_value){.kind = LG_VALUE_TEXT, .bytes = text, .length = strlen(text)};
}

static struct lg_value number_value(uint64_t number)
{
	return (struct lg_value){.kind = LG_VALUE_INTEGER, .integer = (int64_t)number, .bytes = ""};
}

static bool put_row(const struct lg_rows *rows, const struct trend_report *report, size_t build,
		    const char *path, const char *item, const char *shape, uint64_t bytes,
		    uint64_t count)
{
	const struct lg_value value[] = {
		number_value(build), text_value(report->trend->build[build].name),
		text_value(report->file[build]), text_value(path), text_value(item),
		text_value(shape), number_value(bytes), number_value(count),
	};

	return rows->row(rows->context, value, sizeof value / sizeof *value);
}

/* A failed write ends it; finish_output() tells of it. */
static bool put_rows(const struct lg_rows *rows, const struct trend_report *report)
{
	const struct lg_trend *trend = report->trend;

	for (size_t i = 0; i < trend->build_count; i++)
		if (!put_row(rows, report, i, "", "", "", trend->build[i].bytes,
			     trend->build[i].objects))
			return false;
	for (size_t l = 0; l < lines_of(report); l++) {
		const struct lg_trend_line *line = &trend->line[l];

		for (size_t i = 0; i < trend->build_count; i++)
			if (!put_row(rows, report, i, line->path_text, line->item,
				     lg_trend_shape_text(line->shape), line->point[i].bytes,
				     line->point[i].count))
				return false;
	}
	return true;
}

void print_trend_csv(const struct trend_report *report)
{
	static const char *const name[] = {"build", "name",  "file",  "path",
					   "item",  "shape", "bytes", "count"};
	scoped(row_printer_close) struct row_printer printer = {.format = ROWS_CSV};
	struct lg_rows rows = row_printer_rows(&printer);

	if (rows.begin(rows.context, name, sizeof name / sizeof *name) && put_rows(&rows, report))
		rows.end(rows.context);
}
