/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exit_codes.h"
#include "input.h"
#include "screen.h"

static int check(const struct arguments *arguments)
{
	enum lg_export_format format = arguments->export.format;
	const char *of_stacks = arguments->sites         ? "--sites"
				: arguments->depth       ? "--depth"
				: arguments->least_share ? "--min-share"
							 : NULL;

	if (format == LG_EXPORT_NONE)
		return report_error(LG_E_USAGE, "export expects a format, such as --heapsnapshot "
						"(see: leakgraph help export)");
	if (!arguments->output)
		return report_error(LG_E_USAGE, "export expects -o FILE, or -o - for stdout");
	if (of_stacks && format != LG_EXPORT_PPROF && format != LG_EXPORT_FOLDED)
		return report_error(LG_E_USAGE, "%s is for --pprof and --folded", of_stacks);
	if (arguments->least_bytes && format != LG_EXPORT_HEAPSNAPSHOT)
		return report_error(LG_E_USAGE, "--min-retained is for --heapsnapshot");
	return EXIT_FINE;
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
	"the dump for other tools: Chrome, pprof, flame graphs, Graphviz, CSV",
	"Writes the dump, or what was computed of it, in one of the formats of other tools.\n"
	"formats/README.md says for each what stands for what.",
	run,
};
