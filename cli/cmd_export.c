/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exit_codes.h"
#include "export_parquet.h"
#include "input.h"
#include "screen.h"

/* An option that says something to some formats only. */
struct restriction {
	bool given;
	const char *option;
	unsigned formats; /* bits of enum lg_export_format */
	const char *names;
};

#define BIT(format) (1u << (format))

static int check_options(const struct arguments *arguments)
{
	static const unsigned stacks = BIT(LG_EXPORT_PPROF) | BIT(LG_EXPORT_FOLDED);
	static const unsigned parquet = BIT(LG_EXPORT_PARQUET);
	const struct restriction restriction[] = {
		{arguments->sites, "--sites", stacks, "--pprof and --folded"},
		{arguments->depth, "--depth", stacks, "--pprof and --folded"},
		{arguments->least_share > 0, "--min-share", stacks, "--pprof and --folded"},
		{arguments->least_bytes, "--min-retained", BIT(LG_EXPORT_HEAPSNAPSHOT),
		 "--heapsnapshot"},
		{arguments->service, "--service", parquet, "--parquet"},
		{arguments->build, "--build", parquet, "--parquet"},
		{arguments->host, "--host", parquet, "--parquet"},
		{arguments->rows, "--rows", parquet, "--parquet"},
		{arguments->objects, "--objects", parquet, "--parquet"},
		{arguments->replace, "--replace", parquet, "--parquet"},
	};

	for (size_t i = 0; i < sizeof restriction / sizeof *restriction; i++)
		if (restriction[i].given &&
		    !(restriction[i].formats & BIT(arguments->export.format)))
			return report_error(LG_E_USAGE, "%s is for %s", restriction[i].option,
					    restriction[i].names);
	return EXIT_FINE;
}

static int check(const struct arguments *arguments)
{
	enum lg_export_format format = arguments->export.format;

	if (format == LG_EXPORT_NONE)
		return report_error(LG_E_USAGE, "export expects a format, such as --heapsnapshot "
						"(see: leakgraph help export)");
	if (format == LG_EXPORT_PARQUET && arguments->output)
		return report_error(LG_E_USAGE, "--parquet has a folder of its own, and no -o");
	if (format != LG_EXPORT_PARQUET && !arguments->output)
		return report_error(LG_E_USAGE, "export expects -o FILE, or -o - for stdout");
	return check_options(arguments);
}

static int run(const struct arguments *arguments)
{
	scoped(input_close) struct input input = {0};
	struct lg_export_options options = {
		.format = arguments->export.format,
		.what = arguments->export.what,
		.min_retained_bytes = arguments->least_bytes,
		.sites = arguments->sites,
		.depth = arguments->depth,
		.min_share = arguments->least_share,
	};
	struct lg_error err = {0};
	enum lg_status status;
	int code = check(arguments);

	if (code != EXIT_FINE)
		return code;
	if (options.format == LG_EXPORT_PARQUET)
		return export_parquet(arguments);
	status = input_open(&input, arguments, &err);
	options.progress = input.progress;
	if (status == LG_OK)
		status = lg_export_write(input.analysis, arguments->output, &options, &err);
	progress_erase();
	/* What stdout did not take is told once, where all commands end. */
	if (status == LG_E_IO && ferror(stdout))
		return EXIT_SYSTEM;
	return status == LG_OK ? EXIT_FINE : report_failure(&err);
}

const struct command cmd_export = {
	IN_EXPORT,
	"export",
	"FILE",
	1,
	1,
	"the dump for other tools: Chrome, pprof, flame graphs, Graphviz, CSV, Parquet",
	"Writes the dump, or what was computed of it, in one of the formats of other tools.\n"
	"formats/README.md says for each what stands for what. --parquet takes a profile as well.",
	run,
};
