/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/output.h"

#define NAME_TRIES 100

static enum lg_status refused(const struct lg_output *output, const char *action,
			      struct lg_error *err)
{
	return lg_fail(err, LG_E_IO, "%s: %s: %s", output->path, action, strerror(errno));
}

static enum lg_status open_directory(struct lg_output *output, struct lg_error *err)
{
	const char *slash = strrchr(output->path, '/');
	const char *name = slash ? slash + 1 : output->path;
	char directory[PATH_MAX];
	size_t length = slash ? (size_t)(slash - output->path) : 0;

	if (!*name)
		return lg_fail(err, LG_E_IO, "'%s' names no file", output->path);
	if (strlen(name) > NAME_MAX || length >= sizeof directory)
		return lg_fail(err, LG_E_IO, "%.100s...: the name is too long", output->path);
	strcpy(output->name, name);
	snprintf(directory, sizeof directory, "%.*s%s", (int)length, output->path,
		 !slash ? "." : length ? "" : "/");
	output->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (output->directory >= 0)
		return LG_OK;
	return lg_fail(err, LG_E_IO, "%s: cannot open the directory '%s': %s", output->path,
		       directory, strerror(errno));
}

/* A device or a pipe must not be replaced by a file. */
static enum lg_status check_replaceable(const struct lg_output *output, struct lg_error *err)
{
	struct stat st;

	if (fstatat(output->directory, output->name, &st, 0) != 0)
		return errno == ENOENT ? LG_OK : refused(output, "cannot look at it", err);
	if (S_ISREG(st.st_mode))
		return LG_OK;
	return lg_fail(err, LG_E_IO, "%s: %s, expected a regular file or none", output->path,
		       S_ISDIR(st.st_mode) ? "is a directory" : "is a device, pipe or socket");
}

static bool make_temporary_name(struct lg_output *output)
{
	uint64_t random;

	if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
		random = (uint64_t)getpid() << 32 ^ (uint64_t)(uintptr_t)output ^ output->bytes;
	return snprintf(output->temporary, sizeof output->temporary, ".%.200s.%016lx.tmp",
			output->name, random) > 0;
}

/* Gives the file a temporary name by `make`, trying others while one is taken. */
static bool under_temporary_name(struct lg_output *output, bool (*make)(struct lg_output *))
{
	for (int i = 0; i < NAME_TRIES && make_temporary_name(output); i++) {
		if (make(output))
			return true;
		if (errno != EEXIST)
			break;
	}
	output->temporary[0] = 0;
	return false;
}

static bool create_named(struct lg_output *output)
{
	output->fd = openat(output->directory, output->temporary,
			    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return output->fd >= 0;
}

static bool link_unnamed(struct lg_output *output)
{
	char source[64];

	snprintf(source, sizeof source, "/proc/self/fd/%d", output->fd);
	return linkat(AT_FDCWD, source, output->directory, output->temporary,
		      AT_SYMLINK_FOLLOW) == 0;
}

enum lg_status lg_output_open(struct lg_output *output, const char *path, struct lg_error *err)
{
	enum lg_status status;

	*output = (struct lg_output){.path = path, .fd = -1, .directory = -1};
	output->hash = XXH3_createState();
	if (!output->hash)
		return lg_fail(err, LG_E_MEMORY, "no memory for a checksum");
	XXH3_64bits_reset(output->hash);
	status = open_directory(output, err);
	if (status == LG_OK)
		status = check_replaceable(output, err);
	if (status != LG_OK)
		return status;
	/* Linking later needs /proc; without it the file gets its name now. */
	if (access("/proc/self/fd", X_OK) == 0)
		output->fd = openat(output->directory, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	if (output->fd < 0 && !under_temporary_name(output, create_named))
		return refused(output, "cannot create a file beside it", err);
	/* Whatever the umask says: the owner writes, nobody else reads. */
	if (fchmod(output->fd, 0600) != 0)
		return refused(output, "cannot set its mode", err);
	return LG_OK;
}

enum lg_status lg_output_write(struct lg_output *output, const void *bytes, uint64_t count,
			       struct lg_error *err)
{
	const char *p = bytes;

	XXH3_64bits_update(output->hash, bytes, count);
	while (count) {
		ssize_t written = write(output->fd, p, count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return lg_fail(err, LG_E_IO, "%s: writing at byte %lu: %s", output->path,
				       output->bytes, strerror(errno));
		p += written;
		count -= (uint64_t)written;
		output->bytes += (uint64_t)written;
	}
	return LG_OK;
}

uint64_t lg_output_hash(const struct lg_output *output)
{
	return XXH3_64bits_digest(output->hash);
}

enum lg_status lg_output_commit(struct lg_output *output, struct lg_error *err)
{
	if (fsync(output->fd) != 0)
		return refused(output, "cannot bring it to disk", err);
	if (!output->temporary[0] && !under_temporary_name(output, link_unnamed))
		return refused(output, "cannot give the file a name", err);
	if (renameat(output->directory, output->temporary, output->directory, output->name) != 0)
		return refused(output, "cannot rename the file to it", err);
	output->temporary[0] = 0;
	/* The file is whole and in place; a directory that can't be synced (some
	 * network file systems) is no reason to call it failed. */
	if (fsync(output->directory) != 0 && errno == EIO)
		return refused(output, "cannot bring its directory to disk", err);
	return LG_OK;
}

void lg_output_release(struct lg_output *output)
{
	if (output->temporary[0])
		unlinkat(output->directory, output->temporary, 0);
	lg_close(&output->fd);
	lg_close(&output->directory);
	XXH3_freeState(output->hash);
}
