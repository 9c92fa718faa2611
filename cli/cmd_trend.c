/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "exit_codes.h"
#include "profiles.h"
#include "trend_report.h"

/* Each build may have LG_DIFF_MAX_SIDES of them. */
#define MOST_FILES 5000

/*
 * A build's files: one, or as many as stand side by side and have one name. Its
 * profiles are small, those of months are not: a build is let go before the next.
 */
struct build {
	struct lg_profile *profile[LG_DIFF_MAX_SIDES];
	size_t count;
};

static void build_close(struct build *build)
{
	for (size_t i = 0; i < build->count; i++)
		lg_profile_free(build->profile[i]);
	build->count = 0;
}

static void profile_close(struct lg_profile **profile)
{
	lg_profile_free(*profile);
}

static void maker_close(struct lg_trend_maker **maker)
{
	lg_trend_maker_free(*maker);
}

static void trend_close(struct lg_trend **trend)
{
	lg_trend_free(*trend);
}

static void files_close(const char ***file)
{
	free(*file);
}

/* What `summarize` would have made of it. */
static enum lg_status open_one(const char *path, struct lg_profile **out, struct lg_error *err)
{
	enum lg_status status = profile_open(path, out, err);

	return status == LG_OK ? lg_profile_prune(*out, PROFILE_ROWS, err) : status;
}

static bool is_same_build(const struct lg_profile *a, const struct lg_profile *b)
{
	struct lg_text left = lg_profile_text(a, a->name), right = lg_profile_text(b, b->name);

	return left.length && left.length == right.length &&
	       memcmp(left.bytes, right.bytes, left.length) == 0;
}

/*
 * The build that begins with the file at *at, in steps of `step` (1, or -1: from its end);
 * *at is moved to the one behind it. `next` is a profile that was read too far, of *at.
 */
static enum lg_status open_build(char *const *path, int count, int step, int *at,
				 struct lg_profile **next, struct build *out, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (; *at >= 0 && *at < count; *at += step) {
		if (!*next)
			status = open_one(path[*at], next, err);
		if (status != LG_OK || (out->count && !is_same_build(*next, out->profile[0])))
			return status;
		if (out->count == LG_DIFF_MAX_SIDES)
			return lg_fail(err, LG_E_USAGE, "%s: more than %d files of one build",
				       path[*at], LG_DIFF_MAX_SIDES);
		out->profile[out->count++] = *next;
		*next = NULL;
		/* One without a name is alone. */
		if (!is_same_build(out->profile[0], out->profile[0])) {
			*at += step;
			return LG_OK;
		}
	}
	return status;
}

static struct lg_diff_side side_of(const struct build *build)
{
	return (struct lg_diff_side){(const struct lg_profile *const *)build->profile, build->count};
}

/* `end`: the first file of the last build. */
static enum lg_status add_builds(struct lg_trend_maker *maker, char *const *path, int end,
				 const char **file, size_t *builds, struct lg_error *err)
{
	scoped(profile_close) struct lg_profile *next = NULL;
	enum lg_status status = LG_OK;

	for (int at = 0; at < end && status == LG_OK;) {
		scoped(build_close) struct build build = {0};
		struct lg_diff_side side;
		int first = at;

		file[(*builds)++] = path[first];
		status = open_build(path, end, 1, &at, &next, &build, err);
		side = side_of(&build);
		if (status == LG_OK)
			status = lg_trend_add(maker, &side, err);
		if (status == LG_E_NOT_COMPARABLE)
			status = lg_fail_within(err, "%s", path[first]);
	}
	return status;
}

static enum lg_status make_trend(const struct arguments *arguments, const char **file,
				 struct lg_trend **out, struct lg_error *err)
{
	scoped(profile_close) struct lg_profile *next = NULL;
	scoped(build_close) struct build last = {0};
	scoped(maker_close) struct lg_trend_maker *maker = NULL;
	int count = arguments->operand_count, before = count - 1;
	struct lg_diff_side side;
	size_t builds = 0;
	enum lg_status status =
		open_build(arguments->operand, count, -1, &before, &next, &last, err);

	side = side_of(&last);
	if (status == LG_OK)
		status = lg_trend_start(&side, arguments->holder, &maker, err);
	if (status == LG_E_NOT_COMPARABLE)
		status = lg_fail_within(err, "%s", arguments->operand[count - 1]);
	if (status == LG_OK)
		status = add_builds(maker, arguments->operand, before + 1, file, &builds, err);
	file[builds] = arguments->operand[before + 1];
	return status == LG_OK ? lg_trend_finish(maker, out, err) : status;
}

static const struct {
	const char *name;
	void (*print)(const struct trend_report *report);
} formats[] = {
	{"text", print_trend_text},
	{"json", print_trend_json},
	{"csv", print_trend_csv},
};

#define FORMATS (sizeof formats / sizeof *formats)

static int run(const struct arguments *arguments)
{
	const char *format = arguments->json ? "json" : arguments->report ? arguments->report : "text";
	scoped(files_close) const char **file = calloc((size_t)arguments->operand_count, sizeof *file);
	scoped(trend_close) struct lg_trend *trend = NULL;
	struct lg_error err = {0};
	size_t i = 0;

	while (i < FORMATS && strcmp(format, formats[i].name) != 0)
		i++;
	if (i == FORMATS)
		return report_error(LG_E_USAGE, "--format expects text, json or csv, not '%s'", format);
	if (!file)
		return report_error(LG_E_MEMORY, "no memory for %d files", arguments->operand_count);
	if (make_trend(arguments, file, &trend, &err) != LG_OK)
		return report_failure(&err);
	formats[i].print(&(struct trend_report){trend, file, arguments->holder != NULL, arguments->top});
	return EXIT_FINE;
}

const struct command cmd_trend = {
	IN_TREND,
	"trend",
	"FILE FILE...",
	2,
	MOST_FILES,
	"holders over builds: which grew, and since which build",
	"Takes profiles made by summarize, or dumps, in the order of their builds, and compares\n"
	"each with the last as diff does. Files side by side whose profiles have one name (see\n"
	"summarize --name) are runs of one build, and tell noise from growth.\n"
	"Exit codes: 0, or 4 where a build is not comparable with the last.",
	run,
};
