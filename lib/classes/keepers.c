/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/names.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/word_map.h"
#include "base/text.h"
#include "classes/keepers.h"

void lg_keepers_release(struct lg_keepers *keepers)
{
	free(keepers->of_node);
	free(keepers->keeper);
	free(keepers->of_language);
}

/* Numbers of keepers by what they stand for, LG_NONE where there is none yet. */
struct search {
	const struct lg_analysis *analysis;
	struct lg_keepers *out;
	uint32_t *of_type, *of_root;
	uint32_t of_kind[LG_KEEPER_KIND_COUNT];
	struct lg_word_map type_of;    /* class object to type */
};

static void search_release(struct search *search)
{
	free(search->of_type);
	free(search->of_root);
	lg_word_map_free(&search->type_of);
}

/* Containers and helpers that say as little as a dict does. */
static bool is_of_language(const struct lg_analysis *analysis, uint32_t type)
{
	static const char *const module[] = {
		"collections", "functools", "itertools", "array", "types", "typing", "weakref", "_abc",
	};
	struct lg_text text =
		lg_snapshot_string(analysis->snapshot, analysis->snapshot->types[type].module);

	if (analysis->type_plain[type])
		return true;
	for (size_t i = 0; i < sizeof module / sizeof *module; i++)
		if (lg_text_is(text, module[i]))
			return true;
	return false;
}

static enum lg_status no_memory(const struct lg_analysis *analysis, struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory for the classes of %u objects",
		       analysis->snapshot->object_count);
}

static bool prepare(struct search *search)
{
	const struct lg_snapshot *s = search->analysis->snapshot;
	struct lg_keepers *out = search->out;

	out->of_node = lg_alloc_column(s->object_count, sizeof *out->of_node);
	out->of_language = lg_alloc(s->type_count, sizeof *out->of_language);
	search->of_type = lg_alloc(s->type_count, sizeof *search->of_type);
	search->of_root = lg_alloc(s->root_count, sizeof *search->of_root);
	if (!out->of_node || !out->of_language || !search->of_type || !search->of_root)
		return false;
	memset(search->of_type, 0xff, s->type_count * sizeof *search->of_type);
	memset(search->of_root, 0xff, s->root_count * sizeof *search->of_root);
	memset(search->of_kind, 0xff, sizeof search->of_kind);
	for (uint32_t t = 0; t < s->type_count; t++) {
		out->of_language[t] = is_of_language(search->analysis, t);
		if (s->types[t].object < s->object_count &&
		    !lg_word_map_set(&search->type_of, s->types[t].object, t))
			return false;
	}
	return true;
}

/* The keeper whose number stands in *slot, a new one where none does. LG_NONE: no memory. */
static uint32_t number(struct search *search, uint32_t *slot, enum lg_keeper_kind kind,
		       uint32_t index)
{
	struct lg_keepers *out = search->out;

	if (*slot != LG_NONE)
		return *slot;
	if (!lg_reserve(out->keeper, out->capacity, (size_t)out->count + 1))
		return LG_NONE;
	out->keeper[out->count] = (struct lg_keeper){(uint8_t)kind, index};
	return *slot = out->count++;
}

static uint32_t of_kind(struct search *search, enum lg_keeper_kind kind)
{
	return number(search, &search->of_kind[kind], kind, 0);
}

/* What no object dominates. */
static uint32_t keeper_at_top(struct search *search, uint32_t node)
{
	static const uint8_t kind_of[LG_ROOT_KIND_COUNT] = {
		[LG_ROOT_OTHER] = LG_KEEPER_ROOT,
		[LG_ROOT_MODULE] = LG_KEEPER_MODULE,
		[LG_ROOT_CLASS] = LG_KEEPER_BUILTIN,
		[LG_ROOT_THREAD] = LG_KEEPER_THREAD,
		[LG_ROOT_INTERPRETER] = LG_KEEPER_INTERPRETER,
		[LG_ROOT_C_CODE] = LG_KEEPER_C_CODE,
		[LG_ROOT_INTERNED] = LG_KEEPER_INTERNED,
	};
	const struct lg_root *roots = search->analysis->snapshot->roots;
	const struct lg_root *root = lg_analysis_root(search->analysis, node);
	enum lg_keeper_kind kind;
	uint32_t first;

	if (!root)
		return of_kind(search, LG_KEEPER_SEVERAL);
	kind = (enum lg_keeper_kind)kind_of[root->kind];
	if (kind != LG_KEEPER_MODULE && kind != LG_KEEPER_ROOT)
		return of_kind(search, kind);
	first = search->analysis->root_alias[root - roots];
	return number(search, &search->of_root[first], kind, first);
}

