/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "screen.h"

#define DEFAULT_WIDTH 100
#define LEAST_WIDTH 60
#define MOST_WIDTH 200
#define PATH_BYTES 16384

static bool wants_colour(void)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	/* https://no-color.org: present and not empty. */
	if (no_colour && *no_colour)
		return false;
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

struct screen screen_open(void)
{
	struct screen screen = {DEFAULT_WIDTH, "", "", "", ""};
	struct winsize size;

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		screen.width = size.ws_col;
	if (screen.width < LEAST_WIDTH)
		screen.width = LEAST_WIDTH;
	if (screen.width > MOST_WIDTH)
		screen.width = MOST_WIDTH;
	if (wants_colour()) {
		screen.bold = "\033[1m";
		screen.dim = "\033[2m";
		screen.suspect = "\033[4m";
		screen.plain = "\033[0m";
	}
	return screen;
}

/* Columns of a text in which our own colours may stand: names hold no escape any more. */
static size_t visible_columns(const char *text, size_t length)
{
	char *bare = malloc(length + 1);
	size_t used = 0, columns;

	if (!bare)
		return length;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\033') {
			while (i < length && text[i] != 'm')
				i++;
			continue;
		}
		bare[used++] = text[i];
	}
	bare[used] = 0;
	columns = lg_text_columns(bare);
	free(bare);
	return columns;
}

/* Where to break: before the last " → " (or blank) at which the line still fits. */
static size_t fitting(const char *text, size_t columns, const char *at)
{
	size_t best = 0, length = strlen(text);

	for (const char *c = strstr(text, at); c; c = strstr(c + 1, at)) {
		if (visible_columns(text, (size_t)(c - text)) > columns)
			break;
		best = (size_t)(c - text);
	}
	return visible_columns(text, length) <= columns ? length : best;
}

static void indent_by(size_t columns)
{
	fprintf(stdout, "%*s", (int)columns, "");
}

/* As many whole characters as fit: for one piece that is longer than a line. */
static size_t hard_break(const char *text, size_t room)
{
	size_t length = 0;

	while (text[length]) {
		size_t next = length + 1;

		if (text[length] == '\033')
			while (text[next] && text[next - 1] != 'm')
				next++;
		while (((unsigned char)text[next] & 0xc0) == 0x80)
			next++;
		if (length && visible_columns(text, next) > room)
			break;
		length = next;
	}
	return length;
}

/* Bytes of the next line: up to a break, or what fits of one piece that is too long. */
static size_t line_length(const struct screen *screen, const char *text, size_t column,
			  const char *at)
{
	size_t room = screen->width > column ? screen->width - column : 1;
	size_t length = fitting(text, room, at);

	return length ? length : hard_break(text, room);
}

static void print_lines(const struct screen *screen, const char *text, size_t column, size_t indent,
			const char *at)
{
	while (*text) {
		size_t length = line_length(screen, text, column, at);

		fwrite(text, 1, length, stdout);
		fputc('\n', stdout);
		text += length;
		if (!*text)
			return;
		text += *text == ' ';
		column = indent;
		indent_by(indent);
	}
	fputc('\n', stdout);
}

/* How many lines a text would take. */
static size_t count_lines(const struct screen *screen, const char *text, size_t column,
			  size_t indent, const char *at)
{
	size_t lines = 0;

	while (*text) {
		size_t length = line_length(screen, text, column, at);

		lines++;
		text += length;
		text += *text == ' ';
		column = indent;
	}
	return lines;
}

void print_path(const struct screen *screen, const struct lg_path *path, size_t column,
		size_t indent, size_t lines)
{
	struct lg_path_style style = {screen->suspect, screen->plain};
	size_t columns = (screen->width - column) + (lines - 1) * (screen->width - indent);
	char *text = malloc(PATH_BYTES);

	if (!text)
		return;
	/* Breaks fall between steps, and some of each line is lost: less and less, until it fits.
	 */
	do {
		lg_path_text(path, columns, &style, text, PATH_BYTES);
		columns -= 4;
	} while (columns > screen->width / 2 &&
		 count_lines(screen, text, column, indent, " → ") > lines);
	print_lines(screen, text, column, indent, " → ");
	free(text);
}

void print_wrapped(const struct screen *screen, const char *text, size_t column, size_t indent)
{
	print_lines(screen, text, column, indent, " ");
}

void print_cut(const char *text, size_t columns)
{
	size_t length = strlen(text), used = 0;

	if (lg_text_columns(text) <= columns) {
		fputs(text, stdout);
		return;
	}
	while (length && lg_text_columns(text) > 0) {
		char *shorter;

		/* Cut whole characters from the end: continuation bytes go with their first. */
		do
			length--;
		while (length && ((unsigned char)text[length] & 0xc0) == 0x80);
		shorter = strndup(text, length);
		used = shorter ? lg_text_columns(shorter) : 0;
		free(shorter);
		if (used + 1 <= columns)
			break;
	}
	fwrite(text, 1, length, stdout);
	fputs("…", stdout);
}

#define SHOW_AFTER_MS 500
#define SHOW_EVERY_MS 100

static struct {
	bool (*stopped)(void);
	bool terminal, shown;
	uint64_t started_ms, painted_ms;
} progress;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void paint(const char *stage, uint64_t done, uint64_t total, const char *unit)
{
	char count[LG_NUMBER_TEXT_BYTES];

	if (total)
		fprintf(stderr, "\r\033[K%s: %.0f %%", stage, 100.0 * (double)done / (double)total);
	else if (done)
		fprintf(stderr, "\r\033[K%s: %s %s", stage, lg_count_text(done, count), unit);
	else
		fprintf(stderr, "\r\033[K%s", stage);
	fflush(stderr);
	progress.shown = true;
}

static int report(void *context, const char *stage, uint64_t done, uint64_t total, const char *unit)
{
	uint64_t now;

	(void)context;
	if (progress.stopped && progress.stopped())
		return 1;
	if (!progress.terminal)
		return 0;
	now = now_ms();
	if (now - progress.started_ms >= SHOW_AFTER_MS &&
	    now - progress.painted_ms >= SHOW_EVERY_MS) {
		paint(stage, done, total, unit);
		progress.painted_ms = now;
	}
	return 0;
}

struct lg_progress progress_open(bool (*stopped)(void))
{
	progress.stopped = stopped;
	progress.terminal = isatty(STDERR_FILENO);
	progress.started_ms = now_ms();
	progress.painted_ms = 0;
	return (struct lg_progress){.report = report};
}

void progress_erase(void)
{
	if (!progress.shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	progress.shown = false;
}
