/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CPYTHON_LIBRARY_TYPES_H
#define LG_CPYTHON_LIBRARY_TYPES_H

/*
 * Rows of known types that are the same in every version with a table: what
 * iterators, wrappers and the library's own objects keep, named as their source
 * names it. Where a type has grown, the larger structure stands first, since the
 * first row that fits is taken. One that moves in a version goes from here into
 * each of library_3NN.c.
 */
#define LG_ONE_FIELD(type, bytes, at, text) \
	{ .name = type, .basic_bytes = bytes, .field = { { at, text } } }
#define LG_TWO_FIELDS(type, bytes, at, text, at2, text2) \
	{ .name = type, .basic_bytes = bytes, .field = { { at, text }, { at2, text2 } } }
#define LG_THREE_FIELDS(type, bytes, at, text, at2, text2, at3, text3) \
	{ .name = type, .basic_bytes = bytes, \
	  .field = { { at, text }, { at2, text2 }, { at3, text3 } } }

#define LG_KNOWN_ITERATORS \
	LG_ONE_FIELD("list_iterator", 32, 24, "iterable"), \
	LG_ONE_FIELD("list_reverseiterator", 32, 24, "iterable"), \
	LG_ONE_FIELD("tuple_iterator", 32, 24, "iterable"), \
	LG_ONE_FIELD("str_iterator", 32, 24, "iterable"), \
	LG_ONE_FIELD("str_ascii_iterator", 32, 24, "iterable"), \
	LG_ONE_FIELD("bytes_iterator", 32, 24, "iterable"), \
	LG_ONE_FIELD("bytearray_iterator", 32, 24, "iterable"), \
	LG_ONE_FIELD("memory_iterator", 48, 24, "iterable"), \
	LG_ONE_FIELD("iterator", 32, 24, "iterable"), \
	LG_ONE_FIELD("set_iterator", 48, 16, "iterable"), \
	LG_TWO_FIELDS("dict_keyiterator", 56, 16, "iterable", 40, "result"), \
	LG_TWO_FIELDS("dict_valueiterator", 56, 16, "iterable", 40, "result"), \
	LG_TWO_FIELDS("dict_itemiterator", 56, 16, "iterable", 40, "result"), \
	LG_TWO_FIELDS("dict_reversekeyiterator", 56, 16, "iterable", 40, "result"), \
	LG_TWO_FIELDS("dict_reversevalueiterator", 56, 16, "iterable", 40, "result"), \
	LG_TWO_FIELDS("dict_reverseitemiterator", 56, 16, "iterable", 40, "result"), \
	LG_THREE_FIELDS("odict_iterator", 64, 24, "iterable", 48, "key", 56, "result"), \
	LG_ONE_FIELD("dict_keys", 24, 16, "mapping"), \
	LG_ONE_FIELD("dict_values", 24, 16, "mapping"), \
	LG_ONE_FIELD("dict_items", 24, 16, "mapping"), \
	LG_ONE_FIELD("odict_keys", 24, 16, "mapping"), \
	LG_ONE_FIELD("odict_values", 24, 16, "mapping"), \
	LG_ONE_FIELD("odict_items", 24, 16, "mapping"), \
	LG_ONE_FIELD("keys", 168, 16, "mapping"), \
	LG_ONE_FIELD("values", 168, 16, "mapping"), \
	LG_ONE_FIELD("items", 168, 16, "mapping"), \
	LG_ONE_FIELD("_collections._deque_iterator", 56, 32, "iterable"), \
	LG_ONE_FIELD("_collections._deque_reverse_iterator", 56, 32, "iterable"), \
	LG_ONE_FIELD("collections._deque_iterator", 56, 32, "iterable"), \
	LG_ONE_FIELD("collections._deque_reverse_iterator", 56, 32, "iterable"), \
	LG_ONE_FIELD("array.arrayiterator", 40, 24, "iterable"), \
	LG_ONE_FIELD("generic_alias_iterator", 24, 16, "alias"), \
	LG_TWO_FIELDS("_struct.unpack_iterator", 112, 16, "struct", 32, "buffer"), \
	LG_TWO_FIELDS("_elementtree._element_iterator", 64, 40, "root", 48, "tag"), \
	LG_TWO_FIELDS("callable_iterator", 32, 16, "callable", 24, "sentinel"), \
	LG_ONE_FIELD("reversed", 32, 24, "sequence"), \
	LG_THREE_FIELDS("enumerate", 48, 24, "iterator", 32, "result", 40, "index"), \
	LG_TWO_FIELDS("zip", 40, 24, "iterators", 32, "result"), \
	LG_TWO_FIELDS("map", 32, 16, "iterators", 24, "function"), \
	LG_TWO_FIELDS("filter", 32, 16, "function", 24, "iterator"), \
	/* With the index, or with a start that moves in its place. */ \
	{ .name = "longrange_iterator", .basic_bytes = 48, \
	  .field = { { 16, "index" }, { 24, "start" }, { 32, "step" }, { 40, "length" } } }, \
	LG_THREE_FIELDS("longrange_iterator", 40, 16, "start", 24, "step", 32, "length"), \
	LG_TWO_FIELDS("itertools.count", 40, 24, "count", 32, "step"), \
	LG_TWO_FIELDS("itertools.cycle", 40, 16, "iterator", 24, "saved"), \
	LG_ONE_FIELD("itertools.repeat", 32, 16, "element"), \
	LG_TWO_FIELDS("itertools.chain", 32, 16, "source", 24, "active"), \
	LG_ONE_FIELD("itertools.islice", 56, 16, "iterator"), \
	LG_TWO_FIELDS("itertools.takewhile", 40, 16, "predicate", 24, "iterator"), \
	LG_TWO_FIELDS("itertools.dropwhile", 40, 16, "predicate", 24, "iterator"), \
	LG_TWO_FIELDS("itertools.filterfalse", 32, 16, "predicate", 24, "iterator"), \
	LG_TWO_FIELDS("itertools.starmap", 32, 16, "function", 24, "iterator"), \
	LG_TWO_FIELDS("itertools.compress", 32, 16, "data", 24, "selectors"), \
	LG_THREE_FIELDS("itertools.pairwise", 32, 16, "iterator", 24, "old", 32, "result"), \
	LG_ONE_FIELD("itertools.batched", 32, 16, "iterator"), \
	{ .name = "itertools.accumulate", .basic_bytes = 48, \
	  .field = { { 16, "total" }, { 24, "iterator" }, { 32, "function" }, \
		     { 40, "initial" } } }, \
	{ .name = "itertools.groupby", .basic_bytes = 64, \
	  .field = { { 16, "iterator" }, { 24, "key function" }, { 32, "target key" }, \
		     { 40, "current key" }, { 48, "current value" } } }, \
	LG_TWO_FIELDS("itertools._grouper", 32, 16, "groupby", 24, "key"), \
	LG_THREE_FIELDS("itertools.zip_longest", 56, 32, "iterators", 40, "result", 48, \
			"fillvalue"), \
	LG_ONE_FIELD("itertools._tee", 40, 16, "data"), \
	{ .name = "itertools._tee_dataobject", .basic_bytes = 496, .label = LG_LABEL_ITEMS, \
	  .field = { { 16, "iterator" }, { 32, "next" } } }

