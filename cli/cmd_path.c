/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "exit_codes.h"
#include "input.h"
#include "screen.h"
#include "what.h"

static void print_routes(const struct screen *screen, const struct lg_where *where,
			 const struct lg_route *route, size_t count, uint64_t more)
{
	char number[LG_NUMBER_TEXT_BYTES], bytes[LG_NUMBER_TEXT_BYTES];

	for (size_t i = 0; i < count; i++) {
		size_t column = 4;

		fputs("    ", stdout);
		if (!where->one_object) {
			printf("%11s %9s  ", lg_count_text(route[i].count, number),
			       lg_bytes_text(route[i].retained_bytes, bytes));
			column = 27;
		}
		print_path(screen, &route[i].path, column, column + 2, 6);
	}
	if (count == 0 && where->no_other == 0)
		puts("    none: no root reaches it");
	for (size_t i = 0; i < count; i++)
		if (route[i].held_by_several) {
			printf("    %s(several paths): no single reference keeps these; each path "
			       "to "
			       "them must be cut%s\n",
			       screen->dim, screen->plain);
			break;
		}
	if (more)
		printf("    and %s paths more (--top)\n", lg_count_text(more, number));
}

/* Where the object was allocated, the innermost line first. */
static void print_allocated(const struct screen *screen, const struct lg_where *where)
{
	char line[8192];
	size_t used = 0;

	for (size_t i = 0; i < where->allocated_count && used < sizeof line; i++)
		used += (size_t)snprintf(line + used, sizeof line - used, "%s%s:%u",
					 i == 0	  ? "Allocated at "
					 : i == 1 ? ", called from "
						  : ", ",
					 where->allocated[i].file, where->allocated[i].line);
	if (used)
		print_wrapped(screen, line, 0, 4);
}

/* What is ignored may be all there is. */
static void print_no_other(const struct lg_where *where)
{
	char number[LG_NUMBER_TEXT_BYTES];

	if (where->no_other == 0)
		return;
	if (where->no_other + where->unreached == where->count)
		puts("    no other path: all go through what is ignored");
	else
		printf("    %11s have no other path: all of theirs go through what is ignored\n",
		       lg_count_text(where->no_other, number));
}

static void print_where(const struct lg_where *where)
{
	struct screen screen = screen_open();
	char shallow[LG_NUMBER_TEXT_BYTES], retained[LG_NUMBER_TEXT_BYTES];
	char number[LG_NUMBER_TEXT_BYTES];

	printf("%s", screen.bold);
	print_cut(where->subject, screen.width);
	printf("%s\n%s shallow, %s retained", screen.plain,
	       lg_bytes_text(where->shallow_bytes, shallow),
	       lg_bytes_text(where->retained_bytes, retained));
	if (where->one_object)
		printf(", %s referrer%s", lg_count_text(where->referrers, number),
		       where->referrers == 1 ? "" : "s");
	if (where->unreached)
		printf(", %s garbage",
		       where->one_object ? "is" : lg_count_text(where->unreached, number));
	if (where->cycle_text[0]) {
		fputs("\n    in a cycle: ", stdout);
		print_wrapped(&screen, where->cycle_text, 16, 6);
	} else {
		fputc('\n', stdout);
	}
	print_allocated(&screen, where);
	if (where->weak)
		printf("weakly referred to by %s, which keep nothing alive\n", where->weak_text);
	printf("\n%sShortest path from a root%s%s\n", screen.bold,
	       where->ignoring ? " that avoids what is ignored" : "", screen.plain);
	print_routes(&screen, where, where->shortest, where->shortest_count, where->shortest_more);
	print_no_other(where);
	if (where->one_object && where->alike > 1)
		printf("    %s%s objects of its type lie on this path, keys and items merged%s\n",
		       screen.dim, lg_count_text(where->alike, number), screen.plain);
	printf("\n%sDominators: cutting any of these steps frees %s%s\n", screen.bold,
	       where->one_object ? "it" : "them", screen.plain);
	print_routes(&screen, where, where->dominators, where->dominators_count,
		     where->dominators_more);
}

