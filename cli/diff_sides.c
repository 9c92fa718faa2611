/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff_sides.h"
#include "input.h"
#include "profiles.h"
#include "screen.h"

static void presence_close(struct lg_presence **presence)
{
	lg_presence_free(*presence);
}

static void snapshot_close(struct lg_snapshot **snapshot)
{
	lg_snapshot_free(*snapshot);
}

/* Which objects an earlier dump has: nothing else is needed of it. */
static enum lg_status open_presence(const char *path, struct lg_presence **out, struct lg_error *err)
{
	scoped(snapshot_close) struct lg_snapshot *snapshot = NULL;
	struct lg_progress progress = progress_open(NULL);
	enum lg_status status = lg_dump_read(path, &progress, &snapshot, err);

	if (status == LG_OK)
		status = lg_presence_make(snapshot, out, err);
	progress_erase();
	return status == LG_OK ? LG_OK : explain_no_dump(path, err);
}

/* The last one; where it is of the process of those before, base and head are its parts. */
static enum lg_status open_last(struct sides *sides, const char *path,
				const struct lg_presence *first, const struct lg_presence *second,
				struct lg_error *err)
{
	scoped(input_close) struct input input = {0};
	const struct lg_snapshot *last;
	enum lg_status status = input_open_file(&input, path, false, err);

	if (status != LG_OK)
		return status;
	last = lg_analysis_snapshot(input.analysis);
	sides->one_process = lg_presence_is_before(first, last) &&
			     (!second || lg_presence_is_before(second, last));
	if (sides->one_process) {
		status = lg_growth_profiles(input.analysis, first, second, &input.progress,
					    &sides->base[0], &sides->head[0], &sides->growth, err);
	} else if (second) {
		status = lg_fail(err, LG_E_NOT_COMPARABLE,
				 "not comparable: three dumps are those of one process, in the "
				 "order in which they were taken; for builds see --base and --head");
	} else {
		status = lg_profile_build(input.analysis, &input.progress, &sides->head[0], err);
	}
	progress_erase();
	sides->base_count = sides->base[0] != NULL;
	sides->head_count = sides->head[0] != NULL;
	return status;
}

/* A profile has no objects that could be compared, whatever process it is of. */
static enum lg_status may_be_one_process(char *const *path, bool *out, struct lg_error *err)
{
	struct lg_snapshot_info info[2];
	enum lg_status status = LG_OK;

	*out = true;
	for (size_t i = 0; i < 2 && status == LG_OK && *out; i++) {
		bool is_profile;

		status = lg_profile_is_one(path[i], &is_profile, err);
		if (status != LG_OK)
			return lg_fail_within(err, "%s", path[i]);
		*out = !is_profile;
		if (*out)
			status = lg_dump_read_info(path[i], &info[i], err);
	}
	*out = *out && status == LG_OK && lg_growth_is_said(&info[0], &info[1]);
	return status;
}

static enum lg_status open_pair(struct sides *sides, char *const *path, struct lg_error *err)
{
	scoped(presence_close) struct lg_presence *first = NULL;
	enum lg_status status = open_presence(path[0], &first, err);

	return status == LG_OK ? open_last(sides, path[1], first, NULL, err) : status;
}

static enum lg_status open_two(struct sides *sides, char *const *path, struct lg_error *err)
{
	bool maybe;
	enum lg_status status = may_be_one_process(path, &maybe, err);

	if (status == LG_OK && maybe)
		status = open_pair(sides, path, err);
	if (status == LG_OK && !sides->base[0])
		status = profile_open(path[0], &sides->base[0], err);
	if (status == LG_OK && !sides->head[0])
		status = profile_open(path[1], &sides->head[0], err);
	sides->base_count = sides->base[0] != NULL;
	sides->head_count = sides->head[0] != NULL;
	return status;
}

static enum lg_status open_three(struct sides *sides, char *const *path, struct lg_error *err)
{
	scoped(presence_close) struct lg_presence *first = NULL;
	scoped(presence_close) struct lg_presence *second = NULL;
	enum lg_status status = open_presence(path[0], &first, err);

	if (status == LG_OK)
		status = open_presence(path[1], &second, err);
	return status == LG_OK ? open_last(sides, path[2], first, second, err) : status;
}

static enum lg_status open_each(const struct texts *file, struct lg_profile **out, size_t *count,
				struct lg_error *err)
{
	enum lg_status status = LG_OK;

	/* One after the other: a dump is gone from memory before the next is read. */
	for (size_t i = 0; i < file->count && status == LG_OK; i++) {
		status = profile_open(file->text[i], &out[i], err);
		*count += status == LG_OK;
	}
	return status;
}

static struct texts one_text(const char *text)
{
	return (struct texts){{text}, 1};
}

enum lg_status sides_open(struct sides *sides, const struct arguments *arguments,
			  struct lg_error *err)
{
	int operands = arguments->operand_count;
	bool named = arguments->base.count && arguments->head.count;
	enum lg_status status;

	if (operands >= 2 && !arguments->base.count && !arguments->head.count) {
		sides->base_file = one_text(arguments->operand[0]);
		sides->head_file = one_text(arguments->operand[operands - 1]);
		return operands == 2 ? open_two(sides, arguments->operand, err)
				     : open_three(sides, arguments->operand, err);
	}
	if (!named || operands)
		return lg_fail(err, LG_E_USAGE, "diff expects BASE HEAD, or --base FILE... --head "
			       "FILE... (see: leakgraph help diff)");
	sides->base_file = arguments->base;
	sides->head_file = arguments->head;
	status = open_each(&arguments->base, sides->base, &sides->base_count, err);
	if (status == LG_OK)
		status = open_each(&arguments->head, sides->head, &sides->head_count, err);
	return status;
}

void sides_close(struct sides *sides)
{
	for (size_t i = 0; i < MAX_TEXTS; i++) {
		lg_profile_free(sides->base[i]);
		lg_profile_free(sides->head[i]);
	}
}