#define LG_KNOWN_OF_THE_LANGUAGE \
	{ .name = "property", .basic_bytes = 64, \
	  .field = { { 16, "fget" }, { 24, "fset" }, { 32, "fdel" }, { 40, "__doc__" }, \
		     { 48, "__name__" } } }, \
	LG_ONE_FIELD("builtin_method", 64, 56, "defining class"), \
	LG_TWO_FIELDS("method-wrapper", 32, 16, "descriptor", 24, "__self__"), \
	LG_ONE_FIELD("instancemethod", 24, 16, "__func__"), \
	LG_ONE_FIELD("wrapper_descriptor", 40, 32, "__qualname__"), \
	LG_ONE_FIELD("method_descriptor", 40, 32, "__qualname__"), \
	LG_ONE_FIELD("classmethod_descriptor", 40, 32, "__qualname__"), \
	LG_ONE_FIELD("getset_descriptor", 40, 32, "__qualname__"), \
	LG_ONE_FIELD("member_descriptor", 40, 32, "__qualname__"), \
	LG_ONE_FIELD("memoryview", 144, 24, "managed buffer"), \
	LG_ONE_FIELD("managedbuffer", 112, 40, "obj"), \
	LG_ONE_FIELD("range", 48, 40, "length"), \
	LG_ONE_FIELD("traceback", 40, 16, "tb_next"), \
	LG_ONE_FIELD("types.GenericAlias", 40, 32, "__parameters__"), \
	LG_ONE_FIELD("types.UnionType", 32, 24, "__parameters__"), \
	LG_ONE_FIELD("symtable entry", 120, 56, "directives"), \
	LG_ONE_FIELD("coroutine_wrapper", 24, 16, "coroutine"), \
	LG_TWO_FIELDS("anext_awaitable", 32, 16, "wrapped", 24, "default"), \
	LG_TWO_FIELDS("async_generator_asend", 40, 16, "generator", 24, "value"), \
	LG_TWO_FIELDS("async_generator_athrow", 40, 16, "generator", 24, "args"), \
	LG_ONE_FIELD("async_generator_wrapped_value", 24, 16, "value"), \
	{ .name = "typing.TypeVar", .basic_bytes = 80, \
	  .field = { { 24, "__bound__" }, { 32, "evaluate_bound" }, { 40, "__constraints__" }, \
		     { 48, "evaluate_constraint" }, { 56, "__default__" }, \
		     { 64, "evaluate_default" } } }, \
	{ .name = "typing.TypeVar", .basic_bytes = 64, \
	  .field = { { 24, "__bound__" }, { 32, "evaluate_bound" }, { 40, "__constraints__" }, \
		     { 48, "evaluate_constraint" } } }, \
	LG_THREE_FIELDS("typing.ParamSpec", 56, 24, "__bound__", 32, "__default__", 40, \
			"evaluate_default"), \
	LG_ONE_FIELD("typing.ParamSpec", 40, 24, "__bound__"), \
	LG_TWO_FIELDS("typing.TypeVarTuple", 40, 24, "__default__", 32, "evaluate_default"), \
	{ .name = "typing.TypeAliasType", .basic_bytes = 56, \
	  .field = { { 24, "__type_params__" }, { 32, "compute_value" }, { 40, "__value__" }, \
		     { 48, "__module__" } } }, \
	{ .name = "hamt", .basic_bytes = 40, .field = { { 16, "root" } } }, \
	{ .name = "hamt_array_node", .label = LG_LABEL_ITEMS }

