/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "exit_codes.h"
#include "export_parquet.h"
#include "profiles.h"
#include "screen.h"

/* What is exported, and what it is called. */
struct fleet_source {
	struct input input; /* open where it is a dump */
	struct lg_profile *profile;
	char *build; /* the profile's own name */
};

static void source_close(struct fleet_source *source)
{
	lg_profile_free(source->profile);
	free(source->build);
	input_close(&source->input);
}

static void text_free(char **text)
{
	free(*text);
}

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

static bool is_interrupted(void)
{
	return interrupted;
}

/* What a dump can't say, before it is read. */
static enum lg_status check_names(const struct arguments *arguments, struct lg_error *err)
{
	const char *path = arguments->operand[0];
	bool is_profile;
	enum lg_status status;

	if (!arguments->service || !arguments->host)
		return lg_fail(err, LG_E_USAGE, "--parquet expects --service and --host, which a dump "
			       "does not say (such as --host \"$(hostname)\")");
	status = lg_profile_is_one(path, &is_profile, err);
	if (status != LG_OK)
		return lg_fail_within(err, "%s", path);
	if (is_profile || arguments->build)
		return LG_OK;
	return lg_fail(err, LG_E_USAGE, "--parquet expects --build, which a dump does not say");
}

static enum lg_status source_open(struct fleet_source *source, const struct arguments *arguments,
				  struct lg_error *err)
{
	enum lg_status status = profile_open_input(arguments->operand[0], &source->input,
						   &source->profile, err);
	struct lg_text name;

	if (status != LG_OK)
		return status;
	name = lg_profile_text(source->profile, source->profile->name);
	if (!arguments->build && name.length == 0)
		return lg_fail(err, LG_E_USAGE, "%s: the profile has no name: --parquet expects --build",
			       arguments->operand[0]);
	source->build = strndup(name.bytes, name.length);
	if (!source->build)
		return lg_fail(err, LG_E_MEMORY, "no memory for the name of a build");
	return lg_profile_prune(source->profile, arguments->rows ? arguments->rows : PROFILE_ROWS,
				err);
}

/* An interrupt waits until what was begun is taken away. */
static enum lg_status write_partition(const struct fleet_source *source,
				      const struct arguments *arguments, char **partition,
				      struct lg_error *err)
{
	const struct lg_fleet_options options = {
		.service = arguments->service,
		.build = arguments->build ? arguments->build : source->build,
		.host = arguments->host,
		.objects = arguments->objects,
		.replace = arguments->replace,
		.progress = progress_open(is_interrupted),
	};

	signal(SIGINT, interrupt);
	return lg_fleet_export(arguments->export.what, source->profile, source->input.analysis,
			       &options, partition, err);
}

int export_parquet(const struct arguments *arguments)
{
	scoped(source_close) struct fleet_source source = {0};
	scoped(text_free) char *partition = NULL;
	struct lg_error err = {0};
	enum lg_status status = check_names(arguments, &err);

	if (status == LG_OK)
		status = source_open(&source, arguments, &err);
	if (status == LG_OK)
		status = write_partition(&source, arguments, &partition, &err);
	progress_erase();
	if (status != LG_OK)
		return report_failure(&err);
	puts(partition);
	return EXIT_FINE;
}