static void json_routes(struct json *json, const char *key, const struct lg_route *route,
			size_t count)
{
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++) {
		json_open_object(json, NULL);
		json_string(json, "path_text", route[i].path_text);
		json_number(json, "count", route[i].count);
		json_number(json, "shallow_bytes", route[i].shallow_bytes);
		json_number(json, "retained_bytes", route[i].retained_bytes);
		json_number(json, "example", route[i].example);
		json_bool(json, "held_by_several", route[i].held_by_several);
		json_path(json, "path", &route[i].path);
		json_close_object(json);
	}
	json_close_array(json);
}

static void json_where(const struct lg_where *where, const char *path)
{
	struct json json = {.out = stdout};
	char address[32];

	json_head(&json, "leakgraph.path", path, &where->summary);
	json_string(&json, "subject", where->subject);
	json_string(&json, "type", where->type);
	if (where->one_object) {
		snprintf(address, sizeof address, "0x%" PRIx64, where->address);
		json_number(&json, "object", where->object);
		json_string(&json, "address", address);
		json_number(&json, "referrers", where->referrers);
		json_number(&json, "alike", where->alike);
	}
	json_lines(&json, "allocated", where->allocated, where->allocated_count);
	json_number(&json, "count", where->count);
	json_number(&json, "shallow_bytes", where->shallow_bytes);
	json_number(&json, "retained_bytes", where->retained_bytes);
	json_number(&json, "unreached", where->unreached);
	json_string(&json, "cycle_text", where->cycle_text);
	json_routes(&json, "shortest", where->shortest, where->shortest_count);
	json_number(&json, "shortest_more", where->shortest_more);
	json_bool(&json, "ignoring", where->ignoring);
	json_number(&json, "no_other", where->no_other);
	json_number(&json, "weak", where->weak);
	json_string(&json, "weak_text", where->weak_text);
	json_routes(&json, "dominators", where->dominators, where->dominators_count);
	json_number(&json, "dominators_more", where->dominators_more);
	json_close_object(&json);
}

static void where_close(struct lg_where **where)
{
	lg_where_free(*where);
}

static void print_referrer(const struct screen *screen, const struct lg_referrer_row *row)
{
	char count[LG_NUMBER_TEXT_BYTES], bytes[LG_NUMBER_TEXT_BYTES], line[2048];
	size_t indent = 2 * (size_t)(row->depth < 20 ? row->depth - 1 : 19);

	snprintf(line, sizeof line, "%s%s%s%s", row->label, row->type[0] ? " of " : "", row->type,
		 row->weak    ? " (weak: keeps nothing)"
		 : row->again ? " (see elsewhere)"
			      : "");
	printf("%11s %9s  %*s", row->root ? "root" : lg_count_text(row->count, count),
	       lg_bytes_text(row->held_bytes, bytes), (int)indent, "");
	print_cut(line, screen->width - 23 - indent);
	fputc('\n', stdout);
	if (row->more)
		printf("%23s%*sand %s kinds more (--top)\n", "", (int)indent + 2, "",
		       lg_count_text(row->more, count));
}

static void print_referrers(const struct lg_referrer_tree *tree)
{
	struct screen screen = screen_open();
	char bytes[LG_NUMBER_TEXT_BYTES], count[LG_NUMBER_TEXT_BYTES];

	fputs(screen.bold, stdout);
	print_cut(tree->subject, screen.width);
	printf("%s\n%s retained\n\n%sWho refers to %s, and who to those; bytes are of what is "
	       "referred to%s\n",
	       screen.plain, lg_bytes_text(tree->retained_bytes, bytes), screen.bold,
	       tree->count == 1 ? "it" : "them", screen.plain);
	for (size_t i = 0; i < tree->row_count; i++)
		print_referrer(&screen, &tree->row[i]);
	if (tree->row_count == 0)
		puts("    nothing: neither an object nor a root");
	if (tree->more)
		printf("%23sand %s kinds more (--top)\n", "", lg_count_text(tree->more, count));
	if (tree->cut_off)
		puts("and more: --depth and --top say how much");
}

