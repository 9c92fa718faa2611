/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exit_codes.h"
#include "input.h"
#include "screen.h"

#define DEFAULT_TOP 25

static void print_histogram(const struct lg_histogram *histogram)
{
	struct screen screen = screen_open();
	char count[LG_NUMBER_TEXT_BYTES], shallow[LG_NUMBER_TEXT_BYTES];
	char retained[LG_NUMBER_TEXT_BYTES];

	printf("%s%12s %10s %10s  %s%s\n", screen.bold, "count", "shallow", "retained", "type",
	       screen.plain);
	for (size_t i = 0; i < histogram->type_count; i++) {
		const struct lg_type_sum *sum = &histogram->type[i];

		printf("%12s %10s %10s  ", lg_count_text(sum->count, count),
		       lg_bytes_text(sum->shallow_bytes, shallow),
		       lg_bytes_text(sum->retained_bytes, retained));
		print_cut(sum->name, screen.width - 36);
		fputc('\n', stdout);
	}
	if (histogram->type_count < histogram->type_total)
		printf("and %s types more (--top)\n",
		       lg_count_text(histogram->type_total - histogram->type_count, count));
	printf("%sretained: what objects of the type dominate, each byte once a type%s\n",
	       screen.dim, screen.plain);
}

static void json_histogram(const struct lg_histogram *histogram, const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.types", path, &histogram->summary);
	json_number(&json, "types_total", histogram->type_total);
	json_open_array(&json, "types");
	for (size_t i = 0; i < histogram->type_count; i++) {
		json_open_object(&json, NULL);
		json_string(&json, "type", histogram->type[i].name);
		json_number(&json, "count", histogram->type[i].count);
		json_number(&json, "shallow_bytes", histogram->type[i].shallow_bytes);
		json_number(&json, "retained_bytes", histogram->type[i].retained_bytes);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_close_object(&json);
}

static void histogram_close(struct lg_histogram **histogram)
{
	lg_histogram_free(*histogram);
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(histogram_close) struct lg_histogram *histogram = NULL;
	struct lg_error err = {0};
	enum lg_status status = input_open_parts(&input, arguments, LG_INDEX_SUMS, &err);
	/* Whoever reads by program gets all unless it asks for less. */
	uint32_t top = arguments->top || arguments->json ? arguments->top : DEFAULT_TOP;

	if (status == LG_OK)
		status = lg_histogram_build(input.analysis, arguments->sort, top, &histogram, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_histogram(histogram, input.path);
	else
		print_histogram(histogram);
	return EXIT_FINE;
}

const struct command cmd_types = {
	IN_TYPES,
	"types",
	"FILE",
	1,
	1,
	"count and bytes of each type",
	"Prints a line for each type: objects, their own (shallow) bytes, and what they\n"
	"retain: bytes that would be free if they were gone, each byte once a type.",
	run,
};
