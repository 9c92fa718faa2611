/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff/warm_up.h"

/* The holder ("" any: a step of this name is a cache wherever it stands) and the step below it. */
static const struct {
	const char *root, *label;
} cache[] = {
	/* of compiled expressions, lines of source, found modules, codecs and formats */
	{"module re", "._cache"},
	{"module re", "._cache2"},
	{"module sre_compile", "._cache"},
	{"module linecache", ".cache"},
	{"module linecache", "._interactive_cache"},
	{"module sys", ".path_importer_cache"},
	{"module importlib._bootstrap", "._module_locks"},
	{"module importlib._bootstrap", "._blocking_on"},
	{"module encodings", "._cache"},
	{"module _strptime", "._regex_cache"},
	{"module _strptime", "._TimeRE_cache"},
	{"module ctypes", "._pointer_type_cache"},
	{"module ctypes", "._c_functype_cache"},
	{"module ctypes", "._win_functype_cache"},
	{"module _ctypes", "._pointer_type_cache"},
	{"module urllib.parse", "._parse_cache"},
	{"module mimetypes", "._db"},
	{"module zoneinfo", "->"},
	/* of isinstance() on abstract classes, of warnings given once, of a logger's levels */
	{"", "._abc_impl"},
	{"", ".__warningregistry__"},
	{"", "->_abc_cache"},
	{"", "->_abc_negative_cache"},
};

/* Tables of the interpreter that grow with the code that has run, as roots. */
static const char *const table[] = {
	"interned strings",
	"interpreter codec cache",
	"interpreter codec search path",
};

/* A function's memory of its own answers, in a module of the library. */
static bool is_library_memo(const struct lg_diff_union *u, const struct lg_path_row *row)
{
	static const char *const module[] = {
		"module typing", "module re", "module fnmatch", "module tokenize", "module inspect",
		"module ipaddress", "module urllib.parse", "module enum", "module locale",
		"module dataclasses", "module functools", "module importlib.metadata",
	};

	if (!lg_diff_is_word(u, row->type, "functools._lru_cache_wrapper"))
		return false;
	for (size_t i = 0; i < sizeof module / sizeof *module; i++)
		if (lg_diff_is_word(u, u->paths.row[row->parent].label, module[i]))
			return true;
	return false;
}

bool lg_diff_is_warm_up(const struct lg_diff_union *u, uint32_t at)
{
	const struct lg_path_row *row = &u->paths.row[at], *above;

	if (row->parent == LG_NONE) {
		for (size_t i = 0; i < sizeof table / sizeof *table; i++)
			if (lg_diff_is_word(u, row->label, table[i]))
				return true;
		return false;
	}
	above = &u->paths.row[row->parent];
	for (size_t i = 0; i < sizeof cache / sizeof *cache; i++)
		if (lg_diff_is_word(u, row->label, cache[i].label) &&
		    (!cache[i].root[0] ||
		     (above->parent == LG_NONE && lg_diff_is_word(u, above->label, cache[i].root))))
			return true;
	return is_library_memo(u, row);
}
