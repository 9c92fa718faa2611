/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_FRAME_H
#define LG_TARGET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "target/code.h"

/*
 * Signal frames as the kernel's rt_sigreturn reads them (x86-64), so that a
 * thread finds its own way back when nobody is left to lead it:
 *
 *	call ... ret ──▶ wait frame: reap the child ──▶ back frame: all as it was
 *	child: ret ──▶ exit frame: exit_group(0)
 *
 * Each frame's first word is the address of a sigreturn call, so that the `ret`
 * behind a `syscall` starts it.
 */
struct lg_signal_frame {
	uint64_t restorer;
	uint64_t flags, link;
	uint64_t stack_pointer;
	uint32_t stack_flags, stack_padding;
	uint64_t stack_bytes;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	uint16_t cs, gs, fs, ss;
	uint64_t error, trap, old_mask, cr2;
	uint64_t floating; /* address of the FPU's state, 0 for a fresh one */
	uint64_t reserved[8];
	uint64_t mask;
};

#define LG_FPU_BYTES 16384

/* The FPU's state of a thread in the form that a signal frame points to. */
struct lg_fpu {
	size_t bytes; /* with the marks at its end */
	unsigned char area[LG_FPU_BYTES];
};

/* Of a stopped thread. False where the processor or the kernel does not tell. */
bool lg_fpu_get(pid_t thread, struct lg_fpu *out);

/* Bytes of the XSAVE area that the features of `mask` need, in the standard form. */
size_t lg_fpu_bytes(uint64_t mask);

/*
 * A thread's registers as its code must find them again: an interrupted
 * system call stands before its instruction, to be issued anew.
 */
struct user_regs_struct lg_frame_restarted(const struct user_regs_struct *stopped);

/*
 * Lay the frames below `stack` (a stack pointer; its red zone is left alone).
 * The bytes of `image` belong at image_address; the stack pointer for the call
 * is call_stack, that for the child child_stack. At child_number the kernel is to
 * write the child's number, for the wait (CLONE_PARENT_SETTID).
 * with_child false: no wait frame, no exit frame, and these are 0.
 */
#define LG_FRAMES_BYTES (LG_FPU_BYTES + 4096)
#define LG_FRAMES_ABOVE 192 /* the red zone and what aligns them: between stack and image */
struct lg_frames {
	uint64_t image_address;
	size_t image_bytes;
	uint64_t call_stack, child_stack, child_number;
	unsigned char image[LG_FRAMES_BYTES];
};
void lg_frames_lay(const struct user_regs_struct *stopped, uint64_t mask, const struct lg_fpu *fpu,
		   const struct lg_code *code, bool with_child, struct lg_frames *out);

#endif
