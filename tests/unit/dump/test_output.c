/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "support.h"

/*
 * The system's refusals, made to order: these stand before those of the C
 * library. What is not armed does as ever.
 */
static struct {
	int64_t write_after; /* bytes until write() fails; -1 never */
	int write_error, fsync_error, rename_error, link_error, tmpfile_error;
	int64_t short_writes; /* at most so many bytes a call; 0: all */
} armed = {.write_after = -1};

static int answer(long result)
{
	return (int)result;
}

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
	/* The test runner's own pipes are not meant. */
	if (!is_file(fd))
		return syscall(SYS_write, fd, bytes, count);
	if (armed.write_after >= 0) {
		if (armed.write_after == 0) {
			errno = armed.write_error;
			return -1;
		}
		if ((int64_t)count > armed.write_after)
			count = (size_t)armed.write_after;
		armed.write_after -= (int64_t)count;
	}
	if (armed.short_writes && count > (size_t)armed.short_writes)
		count = (size_t)armed.short_writes;
	return syscall(SYS_write, fd, bytes, count);
}

int fsync(int fd)
{
	if (armed.fsync_error && is_file(fd)) {
		errno = armed.fsync_error;
		return -1;
	}
	return answer(syscall(SYS_fsync, fd));
}

int renameat(int from, const char *a, int to, const char *b)
{
	if (armed.rename_error) {
		errno = armed.rename_error;
		return -1;
	}
	return answer(syscall(SYS_renameat, from, a, to, b));
}

int linkat(int from, const char *a, int to, const char *b, int flags)
{
	if (armed.link_error) {
		errno = armed.link_error;
		return -1;
	}
	return answer(syscall(SYS_linkat, from, a, to, b, flags));
}

int openat(int directory, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (armed.tmpfile_error && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = armed.tmpfile_error;
		return -1;
	}
	return answer(syscall(SYS_openat, directory, path, flags, mode));
}

static void write_ok(const char *path, const struct lg_snapshot *s)
{
	struct lg_error err = {0};

	cr_assert_eq(lg_dump_write(path, s, NULL, &err), LG_OK, "%s", err.text);
	SNAPSHOT *back = read_back(path);

	assert_same(s, back);
}

static void refuse(const char *path, const struct lg_snapshot *s, const char *message)
{
	struct lg_error err = {0};
	char text[LG_ERROR_TEXT_BYTES];

	cr_assert_eq(lg_dump_write(path, s, NULL, &err), LG_E_IO);
	snprintf(text, sizeof text, "%s: %s", path, message);
	cr_assert_str_eq(err.text, text);
}

/* Both ways: with a nameless file, and where the file system has none. */
static void each_way(void (*test)(void))
{
	test();
	armed.tmpfile_error = EOPNOTSUPP;
	test();
}

static void check_mode_and_leftovers(void)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(3);
	struct stat st;

	umask(0);
	write_ok(folder.file, s);
	cr_assert_eq(stat(folder.file, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(folder_count(&folder, NULL), 1);
	umask(0777);
	write_ok(folder.file, s);
	cr_assert_eq(stat(folder.file, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(folder_count(&folder, NULL), 1);
	umask(022);
}

Test(output, only_the_owner_reads_it_whatever_the_umask)
{
	each_way(check_mode_and_leftovers);
}

static void check_replaced(void)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(3);
	struct stat st;

	write_text(folder.file, "what was there");
	chmod(folder.file, 0644);
	write_ok(folder.file, s);
	cr_assert_eq(stat(folder.file, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(folder_count(&folder, NULL), 1);
}

Test(output, an_existing_file_is_replaced)
{
	each_way(check_replaced);
}

/* One refusal: the message, the old file as it was, nothing beside it. */
static void check_refusal(const char *message, enum lg_status expected)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(20000);
	struct lg_error err = {0};
	int64_t after = armed.write_after;

	armed.write_after = -1;
	write_text(folder.file, "what was there");
	armed.write_after = after;
	cr_assert_eq(lg_dump_write(folder.file, s, NULL, &err), expected);
	armed.write_after = -1;
	cr_assert_eq(strncmp(err.text, folder.file, strlen(folder.file)), 0, "%s", err.text);
	cr_assert_str_eq(err.text + strlen(folder.file), message);
	assert_text(folder.file, "what was there");
	cr_assert_eq(folder_count(&folder, NULL), 1);
}

static void check_full(void)
{
	armed.write_error = ENOSPC;
	armed.write_after = 0;
	check_refusal(": writing at byte 0: No space left on device", LG_E_IO);
	armed.write_after = 5000;
	check_refusal(": writing at byte 5000: No space left on device", LG_E_IO);
	armed.write_error = EDQUOT;
	armed.write_after = 77;
	check_refusal(": writing at byte 77: Disk quota exceeded", LG_E_IO);
	armed.write_error = EIO;
	armed.write_after = 1;
	check_refusal(": writing at byte 1: Input/output error", LG_E_IO);
}

Test(output, a_full_disk)
{
	each_way(check_full);
}

static void check_late_refusals(void)
{
	armed.fsync_error = ENOSPC;
	check_refusal(": cannot bring it to disk: No space left on device", LG_E_IO);
	armed.fsync_error = 0;
	armed.rename_error = EACCES;
	check_refusal(": cannot rename the file to it: Permission denied", LG_E_IO);
	armed.rename_error = 0;
}

Test(output, refusals_at_the_very_end)
{
	each_way(check_late_refusals);
}

Test(output, a_nameless_file_that_can_not_be_linked)
{
	armed.link_error = EXDEV;
	check_refusal(": cannot give the file a name: Invalid cross-device link", LG_E_IO);
	armed.link_error = EEXIST;
	check_refusal(": cannot give the file a name: File exists", LG_E_IO);
}

Test(output, short_writes_are_taken_up)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(100);

	armed.short_writes = 7;
	write_ok(folder.file, s);
}

static int stop(void *context, const char *stage, uint64_t done, uint64_t total, const char *unit)
{
	(void)stage, (void)done, (void)total, (void)unit;
	return ++*(int *)context == 2;
}

static void check_interrupted(void)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(100000);
	int calls = 0;
	struct lg_dump_write_options options = {.progress = {stop, &calls}};
	struct lg_error err = {0};

	write_text(folder.file, "what was there");
	cr_assert_eq(lg_dump_write(folder.file, s, &options, &err), LG_E_INTERRUPTED);
	cr_assert_str_eq(err.text + strlen(folder.file), ": interrupted, nothing is written");
	assert_text(folder.file, "what was there");
	cr_assert_eq(folder_count(&folder, NULL), 1);
}

Test(output, an_interrupt_leaves_nothing)
{
	each_way(check_interrupted);
}

/* Not even SIGKILL leaves a half-written file, where the file system has nameless ones. */
static int kill_self(void *context, const char *stage, uint64_t done, uint64_t total,
		     const char *unit)
{
	(void)stage, (void)done, (void)total, (void)unit;
	if (++*(int *)context == 2)
		kill(getpid(), SIGKILL);
	return 0;
}

Test(output, sigkill_leaves_nothing)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(100000);
	int calls = 0, status, fd = open(folder.path, O_TMPFILE | O_WRONLY, 0600);
	struct lg_dump_write_options options = {.progress = {kill_self, &calls}};
	struct lg_error err = {0};
	pid_t child;

	cr_assert_geq(fd, 0, "the file system of /tmp has no nameless files");
	close(fd);
	child = fork();
	if (child == 0)
		_exit(lg_dump_write(folder.file, s, &options, &err));
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_assert_eq(folder_count(&folder, NULL), 0);
}

