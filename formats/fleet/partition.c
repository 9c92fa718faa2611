/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "formats/dump/utf8.h"
#include "formats/fleet/partition.h"

#define NONE             "__HIVE_DEFAULT_PARTITION__"
#define SUFFIX           ".parquet"
#define NS_A_SECOND      1000000000u
#define NS_A_MILLISECOND 1000000u

/* ---- names ---- */

/* What Hive writes as %XX, in FileUtils.escapePathName(). */
static bool must_escape(unsigned char c)
{
	return c < 0x20 || c == 0x7f || strchr("\"#%'*/:=?\\{[]^", c);
}

/* What readers take for none: all of them the one, DuckDB the other as well. */
static bool is_none(const char *value)
{
	return strcmp(value, NONE) == 0 || strcasecmp(value, "null") == 0;
}

enum lg_status lg_partition_name(const char *key, const char *value, char out[NAME_MAX + 1],
				 struct lg_error *err)
{
	size_t used = (size_t)snprintf(out, NAME_MAX + 1, "%s=", key);

	if (!*value)
		return lg_fail(err, LG_E_USAGE, "the %s has no name", key);
	if (is_none(value))
		return lg_fail(err, LG_E_USAGE, "the %s is called %s, which readers take for none",
			       key, value);
	if (!lg_utf8_valid(value, strlen(value)))
		return lg_fail(err, LG_E_USAGE, "the name of the %s is not UTF-8", key);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (used + 3 > NAME_MAX)
			return lg_fail(err, LG_E_USAGE,
				       "the name of the %s is too long: a folder's has at most %d "
				       "bytes", key, NAME_MAX);
		used += (size_t)snprintf(out + used, NAME_MAX + 1 - used,
					 must_escape(c) ? "%%%02X" : "%c", c);
	}
	return LG_OK;
}

void lg_partition_taken(uint64_t taken_at_ns, char out[LG_TAKEN_BYTES])
{
	time_t seconds = (time_t)(taken_at_ns / NS_A_SECOND);
	struct tm parts;
	size_t used;

	strcpy(out, NONE);
	if (taken_at_ns == 0 || !gmtime_r(&seconds, &parts))
		return;
	used = strftime(out, LG_TAKEN_BYTES, "%Y%m%dT%H%M%S", &parts);
	snprintf(out + used, LG_TAKEN_BYTES - used, ".%03uZ",
		 (unsigned)(taken_at_ns % NS_A_SECOND / NS_A_MILLISECOND));
}

static enum lg_status name_levels(struct lg_partition *partition,
				  const struct lg_partition_place *place, struct lg_error *err)
{
	char taken[LG_TAKEN_BYTES];
	enum lg_status status =
		lg_partition_name("service", place->service, partition->level[0], err);

	if (status == LG_OK)
		status = lg_partition_name("build", place->build, partition->level[1], err);
	if (status == LG_OK)
		status = lg_partition_name("host", place->host, partition->level[2], err);
	if (place->pid)
		snprintf(partition->level[3], sizeof partition->level[3], "pid=%" PRIu64,
			 place->pid);
	else
		strcpy(partition->level[3], "pid=" NONE);
	lg_partition_taken(place->taken_at_ns, taken);
	snprintf(partition->level[4], sizeof partition->level[4], "taken=%s", taken);
	return status;
}

static enum lg_status name_path(struct lg_partition *partition, struct lg_error *err)
{
	int length = snprintf(partition->path, sizeof partition->path, "%s/%s/%s/%s/%s/%s",
			      partition->directory, partition->level[0], partition->level[1],
			      partition->level[2], partition->level[3], partition->level[4]);

	if (length > 0 && (size_t)length < sizeof partition->path)
		return LG_OK;
	return lg_fail(err, LG_E_USAGE, "%.100s...: the path of the partition is too long",
		       partition->directory);
}

/* ---- folders ---- */

static enum lg_status refused(const struct lg_partition *partition, const char *action,
			      struct lg_error *err)
{
	return lg_fail(err, LG_E_IO, "%s: %s: %s", partition->path, action, strerror(errno));
}

