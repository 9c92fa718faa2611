/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/cleanup.h"
#include "cpython/interned.h"
#include "cpython/object.h"
#include "cpython/probe.h"
#include "cpython/roots.h"
#include "cpython/validate.h"
#include "cpython/version.h"
#include "target/elf.h"

/* More images than any process has; each costs a look at its symbol table. */
#define MAX_IMAGES 4096

LG_DEFINE_CLEANUP(lg_elf_free, struct lg_elf *)

/* Where a family's base types are exported. The first name of a family is its base_type. */
static const struct {
	enum lg_family family;
	const char *symbol;
} exported[] = {
	{ LG_FAMILY_TYPE, "PyType_Type" },
	{ LG_FAMILY_DICT, "PyDict_Type" },
	{ LG_FAMILY_LIST, "PyList_Type" },
	{ LG_FAMILY_TUPLE, "PyTuple_Type" },
	{ LG_FAMILY_SET, "PySet_Type" },
	{ LG_FAMILY_SET, "PyFrozenSet_Type" },
	{ LG_FAMILY_STR, "PyUnicode_Type" },
	{ LG_FAMILY_BYTES, "PyBytes_Type" },
	{ LG_FAMILY_BYTEARRAY, "PyByteArray_Type" },
	{ LG_FAMILY_LONG, "PyLong_Type" },
	{ LG_FAMILY_MODULE, "PyModule_Type" },
	{ LG_FAMILY_FUNCTION, "PyFunction_Type" },
	{ LG_FAMILY_METHOD, "PyMethod_Type" },
	{ LG_FAMILY_CELL, "PyCell_Type" },
	{ LG_FAMILY_CODE, "PyCode_Type" },
	{ LG_FAMILY_FRAME, "PyFrame_Type" },
	{ LG_FAMILY_GENERATOR, "PyGen_Type" },
	{ LG_FAMILY_GENERATOR, "PyCoro_Type" },
	{ LG_FAMILY_GENERATOR, "PyAsyncGen_Type" },
	{ LG_FAMILY_WEAKREF, "_PyWeakref_RefType" },
	{ LG_FAMILY_WEAKREF, "_PyWeakref_ProxyType" },
	{ LG_FAMILY_WEAKREF, "_PyWeakref_CallableProxyType" },
};

static void add_type(struct lg_python *python, enum lg_family family, uint64_t address)
{
	if (!python->base_type[family]) {
		python->base_type[family] = address;
		return;
	}
	for (int i = 0; i < LG_MAX_FAMILY_TYPES; i++)
		if (!python->also_type[family][i]) {
			python->also_type[family][i] = address;
			return;
		}
}

static enum lg_status find_types(struct lg_python *python, const struct lg_elf *elf,
				 struct lg_error *err)
{
	uint64_t address, bytes;

	for (size_t i = 0; i < sizeof exported / sizeof *exported; i++) {
		if (!lg_elf_symbol(elf, exported[i].symbol, &address, &bytes))
			return lg_fail(err, LG_E_ATTACH,
				       "the interpreter exports no %s: a build that hides it can't be read",
				       exported[i].symbol);
		add_type(python, exported[i].family, address);
	}
	if (lg_elf_symbol(elf, "_Py_NoneStruct", &address, &bytes))
		python->none = address;
	return LG_OK;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* An image's first page, with a file behind it: there the ELF header lies. */
static bool starts_image(const struct lg_map *map)
{
	return map->readable && map->offset == 0 && map->path[0] == '/';
}

static bool named_python(const struct lg_map *map)
{
	const char *name = base_name(map->path);

	return strncmp(name, "python", 6) == 0 || strncmp(name, "libpython", 9) == 0;
}

/* The image of a CPython: has _PyRuntime (3.7 and later) or, before, Py_GetVersion. */
static bool is_interpreter(const struct lg_elf *elf)
{
	uint64_t address, bytes;

	return lg_elf_symbol(elf, "_PyRuntime", &address, &bytes) ||
	       lg_elf_symbol(elf, "Py_GetVersion", &address, &bytes);
}

static struct lg_elf *open_interpreter(const struct lg_memory *memory, const struct lg_map *map)
{
	lg_cleanup(lg_elf_free_slot) struct lg_elf *elf = NULL;
	struct lg_error ignored;

	/* A file mapped as data is no image: not an error. */
	if (lg_elf_open(memory, map->start, &elf, &ignored) != LG_OK)
		return NULL;
	return is_interpreter(elf) ? lg_take(elf) : NULL;
}

/*
 * The image to work with. What is named python comes first, since that spares
 * reading the symbols of all libraries; an embedding program (uwsgi, a
 * database) may have linked the interpreter into any other.
 */
static struct lg_elf *find_image(const struct lg_memory *memory, const struct lg_maps *maps,
				 const struct lg_map **image)
{
	size_t images = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < maps->count && images < MAX_IMAGES; i++) {
			const struct lg_map *map = &maps->map[i];
			struct lg_elf *elf;

			if (!starts_image(map) || named_python(map) != (pass == 0))
				continue;
			images++;
			elf = open_interpreter(memory, map);
			if (elf) {
				*image = map;
				return elf;
			}
		}
	return NULL;
}

