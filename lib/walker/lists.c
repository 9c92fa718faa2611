/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/lists.h"

/* Millions of chunks take a second where memory is slow. */
#define STALL_MS 10000

static enum lg_status walk_one(struct lg_freeze *freeze, const struct lg_left *left,
			       struct lg_walker_lists *lists, struct lg_error *err)
{
	const struct lg_freeze_call call = {
		.entry = left->code + LG_WALKER_LISTS_ENTRY,
		.stack = left->stack_top,
		.argument = left->stack_top, /* a page behind the stack */
	};
	struct lg_walker_lists answer;
	enum lg_freeze_event event;
	int signal_number;
	enum lg_status status =
		lg_freeze_write(freeze, call.argument, lists, sizeof *lists, err);

	if (status == LG_OK)
		status = lg_freeze_start(freeze, &call, err);
	if (status == LG_OK)
		status = lg_freeze_wait(freeze, STALL_MS, &event, &signal_number, err);
	if (status != LG_OK)
		return status;
	if (event == LG_FREEZE_DEAD)
		return lg_fail(err, LG_E_ATTACH, "the frozen copy was killed (out of memory?)");
	status = lg_memory_read(lg_freeze_memory(freeze), call.argument, &answer, sizeof answer, err);
	if (status != LG_OK)
		return status;
	lists->bytes = answer.bytes <= lists->most_bytes ? answer.bytes : lists->most_bytes;
	lists->chunks = answer.chunks <= lists->most_chunks ? answer.chunks : lists->most_chunks;
	lists->whole = event == LG_FREEZE_TRAP && answer.whole == 1;
	return LG_OK;
}

enum lg_status lg_walk_lists(struct lg_freeze *freeze, const struct lg_left *left,
			     struct lg_walker_lists *lists, size_t count, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	for (size_t i = 0; i < count && status == LG_OK; i++)
		status = walk_one(freeze, left, &lists[i], err);
	return status;
}
