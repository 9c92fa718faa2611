/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "target/filters.h"
#include "target/frame.h"
#include "target/hijack.h"
#include "target/process_memory.h"

#define USER_CODE_64 0x33

/* Candidates looked at closely; each costs some 50 microseconds of the pause. */
#define MAX_CANDIDATES 64

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE)

enum fitness { UNFIT, RELATIVE_SLEEP, IN_USER_MODE, IN_A_CALL };

/*
 * In a restartable sequence the kernel must see that it was interrupted, which
 * it would not with the registers elsewhere.
 */
static bool in_restartable_sequence(const struct lg_memory *memory, pid_t thread)
{
	struct __ptrace_rseq_configuration config;
	uint64_t sequence = 0;

	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, thread, sizeof config, &config) < 0 ||
	    config.rseq_abi_pointer == 0)
		return false;
	if (lg_memory_read_u64(memory, config.rseq_abi_pointer + 8, &sequence, NULL) != LG_OK)
		return true;
	return sequence != 0;
}

/*
 * A stack whose lower part is surely free: the main thread's, or one that ends
 * in the thread's own control block, as the C library makes them. A stack in
 * memory that the program shared out itself may have data right below it.
 */
static bool has_room(const struct lg_maps *maps, const struct user_regs_struct *registers)
{
	const struct lg_map *map = lg_maps_find(maps, registers->rsp);

	if (!map || !map->readable || !map->writable ||
	    registers->rsp - map->start < LG_FRAMES_BYTES + 256)
		return false;
	return strcmp(map->path, "[stack]") == 0 ||
	       (registers->fs_base > registers->rsp && registers->fs_base < map->end);
}

static enum fitness fitness(const struct lg_threads *threads, const struct lg_maps *maps,
			    const struct lg_memory *memory, const struct lg_thread_stop *stop,
			    struct user_regs_struct *registers)
{
	bool in_call;

	if (!stop->stopped || !lg_trace_get_registers(stop->thread, registers) ||
	    registers->cs != USER_CODE_64 || !has_room(maps, registers))
		return UNFIT;
	in_call = (int64_t)registers->orig_rax >= 0 || stop->rewound;
	if (!in_call && in_restartable_sequence(memory, stop->thread))
		return UNFIT;
	if (lg_thread_has_signal(threads->pid, stop->thread))
		return UNFIT;
	/* Were we to die, it would have to sleep anew from the start. */
	if (in_call && (int64_t)registers->rax == LG_RESTART_BLOCK)
		return RELATIVE_SLEEP;
	return in_call ? IN_A_CALL : IN_USER_MODE;
}

static struct lg_thread_stop *choose(struct lg_threads *threads, const struct lg_maps *maps,
				     const struct lg_memory *memory,
				     struct user_regs_struct *registers)
{
	struct lg_thread_stop *best = NULL;
	enum fitness best_fitness = UNFIT;

	for (size_t i = 0; i < threads->count && i < MAX_CANDIDATES; i++) {
		struct user_regs_struct candidate;
		enum fitness got = fitness(threads, maps, memory, &threads->thread[i], &candidate);

		if (got <= best_fitness)
			continue;
		best = &threads->thread[i];
		best_fitness = got;
		*registers = candidate;
		if (got == IN_A_CALL)
			break;
	}
	return best;
}

/*
 * Of a sleep that was interrupted before, the kernel tells only "restart", and
 * forgets which call that was when a signal frame is left. The code before the
 * instruction tells: mov $number, %eax. Else that sleep ends with EINTR, if we
 * die just now.
 */
static void name_the_call(const struct lg_memory *memory, struct user_regs_struct *registers)
{
	unsigned char code[7];
	uint32_t number;

	if (registers->orig_rax != SYS_restart_syscall ||
	    (int64_t)registers->rax != LG_RESTART_BLOCK ||
	    lg_memory_read(memory, registers->rip - sizeof code, code, sizeof code, NULL) != LG_OK ||
	    code[0] != 0xb8 || code[5] != 0x0f || code[6] != 0x05)
		return;
	memcpy(&number, code + 1, sizeof number);
	if (number == SYS_nanosleep || number == SYS_clock_nanosleep || number == SYS_poll ||
	    number == SYS_futex)
		registers->orig_rax = number;
}

static enum lg_status set_options(pid_t thread, enum lg_filters filters, struct lg_error *err)
{
	if (filters != LG_FILTERS_NONE &&
	    ptrace(PTRACE_SETOPTIONS, thread, 0, OPTIONS | PTRACE_O_SUSPEND_SECCOMP) == 0)
		return LG_OK;
	if (filters == LG_FILTERS_FOREIGN)
		return lg_fail(err, LG_E_ATTACH,
			       "thread %d runs under a seccomp filter of its own that may kill it when "
			       "it forks, and may not be suspended: run with CAP_SYS_ADMIN",
			       thread);
	if (ptrace(PTRACE_SETOPTIONS, thread, 0, OPTIONS) == 0)
		return LG_OK;
	return lg_fail(err, LG_E_ATTACH, "thread %d is gone", thread);
}

static enum lg_answer ask(pid_t thread, uint64_t instruction, long number, const uint64_t *argument)
{
	struct seccomp_data call = {
		.nr = (int)number,
		.arch = AUDIT_ARCH_X86_64,
		.instruction_pointer = instruction,
	};

	memcpy(call.args, argument, sizeof call.args);
	return lg_filters_answer(thread, &call);
}

