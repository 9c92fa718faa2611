/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cpuid.h>
#include <elf.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "target/frame.h"
#include "target/trace.h"

/* asm/ucontext.h, which can't stand beside the C library's own. */
#define UC_FP_XSTATE         1u
#define UC_SIGCONTEXT_SS     2u
#define UC_STRICT_RESTORE_SS 4u
#define FXSAVE_BYTES         512
#define XSAVE_HEADER_BYTES   64
#define SOFTWARE_OFFSET      464 /* in the FXSAVE area: what the kernel and its frames say */

/* No mode that sigaltstack knows: the kernel leaves the thread's own as it is. */
#define NO_SUCH_STACK_MODE 7

#define RED_ZONE_BYTES 128

/* What the thread waits for where no child was made: nobody has that number, so it does not wait. */
#define NO_CHILD 0x7fffffff

/* AMX tiles: a frame without them is right for all that do not use them just now. */
#define FEATURE_TILE_DATA ((uint64_t)1 << 18)

struct software_bytes {
	uint32_t magic1;
	uint32_t extended_bytes;
	uint64_t features;
	uint32_t state_bytes;
	uint32_t padding[7];
};

_Static_assert(sizeof(struct lg_signal_frame) == 312, "as the kernel's up to its siginfo");
_Static_assert(sizeof(struct software_bytes) == FXSAVE_BYTES - SOFTWARE_OFFSET, "fills the area");

size_t lg_fpu_bytes(uint64_t mask)
{
	size_t bytes = FXSAVE_BYTES + XSAVE_HEADER_BYTES;

	for (unsigned feature = 2; feature < 63; feature++) {
		unsigned size, offset, flags, unused;

		if (!(mask >> feature & 1) ||
		    !__get_cpuid_count(0xd, feature, &size, &offset, &flags, &unused) || flags & 1)
			continue;
		if ((size_t)offset + size > bytes)
			bytes = (size_t)offset + size;
	}
	return bytes;
}

bool lg_fpu_get(pid_t thread, struct lg_fpu *out)
{
	struct iovec area = {out->area, sizeof out->area - sizeof(uint64_t)}; /* words only */
	struct software_bytes software = {.magic1 = FP_XSTATE_MAGIC1};
	uint32_t magic2 = FP_XSTATE_MAGIC2;
	uint64_t features, in_use;
	size_t bytes;

	memset(out, 0, sizeof *out);
	if (ptrace(PTRACE_GETREGSET, thread, NT_X86_XSTATE, &area) != 0 ||
	    area.iov_len < FXSAVE_BYTES + XSAVE_HEADER_BYTES)
		return false;
	memcpy(&features, out->area + SOFTWARE_OFFSET, sizeof features);
	memcpy(&in_use, out->area + FXSAVE_BYTES, sizeof in_use);
	if (!(in_use & FEATURE_TILE_DATA))
		features &= ~FEATURE_TILE_DATA;
	bytes = lg_fpu_bytes(features);
	if (bytes > area.iov_len)
		return false;
	software.features = features;
	software.state_bytes = (uint32_t)bytes;
	software.extended_bytes = (uint32_t)(bytes + sizeof magic2);
	memcpy(out->area + SOFTWARE_OFFSET, &software, sizeof software);
	memcpy(out->area + bytes, &magic2, sizeof magic2);
	out->bytes = bytes + sizeof magic2;
	return true;
}

struct user_regs_struct lg_frame_restarted(const struct user_regs_struct *stopped)
{
	struct user_regs_struct registers = *stopped;
	int64_t result = (int64_t)registers.rax;

	if ((int64_t)registers.orig_rax >= 0 &&
	    (result == LG_RESTART_SYS || result == LG_RESTART_NOINTR ||
	     result == LG_RESTART_NOHAND || result == LG_RESTART_BLOCK)) {
		registers.rax = registers.orig_rax;
		registers.rip -= 2;
	}
	registers.orig_rax = (uint64_t)-1;
	return registers;
}

static struct lg_signal_frame frame_of(const struct user_regs_struct *r, uint64_t mask,
				       uint64_t restorer)
{
	return (struct lg_signal_frame){
		.restorer = restorer,
		.flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
		.stack_flags = NO_SUCH_STACK_MODE,
		.r8 = r->r8,
		.r9 = r->r9,
		.r10 = r->r10,
		.r11 = r->r11,
		.r12 = r->r12,
		.r13 = r->r13,
		.r14 = r->r14,
		.r15 = r->r15,
		.rdi = r->rdi,
		.rsi = r->rsi,
		.rbp = r->rbp,
		.rbx = r->rbx,
		.rdx = r->rdx,
		.rax = r->rax,
		.rcx = r->rcx,
		.rsp = r->rsp,
		.rip = r->rip,
		.eflags = r->eflags,
		.cs = (uint16_t)r->cs,
		.ss = (uint16_t)r->ss,
		.mask = mask,
	};
}

static void put(struct lg_frames *out, uint64_t address, const void *bytes, size_t length)
{
	memcpy(out->image + (address - out->image_address), bytes, length);
}

/*
 * From the top: the child's frame, the FPU's state, the back frame, the wait
 * frame. The order matters where another dump comes while the thread is on its
 * way back: it writes below the stack pointer of that moment, and what is
 * still to be read stands above it.
 */
void lg_frames_lay(const struct user_regs_struct *stopped, uint64_t mask, const struct lg_fpu *fpu,
		   const struct lg_code *code, bool with_child, struct lg_frames *out)
{
	struct user_regs_struct registers = lg_frame_restarted(stopped);
	uint64_t top = (stopped->rsp - RED_ZONE_BYTES) & ~(uint64_t)63;
	uint64_t child = top - sizeof(struct lg_signal_frame);
	uint64_t floating = (child - fpu->bytes) & ~(uint64_t)63;
	uint64_t back = floating - sizeof(struct lg_signal_frame);
	uint64_t wait = back - sizeof(struct lg_signal_frame);
	struct lg_signal_frame frame;

	memset(out, 0, sizeof *out);
	out->image_address = wait;
	out->image_bytes = top - wait;
	out->child_stack = with_child ? child : 0;
	out->call_stack = with_child ? wait : back;

	frame = frame_of(&registers, mask, code->sigreturn);
	frame.flags |= UC_FP_XSTATE;
	frame.floating = floating;
	put(out, back, &frame, sizeof frame);
	put(out, floating, fpu->area, fpu->bytes);
	if (!with_child)
		return;

	/* Whom it waits for the kernel writes here before the child runs: no other child is taken. */
	out->child_number = wait + offsetof(struct lg_signal_frame, rdi);
	registers.rip = code->call;
	registers.rsp = back;
	registers.rax = SYS_wait4;
	registers.rdi = NO_CHILD;
	registers.rsi = 0;
	registers.rdx = __WALL;
	registers.r10 = 0;
	frame = frame_of(&registers, LG_ALL_SIGNALS, code->sigreturn);
	put(out, wait, &frame, sizeof frame);

	registers.rsp = child;
	registers.rax = SYS_exit_group;
	registers.rdi = 0;
	frame = frame_of(&registers, LG_ALL_SIGNALS, code->sigreturn);
	put(out, child, &frame, sizeof frame);
}
