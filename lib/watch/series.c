/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "watch/series.h"

#define IN_A_DIRECTORY "leakgraph-{pid}-{time}.msgpack"

/* A dump of the series, and which file it is. */
struct member {
	char *path;
	dev_t device;
	ino_t inode;
	struct timespec written;
	uint64_t bytes;
};

struct lg_series {
	char pattern[PATH_MAX];
	pid_t pid;
	uint32_t keep;
	uint64_t keep_bytes;
	uint32_t number; /* of the last one */
	struct member *member; /* oldest first */
	size_t count, capacity;
	uint64_t bytes; /* of all members */
};

LG_DEFINE_CLEANUP(lg_series_free, struct lg_series *)

void lg_series_free(struct lg_series *series)
{
	if (!series)
		return;
	for (size_t i = 0; i < series->count; i++)
		free(series->member[i].path);
	free(series->member);
	free(series);
}

static bool is_directory(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static enum lg_status set_pattern(struct lg_series *series, const char *output, struct lg_error *err)
{
	size_t length = strlen(output);
	bool open_end = !length || output[length - 1] == '/';
	bool directory = open_end || is_directory(output);
	int written = snprintf(series->pattern, PATH_MAX, "%s%s%s", output,
			       directory && !open_end ? "/" : "", directory ? IN_A_DIRECTORY : "");

	if (written < 0 || written >= PATH_MAX)
		return lg_fail(err, LG_E_USAGE, "'%.80s…' is %zu bytes long, expected a path of less than %d",
			       output, length, PATH_MAX);
	if (!strstr(series->pattern, "{time}") && !strstr(series->pattern, "{n}"))
		return lg_fail(err, LG_E_USAGE,
			       "'%s' is no directory and has neither {time} nor {n} in it: all dumps "
			       "would have one name",
			       output);
	return LG_OK;
}

enum lg_status lg_series_new(const char *output, pid_t pid, uint32_t keep, uint64_t keep_bytes,
			     struct lg_series **out, struct lg_error *err)
{
	lg_cleanup(lg_series_free_slot) struct lg_series *series = lg_alloc_zero(1, sizeof *series);
	enum lg_status status;

	*out = NULL;
	if (!series)
		return lg_fail(err, LG_E_MEMORY, "no memory for a series of dumps");
	series->pid = pid;
	series->keep = keep;
	series->keep_bytes = keep_bytes;
	status = set_pattern(series, output, err);
	if (status == LG_OK)
		*out = lg_take(series);
	return status;
}

/* "20261122T181016.123Z": without a colon, which some file systems don't take. */
static void time_text(uint64_t unix_ns, char out[32])
{
	time_t seconds = (time_t)(unix_ns / 1000000000u);
	char whole[24];
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(whole, sizeof whole, "%Y%m%dT%H%M%S", &parts);
	snprintf(out, 32, "%s.%03uZ", whole, (unsigned)(unix_ns / 1000000u % 1000u));
}

/* The field at text, what stands for it in *value; its length, 0 where there is none. */
static size_t field_at(const struct lg_series *series, const char *text, const char *time,
		       char value[32])
{
	if (strncmp(text, "{pid}", 5) == 0) {
		snprintf(value, 32, "%d", series->pid);
		return 5;
	}
	if (strncmp(text, "{n}", 3) == 0) {
		snprintf(value, 32, "%04u", series->number + 1);
		return 3;
	}
	if (strncmp(text, "{time}", 6) == 0) {
		snprintf(value, 32, "%s", time);
		return 6;
	}
	return 0;
}

enum lg_status lg_series_next(const struct lg_series *series, uint64_t taken_at_ns,
			      char path[PATH_MAX], struct lg_error *err)
{
	char time[32], value[32];
	struct stat facts;
	size_t used = 0;

	time_text(taken_at_ns, time);
	for (const char *c = series->pattern; *c;) {
		size_t field = field_at(series, c, time, value);

		if (!field)
			snprintf(value, sizeof value, "%c", *c);
		if (used + strlen(value) >= PATH_MAX)
			return lg_fail(err, LG_E_USAGE, "'%.80s…' makes a path of %d bytes or more",
				       series->pattern, PATH_MAX);
		used += (size_t)sprintf(path + used, "%s", value);
		c += field ? field : 1;
	}
	path[used] = 0;
	if (lstat(path, &facts) == 0)
		return lg_fail(err, LG_E_IO, "%s is there already and not of this series", path);
	return LG_OK;
}

enum lg_status lg_series_add(struct lg_series *series, const char *path, struct lg_error *err)
{
	struct member *member;
	struct stat facts;

	series->number++;
	if (lstat(path, &facts) != 0)
		return lg_fail(err, LG_E_IO, "%s: %s", path, strerror(errno));
	if (!lg_reserve(series->member, series->capacity, series->count + 1))
		return lg_fail(err, LG_E_MEMORY, "no memory for a list of %zu dumps", series->count + 1);
	member = &series->member[series->count];
	*member = (struct member){
		.path = strdup(path),
		.device = facts.st_dev,
		.inode = facts.st_ino,
		.written = facts.st_mtim,
		.bytes = (uint64_t)facts.st_size,
	};
	if (!member->path)
		return lg_fail(err, LG_E_MEMORY, "no memory for the name of a dump");
	series->bytes += member->bytes;
	series->count++;
	return LG_OK;
}

static void remove_file(const struct member *member, struct lg_error *err)
{
	struct stat facts;

	*err = (struct lg_error){0};
	if (lstat(member->path, &facts) != 0 && errno == ENOENT)
		return;
	/* An inode's number is given again, so the time counts as well. */
	if (facts.st_dev != member->device || facts.st_ino != member->inode ||
	    facts.st_mtim.tv_sec != member->written.tv_sec ||
	    facts.st_mtim.tv_nsec != member->written.tv_nsec)
		lg_fail(err, LG_E_IO, "%s stays: it is not the file that this series wrote",
			member->path);
	else if (unlink(member->path) != 0)
		lg_fail(err, LG_E_IO, "%s stays: %s", member->path, strerror(errno));
}

bool lg_series_trim(struct lg_series *series, char path[PATH_MAX], struct lg_error *err)
{
	struct member *oldest = series->member;

	if (series->count < 2 ||
	    (series->count <= series->keep && series->bytes <= series->keep_bytes))
		return false;
	remove_file(oldest, err);
	snprintf(path, PATH_MAX, "%s", oldest->path);
	series->bytes -= oldest->bytes;
	free(oldest->path);
	series->count--;
	memmove(series->member, series->member + 1, series->count * sizeof *series->member);
	return true;
}
