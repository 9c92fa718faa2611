/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpython/library_common.h"
#include "cpython/library_tables.h"
#include "cpython/library_types.h"

/*
 * CPython 3.11, 64-bit: the structures as Objects/ and Modules/ of 3.11 have
 * them; they did not change within 3.11.
 */
const struct lg_library lg_library_311 = {
	.version = 0x030b,

	.type = { .members = 240, .heap_tpname = 888, .static_bytes = 408 },
	.member = { .bytes = 40, .name = 0, .type = 8, .offset = 16, .type_object = 6,
		    .type_object_ex = 16 },
	.module = { .definition = 24, .copy = 32, .state_bytes = 56 },
	.keys = { .bytes = 32, .refcount = 0 },
	.code = { .extra = 176, .extra_slot_bytes = 8 },
	.unicode = { .ascii_bytes = 48, .compact_bytes = 72, .any_bytes = 80, .utf8 = 56,
		     .utf8_length = 48, .wstr = 40, .wstr_length = 64, .wchar_bytes = 4 },
	.integer = { .digits = 24, .digit_bytes = 4 },
	.deque = { .block_items = 64, .block_bytes = 528, .most = 64 },
	.odict = { .first = 48, .key = 0, .next = 16, .node_bytes = 32, .inst_dict = 96 },
	.lru = { .root_next = 24, .key = 40, .result = 48, .type = 8, .most = 96 },
	.structure = { .code_bytes = 32 },
	.element = { .extra_bytes = 64 },
	.decimal = { .data_flags = 32 | 64 | 128 },
	.pickler = { .memo_bytes = 32, .entry_bytes = 16 },
	.generator = { .exc_value = 48, .exc_count = 1 },
	.task = { .name = 144, .coro = 136 },
	.bytes = { .data = 32 },
	/* NumPy 1 and 2: PyArray_Descr differs, PyArrayObject does not (ndarraytypes.h). */
	.ndarray = { .type_num = 28, .item_bytes_1 = 32, .alignment_1 = 36, .item_bytes_2 = 40,
		     .object = 17, .owns_data = 4 },

	.known = {
		LG_KNOWN_LIBRARY_TYPES
		LG_KNOWN_IN_ALL_VERSIONS
		{ .name = "type", .basic_bytes = 408, .size = LG_SIZE_TYPE, .label = LG_LABEL_TYPE },
		{ .name = "str", .basic_bytes = 80, .size = LG_SIZE_STR, .label = LG_LABEL_STR },
		{ .name = "function", .basic_bytes = 136, .label = LG_LABEL_FUNCTION },
		{ .name = "code", .basic_bytes = 184, .size = LG_SIZE_CODE, .label = LG_LABEL_CODE },
		{ .name = "frame", .basic_bytes = 48, .size = LG_SIZE_FRAME,
		  .label = LG_LABEL_FRAME },
		{ .name = "generator", .basic_bytes = 80, .size = LG_SIZE_GENERATOR,
		  .label = LG_LABEL_GENERATOR },
		{ .name = "coroutine", .basic_bytes = 80, .size = LG_SIZE_GENERATOR,
		  .label = LG_LABEL_GENERATOR, .field = { { 64, "cr_origin" } } },
		{ .name = "async_generator", .basic_bytes = 80, .size = LG_SIZE_GENERATOR,
		  .label = LG_LABEL_GENERATOR, .field = { { 64, "finalizer" } } },
		/* The dicts stand under weak references to what each thread's own dict holds. */
		{ .name = "_thread._local", .basic_bytes = 64,
		  .field = { { 24, "args" }, { 32, "keywords" }, { 48, "thread_dicts" },
			     { 56, "callback" } } },
		{ .name = "_asyncio.Future", .basic_bytes = 128,
		  .field = { { 16, "loop" }, { 24, "callback" }, { 32, "context" },
			     { 40, "callbacks" }, { 48, "exception" }, { 56, "traceback" },
			     { 64, "result" }, { 72, "source_traceback" },
			     { 80, "cancel message" } } },
		{ .name = "_asyncio.Task", .basic_bytes = 176,
		  .field = { { 16, "loop" }, { 24, "callback" }, { 40, "callbacks" },
			     { 48, "exception" }, { 56, "traceback" }, { 64, "result" },
			     { 72, "source_traceback" }, { 80, "cancel message" },
			     { 128, "waiter" }, { 136, "coro" }, { 144, "name" },
			     { 152, "context" } } },
		{ .name = "_pickle.Pickler", .basic_bytes = 152, .size = LG_SIZE_PICKLER,
		  .label = LG_LABEL_ITEMS, .at = { 16, 16, 64 },
		  .field = { { 24, "persistent_id" }, { 40, "dispatch_table" },
			     { 48, "reducer_override" }, { 56, "write" },
			     { 144, "buffer_callback" } } },
		{ .name = "_pickle.Unpickler", .basic_bytes = 272, .size = LG_SIZE_UNPICKLER,
		  .label = LG_LABEL_ITEMS, .at = { 24, 32, 240, 256, 152, 224, 232 },
		  .field = { { 16, "stack" }, { 48, "persistent_load" }, { 184, "read" },
			     { 192, "readinto" }, { 200, "readline" }, { 208, "peek" },
			     { 216, "buffers" } } },
		{ .name = "StgDict", .basic_bytes = 192, .size = LG_SIZE_STGDICT,
		  .label = LG_LABEL_DICT, .at = { 168, 176, 64, 88, 192 },
		  .field = { { 128, "argtypes" }, { 136, "converters" },
			     { 144, "restype" }, { 152, "checker" } } },
		LG_THREE_FIELDS("sqlite3.Connection", 96, 64, "statement cache", 72, "cursors", 80,
				"blobs"),
		LG_THREE_FIELDS("_io.StringIO", 120, 80, "decoder", 88, "readnl", 96, "writenl"),
		LG_GREENLET(96),
		{ .name = "" },
	},
};
