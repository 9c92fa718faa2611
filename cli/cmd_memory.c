/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "exit_codes.h"
#include "input.h"
#include "screen.h"

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static void print_title(const struct screen *screen, const char *title)
{
	printf("\n%s%s%s\n", screen->bold, title, screen->plain);
}

static void print_parts(const struct screen *screen, const struct lg_accounting *accounting)
{
	char bytes[LG_NUMBER_TEXT_BYTES], percent[LG_NUMBER_TEXT_BYTES];

	printf("%sRSS %s%s\n", screen->bold, lg_bytes_text(accounting->rss_bytes, bytes),
	       screen->plain);
	if (!accounting->known)
		puts("    in which parts is not recorded in this dump");
	for (int i = 0; accounting->known && i < LG_PART_COUNT; i++)
		if (accounting->part[i])
			printf("    %9s %8s  %s\n", lg_bytes_text(accounting->part[i], bytes),
			       lg_share_text(share(accounting->part[i], accounting->rss_bytes), percent),
			       lg_memory_part_text((enum lg_memory_part)i));
}

static void print_kernel(const struct screen *screen, const struct lg_memory_report *report)
{
	char a[LG_NUMBER_TEXT_BYTES], b[LG_NUMBER_TEXT_BYTES], c[LG_NUMBER_TEXT_BYTES];
	char d[LG_NUMBER_TEXT_BYTES];

	if (report->pss_bytes)
		printf("    %s%s private, %s its share (PSS), %s swapped, %s in huge pages%s\n",
		       screen->dim, lg_bytes_text(report->private_bytes, a),
		       lg_bytes_text(report->pss_bytes, b), lg_bytes_text(report->swap_bytes, c),
		       lg_bytes_text(report->huge_bytes, d), screen->plain);
}

static void print_pins(const struct screen *screen, const struct lg_pins *pins)
{
	char a[LG_NUMBER_TEXT_BYTES], b[LG_NUMBER_TEXT_BYTES], c[LG_NUMBER_TEXT_BYTES];
	char line[1024];

	if (pins->arenas == 0)
		return;
	snprintf(line, sizeof line, "%s arenas are at most half live: %s free, pinned by %s objects",
		 lg_count_text(pins->arenas, a), lg_bytes_text(pins->free_bytes, b),
		 lg_count_text(pins->objects, c));
	printf("    ");
	print_wrapped(screen, line, 4, 6);
	for (size_t i = 0; i < pins->pin_count; i++) {
		const struct lg_pin *pin = &pins->pin[i];

		snprintf(line, sizeof line, "%s × %s, %s; %s of them under %s",
			 lg_count_text(pin->count, a), pin->type, lg_bytes_text(pin->bytes, b),
			 lg_count_text(pin->root_count, c), pin->root);
		printf("      ");
		print_wrapped(screen, line, 6, 8);
	}
}

static void print_arenas(const struct screen *screen, const struct lg_memory_report *report)
{
	char a[LG_NUMBER_TEXT_BYTES], b[LG_NUMBER_TEXT_BYTES];

	if (report->arena_count)
		printf("    %s%-18s %10s %10s %8s  %s%s\n", screen->dim, "emptiest arenas", "live",
		       "resident", "blocks", "objects", screen->plain);
	for (size_t i = 0; i < report->arena_count; i++) {
		const struct lg_arena_row *row = &report->arena[i];

		printf("    0x%-16" PRIx64 " %10s %10s %8" PRIu64 "  ", row->address,
		       lg_bytes_text(row->live_bytes, a), lg_bytes_text(row->resident_bytes, b),
		       row->live_blocks);
		print_cut(row->types, screen->width - 55);
		fputc('\n', stdout);
	}
}