static enum lg_status refuse(const char *version, bool free_threaded, struct lg_error *err)
{
	if (free_threaded)
		return lg_fail(err, LG_E_ATTACH,
			       "runs CPython %s, a free-threaded build, whose collector keeps no lists of objects; supported: default builds of %s",
			       version, lg_layout_supported());
	return lg_fail(err, LG_E_ATTACH, "runs CPython %s; supported: %s", version,
		       lg_layout_supported());
}

/* Version and table, or the refusal that names the version. */
static enum lg_status find_layout(struct lg_python *python, const struct lg_elf *elf,
				  const struct lg_maps *maps, const struct lg_map *image,
				  const struct lg_layout **table, struct lg_error *err)
{
	char version[LG_VERSION_TEXT_BYTES];
	uint64_t address, bytes;
	/* Exported where reference counts are split in two, which only free-threaded builds do. */
	bool free_threaded = lg_elf_symbol(elf, "_Py_MergeZeroLocalRefcount", &address, &bytes);
	enum lg_status status;

	/* Exported since 3.11. */
	if (lg_elf_symbol(elf, "Py_Version", &address, &bytes)) {
		status = lg_memory_read_u32(python->memory, address, &python->version_hex, err);
		if (status != LG_OK)
			return status;
		lg_version_format(python->version_hex, version);
	} else {
		lg_version_guess(python->memory, maps, image, version);
		python->version_hex = lg_version_parse(version);
	}
	*table = lg_layout_find(python->version_hex);
	return *table && !free_threaded ? LG_OK : refuse(version, free_threaded, err);
}

/* One for all interpreters, or one for each; some share that of the main one. */
static void find_interned(struct lg_python *python, const struct lg_maps *maps,
			  const struct lg_map *image)
{
	uint32_t at = python->layout->interpreter.interned;

	python->interned_count = at == LG_NO_FIELD ? 1 : python->interpreter_count;
	if (at == LG_NO_FIELD) {
		python->interned[0] = lg_find_interned(python, maps, image);
		return;
	}
	for (uint32_t i = 0; i < python->interned_count; i++) {
		uint64_t dict = lg_peek(python, python->interpreters[i] + at);

		if (i == 0 || dict != python->interned[0])
			python->interned[i] = dict;
	}
}

/*
 * The subclasses of `object` stand in a dict under ints. 0 where there is no such
 * dict: then that of all dicts counts as the one for str keys.
 */
static uint64_t find_general_lookup(const struct lg_python *python)
{
	const struct lg_layout *l = python->layout;
	uint64_t object = lg_peek(python, python->base_type[LG_FAMILY_TYPE] + l->type.base);
	uint64_t subclasses = lg_peek(python, object + l->type.subclasses);

	if (!lg_python_is_family(python, subclasses, LG_FAMILY_DICT))
		return 0;
	return lg_peek(python, lg_peek(python, subclasses + l->dict.keys) + l->keys.lookup);
}

/* What is nice to have and not exported: deque, by its module; the interned strings. */
static void find_unexported(struct lg_python *python, const struct lg_maps *maps,
			    const struct lg_map *image)
{
	const struct lg_layout *l = python->layout;
	uint64_t modules = lg_peek(python, python->interpreter + l->interpreter.modules);
	uint64_t module, dict, deque;
	struct lg_error ignored;

	find_interned(python, maps, image);
	if (l->keys.lookup)
		python->general_lookup = find_general_lookup(python);
	if (lg_python_dict_get(python, modules, "_collections", &module, &ignored) != LG_OK ||
	    !lg_python_is_family(python, module, LG_FAMILY_MODULE))
		return;
	dict = lg_peek(python, module + l->module.dict);
	if (lg_python_dict_get(python, dict, "deque", &deque, &ignored) == LG_OK &&
	    lg_python_is_type(python, deque))
		add_type(python, LG_FAMILY_DEQUE, deque);
}

enum lg_status lg_python_find(const struct lg_memory *memory, const struct lg_maps *maps,
			      struct lg_python *out, struct lg_error *err)
{
	lg_cleanup(lg_elf_free_slot) struct lg_elf *elf = NULL;
	const struct lg_layout *table = NULL;
	const struct lg_map *image;
	uint64_t bytes;
	enum lg_status status;

	*out = (struct lg_python){ .memory = memory };
	elf = find_image(memory, maps, &image);
	if (!elf)
		return lg_fail(err, LG_E_ATTACH,
			       "not a Python process: none of its images holds a CPython interpreter");
	out->image = image->start;
	status = find_layout(out, elf, maps, image, &table, err);
	if (status != LG_OK)
		return status;
	if (!lg_elf_symbol(elf, "_PyRuntime", &out->runtime, &bytes))
		return lg_fail(err, LG_E_ATTACH, "the interpreter exports no _PyRuntime");
	status = find_types(out, elf, err);
	if (status == LG_OK)
		status = lg_python_probe(out, table, err);
	if (status == LG_OK)
		status = lg_python_validate(out, err);
	if (status == LG_OK)
		find_unexported(out, maps, image);
	return status;
}
