/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>

#include "target/filters.h"

#define MAX_FILTERS 1024 /* of one thread; the kernel limits their instructions, to 32,768 in all  \
			  */

struct machine {
	uint32_t a, x, memory[BPF_MEMWORDS];
};

static bool load(struct machine *m, const struct sock_filter *at, const struct seccomp_data *call,
		 uint32_t *out)
{
	switch (BPF_MODE(at->code)) {
	case BPF_IMM:
		*out = at->k;
		return true;
	case BPF_LEN:
		*out = sizeof *call;
		return true;
	case BPF_MEM:
		if (at->k >= BPF_MEMWORDS)
			return false;
		*out = m->memory[at->k];
		return true;
	case BPF_ABS:
		if (at->k > sizeof *call - sizeof *out || at->k % sizeof *out)
			return false;
		memcpy(out, (const char *)call + at->k, sizeof *out);
		return true;
	}
	return false;
}

static bool calculate(struct machine *m, const struct sock_filter *at)
{
	uint32_t with = BPF_SRC(at->code) == BPF_X ? m->x : at->k;

	switch (BPF_OP(at->code)) {
	case BPF_ADD:
		m->a += with;
		return true;
	case BPF_SUB:
		m->a -= with;
		return true;
	case BPF_MUL:
		m->a *= with;
		return true;
	case BPF_DIV:
		if (with)
			m->a /= with;
		return with != 0;
	case BPF_OR:
		m->a |= with;
		return true;
	case BPF_AND:
		m->a &= with;
		return true;
	case BPF_XOR:
		m->a ^= with;
		return true;
	case BPF_LSH:
		m->a = with < 32 ? m->a << with : 0;
		return with < 32;
	case BPF_RSH:
		m->a = with < 32 ? m->a >> with : 0;
		return with < 32;
	case BPF_NEG:
		m->a = -m->a;
		return true;
	}
	return false;
}

/* How many instructions to skip. */
static uint32_t jump(const struct machine *m, const struct sock_filter *at)
{
	uint32_t with = BPF_SRC(at->code) == BPF_X ? m->x : at->k;

	switch (BPF_OP(at->code)) {
	case BPF_JA:
		return at->k;
	case BPF_JEQ:
		return m->a == with ? at->jt : at->jf;
	case BPF_JGT:
		return m->a > with ? at->jt : at->jf;
	case BPF_JGE:
		return m->a >= with ? at->jt : at->jf;
	case BPF_JSET:
		return m->a & with ? at->jt : at->jf;
	}
	return UINT32_MAX;
}

static bool step(struct machine *m, const struct sock_filter *at, const struct seccomp_data *call,
		 uint64_t *next)
{
	switch (BPF_CLASS(at->code)) {
	case BPF_LD:
		return load(m, at, call, &m->a);
	case BPF_LDX:
		return load(m, at, call, &m->x);
	case BPF_ST:
	case BPF_STX:
		if (at->k >= BPF_MEMWORDS)
			return false;
		m->memory[at->k] = BPF_CLASS(at->code) == BPF_ST ? m->a : m->x;
		return true;
	case BPF_ALU:
		return calculate(m, at);
	case BPF_JMP:
		*next += jump(m, at);
		return true;
	case BPF_MISC:
		if (BPF_MISCOP(at->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return true;
	}
	return false;
}

uint32_t lg_filter_answer(const struct sock_filter *filter, size_t count,
			  const struct seccomp_data *call)
{
	struct machine machine = {0};

	/* Jumps only lead on: it ends. */
	for (uint64_t at = 0; at < count;) {
		const struct sock_filter *now = &filter[at++];

		if (BPF_CLASS(now->code) == BPF_RET)
			return BPF_RVAL(now->code) == BPF_A ? machine.a : now->k;
		if (!step(&machine, now, call, &at))
			break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

static enum lg_answer meaning(uint32_t answer)
{
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return LG_ANSWER_LETS;
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_TRACE: /* nobody traces for it: ENOSYS */
		return LG_ANSWER_FAILS;
	}
	return LG_ANSWER_HARM;
}

enum lg_answer lg_filters_answer(pid_t thread, const struct seccomp_data *call)
{
	struct sock_filter filter[BPF_MAXINSNS];
	enum lg_answer strictest = LG_ANSWER_LETS;

	for (long i = 0; i < MAX_FILTERS; i++) {
		long count = ptrace(PTRACE_SECCOMP_GET_FILTER, thread, i, filter);
		enum lg_answer answer;

		if (count < 0)
			return errno == ENOENT && i > 0 ? strictest : LG_ANSWER_UNKNOWN;
		answer = meaning(lg_filter_answer(filter, (size_t)count, call));
		if (answer < strictest)
			strictest = answer;
	}
	return LG_ANSWER_UNKNOWN;
}
