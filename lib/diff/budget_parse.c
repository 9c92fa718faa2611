/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "diff/budget.h"
#include "leakgraph/signature.h"
#include "leakgraph/units.h"

/* A word of a line: `text` is its own, quotes taken away. */
struct word {
	char *text;
	size_t column; /* in characters, from 1 */
	bool quoted;
};

struct line {
	struct word *word;
	size_t count, capacity, at;
	const char *source;
	uint32_t number;
	size_t end; /* the column behind it */
	struct lg_error *err;
};

static void release_line(struct line *line)
{
	for (size_t i = 0; i < line->count; i++)
		free(line->word[i].text);
	free(line->word);
}

static const char *const subjects[LG_BUDGET_SUBJECTS] = {
	[LG_BUDGET_TOTAL] = "total",       [LG_BUDGET_HOLDER] = "holder",
	[LG_BUDGET_NEW_PATH] = "new-path", [LG_BUDGET_TYPE] = "type",
	[LG_BUDGET_PATH] = "path",         [LG_BUDGET_NEW_SUSPECT] = "new-suspect",
};

static const char *const measures[LG_BUDGET_MEASURES] = {
	[LG_BUDGET_GROWTH] = "growth",
	[LG_BUDGET_BYTES] = "bytes",
	[LG_BUDGET_COUNT] = "count",
	[LG_BUDGET_RETAINED] = "retained",
};

/* What can be measured of which subject. */
static const bool measurable[LG_BUDGET_SUBJECTS][LG_BUDGET_MEASURES] = {
	[LG_BUDGET_TOTAL] = {true, true, true, false},
	[LG_BUDGET_HOLDER] = {true, true, true, true},
	[LG_BUDGET_NEW_PATH] = {true, true, true, true},
	[LG_BUDGET_TYPE] = {true, true, true, false},
	[LG_BUDGET_PATH] = {true, true, true, true},
	[LG_BUDGET_NEW_SUSPECT] = {false, false, true, true},
};

/* ---- words ---- */

static enum lg_status no_memory(struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory for budgets");
}

