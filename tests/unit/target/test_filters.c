/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/filters.h"

#define PROGRAMS 200
#define INSTRUCTIONS 40
#define ERRORS 0x7ff

static const struct seccomp_data asked = {
	.nr = SYS_getppid,
	.arch = AUDIT_ARCH_X86_64,
	.args = {0x123456789abcdef0, 7, UINT64_MAX, 0, 0x8000000080000000, 1ull << 40},
};

static struct sock_filter random_step(int left)
{
	static const uint16_t operation[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,
					     BPF_AND, BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG};
	static const uint16_t question[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
	uint32_t k = (uint32_t)rand() << (unsigned)rand() % 8;
	uint32_t argument = 16 + 4 * ((uint32_t)rand() % 12),
		 slot = (uint32_t)rand() % BPF_MEMWORDS;
	uint16_t op = operation[rand() % 10];

	switch (rand() % 8) {
	case 0:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument);
	case 1:
		return (struct sock_filter)BPF_STMT(BPF_ST, slot);
	case 2:
		return (struct sock_filter)BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, k);
	case 3:
		return (struct sock_filter)BPF_STMT(
			rand() % 2 ? BPF_MISC | BPF_TAX : BPF_MISC | BPF_TXA, 0);
	case 4:
		return (struct sock_filter)BPF_JUMP(
			BPF_JMP | question[rand() % 4] | (rand() % 2 ? BPF_X : BPF_K), k,
			(uint8_t)(rand() % left), (uint8_t)(rand() % left));
	default:
		if (op == BPF_LSH || op == BPF_RSH)
			k %= 32;
		return (struct sock_filter)BPF_STMT(BPF_ALU | op | BPF_K, k ? k : 1);
	}
}

/* Fails getppid() with an error that it calculates, and leaves all else alone. */
static size_t random_program(struct sock_filter *out)
{
	size_t n = 0;

	out[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						offsetof(struct seccomp_data, nr));
	out[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0);
	out[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	/* The kernel takes none that loads what was not stored. */
	for (uint32_t slot = 0; slot < BPF_MEMWORDS; slot++)
		out[n++] = (struct sock_filter)BPF_STMT(BPF_STX, slot);
	for (int left = INSTRUCTIONS; left > 0; left--)
		out[n++] = random_step(left);
	out[n++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_W | BPF_MEM,
						(uint32_t)rand() % BPF_MEMWORDS);
	out[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0);
	out[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ERRORS);
	out[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
	out[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	return n;
}

/* 0: as expected, 1: otherwise, 2: no filters here. */
static int ask_kernel(const struct sock_filter *filter, size_t count, long expected)
{
	struct sock_fprog program = {.len = (unsigned short)count,
				     .filter = (struct sock_filter *)filter};
	const unsigned long long *a = asked.args;
	long got;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 2;
	got = syscall(SYS_getppid, a[0], a[1], a[2], a[3], a[4], a[5]);
	return (got == 0 ? 0 : errno) != expected;
}

Test(filters, answer_as_the_kernel_does)
{
	srand(1);
	for (int i = 0; i < PROGRAMS; i++) {
		struct sock_filter filter[BPF_MEMWORDS + INSTRUCTIONS + 16];
		size_t count = random_program(filter);
		uint32_t answer = lg_filter_answer(filter, count, &asked);
		int status = 0;
		pid_t child = fork();

		if (child == 0)
			_exit(ask_kernel(filter, count, answer & ERRORS));
		waitpid(child, &status, 0);
		cr_assert(WIFEXITED(status));
		if (WEXITSTATUS(status) == 2)
			cr_skip("no seccomp filters here");
		cr_assert_eq(answer & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
		cr_assert_eq(WEXITSTATUS(status), 0, "program %d: we say %u", i, answer & ERRORS);
	}
}

Test(filters, one_that_no_kernel_takes_kills)
{
	const struct sock_filter bad[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 62),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)),
		BPF_STMT(BPF_LD | BPF_W | BPF_MEM, BPF_MEMWORDS),
		BPF_STMT(BPF_ST, BPF_MEMWORDS),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JA, UINT32_MAX, 0, 0),
	};

	cr_expect_eq(lg_filter_answer(NULL, 0, &asked), SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct sock_filter filter[] = {bad[i],
						     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};

		cr_expect_eq(lg_filter_answer(filter, 2, &asked), SECCOMP_RET_KILL_PROCESS, "%zu",
			     i);
	}
}
