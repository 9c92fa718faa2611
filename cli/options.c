/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "values.h"

enum option_kind { FLAG, NUMBER, PERCENT, SIZE, DURATION, SECONDS, SORT, FORMAT, ROW_FORMAT, TEXT, EACH, LIST };

struct option_row {
	const char *name;
	char letter; /* 0: none */
	const char *argument;
	const char *help;
	unsigned commands;
	enum option_kind kind;
	size_t offset; /* into struct arguments */
	uint64_t least, most; /* most 0: no such bounds; of a FORMAT: which one */
};

#define AT(field) offsetof(struct arguments, field)
/* Commands that read a dump and analyze it. */
#define IN_READERS (IN_INFO | IN_ANALYZE | IN_TYPES | IN_CLASSES | IN_WASTE | IN_TREE | IN_PATH | IN_CUT | \
		    IN_CYCLES | IN_MEMORY)
#define IN_ALL (IN_ONCE | IN_DUMP | IN_WATCH | IN_EXPORT | IN_DIFF | IN_SUMMARIZE | IN_TREND | IN_READERS | IN_QUERY)

static const struct option_row table[] = {
	{"output", 'o', "FILE", "write the dump to FILE (leakgraph-PID.msgpack)", IN_DUMP, TEXT,
	 AT(output), 0, 0},
	{"output", 'o', "FILE", "write the dump to FILE (among the temporary files)", IN_ONCE, TEXT,
	 AT(output), 0, 0},
	{"output", 'o', "FILE", "write the profile to FILE", IN_SUMMARIZE, TEXT, AT(output), 0, 0},
	{"name", 0, "BUILD", "what to call the build", IN_SUMMARIZE, TEXT, AT(name), 0, 0},
	{"rows", 0, "N", "keep the N paths with most bytes (20000)", IN_SUMMARIZE, NUMBER, AT(rows),
	 1, 1000000},
	{"base", 0, "FILE...", "dumps or profiles of the base, several tell noise from growth",
	 IN_DIFF, LIST, AT(base), 0, 0},
	{"head", 0, "FILE...", "those of the head", IN_DIFF, LIST, AT(head), 0, 0},
	{"budget", 'b', "RULE", "what may grow, as 'total growth <= 5% and 8MiB'; may be given again",
	 IN_DIFF, EACH, AT(budget), 0, 0},
	{"budgets", 0, "FILE", "read the budgets from FILE, a line each", IN_DIFF, TEXT, AT(budgets),
	 0, 0},
	{"format", 'f', "FORMAT",
	 "text, json, markdown, junit, github, gitlab or openmetrics (text)", IN_DIFF, TEXT,
	 AT(report), 0, 0},
	{"format", 'f', "FORMAT", "text, json or csv (text)", IN_TREND, TEXT, AT(report), 0, 0},
	{"holder", 0, "PATH", "follow the paths that begin so, whether they grew or not", IN_TREND, TEXT,
	 AT(holder), 0, 0},
	{"rss", 0, "SIZE", "dump when RSS comes to SIZE, as 2GiB or 500MB", IN_WATCH, SIZE,
	 AT(rss_bytes), 0, 0},
	{"every", 0, "TIME", "dump so often, as 30s, 10m, 1h or 1d", IN_WATCH, DURATION,
	 AT(every_ns), 0, 0},
	{"growth", 0, "P", "dump when RSS is P percent above that of the last dump", IN_WATCH,
	 PERCENT, AT(growth), 1, 10000},
	{"count", 0, "N", "end after N dumps", IN_WATCH, NUMBER, AT(count), 1, 1000000},
	{"keep", 0, "N", "keep at most N dumps (10) ...", IN_WATCH, NUMBER, AT(keep), 1, 1000000},
	{"keep-size", 0, "SIZE", "... of together at most SIZE (8GiB), and always the last",
	 IN_WATCH, SIZE, AT(keep_bytes), 0, 0},
	{"output", 'o', "WHERE",
	 "a folder, or names with {pid}, {time} and {n} (leakgraph-{pid}-{time}.msgpack)", IN_WATCH,
	 TEXT, AT(output), 0, 0},
	{"output", 'o', "FILE", "write to FILE; - is stdout", IN_EXPORT, TEXT, AT(output), 0, 0},
	{"heapsnapshot", 0, NULL, "all objects, for Chrome's Memory panel and memlab", IN_EXPORT, FORMAT,
	 AT(export), LG_EXPORT_HEAPSNAPSHOT, 0},
	{"pprof", 0, NULL, "stacks of dominators, for go tool pprof", IN_EXPORT, FORMAT, AT(export),
	 LG_EXPORT_PPROF, 0},
	{"folded", 0, NULL, "the same as folded stacks, for flame graphs", IN_EXPORT, FORMAT,
	 AT(export), LG_EXPORT_FOLDED, 0},
	{"dot", 0, "WHAT", "the paths of an object or a type, as in path, for Graphviz", IN_EXPORT,
	 FORMAT, AT(export), LG_EXPORT_DOT, 0},
	{"csv", 0, "TABLE", "objects, refs, roots or types as CSV", IN_EXPORT, FORMAT, AT(export),
	 LG_EXPORT_CSV, 0},
	{"json", 'j', "TABLE", "the same, a JSON object a line", IN_EXPORT, FORMAT, AT(export),
	 LG_EXPORT_JSON, 0},
	{"parquet", 0, "DIR", "tables of many dumps or profiles as Parquet below DIR, for DuckDB and others",
	 IN_EXPORT, FORMAT, AT(export), LG_EXPORT_PARQUET, 0},
	{"min-retained", 0, "SIZE",
	 "--heapsnapshot: what retains less is merged into what dominates it", IN_EXPORT, SIZE,
	 AT(least_bytes), 0, 0},
	{"sites", 0, NULL, "--pprof, --folded: by the lines that allocated, as tracemalloc saw them",
	 IN_EXPORT, FLAG, AT(sites), 0, 0},
	{"depth", 'd', "N", "--pprof, --folded: stacks of at most N frames (64)", IN_EXPORT, NUMBER,
	 AT(depth), 1, 200},
	{"min-share", 'm', "P", "--pprof, --folded: frames of at least P percent (0.01)", IN_EXPORT,
	 PERCENT, AT(least_share), 0, 100},
	{"service", 0, "NAME", "--parquet: which program it is", IN_EXPORT, TEXT, AT(service), 0, 0},
	{"build", 0, "NAME", "--parquet: which build of it (a profile's name)", IN_EXPORT, TEXT, AT(build),
	 0, 0},
	{"host", 0, "NAME", "--parquet: on which machine it ran", IN_EXPORT, TEXT, AT(host), 0, 0},
	{"rows", 0, "N", "--parquet: the N paths with most bytes (20000)", IN_EXPORT, NUMBER, AT(rows),
	 1, 1000000},
	{"objects", 0, NULL, "--parquet: also tables of all objects and references", IN_EXPORT, FLAG,
	 AT(objects), 0, 0},
	{"replace", 0, NULL, "--parquet: in place of what is there of the same dump", IN_EXPORT, FLAG,
	 AT(replace), 0, 0},
	{"redact", 0, NULL, "replace names of the program's data by hashes", IN_ONCE | IN_DUMP | IN_WATCH,
	 FLAG, AT(redact), 0, 0},
	{"copy", 0, NULL, "copy the memory out, also where a fork would do", IN_ONCE | IN_DUMP | IN_WATCH,
	 FLAG, AT(copy), 0, 0},
	{"no-contents", 0, NULL, "don't compare strings, bytes and numbers, for which `waste` asks",
	 IN_ONCE | IN_DUMP | IN_WATCH, FLAG, AT(no_contents), 0, 0},
	{"core", 0, "FILE", "dump the process of a core file instead of a running one", IN_DUMP,
	 TEXT, AT(core), 0, 0},
	{"sysroot", 0, "DIR", "look for the core's programs and libraries under DIR (/)", IN_DUMP,
	 TEXT, AT(sysroot), 0, 0},
	{"attempts", 0, "N", "copies to try while a collection runs (10)",
	 IN_ONCE | IN_DUMP | IN_WATCH, NUMBER, AT(attempts), 1, 1000},
	{"detach", 0, NULL,
	 "be no child of the caller's: print the number, wait for a byte on stdin, end with \"exit CODE\"",
	 IN_DUMP, FLAG, AT(detach), 0, 0},
	{"json", 'j', NULL, "print JSON", IN_ONCE | IN_READERS | IN_DIFF | IN_TREND, FLAG, AT(json), 0, 0},
	{"top", 'n', "N", "tell at most N of each",
	 IN_ONCE | IN_ANALYZE | IN_TYPES | IN_CLASSES | IN_WASTE | IN_PATH | IN_CUT | IN_CYCLES |
		 IN_MEMORY | IN_DIFF | IN_TREND,
	 NUMBER, AT(top), 1, 1000000},
	{"most", 0, "N", "say whether N places are enough", IN_CUT, NUMBER, AT(most), 1, 1000000},
	{"what-if", 'w', "REFERENCE",
	 "what would be free without REFERENCE instead; may be given again", IN_CUT, EACH,
	 AT(what_if), 0, 0},
	{"ignore", 'i', "PATTERN",
	 "no path through types, modules or labels like PATTERN; may be given again", IN_PATH, EACH,
	 AT(ignore), 0, 0},
	{"sort", 's', "BY", "order by shallow, retained or count (shallow)", IN_TYPES, SORT,
	 AT(sort), 0, 0},
	{"package", 0, NULL, "a line for each package instead of each class", IN_CLASSES, FLAG,
	 AT(package), 0, 0},
	{"depth", 'd', "N", "go down N steps (4)", IN_TREE, NUMBER, AT(depth), 1, 1000},
	{"referrers", 'r', NULL, "tell who refers to it, and who to those ...", IN_PATH, FLAG,
	 AT(referrers), 0, 0},
	{"depth", 'd', "N", "... up to N steps (4)", IN_PATH, NUMBER, AT(depth), 1, 62},
	{"min-share", 'm', "P", "leave out what retains less than P percent (1)", IN_TREE, PERCENT,
	 AT(min_share), 0, 100},
	{"format", 'f', "FORMAT", "print a table, csv or json (table)", IN_QUERY, ROW_FORMAT, AT(row_format), 0,
	 0},
	{"timeout", 0, "SECONDS", "stop after SECONDS, or a time as 2m", IN_QUERY, SECONDS,
	 AT(timeout_ns), 0, 0},
	{"memory", 0, "SIZE", "give SQLite at most SIZE of working memory (1GiB)", IN_QUERY, SIZE,
	 AT(memory_bytes), 0, 0},
	{"index", 0, NULL, "write FILE.index, from which all commands start much faster",
	 IN_READERS | IN_QUERY,
	 FLAG, AT(index), 0, 0},
	{"help", 'h', NULL, "print this help", IN_ALL, FLAG, AT(help), 0, 0},
};

