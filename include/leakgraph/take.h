/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_TAKE_H
#define LEAKGRAPH_TAKE_H

#include "leakgraph/snapshot.h"

/*
 * Take a snapshot of a live CPython process.
 *
 * The process stands still for about the time of its own fork; the rest is
 * done in a frozen copy, which is gone when the call returns. The caller owns
 * *out. On any failure the process is as it was: LG_E_ATTACH says which
 * condition was not met (gone, not permitted, traced by another, 32-bit, not
 * Python, a version without a table).
 *
 * To survive SIGKILL of the caller unharmed, call it inside lg_guard_run().
 */
enum lg_status lg_snapshot_take(pid_t pid, const struct lg_take_options *options,
				struct lg_snapshot **out, struct lg_error *err) LG_MUST_CHECK;

/*
 * The same of the core file of a process, gdb's or the kernel's. Its memory is
 * laid out in a process of our own, which can do nothing else (lib/target/revive.h).
 * What is not in the core, programs and libraries, is taken from files of the
 * same build under options->sysroot; what is missing is counted in the
 * snapshot's info and told. LG_E_UNREADABLE: no such core, or a bad one;
 * LG_E_ATTACH: not Python, a version without a table.
 */
enum lg_status lg_snapshot_take_core(const char *path, const struct lg_take_options *options,
				     struct lg_snapshot **out, struct lg_error *err) LG_MUST_CHECK;

/*
 * Could pid be dumped: is it there, are we permitted, is it a CPython with a
 * table? Stops nothing. LG_E_ATTACH says what is not so.
 */
enum lg_status lg_snapshot_check(pid_t pid, struct lg_error *err) LG_MUST_CHECK;

/*
 * Run work(context, err) in a child process of its own session, which outlives
 * a SIGKILL of the caller by just as long as it needs to leave the target as
 * it was. SIGINT, SIGTERM and SIGHUP to the caller, and its death, ask the
 * child to stop: lg_guard_stopped() is true in it from then on, and long calls
 * return LG_E_INTERRUPTED. Where the child itself is killed, the caller cleans
 * the target up. Returns what work returned, with its error text.
 *
 * Where the caller has handlers of these signals they are called as well, and
 * put back; a signal that he ignores stays ignored. Without either they are ignored after LG_OK: what they
 * would have stopped is done, and a program that ended by one would call a whole
 * result a failure.
 */
typedef enum lg_status (*lg_guarded_work)(void *context, struct lg_error *err);
enum lg_status lg_guard_run(pid_t target, lg_guarded_work work, void *context,
			    struct lg_error *err) LG_MUST_CHECK;
bool lg_guard_stopped(void);

#endif