/*
 * The suspension ends with us, and then the filters judge the call, if it is
 * still to come, and those of the way back: the first may fail, the others must not.
 */
static enum lg_status check_filters(pid_t thread, const struct lg_code *code,
				    const struct lg_trace_call *call, enum lg_filters filters,
				    struct lg_error *err)
{
	static const uint64_t wait[6] = {1, 0, __WALL}, none[6];
	enum lg_answer least = filters == LG_FILTERS_FOREIGN ? LG_ANSWER_FAILS : LG_ANSWER_UNKNOWN;
	enum lg_answer answer, back;

	if (filters == LG_FILTERS_NONE)
		return LG_OK;
	answer = ask(thread, code->call, call->number, call->argument);
	back = ask(thread, code->sigreturn, SYS_rt_sigreturn, none);
	if (call->on_child && back == LG_ANSWER_LETS)
		back = ask(thread, code->call, SYS_wait4, wait);
	if (answer == LG_ANSWER_HARM || answer < least || back == LG_ANSWER_HARM ||
	    (least && back != LG_ANSWER_LETS))
		return lg_fail(err, LG_E_ATTACH,
			       "thread %d runs under a seccomp filter of its own that may kill it when "
			       "it forks, should the dump be killed just then",
			       thread);
	return LG_OK;
}

static enum lg_status arm(struct lg_threads *threads, const struct lg_code *code,
			  enum lg_filters filters, struct lg_hijack *hijack, struct lg_error *err)
{
	lg_cleanup(lg_free) struct lg_frames *frames = lg_alloc(1, sizeof *frames);
	lg_cleanup(lg_free) struct lg_fpu *fpu = lg_alloc(1, sizeof *fpu);
	struct lg_memory memory = lg_process_memory(threads->pid);
	struct user_regs_struct way_back = hijack->saved;
	pid_t thread = hijack->stop->thread;
	bool with_child = hijack->call.on_child != NULL;
	enum lg_status status;

	if (!frames || !fpu)
		return lg_fail(err, LG_E_MEMORY, "no memory for signal frames");
	status = set_options(thread, filters, err);
	if (status != LG_OK)
		return status;
	if (!lg_fpu_get(thread, fpu) || !lg_trace_get_mask(thread, &hijack->mask))
		return lg_fail(err, LG_E_ATTACH, "thread %d does not tell its state: %s", thread,
			       strerror(errno));
	name_the_call(&memory, &way_back);
	lg_frames_lay(&way_back, hijack->mask, fpu, code, with_child, frames);
	status = lg_process_write(threads->pid, frames->image_address, frames->image,
				  frames->image_bytes, err);
	if (status != LG_OK)
		return status;
	hijack->entry = hijack->saved;
	hijack->entry.rip = code->call;
	hijack->entry.rsp = frames->call_stack;
	if (with_child) {
		hijack->call.argument[1] = frames->child_stack;
		hijack->call.argument[2] = frames->child_number;
	}
	status = check_filters(thread, code, &hijack->call, filters, err);
	if (status != LG_OK)
		return status;
	hijack->call.registers = &hijack->entry;
	hijack->entry = lg_trace_call_registers(&hijack->call);
	if (!lg_trace_set_registers(thread, &hijack->entry))
		return lg_fail(err, LG_E_ATTACH, "thread %d is gone", thread);
	if (!lg_trace_set_mask(thread, LG_ALL_SIGNALS)) {
		lg_trace_set_registers(thread, &hijack->saved);
		return lg_fail(err, LG_E_ATTACH, "thread %d is gone", thread);
	}
	return LG_OK;
}

enum lg_status lg_hijack_begin(struct lg_threads *threads, const struct lg_code *code,
			       const struct lg_trace_call *call, enum lg_filters filters,
			       struct lg_hijack *out, bool *busy, struct lg_error *err)
{
	struct lg_memory memory = lg_process_memory(threads->pid);
	lg_cleanup(lg_maps_free) struct lg_maps maps = {0};
	enum lg_status status = lg_maps_read(threads->pid, &maps, err);

	*busy = false;
	*out = (struct lg_hijack){.call = *call};
	if (status != LG_OK)
		return status;
	if (!lg_code_holds(&memory, code)) {
		*busy = true;
		return lg_fail(err, LG_E_ATTACH, "process %d has started another program",
			       threads->pid);
	}
	out->stop = choose(threads, &maps, &memory, &out->saved);
	if (!out->stop) {
		*busy = true;
		return lg_fail(err, LG_E_ATTACH,
			       "process %d: none of %zu threads is fit to make the copy, expected "
			       "one with %d bytes of free stack and no signal pending",
			       threads->pid, threads->count, LG_FRAMES_BYTES);
	}
	return arm(threads, code, filters, out, err);
}

enum lg_status lg_hijack_run(struct lg_threads *threads, struct lg_hijack *hijack, int64_t *result,
			     struct lg_error *err)
{
	hijack->call.registers = &hijack->entry;
	return lg_trace_call(hijack->stop->thread, &hijack->call, result, &threads->stop_signal,
			     err);
}

void lg_hijack_end(struct lg_threads *threads, struct lg_hijack *hijack)
{
	pid_t thread = hijack->stop->thread;

	if (!lg_trace_settle(thread, &threads->stop_signal) ||
	    !lg_trace_set_mask(thread, hijack->mask) ||
	    !lg_trace_set_registers(thread, &hijack->saved))
		hijack->stop->stopped = false;
	else
		ptrace(PTRACE_SETOPTIONS, thread, 0, 0);
}