static enum lg_status open_top(struct lg_partition *partition, struct lg_error *err)
{
	if (mkdir(partition->directory, 0777) != 0 && errno != EEXIST)
		return lg_fail(err, LG_E_IO, "cannot make the directory '%s': %s",
			       partition->directory, strerror(errno));
	partition->top = open(partition->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (partition->top >= 0)
		return LG_OK;
	return lg_fail(err, LG_E_IO, "cannot open the directory '%s': %s", partition->directory,
		       strerror(errno));
}

/* The partition below the directory. */
static const char *relative(const struct lg_partition *partition)
{
	return partition->path + strlen(partition->directory) + 1;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool is_table(const char *name)
{
	size_t length = strlen(name), suffix = strlen(SUFFIX);

	return length > suffix && strcmp(name + length - suffix, SUFFIX) == 0;
}

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

/* NULL, with errno, where it can't be opened. */
static DIR *open_folder(const struct lg_partition *partition, const char *name)
{
	int fd = openat(partition->top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

	if (fd >= 0 && !folder)
		close(fd);
	return folder;
}

/* What would be replaced must be an export's: nothing else is removed. */
static enum lg_status check_free(const struct lg_partition *partition, struct lg_error *err)
{
	lg_cleanup(close_folder) DIR *folder = open_folder(partition, relative(partition));

	if (!folder)
		return errno == ENOENT ? LG_OK : refused(partition, "cannot look at it", err);
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (is_dots(entry->d_name))
			continue;
		if (!partition->replace)
			return lg_fail(err, LG_E_USAGE,
				       "%s: is there already, and is not to be replaced",
				       partition->path);
		if (!is_table(entry->d_name))
			return lg_fail(err, LG_E_USAGE,
				       "%s: holds '%s', which is no export's: it is not replaced",
				       partition->path, entry->d_name);
	}
	return LG_OK;
}

static enum lg_status make_temporary(struct lg_partition *partition, struct lg_error *err)
{
	uint64_t random;

	if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
		random = (uint64_t)getpid() << 32 ^ (uint64_t)(uintptr_t)partition;
	snprintf(partition->temporary, sizeof partition->temporary, ".leakgraph-%016" PRIx64,
		 random);
	if (mkdirat(partition->top, partition->temporary, 0777) == 0)
		return LG_OK;
	partition->temporary[0] = 0;
	return lg_fail(err, LG_E_IO, "cannot make a folder in '%s': %s", partition->directory,
		       strerror(errno));
}

enum lg_status lg_partition_open(struct lg_partition *partition, const char *directory,
				 const struct lg_partition_place *place, bool replace,
				 struct lg_error *err)
{
	enum lg_status status;

	partition->directory = directory;
	partition->replace = replace;
	status = name_levels(partition, place, err);
	if (status == LG_OK)
		status = name_path(partition, err);
	if (status == LG_OK)
		status = open_top(partition, err);
	if (status == LG_OK)
		status = check_free(partition, err);
	return status == LG_OK ? make_temporary(partition, err) : status;
}

/* Shorter than the partition's path, which fits. */
void lg_partition_file(const struct lg_partition *partition, const char *table, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%.100s/%.100s" SUFFIX, partition->directory,
		 partition->temporary, table);
}

static void remove_temporary(struct lg_partition *partition)
{
	lg_cleanup(close_folder) DIR *folder = open_folder(partition, partition->temporary);

	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (!is_dots(entry->d_name))
			unlinkat(dirfd(folder), entry->d_name, 0);
	unlinkat(partition->top, partition->temporary, AT_REMOVEDIR);
	partition->temporary[0] = 0;
}

void lg_partition_release(struct lg_partition *partition)
{
	if (partition->temporary[0])
		remove_temporary(partition);
	lg_close(&partition->top);
}

/* ---- the end ---- */

/* The new folder under the partition's name, and the old one under the temporary name. */
static bool exchange(struct lg_partition *partition)
{
	const char *new = partition->temporary;
	char old[sizeof partition->temporary];

	if (renameat2(partition->top, new, partition->top, relative(partition),
		      RENAME_EXCHANGE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	/* A file system that can't do it at once (NFS): for a moment there is neither. */
	snprintf(old, sizeof old, "%.200s.old", new);
	if (renameat(partition->top, relative(partition), partition->top, old) != 0)
		return false;
	if (renameat(partition->top, new, partition->top, relative(partition)) != 0) {
		int why = errno;

		if (renameat(partition->top, old, partition->top, relative(partition)) != 0)
			why = errno;
		errno = why;
		return false;
	}
	strcpy(partition->temporary, old);
	return true;
}

/* Takes the place of nothing, or of an empty folder. */
static enum lg_status move_in(struct lg_partition *partition, struct lg_error *err)
{
	if (renameat(partition->top, partition->temporary, partition->top,
		     relative(partition)) == 0) {
		partition->temporary[0] = 0;
		return LG_OK;
	}
	if (errno != ENOTEMPTY && errno != EEXIST)
		return refused(partition, "cannot rename a folder to it", err);
	if (!partition->replace)
		return lg_fail(err, LG_E_USAGE, "%s: has come to be there meanwhile",
			       partition->path);
	if (!exchange(partition))
		return refused(partition, "cannot replace it", err);
	remove_temporary(partition);
	return LG_OK;
}

/* The folder of the first `levels` levels. */
static void name_parent(const struct lg_partition *partition, int levels, char out[PATH_MAX])
{
	size_t used = (size_t)snprintf(out, PATH_MAX, ".");

	for (int level = 0; level < levels; level++)
		used += (size_t)snprintf(out + used, PATH_MAX - used, "/%s",
					 partition->level[level]);
}

static enum lg_status make_parents(const struct lg_partition *partition, struct lg_error *err)
{
	char folder[PATH_MAX];

	for (int levels = 1; levels < LG_PARTITION_LEVELS; levels++) {
		name_parent(partition, levels, folder);
		if (mkdirat(partition->top, folder, 0777) != 0 && errno != EEXIST)
			return refused(partition, "cannot make the folders above it", err);
	}
	return LG_OK;
}

/* As lg_output_commit(): a directory that can't be synced is no reason to call it failed. */
static enum lg_status sync_parents(const struct lg_partition *partition, struct lg_error *err)
{
	char folder[PATH_MAX];

	for (int levels = LG_PARTITION_LEVELS - 1; levels >= 0; levels--) {
		lg_cleanup(lg_close) int fd = -1;

		name_parent(partition, levels, folder);
		fd = openat(partition->top, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && fsync(fd) != 0 && errno == EIO)
			return refused(partition, "cannot bring its folders to disk", err);
	}
	return LG_OK;
}

enum lg_status lg_partition_commit(struct lg_partition *partition, struct lg_error *err)
{
	enum lg_status status = make_parents(partition, err);

	if (status == LG_OK)
		status = move_in(partition, err);
	return status == LG_OK ? sync_parents(partition, err) : status;
}
