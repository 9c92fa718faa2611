/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exit_codes.h"
#include "input.h"
#include "screen.h"

#define DEFAULT_TOP 15
#define NUMBERS_COLUMNS 24

static const struct {
	const char *key, *text;
} kinds[LG_WASTE_KINDS] = {
	[LG_WASTE_SLOTS] = {"slots", "instances with a dict: __slots__ would spare it"},
	[LG_WASTE_BOXED] = {"boxed", "numbers in lists: an array would hold them without objects"},
	[LG_WASTE_EQUAL] = {"equal", "equal strings, bytes, numbers, tuples: one of each would do"},
	[LG_WASTE_EMPTY] = {"empty", "empty containers: to be made when first needed"},
	[LG_WASTE_OVERSIZED] = {"oversized", "oversized containers: list(x), dict(x), set(x) are smaller"},
};

/* "40,011 equal str (12 contents)", "40,011 without slots (4 attributes)" */
static void what_text(const struct lg_waste_row *row, char *text, size_t capacity)
{
	char of[LG_NUMBER_TEXT_BYTES];

	lg_count_text(row->of, of);
	switch (row->kind) {
	case LG_WASTE_EQUAL:
		snprintf(text, capacity, "equal %s (%s content%s)", row->type, of,
			 row->of == 1 ? "" : "s");
		break;
	case LG_WASTE_SLOTS:
		snprintf(text, capacity, "without __slots__ (%s attribute%s)", of,
			 row->of == 1 ? "" : "s");
		break;
	case LG_WASTE_BOXED:
		snprintf(text, capacity, "%s in %s list%s", row->type, of, row->of == 1 ? "" : "s");
		break;
	default:
		snprintf(text, capacity, "%s %s", kinds[row->kind].key, row->type);
	}
}

static void print_waste_row(const struct screen *screen, const struct lg_waste_row *row)
{
	char bytes[LG_NUMBER_TEXT_BYTES], count[LG_NUMBER_TEXT_BYTES], what[256], line[1024];

	what_text(row, what, sizeof what);
	snprintf(line, sizeof line, "%s: %s%s%s", what, row->keeper, row->label[0] ? " … " : "",
		 row->label);
	printf("%9s %12s  ", lg_bytes_text(row->bytes, bytes), lg_count_text(row->count, count));
	print_cut(line, screen->width - NUMBERS_COLUMNS);
	fputc('\n', stdout);
}

static void print_kinds(const struct screen *screen, const struct lg_waste *waste)
{
	char bytes[LG_NUMBER_TEXT_BYTES], count[LG_NUMBER_TEXT_BYTES], all[LG_NUMBER_TEXT_BYTES];
	char share[LG_NUMBER_TEXT_BYTES];
	uint64_t objects = waste->summary.object_bytes;

	printf("%s%s of %s (%s) could be had%s\n", screen->bold,
	       lg_bytes_text(waste->total.bytes, bytes), lg_bytes_text(objects, all),
	       lg_share_text(objects ? (double)waste->total.bytes / (double)objects : 0, share),
	       screen->plain);
	for (int i = 0; i < LG_WASTE_KINDS; i++)
		if (waste->kind[i].bytes)
			printf("%9s %12s  %s\n", lg_bytes_text(waste->kind[i].bytes, bytes),
			       lg_count_text(waste->kind[i].count, count), kinds[i].text);
}

/* What the dump does not say, and which option says it. */
static void print_unknown(const struct lg_waste *waste)
{
	if (!waste->equals_known)
		puts("The dump does not say what is equal: take it without --no-contents and --redact");
	if (!waste->containers_known)
		puts("The dump does not say how full containers are: a new one of `leakgraph dump` does");
	if (!waste->slots_known)
		puts("The dump does not say what __slots__ would spare: a new one of `leakgraph dump` does");
}

static void print_waste(const struct lg_waste *waste, const char *path)
{
	struct screen screen = screen_open();
	char number[LG_NUMBER_TEXT_BYTES];

	print_kinds(&screen, waste);
	print_unknown(waste);
	if (waste->row_count)
		printf("\n%sWhere%s\n", screen.bold, screen.plain);
	for (size_t i = 0; i < waste->row_count; i++)
		print_waste_row(&screen, &waste->row[i]);
	if (waste->row_count < waste->row_total)
		printf("and %s places more (--top)\n",
		       lg_count_text(waste->row_total - waste->row_count, number));
	if (waste->row_count)
		printf("\nNext  leakgraph path %s '#%u'\n", path, waste->row[0].example);
}

static void json_sum(struct json *json, const char *key, const struct lg_waste_sum *sum)
{
	json_open_object(json, key);
	json_number(json, "count", sum->count);
	json_number(json, "bytes", sum->bytes);
	json_close_object(json);
}

static void json_row(struct json *json, const struct lg_waste_row *row)
{
	static const char *const of[LG_WASTE_KINDS] = {
		[LG_WASTE_SLOTS] = "attributes",
		[LG_WASTE_BOXED] = "lists",
		[LG_WASTE_EQUAL] = "contents",
	};

	json_open_object(json, NULL);
	json_string(json, "kind", kinds[row->kind].key);
	json_string(json, "type", row->type);
	json_string(json, "keeper", row->keeper);
	json_string(json, "label", row->label);
	json_number(json, "count", row->count);
	json_number(json, "bytes", row->bytes);
	if (of[row->kind])
		json_number(json, of[row->kind], row->of);
	json_number(json, "example", row->example);
	json_string(json, "path_text", row->path_text);
	json_close_object(json);
}

static void json_waste(const struct lg_waste *waste, const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.waste", path, &waste->summary);
	json_bool(&json, "equals_known", waste->equals_known);
	json_bool(&json, "containers_known", waste->containers_known);
	json_bool(&json, "slots_known", waste->slots_known);
	json_sum(&json, "total", &waste->total);
	json_open_object(&json, "kinds");
	for (int i = 0; i < LG_WASTE_KINDS; i++)
		json_sum(&json, kinds[i].key, &waste->kind[i]);
	json_close_object(&json);
	json_number(&json, "places_total", waste->row_total);
	json_open_array(&json, "places");
	for (size_t i = 0; i < waste->row_count; i++)
		json_row(&json, &waste->row[i]);
	json_close_array(&json);
	json_close_object(&json);
}

static void waste_close(struct lg_waste **waste)
{
	lg_waste_free(*waste);
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(waste_close) struct lg_waste *waste = NULL;
	struct lg_error err = {0};
	enum lg_status status =
		input_open_parts(&input, arguments, LG_INDEX_TREE | LG_INDEX_MARKS, &err);
	uint32_t top = arguments->top || arguments->json ? arguments->top : DEFAULT_TOP;

	if (status == LG_OK)
		status = lg_waste_build(input.analysis, top, &waste, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_waste(waste, input.path);
	else
		print_waste(waste, input.path);
	return EXIT_FINE;
}

const struct command cmd_waste = {
	IN_WASTE,
	"waste",
	"FILE",
	1,
	1,
	"memory that could be had without losing anything",
	"Prints what the program holds and need not: equal strings and tuples, empty and oversized\n"
	"containers, dicts of instances that __slots__ would spare, numbers that an array\n"
	"would hold; in bytes that would be free, as the allocator hands them out, no byte\n"
	"twice, and where they lie. Which contents are equal a dump says unless it was\n"
	"taken with --no-contents or --redact.",
	run,
};
