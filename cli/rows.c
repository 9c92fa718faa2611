/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

/* A table is laid out by so many rows. */
#define HELD_ROWS 100
/* No wider than any screen, and so many bytes a column at most (combining marks take none). */
#define CELL_COLUMNS 200
#define CELL_BYTES (CELL_COLUMNS * 8)
#define LEAST_COLUMN 8

struct cell {
	char *text;
	size_t width;
	bool number;
};

struct layout {
	size_t width;
	bool number; /* to the right, and never cut */
};

static bool is_number(const struct lg_value *value)
{
	return value->kind == LG_VALUE_INTEGER || value->kind == LG_VALUE_REAL;
}

#define NUMBER_BYTES 40

/* As few digits as read back as the same number. */
static const char *number_text(const struct lg_value *value, char text[NUMBER_BYTES])
{
	if (value->kind == LG_VALUE_INTEGER) {
		snprintf(text, NUMBER_BYTES, "%" PRId64, value->integer);
		return text;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, NUMBER_BYTES, "%.*g", digits, value->real);
		if (strtod(text, NULL) == value->real)
			break;
	}
	return text;
}

/* ---- CSV: RFC 4180 ---- */

/* What would act on a terminal is escaped as everywhere; ends of lines may stand in quotes. */
static void csv_text(FILE *out, const char *bytes, size_t length)
{
	bool quoted = false;

	for (size_t i = 0; i < length && !quoted; i++)
		quoted = strchr(",\"\r\n", bytes[i]) && bytes[i];
	if (quoted)
		fputc('"', out);
	while (length) {
		char safe[LG_SAFE_TEXT_BYTES];
		size_t columns, n = lg_text_safe(bytes, length, safe, &columns);

		if (*bytes == '"')
			fputs("\"\"", out);
		else if (*bytes == '\n' || *bytes == '\r' || *bytes == '\t')
			fputc(*bytes, out);
		else
			fputs(safe, out);
		bytes += n;
		length -= n;
	}
	if (quoted)
		fputc('"', out);
}

static void hex_text(FILE *out, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fprintf(out, "%02x", (unsigned char)bytes[i]);
}

static void csv_row(FILE *out, const struct lg_value *value, size_t count)
{
	char number[NUMBER_BYTES];

	for (size_t i = 0; i < count; i++) {
		if (i)
			fputc(',', out);
		if (is_number(&value[i]))
			fputs(number_text(&value[i], number), out);
		else if (value[i].kind == LG_VALUE_BLOB)
			hex_text(out, value[i].bytes, value[i].length);
		else
			csv_text(out, value[i].bytes ? value[i].bytes : "", value[i].length);
	}
	fputs("\r\n", out);
}

/* ---- JSON: an array of objects, one a line ---- */

static void json_escape(FILE *out, const char *safe)
{
	unsigned long codepoint;

	if (safe[1] == 'x') {
		fprintf(out, "\\u00%s", safe + 2);
	} else if (safe[1] == 'U') {
		codepoint = strtoul(safe + 2, NULL, 16) - 0x10000;
		fprintf(out, "\\u%04lx\\u%04lx", 0xd800 + (codepoint >> 10),
			0xdc00 + (codepoint & 0x3ff));
	} else {
		fputs(safe, out);
	}
}

static void json_text(FILE *out, const char *bytes, size_t length)
{
	fputc('"', out);
	while (length) {
		char safe[LG_SAFE_TEXT_BYTES];
		size_t columns, n = lg_text_safe(bytes, length, safe, &columns);

		if (*bytes == '"' || *bytes == '\\')
			fprintf(out, "\\%c", *bytes);
		else if (safe[0] != '\\')
			fputs(safe, out);
		else if (n == 1 && (unsigned char)*bytes >= 0x80)
			fputs("\\ufffd", out);
		else
			json_escape(out, safe);
		bytes += n;
		length -= n;
	}
	fputc('"', out);
}

static void json_value(FILE *out, const struct lg_value *value)
{
	char number[NUMBER_BYTES];

	switch (value->kind) {
	case LG_VALUE_TEXT:
		json_text(out, value->bytes, value->length);
		break;
	case LG_VALUE_BLOB:
		fputc('"', out);
		hex_text(out, value->bytes, value->length);
		fputc('"', out);
		break;
	case LG_VALUE_NULL:
		fputs("null", out);
		break;
	default:
		/* JSON has no infinity. */
		fputs(value->kind == LG_VALUE_REAL && !isfinite(value->real)
			      ? "null"
			      : number_text(value, number),
		      out);
		break;
	}
}