static void print_pymalloc(const struct screen *screen, const struct lg_memory_report *report)
{
	const struct lg_accounting *sum = &report->accounting;
	char a[LG_NUMBER_TEXT_BYTES], b[LG_NUMBER_TEXT_BYTES], c[LG_NUMBER_TEXT_BYTES];

	print_title(screen, "pymalloc");
	if (!sum->pymalloc_known || sum->arenas == 0) {
		puts(sum->pymalloc_known ? "    not used: malloc has all"
					 : "    no arenas are recorded: malloc has all, or they were not found");
		return;
	}
	printf("    %s arenas, %s, %s of it resident; ", lg_count_text(sum->arenas, a),
	       lg_bytes_text(sum->arena_bytes, b), lg_bytes_text(sum->arena_resident_bytes, c));
	printf("%s pools in use, %s free\n", lg_count_text(sum->pools, a),
	       lg_count_text(sum->free_pools, b));
	printf("    %s live blocks, %s, ", lg_count_text(sum->live_blocks, a),
	       lg_bytes_text(sum->live_bytes, b));
	printf("%s of them no object nor a part of one; ", lg_count_text(sum->other_blocks, a));
	printf("%s free blocks, %s\n", lg_count_text(sum->free_blocks, a),
	       lg_bytes_text(sum->free_bytes, b));
	print_pins(screen, &report->pins);
	print_arenas(screen, report);
}

static void print_malloc(const struct screen *screen, const struct lg_memory_report *report)
{
	const struct lg_accounting *sum = &report->accounting;
	char a[LG_NUMBER_TEXT_BYTES], b[LG_NUMBER_TEXT_BYTES], c[LG_NUMBER_TEXT_BYTES];
	char d[LG_NUMBER_TEXT_BYTES];

	print_title(screen, "malloc");
	if (report->heap_count == 0) {
		puts(report->malloc[0] ? "    an unknown allocator: what it has in use can't be told from what is free"
				       : "    its heaps are not recorded in this dump");
		return;
	}
	printf("    %s: %s heap%s, %s, %s of it free", report->malloc,
	       lg_count_text(report->heap_count, a), report->heap_count == 1 ? "" : "s", lg_bytes_text(sum->heap_bytes, b),
	       lg_bytes_text(sum->heap_free_bytes, c));
	printf(" (%s at their ends); large blocks %s\n", lg_bytes_text(sum->heap_top_bytes, c),
	       lg_bytes_text(sum->large_bytes, d));
	if (sum->heap_partly)
		puts("    not all free chunks could be read: more is free");
}

static void print_files(const struct screen *screen, const struct lg_memory_report *report)
{
	char a[LG_NUMBER_TEXT_BYTES], b[LG_NUMBER_TEXT_BYTES];

	if (report->file_count == 0)
		return;
	print_title(screen, "Files and shared memory");
	printf("    %s%10s %10s  %s%s\n", screen->dim, "resident", "written", "file", screen->plain);
	for (size_t i = 0; i < report->file_count; i++) {
		const struct lg_file_row *row = &report->file[i];

		printf("    %10s %10s  ",
		       lg_bytes_text(row->file_bytes + row->anonymous_bytes, a),
		       lg_bytes_text(row->anonymous_bytes, b));
		print_cut(row->file, screen->width - 27);
		fputc('\n', stdout);
	}
	if (report->file_count < report->file_total)
		printf("    and %s more (--top)\n",
		       lg_count_text(report->file_total - report->file_count, a));
}

static void print_collectors(const struct screen *screen, const struct lg_memory_report *report)
{
	char a[LG_NUMBER_TEXT_BYTES], b[LG_NUMBER_TEXT_BYTES];

	print_title(screen, "Garbage collector");
	if (report->collector_count == 0)
		puts("    its state is not recorded in this dump");
	for (size_t i = 0; i < report->collector_count; i++) {
		const struct lg_collector_state *gc = &report->collector[i];

		printf("    %s%s, thresholds %u %u %u, counts %u %u %u",
		       i ? "sub-interpreter: " : "", gc->enabled ? "on" : "off", gc->threshold[0],
		       gc->threshold[1], gc->threshold[2], gc->count[0], gc->count[1],
		       gc->count[2]);
		printf("; frozen %s, in gc.garbage %s", lg_count_text(gc->frozen, a),
		       lg_count_text(gc->garbage, b));
		if (gc->debug)
			printf("; debug flags 0x%x", gc->debug);
		fputc('\n', stdout);
	}
	printf("    garbage that no root reaches: %s objects, ",
	       lg_count_text(report->garbage.objects, a));
	printf("%s", lg_bytes_text(report->garbage.bytes, a));
	for (size_t i = 0; i < report->garbage.type_count && i < 3; i++)
		printf("%s%s × %s", i ? ", " : "; ", lg_count_text(report->garbage.type[i].count, a),
		       report->garbage.type[i].name);
	fputc('\n', stdout);
}