static uint32_t keeper_of(struct search *search, uint32_t node)
{
	const struct lg_analysis *analysis = search->analysis;
	uint32_t type = analysis->snapshot->type[node], parent;

	/* A class is not an instance of its metaclass here, but itself. */
	if (lg_bit_get(analysis->is_class, node)) {
		const uint32_t *own = lg_word_map_find(&search->type_of, node);

		type = own ? *own : type;
	}
	if (!search->out->of_language[type])
		return number(search, &search->of_type[type], LG_KEEPER_CLASS, type);
	parent = analysis->dominators->immediate[node];
	return parent ? search->out->of_node[parent] : keeper_at_top(search, node);
}

/* Folded objects are their module's, all others that are not reached are garbage. */
static bool keep_unreached(struct search *search)
{
	const struct lg_analysis *analysis = search->analysis;
	const struct lg_dominators *d = analysis->dominators;
	uint32_t *of_node = search->out->of_node;

	for (uint32_t i = 1; i < d->node_count; i++) {
		uint32_t node;

		if (d->immediate[i] != LG_NONE)
			continue;
		node = lg_graph_node(analysis->graph, i);
		of_node[i] = d->immediate[node] != LG_NONE ? of_node[node] :
							     of_kind(search, LG_KEEPER_GARBAGE);
		if (of_node[i] == LG_NONE)
			return false;
	}
	return true;
}

enum lg_status lg_keepers_find(const struct lg_analysis *analysis, struct lg_keepers *out,
			       struct lg_error *err)
{
	const struct lg_dominators *d = analysis->dominators;
	lg_cleanup(search_release) struct search search = { .analysis = analysis, .out = out };

	if (!prepare(&search))
		return no_memory(analysis, err);
	/* In preorder, so that whoever dominates a node has its keeper. */
	for (uint32_t p = 1; p < d->reached_count; p++) {
		uint32_t node = d->order[p];

		out->of_node[node] = keeper_of(&search, node);
		if (out->of_node[node] == LG_NONE)
			return no_memory(analysis, err);
	}
	return keep_unreached(&search) ? LG_OK : no_memory(analysis, err);
}

void lg_keeper_text(const struct lg_analysis *analysis, const struct lg_keeper *keeper,
		    struct lg_buffer *out)
{
	static const char *const text[LG_KEEPER_KIND_COUNT] = {
		[LG_KEEPER_THREAD] = "frames of threads",
		[LG_KEEPER_INTERPRETER] = "tables of the interpreter",
		[LG_KEEPER_BUILTIN] = "classes of the language",
		[LG_KEEPER_C_CODE] = "C code",
		[LG_KEEPER_INTERNED] = "interned strings",
		[LG_KEEPER_SEVERAL] = "several, and none alone",
		[LG_KEEPER_GARBAGE] = "garbage that no root reaches",
	};

	if (keeper->kind == LG_KEEPER_CLASS)
		lg_type_text(analysis, keeper->index, out);
	else if (keeper->kind == LG_KEEPER_MODULE || keeper->kind == LG_KEEPER_ROOT)
		lg_root_text(analysis, &analysis->snapshot->roots[keeper->index], out);
	else
		lg_buffer_add(out, text[keeper->kind]);
}

struct lg_text lg_keeper_package(const struct lg_analysis *analysis, const struct lg_keeper *keeper)
{
	const struct lg_snapshot *s = analysis->snapshot;
	struct lg_text name = {"", 0};
	const char *dot;

	if (keeper->kind == LG_KEEPER_CLASS)
		name = lg_snapshot_string(s, s->types[keeper->index].module);
	else if (keeper->kind == LG_KEEPER_MODULE)
		name = lg_snapshot_string(s, s->roots[keeper->index].name);
	dot = name.length ? memchr(name.bytes, '.', name.length) : NULL;
	if (dot)
		name.length = (uint64_t)(dot - name.bytes);
	return name;
}