static enum lg_status fail_at(const struct line *line, size_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static enum lg_status fail_at(const struct line *line, size_t column, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return lg_fail(line->err, LG_E_USAGE, "%s:%u:%zu: %s", line->source, line->number, column,
		       text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* In characters: a path has arrows in it. */
static size_t column_of(const char *start, const char *at)
{
	size_t column = 1;

	for (; start < at; start++)
		column += ((unsigned char)*start & 0xc0) != 0x80;
	return column;
}

/* Up to a blank, or to the closing quote; *p is moved behind it. */
static enum lg_status split_word(struct line *line, const char *start, const char **p,
				 const char *end)
{
	const char *first = *p, *last;
	struct word word = {.column = column_of(start, first), .quoted = *first == '"'};

	if (word.quoted) {
		first++;
		last = memchr(first, '"', (size_t)(end - first));
		if (!last)
			return fail_at(line, word.column, "a quote that is not closed");
		*p = last + 1;
	} else {
		for (last = first; last < end && !is_blank(*last) && *last != '#';)
			last++;
		*p = last;
	}
	if (memchr(first, 0, (size_t)(last - first)))
		return fail_at(line, word.column, "a NUL byte");
	if (!lg_reserve(line->word, line->capacity, line->count + 1))
		return no_memory(line->err);
	word.text = strndup(first, (size_t)(last - first));
	if (!word.text)
		return no_memory(line->err);
	line->word[line->count++] = word;
	return LG_OK;
}

static enum lg_status split(struct line *line, const char *start, size_t length)
{
	const char *p = start, *end = start + length;

	while (p < end && *p != '#') {
		enum lg_status status;

		if (is_blank(*p)) {
			p++;
			continue;
		}
		status = split_word(line, start, &p, end);
		if (status != LG_OK)
			return status;
	}
	line->end = column_of(start, p);
	return LG_OK;
}

/* The next word, or an empty one at the end. */
static struct word next_word(struct line *line)
{
	static char nothing[] = "";

	if (line->at < line->count)
		return line->word[line->at++];
	return (struct word){.text = nothing, .column = line->end};
}

static bool is_next(const struct line *line, const char *text)
{
	return line->at < line->count && !line->word[line->at].quoted &&
	       strcmp(line->word[line->at].text, text) == 0;
}

static enum lg_status expected(const struct line *line, const struct word *word, const char *what)
{
	if (word->text[0])
		return fail_at(line, word->column, "expected %s, not '%s'", what, word->text);
	return fail_at(line, word->column, "expected %s", what);
}

static int find_word(const char *text, const char *const *table, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(text, table[i]) == 0)
			return i;
	return -1;
}

static enum lg_status take_keyword(struct line *line, const char *keyword)
{
	bool there = is_next(line, keyword);
	struct word word = next_word(line);
	char what[32];

	snprintf(what, sizeof what, "'%s'", keyword);
	return there ? LG_OK : expected(line, &word, what);
}

static enum lg_status take_name(struct line *line, const char *what, char **out)
{
	struct word word = next_word(line);

	if (!word.text[0])
		return expected(line, &word, what);
	*out = strdup(word.text);
	return *out ? LG_OK : no_memory(line->err);
}

/* ---- limits ---- */

static bool parse_limit(const char *text, struct lg_limit *out)
{
	const char *unit;

	if (!lg_decimal_parse(text, &out->value, &unit))
		return false;
	out->kind = !*unit		      ? LG_LIMIT_NUMBER
		    : strcmp(unit, "%") == 0 ? LG_LIMIT_PERCENT
					      : LG_LIMIT_BYTES;
	if (out->kind == LG_LIMIT_BYTES)
		out->value *= (double)lg_unit_bytes(unit);
	return out->kind != LG_LIMIT_BYTES || lg_unit_bytes(unit) != 0;
}

static enum lg_status take_limit(struct line *line, struct lg_budget *budget)
{
	struct word word = next_word(line);
	struct lg_limit *limit = &budget->limit[budget->limit_count];
	bool counts = budget->measure == LG_BUDGET_COUNT;

	if (!parse_limit(word.text, limit))
		return expected(line, &word, counts ? "a number, or a percentage as 5%"
						    : "a size as 8MiB, or a percentage as 5%");
	if (counts && limit->kind == LG_LIMIT_BYTES)
		return expected(line, &word, "a number of objects");
	if (!counts && limit->kind == LG_LIMIT_NUMBER && limit->value != 0)
		return expected(line, &word, "a size with its unit, as 8MiB");
	budget->limit_count++;
	return LG_OK;
}

static enum lg_status take_limits(struct line *line, struct lg_budget *budget)
{
	enum lg_status status = take_limit(line, budget);

	while (status == LG_OK && is_next(line, "and")) {
		struct word word = next_word(line);

		if (budget->limit_count == LG_BUDGET_MAX_LIMITS)
			return fail_at(line, word.column, "more than %d limits",
				       LG_BUDGET_MAX_LIMITS);
		status = take_limit(line, budget);
	}
	return status;
}

/* ---- lines ---- */

static enum lg_status take_measure(struct line *line, struct lg_budget *budget)
{
	struct word word = next_word(line);
	int measure = find_word(word.text, measures, LG_BUDGET_MEASURES);

	if (measure < 0)
		return expected(line, &word, "growth, bytes, count or retained");
	if (!measurable[budget->subject][measure])
		return fail_at(line, word.column, "'%s' has no '%s'", subjects[budget->subject],
			       word.text);
	budget->measure = (enum lg_budget_measure)measure;
	return take_keyword(line, "<=");
}

static enum lg_status take_end(struct line *line)
{
	struct word word = next_word(line);

	return word.text[0] ? expected(line, &word, "the end of the line") : LG_OK;
}

static char *join(const struct line *line)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < line->count; i++)
		fprintf(out, line->word[i].quoted ? "%s\"%s\"" : "%s%s", i ? " " : "",
			line->word[i].text);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static void free_budget(struct lg_budget *budget)
{
	free(budget->text);
	free(budget->name);
}

static void free_exception(struct lg_exception *exception)
{
	free(exception->name);
	free(exception->reason);
}

static enum lg_status parse_budget(struct line *line, struct lg_budget *out)
{
	struct word word = next_word(line);
	int subject = find_word(word.text, subjects, LG_BUDGET_SUBJECTS);
	enum lg_status status = LG_OK;

	if (subject < 0)
		return expected(line, &word, "total, holder, new-path, new-suspect, type, path or ignore");
	out->subject = (enum lg_budget_subject)subject;
	if (out->subject == LG_BUDGET_TYPE)
		status = take_name(line, "the name of a type", &out->name);
	if (out->subject == LG_BUDGET_PATH)
		status = take_name(line, "a path", &out->name);
	if (status == LG_OK)
		status = take_measure(line, out);
	if (status == LG_OK)
		status = take_limits(line, out);
	if (status == LG_OK && is_next(line, "warn")) {
		next_word(line);
		out->warn = true;
	}
	if (status == LG_OK)
		status = take_end(line);
	if (status != LG_OK)
		return status;
	out->text = join(line);
	return out->text ? LG_OK : no_memory(line->err);
}

/* The end of a day, by the calendar of UTC. 2027-02-30, which would be a day of March, is none. */
static bool parse_day(const char *text, struct lg_exception *out)
{
	struct tm day = {0}, real;
	const char *rest;
	time_t start;

	if (strlen(text) != sizeof out->until - 1)
		return false;
	rest = strptime(text, "%Y-%m-%d", &day);
	if (!rest || *rest)
		return false;
	real = day;
	start = timegm(&real);
	memcpy(out->until, text, sizeof out->until);
	out->ends = (int64_t)start + 24 * 60 * 60;
	return real.tm_mday == day.tm_mday && real.tm_mon == day.tm_mon;
}

static enum lg_status parse_exception(struct line *line, struct lg_exception *out)
{
	struct word word = next_word(line);
	uint32_t signature;
	enum lg_status status;

	word = next_word(line);
	if (strcmp(word.text, "type") == 0)
		out->subject = LG_BUDGET_TYPE;
	else if (strcmp(word.text, "path") == 0)
		out->subject = LG_BUDGET_PATH;
	else if (strcmp(word.text, "sig") == 0)
		out->subject = LG_BUDGET_SIGNATURE;
	else
		return expected(line, &word, "type, path or sig");
	status = take_name(line, "what to ignore", &out->name);
	if (status != LG_OK)
		return status;
	if (out->subject == LG_BUDGET_SIGNATURE && !lg_signature_parse(out->name, &signature))
		return expected(line, &line->word[line->at - 1], "a signature as 9f31c2e0");
	status = take_keyword(line, "until");
	if (status != LG_OK)
		return status;
	word = next_word(line);
	if (!parse_day(word.text, out))
		return expected(line, &word, "a day as 2027-01-31");
	status = take_name(line, "a reason in quotes", &out->reason);
	return status == LG_OK ? take_end(line) : status;
}

static enum lg_status add_line(struct lg_budgets *budgets, struct line *line)
{
	enum lg_status status;

	if (is_next(line, "ignore")) {
		struct lg_exception *to;

		if (!lg_reserve(budgets->exception, budgets->exception_capacity,
				budgets->exception_count + 1))
			return no_memory(line->err);
		to = &budgets->exception[budgets->exception_count];
		*to = (struct lg_exception){.source = line->source, .line = line->number};
		status = parse_exception(line, to);
		if (status != LG_OK)
			free_exception(to);
		else
			budgets->exception_count++;
		return status;
	}
	if (!lg_reserve(budgets->budget, budgets->capacity, budgets->count + 1))
		return no_memory(line->err);
	budgets->budget[budgets->count] =
		(struct lg_budget){.source = line->source, .line = line->number};
	status = parse_budget(line, &budgets->budget[budgets->count]);
	if (status != LG_OK)
		free_budget(&budgets->budget[budgets->count]);
	else
		budgets->count++;
	return status;
}

static const char *keep_source(struct lg_budgets *budgets, const char *source)
{
	char *copy = strdup(source);

	if (!copy || !lg_reserve(budgets->source, budgets->source_capacity,
				 budgets->source_count + 1)) {
		free(copy);
		return NULL;
	}
	budgets->source[budgets->source_count++] = copy;
	return copy;
}

enum lg_status lg_budgets_add(struct lg_budgets *budgets, const char *source, const char *text,
			      size_t length, struct lg_error *err)
{
	const char *kept = keep_source(budgets, source), *end = text + length;
	enum lg_status status = LG_OK;

	if (!kept)
		return no_memory(err);
	for (uint32_t number = 1; text < end && status == LG_OK; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		lg_cleanup(release_line) struct line line = {
			.source = kept,
			.number = number,
			.err = err,
		};

		if (number > LG_BUDGET_MAX_LINES)
			return lg_fail(err, LG_E_USAGE, "%s: more than %d lines", source,
				       LG_BUDGET_MAX_LINES);
		status = split(&line, text, (size_t)((stop ? stop : end) - text));
		if (status == LG_OK && line.count)
			status = add_line(budgets, &line);
		text = stop ? stop + 1 : end;
	}
	return status;
}

/* What opens without end (a pipe nobody writes to) is no file of budgets. */
static FILE *open_regular(const char *path, struct lg_error *err)
{
	lg_cleanup(lg_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat about;
	FILE *file;

	if (fd < 0 || fstat(fd, &about) < 0) {
		lg_fail(err, LG_E_UNREADABLE, "%s: cannot be opened: %s", path, strerror(errno));
		return NULL;
	}
	if (!S_ISREG(about.st_mode)) {
		lg_fail(err, LG_E_UNREADABLE, "%s: is no regular file", path);
		return NULL;
	}
	file = fdopen(fd, "r");
	if (file)
		fd = -1;
	else
		no_memory(err);
	return file;
}

enum lg_status lg_budgets_read(struct lg_budgets *budgets, const char *path, struct lg_error *err)
{
	lg_cleanup(lg_fclose) FILE *file = open_regular(path, err);
	lg_cleanup(lg_free) char *text = malloc(LG_BUDGET_MAX_BYTES + 1);
	size_t length;

	if (!file)
		return err->status;
	if (!text)
		return no_memory(err);
	length = fread(text, 1, LG_BUDGET_MAX_BYTES + 1, file);
	if (ferror(file))
		return lg_fail(err, LG_E_UNREADABLE, "%s: cannot be read: %s", path, strerror(errno));
	if (length > LG_BUDGET_MAX_BYTES)
		return lg_fail(err, LG_E_UNREADABLE, "%s: more than %d bytes of budgets", path,
			       LG_BUDGET_MAX_BYTES);
	return lg_budgets_add(budgets, path, text, length, err);
}

size_t lg_budgets_count(const struct lg_budgets *budgets)
{
	return budgets->count;
}

struct lg_budgets *lg_budgets_new(void)
{
	return calloc(1, sizeof(struct lg_budgets));
}

void lg_budgets_free(struct lg_budgets *budgets)
{
	if (!budgets)
		return;
	for (size_t i = 0; i < budgets->count; i++)
		free_budget(&budgets->budget[i]);
	for (size_t i = 0; i < budgets->exception_count; i++)
		free_exception(&budgets->exception[i]);
	for (size_t i = 0; i < budgets->source_count; i++)
		free(budgets->source[i]);
	free(budgets->budget);
	free(budgets->exception);
	free(budgets->source);
	free(budgets);
}
