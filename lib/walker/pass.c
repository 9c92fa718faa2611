/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/pass.h"

/* Millions of chunks take a second where memory is slow. */
#define STALL_MS 10000

enum lg_status lg_pass_run(struct lg_freeze *freeze, const struct lg_left *left, uint64_t entry,
			   const void *work, void *answer, size_t bytes,
			   enum lg_freeze_event *event, struct lg_error *err)
{
	const struct lg_freeze_call call = {
		.entry = left->code + entry,
		.stack = left->stack_top,
		.argument = left->stack_top, /* a page behind the stack */
	};
	int signal_number;
	enum lg_status status = lg_freeze_write(freeze, call.argument, work, bytes, err);

	if (status == LG_OK)
		status = lg_freeze_start(freeze, &call, err);
	if (status == LG_OK)
		status = lg_freeze_wait(freeze, STALL_MS, event, &signal_number, err);
	if (status != LG_OK)
		return status;
	if (*event == LG_FREEZE_DEAD)
		return lg_fail(err, LG_E_ATTACH, "the frozen copy was killed (out of memory?)");
	return lg_memory_read(lg_freeze_memory(freeze), call.argument, answer, bytes, err);
}
