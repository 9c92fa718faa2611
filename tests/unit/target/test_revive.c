/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/allowed.h"
#include "target/proc.h"
#include "target/revive.h"

/* An image: a page of code, a page of a stack, at addresses that no program has. */
#define CODE  ((uint64_t)0x123456000)
#define STACK ((uint64_t)0x200000000000)

static struct lg_error err;

struct revived {
	struct lg_freeze *freeze;
	uint64_t refused_bytes;
};

static int file_of(const void *bytes, size_t length)
{
	static char page[LG_PAGE_BYTES];
	int fd = memfd_create("test", MFD_CLOEXEC);

	memset(page, 0, sizeof page);
	memcpy(page, bytes, length);
	cr_assert_eq(write(fd, page, sizeof page), (ssize_t)sizeof page);
	return fd;
}

static struct revived revive(const void *code, size_t bytes, const struct lg_part *more)
{
	struct lg_image image = {.fs_base = STACK + 64, .maps.text = strdup("")};
	struct lg_part part[] = {
		{.start = CODE, .end = CODE + LG_PAGE_BYTES, .readable = true, .executable = true},
		{.start = STACK, .end = STACK + LG_PAGE_BYTES, .file = -1, .readable = true,
		 .writable = true},
	};
	struct revived revived = {0};
	int fd = file_of(code, bytes);

	cr_assert_eq(lg_image_add_file(&image, &fd, &part[0].file, &err), LG_OK);
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(lg_image_add_part(&image, &part[i], &err), LG_OK);
	if (more)
		cr_assert_eq(lg_image_add_part(&image, more, &err), LG_OK);
	cr_assert_eq(lg_revive(&image, &revived.freeze, &revived.refused_bytes, &err), LG_OK, "%s",
		     err.text);
	lg_image_free(&image);
	return revived;
}

static void start(struct revived *revived)
{
	const struct lg_freeze_call call = {.entry = CODE, .stack = STACK + LG_PAGE_BYTES};

	cr_assert_eq(lg_freeze_start(revived->freeze, &call, &err), LG_OK, "%s", err.text);
}

static void expect(struct revived *revived, enum lg_freeze_event wanted, int wanted_signal)
{
	enum lg_freeze_event event;
	int number;

	cr_assert_eq(lg_freeze_wait(revived->freeze, wanted == LG_FREEZE_STALL ? 50 : 10000, &event,
				    &number, &err),
		     LG_OK, "%s", err.text);
	cr_assert_eq(event, wanted, "event %d signal %d", event, number);
	cr_assert_eq(number, wanted_signal, "signal %d", number);
}

static uint64_t word_at(struct revived *revived, uint64_t address)
{
	uint64_t word = 0;

	cr_assert_eq(lg_memory_read_u64(lg_freeze_memory(revived->freeze), address, &word, &err),
		     LG_OK, "%s", err.text);
	return word;
}

/* mov %rax, at the start of the stack page; int3 */
#define TELL "\x48\xa3\x00\x00\x00\x00\x00\x20\x00\x00\xcc"
/* mov $n, %eax; syscall */
#define CALL(n) "\xb8" n "\x00\x00\x00\x0f\x05"

#define RUN(code) revive(code, sizeof code - 1, NULL)

Test(revive, has_nothing_but_the_image)
{
	struct revived revived = RUN("\xcc");
	struct lg_maps maps;
	size_t own = 0;

	cr_assert_eq(lg_maps_read(lg_freeze_pid(revived.freeze), &maps, &err), LG_OK);
	for (size_t i = 0; i < maps.count; i++)
		own += maps.map[i].start != CODE && maps.map[i].start != STACK &&
		       maps.map[i].end <= LG_END_OF_MEMORY;
	cr_assert_eq(own, 1, "%zu mappings besides", own);
	lg_maps_free(&maps);
	cr_assert_eq(revived.refused_bytes, 0);
	start(&revived);
	expect(&revived, LG_FREEZE_TRAP, 0);
	lg_freeze_close(revived.freeze);
}

