/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "exit_codes.h"
#include "input.h"
#include "screen.h"

#define DEFAULT_TOP 25
#define NUMBERS_COLUMNS 36
#define PARTS_COLUMNS 30
#define PARTS_BYTES 128
#define MOST_PARTS 3

static const struct {
	const char *text, *key;
} part_names[LG_KEEPER_PARTS] = {
	[LG_PART_OF_DICTS] = {"dict", "dict_bytes"},
	[LG_PART_OF_LISTS] = {"list", "list_bytes"},
	[LG_PART_OF_TUPLES] = {"tuple", "tuple_bytes"},
	[LG_PART_OF_SETS] = {"set", "set_bytes"},
	[LG_PART_OF_STRINGS] = {"str", "str_bytes"},
	[LG_PART_OF_BYTES] = {"bytes", "bytes_bytes"},
	[LG_PART_OF_NUMBERS] = {"numbers", "number_bytes"},
	[LG_PART_OF_CODE] = {"code", "code_bytes"},
	[LG_PART_OF_REST] = {"other", "other_bytes"},
};

static const char *kind_text(enum lg_keeper_kind kind)
{
	static const char *const text[LG_KEEPER_KIND_COUNT] = {
		[LG_KEEPER_CLASS] = "class",
		[LG_KEEPER_MODULE] = "module",
		[LG_KEEPER_ROOT] = "root",
		[LG_KEEPER_THREAD] = "thread",
		[LG_KEEPER_INTERPRETER] = "interpreter",
		[LG_KEEPER_BUILTIN] = "builtin",
		[LG_KEEPER_C_CODE] = "c_code",
		[LG_KEEPER_INTERNED] = "interned",
		[LG_KEEPER_SEVERAL] = "several",
		[LG_KEEPER_GARBAGE] = "garbage",
	};

	return text[kind];
}

/* "str 48.1 MB, dict 2.3 MB": the largest; what is below a hundredth is left out. */
static void parts_text(const struct lg_class_row *row, char text[PARTS_BYTES])
{
	uint64_t rest[LG_KEEPER_PARTS];
	char bytes[LG_NUMBER_TEXT_BYTES];
	size_t used = 0;

	text[0] = 0;
	memcpy(rest, row->part_bytes, sizeof rest);
	for (int told = 0; told < MOST_PARTS; told++) {
		int largest = 0;

		for (int i = 1; i < LG_KEEPER_PARTS; i++)
			if (rest[i] > rest[largest])
				largest = i;
		if (rest[largest] == 0 || rest[largest] < row->kept_bytes / 100)
			return;
		used += (size_t)snprintf(text + used, PARTS_BYTES - used, "%s%s %s", told ? ", " : "",
					 part_names[largest].text, lg_bytes_text(rest[largest], bytes));
		rest[largest] = 0;
	}
}

static void print_row(const struct screen *screen, const struct lg_class_row *row, size_t room)
{
	char kept[LG_NUMBER_TEXT_BYTES], own[LG_NUMBER_TEXT_BYTES], count[LG_NUMBER_TEXT_BYTES];
	char parts[PARTS_BYTES];
	size_t used = lg_text_columns(row->name);

	printf("%10s %10s %12s  ", lg_bytes_text(row->kept_bytes, kept),
	       row->count ? lg_bytes_text(row->own_bytes, own) : "",
	       row->count ? lg_count_text(row->count, count) : "");
	print_cut(row->name, room);
	parts_text(row, parts);
	if (parts[0]) {
		printf("%*s  ", used < room ? (int)(room - used) : 0, "");
		print_cut(parts, screen->width - NUMBERS_COLUMNS - room - 2);
	}
	fputc('\n', stdout);
}

/* Columns for the names: as many as the longest has, and at most what leaves room for the parts. */
static size_t room_for_names(const struct screen *screen, const struct lg_classes *classes)
{
	size_t most = screen->width - NUMBERS_COLUMNS - PARTS_COLUMNS, room = 0;

	for (size_t i = 0; i < classes->row_count; i++) {
		size_t columns = lg_text_columns(classes->row[i].name);

		if (columns > room)
			room = columns;
	}
	return room < most ? room : most;
}

static void print_classes(const struct lg_classes *classes, bool by_package)
{
	struct screen screen = screen_open();
	size_t room = room_for_names(&screen, classes);
	char number[LG_NUMBER_TEXT_BYTES], bytes[LG_NUMBER_TEXT_BYTES];

	printf("%s%10s %10s %12s  %s%s\n", screen.bold, "keeps", "shallow", "count",
	       by_package ? "package" : "class, or module where no class does", screen.plain);
	for (size_t i = 0; i < classes->row_count; i++)
		print_row(&screen, &classes->row[i], room);
	if (classes->row_count < classes->row_total)
		printf("and %s more, %s (--top)\n",
		       lg_count_text(classes->row_total - classes->row_count, number),
		       lg_bytes_text(classes->rest_bytes, bytes));
	printf("%s%s in all: each byte is with the nearest that alone keeps it%s\n", screen.dim,
	       lg_bytes_text(classes->summary.object_bytes, bytes), screen.plain);
}

static void json_row(struct json *json, const struct lg_class_row *row)
{
	json_open_object(json, NULL);
	json_string(json, "name", row->name);
	json_string(json, "kind", row->package ? "package" : kind_text(row->kind));
	if (row->package)
		json_number(json, "merged", row->keepers);
	json_number(json, "count", row->count);
	json_number(json, "shallow_bytes", row->own_bytes);
	json_number(json, "kept_bytes", row->kept_bytes);
	for (int i = 0; i < LG_KEEPER_PARTS; i++)
		json_number(json, part_names[i].key, row->part_bytes[i]);
	json_close_object(json);
}

static void json_classes(const struct lg_classes *classes, const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.classes", path, &classes->summary);
	json_number(&json, "classes_total", classes->row_total);
	json_number(&json, "rest_bytes", classes->rest_bytes);
	json_open_array(&json, "classes");
	for (size_t i = 0; i < classes->row_count; i++)
		json_row(&json, &classes->row[i]);
	json_close_array(&json);
	json_close_object(&json);
}

static void classes_close(struct lg_classes **classes)
{
	lg_classes_free(*classes);
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(classes_close) struct lg_classes *classes = NULL;
	struct lg_error err = {0};
	enum lg_status status = input_open_parts(&input, arguments, LG_INDEX_TREE, &err);
	uint32_t top = arguments->top || arguments->json ? arguments->top : DEFAULT_TOP;

	if (status == LG_OK)
		status = lg_classes_build(input.analysis, arguments->package, top, &classes, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_classes(classes, input.path);
	else
		print_classes(classes, arguments->package);
	return EXIT_FINE;
}

const struct command cmd_classes = {
	IN_CLASSES,
	"classes",
	"FILE",
	1,
	1,
	"what each class keeps, strings and dicts included",
	"Prints a line for each class: what its instances and the class itself keep, with\n"
	"the str, dict, list, bytes ... to which no other class is nearer; where no class\n"
	"alone keeps them they are with the module, the thread or what else does. Each\n"
	"byte is in one line.",
	run,
};