#define LG_KNOWN_OF_THE_LIBRARY \
	LG_THREE_FIELDS("_abc._abc_data", 40, 16, "_abc_registry", 24, "_abc_cache", 32, \
			"_abc_negative_cache"), \
	{ .name = "functools._lru_list_elem", .basic_bytes = 56, .label = LG_LABEL_LRU_LINK }, \
	LG_TWO_FIELDS("functools.KeyWrapper", 32, 16, "cmp", 24, "obj"), \
	LG_ONE_FIELD("operator.itemgetter", 40, 24, "item"), \
	LG_ONE_FIELD("operator.attrgetter", 32, 24, "attr"), \
	LG_THREE_FIELDS("operator.methodcaller", 40, 16, "name", 24, "args", 32, "kwds"), \
	LG_THREE_FIELDS("re.Pattern", 80, 32, "groupindex", 40, "indexgroup", 48, "pattern"), \
	LG_TWO_FIELDS("_sre.SRE_Scanner", 64, 16, "pattern", 56, "string"), \
	{ .name = "re.Template", .label = LG_LABEL_ITEMS }, \
	{ .name = "_sre.SRE_Template", .label = LG_LABEL_ITEMS }, \
	LG_ONE_FIELD("_csv.Dialect", 48, 40, "lineterminator"), \
	LG_TWO_FIELDS("_csv.reader", 72, 16, "input", 32, "fields"), \
	LG_TWO_FIELDS("_csv.writer", 72, 16, "write", 64, "error"), \
	LG_ONE_FIELD("_json.Scanner", 72, 64, "memo"), \
	{ .name = "_queue.SimpleQueue", .basic_bytes = 56, .label = LG_LABEL_ITEMS }, \
	LG_ONE_FIELD("_pickle.PicklerMemoProxy", 24, 16, "pickler"), \
	LG_ONE_FIELD("_pickle.UnpicklerMemoProxy", 24, 16, "unpickler"), \
	{ .name = "_pickle.Pdata", .label = LG_LABEL_ITEMS }, \
	LG_ONE_FIELD("pickle.PickleBuffer", 32, 24, "obj"), \
	{ .name = "_io.TextIOWrapper", .basic_bytes = 192, \
	  .field = { { 32, "buffer" }, { 40, "encoding" }, { 48, "encoder" }, { 56, "decoder" }, \
		     { 64, "newline" }, { 72, "errors" }, { 120, "decoded_chars" }, \
		     { 136, "pending_bytes" }, { 152, "snapshot" }, { 168, "raw" } } }, \
	LG_ONE_FIELD("_io._BytesIOBuffer", 24, 16, "source"), \
	LG_TWO_FIELDS("datetime.timezone", 32, 16, "offset", 24, "name"), \
	{ .name = "datetime.datetime", .basic_bytes = 48, .label = LG_LABEL_TZINFO, \
	  .at = { 24, 40 } }, \
	{ .name = "datetime.time", .basic_bytes = 40, .label = LG_LABEL_TZINFO, \
	  .at = { 24, 32 } }, \
	LG_TWO_FIELDS("zoneinfo.ZoneInfo", 208, 16, "key", 24, "file"), \
	LG_TWO_FIELDS("decimal.Context", 80, 64, "traps", 72, "flags"), \
	LG_TWO_FIELDS("decimal.ContextManager", 32, 16, "local", 24, "global"), \
	{ .name = "_ssl._SSLSocket", .basic_bytes = 64, \
	  .field = { { 16, "socket" }, { 32, "context" }, { 48, "owner" }, \
		     { 56, "server_hostname" } } }, \
	LG_THREE_FIELDS("zlib.Compress", 160, 128, "unused_data", 136, "unconsumed_tail", 152, \
			"zdict"), \
	LG_THREE_FIELDS("zlib.Decompress", 160, 128, "unused_data", 136, "unconsumed_tail", \
			152, "zdict"), \
	LG_ONE_FIELD("_asyncio.FutureIter", 24, 16, "future"), \
	LG_TWO_FIELDS("_asyncio.TaskStepMethWrapper", 32, 16, "task", 24, "exception"), \
	LG_TWO_FIELDS("TaskStepMethWrapper", 32, 16, "task", 24, "exception"), \
	LG_THREE_FIELDS("_ctypes.CThunkObject", 104, 80, "converters", 88, "callable", 96, \
			"restype"), \
	{ .name = "_ctypes.CFuncPtr", .basic_bytes = 152, LG_CFUNCPTR_FIELDS }, \
	{ .name = "_ctypes.PyCFuncPtr", .basic_bytes = 152, LG_CFUNCPTR_FIELDS }, \
	LG_ONE_FIELD("_ctypes.CField", 48, 40, "proto"), \
	LG_TWO_FIELDS("_ctypes.DictRemover", 32, 16, "key", 24, "dict"), \
	LG_TWO_FIELDS("sqlite3.Row", 32, 16, "data", 24, "description"), \
	LG_ONE_FIELD("sqlite3.Blob", 24, 16, "connection"), \
	LG_TWO_FIELDS("sqlite3.Cursor", 80, 32, "converters", 72, "statement"), \
	{ .name = "xml.etree.ElementTree.TreeBuilder", .basic_bytes = 144, \
	  .field = { { 16, "root" }, { 24, "this" }, { 32, "last" }, { 40, "last for tail" }, \
		     { 48, "data" }, { 56, "stack" }, { 72, "element factory" }, \
		     { 80, "comment factory" }, { 88, "pi factory" }, { 96, "events" }, \
		     { 104, "start event" }, { 112, "end event" } } }, \
	{ .name = "xml.etree.ElementTree.XMLParser", .basic_bytes = 120, \
	  .field = { { 24, "target" }, { 32, "entity" }, { 40, "names" }, { 64, "start" }, \
		     { 72, "data" }, { 80, "end" }, { 88, "comment" }, { 96, "pi" }, \
		     { 104, "doctype" }, { 112, "close" } } }, \
	LG_THREE_FIELDS("numpy.ufunc", 232, 88, "obj", 96, "userloops", 224, "loops"), \
	{ .name = "numpy._ArrayFunctionDispatcher", .basic_bytes = 64, \
	  .field = { { 32, "relevant_arg_func" }, { 40, "implementation" }, \
		     { 48, "dispatcher name" }, { 56, "__name__" } } }, \
	{ .name = "numpy.void", .basic_bytes = 64, .size = LG_SIZE_VOID, \
	  .at = { 24, 32, 40 }, .field = { { 32, "dtype" }, { 48, "base" } } }, \
	{ .name = "numpy.dtype", .basic_bytes = 88, .label = LG_LABEL_DTYPE }, \
	/* greenlet 0 and 1; from 2 on all is in a structure of C++ (library_3NN.c). */ \
	{ .name = "greenlet.greenlet", .basic_bytes = 120, .label = LG_LABEL_GREENLET, \
	  .at = { 0, 72, 40 }, .field = { { 56, "parent" }, { 64, "run" } } }, \
	/* Cython 0.29; others have their version in the name. */ \
	{ .name = "cython_function_or_method", .basic_bytes = 184, \
	  .field = { { 32, "__module__" }, { 56, "__dict__" }, { 64, "__name__" }, \
		     { 72, "__qualname__" }, { 80, "__doc__" }, { 88, "__globals__" }, \
		     { 96, "__code__" }, { 104, "closure" }, { 152, "__defaults__" }, \
		     { 160, "__kwdefaults__" }, { 176, "__annotations__" } } }

#define LG_CFUNCPTR_FIELDS \
	.field = { { 96, "thunk" }, { 104, "callable" }, { 112, "converters" }, \
		   { 120, "argtypes" }, { 128, "restype" }, { 136, "checker" }, \
		   { 144, "errcheck" } }

#define LG_KNOWN_LIBRARY_TYPES \
	LG_KNOWN_ITERATORS, LG_KNOWN_OF_THE_LANGUAGE, LG_KNOWN_OF_THE_LIBRARY,

#endif
