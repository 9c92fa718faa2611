/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/room.h"
#include "target/cage.h"
#include "target/copy.h"
#include "target/guard.h"
#include "target/priority.h"
#include "target/process_memory.h"
#include "target/revive.h"

#define START_MS      5000
#define CHILD_OPTIONS (PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD)
#define COPY_BYTES    ((size_t)1 << 20)
#define RSEQ_UNREGISTER 1

/* What the walker may need beside a share of the process's own memory, and twice that. */
#define FREE_BYTES ((uint64_t)2 << 30)

/* A heap of a gigabyte is walked in some seconds. */
#define SECONDS      ((rlim_t)300)
#define SECONDS_A_GB ((rlim_t)60)

LG_DEFINE_CLEANUP(lg_freeze_close, struct lg_freeze *)

/* An instruction of our own that the child has, too, until it is emptied. */
void lg_revive_call(void);
__asm__(".pushsection .text,\"ax\",@progbits\n"
	".globl lg_revive_call\n"
	".hidden lg_revive_call\n"
	"lg_revive_call:\n"
	"	syscall\n"
	"	int3\n"
	".popsection\n");

static enum lg_status refused(const char *what, int error, struct lg_error *err)
{
	return lg_fail(err, error == ENOMEM ? LG_E_MEMORY : LG_E_ATTACH,
		       "the process to hold the memory can't have %s: %s", what, strerror(error));
}

static _Noreturn void stand_by(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static enum lg_status start_child(struct lg_freeze *freeze, struct lg_error *err)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		stand_by();
	if (child < 0)
		return lg_fail(err, LG_E_ATTACH,
			       "no process to hold the memory can be made: fork: %s",
			       strerror(errno));
	freeze->copy = child;
	freeze->memory = lg_process_memory(child);
	lg_guard_note()->copy = child;
	if (ptrace(PTRACE_SEIZE, child, 0, CHILD_OPTIONS) != 0)
		return lg_fail(err, LG_E_ATTACH,
			       "a process of our own may not be traced: %s "
			       "(kernel.yama.ptrace_scope, a seccomp filter of a container?)",
			       strerror(errno));
	if (ptrace(PTRACE_INTERRUPT, child, 0, 0) != 0 ||
	    lg_trace_wait(child, lg_now_ns() + START_MS * LG_MS, &status) != LG_WAIT_STOPPED ||
	    !lg_trace_get_registers(child, &freeze->copy_registers) ||
	    !lg_trace_set_mask(child, LG_ALL_SIGNALS))
		return lg_fail(err, LG_E_ATTACH, "the process to hold the memory died at once");
	freeze->code.call = (uintptr_t)lg_revive_call;
	return LG_OK;
}

static enum lg_status call(struct lg_freeze *freeze, long number, const uint64_t arguments[6],
			   int64_t *result, struct lg_error *err)
{
	return lg_freeze_syscall(freeze, number, arguments, result, err);
}

/* The C library has told the kernel of a variable that it is to keep up to date. */
static enum lg_status forget_sequences(struct lg_freeze *freeze, struct lg_error *err)
{
	struct __ptrace_rseq_configuration config;
	int64_t result;

	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, freeze->copy, sizeof config, &config) < 0 ||
	    !config.rseq_abi_pointer)
		return LG_OK;
	return call(freeze, SYS_rseq,
		    (const uint64_t[6]){config.rseq_abi_pointer, config.rseq_abi_size,
					RSEQ_UNREGISTER, config.signature},
		    &result, err);
}

static uint64_t lowest_address(void)
{
	unsigned long long lowest;

	lg_cleanup(lg_fclose) FILE *file = fopen("/proc/sys/vm/mmap_min_addr", "re");
	if (!file || fscanf(file, "%llu", &lowest) != 1 || lowest < 0x10000)
		return 0x10000;
	return (lowest + LG_PAGE_BYTES - 1) & ~(LG_PAGE_BYTES - 1);
}