static void json_referrers(const struct lg_referrer_tree *tree, const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.referrers", path, &tree->summary);
	json_string(&json, "subject", tree->subject);
	json_number(&json, "count", tree->count);
	json_number(&json, "retained_bytes", tree->retained_bytes);
	json_number(&json, "more", tree->more);
	json_bool(&json, "cut_off", tree->cut_off);
	json_open_array(&json, "rows");
	for (size_t i = 0; i < tree->row_count; i++) {
		const struct lg_referrer_row *row = &tree->row[i];

		json_open_object(&json, NULL);
		json_number(&json, "depth", row->depth);
		json_string(&json, "label", row->label);
		json_string(&json, "type", row->type);
		json_number(&json, "count", row->count);
		json_number(&json, "references", row->references);
		json_number(&json, "targets", row->targets);
		json_number(&json, "held_bytes", row->held_bytes);
		json_number(&json, "more", row->more);
		json_number(&json, "object", row->object);
		json_bool(&json, "root", row->root);
		json_bool(&json, "weak", row->weak);
		json_bool(&json, "again", row->again);
		json_close_object(&json);
	}
	json_close_array(&json);
	json_close_object(&json);
}

static void referrers_close(struct lg_referrer_tree **tree)
{
	lg_referrer_tree_free(*tree);
}

static int run_referrers(const struct arguments *arguments, const struct input *input,
			 const char *what)
{
	scoped(referrers_close) struct lg_referrer_tree *tree = NULL;
	struct lg_error err = {0};

	if (lg_referrer_tree_build(input->analysis, what, arguments->depth,
				   arguments->top, &tree, &err) != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_referrers(tree, input->path);
	else
		print_referrers(tree);
	return EXIT_FINE;
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(where_close) struct lg_where *where = NULL;
	scoped(text_close) char *what = NULL;
	struct lg_error err = {0};
	enum lg_status status = read_what(arguments->operand[1], &what, &err);

	if (status == LG_OK)
		status = input_open(&input, arguments, &err);
	if (status == LG_OK && arguments->referrers)
		return run_referrers(arguments, &input, what);
	if (status == LG_OK && arguments->ignore.count)
		status = lg_analysis_ignore(input.analysis, arguments->ignore.text,
					    arguments->ignore.count, &err);
	if (status == LG_OK)
		status = lg_where_build(input.analysis, what, arguments->top, &where, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_where(where, input.path);
	else
		print_where(where);
	return EXIT_FINE;
}

const struct command cmd_path = {
	IN_PATH,
	"path",
	"FILE WHAT",
	2,
	2,
	"why an object, or a type, is alive",
	"Prints the shortest path from a root and the chain of dominators of WHAT, merged over\n"
	"equal paths: of an object (by its index in the dump, '#17', or its address, 0x7f…),\n"
	"of all objects of a type (shop.models.Session, or Session where only one type is\n"
	"called so), of what has piled up at a suspect (by its signature, as analyze prints\n"
	"it), of what a path leads to ('module shop.sessions → .SESSIONS'), or of all of a\n"
	"list of those: with commas, or from stdin (-) a line each, where a number is an\n"
	"index. With --referrers who refers to it, and who to those, merged by\n"
	"type and label: roots and weak references end a branch, and each object is\n"
	"followed once, where it is nearest.\n"
	"--ignore looks for other paths: a PATTERN is one of the shell's for types (app.*),\n"
	"modules and other roots (app.cache, 'thread worker-*') or labels ('.SESSIONS').",
	run,
};