Test(output, a_missing_directory)
{
	SNAPSHOT *s = fake_heap(3);

	refuse("/nowhere/at/all/x.msgpack", s,
	       "cannot open the directory '/nowhere/at/all': No such file or directory");
	refuse("/dev/null/x.msgpack", s, "cannot open the directory '/dev/null': Not a directory");
}

Test(output, a_directory_without_permission)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(3);
	int status;
	pid_t child;

	cr_assert_eq(chmod(folder.path, 0555), 0);
	child = fork();
	if (child == 0) {
		struct lg_error err = {0};

		/* root may write everywhere */
		if (getuid() == 0 && setuid(65534) != 0)
			_exit(10);
		if (lg_dump_write(folder.file, s, NULL, &err) != LG_E_IO)
			_exit(11);
		_exit(strstr(err.text, "x.msgpack: cannot create a file beside it: Permission denied")
			      ? 0
			      : 12);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0);
	cr_assert_eq(folder_count(&folder, NULL), 0);
}

Test(output, what_is_no_file_is_never_replaced)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(3);
	struct stat st;
	char link[100];
	char with_slash[100];

	snprintf(link, sizeof link, "%s/link", folder.path);
	snprintf(with_slash, sizeof with_slash, "%s/", folder.path);
	cr_assert_eq(mkfifo(folder.file, 0600), 0);
	cr_assert_eq(symlink("/dev/null", link), 0);
	refuse(folder.file, s, "is a device, pipe or socket, expected a regular file or none");
	refuse(link, s, "is a device, pipe or socket, expected a regular file or none");
	refuse("/dev/null", s, "is a device, pipe or socket, expected a regular file or none");
	refuse(folder.path, s, "is a directory, expected a regular file or none");
	cr_assert_eq(lstat(folder.file, &st), 0);
	cr_assert(S_ISFIFO(st.st_mode));
	cr_assert_eq(stat("/dev/null", &st), 0);
	cr_assert(S_ISCHR(st.st_mode));

	struct lg_error err = {0};
	char text[200];

	cr_assert_eq(lg_dump_write(with_slash, s, NULL, &err), LG_E_IO);
	snprintf(text, sizeof text, "'%s' names no file", with_slash);
	cr_assert_str_eq(err.text, text);
}

Test(output, names_of_all_shapes)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(3);
	char name[300], path[600];
	struct lg_error err = {0};

	cr_assert_eq(chdir(folder.path), 0);
	write_ok("plain", s);
	write_ok("./dotted", s);
	memset(name, 'n', 255);
	name[255] = 0;
	write_ok(name, s);
	cr_assert_eq(folder_count(&folder, NULL), 3);
	memset(name, 'n', 256);
	name[256] = 0;
	snprintf(path, sizeof path, "%s/%s", folder.path, name);
	cr_assert_eq(lg_dump_write(path, s, NULL, &err), LG_E_IO);
	cr_assert(strstr(err.text, "the name is too long"), "%s", err.text);
}

Test(output, a_snapshot_that_is_not_valid_is_a_defect_and_writes_nothing)
{
	FOLDER;
	SNAPSHOT *s = fake_heap(3);
	struct lg_error err = {0};
	char text[200];

	s->ref_target[3] = 0;
	cr_assert_eq(lg_dump_write(folder.file, s, NULL, &err), LG_E_INTERNAL);
	snprintf(text, sizeof text,
		 "%s: the snapshot is not valid: ref_target[3] is 0, the virtual root, expected an object",
		 folder.file);
	cr_assert_str_eq(err.text, text);
	cr_assert_eq(folder_count(&folder, NULL), 0);
}
