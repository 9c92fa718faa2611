/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exit_codes.h"
#include "input.h"
#include "screen.h"

#define NUMBERS_COLUMNS 14

static const char *const kind_key[LG_CYCLE_KIND_COUNT] = {
	[LG_CYCLE_GARBAGE] = "garbage",
	[LG_CYCLE_UNCOLLECTABLE] = "uncollectable",
	[LG_CYCLE_REACHED] = "reached",
};

static const char *const kind_text[LG_CYCLE_KIND_COUNT] = {
	[LG_CYCLE_GARBAGE] = "garbage that the collector has not come to",
	[LG_CYCLE_UNCOLLECTABLE] = "garbage that the collector can't free",
	[LG_CYCLE_REACHED] = "reached from roots, besides modules, classes and functions",
};

static void print_row(const struct screen *screen, const struct lg_cycle_row *row)
{
	char bytes[LG_NUMBER_TEXT_BYTES], number[LG_NUMBER_TEXT_BYTES];
	char objects[LG_NUMBER_TEXT_BYTES];

	printf("  %10s  ", lg_bytes_text(row->bytes, bytes));
	if (row->components > 1)
		printf("%s cycles of ", lg_count_text(row->components, number));
	printf("%s%s objects around %s, #%u\n", row->components > 1 ? "up to " : "",
	       lg_count_text(row->largest, objects), row->type, row->object);
	if (row->cycle_text[0]) {
		printf("%*s", NUMBERS_COLUMNS, "");
		print_wrapped(screen, row->cycle_text, NUMBERS_COLUMNS, NUMBERS_COLUMNS + 2);
	}
	if (row->weak[0])
		printf("%*s%s%s made weak breaks %s%s\n", NUMBERS_COLUMNS, "", screen->dim,
		       row->weak, row->breaks_all ? "it" : "this cycle, not all of them",
		       screen->plain);
}

static void print_kind(const struct screen *screen, const struct lg_cycles *cycles,
		       enum lg_cycle_kind kind)
{
	char bytes[LG_NUMBER_TEXT_BYTES], number[LG_NUMBER_TEXT_BYTES];

	if (cycles->components[kind] == 0)
		return;
	printf("\n%sCycles: %s%s\n", screen->bold, kind_text[kind], screen->plain);
	printf("  %10s  %s in all\n", lg_bytes_text(cycles->bytes[kind], bytes),
	       lg_count_text(cycles->components[kind], number));
	for (size_t i = 0; i < cycles->row_count; i++)
		if (cycles->row[i].kind == kind)
			print_row(screen, &cycles->row[i]);
}

static void print_cycles(const struct lg_cycles *cycles)
{
	struct screen screen = screen_open();
	char number[LG_NUMBER_TEXT_BYTES];
	uint64_t components = 0;

	print_summary_line(&cycles->summary, screen.width);
	for (int kind = 0; kind < LG_CYCLE_KIND_COUNT; kind++) {
		print_kind(&screen, cycles, (enum lg_cycle_kind)kind);
		components += cycles->components[kind];
	}
	if (components == 0)
		puts("No cycles, besides those of modules, classes and functions");
	if (cycles->row_count < cycles->row_total)
		printf("\nand those around %s types more (--top)\n",
		       lg_count_text(cycles->row_total - cycles->row_count, number));
}

static void json_cycles(const struct lg_cycles *cycles, const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.cycles", path, &cycles->summary);
	for (int kind = 0; kind < LG_CYCLE_KIND_COUNT; kind++) {
		json_open_object(&json, kind_key[kind]);
		json_number(&json, "cycles", cycles->components[kind]);
		json_number(&json, "objects", cycles->objects[kind]);
		json_number(&json, "bytes", cycles->bytes[kind]);
		json_close_object(&json);
	}
	json_number(&json, "rows_total", cycles->row_total);
	json_open_array(&json, "cycles");
	for (size_t i = 0; i < cycles->row_count; i++) {
		const struct lg_cycle_row *row = &cycles->row[i];

		json_open_object(&json, NULL);
		json_string(&json, "kind", kind_key[row->kind]);
		json_string(&json, "type", row->type);
		json_number(&json, "count", row->components);
		json_number(&json, "objects", row->objects);
		json_number(&json, "largest", row->largest);
		json_number(&json, "bytes", row->bytes);
		json_number(&json, "object", row->object);
		json_string(&json, "cycle_text", row->cycle_text);
		json_string(&json, "weak", row->weak);
		json_bool(&json, "breaks_all", row->breaks_all);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_close_object(&json);
}

static void cycles_close(struct lg_cycles **cycles)
{
	lg_cycles_free(*cycles);
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(cycles_close) struct lg_cycles *cycles = NULL;
	struct lg_error err = {0};
	enum lg_status status =
		input_open_parts(&input, arguments, LG_INDEX_TREE | LG_INDEX_GRAPH, &err);

	if (status == LG_OK)
		status = lg_cycles_build(input.analysis, arguments->top, &cycles, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_cycles(cycles, input.path);
	else
		print_cycles(cycles);
	return EXIT_FINE;
}

const struct command cmd_cycles = {
	IN_CYCLES,
	"cycles",
	"FILE",
	1,
	1,
	"reference cycles, and what would break them",
	"Prints the reference cycles by what they keep: garbage that the collector has\n"
	"not come to, garbage that it can't free, and what roots reach, where those\n"
	"through modules, classes and functions are left out. Of each type the shortest\n"
	"cycle is named, and the reference that breaks it when it is made weak.",
	run,
};