static void print_report(const struct lg_memory_report *report)
{
	struct screen screen = screen_open();

	print_parts(&screen, &report->accounting);
	print_kernel(&screen, report);
	print_pymalloc(&screen, report);
	print_malloc(&screen, report);
	print_files(&screen, report);
	print_collectors(&screen, report);
}

/* ---- JSON ---- */

static void json_parts(struct json *json, const struct lg_memory_report *report)
{
	const struct lg_accounting *sum = &report->accounting;

	json_number(json, "rss_bytes", sum->rss_bytes);
	json_number(json, "anonymous_bytes", sum->anonymous_bytes);
	json_number(json, "pss_bytes", report->pss_bytes);
	json_number(json, "private_bytes", report->private_bytes);
	json_number(json, "swap_bytes", report->swap_bytes);
	json_number(json, "huge_bytes", report->huge_bytes);
	if (!sum->known) {
		json_null(json, "parts");
		return;
	}
	json_open_object(json, "parts");
	for (int i = 0; i < LG_PART_COUNT; i++)
		json_number(json, lg_memory_part_key((enum lg_memory_part)i), sum->part[i]);
	json_close_object(json);
}

static void json_pins(struct json *json, const struct lg_pins *pins)
{
	json_open_object(json, "pinned");
	json_number(json, "arenas", pins->arenas);
	json_number(json, "objects", pins->objects);
	json_number(json, "blocks", pins->blocks);
	json_number(json, "live_bytes", pins->live_bytes);
	json_number(json, "free_bytes", pins->free_bytes);
	json_open_array(json, "by");
	for (size_t i = 0; i < pins->pin_count; i++) {
		json_open_object(json, NULL);
		json_string(json, "type", pins->pin[i].type);
		json_number(json, "count", pins->pin[i].count);
		json_number(json, "bytes", pins->pin[i].bytes);
		json_string(json, "root", pins->pin[i].root);
		json_number(json, "root_count", pins->pin[i].root_count);
		json_number(json, "object", pins->pin[i].object);
		json_close_object(json);
	}
	json_close_array(json);
	json_close_object(json);
}

static void json_arenas(struct json *json, const struct lg_memory_report *report)
{
	json_open_array(json, "emptiest");
	for (size_t i = 0; i < report->arena_count; i++) {
		const struct lg_arena_row *row = &report->arena[i];

		json_open_object(json, NULL);
		json_number(json, "address", row->address);
		json_number(json, "resident_bytes", row->resident_bytes);
		json_number(json, "live_bytes", row->live_bytes);
		json_number(json, "live_blocks", row->live_blocks);
		json_number(json, "pools", row->pools);
		json_number(json, "free_pools", row->free_pools);
		json_number(json, "objects", row->objects);
		json_string(json, "types", row->types);
		json_close_object(json);
	}
	json_close_array(json);
}

static void json_pymalloc(struct json *json, const struct lg_memory_report *report)
{
	const struct lg_accounting *sum = &report->accounting;

	json_open_object(json, "pymalloc");
	json_bool(json, "known", sum->pymalloc_known);
	json_number(json, "arenas", sum->arenas);
	json_number(json, "arena_bytes", sum->arena_bytes);
	json_number(json, "resident_bytes", sum->arena_resident_bytes);
	json_number(json, "pools", sum->pools);
	json_number(json, "free_pools", sum->free_pools);
	json_number(json, "live_blocks", sum->live_blocks);
	json_number(json, "live_bytes", sum->live_bytes);
	json_number(json, "free_blocks", sum->free_blocks);
	json_number(json, "free_block_bytes", sum->free_bytes);
	json_number(json, "other_blocks", sum->other_blocks);
	json_open_array(json, "sizes");
	for (size_t i = 0; i < report->size_count; i++) {
		json_open_object(json, NULL);
		json_number(json, "block_bytes", report->size[i].block_bytes);
		json_number(json, "pools", report->size[i].pools);
		json_number(json, "live", report->size[i].live);
		json_number(json, "free", report->size[i].free);
		json_close_object(json);
	}
	json_close_array(json);
	json_pins(json, &report->pins);
	json_arenas(json, report);
	json_close_object(json);
}

