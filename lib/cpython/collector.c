/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpython/collector.h"
#include "cpython/object.h"

static uint32_t peek_int(const struct lg_python *python, uint64_t address)
{
	struct lg_error ignored;
	uint32_t value;

	return lg_memory_read_u32(python->memory, address, &value, &ignored) == LG_OK ? value : 0;
}

void lg_collector_read(const struct lg_python *python, uint64_t interpreter,
		       struct lg_collector_state *out)
{
	const struct lg_layout *l = python->layout;
	uint64_t gc = lg_python_gc(python, interpreter);
	uint64_t garbage = lg_peek(python, gc + l->gc.garbage);

	*out = (struct lg_collector_state){
		.enabled = peek_int(python, gc + l->gc.enabled) != 0,
		.debug = peek_int(python, gc + l->gc.debug),
		.garbage = garbage ? lg_peek(python, garbage + l->var.size) : 0,
	};
	for (uint32_t i = 0; i < LG_GENERATIONS && i < l->gc.generation_count; i++) {
		uint64_t head = gc + l->gc.generation0 + (uint64_t)i * l->gc.generation_bytes;

		out->threshold[i] = peek_int(python, head + l->gc.threshold);
		out->count[i] = peek_int(python, head + l->gc.count);
	}
}
