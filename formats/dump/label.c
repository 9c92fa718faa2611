/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <string.h>

#include "formats/dump/label.h"

/* A label is what stands between a prefix and a suffix; the first form that fits wins. */
struct form {
	const char *prefix, *suffix;
	uint8_t kind;
	bool named; /* something must stand between; else nothing may */
};

static const struct form reference_form[] = {
	{"->", "", LG_REF_OTHER, false},
	{"->", "", LG_REF_OTHER, true},
	{".__dict__", "", LG_REF_DICT, false},
	{".", "", LG_REF_ATTR, true},
	{"['", "']", LG_REF_KEY_STR, false},
	{"['", "']", LG_REF_KEY_STR, true},
	{"[str]", "", LG_REF_KEY_STR, false},
	{"[]", "", LG_REF_ITEM, false},
	{"[", "]", LG_REF_KEY_TYPE, true},
	{"<key>", "", LG_REF_DICT_KEY, false},
	{"local", "", LG_REF_LOCAL, false},
	{"local ", "", LG_REF_LOCAL, true},
	{"cell", "", LG_REF_CELL, false},
	{"cell ", "", LG_REF_CELL, true},
	{"default", "", LG_REF_DEFAULT, false},
	{"default ", "", LG_REF_DEFAULT, true},
	{"context var", "", LG_REF_CONTEXT, false},
	{"context var ", "", LG_REF_CONTEXT, true},
	{"frame ", "()", LG_REF_FRAME, false},
	{"frame ", "()", LG_REF_FRAME, true},
	{"type", "", LG_REF_TYPE, false},
	{"weak", "", LG_REF_WEAK, false},
};

static const struct form root_form[] = {
	{"module ", "", LG_ROOT_MODULE, true},
	{"class ", "", LG_ROOT_CLASS, true},
	{"thread ", "", LG_ROOT_THREAD, true},
	{"interpreter ", "", LG_ROOT_INTERPRETER, true},
	{"C code", "", LG_ROOT_C_CODE, false},
	{"C code (", ")", LG_ROOT_C_CODE, true},
	{"interned strings", "", LG_ROOT_INTERNED, false},
};

static struct lg_label_parts parse(const struct form *form, size_t count, const char *text, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		size_t prefix = strlen(form[i].prefix), suffix = strlen(form[i].suffix);
		size_t least = prefix + suffix;

		if (length < least || (length > least) != form[i].named)
			continue;
		if (memcmp(text, form[i].prefix, prefix) == 0 &&
		    memcmp(text + length - suffix, form[i].suffix, suffix) == 0)
			return (struct lg_label_parts){form[i].kind, text + prefix, length - least};
	}
	return (struct lg_label_parts){0, text, length};
}

struct lg_label_parts lg_label_parse_reference(const char *text, size_t length)
{
	return parse(reference_form, sizeof reference_form / sizeof *reference_form, text, length);
}

struct lg_label_parts lg_label_parse_root(const char *text, size_t length)
{
	return parse(root_form, sizeof root_form / sizeof *root_form, text, length);
}
