/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "exit_codes.h"
#include "input.h"
#include "screen.h"

#define TITLE_COLUMNS 15 /* "    labels     " and what is said of it */

/* How the labels of each kind read (formats/dump/SPEC.md, section 3). */
static const char *const label_text[LG_REF_KIND_COUNT] = {
	[LG_REF_OTHER] = "->name",
	[LG_REF_ATTR] = ".name",
	[LG_REF_KEY_STR] = "['key']",
	[LG_REF_KEY_TYPE] = "[type]",
	[LG_REF_ITEM] = "[]",
	[LG_REF_DICT_KEY] = "<key>",
	[LG_REF_LOCAL] = "local x",
	[LG_REF_CELL] = "cell x",
	[LG_REF_DEFAULT] = "default x",
	[LG_REF_FRAME] = "frame f()",
	[LG_REF_DICT] = ".__dict__",
	[LG_REF_TYPE] = "type",
	[LG_REF_WEAK] = "weak",
	[LG_REF_CONTEXT] = "context var x",
};

static const char *const root_text[LG_ROOT_KIND_COUNT] = {
	[LG_ROOT_OTHER] = "others",
	[LG_ROOT_MODULE] = "modules",
	[LG_ROOT_CLASS] = "classes",
	[LG_ROOT_THREAD] = "threads",
	[LG_ROOT_INTERPRETER] = "interpreter",
	[LG_ROOT_C_CODE] = "C code",
	[LG_ROOT_INTERNED] = "interned strings",
};

/* Texts of counts, for one line at a time. */
struct counts {
	char text[4][LG_NUMBER_TEXT_BYTES];
};

static void print_row(const struct screen *screen, const char *title, const char *line)
{
	printf("    %-*s", TITLE_COLUMNS - 4, title);
	print_wrapped(screen, line, TITLE_COLUMNS, TITLE_COLUMNS);
}

static void print_taken(const struct screen *screen, const struct lg_summary *summary,
			const struct lg_dump_header *header)
{
	char line[512], bytes[LG_NUMBER_TEXT_BYTES];

	snprintf(line, sizeof line, "%s, version %u.%u, %s%.100s%s",
		 lg_bytes_text(header->file_bytes, bytes), header->version_major,
		 header->version_minor, header->rows ? "rows" : "columns",
		 summary->producer[0] ? ", by " : "", summary->producer);
	print_row(screen, "file", line);
	if (!summary->attempts)
		return;
	if (summary->source == LG_SOURCE_CORE) {
		char count[LG_NUMBER_TEXT_BYTES];

		snprintf(line, sizeof line,
			 "from a core file, walked in %.1f ms; %s of its files and %s of its memory "
			 "were missing%s",
			 (double)summary->walk_ns / 1e6,
			 summary->missing_files ? lg_count_text(summary->missing_files, count) :
						  "none",
			 lg_bytes_text(summary->missing_bytes, bytes),
			 summary->gc_running ? "; it ended in the middle of a garbage collection" :
					       "");
		print_row(screen, "taken", line);
		return;
	}
	snprintf(line, sizeof line,
		 "paused %.1f ms%s, walked in %.1f ms, copy %" PRIu64 " was taken%s",
		 (double)summary->pause_ns / 1e6,
		 summary->source == LG_SOURCE_COPY ? " while its memory was copied out" : "",
		 (double)summary->walk_ns / 1e6, summary->attempts,
		 summary->gc_running ? ", in the middle of a garbage collection" : "");
	print_row(screen, "taken", line);
}

static void print_objects(const struct screen *screen, const struct lg_overview *overview)
{
	const struct lg_summary *summary = &overview->summary;
	struct counts c;
	char line[512], bytes[LG_NUMBER_TEXT_BYTES];

	snprintf(line, sizeof line,
		 "%s, %s; %s may refer to others, %s are tracked by the collector, %s are immortal",
		 lg_count_text(summary->objects, c.text[0]),
		 lg_bytes_text(summary->object_bytes, bytes),
		 lg_count_text(overview->inner, c.text[1]),
		 lg_count_text(overview->tracked, c.text[2]),
		 lg_count_text(overview->immortal, c.text[3]));
	print_row(screen, "objects", line);
	snprintf(line, sizeof line, "%s types; %s strings, %s",
		 lg_count_text(overview->types, c.text[0]),
		 lg_count_text(overview->strings, c.text[1]),
		 lg_bytes_text(overview->string_bytes, bytes));
	print_row(screen, "names", line);
	snprintf(line, sizeof line, "%s, frames %s; suspended generators, coroutines and greenlets %s, tasks %s",
		 lg_count_text(overview->threads, c.text[0]),
		 lg_count_text(overview->frames, c.text[1]),
		 lg_count_text(overview->suspended, c.text[2]),
		 lg_count_text(overview->tasks, c.text[3]));
	print_row(screen, "threads", line);
	snprintf(line, sizeof line, "where %s objects were allocated, in %s lines of tracebacks",
		 lg_count_text(overview->allocations, c.text[0]),
		 lg_count_text(overview->sites, c.text[1]));
	print_row(screen, "sites", overview->sites ? line : "none: tracemalloc did not run");
}

