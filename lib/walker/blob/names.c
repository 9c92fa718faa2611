/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walker/blob/blob.h"

/* Arrays and not pointers: a table of pointers would need relocations. */
static const char fixed[FIXED_NAMES][24] = {
	[NAME_CODE] = "__code__",
	[NAME_GLOBALS] = "__globals__",
	[NAME_BUILTINS] = "__builtins__",
	[NAME_MODULE] = "__module__",
	[NAME_DEFAULTS] = "__defaults__",
	[NAME_KWDEFAULTS] = "__kwdefaults__",
	[NAME_DOC] = "__doc__",
	[NAME_NAME] = "__name__",
	[NAME_QUALNAME] = "__qualname__",
	[NAME_CLOSURE] = "__closure__",
	[NAME_ANNOTATIONS] = "__annotations__",
	[NAME_BASES] = "__bases__",
	[NAME_BASE] = "__base__",
	[NAME_MRO] = "__mro__",
	[NAME_CACHE] = "type cache",
	[NAME_SUBCLASSES] = "__subclasses__",
	[NAME_SLOTS] = "__slots__",
	[NAME_CO_CONSTS] = "co_consts",
	[NAME_CO_NAMES] = "co_names",
	[NAME_CO_EXCEPTIONTABLE] = "co_exceptiontable",
	[NAME_CO_LOCALSPLUSNAMES] = "co_varnames",
	[NAME_CO_LOCALSPLUSKINDS] = "kinds of variables",
	[NAME_CO_FILENAME] = "co_filename",
	[NAME_CO_NAME] = "co_name",
	[NAME_CO_QUALNAME] = "co_qualname",
	[NAME_CO_LINETABLE] = "co_linetable",
	[NAME_CO_CODE] = "co_code",
	[NAME_FRAME] = "frame object",
	[NAME_F_LOCALS] = "f_locals",
	[NAME_F_FUNC] = "function",
	[NAME_F_BACK] = "f_back",
	[NAME_F_TRACE] = "f_trace",
	[NAME_EXCEPTION] = "handled exception",
	[NAME_CALLBACK] = "__callback__",
	[NAME_SELF] = "__self__",
	[NAME_FUNC] = "__func__",
	[NAME_TYPE_PARAMS] = "__type_params__",
	[NAME_ANNOTATE] = "__annotate__",
	[NAME_CO_CACHED] = "cached attribute",
	[NAME_COPY] = "m_copy",
	[NAME_MODULE_STATE] = "module state",
	[NAME_LINK] = "link",
	[NAME_LINK_TYPE] = "link type",
	[NAME_TZINFO] = "tzinfo",
	[NAME_ATTRIB] = "attrib",
	[NAME_FIELDS] = "fields",
	[NAME_NAMES] = "names",
	[NAME_METADATA] = "metadata",
	[NAME_BASE_DTYPE] = "base",
	[NAME_SHAPE] = "shape",
	[NAME_AWAITS] = "awaits",
	[NAME_STACK] = "evaluation stack",
	[NAME_CO_FREEVARS] = "co_freevars",
	[NAME_CO_CELLVARS] = "co_cellvars",
	[NAME_F_GLOBALS] = "f_globals",
	[NAME_F_BUILTINS] = "f_builtins",
};

static uint32_t length_of(const char *text, uint32_t capacity)
{
	uint32_t n = 0;

	while (n < capacity && text[n])
		n++;
	return n;
}

uint32_t blob_fixed_name(struct lg_walker *w, enum fixed_name name)
{
	uint32_t number = LG_WALKER_TEXT | (uint32_t)name;

	if (!(w->fixed_sent[name / 32] >> name % 32 & 1)) {
		w->fixed_sent[name / 32] |= 1u << name % 32;
		blob_text(w, number, fixed[name], length_of(fixed[name], sizeof fixed[name]));
	}
	return number;
}

/* A name that stands in a C structure. */
uint32_t blob_c_name(struct lg_walker *w, uint64_t c_string)
{
	char text[LG_WALKER_MAX_NAME_BYTES];
	uint32_t n = 0, number;

	while (n < sizeof text && (text[n] = (char)load8(c_string + n)))
		n++;
	if (n == 0 || n == sizeof text)
		return 0;
	number = LG_WALKER_TEXT | (FIXED_NAMES + w->next_text++);
	blob_text(w, number, text, n);
	return number;
}

#define REPLACEMENT 0xfffd

/* One character as UTF-8; lone surrogates, which UTF-8 has not, are replaced. */
static uint32_t encode(uint32_t c, char *to)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if ((c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		c = REPLACEMENT;
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static uint32_t read_text(const struct lg_walker *w, uint64_t str, char *to, uint32_t capacity)
{
	struct str_data text;
	uint32_t used = 0;

	if (!blob_str_read(w, str, &text) || text.length > capacity)
		return 0;
	for (uint64_t i = 0; i < text.length; i++) {
		uint32_t c = text.kind == 1 ? load8(text.data + i) :
			     text.kind == 2 ? load16(text.data + 2 * i) :
					      load32(text.data + 4 * i);
		char bytes[4];
		uint32_t n = encode(c, bytes);

		if (n > capacity - used)
			return 0;
		for (uint32_t k = 0; k < n; k++)
			to[used++] = bytes[k];
	}
	return used;
}

/* The name of a reference that a str gives: its text is streamed when it is first used so. */
uint32_t blob_str_name(struct lg_walker *w, uint64_t str)
{
	char text[LG_WALKER_MAX_NAME_BYTES];
	const struct record *record;
	uint32_t number = blob_meet(w, str), bytes, *slot;

	if (!(number & LG_WALKER_LEAF))
		return 0;
	slot = map_slot(w, str);
	number = (number & LG_WALKER_NUMBER_MASK) + 1;
	if (likely(*slot & LG_WALKER_NAMED))
		return number;
	w->examining = str;
	barrier();
	record = type_of(w, load64(str + w->layout.object.type));
	if (!record || record->label_rule != LG_LABEL_STR) {
		w->examining = 0;
		return 0;
	}
	bytes = read_text(w, str, text, sizeof text);
	w->examining = 0;
	if (bytes)
		blob_text(w, number, text, bytes);
	*slot |= LG_WALKER_NAMED;
	return number;
}

uint32_t blob_tuple_name(struct lg_walker *w, uint64_t tuple, uint32_t item)
{
	if (!plausible(tuple) || load64(tuple + w->layout.var.size) <= item)
		return 0;
	return blob_str_name(w, load64(tuple + w->layout.tuple.items + 8ull * item));
}