Test(revive, has_the_thread_local_storage)
{
	/* mov %fs:-64, %rax (its first word); rdfsbase may be off */
	struct revived revived = RUN("\x64\x48\x8b\x04\x25\xc0\xff\xff\xff\xcc");

	start(&revived);
	expect(&revived, LG_FREEZE_TRAP, 0);
	lg_freeze_close(revived.freeze);
}

Test(revive, its_code_has_no_descriptor_and_no_privilege_to_gain)
{
	struct revived revived = RUN("\xcc");
	char path[64], text[4096];
	struct dirent *entry;
	FILE *file;
	DIR *folder;

	start(&revived);
	snprintf(path, sizeof path, "/proc/%d/fd", lg_freeze_pid(revived.freeze));
	folder = opendir(path);
	cr_assert_not_null(folder);
	while ((entry = readdir(folder)))
		cr_assert_eq(entry->d_name[0], '.', "descriptor %s is open", entry->d_name);
	closedir(folder);
	snprintf(path, sizeof path, "/proc/%d/status", lg_freeze_pid(revived.freeze));
	file = fopen(path, "r");
	text[fread(text, 1, sizeof text - 1, file)] = 0;
	fclose(file);
	cr_assert(strstr(text, "\nNoNewPrivs:\t1\n"));
	cr_assert(strstr(text, "\nSeccomp:\t2\n"));
	lg_freeze_close(revived.freeze);
}

Test(revive, its_code_makes_no_system_call)
{
	static const struct {
		const char *name, *code;
		size_t bytes;
	} forbidden[] = {
#define FORBID(name, code) {name, code, sizeof code - 1}
		FORBID("read", CALL("\x00")),     FORBID("open", CALL("\x02")),
		FORBID("mprotect", CALL("\x0a")), FORBID("munmap", CALL("\x0b")),
		FORBID("getpid", CALL("\x27")),   FORBID("fork", CALL("\x39")),
		FORBID("execve", CALL("\x3b")),   FORBID("exit", CALL("\x3c")),
		FORBID("kill", CALL("\x3e")),     FORBID("ptrace", CALL("\x65")),
		/* mmap with no arguments that are allowed: rdi is 0, others what they were */
		FORBID("mmap of anything", CALL("\x09")),
		/* int $0x80 with 32-bit getpid */
		FORBID("32-bit getpid", "\xb8\x14\x00\x00\x00\xcd\x80"),
		/* getpid of x32 */
		FORBID("x32 getpid", "\xb8\x27\x00\x00\x40\x0f\x05"),
	};

	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
		struct revived revived = revive(forbidden[i].code, forbidden[i].bytes, NULL);
		enum lg_freeze_event event;
		int number;

		start(&revived);
		cr_assert_eq(lg_freeze_wait(revived.freeze, 5000, &event, &number, &err), LG_OK);
		cr_assert_eq(event, LG_FREEZE_FAULT, "%s: event %d", forbidden[i].name, event);
		cr_assert_eq(number, SIGSYS, "%s: signal %d", forbidden[i].name, number);
		lg_freeze_close(revived.freeze);
	}
}

/* xor %edi; mov $bytes, %esi; mov $protection, %edx; mov $flags, %r10d; mov $-1, %r8; xor %r9d; mmap */
#define MMAP(bytes, protection, flags)                                                    \
	"\x31\xff\xbe" bytes "\xba" protection "\x00\x00\x00\x41\xba" flags               \
	"\x00\x00\x49\xc7\xc0\xff\xff\xff\xff\x45\x31\xc9" CALL("\x09")

Test(revive, its_code_may_have_memory_but_none_to_run)
{
	struct revived revived = RUN(MMAP("\x00\x10\x00\x00", "\x03", "\x22\x40") TELL);

	cr_assert_eq(LG_ALLOWED_FLAGS, 0x4022);
	start(&revived);
	expect(&revived, LG_FREEZE_TRAP, 0);
	cr_assert_gt(word_at(&revived, STACK), LG_PAGE_BYTES);
	cr_assert_eq(word_at(&revived, STACK) % LG_PAGE_BYTES, 0);
	lg_freeze_close(revived.freeze);
	revived = RUN(MMAP("\x00\x10\x00\x00", "\x07", "\x22\x40") TELL);
	start(&revived);
	expect(&revived, LG_FREEZE_FAULT, SIGSYS);
	lg_freeze_close(revived.freeze);
}

