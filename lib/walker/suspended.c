/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "walker/gather.h"

/* Where each stands costs some reads of the copy: equal ones once, and not without end. */
#define MAX_POSITIONS 100000

static int compare(const void *left, const void *right)
{
	const struct lg_walker_suspended *a = left, *b = right;

	if (a->code != b->code)
		return a->code < b->code ? -1 : 1;
	if (a->instruction != b->instruction)
		return a->instruction < b->instruction ? -1 : 1;
	return (a->object > b->object) - (a->object < b->object);
}

enum lg_status lg_gather_suspended(struct lg_gather *g, const struct lg_python *python,
				   struct lg_snapshot *s, struct lg_error *err)
{
	struct lg_frame frame = {0};
	uint32_t positions = 0;

	if (g->suspended_count)
		qsort(g->suspended, g->suspended_count, sizeof *g->suspended, compare);
	for (size_t i = 0; i < g->suspended_count; i++) {
		const struct lg_walker_suspended *row = &g->suspended[i];
		struct lg_error ignored;

		if (row->object >= g->inner.count)
			continue;
		if (i == 0 || row->code != row[-1].code || row->instruction != row[-1].instruction) {
			enum lg_status status;

			if (positions++ == MAX_POSITIONS)
				break;
			frame = (struct lg_frame){ .thread = LG_NONE };
			status = lg_python_code_position(python, row->code, row->instruction,
							 g->strings, &frame.function, &frame.file,
							 &frame.line, &ignored);
			if (status == LG_E_MEMORY || status == LG_E_LIMIT)
				return lg_fail(err, status, "%s", ignored.text);
		}
		frame.object = row->object;
		frame.awaits = lg_gather_index(g, row->awaits);
		s->frames[s->frame_count++] = frame;
	}
	return LG_OK;
}