static void json_row(struct row_printer *printer, const struct lg_value *value, size_t count)
{
	fputs(printer->rows ? ",\n{" : "\n{", stdout);
	for (size_t i = 0; i < count; i++) {
		if (i)
			fputs(", ", stdout);
		json_text(stdout, printer->name[i], strlen(printer->name[i]));
		fputs(": ", stdout);
		json_value(stdout, &value[i]);
	}
	fputc('}', stdout);
}

/* ---- a table ---- */

/* As much of a text as a cell can show, safe; the text is the caller's to free. */
static char *cell_text(const char *bytes, size_t length, size_t *width)
{
	char *text = malloc(CELL_BYTES + LG_SAFE_TEXT_BYTES + sizeof "…");
	size_t used = 0;

	*width = 0;
	while (text && length) {
		char safe[LG_SAFE_TEXT_BYTES];
		size_t columns, n = lg_text_safe(bytes, length, safe, &columns);

		if (*width + columns >= CELL_COLUMNS || used >= CELL_BYTES) {
			used += (size_t)sprintf(text + used, "…");
			++*width;
			break;
		}
		used += (size_t)sprintf(text + used, "%s", safe);
		*width += columns;
		bytes += n;
		length -= n;
	}
	if (text)
		text[used] = 0;
	return text;
}

static bool make_cell(const struct lg_value *value, struct cell *out)
{
	char text[NUMBER_BYTES + 2 * CELL_COLUMNS] = "NULL";

	out->number = is_number(value);
	if (value->kind == LG_VALUE_TEXT) {
		out->text = cell_text(value->bytes, value->length, &out->width);
		return out->text != NULL;
	}
	if (out->number)
		number_text(value, text);
	if (value->kind == LG_VALUE_BLOB) {
		size_t used = (size_t)sprintf(text, "x'");

		for (size_t i = 0; i < value->length && i < CELL_COLUMNS / 2; i++)
			used += (size_t)sprintf(text + used, "%02x",
						(unsigned char)value->bytes[i]);
		strcpy(text + used, value->length > CELL_COLUMNS / 2 ? "…" : "'");
	}
	out->width = lg_text_columns(text);
	out->text = strdup(text);
	return out->text != NULL;
}

static void pad(size_t columns)
{
	printf("%*s", (int)columns, "");
}

static void print_cell(const char *text, size_t width, const struct layout *layout, bool last)
{
	size_t room = width < layout->width ? layout->width - width : 0;

	if (layout->number) {
		pad(room);
		fputs(text, stdout);
		return;
	}
	print_cut(text, layout->width);
	if (!last)
		pad(room);
}

static void print_row(const struct row_printer *printer, const struct cell *cell)
{
	for (size_t i = 0; i < printer->columns; i++) {
		if (i)
			fputs("  ", stdout);
		print_cell(cell[i].text, cell[i].width, &printer->layout[i],
			   i + 1 == printer->columns);
	}
	fputc('\n', stdout);
}

static size_t total_width(const struct layout *layout, size_t count)
{
	size_t total = 2 * (count - 1);

	for (size_t i = 0; i < count; i++)
		total += layout[i].width;
	return total;
}

/* Texts give way, the widest first, until the row fits or all are narrow. Numbers never do. */
static void fit(struct layout *layout, size_t count, size_t screen)
{
	size_t total = total_width(layout, count);

	while (total > screen) {
		struct layout *widest = NULL;

		for (size_t i = 0; i < count; i++)
			if (!layout[i].number && layout[i].width > LEAST_COLUMN &&
			    (!widest || layout[i].width > widest->width))
				widest = &layout[i];
		if (!widest)
			return;
		widest->width--;
		total--;
	}
}

static bool lay_out(struct row_printer *printer)
{
	const struct cell *cell = printer->held;

	printer->layout = calloc(printer->columns, sizeof *printer->layout);
	if (!printer->layout)
		return false;
	for (size_t i = 0; i < printer->columns; i++) {
		printer->layout[i].width = lg_text_columns(printer->name[i]);
		printer->layout[i].number = printer->held_rows > 0;
	}
	for (size_t i = 0; i < printer->held_rows * printer->columns; i++) {
		struct layout *layout = &printer->layout[i % printer->columns];

		if (cell[i].width > layout->width)
			layout->width = cell[i].width;
		layout->number =
			layout->number && (cell[i].number || !strcmp(cell[i].text, "NULL"));
	}
	fit(printer->layout, printer->columns, printer->screen.width);
	return true;
}

