/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "diff_report.h"
#include "screen.h"

#define DEFAULT_HOLDERS 8
#define DEFAULT_MOVES   4

/* Less than this is told as one of some more. */
#define LEAST_BYTES 1024

#define NUMBER_COLUMNS 3
#define PATH_COLUMN    25

static void print_side(const char *name, const struct texts *files, uint64_t objects,
		       uint64_t bytes, const char *version)
{
	char count[LG_NUMBER_TEXT_BYTES], size[LG_NUMBER_TEXT_BYTES];

	printf("%s  %s objects, %s, CPython %s: ", name, lg_count_text(objects, count),
	       lg_bytes_text(bytes, size), version[0] ? version : "?");
	print_cut(files->text[0], 60);
	if (files->count > 1)
		printf(" and %zu more", files->count - 1);
	fputc('\n', stdout);
}

static void print_objects(const char *what, uint64_t objects, uint64_t bytes)
{
	char count[LG_NUMBER_TEXT_BYTES], size[LG_NUMBER_TEXT_BYTES];

	printf("%s %s objects (%s)", what, lg_count_text(objects, count), lg_bytes_text(bytes, size));
}

static void print_growth(const struct lg_growth *growth)
{
	printf("One process, pid %" PRIu64 ", over %.1f s: ", growth->pid,
	       (double)(growth->last_ns - growth->first_ns) / 1e9);
	print_objects("made", growth->fresh, growth->fresh_bytes);
	print_objects(", freed", growth->freed, growth->freed_bytes);
	fputc('\n', stdout);
	print_objects("survived", growth->survived, growth->survived_bytes);
	if (growth->passing)
		print_objects("; not counted, as made after the second dump:", growth->passing,
			      growth->passing_bytes);
	fputc('\n', stdout);
}

static void print_apart(const char *what, int64_t bytes)
{
	char size[LG_NUMBER_TEXT_BYTES];
	uint64_t amount = bytes < 0 ? (uint64_t)-bytes : (uint64_t)bytes;

	if (amount)
		printf(", %s %s%s", what, bytes < 0 ? "-" : "+", lg_bytes_text(amount, size));
}

static void print_totals(const struct screen *screen, const struct lg_diff *diff)
{
	const struct lg_diff_totals *totals = &diff->totals;
	char grown[LG_NUMBER_TEXT_BYTES], share[LG_NUMBER_TEXT_BYTES];
	char shrunk[LG_NUMBER_TEXT_BYTES], moved[LG_NUMBER_TEXT_BYTES];

	printf("\n%sGrew %s", screen->bold, lg_bytes_text(totals->grown_bytes, grown));
	if (totals->base_bytes)
		printf(" (%s)", lg_share_text((double)totals->grown_bytes /
						      (double)totals->base_bytes, share));
	printf("%s, shrank %s, moved %s", screen->plain, lg_bytes_text(totals->shrunk_bytes, shrunk),
	       lg_bytes_text(totals->moved_bytes, moved));
	print_apart("caches warmed up", totals->warm_up_bytes);
	print_apart("garbage", totals->garbage_bytes);
	fputs("\n", stdout);
}

static void print_item(const struct screen *screen, const struct lg_diff_holder *holder)
{
	char base[LG_NUMBER_TEXT_BYTES], head[LG_NUMBER_TEXT_BYTES], text[1024];

	const char *fresh = holder->fresh ? ", new" : "";

	if (!holder->item[0])
		snprintf(text, sizeof text, "itself, %.900s%s", holder->item_type, fresh);
	else
		snprintf(text, sizeof text, "%s → %s of %.900s%s",
			 lg_count_text(holder->base_count, base),
			 lg_count_text(holder->head_count, head), holder->item, fresh);
	printf("%*s", PATH_COLUMN, "");
	print_wrapped(screen, text, PATH_COLUMN, PATH_COLUMN);
}

