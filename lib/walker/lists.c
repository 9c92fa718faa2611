/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/lists.h"
#include "walker/pass.h"

static enum lg_status walk_one(struct lg_freeze *freeze, const struct lg_left *left,
			       struct lg_walker_lists *lists, struct lg_error *err)
{
	struct lg_walker_lists answer;
	enum lg_freeze_event event;
	enum lg_status status = lg_pass_run(freeze, left, LG_WALKER_LISTS_ENTRY, lists, &answer,
					    sizeof answer, &event, err);

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
