/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "walker/inject.h"

extern const char lg_walker_blob[], lg_walker_blob_end[];

#define STACK_BYTES (8u << 20)
#define PAGE_BYTES 4096u

/* Small enough to stay in the cache between the two sides, large enough that stops cost little. */
static const struct {
	uint32_t capacity, row_bytes;
} columns[LG_WALKER_COLUMNS] = {
	[LG_WALKER_INNER] = { 1u << 15, sizeof(struct lg_walker_object) },
	[LG_WALKER_LEAVES] = { 1u << 15, sizeof(struct lg_walker_object) },
	[LG_WALKER_REFERENCES] = { 1u << 17, sizeof(struct lg_walker_reference) },
	[LG_WALKER_TYPES] = { 1u << 10, sizeof(struct lg_walker_type) },
	[LG_WALKER_TEXTS] = { 1u << 20, 1 },
	[LG_WALKER_PATCHES] = { 1u << 13, sizeof(struct lg_walker_patch) },
	[LG_WALKER_SUSPENDED] = { 1u << 12, sizeof(struct lg_walker_suspended) },
	[LG_WALKER_CONTENTS] = { 1u << 15, sizeof(uint64_t) },
	[LG_WALKER_CONTAINERS] = { 1u << 14, sizeof(struct lg_walker_container) },
	[LG_WALKER_STACKS] = { 1u << 12, sizeof(struct lg_walker_stack) },
};

static size_t window_bytes(void)
{
	size_t bytes = sizeof(struct lg_walker);

	for (int i = 0; i < LG_WALKER_COLUMNS; i++)
		bytes += 64 + (size_t)columns[i].capacity * columns[i].row_bytes;
	return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

static void lay_columns(struct lg_walker *window)
{
	uint64_t at = sizeof *window;

	for (int i = 0; i < LG_WALKER_COLUMNS; i++) {
		at = (at + 63) & ~63ull;
		window->column[i].rows = at;
		window->column[i].capacity = columns[i].capacity;
		at += (uint64_t)columns[i].capacity * columns[i].row_bytes;
	}
}

static enum lg_status call(struct lg_freeze *freeze, const char *what, long number,
			   const uint64_t arguments[6], uint64_t *out, struct lg_error *err)
{
	int64_t result;
	enum lg_status status = lg_freeze_syscall(freeze, number, arguments, &result, err);

	if (status != LG_OK)
		return status;
	if (result < 0 && result > -4096)
		return lg_fail(err, result == -ENOMEM ? LG_E_MEMORY : LG_E_ATTACH,
			       "the frozen copy can't have its %s: %s", what,
			       strerror((int)-result));
	*out = (uint64_t)result;
	return LG_OK;
}

static enum lg_status map(struct lg_freeze *freeze, const char *what, size_t bytes, int flags,
			  uint64_t fd, uint64_t *out, struct lg_error *err)
{
	const uint64_t arguments[6] = { 0, bytes, PROT_READ | PROT_WRITE, (uint64_t)flags, fd, 0 };

	enum lg_status status = call(freeze, what, SYS_mmap, arguments, out, err);

	/* A call that a seccomp filter answers with a death leaves any number behind. */
	if (status == LG_OK && (*out < PAGE_BYTES || *out % PAGE_BYTES))
		return lg_fail(err, LG_E_ATTACH,
			       "the frozen copy can't have its %s: mmap gave 0x%llx (a seccomp "
			       "filter?)",
			       what, (unsigned long long)*out);
	return status;
}

/* Written first, executable afterwards: never both. */
static enum lg_status map_code(struct lg_freeze *freeze, struct lg_injected *out,
			       struct lg_error *err)
{
	size_t bytes = (size_t)(lg_walker_blob_end - lg_walker_blob);
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	uint64_t ignored;
	enum lg_status status = map(freeze, "code", bytes, flags, UINT64_MAX, &out->code, err);

	if (status == LG_OK)
		status = lg_freeze_write(freeze, out->code, lg_walker_blob, bytes, err);
	if (status == LG_OK)
		status = call(freeze, "code", SYS_mprotect,
			      (const uint64_t[6]){ out->code, bytes, PROT_READ | PROT_EXEC },
			      &ignored, err);
	return status;
}

static enum lg_status map_stack(struct lg_freeze *freeze, struct lg_injected *out,
				struct lg_error *err)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	uint64_t stack = 0;
	enum lg_status status =
		map(freeze, "stack", STACK_BYTES, flags, UINT64_MAX, &stack, err);

	if (status == LG_OK)
		out->stack_top = stack + STACK_BYTES - PAGE_BYTES;
	return status;
}

static enum lg_status map_table(struct lg_freeze *freeze, const char *what, const void *table,
				size_t bytes, uint64_t *out, struct lg_error *err)
{
	enum lg_status status;

	if (bytes == 0)
		return LG_OK;
	status = map(freeze, what, bytes, MAP_PRIVATE | MAP_ANONYMOUS, UINT64_MAX, out, err);
	if (status == LG_OK)
		status = lg_freeze_write(freeze, *out, table, bytes, err);
	return status;
}

/*
 * Our own view of the copy's shared memory, and its size: set here, since the
 * limits of the target (RLIMIT_FSIZE) are the copy's, too. The copy is at the
 * mercy of whoever it copies: is this the memory we asked for, and no file?
 */
