/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "diff_report.h"

/* A comment has at most 65,536 characters: these rows, cut so, stay below it. */
#define MOST_HOLDERS 20
#define MOST_MOVES   10
#define MOST_BUDGETS 40
#define MOST_COLUMNS 200

/*
 * A name is text: nothing in it may be read as Markdown, HTML, the end of a
 * table's cell or the mention of a person. At most MOST_COLUMNS bytes, whole
 * characters.
 */
static void put_name(const char *text)
{
	size_t used = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (used++ >= MOST_COLUMNS && (c & 0xc0) != 0x80) {
			fputs("…", stdout);
			return;
		}
		if (c < 0x80 && strchr("&<>|`*_~[]()#@\\!:", c))
			printf("&#%u;", c);
		else
			fputc(c, stdout);
	}
}

static void print_head(const struct diff_report *report)
{
	const struct lg_diff_totals *totals = &report->diff->totals;
	char grown[LG_NUMBER_TEXT_BYTES], base[LG_NUMBER_TEXT_BYTES], head[LG_NUMBER_TEXT_BYTES];
	char shrunk[LG_NUMBER_TEXT_BYTES], moved[LG_NUMBER_TEXT_BYTES];

	printf("### leakgraph: %s\n\n", report->judgement->over ? "over budget" : "within budgets");
	printf("Grew **%s**, shrank %s, moved %s: %s → %s.\n",
	       lg_bytes_text(totals->grown_bytes, grown), lg_bytes_text(totals->shrunk_bytes, shrunk),
	       lg_bytes_text(totals->moved_bytes, moved), lg_bytes_text(totals->base_bytes, base),
	       lg_bytes_text(totals->head_bytes, head));
}

static void print_budgets(const struct lg_judgement *judgement)
{
	fputs("\n| | budget | measured |\n|---|---|---|\n", stdout);
	for (size_t i = 0; i < judgement->result_count && i < MOST_BUDGETS; i++) {
		const struct lg_budget_result *result = &judgement->result[i];

		printf("| %s | ", !result->over ? "kept" : result->warn ? "warning" : "**over**");
		put_name(result->budget);
		fputs(" | ", stdout);
		put_name(result->said);
		if (result->over && result->where[0]) {
			fputs(" at ", stdout);
			put_name(result->where);
		}
		fputs(" |\n", stdout);
	}
	for (size_t i = 0; i < judgement->exception_count && i < MOST_BUDGETS; i++) {
		const struct lg_budget_exception *exception = &judgement->exception[i];
		char bytes[LG_NUMBER_TEXT_BYTES];

		printf("| %s | ", exception->expired ? "no more ignored" : "ignored");
		put_name(exception->what);
		printf(" | %s, until %s: ", lg_bytes_text(exception->grown_bytes, bytes),
		       exception->until);
		put_name(exception->reason);
		fputs(" |\n", stdout);
	}
}

static void print_holders(const struct lg_diff *diff, size_t most)
{
	char bytes[LG_NUMBER_TEXT_BYTES], base[LG_NUMBER_TEXT_BYTES], head[LG_NUMBER_TEXT_BYTES];

	if (diff->holder_count == 0)
		return;
	fputs("\n| grew | holder | of what |\n|---:|---|---|\n", stdout);
	for (size_t i = 0; i < diff->holder_count && i < most; i++) {
		const struct lg_diff_holder *holder = &diff->holder[i];

		printf("| %s | ", lg_bytes_text(holder->grown_bytes, bytes));
		put_name(holder->path_text);
		fputs(holder->fresh ? " (new) | " : " | ", stdout);
		if (holder->item[0])
			printf("%s → %s of ", lg_count_text(holder->base_count, base),
			       lg_count_text(holder->head_count, head));
		put_name(holder->item[0] ? holder->item : holder->item_type);
		fputs(" |\n", stdout);
	}
	if (diff->holder_count > most)
		printf("\nand %zu more holders\n", diff->holder_count - most);
}

static void print_moves(const struct lg_diff *diff)
{
	char bytes[LG_NUMBER_TEXT_BYTES];

	if (diff->move_count == 0)
		return;
	fputs("\n<details><summary>Moved</summary>\n\n| bytes | from | to |\n|---:|---|---|\n", stdout);
	for (size_t i = 0; i < diff->move_count && i < MOST_MOVES; i++) {
		printf("| %s | ", lg_bytes_text(diff->move[i].bytes, bytes));
		put_name(diff->move[i].from);
		fputs(" | ", stdout);
		put_name(diff->move[i].to);
		fputs(" |\n", stdout);
	}
	fputs("\n</details>\n", stdout);
}

static void print_suspects(const struct lg_diff *diff)
{
	char bytes[LG_NUMBER_TEXT_BYTES];
	size_t told = 0;

	for (size_t i = 0; i < diff->suspect_count && told < MOST_MOVES; i++) {
		const struct lg_diff_suspect *suspect = &diff->suspect[i];

		if (!suspect->fresh)
			continue;
		if (told++ == 0)
			fputs("\nNew suspects:\n\n", stdout);
		printf("- %s, signature %s: ", lg_bytes_text(suspect->retained_bytes, bytes),
		       suspect->signature);
		put_name(suspect->words);
		fputc('\n', stdout);
	}
}

void print_diff_markdown(const struct diff_report *report)
{
	bool fewer = report->top && report->top < MOST_HOLDERS;

	print_head(report);
	print_budgets(report->judgement);
	print_holders(report->diff, fewer ? report->top : MOST_HOLDERS);
	print_suspects(report->diff);
	print_moves(report->diff);
}