/* The lowest page that neither the image nor the child (as it is) has in use. O(mappings). */
static uint64_t free_page(const struct lg_image *image, const struct lg_maps *own)
{
	const struct lg_maps *maps = &image->maps;
	uint64_t page = lowest_address();
	size_t i = 0, j = 0;

	for (;;) {
		while (i < maps->count && maps->map[i].end <= page)
			i++;
		while (j < own->count && own->map[j].end <= page)
			j++;
		if (i < maps->count && maps->map[i].start <= page)
			page = maps->map[i].end;
		else if (j < own->count && own->map[j].start <= page)
			page = own->map[j].end;
		else
			return page;
	}
}

/* A page with the only code that is ours; from here on calls are made there. */
static enum lg_status move_in(struct lg_freeze *freeze, uint64_t page, struct lg_error *err)
{
	struct lg_cage cage;
	enum lg_status status;
	int64_t result;

	lg_cage_build(page, &cage);
	status = call(freeze, SYS_mmap,
		      (const uint64_t[6]){page, LG_PAGE_BYTES, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
					  UINT64_MAX},
		      &result, err);
	if (status == LG_OK && result < 0)
		status = refused("a page of its own", (int)-result, err);
	if (status == LG_OK)
		status = lg_freeze_write(freeze, page, &cage, sizeof cage, err);
	if (status == LG_OK)
		status = call(freeze, SYS_mprotect,
			      (const uint64_t[6]){page, LG_PAGE_BYTES, PROT_READ | PROT_EXEC},
			      &result, err);
	if (status == LG_OK && result < 0)
		status = refused("code of its own", (int)-result, err);
	freeze->code.call = page + offsetof(struct lg_cage, code);
	freeze->seal = page + offsetof(struct lg_cage, program);
	return status;
}

/* What the kernel does not let go (sealed mappings) stays, and is in the way of a part or not. */
static enum lg_status empty(struct lg_freeze *freeze, const struct lg_maps *own,
			    struct lg_error *err)
{
	enum lg_status status = LG_OK;
	int64_t ignored;

	for (size_t i = 0; i < own->count && status == LG_OK; i++)
		if (own->map[i].end <= LG_END_OF_MEMORY)
			status = call(freeze, SYS_munmap,
				      (const uint64_t[6]){own->map[i].start,
							  own->map[i].end - own->map[i].start},
				      &ignored, err);
	return status;
}

static uint64_t protection(const struct lg_part *part)
{
	return (part->readable ? PROT_READ : 0) | (part->writable ? PROT_WRITE : 0) |
	       (part->executable ? PROT_EXEC : 0);
}

static bool is_zero(const unsigned char *bytes, size_t count)
{
	return count == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0);
}

/* Pages of zeros are there anyway, and take no memory as long as nobody writes to them. */
static enum lg_status write_pages(struct lg_freeze *freeze, uint64_t to, const unsigned char *bytes,
				  size_t count, struct lg_error *err)
{
	size_t at = 0;

	while (at < count) {
		size_t end = at;

		while (end < count && !is_zero(bytes + end, LG_PAGE_BYTES))
			end += LG_PAGE_BYTES;
		if (end > at) {
			enum lg_status status =
				lg_freeze_write(freeze, to + at, bytes + at, end - at, err);

			if (status != LG_OK)
				return status;
		}
		at = end + LG_PAGE_BYTES;
	}
	return LG_OK;
}