static void print_holders(const struct screen *screen, const struct lg_diff *diff, size_t top)
{
	char bytes[LG_NUMBER_TEXT_BYTES], share[LG_NUMBER_TEXT_BYTES];

	size_t told = 0;

	for (; told < diff->holder_count && told < top; told++) {
		const struct lg_diff_holder *holder = &diff->holder[told];

		if (holder->grown_bytes < LEAST_BYTES)
			break;
		printf("%*zu %10s %8s  ", NUMBER_COLUMNS, told + 1,
		       lg_bytes_text(holder->grown_bytes, bytes),
		       lg_share_text(holder->share, share));
		print_path(screen, &holder->path, PATH_COLUMN, PATH_COLUMN, 3);
		print_item(screen, holder);
	}
	if (diff->holder_count > told)
		printf("    and %zu more%s\n", diff->holder_count - told,
		       told == top ? " (--top)" : ", of less than 1 kB each");
}

static void print_moves(const struct screen *screen, const struct lg_diff *diff, size_t top)
{
	char bytes[LG_NUMBER_TEXT_BYTES];

	if (diff->move_count == 0)
		return;
	printf("\n%sMoved%s\n", screen->bold, screen->plain);
	for (size_t i = 0; i < diff->move_count && i < top; i++) {
		printf("    %10s  from ", lg_bytes_text(diff->move[i].bytes, bytes));
		print_cut(diff->move[i].from, screen->width - 21);
		printf("\n                  to ");
		print_cut(diff->move[i].to, screen->width - 21);
		fputc('\n', stdout);
	}
	if (diff->move_total > top)
		printf("    and %" PRIu64 " more\n", diff->move_total - top);
}

static void print_suspects(const struct screen *screen, const struct lg_diff *diff, size_t top)
{
	char bytes[LG_NUMBER_TEXT_BYTES];
	size_t told = 0;

	for (size_t i = 0; i < diff->suspect_count && told < top; i++) {
		const struct lg_diff_suspect *suspect = &diff->suspect[i];

		if (!suspect->fresh)
			continue;
		if (told++ == 0)
			printf("\n%sNew suspects%s\n", screen->bold, screen->plain);
		printf("    %10s  %s  ", lg_bytes_text(suspect->retained_bytes, bytes),
		       suspect->signature);
		print_cut(suspect->words, screen->width - 26);
		fputc('\n', stdout);
	}
}

static void print_judgement(const struct screen *screen, const struct lg_judgement *judgement)
{
	char bytes[LG_NUMBER_TEXT_BYTES];

	printf("\n%sBudgets%s\n", screen->bold, screen->plain);
	for (size_t i = 0; i < judgement->result_count; i++) {
		const struct lg_budget_result *result = &judgement->result[i];

		printf("    %-6s %s: %s\n", !result->over ? "kept" : result->warn ? "warn" : "OVER",
		       result->budget, result->said);
		if (result->over && result->where[0]) {
			fputs("           at ", stdout);
			print_cut(result->where, screen->width - 14);
			fputc('\n', stdout);
		}
	}
	for (size_t i = 0; i < judgement->exception_count; i++) {
		const struct lg_budget_exception *exception = &judgement->exception[i];

		printf("    %s %s until %s (%s): %s\n",
		       exception->expired ? "no more ignored:" : "ignored:", exception->what,
		       exception->until, exception->reason,
		       lg_bytes_text(exception->grown_bytes, bytes));
	}
}

void print_diff_text(const struct diff_report *report)
{
	const struct lg_diff *diff = report->diff;
	struct screen screen = screen_open();

	if (report->sides->one_process) {
		print_growth(&report->sides->growth);
	} else {
		print_side("base", &report->sides->base_file, diff->totals.base_objects,
			   diff->totals.base_bytes, diff->base_version);
		print_side("head", &report->sides->head_file, diff->totals.head_objects,
			   diff->totals.head_bytes, diff->head_version);
	}
	print_totals(&screen, diff);
	print_holders(&screen, diff, report->top ? report->top : DEFAULT_HOLDERS);
	print_moves(&screen, diff, report->top ? report->top : DEFAULT_MOVES);
	print_suspects(&screen, diff, report->top ? report->top : DEFAULT_HOLDERS);
	print_judgement(&screen, report->judgement);
}
