/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "exit_codes.h"
#include "input.h"
#include "screen.h"
#include "what.h"

#define NUMBERS_COLUMNS 21
#define MOST_INDENT 40

static void print_row(const struct screen *screen, const struct lg_tree_row *row)
{
	char bytes[LG_NUMBER_TEXT_BYTES], share[LG_NUMBER_TEXT_BYTES], count[LG_NUMBER_TEXT_BYTES];
	char line[2048];
	size_t indent = row->depth * 2;

	if (indent > MOST_INDENT)
		indent = MOST_INDENT;
	bool many = row->count > 1 && row->depth > 0;

	snprintf(line, sizeof line, "%s%s%s  %s", row->label, many ? " ×" : "",
		 many ? lg_count_text(row->count, count) : "", row->type);
	printf("%9s %8s  %*s", lg_bytes_text(row->retained_bytes, bytes),
	       lg_share_text(row->share, share), (int)indent, "");
	print_cut(line, screen->width - NUMBERS_COLUMNS - indent);
	fputc('\n', stdout);
}

static void print_tree(const struct lg_tree *tree)
{
	struct screen screen = screen_open();

	for (size_t i = 0; i < tree->row_count; i++)
		print_row(&screen, &tree->row[i]);
	if (tree->more)
		puts("and more: --min-share or --depth say how much");
}

static void json_tree(const struct lg_tree *tree, const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.tree", path, &tree->summary);
	json_bool(&json, "more", tree->more);
	json_open_array(&json, "rows");
	for (size_t i = 0; i < tree->row_count; i++) {
		const struct lg_tree_row *row = &tree->row[i];

		json_open_object(&json, NULL);
		json_number(&json, "depth", row->depth);
		json_string(&json, "label", row->label);
		json_string(&json, "type", row->type);
		json_number(&json, "count", row->count);
		json_number(&json, "shallow_bytes", row->shallow_bytes);
		json_number(&json, "retained_bytes", row->retained_bytes);
		json_real(&json, "share", row->share);
		json_number(&json, "object", row->object);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_close_object(&json);
}

static void tree_close(struct lg_tree **tree)
{
	lg_tree_free(*tree);
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(tree_close) struct lg_tree *tree = NULL;
	scoped(text_close) char *what = NULL;
	struct lg_error err = {0};
	bool whole = arguments->operand_count == 1;
	enum lg_status status = whole ? LG_OK : read_what(arguments->operand[1], &what, &err);

	if (status == LG_OK)
		status = input_open_parts(&input, arguments, whole ? LG_INDEX_TREE : LG_INDEX_ALL,
					  &err);
	if (status == LG_OK)
		status = lg_tree_build(input.analysis, what, arguments->depth,
				       arguments->min_share, &tree, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_tree(tree, input.path);
	else
		print_tree(tree);
	return EXIT_FINE;
}

const struct command cmd_tree = {
	IN_TREE,
	"tree",
	"FILE [WHAT]",
	1,
	2,
	"the dominator tree, from the roots down or from WHAT",
	"Prints the dominator tree: below each line stands what only that line keeps\n"
	"alive. Equal siblings are merged; \"(several paths)\" is kept by several that\n"
	"stand in the lines beside it, and by none of them alone. Of WHAT (named as for\n"
	"path: an object, a type, a path, a list) the first line is all that it keeps, and\n"
	"shares are of that.",
	run,
};
