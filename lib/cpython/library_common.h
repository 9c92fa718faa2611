/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_LIBRARY_COMMON_H
#define LG_CPYTHON_LIBRARY_COMMON_H

/*
 * Rows of known types that are the same in every version with a table. One that
 * moves in a version goes from here into each of library_3NN.c.
 */
#define LG_KNOWN_IN_ALL_VERSIONS \
	{ .name = "dict", .basic_bytes = 48, .size = LG_SIZE_DICT, .label = LG_LABEL_DICT }, \
	{ .name = "list", .basic_bytes = 40, .size = LG_SIZE_LIST, .label = LG_LABEL_LIST }, \
	{ .name = "tuple", .basic_bytes = 24, .label = LG_LABEL_TUPLE }, \
	{ .name = "set", .basic_bytes = 200, .size = LG_SIZE_SET, .label = LG_LABEL_ITEMS }, \
	{ .name = "frozenset", .basic_bytes = 200, .size = LG_SIZE_SET, \
	  .label = LG_LABEL_ITEMS }, \
	{ .name = "int", .basic_bytes = 24, .size = LG_SIZE_LONG }, \
	{ .name = "bytearray", .basic_bytes = 56, .size = LG_SIZE_BYTES_AT, .at = { 24 } }, \
	{ .name = "module", .basic_bytes = 56, .label = LG_LABEL_MODULE }, \
	{ .name = "cell", .basic_bytes = 24, .label = LG_LABEL_CELL }, \
	{ .name = "weakref.ReferenceType", .basic_bytes = 64, .label = LG_LABEL_WEAKREF }, \
	{ .name = "weakref.ProxyType", .basic_bytes = 64, .label = LG_LABEL_WEAKREF }, \
	{ .name = "weakref.CallableProxyType", .basic_bytes = 64, \
	  .label = LG_LABEL_WEAKREF }, \
	{ .name = "staticmethod", .basic_bytes = 32, .field = { { 24, "__dict__" } } }, \
	{ .name = "classmethod", .basic_bytes = 32, .field = { { 24, "__dict__" } } }, \
	{ .name = "builtin_function_or_method", .basic_bytes = 56, \
	  .field = { { 24, "__self__" }, { 32, "__module__" } } }, \
	{ .name = "mappingproxy", .basic_bytes = 24, .field = { { 16, "mapping" } } }, \
	{ .name = "BaseException", .basic_bytes = 72, \
	  .field = { { 24, "args" }, { 32, "__notes__" }, { 40, "__traceback__" }, \
		     { 48, "__context__" }, { 56, "__cause__" } } }, \
	{ .name = "collections.deque", .basic_bytes = 80, .size = LG_SIZE_DEQUE, \
	  .label = LG_LABEL_ITEMS, .at = { 40 } }, \
	{ .name = "collections.OrderedDict", .basic_bytes = 112, .size = LG_SIZE_ODICT, \
	  .label = LG_LABEL_ODICT, .at = { 72 } }, \
	{ .name = "functools._lru_cache_wrapper", .basic_bytes = 152, \
	  .label = LG_LABEL_LRU_CACHE, \
	  .field = { { 72, "cache" }, { 88, "__wrapped__" }, { 112, "keyword mark" }, \
		     { 120, "link type" }, { 128, "cache_info type" } } }, \
	{ .name = "functools.partial", .basic_bytes = 64, \
	  .field = { { 16, "func" }, { 24, "args" }, { 32, "keywords" } } }, \
	{ .name = "property", .basic_bytes = 56, \
	  .field = { { 16, "fget" }, { 24, "fset" }, { 32, "fdel" }, { 40, "__doc__" } } }, \
	/* pycore_context.h, and the mapping's nodes in pycore_hamt.h. */ \
	{ .name = "_contextvars.Context", .basic_bytes = 48, \
	  .field = { { 16, "prev" }, { 24, "variables" } } }, \
	{ .name = "hamt_bitmap_node", .basic_bytes = 32, .label = LG_LABEL_CONTEXT_NODE, \
	  .at = { 32 } }, \
	{ .name = "hamt_collision_node", .basic_bytes = 32, .label = LG_LABEL_CONTEXT_NODE, \
	  .at = { 32 } }, \
	{ .name = "_contextvars.ContextVar", .basic_bytes = 64, \
	  .label = LG_LABEL_CONTEXT_VAR, .at = { 16 }, \
	  .field = { { 16, "name" }, { 24, "default" } } }, \
	{ .name = "_contextvars.Token", .basic_bytes = 48, \
	  .field = { { 16, "context" }, { 24, "var" }, { 32, "old_value" } } }, \
	{ .name = "array.array", .basic_bytes = 64, .size = LG_SIZE_ARRAY, \
	  .at = { 32, 40, 4 } }, \
	{ .name = "_io.BytesIO", .basic_bytes = 64, .size = LG_SIZE_BYTESIO, \
	  .at = { 16 } }, \
	{ .name = "_io.BufferedReader", .basic_bytes = 152, .size = LG_SIZE_BUFFER, \
	  .at = { 56, 120 }, .field = { { 16, "raw" } } }, \
	{ .name = "_io.BufferedWriter", .basic_bytes = 152, .size = LG_SIZE_BUFFER, \
	  .at = { 56, 120 }, .field = { { 16, "raw" } } }, \
	{ .name = "_io.BufferedRandom", .basic_bytes = 152, .size = LG_SIZE_BUFFER, \
	  .at = { 56, 120 }, .field = { { 16, "raw" } } }, \
	{ .name = "_io.BufferedRWPair", .basic_bytes = 48, \
	  .field = { { 16, "reader" }, { 24, "writer" } } }, \
	{ .name = "_io.IncrementalNewlineDecoder", .basic_bytes = 40, \
	  .field = { { 16, "decoder" }, { 24, "errors" } } }, \
	{ .name = "_struct.Struct", .basic_bytes = 56, .size = LG_SIZE_STRUCT, \
	  .at = { 32 }, .field = { { 40, "format" } } }, \
	{ .name = "xml.etree.ElementTree.Element", .basic_bytes = 56, \
	  .size = LG_SIZE_ELEMENT, .label = LG_LABEL_ELEMENT, .at = { 40, 24, 32, 16 }, \
	  .field = { { 16, "tag" }, { 24, "text" }, { 32, "tail" } } }, \
	{ .name = "decimal.Decimal", .basic_bytes = 104, .size = LG_SIZE_DECIMAL, \
	  .at = { 24, 56 } }, \
	{ .name = "itertools.product", .basic_bytes = 48, .size = LG_SIZE_PRODUCT, \
	  .at = { 16 }, .field = { { 16, "pools" }, { 32, "result" } } }, \
	{ .name = "itertools.combinations", .basic_bytes = 56, .size = LG_SIZE_WORDS_AT, \
	  .at = { 40 }, .field = { { 16, "pool" }, { 32, "result" } } }, \
	{ .name = "itertools.combinations_with_replacement", .basic_bytes = 56, \
	  .size = LG_SIZE_WORDS_AT, .at = { 40 }, \
	  .field = { { 16, "pool" }, { 32, "result" } } }, \
	{ .name = "itertools.permutations", .basic_bytes = 64, \
	  .size = LG_SIZE_PERMUTATIONS, .at = { 16, 48 }, \
	  .field = { { 16, "pool" }, { 40, "result" } } }, \
	{ .name = "numpy.ndarray", .basic_bytes = 80, .size = LG_SIZE_NDARRAY, \
	  .label = LG_LABEL_NDARRAY, .at = { 16, 24, 32, 56, 64 }, \
	  .field = { { 48, "base" }, { 56, "dtype" } } },