/* What the file has no more stays zero. */
static enum lg_status fill(struct lg_freeze *freeze, const struct lg_part *part, int fd,
			   unsigned char *buffer, struct lg_error *err)
{
	for (uint64_t at = part->start; at < part->end; at += COPY_BYTES) {
		size_t want = part->end - at < COPY_BYTES ? part->end - at : COPY_BYTES, got = 0;
		enum lg_status status;

		memset(buffer, 0, want);
		while (got < want) {
			ssize_t n = pread(fd, buffer + got, want - got,
					  (off_t)(part->offset + (at - part->start) + got));

			if (n < 0 && errno != EINTR)
				return lg_fail(err, LG_E_IO, "the file can't be read: %s",
					       strerror(errno));
			if (n == 0)
				break;
			got += n > 0 ? (size_t)n : 0;
		}
		status = write_pages(freeze, at, buffer, want, err);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}

static enum lg_status map_part(struct lg_freeze *freeze, const struct lg_part *part, uint64_t flags,
			       uint64_t allowed, int fd, int64_t *result, struct lg_error *err)
{
	return call(freeze, SYS_mmap,
		    (const uint64_t[6]){part->start, part->end - part->start, allowed,
					flags | MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
					(uint64_t)fd, fd < 0 ? 0 : part->offset},
		    result, err);
}

static enum lg_status copy_part(struct lg_freeze *freeze, const struct lg_part *part, int fd,
				unsigned char *buffer, int64_t *result, struct lg_error *err)
{
	enum lg_status status = map_part(freeze, part, MAP_ANONYMOUS, PROT_READ | PROT_WRITE, -1,
					 result, err);

	if (status == LG_OK && *result >= 0)
		status = fill(freeze, part, fd, buffer, err);
	if (status == LG_OK && *result >= 0)
		status = call(freeze, SYS_mprotect,
			      (const uint64_t[6]){part->start, part->end - part->start,
						  protection(part)},
			      result, err);
	return status;
}

/* Files that may not be mapped as code (a core in a folder that is mounted noexec) are copied. */
static enum lg_status lay_part(struct lg_freeze *freeze, const struct lg_image *image,
			       const struct lg_part *part, unsigned char *buffer,
			       uint64_t *refused_bytes, struct lg_error *err)
{
	int fd = part->file < 0 ? -1 : image->file[part->file];
	enum lg_status status;
	int64_t result;

	if (lg_part_is_copied(part))
		status = copy_part(freeze, part, fd, buffer, &result, err);
	else
		status = map_part(freeze, part, fd < 0 ? MAP_ANONYMOUS : 0, protection(part), fd,
				  &result, err);
	if (status == LG_OK && result == -EPERM && fd >= 0 && part->executable)
		status = copy_part(freeze, part, fd, buffer, &result, err);
	if (status != LG_OK)
		return status;
	if (result == -ENOMEM)
		return refused("all its mappings (vm.max_map_count, vm.overcommit_memory)", ENOMEM,
			       err);
	if (result < 0)
		*refused_bytes += part->end - part->start;
	return LG_OK;
}

static enum lg_status lay_out(struct lg_freeze *freeze, const struct lg_image *image,
			      uint64_t *refused_bytes, struct lg_error *err)
{
	lg_cleanup(lg_free) unsigned char *buffer = lg_alloc(COPY_BYTES, 1);
	enum lg_status status = LG_OK;

	if (!buffer)
		return lg_fail(err, LG_E_MEMORY, "no memory to copy from a file");
	for (size_t i = 0; i < image->part_count && status == LG_OK; i++)
		status = lay_part(freeze, image, &image->part[i], buffer, refused_bytes, err);
	return status;
}

static uint64_t copied_bytes(const struct lg_image *image)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < image->part_count; i++)
		if (lg_part_is_copied(&image->part[i]))
			bytes += image->part[i].end - image->part[i].start;
	return bytes;
}

static enum lg_status build(struct lg_freeze *freeze, struct lg_image *image,
			    uint64_t *refused_bytes, struct lg_error *err)
{
	lg_cleanup(lg_maps_free) struct lg_maps own = {0};
	enum lg_status status = start_child(freeze, err);

	if (status != LG_OK)
		return status;
	lg_offer_to_oom_killer(freeze->copy);
	status = forget_sequences(freeze, err);
	if (status == LG_OK)
		status = lg_maps_read(freeze->copy, &own, err);
	if (status == LG_OK)
		status = move_in(freeze, free_page(image, &own), err);
	if (status == LG_OK)
		status = empty(freeze, &own, err);
	if (status == LG_OK)
		status = lay_out(freeze, image, refused_bytes, err);
	return status;
}

