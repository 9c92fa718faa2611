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

#endif
