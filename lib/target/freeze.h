/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TARGET_FREEZE_H
#define LG_TARGET_FREEZE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/memory.h"
#include "leakgraph/status.h"
#include "target/maps.h"

/*
 * A frozen copy of a process, by a raw fork. The copy has the
 * memory of the moment, no descriptors, one thread, all signals blocked, and
 * dies with the tracer. It may be changed and may crash; the target can't see it.
 */
struct lg_freeze;

/*
 * How code in the copy is started: as a C function is entered, with a return
 * address of 0 pushed on the stack, so that a return is a fault.
 */
struct lg_freeze_call {
	uint64_t entry; /* address in the copy */
	uint64_t stack; /* top of a stack in the copy, 16-byte aligned */
	uint64_t argument; /* rdi */
};

enum lg_freeze_event {
	LG_FREEZE_TRAP,  /* the code ran into its int3: it has something to say */
	LG_FREEZE_FAULT, /* a fatal signal was raised, and held back */
	LG_FREEZE_STALL, /* no event within the given time; the code was stopped */
	LG_FREEZE_DEAD,  /* the copy is gone (killed, out of memory) */
};

/*
 * Can pid be dumped at all: there, ours, 64-bit, not traced? Stops nothing.
 * Each refusal is LG_E_ATTACH with its own sentence.
 */
enum lg_status lg_target_check(pid_t pid, struct lg_error *err) LG_MUST_CHECK;

/*
 * Stop the target, make the copy, let the target run on. *out is the
 * caller's. pause_ns in lg_freeze_pause_ns(). All calls for a freeze come from
 * the thread that opened it, and the copy ends with that thread.
 *
 * A thread that can't be stopped (it sleeps in the kernel) makes this fail with
 * LG_E_ATTACH after bounded attempts. Should it wake later, it runs on only
 * when the calling thread has ended: so do this in lg_guard_run().
 *
 * *refused (which may be NULL) says after a failure that it was the fork that
 * is forbidden, or that memory has no room for it: then lg_freeze_copy() may do.
 */
enum lg_status lg_freeze_open(pid_t pid, struct lg_freeze **out, bool *refused,
			      struct lg_error *err) LG_MUST_CHECK;

/*
 * The same without a fork: the target's memory is copied out while it stands
 * still, and revived (revive.h). No call is made in the target. It stands still
 * longer, by what copying takes; memory for the whole copy is taken before.
 * LG_E_MEMORY where there is not so much.
 */
enum lg_status lg_freeze_copy(pid_t pid, struct lg_freeze **out,
			      struct lg_error *err) LG_MUST_CHECK;

/* Kill the copy, reap both children, leave no trace. Takes NULL. */
void lg_freeze_close(struct lg_freeze *freeze);

/*
 * What failed since the copy is dead, failed for that: err says so in place of what it said,
 * and why it died. Else err and status stay as they are.
 */
enum lg_status lg_freeze_explain(const struct lg_freeze *freeze, enum lg_status status,
				 struct lg_error *err);

/* Was the copy given up since the memory of the target's group ran short? */
bool lg_freeze_ran_short(const struct lg_freeze *freeze);
bool lg_freeze_lives(const struct lg_freeze *freeze);
pid_t lg_freeze_pid(const struct lg_freeze *freeze);
uint64_t lg_freeze_pause_ns(const struct lg_freeze *freeze);

/* What the copy had mapped when first asked for, before anything was put there. Valid as long as it. */
enum lg_status lg_freeze_maps(struct lg_freeze *freeze, const struct lg_maps **out,
			      struct lg_error *err) LG_MUST_CHECK;

/* How much memory the process had; zeros where the system does not tell. */
struct lg_freeze_extent {
	uint64_t mapped_bytes, resident_bytes, data_bytes;
};
struct lg_freeze_extent lg_freeze_extent(const struct lg_freeze *freeze);

/*
 * Stack pointers of the threads, as they stood: all below is dead. *count may be
 * 0 where nobody knows. Valid as long as the freeze.
 */
const uint64_t *lg_freeze_stacks(const struct lg_freeze *freeze, size_t *count);

/* Memory of the copy, by process_vm_readv. Valid as long as the freeze. */
const struct lg_memory *lg_freeze_memory(struct lg_freeze *freeze);
enum lg_status lg_freeze_write(struct lg_freeze *freeze, uint64_t address, const void *bytes,
			       size_t length, struct lg_error *err) LG_MUST_CHECK;

/* Run one system call in the copy; *result is its value or -errno. */
enum lg_status lg_freeze_syscall(struct lg_freeze *freeze, long number, const uint64_t arguments[6],
				 int64_t *result, struct lg_error *err) LG_MUST_CHECK;

/* Start code in the copy (it stands still until lg_freeze_wait). */
enum lg_status lg_freeze_start(struct lg_freeze *freeze, const struct lg_freeze_call *call,
			       struct lg_error *err) LG_MUST_CHECK;

/*
 * Let the started code run until it has something to say, faults, or timeout_ms
 * is over. After TRAP a further call continues behind the int3; after FAULT and
 * STALL only lg_freeze_start() does. *signal_number is the fault's, else 0.
 */
enum lg_status lg_freeze_wait(struct lg_freeze *freeze, uint32_t timeout_ms,
			      enum lg_freeze_event *event, int *signal_number,
			      struct lg_error *err) LG_MUST_CHECK;

#endif