enum lg_status lg_revive(struct lg_image *image, struct lg_freeze **out, uint64_t *refused_bytes,
			 struct lg_error *err)
{
	lg_cleanup(lg_freeze_close_slot) struct lg_freeze *freeze = lg_alloc_zero(1, sizeof *freeze);
	uint64_t copied = copied_bytes(image);
	enum lg_status status;

	*out = NULL;
	*refused_bytes = 0;
	if (!freeze)
		return lg_fail(err, LG_E_MEMORY, "no memory for a frozen copy");
	status = lg_room_check("the memory that the file holds", copied, err);
	if (status == LG_OK)
		status = build(freeze, image, refused_bytes, err);
	if (status != LG_OK)
		return status;
	freeze->copy_registers.fs_base = image->fs_base < LG_END_OF_MEMORY ? image->fs_base : 0;
	freeze->copy_registers.gs_base = image->gs_base < LG_END_OF_MEMORY ? image->gs_base : 0;
	freeze->maps = image->maps;
	image->maps = (struct lg_maps){0};
	freeze->stack = lg_take(image->stack);
	freeze->stack_count = image->stack_count;
	freeze->extent = image->extent;
	freeze->most_bytes = FREE_BYTES + copied + image->extent.resident_bytes;
	*out = lg_take(freeze);
	return LG_OK;
}

static uint64_t statm_bytes(pid_t pid, bool mapped)
{
	char path[64];
	unsigned long long all, resident, shared;

	snprintf(path, sizeof path, "/proc/%d/statm", pid);
	lg_cleanup(lg_fclose) FILE *file = fopen(path, "re");
	if (!file || fscanf(file, "%llu %llu %llu", &all, &resident, &shared) != 3)
		return 0;
	return (mapped ? all : resident - shared) * LG_PAGE_BYTES;
}

bool lg_revive_is_greedy(const struct lg_freeze *freeze)
{
	return freeze->most_bytes && statm_bytes(freeze->copy, false) > freeze->most_bytes;
}

static bool limit(pid_t child, enum __rlimit_resource what, rlim_t most)
{
	const struct rlimit both = {most, most};

	return prlimit(child, what, &both, NULL) == 0;
}

static bool set_limits(const struct lg_freeze *freeze)
{
	uint64_t mapped = statm_bytes(freeze->copy, true);

	return mapped && limit(freeze->copy, RLIMIT_CORE, 0) &&
	       limit(freeze->copy, RLIMIT_AS, mapped + freeze->most_bytes) &&
	       limit(freeze->copy, RLIMIT_CPU,
		     SECONDS + SECONDS_A_GB * (freeze->extent.data_bytes >> 30));
}

enum lg_status lg_revive_seal(struct lg_freeze *freeze, struct lg_error *err)
{
	const struct {
		const char *what;
		long number;
		uint64_t argument[6];
	} step[] = {
		{"no descriptors", SYS_close_range, {0, UINT_MAX}},
		{"no new privileges", SYS_prctl, {PR_SET_NO_NEW_PRIVS, 1}},
		{"a filter", SYS_prctl, {PR_SET_SECCOMP, SECCOMP_MODE_FILTER, freeze->seal}},
	};

	if (!set_limits(freeze))
		return lg_fail(err, LG_E_ATTACH,
			       "the process to hold the memory can't have its limits: %s",
			       strerror(errno));
	for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
		int64_t result;
		enum lg_status status =
			call(freeze, step[i].number, step[i].argument, &result, err);

		if (status == LG_OK && result < 0)
			status = refused(step[i].what, (int)-result, err);
		if (status != LG_OK)
			return status;
	}
	freeze->seal = 0;
	freeze->sealed = true;
	return LG_OK;
}
