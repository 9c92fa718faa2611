/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpython/library_common.h"
#include "cpython/library_tables.h"
#include "cpython/library_types.h"

/*
 * CPython 3.14, 64-bit: the structures of Objects/ and Modules/, as 3.14.0 has them.
 */
const struct lg_library lg_library_314 = {
	.version = 0x030e,

	.type = { .members = 240, .heap_tpname = 896, .static_bytes = 416,
		  .static_without_header = true },
	.member = { .bytes = 40, .name = 0, .type = 8, .offset = 16, .type_object = 6,
		    .type_object_ex = 16 },
	.module = { .definition = 24, .copy = 32, .state_bytes = 56 },
	.keys = { .bytes = 32, .refcount = 0 },
	.code = { .extra = 200, .extra_slot_bytes = 8 },
	.unicode = { .ascii_bytes = 40, .compact_bytes = 56, .any_bytes = 64, .utf8 = 48,
		     .utf8_length = 40, .wstr = LG_NO_FIELD, .wstr_length = LG_NO_FIELD },
	.integer = { .digits = 24, .digit_bytes = 4 },
	.deque = { .block_items = 64, .block_bytes = 528, .most = 64 },
	.odict = { .first = 48, .key = 0, .next = 16, .node_bytes = 32, .inst_dict = 96 },
	.lru = { .root_next = 24, .key = 40, .result = 48, .type = 8, .most = 96 },
	.structure = { .code_bytes = 32 },
	.element = { .extra_bytes = 64 },
	.decimal = { .data_flags = 32 | 64 | 128 },
	.pickler = { .memo_bytes = 32, .entry_bytes = 16 },
	.generator = { .exc_value = 40, .exc_count = 1 },
	.task = { .name = 136, .coro = 128 },
	.bytes = { .data = 32 },
	/* NumPy 1 and 2: PyArray_Descr differs, PyArrayObject does not (ndarraytypes.h). */
	.ndarray = { .type_num = 28, .item_bytes_1 = 32, .alignment_1 = 36, .item_bytes_2 = 40,
		     .object = 17, .owns_data = 4 },

	.known = {
		LG_KNOWN_LIBRARY_TYPES
		LG_KNOWN_IN_ALL_VERSIONS
		{ .name = "type", .basic_bytes = 416, .size = LG_SIZE_TYPE, .label = LG_LABEL_TYPE },
		{ .name = "str", .basic_bytes = 64, .size = LG_SIZE_STR, .label = LG_LABEL_STR },
		{ .name = "function", .basic_bytes = 152, .label = LG_LABEL_FUNCTION },
		{ .name = "code", .basic_bytes = 208, .size = LG_SIZE_CODE, .label = LG_LABEL_CODE },
		{ .name = "frame", .basic_bytes = 72, .size = LG_SIZE_FRAME,
		  .label = LG_LABEL_FRAME },
		{ .name = "generator", .basic_bytes = 152, .size = LG_SIZE_GENERATOR,
		  .label = LG_LABEL_GENERATOR },
		{ .name = "coroutine", .basic_bytes = 152, .size = LG_SIZE_GENERATOR,
		  .label = LG_LABEL_GENERATOR, .field = { { 56, "cr_origin" } } },
		{ .name = "async_generator", .basic_bytes = 152, .size = LG_SIZE_GENERATOR,
		  .label = LG_LABEL_GENERATOR, .field = { { 56, "finalizer" } } },
		/* The dicts stand under weak references to what each thread's own dict holds. */
		{ .name = "_thread._local", .basic_bytes = 56,
		  .field = { { 16, "args" }, { 24, "keywords" }, { 40, "thread_dicts" },
			     { 48, "watchdogs" } } },
		{ .name = "_asyncio.Future", .basic_bytes = 112,
		  .field = { { 16, "loop" }, { 24, "callback" }, { 32, "context" },
			     { 40, "callbacks" }, { 48, "exception" }, { 56, "traceback" },
			     { 64, "result" }, { 72, "source_traceback" },
			     { 80, "cancel message" }, { 96, "awaited_by" } } },
		{ .name = "_asyncio.Task", .basic_bytes = 168,
		  .field = { { 16, "loop" }, { 24, "callback" }, { 40, "callbacks" },
			     { 48, "exception" }, { 56, "traceback" }, { 64, "result" },
			     { 72, "source_traceback" }, { 80, "cancel message" },
			     { 96, "awaited_by" }, { 120, "waiter" }, { 128, "coro" },
			     { 136, "name" }, { 144, "context" } } },
		{ .name = "_pickle.Pickler", .basic_bytes = 152, .size = LG_SIZE_PICKLER,
		  .label = LG_LABEL_ITEMS, .at = { 16, 16, 64 },
		  .field = { { 24, "persistent_id" }, { 32, "persistent_id attr" },
			     { 40, "dispatch_table" }, { 48, "reducer_override" },
			     { 56, "write" }, { 144, "buffer_callback" } } },
		/* 3.14.8, and before. */
		{ .name = "_pickle.Unpickler", .basic_bytes = 296, .size = LG_SIZE_UNPICKLER,
		  .label = LG_LABEL_ITEMS, .at = { 24, 32, 256, 272, 152, 240, 248 },
		  .field = { { 16, "stack" }, { 48, "persistent_load" },
			     { 56, "persistent_load attr" }, { 200, "read" },
			     { 208, "readinto" }, { 216, "readline" }, { 224, "peek" },
			     { 232, "buffers" } } },
		{ .name = "_pickle.Unpickler", .basic_bytes = 272, .size = LG_SIZE_UNPICKLER,
		  .label = LG_LABEL_ITEMS, .at = { 24, 32, 240, 256, 152, 224, 232 },
		  .field = { { 16, "stack" }, { 48, "persistent_load" },
			     { 56, "persistent_load attr" }, { 184, "read" },
			     { 192, "readinto" }, { 200, "readline" }, { 208, "peek" },
			     { 216, "buffers" } } },
		{ .name = "_ctypes.CType_Type", .basic_bytes = 1120, .size = LG_SIZE_CTYPE,
		  .label = LG_LABEL_TYPE, .at = { 1088, 1096, 968, 992 },
		  .field = { { 1000, "proto" }, { 1032, "argtypes" }, { 1040, "converters" },
			     { 1048, "restype" }, { 1056, "checker" },
			     { 1064, "pointer_type" }, { 1072, "module" } } },
		LG_THREE_FIELDS("sqlite3.Connection", 104, 72, "statement cache", 80, "cursors", 88,
				"blobs"),
		LG_THREE_FIELDS("_io.StringIO", 120, 72, "decoder", 80, "readnl", 88, "writenl"),
		{ .name = "" },
	},
};