static void json_malloc(struct json *json, const struct lg_memory_report *report)
{
	json_open_object(json, "malloc");
	json_string(json, "name", report->malloc);
	json_number(json, "large_bytes", report->accounting.large_bytes);
	json_open_array(json, "heaps");
	for (size_t i = 0; i < report->heap_count; i++) {
		const struct lg_malloc_heap *heap = &report->heap[i];

		json_open_object(json, NULL);
		json_number(json, "address", heap->address);
		json_number(json, "bytes", heap->bytes);
		json_number(json, "free_bytes", heap->free_bytes);
		json_number(json, "top_bytes", heap->top_bytes);
		if (heap->free_chunks == LG_NONE)
			json_null(json, "free_chunks");
		else
			json_number(json, "free_chunks", heap->free_chunks);
		json_close_object(json);
	}
	json_close_array(json);
	json_close_object(json);
}

static void json_files(struct json *json, const struct lg_memory_report *report)
{
	json_number(json, "files_total", report->file_total);
	json_open_array(json, "files");
	for (size_t i = 0; i < report->file_count; i++) {
		json_open_object(json, NULL);
		json_string(json, "file", report->file[i].file);
		json_number(json, "mapped_bytes", report->file[i].mapped_bytes);
		json_number(json, "file_bytes", report->file[i].file_bytes);
		json_number(json, "anonymous_bytes", report->file[i].anonymous_bytes);
		json_close_object(json);
	}
	json_close_array(json);
}

static void json_collectors(struct json *json, const struct lg_memory_report *report)
{
	json_open_array(json, "collectors");
	for (size_t i = 0; i < report->collector_count; i++) {
		const struct lg_collector_state *gc = &report->collector[i];

		json_open_object(json, NULL);
		json_bool(json, "enabled", gc->enabled);
		json_number(json, "debug", gc->debug);
		json_open_array(json, "threshold");
		for (int g = 0; g < LG_GENERATIONS; g++)
			json_number(json, NULL, gc->threshold[g]);
		json_close_array(json);
		json_open_array(json, "count");
		for (int g = 0; g < LG_GENERATIONS; g++)
			json_number(json, NULL, gc->count[g]);
		json_close_array(json);
		json_number(json, "frozen", gc->frozen);
		json_number(json, "garbage", gc->garbage);
		json_close_object(json);
	}
	json_close_array(json);
}

static void json_report(const struct lg_memory_report *report, const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.memory", path, &report->summary);
	json_parts(&json, report);
	json_pymalloc(&json, report);
	json_malloc(&json, report);
	json_files(&json, report);
	json_collectors(&json, report);
	json_close_object(&json);
}

static void report_close(struct lg_memory_report **report)
{
	lg_memory_free(*report);
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(report_close) struct lg_memory_report *report = NULL;
	struct lg_error err = {0};
	enum lg_status status =
		input_open_parts(&input, arguments, LG_INDEX_ALL & ~LG_INDEX_SHORTEST, &err);

	if (status == LG_OK)
		status = lg_memory_build(input.analysis, arguments->top, &report, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_report(report, input.path);
	else
		print_report(report);
	return EXIT_FINE;
}

const struct command cmd_memory = {
	IN_MEMORY,
	"memory",
	"FILE",
	1,
	1,
	"where the memory of the process is, all of RSS",
	"Splits RSS into Python objects, what pymalloc and malloc have in use and free,\n"
	"stacks, files and the rest; tells which objects pin arenas that are mostly free,\n"
	"and the state of the garbage collector.",
	run,
};