Test(revive, its_memory_is_bounded)
{
	/* again: mmap 1 GiB; test %rax, %rax; jns again; tell */
	struct revived revived = RUN(MMAP("\x00\x00\x00\x40", "\x03", "\x22\x40") "\x48\x85\xc0"
						 "\x79\xd8" TELL);

	start(&revived);
	expect(&revived, LG_FREEZE_TRAP, 0);
	cr_assert_eq((int64_t)word_at(&revived, STACK), -ENOMEM);
	lg_freeze_close(revived.freeze);
}

Test(revive, code_that_never_ends_is_stopped)
{
	struct revived revived = RUN("\xeb\xfe");

	start(&revived);
	expect(&revived, LG_FREEZE_STALL, 0);
	start(&revived);
	expect(&revived, LG_FREEZE_STALL, 0);
	lg_freeze_close(revived.freeze);
}

Test(revive, the_host_makes_no_call_in_it_either_once_code_has_run)
{
	const uint64_t none[6] = {0};
	struct revived revived = RUN("\xcc");
	int64_t result;

	cr_assert_eq(lg_freeze_syscall(revived.freeze, SYS_getpid, none, &result, &err), LG_OK);
	cr_assert_eq(result, lg_freeze_pid(revived.freeze));
	start(&revived);
	cr_assert_eq(lg_freeze_syscall(revived.freeze, SYS_getpid, none, &result, &err),
		     LG_E_INTERNAL);
	lg_freeze_close(revived.freeze);
}

/* Where the kernel lets nobody map. */
Test(revive, parts_that_cannot_stand_are_counted)
{
	struct lg_part low = {.start = STACK, .end = STACK + 2 * LG_PAGE_BYTES, .file = -1,
			      .readable = true};
	struct revived revived = revive("\xcc", 1, &low);

	cr_assert_eq(revived.refused_bytes, 2 * LG_PAGE_BYTES);
	lg_freeze_close(revived.freeze);
}

/* gdb's cores have their bytes at any offset. */
Test(revive, bytes_that_lie_across_pages_are_copied)
{
	static char bytes[2 * LG_PAGE_BYTES];
	struct lg_image image = {.maps.text = strdup("")};
	struct lg_part part = {.start = CODE, .end = CODE + 2 * LG_PAGE_BYTES, .offset = 100,
			       .readable = true};
	int fd = memfd_create("test", MFD_CLOEXEC);
	struct revived revived;

	memset(bytes, 7, sizeof bytes);
	cr_assert_eq(write(fd, bytes, sizeof bytes), (ssize_t)sizeof bytes);
	cr_assert_eq(lg_image_add_file(&image, &fd, &part.file, &err), LG_OK);
	cr_assert_eq(lg_image_add_part(&image, &part, &err), LG_OK);
	cr_assert_eq(lg_revive(&image, &revived.freeze, &revived.refused_bytes, &err), LG_OK, "%s",
		     err.text);
	cr_assert_eq(word_at(&revived, CODE + LG_PAGE_BYTES), 0x0707070707070707);
	/* The file ends a hundred bytes before the part: zeros. */
	cr_assert_eq(word_at(&revived, CODE + sizeof bytes - 8), 0);
	lg_freeze_close(revived.freeze);
	lg_image_free(&image);
}

/* Nothing that a core made stays when the one who looks at it is killed. */
Test(revive, dies_with_its_tracer)
{
	int pair[2];
	pid_t asker, child = 0;
	struct lg_proc_status status;

	cr_assert_eq(pipe(pair), 0);
	asker = fork();
	if (asker == 0) {
		struct revived revived = RUN("\xeb\xfe");

		child = lg_freeze_pid(revived.freeze);
		if (write(pair[1], &child, sizeof child) == sizeof child)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	cr_assert_eq(read(pair[0], &child, sizeof child), (ssize_t)sizeof child);
	waitpid(asker, NULL, 0);
	for (int i = 0; i < 1000; i++) {
		if (lg_proc_status_read(child, child, &status, NULL) != LG_OK || status.state == 'Z')
			return;
		usleep(5000);
	}
	cr_assert_fail("process %d still is in state %c", child, status.state);
}