static void print_roots(const struct screen *screen, const struct lg_overview *overview)
{
	char line[512] = "none", count[LG_NUMBER_TEXT_BYTES];
	size_t used = 0;

	for (int kind = 0; kind < LG_ROOT_KIND_COUNT && used < sizeof line; kind++)
		if (overview->roots[kind])
			used += (size_t)snprintf(line + used, sizeof line - used, "%s%s %s",
						 used ? ", " : "", root_text[kind],
						 lg_count_text(overview->roots[kind], count));
	print_row(screen, "roots", line);
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static void print_quality(const struct screen *screen, const struct lg_overview *overview)
{
	const struct lg_summary *summary = &overview->summary;
	struct counts c;
	char line[512], percent[LG_NUMBER_TEXT_BYTES];

	snprintf(line, sizeof line, "%s of %s references carry one",
		 lg_share_text(share(overview->labelled, summary->references), percent),
		 lg_count_text(summary->references, c.text[0]));
	print_row(screen, "labels", summary->references ? line : "no references");
	snprintf(line, sizeof line,
		 "%s of %s tracked mortal objects are explained; of %s it is larger, by %s in all",
		 lg_share_text(share(overview->refcounts_explained, overview->refcounts), percent),
		 lg_count_text(overview->refcounts, c.text[0]),
		 lg_count_text(overview->refcounts_larger, c.text[1]),
		 lg_count_text(overview->references_missing, c.text[2]));
	print_row(screen, "refcounts", overview->refcounts ? line : "not recorded");
	snprintf(line, sizeof line, "%s objects read partly, %s faults",
		 lg_count_text(overview->partial, c.text[0]),
		 lg_count_text(summary->faults, c.text[1]));
	print_row(screen, "reading", line);
}

static void print_labels(const struct screen *screen, const struct lg_overview *overview)
{
	printf("\n%s%12s %10s  %s%s\n", screen->bold, "references", "labelled", "label",
	       screen->plain);
	for (int kind = 0; kind < LG_REF_KIND_COUNT; kind++) {
		const struct lg_label_sum *sum = &overview->label[kind];
		char count[LG_NUMBER_TEXT_BYTES], percent[LG_NUMBER_TEXT_BYTES];

		if (sum->count)
			printf("%12s %10s  %s\n", lg_count_text(sum->count, count),
			       lg_share_text(share(sum->labelled, sum->count), percent),
			       label_text[kind]);
	}
}

static void print_overview(const struct lg_overview *overview, const struct lg_dump_header *header)
{
	struct screen screen = screen_open();

	print_summary_line(&overview->summary, screen.width);
	printf("\n%sWhat it holds%s\n", screen.bold, screen.plain);
	print_taken(&screen, &overview->summary, header);
	print_objects(&screen, overview);
	print_roots(&screen, overview);
	printf("\n%sHow good it is%s\n", screen.bold, screen.plain);
	print_quality(&screen, overview);
	print_labels(&screen, overview);
}

static void json_labels(struct json *json, const struct lg_overview *overview)
{
	json_open_array(json, "labels");
	for (int kind = 0; kind < LG_REF_KIND_COUNT; kind++) {
		json_open_object(json, NULL);
		json_number(json, "kind", (uint64_t)kind);
		json_string(json, "label", label_text[kind]);
		json_number(json, "references", overview->label[kind].count);
		json_number(json, "labelled", overview->label[kind].labelled);
		json_close_object(json);
	}
	json_close_array(json);
}

static void json_overview(const struct lg_overview *overview, const struct lg_dump_header *header,
			  const char *path)
{
	struct json json = {.out = stdout};

	json_head(&json, "leakgraph.info", path, &overview->summary);
	json_string(&json, "form", header->rows ? "rows" : "columns");
	json_number(&json, "file_bytes", header->file_bytes);
	json_number(&json, "inner", overview->inner);
	json_number(&json, "tracked", overview->tracked);
	json_number(&json, "immortal", overview->immortal);
	json_number(&json, "partly_read", overview->partial);
	json_number(&json, "types", overview->types);
	json_number(&json, "strings", overview->strings);
	json_number(&json, "string_bytes", overview->string_bytes);
	json_number(&json, "threads", overview->threads);
	json_number(&json, "frames", overview->frames);
	json_number(&json, "suspended", overview->suspended);
	json_number(&json, "tasks", overview->tasks);
	json_number(&json, "sites", overview->sites);
	json_number(&json, "allocations", overview->allocations);
	json_open_object(&json, "roots");
	for (int kind = 0; kind < LG_ROOT_KIND_COUNT; kind++)
		json_number(&json, root_kind_text((enum lg_root_kind)kind), overview->roots[kind]);
	json_close_object(&json);
	json_number(&json, "labelled", overview->labelled);
	json_labels(&json, overview);
	json_open_object(&json, "refcounts");
	json_number(&json, "known", overview->refcounts);
	json_number(&json, "explained", overview->refcounts_explained);
	json_number(&json, "larger", overview->refcounts_larger);
	json_number(&json, "references_missing", overview->references_missing);
	json_close_object(&json);
	json_close_object(&json);
}

static void overview_close(struct lg_overview **overview)
{
	lg_overview_free(*overview);
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	scoped(overview_close) struct lg_overview *overview = NULL;
	struct lg_dump_header header;
	struct lg_error err = {0};
	enum lg_status status = lg_dump_peek(arguments->operand[0], &header, &err);

	if (status == LG_OK)
		status = input_open_parts(&input, arguments, LG_INDEX_SUMS, &err);
	if (status == LG_OK)
		status = lg_overview_build(input.analysis, &overview, &err);
	if (status != LG_OK)
		return report_failure(&err);
	if (arguments->json)
		json_overview(overview, &header, input.path);
	else
		print_overview(overview, &header);
	return EXIT_FINE;
}

const struct command cmd_info = {
	IN_INFO,
	"info",
	"FILE",
	1,
	1,
	"what a dump holds, and how good it is",
	"Prints what was dumped, the counts of everything, how many of the references\n"
	"carry a label, and how many of the refcounts the references explain.",
	run,
};