static enum lg_status map_here(pid_t copy, uint64_t fd, struct lg_injected *out,
			       struct lg_error *err)
{
	char path[64];
	struct stat facts;
	void *mapped;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", copy, (int)fd);
	lg_cleanup(lg_close) int here = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (here < 0 || fstat(here, &facts) != 0)
		return lg_fail(err, LG_E_ATTACH,
			       "the memory of the walker can't be opened: %s (a seccomp filter that "
			       "kills for memfd_create?)",
			       strerror(errno));
	if (!S_ISREG(facts.st_mode) || facts.st_nlink != 0 || facts.st_size != 0)
		return lg_fail(err, LG_E_ATTACH,
			       "the memory of the walker has %lld bytes and %llu names, expected "
			       "none of either",
			       (long long)facts.st_size, (unsigned long long)facts.st_nlink);
	if (ftruncate(here, (off_t)out->window_bytes) != 0)
		return lg_fail(err, LG_E_MEMORY, "the memory of the walker can't have %zu bytes: %s",
			       out->window_bytes, strerror(errno));
	mapped = mmap(NULL, out->window_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, here, 0);
	if (mapped == MAP_FAILED)
		return lg_fail(err, LG_E_MEMORY, "the memory of the walker can't be mapped: %s",
			       strerror(errno));
	out->window = mapped;
	return LG_OK;
}

/* *fd is negative, an error's number, where a filter forbids it. */
static enum lg_status make_memory(struct lg_freeze *freeze, const struct lg_injected *injected,
				  int64_t *fd, struct lg_error *err)
{
	static const char name[] = "leakgraph";
	const uint64_t arguments[6] = { injected->stack_top - PAGE_BYTES, 1 /* CLOEXEC */ };
	enum lg_status status = lg_freeze_write(freeze, arguments[0], name, sizeof name, err);

	if (status == LG_OK)
		status = lg_freeze_syscall(freeze, SYS_memfd_create, arguments, fd, err);
	return status;
}

static bool is_forbidden(int64_t result)
{
	return result == -EPERM || result == -EACCES || result == -ENOSYS;
}

/* The window of a copy that may not share: memory of its own, and as much of ours. */
static enum lg_status map_apart(struct lg_freeze *freeze, struct lg_injected *out,
				struct lg_error *err)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *mapped = mmap(NULL, out->window_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (mapped == MAP_FAILED)
		return lg_fail(err, LG_E_MEMORY, "no memory for the window of the walker: %s",
			       strerror(errno));
	out->window = mapped;
	return map(freeze, "window", out->window_bytes, flags, UINT64_MAX, &out->argument, err);
}

static enum lg_status map_window(struct lg_freeze *freeze, struct lg_injected *out,
				 struct lg_error *err)
{
	enum lg_status status;
	int64_t fd = 0;

	out->window_bytes = window_bytes();
	status = make_memory(freeze, out, &fd, err);
	if (status != LG_OK)
		return status;
	if (is_forbidden(fd))
		return map_apart(freeze, out, err);
	if (fd < 0)
		return lg_fail(err, fd == -ENOMEM ? LG_E_MEMORY : LG_E_ATTACH,
			       "the frozen copy can't have its shared memory: %s",
			       strerror((int)-fd));
	out->shared = true;
	status = map_here(lg_freeze_pid(freeze), (uint64_t)fd, out, err);
	if (status == LG_OK)
		status = map(freeze, "shared memory", out->window_bytes, MAP_SHARED, (uint64_t)fd,
			     &out->argument, err);
	return status;
}

/* We write to the head only; it is the walker that fills the columns. */
enum lg_status lg_injected_send(struct lg_freeze *freeze, const struct lg_injected *injected,
				struct lg_error *err)
{
	if (injected->shared)
		return LG_OK;
	return lg_freeze_write(freeze, injected->argument, injected->window,
			       sizeof *injected->window, err);
}

enum lg_status lg_injected_fetch(struct lg_freeze *freeze, struct lg_injected *injected,
				 struct lg_error *err)
{
	if (injected->shared)
		return LG_OK;
	return lg_memory_read(lg_freeze_memory(freeze), injected->argument, injected->window,
			      injected->window_bytes, err);
}

enum lg_status lg_inject(struct lg_freeze *freeze, const uint64_t *seeds, size_t seed_count,
			 const struct lg_walker_range *ranges, size_t range_count,
			 struct lg_injected *out, struct lg_error *err)
{
	enum lg_status status = map_code(freeze, out, err);

	if (status == LG_OK)
		status = map_stack(freeze, out, err);
	if (status == LG_OK)
		status = map_table(freeze, "list of roots", seeds, seed_count * sizeof *seeds,
				   &out->seeds, err);
	if (status == LG_OK)
		status = map_table(freeze, "list of mappings", ranges, range_count * sizeof *ranges,
				   &out->ranges, err);
	if (status == LG_OK)
		status = map_window(freeze, out, err);
	if (status == LG_OK)
		lay_columns(out->window);
	return status;
}

void lg_injected_release(struct lg_injected *injected)
{
	if (injected->window)
		munmap(injected->window, injected->window_bytes);
	injected->window = NULL;
}
