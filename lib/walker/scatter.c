/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/abi.h"
#include "walker/pass.h"
#include "walker/scatter.h"

#define MAX_FAULTS 64

/* What was copied until the end, or until too much of it was not there. */
static enum lg_status run(struct lg_freeze *freeze, const struct lg_left *left,
			  struct lg_walker_scatter *work, struct lg_error *err)
{
	for (int faults = 0; faults < MAX_FAULTS && work->done < work->count; faults++) {
		struct lg_walker_scatter answer;
		enum lg_freeze_event event;
		enum lg_status status = lg_pass_run(freeze, left, LG_WALKER_SCATTER_ENTRY, work,
						    &answer, sizeof answer, &event, err);

		if (status != LG_OK)
			return status;
		if (event != LG_FREEZE_FAULT)
			return LG_OK;
		/* It only counts up; anything else was overwritten. */
		if (answer.done < work->done || answer.done >= work->count)
			return LG_OK;
		work->done = answer.done + 1;
	}
	return LG_OK;
}

/* As many at a time as the room has place for. It is given what out has: a fault leaves a gap. */
enum lg_status lg_scatter_read(struct lg_freeze *freeze, const struct lg_left *left,
			       const uint64_t *address, size_t count, size_t words,
			       uint64_t *out, struct lg_error *err)
{
	size_t most = left->room_bytes / (8 * (1 + words));
	struct lg_walker_scatter work = {
		.addresses = left->room,
		.out = left->room + most * 8,
		.words = words,
	};
	enum lg_status status = LG_OK;

	for (size_t first = 0; first < count && status == LG_OK; first += most) {
		size_t some = count - first < most ? count - first : most;

		work.count = some;
		work.done = 0;
		status = lg_freeze_write(freeze, work.addresses, address + first, some * 8, err);
		if (status == LG_OK)
			status = lg_freeze_write(freeze, work.out, out + first * words,
						 some * words * 8, err);
		if (status == LG_OK)
			status = run(freeze, left, &work, err);
		if (status == LG_OK)
			status = lg_memory_read(lg_freeze_memory(freeze), work.out,
						out + first * words, some * words * 8, err);
	}
	return status;
}
