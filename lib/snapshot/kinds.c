/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leakgraph/snapshot.h"

const char *lg_ref_kind_word(uint8_t kind)
{
	static const char *const word[LG_REF_KIND_COUNT] = {
		[LG_REF_OTHER] = "other",     [LG_REF_ATTR] = "attribute",
		[LG_REF_KEY_STR] = "str key", [LG_REF_KEY_TYPE] = "key",
		[LG_REF_ITEM] = "item",       [LG_REF_DICT_KEY] = "dict key",
		[LG_REF_LOCAL] = "local",     [LG_REF_CELL] = "cell",
		[LG_REF_DEFAULT] = "default", [LG_REF_FRAME] = "frame",
		[LG_REF_DICT] = "dict",       [LG_REF_TYPE] = "type",
		[LG_REF_WEAK] = "weak",       [LG_REF_CONTEXT] = "context var",
	};

	return kind < LG_REF_KIND_COUNT ? word[kind] : word[LG_REF_OTHER];
}

const char *lg_root_kind_word(uint8_t kind)
{
	static const char *const word[LG_ROOT_KIND_COUNT] = {
		[LG_ROOT_OTHER] = "other",
		[LG_ROOT_MODULE] = "module",
		[LG_ROOT_CLASS] = "class",
		[LG_ROOT_THREAD] = "thread",
		[LG_ROOT_INTERPRETER] = "interpreter",
		[LG_ROOT_C_CODE] = "C code",
		[LG_ROOT_INTERNED] = "interned strings",
	};

	return kind < LG_ROOT_KIND_COUNT ? word[kind] : word[LG_ROOT_OTHER];
}