static void drop_held(struct row_printer *printer)
{
	for (size_t i = 0; i < printer->held_rows * printer->columns; i++)
		free(printer->held[i].text);
	printer->held_rows = 0;
}

/* The head, and the rows that were held. */
static bool begin_table(struct row_printer *printer)
{
	if (!lay_out(printer))
		return false;
	fputs(printer->screen.bold, stdout);
	for (size_t i = 0; i < printer->columns; i++) {
		if (i)
			fputs("  ", stdout);
		print_cell(printer->name[i], lg_text_columns(printer->name[i]), &printer->layout[i],
			   i + 1 == printer->columns);
	}
	printf("%s\n", printer->screen.plain);
	for (size_t i = 0; i < printer->held_rows; i++)
		print_row(printer, printer->held + i * printer->columns);
	drop_held(printer);
	return true;
}

static bool table_row(struct row_printer *printer, const struct lg_value *value)
{
	struct cell *cell;
	bool made = true;

	if (!printer->held)
		printer->held = calloc(HELD_ROWS * printer->columns, sizeof *printer->held);
	if (!printer->held)
		return false;
	cell = printer->held + printer->held_rows * printer->columns;
	memset(cell, 0, printer->columns * sizeof *cell);
	for (size_t i = 0; i < printer->columns; i++)
		made = make_cell(&value[i], &cell[i]) && made;
	printer->held_rows++;
	if (!made)
		return false;
	if (printer->layout) {
		print_row(printer, cell);
		drop_held(printer);
		return true;
	}
	return printer->held_rows < HELD_ROWS || begin_table(printer);
}

/* ---- as the rows come ---- */

static void end_statement(struct row_printer *printer)
{
	drop_held(printer);
	free(printer->held);
	printer->held = NULL;
	for (size_t i = 0; i < printer->columns; i++)
		free(printer->name[i]);
	free(printer->name);
	free(printer->layout);
	printer->name = NULL;
	printer->layout = NULL;
	printer->columns = 0;
	printer->rows = 0;
}

/* Names of columns are texts of the query: safe, as what stands below them. */
static bool keep_names(struct row_printer *printer, const char *const *name, size_t count)
{
	printer->name = calloc(count, sizeof *printer->name);
	if (!printer->name)
		return false;
	printer->columns = count;
	for (size_t i = 0; i < count; i++) {
		size_t width;

		printer->name[i] =
			cell_text(name[i] ? name[i] : "", name[i] ? strlen(name[i]) : 0, &width);
		if (!printer->name[i])
			return false;
	}
	return true;
}

static bool begin(void *context, const char *const *name, size_t count)
{
	struct row_printer *printer = context;

	end_statement(printer);
	return keep_names(printer, name, count);
}

/* Before the first row, or where there is none at the end: a statement that fails at once prints
 * nothing. */
static void print_head(const struct row_printer *printer)
{
	if (printer->rows)
		return;
	if (printer->format == ROWS_JSON)
		fputc('[', stdout);
	for (size_t i = 0; printer->format == ROWS_CSV && i < printer->columns; i++) {
		if (i)
			fputc(',', stdout);
		csv_text(stdout, printer->name[i], strlen(printer->name[i]));
	}
	if (printer->format == ROWS_CSV)
		fputs("\r\n", stdout);
}

static bool row(void *context, const struct lg_value *value, size_t count)
{
	struct row_printer *printer = context;

	progress_erase();
	print_head(printer);
	if (printer->format == ROWS_TABLE && !table_row(printer, value))
		return false;
	if (printer->format == ROWS_CSV)
		csv_row(stdout, value, count);
	if (printer->format == ROWS_JSON)
		json_row(printer, value, count);
	printer->rows++;
	return !ferror(stdout);
}

static bool end(void *context)
{
	struct row_printer *printer = context;
	bool done = true;

	progress_erase();
	print_head(printer);
	if (printer->format == ROWS_JSON)
		fputs(printer->rows ? "\n]\n" : "]\n", stdout);
	if (printer->format == ROWS_TABLE && !printer->layout)
		done = begin_table(printer);
	end_statement(printer);
	return done && !ferror(stdout);
}

void row_printer_flush(struct row_printer *printer)
{
	if (printer->held_rows && !printer->layout)
		begin_table(printer);
	end_statement(printer);
}

struct lg_rows row_printer_rows(struct row_printer *printer)
{
	return (struct lg_rows){begin, row, end, printer};
}

void row_printer_close(struct row_printer *printer)
{
	end_statement(printer);
}
