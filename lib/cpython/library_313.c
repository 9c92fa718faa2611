/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpython/library_common.h"
#include "cpython/library_tables.h"
#include "cpython/library_types.h"

/*
 * CPython 3.13, 64-bit: the structures of Objects/ and Modules/, as 3.13.0 has them.
 */
const struct lg_library lg_library_313 = {
	.version = 0x030d,

	.type = { .members = 240, .heap_tpname = 896, .static_bytes = 400 },
	.member = { .bytes = 40, .name = 0, .type = 8, .offset = 16, .type_object = 6,
		    .type_object_ex = 16 },
	.module = { .definition = 24, .copy = 32 },
	.keys = { .bytes = 32, .refcount = 0 },
	.code = { .extra = 192, .extra_slot_bytes = 8 },
	.unicode = { .ascii_bytes = 40, .compact_bytes = 56, .any_bytes = 64, .utf8 = 48,
		     .utf8_length = 40, .wstr = LG_NO_FIELD, .wstr_length = LG_NO_FIELD },
	.integer = { .digits = 24, .digit_bytes = 4 },
	.deque = { .block_items = 64, .block_bytes = 528 },
	.odict = { .first = 48, .key = 0, .next = 16, .node_bytes = 32, .inst_dict = 96 },
	.lru = { .root_next = 24, .key = 40, .result = 48, .type = 8 },
	.structure = { .code_bytes = 32 },
	.element = { .extra_bytes = 64 },
	.decimal = { .data_flags = 32 | 64 | 128 },
	.pickler = { .memo_bytes = 32, .entry_bytes = 16 },
	.generator = { .exc_value = 40 },
	.task = { .name = 128, .coro = 120 },
	.bytes = { .data = 32 },
	/* NumPy 1 and 2: PyArray_Descr differs, PyArrayObject does not (ndarraytypes.h). */
	.ndarray = { .type_num = 28, .item_bytes_1 = 32, .alignment_1 = 36, .item_bytes_2 = 40,
		     .object = 17, .owns_data = 4 },

	.known = {
		LG_KNOWN_SINCE_311
		LG_KNOWN_IN_ALL_VERSIONS
		{ .name = "type", .basic_bytes = 416, .size = LG_SIZE_TYPE, .label = LG_LABEL_TYPE },
		{ .name = "str", .basic_bytes = 64, .size = LG_SIZE_STR, .label = LG_LABEL_STR },
		{ .name = "function", .basic_bytes = 144, .label = LG_LABEL_FUNCTION },
		{ .name = "code", .basic_bytes = 200, .size = LG_SIZE_CODE, .label = LG_LABEL_CODE },
		{ .name = "frame", .basic_bytes = 64, .size = LG_SIZE_FRAME,
		  .label = LG_LABEL_FRAME },
		{ .name = "generator", .basic_bytes = 72, .size = LG_SIZE_GENERATOR,
		  .label = LG_LABEL_GENERATOR },
		{ .name = "coroutine", .basic_bytes = 72, .size = LG_SIZE_GENERATOR,
		  .label = LG_LABEL_GENERATOR, .field = { { 56, "cr_origin" } } },
		{ .name = "async_generator", .basic_bytes = 72, .size = LG_SIZE_GENERATOR,
		  .label = LG_LABEL_GENERATOR, .field = { { 56, "finalizer" } } },
		/* The dicts stand under weak references to what each thread's own dict holds. */
		{ .name = "_thread._local", .basic_bytes = 56,
		  .field = { { 16, "args" }, { 24, "keywords" }, { 40, "thread_dicts" },
			     { 48, "watchdogs" } } },
		{ .name = "_asyncio.Future", .basic_bytes = 104,
		  .field = { { 16, "loop" }, { 24, "callback" }, { 32, "context" },
			     { 40, "callbacks" }, { 48, "exception" }, { 56, "traceback" },
			     { 64, "result" }, { 72, "source_traceback" },
			     { 80, "cancel message" } } },
		{ .name = "_asyncio.Task", .basic_bytes = 144,
		  .field = { { 16, "loop" }, { 24, "callback" }, { 40, "callbacks" },
			     { 48, "exception" }, { 56, "traceback" }, { 64, "result" },
			     { 72, "source_traceback" }, { 80, "cancel message" },
			     { 112, "waiter" }, { 120, "coro" }, { 128, "name" },
			     { 136, "context" } } },
		/* Releases differ: 3.13.0, 3.13.3, 3.13.15. */
		{ .name = "_pickle.Pickler", .basic_bytes = 152, .size = LG_SIZE_PICKLER,
		  .at = { 16, 16, 64 } },
		{ .name = "_pickle.Pickler", .basic_bytes = 144, .size = LG_SIZE_PICKLER,
		  .label = LG_LABEL_ITEMS, .at = { 16, 16, 56 },
		  .field = { { 24, "persistent_id" }, { 32, "dispatch_table" },
			     { 40, "reducer_override" }, { 48, "write" },
			     { 136, "buffer_callback" } } },
		{ .name = "_pickle.Unpickler", .basic_bytes = 296, .size = LG_SIZE_UNPICKLER,
		  .at = { 24, 32, 256, 272, 152, 240, 248 } },
		{ .name = "_pickle.Unpickler", .basic_bytes = 272, .size = LG_SIZE_UNPICKLER,
		  .at = { 24, 32, 240, 256, 152, 224, 232 } },
		{ .name = "_pickle.Unpickler", .basic_bytes = 264, .size = LG_SIZE_UNPICKLER,
		  .label = LG_LABEL_ITEMS, .at = { 24, 32, 232, 248, 144, 216, 224 },
		  .field = { { 16, "stack" }, { 48, "persistent_load" }, { 176, "read" },
			     { 184, "readinto" }, { 192, "readline" }, { 200, "peek" },
			     { 208, "buffers" } } },
		{ .name = "_ctypes.CType_Type", .basic_bytes = 1088, .size = LG_SIZE_CTYPE,
		  .label = LG_LABEL_TYPE, .at = { 1064, 1072, 952, 976 },
		  .field = { { 984, "proto" }, { 1016, "argtypes" }, { 1024, "converters" },
			     { 1032, "restype" }, { 1040, "checker" }, { 1048, "module" } } },
		LG_THREE_FIELDS("sqlite3.Connection", 104, 72, "statement cache", 80, "cursors", 88,
				"blobs"),
		LG_THREE_FIELDS("_io.StringIO", 168, 120, "decoder", 128, "readnl", 136, "writenl"),
		{ .name = "" },
	},
};
