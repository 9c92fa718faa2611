/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "exit_codes.h"
#include "input.h"
#include "screen.h"

#define NUMBERS_COLUMNS 24 /* "  1  312.4 MB   75.8 %  " and the path behind it */
#define MOST_ALSO 2
#define MOST_LINES 3
#define LINES_OF_FIRST 3 /* holders: all is to stay on one screen */

/* "and also held by": the other holders of what is shared. */
static void print_also(const struct screen *screen, const struct lg_holder *holder)
{
	size_t told = holder->also_count < MOST_ALSO ? holder->also_count : MOST_ALSO;
	uint64_t more = holder->also_count - told + holder->also_more;
	char line[4096], count[LG_NUMBER_TEXT_BYTES];

	for (size_t i = 0; i < told; i++) {
		snprintf(line, sizeof line, "and %s", holder->also[i]);
		printf("%*s%s", NUMBERS_COLUMNS, "", screen->dim);
		print_cut(line, screen->width - NUMBERS_COLUMNS);
		printf("%s\n", screen->plain);
	}
	if (more)
		printf("%*s%sand %s more%s\n", NUMBERS_COLUMNS, "", screen->dim,
		       lg_count_text(more, count), screen->plain);
}

/* As snprintf, but tells what was written: never more than there is room for. */
static size_t print_into(char *text, size_t capacity, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static size_t print_into(char *text, size_t capacity, const char *format, ...)
{
	va_list arguments;
	int used;

	va_start(arguments, format);
	used = vsnprintf(text, capacity, format, arguments);
	va_end(arguments);
	if (used < 0)
		return 0;
	return (size_t)used < capacity ? (size_t)used : capacity ? capacity - 1 : 0;
}

/* The reference to cut, or where no single one frees anything, all of them. */
static size_t add_cut(const struct lg_holder *holder, char *line, size_t capacity)
{
	char number[LG_NUMBER_TEXT_BYTES];
	size_t used = 0;

	if (holder->cut_all_count == 0)
		return holder->cut[0] ? print_into(line, capacity, "; cut %s", holder->cut_short) : 0;
	used = print_into(line, capacity, holder->cut_all_total > 1 ? "; cut all of: " : "; cut ");
	for (size_t i = 0; i < holder->cut_all_count; i++)
		used += print_into(line + used, capacity - used, "%s%s", i ? ", " : "",
				   holder->cut_all[i]);
	if (holder->cut_all_count < holder->cut_all_total)
		used += print_into(line + used, capacity - used, " and %s more",
				   lg_count_text(holder->cut_all_total - holder->cut_all_count, number));
	return used + print_into(line + used, capacity - used, ", which frees %s",
				 lg_bytes_text(holder->cut_all_bytes, number));
}

/* What piles up, in what, and the reference to cut. */
static void print_pile(const struct screen *screen, const struct lg_holder *holder)
{
	char line[4096], count[LG_NUMBER_TEXT_BYTES];
	size_t used = 0;

	if (holder->rest)
		used += (size_t)snprintf(line, sizeof line, "besides its parts listed apart");
	else if (holder->count > 1)
		used += (size_t)snprintf(line, sizeof line, "%s × %s%s%s",
					 lg_count_text(holder->count, count), holder->type,
					 holder->chain                               ? " in a chain"
					 : holder->shared || !holder->holder_type[0] ? ""
										     : " in a ",
					 holder->chain || holder->shared ? ""
									 : holder->holder_type);
	else if (holder->cut[0])
		used += (size_t)snprintf(line, sizeof line, "%s", holder->type);
	if (used < sizeof line)
		used += add_cut(holder, line + used, sizeof line - used);
	if (used == 0)
		return;
	printf("%*s%s", NUMBERS_COLUMNS, "", screen->dim);
	print_wrapped(screen, line, NUMBERS_COLUMNS, NUMBERS_COLUMNS + 2);
	fputs(screen->plain, stdout);
}

/* Does it look like a leak, by what, and the name by which other commands know it. */
static void print_evidence(const struct screen *screen, const struct lg_holder *holder)
{
	const char *judgement = holder->points > 2   ? "looks like a leak: "
				: holder->points > 0 ? "may be a leak: "
				: holder->points < -1 ? "need be no leak: "
						     : "";
	char line[4096];
	size_t used = (size_t)snprintf(line, sizeof line, "%s", judgement);

	for (size_t i = 0; i < holder->evidence_count && used < sizeof line; i++)
		used += (size_t)snprintf(line + used, sizeof line - used, "%s%s", i ? ", " : "",
					 holder->evidence[i].text);
	if (used < sizeof line)
		snprintf(line + used, sizeof line - used, "%ssignature %s",
			 holder->evidence_count ? "; " : "", holder->signature);
	printf("%*s%s", NUMBERS_COLUMNS, "", screen->dim);
	print_wrapped(screen, line, NUMBERS_COLUMNS, NUMBERS_COLUMNS + 2);
	fputs(screen->plain, stdout);
}

/* The lines of source that allocated most of it. */
static void print_allocated(const struct screen *screen, const struct lg_holder *holder)
{
	char line[4096], bytes[LG_NUMBER_TEXT_BYTES];
	size_t used = 0;

	for (size_t i = 0; i < holder->allocated_count && i < MOST_LINES && used < sizeof line; i++) {
		const struct lg_source_line *at = &holder->allocated[i];
		const char *slash = strrchr(at->file, '/');

		used += (size_t)snprintf(line + used, sizeof line - used, "%s%.200s:%u (%s)",
					 i ? ", " : "allocated at ", slash ? slash + 1 : at->file,
					 at->line, lg_bytes_text(at->bytes, bytes));
	}
	if (used == 0)
		return;
	printf("%*s%s", NUMBERS_COLUMNS, "", screen->dim);
	print_cut(line, screen->width - NUMBERS_COLUMNS);
	printf("%s\n", screen->plain);
}

static void print_holder(const struct screen *screen, const struct lg_holder *holder, size_t rank)
{
	char bytes[LG_NUMBER_TEXT_BYTES], share[LG_NUMBER_TEXT_BYTES];

	printf("%s%3zu%s %9s %8s  ", screen->bold, rank, screen->plain,
	       lg_bytes_text(holder->retained_bytes, bytes), lg_share_text(holder->share, share));
	print_path(screen, &holder->path, NUMBERS_COLUMNS, NUMBERS_COLUMNS + 2, rank == 1 ? 3 : 2);
	print_pile(screen, holder);
	print_evidence(screen, holder);
	if (rank <= LINES_OF_FIRST)
		print_allocated(screen, holder);
	if (holder->cut_all_count == 0)
		print_also(screen, holder);
}

/* What is small beside the largest is only counted; the first is told, unless more is elsewhere. */
static void print_holders(const struct screen *screen, const struct lg_verdict *verdict, bool all,
			  bool elsewhere)
{
	char count[LG_NUMBER_TEXT_BYTES], bytes[LG_NUMBER_TEXT_BYTES];
	uint64_t largest = verdict->untold_bytes;
	size_t told = 0;

	printf("\n%sWhat keeps the memory%s\n", screen->bold, screen->plain);
	while (told < verdict->holder_count &&
	       ((told == 0 && !elsewhere) || all || !verdict->holder[told].minor)) {
		print_holder(screen, &verdict->holder[told], told + 1);
		told++;
	}
	for (size_t i = told; i < verdict->holder_count; i++)
		if (verdict->holder[i].retained_bytes > largest)
			largest = verdict->holder[i].retained_bytes;
	if (told == 0 && verdict->holder_total)
		printf("    %s places, none over %s (--top tells them)\n",
		       lg_count_text(verdict->holder_total, count), lg_bytes_text(largest, bytes));
	else if (told == 0 && verdict->summary.reached_bytes)
		printf("    no single place: none holds %s or more of the %s that roots reach\n",
		       lg_bytes_text(verdict->threshold_bytes, count),
		       lg_bytes_text(verdict->summary.reached_bytes, bytes));
	else if (told == 0)
		puts("    no root holds anything");
	else if (told < verdict->holder_total)
		printf("    %sand %s more, none over %s (--top tells them)%s\n", screen->dim,
		       lg_count_text(verdict->holder_total - told, count),
		       lg_bytes_text(largest, bytes), screen->plain);
}

static void print_garbage(const struct screen *screen, const struct lg_garbage_summary *garbage)
{
	char bytes[LG_NUMBER_TEXT_BYTES], share[LG_NUMBER_TEXT_BYTES], count[LG_NUMBER_TEXT_BYTES];
	char line[4096];
	size_t used;

	if (garbage->objects == 0) {
		puts("\nGarbage that no root reaches: none");
		return;
	}
	printf("\n%sGarbage that no root reaches%s\n", screen->bold, screen->plain);
	printf("    %9s %8s  ", lg_bytes_text(garbage->bytes, bytes),
	       lg_share_text(garbage->share, share));
	used = (size_t)snprintf(line, sizeof line, "%s objects, ",
				lg_count_text(garbage->objects, count));
	used += (size_t)snprintf(line + used, sizeof line - used,
				 "%s cycle%s; heads:", lg_count_text(garbage->cycles, count),
				 garbage->cycles == 1 ? "" : "s");
	for (size_t i = 0; i < garbage->pile_count && i < 3 && used < sizeof line; i++)
		used += (size_t)snprintf(line + used, sizeof line - used, "%s %s × %s",
					 i ? "," : "", lg_count_text(garbage->pile[i].heads, count),
					 garbage->pile[i].type);
	print_wrapped(screen, line, NUMBERS_COLUMNS, NUMBERS_COLUMNS);
	if (garbage->pile_count && garbage->pile[0].cycle_text[0]) {
		printf("%*s", NUMBERS_COLUMNS, "");
		print_wrapped(screen, garbage->pile[0].cycle_text, NUMBERS_COLUMNS,
			      NUMBERS_COLUMNS + 2);
	}
}

/* A file name as a shell takes it back. */
static void print_shell_word(const char *word)
{
	bool plain = word[0] && word[0] != '-';

	for (const char *c = word; *c; c++)
		plain = plain && (isalnum((unsigned char)*c) || strchr("._-/+,:@%=", *c));
	if (plain) {
		fputs(word, stdout);
		return;
	}
	/* Bytes that a terminal acts on are replaced: then it can only be read, not pasted. */
	fputs(word[0] == '-' ? "./'" : "'", stdout);
	for (const char *c = word; *c; c++) {
		if (*c == '\'')
			fputs("'\\''", stdout);
		else
			fputc((unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c, stdout);
	}
	fputs("'", stdout);
}

static void print_next(const struct screen *screen, const struct lg_verdict *verdict,
		       const char *path)
{
	if (verdict->next_count == 0)
		return;
	printf("\n%sNext%s  leakgraph %s ", screen->bold, screen->plain, verdict->next[0]);
	print_shell_word(path);
	if (verdict->next_count > 1) {
		fputc(' ', stdout);
		print_shell_word(verdict->next[1]);
	}
	fputc('\n', stdout);
}

/* All of RSS in one line. */
static void print_where(const struct screen *screen, const struct lg_verdict *verdict)
{
	if (!verdict->where[0])
		return;
	printf("\n%sWhere the memory is%s\n    ", screen->bold, screen->plain);
	print_wrapped(screen, verdict->where, 4, 4);
}

static void print_verdict(const struct lg_verdict *verdict, const char *path, bool all)
{
	struct screen screen = screen_open();
	bool garbage_first = verdict->holder_count == 0 ||
			     verdict->garbage.bytes > verdict->holder[0].retained_bytes;

	printf("%s", screen.bold);
	print_wrapped(&screen, verdict->headline, 0, 0);
	printf("%s", screen.plain);
	print_summary_line(&verdict->summary, screen.width);
	print_where(&screen, verdict);
	if (garbage_first)
		print_garbage(&screen, &verdict->garbage);
	print_holders(&screen, verdict, all, garbage_first || verdict->memory_first);
	if (!garbage_first)
		print_garbage(&screen, &verdict->garbage);
	if (verdict->note_count)
		printf("\n%sWhat stands out%s\n", screen.bold, screen.plain);
	for (size_t i = 0; i < verdict->note_count; i++) {
		fputs("    ", stdout);
		print_wrapped(&screen, verdict->note[i], 4, 7);
	}
	print_next(&screen, verdict, path);
}

static void json_evidence(struct json *json, const struct lg_holder *holder)
{
	json_open_array(json, "evidence");
	for (size_t i = 0; i < holder->evidence_count; i++) {
		json_open_object(json, NULL);
		json_string(json, "kind", holder->evidence[i].kind);
		json_real(json, "points", holder->evidence[i].points);
		json_string(json, "text", holder->evidence[i].text);
		json_close_object(json);
	}
	json_close_array(json);
	json_real(json, "points", holder->points);
	json_real(json, "score", holder->score);
}

static void json_holder(struct json *json, const struct lg_holder *holder, size_t rank)
{
	json_open_object(json, NULL);
	json_number(json, "rank", rank);
	json_string(json, "root", holder->root);
	json_string(json, "root_kind", root_kind_text(holder->root_kind));
	json_string(json, "path_text", holder->path_text);
	json_number(json, "retained_bytes", holder->retained_bytes);
	json_real(json, "share", holder->share);
	json_string(json, "type", holder->type);
	json_number(json, "count", holder->count);
	json_string(json, "holder_type", holder->holder_type);
	json_string(json, "cut", holder->cut);
	json_evidence(json, holder);
	json_string(json, "signature", holder->signature);
	json_texts(json, "signature_of", holder->signature_word, holder->signature_words);
	json_bool(json, "shared", holder->shared);
	json_texts(json, "also", holder->also, holder->also_count);
	json_number(json, "also_more", holder->also_more);
	json_texts(json, "cut_all", holder->cut_all, holder->cut_all_count);
	json_number(json, "cut_all_total", holder->cut_all_total);
	json_number(json, "cut_all_bytes", holder->cut_all_bytes);
	json_bool(json, "rest", holder->rest);
	json_bool(json, "chain", holder->chain);
	json_bool(json, "minor", holder->minor);
	json_number(json, "accumulation", holder->accumulation);
	json_lines(json, "allocated", holder->allocated, holder->allocated_count);
	json_path(json, "path", &holder->path);
	json_close_object(json);
}

static void json_garbage(struct json *json, const struct lg_garbage_summary *garbage)
{
	json_open_object(json, "garbage");
	json_number(json, "objects", garbage->objects);
	json_number(json, "bytes", garbage->bytes);
	json_real(json, "share", garbage->share);
	json_number(json, "cycles", garbage->cycles);
	json_string(json, "untracked", garbage->untracked);
	json_open_array(json, "heads");
	for (size_t i = 0; i < garbage->pile_count; i++) {
		json_open_object(json, NULL);
		json_string(json, "type", garbage->pile[i].type);
		json_number(json, "count", garbage->pile[i].heads);
		json_number(json, "objects", garbage->pile[i].objects);
		json_number(json, "bytes", garbage->pile[i].bytes);
		json_number(json, "cycle", garbage->pile[i].cycle);
		json_number(json, "object", garbage->pile[i].object);
		json_string(json, "signature", garbage->pile[i].signature);
		json_string(json, "cycle_text", garbage->pile[i].cycle_text);
		json_close_object(json);
	}
	json_close_array(json);
	json_open_array(json, "types");
	for (size_t i = 0; i < garbage->type_count; i++) {
		json_open_object(json, NULL);
		json_string(json, "type", garbage->type[i].name);
		json_number(json, "count", garbage->type[i].count);
		json_number(json, "shallow_bytes", garbage->type[i].shallow_bytes);
		json_close_object(json);
	}
	json_close_array(json);
	json_close_object(json);
}

static void json_where(struct json *json, const struct lg_accounting *accounting)
{
	if (!accounting->known) {
		json_null(json, "memory");
		return;
	}
	json_open_object(json, "memory");
	for (int i = 0; i < LG_PART_COUNT; i++)
		json_number(json, lg_memory_part_key((enum lg_memory_part)i), accounting->part[i]);
	json_close_object(json);
}

static void json_verdict(const struct lg_verdict *verdict, const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.analyze", path, &verdict->summary);
	json_string(&json, "headline", verdict->headline);
	json_number(&json, "threshold_bytes", verdict->threshold_bytes);
	json_number(&json, "holders_total", verdict->holder_total);
	json_open_array(&json, "holders");
	for (size_t i = 0; i < verdict->holder_count; i++)
		json_holder(&json, &verdict->holder[i], i + 1);
	json_close_array(&json);
	json_garbage(&json, &verdict->garbage);
	json_where(&json, verdict->accounting);
	json_texts(&json, "stands_out", verdict->note, verdict->note_count);
	json_texts(&json, "next", verdict->next, verdict->next_count);
	json_close_object(&json);
}

static void verdict_close(struct lg_verdict **verdict)
{
	lg_verdict_free(*verdict);
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(verdict_close) struct lg_verdict *verdict = NULL;
	struct lg_error err = {0};
	enum lg_status status = input_open(&input, arguments, &err);

	if (status == LG_OK)
		status = lg_verdict_build(input.analysis, arguments->top, &verdict, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_verdict(verdict, input.path);
	else
		print_verdict(verdict, input.path, arguments->top > 0);
	return EXIT_FINE;
}

const struct command cmd_analyze = {
	IN_ANALYZE,
	"analyze",
	"FILE",
	1,
	1,
	"what keeps the memory, and what to cut",
	"Prints one screen: how much of the process the objects explain, the places\n"
	"where memory piles up with their paths from a root and the reference to cut,\n"
	"and garbage that no root reaches.",
	run,
};