/* greenlet 2 and 3: the state of an exception, which stands before the frame, is smaller from 3.11 on. */
#define LG_GREENLET(frame) \
	{ .name = "greenlet.greenlet", .basic_bytes = 40, .label = LG_LABEL_GREENLET, \
	  .at = { 32, frame, 32 } }

/* Rows that 3.8, 3.9 and 3.10 share. A name that a version has otherwise is of no object there. */
#define LG_KNOWN_BEFORE_311 \
	{ .name = "str", .basic_bytes = 80, .size = LG_SIZE_STR, .label = LG_LABEL_STR }, \
	{ .name = "code", .basic_bytes = 176, .size = LG_SIZE_CODE, .label = LG_LABEL_CODE }, \
	{ .name = "weakref", .basic_bytes = 56, .label = LG_LABEL_WEAKREF }, \
	{ .name = "weakproxy", .basic_bytes = 56, .label = LG_LABEL_WEAKREF }, \
	{ .name = "weakcallableproxy", .basic_bytes = 56, .label = LG_LABEL_WEAKREF }, \
	{ .name = "weakref.ReferenceType", .basic_bytes = 56, .label = LG_LABEL_WEAKREF }, \
	{ .name = "weakref.ProxyType", .basic_bytes = 56, .label = LG_LABEL_WEAKREF }, \
	{ .name = "weakref.CallableProxyType", .basic_bytes = 56, \
	  .label = LG_LABEL_WEAKREF }, \
	{ .name = "BaseException", .basic_bytes = 64, \
	  .field = { { 24, "args" }, { 32, "__traceback__" }, { 40, "__context__" }, \
		     { 48, "__cause__" } } }, \
	{ .name = "functools._lru_cache_wrapper", .basic_bytes = 128, \
	  .label = LG_LABEL_LRU_CACHE, \
	  .field = { { 72, "cache" }, { 88, "__wrapped__" }, { 112, "cache_info type" } } }, \
	{ .name = "functools._lru_list_elem", .basic_bytes = 56, .label = LG_LABEL_LRU_LINK }, \
	{ .name = "TaskStepMethWrapper", .basic_bytes = 32, \
	  .field = { { 16, "task" }, { 24, "argument" } } }, \
	{ .name = "TaskWakeupMethWrapper", .basic_bytes = 24, .field = { { 16, "task" } } }, \
	/* Without tp_traverse in 3.8. */ \
	{ .name = "_abc_data", .basic_bytes = 48, \
	  .field = { { 16, "registry" }, { 24, "cache" }, { 32, "negative cache" } } }, \
	{ .name = "Context", .basic_bytes = 48, \
	  .field = { { 16, "prev" }, { 24, "variables" } } }, \
	{ .name = "ContextVar", .basic_bytes = 64, .label = LG_LABEL_CONTEXT_VAR, .at = { 16 }, \
	  .field = { { 16, "name" }, { 24, "default" } } }, \
	{ .name = "Token", .basic_bytes = 48, \
	  .field = { { 16, "context" }, { 24, "var" }, { 32, "old_value" } } }, \
	{ .name = "Struct", .basic_bytes = 56, .size = LG_SIZE_STRUCT, .at = { 32 } }, \
	/* The dicts stand under weak references to what each thread's own dict holds. */ \
	{ .name = "_thread._local", .basic_bytes = 64, \
	  .field = { { 24, "args" }, { 32, "keywords" }, { 48, "thread_dicts" }, \
		     { 56, "callback" } } }, \
	{ .name = "_pickle.Pickler", .basic_bytes = 152, .size = LG_SIZE_PICKLER, \
	  .label = LG_LABEL_ITEMS, .at = { 16, 16, 64 }, \
	  .field = { { 24, "persistent_id" }, { 40, "dispatch_table" }, \
		     { 48, "reducer_override" }, { 56, "write" }, \
		     { 144, "buffer_callback" } } }, \
	{ .name = "_pickle.Unpickler", .basic_bytes = 272, .size = LG_SIZE_UNPICKLER, \
	  .label = LG_LABEL_ITEMS, .at = { 24, 32, 240, 256, 152, 224, 232 }, \
	  .field = { { 16, "stack" }, { 48, "persistent_load" }, { 184, "read" }, \
		     { 192, "readinto" }, { 200, "readline" }, { 208, "peek" }, \
		     { 216, "buffers" } } }, \
	{ .name = "StgDict", .basic_bytes = 192, .size = LG_SIZE_STGDICT, \
	  .label = LG_LABEL_DICT, .at = { 168, 176, 64, 88, 192 }, \
	  .field = { { 128, "argtypes" }, { 136, "converters" }, { 144, "restype" }, \
		     { 152, "checker" } } }, \
	LG_GREENLET(112),

#endif
