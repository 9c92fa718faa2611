/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpython/library_common.h"
#include "cpython/library_tables.h"
#include "cpython/library_types.h"

/*
 * CPython 3.10, 64-bit: the structures of Objects/ and Modules/, as 3.10.13 has them.
 */
const struct lg_library lg_library_310 = {
	.version = 0x030a,

	.type = { .members = 240, .heap_tpname = LG_NO_FIELD, .static_bytes = 392 },
	.member = { .bytes = 40, .name = 0, .type = 8, .offset = 16, .type_object = 6,
		    .type_object_ex = 16 },
	.module = { .definition = 24, .copy = 32, .state_bytes = 56 },
	.keys = { .bytes = 40, .refcount = 0 },
	.code = { .extra = 144, .extra_slot_bytes = 8, .cell_map = 96, .memory = 160,
		  .memory_count = 172, .memory_item_bytes = 32 },
	.unicode = { .ascii_bytes = 48, .compact_bytes = 72, .any_bytes = 80, .utf8 = 56,
		     .utf8_length = 48, .wstr = 40, .wstr_length = 64, .wchar_bytes = 4 },
	.integer = { .digits = 24, .digit_bytes = 4, .bare_zero = true },
	.deque = { .block_items = 64, .block_bytes = 528, .most = 64 },
	.odict = { .first = 48, .key = 0, .next = 16, .node_bytes = 32, .inst_dict = 96 },
	.lru = { .root_next = 24, .key = 40, .result = 48, .type = 8, .most = 96 },
	.structure = { .code_bytes = 32 },
	.element = { .extra_bytes = 64 },
	.decimal = { .data_flags = 32 | 64 | 128 },
	.pickler = { .memo_bytes = 32, .entry_bytes = 16 },
	.generator = { .exc_value = 56, .exc_count = 3 },
	.task = { .name = 168, .coro = 160 },
	.bytes = { .data = 32 },
	/* NumPy 1 and 2: PyArray_Descr differs, PyArrayObject does not (ndarraytypes.h). */
	.ndarray = { .type_num = 28, .item_bytes_1 = 32, .alignment_1 = 36, .item_bytes_2 = 40,
		     .object = 17, .owns_data = 4 },

	.known = {
		LG_KNOWN_BEFORE_311
		LG_KNOWN_LIBRARY_TYPES
		LG_KNOWN_IN_ALL_VERSIONS
		{ .name = "type", .basic_bytes = 888, .size = LG_SIZE_TYPE, .label = LG_LABEL_TYPE },
		{ .name = "function", .basic_bytes = 128, .label = LG_LABEL_FUNCTION },
		{ .name = "frame", .basic_bytes = 360, .size = LG_SIZE_FRAME,
		  .label = LG_LABEL_FRAME },
		{ .name = "generator", .basic_bytes = 88, .label = LG_LABEL_GENERATOR },
		{ .name = "coroutine", .basic_bytes = 96, .label = LG_LABEL_GENERATOR,
		  .field = { { 88, "cr_origin" } } },
		{ .name = "async_generator", .basic_bytes = 112, .label = LG_LABEL_GENERATOR,
		  .field = { { 88, "finalizer" } } },
		{ .name = "_asyncio.Future", .basic_bytes = 152,
		  .field = { { 16, "loop" }, { 24, "callback" }, { 32, "context" },
			     { 40, "callbacks" }, { 48, "exception" }, { 56, "traceback" },
			     { 64, "result" }, { 72, "source_traceback" }, { 80, "cancel message" } } },
		{ .name = "_asyncio.Task", .basic_bytes = 192,
		  .field = { { 16, "loop" }, { 24, "callback" }, { 40, "callbacks" },
			     { 48, "exception" }, { 56, "traceback" },
			     { 64, "result" }, { 72, "source_traceback" }, { 80, "cancel message" },
			     { 152, "waiter" }, { 160, "coro" }, { 168, "name" },
			     { 176, "context" } } },
		{ .name = "" },
	},
};
