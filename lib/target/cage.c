/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "target/allowed.h"
#include "target/cage.h"

#define LOW(argument)  ((uint32_t)offsetof(struct seccomp_data, args[argument]))
#define HIGH(argument) (LOW(argument) + 4)

/* All of these or SIGSYS. The arguments that are left, length and descriptor, do no harm. */
static const struct {
	uint32_t at, value;
} condition[] = {
	{offsetof(struct seccomp_data, arch), AUDIT_ARCH_X86_64},
	{offsetof(struct seccomp_data, nr), SYS_mmap},
	{LOW(0), 0},
	{HIGH(0), 0},
	{LOW(2), LG_ALLOWED_PROTECTION},
	{HIGH(2), 0},
	{LOW(3), LG_ALLOWED_FLAGS},
	{HIGH(3), 0},
};
#define CONDITIONS (sizeof condition / sizeof *condition)

_Static_assert(2 * CONDITIONS + 2 <= LG_CAGE_STEPS, "the filter has its room");

static unsigned short lay_filter(struct sock_filter *filter)
{
	unsigned short n = 0;
	const unsigned short refuse = 2 * CONDITIONS + 1;

	for (size_t i = 0; i < CONDITIONS; i++) {
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, condition[i].at);
		filter[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 condition[i].value, 0,
							 (uint8_t)(refuse - n - 1));
		n++;
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
	return n;
}

void lg_cage_build(uint64_t page, struct lg_cage *out)
{
	static const uint8_t call[] = {0x0f, 0x05, 0xcc};

	memset(out, 0, sizeof *out);
	memcpy(out->code, call, sizeof call);
	out->program.len = lay_filter(out->filter);
	out->program.filter = (struct sock_filter *)(page + offsetof(struct lg_cage, filter));
}
