/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "exit_codes.h"
#include "profiles.h"

static void profile_close(struct lg_profile **profile)
{
	lg_profile_free(*profile);
}

static int run(const struct arguments *arguments)
{
	scoped(profile_close) struct lg_profile *profile = NULL;
	struct lg_error err = {0};
	enum lg_status status;
	char count[LG_NUMBER_TEXT_BYTES], bytes[LG_NUMBER_TEXT_BYTES];

	if (!arguments->output)
		return report_error(LG_E_USAGE, "summarize expects -o FILE (see: leakgraph help summarize)");
	status = profile_open(arguments->operand[0], &profile, &err);
	if (status == LG_OK && arguments->name)
		status = lg_profile_set_name(profile, arguments->name, &err);
	if (status == LG_OK)
		status = lg_profile_prune(profile, arguments->rows ? arguments->rows : PROFILE_ROWS,
					  &err);
	if (status == LG_OK)
		status = lg_profile_write(arguments->output, profile, &err);
	if (status != LG_OK)
		return report_failure(&err);
	printf("%s: %s paths of %s\n", arguments->output, lg_count_text(profile->row_count, count),
	       lg_bytes_text(profile->object_bytes, bytes));
	return EXIT_FINE;
}

const struct command cmd_summarize = {
	IN_SUMMARIZE,
	"summarize",
	"FILE",
	1,
	1,
	"keep what diff needs of a dump, well below 1 MB",
	"Writes a profile: the heap as paths, with counts and bytes, and without the data's\n"
	"names. It takes the place of the dump in diff, and months of builds can be kept.",
	run,
};