#define ROWS (sizeof table / sizeof *table)
/* getopt_long's values of long options, beyond all letters. */
#define FIRST_VALUE 1000

static bool parse_sort(const char *text, enum lg_type_order *out)
{
	static const char *const word[] = {
		[LG_BY_SHALLOW] = "shallow",
		[LG_BY_RETAINED] = "retained",
		[LG_BY_COUNT] = "count",
	};

	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (strcmp(text, word[i]) == 0) {
			*out = (enum lg_type_order)i;
			return true;
		}
	return false;
}

bool parse_row_format(const char *text, enum row_format *out)
{
	static const char *const word[] = {
		[ROWS_TABLE] = "table",
		[ROWS_CSV] = "csv",
		[ROWS_JSON] = "json",
	};

	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (strcmp(text, word[i]) == 0) {
			*out = (enum row_format)i;
			return true;
		}
	return false;
}

static bool set_number(const struct option_row *row, const char *text, uint32_t *out)
{
	uint64_t number;

	if (!parse_u64(text, row->least, row->most, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool set_text(const char *text, const char **out)
{
	*out = text;
	return *text != 0;
}

/* One a call: a second would be another file. */
static bool set_format(const struct option_row *row, const char *text, struct export_choice *out)
{
	if (out->format != LG_EXPORT_NONE)
		return false;
	*out = (struct export_choice){(enum lg_export_format)row->least, text};
	return true;
}

/* EACH time it is given one, or a LIST: all words up to the next option. */
static bool add_text(const char *text, struct texts *out)
{
	if (out->count == MAX_TEXTS || !*text)
		return false;
	out->text[out->count++] = text;
	return true;
}

static bool set_value(const struct option_row *row, const char *text, void *field)
{
	switch (row->kind) {
	case FLAG:
		return *(bool *)field = true;
	case NUMBER:
		return set_number(row, text, field);
	case PERCENT:
		return parse_percent(text, row->least, row->most, field);
	case SIZE:
		return parse_size(text, field);
	case DURATION:
		return parse_duration(text, field);
	case SECONDS:
		return parse_seconds(text, field);
	case ROW_FORMAT:
		return parse_row_format(text, field);
	case SORT:
		return parse_sort(text, field);
	case FORMAT:
		return set_format(row, text, field);
	case EACH:
	case LIST:
		return add_text(text, field);
	default:
		return set_text(text, field);
	}
}

static bool set_option(const struct option_row *row, const char *text, struct arguments *out)
{
	static const char *const expected[] = {
		[NUMBER] = "a number",
		[PERCENT] = "a percentage",
		[SIZE] = "a size such as 2GiB or 500MB",
		[DURATION] = "a time such as 30s, 10m, 1h or 1d",
		[SECONDS] = "seconds, or a time such as 30s or 10m",
		[ROW_FORMAT] = "table, csv or json",
		[SORT] = "shallow, retained or count",
		[TEXT] = "a name",
		[EACH] = "a rule, at most 64 times",
		[LIST] = "names, at most 64",
	};
	char bounds[64] = "";

	if (set_value(row, text, (char *)out + row->offset))
		return true;
	if (row->kind == FORMAT) {
		report_error(LG_E_USAGE, "--%s is a second format: one a call", row->name);
		return false;
	}
	if (row->most)
		snprintf(bounds, sizeof bounds, " from %llu to %llu",
			 (unsigned long long)row->least, (unsigned long long)row->most);
	report_error(LG_E_USAGE, "--%s expects %s%s, not '%s'", row->name, expected[row->kind],
		     bounds, text);
	return false;
}

struct getopt_tables {
	struct option option[ROWS + 1];
	char letters[2 * ROWS + 2];
};

static void make_tables(const struct command *command, struct getopt_tables *out)
{
	size_t options = 0, letters = 0;

	memset(out, 0, sizeof *out);
	out->letters[letters++] = ':'; /* tell a missing argument from an unknown option */
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &table[i];

		if (!(row->commands & command->bit))
			continue;
		out->option[options++] = (struct option){
			row->name,
			row->argument ? required_argument : no_argument,
			NULL,
			FIRST_VALUE + (int)i,
		};
		if (row->letter) {
			out->letters[letters++] = row->letter;
			if (row->argument)
				out->letters[letters++] = ':';
		}
	}
}

static const struct option_row *find_row(const struct command *command, int value)
{
	if (value >= FIRST_VALUE)
		return &table[value - FIRST_VALUE];
	for (size_t i = 0; i < ROWS; i++)
		if ((table[i].commands & command->bit) && table[i].letter == value)
			return &table[i];
	return NULL;
}

static bool bad_option(const struct command *command, int value, char **argv)
{
	const struct option_row *row;

	if (value == ':') {
		row = find_row(command, optopt);
		report_error(LG_E_USAGE, "--%s expects %s", row ? row->name : "?",
			     row && row->argument ? row->argument : "an argument");
	} else if (optopt > 0 && optopt < FIRST_VALUE) {
		report_error(LG_E_USAGE, "%s has no option '-%c' (see: leakgraph help %s)",
			     command->name, optopt, command->name);
	} else {
		report_error(LG_E_USAGE, "%s does not take '%s' (see: leakgraph help %s)",
			     command->name, argv[optind - 1], command->name);
	}
	return false;
}

static bool check_operands(const struct command *command, const struct arguments *arguments)
{
	if (arguments->help)
		return true;
	if (arguments->operand_count < command->least_operands)
		report_error(LG_E_USAGE, "%s expects %s (see: leakgraph help %s)", command->name,
			     command->operands, command->name);
	else if (arguments->operand_count > command->most_operands)
		report_error(LG_E_USAGE, "%s expects %s, and no '%s' behind it", command->name,
			     *command->operands ? command->operands : "one number",
			     arguments->operand[command->most_operands]);
	else
		return true;
	return false;
}

bool parse_arguments(const struct command *command, int argc, char **argv, struct arguments *out)
{
	struct getopt_tables tables;
	int value;

	*out = (struct arguments){.min_share = 0.01};
	make_tables(command, &tables);
	opterr = 0;
	optind = 1;
	while ((value = getopt_long(argc, argv, tables.letters, tables.option, NULL)) != -1) {
		const struct option_row *row;

		if (value == '?' || value == ':')
			return bad_option(command, value, argv);
		row = find_row(command, value);
		if (!row || !set_option(row, optarg ? optarg : "", out))
			return false;
		while (row->kind == LIST && optind < argc && argv[optind][0] != '-')
			if (!set_option(row, argv[optind++], out))
				return false;
	}
	out->operand = argv + optind;
	out->operand_count = argc - optind;
	return check_operands(command, out);
}

void print_options(const struct command *command, FILE *out)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &table[i];
		char name[64];

		if (!(row->commands & command->bit))
			continue;
		snprintf(name, sizeof name, "--%s%s%s", row->name, row->argument ? " " : "",
			 row->argument ? row->argument : "");
		fprintf(out, "  %c%c%s %-16s  %s\n", row->letter ? '-' : ' ',
			row->letter ? row->letter : ' ', row->letter ? "," : " ", name, row->help);
	}
}
